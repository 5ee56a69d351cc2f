//! `Reason` (RFC 3326): why a call ended, in the words of the telephone network.

use super::lex;

/// One reason of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// `SIP`, `Q.850` …
    pub protocol: &'a [u8],
    /// Its number there.
    pub cause: Option<u16>,
    /// Its text, with quotes if it has some.
    pub text: Option<&'a [u8]>,
}

impl<'a> Reason<'a> {
    /// Reads one member of the list.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (protocol, params) = lex::value_and_params(value);
        let cause = lex::param(params, "cause").flatten().and_then(lex::number);
        let text = lex::param(params, "text").flatten();
        lex::is_token(protocol).then_some(Self { protocol, cause, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list() {
        let all: Vec<_> = lex::list(br#"SIP ;cause=200 ;text="Call, completed elsewhere", Q.850;cause=16;x"#)
            .map(|r| Reason::parse(r).expect("valid"))
            .collect();
        assert_eq!((all[0].protocol, all[0].cause), (&b"SIP"[..], Some(200)));
        assert_eq!(all[0].text.map(lex::unquote), Some(b"Call, completed elsewhere".to_vec()));
        assert_eq!((all[1].protocol, all[1].cause, all[1].text), (&b"Q.850"[..], Some(16), None));
        assert_eq!(Reason::parse(b";cause=1"), None);
    }
}
