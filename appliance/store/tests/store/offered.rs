//! A document that is laid out, and what each machine had of it: one decision for each, also after a restart.

use std::time::Duration;

use model::fax::{Cause, Direction, Door, FaxState, Retention};
use model::sending::OrderKey;
use model::{AttemptId, FaxId, Inside, Offer, Wall};
use store::effect::{Decision, NewOffer};
use store::rows::{Fact, FaxRow};
use store::{Done, Effect, StoreError};

use crate::clinic::{Clinic, document, number, outcome, page, trace};

fn row(clinic: &Clinic, fax: FaxId) -> FaxRow {
    clinic.store.wait(clinic.store.faxes().get(fax)).expect("read").expect("a row")
}

fn order(clinic: &mut Clinic, password: &str, called: Option<&str>, once: bool) -> NewOffer {
    let inside = Inside::parse("44", password).expect("digits");
    let id = clinic.fax_id();
    NewOffer {
        id,
        door: Door::Console,
        by: "102".to_owned(),
        subject: "Results of Adalbert Quux".into(),
        documents: vec![document("results.pdf", b"%PDF-1.7 results")],
        offer: Offer { called: called.map(number), inside, until: clinic.now + Duration::from_secs(86_400), once },
        retention: Retention::Clinical,
        key: None,
        at: clinic.now,
    }
}

/// A document of two pages that lies ready.
pub(crate) fn laid(clinic: &mut Clinic, once: bool) -> FaxId {
    let order = order(clinic, "1234", None, once);
    let fax = order.id;
    clinic.does(Effect::LayOut(Box::new(order)));
    clinic.does(Effect::OfferRendered { fax, pages: (0..2).map(page).collect(), at: clinic.now });
    fax
}

fn give(fax: FaxId, offer: FaxId, at: Wall) -> Effect {
    Effect::GiveOffer { fax, offer, at }
}

fn finish(clinic: &Clinic, (fax, attempt): (FaxId, AttemptId), cause: Cause, pages: u32, state: FaxState) -> Effect {
    let (outcome, trace) = (outcome(cause, pages), trace(clinic.now));
    Effect::FinishGiven { fax, attempt, outcome, state, trace, at: clinic.now }
}

fn decide(clinic: &Clinic, fax: FaxId, decision: Decision) -> Effect {
    Effect::DecideFax { fax, by: "102".to_owned(), decision, at: clinic.now }
}

#[test]
fn a_reception_becomes_a_fetch_and_shows_the_pages_of_the_document() {
    let mut clinic = Clinic::new();
    let offer = laid(&mut clinic, false);
    let (fax, attempt) = clinic.receiving();
    clinic.does(give(fax, offer, clinic.now));
    clinic.does(give(fax, offer, clinic.now));
    clinic.does(Effect::AttemptProgress { attempt, pages_confirmed: 1, last_page_begun: true });

    let clinic = clinic.restart();
    let open = row(&clinic, fax);
    assert_eq!((open.direction, open.state, open.given_of), (Direction::Out, FaxState::Sending, Some(offer)));
    assert_eq!((open.pages, open.pages_confirmed, open.by.as_deref()), (2, 1, Some("102")));
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("work") };
    assert_eq!(work.offers.iter().map(|row| row.id).collect::<Vec<_>>(), [offer]);
    assert_eq!(work.open_attempts.iter().map(|open| open.last_page_begun).collect::<Vec<_>>(), [true]);
    clinic.does(finish(&clinic, (fax, attempt), Cause::Unconfirmed, 1, FaxState::Uncertain));
    clinic.refuses(finish(&clinic, (fax, attempt), Cause::Delivered, 2, FaxState::Sent), &StoreError::WrongState);
    assert_eq!(clinic.store.wait(clinic.store.faxes().pages(fax)).expect("pages").len(), 2);
    assert_eq!(clinic.store.wait(clinic.store.faxes().page(fax, 1)).expect("a page"), Some(page(1)));
    assert_eq!(clinic.store.wait(clinic.store.faxes().given(offer, 9)).expect("rows").len(), 1);
    clinic.refuses(decide(&clinic, fax, Decision::Again), &StoreError::WrongState);
}

