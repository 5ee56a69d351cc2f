//! Reading the rows of a page as they came over a telephone line: MH and MR (T.4), where rows may have been damaged on the way, and MMR
//! (T.6), which comes under error correction alone.
//!
//! A damaged row is counted and becomes a copy of the last good one, as T.4 machines do: what is lost is seen as a smear and never as
//! white paper. In MR the rows that are coded against it are lost too, up to the next that stands for itself.
//!
//! A row by its runs is whole when they come to its width, which is T.4's own check (section 4.1.1); between it and its end of line there are
//! zeros and nothing else (section 4.1.3). Where something else stands there, it is that end which was damaged and not the row, and the row
//! behind it is lost, if there is room for one. A row by the one above comes to its width whatever was damaged in it: there the same says
//! that it was.
//!
//! Some modems turn the octets of what they give, whatever they were told. A page is read both ways if the first makes little sense, and
//! the way that gives more good rows is the right one: a page read the wrong way round has hardly any.

use crate::page::{Bitmap, MAX_ROWS, PageError, paint};
use crate::strip::{Changes, Codes};
use crate::worker::proto::Coding;

/// Zeros before the one that ends a row; no code has so many (T.4 section 4.1.2).
const EOL_ZEROS: usize = 11;
/// So many ends of line with nothing between them end the page: six were sent (RTC), and some may be damaged.
const ENDS: u32 = 3;
/// The shortest row has so many bits: white, by a code of 1728 dots and one of none (T.4 tables 2 and 3).
const SHORTEST_ROW: usize = 17;

/// What was read of a page.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The rows.
    pub(crate) bitmap: Bitmap,
    /// Of them, those that were damaged.
    pub(crate) bad: u32,
    /// Only under T.6: it ends as it should.
    pub(crate) ends: bool,
}

impl Rows {
    const fn good(&self) -> u32 {
        self.bitmap.height() - self.bad
    }
}

/// Reads a page whose first bit is the lowest of its octet, or the highest if that makes more sense. `None`: there is no row in it.
pub(crate) fn read(data: &[u8], width: u32, coding: Coding) -> Option<Rows> {
    let turned: Vec<u8> = data.iter().map(|octet| octet.reverse_bits()).collect();
    let first = rows(&turned, width, coding);
    if first.as_ref().is_some_and(|rows| rows.bad == 0 && rows.ends) {
        return first;
    }
    let second = rows(data, width, coding);
    let good = |rows: &Option<Rows>| rows.as_ref().map_or(0, Rows::good);
    if good(&second) > good(&first) { second } else { first }
}

/// Reads the rows of a strip of two-dimensional T.4 (TIFF compression 3) into `bitmap`, the highest bit of an octet first. A file has not been over a
/// line: all of them must be there, and none damaged.
pub(crate) fn read_strip(data: &[u8], bitmap: &mut Bitmap, first: u32, rows: u32) -> Result<(), PageError> {
    let mut strip = Reading::new(data, bitmap.width(), rows);
    strip.t4(true);
    if strip.bad > 0 {
        return Err(PageError::Damaged);
    }
    if strip.rows < rows {
        return Err(PageError::Short { found: first + strip.rows });
    }
    for row in 0..rows {
        bitmap.copy_row(first + row, strip.bitmap.row(row));
    }
    Ok(())
}

fn rows(data: &[u8], width: u32, coding: Coding) -> Option<Rows> {
    let mut page = Reading::new(data, width, MAX_ROWS);
    match coding {
        Coding::Mh | Coding::Mr => page.t4(coding == Coding::Mr),
        Coding::Mmr => page.t6(),
    }
    let Reading { bitmap, rows, bad, ends, .. } = page;
    let stride = bitmap.stride();
    let dots = bitmap.bytes().get(..stride * rows as usize)?.to_vec();
    Some(Rows { bitmap: Bitmap::from_rows(width, rows, dots)?, bad, ends })
}

