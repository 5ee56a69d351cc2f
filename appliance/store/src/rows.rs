//! What the store gives to read.

use model::fax::{Cause, Delivery, Direction, Door, FaxState, Outcome, Retention};
use model::filing::Way;
use model::mail::{MailPurpose, SmtpReply};
use model::sending::{Manner, Priority, Profile};
use model::trace::Trace;
use model::{AttemptId, FaxId, Inside, MailId, Offer, PhoneNumber, Pii, Said, Wall};

/// How a fax stands, as far as a person has to know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// How far it has come.
    pub state: FaxState,
    /// Whether a received one reached its reader.
    pub delivery: Delivery,
    /// A folder of the computer did not get it.
    pub unwritten: bool,
}

impl FaxRow {
    /// What whoever looks at it is shown.
    pub const fn shown(&self) -> Shown {
        Shown { state: self.state, delivery: self.delivery, unwritten: self.unwritten }
    }
}

/// A fax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaxRow {
    /// Its identity.
    pub id: FaxId,
    /// In or out.
    pub direction: Direction,
    /// By which door an outgoing one came.
    pub door: Option<Door>,
    /// Where it stands.
    pub state: FaxState,
    /// The other end: called for an outgoing fax, caller for an incoming one if known.
    pub number: Option<PhoneNumber>,
    /// Our number that was called, for an incoming one.
    pub our_number: Option<PhoneNumber>,
    /// What it is about, or empty.
    pub subject: Pii<String>,
    /// Who ordered it.
    pub by: Option<String>,
    /// Whose it is now; a received fax begins without an owner.
    pub owner: Option<String>,
    /// Accepted or answered.
    pub created: Wall,
    /// Last change.
    pub changed: Wall,
    /// Pages in all; so far, for one that is being received; 0 while rendering.
    pub pages: u32,
    /// Pages confirmed over all attempts; where the next attempt begins.
    pub pages_confirmed: u32,
    /// Attempts so far, since a person last ordered it.
    pub attempts: u32,
    /// When the next attempt is due, in `Waiting`.
    pub next_at: Option<Wall>,
    /// The cause of the last attempt.
    pub cause: Option<Cause>,
    /// Why it cannot be rendered.
    pub reason: Option<Pii<String>>,
    /// Names of what of the mail that ordered it is no part of it, or empty.
    pub left_out: Pii<String>,
    /// What the other machine called itself.
    pub remote_ident: Pii<String>,
    /// Whether a received one reached its reader.
    pub delivery: Delivery,
    /// A folder of the computer did not get it, whatever became of its mails.
    pub unwritten: bool,
    /// Where the receipt goes.
    pub receipt_to: Option<Pii<String>>,
    /// The mail that ordered it.
    pub mail: Option<MailId>,
    /// How long it is kept.
    pub retention: Retention,
    /// Until when.
    pub keep_until: Wall,
    /// Which goes first.
    pub priority: Priority,
    /// Not dialled before.
    pub not_before: Option<Wall>,
    /// Its first page is a cover of ours.
    pub cover: bool,
    /// Whom an outgoing one is for inside their house.
    pub inside: Inside,
    /// What the caller said of whom a received one is for.
    pub said: Said,
    /// How its next attempt is made, if not as experience with the number says.
    pub manner: Option<Manner>,
    /// The fax that it repeats, if it was held for that.
    pub twin: Option<FaxId>,
    /// The folder of the inbox in which it stands.
    pub folder: Option<String>,
    /// Nobody is told of it.
    pub junk: bool,
    /// Who dealt with it, and when; of an outgoing one, who said that it arrived.
    pub done: Option<(String, Wall)>,
    /// It is kept whatever the calendar says.
    pub legal_hold: bool,
    /// An outgoing one that is no fax but the order to fetch one; its pages are those that came.
    pub fetch: bool,
    /// The order by which a received one was fetched.
    pub fetched_by: Option<FaxId>,
    /// An outgoing one that is laid out for others to fetch, and is called by nobody.
    pub offer: Option<Offer>,
    /// An outgoing one that another machine called for: the document that it fetched, whose pages it shows.
    pub given_of: Option<FaxId>,
}

