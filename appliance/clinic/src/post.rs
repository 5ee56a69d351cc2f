//! What the outbox says somebody must be told, and the outbound mail: a receipt for each fax that was ordered with one, each
//! received fax to its readers, an alert to everybody.

use fax::page::Page;
use mail::compose::{self, ReceiptFacts, ReceivedFacts, RepeatedFacts};
use mail::queue::Deliver;
use model::fax::Delivery;
use model::mail::{MailPurpose, SmtpReply};
use model::{Event, FaxId, MailId, Now, Pii, Wall};
use store::effect::{Done, Effect, MailNext, NewOutgoing, StoreError};
use store::rows::{Fact, FaxRow, OutboxEntry};

use crate::vault::Then;
use crate::{Clinic, Output, ways};

/// A mail that is being delivered.
pub(crate) struct OnWire {
    tries: u32,
    created: Wall,
    purpose: MailPurpose,
    to: Pii<String>,
}

/// For whoever looks after the clinic's mail server.
const REFUSED: &str = "The mail server does not take mail from Frontdesk: it wants a sign-in, or does not relay for this computer. Mails wait, and are \
                       tried again for two days.";

impl Clinic {
    /// An outbox entry waits: read what it is about.
    pub(crate) fn tell(&mut self, entry: &OutboxEntry) {
        let (Fact::FaxEnded(fax)
        | Fact::FaxReceived(fax)
        | Fact::OfferLapsed(fax)
        | Fact::FaxGiven(fax, _)
        | Fact::MailRepeated(fax)) = entry.fact;
        self.store(Effect::LoadFax { fax }, Then::Tell { entry: entry.clone() });
    }

    pub(crate) fn tell_row(&mut self, now: Now, entry: OutboxEntry, result: Result<Done, StoreError>) {
        let row = match result {
            Ok(Done::Fax(Some(row))) => row,
            // The fax is gone (purged): nobody is left to be told.
            _ => return self.settle_outbox(entry.id),
        };
        let fax = row.id;
        match entry.fact {
            Fact::FaxEnded(_) | Fact::OfferLapsed(_) if self.receipt_goes_to(&row).is_some() => {
                self.store(Effect::LoadAttempts { fax }, Then::TellSender { entry: entry.id, row });
            }
            Fact::FaxReceived(_) if !ways::readers(&self.settings, &row).is_empty() => {
                self.store(Effect::LoadPages { fax }, Then::TellReaders { entry: entry.id, row });
            }
            Fact::FaxGiven(_, change) => {
                self.store(Effect::LoadOwners { fax }, Then::TellGiven { entry: entry.id, change, row });
            }
            Fact::MailRepeated(_) => self.tell_of_repetition(now, entry.id, &row),
            _ => self.settle_outbox(entry.id),
        }
    }

    /// The mail that ordered this fax came again, and its sender may wait for a second fax.
    fn tell_of_repetition(&mut self, now: Now, entry: u64, row: &FaxRow) {
        let Some(to) = self.receipt_goes_to(row) else { return self.settle_outbox(entry) };
        let id = MailId::new(now.wall, &mut self.random);
        let facts = RepeatedFacts { id, at: now.wall, to: &to, settings: &self.settings, fax: row };
        let body = compose::repeated(&facts);
        let mail = self.outgoing(id, MailPurpose::Repeated(row.id), to, body, now);
        self.queue_mails(vec![mail], Some(entry));
    }

    /// Who is told what became of it. What is laid out has an owner, whose address may change as long as it lies ready.
    fn receipt_goes_to(&self, row: &FaxRow) -> Option<Pii<String>> {
        let owner = row.owner.as_deref().or(row.by.as_deref()).filter(|_| row.is_never_dialled());
        row.receipt_to.clone().or_else(|| self.settings.person(owner?)?.mail.clone())
    }

