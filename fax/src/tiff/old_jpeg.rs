//! JPEG of the old kind (compression 6, TIFF 6.0 section 22), which programs of the nineties wrote: either the file has a whole JPEG stream in it, or
//! the head of one and its dots apart, or its tables, each somewhere, and dots in strips. Of all of them one ordinary stream is made. What the colours
//! mean is said by that, as others read it too: three are never red, green and blue, whatever the page says.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::tones::Tones;
use super::{Directory, TiffError, tag};
use crate::jpeg;
use crate::page::{MAX_PIXELS, PageError, check_scan};

const BASELINE: u32 = 1;
/// The side of a block of dots.
const BLOCK: u32 = 8;
/// Strips have a restart between them, which is numbered by eight.
const RESTARTS: usize = 8;
const SOI: [u8; 2] = [0xff, 0xd8];
const SOF: u8 = 0xc0;
const DHT: u8 = 0xc4;
const RST: u8 = 0xd0;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;

impl Directory<'_> {
    /// A page whose strips are such.
    pub(super) fn old_jpeg(&self) -> Result<Tones, TiffError> {
        let (width, rows) = (self.value(tag::IMAGE_WIDTH, 0)?, self.value(tag::IMAGE_LENGTH, 0)?);
        check_scan(width, rows)?;
        if u64::from(width) * u64::from(rows) > MAX_PIXELS {
            return Err(PageError::Size.into());
        }
        let one_plane = self.value(tag::PLANAR_CONFIGURATION, 1)? == 1 && self.find(tag::TILE_OFFSETS)?.is_none();
        if !one_plane || self.value(tag::JPEG_PROC, BASELINE)? != BASELINE {
            return Err(TiffError::Unsupported("compression"));
        }
        let stream = self.stream(width, rows)?;
        let head = jpeg::head(&stream).filter(|head| (head.width, head.rows) == (width, rows));
        decode(&stream, head.ok_or(PageError::Damaged)?)
    }

    fn stream(&self, width: u32, rows: u32) -> Result<Vec<u8>, TiffError> {
        let at = self.value(tag::JPEG_STREAM, 0)? as usize;
        let mut strips = self.old_strips()?;
        if at == 0 {
            // Some have the whole of it in their strip, and do not say so.
            return match strips[..] {
                [whole] if whole.starts_with(&SOI) => Ok(whole.to_vec()),
                _ => {
                    let mut stream = self.head_of_tables(width, rows)?;
                    append(&mut stream, &strips);
                    Ok(stream)
                }
            };
        }
        // Its length is often missing, or wrong.
        let length = self.value(tag::JPEG_STREAM_LENGTH, 0)? as usize;
        let rest = self.reader.file.get(at..).filter(|rest| rest.starts_with(&SOI)).ok_or(TiffError::Truncated)?;
        let whole = rest.get(..length).filter(|_| length > 0).unwrap_or(rest);
        let head = head_with_scan(whole).ok_or(PageError::Damaged)?;
        let inside = |strip: &[u8]| whole.as_ptr_range().contains(&strip.as_ptr());
        // Strips that are a part of the stream, or there is none: it is whole by itself.
        if !jpeg::is_cut(whole) && strips.iter().all(|strip| inside(strip)) {
            return Ok(whole.to_vec());
        }
        let mut stream = head.to_vec();
        strips.retain(|strip| !strip.is_empty());
        append(&mut stream, &strips);
        Ok(stream)
    }

    /// The bytes of each.
    fn old_strips(&self) -> Result<Vec<&[u8]>, TiffError> {
        let (offsets, lengths) = self.packed()?;
        if offsets.is_empty() || offsets.len() != lengths.len() {
            return Err(PageError::Damaged.into());
        }
        offsets.iter().zip(&lengths).map(|(at, length)| self.reader.slice(*at as usize, *length as usize)).collect()
    }

    /// The head of a stream whose tables stand for themselves in the file.
    fn head_of_tables(&self, width: u32, rows: u32) -> Result<Vec<u8>, TiffError> {
        let samples = self.value(tag::SAMPLES_PER_PIXEL, 1)?;
        if ![1, 3].contains(&samples) || self.values(tag::BITS_PER_SAMPLE, 3)?.iter().any(|bits| *bits != 8) {
            return Err(TiffError::Unsupported("number of samples"));
        }
        let samples = samples as u8;
        let subsampling = match self.values(tag::YCBCR_SUB_SAMPLING, 2)?[..] {
            _ if samples == 1 => (1, 1),
            [] => (2, 2),
            [across @ (1 | 2 | 4), down @ (1 | 2 | 4)] => (across, down),
            _ => return Err(TiffError::Unsupported("photometric interpretation")),
        };
        let mut head = SOI.to_vec();
        for (number, table) in self.tables(tag::JPEG_Q_TABLES, samples)?.into_iter().enumerate() {
            segment(&mut head, DQT, &[&[number as u8], self.reader.slice(table, 64)?].concat());
        }
        for (class, tag) in [(0x00, tag::JPEG_DC_TABLES), (0x10, tag::JPEG_AC_TABLES)] {
            for (number, at) in self.tables(tag, samples)?.into_iter().enumerate() {
                // How many codes there are of each length, and what they stand for.
                let codes: usize = self.reader.slice(at, 16)?.iter().map(|count| usize::from(*count)).sum();
                segment(&mut head, DHT, &[&[class | number as u8], self.reader.slice(at, 16 + codes)?].concat());
            }
        }
        let (size, side) = (|side: u32| (side as u16).to_be_bytes(), |part: u32| part * BLOCK);
        let mut frame = [&[8][..], &size(rows), &size(width), &[samples]].concat();
        let mut scan = vec![samples];
        for number in 0..samples {
            let sampling = if number == 0 { subsampling.0 << 4 | subsampling.1 } else { 0x11 };
            frame.extend([number + 1, sampling as u8, number]);
            scan.extend([number + 1, number << 4 | number]);
        }
        scan.extend([0, 63, 0]);
        segment(&mut head, SOF, &frame);
        let per_strip = self.value(tag::ROWS_PER_STRIP, rows)?.clamp(1, rows);
        let stated = self.value(tag::JPEG_RESTART_INTERVAL, 0)?;
        let restarts = if per_strip == rows {
            stated
        } else {
            let (blocks, left) = (per_strip / side(subsampling.1), per_strip % side(subsampling.1));
            let restarts = width.div_ceil(side(subsampling.0)) * blocks;
            if left != 0 || ![0, restarts].contains(&stated) {
                return Err(TiffError::Unsupported("strip table"));
            }
            restarts
        };
        if restarts != 0 {
            let restarts = u16::try_from(restarts).map_err(|_| TiffError::Unsupported("strip table"))?;
            segment(&mut head, DRI, &restarts.to_be_bytes());
        }
        segment(&mut head, SOS, &scan);
        Ok(head)
    }

    /// Where the table of each sample stands.
    fn tables(&self, tag: u16, samples: u8) -> Result<Vec<usize>, TiffError> {
        let at = self.values(tag, 4)?;
        let at = at.get(..usize::from(samples)).ok_or(PageError::Damaged)?;
        Ok(at.iter().map(|at| *at as usize).collect())
    }
}