impl FaxRow {
    /// What an end for this cause means for it, for a person.
    pub const fn sentence_of(&self, cause: Cause) -> &'static str {
        match self.direction {
            Direction::In => cause.sentence_of_reception(),
            Direction::Out if self.fetch => cause.sentence_of_fetch(),
            Direction::Out if self.given_of.is_some() => cause.sentence_of_giving(),
            Direction::Out => cause.sentence(),
        }
    }

    /// What it came to, for a person: why it ended, or what shows that it arrived. The same sentence stands in the console, the receipts and
    /// the API.
    pub fn sentence(&self) -> Option<&'static str> {
        if self.is_arrived_by_word() {
            return Some("Their machine had not confirmed it; somebody has said in Frontdesk that it arrived.");
        }
        // Every page of it was confirmed, whatever became of the line after that.
        let cause = if self.is_confirmed() { Some(Cause::Delivered) } else { self.cause };
        cause.map(|cause| self.sentence_of(cause))
    }

    /// It arrived because a person says so ([`FaxRow::done`]): their machine did not confirm every page.
    pub fn is_arrived_by_word(&self) -> bool {
        self.is_said_to_be_there() && (self.done.is_some() || self.pages_confirmed < self.pages)
    }

    /// It arrived, and their machine confirmed every page.
    pub fn is_confirmed(&self) -> bool {
        self.is_said_to_be_there() && !self.is_arrived_by_word()
    }

    /// A document that is laid out, and an order to fetch one, arrive nowhere.
    fn is_said_to_be_there(&self) -> bool {
        self.direction == Direction::Out && self.state == FaxState::Sent && !self.fetch && self.offer.is_none()
    }

    /// The queue has nothing to do with it: it is laid out, or was called for.
    pub const fn is_never_dialled(&self) -> bool {
        self.offer.is_some() || self.given_of.is_some()
    }
}

/// Attempts to send on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayStat {
    /// When the day began.
    pub day: Wall,
    /// Those that ended with every page confirmed.
    pub sent: u64,
    /// The others.
    pub failed: u64,
}

/// How callers fared in one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStat {
    /// Its name in the plan.
    pub queue: String,
    /// All who waited there.
    pub callers: u64,
    /// Those whom somebody took.
    pub taken: u64,
    /// Those of them who had waited for a minute at most.
    pub soon: u64,
    /// Those who hung up.
    pub left: u64,
    /// Those who were to be called back.
    pub called_back: u64,
    /// Those whom nobody took in time, and whom the plan led on.
    pub led_on: u64,
    /// How long those whom somebody took had waited on average, in milliseconds; nothing if nobody was.
    pub average: Option<u64>,
    /// How long anybody waited, in milliseconds.
    pub longest: u64,
}

/// Attempts to send over one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineStat {
    /// The line.
    pub line: String,
    /// All of them.
    pub attempts: u64,
    /// Those that ended with every page confirmed.
    pub sent: u64,
    /// The speed on average, of those that reached one.
    pub bit_rate: u64,
    /// Packets that were lost, of all of them.
    pub packets_lost: u64,
}

/// How far a received fax has come on one of its ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayRow {
    /// Which way.
    pub way: Way,
    /// How far.
    pub state: MailState,
    /// Attempts so far.
    pub tries: u32,
    /// When that last changed.
    pub changed: Wall,
    /// Why the last attempt failed.
    pub why: Option<String>,
}

/// A caller whose fax calls are not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRow {
    /// Whose.
    pub number: PhoneNumber,
    /// Who blocked it.
    pub by: String,
    /// When.
    pub at: Wall,
}

/// What is known of the machine behind a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineRow {
    /// The number.
    pub number: PhoneNumber,
    /// What is known.
    pub profile: Profile,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Its identity.
    pub id: AttemptId,
    /// From 1.
    pub number: u32,
    /// "main, T.38".
    pub line: String,
    /// Its first page, from 0.
    pub first_page: u32,
    /// When it began.
    pub started: Wall,
    /// When it ended.
    pub ended: Option<Wall>,
    /// What it came to.
    pub outcome: Option<Outcome>,
    /// What happened.
    pub trace: Trace,
}

/// A fact that somebody outside must be told, at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its number.
    pub id: u64,
    /// What happened.
    pub fact: Fact,
}

