//! How often somebody may try something, by where they come from: the one rule of every door (phones, the console, mail).
//!
//! Nothing here grows with the number of sources that try: tables have two generations and a bound, and what no longer finds room
//! shares one bucket with all others who come as late.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Instant;

/// Where something comes from, as limits count it: an IPv4 address, or the /64 of an IPv6 address, all of which one machine may use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source(IpAddr);

impl Source {
    /// The source that this address belongs to.
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V6(v6) => Self(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX)).into()),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }

    /// For a page or a record, never for a log: "192.0.2.7", "2001:db8::/64". [`FromStr`] reads it back.
    pub fn label(&self) -> String {
        match self.0 {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => format!("{v6}/64"),
        }
    }
}

/// An address is personal: only its family is shown.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_ipv4() { "Source(IPv4)" } else { "Source(IPv6)" })
    }
}

impl FromStr for Source {
    type Err = std::net::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_suffix("/64").unwrap_or(text).parse().map(Self::of)
    }
}

/// How much at once, and how fast it comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// As many at once.
    pub burst: u32,
    /// One more after this long.
    pub refill: Duration,
}

impl Share {
    /// `burst` at once, then `per_second`.
    pub const fn per_second(burst: u32, per_second: u32) -> Self {
        Self { burst, refill: Duration::from_nanos(1_000_000_000 / per_second as u64) }
    }

    /// From empty to full.
    fn whole(self) -> Duration {
        self.refill * self.burst
    }
}

/// Wrong passwords from one address: a person mistypes three times; a program that guesses gets ten a minute.
pub const WRONG_PASSWORDS: Share = Share { burst: 10, refill: Duration::from_secs(6) };

/// A bucket for each key, kept as the instant at which it is full again, so that a full bucket costs nothing.
#[derive(Debug)]
pub struct Buckets<K> {
    share: Share,
    most: usize,
    /// Buckets that were used since `since`, and in the time before that. What is in neither is full.
    current: HashMap<K, Instant>,
    previous: HashMap<K, Instant>,
    since: Instant,
    /// Of all who come when `current` is full.
    latecomers: Instant,
}

impl<K: Copy + Eq + Hash> Buckets<K> {
    /// Full buckets for at most `most` keys in the time in which an empty one fills.
    pub fn new(share: Share, most: usize) -> Self {
        let (current, previous) = (HashMap::new(), HashMap::new());
        Self { share, most, current, previous, since: Instant::ZERO, latecomers: Instant::ZERO }
    }

    /// Takes one; false when none is left.
    pub fn take(&mut self, key: K, now: Instant) -> bool {
        self.age(now);
        let (full_at, taken) = self.after_one(self.full_at(key), now);
        if taken {
            *self.bucket(key) = full_at;
        }
        taken
    }

    /// True if one is left.
    pub fn has(&self, key: K, now: Instant) -> bool {
        self.after_one(self.full_at(key), now).1
    }

    /// Fills the bucket.
    pub fn forget(&mut self, key: K) {
        self.current.remove(&key);
        self.previous.remove(&key);
    }

    /// Keys that are remembered.
    pub fn len(&self) -> usize {
        self.current.len() + self.previous.len()
    }

    /// True if every bucket is full.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn full_at(&self, key: K) -> Instant {
        let known = self.current.get(&key).or_else(|| self.previous.get(&key)).copied();
        known.unwrap_or(if self.current.len() < self.most { Instant::ZERO } else { self.latecomers })
    }

    /// Where [`Self::full_at`] looks for this key.
    fn bucket(&mut self, key: K) -> &mut Instant {
        if self.current.len() < self.most || self.current.contains_key(&key) {
            return self.current.entry(key).or_default();
        }
        // Who was there before the table filled keeps a bucket of their own until the generation changes.
        self.previous.get_mut(&key).unwrap_or(&mut self.latecomers)
    }

    fn after_one(&self, full_at: Instant, now: Instant) -> (Instant, bool) {
        let next = full_at.max(now) + self.share.refill;
        (next, next.saturating_since(now) <= self.share.whole())
    }

    /// A bucket that nobody used for the time in which it fills is full, and can be forgotten.
    fn age(&mut self, now: Instant) {
        if now.saturating_since(self.since) >= self.share.whole() {
            let old = std::mem::take(&mut self.current);
            // After a long silence both are too old.
            let recent = now.saturating_since(self.since) < self.share.whole() * 2;
            self.previous = if recent { old } else { HashMap::new() };
            self.since = now;
        }
    }
}

/// Counts what happens again and again, so that a record of it has one line for a minute and a source, however much comes.
#[derive(Debug)]
pub struct PerMinute<K> {
    counts: BTreeMap<K, (Instant, u32)>,
    /// Of all who found no room.
    others: Option<(Instant, u32)>,
}

/// One line of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted<K> {
    /// Whose; `None`: of several that found no room in the table.
    pub key: Option<K>,
    /// How often in the minute.
    pub count: u32,
}

