//! Registrations as they come to us (RFC 3261 section 10).

use model::Pii;

use super::{Auth, Flow};

/// A request that waits for our answer and belongs to no leg (REGISTER).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A Contact of a REGISTER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The URI, verbatim.
    pub uri: Pii<String>,
    /// Its lifetime in seconds, from its `expires` parameter or the Expires header; 3600 if neither was there, 0 removes it.
    pub expires: u32,
}

/// A REGISTER that is valid so far.
#[derive(Clone, Debug)]
pub struct Register {
    /// By which path it came; a phone behind NAT is reached by the same.
    pub flow: Flow,
    /// The user part of To.
    pub user: String,
    /// What its credentials came to.
    pub auth: Auth,
    /// Its contacts; empty means that it asks for the list.
    pub contacts: Vec<Contact>,
    /// `Contact: *` with `Expires: 0`: remove all.
    pub remove_all: bool,
    /// Call-ID and CSeq, for the order of updates (RFC 3261 section 10.3).
    pub call_id: String,
    /// See above.
    pub cseq: u32,
    /// User-Agent, or empty.
    pub agent: String,
}
