//! One fax call, over T.38 or as sound: what comes from the wire goes to the worker in order, what the worker says goes out (packets
//! with redundancy, sound without a gap), and no page is confirmed, or counted as confirmed, that is not durable.
//!
//! A call that begins as sound may become one over T.38 ([`Input::Switch`]), as long as nothing but greetings was said.
//!
//! Sans-I/O: [`Session::handle_input`] takes datagrams or sound, the worker's reports and the store's answers; [`Session::poll_output`]
//! gives datagrams, orders for the worker and pages for the store. It ends exactly once, with [`Output::Finished`], also when the
//! worker crashes, hangs or lies: then the cause says what is known about the pages, never more.
//!
//! A call may send several documents one after the other ([`Params::followers`]). Each has an outcome of its own: that of one that is
//! confirmed comes when it is ([`Output::DocumentSent`]), and the next begins only when that, and its own begin, are durable. What
//! ends the call is the outcome of the one that was being sent; what had not begun was never sent.
//!
//! A call may be made to fetch what their machine holds ready ([`Role::Fetch`]). From its command to train on it is a reception like any,
//! with the same promises.
//!
//! A call that came in may ask for a document of ours in place of sending one ([`Params::ready`], [`Output::AskedFor`]), also after it has
//! sent some. From the answer on ([`Input::Give`]) it is a sending like any, with an outcome of its own.
//!
//! What comes may be several documents too: one whose sender begins another in the same call has an outcome of its own
//! ([`Output::DocumentReceived`]).
//!
//! # What the outcome promises
//! Sending, `Delivered` means that every page was confirmed. Once the far end may have the whole document although nothing says
//! so (the end of procedure was sent and not answered), every other end is `Unconfirmed`, whatever ended it. Receiving,
//! `Delivered` means that the last page was durable before it was confirmed; `pages_confirmed` counts only such pages, and what came of
//! one in whose midst the call broke is kept beside them (`pages_in_part`).

mod documents;
mod giving;
mod modem_side;
mod outcome;
mod packets;
mod sound;
mod state;
mod wire;
mod worker_side;

use std::time::Duration;

use bytes::Bytes;
use model::fax::{Cause, Outcome};
use model::trace::Mark;
use model::{Inside, Instant, Now, Resolution};

pub use self::state::Session;
use crate::audio::Law;
use crate::line::ModemCall;
use crate::page::Page;
use crate::worker::proto::{FromWorker, Start, Task, ToWorker, VERSION, Way};

