//! UDPTL (T.38 §9.1): how the packets of a fax survive a network that loses and reorders them.
//!
//! [`Sender`] numbers each packet and repeats the three before it (redundancy), so that any three losses in a row are repaired.
//! [`Receiver`] gives the packets out in order, each once: what is missing is taken from the redundancy or the parity of a later packet; what
//! may only be late is waited for, shortly, because the fax engine behind has no reorder buffer of its own.
//!
//! Anything may come from the wire: what is no UDPTL is counted and dropped, and no state grows beyond its bound.

mod ifp;
mod packets;
mod parity;
mod receiver;
mod wire;

pub use ifp::is_page_data;
pub(crate) use ifp::{end_of_rows, packet_of_rows, parts_of_commands, rows_of_page};
pub(crate) use packets::Packets;
pub use receiver::{Received, Receiver};
pub use wire::{Datagram, Malformed, Recovery, Sender};
