//! Callers wait, in the order in which they came, until somebody is free. Whoever is first and finds somebody free rings there.

mod music;
mod offer;

use std::time::Duration;

use model::Instant;
use model::call::{CallEnd, Fault, QueueEnd};
use model::trace::Mark;
use plan::{Queue, RingOrder};
use prompts::Prompt;

use crate::call::guest::{Guest, Said};
use crate::call::peer::Peer;
use crate::call::queue::music::Music;
use crate::call::queue::offer::{ANSWER_WAIT, Offer};
use crate::call::replace::Newcomer;
use crate::call::route::Route;
use crate::call::search::Search;
use crate::call::seeking::{self, Found};
use crate::call::way::{self, Journey, Seat};
use crate::call::{CallEvent, Callout, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;
use crate::waits::Waited;
use crate::words::{said, spoken};

/// How often a caller who waits looks whether somebody is free: nobody notices a second after minutes of waiting.
const TURN: Duration = Duration::from_secs(1);

/// Whoever declines a call is left in peace by it for so long: alone in the queue, they would be rung each second.
const REST: Duration = Duration::from_secs(20);

/// Two minutes, each time for as long as the store has: who presses keys for longer keeps a place that others wait for.
const MOST_PUT_OFF: u8 = 24;

/// The stage.
pub(crate) struct Queueing {
    guest: Guest,
    journey: Journey,
    queue: Queue,
    /// What they hear between words.
    music: Music,
    /// Somebody rings for this caller.
    search: Option<Box<Search>>,
    /// Who has rung for this caller and did not answer: the others come first.
    asked: Vec<String>,
    /// Who rang last.
    rung: Vec<String>,
    /// Who has declined the call, or could not be reached, and is not rung for it until then.
    declined: Vec<(String, Instant)>,
    /// As long as the queue allows. Whoever rings now is the last one.
    has_waited: bool,
    /// The caller is asked where they want to be called back.
    offer: Option<Offer>,
    /// How often it was put off for that to lead them on.
    put_off: u8,
    began: Instant,
    /// How many waited before them then.
    before: usize,
}

impl Queueing {
    pub(crate) fn begin(guest: Guest, journey: Journey, queue: Queue, step: &mut Step<'_>) -> Stage {
        let place = step.place(&queue.name);
        let before = step.before(&place);
        if let Some(to) = queue.nobody.as_ref().filter(|_| step.is_deserted(&queue)) {
            step.note(Mark::Warn, format!("Nobody takes calls of the queue {} now", queue.name), "");
            return way::go_on(Seat::Answered(guest), journey, to, step);
        }
        if before >= queue.most {
            step.note(Mark::Warn, format!("The queue {} is full", queue.name), "");
            return match queue.full {
                Some(to) => way::go_on(Seat::Answered(guest), journey, &to, step),
                None => step.finish(Ending::new(CallEnd::Busy, Fault::Callee)),
            };
        }
        let title = format!("The caller waits in the queue {}, {before} before them", queue.name);
        step.note(Mark::Good, title, "");
        step.card.place = Some(place);
        step.set(CallTimer::Patience, queue.wait);
        if !queue.every.is_zero() {
            step.set(CallTimer::Tell, queue.every);
        }
        let began = step.now.instant;
        let asked = Vec::new();
        let (search, rung, declined, has_waited, offer, put_off) = (None, Vec::new(), Vec::new(), false, None, 0);
        let music = Music::default();
        let mut this = Self {
            guest,
            journey,
            queue,
            music,
            search,
            asked,
            rung,
            declined,
            has_waited,
            offer,
            put_off,
            began,
            before,
        };
        this.greet(step);
        this.look(step)
    }

    /// Whoever begins to wait is told that it is worth it, and that they need not wait on the line.
    fn greet(&mut self, step: &mut Step<'_>) {
        let mut sounds = spoken(&self.queue.words, &[Prompt::QueueStay], self.journey.language);
        sounds.extend(self.may_leave());
        self.music.goes_on(&mut sounds, step.now.instant);
        self.guest.hears_all(sounds, step);
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// The caller is a fax machine, and ours takes the call.
    pub(crate) fn left_to_machine(mut self, step: &mut Step<'_>) -> Guest {
        if let Some(search) = self.search.take() {
            search.give_up(step);
        }
        self.leave(QueueEnd::LedOn, step);
        self.guest
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let guest = self.guest.succeeded_by(party, step);
        let journey = self.journey.with(&guest.peer.who, step);
        let mut this = Self { guest, journey, offer: None, ..*self };
        this.greet(step);
        Stage::Queueing(Box::new(this))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let event = match self.guest.on(event, step) {
            Err(ending) => return step.finish(ending),
            Ok(Said::Other(event)) => event,
            Ok(Said::Key(key)) => return self.pressed(key, step),
            Ok(Said::Over) if self.offer.is_some() => return self.told(step),
            Ok(Said::Over | Said::Nothing) => return Stage::Queueing(self),
        };
        match event {
            CallEvent::Callback(Callout::Kept(kept)) => self.kept(kept, step),
            CallEvent::Replace(newcomer) => self.replace(*newcomer, step),
            CallEvent::Timer(CallTimer::Key) => self.silent(step),
            CallEvent::Timer(CallTimer::Tell) if self.offer.is_some() => {
                step.set(CallTimer::Tell, self.queue.every);
                Stage::Queueing(self)
            }
            CallEvent::Timer(CallTimer::Turn) => self.look(step),
            CallEvent::Timer(CallTimer::Tell) => {
                self.tell_place(step);
                Stage::Queueing(self)
            }
            // Who says where they want to be called back is not interrupted, and is led on only if they stay after all.
            CallEvent::Timer(CallTimer::Patience) if self.is_arranging() => {
                step.set(CallTimer::Patience, ANSWER_WAIT);
                Stage::Queueing(self)
            }
            // Who is ringing already gets the time that they have, and nobody after them.
            CallEvent::Timer(CallTimer::Patience) if self.search.is_some() => {
                self.has_waited = true;
                Stage::Queueing(self)
            }
            CallEvent::Timer(CallTimer::Patience) => self.give_up(step),
            event => self.searching(event, step),
        }
    }

    /// The caller is arranging where they are called back, or it is being kept.
    fn is_arranging(&mut self) -> bool {
        let Some(offer) = &self.offer else { return false };
        self.put_off += u8::from(!offer.is_taken());
        self.put_off <= MOST_PUT_OFF
    }

    fn searching(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let Some(mut search) = self.search.take() else { return Stage::Queueing(self) };
        let rang_out = matches!(event, CallEvent::Timer(CallTimer::NoAnswer));
        match seeking::on(&mut search, event, step) {
            Found::Nothing => {
                self.search = Some(search);
                Stage::Queueing(self)
            }
            Found::Somebody(to) => self.taken(*search, *to, step),
            Found::Nobody(_) => {
                search.give_up(step);
                if !rang_out {
                    let until = step.now.instant + REST;
                    self.declined.extend(std::mem::take(&mut self.rung).into_iter().map(|one| (one, until)));
                }
                if self.has_waited && self.offer.is_none() {
                    return self.give_up(step);
                }
                if self.has_waited {
                    step.set(CallTimer::Patience, ANSWER_WAIT);
                }
                self.rings(false, step);
                step.set(CallTimer::Turn, TURN);
                Stage::Queueing(self)
            }
        }
    }

    /// A colleague takes the call at their own phone.
    fn replace(mut self: Box<Self>, newcomer: Newcomer, step: &mut Step<'_>) -> Stage {
        let Some(search) = self.search.take() else {
            newcomer.refuse(491, "Nobody's phone rings for the caller", step);
            return Stage::Queueing(self);
        };
        match seeking::picked_up(&search, newcomer, step) {
            Some(to) => self.taken(*search, to, step),
            None => {
                self.search = Some(search);
                Stage::Queueing(self)
            }
        }
    }

    fn taken(self: Box<Self>, search: Search, to: Peer, step: &mut Step<'_>) -> Stage {
        search.taken(step);
        let time = step.now.instant.saturating_since(self.began);
        step.has_waited(&self.queue.name, Waited { before: self.before, time });
        self.leave(QueueEnd::Taken, step);
        seeking::connect(self.guest, to, step)
    }

    /// Is it this caller's turn, and is somebody free? Whom nobody is going to take goes on at once, unless they are choosing otherwise.
    fn look(mut self, step: &mut Step<'_>) -> Stage {
        if self.queue.nobody.is_some() && self.search.is_none() && self.offer.is_none() && step.is_deserted(&self.queue)
        {
            step.note(Mark::Warn, "Nobody takes calls of the queue any more", "");
            return Box::new(self).lead_on(step);
        }
        step.set(CallTimer::Turn, TURN);
        let first = step.card.place.as_ref().is_some_and(|place| step.waiting_before(place) == 0);
        // Who has asked to be called back is on the list, and does not wait here any more; who has waited long enough is rung for no more.
        let waits = !self.has_waited && !self.offer.as_ref().is_some_and(Offer::is_taken);
        if first && self.search.is_none() && waits {
            self.ring(step);
        }
        Stage::Queueing(Box::new(self))
    }

    fn ring(&mut self, step: &mut Step<'_>) {
        self.declined.retain(|(_, until)| step.now.instant < *until);
        let rests = |e: &String| self.declined.iter().any(|(one, _)| one == e);
        let may_ring = |e: &&String| step.is_free_for(&self.queue, e) && !rests(e);
        let free: Vec<String> = self.queue.extensions.iter().filter(may_ring).cloned().collect();
        if free.is_empty() {
            return;
        }
        let mut next: Vec<String> = free.iter().filter(|e| !self.asked.contains(e)).cloned().collect();
        if next.is_empty() {
            self.asked.clear();
            next = free;
        }
        step.sort(&mut next, self.queue.order);
        if !matches!(self.queue.order, RingOrder::Together | RingOrder::Growing) {
            next.truncate(1);
        }
        self.asked.extend(next.iter().cloned());
        self.rung.clone_from(&next);
        let route = Route::phones(next, None, self.queue.ring).of_group(true);
        if let Ok(search) = seeking::search(&self.guest, route, step) {
            self.search = Some(Box::new(search));
            self.rings(true, step);
            step.clear(CallTimer::Turn);
        }
    }

    /// Others look past a caller for whom somebody rings.
    fn rings(&self, rings: bool, step: &mut Step<'_>) {
        if let Some(place) = &mut step.card.place {
            place.rings = rings;
        }
    }

    /// Who is next hears that, and everybody else at which place they are.
    fn tell_place(&mut self, step: &mut Step<'_>) {
        let before = step.card.place.as_ref().map_or(0, |place| step.before(place));
        let words = match u32::try_from(before) {
            Ok(before @ 1..) => [Prompt::QueuePosition].into_iter().chain(prompts::number(before + 1)).collect(),
            _ => vec![Prompt::QueueNext],
        };
        let mut sounds = said(&words, self.journey.language);
        if let Some(wait) = step.expected_wait(&self.queue.name, before).filter(|_| self.queue.tells_wait) {
            sounds.extend(said(&about(wait), self.journey.language));
        }
        self.music.goes_on(&mut sounds, step.now.instant);
        self.guest.hears_all(sounds, step);
        step.set(CallTimer::Tell, self.queue.every);
    }

    fn give_up(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Warn, "The caller has waited as long as the queue allows", "");
        self.lead_on(step)
    }

    /// To where the plan leads those whom nobody takes.
    fn lead_on(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        self.leave(QueueEnd::LedOn, step);
        let Self { guest, journey, queue, .. } = *self;
        match queue.nobody {
            Some(to) => way::go_on(Seat::Answered(guest), journey, &to, step),
            None => step.finish(Ending::new(CallEnd::NoAnswer, Fault::Callee)),
        }
    }

    fn leave(&self, end: QueueEnd, step: &mut Step<'_>) {
        step.card.leaves_queue(step.now.wall, end);
        for timer in [CallTimer::Turn, CallTimer::Tell, CallTimer::Patience, CallTimer::Key] {
            step.clear(timer);
        }
    }
}

/// "The wait is about five minutes." Nobody believes eleven, and few believe less than they then have to wait: it is rounded up, by fives from
/// ten on.
fn about(wait: Duration) -> Vec<Prompt> {
    let minutes = wait.as_secs().div_ceil(60);
    let minutes = if minutes > 10 { minutes.div_ceil(5) * 5 } else { minutes };
    match u32::try_from(minutes) {
        Ok(minutes @ 2..=90) => {
            [Prompt::QueueMinutes].into_iter().chain(prompts::number(minutes)).chain([Prompt::Minutes]).collect()
        }
        Ok(..=1) => vec![Prompt::QueueMinute],
        // Longer than anybody is told to wait.
        _ => Vec::new(),
    }
}
