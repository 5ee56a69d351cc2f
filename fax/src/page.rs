//! One page of a fax, as it is stored and as it is painted.
//!
//! [`Page`] is the compressed form that every room passes on: one T.6 (MMR, "G4") strip with its geometry. [`Bitmap`] is the
//! same page as dots. Decoding checks that every row is there: a strip that ends early is an error, never a page padded with
//! white, because a page that looks whole and is not is the one failure a clinic cannot see.

use std::cell::Cell;
use std::fmt;

use fax_codec::decoder::{DecodeStatus, Group3Decoder};
use serde::{Deserialize, Serialize};

use crate::grain::Grain;
use crate::strip::{Rows, Strip};
use crate::tiff;

/// The width of an A4 or letter page at 204 dots per inch (T.4 §2). Every machine takes it.
pub const WIDTH_A4: u32 = 1728;
/// The widest page that T.4 knows: A3 at 408 dots per inch.
pub const MAX_WIDTH: u32 = 4864;
/// The longest side of a scan or a picture, which has more dots than a fax: a page at 1200 dots per inch.
pub(crate) const MAX_SIDE: u32 = 16_000;
/// Dots of a scan or a picture in all: an A4 page at 600 dots per inch has 35 million.
pub(crate) const MAX_PIXELS: u64 = if cfg!(feature = "fuzzing") { 1 << 20 } else { 50_000_000 };
/// The longest page kept: two and a half metres at 196 lines per inch, more than a roll of paper in a fax machine gives at once.
pub const MAX_ROWS: u32 = 20_000;
/// The largest strip of one page: a checkerboard, the worst case of T.6 (6 bits a dot), on 2376 rows of 1728 dots is 3 MiB.
pub const MAX_STRIP: usize = 16 << 20;

/// One page, compressed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Dots in a row.
    pub width: u32,
    /// Rows.
    pub rows: u32,
    /// Dots per inch across, rounded: 204.
    pub x_dpi: u16,
    /// Rows per inch, rounded: 98 (standard) or 196 (fine).
    pub y_dpi: u16,
    /// The rows in T.6, most significant bit first, with its end-of-block: what a TIFF calls compression 4, one strip.
    pub g4: Vec<u8>,
    /// Rows that arrived damaged and were repaired by guessing. 0 for a page of our own.
    pub bad_rows: u32,
}

impl fmt::Debug for Page {
    /// The geometry only: what is on the page is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({}x{} at {}x{} dpi, {} bytes", self.width, self.rows, self.x_dpi, self.y_dpi, self.g4.len())?;
        if self.bad_rows > 0 {
            write!(f, ", {} bad rows", self.bad_rows)?;
        }
        f.write_str(")")
    }
}

/// What is wrong with the bytes of a page. None of it can be repaired by trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageError {
    /// The geometry is beyond [`MAX_WIDTH`], [`MAX_ROWS`] or [`MAX_STRIP`], or a side is zero.
    Size,
    /// The compressed rows are not T.6.
    Damaged,
    /// There are fewer rows than the page claims.
    Short {
        /// Rows that are there.
        found: u32,
    },
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size => f.write_str("the page is too large or empty"),
            Self::Damaged => f.write_str("the page's rows are damaged"),
            Self::Short { found } => write!(f, "the page ends after {found} rows"),
        }
    }
}

impl std::error::Error for PageError {}

impl Page {
    /// Compresses `bitmap`.
    pub fn encode(bitmap: &Bitmap, x_dpi: u16, y_dpi: u16) -> Self {
        let g4 = Strip::of(bitmap).bytes;
        Self { width: bitmap.width, rows: bitmap.height, x_dpi, y_dpi, g4, bad_rows: 0 }
    }

    /// The page with `band` above it, which must be as wide and must end with a white row. Nothing is decoded: the first row of a
    /// strip is coded against an imagined white row (T.6 §2.2.1), so the strip can simply go on after a real one.
    #[must_use]
    pub fn below(&self, band: &Bitmap) -> Self {
        let last = band.height.saturating_sub(1);
        let fits = band.width == self.width && band.row(last).iter().all(|byte| *byte == 0);
        debug_assert!(fits, "a band of another width, or without a white row at its end");
        if !fits {
            return self.clone();
        }
        let g4 = Strip::of(band).followed_by(&self.g4);
        Self { rows: self.rows.saturating_add(band.height), g4, ..self.clone() }
    }

