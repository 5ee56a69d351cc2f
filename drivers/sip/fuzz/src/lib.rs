//! What the fuzzers run: each function takes any bytes, and panics if a promise of the crate `sip`, or `media`, does not hold.
//!
//! They are plain functions, so that tests run them too (`drivers/sip/tests/hostile.rs`).

pub mod address;
pub mod endpoint;
pub mod message;
pub mod reports;
pub mod stream;
