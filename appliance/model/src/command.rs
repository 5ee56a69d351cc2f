//! What people order through the console or the API. Every command that changes something names who orders it: the audit needs the person.

use std::fmt;

use crate::fax::Door;
use crate::filing::Filing;
use crate::ladder::Ladder;
use crate::missed::MissedMark;
use crate::recording::RecordingMark;
use crate::sending::{OrderKey, Wish};
use crate::switches::Switch;
use crate::voicemail::{GreetingKind, VoicemailMark};
use crate::{
    CallId, CallbackId, FaxId, Offer, PhoneNumber, Pii, Recordable, Recorded, RecordingId, Sound, Source, VoicemailId,
};

/// A document that somebody handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its file name, as given.
    pub name: Pii<String>,
    /// What it claims to be ("application/pdf"); the converter looks at the bytes.
    pub media_type: String,
    /// The bytes.
    pub bytes: Pii<Vec<u8>>,
}

/// An order.
#[derive(Clone, Debug)]
pub enum Command {
    /// Send a fax. Answered once it is durable.
    SendFax {
        /// The user who orders it.
        by: String,
        /// By which door.
        door: Door,
        /// Where to.
        to: PhoneNumber,
        /// What it is about; shown in lists.
        subject: Pii<String>,
        /// The documents, in order.
        documents: Vec<Document>,
        /// When, and how urgently.
        wish: Wish,
    },
    /// Send the same to several numbers, each as a fax of its own: all of them, or none. Answered by [`CommandOutcome::FaxesAccepted`] once all
    /// are durable; a number that is named twice is sent to once.
    SendFaxes {
        /// The user who orders them.
        by: String,
        /// By which door.
        door: Door,
        /// Where to.
        to: Vec<PhoneNumber>,
        /// What they are about; shown in lists.
        subject: Pii<String>,
        /// The documents, in order.
        documents: Vec<Document>,
        /// When, and how urgently.
        wish: Wish,
    },
    /// Fetch the document that another machine holds ready. Answered as `SendFax`, once the order is durable.
    FetchFax {
        /// The user who orders it.
        by: String,
        /// By which door.
        door: Door,
        /// Whose machine.
        from: PhoneNumber,
        /// What it is about; shown in lists.
        subject: Pii<String>,
        /// When, how urgently, and which document: `inside` is asked for by its subaddress (SEP) and password (PWD).
        wish: Wish,
    },
    /// Lay a document out for other machines to fetch. Answered as `SendFax`, once it is durable. It is withdrawn by `CancelFax`, and laid out
    /// again by `SendAgain`.
    OfferFax {
        /// The user who orders it.
        by: String,
        /// By which door.
        door: Door,
        /// What it is about; shown in lists, and to nobody else.
        subject: Pii<String>,
        /// The documents, in order.
        documents: Vec<Document>,
        /// Who gets it, and how long.
        offer: Offer,
        /// The person has said that anybody who knows our number may have it.
        open: bool,
        /// What makes a repeated order the same.
        key: Option<OrderKey>,
    },
    /// A person takes ownership of a received fax.
    TakeFax {
        /// Who.
        by: String,
        /// Which.
        fax: FaxId,
    },
    /// A received fax is given to a person who may see faxes, or laid back, so that nobody has it.
    HandFax {
        /// Who says so.
        by: String,
        /// Which.
        fax: FaxId,
        /// Who gets it; `None`: nobody.
        to: Option<String>,
        /// Whose it was when `by` looked: if somebody was faster, nothing is changed.
        before: Option<String>,
    },
    /// A person says that an uncertain fax arrived: it becomes `Sent`.
    MarkArrived {
        /// Who.
        by: String,
        /// Which.
        fax: FaxId,
    },
    /// A person orders an uncertain or failed fax to be sent again, from its first unconfirmed page, or one that is held to be sent.
    SendAgain {
        /// Who.
        by: String,
        /// Which.
        fax: FaxId,
    },
    /// Recall a fax that is not on the line yet, or end the attempt that is.
    CancelFax {
        /// Who.
        by: String,
        /// Which.
        fax: FaxId,
    },
    /// A person files a received fax.
    FileFax {
        /// Who.
        by: String,
        /// Which.
        fax: FaxId,
        /// How.
        filing: Filing,
    },
    /// The pages of a received fax go on as a new fax to this number.
    ForwardFax {
        /// Who.
        by: String,
        /// Which.
        fax: FaxId,
        /// Where to.
        to: PhoneNumber,
    },
    /// A program says that it has this fax: its way by the API is at its end.
    FaxFetched {
        /// Whose program.
        by: String,
        /// Which.
        fax: FaxId,
    },
    /// Fax calls from this number are not answered any more, or are again.
    BlockFaxes {
        /// Who.
        by: String,
        /// Whose.
        number: PhoneNumber,
        /// They are not.
        blocked: bool,
    },
    /// What was learned about the machine behind a number is forgotten.
    ForgetMachine {
        /// Who.
        by: String,
        /// Whose machine.
        number: PhoneNumber,
    },
    /// End a call. Refused for emergency calls.
    HangUp {
        /// Who.
        by: String,
        /// Which.
        call: CallId,
    },
    /// The messages of a call that is up. Answered by [`CommandOutcome::Ladder`].
    ReadLadder {
        /// Which.
        call: CallId,
    },
    /// An address that was blocked is answered again.
    Unblock {
        /// Who.
        by: String,
        /// Which.
        source: Source,
    },
    /// A person does something with a message in their own mailbox.
    MarkVoicemail {
        /// Who.
        by: String,
        /// Which.
        voicemail: VoicemailId,
        /// What.
        mark: VoicemailMark,
    },
    /// A person gives a message of their own mailbox to a colleague, who has it from then on.
    GiveVoicemail {
        /// Who.
        by: String,
        /// Which.
        voicemail: VoicemailId,
        /// The colleague's extension.
        to: String,
    },
    /// A person does something with the recording of a call.
    MarkRecording {
        /// Who.
        by: String,
        /// Which.
        recording: RecordingId,
        /// What.
        mark: RecordingMark,
    },
    /// A person says what they do about a call that nobody took, and with it about the others of the same number.
    MarkMissed {
        /// Who.
        by: String,
        /// Which.
        call: CallId,
        /// What.
        mark: MissedMark,
    },
    /// A person sets what callers of their own mailbox hear, or goes back to the standard text.
    SetGreeting {
        /// Who.
        by: String,
        /// When it is heard.
        kind: GreetingKind,
        /// The greeting.
        sound: Option<Pii<Sound>>,
    },
    /// A person records something that callers hear, or goes back to what was there before. It is heard from the next time on that it is said.
    Record {
        /// Who.
        by: String,
        /// What.
        what: Recordable,
        /// The recording.
        sound: Option<Recorded>,
    },
    /// A person wants to record something that callers hear by phone: their own phones ring, and whoever answers hears what to do. Answered once
    /// they ring; what is kept then is kept as by [`Command::Record`].
    RecordByPhone {
        /// Who.
        by: String,
        /// What.
        what: Recordable,
    },
    /// A person sets the PIN of their own mailbox.
    SetPin {
        /// Who.
        by: String,
        /// The PIN.
        pin: Pii<String>,
    },
    /// A person switches something for themselves, for somebody else or for the clinic.
    Switch {
        /// Who.
        by: String,
        /// What.
        switch: Switch,
    },
    /// A caller who waits to be called back is taken off the list, or one who could not be.
    CancelCallback {
        /// Who.
        by: String,
        /// Which.
        callback: CallbackId,
    },
    /// A dial plan goes live: checked as a whole, then kept, then used. Also to go back to one that was live before.
    SetPlan {
        /// Who.
        by: String,
        /// Its text.
        text: String,
        /// Only in place of this one, as the settings have it: whoever changes a plan must not undo what another has changed meanwhile. None:
        /// whatever is live.
        instead_of: Option<String>,
    },
    /// The clinic's settings are changed while everything runs: checked as a whole, with the plan that is live, then kept, then used. Also to go
    /// back to settings that were in use before. [`CommandError::NotAllowed`] says the first problem; [`CommandError::NotNow`], that somebody
    /// else was faster. Then nothing was changed.
    SetSettings {
        /// Who.
        by: String,
        /// Their text, as `Settings::parse` reads it. Passwords of trunks are taken out of it and kept apart.
        text: Pii<String>,
        /// The generation that was the newest when the person began: whoever changes settings must not undo what another has changed meanwhile.
        over: u64,
    },
    /// A person has seen a staff alert.
    AcknowledgeAlert {
        /// Who.
        by: String,
        /// Its number in the snapshot.
        alert: u64,
    },
}

/// What a command came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandOutcome {
    /// Done.
    Done,
    /// A fax was accepted and is durable.
    FaxAccepted(FaxId),
    /// Faxes to several numbers were accepted and are durable, in the order of the numbers.
    FaxesAccepted(Vec<FaxId>),
    /// The messages of a call until now.
    Ladder(Box<Ladder>),
}

/// Why a command was not carried out: each is a sentence for the person who ordered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// The plan does not allow it; its reason.
    NotAllowed(String),
    /// There is no such fax, call or message, or none of whoever asks.
    NotFound(String),
    /// It is past that state.
    NotNow(String),
    /// The store could not take it (disk full, locked). Nothing was accepted.
    NotStored(String),
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed(s) | Self::NotFound(s) | Self::NotNow(s) | Self::NotStored(s) => f.write_str(s),
        }
    }
}

impl std::error::Error for CommandError {}
