//! The small grammar that all headers share: white space, tokens, quoted strings, comma lists, parameters.
//!
//! Everything works on bytes: a Latin-1 display name is no reason to lose a call. Nothing here allocates except what
//! quotes, unquotes and unescapes, and nothing fails: a caller that asks for something that is not there gets `None`.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

/// Without white space around it.
pub fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// True for the characters of `token` (RFC 3261 section 25.1).
pub const fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// The same for each byte, since every byte of every name is asked for.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = is_token_byte(byte as u8);
        byte += 1;
    }
    table
};

/// How long the token is with which this begins; 0 if it begins with none.
pub fn token_length(text: &[u8]) -> usize {
    text.iter().position(|&b| !TOKEN[usize::from(b)]).unwrap_or(text.len())
}

/// True for a non-empty token.
pub fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && token_length(text) == text.len()
}

/// A decimal number that fits, digits only.
pub fn number<T: TryFrom<u64>>(text: &[u8]) -> Option<T> {
    if text.is_empty() || text.len() > 19 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = text.iter().fold(0u64, |n, d| n * 10 + u64::from(d - b'0'));
    T::try_from(value).ok()
}

/// What is before and after the first byte of this kind; quotes mean nothing here.
pub fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&b| b == at) {
        Some(i) => (&text[..i], Some(&text[i + 1..])),
        None => (text, None),
    }
}

/// A value and its parameters: what is before and after the first semicolon.
pub fn value_and_params(text: &[u8]) -> (&[u8], &[u8]) {
    let (value, params) = cut(text, b';');
    (trim(value), params.unwrap_or(b""))
}

/// The place of the first `stop` outside quoted strings and angle brackets; it is none of their marks.
/// An unclosed quote or bracket hides what follows, so the search ends with `None`.
pub fn find_outside(text: &[u8], stop: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr3(stop, b'"', b'<', &text[at..])?;
        at += match text[at] {
            b'"' => 1 + quoted(&text[at + 1..])?,
            b'<' => 1 + memchr(b'>', &text[at + 1..])? + 1,
            _ => return Some(at),
        };
    }
}

/// What is quoted, behind its first quote, with its last: how long it is.
fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// True if no quote and no bracket stays open: what is written behind it will not be read as a part of it.
pub fn is_closed(text: &[u8]) -> bool {
    if memchr2(b'"', b'<', text).is_none() {
        return true;
    }
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    for &b in text {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if !bracket => quoted = !quoted,
            b'<' if !quoted => bracket = true,
            b'>' if !quoted => bracket = false,
            _ => {}
        }
    }
    !quoted && !bracket
}

/// The members of a comma list, trimmed; empty members are left out.
pub fn list(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (member, next) = match find_outside(text, b',') {
            Some(comma) => (&text[..comma], Some(&text[comma + 1..])),
            None => (text, None),
        };
        rest = next;
        Some(trim(member))
    })
    .filter(|member| !member.is_empty())
}

/// One parameter: its name, and its value (still quoted, if it was) if it has one.
pub type Param<'a> = (&'a [u8], Option<&'a [u8]>);

/// The parameters of `;a=b;c`, in order. Text before the first semicolon is taken as a parameter too, so pass it without.
pub fn params(text: &[u8]) -> impl Iterator<Item = Param<'_>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let (one, next) = match find_outside(text, b';') {
            Some(semicolon) => (&text[..semicolon], Some(&text[semicolon + 1..])),
            None => (text, None),
        };
        rest = next;
        Some(one)
    })
    .filter(|one| !trim(one).is_empty())
    .map(|one| match one.iter().position(|&b| b == b'=') {
        Some(equals) => (trim(&one[..equals]), Some(trim(&one[equals + 1..]))),
        None => (trim(one), None),
    })
}

/// The value of the parameter `name`, of which the name is compared without regard to case. `Some(None)`: it is there without a value.
pub fn param<'a>(text: &'a [u8], name: &str) -> Option<Option<&'a [u8]>> {
    params(text).find(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
}

/// True if the parameter `name` is there more than once.
pub fn is_twice(text: &[u8], name: &str) -> bool {
    params(text).filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes())).nth(1).is_some()
}

/// A value without its quotes and backslashes; anything else unchanged.
pub fn unquote(text: &[u8]) -> Vec<u8> {
    unquoted(text).into_owned()
}

/// The same, copied only where something is escaped.
pub fn unquoted(text: &[u8]) -> Cow<'_, [u8]> {
    let [b'"', inner @ .., b'"'] = text else { return text.into() };
    if !inner.contains(&b'\\') {
        return inner.into();
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut bytes = inner.iter();
    while let Some(&b) = bytes.next() {
        match b {
            b'\\' => out.extend(bytes.next()),
            b => out.push(b),
        }
    }
    out.into()
}

/// Text as a quoted string (RFC 3261 section 25.1): what [`unquote`] undoes.
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// Text for people: UTF-8, or Latin-1 as older phones send it.
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Undoes `%41`. A percent sign that starts no escape stays.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut i = 0;
    while i < text.len() {
        let escape = text.get(i..i + 3).filter(|e| e[0] == b'%').and_then(|e| Some((hex(e[1])?, hex(e[2])?)));
        match escape {
            Some((high, low)) => {
                out.push(high << 4 | low);
                i += 3;
            }
            None => {
                out.push(text[i]);
                i += 1;
            }
        }
    }
    out
}

const fn hex(b: u8) -> Option<u8> {
    match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_respect_quotes_and_brackets() {
        let text = br#""Bell, \"A\"" <sip:a,b@x>;q=1 , <sip:c@y>,, sip:d@z"#;
        let members: Vec<_> = list(text).map(|m| String::from_utf8_lossy(m).into_owned()).collect();
        assert_eq!(members, [r#""Bell, \"A\"" <sip:a,b@x>;q=1"#, "<sip:c@y>", "sip:d@z"]);
    }

    #[test]
    fn parameters_are_found_by_name() {
        let text = br#"a = 1 ;B;c="x;y=\"z""#;
        assert_eq!(param(text, "A"), Some(Some(&b"1"[..])));
        assert_eq!(param(text, "b"), Some(None));
        assert_eq!(unquote(param(text, "c").flatten().expect("c")), b"x;y=\"z");
        assert_eq!(param(text, "d"), None);
    }

    #[test]
    fn what_is_quoted_is_read_as_it_was() {
        for text in ["", "Front desk", "a \"b\" \\ c", "Zo\u{eb}"] {
            assert_eq!(unquote(quote(text).as_bytes()), text.as_bytes());
            assert!(is_closed(quote(text).as_bytes()));
        }
    }

    #[test]
    fn what_is_open() {
        for closed in [&b""[..], b"a=\"<\\\"\";b", b"<\">;x", b"a>b"] {
            assert!(is_closed(closed));
        }
        for open in [&b"a=\"b"[..], b"<", b"\"\\\"", b"a=\"<>"] {
            assert!(!is_closed(open));
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(b"%2a67%zz%4"), b"*67%zz%4");
        assert_eq!(number::<u32>(b"4294967296"), None);
        assert_eq!(number::<u32>(b"+1"), None);
    }
}
