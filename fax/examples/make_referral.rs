//! Writes the sample referral letter that tests and the demo send: three pages with a logo, coloured and grey text, a table with
//! thin lines and a shaded head, a highlight, and a photograph. Nobody in it exists.
//!
//! `cargo run -p frontdesk-fax --example make_referral > tests/fixtures/referral.pdf`
//!
//! With the word `mixed` behind `--`, the document that conversions are measured with: four pages, of text, a table in colours, a photograph and
//! a scan (`tests/fixtures/mixed.pdf`).

use std::io::Write;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageError};
use model::Pii;
use model::command::Document;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str};

const LEFT: f32 = 64.0;
const RIGHT: f32 = 548.0;
const REGULAR: Name<'_> = Name(b"F1");
const BOLD: Name<'_> = Name(b"F2");
const BLACK: [f32; 3] = [0.0; 3];
const GREY: [f32; 3] = [0.45; 3];
const BLUE: [f32; 3] = [0.05, 0.2, 0.5];
const RED: [f32; 3] = [0.85, 0.0, 0.0];
const WHITE: [f32; 3] = [1.0; 3];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wants_mixed = std::env::args().nth(1).is_some_and(|argument| argument == "mixed");
    let file = if wants_mixed { mixed()? } else { referral()? };
    std::io::stdout().write_all(&file)?;
    Ok(())
}

fn referral() -> Result<Vec<u8>, ImageError> {
    let pictures = [Picture::new(b"Logo", 160, 160, logo_dot)?, Picture::new(b"Photo", 280, 200, photo_dot)?];
    Ok(bind(vec![letter(), results(), photograph()], &pictures))
}

/// What a clinic faxes, a page of each: a text, a table in colours, a photograph, and a scan, which is a sheet of the text that lay a little
/// askew on the glass.
fn mixed() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let file = Document {
        name: "referral.pdf".into(),
        media_type: "application/pdf".to_owned(),
        bytes: Pii::new(referral()?),
    };
    let sheet = fax::convert::render(&[file]).map_err(|error| error.to_string())?.swap_remove(0).decode();
    let sheet = sheet.map_err(|error| error.to_string())?;
    let scanned = |x: f32, y: f32| {
        let (x, y) = (x + (y - 0.5) * 0.012, y - (x - 0.5) * 0.009);
        let inside = (0.0..1.0).contains(&x) && (0.0..1.0).contains(&y);
        let at = |side: f32, of: u32| ((side * of as f32) as u32).min(of - 1);
        let black = inside && sheet.is_black(at(x, sheet.width()), at(y, sheet.height()));
        // Paper that is not quite white, darker to one edge, and ink that is not quite black.
        let paper = 0.95 - 0.06 * x + 0.01 * (x * 310.0).sin() * (y * 270.0).cos();
        [if black { 0.16 + 0.05 * y } else { paper }; 3]
    };
    let pictures = [
        Picture::new(b"Logo", 160, 160, logo_dot)?,
        Picture::new(b"Photo", 1200, 900, photo_dot)?,
        Picture::new(b"Scan", 1275, 1650, scanned)?,
    ];
    let mut photo = Content::new();
    photo.save_state().transform([484.0, 0.0, 0.0, 363.0, LEFT, 300.0]).x_object(Name(b"Photo")).restore_state();
    text(&mut photo, LEFT, 280.0, REGULAR, 9.0, BLACK, "Left forearm, November 20, 2026");
    let mut scan = Content::new();
    scan.save_state().transform([612.0, 0.0, 0.0, 792.0, 0.0, 0.0]).x_object(Name(b"Scan")).restore_state();
    Ok(bind(vec![letter(), results(), photo, scan], &pictures))
}

/// A file of these pages, each of which may show all of the pictures.
fn bind(pages: Vec<Content>, pictures: &[Picture]) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let page_ref = |number: i32| Ref::new(10 + number * 2);
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.catalog(Ref::new(1)).pages(Ref::new(2));
    pdf.pages(Ref::new(2)).kids((0..count).map(page_ref)).count(count);
    for (number, content) in (0..).zip(pages) {
        let mut page = pdf.page(page_ref(number));
        page.parent(Ref::new(2)).media_box(Rect::new(0.0, 0.0, 612.0, 792.0)).contents(Ref::new(11 + number * 2));
        let mut resources = page.resources();
        resources.fonts().pair(REGULAR, Ref::new(3)).pair(BOLD, Ref::new(4));
        let mut shown = resources.x_objects();
        for (number, picture) in (5..).zip(pictures) {
            shown.pair(Name(picture.name), Ref::new(number));
        }
        shown.finish();
        resources.finish();
        page.finish();
        pdf.stream(Ref::new(11 + number * 2), &content.finish());
    }
    for (number, name) in [(3, &b"Helvetica"[..]), (4, b"Helvetica-Bold")] {
        pdf.type1_font(Ref::new(number)).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
    }
    for (number, picture) in (5..).zip(pictures) {
        let mut image = pdf.image_xobject(Ref::new(number), &picture.jpeg);
        image.filter(Filter::DctDecode);
        image
            .width(picture.width.into())
            .height(picture.height.into())
            .bits_per_component(8)
            .color_space()
            .device_rgb();
    }
    pdf.finish()
}

