//! A caller who waits leaves, and keeps their place: they say where they want to be called back, and hear that it is settled only when it is
//! durable. Until then they wait as before, and whoever becomes free talks with them.

use std::time::Duration;

use media::Sound;
use model::call::{CallEnd, Fault, QueueEnd};
use model::callback::CallbackState;
use model::trace::Mark;
use model::{Callback, CallbackId, PhoneNumber};
use plan::{Caller, Facts, Target};
use prompts::Prompt;

use crate::call::Stage;
use crate::call::queue::Queueing;
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;
use crate::words::said;

/// How long somebody may think about what to press.
const KEY: Duration = Duration::from_secs(15);
/// How long the store may take.
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(5);
/// How often somebody may type a number that we cannot call.
const TRIES: u8 = 3;
/// No number is longer (E.164), with all that is dialled before it.
const LONGEST: usize = 20;

/// How far it has come.
pub(super) struct Offer {
    doing: Doing,
    wrong: u8,
}

enum Doing {
    /// The number was said: is it right?
    Confirming(PhoneNumber),
    /// Another one is being typed.
    Typing(String),
    /// The store is asked.
    Keeping,
    /// It is settled, and the caller hears that.
    Settled,
}

impl Offer {
    /// The caller is on the list, or about to be.
    pub(super) const fn is_taken(&self) -> bool {
        matches!(self.doing, Doing::Keeping | Doing::Settled)
    }
}

impl Queueing {
    /// What is said of it to those who wait.
    pub(super) fn may_leave(&self) -> Vec<Sound> {
        let Some(callback) = self.queue.callback else { return Vec::new() };
        let mut words = vec![Prompt::QueueCallback];
        words.extend(prompts::digits(&callback.key.to_string()));
        said(&words, self.journey.language)
    }

    /// A key: the one that asks for it, or an answer.
    pub(super) fn pressed(mut self: Box<Self>, key: char, step: &mut Step<'_>) -> Stage {
        let Some(Offer { doing, wrong }) = self.offer.take() else {
            if self.queue.callback.is_some_and(|callback| callback.key == key) && step.card.help.is_none() {
                self.begin_offer(step);
            }
            return Stage::Queueing(self);
        };
        match (doing, key) {
            (doing @ (Doing::Keeping | Doing::Settled), _) => self.offer = Some(Offer { doing, wrong }),
            (_, '*') => self.stay(step),
            (Doing::Confirming(number), '1') => self.keep(number, wrong, step),
            (Doing::Confirming(_), '2') => self.ask_for_number(&[], wrong, step),
            (Doing::Confirming(number), _) => self.confirm(&[Prompt::InvalidChoice], number, wrong, step),
            (Doing::Typing(typed), '#') => self.typed(&typed, wrong, step),
            (Doing::Typing(mut typed), digit) => {
                if typed.len() < LONGEST {
                    typed.push(digit);
                }
                self.guest.hears_nothing(step);
                step.set(CallTimer::Key, KEY);
                self.offer = Some(Offer { doing: Doing::Typing(typed), wrong });
            }
        }
        Stage::Queueing(self)
    }

    fn begin_offer(&mut self, step: &mut Step<'_>) {
        step.note(Mark::Good, "The caller wants to be called back", "");
        let own = self.guest.peer.who.party.number.clone().filter(|_| !self.guest.peer.who.private);
        match own.filter(|number| self.may_be_called(number, step)) {
            Some(number) => self.confirm(&[], number, 0, step),
            None => self.ask_for_number(&[], 0, step),
        }
    }

    /// Somebody of the queue may call this number, as far as their rights go; the limits count when it is called. Help is no number to
    /// call back.
    fn may_be_called(&self, number: &PhoneNumber, step: &Step<'_>) -> bool {
        self.queue.extensions.iter().filter_map(|e| step.site.settings.extension(e)).any(|person| {
            let caller = Caller::Extension { user: person.user.clone() };
            let facts = Facts::new(&caller, number, &step.site.settings, step.now.wall);
            matches!(step.site.plan.route(&facts).target, Target::Trunk { .. })
        })
    }

    fn say(&mut self, words: &[Prompt], doing: Doing, wrong: u8, step: &mut Step<'_>) {
        self.music.stops(step.now.instant);
        self.guest.hears_all(said(words, self.journey.language), step);
        step.set(CallTimer::Key, KEY);
        self.offer = Some(Offer { doing, wrong });
    }

    /// "We will call you back at this number: …".
    fn confirm(&mut self, before: &[Prompt], number: PhoneNumber, wrong: u8, step: &mut Step<'_>) {
        let mut words = before.to_vec();
        words.push(Prompt::CallbackNumber);
        words.extend(prompts::digits(number.as_str()));
        words.push(Prompt::CallbackConfirm);
        self.say(&words, Doing::Confirming(number), wrong, step);
    }

