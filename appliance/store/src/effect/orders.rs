//! What the verbs are about: faxes and mails that are handed in, and what follows an attempt.

use std::time::Duration;

use model::command::Document;
use model::fax::{Door, FaxState, Retention};
use model::filing::Way;
use model::mail::MailPurpose;
use model::sending::{Manner, OrderKey, Profile, Wish};
use model::settings::Right;
use model::{AttemptId, FaxId, MailId, Offer, PhoneNumber, Pii, Recordable, Recorded, Said, Settings, Wall};

use crate::trunks::TrunkSecret;

/// Something that the clinic has recorded for its callers.
#[derive(Clone, Debug)]
pub struct NewPrompt {
    /// What it says.
    pub what: Recordable,
    /// The recording; `None`: it is taken back.
    pub sound: Option<Recorded>,
    /// Who.
    pub by: String,
    /// Now.
    pub at: Wall,
}

/// A dial plan that goes live.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// Its text.
    pub text: String,
    /// Who lets it go live.
    pub by: String,
    /// Now.
    pub at: Wall,
}

/// Settings that take the place of others.
#[derive(Clone, Debug)]
pub struct NewSettings {
    /// Their text, without passwords.
    pub text: Pii<String>,
    /// The generation that they take the place of; 0: there is none. Another newest one, and nothing happens.
    pub over: u64,
    /// The passwords that stood in them.
    pub secrets: Vec<TrunkSecret>,
    /// The user names of the digest by trunk: a password that is kept goes with them.
    pub accounts: Vec<(String, String)>,
    /// Users who are nobody of the clinic any more: all that lets them in ends.
    pub gone: Vec<String>,
    /// Who is in the clinic then.
    pub staff: Staff,
    /// The plan that is live, which would be another after the next start if none was kept: it is kept.
    pub plan: Option<String>,
    /// Who.
    pub by: String,
    /// Now.
    pub at: Wall,
}

/// Who is in the clinic, as far as the store needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The mailboxes of all, by extension.
    pub mailboxes: Vec<String>,
    /// Users who may see faxes.
    pub readers: Vec<String>,
}

impl Staff {
    /// By these settings.
    pub fn of(settings: &Settings) -> Self {
        let readers = settings.people.iter().filter(|person| person.rights.contains(&Right::SeeFaxes));
        Self {
            mailboxes: settings.people.iter().map(|person| person.extension.clone()).collect(),
            readers: readers.map(|person| person.user.clone()).collect(),
        }
    }
}

/// An outgoing fax to accept, or an order to fetch one.
#[derive(Clone, Debug)]
pub struct NewFax {
    /// Its identity, made by the core.
    pub id: FaxId,
    /// By which door it came.
    pub door: Door,
    /// The user who ordered it; its first owner.
    pub by: String,
    /// Where to, or whose machine has it.
    pub to: PhoneNumber,
    /// It is fetched: there are no documents, and nothing is sent.
    pub fetch: bool,
    /// The received fax whose pages it is, if it is one that goes on.
    pub forwards: Option<FaxId>,
    /// What it is about.
    pub subject: Pii<String>,
    /// The documents, in page order, sealed as they are.
    pub documents: Vec<Document>,
    /// Names of what of a mail is no part of them, for its receipt; or empty.
    pub left_out: Pii<String>,
    /// Where the receipt goes, if anybody wants one.
    pub receipt_to: Option<Pii<String>>,
    /// How long it is kept.
    pub retention: Retention,
    /// When it may be dialled, and how urgently.
    pub wish: Wish,
    /// Now.
    pub at: Wall,
}

/// A document to lay out for other machines to fetch.
#[derive(Clone, Debug)]
pub struct NewOffer {
    /// Its identity, made by the core.
    pub id: FaxId,
    /// By which door it came.
    pub door: Door,
    /// The user who lays it out.
    pub by: String,
    /// What it is about.
    pub subject: Pii<String>,
    /// The documents, in page order, sealed as they are.
    pub documents: Vec<Document>,
    /// Who gets it, and how long.
    pub offer: Offer,
    /// How long it is kept.
    pub retention: Retention,
    /// What makes a repeated order the same.
    pub key: Option<OrderKey>,
    /// Now.
    pub at: Wall,
}

