//! A call that fetches: one end holds a document ready, the other has called and asks for it (T.30 polling). From its first page on it is a
//! reception, with the promises of one.

use std::time::Duration;

use fax::audio::Law;
use fax::worker::proto::{FromWorker, Task, Way};
use model::Inside;
use model::fax::Cause;

use crate::inside::said_to;
use crate::support::{Disk, Mishap, Net, Setup, World, assert_same, page, pages, seeds};

fn fetch(count: u32) -> Setup {
    Setup { fetched: Some(Inside::default()), ..Setup::new(pages(count)) }
}

fn named(subaddress: &str, password: &str) -> Inside {
    Inside::parse(subaddress, password).unwrap()
}

/// What became of it at the end that fetches: its cause and pages, and what is on its disk.
fn came(world: &World) -> (Cause, u32, usize) {
    let outcome = world.receiver.outcome();
    (outcome.cause, outcome.pages_confirmed, world.receiver.durable.len())
}

fn said(trace: &[String], what: &str) -> usize {
    trace.iter().filter(|line| line.contains(what)).count()
}

#[test]
fn a_document_comes_as_it_is_over_packets_and_as_sound() {
    for (way, ecm) in [(Way::T38, true), (Way::T38, false), (Way::Audio(Law::Mu), true), (Way::Audio(Law::A), false)] {
        let setup = Setup { way, ecm, ..fetch(2) };
        let sent = setup.pages.clone();
        let world = setup.run();
        let (theirs, ours) = (&world.sender.trace, &world.receiver.trace);
        assert_eq!(came(&world), (Cause::Delivered, 2, 2), "{way:?} {ecm}\n{theirs:#?}\n{ours:#?}");
        assert_eq!(world.sender.outcome().cause, Cause::Delivered);
        assert_same(&world.receiver.durable, &sent);
        assert!(said(ours, "→ DTC") > 0 && said(ours, "→ CIG “+1 202 555 0101”") > 0, "{ours:#?}");
        assert_eq!(world.receiver.outcome().remote_ident.expose(), "+1 202 555 0123");
        assert_eq!(world.sender.outcome().remote_ident.expose(), "+1 202 555 0101");
    }
}

#[test]
fn it_is_asked_for_by_its_name_and_with_the_password_and_given_to_nobody_else() {
    let wanted = named("44*7", "1234");
    let setup = |inside: Inside| Setup { inside, fetched: Some(wanted.clone()), ..Setup::new(vec![page(60, 1)]) };
    for way in [Way::T38, Way::Audio(Law::Mu)] {
        let world = Setup { way, ..setup(wanted.clone()) }.run();
        assert_eq!(came(&world), (Cause::Delivered, 1, 1), "{:#?}", world.receiver.trace);
        assert_eq!(said(&world.sender.trace, "← SEP: asks for the document “44*7”"), 1, "{:#?}", world.sender.trace);
        assert_eq!(said(&world.sender.trace, "← PWD: a password"), 1);
        assert_eq!(said(&world.sender.trace, "1234") + said(&world.receiver.trace, "1234"), 0, "nobody's to read");
    }
    for wrong in [named("44*7", "4321"), named("45", "1234"), named("44*7", ""), named("", "1234"), named("", "")] {
        let world = setup(wrong).run();
        assert_eq!(came(&world), (Cause::FetchRefused, 0, 0), "{:#?}", world.receiver.trace);
        assert_eq!(world.sender.outcome().cause, Cause::FetchRefused, "{:#?}", world.sender.trace);
        assert!(world.sender.progress.is_empty(), "nothing of it was sent");
    }
}

#[test]
fn no_page_counts_that_is_not_on_the_disk_whatever_breaks_the_call() {
    let ends = [
        (Mishap::DropAtReceivedPage(1), (Cause::Dropped, 0)),
        (Mishap::DropAtReceivedPage(2), (Cause::Dropped, 1)),
        (Mishap::KillReceiverAtPage(2), (Cause::OurFault, 1)),
        (Mishap::KillSenderAfterProgress(1, Duration::from_secs(5)), (Cause::Dropped, 1)),
    ];
    for (mishap, (cause, confirmed)) in ends {
        let world = Setup { mishap: Some(mishap), ..fetch(3) }.run();
        let (was, pages, _) = came(&world);
        assert_eq!((was, pages), (cause, confirmed), "{mishap:?}: {:#?}", world.receiver.trace);
    }
    let world = Setup { disk: Disk::Refuses { page: 2 }, ..fetch(3) }.run();
    assert_eq!(came(&world), (Cause::OurFault, 1, 1));
    assert_ne!(world.sender.outcome().cause, Cause::Delivered);
}

#[test]
fn a_lossy_network_costs_no_page() {
    for seed in seeds(8) {
        let net = Net { loss: 0.03, jitter: Duration::from_millis(20), ..Net::GOOD };
        let setup = Setup { net, seed, ..fetch(2) };
        let sent = setup.pages.clone();
        let world = setup.run();
        assert_eq!(came(&world), (Cause::Delivered, 2, 2), "seed {seed}: {:#?}", world.receiver.trace);
        assert_same(&world.receiver.durable, &sent);
    }
}

/// Both ends agree on T.38 in the midst of the greetings.
#[test]
fn a_call_that_begins_as_sound_goes_on_over_packets() {
    let mishap = Some(Mishap::SwitchAfter(Duration::from_millis(2500), 14_400));
    let world = Setup { way: Way::Audio(Law::Mu), mishap, ..fetch(2) }.run();
    assert_eq!(came(&world), (Cause::Delivered, 2, 2), "{:#?}", world.receiver.trace);
}

/// What is sent to a machine whose DIS has these bits (T.30 Table 2: 9 for a document, 47 for names, 50 for passwords), and why nothing is.
fn asks(bits: &[usize], inside: Inside, spans: usize) -> (Vec<String>, Option<bool>) {
    let (said, frames) = said_to(bits, Task::Fetch { inside }, spans);
    let not_given = said.iter().find_map(|report| match report {
        FromWorker::NotAsked { ready } => Some(*ready),
        _ => None,
    });
    let names = frames.iter().map(|words| words.split([':', ' ']).next().unwrap_or_default().to_owned());
    (names.collect(), not_given)
}

#[test]
fn a_machine_is_asked_for_what_it_says_that_it_has_and_never_without_the_name() {
    assert_eq!(asks(&[], Inside::default(), 150), (vec!["DCN".to_owned()], Some(false)));
    for (bits, inside) in [(&[9][..], named("44", "")), (&[9, 50], named("44", "12")), (&[9, 47], named("44", "12"))] {
        assert_eq!(asks(bits, inside, 150), (vec!["DCN".to_owned()], Some(true)), "{bits:?}");
    }
    let (frames, not_given) = asks(&[9, 47, 50], named("44", "12"), 250);
    assert_eq!((&frames[frames.len() - 3..], not_given), (&["PWD", "SEP", "DTC"].map(str::to_owned)[..], None));
    // Nobody answers: the same command once more, and not that of a machine that was called.
    let (frames, _) = asks(&[9], Inside::default(), 600);
    let said = |name: &str| frames.iter().filter(|frame| *frame == name).count();
    assert!(said("DTC") > 1 && said("DIS") + said("CSI") == 0, "{frames:?}");
}
