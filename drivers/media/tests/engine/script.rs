//! What is said to the engine in order, and a transcript of what it says.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use expect_test::Expect;
use media::{Command, Config, Engine, Event, Family, Heard, Home, Input, Output, SessionId};
use model::{Instant, Now};

pub(crate) const A: SessionId = SessionId(1);
pub(crate) const B: SessionId = SessionId(2);
pub(crate) const PHONE_A: &str = "192.0.2.1:4000";
pub(crate) const PHONE_B: &str = "192.0.2.2:4000";
pub(crate) const STRANGER: &str = "203.0.113.66:666";

pub(crate) struct Script {
    pub(crate) engine: Engine,
    pub(crate) now: Now,
    pub(crate) transcript: String,
    /// Packets of sound so far, by [`Script::says`].
    said: u16,
}

/// The first address of IPv4 is what is meant where nothing is said.
fn at_home(home: Home) -> String {
    let family = if home.family == Family::V6 { " in IPv6" } else { "" };
    let place = if home.nth == 0 { String::new() } else { format!(" at {}", home.nth) };
    family.to_owned() + &place
}

impl Script {
    pub(crate) fn new() -> Self {
        let config = Config { silence: Duration::from_secs(20), max_sessions: 4, identity: None };
        Self { engine: Engine::new(config), now: Now::simulation_start(), transcript: String::new(), said: 0 }
    }

    /// Two sessions with their remotes, bridged; nothing said yet.
    pub(crate) fn bridged() -> Self {
        let mut script = Self::new();
        script.open(A, 4600, PHONE_A).open(B, 4602, PHONE_B).order(Command::Bridge { a: A, b: B });
        script.transcript.clear();
        script
    }

    pub(crate) fn note(&mut self, what: &str) -> &mut Self {
        writeln!(self.transcript, "# {what}").unwrap();
        self
    }

    pub(crate) fn open(&mut self, session: SessionId, port: u16, remote: &str) -> &mut Self {
        let addr: SocketAddr = remote.parse().unwrap();
        let home = Family::of(addr.ip()).into();
        self.order(Command::Open { session, port, home }).order(Command::Remote { session, addr: Some(addr) })
    }

    pub(crate) fn order(&mut self, command: Command) -> &mut Self {
        self.input(Input::Command(command))
    }

    pub(crate) fn packet(&mut self, session: SessionId, from: &str, data: &[u8]) -> &mut Self {
        let from: SocketAddr = from.parse().unwrap();
        self.input(Input::Packet { session, from, data })
    }

    /// What is sent because of this packet.
    pub(crate) fn sent(&mut self, session: SessionId, from: &str, data: &[u8]) -> Vec<Vec<u8>> {
        self.drain();
        let from: SocketAddr = from.parse().unwrap();
        self.engine.handle_input(self.now, Input::Packet { session, from, data });
        let mut sent = Vec::new();
        loop {
            match self.engine.poll_output() {
                Output::Transmit { data, .. } => sent.push(data.to_vec()),
                Output::Timeout(_) => return sent,
                _ => {}
            }
        }
    }

    /// The next packet of sound, 20 ms after the one before, and what is sent because of it.
    pub(crate) fn says(&mut self, session: SessionId, from: &str) -> Vec<Vec<u8>> {
        self.said = self.said.wrapping_add(1);
        self.now = self.now.after(Duration::from_millis(20));
        self.sent(session, from, &speech(self.said))
    }

    pub(crate) fn input(&mut self, input: Input<'_>) -> &mut Self {
        self.engine.handle_input(self.now, input);
        self.drain();
        self
    }

    /// Lets time pass, in the steps that the engine asks for.
    pub(crate) fn wait(&mut self, seconds: u64) -> &mut Self {
        let end = self.now.after(Duration::from_secs(seconds));
        let mut spins = 0;
        loop {
            let Output::Timeout(at) = self.engine.poll_output() else { panic!("drained before") };
            if at > end.instant {
                break;
            }
            spins = if at > self.now.instant { 0 } else { spins + 1 };
            assert!(spins < 100, "a timer in the past would spin the shell");
            self.now = self.now.after(at - self.now.instant);
            self.engine.handle_input(self.now, Input::Timeout);
            self.drain();
        }
        self.now = end;
        self
    }

