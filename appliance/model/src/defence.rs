//! What the phone side turned away, and whom it does not answer any more: shown on the console, in words.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::limit::Source;
use crate::time::Wall;

/// Why an address is not answered any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// It says itself that it is a program that searches for telephone systems.
    Scanner,
    /// Password after password was wrong.
    WrongPasswords,
    /// It tried user names that do not exist, one after the other.
    UnknownNames,
    /// It asked again and again and never proved who it is.
    Asking,
}

impl Suspicion {
    /// For the API and the audit.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::WrongPasswords => "wrong_passwords",
            Self::UnknownNames => "unknown_names",
            Self::Asking => "asking",
        }
    }

    /// True for what a phone of the clinic can do by mistake: the right password ends it.
    pub const fn is_forgiven(self) -> bool {
        !matches!(self, Self::Scanner)
    }
}

/// An address that is not answered for a while. Calls for help are, always.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Which.
    pub source: Source,
    /// Why.
    pub suspicion: Suspicion,
    /// Since when.
    pub since: Wall,
    /// Until when.
    pub until: Wall,
    /// How often it was blocked within a day, this time included.
    pub times: u32,
}

/// What was turned away since the start, by kind. Counts only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnedAway {
    /// From outside the clinic's networks and trunks; dropped in silence.
    pub foreign: Foreign,
    /// What was no SIP, or could not be answered.
    pub garbage: u64,
    /// Requests that were refused with a 4xx or 5xx because they were not valid.
    pub invalid: u64,
    /// Requests that were refused with 503 for lack of room or time.
    pub busy: u64,
    /// Requests that were refused with 503 because their source asked for more than its share.
    pub above_share: u64,
    /// Requests above even that; dropped.
    pub silenced: u64,
    /// Requests from blocked addresses; dropped.
    pub blocked: u64,
}

/// What strangers from outside wanted, as far as the first word says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// To call.
    pub calls: u64,
    /// To register.
    pub registrations: u64,
    /// To know who is here.
    pub probes: u64,
    /// Anything else, connections included.
    pub other: u64,
}

impl Foreign {
    /// All of it.
    pub const fn sum(&self) -> u64 {
        self.calls + self.registrations + self.probes + self.other
    }
}

/// What a router on the way changed of a phone message (a "SIP ALG").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Where answers go to.
    Via,
    /// Where the phone says to be reached.
    Contact,
    /// The name of the call.
    CallId,
    /// Where media go to, or anything else of the body.
    Body,
    /// The length of the body was not changed with it.
    Length,
}

impl Change {
    /// For the API, and for the names of texts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Via => "via",
            Self::Contact => "contact",
            Self::CallId => "call_id",
            Self::Body => "body",
            Self::Length => "length",
        }
    }
}

/// What came of asking a mirror outside whether messages pass the clinic's router unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// Which mirror.
    pub mirror: SocketAddr,
    /// When it answered, or did not.
    pub at: Wall,
    /// What was changed on the way; `None`: nothing came back.
    pub changed: Option<Vec<Change>>,
}

/// What the console shows of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defence {
    /// What was turned away.
    pub turned_away: TurnedAway,
    /// The addresses that are blocked, the newest first.
    pub blocks: Vec<Block>,
    /// Users whose phone's messages a router changes on their way (SIP ALG), and when that was last seen.
    pub altered: Vec<(String, Wall)>,
    /// What the mirrors outside said last, each once.
    pub mirrored: Vec<Mirrored>,
}

/// What of it outlives a restart, which nobody shall gain by; and what the switchboard has learned of carriers, which a restart shall not cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The addresses that are blocked.
    pub blocks: Vec<Block>,
    /// What was used of the limits of outside calls.
    pub used: Vec<Used>,
    /// The trunks that have refused sound and taken T.38 alone, and when that was.
    pub image_alone: Vec<(String, Wall)>,
}

/// A part of what was used of the limits of outside calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// Of what.
    pub what: Usage,
    /// When the minute or the hour began in which it was used.
    pub at: Wall,
    /// How much.
    pub count: u32,
}

/// What is counted of outside calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Usage {
    /// Calls of this user within a minute.
    Minute(String),
    /// The same within an hour.
    Hour(String),
    /// Seconds with numbers abroad, of all, within an hour.
    Abroad,
    /// What calls have cost, of all, within an hour, in ten-thousandths.
    Spent,
}
