//! What the codes on a page say: QR, Code 128 and Code 93, as forms and cover sheets carry them.
//!
//! A page comes from outside and its reader is large, so outside of tests and the simulation it runs in the converter's child
//! ([`convert::io::Converter::read_codes`](crate::convert::io::Converter::read_codes)): a page that stops it costs the codes and nothing else.

use rxing::helpers::detect_multiple_in_luma_with_hints;
use rxing::{BarcodeFormat, DecodeHints, RXingResult};

use crate::page::{Bitmap, Page, PageError};

/// Codes of one page that count: the first from the top.
pub const MOST_CODES: usize = 4;
/// Characters of a code that are kept: it names a patient or a place, and no letter.
pub const LONGEST_CODE: usize = 120;
/// Pages beyond this are scrolls; their codes are looked for on the first sheet.
const MOST_ROWS: u32 = 5000;

/// What the codes say, from the top of the page down.
///
/// # Errors
/// The page cannot be painted.
pub fn read(page: &Page) -> Result<Vec<String>, PageError> {
    let bitmap = page.decode()?;
    // A page at 98 rows an inch is half as high as it is meant to be.
    let times = if page.is_fine() { 1 } else { 2 };
    let rows = (bitmap.height() * times).min(MOST_ROWS);
    let luma = (0..rows).flat_map(|y| row(&bitmap, y / times)).collect();
    let mut hints = DecodeHints { PossibleFormats: Some(FORMATS.into()), ..DecodeHints::default() };
    // No code is no fault, and the reader's word for it is an error.
    let mut found = detect_multiple_in_luma_with_hints(luma, bitmap.width(), rows, &mut hints).unwrap_or_default();
    found.sort_by_key(top);
    let mut codes: Vec<String> = Vec::new();
    for text in found.iter().filter_map(|code| said(code.getText())) {
        if codes.len() < MOST_CODES && !codes.contains(&text) {
            codes.push(text);
        }
    }
    Ok(codes)
}

/// The kinds that forms carry, and that no table or signature looks like: all have a sum that must be right.
const FORMATS: [BarcodeFormat; 3] = [BarcodeFormat::QR_CODE, BarcodeFormat::CODE_128, BarcodeFormat::CODE_93];

/// Black is nothing, white is all.
fn row(bitmap: &Bitmap, y: u32) -> impl Iterator<Item = u8> + '_ {
    let row = bitmap.row(y);
    (0..bitmap.width() as usize).map(move |x| if row[x / 8] & (0x80 >> (x % 8)) == 0 { 255 } else { 0 })
}

fn top(code: &RXingResult) -> i32 {
    code.getPoints().iter().map(|point| point.y as i32).min().unwrap_or(i32::MAX)
}

/// One line of letters that can be read.
fn said(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(LONGEST_CODE).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use rxing::Writer as _;

    use super::*;

    /// A page of letters' length with these codes one below the other, each dot of theirs so many of the page's.
    fn with_codes(codes: &[(BarcodeFormat, &str)], dots: u32) -> Page {
        let mut bitmap = Bitmap::new(1728, 2156);
        let mut top = 150;
        for (format, text) in codes {
            let matrix = rxing::MultiFormatWriter.encode(text, format, 10, 10).expect("a code");
            // A code of bars is one row high as it is written.
            let (rows, high) = if matrix.height() <= 10 { (1, 120) } else { (matrix.height(), dots) };
            for y in 0..rows {
                for x in (0..matrix.width()).filter(|x| matrix.get(*x, y)) {
                    for row in 0..high {
                        bitmap.fill_run(top + y * high + row, 200 + x * dots, 200 + (x + 1) * dots);
                    }
                }
            }
            top += rows * high + 150;
        }
        Page::encode(&bitmap, 204, 196)
    }

    #[test]
    fn codes_are_read_from_the_top_down_also_when_half_the_rows_are_there() {
        let codes = [(BarcodeFormat::CODE_128, "FORM-12"), (BarcodeFormat::QR_CODE, "PT-20481")];
        let page = with_codes(&codes, 6);
        assert_eq!(read(&page), Ok(vec!["FORM-12".to_owned(), "PT-20481".to_owned()]));
        assert_eq!(read(&page.standard().unwrap()).map(|codes| codes.contains(&"PT-20481".to_owned())), Ok(true));
    }

    #[test]
    fn a_page_without_a_code_has_none() {
        let mut bitmap = Bitmap::new(400, 300);
        (0..300).for_each(|y| bitmap.fill_run(y, y, y + 30));
        assert_eq!(read(&Page::encode(&bitmap, 204, 196)), Ok(Vec::new()));
        let cut = Page { rows: 400, ..Page::encode(&bitmap, 204, 196) };
        assert!(read(&cut).is_err());
    }
}
