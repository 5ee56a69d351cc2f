//! Two engines that report to each other over a way with a length and with losses, in simulated time; and what strangers may say.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use media::sdp::{Codec, OpusWishes};
use media::srtp::{Key, Keys, Suite};
use media::{Clip, Command, Config, Engine, Event, Family, Input, Output, PlayId, Reports, SessionId, Sound, Voice};
use model::call::LegQuality;
use model::{Instant, Now, Random};

const SESSION: SessionId = SessionId(1);
/// Where each of the two is, and where its reports come from.
const SOUND: [&str; 2] = ["192.0.2.1:4000", "192.0.2.2:5000"];
const BESIDE: [&str; 2] = ["192.0.2.1:4001", "192.0.2.2:5001"];

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A datagram on its way: whose, over which port, what.
type Sent = (usize, bool, Vec<u8>);

struct World {
    engines: [Engine; 2],
    wakes: [Instant; 2],
    now: Now,
    /// By when they arrive.
    wire: BTreeMap<(Instant, u64), Sent>,
    count: u64,
    delay: Duration,
    /// What gets lost of the sound that the first says, in the order in which it says it.
    lost: fn(u64) -> bool,
    said: u64,
    closed: [Option<LegQuality>; 2],
    /// What was told while the sessions were up.
    told: [Vec<LegQuality>; 2],
    reports: Vec<Sent>,
}

impl World {
    fn new(delay: Duration, lost: fn(u64) -> bool) -> Self {
        let mut this = Self {
            engines: [(); 2].map(|()| Engine::new(Config::default())),
            wakes: [Instant::FAR_FUTURE; 2],
            now: Now::simulation_start(),
            wire: BTreeMap::new(),
            count: 0,
            delay,
            lost,
            said: 0,
            closed: [None; 2],
            told: [const { Vec::new() }; 2],
            reports: Vec::new(),
        };
        for end in 0..2 {
            this.order(
                end,
                Command::Open { session: SESSION, port: address(SOUND[end]).port(), home: Family::V4.into() },
            );
            this.order(end, Command::Remote { session: SESSION, addr: Some(address(SOUND[1 - end])) });
        }
        this.speak(Codec::Pcmu, 0);
        this
    }

    /// Both speak this from now on.
    fn speak(&mut self, codec: Codec, payload_type: u8) {
        let voice = Voice {
            codec,
            payload_type,
            takes: codec.into(),
            ptime: 20,
            comfort_noise: false,
            opus: OpusWishes::default(),
        };
        for end in 0..2 {
            self.order(end, Command::Voice { session: SESSION, voice: Some(voice) });
        }
    }

    fn order(&mut self, end: usize, command: Command) {
        self.input(end, Input::Command(command));
    }

    fn both(&mut self, way: Reports) -> &mut Self {
        for end in 0..2 {
            self.order(end, Command::Reports { session: SESSION, way: Some(way) });
            let sound = Sound::Forever(Sound::Clip(Clip::new(8000, vec![1000; 1600])).into());
            self.order(end, Command::Play { session: SESSION, play: PlayId(1), sound });
        }
        self
    }

    fn seal(&mut self, suite: Suite) -> &mut Self {
        let mut random = Random::from_u64(7);
        let [a, b] = [(); 2].map(|()| Key::generate(suite, &mut random));
        let keys = [Keys { ours: a.clone(), theirs: b.clone() }, Keys { ours: b, theirs: a }];
        for (end, keys) in keys.into_iter().enumerate() {
            self.order(end, Command::Secure { session: SESSION, keys: Some(Box::new(keys)) });
        }
        self
    }

    fn input(&mut self, end: usize, input: Input<'_>) {
        self.engines[end].handle_input(self.now, input);
        loop {
            match self.engines[end].poll_output() {
                Output::Transmit { to, data, .. } => self.send(end, false, to, data.to_vec()),
                Output::TransmitReport { to, data, .. } => self.send(end, true, to, data.to_vec()),
                Output::Event(Event::Quality { quality, .. }) => self.told[end].push(quality),
                Output::Event(Event::Closed { quality, .. }) => self.closed[end] = Some(quality),
                Output::Event(_) | Output::Bind { .. } | Output::BindReports { .. } => {}
                Output::Prefer { .. } | Output::ToGroup { .. } | Output::Unbind { .. } => {}
                Output::Timeout(at) => {
                    self.wakes[end] = at;
                    return;
                }
            }
        }
    }

    fn send(&mut self, end: usize, beside: bool, to: SocketAddr, data: Vec<u8>) {
        assert_eq!(to, address(if beside { BESIDE } else { SOUND }[1 - end]));
        if is_report(&data) {
            self.reports.push((end, beside, data.clone()));
        } else if end == 0 {
            self.said += 1;
            if (self.lost)(self.said) {
                return;
            }
        }
        self.count += 1;
        self.wire.insert((self.now.instant + self.delay, self.count), (end, beside, data));
    }

