//! Photographs and drawings, one page each but for long ones: all kinds but TIFF, which has pages of its own. A moving picture is none.

use std::io::Cursor;
use std::ops::RangeInclusive;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{AnimationDecoder, DynamicImage, Frames, ImageDecoder, Limits, RgbaImage, imageops};
use model::PictureKind;

use super::binarise::{Raster, binarise};
use super::layout::{Layout, place_large};
use super::scene::{PICTURE, Scene};
use super::{Emit, Problem, sheets};
use crate::grain::Grain;
use crate::jpeg;
use crate::page::{Bitmap, MAX_PIXELS, MAX_SIDE};

/// Memory that a decoder may take: the most pixels with four channels of 8 bits, and as much again to work with.
const MAX_MEMORY: u64 = MAX_PIXELS * 8;
/// Many pictures do not say how large they are meant to be. At this many pixels per inch a screenshot is as wide as a page, and a
/// scan is larger than one and shrinks to it.
const PIXELS_PER_INCH: f64 = 100.0;
/// What is finer or coarser was not meant.
const SANE: RangeInclusive<f64> = 20.0..=4800.0;

/// The page of a picture, or the sheets of a long one.
pub(super) fn render(document: &[u8], kind: PictureKind, grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    let bytes = Cursor::new(document);
    let picture = match kind {
        PictureKind::Png => of_png(document)?,
        PictureKind::Jpeg if jpeg::is_cut(document) => return Err(Problem::Broken),
        PictureKind::Jpeg => decode(JpegDecoder::new(bytes).map_err(problem)?, jpeg::dpi(document))?,
        PictureKind::WebP => of_webp(WebPDecoder::new(bytes).map_err(problem)?)?,
        PictureKind::Gif => of_gif(GifDecoder::new(bytes).map_err(problem)?)?,
        PictureKind::Bmp => decode(BmpDecoder::new(bytes).map_err(problem)?, dpi_of_bmp(document))?,
        PictureKind::Heic => return Err(Problem::Heic),
        PictureKind::Tiff => return Err(Problem::Unsupported),
    };
    paint(on_white(picture.pixels), picture.dpi, grain, emit)
}

/// A picture the right way up.
pub(super) struct Picture {
    pub(super) pixels: RgbaImage,
    /// Pixels per inch across and along, if they are known.
    pub(super) dpi: Option<(f64, f64)>,
}

impl Picture {
    /// Turns it the way up that was noted beside it, from 1 to 8 as Exif counts.
    pub(super) fn upright(self, orientation: u8) -> Self {
        let Some(way) = Orientation::from_exif(orientation).filter(|way| *way != Orientation::NoTransforms) else {
            return self;
        };
        let mut picture = DynamicImage::from(self.pixels);
        picture.apply_orientation(way);
        let is_turned = (5..=8).contains(&orientation);
        let dpi = self.dpi.map(|(across, along)| if is_turned { (along, across) } else { (across, along) });
        Self { pixels: picture.into_rgba8(), dpi }
    }
}

/// Gives a picture with so many pixels per inch across and along, if it says so.
pub(super) fn paint(picture: RgbaImage, dpi: Option<(f64, f64)>, grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    let dpi = dpi.filter(|(across, along)| SANE.contains(across) && SANE.contains(along));
    let dpi = dpi.unwrap_or((PIXELS_PER_INCH, PIXELS_PER_INCH));
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    let layout = place_large(width / dpi.0, height / dpi.1, grain)?;
    let (picture, dpi) = if layout.turned { (imageops::rotate270(&picture), (dpi.1, dpi.0)) } else { (picture, dpi) };
    // `scale` counts dots per inch of the document.
    let side = |pixels: u32, scale: f64| (f64::from(pixels) * scale).round().max(1.0) as u32;
    let columns = side(picture.width(), layout.scale.0 / dpi.0).min(layout.columns);
    let whole = side(picture.height(), layout.scale.1 / dpi.1).min(layout.whole);
    sheets::give(&layout, grain, |top| Ok(sheet(&picture, &layout, (columns, whole), top)), emit)
}

