//! What is decoded and what we say ourselves. Nothing here is on the way of a packet that is only forwarded.
//!
//! Everything happens in steps of [`TICK`] for all sessions together: first each [`ear`] gives the sound of its party for that time, then
//! rooms are mixed, then each [`mouth`] says what its party shall hear.

use std::time::Duration;

use model::Instant;

pub(crate) mod activity;
pub(crate) mod conceal;
pub(crate) mod detect;
pub(crate) mod ear;
pub(crate) mod fax_ear;
pub(crate) mod jitter;
pub(crate) mod key_ear;
pub(crate) mod keys;
pub(crate) mod mouth;
pub(crate) mod player;
pub(crate) mod record;
pub(crate) mod resample;
pub(crate) mod room;
pub(crate) mod tones;

/// One step: what a phone puts into a packet.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// Samples of a step.
pub(crate) const fn frame(rate: u32) -> usize {
    rate as usize / 50
}

/// The number of the step in which `at` lies.
pub(crate) const fn tick_of(at: Instant) -> u64 {
    at.nanos() / TICK.as_nanos() as u64
}

/// When a step begins.
pub(crate) const fn begin_of(tick: u64) -> Instant {
    Instant::from_nanos(tick.saturating_mul(TICK.as_nanos() as u64))
}
