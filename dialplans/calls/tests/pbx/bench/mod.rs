//! The bench: it speaks for phones, trunks and the media engine, in a small language, and writes down what the `Pbx` says.
//!
//! It holds the `Pbx` to the contract of its neighbours at every step (no command for a leg that is gone, no answer to what was not
//! asked), and at the end of every script to its own: nothing borrowed is kept, and every call has exactly one record.

mod script;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use calls::{Event, Input, Limits, Output, Pbx, PbxConfig};
use expect_test::Expect;
use media::SessionId;
use model::call::LegQuality;
use model::{CallId, Now, PhoneNumber, Random, Settings, Wall};
use plan::Plan;
use sip::api::{self as sip_api, Event as SipEvent, LegId};

use self::words::describe;

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
    /// Legs whose peer has sent a REFER: false until we have accepted it, gone when we have said what it came to.
    referring: BTreeMap<LegId, bool>,
    pub(crate) sessions: BTreeSet<SessionId>,
    pub(crate) media_is_dead: bool,
    /// Every document that a watcher was sent.
    pub(crate) documents: Vec<sip_api::Document>,
    pub(super) subscriptions: u64,
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
        let settings = Arc::new(settings);
        let plan = Arc::new(Plan::of(&settings).expect("the library's plan is good"));
        let config = PbxConfig {
            settings,
            plan,
            media_ip: "10.0.0.1".parse().expect("an address"),
            media_ports: 4000..=4063,
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

    fn on_sip(&mut self, command: sip_api::Command) {
        use sip_api::Command as C;
        match command {
            C::SetUsers(_) => self.say("set users"),
            C::Unblock { source } => self.say(format!("unblock {}", source.label())),
            C::SetAdvertised(list) if list.is_empty() => {}
            C::SetAdvertised(list) => self.say(format!("set advertised: {} networks", list.len())),
            C::SetSecurePeers(list) if list.is_empty() => {}
            C::SetSecurePeers(list) => self.say(format!("set secure peers: {}", list.len())),
            C::SetTrunks(_) | C::SetTrunkSecrets(_) | C::LeaveTrunks => {}
            C::SetPeers(peers) => self.say(format!("set peers: {} trunks", peers.trunks.len())),
            C::AcceptRegister { contacts, outbound, .. } => {
                let list: Vec<_> = contacts.iter().map(words::contact).collect();
                let outbound = if outbound { " outbound" } else { "" };
                self.say(format!("accept register{outbound} [{}]", list.join(", ")));
            }
            C::TooBrief { min_expires, .. } => self.say(format!("reject register 423, at least {min_expires}s")),
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
            C::Invite { leg, call } => {
                let sip_api::OutgoingCall { uri, flow, from, body, hops, route, .. } = *call;
                assert!(leg.is_outgoing() && self.legs.insert(leg, Leg::Calling).is_none(), "{}", self.log);
                let from = format!("\"{}\" {}", from.display.expose(), from.uri.expose());
                let route: String = route.iter().map(|r| format!(" via {}", r.expose())).collect();
                let line =
                    format!("invite {} {}{route} from {from}", self.name(leg), words::target(uri.expose(), &flow));
                // Only where a script said that the call had come far.
                let far = if hops < sip_api::HOPS - 1 { format!(" hops {hops}") } else { String::new() };
                self.say(format!("{line} {}{far}", describe(&body)));
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
            C::AcceptRefer { leg } => {
                assert_eq!(self.referring.insert(leg, true), Some(false), "{}", self.log);
                self.say(format!("accept refer {}", self.name(leg)));
            }
            C::ReferProgress { leg, code } => {
                assert_eq!(self.referring.get(&leg), Some(&true), "{}", self.log);
                if code >= 200 {
                    self.referring.remove(&leg);
                }
                self.say(format!("refer progress {} {code}", self.name(leg)));
            }
            C::RefuseRefer { leg, code } => {
                assert_eq!(self.referring.remove(&leg), Some(false), "{}", self.log);
                self.say(format!("refuse refer {} {code}", self.name(leg)));
            }
            C::AcceptMessage { .. } => self.say("accept message"),
            C::Send { id, sending } => {
                let sip_api::Sending { uri, flow, from, content, .. } = *sending;
                let content = match content {
                    sip_api::Content::Options => "options".to_owned(),
                    sip_api::Content::Message { content_type, body } => {
                        let text = String::from_utf8_lossy(body.expose()).into_owned();
                        format!(
                            "message {content_type} {text:?} from {:?} {}",
                            from.display.expose(),
                            from.uri.expose()
                        )
                    }
                };
                self.say(format!("send {} {} at {} {content}", id.0, uri.expose(), flow.remote));
            }
            C::AcceptSubscription { subscription, list } => {
                let list = if list { " list" } else { "" };
                self.say(format!("accept subscription {}{list}", subscription.0));
            }
            C::ChallengeSubscription { subscription, stale } => {
                self.say(format!("challenge subscription {}{}", subscription.0, if stale { " stale" } else { "" }));
            }
            C::RefuseSubscription { subscription, code } => {
                self.say(format!("refuse subscription {} {code}", subscription.0));
            }
            C::Notify { subscription, document } => {
                self.say(format!("notify {} {}", subscription.0, words::document(&document)));
                self.documents.push(document);
            }
            C::EndSubscription { subscription, why } => {
                self.say(format!("end subscription {} {}", subscription.0, why.word()));
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
            C::Secure { session, keys } => match keys {
                Some(keys) => format!("secure s{} {}", session.0, keys.ours.suite().name()),
                None => format!("plain s{}", session.0),
            },
            C::TelephoneEvent { session, payload_type } => {
                let events = match payload_type {
                    // The number that we offer ourselves.
                    Some(101) => String::new(),
                    Some(number) => format!(" events {number}"),
                    None => " no events".to_owned(),
                };
                // Where sound goes and how keys are told come together: one line, "sound", tells both.
                match self.last_line(&format!("remote s{} ", session.0)) {
                    Some(to) => format!("sound s{} {to}{events}", session.0),
                    None => format!("events s{}{events}", session.0),
                }
            }
            C::Bridge { a, b } => format!("bridge s{} s{}", a.0, b.0),
            C::Echo { session } => format!("echo s{}", session.0),
            C::Idle { session } => format!("idle s{}", session.0),
            C::Raw { session } => format!("raw s{}", session.0),
            C::SendRaw { session, .. } => format!("send raw s{}", session.0),
            C::Close { session } => {
                assert!(self.sessions.remove(&session), "a session is closed once\n{}", self.log);
                // Sessions that close one after the other share a line.
                let others = self.last_line("close ").map_or_else(String::new, |others| format!("{others} "));
                self.say(format!("close {others}s{}", session.0));
                return Some(session);
            }
        };
        self.say(text);
        None
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::LiveChanged => {}
            Event::TrunksFound(known) => {
                let of = |(name, targets): &(String, Vec<_>)| {
                    format!("{name} {}", targets.iter().map(calls::target_text).collect::<Vec<_>>().join(" "))
                };
                self.say(format!("found {}", known.iter().map(of).collect::<Vec<_>>().join(", ")));
            }
            Event::Blocked(block) => {
                self.say(format!("BLOCKED {} {}", block.source.label(), block.suspicion.word()));
            }
            Event::Notice { sentence } => self.say(format!("NOTICE {}", sentence.expose())),
            Event::Forgiven { source } => self.say(format!("FORGIVEN {}", source.label())),
            Event::SignInsRefused(counted) => {
                let from = counted.key.map_or_else(|| "others".to_owned(), |s| s.label());
                self.say(format!("SIGN-INS REFUSED {} from {from}", counted.count));
            }
            Event::UnblockAnswered { source, result } => match result {
                Ok(()) => self.say(format!("unblocked {}", source.label())),
                Err(e) => self.say(format!("not unblocked {}: {e}", source.label())),
            },
            Event::PhonesChanged => self.say("phones changed"),
            Event::BindingsChanged => {
                let bindings = self.pbx.bindings();
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
            Event::Ladder { call, ladder } => {
                let call = self.call(call);
                self.say(format!("LADDER {call}"));
                for lane in &ladder.lanes {
                    self.say(format!("  {} {:?} caller {}", lane.name.expose(), lane.trunk, lane.caller));
                }
            }
            Event::TurnedAway(all) => self.say(format!("turned away {}", all.len())),
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
                    let told = self.told;
                    for entry in record.trace.entries().filter(|e| e.at >= told) {
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
        assert!(self.referring.values().all(|accepted| *accepted), "a REFER without an answer\n{}", self.log);
        assert!(self.legs.is_empty(), "legs {:?}\n{}", self.legs, self.log);
        assert!(self.sessions.is_empty(), "sessions\n{}", self.log);
        assert!(self.pbx.trunks().iter().all(|t| t.in_use == 0));
        let missing: Vec<_> = self.seen.difference(&self.recorded).collect();
        assert!(missing.is_empty(), "{} calls without a record\n{}", missing.len(), self.log);
    }
}

/// Runs a script; its transcript must be as expected, and nothing may be left over.
pub(crate) fn check(script: &str, expected: &Expect) {
    check_with(Limits::default(), script, expected);
}

/// The same after a beginning that is told elsewhere: only what follows it is compared, in the traces of records, too.
pub(crate) fn check_after(beginning: &str, script: &str, expected: &Expect) {
    let mut bench = Bench::new(Limits::default());
    bench.run(beginning);
    bench.log.clear();
    bench.wait(Duration::from_millis(1));
    bench.told = bench.now.wall;
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}

pub(crate) fn check_with(limits: Limits, script: &str, expected: &Expect) {
    let mut bench = Bench::new(limits);
    bench.run(script);
    bench.check_rest();
    expected.assert_eq(&bench.log);
}
