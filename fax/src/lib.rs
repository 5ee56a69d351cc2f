//! The fax room: documents become pages, pages travel by T.30 over T.38 or as sound, and pages that arrive are durable before they are
//! confirmed.

pub mod audio;
pub mod codes;
pub mod convert;
pub mod cover;
pub mod grain;
mod jpeg;
pub mod line;
pub mod page;
pub mod paper;
pub mod pdf;
pub mod preview;
pub mod queue;
pub mod rank;
pub mod sandbox;
pub mod session;
mod strip;
mod t4;
pub mod tiff;
pub mod udptl;
pub mod worker;
