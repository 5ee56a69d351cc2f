//! What every answer has in common: its headers, and the embedded assets.

pub(crate) mod assets;
pub(crate) mod headers;
