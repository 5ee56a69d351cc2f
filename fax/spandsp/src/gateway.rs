//! Between two ends of a call: sound on one side, T.38 on the other. See the crate's description for what it promises.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::audio::LONGEST_STEP;
use crate::config::SetupFailed;
use crate::t38::{MAX_IFP, PACKETS_PER_STEP};

/// What it has carried so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Pages that were confirmed through it.
    pub pages: u32,
    /// The speed of the carrier that was agreed on last, in bit/s; 0 before.
    pub bit_rate: u32,
    /// With error correction.
    pub ecm: bool,
}

/// What the C callback is given.
#[derive(Debug)]
struct Context {
    packets: VecDeque<(Vec<u8>, u8)>,
    /// Packets of this step.
    count: u32,
}

/// Translates one call. It may move to another thread but not be shared.
pub struct T38Gateway {
    raw: NonNull<sys::t38_gateway_state_t>,
    context: NonNull<Context>,
}

// SAFETY: the C state is reached through this owner only, and keeps nothing in thread-local storage.
unsafe impl Send for T38Gateway {}

impl T38Gateway {
    /// For one call. It knows V.17, V.29 and V.27ter, and takes of the bits that fill a line what it can.
    pub fn new() -> Result<Self, SetupFailed> {
        let context = NonNull::from(Box::leak(Box::new(Context { packets: VecDeque::new(), count: 0 })));
        // SAFETY: a null state asks for allocation; the handler and its data live until `drop`, which frees both.
        let raw = unsafe { sys::t38_gateway_init(std::ptr::null_mut(), Some(on_packet), context.as_ptr().cast()) };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: the context came from a box and nobody else has its address.
            drop(unsafe { Box::from_raw(context.as_ptr()) });
            return Err(SetupFailed);
        };
        // SAFETY: `raw` is live. The line wants a stream without gaps, so silence is said too.
        unsafe { sys::t38_gateway_set_transmit_on_idle(raw.as_ptr(), true) };
        Ok(Self { raw, context })
    }

    /// Takes a packet from the wire. `seq` must rise by one per packet; a gap says that packets were lost. What is not an IFP packet is
    /// ignored.
    pub fn feed(&mut self, seq: u16, ifp: &[u8]) {
        let Ok(len) = c_int::try_from(ifp.len()) else { return };
        if ifp.is_empty() || ifp.len() > MAX_IFP {
            return;
        }
        self.context().count = 0;
        // SAFETY: the gateway is live, and the buffer is readable for `len` bytes while the call lasts.
        unsafe {
            let core = sys::t38_gateway_get_t38_core_state(self.raw.as_ptr());
            sys::t38_core_rx_ifp_packet(core, ifp.as_ptr(), len, seq);
        }
    }

    /// Hears `samples` (at 8000 a second, linear, 16 bits) and puts in their place what is to be said in the same time. What is beyond
    /// [`LONGEST_STEP`] is left alone.
    pub fn step(&mut self, samples: &mut [i16]) {
        let within = samples.len().min(LONGEST_STEP);
        let samples = &mut samples[..within];
        let Ok(len) = c_int::try_from(samples.len()) else { return };
        self.context().count = 0;
        // SAFETY: the gateway is live, and the buffer is readable and writable for `len` samples while the calls last.
        unsafe {
            sys::t38_gateway_rx(self.raw.as_ptr(), samples.as_mut_ptr(), len);
            samples.fill(0);
            sys::t38_gateway_tx(self.raw.as_ptr(), samples.as_mut_ptr(), len);
        }
    }

    /// The next packet for the wire, and how many copies of it should go.
    pub fn packet(&mut self) -> Option<(Vec<u8>, u8)> {
        self.context().packets.pop_front()
    }

    /// What it has carried so far.
    pub fn carried(&self) -> Carried {
        let mut stats = sys::t38_stats_t { bit_rate: 0, error_correcting_mode: false, pages_transferred: 0 };
        // SAFETY: the gateway is live, and the buffer is one such structure.
        unsafe { sys::t38_gateway_get_transfer_statistics(self.raw.as_ptr(), &raw mut stats) };
        Carried {
            pages: u32::try_from(stats.pages_transferred).unwrap_or(0),
            bit_rate: u32::try_from(stats.bit_rate).unwrap_or(0),
            ecm: stats.error_correcting_mode,
        }
    }

    /// Must not be called while a step runs, and is not: a step borrows the gateway.
    fn context(&mut self) -> &mut Context {
        // SAFETY: the context lives until `drop`, and outside of a call into C no callback has a reference to it.
        unsafe { self.context.as_mut() }
    }
}

impl fmt::Debug for T38Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("T38Gateway")
    }
}

impl Drop for T38Gateway {
    fn drop(&mut self) {
        // SAFETY: both were made by `new` and are not used after this. The release calls nobody back.
        unsafe {
            sys::t38_gateway_free(self.raw.as_ptr());
            drop(Box::from_raw(self.context.as_ptr()));
        }
    }
}

unsafe extern "C" fn on_packet(
    _core: *mut sys::t38_core_state_t,
    user: *mut c_void,
    buf: *const u8,
    len: c_int,
    copies: c_int,
) -> c_int {
    let Ok(len) = usize::try_from(len) else { return -1 };
    if buf.is_null() {
        return -1;
    }
    // SAFETY: `user` is the context that `new` registered, to which no other reference is live: callbacks run one at a time inside a
    // call, which holds none. The buffer is readable for `len` bytes while the callback lasts.
    let (context, ifp) = unsafe { (&mut *user.cast::<Context>(), std::slice::from_raw_parts(buf, len)) };
    context.count += 1;
    if context.count > PACKETS_PER_STEP {
        return -1;
    }
    context.packets.push_back((ifp.to_vec(), u8::try_from(copies).unwrap_or(1)));
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_it_stays_within_its_memory_and_goes_on_speaking() {
        let mut gateway = T38Gateway::new().unwrap();
        for packet in [&[][..], &[0xff; 4], &[0xc0], &[0xc0, 0x7f, 0x80, 0xff, 0xff], &[0; 4000]] {
            gateway.feed(0, packet);
        }
        let mut random = 1u32;
        for seq in 0..2000 {
            let mut packet = [0; 40];
            for octet in &mut packet {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *octet = (random >> 24) as u8;
            }
            gateway.feed(seq, &packet[..1 + usize::from(packet[0]) % 39]);
            gateway.step(&mut [packet[1].into(); 160]);
            while gateway.packet().is_some() {}
        }
        assert_eq!(gateway.carried().pages, 0);
    }
}
