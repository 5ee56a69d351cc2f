//! What rooms say to each other about calls: who is on the phone, and the record that stays.

use serde::{Deserialize, Serialize};

use crate::fax::Direction;
use crate::trace::Trace;
use crate::{CallId, PhoneNumber, Pii, Wall};

/// One end of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Its number, if it has one.
    pub number: Option<PhoneNumber>,
    /// Its name: of the extension, or as the caller gave it.
    pub name: Pii<String>,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CallEnd {
    /// Somebody hung up after it was answered.
    HungUp,
    /// The caller gave up before it was answered.
    Abandoned,
    /// The other side was busy.
    Busy,
    /// It rang out.
    NoAnswer,
    /// There is no such number, or the extension has no phone.
    Unreachable,
    /// The plan, the carrier or the other side said no.
    Refused,
    /// The trunk said no or did not answer.
    TrunkFailed,
    /// A phone vanished: no answer to what we sent, or no media.
    Lost,
    /// Above capacity, or a fault of our own.
    OurFault,
}

/// Whose fault an end is, for reports: livekit's lesson that "failed" alone helps nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// Nobody's.
    None,
    /// The caller's side.
    Caller,
    /// The called side.
    Callee,
    /// The carrier.
    Trunk,
    /// Ours.
    Us,
}

impl CallEnd {
    /// For a person.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::HungUp => "Ended",
            Self::Abandoned => "The caller hung up before anyone answered",
            Self::Busy => "Busy",
            Self::NoAnswer => "Nobody answered",
            Self::Unreachable => "Not reachable",
            Self::Refused => "Refused",
            Self::TrunkFailed => "The phone line could not place the call",
            Self::Lost => "The connection was lost",
            Self::OurFault => "Frontdesk could not handle the call",
        }
    }

    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::HungUp => "hung_up",
            Self::Abandoned => "abandoned",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
            Self::TrunkFailed => "trunk_failed",
            Self::Lost => "lost",
            Self::OurFault => "our_fault",
        }
    }

    /// The end that [`CallEnd::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::HungUp,
            Self::Abandoned,
            Self::Busy,
            Self::NoAnswer,
            Self::Unreachable,
            Self::Refused,
            Self::TrunkFailed,
            Self::Lost,
            Self::OurFault,
        ]
        .into_iter()
        .find(|e| e.word() == word)
    }
}

/// Who took a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// A record of before this was known: whoever answered it.
    #[default]
    Unknown,
    /// Nobody, though a menu, a queue, an announcement or a mailbox may have answered in their stead.
    Never,
    /// A person, or what was called itself: a fax machine, a room, a service.
    At(Wall),
}

/// What one leg's media came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegQuality {
    /// Packets that arrived from this leg.
    pub packets_in: u64,
    /// Packets that were sent to it.
    pub packets_out: u64,
    /// Packets of its sequence that never arrived.
    pub lost: u64,
    /// Interarrival jitter (RFC 3550 section 6.4.1) in microseconds.
    pub jitter_us: u32,
    /// Packets from where it is that were sealed and did not open: altered on the way, under another key, or here before.
    #[serde(default)]
    pub unopened: u64,
    /// How its sound was encrypted, if all of it was.
    #[serde(default)]
    pub cipher: Option<Cipher>,
    /// How long a packet takes to its end and back, on average, in microseconds; unknown if its end does not report (RFC 3550 section 6.4.1).
    #[serde(default)]
    pub round_trip_us: Option<u32>,
    /// What its end said that it heard, if it did.
    #[serde(default)]
    pub far: Option<FarEnd>,
    /// How good its sound was on its way to us, if that was measured.
    #[serde(default)]
    pub mos_in: Option<Mos>,
    /// How good the sound was on its way from us to its end, if that was measured.
    #[serde(default)]
    pub mos_out: Option<Mos>,
}

impl LegQuality {
    /// Anything came from where it is.
    pub const fn came(&self) -> bool {
        self.packets_in + self.unopened > 0
    }
}

/// What the end of a leg reported of the sound that was sent to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FarEnd {
    /// Packets of the sequence until its last report.
    pub expected: u64,
    /// Those of them that never arrived there.
    pub lost: u64,
    /// Those of the lost that had not come to us either: no fault of this leg.
    pub lost_before: u64,
    /// Interarrival jitter in microseconds.
    pub jitter_us: u32,
}

/// A mean opinion score by the E-model (ITU-T G.107 annex B, G.107.1 annex A) in hundredths: from 100, which nobody understands, to 450.
/// Each codec is judged within its own band, so it does not compare codecs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mos(pub u16);

impl std::fmt::Display for Mos {
    /// With one digit, as it is always written: "4.4".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0 + 5) / 10;
        write!(f, "{}.{}", tenths / 10, tenths % 10)
    }
}

/// How the sound of a leg is encrypted on its way (SRTP).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cipher {
    /// AES-128 in counter mode, with HMAC-SHA1.
    Aes128,
    /// AES-128 in Galois/counter mode.
    Aes128Gcm,
    /// AES-256 in Galois/counter mode.
    Aes256Gcm,
}

impl Cipher {
    /// For a person who compares it with what a phone shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128 => "AES-128",
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes256Gcm => "AES-256-GCM",
        }
    }
}

/// How a caller came out of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueEnd {
    /// Somebody took the call.
    Taken,
    /// The caller hung up.
    Left,
    /// They were to be called back, and hung up.
    CalledBack,
    /// Nobody took it in time, and the plan led it on.
    LedOn,
}

