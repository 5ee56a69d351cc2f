//! Two phones of the same house that call each other: INVITE, 401, ACK, INVITE with credentials, 180, 200, ACK, BYE, 200 at one;
//! INVITE, 180, 200, ACK, BYE, 200 at the other.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use model::Instant;
use model::time::Clock;

use super::help::Helping;
use super::message::{Message, in_angles};
use super::{Account, Crowd, Line, Rhythm, Tally, act, follow, register};
use crate::process::pause;

/// Both are registered; the measurement may begin.
pub(crate) struct Calling<'a> {
    clock: Clock,
    account: &'a Account,
    callee: &'a Account,
    /// Phones of the caller, who call in turns, each with its address.
    caller_lines: Vec<(Line, SocketAddr)>,
    callee_line: Line,
    /// Where both expect sound, and from where they speak, if they do.
    sound: UdpSocket,
    /// Where the product expects the sound of each side of each call.
    ears: BTreeSet<u16>,
    calls: Vec<Call>,
    /// The calls that have reached the other phone, by Call-ID.
    rung: HashSet<String>,
    /// Calls stay up once they stand.
    held: bool,
    tally: Tally,
}

struct Call {
    begun: Instant,
    step: Step,
    /// How it ended: 200, or the refusal.
    status: u16,
    /// Until it was answered.
    waited: Duration,
}

/// What became of a call: 200 if it was complete, the refusal, or 0.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) status: u16,
    pub(crate) waited: Duration,
}

/// Calls, and beside them calls for help.
struct Beside<'b, 'a> {
    calling: &'b mut Calling<'a>,
    help: &'b mut Helping,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Asked,
    Authorized,
    HungUp,
    Over,
}

impl<'a> Calling<'a> {
    /// Registers both.
    pub(crate) fn new(clock: Clock, caller: &'a Account, callee: &'a Account) -> io::Result<Self> {
        Self::from(clock, caller, callee, &[Ipv4Addr::LOCALHOST])
    }

    /// The same with a phone of the caller at each of these addresses.
    pub(crate) fn from(
        clock: Clock,
        caller: &'a Account,
        callee: &'a Account,
        addresses: &[Ipv4Addr],
    ) -> io::Result<Self> {
        let mut caller_lines = Vec::new();
        for address in addresses {
            let line = register::once(clock, caller, Line::at((*address, 0).into(), caller.server)?)?;
            let local = line.local()?;
            caller_lines.push((line, local));
        }
        let callee_line = register::once(clock, callee, Line::new(callee.server)?)?;
        Ok(Self {
            clock,
            account: caller,
            callee,
            caller_lines,
            callee_line,
            sound: UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?,
            ears: BTreeSet::new(),
            calls: Vec::new(),
            rung: HashSet::new(),
            held: false,
            tally: Tally::default(),
        })
    }

    /// Lets one call the other in this rhythm. Each call ends as soon as it stands.
    pub(crate) fn run(mut self, rhythm: Rhythm) -> io::Result<Tally> {
        let lateness = act(self.clock, rhythm, &mut self)?;
        for _ in 0..self.open() {
            self.tally.fail(0);
        }
        Ok(Tally { lateness, ..self.tally })
    }

    /// Lets one call the other in this rhythm, and leaves every call up while `look` looks.
    pub(crate) fn hold<T>(mut self, rhythm: Rhythm, look: impl FnOnce(&Tally) -> io::Result<T>) -> io::Result<T> {
        self.held = true;
        act(self.clock, rhythm, &mut self)?;
        look(&self.tally)
    }

    /// The same while both sides of every call have spoken for so long: µ-law in packets of 20 ms, from where their descriptions say.
    pub(crate) fn hold_speaking<T>(
        mut self,
        rhythm: Rhythm,
        speech: Duration,
        look: impl FnOnce(&Tally) -> io::Result<T>,
    ) -> io::Result<T> {
        self.held = true;
        act(self.clock, rhythm, &mut self)?;
        self.speak(speech)?;
        look(&self.tally)
    }