#[test]
fn what_is_given_away_once_is_given_to_one_at_a_time_and_then_to_nobody() {
    let mut clinic = Clinic::new();
    let offer = laid(&mut clinic, true);
    let (first, second) = (clinic.receiving(), clinic.receiving());
    clinic.does(give(first.0, offer, clinic.now));
    clinic.refuses(give(second.0, offer, clinic.now), &StoreError::WrongState);
    clinic.does(finish(&clinic, first, Cause::Dropped, 1, FaxState::Failed));
    assert_eq!(row(&clinic, offer).state, FaxState::Offered);
    assert_eq!(
        clinic.store.wait(clinic.store.faxes().counts()).expect("counts").needs_person_out,
        0,
        "they call again"
    );
    clinic.does(give(second.0, offer, clinic.now));
    clinic.does(finish(&clinic, second, Cause::Delivered, 2, FaxState::Sent));
    assert_eq!((row(&clinic, offer).state, row(&clinic, second.0).state), (FaxState::Sent, FaxState::Sent));
    let third = clinic.receiving();
    clinic.refuses(give(third.0, offer, clinic.now), &StoreError::WrongState);
    // What could not be given is the end of a reception that brought nothing.
    clinic.does(finish(&clinic, third, Cause::OurFault, 0, FaxState::Failed));
    let nothing = row(&clinic, third.0);
    assert_eq!((nothing.direction, nothing.state, nothing.given_of), (Direction::In, FaxState::Failed, None));
    clinic.does(decide(&clinic, offer, Decision::Again));
    assert_eq!(row(&clinic, offer).state, FaxState::Offered);
}

#[test]
fn what_may_have_arrived_lies_ready_for_the_same_caller_and_for_others_once_a_person_decides() {
    let mut clinic = Clinic::new();
    let offer = laid(&mut clinic, true);
    let (first, same) = (clinic.receiving(), clinic.receiving());
    let other = receiving_from(&mut clinic, "+12025550178");
    let nobody = receiving_from(&mut clinic, "");
    clinic.does(give(first.0, offer, clinic.now));
    clinic.does(finish(&clinic, first, Cause::Unconfirmed, 1, FaxState::Uncertain));
    for held in [other.0, nobody.0] {
        clinic.refuses(give(held, offer, clinic.now), &StoreError::WrongState);
    }
    let (soon, late) = (clinic.now + Duration::from_secs(3500), clinic.now + Duration::from_secs(3700));
    clinic.refuses(give(same.0, offer, late), &StoreError::WrongState);
    clinic.does(give(same.0, offer, soon));
    clinic.does(finish(&clinic, same, Cause::Dropped, 0, FaxState::Failed));
    // To look at it decides nothing.
    clinic.looks(first.0, "102");
    clinic.refuses(give(other.0, offer, soon), &StoreError::WrongState);
    clinic.does(decide(&clinic, offer, Decision::Cancel));
    clinic.tick();
    clinic.does(decide(&clinic, offer, Decision::Again));
    clinic.does(give(other.0, offer, clinic.now));
}

/// A call that nobody has asked anything in; from this number, or from none.
fn receiving_from(clinic: &mut Clinic, from: &str) -> (FaxId, AttemptId) {
    let (fax, attempt) = (clinic.fax_id(), clinic.attempt_id());
    let from = (!from.is_empty()).then(|| number(from));
    let (to, line) = (number("+12025550199"), "T.38".to_owned());
    clinic.does(Effect::BeginReceived { fax, attempt, from, to, line, at: clinic.now });
    (fax, attempt)
}

