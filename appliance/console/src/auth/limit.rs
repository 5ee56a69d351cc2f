//! How often an address may try to sign in, and one line in the audit for those who fail. Guessing a 256-bit link is hopeless anyway; this
//! keeps a flood from costing more than a look into a small table, and keeps the audit readable.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::limit::{Buckets, Counted, PerMinute, WRONG_PASSWORDS};
use model::{Instant, Source};

/// Addresses that are told apart. Those who come when all are taken share what one has.
const MAX_ADDRESSES: usize = 4_096;

/// The rule of every door ([`WRONG_PASSWORDS`]), for this one. Without an address (no connection told it), all share one bucket.
pub(crate) struct Limiter {
    tries: Mutex<Buckets<Option<Source>>>,
    refused: Mutex<PerMinute<Option<Source>>>,
}

impl Default for Limiter {
    fn default() -> Self {
        let tries = Buckets::new(WRONG_PASSWORDS, MAX_ADDRESSES);
        Self { tries: Mutex::new(tries), refused: Mutex::default() }
    }
}

impl Limiter {
    /// Takes one try; false when none is left.
    pub(crate) fn allows(&self, from: Option<IpAddr>, now: Instant) -> bool {
        self.tries.lock().unwrap_or_else(PoisonError::into_inner).take(from.map(Source::of), now)
    }

    /// A sign-in was refused. The lines for the audit: the first of an address in its minute at once, and of minutes that are over how
    /// many more there were.
    pub(crate) fn refused(&self, from: Option<IpAddr>, now: Instant) -> Vec<String> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let from = from.map(Source::of);
        let mut lines: Vec<String> = refused.due(now).into_iter().filter_map(more).collect();
        if refused.note(from, now) {
            lines.push(label(from));
        }
        lines
    }
}

fn more(counted: Counted<Option<Source>>) -> Option<String> {
    let from = counted.key.map_or_else(|| "other addresses".to_owned(), label);
    (counted.count > 1).then(|| format!("{} more from {from}", counted.count - 1))
}

fn label(source: Option<Source>) -> String {
    source.map_or_else(String::new, |s| s.label())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_of_guesses_writes_a_line_a_minute() {
        let limiter = Limiter::default();
        let ip: Option<IpAddr> = Some([192, 0, 2, 1].into());
        let mut lines = Vec::new();
        for n in 0..3000 {
            let now = Instant::ZERO + Duration::from_millis(50 * n);
            if limiter.allows(ip, now) {
                lines.extend(limiter.refused(ip, now));
            }
        }
        assert_eq!(lines, ["192.0.2.1", "18 more from 192.0.2.1", "192.0.2.1", "9 more from 192.0.2.1", "192.0.2.1"]);
    }
}
