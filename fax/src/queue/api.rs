//! What the queue is told and what it says.

use model::fax::Outcome;
use model::sending::Manner;
use model::settings::Pattern;
use model::{AttemptId, FaxId, Inside, PhoneNumber};
use store::effect::{FaxNext, Lesson};

/// A line that faxes may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its name in the plan.
    pub name: String,
    /// How many faxes it may carry at once.
    pub channels: usize,
    /// It can carry faxes as tones.
    pub audio: bool,
    /// Faxes to these numbers alone go out by it; empty: all may.
    pub only: Vec<Pattern>,
}

impl Line {
    /// True if faxes to this number may go out by it.
    pub fn carries(&self, number: &PhoneNumber) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| pattern.fits(number))
    }
}

/// An order to dial. Make the attempt durable (`Effect::StartAttempt`) before the line is touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Which fax.
    pub fax: FaxId,
    /// The new attempt.
    pub attempt: AttemptId,
    /// On which line; `None`: none has been there for it for hours.
    pub line: Option<String>,
    /// Whom to call.
    pub number: PhoneNumber,
    /// Whom it is for there.
    pub inside: Inside,
    /// The first page to send, from 0.
    pub first_page: u32,
    /// Pages in all.
    pub pages: u32,
    /// Nothing is sent: what their machine holds ready is fetched.
    pub fetch: bool,
    /// How it is to be called.
    pub manner: Manner,
}

/// A fax that may go in the call of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// Which.
    pub fax: FaxId,
    /// Its pages.
    pub pages: u32,
}

/// What follows an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of the fax.
    pub next: FaxNext,
    /// What was learned.
    pub lesson: Lesson,
}

/// An attempt that the end of the process left open: finish it so (`Effect::FinishAttempt`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Which fax.
    pub fax: FaxId,
    /// Which attempt.
    pub attempt: AttemptId,
    /// Its one outcome.
    pub outcome: Outcome,
    /// What follows.
    pub verdict: Verdict,
}

/// What recalling a fax takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recall {
    /// It was not on the line and has left the queue: `Effect::DecideFax` with `Decision::Cancel`.
    Withdrawn,
    /// It is on the line: end this attempt. Its outcome decides whether it was sent.
    EndAttempt(AttemptId),
    /// It is not here any more.
    NotHere,
}
