//! Fax pages as a PDF file that an archive takes (PDF/A-2b, ISO 19005-2), without painting them again.
//!
//! A page's T.6 strip goes into the file byte by byte, since PDF knows T.6 as `CCITTFaxDecode` (ISO 32000-1 §7.4.6). What a
//! reader shows is so, dot for dot, what the line carried, and a page costs no more than it did on the line. It cannot fail: a
//! damaged strip becomes a damaged picture in the reader, so pages that came from outside are decoded once before they are
//! confirmed ([`Page::decode`]).
//!
//! An archive wants to read the file alone and for ever, and of a file without letters little is asked for that: what it is in XMP, the
//! same as its information says (§6.1.5, §6.6), an identifier (§6.1.3), a grey that is the same on every screen (§6.2.4.3), and pages
//! within its limits (§6.1.13).

use jiff::Zoned;
use model::Wall;
use pdf_writer::writers::ColorSpace;
use pdf_writer::{Content, Date, Filter, Finish, Name, Pdf, Rect, Ref, TextStr};

use crate::page::Page;

/// Points in an inch.
const POINTS: f32 = 72.0;
/// References of the document itself; each page takes [`PER_PAGE`] more.
const CATALOG: i32 = 1;
const TREE: i32 = 2;
const INFO: i32 = 3;
const METADATA: i32 = 4;
const FIRST_PAGE: i32 = 5;
const PER_PAGE: i32 = 3;
/// What made the file.
const PRODUCER: &str = "Frontdesk";
/// The shortest and the longest side of a page, in its units (ISO 19005-2 §6.1.13).
const SHORTEST: f32 = 3.0;
const LONGEST: f32 = 14_400.0;
/// White as a screen's sRGB has it (D65).
const WHITE: [f32; 3] = [0.9505, 1.0, 1.089];
/// What an XMP packet begins with, so that its encoding can be seen.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A file of these pages. `title` is shown by readers and is personal like the rest of the file.
pub fn to_pdf(pages: &[Page], title: &str, created: Wall) -> Vec<u8> {
    let strips: usize = pages.iter().map(|page| page.g4.len() + 1024).sum();
    // What XML cannot hold the information is not to hold either, since both say the same.
    let title: String = title.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect();
    // In UTC: a file is read anywhere.
    let created = created.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    let mut pdf = Pdf::with_capacity(4096 + strips);
    let id = identifier(pages, &title, &created).to_vec();
    pdf.set_file_id((id.clone(), id));
    pdf.catalog(Ref::new(CATALOG)).pages(Ref::new(TREE)).metadata(Ref::new(METADATA));
    pdf.document_info(Ref::new(INFO)).title(TextStr(&title)).producer(TextStr(PRODUCER)).creation_date(date(&created));
    pdf.metadata(Ref::new(METADATA), xmp(&title, &created).as_bytes());
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
    // A sheet of more than five metres is measured in larger units.
    let unit = (width.max(height) / LONGEST).ceil().max(1.0);
    let (width, height) = (width / unit, height / unit);
    let (sheet_width, sheet_height) = (width.max(SHORTEST), height.max(SHORTEST));

    let mut writer = pdf.page(own);
    writer.parent(Ref::new(TREE)).media_box(Rect::new(0.0, 0.0, sheet_width, sheet_height)).contents(content);
    if unit > 1.0 {
        writer.user_unit(unit);
    }
    let mut resources = writer.resources();
    // Which grey the picture's is. The picture itself stays `DeviceGray`, which every reader paints fast.
    resources.color_spaces().insert(Name(b"DefaultGray")).start::<ColorSpace<'_>>().cal_gray(WHITE, None, Some(2.2));
    resources.x_objects().pair(Name(b"Page"), image);
    resources.finish();
    writer.finish();

    let mut paint = Content::new();
    paint.save_state();
    // An image is one unit wide and high, and hangs from the top of the sheet.
    paint.transform([width, 0.0, 0.0, height, 0.0, sheet_height - height]);
    paint.x_object(Name(b"Page"));
    paint.restore_state();
    pdf.stream(content, &paint.finish());

    write_image(pdf, page, image);
}

/// What the file is and which part of the standard it keeps to, for archives (ISO 19005-2 §6.6).
fn xmp(title: &str, created: &Zoned) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let created = created.strftime("%Y-%m-%dT%H:%M:%SZ");
    format!(
        r#"<?xpacket begin="{BYTE_ORDER_MARK}" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<pdf:Producer>{PRODUCER}</pdf:Producer>
<xmp:CreateDate>{created}</xmp:CreateDate>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"#
    )
}

/// The same for the same pages, title and time, and hardly ever for others: FNV-1a, which nobody takes for a seal.
fn identifier(pages: &[Page], title: &str, created: &Zoned) -> [u8; 16] {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let seconds = created.timestamp().as_second().to_be_bytes();
    let parts = pages.iter().map(|page| &page.g4[..]).chain([title.as_bytes(), &seconds[..]]);
    parts.flatten().fold(BASIS, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME)).to_be_bytes()
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

