//! Every timer by its name, in one table.

use std::collections::{BTreeMap, BTreeSet};

use model::{CallId, Instant};

/// The timers of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CallTimer {
    /// It rang as long as the plan says, or as long as any call may stay unanswered.
    NoAnswer,
    /// An emergency trunk has not answered a word: the next one is tried beside it.
    NextTrunk,
    /// The called fax machine should have proposed T.38 by now: we do.
    ProposeT38,
    /// T.38 is not agreed yet: meanwhile the fax begins as sound.
    FaxAudio,
    /// The line should carry the fax by now, one way or the other.
    AgreeT38,
    /// The echo test was forgotten.
    EchoLimit,
    /// A tone has been heard long enough.
    Tone,
    /// A parked party comes back to whoever parked it.
    Return,
    /// Whoever has handed a call on should have hung up by now.
    Release,
    /// A change that a peer could not take part in at that moment is offered once more.
    OnceMore,
    /// Somebody whom we speak to should have said or pressed something, or whoever keeps messages should have answered.
    Voice,
    /// A key should have been pressed, or words should be over, by now.
    Key,
    /// A key that came by INFO is heard by the partner now.
    PassOn,
    /// Whoever waits in a queue looks whether somebody is free.
    Turn,
    /// Whoever waits in a queue is told their place.
    Tell,
    /// Whoever waits in a queue has waited long enough.
    Patience,
    /// The media engine should have closed the sessions by now.
    Close,
}

/// All timers of a `Pbx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Timer {
    /// The next registration ends.
    Registrations,
    /// A minute of wrong passwords is over.
    Failures,
    /// The next block of an address ends.
    Blocks,
    /// A trunk's name is to be looked up, or was looked up in vain.
    Servers,
    /// The next phones behind a NAT are asked whether they are there.
    Qualify,
    /// The mirrors outside are asked whether the clinic's router changes messages.
    Mirrors,
    /// Somebody who left a queue may be called back.
    Callbacks,
    /// What may be talked with numbers abroad, or spent on calls, is nearly used up, or is.
    Tolls,
    /// A call's.
    Call(CallId, CallTimer),
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    at: BTreeMap<Timer, Instant>,
    queue: BTreeSet<(Instant, Timer)>,
}

impl Timers {
    /// Sets it, or moves it.
    pub(crate) fn set(&mut self, timer: Timer, at: Instant) {
        self.clear(timer);
        self.at.insert(timer, at);
        self.queue.insert((at, timer));
    }

    /// When it is due, if it is set.
    pub(crate) fn at(&self, timer: Timer) -> Option<Instant> {
        self.at.get(&timer).copied()
    }

    pub(crate) fn clear(&mut self, timer: Timer) {
        if let Some(at) = self.at.remove(&timer) {
            self.queue.remove(&(at, timer));
        }
    }

    pub(crate) fn clear_call(&mut self, call: CallId) {
        let first = Timer::Call(call, CallTimer::NoAnswer);
        let last = Timer::Call(call, CallTimer::Close);
        let its: Vec<Timer> = self.at.range(first..=last).map(|(t, _)| *t).collect();
        its.into_iter().for_each(|t| self.clear(t));
    }

    /// The next timer that has come, taken out.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Timer> {
        let &(at, timer) = self.queue.first()?;
        if at > now {
            return None;
        }
        self.clear(timer);
        Some(timer)
    }

    pub(crate) fn next(&self) -> Instant {
        self.queue.first().map_or(Instant::FAR_FUTURE, |(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::{Random, Wall};

    use super::*;

    #[test]
    fn a_timer_moves_and_a_call_takes_its_timers_with_it() {
        let call = CallId::new(Wall(0), &mut Random::from_u64(1));
        let at = |s| Instant::ZERO + Duration::from_secs(s);
        let mut timers = Timers::default();
        timers.set(Timer::Call(call, CallTimer::Close), at(5));
        timers.set(Timer::Call(call, CallTimer::NoAnswer), at(3));
        timers.set(Timer::Registrations, at(9));
        timers.set(Timer::Call(call, CallTimer::NoAnswer), at(7));
        assert_eq!(timers.next(), at(5));
        assert_eq!(timers.pop_due(at(4)), None);
        assert_eq!(timers.pop_due(at(8)), Some(Timer::Call(call, CallTimer::Close)));
        timers.clear_call(call);
        assert_eq!(timers.next(), at(9));
    }
}
