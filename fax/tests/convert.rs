//! Documents in, dots out. Where another renderer is asked, it is poppler.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod documents;

use std::path::PathBuf;
use std::time::Duration;

use fax::convert::io::Converter;
use fax::convert::{ConvertError, MAX_PAGES, Problem, render};
use fax::page::{Bitmap, Page};
use model::Pii;
use model::command::Document;

use crate::documents::{Sheet, encrypted, jpeg, pages, pdf, png, png_head};

fn document(name: &str, bytes: impl Into<Vec<u8>>) -> Document {
    Document { name: name.into(), media_type: "application/octet-stream".to_owned(), bytes: Pii::new(bytes.into()) }
}

fn painted(bytes: impl Into<Vec<u8>>) -> Vec<Bitmap> {
    let pages = render(&[document("test", bytes)]).unwrap();
    pages.iter().map(|page| page.decode().unwrap()).collect()
}

/// Black dots in a box given in points from the top left of a letter page.
fn ink(bitmap: &Bitmap, x: f64, y: f64, width: f64, height: f64) -> usize {
    dots(x, y, width, height).filter(|(x, y)| bitmap.is_black(*x, *y)).count()
}

fn dots(x: f64, y: f64, width: f64, height: f64) -> impl Iterator<Item = (u32, u32)> {
    let scale = (1728.0 / 612.0, 1728.0 / 612.0 * 196.0 / 204.0);
    let xs = (x * scale.0) as u32..((x + width) * scale.0) as u32;
    let ys = (y * scale.1) as u32..((y + height) * scale.1) as u32;
    ys.flat_map(move |y| xs.clone().map(move |x| (x, y)))
}

#[test]
fn coloured_text_is_as_solid_as_black_text() {
    const GROUNDS: [(&str, [f32; 3], [f32; 3]); 7] = [
        ("red", [0.85, 0.0, 0.0], [1.0; 3]),
        ("grey", [0.6; 3], [1.0; 3]),
        ("yellow", [1.0, 0.9, 0.0], [1.0; 3]),
        ("light blue", [0.55, 0.75, 1.0], [1.0; 3]),
        ("on a highlight", [0.0; 3], [1.0, 1.0, 0.2]),
        ("on grey", [0.0; 3], [0.75; 3]),
        ("on dark", [1.0, 1.0, 1.0], [0.1, 0.25, 0.5]),
    ];
    let sheet = |coloured: bool| {
        let mut sheet = Sheet::new(612.0, 792.0);
        for (row, (_, text, ground)) in (0u8..).zip(GROUNDS) {
            let y = 60.0 + 90.0 * f32::from(row);
            if coloured {
                sheet.rect(40.0, y - 10.0, 520.0, 70.0, ground);
            }
            for (line, size) in (0u8..).zip([8.0, 10.0, 12.0]) {
                let colour = if coloured { text } else { [0.0; 3] };
                sheet.text(
                    50.0,
                    y + 10.0 + 18.0 * f32::from(line),
                    size,
                    colour,
                    "Allergy: penicillin 250 mg, since 2009 (anaphylaxis)",
                );
            }
        }
        sheet
    };
    let (coloured, black) = (&painted(pdf(&[sheet(true)]))[0], &painted(pdf(&[sheet(false)]))[0]);
    for (row, (name, text, _)) in (0u32..).zip(GROUNDS) {
        let y = 60.0 + 90.0 * f64::from(row);
        let light_on_dark = text == [1.0; 3];
        let (mut differ, mut all) = (0, 0);
        for (x, y) in dots(48.0, y - 6.0, 500.0, 60.0) {
            differ += usize::from((coloured.is_black(x, y) != light_on_dark) != black.is_black(x, y));
            all += usize::from(black.is_black(x, y));
        }
        assert!(all > 5000, "{name}: there is text");
        assert!(differ * 50 < all, "{name}: {differ} of {all} dots differ");
    }
}

