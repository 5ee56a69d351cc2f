//! Faxes that no line can take: the only modem is unplugged, or none that is left goes to their numbers.
//!
//! Such a fax waits, as the line may be back in a moment. When it has gone on for long, that counts as an attempt on a line that is down,
//! again and again as the table says: so the fax ends, and whoever sent it is told.

use std::time::Duration;

use model::{FaxId, Instant};

use super::entry::Entry;
use super::{Line, Queue};

/// Who unplugs a modem plugs it in again within this, and the night's power cut is over. A person wants to know of more on the same day.
const PATIENCE: Duration = Duration::from_secs(2 * 3600);

impl Queue {
    /// Other lines, or other channels: a modem that is not there is none. Calls that are up go on.
    pub fn set_lines(&mut self, lines: Vec<Line>) {
        self.lines = lines;
        for entry in self.faxes.values_mut().filter(|entry| has_line(&self.lines, entry)) {
            entry.lineless = None;
        }
    }

    /// Notes since when what is due has had no line.
    pub(super) fn note_lineless(&mut self, now: Instant) {
        for entry in self.faxes.values_mut().filter(|entry| entry.is_due(now) && !has_line(&self.lines, entry)) {
            entry.lineless.get_or_insert(now);
        }
    }

    /// The oldest that is due and has had no line for too long.
    pub(super) fn first_lineless(&self, now: Instant) -> Option<FaxId> {
        let over = |entry: &Entry| entry.is_due(now) && self.lineless_until(entry).is_some_and(|until| until <= now);
        self.faxes.iter().find(|(_, entry)| over(entry)).map(|(fax, _)| *fax)
    }

    /// How long it may go on without a line, if it has none.
    pub(super) fn lineless_until(&self, entry: &Entry) -> Option<Instant> {
        entry.lineless.map(|since| since + self.policy.pace(PATIENCE))
    }
}

fn has_line(lines: &[Line], entry: &Entry) -> bool {
    lines.iter().any(|line| line.channels > 0 && line.carries(&entry.number))
}
