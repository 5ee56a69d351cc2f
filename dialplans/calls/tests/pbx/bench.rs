//! The bench: it speaks for phones, trunks and the media engine, in a small language, and writes down what the `Pbx` says.
//!
//! It holds the `Pbx` to the contract of its neighbours at every step (no command for a leg that is gone, no answer to what was not
//! asked), and at the end of every script to its own: nothing borrowed is kept, and every call has exactly one record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use calls::{Command, Event, Input, Limits, Output, Pbx, PbxConfig};
use expect_test::Expect;
use media::SessionId;
use media::sdp::{self, Codec, Formats, Line, Origin, Payload, T38};
use model::call::LegQuality;
use model::{CallId, Now, PhoneNumber, Random, Settings};
use plan::Plan;
use sip::api::{self as sip_api, Auth, EndReason, Event as SipEvent, Flow, LegId, RequestId, Transport};

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

pub(crate) struct Bench {
    pub(crate) pbx: Pbx,
    pub(crate) now: Now,
    pub(crate) log: String,
    names: BTreeMap<LegId, String>,
    legs: BTreeMap<LegId, Leg>,
    /// Legs whose peer waits for an answer to its re-INVITE, and legs of which we wait for one.
    asked: BTreeSet<LegId>,
    asking: BTreeSet<LegId>,
    pub(crate) sessions: BTreeSet<SessionId>,
    pub(crate) media_is_dead: bool,
    calls: BTreeMap<CallId, String>,
    seen: BTreeSet<CallId>,
    recorded: BTreeSet<CallId>,
    fax_over: BTreeSet<CallId>,
    attached: BTreeSet<CallId>,
    incoming: u64,
    requests: u64,
    random: Random,
    pub(crate) show_trace: bool,
}

