//! `From`, `To`, `Contact`, `Route`, `Record-Route`: a display name, a URI, parameters (RFC 3261 section 25.1, `name-addr` and `addr-spec`).

use super::lex;
use super::uri::{BadUri, Uri};

/// The longest name of a device; a quarter of it is the longest that was seen.
const MAX_INSTANCE: usize = 512;

/// One address and where its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// As it stands, with quotes.
    pub display: &'a [u8],
    /// The URI.
    pub uri: Uri<'a>,
    /// After the `;` that follows the address.
    pub params: &'a [u8],
}

impl<'a> Address<'a> {
    /// Reads one address.
    ///
    /// # Errors
    /// If a quote or bracket is open, something follows the bracket, or the URI is none.
    pub fn parse(text: &'a [u8]) -> Result<Self, BadUri> {
        let text = lex::trim(text);
        let open = bracket(text)?;
        let (display, raw, rest) = match open {
            Some(open) => {
                let close = open + text[open..].iter().position(|&b| b == b'>').ok_or(BadUri)?;
                (lex::trim(&text[..open]), &text[open + 1..close], &text[close + 1..])
            }
            // Without brackets the parameters are the header's, not the URI's (section 20.10).
            None => {
                let end = text.iter().position(|&b| matches!(b, b';' | b' ' | b'\t')).unwrap_or(text.len());
                (&text[..0], &text[..end], &text[end..])
            }
        };
        let params = match lex::trim(rest) {
            [] => &rest[..0],
            // A tag may be written behind them.
            [b';', params @ ..] if lex::is_closed(params) => params,
            _ => return Err(BadUri),
        };
        let uri = Uri::parse(raw)?;
        if open.is_none() && uri.headers.is_some() {
            return Err(BadUri);
        }
        Ok(Self { display, uri, params })
    }

    /// The display name without quotes; it may be in Latin-1.
    pub fn name(&self) -> String {
        lex::text(&lex::unquote(self.display))
    }

    /// Which device it is (`+sip.instance`, RFC 5626 section 4.1): `"<urn:uuid:…>"` without quotes and brackets.
    pub fn instance(&self) -> Option<String> {
        let value = lex::unquote(lex::param(self.params, "+sip.instance").flatten()?);
        let urn = value.strip_prefix(b"<")?.strip_suffix(b">")?;
        let plain = urn.iter().all(|b| b.is_ascii_graphic() && *b != b'"');
        (plain && (1..=MAX_INSTANCE).contains(&urn.len())).then(|| lex::text(urn))
    }

    /// The `tag` parameter, if it is there and not empty.
    pub fn tag(&self) -> Option<&'a [u8]> {
        lex::param(self.params, "tag").flatten().filter(|tag| !tag.is_empty())
    }
}

/// Where the `<` is, past a quoted display name.
fn bracket(text: &[u8]) -> Result<Option<usize>, BadUri> {
    let (mut quoted, mut escaped) = (false, false);
    for (i, &b) in text.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' if !quoted => return Ok(Some(i)),
            // `sip:a@b;x="<"`: past a semicolon no address can begin any more.
            b';' if !quoted => return Ok(None),
            _ => {}
        }
    }
    if quoted { Err(BadUri) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn both_forms() {
        let a = Address::parse(br#" "J \"R\" <x>" <sip:jr@h;lr> ; tag = 1x "#).expect("valid");
        assert_eq!((a.name(), a.uri.raw, a.tag()), (r#"J "R" <x>"#.into(), &b"sip:jr@h;lr"[..], Some(&b"1x"[..])));
        let b = Address::parse(b"sip:b@h;tag=2;a=\"<\"").expect("valid");
        assert_eq!((b.uri.raw, b.tag()), (&b"sip:b@h"[..], Some(&b"2"[..])));
        assert_eq!(Address::parse(b"\"Zo\xeb\" <sip:z@h>").expect("valid").name(), "Zo\u{eb}");
        assert_eq!(Address::parse("Zo\u{eb} <sip:z@h>".as_bytes()).expect("valid").name(), "Zo\u{eb}");
        assert_eq!(Address::parse(b"Caller<sip:c@h>").expect("valid").name(), "Caller");
    }

    #[test]
    fn what_is_no_address() {
        for bad in [
            "",
            "\"a <sip:a@b>",
            "<sip:a@b",
            "<sip:a@b> x",
            "sip:a@b?x=y",
            "<>",
            "a b",
            "<sip:a@b>;c=\"",
            "sip:a@b;c=<",
        ] {
            assert!(Address::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
