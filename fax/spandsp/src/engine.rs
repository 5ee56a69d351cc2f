//! The T.30 engine behind every kind of line: its setup, what it may be asked, and the callbacks out of it.
#![allow(unsafe_code, reason = "this module is a border to the C library; each block says why it holds")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::ptr::NonNull;

use spandsp_sys as sys;

use crate::config::{Config, Document, Finest, LONGEST_PATH, SetupFailed, Texts};
use crate::missed::{Came, Missed, Missing};
use crate::turn::Sending;
use crate::{hazard, status};

// The C headers' anonymous enums that the bindings leave out (spandsp/t4_rx.h).
const T4_COMPRESSION_T4_1D: c_int = 0x02;
const T4_COMPRESSION_T4_2D: c_int = 0x04;
const T4_COMPRESSION_T6: c_int = 0x08;
const T4_COMPRESSION_T85: c_int = 0x10;
const T4_COMPRESSION_T85_L0: c_int = 0x20;
const T4_RESOLUTION_R8_STANDARD: c_int = 0x1;
const T4_RESOLUTION_R8_FINE: c_int = 0x2;
const T4_RESOLUTION_200_100: c_int = 0x20;
const T4_RESOLUTION_200_200: c_int = 0x40;
const T4_RESOLUTION_R8_SUPERFINE: c_int = 0x4;
const T4_RESOLUTION_R16_SUPERFINE: c_int = 0x8;
const T4_RESOLUTION_200_400: c_int = 0x80;
const T4_RESOLUTION_300_300: c_int = 0x100;
const T4_RESOLUTION_400_400: c_int = 0x400;
const T4_SUPPORT_WIDTH_215MM: c_int = 0x01;
const T4_SUPPORT_LENGTHS: c_int = 0x1f_0000;

// The ways to pack a page in black and white.
const PLAIN: c_int = T4_COMPRESSION_T4_1D | T4_COMPRESSION_T4_2D | T4_COMPRESSION_T6;
const T85: c_int = T4_COMPRESSION_T85 | T4_COMPRESSION_T85_L0;

/// What a machine that was called says of itself, without the bit that makes commands of a caller of them (DTC, CIG).
const DIS: u8 = 0x80;
/// See above.
const CSI: u8 = 0x40;
/// What a caller says who asks for a document.
const DTC: u8 = DIS | 1;
/// The command to train, without the bit that says which end sends it.
const DCS: u8 = 0x82;
/// From a DCS to the end of the slowest training with its check (V.17, long: 3 s), and some. As sound, a training of which a packet got
/// lost may not be recognised at all. The engine then waits for it until T2 (7 s), and ends the call over the DCS that the far end repeats
/// before that. It must say that the training failed (FTT) while the far end still listens: its T4 is as short as 2.55 s.
const TRAINING: u32 = 8 * 3800;
/// What is left of T2 then, and some: time that the engine is told has passed.
pub(crate) const REST_OF_T2: c_int = 8 * 3300;

/// `SIG_STATUS_TRAINING_IN_PROGRESS` of spandsp/async.h: the carrier of a page was there.
pub(crate) const TRAINING_SEEN: c_int = -3;

/// Call this once before a process locks itself in: the C library reads the time zone when it is asked for the local time first,
/// and the engine asks in the midst of a page.
pub fn prepare() {
    let now: libc::time_t = 0;
    // SAFETY: `now` is a live value; the result, a static of the C library, is not looked at.
    unsafe { libc::localtime(&raw const now) };
}

/// What the terminal says while a step of it runs. All of it happens inside the C code:
/// an implementation may block (that is how a page confirmation waits for the disk), but a panic ends the process.
pub trait Events: Send {
    /// On a T.38 line: send this IFP packet, `copies` times. `false` means that the line is gone: the call ends.
    fn packet(&mut self, ifp: &[u8], copies: u32) -> bool;

