//! What rooms say to each other about faxes. The engine is in `fax`, the rows are in `store`; here are the words both use.

use serde::{Deserialize, Serialize};

use crate::Wall;

/// Which way a fax, call or mail went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// To us.
    In,
    /// From us.
    Out,
}

/// By which door an outgoing fax was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Door {
    /// Mailed to the fax domain.
    Mail,
    /// Uploaded in the console.
    Console,
    /// Ordered by the API.
    Api,
}

/// Where a fax stands. Every fax ends in exactly one of the final states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FaxState {
    /// Accepted and durable; its documents are being rendered.
    Rendering,
    /// Its pages are ready and it waits for a line, or for the time of its next attempt.
    Waiting,
    /// An attempt is on the line.
    Sending,
    /// Its pages are ready, and it lies ready for other machines to fetch (T.30 polling) until its time is over.
    Offered,
    /// Final until a person decides: it looks like a fax that was ordered a moment ago. Nothing of it was sent.
    Held,
    /// Final: every page was confirmed by the other machine.
    Sent,
    /// Final: given up; the last outcome says why.
    Failed,
    /// Final until a person decides: the line dropped when all was sent but not all confirmed. Never sent again silently.
    Uncertain,
    /// Final: recalled by a person.
    Cancelled,
    /// Incoming, pages still arriving.
    Receiving,
    /// Final: received whole.
    Received,
    /// Final: the call broke; the pages that were confirmed are kept, marked incomplete.
    Partial,
}

impl FaxState {
    /// True when nothing will happen any more without a person.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Rendering | Self::Waiting | Self::Sending | Self::Offered | Self::Receiving)
    }

    /// A stable word for rows, the API and styles.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rendering => "rendering",
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Offered => "offered",
            Self::Held => "held",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Uncertain => "uncertain",
            Self::Cancelled => "cancelled",
            Self::Receiving => "receiving",
            Self::Received => "received",
            Self::Partial => "partial",
        }
    }

    /// The state that [`FaxState::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Rendering,
            Self::Waiting,
            Self::Sending,
            Self::Offered,
            Self::Held,
            Self::Sent,
            Self::Failed,
            Self::Uncertain,
            Self::Cancelled,
            Self::Receiving,
            Self::Received,
            Self::Partial,
        ]
        .into_iter()
        .find(|s| s.word() == word)
    }
}

/// How one attempt ended, by cause. The queue decides by it; [`Cause::sentence`] is what a person reads, everywhere the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// Every page confirmed.
    Delivered,
    /// Their line was busy (SIP 486, 600).
    Busy,
    /// Nobody answered (SIP 408, 480, our own timer).
    NoAnswer,
    /// The number does not exist (SIP 404, 484, 604, 410).
    NoSuchNumber,
    /// They refused the call (SIP 603, 607, and 403 after it rang).
    Refused,
    /// The carrier refused the call before anybody was asked (SIP 403): no credit, barred, or not to such numbers. Another may take it.
    LineRefused,
    /// The clinic's own plan did not let the call out: a rule, or a cap that is reached.
    NotAllowed,
    /// The carrier could not take the call (SIP 5xx, congestion, no trunk).
    TrunkDown,
    /// They refused each description of media that the call may have, sound as well as T.38 (SIP 488, 415, 606): nobody was rung.
    NoCommonMedia,
    /// The call was answered, but T.38 was refused (SIP 488): until audio fax exists, that line cannot be used.
    NoT38,
    /// The call was answered, but by no fax machine (T.30 timer T0 or T1 ran out).
    NotAFax,
    /// No fax machine was heard, and our line cannot tell whether anybody answered (a modem of Class 1 that heard no carrier).
    NoMachine,
    /// The machines could not agree on a speed (training failed).
    CannotTrain,
    /// The other machine cannot take such a page, or ended the session with DCN.
    Incompatible,
    /// The other machine said that a page arrived damaged (RTN), or error correction gave up.
    BadPage,
    /// The line dropped with pages still to send. Those confirmed need not be sent again.
    Dropped,
    /// The line dropped when every page had been sent but not every one confirmed.
    Unconfirmed,
    /// A document was asked for, and the other machine has none ready.
    NothingToFetch,
    /// A document was asked for by its subaddress, or with a password, and the other machine knows of no such things.
    CannotAsk,
    /// A document was asked for, and the other machine ended the session: it wants another subaddress or password.
    FetchRefused,
    /// A document was to be fetched, and the line cannot ask for it, or must not: nothing was dialled.
    CannotFetch,
    /// Recalled by a person while on the line.
    Cancelled,
    /// Our own fax modem was unplugged, or stopped answering, in the midst of the attempt.
    ModemGone,
    /// Our own fault: a worker died, a disk was full. The sentence says so.
    OurFault,
}