impl Bench {
    pub(crate) fn new(limits: Limits) -> Self {
        let settings = Arc::new(Settings::parse(SETTINGS).expect("the bench's settings are good"));
        let plan = Arc::new(Plan::of(&settings).expect("the library's plan is good"));
        let config = PbxConfig {
            settings,
            plan,
            media_ip: "10.0.0.1".parse().expect("an address"),
            media_ports: 4000..=4063,
            sip_local: "10.0.0.1:5060".parse().expect("an address"),
            limits,
        };
        let mut bench = Self {
            pbx: Pbx::new(config, Random::from_u64(1)),
            now: Now::simulation_start(),
            log: String::new(),
            names: BTreeMap::new(),
            legs: BTreeMap::new(),
            asked: BTreeSet::new(),
            asking: BTreeSet::new(),
            sessions: BTreeSet::new(),
            media_is_dead: false,
            calls: BTreeMap::new(),
            seen: BTreeSet::new(),
            recorded: BTreeSet::new(),
            fax_over: BTreeSet::new(),
            attached: BTreeSet::new(),
            incoming: 0,
            requests: 0,
            random: Random::from_u64(2),
            show_trace: false,
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
                Output::Event(event) => self.on_event(event),
            }
        }
        for session in closed {
            if !self.media_is_dead {
                let quality = LegQuality { packets_in: session.0, ..LegQuality::default() };
                self.input(Input::Media(media::Event::Closed { session, quality }));
            }
        }
    }

    fn say(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.log, "    {}", text.as_ref().trim_end());
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
        self.asked.remove(&leg);
        self.asking.remove(&leg);
    }

    fn on_sip(&mut self, command: sip_api::Command) {
        use sip_api::Command as C;
        match command {
            C::SetUsers(_) => self.say("set users"),
            C::SetPeers(peers) => self.say(format!("set peers: {} trunks", peers.trunks.len())),
            C::AcceptRegister { contacts, .. } => {
                let list: Vec<_> = contacts.iter().map(|c| format!("{} {}s", c.uri.expose(), c.expires)).collect();
                self.say(format!("accept register [{}]", list.join(", ")));
            }
            C::Challenge { stale, .. } => self.say(format!("challenge register{}", if stale { " stale" } else { "" })),
            C::Reject { code, .. } => self.say(format!("reject register {code}")),
            C::ChallengeInvite { leg, stale } => {
                self.end(leg, &[Leg::Offered]);
                self.say(format!("challenge {}{}", self.name(leg), if stale { " stale" } else { "" }));
            }
            C::Ring { leg, code, body } => {
                assert_eq!(self.legs.get(&leg), Some(&Leg::Offered), "{}", self.log);
                let body = body.map_or_else(String::new, |b| format!(" {}", describe(&b)));
                self.say(format!("ring {} {code}{body}", self.name(leg)));
            }
            C::Answer { leg, body } => {
                assert_eq!(self.legs.insert(leg, Leg::Up), Some(Leg::Offered), "{}", self.log);
                self.say(format!("answer {} {}", self.name(leg), describe(&body)));
            }
            C::Refuse { leg, code, retry_after } => {
                self.end(leg, &[Leg::Offered]);
                let retry = retry_after.map_or_else(String::new, |s| format!(" retry-after {s}"));
                self.say(format!("refuse {} {code}{retry}", self.name(leg)));
            }
            C::Invite { leg, uri, flow, from, body, .. } => {
                assert!(leg.is_outgoing() && self.legs.insert(leg, Leg::Calling).is_none(), "{}", self.log);
                let from = format!("\"{}\" {}", from.display.expose(), from.uri.expose());
                let line = format!("invite {} {} at {} from {from}", self.name(leg), uri.expose(), flow.remote);
                self.say(format!("{line} {}", describe(&body)));
            }
            C::Cancel { leg } => {
                self.end(leg, &[Leg::Calling]);
                self.say(format!("cancel {}", self.name(leg)));
            }
            C::Bye { leg } => {
                self.end(leg, &[Leg::Up]);
                self.say(format!("bye {}", self.name(leg)));
            }
            C::Reinvite { leg, body } => {
                assert!(self.legs.get(&leg) == Some(&Leg::Up) && self.asking.insert(leg), "{}", self.log);
                self.say(format!("reinvite {} {}", self.name(leg), describe(&body)));
            }
            C::AnswerReinvite { leg, body } => {
                assert!(self.asked.remove(&leg), "{}", self.log);
                self.say(format!("answer reinvite {} {}", self.name(leg), describe(&body)));
            }
            C::RefuseReinvite { leg, code } => {
                assert!(self.asked.remove(&leg), "{}", self.log);
                self.say(format!("refuse reinvite {} {code}", self.name(leg)));
            }
        }
    }

    fn on_media(&mut self, command: media::Command) -> Option<SessionId> {
        use media::Command as C;
        let text = match command {
            C::Open { session, port } => {
                assert!(self.sessions.insert(session), "a session is opened once\n{}", self.log);
                format!("open s{} :{port}", session.0)
            }
            C::Remote { session, addr } => match addr {
                Some(addr) => format!("remote s{} {addr}", session.0),
                None => format!("remote s{} on hold", session.0),
            },
            C::TelephoneEvent { session, payload_type } => match payload_type {
                Some(number) => format!("events s{} {number}", session.0),
                None => format!("events s{} none", session.0),
            },
            C::Bridge { a, b } => format!("bridge s{} s{}", a.0, b.0),
            C::Echo { session } => format!("echo s{}", session.0),
            C::Idle { session } => format!("idle s{}", session.0),
            C::Raw { session } => format!("raw s{}", session.0),
            C::SendRaw { session, .. } => format!("send raw s{}", session.0),
            C::Close { session } => {
                assert!(self.sessions.remove(&session), "a session is closed once\n{}", self.log);
                self.say(format!("close s{}", session.0));
                return Some(session);
            }
        };
        self.say(text);
        None
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::LiveChanged => {}
            Event::Bindings(bindings) => {
                let of = |b: &model::call::Binding| format!("{} {}", b.user, b.flow);
                let list: Vec<_> = bindings.iter().map(of).collect();
                self.say(format!("bindings [{}]", list.join(", ")));
            }
            Event::Alert { call, sentence, tell } => {
                let call = self.call(call);
                self.say(format!("ALERT {call} {} -> {}", sentence.expose(), tell.join(",")));
            }
            Event::Attach { call, session, direction, from, to, t38 } => {
                assert!(self.attached.insert(call));
                let call = self.call(call);
                let number = |n: Option<PhoneNumber>| n.map_or_else(|| "-".to_owned(), |n| n.as_str().to_owned());
                let ends = format!("{} > {}", number(from), number(to));
                self.say(format!("ATTACH {call} s{} {direction:?} {ends} {} bit/s", session.0, t38.max_bit_rate));
            }
            Event::FaxFailed { call, direction, cause } => {
                assert!(self.fax_over.insert(call) && !self.attached.contains(&call), "{}", self.log);
                let call = self.call(call);
                self.say(format!("FAX FAILED {call} {direction:?} {cause:?}"));
            }
            Event::FaxLineEnded { call } => {
                assert!(self.fax_over.insert(call) && self.attached.contains(&call), "{}", self.log);
                let call = self.call(call);
                self.say(format!("FAX LINE ENDED {call}"));
            }
            Event::HangUpAnswered { call, result } => {
                let call = self.call(call);
                match result {
                    Ok(()) => self.say(format!("hung up {call}")),
                    Err(e) => self.say(format!("not hung up {call}: {e}")),
                }
            }
            Event::Record(record) => {
                assert!(self.recorded.insert(record.id), "a second record\n{}", self.log);
                let call = self.call(record.id);
                let party = |p: &model::call::Party| {
                    p.number.as_ref().map_or_else(|| "?".to_owned(), |n| n.as_str().to_owned())
                };
                let answered = record
                    .answered
                    .map_or_else(String::new, |at| format!(" talked {}s", record.ended.millis_since(at) / 1000));
                let emergency = if record.emergency { " EMERGENCY" } else { "" };
                self.say(format!(
                    "RECORD {call}{emergency} {:?} {} > {} {:?} fault {:?}{answered} packets {}/{}",
                    record.direction,
                    party(&record.from),
                    party(&record.to),
                    record.end,
                    record.fault,
                    record.caller_quality.packets_in,
                    record.callee_quality.packets_in,
                ));
                if self.show_trace {
                    for entry in record.trace.entries() {
                        let seconds = entry.at.millis_since(record.started) / 1000;
                        let detail = entry.detail.expose();
                        let detail = if detail.is_empty() { String::new() } else { format!(" ({detail})") };
                        self.say(format!("  {seconds:>3}s {:?} {}{detail}", entry.mark, entry.title.expose()));
                    }
                }
            }
        }
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
        assert!(self.legs.is_empty(), "legs {:?}\n{}", self.legs, self.log);
        assert!(self.sessions.is_empty(), "sessions\n{}", self.log);
        assert!(self.pbx.trunks().iter().all(|t| t.in_use == 0));
        let missing: Vec<_> = self.seen.difference(&self.recorded).collect();
        assert!(missing.is_empty(), "{} calls without a record\n{}", missing.len(), self.log);
    }

    pub(crate) fn invite(&mut self, name: &str, who: &str, dialled: &str, options: &[&str]) {
        self.incoming += 1;
        let leg = LegId(self.incoming);
        self.names.insert(leg, name.to_owned());
        self.legs.insert(leg, Leg::Offered);
        let (remote, from_user, auth) = match who.split_once(':') {
            Some(("main", number)) => ("192.0.2.1:5060".to_owned(), number, Auth::None),
            Some(("backup", number)) => ("192.0.2.2:5060".to_owned(), number, Auth::None),
            Some(("device", number)) => ("10.0.0.77:5060".to_owned(), number, Auth::None),
            Some(("stranger", number)) => ("203.0.113.9:5060".to_owned(), number, Auth::None),
            _ => (format!("10.0.0.{who}:5060"), who, Auth::Valid { user: who.to_owned() }),
        };
        let auth = match options.iter().find(|o| o.starts_with("auth=")) {
            Some(&"auth=none") => Auth::None,
            Some(&"auth=wrong") => Auth::Wrong,
            Some(&"auth=stale") => Auth::Stale,
            _ => auth,
        };
        let at: SocketAddr = remote.parse().expect("an address");
        let offer = (!options.contains(&"nosdp")).then(|| body_of(at, options));
        let invite = sip_api::Invite {
            flow: flow(at),
            from: sip_api::NameAddr { display: "".into(), uri: format!("sip:{from_user}@clinic.demo").into() },
            from_user: from_user.into(),
            dialled: dialled.into(),
            auth,
            offer,
            agent: "bench".to_owned(),
        };
        self.sip(SipEvent::Invite { leg, invite });
    }

    pub(crate) fn register(&mut self, user: &str, options: &[&str]) {
        self.requests += 1;
        let value = |key: &str| options.iter().find_map(|o| o.strip_prefix(key));
        let host = value("host=").unwrap_or(user);
        let at: SocketAddr = format!("10.0.0.{host}:5060").parse().expect("an address");
        let expires = value("expires=").map_or(3600, |e| e.parse().expect("seconds"));
        let auth = match value("auth=") {
            Some("none") => Auth::None,
            Some("wrong") => Auth::Wrong,
            Some("stale") => Auth::Stale,
            Some(other) => Auth::Valid { user: other.to_owned() },
            None => Auth::Valid { user: user.to_owned() },
        };
        let query = options.contains(&"query") || options.contains(&"all");
        let contact = sip_api::Contact { uri: format!("sip:{user}@10.0.0.{host}").into(), expires };
        let register = sip_api::Register {
            flow: flow(at),
            user: user.to_owned(),
            auth,
            contacts: if query { Vec::new() } else { vec![contact] },
            remove_all: options.contains(&"all"),
            call_id: format!("reg-{host}"),
            cseq: value("cseq=").map_or(u32::try_from(self.requests).expect("small"), |c| c.parse().expect("cseq")),
            agent: "bench".to_owned(),
        };
        self.sip(SipEvent::Register { request: RequestId(self.requests), register });
    }

    pub(crate) fn place_fax(&mut self, to: &str) -> CallId {
        let call = CallId::new(self.now.wall, &mut self.random);
        self.call(call);
        self.seen.insert(call);
        let to = model::Numbering::default().parse(to).expect("a number");
        self.input(Input::Command(Command::PlaceFax { call, to }));
        call
    }

    /// The only call that is up, or the last one there was.
    fn this_call(&self) -> CallId {
        let live = self.pbx.live_calls();
        live.last().map(|c| c.id).or_else(|| self.seen.last().copied()).expect("a call")
    }

    /// A leg as the endpoint reports on it; the endpoint says nothing about legs that are gone.
    pub(crate) fn peer(&mut self, verb: &str, name: &str, options: &[&str]) {
        let leg = self.leg(name);
        let at: SocketAddr = format!("10.0.1.{}:7000", 1 + leg.0 % 200).parse().expect("an address");
        let gone = |reason| SipEvent::Ended { leg, reason };
        let event = match verb {
            "ring" => SipEvent::Progress { leg, code: 180, body: None },
            "early" => SipEvent::Progress { leg, code: 183, body: Some(body_of(at, options)) },
            "pickup" => {
                self.legs.insert(leg, Leg::Up);
                SipEvent::Answered { leg, body: body_of(at, options) }
            }
            "refuse" => {
                self.legs.remove(&leg);
                let code = options.first().and_then(|c| c.parse().ok()).expect("a status");
                SipEvent::Refused { leg, code, retry_after: None }
            }
            "bye" | "cancel" | "lost" => {
                self.legs.remove(&leg);
                self.asked.remove(&leg);
                self.asking.remove(&leg);
                match verb {
                    "bye" => gone(EndReason::Bye),
                    "cancel" => gone(EndReason::Cancelled),
                    _ => gone(EndReason::Lost),
                }
            }
            "ack" => SipEvent::Established { leg },
            "ackanswer" => SipEvent::AckAnswer { leg, body: body_of(at, options) },
            "ask" => {
                self.asked.insert(leg);
                let offer = if options.contains(&"nosdp") { bytes::Bytes::new() } else { body_of(at, options) };
                SipEvent::Reinvite { leg, offer }
            }
            "agree" => {
                self.asking.remove(&leg);
                SipEvent::ReinviteAnswered { leg, body: body_of(at, options) }
            }
            "disagree" => {
                self.asking.remove(&leg);
                let code = options.first().and_then(|c| c.parse().ok()).unwrap_or(488);
                SipEvent::ReinviteRefused { leg, code }
            }
            other => panic!("no verb {other}"),
        };
        self.sip(event);
    }

    /// Legs that the endpoint may still report on, with what it may say.
    pub(crate) fn open_legs(&self) -> Vec<(String, &'static [&'static str])> {
        let says = |leg: &LegId, state: &Leg| -> &'static [&'static str] {
            match (leg.is_outgoing(), state) {
                (_, Leg::Offered) => &["cancel", "lost"],
                (_, Leg::Calling) => &["ring", "early", "pickup", "refuse"],
                (_, Leg::Up) if self.asked.contains(leg) => &["bye"],
                // "ask" too: after glare the endpoint lets the peer's offer in while ours waits (RFC 3261 section 14.1).
                (_, Leg::Up) if self.asking.contains(leg) => &["agree", "disagree", "ask", "bye", "lost"],
                (false, Leg::Up) => &["ack", "ackanswer", "ask", "bye", "lost"],
                (true, Leg::Up) => &["ackanswer", "ask", "bye", "lost"],
            }
        };
        self.legs.iter().map(|(leg, state)| (self.name(*leg), says(leg, state))).collect()
    }

    pub(crate) fn run_line(&mut self, line: &str) {
        let _ = writeln!(self.log, "> {line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["register", user, options @ ..] => self.register(user, options),
            ["invite", name, who, dialled, options @ ..] => self.invite(name, who, dialled, options),
            ["wait", seconds] => self.wait(Duration::from_millis((seconds.parse::<f64>().expect("s") * 1000.0) as u64)),
            ["fax", to] => {
                self.place_fax(to);
            }
            ["faxdone"] => {
                let call = self.this_call();
                self.input(Input::Command(Command::FaxDone { call }));
            }
            ["hangup"] => {
                let call = self.this_call();
                self.input(Input::Command(Command::HangUp { call }));
            }
            ["live"] => {
                for call in self.pbx.live_calls() {
                    let id = self.call(call.id);
                    self.say(format!("{id} {:?} emergency {}", call.phase, call.emergency));
                }
            }
            ["trunks"] => {
                for trunk in self.pbx.trunks() {
                    self.say(format!("{} {}/{} healthy {}", trunk.name, trunk.in_use, trunk.channels, trunk.healthy));
                }
            }
            ["phones"] => {
                for phone in self.pbx.phones() {
                    self.say(format!("{} {} phones {}", phone.extension, phone.phones, phone.agent));
                }
            }
            ["bindfail", session] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                self.sessions.remove(&session);
                self.input(Input::Media(media::Event::BindFailed { session, port: 0 }));
            }
            ["silent", session] => {
                let session = SessionId(session.trim_start_matches('s').parse().expect("a session"));
                self.input(Input::Media(media::Event::Silent { session }));
            }
            ["reload", who] => {
                let left: Vec<&str> = who.split(',').collect();
                let mut settings = Settings::parse(SETTINGS).expect("the bench's settings are good");
                settings.people.retain(|p| left.contains(&p.extension.as_str()));
                settings.trunks.truncate(1);
                let command = Command::Reload { settings: Arc::new(settings), plan: Arc::new(Plan::lifeline()) };
                self.input(Input::Command(command));
            }
            ["media", "dies"] => self.media_is_dead = true,
            ["trace"] => self.show_trace = true,
            [verb, name, options @ ..] => self.peer(verb, name, options),
            _ => panic!("no such line: {line}"),
        }
    }
}

