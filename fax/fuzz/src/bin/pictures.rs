//! See `targets::pictures`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::pictures::run(data));
