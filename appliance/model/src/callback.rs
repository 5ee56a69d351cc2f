//! Callers who left a queue and keep their place in it: they are called back when it is their turn.

use crate::{CallbackId, Language, PhoneNumber, Pii, Wall};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Its identity; those of one queue are called in the order of these.
    pub id: CallbackId,
    /// The queue's name in the plan.
    pub queue: String,
    /// Whom to call.
    pub number: PhoneNumber,
    /// Their name, if the carrier said one.
    pub name: Pii<String>,
    /// In which language they were spoken to.
    pub language: Language,
    /// When they asked for it.
    pub ordered: Wall,
    /// When it is too late.
    pub expires: Wall,
    /// What became of it.
    pub state: CallbackState,
}

/// What became of a call back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackState {
    /// It waits for its turn.
    Waiting,
    /// Somebody has taken it, and the caller is being called. Durable before the line is touched, so that nobody is called twice.
    Dialling,
    /// They talked.
    Reached,
    /// The caller did not answer: a person decides.
    Missed,
    /// Nobody was free in time: a person decides.
    Expired,
    /// Frontdesk was restarted while the caller was being called: a person decides.
    Unknown,
    /// A person took it off the list.
    Cancelled,
}

impl CallbackState {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Waiting, Self::Dialling, Self::Reached, Self::Missed, Self::Expired, Self::Unknown, Self::Cancelled];

    /// As it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Dialling => "dialling",
            Self::Reached => "reached",
            Self::Missed => "missed",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that [`CallbackState::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Reached | Self::Cancelled)
    }
}
