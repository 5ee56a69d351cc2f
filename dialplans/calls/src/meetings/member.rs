//! Somebody in a room that may be recorded, as far as its recording depends on them.

use media::{PlayId, SessionId};
use model::Instant;

use crate::call::Present;
use crate::taping::{SECOND_THOUGHTS, Typed};

/// See the module.
pub(super) struct Member {
    pub(super) session: SessionId,
    /// For the trace.
    pub(super) who: String,
    /// Of our people.
    pub(super) extension: Option<String>,
    /// They are not let in yet: they hear that the room is recorded.
    pub(super) at_door: bool,
    /// They have heard it.
    pub(super) told: bool,
    /// The words that are being said to them.
    pub(super) telling: Option<PlayId>,
    /// Until when somebody outside may say no.
    pub(super) until: Option<Instant>,
    /// The part of the recording in which they came.
    pub(super) since: u32,
    /// Nothing is recorded while they are there: they said no, or have called for help on the way.
    pub(super) declined: bool,
    pub(super) typed: Typed,
}

impl Member {
    pub(super) fn new(present: &Present<'_>, extension: Option<String>, parts: u32) -> Self {
        Self {
            session: present.peer.line.session,
            who: present.peer.who.said(),
            extension,
            at_door: present.at_door,
            told: false,
            telling: None,
            until: None,
            since: parts,
            declined: present.declined || present.sought_help,
            typed: Typed::default(),
        }
    }

    /// They have come in from the door. `parts`: how many there are already.
    pub(super) fn comes_in(&mut self, declined: bool, parts: u32, now: Instant) {
        self.at_door = false;
        self.declined |= declined;
        self.since = parts;
        self.heard(now);
    }

    /// They know that the room is recorded.
    pub(super) fn heard(&mut self, now: Instant) {
        self.told = true;
        self.telling = None;
        self.until = Some(now + SECOND_THOUGHTS);
    }

    /// Somebody outside may still say no.
    pub(super) fn may_decline(&self, now: Instant) -> bool {
        self.extension.is_none() && (self.telling.is_some() || self.until.is_some_and(|until| now <= until))
    }
}
