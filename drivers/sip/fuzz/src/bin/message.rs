//! See `targets::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::message::run(data));
