//! Writing (and below, reading) the strip of a page: T.6 (MMR, "G4"), or T.4 for modems that speak T.30 themselves (MH, MR); most significant bit first.
//!
//! What costs time is to find where a row changes its colour and to write some hundred thousand bits. Both are done by words of the
//! machine. The codes are those of the decoder's library, and the result is that of its encoder, bit by bit.

mod rows;

use fax_codec::maps::{EDFB_HALF, Mode, black, mode, white};

pub(crate) use self::rows::{Codes, Rows};
use crate::page::Bitmap;

/// The bits of EOFB, which ends a strip.
const END_OF_BLOCK: usize = 24;
/// EOL of T.4, which is half of EOFB.
const END_OF_LINE: fax_codec::Bits = EDFB_HALF;
/// The longest run that has a code of its own.
const LONGEST_RUN: u32 = 2560;

/// The strip of a page.
pub(crate) struct Strip {
    pub(crate) bytes: Vec<u8>,
    /// How many of its bits are written; what fills its last byte is none of it.
    bits: usize,
}

impl Strip {
    /// Every row of `bitmap`, then the end of block. The first row is coded against a white one, which every strip begins with.
    pub(crate) fn of(bitmap: &Bitmap) -> Self {
        let width = bitmap.width();
        let mut writer = Writer::default();
        let (mut above, mut row) = (Changes::default(), Changes::default());
        above.end(width);
        for y in 0..bitmap.height() {
            row.read(bitmap.row(y), width);
            writer.row(&row.0, &above.0, width);
            std::mem::swap(&mut above, &mut row);
        }
        writer.code(EDFB_HALF);
        writer.code(EDFB_HALF);
        writer.finish()
    }

    /// Every row of `bitmap` in T.4, each behind its EOL, without the six EOL that end a page. `k` is 1 for rows that all stand for
    /// themselves (MH); else all but every `k`th are coded against the one above (MR, T.4 section 4.2).
    pub(crate) fn t4(bitmap: &Bitmap, k: u32) -> Self {
        let width = bitmap.width();
        let mut writer = Writer::default();
        let (mut above, mut row) = (Changes::default(), Changes::default());
        for y in 0..bitmap.height() {
            row.read(bitmap.row(y), width);
            let alone = y % k.max(1) == 0;
            writer.code(END_OF_LINE);
            if k > 1 {
                writer.code(fax_codec::Bits { data: u16::from(alone), len: 1 });
            }
            if alone {
                writer.row_alone(&row.0, width);
            } else {
                writer.row(&row.0, &above.0, width);
            }
            std::mem::swap(&mut above, &mut row);
        }
        writer.finish()
    }

    /// Without its end, and with the rows of another strip behind its own.
    pub(crate) fn followed_by(mut self, strip: &[u8]) -> Vec<u8> {
        let kept = self.bits - END_OF_BLOCK;
        let shift = kept % 8;
        self.bytes.truncate(kept.div_ceil(8));
        if shift == 0 {
            self.bytes.extend_from_slice(strip);
            return self.bytes;
        }
        let mut carry = self.bytes.pop().unwrap_or(0) & !(0xff >> shift);
        self.bytes.reserve(strip.len() + 1);
        for byte in strip {
            self.bytes.push(carry | byte >> shift);
            carry = byte << (8 - shift);
        }
        self.bytes.push(carry);
        self.bytes
    }
}

/// Where a row changes its colour, and at its end its width, three times: nobody looks further. It begins white, so that even changes are
/// to black.
#[derive(Default)]
pub(crate) struct Changes(pub(crate) Vec<u32>);

