//! Pages in tones and colours, and what is black and white but packed in a way that no fax program knows.
//!
//! The crate `tiff` unpacks them: strips and tiles, planes, compressions, predictors, either byte order. What the samples mean is decided
//! here. The crate reads no palettes, and drops what stands beside grey and beside colours before it undoes a predictor over all of them;
//! so it is told that each page is grey with so many more samples beside it, which it gives as they stand.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::read::ZlibDecoder;
use tiff_codec::decoder::{Decoder, Limits};

use super::lab::Lab;
use super::scan::{COMPRESSION_NONE, COMPRESSION_PACKBITS, Dots};
use super::{Directory, SHORT, TiffError, tag};
use crate::jpeg;
use crate::page::{Bitmap, MAX_PIXELS, MAX_SIDE, PageError, check_scan};

const COMPRESSION_LZW: u32 = 5;
const COMPRESSION_JPEG: u32 = 7;
const COMPRESSION_DEFLATE: u32 = 8;
const COMPRESSION_OLD_DEFLATE: u32 = 32_946;
const COMPRESSIONS: [u32; 6] = [
    COMPRESSION_NONE,
    COMPRESSION_LZW,
    COMPRESSION_JPEG,
    COMPRESSION_DEFLATE,
    COMPRESSION_OLD_DEFLATE,
    COMPRESSION_PACKBITS,
];

/// Samples of one dot: four inks, and what a drawing program keeps beside them.
const MOST_SAMPLES: u32 = 8;
/// Unpacked bytes of one page: the most dots that there may be, in four samples of 16 bits.
const MOST_BYTES: usize = MAX_PIXELS as usize * 8;

/// A page of red, green, blue and a full byte of alpha, on white.
pub(crate) struct Tones {
    pub(crate) width: u32,
    pub(crate) rows: u32,
    pub(crate) rgba: Vec<u8>,
}

/// How the samples of a page stand, and what they mean.
struct Form {
    width: u32,
    rows: u32,
    samples: usize,
    bits: usize,
    /// All first samples, then all second ones.
    planar: bool,
    means: Means,
    alpha: Option<Alpha>,
}

/// What the first samples of a dot say.
enum Means {
    Grey {
        white_is_zero: bool,
    },
    Palette(Vec<[u8; 3]>),
    Rgb,
    /// Of JPEG.
    Ycc,
    /// Cyan, magenta, yellow, black.
    Inks,
    Lab(Lab),
}

/// What the sample behind the colours says of them.
#[derive(Clone, Copy)]
enum Alpha {
    /// They are as strong as they stand.
    Straight,
    /// They are weakened by it already.
    Multiplied,
}

/// The strips or tiles of a page.
struct Pieces {
    is_tiled: bool,
    width: u32,
    rows: u32,
    across: u32,
    down: u32,
}

