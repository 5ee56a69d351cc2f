//! What other machines send us, in simulated time: the clinic as `program` runs it, a real store, and real fax engines on both ends.

use std::path::Path;
use std::time::Duration;

use clinic::far_end::Input;
use fax::page::Page;
use model::command::Document;
use model::fax::{Cause, FaxState};
use model::{Inside, Now};
use store::rows::FaxRow;
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
    // A part of it goes where all of it would have gone.
    let placed = |fax: &FaxRow| fax.pages == 0 || fax.folder.as_deref() == Some("Lab");
    assert!(faxes.iter().all(placed), "{context}: {faxes:?}");
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

/// The same over a modem that speaks T.30 itself (Class 2), which says by what it is told what it has told the other machine.
mod over_a_modem_of_class_2 {
    use modem::keeper::News;
    use modem::probe::Description;
    use modem::{Event, Order, Word};

    use super::*;

    const MODEM: &str = "[[modems]]\nname = \"closet\"\ndevice = \"/dev/ttyX\"\nrings = 1\n";

    /// A page of so many white rows in MH, the first bit of the line lowest: each row is one run of 1728 dots (T.4 Table 3).
    fn white(rows: usize) -> Vec<u8> {
        const ROW: &str = "00000000000101001101100110101";
        const END: &str = "000000000001000000000001000000000001000000000001000000000001000000000001";
        let bits: Vec<u8> = ROW.repeat(rows).bytes().chain(END.bytes()).map(|c| c - b'0').collect();
        bits.chunks(8).map(|bits| bits.iter().enumerate().fold(0, |octet, (n, bit)| octet | bit << n)).collect()
    }

    /// The modem, and a call of two pages.
    #[derive(Default)]
    struct Modem {
        heard: usize,
        given: u32,
        /// Pages that the other machine was told to have arrived.
        confirmed: u32,
        /// It does not wait to be told: of one page it says that all is over when it has come.
        hasty: bool,
    }

    impl Modem {
        fn says(w: &mut World, events: impl IntoIterator<Item = Event>) {
            for event in events {
                w.modem("closet", News::Said(event));
            }
        }

        fn hears(&mut self, w: &mut World, order: &Order) {
            let text = |line: &str| Event::Text(line.to_owned());
            let ok = Event::Word(Word::Ok);
            match order {
                Order::Reset => Self::says(w, [Event::Ready]),
                Order::Command { line, .. } if line == "ATA" => {
                    let agreed = text("+FDCS:0,5,0,2,0,0,0,0");
                    Self::says(w, [text("+FCON"), text("+FTSI:\"LAKESIDE\""), agreed, ok]);
                }
                Order::Command { line, .. } if line == "AT+FDR" => {
                    self.confirmed = self.given;
                    if self.confirmed == 2 {
                        Self::says(w, [text("+FHNG:0"), ok]);
                    } else {
                        Self::says(w, [text("+FCFR"), Event::Word(Word::Connect)]);
                    }
                }
                Order::Start(_) => {
                    self.given += 1;
                    if self.hasty {
                        let over = [text("+FPTS:1,200,0,0"), text("+FET:2"), text("+FHNG:0"), ok];
                        Self::says(w, [Event::Data(white(200)), Event::EndOfData]);
                        return Self::says(w, over);
                    }
                    let follows = text(if self.given == 2 { "+FET:2" } else { "+FET:0" });
                    Self::says(w, [Event::Data(white(200)), Event::EndOfData, text("+FPTS:1,200,0,0"), follows, ok]);
                }
                Order::Command { .. } | Order::HangUp => Self::says(w, [ok]),
                _ => {}
            }
        }

        fn is_ready(w: &mut World) {
            let carriers = [48, 96, 145];
            let classes = ["2".to_owned()].into();
            let found =
                Description { says: "Fax".to_owned(), classes, sends: carriers.into(), receives: carriers.into() };
            w.modem("closet", News::Ready(found));
        }

        /// Serves the clinic until nothing is on the line any more, or it has died.
        fn serves(&mut self, w: &mut World) {
            (self.given, self.confirmed) = (0, 0);
            Self::says(w, [Event::Word(Word::Ring)]);
            while !w.has_crashed() {
                let Some((_, order)) = w.seen.modems.get(self.heard).cloned() else {
                    if at_rest(w) {
                        return;
                    }
                    let heard = self.heard;
                    w.run_until(|w| w.seen.modems.len() > heard || at_rest(w));
                    continue;
                };
                self.heard += 1;
                self.hears(w, &order);
            }
        }
    }

    /// Whether there was anything to die of after so many effects.
    fn crash(effects: usize) -> bool {
        let dir = tempfile::tempdir().expect("a folder");
        let world = |seed, now| World::with(dir.path(), seed, Conditions::GOOD, now, MODEM);
        let mut first = world(7, Now::simulation_start());
        first.crash_after(effects);
        let mut modem = Modem::default();
        Modem::is_ready(&mut first);
        modem.serves(&mut first);
        let (died, after) = (first.has_crashed(), first.effects.last().cloned());
        let now = first.now.after(Duration::from_secs(60));
        drop(first);

        let mut second = world(8, now);
        second.run_until(|w| w.faxes().iter().all(|fax| fax.state.is_final()));
        let of_each: Vec<_> = second.faxes().iter().map(|fax| (fax.state, fax.pages)).collect();
        let context = format!("{effects} effects, after {after:?}: {of_each:?}");
        let pages: u32 = of_each.iter().map(|(_, pages)| *pages).sum();
        assert!(modem.confirmed <= pages, "{context}");
        if modem.confirmed == 2 {
            assert_eq!(of_each, [(FaxState::Received, 2)], "{context}");
        }
        assert!(died || modem.confirmed == 2, "{context}");
        died
    }

    #[test]
    fn what_the_modem_was_told_to_confirm_is_here_after_any_crash() {
        for effects in 0.. {
            if !crash(effects) {
                assert!(effects > 4, "a reception has more effects than {effects}");
                return;
            }
        }
    }

    #[test]
    fn a_modem_that_does_not_wait_to_be_told_answers_twice_and_no_oftener_unless_its_setting_bears_that() {
        for (setting, answered) in [("", 2), ("confirms_early = true\n", 3)] {
            let dir = tempfile::tempdir().expect("a folder");
            let more = format!("{MODEM}{setting}");
            let mut w = World::with(dir.path(), 7, Conditions::GOOD, Now::simulation_start(), &more);
            let mut modem = Modem { hasty: true, ..Modem::default() };
            Modem::is_ready(&mut w);
            for _ in 0..3 {
                modem.serves(&mut w);
                let later = w.now.instant + Duration::from_secs(12);
                w.run_until(|w| w.now.instant >= later);
            }
            let faxes: Vec<_> = w.faxes().iter().map(|fax| (fax.state, fax.pages)).collect();
            assert_eq!(faxes, vec![(FaxState::Received, 1); answered], "{setting}");
        }
    }
}
