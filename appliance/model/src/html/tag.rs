//! What a tag says of itself.

use html5gum::{StartTag, State};

use super::symbols::Face;

/// How what follows the tag is read: in some there are no tags.
pub(super) fn inside(tag: &StartTag<()>) -> Option<State> {
    match tag.name.as_slice() {
        // Of XHTML and of drawings. A browser would take all that follows for its inside, and we would lose a letter.
        _ if tag.self_closing => None,
        b"title" | b"textarea" => Some(State::RcData),
        b"style" | b"iframe" | b"noembed" | b"noframes" | b"xmp" => Some(State::RawText),
        b"script" => Some(State::ScriptData),
        b"plaintext" => Some(State::PlainText),
        _ => None,
    }
}

fn attribute<'a>(tag: &'a StartTag<()>, name: &str) -> Option<&'a str> {
    std::str::from_utf8(tag.attributes.get(name.as_bytes())?).ok()
}

pub(super) fn value(tag: &StartTag<()>) -> &str {
    attribute(tag, "value").unwrap_or_default()
}

pub(super) fn has(tag: &StartTag<()>, name: &str) -> bool {
    tag.attributes.contains_key(name.as_bytes())
}

/// Its `type`, in small letters.
pub(super) fn kind(tag: &StartTag<()>) -> String {
    attribute(tag, "type").unwrap_or_default().trim().to_ascii_lowercase()
}

pub(super) fn number(tag: &StartTag<()>, name: &str) -> Option<i64> {
    attribute(tag, name)?.trim().parse().ok()
}

/// How many columns or rows a cell takes, as browsers read it: the digits at the beginning.
pub(super) fn span(tag: &StartTag<()>, name: &str) -> u64 {
    let text = attribute(tag, name).unwrap_or_default().trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    match &text[..end] {
        "" => 1,
        digits => digits.parse().unwrap_or(u64::MAX),
    }
}

/// What the last declaration of `property` in its style says, in small letters.
fn style<'a>(tag: &'a StartTag<()>, properties: &[&str]) -> Option<(String, &'a str)> {
    let declarations = attribute(tag, "style")?.split(';').filter_map(|declaration| declaration.split_once(':'));
    let mut named = declarations.map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()));
    named.rfind(|(name, _)| properties.contains(&name.as_str()))
}

/// The same, of one that is a word.
fn word(tag: &StartTag<()>, property: &str) -> Option<String> {
    style(tag, &[property]).map(|(_, value)| value.split('!').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// How an element is hidden by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hiding {
    /// It is nowhere.
    Absent,
    /// It leaves room for itself.
    Invisible,
}

/// A style that shows it is stronger than `hidden`.
pub(super) fn hiding(tag: &StartTag<()>) -> Option<Hiding> {
    match (word(tag, "display").as_deref(), word(tag, "visibility").as_deref()) {
        (Some("none"), _) => Some(Hiding::Absent),
        (_, Some("collapse")) if matches!(tag.name.as_slice(), b"tbody" | b"tfoot" | b"thead" | b"tr") => {
            Some(Hiding::Absent)
        }
        (_, Some("hidden" | "collapse")) => Some(Hiding::Invisible),
        (None, _) if has(tag, "hidden") => Some(Hiding::Absent),
        _ => None,
    }
}

/// It shows itself in what is invisible.
pub(super) fn is_visible(tag: &StartTag<()>) -> bool {
    word(tag, "visibility").is_some_and(|value| value == "visible")
}

/// It does not stand within a line, whatever element it is, or is not seen beside it.
pub(super) fn is_set_apart(tag: &StartTag<()>) -> bool {
    let is = |property: &str, apart: fn(&str) -> bool| word(tag, property).is_some_and(|value| apart(&value));
    // Sizes and strengths of nothing: "0", "0px", "0.0".
    let is_nothing = |value: &str| value.starts_with('0') && !value.contains(|c: char| matches!(c, '1'..='9'));
    is("display", |value| !matches!(value, "inline" | "none" | "contents"))
        || is("float", |value| value != "none")
        || is("position", |value| matches!(value, "absolute" | "fixed"))
        || is("font-size", is_nothing)
        || is("opacity", is_nothing)
}

/// The face that it sets its letters in, if it says one.
pub(super) fn face(tag: &StartTag<()>) -> Option<Face> {
    let families = match style(tag, &["font-family", "font"]) {
        Some((name, value)) if name == "font" => Some(family_of_shorthand(value)),
        Some((_, value)) => Some(value),
        None if tag.name.as_slice() == b"font" => attribute(tag, "face"),
        None => None,
    };
    let first = families?.split(',').next()?.split('!').next()?.trim().trim_matches(['"', '\'']).trim();
    (!first.eq_ignore_ascii_case("inherit")).then(|| Face::named(first))
}

/// The families stand behind the size: `7.0pt "Times New Roman"`.
fn family_of_shorthand(value: &str) -> &str {
    let first = value.split(',').next().unwrap_or_default();
    let sized = first.split_inclusive(char::is_whitespace);
    let mut behind = 0;
    let mut at = 0;
    for word in sized {
        at += word.len();
        if word.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            behind = at;
        }
    }
    &first[behind..]
}
