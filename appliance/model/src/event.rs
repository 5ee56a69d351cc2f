//! What the appliance tells the console: a snapshot of all that is live, and a nudge when something changed.

use std::net::IpAddr;

use crate::call::LiveCall;
use crate::defence::Defence;
use crate::{AttemptId, Callback, FaxId, PhoneNumber, Pii, Switches, Wall};

/// Something changed. Carries no content: who is told looks at the snapshot or the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A call began, was answered or ended.
    Calls,
    /// A phone registered or left, or somebody switched something at theirs.
    Phones,
    /// A fax changed its state, or a page was confirmed.
    Fax(FaxId),
    /// A modem came, left, rings or has a call.
    Lines,
    /// A staff alert was raised or acknowledged.
    Alerts,
    /// A mail was accepted, delivered or given up.
    Mail,
    /// A message was left, heard or deleted.
    Voicemail,
    /// Another dial plan is live, the night switch was turned, or callers hear another recording.
    Plan,
}

/// Something that staff must see at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its number, for acknowledging.
    pub id: u64,
    /// When.
    pub at: Wall,
    /// "Extension 101 (Front desk) called 911".
    pub sentence: Pii<String>,
    /// The street address that help comes to, if somebody calls for help: then it is heard where it is shown.
    pub help: Option<Pii<String>>,
    /// Nobody acknowledged it yet.
    pub open: bool,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
}

/// A phone of the clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneState {
    /// The extension.
    pub extension: String,
    /// Its name.
    pub name: Pii<String>,
    /// How many phones are registered for it.
    pub phones: usize,
    /// How many of them have not answered when they were asked whether they are there.
    pub silent: usize,
    /// From where they have registered.
    pub addresses: Vec<IpAddr>,
    /// Where they stand, each place once; where the person's phone is said to stand, if none is registered.
    pub places: Vec<String>,
    /// What the first of them calls itself.
    pub agent: String,
    /// Until when the registration holds.
    pub until: Option<Wall>,
}

/// A trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkState {
    /// Its name in the plan.
    pub name: String,
    /// Calls on it now.
    pub in_use: usize,
    /// How many it can carry.
    pub channels: usize,
    /// Its last call could be placed.
    pub healthy: bool,
    /// Whether the carrier knows us.
    pub line: LineState,
}

/// Whether a carrier knows us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LineState {
    /// It need not.
    #[default]
    Open,
    /// We are about to register.
    Registering,
    /// We are registered.
    Registered {
        /// Until then, unless it is renewed.
        until: Wall,
    },
    /// It does not, and why. It is tried again by itself.
    Lost(LineTrouble),
}

/// Why a carrier does not know us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineTrouble {
    /// It says that the password is wrong.
    WrongPassword,
    /// It asks for a password, and none is set.
    NoPassword,
    /// It asks for a proof that we do not know.
    UnknownProof,
    /// It refuses, with this SIP status.
    Refused(u16),
    /// It does not answer.
    NoAnswer,
    /// It does not show the certificate that it must have.
    Untrusted,
    /// We have left.
    Left,
}

/// One of the clinic's fax modems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModemState {
    /// Its name.
    pub name: String,
    /// Its state.
    pub is: ModemIs,
    /// What a person reads: what it is, or what is wrong with it.
    pub sentence: String,
}

/// Where a modem, or a port for other programs, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModemIs {
    /// It is not there, or its port cannot be opened.
    Away,
    /// It is being looked at.
    Probed,
    /// Something is there that cannot be used.
    Unfit,
    /// It waits for a call.
    Ready,
    /// It rings.
    Ringing,
    /// It has a call.
    InCall,
}

impl ModemIs {
    /// A stable word for the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Probed => "probed",
            Self::Unfit => "unfit",
            Self::Ready => "ready",
            Self::Ringing => "ringing",
            Self::InCall => "in_call",
        }
    }

    /// Calls can be made with it, or are.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Ready | Self::Ringing | Self::InCall)
    }
}

/// A fax that is on the line now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveFax {
    /// Which.
    pub fax: FaxId,
    /// Which attempt.
    pub attempt: AttemptId,
    /// Incoming or outgoing.
    pub direction: crate::fax::Direction,
    /// The other end.
    pub number: Option<PhoneNumber>,
    /// Pages confirmed so far.
    pub pages_confirmed: u32,
    /// Pages in all; unknown for an incoming one.
    pub pages: Option<u32>,
    /// Bits per second, 0 before training.
    pub bit_rate: u32,
    /// "Connecting", "Agreeing on a speed", "Sending page 2".
    pub doing: String,
}

/// All that is live, as one value that is swapped whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Calls that are up.
    pub calls: Vec<LiveCall>,
    /// Callers who left a queue and are to be called back, or could not be.
    pub callbacks: Vec<Callback>,
    /// The clinic's phones.
    pub phones: Vec<PhoneState>,
    /// The trunks.
    pub trunks: Vec<TrunkState>,
    /// The fax modems.
    pub modems: Vec<ModemState>,
    /// The ports that are fax modems to other programs.
    pub virtual_modems: Vec<ModemState>,
    /// Faxes on the line.
    pub faxes: Vec<LiveFax>,
    /// Alerts, newest first; at most 50 are kept.
    pub alerts: Vec<Alert>,
    /// What staff have switched.
    pub switches: Switches,
    /// What was turned away at the door, and who is not answered.
    pub defence: Defence,
    /// What is to be mended about the computer itself, a sentence each.
    pub machine: Vec<String>,
    /// Serial ports, by the name that stays the same, at which something is plugged in that stands in no setting.
    pub plugged: Vec<String>,
    /// Office documents become faxes here.
    pub office: bool,
    /// False while the store is still locked: only emergency calls and registrations work.
    pub unlocked: bool,
}
