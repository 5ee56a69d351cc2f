//! Kamailio as a carrier, which wants to be registered with and asks for a digest before it takes a call, or as a proxy on the way.

use std::fs;
use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use crate::{Peer, wait_for};

/// The account that the carrier knows.
pub const USER: &str = "4711";
/// Its password.
pub const PASSWORD: &str = "correct horse";

const PROGRAM: &str = "/usr/sbin/kamailio";
const STARTS: Duration = Duration::from_secs(10);

/// A running one.
pub struct Kamailio {
    /// The process.
    pub peer: Peer,
    _dir: tempfile::TempDir,
}

impl Kamailio {
    /// Starts the configuration of this name (`tests/interop/kamailio/<name>.cfg`) on this port; each key is replaced by its value.
    ///
    /// # Panics
    /// If it does not come to answer.
    pub fn start(name: &str, port: u16, keys: &[(&str, String)]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), name, port, keys)
    }

    /// The same in this folder, which may hold what the configuration names; `FOLDER` in it is the folder.
    ///
    /// # Panics
    /// If it does not come to answer.
    pub fn start_in(dir: tempfile::TempDir, name: &str, port: u16, keys: &[(&str, String)]) -> Self {
        let file = crate::repository("tests/interop/kamailio").join(format!("{name}.cfg"));
        let mut text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        for (key, value) in keys.iter().chain([&("FOLDER", dir.path().display().to_string())]) {
            text = text.replace(key, value);
        }
        let config = dir.path().join("kamailio.cfg");
        fs::write(&config, text).expect("a file in a temporary folder");
        let mut command = Command::new(PROGRAM);
        // In the foreground, with its children, and with nothing written outside the folder.
        command.args(["-DD", "-E", "-m", "64", "-M", "8", "-l", &format!("udp:127.0.0.1:{port}")]);
        command.arg("-f").arg(&config).arg("-Y").arg(dir.path()).arg("-w").arg(dir.path());
        let peer = Peer::start(&format!("kamailio-{name}"), dir.path(), &mut command);
        let this = Self { peer, _dir: dir };
        this.await_answer(port);
        this
    }

    fn await_answer(&self, port: u16) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(("127.0.0.1", port)).expect("an address");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a time");
        let local = socket.local_addr().expect("bound");
        let question = format!(
            "OPTIONS sip:ready@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKready\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:b@b>\r\nCall-ID: ready@{local}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        wait_for("Kamailio answers", STARTS, || {
            // One that is not there yet refuses, or says nothing.
            let _ = socket.send(question.as_bytes());
            socket.recv(&mut [0; 2048]).ok()
        });
    }
}

impl Drop for Kamailio {
    /// It ends its children only when asked in peace.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.peer.pid().to_string()).status();
        let _ = self.peer.end(Duration::from_secs(5));
    }
}
