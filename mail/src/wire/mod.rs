//! What both directions of SMTP share: lines that end in CRLF and in nothing else, the dots of DATA, and replies.

mod line;
mod rejection;
mod stuffing;

pub(crate) use line::{LineFault, LineReader};
pub use rejection::Rejection;
pub(crate) use stuffing::Stuffed;

/// The end of a line (RFC 5321, 2.3.8: "the sequence CRLF and nothing else").
pub(crate) const CRLF: &[u8] = b"\r\n";