impl Changes {
    pub(crate) fn read(&mut self, row: &[u8], width: u32) {
        self.0.clear();
        let (mut before, mut at) = (0, 0);
        for part in row.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            let dots = u64::from_be_bytes(word);
            // A bit for each dot that differs from the one to its left.
            let mut changes = dots ^ (dots >> 1 | before << 63);
            before = dots & 1;
            while changes != 0 {
                let first = changes.leading_zeros();
                // Beyond the width everything is white: a row that ends black changes there, and that is its end.
                if at + first < width {
                    self.0.push(at + first);
                }
                changes &= !(1 << 63 >> first);
            }
            at += 64;
        }
        self.end(width);
    }

    pub(crate) fn end(&mut self, width: u32) {
        self.0.extend([width; 3]);
    }
}

/// A change of a row; what is beyond the last is its end.
fn change(of: &[u32], at: usize) -> u32 {
    of.get(at).or(of.last()).copied().unwrap_or(0)
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    /// What is no whole word yet, at the lower end.
    rest: u64,
    bits: u32,
}

impl Writer {
    /// One row (T.6 section 2.2.5), by where it changes and where the row above does.
    fn row(&mut self, row: &[u32], above: &[u32], width: u32) {
        let (mut a0, mut next, mut below, mut begins) = (0, 0, 0, true);
        while a0 < width {
            // An even change is to black. Above, the next one to the colour that a0 has not is sought.
            let is_black = next % 2;
            below = after(above, below, is_black, a0, begins);
            let (a1, b1, b2) = (change(row, next), change(above, below), change(above, below + 1));
            begins = false;
            if b2 < a1 {
                self.mode(Mode::Pass);
                a0 = b2;
            } else if a1.abs_diff(b1) <= 3 {
                #[allow(clippy::cast_possible_truncation, reason = "at most three")]
                self.mode(Mode::Vertical((i64::from(a1) - i64::from(b1)) as i8));
                (a0, next) = (a1, next + 1);
            } else {
                let a2 = change(row, next + 1);
                self.mode(Mode::Horizontal);
                self.run(is_black == 1, a1 - a0);
                self.run(is_black == 0, a2 - a1);
                (a0, next) = (a2, next + 2);
            }
        }
    }

    /// One row by its runs (T.4 section 4.1.1), which begin with a white one.
    fn row_alone(&mut self, row: &[u32], width: u32) {
        let (mut from, mut is_black) = (0, false);
        for to in row {
            self.run(is_black, to - from);
            if *to == width {
                return;
            }
            (from, is_black) = (*to, !is_black);
        }
    }

    fn mode(&mut self, of: Mode) {
        if let Some(code) = mode::encode(of) {
            self.code(code);
        }
    }

    fn run(&mut self, is_black: bool, mut length: u32) {
        let codes = if is_black { &black::ENTRIES } else { &white::ENTRIES };
        // The codes up to 63, and then those of each 64.
        let long = |length: u32| codes[63 + length as usize / 64].1;
        while length >= LONGEST_RUN {
            self.code(long(LONGEST_RUN));
            length -= LONGEST_RUN;
        }
        if length >= 64 {
            self.code(long(length));
        }
        self.code(codes[length as usize % 64].1);
    }

    fn code(&mut self, code: fax_codec::Bits) {
        self.rest = self.rest << code.len | u64::from(code.data);
        self.bits += u32::from(code.len);
        if self.bits >= 32 {
            self.bits -= 32;
            let word = (self.rest >> self.bits) & u64::from(u32::MAX);
            self.bytes.extend(&word.to_be_bytes()[4..]);
        }
    }

    fn finish(mut self) -> Strip {
        let bits = self.bytes.len() * 8 + self.bits as usize;
        // What is left begins at the upper end of the last bytes.
        let rest = self.rest << (64 - self.bits).min(63) & if self.bits == 0 { 0 } else { u64::MAX };
        self.bytes.extend(&rest.to_be_bytes()[..self.bits.div_ceil(8) as usize]);
        Strip { bytes: self.bytes, bits }
    }
}

