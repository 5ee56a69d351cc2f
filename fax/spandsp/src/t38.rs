//! One end of a call over T.38. See the crate's description for what it promises.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::ffi::{c_int, c_void};
use std::fmt;
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::config::{Config, SetupFailed, Texts};
use crate::engine::{self, Context, Events, T30, bytes, context, count};
use crate::turn::{self, Sending, Turn};

/// Packets that one step may send. An honest step sends one or two; the far end of a loop that never ends must not fill the memory.
pub const PACKETS_PER_STEP: u32 = 64;

/// The largest IFP packet taken from the wire. T.38 data fields of a 14400 bit/s carrier are below 100 bytes; the C code copies
/// a packet's field to its stack, so the bound is kept here too.
pub(crate) const MAX_IFP: usize = 1500;

/// One end of a T.38 fax call. It may move to another thread but not be shared.
pub struct T38Terminal {
    raw: NonNull<sys::t38_terminal_state_t>,
    context: NonNull<Context>,
}

// SAFETY: the C state is reached through this owner only, keeps nothing in thread-local storage, and `Events` is `Send`.
unsafe impl Send for T38Terminal {}

impl T38Terminal {
    /// Sets up one end of a call. Nothing is sent before the first [`T38Terminal::tick`].
    pub fn new(config: &Config<'_>, events: Box<dyn Events>) -> Result<Self, SetupFailed> {
        engine::silence_libtiff();
        let texts = Texts::new(config)?;
        let calling = config.document.calls();
        let context = Context::leak(events);
        // SAFETY: a null state asks for allocation; the handler and its data live until `drop`, which frees both.
        let raw =
            unsafe { sys::t38_terminal_init(std::ptr::null_mut(), calling, Some(on_packet), context.as_ptr().cast()) };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: the context came from a box above and nobody else has its address.
            drop(unsafe { Box::from_raw(context.as_ptr()) });
            return Err(SetupFailed);
        };
        // From here on `drop` cleans up.
        let mut terminal = Self { raw, context };
        terminal.set_up(config, &texts)?;
        Ok(terminal)
    }

    fn set_up(&mut self, config: &Config<'_>, texts: &Texts) -> Result<(), SetupFailed> {
        self.context().sending = Sending::new(config.document.calls());
        // SAFETY: `raw` is a live terminal, and `t30`, `core` and the log are parts of it; the context lives as long.
        unsafe {
            turn::follow(sys::t38_terminal_get_logging_state(self.raw.as_ptr()), self.context);
            let core = sys::t38_terminal_get_t38_core_state(self.raw.as_ptr());
            sys::t38_set_fastest_image_data_rate(core, c_int::from(config.max_bit_rate));
            let t30 = sys::t38_terminal_get_t30_state(self.raw.as_ptr());
            engine::set_up(t30, self.context, config, texts)
        }
    }

    /// Takes a packet from the wire. `seq` must rise by one per packet; a gap says that packets were lost.
    /// What is not an IFP packet is ignored.
    pub fn feed(&mut self, seq: u16, ifp: &[u8]) {
        let Ok(len) = c_int::try_from(ifp.len()) else { return };
        if ifp.is_empty() || ifp.len() > MAX_IFP {
            return;
        }
        self.context().packets = 0;
        // SAFETY: the terminal is live, and the buffer is readable for `len` bytes while the call lasts.
        unsafe {
            let core = sys::t38_terminal_get_t38_core_state(self.raw.as_ptr());
            sys::t38_core_rx_ifp_packet(core, ifp.as_ptr(), len, seq);
        }
    }

    /// Lets `samples` of 1/8000 s pass.
    pub fn tick(&mut self, samples: u16) {
        self.context().packets = 0;
        self.context().missed.pass(u32::from(samples));
        // SAFETY: the terminal is live.
        unsafe { sys::t38_terminal_send_timeout(self.raw.as_ptr(), c_int::from(samples)) };
    }

    /// Whose turn it is.
    pub fn turn(&mut self) -> Turn {
        self.context().sending.turn()
    }

    /// The T.30 engine, between two steps.
    pub fn t30(&mut self) -> T30<'_> {
        self.context().t30()
    }

    /// Must not be called while a step runs, and is not: a step borrows the terminal.
    fn context(&mut self) -> &mut Context {
        // SAFETY: the context lives until `drop`, and outside a step no callback has a reference to it.
        unsafe { self.context.as_mut() }
    }
}

impl fmt::Debug for T38Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("T38Terminal")
    }
}

