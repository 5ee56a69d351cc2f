//! Who left a queue is called back when it is their turn: first somebody of the queue, who takes it by a key, then they, by the rights and
//! within the limits of whoever took it.

use std::time::Duration;

use model::call::{CallEnd, Party};
use model::callback::CallbackState;
use model::fax::Direction;
use model::{CallId, Callback, CallbackId, CommandError, Now};
use plan::{Caller, Target};

use crate::api::{Event, Output};
use crate::call::entry::{CallingFor, Card, Entry};
use crate::call::{CallEvent, CallingBack, Callout, Errand};
use crate::callback::{Answer, Ask};
use crate::pbx::Pbx;
use crate::pbx::arrivals::CarrierSays;
use crate::step::Around;
use crate::timers::Timer;

/// How often it is looked whether somebody is free, as callers who wait do.
const TURN: Duration = Duration::from_secs(1);
/// After all who are free were asked and did not take it, or while nobody may or can call, those who wait on the line go first for so long.
const PAUSE: Duration = Duration::from_secs(60);

impl Pbx {
    /// Those of before a restart. One that was being dialled then is not dialled again.
    pub fn restore_callbacks(&mut self, now: Now, all: Vec<Callback>) {
        self.callbacks.restore(all);
        self.watch_callbacks(now);
        self.live_changed = true;
    }

    /// Who is to be called back, or could not be, the first first.
    pub fn callbacks(&self) -> Vec<Callback> {
        self.callbacks.all()
    }

    fn watch_callbacks(&mut self, now: Now) {
        if self.callbacks.is_waiting() && self.timers.at(Timer::Callbacks).is_none() {
            self.timers.set(Timer::Callbacks, now.instant + TURN);
        }
    }

    fn ask_store(&mut self, call: Option<CallId>, ask: Ask) {
        self.live_changed = true;
        self.out.push_back(Output::Event(Event::Callback { call, ask }));
    }

    /// A caller leaves the queue. One number is called back once.
    pub(super) fn keep_callback(&mut self, now: Now, id: CallId, callback: Callback, number: u64) {
        if self.callbacks.has(&callback) {
            return self.step(now, id, CallEvent::Callback(Callout::Kept(true)));
        }
        self.callbacks.add(callback.clone(), number);
        self.ask_store(Some(id), Ask::Keep(Box::new(callback)));
    }

    pub(super) fn callback_answered(&mut self, now: Now, call: CallId, callback: CallbackId, answer: Answer) {
        self.live_changed = true;
        match answer {
            Answer::Kept(kept) => {
                self.callbacks.kept(callback, kept);
                self.watch_callbacks(now);
                self.step(now, call, CallEvent::Callback(Callout::Kept(kept)));
            }
            Answer::Started(false) => self.step(now, call, CallEvent::Callback(Callout::NotNow)),
            Answer::Started(true) => self.call_out(now, call, callback),
        }
    }

    /// Somebody has taken it and that is durable: the number is dialled, as a call of theirs. If it cannot be, nothing was dialled, and it
    /// waits again.
    fn call_out(&mut self, now: Now, call: CallId, callback: CallbackId) {
        let agent = self.calls.get(&call).and_then(|entry| entry.stage.as_ref()?.calls_back());
        let wanted = self.callbacks.get_mut(callback).map(|absent| absent.callback.number.clone());
        let way = agent.zip(wanted).and_then(|(user, number)| {
            let caller = Caller::Extension { user };
            let decision = self.decide(&caller, &number, CarrierSays::default(), now);
            let free = !self.no_channel(&decision.target);
            let Target::Trunk { trunk, or, number } = decision.target.clone() else { return None };
            let toll = if free { self.toll(&caller, &decision.target, None, now) } else { None };
            free.then_some(Errand { trunk, or, number, toll, why: decision.why, caller })
        });
        match way {
            Some(errand) => {
                self.callbacks.become_(callback, CallbackState::Dialling);
                self.step(now, call, CallEvent::Callback(Callout::Dial(Box::new(errand))));
            }
            None => {
                self.ask_store(None, Ask::Become { callback, state: CallbackState::Waiting });
                self.step(now, call, CallEvent::Callback(Callout::NotNow));
            }
        }
    }

    /// A call for somebody is over. Where no trunk took it their telephone has not rung, and they keep their place.
    pub(super) fn callback_over(&mut self, now: Now, calling: CallingFor, reached: bool, end: CallEnd) {
        let CallingFor { id, dialled } = calling;
        if dialled {
            let state = match end {
                _ if reached => CallbackState::Reached,
                CallEnd::TrunkFailed => CallbackState::Waiting,
                _ => CallbackState::Missed,
            };
            self.callbacks.become_(id, state);
            self.ask_store(None, Ask::Become { callback: id, state });
            match (state, end) {
                (CallbackState::Waiting, _) => {
                    self.put_off(now, id);
                    self.watch_callbacks(now);
                }
                (CallbackState::Missed, CallEnd::Abandoned | CallEnd::HungUp) => self.tell_callback(
                    "A caller who left a queue was called back, and whoever called hung up before they answered.",
                ),
                (CallbackState::Missed, _) => {
                    self.tell_callback("A caller who left a queue was called back and did not answer.");
                }
                _ => {}
            }
            return;
        }
        if let Some(absent) = self.callbacks.get_mut(id) {
            absent.later(now.instant, Duration::ZERO);
        }
        self.watch_callbacks(now);
    }