#[test]
fn thin_lines_survive_wherever_they_fall() {
    let mut sheet = Sheet::new(612.0, 792.0);
    for step in 0u8..20 {
        // Every place within a dot, in a grey that half a dot of would be lost.
        let at = 60.0 + 12.0 * f32::from(step) + 0.037 * f32::from(step);
        sheet.line((50.0, at), (300.0, at), 0.1, [0.6; 3]);
        sheet.line((320.0 + at / 2.0, 50.0), (320.0 + at / 2.0, 300.0), 0.25, [0.6; 3]);
        sheet.rect(50.0, 300.0 + at, 250.0, 0.2, [0.4; 3]);
    }
    sheet.line((50.0, 600.0), (300.0, 700.0), 0.25, [0.6; 3]);
    let bitmap = &painted(pdf(&[sheet]))[0];
    for step in 0u8..20 {
        let at = 60.0 + 12.037 * f64::from(step);
        for x in 51..299 {
            assert!(ink(bitmap, f64::from(x), at - 1.0, 1.0, 2.5) > 0, "line {step} at {x}");
            assert!(ink(bitmap, f64::from(x), at + 299.0, 1.0, 2.5) > 0, "rule {step} at {x}");
        }
        for y in 51..299 {
            assert!(ink(bitmap, 319.0 + at / 2.0, f64::from(y), 2.0, 1.0) > 0, "upright line {step} at {y}");
        }
    }
    for x in 51..299 {
        let y = 600.0 + f64::from(x - 50) * 0.4;
        assert!(ink(bitmap, f64::from(x), y - 1.5, 1.0, 3.5) > 0, "slanted line at {x}");
    }
}

#[test]
fn photographs_become_dots_and_text_beside_them_does_not() {
    // From 60 to 190 from left to right.
    let photo = jpeg(300, 200, |x, _| [(60.0 + 130.0 * x) as u8; 3]);
    let mut sheet = Sheet::new(612.0, 792.0);
    sheet.picture(&photo, (300, 200), 100.0, 100.0, 300.0, 200.0);
    sheet.text(110.0, 220.0, 14.0, [1.0, 0.0, 0.0], "Text on the photograph");
    sheet.text(100.0, 330.0, 9.0, [0.5; 3], "Text below it");
    let bitmap = &painted(pdf(&[sheet]))[0];
    for step in 1..9 {
        let left = 100.0 + 30.0 * f64::from(step);
        let share = ink(bitmap, left, 110.0, 30.0, 80.0) as f64 / dots(left, 110.0, 30.0, 80.0).count() as f64;
        let wanted = 1.0 - (60.0 + 130.0 * (f64::from(step) + 0.5) / 10.0) / 255.0;
        assert!((share - wanted).abs() < 0.04, "{share} for {wanted} in strip {step}");
    }
    assert!(ink(bitmap, 100.0, 320.0, 60.0, 12.0) > 300);
}

/// As scans and photographs become where a writer takes each pixel for a point. The same picture by itself is faxed at any size.
#[test]
fn a_page_that_is_one_picture_is_shrunk_as_far_as_the_picture_itself() {
    // From 60 to 190 from left to right.
    let photo = jpeg(400, 500, |x, _| [(60.0 + 130.0 * x) as u8; 3]);
    let sheet = |width: f32, text: bool| {
        let mut sheet = Sheet::new(8000.0, 10_000.0);
        sheet.picture(&photo, (400, 500), 0.0, 0.0, width, 10_000.0);
        if text {
            sheet.text(100.0, 330.0, 900.0, [0.5; 3], "Seen");
        }
        pdf(&[sheet])
    };
    let bitmap = &painted(sheet(8000.0, false))[0];
    let (width, rows) = (bitmap.width(), bitmap.height().min(1728 * 5 / 4 * 196 / 204));
    assert_eq!(width, 1728);
    for step in 1..9 {
        let strip = (width * step / 10..width * (step + 1) / 10).flat_map(|x| (10..rows - 10).map(move |y| (x, y)));
        let (all, black) =
            strip.fold((0, 0), |(all, black), (x, y)| (all + 1, black + u32::from(bitmap.is_black(x, y))));
        let (share, wanted) =
            (f64::from(black) / f64::from(all), 1.0 - (60.0 + 13.0 * (f64::from(step) + 0.5)) / 255.0);
        assert!((share - wanted).abs() < 0.04, "{share} for {wanted} in strip {step}");
    }
    // Of a poster nobody could read the text, nor see a picture that is a corner of it.
    assert_eq!(refused(sheet(8000.0, true)), Problem::TooLarge);
    assert_eq!(refused(sheet(3000.0, false)), Problem::TooLarge);
}

