//! The clinic, its peers, and the wire between them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use calls::{Event, Limits, Pbx, PbxConfig};
use media::sdp::{self, Direction, Formats, Origin};
use media::{Engine, SessionId};
use model::call::{Binding, CallRecord};
use model::ladder::Ladder;
use model::{CallId, CommandError, Instant, Now, Random, Settings};
use plan::Plan;
use sip::Endpoint;
use sip::api::{self as sip_api, Flow, LegId, Transport};

use crate::peer::{Peer, offer, user};
use crate::{CARRIER, CLINIC, DESK, NURSE, at, endpoint};

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

pub(crate) struct World {
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
    pub(crate) records: Vec<CallRecord>,
    pub(crate) ladders: Vec<(CallId, Ladder)>,
    /// The answer to a look at a call that is up.
    until_now: Option<Result<Box<Ladder>, CommandError>>,
    pub(crate) alerts: usize,
    /// What went to a place where no peer of these is.
    pub(crate) post: Vec<(Flow, String)>,
}

impl World {
    pub(crate) fn new(seed: u64, loss: f64) -> Self {
        let settings = Arc::new(Settings::parse(SETTINGS).expect("good"));
        let config = PbxConfig {
            plan: Arc::new(Plan::of(&settings).expect("the library's plan is good")),
            settings,
            media: at(CLINIC).ip().into(),
            fingerprint: None,
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
            until_now: None,
            alerts: 0,
            post: Vec::new(),
        };
        world.settle();
        world
    }

    pub(crate) fn peer(&mut self, host: &str) -> &mut Peer {
        self.peers.get_mut(&at(host)).expect("a peer")
    }

    /// Something that only the `Pbx` is told.
    pub(crate) fn tell(&mut self, command: calls::Command) {
        self.pbx.handle_input(self.now, calls::Input::Command(command));
        self.settle();
    }

    /// This user's browser is at the other end of this stream, by what the console knows.
    pub(crate) fn opens(&mut self, flow: Flow, user: &str) {
        self.sip.handle_input(self.now, sip_api::Input::Known { flow, user: user.to_owned().into() });
    }

    /// The clinic hears this by it, with CRLF for each line feed.
    pub(crate) fn hears(&mut self, flow: Flow, text: &str) {
        let text = text.replace('\n', "\r\n");
        self.sip.handle_input(self.now, sip_api::Input::Bytes { flow, data: text.as_bytes() });
        self.settle();
    }

    fn order(&mut self, host: &str, command: sip_api::Command) {
        let now = self.now;
        self.peer(host).endpoint.handle_input(now, sip_api::Input::Command(command));
        self.settle();
    }

    pub(crate) fn call(&mut self, host: &str, dialled: &str, from: &str) {
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
    pub(crate) fn hold(&mut self, host: &str, ways: Direction) {
        let leg = self.peer(host).up.expect("a call is up");
        self.peer(host).wants = ways;
        let local = SocketAddr::new(at(host).ip(), 7000);
        let mut origin = Origin::new(1, local.ip());
        origin.version = 2 + self.now.instant.nanos();
        let body = sdp::audio_offer(&origin, local, &Formats::ours(), ways).into();
        self.order(host, sip_api::Command::Reinvite { leg, body });
    }

    /// A user transfers blindly. (No endpoint of ours sends REFER: the phone writes it itself, from what it said when it answered.)
    pub(crate) fn transfer(&mut self, host: &str, dialled: &str, cseq: u32) {
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

    pub(crate) fn hang_up(&mut self, host: &str) {
        let leg = self.peer(host).up.take().expect("a call is up");
        self.order(host, sip_api::Command::Bye { leg });
    }

    /// A phone speaks: one packet of sound to where it was told.
    pub(crate) fn speak(&mut self, host: &str) {
        let to = self.peer(host).remote.expect("a call is up");
        let mut packet = vec![0x80, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4];
        packet.extend([0xff; 160]);
        self.wire.push_back((SocketAddr::new(at(host).ip(), 7000), to, packet));
        let loss = std::mem::replace(&mut self.loss, 0.0);
        self.settle();
        self.loss = loss;
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
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
                calls::Output::Event(Event::LadderAnswered { result, .. }) => self.until_now = Some(result),
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
                sip_api::Output::Transmit { flow, data } if !self.peers.contains_key(&flow.remote) => {
                    self.post.push((flow, String::from_utf8_lossy(&data).replace('\r', "")));
                }
                sip_api::Output::Transmit { flow, data } => {
                    self.wire.push_back((at(CLINIC), flow.remote, data.to_vec()));
                }
                sip_api::Output::Event(event) => {
                    self.pbx.handle_input(self.now, calls::Input::Sip(event));
                    self.pump_pbx();
                }
                sip_api::Output::Close { .. } | sip_api::Output::Leave { .. } => {}
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
                media::Output::Bind { session, port, .. } => {
                    self.ports.insert(port, session);
                }
                // Nobody here listens to reports: the tests of `media` have two ends that do.
                media::Output::BindReports { .. }
                | media::Output::TransmitReport { .. }
                | media::Output::ToGroup { .. }
                | media::Output::Prefer { .. } => {}
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
                    sip_api::Output::Close { .. } | sip_api::Output::Leave { .. } => {}
                    sip_api::Output::Timeout(at) => {
                        peer.timeout = at;
                        break;
                    }
                }
            }
        }
    }

    /// The one call that is up.
    pub(crate) fn up(&self) -> CallId {
        self.pbx.live_calls().first().expect("a call").id
    }

    /// Looks at the messages of a call until now.
    pub(crate) fn read_ladder(&mut self, call: CallId) -> Result<Box<Ladder>, CommandError> {
        self.pbx.handle_input(self.now, calls::Input::Command(calls::Command::Ladder { order: 1, call }));
        self.settle();
        self.until_now.take().expect("an answer")
    }

    pub(crate) fn said(&mut self, host: &str) -> String {
        self.peer(host).said.join(" ")
    }

    pub(crate) fn check_rest(&mut self) -> CallRecord {
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
