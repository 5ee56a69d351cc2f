//! Pages as scanners, cameras and other fax programs write them.

use super::tones::Tones;
use super::{COMPRESSION_T6, Directory, MAX_PAGES, Reader, TiffError, big, tag};
use crate::page::{Bitmap, MAX_STRIP, PageError, check_scan, decode_strip, decode_strip_t4};
use crate::t4;

pub(super) const COMPRESSION_NONE: u32 = 1;
const COMPRESSION_T4: u32 = 3;
const COMPRESSION_OLD_JPEG: u32 = 6;
pub(super) const COMPRESSION_PACKBITS: u32 = 32_773;

/// A page as it stands in a file from outside.
pub(crate) struct Sheet {
    pub(crate) dots: Dots,
    /// How many make an inch across and along, if the file says so.
    pub(crate) dpi: Option<(f64, f64)>,
    /// Which way up it is, from 1 to 8 (TIFF 6.0 section 8, Exif 2.32 section 4.6.4).
    pub(crate) orientation: u8,
}

/// What a page consists of.
pub(crate) enum Dots {
    /// Black and white.
    Bilevel(Bitmap),
    /// Tones or colours.
    Tones(Tones),
}

/// Every page of a file that came from outside, one after the other. Black and white ones in the compressions of fax programs (none,
/// PackBits, T.4, T.6) are read here, dot by dot; what has tones or colours, and what is packed otherwise, by
/// [`tones`](super::tones). Its first error ends it; an error of `emit` too.
pub(crate) fn sheets<E: From<TiffError>>(file: &[u8], emit: &mut dyn FnMut(Sheet) -> Result<(), E>) -> Result<(), E> {
    let rewritten = big::as_ordinary(file)?;
    let file = rewritten.as_deref().unwrap_or(file);
    let reader = Reader::new(file)?;
    let mut next = reader.first_directory()?;
    let (mut directories, mut pages, mut read) = (0, 0, 0);
    // The file, as it is given to the reader of tones.
    let mut copy = Vec::new();
    while next != 0 {
        let (at, directory) = (next, reader.directory(next)?);
        next = directory.next;
        // A circle of directories would show the same strips for ever; honest pages share no bytes.
        read += directory.packed_bytes()?.max(1);
        directories += 1;
        if directories > MAX_PAGES || read > file.len() {
            return Err(TiffError::TooManyPages.into());
        }
        // A small copy of a page stands beside it, and never alone.
        if directory.is_small_copy()? && (pages > 0 || next != 0) {
            continue;
        }
        pages += 1;
        emit(directory.sheet(at, &mut copy)?)?;
    }
    Ok(())
}

