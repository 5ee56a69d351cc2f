//! The `Pbx` with its real neighbours, the SIP endpoint and the media engine, on a wire that loses datagrams by seed: what the scripts
//! of `pbx` assume of those two holds, and sound arrives where it should.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use calls::{Event, Limits, Pbx, PbxConfig};
use media::sdp::{self, Direction, Formats, Origin};
use media::{Engine, SessionId};
use model::call::{Binding, CallEnd, CallRecord, Fault};
use model::ladder::{Ladder, LadderMessage, Lane};
use model::{CallId, Instant, Now, PhoneNumber, Random, Settings};
use plan::Plan;
use sip::Endpoint;
use sip::api::{self as sip_api, Flow, LegId, Transport};

const SETTINGS: &str = r#"
plan = "solo-practice"
networks = ["10.0.0.0/24"]
[clinic]
name = "Harbor Street Clinic"
address = "1 Harbor Street"
timezone = "America/New_York"
number = "+12025550123"
[[people]]
extension = "101"
name = "Front desk"
[[people]]
extension = "102"
name = "Nurse"
[[trunks]]
name = "main"
address = "192.0.2.1:5060"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550199"
station_id = "+1 202 555 0199"
"#;

const CLINIC: &str = "10.0.0.1:5060";
const DESK: &str = "10.0.0.101:5060";
const NURSE: &str = "10.0.0.102:5060";
const CARRIER: &str = "192.0.2.1:5060";

