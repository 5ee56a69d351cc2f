//! A received fax, from the call to its reader.

use model::fax::{Cause, Delivery, Direction, FaxState};
use model::filing::{Filing, Way};
use model::{AttemptId, FaxId, Wall};
use store::effect::{Decision, OpenAttempt, Place, WayNext};
use store::rows::{Fact, FaxCounts, FaxFilter, FaxRow};
use store::{Done, Effect, StoreError};

use crate::clinic::{Clinic, number, outcome, page, trace};

fn row(clinic: &Clinic, fax: FaxId) -> FaxRow {
    clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a row")
}

fn arrives(clinic: &Clinic, fax: FaxId, n: u32) {
    clinic.does(Effect::ReceivedPage {
        fax,
        number: n,
        page: page(n as usize),
        bad_rows: n,
        in_part: false,
        known: None,
        at: clinic.now,
    });
}

fn finish(clinic: &Clinic, fax: FaxId, attempt: AttemptId, state: FaxState) -> Effect {
    let cause = if state == FaxState::Received { Cause::Delivered } else { Cause::Dropped };
    Effect::FinishReceived {
        fax,
        attempt,
        outcome: outcome(cause, 2),
        state,
        place: Place::default(),
        trace: trace(clinic.now),
        at: clinic.now,
    }
}

fn needs_person(clinic: &Clinic) -> (Vec<FaxId>, FaxCounts) {
    let filter = FaxFilter { direction: Some(Direction::In), needs_person: true, ..FaxFilter::default() };
    let faxes = clinic.store.faxes();
    let rows = clinic.store.wait(faxes.list(filter, 10, None)).expect("list");
    (rows.into_iter().map(|r| r.id).collect(), clinic.store.wait(faxes.counts()).expect("counts"))
}

#[test]
fn what_came_of_a_page_that_broke_off_is_kept_and_no_confirmed_page() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.receiving();
    arrives(&clinic, fax, 0);
    let (part, at) = (page(1), clinic.now);
    clinic.does(Effect::ReceivedPage { fax, number: 1, page: part, bad_rows: 0, in_part: true, known: None, at });
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(
        work.open_attempts,
        [OpenAttempt { attempt, fax, pages_confirmed: 1, recalled: false, last_page_begun: false }]
    );
    let kept = row(&clinic, fax);
    assert_eq!((kept.state, kept.pages, kept.pages_confirmed), (FaxState::Receiving, 2, 1));
    let Done::Pages(pages) = clinic.does(Effect::LoadPages { fax }) else { panic!("no pages") };
    assert!(pages == [page(0), page(1)]);
}

#[test]
fn pages_are_kept_one_by_one_and_a_repetition_replaces_nothing() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.receiving();
    arrives(&clinic, fax, 0);
    arrives(&clinic, fax, 1);
    // The same number with other bytes: the first was confirmed to the sender and stays.
    clinic.does(Effect::ReceivedPage {
        fax,
        number: 1,
        page: page(9),
        bad_rows: 0,
        in_part: false,
        known: None,
        at: clinic.now,
    });
    let mut clinic = clinic.restart();

    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("no work") };
    assert_eq!(
        work.open_attempts,
        [OpenAttempt { attempt, fax, pages_confirmed: 2, recalled: false, last_page_begun: false }]
    );
    let before = row(&clinic, fax);
    assert_eq!((before.state, before.pages, before.direction), (FaxState::Receiving, 2, Direction::In));
    assert!(before.number == Some(number("+12025550177")) && before.our_number == Some(number("+12025550199")));
    assert_eq!((before.owner, before.by, before.door), (None, None, None));

    clinic.tick();
    let Done::Outboxed(entry) = clinic.does(finish(&clinic, fax, attempt, FaxState::Received)) else {
        panic!("no entry")
    };
    assert_eq!(entry.fact, Fact::FaxReceived(fax));
    let Done::Pages(pages) = clinic.does(Effect::LoadPages { fax }) else { panic!("no pages") };
    assert!(pages == [page(0), page(1)]);
    let after = row(&clinic, fax);
    assert_eq!((after.state, after.changed), (FaxState::Received, clinic.now));
    assert!(after.remote_ident.expose() == "QUUX CLINIC");

    clinic.refuses(finish(&clinic, fax, attempt, FaxState::Received), &StoreError::WrongState);
    let late = Effect::ReceivedPage {
        fax,
        number: 2,
        page: page(2),
        bad_rows: 0,
        in_part: false,
        known: None,
        at: clinic.now,
    };
    clinic.refuses(late, &StoreError::WrongState);
    // A page that is there already was confirmed: saying so again is no error, even now.
    arrives(&clinic, fax, 1);
}

