//! Documents that are laid out for other machines to fetch, in simulated time: the clinic as `program` runs it, a real store, and real fax
//! engines on both ends.

use std::path::Path;
use std::time::Duration;

use clinic::far_end::{Input, held};
use fax::page::Page;
use model::command::Document;
use model::fax::{Cause, Direction, Door, FaxState};
use model::sending::OrderKey;
use model::{Command, CommandError, CommandOutcome, FaxId, Inside, Now, Offer, Pii};
use store::rows::FaxRow;
use world::clinic::World;
use world::net::Conditions;

const CLINIC_FAX: &str = "12025550199";

fn world(dir: &Path, seed: u64, now: Now) -> World {
    World::new(dir, seed, Conditions::GOOD, now)
}

fn named(subaddress: &str, password: &str) -> Inside {
    Inside::parse(subaddress, password).expect("digits")
}

fn document() -> Document {
    Document {
        name: "results.tif".into(),
        media_type: "image/tiff".to_owned(),
        bytes: Pii::new(Page::multi_tiff(&held())),
    }
}

/// Orders it; open if it has no password.
fn order(w: &mut World, by: &str, inside: Inside, once: bool) -> Option<Result<CommandOutcome, CommandError>> {
    order_for(w, by, inside, once, Offer::USUAL)
}

fn order_for(
    w: &mut World,
    by: &str,
    inside: Inside,
    once: bool,
    long: Duration,
) -> Option<Result<CommandOutcome, CommandError>> {
    let open = inside.password.expose().is_empty();
    w.command(Command::OfferFax {
        by: by.to_owned(),
        door: Door::Console,
        subject: "Results of this week".into(),
        documents: vec![document()],
        offer: Offer { called: None, inside, until: w.now.wall + long, once },
        open,
        key: None,
    })
}

#[track_caller]
fn accepted(answer: Option<Result<CommandOutcome, CommandError>>) -> FaxId {
    match answer {
        Some(Ok(CommandOutcome::FaxAccepted(fax))) => fax,
        other => panic!("{other:?}"),
    }
}

fn row(w: &World, fax: FaxId) -> FaxRow {
    w.faxes().into_iter().find(|row| row.id == fax).expect("the row is there")
}

fn lay(w: &mut World, inside: Inside, once: bool) -> FaxId {
    let offer = accepted(order(w, "102", inside, once));
    w.run_until(|w| row(w, offer).state == FaxState::Offered);
    offer
}

fn at_rest(w: &World) -> bool {
    let going = |fax: &FaxRow| !fax.state.is_final() && fax.state != FaxState::Offered;
    w.snapshot().faxes.is_empty() && !w.faxes().iter().any(going)
}

/// Their machine calls and asks; what it made of that.
fn call(w: &mut World, inside: Inside, t38: bool, drops_page: Option<u32>) -> Cause {
    let before = w.seen.sessions.len();
    w.far_end(Input::Fetch { number: CLINIC_FAX.to_owned(), inside, t38, drops_page });
    w.run_until(|w| !w.snapshot().faxes.is_empty());
    w.run_until(at_rest);
    if drops_page.is_none() {
        w.run_until(|w| w.seen.sessions.len() > before);
    }
    match w.seen.sessions.get(before) {
        Some((_, outcome)) => outcome.cause,
        // It hung up in the midst.
        None => Cause::Dropped,
    }
}

fn fetches(w: &World, offer: FaxId) -> Vec<FaxRow> {
    w.store.wait(w.store.faxes().given(offer, 100)).expect("the store reads")
}

fn audit(w: &World, word: &str) -> usize {
    let lines = w.store.wait(w.store.audit().list(500)).expect("the store reads");
    lines.iter().filter(|line| line.what == word).count()
}

/// The pages that came last are those that were laid out, below our line.
fn assert_held(pages: &[(String, u32, Vec<u8>)]) {
    assert_eq!(pages.len(), held().len());
    for ((_, _, came), sent) in pages.iter().zip(held()) {
        let came = Page::from_tiff(came).expect("a page").decode().expect("whole");
        let sent = sent.decode().expect("whole");
        let extra = came.height() - sent.height();
        assert!(extra > 0, "the line above the page");
        assert!((0..sent.height()).all(|y| sent.row(y) == came.row(y + extra)), "a page differs");
    }
}

