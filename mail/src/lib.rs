//! Mail: what comes in by SMTP submission, what becomes a fax of it, and what goes out.
//!
//! Where to look:
//! - [`inbound`]: one submission session, from the greeting to QUIT, as a pure state machine.
//! - [`faxmail`]: a message and its recipients, read as an order to fax.
//! - [`compose`]: receipts, received faxes and staff alerts, written as messages.
//! - [`queue`]: which outgoing mail is due, and what follows an attempt.
//! - [`outbound`]: one delivery to one server, as a pure state machine.
//! - [`io`]: the tokio shells around the two machines. [`sink`]: a server that writes a Maildir, for the demo.
//!
//! Promises. A `250` for a message leaves only after whoever keeps it said that it is durable. A message ends at
//! `<CRLF>.<CRLF>` and nowhere else, and no lone CR or LF passes in either direction. Everything that a peer can make grow
//! has a named bound. Nothing here writes a number, a name, an address or a body to a log.

pub mod compose;
pub mod faxmail;
pub mod inbound;
pub mod io;
pub mod outbound;
pub mod queue;
pub mod sink;
mod wire;

pub use wire::Rejection;
