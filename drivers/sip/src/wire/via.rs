//! `Via` (RFC 3261 section 20.42): the key of a transaction, and the way back.

use super::{lex, uri};

/// One Via and where its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// From the protocol to the sent-by, as it stands.
    pub head: &'a [u8],
    /// `2.0`; of another version only the way back can be told, to refuse the request (RFC 4475 section 3.1.2.16).
    pub version: &'a [u8],
    /// `UDP`, `TCP` …
    pub transport: &'a [u8],
    /// The host of the sent-by.
    pub host: &'a [u8],
    /// Its port.
    pub port: Option<u16>,
    /// After the first `;`.
    pub params: &'a [u8],
}

impl<'a> Via<'a> {
    /// Reads one Via. White space is allowed around the slashes and the colon (RFC 4475 section 3.1.1.1).
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let end = lex::find_outside(text, b';').unwrap_or(text.len());
        let head = lex::trim(&text[..end]);
        let params = text.get(end + 1..).unwrap_or(b"");
        let mut parts = head.splitn(3, |&b| b == b'/');
        let (name, version, rest) = (parts.next()?, parts.next()?, lex::trim(parts.next()?));
        let version = lex::trim(version);
        if !lex::trim(name).eq_ignore_ascii_case(b"SIP") || !lex::is_token(version) {
            return None;
        }
        let space = rest.iter().position(|b| matches!(b, b' ' | b'\t'))?;
        let (transport, sent_by) = (&rest[..space], lex::trim(&rest[space..]));
        // `received` is written behind it.
        if !lex::is_token(transport) || !lex::is_closed(params) {
            return None;
        }
        let (host, port) = Self::sent_by(sent_by)?;
        Some(Self { head, version, transport, host, port, params })
    }

    fn sent_by(text: &[u8]) -> Option<(&[u8], Option<u16>)> {
        if let Some(found) = uri::host_port(text) {
            return Some(found);
        }
        // "host : port"
        let colon = text.iter().rposition(|&b| b == b':')?;
        let (host, _) = uri::host_port(lex::trim(&text[..colon]))?;
        Some((host, Some(lex::number(lex::trim(&text[colon + 1..]))?)))
    }

    /// True if it is of the version that we speak.
    pub fn is_ours(&self) -> bool {
        self.version == b"2.0"
    }

    /// The branch, if it is there and not empty.
    pub fn branch(&self) -> Option<&'a [u8]> {
        lex::param(self.params, "branch").flatten().filter(|b| !b.is_empty())
    }

    /// True if it asks for the source port (RFC 3581).
    pub fn wants_rport(&self) -> bool {
        lex::param(self.params, "rport").is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Via;

    #[test]
    fn forms() {
        let via = Via::parse(b"SIP  / 2.0 /UDP  192.0.2.2 : 5070 ;branch=z9hG4bK1 ; rport").expect("valid");
        assert_eq!((via.transport, via.host, via.port), (&b"UDP"[..], &b"192.0.2.2"[..], Some(5070)));
        assert_eq!((via.branch(), via.wants_rport()), (Some(&b"z9hG4bK1"[..]), true));
        assert!(via.is_ours() && !Via::parse(b"SIP/7.0/UDP h").expect("a way back").is_ours());
        assert_eq!(Via::parse(b"SIP/2.0/TCP [::1]").expect("valid").port, None);
        for bad in [
            "",
            "SIP/2.0/UDP",
            "HTTP/2.0/UDP h",
            "SIP/2.0/UDP ;branch=1",
            "SIP/2.0/UDP h:x",
            "SIP/2.0/UDP h;branch=a<b",
            "SIP/2.0/UDP h;a=\"",
        ] {
            assert_eq!(Via::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
