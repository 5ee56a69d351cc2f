//! What the worker reports and what the store answers: the two that decide when a page counts.

use model::fax::Cause;
use model::trace::Mark;
use model::{Instant, Pii};

use super::state::{PendingPage, Session, Worker};
use super::{COMMIT_BUDGET, MAX_REPORTS, MAX_WORDS, NOT_READY_BUDGET, Output, PROGRESS_BUDGET, Role};
use crate::page::Page;
use crate::worker::frames::fcf;
use crate::worker::proto::{Frame, FromWorker, ToWorker, VERSION};

impl Session {
    pub(super) fn worker_report(&mut self, now: Instant, report: FromWorker) {
        // A worker that speaks while it waits for our answer, or after its end, is out of order: nothing it says is believed.
        match (self.worker, &report) {
            (Worker::Gone, _) => return,
            (Worker::Starting { .. }, FromWorker::Ready { version }) if *version == VERSION => return,
            (Worker::Starting { .. }, FromWorker::Idle | FromWorker::Fault { .. }) => {}
            (Worker::Busy { .. }, report) if !matches!(report, FromWorker::Ready { .. }) => self.reports += 1,
            _ => return self.fault(now, "The fax engine spoke out of turn.", ""),
        }
        if self.reports > MAX_REPORTS {
            return self.fault(now, "The fax engine does not stop speaking.", "");
        }
        self.reported(now, report);
    }

    /// What the worker reports, or a modem that speaks T.30 itself.
    pub(super) fn reported(&mut self, now: Instant, report: FromWorker) {
        match report {
            FromWorker::Ready { .. } => {}
            FromWorker::Ifp { data, copies, after } => self.transmit(now, &data, copies, after),
            FromWorker::Ahead { samples } => self.ran_ahead(samples),
            FromWorker::Quiet { samples } => self.rests(samples),
            FromWorker::Listens => self.listens(),
            FromWorker::Sound { said, speaks } => self.say(said, speaks),
            FromWorker::Front(order) => {
                if let Some(modem) = self.wire.modem() {
                    modem.driver.wanted(order);
                }
            }
            FromWorker::Taken(data) => {
                if let Some(modem) = self.wire.modem() {
                    modem.driver.taken(data);
                    self.pump_modem(now);
                }
            }
            FromWorker::Frame(frame) => self.frame(now, &frame),
            FromWorker::Rate { bit_rate, ecm } => {
                (self.bit_rate, self.ecm) = (bit_rate, ecm);
                self.say_progress();
            }
            FromWorker::RemoteIdent(ident) => self.remote_ident = Pii::new(ident.expose().chars().take(20).collect()),
            FromWorker::Subaddress(subaddress) => {
                self.asked_for(Pii::new(subaddress.expose().chars().take(20).collect()));
            }
            FromWorker::Coarser { x_dpi } => {
                let what =
                    format!("Their machine takes no pages as fine as these; it gets them with {x_dpi} dots per inch.");
                self.trace(Mark::Warn, what, "DIS");
            }
            FromWorker::AskedFor { inside } => self.asked_for_a_document(now, &inside),
            FromWorker::NotAsked { ready } => {
                self.not_given = Some(if ready { Cause::CannotAsk } else { Cause::NothingToFetch });
            }
            FromWorker::NotTaken { subaddress, password } => self.not_taken(subaddress, password),
            FromWorker::Page { number, page, last, message_ends, incomplete, .. } => {
                self.incoming.message_ends(message_ends);
                self.page_received(now, number, page, (last, incomplete));
            }
            FromWorker::PageUnusable { why } => self.fault(now, "A page came that could not be kept.", &why),
            FromWorker::PageDamaged => self.page_damaged(),
            FromWorker::Confirmed { pages } => self.pages_confirmed(now, pages),
            FromWorker::DocumentEnds => self.document_ends(now),
            FromWorker::CallEnd { status } => self.call_ended(now, status),
            FromWorker::Fault { what } => self.fault(now, "The fax engine cannot go on.", &what),
            FromWorker::Idle => self.worker = Worker::Idle,
        }
    }

