//! One step of one call: it reads what is, and collects what shall be. Nothing of it reaches the world or the tables before the step
//! has returned, so that a panic in it leaves no half state (DESIGN invariant 2).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use media::{PlayId, RoomId, SessionId, Sound, Tone};
use model::call::{CallEnd, Party};
use model::ladder::Lane;
use model::switches::Forward;
use model::trace::Mark;
use model::{CallId, Callback, Instant, Now, PhoneNumber, Pii, Random};
use plan::{Queue, RingOrder};
use prompts::Prompt;
use sip::api::{self as sip_api, LegId};
use sip::resolve::Target;

use crate::api::{Event, Output};
use crate::call::entry::{Card, Entry, Help, LegState, Place, Side};
use crate::call::{Ask, Baggage, Full, Peer, Stage, Who};
use crate::callback::Callbacks;
use crate::lender::Lender;
use crate::line::Line;
use crate::meetings::{AtTheDoor, Meetings};
use crate::refusal::Ending;
use crate::registrar::Registrar;
use crate::site::{At, Site};
use crate::timers::CallTimer;
use crate::trunks::Servers;
use crate::waits::{Waited, Waits};
use crate::watch::Desk;
use crate::{mailbox, words};

/// What the box plays by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Wait.
    Music,
    /// Somebody is being called.
    Ringing,
    /// Press a key to take the call.
    Take,
}

/// A line of the trace.
pub(crate) struct Note {
    pub(crate) mark: Mark,
    pub(crate) title: String,
    pub(crate) detail: String,
}

/// What a step came to.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) out: Vec<Output>,
    pub(crate) notes: Vec<Note>,
    pub(crate) timers: Vec<(CallTimer, Option<Instant>)>,
    /// Trunks that were seen to work, or not.
    pub(crate) trunk_news: Vec<(String, Option<Target>, bool)>,
    /// Trunks that took T.38 alone, or something else.
    pub(crate) learned: Vec<(String, bool)>,
    /// Trunks that have said nothing.
    pub(crate) silent: Vec<String>,
    pub(crate) legs: Arc<BTreeMap<LegId, LegState>>,
    pub(crate) sessions: Arc<BTreeMap<SessionId, Side>>,
    pub(crate) card: Option<Card>,
    /// Legs that began, for the call's ladder.
    pub(crate) lanes: Vec<(LegId, Lane)>,
    /// Phones of ours that the step called.
    pub(crate) desks: Vec<(LegId, Desk)>,
    /// Where the call goes on, if the switchboard says that it does.
    pub(crate) ask: Option<Ask>,
    /// A key that somebody in a room has pressed.
    pub(crate) key: Option<char>,
    /// Trunks that are full, and on which a call for help is to find room.
    pub(crate) room: Vec<(String, Full)>,
    /// Its caller leaves, and is to be called back at the place that they had in the queue.
    pub(crate) callback: Option<(Callback, u64)>,
    /// Its caller has waited in a queue until somebody took them.
    pub(crate) waited: Option<(String, Waited)>,
}

/// What is around a call, as it was before the step.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) site: &'a Site,
    pub(crate) registrar: &'a Registrar,
    pub(crate) servers: &'a Servers,
    /// All calls, this one among them.
    pub(crate) calls: &'a BTreeMap<CallId, Entry>,
    /// Our phones in calls.
    pub(crate) desks: &'a BTreeMap<LegId, Desk>,
    /// When each extension was last in a call.
    pub(crate) rested: &'a BTreeMap<String, Instant>,
    /// Who left a queue and is to be called back.
    pub(crate) callbacks: &'a Callbacks,
    /// Who meets in rooms that are recorded.
    pub(crate) meetings: &'a Meetings,
    /// How long callers waited lately, by queue.
    pub(crate) waits: &'a BTreeMap<String, Waits>,
}

