//! See `targets::sound`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::sound::run(data));
