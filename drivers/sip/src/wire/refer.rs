//! `Refer-To` (RFC 3515 section 2.1): where somebody is sent, and which call that replaces.

use super::uri::BadUri;
use super::{Address, Uri, lex};

/// One `Refer-To`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReferTo<'a> {
    /// The target, with the headers that its URI carries.
    pub uri: Uri<'a>,
}

impl<'a> ReferTo<'a> {
    /// Reads it. Some phones forget the brackets that headers in the URI need; without brackets all of it is the URI.
    ///
    /// # Errors
    /// If there is no URI.
    pub fn parse(value: &'a [u8]) -> Result<Self, BadUri> {
        let uri = match Address::parse(value) {
            Ok(address) => address.uri,
            Err(_) => Uri::parse(lex::trim(value))?,
        };
        Ok(Self { uri })
    }

    /// The method that the URI asks for, if it is not an INVITE.
    pub fn other_method(&self) -> Option<&'a [u8]> {
        let method = lex::param(self.uri.params, "method").flatten()?;
        (!method.eq_ignore_ascii_case(b"INVITE")).then_some(method)
    }

    /// The value of the `Replaces` that the new INVITE must carry, unescaped; read it with [`DialogId`](super::DialogId).
    pub fn replaces(&self) -> Option<Vec<u8>> {
        self.uri.header("Replaces")
    }
}

#[cfg(test)]
mod tests {
    use super::ReferTo;
    use crate::wire::DialogId;

    #[test]
    fn blind_and_attended() {
        let blind = ReferTo::parse(b"\"Bob\" <sip:bob@h>").expect("valid");
        assert_eq!((blind.uri.user(), blind.replaces(), blind.other_method()), ("bob".into(), None, None));
        let headers = "Require=replaces&replaces=1%40h%3Bto-tag%3D7%3Bfrom-tag%3D8";
        for text in [format!("<sip:dave@d;method=INVITE?{headers}>"), format!("sip:dave@d?{headers}")] {
            let refer = ReferTo::parse(text.as_bytes()).expect("valid");
            let value = refer.replaces().expect("Replaces");
            let id = DialogId::parse(&value).expect("a dialog");
            assert_eq!((id.call_id, id.to_tag, id.from_tag), (&b"1@h"[..], &b"7"[..], &b"8"[..]));
            assert_eq!((refer.uri.user(), refer.other_method()), ("dave".into(), None));
        }
        let other = ReferTo::parse(b"<sip:conf@h;method=SUBSCRIBE>").expect("valid");
        assert_eq!(other.other_method(), Some(&b"SUBSCRIBE"[..]));
        assert!(ReferTo::parse(b"<sip:a@b").is_err() && ReferTo::parse(b"").is_err());
    }
}
