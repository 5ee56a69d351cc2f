//! See `targets::packets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::packets::run(data));
