//! Texts, and of HTML its text: set by us, so that nothing in them is run, fetched or obeyed.

use model::html;
use model::western::meant;

use super::{Emit, Problem, Type, portable};
use crate::grain::Grain;
use crate::paper::text_to_pdf;

/// The longest text: two hundred full pages have a million letters.
const MAX_TEXT: usize = 2 << 20;

/// What looks like a text to a person. What is written for programs (RTF, PostScript, XML) would be pages of their code. HTML may begin with
/// any word, and is known by its sender's saying so, or by a tag at its beginning.
pub(super) fn type_of(document: &[u8], claims_html: bool) -> Type {
    let Some(text) = readable(document) else { return Type::Unknown };
    let begins = |text: &str| text.chars().take(512).collect::<String>().to_ascii_lowercase();
    let head = begins(text.trim_start());
    let is_one = |marks: &[&str]| marks.iter().any(|mark| head.starts_with(mark));
    if is_one(&["{\\rtf", "%!"]) {
        Type::Unknown
    } else if claims_html || is_html(&begins(without_preamble(&text))) {
        Type::Html
    } else if is_one(&["<?xml", "<svg", "<!doctype"]) {
        Type::Unknown
    } else {
        Type::Text
    }
}

/// Behind the comments and the `<?xml …?>` that may stand before it.
fn without_preamble(text: &str) -> &str {
    let mut rest = text.trim_start();
    for (begin, end) in std::iter::repeat([("<!--", "-->"), ("<?", "?>")]).flatten().take(2 * MOST_COMMENTS) {
        let behind = rest.strip_prefix(begin).and_then(|inside| inside.split_once(end));
        rest = behind.map_or(rest, |(_, behind)| behind.trim_start());
    }
    rest
}

/// Comments that stand before a page; nobody writes half as many.
const MOST_COMMENTS: usize = 16;

/// What begins with one of these, as a tag, is a page and no text.
const FIRST_TAGS: [&str; 8] = ["html", "head", "body", "meta", "style", "table", "div", "p"];

fn is_html(head: &str) -> bool {
    let is_tag = |name: &str| {
        let behind = head.strip_prefix('<').and_then(|rest| rest.strip_prefix(name));
        behind.is_some_and(|rest| rest.starts_with(|c: char| c.is_whitespace() || c == '>' || c == '/'))
    };
    head.starts_with("<!doctype html") || FIRST_TAGS.iter().any(|name| is_tag(name))
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
    fn a_page_is_known_however_it_begins() {
        let is = |text: &str, claims: bool| type_of(text.as_bytes(), claims);
        for page in [
            "<!DOCTYPE html><p>a",
            "<html><p>a",
            "<HTML lang=en>a",
            "\u{feff}\n<body>a",
            "<head><title>",
            "<meta charset=utf-8>a",
            "<style>p{}</style>a",
            "<table border=1><tr>",
            "<div>a",
            "<p>a",
            "<p\nclass=MsoNormal>a",
            "<!-- by Word --> <!-- v1 -->\n<div>a",
            "<?xml version=\"1.0\"?><!-- a --><!DOCTYPE html PUBLIC \"x\"><html>a",
        ] {
            assert_eq!(is(page, false), Type::Html, "{page}");
        }
        for text in ["<pre-visit note>", "<patient> has a cough", "5 <div", "a <p>", "<!-- a", ""] {
            assert_eq!((is(text, false), is(text, true)), (Type::Text, Type::Html), "{text}");
        }
        for code in ["<?xml version=\"1.0\"?><ClinicalDocument>", "<!DOCTYPE svg>", "<svg>", "{\\rtf1", "%!PS"] {
            assert_eq!(is(code, false), Type::Unknown, "{code}");
        }
        assert_eq!(is("{\\rtf1", true), Type::Unknown);
        assert_eq!(is(&"<!-- a -->".repeat(100_000), false), Type::Text);
    }

    #[test]
    fn windows_marks_are_those_of_the_same_text_in_utf_8() {
        let windows = readable(b"5\x9610 mg, the patient\x92s caf\xe9").unwrap_or_default();
        assert_eq!(windows, "5–10 mg, the patient’s café");
        assert_eq!(readable(windows.as_bytes()), Some(windows));
    }
}
