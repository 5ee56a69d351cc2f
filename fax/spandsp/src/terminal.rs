//! The terminal: setup, the two ways in, the callbacks out. See the crate's description for what it promises.
#![allow(unsafe_code, reason = "this module is the one border to the C library; each block says why it holds")]

use std::ffi::{CStr, CString, c_int, c_void};
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use spandsp_sys as sys;

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

// The frames that choose a modem (T.30 §5.3.6): DCS, and CTC under error correction. The last bit says which end asks.
const FCF_DCS: u8 = 0x82;
const FCF_CTC: u8 = 0x12;
/// The bits 11 to 14 of a DCS (T.30 Table 2), as they stand in its octet, for every rate that V.27ter, V.29 and V.17 have.
const KNOWN_RATES: [u8; 8] = [0x20, 0x28, 0x24, 0x04, 0x2c, 0x0c, 0x08, 0x00];

/// Call this once before a process locks itself in: the C library reads the time zone when it is asked for the local time first,
/// and the engine asks in the midst of a page.
pub fn prepare() {
    let now: libc::time_t = 0;
    // SAFETY: `now` is a live value; the result, a static of the C library, is not looked at.
    unsafe { libc::localtime(&raw const now) };
}

/// Where the pages are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document<'a> {
    /// Send the TIFF file at `path`, from page `first` (counted from 0) to its end.
    Send {
        /// Such as `/proc/self/fd/4`.
        path: &'a str,
        /// The first page to send.
        first: u32,
    },
    /// Write what arrives to the TIFF file at `path`, replacing what is there.
    Receive {
        /// Such as `/proc/self/fd/4`.
        path: &'a str,
    },
}

/// The line that the law wants on every page sent (47 CFR 68.318(d)): date and time are added to it, our number and the page too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The business' name; 50 characters are printed.
    pub business: &'a str,
    /// Minutes that the clinic's clock is ahead of UTC now.
    pub utc_offset_minutes: i16,
}

/// One end of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config<'a> {
    /// What to send, or where to put what comes. The caller sends, the answerer receives.
    pub document: Document<'a>,
    /// What we call ourselves (TSI, CSI): at most 20 digits, `+`, blanks or letters.
    pub ident: &'a str,
    /// Printed on pages sent; none if left out.
    pub header: Option<Header<'a>>,
    /// Offer error correction (T.30 Annex A).
    pub ecm: bool,
    /// The fastest carrier to use: 14400 (V.17), 9600 (V.29) or 4800 (V.27ter).
    pub max_bit_rate: u16,
}

/// Why a terminal cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no memory for a terminal, or a text of the configuration holds a zero byte or is too long.
    Setup,
    /// The far end chose a rate that no modem has. The terminal must be dropped.
    UnknownRate,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setup => "the fax terminal could not be set up",
            Self::UnknownRate => "the far end chose a rate that no modem has",
        })
    }
}

