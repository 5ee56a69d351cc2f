//! What was used of the plan's limits: outside calls of each person within an hour and a day, the time with numbers abroad,
//! and what calls have cost.
//!
//! The counts outlive a restart ([`Ledger::kept`]); only what was used in the last seconds before a power cut may be given back.

use std::collections::BTreeMap;
use std::time::Duration;

use model::defence::{Usage, Used};
use model::{Instant, Now, Wall};
use plan::{Class, Money};

/// One outside call of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Toll {
    pub(crate) user: String,
    pub(crate) class: Class,
    /// What a minute costs.
    pub(crate) rate: Money,
    /// When whoever was called answered: it costs from then on, and nothing if nobody did.
    pub(crate) since: Option<Wall>,
}

impl Toll {
    /// It is paid by the minute, and somebody has answered it.
    pub(crate) fn runs(&self) -> bool {
        let costs = self.class == Class::International || self.rate > Money::default();
        costs && self.since.is_some()
    }

    /// How long it has been talked on.
    pub(crate) fn talked(&self, now: Wall) -> Duration {
        let millis = self.since.map_or(0, |since| now.millis_since(since));
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

/// Staff hear of the same limit once in this time: somebody who tries all night must not bury the next alert.
const TELL_AGAIN: Duration = Duration::from_secs(3600);
/// Sentences that are remembered for that: a few for each person of a large clinic.
const MAX_TOLD: usize = 1000;

/// See the module. It has one entry a person at most: who is no person of the settings never gets as far as an outside call.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    people: BTreeMap<String, Counts>,
    /// Seconds.
    abroad: Sliding<24>,
    /// See [`Money`].
    spent: Sliding<24>,
    told: BTreeMap<String, Instant>,
}

#[derive(Debug, Default)]
struct Counts {
    hour: Sliding<60>,
    day: Sliding<24>,
}

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

impl Ledger {
    /// An outside call begins.
    pub(crate) fn begins(&mut self, toll: &Toll, now: Instant) {
        let counts = self.people.entry(toll.user.clone()).or_default();
        counts.hour.add(slot(now, MINUTE), 1);
        counts.day.add(slot(now, HOUR), 1);
    }

    /// An outside call ends that was talked on for so long.
    pub(crate) fn ends(&mut self, toll: &Toll, talked: Duration, now: Instant) {
        if toll.class == Class::International {
            self.abroad.add(slot(now, HOUR), u32::try_from(talked.as_secs()).unwrap_or(u32::MAX));
        }
        let cost = toll.rate.for_minutes(talked).0;
        if cost > 0 {
            self.spent.add(slot(now, HOUR), u32::try_from(cost).unwrap_or(u32::MAX));
        }
    }

    /// Calls of this person within the last hour and day.
    pub(crate) fn calls(&self, user: &str, now: Instant) -> (u32, u32) {
        let of = |c: &Counts| (c.hour.sum(slot(now, MINUTE)), c.day.sum(slot(now, HOUR)));
        self.people.get(user).map_or((0, 0), of)
    }

    /// Seconds with numbers abroad within the last day, of calls that have ended.
    pub(crate) fn seconds_abroad(&self, now: Instant) -> u32 {
        self.abroad.sum(slot(now, HOUR))
    }

    /// What calls have cost within the last day that have ended.
    pub(crate) fn spent(&self, now: Instant) -> Money {
        Money(self.spent.sum(slot(now, HOUR)).into())
    }

    /// What was used, for the store.
    pub(crate) fn kept(&self, now: Now) -> Vec<Used> {
        let person = |(user, counts): (&String, &Counts)| {
            let minutes = counts.hour.kept(now, MINUTE, || Usage::Minute(user.clone()));
            let hours = counts.day.kept(now, HOUR, || Usage::Hour(user.clone()));
            minutes.into_iter().chain(hours).collect::<Vec<_>>()
        };
        let abroad = self.abroad.kept(now, HOUR, || Usage::Abroad);
        let spent = self.spent.kept(now, HOUR, || Usage::Spent);
        self.people.iter().flat_map(person).chain(abroad).chain(spent).collect()
    }

    /// What was used before a restart counts on.
    pub(crate) fn restore(&mut self, now: Now, used: Vec<Used>) {
        for Used { what, at, count } in used {
            match what {
                Usage::Minute(user) => self.people.entry(user).or_default().hour.restore(now, MINUTE, at, count),
                Usage::Hour(user) => self.people.entry(user).or_default().day.restore(now, HOUR, at, count),
                Usage::Abroad => self.abroad.restore(now, HOUR, at, count),
                Usage::Spent => self.spent.restore(now, HOUR, at, count),
            }
        }
    }

    /// True if staff have not heard this lately.
    pub(crate) fn is_news(&mut self, sentence: &str, now: Instant) -> bool {
        self.told.retain(|_, at| now.saturating_since(*at) < TELL_AGAIN);
        let news = !self.told.contains_key(sentence) && self.told.len() < MAX_TOLD;
        if news {
            self.told.insert(sentence.to_owned(), now);
        }
        news
    }
}

/// Slots of before the start have numbers too: those of the longest sum.
const START: u64 = 60;

fn slot(now: Instant, seconds: u64) -> u64 {
    START + now.nanos() / 1_000_000_000 / seconds
}

/// A sum over the last `N` slots of time, the one that has begun included.
#[derive(Debug)]
struct Sliding<const N: usize> {
    slots: [u32; N],
    newest: u64,
}

impl<const N: usize> Default for Sliding<N> {
    fn default() -> Self {
        Self { slots: [0; N], newest: 0 }
    }
}

impl<const N: usize> Sliding<N> {
    fn add(&mut self, slot: u64, count: u32) {
        let size = N as u64;
        // What lies between is over a round old.
        for passed in (self.newest + 1..=slot).rev().take(N) {
            self.slots[(passed % size) as usize] = 0;
        }
        self.newest = self.newest.max(slot);
        let place = &mut self.slots[(slot % size) as usize];
        *place = place.saturating_add(count);
    }

