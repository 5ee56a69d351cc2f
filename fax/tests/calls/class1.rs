//! Whole fax calls over a modem of Class 1, in simulated time.

use std::time::Duration;

use fax::worker::frames::fcf;
use model::fax::Cause;
use spandsp::LineNews;

use crate::cable::{Answers, Cable, Setup, World, check};
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

/// Their machine repeats a command whose answer it did not hear, while we listen for what the answer was to bring.
#[test]
fn an_answer_of_ours_that_is_lost_is_said_again() {
    for (ecm, lost) in [(false, fcf::CFR), (true, fcf::CFR), (false, fcf::MCF), (true, fcf::MCF)] {
        for fetches in [false, true] {
            let sent = pages(2);
            let setup =
                Setup { pages: sent.clone(), ecm, sends: false, fetches, loses: Some(lost), ..Setup::default() };
            let world = setup.run();
            check(&world, Cause::Delivered, 2);
            assert_same(&world.ours.durable, &sent);
        }
    }
}

/// How often a page was asked for again.
fn asked_again(world: &World) -> usize {
    world.ours.trace.iter().filter(|line| line.contains("→ RTN")).count()
}

/// The command after a page that the modem did not hear is no repetition of the one before: the page is asked for again, and not confirmed.
#[test]
fn a_page_that_was_not_heard_is_not_confirmed() {
    for (count, code, missed) in [(1, fcf::CFR, 1), (2, fcf::CFR, 1), (2, fcf::MCF, 2), (3, fcf::MCF, 2)] {
        // Short, so that what follows it comes before we take the line for dead.
        let sent: Vec<_> = (1..=count).map(|seed| page(150, seed)).collect();
        let deaf_after = Some((code, Duration::from_secs(2)));
        let world = Setup { pages: sent.clone(), ecm: false, sends: false, deaf_after, ..Setup::default() }.run();
        check(&world, Cause::Delivered, count);
        assert_same(&world.ours.durable, &sent);
        assert_eq!(asked_again(&world), 1, "page {missed} of {count}\n{}", world.talk);
    }
}

/// The same where the page takes longer than T2, the seven seconds for which the engine waits for one: the modem hears nothing of what is on the line,
/// and nothing is said into it.
#[test]
fn a_long_page_that_was_not_heard_is_asked_for_again() {
    for ecm in [false, true] {
        for code in [fcf::CFR, fcf::MCF] {
            let sent: Vec<_> = (1..=3).map(|seed| page(900, seed)).collect();
            let deaf_after = Some((code, Duration::from_secs(2)));
            let world = Setup { pages: sent.clone(), ecm, sends: false, deaf_after, ..Setup::default() }.run();
            check(&world, Cause::Delivered, 3);
            assert_same(&world.ours.durable, &sent);
            assert_eq!(asked_again(&world), usize::from(!ecm), "{}", world.talk);
        }
    }
}

/// Who is never heard again is waited for as long as a page may be, and no longer.
#[test]
fn a_machine_that_falls_silent_where_a_page_should_come_is_given_up() {
    for ecm in [false, true] {
        for (code, came) in [(fcf::CFR, 0), (fcf::MCF, 1)] {
            let sent: Vec<_> = (1..=2).map(|seed| page(150, seed)).collect();
            let deaf_after = Some((code, Duration::from_secs(600)));
            let world = Setup { pages: sent.clone(), ecm, sends: false, deaf_after, ..Setup::default() }.run();
            check(&world, Cause::Dropped, came);
            let seconds = world.now.instant.saturating_since(model::Now::simulation_start().instant).as_secs();
            assert!(seconds < 150, "{seconds} s\n{}", world.talk);
        }
    }
}

#[test]
fn a_call_that_comes_to_nothing_says_why() {
    for (answers, cause) in [
        (Answers::Not(LineNews::Busy), Cause::Busy),
        (Answers::Not(LineNews::NoAnswer), Cause::NoAnswer),
        (Answers::Not(LineNews::NoDialTone), Cause::TrunkDown),
        // The modem has waited for a carrier as long as it does, and nobody knows for whom.
        (Answers::Not(LineNews::Ended), Cause::NoMachine),
        (Answers::Silence, Cause::NoMachine),
        (Answers::Says("DELAYED"), Cause::Busy),
        (Answers::Says("BLACKLISTED"), Cause::Busy),
    ] {
        let world = Setup { pages: pages(1), answers, ..Setup::default() }.run();
        check(&world, cause, 0);
    }
}

#[test]
fn a_modem_that_takes_data_later_than_it_says_gets_it_later() {
    for ecm in [true, false] {
        let sent = pages(1);
        let world = Setup { pages: sent.clone(), ecm, connect_delay: Duration::from_millis(100), ..Setup::default() };
        let world = world.run();
        check(&world, Cause::Delivered, 1);
        let machine = world.ended.or(world.machine).expect("it was called");
        assert_same(&machine.durable, &sent);
    }
}

/// Such an octet counts the seventeenth page. (What machines say that are called has none of them here.)
#[test]
fn a_modem_that_does_not_double_dle_in_frames_is_understood_all_the_same() {
    let cable = Cable { undoubled: true, ..Cable::default() };
    for fetches in [false, true] {
        let sent: Vec<_> = (1..=18).map(|seed| page(60, seed)).collect();
        let world = Setup { pages: sent.clone(), sends: false, fetches, cable, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 18);
        assert!(world.left_out > 0, "no frame had one");
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
