//! Several faxes to one number in one call, in simulated time: the clinic as `program` runs it, a real store, and real fax engines on both
//! ends. Each fax keeps what one in a call of its own has: its outcome, its receipt, and that a crash neither loses nor repeats it.

use std::path::Path;
use std::time::Duration;

use fax::page::{Bitmap, Page};
use model::command::{Command, Document};
use model::fax::{Cause, Direction, Door, FaxState};
use model::mail::MailPurpose;
use model::sending::Wish;
use model::{CommandOutcome, FaxId, Now, PhoneNumber};
use store::rows::FaxRow;
use world::clinic::World;
use world::net::Conditions;

const GOOD: &str = "12025550101";
const DROPS_PAGE_2: &str = "12025550103";
const REFUSES_T38: &str = "12025550106";
const TAKES_ONE: &str = "12025550113";

fn world(dir: &Path, more: &str) -> World {
    World::with(dir, 7, Conditions::GOOD, Now::simulation_start(), more)
}

/// A letter of one page, which no other letter has. `None` if the process died before it answered.
fn order(w: &mut World, to: &str, message: &str) -> Option<FaxId> {
    if w.has_crashed() {
        return None;
    }
    let cover = fax::cover::Cover { message: message.to_owned(), ..Default::default() };
    let document =
        Document { name: "letter.pdf".into(), media_type: "application/pdf".to_owned(), bytes: cover.to_pdf().into() };
    let answer = w.command(Command::SendFax {
        by: "102".to_owned(),
        door: Door::Api,
        to: PhoneNumber::E164(format!("+{to}")),
        subject: "A letter".into(),
        documents: vec![document],
        wish: Wish::default(),
    });
    match answer? {
        Ok(CommandOutcome::FaxAccepted(fax)) => Some(fax),
        other => panic!("{other:?}"),
    }
}

fn three_letters(w: &mut World, to: &str) -> Vec<FaxId> {
    ["The first letter.", "Another one.", "And the third of them."]
        .iter()
        .filter_map(|text| order(w, to, text))
        .collect()
}

fn row(w: &World, fax: FaxId) -> FaxRow {
    w.faxes().into_iter().find(|row| row.id == fax).expect("it is there")
}

fn states(w: &World, faxes: &[FaxId]) -> Vec<(FaxState, Option<Cause>, u32)> {
    faxes.iter().map(|fax| row(w, *fax)).map(|row| (row.state, row.cause, row.attempts)).collect()
}

fn at_rest(w: &World) -> bool {
    let faxes = w.faxes();
    !faxes.is_empty() && faxes.iter().all(|fax| fax.state.is_final()) && w.snapshot().faxes.is_empty()
}

fn receipts(w: &World, fax: FaxId) -> usize {
    w.seen.mails.iter().filter(|mail| mail.purpose == MailPurpose::Receipt(fax)).count()
}

/// Calls that were answered by this machine.
fn calls(w: &World, to: &str) -> usize {
    w.seen.sessions.iter().filter(|(number, _)| number == to).count()
}

/// How often this fax's page was confirmed there, below the line that was printed above it.
fn arrived(w: &World, to: &str, fax: FaxId) -> usize {
    let kept = w.store.wait(w.store.faxes().pages(fax)).unwrap_or_default();
    let Some(kept) = kept.first().and_then(|page| dots(page.expose())) else { return 0 };
    let same = |page: &Bitmap| {
        let extra = page.height().saturating_sub(kept.height());
        page.height() > kept.height() && (0..kept.height()).all(|y| kept.row(y) == page.row(y + extra))
    };
    let pages = w.seen.pages.iter().filter(|(number, ..)| number == to);
    pages.filter_map(|(.., tiff)| dots(tiff)).filter(same).count()
}

fn dots(tiff: &[u8]) -> Option<Bitmap> {
    Page::from_tiff(tiff).ok()?.decode().ok()
}

#[test]
fn three_letters_to_one_machine_go_in_one_call_each_with_its_own_receipt() {
    for (to, more) in [(GOOD, ""), (REFUSES_T38, "")] {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = world(dir.path(), more);
        let faxes = three_letters(&mut w, to);
        w.run_until(|w| at_rest(w) && faxes.iter().all(|fax| receipts(w, *fax) > 0));
        assert_eq!(states(&w, &faxes), vec![(FaxState::Sent, Some(Cause::Delivered), 1); 3], "{to}");
        assert_eq!(calls(&w, to), 1, "{to}");
        for fax in faxes {
            assert_eq!((arrived(&w, to, fax), receipts(&w, fax)), (1, 1), "{to}");
        }
    }
}

#[test]
fn a_clinic_that_does_not_want_it_calls_for_each() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), "batch = false\n");
    let faxes = three_letters(&mut w, GOOD);
    w.run_until(at_rest);
    assert_eq!(states(&w, &faxes), [(FaxState::Sent, Some(Cause::Delivered), 1); 3]);
    assert_eq!(calls(&w, GOOD), 3);
}

