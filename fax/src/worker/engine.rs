//! What the worker does while the T.30 engine runs: it passes packets and frames on, and stops the engine where a page must be
//! durable first.
//!
//! # Which page may be confirmed
//! The engine confirms a page when [`Engine::page_end`] returns. What was written decides, not what the protocol counts:
//!
//! | protocol's count | pages in the file | |
//! |---|---|---|
//! | +1 | +1 | decode it, count its rows, offer it to the parent |
//! | +1 | same | the write failed: fall silent |
//! | same, error correction | same | an empty page that would be confirmed: fall silent |
//! | same, none | same | RTN follows; nothing is promised |
//!
//! A page without error correction of which too much is missing is written, counted and asked for again all the same.
//!
//! Silent means that no packet leaves any more. It cannot be undone, and the far end never gets its confirmation.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, Ordering};

use model::{Inside, Pii};
use spandsp::{Events, Missing, T30, status};

use super::channel::{Files, Parent};
use super::documents::Documents;
use super::fit;
use super::frames::{FrameView, Takes, fcf};
use super::header;
use super::polling::Polling;
use super::proto::{Frame, FromWorker, ToWorker};
use crate::page::Page;
use crate::tiff::{self, TiffError};

/// How often "not ready" is answered before the engine would confirm by itself: far more than fit into T5 (60 s), at which the
/// far end gives up.
const NOT_READY: u16 = 10_000;
/// A packet of T.38 counts as so many samples: forty, which hold a page of a second or a command that was said thrice, as three seconds and a half.
const A_PACKET: u32 = 700;
/// The command to send, as it stands in its frame.
const DTC: u8 = fcf::DIS | 1;

/// State that the worker's loop shares with the engine's callbacks. Both run in one thread.
#[derive(Debug, Default)]
pub(super) struct Line {
    silent: AtomicBool,
    /// The last frame that came was part of a page under error correction, of which more follows: its end has frames of its own.
    within_their_page: AtomicBool,
    /// Receiving: training has succeeded, so that what comes without frames is a page.
    page_follows: AtomicBool,
    /// Too much of the page that came is missing.
    spoilt: AtomicBool,
    /// Samples that were lost since our last word.
    lost: AtomicU32,
    /// How far beyond its order the engine is, in 1/8000 s.
    ahead: AtomicU16,
}

impl Line {
    pub(super) fn silence(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    pub(super) fn is_within_their_page(&self) -> bool {
        self.within_their_page.load(Ordering::Relaxed)
    }

    pub(super) fn page_follows(&self) -> bool {
        self.page_follows.load(Ordering::Relaxed)
    }

    /// So many packets are missing, and whether that spoils the page that comes.
    pub(super) fn misses_packets(&self, packets: u16, spoilt: bool) {
        self.misses_sound(u32::from(packets) * A_PACKET);
        self.spoilt.store(spoilt, Ordering::Relaxed);
    }

    /// So many samples are missing.
    pub(super) fn misses_sound(&self, samples: u32) {
        self.lost.fetch_add(samples, Ordering::Relaxed);
    }

    fn missing(&self) -> Missing {
        Missing { part: self.spoilt.load(Ordering::Relaxed), samples: self.lost.load(Ordering::Relaxed) }
    }

    pub(super) fn set_ahead(&self, samples: u16) {
        self.ahead.store(samples, Ordering::Relaxed);
    }
}

/// The callbacks of one call.
pub(super) struct Engine {
    parent: Arc<Parent>,
    files: Arc<Files>,
    line: Arc<Line>,
    /// Sending: what.
    documents: Option<Documents>,
    /// What is asked of the far end: a subaddress, a password.
    asks: (bool, bool),
    /// A document is asked for, by us or of us.
    polling: Option<Polling>,
    /// It was told what it does not take.
    said_not_taken: bool,
    /// The document is as it takes it.
    fitted: bool,
    /// Pages may be packed by T.85.
    packs_t85: bool,
    ecm: bool,
    /// Sending: the count that the parent has last been asked to make durable, in the document that is being sent.
    checkpoint: Option<u32>,
    /// Sending: nothing more is, though it was announced.
    leaves: bool,
    /// Receiving: pages in the file at the end of the last page.
    in_file: u32,
    /// Pages by the protocol at the end of the last page.
    counted: u32,
    offered: u32,
}

impl Engine {
    pub(super) fn new(parent: Arc<Parent>, files: Arc<Files>, line: Arc<Line>, documents: Option<Documents>) -> Self {
        Self {
            parent,
            files,
            line,
            documents,
            asks: (false, false),
            polling: None,
            said_not_taken: false,
            fitted: false,
            packs_t85: false,
            ecm: false,
            checkpoint: None,
            leaves: false,
            in_file: 0,
            counted: 0,
            offered: 0,
        }
    }

