//! The [`Pbx`]: it sorts what comes to the call or registration it is about, runs that one's step, and applies what the step came to.

use std::collections::{BTreeMap, VecDeque};

use model::call::{Binding, Party};
use model::fax::Direction;
use model::settings::Trunk;
use model::trace::Mark;
use model::{CallId, CommandError, Instant, Now, PhoneNumber, Pii, Random};
use plan::{Caller, Facts, Target};
use sip::api::{self as sip_api, LegId};
use sip::resolve::{Answer as DnsAnswer, Query};

use crate::api::{Command, Event, Input, Limits, Output, PbxConfig, advertised};
use crate::call::{self, Arrival, CallEvent, Obstacle, Who};
use crate::carriers::Carriers;
use crate::door::{self, Door, Visitor};
use crate::entry::{Card, Entry, FaxMark, Help, LegState};
use crate::guard::Guard;
use crate::ladders::{self, Ladders};
use crate::ledger::Ledger;
use crate::letters::{Errand, Letter};
use crate::lines::Lines;
use crate::refusal::Ending;
use crate::registrar::{Answer, Device, Registrar};
use crate::step::Site;
use crate::timers::{CallTimer, Timer, Timers};
use crate::trunks::{self, Registered};
use crate::watch::{Desk, Mailbox, States, Watchers};

/// The least time between two looks at the trunks' names.
const SOON: std::time::Duration = std::time::Duration::from_millis(10);

