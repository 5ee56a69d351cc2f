//! Small PDFs of low pages, each with something that a reader of its own reads. Their contents are not packed, so that a changed byte is another word.

use std::fmt::Write as _;

use fax::cover::Cover;

use crate::Seed;
use crate::documents::{Sheet, encrypted, jpeg, pages, pdf};

/// Points.
const WIDTH: f32 = 612.0;
const LOW: f32 = 60.0;
const BLUE: [f32; 3] = [0.1, 0.3, 0.7];

pub(crate) fn all() -> Vec<Seed> {
    let cover = Cover { clinic: "Клиника".to_owned(), message: "Ωmega ß".to_owned(), ..Cover::default() };
    let painted = PAINTED.iter().map(|(name, objects)| (*name, raw(objects)));
    let others = [
        ("referral", include_bytes!("../../../tests/fixtures/referral.pdf").to_vec()),
        ("cover", cover.to_pdf()),
        ("sheet", sheet()),
        ("pages", pages(3, WIDTH, 20.0)),
        ("encrypted", encrypted()),
    ];
    painted.chain(others).map(|(name, bytes)| (format!("{name}.pdf"), bytes)).collect()
}

fn sheet() -> Vec<u8> {
    let mut sheet = Sheet::new(WIDTH, LOW);
    sheet.rect(20.0, 5.0, 200.0, 40.0, BLUE);
    sheet.multiplied(150.0, 5.0, 100.0, 30.0, [1.0, 0.9, 0.0]);
    sheet.text(30.0, 30.0, 12.0, [1.0; 3], "Referral");
    sheet.translucent_text(260.0, 30.0, 12.0, "a quarter");
    sheet.line((10.0, 50.0), (600.0, 55.0), 0.5, [0.0; 3]);
    let photograph = jpeg(16, 16, |x, y| [(x * 255.0) as u8, (y * 255.0) as u8, 90]);
    sheet.picture(&photograph, (16, 16), 400.0, 5.0, 80.0, 40.0);
    pdf(&[sheet])
}