impl Cause {
    /// What happened, for a person. The same sentence stands in the console, the receipt and the API.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Delivered => "Every page was confirmed by their machine.",
            Self::Busy => "Their line was busy.",
            Self::NoAnswer => "Nobody answered.",
            Self::NoSuchNumber => "The number is not in service.",
            Self::Refused => "They refused the call.",
            Self::LineRefused => "Our carrier refused the call before anybody was asked.",
            Self::NotAllowed => "The clinic's own rules for calls did not let it out.",
            Self::TrunkDown => "Our phone line could not place the call.",
            Self::NoCommonMedia => "Their line takes no fax in any way that ours can send it.",
            Self::NoT38 => "Their line answered but refused fax over IP.",
            Self::NotAFax => "The call was answered, but not by a fax machine.",
            Self::NoMachine => "No fax machine answered: nobody did, or a person.",
            Self::CannotTrain => "The two machines could not agree on a speed.",
            Self::Incompatible => "Their machine ended the session before taking the page.",
            Self::BadPage => "Their machine said that a page arrived damaged.",
            Self::Dropped => "The line dropped before all pages were sent.",
            Self::Unconfirmed => "All pages were sent, but the call ended before their machine confirmed the last one.",
            Self::NothingToFetch => "The other machine has nothing ready to be fetched.",
            Self::CannotAsk => "The other machine gives no document by subaddress or password.",
            Self::FetchRefused => "The other machine refused: the subaddress or the password is wrong, or missing.",
            Self::CannotFetch => "None of our lines can ask for a document that way.",
            Self::Cancelled => "It was recalled before all of it was sent.",
            Self::ModemGone => "Our fax modem was unplugged, or stopped answering, during the call.",
            Self::OurFault => "Frontdesk had a fault of its own and ended the attempt.",
        }
    }

    /// The same where a document was to be fetched.
    pub const fn sentence_of_fetch(self) -> &'static str {
        match self {
            Self::Delivered => "Every page came, and is stored.",
            Self::Incompatible => "Their machine ended the session before giving a page.",
            Self::BadPage => "A page arrived damaged.",
            Self::Dropped => "The line dropped before all pages had come.",
            Self::Cancelled => "It was recalled before all of it was fetched.",
            other => other.sentence(),
        }
    }

    /// The same of a reception: their machine may have asked for a document in place of sending one.
    pub const fn sentence_of_reception(self) -> &'static str {
        match self {
            Self::Dropped => "The line dropped before all pages had come.",
            Self::Incompatible => "Their machine ended the session before sending a page.",
            Self::BadPage => "A page arrived damaged.",
            Self::FetchRefused => {
                "Their machine asked for a document without the right subaddress or password, and got nothing."
            }
            Self::OurFault => "Frontdesk was restarted, or had a fault of its own, before all pages had come.",
            other => other.sentence(),
        }
    }

    /// The same where another machine fetched a document of ours.
    pub const fn sentence_of_giving(self) -> &'static str {
        match self {
            Self::Dropped => "The line dropped before all pages were fetched.",
            Self::Cancelled => "It was withdrawn while it was being fetched.",
            other => other.sentence(),
        }
    }

    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::NoSuchNumber => "no_such_number",
            Self::Refused => "refused",
            Self::LineRefused => "line_refused",
            Self::NotAllowed => "not_allowed",
            Self::TrunkDown => "trunk_down",
            Self::NoCommonMedia => "no_common_media",
            Self::NoT38 => "no_t38",
            Self::NotAFax => "not_a_fax",
            Self::NoMachine => "no_machine",
            Self::CannotTrain => "cannot_train",
            Self::Incompatible => "incompatible",
            Self::BadPage => "bad_page",
            Self::Dropped => "dropped",
            Self::Unconfirmed => "unconfirmed",
            Self::NothingToFetch => "nothing_to_fetch",
            Self::CannotAsk => "cannot_ask",
            Self::FetchRefused => "fetch_refused",
            Self::CannotFetch => "cannot_fetch",
            Self::Cancelled => "cancelled",
            Self::ModemGone => "modem_gone",
            Self::OurFault => "our_fault",
        }
    }

    /// The cause that [`Cause::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Delivered,
            Self::Busy,
            Self::NoAnswer,
            Self::NoSuchNumber,
            Self::Refused,
            Self::LineRefused,
            Self::NotAllowed,
            Self::TrunkDown,
            Self::NoCommonMedia,
            Self::NoT38,
            Self::NotAFax,
            Self::NoMachine,
            Self::CannotTrain,
            Self::Incompatible,
            Self::BadPage,
            Self::Dropped,
            Self::Unconfirmed,
            Self::NothingToFetch,
            Self::CannotAsk,
            Self::FetchRefused,
            Self::CannotFetch,
            Self::Cancelled,
            Self::ModemGone,
            Self::OurFault,
        ]
        .into_iter()
        .find(|c| c.word() == word)
    }
}

