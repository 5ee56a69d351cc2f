//! `Content-Type`, and the parts of a multipart body (RFC 2046 section 5.1).

use super::lex;

/// Parts of one body; a call has an offer, and perhaps a location and a picture.
const MAX_PARTS: usize = 16;
/// Header lines of one part.
const MAX_PART_HEADERS: usize = 16;

/// `multipart/mixed;boundary=x`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType<'a> {
    /// `application`
    pub main: &'a [u8],
    /// `sdp`
    pub sub: &'a [u8],
    /// After the first `;`.
    pub params: &'a [u8],
}

impl<'a> MediaType<'a> {
    /// Reads one.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (name, params) = lex::value_and_params(value);
        let slash = name.iter().position(|&b| b == b'/')?;
        let (main, sub) = (lex::trim(&name[..slash]), lex::trim(&name[slash + 1..]));
        (lex::is_token(main) && lex::is_token(sub)).then_some(Self { main, sub, params })
    }

    /// True if it is this type, whatever the case and the parameters.
    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.main.eq_ignore_ascii_case(main.as_bytes()) && self.sub.eq_ignore_ascii_case(sub.as_bytes())
    }

    /// True if it is a range, as Accept has them, that this type is in: `*/*`, `application/*`, or the type itself.
    pub fn covers(&self, main: &str, sub: &str) -> bool {
        self.is(main, sub) || self.is(main, "*") || self.is("*", "*")
    }
}

/// The first part of this type in a body: the body itself if it is of that type, or a part of a multipart body, at most one level deep.
pub fn find_part<'a>(content_type: &[u8], body: &'a [u8], main: &str, sub: &str) -> Option<&'a [u8]> {
    let kind = MediaType::parse(content_type)?;
    if kind.is(main, sub) {
        return Some(body);
    }
    if !kind.main.eq_ignore_ascii_case(b"multipart") {
        return None;
    }
    let boundary = lex::unquote(lex::param(kind.params, "boundary").flatten()?);
    parts(body, &boundary).find_map(|part| part_of_type(part, main, sub))
}

/// The parts between the boundary lines, with their headers. A body that was cut off ends its last part.
pub fn parts<'a>(body: &'a [u8], boundary: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let delimiter = [b"--", boundary].concat();
    let mut rest = next_delimiter(body, &delimiter).filter(|_| !boundary.is_empty()).map(|(_, after)| after);
    std::iter::from_fn(move || {
        // `--boundary--` is the last.
        let inside = rest.filter(|after| !after.starts_with(b"--"))?;
        let inside = &inside[inside.iter().position(|&b| b == b'\n').map_or(inside.len(), |i| i + 1)..];
        let (part, after) =
            next_delimiter(inside, &delimiter).map_or((inside, None), |(part, after)| (part, Some(after)));
        rest = after;
        Some(part)
    })
    .take(MAX_PARTS)
}

/// What is before the next delimiter at the start of a line, without that line's break, and what follows it.
fn next_delimiter<'a>(text: &'a [u8], delimiter: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut line = 0;
    loop {
        if text[line..].starts_with(delimiter) {
            let before = &text[..line];
            let before = before.strip_suffix(b"\n").unwrap_or(before);
            return Some((before.strip_suffix(b"\r").unwrap_or(before), &text[line + delimiter.len()..]));
        }
        line += text[line..].iter().position(|&b| b == b'\n')? + 1;
    }
}

/// The content of a part, if its Content-Type is this one. A part without one is text (RFC 2046 section 5.2).
fn part_of_type<'a>(part: &'a [u8], main: &str, sub: &str) -> Option<&'a [u8]> {
    let (mut at, mut found) = (0, false);
    for _ in 0..MAX_PART_HEADERS {
        let end = at + part[at..].iter().position(|&b| b == b'\n')?;
        let line = part[at..end].strip_suffix(b"\r").unwrap_or(&part[at..end]);
        at = end + 1;
        if line.is_empty() {
            return found.then_some(&part[at..]);
        }
        let (name, value) = lex::cut(line, b':');
        if lex::trim(name).eq_ignore_ascii_case(b"Content-Type") {
            found = value.and_then(MediaType::parse).is_some_and(|kind| kind.is(main, sub));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &[u8] = b"preamble\r\n--x\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x \r\ncontent-type : Application/SDP;a=b\r\n\r\nv=0\r\n\r\n--x--\r\nend";

    fn find(kind: &str, body: &'static [u8]) -> Option<&'static [u8]> {
        find_part(kind.as_bytes(), body, "application", "sdp")
    }

    #[test]
    fn types() {
        let kind = MediaType::parse(b"Application / SDP ; charset=\"x;y\"").expect("valid");
        assert!(kind.is("application", "sdp") && !kind.is("application", "sd"));
        let covers = |range: &str| MediaType::parse(range.as_bytes()).is_some_and(|r| r.covers("application", "sdp"));
        assert!(["*/*;q=0.1", "application/*", "APPLICATION/sdp"].into_iter().all(covers));
        assert!(!["*/sdp", "text/*", "application/sd"].into_iter().any(covers));
        assert!(["", "a", "a/", "/b", "a b/c"].iter().all(|bad| MediaType::parse(bad.as_bytes()).is_none()));
    }

    #[test]
    fn the_offer_in_a_body() {
        assert_eq!(find("application/sdp", b"v=0"), Some(&b"v=0"[..]));
        assert_eq!(find("text/plain", b"v=0"), None);
        assert_eq!(find("multipart/mixed;boundary=\"x\"", MIXED), Some(&b"v=0\r\n"[..]));
        assert_eq!(find("multipart/mixed;boundary=y", MIXED), None);
        assert_eq!(find("multipart/mixed", MIXED), None);
        assert_eq!(
            find("multipart/mixed;boundary=x", b"--x\nContent-Type: application/sdp\n\nv=0\0\xff"),
            Some(&b"v=0\0\xff"[..])
        );
        assert_eq!(parts(MIXED, b"x").count(), 2);
        assert_eq!(parts(MIXED, b"").count(), 0);
        assert_eq!(parts("--x\n".repeat(40).as_bytes(), b"x").count(), MAX_PARTS);
    }
}
