//! Texts, and of HTML its text: set by us, so that nothing in them is run, fetched or obeyed.

use model::html;
use model::western::meant;

use super::{Emit, Problem, Type, portable};
use crate::grain::Grain;
use crate::paper::text_to_pdf;

/// The longest text: two hundred full pages have a million letters.
const MAX_TEXT: usize = 2 << 20;

/// What looks like a text to a person. What is written for programs (RTF, PostScript, XML) would be pages of their code.
pub(super) fn type_of(document: &[u8]) -> Type {
    let Some(text) = readable(document) else { return Type::Unknown };
    let head: String = text.trim_start().chars().take(512).collect::<String>().to_ascii_lowercase();
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<body") {
        return Type::Html;
    }
    let for_programs = ["{\\rtf", "%!", "<?xml", "<svg", "<!doctype"].iter().any(|mark| head.starts_with(mark));
    if for_programs { Type::Unknown } else { Type::Text }
}

/// The pages of a text.
pub(super) fn text(document: &[u8], grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    print(&readable(document).ok_or(Problem::UnknownType)?, grain, emit)
}

/// The pages of a web page's text.
pub(super) fn html(document: &[u8], grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    let source = readable(document).ok_or(Problem::UnknownType)?;
    if source.len() > MAX_TEXT {
        return Err(Problem::TooLarge);
    }
    print(&html::text(&source, MAX_TEXT).ok_or(Problem::TooLarge)?, grain, emit)
}

fn print(text: &str, grain: Grain, emit: Emit<'_>) -> Result<(), Problem> {
    if text.len() > MAX_TEXT {
        return Err(Problem::TooLarge);
    }
    if text.trim().is_empty() {
        return Err(Problem::Empty);
    }
    // What a web page wrote as `&#150;`, or a program took for Latin-1 before it made UTF-8 of it.
    let text: String = text.chars().map(meant).collect();
    portable::render(&text_to_pdf(&text).ok_or(Problem::Letters)?, grain, emit)
}

/// The text, if it is one: UTF-8, or the letters of Windows' western code page, and no control characters but those of a typewriter.
fn readable(document: &[u8]) -> Option<String> {
    let bytes = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let plain = |b: &u8| *b >= 0x20 && *b != 0x7f || matches!(b, b'\t' | b'\n' | b'\r' | 0x0c);
    if !bytes.iter().all(plain) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => Some(bytes.iter().map(|b| meant(char::from(*b))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_marks_are_those_of_the_same_text_in_utf_8() {
        let windows = readable(b"5\x9610 mg, the patient\x92s caf\xe9").unwrap_or_default();
        assert_eq!(windows, "5–10 mg, the patient’s café");
        assert_eq!(readable(windows.as_bytes()), Some(windows));
    }
}
