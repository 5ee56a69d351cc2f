//! Reading the rows of a page by their codes, of which a page has some hundred thousand: each is looked up once. A strip of ours is in T.6 (MMR,
//! "G4"); the rows of T.4 (MH, MR) have the same codes, and something between them (`t4`).

use std::sync::LazyLock;

use fax_codec::Bits;
use fax_codec::maps::{black, white};

use super::{after, change};
use crate::page::PageError;

/// The longest code of a run.
const LONGEST_CODE: u32 = 13;

/// For each [`LONGEST_CODE`] bits, the run that they begin with and the bits of its code; no code has none.
type Runs = Vec<(u16, u8)>;

static WHITE: LazyLock<Runs> = LazyLock::new(|| runs(&white::ENTRIES));
static BLACK: LazyLock<Runs> = LazyLock::new(|| runs(&black::ENTRIES));

fn runs(entries: &[(u16, Bits)]) -> Runs {
    let mut runs = vec![(0, 0); 1 << LONGEST_CODE];
    for (run, code) in entries {
        let spare = LONGEST_CODE - u32::from(code.len);
        let first = usize::from(code.data) << spare;
        runs[first..first + (1 << spare)].fill((*run, code.len));
    }
    runs
}

/// The rows of a strip, one after the other.
pub(crate) struct Rows<'a> {
    codes: Codes<'a>,
    row: Vec<u32>,
    above: Vec<u32>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(strip: &'a [u8], width: u32) -> Self {
        Self { codes: Codes::new(strip, width), row: vec![width; 3], above: Vec::new() }
    }

    /// Where the next row changes its colour, at its end its width; it begins white. `None` if the strip ends here.
    ///
    /// # Errors
    /// What comes is no row of this width.
    pub(crate) fn next(&mut self) -> Result<Option<&[u32]>, PageError> {
        std::mem::swap(&mut self.row, &mut self.above);
        if self.codes.row(&self.above, &mut self.row)?.is_none() {
            return Ok(None);
        }
        // What is looked at above by the next row goes on for two changes behind the last.
        self.row.extend([self.codes.width; 2]);
        Ok(Some(&self.row))
    }
}

/// The codes of a page's rows, most significant bit first. Behind their end there are zeros, which are no code.
pub(crate) struct Codes<'a> {
    pub(crate) bytes: &'a [u8],
    /// How far they are read, in bits.
    pub(crate) at: usize,
    width: u32,
}

impl<'a> Codes<'a> {
    pub(crate) const fn new(bytes: &'a [u8], width: u32) -> Self {
        Self { bytes, at: 0, width }
    }

    /// Puts into `row` where it changes its colour, by the changes of the row above (T.4 section 4.2, T.6 section 2.2). Where it ends, which
    /// is beyond the width if its last run was too long; `None` if the block ends here.
    ///
    /// # Errors
    /// What comes is no row.
    pub(crate) fn row(&mut self, above: &[u32], row: &mut Vec<u32>) -> Result<Option<u32>, PageError> {
        row.clear();
        let (mut a0, mut below, mut begins) = (0, 0, true);
        while a0 < self.width {
            // Of a row there are no more changes than dots, but for such as change nothing, of which an honest one has few.
            if row.len() > self.width as usize + 64 || self.is_beyond() {
                return Err(PageError::Damaged);
            }
            let is_black = row.len() % 2;
            let bits = self.peek();
            // Codes are told apart by how many zeros they begin with (T.6 table 1).
            let (length, delta) = match bits.leading_zeros() {
                0 => (1, 0),
                1 => (3, if bits >> 61 == 0b011 { 1 } else { -1 }),
                2 => {
                    self.at += 3;
                    let a1 = a0.saturating_add(self.run(is_black == 1)?);
                    let a2 = a1.saturating_add(self.run(is_black == 0)?);
                    row.extend([a1.min(self.width), a2.min(self.width)]);
                    (a0, begins) = (a2, false);
                    continue;
                }
                3 => {
                    self.at += 4;
                    below = after(above, below, is_black, a0, begins);
                    (a0, begins) = (change(above, below + 1), false);
                    continue;
                }
                4 => (6, if bits >> 58 == 0b00_0011 { 2 } else { -2 }),
                5 => (7, if bits >> 57 == 0b000_0011 { 3 } else { -3 }),
                11 if begins => return Ok(None),
                _ => return Err(PageError::Damaged),
            };
            self.at += length;
            below = after(above, below, is_black, a0, begins);
            let a1 = change(above, below).saturating_add_signed(delta);
            if a1 < a0 || a1 > self.width {
                return Err(PageError::Damaged);
            }
            row.push(a1);
            (a0, begins) = (a1, false);
        }
        if self.is_beyond() { Err(PageError::Damaged) } else { Ok(Some(a0)) }
    }

