//! Any orders and any packets in any order: the engine holds its promises.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]
#![allow(unreachable_pub, reason = "what the fuzzers run is public there")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use media::sdp::{Codec, OpusWishes};
use media::{
    Clip, Command, Config, Engine, Event, Family, Home, Input, Output, PlayId, RecordId, RecordLimits, Reports, RoomId,
    Said, SessionId, Sound, Tone, Voice,
};
use model::{Instant, Now};
use proptest::prelude::*;

#[path = "../../sip/fuzz/src/reports.rs"]
mod fuzzed;

#[derive(Clone, Debug)]
enum Step {
    Order(Command),
    BindFails(u64),
    Packet { session: u64, from: u16, sequence: u16, kind: u8, noise: Vec<u8> },
    Report { session: u64, from: u16, beside: bool, data: Vec<u8> },
    Wait(u64),
}

/// Some are IPv4, and some IPv6.
fn address(port: u16) -> SocketAddr {
    let text = match port % 3 {
        2 => format!("[2001:db8::2]:{}", 4000 + port),
        host => format!("192.0.2.{}:{}", 1 + host, 4000 + port),
    };
    text.parse().unwrap()
}

fn home() -> impl Strategy<Value = Home> {
    let family = prop_oneof![Just(Family::V4), Just(Family::V6)];
    (family, 0u8..3).prop_map(|(family, nth)| Home { family, nth })
}

/// Sounds within sounds, also such as have no length.
fn sounds() -> impl Strategy<Value = Sound> {
    let leaf = prop_oneof![
        (0usize..500, any::<i16>(), any::<bool>()).prop_map(|(count, sample, wide)| {
            Sound::Clip(Clip::new(if wide { 16_000 } else { 8_000 }, vec![sample; count]))
        }),
        any::<char>().prop_map(|key| Sound::Tone(Tone::Digit(key))),
        Just(Sound::Tone(Tone::Busy)),
        (0u64..100).prop_map(|ms| Sound::Silence(Duration::from_millis(ms))),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|sounds| Sound::Several(sounds.into())),
            inner.prop_map(|sound| Sound::Forever(sound.into())),
        ]
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let id = || (0u64..5).prop_map(SessionId);
    let order = prop_oneof![
        (id(), 0u16..4, home()).prop_map(|(session, port, home)| Command::Open { session, port, home }),
        (id(), home()).prop_map(|(session, home)| Command::Listen { session, home }),
        (id(), proptest::option::of(0u16..5))
            .prop_map(|(session, a)| Command::Remote { session, addr: a.map(address) }),
        (id(), proptest::option::of(any::<u8>()))
            .prop_map(|(session, payload_type)| Command::TelephoneEvent { session, payload_type }),
        (id(), id()).prop_map(|(a, b)| Command::Bridge { a, b }),
        (id(), proptest::option::of((0usize..4, any::<u8>(), any::<u8>()))).prop_map(|(session, voice)| {
            let voice = voice.map(|(codec, payload_type, ptime)| {
                let codec = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus][codec];
                Voice {
                    codec,
                    payload_type,
                    takes: codec.into(),
                    ptime,
                    comfort_noise: ptime % 2 == 0,
                    opus: OpusWishes::default(),
                }
            });
            Command::Voice { session, voice }
        }),
        (id(), 0u64..2).prop_map(|(session, room)| Command::Room { session, room: RoomId(room) }),
        (id(), any::<bool>()).prop_map(|(session, muted)| Command::Mute { session, muted }),
        (id(), sounds()).prop_map(|(session, sound)| Command::Play { session, play: PlayId(1), sound }),
        id().prop_map(|session| Command::Stop { session }),
        (id(), 0u64..5000, proptest::option::of(0u64..2000)).prop_map(|(session, most, silence)| {
            let limits =
                RecordLimits { most: Duration::from_millis(most), silence: silence.map(Duration::from_millis) };
            Command::Record { session, record: RecordId(1), limits }
        }),
        id().prop_map(|session| Command::StopRecord { session }),
        (id(), any::<char>()).prop_map(|(session, digit)| Command::Press { session, digit }),
        id().prop_map(|session| Command::Press { session, digit: '5' }),
        id().prop_map(|session| Command::Echo { session }),
        id().prop_map(|session| Command::Idle { session }),
        id().prop_map(|session| Command::Dismiss { session }),
        id().prop_map(|session| Command::Raw { session }),
        (id(), due()).prop_map(|(session, due)| Command::SendRaw { session, data: Bytes::from_static(b"raw"), due }),
        id().prop_map(|session| Command::Tap { session, payload_type: 0, ssrc: 7 }),
        (id(), due()).prop_map(|(session, due)| {
            let packet = Said { payload: Bytes::from_static(&[0x55; 160]), due };
            Command::SendTapped { session, said: vec![packet; 3] }
        }),
        (id(), due()).prop_map(|(session, until)| Command::Gather { session, until }),
        (id(), proptest::option::of(proptest::option::of(0u16..5))).prop_map(|(session, to)| {
            let way = to.map(|to| to.map_or(Reports::Mux, |to| Reports::Beside(Some(address(to)).filter(|_| to > 2))));
            Command::Reports { session, way }
        }),
        id().prop_map(|session| Command::Close { session }),
    ];
    let packet = (0u64..5, 0u16..6, any::<u16>(), any::<u8>(), proptest::collection::vec(any::<u8>(), 0..40))
        .prop_map(|(session, from, sequence, kind, noise)| Step::Packet { session, from, sequence, kind, noise });
    let report = (0u64..5, 0u16..6, any::<bool>(), reports()).prop_map(|(session, from, beside, data)| Step::Report {
        session,
        from,
        beside,
        data,
    });
    let step = prop_oneof![
        4 => order.prop_map(Step::Order),
        1 => (0u64..5).prop_map(Step::BindFails),
        6 => packet,
        4 => report,
        1 => (0u64..60_000).prop_map(Step::Wait),
        4 => (0u64..50).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 0..80)
}

