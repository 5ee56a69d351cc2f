//! Faxes that are fetched, in simulated time: the clinic as `program` runs it, a real store, and real fax engines on both ends.

use std::path::Path;
use std::time::Duration;

use clinic::far_end::{Numbers, held};
use fax::page::Page;
use model::fax::{Cause, Direction, Door, FaxState};
use model::sending::Wish;
use model::{Command, CommandError, CommandOutcome, FaxId, Inside, Now, PhoneNumber};
use store::rows::FaxRow;
use world::clinic::World;
use world::net::Conditions;

fn world(dir: &Path, seed: u64, now: Now) -> World {
    World::new(dir, seed, Conditions::GOOD, now)
}

fn order(w: &mut World, by: &str, number: &str, inside: Inside) -> Option<Result<CommandOutcome, CommandError>> {
    w.command(Command::FetchFax {
        by: by.to_owned(),
        door: Door::Console,
        from: PhoneNumber::E164(format!("+{number}")),
        subject: "Results of this week".into(),
        wish: Wish { inside, ..Wish::default() },
    })
}

#[track_caller]
fn accepted(answer: Option<Result<CommandOutcome, CommandError>>) -> FaxId {
    match answer {
        Some(Ok(CommandOutcome::FaxAccepted(fax))) => fax,
        other => panic!("{other:?}"),
    }
}

fn at_rest(w: &World) -> bool {
    let faxes = w.faxes();
    !faxes.is_empty() && faxes.iter().all(|fax| fax.state.is_final()) && w.snapshot().faxes.is_empty()
}

/// Fetches from this number and waits for the end: the order, and what came.
fn fetch(w: &mut World, number: &str, inside: Inside) -> (FaxRow, Vec<FaxRow>) {
    let order = accepted(order(w, "102", number, inside));
    w.run_until(at_rest);
    let row = w.faxes().into_iter().find(|fax| fax.id == order).expect("the order is there");
    (row, came(w))
}

fn came(w: &World) -> Vec<FaxRow> {
    w.faxes_of(Direction::In)
}

/// The pages that came are those that were held, below the line that the other machine printed.
fn assert_held(w: &World, fax: FaxId) {
    let stored = w.store.wait(w.store.faxes().pages(fax)).expect("the store reads");
    assert_eq!(stored.len(), held().len());
    for (stored, sent) in stored.iter().zip(held()) {
        let stored = Page::from_tiff(stored.expose()).expect("a page").decode().expect("whole");
        let sent = sent.decode().expect("whole");
        let extra = stored.height() - sent.height();
        assert!((0..sent.height()).all(|y| sent.row(y) == stored.row(y + extra)), "a page differs");
    }
}

#[test]
fn what_another_machine_holds_comes_into_the_inbox_and_the_order_is_done() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let (order, came) = fetch(&mut w, &Numbers::default().holds, Inside::default());
    assert_eq!((order.state, order.cause, order.attempts), (FaxState::Sent, Some(Cause::Delivered), 1));
    assert_eq!((order.pages, order.pages_confirmed, order.fetch), (2, 2, true));
    let [fax] = came.as_slice() else { panic!("{came:?}") };
    assert_eq!((fax.state, fax.pages, fax.fetched_by), (FaxState::Received, 2, Some(order.id)));
    assert_eq!(fax.number.as_ref().map(PhoneNumber::as_str), Some("+12025550108"));
    assert_eq!(w.store.wait(w.store.faxes().fetched(order.id)).expect("the store reads"), [fax.id]);
    assert_held(&w, fax.id);
    let attempts = w.store.wait(w.store.faxes().attempts(order.id)).expect("attempts");
    let trace: Vec<_> = attempts[0].trace.entries().map(|line| line.title.expose().clone()).collect();
    assert!(trace.iter().any(|line| line.contains("→ DTC")), "{trace:#?}");
    // Whoever ordered it is told, and so are the readers of the inbox.
    w.run_until(|w| w.seen.mails.len() >= 2);
    let to: Vec<_> = w.seen.mails.iter().map(|mail| mail.to.expose().as_str()).collect();
    assert!(to.contains(&"nurse@clinic.test") && to.contains(&"desk@clinic.test"), "{to:?}");
}

#[test]
fn a_machine_that_gives_nothing_is_said_so_and_not_asked_for_ever() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let numbers = Numbers::default();
    let (name, password) = Numbers::NAME;
    let named = |subaddress: &str, password: &str| Inside::parse(subaddress, password).expect("digits");
    for (number, inside, cause, attempts) in [
        (&numbers.good, Inside::default(), Cause::NothingToFetch, 3),
        (&numbers.holds_named, named(name, "9"), Cause::FetchRefused, 1),
        (&numbers.holds_named, Inside::default(), Cause::FetchRefused, 1),
        (&numbers.busy, Inside::default(), Cause::Busy, 12),
    ] {
        let (order, came) = fetch(&mut w, number, inside);
        assert_eq!((order.state, order.cause, order.attempts), (FaxState::Failed, Some(cause), attempts), "{number}");
        assert!(came.is_empty(), "{came:?}");
    }
    let (order, came) = fetch(&mut w, &numbers.holds_named, named(name, password));
    assert_eq!((order.state, came.len()), (FaxState::Sent, 1));
    assert_held(&w, came[0].id);
}

