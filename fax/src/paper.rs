//! Paper that is written on: a text as a document, a receipt. Set as a [cover page](crate::cover) is, on as many sheets as it takes.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref};

pub use crate::lettering::can_be_printed;
use crate::lettering::{self, Face, Fonts, wrap};
use crate::page::Page;

/// US letter, in points.
const WIDTH: f32 = 612.0;
const HEIGHT: f32 = 792.0;
const MARGIN: f32 = 54.0;
/// Of a text's letters.
const SIZE: f32 = 11.0;
/// Where facts stand, beside their labels.
const FACTS: f32 = 120.0;
/// Sheets of one paper: more than any fax may have, so that what is too long is refused as such.
const MAX_SHEETS: usize = 250;
/// Lines of one paragraph: what all sheets together hold.
const MAX_LINES: usize = MAX_SHEETS * 80;

/// The printable receipt of a fax, in words.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// Whose it is.
    pub clinic: String,
    /// What it is.
    pub title: String,
    /// What became of the fax.
    pub sentence: String,
    /// The facts, each with its label; one without a label stands alone.
    pub facts: Vec<(String, String)>,
    /// Above the attempts.
    pub heading: String,
    /// The attempts, line by line.
    pub attempts: Vec<String>,
    /// The first page, small.
    pub first_page: Option<Page>,
}

impl Receipt {
    /// The receipt as a PDF file.
    pub fn to_pdf(&self) -> Vec<u8> {
        let mut paper = Paper::default();
        paper.paragraph(&self.clinic, Face::Regular, 11.0, 0.0);
        paper.paragraph(&self.title, Face::Bold, 20.0, 0.0);
        paper.skip(8.0);
        paper.paragraph(&self.sentence, Face::Bold, 12.0, 0.0);
        paper.skip(8.0);
        for (label, fact) in &self.facts {
            paper.fact(label, fact);
        }
        if !self.attempts.is_empty() {
            paper.skip(10.0);
            paper.paragraph(&self.heading, Face::Bold, 12.0, 0.0);
            for line in &self.attempts {
                paper.paragraph(line, Face::Regular, 9.5, 0.0);
            }
        }
        if let Some(page) = &self.first_page {
            paper.picture(page);
        }
        paper.finish()
    }
}

/// A text as a document, or nothing if too many of its letters [cannot be printed](can_be_printed).
pub fn text_to_pdf(text: &str) -> Option<Vec<u8>> {
    set(text).map(|set| set.pdf)
}

/// A text as a document, and on how many sheets it stands.
#[derive(Clone, Debug)]
pub struct Set {
    /// The document.
    pub pdf: Vec<u8>,
    /// Its sheets.
    pub sheets: usize,
}

/// The same as [`text_to_pdf`], for who must know how long it is.
pub fn set(text: &str) -> Option<Set> {
    if !can_be_printed(text) {
        return None;
    }
    let mut paper = Paper::default();
    for line in lettering::set(text, SIZE, WIDTH - 2.0 * MARGIN) {
        if line.on_new_sheet {
            paper.turn();
        }
        paper.lines(&line.text, line.face, line.size, SIZE * 1.3, 0.0);
    }
    Some(Set { sheets: paper.sheets.len(), pdf: paper.finish() })
}

/// Sheets, the last of which is being written.
struct Paper {
    sheets: Vec<Content>,
    fonts: Fonts,
    picture: Option<(usize, Page)>,
    y: f32,
}

impl Default for Paper {
    fn default() -> Self {
        Self { sheets: vec![Content::new()], fonts: Fonts::default(), picture: None, y: HEIGHT - MARGIN }
    }
}

impl Paper {
    fn skip(&mut self, points: f32) {
        self.y -= points;
    }

    fn turn(&mut self) {
        if self.sheets.len() < MAX_SHEETS {
            self.sheets.push(Content::new());
            self.y = HEIGHT - MARGIN;
        }
    }