/// What of a picture, brought to so many dots across and along, stands on a sheet from this row of them on.
fn sheet(picture: &RgbaImage, layout: &Layout, (columns, whole): (u32, u32), top: u32) -> Bitmap {
    let rows = whole.saturating_sub(top).min(layout.rows);
    let pixel = |row: u32| u64::from(row) * u64::from(picture.height()) / u64::from(whole);
    let (first, end) = (pixel(top) as u32, pixel(top + rows).max(pixel(top) + 1) as u32);
    let mut paper = RgbaImage::from_pixel(layout.columns, layout.rows, image::Rgba([255; 4]));
    let mut scene = Scene::new(layout.columns as usize, layout.rows as usize);
    if rows > 0 {
        let filter =
            if columns > picture.width() { imageops::FilterType::CatmullRom } else { imageops::FilterType::Triangle };
        let part = (end - first < picture.height())
            .then(|| imageops::crop_imm(picture, 0, first, picture.width(), end - first).to_image());
        let scaled = imageops::resize(part.as_ref().unwrap_or(picture), columns, rows, filter);
        let left = (layout.columns - columns) / 2;
        imageops::replace(&mut paper, &scaled, i64::from(left), 0);
        for y in 0..rows as usize {
            scene.paint(y, left as usize, (left + columns) as usize, PICTURE);
        }
    }
    let raster = Raster { width: layout.columns as usize, rows: layout.rows as usize, rgba: paper.as_raw() };
    binarise(&raster, &scene)
}

/// The pixels, the way up that the camera noted.
fn decode(mut decoder: impl ImageDecoder, dpi: Option<(f64, f64)>) -> Result<Picture, Problem> {
    limit(&mut decoder)?;
    // Damage there is none of the picture.
    let orientation = decoder.orientation().map_or(1, Orientation::to_exif);
    let pixels = DynamicImage::from_decoder(decoder).map_err(problem)?.into_rgba8();
    Ok(Picture { pixels, dpi }.upright(orientation))
}

/// Refuses a picture without pixels and one of too many, before memory is taken for them.
fn limit(decoder: &mut impl ImageDecoder) -> Result<(), Problem> {
    decoder.set_limits(limits()).map_err(problem)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Problem::Empty);
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(Problem::TooLarge);
    }
    Ok(())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    limits
}

fn of_png(document: &[u8]) -> Result<Picture, Problem> {
    let decoder = PngDecoder::with_limits(Cursor::new(document), limits()).map_err(problem)?;
    if decoder.is_apng().map_err(problem)? {
        return Err(Problem::Moving);
    }
    decode(decoder, dpi_of_png(document))
}

fn of_gif(mut decoder: GifDecoder<Cursor<&[u8]>>) -> Result<Picture, Problem> {
    limit(&mut decoder)?;
    still(decoder.into_frames())
}

/// A picture of one frame is a picture, though it was made to move.
fn of_webp(mut decoder: WebPDecoder<Cursor<&[u8]>>) -> Result<Picture, Problem> {
    if decoder.has_animation() {
        limit(&mut decoder)?;
        return still(decoder.into_frames());
    }
    decode(decoder, None)
}

/// The only one of these pictures.
fn still(mut frames: Frames<'_>) -> Result<Picture, Problem> {
    let first = frames.next().ok_or(Problem::Empty)?.map_err(problem)?;
    match frames.next() {
        None => Ok(Picture { pixels: first.into_buffer(), dpi: None }),
        Some(Ok(_)) => Err(Problem::Moving),
        // Nobody knows what else there was.
        Some(Err(_)) => Err(Problem::Broken),
    }
}

/// ISO/IEC 15948, section 11.3.5.3.
fn dpi_of_png(document: &[u8]) -> Option<(f64, f64)> {
    let reader = png::Decoder::new(Cursor::new(document)).read_info().ok()?;
    let size = reader.info().pixel_dims.filter(|size| size.unit == png::Unit::Meter)?;
    Some((per_metre(size.xppu), per_metre(size.yppu)))
}

/// In its second header, if that is one of those that know it.
fn dpi_of_bmp(document: &[u8]) -> Option<(f64, f64)> {
    const SHORTEST: u32 = 40;
    let long = |at: usize| document.get(at..at + 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
    long(14).filter(|length| *length >= SHORTEST)?;
    Some((per_metre(long(38)?), per_metre(long(42)?)))
}

fn per_metre(pixels: u32) -> f64 {
    f64::from(pixels) * 0.0254
}

/// What shines through is white.
fn on_white(mut picture: RgbaImage) -> RgbaImage {
    for pixel in picture.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        if alpha < 255 {
            for channel in &mut pixel.0[..3] {
                *channel = u8::try_from((u32::from(*channel) * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255);
            }
            pixel[3] = 255;
        }
    }
    picture
}

fn problem(error: image::ImageError) -> Problem {
    match error {
        image::ImageError::Limits(_) => Problem::TooLarge,
        image::ImageError::Unsupported(_) => Problem::Unsupported,
        _ => Problem::Broken,
    }
}
