//! A network that is away for a while in the midst of a call without error correction. A page of which a part is missing is asked for again, or its
//! height is kept and it says how many of its rows are guessed; one of which nothing came is not confirmed.

use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::worker::proto::Way;
use model::fax::Cause;

use crate::support::{Mishap, Setup, World, assert_same, page};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn call(way: Way, sent: &[Page], after: u64, lasts: u64) -> World {
    let mishap = Some(Mishap::OutageAfterProgress(0, MS(after), MS(lasts)));
    Setup { way, ecm: false, t85: false, mishap, ..Setup::new(sent.to_vec()) }.run()
}

/// How many pages were asked for again.
fn repeated(world: &World) -> usize {
    world.receiver.trace.iter().filter(|line| line.contains("→ RTN")).count()
}

/// Calls of two pages in which the network is away at another time each, from the first training to behind the last answer. What the sender saw
/// confirmed is there, of as many pages (`World::check`), and each is the page that was sent.
fn check(way: Way) -> (usize, usize) {
    let sent = [page(700, 1), page(100, 2)];
    let (mut again, mut whole) = (0, 0);
    for after in (0..30_000).step_by(500) {
        for lasts in [600, 2000, 9000] {
            let world = call(way, &sent, after, lasts);
            for (received, sent) in world.receiver.durable.iter().zip(&sent) {
                let same = received.decode().unwrap() == sent.decode().unwrap();
                // A few rows at its beginning or its end, which as sound nothing tells of.
                let told = (1..20).contains(&received.bad_rows) || way != Way::T38 && received.rows < sent.rows;
                let near = received.rows.abs_diff(sent.rows) <= 25 && told;
                assert!(same || near, "away for {lasts} ms after {after}: {received:?}, {:#?}", world.receiver.trace);
            }
            again += repeated(&world);
            whole += usize::from(world.sender.outcome().cause == Cause::Delivered);
        }
    }
    (again, whole)
}

#[test]
fn over_t38_a_page_that_lost_a_part_or_all_of_it_is_not_confirmed() {
    let (again, whole) = check(Way::T38);
    assert!(again > 100 && whole > 150, "{again} asked for again, {whole} delivered, of 180");
}

#[test]
fn as_sound_no_page_is_confirmed_that_did_not_come() {
    let (_, whole) = check(Way::Audio(Law::Mu));

    assert!(whole > 1, "{whole} delivered, of 180");
}

/// Behind both comes the same command, so that only the time between tells the second page, of which nothing came, from a command that is said again.
#[test]
fn a_page_between_two_others_is_asked_for_again_if_nothing_of_it_came() {
    let sent = [page(300, 1), page(120, 2), page(100, 3)];
    for after in [11_700, 12_000, 12_300] {
        let world = call(Way::T38, &sent, after, 8000);
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
        let world = call(Way::T38, &sent, after, 200);
        assert_eq!((world.sender.outcome().cause, repeated(&world)), (Cause::Delivered, 0), "{after}");
        let [page] = &world.receiver.durable[..] else { panic!("one page") };
        assert!(page.rows.abs_diff(1400) <= 12, "{after}: {page:?}");
        assert!((2..20).contains(&page.bad_rows), "{after}: {page:?}");
    }
}
