//! What is taken out of a message before anybody reads it: what would let its reader sign in, decrypt, or read what people wrote.
//!
//! Where a field is known to carry secrets, only what is known to be harmless stays; a parameter that nobody has heard of goes.
//! The rest of the message keeps its bytes, so that a fault in it can still be seen. Works on lines, not on a parsed message: what could
//! not be parsed is what people will look at.

use bytes::Bytes;
use memchr::{memchr, memchr_iter, memchr2_iter};

use crate::wire::lex;

/// In the place of a secret.
const GONE: &[u8] = b"removed";
/// Headers whose value is a challenge or its answer (RFC 3261 section 25.1, RFC 8760, RFC 8898).
const CREDENTIALS: [&[u8]; 6] = [
    b"authorization",
    b"proxy-authorization",
    b"www-authenticate",
    b"proxy-authenticate",
    b"authentication-info",
    b"proxy-authentication-info",
];
/// What of a digest may be seen.
const HARMLESS: [&[u8]; 9] =
    [b"realm", b"uri", b"algorithm", b"qop", b"nc", b"username", b"stale", b"domain", b"userhash"];
/// Headers that are a secret as a whole.
const SECRET: [&[u8]; 4] = [b"cookie", b"set-cookie", b"x-password", b"x-auth-token"];
/// Headers by which a body is known.
const CONTENT_LENGTH: [&[u8]; 2] = [b"content-length", b"l"];
const CONTENT_TYPE: [&[u8]; 2] = [b"content-type", b"c"];
/// Parameters that are a secret wherever they stand; `pn-prid` names a phone to its push service (RFC 8599).
const PARAMS: [&[u8]; 9] =
    [b"password", b"passwd", b"pwd", b"secret", b"token", b"access_token", b"apikey", b"api_key", b"pn-prid"];
/// What is before the user and password of a URI.
const SCHEMES: [&[u8]; 2] = [b"sips:", b"sip:"];
/// SDP lines that carry keys (RFC 4568, RFC 8839, RFC 4567, and `k=` of RFC 2327).
const KEYS: [&[u8]; 4] = [b"a=crypto:", b"a=ice-pwd:", b"a=key-mgmt:", b"k="];

/// A message without its secrets: itself, if it has none. A body that is not SDP becomes a note of its length, and Content-Length is right again.
pub(super) fn redact(message: &Bytes) -> Bytes {
    if holds_nothing(message) { message.clone() } else { redact_closely(message).into() }
}

/// True for a whole message in which nothing is to be taken out or put right, as most are: it is looked through without being written anew.
pub(super) fn holds_nothing(message: &[u8]) -> bool {
    let (mut begin, mut sdp) = (0, true);
    let body = memchr_iter(b'\n', message).find_map(|end| {
        // What ends otherwise would be put right.
        let line = message.get(begin..end)?.strip_suffix(b"\r");
        let first = std::mem::replace(&mut begin, end + 1) == 0;
        match line {
            Some(b"") => Some(Some(end + 1)),
            Some(line) if first || is_harmless(line, &mut sdp) => None,
            _ => Some(None),
        }
    });
    let Some(body) = body.flatten().and_then(|from| message.get(from..)) else { return false };
    (body.is_empty() || sdp && !has_keys(body)) && !may_hide(message)
}

/// True for a header line whose name says that it stays as it is, but for what may hide in any line. `sdp`: of what kind the body is.
fn is_harmless(line: &[u8], sdp: &mut bool) -> bool {
    let (name, value) = line.split_at(lex::token_length(line));
    let is = |list: &[&[u8]]| list.iter().any(|n| name.eq_ignore_ascii_case(n));
    if name.is_empty() || value.first() != Some(&b':') || is(&CREDENTIALS) || is(&SECRET) {
        return false;
    }
    if is(&CONTENT_TYPE) {
        *sdp = is_sdp(value);
    }
    // A length with zeros before it would be written anew.
    !is(&CONTENT_LENGTH)
        || number_before(line, line.len()).is_none_or(|(from, _)| line[from] != b'0' || from + 1 == line.len())
}