    /// Their machine is asked for it again, as far as there is a way.
    fn page_damaged(&mut self) {
        if self.ecm && self.wire.speaks_t30() {
            let what = "A page came under error correction and cannot be read, so it was not confirmed.";
            self.trace(Mark::Bad, what, "no RTN");
        } else {
            let what = "A page arrived too damaged to keep; their machine was asked for it again.";
            self.trace(Mark::Warn, what, "RTN");
        }
        self.judged(false);
    }

    /// The fax goes on: it is for their house at least, and a machine that knows no subaddresses has nobody else to give it to.
    fn not_taken(&mut self, subaddress: bool, password: bool) {
        let what = match (subaddress, password) {
            (true, true) => "subaddress and no password",
            (true, false) => "subaddress",
            (false, _) => "password",
        };
        self.trace(Mark::Warn, format!("Their machine takes no {what}; the fax goes without."), "DIS");
    }

    fn frame(&mut self, now: Instant, frame: &Frame) {
        (self.active, self.framed) = (now, now);
        // Ready to receive: from the far end's next word on, it is a page.
        self.under_way |= frame.fcf == fcf::CFR;
        let arrow = if frame.incoming { "←" } else { "→" };
        let words: String = frame.words.expose().chars().take(MAX_WORDS).collect();
        self.trace(Mark::Detail, format!("{arrow} {words}"), "");
        self.heard |= frame.incoming;
        self.blocks_repeated += u32::from(frame.fcf == fcf::PPR);
        match self.role {
            Role::Send { pages } | Role::Give { pages } => self.follow_sending(frame, pages),
            Role::Receive | Role::Fetch => self.follow_documents(now, frame),
        }
        match frame.fcf {
            fcf::DIS | fcf::DCS | fcf::CFR => self.doing("Agreeing on a speed".to_owned()),
            _ => {}
        }
    }

    /// Keeps track of what the far end may have. An outgoing frame is reported before it is on the wire, so this is never late.
    fn follow_sending(&mut self, frame: &Frame, total: u32) {
        let code = frame.post_page.unwrap_or(frame.fcf);
        if !frame.incoming {
            if matches!(code, fcf::EOP | fcf::PRI_EOP | fcf::EOM | fcf::PRI_EOM) {
                // The document ends with its last page, whatever follows it in the call; all before it are confirmed, or it is not whole.
                self.pages.all_sent = self.pages.confirmed + 1 >= total;
                self.pages.damaged = false;
            }
            return;
        }
        match frame.fcf {
            // It has not got all of the page.
            fcf::PPR => self.pages.all_sent = false,
            fcf::RTN => {
                self.pages.all_sent = false;
                self.pages.damaged = true;
                self.trace(Mark::Warn, "Their machine says that the page arrived damaged.", "RTN");
            }
            _ => {}
        }
    }

    fn page_received(&mut self, now: Instant, number: u32, page: Page, (last, incomplete): (bool, bool)) {
        if self.role.sends().is_some() || self.pending.is_some() || number != self.page_expected() {
            return self.fault(now, "The fax engine counted its pages wrongly.", "");
        }
        self.worker = Worker::Asking;
        self.bad_rows = self.bad_rows.saturating_add(page.bad_rows);
        self.pending = Some(PendingPage { number, last, incomplete, not_ready: false, until: now + COMMIT_BUDGET });
        self.doing(format!("Storing page {}", self.pages.confirmed + 1));
        self.out.push_back(Output::StorePage { number, page, in_part: incomplete });
    }

