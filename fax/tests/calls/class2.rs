//! Whole fax calls over a modem that speaks T.30 itself, in simulated time: our driver, the fake of Class 2 or 2.0, a telephone line, and
//! one of our fax machines at its other end, which is a real one.

use std::time::Duration;

use model::fax::Cause;
use modem::fake::Manner;
use spandsp::LineNews;

use crate::class1::{Answers, Cable, Disk, Setup, World, check};
use crate::support::{assert_same, pages};

const TWO: Manner = Manner {
    two_zero: false,
    one_dimensional: false,
    garbles: 0,
    reversed: false,
    spoils: 0,
    hasty: false,
    stubborn: false,
    drops_after: 0,
};
const TWO_ZERO: Manner = Manner { two_zero: true, ..TWO };

fn three_pages(manner: Manner, cable: Cable) -> World {
    Setup { pages: pages(3), fake: Some(manner), cable, ..Setup::default() }.run()
}

/// What the machine at the other end has made durable, and so confirmed.
fn arrived(world: &World) -> usize {
    world.ended.as_ref().map_or(0, |machine| machine.durable.len())
}

#[test]
fn three_pages_go_out_in_each_dialect_and_coding() {
    for manner in [TWO, TWO_ZERO, Manner { one_dimensional: true, ..TWO }, Manner { one_dimensional: true, ..TWO_ZERO }]
    {
        let world = three_pages(manner, Cable::default());
        check(&world, Cause::Delivered, 3);
        assert_same(&world.ended.as_ref().unwrap().durable, &pages(3));
        let outcome = world.ours.outcome.as_ref().unwrap();
        assert_eq!((outcome.bit_rate, outcome.ecm), (14_400, false));
        assert_eq!(outcome.remote_ident.expose(), "+1 202 555 0107");
        let coding = if manner.one_dimensional { " MH," } else { " MR," };
        assert!(world.ours.trace.iter().any(|line| line.contains("DCS") && line.contains(coding)), "{manner:?}");
    }
}

#[test]
fn a_page_that_is_refused_goes_once_more_and_no_oftener() {
    for manner in [TWO, TWO_ZERO] {
        let world = three_pages(Manner { garbles: 1, ..manner }, Cable::default());
        check(&world, Cause::Delivered, 3);
        assert_same(&world.ended.as_ref().unwrap().durable, &pages(3));
        let world = three_pages(Manner { garbles: 9, ..manner }, Cable::default());
        check(&world, Cause::BadPage, 0);
        assert_eq!(arrived(&world), 0);
    }
}

#[test]
fn a_call_that_comes_to_nothing_says_why() {
    for (answers, cause) in [
        (Answers::Not(LineNews::Busy), Cause::Busy),
        (Answers::Not(LineNews::NoAnswer), Cause::NoAnswer),
        (Answers::Not(LineNews::NoDialTone), Cause::TrunkDown),
        (Answers::Silence, Cause::NotAFax),
    ] {
        for manner in [TWO, TWO_ZERO] {
            let world = Setup { pages: pages(1), fake: Some(manner), answers, ..Setup::default() }.run();
            check(&world, cause, 0);
        }
    }
}

/// The other machine has the page and says so, and that does not come through: of the last page a person must decide.
#[test]
fn a_line_that_drops_before_the_answer_leaves_it_open_what_arrived() {
    for manner in [TWO, TWO_ZERO] {
        let world = three_pages(Manner { drops_after: 3, ..manner }, Cable::default());
        check(&world, Cause::Unconfirmed, 2);
        assert_eq!(arrived(&world), 3);
        let world = three_pages(Manner { drops_after: 2, ..manner }, Cable::default());
        check(&world, Cause::Dropped, 1);
    }
}

#[test]
fn a_modem_that_is_unplugged_ends_its_call_and_what_may_have_arrived_is_left_open() {
    for (manner, last) in [(TWO, "AT+FET=2"), (TWO_ZERO, "\x10.")] {
        let after = |seconds| Cable { dead_after: Some(Duration::from_secs(seconds)), ..Cable::default() };
        for seconds in [0, 5, 20] {
            let world = three_pages(manner, after(seconds));
            let outcome = world.ours.outcome.as_ref().unwrap();
            assert_eq!(outcome.cause, Cause::ModemGone, "{seconds} s\n{}", world.talk);
        }
        let world = three_pages(manner, Cable { dead_at: Some(last), ..Cable::default() });
        check(&world, Cause::Unconfirmed, 2);
    }
}