    /// Paints the page. Every row must be there, and nothing is read beyond the last one.
    pub fn decode(&self) -> Result<Bitmap, PageError> {
        check_size(self.width, self.rows)?;
        if self.g4.len() > MAX_STRIP {
            return Err(PageError::Size);
        }
        let mut bitmap = Bitmap::new(self.width, self.rows);
        decode_strip(&self.g4, &mut bitmap, 0, self.rows)?;
        Ok(bitmap)
    }

    /// The page as a TIFF file of one page.
    pub fn to_tiff(&self) -> Vec<u8> {
        tiff::write(std::slice::from_ref(self))
    }

    /// A TIFF file of these pages, for sending.
    pub fn multi_tiff(pages: &[Self]) -> Vec<u8> {
        tiff::write(pages)
    }

    /// The first page of a TIFF file (see [`tiff::read`] for what is accepted).
    pub fn from_tiff(file: &[u8]) -> Result<Self, tiff::TiffError> {
        tiff::read_page(file, 0)
    }

    /// The same at standard resolution, for machines that take no finer page: two rows become one, and a dot of either stays. A page that
    /// is no finer is unchanged.
    ///
    /// # Errors
    /// The page cannot be painted.
    pub fn standard(&self) -> Result<Self, PageError> {
        if !self.is_fine() {
            return Ok(self.clone());
        }
        if self.x_dpi > FINE_DPI || self.y_dpi > FINE_DPI {
            return self.at(Grain::FINE)?.standard();
        }
        let fine = self.decode()?;
        let rows = (0..fine.height()).step_by(2).flat_map(|y| {
            let (upper, lower) = (fine.row(y), fine.row((y + 1).min(fine.height() - 1)));
            upper.iter().zip(lower).map(|(a, b)| a | b).collect::<Vec<u8>>()
        });
        let height = fine.height().div_ceil(2);
        let coarse = Bitmap::from_rows(fine.width(), height, rows.collect()).ok_or(PageError::Size)?;
        Ok(Self { bad_rows: self.bad_rows, ..Self::encode(&coarse, self.x_dpi, self.y_dpi / 2) })
    }

    /// The rows per inch at which T.4 calls a page fine.
    pub const fn is_fine(&self) -> bool {
        self.y_dpi > 150
    }
}

/// Dots per inch of which a fine page has fewer, and a finer one more.
const FINE_DPI: u16 = 250;

/// A page as dots: 1 is black, the leftmost dot is the most significant bit, each row begins at a byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Bitmap {
    width: u32,
    height: u32,
    rows: Vec<u8>,
}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitmap({}x{})", self.width, self.height)
    }
}

