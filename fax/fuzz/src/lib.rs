//! What the fuzzer of documents runs.

pub mod pictures;
