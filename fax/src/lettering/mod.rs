//! Letters on paper: which, how wide, where lines break, and the fonts that a file needs for them.
//!
//! Words in western European letters are set in Helvetica, which every PDF reader has and so cannot be missing. A word with any other letter
//! or sign (Łukasz, ≥, ☐) is set in DejaVu Sans, as a whole, and what a file uses of that is embedded in it. Lines that were laid out
//! with blanks, and those around them, are set in DejaVu Sans Mono, so that what stood below a word does so on paper. What none of them has, and scripts
//! whose letters change their forms or run from right to left, are printed as "?", visibly, rather than dropped: a name with a question mark
//! is asked about, a name with a missing letter is not.

mod columns;
mod embedded;
mod western;

pub(crate) use columns::set;
use embedded::Embedded;
use model::western::WINDOWS;
use pdf_writer::types::TextRenderingMode;
use pdf_writer::{Content, Dict, Name, Pdf, Ref, Str};
use unicode_normalization::UnicodeNormalization as _;

/// A face of either font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Regular,
    Bold,
    /// All letters as wide as each other, and all of them in DejaVu.
    Fixed,
}

/// What a glyph is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Font {
    Helvetica(Face),
    DejaVu(Face),
}

/// One letter as it is printed.
#[derive(Clone, Copy, Debug)]
struct Glyph {
    font: Font,
    /// Its byte in WinAnsi, or its number in DejaVu.
    code: u16,
    /// What it stands for.
    letter: char,
}

/// A line, or a part of one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Vec<Glyph>);

impl Font {
    const fn resource(self) -> Name<'static> {
        match self {
            Self::Helvetica(Face::Regular | Face::Fixed) => Name(b"F1"),
            Self::Helvetica(Face::Bold) => Name(b"F2"),
            Self::DejaVu(Face::Regular) => Name(b"F3"),
            Self::DejaVu(Face::Bold) => Name(b"F4"),
            Self::DejaVu(Face::Fixed) => Name(b"F5"),
        }
    }
}

impl Glyph {
    const fn western(byte: u8, letter: char, face: Face) -> Self {
        Self { font: Font::Helvetica(face), code: byte as u16, letter }
    }

    /// Its advance in thousandths of the size.
    fn advance(self) -> f32 {
        match self.font {
            Font::Helvetica(face) => western::advance(self.code as u8, face),
            Font::DejaVu(face) => embedded::advance(self.code, face),
        }
    }
}

impl Line {
    /// "…" alone.
    pub(crate) fn ellipsis(face: Face) -> Self {
        Self(vec![ellipsis(face)])
    }
}

fn ellipsis(face: Face) -> Glyph {
    fixed('…', face).unwrap_or(Glyph::western(western::ELLIPSIS, '…', face))
}

fn blank(face: Face) -> Glyph {
    fixed(' ', face).unwrap_or(Glyph::western(b' ', ' ', face))
}

/// Of the face that has letters of one width, if that is the face.
fn fixed(c: char, face: Face) -> Option<Glyph> {
    let code = (face == Face::Fixed).then(|| embedded::glyph(c, face)).flatten()?;
    Some(Glyph { font: Font::DejaVu(face), code, letter: c })
}

/// One character as paper has it, if it has it: as it is, or as another that says the same. Nothing at all for what only tells screens how
/// to show its neighbours.
fn on_paper(c: char) -> Option<char> {
    Some(match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => {
            return None;
        }
        // Which form of a sign is meant: paper has one. (U+FE0F makes a colourful one of it.)
        '\u{fe00}'..='\u{fe0f}' => return None,
        '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => '\u{a0}',
        '\u{2028}' | '\u{2029}' => ' ',
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        '\u{3bc}' => 'µ',
        '\u{2126}' => 'Ω',
        c if c.is_control() => ' ',
        c => c,
    })
}

/// Its byte in WinAnsi.
fn win_ansi(c: char) -> Option<u8> {
    match c {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        c => {
            let at = WINDOWS.iter().position(|known| *known == c)?;
            u8::try_from(at).ok().map(|at| 0x80 + at)
        }
    }
}

/// The letters of a word, or of a part of one. A letter that is nowhere is a "?".
fn glyphs(word: &str, face: Face) -> Vec<Glyph> {
    let letters: Vec<char> = word.chars().nfc().filter_map(on_paper).collect();
    if face == Face::Fixed {
        // What it lacks, the other may have, as wide as it is there.
        let of = |c: char| {
            let other = || {
                Some(Glyph { font: Font::DejaVu(Face::Regular), code: embedded::glyph(c, Face::Regular)?, letter: c })
            };
            let known = fixed(c, face).or_else(other).or_else(|| fixed('?', face));
            known.unwrap_or(Glyph::western(b'?', c, face))
        };
        return letters.into_iter().map(of).collect();
    }
    let western = letters.iter().all(|c| win_ansi(*c).is_some() || embedded::glyph(*c, face).is_none());
    let of = |c: char| {
        let in_dejavu = if western { None } else { embedded::glyph(c, face) };
        in_dejavu.map_or_else(
            || Glyph::western(win_ansi(c).unwrap_or(b'?'), c, face),
            |code| Glyph { font: Font::DejaVu(face), code, letter: c },
        )
    };
    letters.into_iter().map(of).collect()
}