#[test]
fn whoever_knows_its_password_gets_it_over_packets_and_as_sound_and_each_fetch_is_on_record() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let offer = lay(&mut w, named("44", "1234"), false);
    for (times, t38) in [(1, true), (2, false)] {
        assert_eq!(call(&mut w, named("44", "1234"), t38, None), Cause::Delivered);
        assert_held(&std::mem::take(&mut w.seen.pages));
        assert_eq!(fetches(&w, offer).len(), times);
        let fetch = fetches(&w, offer).remove(0);
        assert_eq!(
            (fetch.direction, fetch.state, fetch.cause),
            (Direction::Out, FaxState::Sent, Some(Cause::Delivered))
        );
        assert_eq!((fetch.pages, fetch.pages_confirmed, fetch.given_of), (2, 2, Some(offer)));
        assert!(fetch.number.is_some() && fetch.subject.expose() == "Results of this week");
        let attempts = w.store.wait(w.store.faxes().attempts(fetch.id)).expect("attempts");
        let trace: Vec<_> = attempts[0].trace.entries().map(|line| line.title.expose().clone()).collect();
        assert!(trace.iter().any(|line| line.contains("← DTC")), "{trace:#?}");
        assert!(!trace.iter().any(|line| line.contains("1234")), "the password is nobody's to read: {trace:#?}");
        // Its pages are those of the document.
        assert_eq!(w.store.wait(w.store.faxes().pages(fetch.id)).expect("pages").len(), 2);
    }
    assert_eq!((row(&w, offer).state, w.faxes_of(Direction::In).len()), (FaxState::Offered, 0));
    assert_eq!((audit(&w, "offer_laid_out"), audit(&w, "offer_fetched")), (1, 2));
}

#[test]
fn who_does_not_know_it_gets_nothing_and_after_some_guesses_nobody_does_for_a_while() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let offer = lay(&mut w, named("44", "1234"), false);
    for wrong in [named("44", "1235"), named("45", "1234"), named("", "1234"), named("44", ""), named("", "")] {
        assert_eq!(call(&mut w, wrong, true, None), Cause::FetchRefused);
    }
    assert!(w.seen.pages.is_empty() && fetches(&w, offer).is_empty());
    let refused = w.faxes_of(Direction::In);
    assert_eq!(refused.len(), 5);
    assert!(refused.iter().all(|fax| (fax.state, fax.cause) == (FaxState::Failed, Some(Cause::FetchRefused))));
    assert_eq!(audit(&w, "offer_refused"), 5);
    // The sixth is right, and from the same number.
    assert_eq!(call(&mut w, named("44", "1234"), true, None), Cause::FetchRefused);
    assert!(w.seen.pages.is_empty());
    let later = w.now.instant + Duration::from_secs(1000);
    w.wait_until(later);
    assert_eq!(call(&mut w, named("44", "1234"), true, None), Cause::Delivered);
    assert_held(&w.seen.pages);
}

#[test]
fn whoever_laid_it_out_hears_by_mail_who_fetched_it_and_that_nobody_did() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let fetched = lay(&mut w, named("", "1234"), false);
    let hour = Duration::from_secs(3600);
    let alone = accepted(order_for(&mut w, "102", named("", "5678"), false, hour));
    w.run_until(|w| row(w, alone).state == FaxState::Offered);
    assert_eq!(call(&mut w, named("", "1234"), true, None), Cause::Delivered);
    let told = |w: &World, n: usize, what: &str, fax: FaxId| {
        let mail = &w.seen.mails[n];
        let text = String::from_utf8_lossy(mail.body.expose()).into_owned();
        assert_eq!(mail.to.expose(), "nurse@clinic.test");
        assert!(text.contains(what) && text.contains(&fax.to_string()), "{text}");
    };
    w.run_until(|w| !w.seen.mails.is_empty());
    told(&w, 0, "A document that you laid out was fetched by", fetches(&w, fetched)[0].id);
    w.run_until(|w| w.seen.mails.len() == 2);
    told(&w, 1, "Nobody fetched a document that you laid out", alone);
    assert!(w.now.wall >= row(&w, alone).offer.expect("laid out").until);
    // The other's time ends with nothing to tell.
    let over = w.now.instant + Offer::USUAL;
    w.wait_until(over);
    assert_eq!(w.seen.mails.len(), 2);
}

