//! How long callers have waited in a queue, and how long the next ones may have to.
//!
//! What counts is the time per place: who came when five others waited and got through after ten minutes says that each place takes some two
//! minutes. That holds for whoever comes next, wherever they stand.

use std::collections::VecDeque;
use std::time::Duration;

use model::Instant;

/// Callers whose waiting is remembered. Older ones say less of how busy it is now.
const LATEST: usize = 10;
/// So few say nothing of the next.
const FEWEST: usize = 3;
/// What was so long ago says nothing of now: the morning is over.
const WITHIN: Duration = Duration::from_secs(3600);

/// What one caller has waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waited {
    /// How many were before them when they came.
    pub(crate) before: usize,
    /// Until somebody took them.
    pub(crate) time: Duration,
}

/// Those of one queue, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits(VecDeque<(Instant, Duration)>);

impl Waits {
    /// Somebody got through now.
    pub(crate) fn add(&mut self, now: Instant, waited: Waited) {
        if self.0.len() >= LATEST {
            self.0.pop_front();
        }
        self.0.push_back((now, waited.time / places(waited.before)));
    }

    /// How long somebody waits with so many before them, as far as that can be said.
    pub(crate) fn expected(&self, now: Instant, before: usize) -> Option<Duration> {
        let lately: Vec<Duration> =
            self.0.iter().filter(|(at, _)| now < *at + WITHIN).map(|(_, per_place)| *per_place).collect();
        let count = u32::try_from(lately.len()).ok().filter(|_| lately.len() >= FEWEST)?;
        Some(lately.iter().sum::<Duration>() / count * places(before))
    }
}

/// Their own, and those before.
fn places(before: usize) -> u32 {
    u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    #[test]
    fn each_place_takes_its_time_and_three_make_a_rule() {
        let mut waits = Waits::default();
        let now = Instant::ZERO;
        for (before, time) in [(0, 2), (1, 4), (2, 6)] {
            assert_eq!(waits.expected(now, 0), None);
            waits.add(now, Waited { before, time: minutes(time) });
        }
        assert_eq!(waits.expected(now, 0), Some(minutes(2)));
        assert_eq!(waits.expected(now, 4), Some(minutes(10)));
    }

    #[test]
    fn what_was_long_ago_or_many_callers_ago_says_nothing() {
        let mut waits = Waits::default();
        let early = Instant::ZERO;
        for _ in 0..3 {
            waits.add(early, Waited { before: 0, time: minutes(30) });
        }
        assert_eq!(waits.expected(early + minutes(61), 0), None);
        for _ in 0..LATEST {
            waits.add(early + minutes(5), Waited { before: 0, time: minutes(1) });
        }
        assert_eq!(waits.expected(early + minutes(5), 0), Some(minutes(1)));
    }
}