impl Around<'_> {
    /// True if a phone of this extension is there and none of its phones is in a call or rings.
    pub(crate) fn is_free(&self, extension: &str) -> bool {
        let there = self.site.settings.extension(extension);
        let there = there.is_some_and(|person| !self.registrar.phones(&person.user).is_empty());
        there && self.site.absent(extension).is_none() && !self.is_in_a_call(extension)
    }

    /// True if a phone of this extension is in a call or rings.
    pub(crate) fn is_in_a_call(&self, extension: &str) -> bool {
        self.desks.values().any(|desk| desk.extension == extension)
    }

    /// The same of somebody whom this queue rings, unless they take no calls of it now.
    pub(crate) fn is_free_for(&self, queue: &Queue, extension: &str) -> bool {
        !self.site.switches.is_out_of(&queue.name, extension) && self.is_free(extension)
    }
}

/// True if as many are in this room, or at its door, as the media engine takes into one.
pub(crate) fn is_full(calls: &BTreeMap<CallId, Entry>, room: &str) -> bool {
    let there = |entry: &&Entry| entry.stage.as_ref().and_then(|stage| stage.room()) == Some(room);
    calls.values().filter(there).count() >= media::MAX_PARTIES
}

/// The step itself.
pub(crate) struct Step<'a> {
    pub(crate) now: Now,
    pub(crate) site: &'a Site,
    pub(crate) registrar: &'a Registrar,
    pub(crate) servers: &'a Servers,
    pub(crate) card: Card,
    /// For keys.
    pub(crate) random: &'a mut Random,
    around: Around<'a>,
    lender: &'a mut Lender,
    effects: Effects,
}

impl<'a> Step<'a> {
    /// On the call's tables as they are: what the step changes of them is a copy.
    pub(crate) fn new(
        now: Now,
        around: Around<'a>,
        lender: &'a mut Lender,
        random: &'a mut Random,
        entry: &Entry,
    ) -> Self {
        let effects = Effects { legs: entry.legs.clone(), sessions: entry.sessions.clone(), ..Effects::default() };
        let Around { site, registrar, servers, .. } = around;
        Self { now, site, registrar, servers, card: entry.card.clone(), random, around, lender, effects }
    }

    /// The next place in a queue.
    pub(crate) fn place(&self, queue: &str) -> Place {
        let here = self.places(queue).map(|other| other.number);
        let number = here.chain(self.around.callbacks.places(queue, None)).max().unwrap_or(0) + 1;
        Place { queue: queue.to_owned(), number, rings: false, since: self.now.wall, kept: false }
    }

    /// How many wait in a queue before this call.
    pub(crate) fn before(&self, place: &Place) -> usize {
        let absent = self.around.callbacks.places(&place.queue, None).filter(|number| *number < place.number);
        self.places(&place.queue).filter(|other| other.number < place.number).count() + absent.count()
    }

    /// The same without those for whom somebody rings already.
    pub(crate) fn waiting_before(&self, place: &Place) -> usize {
        let absent = self.around.callbacks.places(&place.queue, Some(self.now.instant));
        let absent = absent.filter(|number| *number < place.number).count();
        self.places(&place.queue).filter(|other| other.number < place.number && !other.rings).count() + absent
    }