/// Telephones append a film of the moment, and photographs of other brightness, behind the end of the picture.
#[test]
fn a_photograph_with_a_film_behind_it_is_whole() {
    let photo = jpeg(300, 200, |x, _| [(60.0 + 130.0 * x) as u8; 3]);
    let film = [&photo[..], b"\0\0\0\x18ftypmp42 \xff\xda film \xff\xd8\xff\xda"].concat();
    assert!(painted(film.clone()) == painted(photo.clone()));
    // Its own end is missing, and not that of the film.
    let cut = [&photo[..photo.len() - 2], b"\xff\xda\0\x02 film"].concat();
    assert_eq!(refused(cut), Problem::Broken);
}

/// Where poppler puts ink, there is ink, and nowhere else: margins, scale, turned pages.
#[test]
fn pages_stand_where_another_renderer_puts_them() {
    let mut letter = Sheet::new(612.0, 792.0);
    letter.rect(30.0, 20.0, 200.0, 100.0, [0.0; 3]);
    letter.text(300.0, 400.0, 24.0, [0.0; 3], "Anatomy");
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("letter.pdf"), pdf(&[letter.clone()])).unwrap();
    let run = std::process::Command::new("pdftoppm")
        .args(["-mono", "-scale-to-x", "1728", "-scale-to-y", "2149", "letter.pdf", "page"])
        .current_dir(dir.path())
        .status()
        .expect("poppler-utils");
    assert!(run.success());
    let pbm = std::fs::read(dir.path().join("page-1.pbm")).unwrap();
    let theirs = Bitmap::from_rows(1728, 2149, pbm[pbm.len() - 216 * 2149..].to_vec()).unwrap();
    let ours = &painted(pdf(&[letter]))[0];
    let both = |x: u32, y: u32| (ours.is_black(x, y), theirs.is_black(x, y));
    let differ =
        (0..2149).flat_map(|y| (0..1728).map(move |x| (x, y))).filter(|(x, y)| both(*x, *y).0 != both(*x, *y).1);
    // Rims only: the rectangle has one of 1,670 dots, which falls on halves of dots.
    let differ = differ.count();
    assert!(differ < 2500, "{differ} dots differ");

    let mut wide = Sheet::new(792.0, 612.0);
    wide.rect(692.0, 0.0, 100.0, 50.0, [0.0; 3]);
    let turned = &painted(pdf(&[wide]))[0];
    assert_eq!((turned.width(), turned.height()), (1728, 2156));
    // The top right corner of the wide page is the top left one of the fax.
    assert!(turned.is_black(2, 2) && turned.is_black(138, 268) && !turned.is_black(145, 2) && !turned.is_black(2, 275));
}

#[test]
fn pictures_fill_the_width_and_lose_their_alpha() {
    // Wider than high, so turned; its transparent right half is white.
    let bytes = png(1200, 900, |x, _| if x < 0.5 { [0, 0, 0, 255] } else { [0, 0, 0, 0] });
    let page = &painted(bytes)[0];
    assert_eq!((page.width(), page.height()), (1728, 2214));
    assert!(page.is_black(800, 2100) && page.is_black(10, 1300) && !page.is_black(800, 900));

    let small = &painted(png(100, 100, |_, _| [0, 0, 0, 255]))[0];
    let black: u32 = small.bytes().iter().map(|byte| byte.count_ones()).sum();
    assert!((39_000..41_000).contains(&black), "an inch square, in the middle: {black}");
    assert!(small.is_black(864, 100) && !small.is_black(700, 100));
}

/// A page with something on it.
fn scan(seed: u32) -> Page {
    let mut bitmap = Bitmap::new(1728, 2200);
    for y in 0..2200 {
        bitmap.fill_run(y, (y * 7 + seed) % 1700, (y * 7 + seed) % 1700 + y % 29);
    }
    Page::encode(&bitmap, 204, 196)
}

/// A TIFF whose one entry of this tag has another value.
fn altered(tag: u16, value: u32) -> Vec<u8> {
    let mut file = Page::multi_tiff(&[scan(1)]);
    let at = (8..file.len() - 12).find(|at| file[*at..*at + 2] == tag.to_le_bytes() && file[*at + 3] == 0).unwrap();
    file[at + 8..at + 12].copy_from_slice(&value.to_le_bytes());
    file
}

fn coloured() -> Vec<u8> {
    altered(277, 3)
}

fn bomb() -> Vec<u8> {
    altered(257, 4_000_000)
}