/// The first change above that lies behind `a0` (at the begin of a row, also at it) and is to that colour. `from` is one that was found
/// before in this row: a vertical code may have gone back behind it, by three dots.
fn after(above: &[u32], from: usize, colour: usize, a0: u32, begins: bool) -> usize {
    let mut at = from - from % 2 + colour;
    while at >= 2 && change(above, at - 2) > a0 {
        at -= 2;
    }
    while at < above.len() && change(above, at) <= a0 && !begins {
        at += 2;
    }
    at
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use fax_codec::encoder::Encoder;
    use fax_codec::{BitWriter, Color};
    use proptest::prelude::*;

    use super::*;
    use crate::page::decode_strip_t4;

    /// The library's own encoder, bit by bit.
    #[derive(Default)]
    struct Bits {
        bytes: Vec<u8>,
        len: usize,
    }

    impl BitWriter for Bits {
        type Error = Infallible;

        fn write(&mut self, bits: fax_codec::Bits) -> Result<(), Infallible> {
            for at in (0..bits.len).rev() {
                if self.len.is_multiple_of(8) {
                    self.bytes.push(0);
                }
                if let Some(last) = self.bytes.last_mut().filter(|_| bits.data >> at & 1 == 1) {
                    *last |= 0x80 >> (self.len % 8);
                }
                self.len += 1;
            }
            Ok(())
        }
    }

    fn theirs(bitmap: &Bitmap) -> Vec<u8> {
        let mut encoder = Encoder::new(Bits::default());
        for y in 0..bitmap.height() {
            let dots = (0..bitmap.width()).map(|x| if bitmap.is_black(x, y) { Color::Black } else { Color::White });
            let Ok(()) = encoder.encode_line(dots, bitmap.width());
        }
        let Ok(bits) = encoder.finish();
        bits.bytes
    }

    proptest! {
        #[test]
        fn it_is_the_strip_of_the_librarys_encoder(
            width in prop_oneof![Just(1728_u32), Just(4864), 1_u32..200],
            // Runs of each row, and how it differs from the one above.
            rows in prop::collection::vec(prop::collection::vec((0_u32..5000, 0_u32..90, 0_u32..3), 0..12), 1..20),
        ) {
            let mut bitmap = Bitmap::new(width, u32::try_from(rows.len()).unwrap());
            for (y, runs) in (0_u32..).zip(&rows) {
                if let Some(above) = y.checked_sub(1) {
                    let above = bitmap.row(above).to_vec();
                    bitmap.copy_row(y, &above);
                }
                for (from, length, what) in runs {
                    let from = from % width;
                    match what {
                        0 => bitmap.fill_run(y, from, from + length),
                        1 => bitmap.fill_run(y, from, width),
                        _ => (from..from + length).for_each(|x| bitmap.set(x, y, false)),
                    }
                }
            }
            prop_assert_eq!(Strip::of(&bitmap).bytes, theirs(&bitmap));
        }
    }

    #[test]
    fn rows_that_stand_for_themselves_are_read_as_t4() {
        let mut bitmap = Bitmap::new(1728, 60);
        for y in 0..50 {
            (0..y % 13).for_each(|n| bitmap.fill_run(y, n * 130, n * 130 + 1 + n * y % 129));
        }
        // Black to the edge, and nothing but black.
        bitmap.fill_run(50, 1700, 1728);
        bitmap.fill_run(51, 0, 1728);
        let mut read = Bitmap::new(1728, 60);
        decode_strip_t4(&Strip::t4(&bitmap, 1).bytes, &mut read, 0, 60).unwrap();
        assert_eq!(read, bitmap);
    }

    #[test]
    fn rows_without_a_change_and_rows_full_of_them() {
        let (white, mut black, mut chequered) = (Bitmap::new(1728, 3), Bitmap::new(1728, 3), Bitmap::new(1728, 4));
        for y in 0..3 {
            black.fill_run(y, 0, 1728);
        }
        for (x, y) in (0..1728 * 4).map(|at| (at % 1728, at / 1728)) {
            chequered.set(x, y, (x + y) % 2 == 0);
        }
        for bitmap in [white, black, chequered, Bitmap::new(1, 1)] {
            assert_eq!(Strip::of(&bitmap).bytes, theirs(&bitmap));
        }
    }
}