    fn ask_for_number(&mut self, before: &[Prompt], wrong: u8, step: &mut Step<'_>) {
        let words = [before, &[Prompt::CallbackType]].concat();
        self.say(&words, Doing::Typing(String::new()), wrong, step);
    }

    fn typed(&mut self, typed: &str, wrong: u8, step: &mut Step<'_>) {
        let number = step.site.read(typed).ok();
        match number.filter(|number| self.may_be_called(number, step)) {
            Some(number) => self.confirm(&[], number, wrong, step),
            None if wrong + 1 >= TRIES => {
                step.note(Mark::Warn, "The caller typed no number that may be called", "");
                self.stay(step);
            }
            None => self.ask_for_number(&[Prompt::CallbackRefused], wrong + 1, step),
        }
    }

    fn keep(&mut self, number: PhoneNumber, wrong: u8, step: &mut Step<'_>) {
        let within = self.queue.callback.map_or(Duration::ZERO, |callback| callback.within);
        let callback = Callback {
            id: CallbackId::new(step.now.wall, step.random),
            queue: self.queue.name.clone(),
            number,
            name: self.guest.peer.who.party.name.clone(),
            language: self.journey.language,
            ordered: step.now.wall,
            expires: step.now.after(within).wall,
            state: CallbackState::Waiting,
        };
        if !step.call_back(callback) {
            return self.sorry(step);
        }
        // Whoever rings for them is asked again when it is the turn of the list: nobody gets them twice.
        if let Some(search) = self.search.take() {
            search.give_up(step);
            self.rings(false, step);
            step.set(CallTimer::Turn, super::TURN);
            // That was to be the last one who rings.
            if std::mem::take(&mut self.has_waited) {
                step.set(CallTimer::Patience, ANSWER_WAIT);
            }
        }
        self.guest.hears_nothing(step);
        step.set(CallTimer::Key, ANSWER_WAIT);
        self.offer = Some(Offer { doing: Doing::Keeping, wrong });
    }

    /// It cannot be: they wait on.
    fn sorry(&mut self, step: &mut Step<'_>) {
        step.note(Mark::Bad, "Nobody can be called back now", "");
        self.wait_on(&[Prompt::NotPossible, Prompt::QueueStay], step);
    }

    /// They have thought better of it.
    fn stay(&mut self, step: &mut Step<'_>) {
        step.note(Mark::Detail, "The caller stays on the line", "");
        self.wait_on(&[Prompt::QueueStay], step);
    }

    fn wait_on(&mut self, words: &[Prompt], step: &mut Step<'_>) {
        self.offer = None;
        step.clear(CallTimer::Key);
        let mut sounds = said(words, self.journey.language);
        self.music.goes_on(&mut sounds, step.now.instant);
        self.guest.hears_all(sounds, step);
    }

    /// What the store says.
    pub(super) fn kept(mut self: Box<Self>, kept: bool, step: &mut Step<'_>) -> Stage {
        match self.offer.as_ref().map(|offer| &offer.doing) {
            Some(Doing::Keeping) if kept => {
                step.note(Mark::Good, "The caller keeps their place and is called back", "");
                if let Some(place) = &mut step.card.place {
                    place.kept = true;
                }
                let words = [Prompt::CallbackTaken, Prompt::Goodbye];
                self.say(&words, Doing::Settled, 0, step);
            }
            Some(Doing::Keeping) => self.sorry(step),
            // Too late: they were told that it cannot be. That they are called all the same is the lesser harm.
            _ => {}
        }
        Stage::Queueing(self)
    }

    /// The words are over.
    pub(super) fn told(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        match self.offer.as_ref().map(|offer| &offer.doing) {
            Some(Doing::Settled) => self.settled(step),
            _ => {
                step.set(CallTimer::Key, KEY);
                Stage::Queueing(self)
            }
        }
    }

    /// They press nothing; or the store is silent; or the last words have no end.
    pub(super) fn silent(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        match self.offer.as_ref().map(|offer| &offer.doing) {
            Some(Doing::Settled) => return self.settled(step),
            Some(Doing::Keeping) => self.sorry(step),
            Some(Doing::Confirming(_) | Doing::Typing(_)) => self.stay(step),
            None => {}
        }
        Stage::Queueing(self)
    }

    fn settled(self: Box<Self>, step: &mut Step<'_>) -> Stage {
        self.leave(QueueEnd::CalledBack, step);
        step.finish(Ending::new(CallEnd::HungUp, Fault::None))
    }
}
