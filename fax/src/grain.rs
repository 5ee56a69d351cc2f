//! The resolutions of T.4 (§2.2 and T.30 Table 2), and pages that go from one to another: a far end that has less gets a coarser page,
//! and a document whose pages come from machines of several kinds becomes one of a single kind.

use model::Resolution;

use crate::page::{Bitmap, MAX_ROWS, Page, PageError, WIDTH_A4};

/// How fine a page is, and how many dots its rows have then on paper of 215 mm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grain {
    /// Dots in a row.
    pub width: u32,
    /// Dots per inch across, rounded.
    pub x_dpi: u16,
    /// Rows per inch, rounded.
    pub y_dpi: u16,
}

impl Grain {
    /// R8 × 7.7.
    pub const FINE: Self = Self { width: WIDTH_A4, x_dpi: 204, y_dpi: 196 };
    /// 300 dots per inch both ways.
    pub const DOTS_300: Self = Self { width: 2592, x_dpi: 300, y_dpi: 300 };
    /// R16 × 15.4, which counts as 400 dots per inch.
    pub const DOTS_400: Self = Self { width: 3456, x_dpi: 408, y_dpi: 391 };

    /// That of a setting.
    pub const fn of(resolution: Resolution) -> Self {
        match resolution {
            Resolution::Fine => Self::FINE,
            Resolution::Dots300 => Self::DOTS_300,
            Resolution::Dots400 => Self::DOTS_400,
        }
    }

    /// The finest of these that a machine takes which takes 300 and 400 dots per inch or not, and that is no finer than this one.
    #[must_use]
    pub const fn within(self, takes_300: bool, takes_400: bool) -> Self {
        if takes_400 && self.x_dpi >= Self::DOTS_400.x_dpi {
            Self::DOTS_400
        } else if takes_300 && self.x_dpi >= Self::DOTS_300.x_dpi {
            Self::DOTS_300
        } else {
            Self::FINE
        }
    }

    /// That of a page, if it is one of these across. Standard rows count as fine ones: the engine doubles nothing and asks for nothing.
    pub fn of_page(page: &Page) -> Option<Self> {
        match page.x_dpi {
            200..=208 => Some(Self::FINE),
            300 => Some(Self::DOTS_300),
            400..=410 => Some(Self::DOTS_400),
            _ => None,
        }
    }
}

impl Page {
    /// The same page at another resolution. Black never gets lost: a dot that is black in any part is black in the whole.
    ///
    /// # Errors
    /// The page cannot be painted, or becomes too large.
    pub fn at(&self, grain: Grain) -> Result<Self, PageError> {
        if (self.width, self.x_dpi, self.y_dpi) == (grain.width, grain.x_dpi, grain.y_dpi) {
            return Ok(self.clone());
        }
        let across = Grain::of_page(self).map_or(u64::from(self.width), |own| u64::from(own.width));
        let width = scaled(self.width, u64::from(grain.width), across);
        let rows = scaled(self.rows, lines(grain.y_dpi), lines(self.y_dpi));
        if rows > MAX_ROWS {
            return Err(PageError::Size);
        }
        let from = self.decode()?;
        let mut to = Bitmap::new(width, rows);
        let mut merged = Vec::new();
        for y in 0..rows {
            let (first, last) = span(y, rows, self.rows);
            merged.clear();
            merged.extend_from_slice(from.row(first));
            for row in first + 1..last {
                merged.iter_mut().zip(from.row(row)).for_each(|(dots, more)| *dots |= more);
            }
            black_runs(&merged, self.width, |left, right| {
                let (left, right) = (span(left, self.width, width).0, span(right - 1, self.width, width).1);
                to.fill_run(y, left, right);
            });
        }
        Ok(Self { bad_rows: self.bad_rows, ..Self::encode(&to, grain.x_dpi, grain.y_dpi) })
    }
}

/// Rows in ten metres: T.4 counts its own in millimetres, so that the finer is the coarser twice.
fn lines(y_dpi: u16) -> u64 {
    match y_dpi {
        97..=99 => 38_500,
        195..=197 => 77_000,
        390..=392 => 154_000,
        // A resolution of zero cannot be a machine's; it is taken for the fine one.
        0 => 77_000,
        dpi => u64::from(dpi) * 1_000_000 / 2540,
    }
}

fn scaled(side: u32, to: u64, from: u64) -> u32 {
    u32::try_from((u64::from(side) * to + from / 2) / from.max(1)).unwrap_or(u32::MAX).max(1)
}

