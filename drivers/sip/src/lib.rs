//! SIP for an office telephone system: wire grammar, transactions, dialogs, digest, and the sockets around them.
//!
//! The heart is [`Endpoint`], which does no I/O: bytes, orders and the time go in by [`Endpoint::handle_input`]; bytes, events and the
//! next deadline come out of [`Endpoint::poll_output`]. The same code runs against real sockets ([`io`]) and in simulations of a lossy
//! network. It is a user agent at both ends of a B2BUA, not a proxy: it never forwards a message.
//!
//! What it promises: no input makes it panic, allocate without bound, or stop serving others; every leg ends exactly once; whatever
//! can be answered is answered with the status that RFC 3261 names; nothing personal is logged.
//!
//! What it does not do yet: an INVITE without an offer of ours.

mod admission;
pub mod alg;
pub mod api;
mod dialog;
mod digest;
mod endpoint;
pub mod gruu;
pub mod io;
mod recorder;
mod registration;
pub mod resolve;
mod room;
mod subscription;
mod transaction;
mod trunks;
pub mod wire;

pub use api::*;
pub use endpoint::{Endpoint, Usage};
