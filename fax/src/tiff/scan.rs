//! Pages as scanners and other fax programs write them.

use super::{COMPRESSION_T6, Directory, MAX_PAGES, Reader, TiffError, tag};
use crate::page::{Bitmap, MAX_STRIP, PageError, check_size, decode_strip, decode_strip_t4};

const COMPRESSION_NONE: u32 = 1;
const COMPRESSION_T4: u32 = 3;
const COMPRESSION_PACKBITS: u32 = 32_773;

/// A page as a scanner writes it: its dots, and how many of them make an inch across and along.
pub(crate) struct Scan {
    pub(crate) bitmap: Bitmap,
    pub(crate) dpi: (u16, u16),
}

/// Every page of a file that came from outside, one after the other: black and white, in the compressions that fax programs and scanners
/// use (none, PackBits, T.4 one-dimensional, T.6), dark on light or light on dark. Its first error ends it; an error of `emit` too.
pub(crate) fn scans<E: From<TiffError>>(file: &[u8], emit: &mut dyn FnMut(Scan) -> Result<(), E>) -> Result<(), E> {
    let reader = Reader::new(file)?;
    let mut next = reader.first_directory()?;
    let (mut pages, mut read) = (0, 0);
    while next != 0 {
        let directory = reader.directory(next)?;
        // A circle of directories would show the same strips for ever; honest pages share no bytes.
        read += directory.strip_bytes()?.max(1);
        pages += 1;
        if pages > MAX_PAGES || read > file.len() {
            return Err(TiffError::TooManyPages.into());
        }
        emit(directory.scan()?)?;
        next = directory.next;
    }
    Ok(())
}

impl Directory<'_> {
    /// The page's dots, whatever its compression.
    fn scan(&self) -> Result<Scan, TiffError> {
        for (tag, default, what) in [
            (tag::BITS_PER_SAMPLE, 1, "colour depth"),
            (tag::SAMPLES_PER_PIXEL, 1, "colour depth"),
            (tag::ORIENTATION, 1, "orientation"),
        ] {
            if self.value(tag, default)? != 1 {
                return Err(TiffError::Unsupported(what));
            }
        }
        let (width, rows) = (self.value(tag::IMAGE_WIDTH, 0)?, self.value(tag::IMAGE_LENGTH, 0)?);
        check_size(width, rows)?;
        let dark = match self.value(tag::PHOTOMETRIC, 0)? {
            0 => true,
            1 => false,
            _ => return Err(TiffError::Unsupported("photometric interpretation")),
        };
        let compression = self.value(tag::COMPRESSION, 1)?;
        if compression == COMPRESSION_T4 && self.value(tag::T4_OPTIONS, 0)? & 1 != 0 {
            return Err(TiffError::Unsupported("compression"));
        }
        let mut bitmap = Bitmap::new(width, rows);
        let per_strip = self.value(tag::ROWS_PER_STRIP, rows)?.clamp(1, rows);
        for (number, strip) in self.strips(rows, per_strip)?.iter().enumerate() {
            let first = number as u32 * per_strip;
            let rows = per_strip.min(rows - first);
            match compression {
                COMPRESSION_T6 => decode_strip(strip, &mut bitmap, first, rows)?,
                COMPRESSION_T4 => decode_strip_t4(strip, &mut bitmap, first, rows)?,
                COMPRESSION_NONE => copy_strip(strip, &mut bitmap, first, rows)?,
                COMPRESSION_PACKBITS => {
                    let most = bitmap.row(0).len() * rows as usize;
                    copy_strip(&unpack_bits(strip, most), &mut bitmap, first, rows)?;
                }
                _ => return Err(TiffError::Unsupported("compression")),
            }
        }
        if !dark {
            bitmap.invert();
        }
        Ok(Scan { bitmap, dpi: (self.dpi(tag::X_RESOLUTION, 204)?, self.dpi(tag::Y_RESOLUTION, 196)?) })
    }

    /// The bytes of each strip, most significant bit first.
    fn strips(&self, rows: u32, per_strip: u32) -> Result<Vec<Vec<u8>>, TiffError> {
        let expected = rows.div_ceil(per_strip) as usize;
        let offsets = self.values(tag::STRIP_OFFSETS, expected)?;
        let lengths = self.values(tag::STRIP_BYTE_COUNTS, expected)?;
        if offsets.len() != expected || lengths.len() != expected {
            return Err(TiffError::Unsupported("strip table"));
        }
        if self.strip_bytes()? > MAX_STRIP {
            return Err(PageError::Size.into());
        }
        let reversed = match self.value(tag::FILL_ORDER, 1)? {
            1 => false,
            2 => true,
            _ => return Err(TiffError::Unsupported("fill order")),
        };
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
