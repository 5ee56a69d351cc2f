//! See `targets::gateway`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::gateway::run(data));
