//! What people are told in the console: mails that nobody got, and what waits to be seen over a restart.

use std::path::Path;

use model::Now;
use model::command::Command;
use model::event::Alert;
use model::fax::{Delivery, Direction, FaxState};
use model::mail::{MailPurpose, SmtpReply};
use store::StoreError;
use store::effect::Effect;
use store::rows::MailState;
use world::clinic::World;
use world::net::Conditions;

use crate::received::fax_in;
use crate::{NOBODY, at_rest, one_page, only, world};

fn open_alerts(w: &World) -> Vec<Alert> {
    w.snapshot().alerts.into_iter().filter(|alert| alert.open).collect()
}

fn refused() -> SmtpReply {
    SmtpReply::new(550, "5.1.1 no such mailbox")
}

fn failed_mails(w: &World) -> usize {
    let queue = w.store.wait(w.store.mails().queue(10)).expect("the queue");
    queue.iter().filter(|mail| mail.state == MailState::Failed).count()
}

#[test]
fn a_receipt_that_no_server_takes_is_told_in_the_console() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    w.smarthost_says(|mail| {
        assert!(matches!(mail.purpose, MailPurpose::Receipt(_)));
        refused()
    });
    for said in 1..=2 {
        assert_eq!(w.mail("102", &[NOBODY], &one_page()), Ok(true));
        w.run_until(|w| at_rest(w) && failed_mails(w) == said);
        let told = open_alerts(&w);
        let about = |alert: &&Alert| alert.sentence.expose().contains("nurse@clinic.test");
        assert_eq!(
            told.iter().filter(about).count(),
            1,
            "once for each reader, as long as nobody has seen it: {told:?}"
        );
    }
}

/// The smarthost's settings are mended, and what waited goes.
#[test]
fn a_smarthost_that_does_not_relay_for_us_is_told_once_and_takes_all_when_it_does() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let denied = || SmtpReply { to_envelope: true, ..SmtpReply::new(554, "5.7.1 Relay access denied") };
    w.smarthost_says(move |_| denied());
    for said in 1..=3 {
        assert_eq!(w.mail("102", &[NOBODY], &one_page()), Ok(true));
        w.run_until(|w| {
            let queue = w.store.wait(w.store.mails().queue(10)).expect("the queue");
            queue.len() == said && queue.iter().all(|mail| mail.tries > 0)
        });
        let mut told = open_alerts(&w);
        told.retain(|alert| alert.sentence.expose().contains("does not relay"));
        assert_eq!(told.len(), usize::from(said < 3), "once, and not again when it was seen: {told:?}");
        if said == 2 {
            let see = Command::AcknowledgeAlert { by: "101".to_owned(), alert: told[0].id };
            assert!(matches!(w.command(see), Some(Ok(_))));
        }
    }
    w.smarthost_says(|_| SmtpReply::new(250, "2.0.0 taken"));
    w.run_until(|w| {
        let queue = w.store.wait(w.store.mails().queue(10)).expect("the queue");
        queue.iter().all(|mail| mail.state == MailState::Delivered)
    });
    assert_eq!(failed_mails(&w), 0);
}

/// A received fax that no server takes stands in the inbox as one that did not reach its reader: that is told there.
#[test]
fn a_received_fax_that_no_server_takes_is_told_where_it_stands() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    w.smarthost_says(|_| refused());
    fax_in(&mut w);
    w.run_until(|w| at_rest(w) && failed_mails(w) == 1);
    assert_eq!(only(w.faxes()).delivery, Delivery::Failed);
    assert!(open_alerts(&w).is_empty());
}

/// The kernel kills the converter each time, which is no fault of the document, and no end either.
#[test]
fn whoever_sends_what_kills_the_renderer_is_told_after_some_hours() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    w.kill_the_renderer();
    assert_eq!(w.mail("102", &[NOBODY], &one_page()), Ok(true));
    let began = w.now.instant;
    w.run_until(|w| w.faxes()[0].state == FaxState::Failed);
    let hours = (w.now.instant - began).as_secs() / 3600;
    assert!((2..4).contains(&hours), "{hours} hours");
    w.run_until(|w| !w.seen.mails.is_empty());
    assert_eq!(w.seen.mails[0].purpose, MailPurpose::Receipt(w.faxes()[0].id));
    let told = only(w.faxes()).reason.expect("a reason");
    assert!(told.expose().contains("could not be prepared because of a fault in Frontdesk"));
}

/// Bounces and what programs write have an empty sender (RFC 5321, 4.5.5).
#[test]
fn whoever_mails_without_a_sender_and_has_no_address_gets_no_receipt() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = World::changed(dir.path(), 1, Now::simulation_start(), |text| {
        text.replace("mail = \"nurse@clinic.test\"\n", "")
    });
    assert_eq!(w.mail_from("", "102", &[NOBODY], &one_page()), Ok(true));
    w.run_until(at_rest);
    w.run_until(|_| false);
    assert_eq!(only(w.faxes_of(Direction::Out)).receipt_to, None);
    assert_eq!((failed_mails(&w), w.seen.mails.len()), (0, 0));
}

fn restart(dir: &Path, w: World) -> World {
    let now = w.now;
    drop(w);
    World::new(dir, 2, Conditions::GOOD, now)
}

#[test]
fn what_nobody_has_seen_waits_over_a_restart_and_what_was_seen_does_not() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let broken = |effect: &Effect| {
        matches!(effect, Effect::LoadPages { .. }).then(|| StoreError::Broken("a body was changed".to_owned()))
    };
    w.store_refuses(broken);
    for fax in 1..=2 {
        fax_in(&mut w);
        w.run_until(|w| open_alerts(w).len() == fax);
    }
    let before = open_alerts(&w);
    let see = |alert: u64| Command::AcknowledgeAlert { by: "101".to_owned(), alert };
    assert!(matches!(w.command(see(before[0].id)), Some(Ok(_))));

    let mut w = restart(dir.path(), w);
    let after = open_alerts(&w);
    assert_eq!(after, before[1..], "the same one, as it was");
    // What comes now is another.
    w.store_refuses(broken);
    fax_in(&mut w);
    w.run_until(|w| open_alerts(w).len() == 2);
    let newer = open_alerts(&w)[0].clone();
    assert!(newer.id != before[0].id && newer.id != before[1].id && newer.at > before[0].at);
    assert!(matches!(w.command(see(before[1].id)), Some(Ok(_))));
    assert!(matches!(w.command(see(before[1].id)), Some(Err(_))), "it was seen");

    let w = restart(dir.path(), w);
    assert_eq!(open_alerts(&w), [newer]);
}
