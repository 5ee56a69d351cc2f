//! Addresses in MAIL and RCPT (RFC 5321, 4.1.2). They are kept as they were written, quotes included: `"a b"@x` must not become
//! `a b@x` on its way through.

/// Longest local part (RFC 5321, 4.5.3.1.1).
const LOCAL: usize = 64;
/// Longest domain (4.5.3.1.2).
const DOMAIN: usize = 255;

/// A path that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadPath;

/// Reads `<address>` at the front of `text`; gives the address (empty for `<>`) and what follows the bracket.
/// A source route (`<@a,@b:user@host>`) is dropped, as 4.1.1.3 asks.
pub(super) fn path(text: &str) -> Result<(&str, &str), BadPath> {
    let text = text.strip_prefix('<').ok_or(BadPath)?;
    let end = closing_bracket(text).ok_or(BadPath)?;
    let (inside, rest) = (&text[..end], &text[end + 1..]);
    let address = match inside.strip_prefix('@') {
        Some(_) => inside.split_once(':').ok_or(BadPath)?.1,
        None => inside,
    };
    Ok((address, rest))
}

/// True for a mailbox: local part and domain, or the one local part that needs no domain (4.5.1).
pub(super) fn is_mailbox(address: &str) -> bool {
    if address.eq_ignore_ascii_case("postmaster") {
        return true;
    }
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    is_local(local) && is_domain(domain)
}

fn closing_bracket(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(i),
            _ => {}
        }
    }
    None
}

fn is_local(local: &str) -> bool {
    if local.is_empty() || local.len() > LOCAL {
        return false;
    }
    match local.strip_prefix('"').and_then(|l| l.strip_suffix('"')) {
        Some(inside) => is_quoted_content(inside),
        None => local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atext)),
    }
}

fn is_quoted_content(inside: &str) -> bool {
    let mut escaped = false;
    for byte in inside.bytes() {
        match byte {
            _ if !(b' '..=b'~').contains(&byte) => return false,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return false,
            _ => {}
        }
    }
    !escaped
}

fn is_domain(domain: &str) -> bool {
    if domain.is_empty() || domain.len() > DOMAIN {
        return false;
    }
    match domain.strip_prefix('[').and_then(|d| d.strip_suffix(']')) {
        Some(literal) => !literal.is_empty() && literal.bytes().all(|b| b.is_ascii_hexdigit() || b".:IPv".contains(&b)),
        // An underscore is no host name, but names inside a clinic's network have it.
        None => domain.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        }),
    }
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (text, expected) in [
            ("<a@b.c>", Ok(("a@b.c", ""))),
            ("<> SIZE=1", Ok(("", " SIZE=1"))),
            ("<\"a>b\"@c> X", Ok(("\"a>b\"@c", " X"))),
            ("<\"a\\\">b\"@c>", Ok(("\"a\\\">b\"@c", ""))),
            ("<@hop,@hop2:a@b>", Ok(("a@b", ""))),
            ("a@b", Err(BadPath)),
            ("<a@b", Err(BadPath)),
            ("<@hop>", Err(BadPath)),
        ] {
            assert_eq!(path(text), expected, "{text}");
        }
    }

    #[test]
    fn mailboxes() {
        for good in [
            "a@b.c",
            "Postmaster",
            "FAX=+1-555-123-4567/T33S=22@fax.clinic",
            "+15551234567@fax.clinic",
            "\"a b\"@c",
            "\"a@b\"@c",
            "x@[127.0.0.1]",
            "x@[IPv6:::1]",
        ] {
            assert!(is_mailbox(good), "{good}");
        }
        for bad in
            ["", "a", "@b", "a@", "a b@c", "a..b@c", ".a@c", "a@b..c", "\"a\"b\"@c", "\"a\\\"@c", "x@[]", "x@[a b]"]
        {
            assert!(!is_mailbox(bad), "{bad}");
        }
        assert!(!is_mailbox(&format!("{}@c", "a".repeat(65))));
    }
}