#[test]
fn whoever_laid_it_out_is_told_of_each_fetch_that_may_be_whole_and_once_of_a_time_without_any() {
    let mut clinic = Clinic::new();
    let told = |done: Done| match done {
        Done::Outboxed(entry) => Some(entry.fact),
        _ => None,
    };
    let (fetched, alone) = (laid(&mut clinic, false), laid_under(&mut clinic, "9999"));
    for (cause, pages, state) in [
        (Cause::Dropped, 0, FaxState::Failed),
        (Cause::Unconfirmed, 1, FaxState::Uncertain),
        (Cause::Delivered, 2, FaxState::Sent),
    ] {
        let call = clinic.receiving();
        clinic.does(give(call.0, fetched, clinic.now));
        let done = clinic.does(finish(&clinic, call, cause, pages, state));
        assert_eq!(told(done), (state != FaxState::Failed).then_some(Fact::FaxEnded(call.0)));
    }
    let over = row(&clinic, alone).offer.expect("laid out").until;
    let lapsed = |clinic: &Clinic, fax, at| told(clinic.does(Effect::OfferLapsed { fax, at }));
    assert_eq!(lapsed(&clinic, alone, over.before(Duration::from_millis(1))), None, "it has time");
    assert_eq!(lapsed(&clinic, fetched, over), None, "somebody had it");
    assert_eq!(lapsed(&clinic, alone, over), Some(Fact::OfferLapsed(alone)));
    assert_eq!(lapsed(&clinic, alone, over), None, "once");
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("work") };
    assert!(work.offers.is_empty(), "nothing is left to be told");
    assert_eq!(work.outbox.iter().filter(|entry| entry.fact == Fact::OfferLapsed(alone)).count(), 1);
}

#[test]
fn a_fetch_on_the_line_when_the_time_ends_decides_what_is_told() {
    for (cause, pages, state) in [(Cause::Dropped, 0, FaxState::Failed), (Cause::Delivered, 2, FaxState::Sent)] {
        let mut clinic = Clinic::new();
        let offer = laid(&mut clinic, false);
        let call = clinic.receiving();
        clinic.does(give(call.0, offer, clinic.now));
        let until = row(&clinic, offer).offer.expect("laid out").until;
        assert!(!matches!(clinic.does(Effect::OfferLapsed { fax: offer, at: until }), Done::Outboxed(_)));
        clinic.now = until + Duration::from_secs(60);
        let Done::Outboxed(entry) = clinic.does(finish(&clinic, call, cause, pages, state)) else {
            panic!("nobody hears of it")
        };
        let fetched = state == FaxState::Sent;
        assert_eq!(entry.fact, if fetched { Fact::FaxEnded(call.0) } else { Fact::OfferLapsed(offer) });
        let once = clinic.does(Effect::OfferLapsed { fax: offer, at: clinic.now });
        assert!(!matches!(once, Done::Outboxed(_)));
    }
}

#[test]
fn of_what_anybody_may_have_a_fetch_is_told_and_others_of_that_day_are_not() {
    let mut clinic = Clinic::new();
    let begin = clinic.now;
    let mut order = order(&mut clinic, "", None, false);
    let open = order.id;
    order.offer.until = begin + Duration::from_secs(100 * 3600);
    clinic.does(Effect::LayOut(Box::new(order)));
    clinic.does(Effect::OfferRendered { fax: open, pages: vec![page(0), page(1)], at: begin });
    for (hours, told) in [(0, true), (1, false), (20, false), (50, true)] {
        clinic.now = begin + Duration::from_secs(hours * 3600);
        let call = clinic.receiving();
        clinic.does(give(call.0, open, clinic.now));
        let done = clinic.does(finish(&clinic, call, Cause::Delivered, 2, FaxState::Sent));
        assert_eq!(matches!(done, Done::Outboxed(_)), told, "after {hours} hours");
    }
}

#[test]
fn who_asked_before_is_on_record_after_a_restart() {
    let mut clinic = Clinic::new();
    let offer = laid(&mut clinic, false);
    let had = clinic.receiving();
    clinic.does(give(had.0, offer, clinic.now));
    clinic.does(finish(&clinic, had, Cause::Delivered, 2, FaxState::Sent));
    let broke = receiving_from(&mut clinic, "+12025550178");
    clinic.does(give(broke.0, offer, clinic.now));
    clinic.does(finish(&clinic, broke, Cause::Dropped, 0, FaxState::Failed));
    let mut times = Vec::new();
    for from in ["+12025550166", "", "+12025550166"] {
        clinic.tick();
        let (fax, attempt) = receiving_from(&mut clinic, from);
        let (outcome, trace, place) =
            (outcome(Cause::FetchRefused, 0), trace(clinic.now), store::effect::Place::default());
        let at = clinic.now;
        clinic.does(Effect::FinishReceived { fax, attempt, outcome, state: FaxState::Failed, place, trace, at });
        times.push(((!from.is_empty()).then(|| number(from)), at));
    }
    let clinic = clinic.restart();
    let Done::Work(work) = clinic.does(Effect::LoadWork) else { panic!("work") };
    assert!(work.askers.had == [row(&clinic, had.0).number.expect("a number")]);
    assert!(work.askers.refused == times);
}