    fn sum(&self, slot: u64) -> u32 {
        let (size, age) = (N as u64, slot.saturating_sub(self.newest));
        let kept = (0..size.saturating_sub(age)).filter_map(|back| self.newest.checked_sub(back));
        kept.fold(0, |sum, slot| sum.saturating_add(self.slots[(slot % size) as usize]))
    }

    /// What still counts, by the wall clock: when each slot of this many seconds began.
    fn kept(&self, now: Now, seconds: u64, what: impl Fn() -> Usage) -> Vec<Used> {
        let newest = slot(now.instant, seconds);
        let one = |back: u64| {
            let slot = newest.checked_sub(back).filter(|slot| *slot <= self.newest && self.newest - slot < N as u64)?;
            let count = self.slots[(slot % N as u64) as usize];
            let began = back * seconds * 1000 + now.instant.nanos() / 1_000_000 % (seconds * 1000);
            let at = Wall(now.wall.millis() - i64::try_from(began).unwrap_or(i64::MAX));
            (count > 0).then(|| Used { what: what(), at, count })
        };
        (0..N as u64).rev().filter_map(one).collect()
    }

    /// Counts what was used then. A clock that went back, or far ahead, makes it count as if it were now, or not any more.
    fn restore(&mut self, now: Now, seconds: u64, at: Wall, count: u32) {
        let age = u64::try_from(now.wall.millis_since(at)).unwrap_or(0) / 1000 / seconds;
        if age < N as u64 {
            self.add(slot(now.instant, seconds).saturating_sub(age), count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(minutes * 60)
    }

    #[test]
    fn calls_and_seconds_leave_after_their_time() {
        let mut ledger = Ledger::default();
        let toll = Toll { user: "101".to_owned(), class: Class::International, rate: Money(6000), since: None };
        for minute in [0, 0, 30, 59] {
            ledger.begins(&toll, at(minute));
        }
        let calls: Vec<_> = [59, 60, 90, 118, 119, 24 * 60 - 1, 24 * 60].map(|m| ledger.calls("101", at(m))).into();
        assert_eq!(calls, [(4, 4), (2, 4), (1, 4), (1, 4), (0, 4), (0, 4), (0, 0)]);
        assert_eq!(ledger.calls("102", at(0)), (0, 0));
        ledger.ends(&toll, Duration::from_secs(90), at(100));
        ledger.ends(&toll, Duration::from_secs(u64::MAX), at(3000));
        assert_eq!((ledger.seconds_abroad(at(3000)), ledger.seconds_abroad(at(6000))), (u32::MAX, 0));
        ledger.begins(&toll, at(1_000_000));
        assert_eq!(ledger.calls("101", at(1_000_000)), (1, 1));
    }

    #[test]
    fn what_was_used_counts_on_after_a_restart() {
        let mut ledger = Ledger::default();
        let toll = Toll { user: "101".to_owned(), class: Class::International, rate: Money(6000), since: None };
        let start = Now::simulation_start();
        let now = |minutes: u64| start.after(Duration::from_secs(minutes * 60));
        for minute in [0, 30, 59] {
            ledger.begins(&toll, now(minute).instant);
        }
        ledger.ends(&toll, Duration::from_secs(90), now(59).instant);
        let kept = ledger.kept(now(59));
        assert_eq!(kept.iter().map(|used| used.count).collect::<Vec<_>>(), [1, 1, 1, 3, 90, 9000], "{kept:?}");
        // Ten minutes later another process begins its own time.
        let again = |minutes: u64| Now { instant: at(minutes), wall: now(69 + minutes).wall };
        let mut ledger = Ledger::default();
        ledger.restore(again(0), kept.clone());
        assert_eq!((ledger.calls("101", at(0)), ledger.seconds_abroad(at(0))), ((2, 3), 90));
        assert_eq!((ledger.spent(at(0)), ledger.spent(at(24 * 60))), (Money(9000), Money(0)));
        assert_eq!((ledger.calls("101", at(25)), ledger.calls("101", at(60))), ((1, 3), (0, 3)));
        ledger.begins(&toll, at(1));
        assert_eq!(ledger.calls("101", at(1)), (3, 4));
        assert_eq!(ledger.calls("101", at(24 * 60 + 60)), (0, 0));
        // Clocks that jump.
        let mut ledger = Ledger::default();
        ledger.restore(Now { wall: Wall(0), ..again(0) }, kept.clone());
        assert_eq!(ledger.calls("101", at(0)), (3, 3), "the clock went back: it was now");
        let mut ledger = Ledger::default();
        ledger.restore(again(5000), kept);
        assert_eq!((ledger.calls("101", at(5000)), ledger.seconds_abroad(at(5000))), ((0, 0), 0));
    }

    #[test]
    fn staff_hear_the_same_once_an_hour() {
        let mut ledger = Ledger::default();
        let heard: Vec<_> = [0, 1, 59, 60, 61].into_iter().filter(|m| ledger.is_news("a", at(*m))).collect();
        assert_eq!(heard, [0, 60]);
        assert!((0..5000).filter(|n| ledger.is_news(&n.to_string(), at(61))).count() < MAX_TOLD);
    }
}
