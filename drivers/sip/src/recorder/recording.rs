//! What the recorder gives away. Its readers see messages without their secrets, and there is no other way to read them.

use std::collections::VecDeque;

use bytes::Bytes;
use model::{Pii, Wall};

use super::redact::redact;
use super::ring::Entry;
use crate::api::{Flow, LegId};

/// The last messages of one leg.
#[derive(Clone)]
pub struct Recording {
    leg: LegId,
    entries: VecDeque<Entry>,
    dropped: u32,
}

/// A message, as it may be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place among all messages of the endpoint: what is of one millisecond has an order too.
    pub number: u64,
    /// When.
    pub at: Wall,
    /// By which path.
    pub flow: Flow,
    /// It came; otherwise we sent it.
    pub inbound: bool,
    /// The same message was there before.
    pub again: bool,
    /// The message, without its secrets, and without a body that is not SDP.
    pub text: Pii<Bytes>,
}

/// A message that was refused before it could become a call or a registration.
#[derive(Clone)]
pub struct RefusedMessage {
    /// With which status.
    pub code: u16,
    entry: Entry,
}

impl Recording {
    pub(super) const fn new(leg: LegId, entries: VecDeque<Entry>, dropped: u32) -> Self {
        Self { leg, entries, dropped }
    }

    /// Of a leg of which nothing was recorded.
    pub const fn empty(leg: LegId) -> Self {
        Self { leg, entries: VecDeque::new(), dropped: 0 }
    }

    /// Whose.
    pub const fn leg(&self) -> LegId {
        self.leg
    }

    /// How many older messages the ring has lost.
    pub const fn dropped(&self) -> u32 {
        self.dropped
    }

    /// The messages, oldest first; the secrets are taken out here.
    pub fn messages(&self) -> impl Iterator<Item = Recorded> {
        self.entries.iter().map(read)
    }
}

impl RefusedMessage {
    pub(super) const fn new(code: u16, entry: Entry) -> Self {
        Self { code, entry }
    }

    /// The message; the secrets are taken out here.
    pub fn message(&self) -> Recorded {
        read(&self.entry)
    }
}

fn read(entry: &Entry) -> Recorded {
    let Entry { number, at, inbound, again, plain, .. } = *entry;
    let text = if plain { entry.data.clone() } else { redact(&entry.data) };
    Recorded { number, at, flow: *entry.flow, inbound, again, text: text.into() }
}

/// Messages hold names, numbers and addresses: only how many there are is shown.
impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Recording({:?}, {} messages)", self.leg, self.entries.len())
    }
}

/// See [`Recording`].
impl std::fmt::Debug for RefusedMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RefusedMessage({})", self.code)
    }
}