    fn speak(&self, speech: Duration) -> io::Result<()> {
        const PACKET: Duration = Duration::from_millis(20);
        let packets = u16::try_from(speech.as_millis() / PACKET.as_millis()).unwrap_or(u16::MAX);
        for number in 0..packets {
            for ear in &self.ears {
                let mut packet = vec![0x80, 0];
                packet.extend(number.to_be_bytes());
                packet.extend((160 * u32::from(number)).to_be_bytes());
                packet.extend(u32::from(*ear).to_be_bytes());
                // Loud enough for a voice, and no tone.
                packet.extend((0..160u16).map(|n| (n.wrapping_mul(number ^ 0x5a5a) % 127) as u8));
                self.sound.send_to(&packet, (Ipv4Addr::LOCALHOST, *ear))?;
            }
            pause(PACKET);
        }
        Ok(())
    }

    /// Lets one call the other in these rhythms, one after the other, while `help` goes on beside them. What became of each call.
    pub(crate) fn follow(mut self, rhythms: &[Rhythm], help: &mut Helping) -> io::Result<(Vec<Outcome>, Tally)> {
        let lateness = follow(self.clock, rhythms, &mut Beside { calling: &mut self, help })?;
        let outcome = |call: &Call| match call.step {
            Step::Over => Outcome { status: call.status, waited: call.waited },
            Step::Asked | Step::Authorized | Step::HungUp => Outcome { status: 0, waited: call.waited },
        };
        let outcomes = self.calls.iter().map(outcome).collect();
        Ok((outcomes, Tally { lateness, ..self.tally }))
    }

    fn line(&self, number: usize) -> &(Line, SocketAddr) {
        &self.caller_lines[number % self.caller_lines.len()]
    }

    fn uri(&self) -> String {
        format!("sip:{}@{}", self.callee.user, self.callee.domain)
    }