fn redact_closely(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    let (mut rest, mut first, mut sdp) = (message, true, true);
    let mut length_at = None;
    let mut complete = false;
    while !rest.is_empty() {
        let (line, next) = split_line(rest);
        let Some(next) = next else {
            // Cut off in the middle, nobody can tell what it was about to say.
            removed(&mut out, "a line that was cut off", rest.len());
            break;
        };
        rest = next;
        if line.is_empty() {
            complete = true;
            break;
        }
        if std::mem::take(&mut first) {
            scrub(&mut out, line);
        } else {
            let Some(name) = header(&mut out, line) else {
                removed(&mut out, "a line that is no header", line.len());
                continue;
            };
            if CONTENT_LENGTH.iter().any(|n| name.eq_ignore_ascii_case(n)) {
                // The first one counts; several of them are a fault that shall be seen.
                length_at.get_or_insert(out.len());
            } else if CONTENT_TYPE.iter().any(|n| name.eq_ignore_ascii_case(n)) {
                sdp = is_sdp(&line[name.len()..]);
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    if !complete {
        return out;
    }
    let kept = match (rest.is_empty(), sdp) {
        (true, _) => Vec::new(),
        (false, true) => session(rest),
        (false, false) => {
            removed(&mut out, "a body", rest.len());
            Vec::new()
        }
    };
    // A length that was wrong before stays wrong: only one that was right follows what was taken out.
    if let Some(end) = length_at
        && let Some((from, claimed)) = number_before(&out, end)
        && claimed == rest.len()
    {
        out.splice(from..end, kept.len().to_string().into_bytes());
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&kept);
    out
}

fn removed(out: &mut Vec<u8>, what: &str, bytes: usize) {
    out.extend_from_slice(format!("X-Removed: {what}, {bytes} bytes\r\n").as_bytes());
}

/// Writes a header line; its name, or nothing if the line is none.
fn header<'a>(out: &mut Vec<u8>, line: &'a [u8]) -> Option<&'a [u8]> {
    let colon = memchr(b':', line)?;
    let name = lex::trim(&line[..colon]);
    if !lex::is_token(name) || name.as_ptr() != line.as_ptr() {
        return None;
    }
    let value = &line[colon + 1..];
    let is = |list: &[&[u8]]| list.iter().any(|n| name.eq_ignore_ascii_case(n));
    if is(&CREDENTIALS) {
        out.extend_from_slice(&line[..=colon]);
        credentials(out, value);
    } else if is(&SECRET) {
        out.extend_from_slice(&line[..=colon]);
        out.push(b' ');
        out.extend_from_slice(GONE);
    } else {
        scrub(out, line);
    }
    Some(name)
}

/// `Digest a="b", c=d`, or several of them in one line. Of any other scheme nothing is known to be harmless.
fn credentials(out: &mut Vec<u8>, value: &[u8]) {
    for (i, member) in members(value).enumerate() {
        out.extend_from_slice(if i == 0 { b" " } else { b", " });
        let mut member = lex::trim(member);
        // The scheme stands before the first parameter of a challenge.
        if let Some(space) = member.iter().position(|b| matches!(b, b' ' | b'\t'))
            && lex::is_token(&member[..space])
        {
            let scheme = &member[..space];
            out.extend_from_slice(if scheme.eq_ignore_ascii_case(b"digest") { b"Digest " } else { b"" });
            member = lex::trim(&member[space..]);
        }
        match member.iter().position(|&b| b == b'=') {
            Some(equals) => {
                let name = lex::trim(&member[..equals]);
                let harmless = HARMLESS.iter().any(|n| name.eq_ignore_ascii_case(n));
                if harmless {
                    scrub(out, member);
                } else if lex::is_token(name) && name.len() <= 32 && !is_base64_end(&member[equals..]) {
                    out.extend_from_slice(name);
                    out.extend_from_slice(b"=");
                    out.extend_from_slice(GONE);
                } else {
                    out.extend_from_slice(GONE);
                }
            }
            None => out.extend_from_slice(GONE),
        }
    }
}

/// True for the padding of a Basic or Bearer token, which looks like a parameter without a value.
fn is_base64_end(from_equals: &[u8]) -> bool {
    from_equals.iter().all(|&b| b == b'=')
}

/// The members of a comma list, quotes respected; after a quote that never closes, all the rest is one member.
fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let (mut quoted, mut escaped) = (false, false);
        let comma = text.iter().position(|&b| {
            let is_end = b == b',' && !quoted;
            quoted ^= b == b'"' && !escaped;
            escaped = b == b'\\' && quoted && !escaped;
            is_end
        });
        rest = comma.map(|at| &text[at + 1..]);
        Some(&text[..comma.unwrap_or(text.len())])
    })
}

