//! A fax modem as a computer sees it: AT commands of Class 1 (T.31) on one side, the samples of a telephone line on the other.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::collections::VecDeque;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::audio::LONGEST_STEP;
use crate::config::SetupFailed;
use crate::keyboard::Keyboard;

/// What it wants of the telephone line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineOrder {
    /// Call this number.
    Dial(String),
    /// Answer the call that rings.
    Answer,
    /// End the call.
    HangUp,
}

/// What the telephone line tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineNews {
    /// It rings.
    Ringing = 1,
    /// The call that was dialled is answered.
    Connected = 2,
    /// The call that rang is answered.
    Answered = 3,
    /// Busy.
    Busy = 4,
    /// There is no line.
    NoDialTone = 5,
    /// Nobody answers.
    NoAnswer = 6,
    /// The call has ended.
    Ended = 7,
}

// `at_modem_control_operation_e` of spandsp/at_interpreter.h, which the bindings leave out.
const CALL: c_int = 0;
const ANSWER: c_int = 1;
const HANGUP: c_int = 2;
const CTS: c_int = 7;

/// Bytes for the computer that may wait to be read: a second of the fastest carrier. What is beyond is lost, as on a cable.
const MOST_WAITING: usize = 4096;
/// Orders for the line that may wait: one call has two.
const MOST_ORDERS: usize = 16;

/// What the C callbacks are given.
#[derive(Debug)]
struct Context {
    said: VecDeque<u8>,
    orders: VecDeque<LineOrder>,
    holding: bool,
    keyboard: Keyboard,
}

/// A fax modem. It may move to another thread but not be shared.
pub struct FaxModem {
    raw: NonNull<sys::t31_state_t>,
    context: NonNull<Context>,
}

// SAFETY: the C state is reached through this owner only, and keeps nothing in thread-local storage.
unsafe impl Send for FaxModem {}

impl FaxModem {
    /// A modem that is switched on, its line free.
    pub fn new() -> Result<Self, SetupFailed> {
        let context =
            Context { said: VecDeque::new(), orders: VecDeque::new(), holding: false, keyboard: Keyboard::default() };
        let context = NonNull::from(Box::leak(Box::new(context)));
        let user = context.as_ptr().cast::<c_void>();
        // SAFETY: a null state asks for allocation; the handlers and their data live until `drop`. There is no T.38 handler: it speaks
        // in samples only.
        let raw = unsafe {
            sys::t31_init(std::ptr::null_mut(), Some(on_said), user, Some(on_order), user, None, std::ptr::null_mut())
        };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: the context came from a box and nobody else has its address.
            drop(unsafe { Box::from_raw(context.as_ptr()) });
            return Err(SetupFailed);
        };
        // SAFETY: `raw` is live.
        unsafe { sys::t31_set_transmit_on_idle(raw.as_ptr(), true) };
        Ok(Self { raw, context })
    }

    /// What the computer writes. Whoever does not look at [`FaxModem::is_holding`] loses what finds no room.
    pub fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if !self.context().keyboard.passes(*byte) || self.room() == 0 {
                continue;
            }
            let byte = byte.cast_signed();
            // SAFETY: the modem is live, and one byte can be read.
            unsafe { sys::t31_at_rx(self.raw.as_ptr(), (&raw const byte).cast::<c_char>(), 1) };
        }
    }

    /// What the computer can read.
    pub fn read(&mut self) -> Vec<u8> {
        self.context().said.drain(..).collect()
    }

    /// The computer must not write now (CTS is off).
    pub fn is_holding(&mut self) -> bool {
        self.context().holding
    }

    /// What it wants of the line next.
    pub fn order(&mut self) -> Option<LineOrder> {
        self.context().orders.pop_front()
    }

    /// What the line tells it.
    pub fn tell(&mut self, news: LineNews) {
        // SAFETY: the modem is live.
        unsafe { sys::t31_call_event(self.raw.as_ptr(), news as c_int) };
    }

    /// Hears `samples` (at 8000 a second, linear, 16 bits) and puts in their place what is to be said in the same time. What is beyond
    /// [`LONGEST_STEP`] is left alone.
    pub fn step(&mut self, samples: &mut [i16]) {
        let within = samples.len().min(LONGEST_STEP);
        let samples = &mut samples[..within];
        let Ok(len) = c_int::try_from(samples.len()) else { return };
        // SAFETY: the modem is live, and the buffer is readable and writable for `len` samples while the calls last.
        unsafe {
            sys::t31_rx(self.raw.as_ptr(), samples.as_mut_ptr(), len);
            samples.fill(0);
            sys::t31_tx(self.raw.as_ptr(), samples.as_mut_ptr(), len);
        }
    }

    /// Bytes that find room in the buffer of what is to be sent.
    fn room(&mut self) -> usize {
        // SAFETY: the modem is live; this subtracts.
        usize::try_from(unsafe { sys::t31_at_rx_free_space(self.raw.as_ptr()) }).unwrap_or(0)
    }

    /// Must not be called while a step runs, and is not: a step borrows the modem.
    fn context(&mut self) -> &mut Context {
        // SAFETY: the context lives until `drop`, and outside of a call into C no callback has a reference to it.
        unsafe { self.context.as_mut() }
    }
}

