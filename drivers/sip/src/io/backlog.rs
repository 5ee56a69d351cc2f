//! How far behind we are: the age of the oldest event that nobody has taken yet, or how long a socket has not been empty. Either says how long
//! what comes in now must wait, and that is what the endpoint goes by when it refuses new work.

use std::collections::VecDeque;
use std::time::Duration;

use model::Instant;

/// See the module. As many instants as events wait.
#[derive(Default)]
pub(super) struct Backlog {
    told: VecDeque<Instant>,
    busy_since: Option<Instant>,
}

impl Backlog {
    /// An event is on its way to its consumer.
    pub(super) fn tells(&mut self, now: Instant) {
        self.told.push_back(now);
    }

    /// A socket was read, until it was empty or until enough was read at once.
    pub(super) fn reads(&mut self, emptied: bool, now: Instant) {
        self.busy_since = if emptied { None } else { self.busy_since.or(Some(now)) };
    }

    /// How long what comes in now has to wait, if so many events were not taken yet.
    pub(super) fn waited(&mut self, untaken: usize, now: Instant) -> Duration {
        while self.told.len() > untaken {
            self.told.pop_front();
        }
        let since = |at: Option<Instant>| at.map_or(Duration::ZERO, |at| now.saturating_since(at));
        since(self.told.front().copied()).max(since(self.busy_since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_that_waits_counts() {
        let at = |millis: u64| Instant::ZERO + Duration::from_millis(millis);
        let ms = Duration::from_millis;
        let mut backlog = Backlog::default();
        assert_eq!(backlog.waited(0, at(5)), Duration::ZERO);
        [10, 20, 30].into_iter().for_each(|n| backlog.tells(at(n)));
        assert_eq!(backlog.waited(3, at(50)), ms(40));
        assert_eq!(backlog.waited(1, at(50)), ms(20));
        assert_eq!(backlog.waited(0, at(50)), Duration::ZERO);
        backlog.reads(false, at(60));
        backlog.reads(false, at(70));
        assert_eq!(backlog.waited(0, at(80)), ms(20));
        backlog.reads(true, at(80));
        assert_eq!(backlog.waited(0, at(90)), Duration::ZERO);
    }
}