/// A page that is being read.
struct Reading<'a> {
    codes: Codes<'a>,
    /// As high as it may be; so many rows of it are there.
    bitmap: Bitmap,
    rows: u32,
    bad: u32,
    ends: bool,
    /// Of the last row that is there.
    above: Changes,
    width: u32,
}

impl<'a> Reading<'a> {
    fn new(data: &'a [u8], width: u32, most_rows: u32) -> Self {
        let mut above = Changes::default();
        above.end(width);
        let bitmap = Bitmap::new(width, most_rows);
        Self { codes: Codes::new(data, width), bitmap, rows: 0, bad: 0, ends: true, above, width }
    }

    /// Rows behind their ends of line. In MR (`tagged`) the bit after that says whether a row stands for itself.
    fn t4(&mut self, tagged: bool) {
        let mut ends = 0;
        // What came since the last end of line was no row; in MR nothing is known then until one stands for itself.
        let (mut spoiled, mut lost) = (false, false);
        while self.codes.find_row() && self.rows < self.bitmap.height() {
            // Only now: what a call breaks off in the midst of is no row.
            if std::mem::take(&mut spoiled) {
                self.damaged();
                lost = true;
            }
            let alone = !tagged || self.codes.bit();
            if self.codes.is_end_of_line() {
                ends += 1;
                if ends + 1 >= ENDS {
                    return;
                }
                continue;
            }
            if self.codes.rest_is_zero() {
                return;
            }
            // An end of line too many is the remains of a row.
            if std::mem::take(&mut ends) > 0 {
                self.damaged();
                lost = true;
            }
            lost &= !alone;
            let row = if lost {
                None
            } else if alone {
                self.row_alone()
            } else {
                self.row()
            };
            let ends = self.codes.is_end_of_line() || self.codes.rest_is_zero();
            match row.filter(|_| ends || alone) {
                Some(row) => {
                    self.keep(&row);
                    spoiled = !ends && self.codes.junk() >= SHORTEST_ROW;
                }
                None => spoiled = true,
            }
        }
    }

    /// Rows one after the other, until the end of the block.
    fn t6(&mut self) {
        while self.rows < self.bitmap.height() && !self.codes.rest_is_zero() {
            if self.codes.is_end_of_line() {
                return;
            }
            let Some(row) = self.row() else { break };
            self.keep(&row);
        }
        self.ends = false;
    }

    fn keep(&mut self, row: &[u32]) {
        paint(row, &mut self.bitmap, self.rows);
        self.above.read(self.bitmap.row(self.rows), self.width);
        self.rows += 1;
    }

    /// What was to be a row is a copy of the one above.
    fn damaged(&mut self) {
        if let Some(above) = self.rows.checked_sub(1) {
            let above = self.bitmap.row(above).to_vec();
            self.bitmap.copy_row(self.rows, &above);
        }
        self.rows += 1;
        self.bad += 1;
    }

    /// A row by its runs (T.4 section 4.1.1): where it changes its colour. `None`: it is none.
    fn row_alone(&mut self) -> Option<Vec<u32>> {
        let (mut changes, mut at) = (Vec::new(), 0);
        while at < self.width {
            at += self.codes.run(changes.len() % 2 == 1).ok()?;
            changes.push(at);
        }
        (at == self.width).then_some(changes)
    }

    /// A row by the one above. `None`: it is none.
    fn row(&mut self) -> Option<Vec<u32>> {
        let mut changes = Vec::new();
        let end = self.codes.row(&self.above.0, &mut changes).ok()?;
        (end == Some(self.width)).then_some(changes)
    }
}

