//! What is far longer than a sheet: pictures of whole pages of a screen, strips of paper, faxes from a roll. It is cut and not shrunk until nobody can
//! read it, and nothing is missing between two sheets, or stands on both.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use fax::convert::render;
use fax::page::{Bitmap, Page};
use image::{GrayImage, ImageFormat, Luma};
use model::Pii;
use model::command::Document;
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};

fn painted(bytes: Vec<u8>) -> Vec<Bitmap> {
    let document = Document { name: "long".into(), media_type: String::new(), bytes: Pii::new(bytes) };
    let pages = render(&[document]).unwrap();
    pages.iter().map(|page| page.decode().unwrap()).collect()
}

/// One page of this size, in points.
fn page(width: f32, height: f32, content: Content) -> Vec<u8> {
    let mut pdf = Pdf::new();
    pdf.catalog(Ref::new(1)).pages(Ref::new(2));
    pdf.pages(Ref::new(2)).kids([Ref::new(3)]).count(1);
    let mut page = pdf.page(Ref::new(3));
    page.parent(Ref::new(2)).media_box(Rect::new(0.0, 0.0, width, height)).contents(Ref::new(4));
    page.resources().fonts().pair(Name(b"F"), Ref::new(5));
    page.finish();
    pdf.stream(Ref::new(4), &content.finish());
    pdf.type1_font(Ref::new(5)).base_font(Name(b"Helvetica"));
    pdf.finish()
}

/// The heights of what stands on the sheets with white above and below.
fn lines(sheets: &[Bitmap]) -> Vec<u32> {
    let mut lines = Vec::new();
    for sheet in sheets {
        let inked: Vec<bool> = (0..sheet.height()).map(|y| sheet.row(y).iter().any(|octet| *octet != 0)).collect();
        lines.extend(inked.chunk_by(|a, b| a == b).filter(|run| run[0]).map(|run| u32::try_from(run.len()).unwrap()));
    }
    lines
}

#[test]
fn a_text_on_one_long_page_has_each_of_its_lines_whole_and_as_large_as_on_a_letter() {
    let text = |height: f32| {
        let (mut content, count) = (Content::new(), (height / 40.0).floor());
        for line in 0..count as u16 {
            let y = height - 30.0 - 40.0 * f32::from(line);
            content.begin_text().set_font(Name(b"F"), 14.0).next_line(40.0, y).show(Str(b"DOSE 5 MG")).end_text();
        }
        (page(595.0, height, content), count as usize)
    };
    let (letter, count) = text(792.0);
    let letter = lines(&painted(letter));
    assert_eq!(letter.len(), count);
    let (long, count) = text(2835.0);
    let sheets = painted(long);
    assert_eq!(sheets.len(), 4, "39 inches on sheets of eleven");
    assert!(sheets.iter().all(|sheet| sheet.height() == 2156));
    let long = lines(&sheets);
    assert_eq!(long.len(), count);
    assert!(long.iter().all(|height| height.abs_diff(letter[0]) <= 1), "{long:?} {letter:?}");
}

#[test]
fn a_picture_of_a_whole_page_on_a_telephone_can_be_read() {
    // Lines of forty pixels, a hundred apart, as on a screen of 1170 pixels across.
    let picture =
        GrayImage::from_fn(1170, 5_000, |x, y| Luma([if y % 100 < 40 && (100..1000).contains(&x) { 0 } else { 255 }]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let sheets = painted(bytes.into_inner());
    let lines = lines(&sheets);
    assert_eq!(lines.len(), 50, "on {} sheets", sheets.len());
    // As wide as the paper: 1728 dots for 1170 pixels, and 196 along where there are 204 across.
    let expected = 40.0 * 1728.0 / 1170.0 * 196.0 / 204.0;
    assert!(lines.iter().all(|height| (f64::from(*height) - expected).abs() <= 2.0), "{expected}: {lines:?}");
}

#[test]
fn a_trace_without_a_gap_goes_on_where_it_was_cut() {
    // Broad, so that it is turned: a line from the left side to the right one, up and down.
    let mut content = Content::new();
    content.set_line_width(1.0).move_to(0.0, 300.0);
    (0..2835_u16).step_by(15).for_each(|x| {
        let peak = if x % 60 == 0 { 400.0 } else { 300.0 };
        content.line_to(f32::from(x), peak);
    });
    content.line_to(2835.0, 300.0).stroke();
    let sheets = painted(page(2835.0, 595.0, content));
    let (last, others) = sheets.split_last().unwrap();
    let inked = |sheet: &Bitmap| (0..sheet.height()).filter(|y| sheet.row(*y).iter().any(|octet| *octet != 0)).count();
    let all: usize = others.iter().map(inked).sum::<usize>() + inked(last);
    let whole = (2835.0 / 72.0 * 196.0_f64).round() as usize;
    assert!(all.abs_diff(whole) <= 2, "{all} of {whole} rows on {} sheets", sheets.len());
}

#[test]
fn a_fax_from_a_roll_that_goes_on_keeps_every_dot() {
    let mut long = Bitmap::new(1728, 7720);
    let mut seed = 1_u32;
    for y in (0..7720).filter(|y| y % 60 < 50) {
        for from in (40..1600).step_by(97) {
            seed = seed.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            long.fill_run(y, from, from + 1 + (seed >> 16) % 60);
        }
    }
    let sheets = painted(Page::encode(&long, 204, 196).to_tiff());
    assert!((4..=5).contains(&sheets.len()), "{}", sheets.len());
    let inked = |page: &Bitmap| {
        let rows = (0..page.height()).map(|y| page.row(y).to_vec());
        rows.filter(|row| row.iter().any(|octet| *octet != 0)).collect::<Vec<_>>()
    };
    assert!(
        sheets.iter().flat_map(inked).collect::<Vec<_>>() == inked(&long),
        "a row is missing, twice there, or another"
    );
}
