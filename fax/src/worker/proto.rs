//! What the parent and a worker say to each other, in postcard: each packet of a `SOCK_SEQPACKET` socket is an order, or one or several reports.
//!
//! The parent gives one order at a time and waits for [`FromWorker::Idle`]. While it handles an order the worker may stop and ask:
//! after [`FromWorker::Page`] it waits for a verdict on the page, after [`FromWorker::Confirmed`] for [`ToWorker::Go`]. It does
//! nothing else until it is answered: that is how a confirmation waits for the disk.

use model::{Inside, Pii, Resolution};
use serde::{Deserialize, Serialize};
use spandsp::{FrontNews, FrontOrder};

use crate::audio::Law;
use crate::page::Page;

/// Goes up with every change of the messages. Parent and worker are the same program, so a difference means a damaged update.
pub const VERSION: u16 = 11;

/// The largest message, with room: a packet of the engine and its frame are below 2 KiB; pages travel by memfd.
pub const MAX_MESSAGE: usize = 8 << 10;

/// How far an engine that speaks over T.38 runs ahead of its orders, in 1/8000 s: what leaves is paced by the parent, and costs an order every
/// 1020 ms instead of every 20.
pub const MOST_AHEAD: u16 = 50 * 160;

/// The same where it has just stopped: whoever answers meanwhile is heard at once and answered later by this at most; the timers of T.30
/// (section 5.4.3.1) are seconds.
pub const MOST_AHEAD_BETWEEN: u16 = 2 * 160;

/// How far the clock of an engine that waits for the far end may stand behind ours, in 1/8000 s, as long as nothing comes: a timer of T.30 runs
/// out later by this at most, and what comes is heard, and answered, at once.
pub const MOST_QUIET: u16 = 19 * 160;

/// As sound, what passes in one order, in 1/8000 s: a constant part of the way to the far end and back, whose timers are seconds.
pub const SOUND_BLOCK: u16 = 5 * 160;

/// The same in the midst of a page that comes: nobody is answered there, and behind the page's last frame the far end warns of its next command for a
/// second (T.30 section 5.3.1).
pub const LONG_SOUND_BLOCK: u16 = 20 * 160;

/// As sound, what an engine says to one order at most, in 1/8000 s: while it speaks, and hears nobody, it goes on beyond it.
pub const MOST_SOUND: u16 = 40 * 160;

// An order and an answer are one message each, with room for the words around the sound.
const _: () = assert!(MOST_SOUND as usize + 256 <= MAX_MESSAGE && LONG_SOUND_BLOCK as usize + 256 <= MAX_MESSAGE);

/// What a worker is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Task {
    /// Call, and send the document.
    Send {
        /// The first page of the document to send, counted from 0: those before it were confirmed in an earlier attempt.
        first_page: u32,
        /// Printed above each page, with the page's number: date, time, business, station. Nothing is if it is empty.
        header: Pii<String>,
        /// Whom it is for inside their house.
        inside: Inside,
        /// Pages of each document in the file, one after the other, if there are several. Which of them are sent, and in which order after
        /// the first, is said as it comes ([`ToWorker::Another`]).
        documents: Vec<u32>,
    },
    /// Answer, and receive.
    Receive {
        /// A document may lie ready for who asks for it in place of sending: which, if any, is asked when they do
        /// ([`FromWorker::AskedFor`]).
        ready: bool,
    },
    /// Call, ask for the document that the far end holds ready, and receive it.
    Fetch {
        /// Which (SEP), and what lets us in (PWD).
        inside: Inside,
    },
}

/// How the fax travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// As packets of T.38.
    T38,
    /// As sound, in this law of G.711.
    Audio(Law),
    /// Over a modem of our own, which is driven outside of the worker.
    Modem,
    /// Over a modem of our own that speaks T.30 itself: the worker only codes pages, or reads them.
    Class2,
}

/// How the rows of a page are coded on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Coding {
    /// Modified Huffman, T.4 section 4.1.
    Mh,
    /// Modified READ, T.4 section 4.2.
    Mr,
    /// T.6.
    Mmr,
}

/// How a worker is to talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// [`VERSION`].
    pub version: u16,
    /// What it is for.
    pub task: Task,
    /// How it travels.
    pub way: Way,
    /// What we call ourselves (TSI, CSI).
    pub station_id: String,
    /// The finest pages to offer. What is sent is as fine as its document, if the far end takes that.
    pub finest: Resolution,
    /// Pack pages by T.85 (JBIG) with whoever can.
    pub t85: bool,
    /// Offer error correction.
    pub ecm: bool,
    /// The fastest carrier: 14400, 9600 or 4800 bit/s.
    pub max_bit_rate: u16,
}

