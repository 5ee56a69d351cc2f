//! A small picture of each kind, in each way that it is written here.

use std::error::Error;
use std::io::Cursor;

use fax::page::{Bitmap, Page};
use image::{DynamicImage, ImageFormat, RgbaImage};
use tiff_codec::encoder::{Compression, DeflateLevel, TiffEncoder, colortype};

use crate::Seed;

const SIDE: u32 = 24;

pub(crate) fn all() -> Result<Vec<Seed>, Box<dyn Error>> {
    let mut all = common()?;
    all.extend(scans()?);
    all.push(("fax.tif".to_owned(), fax()));
    Ok(all)
}

/// Strokes on paper, and a tone beside them.
fn drawing() -> DynamicImage {
    DynamicImage::from(RgbaImage::from_fn(SIDE, SIDE, |x, y| match (x, y) {
        (_, ..12) if x % 6 < 2 => image::Rgba([180, 20, 30, 255]),
        (_, ..12) => image::Rgba([250, 246, 230, 128]),
        _ => image::Rgba([60 + x as u8 * 5, 64 + x as u8 * 5, 56 + x as u8 * 5, 255]),
    }))
}

fn common() -> Result<Vec<Seed>, image::ImageError> {
    let (rgba, mut files) = (drawing(), Vec::new());
    let forms = [
        ("rgba", rgba.clone()),
        ("rgb", rgba.to_rgb8().into()),
        ("grey", rgba.to_luma8().into()),
        ("deep", rgba.to_rgb16().into()),
    ];
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp] {
        for (form, picture) in &forms {
            let mut bytes = Cursor::new(Vec::new());
            // Not every kind has every form.
            if picture.write_to(&mut bytes, format).is_ok() {
                files.push((format!("{form}.{}", format.extensions_str()[0]), bytes.into_inner()));
            }
        }
    }
    Ok(files)
}

fn scans() -> Result<Vec<Seed>, tiff_codec::TiffError> {
    let (rgb, grey) = (drawing().to_rgb8(), drawing().to_luma8());
    let packings = [
        ("none", Compression::Uncompressed),
        ("lzw", Compression::Lzw),
        ("deflate", Compression::Deflate(DeflateLevel::Fast)),
        ("packbits", Compression::Packbits),
    ];
    let mut files = Vec::new();
    for (name, packing) in packings {
        let mut bytes = Cursor::new(Vec::new());
        let mut file = TiffEncoder::new(&mut bytes)?.with_compression(packing);
        // Of two pages.
        file.write_image::<colortype::RGB8>(SIDE, SIDE, &rgb)?;
        file.write_image::<colortype::Gray8>(SIDE, SIDE, &grey)?;
        files.push((format!("{name}.tif"), bytes.into_inner()));
    }
    let mut bytes = Cursor::new(Vec::new());
    TiffEncoder::new_big(&mut bytes)?.write_image::<colortype::RGB8>(SIDE, SIDE, &rgb)?;
    files.push(("big.tif".to_owned(), bytes.into_inner()));
    Ok(files)
}

/// As a fax machine keeps it.
fn fax() -> Vec<u8> {
    let mut bitmap = Bitmap::new(1728, 200);
    (0..200).for_each(|y| bitmap.fill_run(y, y * 7, y * 8 + 3));
    Page::multi_tiff(&[Page::encode(&bitmap, 204, 196)])
}