const MINUTE: Duration = Duration::from_secs(60);
/// Keys that are counted apart in one minute: beyond it the count is what matters, not who they are.
const MAX_COUNTED: usize = 256;

impl<K> Default for PerMinute<K> {
    fn default() -> Self {
        Self { counts: BTreeMap::new(), others: None }
    }
}

impl<K: Copy + Ord> PerMinute<K> {
    /// It happened once more. True if this begins a minute.
    pub fn note(&mut self, key: K, now: Instant) -> bool {
        let full = self.counts.len() >= MAX_COUNTED && !self.counts.contains_key(&key);
        let entry = if full { self.others.get_or_insert((now, 0)) } else { self.counts.entry(key).or_insert((now, 0)) };
        entry.1 = entry.1.saturating_add(1);
        entry.1 == 1
    }

    /// The minutes that are over.
    pub fn due(&mut self, now: Instant) -> Vec<Counted<K>> {
        let over = |since: Instant| now.saturating_since(since) >= MINUTE;
        let mut due = Vec::new();
        self.counts.retain(|key, (since, count)| {
            let over = over(*since);
            if over {
                due.push(Counted { key: Some(*key), count: *count });
            }
            !over
        });
        if let Some((_, count)) = self.others.take_if(|(since, _)| over(*since)) {
            due.push(Counted { key: None, count });
        }
        due
    }

    /// When the next minute is over.
    pub fn next_due(&self) -> Option<Instant> {
        let all = self.counts.values().chain(&self.others);
        all.map(|(since, _)| *since + MINUTE).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    #[test]
    fn a_source_is_an_address_or_a_household() {
        let of = |text: &str| Source::of(text.parse().expect("address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        for text in ["192.0.2.7", "2001:db8::/64"] {
            let source: Source = text.parse().expect(text);
            assert_eq!(source.label(), text);
        }
        assert_eq!(format!("{:?}", of("192.0.2.7")), "Source(IPv4)");
    }

    #[test]
    fn tries_run_out_and_come_back_slowly() {
        let mut buckets = Buckets::new(WRONG_PASSWORDS, 100);
        assert_eq!((0..20).filter(|_| buckets.take(1, at(0))).count(), 10);
        assert!(!buckets.has(1, at(5)) && buckets.has(1, at(6)));
        assert!(buckets.take(2, at(0)), "another has its own tries");
        assert_eq!((0..20).filter(|_| buckets.take(1, at(13))).count(), 2);
        assert_eq!((0..20).filter(|_| buckets.take(1, at(90))).count(), 10, "full again, and no fuller");
        assert_eq!((0..20).filter(|_| buckets.take(1, at(3600))).count(), 10);
        buckets.forget(1);
        assert!(buckets.take(1, at(3600)));
    }

    #[test]
    fn a_bucket_outlives_the_change_of_generation() {
        let mut buckets = Buckets::new(WRONG_PASSWORDS, 100);
        assert_eq!((0..20).filter(|_| buckets.take(1, at(59))).count(), 10);
        assert!(buckets.take(2, at(60)));
        assert_eq!((0..20).filter(|_| buckets.take(1, at(61))).count(), 0);
    }

    #[test]
    fn a_flood_of_sources_does_not_grow_the_table_and_shares_one_bucket() {
        let mut buckets = Buckets::new(WRONG_PASSWORDS, 100);
        assert_eq!((0..20_000).filter(|n| buckets.take(*n, at(1))).count(), 110);
        assert_eq!(buckets.len(), 100);
        assert!(buckets.take(5, at(1)), "who was there before keeps what is theirs");
    }

    #[test]
    fn who_was_there_before_a_flood_of_sources_has_no_more_tries_than_ever() {
        let mut buckets = Buckets::new(WRONG_PASSWORDS, 100);
        assert!(buckets.take(1, at(59)));
        assert_eq!((1000..1100).filter(|n| buckets.take(*n, at(60))).count(), 100, "no room is left");
        assert_eq!((0..1000).filter(|_| buckets.take(1, at(61))).count(), 9);
        assert_eq!((0..1000).filter(|_| buckets.take(1, at(67))).count(), 1);
        assert!(buckets.take(2000, at(67)), "and takes nothing from those who come later");
    }

    #[test]
    fn a_minute_has_one_line() {
        let mut failures = PerMinute::default();
        for n in 0..5000u64 {
            failures.note(n % 3, at(n / 1000));
        }
        assert_eq!((failures.due(at(59)), failures.next_due()), (vec![], Some(at(60))));
        let counts: Vec<_> = failures.due(at(60)).iter().map(|c| (c.key, c.count)).collect();
        assert_eq!(counts, [(Some(0), 1667), (Some(1), 1667), (Some(2), 1666)]);
        assert_eq!(failures.next_due(), None);
        assert_eq!((0..1000).filter(|n| failures.note(*n, at(61))).count(), 257);
        assert_eq!(failures.due(at(200)).len(), 257);
    }
}