/// It is called again at once for the one that it would not hear of, and from then on each goes alone: what was learned of it is in the store, and the
/// next start reads it there.
#[test]
fn a_machine_that_takes_one_fax_in_a_call_is_called_for_each_over_a_restart_and_for_a_month() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), "");
    let sent = |attempts| (FaxState::Sent, Some(Cause::Delivered), attempts);
    let faxes = three_letters(&mut w, TAKES_ONE);
    w.run_until(at_rest);
    // The call on which it hung up is none of those that it ended with.
    assert_eq!((states(&w, &faxes), calls(&w, TAKES_ONE)), (vec![sent(1), sent(2), sent(1)], 2));
    assert!(faxes.iter().all(|fax| arrived(&w, TAKES_ONE, *fax) == 1));
    let learned = w.now;
    drop(w);
    for (days, attempts, ended) in [(29, 3, 3), (31, 4, 2)] {
        let now = learned.after(Duration::from_secs(days * 86_400));
        let mut w = World::new(dir.path(), 8 + days, Conditions::GOOD, now);
        let faxes = three_letters(&mut w, TAKES_ONE);
        w.run_until(at_rest);
        let rows: Vec<FaxRow> = faxes.iter().map(|fax| row(&w, *fax)).collect();
        assert!(rows.iter().all(|row| row.state == FaxState::Sent), "after {days} days: {rows:?}");
        let tried: u32 = rows.iter().map(|row| row.attempts).sum();
        assert_eq!((tried, calls(&w, TAKES_ONE)), (attempts, ended), "after {days} days");
    }
}

#[test]
fn one_that_fails_in_the_midst_leaves_those_before_sent_and_those_after_queued() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), "");
    let faxes = three_letters(&mut w, DROPS_PAGE_2);
    w.run_until(at_rest);
    // The machine hangs up when it has the second page of a call: the second letter may have arrived, and that is a person's matter. The
    // third was not begun, and goes in a call of its own.
    let sent = (FaxState::Sent, Some(Cause::Delivered), 1);
    assert_eq!(states(&w, &faxes), [sent, (FaxState::Uncertain, Some(Cause::Unconfirmed), 1), sent]);
    // Each was the first page of its call.
    let pages = w.seen.pages.iter().filter(|(number, ..)| number == DROPS_PAGE_2);
    assert_eq!(pages.map(|(_, index, _)| *index).collect::<Vec<_>>(), [0, 0]);
}

#[test]
fn a_recall_during_the_call_takes_what_has_not_begun() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut w = world(dir.path(), "");
    let faxes = three_letters(&mut w, GOOD);
    let begun = |w: &World, fax: FaxId| w.snapshot().faxes.iter().any(|live| live.fax == fax);
    w.run_until(|w| begun(w, faxes[0]) && w.snapshot().faxes[0].bit_rate > 0);
    let recall = |fax| Command::CancelFax { by: "102".to_owned(), fax };
    assert!(matches!(w.command(recall(faxes[1])), Some(Ok(_))));
    assert_eq!(row(&w, faxes[1]).state, FaxState::Cancelled, "at once");
    w.run_until(at_rest);
    let sent = (FaxState::Sent, Some(Cause::Delivered), 1);
    assert_eq!(states(&w, &faxes), [sent, (FaxState::Cancelled, None, 0), sent]);
    assert_eq!((calls(&w, GOOD), arrived(&w, GOOD, faxes[1])), (1, 0));
}

/// Crashes after the effects `first`, `first` + [`PARTS`] and so on of three letters in one call.
fn crash_in_a_batch(first: usize) {
    for crash_at in (first..).step_by(PARTS) {
        let dir = tempfile::tempdir().expect("a folder");
        let mut before = world(dir.path(), "");
        before.crash_after(crash_at);
        let faxes = three_letters(&mut before, GOOD);
        before.run_until(|w| at_rest(w) && faxes.iter().all(|fax| receipts(w, *fax) > 0));
        let crashed = before.has_crashed();
        let context = format!("crash {crash_at}, after {:?}", before.effects.last());
        let (now, seen) = (before.now, before.seen.clone());
        drop(before);

        let mut second = World::new(dir.path(), 8, Conditions::GOOD, now.after(Duration::from_secs(60)));
        second.seen.precede(seen);
        second.run_until(|w| at_rest(w) && faxes.iter().all(|fax| receipts(w, *fax) > 0));
        second.run_until(|_| false);
        let known: Vec<_> = second.faxes_of(Direction::Out).iter().map(|fax| fax.id).collect();
        assert!(faxes.iter().all(|fax| known.contains(fax)), "{context}: an accepted fax is gone");
        for fax in known {
            let (state, times) = (row(&second, fax).state, arrived(&second, GOOD, fax));
            assert!(times <= 1, "{context}: it was sent {times} times");
            match state {
                FaxState::Sent => assert_eq!(times, 1, "{context}: said to be sent"),
                FaxState::Uncertain => {}
                state => panic!("{context}: it ended as {}", state.word()),
            }
            assert!(receipts(&second, fax) >= 1, "{context}: its sender was told nothing");
        }
        let broken = second.store.wait(second.store.audit().verify()).expect("the chain reads");
        assert!(matches!(broken, store::AuditCheck::Intact { .. }), "{context}: {broken:?}");
        if !crashed {
            assert!(crash_at > 30, "the run has more effects than {crash_at}");
            return;
        }
    }
}

/// The points are tried in parts, so that they run beside each other.
const PARTS: usize = 4;

mod a_crash_after_any_effect_of_a_batch_loses_nothing_and_sends_nothing_twice {
    use super::crash_in_a_batch;

    #[test]
    fn first_part() {
        crash_in_a_batch(0);
    }

    #[test]
    fn second_part() {
        crash_in_a_batch(1);
    }

    #[test]
    fn third_part() {
        crash_in_a_batch(2);
    }

    #[test]
    fn fourth_part() {
        crash_in_a_batch(3);
    }
}