#[test]
fn a_cable_that_loses_or_garbles_never_confirms_what_did_not_arrive() {
    for (lost, garbled) in [(0.01, 0.0), (0.0, 0.01), (0.03, 0.03)] {
        for manner in [TWO, TWO_ZERO] {
            let world = three_pages(manner, Cable { lost, garbled, ..Cable::default() });
            let outcome = world.ours.outcome.as_ref().unwrap();
            assert!(outcome.pages_confirmed as usize <= arrived(&world), "{outcome:?}\n{}", world.talk);
            // What may have arrived whole is never called anything that is sent again by itself.
            let whole = arrived(&world) == 3;
            assert!(
                !whole || matches!(outcome.cause, Cause::Delivered | Cause::Unconfirmed),
                "{outcome:?}\n{}",
                world.talk
            );
        }
    }
}

fn three_pages_come(manner: Manner, cable: Cable) -> World {
    Setup { pages: pages(3), fake: Some(manner), sends: false, cable, ..Setup::default() }.run()
}

#[test]
fn three_pages_come_in_each_dialect_coding_and_order_of_bits() {
    for manner in [TWO, TWO_ZERO, Manner { one_dimensional: true, reversed: true, ..TWO }] {
        let world = three_pages_come(manner, Cable::default());
        check(&world, Cause::Delivered, 3);
        assert_same(&world.ours.durable, &pages(3));
        let outcome = world.ours.outcome.as_ref().unwrap();
        assert_eq!((outcome.bit_rate, outcome.ecm, outcome.bad_rows), (14_400, false, 0));
        assert_eq!(outcome.remote_ident.expose(), "+1 202 555 0107");
        let theirs = world.ended.as_ref().unwrap().outcome.as_ref().unwrap();
        assert_eq!((theirs.cause, theirs.pages_confirmed), (Cause::Delivered, 3), "{}", world.talk);
    }
}

/// What their machine knows to have arrived is here, whatever happened to the call.
#[track_caller]
fn assert_nothing_lost(world: &World) {
    let known = world.ended.as_ref().and_then(|machine| machine.outcome.as_ref());
    let known = known.map_or(0, |outcome| outcome.pages_confirmed as usize);
    assert!(known <= world.ours.durable.len(), "{known} pages were confirmed\n{}\n{:#?}", world.talk, world.ours.trace);
}

fn told(world: &World, words: &str) -> bool {
    world.ours.trace.iter().any(|line| line.contains(words))
}

#[test]
fn a_page_that_comes_damaged_is_refused_and_never_kept_as_whole() {
    for manner in [TWO, TWO_ZERO] {
        let world = three_pages_come(Manner { spoils: 1, ..manner }, Cable::default());
        assert!(told(&world, "their machine was asked for it again"), "{:#?}", world.ours.trace);
        assert!(world.talk.contains("S=2") && world.talk.contains("S?"), "{}", world.talk);
        assert_nothing_lost(&world);
        // One that would confirm it all the same is left.
        let world = three_pages_come(Manner { spoils: 1, stubborn: true, ..manner }, Cable::default());
        assert!(told(&world, "cannot be made to ask"), "{}\n{:#?}", world.talk, world.ours.trace);
        assert!(world.ours.durable.is_empty() && world.ours.outcome.as_ref().unwrap().cause == Cause::Dropped);
        assert_nothing_lost(&world);
    }
}

#[test]
fn a_page_that_is_not_stored_is_never_confirmed() {
    for manner in [TWO, TWO_ZERO] {
        for refuses in 1..=3 {
            let disk = Disk { refuses, ..Disk::default() };
            let setup = Setup { pages: pages(3), fake: Some(manner), sends: false, disk, ..Setup::default() };
            let world = setup.run();
            check(&world, Cause::OurFault, refuses - 1);
            assert_nothing_lost(&world);
        }
        // Nor is one before it is; and a disk that is too slow for the call ends it.
        for (millis, cause) in [(1000, Cause::Delivered), (2000, Cause::OurFault)] {
            let disk = Disk { takes: Duration::from_millis(millis), ..Disk::default() };
            let setup = Setup { pages: pages(2), fake: Some(manner), sends: false, disk, ..Setup::default() };
            let world = setup.run();
            assert_eq!(world.ours.outcome.as_ref().unwrap().cause, cause, "{}\n{:#?}", world.talk, world.ours.trace);
            assert_nothing_lost(&world);
        }
    }
}