    fn run(&mut self, seconds: u64) -> &mut Self {
        let end = self.now.instant + Duration::from_secs(seconds);
        loop {
            let arrives = self.wire.keys().next().map_or(Instant::FAR_FUTURE, |(at, _)| *at);
            let next = arrives.min(self.wakes[0]).min(self.wakes[1]);
            if next > end {
                return self;
            }
            self.now = self.now.after(next.saturating_since(self.now.instant));
            if arrives == next {
                let (_, (from, beside, data)) = self.wire.pop_first().unwrap();
                self.arrive(1 - from, beside, if beside { BESIDE } else { SOUND }[from], &data);
            }
            for waiting in 0..2 {
                if self.wakes[waiting] <= self.now.instant {
                    self.input(waiting, Input::Timeout);
                }
            }
        }
    }

    fn arrive(&mut self, end: usize, beside: bool, from: &str, data: &[u8]) {
        let (session, from) = (SESSION, address(from));
        if beside {
            self.input(end, Input::Report { session, from, data });
        } else {
            self.input(end, Input::Packet { session, from, data });
        }
    }

    fn close(&mut self) -> [LegQuality; 2] {
        self.order(0, Command::Close { session: SESSION });
        self.order(1, Command::Close { session: SESSION });
        self.closed.map(|quality| quality.expect("each is closed"))
    }
}

fn is_report(data: &[u8]) -> bool {
    (192..=223).contains(&data[1])
}

fn every_twentieth(packet: u64) -> bool {
    packet.is_multiple_of(20)
}

fn none(_: u64) -> bool {
    false
}

#[test]
fn both_ends_know_the_way_and_what_the_other_hears() {
    for way in [Reports::Mux, Reports::Beside(None)] {
        for suite in [None, Some(Suite::AesCm128HmacSha1_80), Some(Suite::AeadAes128Gcm), Some(Suite::AeadAes256Gcm)] {
            let mut world = World::new(Duration::from_millis(40), every_twentieth);
            if let Some(suite) = suite {
                world.seal(suite);
            }
            let [near, far] = world.both(way).run(60).close();
            for quality in [near, far] {
                assert_eq!(quality.round_trip_us.map(|us| us / 1000), Some(80), "{way:?} {suite:?}");
            }
            // The sound of the first gets lost: the first is told, the second counts.
            let told = near.far.unwrap();
            assert!(told.expected > 2500 && told.lost_before == 0, "{told:?}");
            assert_eq!(told.lost * 1000 / told.expected, 49, "{told:?}");
            assert_eq!((near.lost, far.far.unwrap().lost), (0, 0));
            assert_eq!(far.lost * 1000 / (far.lost + far.packets_in), 49, "{far:?}");
            let scores = [near.mos_in, near.mos_out, far.mos_in, far.mos_out].map(|mos| mos.unwrap().to_string());
            assert_eq!(scores, ["4.4", "3.9", "3.9", "4.4"], "{way:?} {suite:?}");
        }
    }
}

/// The same loss and delay cost each codec what they cost it.
#[test]
fn each_way_is_scored_as_the_codec_that_went_it() {
    for (codec, payload_type, scores) in
        [(Codec::Pcma, 8, ["4.4", "3.9"]), (Codec::G722, 9, ["4.3", "2.9"]), (Codec::Opus, 111, ["4.3", "3.6"])]
    {
        let mut world = World::new(Duration::from_millis(40), every_twentieth);
        world.speak(codec, payload_type);
        let [near, far] = world.both(Reports::Mux).run(30).close();
        assert_eq!([near.mos_in, near.mos_out].map(|mos| mos.unwrap().to_string()), scores, "{codec:?}");
        assert_eq!([far.mos_out, far.mos_in].map(|mos| mos.unwrap().to_string()), scores, "{codec:?}");
    }
}

#[test]
fn how_a_call_is_going_is_told_while_it_is_up() {
    let mut world = World::new(Duration::from_millis(40), every_twentieth);
    world.seal(Suite::AeadAes128Gcm).both(Reports::Mux).run(60);
    for end in 0..2 {
        assert!((10..16).contains(&world.told[end].len()), "with each report: {}", world.told[end].len());
        assert!(world.told[end].is_sorted_by_key(|quality| quality.packets_in));
    }
    let [near, far] = [0, 1].map(|end| *world.told[end].last().unwrap());
    let scores = [near.mos_in, near.mos_out, far.mos_in, far.mos_out].map(|mos| mos.unwrap().to_string());
    assert_eq!(scores, ["4.4", "3.9", "3.9", "4.4"]);
    assert!(near.cipher.is_some() && near.round_trip_us.is_some());
    let closed = world.close();
    assert!(closed[0].packets_in >= near.packets_in && closed[0].packets_in - near.packets_in < 400);
    // Of a port that carries a fax nothing is told, nor of one that never agreed on reports.
    let mut world = World::new(Duration::from_millis(1), none);
    world.both(Reports::Mux);
    (0..2).for_each(|end| world.order(end, Command::Raw { session: SESSION }));
    world.run(30);
    assert_eq!(world.told, [const { Vec::new() }; 2]);
}