impl Bitmap {
    /// A white page. The caller keeps within 16,000 dots across and [`MAX_ROWS`]; what is beyond is cut off, so that no caller can
    /// ask for unbounded memory.
    pub fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width.min(MAX_SIDE), height.min(MAX_ROWS));
        Self { width, height, rows: vec![0; stride(width) * height as usize] }
    }

    /// Black becomes white.
    pub(crate) fn invert(&mut self) {
        for byte in &mut self.rows {
            *byte = !*byte;
        }
        self.clear_spare();
    }

    /// Puts packed dots into row `y`. Bits beyond the width are cleared.
    pub(crate) fn copy_row(&mut self, y: u32, bytes: &[u8]) {
        let spare = stride(self.width) * 8 - self.width as usize;
        let row = self.row_mut(y);
        let len = row.len().min(bytes.len());
        row[..len].copy_from_slice(&bytes[..len]);
        if let Some(last) = row.last_mut() {
            *last &= 0xff << spare;
        }
    }

    fn clear_spare(&mut self) {
        let spare = stride(self.width) * 8 - self.width as usize;
        for y in 0..self.height {
            if let Some(last) = self.row_mut(y).last_mut() {
                *last &= 0xff << spare;
            }
        }
    }

    /// A page from packed rows; `None` if `rows` is not `height` rows of `width` dots or the page is too large. Bits beyond the
    /// width are cleared.
    pub fn from_rows(width: u32, height: u32, rows: Vec<u8>) -> Option<Self> {
        if check_size(width, height).is_err() || rows.len() != stride(width) * height as usize {
            return None;
        }
        let mut bitmap = Self { width, height, rows };
        let spare = stride(width) * 8 - width as usize;
        if spare > 0 {
            for y in 0..height {
                if let Some(last) = bitmap.row_mut(y).last_mut() {
                    *last &= 0xff << spare;
                }
            }
        }
        Some(bitmap)
    }

    /// Dots in a row.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Bytes in a row.
    pub const fn stride(&self) -> usize {
        stride(self.width)
    }

    /// All rows, packed.
    pub fn bytes(&self) -> &[u8] {
        &self.rows
    }

    /// Row `y` (empty beyond the last).
    pub fn row(&self, y: u32) -> &[u8] {
        let at = y as usize * self.stride();
        self.rows.get(at..at + self.stride()).unwrap_or(&[])
    }

    /// Row `y` (empty beyond the last). Keep the bits beyond the width clear.
    pub fn row_mut(&mut self, y: u32) -> &mut [u8] {
        let stride = self.stride();
        let at = y as usize * stride;
        self.rows.get_mut(at..at + stride).unwrap_or(&mut [])
    }

    /// True if the dot is black; what is outside the page is white.
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        x < self.width && self.row(y).get(x as usize / 8).is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    /// Paints a dot; outside the page nothing happens.
    pub fn set(&mut self, x: u32, y: u32, black: bool) {
        if x >= self.width {
            return;
        }
        if let Some(byte) = self.row_mut(y).get_mut(x as usize / 8) {
            let bit = 0x80 >> (x % 8);
            if black {
                *byte |= bit;
            } else {
                *byte &= !bit;
            }
        }
    }

    /// Paints the dots `from..to` of row `y` black.
    pub fn fill_run(&mut self, y: u32, from: u32, to: u32) {
        let (from, to) = (from as usize, to.min(self.width) as usize);
        if from >= to {
            return;
        }
        let row = self.row_mut(y);
        let (first, last) = (from / 8, (to - 1) / 8);
        if last >= row.len() {
            return;
        }
        let (head, tail) = (0xffu8 >> (from % 8), 0xffu8 << (7 - (to - 1) % 8));
        if first == last {
            row[first] |= head & tail;
        } else {
            row[first] |= head;
            row[first + 1..last].fill(0xff);
            row[last] |= tail;
        }
    }
}

const fn stride(width: u32) -> usize {
    width.div_ceil(8) as usize
}

pub(crate) fn check_size(width: u32, rows: u32) -> Result<(), PageError> {
    if (1..=MAX_WIDTH).contains(&width) && (1..=MAX_ROWS).contains(&rows) { Ok(()) } else { Err(PageError::Size) }
}

/// The same for a scan.
pub(crate) fn check_scan(width: u32, rows: u32) -> Result<(), PageError> {
    if (1..=MAX_SIDE).contains(&width) && (1..=MAX_ROWS).contains(&rows) { Ok(()) } else { Err(PageError::Size) }
}

/// Decodes one T.6 strip into the rows `first..first + rows` of `bitmap`.
pub(crate) fn decode_strip(g4: &[u8], bitmap: &mut Bitmap, first: u32, rows: u32) -> Result<(), PageError> {
    let mut strip = Rows::new(g4, bitmap.width);
    for row in 0..rows {
        match strip.next()? {
            Some(changes) => paint(changes, bitmap, first + row),
            None => return Err(PageError::Short { found: first + row }),
        }
    }
    Ok(())
}

