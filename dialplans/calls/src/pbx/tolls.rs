//! What outside calls cost, at the [`Pbx`]: the plan asks what was used, and what it refuses for that reason staff hear of.

use std::time::Duration;

use model::{CallId, Now};
use plan::{Caller, Class, Money, Target, Usage};

use crate::api::{Event, Output};
use crate::call::entry::Card;
use crate::call::{CallEvent, Limit, Obstacle, UsedUp};
use crate::pbx::Pbx;
use crate::timers::Timer;
use crate::tolls::Toll;

/// So long before a limit is used up those whose call it ends hear it: time to say goodbye.
const NOTICE: Duration = Duration::from_secs(60);
/// Who could not hear it now is told again so much later.
const AGAIN: Duration = Duration::from_secs(5);

impl Pbx {
    /// What was used of the plan's limits by this caller and by all.
    pub(crate) fn used(&self, caller: &Caller, now: Now) -> Usage {
        let Caller::Extension { user } = caller else { return Usage::default() };
        let up = self.calls.values().filter(|e| e.ending().is_none());
        let tolls: Vec<_> = up.flat_map(|e| e.card.tolls.iter()).collect();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let abroad = tolls.iter().filter(|toll| toll.class == Class::International);
        let talking = abroad.map(|toll| toll.talked(now.wall).as_secs()).sum::<u64>();
        let talking = u32::try_from(talking).unwrap_or(u32::MAX);
        let costs = tolls.iter().filter(|toll| toll.runs());
        let running = costs.map(|toll| toll.rate.for_minutes(toll.talked(now.wall)).0).sum();
        let (per_hour_each, per_day_each) = self.ledger.calls(user, now.instant);
        Usage {
            at_once_each: count(tolls.iter().filter(|toll| toll.user == *user).count()),
            at_once: count(tolls.len()),
            per_hour_each,
            per_day_each,
            minutes_abroad: self.ledger.seconds_abroad(now.instant).saturating_add(talking) / 60,
            spent: Money(self.ledger.spent(now.instant).0.saturating_add(running)),
        }
    }

    /// An outside call that a person begins, or hands on, counted; `None` for any other.
    pub(crate) fn toll(
        &mut self,
        caller: &Caller,
        target: &Target,
        obstacle: Option<Obstacle>,
        now: Now,
    ) -> Option<Toll> {
        let toll = self.uncounted(caller, target).filter(|_| obstacle.is_none())?;
        self.ledger.begins(&toll, now.instant);
        self.out.push_back(Output::Event(Event::KeptChanged));
        Some(toll)
    }

    /// What an outside call of a person would cost them, if it is answered.
    pub(crate) fn uncounted(&self, caller: &Caller, target: &Target) -> Option<Toll> {
        let (Caller::Extension { user }, Target::Trunk { number, .. }) = (caller, target) else { return None };
        let class = Class::of(number, &self.site.settings.numbering.country)?;
        Some(Toll { user: user.clone(), class, rate: self.site.plan.rate(number, class), since: None })
    }

    /// Staff hear of a limit that was reached, once in a while.
    pub(crate) fn tell_staff(&mut self, sentence: Option<&str>, now: Now) {
        if let Some(sentence) = sentence.filter(|s| self.ledger.is_news(s, now.instant)) {
            self.out.push_back(Output::Event(Event::Notice { sentence: sentence.into() }));
        }
    }

    /// Calls that are up do not last beyond what the plan allows of time abroad, and of money. Those who talk are told a minute before; calls for
    /// help are neither told nor ended.
    pub(crate) fn watch_tolls(&mut self, now: Now) {
        self.timers.clear(Timer::Tolls);
        let limits = [self.time_left_abroad(now), self.money_left(now)];
        let mut next: Option<Duration> = None;
        for Left { calls, time, what } in limits.into_iter().flatten() {
            if let Some(time) = self.watch(now, calls, time, what) {
                next = Some(next.map_or(time, |next| next.min(time)));
            }
        }
        if let Some(next) = next {
            self.timers.set(Timer::Tolls, now.instant + next.max(Duration::from_millis(1)));
        }
    }

