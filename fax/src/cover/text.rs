//! Lines of Helvetica: which bytes, how wide, where to break.

use model::western::WINDOWS;
use pdf_writer::Name;

/// A face of Helvetica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Regular,
    Bold,
}

impl Face {
    pub(crate) const fn resource(self) -> Name<'static> {
        match self {
            Self::Regular => Name(b"F1"),
            Self::Bold => Name(b"F2"),
        }
    }

    pub(crate) const fn base_font(self) -> Name<'static> {
        match self {
            Self::Regular => Name(b"Helvetica"),
            Self::Bold => Name(b"Helvetica-Bold"),
        }
    }

    /// The advance of a WinAnsi byte in thousandths of the size. Letters with accents and the rest of the upper half are taken
    /// as wide as most letters are; the bold face as a tenth wider. Only line breaks depend on it.
    fn advance(self, byte: u8) -> f32 {
        let regular = match byte {
            b' '..=b'~' => WIDTHS[usize::from(byte - b' ')],
            ELLIPSIS | 0x97 | 0x99 => 1000,
            _ => 600,
        };
        let regular = f32::from(regular);
        if self == Self::Bold { regular * 1.1 } else { regular }
    }

    fn width(self, line: &[u8], size: f32) -> f32 {
        line.iter().map(|byte| self.advance(*byte)).sum::<f32>() * size / 1000.0
    }
}

/// The advances of Helvetica's ASCII characters, from the blank on, as its public metrics give them.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];

/// "…" in WinAnsi.
pub(crate) const ELLIPSIS: u8 = 0x85;

/// One character in WinAnsi; "?" if it has none. Control characters are blanks.
fn win_ansi(c: char) -> u8 {
    match c {
        ' '..='~' | '\u{a0}'..='\u{ff}' => u8::try_from(u32::from(c)).unwrap_or(b'?'),
        c if c.is_control() => b' ',
        c => WINDOWS
            .iter()
            .position(|known| *known == c)
            .and_then(|at| u8::try_from(at).ok())
            .map_or(b'?', |at| 0x80 + at),
    }
}

/// False if more than one letter in twenty has no place on our paper: a page of question marks is no letter.
pub fn can_be_printed(text: &str) -> bool {
    let (mut letters, mut strange) = (0usize, 0usize);
    for c in text.chars().filter(|c| !c.is_whitespace() && !is_emoji(*c)) {
        letters += 1;
        strange += usize::from(c != '?' && win_ansi(c) == b'?');
    }
    strange * 20 <= letters
}

/// A smile is none of a letter's words, and is printed as "?".
const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' | '\u{fe0f}' | '\u{200d}')
}

/// Breaks `text` at blanks into lines that fit, in WinAnsi. A word that is too long is broken anywhere. If more than `most`
/// lines are needed, the last one ends with "…" and the rest is not looked at.
pub(crate) fn wrap(text: &str, face: Face, size: f32, width: f32, most: usize) -> Vec<Vec<u8>> {
    if most == 0 {
        return Vec::new();
    }
    let mut lines = vec![Vec::new()];
    for word in text.split([' ', '\t', '\n', '\r']) {
        if !push_word(&mut lines, word, face, size, width, most) {
            break;
        }
    }
    lines
}

/// False if there is no room for the whole word.
fn push_word(lines: &mut Vec<Vec<u8>>, word: &str, face: Face, size: f32, width: f32, most: usize) -> bool {
    let Some(line) = lines.last_mut() else { return false };
    // No line holds more characters than this, whatever the word; hostile words are not measured as a whole.
    let head: Vec<u8> = word.chars().take(512).map(win_ansi).collect();
    let blank = usize::from(!line.is_empty());
    let taken = face.width(line, size) + face.width(&b" "[..blank], size);
    if taken + face.width(&head, size) <= width && head.len() < 512 {
        line.extend_from_slice(&b" "[..blank]);
        line.extend_from_slice(&head);
        return true;
    }
    // It does not fit here: a new line, unless this one is still empty.
    if !line.is_empty() {
        if lines.len() == most {
            cut(lines);
            return false;
        }
        lines.push(Vec::new());
    }
    for c in word.chars() {
        let Some(line) = lines.last_mut() else { return false };
        let byte = win_ansi(c);
        if !line.is_empty() && face.width(line, size) + face.width(&[byte], size) > width {
            if lines.len() == most {
                cut(lines);
                return false;
            }
            lines.push(vec![byte]);
        } else {
            line.push(byte);
        }
    }
    true
}

/// Marks that something is missing.
fn cut(lines: &mut [Vec<u8>]) {
    if let Some(line) = lines.last_mut() {
        // Room for the sign, which is as wide as two letters.
        line.truncate(line.len().saturating_sub(2));
        line.push(ELLIPSIS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(text: &str, width: f32, most: usize) -> Vec<String> {
        let bytes = wrap(text, Face::Regular, 10.0, width, most);
        bytes
            .iter()
            .map(|line| line.iter().map(|b| if *b == ELLIPSIS { '…' } else { char::from(*b) }).collect())
            .collect()
    }

    #[test]
    fn a_letter_in_other_letters_cannot_be_printed_and_one_with_a_smile_can() {
        for text in ["Thanks \u{1f642}\u{1f44d}\u{1f3fd} \u{2764}\u{fe0f}", "Is it 5–10 mg? 20 €", ""] {
            assert!(can_be_printed(text), "{text}");
        }
        for text in ["Привет", "请传真", "┌──┐ a table"] {
            assert!(!can_be_printed(text), "{text}");
        }
    }

    #[test]
    fn lines_break_at_blanks_and_long_words_anywhere() {
        assert_eq!(wrapped("one two three", 45.0, 9), ["one two", "three"]);
        assert_eq!(wrapped("", 45.0, 9), [""]);
        assert_eq!(wrapped("aaaaaaaaaaaa b", 34.0, 9), ["aaaaaa", "aaaaaa", "b"]);
        assert_eq!(wrapped("one two three four five", 45.0, 2), ["one two", "three fo…"]);
        assert!(wrapped("x", 45.0, 0).is_empty());
    }

    #[test]
    fn characters_without_a_place_are_question_marks() {
        let encoded: Vec<u8> = "aé€–Ł\u{7}日".chars().map(win_ansi).collect();
        assert_eq!(encoded, [b'a', 0xe9, 0x80, 0x96, b'?', b' ', b'?']);
    }
}