/// Before the run begins, in it, and long after it.
fn due() -> impl Strategy<Value = Instant> {
    prop_oneof![0u64..1000, 0u64..200_000, Just(u64::MAX / 2_000_000)]
        .prop_map(|ms| Now::simulation_start().instant + Duration::from_millis(ms))
}

/// Reports about the streams that there are, whole but for what was cut off or changed.
fn reports() -> impl Strategy<Value = Vec<u8>> {
    let words = proptest::collection::vec(prop_oneof![Just(1u32), 0u32..300, any::<u32>()], 6..26);
    (0u8..4, any::<bool>(), words, 0usize..120, any::<u8>(), 0usize..8).prop_map(
        |(count, sender, words, at, byte, cut)| {
            let mut data = vec![0x80 | count, if sender { 200 } else { 201 }, 0, words.len() as u8];
            data.extend(words.iter().flat_map(|word| word.to_be_bytes()));
            data.truncate(data.len().saturating_sub(cut / 4));
            if let Some(changed) = data.get_mut(at) {
                *changed = byte;
            }
            data
        },
    )
}

/// Mostly RTP, now and then noise.
fn datagram(sequence: u16, kind: u8, noise: &[u8]) -> Vec<u8> {
    if kind < 40 {
        return noise.to_vec();
    }
    let mut data = vec![0x80, kind & 0x7f, 0, 0, 0, 0, 0, kind, 0, 0, 0, 1];
    data[2..4].copy_from_slice(&(sequence % 8).to_be_bytes());
    data.extend_from_slice(noise);
    data
}

/// What the test knows, to hold the outputs against.
#[derive(Default)]
struct Ledger {
    bound: BTreeSet<(SessionId, Home)>,
    /// With a port for reports.
    beside: BTreeSet<(SessionId, Home)>,
    ended: BTreeMap<SessionId, usize>,
    opened: BTreeMap<SessionId, usize>,
}

/// Whether it listens somewhere in the family of this address.
fn is_in(bound: &BTreeSet<(SessionId, Home)>, session: SessionId, to: SocketAddr) -> bool {
    bound.iter().any(|(bound, home)| *bound == session && home.family == Family::of(to.ip()))
}

impl Ledger {
    fn is_bound(&self, session: SessionId) -> bool {
        self.bound.iter().any(|(bound, _)| *bound == session)
    }

    /// All its sockets are gone; whether there were any.
    fn unbind(&mut self, session: SessionId) -> bool {
        let was = self.is_bound(session);
        self.bound.retain(|(bound, _)| *bound != session);
        self.beside.retain(|(bound, _)| *bound != session);
        was
    }

    fn drain(&mut self, engine: &mut Engine) -> Instant {
        loop {
            match engine.poll_output() {
                Output::Bind { session, port, home } => {
                    let first = !self.is_bound(session);
                    assert!(port != 0 && self.bound.insert((session, home)), "bound twice: {session:?}");
                    *self.opened.entry(session).or_default() += usize::from(first);
                }
                Output::Prefer { session, home } | Output::ToGroup { session, home } => {
                    assert!(self.bound.contains(&(session, home)), "sends from no socket");
                }
                Output::Unbind { session } => assert!(self.unbind(session), "unbound without a socket"),
                Output::BindReports { session, port, home } => {
                    assert!(port != 0 && self.bound.contains(&(session, home)), "beside no socket");
                    assert!(self.beside.insert((session, home)), "bound twice: {session:?}");
                }
                Output::TransmitReport { session, to, .. } => {
                    assert!(is_in(&self.beside, session, to), "sent from no socket");
                    assert!(to.port() != 0);
                }
                Output::Transmit { session, to, .. } => {
                    assert!(is_in(&self.bound, session, to), "sent from no socket");
                    assert!(to.port() != 0);
                }
                Output::Event(Event::Closed { session, quality }) => {
                    *self.ended.entry(session).or_default() += 1;
                    assert!(quality.lost < 1 << 20);
                    assert!(quality.far.is_none_or(|far| far.lost_before <= far.lost && far.lost <= far.expected));
                }
                Output::Event(Event::BindFailed { session, .. }) => {
                    if self.unbind(session) {
                        *self.ended.entry(session).or_default() += 1;
                    }
                }
                Output::Event(_) => {}
                Output::Timeout(at) => return at,
            }
        }
    }
}

