//! Where a page of a document stands on a page of a fax.
//!
//! A fax page is 1728 dots wide at 204 dots per inch, so a letter page is 0.03 inch too wide and shrinks by a third of a per
//! cent; an A4 page fits. Dots are not square: 204 across, 196 along. What is wider than high is turned, so that it fills the
//! paper. Nothing is enlarged, and nothing is shrunk below a fifth, because nobody could read it.

use super::Problem;
use crate::page::WIDTH_A4;

/// Dots per inch across (T.4 §2.1: 1728 dots on 215 mm).
pub(super) const X_DPI: f64 = 204.0;
/// Rows per inch along, fine (T.4 §2.1: 7.7 lines per mm).
pub(super) const Y_DPI: f64 = 196.0;
/// Rows of a letter page. Shorter pages are filled up with white rows, which cost one bit each on the line and spare us what
/// machines do with half pages.
pub(super) const MIN_ROWS: u32 = 2156;
/// Rows of a legal page, 14 inches: the longest sheet in a machine's tray. Longer pages shrink to it.
pub(super) const MAX_ROWS: u32 = 2744;
/// A page that would have to shrink further is refused.
const SMALLEST_SCALE: f64 = 0.2;

/// The place of a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Layout {
    /// Rows of the fax page.
    pub(super) rows: u32,
    /// Dots per inch of the document, across and along.
    pub(super) scale: (f64, f64),
    /// The first dot of the document across; along it begins at the top.
    pub(super) left: f64,
    /// The document's right side is up: it is turned by 90° against the clock.
    pub(super) turned: bool,
}

/// Places a page of `width` × `height` inches.
pub(super) fn place(width: f64, height: f64) -> Result<Layout, Problem> {
    if !(width.is_finite() && height.is_finite() && width > 0.0 && height > 0.0) {
        return Err(Problem::Broken);
    }
    let turned = width > height;
    let (width, height) = if turned { (height, width) } else { (width, height) };
    let scale = (f64::from(WIDTH_A4) / X_DPI / width).min(f64::from(MAX_ROWS) / Y_DPI / height).min(1.0);
    if scale < SMALLEST_SCALE {
        return Err(Problem::TooLarge);
    }
    let rows = (height * scale * Y_DPI).round();
    let left = ((f64::from(WIDTH_A4) - width * scale * X_DPI) / 2.0).floor().max(0.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows are at most MAX_ROWS")]
    let rows = (rows as u32).clamp(MIN_ROWS, MAX_ROWS);
    Ok(Layout { rows, scale: (scale * X_DPI, scale * Y_DPI), left, turned })
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
            (8.5, 30.0, 2744, 459.0, false),
        ] {
            let layout = place(width, height).unwrap();
            assert_eq!((layout.rows, layout.left, layout.turned), (rows, left, turned), "{width} x {height}");
            assert!(layout.scale.0 <= X_DPI && (layout.scale.0 / layout.scale.1 - X_DPI / Y_DPI).abs() < 1e-9);
        }
        assert_eq!(place(200.0, 200.0), Err(Problem::TooLarge));
        assert_eq!(place(0.01, 100.0), Err(Problem::TooLarge));
        assert_eq!(place(f64::NAN, 1.0), Err(Problem::Broken));
    }
}