fn at(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn endpoint(seed: u64, record: bool) -> Endpoint {
    let config = sip_api::Config {
        software: "wires".to_owned(),
        max_invites: 50,
        max_transactions: 500,
        emergency: vec!["911".to_owned()],
        record,
        ..sip_api::Config::new("clinic.demo")
    };
    Endpoint::new(config, Random::from_u64(seed))
}

/// A phone or a carrier: a real endpoint, a user that answers every call at once, and one port for sound.
struct Peer {
    endpoint: Endpoint,
    timeout: Instant,
    answers: bool,
    said: Vec<String>,
    up: Option<LegId>,
    /// Where the other end wants sound, by its description.
    remote: Option<SocketAddr>,
    /// Which ways its user wants sound to flow.
    wants: Direction,
    /// Which ways the other end wants sound to flow, by the same.
    ways: Option<Direction>,
    heard: Vec<SocketAddr>,
    /// Its last 2xx to an INVITE, as it went over the wire.
    accepted: String,
}

impl Peer {
    fn described(&mut self, body: &[u8]) {
        let theirs = sdp::Session::parse(body).expect("our own SDP is good");
        self.remote = theirs.open_audio().and_then(sdp::Audio::remote);
        self.ways = theirs.open_audio().map(|a| a.direction);
    }
}

struct World {
    now: Now,
    pbx: Pbx,
    pbx_timeout: Instant,
    sip: Endpoint,
    sip_timeout: Instant,
    media: Engine,
    media_timeout: Instant,
    ports: BTreeMap<u16, SessionId>,
    peers: BTreeMap<SocketAddr, Peer>,
    wire: VecDeque<(SocketAddr, SocketAddr, Vec<u8>)>,
    loss: f64,
    random: Random,
    records: Vec<CallRecord>,
    ladders: Vec<(CallId, Ladder)>,
    alerts: usize,
}

impl World {
    fn new(seed: u64, loss: f64) -> Self {
        let settings = Arc::new(Settings::parse(SETTINGS).expect("good"));
        let config = PbxConfig {
            plan: Arc::new(Plan::of(&settings).expect("the library's plan is good")),
            settings,
            media_ip: at(CLINIC).ip(),
            media_ports: 4000..=4099,
            sip_local: at(CLINIC),
            limits: Limits::default(),
            known_trunks: Vec::new(),
        };
        let now = Now::simulation_start();
        let mut pbx = Pbx::new(config, Random::from_u64(seed));
        let bound = |user: &str, host: &str| Binding {
            user: user.to_owned(),
            contact: format!("sip:{user}@{host}").into(),
            flow: format!("udp {host}"),
            expires: now.wall + Duration::from_secs(3000),
            ..Binding::default()
        };
        pbx.restore_bindings(now, vec![bound("101", DESK), bound("102", NURSE)]);
        let peer = |n: u64| {
            let mut endpoint = endpoint(seed * 10 + n, false);
            let networks = model::settings::Network::parse("0.0.0.0/0").into_iter().collect();
            let peers = sip_api::Peers { networks, ..sip_api::Peers::default() };
            endpoint.handle_input(now, sip_api::Input::Command(sip_api::Command::SetPeers(peers)));
            let (said, heard) = (Vec::new(), Vec::new());
            let (up, remote, ways, accepted) = (None, None, None, String::new());
            let timeout = Instant::FAR_FUTURE;
            let wants = Direction::SendRecv;
            Peer { endpoint, timeout, answers: false, said, up, remote, wants, ways, heard, accepted }
        };
        let mut world = Self {
            now,
            pbx,
            pbx_timeout: Instant::FAR_FUTURE,
            sip: endpoint(seed, true),
            sip_timeout: Instant::FAR_FUTURE,
            media: Engine::new(media::Config::default()),
            media_timeout: Instant::FAR_FUTURE,
            ports: BTreeMap::new(),
            peers: [DESK, NURSE, CARRIER].into_iter().zip(0..).map(|(host, n)| (at(host), peer(n))).collect(),
            wire: VecDeque::new(),
            loss,
            random: Random::from_u64(seed ^ 0xabc),
            records: Vec::new(),
            ladders: Vec::new(),
            alerts: 0,
        };
        world.settle();
        world
    }

    fn peer(&mut self, host: &str) -> &mut Peer {
        self.peers.get_mut(&at(host)).expect("a peer")
    }

    fn order(&mut self, host: &str, command: sip_api::Command) {
        let now = self.now;
        self.peer(host).endpoint.handle_input(now, sip_api::Input::Command(command));
        self.settle();
    }

    fn call(&mut self, host: &str, dialled: &str, from: &str) {
        let name = |user: &str| sip_api::NameAddr {
            display: String::new().into(),
            uri: format!("sip:{user}@clinic.demo").into(),
        };
        let flow = Flow { transport: Transport::Udp, local: at(host), remote: at(CLINIC), connection: 0 };
        let uri = format!("sip:{dialled}@{CLINIC}");
        let call = sip_api::OutgoingCall::new(uri, flow, name(from), name(dialled), offer(at(host)));
        self.order(host, sip_api::Command::Invite { leg: LegId::outgoing(1), call: call.into() });
    }

    /// A user presses hold, or takes the call back.
    fn hold(&mut self, host: &str, ways: Direction) {
        let leg = self.peer(host).up.expect("a call is up");
        self.peer(host).wants = ways;
        let local = SocketAddr::new(at(host).ip(), 7000);
        let mut origin = Origin::new(1, local.ip());
        origin.version = 2 + self.now.instant.nanos();
        let body = sdp::audio_offer(&origin, local, &Formats::ours(), ways).into();
        self.order(host, sip_api::Command::Reinvite { leg, body });
    }

    /// A user transfers blindly. (No endpoint of ours sends REFER: the phone writes it itself, from what it said when it answered.)
    fn transfer(&mut self, host: &str, dialled: &str, cseq: u32) {
        let accepted = self.peer(host).accepted.clone();
        let header = |name: &str| {
            let line = accepted.lines().find_map(|l| l.strip_prefix(name)).expect("a header of every 2xx");
            line.trim().to_owned()
        };
        let refer = format!(
            "REFER sip:{CLINIC} SIP/2.0\r\nVia: SIP/2.0/UDP {host};branch=z9hG4bKrefer\r\nMax-Forwards: 70\r\nFrom: {}\r\n\
             To: {}\r\nCall-ID: {}\r\nCSeq: {cseq} REFER\r\nContact: <sip:{host}>\r\nRefer-To: <sip:{dialled}@clinic.demo>\r\n\
             Content-Length: 0\r\n\r\n",
            header("To:"),
            header("From:"),
            header("Call-ID:")
        );
        self.wire.push_back((at(host), at(CLINIC), refer.into_bytes()));
        self.settle();
    }

    fn hang_up(&mut self, host: &str) {
        let leg = self.peer(host).up.take().expect("a call is up");
        self.order(host, sip_api::Command::Bye { leg });
    }

    /// A phone speaks: one packet of sound to where it was told.
    fn speak(&mut self, host: &str) {
        let to = self.peer(host).remote.expect("a call is up");
        let mut packet = vec![0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
        packet.extend([0xff; 160]);
        self.wire.push_back((SocketAddr::new(at(host).ip(), 7000), to, packet));
        let loss = std::mem::replace(&mut self.loss, 0.0);
        self.settle();
        self.loss = loss;
    }

    fn wait(&mut self, seconds: u64) {
        let end = self.now.after(Duration::from_secs(seconds));
        loop {
            let peers = self.peers.values().map(|p| p.timeout).min().unwrap_or(Instant::FAR_FUTURE);
            let next = peers.min(self.pbx_timeout).min(self.sip_timeout).min(self.media_timeout);
            if next > end.instant {
                self.now = end;
                return;
            }
            self.now = self.now.after(next.saturating_since(self.now.instant));
            let now = self.now;
            for peer in self.peers.values_mut() {
                peer.endpoint.handle_input(now, sip_api::Input::Timeout);
            }
            self.sip.handle_input(now, sip_api::Input::Timeout);
            self.media.handle_input(now, media::Input::Timeout);
            self.pbx.handle_input(now, calls::Input::Timeout);
            self.settle();
        }
    }

    /// Until nobody has anything to say.
    fn settle(&mut self) {
        // Bounded: two ends that answer each other for ever would be found here.
        for _ in 0..1000 {
            self.pump_pbx();
            self.pump_sip();
            self.pump_media();
            self.pump_peers();
            let Some((from, to, data)) = self.wire.pop_front() else {
                if matches!(self.pbx.poll_output(), calls::Output::Timeout(_)) {
                    return;
                }
                continue;
            };
            if !self.random.chance(self.loss) {
                self.deliver(from, to, &data);
            }
        }
        panic!("they never stop talking");
    }

    fn deliver(&mut self, from: SocketAddr, to: SocketAddr, data: &[u8]) {
        let now = self.now;
        let flow = Flow { transport: Transport::Udp, local: to, remote: from, connection: 0 };
        if to == at(CLINIC) {
            self.sip.handle_input(now, sip_api::Input::Bytes { flow, data });
        } else if let Some(session) = self.ports.get(&to.port()).filter(|_| to.ip() == at(CLINIC).ip()) {
            self.media.handle_input(now, media::Input::Packet { session: *session, from, data });
        } else if let Some(peer) = self.peers.get_mut(&to) {
            peer.endpoint.handle_input(now, sip_api::Input::Bytes { flow, data });
        } else if let Some(peer) = self.peers.get_mut(&SocketAddr::new(to.ip(), 5060)) {
            peer.heard.push(from);
        }
    }

    fn pump_pbx(&mut self) {
        let now = self.now;
        loop {
            match self.pbx.poll_output() {
                calls::Output::Sip(command) => self.sip.handle_input(now, sip_api::Input::Command(command)),
                calls::Output::Media(command) => self.media.handle_input(now, media::Input::Command(command)),
                calls::Output::Event(Event::Record(record)) => self.records.push(*record),
                calls::Output::Event(Event::Ladder { call, ladder }) => self.ladders.push((call, *ladder)),
                calls::Output::Event(Event::Alert { .. }) => self.alerts += 1,
                calls::Output::Event(_) => {}
                calls::Output::Resolve(_) => {}
                calls::Output::Timeout(at) => {
                    self.pbx_timeout = at;
                    return;
                }
            }
        }
    }

    fn pump_sip(&mut self) {
        loop {
            match self.sip.poll_output() {
                sip_api::Output::Transmit { flow, data } => {
                    self.wire.push_back((at(CLINIC), flow.remote, data.to_vec()));
                }
                sip_api::Output::Event(event) => {
                    self.pbx.handle_input(self.now, calls::Input::Sip(event));
                    self.pump_pbx();
                }
                sip_api::Output::Close { .. } => {}
                sip_api::Output::Timeout(at) => {
                    self.sip_timeout = at;
                    return;
                }
            }
        }
    }

    fn pump_media(&mut self) {
        loop {
            match self.media.poll_output() {
                media::Output::Bind { session, port } => {
                    self.ports.insert(port, session);
                }
                media::Output::Unbind { session } => self.ports.retain(|_, s| *s != session),
                media::Output::Transmit { session, to, data } => {
                    let port = self.ports.iter().find(|(_, s)| **s == session).map_or(0, |(p, _)| *p);
                    self.wire.push_back((SocketAddr::new(at(CLINIC).ip(), port), to, data.to_vec()));
                }
                media::Output::Event(event) => {
                    self.pbx.handle_input(self.now, calls::Input::Media(event));
                    self.pump_pbx();
                }
                media::Output::Timeout(at) => {
                    self.media_timeout = at;
                    return;
                }
            }
        }
    }

    fn pump_peers(&mut self) {
        let now = self.now;
        for (host, peer) in &mut self.peers {
            loop {
                match peer.endpoint.poll_output() {
                    sip_api::Output::Transmit { flow, data } => {
                        if data.starts_with(b"SIP/2.0 200") && data.windows(8).any(|w| w == b"1 INVITE") {
                            peer.accepted = String::from_utf8_lossy(&data).into_owned();
                        }
                        self.wire.push_back((*host, flow.remote, data.to_vec()));
                    }
                    sip_api::Output::Event(event) => user(*host, peer, now, event),
                    sip_api::Output::Close { .. } => {}
                    sip_api::Output::Timeout(at) => {
                        peer.timeout = at;
                        break;
                    }
                }
            }
        }
    }

    fn said(&mut self, host: &str) -> String {
        self.peer(host).said.join(" ")
    }

    fn check_rest(&mut self) -> CallRecord {
        self.wait(80);
        assert_eq!(self.pbx.ports_in_use(), 0);
        assert!(self.pbx.live_calls().is_empty());
        assert_eq!(self.media.sessions(), 0);
        assert!(self.ports.is_empty());
        assert_eq!((self.records.len(), self.ladders.len()), (1, 1), "one record, and one ladder");
        assert_eq!(self.ladders[0].0, self.records[0].id);
        self.records.remove(0)
    }
}

/// What the person at a phone does.
fn user(host: SocketAddr, peer: &mut Peer, now: Now, event: sip_api::Event) {
    use sip_api::{Command as C, Event as E};
    let command = match event {
        E::Invite { leg, invite } => {
            peer.said.push("rings".to_owned());
            let offered = invite.offer.expect("the Pbx offers");
            peer.described(&offered);
            if !peer.answers {
                C::Ring { leg, code: 180, body: None }
            } else {
                peer.up = Some(leg);
                let offered = sdp::Session::parse(&offered).expect("our own SDP is good");
                let local = SocketAddr::new(host.ip(), 7000);
                let origin = Origin::new(1, host.ip());
                let body = sdp::audio_answer(&origin, &offered, local, &Formats::ours(), Direction::SendRecv);
                C::Answer { leg, body: body.expect("G.711 is there").into() }
            }
        }
        E::Reinvite { leg, offer } => {
            peer.described(&offer);
            let offered = sdp::Session::parse(&offer).expect("our own SDP is good");
            let local = SocketAddr::new(host.ip(), 7000);
            let mut origin = Origin::new(1, host.ip());
            origin.version = 2 + now.instant.nanos();
            let body = sdp::audio_answer(&origin, &offered, local, &Formats::ours(), peer.wants);
            C::AnswerReinvite { leg, body: body.expect("G.711 is there").into() }
        }
        E::ReinviteAnswered { body, .. } => return peer.described(&body),
        E::Answered { leg, body } => {
            peer.said.push("answered".to_owned());
            peer.up = Some(leg);
            peer.described(&body);
            return;
        }
        E::Refused { code, .. } => return peer.said.push(format!("refused {code}")),
        E::Ended { reason, .. } => {
            peer.up = None;
            return peer.said.push(format!("ended {reason:?}"));
        }
        _ => return,
    };
    peer.endpoint.handle_input(now, sip_api::Input::Command(command));
}

fn offer(host: SocketAddr) -> sip_api::Body {
    let local = SocketAddr::new(host.ip(), 7000);
    sdp::audio_offer(&Origin::new(1, host.ip()), local, &Formats::ours(), Direction::SendRecv).into()
}

#[test]
fn a_call_from_outside_is_answered_heard_and_ended() {
    let mut world = World::new(1, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    assert_eq!(world.said(CARRIER), "answered");
    world.wait(1);
    world.speak(CARRIER);
    world.speak(NURSE);
    let clinic = at(CLINIC).ip();
    assert!(world.peer(NURSE).heard.iter().any(|from| from.ip() == clinic), "the nurse hears the caller");
    assert!(world.peer(CARRIER).heard.iter().any(|from| from.ip() == clinic), "the caller hears the nurse");
    world.hang_up(NURSE);
    let record = world.check_rest();
    assert_eq!((record.end, record.fault), (CallEnd::HungUp, Fault::None));
    assert_eq!((record.caller_quality.packets_in, record.callee_quality.packets_in), (1, 1));
    assert_eq!(world.said(CARRIER), "answered ended Bye");
    assert_eq!(world.said(DESK), "rings ended Cancelled");
}

#[test]
fn the_messages_of_all_legs_stand_in_one_ladder() {
    let mut world = World::new(1, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(1);
    world.hang_up(NURSE);
    world.check_rest();
    let ladder = &world.ladders[0].1;
    let lane = |l: &Lane| format!("{} {:?} {}", l.caller, l.trunk.as_deref(), l.name.expose());
    let lanes: Vec<String> = ladder.lanes.iter().map(lane).collect();
    assert_eq!(lanes, ["true Some(\"main\") +12025550101", "false None Front desk", "false None Nurse"]);
    let said = |m: &LadderMessage| {
        let text = String::from_utf8_lossy(m.text.expose()).into_owned();
        let first = text.lines().next().unwrap_or_default().replace(" SIP/2.0", "").replace("SIP/2.0 ", "");
        format!("{} {} {}", m.lane, if m.inbound { "-->" } else { "<--" }, first.split(" sip:").next().unwrap_or(""))
    };
    let all: Vec<String> = ladder.messages.iter().map(said).collect();
    expect_test::expect![[r#"
        0 --> INVITE
        1 <-- INVITE
        2 <-- INVITE
        1 --> 180 Ringing
        0 <-- 180 Ringing
        2 --> 200 OK
        2 <-- ACK
        1 <-- CANCEL
        0 <-- 200 OK
        1 --> 200 OK
        1 --> 487 Request Terminated
        1 <-- ACK
        0 --> ACK
        2 --> BYE
        2 <-- 200 OK
        0 <-- BYE
        0 --> 200 OK
    "#]]
    .assert_eq(&(all.join("\n") + "\n"));
    assert_eq!((ladder.dropped, ladder.messages.iter().filter(|m| m.again).count()), (0, 0));
    assert!(format!("{ladder:?}").len() < 4000 && !format!("{ladder:?}").contains("555"), "{ladder:?}");
}

#[test]
fn help_is_reached_by_a_phone_without_a_password() {
    let mut world = World::new(2, 0.0);
    world.peer(CARRIER).answers = true;
    world.call(DESK, "911", "101");
    assert_eq!((world.said(DESK), world.alerts), ("answered".to_owned(), 1));
    world.speak(DESK);
    assert_eq!(world.peer(CARRIER).heard.len(), 1);
    world.hang_up(CARRIER);
    let record = world.check_rest();
    assert!(record.emergency);
    assert_eq!(world.said(DESK), "answered ended Bye");
}

#[test]
fn a_phone_without_a_password_reaches_nobody_else() {
    let mut world = World::new(3, 0.0);
    world.call(DESK, "102", "101");
    assert_eq!(world.said(DESK), "refused 401");
    assert!(world.records.is_empty() && world.said(NURSE).is_empty());
}

#[test]
fn nobody_answers_and_the_caller_is_told() {
    let mut world = World::new(4, 0.0);
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(31);
    assert_eq!(world.said(CARRIER), "refused 480");
    assert_eq!(world.check_rest().end, CallEnd::NoAnswer);
    assert_eq!(world.said(DESK), "rings ended Cancelled");
}

#[test]
fn on_a_wire_that_loses_a_quarter_every_call_has_one_end_and_nothing_is_kept() {
    let mut talked = 0;
    for seed in 0..40 {
        let mut world = World::new(seed, 0.25);
        world.peer(NURSE).answers = true;
        world.call(CARRIER, "+12025550123", "+12025550101");
        world.wait(20);
        if world.peer(CARRIER).up.is_some() {
            world.hang_up(CARRIER);
        }
        let record = world.check_rest();
        // Whatever was lost, nothing of it may look like a fault of our own.
        assert_ne!(record.fault, Fault::Us, "seed {seed}");
        talked += usize::from(record.answered.is_some());
    }
    assert!(talked >= 36, "only {talked} of 40 were answered");
}

#[test]
fn a_hold_reaches_the_other_phone_and_so_does_its_end() {
    let mut world = World::new(5, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(1);
    world.hold(NURSE, Direction::SendOnly);
    world.wait(1);
    assert_eq!(world.peer(CARRIER).ways, Some(Direction::SendOnly));
    world.hold(NURSE, Direction::SendRecv);
    world.wait(1);
    assert_eq!(world.peer(CARRIER).ways, Some(Direction::SendRecv));
    world.hang_up(NURSE);
    world.check_rest();
}

/// Both press hold at the same moment, so that every offer meets another, and take the call back one after the other.
#[test]
fn both_sides_hold_at_once_on_a_wire_that_loses_and_agree_in_the_end() {
    let mut agreed = 0;
    for seed in 0..30 {
        let mut world = World::new(seed, 0.15);
        world.peer(NURSE).answers = true;
        world.call(CARRIER, "+12025550123", "+12025550101");
        world.wait(40);
        if world.peer(CARRIER).up.is_none() || world.peer(NURSE).up.is_none() {
            continue;
        }
        world.hold(NURSE, Direction::SendOnly);
        world.hold(CARRIER, Direction::SendOnly);
        world.wait(80);
        if world.peer(CARRIER).up.is_none() || world.peer(NURSE).up.is_none() {
            continue;
        }
        // Each is told that the other holds, and says so of itself: nothing flows.
        assert_eq!(world.peer(NURSE).ways.map(Direction::receives), Some(false), "seed {seed}");
        assert_eq!(world.peer(CARRIER).ways.map(Direction::receives), Some(false), "seed {seed}");
        world.hold(CARRIER, Direction::SendRecv);
        world.wait(80);
        world.hold(NURSE, Direction::SendRecv);
        world.wait(80);
        if world.peer(CARRIER).up.is_none() || world.peer(NURSE).up.is_none() {
            continue;
        }
        for host in [NURSE, CARRIER] {
            assert_eq!(world.peer(host).ways, Some(Direction::SendRecv), "seed {seed} {host}");
        }
        world.hang_up(CARRIER);
        world.check_rest();
        agreed += 1;
    }
    assert!(agreed >= 24, "only {agreed} of 30 calls lived so long");
}

#[test]
fn after_a_transfer_the_two_that_remain_hear_each_other() {
    let mut world = World::new(6, 0.0);
    world.peer(NURSE).answers = true;
    world.call(CARRIER, "+12025550123", "+12025550101");
    world.wait(1);
    world.hold(NURSE, Direction::SendOnly);
    world.wait(1);
    world.peer(DESK).answers = true;
    // Its first request in the call was the re-INVITE.
    world.transfer(NURSE, "101", 2);
    world.wait(1);
    assert_eq!(world.peer(CARRIER).ways, Some(Direction::SendRecv), "the hold is over");
    for host in [CARRIER, DESK, NURSE] {
        world.peer(host).heard.clear();
    }
    world.speak(CARRIER);
    world.speak(DESK);
    assert_eq!((world.peer(CARRIER).heard.len(), world.peer(DESK).heard.len()), (1, 1));
    world.wait(10);
    assert!(world.said(NURSE).ends_with("ended Bye"), "{}", world.said(NURSE));
    world.hang_up(DESK);
    let record = world.check_rest();
    assert_eq!((record.end, record.fault), (CallEnd::HungUp, Fault::None));
    assert_eq!(record.to.number, Some(PhoneNumber::Internal("101".to_owned())));
    assert!(record.trace.entries().any(|e| e.title.expose() == "Transferred by Nurse to Front desk"));
    assert!(world.said(CARRIER).ends_with("answered ended Bye"), "{}", world.said(CARRIER));
}

#[test]
fn a_transfer_on_a_wire_that_loses_keeps_nothing() {
    let mut transferred = 0;
    for seed in 0..40 {
        let mut world = World::new(seed, 0.2);
        world.peer(NURSE).answers = true;
        world.call(CARRIER, "+12025550123", "+12025550101");
        world.wait(40);
        world.peer(DESK).answers = true;
        // As a phone repeats what it hears no answer to (timer E).
        for _ in 0..4 {
            if world.peer(NURSE).up.is_some() {
                world.transfer(NURSE, "101", 1);
            }
            world.wait(1);
        }
        world.wait(80);
        if world.peer(CARRIER).up.is_some() {
            world.hang_up(CARRIER);
        }
        let record = world.check_rest();
        assert_ne!(record.fault, Fault::Us, "seed {seed}");
        transferred += usize::from(record.to.number == Some(PhoneNumber::Internal("101".to_owned())));
    }
    assert!(transferred >= 30, "only {transferred} of 40 were transferred");
}