/// See [`OutboxEntry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// An outgoing fax came to its end (sent, failed, uncertain), or a fetch of what was laid out: whoever ordered it gets a receipt.
    FaxEnded(FaxId),
    /// A fax was received, whole or in part: its readers get it.
    FaxReceived(FaxId),
    /// Nobody fetched a document that was laid out, and its time is over: whoever laid it out hears so.
    OfferLapsed(FaxId),
    /// A received fax was given to somebody by another person, by this change of its owner: they hear so.
    FaxGiven(FaxId, u64),
    /// The mail that ordered this fax, perhaps among others, came again, and nothing of it is faxed: its sender hears so.
    MailRepeated(FaxId),
}

/// A change of whose a received fax is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// Its number among all such changes.
    pub id: u64,
    /// When.
    pub at: Wall,
    /// Who changed it.
    pub by: String,
    /// Whose it was.
    pub before: Option<String>,
    /// Whose it is since; nobody's if it was laid back.
    pub owner: Option<String>,
}

/// A mail of the outbound queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Its identity.
    pub id: MailId,
    /// What its delivery means.
    pub purpose: MailPurpose,
    /// Envelope sender.
    pub from: Pii<String>,
    /// Envelope recipient.
    pub to: Pii<String>,
    /// The whole message.
    pub body: Pii<Vec<u8>>,
    /// Attempts so far.
    pub tries: u32,
    /// When it was queued.
    pub created: Wall,
}

/// A line of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// From 1.
    pub number: u64,
    /// When.
    pub at: Wall,
    /// Who.
    pub by: String,
    /// A stable word.
    pub what: String,
    /// What it was about.
    pub subject: String,
}

/// Which calls are looked for.
#[derive(Clone, Debug, Default)]
pub struct CallFilter {
    /// Only those to the clinic that nobody answered.
    pub missed: bool,
    /// A name, or some digits of a number, of who called or was called.
    pub search: Option<String>,
    /// Only those that began then or later.
    pub since: Option<Wall>,
}

/// Which faxes to list.
#[derive(Clone, Default)]
pub struct FaxFilter {
    /// In or out only.
    pub direction: Option<Direction>,
    /// Only those that wait for a person, see [`crate::Faxes::counts`].
    pub needs_person: bool,
    /// Only received ones that are this person's, and not done with.
    pub mine: Option<String>,
    /// Only those of this folder of the inbox.
    pub folder: Option<String>,
    /// What of them is junk.
    pub junk: Junk,
    /// Only those whose subject, number, people or other machine hold this text.
    pub search: Option<String>,
    /// Users whose names hold that text, which only the settings know: what is theirs, or was ordered by them, fits too.
    pub named: Vec<String>,
}

/// Whether junk is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Junk {
    /// Only what is none.
    #[default]
    Without,
    /// All of it too: whoever looks for something must not be told that it never came.
    With,
    /// Nothing else.
    Only,
}

/// How many faxes wait for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaxCounts {
    /// Received ones.
    pub needs_person_in: u64,
    /// Outgoing ones.
    pub needs_person_out: u64,
}

/// How far a mail of the outbound queue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MailState {
    /// It waits for its next attempt.
    Queued,
    /// The server took it.
    Delivered,
    /// Given up.
    Failed,
}

/// A line of the outbound queue, for the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedMail {
    /// Its identity.
    pub id: MailId,
    /// What its delivery means.
    pub purpose: MailPurpose,
    /// Envelope recipient.
    pub to: Pii<String>,
    /// How far it has come.
    pub state: MailState,
    /// Attempts so far.
    pub tries: u32,
    /// When it was queued.
    pub created: Wall,
    /// The last change.
    pub changed: Wall,
    /// When the next attempt is due, while it is queued.
    pub next_at: Option<Wall>,
    /// What the server said last.
    pub reply: Option<SmtpReply>,
}

/// An accepted mail, for the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedMail {
    /// Its identity.
    pub id: MailId,
    /// The user who submitted it.
    pub by: String,
    /// The envelope sender.
    pub from: Pii<String>,
    /// When.
    pub at: Wall,
    /// Bytes of the message.
    pub size: u64,
    /// The faxes that it ordered, in order.
    pub faxes: Vec<FaxId>,
}

/// A staff alert, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    /// Its number.
    pub id: u64,
    /// When.
    pub at: Wall,
    /// What was said.
    pub sentence: Pii<String>,
    /// The street address that help comes to, if somebody calls for help.
    pub help: Option<Pii<String>>,
}
