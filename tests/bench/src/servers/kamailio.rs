//! Kamailio, as a registrar (digest, bindings in memory, two workers) and with whatever else its configuration says.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};

use super::answers;
use crate::process::Ending;

/// The realm of its challenges.
pub(super) const REALM: &str = "clinic.demo";
/// Every user's password there.
pub(super) const PASSWORD: &str = "benchmark";

const PROGRAM: &str = "/usr/sbin/kamailio";

/// A running one. Dropping it ends it.
pub(crate) struct Kamailio {
    child: Ending,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

/// Whether it is on this machine.
pub(crate) fn is_installed() -> bool {
    Path::new(PROGRAM).is_file()
}

impl Kamailio {
    /// The registrar.
    pub(super) fn registrar() -> io::Result<Self> {
        Self::start(include_str!("kamailio.cfg"))
    }

    /// One with this configuration, which answers OPTIONS.
    pub(crate) fn start(text: &str) -> io::Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("kamailio.cfg");
        std::fs::write(&config, text)?;
        // Its port is free now, and nobody else on this machine looks for one in this moment but other benchmarks.
        let address = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(PROGRAM);
        // In the foreground, with its children, and with nothing written outside the folder.
        command.args(["-DD", "-E", "-m", "64", "-M", "8", "-l"]).arg(format!("udp:{address}"));
        command.arg("-f").arg(&config).arg("-Y").arg(dir.path()).arg("-w").arg(dir.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut child = Ending(child);
        answers("kamailio", &mut child, address, REALM)?;
        Ok(Self { child, address, _dir: dir })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }
}
