//! A phone that nobody has registered calls for help, twice a second, and the carrier's end that answers: beside a load, they say whether help
//! is still reached.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use model::Instant;
use model::time::Clock;

use super::Line;
use super::message::{Message, in_angles};
use crate::numbers::percentile;

/// How often.
const EVERY: Duration = Duration::from_millis(500);
/// The phone has a loopback address of its own.
const PHONE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 200);

/// See the module.
pub(crate) struct Helping {
    clock: Clock,
    phone: Line,
    local: SocketAddr,
    carrier: Line,
    next: Instant,
    /// None is begun after this.
    last: Instant,
    calls: Vec<Call>,
}

/// A call for help, and how it ended.
struct Call {
    begun: Instant,
    end: Option<End>,
}

enum End {
    Answered(Duration),
    Refused,
}

impl Helping {
    /// `carrier`: where the clinic's trunk leads. It calls for so long.
    pub(crate) fn new(clock: Clock, server: SocketAddr, carrier: SocketAddr, long: Duration) -> io::Result<Self> {
        let phone = Line::at((PHONE, 0).into(), server)?;
        let local = phone.local()?;
        let carrier = Line::at(carrier, server)?;
        let now = clock.now().instant;
        Ok(Self { clock, phone, local, carrier, next: now, last: now + long, calls: Vec::new() })
    }

    /// How many were begun, how many answered, and how long the slowest hundredth waited, in milliseconds.
    pub(crate) fn result(&self) -> (usize, usize, f64) {
        let waited = |call: &Call| match call.end {
            Some(End::Answered(waited)) => Some(waited.as_secs_f64() * 1e3),
            Some(End::Refused) | None => None,
        };
        let mut waits_ms: Vec<_> = self.calls.iter().filter_map(waited).collect();
        (self.calls.len(), waits_ms.len(), percentile(&mut waits_ms, 0.99))
    }

    /// How many wait for an answer.
    pub(super) fn open(&self) -> usize {
        self.calls.iter().filter(|call| call.end.is_none()).count()
    }

    pub(super) fn lines(&self) -> [&Line; 2] {
        [&self.phone, &self.carrier]
    }

    /// Calls if it is time, and takes all that has arrived.
    pub(super) fn go_on(&mut self) {
        let now = self.clock.now().instant;
        if now >= self.next && now < self.last {
            self.next = now + EVERY;
            let number = self.calls.len();
            self.calls.push(Call { begun: now, end: None });
            let sdp =
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
            let body = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len());
            let contact = format!("Contact: <sip:help@{}>\r\n{body}", self.local);
            self.send(number, "INVITE", "sip:911@clinic.demo", 1, "<sip:911@clinic.demo>", &contact);
        }
        while let Some(text) = self.carrier.receive() {
            self.carrier_hears(Message::new(&text));
        }
        while let Some(text) = self.phone.receive() {
            self.phone_hears(Message::new(&text));
        }
    }

    fn send(&self, number: usize, method: &str, uri: &str, cseq: u8, to: &str, rest: &str) {
        let local = self.local;
        self.phone.send(&format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKh{number}{method};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:help@clinic.demo>;tag=h{number}\r\nTo: {to}\r\nCall-ID: h{number}@{local}\r\nCSeq: {cseq} {method}\r\n{rest}"
        ));
    }

    fn phone_hears(&mut self, message: Message<'_>) {
        let number = message.header("Call-ID").trim_start_matches('h').split('@').next().and_then(|n| n.parse().ok());
        let Some(call) = number.and_then(|n: usize| self.calls.get_mut(n)) else { return };
        if message.method() != "INVITE" || message.status() < 200 {
            return;
        }
        let end = match message.status() {
            200 => End::Answered(self.clock.now().instant.saturating_since(call.begun)),
            _ => End::Refused,
        };
        // What comes again is acknowledged again and counted once.
        call.end.get_or_insert(end);
        let (Some(number), 200) = (number, message.status()) else { return };
        let target = in_angles(message.header("Contact")).unwrap_or_default();
        let to = message.header("To");
        self.send(number, "ACK", target, 1, to, "Content-Length: 0\r\n\r\n");
        self.send(number, "BYE", target, 2, to, "Content-Length: 0\r\n\r\n");
    }

    fn carrier_hears(&mut self, message: Message<'_>) {
        match (message.status(), message.method()) {
            (0, "ACK") | (1.., _) => {}
            (0, "INVITE") => {
                let sdp =
                    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
                let local = self.carrier.local().map(|a| a.to_string()).unwrap_or_default();
                let body = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len());
                self.carrier.send(&message.response("200 OK", &format!("Contact: <sip:911@{local}>\r\n{body}")));
            }
            (0, _) => self.carrier.send(&message.response("200 OK", "Content-Length: 0\r\n\r\n")),
        }
    }
}
