//! The engine, seen from its boundary: a script of orders and packets in, a transcript of what it says out.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use expect_test::{Expect, expect};
use media::srtp::{Key, Keys, Suite};
use media::{Command, Config, Engine, Event, Family, Home, Input, Output, SessionId};
use model::{Instant, Now};

const A: SessionId = SessionId(1);
const B: SessionId = SessionId(2);
const PHONE_A: &str = "192.0.2.1:4000";
const PHONE_B: &str = "192.0.2.2:4000";
const STRANGER: &str = "203.0.113.66:666";

struct Script {
    engine: Engine,
    now: Now,
    transcript: String,
}

/// The first address of IPv4 is what is meant where nothing is said.
fn at_home(home: Home) -> String {
    let family = if home.family == Family::V6 { " in IPv6" } else { "" };
    let place = if home.nth == 0 { String::new() } else { format!(" at {}", home.nth) };
    family.to_owned() + &place
}

impl Script {
    fn new() -> Self {
        let config = Config { silence: Duration::from_secs(20), max_sessions: 4, identity: None };
        Self { engine: Engine::new(config), now: Now::simulation_start(), transcript: String::new() }
    }

    /// Two sessions with their remotes, bridged; nothing said yet.
    fn bridged() -> Self {
        let mut script = Self::new();
        script.open(A, 4600, PHONE_A).open(B, 4602, PHONE_B).order(Command::Bridge { a: A, b: B });
        script.transcript.clear();
        script
    }

    fn note(&mut self, what: &str) -> &mut Self {
        writeln!(self.transcript, "# {what}").unwrap();
        self
    }

    fn open(&mut self, session: SessionId, port: u16, remote: &str) -> &mut Self {
        let addr: SocketAddr = remote.parse().unwrap();
        let home = Family::of(addr.ip()).into();
        self.order(Command::Open { session, port, home }).order(Command::Remote { session, addr: Some(addr) })
    }

    fn order(&mut self, command: Command) -> &mut Self {
        self.input(Input::Command(command))
    }

    fn packet(&mut self, session: SessionId, from: &str, data: &[u8]) -> &mut Self {
        let from: SocketAddr = from.parse().unwrap();
        self.input(Input::Packet { session, from, data })
    }

