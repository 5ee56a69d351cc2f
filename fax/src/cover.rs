//! The cover page: who writes to whom, and what about.
//!
//! It is made as a PDF of one page and goes through the same converter as every other document, so that there is one way from
//! facts to ink.
//!
//! It cannot fail. Long texts are wrapped; what does not fit on one page is cut with a visible "…". Whoever may not lose a word asks
//! [`Cover::has_room`] first, and puts a longer message behind the cover.

use pdf_writer::{Content, Finish, Pdf, Rect, Ref};

use crate::lettering::{self, Face, Fonts, Line, wrap};

/// US letter, in points.
const WIDTH: f32 = 612.0;
const HEIGHT: f32 = 792.0;
const MARGIN: f32 = 72.0;
/// Where the facts stand, beside their labels.
const FACTS: f32 = MARGIN + 80.0;

/// What a cover page says. Empty parts are left out. All of it is printed as it is; it is personal like the fax itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cover {
    /// The clinic, large at the top.
    pub clinic: String,
    /// Its address and phone number, one a line.
    pub contact: Vec<String>,
    /// Who gets it: a name, a number, or both.
    pub to: String,
    /// Who sends it.
    pub from: String,
    /// Date and time, as the clinic writes them.
    pub date: String,
    /// Pages in all, this one included, if known.
    pub pages: Option<u32>,
    /// What it is about.
    pub subject: String,
    /// The message.
    pub message: String,
}

impl Cover {
    /// The page as a PDF file.
    pub fn to_pdf(&self) -> Vec<u8> {
        let (catalog, tree, page, content) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4));
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree);
        pdf.pages(tree).kids([page]).count(1);
        let (sheet, _) = self.paint();
        let written = sheet.fonts.write(&mut pdf, &mut Ref::new(5));
        let mut writer = pdf.page(page);
        writer.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(content);
        let mut resources = writer.resources();
        let mut fonts = resources.fonts();
        written.name_in(&mut fonts);
        fonts.finish();
        resources.finish();
        writer.finish();
        pdf.stream(content, &sheet.content.finish());
        pdf.finish()
    }

    /// True if all of the message stands on the page.
    pub fn has_room(&self) -> bool {
        self.paint().1
    }

    /// What stands on the page, and whether the message does as a whole.
    fn paint(&self) -> (Sheet, bool) {
        let mut sheet = Sheet::new();
        sheet.paragraph(&self.clinic, Face::Bold, 20.0, MARGIN, 2);
        for line in self.contact.iter().take(4) {
            sheet.paragraph(line, Face::Regular, 11.0, MARGIN, 1);
        }
        sheet.skip(24.0);
        sheet.paragraph("Fax", Face::Bold, 28.0, MARGIN, 1);
        sheet.skip(8.0);
        sheet.rule();
        let pages = self.pages.map(|pages| format!("{pages}, this page included")).unwrap_or_default();
        for (label, fact) in [
            ("To", &self.to),
            ("From", &self.from),
            ("Date", &self.date),
            ("Pages", &pages),
            ("Subject", &self.subject),
        ] {
            sheet.fact(label, fact);
        }
        sheet.rule();
        sheet.skip(10.0);
        let whole = sheet.message(&self.message);
        (sheet, whole)
    }
}

/// The paper and how far down it is written.
struct Sheet {
    content: Content,
    fonts: Fonts,
    y: f32,
}

impl Sheet {
    fn new() -> Self {
        Self { content: Content::new(), fonts: Fonts::default(), y: HEIGHT - MARGIN }
    }

    fn skip(&mut self, points: f32) {
        self.y -= points;
    }

    fn is_full(&self) -> bool {
        self.y < MARGIN
    }

    fn rule(&mut self) {
        self.skip(6.0);
        self.content.set_line_width(1.0).move_to(MARGIN, self.y).line_to(WIDTH - MARGIN, self.y).stroke();
        self.skip(6.0);
    }

    fn fact(&mut self, label: &str, fact: &str) {
        if fact.trim().is_empty() || self.is_full() {
            return;
        }
        let line = self.y;
        self.paragraph(label, Face::Bold, 12.0, MARGIN, 1);
        self.y = line;
        self.paragraph(fact, Face::Regular, 12.0, FACTS, 3);
        self.skip(2.0);
    }

    /// Writes `text` in at most `most` lines, and to the end of the page at most. An empty text leaves an empty line.
    fn paragraph(&mut self, text: &str, face: Face, size: f32, x: f32, most: usize) {
        let room = self.room(size).min(most);
        for line in wrap(text, face, size, WIDTH - MARGIN - x, room) {
            self.line(&line, size, x);
        }
    }

