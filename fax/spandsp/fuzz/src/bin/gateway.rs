//! See `targets::gateway`.
#![no_main]

use std::ffi::{CStr, c_char};

/// The one function whose copies are not reported, by its name and by that of what it calls, which may be a part of it.
const SUPPRESSED: &CStr =
    c"interceptor_via_fun:t38_gateway_init\ninterceptor_via_fun:t38_gateway_set_nsx_suppression\n";

/// AddressSanitizer asks for this when it starts.
#[unsafe(no_mangle)]
pub extern "C" fn __asan_default_suppressions() -> *const c_char {
    SUPPRESSED.as_ptr()
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::gateway::run(data));
