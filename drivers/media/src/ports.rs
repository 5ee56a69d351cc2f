//! The local ports of media: an even one per session, and the odd one after it for its reports (RFC 3550 section 11), in turn, and none
//! again so soon that packets of the call before reach the next. Since they go in turn, a port of a usual range rests for hours; how long it
//! rests at least matters only to whoever has more calls in a few seconds than ports.

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::time::Duration;

use model::{Instant, Now};

/// How long a port rests at least after its session. The other end sends until it has seen our BYE: over UDP that goes out again after 0.5, 1.5
/// and 3.5 s (RFC 3261 section 17.1.2, timer E), so four have been sent by then.
const LEAST_REST: Duration = Duration::from_secs(4);

/// The pool. Bounded by its range.
#[derive(Debug)]
pub struct Ports {
    /// In the order of their return, so that the front has rested longest.
    free: VecDeque<(Instant, u16)>,
    taken: BTreeSet<u16>,
}

impl Ports {
    /// The even ports of `range` whose odd neighbour is in it, too.
    pub fn new(range: RangeInclusive<u16>) -> Self {
        let last = *range.end();
        Self {
            free: range.filter(|p| *p != 0 && p % 2 == 0 && *p < last).map(|p| (Instant::ZERO, p)).collect(),
            taken: BTreeSet::new(),
        }
    }

    /// The next port, or `None` if all are in use or resting: refuse the call in order (503).
    pub fn take(&mut self, now: Now) -> Option<u16> {
        let &(rested, port) = self.free.front()?;
        if rested > now.instant {
            return None;
        }
        self.free.pop_front();
        self.taken.insert(port);
        Some(port)
    }

    /// The one that has rested longest, whether that was long enough or not: for a call that may not be refused. `None` only if all are in use.
    pub fn take_unrested(&mut self) -> Option<u16> {
        let (_, port) = self.free.pop_front()?;
        self.taken.insert(port);
        Some(port)
    }

    /// Takes a port back: after its session, or after it could not be bound (somebody else has it; it comes round again). A port
    /// that was not taken is ignored.
    pub fn give_back(&mut self, now: Now, port: u16) {
        if self.taken.remove(&port) {
            self.free.push_back((now.instant + LEAST_REST, port));
        }
    }

    /// How many are in use.
    pub fn in_use(&self) -> usize {
        self.taken.len()
    }

    /// How many there are in all.
    pub fn capacity(&self) -> usize {
        self.taken.len() + self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_ports_in_turn_with_a_rest() {
        let mut ports = Ports::new(4601..=4607);
        let start = Now::simulation_start();
        assert_eq!(ports.capacity(), 3);
        assert_eq!(ports.take(start), Some(4602));
        ports.give_back(start, 4602);
        assert_eq!(ports.take(start), Some(4604));
        assert_eq!(ports.take(start), Some(4606));
        assert_eq!(ports.take(start), None, "the first one still rests");
        assert_eq!(
            (ports.take_unrested(), ports.take_unrested()),
            (Some(4602), None),
            "a call that may not be refused"
        );
        ports.give_back(start, 4602);
        assert_eq!(ports.take(start.after(LEAST_REST)), Some(4602));
        assert_eq!((ports.in_use(), ports.capacity()), (3, 3));
    }

    #[test]
    fn a_foreign_or_doubled_return_is_ignored() {
        let mut ports = Ports::new(100..=103);
        let start = Now::simulation_start();
        ports.give_back(start, 100);
        ports.give_back(start, 9999);
        assert_eq!(ports.capacity(), 2);
        let port = ports.take(start).unwrap();
        ports.give_back(start, port);
        ports.give_back(start, port);
        assert_eq!((ports.in_use(), ports.capacity()), (0, 2));
        assert_eq!(Ports::new(0..=0).capacity(), 0);
        assert_eq!(Ports::new(4602..=4604).capacity(), 1, "the reports of the second would have no port");
        assert_eq!(Ports::new(65_534..=65_535).capacity(), 1);
    }
}
