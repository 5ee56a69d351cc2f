//! The terminal: setup, the two ways in, the callbacks out. See the crate's description for what it promises.
#![allow(unsafe_code, reason = "this module is the one border to the C library; each block says why it holds")]

use std::ffi::{CStr, c_int, c_void};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::config::{Config, Document, SetupFailed, Texts};
use crate::hazard;

/// Packets that one step may send. An honest step sends one or two; the far end of a loop that never ends must not fill the memory.
pub const PACKETS_PER_STEP: u32 = 64;

/// The largest IFP packet taken from the wire. T.38 data fields of a 14400 bit/s carrier are below 100 bytes; the C code copies
/// a packet's field to its stack, so the bound is kept here too.
const MAX_IFP: usize = 1500;

// The C headers' anonymous enums that the bindings leave out (spandsp/t4_rx.h).
const T4_COMPRESSION_T4_1D: c_int = 0x02;
const T4_COMPRESSION_T4_2D: c_int = 0x04;
const T4_COMPRESSION_T6: c_int = 0x08;
const T4_RESOLUTION_R8_STANDARD: c_int = 0x1;
const T4_RESOLUTION_R8_FINE: c_int = 0x2;
const T4_RESOLUTION_200_100: c_int = 0x20;
const T4_RESOLUTION_200_200: c_int = 0x40;
const T4_SUPPORT_WIDTH_215MM: c_int = 0x01;
const T4_SUPPORT_LENGTHS: c_int = 0x1f_0000;

/// Call this once before a process locks itself in: the C library reads the time zone when it is asked for the local time first,
/// and the engine asks in the midst of a page.
pub fn prepare() {
    let now: libc::time_t = 0;
    // SAFETY: `now` is a live value; the result, a static of the C library, is not looked at.
    unsafe { libc::localtime(&raw const now) };
}

/// What the terminal says while [`T38Terminal::feed`] or [`T38Terminal::tick`] runs. All of it happens inside the C code:
/// an implementation may block (that is how a page confirmation waits for the disk), but a panic ends the process.
pub trait Events: Send {
    /// Send this IFP packet, `copies` times. `false` means that the line is gone: the call ends.
    fn packet(&mut self, ifp: &[u8], copies: u32) -> bool;

    /// A T.30 frame (address, control, facsimile control field, information) comes in or goes out. It comes before the
    /// terminal acts on an incoming one, and before the packets of an outgoing one.
    fn frame(&mut self, incoming: bool, frame: &[u8], t30: T30<'_>);

    /// Phase D: on the receiving side a page has ended and `fcf` says what follows it; nothing has been answered yet.
    /// On the sending side `fcf` is the answer to our page.
    fn page_end(&mut self, fcf: u8, t30: T30<'_>);

    /// Phase E: the call is over, with a status of [`status`](crate::status).
    fn call_end(&mut self, status: i32);
}

/// Page counts of both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// Pages that the far end confirmed, from the first page of this call.
    pub sent: u32,
    /// Pages that the protocol counts as received. Not the truth about the file: that is [`T30::received`].
    pub received: u32,
}

/// A page in the received file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedPage {
    /// Dots in a row.
    pub width: u32,
    /// Rows.
    pub rows: u32,
    /// Rows that were damaged and repaired by guessing.
    pub bad_rows: u32,
}

/// The T.30 engine, inside a callback or between two steps.
pub struct T30<'a> {
    raw: NonNull<sys::t30_state_t>,
    terminal: PhantomData<&'a mut ()>,
}