impl QueueEnd {
    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Left => "left",
            Self::CalledBack => "called_back",
            Self::LedOn => "led_on",
        }
    }
}

/// One wait in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// The queue's name in the plan.
    pub queue: String,
    /// When it began.
    pub since: Wall,
    /// How long it was, in milliseconds.
    pub millis: u64,
    /// What it came to.
    pub end: QueueEnd,
}

/// The record of a finished call. Immutable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which call.
    pub id: CallId,
    /// Inside calls are `Out`: somebody here dialled.
    pub direction: Direction,
    /// Who called.
    pub from: Party,
    /// Who was called, as dialled.
    pub to: Party,
    /// First INVITE.
    pub started: Wall,
    /// 200 OK, if it came to that.
    pub answered: Option<Wall>,
    /// When somebody took it, if anybody did.
    #[serde(default)]
    pub taken: Taken,
    /// The caller left a message.
    #[serde(default)]
    pub left_message: bool,
    /// The queues that its caller has waited in, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queued: Vec<Queued>,
    /// The end.
    pub ended: Wall,
    /// Why.
    pub end: CallEnd,
    /// Whose fault.
    pub fault: Fault,
    /// It was an emergency call.
    pub emergency: bool,
    /// Media of the calling leg.
    pub caller_quality: LegQuality,
    /// Media of the called leg.
    pub callee_quality: LegQuality,
    /// What happened, step by step.
    pub trace: Trace,
}

impl CallRecord {
    /// When somebody took it, if anybody did.
    pub fn taken(&self) -> Option<Wall> {
        match self.taken {
            Taken::Unknown => self.answered,
            Taken::Never => None,
            Taken::At(at) => Some(at),
        }
    }

    /// Somebody called the clinic and talked with nobody, also if they left a message: whoever looks for those whom to call back finds all of
    /// them in one place. One that the plan or a person at the console sent away is none; one that was declined at a phone is, and so is one that
    /// nobody could take for a technical reason.
    pub fn is_missed(&self) -> bool {
        let refused = self.end == CallEnd::Refused && self.fault == Fault::None && self.taken != Taken::Unknown;
        self.direction == Direction::In && self.taken().is_none() && !refused
    }

    /// How it ended, for a person.
    pub fn sentence(&self) -> &'static str {
        match (self.is_missed(), self.end) {
            (true, _) if self.left_message => "Left a message",
            (true, CallEnd::HungUp) => "Nobody talked with the caller",
            _ => self.end.sentence(),
        }
    }
}

/// How far a live call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CallPhase {
    /// Ringing.
    Ringing,
    /// We have answered, and somebody talks with the caller.
    Talking,
    /// We have answered, and the caller waits in a queue until somebody takes the call.
    Waiting,
    /// We have answered, and what speaks with the caller is no person: a menu, an announcement, a mailbox.
    Answered,
    /// It carries a fax.
    Fax,
}

/// A place in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InQueue {
    /// The queue, by its name in the plan.
    pub name: String,
    /// When its caller began to wait.
    pub since: Wall,
}

/// A call that is up now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCall {
    /// Which call.
    pub id: CallId,
    /// As in the record.
    pub direction: Direction,
    /// Who calls.
    pub from: Party,
    /// Who is called.
    pub to: Party,
    /// First INVITE.
    pub started: Wall,
    /// 200 OK.
    pub answered: Option<Wall>,
    /// How far.
    pub phase: CallPhase,
    /// Where it waits, if it does.
    #[serde(default)]
    pub queue: Option<InQueue>,
    /// It is an emergency call.
    pub emergency: bool,
    /// The trunks that it goes on over, in this order, if the one that is called now fails. None once somebody has answered.
    #[serde(default)]
    pub next_trunks: Vec<String>,
    /// Media of the calling leg until now.
    #[serde(default)]
    pub caller_quality: LegQuality,
    /// Media of the called leg until now.
    #[serde(default)]
    pub callee_quality: LegQuality,
}

/// A binding of the registrar: where an extension's phone is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The extension's user name ("101").
    pub user: String,
    /// The Contact URI, verbatim.
    pub contact: Pii<String>,
    /// The transport and the address it registered from, as text ("udp 127.0.0.1:5090").
    pub flow: String,
    /// What the phone calls itself (User-Agent), or empty.
    pub agent: String,
    /// When it ends.
    pub expires: Wall,
    /// The URIs of the proxies on the way to it, the first hop first (Path, RFC 3327).
    pub path: Vec<Pii<String>>,
    /// Which device it is (`+sip.instance`, RFC 5626), or empty.
    pub instance: String,
    /// Which of the device's flows it is, or 0.
    pub reg_id: u32,
    /// Its priority among the user's phones, in thousandths (the parameter `q`).
    pub priority: u16,
    /// The secret behind its temporary GRUUs (RFC 5627), or empty.
    pub grip: String,
    /// The Call-ID of the registration, and the number of its last request: the order of updates holds over a restart.
    pub call_id: String,
    /// See above.
    pub cseq: u32,
}

impl Default for Binding {
    fn default() -> Self {
        Self {
            user: String::new(),
            contact: Pii::default(),
            flow: String::new(),
            agent: String::new(),
            expires: Wall::default(),
            path: Vec::new(),
            instance: String::new(),
            reg_id: 0,
            priority: 1000,
            grip: String::new(),
            call_id: String::new(),
            cseq: 0,
        }
    }
}
