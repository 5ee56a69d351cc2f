//! A call that nobody took is work: somebody calls back, or says that there is nothing to do.

/// How far that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MissedState {
    /// Nobody has seen to it.
    Open,
    /// A person said that they call back.
    Taken,
    /// A person said that it is done.
    Marked,
    /// Somebody of the clinic called them, and they answered.
    CalledBack,
    /// They called again, and somebody talked with them.
    CameThrough,
}

impl MissedState {
    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Taken => "taken",
            Self::Marked => "marked",
            Self::CalledBack => "called_back",
            Self::CameThrough => "came_through",
        }
    }

    /// The state that [`MissedState::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Open, Self::Taken, Self::Marked, Self::CalledBack, Self::CameThrough]
            .into_iter()
            .find(|state| state.word() == word)
    }

    /// It waits for a person still.
    pub const fn needs_person(self) -> bool {
        matches!(self, Self::Open | Self::Taken)
    }
}

/// What a person says about a call that nobody took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissedMark {
    /// "I call back": nobody else does then.
    Take,
    /// "It is done", or there is nothing to do.
    Done,
    /// "It is still to do": takes either back, and what Frontdesk concluded by itself.
    Reopen,
}

impl MissedMark {
    /// A stable word for addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Done => "done",
            Self::Reopen => "reopen",
        }
    }

    /// The mark that [`MissedMark::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Take, Self::Done, Self::Reopen].into_iter().find(|mark| mark.word() == word)
    }
}
