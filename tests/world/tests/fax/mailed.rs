//! A mail that orders a fax: over lines that are good, busy, lossy, or break.

use std::time::Duration;

use model::command::Command;
use model::fax::{Cause, Delivery, Direction, FaxState};
use model::mail::{MailPurpose, SmtpReply};
use store::StoreError;
use store::effect::Effect;
use store::rows::MailState;
use world::clinic::World;
use world::net::Conditions;

use crate::{
    BUSY, DROPS_PAGE_2, GOOD, NOBODY, OVER_IP_ALONE, REFUSES_T38, at_rest, bitmaps, letter, one_page, only, referral,
    same, seeds, world,
};

#[test]
fn a_mailed_fax_arrives_comes_back_and_is_mailed_over_a_lossy_network() {
    let lossy = Conditions { loss: 0.03, duplicate: 0.01, delay: Duration::from_millis(30), ..Conditions::GOOD };
    for seed in seeds(4) {
        println!("seed {seed}");
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = world(dir.path(), seed, lossy);
        assert_eq!(w.mail("102", &[GOOD], &referral()), Ok(true));
        w.run_until(|w| at_rest(w) && w.faxes().len() == 2 && w.seen.mails.len() >= 2);

        let sent = only(w.faxes_of(Direction::Out));
        assert_eq!((sent.state, sent.cause), (FaxState::Sent, Some(Cause::Delivered)));
        assert_eq!(sent.pages_confirmed, sent.pages);
        let received = only(w.faxes_of(Direction::In));
        assert_eq!((received.state, received.pages), (FaxState::Received, sent.pages));

        let rendered =
            bitmaps(w.store.wait(w.store.faxes().pages(sent.id)).expect("pages").into_iter().map(|p| p.into_inner()));
        let there = bitmaps(w.seen.pages.iter().map(|(.., tiff)| tiff.clone()));
        same(&rendered, &there);
        let back = bitmaps(
            w.store.wait(w.store.faxes().pages(received.id)).expect("pages").into_iter().map(|p| p.into_inner()),
        );
        same(&there, &back);

        let purposes: Vec<_> = w.seen.mails.iter().map(|m| m.purpose).collect();
        assert!(purposes.contains(&MailPurpose::Receipt(sent.id)), "{purposes:?}");
        assert!(purposes.contains(&MailPurpose::ReceivedFax(received.id)), "{purposes:?}");
        w.run_until(|w| only(w.faxes_of(Direction::In)).delivery == Delivery::Delivered);
    }
}

#[test]
fn a_busy_number_is_tried_again_by_the_table_and_then_given_up() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[BUSY], &one_page()), Ok(true));
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    let fax = only(w.faxes());
    assert_eq!((fax.state, fax.cause), (FaxState::Failed, Some(Cause::Busy)));
    assert!(fax.attempts >= 6, "{} attempts", fax.attempts);
    let receipt = String::from_utf8_lossy(w.seen.mails[0].body.expose()).into_owned();
    assert!(receipt.contains(Cause::Busy.sentence()), "{receipt}");
}

#[test]
fn a_line_that_drops_before_the_last_confirmation_is_a_persons_matter() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[DROPS_PAGE_2], &referral()), Ok(true));
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    let fax = only(w.faxes());
    // Whatever its length, the far end hangs up at each call's second page: in the end all was sent and one page is in doubt.
    assert_eq!((fax.state, fax.cause), (FaxState::Uncertain, Some(Cause::Unconfirmed)), "{fax:?}");
    assert_eq!(fax.pages_confirmed, fax.pages - 1);
    // And there it stays: nothing is due, and no second session ever begins.
    let sessions = w.seen.pages.len();
    w.run_until(|_| false);
    assert_eq!(w.seen.pages.len(), sessions);
}

/// Out, and back.
#[test]
fn no_page_goes_faster_than_the_far_end_says_of_t38() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    w.far_end_says(|message| {
        String::from_utf8(message).expect("text").replace("BitRate:14400", "BitRate:09600").into()
    });
    assert_eq!(w.mail("102", &[GOOD], &one_page()), Ok(true));
    w.run_until(|w| at_rest(w) && w.faxes().len() == 2 && w.seen.mails.len() >= 2);
    for (direction, state) in [(Direction::Out, FaxState::Sent), (Direction::In, FaxState::Received)] {
        let fax = only(w.faxes_of(direction));
        assert_eq!(fax.state, state);
        let attempts = w.store.wait(w.store.faxes().attempts(fax.id)).expect("attempts");
        let rates: Vec<_> = attempts.iter().filter_map(|a| Some(a.outcome.as_ref()?.bit_rate)).collect();
        assert_eq!(rates, [9600], "{direction:?}");
    }
}

