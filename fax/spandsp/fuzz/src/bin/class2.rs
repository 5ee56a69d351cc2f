//! See `targets::class2`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::class2::run(data));
