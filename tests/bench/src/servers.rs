//! What is put under load: the product itself, another server where it is installed, and the bare system calls.

mod asterisk;
mod bare;
pub(crate) mod frontdesk;
pub(crate) mod kamailio;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use self::asterisk::Asterisk;
use self::bare::Bare;
use self::frontdesk::{Clinic, Frontdesk};
use self::kamailio::Kamailio;
use crate::cpu::Used;
use crate::phones::{Account, Tally};
use crate::process::{Ending, pause};

/// What a start leaves to be done is done after this.
const STARTED: Duration = Duration::from_secs(1);
/// After the last answer: what is written in groups is written by then, bindings every two seconds and the messages of a call within two of its end.
const SETTLE: Duration = Duration::from_secs(3);

/// Which one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The release build of the product.
    Frontdesk,
    /// A registrar in C that keeps everything in memory: a bound, not a rival.
    Kamailio,
    /// A telephone system in C.
    Asterisk,
    /// A thread that sends back what it gets.
    Bare,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Frontdesk => "frontdesk",
            Self::Kamailio => "kamailio",
            Self::Asterisk => "asterisk",
            Self::Bare => "bare UDP",
        }
    }

    /// False, and said, if it is not on this machine.
    pub(crate) fn is_here(self) -> bool {
        let (here, how) = match self {
            Self::Kamailio => (kamailio::is_installed(), "apt-get install kamailio"),
            Self::Asterisk => (asterisk::is_installed(), "as root: cargo xtask sid"),
            Self::Frontdesk | Self::Bare => (true, ""),
        };
        if !here {
            println!("{} is not here ({how}): its rows are missing", self.name());
        }
        here
    }
}

/// A running one. Dropping it ends it.
pub(crate) enum Server {
    Frontdesk(Frontdesk),
    Kamailio(Kamailio),
    Asterisk(Asterisk),
    Bare(Bare),
}

/// Where servers come from.
pub(crate) struct Servers {
    clinic: Clinic,
}

impl Servers {
    /// Prepares what they need.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { clinic: Clinic::new(frontdesk::MEDIA)? })
    }

    /// The same, with these ports for media.
    pub(crate) fn with_media(media: [u16; 2]) -> io::Result<Self> {
        Ok(Self { clinic: Clinic::new(media)? })
    }

    /// The same with this many people more in the clinic.
    pub(crate) fn with_people(count: u32) -> io::Result<Self> {
        let clinic = Clinic::new(frontdesk::MEDIA)?;
        clinic.hire(count)?;
        Ok(Self { clinic })
    }

    /// Starts the product, on what it kept.
    pub(crate) fn start_frontdesk(&self) -> io::Result<Frontdesk> {
        self.clinic.start()
    }

    /// Starts one, fresh: what an earlier round left in its tables costs this one nothing.
    pub(crate) fn start(&self, kind: Kind) -> io::Result<Server> {
        Ok(match kind {
            Kind::Frontdesk => {
                self.clinic.begin_anew()?;
                Server::Frontdesk(self.clinic.start()?)
            }
            Kind::Kamailio => Server::Kamailio(Kamailio::registrar()?),
            Kind::Asterisk => Server::Asterisk(Asterisk::start()?),
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
            Self::Asterisk(asterisk) => asterisk.address(),
            Self::Bare(bare) => bare.address(),
        }
    }

    /// The phones that may register.
    pub(crate) fn accounts(&self) -> Vec<Account> {
        let account = |user: &str| {
            let (password, domain) = match self {
                Self::Frontdesk(frontdesk) => (frontdesk.password(user), frontdesk.domain()),
                Self::Asterisk(_) => (asterisk::PASSWORD.to_owned(), asterisk::REALM.to_owned()),
                _ => (kamailio::PASSWORD.to_owned(), kamailio::REALM.to_owned()),
            };
            Account { user: user.to_owned(), password, domain, server: self.address() }
        };
        ["101", "102", "103"].map(account).to_vec()
    }

    /// CPU time and outcome of a load, with all that is written after it. `load` has ended when it returns.
    ///
    /// Every kind of server is waited for as long, and what it uses in such a time when nobody asks it anything is no part of the load.
    pub(crate) fn under(&self, load: impl FnOnce() -> io::Result<Tally>) -> io::Result<(Duration, Tally)> {
        pause(STARTED);
        let idle = self.used()?;
        pause(SETTLE);
        let before = self.used()?;
        let tally = load()?;
        pause(SETTLE);
        Ok((self.used()?.since(&before).saturating_sub(before.since(&idle)), tally))
    }

    fn used(&self) -> io::Result<Used> {
        match self {
            Self::Frontdesk(frontdesk) => Used::of(frontdesk.pid()),
            Self::Kamailio(kamailio) => Used::of(kamailio.pid()),
            Self::Asterisk(asterisk) => Used::of(asterisk.pid()),
            Self::Bare(bare) => bare.used(),
        }
    }
}

/// How often a server is asked whether it listens, and how many times.
const ASK: (Duration, u32) = (Duration::from_millis(50), 200);

/// Asks a server with OPTIONS until it says anything.
fn answers(name: &str, child: &mut Ending, address: SocketAddr, realm: &str) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(address)?;
    socket.set_read_timeout(Some(ASK.0))?;
    let local = socket.local_addr()?;
    let question = format!(
        "OPTIONS sip:{realm} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKready\r\nFrom: <sip:bench@{realm}>;tag=1\r\n\
         To: <sip:{realm}>\r\nCall-ID: ready@{local}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    for _ in 0..ASK.1 {
        let _ = socket.send(question.as_bytes());
        if socket.recv(&mut [0; 2048]).is_ok() {
            return Ok(());
        }
        if let Some(status) = child.0.try_wait()? {
            return Err(io::Error::other(format!("{name} ended with {status}")));
        }
        pause(ASK.0);
    }
    Err(io::Error::other(format!("{name} does not answer")))
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
