//! `Authorization` and `Proxy-Authorization` of the Digest scheme (RFC 7616 section 3.4).

use super::lex;

/// What a client says to prove itself. Values are without their quotes.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// `username`
    pub username: Vec<u8>,
    /// `realm`
    pub realm: Vec<u8>,
    /// `nonce`
    pub nonce: Vec<u8>,
    /// `uri`, which may differ from the Request-URI in harmless ways.
    pub uri: Vec<u8>,
    /// `response`, hexadecimal.
    pub response: Vec<u8>,
    /// `algorithm`; empty means MD5.
    pub algorithm: Vec<u8>,
    /// `cnonce`
    pub cnonce: Vec<u8>,
    /// `qop`
    pub qop: Vec<u8>,
    /// `nc`, as written: it is hashed so.
    pub nc: Vec<u8>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// Reads them. `None` for another scheme, or if something that a digest needs is missing.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        for pair in digest(value)? {
            let (name, text) = pair?;
            if let Some(field) = found.field(&name) {
                *field = text;
            }
        }
        let complete = ![&found.username, &found.realm, &found.nonce, &found.response].iter().any(|f| f.is_empty());
        complete.then_some(found)
    }

    fn field(&mut self, name: &[u8]) -> Option<&mut Vec<u8>> {
        Some(match name {
            b"username" => &mut self.username,
            b"realm" => &mut self.realm,
            b"nonce" => &mut self.nonce,
            b"uri" => &mut self.uri,
            b"response" => &mut self.response,
            b"algorithm" => &mut self.algorithm,
            b"cnonce" => &mut self.cnonce,
            b"qop" => &mut self.qop,
            b"nc" => &mut self.nc,
            _ => return None,
        })
    }

    /// The count of this nonce's use: exactly hexadecimal, up to 32 bits.
    pub fn count(&self) -> Option<u32> {
        let text = std::str::from_utf8(&self.nc).ok()?;
        let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
        (hex && text.len() == 8).then(|| u32::from_str_radix(text, 16).ok()).flatten()
    }
}

/// What stands behind `Digest`: each name, in lower case, with its value without quotes. `None` for another scheme, and for what is no pair.
pub(super) fn digest(value: &[u8]) -> Option<impl Iterator<Item = Option<(Vec<u8>, Vec<u8>)>>> {
    let value = lex::trim(value);
    let space = value.iter().position(|b| matches!(b, b' ' | b'\t'))?;
    let pair = |pair| match lex::cut(pair, b'=') {
        (name, Some(text)) => Some((lex::trim(name).to_ascii_lowercase(), lex::unquote(lex::trim(text)))),
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
        let c = Credentials::parse(&[&text[..], b"\""].concat()).expect("valid");
        assert_eq!((&c.username[..], &c.realm[..], c.count()), (&b"a\"b"[..], &b"r,s"[..], Some(26)));
        assert!(Credentials::parse(b"NoOneKnowsThisScheme opaque-data=here").is_none());
        assert!(Credentials::parse(b"Digest username=\"a\"").is_none());
    }
}
