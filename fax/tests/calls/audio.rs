//! Whole fax calls between two of our ends as sound, in simulated time.

use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::worker::proto::Way;
use model::fax::Cause;

use crate::support::{Disk, Mishap, Net, Setup, World, assert_same, page, pages, seeds};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn sound(pages: Vec<Page>) -> Setup {
    Setup { way: Way::Audio(Law::Mu), ..Setup::new(pages) }
}

#[track_caller]
fn check(world: &World, sender: (Cause, u32), receiver: (Cause, u32)) {
    let (from, to) = (world.sender.outcome(), world.receiver.outcome());
    assert_eq!(
        ((from.cause, from.pages_confirmed), (to.cause, to.pages_confirmed)),
        (sender, receiver),
        "\nsender {:#?}\nreceiver {:#?}",
        world.sender.trace,
        world.receiver.trace
    );
}

#[test]
fn pages_arrive_as_they_were_sent() {
    let standard = Page { y_dpi: 98, ..page(250, 9) };
    for (law, ecm, max_bit_rate) in
        [(Law::Mu, true, 14_400), (Law::A, true, 9600), (Law::Mu, false, 14_400), (Law::A, false, 4800)]
    {
        let sent = vec![page(300, 1), standard.clone(), page(120, 2)];
        let world = Setup { way: Way::Audio(law), ecm, max_bit_rate, ..Setup::new(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 3), (Cause::Delivered, 3));
        assert_same(&world.receiver.durable, &sent);
        let outcome = world.receiver.outcome();
        assert_eq!((outcome.bit_rate, outcome.ecm, outcome.packets_lost), (u32::from(max_bit_rate), ecm, 0));
        assert_eq!(outcome.remote_ident.expose(), "+1 202 555 0123");
    }
}

/// Whoever has the ports does not always run, and what came until an instant is handed over later than that. Nothing of it may be missing then.
#[test]
fn what_is_handed_over_late_is_heard_whole() {
    let sent = vec![page(700, 1)];
    for late in [3, 10, 35] {
        for seed in seeds(10) {
            for way in [Way::Audio(Law::Mu), Way::T38] {
                let world = Setup { way, late: MS(late), seed, t85: false, ..Setup::new(sent.clone()) }.run();
                check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
                assert_same(&world.receiver.durable, &sent);
                for end in [&world.sender, &world.receiver] {
                    let outcome = end.outcome();
                    let missing = (outcome.packets_lost, outcome.blocks_repeated, outcome.bad_rows);
                    assert_eq!(missing, (0, 0, 0), "{way:?}, late by {late} ms at most, seed {seed}");
                }
            }
        }
    }
}

#[test]
fn a_slow_disk_delays_the_confirmation() {
    for (ecm, millis) in [(true, 1000), (false, 1000), (true, 3000), (true, 12_000)] {
        let sent = pages(2);
        let world = Setup { ecm, disk: Disk::Takes(MS(millis)), ..sound(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 2), (Cause::Delivered, 2));
        assert_same(&world.receiver.durable, &sent);
        let waited = world.receiver.trace.iter().any(|line| line.contains("RNR"));
        assert_eq!(waited, millis > 1500, "{:#?}", world.receiver.trace);
    }
}

#[test]
fn a_page_that_cannot_be_stored_is_never_confirmed() {
    for ecm in [true, false] {
        let world = Setup { ecm, disk: Disk::Refuses { page: 2 }, ..sound(pages(3)) }.run();
        check(&world, (Cause::Dropped, 1), (Cause::OurFault, 1));
        let world = Setup { ecm, disk: Disk::Refuses { page: 1 }, ..sound(pages(1)) }.run();
        check(&world, (Cause::Unconfirmed, 0), (Cause::OurFault, 0));
    }
}