    /// Tells these calls of what is left for them, or ends them. When to look again.
    fn watch(&mut self, now: Now, mut calls: Vec<CallId>, left: Duration, what: Limit) -> Option<Duration> {
        if left.is_zero() {
            self.tell_staff(Some(what.told()), now);
            self.each(now, &calls, UsedUp::Over(what));
            return None;
        }
        let next = left.saturating_sub(NOTICE);
        if !next.is_zero() {
            return Some(next);
        }
        let is_untold = |this: &Self, id: &CallId| this.calls.get(id).is_some_and(|entry| !entry.card.warned);
        calls.retain(|id| is_untold(self, id));
        self.each(now, &calls, UsedUp::Soon(what));
        let again = calls.iter().any(|id| is_untold(self, id));
        Some(if again { left.min(AGAIN) } else { left })
    }

    /// How long those may go on who talk with numbers abroad.
    fn time_left_abroad(&self, now: Now) -> Option<Left> {
        let allowed = Duration::from_secs(self.site.plan.seconds_abroad()?.into());
        let abroad = |toll: &&Toll| toll.class == Class::International;
        let talked = self.running(abroad).map(|(toll, _)| toll.talked(now.wall));
        let (at_once, talked) = talked.fold((0, Duration::ZERO), |(n, sum), time| (n + 1, sum + time));
        let used = Duration::from_secs(self.ledger.seconds_abroad(now.instant).into()) + talked;
        let calls = self.with_end(abroad);
        let time = || allowed.saturating_sub(used) / at_once.max(1);
        (!calls.is_empty()).then(|| Left { calls, time: time(), what: Limit::Minutes })
    }

    /// How long those may go on whose calls cost.
    fn money_left(&self, now: Now) -> Option<Left> {
        let allowed = self.site.plan.spent_per_day()?;
        let costs = |toll: &&Toll| toll.rate > Money::default();
        let one = |(toll, _): (&Toll, &Card)| (toll.rate.0, toll.rate.for_minutes(toll.talked(now.wall)).0);
        let sum = |(rates, spent): (u64, u64), (rate, cost)| (rates.saturating_add(rate), spent.saturating_add(cost));
        let (per_minute, running) = self.running(costs).map(one).fold((0, self.ledger.spent(now.instant).0), sum);
        let calls = self.with_end(costs);
        let time =
            || Duration::from_millis(allowed.0.saturating_sub(running).saturating_mul(60_000) / per_minute.max(1));
        (!calls.is_empty()).then(|| Left { calls, time: time(), what: Limit::Money })
    }

    /// Tolls of this kind that run, each with its call.
    fn running<'a>(&'a self, kind: impl Fn(&&'a Toll) -> bool) -> impl Iterator<Item = (&'a Toll, &'a Card)> {
        let up = self.calls.values().filter(|entry| entry.ending().is_none()).map(|entry| &entry.card);
        up.flat_map(|card| card.tolls.iter().filter(|toll| toll.runs()).map(move |toll| (toll, card)))
            .filter(move |(toll, _)| kind(toll))
    }

    /// The calls with such a toll that may be ended.
    fn with_end<'a>(&'a self, kind: impl Fn(&&'a Toll) -> bool) -> Vec<CallId> {
        let mut calls: Vec<CallId> = self
            .running(kind)
            .filter(|(_, card)| card.help.is_none() && !card.sought_help)
            .map(|(_, card)| card.id)
            .collect();
        calls.dedup();
        calls
    }

    fn each(&mut self, now: Now, calls: &[CallId], what: UsedUp) {
        for id in calls {
            self.step(now, *id, CallEvent::UsedUp(what));
        }
    }
}

/// How long some calls may go on.
struct Left {
    calls: Vec<CallId>,
    time: Duration,
    what: Limit,
}