    pub(crate) fn drain(&mut self) {
        loop {
            let line = match self.engine.poll_output() {
                Output::Bind { session, port, home } => format!("bind {} {port}{}", session.0, at_home(home)),
                Output::BindReports { session, port, home } => {
                    format!("bind {} {port}{} for reports", session.0, at_home(home))
                }
                Output::Prefer { session, home } => format!("{} sends from there{}", session.0, at_home(home)),
                Output::ToGroup { session, home } => format!("{} sends to its group{}", session.0, at_home(home)),
                Output::Unbind { session } => format!("unbind {}", session.0),
                Output::TransmitReport { session, to, data } => {
                    format!("{} reports -> {to}: {}", session.0, describe(&data))
                }
                Output::Transmit { session, to, data } => format!("{} -> {to}: {}", session.0, describe(&data)),
                Output::Event(event) => self.say(event),
                Output::Timeout(_) => return,
            };
            self.transcript.push_str(&line);
            self.transcript.push('\n');
        }
    }

    fn say(&self, event: Event) -> String {
        let at = self.now.instant.saturating_since(Instant::ZERO).as_secs_f32();
        match event {
            Event::BindFailed { session, port } => format!("bind failed {} {port}", session.0),
            Event::Quality { session, .. } => format!("told how {} sounds", session.0),
            Event::FirstPacket { session } => format!("first packet {}", session.0),
            Event::Dtmf { session, digit } => format!("digit {} {digit}", session.0),
            Event::Silent { session } => format!("silent {} at {at} s", session.0),
            Event::Secured { session, suite } => format!("keys {} {}", session.0, suite.name()),
            Event::NotSecured { session } => format!("no keys {}", session.0),
            Event::Gone { session } => format!("gone {}", session.0),
            Event::WrongKey { session } => format!("wrong key {}", session.0),
            Event::Raw { session, data, .. } => format!("raw {} {data:?}", session.0),
            Event::FaxTone { session } => format!("fax tone {}", session.0),
            Event::Played { session, play } => format!("played {} {} at {at} s", session.0, play.0),
            Event::Recorded { session, record, part, end, .. } => {
                format!("recorded {} {} {part:?} {end:?}", session.0, record.0)
            }
            Event::RoomRecorded { room, record, part, end } => {
                format!("recorded room {} {} {part:?} {end:?}", room.0, record.0)
            }
            Event::Tapped { session, heard } => {
                let said = |Heard { timestamp, payload_type, payload, .. }: &Heard| {
                    format!("tapped {} {payload_type} at {timestamp}: {} samples", session.0, payload.len())
                };
                heard.iter().map(said).collect::<Vec<_>>().join("\n")
            }
            Event::Closed { session, quality: q } => {
                let unopened = if q.unopened > 0 { format!(", {} not opened", q.unopened) } else { String::new() };
                format!("closed {}: {} in, {} out, {} lost{unopened}", session.0, q.packets_in, q.packets_out, q.lost)
            }
        }
    }

    pub(crate) fn check(&self, expected: &Expect) {
        expected.assert_eq(&self.transcript);
    }
}

fn describe(data: &[u8]) -> String {
    match data.first() {
        Some(0x80) => format!("rtp {} {}", data[1] & 0x7f, u16::from_be_bytes([data[2], data[3]])),
        _ => format!("{} bytes", data.len()),
    }
}

/// 20 ms of µ-law.
pub(crate) fn speech(sequence: u16) -> Vec<u8> {
    rtp(0, sequence, 160 * u32::from(sequence), &[0x55; 160])
}

pub(crate) fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut data = vec![0x80, payload_type];
    data.extend_from_slice(&sequence.to_be_bytes());
    data.extend_from_slice(&timestamp.to_be_bytes());
    data.extend_from_slice(&[0, 0, 0, 9]);
    data.extend_from_slice(payload);
    data
}

pub(crate) fn voice(sequence: u16) -> Vec<u8> {
    rtp(0, sequence, 160 * u32::from(sequence), &[0xff; 160])
}
