//! The TIFF files that the fax engine reads and writes: pages of one T.6 strip (TIFF 6.0 §11, RFC 2306 "TIFF-F").
//!
//! [`write()`] makes what is sent and what is handed to other programs. [`read`] is strict and bounded: it takes bilevel T.6 pages,
//! also in several strips or with the bits of a byte reversed (as the fax engine writes them), and refuses everything else
//! with a reason. It never panics, never loops, and allocates no more than the pages it returns need.

#[cfg(feature = "documents")]
mod big;
#[cfg(feature = "documents")]
mod lab;
#[cfg(feature = "documents")]
mod old_jpeg;
#[cfg(feature = "documents")]
mod scan;
#[cfg(feature = "documents")]
mod tones;

use std::fmt;

use crate::page::{Bitmap, MAX_STRIP, Page, PageError, check_size, decode_strip};

#[cfg(feature = "documents")]
pub(crate) use self::scan::{Dots, Sheet, sheets};

/// The most pages of one file. A fax of 500 pages takes eight hours.
pub const MAX_PAGES: usize = 500;

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TiffError {
    /// It does not begin as a TIFF file does.
    NotTiff,
    /// An offset or a count points outside the file.
    Truncated,
    /// It has more than [`MAX_PAGES`] pages, or its chain of directories runs in a circle.
    TooManyPages,
    /// There is no page of that number.
    NoSuchPage,
    /// What a page has that is not read: of a file of ours all but bilevel, black on white, compressed by T.6.
    Unsupported(&'static str),
    /// The rows of a page are damaged or missing.
    Page(PageError),
}

impl fmt::Display for TiffError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTiff => f.write_str("not a TIFF file"),
            Self::Truncated => f.write_str("the TIFF file is cut off"),
            Self::TooManyPages => write!(f, "the TIFF file has more than {MAX_PAGES} pages"),
            Self::NoSuchPage => f.write_str("the TIFF file has no such page"),
            Self::Unsupported(what) => write!(f, "the TIFF file's {what} is none that is read"),
            Self::Page(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TiffError {}

impl From<PageError> for TiffError {
    fn from(error: PageError) -> Self {
        Self::Page(error)
    }
}

/// The tags of TIFF 6.0 and TIFF-F that a fax page has, and those of a page from outside.
mod tag {
    pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(super) const SUBFILE_TYPE: u16 = 255;
    pub(super) const IMAGE_WIDTH: u16 = 256;
    pub(super) const IMAGE_LENGTH: u16 = 257;
    pub(super) const BITS_PER_SAMPLE: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const ORIENTATION: u16 = 274;
    pub(super) const SAMPLES_PER_PIXEL: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(super) const X_RESOLUTION: u16 = 282;
    pub(super) const Y_RESOLUTION: u16 = 283;
    pub(super) const PLANAR_CONFIGURATION: u16 = 284;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const T6_OPTIONS: u16 = 293;
    pub(super) const RESOLUTION_UNIT: u16 = 296;
    pub(super) const PAGE_NUMBER: u16 = 297;
    pub(super) const COLOR_MAP: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_LENGTH: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_BYTE_COUNTS: u16 = 325;
    pub(super) const BAD_FAX_LINES: u16 = 326;
    pub(super) const INK_SET: u16 = 332;
    pub(super) const EXTRA_SAMPLES: u16 = 338;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_PROC: u16 = 512;
    pub(super) const JPEG_STREAM: u16 = 513;
    pub(super) const JPEG_STREAM_LENGTH: u16 = 514;
    pub(super) const JPEG_RESTART_INTERVAL: u16 = 515;
    pub(super) const JPEG_Q_TABLES: u16 = 519;
    pub(super) const JPEG_DC_TABLES: u16 = 520;
    pub(super) const JPEG_AC_TABLES: u16 = 521;
    pub(super) const YCBCR_SUB_SAMPLING: u16 = 530;
}

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const COMPRESSION_T6: u32 = 4;
/// TIFF-FX (RFC 2301) section 4.4.2.
const COMPRESSION_T85: u32 = 9;

/// A file of these pages, in this order.
pub fn write(pages: &[Page]) -> Vec<u8> {
    write_packed(pages.iter().map(|page| Packed { page, strip: &page.g4, compression: COMPRESSION_T6 }))
}

/// A file of these pages, of each of which the rows stand beside it, packed by T.85.
pub(crate) fn write_t85(pages: &[(Page, Vec<u8>)]) -> Vec<u8> {
    write_packed(pages.iter().map(|(page, strip)| Packed { page, strip, compression: COMPRESSION_T85 }))
}

/// A page as it stands in a file.
#[derive(Clone, Copy)]
struct Packed<'a> {
    page: &'a Page,
    /// Its rows.
    strip: &'a [u8],
    compression: u32,
}

fn write_packed<'a>(pages: impl ExactSizeIterator<Item = Packed<'a>> + Clone) -> Vec<u8> {
    let body: usize = pages.clone().map(|page| page.strip.len() + 1 + DIRECTORY_SPACE).sum();
    let mut out = Vec::with_capacity(8 + body);
    out.extend_from_slice(b"II*\0");
    // Where the offset of the next directory has to be written.
    let mut link = out.len();
    out.extend_from_slice(&[0; 4]);
    let total = pages.len();
    for (number, page) in pages.enumerate() {
        let strip = offset(out.len());
        out.extend_from_slice(page.strip);
        if out.len() % 2 == 1 {
            out.push(0);
        }
        link = write_directory(&mut out, link, page, strip, number, total);
    }
    out
}