    fn head(&self, number: usize, method: &str, uri: &str, (cseq, branch): (u8, &str), to: &str) -> String {
        let (Account { user, domain, .. }, local) = (self.account, self.line(number).1);
        let port = local.port();
        format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{branch}{number}p{port};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:{user}@{domain}>;tag=c{number}\r\nTo: {to}\r\nCall-ID: {number}@{local}\r\nCSeq: {cseq} {method}\r\n\
             User-Agent: Frontdesk bench\r\n"
        )
    }

    fn invite(&self, number: usize, cseq: u8, authorization: &str) {
        let (uri, sdp) = (self.uri(), self.sdp());
        let head = self.head(number, "INVITE", &uri, (cseq, branch(cseq)), &format!("<{uri}>"));
        let (line, local) = self.line(number);
        line.send(&format!("{head}Contact: <sip:{}@{local}>\r\n{authorization}{}", self.account.user, with_body(&sdp)));
    }

    /// A bodyless request of the caller.
    fn send(&self, number: usize, method: &str, uri: &str, place: (u8, &str), to: &str) {
        let head = self.head(number, method, uri, place, to);
        self.line(number).0.send(&format!("{head}Content-Length: 0\r\n\r\n"));
    }

    fn sdp(&self) -> String {
        let port = self.sound.local_addr().map(|a| a.port()).unwrap_or_default();
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0 8 101\r\n\
             a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"
        )
    }

    /// Something for the caller.
    fn caller_hears(&mut self, message: Message<'_>) {
        let number = message.header("Call-ID").split('@').next().and_then(|n| n.parse::<usize>().ok());
        let Some(number) = number.filter(|n| *n < self.calls.len() && message.status() >= 200) else { return };
        let (status, to, cseq) = (message.status(), message.header("To"), message.header("CSeq"));
        let next = match (message.method(), status, self.calls[number].step) {
            ("INVITE", 401, Step::Asked) => {
                // The ACK of a refusal belongs to the transaction: the same branch (RFC 3261 section 17.1.1.3).
                self.send(number, "ACK", &self.uri(), (1, branch(1)), to);
                match message.authorization("INVITE", &self.uri(), self.account) {
                    Some(line) => {
                        self.invite(number, 2, &line);
                        Step::Authorized
                    }
                    None => self.failed(401),
                }
            }
            ("INVITE", 401, _) if cseq.starts_with("1 ") => {
                self.send(number, "ACK", &self.uri(), (1, branch(1)), to);
                self.tally.repeated += 1;
                return;
            }
            ("INVITE", 200, Step::Authorized) => {
                self.ears.extend(message.sound());
                let target = in_angles(message.header("Contact")).unwrap_or_default().to_owned();
                let waited = self.clock.now().instant.saturating_since(self.calls[number].begun);
                self.tally.waits_ms.push(waited.as_secs_f64() * 1e3);
                self.calls[number].waited = waited;
                self.send(number, "ACK", &target, (2, "ack"), to);
                if self.held {
                    self.tally.done += 1;
                    Step::Over
                } else {
                    self.send(number, "BYE", &target, (3, "bye"), to);
                    Step::HungUp
                }
            }
            ("INVITE", 200, _) => {
                let target = in_angles(message.header("Contact")).unwrap_or_default();
                self.send(number, "ACK", target, (2, "ack"), to);
                self.tally.repeated += 1;
                return;
            }
            ("BYE", 200, Step::HungUp) => {
                self.tally.done += 1;
                self.calls[number].status = 200;
                Step::Over
            }
            ("INVITE", _, step) => {
                let place = if cseq.starts_with("1 ") { (1, branch(1)) } else { (2, branch(2)) };
                self.send(number, "ACK", &self.uri(), place, to);
                if step == Step::Over {
                    return;
                }
                self.calls[number].status = status;
                self.failed(status)
            }
            (_, status, Step::HungUp) => self.failed(status),
            _ => return,
        };
        self.calls[number].step = next;
    }

    fn failed(&mut self, status: u16) -> Step {
        self.tally.fail(status);
        Step::Over
    }

    /// Something for the other phone, which answers everything.
    fn callee_hears(&mut self, message: Message<'_>) {
        const EMPTY: &str = "Content-Length: 0\r\n\r\n";
        match (message.status(), message.method()) {
            (0, "ACK") | (1.., _) => {}
            (0, "INVITE") => {
                if !self.rung.insert(message.header("Call-ID").to_owned()) {
                    self.tally.repeated += 1;
                }
                self.ears.extend(message.sound());
                let local = self.callee_line.local().map(|a| a.to_string()).unwrap_or_default();
                let contact = format!("Contact: <sip:{}@{local}>\r\n", self.callee.user);
                self.callee_line.send(&message.response("180 Ringing", &format!("{contact}{EMPTY}")));
                let answer = format!("{contact}{}", with_body(&self.sdp()));
                self.callee_line.send(&message.response("200 OK", &answer));
            }
            (0, _) => self.callee_line.send(&message.response("200 OK", EMPTY)),
        }
    }
}

fn branch(cseq: u8) -> &'static str {
    if cseq == 1 { "first" } else { "second" }
}

fn with_body(sdp: &str) -> String {
    format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len())
}

impl Crowd for Calling<'_> {
    fn begin(&mut self, number: usize) {
        let begun = self.clock.now().instant;
        self.calls.push(Call { begun, step: Step::Asked, status: 0, waited: Duration::ZERO });
        self.tally.begun += 1;
        self.invite(number, 1, "");
    }

    fn receive(&mut self) {
        while let Some(text) = self.callee_line.receive() {
            self.callee_hears(Message::new(&text));
        }
        for n in 0..self.caller_lines.len() {
            while let Some(text) = self.caller_lines[n].0.receive() {
                self.caller_hears(Message::new(&text));
            }
        }
    }

    fn open(&self) -> u64 {
        self.tally.begun - self.tally.done - self.tally.failures()
    }

    fn lines(&self) -> Vec<&Line> {
        self.caller_lines.iter().map(|(line, _)| line).chain([&self.callee_line]).collect()
    }
}

impl Crowd for Beside<'_, '_> {
    fn begin(&mut self, number: usize) {
        self.calling.begin(number);
    }

    fn receive(&mut self) {
        self.calling.receive();
        self.help.go_on();
    }

    fn open(&self) -> u64 {
        self.calling.open() + self.help.open() as u64
    }

    fn lines(&self) -> Vec<&Line> {
        let mut lines = self.calling.lines();
        lines.extend(self.help.lines());
        lines
    }
}
