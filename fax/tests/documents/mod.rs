//! Documents made on the spot, good and bad.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use pdf_writer::types::BlendMode;
use pdf_writer::writers::ExtGraphicsState;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str};

/// A page that is being written; places are in points from the top left.
#[derive(Clone)]
pub(crate) struct Sheet {
    width: f32,
    height: f32,
    content: Vec<u8>,
    picture: Option<(Vec<u8>, (u16, u16))>,
}

impl Sheet {
    pub(crate) fn new(width: f32, height: f32) -> Self {
        Self { width, height, content: Vec::new(), picture: None }
    }

    fn add(&mut self, write: impl FnOnce(&mut Content)) {
        let mut content = Content::new();
        write(&mut content);
        self.content.extend_from_slice(&content.finish());
        self.content.push(b'\n');
    }

    pub(crate) fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, [r, g, b]: [f32; 3]) {
        let bottom = self.height - y - height;
        self.add(|c| {
            c.set_fill_rgb(r, g, b).rect(x, bottom, width, height).fill_nonzero();
        });
    }

    /// As a marker pen does it: over what is there.
    pub(crate) fn multiplied(&mut self, x: f32, y: f32, width: f32, height: f32, colour: [f32; 3]) {
        self.add(|c| {
            c.save_state().set_parameters(Name(b"Multiply"));
        });
        self.rect(x, y, width, height, colour);
        self.add(|c| {
            c.restore_state();
        });
    }

    /// Black, at a quarter of its strength.
    pub(crate) fn translucent_text(&mut self, x: f32, y: f32, size: f32, words: &str) {
        self.add(|c| {
            c.save_state().set_parameters(Name(b"Quarter"));
        });
        self.text(x, y, size, [0.0; 3], words);
        self.add(|c| {
            c.restore_state();
        });
    }

    pub(crate) fn text(&mut self, x: f32, y: f32, size: f32, [r, g, b]: [f32; 3], words: &str) {
        let base = self.height - y;
        self.add(|c| {
            c.begin_text().set_fill_rgb(r, g, b).set_font(Name(b"F"), size);
            c.next_line(x, base).show(Str(words.as_bytes())).end_text();
        });
    }

    pub(crate) fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, [r, g, b]: [f32; 3]) {
        let height = self.height;
        self.add(|c| {
            c.set_stroke_rgb(r, g, b).set_line_width(width);
            c.move_to(from.0, height - from.1).line_to(to.0, height - to.1).stroke();
        });
    }

    pub(crate) fn picture(&mut self, jpeg: &[u8], size: (u16, u16), x: f32, y: f32, width: f32, height: f32) {
        let bottom = self.height - y - height;
        self.picture = Some((jpeg.to_vec(), size));
        self.add(|c| {
            c.save_state().transform([width, 0.0, 0.0, height, x, bottom]).x_object(Name(b"P")).restore_state();
        });
    }
}

/// A file of these pages.
pub(crate) fn pdf(sheets: &[Sheet]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let page = |number: i32| Ref::new(10 + 3 * number);
    let count = i32::try_from(sheets.len()).unwrap();
    pdf.catalog(Ref::new(1)).pages(Ref::new(2));
    pdf.pages(Ref::new(2)).kids((0..count).map(page)).count(count);
    pdf.type1_font(Ref::new(3)).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    pdf.stream(Ref::new(4), b"q Q");
    for (number, sheet) in (0..).zip(sheets) {
        let (content, picture) = (Ref::new(11 + 3 * number), Ref::new(12 + 3 * number));
        let mut writer = pdf.page(page(number));
        writer.parent(Ref::new(2)).media_box(Rect::new(0.0, 0.0, sheet.width, sheet.height));
        // In two parts, as some writers do.
        writer.contents_array([content, Ref::new(4)]);
        let mut resources = writer.resources();
        resources.fonts().pair(Name(b"F"), Ref::new(3));
        let mut states = resources.ext_g_states();
        states.insert(Name(b"Multiply")).start::<ExtGraphicsState<'_>>().blend_mode(BlendMode::Multiply);
        states.insert(Name(b"Quarter")).start::<ExtGraphicsState<'_>>().non_stroking_alpha(0.25);
        states.finish();
        if sheet.picture.is_some() {
            resources.x_objects().pair(Name(b"P"), picture);
        }
        resources.finish();
        writer.finish();
        pdf.stream(content, &sheet.content);
        if let Some((bytes, (width, height))) = &sheet.picture {
            let mut image = pdf.image_xobject(picture, bytes);
            image.filter(Filter::DctDecode);
            image.width((*width).into()).height((*height).into()).bits_per_component(8).color_space().device_rgb();
        }
    }
    pdf.finish()
}

/// White pages.
pub(crate) fn pages(count: usize, width: f32, height: f32) -> Vec<u8> {
    pdf(&vec![Sheet::new(width, height); count])
}

/// A file that asks for a password: the keys in it belong to none.
pub(crate) fn encrypted() -> Vec<u8> {
    let mut file = pages(1, 612.0, 792.0);
    let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let entry = format!(
        "/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]\n\
         /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -3904 /O <{key}> /U <{key}> >>\n"
    );
    let trailer = b"trailer\n<<\n";
    let at = file.windows(trailer.len()).position(|window| window == trailer).expect("a trailer") + trailer.len();
    file.splice(at..at, entry.into_bytes());
    file
}

/// A photograph; places go from 0 to 1.
pub(crate) fn jpeg(width: u16, height: u16, dot: impl Fn(f32, f32) -> [u8; 3]) -> Vec<u8> {
    let rgb = raster(width, height, dot);
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.write_image(&rgb, width.into(), height.into(), ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// A picture with alpha.
pub(crate) fn png(width: u16, height: u16, dot: impl Fn(f32, f32) -> [u8; 4]) -> Vec<u8> {
    let rgba = raster(width, height, dot);
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes).write_image(&rgba, width.into(), height.into(), ExtendedColorType::Rgba8).unwrap();
    bytes
}

fn raster<const N: usize>(width: u16, height: u16, dot: impl Fn(f32, f32) -> [u8; N]) -> Vec<u8> {
    let place = |at: u16, side: u16| (f32::from(at) + 0.5) / f32::from(side);
    (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| dot(place(x, width), place(y, height)))
        .collect()
}

/// A PNG that claims to be large and has next to nothing in it.
pub(crate) fn png_head(width: u32, height: u32) -> Vec<u8> {
    let small = png(1, 1, |_, _| [0, 0, 0, 255]);
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    let mut file = small[..8].to_vec();
    file.extend(13u32.to_be_bytes());
    file.extend(&head);
    file.extend(crc(&head).to_be_bytes());
    file.extend(&small[33..]);
    file
}

/// The checksum of PNG (its specification, annex D).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// An archive of these files, stored as they are.
pub(crate) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let at = u32::try_from(archive.len()).unwrap();
        let (length, name_length) = (u32::try_from(content.len()).unwrap(), u16::try_from(name.len()).unwrap());
        // Version 2, no flags, stored, no time.
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        for number in [crc32(content.as_bytes()), length, length] {
            head.extend(number.to_le_bytes());
        }
        head.extend(name_length.to_le_bytes());
        head.extend([0, 0]);
        archive.extend([&b"PK\x03\x04"[..], &head, name.as_bytes(), content.as_bytes()].concat());
        directory.extend([&b"PK\x01\x02\x14\0"[..], &head, &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let (at, length) = (u32::try_from(archive.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    archive.extend(directory);
    archive.extend(
        [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &length.to_le_bytes(), &at.to_le_bytes(), &[0, 0]].concat(),
    );
    archive
}

/// Of IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}
