//! What outside calls cost, at the [`Pbx`]: the plan asks what was used, and what it refuses for that reason staff hear of.

use std::time::Duration;

use model::{CallId, Now, Wall};
use plan::{Caller, Class, Target, Usage};

use crate::api::{Event, Output};
use crate::call::{Abroad, CallEvent, Obstacle};
use crate::pbx::Pbx;
use crate::timers::Timer;
use crate::tolls::Toll;

/// So long before the minutes abroad are used up those who talk there hear it: time to say goodbye.
const NOTICE: Duration = Duration::from_secs(60);
/// Who could not hear it now is told again so much later.
const AGAIN: Duration = Duration::from_secs(5);

impl Pbx {
    /// What was used of the plan's limits by this caller and by all.
    pub(crate) fn used(&self, caller: &Caller, now: Now) -> Usage {
        let Caller::Extension { user } = caller else { return Usage::default() };
        let up = self.calls.values().filter(|e| e.ending().is_none());
        let tolls: Vec<_> = up.flat_map(|e| e.card.tolls.iter().map(|toll| (toll, e.card.answered))).collect();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let abroad = tolls.iter().filter(|(toll, _)| toll.class == Class::International);
        let talking = abroad.map(|(toll, answered)| toll.talked(*answered, now.wall).as_secs()).sum::<u64>();
        let talking = u32::try_from(talking).unwrap_or(u32::MAX);
        let (per_hour_each, per_day_each) = self.ledger.calls(user, now.instant);
        Usage {
            at_once_each: count(tolls.iter().filter(|(toll, _)| toll.user == *user).count()),
            at_once: count(tolls.len()),
            per_hour_each,
            per_day_each,
            minutes_abroad: self.ledger.seconds_abroad(now.instant).saturating_add(talking) / 60,
        }
    }

    /// An outside call that a person begins, or hands on `since` then, counted; `None` for any other.
    pub(crate) fn toll(
        &mut self,
        caller: &Caller,
        target: &Target,
        obstacle: Option<Obstacle>,
        now: Now,
        since: Option<Wall>,
    ) -> Option<Toll> {
        let (Caller::Extension { user }, Target::Trunk { number, .. }, None) = (caller, target, obstacle) else {
            return None;
        };
        let class = Class::of(number, &self.site.settings.numbering.country)?;
        let toll = Toll { user: user.clone(), class, since };
        self.ledger.begins(&toll, now.instant);
        self.out.push_back(Output::Event(Event::KeptChanged));
        Some(toll)
    }

    /// Staff hear of a limit that was reached, once in a while.
    pub(crate) fn tell_staff(&mut self, sentence: Option<&str>, now: Now) {
        if let Some(sentence) = sentence.filter(|s| self.ledger.is_news(s, now.instant)) {
            self.out.push_back(Output::Event(Event::Notice { sentence: sentence.into() }));
        }
    }

    /// Calls with numbers abroad that are up do not last beyond what the plan allows of them. Those who talk are told a minute before; calls
    /// for help are neither told nor ended.
    pub(crate) fn watch_abroad(&mut self, now: Now) {
        self.timers.clear(Timer::Abroad);
        let Some(allowed) = self.site.plan.seconds_abroad() else { return };
        let mut used = Duration::from_secs(self.ledger.seconds_abroad(now.instant).into());
        let mut running: Vec<(CallId, bool)> = Vec::new();
        let mut at_once = 0;
        for (id, entry) in self.calls.iter().filter(|(_, entry)| entry.ending().is_none()) {
            let card = &entry.card;
            for toll in card.tolls.iter().filter(|toll| toll.runs(card.answered)) {
                used += toll.talked(card.answered, now.wall);
                at_once += 1;
            }
            let costs = card.tolls.iter().any(|toll| toll.runs(card.answered));
            if costs && card.help.is_none() && !card.sought_help {
                running.push((*id, card.warned));
            }
        }
        if running.is_empty() {
            return;
        }
        let left = Duration::from_secs(allowed.into()).saturating_sub(used) / at_once;
        if left.is_zero() {
            let told = "As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended.";
            self.tell_staff(Some(told), now);
            return self.each_abroad(now, &running, Abroad::Over);
        }
        let mut next = left.saturating_sub(NOTICE);
        if next.is_zero() {
            running.retain(|(_, warned)| !warned);
            self.each_abroad(now, &running, Abroad::Soon);
            let is_untold = |(id, _): &(CallId, bool)| self.calls.get(id).is_some_and(|entry| !entry.card.warned);
            next = if running.iter().any(is_untold) { left.min(AGAIN) } else { left };
        }
        self.timers.set(Timer::Abroad, now.instant + next.max(Duration::from_millis(1)));
    }

    fn each_abroad(&mut self, now: Now, calls: &[(CallId, bool)], what: Abroad) {
        for (id, _) in calls {
            self.step(now, *id, CallEvent::Abroad(what));
        }
    }
}