/// A TIFF whose page is followed by itself.
fn circle() -> Vec<u8> {
    let mut file = Page::multi_tiff(&[scan(1)]);
    let directory = u32::from_le_bytes(file[4..8].try_into().unwrap()) as usize;
    let entries = usize::from(u16::from_le_bytes(file[directory..directory + 2].try_into().unwrap()));
    let next = directory + 2 + entries * 12;
    let first = file[4..8].to_vec();
    file[next..next + 4].copy_from_slice(&first);
    file
}

#[test]
fn a_fax_that_goes_on_keeps_every_dot() {
    let pages = [scan(1), scan(2)];
    let there = painted(Page::multi_tiff(&pages));
    assert_eq!(there.len(), 2);
    for (sent, got) in pages.iter().zip(&there) {
        let sent = sent.decode().unwrap();
        assert_eq!(got.height(), 2200);
        assert!((0..2200).all(|y| sent.row(y) == got.row(y)));
    }
    // One of standard resolution has each row twice.
    let coarse = scan(3).standard().unwrap();
    let got = painted(Page::multi_tiff(std::slice::from_ref(&coarse)));
    let sent = coarse.decode().unwrap();
    assert!((0..sent.height()).all(|y| sent.row(y) == got[0].row(2 * y) && sent.row(y) == got[0].row(2 * y + 1)));
}

/// What libtiff makes of the same page, in the ways in which scanners write.
#[test]
fn scans_are_read_in_every_way_in_which_scanners_write_them() {
    let dir = tempfile::tempdir().unwrap();
    let original = scan(5);
    std::fs::write(dir.path().join("in.tif"), original.to_tiff()).unwrap();
    let dots = original.decode().unwrap();
    for (name, options) in [
        ("none", &["-c", "none"][..]),
        ("packbits", &["-c", "packbits"]),
        ("g3", &["-c", "g3:1d"]),
        ("g3 in strips", &["-c", "g3:1d", "-r", "64"]),
        ("g3 in two dimensions", &["-c", "g3:2d"]),
        ("g3 in two dimensions, in strips, ends of line on octets", &["-c", "g3:2d:fill", "-r", "64"]),
        ("g3 in two dimensions, bits the other way", &["-c", "g3:2d", "-f", "lsb2msb"]),
        ("g4 in strips", &["-c", "g4", "-r", "100"]),
        ("g4, bits the other way", &["-c", "g4", "-f", "lsb2msb"]),
    ] {
        let out = dir.path().join("out.tif");
        let done = std::process::Command::new("tiffcp")
            .args(options)
            .args([dir.path().join("in.tif"), out.clone()])
            .status()
            .expect("libtiff-tools");
        assert!(done.success(), "{name}");
        let pages = render(&[document(name, std::fs::read(&out).unwrap())]);
        let pages = pages.unwrap_or_else(|error| panic!("{name}: {error}"));
        let got = pages[0].decode().unwrap();
        assert!((0..dots.height()).all(|y| dots.row(y) == got.row(y)), "{name}");
    }
}

/// A row that is coded by the one above would be drawn wrongly without anybody noticing.
#[test]
fn a_scan_in_two_dimensions_that_was_damaged_or_cut_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("in.tif"), scan(5).to_tiff()).unwrap();
    let out = dir.path().join("out.tif");
    let mut tiffcp = std::process::Command::new("tiffcp");
    tiffcp.args(["-c", "g3:2d", "-r", "10000"]).args([dir.path().join("in.tif"), out.clone()]);
    assert!(tiffcp.status().expect("libtiff-tools").success());
    let whole = std::fs::read(&out).unwrap();
    for middle in [whole.len() / 3, whole.len() / 2] {
        for (what, with) in [("cut", 0x00), ("damaged", 0xa5)] {
            let mut spoiled = whole.clone();
            spoiled[middle..middle + 40].fill(with);
            assert_eq!(refused(spoiled), Problem::Broken, "{what}");
        }
    }
}

#[test]
fn texts_and_web_pages_become_legible_pages() {
    let letter = "Dear colleague,\n\nplease see the attached results.\n".repeat(40);
    let plain = painted(letter.as_bytes());
    assert!(plain.len() >= 2, "{} pages", plain.len());
    assert!(ink(&plain[0], 54.0, 54.0, 500.0, 40.0) > 300);
    let web = b"<!DOCTYPE html><html><head><style>p{color:red}</style></head><body><p>Dear <b>colleague</b></p></body></html>";
    let web = painted(web.to_vec());
    assert_eq!(web.len(), 1);
    assert!(ink(&web[0], 54.0, 50.0, 200.0, 40.0) > 100);
}