/// Which of `others` the dot `index` of `own` falls on: the first, and the one after the last.
fn span(index: u32, own: u32, others: u32) -> (u32, u32) {
    let (index, own, others) = (u64::from(index), u64::from(own.max(1)), u64::from(others));
    let (first, last) = (index * others / own, ((index + 1) * others).div_ceil(own));
    (first as u32, last as u32)
}

/// Tells each run of black dots of a packed row: its first dot, and the one after its last.
fn black_runs(row: &[u8], width: u32, mut tell: impl FnMut(u32, u32)) {
    let mut began = None;
    let mut x = 0;
    for byte in row {
        // Most of a page is white.
        if *byte == 0 && began.is_none() {
            x += 8;
            continue;
        }
        for bit in 0..8 {
            let black = byte & (0x80 >> bit) != 0;
            match began {
                None if black => began = Some(x),
                Some(from) if !black => {
                    tell(from, x);
                    began = None;
                }
                _ => {}
            }
            x += 1;
        }
    }
    if let Some(from) = began {
        tell(from, width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(grain: Grain, rows: u32) -> Page {
        let mut bitmap = Bitmap::new(grain.width, rows);
        for y in 0..rows {
            bitmap.fill_run(y, y * 7 % grain.width, y * 7 % grain.width + y % 5 + 1);
            bitmap.set(grain.width - 1, y, y % 3 == 0);
        }
        Page::encode(&bitmap, grain.x_dpi, grain.y_dpi)
    }

    #[test]
    fn the_finer_is_the_coarser_twice_and_back() {
        let fine = page(Grain::FINE, 101);
        let finer = fine.at(Grain::DOTS_400).unwrap();
        assert_eq!((finer.width, finer.rows, finer.x_dpi, finer.y_dpi), (3456, 202, 408, 391));
        let (small, large) = (fine.decode().unwrap(), finer.decode().unwrap());
        for (x, y) in [(0, 0), (7, 1), (8, 1), (1727, 99), (350, 50), (353, 50)] {
            assert_eq!(large.is_black(2 * x + 1, 2 * y), small.is_black(x, y), "{x}, {y}");
        }
        assert_eq!(finer.at(Grain::FINE).unwrap().decode().unwrap(), small);
        // Standard rows are doubled, and a page of the same kind is the same strip.
        let standard = Page { y_dpi: 98, ..fine.clone() };
        assert_eq!(standard.at(Grain::FINE).unwrap().rows, 202);
        // For a machine that takes no fine page a finer one is standard too.
        let coarse = finer.standard().unwrap();
        assert_eq!((coarse.width, coarse.rows, coarse.x_dpi, coarse.y_dpi), (1728, 51, 204, 98));
        assert_eq!(fine.at(Grain::FINE).unwrap(), fine);
    }

    #[test]
    fn no_line_gets_lost_on_the_way_to_a_coarser_page() {
        for (from, to) in [(Grain::DOTS_300, Grain::FINE), (Grain::DOTS_400, Grain::DOTS_300)] {
            // Lines of one dot, across and along.
            let mut bitmap = Bitmap::new(from.width, 3000);
            (0..3000).step_by(7).for_each(|y| bitmap.fill_run(y, 0, from.width));
            let along = (0..from.width).step_by(11);
            (0..3000).for_each(|y| along.clone().for_each(|x| bitmap.set(x, y, true)));
            let coarse = Page::encode(&bitmap, from.x_dpi, from.y_dpi).at(to).unwrap().decode().unwrap();
            for y in (0..3000).step_by(7) {
                let there = span(y, 3000, coarse.height()).0;
                assert!(coarse.row(there).iter().all(|byte| *byte == 0xff), "{from:?}: row {y}");
            }
            for x in along {
                let there = span(x, from.width, coarse.width()).0;
                assert!((0..coarse.height()).all(|y| coarse.is_black(there, y)), "{from:?}: column {x}");
            }
        }
    }

    #[test]
    fn a_page_is_no_finer_than_the_machine_takes() {
        assert_eq!(Grain::DOTS_400.within(true, true), Grain::DOTS_400);
        assert_eq!(Grain::DOTS_400.within(true, false), Grain::DOTS_300);
        assert_eq!(Grain::DOTS_300.within(false, true), Grain::FINE);
        assert_eq!(Grain::FINE.within(true, true), Grain::FINE);
    }

    #[test]
    fn what_becomes_too_large_is_refused() {
        let long = Page::encode(&Bitmap::new(1728, MAX_ROWS), 204, 196);
        assert_eq!(long.at(Grain::DOTS_400), Err(PageError::Size));
    }
}
