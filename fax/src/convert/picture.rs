//! PNG and JPEG documents: one page each.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbaImage, imageops};

use super::Problem;
use super::binarise::{Raster, binarise};
use super::layout::place;
use super::scene::{PICTURE, Scene};
use crate::grain::Grain;
use crate::page::Page;

/// The longest side: a page at 1200 dots per inch.
const MAX_SIDE: u32 = 16_000;
/// Pixels in all: an A4 page at 600 dots per inch has 35 million.
pub(super) const MAX_PIXELS: u64 = 50_000_000;
/// Memory that a decoder may take: the pixels above with four channels of 8 bits, and as much again to work with.
const MAX_MEMORY: u64 = MAX_PIXELS * 8;
/// Pictures rarely say how large they are meant to be. At this many pixels per inch a screenshot is as wide as a page, and a
/// scan is larger than one and shrinks to it.
const PIXELS_PER_INCH: f64 = 100.0;

/// The one page of a picture.
pub(super) fn render(document: &[u8], format: ImageFormat, grain: Grain) -> Result<Page, Problem> {
    paint(decode(document, format)?, (PIXELS_PER_INCH, PIXELS_PER_INCH), grain)
}

/// The page of a picture with so many pixels per inch across and along.
pub(super) fn paint(picture: RgbaImage, dpi: (f64, f64), grain: Grain) -> Result<Page, Problem> {
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let layout = place_large(width / dpi.0, height / dpi.1, grain)?;
    let (picture, dpi) = if layout.turned { (imageops::rotate270(&picture), (dpi.1, dpi.0)) } else { (picture, dpi) };
    // `scale` counts dots per inch of the document.
    let side = |pixels: u32, scale: f64| (f64::from(pixels) * scale).round().max(1.0) as u32;
    let columns = side(picture.width(), layout.scale.0 / dpi.0).min(layout.columns);
    let rows = side(picture.height(), layout.scale.1 / dpi.1).min(layout.rows);
    let filter =
        if columns > picture.width() { imageops::FilterType::CatmullRom } else { imageops::FilterType::Triangle };
    let scaled = imageops::resize(&picture, columns, rows, filter);
    drop(picture);

    let mut paper = RgbaImage::from_pixel(layout.columns, layout.rows, image::Rgba([255; 4]));
    let left = (layout.columns - columns) / 2;
    imageops::replace(&mut paper, &scaled, i64::from(left), 0);
    let mut scene = Scene::new(layout.columns as usize, layout.rows as usize);
    for y in 0..rows as usize {
        scene.paint(y, left as usize, (left + columns) as usize, PICTURE);
    }
    let raster = Raster { width: layout.columns as usize, rows: layout.rows as usize, rgba: paper.as_raw() };
    Ok(super::encode(&binarise(&raster, &scene), grain))
}

/// A scan at 600 dpi is no poster: pictures are shrunk as far as the paper needs, whatever their count of pixels says.
fn place_large(width: f64, height: f64, grain: Grain) -> Result<super::layout::Layout, Problem> {
    // Five times the paper is as far as `place` shrinks.
    let excess = (width.min(height) / 40.0).max(width.max(height) / 65.0).max(1.0);
    let mut layout = place(width / excess, height / excess, grain)?;
    layout.scale = (layout.scale.0 / excess, layout.scale.1 / excess);
    Ok(layout)
}

/// True if a JPEG has lost its end: the decoder would fill up what is missing. Within a scan 0xff is always followed by 0 or a
/// restart (ITU-T T.81 §B.1.1.5), so after the last start of a scan the next end of image is the real one.
fn is_cut(jpeg: &[u8]) -> bool {
    let last = |marker: [u8; 2]| jpeg.windows(2).rposition(|window| window == marker);
    last([0xff, 0xd9]).is_none_or(|end| last([0xff, 0xda]).is_some_and(|scan| end < scan))
}

/// The pixels on white paper, the way up that the camera noted.
fn decode(document: &[u8], format: ImageFormat) -> Result<RgbaImage, Problem> {
    if format == ImageFormat::Jpeg && is_cut(document) {
        return Err(Problem::Broken);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(document), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| problem(&error))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Problem::Empty);
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(Problem::TooLarge);
    }
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| problem(&error))?;
    picture.apply_orientation(orientation);
    let mut picture = picture.into_rgba8();
    for pixel in picture.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        if alpha < 255 {
            for channel in &mut pixel.0[..3] {
                *channel = u8::try_from((u32::from(*channel) * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
            }
            pixel[3] = 255;
        }
    }
    Ok(picture)
}

fn problem(error: &image::ImageError) -> Problem {
    match error {
        image::ImageError::Limits(_) => Problem::TooLarge,
        _ => Problem::Broken,
    }
}
