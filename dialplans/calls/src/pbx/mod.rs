//! The [`Pbx`]: it sorts what comes to the call or registration it is about, runs that one's step, and applies what the step came to.

mod apply;
mod arrivals;
mod callbacks;
mod codes;
mod defence;
mod help;
mod keyed;
mod keys;
mod letters;
mod mailboxes;
mod meetings;
mod messages;
mod mirrors;
mod onward;
mod qualify;
mod registrations;
mod rescue;
mod snapshot;
mod studio;
mod switches;
mod tolls;
mod transfers;
mod trunks;
mod watchers;

pub use trunks::emergency_numbers;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use model::trace::Mark;
use model::{CallId, CommandError, Instant, Now, PhoneNumber, Random};
use sip::api::{self as sip_api, LegId};

use crate::api::{Command, Event, Input, Limits, Output, PbxConfig};
use crate::call::entry::{Entry, LegState};
use crate::call::{self, CallEvent, EndedFor};
use crate::callback::Callbacks;
use crate::guard::Guard;
use crate::ladders::Ladders;
use crate::lender::Lender;
use crate::meetings::Meetings;
use crate::pbx::letters::{Errand, Letter};
use crate::pbx::rescue::HelpCalled;
use crate::refusal::Ending;
use crate::registrar::{Registrar, Way};
use crate::site::Site;
use crate::timers::{CallTimer, Timer, Timers};
use crate::tolls::Ledger;
use crate::trunks::{Registered, Servers};
use crate::waits::Waits;
use crate::watch::{Desk, Mailbox, States, Watchers};

/// All calls and registrations of the clinic, as one state machine.
pub struct Pbx {
    pub(crate) site: Site,
    pub(crate) limits: Limits,
    pub(crate) registrar: Registrar,
    pub(crate) guard: Guard,
    pub(crate) ledger: Ledger,
    pub(crate) calls: BTreeMap<CallId, Entry>,
    pub(crate) legs: BTreeMap<LegId, CallId>,
    pub(crate) lender: Lender,
    pub(crate) timers: Timers,
    pub(crate) servers: Servers,
    pub(crate) ladders: Ladders,
    /// Trunks whose last call could not be placed.
    pub(crate) sick_trunks: BTreeSet<String>,
    /// Trunks whose carrier said nothing to the last call, and when that was.
    pub(crate) silent_trunks: BTreeMap<String, Instant>,
    pub(crate) registered: Registered,
    random: Random,
    /// For the keys of encrypted sound: a stream of its own, so that what is drawn for one call changes nothing else.
    keys: Random,
    /// Who watches whom, and how those stand that can be watched.
    pub(crate) watchers: Watchers,
    pub(crate) states: States,
    /// Our phones in calls, as watchers see them.
    pub(crate) desks: BTreeMap<LegId, Desk>,
    /// When each extension was last in a call: bounded by the extensions.
    pub(crate) rested: BTreeMap<String, Instant>,
    pub(crate) mailboxes: BTreeMap<String, Mailbox>,
    /// The contacts of phones that were away when they were to be told of them.
    pub(crate) untold: BTreeSet<Way>,
    /// Who left a queue and is to be called back.
    pub(crate) callbacks: Callbacks,
    /// How long callers waited lately, by queue: bounded by the queues.
    pub(crate) waits: BTreeMap<String, Waits>,
    /// Who meets in rooms that are recorded.
    pub(crate) meetings: Meetings,
    /// Who called each extension last from outside, to be blocked by a code.
    pub(crate) last_outside: BTreeMap<String, PhoneNumber>,
    /// When help was called last, and by whom.
    pub(crate) help_called: Option<HelpCalled>,
    /// Watchers may have something to be told.
    pub(crate) lamps_changed: bool,
    /// What may be talked with numbers abroad may last otherwise than it did.
    pub(crate) tolls_changed: bool,
    /// The program ends: nobody watches any more.
    pub(crate) ending: bool,
    /// Messages that phones are being handed, and what each request that we sent is for.
    pub(crate) letters: BTreeMap<u64, Letter>,
    pub(crate) errands: BTreeMap<sip_api::SendId, Errand>,
    pub(crate) next_errand: u64,
    /// Drained after every input, so bounded by what one input can cause: a few commands for each leg of a call.
    pub(crate) out: VecDeque<Output>,
    pub(crate) live_changed: bool,
    /// The calls whose step runs: one, or two that become one. If they are still there before the next input, that step panicked.
    pub(crate) running: Vec<CallId>,
}

