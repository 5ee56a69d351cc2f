//! Whose turn it is at the end of a call: what the terminal is sending, and over T.38 whether it has come to its end.
//!
//! The library keeps that to itself, but its front ends say in their logs which modem they are told to send by, and over T.38 each signal ends in a
//! packet of its own. A text that is not known leaves it open, and then nothing is taken for granted.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::engine::{Context, context};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// This end, and it hears nobody meanwhile: what it sends next is a matter of time alone.
    Ours,
    /// The far end. Nothing leaves before something comes, or a timer of T.30 has run out; the shortest is 200 ms.
    Theirs,
    /// Between the two, or not known.
    Open,
}

/// What a front end's log says when it is told what to send by; a number of `t30_modem_e` follows, as sound after its name and in brackets.
const SET: &[u8] = b"Set tx type ";
/// The indicators that end a signal, or stand for one that lasts until something comes (T.38 section 7.2).
const NO_SIGNAL: u8 = 0;
const CNG: u8 = 1 << 1;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sending {
    modem: Option<u32>,
    /// The packet that left last, if it was an indicator.
    indicator: Option<u8>,
}

impl Sending {
    /// That of an end that calls, or answers.
    pub(crate) const fn new(calls: bool) -> Self {
        let modem = if calls { sys::t30_modem_e_T30_MODEM_CNG } else { sys::t30_modem_e_T30_MODEM_CED };
        Self { modem: Some(modem), indicator: None }
    }

    /// The front end's log says this.
    pub(crate) fn logged(&mut self, text: &[u8]) {
        if let Some(modem) = text.strip_prefix(SET) {
            let number = |modem: &str| modem.rsplit('(').next()?.trim_end().trim_end_matches(')').parse().ok();
            self.modem = std::str::from_utf8(modem).ok().and_then(number);
        }
    }

    /// A packet leaves.
    pub(crate) const fn sent(&mut self, ifp: &[u8]) {
        self.indicator = if let [indicator] = ifp { Some(*indicator) } else { None };
    }

    pub(crate) fn turn(&self) -> Turn {
        match self.modem {
            Some(sys::t30_modem_e_T30_MODEM_NONE) if self.indicator == Some(NO_SIGNAL) => Turn::Theirs,
            Some(sys::t30_modem_e_T30_MODEM_CNG) if self.indicator == Some(CNG) => Turn::Theirs,
            Some(sys::t30_modem_e_T30_MODEM_NONE | sys::t30_modem_e_T30_MODEM_CNG) | None => Turn::Open,
            Some(sys::t30_modem_e_T30_MODEM_DONE..) => Turn::Open,
            Some(_) => Turn::Ours,
        }
    }
}

/// Has the log of a front end, which says little (a line for each frame, and none for a packet), tell who speaks.
///
/// # Safety
/// `log` is part of a live terminal, and `context` lives as long.
pub(crate) unsafe fn follow(log: *mut sys::logging_state_t, context: NonNull<Context>) {
    // SAFETY: by the contract above.
    unsafe {
        sys::span_log_set_message_handler(log, Some(on_log), context.as_ptr().cast());
        sys::span_log_set_level(log, sys::SPAN_LOG_FLOW as c_int);
    }
}

unsafe extern "C" fn on_log(user: *mut c_void, _level: c_int, text: *const c_char) {
    if !text.is_null() {
        // SAFETY: see `context`; no other callback runs while the front end speaks. The text is zero-terminated and stays as it is meanwhile.
        let (context, text) = unsafe { (context(user), CStr::from_ptr(text)) };
        context.sending.logged(text.to_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_with_the_packet_that_ends_its_signal() {
        let mut sending = Sending::new(true);
        assert_eq!(sending.turn(), Turn::Open);
        for (text, packet, turn) in [
            ("Set rx type 4\n", &[NO_SIGNAL][..], Turn::Open),
            ("", &[CNG], Turn::Theirs),
            ("Set tx type 4\n", &[6], Turn::Ours),
            ("Type DCS - CRC OK (clean)\n", &[0xc0, 1, 0x80, 0, 0, 0xff], Turn::Ours),
            ("Set tx type 0\n", &[0xc0, 1, 0x50], Turn::Open),
            ("", &[NO_SIGNAL], Turn::Theirs),
            ("Set tx type 9\n", &[NO_SIGNAL], Turn::Open),
            ("Set tx type of another kind\n", &[NO_SIGNAL], Turn::Open),
            ("Set tx type V.21 (4)\n", &[6], Turn::Ours),
            ("Set tx type None (0)\n", &[6], Turn::Open),
            ("Set tx type V.17 (7)", &[6], Turn::Ours),
            ("Set tx type V.17 (7", &[6], Turn::Ours),
            ("Set tx type ()", &[6], Turn::Open),
        ] {
            sending.logged(text.as_bytes());
            sending.sent(packet);
            assert_eq!(sending.turn(), turn, "{text}");
        }
        assert_eq!(Sending::new(false).turn(), Turn::Ours);
    }
}
