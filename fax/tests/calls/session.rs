//! Whole fax calls between two of our ends over T.38, in simulated time: what arrives, what is promised, and what each end says
//! when something goes wrong.

use std::time::Duration;

use crate::support::{Away, Disk, Mishap, Net, Setup, World, assert_same, page, pages, seeds};
use fax::audio::Law;
use fax::worker::proto::Way;
use model::Now;
use model::fax::Cause;

fn causes(world: &World) -> (Cause, u32, Cause, u32) {
    let (sender, receiver) = (world.sender.outcome(), world.receiver.outcome());
    (sender.cause, sender.pages_confirmed, receiver.cause, receiver.pages_confirmed)
}

/// Both ends' causes and page counts, sender first.
#[track_caller]
fn check(world: &World, sender: (Cause, u32), receiver: (Cause, u32)) {
    assert_eq!(
        causes(world),
        (sender.0, sender.1, receiver.0, receiver.1),
        "\nsender {:#?}\nreceiver {:#?}",
        world.sender.trace,
        world.receiver.trace
    );
}

const MS: fn(u64) -> Duration = Duration::from_millis;

#[test]
fn one_page_arrives_as_it_was_sent() {
    let sent = pages(1);
    let world = Setup::new(sent.clone()).run();
    check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
    assert_same(&world.receiver.durable, &sent);
    assert_eq!(world.sender.progress, [(0, true), (1, false)]);
    let outcome = world.sender.outcome();
    assert_eq!((outcome.bit_rate, outcome.ecm, outcome.packets_lost), (14_400, true, 0));
    assert_eq!(outcome.remote_ident.expose(), "+1 202 555 0101");
    assert_eq!(world.receiver.outcome().remote_ident.expose(), "+1 202 555 0123");
}