/// Runs a script; its transcript must be as expected, and nothing may be left over.
pub(crate) fn check(script: &str, expected: &Expect) {
    check_with(Limits::default(), script, expected);
}

pub(crate) fn check_with(limits: Limits, script: &str, expected: &Expect) {
    let mut bench = Bench::new(limits);
    for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
        bench.run_line(line);
    }
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

fn flow(remote: SocketAddr) -> Flow {
    let local = "10.0.0.1:5060".parse().expect("an address");
    Flow { transport: Transport::Udp, local, remote, connection: 0 }
}

/// The description of a peer at `at`, port 7000: "pcma", "g722", "image", "both", "hold", "hold0", "garbage", "closed".
fn body_of(at: SocketAddr, options: &[&str]) -> bytes::Bytes {
    let has = |o: &str| options.contains(&o);
    if has("garbage") {
        return bytes::Bytes::from_static(b"v=0\r\nm=audio");
    }
    let mut local = SocketAddr::new(at.ip(), 7000);
    if has("hold0") {
        local.set_ip("0.0.0.0".parse().expect("an address"));
    }
    let mut formats = Formats::ours();
    if has("pcma") {
        formats.codecs = vec![Payload { number: 8, codec: Codec::Pcma }];
    }
    if has("pcmu") {
        formats.codecs = vec![Payload { number: 0, codec: Codec::Pcmu }];
    }
    if has("te96") {
        formats.telephone_event = Some(96);
    }
    let direction = if has("hold") { sdp::Direction::SendOnly } else { sdp::Direction::SendRecv };
    let audio = sdp::AudioLine { local, formats, direction };
    let image = sdp::ImageLine { local, t38: T38 { max_bit_rate: 9600, ..T38::ours() } };
    let (audio, image) = match (has("image"), has("both"), has("closed")) {
        (true, _, _) => (Line::Absent, Line::Open(image)),
        (_, true, _) => (Line::Open(audio), Line::Open(image)),
        (_, _, true) => (Line::Closed, Line::Absent),
        _ => (Line::Open(audio), Line::Absent),
    };
    let text = sdp::offer(&Origin::new(7, local.ip()), &audio, &image);
    if has("g722") {
        return String::from_utf8_lossy(&text).replace("RTP/AVP 0 8 101", "RTP/AVP 9").into_bytes().into();
    }
    text.into()
}

/// A description in a few words.
fn describe(body: &[u8]) -> String {
    let Ok(session) = sdp::Session::parse(body) else { return "(no SDP)".to_owned() };
    let mut words = vec![format!("v{}", session.version)];
    if let Some(audio) = &session.audio {
        let numbers: Vec<_> = audio.formats.codecs.iter().map(|p| p.number.to_string()).collect();
        let event = audio.formats.telephone_event.map_or_else(String::new, |e| format!("+{e}"));
        words.push(match audio.rejected {
            true => "audio closed".to_owned(),
            false => format!("audio :{} {}{event} {}", audio.addr.port(), numbers.join("/"), audio.direction.name()),
        });
    }
    if let Some(image) = &session.image {
        words.push(match image.rejected {
            true => "image closed".to_owned(),
            false => format!("image :{} {}", image.addr.port(), image.t38.max_bit_rate),
        });
    }
    format!("({})", words.join(" "))
}
