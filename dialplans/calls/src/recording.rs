//! What calls, and meetings in rooms, ask of whoever keeps their recordings, and what they are answered. No call waits for an answer: until there is one nothing is
//! recorded, and that is all.

use std::fmt;

use media::Clip;
use model::Wall;
use model::call::Party;
use model::fax::Direction;
use model::recording::Gap;

/// What a call asks.
#[derive(Clone)]
pub enum Ask {
    /// It is to be recorded. Answered by [`Answer::Begun`].
    Begin(Box<Begun>),
    /// What both said for a second at most. Answered by [`Answer::Lost`] if it could not be kept.
    Part {
        /// From 0.
        number: u32,
        /// The side of the caller. The shorter of the two is silent for the rest.
        caller: Clip,
        /// The side of the called. None where the first has all who spoke, as in a room.
        callee: Option<Clip>,
    },
    /// From then on nothing was recorded for a while.
    Stopped {
        /// Since when.
        at: Wall,
        /// Why.
        why: Gap,
    },
    /// It goes on, with these extensions. Where it had not stopped, these are others who are there now.
    GoesOn {
        /// Since when.
        at: Wall,
        /// Who talks now.
        extensions: Vec<String>,
    },
    /// Somebody does not want it: what there is of it is destroyed.
    Discard,
    /// Somebody who came later does not want it: what there is since they came is destroyed.
    Forget {
        /// The first part that is.
        from: u32,
    },
}

/// Whose call it is.
#[derive(Clone, Debug)]
pub struct Begun {
    /// As in the call's record.
    pub direction: Direction,
    /// Who called.
    pub from: Party,
    /// Who was called.
    pub to: Party,
    /// When the call began.
    pub started: Wall,
    /// When it was answered.
    pub answered: Option<Wall>,
    /// It is a call for help.
    pub help: bool,
    /// Our people who talk.
    pub extensions: Vec<String>,
    /// Each of its parts is what all said together, as in a room.
    pub together: bool,
    /// How many days it is kept.
    pub keep_days: u16,
}

/// What it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Ask::Begin`]: whether it can be kept.
    Begun(bool),
    /// A part could not be kept; those before it are.
    Lost,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin(begun) => write!(f, "begin {} days {}", begun.extensions.join("+"), begun.keep_days),
            Self::Part { number, caller, callee: Some(callee) } => {
                write!(f, "part {number} {:?} {:?}", caller.duration(), callee.duration())
            }
            Self::Part { number, caller, callee: None } => write!(f, "part {number} of all {:?}", caller.duration()),
            Self::Stopped { why, .. } => write!(f, "stopped {}", why.word()),
            Self::GoesOn { extensions, .. } => write!(f, "goes on {}", extensions.join("+")),
            Self::Discard => f.write_str("discard"),
            Self::Forget { from } => write!(f, "forget from {from}"),
        }
    }
}
