//! See `targets::pdf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::pdf::run(data));