#[test]
fn without_any_page_nobody_is_told_and_with_some_everybody_is() {
    let mut clinic = Clinic::new();
    let (junk, attempt) = clinic.receiving();
    clinic.refuses(finish(&clinic, junk, attempt, FaxState::Sent), &StoreError::WrongState);
    assert!(matches!(clinic.does(finish(&clinic, junk, attempt, FaxState::Failed)), Done::Ok));
    let (broken, attempt) = clinic.receiving();
    arrives(&clinic, broken, 0);
    assert!(matches!(clinic.does(finish(&clinic, broken, attempt, FaxState::Partial)), Done::Outboxed(_)));
    assert_eq!(needs_person(&clinic), (vec![broken], FaxCounts { needs_person_in: 1, needs_person_out: 0 }));
}

#[test]
fn a_reception_begins_once() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.receiving();
    let begin = |fax, attempt| Effect::BeginReceived {
        fax,
        attempt,
        from: None,
        to: number("+12025550199"),
        line: "main, T.38".to_owned(),
        at: clinic.now,
    };
    clinic.refuses(begin(fax, attempt), &StoreError::WrongState);
    let mut random = clinic.random.clone();
    let other = FaxId::new(clinic.now, &mut random);
    // Another fax with the attempt of the first: nothing of it may remain.
    clinic.refuses(begin(other, attempt), &StoreError::WrongState);
    assert!(matches!(clinic.does(Effect::LoadFax { fax: other }), Done::Fax(None)));
}

#[test]
fn of_two_people_who_take_it_the_second_learns_that_the_first_was_faster() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.receiving();
    arrives(&clinic, fax, 0);
    clinic.does(finish(&clinic, fax, attempt, FaxState::Received));
    assert_eq!(needs_person(&clinic).0, [fax]);
    let take = |by: &str| Effect::DecideFax { fax, by: by.to_owned(), decision: Decision::Take, at: clinic.now };
    clinic.does(take("101"));
    clinic.refuses(take("102"), &StoreError::WrongState);
    clinic.does(take("101"));
    assert_eq!(row(&clinic, fax).owner.as_deref(), Some("101"));
    assert_eq!(needs_person(&clinic), (vec![], FaxCounts::default()));
    // A received fax is not ours to send.
    let again = Effect::DecideFax { fax, by: "101".to_owned(), decision: Decision::Again, at: clinic.now };
    clinic.refuses(again, &StoreError::WrongState);
}

#[test]
fn a_failed_delivery_waits_for_a_person_until_one_looks() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.receiving();
    arrives(&clinic, fax, 0);
    clinic.does(finish(&clinic, fax, attempt, FaxState::Received));
    clinic.does(Effect::DecideFax { fax, by: "101".to_owned(), decision: Decision::Take, at: clinic.now });
    clinic.does(Effect::SetDelivery { fax, delivery: Delivery::Failed });
    assert_eq!(needs_person(&clinic).0, [fax]);
    clinic.looks(fax, "101");
    assert_eq!(needs_person(&clinic).0, []);
    assert_eq!(row(&clinic, fax).delivery, Delivery::Failed);
}

/// The list of what needs a person shows no junk, and a number over an empty list sends somebody looking for what is not there.
#[test]
fn junk_whose_delivery_failed_waits_for_nobody() {
    let mut clinic = Clinic::new();
    let (fax, attempt) = clinic.receiving();
    arrives(&clinic, fax, 0);
    clinic.does(finish(&clinic, fax, attempt, FaxState::Received));
    clinic.does(Effect::DecideFax { fax, by: "101".to_owned(), decision: Decision::Take, at: clinic.now });
    let file = |junk| Effect::FileFax { fax, by: "101".to_owned(), filing: Filing::Junk(junk), at: clinic.now };
    clinic.does(file(true));
    clinic.does(Effect::SetDelivery { fax, delivery: Delivery::Failed });
    let (listed, counts) = needs_person(&clinic);
    assert_eq!((listed, counts.needs_person_in), (vec![], 0));
    // It was none after all: then its failure is to be seen.
    clinic.does(file(false));
    let (listed, counts) = needs_person(&clinic);
    assert_eq!((listed, counts.needs_person_in), (vec![fax], 1));
}