#[test]
fn what_is_given_away_once_is_so_only_when_every_page_was_confirmed() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let offer = lay(&mut w, named("", "1234"), true);
    assert_eq!(call(&mut w, named("", "1234"), true, Some(1)), Cause::Dropped);
    let broken = fetches(&w, offer).remove(0);
    // Its last page had begun: their machine may have it.
    assert_eq!((broken.state, broken.pages_confirmed, broken.pages), (FaxState::Uncertain, 1, 2));
    assert_eq!(row(&w, offer).state, FaxState::Offered);
    assert_eq!(call(&mut w, named("", "1234"), true, Some(0)), Cause::Dropped);
    let broken = fetches(&w, offer).remove(0);
    assert_eq!((broken.state, broken.cause, broken.pages_confirmed), (FaxState::Failed, Some(Cause::Dropped), 0));
    assert_eq!(call(&mut w, named("", "1234"), true, None), Cause::Delivered);
    assert_eq!((row(&w, offer).state, fetches(&w, offer).len()), (FaxState::Sent, 3));
    assert_eq!(call(&mut w, named("", "1234"), true, None), Cause::NothingToFetch);
    // A person lays it out again, and says of a later call that broke at its end that all of it arrived.
    let again = w.command(Command::SendAgain { by: "102".to_owned(), fax: offer });
    assert!(matches!(again, Some(Ok(_))), "{again:?}");
    call(&mut w, named("", "1234"), true, Some(1));
    let fetch = fetches(&w, offer).remove(0);
    let arrived = w.command(Command::MarkArrived { by: "102".to_owned(), fax: fetch.id });
    assert!(matches!(arrived, Some(Ok(_))), "{arrived:?}");
    assert_eq!((row(&w, fetch.id).state, row(&w, offer).state), (FaxState::Sent, FaxState::Sent));
    assert_eq!(call(&mut w, named("", "1234"), true, None), Cause::NothingToFetch);
    let again = w.command(Command::SendAgain { by: "102".to_owned(), fax: fetch.id });
    assert!(matches!(again, Some(Err(_))), "nobody is called with it: {again:?}");
}

#[test]
fn what_is_withdrawn_is_given_to_nobody_also_in_the_midst_of_a_call_and_can_be_laid_out_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let hour = Duration::from_secs(3600);
    let offer = accepted(order_for(&mut w, "102", named("", ""), false, hour));
    w.run_until(|w| row(w, offer).state == FaxState::Offered);
    // The wall clock of this world loses what is below a millisecond.
    let over = w.now.instant + hour + hour / 6;
    w.far_end(Input::Fetch { number: CLINIC_FAX.to_owned(), inside: named("", ""), t38: true, drops_page: None });
    w.run_until(|w| !w.seen.pages.is_empty());
    let withdraw = |w: &mut World| w.command(Command::CancelFax { by: "102".to_owned(), fax: offer });
    assert!(matches!(withdraw(&mut w), Some(Ok(_))));
    w.run_until(at_rest);
    w.run_until(|w| !w.seen.sessions.is_empty());
    let fetch = fetches(&w, offer).remove(0);
    assert_eq!((fetch.state, fetch.cause), (FaxState::Failed, Some(Cause::Cancelled)));
    assert_eq!((row(&w, offer).state, w.seen.pages.len()), (FaxState::Cancelled, 1));
    assert_eq!(call(&mut w, named("", ""), true, None), Cause::NothingToFetch);
    let again = w.command(Command::SendAgain { by: "101".to_owned(), fax: offer });
    assert!(matches!(again, Some(Ok(_))), "{again:?}");
    assert_eq!(call(&mut w, named("", ""), true, None), Cause::Delivered);
    assert_eq!((audit(&w, "offer_withdrawn"), audit(&w, "offer_renewed")), (1, 1));
    // Nobody gets it when its time is over.
    w.wait_until(over);
    assert_eq!(call(&mut w, named("", ""), true, None), Cause::NothingToFetch);
}

