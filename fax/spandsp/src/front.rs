//! One end of a call whose modem is elsewhere: the T.30 engine alone, for a front end that drives a modem by commands.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::ptr::NonNull;

use serde::{Deserialize, Serialize};
use spandsp_sys as sys;

use crate::config::{Config, SetupFailed, Texts};
use crate::engine::{self, Context, Events, T30, TRAINING_SEEN, bytes};

/// What travels on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    /// Nothing.
    None,
    /// Nothing for so many milliseconds.
    Pause(u32),
    /// The answering tone.
    Ced,
    /// The calling tone.
    Cng,
    /// Frames at 300 bit/s.
    V21,
    /// The fast carriers.
    Fast {
        /// Which.
        carrier: Carrier,
        /// In bit/s.
        bit_rate: u16,
        /// With the short training sequence, after a long one.
        short_training: bool,
        /// It carries frames (a page under error correction), and not a page as it is.
        frames: bool,
    },
    /// The call is over.
    Done,
}

/// A carrier of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Carrier {
    /// V.27ter.
    V27ter,
    /// V.29.
    V29,
    /// V.17.
    V17,
}

/// What the engine wants of the front end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrontOrder {
    /// Listen for this.
    Receive(Signal),
    /// Send this.
    Transmit(Signal),
    /// Send this frame, on the signal that is sent.
    Frame(Vec<u8>),
    /// There is no further frame.
    LastFrame,
    /// Forget the frames that are not sent yet.
    Flush,
}

/// What the front end has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrontNews {
    /// The signal, the frame, or the last of the frames is sent.
    Sent,
    /// The carrier that is listened for is there.
    CarrierUp,
    /// It has gone.
    CarrierDown,
    /// Its training has succeeded.
    Trained,
    /// Frames can be told from noise.
    FramingOk,
    /// The carrier of a page was there, or must have been: what comes now follows that page.
    Training,
}

// `SIG_STATUS_…` of spandsp/async.h.
const CARRIER_DOWN: c_int = -1;
const CARRIER_UP: c_int = -2;
const TRAINED: c_int = -4;
const FRAMING_OK: c_int = -6;

/// Orders that may wait. The engine gives a handful for each step of the front end; a page's data is asked for.
const MOST_ORDERS: usize = 64;
/// The longest frame: 256 octets of a page and what stands around them.
const LONGEST_FRAME: usize = 270;

/// One end of a fax call without a modem. It may move to another thread but not be shared.
pub struct FrontTerminal {
    raw: NonNull<sys::t30_state_t>,
    context: NonNull<Context>,
    orders: NonNull<VecDeque<FrontOrder>>,
    listening: Signal,
}

// SAFETY: the C state is reached through this owner only, keeps nothing in thread-local storage, and `Events` is `Send`.
unsafe impl Send for FrontTerminal {}

impl FrontTerminal {
    /// Sets up one end of a call. The first orders are there at once.
    pub fn new(config: &Config<'_>, events: Box<dyn Events>) -> Result<Self, SetupFailed> {
        engine::silence_libtiff();
        let texts = Texts::new(config)?;
        let calling = config.document.calls();
        let context = Context::leak(events);
        let orders = NonNull::from(Box::leak(Box::<VecDeque<FrontOrder>>::default()));
        let user = orders.as_ptr().cast::<c_void>();
        // SAFETY: a null state asks for allocation; the handlers and their data live until `drop`, which frees both.
        let raw = unsafe {
            sys::t30_init(
                std::ptr::null_mut(),
                calling,
                Some(on_receive),
                user,
                Some(on_transmit),
                user,
                Some(on_frame_to_send),
                user,
            )
        };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: both came from boxes and nobody else has their addresses.
            unsafe {
                drop(Box::from_raw(context.as_ptr()));
                drop(Box::from_raw(orders.as_ptr()));
            }
            return Err(SetupFailed);
        };
        // From here on `drop` cleans up.
        let terminal = Self { raw, context, orders, listening: Signal::None };
        // SAFETY: `raw` is live.
        unsafe { engine::set_up(raw.as_ptr(), context, config, &texts)? };
        Ok(terminal)
    }

    /// What it wants next.
    pub fn order(&mut self) -> Option<FrontOrder> {
        // SAFETY: the queue lives until `drop`, and outside of a call into C no callback has a reference to it.
        let order = unsafe { self.orders.as_mut() }.pop_front();
        if let Some(FrontOrder::Receive(signal)) = &order {
            self.listening = *signal;
        }
        order
    }

    /// Something has come about.
    pub fn tell(&mut self, news: FrontNews) {
        let raw = self.raw.as_ptr().cast::<c_void>();
        let page = matches!(self.listening, Signal::Fast { frames: false, .. });
        let status = match news {
            FrontNews::Sent => {
                // SAFETY: the engine is live and is the user data of its own functions.
                unsafe { sys::t30_front_end_status(raw, sys::T30_FRONT_END_SEND_STEP_COMPLETE as c_int) };
                return;
            }
            FrontNews::CarrierUp => CARRIER_UP,
            FrontNews::CarrierDown => CARRIER_DOWN,
            FrontNews::Trained => TRAINED,
            FrontNews::FramingOk => FRAMING_OK,
            FrontNews::Training => TRAINING_SEEN,
        };
        // SAFETY: as above. A status is no frame: the engine looks at no octet of it.
        unsafe {
            if page {
                sys::t30_non_ecm_put_bit(raw, status);
            } else {
                sys::t30_hdlc_accept(raw, std::ptr::null(), status, 1);
            }
        }
    }

    /// A frame came, without its check sum. What is no frame of T.30 is ignored.
    pub fn frame(&mut self, frame: &[u8], good: bool) {
        if frame.is_empty() || frame.len() > LONGEST_FRAME {
            return;
        }
        // The engine writes into what it reads (see `engine::on_frame`), and looks at a frame's first octets whatever its length.
        let mut room = [0; LONGEST_FRAME + 16];
        room[..frame.len()].copy_from_slice(frame);
        let length = frame.len() as c_int;
        // SAFETY: the engine is live, and the buffer is readable and writable for `length` octets and some while the call lasts.
        unsafe {
            sys::t30_hdlc_accept(self.raw.as_ptr().cast(), room.as_mut_ptr().cast_const(), length, c_int::from(good));
        }
    }

    /// Part of a page came, as it is; the first bit that came is the lowest of its octet.
    pub fn put(&mut self, data: &[u8]) {
        for part in data.chunks(1024) {
            // SAFETY: the engine is live, and the buffer is readable for its length while the call lasts.
            unsafe { sys::t30_non_ecm_put(self.raw.as_ptr().cast(), part.as_ptr(), part.len() as c_int) };
        }
    }

    /// The next part of the page to send, at most so long; shorter at its end.
    pub fn take(&mut self, most: usize) -> Vec<u8> {
        let mut data = vec![0; most.min(4096)];
        // SAFETY: the engine is live, and the buffer is writable for its length while the call lasts.
        let taken = unsafe { sys::t30_non_ecm_get(self.raw.as_ptr().cast(), data.as_mut_ptr(), data.len() as c_int) };
        data.truncate(usize::try_from(taken).unwrap_or(0));
        data
    }

    /// Lets `samples` of 1/8000 s pass.
    pub fn pass(&mut self, samples: u32) {
        // SAFETY: the context lives until `drop`, and outside a step no callback has a reference to it.
        unsafe { self.context.as_mut() }.missed.pass(samples);
        // SAFETY: the engine is live.
        unsafe { sys::t30_timer_update(self.raw.as_ptr(), c_int::try_from(samples).unwrap_or(c_int::MAX)) };
    }

    /// The T.30 engine, between two steps.
    pub fn t30(&mut self) -> T30<'_> {
        // SAFETY: the context lives until `drop`, and outside a step no callback has a reference to it.
        unsafe { self.context.as_ref() }.t30()
    }
}

