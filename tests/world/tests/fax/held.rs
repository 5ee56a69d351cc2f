//! What waits for a person, and what comes twice.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use model::command::Command;
use model::fax::{Cause, FaxState};
use model::mail::MailPurpose;
use store::StoreError;
use store::effect::Effect;
use world::clinic::World;
use world::net::Conditions;

use crate::{BUSY, GOOD, REFUSES_T38, accepted, at_rest, held, one_page, only, order_of, world, written_anew};

#[test]
fn the_same_pages_twice_wait_for_a_person_who_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[GOOD], &one_page()), Ok(true));
    assert_eq!(w.mail("102", &[GOOD], &written_anew()), Ok(true));
    w.run_until(at_rest);
    let twin = held(&w).expect("one is held");
    w.run_until(|w| w.seen.mails.iter().any(|m| m.purpose == MailPurpose::Receipt(twin.id)));
    let told = w.seen.mails.iter().find(|m| m.purpose == MailPurpose::Receipt(twin.id)).expect("a mail");
    let told = String::from_utf8_lossy(told.body.expose()).into_owned();
    assert!(told.contains("waits for you"), "{told}");
    assert_eq!(w.seen.pages.iter().filter(|(number, ..)| number == GOOD).count(), 1);
    // To another number it is another fax; and a person may mean it.
    assert_eq!(w.mail("102", &[REFUSES_T38], &written_anew()), Ok(true));
    assert!(matches!(w.command(Command::SendAgain { by: "102".to_owned(), fax: twin.id }), Some(Ok(_))));
    w.run_until(at_rest);
    assert_eq!(held(&w), None);
    assert_eq!(w.seen.pages.iter().filter(|(number, ..)| number == GOOD).count(), 2);
}

#[test]
fn an_order_that_comes_twice_under_one_key_is_one_fax_and_a_recalled_one_is_never_dialled() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let order = || order_of("102", GOOD, Some("key"));
    let first = accepted(w.command(order()));
    assert_eq!(accepted(w.command(order())), first);
    assert_eq!(w.faxes().len(), 1);
    w.run_until(|w| w.faxes()[0].state == FaxState::Waiting);
    assert!(matches!(w.command(Command::CancelFax { by: "102".to_owned(), fax: first }), Some(Ok(_))));
    w.run_until(|_| false);
    assert_eq!(only(w.faxes()).state, FaxState::Cancelled);
    assert!(w.seen.sessions.is_empty(), "it was dialled");
}

#[test]
fn a_fax_that_is_recalled_while_the_store_is_stuck_is_dialled_by_no_later_start() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let fax = accepted(w.command(order_of("102", GOOD, None)));
    w.run_until(|w| w.faxes()[0].state == FaxState::Waiting);
    w.hold_up_store();
    w.run_until(|w| !w.snapshot().faxes.is_empty());
    assert!(matches!(w.command(Command::CancelFax { by: "102".to_owned(), fax }), Some(Ok(_))));
    // The disk is full when the attempt is to be written down, and has room again for its end.
    w.store_refuses(|effect| matches!(effect, Effect::StartAttempt { .. }).then_some(StoreError::Full));
    w.let_store_go_on();
    w.run_until(|_| false);
    assert_eq!(only(w.faxes()).state, FaxState::Cancelled, "it was answered as recalled");
    let now = w.now;
    drop(w);
    let mut w = World::new(dir.path(), 2, Conditions::GOOD, now);
    w.run_until(|_| false);
    assert!(w.seen.sessions.is_empty(), "it was dialled");
}

#[test]
fn a_fax_that_could_not_be_recalled_goes_on_without_a_restart() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let fax = accepted(w.command(order_of("102", BUSY, None)));
    let refused = Rc::new(Cell::new(0));
    let count = Rc::clone(&refused);
    w.store_refuses(move |effect| {
        matches!(effect, Effect::FinishAttempt { .. }).then(|| {
            count.set(count.get() + 1);
            StoreError::Full
        })
    });
    w.run_until(|_| refused.get() > 0);
    assert!(matches!(w.command(Command::CancelFax { by: "102".to_owned(), fax }), Some(Err(_))));
    w.store_refuses(|_| None);
    w.run_until(at_rest);
    let row = only(w.faxes());
    assert_eq!((row.state, row.cause), (FaxState::Failed, Some(Cause::Busy)), "it was forgotten: {row:?}");
}

/// What it began then would break off, and ring a line for nothing.
#[test]
fn a_program_that_ends_begins_no_fax_and_no_mail() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let fax = accepted(w.command(order_of("102", GOOD, None)));
    w.run_until(|w| w.faxes()[0].state == FaxState::Waiting);
    w.end();
    w.wait_until(w.now.instant + Duration::from_secs(3600));
    assert_eq!(only(w.faxes()).state, FaxState::Waiting);
    assert!(w.seen.sessions.is_empty() && w.seen.mails.is_empty(), "it was dialled");
    // The next start does.
    let now = w.now;
    drop(w);
    let mut next = World::new(dir.path(), 2, Conditions::GOOD, now);
    next.run_until(at_rest);
    assert_eq!((next.faxes()[0].id, next.faxes()[0].state), (fax, FaxState::Sent));
}
