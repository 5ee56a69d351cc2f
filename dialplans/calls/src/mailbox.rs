//! What calls ask of whoever keeps messages, and what they are answered. A stage never waits for an answer for ever: each question has a
//! timer of its own.

use std::collections::BTreeMap;
use std::fmt;

use media::Clip;
use model::call::Party;
use model::voicemail::{GreetingKind, PinCheck, Voicemail, VoicemailMark};
use model::{Pii, Recordable, VoicemailId};

/// What a call asks.
#[derive(Clone)]
pub enum Ask {
    /// What the callers of a mailbox hear. Answered by [`Answer::Greeting`].
    Greeting {
        /// Whose.
        mailbox: String,
        /// When.
        kind: GreetingKind,
    },
    /// How people say their names. Answered by [`Answer::Names`].
    Names {
        /// Their extensions.
        of: Vec<String>,
    },
    /// A caller is about to leave a message. Answered by [`Answer::Begun`].
    Begin {
        /// Whose it will be.
        mailbox: String,
        /// Who leaves it.
        from: Party,
    },
    /// A part of it. Answered by [`Answer::Lost`] if it could not be kept.
    Part {
        /// From 0.
        number: u32,
        /// What was said.
        sound: Clip,
    },
    /// Its caller says that it is urgent, or takes that back, before it is whole.
    Urgent(bool),
    /// It is whole. Answered by [`Answer::Taken`], when it is durable.
    Finish,
    /// It is not wanted.
    Discard,
    /// Is this the PIN? Answered by [`Answer::Pin`]. An empty one asks only whether there is one, and counts as no try.
    CheckPin {
        /// Whose.
        mailbox: String,
        /// What was typed.
        pin: Pii<String>,
    },
    /// A new PIN. Answered by [`Answer::Done`].
    SetPin {
        /// Whose.
        mailbox: String,
        /// What was typed.
        pin: Pii<String>,
    },
    /// The messages of a mailbox. Answered by [`Answer::Messages`].
    List {
        /// Whose.
        mailbox: String,
    },
    /// The sound of a message. Answered by [`Answer::Sound`].
    Listen {
        /// Which.
        voicemail: VoicemailId,
    },
    /// A person did something with a message.
    Mark {
        /// Whose.
        mailbox: String,
        /// Which.
        voicemail: VoicemailId,
        /// What.
        mark: VoicemailMark,
    },
    /// A message is to be a colleague's. Answered by [`Answer::Given`], when that is durable.
    Give {
        /// Whose it is.
        mailbox: String,
        /// Which.
        voicemail: VoicemailId,
        /// Whose it is to be, as an extension.
        to: String,
    },
    /// A greeting was recorded, or the standard one shall be heard. Answered by [`Answer::Done`].
    SetGreeting {
        /// Whose.
        mailbox: String,
        /// When it is heard.
        kind: GreetingKind,
        /// The greeting, in parts.
        parts: Option<Vec<Clip>>,
    },
    /// Something that callers hear was recorded, at 16,000 samples a second. Answered by [`Answer::Done`], when it is durable and heard.
    Record {
        /// By whom, who must be one who manages.
        by: String,
        /// What.
        what: Recordable,
        /// The recording.
        sound: Clip,
    },
}

/// What it is answered.
#[derive(Clone)]
pub enum Answer {
    /// To [`Ask::Greeting`].
    Greeting {
        /// What the person recorded.
        own: Option<Clip>,
        /// Where that is nothing, how they say their name.
        name: Option<Clip>,
    },
    /// To [`Ask::Names`]: by extension, of those who have recorded it.
    Names(BTreeMap<String, Clip>),
    /// To [`Ask::Begin`].
    Begun(bool),
    /// A part could not be kept; those before it are.
    Lost,
    /// To [`Ask::Finish`].
    Taken(bool),
    /// To [`Ask::CheckPin`]; `None` if nobody can tell now.
    Pin(Option<PinCheck>),
    /// To [`Ask::SetPin`], [`Ask::SetGreeting`] and [`Ask::Record`].
    Done(bool),
    /// To [`Ask::List`], newest first; `None` if they cannot be read now.
    Messages(Option<Vec<Voicemail>>),
    /// To [`Ask::Listen`].
    Sound {
        /// Of which: an answer may come when another one is waited for.
        voicemail: VoicemailId,
        /// `None` if it cannot be read.
        sound: Option<Clip>,
    },
    /// To [`Ask::Give`].
    Given(Given),
}

/// What became of a message that was to be a colleague's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// It is theirs.
    Theirs,
    /// Nobody else who has a mailbox has that extension.
    Nobody,
    /// Their mailbox is full, or it was deleted meanwhile.
    NoRoom,
    /// It could not be stored.
    NotStored,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Greeting { mailbox, kind } => write!(f, "greeting {mailbox} {}", kind.word()),
            Self::Names { of } => write!(f, "names {}", of.join(" ")),
            Self::Begin { mailbox, .. } => write!(f, "begin {mailbox}"),
            Self::Part { number, .. } => write!(f, "part {number}"),
            Self::Urgent(urgent) => f.write_str(if *urgent { "urgent" } else { "not urgent" }),
            Self::Finish => f.write_str("finish"),
            Self::Discard => f.write_str("discard"),
            Self::CheckPin { mailbox, .. } => write!(f, "check pin {mailbox}"),
            Self::SetPin { mailbox, .. } => write!(f, "set pin {mailbox}"),
            Self::List { mailbox } => write!(f, "list {mailbox}"),
            Self::Listen { voicemail } => write!(f, "listen {voicemail}"),
            Self::Mark { mailbox, mark, .. } => write!(f, "mark {mailbox} {}", mark.word()),
            Self::Give { mailbox, to, .. } => write!(f, "give {mailbox} {to}"),
            Self::SetGreeting { mailbox, kind, parts } => {
                let parts = parts.as_ref().map_or(0, Vec::len);
                write!(f, "set greeting {mailbox} {} of {parts} parts", kind.word())
            }
            Self::Record { by, what, sound } => write!(f, "record {} by {by} of {:?}", what.key(), sound.duration()),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Greeting { own, name } => write!(f, "greeting {} name {}", own.is_some(), name.is_some()),
            Self::Names(names) => write!(f, "{} names", names.len()),
            Self::Begun(begun) => write!(f, "begun {begun}"),
            Self::Lost => f.write_str("lost"),
            Self::Taken(taken) => write!(f, "taken {taken}"),
            Self::Pin(check) => write!(f, "pin {check:?}"),
            Self::Done(done) => write!(f, "done {done}"),
            Self::Messages(list) => write!(f, "{} messages", list.as_ref().map_or(0, Vec::len)),
            Self::Sound { sound, .. } => write!(f, "sound {}", sound.is_some()),
            Self::Given(given) => write!(f, "given {given:?}"),
        }
    }
}