    /// The length of a run (T.4 section 4.1.1): codes of 64 dots and more, then one of less.
    pub(crate) fn run(&mut self, is_black: bool) -> Result<u32, PageError> {
        let runs: &Runs = if is_black { &BLACK } else { &WHITE };
        let mut length = 0;
        loop {
            let (run, bits) = runs[(self.peek() >> (64 - LONGEST_CODE)) as usize];
            length += u32::from(run);
            self.at += usize::from(bits);
            if bits == 0 || length > self.width + 64 || self.is_beyond() {
                return Err(PageError::Damaged);
            }
            if run < 64 {
                return Ok(length);
            }
        }
    }

    const fn is_beyond(&self) -> bool {
        self.at > self.bytes.len() * 8
    }

    /// The bits that follow, from the upper end down, at least 57; behind the strip there are zeros.
    pub(crate) fn peek(&self) -> u64 {
        let from = self.at / 8;
        let word = match self.bytes.get(from..from + 8) {
            Some(bytes) => bytes.try_into().map_or(0, u64::from_be_bytes),
            None => {
                let mut word = [0; 8];
                let rest = self.bytes.get(from..).unwrap_or(&[]);
                word[..rest.len()].copy_from_slice(rest);
                u64::from_be_bytes(word)
            }
        };
        word << (self.at % 8)
    }
}

#[cfg(test)]
mod tests {
    use fax_codec::decoder::{DecodeStatus, Group4Decoder};
    use proptest::prelude::*;

    use super::*;
    use crate::page::{Bitmap, paint};
    use crate::strip::Strip;

    /// The rows of a strip as the library reads them, up to its end.
    fn theirs(strip: &[u8], width: u32) -> Vec<Bitmap> {
        let mut rows = Vec::new();
        let octets = strip.iter().map(|octet| Ok::<_, ()>(*octet));
        let mut decoder = Group4Decoder::new(octets, width).expect("octets");
        while let Ok(DecodeStatus::Incomplete) = decoder.advance() {
            rows.push(painted(decoder.transition(), width));
        }
        rows
    }

    fn ours(strip: &[u8], width: u32) -> Vec<Bitmap> {
        let (mut reader, mut rows) = (Rows::new(strip, width), Vec::new());
        while let Ok(Some(changes)) = reader.next() {
            rows.push(painted(changes, width));
        }
        rows
    }

    fn painted(changes: &[u32], width: u32) -> Bitmap {
        let mut bitmap = Bitmap::new(width, 1);
        paint(changes, &mut bitmap, 0);
        bitmap
    }

    proptest! {
        /// What no writer writes the two read differently: the library goes on where a row is passed to its end.
        #[test]
        fn it_reads_what_the_library_reads(
            width in prop_oneof![Just(1728_u32), Just(4864), 1_u32..200],
            rows in prop::collection::vec(prop::collection::vec((0_u32..5000, 0_u32..90), 0..12), 1..20),
        ) {
            let height = u32::try_from(rows.len()).unwrap();
            let mut bitmap = Bitmap::new(width, height);
            for (y, runs) in (0_u32..).zip(&rows) {
                for (from, length) in runs {
                    let from = from % width;
                    bitmap.fill_run(y, from, (from + length).min(width));
                }
            }
            let strip = Strip::of(&bitmap).bytes;
            let read = ours(&strip, width);
            prop_assert_eq!(read.len(), rows.len());
            prop_assert_eq!(read, theirs(&strip, width));
        }
    }
}
