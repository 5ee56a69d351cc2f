//! What taking a recording of a call consists of.

use model::call::CallRecord;
use model::recording::Gap;
use model::{Pii, RecordingId, Sound, Wall};

/// A step of it.
#[derive(Clone, Debug)]
pub enum Taking {
    /// It begins.
    Begin(Box<NewRecording>),
    /// A part, durable as it comes. A repeated number replaces nothing and is not an error.
    Part {
        /// From 0.
        number: u32,
        /// What the caller said.
        caller: Pii<Sound>,
        /// What the other said. None where the first is what all said together.
        callee: Option<Pii<Sound>>,
    },
    /// Nothing is recorded for a while.
    Stopped {
        /// Since when.
        since: Wall,
        /// Why.
        why: Gap,
    },
    /// It goes on, or others of ours are in it, too.
    GoesOn {
        /// Since when.
        since: Wall,
        /// Who of ours talks now.
        extensions: Vec<String>,
    },
    /// It is whole. One without a part is none.
    Finish,
    /// Somebody did not want it: it was never there. Audited.
    Discard,
    /// Somebody who came later did not want it: what there is from this part on was never there. Audited.
    Forget {
        /// The first that goes.
        from: u32,
    },
}

/// A recording that begins.
#[derive(Clone, Debug)]
pub struct NewRecording {
    /// Our people who talk.
    pub extensions: Vec<String>,
    /// Each of its parts is what all said together.
    pub together: bool,
    /// The record of its call, as it would be if the program ended now.
    pub record: CallRecord,
    /// How many days it is kept.
    pub keep_days: u16,
}

/// A recording that was being taken when the process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRecording {
    /// Which.
    pub recording: RecordingId,
    /// The record of its call, as far as it is known. It ends with what was kept.
    pub record: CallRecord,
}