    fn settle_outbox(&mut self, entry: u64) {
        self.store(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry) }, Then::Must);
    }

    /// The receipt of an outgoing fax.
    pub(crate) fn tell_sender(&mut self, now: Now, entry: u64, row: &FaxRow, result: Result<Done, StoreError>) {
        let (Ok(Done::Attempts(attempts)), Some(to)) = (result, self.receipt_goes_to(row)) else {
            return self.settle_outbox(entry);
        };
        let id = MailId::new(now.wall, &mut self.random);
        let facts = ReceiptFacts { id, at: now.wall, to: &to, settings: &self.settings, fax: row, attempts: &attempts };
        let body = compose::receipt(&facts);
        let mail = self.outgoing(id, MailPurpose::Receipt(row.id), to, body, now);
        self.queue_mails(vec![mail], Some(entry));
    }

    /// A received fax, as a PDF, to each of its readers.
    pub(crate) fn tell_readers(&mut self, now: Now, entry: u64, row: &FaxRow, result: Result<Done, StoreError>) {
        let pages = match result {
            Ok(Done::Pages(files)) => {
                files.iter().map(|f| Page::from_tiff(f.expose())).collect::<Result<Vec<_>, _>>().ok()
            }
            _ => None,
        };
        let pdf = pages.filter(|p| !p.is_empty()).map(|pages| fax::pdf::to_pdf(&pages, "Fax", row.created));
        let Some(pdf) = pdf else {
            tracing::error!(fax = %row.id, "the pages of a received fax could not be read");
            return self.readers_not_told(now, entry, row.id);
        };
        let readers = ways::readers(&self.settings, row);
        let (mut mails, mut unmade) = (Vec::new(), 0);
        for to in readers {
            let id = MailId::new(now.wall, &mut self.random);
            let facts = ReceivedFacts { id, at: now.wall, to: &to, settings: &self.settings, fax: row, attempt: None };
            match compose::received_fax(&facts, &pdf) {
                Ok(body) => mails.push(self.outgoing(id, MailPurpose::ReceivedFax(row.id), to, body, now)),
                Err(_) => unmade += 1,
            }
        }
        if unmade > 0 {
            tracing::error!(fax = %row.id, unmade, "a received fax could not become a mail");
            // Before its entry is settled: a crash between the two says it twice, and hides nothing.
            self.not_told(now, row.id, "A received fax could not be made a mail, and not all of its readers got it.");
        }
        self.queue_mails(mails, Some(entry));
    }

    /// It stays in the inbox, marked for a person, who is told here that its readers are not.
    fn readers_not_told(&mut self, now: Now, entry: u64, fax: FaxId) {
        self.not_told(now, fax, "The pages of a received fax cannot be read, and nobody got them by mail.");
        self.settle_outbox(entry);
    }

    fn not_told(&mut self, now: Now, fax: FaxId, sentence: &str) {
        self.notice(now, sentence.to_owned().into());
        self.store(Effect::SetDelivery { fax, delivery: Delivery::Failed }, Then::Changed { fax });
    }

    pub(crate) fn queue_mails(&mut self, mails: Vec<NewOutgoing>, outbox: Option<u64>) {
        let ids = mails.iter().map(|m| m.id).collect();
        let urgent = mails.iter().any(|mail| mail.purpose == MailPurpose::Alert);
        self.store(Effect::QueueMails { mails, outbox }, Then::Queued { mails: ids, urgent });
    }

    pub(crate) fn outgoing(
        &self,
        id: MailId,
        purpose: MailPurpose,
        to: Pii<String>,
        body: Vec<u8>,
        now: Now,
    ) -> NewOutgoing {
        let from = compose::envelope_sender(purpose, &self.settings);
        NewOutgoing { id, purpose, from, to, body: body.into(), at: now.wall }
    }

    /// The mails are durable. If the entry was settled before, they are not in the store and their reading ends them.
    pub(crate) fn mails_queued(
        &mut self,
        now: Now,
        mails: Vec<MailId>,
        urgent: bool,
        result: &Result<Done, StoreError>,
    ) {
        if result.is_ok() {
            for mail in mails {
                if urgent {
                    self.mails.queued_urgent(now, mail);
                } else {
                    self.mails.queued(now, mail);
                }
            }
            self.out.push_back(Output::Event(Event::Mail));
        }
    }

    /// Reads the mails whose time has come.
    pub(crate) fn deliver_due(&mut self, now: Now) {
        while let Some(Deliver { mail }) = self.mails.poll(now) {
            self.store(Effect::LoadOutgoing { mail }, Then::Deliver { mail });
        }
    }

    pub(crate) fn mail_read(&mut self, now: Now, mail: MailId, result: Result<Done, StoreError>) {
        match result {
            Ok(Done::Outgoing(Some(row))) => {
                let (tries, created, purpose, to) = (row.tries, row.created, row.purpose, row.to.clone());
                self.in_delivery.insert(mail, OnWire { tries, created, purpose, to });
                self.out.push_back(Output::Deliver { mail: row });
            }
            Err(_) => self.mail_unreadable(now, mail),
            Ok(_) => self.mails.forget(mail),
        }
    }

    /// What was stored of it is damaged: it is given up as one that no server takes, and others go on.
    fn mail_unreadable(&mut self, now: Now, mail: MailId) {
        tracing::error!(%mail, "a stored mail cannot be read");
        self.mails.forget(mail);
        self.notice(now, "A stored mail cannot be read, and was not delivered.".to_owned().into());
        let reply = SmtpReply::new(0, "The stored letter cannot be read.");
        self.store(Effect::MailTried { mail, reply, next: MailNext::GaveUp, at: now.wall }, Then::Tried);
    }

    /// No server took it, and whoever waits for it would not know. A received fax says so where it stands, in the inbox.
    fn given_up(&mut self, now: Now, sent: &OnWire) {
        let (what, instead) = match sent.purpose {
            MailPurpose::ReceivedFax(_) => return,
            MailPurpose::Receipt(_) => ("The receipt of a fax", "; what became of the fax stands on the page Faxes"),
            MailPurpose::GivenFax(_) => {
                ("The word that a fax was given to somebody", "; it stands on the page Faxes, under Mine")
            }
            MailPurpose::Repeated(_) => {
                ("The word that a mail came again and was not faxed again", "; the first stands on the page Faxes")
            }
            MailPurpose::GoneFax => ("A mail about a fax", ""),
            MailPurpose::Alert => ("The alert about a call for help", ""),
            MailPurpose::Voicemail(_) => ("A voicemail", "; it can be heard on the page Messages"),
        };
        let to = sent.to.expose();
        self.notice_once(now, format!("{what} did not reach {to} by mail{instead}.").into());
    }

    pub(crate) fn mail_tried(&mut self, now: Now, mail: MailId, reply: SmtpReply) {
        let Some(sent) = self.in_delivery.remove(&mail) else { return };
        let next = self.mails.tried(now, mail, &reply, sent.tries, sent.created, &mut self.random);
        if next == MailNext::GaveUp {
            self.given_up(now, &sent);
        } else if mail::queue::refuses_us(&reply) && !std::mem::replace(&mut self.mails_refused, true) {
            // Every mail waits for it, again and again: it is said at the first, and anew only when it has worked in between.
            self.notice_once(now, REFUSED.to_owned().into());
        }
        self.mails_refused &= next != MailNext::Delivered;
        self.store(Effect::MailTried { mail, reply, next, at: now.wall }, Then::Tried);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailboxes::tests::clinic;

    /// All of the wire is taken by mails that hang, and more are due.
    #[test]
    fn only_what_tells_of_a_call_for_help_is_urgent() {
        let (mut clinic, now) = (clinic(), Now::simulation_start());
        clinic.vault.unlock(&mut clinic.out);
        for (purpose, goes) in [(MailPurpose::GoneFax, false), (MailPurpose::Alert, true)] {
            for _ in 0..10 {
                let more = MailId::new(now.wall, &mut clinic.random);
                clinic.mails.queued(now, more);
                clinic.mails.poll(now);
            }
            let id = MailId::new(now.wall, &mut clinic.random);
            let mail = clinic.outgoing(id, purpose, "nurse@clinic.test".into(), Vec::new(), now);
            clinic.queue_mails(vec![mail], None);
            while let Some(output) = clinic.out.pop_front() {
                if let Output::Store { ticket, effect: Effect::QueueMails { .. } } = output {
                    clinic.stored(now, ticket, Ok(Done::Ok));
                }
            }
            assert_eq!(clinic.mails.poll(now), goes.then_some(Deliver { mail: id }), "{purpose:?}");
        }
    }
}
