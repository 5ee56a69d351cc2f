//! Media: one [`Engine`] owns every call's packets, forwards them the moment they come, and counts what happened to them.
//!
//! * [`api`]: what goes in and what comes out; [`Engine`] is the core behind it, without socket, clock or thread.
//! * [`io`]: the media thread, the one shell around the engine.
//! * [`sdp`]: what two ends agree about their media, read from hostile text and written by us.
//! * [`Ports`]: which local ports are free.
//!
//! What fails here fails for one session: a packet that is no RTP, or that comes from a stranger, is dropped; a port that can't be
//! bound ends its session with `Event::BindFailed`. Every session ends with exactly one `BindFailed` or `Closed`.
//! Audio is G.711 passed through, so nothing here decodes, mixes or reorders: the jitter buffer is the phone's.

pub mod api;
pub mod io;
pub mod sdp;

pub mod dtls;
mod dtmf;
mod engine;
pub mod ice;
mod ids;
mod latch;
mod ports;
mod rtp;
pub mod srtp;
mod stats;

pub use api::{Command, Event, Input, Output, SessionId};
pub use engine::{Config, Engine, Forward};
pub use ports::Ports;