/// It may begin with any word, and be called anything by its name.
#[test]
fn what_is_sent_as_a_web_page_is_one() {
    let page = b"Metoprolol <s>5 mg</s> 10 mg".to_vec();
    let sent = |media_type: &str, bytes: Vec<u8>| {
        let name = "page".into();
        render(&[Document { name, media_type: media_type.to_owned(), bytes: bytes.into() }]).expect("rendered")
    };
    let expected = sent("text/plain", b"Metoprolol [struck out: 5 mg] 10 mg".to_vec());
    assert!(sent("text/html", page.clone()) == expected);
    assert!(sent("text/plain", page) != expected, "a text is what it is");
}

fn refused(document_bytes: impl Into<Vec<u8>>) -> Problem {
    let good = document("cover.pdf", fax::cover::Cover::default().to_pdf());
    let error = render(&[good.clone(), document("bad one", document_bytes), good]).expect_err("refused");
    assert_eq!((error.document, error.name.expose().as_str()), (1, "bad one"));
    assert!(error.sentence().expose().starts_with("“bad one” "), "{:?}", error.kind);
    assert!(!error.to_string().contains("bad one"), "no name in a log");
    error.kind
}

#[test]
fn every_bad_document_has_its_name() {
    let referral = include_bytes!("../../tests/fixtures/referral.pdf");
    for (what, bytes, expected) in [
        ("nothing", Vec::new(), Problem::Empty),
        ("an archive", b"PK\x03\x04 and so on".to_vec(), Problem::UnknownType),
        ("a text for programs", b"%!PS Dear colleague".to_vec(), Problem::UnknownType),
        ("a text of blanks", b" \n\n".to_vec(), Problem::Empty),
        ("letters that we do not have", "日本語の手紙です".as_bytes().to_vec(), Problem::Letters),
        ("a TIFF without its end", fax::page::Page::multi_tiff(&[scan(7)])[..200].to_vec(), Problem::Broken),
        ("a TIFF without a page", b"II*\0\0\0\0\0".to_vec(), Problem::Empty),
        ("a TIFF that runs in a circle", circle(), Problem::TooManyPages),
        ("a coloured TIFF", coloured(), Problem::Unsupported),
        ("a TIFF of a square mile", bomb(), Problem::TooLarge),
        ("a letter cut in half", referral[..referral.len() / 2].to_vec(), Problem::Broken),
        ("a letter without its last lines", referral[..referral.len() - 60].to_vec(), Problem::Broken),
        ("a head and noise", [b"%PDF-1.7\n".to_vec(), vec![0x5a; 5000]].concat(), Problem::Broken),
        ("no page", pdf(&[]), Problem::Empty),
        ("a password", encrypted(), Problem::Encrypted),
        ("ten thousand pages", pages(10_000, 612.0, 792.0), Problem::TooManyPages),
        ("a sheet of 200 inches", pages(1, 14_400.0, 14_400.0), Problem::TooLarge),
        ("a sheet of ten miles", pages(1, 1.0e9, 792.0), Problem::TooLarge),
        ("a picture of 60,000 dots", png_head(60_000, 60_000), Problem::TooLarge),
        ("a picture of 256 million dots", png_head(16_000, 16_000), Problem::TooLarge),
        ("half a picture", png(300, 300, |x, y| [(x * y * 255.0) as u8, 0, 0, 255])[..200].to_vec(), Problem::Broken),
        ("half a photograph", jpeg(300, 300, |x, y| [(x * y * 255.0) as u8; 3])[..1500].to_vec(), Problem::Broken),
    ] {
        assert_eq!(refused(bytes), expected, "{what}");
    }
}

#[test]
fn a_fax_has_bounds_as_a_whole() {
    let one = document("one", pages(1, 72.0, 72.0));
    let error = render(&[one.clone(), document("201", pages(MAX_PAGES + 1, 72.0, 72.0))]).unwrap_err();
    assert_eq!((error.document, error.kind), (1, Problem::TooManyPages));
    let error = render(&vec![one; 53]).unwrap_err();
    assert_eq!((error.document, error.kind), (52, Problem::TooManyPages));
    let large = document("large", vec![0; 40 << 20]);
    let error = render(&[large.clone(), large]).unwrap_err();
    assert_eq!((error.document, error.kind), (1, Problem::TooLarge));
    assert_eq!(render(&[]).unwrap_err().kind, Problem::Empty);
}