/// What is between the rows.
impl Codes<'_> {
    fn bit(&mut self) -> bool {
        let bit = self.bytes.get(self.at / 8).is_some_and(|octet| octet & (0x80 >> (self.at % 8)) != 0);
        self.at += 1;
        bit
    }

    /// Here a row ends: zeros that are no code, and then a one.
    fn is_end_of_line(&self) -> bool {
        self.peek() >> (64 - EOL_ZEROS) == 0 && !self.rest_is_zero()
    }

    /// What is left are zeros: fill behind the last row.
    fn rest_is_zero(&self) -> bool {
        let (first, from) = (self.at / 8, self.at % 8);
        let head = self.bytes.get(first).is_none_or(|octet| octet & (0xff >> from) == 0);
        head && self.bytes.iter().skip(first + 1).all(|octet| *octet == 0)
    }

    /// How many bits stand between here and the next end of line, without the zeros at both ends. None if no such end comes any more.
    fn junk(&self) -> usize {
        let mut rest = Codes::new(self.bytes, 0);
        rest.at = self.at;
        while rest.at < rest.bytes.len() * 8 && !rest.bit() {}
        let begins = rest.at.saturating_sub(1);
        if rest.find_row() { (rest.at - 1 - EOL_ZEROS).saturating_sub(begins) } else { 0 }
    }

    /// Goes behind the next end of line. False: there is none any more.
    fn find_row(&mut self) -> bool {
        let mut zeros = 0;
        while self.at < self.bytes.len() * 8 {
            if self.bit() {
                if zeros >= EOL_ZEROS {
                    return true;
                }
                zeros = 0;
            } else {
                zeros += 1;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::strip::Strip;

    fn letters(rows: u32) -> Bitmap {
        let mut bitmap = Bitmap::new(1728, rows);
        for y in 0..rows {
            (0..y % 13).for_each(|n| bitmap.fill_run(y, n * 130, n * 130 + 1 + n * y % 129));
            // Black at the left edge, and to the right one.
            if y % 7 == 0 {
                bitmap.fill_run(y, 0, 9);
                bitmap.fill_run(y, 1700, 1728);
            }
        }
        bitmap
    }

    /// As it comes from a line: the first bit lowest, with the ends of the page.
    fn sent(bitmap: &Bitmap, coding: Coding, ends: bool) -> Vec<u8> {
        let mut bytes = match coding {
            Coding::Mh => Strip::t4(bitmap, 1).bytes,
            Coding::Mr => Strip::t4(bitmap, 4).bytes,
            Coding::Mmr => Strip::of(bitmap).bytes,
        };
        if ends && coding != Coding::Mmr {
            bytes.push(0);
            let end = if coding == Coding::Mr { "0000000000011" } else { "000000000001" };
            let bits: Vec<u8> = end.repeat(6).bytes().map(|c| c - b'0').collect();
            bytes.extend(bits.chunks(8).map(|c| c.iter().enumerate().fold(0, |o, (n, bit)| o | bit << (7 - n))));
        }
        bytes.iter().map(|octet| octet.reverse_bits()).collect()
    }

    const ALL: [Coding; 3] = [Coding::Mh, Coding::Mr, Coding::Mmr];

    #[test]
    fn a_page_is_read_in_each_coding_also_turned_and_without_its_end() {
        let page = letters(200);
        for coding in ALL {
            for ends in [true, false] {
                let data = sent(&page, coding, ends);
                let turned: Vec<u8> = data.iter().map(|octet| octet.reverse_bits()).collect();
                for data in [data, turned] {
                    let read = read(&data, 1728, coding).unwrap();
                    assert_eq!((read.bad, read.ends), (0, true), "{coding:?}");
                    assert_eq!(read.bitmap, page, "{coding:?}");
                }
            }
        }
    }

    #[test]
    fn a_damaged_row_is_counted_and_costs_no_other_than_those_that_hang_on_it() {
        let page = letters(200);
        for (coding, most) in [(Coding::Mh, 2), (Coding::Mr, 5)] {
            let mut data = sent(&page, coding, true);
            let middle = data.len() / 2;
            data[middle] ^= 0xff;
            let read = read(&data, 1728, coding).unwrap();
            assert!((1..=most).contains(&read.bad), "{coding:?}: {} bad rows", read.bad);
            assert!(read.bitmap.height().abs_diff(200) <= 1, "{coding:?}: {} rows", read.bitmap.height());
            let same = (0..90).all(|y| read.bitmap.row(y) == page.row(y));
            assert!(same && read.bitmap.row(read.bitmap.height() - 1) == page.row(199), "{coding:?}");
        }
    }

    /// The bits of a page in MH, and where its ends of line begin.
    fn bits_of(page: &Bitmap) -> (Vec<bool>, Vec<usize>) {
        let bytes = Strip::t4(page, 1).bytes;
        let bits: Vec<bool> = (0..bytes.len() * 8).map(|at| bytes[at / 8] & 0x80 >> (at % 8) != 0).collect();
        let is_end = |at: &usize| bits[at + EOL_ZEROS] && bits[*at..at + EOL_ZEROS].iter().all(|bit| !bit);
        let ends = (0..bits.len() - EOL_ZEROS).filter(is_end).collect();
        (bits, ends)
    }

    fn read_bits(bits: &[bool]) -> Rows {
        let octet = |bits: &[bool]| bits.iter().enumerate().fold(0, |octet, (at, bit)| octet | u8::from(*bit) << at);
        let data: Vec<u8> = bits.chunks(8).map(octet).collect();
        read(&data, 1728, Coding::Mh).unwrap()
    }

    #[test]
    fn an_end_of_line_that_was_damaged_costs_the_row_behind_it_and_no_other() {
        let page = letters(200);
        let (bits, ends) = bits_of(&page);
        assert_eq!(ends.len(), 200);
        for row in [40, 101, 160] {
            let mut damaged = bits.clone();
            damaged[ends[row] + 5] = true;
            let read = read_bits(&damaged);
            assert_eq!((read.bitmap.height(), read.bad), (200, 1), "row {row}");
            assert!((0..200).filter(|y| *y != row as u32).all(|y| read.bitmap.row(y) == page.row(y)), "row {row}");
            assert_eq!(read.bitmap.row(row as u32), page.row(row as u32 - 1), "the row above once more");
        }
    }

    #[test]
    fn what_is_no_row_between_a_row_and_its_end_costs_nothing() {
        let page = letters(200);
        let (mut bits, ends) = bits_of(&page);
        bits.splice(ends[101]..ends[101], [false, true, false, true]);
        let read = read_bits(&bits);
        assert_eq!((read.bitmap, read.bad), (page, 0));
    }

    #[test]
    fn of_a_page_that_breaks_off_its_rows_are_there() {
        let page = letters(200);
        for coding in ALL {
            let data = sent(&page, coding, true);
            let read = read(&data[..data.len() / 2], 1728, coding).unwrap();
            let rows = read.bitmap.height();
            assert!((80..120).contains(&rows) && read.bad == 0, "{coding:?}: {rows} rows, {} bad", read.bad);
            assert_eq!(read.ends, coding != Coding::Mmr);
            assert!((0..rows).all(|y| read.bitmap.row(y) == page.row(y)), "{coding:?}");
        }
    }

    proptest! {
        #[test]
        fn no_data_makes_it_stumble(data in prop::collection::vec(any::<u8>(), 0..2000)) {
            for coding in ALL {
                if let Some(rows) = read(&data, 1728, coding) {
                    prop_assert!(rows.bad <= rows.bitmap.height() && rows.bitmap.height() <= MAX_ROWS);
                }
            }
        }

        #[test]
        fn what_was_written_is_read(
            rows in prop::collection::vec(prop::collection::vec((0_u32..1728, 1_u32..300), 0..12), 1..20),
        ) {
            let mut page = Bitmap::new(1728, u32::try_from(rows.len()).unwrap());
            for (y, runs) in (0_u32..).zip(&rows) {
                runs.iter().for_each(|(from, length)| page.fill_run(y, *from, from + length));
            }
            for coding in ALL {
                let read = read(&sent(&page, coding, true), 1728, coding).unwrap();
                prop_assert_eq!(read.bad, 0);
                prop_assert_eq!(&read.bitmap, &page);
            }
        }
    }
}
