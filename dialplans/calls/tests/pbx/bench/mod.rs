//! The bench: it speaks for phones, trunks and the media engine, in a small language, and writes down what the `Pbx` says.
//!
//! It holds the `Pbx` to the contract of its neighbours at every step (no command for a leg that is gone, no answer to what was not
//! asked), and at the end of every script to its own: nothing borrowed is kept, and every call has exactly one record.

mod check;
mod outputs;
mod script;
mod voices;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use calls::{Input, Limits, Output, Pbx, PbxConfig};
use media::SessionId;
use model::call::LegQuality;
use model::{CallId, CallbackId, Now, Random, Settings, VoicemailId, Wall};
use plan::Plan;
use sip::api::{self as sip_api, Event as SipEvent, LegId};

pub(crate) use self::check::{Situation, check, check_with};

pub(crate) const SETTINGS: &str = r#"
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
location = "ground floor"
[[people]]
extension = "102"
name = "Nurse"
[[people]]
extension = "103"
name = "Doctor"
[[trunks]]
name = "main"
address = "192.0.2.1:5060"
channels = 2
[[trunks]]
name = "backup"
address = "192.0.2.2:5060"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550199"
station_id = "+1 202 555 0199"
"#;

/// How a leg stands, as the endpoint would know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Leg {
    Offered,
    Calling,
    Up,
}

/// Few, so that a test can use them up.
const PORTS: RangeInclusive<u16> = 4000..=4063;

pub(crate) struct Bench {
    pub(crate) pbx: Pbx,
    pub(crate) now: Now,
    pub(crate) log: String,
    names: BTreeMap<LegId, String>,
    legs: BTreeMap<LegId, Leg>,
    /// Legs whose peer waits for an answer to its re-INVITE, and legs of which we wait for one.
    asked: BTreeSet<LegId>,
    asking: BTreeSet<LegId>,
    /// Legs whose peer has sent a REFER: false until we have accepted it, gone when we have said what it came to.
    referring: BTreeMap<LegId, bool>,
    pub(crate) sessions: BTreeSet<SessionId>,
    pub(crate) media_is_dead: bool,
    /// Every document that a watcher was sent.
    pub(crate) documents: Vec<sip_api::Document>,
    pub(super) subscriptions: u64,
    /// What is played and recorded last on each session.
    pub(super) plays: BTreeMap<SessionId, media::PlayId>,
    /// Messages whose sound was asked for.
    pub(super) listens: Vec<VoicemailId>,
    pub(super) records: BTreeMap<SessionId, media::RecordId>,
    /// How many parts of each recording there were.
    pub(super) parts: BTreeMap<(SessionId, media::RecordId), u32>,
    /// Sessions that are recorded now, as calls are.
    pub(crate) taped: BTreeSet<SessionId>,
    /// The call that asked about a mailbox last.
    pub(super) asking_call: Option<CallId>,
    /// The call whose recording was spoken of last.
    pub(crate) recording_call: Option<CallId>,
    /// How many parts of each call were handed on; of one that was destroyed there may be none any more.
    pub(super) tapes: BTreeMap<CallId, u32>,
    /// A recording that is stopped gives its last part by itself.
    pub(crate) tapes_end: bool,
    pub(super) stopped_tapes: Vec<SessionId>,
    /// Who is in which room, how those are recorded, and which recordings end. Each gives its last part by itself.
    pub(super) rooms: BTreeMap<SessionId, media::RoomId>,
    pub(super) room_records: BTreeMap<media::RoomId, media::RecordId>,
    pub(super) stopped_rooms: Vec<(media::RoomId, media::RecordEnd)>,
    /// What calls have asked about those who are to be called back, and nobody has answered: which, and whether it is about to be dialled.
    pub(crate) callback_asks: Vec<(CallId, (CallbackId, bool))>,
    calls: BTreeMap<CallId, String>,
    seen: BTreeSet<CallId>,
    recorded: BTreeSet<CallId>,
    fax_over: BTreeSet<CallId>,
    attached: BTreeSet<CallId>,
    incoming: u64,
    requests: u64,
    random: Random,
    pub(crate) show_trace: bool,
    /// Lines of a trace from before then are told elsewhere.
    told: Wall,
}

