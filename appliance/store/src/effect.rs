//! The store's verbs as data. A core emits an [`Effect`] and is told later what it came to ([`Done`]); `program` and the simulation perform the
//! same effects with the same code. Each effect is one transaction: it happened whole and is durable (fsync), or it did not happen.

mod decision;
mod done;
mod mailboxes;
mod orders;
mod recordings;
mod work;

use std::sync::Arc;

use model::call::{Binding, CallRecord, Party};
use model::callback::CallbackState;
use model::defence::Kept;
use model::fax::{Delivery, FaxState, Outcome};
use model::filing::{Filing, Way};
use model::ladder::{Ladder, RefusedMessage};
use model::mail::SmtpReply;
use model::recording::RecordingMark;
use model::sending::Profile;
use model::trace::Trace;
use model::voicemail::{GreetingKind, VoicemailMark};
use model::{
    AttemptId, CallId, Callback, CallbackId, FaxId, MailId, PhoneNumber, Pii, RecordingId, Sound, Switches,
    VoicemailId, Wall,
};

use crate::rows::Shown;

pub use decision::{Decision, Handing, MissedMarking, NotHanded};
pub use done::{Done, StoreError};
pub use mailboxes::{Giving, NewGreeting};
pub use orders::{
    FaxNext, Fetched, Known, Lesson, MailNext, NewFax, NewMail, NewOffer, NewOutgoing, NewPlan, NewPrompt, NewSettings,
    Place, Staff, WayNext,
};
pub use recordings::{NewRecording, OpenRecording, Taking};
pub use work::{Askers, OpenAttempt, WaitingMail, Work};

