//! See `targets::server`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::server::run(data));