impl Pbx {
    /// A `Pbx` without calls. Its first output tells the endpoint who may speak with us.
    pub fn new(config: PbxConfig, mut random: Random) -> Self {
        let PbxConfig { settings, plan, media, fingerprint, media_ports, sip_local, limits, known_trunks } = config;
        let servers = Servers::new(&settings, &known_trunks, random.fork());
        let mut this = Self {
            site: Site {
                settings,
                plan,
                switches: Arc::default(),
                media,
                fingerprint,
                sip_local,
                fax_blocks: BTreeSet::new(),
            },
            limits,
            registrar: Registrar::default(),
            guard: Guard::default(),
            ledger: Ledger::default(),
            calls: BTreeMap::new(),
            legs: BTreeMap::new(),
            lender: Lender::new(media_ports),
            timers: Timers::default(),
            ladders: Ladders::default(),
            sick_trunks: BTreeSet::new(),
            silent_trunks: BTreeMap::new(),
            registered: Registered::default(),
            keys: random.fork(),
            random,
            watchers: Watchers::default(),
            states: States::default(),
            desks: BTreeMap::new(),
            rested: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            untold: BTreeSet::new(),
            callbacks: Callbacks::default(),
            waits: BTreeMap::new(),
            meetings: Meetings::default(),
            last_outside: BTreeMap::new(),
            help_called: None,
            lamps_changed: false,
            tolls_changed: false,
            ending: false,
            letters: BTreeMap::new(),
            errands: BTreeMap::new(),
            next_errand: 1,
            out: VecDeque::new(),
            live_changed: false,
            running: Vec::new(),
            servers,
        };
        this.peers_changed();
        this.timers.set(Timer::Servers, Instant::ZERO);
        this.watch_mirrors(Instant::ZERO);
        this
    }

    /// Takes one input. If a call's step panics in here, that call is as it was and none of the step's outputs leave; the call
    /// is ended at the next input, which [`Pbx::poll_output`] then asks for at once.
    pub fn handle_input(&mut self, now: Now, input: Input) {
        for id in std::mem::take(&mut self.running) {
            self.end_broken(now, id);
        }
        match input {
            Input::Sip(event) => self.on_sip(now, event),
            Input::Media(event) => self.on_media(now, event),
            Input::Command(command) => self.on_command(now, command),
            Input::Resolved { query, answer } => self.on_resolved(now, &query, &answer),
            Input::Timeout => self.on_timeout(now),
        }
        if std::mem::take(&mut self.tolls_changed) {
            self.watch_tolls(now);
        }
        self.tell_watchers(now);
        self.nudge();
    }

    /// The next output. `Timeout` is the last; it changes only after a `handle_input`.
    pub fn poll_output(&mut self) -> Output {
        let at = if !self.running.is_empty() { Instant::ZERO } else { self.timers.next() };
        self.out.pop_front().unwrap_or(Output::Timeout(at))
    }

    /// Ends the one call whose step panicked, as our fault. All others go on.
    fn end_broken(&mut self, now: Now, id: CallId) {
        let Some(entry) = self.calls.get(&id).filter(|e| e.ending().is_none()) else { return };
        tracing::error!(call = %id, "a call's step panicked; the call was ended");
        // What the step had borrowed, and never told anyone about.
        self.lender.reclaim(now, id, |session| entry.sessions.contains_key(&session));
        self.begin(now, id, |step| {
            step.note(Mark::Bad, "Frontdesk had a fault of its own and ended this call", "");
            step.finish(Ending::our_fault())
        });
    }

    fn nudge(&mut self) {
        if std::mem::take(&mut self.live_changed) {
            self.out.push_back(Output::Event(Event::LiveChanged));
        }
    }