/// The example `convert_child`, which cargo builds beside this test.
fn converter() -> Converter {
    let mut program: PathBuf = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    program.push("examples/convert_child");
    Converter { program, arguments: Vec::new(), time: Duration::from_secs(120), ..Converter::default() }
}

/// A Word document with this text.
fn docx(text: &str) -> Vec<u8> {
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    let parts = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let letter = format!(
        r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"#
    );
    documents::zip(&[("[Content_Types].xml", types), ("_rels/.rels", parts), ("word/document.xml", &letter)])
}

#[tokio::test]
async fn an_office_document_without_a_program_for_it_is_refused_with_what_to_send_instead() {
    let documents =
        [document("letter.docx", docx("A referral.")), document("old.doc", *b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")];
    for document in documents {
        let refused = Converter { office: None, ..converter() }.run(std::slice::from_ref(&document)).await.unwrap_err();
        let name = document.name.expose();
        let sentence = format!(
            "“{name}” is an office document, which this Frontdesk cannot print. Save it as a PDF and send that."
        );
        assert_eq!((refused.kind, refused.sentence().into_inner()), (Problem::Office, sentence));
    }
}

#[tokio::test]
#[ignore = "nightly: needs libreoffice-writer-nogui"]
async fn an_office_document_becomes_pages_in_its_place() {
    assert!(fax::convert::office::is_found(), "LibreOffice is not here, or the kernel has no landlock");
    let converter = Converter { office: Some(vec!["office".into()]), ..converter() };
    let sheet = pdf(&[Sheet::new(612.0, 792.0)]);
    let documents = [
        document("letter.docx", docx("A referral for a patient.")),
        document("sheet.pdf", sheet),
        document("note.rtf", *b"{\\rtf1\\ansi A short note.}"),
    ];
    let pages = converter.run(&documents).await.unwrap();
    let ink: Vec<_> = pages.iter().map(|page| ink(&page.decode().unwrap(), 0.0, 0.0, 612.0, 792.0)).collect();
    assert!(ink.len() == 3 && ink[0] > 500 && ink[1] == 0 && ink[2] > 300, "{ink:?}");
    // Nothing of it stays.
    let left = std::fs::read_dir("/dev/shm").unwrap().filter_map(Result::ok);
    let ours = format!("frontdesk-{}-", std::process::id());
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with(&ours)).count(), 0);
    let broken = [document("broken.docx", docx("x")[..300].to_vec())];
    assert_eq!(converter.run(&broken).await.unwrap_err().kind, Problem::Broken);
}

#[test]
fn a_confined_program_sees_its_folder_and_no_network() {
    if !fax::sandbox::can_confine() {
        return skip::skipped("a kernel without landlock: no office program is run there either");
    }
    let folder = tempfile::tempdir().unwrap();
    let program = converter().program;
    let status = std::process::Command::new(program).arg("confined").arg(folder.path()).status().unwrap();
    assert!(status.success(), "{status}");
    let said = std::fs::read_to_string(folder.path().join("said")).unwrap();
    let expected = "read a file of the system's: no\nsee another folder: no\nwrite beside its folder: no\nread programs: yes\nuse the network: no\nsignal whoever started it: no\nsignal its group: no\n";
    assert_eq!(said, expected);
}

fn shell(script: &str, time: Duration) -> Converter {
    Converter { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()], time, ..Converter::default() }
}

fn letter() -> Document {
    document("referral.pdf", *include_bytes!("../../tests/fixtures/referral.pdf"))
}

#[tokio::test]
async fn the_child_makes_the_same_pages() {
    let documents = [document("cover.pdf", fax::cover::Cover::default().to_pdf()), letter()];
    let pages = converter().run(&documents).await.unwrap();
    assert_eq!(pages, render(&documents).unwrap());
    assert_eq!(pages.iter().map(|page| (page.width, page.rows)).collect::<Vec<_>>(), [(1728, 2156); 4]);

    let error = converter().run(&[letter(), document("secret.pdf", encrypted())]).await.unwrap_err();
    assert_eq!((error.document, error.kind), (1, Problem::Encrypted));
    assert_eq!(error.sentence().into_inner(), "“secret.pdf” is protected by a password. Send it without one.");
}

