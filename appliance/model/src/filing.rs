//! What people do with a received fax, and by which ways it leaves the box.

use serde::{Deserialize, Serialize};

/// What a person does with a received fax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filing {
    /// It stands in this folder of the inbox; `None`: in none.
    Folder(Option<String>),
    /// It is dealt with. Who has no owner yet becomes its owner.
    Done,
    /// It is not, after all.
    Open,
    /// It is junk, or it is none.
    Junk(bool),
    /// It is kept whatever the calendar says, or no longer.
    LegalHold(bool),
}

impl Filing {
    /// A stable word for the audit.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Folder(_) => "fax_filed",
            Self::Done => "fax_done",
            Self::Open => "fax_reopened",
            Self::Junk(true) => "fax_junk",
            Self::Junk(false) => "fax_not_junk",
            Self::LegalHold(true) => "fax_legal_hold",
            Self::LegalHold(false) => "fax_legal_hold_ended",
        }
    }
}

/// A way of a received fax other than mail. Each has a fate of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Way {
    /// As a PDF into this folder of the computer.
    Folder(String),
    /// Until a program has fetched it and said so.
    Api,
}

impl Way {
    /// Its stable word and its target, for rows.
    pub fn words(&self) -> (&'static str, &str) {
        match self {
            Self::Folder(name) => ("folder", name),
            Self::Api => ("api", ""),
        }
    }

    /// The way that [`Way::words`] names.
    pub fn from_words(way: &str, target: &str) -> Option<Self> {
        match way {
            "folder" => Some(Self::Folder(target.to_owned())),
            "api" => Some(Self::Api),
            _ => None,
        }
    }
}
