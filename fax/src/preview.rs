//! A fax page as a small picture, for the console.
//!
//! What is shown is the very 1-bit page that goes to the line or came from it, only averaged down: grey in the picture is
//! thin black on the paper. A page that cannot be decoded is an error, never an empty picture.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};

use crate::page::{Bitmap, Page, PageError};

/// The width of a page in a list.
pub const THUMB: u32 = 200;
/// The width of a page that is read on a screen.
pub const VIEW: u32 = 864;
/// The width at which every page is shown dot by dot: that of the finest.
pub const FULL: u32 = 3456;
/// The largest picture made, in pixels: a page of the finest dots, and of the usual length. More helps nobody's eyes and a hostile
/// page of 20,000 rows would take some 100 MB.
const MAX_PIXELS: u64 = 3456 * 4600;

/// The page as a PNG file, 8-bit grey, `width` pixels wide (at most so wide that no dot is lost, and less if the picture would be too
/// large). Its height makes the dots square again: a page at 204 × 98 dpi is stretched.
pub fn png(page: &Page, width: u32) -> Result<Vec<u8>, PageError> {
    let bitmap = page.decode()?;
    let (width, height) = size(page, width);
    let grey = shrink(&bitmap, width, height);
    let mut file = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Adaptive);
    // A buffer of the right size, written to memory: there is nothing left that could fail.
    encoder.write_image(&grey, width, height, ExtendedColorType::L8).map_err(|_| PageError::Size)?;
    Ok(file)
}

/// The picture's size. Whole pixels, at least one each way.
fn size(page: &Page, width: u32) -> (u32, u32) {
    let (across, along) = (u64::from(page.x_dpi.max(1)), u64::from(page.y_dpi.max(1)));
    // Rows of square dots that the page at its full width would have.
    let square_rows = (u64::from(page.rows) * across / along).max(1);
    // Rows that are closer than columns are kept apart by wider dots.
    let mut width = u64::from(width.max(1)).min(u64::from(page.width) * along.div_ceil(across));
    let height = |width: u64| (square_rows * width / u64::from(page.width)).max(1);
    while width > 1 && width * height(width) > MAX_PIXELS {
        width = width * 3 / 4;
    }
    let height = height(width).min(MAX_PIXELS);
    (u32::try_from(width).unwrap_or(1), u32::try_from(height).unwrap_or(1))
}

/// Averages the dots that fall into each pixel. A pixel smaller than a dot shows that dot.
fn shrink(bitmap: &Bitmap, width: u32, height: u32) -> Vec<u8> {
    let span = |index: u32, pixels: u32, dots: u32| {
        let edge = |index: u32| u64::from(index) * u64::from(dots) / u64::from(pixels);
        let (from, to) = (edge(index), edge(index + 1));
        (from as u32, to.max(from + 1) as u32)
    };
    let columns: Vec<(u32, u32)> = (0..width).map(|x| span(x, width, bitmap.width())).collect();
    let mut grey = Vec::with_capacity(width as usize * height as usize);
    let mut black = vec![0u32; width as usize];
    for y in 0..height {
        let (first, last) = span(y, height, bitmap.height());
        black.fill(0);
        for row in first..last {
            let row = bitmap.row(row);
            // Most rows of most pages are white.
            if row.iter().any(|byte| *byte != 0) {
                for (count, (from, to)) in black.iter_mut().zip(&columns) {
                    *count += ink(row, *from, *to);
                }
            }
        }
        for (count, (from, to)) in black.iter().zip(&columns) {
            let dots = (to - from) * (last - first);
            grey.push(255 - u8::try_from(count * 255 / dots.max(1)).unwrap_or(255));
        }
    }
    grey
}

/// Black dots in `from..to` of a packed row.
fn ink(row: &[u8], from: u32, to: u32) -> u32 {
    (from..to).map(|x| u32::from(row[x as usize / 8] >> (7 - x % 8) & 1)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(file: &[u8]) -> image::GrayImage {
        image::load_from_memory(file).unwrap().into_luma8()
    }

    #[test]
    fn ink_is_averaged_and_dots_become_square() {
        // The left half black, at half the resolution along the page.
        let mut bitmap = Bitmap::new(1728, 1078);
        for y in 0..1078 {
            bitmap.fill_run(y, 0, 864);
            bitmap.set(1000, y, true);
        }
        let page = Page::encode(&bitmap, 204, 98);
        let picture = decoded(&png(&page, VIEW).unwrap());
        assert_eq!(picture.dimensions(), (864, 1122));
        assert_eq!(picture.get_pixel(100, 500).0, [0]);
        assert_eq!(picture.get_pixel(600, 500).0, [255]);
        assert_eq!(picture.get_pixel(500, 500).0, [128], "a dot of two is half grey");
        assert_eq!(decoded(&png(&page, THUMB).unwrap()).dimensions(), (200, 259));
    }

    /// There each pixel is one dot, black or white, and each row stands there, as often as makes its dots square.
    #[test]
    fn at_its_full_width_a_page_is_shown_dot_by_dot() {
        for (width, rows, x_dpi, y_dpi) in [
            (1728, 431, 204, 196),
            (1728, 217, 204, 98),
            (1728, 861, 204, 391),
            (2592, 661, 300, 300),
            (3456, 861, 408, 391),
        ] {
            let mut bitmap = Bitmap::new(width, rows);
            for y in 0..rows {
                (0..width)
                    .filter(|x| (x * 7 + y * 13 + x * y % 11).is_multiple_of(3))
                    .for_each(|x| bitmap.set(x, y, true));
            }
            let picture = decoded(&png(&Page::encode(&bitmap, x_dpi, y_dpi), FULL).unwrap());
            let (across, along) = picture.dimensions();
            assert!(across.is_multiple_of(width) && along >= rows, "{across}x{along} of {width}x{rows}");
            for (x, y, pixel) in picture.enumerate_pixels() {
                let row = u64::from(y) * u64::from(rows) / u64::from(along);
                let black = bitmap.is_black(x / (across / width), row as u32);
                assert_eq!(pixel.0, [if black { 0 } else { 255 }], "{x},{y} of {width}x{rows}");
            }
        }
    }

    #[test]
    fn no_page_makes_a_large_picture() {
        // None of the usual length is made smaller than it is.
        let finest = Page::encode(&Bitmap::new(3456, 4312), 408, 391);
        assert_eq!(size(&finest, FULL), (3456, 4499));
        let page = Page::encode(&Bitmap::new(2592, 6000), 204, 98);
        let (width, height) = decoded(&png(&page, u32::MAX).unwrap()).dimensions();
        assert!(u64::from(width) * u64::from(height) <= MAX_PIXELS, "{width}x{height}");
        let narrow = Page::encode(&Bitmap::new(1, 9000), 204, 1);
        assert_eq!(decoded(&png(&narrow, 0).unwrap()).width(), 1);
    }

    #[test]
    fn a_damaged_page_is_an_error() {
        let mut page = Page::encode(&Bitmap::new(1728, 100), 204, 196);
        page.rows = 200;
        assert_eq!(png(&page, THUMB), Err(PageError::Short { found: 100 }));
    }
}
