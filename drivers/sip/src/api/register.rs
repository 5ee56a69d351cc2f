//! Registrations as they come to us (RFC 3261 section 10), with what proxies and devices add to them: Path (RFC 3327), outbound flows
//! (RFC 5626) and GRUU (RFC 5627).

use std::fmt;

use model::Pii;

use super::{Auth, Flow};

/// A request that waits for our answer and belongs to no leg (REGISTER, MESSAGE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// A Contact of a REGISTER, or of our answer to one.
#[derive(Clone, PartialEq, Eq)]
pub struct Contact {
    /// The URI, verbatim.
    pub uri: Pii<String>,
    /// Its lifetime in seconds, from its `expires` parameter or the Expires header; 3600 if neither was there, 0 removes it.
    pub expires: u32,
    /// Its priority in thousandths (`q`); 1000 if it names none.
    pub priority: u16,
    /// Which device it is (`+sip.instance` without its brackets), or empty.
    pub instance: String,
    /// Which of the device's flows it is (`reg-id`), or 0.
    pub reg_id: u32,
    /// In our answer: the device's public and its new temporary GRUU.
    pub gruus: Option<(Pii<String>, Pii<String>)>,
}

impl Contact {
    /// A contact that says nothing more of itself.
    pub fn new(uri: impl Into<Pii<String>>, expires: u32) -> Self {
        Self { uri: uri.into(), expires, priority: 1000, instance: String::new(), reg_id: 0, gruus: None }
    }
}

/// An instance is one device of one person; many have the device's hardware address in it.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact")
            .field("expires", &self.expires)
            .field("priority", &self.priority)
            .field("reg_id", &self.reg_id)
            .finish_non_exhaustive()
    }
}

/// A REGISTER that is valid so far.
#[derive(Clone)]
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
    /// The proxies on the way to the phone, the one next to us first: calls to it go through them, in this order.
    pub path: Vec<Pii<String>>,
    /// It wants GRUUs.
    pub wants_gruu: bool,
    /// It knows outbound flows. Its `reg_id`s count only then.
    pub outbound: bool,
    /// Call-ID and CSeq, for the order of updates (RFC 3261 section 10.3).
    pub call_id: String,
    /// See above.
    pub cseq: u32,
    /// User-Agent, or empty.
    pub agent: String,
}

impl Register {
    /// A REGISTER of this user that asks for the list; set the other fields as needed.
    pub fn new(flow: Flow, user: impl Into<String>) -> Self {
        Self {
            flow,
            user: user.into(),
            auth: Auth::None,
            contacts: Vec::new(),
            remove_all: false,
            path: Vec::new(),
            wants_gruu: false,
            outbound: false,
            call_id: String::new(),
            cseq: 0,
            agent: String::new(),
        }
    }
}

/// Phones put their addresses into a Call-ID, and some their hardware address into User-Agent.
impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Register")
            .field("flow", &self.flow)
            .field("auth", &self.auth)
            .field("contacts", &self.contacts)
            .field("remove_all", &self.remove_all)
            .field("cseq", &self.cseq)
            .finish_non_exhaustive()
    }
}
