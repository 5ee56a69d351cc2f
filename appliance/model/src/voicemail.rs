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

/// When a greeting is heard; and the name, which is none, and is heard wherever a caller is told whom they have found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GreetingKind {
    /// Nobody answers.
    Unavailable,
    /// The person is on another call.
    Busy,
    /// The clinic is closed.
    Closed,
    /// How a person says their name.
    Name,
}

impl GreetingKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unavailable, Self::Busy, Self::Closed, Self::Name];

    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Busy => "busy",
            Self::Closed => "closed",
            Self::Name => "name",
        }
    }

    /// The longest that is taken, in seconds. Whoever hears a name waits to be connected, or has seven more to hear.
    pub const fn longest(self) -> u32 {
        match self {
            Self::Unavailable | Self::Busy | Self::Closed => 120,
            Self::Name => 8,
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

/// Why a mailbox cannot have this PIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PinFault {
    /// It has fewer than four digits or more than ten, or is not all digits.
    Form,
    /// It is one of those that anybody tries first: the mailbox's own number, one digit alone, or digits in a row.
    TooSimple,
}

impl PinFault {
    /// What is wrong with a PIN that somebody chose for this mailbox, by whatever door.
    pub fn of(pin: &str, mailbox: &str) -> Option<Self> {
        if !PIN_DIGITS.contains(&pin.len()) || !pin.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::Form);
        }
        let steps: Vec<i16> = pin.as_bytes().windows(2).map(|w| i16::from(w[1]) - i16::from(w[0])).collect();
        let all = |step: i16| steps.iter().all(|s| *s == step);
        (pin == mailbox || all(0) || all(1) || all(-1)).then_some(Self::TooSimple)
    }

    /// What to do instead, for a person.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Form => "A PIN has four to ten digits, and nothing else.",
            Self::TooSimple => {
                "That PIN is one of the first that anybody tries. Choose another: not your extension, not one digit \
                 repeated, and no digits in a row, as in 1234."
            }
        }
    }
}

/// What is short is guessed in the five tries that a mailbox allows, and what is longer nobody types.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 4..=10;

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
    /// The colleague who gave it to this mailbox, as a user; `None` if its caller left it there.
    pub given_by: Option<String>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_no_pin() {
        for pin in ["1234", "4321", "1111", "987654", "1010", "0123456789"] {
            assert_eq!(PinFault::of(pin, "1010"), Some(PinFault::TooSimple), "{pin}");
        }
        for pin in ["", "123", "12345678901", "25x0", "٢٥٨٠"] {
            assert_eq!(PinFault::of(pin, "1010"), Some(PinFault::Form), "{pin}");
        }
        for pin in ["1224", "2580", "19840523", "1357", "1010"] {
            assert_eq!(PinFault::of(pin, "101"), None, "{pin}");
        }
    }
}
