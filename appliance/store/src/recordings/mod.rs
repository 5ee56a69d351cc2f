//! Recordings of calls: taken part by part, each durable as it comes, so that a crash costs the second that was under way.
//!
//! A recording that has parts is never forgotten: whatever ends the call, or the program, it is kept with the call's record. What its
//! people paused is nowhere; that they did is.

mod marks;
mod read;
mod take;

pub use read::{Recordings, Voices};

pub(crate) use marks::{mark, purge};
pub(crate) use read::open;
pub(crate) use take::take;
