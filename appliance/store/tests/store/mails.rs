//! Mails: accepted with their faxes, queued with their outbox entry, tried until their fate is known.

use model::fax::{Cause, Delivery, FaxState};
use model::filing::Way;
use model::mail::{MailPurpose, SmtpReply};
use model::{FaxId, MailId, Pii, Wall};
use store::effect::{Decision, MailNext, NewMail, NewOutgoing, Place, WaitingMail, WayNext, Work};
use store::rows::{Fact, MailState};
use store::{Done, Effect, StoreError};

use crate::clinic::{Clinic, outcome, page, trace};

fn work(clinic: &Clinic) -> Work {
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    *work
}

fn outgoing(clinic: &mut Clinic, purpose: MailPurpose) -> NewOutgoing {
    NewOutgoing {
        id: clinic.mail_id(),
        purpose,
        from: Pii::default(),
        to: Pii::from("desk@clinic.demo"),
        body: Pii::new(b"Subject: fax of Adalbert Quux\r\n\r\n".to_vec()),
        at: clinic.now,
    }
}

fn tried(mail: MailId, code: u16, next: MailNext, at: Wall) -> Effect {
    let reply = SmtpReply::new(code, "said the server to desk@clinic.demo");
    Effect::MailTried { mail, reply, next, at }
}

/// A received fax and the number of its outbox entry.
fn received(clinic: &mut Clinic) -> (FaxId, u64) {
    received_by(clinic, Vec::new())
}

/// The same, which goes these ways too.
fn received_by(clinic: &mut Clinic, ways: Vec<Way>) -> (FaxId, u64) {
    let (fax, attempt) = clinic.receiving();
    clinic.does(Effect::ReceivedPage {
        fax,
        number: 0,
        page: page(0),
        bad_rows: 0,
        in_part: false,
        known: None,
        at: clinic.now,
    });
    let at = clinic.now;
    let outcome = outcome(Cause::Delivered, 1);
    let finish = Effect::FinishReceived {
        fax,
        attempt,
        outcome,
        state: FaxState::Received,
        place: Place { ways, ..Place::default() },
        trace: trace(at),
        at,
    };
    let Done::Outboxed(entry) = clinic.does(finish) else { panic!("no entry") };
    (fax, entry.id)
}

fn delivery(clinic: &Clinic, fax: FaxId) -> Delivery {
    clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a row").delivery
}

#[test]
fn a_mail_and_its_faxes_are_accepted_together_and_once() {
    let mut clinic = Clinic::new();
    let mail = clinic.mail(2);
    let faxes: Vec<_> = mail.faxes.iter().map(|f| f.id).collect();
    clinic.does(Effect::AcceptMail(Box::new(mail.clone())));
    clinic.does(Effect::AcceptMail(Box::new(mail.clone())));
    // The same mail once more, read anew: its faxes have other identities, and are the same jobs.
    let mut repeated = clinic.mail(2);
    repeated.id = mail.id;
    clinic.does(Effect::AcceptMail(Box::new(repeated)));
    let clinic = clinic.restart();
    assert_eq!(
        work(&clinic).faxes.iter().map(|f| (f.id, f.mail)).collect::<Vec<_>>(),
        [(faxes[0], Some(mail.id)), (faxes[1], Some(mail.id))]
    );
    let mails = clinic.store.mails();
    let accepted = clinic.store.wait(mails.accepted(10)).expect("list");
    assert_eq!((accepted.len(), &accepted[0].faxes), (1, &faxes));
    assert!(clinic.store.wait(mails.body(mail.id)).expect("body") == Some(mail.body));
}

#[test]
fn of_a_mail_that_cannot_be_accepted_whole_nothing_is() {
    let mut clinic = Clinic::new();
    let mut mail = clinic.mail(2);
    // Two jobs with one identity: the second cannot be stored.
    mail.faxes[1].id = mail.faxes[0].id;
    assert!(clinic.perform(Effect::AcceptMail(Box::new(mail))).is_err());
    assert!(work(&clinic).faxes.is_empty());
    assert!(clinic.store.wait(clinic.store.mails().accepted(10)).expect("list").is_empty());
    assert!(clinic.store.wait(clinic.store.audit().list(10)).expect("audit").is_empty());
}