#[test]
fn who_may_not_send_lays_nothing_out_and_nothing_lies_open_by_mistake() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let refused = |answer: Option<_>| matches!(answer, Some(Err(CommandError::NotAllowed(_))));
    assert!(refused(order(&mut w, "103", named("", "1234"), false)));
    assert!(refused(order(&mut w, "102", named("", "123"), false)), "too short");
    let offer = Offer { called: None, inside: named("44", ""), until: w.now.wall + Offer::USUAL, once: false };
    let order_of = |offer: &Offer, key: Option<OrderKey>| Command::OfferFax {
        by: "102".to_owned(),
        door: Door::Api,
        subject: "Results".into(),
        documents: vec![document()],
        offer: offer.clone(),
        open: false,
        key,
    };
    assert!(refused(w.command(order_of(&offer, None))), "without a password, and nobody said that it is open");
    let past = Offer { inside: named("", "1234"), until: w.now.wall, ..offer.clone() };
    assert!(refused(w.command(order_of(&past, None))));
    let good = Offer { inside: named("", "1234"), ..offer };
    let key = || Some(OrderKey { key: "a".into(), fingerprint: [7; 32] });
    let first = accepted(w.command(order_of(&good, key())));
    assert_eq!(accepted(w.command(order_of(&good, key()))), first, "the same order");
    let twin = w.command(order_of(&good, None));
    assert!(matches!(twin, Some(Err(CommandError::NotNow(_)))), "which of the two would they get? {twin:?}");
    w.run_until(at_rest);
    assert_eq!(w.faxes().len(), 1);
}

/// The process dies after each single effect of laying out and of a fetch in turn, before it learns what the effect came to, and starts again
/// on the same folder. What was accepted is there; no page counts as fetched that their machine did not confirm; whoever may have all of it
/// is on record as that; and what is given away once is gone exactly when it is known that every page was confirmed.
#[test]
fn a_crash_after_any_effect_gives_nothing_away_twice_without_a_person_knowing() {
    for crash_at in 0.. {
        let dir = tempfile::tempdir().expect("a folder");
        let mut first = world(dir.path(), 7, Now::simulation_start());
        first.crash_after(crash_at);
        let answer = order(&mut first, "102", named("", "1234"), true);
        first.run_until(|w| w.faxes().iter().any(|fax| fax.state == FaxState::Offered));
        first.far_end(Input::Fetch {
            number: CLINIC_FAX.to_owned(),
            inside: named("", "1234"),
            t38: true,
            drops_page: None,
        });
        first.run_until(|w| w.faxes().iter().any(|fax| fax.given_of.is_some()));
        first.run_until(at_rest);
        let crashed = first.has_crashed();
        let context = format!("crash {crash_at}, after {:?}", first.effects.last());
        let (now, had) = (first.now, first.seen.pages.len());
        drop(first);

        let mut second = world(dir.path(), 8, now.after(Duration::from_secs(60)));
        second.run_until(at_rest);
        // What was in doubt is settled; the time of the document is not over.
        let settled = second.now.instant + Duration::from_secs(600);
        second.wait_until(settled);
        let offers: Vec<_> = second.faxes().into_iter().filter(|fax| fax.offer.is_some()).collect();
        assert!(answer.is_none() || offers.len() == 1, "{context}: it was accepted, and is gone");
        let Some(offer) = offers.first() else { continue };
        let given = fetches(&second, offer.id);
        assert!(given.len() <= 1, "{context}");
        if let Some(fetch) = given.first() {
            assert!(fetch.pages_confirmed as usize <= had, "{context}: {fetch:?}");
            match fetch.state {
                FaxState::Sent => assert_eq!(had, 2, "{context}"),
                FaxState::Uncertain => assert!(fetch.pages_confirmed == 1, "{context}: {fetch:?}"),
                FaxState::Failed => assert!(had < 2, "{context}: they have all of it, and nobody is told"),
                state => panic!("{context}: {}", state.word()),
            }
        }
        let used_up = given.iter().any(|fetch| fetch.state == FaxState::Sent);
        assert_eq!(offer.state, if used_up { FaxState::Sent } else { FaxState::Offered }, "{context}");
        second.seen.pages.clear();
        let cause = call(&mut second, named("", "1234"), true, None);
        if used_up {
            assert_eq!(cause, Cause::NothingToFetch, "{context}");
        } else {
            assert_eq!((cause, row(&second, offer.id).state), (Cause::Delivered, FaxState::Sent), "{context}");
            assert_held(&second.seen.pages);
        }
        if !crashed {
            assert!(crash_at > 8, "the run has more effects than {crash_at}");
            return;
        }
    }
}
