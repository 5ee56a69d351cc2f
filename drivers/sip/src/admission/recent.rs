//! A set that forgets by itself.

use std::collections::HashSet;
use std::hash::Hash;
use std::time::Duration;

use model::Instant;

/// What was put in within the last `time`, and some of what was put in within the `time` before that; never more than twice `most`.
pub(super) struct Recent<K> {
    time: Duration,
    most: usize,
    current: HashSet<K>,
    previous: HashSet<K>,
    since: Instant,
}

impl<K: Eq + Hash> Recent<K> {
    pub(super) fn new(time: Duration, most: usize) -> Self {
        Self { time, most, current: HashSet::new(), previous: HashSet::new(), since: Instant::ZERO }
    }

    /// What finds no room is not remembered: whoever can put in only what is proved gains nothing by filling it.
    pub(super) fn insert(&mut self, key: K, now: Instant) {
        let age = now.saturating_since(self.since);
        if age >= self.time {
            let old = std::mem::take(&mut self.current);
            self.previous = if age < self.time * 2 { old } else { HashSet::new() };
            self.since = now;
        }
        if self.current.len() < self.most {
            self.current.insert(key);
        }
    }

    pub(super) fn contains(&self, key: &K, now: Instant) -> bool {
        let age = now.saturating_since(self.since);
        (age < self.time * 2 && self.current.contains(key)) || (age < self.time && self.previous.contains(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_within_twice_the_time() {
        let hour = Duration::from_secs(3600);
        let at = |hours: u32| Instant::ZERO + hour * hours;
        let mut set = Recent::new(hour, 2);
        set.insert(1, at(5));
        assert!(set.contains(&1, at(6)) && !set.contains(&1, at(7)));
        set.insert(2, at(6));
        assert!(set.contains(&1, at(6)) && !set.contains(&1, at(7)));
        set.insert(3, at(6));
        set.insert(4, at(6));
        assert!(set.contains(&3, at(6)) && !set.contains(&4, at(6)), "bounded");
    }
}
