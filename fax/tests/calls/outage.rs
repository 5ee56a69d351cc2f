//! A network that is away for a while, at any moment of a call. Without error correction a page of which a part is missing is asked for again, or its
//! height is kept and it says how many of its rows are guessed; one of which nothing came is not confirmed.

use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::worker::proto::Way;
use model::fax::Cause;

use crate::support::{Away, Mishap, Setup, World, assert_same, page};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn call(way: Way, ecm: bool, sent: &[Page], (after, lasts, away): (u64, u64, Away)) -> World {
    let mishap = Some(Mishap::OutageAfterProgress(0, MS(after), MS(lasts), away));
    Setup { way, ecm, t85: false, mishap, ..Setup::new(sent.to_vec()) }.run()
}

/// How many pages were asked for again.
fn repeated(world: &World) -> usize {
    world.receiver.trace.iter().filter(|line| line.contains("→ RTN")).count()
}

/// Calls of three pages, in each of which the network is away at another time, from the first training to behind the last answer. What the sender saw
/// confirmed is there, of as many pages (`World::check`), and each is the page that was sent. How many were asked for again, and how many calls were
/// delivered, of how many.
fn check(way: Way, ecm: bool, away: Away, every: usize) -> (usize, usize, usize) {
    // The second and the third are as short as what is said between them.
    let sent = [page(300, 1), page(150, 2), page(150, 3)];
    let (mut again, mut whole, mut calls) = (0, 0, 0);
    for after in (0..36_000).step_by(every) {
        for lasts in [600, 1500, 3000, 9000] {
            let world = call(way, ecm, &sent, (after, lasts, away));
            assert!(world.receiver.durable.len() <= 3, "one came twice: {:#?}", world.receiver.trace);
            for (received, sent) in world.receiver.durable.iter().zip(&sent) {
                let same = received.decode().unwrap() == sent.decode().unwrap();
                // A few rows at its beginning or its end. The very first, and as sound the last, nothing tells of.
                let untold = if way == Way::T38 { 5 } else { 25 };
                let told = (1..20).contains(&received.bad_rows) || received.rows + untold >= sent.rows;
                let near = !ecm && received.rows.abs_diff(sent.rows) <= 25 && told;
                assert!(same || near, "away for {lasts} ms after {after}: {received:?}, {:#?}", world.receiver.trace);
            }
            again += repeated(&world);
            whole += usize::from(world.sender.outcome().cause == Cause::Delivered);
            calls += 1;
        }
    }
    (again, whole, calls)
}

#[test]
fn over_t38_a_page_that_lost_a_part_or_all_of_it_is_not_confirmed() {
    let (again, whole, calls) = check(Way::T38, false, Away::There, 500);
    assert!(again * 4 > calls && whole * 2 > calls, "{again} asked for again and {whole} delivered of {calls}");
}

#[test]
fn as_sound_a_page_that_lost_a_part_or_all_of_it_is_not_confirmed() {
    let (again, whole, calls) = check(Way::Audio(Law::Mu), false, Away::There, 1100);
    assert!(again > 4 && whole * 5 > calls, "{again} asked for again and {whole} delivered of {calls}");
}

#[test]
fn where_answers_are_lost_no_page_is_confirmed_or_kept_twice() {
    for (ecm, away) in [(false, Away::Back), (true, Away::There), (true, Away::Back), (true, Away::Both)] {
        let (_, whole, calls) = check(Way::T38, ecm, away, 1500);
        assert!(whole * 2 > calls, "{whole} delivered of {calls}, {ecm} {away:?}");
    }
    check(Way::Audio(Law::A), true, Away::Both, 3100);
    check(Way::Audio(Law::A), false, Away::Back, 3100);
}

/// Behind both comes the same command, so that only what was lost tells the second page, of which nothing came, from a command that is said again.
#[test]
fn a_page_between_two_others_is_asked_for_again_if_nothing_of_it_came() {
    let sent = [page(300, 1), page(120, 2), page(100, 3)];
    for after in [11_700, 12_000, 12_300] {
        let world = call(Way::T38, false, &sent, (after, 8000, Away::There));
        assert_eq!(
            (world.sender.outcome().cause, repeated(&world)),
            (Cause::Delivered, 1),
            "{:#?}",
            world.receiver.trace
        );
        assert_same(&world.receiver.durable, &sent);
    }
}

#[test]
fn a_page_that_lost_a_few_rows_keeps_its_height_and_says_so() {
    let sent = [page(1400, 1)];
    for after in [5000, 10_000, 15_000, 20_000, 25_000] {
        let world = call(Way::T38, false, &sent, (after, 200, Away::There));
        assert_eq!((world.sender.outcome().cause, repeated(&world)), (Cause::Delivered, 0), "{after}");
        let [page] = &world.receiver.durable[..] else { panic!("one page") };
        assert!(page.rows.abs_diff(1400) <= 12, "{after}: {page:?}");
        assert!((2..20).contains(&page.bad_rows), "{after}: {page:?}");
    }
}
