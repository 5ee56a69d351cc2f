//! `WWW-Authenticate` and `Proxy-Authenticate` of the Digest scheme (RFC 7616 section 3.3).

use super::auth::digest;
use super::lex;

/// What a server asks for. Values are without their quotes.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Challenge {
    /// `realm`
    pub realm: Vec<u8>,
    /// `nonce`
    pub nonce: Vec<u8>,
    /// `opaque`, to be given back.
    pub opaque: Option<Vec<u8>>,
    /// `algorithm`; empty means MD5.
    pub algorithm: Vec<u8>,
    /// The members of `qop`; none if the server is of RFC 2069.
    pub qop: Vec<Vec<u8>>,
    /// The password was right, only the nonce was old.
    pub stale: bool,
}

impl Challenge {
    /// Reads one. `None` for another scheme, or without realm or nonce.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (mut found, mut realm, mut nonce) = (Self::default(), None, None);
        for pair in digest(value)? {
            let (name, text) = pair?;
            match name.to_ascii_lowercase().as_slice() {
                b"realm" => realm = Some(text.into_owned()),
                b"nonce" => nonce = Some(text.into_owned()),
                b"opaque" => found.opaque = Some(text.into_owned()),
                b"algorithm" => found.algorithm = text.into_owned(),
                b"qop" => found.qop = lex::list(&text).map(<[u8]>::to_ascii_lowercase).collect(),
                b"stale" => found.stale = text.eq_ignore_ascii_case(b"true"),
                _ => {}
            }
        }
        (found.realm, found.nonce) = (realm?, nonce?);
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::Challenge;

    #[test]
    fn a_challenge() {
        let text = br#"Digest realm="a, b", nonce="n",opaque="", qop="auth,Auth-Int" , algorithm=SHA-256, stale=TRUE, domain="sip:x""#;
        let c = Challenge::parse(text).expect("valid");
        assert_eq!((&c.realm[..], &c.nonce[..], c.opaque.as_deref()), (&b"a, b"[..], &b"n"[..], Some(&b""[..])));
        assert_eq!((c.qop, c.stale), (vec![b"auth".to_vec(), b"auth-int".to_vec()], true));
        assert!(Challenge::parse(b"Basic realm=\"x\"").is_none());
        assert!(Challenge::parse(b"Digest realm=\"x\"").is_none());
    }
}
