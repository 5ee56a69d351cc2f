//! See `targets::page`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::page::run(data));