/// Any line: without the passwords of URIs (`sip:user:password@host`) and of parameters that are named like one. Few lines can have any.
fn scrub(out: &mut Vec<u8>, line: &[u8]) {
    if may_hide(line) {
        scrub_closely(out, line);
    } else {
        out.extend_from_slice(line);
    }
}

/// False if [`scrub_closely`] would find nothing in any of these lines, told by what no secret is without: a parameter's value stands behind an
/// equals sign, and a password between the second colon and an at sign.
fn may_hide(lines: &[u8]) -> bool {
    memchr2_iter(b'=', b'@', lines).any(|at| match lines[at] {
        b'=' => {
            let blanks = lines[..at].iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
            let text = &lines[..at - blanks];
            let letters = text.iter().rev().take_while(|&&b| lex::is_token_byte(b)).count();
            let name = &text[text.len() - letters..];
            PARAMS.iter().any(|param| name.eq_ignore_ascii_case(param))
        }
        _ => {
            let user = lines[..at].iter().rev().take_while(|&&b| !ends_user(b) && b != b'@' && b != b'\n');
            user.filter(|&&b| b == b':').nth(1).is_some()
        }
    })
}

/// Most of a line stays, so it is copied in as few pieces as it has secrets.
fn scrub_closely(out: &mut Vec<u8>, line: &[u8]) {
    let (mut i, mut copied) = (0, 0);
    while let Some(on) = line[i..].windows(2).position(may_begin) {
        i += on;
        if let Some(scheme) = SCHEMES.into_iter().find(|s| starts(&line[i..], s)) {
            i += scheme.len();
            if let Some((colon, at)) = password(&line[i..]) {
                out.extend_from_slice(&line[copied..=i + colon]);
                out.extend_from_slice(GONE);
                i += at;
                copied = i;
            }
            continue;
        }
        let begins = i == 0 || !lex::is_token_byte(line[i - 1]);
        let named = if begins { PARAMS.iter().find(|p| starts(&line[i..], p)) } else { None };
        if let Some(name) = named
            && let Some(length) = value_after(&line[i + name.len()..])
        {
            out.extend_from_slice(&line[copied..i + name.len()]);
            out.push(b'=');
            out.extend_from_slice(GONE);
            i += name.len() + length;
            copied = i;
            continue;
        }
        i += 1;
    }
    out.extend_from_slice(&line[copied..]);
}

/// True where one of [`SCHEMES`] or [`PARAMS`] may begin, by its first two letters.
fn may_begin(two: &[u8]) -> bool {
    matches!(
        [two[0] | 0x20, two[1] | 0x20],
        [b's', b'i' | b'e'] | [b'p', b'a' | b'w' | b'n'] | [b't', b'o'] | [b'a', b'c' | b'p']
    )
}