#[test]
fn what_came_in_part_is_kept_and_a_person_decides_whether_to_ask_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let (order, came) = fetch(&mut w, &Numbers::default().holds_and_breaks, Inside::default());
    assert_eq!((order.state, order.pages_confirmed, order.attempts), (FaxState::Failed, 1, 1));
    assert_eq!((came.len(), came[0].state, came[0].pages), (1, FaxState::Partial, 1));
    let again = w.command(Command::SendAgain { by: "102".to_owned(), fax: order.id });
    assert!(matches!(again, Some(Ok(_))), "{again:?}");
    w.run_until(at_rest);
    let row = w.faxes().into_iter().find(|fax| fax.id == order.id).expect("the order is there");
    assert_eq!((row.state, row.pages_confirmed, self::came(&w).len()), (FaxState::Failed, 1, 2));
}

#[test]
fn who_may_not_send_may_not_fetch_and_nothing_is_fetched_twice_at_a_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Now::simulation_start());
    let holds = Numbers::default().holds;
    assert!(matches!(order(&mut w, "103", &holds, Inside::default()), Some(Err(CommandError::NotAllowed(_)))));
    assert!(matches!(order(&mut w, "102", "911", Inside::default()), Some(Err(CommandError::NotAllowed(_)))));
    let first = accepted(order(&mut w, "102", &holds, Inside::default()));
    w.run_until(|w| !w.faxes().is_empty());
    assert!(matches!(order(&mut w, "101", &holds, Inside::default()), Some(Err(CommandError::NotNow(_)))));
    assert!(matches!(w.command(Command::CancelFax { by: "102".to_owned(), fax: first }), Some(Ok(_))));
    w.run_until(at_rest);
    assert_eq!(w.faxes().iter().map(|fax| fax.state).collect::<Vec<_>>(), [FaxState::Cancelled]);
    assert!(w.seen.sessions.is_empty(), "it was dialled");
}

/// The process dies after each single effect of a fetch in turn, before it learns what the effect came to, and starts again on the same
/// folder. Every page that the other machine was told to be here is here; what was fetched whole is not fetched again; and what came in
/// part is not asked for again by itself.
#[test]
fn a_crash_after_any_effect_of_a_fetch_loses_no_page_and_fetches_nothing_twice() {
    for crash_at in 0.. {
        let dir = tempfile::tempdir().expect("a folder");
        let mut first = world(dir.path(), 7, Now::simulation_start());
        first.crash_after(crash_at);
        let ordered = order(&mut first, "102", &Numbers::default().holds, Inside::default());
        first.run_until(at_rest);
        let crashed = first.has_crashed();
        let context = format!("crash {crash_at}, after {:?}", first.effects.last());
        let told = |w: &World| w.seen.sessions.iter().map(|(_, outcome)| outcome.pages_confirmed).sum::<u32>();
        let (now, seen, before) = (first.now, first.seen.clone(), told(&first));
        drop(first);

        let mut second = world(dir.path(), 8, now.after(Duration::from_secs(60)));
        second.seen.precede(seen);
        second.run_until(|w| w.faxes().iter().all(|fax| fax.state.is_final()) && w.snapshot().faxes.is_empty());
        second.run_until(|_| false);
        let orders = second.faxes_of(Direction::Out);
        assert!(ordered.is_none() || orders.len() == 1, "{context}: it was accepted, and is gone");
        let came = came(&second);
        let kept: u32 = came.iter().map(|fax| fax.pages).sum();
        assert!(kept >= told(&second), "{context}: {} pages were confirmed, and {kept} are here", told(&second));
        if let Some(order) = orders.first() {
            let whole = came.iter().filter(|fax| fax.state == FaxState::Received).count();
            match order.state {
                FaxState::Sent => assert_eq!((whole, kept), (1, 2), "{context}: {came:?}"),
                FaxState::Failed => assert!(whole == 0 && before > 0 || kept > 0, "{context}: {order:?} {came:?}"),
                state => panic!("{context}: it ended as {}", state.word()),
            }
            assert!(came.len() <= 1, "{context}: it was fetched twice: {came:?}");
        }
        if !crashed {
            assert!(crash_at > 8, "the run has more effects than {crash_at}");
            return;
        }
    }
}