impl Directory<'_> {
    /// The page whose directory stands at `at`. `copy` is the file, or empty, and is altered.
    pub(super) fn tones(&self, at: u32, copy: &mut Vec<u8>) -> Result<Dots, TiffError> {
        let form = self.form()?;
        if copy.is_empty() {
            copy.extend_from_slice(self.reader.file);
        }
        self.check_pieces(&form, copy)?;
        self.call_it_grey(at, copy)?;
        // It asserts what a forged file may not keep. It works on a slice, and leaves nothing behind.
        let raw = catch_unwind(AssertUnwindSafe(|| unpack(copy, &form))).unwrap_or(Err(PageError::Damaged.into()))?;
        form.paint(&raw)
    }

    fn form(&self) -> Result<Form, TiffError> {
        let (width, rows) = (self.value(tag::IMAGE_WIDTH, 0)?, self.value(tag::IMAGE_LENGTH, 0)?);
        check_scan(width, rows)?;
        let samples = self.value(tag::SAMPLES_PER_PIXEL, 1)?;
        if !(1..=MOST_SAMPLES).contains(&samples) {
            return Err(TiffError::Unsupported("number of samples"));
        }
        let bits = self.all_the_same(tag::BITS_PER_SAMPLE, 1)?;
        // Whole numbers, or nobody knows.
        if ![1, 2, 4, 8, 16].contains(&bits) || ![1, 4].contains(&self.all_the_same(tag::SAMPLE_FORMAT, 1)?) {
            return Err(TiffError::Unsupported("colour depth"));
        }
        if !COMPRESSIONS.contains(&self.value(tag::COMPRESSION, COMPRESSION_NONE)?) {
            return Err(TiffError::Unsupported("compression"));
        }
        let means = self.means(bits)?;
        let alpha = match self.values(tag::EXTRA_SAMPLES, MOST_SAMPLES as usize)?.first() {
            Some(1) => Some(Alpha::Multiplied),
            Some(2) => Some(Alpha::Straight),
            _ => None,
        };
        let planar = self.value(tag::PLANAR_CONFIGURATION, 1)? == 2;
        let (samples, bits) = (samples as usize, bits as usize);
        let alpha = alpha.filter(|_| samples > means.samples());
        let form = Form { width, rows, samples, bits, planar, means, alpha };
        if samples < form.means.samples() {
            return Err(TiffError::Unsupported("number of samples"));
        }
        if u64::from(width) * u64::from(rows) > MAX_PIXELS || form.bytes() > MOST_BYTES {
            return Err(PageError::Size.into());
        }
        Ok(form)
    }

    /// What the samples mean (TIFF 6.0 sections 3 to 6, 16 and 21).
    fn means(&self, bits: u32) -> Result<Means, TiffError> {
        const NONE: u32 = u32::MAX;
        const CMYK: u32 = 1;
        let packed_by_jpeg = self.value(tag::COMPRESSION, COMPRESSION_NONE)? == COMPRESSION_JPEG;
        // Elsewhere colours may stand for several dots each, which the crate does not undo.
        let whole = packed_by_jpeg || self.values(tag::YCBCR_SUB_SAMPLING, 2)? == [1, 1];
        match self.value(tag::PHOTOMETRIC, NONE)? {
            0 => Ok(Means::Grey { white_is_zero: true }),
            1 => Ok(Means::Grey { white_is_zero: false }),
            2 => Ok(Means::Rgb),
            3 if bits <= 8 => Ok(Means::Palette(self.palette(bits)?)),
            5 if self.value(tag::INK_SET, CMYK)? == CMYK => Ok(Means::Inks),
            6 if bits == 8 && whole => Ok(Means::Ycc),
            // JPEG makes others of the signs of such samples. The tenth is of colour fax machines, which pack by it.
            kind @ (8 | 9) if [8, 16].contains(&bits) && !packed_by_jpeg => Ok(Means::Lab(Lab::new(kind == 9))),
            _ => Err(TiffError::Unsupported("photometric interpretation")),
        }
    }

    /// All reds, then all greens, then all blues, in 16 bits; some programs write 8.
    fn palette(&self, bits: u32) -> Result<Vec<[u8; 3]>, TiffError> {
        let colours = 1usize << bits;
        let values = self.values(tag::COLOR_MAP, colours * 3)?;
        if values.len() != colours * 3 {
            return Err(TiffError::Unsupported("palette"));
        }
        let shift = if values.iter().any(|value| *value > 0xff) { 8 } else { 0 };
        let channel = |at: usize| u8::try_from(values[at] >> shift).unwrap_or(0xff);
        Ok((0..colours).map(|at| [channel(at), channel(at + colours), channel(at + 2 * colours)]).collect())
    }

    /// The value of an entry that has one for each sample.
    fn all_the_same(&self, tag: u16, default: u32) -> Result<u32, TiffError> {
        let values = self.values(tag, MOST_SAMPLES as usize)?;
        let first = values.first().copied().unwrap_or(default);
        if values.iter().all(|value| *value == first) { Ok(first) } else { Err(TiffError::Unsupported("colour depth")) }
    }

    fn pieces(&self, form: &Form) -> Result<Pieces, TiffError> {
        let is_tiled = self.find(tag::TILE_OFFSETS)?.is_some();
        let (width, rows) = if is_tiled {
            let (width, rows) = (self.value(tag::TILE_WIDTH, 0)?, self.value(tag::TILE_LENGTH, 0)?);
            if !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&rows) {
                return Err(TiffError::Unsupported("tiles"));
            }
            (width, rows)
        } else {
            (form.width, self.value(tag::ROWS_PER_STRIP, form.rows)?.clamp(1, form.rows))
        };
        Ok(Pieces { is_tiled, width, rows, across: form.width.div_ceil(width), down: form.rows.div_ceil(rows) })
    }

    /// Looks after what the crate would not miss: pieces without their end, whose place others take, or grey, and damaged ones whose
    /// checksum it does not come to. In `copy` each byte comes to begin with its first bit.
    fn check_pieces(&self, form: &Form, copy: &mut [u8]) -> Result<(), TiffError> {
        let pieces = self.pieces(form)?;
        let compression = self.value(tag::COMPRESSION, COMPRESSION_NONE)?;
        let reversed = self.is_reversed()? && compression != COMPRESSION_JPEG;
        let (offsets, lengths) = self.packed()?;
        let planes = if form.planar { form.samples } else { 1 };
        if offsets.len() != lengths.len() || offsets.len() != (pieces.across * pieces.down) as usize * planes {
            return Err(PageError::Damaged.into());
        }
        // The crate takes the tiles at the lower edge of each plane but the first for whole ones.
        if form.planar && pieces.is_tiled && !form.rows.is_multiple_of(pieces.rows) {
            return Err(TiffError::Unsupported("planes in tiles"));
        }
        for (number, (at, length)) in offsets.iter().zip(&lengths).enumerate() {
            let (at, length) = (*at as usize, *length as usize);
            let piece = self.reader.slice(at, length)?;
            let rows = pieces.rows_of(number, form);
            match compression {
                COMPRESSION_NONE if length < form.row_bytes(pieces.width) * rows as usize => {
                    return Err(TiffError::Truncated);
                }
                COMPRESSION_JPEG => form.check_jpeg(piece, &pieces, rows)?,
                COMPRESSION_DEFLATE | COMPRESSION_OLD_DEFLATE => {
                    check_deflate(piece, form.row_bytes(pieces.width) * pieces.rows as usize)?;
                }
                _ => {}
            }
            if reversed {
                copy[at..at + length].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
            }
        }
        Ok(())
    }

    /// In `copy`, makes the page the first one and grey, where black is zero.
    fn call_it_grey(&self, at: u32, copy: &mut [u8]) -> Result<(), TiffError> {
        let Some(entry) = self.find(tag::PHOTOMETRIC)? else { return Err(TiffError::Unsupported("directory")) };
        let (at, short, long) = if self.reader.big_endian {
            (at.to_be_bytes(), 1u16.to_be_bytes(), 1u32.to_be_bytes())
        } else {
            (at.to_le_bytes(), 1u16.to_le_bytes(), 1u32.to_le_bytes())
        };
        let value: &[u8] = if self.reader.short(entry + 2)? == u32::from(SHORT) { &short } else { &long };
        copy[4..8].copy_from_slice(&at);
        copy[entry + 8..entry + 8 + value.len()].copy_from_slice(value);
        Ok(())
    }
}