#[test]
fn an_outbox_entry_is_settled_with_its_mails_and_asks_only_once() {
    let mut clinic = Clinic::new();
    let (fax, entry) = received(&mut clinic);
    let mails = vec![
        outgoing(&mut clinic, MailPurpose::ReceivedFax(fax)),
        outgoing(&mut clinic, MailPurpose::ReceivedFax(fax)),
    ];
    let ids: Vec<_> = mails.iter().map(|m| m.id).collect();
    clinic.does(Effect::QueueMails { mails, outbox: Some(entry) });
    assert_eq!(delivery(&clinic, fax), Delivery::Queued);
    // After a crash the same entry may be worked on again, with mails that are made anew.
    let again = vec![outgoing(&mut clinic, MailPurpose::ReceivedFax(fax))];
    clinic.does(Effect::QueueMails { mails: again, outbox: Some(entry) });
    let clinic = clinic.restart();
    let work = work(&clinic);
    assert!(work.outbox.is_empty());
    assert_eq!(work.mails.iter().map(|waits| waits.mail).collect::<Vec<_>>(), ids);
    clinic.refuses(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry + 1) }, &StoreError::NotFound);
}

#[test]
fn an_entry_that_needs_no_mail_is_settled_without_one() {
    let mut clinic = Clinic::new();
    let (_, entry) = received(&mut clinic);
    assert_eq!(work(&clinic).outbox.len(), 1);
    clinic.does(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry) });
    clinic.does(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry) });
    assert!(work(&clinic).outbox.is_empty());
}

#[test]
fn a_mail_is_tried_until_its_fate_is_known_and_then_its_body_is_gone() {
    let mut clinic = Clinic::new();
    let (fax, entry) = received(&mut clinic);
    let mail = outgoing(&mut clinic, MailPurpose::ReceivedFax(fax));
    let id = mail.id;
    clinic.does(Effect::QueueMails { mails: vec![mail.clone(), mail.clone()], outbox: Some(entry) });
    let at = clinic.tick();
    let next = Wall(at.millis() + 900_000);
    clinic.does(tried(id, 451, MailNext::Retry { at: next }, at));
    assert_eq!(work(&clinic).mails, [WaitingMail { mail: id, due: next, urgent: false }]);
    let Done::Outgoing(Some(waiting)) = clinic.does(Effect::LoadOutgoing { mail: id }) else { panic!("no mail") };
    assert_eq!(waiting.tries, 1);
    assert!(waiting.body == mail.body && waiting.to == mail.to && waiting.purpose == mail.purpose);

    clinic.does(tried(id, 250, MailNext::Delivered, next));
    clinic.refuses(tried(id, 250, MailNext::Delivered, next), &StoreError::WrongState);
    assert!(matches!(clinic.does(Effect::LoadOutgoing { mail: id }), Done::Outgoing(None)));
    assert_eq!(delivery(&clinic, fax), Delivery::Delivered);
    let queue = clinic.store.wait(clinic.store.mails().queue(10)).expect("queue");
    assert_eq!(queue.len(), 1);
    assert_eq!((queue[0].state, queue[0].tries, queue[0].next_at), (MailState::Delivered, 2, None));
    assert_eq!(queue[0].reply.as_ref().map(|r| r.code), Some(250));
    let unknown = clinic.mail_id();
    clinic.refuses(tried(unknown, 250, MailNext::Delivered, at), &StoreError::NotFound);
}

#[test]
fn with_several_readers_one_failure_needs_a_person_whatever_comes_after_it() {
    let mut clinic = Clinic::new();
    let (fax, entry) = received(&mut clinic);
    let mails: Vec<_> = (0..3).map(|_| outgoing(&mut clinic, MailPurpose::ReceivedFax(fax))).collect();
    let ids: Vec<_> = mails.iter().map(|m| m.id).collect();
    clinic.does(Effect::QueueMails { mails, outbox: Some(entry) });
    let steps = [
        (ids[0], MailNext::Delivered, Delivery::Queued),
        (ids[1], MailNext::GaveUp, Delivery::Failed),
        (ids[2], MailNext::Delivered, Delivery::Failed),
    ];
    for (mail, next, expected) in steps {
        clinic.does(tried(mail, 250, next, clinic.now));
        assert_eq!(delivery(&clinic, fax), expected);
    }
    clinic.does(Effect::SetDelivery { fax, delivery: Delivery::Queued });
    assert_eq!(delivery(&clinic, fax), Delivery::Queued);
}