    /// The same, for a fax that is for somebody inside their house.
    pub(super) fn asking_for(self, inside: &Inside) -> Self {
        let asks = (!inside.subaddress.expose().is_empty(), !inside.password.expose().is_empty());
        Self { asks, ..self }
    }

    /// The same, where pages may be packed by T.85.
    pub(super) fn packing_by_t85(self, packs_t85: bool) -> Self {
        Self { packs_t85, ..self }
    }

    /// The same, for a document that is asked for.
    pub(super) fn polling(self, polling: Option<Polling>) -> Self {
        Self { polling, ..self }
    }

    /// Makes the documents what the far end takes. The engine opens the file only when it acts on this frame, and would end the call over
    /// pages that are too fine.
    fn fit(&mut self, frame: FrameView<'_>) {
        if std::mem::replace(&mut self.fitted, true) {
            return;
        }
        self.fit_to(frame.takes());
    }

    fn fit_to(&self, takes: Takes) {
        match fit::fit(&self.files, Takes { t85: takes.t85 && self.packs_t85, ..takes }) {
            Ok(None) => {}
            Ok(Some(grain)) => self.tell(&FromWorker::Coarser { x_dpi: grain.x_dpi }),
            // It stays as it is, and the engine ends the call over it, with a cause of its own.
            Err(_) => {}
        }
    }

    /// Whoever made the far end knows no subaddresses: a person is to know that the fax went without.
    fn capabilities(&mut self, frame: FrameView<'_>) {
        let subaddress = self.asks.0 && !frame.takes_subaddress();
        let password = self.asks.1 && !frame.takes_password();
        if (subaddress || password) && !self.said_not_taken {
            self.said_not_taken = true;
            self.tell(&FromWorker::NotTaken { subaddress, password });
        }
    }

    /// A parent that cannot be told is a line that is gone.
    fn tell(&self, message: &FromWorker) {
        if self.parent.tell(message).is_err() {
            self.line.silence();
        }
    }

    /// Waits for the parent's answer; everything but an answer ends the call.
    fn ask(&self, message: &FromWorker) -> Option<ToWorker> {
        self.tell(message);
        if self.line.is_silent() { None } else { self.parent.order().ok() }
    }

    /// Sending: so many pages are confirmed and the next one begins. The parent makes both facts durable before it does.
    fn check_point(&mut self, confirmed: u32) {
        if self.checkpoint == Some(confirmed) {
            return;
        }
        self.checkpoint = Some(confirmed);
        match self.ask(&FromWorker::Confirmed { pages: confirmed }) {
            Some(ToWorker::Go) => {}
            Some(ToWorker::Leave) => self.leaves = true,
            _ => self.line.silence(),
        }
    }

    /// They ask for a document: the parent says which they get. False: none.
    fn asked(&mut self, inside: Inside, takes: Takes) -> bool {
        let (header, length) = match self.ask(&FromWorker::AskedFor { inside }) {
            Some(ToWorker::Give { header, length, .. }) => (header, length),
            Some(ToWorker::Refuse) => return false,
            _ => {
                self.line.silence();
                return false;
            }
        };
        let given = self.files.read_given(length).map_err(|_| TiffError::Truncated);
        match given.and_then(|given| header::stamp(&self.files, &given, header.expose(), &[])) {
            Ok(path) => {
                self.fit_to(takes);
                // From here on pages go out, and are counted anew.
                self.documents = Some(Documents::new(&path, &[], 0));
                (self.counted, self.checkpoint, self.fitted) = (0, None, true);
                true
            }
            Err(_) => {
                self.tell(&FromWorker::Fault { what: "the document that is asked for cannot be read".to_owned() });
                self.line.silence();
                false
            }
        }
    }

