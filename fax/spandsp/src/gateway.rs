//! Between two ends of a call: sound on one side, T.38 on the other. See the crate's description for what it promises.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::audio::LONGEST_STEP;
use crate::config::SetupFailed;
use crate::engine::modems;
use crate::hazard::{CTC, DCS, DTC};
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

/// What the C callbacks are given.
#[derive(Debug, Default)]
struct Context {
    packets: VecDeque<(Vec<u8>, u8)>,
    /// Packets of this step.
    count: u32,
    pages: Pages,
}

/// Which way pages go. The fast modems that speak and those that hear lie in the same memory, and a gateway that was made ready to hear one goes on hearing
/// when one begins to speak there: it would act on the other's state as if it were its own, down to the addresses of functions. A call in
/// which both ends send pages is rare, and ends here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pages {
    /// From the machine: it has said so, or was asked to.
    from_machine: bool,
    /// From the line over IP: a fast modem is to train.
    from_line: bool,
}

impl Pages {
    /// A frame was heard of the machine, or came over IP. Only these make the C code ready to hear a fast modem.
    fn frame(&mut self, of_machine: bool, frame: &[u8]) {
        self.from_machine |= match frame.get(2) {
            Some(fcf) if of_machine => matches!(fcf & 0xfe, DCS | CTC),
            fcf => fcf == Some(&DTC),
        };
    }

    /// A packet over IP is about to be acted on: an indicator, or data, which begins a modem as well if its indicator was lost (T.38 section 7.2 and
    /// 7.3). Both have four bits for the kind; kinds that need more bits begin nothing.
    fn packet(&mut self, ifp: &[u8]) {
        const DATA: u8 = 0x40;
        const EXTENDED: u8 = 0x20;
        /// The first of V.27ter, V.29 and V.17 among indicators, and among data.
        const FAST: (u8, u8) = (4, 1);
        self.from_line |= ifp.first().is_some_and(|octet| {
            let first_fast = if octet & DATA == 0 { FAST.0 } else { FAST.1 };
            octet & EXTENDED == 0 && (octet >> 1) & 0xf >= first_fast
        });
    }

    const fn go_both_ways(self) -> bool {
        self.from_machine && self.from_line
    }
}

/// Translates one call. It may move to another thread but not be shared.
pub struct T38Gateway {
    raw: NonNull<sys::t38_gateway_state_t>,
    context: NonNull<Context>,
}

// SAFETY: the C state is reached through this owner only, and keeps nothing in thread-local storage.
unsafe impl Send for T38Gateway {}

impl T38Gateway {
    /// For one call. It knows V.17, V.29 and V.27ter, and takes of the bits that fill a line what it can. Of what a machine says that it can
    /// receive, on either side, it passes on only those that go no faster than `max_bit_rate`.
    pub fn new(max_bit_rate: u16) -> Result<Self, SetupFailed> {
        let context = NonNull::from(Box::leak(Box::<Context>::default()));
        // SAFETY: a null state asks for allocation; the handler and its data live until `drop`, which frees both.
        let raw = unsafe { sys::t38_gateway_init(std::ptr::null_mut(), Some(on_packet), context.as_ptr().cast()) };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: the context came from a box and nobody else has its address.
            drop(unsafe { Box::from_raw(context.as_ptr()) });
            return Err(SetupFailed);
        };
        // SAFETY: `raw` is live. The line wants a stream without gaps, so silence is said too.
        unsafe {
            sys::t38_gateway_set_supported_modems(raw.as_ptr(), modems(max_bit_rate));
            sys::t38_gateway_set_transmit_on_idle(raw.as_ptr(), true);
            sys::t38_gateway_set_real_time_frame_handler(raw.as_ptr(), Some(on_frame), context.as_ptr().cast());
        }
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
        self.context().pages.packet(ifp);
        if self.is_over() {
            return;
        }
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
        if !self.is_over() {
            // SAFETY: the gateway is live, and the buffer is readable and writable for `len` samples while the call lasts.
            unsafe { sys::t38_gateway_rx(self.raw.as_ptr(), samples.as_mut_ptr(), len) };
        }
        samples.fill(0);
        // What was heard may have been the end of it.
        if !self.is_over() {
            // SAFETY: as above.
            unsafe { sys::t38_gateway_tx(self.raw.as_ptr(), samples.as_mut_ptr(), len) };
        }
    }

    /// Both ends want to send pages, which it cannot carry: from now on it hears nothing and says silence.
    pub const fn is_over(&self) -> bool {
        // SAFETY: the context lives until `drop`, and outside of a call into C no callback has a reference to it.
        unsafe { self.context.as_ref() }.pages.go_both_ways()
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

unsafe extern "C" fn on_frame(user: *mut c_void, of_machine: bool, frame: *const u8, len: c_int) {
    let Ok(len) = usize::try_from(len) else { return };
    if frame.is_null() {
        return;
    }
    // SAFETY: as in `on_packet`.
    let (context, frame) = unsafe { (&mut *user.cast::<Context>(), std::slice::from_raw_parts(frame, len)) };
    context.pages.frame(of_machine, frame);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_it_stays_within_its_memory_and_goes_on_speaking() {
        let mut gateway = T38Gateway::new(14_400).unwrap();
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

    /// Packets that carry a frame over IP, whole: its preamble, itself with a good check, and its end. Octets travel with their first bit highest.
    fn frame(frame: &[u8]) -> [Vec<u8>; 3] {
        let mut data = vec![0xc0, 2, 0x80, 0, frame.len() as u8 - 1];
        data.extend(frame.iter().map(|octet| octet.reverse_bits()));
        data.push(0x20);
        [vec![0x06], data, vec![0xc0, 1, 0x10]]
    }

    fn hear_noise(gateway: &mut T38Gateway, steps: u32) -> bool {
        let mut random = 1u32;
        let mut silent = true;
        for _ in 0..steps {
            let mut samples = [0; 160].map(|_: i16| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 18) as i16 - 8192
            });
            gateway.step(&mut samples);
            silent &= samples.iter().all(|sample| *sample == 0);
        }
        silent
    }

    /// The line asks the machine for pages in V.29, and says that it may send: the gateway makes itself ready to hear them. Then the line sends pages
    /// by itself.
    #[test]
    fn a_call_in_which_both_ends_send_pages_ends() {
        const TRAINING: u8 = 0x1e;
        let dtc = [0xff, 0x13, 0x81, 0, 0x04, 0, 0];
        let cfr = [0xff, 0x13, 0x84];
        for begin in [&[0x08][..], &[0x0c], &[TRAINING], &[0xce, 1, 0x80, 0, 0, 0xff]] {
            let mut gateway = T38Gateway::new(14_400).unwrap();
            for (seq, packet) in (0..).zip(frame(&dtc).into_iter().chain(frame(&cfr))) {
                gateway.feed(seq, &packet);
                hear_noise(&mut gateway, 50);
            }
            assert!(!gateway.is_over(), "one way only");
            gateway.feed(6, begin);
            assert!(gateway.is_over());
            assert!(hear_noise(&mut gateway, 500));
        }
        let mut gateway = T38Gateway::new(14_400).unwrap();
        gateway.feed(0, &[TRAINING]);
        hear_noise(&mut gateway, 10);
        assert!(!gateway.is_over());
        for (seq, packet) in (1..).zip(frame(&dtc)) {
            gateway.feed(seq, &packet);
        }
        assert!(gateway.is_over());
    }
}
