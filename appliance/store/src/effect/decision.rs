//! What people decide about faxes, and about calls that nobody took.

use model::missed::MissedMark;
use model::{CallId, FaxId, Wall};

/// What a person decided about a fax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// "I take it": sets the owner.
    Take,
    /// "It arrived": `Uncertain` becomes `Sent`. Of a document that is given away once and was fetched so, that uses it up.
    Arrived,
    /// "Send it again": `Uncertain`, `Failed` or `Held` becomes `Waiting`, from the first unconfirmed page, its attempts counted anew.
    /// "Lay it out again": `Cancelled` or `Sent` becomes `Offered`, while its time is not over.
    Again,
    /// "Recall it", or "withdraw it": `Rendering`, `Waiting`, `Held` or `Offered` becomes `Cancelled`.
    Cancel,
}

/// A received fax goes to another person, or to nobody.
#[derive(Clone, Debug)]
pub struct Handing {
    /// Which.
    pub fax: FaxId,
    /// Who says so.
    pub by: String,
    /// Who gets it; `None`: it is laid back, and waits for a person again.
    pub to: Option<String>,
    /// Whose it was when `by` looked. If somebody was faster since, nothing is changed.
    pub before: Option<String>,
    /// Now.
    pub at: Wall,
}

/// What a person says about a call that nobody took, and with it about the others of the same number.
#[derive(Clone, Debug)]
pub struct MissedMarking {
    /// Which.
    pub call: CallId,
    /// What.
    pub mark: MissedMark,
    /// Who.
    pub by: String,
    /// Now.
    pub at: Wall,
}

/// Why a fax stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotHanded {
    /// Somebody was faster: it is theirs now, or nobody's.
    IsOf(Option<String>),
    /// It is done with: there is nothing left to look after.
    Done,
    /// It is junk, of which nobody is told.
    Junk,
}