impl std::error::Error for Fault {}

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

    /// Phase E: the call is over, with a status of [`status`].
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
    rate_known: bool,
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

    /// The protocol's page counts; `None` when they cannot be read safely, since the far end chose an unknown rate.
    pub fn pages(&self) -> Option<Pages> {
        if !self.rate_known {
            return None;
        }
        let mut stats = sys::t30_stats_t::default();
        // SAFETY: as above; the call's read of the rate table is within bounds because every rate chosen so far was known.
        unsafe { sys::t30_get_transfer_statistics(self.raw.as_ptr(), &raw mut stats) };
        Some(Pages { sent: count(stats.pages_tx), received: count(stats.pages_rx) })
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
    rate_known: bool,
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
    pub fn new(config: &Config<'_>, events: Box<dyn Events>) -> Result<Self, Fault> {
        let texts = Texts::new(config)?;
        let calling = matches!(config.document, Document::Send { .. });
        let context =
            Box::new(Context { events, t30: NonNull::dangling(), packets: 0, released: false, rate_known: true });
        let context = NonNull::from(Box::leak(context));
        // SAFETY: a null state asks for allocation; the handler and its data live until `drop`, which frees both.
        let raw =
            unsafe { sys::t38_terminal_init(std::ptr::null_mut(), calling, Some(on_packet), context.as_ptr().cast()) };
        let Some(raw) = NonNull::new(raw) else {
            // SAFETY: the context came from a box above and nobody else has its address.
            drop(unsafe { Box::from_raw(context.as_ptr()) });
            return Err(Fault::Setup);
        };
        // From here on `drop` cleans up.
        let mut terminal = Self { raw, context };
        terminal.set_up(config, &texts)?;
        Ok(terminal)
    }

    fn set_up(&mut self, config: &Config<'_>, texts: &Texts) -> Result<(), Fault> {
        let user = self.context.as_ptr().cast::<c_void>();
        // SAFETY: `raw` is a live terminal and `t30` and `core` are parts of it. The texts are copied by the calls. No callback
        // runs during setup.
        let accepted = unsafe {
            let t30 = sys::t38_terminal_get_t30_state(self.raw.as_ptr());
            let core = sys::t38_terminal_get_t38_core_state(self.raw.as_ptr());
            let Some(engine) = NonNull::new(t30) else { return Err(Fault::Setup) };
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
            let mut accepted = sys::t30_set_tx_ident(t30, texts.ident.as_ptr()) == 0;
            match config.document {
                Document::Send { first, .. } => {
                    let first = c_int::try_from(first).map_err(|_| Fault::Setup)?;
                    sys::t30_set_tx_file(t30, texts.path.as_ptr(), first, -1);
                }
                Document::Receive { .. } => {
                    // Whatever the line carries is written as T.6.
                    sys::t30_set_supported_output_compressions(t30, T4_COMPRESSION_T6);
                    sys::t30_set_rx_file(t30, texts.path.as_ptr(), -1);
                }
            }
            if let Some((info, zone)) = &texts.header {
                accepted &= sys::t30_set_tx_page_header_info(t30, info.as_ptr()) == 0;
                accepted &= sys::t30_set_tx_page_header_tz(t30, zone.as_ptr()) == 0;
            }
            accepted
        };
        if accepted { Ok(()) } else { Err(Fault::Setup) }
    }

    /// Takes a packet from the wire. `seq` must rise by one per packet; a gap says that packets were lost.
    /// What is not an IFP packet is ignored.
    pub fn feed(&mut self, seq: u16, ifp: &[u8]) -> Result<(), Fault> {
        let Ok(len) = c_int::try_from(ifp.len()) else { return Ok(()) };
        if ifp.is_empty() || ifp.len() > MAX_IFP {
            return Ok(());
        }
        self.begin_step()?;
        // SAFETY: the terminal is live, and the buffer is readable for `len` bytes while the call lasts.
        unsafe {
            let core = sys::t38_terminal_get_t38_core_state(self.raw.as_ptr());
            sys::t38_core_rx_ifp_packet(core, ifp.as_ptr(), len, seq);
        }
        self.end_step()
    }

    /// Lets `samples` of 1/8000 s pass.
    pub fn tick(&mut self, samples: u16) -> Result<(), Fault> {
        self.begin_step()?;
        // SAFETY: the terminal is live.
        unsafe { sys::t38_terminal_send_timeout(self.raw.as_ptr(), c_int::from(samples)) };
        self.end_step()
    }

    /// The T.30 engine, between two steps.
    pub fn t30(&mut self) -> T30<'_> {
        let context = self.context();
        T30 { raw: context.t30, rate_known: context.rate_known, terminal: PhantomData }
    }

    fn begin_step(&mut self) -> Result<(), Fault> {
        self.context().packets = 0;
        self.end_step()
    }

    fn end_step(&mut self) -> Result<(), Fault> {
        if self.context().rate_known { Ok(()) } else { Err(Fault::UnknownRate) }
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
        if !self.context().rate_known {
            // Releasing would read the statistics out of bounds. The process ends soon anyway.
            return;
        }
        self.context().released = true;
        // SAFETY: both were made by `new` and are not used after this. The release may still call back, so the context goes last.
        unsafe {
            sys::t38_terminal_free(self.raw.as_ptr());
            drop(Box::from_raw(self.context.as_ptr()));
        }
    }
}