    fn on_sip(&mut self, now: Now, event: sip_api::Event) {
        match event {
            sip_api::Event::Register { request, register } => self.on_register(now, request, &register),
            sip_api::Event::Invite { leg, invite } => self.on_invite(now, leg, *invite),
            sip_api::Event::TrunkRegistered { trunk, seconds, .. } => {
                self.registered.registered(now, trunk, seconds);
                self.live_changed = true;
            }
            sip_api::Event::TrunkLost { trunk, trouble } => {
                self.registered.lost(trunk, trouble);
                self.live_changed = true;
            }
            sip_api::Event::Refer { leg, refer } => self.on_refer(now, leg, &refer),
            sip_api::Event::Recorded { legs, turned_away } => self.on_recorded(&legs, &turned_away),
            sip_api::Event::Messages { ask, legs } => self.on_messages(ask, &legs),
            sip_api::Event::Blocked(block) => self.on_blocked(now, block),
            sip_api::Event::Forgiven { source } => self.on_forgiven(source),
            sip_api::Event::Altered { user, .. } => {
                self.guard.altered(user.into_inner(), now.wall);
                self.live_changed = true;
            }
            sip_api::Event::Mirrored { at, changed } => self.on_mirrored(now, at, changed),
            sip_api::Event::TurnedAway(counts) => {
                self.guard.turned_away(*counts);
                self.live_changed = true;
            }
            sip_api::Event::Subscribe { subscription, subscribe } => self.on_subscribe(now, subscription, &subscribe),
            sip_api::Event::StateWanted { subscription, flow } => {
                self.watchers.is_at(subscription, flow);
                self.say_all(now, subscription);
            }
            sip_api::Event::Notified { subscription } => self.watcher_listens(now, subscription),
            sip_api::Event::Unsubscribed { subscription } => self.watchers.end(subscription),
            sip_api::Event::Message { request, message } => self.on_message(now, request, &message),
            sip_api::Event::Sent { id, code } => self.on_sent(id, code),
            sip_api::Event::Dialog { leg, dialog } => self.desk_named(leg, dialog),
            event => {
                let Some(leg) = call::leg_of(&event) else { return };
                let Some(&id) = self.legs.get(&leg) else { return };
                let Some(entry) = self.calls.get_mut(&id) else { return };
                match &event {
                    // The endpoint has forgotten the leg: nothing may be said on it any more.
                    sip_api::Event::Refused { .. } | sip_api::Event::Ended { .. } => {
                        Arc::make_mut(&mut entry.legs).remove(&leg);
                        self.legs.remove(&leg);
                    }
                    sip_api::Event::Answered { .. } => {
                        Arc::make_mut(&mut entry.legs).insert(leg, LegState::Up);
                    }
                    sip_api::Event::Progress { .. } => self.desk_rings(leg),
                    _ => {}
                }
                self.step(now, id, CallEvent::Sip(event));
            }
        }
    }

    fn on_media(&mut self, now: Now, event: media::Event) {
        if self.is_of_meeting(now, &event) {
            return;
        }
        let Some(session) = call::session_of(&event) else { return };
        let Some(id) = self.lender.owner(session) else { return };
        if let media::Event::Quality { quality, .. } = event {
            // It is shown, and nothing follows from it.
            let entry = self.calls.get_mut(&id);
            return entry.into_iter().for_each(|entry| entry.hears(session, quality));
        }
        let gone = match &event {
            media::Event::Closed { quality, .. } => Some(*quality),
            media::Event::BindFailed { .. } => Some(model::call::LegQuality::default()),
            _ => None,
        };
        if let Some(quality) = gone {
            self.lender.give_back(now, session);
            let side = self.calls.get_mut(&id).and_then(|e| Arc::make_mut(&mut e.sessions).remove(&session));
            if let (Some(entry), Some(side)) = (self.calls.get_mut(&id), side) {
                entry.add_quality(side, quality);
            }
        }
        self.step(now, id, CallEvent::Media(event));
    }