#[test]
fn a_folder_that_did_not_get_a_fax_changes_nothing_about_its_mails() {
    let mut clinic = Clinic::new();
    let way = Way::Folder("scans".to_owned());
    let (fax, entry) = received_by(&mut clinic, vec![way.clone()]);
    let mail = outgoing(&mut clinic, MailPurpose::ReceivedFax(fax));
    let id = mail.id;
    clinic.does(Effect::QueueMails { mails: vec![mail], outbox: Some(entry) });
    clinic.does(tried(id, 250, MailNext::Delivered, clinic.now));
    let (by, at) = ("101".to_owned(), clinic.now);
    clinic.does(Effect::DecideFax { fax, by: by.clone(), decision: Decision::Take, at });
    let needs_person =
        |clinic: &Clinic| clinic.store.wait(clinic.store.faxes().counts()).expect("counts").needs_person_in;
    assert_eq!(needs_person(&clinic), 0);

    let (next, why) = (WayNext::GaveUp, Some("the disk is full".to_owned()));
    clinic.does(Effect::WayTried { fax, way, next, why, by: None, at });
    let row = clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a fax");
    assert_eq!((row.delivery, row.unwritten), (Delivery::Delivered, true));
    assert_eq!(needs_person(&clinic), 1, "also if somebody had looked before");
    clinic.looks(fax, &by);
    assert_eq!(needs_person(&clinic), 0);
}

#[test]
fn a_fax_is_delivered_when_its_last_reader_has_it() {
    let mut clinic = Clinic::new();
    let (fax, entry) = received(&mut clinic);
    let mut mails: Vec<_> = (0..2).map(|_| outgoing(&mut clinic, MailPurpose::ReceivedFax(fax))).collect();
    // The mail about another fax, and what else is said of this one, is nothing to it.
    let (other, _) = received(&mut clinic);
    mails.extend([MailPurpose::ReceivedFax(other), MailPurpose::Receipt(fax)].map(|of| outgoing(&mut clinic, of)));
    let ids: Vec<_> = mails.iter().map(|m| m.id).collect();
    clinic.does(Effect::QueueMails { mails, outbox: Some(entry) });
    let later = Wall(clinic.now.millis() + 60_000);
    for (mail, next, expected) in [
        (ids[0], MailNext::Delivered, Delivery::Queued),
        (ids[1], MailNext::Retry { at: later }, Delivery::Queued),
        (ids[1], MailNext::Delivered, Delivery::Delivered),
    ] {
        clinic.does(tried(mail, 250, next, clinic.now));
        assert_eq!(delivery(&clinic, fax), expected);
    }
}

#[test]
fn receipts_and_alerts_say_nothing_about_the_delivery_of_a_fax() {
    let mut clinic = Clinic::new();
    let (fax, _) = received(&mut clinic);
    let mails = vec![outgoing(&mut clinic, MailPurpose::Receipt(fax)), outgoing(&mut clinic, MailPurpose::Alert)];
    let ids: Vec<_> = mails.iter().map(|m| m.id).collect();
    clinic.does(Effect::QueueMails { mails, outbox: None });
    let urgent: Vec<_> = work(&clinic).mails.iter().map(|waits| waits.urgent).collect();
    assert_eq!(urgent, [false, true], "the alert goes first, after a restart too");
    for id in ids {
        clinic.does(tried(id, 550, MailNext::GaveUp, clinic.now));
    }
    assert_eq!(delivery(&clinic, fax), Delivery::None);
}