    /// What is sent because of this packet.
    fn sent(&mut self, session: SessionId, from: &str, data: &[u8]) -> Vec<Vec<u8>> {
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

    fn input(&mut self, input: Input<'_>) -> &mut Self {
        self.engine.handle_input(self.now, input);
        self.drain();
        self
    }

    /// Lets time pass, in the steps that the engine asks for.
    fn wait(&mut self, seconds: u64) -> &mut Self {
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

    fn drain(&mut self) {
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
            Event::Raw { session, data } => format!("raw {} {data:?}", session.0),
            Event::FaxTone { session } => format!("fax tone {}", session.0),
            Event::Played { session, play } => format!("played {} {} at {at} s", session.0, play.0),
            Event::Recorded { session, record, part, end } => {
                format!("recorded {} {} {part:?} {end:?}", session.0, record.0)
            }
            Event::RoomRecorded { room, record, part, end } => {
                format!("recorded room {} {} {part:?} {end:?}", room.0, record.0)
            }
            Event::Tapped { session, timestamp, payload_type, payload } => {
                format!("tapped {} {payload_type} at {timestamp}: {} samples", session.0, payload.len())
            }
            Event::Closed { session, quality: q } => {
                format!("closed {}: {} in, {} out, {} lost", session.0, q.packets_in, q.packets_out, q.lost)
            }
        }
    }

    fn check(&self, expected: &Expect) {
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
fn speech(sequence: u16) -> Vec<u8> {
    rtp(0, sequence, 160 * u32::from(sequence), &[0x55; 160])
}

fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut data = vec![0x80, payload_type];
    data.extend_from_slice(&sequence.to_be_bytes());
    data.extend_from_slice(&timestamp.to_be_bytes());
    data.extend_from_slice(&[0, 0, 0, 9]);
    data.extend_from_slice(payload);
    data
}

fn voice(sequence: u16) -> Vec<u8> {
    rtp(0, sequence, 160 * u32::from(sequence), &[0xff; 160])
}

#[test]
fn a_call() {
    let mut s = Script::new();
    s.note("opened").open(A, 4600, PHONE_A).open(B, 4602, PHONE_B);
    s.note("idle: counted, not sent").packet(A, PHONE_A, &voice(1));
    s.note("bridged").order(Command::Bridge { a: A, b: B });
    s.packet(A, PHONE_A, &voice(2)).packet(B, PHONE_B, &voice(70)).packet(A, PHONE_A, &voice(4));
    s.note("no RTP").packet(A, PHONE_A, b"").packet(A, PHONE_A, &[0; 40]).packet(A, PHONE_A, &[0x80, 200, 0, 0]);
    s.note("unknown session").packet(SessionId(9), PHONE_A, &voice(5));
    s.note("hold of B, which still sends its music").order(Command::Remote { session: B, addr: None });
    s.packet(A, PHONE_A, &voice(5)).packet(B, PHONE_B, &voice(71));
    s.note("the end").order(Command::Close { session: A }).packet(B, PHONE_B, &voice(72));
    s.order(Command::Close { session: B }).order(Command::Close { session: B });
    s.check(&expect![[r#"
        # opened
        bind 1 4600
        bind 2 4602
        # idle: counted, not sent
        first packet 1
        # bridged
        2 -> 192.0.2.2:4000: rtp 0 2
        first packet 2
        1 -> 192.0.2.1:4000: rtp 0 70
        2 -> 192.0.2.2:4000: rtp 0 4
        # no RTP
        # unknown session
        # hold of B, which still sends its music
        1 -> 192.0.2.1:4000: rtp 0 71
        # the end
        unbind 1
        closed 1: 4 in, 2 out, 1 lost
        unbind 2
        closed 2: 3 in, 2 out, 0 lost
    "#]]);
}

#[test]
fn a_flood_from_a_third_address_changes_nothing() {
    let mut s = Script::bridged();
    s.packet(A, PHONE_A, &voice(1)).packet(B, PHONE_B, &voice(1));
    for i in 0..20_000u16 {
        s.packet(A, STRANGER, &voice(i)).packet(B, STRANGER, &voice(i));
    }
    s.note("flooded").packet(A, PHONE_A, &voice(2)).packet(B, PHONE_B, &voice(2));
    s.order(Command::Close { session: A });
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 1
        first packet 2
        1 -> 192.0.2.1:4000: rtp 0 1
        # flooded
        2 -> 192.0.2.2:4000: rtp 0 2
        1 -> 192.0.2.1:4000: rtp 0 2
        unbind 1
        closed 1: 2 in, 2 out, 0 lost
    "#]]);
}

#[test]
fn a_phone_behind_a_nat_is_found() {
    let mut s = Script::bridged();
    for sequence in 10..15 {
        s.packet(A, "198.51.100.7:61000", &voice(sequence));
    }
    s.note("and spoken to").packet(B, PHONE_B, &voice(1));
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 12
        2 -> 192.0.2.2:4000: rtp 0 13
        2 -> 192.0.2.2:4000: rtp 0 14
        # and spoken to
        first packet 2
        1 -> 198.51.100.7:61000: rtp 0 1
    "#]]);
}

#[test]
fn a_flood_from_the_latched_address_is_cut() {
    let mut s = Script::bridged();
    for i in 0..5_000u16 {
        s.packet(A, PHONE_A, &voice(i));
    }
    let sent = s.transcript.lines().filter(|l| l.starts_with("2 ->")).count();
    assert_eq!(sent, 500, "one second's worth");
    s.wait(1).packet(A, PHONE_A, &voice(5_000));
    assert!(s.transcript.ends_with("rtp 0 5000\n"), "and then it goes on");
}

#[test]
fn a_digit_is_reported_once_and_renumbered() {
    let mut s = Script::bridged();
    s.order(Command::TelephoneEvent { session: A, payload_type: Some(101) });
    s.order(Command::TelephoneEvent { session: B, payload_type: Some(97) });
    s.packet(A, PHONE_A, &voice(1));
    for (i, (end, duration)) in [(0, 160u16), (0, 320), (0x80, 480), (0x80, 480), (0x80, 480)].into_iter().enumerate() {
        let [d0, d1] = duration.to_be_bytes();
        s.packet(A, PHONE_A, &rtp(101, 2 + i as u16, 320, &[7, end | 10, d0, d1]));
    }
    s.note("not an event for B's end").packet(B, PHONE_B, &rtp(101, 1, 1, &[7, 0, 0, 160]));
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 1
        digit 1 7
        2 -> 192.0.2.2:4000: rtp 97 2
        2 -> 192.0.2.2:4000: rtp 97 3
        2 -> 192.0.2.2:4000: rtp 97 4
        2 -> 192.0.2.2:4000: rtp 97 5
        2 -> 192.0.2.2:4000: rtp 97 6
        # not an event for B's end
        first packet 2
        1 -> 192.0.2.1:4000: rtp 101 1
    "#]]);
}

#[test]
fn silence_is_said_once_until_packets_come() {
    let mut s = Script::bridged();
    s.wait(10).packet(A, PHONE_A, &voice(1));
    s.note("B never spoke").wait(15);
    s.note("A fell silent").wait(100);
    s.note("A is back, and goes").packet(A, PHONE_A, &voice(2)).wait(100);
    s.note("hold is not silence").order(Command::Remote { session: A, addr: None }).wait(100);
    s.note("nor is a fax at rest");
    s.order(Command::Remote { session: A, addr: Some(PHONE_A.parse().unwrap()) });
    s.order(Command::Raw { session: A }).wait(100);
    s.note("back to audio").order(Command::Idle { session: A }).wait(100);
    s.check(&expect![[r#"
        first packet 1
        2 -> 192.0.2.2:4000: rtp 0 1
        # B never spoke
        silent 2 at 20 s
        # A fell silent
        silent 1 at 30 s
        # A is back, and goes
        2 -> 192.0.2.2:4000: rtp 0 2
        silent 1 at 145 s
        # hold is not silence
        # nor is a fax at rest
        # back to audio
        silent 1 at 445 s
    "#]]);
}

#[test]
fn echo_and_raw() {
    let mut s = Script::new();
    s.open(A, 4600, PHONE_A).order(Command::Echo { session: A }).packet(A, PHONE_A, &voice(1));
    s.note("raw").order(Command::Raw { session: A });
    s.packet(A, PHONE_A, b"\0\x01udptl").packet(A, STRANGER, b"\0\x02udptl").packet(A, PHONE_A, b"x");
    s.order(Command::SendRaw { session: A, data: Bytes::from_static(b"ours") });
    s.note("no longer raw").order(Command::Idle { session: A });
    s.order(Command::SendRaw { session: A, data: Bytes::from_static(b"late") });
    s.order(Command::Close { session: A });
    s.check(&expect![[r#"
        bind 1 4600
        first packet 1
        1 -> 192.0.2.1:4000: rtp 0 1
        # raw
        raw 1 b"\0\x01udptl"
        1 -> 192.0.2.1:4000: 4 bytes
        # no longer raw
        unbind 1
        closed 1: 2 in, 2 out, 0 lost
    "#]]);
}

#[test]
fn a_tapped_session_says_what_its_user_says_one_packet_after_the_other() {
    let mut s = Script::new();
    s.open(A, 4600, PHONE_A).order(Command::Tap { session: A, payload_type: 8, ssrc: 0x0102_0304 });
    s.packet(A, PHONE_A, &voice(1)).packet(A, STRANGER, &voice(2)).packet(A, PHONE_A, b"no rtp");
    s.drain();
    let mut heard = Vec::new();
    for _ in 0..2 {
        s.engine.handle_input(
            s.now,
            Input::Command(Command::SendTapped { session: A, payload: Bytes::from(vec![0x55; 160]) }),
        );
        while let Output::Transmit { to, data, .. } = s.engine.poll_output() {
            assert_eq!(to, PHONE_A.parse::<SocketAddr>().unwrap());
            heard.push(data);
        }
    }
    let header = |n: usize| (heard[n][1], u16::from_be_bytes([heard[n][2], heard[n][3]]), heard[n].len());
    assert_eq!((header(0), header(1)), ((8, 0x0102, 172), (8, 0x0103, 172)));
    let timestamp = |n: usize| u32::from_be_bytes(heard[n][4..8].try_into().unwrap());
    assert_eq!(timestamp(1).wrapping_sub(timestamp(0)), 160);
    s.note("on hold nothing is said").order(Command::Remote { session: A, addr: None });
    s.order(Command::SendTapped { session: A, payload: Bytes::from_static(b"held") });
    s.note("no longer tapped").order(Command::Idle { session: A });
    s.order(Command::SendTapped { session: A, payload: Bytes::from_static(b"late") });
    s.order(Command::Close { session: A });
    s.check(&expect![[r#"
        bind 1 4600
        first packet 1
        tapped 1 0 at 160: 160 samples
        # on hold nothing is said
        # no longer tapped
        unbind 1
        closed 1: 1 in, 2 out, 0 lost
    "#]]);
}

#[test]
fn a_bridge_lets_go_of_whom_it_leaves() {
    let c = SessionId(3);
    let mut s = Script::bridged();
    s.open(c, 4604, "192.0.2.3:4000");
    s.note("A to C: B is idle").order(Command::Bridge { a: c, b: A });
    s.packet(B, PHONE_B, &voice(1)).packet(A, PHONE_A, &voice(1));
    s.note("C echoes: A is idle").order(Command::Echo { session: c }).packet(A, PHONE_A, &voice(2));
    s.note("with nobody, or oneself: idle").order(Command::Bridge { a: A, b: SessionId(9) }).packet(
        A,
        PHONE_A,
        &voice(3),
    );
    s.order(Command::Bridge { a: A, b: A }).packet(A, PHONE_A, &voice(4));
    s.check(&expect![[r#"
        bind 3 4604
        # A to C: B is idle
        first packet 2
        first packet 1
        3 -> 192.0.2.3:4000: rtp 0 1
        # C echoes: A is idle
        # with nobody, or oneself: idle
    "#]]);
}

#[test]
fn every_session_ends_once() {
    let mut s = Script::new();
    s.order(Command::Open { session: A, port: 4600, home: Family::V4.into() }).input(Input::BindFailed { session: A });
    s.order(Command::Close { session: A });
    s.note("port 0").order(Command::Open { session: A, port: 0, home: Family::V4.into() });
    s.note("full");
    for n in 10..15 {
        s.order(Command::Open { session: SessionId(n), port: 5000, home: Family::V4.into() });
    }
    s.note("twice").order(Command::Open { session: SessionId(10), port: 6000, home: Family::V4.into() });
    s.note("a late failure of one that is gone").order(Command::Close { session: SessionId(10) });
    s.input(Input::BindFailed { session: SessionId(10) });
    assert_eq!(s.engine.sessions(), 3);
    s.check(&expect![[r#"
        bind 1 4600
        bind failed 1 4600
        # port 0
        bind failed 1 0
        # full
        bind 10 5000
        bind 11 5000
        bind 12 5000
        bind 13 5000
        bind failed 14 5000
        # twice
        # a late failure of one that is gone
        unbind 10
        closed 10: 0 in, 0 out, 0 lost
    "#]]);
}

#[test]
fn hostile_remotes_get_nothing() {
    for addr in ["0.0.0.0:4000", "192.0.2.1:0", "224.0.0.1:4000", "255.255.255.255:4000", "[::]:4000", "[ff02::1]:4000"]
    {
        let mut s = Script::bridged();
        s.open(SessionId(3), 4604, addr).order(Command::Bridge { a: A, b: SessionId(3) });
        s.packet(A, PHONE_A, &voice(1));
        assert!(!s.transcript.contains("->"), "{addr}: {}", s.transcript);
    }
}

#[test]
fn each_end_has_keys_of_its_own_and_one_may_have_none() {
    let mut random = model::Random::from_u64(3);
    let mut keys = |suite| {
        let (theirs, ours) = (Key::generate(suite, &mut random), Key::generate(suite, &mut random));
        Keys { theirs, ours }
    };
    let (a, b) = (keys(Suite::AesCm128HmacSha1_80), keys(Suite::AeadAes256Gcm));
    // A phone is an engine too: what it hears is echoed under the keys turned round, which shows that it could read it.
    let turned = |of: &Keys| Some(Box::new(Keys { theirs: of.ours.clone(), ours: of.theirs.clone() }));
    let phone = |of: &Keys, at: &str| {
        let mut phone = Script::new();
        phone
            .open(A, 4000, at)
            .order(Command::Echo { session: A })
            .order(Command::Secure { session: A, keys: turned(of) });
        phone
    };
    let sealed = |of: &Keys, sequence| {
        // Sealed as the phone seals it: an engine with the phone's own key on its far side.
        let mut sealer = Script::bridged();
        sealer.order(Command::Secure { session: B, keys: turned(of) });
        sealer.sent(A, PHONE_A, &speech(sequence)).pop().expect("it was forwarded")
    };
    let mut script = Script::bridged();
    script.order(Command::Secure { session: A, keys: Some(Box::new(a.clone())) });
    script.order(Command::Secure { session: B, keys: Some(Box::new(b.clone())) });
    script.drain();

    let wire = sealed(&a, 1);
    let out = script.sent(A, PHONE_A, &wire).pop().expect("A to B");
    assert_ne!(out, wire);
    let mut phone_b = phone(&b, "192.0.2.200:4602");
    assert_eq!(phone_b.sent(A, "192.0.2.200:4602", &out).len(), 1, "B can read it");
    assert!(script.sent(A, PHONE_A, &wire).is_empty(), "a replay");
    assert!(script.sent(A, PHONE_A, &speech(2)).is_empty(), "in the clear");
    assert!(script.sent(A, PHONE_A, &sealed(&b, 3)).is_empty(), "another's key");

    script.order(Command::Secure { session: B, keys: None });
    assert_eq!(script.sent(A, PHONE_A, &sealed(&a, 4)), [speech(4)], "B is plain now");
    assert!(script.sent(A, STRANGER, &sealed(&a, 5)).is_empty(), "who recorded a packet does not take the call over");
    assert_eq!(script.sent(A, PHONE_A, &sealed(&a, 6)), [speech(6)]);
}

#[test]
fn an_end_of_ipv4_and_one_of_ipv6_hear_each_other() {
    const SIX: &str = "[2001:db8::2]:4000";
    let mut script = Script::new();
    script.open(A, 4600, PHONE_A).open(B, 4602, SIX).order(Command::Bridge { a: A, b: B });
    script.packet(A, PHONE_A, &speech(1)).packet(B, SIX, &speech(2));
    script.check(&expect![[r#"
        bind 1 4600
        bind 2 4602 in IPv6
        first packet 1
        2 -> [2001:db8::2]:4000: rtp 0 1
        first packet 2
        1 -> 192.0.2.1:4000: rtp 0 2
    "#]]);
}

#[test]
fn a_session_listens_in_the_other_family_when_its_end_may_send_in_it() {
    const SIX: &str = "[2001:db8::1]:4000";
    let mut script = Script::new();
    script.open(A, 4600, PHONE_A).order(Command::Echo { session: A });
    script.note("its end may choose").order(Command::Listen { session: A, home: Family::V6.into() });
    script.order(Command::Listen { session: A, home: Family::V6.into() });
    script.order(Command::Reports { session: A, way: Some(media::Reports::Beside(None)) });
    script.packet(A, PHONE_A, &speech(1));
    script.note("it has moved").order(Command::Remote { session: A, addr: Some(SIX.parse().unwrap()) });
    script.packet(A, PHONE_A, &speech(2)).packet(A, SIX, &speech(3)).order(Command::Close { session: A });
    script.note("it moves to where nobody listened").open(B, 4602, PHONE_B);
    script.order(Command::Reports { session: B, way: Some(media::Reports::Beside(None)) });
    script.order(Command::Remote { session: B, addr: Some(SIX.parse().unwrap()) });
    script.note("which somebody else has").input(Input::BindFailed { session: B });
    script.check(&expect![[r#"
        bind 1 4600
        # its end may choose
        bind 1 4600 in IPv6
        bind 1 4601 for reports
        bind 1 4601 in IPv6 for reports
        first packet 1
        1 -> 192.0.2.1:4000: rtp 0 1
        # it has moved
        1 -> [2001:db8::1]:4000: rtp 0 3
        unbind 1
        closed 1: 2 in, 2 out, 1 lost
        # it moves to where nobody listened
        bind 2 4602
        bind 2 4603 for reports
        bind 2 4602 in IPv6
        bind 2 4603 in IPv6 for reports
        # which somebody else has
        bind failed 2 4602
    "#]]);
}

/// Two phones in two networks of one family ring, and the first of them answers.
#[test]
fn a_session_listens_in_several_networks_and_sends_from_the_one_that_was_agreed_on() {
    let home = |nth| Home { family: Family::V4, nth };
    let mut script = Script::new();
    script.order(Command::Open { session: A, port: 4600, home: home(0) });
    script.note("the second is told of another address").order(Command::Listen { session: A, home: home(1) });
    script.order(Command::Listen { session: A, home: home(1) });
    script.note("the first answers").order(Command::Listen { session: A, home: home(0) });
    script.order(Command::Remote { session: A, addr: Some(PHONE_A.parse().unwrap()) });
    script.order(Command::Reports { session: A, way: Some(media::Reports::Beside(None)) });
    script.order(Command::Echo { session: A }).packet(A, PHONE_A, &speech(1));
    script.check(&expect![[r#"
        bind 1 4600
        # the second is told of another address
        bind 1 4600 at 1
        # the first answers
        1 sends from there
        bind 1 4601 at 1 for reports
        bind 1 4601 for reports
        first packet 1
        1 -> 192.0.2.1:4000: rtp 0 1
    "#]]);
}

#[test]
fn what_goes_to_a_group_goes_out_from_every_address_of_its_family_that_was_named() {
    let mut script = Script::new();
    script.order(Command::Open { session: A, port: 4600, home: Family::V4.into() });
    script.order(Command::Listen { session: A, home: Family::V6.into() });
    script.order(Command::Listen { session: A, home: Home { family: Family::V4, nth: 2 } });
    script.note("no group").order(Command::Group { session: A, group: PHONE_A.parse().unwrap() });
    script.note("a group").order(Command::Group { session: A, group: "239.1.2.3:5004".parse().unwrap() });
    script.check(&expect![[r#"
        bind 1 4600
        bind 1 4600 in IPv6
        bind 1 4600 at 2
        # no group
        # a group
        1 sends to its group
        1 sends to its group at 2
    "#]]);
}

#[test]
fn a_wrong_key_is_told_once_and_nothing_is_believed() {
    let mut random = model::Random::from_u64(4);
    let key = |random: &mut _| Key::generate(Suite::AesCm128HmacSha1_80, random);
    let keys = Keys { theirs: key(&mut random), ours: key(&mut random) };
    let mut script = Script::bridged();
    script.order(Command::Secure { session: A, keys: Some(Box::new(keys)) });
    for sequence in 0..200 {
        script.packet(A, PHONE_A, &speech(sequence));
    }
    script.order(Command::Close { session: A });
    script.check(&expect![[r#"
        wrong key 1
        unbind 1
        closed 1: 0 in, 0 out, 0 lost
    "#]]);
}
