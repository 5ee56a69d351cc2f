//! spandsp behind a safe face: one T.38 terminal, which is one end of one fax call. This is the only crate with foreign code.
//!
//! A [`T38Terminal`] owns its C state and the [`Events`] that the C code calls back into. It has no thread, clock or socket of its
//! own: [`T38Terminal::feed`] gives it a packet, [`T38Terminal::tick`] lets time pass, and what it wants to say comes through
//! `Events` while one of the two runs. Pages are read from and written to the file named in [`Config`], through libtiff. The
//! packets are those of T.38 version 0, which is what the SDP must agree on.
//!
//! # What is kept out of reach
//! The C code has faults that a hostile far end could reach. They are made unreachable here:
//! * The "no pacing" mode (for TCP) computes a negative copy length. There is no way to switch it on.
//! * Two kinds of frames make it leave its memory (see `hazard.rs`). It sees a goodbye instead.
//! * A late confirmation that collides with a repeated command makes it emit empty packets without end inside one tick.
//!   After [`PACKETS_PER_STEP`] packets of one step the terminal refuses more, which ends the call.
//!
//! A crash of the C code is still possible: run one terminal per sandboxed process and count on losing it.

mod config;
mod hazard;
pub mod status;
mod terminal;

pub use config::{Config, Document, SetupFailed};
pub use terminal::{Events, PACKETS_PER_STEP, Pages, ReceivedPage, T30, T38Terminal, prepare};