/// A mail to accept, with the faxes that it orders: one transaction, so that a crash cannot keep one without the other.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// Its identity.
    pub id: MailId,
    /// The user who submitted it.
    pub by: String,
    /// The envelope sender.
    pub from: Pii<String>,
    /// The whole message as it came, sealed in the transit class.
    pub body: Pii<Vec<u8>>,
    /// What makes it the same mail: a client whose 250 was lost hands it in again, byte for byte. The second one changes nothing,
    /// since what it orders is ordered already.
    pub fingerprint: [u8; 32],
    /// After this time another mail with this fingerprint is a new one; `None`: never.
    pub anew_after: Option<Duration>,
    /// The faxes. The job key is (mail, position here), so a repeated effect accepts nothing twice.
    pub faxes: Vec<NewFax>,
    /// Now.
    pub at: Wall,
}

/// A mail for the outbound queue: one recipient, so that each has a fate of its own.
#[derive(Clone, Debug)]
pub struct NewOutgoing {
    /// Its identity; the Message-ID is made of it, so that a server which gets it twice can tell.
    pub id: MailId,
    /// What its delivery means.
    pub purpose: MailPurpose,
    /// Envelope sender; empty for receipts and alerts, so that they can never bounce in a loop.
    pub from: Pii<String>,
    /// Envelope recipient.
    pub to: Pii<String>,
    /// The whole message.
    pub body: Pii<Vec<u8>>,
    /// Now.
    pub at: Wall,
}

/// What follows an attempt to send a fax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaxNext {
    /// It ends so; an outbox entry is made in the same transaction.
    Final(FaxState),
    /// Again at this time, from the first unconfirmed page.
    Retry {
        /// When.
        at: Wall,
    },
}

/// What an attempt taught: for the fax, and for all that go to its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lesson {
    /// How its next attempt is made; `None`: as the number's profile says.
    pub manner: Option<Manner>,
    /// What is known of the machine now.
    pub machine: Option<(PhoneNumber, Profile)>,
}

/// Where a received fax goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Whose it is at once.
    pub owner: Option<String>,
    /// In which folder of the inbox it stands.
    pub folder: Option<String>,
    /// Nobody is told of it.
    pub junk: bool,
    /// Its ways other than mail.
    pub ways: Vec<Way>,
    /// What the caller said of whom it is for: who gets it by mail is asked again later.
    pub said: Box<Said>,
}

/// A fax that comes because we asked for it. Its row begins with its first page: of a call that brings none, the order's attempt tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its identity.
    pub fax: FaxId,
    /// Its reception.
    pub attempt: AttemptId,
    /// The order.
    pub order: FaxId,
    /// Whose machine had it.
    pub from: PhoneNumber,
    /// The number of ours that it counts for.
    pub to: PhoneNumber,
    /// The line.
    pub line: String,
}

/// What is known of a fax while it arrives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What the other machine calls itself.
    pub remote_ident: Pii<String>,
    /// What the caller said of whom it is for; the codes on the page are read later.
    pub said: Said,
    /// Its last page is there: it is whole from here on, whatever becomes of us.
    pub whole: bool,
}

/// What follows an attempt on a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayNext {
    /// It is there.
    Delivered,
    /// Again at this time.
    Retry {
        /// When.
        at: Wall,
    },
    /// No more: it needs a person.
    GaveUp,
}

/// What follows an attempt to deliver a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailNext {
    /// The server took it. A `ReceivedFax` becomes `Delivered` in the same transaction.
    Delivered,
    /// Again at this time.
    Retry {
        /// When.
        at: Wall,
    },
    /// No more. A `ReceivedFax` becomes `Delivery::Failed` in the same transaction.
    GaveUp,
}
