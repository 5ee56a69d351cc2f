//! spandsp behind a safe face: a terminal, which is one end of one fax call, a modem, which is one for another's program, and a gateway, which stands
//! between two ends. This is the only crate with foreign code.
//!
//! A [`T38Terminal`] or an [`AudioTerminal`] owns its C state and the [`Events`] that the C code calls back into. It has no thread,
//! clock or socket of its own: [`T38Terminal::feed`] gives it a packet and [`T38Terminal::tick`] lets time pass, [`AudioTerminal::step`]
//! gives it what was heard meanwhile; what it wants to say comes through `Events` while one of them runs, or is said in that
//! step. Pages are read from and written to the file named in [`Config`], through libtiff. The packets are those of T.38 version 0,
//! which is what the SDP must agree on.
//!
//! # What is kept out of reach
//! The C code has faults that a hostile far end could reach. They are made unreachable here:
//! * The "no pacing" mode (for TCP) computes a negative copy length. There is no way to switch it on.
//! * Two kinds of frames make it leave its memory (see `hazard.rs`). It sees a goodbye instead.
//! * It confirms a page without error correction that never came (see `missed.rs`). It is told to ask for it again.
//! * A modem has room for so many digits and for so long a frame, and does not count (see `keyboard.rs`). It sees no more.
//! * In a gateway, a modem that hears and one that speaks may be made to work on the same memory (see `gateway.rs`). It stops before.
//! * A late confirmation that collides with a repeated command makes it emit empty packets without end inside one tick.
//!   After [`PACKETS_PER_STEP`] packets of one step the terminal refuses more, which ends the call.
//!
//! A gateway reads two octets behind a text of its own when it is made (`t38_gateway_set_nsx_suppression` copies six of four): harmless, but
//! AddressSanitizer stops there, so that no fuzzer runs it.
//!
//! A modem that is taken down leaves 4 KiB behind, which its state hides from us (`t31_release` empties a queue and does not free it); make
//! one for each process.
//!
//! A crash of the C code is still possible: run one terminal per sandboxed process and count on losing it.

mod audio;
mod config;
mod engine;
mod front;
mod gateway;
mod hazard;
mod keyboard;
mod missed;
mod modem;
pub mod status;
mod t38;
mod t85;
mod turn;

pub use audio::{AudioTerminal, LONGEST_STEP};
pub use config::{Config, Document, Finest, SetupFailed};
pub use engine::{Events, Pages, ReceivedPage, T30, prepare};
pub use front::{Carrier, FrontNews, FrontOrder, FrontTerminal, Signal};
pub use gateway::{Carried, T38Gateway};
pub use missed::Missing;
pub use modem::{FaxModem, LineNews, LineOrder};
pub use t38::{PACKETS_PER_STEP, T38Terminal};
pub use t85::pack_t85;
pub use turn::Turn;
