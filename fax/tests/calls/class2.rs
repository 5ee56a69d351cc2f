//! Whole fax calls over a modem that speaks T.30 itself, in simulated time: our driver, the fake of Class 2, 2.0 or 2.1, a telephone line, and
//! one of our fax machines at its other end, which is a real one.

use std::time::Duration;

use model::Inside;
use model::fax::Cause;
use model::settings::FaxClass;
use modem::fake::Manner;
use spandsp::LineNews;

use crate::cable::{Answers, Cable, Setup, World, check};
use crate::party::Disk;
use crate::support::{assert_same, pages};

const TWO: Manner = Manner::of(FaxClass::Two);
const TWO_ZERO: Manner = Manner::of(FaxClass::TwoZero);
const TWO_ONE: Manner = Manner::of(FaxClass::TwoOne);

/// One that corrects errors.
const fn corrects(class: FaxClass) -> Manner {
    Manner { corrects: true, ..Manner::of(class) }
}

const CORRECTING: [Manner; 3] = [corrects(FaxClass::Two), corrects(FaxClass::TwoZero), corrects(FaxClass::TwoOne)];

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

/// Each document goes in a call of its own: their machine is never told to expect what may be recalled, and the call ends with a goodbye.
#[test]
fn the_last_page_of_a_document_is_said_to_be_the_last_whatever_waits_for_the_same_number() {
    for manner in [TWO, TWO_ZERO, TWO_ONE].into_iter().chain(CORRECTING) {
        let setup = Setup { pages: pages(3), followers: vec![1], fake: Some(manner), ..Setup::default() };
        let world = setup.run();
        check(&world, Cause::Delivered, 2);
        let machine = world.ended.as_ref().unwrap();
        assert_same(&machine.durable, &pages(3)[..2]);
        assert_eq!(machine.outcome.as_ref().unwrap().cause, Cause::Delivered, "{manner:?}: {:#?}", machine.trace);
        let said = |what: &str| world.ours.trace.iter().filter(|line| line.contains(what)).count();
        assert_eq!((said("→ MPS"), said("→ EOP"), said("→ EOM")), (1, 1, 0), "{:#?}", world.ours.trace);
        assert!(machine.trace.iter().any(|line| line.contains("← DCN")), "{:#?}", machine.trace);
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
        (Answers::Silence, Cause::NoMachine),
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

/// `OK` confirms a page in T.32, and after a hang-up it only ends the command.
#[test]
fn an_ok_after_a_line_that_cannot_be_read_confirms_nothing() {
    for garbled in ["+FH:54", "FHS:54", "+FHS:q4", "+"] {
        let cable = Cable { instead: Some(("+FHS:54", garbled)), ..Cable::default() };
        let world = three_pages(Manner { drops_after: 3, ..TWO_ZERO }, cable);
        check(&world, Cause::Unconfirmed, 2);
    }
    // A line that is known and says nothing of the answer takes nothing from it.
    for said in ["+FHT:FF 13 F4", "+FNS:1"] {
        let cable = Cable { instead: Some(("+FPS:1,0,0,0,0", said)), ..Cable::default() };
        check(&three_pages(TWO_ZERO, cable), Cause::Delivered, 3);
    }
}

/// It would be sent a second time.
#[test]
fn a_page_whose_confirmation_was_reported_counts_though_the_word_after_it_is_lost() {
    for (manner, from, to) in [
        (TWO, "+FPTS:1\r\n\r\nOK", "+FPTS:1\r\n\r\n"),
        (TWO_ZERO, "+FPS:1,0,0,0,0\r\n\r\nOK", "+FPS:1,0,0,0,0\r\n\r\n"),
    ] {
        let cable = Cable { instead: Some((from, to)), ..Cable::default() };
        check(&three_pages(manner, cable), Cause::Dropped, 1);
        let world = Setup { pages: pages(1), fake: Some(manner), cable, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 1);
    }
}

#[test]
fn a_modem_that_is_unplugged_ends_its_call_and_what_may_have_arrived_is_left_open() {
    for (manner, last) in [(TWO, "AT+FET=2"), (TWO_ZERO, "\x10.")] {
        let after = |seconds| Cable { dead_after: Some(Duration::from_secs(seconds)), ..Cable::default() };
        for seconds in [0, 5, 20] {
            let world = three_pages(manner, after(seconds));
            let outcome = world.ours.outcome.as_ref().unwrap();
            // Once their machine was heard, it is rung again by the next attempt.
            let cause = if seconds > 0 { Cause::Dropped } else { Cause::ModemGone };
            assert_eq!(outcome.cause, cause, "{seconds} s\n{}", world.talk);
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
            assert_eq!((outcome.pages_confirmed as usize, outcome.pages_in_part), (whole, u32::from(part)));
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

/// What of the trace says how the two have agreed.
fn agreed(world: &World) -> String {
    world.ours.trace.iter().filter(|line| line.contains("DCS:")).cloned().collect()
}

#[test]
fn under_error_correction_pages_go_and_come_in_t6_and_what_was_lost_goes_once_more() {
    for manner in CORRECTING {
        for loses in [0, 3] {
            let manner = Manner { loses, ..manner };
            let world = three_pages(manner, Cable::default());
            check(&world, Cause::Delivered, 3);
            assert_same(&world.ended.as_ref().unwrap().durable, &pages(3));
            let outcome = world.ours.outcome.as_ref().unwrap();
            assert!(outcome.ecm && agreed(&world).contains(" MMR,"), "{}", agreed(&world));
            let theirs = world.ended.as_ref().unwrap().outcome.as_ref().unwrap();
            assert!(theirs.ecm && (theirs.blocks_repeated > 0) == (loses > 0), "{theirs:?}");

            let world = three_pages_come(manner, Cable::default());
            check(&world, Cause::Delivered, 3);
            assert_same(&world.ours.durable, &pages(3));
            let outcome = world.ours.outcome.as_ref().unwrap();
            assert!(outcome.ecm && outcome.bad_rows == 0 && agreed(&world).contains(" MMR,"), "{}", agreed(&world));
            let theirs = world.ended.as_ref().unwrap().outcome.as_ref().unwrap();
            assert_eq!((theirs.cause, theirs.pages_confirmed), (Cause::Delivered, 3), "{}", world.talk);
            assert!(theirs.ecm && (theirs.blocks_repeated > 0) == (loses > 0), "{theirs:?}");
        }
    }
}

/// Of a modem whose T.6 is not to be trusted, and of a machine that corrects no errors.
#[test]
fn error_correction_and_t6_are_asked_for_by_the_numbers_of_each_class() {
    for (manner, asked) in CORRECTING.into_iter().zip(["+FDCC=1,5,0,2,3,2,", "+FCC=1,5,0,2,3,1,", "+FCC=1,D,0,2,3,1,"])
    {
        let world = three_pages(manner, Cable::default());
        let lines: Vec<_> = world.talk.lines().filter(|line| line.contains("CC=")).collect();
        assert!(lines.len() == 1 && lines[0].contains(asked), "{lines:?}");
        let world = Setup { pages: pages(1), fake: Some(manner), mmr: false, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 1);
        assert!(
            agreed(&world).contains(" MR, ") && agreed(&world).contains(", error correction"),
            "{}",
            agreed(&world)
        );
        let world = Setup { pages: pages(1), fake: Some(manner), ecm: false, ..Setup::default() }.run();
        check(&world, Cause::Delivered, 1);
        assert!(agreed(&world).contains("no error correction"), "{}", agreed(&world));
    }
    // One without it says so, and is asked for less until it takes it.
    for manner in [TWO, TWO_ZERO, TWO_ONE] {
        let world = three_pages(manner, Cable::default());
        check(&world, Cause::Delivered, 3);
        assert!(agreed(&world).contains("no error correction"), "{}", agreed(&world));
    }
}

/// There is no asking again for what came with right check sums: nothing of it is confirmed.
#[test]
fn a_page_under_error_correction_that_cannot_be_read_is_never_confirmed() {
    for manner in CORRECTING {
        let world = three_pages_come(Manner { spoils: 1, ..manner }, Cable::default());
        check(&world, Cause::Dropped, 0);
        assert!(told(&world, "under error correction and cannot be read"), "{:#?}", world.ours.trace);
        assert!(world.ours.durable.is_empty());
        assert_nothing_lost(&world);
    }
}

#[test]
fn a_call_under_error_correction_that_breaks_loses_nothing_that_was_confirmed() {
    for manner in CORRECTING {
        for seconds in (6..26).step_by(4) {
            let drops_after = Some(Duration::from_secs(seconds));
            let setup = Setup { pages: pages(3), fake: Some(manner), sends: false, drops_after, ..Setup::default() };
            assert_nothing_lost(&setup.run());
        }
        for refuses in 1..=3 {
            let disk = Disk { refuses, ..Disk::default() };
            let setup = Setup { pages: pages(3), fake: Some(manner), sends: false, disk, ..Setup::default() };
            let world = setup.run();
            check(&world, Cause::OurFault, refuses - 1);
            assert_nothing_lost(&world);
        }
        let world = three_pages(Manner { drops_after: 3, ..manner }, Cable::default());
        check(&world, Cause::Unconfirmed, 2);
        for (lost, garbled) in [(0.001, 0.0), (0.0, 0.001)] {
            let world = three_pages_come(manner, Cable { lost, garbled, ..Cable::default() });
            assert_nothing_lost(&world);
            let world = three_pages(manner, Cable { lost, garbled, ..Cable::default() });
            let outcome = world.ours.outcome.as_ref().unwrap();
            assert!(outcome.pages_confirmed as usize <= arrived(&world), "{outcome:?}\n{}", world.talk);
        }
    }
}

fn fetch(manner: Manner) -> Setup {
    Setup { pages: pages(2), fake: Some(manner), fetches: true, ..Setup::default() }
}

fn named(subaddress: &str, password: &str) -> Inside {
    Inside::parse(subaddress, password).unwrap()
}

#[test]
fn a_modem_fetches_what_their_machine_holds_ready_in_each_class() {
    for manner in [TWO, TWO_ZERO, TWO_ONE].into_iter().chain(CORRECTING) {
        let world = fetch(manner).run();
        check(&world, Cause::Delivered, 2);
        assert_same(&world.ours.durable, &pages(2));
        let outcome = world.ours.outcome.as_ref().unwrap();
        assert_eq!((outcome.ecm, outcome.remote_ident.expose().as_str()), (manner.corrects, "+1 202 555 0107"));
        assert!(told(&world, "→ DTC") && told(&world, "→ MCF"), "{:#?}", world.ours.trace);
        let theirs = world.ended.as_ref().unwrap().outcome.as_ref().unwrap();
        assert_eq!((theirs.cause, theirs.pages_confirmed), (Cause::Delivered, 2), "{}", world.talk);
    }
}

#[test]
fn what_is_fetched_is_durable_before_it_is_confirmed() {
    for manner in [TWO, corrects(FaxClass::TwoZero)] {
        for refuses in 1..=2 {
            let world = Setup { disk: Disk { refuses, ..Disk::default() }, ..fetch(manner) }.run();
            check(&world, Cause::OurFault, refuses - 1);
            assert_nothing_lost(&world);
        }
        for seconds in (4..30).step_by(3) {
            let world = Setup { drops_after: Some(Duration::from_secs(seconds)), ..fetch(manner) }.run();
            assert_nothing_lost(&world);
        }
    }
}

#[test]
fn a_modem_says_that_there_is_nothing_to_fetch_or_that_it_cannot() {
    for manner in [TWO, TWO_ZERO] {
        let world = Setup { holds: false, ..fetch(manner) }.run();
        check(&world, Cause::NothingToFetch, 0);
        assert!(!world.talk.contains("+FDR"), "{}", world.talk);
        // Another line may.
        let world = fetch(Manner { cannot_fetch: true, ..manner }).run();
        check(&world, Cause::CannotFetch, 0);
        assert!(!world.talk.contains("ATD"), "{}", world.talk);
    }
}

#[test]
fn a_document_is_asked_for_by_its_name_where_the_class_has_names_and_never_without() {
    let wanted = named("44*7", "1234");
    for manner in [TWO_ZERO, TWO_ONE, corrects(FaxClass::TwoZero)] {
        let setup = |inside: Inside, manner| Setup { inside, wanted: wanted.clone(), ..fetch(manner) };
        let world = setup(wanted.clone(), manner).run();
        check(&world, Cause::Delivered, 2);
        let theirs = world.ended.as_ref().unwrap();
        assert!(
            theirs.trace.iter().any(|line| line.contains("SEP: asks for the document “44*7”")),
            "{:#?}",
            theirs.trace
        );
        assert!(!told(&world, "1234"), "nobody's to read");
        for wrong in [named("45", "1234"), named("44*7", "4321"), named("", "")] {
            let world = setup(wrong, manner).run();
            check(&world, Cause::FetchRefused, 0);
        }
        // What it does not tell is not risked.
        let world = setup(wanted.clone(), Manner { tells_no_frames: true, ..manner }).run();
        check(&world, Cause::CannotAsk, 0);
        assert!(!world.talk.contains("+FDR"), "{}", world.talk);
    }
    let world = Setup { inside: wanted.clone(), wanted: wanted.clone(), ..fetch(TWO) }.run();
    check(&world, Cause::CannotFetch, 0);
    assert!(!world.talk.contains("ATD"), "{}", world.talk);
}

/// It was not asked for a name, and wants one. Of a modem that tells no frames the number of its hang-up says it, or how soon that came; where
/// neither does, the line may have broken.
#[test]
fn a_refused_fetch_is_known_without_its_frames() {
    let wanted = named("", "1234");
    for class in [FaxClass::Two, FaxClass::TwoZero, FaxClass::TwoOne] {
        for refused in [70, 71, 72, 24, 20, 0] {
            let manner = Manner { tells_no_frames: true, refused, ..Manner::of(class) };
            let world = Setup { wanted: wanted.clone(), ..fetch(manner) }.run();
            check(&world, Cause::FetchRefused, 0);
        }
        // No page in time.
        let manner = Manner { tells_no_frames: true, refused: 73, ..Manner::of(class) };
        let world = Setup { wanted: wanted.clone(), ..fetch(manner) }.run();
        check(&world, Cause::Dropped, 0);
        // A line that breaks is no refusal, whenever it does.
        for seconds in 2..12 {
            let manner = Manner { tells_no_frames: true, ..Manner::of(class) };
            let world = Setup { drops_after: Some(Duration::from_secs(seconds)), ..fetch(manner) }.run();
            let cause = world.ours.outcome.as_ref().unwrap().cause;
            let broken = matches!(cause, Cause::Dropped | Cause::NotAFax | Cause::NoMachine);
            assert!(broken, "{seconds} s: {cause:?}\n{}", world.talk);
        }
    }
}

#[test]
fn a_fax_for_somebody_in_their_house_says_so_where_the_class_has_names() {
    let send = |manner| Setup { pages: pages(1), fake: Some(manner), inside: named("44*7", ""), ..Setup::default() };
    for manner in [TWO_ZERO, corrects(FaxClass::TwoOne)] {
        let world = send(manner).run();
        check(&world, Cause::Delivered, 1);
        let theirs = world.ended.as_ref().unwrap().outcome.as_ref().unwrap();
        assert_eq!(theirs.subaddress.expose(), "44*7");
    }
    let world = send(TWO).run();
    check(&world, Cause::Delivered, 1);
    assert!(told(&world, "passes on no subaddress"), "{:#?}", world.ours.trace);
}