/// The engine's clock: one order for this much time.
pub const TICK: Duration = Duration::from_millis(20);
/// [`TICK`] in the engine's unit, 1/8000 s.
const TICK_SAMPLES: u16 = 160;
/// What is kept together is handed over so long before the engine is to have it, or up to [`TOGETHER`] longer.
const EARLIER: Duration = Duration::from_millis(2);
/// How far the engine's clock may lag and still be caught up by running faster. What is beyond (we were blocked by the disk) is
/// dropped: the engine's timers then run late by it, which they bear, while a long burst of packets is more than some gateways do.
const MAX_CATCH_UP: Duration = Duration::from_millis(200);
/// A page must be durable after this, or the far end's shortest T4 (2.55 s) runs out and it asks again.
const COMMIT_BUDGET: Duration = Duration::from_millis(1500);
/// How long "not ready" is answered under error correction; the far end's T5 is 60 s.
const NOT_READY_BUDGET: Duration = Duration::from_secs(50);
/// How long the far end waits for our next page: T2 is 6 s.
const PROGRESS_BUDGET: Duration = Duration::from_secs(4);
/// How long their machine may take until it hears that nothing follows: it says that it is ready after T2, which is 7 s at the longest, once more
/// after T4, and is heard for some seconds each time.
const GOODBYE_BUDGET: Duration = Duration::from_secs(20);
/// Who asked for a document asks again after T4, which is 2.55 s at the shortest, and part of that is the way.
const ANSWER_BUDGET: Duration = Duration::from_millis(2000);
/// One order takes microseconds, a page some milliseconds. A worker that is silent this long is caught in a loop or dead.
const WATCHDOG: Duration = Duration::from_secs(3);
/// When the watchdog strikes, reports that came while we ourselves did not run may still wait for us; they get this long.
const GRACE: Duration = Duration::from_millis(500);
/// A process has to start and close its sandbox, on a slow board under load.
const START_BUDGET: Duration = Duration::from_secs(10);
/// The longest call: some 50 dense pages at the slowest speed, or 400 at the usual one.
const LONGEST_CALL: Duration = Duration::from_secs(3 * 3600);
/// No packet went either way for this long, which is longer than any timer of T.30 (T5, 65 s): the engine waits for something
/// that never comes, as after a goodbye that was garbled.
const LONGEST_SILENCE: Duration = Duration::from_secs(100);
/// As sound, something always comes, and a machine that has lost its wits sends flags for ever over T.38, too: while a signal stays, the engine's
/// timers do. No frame of T.30 either way for this long is the same as silence: a page takes less at any speed.
const LONGEST_WITHOUT_FRAME: Duration = Duration::from_secs(900);
/// Whoever has said no frame by then is no fax machine: T0 is 60 s, and T1 35 s. A modem's call begins before it is dialled, so this is not for it.
const LONGEST_UNHEARD: Duration = Duration::from_secs(120);
/// Reports to one order. The engine sends at most 64 packets in a step, and a handful of frames; a worker that says more has been
/// taken over, or is caught in a loop.
const MAX_REPORTS: u32 = 256;
/// Characters of a worker's words that are kept; a frame's are below 80.
const MAX_WORDS: usize = 120;
/// What this end of the call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends so many pages.
    Send {
        /// Pages of this attempt: those of the document from [`Params::first_page`] on.
        pages: u32,
    },
    /// Receives.
    Receive,
    /// Has called, and receives the document that their machine holds ready.
    Fetch,
    /// Was called, was asked for a document, and sends so many pages. No call begins so: one that receives becomes it.
    Give {
        /// Pages of the document.
        pages: u32,
    },
}

impl Role {
    /// Pages to send; nothing for an end that receives.
    pub(crate) const fn sends(self) -> Option<u32> {
        match self {
            Self::Send { pages } | Self::Give { pages } => Some(pages),
            Self::Receive | Self::Fetch => None,
        }
    }
}

/// How it does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    /// What we call ourselves (TSI, CSI), at most 20 characters.
    pub station_id: String,
    /// The business' name for the line above each page sent; empty for no line.
    pub header: String,
    /// The IANA time zone of that line.
    pub timezone: String,
    /// How the fax travels, at first.
    pub way: Way,
    /// Over a modem: how its call begins.
    pub modem: Option<ModemCall>,
    /// The first page of the document to send, counted from 0, when the document still holds pages confirmed earlier. The line
    /// above each page counts from the document's beginning.
    pub first_page: u32,
    /// Pages of each further document that the document to send holds, to be sent in the same call.
    pub followers: Vec<u32>,
    /// `T38FaxMaxDatagram` of the far end.
    pub max_datagram: u16,
    /// Repeat earlier packets in each datagram (`T38FaxUdpEC` agreed on redundancy). What comes is always repaired.
    pub redundancy: bool,
    /// Offer error correction.
    pub ecm: bool,
    /// The fastest carrier, in bit/s: of 14400, 9600 and 4800 the one that is no faster.
    pub max_bit_rate: u16,
    /// Receiving: a document may lie ready for whoever asks for it.
    pub ready: bool,
    /// Sending: whom it is for inside their house. Fetching: which document is wanted, and what lets us in.
    pub inside: Inside,
    /// The finest pages to offer, or those to send.
    pub finest: Resolution,
    /// Pack pages by T.85 (JBIG) with whoever can.
    pub t85: bool,
    /// Over T.38 and as sound, the shell keeps the time: it is given what leaves before that is due, and told until when what comes may be kept
    /// together ([`Output::Gather`]), so that we need not wake for each packet.
    pub paced: bool,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            station_id: String::new(),
            header: String::new(),
            timezone: "UTC".to_owned(),
            way: Way::T38,
            modem: None,
            first_page: 0,
            followers: Vec::new(),
            max_datagram: 400,
            redundancy: true,
            ecm: true,
            max_bit_rate: 14_400,
            ready: false,
            inside: Inside::default(),
            finest: Resolution::default(),
            t85: true,
            paced: false,
        }
    }
}