/// All calls and registrations of the clinic, as one state machine.
pub struct Pbx {
    pub(crate) site: Site,
    pub(crate) limits: Limits,
    pub(crate) registrar: Registrar,
    pub(crate) guard: Guard,
    pub(crate) ledger: Ledger,
    pub(crate) calls: BTreeMap<CallId, Entry>,
    pub(crate) legs: BTreeMap<LegId, CallId>,
    pub(crate) lines: Lines,
    pub(crate) timers: Timers,
    pub(crate) carriers: Carriers,
    pub(crate) ladders: Ladders,
    /// Trunks whose last call could not be placed.
    pub(crate) sick_trunks: Vec<String>,
    pub(crate) registered: Registered,
    random: Random,
    /// Who watches whom, and how those stand that can be watched.
    pub(crate) watchers: Watchers,
    pub(crate) states: States,
    /// Our phones in calls, as watchers see them.
    pub(crate) desks: BTreeMap<LegId, Desk>,
    pub(crate) mailboxes: BTreeMap<String, Mailbox>,
    /// Watchers may have something to be told.
    pub(crate) lamps_changed: bool,
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
        let PbxConfig { settings, plan, media_ip, media_ports, sip_local, limits, known_trunks } = config;
        let carriers = Carriers::new(&settings, &known_trunks, random.fork());
        let mut this = Self {
            site: Site { settings, plan, media_ip, sip_local },
            limits,
            registrar: Registrar::default(),
            guard: Guard::default(),
            ledger: Ledger::default(),
            calls: BTreeMap::new(),
            legs: BTreeMap::new(),
            lines: Lines::new(media_ports),
            timers: Timers::default(),
            ladders: Ladders::default(),
            sick_trunks: Vec::new(),
            registered: Registered::default(),
            random,
            watchers: Watchers::default(),
            states: States::default(),
            desks: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
            lamps_changed: false,
            letters: BTreeMap::new(),
            errands: BTreeMap::new(),
            next_errand: 1,
            out: VecDeque::new(),
            live_changed: false,
            running: Vec::new(),
            carriers,
        };
        this.peers_changed();
        this.timers.set(Timer::Carriers, Instant::ZERO);
        this
    }

    /// Takes up the registrations that the store kept over a restart, so that phones ring at once and not after their next refresh.
    pub fn restore_bindings(&mut self, now: Now, bindings: Vec<Binding>) {
        self.registrar.restore(now, self.site.sip_local, bindings);
        self.registrar.keep_people(&self.site.settings);
        self.watch_registrations();
        self.watch_turns(now.instant);
    }

    /// The registrations as they are now, for the store.
    pub fn bindings(&self) -> Vec<Binding> {
        self.registrar.bindings()
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
        self.lines.reclaim(now, id, |session| entry.sessions.contains_key(&session));
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
            sip_api::Event::Blocked(block) => self.on_blocked(now, block),
            sip_api::Event::Forgiven { source } => self.on_forgiven(source),
            sip_api::Event::Altered { user, .. } => {
                self.guard.altered(user, now.wall);
                self.live_changed = true;
            }
            sip_api::Event::TurnedAway(counts) => {
                self.guard.turned_away(*counts);
                self.live_changed = true;
            }
            sip_api::Event::Subscribe { subscription, subscribe } => self.on_subscribe(now, subscription, &subscribe),
            sip_api::Event::StateWanted { subscription } => self.say_all(now, subscription),
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
                        entry.legs.remove(&leg);
                        self.legs.remove(&leg);
                    }
                    sip_api::Event::Answered { .. } => {
                        entry.legs.insert(leg, LegState::Up);
                    }
                    sip_api::Event::Progress { .. } => self.desk_rings(leg),
                    _ => {}
                }
                self.step(now, id, CallEvent::Sip(event));
            }
        }
    }

    fn on_recorded(&mut self, legs: &[sip_api::Recording], turned_away: &[sip_api::TurnedAway]) {
        for recording in legs {
            for (call, ladder) in self.ladders.recorded(recording) {
                self.out.push_back(Output::Event(Event::Ladder { call, ladder: ladder.into() }));
            }
        }
        if !turned_away.is_empty() {
            self.out.push_back(Output::Event(Event::TurnedAway(ladders::turned_away(turned_away))));
        }
    }

    fn on_register(&mut self, now: Now, request: sip_api::RequestId, register: &sip_api::Register) {
        let (registrar, settings) = (&mut self.registrar, &self.site.settings);
        let answer = registrar.register(now, settings, &mut self.guard, &mut self.random, register);
        self.watch_failures();
        let command = match answer {
            Answer::Accept { contacts, outbound, changed } => {
                if changed {
                    self.registration_changed(now, &register.user);
                }
                sip_api::Command::AcceptRegister { request, contacts, outbound }
            }
            Answer::Challenge { stale } => sip_api::Command::Challenge { request, stale },
            Answer::TooBrief { min_expires } => sip_api::Command::TooBrief { request, min_expires },
            Answer::Reject { code } => sip_api::Command::Reject { request, code },
        };
        self.out.push_back(Output::Sip(command));
    }

    /// One user's phones changed. The timer is only drawn nearer: where it comes too early, all are looked at then, which is seldom.
    fn registration_changed(&mut self, now: Now, user: &str) {
        self.lamps_changed = true;
        self.watch_turns(now.instant);
        self.out.push_back(Output::Event(Event::BindingsChanged));
        if let Some(at) = self.registrar.next_expiry_of(user)
            && self.timers.at(Timer::Registrations).is_none_or(|set| at < set)
        {
            self.timers.set(Timer::Registrations, at);
        }
    }

    fn registrations_changed(&mut self) {
        self.lamps_changed = true;
        self.out.push_back(Output::Event(Event::BindingsChanged));
        self.watch_registrations();
    }

    fn watch_registrations(&mut self) {
        match self.registrar.next_expiry() {
            Some(at) => self.timers.set(Timer::Registrations, at),
            None => self.timers.clear(Timer::Registrations),
        }
    }

    fn on_invite(&mut self, now: Now, leg: LegId, mut invite: sip_api::Invite) {
        if self.legs.contains_key(&leg) {
            return;
        }
        let only = self.device_meant(&mut invite);
        let door = door::answer(now, &self.site, &self.registrar, &self.carriers, &mut self.guard, &invite);
        self.watch_failures();
        let command = match door {
            Door::Open(visitor) => {
                self.light_caller(leg, invite.dialog.clone(), &visitor);
                // Who calls for help wants help, whatever else the request says.
                let helps = visitor.dialled.as_ref().is_some_and(|d| self.site.plan.is_emergency(d));
                return match invite.replaces.filter(|_| !helps) {
                    Some(asked) => self.on_replaces(now, leg, asked, invite.offer, visitor),
                    None => self.welcome(now, leg, invite, only, visitor),
                };
            }
            Door::Challenge { stale } => sip_api::Command::ChallengeInvite { leg, stale },
            Door::Refuse { code } => sip_api::Command::Refuse { leg, code, retry_after: None },
        };
        self.out.push_back(Output::Sip(command));
    }

    /// The device of a GRUU (RFC 5627); what is dialled becomes its owner's extension, so that the plan decides as about any call. A name
    /// that is no device's of ours is taken for what else it says: nobody's call for help is lost over a parameter.
    fn device_meant(&self, invite: &mut sip_api::Invite) -> Option<Device> {
        let device = self.registrar.device(invite.dialled.expose(), invite.gr.as_deref()?)?;
        invite.dialled = self.site.settings.person(&device.user)?.extension.clone().into();
        Some(device)
    }

    fn welcome(&mut self, now: Now, leg: LegId, invite: sip_api::Invite, only: Option<Device>, visitor: Visitor) {
        let sip_api::Invite { offer, hops, .. } = invite;
        let id = CallId::new(now.wall, &mut self.random);
        let Visitor { caller, direction, from, dialled, device } = visitor;
        let decision = match &dialled {
            Some(dialled) => {
                let used = self.used(&caller, now);
                let facts = Facts { used, ..Facts::new(&caller, dialled, &self.site.settings, now.wall) };
                self.site.plan.route(&facts)
            }
            None => plan::Decision {
                target: Target::Refuse { code: 404, sentence: "That is not a number.".to_owned() },
                why: vec!["What was dialled is not a number.".to_owned()],
                staff: None,
            },
        };
        let obstacle = self.obstacle(&decision.target);
        self.tell_staff(decision.staff.as_deref(), now);
        let tolls = self.toll(&caller, &decision.target, obstacle, now, None).into_iter().collect();
        let mut who = Who { party: from.clone(), ..Who::default() };
        match caller {
            Caller::Trunk { name } => who.trunk = Some(name),
            Caller::Extension { user } => who.user = Some(user),
            Caller::Device | Caller::Appliance => {}
        }
        let help = match &decision.target {
            Target::Emergency { number, alert, .. } => Some(Help { number: number.clone(), tell: alert.clone() }),
            _ => None,
        };
        let to = self.called(dialled);
        let trunks = who.trunk.iter().map(|trunk| (leg, trunk.clone())).collect();
        let card = Card {
            id,
            direction,
            from,
            to,
            started: now.wall,
            answered: None,
            help,
            sought_help: false,
            trunks,
            fax: None,
            hops,
            tolls,
        };
        self.ladders.add(id, leg, ladders::caller(&card.from, who.trunk.clone()));
        let mut entry = Entry::new(card);
        entry.legs.insert(leg, LegState::Offered);
        self.legs.insert(leg, id);
        self.calls.insert(id, entry);
        self.begin(now, id, |step| call::arrive(Arrival { leg, who, offer, decision, obstacle, only, device }, step));
    }

    /// A phone that calls has a lamp too; what only says to be an extension's phone has none.
    fn light_caller(&mut self, leg: LegId, dialog: sip_api::DialogId, visitor: &Visitor) {
        let Caller::Extension { user } = &visitor.caller else { return };
        let Some(person) = self.site.settings.person(user) else { return };
        let desk = Desk::new(&person.extension, self.called(visitor.dialled.clone()));
        self.desks.insert(leg, Desk { dialog, ..desk });
    }

    fn called(&self, dialled: Option<PhoneNumber>) -> Party {
        let person = match &dialled {
            Some(PhoneNumber::Internal(extension)) => self.site.settings.extension(extension),
            _ => None,
        };
        Party { name: person.map_or_else(Pii::default, |p| p.name.clone()), number: dialled }
    }

    /// What stands in the way of one call more; emergency calls do not ask.
    fn obstacle(&self, target: &Target) -> Option<Obstacle> {
        let live = self.calls.values().filter(|e| e.ending().is_none()).count();
        if live >= self.limits.calls {
            return Some(Obstacle::Calls);
        }
        self.no_channel(target).then_some(Obstacle::Channels)
    }

    /// It goes over a trunk that is full.
    pub(crate) fn no_channel(&self, target: &Target) -> bool {
        let Target::Trunk { trunk, .. } = target else { return false };
        let channels = self.site.settings.trunk(trunk).map_or(0, |t| t.channels);
        self.in_use(trunk) >= channels
    }

    fn on_media(&mut self, now: Now, event: media::Event) {
        let session = call::session_of(&event);
        let Some(id) = self.lines.owner(session) else { return };
        let gone = match &event {
            media::Event::Closed { quality, .. } => Some(*quality),
            media::Event::BindFailed { .. } => Some(model::call::LegQuality::default()),
            _ => None,
        };
        if let Some(quality) = gone {
            self.lines.give_back(now, session);
            let side = self.calls.get_mut(&id).and_then(|e| e.sessions.remove(&session));
            if let (Some(entry), Some(side)) = (self.calls.get_mut(&id), side) {
                entry.add_quality(side, quality);
            }
        }
        self.step(now, id, CallEvent::Media(event));
    }

    fn on_command(&mut self, now: Now, command: Command) {
        match command {
            Command::PlaceFax { call, to } => self.place_fax(now, call, to),
            Command::FaxDone { call } => self.step(now, call, CallEvent::FaxDone),
            Command::HangUp { call } => {
                let result = self.may_hang_up(call);
                if result.is_ok() {
                    self.step(now, call, CallEvent::HangUp);
                }
                self.out.push_back(Output::Event(Event::HangUpAnswered { call, result }));
            }
            Command::Unblock { source } => self.unblock(source),
            Command::Reload { settings, plan } => {
                self.carriers.reload(&settings);
                // One that is new is an address already, or it is looked up now.
                self.carriers.deal(now.instant);
                self.sick_trunks.retain(|name| settings.trunk(name).is_some());
                self.registered.keep(&settings);
                self.site.settings = settings;
                self.site.plan = plan;
                self.peers_changed();
                self.look_up(now, Vec::new());
                if self.registrar.keep_people(&self.site.settings) {
                    self.registrations_changed();
                }
                self.live_changed = true;
                self.keep_watchers();
                self.watch_turns(now.instant);
            }
            Command::Messages { extension, mailbox } => {
                self.mailboxes.insert(extension, mailbox);
                self.lamps_changed = true;
            }
        }
    }

    /// Who may speak with us: the clinic's networks, and the trunks wherever they were found; what we are called there, and what their
    /// certificates must say. The endpoint hears where that is.
    fn peers_changed(&mut self) {
        let networks = self.site.settings.networks.clone();
        self.out.push_back(Output::Sip(sip_api::Command::SetAdvertised(advertised(&self.site.settings))));
        self.out.push_back(Output::Sip(sip_api::Command::SetSecurePeers(self.carriers.secure_peers())));
        let (trunks, gateways) = (self.carriers.addresses(), self.carriers.gateways());
        let peers = sip_api::Peers { networks, trunks, gateways };
        self.out.push_back(Output::Sip(sip_api::Command::SetPeers(peers)));
        let flows = |trunk: &Trunk| self.carriers.order(&trunk.name).iter().map(|t| self.site.flow_to(t)).collect();
        let trunks = trunks::for_endpoint(&self.site.settings, flows);
        self.out.push_back(Output::Sip(sip_api::Command::SetTrunks(trunks)));
    }

    fn on_resolved(&mut self, now: Now, query: &Query, answer: &DnsAnswer) {
        let (asked, found) = self.carriers.answer(now.instant, query, answer);
        if found {
            self.peers_changed();
            self.out.push_back(Output::Event(Event::TrunksFound(self.carriers.known())));
            self.live_changed = true;
        }
        self.look_up(now, asked);
    }

    fn look_up(&mut self, now: Now, asked: Vec<Query>) {
        self.out.extend(asked.into_iter().map(Output::Resolve));
        // Never in this instant again: a core that is asked in vain must not spin.
        let next = self.carriers.next_timeout().max(now.instant + SOON);
        self.timers.set(Timer::Carriers, next);
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

    fn place_fax(&mut self, now: Now, id: CallId, to: PhoneNumber) {
        if self.calls.contains_key(&id) {
            tracing::error!(call = %id, "a fax call was ordered under the number of a call that is up");
            return;
        }
        let facts = Facts::new(&Caller::Appliance, &to, &self.site.settings, now.wall);
        let decision = self.site.plan.route(&facts);
        let obstacle = self.obstacle(&decision.target);
        let settings = &self.site.settings;
        let from = Party { number: Some(settings.fax_number.clone()), name: settings.clinic_name.clone().into() };
        let card = Card {
            id,
            direction: Direction::Out,
            from,
            to: self.called(Some(to)),
            started: now.wall,
            answered: None,
            help: None,
            sought_help: false,
            trunks: BTreeMap::new(),
            fax: Some(FaxMark::NotYet),
            hops: sip_api::HOPS,
            tolls: Vec::new(),
        };
        self.calls.insert(id, Entry::new(card));
        self.begin(now, id, |step| call::place_fax(&decision, obstacle, step));
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
                Timer::Carriers => {
                    let asked = self.carriers.poll(now.instant);
                    self.look_up(now, asked);
                }
                Timer::Failures => self.failures_due(now),
                Timer::Blocks => self.blocks_due(now),
                Timer::Qualify => self.ask_turn(now),
                Timer::Call(id, CallTimer::Close) => self.close(now, id),
                Timer::Call(id, timer) => self.step(now, id, CallEvent::Timer(timer)),
            }
        }
    }
}

impl std::fmt::Debug for Pbx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pbx").field("calls", &self.calls.len()).field("ports", &self.lines.in_use()).finish()
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
            media_ip: "10.0.0.1".parse().expect("an address"),
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
                step.open(crate::entry::Side::Caller);
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
