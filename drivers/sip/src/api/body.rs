//! The bodies of messages, mostly SDP.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;

/// A body: a description of a session, or what a phone is told. It holds addresses and names, so it prints its length only.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Body(Bytes);

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for Body {
    fn from(body: Bytes) -> Self {
        Self(body)
    }
}

impl From<Vec<u8>> for Body {
    fn from(body: Vec<u8>) -> Self {
        Self(body.into())
    }
}

impl From<String> for Body {
    fn from(body: String) -> Self {
        Self(body.into())
    }
}

impl From<&'static str> for Body {
    fn from(body: &'static str) -> Self {
        Self(body.into())
    }
}

impl Body {
    /// A copy, which does not keep the whole message alive.
    pub(crate) fn copy_of(body: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(body))
    }
}

impl PartialEq<str> for Body {
    fn eq(&self, text: &str) -> bool {
        self.0 == text
    }
}