    fn tell_callback(&mut self, sentence: &str) {
        self.out.push_back(Output::Event(Event::Notice { sentence: sentence.into() }));
    }

    pub(super) fn cancel_callback(&mut self, order: u64, callback: CallbackId) {
        let result = match self.callbacks.get_mut(callback) {
            None => Err(CommandError::NotNow("They are no longer on the list.".to_owned())),
            Some(absent) if absent.call.is_some() || absent.callback.state == CallbackState::Dialling => {
                Err(CommandError::NotNow("They are being called back now.".to_owned()))
            }
            Some(_) => {
                self.callbacks.become_(callback, CallbackState::Cancelled);
                self.ask_store(None, Ask::Become { callback, state: CallbackState::Cancelled });
                Ok(())
            }
        };
        self.out.push_back(Output::Event(Event::CallbackCancelled { order, result }));
    }

    /// Whose turn is it, and is somebody free who may call them?
    pub(super) fn call_back(&mut self, now: Now) {
        for id in self.callbacks.expired(now.wall) {
            self.callbacks.become_(id, CallbackState::Expired);
            self.ask_store(None, Ask::Become { callback: id, state: CallbackState::Expired });
            self.tell_callback("A caller who left a queue could not be called back in time.");
        }
        let mut queues: Vec<String> = Vec::new();
        let waiting: Vec<(CallbackId, String, u64)> = self
            .callbacks
            .waiting(now.instant)
            .iter()
            .map(|a| (a.callback.id, a.callback.queue.clone(), a.number))
            .collect();
        for (id, queue, number) in waiting {
            // One at a time for each queue: the next one sees who is free then.
            if !queues.contains(&queue) && !self.is_before(&queue, number) {
                self.ask_agents(now, id, &queue);
            }
            queues.push(queue);
        }
        self.watch_callbacks(now);
    }

    /// Somebody on the line came before, and nobody rings for them.
    fn is_before(&self, queue: &str, number: u64) -> bool {
        let up = self.calls.values().filter(|entry: &&Entry| entry.ending().is_none());
        let mut places = up.filter_map(|entry| entry.card.place.as_ref());
        places.any(|place| place.queue == queue && place.number < number && !place.rings)
    }

    /// Asks who is free. Nobody is asked who may not call that number now.
    fn ask_agents(&mut self, now: Now, id: CallbackId, queue: &str) {
        let Some(queue) = self.site.plan.queue(queue).cloned() else { return self.put_off(now, id) };
        let free =
            queue.extensions.iter().filter(|e| self.around().is_free_for(&queue, e)).cloned().collect::<Vec<_>>();
        let Some(absent) = self.callbacks.get_mut(id).filter(|_| !free.is_empty()) else { return };
        let (callback, asked) = (absent.callback.clone(), absent.asked.clone());
        let able: Vec<String> = free.into_iter().filter(|e| self.may_call(now, e, &callback)).collect();
        let next: Vec<String> = able.iter().filter(|e| !asked.contains(e)).cloned().collect();
        if next.is_empty() {
            return self.put_off(now, id);
        }
        if self.calls.values().filter(|e| e.ending().is_none()).count() >= self.limits.calls {
            return;
        }
        let call = CallId::new(now.wall, &mut self.random);
        let them = Party { number: Some(callback.number.clone()), name: callback.name.clone() };
        let mut card = Card::new(call, Direction::Out, Party::default(), them, now.wall);
        card.callback = Some(CallingFor { id, dialled: false });
        self.calls.insert(call, Entry::new(card));
        if let Some(absent) = self.callbacks.get_mut(id) {
            absent.call = Some(call);
        }
        let rung = self.begin_callback(now, call, callback, queue, next);
        if let Some(absent) = self.callbacks.get_mut(id) {
            absent.asked.extend(rung);
        }
    }

    fn begin_callback(
        &mut self,
        now: Now,
        call: CallId,
        callback: Callback,
        queue: plan::Queue,
        mut next: Vec<String>,
    ) -> Vec<String> {
        let mut rung = Vec::new();
        self.begin(now, call, |step| {
            step.sort(&mut next, queue.order);
            if !matches!(queue.order, plan::RingOrder::Together | plan::RingOrder::Growing) {
                next.truncate(1);
            }
            rung.clone_from(&next);
            CallingBack::begin(callback, next, queue.ring, step)
        });
        rung
    }

    fn may_call(&mut self, now: Now, extension: &str, callback: &Callback) -> bool {
        let Some(user) = self.site.settings.extension(extension).map(|person| person.user.clone()) else {
            return false;
        };
        let decision = self.decide(&Caller::Extension { user }, &callback.number, CarrierSays::default(), now);
        matches!(decision.target, Target::Trunk { .. }) && !self.no_channel(&decision.target)
    }

    fn put_off(&mut self, now: Now, id: CallbackId) {
        if let Some(absent) = self.callbacks.get_mut(id) {
            absent.asked.clear();
            absent.later(now.instant, PAUSE);
        }
    }

    /// What is around all calls.
    pub(crate) const fn around(&self) -> Around<'_> {
        Around {
            site: &self.site,
            registrar: &self.registrar,
            servers: &self.servers,
            calls: &self.calls,
            desks: &self.desks,
            rested: &self.rested,
            callbacks: &self.callbacks,
            meetings: &self.meetings,
            waits: &self.waits,
        }
    }
}