/// What goes in.
#[derive(Debug)]
pub enum Input<'a> {
    /// A datagram from the wire.
    Datagram(&'a [u8]),
    /// Sound from the wire, as it came.
    Sound {
        /// When it came, which may be a while ago.
        at: Instant,
        /// Its place.
        timestamp: u32,
        /// What it was written by.
        law: Law,
        /// Its octets.
        payload: &'a [u8],
    },
    /// Both ends agreed on T.38 in a call that began as sound.
    Switch {
        /// See [`Params::max_datagram`].
        max_datagram: u16,
        /// See [`Params::redundancy`].
        redundancy: bool,
        /// `T38MaxBitRate` of the far end: no carrier goes faster from here on.
        max_bit_rate: u16,
    },
    /// What the modem says.
    Modem(modem::Event),
    /// There is no modem any more: it was unplugged, or answers to nothing.
    ModemGone,
    /// A report of the worker.
    Worker(FromWorker),
    /// The worker has ended.
    WorkerGone,
    /// Answer to `StorePage`: it is durable.
    PageStored {
        /// Which.
        page: u32,
    },
    /// Answer to `StorePage`: it could not be stored.
    PageNotStored {
        /// Which.
        page: u32,
    },
    /// Answer to `StoreProgress`: it is durable.
    ProgressStored,
    /// Answer to `StoreProgress`: it could not be stored.
    ProgressNotStored,
    /// Answer to `DocumentSent`: it is durable that it was sent and that the next one begins.
    DocumentBegun,
    /// Answer to `DocumentSent`: nothing is sent any more, and the call ends.
    NoDocument,
    /// Answer to `AskedFor`: they get this document, and that they do is durable.
    Give {
        /// Its pages.
        pages: &'a [Page],
    },
    /// Answer to `AskedFor`: they get nothing, and why, as a sentence for a person.
    Refuse {
        /// [`Cause::FetchRefused`](model::fax::Cause), or that we could not.
        cause: Cause,
        /// Why.
        why: String,
    },
    /// This of the followers (0 for the first) is not to be sent any more. One that has begun is recalled by [`Input::Cancel`].
    Withdraw(usize),
    /// The call has ended.
    LineEnded,
    /// A person recalls the fax.
    Cancel,
    /// The instant that `Output::Timeout` named has come.
    Timeout,
}

/// 20 ms of sound that is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its samples.
    pub payload: Bytes,
    /// When it is due. That has come, but to a shell that keeps the time ([`Params::paced`]), and at the end of the call.
    pub due: Instant,
}