/// PDF's dates hold the years 0 to 9999.
fn date(at: &Zoned) -> Date {
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

    /// Title, creation and producer as poppler reads them out of the file's information.
    fn information(info: &str) -> [String; 3] {
        ["Title:", "CreationDate:", "Producer:"].map(|name| {
            let line = info.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        })
    }

    /// What an archive's program checks of such a file, read by poppler, an XML parser and a reader of PDF that is not the writer.
    #[test]
    fn an_archive_takes_the_file() {
        let dir = tempfile::tempdir().unwrap();
        // Longer than the longest sheet, and shorter than the shortest.
        let pages = [page(2292, 196), page(20_000, 98), page(1, 196)];
        let title = "Fax <of> \u{7}Mr. O'Neil & Søn";
        let file = to_pdf(&pages, title, Wall(1_795_183_201_000));
        std::fs::write(dir.path().join("fax.pdf"), &file).unwrap();
        assert!(file.starts_with(b"%PDF-1.7\n%\x80\x80\x80\x80\n") && file.ends_with(b"%%EOF"));

        // What it says of itself, twice.
        let info = run("pdfinfo", &["-isodates", "fax.pdf"], dir.path());
        assert_eq!(information(&info), ["Fax <of> Mr. O'Neil & Søn", "2026-11-20T14:00:01Z", "Frontdesk"], "{info}");
        let xmp = run("pdfinfo", &["-meta", "fax.pdf"], dir.path());
        let said = elements(&xmp);
        for (name, text) in [
            ("pdfaid:part", "2"),
            ("pdfaid:conformance", "B"),
            ("rdf:li", "Fax <of> Mr. O'Neil & Søn"),
            ("xmp:CreateDate", "2026-11-20T14:00:01Z"),
            ("pdf:Producer", "Frontdesk"),
        ] {
            assert_eq!(said.iter().find(|(n, _)| n == name).map(|(_, text)| &text[..]), Some(text), "{xmp}");
        }

        let bytes = String::from_utf8_lossy(&file);
        let trailer = &bytes[bytes.rfind("trailer").unwrap()..];
        assert!(trailer.contains("/ID [") && !trailer.contains("/Encrypt"), "{trailer}");
        assert!(!file.windows(5).any(|at| at == b"/Font"), "a letter would have to bring its font");
        check_objects(&file, pages.len());
        let boxes = run("pdfinfo", &["-l", "3", "fax.pdf"], dir.path());
        assert!(boxes.contains("3 size:") && boxes.contains("609.882 x 3 pts"), "{boxes}");

        // The same fax is the same file, and another is another.
        assert_eq!(file, to_pdf(&pages, title, Wall(1_795_183_201_000)));
        let id = |file: &[u8]| {
            let text = String::from_utf8_lossy(file).into_owned();
            text[text.rfind("/ID").unwrap()..].split(']').next().unwrap().to_owned()
        };
        assert_ne!(id(&file), id(&to_pdf(&pages[..1], title, Wall(1_795_183_201_000))));
    }

    /// Each element of an XML text that has words, and its words.
    fn elements(xml: &str) -> Vec<(String, String)> {
        use quick_xml::events::Event;
        let mut reader = quick_xml::Reader::from_str(xml);
        let (mut open, mut found) = (Vec::new(), Vec::<(String, String)>::new());
        let mut add = |open: &[String], text: &str| match (open.last(), found.last_mut()) {
            (Some(name), Some((last, words))) if name == last => words.push_str(text),
            (Some(name), _) => found.push((name.clone(), text.to_owned())),
            (None, _) => {}
        };
        loop {
            match reader.read_event().expect("XML") {
                Event::Start(start) => open.push(String::from_utf8_lossy(start.name().0).into_owned()),
                Event::End(_) => drop(open.pop()),
                Event::Text(text) => add(&open, &text.decode().unwrap()),
                Event::GeneralRef(entity) => {
                    let name = entity.decode().unwrap();
                    add(&open, quick_xml::escape::resolve_predefined_entity(&name).expect("an entity that XML knows"));
                }
                Event::Eof => return found,
                _ => {}
            }
        }
    }

    /// The catalog names the metadata, and each page says what its grey is, keeps within the limits and does nothing.
    fn check_objects(file: &[u8], pages: usize) {
        use hayro::hayro_syntax::Pdf;
        use hayro::hayro_syntax::object::{Array, Dict, Stream};
        let pdf = Pdf::new(file.to_vec()).unwrap();
        let catalog: Dict<'_> = pdf.xref().get(pdf.xref().root_id()).unwrap();
        assert!(
            catalog.get::<Stream<'_>>(b"Metadata").is_some_and(|xmp| xmp.dict().get::<Array<'_>>(b"Filter").is_none())
        );
        for forbidden in [&b"OpenAction"[..], b"AA", b"AcroForm", b"OCProperties"] {
            assert!(!catalog.contains_key(forbidden));
        }
        assert_eq!(pdf.pages().len(), pages);
        for page in pdf.pages().iter() {
            let dict = page.raw();
            let resources: Dict<'_> = dict.get(b"Resources").unwrap();
            let grey: Dict<'_> = resources.get(b"ColorSpace").unwrap();
            assert!(grey.get::<Array<'_>>(b"DefaultGray").is_some());
            let sheet: Vec<f32> = dict.get::<Array<'_>>(b"MediaBox").unwrap().iter::<f32>().collect();
            assert!(sheet[2..].iter().all(|side| (SHORTEST..=LONGEST).contains(side)), "{sheet:?}");
        }
    }

    #[test]
    fn no_page_is_no_reason_to_fail() {
        assert!(to_pdf(&[], "", Wall(i64::MIN)).starts_with(b"%PDF-"));
    }
}
