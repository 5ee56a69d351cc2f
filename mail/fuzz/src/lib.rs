//! What the fuzzers of mail run: each function takes any bytes, and panics if a promise of the crate `mail`, or of what reads HTML, does not hold.

pub mod letter;
pub mod page;
pub mod server;
pub mod session;

/// The input in pieces of a size that it says itself.
fn pieces(data: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let (size, rest) = data.split_first()?;
    Some(rest.chunks(usize::from(*size).max(1)))
}