/// Out and back: once we call a line without T.38, and once we are called from it.
#[test]
fn a_line_without_t38_carries_the_fax_as_sound() {
    let dir = tempfile::tempdir().expect("a folder");
    let network = Conditions { delay: Duration::from_millis(30), ..Conditions::GOOD };
    let mut w = world(dir.path(), 1, network);
    assert_eq!(w.mail("102", &[REFUSES_T38], &referral()), Ok(true));
    w.run_until(|w| at_rest(w) && w.faxes().len() == 2 && w.seen.mails.len() >= 2);
    let sent = only(w.faxes_of(Direction::Out));
    assert_eq!((sent.state, sent.cause, sent.attempts), (FaxState::Sent, Some(Cause::Delivered), 1));
    let received = only(w.faxes_of(Direction::In));
    assert_eq!((received.state, received.pages), (FaxState::Received, sent.pages));
    let kept = |id| {
        let pages = w.store.wait(w.store.faxes().pages(id)).expect("pages");
        bitmaps(pages.into_iter().map(|page| page.into_inner()))
    };
    let there = bitmaps(w.seen.pages.iter().map(|(.., tiff)| tiff.clone()));
    same(&kept(sent.id), &there);
    same(&there, &kept(received.id));
}

/// One attempt, one fax.
#[test]
fn a_line_that_takes_t38_alone_gets_the_fax_in_one_attempt() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[OVER_IP_ALONE], &referral()), Ok(true));
    w.run_until(|w| at_rest(w) && !w.seen.mails.is_empty());
    let sent = only(w.faxes());
    assert_eq!((sent.state, sent.cause, sent.attempts), (FaxState::Sent, Some(Cause::Delivered), 1));
    let there = bitmaps(w.seen.pages.iter().map(|(.., tiff)| tiff.clone()));
    let pages = w.store.wait(w.store.faxes().pages(sent.id)).expect("pages");
    same(&bitmaps(pages.into_iter().map(|page| page.into_inner())), &there);
}

#[test]
fn a_mail_that_may_not_or_cannot_be_faxed_leaves_nothing_behind() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    for (by, to, message) in [
        ("103", GOOD, one_page()),
        ("102", "911", one_page()),
        ("102", "nurse", one_page()),
        ("102", GOOD, b"Subject: nothing\r\n\r\n".to_vec()),
    ] {
        let refused = w.mail(by, &[to], &message).expect_err("refused");
        assert!(refused.ends_with(|c: char| c.is_alphanumeric() || c == '.'), "{refused}");
    }
    assert!(w.faxes().is_empty());
}

/// The client of a mail program, or the relay behind it, that never heard our 250 hands the same message in again.
#[test]
fn a_message_that_comes_again_because_its_answer_was_lost_is_one_fax() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let body = one_page();
    let traced = |minute: u8| {
        let trace = format!("Received: from relay\r\n\tby clinic.test; 09:0{minute}\r\n");
        let before = format!("Received: from [127.0.0.1] by relay\r\n\twith ESMTP id {minute}; 09:0{minute}\r\n");
        [trace.as_bytes(), before.as_bytes(), &body].concat()
    };
    assert_eq!(w.mail("102", &[BUSY], &traced(1)), Ok(true));
    assert_eq!(w.mail("102", &[BUSY], &traced(2)), Ok(true));
    assert_eq!(w.faxes().len(), 1);
    // To another number, from another person, or written anew it is another fax.
    assert_eq!(w.mail("102", &[REFUSES_T38], &traced(3)), Ok(true));
    assert_eq!(w.mail("101", &[BUSY], &traced(4)), Ok(true));
    let anew = [b"Message-ID: <second@clinic.test>\r\n".as_slice(), &body].concat();
    assert_eq!(w.mail("102", &[BUSY], &anew), Ok(true));
    assert_eq!(w.faxes().len(), 4);
}

#[test]
fn a_document_that_cannot_be_rendered_is_answered_by_a_mail_that_names_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let whole = fax::cover::Cover { message: "cut".into(), ..Default::default() }.to_pdf();
    assert_eq!(w.mail("102", &[GOOD], &letter(&whole[..200])), Ok(true));
    w.run_until(|w| !w.seen.mails.is_empty());
    assert_eq!(only(w.faxes()).state, FaxState::Failed);
    let told = String::from_utf8_lossy(w.seen.mails[0].body.expose()).into_owned();
    assert!(told.contains("referral.pdf"), "{told}");
    assert!(w.seen.pages.is_empty());
}