#[test]
fn nothing_is_given_after_its_time_and_no_two_lie_ready_for_one_question() {
    let mut clinic = Clinic::new();
    let offer = laid(&mut clinic, false);
    for (password, called, fits) in [("1234", None, false), ("1234", Some("+12025550199"), false), ("1235", None, true)]
    {
        let new = order(&mut clinic, password, called, false);
        let effect = Effect::LayOut(Box::new(new));
        if fits {
            clinic.does(effect);
        } else {
            clinic.refuses(effect, &StoreError::WrongState);
        }
    }
    clinic.does(decide(&clinic, offer, Decision::Cancel));
    let (fax, _) = clinic.receiving();
    clinic.refuses(give(fax, offer, clinic.now), &StoreError::WrongState);
    let taken = order(&mut clinic, "1234", None, false);
    clinic.does(Effect::LayOut(Box::new(taken)));
    clinic.refuses(decide(&clinic, offer, Decision::Again), &StoreError::WrongState);
    let other = laid_under(&mut clinic, "9999");
    let over = row(&clinic, other).offer.expect("laid out").until;
    clinic.refuses(give(fax, other, over), &StoreError::WrongState);
    clinic.does(give(fax, other, clinic.now));
}

fn laid_under(clinic: &mut Clinic, password: &str) -> FaxId {
    let order = order(clinic, password, None, false);
    let fax = order.id;
    clinic.does(Effect::LayOut(Box::new(order)));
    clinic.does(Effect::OfferRendered { fax, pages: vec![page(0)], at: clinic.now });
    fax
}

#[test]
fn an_order_under_the_same_key_is_the_same_order() {
    let mut clinic = Clinic::new();
    let key = |print| Some(OrderKey { key: "a".into(), fingerprint: [print; 32] });
    let first = NewOffer { key: key(1), ..order(&mut clinic, "1234", None, false) };
    let id = first.id;
    clinic.does(Effect::LayOut(Box::new(first)));
    let again = NewOffer { key: key(1), ..order(&mut clinic, "1234", None, false) };
    assert!(matches!(clinic.does(Effect::LayOut(Box::new(again))), Done::Ordered(before) if before == [id]));
    let other = NewOffer { key: key(2), ..order(&mut clinic, "1234", None, false) };
    assert!(matches!(clinic.does(Effect::LayOut(Box::new(other))), Done::OtherOrder));
}

#[test]
fn the_document_is_kept_as_long_as_the_record_of_who_had_it() {
    let mut clinic = Clinic::new();
    let offer = laid(&mut clinic, false);
    let year = Duration::from_secs(366 * 86_400);
    clinic.does(decide(&clinic, offer, Decision::Cancel));
    clinic.does(decide(&clinic, offer, Decision::Again));
    let (fax, attempt) = clinic.receiving();
    clinic.does(give(fax, offer, clinic.now));
    let done = clinic.does(finish(&clinic, (fax, attempt), Cause::Delivered, 2, FaxState::Sent));
    let Done::Outboxed(entry) = done else { panic!("whoever laid it out is to be told") };
    clinic.does(Effect::QueueMails { mails: Vec::new(), outbox: Some(entry.id) });
    clinic.does(Effect::FileFax {
        fax,
        by: "101".to_owned(),
        filing: model::filing::Filing::LegalHold(true),
        at: clinic.now,
    });
    clinic.does(decide(&clinic, offer, Decision::Cancel));
    let late = (0..9).fold(clinic.now, |at, _| at + year);
    clinic.does(Effect::PurgeFaxes { at: late });
    assert_eq!(clinic.store.wait(clinic.store.faxes().pages(fax)).expect("pages").len(), 2);
    clinic.does(Effect::FileFax {
        fax,
        by: "101".to_owned(),
        filing: model::filing::Filing::LegalHold(false),
        at: clinic.now,
    });
    clinic.does(Effect::PurgeFaxes { at: late });
    clinic.does(Effect::PurgeFaxes { at: late });
    for gone in [fax, offer] {
        assert_eq!(clinic.store.wait(clinic.store.faxes().get(gone)).expect("read"), None);
    }
}