impl fmt::Debug for FrontTerminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrontTerminal")
    }
}

impl Drop for FrontTerminal {
    fn drop(&mut self) {
        // SAFETY: all were made by `new` and are not used after this. The release may still call back, so what that needs goes last.
        unsafe {
            (*self.context.as_ptr()).released = true;
            sys::t30_free(self.raw.as_ptr());
            drop(Box::from_raw(self.context.as_ptr()));
            drop(Box::from_raw(self.orders.as_ptr()));
        }
    }
}

/// # Safety
/// `user` is the queue that `new` registered, to which no other reference is live: callbacks run one at a time inside a call into C, which
/// holds none.
unsafe fn push(user: *mut c_void, order: FrontOrder) {
    // SAFETY: by the contract above.
    let orders = unsafe { &mut *user.cast::<VecDeque<FrontOrder>>() };
    if orders.len() < MOST_ORDERS {
        orders.push_back(order);
    }
}

unsafe extern "C" fn on_receive(user: *mut c_void, kind: c_int, bit_rate: c_int, short: c_int, frames: c_int) {
    // SAFETY: see `push`.
    unsafe { push(user, FrontOrder::Receive(signal(kind, bit_rate, short, frames))) };
}

unsafe extern "C" fn on_transmit(user: *mut c_void, kind: c_int, bit_rate: c_int, short: c_int, frames: c_int) {
    // SAFETY: see `push`.
    unsafe { push(user, FrontOrder::Transmit(signal(kind, bit_rate, short, frames))) };
}

unsafe extern "C" fn on_frame_to_send(user: *mut c_void, frame: *const u8, length: c_int) {
    let order = match length {
        0 => FrontOrder::LastFrame,
        ..0 => FrontOrder::Flush,
        // SAFETY: the frame is readable for its length while the callback lasts.
        _ => FrontOrder::Frame(unsafe { bytes(frame, length) }.to_vec()),
    };
    // SAFETY: see `push`.
    unsafe { push(user, order) };
}

fn signal(kind: c_int, bit_rate: c_int, short: c_int, frames: c_int) -> Signal {
    let fast = |carrier| Signal::Fast {
        carrier,
        bit_rate: u16::try_from(bit_rate).unwrap_or(0),
        short_training: short != 0,
        frames: frames != 0,
    };
    match u32::try_from(kind) {
        Ok(sys::t30_modem_e_T30_MODEM_PAUSE) => Signal::Pause(u32::try_from(short).unwrap_or(0)),
        Ok(sys::t30_modem_e_T30_MODEM_CED) => Signal::Ced,
        Ok(sys::t30_modem_e_T30_MODEM_CNG) => Signal::Cng,
        Ok(sys::t30_modem_e_T30_MODEM_V21) => Signal::V21,
        Ok(sys::t30_modem_e_T30_MODEM_V27TER) => fast(Carrier::V27ter),
        Ok(sys::t30_modem_e_T30_MODEM_V29) => fast(Carrier::V29),
        Ok(sys::t30_modem_e_T30_MODEM_V17) => fast(Carrier::V17),
        Ok(sys::t30_modem_e_T30_MODEM_DONE) => Signal::Done,
        _ => Signal::None,
    }
}
