//! What is personal: numbers, names, addresses, bodies. Wrapped, it cannot reach a log by accident.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// A personal value. `Debug` prints `<personal>`; there is no `Display`. Whoever needs the value says so with [`Pii::expose`],
/// which is what a reviewer looks for. It may be serialised, since what is written goes into the sealed store only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pii<T>(T);

impl<T> Pii<T> {
    /// Wraps `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for a wire, a page, or a sealed row: never for a log.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Pii<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Pii<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<Vec<u8>> for Pii<Bytes> {
    fn from(value: Vec<u8>) -> Self {
        Self(value.into())
    }
}

impl<T> fmt::Debug for Pii<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<personal>")
    }
}
