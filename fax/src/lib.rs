//! The fax room: documents become pages, pages travel by T.30 over T.38 or as sound, and pages that arrive are durable before they are
//! confirmed.
#![cfg_attr(
    not(all(feature = "documents", feature = "queue")),
    allow(dead_code, reason = "what the fuzzers build is a part that the rest reads")
)]

pub mod audio;
#[cfg(feature = "documents")]
pub mod codes;
#[cfg(feature = "documents")]
pub mod convert;
#[cfg(feature = "documents")]
pub mod cover;
pub mod grain;
#[cfg(feature = "documents")]
mod jpeg;
#[cfg(feature = "documents")]
mod lettering;
pub mod line;
pub mod page;
#[cfg(feature = "documents")]
pub mod paper;
#[cfg(feature = "documents")]
pub mod pdf;
#[cfg(feature = "documents")]
pub mod preview;
#[cfg(feature = "queue")]
pub mod queue;
pub mod rank;
pub mod sandbox;
pub mod session;
mod strip;
mod t4;
pub mod tiff;
pub mod udptl;
pub mod worker;