/// 18 entries, two counts and two rationals.
const DIRECTORY_SPACE: usize = 18 * 12 + 6 + 16;

fn write_directory(
    out: &mut Vec<u8>,
    link: usize,
    packed: Packed<'_>,
    strip: u32,
    number: usize,
    total: usize,
) -> usize {
    let Packed { page, strip: rows, compression } = packed;
    let resolutions = out.len();
    for dpi in [page.x_dpi, page.y_dpi] {
        out.extend_from_slice(&u32::from(dpi).to_le_bytes());
        out.extend_from_slice(&1u32.to_le_bytes());
    }
    let numbering = (number as u32 & 0xffff) | (total as u32 & 0xffff) << 16;
    let entries: [(u16, u16, u32, u32); 18] = [
        // One page of a document with several pages.
        (tag::NEW_SUBFILE_TYPE, LONG, 1, 2),
        (tag::IMAGE_WIDTH, LONG, 1, page.width),
        (tag::IMAGE_LENGTH, LONG, 1, page.rows),
        (tag::BITS_PER_SAMPLE, SHORT, 1, 1),
        (tag::COMPRESSION, SHORT, 1, compression),
        // White is zero.
        (tag::PHOTOMETRIC, SHORT, 1, 0),
        (tag::FILL_ORDER, SHORT, 1, 1),
        (tag::STRIP_OFFSETS, LONG, 1, strip),
        (tag::ORIENTATION, SHORT, 1, 1),
        (tag::SAMPLES_PER_PIXEL, SHORT, 1, 1),
        (tag::ROWS_PER_STRIP, LONG, 1, page.rows),
        (tag::STRIP_BYTE_COUNTS, LONG, 1, offset(rows.len())),
        (tag::X_RESOLUTION, RATIONAL, 1, offset(resolutions)),
        (tag::Y_RESOLUTION, RATIONAL, 1, offset(resolutions + 8)),
        (tag::T6_OPTIONS, LONG, 1, 0),
        // Inches.
        (tag::RESOLUTION_UNIT, SHORT, 1, 2),
        (tag::PAGE_NUMBER, SHORT, 2, numbering),
        (tag::BAD_FAX_LINES, LONG, 1, page.bad_rows),
    ];
    let directory = offset(out.len());
    out[link..link + 4].copy_from_slice(&directory.to_le_bytes());
    let entries = entries.iter().filter(|(tag, ..)| *tag != tag::T6_OPTIONS || compression == COMPRESSION_T6);
    out.extend_from_slice(&(entries.clone().count() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend_from_slice(&tag.to_le_bytes());
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        // A SHORT stands in the first two bytes of the field; in little-endian order that is the same as a LONG.
        out.extend_from_slice(&value.to_le_bytes());
    }
    let next = out.len();
    out.extend_from_slice(&[0; 4]);
    next
}

/// Offsets of TIFF are 32 bits wide. [`MAX_PAGES`] pages of typical size are far below; a file beyond 4 GiB cannot be made here
/// since a page is at most [`MAX_STRIP`] and the caller keeps them in memory.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Every page of a file.
pub fn read(file: &[u8]) -> Result<Vec<Page>, TiffError> {
    let reader = Reader::new(file)?;
    let mut pages = Vec::new();
    let mut copied = 0;
    let mut next = reader.first_directory()?;
    while next != 0 {
        let directory = reader.directory(next)?;
        let page = directory.page()?;
        // Honest pages share no bytes. A circle of directories would copy the same strip until memory ends.
        copied += page.g4.len().min(directory.packed_bytes()?);
        if pages.len() == MAX_PAGES || copied > file.len() {
            return Err(TiffError::TooManyPages);
        }
        pages.push(page);
        next = directory.next;
    }
    Ok(pages)
}

/// Page `index` of a file, counted from 0; the others are not looked at.
pub fn read_page(file: &[u8], index: usize) -> Result<Page, TiffError> {
    let reader = Reader::new(file)?;
    let mut next = reader.first_directory()?;
    for _ in 0..index.min(MAX_PAGES) {
        if next == 0 {
            return Err(TiffError::NoSuchPage);
        }
        next = reader.directory(next)?.next;
    }
    if next == 0 { Err(TiffError::NoSuchPage) } else { reader.directory(next)?.page() }
}

/// The last page of a file; the others are not looked at.
pub fn read_last(file: &[u8]) -> Result<Page, TiffError> {
    let reader = Reader::new(file)?;
    let mut last = Err(TiffError::NoSuchPage);
    let mut next = reader.first_directory()?;
    for _ in 0..=MAX_PAGES {
        if next == 0 {
            return last.and_then(|directory: Directory<'_>| directory.page());
        }
        let directory = reader.directory(next)?;
        next = directory.next;
        last = Ok(directory);
    }
    Err(TiffError::TooManyPages)
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    file: &'a [u8],
    big_endian: bool,
}

impl<'a> Reader<'a> {
    fn new(file: &'a [u8]) -> Result<Self, TiffError> {
        match file.get(..4) {
            Some(b"II*\0") => Ok(Self { file, big_endian: false }),
            Some(b"MM\0*") => Ok(Self { file, big_endian: true }),
            // With addresses of 64 bits: what comes from outside is an ordinary file by now.
            Some(b"II+\0" | b"MM\0+") => Err(TiffError::Unsupported("form (BigTIFF)")),
            _ => Err(TiffError::NotTiff),
        }
    }

    fn first_directory(&self) -> Result<u32, TiffError> {
        self.long(4)
    }

    fn slice(&self, at: usize, len: usize) -> Result<&'a [u8], TiffError> {
        at.checked_add(len).and_then(|end| self.file.get(at..end)).ok_or(TiffError::Truncated)
    }

    fn short(&self, at: usize) -> Result<u32, TiffError> {
        let bytes = self.slice(at, 2)?;
        let bytes = [bytes[0], bytes[1]];
        Ok(u32::from(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }))
    }

    fn long(&self, at: usize) -> Result<u32, TiffError> {
        let bytes = self.slice(at, 4)?;
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn directory(&self, at: u32) -> Result<Directory<'a>, TiffError> {
        let at = at as usize;
        let count = self.short(at)? as usize;
        self.slice(at + 2, count * 12)?;
        Ok(Directory { reader: *self, entries: at + 2, count, next: self.long(at + 2 + count * 12)? })
    }
}