    /// A T.30 frame (address, control, facsimile control field, information) comes in or goes out. It comes before the
    /// terminal acts on an incoming one, and before the packets of an outgoing one.
    fn frame(&mut self, incoming: bool, frame: &[u8], t30: T30<'_>);

    /// Phase D: on the receiving side a page has ended and `fcf` says what follows it; nothing has been answered yet.
    /// On the sending side `fcf` is the answer to our page.
    fn page_end(&mut self, fcf: u8, t30: T30<'_>);

    /// On the receiving side, without error correction: what was lost on its way here of the page that has ended, or should have come.
    fn missing(&self) -> Missing {
        Missing::default()
    }

    /// On the sending side: the last page of the document has gone out. True if another document follows in this call (EOM instead of
    /// EOP); then [`T30::send`] must name it when this page is confirmed.
    fn another_document(&mut self) -> bool {
        false
    }

    /// Phase B: the far end has said what it can do (its DIS, 0x80), or asks for a document of ours (its DTC, 0x81), which is read when this
    /// returns. False: the call ends with a goodbye, and with [`status::NOT_AGREED`](crate::status::NOT_AGREED).
    fn agrees(&mut self, _fcf: u8) -> bool {
        true
    }

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
    asks_again: bool,
    terminal: PhantomData<&'a mut ()>,
}

impl T30<'_> {
    /// How many pages are in the received file. This, and not the protocol's count, is what was written.
    pub fn received(&self) -> u32 {
        // SAFETY: `raw` is the engine inside a live terminal, which this value borrows.
        count(unsafe { sys::t30_receive_page_count(self.raw.as_ptr()) })
    }

    /// The page that has ended is not to be kept: the far end is asked for it again, whatever the engine thinks of it.
    pub const fn asks_again(&self) -> bool {
        self.asks_again
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

    /// What has come of the page that comes.
    fn came(&self) -> Came {
        let mut stats = sys::t30_stats_t::default();
        // SAFETY: as in `pages`.
        unsafe { sys::t30_get_transfer_statistics(self.raw.as_ptr(), &raw mut stats) };
        Came { octets: count(stats.image_size), rows: count(stats.length), bad_rows: count(stats.bad_rows) }
    }

    /// Answer the next `times` questions under error correction with "receiver not ready" (RNR) instead of a confirmation.
    /// 0 lets the confirmation go.
    pub fn set_receiver_not_ready(&mut self, times: u16) {
        // SAFETY: as above; this sets a counter.
        unsafe { sys::t30_set_receiver_not_ready(self.raw.as_ptr(), c_int::from(times)) };
    }

    /// What is sent next, once the document that ends now is confirmed: the pages from `first` to `last` of the TIFF file at `path`. False,
    /// and nothing is, if that cannot be a file.
    pub fn send(&mut self, path: &str, first: u32, last: u32) -> bool {
        let numbers = (c_int::try_from(first), c_int::try_from(last), CString::new(path));
        let (Ok(first), Ok(last), Ok(text)) = numbers else { return false };
        if path.len() > LONGEST_PATH {
            return false;
        }
        // SAFETY: as above; the text is copied by the call, and the engine reads it when it begins a document.
        unsafe { sys::t30_set_tx_file(self.raw.as_ptr(), text.as_ptr(), first, last) };
        true
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
pub(crate) struct Context {
    pub(crate) events: Box<dyn Events>,
    pub(crate) t30: NonNull<sys::t30_state_t>,
    pub(crate) packets: u32,
    /// Over T.38: what it sends.
    pub(crate) sending: Sending,
    pub(crate) released: bool,
    /// A command to train came and is not answered yet: samples until it must be, see [`TRAINING`].
    pub(crate) training: Option<u32>,
    /// This end has called to fetch: what it says of itself is a command (DTC, CIG).
    pub(crate) fetches: bool,
    pub(crate) missed: Missed,
}

impl Context {
    /// A context whose engine is not known yet: [`set_up`] gives it one.
    pub(crate) fn leak(events: Box<dyn Events>) -> NonNull<Self> {
        let context = Box::new(Self {
            events,
            t30: NonNull::dangling(),
            packets: 0,
            sending: Sending::new(false),
            released: false,
            training: None,
            fetches: false,
            missed: Missed::default(),
        });
        NonNull::from(Box::leak(context))
    }

    /// Keeps an eye on the training: a DCS is answered by CFR or FTT, or by goodbye.
    fn follow_training(&mut self, incoming: bool, frame: &[u8]) {
        match frame.get(2).map(|fcf| fcf & 0xfe) {
            Some(DCS) if incoming => self.training = Some(TRAINING),
            _ if !incoming => self.training = None,
            _ => {}
        }
    }

    pub(crate) const fn t30<'a>(&self) -> T30<'a> {
        T30 { raw: self.t30, asks_again: self.missed.asks_again(), terminal: PhantomData }
    }
}

/// Makes the engine `t30` of a terminal what the configuration asks for.
///
/// # Safety
/// `t30` is null or part of a live terminal, `context` lives as long as that terminal, and nothing else refers to either.
pub(crate) unsafe fn set_up(
    t30: *mut sys::t30_state_t,
    context: NonNull<Context>,
    config: &Config<'_>,
    texts: &Texts,
) -> Result<(), SetupFailed> {
    let user = context.as_ptr().cast::<c_void>();
    let engine = NonNull::new(t30).ok_or(SetupFailed)?;
    // SAFETY: by the contract above. The texts are copied by the calls, and no callback runs during setup.
    let accepted = unsafe {
        (*context.as_ptr()).t30 = engine;
        (*context.as_ptr()).fetches = matches!(config.document, Document::Fetch { .. });
        sys::t30_set_supported_modems(t30, modems(config.max_bit_rate));
        sys::t30_set_ecm_capability(t30, config.ecm);
        // A page answered with RTN is sent again, at a lower speed. The default would go on with the next page and count
        // on nobody asking for the lost one.
        sys::t30_set_retransmit_capable(t30, true);
        sys::t30_set_supported_compressions(t30, if config.t85 { PLAIN | T85 } else { PLAIN });
        sys::t30_set_supported_bilevel_resolutions(t30, resolutions(config.finest));
        sys::t30_set_supported_colour_resolutions(t30, 0);
        sys::t30_set_supported_image_sizes(t30, T4_SUPPORT_WIDTH_215MM | T4_SUPPORT_LENGTHS);
        sys::t30_set_phase_b_handler(t30, Some(on_agreement), user);
        sys::t30_set_phase_d_handler(t30, Some(on_page_end), user);
        sys::t30_set_phase_e_handler(t30, Some(on_call_end), user);
        sys::t30_set_real_time_frame_handler(t30, Some(on_frame), user);
        let log = sys::t30_get_logging_state(t30);
        sys::span_log_set_message_handler(log, Some(on_log), user);
        sys::span_log_set_level(log, sys::SPAN_LOG_WARNING as c_int);
        // All are taken from whoever sends them; they are sent to whoever says that it takes them (bits 47, 49 and 50 of its DIS).
        let named = match texts.ready {
            Some(_) => sys::T30_SUPPORT_SUB_ADDRESSING | sys::T30_SUPPORT_SELECTIVE_POLLING,
            None => sys::T30_SUPPORT_SUB_ADDRESSING,
        };
        sys::t30_set_supported_t30_features(t30, (named | sys::T30_SUPPORT_IDENTIFICATION) as c_int);
        let (subaddress, password) = (texts.subaddress.as_ptr(), texts.password.as_ptr());
        let accepted = sys::t30_set_tx_ident(t30, texts.ident.as_ptr()) == 0
            && match config.document {
                Document::Send { .. } => {
                    sys::t30_set_tx_sub_address(t30, subaddress) == 0
                        && sys::t30_set_tx_sender_ident(t30, password) == 0
                }
                Document::Fetch { .. } => {
                    sys::t30_set_tx_selective_polling_address(t30, subaddress) == 0
                        && sys::t30_set_tx_password(t30, password) == 0
                }
                Document::Receive { .. } => true,
            };
        match config.document {
            Document::Send { first, last, .. } => {
                let first = c_int::try_from(first).map_err(|_| SetupFailed)?;
                let last = last.map_or(Ok(-1), c_int::try_from).map_err(|_| SetupFailed)?;
                sys::t30_set_tx_file(t30, texts.path.as_ptr(), first, last);
                sys::t30_set_document_handler(t30, Some(on_document_end), user);
            }
            Document::Receive { .. } | Document::Fetch { .. } => {
                // Whatever the line carries is written as T.6.
                sys::t30_set_supported_output_compressions(t30, T4_COMPRESSION_T6);
                sys::t30_set_rx_file(t30, texts.path.as_ptr(), -1);
                if let Some(ready) = &texts.ready {
                    sys::t30_set_tx_file(t30, ready.as_ptr(), 0, -1);
                }
            }
        }
        accepted
    };
    if accepted { Ok(()) } else { Err(SetupFailed) }
}

/// libtiff writes what it thinks of a page to standard error, where nobody expects it. What matters is in the return values.
pub(crate) fn silence_libtiff() {
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

/// Those that go no faster.
pub(crate) fn modems(max_bit_rate: u16) -> c_int {
    let modems = match max_bit_rate {
        0..=9599 => sys::T30_SUPPORT_V27TER,
        9600..=14_399 => sys::T30_SUPPORT_V27TER | sys::T30_SUPPORT_V29,
        _ => sys::T30_SUPPORT_V27TER | sys::T30_SUPPORT_V29 | sys::T30_SUPPORT_V17,
    };
    modems as c_int
}

fn resolutions(finest: Finest) -> c_int {
    let fine = T4_RESOLUTION_R8_STANDARD | T4_RESOLUTION_R8_FINE | T4_RESOLUTION_200_100 | T4_RESOLUTION_200_200;
    let dots_400 =
        T4_RESOLUTION_R8_SUPERFINE | T4_RESOLUTION_200_400 | T4_RESOLUTION_R16_SUPERFINE | T4_RESOLUTION_400_400;
    match finest {
        Finest::Fine => fine,
        Finest::Dots300 => fine | T4_RESOLUTION_300_300,
        Finest::Dots400 => fine | T4_RESOLUTION_300_300 | dots_400,
    }
}

/// A count from C; what is negative was never counted.
pub(crate) fn count(value: c_int) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

/// # Safety
/// `user` is the context that `set_up` registered, and no other reference to it is live: callbacks run one at a
/// time inside a step, which holds the terminal but no reference into the context.
pub(crate) unsafe fn context<'a>(user: *mut c_void) -> &'a mut Context {
    // SAFETY: by the contract above.
    unsafe { &mut *user.cast::<Context>() }
}

unsafe extern "C" fn on_frame(user: *mut c_void, incoming: bool, msg: *const u8, len: c_int) {
    // SAFETY: as in `on_packet`.
    let (context, frame) = unsafe { (context(user), bytes(msg, len)) };
    let said_instead = match frame.get(2).copied().filter(|_| !incoming) {
        // An engine that got no answer to its command says it again as if it had been called: DIS for DTC, CSI for CIG.
        Some(command @ (DIS | CSI)) if context.fetches => Some(command | 1),
        Some(_) => context.missed.says(frame),
        None => None,
    };
    if let Some(fcf) = said_instead {
        // SAFETY: a frame that goes out lies in a buffer of the terminal or of its caller, which is writable and is read again after
        // this callback; the octet is there, and the slice is made anew.
        unsafe { msg.cast_mut().add(2).write(fcf) };
    }
    // SAFETY: as above.
    let frame = unsafe { bytes(msg, len) };
    let mut replacement = None;
    if incoming {
        replacement = hazard::replacement(frame);
        if replacement.is_none() {
            let (missing, t30) = (context.events.missing(), context.t30());
            let verdict = context.missed.hears(frame, missing, || t30.came());
            replacement = verdict.replacement;
            if verdict.missed {
                // SAFETY: `t30` is the engine that calls; for a status it sets a mark, and does no more.
                unsafe { sys::t30_non_ecm_put_bit(context.t30.as_ptr().cast(), TRAINING_SEEN) };
            }
        }
    }
    let t30 = context.t30();
    context.follow_training(incoming, frame);
    context.events.frame(incoming, frame, t30);
    if let Some(fcf) = replacement {
        // SAFETY: an incoming frame lies in the terminal's own receive buffer, which is writable and is read again after this
        // callback; whoever found what is to replace it saw an octet at this place, and the slice is not used any more.
        unsafe { msg.cast_mut().add(2).write(fcf) };
    }
}

unsafe extern "C" fn on_agreement(user: *mut c_void, fcf: c_int) -> c_int {
    // SAFETY: see `context`.
    let context = unsafe { context(user) };
    let fcf = (fcf & 0xff) as u8;
    if fcf == DTC {
        // From here on the engine sends, from the very memory in which it received: a file that it has open to write would stay open until
        // the process ends.
        // SAFETY: `t30` is the engine that calls. This closes its files and drops the list of the pages that it received, and frames that
        // nobody reads; each is left as it is before first use, and the engine is released once more when the terminal goes.
        unsafe { sys::t30_release(context.t30.as_ptr()) };
    }
    let agrees = fcf & 0xfe != DIS || context.events.agrees(fcf);
    if agrees { status::OK } else { status::NOT_AGREED }
}

unsafe extern "C" fn on_page_end(user: *mut c_void, fcf: c_int) -> c_int {
    // SAFETY: see `context`.
    let context = unsafe { context(user) };
    let t30 = context.t30();
    context.events.page_end((fcf & 0xff) as u8, t30);
    0
}

unsafe extern "C" fn on_document_end(user: *mut c_void, _status: c_int) -> c_int {
    // SAFETY: see `context`.
    let context = unsafe { context(user) };
    c_int::from(context.events.another_document())
}

unsafe extern "C" fn on_log(user: *mut c_void, _level: c_int, text: *const c_char) {
    // SAFETY: see `context`. The text is null or ends with a zero, and lives while the callback lasts.
    let (context, text) = unsafe { (context(user), (!text.is_null()).then(|| CStr::from_ptr(text))) };
    context.missed.logged(text.map_or(&[], CStr::to_bytes));
}

unsafe extern "C" fn on_call_end(user: *mut c_void, completion: c_int) {
    // SAFETY: see `context`.
    let context = unsafe { context(user) };
    context.events.call_end(completion);
}

/// # Safety
/// `buf` is null or readable for `len` bytes as long as the result lives.
pub(crate) unsafe fn bytes<'a>(buf: *const u8, len: c_int) -> &'a [u8] {
    match usize::try_from(len) {
        // SAFETY: by the contract above.
        Ok(len) if len > 0 && !buf.is_null() => unsafe { std::slice::from_raw_parts(buf, len) },
        _ => &[],
    }
}