    /// An empty text leaves an empty line.
    fn paragraph(&mut self, text: &str, face: Face, size: f32, indent: f32) {
        self.lines(text, face, size, size * 1.3, indent);
    }

    fn lines(&mut self, text: &str, face: Face, size: f32, leading: f32, indent: f32) {
        let x = MARGIN + indent;
        for line in wrap(text, face, size, WIDTH - MARGIN - x, MAX_LINES) {
            if self.y - leading < MARGIN {
                self.turn();
            }
            self.y -= leading;
            let Some(sheet) = self.sheets.last_mut() else { return };
            self.fonts.show(sheet, &line, size, x, self.y);
        }
    }

    fn fact(&mut self, label: &str, fact: &str) {
        let line = self.y;
        if !label.is_empty() {
            self.paragraph(label, Face::Bold, 10.0, 0.0);
            self.y = line;
        }
        self.paragraph(fact, Face::Regular, 10.0, if label.is_empty() { 0.0 } else { FACTS });
    }

    /// A page of a fax, as large as what is left of the sheet, or half of a new one.
    fn picture(&mut self, page: &Page) {
        /// Smaller than this nobody recognises a page.
        const LEAST: f32 = 200.0;
        self.skip(12.0);
        if self.y - MARGIN < LEAST {
            self.turn();
        }
        let ratio = f64::from(page.width) / f64::from(page.x_dpi.max(1)) * f64::from(page.y_dpi.max(1))
            / f64::from(page.rows.max(1));
        let height = (self.y - MARGIN).min(HEIGHT / 2.0);
        #[allow(clippy::cast_possible_truncation, reason = "the ratio of a sheet of paper")]
        let width = (height * ratio as f32).min(WIDTH - 2.0 * MARGIN);
        let at = self.sheets.len() - 1;
        let Some(sheet) = self.sheets.last_mut() else { return };
        sheet.set_line_width(0.5).rect(MARGIN, self.y - height, width, height).stroke();
        sheet.save_state();
        sheet.transform([width, 0.0, 0.0, height, MARGIN, self.y - height]);
        sheet.x_object(Name(b"Page"));
        sheet.restore_state();
        self.picture = Some((at, page.clone()));
        self.y -= height;
    }

    fn finish(self) -> Vec<u8> {
        let (catalog, tree, image) = (Ref::new(1), Ref::new(2), Ref::new(3));
        let mut next = Ref::new(4);
        let sheets: Vec<_> = self.sheets.into_iter().map(|sheet| (sheet, next.bump(), next.bump())).collect();
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree);
        let count = i32::try_from(sheets.len()).unwrap_or(i32::MAX);
        pdf.pages(tree).kids(sheets.iter().map(|(_, page, _)| *page)).count(count);
        let fonts = self.fonts.write(&mut pdf, &mut next);
        if let Some((_, page)) = &self.picture {
            crate::pdf::write_image(&mut pdf, page, image);
        }
        let pictured = self.picture.as_ref().map(|(at, _)| *at);
        for (at, (sheet, page, content)) in sheets.into_iter().enumerate() {
            let mut writer = pdf.page(page);
            writer.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(content);
            let mut resources = writer.resources();
            let mut all = resources.fonts();
            fonts.name_in(&mut all);
            all.finish();
            if pictured == Some(at) {
                resources.x_objects().pair(Name(b"Page"), image);
            }
            resources.finish();
            writer.finish();
            let content_bytes = sheet.finish();
            pdf.stream(content, &content_bytes);
        }
        pdf.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use model::command::Document;

    use super::*;
    use crate::page::Bitmap;

