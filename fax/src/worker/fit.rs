//! A document becomes what the far end takes, before the engine opens it: which that is, is known when its DIS has come (T.30 Table 2). Pages that are
//! too fine become coarser; fine pages become standard ones inside the engine. Pages for a machine that takes T.85 are packed so.

use super::channel::Files;
use super::frames::Takes;
use crate::grain::Grain;
use crate::page::{MAX_STRIP, Page, PageError};
use crate::tiff::{self, TiffError};

/// A document is packed at once, while the far end waits for our answer, some seconds, and the watchdog for the engine's: one with more dots than this,
/// those of twenty fine pages of A4, the engine packs itself, page by page.
const MOST_PACKED: u64 = 20 * 1728 * 2291;

/// Rewrites the document for a machine that takes such pages. `Some` says at which resolution it is now; `None` that it is as it was.
pub(super) fn fit(files: &Files, takes: Takes) -> Result<Option<Grain>, TiffError> {
    let document = files.read_to_send().map_err(|_| TiffError::Truncated)?;
    let pages = tiff::read(&document)?;
    let coarser = coarser(&pages, takes);
    let fitted = match coarser {
        // All alike, so that the machines need not agree anew between two pages.
        Some(grain) => Some(pages.iter().map(|page| page.at(grain)).collect::<Result<Vec<_>, PageError>>()?),
        None => None,
    };
    let packed = packed(fitted.as_ref().unwrap_or(&pages), takes);
    if let Some(file) = packed.map(|pages| tiff::write_t85(&pages)).or_else(|| fitted.map(|pages| tiff::write(&pages)))
    {
        files.write_strip(&file).map_err(|_| TiffError::Truncated)?;
    }
    Ok(coarser)
}

/// At which resolution the pages are to be, if they are too fine.
fn coarser(pages: &[Page], takes: Takes) -> Option<Grain> {
    let finest = pages.iter().filter_map(Grain::of_page).max_by_key(|grain| grain.x_dpi)?;
    let coarsest = finest.within(takes.dots_300, takes.dots_400);
    (coarsest != finest).then_some(coarsest)
}

/// The pages packed by T.85: all or none, since the engine goes on with what is packed if the page before was. `None` also if that cannot be: then
/// the engine packs them, or says why not.
fn packed(pages: &[Page], takes: Takes) -> Option<Vec<(Page, Vec<u8>)>> {
    // Two rows of a fine page become one inside the engine, which what is packed would not.
    let as_it_is = |page: &Page| {
        let grain = (page.x_dpi, page.y_dpi);
        !page.is_fine() || takes.fine && matches!(grain, (200..=208, ..=200) | (300, 300) | (400..=410, 390..=410))
    };
    let dots: u64 = pages.iter().map(|page| u64::from(page.width) * u64::from(page.rows)).sum();
    if !takes.t85 || dots > MOST_PACKED || !pages.iter().all(as_it_is) {
        return None;
    }
    let pack = |page: &Page| {
        let dots = page.decode().ok()?;
        let rows = spandsp::pack_t85(dots.width(), dots.height(), dots.bytes(), MAX_STRIP)?;
        Some((Page { g4: Vec::new(), ..*page }, rows))
    };
    pages.iter().map(pack).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Bitmap;

    const ALL: Takes = Takes { fine: true, dots_300: true, dots_400: true, t85: true };

    fn page(grain: Grain, y_dpi: u16, rows: u32) -> Page {
        let mut bitmap = Bitmap::new(grain.width, rows);
        (0..rows).for_each(|y| bitmap.fill_run(y, y % 90, 200 + y % 70));
        Page::encode(&bitmap, grain.x_dpi, y_dpi)
    }

    #[test]
    fn pages_are_packed_for_who_takes_them_so_and_as_fine_as_they_are() {
        let fine = page(Grain::FINE, 196, 300);
        let standard = page(Grain::FINE, 98, 200);
        let finest = page(Grain::DOTS_400, 391, 400);
        let is_packed = |pages: &[Page], takes| packed(pages, takes).is_some();
        assert!(is_packed(&[fine.clone(), standard.clone(), finest.clone()], ALL));
        assert!(!is_packed(std::slice::from_ref(&fine), Takes { t85: false, ..ALL }));
        let coarse = Takes { fine: false, ..ALL };
        assert!(!is_packed(&[standard.clone(), fine.clone()], coarse), "two rows would have to become one");
        assert!(is_packed(&[standard], coarse));
        // R8 by 15.4 lines is agreed on by another bit.
        assert!(!is_packed(&[page(Grain::FINE, 391, 100)], ALL));
        let long = page(Grain::DOTS_400, 391, 4400);
        assert!(is_packed(&vec![long.clone(); 5], ALL));
        assert!(!is_packed(&vec![long; 6], ALL), "as many dots take too long");
    }

    #[test]
    fn a_document_that_fits_stays_as_it_is() {
        let document = tiff::write(&[page(Grain::FINE, 196, 300)]);
        let files = Files::new(None).unwrap();
        files.write_strip(&document).unwrap();
        assert_eq!(fit(&files, Takes { t85: false, ..ALL }).unwrap(), None);
        assert_eq!(files.read_to_send().unwrap(), document);
        assert_eq!(fit(&files, ALL).unwrap(), None);
        let fitted = files.read_to_send().unwrap();
        assert!(matches!(tiff::read(&fitted), Err(TiffError::Unsupported("compression"))), "it is no T.6 any more");
    }
}
