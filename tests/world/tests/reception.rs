//! What other machines send us, in simulated time: the clinic as `program` runs it, a real store, and real fax engines on both ends.

use std::path::Path;
use std::time::Duration;

use clinic::far_end::Input;
use fax::page::Page;
use model::command::Document;
use model::fax::{Cause, FaxState};
use model::{Inside, Now};
use world::clinic::World;
use world::net::Conditions;

/// The first asks for the codes on every fax; the second goes by what is known without.
const ROUTES: &str = r#"
[[fax.routes]]
code = "PT-*"
folder = "Patients"
[[fax.routes]]
subaddress = "44"
folder = "Lab"
"#;

fn world(dir: &Path, seed: u64, now: Now) -> World {
    let mut world = World::with(dir, seed, Conditions::GOOD, now, ROUTES);
    world.lose_the_reader();
    world
}

/// A page that says this.
fn page(text: &str) -> Page {
    let cover = fax::cover::Cover { message: text.to_owned(), ..Default::default() };
    let document =
        Document { name: "letter.pdf".into(), media_type: "application/pdf".to_owned(), bytes: cover.to_pdf().into() };
    fax::convert::render(&[document]).expect("a page").remove(0)
}

/// A machine sends these pages to a subaddress of ours, the last of them as documents of their own.
fn send(w: &mut World, pages: Vec<Page>, followers: Vec<u32>) {
    let inside = Inside { subaddress: "44".into(), ..Inside::default() };
    w.far_end(Input::Fax { number: "12025550199".to_owned(), pages, followers, inside });
}

fn at_rest(w: &World) -> bool {
    let faxes = w.faxes();
    !faxes.is_empty() && faxes.iter().all(|fax| fax.state.is_final()) && w.snapshot().faxes.is_empty()
}

/// When the process dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// After so many effects, before it learns what the last came to.
    AfterEffects(usize),
    /// When the sender knows that all has arrived, while the fax waits for the codes on its first page.
    WhileItWaits,
}

/// Dies in the midst of a fax of two pages and starts again. Whether the sender had been told that all arrived, and whether there was
/// anything to die of.
fn crash(death: Death) -> (bool, bool) {
    let dir = tempfile::tempdir().expect("a folder");
    let told = |w: &World| w.seen.sessions.iter().any(|(_, outcome)| outcome.cause == Cause::Delivered);
    let mut first = world(dir.path(), 7, Now::simulation_start());
    send(&mut first, vec![page("One."), page("Two.")], Vec::new());
    match death {
        Death::AfterEffects(effects) => {
            first.crash_after(effects);
            first.run_until(at_rest);
        }
        Death::WhileItWaits => first.run_until(told),
    }
    let (told, died) = (told(&first), first.has_crashed());
    let context = format!("{death:?}, after {:?}", first.effects.last());
    let now = first.now.after(Duration::from_secs(60));
    drop(first);

    let mut second = world(dir.path(), 8, now);
    second.run_until(|w| w.faxes().iter().all(|fax| fax.state.is_final()));
    let faxes = second.faxes();
    if told {
        let of_each: Vec<_> = faxes.iter().map(|fax| (fax.state, fax.pages, fax.folder.as_deref())).collect();
        assert_eq!(of_each, [(FaxState::Received, 2, Some("Lab"))], "{context}");
    }
    assert!(faxes.iter().all(|fax| fax.state.is_final()), "{context}: {faxes:?}");
    (told, died)
}

#[test]
fn a_fax_that_its_sender_knows_to_have_arrived_is_whole_after_any_crash() {
    assert!(crash(Death::WhileItWaits).0, "the sender was not told");
    for effects in 0.. {
        if !crash(Death::AfterEffects(effects)).1 {
            assert!(effects > 4, "a reception has more effects than {effects}");
            return;
        }
    }
}

/// What another machine sends as several documents in one call.
mod a_batch_of_another_machine {
    use super::*;

    /// Two pages and one, each fax with its state, its pages and its folder.
    fn batch(w: &mut World, until: impl Fn(&World) -> bool) -> Vec<(FaxState, u32, Option<String>)> {
        send(w, vec![page("One."), page("Two."), page("Of somebody else.")], vec![1]);
        w.run_until(until);
        let mut faxes = w.faxes();
        faxes.sort_by_key(|fax| fax.id);
        faxes.into_iter().map(|fax| (fax.state, fax.pages, fax.folder)).collect()
    }

    fn whole(pages: u32) -> (FaxState, u32, Option<String>) {
        (FaxState::Received, pages, Some("Lab".to_owned()))
    }

    #[test]
    fn is_a_fax_each_with_pages_and_a_way_of_its_own() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = world(dir.path(), 7, Now::simulation_start());
        let faxes = batch(&mut w, |w| at_rest(w) && w.seen.mails.len() == 2);
        assert_eq!(faxes, [whole(2), whole(1)]);
        let sent = [page("One."), page("Two."), page("Of somebody else.")];
        let mut rows = w.faxes();
        rows.sort_by_key(|fax| fax.id);
        let stored = rows.iter().flat_map(|fax| w.store.wait(w.store.faxes().pages(fax.id)).expect("the store reads"));
        for (stored, sent) in stored.zip(&sent) {
            let (stored, sent) = (Page::from_tiff(stored.expose()).expect("a page"), sent.decode().expect("whole"));
            let stored = stored.decode().expect("whole");
            // Their machine has printed its line above.
            let extra = stored.height() - sent.height();
            assert!((0..sent.height()).all(|y| sent.row(y) == stored.row(y + extra)), "a page differs");
        }
    }

    #[test]
    fn that_breaks_in_the_second_leaves_the_first_whole_also_after_a_restart() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut w = world(dir.path(), 7, Now::simulation_start());
        let second_begun = |w: &World| w.faxes().len() == 2;
        batch(&mut w, second_begun);
        let now = w.now.after(Duration::from_secs(60));
        drop(w);
        let mut w = world(dir.path(), 8, now);
        w.run_until(at_rest);
        let mut faxes: Vec<_> = w.faxes().into_iter().map(|fax| (fax.state, fax.pages, fax.folder)).collect();
        faxes.sort_by_key(|(_, pages, _)| *pages);
        assert_eq!(faxes, [(FaxState::Failed, 0, None), whole(2)]);
    }
}
