//! What people are told in the console of mails that nobody got.

use model::Now;
use model::event::Alert;
use model::fax::{Delivery, Direction};
use model::mail::{MailPurpose, SmtpReply};
use store::rows::MailState;
use world::clinic::World;
use world::net::Conditions;

use crate::received::fax_in;
use crate::{NOBODY, at_rest, one_page, only, world};

fn open_alerts(w: &World) -> Vec<Alert> {
    w.snapshot().alerts.into_iter().filter(|alert| alert.open).collect()
}

fn refused() -> SmtpReply {
    SmtpReply { code: 550, text: "5.1.1 no such mailbox".into() }
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