impl fmt::Debug for FaxModem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FaxModem")
    }
}

impl Drop for FaxModem {
    fn drop(&mut self) {
        // SAFETY: both were made by `new` and are not used after this. The release may still call back, so the context goes last.
        unsafe {
            sys::t31_free(self.raw.as_ptr());
            drop(Box::from_raw(self.context.as_ptr()));
        }
    }
}

unsafe extern "C" fn on_said(user: *mut c_void, buf: *const u8, len: usize) -> c_int {
    if buf.is_null() {
        return 0;
    }
    // SAFETY: `user` is the context that `new` registered, to which no other reference is live: callbacks run one at a time inside a
    // call, which holds none. The buffer is readable for `len` bytes while the callback lasts.
    let (context, said) = unsafe { (&mut *user.cast::<Context>(), std::slice::from_raw_parts(buf, len)) };
    context.keyboard.answered(said);
    let room = MOST_WAITING.saturating_sub(context.said.len());
    context.said.extend(said.iter().take(room));
    0
}

unsafe extern "C" fn on_order(
    _modem: *mut sys::t31_state_t,
    user: *mut c_void,
    operation: c_int,
    number: *const c_char,
) -> c_int {
    // SAFETY: as in `on_said`.
    let context = unsafe { &mut *user.cast::<Context>() };
    let order = match operation {
        CALL if !number.is_null() => {
            // SAFETY: with this operation it is a zero-terminated text, which lives while the callback lasts.
            LineOrder::Dial(unsafe { CStr::from_ptr(number) }.to_string_lossy().into_owned())
        }
        ANSWER => LineOrder::Answer,
        HANGUP => LineOrder::HangUp,
        CTS => {
            // With this operation it is no pointer but a truth value.
            context.holding = number.is_null();
            return 0;
        }
        _ => return 0,
    };
    if context.orders.len() < MOST_ORDERS {
        context.orders.push_back(order);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(modem: &mut FaxModem, line: &str) -> String {
        modem.write(line.as_bytes());
        String::from_utf8_lossy(&modem.read()).replace("\r\n", " ").trim().to_owned()
    }

    #[test]
    fn it_answers_as_a_modem_does() {
        let mut modem = FaxModem::new().unwrap();
        assert_eq!(say(&mut modem, "ATE0\r"), "ATE0\r OK");
        assert!(say(&mut modem, "AT+FCLASS=?\r").starts_with("0,1"));
        assert_eq!(say(&mut modem, "AT+FCLASS=1\r"), "OK");
        assert!(say(&mut modem, "AT+FTM=?\r").contains("145"));
        assert_eq!(say(&mut modem, "ATDT12025550123\r"), "");
        assert_eq!(modem.order(), Some(LineOrder::Dial("12025550123".to_owned())));
        modem.tell(LineNews::Busy);
        assert_eq!(String::from_utf8_lossy(&modem.read()).trim(), "BUSY");
    }

    #[test]
    fn whatever_is_written_it_stays_within_its_memory() {
        let mut modem = FaxModem::new().unwrap();
        say(&mut modem, "ATE0\r");
        say(&mut modem, "AT+FCLASS=1\r");
        say(&mut modem, &format!("ATDT{}\r", "9".repeat(1000)));
        let dialled = modem.order();
        assert!(matches!(&dialled, Some(LineOrder::Dial(number)) if number.len() < 100), "{dialled:?}");
        modem.tell(LineNews::Connected);
        modem.tell(LineNews::Ended);
        modem.read();
        say(&mut modem, "ATA\r");
        modem.tell(LineNews::Answered);
        for _ in 0..300 {
            modem.step(&mut [0; 160]);
        }
        assert!(String::from_utf8_lossy(&modem.read()).contains("CONNECT"));
        modem.write(&[0x55; 5000]);
        for _ in 0..300 {
            modem.step(&mut [0; 160]);
        }
    }
}