impl T30<'_> {
    /// How many pages are in the received file. This, and not the protocol's count, is what was written.
    pub fn received(&self) -> u32 {
        // SAFETY: `raw` is the engine inside a live terminal, which this value borrows.
        count(unsafe { sys::t30_receive_page_count(self.raw.as_ptr()) })
    }

    /// Page `index` of the received file.
    pub fn received_page(&self, index: u32) -> Option<ReceivedPage> {
        let mut page = sys::t4_rx_recovery_page_t::default();
        let index = c_int::try_from(index).ok()?;
        // SAFETY: as above; `page` is a plain struct that the call fills, and the index is checked inside.
        let found = unsafe { sys::t30_receive_page(self.raw.as_ptr(), index, &raw mut page) };
        (found == 0).then(|| ReceivedPage {
            width: count(page.width),
            rows: count(page.rows),
            bad_rows: count(page.bad_rows),
        })
    }

    /// The protocol's page counts.
    pub fn pages(&self) -> Pages {
        let mut stats = sys::t30_stats_t::default();
        // SAFETY: as above; the call's read of its rate table is within bounds because no frame with a rate outside of it was let
        // through (see `hazard`).
        unsafe { sys::t30_get_transfer_statistics(self.raw.as_ptr(), &raw mut stats) };
        Pages { sent: count(stats.pages_tx), received: count(stats.pages_rx) }
    }

    /// Answer the next `times` questions under error correction with "receiver not ready" (RNR) instead of a confirmation.
    /// 0 lets the confirmation go.
    pub fn set_receiver_not_ready(&mut self, times: u16) {
        // SAFETY: as above; this sets a counter.
        unsafe { sys::t30_set_receiver_not_ready(self.raw.as_ptr(), c_int::from(times)) };
    }

    /// What the far end calls itself, if it said so.
    pub fn remote_ident(&self) -> Option<String> {
        // SAFETY: as above; the result is null or a zero-terminated text inside the engine, copied before the borrow ends.
        let text = unsafe {
            let text = sys::t30_get_rx_ident(self.raw.as_ptr());
            if text.is_null() { None } else { Some(CStr::from_ptr(text).to_string_lossy().into_owned()) }
        }?;
        let text = text.trim().to_owned();
        if text.is_empty() { None } else { Some(text) }
    }
}

/// What the C callbacks are given. It lives on the heap, so that its address stays when the terminal moves.
struct Context {
    events: Box<dyn Events>,
    t30: NonNull<sys::t30_state_t>,
    packets: u32,
    released: bool,
}

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
        silence_libtiff();
        let texts = Texts::new(config)?;
        let calling = matches!(config.document, Document::Send { .. });
        let context = Box::new(Context { events, t30: NonNull::dangling(), packets: 0, released: false });
        let context = NonNull::from(Box::leak(context));
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
        let user = self.context.as_ptr().cast::<c_void>();
        // SAFETY: `raw` is a live terminal and `t30` and `core` are parts of it. The texts are copied by the calls. No callback
        // runs during setup.
        let accepted = unsafe {
            let t30 = sys::t38_terminal_get_t30_state(self.raw.as_ptr());
            let core = sys::t38_terminal_get_t38_core_state(self.raw.as_ptr());
            let Some(engine) = NonNull::new(t30) else { return Err(SetupFailed) };
            (*self.context.as_ptr()).t30 = engine;
            sys::t38_set_fastest_image_data_rate(core, c_int::from(config.max_bit_rate));
            sys::t30_set_supported_modems(t30, modems(config.max_bit_rate));
            sys::t30_set_ecm_capability(t30, config.ecm);
            // A page answered with RTN is sent again, at a lower speed. The default would go on with the next page and count
            // on nobody asking for the lost one.
            sys::t30_set_retransmit_capable(t30, true);
            sys::t30_set_supported_compressions(t30, T4_COMPRESSION_T4_1D | T4_COMPRESSION_T4_2D | T4_COMPRESSION_T6);
            sys::t30_set_supported_bilevel_resolutions(
                t30,
                T4_RESOLUTION_R8_STANDARD | T4_RESOLUTION_R8_FINE | T4_RESOLUTION_200_100 | T4_RESOLUTION_200_200,
            );
            sys::t30_set_supported_colour_resolutions(t30, 0);
            sys::t30_set_supported_image_sizes(t30, T4_SUPPORT_WIDTH_215MM | T4_SUPPORT_LENGTHS);
            sys::t30_set_phase_d_handler(t30, Some(on_page_end), user);
            sys::t30_set_phase_e_handler(t30, Some(on_call_end), user);
            sys::t30_set_real_time_frame_handler(t30, Some(on_frame), user);
            let accepted = sys::t30_set_tx_ident(t30, texts.ident.as_ptr()) == 0;
            match config.document {
                Document::Send { first, .. } => {
                    let first = c_int::try_from(first).map_err(|_| SetupFailed)?;
                    sys::t30_set_tx_file(t30, texts.path.as_ptr(), first, -1);
                }
                Document::Receive { .. } => {
                    // Whatever the line carries is written as T.6.
                    sys::t30_set_supported_output_compressions(t30, T4_COMPRESSION_T6);
                    sys::t30_set_rx_file(t30, texts.path.as_ptr(), -1);
                }
            }
            accepted
        };
        if accepted { Ok(()) } else { Err(SetupFailed) }
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
        // SAFETY: the terminal is live.
        unsafe { sys::t38_terminal_send_timeout(self.raw.as_ptr(), c_int::from(samples)) };
    }

    /// The T.30 engine, between two steps.
    pub fn t30(&mut self) -> T30<'_> {
        let context = self.context();
        T30 { raw: context.t30, terminal: PhantomData }
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

