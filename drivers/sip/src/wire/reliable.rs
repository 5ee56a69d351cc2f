//! Reliable provisional responses (RFC 3262): `RSeq` and `RAck`.

use super::{Method, lex, method};

/// The number of `RSeq`, 1 to 2³² − 1 (section 7.1).
pub fn rseq(value: &[u8]) -> Option<u32> {
    lex::number(value).filter(|n| *n != 0)
}

/// `RAck: 776656 1 INVITE`: which provisional response a PRACK acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RAck {
    /// The response's `RSeq`.
    pub rseq: u32,
    /// The number of its `CSeq`.
    pub cseq: u32,
    /// The method of its `CSeq`.
    pub method: Method,
}

impl RAck {
    /// Reads it.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut words = value.split(|b| matches!(b, b' ' | b'\t')).filter(|word| !word.is_empty());
        let (first, cseq, name) = (words.next()?, words.next()?, words.next()?);
        let read = Self { rseq: rseq(first)?, cseq: lex::number(cseq)?, method: method(name)? };
        words.next().is_none().then_some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_headers() {
        let read = RAck::parse(b"4294967295  1\tINVITE");
        assert_eq!(read, Some(RAck { rseq: u32::MAX, cseq: 1, method: Method::Invite }));
        for bad in ["", "1 1", "0 1 INVITE", "1 x INVITE", "1 1 invite", "1 1 INVITE x", "4294967296 1 INVITE"] {
            assert_eq!(RAck::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!((rseq(b"988789"), rseq(b"0"), rseq(b"")), (Some(988_789), None, None));
    }
}