    /// The places of all other calls in a queue.
    fn places<'q>(&self, queue: &'q str) -> impl Iterator<Item = &'a Place> + use<'a, 'q> {
        let own = self.card.id;
        let others = self.around.calls.iter().filter(move |(id, entry)| **id != own && entry.ending().is_none());
        others.filter_map(|(_, entry)| entry.card.place.as_ref()).filter(move |place| place.queue == queue)
    }

    /// True if this queue may ring at this extension now: a phone is there, none of its phones is in a call or rings, and its person takes calls
    /// of the queue.
    pub(crate) fn is_free_for(&self, queue: &Queue, extension: &str) -> bool {
        self.around.is_free_for(queue, extension)
    }

    /// True if everybody whom the queue rings has said that they take no calls of it.
    pub(crate) fn is_deserted(&self, queue: &Queue) -> bool {
        queue.extensions.iter().all(|extension| self.site.switches.is_out_of(&queue.name, extension))
    }

    /// How long somebody has to wait in a queue with so many before them, as far as those who waited lately tell.
    pub(crate) fn expected_wait(&self, queue: &str, before: usize) -> Option<Duration> {
        self.around.waits.get(queue)?.expected(self.now.instant, before)
    }

    /// Somebody got the caller out of a queue.
    pub(crate) fn has_waited(&mut self, queue: &str, waited: Waited) {
        self.effects.waited = Some((queue.to_owned(), waited));
    }

    /// If this extension's phones are not to ring: where its calls go instead, or nowhere.
    pub(crate) fn absent(&self, extension: &str) -> Option<Option<PhoneNumber>> {
        self.site.absent(extension)
    }

    /// Where the calls of this extension go at once, since its phones are not to ring or it has none; nowhere, or somewhere else.
    pub(crate) fn elsewhere(&self, extension: &str) -> Option<Option<PhoneNumber>> {
        // To whom the calls of somebody go may still call them, and so may a call that comes from there.
        let comes_from = |to: &&PhoneNumber| {
            self.card.from.number.as_ref() == Some(*to) || self.card.passed.iter().any(|passed| passed == to.as_str())
        };
        let forward = |when| self.site.switches.forward(extension, when).filter(|to| !comes_from(to)).cloned();
        if let Some(to) = forward(Forward::Always) {
            return Some(Some(to));
        }
        if self.site.switches.is_disturbed_by_nothing(extension) {
            return Some(forward(Forward::Busy));
        }
        let person = self.site.settings.extension(extension)?;
        let is_there = !self.registrar.phones(&person.user).is_empty();
        forward(Forward::Unreachable).filter(|_| !is_there).map(Some)
    }

    /// Puts extensions into the order in which they are to be called.
    pub(crate) fn sort(&self, extensions: &mut [String], order: RingOrder) {
        match order {
            RingOrder::Together | RingOrder::OneByOne | RingOrder::Growing => {}
            RingOrder::LongestIdle => {
                extensions.sort_by_key(|e| self.around.rested.get(e).copied().unwrap_or(Instant::ZERO));
            }
            // Each call has a number that nobody chose: that is chance enough for whose phone rings.
            RingOrder::Random => {
                let seed =
                    self.card.id.to_string().bytes().fold(0, |seed: u64, b| seed.wrapping_mul(31) + u64::from(b));
                let mut chance = Random::from_u64(seed);
                for at in (1..extensions.len()).rev() {
                    let other = usize::try_from(chance.below(at as u64 + 1)).unwrap_or(at);
                    extensions.swap(at, other);
                }
            }
        }
    }

    pub(crate) fn into_effects(self) -> Effects {
        Effects { card: Some(self.card), ..self.effects }
    }

    pub(crate) fn note(&mut self, mark: Mark, title: impl Into<String>, detail: impl Into<String>) {
        self.effects.notes.push(Note { mark, title: title.into(), detail: detail.into() });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.effects.out.push(Output::Event(event));
    }

    /// Asks something of whoever keeps messages; the answer comes as `CallEvent::Mailbox`.
    pub(crate) fn ask_mailbox(&mut self, ask: mailbox::Ask) {
        self.card.left_message |= matches!(ask, mailbox::Ask::Finish);
        self.event(Event::Mailbox { call: self.card.id, ask });
    }

    /// The caller is to be called back, and keeps their place. `false`: that cannot be now. What the store says comes as
    /// `CallEvent::Callback`.
    pub(crate) fn call_back(&mut self, callback: Callback) -> bool {
        let Some(place) = self.card.place.clone() else { return false };
        let callbacks = self.around.callbacks;
        if !callbacks.has_room() && !callbacks.has(&callback) {
            return false;
        }
        self.effects.callback = Some((callback, place.number));
        true
    }

    pub(crate) fn media(&mut self, command: media::Command) {
        self.effects.out.push(Output::Media(command));
    }

    pub(crate) fn set(&mut self, timer: CallTimer, after: Duration) {
        self.effects.timers.push((timer, Some(self.now.instant + after)));
    }

    pub(crate) fn clear(&mut self, timer: CallTimer) {
        self.effects.timers.push((timer, None));
    }

    /// The trunk that somebody is called over was seen to work, or not.
    pub(crate) fn trunk_works(&mut self, who: &Who, works: bool) {
        if let Some(trunk) = &who.trunk {
            self.effects.trunk_news.push((trunk.clone(), who.server.clone(), works));
        }
    }

    /// Over a trunk, somebody took T.38 alone and no sound before; or sound, or not even that T.38.
    pub(crate) fn takes(&mut self, who: &Who, image_alone: bool) {
        self.effects.learned.extend(who.trunk.clone().map(|trunk| (trunk, image_alone)));
    }

    /// A trunk has said nothing to a call.
    pub(crate) fn trunk_is_silent(&mut self, who: &Who) {
        self.effects.silent.extend(who.trunk.clone());
    }

    /// The call is answered now.
    pub(crate) fn answered(&mut self) {
        self.card.answered = Some(self.now.wall);
        self.got_through();
    }

    /// Somebody has answered. If it is help that staff were to call otherwise, they hear that they need not.
    pub(crate) fn got_through(&mut self) {
        let got_through = self.card.help.as_ref().filter(|help| help.told).cloned();
        if let Some(Help { number, tell, address, .. }) = got_through {
            let sentence = Pii::new(format!("The call to {number} has got through after all."));
            self.event(Event::Alert { call: self.card.id, sentence, address, tell, quiet: None });
        }
    }

    /// Whoever was called over a trunk has answered: what that costs begins.
    pub(crate) fn begins_to_cost(&mut self) {
        let now = self.now.wall;
        self.card.tolls.iter_mut().for_each(|toll| toll.since = toll.since.or(Some(now)));
    }

    /// Somebody takes the call, or is what was called itself: nobody stands in for them any more.
    pub(crate) fn taken(&mut self) {
        self.card.taken.get_or_insert(self.now.wall);
    }

    /// Starts a leg. Its number.
    pub(crate) fn invite(&mut self, mut call: sip_api::OutgoingCall, trunk: Option<&str>) -> LegId {
        // A call for help is not counted out, wherever it came from.
        if self.card.help.is_none() {
            call.hops = self.card.hops;
        }
        let leg = self.lender.leg();
        self.effects.lanes.push((leg, lane(&call, trunk)));
        Arc::make_mut(&mut self.effects.legs).insert(leg, LegState::Calling);
        self.card.trunks.extend(trunk.map(|trunk| (leg, trunk.to_owned())));
        self.sip(sip_api::Command::Invite { leg, call: call.into() });
        leg
    }

    /// A leg goes to a phone of this extension, for somebody.
    pub(crate) fn desk(&mut self, leg: LegId, extension: &str, other: Party) {
        self.effects.desks.push((leg, Desk::new(extension, other)));
    }

    /// These trunks are to have room for a call for help: something else on them ends.
    pub(crate) fn make_room(&mut self, trunks: Vec<(String, Full)>) {
        self.effects.room = trunks;
    }

    /// How many other calls are up on this trunk, and whether they are fewer than the settings let it carry.
    pub(crate) fn others_on(&self, trunk: &str) -> (usize, bool) {
        let others = self.around.calls.iter().filter(|(id, entry)| **id != self.card.id && entry.ending().is_none());
        let up = others.map(|(_, entry)| entry.channels(trunk)).sum();
        (up, self.site.settings.trunk(trunk).is_some_and(|trunk| up < trunk.channels))
    }

    /// The switchboard answers after this step, within the same input.
    pub(crate) fn ask(&mut self, ask: Ask) {
        self.effects.ask = Some(ask);
    }

    /// Says something on a leg without ending it.
    pub(crate) fn sip(&mut self, command: sip_api::Command) {
        if let sip_api::Command::Answer { leg, .. } = &command {
            Arc::make_mut(&mut self.effects.legs).insert(*leg, LegState::Up);
        }
        self.effects.out.push(Output::Sip(command));
    }

    /// Ends one leg in the way its state asks for. One that is gone already is left alone.
    pub(crate) fn drop_leg(&mut self, leg: LegId, ending: &Ending) {
        let command = match Arc::make_mut(&mut self.effects.legs).remove(&leg) {
            Some(LegState::Offered) => {
                sip_api::Command::Refuse { leg, code: ending.code, retry_after: ending.retry_after }
            }
            Some(LegState::Calling) => sip_api::Command::Cancel { leg },
            Some(LegState::Up) => sip_api::Command::Bye { leg },
            None => return,
        };
        self.effects.out.push(Output::Sip(command));
    }

    /// Lets a leg go that we called: somebody else has taken the call, which its phone is told.
    pub(crate) fn taken_elsewhere(&mut self, leg: LegId) {
        if Arc::make_mut(&mut self.effects.legs).remove(&leg).is_some() {
            self.effects.out.push(Output::Sip(sip_api::Command::Taken { leg }));
        }
    }

    /// Plays something to whoever is at this session.
    pub(crate) fn hear(&mut self, session: SessionId, what: Heard) {
        let sound = match what {
            Heard::Ringing => Sound::Tone(Tone::Ringing),
            Heard::Music => Sound::Forever(Arc::new(Sound::Clip(words::music()))),
            Heard::Take => {
                let mut sounds = words::said(&[Prompt::TakeCall], self.site.settings.language);
                sounds.push(Sound::Silence(Duration::from_secs(2)));
                Sound::Forever(Arc::new(Sound::Several(sounds.into())))
            }
        };
        // Nobody waits for the end of one of these, so they need no numbers.
        self.media(media::Command::Play { session, play: PlayId(0), sound });
    }

    /// Nothing is played to them any more.
    pub(crate) fn hear_no_more(&mut self, session: SessionId) {
        self.media(media::Command::Stop { session });
    }

    /// Whoever is at this line hears all others who are in the room, and is heard by them.
    pub(crate) fn enter(&mut self, line: &Line, room: u64) {
        self.media(media::Command::Room { session: line.session, room: RoomId(room) });
    }

    /// True if nobody more could be heard in this room, or hear anybody.
    pub(crate) fn is_full(&self, room: &str) -> bool {
        is_full(self.around.calls, room)
    }

    /// What somebody is told who comes into this room now, if anything.
    pub(crate) fn at_the_door(&self, room: &str) -> Option<AtTheDoor> {
        self.around.meetings.at_the_door(room, self.site)
    }

    /// Somebody in a room has pressed a key.
    pub(crate) fn press(&mut self, digit: char) {
        self.effects.key = Some(digit);
    }

    /// Opens a media session towards somebody of whom nothing is known yet, or `None` when the ports are used up.
    pub(crate) fn open(&mut self, side: Side) -> Option<Line> {
        self.open_to(side, None)
    }

    /// The same towards somebody there.
    pub(crate) fn open_to(&mut self, side: Side, peer: Option<At>) -> Option<Line> {
        let (session, port) = self.lender.lend(self.now, self.card.id, self.card.help.is_some())?;
        Arc::make_mut(&mut self.effects.sessions).insert(session, side);
        let place = peer.and_then(|peer| self.site.media_for(peer)).unwrap_or_else(|| self.site.first_place());
        self.media(media::Command::Open { session, port, home: place.home });
        Some(Line::new(session, place, port))
    }

    /// True while this session is the call's own.
    pub(crate) fn has(&self, session: SessionId) -> bool {
        self.effects.sessions.contains_key(&session)
    }

    /// True while something may be ordered of this session.
    pub(crate) fn is_open(&self, session: SessionId) -> bool {
        self.effects.sessions.get(&session).is_some_and(|side| *side != Side::Gone)
    }

    /// Closes a media session that the call goes on without.
    pub(crate) fn retire(&mut self, session: SessionId) {
        self.close(session);
        Arc::make_mut(&mut self.effects.sessions).entry(session).and_modify(|side| *side = Side::Gone);
    }

    /// Once: one that was retired is closed already and only has its report to make.
    fn close(&mut self, session: SessionId) {
        if self.effects.sessions.get(&session).is_some_and(|side| *side != Side::Gone) {
            self.media(media::Command::Close { session });
        }
    }

    /// Gives legs and their media session away, to another call.
    pub(crate) fn give(&mut self, legs: &[LegId], session: SessionId) -> Baggage {
        let state = |leg: &LegId| Arc::make_mut(&mut self.effects.legs).remove(leg).map(|state| (*leg, state));
        let legs: BTreeMap<_, _> = legs.iter().filter_map(state).collect();
        Arc::make_mut(&mut self.effects.sessions).remove(&session);
        let trunk = |leg: &LegId| self.card.trunks.remove(leg).map(|trunk| (*leg, trunk));
        let trunks = legs.keys().filter_map(trunk).collect();
        let tolls = std::mem::take(&mut self.card.tolls);
        let Card { direction, sought_help, .. } = self.card;
        Baggage { legs, session, trunks, tolls, direction, sought_help }
    }

    /// Takes over what another call gave.
    pub(crate) fn adopt(&mut self, baggage: Baggage, side: Side) {
        Arc::make_mut(&mut self.effects.legs).extend(baggage.legs);
        Arc::make_mut(&mut self.effects.sessions).insert(baggage.session, side);
        self.card.trunks.extend(baggage.trunks);
        self.card.tolls.extend(baggage.tolls);
    }

    /// Somebody else is on this side of the call from now on.
    pub(crate) fn replaced_by(&mut self, side: Side, who: &Who) {
        match side {
            Side::Caller => self.card.from = who.party.clone().into(),
            Side::Callee => self.card.to = who.party.clone().into(),
            Side::Gone => {}
        }
    }

    /// Whoever is led on by the plan is its caller from now on, also if they were called: steps speak to callers, and the record tells the
    /// call from their side.
    pub(crate) fn turn_round(&mut self) {
        std::mem::swap(&mut self.card.from, &mut self.card.to);
        for side in Arc::make_mut(&mut self.effects.sessions).values_mut() {
            *side = side.other();
        }
    }

    /// A phone has handed its partner over to something of ours that takes them at once.
    pub(crate) fn handed_over(&mut self, by: &Peer) {
        self.sip(sip_api::Command::AcceptRefer { leg: by.leg });
        self.sip(sip_api::Command::ReferProgress { leg: by.leg, code: 200 });
        self.retire(by.line.session);
    }

    /// A phone may not hand its partner on. The call stays as it is.
    pub(crate) fn refuse_transfer(&mut self, leg: LegId, code: u16, why: &str) {
        self.note(Mark::Warn, "A transfer was refused", why);
        self.sip(sip_api::Command::RefuseRefer { leg, code });
    }

    /// Ends the call: every leg by its state, every session. What the record says is decided here.
    pub(crate) fn finish(&mut self, ending: Ending) -> Stage {
        let legs: Vec<LegId> = self.effects.legs.keys().copied().collect();
        for leg in legs {
            self.drop_leg(leg, &ending);
        }
        let sessions: Vec<SessionId> = self.effects.sessions.keys().copied().collect();
        for session in sessions {
            self.close(session);
        }
        let mark = match ending.end {
            CallEnd::HungUp => Mark::Good,
            CallEnd::TrunkFailed | CallEnd::Lost | CallEnd::OurFault => Mark::Bad,
            _ => Mark::Warn,
        };
        self.note(mark, ending.end.sentence(), "");
        self.alarm(&ending);
        Stage::Closing(ending)
    }

    /// An emergency call that nobody answered, and that the caller did not end: somebody must do something else at once.
    fn alarm(&mut self, ending: &Ending) {
        if self.card.answered.is_none() && !matches!(ending.end, CallEnd::Abandoned | CallEnd::Lost) {
            self.call_otherwise();
        }
    }

    /// Help was not reached, and those who talk go on. Their call is one like any other then: they may try again, or somebody else.
    pub(crate) fn help_failed(&mut self) {
        self.call_otherwise();
        self.card.sought_help |= self.card.help.take().is_some();
    }

    /// Staff must do what this call could not; they are told once.
    pub(crate) fn call_otherwise(&mut self) {
        let Some(help) = self.card.help.as_mut().filter(|help| !help.told) else { return };
        help.told = true;
        let Help { number, tell, address, .. } = help.clone();
        let sentence = format!("The call to {number} could not be placed. Call {number} from a mobile phone now.");
        // The phone that called shows this, too.
        self.event(Event::Alert { call: self.card.id, sentence: Pii::new(sentence), address, tell, quiet: None });
    }
}

/// How the ladder names a leg that we start.
fn lane(call: &sip_api::OutgoingCall, trunk: Option<&str>) -> Lane {
    let uri = call.to.uri.expose();
    let user = uri.split_once(':').map_or(uri.as_str(), |(_, rest)| rest.split('@').next().unwrap_or(rest));
    let name = if call.to.display.expose().is_empty() { user.into() } else { call.to.display.clone() };
    Lane { caller: false, trunk: trunk.map(str::to_owned), name }
}