    /// Writes what the page has room for; false if that is not all of it, and then its last line says so.
    fn message(&mut self, text: &str) -> bool {
        const SIZE: f32 = 12.0;
        let room = self.room(SIZE);
        let mut lines = Vec::new();
        for line in lettering::set(text.trim_end(), SIZE, WIDTH - 2.0 * MARGIN) {
            // One more than there is room for shows that there is more.
            let most = (room + 1).saturating_sub(lines.len());
            let its = wrap(&line.text, line.face, line.size, WIDTH - 2.0 * MARGIN, most);
            lines.extend(its.into_iter().map(|its| (its, line.size)));
            if lines.len() > room {
                break;
            }
        }
        let whole = lines.len() <= room;
        if !whole {
            lines.truncate(room.saturating_sub(1));
            lines.push((Line::ellipsis(Face::Regular), SIZE));
        }
        for (line, size) in &lines {
            self.y -= leading(SIZE);
            self.fonts.show(&mut self.content, line, *size, MARGIN, self.y);
        }
        whole
    }

    /// The lines of this size that the rest of the page holds; no text is wrapped further than that.
    fn room(&self, size: f32) -> usize {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a page has a few dozen lines")]
        let lines = ((self.y - MARGIN) / leading(size)).ceil().max(0.0) as usize;
        lines
    }

    fn line(&mut self, line: &Line, size: f32, x: f32) {
        self.y -= leading(size);
        self.fonts.show(&mut self.content, line, size, x, self.y);
    }
}

fn leading(size: f32) -> f32 {
    size * 1.3
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn text(cover: &Cover) -> String {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cover.pdf");
        std::fs::write(&file, cover.to_pdf()).unwrap();
        let output = Command::new("pdftotext").args(["-layout"]).arg(&file).arg("-").output().expect("poppler-utils");
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end_matches('\x0c').to_owned()
    }

    #[test]
    fn a_cover_page_says_who_and_what() {
        let cover = Cover {
            clinic: "Harbor Street Clinic".to_owned(),
            contact: vec!["1 Harbor Street".to_owned(), "(202) 555-0123".to_owned()],
            to: "Dr. Søren Müller, (202) 555-0101".to_owned(),
            from: "Front desk".to_owned(),
            date: "November 20, 2026, 9:00 AM EST".to_owned(),
            pages: Some(3),
            subject: "Referral – Łukasz Żak (日本)".to_owned(),
            message: "Please call us about the first appointment.\n\nThank you — “Harbor Street”.".to_owned(),
        };
        let read = text(&cover);
        let lines: Vec<String> = read
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|l| !l.is_empty())
            .collect();
        assert_eq!(
            lines,
            [
                "Harbor Street Clinic",
                "1 Harbor Street",
                "(202) 555-0123",
                "Fax",
                "To Dr. Søren Müller, (202) 555-0101",
                "From Front desk",
                "Date November 20, 2026, 9:00 AM EST",
                "Pages 3, this page included",
                "Subject Referral – Łukasz Żak (??)",
                "Please call us about the first appointment.",
                "Thank you — “Harbor Street”.",
            ]
        );
    }

    #[test]
    fn a_novel_stays_on_one_page() {
        let message = format!("{}\n{}", "W".repeat(100_000), "word ".repeat(100_000));
        let cover = Cover { subject: "x".repeat(5000), message, ..Cover::default() };
        let pdf = cover.to_pdf();
        assert!(pdf.len() < 20_000, "{} bytes", pdf.len());
        assert!(text(&cover).contains('…'));
    }

    #[test]
    fn a_page_knows_when_a_message_is_too_long_for_it_and_says_so() {
        let of = |lines: usize| {
            let message: String = (1..=lines).map(|n| format!("word{n}\n")).collect();
            Cover { clinic: "Harbor Street Clinic".to_owned(), message, ..Cover::default() }
        };
        let most = (1..80).take_while(|lines| of(*lines).has_room()).count();
        assert!((20..40).contains(&most), "{most} lines");
        let whole = text(&of(most));
        assert!(whole.contains(&format!("word{most}")) && !whole.contains('…'), "{whole}");
        let cut = text(&of(most + 1));
        assert!(cut.trim_end().ends_with('…') && !cut.contains(&format!("word{}", most + 1)), "{cut}");
        let blank = Cover { message: format!("{}\n\n\n", of(most).message), ..of(1) };
        assert!(blank.has_room(), "blank lines at the end are nothing");
        assert!(!Cover { message: "word ".repeat(2000), ..Cover::default() }.has_room());
    }
}
