//! From when on a fax may be dialled, by both clocks.
//!
//! What is a pause (the time to recall it, the time until another try) is counted by the monotonic clock alone, so that no clock that is put
//! right cuts it short or makes years of it. What is a time of day (the time that somebody asked for, the hours of the settings) counts by
//! the wall clock, and is looked at anew whenever that was put forward or back, or the settings changed.

use std::time::Duration;

use model::sending::Priority;
use model::{Instant, Now, PhoneNumber, Wall};
use store::rows::FaxRow;

use super::entry::{Entry, Stage};
use super::{Queue, instant_of, policy};

/// A wall clock that is off the monotonic one by more since it was last looked at was put right; less is how clocks go.
const STEP: Duration = Duration::from_secs(2);
/// No time to recall a fax is longer (`recall_seconds` of the settings).
const LONGEST_RECALL: i64 = 3_600_000;

impl Queue {
    /// Whatever waits is due by these hours from now on, and by the clock as it stands.
    pub fn reschedule(&mut self, now: Now, hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall) {
        self.clock = Some(now);
        for entry in self.faxes.values_mut() {
            let due = entry.due(now, hours);
            if let Stage::Waiting { due: before } = &mut entry.stage {
                *before = due;
            }
        }
    }

    /// Notices that the wall clock was put forward or back.
    pub(super) fn note_clock(&mut self, now: Now, hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall) {
        let before = *self.clock.get_or_insert(now);
        let expected = before.wall + now.instant.saturating_since(before.instant);
        let off = Duration::from_millis(now.wall.millis_since(expected).unsigned_abs());
        if off > STEP {
            self.reschedule(now, hours);
        }
    }
}

impl Entry {
    /// When it may be dialled, as far as is known now.
    pub(super) fn due(&self, now: Now, hours: &impl Fn(&PhoneNumber, Priority, Wall) -> Wall) -> Instant {
        let rested = now.wall + self.rest.saturating_since(now.instant);
        let asked = self.not_before.map_or(rested, |at| at.max(rested));
        instant_of(now, hours(&self.number, self.priority, asked)).max(self.rest)
    }
}

/// The time of day before which it is not to be dialled, if somebody asked for one.
pub(super) fn asked(row: &FaxRow) -> Option<Wall> {
    row.not_before.filter(|_| recall(row).is_none())
}

/// How long a fax of this row is in peace yet: until it can be recalled no more, or is tried again.
pub(super) fn rest(now: Now, row: &FaxRow) -> Instant {
    let left = |until: Wall| u64::try_from(until.millis_since(now.wall)).unwrap_or(0);
    // A clock that was ahead put it into years to come.
    let ahead = Duration::from_millis(left(row.created));
    let recall = recall(row).map(|whole| Duration::from_millis(left(row.created.before(ahead) + whole)).min(whole));
    // Without an attempt it is the time that was asked for.
    let again = row.next_at.filter(|at| row.not_before.is_none_or(|asked| *at > asked));
    let again = again.map(|at| Duration::from_millis(left(at.before(ahead))).min(policy::LONGEST_DELAY));
    now.instant + recall.max(again).unwrap_or_default()
}

/// The time to recall it, if that is what it waits for. It is counted in whole seconds from its order, to the millisecond; a time of day
/// that somebody asked for is not, but by chance.
fn recall(row: &FaxRow) -> Option<Duration> {
    let wait = row.not_before?.millis_since(row.created);
    let is_recall = (0..=LONGEST_RECALL).contains(&wait) && wait % 1_000 == 0;
    u64::try_from(wait).ok().filter(|_| is_recall).map(Duration::from_millis)
}
