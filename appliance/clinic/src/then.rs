//! What follows an effect of the store.

use std::sync::Arc;

use model::filing::Way;
use model::{CallId, CallbackId, FaxId, MailId, PhoneNumber, Recordable, Recorded, RecordingId, Settings, VoicemailId};
use plan::Plan;
use store::effect::Decision;
use store::rows::{FaxRow, OutboxEntry};

use crate::mailboxes::{About, Giver};
use crate::prompts::Recorder;
use crate::ways::Forward;

/// What to do with an effect's result.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    /// Nothing, and its loss harms nobody (an audit line of a view).
    Nothing,
    /// Nothing, but it must happen.
    Must,
    /// Answer a person's decision about a fax.
    Decided { id: u64, fax: FaxId, decision: Decision },
    /// Answer a person who gives a fax to another, or lays it back.
    Handed { id: u64, fax: FaxId },
    /// A plan is kept: it goes live.
    PlanKept { id: u64, settings: Arc<Settings>, plan: Arc<Plan> },
    /// It was said who is in the clinic; what others looked after was laid back.
    LaidBack,
    /// Settings are kept, or others were: they are used.
    SettingsKept { id: u64, settings: Arc<Settings> },
    /// A recording for callers is kept: it is heard.
    PromptKept { recorder: Recorder, what: Recordable, sound: Option<Recorded> },
    /// Answer an order for a new fax, and put it into the queue.
    FaxAccepted { id: u64, fax: FaxId },
    /// The same for an order to several numbers.
    FaxesAccepted { id: u64, faxes: Vec<FaxId> },
    /// Say 250 or not, and put the faxes into the queue.
    Submitted { id: u64, faxes: Vec<FaxId> },
    /// A fax's row: it goes into the queue as it now stands.
    Enqueue,
    /// Render the documents that were read.
    Render { fax: FaxId },
    /// The pages are durable: it may be dialled.
    Rendered { fax: FaxId, count: u32 },
    /// Answer an order to lay out a document.
    OfferAccepted { id: u64, fax: FaxId },
    /// The pages of a document that is laid out are durable.
    Laid { fax: FaxId },
    /// It is durable that a caller gets a document, or they do not.
    Given { call: CallId },
    /// The pages that they get.
    GivenPages { call: CallId },
    /// A fetch of it has ended, and that is durable.
    GivenOver { fax: FaxId, offer: FaxId },
    /// The attempt is written down: dial.
    Dial { call: CallId },
    /// The pages to send.
    Pages { call: CallId },
    /// The pages of a fax that goes in the same call.
    FollowerPages { call: CallId, fax: FaxId },
    /// The one before it is sent, and its own attempt is written down.
    NextBegun { call: CallId },
    /// The sender's progress is durable.
    Progress { call: CallId },
    /// The reception is written down, or it must end.
    Began { call: CallId },
    /// A received page is durable, or not.
    Page { call: CallId, number: u32 },
    /// The end of a fax is durable.
    Finished { fax: FaxId },
    /// The end of an attempt is durable. Somebody who recalled it has been told that it is.
    Closed { fax: FaxId, recalled: Option<String> },
    /// Read the codes of a fax again that a restart has interrupted.
    ReadCodes { fax: FaxId },
    /// The end of a reception is durable; its ways begin, unless nothing came.
    Received { fax: FaxId, ways: Vec<Way>, may_be_empty: bool },
    /// Something of a fax has changed.
    Changed { fax: FaxId },
    /// The row of a fax that goes into a folder, and then its pages.
    WayRow { fax: FaxId, way: Way },
    /// See above.
    WayPages { row: Box<FaxRow>, way: Way },
    /// Answer a person's order about a fax, if it is about one.
    Ordered { id: u64, fax: Option<FaxId> },
    /// Answer an order about whose faxes are answered, and keep to it.
    FaxesBlocked { id: u64, number: PhoneNumber, blocked: bool },
    /// The pages of a fax that is to go on.
    Forward { id: u64, order: Forward },
    /// Some faxes were removed, or none had to be.
    Purged,
    /// Some messages were.
    MessagesPurged,
    /// The row of a fax whose end somebody must be told.
    Tell { entry: OutboxEntry },
    /// The attempts of that fax, for its receipt.
    TellSender { entry: u64, row: Box<FaxRow> },
    /// Whose that fax has been, for whoever was given it by this change.
    TellGiven { entry: u64, change: u64, row: Box<FaxRow> },
    /// The pages of that fax, for its readers.
    TellReaders { entry: u64, row: Box<FaxRow> },
    /// Mails are in the queue; urgent ones tell of a call for help.
    Queued { mails: Vec<MailId>, urgent: bool },
    /// The body of a mail that is due.
    Deliver { mail: MailId },
    /// The fate of a mail is durable.
    Tried,
    /// The work to go on with.
    Work,
    /// Records are durable; more may have gathered.
    Records,
    /// Somebody is on the list of those to be called back, or is not.
    CallbackKept { call: CallId, callback: CallbackId },
    /// It is durable that they are being dialled, or they must not be.
    CallbackStarted { call: CallId, callback: CallbackId },
    /// A message is begun, or cannot be.
    MessageBegun { call: CallId },
    /// A recording is begun, or cannot be.
    RecordingBegun { call: CallId },
    /// A part of a recording is durable, or not.
    RecordingPart { call: CallId },
    /// A recording is whole, or was declined.
    RecordingOver,
    /// A part of a recording is forgotten.
    Forgotten { recording: RecordingId },
    /// Answer a person's order about a recording, or about a call that nobody took.
    CallMarked { id: u64 },
    /// A part of a message is durable, or not.
    MessagePart { call: CallId },
    /// A message is whole and durable.
    MessageFinished { call: Option<CallId>, voicemail: VoicemailId },
    /// What a call asked of a mailbox.
    Asked { call: CallId, about: About },
    /// A message was marked; somebody may wait for the answer.
    Marked { id: Option<u64> },
    /// A message was given to a colleague.
    MessageGiven { giver: Giver, voicemail: VoicemailId },
    /// Answer an order about a mailbox.
    MailboxSet { id: u64 },
    /// The messages of somebody who has left the clinic.
    LeftBehind { mailbox: String },
    /// The message whose owner is to be told.
    TellOwner { voicemail: VoicemailId },
    /// Messages of calls are kept, or lost; more may have gathered.
    Messages,
    /// Bindings are durable; they may have changed since.
    Bindings,
    /// What is kept of the defence is durable; it may have changed since.
    Kept,
    /// So are the switches.
    Switches,
}