/// A verb.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Accepts an outgoing fax: row in `Rendering`, documents sealed, audit line; an order to fetch is in `Waiting` at once. If its user has ordered one under the same key,
    /// nothing is accepted, and [`Done::Ordered`] names that one.
    AcceptFax(Box<NewFax>),
    /// Accepts the faxes of one order to several numbers, all of them or none, as [`Effect::AcceptFax`] does one.
    AcceptFaxes(Vec<NewFax>),
    /// Accepts a mail and its faxes.
    AcceptMail(Box<NewMail>),
    /// The pages are ready, each a single-page TIFF (G4): `Rendering` becomes `Waiting`. If a fax with the same pages to the
    /// same number still waits or is on its way, or ended since `twins_since` and can have arrived, it becomes `Held`, with an outbox entry.
    FaxRendered {
        /// Which.
        fax: FaxId,
        /// One TIFF a page, in order.
        pages: Vec<Pii<Vec<u8>>>,
        /// How far back the end of a twin counts; `None`: none does, nor one that waits.
        twins_since: Option<Wall>,
        /// Now.
        at: Wall,
    },
    /// The documents cannot become pages: `Rendering` becomes `Failed`, with this reason, and an outbox entry.
    FaxUnrenderable {
        /// Which.
        fax: FaxId,
        /// For the person who sent it. Names the document.
        reason: Pii<String>,
        /// Now.
        at: Wall,
    },
    /// Before we dial: `Waiting` becomes `Sending`, the attempt's row is open. Only then may the line be touched.
    StartAttempt {
        /// Which.
        fax: FaxId,
        /// The new attempt.
        attempt: AttemptId,
        /// The line: "main, T.38".
        line: String,
        /// The first page to send, from 0.
        first_page: u32,
        /// Now.
        at: Wall,
    },
    /// Pages were confirmed, and perhaps the last page is about to begin: durable before it does, since it may then have arrived whole.
    AttemptProgress {
        /// Which.
        attempt: AttemptId,
        /// Confirmed in this attempt.
        pages_confirmed: u32,
        /// The last page is on the line, or will be next.
        last_page_begun: bool,
    },
    /// A person recalls a fax whose attempt is on the line: a restart does not bring it back. Audited.
    RecallOnLine {
        /// Which.
        fax: FaxId,
        /// Who.
        by: String,
        /// Now.
        at: Wall,
    },
    /// An attempt ended: its one outcome, and what follows.
    FinishAttempt {
        /// Which fax.
        fax: FaxId,
        /// Which attempt.
        attempt: AttemptId,
        /// What it came to.
        outcome: Outcome,
        /// What follows.
        next: FaxNext,
        /// What it taught.
        lesson: Box<Lesson>,
        /// What happened.
        trace: Trace,
        /// Now.
        at: Wall,
    },
    /// What was learned about the machine behind a number is forgotten. Audited.
    ForgetMachine {
        /// Whose machine.
        number: PhoneNumber,
        /// What is known of it from now on: its counts.
        profile: Profile,
        /// Who.
        by: String,
        /// Now.
        at: Wall,
    },
    /// An incoming fax call was answered: row in `Receiving`, with its one attempt.
    BeginReceived {
        /// The new fax.
        fax: FaxId,
        /// Its reception.
        attempt: AttemptId,
        /// Who calls, if known.
        from: Option<PhoneNumber>,
        /// The number called.
        to: PhoneNumber,
        /// The line.
        line: String,
        /// Now.
        at: Wall,
    },
    /// A page arrived. Its MCF is sent only after this is done. A repeated number replaces nothing and is not an error.
    ReceivedPage {
        /// Which.
        fax: FaxId,
        /// From 0.
        number: u32,
        /// The page as a single-page TIFF (G4).
        page: Pii<Vec<u8>>,
        /// Rows that were damaged.
        bad_rows: u32,
        /// The call broke in its midst: it is kept, and not counted as confirmed, since it never will be.
        in_part: bool,
        /// What is known of the fax by then. It stands with its first page, so that whatever becomes of us it is routed, and with its last.
        known: Option<Box<Known>>,
        /// Now.
        at: Wall,
    },
    /// A page of a fax that we asked for arrived: as `ReceivedPage`, and durable in the order's attempt with it, so that after a crash both
    /// say the same. Begins the fax if this is its first page.
    FetchedPage {
        /// Which fax.
        fetched: Box<Fetched>,
        /// From 0.
        number: u32,
        /// The page as a single-page TIFF (G4).
        page: Pii<Vec<u8>>,
        /// Rows that were damaged.
        bad_rows: u32,
        /// As above.
        in_part: bool,
        /// As above; with the last of all that their machine gives the order is done, too.
        known: Option<Box<Known>>,
        /// Now.
        at: Wall,
    },
    /// Another fax has begun in the call of one that is being received: this one is whole, with all the pages that it has.
    WholeReceived {
        /// Which.
        fax: FaxId,
        /// What is known of it.
        known: Box<Known>,
    },
    /// The reception ended: `Received`, `Partial`, or `Failed` without any page. Makes an outbox entry if there are pages and it is no
    /// junk; its other ways begin in the same transaction.
    FinishReceived {
        /// Which.
        fax: FaxId,
        /// Its reception.
        attempt: AttemptId,
        /// What it came to.
        outcome: Outcome,
        /// How it ends.
        state: FaxState,
        /// Where it goes.
        place: Place,
        /// What happened.
        trace: Trace,
        /// Now.
        at: Wall,
    },
    /// Lays a document out for other machines to fetch: row in `Rendering`, documents sealed, audit line. Keys of orders count as in
    /// `AcceptFax`. [`StoreError::WrongState`] if another lies ready under the same subaddress and password.
    LayOut(Box<NewOffer>),
    /// Its pages are ready: `Rendering` becomes `Offered`.
    OfferRendered {
        /// Which.
        fax: FaxId,
        /// One TIFF a page, in order.
        pages: Vec<Pii<Vec<u8>>>,
        /// Now.
        at: Wall,
    },
    /// Whoever calls asks for a document and may have it: their call, a reception without a page so far, becomes an outgoing fax in `Sending`.
    /// [`StoreError::WrongState`] if the document does not lie ready any more, or is given away once and another has it on the line.
    GiveOffer {
        /// Their call.
        fax: FaxId,
        /// The document.
        offer: FaxId,
        /// Now.
        at: Wall,
    },
    /// The time of a document that lies ready is over. Makes an outbox entry, once, if nobody fetched it.
    OfferLapsed {
        /// The document.
        fax: FaxId,
        /// Now.
        at: Wall,
    },
    /// Their call ended: `Sent`, `Uncertain` or `Failed`. `Sent` uses up a document that is given away once. Makes an outbox entry unless it failed: then they call again.
    FinishGiven {
        /// Their call.
        fax: FaxId,
        /// Its attempt.
        attempt: AttemptId,
        /// What it came to.
        outcome: Outcome,
        /// How it ends.
        state: FaxState,
        /// What happened.
        trace: Trace,
        /// Now.
        at: Wall,
    },
    /// A person decided: took ownership, said that it arrived, ordered it again, or recalled it. Audited.
    DecideFax {
        /// Which.
        fax: FaxId,
        /// Who.
        by: String,
        /// What.
        decision: Decision,
        /// Now.
        at: Wall,
    },
    /// A received fax is given to a person, or laid back. Audited, kept with the fax, and an outbox entry is made for whoever is given
    /// one by another. [`Done::NotHanded`] if that cannot be now.
    HandFax(Box<Handing>),
    /// A person files a received fax. Audited.
    FileFax {
        /// Which.
        fax: FaxId,
        /// Who.
        by: String,
        /// How.
        filing: Filing,
        /// Now.
        at: Wall,
    },
    /// A way of a received fax was tried, or came to its end.
    WayTried {
        /// Which fax.
        fax: FaxId,
        /// Which way.
        way: Way,
        /// What follows.
        next: WayNext,
        /// Why it failed, in a few words without anything personal.
        why: Option<String>,
        /// Who said so, for the audit; nobody for the box itself.
        by: Option<String>,
        /// Now.
        at: Wall,
    },
    /// Fax calls from this number are not answered any more, or are again. Audited.
    BlockFaxes {
        /// Whose.
        number: PhoneNumber,
        /// They are not.
        blocked: bool,
        /// Who.
        by: String,
        /// Now.
        at: Wall,
    },
    /// Removes faxes whose time has come by the clock of the purges, pages and keys and all; those under a legal hold stay, and those that
    /// need a person or are on their way by mail, into a folder or to a program. A few at a time: [`Done::Purged`] says how many. Each is a line of the audit.
    PurgeFaxes {
        /// Now.
        at: Wall,
    },
    /// Moves the clock that the purges believe towards the wall clock: back at once, forward by `most` at most. The first time it is set
    /// to the wall clock; one that is certainly wrong (before 2026) moves nothing.
    MovePurgeClock {
        /// A day for each hour that truly passed; nothing at a start.
        most: std::time::Duration,
        /// Now.
        at: Wall,
    },
    /// A fax was looked at. Audited.
    FaxViewed {
        /// Which.
        fax: FaxId,
        /// Who.
        by: String,
        /// How it stood, where a person was told so, which is seen then if it still stands so: programs, pictures and refreshes tell nobody.
        shown: Option<Shown>,
        /// Now.
        at: Wall,
    },
    /// Sets the delivery state of a received fax.
    SetDelivery {
        /// Which.
        fax: FaxId,
        /// To what.
        delivery: Delivery,
    },
    /// Puts mails into the outbound queue, all or none. If an outbox entry asked for them it is settled in the same transaction;
    /// if that is settled already, nothing is queued. No mail at all settles an entry for which none is needed.
    QueueMails {
        /// Which.
        mails: Vec<NewOutgoing>,
        /// The entry that asked for them.
        outbox: Option<u64>,
    },
    /// An attempt to deliver a mail ended.
    MailTried {
        /// Which.
        mail: MailId,
        /// What the server said.
        reply: SmtpReply,
        /// What follows.
        next: MailNext,
        /// Now.
        at: Wall,
    },
    /// Records finished calls. Emitted in groups, off the call path.
    RecordCalls(Arc<[CallRecord]>),
    /// Keeps the messages of finished calls, and what was turned away. Emitted in groups; what is lost of it harms nobody.
    RecordMessages {
        /// Calls and their messages.
        ladders: Vec<(CallId, Ladder)>,
        /// What was refused before it could become a call or a registration.
        turned_away: Vec<RefusedMessage>,
        /// Now.
        at: Wall,
    },
    /// Replaces all registrar bindings. Emitted in groups, off the call path.
    SaveBindings(Vec<Binding>),
    /// Replaces what is kept of the defence. Emitted in groups, off the call path.
    SaveDefence(Kept),
    /// Replaces what staff have switched.
    SaveSwitches(Switches),
    /// A caller who left a queue is to be called back: durable before they are told so.
    KeepCallback(Box<Callback>),
    /// Before we dial: `Waiting` becomes `Dialling`. Only then may the line be touched.
    StartCallback {
        /// Which.
        callback: CallbackId,
        /// Now.
        at: Wall,
    },
    /// What became of it. What is over stays so.
    SetCallback {
        /// Which.
        callback: CallbackId,
        /// What.
        state: CallbackState,
        /// Now.
        at: Wall,
    },
    /// A staff alert, kept for the record.
    RecordAlert {
        /// Its number, made by the core; the later, the higher.
        id: u64,
        /// What was said.
        sentence: Pii<String>,
        /// The street address that help comes to, if somebody calls for help.
        help: Option<Pii<String>>,
        /// Now.
        at: Wall,
    },
    /// A person has seen an alert: it does not wait after the next start. Audited. It is known by its time and its words, since its number
    /// may be another's here, and may be offered before the alert itself, which a full disk refused.
    AlertSeen {
        /// Its number.
        id: u64,
        /// When it was raised.
        raised: Wall,
        /// What was said.
        sentence: Pii<String>,
        /// Who.
        by: String,
        /// Now.
        at: Wall,
    },
    /// A dial plan goes live. Audited; of those before it the last few are kept.
    SavePlan(NewPlan),
    /// Settings take the place of others, with all that follows from it here: [`Done::LaidBack`]. Audited; many before them are kept. [`StoreError::WrongState`]: others were saved meanwhile.
    SaveSettings(Box<NewSettings>),
    /// Who is in the clinic. What somebody looks after who may not see faxes is laid back ([`Done::LaidBack`]); of who is not there PIN and greetings go. Audited.
    StaffIs(Staff, Wall),
    /// Who signed in, and how it went; or any other line for the audit that no other effect writes.
    Audit {
        /// Who.
        by: String,
        /// A stable word ("login").
        what: String,
        /// What it was about: an id or empty. Never personal.
        subject: String,
        /// Now.
        at: Wall,
    },
    /// A caller begins to leave a message. [`StoreError::WrongState`] if the mailbox is full.
    BeginVoicemail {
        /// The new message.
        voicemail: VoicemailId,
        /// The extension that it is for.
        mailbox: String,
        /// The call in which it is left.
        call: CallId,
        /// Who leaves it.
        from: Party,
        /// Now.
        at: Wall,
    },
    /// A part of a message, durable as it comes. A repeated number replaces nothing and is not an error.
    VoicemailPart {
        /// Which.
        voicemail: VoicemailId,
        /// From 0.
        number: u32,
        /// What was said.
        sound: Pii<Sound>,
        /// Now.
        at: Wall,
    },
    /// Whoever says a message calls it urgent, or takes that back. Said when it is said, so that it outlives a crash before the message's end.
    VoicemailUrgent {
        /// Which.
        voicemail: VoicemailId,
        /// What they say.
        urgent: bool,
    },
    /// A message is whole: it is new, and its owner is to be told. One without a part is none.
    FinishVoicemail {
        /// Which.
        voicemail: VoicemailId,
        /// What was said last of its urgency; `None` if that is known from [`Effect::VoicemailUrgent`] alone, or nothing was said.
        urgent: Option<bool>,
        /// Now.
        at: Wall,
    },
    /// A message that is being recorded is not wanted.
    DiscardVoicemail {
        /// Which.
        voicemail: VoicemailId,
    },
    /// A person did something with a message of this mailbox. Audited.
    MarkVoicemail {
        /// Which.
        voicemail: VoicemailId,
        /// Whose it is.
        mailbox: String,
        /// What.
        mark: VoicemailMark,
        /// Who.
        by: String,
        /// Now.
        at: Wall,
    },
    /// A person gives a message of this mailbox to a colleague: it is new there, and its new owner is still to be told. Audited.
    /// [`StoreError::WrongState`]: it is deleted, or the other mailbox is full.
    GiveVoicemail(Giving),
    /// Queues the mails that tell the owner of a message, once: if they were queued before, nothing is.
    QueueVoicemailMails {
        /// Which message.
        voicemail: VoicemailId,
        /// The mails; none if nobody wants one.
        mails: Vec<NewOutgoing>,
    },
    /// A step of recording a call.
    TakeRecording {
        /// Which recording.
        recording: RecordingId,
        /// The step.
        taking: Taking,
        /// Now.
        at: Wall,
    },
    /// A person did something with a recording. Audited. [`StoreError::WrongState`]: what is held is not deleted.
    MarkRecording {
        /// Which.
        recording: RecordingId,
        /// What.
        mark: RecordingMark,
        /// Who.
        by: String,
        /// Now.
        at: Wall,
    },
    /// A person says what they do about a call that nobody took. Audited. [`StoreError::WrongState`]: somebody was faster.
    MarkMissed(MissedMarking),
    /// Removes recordings that were deleted long enough ago, or may be kept no longer, with their keys; those that are held stay. A few at a
    /// time: [`Done::Purged`] says how many. Each is a line of the audit.
    PurgeRecordings {
        /// Now.
        at: Wall,
    },
    /// Removes messages that were deleted long enough ago, or may be kept no longer. [`Done::Mailboxes`] says what is left where some went.
    PurgeVoicemails {
        /// Now.
        at: Wall,
    },
    /// Sets what callers of a mailbox hear, or goes back to the standard text. Audited.
    SetGreeting(NewGreeting),
    /// Keeps what the clinic has recorded for its callers, or takes it back. Audited.
    Record(NewPrompt),
    /// Sets the PIN of a mailbox. Only a hash of it is kept. Audited.
    SetPin {
        /// Whose.
        mailbox: String,
        /// The PIN.
        pin: Pii<String>,
        /// Who.
        by: String,
        /// Now.
        at: Wall,
    },
    /// Tries a PIN. Wrong ones are counted.
    CheckPin {
        /// Whose.
        mailbox: String,
        /// What was given.
        pin: Pii<String>,
        /// Now.
        at: Wall,
    },
    /// Reads the messages of a mailbox, newest first.
    LoadMailbox {
        /// Whose.
        mailbox: String,
    },
    /// Reads one message with its sound.
    LoadVoicemail {
        /// Which.
        voicemail: VoicemailId,
    },
    /// Reads this greeting of a mailbox, or the name of whose it would be.
    LoadGreeting(String, GreetingKind),
    /// Reads how the people of these extensions say their names, of those who have recorded that.
    LoadNames(Vec<String>),
    /// Reads everything that must go on after a start.
    LoadWork,
    /// Reads the documents of a fax.
    LoadDocuments {
        /// Which.
        fax: FaxId,
    },
    /// Reads the pages of a fax, one TIFF a page.
    LoadPages {
        /// Which.
        fax: FaxId,
    },
    /// Reads the attempts of a fax, oldest first.
    LoadAttempts {
        /// Which.
        fax: FaxId,
    },
    /// Reads whose a received fax has been, oldest first.
    LoadOwners {
        /// Which.
        fax: FaxId,
    },
    /// Reads one row.
    LoadFax {
        /// Which.
        fax: FaxId,
    },
    /// Reads one mail of the outbound queue with its body.
    LoadOutgoing {
        /// Which.
        mail: MailId,
    },
}