/// Each order is two switches between processes, and in real time they are most of what a fax costs.
#[test]
fn engines_and_sessions_are_asked_only_when_there_is_something_to_say_or_to_hear() {
    for (way, most, most_wakes) in [(Way::T38, 3.7, 5.2), (Way::Audio(Law::Mu), 4.6, 4.6)] {
        let sent = vec![page(700, 1)];
        let world = Setup { way, t85: false, ..Setup::new(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
        let seconds = (world.now.instant - Now::simulation_start().instant).as_secs_f64();
        let [orders, wakes] = [world.orders, world.wakes].map(|count| f64::from(count) / seconds / 2.0);
        println!(
            "{way:?}: {orders:.1} orders a second to each engine, each session woken {wakes:.1} times, {seconds:.1} s"
        );
        assert!(orders < most, "{way:?}: {orders:.1} orders a second to each engine");
        assert!(wakes < most_wakes, "{way:?}: each session is woken {wakes:.1} times a second");
    }
}

/// Else each of twenty calls wakes the thread that keeps the time by itself, fifty times a second.
#[test]
fn many_calls_as_sound_wake_for_each_other_though_each_goes_as_fast_as_its_far_end() {
    let sent = vec![page(700, 1)];
    let net = Net { skew: 150, ..Net::GOOD };
    let world = Setup { way: Way::Audio(Law::Mu), net, ..Setup::new(sent.clone()) }.run();
    check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
    assert_same(&world.receiver.durable, &sent);
    assert!(world.phases.len() > 1, "no end went as fast as the other");
    assert!(world.phases.iter().all(|phase| phase % 5_000_000 == 0), "{:?}", world.phases);
}

#[test]
fn three_pages_arrive_as_they_were_sent() {
    let sent = pages(3);
    let world = Setup::new(sent.clone()).run();
    check(&world, (Cause::Delivered, 3), (Cause::Delivered, 3));
    assert_same(&world.receiver.durable, &sent);
    assert_eq!(world.sender.progress, [(0, false), (1, false), (2, true), (3, false)]);
}

#[test]
fn every_carrier_and_page_form_arrives() {
    let standard = fax::page::Page { y_dpi: 98, ..page(250, 9) };
    for (ecm, max_bit_rate) in [(true, 9600), (false, 14_400), (false, 4800)] {
        // Fine, standard, fine: the change of format ends one document and begins another (EOM).
        let sent = vec![page(300, 1), standard.clone(), page(120, 2)];
        let world = Setup { ecm, max_bit_rate, ..Setup::new(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 3), (Cause::Delivered, 3));
        assert_same(&world.receiver.durable, &sent);
        let outcome = world.receiver.outcome();
        assert_eq!((outcome.bit_rate, outcome.ecm), (u32::from(max_bit_rate), ecm));
    }
}

#[test]
fn a_second_attempt_sends_only_what_is_missing() {
    let sent = pages(3);
    let world = Setup { first_page: 1, ..Setup::new(sent.clone()) }.run();
    check(&world, (Cause::Delivered, 2), (Cause::Delivered, 2));
    assert_same(&world.receiver.durable, &sent[1..]);
    assert_eq!(world.sender.progress, [(0, false), (1, true), (2, false)]);
}

#[test]
fn the_header_stands_above_the_page_and_not_on_it() {
    let sent = pages(3);
    let header = "Harbor Street Clinic".to_owned();
    let world = Setup { header, first_page: 1, ..Setup::new(sent.clone()) }.run();
    check(&world, (Cause::Delivered, 2), (Cause::Delivered, 2));
    for (received, sent) in world.receiver.durable.iter().zip(&sent[1..]) {
        let (received, sent) = (received.decode().unwrap(), sent.decode().unwrap());
        let header = received.height() - sent.height();
        assert_eq!(header, 33);
        assert!((0..header).any(|y| received.row(y).iter().any(|byte| *byte != 0)), "the header is empty");
        for y in 0..sent.height() {
            assert_eq!(received.row(header + y), sent.row(y), "row {y}");
        }
    }
}

#[test]
fn loss_and_reordering_are_repaired() {
    let sent = pages(1);
    let (mut runs, mut delivered, mut repaired) = (0, 0, 0);
    for seed in seeds(3) {
        for (loss, jitter) in [(0.05, 0), (0.01, 60), (0.1, 0)] {
            let net = Net { loss, jitter: MS(jitter), ..Net::GOOD };
            let world = Setup { net, seed, ..Setup::new(sent.clone()) }.run();
            runs += 1;
            // Whatever the network does, no end says more than it knows.
            if world.sender.outcome().cause == Cause::Delivered {
                assert_same(&world.receiver.durable, &sent);
                delivered += 1;
            }
            repaired += world.receiver.outcome().packets_repaired;
        }
    }
    assert!(delivered * 100 >= runs * 95, "{delivered} of {runs} were delivered");
    assert!(repaired > 0);
}

#[test]
fn a_run_is_the_same_twice() {
    let run = || {
        let net = Net { loss: 0.1, jitter: MS(40), ..Net::GOOD };
        Setup { net, seed: 7, ..Setup::new(pages(1)) }.run()
    };
    let (one, two) = (run(), run());
    assert_eq!(one.sender.trace, two.sender.trace);
    assert_eq!(one.receiver.trace, two.receiver.trace);
    assert_eq!(one.now, two.now);
}

#[test]
fn a_slow_disk_delays_the_confirmation() {
    for (ecm, millis) in [(true, 1000), (false, 1000), (true, 3000), (true, 12_000)] {
        let sent = pages(2);
        let world = Setup { ecm, disk: Disk::Takes(MS(millis)), ..Setup::new(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 2), (Cause::Delivered, 2));
        assert_same(&world.receiver.durable, &sent);
        let waited = world.receiver.trace.iter().any(|line| line.contains("RNR"));
        assert_eq!(waited, millis > 1500, "{:#?}", world.receiver.trace);
    }
}

#[test]
fn without_error_correction_a_disk_that_is_too_slow_is_a_refusal() {
    let world = Setup { ecm: false, disk: Disk::Takes(MS(2000)), ..Setup::new(pages(2)) }.run();
    check(&world, (Cause::Dropped, 0), (Cause::OurFault, 0));
}

#[test]
fn a_page_that_cannot_be_stored_is_never_confirmed() {
    for ecm in [true, false] {
        let world = Setup { ecm, disk: Disk::Refuses { page: 2 }, ..Setup::new(pages(3)) }.run();
        check(&world, (Cause::Dropped, 1), (Cause::OurFault, 1));
        // The last page: the sender has sent everything and cannot know.
        let world = Setup { ecm, disk: Disk::Refuses { page: 1 }, ..Setup::new(pages(1)) }.run();
        check(&world, (Cause::Unconfirmed, 0), (Cause::OurFault, 0));
    }
}

#[test]
fn a_line_that_drops_before_the_last_confirmation_leaves_the_fax_unconfirmed() {
    for ecm in [true, false] {
        let world = Setup { ecm, mishap: Some(Mishap::DropAtReceivedPage(3)), ..Setup::new(pages(3)) }.run();
        check(&world, (Cause::Unconfirmed, 2), (Cause::Dropped, 2));
    }
}

#[test]
fn a_line_that_drops_on_the_way_keeps_what_is_confirmed() {
    for ecm in [true, false] {
        let mishap = Some(Mishap::DropAfterProgress(1, MS(3000)));
        let world = Setup { ecm, mishap, ..Setup::new(pages(3)) }.run();
        check(&world, (Cause::Dropped, 1), (Cause::Dropped, 1));
        assert_same(&world.receiver.durable, &pages(3)[..1]);
    }
}

#[test]
fn a_line_that_drops_within_the_last_page_is_known_to_have_failed() {
    let mishap = Some(Mishap::DropAfterProgress(0, MS(1500)));
    let world = Setup { mishap, ..Setup::new(pages(1)) }.run();
    check(&world, (Cause::Dropped, 0), (Cause::Dropped, 0));
}

#[test]
fn a_worker_that_dies_takes_only_the_call_with_it() {
    let world = Setup { mishap: Some(Mishap::KillReceiverAtPage(2)), ..Setup::new(pages(3)) }.run();
    check(&world, (Cause::Dropped, 1), (Cause::OurFault, 1));
    let mishap = Some(Mishap::KillSenderAfterProgress(1, MS(2000)));
    let world = Setup { mishap, ..Setup::new(pages(3)) }.run();
    check(&world, (Cause::OurFault, 1), (Cause::Dropped, 1));
}

#[test]
fn a_worker_that_hangs_is_killed() {
    let world = Setup { mishap: Some(Mishap::HangReceiver(MS(9000))), ..Setup::new(pages(2)) }.run();
    let receiver = world.receiver.outcome();
    assert_eq!(receiver.cause, Cause::OurFault, "{:#?}", world.receiver.trace);
    // The watchdog, and how long an engine may be left alone before that.
    assert!((12_500..13_000).contains(&receiver.millis), "{receiver:?}");
}

#[test]
fn a_page_that_the_engine_cannot_write_is_never_confirmed() {
    // Left alone, the engine would confirm it: its own count of pages goes up although its write failed.
    for (ecm, pages_before) in [(true, 0), (false, 0), (true, 1), (false, 1)] {
        let mishap = Some(Mishap::FillDiskAfterProgress(pages_before, MS(500)));
        let world = Setup { ecm, mishap, ..Setup::new(pages(3)) }.run();
        check(&world, (Cause::Dropped, pages_before), (Cause::OurFault, pages_before));
        let why = world.receiver.trace.iter().any(|line| line.contains("could not be kept"));
        assert!(why, "{:#?}", world.receiver.trace);
    }
}

#[test]
fn a_damaged_page_is_sent_again() {
    // Without error correction the receiver says RTN, and the sender goes on at a lower speed.
    let sent = pages(2);
    let mishap = Some(Mishap::Garble { for_ever: false });
    let world = Setup { ecm: false, mishap, ..Setup::new(sent.clone()) }.run();
    check(&world, (Cause::Delivered, 2), (Cause::Delivered, 2));
    assert_same(&world.receiver.durable, &sent);
    assert!(world.sender.trace.iter().any(|line| line.contains("RTN")), "{:#?}", world.sender.trace);
    assert!(world.receiver.outcome().bit_rate < 14_400);
}

#[test]
fn a_last_page_that_arrives_damaged_is_sent_again() {
    // Left alone, the engine's receiver says goodbye to the command that follows its RTN.
    for way in [Way::T38, Way::Audio(Law::Mu)] {
        let sent = pages(1);
        let mishap = match way {
            Way::T38 => Mishap::Garble { for_ever: false },
            // The network is away before the page ends.
            _ => Mishap::OutageAfterProgress(0, MS(9000), MS(2500), Away::There),
        };
        let world = Setup { way, ecm: false, mishap: Some(mishap), ..Setup::new(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
        assert_same(&world.receiver.durable, &sent);
        assert!(world.sender.trace.iter().any(|line| line.contains("RTN")), "{:#?}", world.sender.trace);
    }
}

#[test]
fn a_page_that_always_arrives_damaged_is_not_delivered() {
    let mishap = Some(Mishap::Garble { for_ever: true });
    let world = Setup { ecm: false, mishap, ..Setup::new(pages(2)) }.run();
    check(&world, (Cause::BadPage, 0), (Cause::Dropped, 0));
}

#[test]
fn a_fax_can_be_recalled_on_the_line() {
    let mishap = Some(Mishap::CancelAfterProgress(1, MS(1000)));
    let world = Setup { mishap, ..Setup::new(pages(3)) }.run();
    check(&world, (Cause::Cancelled, 1), (Cause::Dropped, 1));
}

#[test]
fn a_line_on_which_nothing_is_heard_is_no_fax() {
    let net = Net { loss: 1.0, ..Net::GOOD };
    let world = Setup { net, ..Setup::new(pages(1)) }.run();
    let (sender, receiver) = (world.sender.outcome(), world.receiver.outcome());
    assert_eq!((sender.cause, sender.pages_confirmed), (Cause::NotAFax, 0), "{:#?}", world.sender.trace);
    assert_eq!((receiver.cause, receiver.pages_confirmed), (Cause::NotAFax, 0), "{:#?}", world.receiver.trace);
}
