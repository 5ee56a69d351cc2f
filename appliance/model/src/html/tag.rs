//! What a tag says of itself.

use html5gum::StartTag;

use super::symbols::Face;

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

/// It is shown, and not within a line, whatever element it is.
pub(super) fn is_set_apart(tag: &StartTag<()>) -> bool {
    style(tag, &["display"]).is_some_and(|(_, value)| {
        let value = value.split('!').next().unwrap_or_default().trim();
        !value.eq_ignore_ascii_case("inline") && !value.eq_ignore_ascii_case("none")
    })
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