#[test]
fn a_mail_that_nothing_tells_apart_is_new_after_its_time() {
    let mut clinic = Clinic::new();
    let first = clinic.mail(1);
    let hour = std::time::Duration::from_secs(3600);
    let again = |clinic: &mut Clinic, at: Wall, anew_after| {
        let mail = NewMail { fingerprint: first.fingerprint, anew_after, at, ..clinic.mail(1) };
        clinic.does(Effect::AcceptMail(Box::new(mail.clone())));
        clinic.does(Effect::AcceptMail(Box::new(mail)));
        work(clinic).faxes.len()
    };
    let at = first.at;
    clinic.does(Effect::AcceptMail(Box::new(first.clone())));
    assert_eq!(again(&mut clinic, at + hour, Some(hour)), 1);
    assert_eq!(again(&mut clinic, at + hour * 24, None), 1, "it has a name");
    assert_eq!(again(&mut clinic, at + hour * 24, Some(hour)), 2);
    assert_eq!(again(&mut clinic, at + hour * 25, Some(hour)), 2, "of the second");
    // The clock was ahead by then: nobody knows how old that one is, and each night's order is to be faxed.
    assert_eq!(again(&mut clinic, at + hour * 24 * 365, Some(hour)), 3);
    assert_eq!(again(&mut clinic, at + hour * 48, Some(hour)), 4);
    assert_eq!(again(&mut clinic, at + hour * 47, Some(hour)), 4, "a clock that is set back by an hour");
}

#[test]
fn of_a_mail_that_comes_again_its_sender_is_told_once_an_hour() {
    let mut clinic = Clinic::new();
    let first = clinic.mail(2);
    let fax = first.faxes[0].id;
    let minutes = |n: u64| first.at + std::time::Duration::from_secs(60 * n);
    clinic.does(Effect::AcceptMail(Box::new(first.clone())));
    // The same effect once more, after a crash, is none that came again.
    assert!(matches!(clinic.does(Effect::AcceptMail(Box::new(first.clone()))), Done::Ok));
    for (at, told) in [(minutes(3), true), (minutes(5), false), (minutes(60), false), (minutes(64), true)] {
        let mail = NewMail { fingerprint: first.fingerprint, at, ..clinic.mail(2) };
        let done = clinic.does(Effect::AcceptMail(Box::new(mail)));
        let says = matches!(&done, Done::Outboxed(entry) if entry.fact == Fact::MailRepeated(fax));
        assert_eq!(says, told, "{at:?}: {done:?}");
    }
    // Also after a crash before it was told.
    let facts: Vec<_> = work(&clinic.restart()).outbox.iter().map(|entry| entry.fact).collect();
    assert_eq!(facts, [Fact::MailRepeated(fax); 2]);
}

#[test]
fn a_mail_whose_faxes_all_failed_is_faxed_when_it_comes_again() {
    let mut clinic = Clinic::new();
    let first = clinic.mail(2);
    let again = |clinic: &mut Clinic| {
        let mail = NewMail { fingerprint: first.fingerprint, ..clinic.mail(2) };
        clinic.does(Effect::AcceptMail(Box::new(mail.clone())));
        work(clinic).faxes.iter().filter(|fax| mail.faxes.iter().any(|new| new.id == fax.id)).count()
    };
    clinic.does(Effect::AcceptMail(Box::new(first.clone())));
    assert_eq!(again(&mut clinic), 0, "both are on their way");
    let (one, other) = (first.faxes[0].id, first.faxes[1].id);
    clinic.does(Effect::FaxUnrenderable { fax: one, reason: "No page.".into(), at: clinic.now });
    assert_eq!(again(&mut clinic), 0, "the other may arrive");
    clinic.does(Effect::FaxUnrenderable { fax: other, reason: "No page.".into(), at: clinic.now });
    assert_eq!(again(&mut clinic), 2);
    assert_eq!(again(&mut clinic), 0, "of the second");
    // A program that never heard that it was taken sends it once more: what somebody has recalled meanwhile stays recalled.
    let recalled = clinic.mail(1);
    clinic.does(Effect::AcceptMail(Box::new(recalled.clone())));
    let fax = recalled.faxes[0].id;
    clinic.does(Effect::DecideFax { fax, by: "102".to_owned(), decision: Decision::Cancel, at: clinic.now });
    let mail = NewMail { fingerprint: recalled.fingerprint, ..clinic.mail(1) };
    clinic.does(Effect::AcceptMail(Box::new(mail.clone())));
    assert!(work(&clinic).faxes.iter().all(|fax| fax.id != mail.faxes[0].id));
}
