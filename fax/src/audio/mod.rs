//! Fax as sound: G.711 in the packets of an ordinary call.
//!
//! A modem hears every sample that is missing, and every one that was put in. So what comes is played after a fixed time
//! ([`playout::DEPTH`]) that never adapts, what is lost is filled with the waveform that was there before and never with silence, and
//! nothing (no gain control, echo canceller, voice detector, transcoder) stands between the packet and the modem. Both directions run
//! by one clock, the far end's: [`Playout::drift`] says how much ours must give.

mod law;
mod playout;

pub use law::Law;
pub use playout::{DEPTH, Playout};
