//! BigTIFF: the same file with addresses of 64 bits, which some scanners' programs write of every page.
//!
//! Such a file is rewritten as an ordinary one before it is read: its bytes stay where they are, and each directory is written anew behind
//! them. What a page is, is then decided in one place.

use super::{LONG, MAX_PAGES, Reader, TiffError};

/// Bytes of an entry of a directory: its tag, its kind, how many values, and these or where they are.
const ENTRY: usize = 20;
/// A whole number of 64 bits, and the address of a directory.
const LONG8: u32 = 16;
const IFD8: u32 = 18;
/// Entries that a directory can have in an ordinary file, and far more than it does.
const MOST_ENTRIES: u64 = 4096;

/// `None` of a file that is no BigTIFF.
pub(super) fn as_ordinary(file: &[u8]) -> Result<Option<Vec<u8>>, TiffError> {
    let big_endian = match file.get(..8) {
        Some(b"II+\0\x08\0\0\0") => false,
        Some(b"MM\0+\0\x08\0\0") => true,
        _ => return Ok(None),
    };
    let mut big = Big { reader: Reader { file, big_endian }, out: file.to_vec() };
    big.out[..4].copy_from_slice(if big_endian { b"MM\0*" } else { b"II*\0" });
    // Where the address of the next directory has to be written.
    let mut link = 4;
    let mut next = big.address(8)?;
    let mut directories = 0;
    while next != 0 {
        directories += 1;
        if directories > MAX_PAGES {
            return Err(TiffError::TooManyPages);
        }
        (next, link) = big.directory(next, link)?;
    }
    let end = big.long(0);
    big.out[link..link + 4].copy_from_slice(&end);
    Ok(Some(big.out))
}

struct Big<'a> {
    reader: Reader<'a>,
    out: Vec<u8>,
}

impl Big<'_> {
    /// A whole number of 64 bits.
    fn long8(&self, at: usize) -> Result<u64, TiffError> {
        let (first, second) = (u64::from(self.reader.long(at)?), u64::from(self.reader.long(at + 4)?));
        Ok(if self.reader.big_endian { first << 32 | second } else { second << 32 | first })
    }

    /// One that says where something is. What stands behind four gigabytes is behind the end of the file.
    fn address(&self, at: usize) -> Result<u32, TiffError> {
        u32::try_from(self.long8(at)?).map_err(|_| TiffError::Truncated)
    }

    fn short(&self, value: u16) -> [u8; 2] {
        if self.reader.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.reader.big_endian { value.to_be_bytes() } else { value.to_le_bytes() }
    }

    /// Where what is written next will stand. Honest directories share no bytes, so that all that is written anew is shorter than the file.
    fn here(&mut self) -> Result<u32, TiffError> {
        if self.out.len() % 2 == 1 {
            self.out.push(0);
        }
        if self.out.len() > self.reader.file.len().saturating_mul(2) {
            return Err(TiffError::TooManyPages);
        }
        u32::try_from(self.out.len()).map_err(|_| TiffError::Truncated)
    }

    /// Writes the directory at `at` anew, and its address to `link`. Where the next one is, and where its address belongs.
    fn directory(&mut self, at: u32, link: usize) -> Result<(u32, usize), TiffError> {
        let at = at as usize;
        let count = self.long8(at)?;
        if count > MOST_ENTRIES {
            return Err(TiffError::Unsupported("directory"));
        }
        let first = at + 8;
        let entries = (0..count as usize).map(|n| first + n * ENTRY);
        let mut written = Vec::with_capacity(count as usize * 12);
        let mut kept = 0;
        for entry in entries {
            if let Some(bytes) = self.entry(entry)? {
                written.extend_from_slice(&bytes);
                kept += 1;
            }
        }
        let here = self.here()?;
        let (here, kept) = (self.long(here), self.short(kept));
        self.out[link..link + 4].copy_from_slice(&here);
        self.out.extend_from_slice(&kept);
        self.out.append(&mut written);
        let link = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        Ok((self.address(first + count as usize * ENTRY)?, link))
    }

    /// An entry as an ordinary file has it; `None` of a kind that no such file knows.
    fn entry(&mut self, at: usize) -> Result<Option<[u8; 12]>, TiffError> {
        let head = self.reader.slice(at, 4)?;
        let kind = self.reader.short(at + 2)?;
        let count = self.address(at + 4)?;
        let size = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | LONG8 | IFD8 => 8,
            _ => return Ok(None),
        };
        let bytes = count as usize * size;
        let values = if bytes <= 8 { at + 12 } else { self.address(at + 12)? as usize };
        let mut entry = [0; 12];
        entry[..4].copy_from_slice(head);
        entry[4..8].copy_from_slice(&self.long(count));
        let value = if size == 8 && (kind == LONG8 || kind == IFD8) {
            entry[2..4].copy_from_slice(&self.short(LONG));
            self.shorter(values, count as usize)?
        } else if bytes <= 4 {
            *self.reader.slice(values, 4)?.first_chunk().ok_or(TiffError::Truncated)?
        } else if bytes <= 8 {
            let here = self.here()?;
            let values = self.reader.slice(values, 8)?;
            self.out.extend_from_slice(values);
            self.long(here)
        } else {
            // They stay where they are.
            self.long(values as u32)
        };
        entry[8..].copy_from_slice(&value);
        Ok(Some(entry))
    }

    /// What an entry says where so many numbers of 64 bits are to be ones of 32: the only one, or where they stand now.
    fn shorter(&mut self, at: usize, count: usize) -> Result<[u8; 4], TiffError> {
        if count == 1 {
            let only = self.address(at)?;
            return Ok(self.long(only));
        }
        self.reader.slice(at, count * 8)?;
        let here = self.here()?;
        for n in 0..count {
            let value = self.address(at + n * 8)?;
            let value = self.long(value);
            self.out.extend_from_slice(&value);
        }
        Ok(self.long(here))
    }
}
