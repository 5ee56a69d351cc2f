//! Whole fax calls over a modem of Class 1, in simulated time.

use std::time::Duration;

use model::fax::Cause;

use crate::cable::{Cable, Setup, check};
use crate::support::{assert_same, page, pages};

#[test]
fn a_modem_fetches_what_a_machine_holds_ready() {
    for ecm in [true, false] {
        let sent = pages(2);
        let world = Setup { pages: sent.clone(), ecm, fetches: true, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 2);
        assert_same(&world.ours.durable, &sent);
    }
}

#[test]
fn a_machine_fetches_what_we_hold_ready_over_a_modem() {
    for ecm in [true, false] {
        let held = pages(2);
        let world = Setup { pages: held.clone(), ecm, gives: true, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 2);
        let machine = world.machine.or(world.ended).expect("it called");
        assert_same(&machine.durable, &held);
    }
}

#[test]
fn pages_go_out_over_a_modem() {
    for (ecm, max_bit_rate) in [(false, 14_400), (true, 14_400), (true, 9600), (false, 4800)] {
        let world = Setup { pages: pages(2), ecm, max_bit_rate, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 2);
        let outcome = world.ours.outcome.as_ref().unwrap();
        assert_eq!((outcome.bit_rate, outcome.ecm), (u32::from(max_bit_rate), ecm));
    }
}

#[test]
fn pages_come_in_over_a_modem() {
    for (ecm, max_bit_rate) in [(false, 14_400), (true, 14_400), (true, 9600), (false, 4800)] {
        let sent = pages(2);
        let world = Setup { pages: sent.clone(), ecm, max_bit_rate, sends: false, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 2);
        assert_same(&world.ours.durable, &sent);
    }
}

#[test]
fn a_cable_that_is_late_costs_nothing() {
    let cable = Cable { late: Duration::from_millis(40), ..Cable::default() };
    for sends in [true, false] {
        let world = Setup { pages: vec![page(300, 1)], sends, cable, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 1);
    }
}

/// The modem stands at the other end of a network. Without error correction a modem that runs dry spoils the row that it is in.
#[test]
fn a_network_that_keeps_a_page_back_for_a_while_spoils_no_row() {
    let sent = pages(1);
    // Before that it is greetings.
    for after in 14..20 {
        let cable = Cable { holds_after: Some(Duration::from_secs(after)), ..Cable::default() };
        let world = Setup { pages: sent.clone(), ecm: false, cable, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 1);
        let machine = world.ended.or(world.machine).expect("it was called");
        assert_same(&machine.durable, &sent);
    }
}

#[test]
fn a_cable_that_loses_or_garbles_never_makes_a_page_of_what_is_none() {
    for (lost, garbled) in [(0.001, 0.0), (0.0, 0.001), (0.01, 0.01)] {
        for sends in [true, false] {
            let cable = Cable { lost, garbled, ..Cable::default() };
            let sent = vec![page(300, 1)];
            let world = Setup { pages: sent.clone(), sends, cable, ..Setup::default() }.run();
            if !sends && world.ours.outcome.as_ref().unwrap().cause == Cause::Delivered {
                assert_same(&world.ours.durable, &sent);
            }
        }
    }
}

#[test]
fn a_modem_that_is_unplugged_ends_its_call_and_says_so() {
    for (after, sends) in [(0, true), (7, true), (14, true), (14, false)] {
        let cable = Cable { dead_after: Some(Duration::from_secs(after)), ..Cable::default() };
        let world = Setup { pages: pages(3), sends, cable, ..Setup::default() }.run();
        let outcome = world.ours.outcome.as_ref().unwrap();
        assert!(matches!(outcome.cause, Cause::ModemGone | Cause::Dropped), "{after} s: {outcome:?}\n{}", world.talk);
    }
}
