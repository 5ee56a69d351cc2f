//! A network of datagrams in simulated time: it loses, repeats, delays and reorders by a seed, and the same seed does the same again.
//!
//! It knows addresses and bytes, nothing else. The test owns the time: it asks for the next arrival, compares that with the deadlines of
//! its cores, and goes to the earliest. There is no rate limit and no queue bound, so nothing but `loss` loses anything.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Instant, Random};

/// How bad the network is. Probabilities are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions {
    /// How many datagrams never arrive.
    pub loss: f64,
    /// How many of the others arrive twice.
    pub duplicate: f64,
    /// How many are held back by up to `hold`, so that later ones overtake them.
    pub reorder: f64,
    /// The time that every datagram takes.
    pub delay: Duration,
    /// At most this is added to the delay of each datagram, at random.
    pub jitter: Duration,
    /// At most this is added to the delay of a reordered one.
    pub hold: Duration,
}

impl Conditions {
    /// A local network: a millisecond, nothing lost.
    pub const GOOD: Self = Self {
        loss: 0.0,
        duplicate: 0.0,
        reorder: 0.0,
        delay: Duration::from_millis(1),
        jitter: Duration::ZERO,
        hold: Duration::ZERO,
    };

    /// Worse than any that people still telephone over: 30 % lost, 10 % twice, 10 % late by up to a second.
    pub const AWFUL: Self = Self {
        loss: 0.3,
        duplicate: 0.1,
        reorder: 0.1,
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(30),
        hold: Duration::from_secs(1),
    };
}

/// One datagram: from, to, bytes.
pub type Datagram = (SocketAddr, SocketAddr, Vec<u8>);

/// The network.
#[derive(Debug)]
pub struct Net {
    random: Random,
    conditions: Conditions,
    /// By arrival, then in the order of sending.
    under_way: BTreeMap<(Instant, u64), Datagram>,
    sent: u64,
}

impl Net {
    /// A network with its own stream of randomness.
    pub fn new(seed: u64, conditions: Conditions) -> Self {
        Self { random: Random::from_u64(seed), conditions, under_way: BTreeMap::new(), sent: 0 }
    }

    /// Changes the weather. What is under way keeps its fate.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Sends a datagram. It may arrive once, twice or never.
    pub fn send(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, data: impl Into<Vec<u8>>) {
        if self.random.chance(self.conditions.loss) {
            return;
        }
        let data = data.into();
        if self.random.chance(self.conditions.duplicate) {
            self.put(now, (from, to, data.clone()));
        }
        self.put(now, (from, to, data));
    }

    /// When the next datagram arrives, if any is under way.
    pub fn next_arrival(&self) -> Option<Instant> {
        self.under_way.keys().next().map(|&(at, _)| at)
    }

    /// Takes the next datagram that has arrived by `now`.
    pub fn pop(&mut self, now: Instant) -> Option<Datagram> {
        let entry = self.under_way.first_entry().filter(|e| e.key().0 <= now)?;
        Some(entry.remove())
    }

    fn put(&mut self, now: Instant, datagram: Datagram) {
        let c = self.conditions;
        let held = if self.random.chance(c.reorder) { self.upto(c.hold) } else { Duration::ZERO };
        let at = now + c.delay + self.upto(c.jitter) + held;
        self.sent += 1;
        self.under_way.insert((at, self.sent), datagram);
    }

    fn upto(&mut self, most: Duration) -> Duration {
        let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX - 1);
        Duration::from_micros(self.random.below(micros + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(seed: u64, conditions: Conditions) -> Vec<(Instant, Vec<u8>)> {
        let (a, b) = (SocketAddr::from(([10, 0, 0, 1], 1)), SocketAddr::from(([10, 0, 0, 2], 2)));
        let mut net = Net::new(seed, conditions);
        for n in 0..100u8 {
            net.send(Instant::ZERO + Duration::from_millis(n.into()), a, b, [n]);
        }
        let mut arrived = Vec::new();
        while let Some(at) = net.next_arrival() {
            let (from, to, data) = net.pop(at).expect("it arrives");
            assert_eq!((from, to), (a, b));
            arrived.push((at, data));
        }
        arrived
    }

    #[test]
    fn a_good_network_changes_nothing() {
        let arrived: Vec<u8> = run(1, Conditions::GOOD).into_iter().flat_map(|(_, data)| data).collect();
        assert_eq!(arrived, (0..100).collect::<Vec<u8>>());
    }

    #[test]
    fn an_awful_one_does_all_it_says_and_the_same_again() {
        let arrived = run(7, Conditions::AWFUL);
        assert_eq!(arrived, run(7, Conditions::AWFUL));
        assert_ne!(arrived, run(8, Conditions::AWFUL));
        let mut once: Vec<_> = arrived.iter().map(|(_, data)| data.clone()).collect();
        let in_order = once.is_sorted();
        once.sort();
        once.dedup();
        assert!(!in_order && once.len() < 90 && once.len() < arrived.len(), "{} of {}", once.len(), arrived.len());
    }
}
