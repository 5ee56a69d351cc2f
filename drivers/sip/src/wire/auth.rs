//! `Authorization` and `Proxy-Authorization` of the Digest scheme (RFC 7616 section 3.4).

use std::borrow::Cow;

use super::lex;

/// What a client says to prove itself. Values are without their quotes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials<'a> {
    /// `username`
    pub username: Cow<'a, [u8]>,
    /// `realm`
    pub realm: Cow<'a, [u8]>,
    /// `nonce`
    pub nonce: Cow<'a, [u8]>,
    /// `uri`, which may differ from the Request-URI in harmless ways.
    pub uri: Cow<'a, [u8]>,
    /// `response`, hexadecimal.
    pub response: Cow<'a, [u8]>,
    /// `algorithm`; empty means MD5.
    pub algorithm: Cow<'a, [u8]>,
    /// `cnonce`
    pub cnonce: Cow<'a, [u8]>,
    /// `qop`
    pub qop: Cow<'a, [u8]>,
    /// `nc`, as written: it is hashed so.
    pub nc: Cow<'a, [u8]>,
}

impl std::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl<'a> Credentials<'a> {
    /// Reads them. `None` for another scheme, or if something that a digest needs is missing.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut found = Self::default();
        for pair in digest(value)? {
            let (name, text) = pair?;
            if let Some(field) = found.field(name) {
                *field = text;
            }
        }
        let complete = ![&found.username, &found.realm, &found.nonce, &found.response].iter().any(|f| f.is_empty());
        complete.then_some(found)
    }

    fn field(&mut self, name: &[u8]) -> Option<&mut Cow<'a, [u8]>> {
        let fields: [(&[u8], _); 9] = [
            (b"username", &mut self.username),
            (b"realm", &mut self.realm),
            (b"nonce", &mut self.nonce),
            (b"uri", &mut self.uri),
            (b"response", &mut self.response),
            (b"algorithm", &mut self.algorithm),
            (b"cnonce", &mut self.cnonce),
            (b"qop", &mut self.qop),
            (b"nc", &mut self.nc),
        ];
        fields.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, field)| field)
    }

    /// The count of this nonce's use: exactly hexadecimal, up to 32 bits.
    pub fn count(&self) -> Option<u32> {
        let text = std::str::from_utf8(&self.nc).ok()?;
        let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
        (hex && text.len() == 8).then(|| u32::from_str_radix(text, 16).ok()).flatten()
    }
}

/// A name and its value.
type Pair<'a> = (&'a [u8], Cow<'a, [u8]>);

/// What stands behind `Digest`: each name as it stands, with its value without quotes. `None` for another scheme, and for what is no pair.
pub(super) fn digest(value: &[u8]) -> Option<impl Iterator<Item = Option<Pair<'_>>>> {
    let value = lex::trim(value);
    let space = value.iter().position(|b| matches!(b, b' ' | b'\t'))?;
    let pair = |pair| match lex::cut(pair, b'=') {
        (name, Some(text)) => Some((lex::trim(name), lex::unquoted(lex::trim(text)))),
        (_, None) => None,
    };
    value[..space].eq_ignore_ascii_case(b"Digest").then(|| lex::list(&value[space..]).map(pair))
}

#[cfg(test)]
mod tests {
    use super::Credentials;

    #[test]
    fn a_digest() {
        let text = br#"Digest username="a\"b", realm="r,s",nonce="n" ,uri="sip:x", response=00ff, nc=0000001A,qop=auth, opaque=""#;
        let text = [&text[..], b"\""].concat();
        let c = Credentials::parse(&text).expect("valid");
        assert_eq!((&c.username[..], &c.realm[..], c.count()), (&b"a\"b"[..], &b"r,s"[..], Some(26)));
        assert!(Credentials::parse(b"NoOneKnowsThisScheme opaque-data=here").is_none());
        assert!(Credentials::parse(b"Digest username=\"a\"").is_none());
    }
}