/// What one attempt, or one reception, came to. There is exactly one per attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Why it ended.
    pub cause: Cause,
    /// Pages confirmed in this attempt, counted from its first page.
    pub pages_confirmed: u32,
    /// Pages of a reception beside those: the call broke in their midst, and what came of them is kept and was never confirmed.
    #[serde(default)]
    pub pages_in_part: u32,
    /// Speed of the page carrier in bit/s, 0 if none was reached.
    pub bit_rate: u32,
    /// Error correction was in use.
    pub ecm: bool,
    /// What the other machine calls itself (CSI or TSI), trimmed.
    pub remote_ident: crate::Pii<String>,
    /// UDPTL packets that had to be repaired from redundancy, and those that could not be.
    pub packets_repaired: u32,
    /// See above.
    pub packets_lost: u32,
    /// How long the call lasted, in milliseconds.
    pub millis: u64,
    /// How often a part of a page had to be sent again under error correction (PPR).
    #[serde(default)]
    pub blocks_repeated: u32,
    /// Rows that arrived damaged, in a reception.
    #[serde(default)]
    pub bad_rows: u32,
    /// The subaddress that their machine asked for (SUB), in a reception.
    #[serde(default)]
    pub subaddress: crate::Pii<String>,
}

impl Outcome {
    /// An attempt that never reached a fax session.
    pub fn without_session(cause: Cause) -> Self {
        Self {
            cause,
            pages_confirmed: 0,
            pages_in_part: 0,
            bit_rate: 0,
            ecm: false,
            remote_ident: crate::Pii::default(),
            packets_repaired: 0,
            packets_lost: 0,
            millis: 0,
            blocks_repeated: 0,
            bad_rows: 0,
            subaddress: crate::Pii::default(),
        }
    }
}

/// Whether a received fax reached the people it is for: a state of its own, apart from its reception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Delivery {
    /// Nothing to deliver (an outgoing fax), or no mail address is set.
    None,
    /// Its mail is in the outbound queue.
    Queued,
    /// The mail server of its reader took it.
    Delivered,
    /// Given up; it needs a person.
    Failed,
}

impl Delivery {
    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state that [`Delivery::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::None, Self::Queued, Self::Delivered, Self::Failed].into_iter().find(|d| d.word() == word)
    }
}

/// How long a record is kept. A class, not a number of days: the law differs by place and the class key is what is purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Retention {
    /// Part of a patient's record: seven years by default.
    Clinical,
    /// Working copies: mails in transit, uploads. Thirty days after they are done.
    Transit,
    /// Messages that callers left. Half a year.
    Voicemail,
    /// Recordings of calls. A month, or as the plan says.
    Recording,
}

impl Retention {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Clinical, Self::Transit, Self::Voicemail, Self::Recording];

    /// A stable word for rows; also the name of the class key.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clinical => "clinical",
            Self::Transit => "transit",
            Self::Voicemail => "voicemail",
            Self::Recording => "recording",
        }
    }

    /// The class that [`Retention::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }

    /// Until when something born at `wall` is kept.
    pub fn until(self, wall: Wall) -> Wall {
        Wall(wall.millis() + self.millis())
    }

    /// What was born before this is not kept any longer at `wall`.
    pub fn since(self, wall: Wall) -> Wall {
        Wall(wall.millis() - self.millis())
    }

    const fn millis(self) -> i64 {
        let days: i64 = match self {
            Self::Clinical => 7 * 366,
            Self::Transit | Self::Recording => 30,
            Self::Voicemail => 183,
        };
        days * 86_400_000
    }
}