#[tokio::test]
async fn a_child_that_dies_costs_one_fax_only() {
    let long = Duration::from_secs(60);
    for (script, expected) in [
        ("kill -SEGV $$", Problem::Crashed),
        ("kill -ABRT $$", Problem::Crashed),
        ("kill -SYS $$", Problem::Crashed),
        ("kill -XCPU $$", Problem::Timeout),
        ("kill -KILL $$", Problem::OurFault),
        ("exit 2", Problem::OurFault),
        // Four gigabytes are promised, or a word that is none.
        (r"printf '\377\377\377\377'", Problem::Crashed),
        (r"printf '\001\000\000\000\007'", Problem::Crashed),
        // "Done", but without a page.
        (r"printf '\001\000\000\000\003'", Problem::Crashed),
    ] {
        let error = shell(script, long).run(&[letter()]).await.unwrap_err();
        assert_eq!(error, ConvertError { document: 0, name: "referral.pdf".into(), kind: expected }, "{script}");
    }
    let error = shell("exec sleep 60", Duration::from_millis(50)).run(&[letter()]).await.unwrap_err();
    assert_eq!(error.kind, Problem::Timeout);
    let missing = Converter { program: "/nowhere/frontdesk".into(), ..converter() };
    assert!(missing.run(&[letter()]).await.unwrap_err().is_ours());
}

/// A child in the middle of its work has given up everything else.
#[test]
fn the_child_is_closed_in() {
    use std::io::{Read, Write};
    use std::process::{Command, Stdio};

    // A photograph over the whole page.
    let mut sheet = Sheet::new(612.0, 792.0);
    sheet.picture(&jpeg(64, 64, |x, y| [(60.0 + 70.0 * (x + y)) as u8; 3]), (64, 64), 0.0, 0.0, 612.0, 792.0);
    let photo = pdf(&[sheet]);
    let mut child =
        Command::new(converter().program).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Pages are to be rendered, fine ones, of one document.
    let mut order = vec![0, 0, 0, 0, 0, 0, 1];
    let mut length = photo.len();
    while length >= 128 {
        order.push((length % 128) as u8 | 128);
        length /= 128;
    }
    order.push(length as u8);
    // Nobody calls it HTML.
    order.push(0);
    order[0] = (order.len() - 4) as u8;
    let mut input = child.stdin.take().unwrap();
    input.write_all(&order).unwrap();
    input.write_all(&photo).unwrap();
    // It speaks, so the sandbox is closed; its page does not fit into the pipe, so it is still there.
    let mut begins = [0; 6];
    child.stdout.as_mut().unwrap().read_exact(&mut begins).unwrap();
    assert_eq!(begins, [2, 0, 0, 0, 0, 0]);
    let proc = |file: &str| std::fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
    let (status, limits) = (proc("status"), proc("limits"));
    assert!(status.contains("Seccomp:\t2") && status.contains("NoNewPrivs:\t1"), "{status}");
    let limit = |name: &str| {
        limits.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().rev().nth(2).unwrap().to_owned()
    };
    assert_eq!(limit("Max core file size"), "0");
    assert_eq!(limit("Max file size"), "0");
    assert_eq!(limit("Max open files"), "16");
    assert_eq!(limit("Max address space"), (1536u64 << 20).to_string());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_page_is_its_geometry_in_a_log() {
    let page: Page = render(&[letter()]).unwrap().swap_remove(0);
    assert!(format!("{page:?}").starts_with("Page(1728x2156 at 204x196 dpi, "));
}

#[test]
fn translucent_things_do_not_cover_text() {
    let mut sheet = Sheet::new(612.0, 792.0);
    sheet.text(60.0, 100.0, 10.0, [0.0; 3], "Under a highlight of the pure colour");
    sheet.text(60.0, 200.0, 10.0, [0.0; 3], "On a watermark");
    let plain = painted(pdf(&[sheet.clone()])).remove(0);
    sheet.multiplied(50.0, 85.0, 300.0, 25.0, [1.0, 1.0, 0.0]);
    sheet.multiplied(50.0, 185.0, 300.0, 25.0, [0.4, 1.0, 0.4]);
    sheet.translucent_text(50.0, 260.0, 120.0, "VOID");
    let covered = &painted(pdf(&[sheet]))[0];
    let differ =
        dots(0.0, 0.0, 600.0, 300.0).filter(|(x, y)| plain.is_black(*x, *y) != covered.is_black(*x, *y)).count();
    let all = ink(&plain, 0.0, 0.0, 600.0, 300.0);
    assert!(all > 2000 && differ * 50 < all, "{differ} of {all} dots differ");
}
