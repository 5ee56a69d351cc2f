//! What a start finds to do.

use model::call::Binding;
use model::defence::Kept;
use model::filing::Way;
use model::sending::Profile;
use model::voicemail::MailboxCounts;
use model::{AttemptId, Callback, FaxId, MailId, PhoneNumber, Switches, VoicemailId, Wall};

use super::OpenRecording;
use crate::rows::{AlertRow, FaxRow, OutboxEntry};

/// Everything that must go on after a start.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Faxes that are not final.
    pub faxes: Vec<FaxRow>,
    /// Documents that lie ready for others to fetch.
    pub offers: Vec<FaxRow>,
    /// Who asked for one before.
    pub askers: Askers,
    /// Attempts that were open when the process ended: each needs its one outcome.
    pub open_attempts: Vec<OpenAttempt>,
    /// Outbox entries that are not settled.
    pub outbox: Vec<OutboxEntry>,
    /// Mails to deliver.
    pub mails: Vec<WaitingMail>,
    /// Alerts that nobody has seen, newest first.
    pub alerts: Vec<AlertRow>,
    /// The highest number that an alert has, seen or not.
    pub last_alert: u64,
    /// Registrar bindings as they were.
    pub bindings: Vec<Binding>,
    /// What is kept of the defence.
    pub defence: Kept,
    /// Messages that were being recorded when the process ended.
    pub open_voicemails: Vec<VoicemailId>,
    /// Messages whose owners are still to be told.
    pub untold_voicemails: Vec<VoicemailId>,
    /// Recordings that were being taken when the process ended.
    pub open_recordings: Vec<OpenRecording>,
    /// How many messages each mailbox has.
    pub mailboxes: Vec<(String, MailboxCounts)>,
    /// What staff had switched.
    pub switches: Switches,
    /// Callers who are to be called back, or about whom a person decides.
    pub callbacks: Vec<Callback>,
    /// What is known of the machines that were called, the newest.
    pub machines: Vec<(PhoneNumber, Profile)>,
    /// Received faxes on their way into folders: which, to where, tries so far, and when the next is due.
    pub ways: Vec<(FaxId, Way, u32, Wall)>,
    /// Callers whose fax calls are not answered.
    pub fax_blocks: Vec<PhoneNumber>,
}

/// Callers who asked for documents that lie ready, as far as their calls are on record.
#[derive(Clone, Debug, Default)]
pub struct Askers {
    /// Who had every page of one; whose last time was last stands last.
    pub had: Vec<PhoneNumber>,
    /// Who got nothing, and when; the earliest first, and of them the last.
    pub refused: Vec<(Option<PhoneNumber>, Wall)>,
}

/// An attempt without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenAttempt {
    /// Which.
    pub attempt: AttemptId,
    /// Of which fax.
    pub fax: FaxId,
    /// Confirmed in this attempt.
    pub pages_confirmed: u32,
    /// Somebody recalled the fax while it was on the line.
    pub recalled: bool,
    /// Sending: the last page had begun, so the fax can have been completed. Receiving: the last page is durable, so the fax is whole.
    pub last_page_begun: bool,
}

/// A mail to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingMail {
    /// Which.
    pub mail: MailId,
    /// When it is tried next.
    pub due: Wall,
    /// It tells of a call for help.
    pub urgent: bool,
}