    /// Sending: an answer to our page came. A document that is confirmed makes room for the next.
    fn page_answered(&mut self, t30: &mut T30<'_>) {
        self.counted = t30.pages().sent;
        self.check_point(self.counted);
        let next = self.documents.as_mut().and_then(|documents| documents.next(self.counted));
        if let Some(pages) = next.filter(|_| !self.line.is_silent() && !self.leaves) {
            // It begins with a training of its own, and that is when its own count begins.
            self.checkpoint = None;
            let path = self.documents.as_ref().map_or("", Documents::path);
            if !t30.send(path, pages.start, pages.end - 1) {
                self.line.silence();
            }
        }
    }

    /// Receiving: a page has ended, and the engine is about to answer.
    fn page_received(&mut self, after: u8, t30: &mut T30<'_>) {
        let in_file = t30.received();
        let counted = t30.pages().received;
        let written = in_file > self.in_file;
        let promised = counted > self.counted || self.ecm;
        (self.in_file, self.counted) = (in_file, counted);
        if t30.asks_again() {
            return self.tell(&FromWorker::PageDamaged);
        }
        if !written {
            if promised {
                self.refuse(t30, "the page is empty or could not be written");
            } else {
                self.tell(&FromWorker::PageDamaged);
            }
            return;
        }
        match self.page(in_file - 1, t30) {
            Ok(page) => self.offer(page, after, t30),
            Err(why) => self.refuse(t30, &why),
        }
    }

    /// Reads the page that was written last, with a reader and a decoder of our own.
    fn page(&self, index: u32, t30: &T30<'_>) -> Result<Page, String> {
        let recorded = t30.received_page(index).ok_or("the engine has lost the page")?;
        let file = self.files.read_document().map_err(|_| "the page cannot be read back")?;
        // The engine may begin its file anew within a call, so the last page counts, not the number.
        let mut page = tiff::read_last(&file).map_err(|error| error.to_string())?;
        page.bad_rows = recorded.bad_rows;
        let bitmap = page.decode().map_err(|error| error.to_string())?;
        if (bitmap.width(), bitmap.height()) == (recorded.width, recorded.rows) {
            Ok(page)
        } else {
            Err("the page in the file is not the page that was received".to_owned())
        }
    }

    fn offer(&mut self, mut page: Page, after: u8, t30: &mut T30<'_>) {
        let strip = std::mem::take(&mut page.g4);
        if self.files.write_strip(&strip).is_err() {
            return self.refuse(t30, "there is no memory for the page");
        }
        self.offered += 1;
        let strip = u32::try_from(strip.len()).unwrap_or(u32::MAX);
        let last = matches!(after, fcf::EOP | fcf::PRI_EOP);
        let message_ends = matches!(after, fcf::EOM | fcf::PRI_EOM);
        match self.ask(&FromWorker::Page { number: self.offered, page, strip, last, message_ends, incomplete: false }) {
            Some(ToWorker::PageCommitted) => {}
            Some(ToWorker::PageLater) if self.ecm => t30.set_receiver_not_ready(NOT_READY),
            _ => self.fall_silent(t30),
        }
    }

    fn refuse(&mut self, t30: &mut T30<'_>, why: &str) {
        self.fall_silent(t30);
        // The parent may be gone; then there is nobody to tell.
        let _ = self.parent.tell(&FromWorker::PageUnusable { why: why.to_owned() });
    }