impl Bench {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::with(limits, Settings::parse(SETTINGS).expect("the bench's settings are good"))
    }

    /// `plan`: its name in the library, or its text.
    pub(crate) fn with_plan(limits: Limits, plan: &str) -> Self {
        let settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
        Self::with(limits, Settings { plan: plan.to_owned(), ..settings })
    }

    pub(crate) fn with(limits: Limits, settings: Settings) -> Self {
        let ours: IpAddr = "10.0.0.1".parse().expect("an address");
        Self::with_media(limits, settings, ours.into(), PORTS)
    }

    /// With a plan, and media ports for as many calls as there may be.
    pub(crate) fn large(plan: &str) -> Self {
        let settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
        let ours: IpAddr = "10.0.0.1".parse().expect("an address");
        Self::with_media(Limits::default(), Settings { plan: plan.to_owned(), ..settings }, ours.into(), 4000..=4799)
    }

    /// In a clinic that has addresses of both families.
    pub(crate) fn dual() -> Self {
        let text = SETTINGS.replace("\"10.0.0.0/24\"", "\"10.0.0.0/24\", \"2001:db8:1::/64\"");
        let ours = ["10.0.0.1", "2001:db8:1::1"].map(|ip| ip.parse().expect("an address"));
        let media = media::Addresses::new(ours[0], ours);
        Self::with_media(Limits::default(), Settings::parse(&text).expect("good settings"), media, PORTS)
    }

    /// In a clinic with two networks of IPv4, and an address in each.
    pub(crate) fn two_networks() -> Self {
        Self::two_networks_and(None, "solo-practice")
    }

    /// The same with an address outside, which is the first, and with this plan.
    pub(crate) fn two_networks_and(outside: Option<&str>, plan: &str) -> Self {
        let text = SETTINGS.replace("\"10.0.0.0/24\"", "\"10.0.0.0/24\", \"10.0.2.0/24\"");
        let settings = Settings { plan: plan.to_owned(), ..Settings::parse(&text).expect("good settings") };
        let ours = outside.into_iter().chain(["10.0.0.1", "10.0.2.1"]).map(|ip| ip.parse().expect("an address"));
        let ours: Vec<IpAddr> = ours.collect();
        Self::with_media(Limits::default(), settings, media::Addresses::new(ours[0], ours), PORTS)
    }

    fn with_media(
        limits: Limits,
        mut settings: Settings,
        media: media::Addresses,
        media_ports: RangeInclusive<u16>,
    ) -> Self {
        // Mailboxes have scripts of their own; in all others a call that nobody answers ends.
        if settings.plan == "solo-practice" {
            let text = plan::library("solo-practice").expect("it is there");
            settings.plan = text.split("[voicemail]").next().expect("a text").to_owned();
        }
        let settings = Arc::new(settings);
        let plan = Arc::new(Plan::of(&settings).expect("the library's plan is good"));
        let config = PbxConfig {
            settings,
            plan,
            media,
            fingerprint: Some(media::dtls::Fingerprint([0xab; 32])),
            media_ports,
            sip_local: "10.0.0.1:5060".parse().expect("an address"),
            limits,
            known_trunks: Vec::new(),
        };
        let mut bench = Self {
            pbx: Pbx::new(config, Random::from_u64(1)),
            now: Now::simulation_start(),
            log: String::new(),
            names: BTreeMap::new(),
            legs: BTreeMap::new(),
            asked: BTreeSet::new(),
            asking: BTreeSet::new(),
            referring: BTreeMap::new(),
            sessions: BTreeSet::new(),
            media_is_dead: false,
            documents: Vec::new(),
            subscriptions: 0,
            plays: BTreeMap::new(),
            listens: Vec::new(),
            records: BTreeMap::new(),
            parts: BTreeMap::new(),
            taped: BTreeSet::new(),
            asking_call: None,
            recording_call: None,
            tapes: BTreeMap::new(),
            tapes_end: false,
            stopped_tapes: Vec::new(),
            rooms: BTreeMap::new(),
            room_records: BTreeMap::new(),
            stopped_rooms: Vec::new(),
            callback_asks: Vec::new(),
            calls: BTreeMap::new(),
            seen: BTreeSet::new(),
            recorded: BTreeSet::new(),
            fax_over: BTreeSet::new(),
            attached: BTreeSet::new(),
            incoming: 0,
            requests: 0,
            random: Random::from_u64(2),
            show_trace: false,
            told: Now::simulation_start().wall,
        };
        bench.drain();
        bench.log.clear();
        bench
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.pbx.handle_input(self.now, input);
        self.drain();
        let live: Vec<CallId> = self.pbx.live_calls().iter().map(|c| c.id).collect();
        self.seen.extend(live);
    }

    /// Takes up what was kept over a restart.
    pub(crate) fn restore(&mut self, kept: model::defence::Kept) {
        self.pbx.restore_kept(self.now, kept);
        self.drain();
    }

    pub(crate) fn sip(&mut self, event: SipEvent) {
        self.input(Input::Sip(event));
    }

    fn drain(&mut self) {
        let mut closed = Vec::new();
        loop {
            match self.pbx.poll_output() {
                Output::Timeout(_) => break,
                Output::Sip(command) => self.on_sip(command),
                Output::Media(command) => closed.extend(self.on_media(command)),
                Output::Resolve(query) => self.say(format!("dns? {query:?}")),
                Output::Event(event) => self.on_event(event),
            }
        }
        for session in std::mem::take(&mut self.stopped_tapes) {
            self.end_tape(session, media::RecordEnd::Stopped);
        }
        for (room, end) in std::mem::take(&mut self.stopped_rooms) {
            if !self.media_is_dead {
                self.end_room_tape(room, end);
            }
        }
        for session in closed {
            if !self.media_is_dead {
                self.end_tape(session, media::RecordEnd::Closed);
                let quality = LegQuality { packets_in: session.0, ..LegQuality::default() };
                self.input(Input::Media(media::Event::Closed { session, quality }));
            }
        }
    }

    fn say(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.log, "    {}", text.as_ref().trim_end());
    }

    /// Takes the last line back if it begins like that, so that it can be said anew with more. What follows the beginning.
    fn last_line(&mut self, beginning: &str) -> Option<String> {
        let start = self.log.trim_end().rfind('\n').map_or(0, |at| at + 1);
        let rest = self.log[start..].trim().strip_prefix(beginning)?.to_owned();
        self.log.truncate(start);
        Some(rest)
    }

    fn name(&self, leg: LegId) -> String {
        self.names.get(&leg).cloned().unwrap_or_else(|| format!("B{}", leg.0 & 0xffff))
    }

    pub(crate) fn leg(&self, name: &str) -> LegId {
        match name.strip_prefix('B').and_then(|n| n.parse().ok()) {
            Some(n) => LegId::outgoing(n),
            None => self.names.iter().find(|(_, n)| *n == name).map_or(LegId(u64::MAX >> 1), |(l, _)| *l),
        }
    }

    fn call(&mut self, id: CallId) -> String {
        let next = format!("call{}", self.calls.len() + 1);
        self.calls.entry(id).or_insert(next).clone()
    }

    fn end(&mut self, leg: LegId, allowed: &[Leg]) {
        let state = self.legs.remove(&leg);
        assert!(state.is_some_and(|s| allowed.contains(&s)), "{} was {state:?}\n{}", self.name(leg), self.log);
        self.forget(leg);
    }

    /// The leg is gone, and what was under way on it.
    fn forget(&mut self, leg: LegId) {
        self.asked.remove(&leg);
        self.asking.remove(&leg);
        self.referring.remove(&leg);
    }

    /// Runs the clock, timer by timer.
    pub(crate) fn wait(&mut self, time: Duration) {
        let end = self.now.after(time);
        // Bounded: a `Pbx` that sets a timer in the past again and again would loop for ever here.
        for _ in 0..10_000 {
            let Output::Timeout(at) = self.pbx.poll_output() else { panic!("drained before") };
            if at > end.instant {
                self.now = end;
                return;
            }
            self.now = self.now.after(at.saturating_since(self.now.instant));
            self.input(Input::Timeout);
        }
        panic!("timers without end");
    }

    /// What must hold when all is over.
    pub(crate) fn check_rest(&mut self) {
        self.wait(Duration::from_secs(3));
        assert_eq!(self.pbx.ports_in_use(), 0, "ports\n{}", self.log);
        assert!(self.pbx.live_calls().is_empty(), "calls\n{}", self.log);
        assert!(self.referring.values().all(|accepted| *accepted), "a REFER without an answer\n{}", self.log);
        assert!(self.legs.is_empty(), "legs {:?}\n{}", self.legs, self.log);
        assert!(self.sessions.is_empty(), "sessions\n{}", self.log);
        assert!(self.pbx.trunks().iter().all(|t| t.in_use == 0));
        let missing: Vec<_> = self.seen.difference(&self.recorded).collect();
        assert!(missing.is_empty(), "{} calls without a record\n{}", missing.len(), self.log);
    }
}