impl Pieces {
    /// The rows of a piece that are of the page.
    fn rows_of(&self, number: usize, form: &Form) -> u32 {
        // There are no more than fit into 32 bits: both counts were compared.
        let down = number as u32 % (self.across * self.down) / self.across;
        self.rows.min(form.rows - down * self.rows)
    }
}

impl Means {
    const fn samples(&self) -> usize {
        match self {
            Self::Grey { .. } | Self::Palette(_) => 1,
            Self::Rgb | Self::Ycc | Self::Lab(_) => 3,
            Self::Inks => 4,
        }
    }
}

impl Form {
    /// Samples that stand beside each other.
    const fn together(&self) -> usize {
        if self.planar { 1 } else { self.samples }
    }

    /// Bytes of a row of so many dots.
    const fn row_bytes(&self, width: u32) -> usize {
        (width as usize * self.together() * self.bits).div_ceil(8)
    }

    /// Bytes of the page, unpacked.
    const fn bytes(&self) -> usize {
        self.row_bytes(self.width) * self.rows as usize * (self.samples / self.together())
    }

    /// The decoder of JPEG fills up what is missing, and takes what it is told of sizes.
    fn check_jpeg(&self, piece: &[u8], pieces: &Pieces, rows: u32) -> Result<(), TiffError> {
        /// A last strip may be filled up to a whole block.
        const BLOCK: u32 = 16;
        let head = jpeg::head(piece).filter(|_| !jpeg::is_cut(piece)).ok_or(PageError::Damaged)?;
        let sizes = head.width == pieces.width && (rows..=pieces.rows + BLOCK).contains(&head.rows);
        if sizes && head.channels as usize == self.together() { Ok(()) } else { Err(PageError::Damaged.into()) }
    }

    fn paint(&self, raw: &[u8]) -> Result<Dots, TiffError> {
        if let (Means::Grey { white_is_zero }, 1, 1) = (&self.means, self.bits, self.samples) {
            let mut bitmap = Bitmap::new(self.width, self.rows);
            (0..self.rows).zip(raw.chunks(bitmap.stride())).for_each(|(y, row)| bitmap.copy_row(y, row));
            if !white_is_zero {
                bitmap.invert();
            }
            return Ok(Dots::Bilevel(bitmap));
        }
        let (width, planes) = (self.width as usize, self.samples / self.together());
        let (row_bytes, plane_bytes) = (self.row_bytes(self.width), raw.len() / planes);
        // From a dot to the next, and from a sample of a dot to its next.
        let (next_dot, next_sample) = if self.planar { (1, width) } else { (self.samples, 1) };
        let mut rgba = Vec::with_capacity(width * self.rows as usize * 4);
        let mut samples = Vec::with_capacity(width * self.samples);
        for y in 0..self.rows as usize {
            samples.clear();
            for plane in 0..planes {
                let row = &raw[plane * plane_bytes + y * row_bytes..][..row_bytes];
                split(row, self.bits, width * self.together(), &mut samples);
            }
            for x in 0..width {
                let [r, g, b] = self.colour(|sample| samples[x * next_dot + sample * next_sample]);
                rgba.extend_from_slice(&[r, g, b, 255]);
            }
        }
        Ok(Dots::Tones(Tones { width: self.width, rows: self.rows, rgba }))
    }

