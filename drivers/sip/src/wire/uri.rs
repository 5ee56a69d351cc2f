//! URIs, kept verbatim: `201%40x`, `%23` and `transport=tls` go out exactly as they came in, since a peer may compare or hash them.
//! A reading names its parts; nothing is ever written back from the parts.

use std::borrow::Cow;

use super::lex::{self, cut};

/// The scheme of a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:` (RFC 3966)
    Tel,
    /// `urn:service:sos`, and what is more closely named under it (`sos.fire`): help, whatever its number is here (RFC 5031 section 4.2). Its user
    /// is the whole of it.
    Sos,
    /// Any other; only `raw` means something.
    Other,
}

/// A URI and where its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uri<'a> {
    /// All of it.
    pub raw: &'a [u8],
    /// Its scheme.
    pub scheme: Scheme,
    /// Before the `@`, without a password, still escaped; for `tel`, the number.
    pub user: Option<&'a [u8]>,
    /// The host, an IPv6 address with its brackets; empty for `tel` and others.
    pub host: &'a [u8],
    /// The port.
    pub port: Option<u16>,
    /// After the first `;`, without it.
    pub params: &'a [u8],
    /// After the `?`, if there is one.
    pub headers: Option<&'a [u8]>,
}

/// The text is no URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadUri;

impl<'a> Uri<'a> {
    /// Reads a URI.
    ///
    /// # Errors
    /// If it has no scheme, a byte that no URI has, or a host or port that cannot be.
    pub fn parse(raw: &'a [u8]) -> Result<Self, BadUri> {
        let colon = raw.iter().position(|&b| b == b':').ok_or(BadUri)?;
        let (name, rest) = (&raw[..colon], &raw[colon + 1..]);
        // All are looked at, whatever they are: that needs no decision for each.
        let is_bad = |b: u8| (b <= b' ') | (b == b'<') | (b == b'>') | (b == b'"') | (b == 127);
        if !is_scheme(name) || rest.is_empty() || raw.iter().fold(false, |bad, &b| bad | is_bad(b)) {
            return Err(BadUri);
        }
        let scheme = match name {
            s if s.eq_ignore_ascii_case(b"sip") => Scheme::Sip,
            s if s.eq_ignore_ascii_case(b"sips") => Scheme::Sips,
            s if s.eq_ignore_ascii_case(b"tel") => Scheme::Tel,
            s if s.eq_ignore_ascii_case(b"urn") && is_help(rest) => Scheme::Sos,
            _ => Scheme::Other,
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => Self::sip(raw, scheme, rest),
            Scheme::Tel => {
                let (user, params) = cut(rest, b';');
                Ok(Self {
                    raw,
                    scheme,
                    user: Some(user),
                    host: b"",
                    port: None,
                    params: params.unwrap_or(b""),
                    headers: None,
                })
            }
            Scheme::Sos => Ok(Self { raw, scheme, user: Some(raw), host: b"", port: None, params: b"", headers: None }),
            Scheme::Other => Ok(Self { raw, scheme, user: None, host: b"", port: None, params: b"", headers: None }),
        }
    }

    fn sip(raw: &'a [u8], scheme: Scheme, rest: &'a [u8]) -> Result<Self, BadUri> {
        // The user part may hold `;` and `?`, so it is cut off first.
        let (user, rest) = match rest.iter().position(|&b| b == b'@') {
            Some(at) => (Some(cut(&rest[..at], b':').0), &rest[at + 1..]),
            None => (None, rest),
        };
        if user.is_some_and(<[u8]>::is_empty) {
            return Err(BadUri);
        }
        let (rest, headers) = cut(rest, b'?');
        let (hostport, params) = cut(rest, b';');
        let (host, port) = host_port(hostport).ok_or(BadUri)?;
        Ok(Self { raw, scheme, user, host, port, params: params.unwrap_or(b""), headers })
    }

    /// The value of a header that the URI carries, unescaped (section 19.1.1); the first of that name.
    pub fn header(&self, name: &str) -> Option<Vec<u8>> {
        let pairs = self.headers?.split(|&b| b == b'&').map(|pair| cut(pair, b'='));
        let mut found = pairs.filter(|(given, _)| lex::unescape(given).eq_ignore_ascii_case(name.as_bytes()));
        found.next().map(|(_, value)| lex::unescape(value.unwrap_or(b"")))
    }

