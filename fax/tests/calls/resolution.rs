//! Pages of every resolution: what both ends know arrives dot by dot, and what the far end does not take arrives coarser.

use fax::audio::Law;
use fax::grain::Grain;
use fax::page::{Bitmap, Page};
use fax::worker::proto::Way;
use model::Resolution;
use model::fax::Cause;

use crate::support::{Setup, World, assert_same};

/// A page with lines of one dot both ways, and a slope.
fn page(grain: Grain, y_dpi: u16, rows: u32) -> Page {
    let mut bitmap = Bitmap::new(grain.width, rows);
    for y in 0..rows {
        bitmap.fill_run(y, y * 5 % (grain.width - 40), y * 5 % (grain.width - 40) + 20);
        bitmap.set(700, y, true);
        if y % 40 == 0 {
            bitmap.fill_run(y, 100, 900);
        }
    }
    Page::encode(&bitmap, grain.x_dpi, y_dpi)
}

fn call(way: Way, ecm: bool, finest: [Resolution; 2], pages: &[Page]) -> World {
    Setup { way, ecm, finest, header: "Harbor Street Clinic".to_owned(), ..Setup::new(pages.to_vec()) }.run()
}

/// The received pages without the line above them, which is white and letters of the same resolution.
fn below_the_line(world: &World, sent: &[Page]) -> Vec<Page> {
    let each = world.receiver.durable.iter().zip(sent);
    each.map(|(page, sent)| {
        let (whole, extra) = (page.decode().unwrap(), page.rows - sent.rows);
        let mut rest = Bitmap::new(page.width, sent.rows);
        (0..sent.rows).for_each(|y| rest.row_mut(y).copy_from_slice(whole.row(y + extra)));
        Page::encode(&rest, page.x_dpi, page.y_dpi)
    })
    .collect()
}

#[test]
fn every_resolution_arrives_dot_by_dot() {
    let both = |resolution| [resolution; 2];
    for (grain, y_dpi, finest) in [
        (Grain::FINE, 98, both(Resolution::Fine)),
        (Grain::FINE, 196, both(Resolution::Fine)),
        (Grain::FINE, 196, both(Resolution::Dots400)),
        (Grain::DOTS_300, 300, both(Resolution::Dots300)),
        (Grain::DOTS_300, 300, both(Resolution::Dots400)),
        (Grain::DOTS_400, 391, both(Resolution::Dots400)),
    ] {
        let sent = [page(grain, y_dpi, 400), page(grain, y_dpi, 300)];
        for (way, ecm) in [(Way::T38, true), (Way::T38, false), (Way::Audio(Law::Mu), true)] {
            let world = call(way, ecm, finest, &sent);
            let name = format!("{way:?}, {y_dpi} rows an inch, error correction {ecm}");
            assert_eq!(world.sender.outcome().cause, Cause::Delivered, "{name}: {:#?}", world.sender.trace);
            assert_same(&below_the_line(&world, &sent), &sent);
            for page in &world.receiver.durable {
                // The machines count in millimetres or in inches, which differ by less than a letter on a page.
                let near = |got: u16, sent: u16| got.abs_diff(sent) * 40 < sent;
                assert!(near(page.x_dpi, grain.x_dpi) && near(page.y_dpi, y_dpi), "{name}: {page:?}");
            }
        }
    }
}

#[test]
fn two_machines_that_have_it_pack_pages_by_t85() {
    let sent = [page(Grain::FINE, 196, 900)];
    for (ecm, coding) in [(true, "JBIG, error correction"), (false, "MR, no error correction")] {
        for way in [Way::T38, Way::Audio(Law::A)] {
            let world = call(way, ecm, [Resolution::Fine; 2], &sent);
            assert_same(&below_the_line(&world, &sent), &sent);
            assert!(world.receiver.trace.iter().any(|line| line.contains(coding)), "{:#?}", world.receiver.trace);
        }
    }
}

#[test]
fn a_machine_that_has_less_gets_coarser_pages() {
    for (ours, theirs, from, to) in [
        (Resolution::Dots400, Resolution::Fine, Grain::DOTS_400, Grain::FINE),
        (Resolution::Dots400, Resolution::Dots300, Grain::DOTS_400, Grain::DOTS_300),
        (Resolution::Dots300, Resolution::Fine, Grain::DOTS_300, Grain::FINE),
    ] {
        let sent = [page(from, from.y_dpi, 500), page(from, from.y_dpi, 450)];
        let world = call(Way::T38, true, [ours, theirs], &sent);
        assert_eq!(world.sender.outcome().cause, Cause::Delivered, "{:#?}", world.sender.trace);
        let said = format!("it gets them with {} dots per inch", to.x_dpi);
        assert_eq!(
            world.sender.trace.iter().filter(|line| line.contains(&said)).count(),
            1,
            "{:#?}",
            world.sender.trace
        );
        for (received, sent) in world.receiver.durable.iter().zip(&sent) {
            assert_eq!((received.width, received.x_dpi, received.y_dpi), (to.width, to.x_dpi, to.y_dpi));
            // As long on paper, but for the line above.
            let inches = |page: &Page| f64::from(page.rows) / f64::from(page.y_dpi);
            assert!((0.1..0.3).contains(&(inches(received) - inches(sent))), "{received:?} of {sent:?}");
        }
    }
}