proptest! {
    #[test]
    fn promises_hold(steps in steps()) {
        let mut engine = Engine::new(Config { silence: Duration::from_secs(20), max_sessions: 3, identity: None });
        let mut now = Now::simulation_start();
        let mut ledger = Ledger::default();
        for step in steps {
            match step {
                Step::Order(command) => engine.handle_input(now, Input::Command(command)),
                Step::BindFails(session) => engine.handle_input(now, Input::BindFailed { session: SessionId(session) }),
                Step::Packet { session, from, sequence, kind, noise } => {
                    let data = datagram(sequence, kind, &noise);
                    engine.handle_input(now, Input::Packet { session: SessionId(session), from: address(from), data: &data });
                }
                Step::Report { session, from, beside, data } => {
                    let (session, from) = (SessionId(session), address(from));
                    engine.handle_input(now, if beside {
                        Input::Report { session, from, data: &data }
                    } else {
                        Input::Packet { session, from, data: &data }
                    });
                }
                Step::Wait(ms) => {
                    now = now.after(Duration::from_millis(ms));
                    let mut turns = 0;
                    engine.handle_input(now, Input::Timeout);
                    while ledger.drain(&mut engine) <= now.instant {
                        engine.handle_input(now, Input::Timeout);
                        turns += 1;
                        prop_assert!(turns < 1000, "the work of an instant ends");
                    }
                }
            }
            ledger.drain(&mut engine);
            prop_assert_eq!(engine.sessions(), ledger.bound.iter().map(|(session, _)| session).collect::<BTreeSet<_>>().len());
            prop_assert!(engine.sessions() <= 3);
        }
        for session in 0..5 {
            engine.handle_input(now, Input::Command(Command::Close { session: SessionId(session) }));
        }
        ledger.drain(&mut engine);
        prop_assert_eq!(ledger.opened, ledger.ended, "each opened session ends once");
        prop_assert_eq!(engine.sessions(), 0);
    }

    /// What the fuzzer runs, without its guidance (`cargo xtask fuzz reports`).
    #[test]
    fn whatever_is_reported_nothing_is_told_that_cannot_be(parts in proptest::collection::vec((any::<u8>(), reports()), 0..20)) {
        let input: Vec<u8> = parts.into_iter().flat_map(|(which, data)| [vec![data.len() as u8, which], data].concat()).collect();
        fuzzed::run(&input);
    }

    /// The thread forwards in place; callers without a socket get a copy. Both are the same way.
    #[test]
    fn both_ways_of_a_packet_agree(packets in proptest::collection::vec((0u16..6, any::<u16>(), any::<u8>()), 0..60)) {
        let open = || {
            let mut engine = Engine::new(Config::default());
            for (session, port) in [(SessionId(0), 4000), (SessionId(1), 4002)] {
                for command in [
                    Command::Open { session, port, home: Family::V4.into() },
                    Command::Remote { session, addr: Some(address(u16::try_from(session.0).unwrap())) },
                    Command::TelephoneEvent { session, payload_type: Some(100 + u8::try_from(session.0).unwrap()) },
                ] {
                    engine.handle_input(Now::simulation_start(), Input::Command(command));
                }
            }
            let bridge = Command::Bridge { a: SessionId(0), b: SessionId(1) };
            engine.handle_input(Now::simulation_start(), Input::Command(bridge));
            while !matches!(engine.poll_output(), Output::Timeout(_)) {}
            engine
        };
        let (mut copying, mut in_place) = (open(), open());
        for (from, sequence, kind) in packets {
            let (now, session) = (Now::simulation_start(), SessionId(u64::from(from % 2)));
            let data = datagram(sequence, kind, &[5, 0x80, 0, 200]);
            copying.handle_input(now, Input::Packet { session, from: address(from), data: &data });
            let (length, mut buffer) = (data.len(), data);
            let sent = in_place.forward(now, session, address(from), &mut buffer, length);
            let mut transmitted = None;
            loop {
                match copying.poll_output() {
                    Output::Transmit { session, to, data } => transmitted = Some(((session, to), data)),
                    Output::Timeout(_) => break,
                    said => prop_assert_eq!(format!("{said:?}"), format!("{:?}", in_place.poll_output())),
                }
            }
            prop_assert_eq!(transmitted, sent.map(|f| ((f.session, f.to), Bytes::from(buffer))));
        }
    }
}