/// What the front end, which drives a modem, tells the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrontInput {
    /// Something has come about.
    News(FrontNews),
    /// A frame came, without its check sum.
    Frame {
        /// Its octets.
        frame: Vec<u8>,
        /// Its check sum was right.
        good: bool,
    },
    /// Part of a page came.
    Put(Vec<u8>),
    /// The next part of the page is wanted, so long at most. Answered by [`FromWorker::Taken`].
    Take(u16),
    /// Time has passed, in 1/8000 s.
    Pass(u16),
    /// [`Way::Class2`]: this page of the attempt, counted from 0, is the next to be taken.
    Page {
        /// Which.
        number: u32,
        /// How.
        coding: Coding,
        /// At 196 rows per inch, else at 98.
        fine: bool,
    },
    /// [`Way::Class2`]: what came of a page is none, and comes again.
    Forget,
    /// [`Way::Class2`]: what came since the last is a page, or what there is of one. Answered by [`FromWorker::Page`], or
    /// [`FromWorker::PageDamaged`].
    Received {
        /// How.
        coding: Coding,
        /// Dots in a row.
        width: u16,
        /// At 196 rows per inch, else at 98.
        fine: bool,
        /// What the far end said after it (MPS, EOM or EOP); `None`: nothing, the call broke.
        after: Option<u8>,
    },
}

/// An order or an answer of the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToWorker {
    /// The first order.
    Start(Start),
    /// Packets came. One order for them and the time, as each order costs more than the engine's own work.
    Packets {
        /// So much time has passed before them, in 1/8000 s, in which the engine had nothing to say.
        before: u16,
        /// Each with a number that rises by one per packet.
        packets: Vec<(u16, Vec<u8>)>,
        /// So much time passes with them.
        samples: u16,
    },
    /// Both ends agreed on T.38 after all: what was said as sound is forgotten, and the session begins anew.
    Switch {
        /// No carrier goes faster from here on, nor than was said at the start ([`Start::max_bit_rate`]).
        max_bit_rate: u16,
    },
    /// This was heard in the time that has passed. Answered by as much to say, and more of a page.
    Sound {
        /// Octets of G.711, [`LONG_SOUND_BLOCK`] at most.
        #[serde(with = "octets")]
        heard: Vec<u8>,
        /// So many of them did not come.
        missing: u32,
    },
    /// The front end says something.
    Front(FrontInput),
    /// Time passes, more than 20 ms only where the engine had nothing to say.
    Tick {
        /// In 1/8000 s.
        samples: u16,
    },
    /// Answer to `Page`, or an order after `PageLater`: the page is durable, confirm it.
    PageCommitted,
    /// Answer to `Page`: the disk is slow. Under error correction, tell the far end that we are not ready; without it there is
    /// no such answer, and the page is refused.
    PageLater,
    /// Answer to `Page`: never confirm it. The worker falls silent for good.
    PageRefused,
    /// Answer to `Confirmed`: the count is durable, go on.
    Go,
    /// Answer to `Confirmed` at the end of a document: what was announced does not follow. Their machine hears goodbye (DCN) when it says that
    /// it is ready.
    Leave,
    /// Answer to `AskedFor`: they get this document.
    Give {
        /// See [`Task::Send`].
        header: Pii<String>,
        /// The document, a TIFF file. On the wire it is empty, and stands in the strip file.
        #[serde(skip)]
        document: Pii<Vec<u8>>,
        /// Bytes in the strip file.
        length: u32,
    },
    /// Answer to `AskedFor`: they get nothing, and hear goodbye.
    Refuse,
    /// Answer to `DocumentEnds`: this one of the documents follows in the same call, or none does.
    Another(Option<u16>),
    /// The call is over.
    Stop,
}