/// What comes out; the shell polls until `Timeout`.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// An order for the worker.
    Worker(ToWorker),
    /// Kill the worker.
    KillWorker,
    /// Send this datagram.
    Datagram {
        /// What.
        data: Bytes,
        /// When it is due. That has come, but to a shell that keeps the time ([`Params::paced`]).
        due: Instant,
    },
    /// An order for the modem.
    Modem(modem::Order),
    /// Say these, one after the other, right after what was said before.
    Sound(Vec<Span>),
    /// Over T.38 and as sound, what comes before this instant may be handed over together then ([`Session::part`]).
    Gather {
        /// The instant.
        until: Instant,
    },
    /// Make this page durable, then say `PageStored`. It is not confirmed before.
    StorePage {
        /// 1 for the first of the call.
        number: u32,
        /// The page.
        page: Page,
        /// The call broke in its midst: it is to be kept, and is never confirmed.
        in_part: bool,
    },
    /// Another document begins in the same call: this is the outcome of the one before, whose pages are all durable and confirmed.
    DocumentReceived(Outcome),
    /// They ask for a document in place of sending one. Find it, make durable that they get it, and say `Give`, or else `Refuse`.
    AskedFor(Inside),
    /// Make durable how far we are, then say `ProgressStored`. The next page does not begin before.
    StoreProgress {
        /// Pages confirmed in this attempt.
        pages_confirmed: u32,
        /// The next page is the last one: from now on the fax may arrive whole without our knowing it.
        last_page_begins: bool,
    },
    /// A document that others follow is confirmed. Make its outcome durable, and the begin of what follows, and say `DocumentBegun`.
    /// Nothing of that is sent before.
    DocumentSent {
        /// What became of it.
        outcome: Outcome,
        /// Which of the followers is next.
        next: usize,
    },
    /// For the flight recorder.
    Trace {
        /// How to mark it.
        mark: Mark,
        /// What happened. May name numbers.
        title: String,
        /// The technical fact behind it.
        detail: String,
    },
    /// For people who watch.
    Progress {
        /// "Agreeing on a speed", "Sending page 2".
        doing: String,
        /// Pages confirmed in this attempt.
        pages_confirmed: u32,
        /// Bits per second, 0 before training.
        bit_rate: u32,
    },
    /// The end. Nothing but `Timeout(FAR_FUTURE)` follows.
    Finished(Outcome),
    /// Nothing more until this instant.
    Timeout(Instant),
}

/// The next instant at which an engine's clock moves on. It is the same for all calls, so that whoever wakes for one wakes for all: to wake
/// costs more than what is done then.
fn on_the_beat(at: Instant) -> Instant {
    Instant::from_nanos(at.nanos().next_multiple_of(TICK.as_nanos() as u64))
}

/// How far apart the instants are at which a shell that keeps the time has something to do. The beat of a call as sound goes as fast as the far
/// end's clock and so is its own, and many calls would wake that shell many hundred times a second.
const PULSE: Duration = Duration::from_millis(5);

/// When sound leaves that is due then: later by less than 5 ms, which any network does to it too.
fn on_a_pulse(due: Instant) -> Instant {
    Instant::from_nanos(due.nanos().next_multiple_of(PULSE.as_nanos() as u64))
}

/// How far apart the instants are at which what was kept is handed over, and engines have their orders: those of all calls at once, since a
/// processor that sleeps is woken for one as for ten.
const TOGETHER: Duration = Duration::from_millis(40);

/// Until when what the engine is to have at that instant is kept together.
fn handed_over_for(at: Instant) -> Instant {
    let latest = at.nanos().saturating_sub(EARLIER.as_nanos() as u64);
    Instant::from_nanos(latest - latest % TOGETHER.as_nanos() as u64)
}

/// The order with which the worker begins.
fn start_order(now: Now, role: Role, params: &Params) -> Start {
    let task = match role {
        Role::Receive | Role::Give { .. } => Task::Receive { ready: params.ready },
        Role::Fetch => Task::Fetch { inside: params.inside.clone() },
        Role::Send { pages } => Task::Send {
            first_page: params.first_page,
            header: header_line(now, params).into(),
            inside: params.inside.clone(),
            documents: documents::in_the_file(params.first_page + pages, &params.followers),
        },
    };
    Start {
        version: VERSION,
        task,
        way: params.way,
        station_id: params.station_id.clone(),
        finest: params.finest,
        t85: params.t85,
        ecm: params.ecm,
        max_bit_rate: params.max_bit_rate,
    }
}

/// The line that the law wants above each page (47 CFR 68.318(d)): date and time of sending, whose machine it is, its number.
fn header_line(now: Now, params: &Params) -> String {
    if params.header.is_empty() {
        return String::new();
    }
    let zone = jiff::tz::TimeZone::get(&params.timezone).unwrap_or(jiff::tz::TimeZone::UTC);
    let sent = now.wall.in_zone(&zone).strftime("%d %b %Y %H:%M").to_string();
    format!("{sent}  {}  {}", params.header, params.station_id)
}