#[test]
fn mails_that_cannot_be_read_are_given_up_and_told_and_hold_up_no_other() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let mut damaged = Vec::new();
    w.store_refuses(move |effect| {
        let Effect::LoadOutgoing { mail } = effect else { return None };
        if damaged.len() < 4 && !damaged.contains(mail) {
            damaged.push(*mail);
        }
        damaged.contains(mail).then(|| StoreError::Broken("a body was changed".to_owned()))
    });
    // Two receipts, and two faxes that come back: as many as are delivered at once.
    assert_eq!(w.mail("102", &[GOOD, REFUSES_T38], &one_page()), Ok(true));
    w.run_until(|w| at_rest(w) && w.faxes().len() == 4);
    assert_eq!(w.mail("102", &[NOBODY], &one_page()), Ok(true));
    w.run_until(|w| !w.seen.mails.is_empty());
    let failed = w.faxes().into_iter().find(|fax| fax.state == FaxState::Failed).expect("nobody has that number");
    assert_eq!(w.seen.mails[0].purpose, MailPurpose::Receipt(failed.id));
    let unreadable = |w: &World| {
        let queue = w.store.wait(w.store.mails().queue(10)).expect("the queue");
        let why = |reply: &SmtpReply| reply.text.expose().contains("cannot be read");
        queue.iter().filter(|m| m.state == MailState::Failed && m.reply.as_ref().is_some_and(why)).count()
    };
    w.run_until(|w| unreadable(w) == 4);
    assert!(w.faxes_of(Direction::In).iter().all(|fax| fax.delivery == Delivery::Failed));
    let alerts = w.store.wait(w.store.alerts().recent(10)).expect("alerts");
    assert!(alerts.iter().any(|alert| alert.sentence.expose().contains("cannot be read")));
}

#[test]
fn whoever_mailed_a_fax_hears_that_a_colleague_recalled_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    for (by, told) in [("101", 1), ("102", 1)] {
        assert_eq!(w.mail("102", &[GOOD], &one_page()), Ok(true));
        let fax = w.faxes().into_iter().find(|fax| !fax.state.is_final()).expect("it is there").id;
        assert!(matches!(w.command(Command::CancelFax { by: by.to_owned(), fax }), Some(Ok(_))));
        w.run_until(|_| false);
        // Who recalls a fax of their own knows it.
        assert_eq!(w.seen.mails.len(), told, "recalled by {by}");
        // The next letter is no repetition of this one.
        w.now = w.now.after(Duration::from_secs(2 * 3600));
    }
    let receipt = String::from_utf8_lossy(w.seen.mails[0].body.expose()).into_owned();
    assert!(w.seen.mails[0].to.expose() == "nurse@clinic.test" && receipt.contains("recalled"), "{receipt}");
    assert!(w.faxes().iter().all(|fax| fax.state == FaxState::Cancelled));
}

#[test]
fn whoever_mails_the_same_again_hears_that_it_was_not_faxed_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    assert_eq!(w.mail("102", &[REFUSES_T38], &one_page()), Ok(true));
    w.run_until(|w| at_rest(w) && w.seen.mails.len() >= 2);
    let faxes = w.faxes().len();
    let fax = only(w.faxes_of(Direction::Out)).id;
    for _ in 0..2 {
        assert_eq!(w.mail("102", &[REFUSES_T38], &one_page()), Ok(true));
        w.run_until(|_| false);
    }
    assert_eq!(w.faxes().len(), faxes);
    let told = w.seen.mails.iter().filter(|mail| mail.purpose == MailPurpose::Repeated(fax)).collect::<Vec<_>>();
    let [told] = told[..] else { panic!("{} mails", told.len()) };
    let text = String::from_utf8_lossy(told.body.expose()).into_owned();
    assert!(told.to.expose() == "nurse@clinic.test" && text.contains("was not faxed again"), "{text}");
    assert!(text.contains("What becomes of the first is in its own receipt"), "{text}");
}

/// A script that mails its order each night writes neither a Message-ID nor a Date.
#[test]
fn the_same_bytes_without_a_name_are_one_fax_within_the_hour_and_another_the_next_day() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), 1, Conditions::GOOD);
    let named = [b"Date: Fri, 20 Nov 2026 14:00:00 +0000\r\n".as_slice(), &one_page()].concat();
    for (after, faxes) in [(0, 2), (600, 2), (23 * 3600, 3), (600, 3)] {
        w.now = w.now.after(Duration::from_secs(after));
        for letter in [&one_page(), &named] {
            assert_eq!(w.mail("102", &[NOBODY], letter), Ok(true));
        }
        assert_eq!(w.faxes().len(), faxes, "after {after} seconds more");
    }
}