    fn on_command(&mut self, now: Now, command: Command) {
        match command {
            Command::PlaceFax { call, to, over, as_sound } => self.place_fax(now, call, to, over, as_sound),
            Command::FaxUnderWay { call } => self.step(now, call, CallEvent::FaxUnderWay),
            Command::FaxCarried { call, pages, how } => self.step(now, call, CallEvent::FaxCarried(pages, how)),
            Command::FaxBlocks { numbers } => self.site.fax_blocks = numbers,
            Command::FaxDone { call } => self.step(now, call, CallEvent::FaxDone),
            Command::HangUp { call } => {
                let result = self.may_hang_up(call);
                if result.is_ok() {
                    self.step(now, call, CallEvent::HangUp(EndedFor::APerson));
                }
                self.out.push_back(Output::Event(Event::HangUpAnswered { call, result }));
            }
            Command::Ladder { order, call } => self.read_ladder(order, call),
            Command::Switch { order, switch } => self.on_switch(now, order, &switch),
            Command::Unblock { source } => self.unblock(source),
            Command::Reload { settings, plan } => {
                if self.servers.reload(&settings) {
                    self.out.push_back(Output::Event(Event::KeptChanged));
                }
                // One that is new is an address already, or it is looked up now.
                self.servers.deal(now.instant);
                self.sick_trunks.retain(|name| settings.trunk(name).is_some());
                self.silent_trunks.retain(|name, _| settings.trunk(name).is_some());
                self.registered.keep(&settings);
                self.site.settings = settings;
                self.site.plan = plan;
                self.peers_changed();
                self.look_up(now, Vec::new());
                if self.registrar.keep_people(&self.site.settings) {
                    self.registrations_changed();
                }
                self.live_changed = true;
                self.tolls_changed = true;
                self.keep_switches();
                self.keep_watchers();
                self.watch_turns(now.instant);
                self.watch_mirrors(now.instant);
            }
            Command::Ending => {
                self.end_all(now);
                self.close_all_that_are_over(now);
                self.dismiss_watchers();
            }
            Command::Messages { extension, mailbox } => self.messages_wait(extension, mailbox),
            Command::Recording { call, answer } => self.recording_answered(now, call, answer),
            Command::Callback { call, callback, answer } => self.callback_answered(now, call, callback, answer),
            Command::CancelCallback { order, callback } => self.cancel_callback(order, callback),
            Command::RecordByPhone { order, user, what } => self.record_by_phone(now, order, user, what),
            Command::Mailbox { call, answer } => self.step(now, call, CallEvent::Mailbox(answer)),
        }
    }

    fn may_hang_up(&self, call: CallId) -> Result<(), CommandError> {
        match self.calls.get(&call) {
            Some(entry) if entry.ending().is_some() => {
                Err(CommandError::NotNow("The call is already over.".to_owned()))
            }
            None => Err(CommandError::NotNow("The call is already over.".to_owned())),
            Some(entry) if entry.card.help.is_some() => {
                Err(CommandError::NotAllowed("An emergency call is ended only by those who talk.".to_owned()))
            }
            Some(_) => Ok(()),
        }
    }

    fn on_timeout(&mut self, now: Now) {
        // Each round takes a timer out, and a step sets none that is due already: the loop ends.
        while let Some(timer) = self.timers.pop_due(now.instant) {
            match timer {
                Timer::Registrations => {
                    if self.registrar.expire(now.instant) {
                        self.registrations_changed();
                    }
                    self.watch_registrations();
                }
                Timer::Servers => self.servers_due(now),
                Timer::Failures => self.failures_due(now),
                Timer::Blocks => self.blocks_due(now),
                Timer::Qualify => self.ask_turn(now),
                Timer::Mirrors => self.ask_mirrors(now.instant),
                Timer::Callbacks => self.call_back(now),
                Timer::Tolls => self.watch_tolls(now),
                Timer::Call(id, CallTimer::Close) if self.calls.contains_key(&id) => self.close(now, id),
                Timer::Call(id, CallTimer::Close) => self.meeting_lost(now, id),
                Timer::Call(id, timer) => self.step(now, id, CallEvent::Timer(timer)),
            }
        }
    }
}

impl std::fmt::Debug for Pbx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pbx").field("calls", &self.calls.len()).field("ports", &self.lender.in_use()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::time::Duration;

    use model::Settings;
    use model::call::CallEnd;
    use plan::Plan;

    use super::*;

    const SETTINGS: &str = r#"
