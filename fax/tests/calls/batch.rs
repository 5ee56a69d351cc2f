//! Several documents in one call: each is confirmed by itself, and what ends the call says nothing of those before and after.

use std::time::Duration;

use crate::support::{Mishap, Setup, World, assert_same, page, pages};
use fax::audio::Law;
use fax::worker::proto::Way;
use model::fax::Cause;

const MS: fn(u64) -> Duration = Duration::from_millis;

/// Two pages, one, and three.
fn batch() -> Setup {
    Setup { followers: vec![1, 3], ..Setup::new(pages(6)) }
}

/// The documents that were sent before the last that began, and how that ended: cause and pages of each.
#[track_caller]
fn check(world: &World, sent: &[u32], last: (Cause, u32)) {
    let of_each: Vec<_> = world.sender.sent.iter().map(|outcome| (outcome.cause, outcome.pages_confirmed)).collect();
    let expected: Vec<_> = sent.iter().map(|pages| (Cause::Delivered, *pages)).collect();
    assert_eq!(of_each, expected, "{:#?}", world.sender.trace);
    let outcome = world.sender.outcome();
    assert_eq!((outcome.cause, outcome.pages_confirmed), last, "{:#?}", world.sender.trace);
}

#[test]
fn each_document_of_a_call_arrives_and_is_confirmed_by_itself() {
    for way in [Way::T38, Way::Audio(Law::Mu)] {
        for ecm in [true, false] {
            let world = Setup { way, ecm, ..batch() }.run();
            check(&world, &[2, 1], (Cause::Delivered, 3));
            assert_same(&world.receiver.durable, &pages(6));
            // So it is at the other end.
            let came: Vec<_> = world.receiver.documents.iter().map(|document| document.pages_confirmed).collect();
            let outcome = world.receiver.outcome();
            assert_eq!((came, outcome.cause, outcome.pages_confirmed), (vec![2, 1], Cause::Delivered, 3));
            // Of the last one: its own count from its own beginning.
            assert_eq!(world.sender.progress, [(0, false), (1, false), (2, true), (3, false)]);
            let ends =
                world.sender.trace.iter().filter(|line| line.contains("→") && line.contains("EOM: another")).count();
            assert!(ends >= 2, "{:#?}", world.sender.trace);
        }
    }
}

#[test]
fn pages_count_within_their_document() {
    let (alone, along) = (pages(2), pages(3));
    let setup = |pages, followers| Setup { header: "Clinic".to_owned(), followers, ..Setup::new(pages) };
    let (two, three) = (setup(alone, vec![]).run(), setup(along, vec![1]).run());
    // "Page 1 of 2" and "Page 2 of 2" stand above the same pages, whether something follows them or not.
    assert_same(&three.receiver.durable[..2], &two.receiver.durable);
}

#[test]
fn a_form_that_changes_within_a_document_does_not_end_it() {
    let standard = fax::page::Page { y_dpi: 98, ..page(250, 9) };
    let all = vec![page(300, 1), standard.clone(), page(200, 3), standard];
    let world = Setup { followers: vec![2], ..Setup::new(all.clone()) }.run();
    check(&world, &[2], (Cause::Delivered, 2));
    assert_same(&world.receiver.durable, &all);
    // Nothing on the line tells the border between the documents, at which the form changes too, from those within: all is one.
    let outcome = world.receiver.outcome();
    assert_eq!((world.receiver.documents.len(), outcome.cause, outcome.pages_confirmed), (0, Cause::Delivered, 4));
}

#[test]
fn a_second_attempt_sends_what_is_missing_and_then_what_follows() {
    let world = Setup { first_page: 1, ..batch() }.run();
    check(&world, &[1, 1], (Cause::Delivered, 3));
    assert_same(&world.receiver.durable, &pages(6)[1..]);
}

#[test]
fn a_line_that_drops_in_the_midst_leaves_what_was_sent_as_sent() {
    // Before the second document's page, and within the third's.
    for (document, after, sent) in [(0, 500, vec![2]), (1, 14_000, vec![2, 1])] {
        let world = Setup { mishap: Some(Mishap::DropAfterDocument(document, MS(after))), ..batch() }.run();
        check(&world, &sent, (Cause::Dropped, 0));
    }
    let world = Setup { mishap: Some(Mishap::DropAfterDocument(1, MS(14_000))), ..batch() }.run();
    let came: Vec<_> = world.receiver.documents.iter().map(|came| (came.cause, came.pages_confirmed)).collect();
    assert_eq!(came, [(Cause::Delivered, 2), (Cause::Delivered, 1)], "what was whole stays whole");
    assert_eq!((world.receiver.outcome().cause, world.receiver.outcome().pages_confirmed), (Cause::Dropped, 0));
    // At the third page of the call, which is all of the second document: it may have arrived.
    let world = Setup { mishap: Some(Mishap::DropAtReceivedPage(3)), ..batch() }.run();
    check(&world, &[2], (Cause::Unconfirmed, 0));
}

#[test]
fn what_is_withdrawn_before_it_begins_is_left_out() {
    for (follower, sent, left) in [(0, vec![2], vec![0, 1, 3, 4, 5]), (1, vec![2], vec![0, 1, 2])] {
        let world = Setup { mishap: Some(Mishap::Withdraw(follower)), ..batch() }.run();
        let last = if follower == 0 { 3 } else { 1 };
        check(&world, &sent, (Cause::Delivered, last));
        let all = pages(6);
        let left: Vec<_> = left.into_iter().map(|at: usize| all[at].clone()).collect();
        assert_same(&world.receiver.durable, &left);
    }
}

#[test]
fn what_was_announced_and_is_not_begun_ends_the_call_after_what_was_sent() {
    for way in [Way::T38, Way::Audio(Law::Mu)] {
        let world = Setup { way, mishap: Some(Mishap::NoneAfterDocument(0)), ..batch() }.run();
        // The outcome of the call is that of the document that was sent, once more.
        check(&world, &[2], (Cause::Delivered, 2));
        assert_same(&world.receiver.durable, &pages(6)[..2]);
        // Their machine hears goodbye, and takes what it has for all.
        let goodbyes = |line: &&String| line.contains("→") && line.contains("DCN");
        assert_eq!(world.sender.trace.iter().filter(goodbyes).count(), 1, "{:#?}", world.sender.trace);
        assert_eq!(world.receiver.outcome().cause, Cause::Delivered, "{:#?}", world.receiver.trace);
    }
}
