//! What is put under load: the product itself, another server where it is installed, and the bare system calls.

mod bare;
pub(crate) mod frontdesk;
mod kamailio;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use self::bare::Bare;
use self::frontdesk::{Clinic, Frontdesk};
use self::kamailio::Kamailio;
use crate::cpu::Used;
use crate::phones::{Account, Tally};
use crate::process::pause;

/// After the last answer: what is written in groups is written by then.
const SETTLE: Duration = Duration::from_millis(300);

/// Which one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The release build of the product.
    Frontdesk,
    /// A registrar in C that keeps everything in memory: a bound, not a rival.
    Kamailio,
    /// A thread that sends back what it gets.
    Bare,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Frontdesk => "frontdesk",
            Self::Kamailio => "kamailio",
            Self::Bare => "bare UDP",
        }
    }

    /// False, and said, if it is not on this machine.
    pub(crate) fn is_here(self) -> bool {
        let here = self != Self::Kamailio || kamailio::is_installed();
        if !here {
            println!("kamailio is not installed (apt-get install kamailio): its rows are missing");
        }
        here
    }
}

/// A running one. Dropping it ends it.
pub(crate) enum Server {
    Frontdesk(Frontdesk),
    Kamailio(Kamailio),
    Bare(Bare),
}

/// Where servers come from.
pub(crate) struct Servers {
    clinic: Clinic,
}

impl Servers {
    /// Prepares what they need.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { clinic: Clinic::new()? })
    }

    /// Starts one, fresh: what an earlier round left in its tables costs this one nothing.
    pub(crate) fn start(&self, kind: Kind) -> io::Result<Server> {
        Ok(match kind {
            Kind::Frontdesk => Server::Frontdesk(self.clinic.start()?),
            Kind::Kamailio => Server::Kamailio(Kamailio::start()?),
            Kind::Bare => Server::Bare(Bare::start()?),
        })
    }
}

impl Server {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        match self {
            Self::Frontdesk(frontdesk) => frontdesk.address(),
            Self::Kamailio(kamailio) => kamailio.address(),
            Self::Bare(bare) => bare.address(),
        }
    }

    /// The phones that may register.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        let account = |user: &str| {
            let (password, domain) = match self {
                Self::Frontdesk(frontdesk) => (frontdesk.password(user), frontdesk.domain()),
                _ => (kamailio::PASSWORD.to_owned(), kamailio::REALM.to_owned()),
            };
            Account { user: user.to_owned(), password, domain, server: self.address() }
        };
        ["101", "102", "103"].map(account).to_vec()
    }

    /// CPU time and outcome of a load. `load` has ended when it returns.
    pub(crate) fn under(&self, load: impl FnOnce() -> io::Result<Tally>) -> io::Result<(Duration, Tally)> {
        let before = self.used()?;
        let tally = load()?;
        pause(SETTLE);
        Ok((self.used()?.since(&before), tally))
    }

    fn used(&self) -> io::Result<Used> {
        match self {
            Self::Frontdesk(frontdesk) => Used::of(frontdesk.pid()),
            Self::Kamailio(kamailio) => Used::of(kamailio.pid()),
            Self::Bare(bare) => bare.used(),
        }
    }
}

/// Where the product is; the harness that starts its demo asks the same variable.
pub(crate) fn program() -> io::Result<PathBuf> {
    let named = std::env::var_os("FRONTDESK_BIN").map(PathBuf::from).filter(|path| path.is_file());
    named.ok_or_else(|| {
        io::Error::other(
            "FRONTDESK_BIN must name the program, built with --release; \"cargo xtask bench\" sees to both",
        )
    })
}