/// libtiff writes what it thinks of a page to standard error, where nobody expects it. What matters is in the return values.
fn silence_libtiff() {
    unsafe extern "C" {
        // The handlers are function pointers; null stands for none.
        fn TIFFSetErrorHandler(handler: *const c_void) -> *const c_void;
        fn TIFFSetWarningHandler(handler: *const c_void) -> *const c_void;
    }
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: both set a pointer of the library, which `spandsp-sys` links; `Once` keeps two threads apart.
    ONCE.call_once(|| unsafe {
        TIFFSetErrorHandler(std::ptr::null());
        TIFFSetWarningHandler(std::ptr::null());
    });
}

fn modems(max_bit_rate: u16) -> c_int {
    let modems = match max_bit_rate {
        0..=4800 => sys::T30_SUPPORT_V27TER,
        4801..=9600 => sys::T30_SUPPORT_V27TER | sys::T30_SUPPORT_V29,
        _ => sys::T30_SUPPORT_V27TER | sys::T30_SUPPORT_V29 | sys::T30_SUPPORT_V17,
    };
    modems as c_int
}

/// A count from C; what is negative was never counted.
fn count(value: c_int) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// # Safety
/// `user` is the context that `T38Terminal::new` registered, and no other reference to it is live: callbacks run one at a
/// time inside a step, which holds the terminal but no reference into the context.
unsafe fn context<'a>(user: *mut c_void) -> &'a mut Context {
    // SAFETY: by the contract above.
    unsafe { &mut *user.cast::<Context>() }
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
    if context.events.packet(ifp, count(copies)) { 0 } else { -1 }
}

unsafe extern "C" fn on_frame(user: *mut c_void, incoming: bool, msg: *const u8, len: c_int) {
    // SAFETY: as in `on_packet`.
    let (context, frame) = unsafe { (context(user), bytes(msg, len)) };
    let replacement = if incoming { hazard::replacement(frame) } else { None };
    let t30 = T30 { raw: context.t30, terminal: PhantomData };
    context.events.frame(incoming, frame, t30);
    if let Some(fcf) = replacement {
        // SAFETY: an incoming frame lies in the terminal's own receive buffer, which is writable and is read again after this
        // callback; `replacement` saw an octet at this place, and the slice is not used any more.
        unsafe { msg.cast_mut().add(2).write(fcf) };
    }
}

unsafe extern "C" fn on_page_end(user: *mut c_void, fcf: c_int) -> c_int {
    // SAFETY: see `context`.
    let context = unsafe { context(user) };
    let t30 = T30 { raw: context.t30, terminal: PhantomData };
    context.events.page_end((fcf & 0xff) as u8, t30);
    0
}

unsafe extern "C" fn on_call_end(user: *mut c_void, completion: c_int) {
    // SAFETY: see `context`.
    let context = unsafe { context(user) };
    context.events.call_end(completion);
}

/// # Safety
/// `buf` is null or readable for `len` bytes as long as the result lives.
unsafe fn bytes<'a>(buf: *const u8, len: c_int) -> &'a [u8] {
    match usize::try_from(len) {
        // SAFETY: by the contract above.
        Ok(len) if len > 0 && !buf.is_null() => unsafe { std::slice::from_raw_parts(buf, len) },
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

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
            document: Document::Receive { path: path.to_str().unwrap() },
            ident: "555",
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

    #[test]
    fn what_is_no_packet_is_ignored() {
        let (mut terminal, _said, _dir) = receiver();
        for packet in [&[][..], &[0xff; 4], &[0xc0], &[0xc0, 0x7f, 0x80, 0xff, 0xff], &[0; 4000]] {
            terminal.feed(0, packet);
        }
    }
}