/// The texts of a configuration as C wants them.
struct Texts {
    path: CString,
    ident: CString,
    header: Option<(CString, CString)>,
}

impl Texts {
    fn new(config: &Config<'_>) -> Result<Self, Fault> {
        let text = |text: &str, most: u32| {
            // The C code truncates or refuses what is longer; T.30 knows no characters beyond ASCII.
            let ascii: String = text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
            let ascii = ascii.get(..most as usize).unwrap_or(&ascii).to_owned();
            CString::new(ascii).map_err(|_| Fault::Setup)
        };
        let (Document::Send { path, .. } | Document::Receive { path }) = config.document;
        if path.len() > 200 {
            return Err(Fault::Setup);
        }
        let header = match config.header {
            Some(header) => {
                // POSIX names a zone by what has to be added to reach UTC: five hours west is "LOC5:00".
                let west = -i32::from(header.utc_offset_minutes);
                let sign = if west < 0 { "-" } else { "" };
                let zone = format!("LOC{sign}{}:{:02}", west.abs() / 60, west.abs() % 60);
                Some((text(header.business, sys::T30_MAX_PAGE_HEADER_INFO)?, text(&zone, 16)?))
            }
            None => None,
        };
        Ok(Self { path: text(path, 200)?, ident: text(config.ident, sys::T30_MAX_IDENT_LEN)?, header })
    }
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
    let fcf = frame.get(2).copied().unwrap_or(0) & 0xfe;
    if incoming && (fcf == FCF_DCS || fcf == FCF_CTC) {
        let rate = frame.get(4).copied().unwrap_or(0) & 0x3c;
        context.rate_known &= KNOWN_RATES.contains(&rate);
    }
    let t30 = T30 { raw: context.t30, rate_known: context.rate_known, terminal: PhantomData };
    context.events.frame(incoming, frame, t30);
}

unsafe extern "C" fn on_page_end(user: *mut c_void, fcf: c_int) -> c_int {
    // SAFETY: see `context`.
    let context = unsafe { context(user) };
    let t30 = T30 { raw: context.t30, rate_known: context.rate_known, terminal: PhantomData };
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

/// How a call ended, as the engine numbers it. These are the statuses that a decision hangs on.
pub mod status {
    /// As it should.
    pub const OK: i32 = 0;
    /// Timer T0: nobody answered our calling tone.
    pub const T0_EXPIRED: i32 = 2;
    /// Timer T1: no fax machine made itself known.
    pub const T1_EXPIRED: i32 = 3;
    /// No speed at which training succeeded.
    pub const CANNOT_TRAIN: i32 = 6;
    /// The machines have nothing in common.
    pub const INCOMPATIBLE: i32 = 8;
    /// The far end cannot receive.
    pub const RX_INCAPABLE: i32 = 9;
    /// The far end cannot send.
    pub const TX_INCAPABLE: i32 = 10;
    /// No common resolution.
    pub const NO_RESOLUTION: i32 = 11;
    /// No common size.
    pub const NO_SIZE: i32 = 12;
    /// The far end says that a page arrived damaged.
    pub const TX_BAD_PAGE: i32 = 15;
    /// Error correction gave up.
    pub const TX_ECM_GAVE_UP: i32 = 16;
    /// The far end ended the session.
    pub const TX_GOT_DCN: i32 = 17;
    /// No capabilities came after we called.
    pub const TX_NO_DIS: i32 = 19;
    /// The far end fell silent before the first page.
    pub const TX_PHASE_B_DEAD: i32 = 20;
    /// The far end fell silent after a page.
    pub const TX_PHASE_D_DEAD: i32 = 21;
    /// No fax came.
    pub const RX_NO_FAX: i32 = 28;
    /// Our file could not be opened or read.
    pub const FILE_ERROR: i32 = 41;
    /// The last of the statuses that speak of our own file or memory.
    pub const NO_MEMORY: i32 = 47;
    /// The far end left after it had been asked to repeat.
    pub const RETRY_DCN: i32 = 48;
    /// The line dropped.
    pub const CALL_DROPPED: i32 = 49;
}
