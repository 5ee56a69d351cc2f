//! What outside calls cost, at the [`Pbx`]: the plan asks what was used, and what it refuses for that reason staff hear of.

use model::{Now, Wall};
use plan::{Caller, Class, Target, Usage};

use crate::api::{Event, Output};
use crate::call::Obstacle;
use crate::pbx::Pbx;
use crate::tolls::Toll;

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
}
