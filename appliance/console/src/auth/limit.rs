//! How often an address may try to sign in. Guessing a 256-bit link is hopeless anyway; this keeps a flood from costing more than a look
//! into a small table, and keeps the audit readable.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use model::Instant;

/// Tries an address has at once.
const BURST: u32 = 10;
/// One more comes back after this long.
const REFILL: Duration = Duration::from_secs(6);
/// Addresses that are remembered. When more come, all are forgotten: a flood from many addresses gains a few tries each, no memory.
const MAX_ADDRESSES: usize = 4_096;

/// A bucket of tries per address.
#[derive(Default)]
pub(crate) struct Limiter {
    buckets: Mutex<HashMap<Option<IpAddr>, Bucket>>,
}

struct Bucket {
    left: u32,
    since: Instant,
}

impl Limiter {
    /// Takes one try; false when none is left.
    pub(crate) fn allows(&self, from: Option<IpAddr>, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&from) {
            buckets.clear();
        }
        let bucket = buckets.entry(from).or_insert(Bucket { left: BURST, since: now });
        let refilled = now.saturating_since(bucket.since).as_nanos() / REFILL.as_nanos();
        if refilled > 0 {
            bucket.left = bucket.left.saturating_add(u32::try_from(refilled).unwrap_or(u32::MAX)).min(BURST);
            bucket.since = now;
        }
        let allowed = bucket.left > 0;
        bucket.left = bucket.left.saturating_sub(1);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_run_out_and_come_back_slowly() {
        let limiter = Limiter::default();
        let ip: Option<IpAddr> = Some([192, 0, 2, 1].into());
        let start = Instant::ZERO;
        assert_eq!((0..20).filter(|_| limiter.allows(ip, start)).count(), 10);
        assert!(limiter.allows(Some([192, 0, 2, 2].into()), start), "another address has its own tries");
        assert_eq!((0..20).filter(|_| limiter.allows(ip, start + Duration::from_secs(13))).count(), 2);
    }

    #[test]
    fn a_flood_of_addresses_does_not_grow_the_table() {
        let limiter = Limiter::default();
        for n in 0..20_000u32 {
            limiter.allows(Some(IpAddr::from(n.to_be_bytes())), Instant::ZERO);
        }
        assert!(limiter.buckets.lock().unwrap().len() <= MAX_ADDRESSES);
    }
}