#[test]
fn what_has_been_kept_long_enough_goes_with_its_keys_and_what_is_held_by_law_stays() {
    let mut clinic = Clinic::new();
    let mail = clinic.mail(1);
    let ordered = mail.faxes[0].id;
    clinic.does(Effect::AcceptMail(Box::new(mail)));
    let decision = Decision::Cancel;
    clinic.does(Effect::DecideFax { fax: ordered, by: "102".to_owned(), decision, at: clinic.now });
    let [gone, held] = [(); 2].map(|()| {
        let (fax, attempt) = clinic.receiving();
        let at = clinic.now;
        clinic.does(Effect::ReceivedPage {
            fax,
            number: 0,
            page: page(0),
            bad_rows: 0,
            in_part: false,
            known: None,
            at,
        });
        let (outcome, state) = (outcome(Cause::Delivered, 1), FaxState::Received);
        let place = Place { ways: vec![Way::Api], ..Place::default() };
        let entry = clinic.does(Effect::FinishReceived { fax, attempt, outcome, state, place, trace: trace(at), at });
        let Done::Outboxed(entry) = entry else { panic!("no entry") };
        clinic.does(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry.id) });
        fax
    });
    let file = |filing| Effect::FileFax { fax: held, by: "101".to_owned(), filing, at: clinic.now };
    clinic.does(file(Filing::LegalHold(true)));
    // Somebody has each, and a program has fetched it: what nobody has seen stays.
    for fax in [gone, held] {
        let (by, at) = ("101".to_owned(), clinic.now);
        clinic.does(Effect::DecideFax { fax, by: by.clone(), decision: Decision::Take, at });
        let (way, next) = (Way::Api, WayNext::Delivered);
        clinic.does(Effect::WayTried { fax, way, next, why: None, by: Some(by), at });
    }
    let is_there = |clinic: &Clinic, fax| matches!(clinic.does(Effect::LoadFax { fax }), Done::Fax(Some(_)));
    let years = |n: i64| Wall(clinic.now.millis() + n * 366 * 86_400_000);

    // The mail goes after a month, the fax that it ordered stays for years.
    assert!(matches!(clinic.does(Effect::PurgeFaxes { at: years(1) }), Done::Purged(1)));
    assert!(clinic.store.wait(clinic.store.mails().accepted(10)).expect("mails").is_empty());
    assert!(is_there(&clinic, ordered) && is_there(&clinic, gone));
    assert!(matches!(clinic.does(Effect::PurgeFaxes { at: years(8) }), Done::Purged(2)));
    assert!(!is_there(&clinic, ordered) && !is_there(&clinic, gone) && is_there(&clinic, held));
    assert!(matches!(clinic.does(Effect::LoadPages { fax: held }), Done::Pages(pages) if pages == [page(0)]));
    assert!(matches!(clinic.does(Effect::PurgeFaxes { at: years(8) }), Done::Purged(0)));
    clinic.does(file(Filing::LegalHold(false)));
    assert!(matches!(clinic.does(Effect::PurgeFaxes { at: years(8) }), Done::Purged(1)));
    assert!(matches!(clinic.store.wait(clinic.store.audit().verify()), Ok(store::AuditCheck::Intact { .. })));
}

/// The caller hung up, or had to wait too long for the disk: the session ended without a page, which became durable all the same.
#[test]
fn a_page_that_became_durable_behind_its_session_is_part_of_a_fax_and_goes_its_way() {
    let mut clinic = Clinic::new();
    let finish = |fax, attempt, at| Effect::FinishReceived {
        fax,
        attempt,
        outcome: outcome(Cause::Dropped, 0),
        state: FaxState::Failed,
        place: Place { owner: Some("102".to_owned()), ..Place::default() },
        trace: trace(at),
        at,
    };
    let (late, attempt) = clinic.receiving();
    arrives(&clinic, late, 0);
    let done = clinic.does(finish(late, attempt, clinic.now));
    assert!(matches!(done, Done::Outboxed(_)), "{done:?}");
    let kept = row(&clinic, late);
    assert_eq!((kept.state, kept.pages, kept.owner.as_deref()), (FaxState::Partial, 1, Some("102")));
    let (empty, attempt) = clinic.receiving();
    clinic.does(finish(empty, attempt, clinic.now));
    let kept = row(&clinic, empty);
    assert_eq!((kept.state, kept.pages, kept.owner), (FaxState::Failed, 0, None));
}
