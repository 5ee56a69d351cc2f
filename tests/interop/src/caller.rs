//! The smallest phone there is, for what SIPp cannot do: to talk until a test says that it is enough.

use std::net::UdpSocket;
use std::time::Duration;

use crate::wait_for;

/// A phone that never registered, in one call.
pub struct Caller {
    socket: UdpSocket,
    server: (&'static str, u16),
    /// "<sip:…>;tag=…" of whom it talks with, and where they are.
    to: String,
    target: String,
}

impl Caller {
    /// Calls help, and talks with it.
    ///
    /// # Panics
    /// If nobody answers.
    pub fn of_help(server: u16) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_read_timeout(Some(Duration::from_millis(500))).expect("a timeout");
        let (to, target) = ("<sip:911@127.0.0.1>".to_owned(), "sip:911@127.0.0.1".to_owned());
        let mut caller = Self { socket, server: ("127.0.0.1", server), to, target };
        let sdp =
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 30000 RTP/AVP 0\r\n";
        let answer = wait_for("help answers", Duration::from_secs(20), || {
            // Sent again until something answers, as a phone does (timer A).
            caller.says("INVITE", 1, sdp);
            caller.hears(|text| text.starts_with("SIP/2.0 200 "))
        });
        let value = |name: &str| answer.lines().find_map(|line| line.strip_prefix(name)).expect("a header").to_owned();
        caller.to = value("To: ");
        caller.target = value("Contact: ").split(['<', '>']).nth(1).expect("a URI").to_owned();
        caller.says("ACK", 1, "");
        caller
    }

    fn says(&self, method: &str, cseq: u32, sdp: &str) {
        let me = self.socket.local_addr().expect("an address");
        let Self { to, target, .. } = self;
        let kind = if sdp.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let request = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK-{method};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:nobody@127.0.0.1>;tag=1\r\nTo: {to}\r\nCall-ID: {me}\r\nCSeq: {cseq} {method}\r\n\
             Contact: <sip:nobody@{me}>\r\n{kind}Content-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        self.socket.send_to(request.as_bytes(), self.server).expect("sent");
    }

    /// The next of what comes that is like that.
    fn hears(&self, is_it: impl Fn(&str) -> bool) -> Option<String> {
        let mut buffer = [0; 4096];
        while let Ok(len) = self.socket.recv(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..len]).into_owned();
            if is_it(&text) {
                return Some(text);
            }
        }
        None
    }

    /// Ends its call.
    ///
    /// # Panics
    /// If nobody says that this was heard.
    pub fn hangs_up(&self) {
        wait_for("the hang-up is heard", Duration::from_secs(20), || {
            self.says("BYE", 2, "");
            self.hears(|text| text.starts_with("SIP/2.0 200 ") && text.contains("CSeq: 2 BYE"))
        });
    }

    /// Returns when it is hung up on.
    ///
    /// # Panics
    /// If it is not.
    pub fn is_left(&self) {
        wait_for("it is hung up on", Duration::from_secs(20), || self.hears(|text| text.starts_with("BYE ")));
    }
}
