//! Running one step of one call, and applying what it came to. All that a step changes is changed here, after it has returned.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::{CallId, Instant, Now, PhoneNumber};
use sip::api::LegId;

use crate::api::{Event, Output};
use crate::call::entry::{Entry, FaxMark, LegState};
use crate::call::{CallEvent, EndedFor, Stage, tape};
use crate::pbx::{Pbx, help};
use crate::refusal::Ending;
use crate::step::{Around, Effects, Note, Step};
use crate::timers::{CallTimer, Timer};
use crate::tolls::Toll;

/// How long a call that is over waits for its media to report; then its record goes out without.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

impl Pbx {
    /// Runs the first step of a call.
    pub(crate) fn begin(&mut self, now: Now, id: CallId, first: impl FnOnce(&mut Step<'_>) -> Stage) {
        self.run(now, id, |_, step| first(step));
    }

    /// Runs a step of a call that is up.
    pub(crate) fn step(&mut self, now: Now, id: CallId, event: CallEvent) {
        if self.calls.get(&id).is_some_and(|e| e.stage.is_some()) {
            self.run(now, id, |stage, step| match stage {
                Some(stage) => stage.on(event, step),
                None => step.finish(Ending::our_fault()),
            });
        }
    }

    /// The stage is taken out while its step runs, and `running` says so: if the step panics, both stay that way.
    pub(crate) fn run(&mut self, now: Now, id: CallId, step: impl FnOnce(Option<Stage>, &mut Step<'_>) -> Stage) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let stage = entry.stage.take();
        self.running.clear();
        self.running.push(id);
        self.live_changed |= stage.is_none();
        let Some(entry) = self.calls.get(&id) else { return };
        let around = Around {
            site: &self.site,
            registrar: &self.registrar,
            servers: &self.servers,
            calls: &self.calls,
            desks: &self.desks,
            rested: &self.rested,
            callbacks: &self.callbacks,
            meetings: &self.meetings,
            waits: &self.waits,
        };
        let mut this = Step::new(now, around, &mut self.lender, &mut self.keys, entry);
        let next = step(stage, &mut this);
        tape::follow(&next, &mut this);
        let effects = this.into_effects();
        self.finish_step(now, id, next, effects);
        self.running.clear();
    }

    /// Takes the stage of a call that is up, for a step.
    pub(crate) fn take_stage(&mut self, id: CallId) -> Option<Stage> {
        self.calls.get_mut(&id)?.stage.take()
    }

    /// Applies a step that has returned, and all that follows from it.
    pub(crate) fn finish_step(&mut self, now: Now, id: CallId, next: Stage, mut effects: Effects) {
        let (ask, callback, key) = (effects.ask.take(), effects.callback.take(), effects.key.take());
        let room = std::mem::take(&mut effects.room);
        let ended = match &next {
            Stage::Closing(ending) => Some(*ending),
            _ => None,
        };
        let alarms = help::alarms(&effects.out);
        self.apply(now, id, next, effects);
        alarms.iter().for_each(|alarm| self.tell_phones(alarm));
        if let Some(ending) = ended {
            self.announce_end(now, id, &ending);
        }
        self.follow_rooms(now, id, key);
        self.close_if_over(now, id);
        if let Some((callback, number)) = callback {
            self.keep_callback(now, id, callback, number);
        }
        if let Some(ask) = ask {
            self.answer(now, id, ask);
        }
        room.iter().for_each(|(trunk, how)| self.make_room(now, trunk, *how));
    }

    fn apply(&mut self, now: Now, id: CallId, next: Stage, effects: Effects) {
        let Effects {
            out,
            notes,
            timers,
            trunk_news,
            learned,
            silent,
            legs,
            sessions,
            card,
            lanes,
            desks,
            room: _,
            ask: _,
            callback: _,
            key: _,
            waited,
        } = effects;
        self.lamps_changed = true;
        for (leg, desk) in desks {
            if let Some(number @ PhoneNumber::E164(_)) = &desk.other.number {
                self.last_outside.insert(desk.extension.clone(), number.clone());
            }
            self.desks.insert(leg, desk);
        }
        for output in &out {
            if let Output::Sip(sip::api::Command::Ring { leg, .. }) = output {
                self.desk_rings(*leg);
            }
        }
        for (leg, lane) in lanes {
            self.ladders.add(id, leg, lane);
        }
        self.apply_legs(id, legs);
        self.apply_timers(id, &timers);
        for (trunk, server, works) in trunk_news {
            if let Some(server) = server {
                self.servers.news(now.instant, &trunk, &server, works);
            }
            self.trunk_news(trunk, works);
        }
        for (trunk, image_alone) in learned {
            if self.servers.takes(&trunk, image_alone, now.wall) {
                self.out.push_back(Output::Event(Event::KeptChanged));
            }
        }
        if let Some((queue, waited)) = waited {
            self.waits.entry(queue).or_default().add(now.instant, waited);
        }
        self.silent_trunks.extend(silent.into_iter().map(|trunk| (trunk, now.instant)));
        self.out.extend(out);
        let Some(entry) = self.calls.get_mut(&id) else { return };
        entry.stage = Some(next);
        entry.sessions = sessions;
        self.live_changed |= card.as_ref().is_some_and(|c| c.shows_otherwise(&entry.card));
        self.tolls_changed |= card.as_ref().is_some_and(|c| c.costs_otherwise(&entry.card));
        entry.card = card.unwrap_or_else(|| entry.card.clone());
        for Note { mark, title, detail } in notes {
            entry.trace.note(now.wall, mark, title, detail);
        }
    }

    fn apply_legs(&mut self, id: CallId, legs: Arc<BTreeMap<LegId, LegState>>) {
        let Some(entry) = self.calls.get_mut(&id) else { return };
        let changed = !Arc::ptr_eq(&entry.legs, &legs);
        if changed {
            for leg in entry.legs.keys() {
                self.legs.remove(leg);
            }
        }
        for leg in legs.keys() {
            if changed {
                self.legs.insert(*leg, id);
            }
            self.ladders.follow(id, *leg);
        }
        entry.legs = legs;
    }

    fn apply_timers(&mut self, id: CallId, timers: &[(CallTimer, Option<Instant>)]) {
        for (timer, at) in timers {
            match at {
                Some(at) => self.timers.set(Timer::Call(id, *timer), *at),
                None => self.timers.clear(Timer::Call(id, *timer)),
            }
        }
    }

    /// A call is over. A fax hears of it exactly once, here and nowhere else.
    fn announce_end(&mut self, now: Now, id: CallId, ending: &Ending) {
        let Some(entry) = self.calls.get_mut(&id).filter(|e| e.ended.is_none()) else { return };
        self.live_changed = true;
        self.tolls_changed |= entry.card.tolls.iter().any(Toll::runs);
        entry.ended = Some(now.wall);
        let callback = entry.card.callback.map(|callback| (callback, entry.card.answered.is_some()));
        for toll in &entry.card.tolls {
            self.ledger.ends(toll, toll.talked(now.wall), now.instant);
        }
        if !entry.card.tolls.is_empty() {
            self.out.push_back(Output::Event(Event::KeptChanged));
        }
        let event = match entry.card.fax {
            Some(FaxMark::NotYet) => {
                Some(Event::FaxFailed { call: id, direction: entry.card.direction, cause: ending.fax })
            }
            Some(FaxMark::Attached) => Some(Event::FaxLineEnded { call: id }),
            None => None,
        };
        self.timers.clear_call(id);
        self.timers.set(Timer::Call(id, CallTimer::Close), now.instant + CLOSE_WAIT);
        self.out.extend(event.map(Output::Event));
        if let Some((callback, reached)) = callback {
            self.callback_over(now, callback, reached, ending.end);
        }
    }

    /// Its media has reported: nothing keeps the record back.
    fn close_if_over(&mut self, now: Now, id: CallId) {
        if self.calls.get(&id).is_some_and(|e| e.ending().is_some() && e.sessions.is_empty()) {
            self.close(now, id);
        }
    }

    /// The program ends: whoever talks learns it from their phone, and not by silence, and every call has its record.
    pub(crate) fn end_all(&mut self, now: Now) {
        let up: Vec<CallId> = self.calls.iter().filter(|(_, e)| e.ending().is_none()).map(|(id, _)| *id).collect();
        for id in up {
            // Its fax is not told, as of a line that breaks: nothing is wrong with the line, and the next start knows what to do about it.
            if let Some(card) = self.calls.get_mut(&id).map(|entry| &mut entry.card).filter(|card| card.fax.is_some()) {
                card.taken = card.taken.or(card.answered);
                card.fax = None;
            }
            self.step(now, id, CallEvent::HangUp(EndedFor::TheEnd));
        }
    }

    /// The program ends, and no media will report any more: what is known of these calls is kept.
    pub(crate) fn close_all_that_are_over(&mut self, now: Now) {
        let over: Vec<CallId> = self.calls.iter().filter(|(_, e)| e.ending().is_some()).map(|(id, _)| *id).collect();
        over.into_iter().for_each(|id| self.close(now, id));
    }

    /// Writes the record. Sessions that never reported were lost with the media engine: their ports come back all the same.
    pub(crate) fn close(&mut self, now: Now, id: CallId) {
        let Some(ending) = self.calls.get(&id).and_then(Entry::ending).copied() else { return };
        let Some(entry) = self.calls.remove(&id) else { return };
        self.timers.clear_call(id);
        self.lender.reclaim(now, id, |_| false);
        for leg in entry.legs.keys() {
            self.legs.remove(leg);
        }
        let record = entry.record(now.wall, &ending);
        self.out.push_back(Output::Event(Event::Record(Box::new(record))));
        if let Some(ladder) = self.ladders.over(id) {
            self.out.push_back(Output::Event(Event::Ladder { call: id, ladder: ladder.into() }));
        }
    }
}
