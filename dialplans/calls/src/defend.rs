//! What the [`Pbx`] does about those who do not belong here, and about stolen passwords. The endpoint turns the first away and the plan
//! refuses the second; here it is counted, people are told, and it is put on record.

use std::time::Duration;

use model::defence::Block;
use model::{CommandError, Now, Source, Wall};
use plan::{Caller, Class, Target, Usage};
use sip::api as sip_api;

use crate::api::{Event, Output};
use crate::call::Obstacle;
use crate::ledger::Toll;
use crate::pbx::Pbx;
use crate::timers::Timer;

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
        Some(toll)
    }

    /// Staff hear of a limit that was reached, once in a while.
    pub(crate) fn tell_staff(&mut self, sentence: Option<&str>, now: Now) {
        if let Some(sentence) = sentence.filter(|s| self.ledger.is_news(s, now.instant)) {
            self.out.push_back(Output::Event(Event::Notice { sentence: sentence.into() }));
        }
    }

    pub(crate) fn on_blocked(&mut self, now: Now, block: Block) {
        self.guard.blocked(block.clone());
        self.out.push_back(Output::Event(Event::Blocked(block)));
        self.live_changed = true;
        self.watch_blocks(now);
    }

    pub(crate) fn on_forgiven(&mut self, source: Source) {
        if self.guard.unblocked(source) {
            self.out.push_back(Output::Event(Event::Forgiven { source }));
            self.live_changed = true;
        }
    }

    /// The endpoint is told in any case: it may know of more blocks than are shown.
    pub(crate) fn unblock(&mut self, source: Source) {
        self.out.push_back(Output::Sip(sip_api::Command::Unblock { source }));
        let result = if self.guard.unblocked(source) {
            self.live_changed = true;
            Ok(())
        } else {
            Err(CommandError::NotNow("That address is not blocked any more.".to_owned()))
        };
        self.out.push_back(Output::Event(Event::UnblockAnswered { source, result }));
    }

    /// A minute of wrong passwords will be put on record when it is over.
    pub(crate) fn watch_failures(&mut self) {
        match self.guard.next_failures() {
            Some(at) => self.timers.set(Timer::Failures, at),
            None => self.timers.clear(Timer::Failures),
        }
    }

    pub(crate) fn failures_due(&mut self, now: Now) {
        for counted in self.guard.failures(now.instant) {
            self.out.push_back(Output::Event(Event::SignInsRefused(counted)));
        }
        self.watch_failures();
    }

    pub(crate) fn blocks_due(&mut self, now: Now) {
        self.live_changed |= self.guard.expire(now.wall);
        self.watch_blocks(now);
    }

    fn watch_blocks(&mut self, now: Now) {
        match self.guard.next_end() {
            // Never at once, whatever the wall clock does: a timer that is due when it is set would not end.
            Some(until) => {
                let left = u64::try_from(until.millis_since(now.wall)).unwrap_or(0).max(1000);
                self.timers.set(Timer::Blocks, now.instant + Duration::from_millis(left));
            }
            None => self.timers.clear(Timer::Blocks),
        }
    }
}
