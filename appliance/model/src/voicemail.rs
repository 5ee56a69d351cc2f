//! What rooms say to each other about messages that callers leave.

use std::fmt;

use crate::call::Party;
use crate::{CallId, VoicemailId, Wall};

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VoicemailState {
    /// Its caller is still speaking.
    Recording,
    /// Nobody has heard it.
    New,
    /// It was heard, or kept.
    Kept,
    /// It goes in some days, and can be taken back until then.
    Deleted,
}

impl VoicemailState {
    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::New => "new",
            Self::Kept => "kept",
            Self::Deleted => "deleted",
        }
    }

    /// The state that [`VoicemailState::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Recording, Self::New, Self::Kept, Self::Deleted].into_iter().find(|s| s.word() == word)
    }
}

/// When a greeting is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GreetingKind {
    /// Nobody answers.
    Unavailable,
    /// The person is on another call.
    Busy,
    /// The clinic is closed.
    Closed,
}

impl GreetingKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unavailable, Self::Busy, Self::Closed];

    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Busy => "busy",
            Self::Closed => "closed",
        }
    }

    /// The kind that [`GreetingKind::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// What a person does with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VoicemailMark {
    /// It was heard: a new one becomes a kept one.
    Heard,
    /// It counts as new again.
    New,
    /// It goes, after some days.
    Delete,
    /// It does not go.
    Restore,
}

impl VoicemailMark {
    /// A stable word for the audit.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Heard => "voicemail_heard",
            Self::New => "voicemail_marked_new",
            Self::Delete => "voicemail_deleted",
            Self::Restore => "voicemail_restored",
        }
    }
}

/// What a PIN came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PinCheck {
    /// It is the one.
    Right,
    /// It is not.
    Wrong,
    /// Too many were wrong: none is looked at for a while.
    Blocked,
    /// There is none yet.
    NotSet,
}

/// A message, without its sound.
#[derive(Clone, PartialEq, Eq)]
pub struct Voicemail {
    /// Its identity.
    pub id: VoicemailId,
    /// The extension that it is for.
    pub mailbox: String,
    /// The call in which it was left.
    pub call: CallId,
    /// Who left it.
    pub from: Party,
    /// Where it stands.
    pub state: VoicemailState,
    /// Its caller said that it is urgent.
    pub urgent: bool,
    /// How long it is, in milliseconds.
    pub millis: u64,
    /// How loud each part of it is, from 0 to 100.
    pub peaks: Vec<u8>,
    /// When the caller began to speak.
    pub created: Wall,
    /// The last change.
    pub changed: Wall,
    /// Until when it is kept.
    pub keep_until: Wall,
}

impl fmt::Debug for Voicemail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Voicemail({}, {}, {} ms)", self.id, self.state.word(), self.millis)
    }
}

/// How many messages of a mailbox nobody has heard, and how many were heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MailboxCounts {
    /// Not heard.
    pub new: u32,
    /// Heard.
    pub kept: u32,
    /// Not heard, and urgent.
    pub urgent: u32,
}