impl Then {
    /// True for what must be offered again while the store is full or broken: the world outside has already moved on.
    pub(crate) const fn must(&self) -> bool {
        matches!(
            self,
            Self::Must
                | Self::Enqueue
                | Self::Rendered { .. }
                | Self::Laid { .. }
                | Self::GivenOver { .. }
                | Self::Finished { .. }
                | Self::Closed { .. }
                | Self::Received { .. }
                | Self::Changed { .. }
                | Self::WayRow { .. }
                | Self::WayPages { .. }
                | Self::Tell { .. }
                | Self::TellSender { .. }
                | Self::TellGiven { .. }
                | Self::TellReaders { .. }
                | Self::Queued { .. }
                | Self::Deliver { .. }
                | Self::Tried
                | Self::Work
                | Self::Records
                | Self::RecordingOver
                | Self::Forgotten { .. }
                | Self::MessageFinished { .. }
                | Self::LeftBehind { .. }
                | Self::TellOwner { .. }
                | Self::Bindings
                | Self::Kept
                | Self::Switches
        )
    }

    /// It reads what was stored, and knows what to do when that cannot be read: to ask for ever helps nobody, and holds up others.
    pub(crate) const fn can_do_without(&self) -> bool {
        matches!(
            self,
            Self::WayRow { .. }
                | Self::WayPages { .. }
                | Self::TellReaders { .. }
                | Self::LeftBehind { .. }
                | Self::TellOwner { .. }
                | Self::Deliver { .. }
        )
    }
}
