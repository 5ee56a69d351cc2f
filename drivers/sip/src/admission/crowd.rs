//! Who asks how much, for the moments in which not everybody can be served: then those who ask most are refused first, so that a flood
//! from one address costs the others nothing, and many who ask for the same are refused alike.

use std::collections::HashMap;
use std::time::Duration;

use model::{Instant, Source};

/// Over this time requests are counted, and the same time before.
const WINDOW: Duration = Duration::from_secs(1);
/// Sources that are counted apart. Beyond it a newcomer counts as one who asks little.
const MAX_SOURCES: usize = 4096;

/// New requests of each source.
#[derive(Default)]
pub(super) struct Crowd {
    current: HashMap<Source, u32>,
    previous: HashMap<Source, u32>,
    since: Instant,
    /// The highest count of each time.
    most: u32,
    most_before: u32,
}

impl Crowd {
    /// One more new request.
    pub(super) fn asks(&mut self, source: Source, now: Instant) {
        let age = now.saturating_since(self.since);
        if age >= WINDOW {
            let old = std::mem::take(&mut self.current);
            (self.previous, self.most_before) = if age < WINDOW * 2 { (old, self.most) } else { (HashMap::new(), 0) };
            (self.since, self.most) = (now, 0);
        }
        if self.current.len() < MAX_SOURCES || self.current.contains_key(&source) {
            let count = self.current.entry(source).or_insert(0);
            *count += 1;
            self.most = self.most.max(*count);
        }
    }

    /// True if nobody, or few, ask for more than this source does: at least half of what the greediest asks for.
    pub(super) fn is_heavy(&self, source: Source) -> bool {
        let of = |counts: &HashMap<Source, u32>| counts.get(&source).copied().unwrap_or(0);
        of(&self.current).max(of(&self.previous)) * 2 >= self.most.max(self.most_before)
    }

    /// True if no other source has asked for anything lately.
    pub(super) fn is_alone(&self) -> bool {
        self.current.len() <= 1 && self.previous.len() <= 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greediest_are_known() {
        let source = |n: u8| Source::of([10, 0, 0, n].into());
        let at = |millis| Instant::ZERO + Duration::from_millis(millis);
        let mut crowd = Crowd::default();
        crowd.asks(source(1), at(0));
        assert!(crowd.is_alone() && crowd.is_heavy(source(1)));
        (0..100).for_each(|n| crowd.asks(source(2), at(n)));
        (0..60).for_each(|n| crowd.asks(source(3), at(n)));
        (0..20).for_each(|n| crowd.asks(source(4), at(n)));
        let heavy = |crowd: &Crowd| (1..6).filter(|n| crowd.is_heavy(source(*n))).collect::<Vec<_>>();
        assert_eq!((heavy(&crowd), crowd.is_alone()), (vec![2, 3], false));
        crowd.asks(source(1), at(1000));
        assert_eq!(heavy(&crowd), [2, 3], "the second before still counts");
        crowd.asks(source(1), at(2000));
        assert_eq!(heavy(&crowd), [1], "and then no more");
    }
}