#[test]
fn reports_come_every_five_seconds_more_or_less_and_never_together() {
    let mut world = World::new(Duration::from_millis(1), none);
    world.both(Reports::Beside(None)).run(100);
    let by = |end| world.reports.iter().filter(|(e, ..)| *e == end).count();
    assert!((17..25).contains(&by(0)) && (17..25).contains(&by(1)), "{} and {}", by(0), by(1));
    let (_, beside, data) = &world.reports[0];
    assert!(beside);
    // The name is one for this session and says nothing: 24 digits.
    let name = data.windows(2).position(|w| w == [1, 24]).unwrap() + 2;
    assert!(data[name..name + 24].iter().all(u8::is_ascii_hexdigit), "{data:02x?}");
    world.close();
    assert_eq!(world.reports.last().unwrap().2.windows(2).filter(|w| *w == [0x81, 203]).count(), 1, "a goodbye");
}

#[test]
fn reports_go_on_during_a_hold_and_rest_while_raw() {
    let mut world = World::new(Duration::from_millis(1), none);
    world.both(Reports::Mux).run(10);
    let before = world.reports.len();
    world.order(0, Command::Remote { session: SESSION, addr: None });
    world.order(1, Command::Stop { session: SESSION });
    world.run(30);
    assert!(world.reports.len() > before + 6, "{}", world.reports.len());
    world.order(0, Command::Raw { session: SESSION });
    world.order(1, Command::Raw { session: SESSION });
    let before = world.reports.len();
    world.run(30);
    world.close();
    assert_eq!(world.reports.len(), before);
}

/// Of who does not report, nothing is known: what came is counted, and no score is made up.
#[test]
fn without_reports_there_is_no_score() {
    let mut world = World::new(Duration::from_millis(40), every_twentieth);
    world.both(Reports::Beside(None));
    world.order(1, Command::Reports { session: SESSION, way: None });
    let [near, far] = world.run(60).close();
    assert_eq!((near.round_trip_us, near.far, near.mos_in, near.mos_out), (None, None, None, None));
    assert_eq!((far.round_trip_us, far.far, far.mos_in, far.mos_out), (None, None, None, None));
    assert!(far.lost > 100);
}

/// Where sound is encrypted, no report is believed that is not, and none is sent.
#[test]
fn nothing_in_the_clear_on_an_encrypted_leg() {
    let mut plain = World::new(Duration::from_millis(40), every_twentieth);
    plain.both(Reports::Mux).run(60);
    let forged = plain.reports.iter().filter(|(end, ..)| *end == 0).map(|(.., data)| data.clone()).next_back().unwrap();
    for suite in [Suite::AesCm128HmacSha1_80, Suite::AeadAes256Gcm] {
        let mut world = World::new(Duration::from_millis(40), none);
        world.seal(suite);
        world.both(Reports::Mux).run(20);
        assert!(world.reports.iter().all(|(.., data)| !data.windows(2).any(|w| w == [0x81, 202])), "{suite:?}");
        // As it is, and with an index that says that it is in the clear, and a tag of nothing.
        for tail in [&[][..], &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
            world.arrive(1, false, SOUND[0], &[&forged[..], tail].concat());
        }
        let [_, far] = world.close();
        assert_eq!(far.far.unwrap().lost, 0);
    }
}

#[test]
fn strangers_report_nothing() {
    let mut world = World::new(Duration::from_millis(40), every_twentieth);
    world.both(Reports::Beside(None)).run(60);
    let ours = world.reports.iter().filter(|(end, ..)| *end == 0).map(|(.., data)| data.clone()).next_back().unwrap();
    // That all was lost, from somebody else, from another port of the same host, and over the port of the sound.
    let mut lie = ours;
    lie[28 + 4..28 + 8].copy_from_slice(&[255, 0x7f, 0xff, 0xff]);
    for (from, beside) in [("203.0.113.66:4001", true), ("192.0.2.1:666", true), (SOUND[0], false)] {
        world.arrive(1, beside, from, &lie);
    }
    let [_, far] = world.close();
    assert_eq!(far.far.unwrap().lost, 0);
    // The same from where it should come is believed: it was a good lie.
    let mut world = World::new(Duration::from_millis(40), every_twentieth);
    world.both(Reports::Beside(None)).run(60);
    world.arrive(1, true, BESIDE[0], &lie);
    let [_, far] = world.close();
    assert!(far.far.unwrap().lost > 2000, "{far:?}");
}