/// It has nothing to say any more when it is told to confirm the page.
#[test]
fn a_modem_that_confirms_before_it_is_told_is_found_out() {
    for (hasty, takes) in [(true, 1400), (false, 1400), (false, 0)] {
        let disk = Disk { takes: Duration::from_millis(takes), ..Disk::default() };
        let fake = Some(Manner { hasty, ..TWO });
        let world = Setup { pages: pages(1), fake, sends: false, disk, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 1);
        assert_eq!(told(&world, "before it was told to"), hasty, "{}\n{:#?}", world.talk, world.ours.trace);
    }
}

#[test]
fn of_a_page_in_whose_midst_the_call_breaks_what_came_is_kept_and_marked() {
    let mut parts = 0;
    for manner in [TWO, TWO_ZERO] {
        for seconds in (4..26).step_by(2) {
            let drops_after = Some(Duration::from_secs(seconds));
            let setup = Setup { pages: pages(3), fake: Some(manner), sends: false, drops_after, ..Setup::default() };
            let world = setup.run();
            let outcome = world.ours.outcome.as_ref().unwrap();
            assert!(matches!(outcome.cause, Cause::Dropped | Cause::NotAFax | Cause::Delivered), "{outcome:?}");
            assert_nothing_lost(&world);
            let part = told(&world, "marked as incomplete");
            parts += u32::from(part);
            let whole = world.ours.durable.len() - usize::from(part);
            assert_same(&world.ours.durable[..whole], &pages(3)[..whole]);
            assert_eq!(outcome.pages_confirmed as usize, world.ours.durable.len());
        }
    }
    assert!(parts > 4, "no page broke off");
}

#[test]
fn a_modem_that_is_unplugged_while_it_receives_leaves_what_was_stored() {
    for manner in [TWO, TWO_ZERO] {
        for seconds in [0, 7, 14, 20] {
            let cable = Cable { dead_after: Some(Duration::from_secs(seconds)), ..Cable::default() };
            let world = three_pages_come(manner, cable);
            let outcome = world.ours.outcome.as_ref().unwrap();
            assert!(matches!(outcome.cause, Cause::ModemGone | Cause::Dropped), "{seconds} s: {outcome:?}");
            assert_nothing_lost(&world);
        }
        // Told to confirm the last page, it may have.
        let world = three_pages_come(manner, Cable { dead_at: Some("AT+FDR"), ..Cable::default() });
        assert_nothing_lost(&world);
    }
}

#[test]
fn a_cable_that_loses_garbles_stalls_or_is_late_makes_no_page_of_what_is_none() {
    let late = Cable { late: Duration::from_millis(80), ..Cable::default() };
    let stalls = Cable { stalls_after: Some(Duration::from_secs(12)), ..Cable::default() };
    let bad = [(0.001, 0.0), (0.0, 0.001), (0.01, 0.01)];
    let bad = bad.map(|(lost, garbled)| Cable { lost, garbled, ..Cable::default() });
    for cable in [late, stalls].into_iter().chain(bad) {
        for manner in [TWO, TWO_ZERO] {
            let world = three_pages_come(manner, cable);
            assert_nothing_lost(&world);
            // None that seems whole is a part of one.
            let whole = world.ours.durable.len() - usize::from(told(&world, "marked as incomplete"));
            let least = pages(3).iter().map(|page| page.rows).min().unwrap();
            assert!(world.ours.durable[..whole].iter().all(|page| page.rows * 10 >= least * 9), "{}", world.talk);
            if cable.lost + cable.garbled == 0.0 {
                check(&world, Cause::Delivered, 3);
                assert_same(&world.ours.durable, &pages(3));
            }
        }
    }
}