/// What a worker reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FromWorker {
    /// It took the `Start`.
    Ready {
        /// Its [`VERSION`].
        version: u16,
    },
    /// Send this packet.
    Ifp {
        /// The packet.
        #[serde(with = "octets")]
        data: Vec<u8>,
        /// How often: the ends of signals are repeated, since nothing follows that could repair them.
        copies: u8,
        /// So long after the order it is due, in 1/8000 s: see [`FromWorker::Ahead`].
        after: u16,
    },
    /// The engine has gone on for so much time beyond its order, in 1/8000 s: where it speaks, and nobody interrupts it, long.
    Ahead {
        /// At most [`MOST_AHEAD`], and [`MOST_AHEAD_BETWEEN`] where it speaks no more.
        samples: u16,
    },
    /// Over T.38, the engine waits for the far end: as long as no packet comes, the next order may come so much later, in 1/8000 s.
    Quiet {
        /// At most [`MOST_QUIET`].
        samples: u16,
    },
    /// As sound, the engine is in the midst of a page that comes: the next order may be of [`LONG_SOUND_BLOCK`].
    Listens,
    /// Say this.
    Sound {
        /// As much as was heard, in the same law. While it speaks, the engine has gone on for up to [`MOST_SOUND`] in all.
        #[serde(with = "octets")]
        said: Vec<u8>,
        /// It goes on to speak, and hears nobody meanwhile.
        speaks: bool,
    },
    /// The engine wants something of the front end.
    Front(FrontOrder),
    /// Part of the page to send, shorter than asked for at its end.
    Taken(Vec<u8>),
    /// A T.30 frame came or went.
    Frame(Frame),
    /// The carrier was agreed.
    Rate {
        /// In bit/s.
        bit_rate: u32,
        /// Error correction is in use.
        ecm: bool,
    },
    /// What the far end calls itself.
    RemoteIdent(Pii<String>),
    /// The subaddress that the far end asks for.
    Subaddress(Pii<String>),
    /// The far end knows no subaddresses, or no passwords, and was told none.
    NotTaken {
        /// It knows no subaddresses, and there was one to ask for.
        subaddress: bool,
        /// The same of passwords.
        password: bool,
    },
    /// Receiving: they ask for a document in place of sending one (DTC). The worker waits for `Give` or `Refuse`.
    AskedFor {
        /// Which (SEP), and what is to let them in (PWD).
        inside: Inside,
    },
    /// Fetching: the document is not asked for, and the far end hears goodbye.
    NotAsked {
        /// There is one.
        ready: bool,
    },
    /// The far end takes no pages as fine as ours: it gets coarser ones.
    Coarser {
        /// Dots per inch across.
        x_dpi: u16,
    },
    /// A page is complete and every row of it was decoded. The worker waits for `PageCommitted`, `PageLater` or `PageRefused`.
    Page {
        /// 1 for the first.
        number: u32,
        /// The page. On the wire its strip is empty, and stands in the strip file.
        page: Page,
        /// Bytes in the strip file.
        strip: u32,
        /// The far end has no more pages.
        last: bool,
        /// The far end said that what follows is another document, or pages in another form (EOM).
        message_ends: bool,
        /// The call broke in its midst. It is kept, as what it is, and never confirmed.
        incomplete: bool,
    },
    /// A page came that we cannot keep. The worker is silent from now on, so that nothing is confirmed.
    PageUnusable {
        /// In a few words.
        why: String,
    },
    /// A page came so damaged that the far end is asked for it again (RTN).
    PageDamaged,
    /// Sending side: so many pages are confirmed, and the next one (if there is one) is about to begin. The worker waits for `Go`.
    Confirmed {
        /// From the first page of this attempt.
        pages: u32,
    },
    /// Sending side, with several documents: the last page of one has gone out, and the far end is to be told whether another one
    /// follows. The worker waits for `Another`. It may ask again, when it has to send a part of that page again.
    DocumentEnds,
    /// The T.30 session is over.
    CallEnd {
        /// See `spandsp::status`.
        status: i32,
    },
    /// The worker cannot go on.
    Fault {
        /// In a few words.
        what: String,
    },
    /// It has handled the last order and waits for the next.
    Idle,
}

impl FromWorker {
    /// True for what an order usually comes to: it means nothing before the order's end.
    pub(super) const fn is_part(&self) -> bool {
        matches!(
            self,
            Self::Ifp { .. }
                | Self::Ahead { .. }
                | Self::Quiet { .. }
                | Self::Listens
                | Self::Sound { .. }
                | Self::Front(_)
                | Self::Taken(_)
        )
    }

    /// True if the worker says nothing more until the parent speaks: it has done its order, asks, or cannot go on.
    pub const fn waits(&self) -> bool {
        matches!(
            self,
            Self::Idle
                | Self::Page { .. }
                | Self::Confirmed { .. }
                | Self::DocumentEnds
                | Self::AskedFor { .. }
                | Self::Fault { .. }
                | Self::PageUnusable { .. }
        )
    }
}

/// A T.30 frame, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// From the far end.
    pub incoming: bool,
    /// The facsimile control field, without the bit that says which end sends it.
    pub fcf: u8,
    /// The second field of a PPS: what follows the partial page.
    pub post_page: Option<u8>,
    /// Of a DCS: the form of the pages that follow, as [`FrameView::form`](super::frames::FrameView::form) has it.
    pub form: Option<u16>,
    /// What it says.
    pub words: Pii<String>,
}

/// Octets as one piece: each by itself costs more than all of them.
mod octets {
    use std::fmt;

    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;

    struct Piece;

    impl Visitor<'_> for Piece {
        type Value = Vec<u8>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("octets")
        }

        fn visit_bytes<E: Error>(self, octets: &[u8]) -> Result<Vec<u8>, E> {
            Ok(octets.to_vec())
        }
    }

    pub(super) fn serialize<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(octets)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_bytes(Piece)
    }
}