impl Directory<'_> {
    fn sheet(&self, at: u32, copy: &mut Vec<u8>) -> Result<Sheet, TiffError> {
        let dots = if self.is_of_a_fax()? {
            Dots::Bilevel(self.bilevel()?)
        } else if self.value(tag::COMPRESSION, COMPRESSION_NONE)? == COMPRESSION_OLD_JPEG {
            Dots::Tones(self.old_jpeg()?)
        } else {
            self.tones(at, copy)?
        };
        // Another number is none, and so is upright.
        let orientation = u8::try_from(self.value(tag::ORIENTATION, 1)?).unwrap_or(1);
        let dpi = self.dots_per_inch(&dots);
        Ok(Sheet { dots, dpi, orientation })
    }

    /// True for a thumbnail of another page, and for a mask that says which dots of it are to be seen.
    fn is_small_copy(&self) -> Result<bool, TiffError> {
        const REDUCED: u32 = 1;
        const MASK: u32 = 4;
        const OLD_REDUCED: u32 = 2;
        let reduced = self.value(tag::NEW_SUBFILE_TYPE, 0)? & (REDUCED | MASK) != 0;
        Ok(reduced || self.value(tag::SUBFILE_TYPE, 0)? == OLD_REDUCED)
    }

    /// The dots per inch, if they are said.
    fn dots_per_inch(&self, dots: &Dots) -> Option<(f64, f64)> {
        /// The unit of what says only how wide a dot is beside its height. Programs for faxes mean inches by it.
        const NO_UNIT: u32 = 1;
        if matches!(dots, Dots::Tones(_)) && self.value(tag::RESOLUTION_UNIT, 2) == Ok(NO_UNIT) {
            return None;
        }
        // A page is a page without them.
        let of = |tag: u16| self.per_inch(tag).ok().flatten();
        of(tag::X_RESOLUTION).zip(of(tag::Y_RESOLUTION))
    }

    /// True for what [`Directory::bilevel`] reads.
    fn is_of_a_fax(&self) -> Result<bool, TiffError> {
        let one = |tag: u16| Ok::<_, TiffError>(matches!(self.values(tag, 16)?[..], [] | [1]));
        let compression = self.value(tag::COMPRESSION, COMPRESSION_NONE)?;
        let known = [COMPRESSION_NONE, COMPRESSION_T4, COMPRESSION_T6, COMPRESSION_PACKBITS].contains(&compression);
        let light_or_dark = self.value(tag::PHOTOMETRIC, 0)? <= 1;
        let striped = self.find(tag::TILE_OFFSETS)?.is_none();
        Ok(known && light_or_dark && striped && one(tag::BITS_PER_SAMPLE)? && one(tag::SAMPLES_PER_PIXEL)?)
    }

    /// The dots of a page in black and white.
    fn bilevel(&self) -> Result<Bitmap, TiffError> {
        let (width, rows) = (self.value(tag::IMAGE_WIDTH, 0)?, self.value(tag::IMAGE_LENGTH, 0)?);
        check_scan(width, rows)?;
        let compression = self.value(tag::COMPRESSION, COMPRESSION_NONE)?;
        let by_the_row_above = self.value(tag::T4_OPTIONS, 0)? & 1 != 0;
        let mut bitmap = Bitmap::new(width, rows);
        let per_strip = self.value(tag::ROWS_PER_STRIP, rows)?.clamp(1, rows);
        for (number, strip) in self.strips(rows, per_strip)?.iter().enumerate() {
            let first = number as u32 * per_strip;
            let rows = per_strip.min(rows - first);
            match compression {
                COMPRESSION_T6 => decode_strip(strip, &mut bitmap, first, rows)?,
                COMPRESSION_T4 if by_the_row_above => t4::read_strip(strip, &mut bitmap, first, rows)?,
                COMPRESSION_T4 => decode_strip_t4(strip, &mut bitmap, first, rows)?,
                COMPRESSION_PACKBITS => {
                    let most = bitmap.row(0).len() * rows as usize;
                    copy_strip(&unpack_bits(strip, most), &mut bitmap, first, rows)?;
                }
                _ => copy_strip(strip, &mut bitmap, first, rows)?,
            }
        }
        // White is zero, or black is.
        if self.value(tag::PHOTOMETRIC, 0)? == 1 {
            bitmap.invert();
        }
        Ok(bitmap)
    }

    /// The bytes of each strip, most significant bit first.
    fn strips(&self, rows: u32, per_strip: u32) -> Result<Vec<Vec<u8>>, TiffError> {
        let expected = rows.div_ceil(per_strip) as usize;
        let offsets = self.values(tag::STRIP_OFFSETS, expected)?;
        let lengths = self.values(tag::STRIP_BYTE_COUNTS, expected)?;
        if offsets.len() != expected || lengths.len() != expected {
            return Err(PageError::Damaged.into());
        }
        if self.packed_bytes()? > MAX_STRIP {
            return Err(PageError::Size.into());
        }
        let reversed = self.is_reversed()?;
        let read = |(at, len): (&u32, &u32)| -> Result<Vec<u8>, TiffError> {
            let strip = self.reader.slice(*at as usize, *len as usize)?;
            Ok(if reversed { strip.iter().map(|byte| byte.reverse_bits()).collect() } else { strip.to_vec() })
        };
        offsets.iter().zip(&lengths).map(read).collect()
    }
}

/// Rows as they are. All of them must be there.
fn copy_strip(strip: &[u8], bitmap: &mut Bitmap, first: u32, rows: u32) -> Result<(), TiffError> {
    let stride = bitmap.row(0).len();
    for row in 0..rows {
        let at = row as usize * stride;
        let bytes = strip.get(at..at + stride).ok_or(PageError::Short { found: first + row })?;
        bitmap.copy_row(first + row, bytes);
    }
    Ok(())
}

/// PackBits (TIFF 6.0 section 9), at most `most` bytes of it: what is packed may claim a thousand times its size.
fn unpack_bits(packed: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(most.min(packed.len() * 4));
    let mut rest = packed;
    while let Some((&head, after)) = rest.split_first()
        && out.len() < most
    {
        rest = match head {
            0..=127 => {
                let (bytes, after) = after.split_at(after.len().min(usize::from(head) + 1));
                out.extend_from_slice(bytes);
                after
            }
            // No operation.
            128 => after,
            129.. => match after.split_first() {
                Some((byte, after)) => {
                    out.extend(std::iter::repeat_n(*byte, 257 - usize::from(head)));
                    after
                }
                None => after,
            },
        };
    }
    out.truncate(most);
    out
}