    /// The colour of a dot, on white.
    #[inline]
    fn colour(&self, sample: impl Fn(usize) -> u16) -> [u8; 3] {
        let byte = |at: usize| eight_bits(sample(at), self.bits);
        let colour = match &self.means {
            Means::Grey { white_is_zero: true } => [255 - byte(0); 3],
            Means::Grey { white_is_zero: false } => [byte(0); 3],
            // It has an entry for each value that there can be.
            Means::Palette(colours) => colours[usize::from(sample(0))],
            Means::Rgb => [byte(0), byte(1), byte(2)],
            Means::Ycc => rgb_of_ycc([byte(0), byte(1), byte(2)]),
            Means::Lab(lab) => lab.rgb([0, 1, 2].map(&sample), self.bits),
            Means::Inks => [byte(0), byte(1), byte(2)].map(|ink| weaken(255 - ink, 255 - byte(3))),
        };
        let Some(alpha) = self.alpha else { return colour };
        let strength = byte(self.means.samples());
        let white = 255 - strength;
        match alpha {
            Alpha::Straight => colour.map(|channel| weaken(channel, strength).saturating_add(white)),
            Alpha::Multiplied => colour.map(|channel| channel.saturating_add(white)),
        }
    }
}

/// Unpacks a piece of at most `most` bytes to its end, where its checksum is (RFC 1950). Damage may make more of it.
fn check_deflate(piece: &[u8], most: usize) -> Result<(), TiffError> {
    let mut bytes = ZlibDecoder::new(piece).take(most as u64 + 1);
    match std::io::copy(&mut bytes, &mut std::io::sink()) {
        Ok(length) if length <= most as u64 => Ok(()),
        _ => Err(PageError::Damaged.into()),
    }
}

/// So much of a channel.
fn weaken(channel: u8, share: u8) -> u8 {
    u8::try_from((u32::from(channel) * u32::from(share) + 127) / 255).unwrap_or(255)
}

/// A sample of `bits` bits in eight.
#[inline]
fn eight_bits(sample: u16, bits: usize) -> u8 {
    let eight = match bits {
        1 => sample * 255,
        2 => sample * 85,
        4 => sample * 17,
        8 => sample,
        _ => sample >> 8,
    };
    u8::try_from(eight).unwrap_or(255)
}

/// The first `count` samples of a row.
fn split(row: &[u8], bits: usize, count: usize, to: &mut Vec<u16>) {
    match bits {
        16 => to.extend(row.as_chunks::<2>().0.iter().map(|bytes| u16::from_ne_bytes(*bytes))),
        8 => to.extend(row.iter().map(|byte| u16::from(*byte))),
        _ => to.extend((0..count).map(|at| {
            let (first, mask) = (at * bits, 0xff >> (8 - bits));
            u16::from(row[first / 8] >> (8 - bits - first % 8) & mask)
        })),
    }
}

/// ITU-T T.871, section 7.
fn rgb_of_ycc([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    // The casts saturate.
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|channel| channel.round() as u8)
}

/// The bytes of the first page of `file`, which says of itself that it is grey.
fn unpack(file: &[u8], form: &Form) -> Result<Vec<u8>, TiffError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = MOST_BYTES;
    let mut decoder = Decoder::new(Cursor::new(file)).map_err(|error| problem(&error))?.with_limits(limits);
    let layout = decoder.image_buffer_layout().map_err(|error| problem(&error))?;
    let size = decoder.dimensions().map_err(|error| problem(&error))?;
    // A directory that names a thing twice is understood in two ways.
    if layout.complete_len != form.bytes() || size != (form.width, form.rows) {
        return Err(PageError::Damaged.into());
    }
    let mut raw = vec![0; form.bytes()];
    decoder.read_image_bytes(&mut raw).map_err(|error| problem(&error))?;
    Ok(raw)
}

fn problem(error: &tiff_codec::TiffError) -> TiffError {
    match error {
        tiff_codec::TiffError::UnsupportedError(_) => TiffError::Unsupported("form"),
        tiff_codec::TiffError::LimitsExceeded => PageError::Size.into(),
        _ => PageError::Damaged.into(),
    }
}