    /// The user part as a person would read it: unescaped, without parameters of the number. Empty if there is none.
    pub fn user(&self) -> String {
        self.user_text().into_owned()
    }

    /// The same, as it stands there if it is plain text.
    pub fn user_text(&self) -> Cow<'a, str> {
        let user = cut(self.user.unwrap_or(b""), b';').0;
        match std::str::from_utf8(user) {
            Ok(text) if !text.contains('%') => Cow::Borrowed(text),
            _ => Cow::Owned(lex::text(&lex::unescape(user))),
        }
    }
}

/// Reads `host[:port]`. An IPv6 address must have brackets; `[2001:db8:::1]` is let pass (RFC 5118 section 4.5).
pub fn host_port(text: &[u8]) -> Option<(&[u8], Option<u16>)> {
    let end = if text.first() == Some(&b'[') {
        let end = text.iter().position(|&b| b == b']')? + 1;
        let inner = &text[1..end - 1];
        let valid = inner.len() >= 2 && inner.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'%'));
        if !valid || !inner.contains(&b':') {
            return None;
        }
        end
    } else {
        let end = text.iter().position(|&b| b == b':').unwrap_or(text.len());
        if end == 0 || !text[..end].iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
            return None;
        }
        end
    };
    match &text[end..] {
        [] => Some((&text[..end], None)),
        [b':', port @ ..] => Some((&text[..end], Some(lex::number::<u16>(port)?))),
        _ => None,
    }
}

/// The address that a host is, if it is no name.
pub fn literal(host: &[u8]) -> Option<std::net::IpAddr> {
    let text = std::str::from_utf8(host).ok()?;
    let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    text.parse().or_else(|_| text.replace(":::", "::").parse()).ok()
}

fn is_help(name: &[u8]) -> bool {
    const HELP: &[u8] = b"service:sos";
    let is = name.get(..HELP.len()).is_some_and(|own| own.eq_ignore_ascii_case(HELP));
    is && matches!(name.get(HELP.len()), None | Some(b'.'))
}

fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_uri() {
        let uri = Uri::parse(b"sips:%2367;x=1:pw@[2001:db8::1]:5061;transport=tls?a=b").expect("valid");
        assert_eq!((uri.scheme, uri.user(), uri.port), (Scheme::Sips, "#67".into(), Some(5061)));
        assert_eq!(
            (uri.host, uri.params, uri.headers),
            (&b"[2001:db8::1]"[..], &b"transport=tls"[..], Some(&b"a=b"[..]))
        );
        let tel = Uri::parse(b"tel:+1-202-555-0123;phone-context=x").expect("valid");
        assert_eq!((tel.user(), tel.params), ("+1-202-555-0123".into(), &b"phone-context=x"[..]));
        let refer = Uri::parse(b"sip:a@b?Replaces=c%3Bto-tag%3D1&%58=").expect("valid");
        assert_eq!((refer.header("replaces"), refer.header("x")), (Some(b"c;to-tag=1".to_vec()), Some(vec![])));
        assert_eq!(refer.header("y"), None);
        for help in ["urn:service:sos", "URN:Service:SOS", "urn:service:sos.police"] {
            let uri = Uri::parse(help.as_bytes()).expect("valid");
            assert_eq!((uri.scheme, uri.user().as_str()), (Scheme::Sos, help));
        }
        for other in ["urn:service:sossy", "urn:service:counseling", "urn:service:so", "urn:ietf:sos"] {
            assert_eq!(Uri::parse(other.as_bytes()).expect("valid").scheme, Scheme::Other, "{other}");
        }
        assert_eq!(Uri::parse(b"soap.beep://192.0.2.103:3002").expect("valid").scheme, Scheme::Other);
    }

    #[test]
    fn what_is_no_uri() {
        for bad in [
            "",
            "sip:",
            "sip",
            "sip:a b@c",
            "sip:x@",
            "sip:@x",
            "sip:a@b:70000",
            "sip:a@[::1",
            "sip:a@::1",
            "1:2",
            "<sip:a@b>",
        ] {
            assert_eq!(Uri::parse(bad.as_bytes()), Err(BadUri), "{bad}");
        }
    }

    #[test]
    fn three_colons_are_survived() {
        let uri = Uri::parse(b"sip:a@[2001:db8:::192.0.2.1]").expect("valid");
        assert_eq!(literal(uri.host), "2001:db8::192.0.2.1".parse().ok());
    }
}