/// False if more than one letter in twenty has no place on our paper: a page of question marks is no letter.
pub fn can_be_printed(text: &str) -> bool {
    let (mut letters, mut strange) = (0usize, 0usize);
    for c in text.chars().nfc().filter_map(on_paper).filter(|c| !c.is_whitespace()) {
        let has = win_ansi(c).is_some() || embedded::glyph(c, Face::Regular).is_some();
        if !has && is_emoji(c) {
            continue;
        }
        letters += 1;
        strange += usize::from(!has);
    }
    strange * 20 <= letters
}

/// A smile is none of a letter's words, and is printed as "?" where the font has none.
const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}')
}

/// Breaks `text` at blanks into lines that fit. Those at its beginning stay, those where a line is broken do not. A word that is too long is broken anywhere. If more than `most` lines are needed, the last one
/// ends with "…" and the rest is not looked at.
pub(crate) fn wrap(text: &str, face: Face, size: f32, width: f32, most: usize) -> Vec<Line> {
    if most == 0 {
        return Vec::new();
    }
    let lines = vec![Line::default()];
    let mut column = Column { face, width: width * 1000.0 / size, most, lines, taken: 0.0, begun: false };
    for word in text.split([' ', '\t', '\n', '\r']) {
        if column.word(word).is_none() {
            break;
        }
    }
    column.lines
}

/// No line holds more letters than this, whatever the word; hostile words are not measured as a whole.
const LONGEST_WORD: usize = 512;

/// The lines that are there so far, of which there is always one. `None` from its methods: it is full, and says so.
struct Column {
    face: Face,
    /// In thousandths of the size.
    width: f32,
    most: usize,
    lines: Vec<Line>,
    /// Of the last line.
    taken: f32,
    /// A word of the first line was there, if only one of no letters before the blanks that it begins with.
    begun: bool,
}

impl Column {
    fn word(&mut self, word: &str) -> Option<()> {
        let end = |rest: &str| rest.char_indices().nth(LONGEST_WORD).map_or(rest.len(), |(at, _)| at);
        let (head, mut rest) = word.split_at(end(word));
        let head = glyphs(head, self.face);
        if self.taken > 0.0 || self.begun {
            let blank = blank(self.face);
            let needed: f32 = blank.advance() + head.iter().map(|glyph| glyph.advance()).sum::<f32>();
            if rest.is_empty() && self.taken + needed <= self.width {
                self.put(blank)?;
            } else {
                self.next_line()?;
            }
        }
        self.begun = self.lines.len() == 1;
        head.into_iter().try_for_each(|glyph| self.put(glyph))?;
        while !rest.is_empty() {
            let (part, after) = rest.split_at(end(rest));
            glyphs(part, self.face).into_iter().try_for_each(|glyph| self.put(glyph))?;
            rest = after;
        }
        Some(())
    }

    fn put(&mut self, glyph: Glyph) -> Option<()> {
        let advance = glyph.advance();
        if self.taken > 0.0 && self.taken + advance > self.width {
            self.next_line()?;
        }
        self.taken += advance;
        self.lines.last_mut()?.0.push(glyph);
        Some(())
    }

    fn next_line(&mut self) -> Option<()> {
        if self.lines.len() < self.most {
            self.lines.push(Line::default());
            (self.taken, self.begun) = (0.0, false);
            return Some(());
        }
        let line = &mut self.lines.last_mut()?.0;
        // Room for the sign, which is as wide as two letters.
        line.truncate(line.len().saturating_sub(2));
        line.push(ellipsis(self.face));
        None
    }
}

/// The fonts of one file: what is written in them goes through here, so that what must be embedded is known at the end.
#[derive(Default)]
pub(crate) struct Fonts {
    regular: Embedded,
    bold: Embedded,
    fixed: Embedded,
}

impl Fonts {
    /// Writes a line that begins there.
    pub(crate) fn show(&mut self, content: &mut Content, line: &Line, size: f32, x: f32, y: f32) {
        content.begin_text().set_text_rendering_mode(TextRenderingMode::Fill).next_line(x, y);
        for run in line.0.chunk_by(|a, b| a.font == b.font) {
            let Some(Glyph { font, .. }) = run.first() else { continue };
            let codes: Vec<u8> = match font {
                Font::Helvetica(_) => run.iter().map(|glyph| glyph.code as u8).collect(),
                Font::DejaVu(face) => {
                    let font = self.embedded(*face);
                    run.iter().flat_map(|glyph| font.number(glyph.code, glyph.letter).to_be_bytes()).collect()
                }
            };
            content.set_font(font.resource(), size).show(Str(&codes));
        }
        content.end_text();
    }

