//! One end of a call over audio: the samples of a telephone line in, and out. See the crate's description for what it promises.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::ffi::c_int;
use std::fmt;
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::config::{Config, SetupFailed, Texts};
use crate::engine::{self, Context, Events, T30};
use crate::turn::{self, Sending, Turn};

/// The most samples of one step: a tenth of a second. The engine's own work is a handful of milliseconds for it.
pub const LONGEST_STEP: usize = 800;

/// One end of a fax call over audio. It may move to another thread but not be shared.
pub struct AudioTerminal {
    raw: NonNull<sys::fax_state_t>,
    context: NonNull<Context>,
}

// SAFETY: the C state is reached through this owner only, keeps nothing in thread-local storage, and `Events` is `Send`.
unsafe impl Send for AudioTerminal {}

impl AudioTerminal {
    /// Sets up one end of a call. Nothing is said before the first [`AudioTerminal::step`].
    pub fn new(config: &Config<'_>, events: Box<dyn Events>) -> Result<Self, SetupFailed> {
        engine::silence_libtiff();
        let texts = Texts::new(config)?;
        let calling = config.document.calls();
        let context = Context::leak(events);
        // SAFETY: a null state asks for allocation.
        let raw = unsafe { sys::fax_init(std::ptr::null_mut(), calling) };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: the context came from a box and nobody else has its address.
            drop(unsafe { Box::from_raw(context.as_ptr()) });
            return Err(SetupFailed);
        };
        // From here on `drop` cleans up.
        let terminal = Self { raw, context };
        // SAFETY: `raw` is live, engine and log are part of it, and the context lives as long. A stream without gaps is what the line wants, so
        // silence is said too.
        unsafe {
            (*context.as_ptr()).sending = Sending::new(calling);
            turn::follow(sys::fax_get_logging_state(raw.as_ptr()), context);
            sys::fax_set_transmit_on_idle(raw.as_ptr(), 1);
            engine::set_up(sys::fax_get_t30_state(raw.as_ptr()), context, config, &texts)?;
        }
        Ok(terminal)
    }

    /// Hears `samples` (at 8000 a second, linear, 16 bits) and puts in their place what is to be said in the same time. What is beyond
    /// [`LONGEST_STEP`] is left alone.
    pub fn step(&mut self, samples: &mut [i16]) {
        let within = samples.len().min(LONGEST_STEP);
        let samples = &mut samples[..within];
        let Ok(len) = c_int::try_from(samples.len()) else { return };
        if !self.speaks() {
            // SAFETY: the context lives until `drop`, and outside of a step no callback has a reference to it.
            unsafe { self.context.as_mut() }.missed.listens(samples);
        }
        // SAFETY: the terminal is live, and the buffer is readable and writable for `len` samples while the calls last. Both return
        // how many they took; what the second does not fill (it fills all, see `new`) is zeroed before it.
        unsafe {
            sys::fax_rx(self.raw.as_ptr(), samples.as_mut_ptr(), len);
            samples.fill(0);
            sys::fax_tx(self.raw.as_ptr(), samples.as_mut_ptr(), len);
        }
        self.train(within as u32);
    }

    /// True if this end speaks, and hears nobody meanwhile: what it says next is a matter of time alone.
    pub fn speaks(&self) -> bool {
        // SAFETY: the context lives until `drop`, and outside of a step no callback has a reference to it.
        unsafe { self.context.as_ref() }.sending.turn() == Turn::Ours
    }

    /// So much time has passed. A training that nobody recognised has failed.
    fn train(&mut self, passed: u32) {
        // SAFETY: the context lives until `drop`, and outside of a step no callback has a reference to it.
        let context = unsafe { self.context.as_mut() };
        context.missed.pass(passed);
        let Some(left) = context.training else { return };
        context.training = left.checked_sub(passed);
        if context.training.is_none() {
            let engine = context.t30;
            // SAFETY: the engine is part of the live terminal, and the reference to the context is not used any more: this may call back.
            unsafe { sys::t30_timer_update(engine.as_ptr(), engine::REST_OF_T2) };
        }
    }

    /// The T.30 engine, between two steps.
    pub fn t30(&mut self) -> T30<'_> {
        // SAFETY: the context lives until `drop`, and outside a step no callback has a reference to it.
        unsafe { self.context.as_ref() }.t30()
    }
}

impl fmt::Debug for AudioTerminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AudioTerminal")
    }
}

impl Drop for AudioTerminal {
    fn drop(&mut self) {
        // SAFETY: both were made by `new` and are not used after this. The release may still call back, so the context goes last.
        unsafe {
            (*self.context.as_ptr()).released = true;
            sys::fax_free(self.raw.as_ptr());
            drop(Box::from_raw(self.context.as_ptr()));
        }
    }
}
