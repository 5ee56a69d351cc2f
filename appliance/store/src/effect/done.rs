//! What the verbs come to.

use model::command::Document;
use model::voicemail::{MailboxCounts, PinCheck, Voicemail};
use model::{FaxId, Pii, Sound};

use super::{NotHanded, Work};
use crate::rows::{AttemptRow, FaxRow, OutboxEntry, OutgoingMail, OwnerRow};

/// What an effect came to.
#[derive(Clone, Debug)]
pub enum Done {
    /// It is durable.
    Ok,
    /// It is durable, and an outbox entry waits.
    Outboxed(OutboxEntry),
    /// The same order is this fax already, or these; nothing was accepted again.
    Ordered(Vec<FaxId>),
    /// The key of the order belongs to another fax; nothing was accepted.
    OtherOrder,
    /// The fax stays where it is; nothing was changed.
    NotHanded(NotHanded),
    /// These faxes wait for a person again: who looked after them is gone, or may not see faxes any more.
    LaidBack(Vec<FaxId>),
    /// So many faxes, or recordings, were removed.
    Purged(usize),
    /// The work to go on with.
    Work(Box<Work>),
    /// Documents, in order.
    Documents(Vec<Document>),
    /// Pages, in order.
    Pages(Vec<Pii<Vec<u8>>>),
    /// Attempts, oldest first.
    Attempts(Vec<AttemptRow>),
    /// Whose a fax has been, oldest first.
    Owners(Vec<OwnerRow>),
    /// A row, if there is one.
    Fax(Option<Box<FaxRow>>),
    /// A mail of the outbound queue, if it is still there.
    Outgoing(Option<Box<OutgoingMail>>),
    /// Messages were removed, or given away; these mailboxes have so many now.
    Mailboxes(Vec<(String, MailboxCounts)>),
    /// It is durable, and the mailbox has so many messages now.
    Mailbox {
        /// Whose.
        mailbox: String,
        /// How many.
        counts: MailboxCounts,
    },
    /// Messages of a mailbox.
    Voicemails(Vec<Voicemail>),
    /// A message with its sound, if there is one.
    Voicemail(Option<Box<(Voicemail, Pii<Sound>)>>),
    /// A greeting, if one was recorded.
    Greeting {
        /// It.
        own: Option<Pii<Sound>>,
        /// Where there is none, how the person says their name.
        name: Option<Pii<Sound>>,
    },
    /// How people say their names, by their extensions.
    Names(Vec<(String, Pii<Sound>)>),
    /// What a PIN came to.
    Pin(PinCheck),
}

/// Why an effect was not done. Nothing of it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// No space left. Try later; whoever handed something in must be told that it was not accepted.
    Full,
    /// The row is not in the state that the effect needs (somebody else was faster, or it is a repetition). Do not retry.
    WrongState,
    /// There is no such row.
    NotFound,
    /// The store was made with another root key. Nothing was changed.
    WrongKey,
    /// The disk, the database or a key failed; the words are for the log and hold nothing personal.
    Broken(String),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Full => f.write_str("the disk is full"),
            Self::WrongState => f.write_str("it is no longer in that state"),
            Self::NotFound => f.write_str("there is no such record"),
            Self::WrongKey => f.write_str("this is not the key (or passphrase) of this store"),
            Self::Broken(why) => write!(f, "the store failed: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}