/// Reads the rows of a strip of one-dimensional T.4 (TIFF compression 3) into `bitmap`. All of them must be there.
pub(crate) fn decode_strip_t4(g3: &[u8], bitmap: &mut Bitmap, first: u32, rows: u32) -> Result<(), PageError> {
    /// Ends of line, for a strip that has none after its last row: libtiff writes them before each.
    const ENDS: [u8; 12] = [0, 0x10, 1, 0, 0x10, 1, 0, 0x10, 1, 0, 0x10, 1];
    let longest_row = bitmap.width as usize + 64;
    let budget = Cell::new(longest_row);
    let bytes = g3.iter().chain(&ENDS).map(|byte| match budget.get().checked_sub(1) {
        Some(left) => {
            budget.set(left);
            Ok(*byte)
        }
        None => Err(PageError::Damaged),
    });
    let mut decoder = Group3Decoder::new(bytes).map_err(|_| PageError::Damaged)?;
    for row in 0..rows {
        budget.set(longest_row);
        let ended = match decoder.advance() {
            Ok(status) => status == DecodeStatus::End,
            Err(_) => return Err(PageError::Damaged),
        };
        let changes = decoder.transitions();
        if changes.last().copied() != Some(bitmap.width) {
            return Err(if changes.is_empty() { PageError::Short { found: first + row } } else { PageError::Damaged });
        }
        paint(changes, bitmap, first + row);
        if ended && row + 1 < rows {
            return Err(PageError::Short { found: first + row + 1 });
        }
    }
    Ok(())
}

/// Paints a row from its colour changes. A forged row may list them out of order; such runs are empty.
pub(crate) fn paint(changes: &[u32], bitmap: &mut Bitmap, y: u32) {
    let width = bitmap.width;
    for black in changes.chunks(2) {
        let from = black[0];
        let to = black.get(1).copied().unwrap_or(width);
        bitmap.fill_run(y, from, to);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn striped(width: u32, height: u32) -> Bitmap {
        let mut bitmap = Bitmap::new(width, height);
        for y in 0..height {
            bitmap.fill_run(y, y % width, (y * 3) % width);
            bitmap.set(width - 1, y, y % 2 == 0);
        }
        bitmap
    }

    #[test]
    fn a_strip_that_ends_early_is_no_page() {
        let mut page = Page::encode(&striped(WIDTH_A4, 40), 204, 196);
        assert_eq!(page.decode().unwrap(), striped(WIDTH_A4, 40));
        page.rows = 41;
        assert_eq!(page.decode(), Err(PageError::Short { found: 40 }));
        page.g4.truncate(20);
        assert!(page.decode().is_err());
    }

    #[test]
    fn sizes_are_bounded() {
        for (width, rows) in [(0, 1), (1, 0), (MAX_WIDTH + 1, 1), (1, MAX_ROWS + 1)] {
            let page = Page { width, rows, x_dpi: 204, y_dpi: 196, g4: vec![0; 16], bad_rows: 0 };
            assert_eq!(page.decode(), Err(PageError::Size), "{width}x{rows}");
        }
    }

    #[test]
    fn a_row_of_endless_changes_is_refused() {
        // All ones: "vertical 0" for ever. It must end by the row's budget, not by memory.
        let page = Page { width: 8, rows: 2, x_dpi: 204, y_dpi: 196, g4: vec![0xaa; 1 << 20], bad_rows: 0 };
        let _ = page.decode();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_encoded_is_decoded(width in 1u32..200, height in 1u32..12, seed in proptest::collection::vec(any::<u8>(), 300)) {
            let rows = seed.iter().copied().cycle().take(stride(width) * height as usize).collect();
            let bitmap = Bitmap::from_rows(width, height, rows).unwrap();
            let page = Page::encode(&bitmap, 204, 98);
            prop_assert_eq!(page.decode().unwrap(), bitmap);
        }

        #[test]
        fn a_page_goes_below_a_band(width in 1u32..200, height in 1u32..12, band in 1u32..9, seed in proptest::collection::vec(any::<u8>(), 300)) {
            let rows = |n: u32, skip: usize| seed.iter().copied().cycle().skip(skip).take(stride(width) * n as usize).collect::<Vec<u8>>();
            let page = Bitmap::from_rows(width, height, rows(height, 0)).unwrap();
            let mut above = Bitmap::from_rows(width, band, rows(band, 7)).unwrap();
            above.row_mut(band - 1).fill(0);
            let whole = Page::encode(&page, 204, 196).below(&above).decode().unwrap();
            let expected: Vec<u8> = above.bytes().iter().chain(page.bytes()).copied().collect();
            prop_assert_eq!(whole.bytes(), expected.as_slice());
        }

        #[test]
        fn hostile_strips_never_panic(width in 1u32..3000, rows in 1u32..50, g4 in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Page { width, rows, x_dpi: 1, y_dpi: 1, g4, bad_rows: 0 }.decode();
        }
    }
}