    fn read(pdf: &[u8], program: &str, args: &[&str]) -> String {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("paper.pdf");
        std::fs::write(&file, pdf).expect("written");
        let output = Command::new(program).args(args).arg(&file).arg("-").output().expect("poppler-utils");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    #[test]
    fn a_receipt_says_what_became_of_the_fax_and_shows_its_first_page() {
        let mut bitmap = Bitmap::new(1728, 2156);
        bitmap.fill_run(100, 0, 1728);
        let receipt = Receipt {
            clinic: "Harbor Street Clinic".into(),
            title: "Fax receipt".into(),
            sentence: "Arrived. Every page was confirmed by their machine.".into(),
            facts: vec![("To".into(), "(202) 555-0101".into()), (String::new(), "Printed today".into())],
            heading: "Attempts".into(),
            attempts: vec!["1. 09:41, main, T.38: Their line was busy.".into()],
            first_page: Some(Page::encode(&bitmap, 204, 196)),
        };
        let text = read(&receipt.to_pdf(), "pdftotext", &["-layout"]);
        for part in ["Harbor Street Clinic", "Every page was confirmed", "(202) 555-0101", "Their line was busy."] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("r.pdf"), receipt.to_pdf()).expect("written");
        let list =
            Command::new("pdfimages").args(["-list", "r.pdf"]).current_dir(dir.path()).output().expect("poppler");
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        assert!(list.contains("1728") && list.contains("2156") && list.contains("ccitt"), "{list}");
    }

    /// By the converter, as every paper of ours is: what it faxes is what was written.
    #[test]
    fn signs_beside_western_letters_are_ink_and_each_its_own() {
        let ink = |text: &str| {
            let bytes = text_to_pdf(text).expect("printable").into();
            let document = Document { name: "signs".into(), media_type: "application/pdf".to_owned(), bytes };
            let pages = crate::convert::render(&[document]).expect("rendered");
            pages.first().expect("a page").decode().expect("whole")
        };
        let blank = ink(" ");
        let signs = ["?", "≤", "≥", "☐", "☒", "✓", "Ł", "Ж"].map(|sign| (sign, ink(sign)));
        for (at, (sign, page)) in signs.iter().enumerate() {
            assert!(*page != blank, "{sign}");
            for (other, its) in &signs[at + 1..] {
                assert!(page != its, "{sign} and {other}");
            }
        }
    }

    /// Where a dose begins on the paper is which head it stands under.
    #[test]
    fn a_row_with_single_blanks_stands_under_its_heads() {
        for text in [
            "Drug         AM  PM\nMetoprolol   5   10\nLevothyroxin 100 125",
            "Drug         AM  PM\n\nLevothyroxin 100 125",
            "Plan\n\n\n\x0cDrug         AM  PM\nLevothyroxin 100 125",
            "Drug\t     AM\tPM\nLevothyroxin 100 125",
        ] {
            let boxes = read(&text_to_pdf(text).expect("printable"), "pdftotext", &["-bbox"]);
            let left = |word: &str| {
                let line = boxes.lines().find(|line| line.contains(&format!(">{word}<"))).expect(word);
                let from = line.split("xMin=\"").nth(1).and_then(|rest| rest.split('"').next());
                from.and_then(|from| from.parse::<f64>().ok()).expect("a number")
            };
            for (head, dose) in [("Drug", "Levothyroxin"), ("AM", "100")] {
                assert!((left(head) - left(dose)).abs() < 0.1, "{head} and {dose}: {boxes}");
            }
            if !text.contains('\t') {
                assert!((left("PM") - left("125")).abs() < 0.1, "{boxes}");
            }
        }
    }

    #[test]
    fn a_long_text_takes_as_many_sheets_as_it_needs_and_loses_nothing() {
        let text: String = (1..=300).map(|n| format!("Line {n} of the letter\n")).collect();
        let pdf = text_to_pdf(&text).expect("printable");
        let read = read(&pdf, "pdftotext", &["-layout"]);
        for n in [1, 150, 300] {
            assert!(read.contains(&format!("Line {n} of the letter")), "{n}");
        }
        assert!(read.matches('\x0c').count() >= 5);
        assert!(text_to_pdf("日本語の手紙").is_none(), "it would be a page of question marks");
    }
}
