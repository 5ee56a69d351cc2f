//! What somebody laid out with blanks: which lines of a text that are, and how they keep their columns.
//!
//! A row is laid out if one of its neighbours is: under a head with wide gaps the row of the longest name has but one blank between its columns,
//! and in letters of other widths its doses would stand under another column's head. So neighbouring lines have one face, and a blank
//! line parts them only from lines that stand together themselves: rows are set apart by blank lines, too. That a "Regards," above or
//! below a list is set like the list costs nothing.

use std::borrow::Cow;

use super::Face;

/// Columns of a text that somebody laid out with blanks: so wide were screens, and mail programs still break lines there.
const COLUMNS: f32 = 80.0;
/// Of the face that has letters of one width, in thousandths of the size.
const ONE_WIDTH: f32 = 602.5;
/// Blanks at the beginning of a line that are more than an item's, and columns between two stops of a tabulator.
const SET_IN: usize = 4;
const STOP: usize = 8;

/// A line of a text, and the face and size that it is set in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Set<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) face: Face,
    pub(crate) size: f32,
    /// It begins with the sign that a printer takes for a new sheet, and is shown without.
    pub(crate) on_new_sheet: bool,
}

/// The lines of a text: of letters of one width where they were laid out with blanks, and so small that a line of those fits.
pub(crate) fn set(text: &str, size: f32, width: f32) -> impl Iterator<Item = Set<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let fixed = laid_out(&lines);
    lines.into_iter().zip(fixed).map(move |(whole, fixed)| {
        let line = whole.trim_start_matches('\x0c');
        let on_new_sheet = line.len() < whole.len();
        if fixed {
            let size = size.min(width * 1000.0 / COLUMNS / ONE_WIDTH);
            Set { text: Cow::Owned(in_columns(line)), face: Face::Fixed, size, on_new_sheet }
        } else {
            Set { text: Cow::Borrowed(line), face: Face::Regular, size, on_new_sheet }
        }
    })
}

/// For each line whether it is one of those that were laid out.
fn laid_out(lines: &[&str]) -> Vec<bool> {
    let mut runs: Vec<(&[&str], bool)> = lines
        .chunk_by(|a, b| is_empty(a) == is_empty(b))
        .map(|run| (run, run.iter().any(|line| is_laid_out(line))))
        .collect();
    let behind = 2..runs.len();
    // What stands alone goes with what is above it, and then with what is below.
    let mut spread = |at: usize, from: usize| {
        let is_alone = runs[at].0.len() == 1 && !is_empty(runs[at].0[0]);
        runs[at].1 |= is_alone && runs[from].1;
    };
    behind.clone().for_each(|at| spread(at, at - 2));
    behind.rev().for_each(|at| spread(at - 2, at));
    runs.into_iter().flat_map(|(run, fixed)| std::iter::repeat_n(fixed, run.len())).collect()
}

fn is_empty(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || c.is_control())
}

/// The line with blanks for its tabulators.
fn in_columns(line: &str) -> String {
    let mut columns = String::with_capacity(line.len());
    let mut at = 0;
    for c in line.chars() {
        let blanks = if c == '\t' { STOP - at % STOP } else { 1 };
        columns.extend(std::iter::repeat_n(if is_blank(c) { ' ' } else { c }, blanks));
        at += blanks;
    }
    columns
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}')
}

/// It has blanks in which something stands above or below. Two behind a sentence are none.
fn is_laid_out(text: &str) -> bool {
    let text = text.trim_end();
    let (mut blanks, mut before) = (0, None);
    for c in text.chars() {
        if is_blank(c) {
            blanks += if c == '\t' { STOP } else { 1 };
            continue;
        }
        let least = match before {
            None => SET_IN,
            Some('.' | '!' | '?') => 3,
            Some(_) => 2,
        };
        if blanks >= least {
            return true;
        }
        (blanks, before) = (0, Some(c));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::{blank, glyphs, wrap};
    use super::*;

    #[test]
    fn what_was_laid_out_with_blanks_keeps_its_columns() {
        for (text, expected) in [
            ("             AM   PM", "             AM   PM"),
            ("Metoprolol   5 mg", "Metoprolol   5 mg"),
            ("A\t5 mg", "A       5 mg"),
            ("A\u{a0}\u{a0}5", "A  5"),
        ] {
            let line = set(text, 11.0, 504.0).next().expect("a line");
            assert_eq!((&*line.text, line.face), (expected, Face::Fixed), "{text}");
            assert!(wrap(&line.text, line.face, line.size, 504.0, 9).len() == 1 && line.size > 9.0);
            assert_eq!(wrap(&"x  ".repeat(26), line.face, line.size, 504.0, 9).len(), 1, "eighty columns have room");
        }
        for text in ["Dear colleague,", "  - noon", "Stop it.  Take 5 mg.", "a | b", "A      "] {
            let as_it_is = Set { text: Cow::Borrowed(text), face: Face::Regular, size: 11.0, on_new_sheet: false };
            assert_eq!(set(text, 11.0, 504.0).collect::<Vec<_>>(), [as_it_is], "{text}");
        }
        // Whatever the letters are, the next column is where it is.
        let width = |text: &str| glyphs(text, Face::Fixed).iter().map(|glyph| glyph.advance()).sum::<f32>();
        for text in ["iiii", "WWWW", "ж≥☐µ", "┌──┐", "日本 ?"] {
            let expected = text.chars().count() as f32 * width("m");
            assert!((width(text) - expected).abs() < 1.0 && width("m") <= ONE_WIDTH, "{text}: {}", width(text));
        }
        assert!((blank(Face::Fixed).advance() - width("m")).abs() < 0.1);
    }

    #[test]
    fn a_row_is_set_as_its_neighbours_are() {
        /// What stands behind "=" is set in letters of one width, what stands behind "-" is not.
        #[track_caller]
        fn check(marked: &str) {
            let lines: Vec<&str> = marked.lines().map(|line| line.get(1..).unwrap_or_default()).collect();
            let expected: Vec<char> = marked.chars().filter(|c| matches!(c, '=' | '-')).collect();
            let text = lines.join("\n");
            let all = set(&text, 11.0, 504.0).filter(|line| !line.text.is_empty());
            let faces: Vec<char> = all.map(|line| if line.face == Face::Fixed { '=' } else { '-' }).collect();
            assert_eq!(faces, expected, "{text}");
        }
        check("=Drug         AM  PM\n=Metoprolol   5   10\n=Levothyroxin 100 125");
        check("=Levothyroxin 100 125\n=Metoprolol   5   10");
        check("=\tAM\n=Aspirin\t5\n=Aspirin 5");
        // Rows that blank lines part, and a head above them.
        check("=Drug         AM  PM\n\n=Levothyroxin 100 125\n\n\n=Ciprofloxacin 5 10");
        check("=Levothyroxin 100 125\n\n=Ciprofloxacin 5 10\n\n=Metoprolol   5   10");
        // A letter beside a list is none of it.
        check("-Dear colleague,\n-please note\n\n=Aspirin  5\n=Codeine 30\n\n-Regards,\n-the clinic");
        check("-One.\n\n-Two.\n-Three.");
    }
}