impl Drop for T38Terminal {
    fn drop(&mut self) {
        self.context().released = true;
        // SAFETY: both were made by `new` and are not used after this. The release may still call back, so the context goes last.
        unsafe {
            sys::t38_terminal_free(self.raw.as_ptr());
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
    // SAFETY: see `context`; the buffer is readable for `len` bytes while the callback lasts.
    let (context, ifp) = unsafe { (context(user), bytes(buf, len)) };
    context.packets += 1;
    if context.released || context.packets > PACKETS_PER_STEP {
        return -1;
    }
    context.sending.sent(ifp);
    if context.events.packet(ifp, count(copies)) { 0 } else { -1 }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::config::Document;
    use crate::engine::Pages;

    /// What a terminal says, one line each.
    struct Log(mpsc::Sender<String>);

    impl Events for Log {
        fn packet(&mut self, ifp: &[u8], copies: u32) -> bool {
            self.0.send(format!("packet {ifp:02x?} x{copies}")).is_ok()
        }

        fn frame(&mut self, incoming: bool, frame: &[u8], _t30: T30<'_>) {
            let _ = self.0.send(format!("frame {incoming} {:02x?}", &frame[..3]));
        }

        fn page_end(&mut self, fcf: u8, _t30: T30<'_>) {
            let _ = self.0.send(format!("page end {fcf:02x}"));
        }

        fn call_end(&mut self, status: i32) {
            let _ = self.0.send(format!("call end {status}"));
        }
    }

    fn receiver() -> (T38Terminal, mpsc::Receiver<String>, tempfile::TempDir) {
        let (tell, said) = mpsc::channel();
        // A path of its own: the engine removes the file of a call that brought no page, and a device would be removed as well.
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none.tif");
        let config = Config {
            document: Document::Receive { path: path.to_str().unwrap(), ready: None },
            ident: "555",
            finest: crate::Finest::Fine,
            t85: true,
            subaddress: "",
            password: "",
            ecm: true,
            max_bit_rate: 14_400,
        };
        (T38Terminal::new(&config, Box::new(Log(tell))).unwrap(), said, dir)
    }

    /// A DCS of `len` octets as V.21 packets of T.38 version 0, with `rate` in the octet that holds the bits 9 to 16.
    fn dcs(rate: u8, len: usize) -> [Vec<u8>; 3] {
        let mut frame = vec![0; len];
        frame[..7].copy_from_slice(&[0xff, 0x13, 0x83, 0x00, rate, 0x00, 0x04]);
        let mut data = vec![0xc0, 0x01, 0x80, 0x00, len as u8 - 1];
        data.extend(frame.iter().map(|octet| octet.reverse_bits()));
        [vec![0x06], data, vec![0xc0, 0x01, 0x40]]
    }

    #[test]
    fn it_answers_with_what_it_can_do() {
        let (mut terminal, said, _dir) = receiver();
        for _ in 0..500 {
            terminal.tick(160);
        }
        let said: Vec<String> = said.try_iter().collect();
        assert!(said.iter().any(|line| line.contains("frame false [ff, 13, 80]")), "{said:#?}");
        assert!(said.iter().filter(|line| line.starts_with("packet")).count() > 5, "{said:#?}");
    }

    #[test]
    fn a_frame_that_would_harm_the_engine_is_a_goodbye() {
        for (rate, len, harmless) in
            [(0x20, 7, true), (0x08, 22, true), (0x10, 7, false), (0x38, 7, false), (0x20, 200, false)]
        {
            let (mut terminal, said, dir) = receiver();
            for _ in 0..500 {
                terminal.tick(160);
            }
            for (seq, packet) in dcs(rate, len).iter().enumerate() {
                terminal.feed(seq as u16, packet);
            }
            let said: Vec<String> = said.try_iter().collect();
            assert!(said.iter().any(|line| line == "frame true [ff, 13, 83]"), "the DCS did not come through");
            let ended = said.iter().any(|line| line.starts_with("call end"));
            assert_eq!(ended, !harmless, "{rate:#x}, {len} octets: {said:#?}");
            assert_eq!(terminal.t30().pages(), Pages { sent: 0, received: 0 });
            // A good DCS is answered by opening the file; nothing else may have opened it.
            assert_eq!(dir.path().join("none.tif").exists(), harmless, "{rate:#x}, {len} octets");
        }
    }

    /// It is theirs only when nothing more leaves by itself, until a timer runs out.
    #[test]
    fn who_was_called_speaks_and_then_waits_for_an_answer() {
        let (mut terminal, said, _dir) = receiver();
        let (mut turns, mut silent) = (vec![terminal.turn()], 0);
        for _ in 0..600 {
            let before = terminal.turn();
            terminal.tick(160);
            let packets = said.try_iter().filter(|line| line.starts_with("packet")).count();
            if before == Turn::Theirs {
                assert!(packets == 0 || silent > 150, "it speaks after {silent} ticks of waiting");
                silent = if packets == 0 { silent + 1 } else { 0 };
            }
            let turn = terminal.turn();
            if turns.last() != Some(&turn) {
                turns.push(turn);
            }
        }
        assert_eq!(turns[..4], [Turn::Ours, Turn::Open, Turn::Theirs, Turn::Ours]);
    }

    #[test]
    fn what_is_no_packet_is_ignored() {
        let (mut terminal, _said, _dir) = receiver();
        for packet in [&[][..], &[0xff; 4], &[0xc0], &[0xc0, 0x7f, 0x80, 0xff, 0xff], &[0; 4000]] {
            terminal.feed(0, packet);
        }
    }
}
