//! Keys. A root key, which this crate never stores, wraps every other key in one small file (`keys.json`); so a new root key, or
//! the end of a class, is one durable replacement of that file. Every wrapped key carries a key id.
//!
//! What a lost or wrong root key costs: everything. What a stolen disk without it gives: the number and size of files.

mod chain;
mod root;
mod seal;

pub(crate) use chain::KeyChain;
pub use root::RootKey;
pub(crate) use seal::{Secret, open, open_in_place, random, seal, seal_in_place};