#[test]
fn a_call_that_began_as_sound_goes_on_over_t38() {
    // From before the first tone to the midst of the greetings.
    for after in [20, 500, 3000, 5000] {
        let sent = pages(2);
        let world = Setup { mishap: Some(Mishap::SwitchAfter(MS(after), 14_400)), ..sound(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 2), (Cause::Delivered, 2));
        assert_same(&world.receiver.durable, &sent);
        assert!(!world.wire.is_empty(), "nothing went over T.38");
    }
}

#[test]
fn no_page_goes_faster_than_both_said_of_t38() {
    for (agreed, ours, gone) in
        [(33_600, 14_400, 14_400), (12_000, 14_400, 9600), (9600, 14_400, 9600), (14_400, 4800, 4800)]
    {
        let mishap = Some(Mishap::SwitchAfter(MS(500), agreed));
        let world = Setup { mishap, max_bit_rate: ours, ..sound(pages(1)) }.run();
        check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
        assert_eq!(world.receiver.outcome().bit_rate, gone, "{agreed} agreed, {ours} of ours");
    }
}

#[test]
fn a_change_in_the_midst_of_a_page_ends_the_call_and_says_no_more_than_is_known() {
    let world = Setup { mishap: Some(Mishap::SwitchAfter(MS(16_000), 14_400)), ..sound(pages(3)) }.run();
    let (sender, receiver) = (world.sender.outcome(), world.receiver.outcome());
    assert_eq!((sender.cause, receiver.cause), (Cause::Dropped, Cause::Dropped), "{:#?}", world.sender.trace);
}

#[test]
fn jitter_below_the_depth_of_the_buffer_does_no_harm() {
    for seed in seeds(2) {
        let sent = pages(1);
        let world = Setup { net: Net { jitter: MS(90), ..Net::GOOD }, seed, ..sound(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
        assert_same(&world.receiver.durable, &sent);
        assert_eq!(world.receiver.outcome().packets_lost, 0);
    }
}

#[test]
fn a_little_loss_costs_repetitions_and_not_the_fax() {
    let (mut runs, mut delivered) = (0, 0);
    for seed in seeds(20) {
        let sent = pages(1);
        let world = Setup { net: Net { loss: 0.001, ..Net::GOOD }, seed, ..sound(sent.clone()) }.run();
        runs += 1;
        // Whatever the network does, no end says more than it knows.
        if world.sender.outcome().cause == Cause::Delivered {
            assert_same(&world.receiver.durable, &sent);
            delivered += 1;
        }
    }
    assert!(delivered * 100 >= runs * 95, "{delivered} of {runs} were delivered");
}

/// Losses that fall on the training, which is then heard by nobody: these calls ended over the command that was repeated.
#[test]
fn a_training_that_nobody_heard_has_failed_and_is_made_again() {
    for seed in [15, 23] {
        let sent = vec![page(700, 1)];
        let net = Net { loss: 0.001, ..Net::GOOD };
        let world = Setup { net, seed, t85: false, ..sound(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 1), (Cause::Delivered, 1));
        assert_same(&world.receiver.durable, &sent);
        assert!(world.receiver.trace.iter().any(|line| line.contains("FTT")), "{:#?}", world.receiver.trace);
    }
}

#[test]
fn clocks_that_differ_and_a_line_that_echoes_are_borne() {
    let sent = pages(2);
    for net in [Net { skew: 100, ..Net::GOOD }, Net { skew: -100, ..Net::GOOD }, Net { echo: Some(20.0), ..Net::GOOD }]
    {
        let world = Setup { net, ..sound(sent.clone()) }.run();
        check(&world, (Cause::Delivered, 2), (Cause::Delivered, 2));
        assert_same(&world.receiver.durable, &sent);
        assert_eq!(world.receiver.outcome().packets_lost, 0, "{net:?}");
    }
}

#[test]
fn a_line_on_which_nothing_is_heard_is_no_fax() {
    let world = Setup { net: Net { loss: 1.0, ..Net::GOOD }, ..sound(pages(1)) }.run();
    check(&world, (Cause::NotAFax, 0), (Cause::NotAFax, 0));
}
