//! Numbers that are left in peace for a while: a person answered there, or it was busy, or rang out. What else waits for them would ring them
//! again at once, and ten faxes to a wrong number would be ten calls in a row to somebody's telephone.

use std::collections::BTreeMap;
use std::time::Duration;

use model::fax::Cause;
use model::{Instant, PhoneNumber};
use store::effect::FaxNext;

use super::instant_of;
use super::policy::{self, Policy};

/// For so long after the last fax that was tried there failed for good.
const AFTER_THE_LAST: Duration = Duration::from_secs(5 * 60);

/// Until when. Those that are over are forgotten when another is added.
#[derive(Debug)]
pub(super) struct Rests(BTreeMap<String, Instant>);

impl Rests {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// An attempt there has ended. `next`: what follows for its fax, before anybody's hours are asked.
    pub(super) fn ended(
        &mut self,
        now: model::Now,
        number: &PhoneNumber,
        cause: Cause,
        next: FaxNext,
        policy: &Policy,
    ) {
        self.0.retain(|_, until| now.instant < *until);
        if !policy::rang_somebody(cause) {
            return;
        }
        let until = match next {
            FaxNext::Retry { at } => instant_of(now, at),
            FaxNext::Final(_) => now.instant + policy.pace(AFTER_THE_LAST),
        };
        self.0.insert(number.as_str().to_owned(), until);
    }

    /// True if nothing is to ring there now.
    pub(super) fn holds(&self, number: &PhoneNumber, now: Instant) -> bool {
        self.0.get(number.as_str()).is_some_and(|until| now < *until)
    }

    /// When the rest of this number is over, if it has one.
    pub(super) fn until(&self, number: &PhoneNumber) -> Option<Instant> {
        self.0.get(number.as_str()).copied()
    }
}
