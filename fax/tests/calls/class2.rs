//! Whole fax calls over a modem that speaks T.30 itself, in simulated time: our driver, the fake of Class 2 or 2.0, a telephone line, and
//! one of our fax machines at its other end, which is a real one.

use std::time::Duration;

use model::fax::Cause;
use modem::fake::Manner;
use spandsp::LineNews;

use crate::class1::{Answers, Cable, Setup, World, check};
use crate::support::{assert_same, pages};

const TWO: Manner = Manner { two_zero: false, one_dimensional: false, garbles: 0, reversed: false, drops_after: 0 };
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
