//! Fax pages as a PDF file, without painting them again.
//!
//! A page's T.6 strip goes into the file byte by byte, since PDF knows T.6 as `CCITTFaxDecode` (ISO 32000-1 §7.4.6). What a
//! reader shows is so, dot for dot, what the line carried, and a page costs no more than it did on the line. It cannot fail: a
//! damaged strip becomes a damaged picture in the reader, so pages that came from outside are decoded once before they are
//! confirmed ([`Page::decode`]).

use model::Wall;
use pdf_writer::{Content, Date, Filter, Finish, Name, Pdf, Rect, Ref, TextStr};

use crate::page::Page;

/// Points in an inch.
const POINTS: f32 = 72.0;
/// References of the document itself; each page takes [`PER_PAGE`] more.
const CATALOG: i32 = 1;
const TREE: i32 = 2;
const INFO: i32 = 3;
const FIRST_PAGE: i32 = 4;
const PER_PAGE: i32 = 3;

/// A file of these pages. `title` is shown by readers and is personal like the rest of the file.
pub fn to_pdf(pages: &[Page], title: &str, created: Wall) -> Vec<u8> {
    let strips: usize = pages.iter().map(|page| page.g4.len() + 1024).sum();
    let mut pdf = Pdf::with_capacity(4096 + strips);
    pdf.catalog(Ref::new(CATALOG)).pages(Ref::new(TREE));
    pdf.document_info(Ref::new(INFO)).title(TextStr(title)).producer(TextStr("Frontdesk")).creation_date(date(created));
    let numbers = || (0i32..).map(|page| FIRST_PAGE + page * PER_PAGE).take(pages.len());
    pdf.pages(Ref::new(TREE)).kids(numbers().map(Ref::new)).count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    for (page, number) in pages.iter().zip(numbers()) {
        write_page(&mut pdf, page, number);
    }
    pdf.finish()
}

fn write_page(pdf: &mut Pdf, page: &Page, number: i32) {
    let (own, content, image) = (Ref::new(number), Ref::new(number + 1), Ref::new(number + 2));
    let (width, height) = (inches(page.width, page.x_dpi) * POINTS, inches(page.rows, page.y_dpi) * POINTS);

    let mut writer = pdf.page(own);
    writer.parent(Ref::new(TREE)).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
    writer.resources().x_objects().pair(Name(b"Page"), image);
    writer.finish();

    let mut paint = Content::new();
    paint.save_state();
    // An image is one unit wide and high.
    paint.transform([width, 0.0, 0.0, height, 0.0, 0.0]);
    paint.x_object(Name(b"Page"));
    paint.restore_state();
    pdf.stream(content, &paint.finish());

    write_image(pdf, page, image);
}

/// The page as a picture that other objects may show.
pub(crate) fn write_image(pdf: &mut Pdf, page: &Page, image: Ref) {
    let (columns, rows) = (signed(page.width), signed(page.rows));
    let mut writer = pdf.image_xobject(image, &page.g4);
    writer.filter(Filter::CcittFaxDecode);
    writer.width(columns).height(rows).bits_per_component(1);
    writer.color_space().device_gray();
    // K below zero is pure two-dimensional coding, T.6. In `DeviceGray` 0 is black, which is what BlackIs1 = false gives.
    writer.decode_parms().k(-1).columns(columns).rows(rows).black_is_1(false).end_of_block(true);
    writer.finish();
}

/// A side in inches. A resolution of zero cannot be a machine's; it is taken for the fine one.
fn inches(dots: u32, dpi: u16) -> f32 {
    #[allow(clippy::cast_precision_loss, reason = "sides are below 2^24 dots")]
    let dots = dots as f32;
    dots / f32::from(if dpi == 0 { 200 } else { dpi })
}

/// Sides are bounded by [`crate::page::MAX_ROWS`]; a larger one could not have been decoded.
fn signed(dots: u32) -> i32 {
    i32::try_from(dots).unwrap_or(i32::MAX)
}

/// In UTC: a file is read anywhere. PDF's dates hold the years 0 to 9999.
fn date(at: Wall) -> Date {
    let at = at.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| value.unsigned_abs();
    Date::new(at.year().unsigned_abs())
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::page::Bitmap;

    fn page(rows: u32, y_dpi: u16) -> Page {
        let mut bitmap = Bitmap::new(1728, rows);
        for y in 0..rows {
            bitmap.fill_run(y, (y * 5) % 1700, (y * 5) % 1700 + y % 29);
            bitmap.set(0, y, true);
            bitmap.set(1727, y, y % 3 == 0);
        }
        Page::encode(&bitmap, 204, y_dpi)
    }

    fn run(program: &str, args: &[&str], dir: &std::path::Path) -> String {
        let output = Command::new(program).args(args).current_dir(dir).output().expect("poppler-utils");
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn another_reader_sees_the_same_dots() {
        let dir = tempfile::tempdir().unwrap();
        let pages = [page(2292, 196), page(1077, 98)];
        std::fs::write(dir.path().join("fax.pdf"), to_pdf(&pages, "Fax – two pages", Wall(1_795_183_200_000))).unwrap();

        let list = run("pdfimages", &["-list", "fax.pdf"], dir.path());
        let rows: Vec<Vec<&str>> = list.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
        // page num type width height color comp bpc enc … x-ppi y-ppi
        assert_eq!(rows[0][3..9], ["1728", "2292", "gray", "1", "1", "ccitt"]);
        assert_eq!(rows[0][12..14], ["204", "196"]);
        assert_eq!(rows[1][12..14], ["204", "98"]);

        run("pdfimages", &["fax.pdf", "dots"], dir.path());
        for (number, page) in pages.iter().enumerate() {
            let pbm = std::fs::read(dir.path().join(format!("dots-{number:03}.pbm"))).unwrap();
            let bitmap = page.decode().unwrap();
            assert_eq!(pbm[pbm.len() - bitmap.bytes().len()..], *bitmap.bytes(), "page {number}");
        }

        let info = run("pdfinfo", &["fax.pdf"], dir.path());
        assert!(info.contains("Fax – two pages") && info.contains("609.882 x 841.959"), "{info}");
    }

    #[test]
    fn no_page_is_no_reason_to_fail() {
        assert!(to_pdf(&[], "", Wall(i64::MIN)).starts_with(b"%PDF-"));
    }
}