/// Where the password of a userinfo begins (its colon) and where it ends (the at sign), if it has one.
fn password(user: &[u8]) -> Option<(usize, usize)> {
    let end = user.iter().position(|&b| ends_user(b)).unwrap_or(user.len());
    let at = user[..end].iter().position(|&b| b == b'@')?;
    let colon = user[..at].iter().position(|&b| b == b':')?;
    Some((colon, at))
}

/// True for what no userinfo holds.
const fn ends_user(b: u8) -> bool {
    matches!(b, b'<' | b'>' | b'"' | b' ' | b'\t' | b',')
}

/// How long ` = value` is, if that is what stands here.
fn value_after(text: &[u8]) -> Option<usize> {
    let blank = |from: usize| text[from..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    let equals = blank(0);
    if text.get(equals) != Some(&b'=') {
        return None;
    }
    let from = equals + 1 + blank(equals + 1);
    let value = &text[from..];
    if value.first() == Some(&b'"') {
        let mut escaped = false;
        let close = value[1..].iter().position(|&b| {
            let end = b == b'"' && !escaped;
            escaped = b == b'\\' && !escaped;
            end
        });
        return Some(close.map_or(text.len(), |c| from + c + 2));
    }
    let end = value.iter().position(|b| matches!(b, b';' | b',' | b'&' | b'>' | b'"' | b' ' | b'\t' | b'?'));
    Some(from + end.unwrap_or(value.len()))
}

/// True if a line of an SDP carries a key. All of [`KEYS`] have an equals sign behind their first letter.
fn has_keys(body: &[u8]) -> bool {
    memchr_iter(b'=', body).any(|at| {
        let begins = at == 1 || at > 1 && body[at - 2] == b'\n';
        begins && KEYS.iter().any(|key| starts(&body[at - 1..], key))
    })
}

/// An SDP without its keys.
fn session(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let line;
        (line, rest) = rest.split_at(memchr(b'\n', rest).map_or(rest.len(), |end| end + 1));
        let text_end = line.iter().rposition(|b| !matches!(b, b'\r' | b'\n')).map_or(0, |i| i + 1);
        let (text, end) = line.split_at(text_end);
        match KEYS.iter().find(|k| starts(text, k)) {
            // The suite may be seen: it is what an argument about encryption is about.
            Some(&b"a=crypto:") => crypto(&mut out, text),
            Some(key) => {
                out.extend_from_slice(key);
                out.extend_from_slice(GONE);
            }
            None => scrub(&mut out, text),
        }
        out.extend_from_slice(end);
    }
    out
}

/// `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:…`: tag and suite stay.
fn crypto(out: &mut Vec<u8>, line: &[u8]) {
    let mut words = line.split(|&b| b == b' ');
    for word in words.by_ref().take(2) {
        let shown = word.len() <= 48 && !word.contains(&b'|') && !starts(word, b"inline:");
        out.extend_from_slice(if shown { word } else { GONE });
        out.push(b' ');
    }
    out.extend_from_slice(b"inline:");
    out.extend_from_slice(GONE);
}

/// Of the value of Content-Type, with its colon.
fn is_sdp(value: &[u8]) -> bool {
    let value = lex::trim(value);
    let value = lex::trim(value.strip_prefix(b":").unwrap_or(value));
    let end = value.iter().position(|&b| b == b';').unwrap_or(value.len());
    lex::trim(&value[..end]).eq_ignore_ascii_case(b"application/sdp")
}

/// The number that ends at `end`, and where it begins.
fn number_before(out: &[u8], end: usize) -> Option<(usize, usize)> {
    let from = out[..end].iter().rposition(|b| !b.is_ascii_digit())? + 1;
    Some((from, lex::number::<u64>(&out[from..end])?.try_into().ok()?))
}

fn starts(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(prefix))
}

/// The first line without its end, and the rest; no rest if the line does not end.
fn split_line(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let Some(end) = memchr(b'\n', text) else { return (text, None) };
    let line = &text[..end];
    (line.strip_suffix(b"\r").unwrap_or(line), Some(&text[end + 1..]))
}

#[cfg(test)]
mod tests;
