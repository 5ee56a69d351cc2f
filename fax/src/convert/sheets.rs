//! What is too long for a sheet, cut into several: a picture of a whole page of a screen, a strip of paper, a fax from a roll.
//!
//! Nothing stands on two sheets, since a trace of the heart must not have a beat twice, and nothing is missing between them. Where there is a gap in the last
//! part of a sheet, as there is between the lines of a text, the cut goes through the longest.

use super::layout::Layout;
use super::{Emit, Problem, encode};
use crate::grain::Grain;
use crate::page::Bitmap;

/// The part of a sheet, at its end, in which a gap is looked for: an inch and a half of eleven.
const WINDOW: (u32, u32) = (3, 22);

/// Gives a page of which `paint` paints the rows of a sheet from any row on: whole, or sheet by sheet.
pub(super) fn give(
    layout: &Layout,
    grain: Grain,
    mut paint: impl FnMut(u32) -> Result<Bitmap, Problem>,
    emit: Emit<'_>,
) -> Result<(), Problem> {
    let (mut top, mut white) = (0, 0);
    loop {
        let mut sheet = paint(top)?;
        let is_last = layout.whole - top <= layout.rows;
        let end = if is_last { sheet.height() } else { cut(&sheet) };
        for y in end..sheet.height() {
            sheet.row_mut(y).fill(0);
        }
        // What is white below the last letter is no page.
        if top > 0 && is_white(&sheet) {
            white += 1;
        } else {
            for _ in 0..std::mem::take(&mut white) {
                emit(encode(&Bitmap::new(layout.columns, layout.rows), grain))?;
            }
            emit(encode(&sheet, grain))?;
        }
        if is_last {
            return Ok(());
        }
        top += end;
    }
}

/// The first row that is left to the next sheet: in the longest gap, or, where there is none, among the rows with the fewest dots. A quarter of an inch
/// of a gap, and half of a smaller one, is left to the next sheet as its margin.
fn cut(sheet: &Bitmap) -> u32 {
    let rows = sheet.height();
    let window = rows * WINDOW.0 / WINDOW.1;
    let first = rows - window;
    let ink: Vec<u32> = (first..rows).map(|y| sheet.row(y).iter().map(|octet| octet.count_ones()).sum()).collect();
    let least = ink.iter().min().copied().unwrap_or_default();
    let (mut at, mut longest, mut y) = (rows, 0, first);
    for same in ink.chunk_by(|one, next| (*one == least) == (*next == least)) {
        let length = u32::try_from(same.len()).unwrap_or_default();
        if same[0] == least && length >= longest {
            (at, longest) = (y + length - (length / 2).min(window / 6), length);
        }
        y += length;
    }
    at
}

fn is_white(sheet: &Bitmap) -> bool {
    sheet.bytes().iter().all(|octet| *octet == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Page;

    const SHEET: u32 = 220;

    /// A long page with these rows full of ink, cut: for each sheet the rows of the page that have ink on it, in their order.
    fn sheets(whole: u32, inked: impl Fn(u32) -> bool) -> Vec<Vec<u32>> {
        let layout = Layout { columns: 1728, rows: SHEET, whole, scale: (204.0, 196.0), left: 0.0, turned: false };
        let (tops, mut pages) = (std::cell::RefCell::new(Vec::new()), Vec::<Page>::new());
        let paint = |top: u32| {
            tops.borrow_mut().push(top);
            let mut sheet = Bitmap::new(1728, SHEET);
            (0..SHEET).filter(|y| top + y < whole && inked(top + y)).for_each(|y| sheet.fill_run(y, 0, 1728));
            Ok(sheet)
        };
        let mut take = |page| {
            pages.push(page);
            Ok(())
        };
        give(&layout, Grain::FINE, paint, &mut take).expect("painted");
        let tops = tops.into_inner();
        let of = |(page, top): (&Page, &u32)| {
            let sheet = page.decode().expect("a page");
            (0..SHEET).filter(|y| sheet.is_black(0, *y)).map(|y| top + y).collect()
        };
        pages.iter().zip(&tops).map(of).collect()
    }

    #[test]
    fn each_row_stands_on_one_sheet_and_lines_are_not_cut() {
        for (whole, line, gap) in [(1000, 14, 6), (701, 5, 1), (441, 20, 9), (2000, 28, 1)] {
            let inked = |y: u32| y % (line + gap) < line;
            let all = sheets(whole, inked);
            let expected: Vec<u32> = (0..whole).filter(|y| inked(*y)).collect();
            assert_eq!(all.concat(), expected, "{whole} {line} {gap}");
            assert!(all.len() > 1);
            for sheet in &all[1..] {
                assert_eq!(sheet[0] % (line + gap), 0, "a sheet begins with a whole line: {whole} {line} {gap}");
            }
        }
    }

    #[test]
    fn what_has_no_gap_is_cut_and_has_no_row_twice() {
        let all = sheets(1000, |_| true);
        assert_eq!(all.concat(), (0..1000).collect::<Vec<_>>());
        assert!(all.len() <= 6, "the window is at the end of a sheet: {}", all.len());
    }

    #[test]
    fn what_is_white_at_the_end_is_no_sheet_and_a_white_sheet_between_others_is() {
        for whole in [230, 430, 1000] {
            assert_eq!(sheets(whole, |y| y < 100), [(0..100).collect::<Vec<_>>()], "{whole}");
        }
        let holed = sheets(1000, |y| !(100..=900).contains(&y));
        assert_eq!(holed.concat(), (0..100).chain(901..1000).collect::<Vec<_>>());
        assert!(holed.len() > 3 && holed[1].is_empty(), "{holed:?}");
        assert_eq!(sheets(1000, |_| false), [Vec::<u32>::new()]);
    }

    #[test]
    fn what_fits_is_one_sheet_also_if_it_is_white() {
        assert_eq!(sheets(SHEET, |_| false), [Vec::<u32>::new()]);
    }
}
