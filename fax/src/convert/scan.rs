//! TIFF documents: scans, and faxes that go on. A page that is a fax page already stays as it is, dot by dot.

use image::{Rgba, RgbaImage};

use super::layout::{MAX_ROWS, MIN_ROWS};
use super::picture::{self, MAX_PIXELS};
use super::{Problem, encode};
use crate::page::{Bitmap, Page, PageError, WIDTH_A4};
use crate::tiff::{self, Scan, TiffError};

/// Gives the pages of `document` to `emit`.
pub(super) fn render(document: &[u8], emit: &mut dyn FnMut(Page) -> Result<(), Problem>) -> Result<(), Problem> {
    let mut pages = 0;
    tiff::scans::<Problem>(document, &mut |scan| {
        pages += 1;
        emit(page(&scan)?)
    })?;
    if pages == 0 { Err(Problem::Empty) } else { Ok(()) }
}

fn page(scan: &Scan) -> Result<Page, Problem> {
    let Scan { bitmap, dpi } = scan;
    if let Some(page) = as_it_is(bitmap, *dpi) {
        return Ok(page);
    }
    if u64::from(bitmap.width()) * u64::from(bitmap.height()) > MAX_PIXELS {
        return Err(Problem::TooLarge);
    }
    let picture = RgbaImage::from_fn(bitmap.width(), bitmap.height(), |x, y| {
        Rgba(if bitmap.is_black(x, y) { [0, 0, 0, 255] } else { [255; 4] })
    });
    let side = |dpi: u16| if dpi == 0 { 200.0 } else { f64::from(dpi) };
    picture::paint(picture, (side(dpi.0), side(dpi.1)))
}

/// A fax page: as wide as one, fine or standard, and no longer than a sheet. Standard rows are doubled; what is short is filled up with
/// white.
fn as_it_is(bitmap: &Bitmap, dpi: (u16, u16)) -> Option<Page> {
    let times = match dpi {
        (200..=208, 192..=204) => 1,
        (200..=208, 96..=102) => 2,
        _ => return None,
    };
    let rows = bitmap.height().checked_mul(times).filter(|rows| *rows <= MAX_ROWS)?;
    if bitmap.width() != WIDTH_A4 {
        return None;
    }
    let mut page = Bitmap::new(WIDTH_A4, rows.max(MIN_ROWS));
    for y in 0..rows {
        page.copy_row(y, bitmap.row(y / times));
    }
    Some(encode(&page))
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
