//! dnsmasq as the DNS of a test: it knows what it is told, and nothing else.

use std::fs;
use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use crate::{Peer, wait_for};

const STARTS: Duration = Duration::from_secs(10);

/// A running one.
pub struct Names {
    peer: Peer,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Names {
    /// Starts it on this port; each record is an option as dnsmasq writes it ("host-record=sip.carrier.test,127.0.0.1").
    ///
    /// # Panics
    /// If it does not come to answer.
    pub fn start(port: u16, records: &[String]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let config = dir.path().join("dnsmasq.conf");
        let all: String = records.iter().map(|record| format!("{record}\n")).collect();
        fs::write(&config, all).expect("a file in a temporary folder");
        let mut command = Command::new("/usr/sbin/dnsmasq");
        command.args(["--keep-in-foreground", "--no-resolv", "--no-hosts", "--log-queries", "--log-facility=-"]);
        command.args(["--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=", "--user=", "--group="]);
        command.arg(format!("--port={port}")).arg(format!("--conf-file={}", config.display()));
        let peer = Peer::start("dnsmasq", dir.path(), &mut command);
        let this = Self { peer, port, _dir: dir };
        this.await_answer();
        this
    }

    /// What it was asked, and what it said.
    pub fn log(&self) -> String {
        self.peer.printed()
    }

    fn await_answer(&self) {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.connect(("127.0.0.1", self.port)).expect("an address");
        socket.set_read_timeout(Some(Duration::from_millis(50))).expect("a time");
        // One question: the address of "ready".
        let question = [b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".as_slice(), b"\x05ready\0", b"\0\x01\0\x01"].concat();
        wait_for("dnsmasq answers", STARTS, || {
            let _ = socket.send(&question);
            socket.recv(&mut [0; 512]).ok()
        });
    }
}
