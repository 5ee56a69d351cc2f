//! Fax modems on a serial port: what they say in AT commands of Class 1 (T.31), and the port itself.
//!
//! [`Modem`] is the core: sans-I/O, it turns orders into bytes and bytes into words and data, one command at a time, and never waits
//! without a limit. A modem that does not answer is called back to order step by step ([`Event::Stuck`] comes when nothing helped).
//! [`probe`] finds out what stands at the other end of a cable and says it in words; [`quirks`] knows what some models do otherwise.
//! [`port`] opens a port so that no other program can, and gives it back; it may be one of this computer, or one at the other end of a
//! network ([`rfc2217`], which also gives a port of ours away). [`caller`] reads who calls. [`keeper`] keeps a modem: it is found, used and found again after
//! it was unplugged; [`io`] does that with a real port, in a thread of its own.
//!
//! [`hdlc`] makes and reads the frames that a Class 1 modem leaves to us.
//!
//! What a fax does with it, page by page, is in the fax room: this crate knows commands and not T.30.

mod api;
pub mod caller;
mod core;
pub mod fake;
mod far;
mod frame;
pub mod hdlc;
pub mod io;
pub mod keeper;
pub mod port;
pub mod probe;
pub mod quirks;
pub mod rfc2217;
mod words;

pub use api::{Event, Input, Order, Output};
pub use core::Modem;
pub use far::asked_whether_it_is_there;
pub use words::Word;