    const fn embedded(&mut self, face: Face) -> &mut Embedded {
        match face {
            Face::Regular => &mut self.regular,
            Face::Bold => &mut self.bold,
            Face::Fixed => &mut self.fixed,
        }
    }

    /// Writes the fonts themselves. Their objects have the numbers from `next` on, which is the first free one afterwards.
    pub(crate) fn write(self, pdf: &mut Pdf, next: &mut Ref) -> Written {
        let mut written = Written(Vec::new());
        for face in [Face::Regular, Face::Bold] {
            let number = next.bump();
            western::write(pdf, number, face);
            written.0.push((Font::Helvetica(face).resource(), number));
        }
        for (face, font) in [(Face::Regular, self.regular), (Face::Bold, self.bold), (Face::Fixed, self.fixed)] {
            if let Some(number) = font.write(pdf, next, face) {
                written.0.push((Font::DejaVu(face).resource(), number));
            }
        }
        written
    }
}

/// The fonts of a file, as its pages name them.
pub(crate) struct Written(Vec<(Name<'static>, Ref)>);

impl Written {
    /// Into the fonts among the resources of a page.
    pub(crate) fn name_in(&self, fonts: &mut Dict<'_>) {
        for (name, number) in &self.0 {
            fonts.pair(*name, *number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: f32, most: usize) -> Vec<String> {
        wrap(text, Face::Regular, 10.0, width, most)
            .iter()
            .map(|line| line.0.iter().map(|glyph| glyph.letter).collect())
            .collect()
    }

    /// As a reader of the paper sees it: what is not there is a "?".
    fn seen(text: &str) -> String {
        let shown = |glyph: &Glyph| match glyph.font {
            Font::Helvetica(_) if glyph.code == u16::from(b'?') => '?',
            _ => glyph.letter,
        };
        glyphs(text, Face::Regular).iter().map(shown).collect()
    }

    #[test]
    fn a_letter_in_scripts_of_others_cannot_be_printed_and_one_with_a_smile_can() {
        for text in [
            "Thanks \u{1f98a}\u{1f44d}\u{1f3fd} \u{2764}\u{fe0f}",
            "Is it 5–10 mg? 20 €",
            "Привет, Γιώργο",
            "┌──┐ a table",
            "☒ Resuscitate ☐ Do not",
            "",
        ] {
            assert!(can_be_printed(text), "{text}");
        }
        for text in ["请传真", "שלום", "مرحبا", "नमस्ते", "สวัสดี"] {
            assert!(!can_be_printed(text), "{text}");
        }
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrapped("one two three", 45.0, 9), ["one two", "three"]);
        assert_eq!(wrapped("", 45.0, 9), [""]);
        assert_eq!(wrapped("   one two  three", 45.0, 9), ["   one two", "three"], "blanks at the beginning stay");
        assert_eq!(wrapped("one     two", 20.0, 9), ["one ", "two"]);
        assert_eq!(wrapped(&format!("{}x", " ".repeat(500)), 45.0, 9).len(), 2);
        assert_eq!(wrapped("aaaaaaaaaaaa b", 34.0, 9), ["aaaaaa", "aaaaaa", "b"]);
        assert_eq!(wrapped("one two three four five", 45.0, 2), ["one two", "three fo…"]);
        assert!(wrapped("x", 45.0, 0).is_empty());
        let long = "x".repeat(2000);
        assert_eq!(wrapped(&long, 100.0, 900).concat(), long);
    }

    #[test]
    fn a_letter_is_as_wide_as_its_font_says() {
        // ж of DejaVu Sans is wider than the x of Helvetica.
        assert_eq!(wrapped("xxxx", 21.0, 9), ["xxxx"]);
        assert_eq!(wrapped("жжжж", 21.0, 9), ["жж", "жж"]);
    }

    #[test]
    fn signs_that_a_dose_hangs_on_are_seen_as_they_were_written() {
        for text in
            ["≤", "≥", "☐", "☑", "☒", "✓", "✗", "→", "♀", "♂", "½", "⅓", "Ω", "α", "Łukasz", "Żak", "Đặng", "Ășțâ"]
        {
            assert_eq!(seen(text), text);
        }
        assert_eq!(seen("50\u{202f}\u{3bc}g"), "50\u{a0}µg");
        assert_eq!(seen("5\u{2011}10\u{200b}"), "5-10");
        assert_eq!(seen("Mu\u{308}ller"), "Müller", "as a Mac writes it");
        assert_eq!(seen("日本"), "??");
        assert_eq!(seen("a\u{7}b"), "a b");
    }
}
