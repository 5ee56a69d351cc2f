//! See `targets::typed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::typed::run(data));
