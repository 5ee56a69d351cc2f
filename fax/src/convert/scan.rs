//! TIFF documents: scans, photographs, and faxes that go on. A page that is a fax page already stays as it is, dot by dot.

use image::{Rgba, RgbaImage};

use super::layout::rows;
use super::picture::{self, Picture};
use super::{Emit, Problem, encode};
use crate::grain::Grain;
use crate::page::{Bitmap, MAX_PIXELS, Page, PageError};
use crate::tiff::{self, Dots, Sheet, TiffError};

/// Dots per inch of a page in black and white that does not say how many: it comes from a program for faxes.
const OF_A_FAX: (f64, f64) = (204.0, 196.0);

/// Gives the pages of `document` to `emit`.
pub(super) fn render(document: &[u8], grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    let mut pages = 0;
    tiff::sheets::<Problem>(document, &mut |sheet| {
        pages += 1;
        emit(page(sheet, grain)?)
    })?;
    if pages == 0 { Err(Problem::Empty) } else { Ok(()) }
}

fn page(sheet: Sheet, grain: Grain) -> Result<Page, Problem> {
    let Sheet { dots, dpi, orientation } = sheet;
    let picture = match dots {
        Dots::Bilevel(bitmap) => {
            let dpi = dpi.unwrap_or(OF_A_FAX);
            let fax = if orientation == 1 { as_it_is(&bitmap, dpi, grain) } else { None };
            if let Some(page) = fax {
                return Ok(page);
            }
            Picture { pixels: pixels(&bitmap)?, dpi: Some(dpi) }
        }
        Dots::Tones(tones) => {
            let pixels = RgbaImage::from_raw(tones.width, tones.rows, tones.rgba).ok_or(Problem::Broken)?;
            Picture { pixels, dpi }
        }
    };
    let picture = picture.upright(orientation);
    picture::paint(picture.pixels, picture.dpi, grain)
}

fn pixels(bitmap: &Bitmap) -> Result<RgbaImage, Problem> {
    if u64::from(bitmap.width()) * u64::from(bitmap.height()) > MAX_PIXELS {
        return Err(Problem::TooLarge);
    }
    Ok(RgbaImage::from_fn(bitmap.width(), bitmap.height(), |x, y| {
        Rgba(if bitmap.is_black(x, y) { [0, 0, 0, 255] } else { [255; 4] })
    }))
}

/// A fax page: as wide as one, and no longer than a sheet. What is as fine as it is to be stays dot by dot; the rest is brought there, and
/// what is short is filled up with white.
fn as_it_is(bitmap: &Bitmap, dpi: (f64, f64), grain: Grain) -> Option<Page> {
    // The casts saturate.
    let dpi = (dpi.0.round() as u16, dpi.1.round() as u16);
    let scanned = match (dpi, bitmap.width()) {
        ((200..=208, 192..=204), 1728) => (204, 196),
        ((200..=208, 96..=102), 1728) => (204, 98),
        ((200..=208, 385..=408), 1728) => (204, 391),
        ((300, 300), 2592) => (300, 300),
        ((400..=410, 385..=408), 3456) => (408, 391),
        _ => return None,
    };
    let page = Page::encode(bitmap, scanned.0, scanned.1).at(grain).ok()?;
    let (least, most) = rows(grain).into_inner();
    if page.rows > most {
        return None;
    }
    if page.rows >= least {
        return Some(page);
    }
    let short = page.decode().ok()?;
    let mut filled = Bitmap::new(grain.width, least);
    (0..short.height()).for_each(|y| filled.copy_row(y, short.row(y)));
    Some(encode(&filled, grain))
}

impl From<TiffError> for Problem {
    fn from(error: TiffError) -> Self {
        match error {
            TiffError::TooManyPages => Self::TooManyPages,
            TiffError::NoSuchPage => Self::Empty,
            TiffError::Unsupported(_) => Self::Unsupported,
            TiffError::Page(PageError::Size) => Self::TooLarge,
            TiffError::NotTiff | TiffError::Truncated | TiffError::Page(_) => Self::Broken,
        }
    }
}
