//! Kamailio as a registrar: digest, bindings in memory, two workers.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process::{Ending, pause};

/// The realm of its challenges.
pub(super) const REALM: &str = "clinic.demo";
/// Every user's password there.
pub(super) const PASSWORD: &str = "benchmark";

const PROGRAM: &str = "/usr/sbin/kamailio";
/// How often it is asked whether it listens, and how many times.
const ASK: (Duration, u32) = (Duration::from_millis(50), 100);

/// A running one. Dropping it ends it.
pub(crate) struct Kamailio {
    child: Ending,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

/// Whether it is on this machine.
pub(super) fn is_installed() -> bool {
    Path::new(PROGRAM).is_file()
}

impl Kamailio {
    pub(super) fn start() -> io::Result<Self> {
        let dir = tempfile::tempdir()?;
        let config = dir.path().join("kamailio.cfg");
        std::fs::write(&config, include_str!("kamailio.cfg"))?;
        // Its port is free now, and nobody else on this machine looks for one in this moment but other benchmarks.
        let address = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(PROGRAM);
        // In the foreground, with its children, and with nothing written outside the folder.
        command.args(["-DD", "-E", "-m", "64", "-M", "8", "-l"]).arg(format!("udp:{address}"));
        command.arg("-f").arg(&config).arg("-Y").arg(dir.path()).arg("-w").arg(dir.path());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut kamailio = Self { child: Ending(child), address, _dir: dir };
        kamailio.await_answer()?;
        Ok(kamailio)
    }

    /// Asks until it answers.
    fn await_answer(&mut self) -> io::Result<()> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(self.address)?;
        socket.set_read_timeout(Some(ASK.0))?;
        let local = socket.local_addr()?;
        let question = format!(
            "OPTIONS sip:{REALM} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKready\r\nFrom: <sip:bench@{REALM}>;tag=1\r\n\
             To: <sip:{REALM}>\r\nCall-ID: ready@{local}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        for _ in 0..ASK.1 {
            let _ = socket.send(question.as_bytes());
            if socket.recv(&mut [0; 2048]).is_ok() {
                return Ok(());
            }
            if let Some(status) = self.child.0.try_wait()? {
                return Err(io::Error::other(format!("kamailio ended with {status}")));
            }
            pause(ASK.0);
        }
        Err(io::Error::other("kamailio does not answer"))
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.0.id()
    }
}
