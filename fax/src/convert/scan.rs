//! TIFF documents: scans, photographs, and faxes that go on. A page that is a fax page already stays as it is, dot by dot.

use image::{Rgba, RgbaImage};

use super::layout::{Layout, rows};
use super::picture::{self, Picture};
use super::{Emit, Problem, sheets};
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
        page(sheet, grain, emit)
    })?;
    if pages == 0 { Err(Problem::Empty) } else { Ok(()) }
}

fn page(sheet: Sheet, grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    let Sheet { dots, dpi, orientation } = sheet;
    let picture = match dots {
        Dots::Bilevel(bitmap) => {
            let dpi = dpi.unwrap_or(OF_A_FAX);
            let fax = if orientation == 1 { of_fax(&bitmap, dpi, grain) } else { None };
            if let Some(fax) = fax {
                return as_it_is(&fax, grain, emit);
            }
            Picture { pixels: pixels(&bitmap)?, dpi: Some(dpi) }
        }
        Dots::Tones(tones) => {
            let pixels = RgbaImage::from_raw(tones.width, tones.rows, tones.rgba).ok_or(Problem::Broken)?;
            Picture { pixels, dpi }
        }
    };
    let picture = picture.upright(orientation);
    picture::paint(picture.pixels, picture.dpi, grain, emit)
}

fn pixels(bitmap: &Bitmap) -> Result<RgbaImage, Problem> {
    if u64::from(bitmap.width()) * u64::from(bitmap.height()) > MAX_PIXELS {
        return Err(Problem::TooLarge);
    }
    Ok(RgbaImage::from_fn(bitmap.width(), bitmap.height(), |x, y| {
        Rgba(if bitmap.is_black(x, y) { [0, 0, 0, 255] } else { [255; 4] })
    }))
}

/// A fax page: as wide as one. What is as fine as it is to be stays dot by dot; the rest is brought there.
fn of_fax(bitmap: &Bitmap, dpi: (f64, f64), grain: Grain) -> Option<Bitmap> {
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
    Page::encode(bitmap, scanned.0, scanned.1).at(grain).ok()?.decode().ok()
}

/// What is short is filled up with white, and what came from a roll and is longer than a sheet is cut.
fn as_it_is(fax: &Bitmap, grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    let (least, most) = rows(grain).into_inner();
    let rows = if fax.height() > most { least } else { fax.height().max(least) };
    let (scale, whole) = ((f64::from(grain.x_dpi), f64::from(grain.y_dpi)), fax.height().max(least));
    let layout = Layout { columns: grain.width, rows, whole, scale, left: 0.0, turned: false };
    let paint = |top: u32| {
        let mut sheet = Bitmap::new(grain.width, rows);
        (0..rows.min(fax.height() - top)).for_each(|y| sheet.copy_row(y, fax.row(top + y)));
        Ok(sheet)
    };
    sheets::give(&layout, grain, paint, emit)
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
