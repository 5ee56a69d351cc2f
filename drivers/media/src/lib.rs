//! Media: one [`Engine`] owns every call's packets, forwards them the moment they come, and counts what happened to them.
//!
//! * [`api`]: what goes in and what comes out; [`Engine`] is the core behind it, without socket, clock or thread.
//! * [`io`]: the media thread, the one shell around the engine.
//! * [`sdp`]: what two ends agree about their media, read from hostile text and written by us.
//! * [`Ports`]: which local ports are free.
//!
//! Each end is told how its sound arrives, and tells how ours does (RTCP); what a call was like follows from both, and is told at its end.
//!
//! What fails here fails for one session: a packet that is no RTP, or that comes from a stranger, is dropped; a port that can't be
//! bound ends its session with `Event::BindFailed`. Every session ends with exactly one `BindFailed` or `Closed`.
//! A packet that is only forwarded is not decoded, mixed or reordered: the jitter buffer is the phone's, and it waits for none of that.

pub mod api;
pub mod file;
pub mod io;
pub mod sdp;
pub mod sound;

pub mod dtls;

mod codec;
mod dtmf;
mod engine;
mod family;
pub mod ice;
mod latch;
mod ports;
mod quality;
mod rtcp;
mod rtp;
pub mod srtp;
mod stats;
mod voice;

pub use api::{Command, Event, Heard, Input, Output, Reports, Said, SessionId, Takes, Voice};
pub use engine::{Config, Engine, Forward};
pub use family::{Addresses, Family, Home};
pub use ports::Ports;
pub use sound::{Clip, PlayId, RecordEnd, RecordId, RecordLimits, RoomId, Sound, Tone};
pub use voice::room::MAX_PARTIES;