plan = "solo-practice"
networks = ["10.0.0.0/24"]
[clinic]
name = "Clinic"
address = "1 Harbor Street"
timezone = "America/New_York"
number = "+12025550123"
[[people]]
extension = "101"
name = "Front desk"
[[trunks]]
name = "main"
address = "192.0.2.1:5060"
[mail]
domain = "clinic.demo"
fax_domain = "fax.clinic.demo"
smarthost = "127.0.0.1:2526"
[fax]
number = "+12025550199"
station_id = "1"
"#;

    fn pbx() -> Pbx {
        let settings = Arc::new(Settings::parse(SETTINGS).expect("good"));
        let config = PbxConfig {
            settings,
            plan: Arc::new(Plan::lifeline()),
            media: "10.0.0.1".parse::<std::net::IpAddr>().expect("an address").into(),
            fingerprint: None,
            media_ports: 4000..=4063,
            sip_local: "10.0.0.1:5060".parse().expect("an address"),
            limits: Limits::default(),
            known_trunks: Vec::new(),
        };
        Pbx::new(config, Random::from_u64(1))
    }

    fn help_is_called(pbx: &mut Pbx, now: Now, leg: u64) {
        let address = "10.0.0.7:5060".parse().expect("an address");
        let flow = pbx.site.flow_to(&sip::resolve::Target { transport: sip_api::Transport::Udp, address });
        let invite = sip_api::Invite { from_user: "101".into(), ..sip_api::Invite::new(flow, "911") };
        pbx.handle_input(now, Input::Sip(sip_api::Event::Invite { leg: LegId(leg), invite: invite.into() }));
    }

    fn said(pbx: &mut Pbx) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            match pbx.poll_output() {
                Output::Timeout(_) => return said,
                Output::Sip(sip_api::Command::Refuse { code, .. }) => said.push(format!("refuse {code}")),
                Output::Sip(sip_api::Command::Cancel { .. }) => said.push("cancel".to_owned()),
                Output::Sip(_) | Output::Media(_) | Output::Resolve(_) => {}
                Output::Event(Event::Record(record)) => said.push(format!("record {:?}", record.end)),
                Output::Event(_) => {}
            }
        }
    }

    #[test]
    fn a_panic_ends_one_call_and_leaves_no_half_state() {
        let mut pbx = pbx();
        let now = Now::simulation_start();
        help_is_called(&mut pbx, now, 1);
        help_is_called(&mut pbx, now, 2);
        said(&mut pbx);
        let [broken, sound] = *pbx.calls.keys().copied().collect::<Vec<_>>() else { panic!("two calls") };
        let ports = pbx.ports_in_use();

        let panicked = catch_unwind(AssertUnwindSafe(|| {
            pbx.run(now, broken, |_, step| {
                step.open(crate::call::entry::Side::Caller);
                panic!("this panic is part of the test");
            });
        }));
        assert!(panicked.is_err());
        assert!(said(&mut pbx).is_empty(), "nothing of the step has left");

        let Output::Timeout(at) = pbx.poll_output() else { panic!("nothing of the step has left") };
        assert_eq!(at, Instant::ZERO);
        pbx.handle_input(now, Input::Timeout);
        assert_eq!(said(&mut pbx), ["refuse 500", "cancel"]);
        assert_eq!(pbx.ports_in_use(), ports, "the port of the broken step came back");
        pbx.handle_input(now.after(Duration::from_secs(2)), Input::Timeout);
        assert_eq!(said(&mut pbx), [format!("record {:?}", CallEnd::OurFault)]);
        assert_eq!(pbx.live_calls().iter().map(|c| c.id).collect::<Vec<_>>(), [sound]);
        assert_eq!(pbx.ports_in_use(), ports / 2);
    }

    /// The two steps of a join are one: whoever was on the way from one call to the other when it broke is hung up on, and not lost.
    #[test]
    fn a_panic_between_two_calls_ends_both_and_keeps_nothing() {
        let mut pbx = pbx();
        let now = Now::simulation_start();
        help_is_called(&mut pbx, now, 1);
        help_is_called(&mut pbx, now, 2);
        said(&mut pbx);
        let ids: Vec<CallId> = pbx.calls.keys().copied().collect();
        pbx.running.clone_from(&ids);
        for id in &ids {
            pbx.take_stage(*id).expect("it is up");
        }
        pbx.handle_input(now, Input::Timeout);
        assert_eq!(said(&mut pbx), ["refuse 500", "cancel", "refuse 500", "cancel"]);
        pbx.handle_input(now.after(Duration::from_secs(2)), Input::Timeout);
        assert_eq!(pbx.ports_in_use(), 0);
        assert!(pbx.live_calls().is_empty());
    }
}