fn segment(stream: &mut Vec<u8>, marker: u8, body: &[u8]) {
    stream.extend([0xff, marker]);
    stream.extend((body.len() as u16 + 2).to_be_bytes());
    stream.extend(body);
}

/// The dots of strips, one after the other. There is no end behind them that they may not have: where one is missing is seen by it.
fn append(stream: &mut Vec<u8>, strips: &[&[u8]]) {
    for (number, strip) in strips.iter().enumerate() {
        if number > 0 {
            stream.extend([0xff, RST + ((number - 1) % RESTARTS) as u8]);
        }
        stream.extend_from_slice(strip);
    }
}

/// All of a stream to the end of the head of its first scan. `None` if it has no scan.
fn head_with_scan(stream: &[u8]) -> Option<&[u8]> {
    let mut at = SOI.len();
    loop {
        let marker = *stream.get(at + 1)?;
        let length = usize::from(u16::from_be_bytes(*stream.get(at + 2..)?.first_chunk()?));
        if stream[at] != 0xff || length < 2 {
            return None;
        }
        at += 2 + length;
        if marker == SOS {
            return stream.get(..at);
        }
    }
}

fn decode(stream: &[u8], head: jpeg::Head) -> Result<Tones, TiffError> {
    let space = match head.channels {
        1 => ColorSpace::Luma,
        3 => ColorSpace::RGB,
        _ => return Err(TiffError::Unsupported("number of samples")),
    };
    let options = DecoderOptions::default().set_strict_mode(true).jpeg_set_out_colorspace(space);
    let dots = JpegDecoder::new_with_options(ZCursor::new(stream), options).decode().map_err(|_| PageError::Damaged)?;
    let rgba = dots.chunks_exact(head.channels as usize).flat_map(|dot| match *dot {
        [r, g, b] => [r, g, b, 255],
        _ => [dot[0], dot[0], dot[0], 255],
    });
    Ok(Tones { width: head.width, rows: head.rows, rgba: rgba.collect() })
}