struct Picture {
    name: &'static [u8],
    width: u16,
    height: u16,
    jpeg: Vec<u8>,
}

impl Picture {
    fn new(
        name: &'static [u8],
        width: u16,
        height: u16,
        dot: impl Fn(f32, f32) -> [f32; 3],
    ) -> Result<Self, ImageError> {
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let colour = dot((f32::from(x) + 0.5) / f32::from(width), (f32::from(y) + 0.5) / f32::from(height));
                rgb.extend(colour.map(|c| (c.clamp(0.0, 1.0) * 255.0) as u8));
            }
        }
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, 80);
        encoder.write_image(&rgb, width.into(), height.into(), ExtendedColorType::Rgb8)?;
        Ok(Self { name, width, height, jpeg })
    }
}

/// A white cross in a blue disc.
fn logo_dot(x: f32, y: f32) -> [f32; 3] {
    let (dx, dy) = ((x - 0.5).abs(), (y - 0.5).abs());
    let cross = (dx < 0.08 && dy < 0.3) || (dy < 0.08 && dx < 0.3);
    if dx * dx + dy * dy > 0.23 || cross { WHITE } else { BLUE }
}

/// Something like a picture of skin with a dark spot: soft tones only.
fn photo_dot(x: f32, y: f32) -> [f32; 3] {
    let distance = ((x - 0.55).powi(2) * 1.9 + (y - 0.5).powi(2)).sqrt();
    let spot = 1.0 / (1.0 + (-(distance - 0.18) * 30.0).exp());
    let light = 0.55 + 0.35 * x - 0.2 * y + 0.02 * (x * 60.0).sin() * (y * 47.0).cos();
    [light * (0.35 + 0.65 * spot), light * (0.2 + 0.62 * spot), light * (0.18 + 0.5 * spot)]
}

fn text(page: &mut Content, x: f32, y: f32, font: Name<'_>, size: f32, colour: [f32; 3], words: &str) {
    let bytes: Vec<u8> = words.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    let [r, g, b] = colour;
    page.begin_text().set_fill_rgb(r, g, b).set_font(font, size).next_line(x, y).show(Str(&bytes)).end_text();
}

fn lines(page: &mut Content, mut y: f32, size: f32, words: &[&str]) -> f32 {
    for line in words {
        text(page, LEFT, y, REGULAR, size, BLACK, line);
        y -= size * 1.4;
    }
    y
}

fn head(page: &mut Content, number: u32) {
    page.save_state().transform([44.0, 0.0, 0.0, 44.0, LEFT, 712.0]).x_object(Name(b"Logo")).restore_state();
    text(page, 120.0, 738.0, BOLD, 16.0, BLUE, "Harbor Street Clinic");
    text(
        page,
        120.0,
        722.0,
        REGULAR,
        9.0,
        GREY,
        "1 Harbor Street, Washington, DC 20001 - Phone (202) 555-0123 - Fax (202) 555-0199",
    );
    page.set_stroke_rgb(0.05, 0.2, 0.5).set_line_width(0.5).move_to(LEFT, 704.0).line_to(RIGHT, 704.0).stroke();
    text(
        page,
        LEFT,
        40.0,
        REGULAR,
        7.0,
        GREY,
        &format!("Referral of Pat Example, born 1961-04-12 - page {number} of 3 - confidential"),
    );
}

