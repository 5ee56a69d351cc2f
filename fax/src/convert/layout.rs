//! Where a page of a document stands on a page of a fax.
//!
//! A fine fax page is 1728 dots wide at 204 dots per inch, so a letter page is 0.03 inch too wide and shrinks by a third of a per
//! cent; an A4 page fits. Dots are not square: 204 across, 196 along; finer pages have other numbers ([`Grain`]). What is wider than high is turned, so that it fills the
//! paper. Nothing is enlarged, and nothing is shrunk below a fifth, because nobody could read it. What is far longer than a sheet (a picture of a whole screen's
//! page, a strip of paper) is not shrunk to one but [cut](super::sheets).

use super::Problem;
use crate::grain::Grain;

/// Inches of a letter page. Shorter pages are filled up with white rows, which cost one bit each on the line and spare us what
/// machines do with half pages.
const LETTER: u32 = 11;
/// Inches of a legal page: the longest sheet in a machine's tray. Longer pages shrink to it.
const LEGAL: u32 = 14;

/// The rows that a page may have.
pub(super) fn rows(grain: Grain) -> std::ops::RangeInclusive<u32> {
    LETTER * u32::from(grain.y_dpi)..=LEGAL * u32::from(grain.y_dpi)
}

/// Whose length alone would shrink it below this part of what its width allows is cut: two thirds of a small print can just be read.
const WORTH_CUTTING: f64 = 2.0 / 3.0;
/// The most inches that are cut into sheets: the longest page that a PDF may have (ISO 32000-1, annex C).
const LONGEST: f64 = 200.0;

/// A page that would have to shrink further is refused.
const SMALLEST_SCALE: f64 = 0.2;

/// The place of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layout {
    /// Dots in a row of the fax page, and its rows.
    pub(super) columns: u32,
    /// See above. Of what is cut, those of a sheet.
    pub(super) rows: u32,
    /// The rows of all its sheets together.
    pub(super) whole: u32,
    /// Dots per inch of the document, across and along.
    pub(super) scale: (f64, f64),
    /// The first dot of the document across; along it begins at the top.
    pub(super) left: f64,
    /// The document's right side is up: it is turned by 90° against the clock.
    pub(super) turned: bool,
}

/// Places a page of `width` × `height` inches.
pub(super) fn place(width: f64, height: f64, grain: Grain) -> Result<Layout, Problem> {
    of(width, height, grain, true)
}

fn of(width: f64, height: f64, grain: Grain, may_be_cut: bool) -> Result<Layout, Problem> {
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return Err(Problem::Broken);
    }
    let turned = width > height;
    let (width, height) = if turned { (height, width) } else { (width, height) };
    let (columns, x_dpi, y_dpi) = (f64::from(grain.width), f64::from(grain.x_dpi), f64::from(grain.y_dpi));
    let (by_width, by_length) = ((columns / x_dpi / width).min(1.0), f64::from(LEGAL) / height);
    let is_cut = may_be_cut && by_length < by_width * WORTH_CUTTING && height * by_width <= LONGEST;
    let scale = if is_cut { by_width } else { by_width.min(by_length) };
    if scale < SMALLEST_SCALE {
        return Err(Problem::TooLarge);
    }
    let left = ((columns - width * scale * x_dpi) / 2.0).floor().max(0.0);
    let (least, most) = rows(grain).into_inner();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a page has a bound")]
    let long = (height * scale * y_dpi).round() as u32;
    let (rows, whole) = if is_cut { (least, long) } else { (long.clamp(least, most), long.clamp(least, most)) };
    Ok(Layout { columns: grain.width, rows, whole, scale: (scale * x_dpi, scale * y_dpi), left, turned })
}

impl Layout {
    const fn is_cut(&self) -> bool {
        self.whole > self.rows
    }

    const fn shrunk(self, times: f64) -> Self {
        Self { scale: (self.scale.0 / times, self.scale.1 / times), ..self }
    }
}

/// A scan at 600 dpi is no poster: pictures are shrunk as far as the paper needs, whatever their count of pixels says.
pub(super) fn place_large(width: f64, height: f64, grain: Grain) -> Result<Layout, Problem> {
    // Five times the paper is as far as `place` shrinks.
    let by_width = (width.min(height) / 40.0).max(1.0);
    if let Ok(layout) = place(width / by_width, height / by_width, grain)
        && layout.is_cut()
    {
        return Ok(layout.shrunk(by_width));
    }
    let excess = by_width.max(width.max(height) / 65.0);
    Ok(of(width / excess, height / excess, grain, false)?.shrunk(excess))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_fit_and_are_never_enlarged() {
        for (width, height, rows, left, turned) in [
            (8.5, 11.0, 2156, 0.0, false),
            (11.0, 8.5, 2156, 0.0, true),
            (8.268, 11.693, 2292, 20.0, false),
            (8.5, 14.0, 2735, 0.0, false),
            (4.0, 6.0, 2156, 456.0, false),
            (8.5, 20.0, 2744, 257.0, false),
        ] {
            let layout = place(width, height, Grain::FINE).unwrap();
            assert_eq!((layout.rows, layout.left, layout.turned), (rows, left, turned), "{width} x {height}");
            assert!(!layout.is_cut(), "{width} x {height}");
            assert!(layout.scale.0 <= 204.0 && (layout.scale.0 / layout.scale.1 - 204.0 / 196.0).abs() < 1e-9);
            // A finer page is the same, with more dots.
            let finer = place(width, height, Grain::DOTS_400).unwrap();
            assert_eq!((finer.columns, finer.turned), (3456, turned));
            assert!(finer.rows.abs_diff(layout.rows * 391 / 196) < 3, "{finer:?}");
        }
        assert_eq!(place(200.0, 200.0, Grain::FINE), Err(Problem::TooLarge));
        assert_eq!(place(0.01, 300.0, Grain::FINE), Err(Problem::TooLarge));
        assert_eq!(place(f64::NAN, 1.0, Grain::FINE), Err(Problem::Broken));
    }

    #[test]
    fn what_is_far_longer_than_a_sheet_is_cut_and_not_shrunk() {
        for (width, height, scale, whole, turned) in [
            (8.5, 30.0, 203.3, 5860, false),
            (30.0, 8.5, 203.3, 5860, true),
            (4.0, 100.0, 204.0, 19_600, false),
            (17.0, 100.0, 101.6, 9766, false),
        ] {
            let layout = place(width, height, Grain::FINE).unwrap();
            assert!((layout.scale.0 - scale).abs() < 0.1, "{width} x {height}: {layout:?}");
            assert_eq!((layout.rows, layout.whole, layout.turned), (2156, whole, turned), "{width} x {height}");
        }
        // A picture of a long page on a telephone, whose pixels nobody has counted in inches: as wide as the paper.
        let layout = place_large(11.7, 160.0, Grain::FINE).unwrap();
        assert!(layout.is_cut() && (layout.scale.0 * 11.7 - 1728.0).abs() < 1.0, "{layout:?}");
        let layout = place_large(80.0, 1600.0, Grain::FINE).unwrap();
        assert!(layout.is_cut() && (layout.scale.0 * 80.0 - 1728.0).abs() < 1.0, "{layout:?}");
        // Nobody makes a page of a thousand inches: it is a picture with strange numbers, and shrinks to a sheet.
        assert!(place_large(1.0, 1000.0, Grain::FINE).is_ok_and(|layout| !layout.is_cut()));
    }
}