struct Directory<'a> {
    reader: Reader<'a>,
    entries: usize,
    count: usize,
    next: u32,
}

impl Directory<'_> {
    /// The values of an entry: at most `most` of them, each a SHORT or a LONG.
    fn values(&self, tag: u16, most: usize) -> Result<Vec<u32>, TiffError> {
        let Some(entry) = self.find(tag)? else { return Ok(Vec::new()) };
        let count = self.reader.long(entry + 4)? as usize;
        if count > most {
            return Err(TiffError::Unsupported("directory"));
        }
        let size = match self.reader.short(entry + 2)? as u16 {
            SHORT => 2,
            LONG => 4,
            _ => return Err(TiffError::Unsupported("directory")),
        };
        let at = if count * size <= 4 { entry + 8 } else { self.reader.long(entry + 8)? as usize };
        (0..count)
            .map(|i| if size == 2 { self.reader.short(at + i * 2) } else { self.reader.long(at + i * 4) })
            .collect()
    }

    fn find(&self, tag: u16) -> Result<Option<usize>, TiffError> {
        for entry in (0..self.count).map(|i| self.entries + i * 12) {
            if self.reader.short(entry)? == u32::from(tag) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn value(&self, tag: u16, default: u32) -> Result<u32, TiffError> {
        Ok(self.values(tag, 1)?.first().copied().unwrap_or(default))
    }

    /// A resolution in dots per inch, rounded.
    fn dpi(&self, tag: u16, default: u16) -> Result<u16, TiffError> {
        // The cast saturates.
        Ok(self.per_inch(tag)?.map_or(default, |dpi| dpi.round() as u16))
    }

    /// A resolution in dots per inch; what has no unit is taken for that.
    fn per_inch(&self, tag: u16) -> Result<Option<f64>, TiffError> {
        let Some(entry) = self.find(tag)? else { return Ok(None) };
        if self.reader.short(entry + 2)? as u16 != RATIONAL {
            return Err(TiffError::Unsupported("resolution"));
        }
        let at = self.reader.long(entry + 8)? as usize;
        let (numerator, denominator) = (self.reader.long(at)?, self.reader.long(at + 4)?);
        if denominator == 0 {
            return Err(TiffError::Unsupported("resolution"));
        }
        let per_unit = f64::from(numerator) / f64::from(denominator);
        // Unit 3 is the centimetre.
        Ok(Some(if self.value(tag::RESOLUTION_UNIT, 2)? == 3 { per_unit * 2.54 } else { per_unit }))
    }

    /// True if a byte's first bit is its lowest.
    fn is_reversed(&self) -> Result<bool, TiffError> {
        match self.value(tag::FILL_ORDER, 1)? {
            1 => Ok(false),
            2 => Ok(true),
            _ => Err(TiffError::Unsupported("fill order")),
        }
    }

    /// Where the strips or tiles of the page are, and how long.
    fn packed(&self) -> Result<(Vec<u32>, Vec<u32>), TiffError> {
        /// Tiles of 16 by 16 dots, the smallest that there are, of a page with as many dots as it may have.
        const MOST_PIECES: usize = 200_000;
        let (at, length) = match self.find(tag::TILE_OFFSETS)? {
            Some(_) => (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS),
            None => (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS),
        };
        Ok((self.values(at, MOST_PIECES)?, self.values(length, MOST_PIECES)?))
    }

    /// What they take in the file.
    fn packed_bytes(&self) -> Result<usize, TiffError> {
        let (_, lengths) = self.packed()?;
        let bytes = lengths.iter().fold(0, |sum: usize, len| sum.saturating_add(*len as usize));
        if bytes > self.reader.file.len() { Err(TiffError::Truncated) } else { Ok(bytes) }
    }

    fn page(&self) -> Result<Page, TiffError> {
        for (tag, default, expected, what) in [
            (tag::COMPRESSION, 1, COMPRESSION_T6, "compression"),
            (tag::BITS_PER_SAMPLE, 1, 1, "colour depth"),
            (tag::SAMPLES_PER_PIXEL, 1, 1, "colour depth"),
            (tag::PHOTOMETRIC, 0, 0, "photometric interpretation"),
            (tag::ORIENTATION, 1, 1, "orientation"),
        ] {
            if self.value(tag, default)? != expected {
                return Err(TiffError::Unsupported(what));
            }
        }
        let (width, rows) = (self.value(tag::IMAGE_WIDTH, 0)?, self.value(tag::IMAGE_LENGTH, 0)?);
        check_size(width, rows)?;
        let (x_dpi, y_dpi) = (self.dpi(tag::X_RESOLUTION, 204)?, self.dpi(tag::Y_RESOLUTION, 196)?);
        let mut page = Page { width, rows, x_dpi, y_dpi, g4: Vec::new(), bad_rows: self.value(tag::BAD_FAX_LINES, 0)? };
        page.g4 = self.strip(&page)?;
        Ok(page)
    }

    /// The page's rows as one strip.
    fn strip(&self, page: &Page) -> Result<Vec<u8>, TiffError> {
        let per_strip = self.value(tag::ROWS_PER_STRIP, page.rows)?.clamp(1, page.rows);
        let expected = page.rows.div_ceil(per_strip) as usize;
        let offsets = self.values(tag::STRIP_OFFSETS, expected)?;
        let lengths = self.values(tag::STRIP_BYTE_COUNTS, expected)?;
        if offsets.len() != expected || lengths.len() != expected {
            return Err(TiffError::Unsupported("strip table"));
        }
        if self.packed_bytes()? > MAX_STRIP {
            return Err(PageError::Size.into());
        }
        let mut strips = Vec::with_capacity(expected);
        for (at, len) in offsets.iter().zip(&lengths) {
            strips.push(self.reader.slice(*at as usize, *len as usize)?);
        }
        let reversed = self.is_reversed()?;
        let in_order = |strip: &[u8]| -> Vec<u8> {
            if reversed { strip.iter().map(|byte| byte.reverse_bits()).collect() } else { strip.to_vec() }
        };
        if let [only] = strips[..] {
            return Ok(in_order(only));
        }
        // Each strip begins with its own white reference row, so several cannot be joined as bytes.
        let mut bitmap = Bitmap::new(page.width, page.rows);
        for (number, strip) in strips.iter().enumerate() {
            let first = number as u32 * per_strip;
            decode_strip(&in_order(strip), &mut bitmap, first, per_strip.min(page.rows - first))?;
        }
        Ok(Page::encode(&bitmap, page.x_dpi, page.y_dpi).g4)
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn page(rows: u32, seed: u32) -> Page {
        let mut bitmap = Bitmap::new(1728, rows);
        for y in 0..rows {
            bitmap.fill_run(y, (y * 7 + seed) % 1728, (y * 13 + seed * 5) % 1728);
        }
        Page::encode(&bitmap, 204, if seed.is_multiple_of(2) { 196 } else { 98 })
    }

    #[test]
    fn pages_come_back_as_they_were_written() {
        let pages = [page(30, 1), page(1, 2), page(77, 3)];
        let file = write(&pages);
        assert_eq!(read(&file).unwrap(), pages);
        assert_eq!(read_page(&file, 2).unwrap(), pages[2]);
        assert_eq!(read_page(&file, 3), Err(TiffError::NoSuchPage));
        assert_eq!(read_last(&file).unwrap(), pages[2]);
        assert_eq!(Page::from_tiff(&pages[0].to_tiff()).unwrap(), pages[0]);
    }

    /// libtiff is the other reader of our files and the writer of what the fax engine hands us.
    #[test]
    fn libtiff_agrees() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, theirs) = (dir.path().join("ours.tif"), dir.path().join("theirs.tif"));
        let pages = [page(300, 4), page(64, 5)];
        std::fs::write(&ours, write(&pages)).unwrap();
        // Reversed bits and strips of 50 rows, big-endian: everything that the reader has to undo.
        for args in [&["-c", "g4", "-f", "lsb2msb", "-r", "50"][..], &["-B", "-c", "g4", "-r", "1000"], &["-c", "g4"]] {
            let status = Command::new("tiffcp").args(args).arg(&ours).arg(&theirs).output().expect("libtiff-tools");
            assert!(status.status.success() && status.stderr.is_empty(), "{}", String::from_utf8_lossy(&status.stderr));
            let read = read(&std::fs::read(&theirs).unwrap()).unwrap();
            assert_eq!(read.len(), 2);
            for (read, written) in read.iter().zip(&pages) {
                assert_eq!((read.x_dpi, read.y_dpi), (written.x_dpi, written.y_dpi));
                assert_eq!(read.decode().unwrap(), written.decode().unwrap(), "{args:?}");
            }
        }
    }

    /// What other programs ask of a file of faxes (TIFF-F, RFC 2306), as libtiff sees it.
    #[test]
    fn a_fax_program_finds_each_page_and_what_it_must_know_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("fax.tif");
        let damaged = Page { bad_rows: 3, ..page(64, 5) };
        std::fs::write(&file, write(&[page(300, 4), damaged])).unwrap();
        let said = Command::new("tiffinfo").arg(&file).output().expect("libtiff-tools");
        assert!(said.status.success() && said.stderr.is_empty(), "{}", String::from_utf8_lossy(&said.stderr));
        let said = String::from_utf8(said.stdout).unwrap();
        let pages: Vec<&str> = said.split("=== TIFF directory").skip(1).collect();
        assert_eq!(pages.len(), 2, "{said}");
        let (length, resolution) = (["300", "64"], ["204, 196", "204, 98"]);
        for (number, page) in pages.iter().enumerate() {
            for line in [
                format!("Image Width: 1728 Image Length: {}", length[number]),
                format!("Resolution: {} pixels/inch", resolution[number]),
                format!("Page Number: {number}-2"),
                format!("Rows/Strip: {}", length[number]),
            ]
            .iter()
            .map(String::as_str)
            .chain([
                "Subfile Type: multi-page document",
                "Bits/Sample: 1",
                "Compression Scheme: CCITT Group 4",
                "Photometric Interpretation: min-is-white",
                "FillOrder: msb-to-lsb",
            ]) {
                assert!(page.contains(line), "no {line:?} in {page}");
            }
        }
        assert!(pages[1].contains("Bad Fax Lines: 3") && pages[0].contains("Bad Fax Lines: 0"), "{said}");
    }

    #[test]
    fn a_circle_of_directories_ends() {
        let mut file = write(&[page(2, 0)]);
        let first = file[4..8].to_vec();
        let link = file.len() - 4;
        file[link..].copy_from_slice(&first);
        assert_eq!(read(&file), Err(TiffError::TooManyPages));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn damaged_files_never_panic(hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), cut in any::<prop::sample::Index>()) {
            let mut file = write(&[page(5, 1), page(3, 2)]);
            for (at, byte) in hits {
                let at = at.index(file.len());
                file[at] = byte;
            }
            file.truncate(cut.index(file.len()));
            if let Ok(pages) = read(&file) {
                for page in pages {
                    let _ = page.decode();
                }
            }
        }
    }
}