    pub(super) fn page_stored(&mut self, now: Instant, number: u32) {
        let Some(page) = self.pending.filter(|page| page.number == number) else { return };
        self.pending = None;
        self.pages.whole |= page.last;
        let number = self.pages.confirmed + 1;
        if page.incomplete {
            self.pages.in_part += 1;
            let what = format!("What came of page {number} is kept, marked as incomplete; it was not confirmed.");
            self.trace(Mark::Warn, what, "");
        } else {
            self.pages.confirmed = number;
            self.trace(Mark::Good, format!("Page {number} is stored and confirmed."), "");
        }
        self.judged(true);
        if page.not_ready {
            self.urgent.push_back(ToWorker::PageCommitted);
        } else {
            self.order(now, ToWorker::PageCommitted);
        }
        self.doing(if page.last { "Saying goodbye".to_owned() } else { format!("Receiving page {}", number + 1) });
        self.say_progress();
    }

    /// A modem that speaks T.30 itself holds its answer to a page until it is told what to say.
    fn judged(&mut self, kept: bool) {
        if let Some(modem) = self.wire.modem() {
            modem.driver.judged(kept);
        }
    }

    pub(super) fn page_not_stored(&mut self, now: Instant, number: u32) {
        if self.pending.is_some_and(|page| page.number == number) {
            self.fault(now, "The page could not be stored, so it was not confirmed.", "");
        }
    }

    /// The disk is slow.
    pub(super) fn page_overdue(&mut self, now: Instant, page: PendingPage) {
        // A modem that speaks T.30 itself cannot be told to ask for that.
        if page.not_ready || !self.ecm || self.wire.speaks_t30() {
            return self.fault(now, "The page was not stored in time, so it was not confirmed.", "");
        }
        self.pending = Some(PendingPage { not_ready: true, until: now + NOT_READY_BUDGET, ..page });
        self.trace(Mark::Warn, "The disk is slow; their machine is asked to wait.", "RNR");
        self.order(now, ToWorker::PageLater);
    }

    /// Sending: `pages` are confirmed, and the next one begins when we let it.
    fn pages_confirmed(&mut self, now: Instant, pages: u32) {
        let Some(total) = self.role.sends() else {
            return self.fault(now, "The fax engine counted its pages wrongly.", "");
        };
        // The worker counts the pages of the call.
        let Some(pages) = pages.checked_sub(self.documents.before).filter(|pages| *pages <= total) else {
            return self.fault(now, "The fax engine counted its pages wrongly.", "");
        };
        if pages < self.pages.confirmed {
            return self.fault(now, "The fax engine counted its pages wrongly.", "");
        }
        if pages > self.pages.confirmed {
            self.pages.confirmed = pages;
            self.pages.all_sent = false;
            let page = self.first_page + pages;
            let what = if pages == total { "the last page".to_owned() } else { format!("page {page}") };
            self.trace(Mark::Good, format!("Their machine confirmed {what}."), "MCF");
        }
        if pages == total && self.document_sent(now) {
            return;
        }
        self.worker = Worker::Asking;
        self.progress_until = Some(now + PROGRESS_BUDGET);
        let next = self.first_page + pages + 1;
        self.doing(if pages < total { format!("Sending page {next}") } else { "Saying goodbye".to_owned() });
        self.say_progress();
        self.out.push_back(Output::StoreProgress { pages_confirmed: pages, last_page_begins: pages + 1 == total });
    }

    pub(super) fn progress_stored(&mut self, now: Instant) {
        if self.progress_until.take().is_some() {
            self.order(now, ToWorker::Go);
        }
    }

    pub(super) fn progress_not_stored(&mut self, now: Instant) {
        if self.progress_until.is_some() {
            self.fault(now, "It could not be stored which pages were confirmed, so the call was ended.", "");
        }
    }

    pub(super) fn worker_gone(&mut self, now: Instant) {
        if self.worker != Worker::Gone {
            self.worker = Worker::Gone;
            self.fault(now, "The fax engine crashed.", "");
        }
    }

    /// Our own fault: the call ends, and what the far end may have decides the rest.
    pub(super) fn fault(&mut self, now: Instant, what: &str, detail: &str) {
        self.trace(Mark::Bad, what, detail);
        let cause = self.cause_or_uncertain(Cause::OurFault);
        self.end(now, cause, true);
    }
}
