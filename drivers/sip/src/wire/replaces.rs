//! Headers that name a dialog: `Replaces` (RFC 3891), `Join` (RFC 3911), `Target-Dialog` (RFC 4538).

use super::lex;

/// A dialog, named as its receiver sees it: `to_tag` is the receiver's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialogId<'a> {
    /// The Call-ID.
    pub call_id: &'a [u8],
    /// The receiver's tag.
    pub to_tag: &'a [u8],
    /// The other side's tag.
    pub from_tag: &'a [u8],
    /// `early-only`: only a call that was not answered yet may be replaced.
    pub early_only: bool,
}

impl<'a> DialogId<'a> {
    /// Reads it. Each tag must be there exactly once: one of two would name another call.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (call_id, params) = lex::value_and_params(value);
        let word = !call_id.is_empty() && !call_id.iter().any(|b| matches!(b, b' ' | b'\t' | b','));
        // Target-Dialog calls the same tags by the side that is meant (RFC 4538 section 7).
        let tag = |name, side| once(params, name).or_else(|| once(params, side)).filter(|tag| lex::is_token(tag));
        let (to_tag, from_tag) = (tag("to-tag", "local-tag")?, tag("from-tag", "remote-tag")?);
        word.then_some(Self { call_id, to_tag, from_tag, early_only: lex::param(params, "early-only").is_some() })
    }
}

fn once<'a>(params: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut found = lex::params(params).filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
    let (_, value) = found.next()?;
    value.filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::DialogId;

    #[test]
    fn a_dialog() {
        let id = DialogId::parse(b"12adf2f34456gs5@h ; to-tag=12345; From-Tag=54321;early-only").expect("valid");
        assert_eq!((id.call_id, id.to_tag, id.from_tag), (&b"12adf2f34456gs5@h"[..], &b"12345"[..], &b"54321"[..]));
        assert!(id.early_only);
        let target = DialogId::parse(b"a;local-tag=1;remote-tag=2").expect("valid");
        assert_eq!((target.to_tag, target.from_tag, target.early_only), (&b"1"[..], &b"2"[..], false));
        for bad in [
            "",
            "a",
            "a;to-tag=1",
            ";to-tag=1;from-tag=2",
            "a;to-tag=;from-tag=2",
            "a;to-tag;from-tag=2",
            "a b;to-tag=1;from-tag=2",
            "a;to-tag=1;to-tag=3;from-tag=2",
            "a,b;to-tag=1;from-tag=2",
        ] {
            assert_eq!(DialogId::parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
