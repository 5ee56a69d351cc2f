//! The flight recorder of one call or one fax: a bounded list of what happened, in words.

use serde::{Deserialize, Serialize};

use crate::{Pii, Wall};

/// How the console marks an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mark {
    /// As it should be.
    Good,
    /// Worth a look.
    Warn,
    /// Went wrong.
    Bad,
    /// A technical detail, shown behind "Every frame".
    Detail,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceEntry {
    /// When.
    pub at: Wall,
    /// How to mark it.
    pub mark: Mark,
    /// What, as a person would say it: "Busy", "Pages 1 and 2 confirmed". May name numbers.
    pub title: Pii<String>,
    /// The technical fact behind it, or empty.
    pub detail: Pii<String>,
}

/// A ring of entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Trace {
    entries: std::collections::VecDeque<TraceEntry>,
    dropped: u32,
}

impl Trace {
    /// Enough for every frame of a 40-page fax; some 60 KiB at most, so that a thousand live calls stay small.
    pub const CAPACITY: usize = 400;

    /// Adds an entry; the oldest leaves when the ring is full.
    pub fn note(&mut self, at: Wall, mark: Mark, title: impl Into<String>, detail: impl Into<String>) {
        if self.entries.len() == Self::CAPACITY {
            self.entries.pop_front();
            self.dropped += 1;
        }
        self.entries.push_back(TraceEntry { at, mark, title: Pii::new(title.into()), detail: Pii::new(detail.into()) });
    }

    /// The entries, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &TraceEntry> {
        self.entries.iter()
    }

    /// How many entries the ring has lost.
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }
}