fn letter() -> Content {
    let mut page = Content::new();
    head(&mut page, 1);
    text(&mut page, LEFT, 670.0, BOLD, 13.0, BLACK, "Referral to cardiology");
    lines(
        &mut page,
        648.0,
        10.0,
        &[
            "To: Dr. Robin Sample, Heart Center, fax (202) 555-0101",
            "From: Dr. Alex Fiction, Harbor Street Clinic",
            "Date: November 20, 2026",
        ],
    );
    page.set_fill_rgb(1.0, 1.0, 0.4).rect(LEFT - 2.0, 587.0, 330.0, 15.0).fill_nonzero();
    text(&mut page, LEFT, 591.0, BOLD, 10.0, BLACK, "Please see within two weeks. Call the patient, not the pharmacy.");
    text(&mut page, LEFT, 566.0, BOLD, 12.0, RED, "ALLERGY: penicillin (anaphylaxis, 2009)");
    lines(
        &mut page,
        540.0,
        10.0,
        &[
            "Dear Dr. Sample,",
            "",
            "thank you for seeing Pat Example, 65, with three weeks of exertional chest pressure that goes away within",
            "minutes of rest. There is no pain at rest and none at night. Blood pressure today was 148/86 on both arms,",
            "pulse 78 and regular. Heart sounds are normal, lungs are clear, and there is no edema.",
            "",
            "The resting ECG shows sinus rhythm with a normal axis and no acute changes. Laboratory results are on",
            "page 2. A mole on the left forearm was noted in passing; its picture is on page 3, and dermatology will",
            "see it separately.",
            "",
            "Current medication: amlodipine 5 mg daily, atorvastatin 20 mg at night, aspirin 81 mg daily.",
            "",
            "Question: stress test or CT angiography first? Please send your report to our fax number above.",
        ],
    );
    text(
        &mut page,
        LEFT,
        330.0,
        REGULAR,
        8.0,
        [0.6; 3],
        "Small grey print: results older than two years are available on request and are not part of this fax.",
    );
    page.set_stroke_rgb(0.0, 0.0, 0.4).set_line_width(1.2).move_to(LEFT, 270.0);
    page.cubic_to(90.0, 320.0, 100.0, 240.0, 120.0, 280.0).cubic_to(140.0, 310.0, 150.0, 250.0, 190.0, 276.0).stroke();
    text(&mut page, LEFT, 250.0, REGULAR, 10.0, BLACK, "Alex Fiction, MD");
    page
}

fn results() -> Content {
    let mut page = Content::new();
    head(&mut page, 2);
    text(&mut page, LEFT, 670.0, BOLD, 13.0, BLACK, "Laboratory results, November 18, 2026");
    let columns = [LEFT, 250.0, 340.0, 430.0, RIGHT];
    page.set_fill_rgb(0.1, 0.3, 0.55).rect(LEFT, 636.0, RIGHT - LEFT, 18.0).fill_nonzero();
    for (x, title) in columns.iter().zip(["Test", "Result", "Unit", "Range"]) {
        text(&mut page, x + 4.0, 641.0, BOLD, 10.0, WHITE, title);
    }
    let rows = [
        ["Troponin I, high sensitivity", "4", "ng/L", "below 14"],
        ["LDL cholesterol", "142 H", "mg/dL", "below 100"],
        ["HDL cholesterol", "41", "mg/dL", "above 40"],
        ["Triglycerides", "188 H", "mg/dL", "below 150"],
        ["Hemoglobin A1c", "5.9 H", "%", "below 5.7"],
        ["Creatinine", "0.94", "mg/dL", "0.70 - 1.30"],
        ["Potassium", "4.3", "mmol/L", "3.5 - 5.1"],
        ["Hemoglobin", "13.8", "g/dL", "13.5 - 17.5"],
    ];
    let mut y = 636.0;
    for (number, row) in rows.iter().enumerate() {
        y -= 18.0;
        if number % 2 == 1 {
            page.set_fill_rgb(0.9, 0.93, 0.97).rect(LEFT, y, RIGHT - LEFT, 18.0).fill_nonzero();
        }
        for (x, cell) in columns.iter().zip(row) {
            let colour = if cell.ends_with(" H") { RED } else { BLACK };
            text(&mut page, x + 4.0, y + 5.0, REGULAR, 10.0, colour, cell);
        }
        page.set_stroke_gray(0.6).set_line_width(0.25).move_to(LEFT, y).line_to(RIGHT, y).stroke();
    }
    for x in columns {
        page.move_to(x, 654.0).line_to(x, y).stroke();
    }
    lines(
        &mut page,
        y - 30.0,
        9.0,
        &[
            "H: above the range. All samples were taken fasting at 8:10 in the morning.",
            "Reference ranges are those of the laboratory and depend on its methods.",
        ],
    );
    page
}

fn photograph() -> Content {
    let mut page = Content::new();
    head(&mut page, 3);
    text(&mut page, LEFT, 670.0, BOLD, 13.0, BLACK, "Left forearm, November 20, 2026");
    page.save_state().transform([168.0, 0.0, 0.0, 120.0, LEFT, 530.0]).x_object(Name(b"Photo")).restore_state();
    page.set_stroke_gray(0.0).set_line_width(1.0).rect(LEFT, 530.0, 168.0, 120.0).stroke();
    lines(&mut page, 508.0, 9.0, &["Nevus, 7 mm, regular border, unchanged since 2023 according to the patient."]);
    page
}