    fn fall_silent(&mut self, t30: &mut T30<'_>) {
        self.line.silence();
        t30.set_receiver_not_ready(NOT_READY);
    }
}

impl Events for Engine {
    fn packet(&mut self, ifp: &[u8], copies: u32) -> bool {
        if self.line.is_silent() {
            return false;
        }
        let copies = u8::try_from(copies).unwrap_or(u8::MAX);
        let after = self.line.ahead.load(Ordering::Relaxed);
        self.tell(&FromWorker::Ifp { data: ifp.to_vec(), copies, after });
        !self.line.is_silent()
    }

    fn frame(&mut self, incoming: bool, frame: &[u8], _t30: T30<'_>) {
        let frame = FrameView(frame);
        self.line.within_their_page.store(incoming && frame.fcf() == fcf::FCD, Ordering::Relaxed);
        if !incoming {
            self.line.lost.store(0, Ordering::Relaxed);
        }
        if frame.fcf() == fcf::DCS || frame.fcf() == fcf::CFR {
            self.line.page_follows.store(!incoming && frame.fcf() == fcf::CFR, Ordering::Relaxed);
        }
        // The frames of the page itself are hundreds, and say nothing.
        if matches!(frame.fcf(), fcf::FCD | fcf::RCP) {
            return;
        }
        self.tell(&FromWorker::Frame(Frame {
            incoming,
            fcf: frame.fcf(),
            post_page: frame.post_page(),
            form: frame.form(),
            words: Pii::new(frame.words()),
        }));
        if self.polling.as_mut().is_some_and(|polling| !polling.frame(incoming, frame)) {
            // Nobody answers any more.
            self.tell(&FromWorker::CallEnd { status: status::RETRY_DCN });
            return self.line.silence();
        }
        if let Some((bit_rate, ecm)) = frame.carrier() {
            self.ecm = ecm;
            self.tell(&FromWorker::Rate { bit_rate, ecm });
        }
        if incoming && self.documents.is_some() && frame.fcf() == fcf::DIS {
            self.capabilities(frame);
            self.fit(frame);
        }
        if let Some(subaddress) = frame.subaddress().filter(|_| incoming && self.documents.is_none()) {
            self.tell(&FromWorker::Subaddress(Pii::new(subaddress)));
        }
        if let Some(ident) = frame.ident().filter(|_| incoming) {
            self.tell(&FromWorker::RemoteIdent(Pii::new(ident)));
        }
        // Training has succeeded and the next thing on the line is a page.
        if incoming && self.documents.is_some() && frame.fcf() == fcf::CFR {
            self.check_point(self.counted);
        }
    }

    fn page_end(&mut self, code: u8, mut t30: T30<'_>) {
        if self.line.is_silent() {
            return;
        }
        if self.documents.is_some() {
            self.page_answered(&mut t30);
        } else {
            self.page_received(code, &mut t30);
        }
    }

    fn missing(&self) -> Missing {
        self.line.missing()
    }

    fn another_document(&mut self) -> bool {
        if self.line.is_silent() || !self.documents.as_ref().is_some_and(Documents::are_several) {
            return false;
        }
        match self.ask(&FromWorker::DocumentEnds) {
            Some(ToWorker::Another(next)) => self.documents.as_mut().is_some_and(|documents| documents.choose(next)),
            _ => {
                self.line.silence();
                false
            }
        }
    }

    fn agrees(&mut self, fcf: u8) -> bool {
        if self.leaves {
            return false;
        }
        let Some(polling) = self.polling.as_mut().filter(|_| !self.line.is_silent()) else { return true };
        if let Some((inside, takes)) = polling.asked() {
            // Who is called is told nothing by a DIS, and gives to nobody who has not asked.
            return fcf == DTC && (self.documents.is_some() || self.asked(inside, takes));
        }
        let (agrees, ready) = polling.agrees();
        if !agrees {
            // Before the goodbye: the far end may hang up on it before the engine says that the call is over.
            self.tell(&FromWorker::NotAsked { ready });
        }
        agrees
    }

    fn call_end(&mut self, status: i32) {
        // A terminal that is taken down, because the call goes on in another way, says this too.
        if self.line.is_silent() {
            return;
        }
        self.tell(&FromWorker::CallEnd { status });
    }
}