/// What each file has beside its catalogue (1), its pages (2) and a font (3): its page is 4, and 5 are the contents of that.
const PAINTED: &[(&str, &[&str])] = &[
    (
        "shadings",
        &[
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 60] /Contents 5 0 R /Resources << /Pattern << /P 6 0 R /T 8 0 R >> \
             /Shading << /S 7 0 R >> >> >>",
            "STREAM q /Pattern cs /P scn 0 0 200 60 re f Q q 200 0 200 60 re W n /S sh Q q /Pattern cs /T scn 400 0 200 60 re f Q",
            "<< /PatternType 2 /Shading << /ShadingType 2 /ColorSpace /DeviceRGB /Coords [0 0 200 0] /Extend [true true] \
             /Function << /FunctionType 2 /Domain [0 1] /C0 [1 0 0] /C1 [0 0 1] /N 1 >> >> >>",
            "<< /ShadingType 3 /ColorSpace /DeviceGray /Coords [300 30 5 300 30 40] /Function << /FunctionType 3 /Domain [0 1] \
             /Bounds [0.5] /Encode [0 1 0 1] /Functions [<< /FunctionType 2 /Domain [0 1] /C0 [0] /C1 [1] /N 2 >> \
             << /FunctionType 2 /Domain [0 1] /C0 [1] /C1 [0] /N 1 >>] >> >>",
            "STREAM << /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 20 20] /XStep 20 /YStep 20 /Resources << >> >> \
             0.8 0.2 0.1 rg 2 2 10 10 re f",
        ],
    ),
    (
        "groups",
        &[
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 60] /Rotate 180 /CropBox [10 0 602 60] /Contents [5 0 R] /Resources \
             << /XObject << /X 6 0 R >> /ExtGState << /G << /BM /Screen /ca 0.5 /SMask << /S /Luminosity /G 7 0 R >> >> >> \
             /Font << /F 3 0 R >> >> >>",
            "STREAM q /G gs 1 0 0 1 10 0 cm /X Do Q BT /F 12 Tf 1 Tr 20 20 Td [(Re) -20 (ferral)] TJ ET",
            "STREAM << /Type /XObject /Subtype /Form /BBox [0 0 300 60] /Matrix [1 0.1 0 1 0 0] /Group << /S /Transparency /I true >> \
             /Resources << >> >> 0 0.6 0.2 rg 10 10 m 100 50 200 0 280 40 c h f* 2 w [4 2] 0 d 10 5 m 290 5 l S",
            "STREAM << /Type /XObject /Subtype /Form /BBox [0 0 612 60] /Group << /S /Transparency /CS /DeviceGray >> /Resources << >> >> \
             0.7 g 0 0 612 60 re f",
        ],
    ),
    (
        "pictures",
        &[
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 60] /Contents 5 0 R /Resources << /XObject << /A 6 0 R /B 7 0 R /C 8 0 R >> \
             /ColorSpace << /I [/Indexed /DeviceRGB 1 <ff000000ff00>] /L [/Lab << /WhitePoint [0.95 1 1.09] >>] >> >> >>",
            "STREAM q 100 0 0 50 0 0 cm /A Do Q q 100 0 0 50 120 0 cm /B Do Q q 100 0 0 50 240 0 cm /C Do Q \
             q 100 0 0 50 360 0 cm BI /W 4 /H 2 /BPC 1 /IM true /F /AHx ID a050> EI Q /I cs 1 sc 470 0 20 20 re f /L cs 50 20 20 sc 500 0 20 20 re f",
            "STREAM << /Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceCMYK /Filter /ASCIIHexDecode \
             /SMask 9 0 R >> 00ff00ff00ff00ff112233440000ff00>",
            "STREAM << /Type /XObject /Subtype /Image /Width 8 /Height 2 /BitsPerComponent 1 /ColorSpace [/Indexed /DeviceGray 1 <00ff>] \
             /Filter [/ASCIIHexDecode /RunLengthDecode] /Decode [1 0] >> 01a55a80>",
            "STREAM << /Type /XObject /Subtype /Image /Width 16 /Height 4 /BitsPerComponent 1 /ImageMask true /Filter [/ASCIIHexDecode /CCITTFaxDecode] \
             /DecodeParms [null << /K -1 /Columns 16 /Rows 4 >>] >> 26a0d45f001001>",
            "STREAM << /Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceGray /Filter /ASCIIHexDecode >> 00ff80ff>",
        ],
    ),
    (
        "form",
        &[
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 60] /Contents 5 0 R /Annots [6 0 R << /Type /Annot /Subtype /Highlight /Rect [0 0 40 20] \
             /AP << /N 7 0 R >> >>] >>",
            "STREAM q Q",
            "<< /Type /Annot /Subtype /Widget /FT /Tx /T (Drug) /V (Warfarin) /Rect [100 20 300 40] /F 4 /AP << /N 7 0 R >> >>",
            "STREAM << /Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F 3 0 R >> >> >> \
             /Tx BMC q BT /F 14 Tf 2 6 Td (Warfarin) Tj ET Q EMC",
        ],
    ),
    (
        "glyphs",
        &[
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 60] /Contents 5 0 R /Resources << /Font << /D 6 0 R >> >> >>",
            "STREAM BT /D 20 Tf 20 20 Td <6162> Tj 2 Tw 150 Tz 5 Ts (a b) Tj T* (ba) ' ET",
            "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 750 750] /FontMatrix [0.001 0 0 0.001 0 0] /FirstChar 97 /LastChar 98 /Widths [800 800] \
             /Encoding << /Differences [97 /s /t] >> /CharProcs << /s 7 0 R /t 8 0 R >> /Resources << >> >>",
            "STREAM 800 0 0 0 750 750 d1 0 0 750 750 re f",
            "STREAM 800 0 d0 1 0 0 rg 0 0 m 375 750 l 750 0 l f",
        ],
    ),
];

/// A file of these objects. One that begins with STREAM is a stream: its dictionary, if it has one, and its octets.
fn raw(objects: &[&str]) -> Vec<u8> {
    let head = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ];
    let (mut file, mut places) = ("%PDF-1.7\n".to_owned(), Vec::new());
    for (number, object) in (1..).zip(head.iter().chain(objects)) {
        places.push(file.len());
        let object = match object.strip_prefix("STREAM ") {
            None => (*object).to_owned(),
            Some(stream) => {
                let (dict, body) = if stream.starts_with("<<") {
                    let end = stream.rfind(">> ").map_or(stream.len(), |at| at + 2);
                    (stream[2..end - 2].to_owned(), stream[end..].trim_start())
                } else {
                    (String::new(), stream)
                };
                format!("<<{dict} /Length {} >>\nstream\n{body}\nendstream", body.len())
            }
        };
        write!(file, "{number} 0 obj\n{object}\nendobj\n").expect("a String takes every write");
    }
    let table = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).expect("a String takes every write");
    for place in &places {
        writeln!(file, "{place:010} 00000 n ").expect("a String takes every write");
    }
    let size = places.len() + 1;
    write!(file, "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n")
        .expect("a String takes every write");
    file.into_bytes()
}
