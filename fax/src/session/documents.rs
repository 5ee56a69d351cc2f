//! Several documents in one call: which is sent, what follows it, and the moment between two of them; and where, in what comes, one
//! ends and another begins.
//!
//! A machine that sends says with EOM that it begins anew with a command (DCS): because another document follows, or because the next page
//! of the same one has another form. A command for pages of the same form was not needed for their sake, so it begins another document; so
//! does one for somebody else in the house. One that changes the form goes on with the document: to tear one is worse than to leave two
//! together.

use model::fax::{Cause, Outcome};
use model::trace::Mark;
use model::{Instant, Pii};

use super::state::{Pages, Session, Worker};
use super::{GOODBYE_BUDGET, Output, PROGRESS_BUDGET, Role};
use crate::worker::frames::fcf;
use crate::worker::proto::{Frame, ToWorker};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// Pages of those that have not begun; nothing for one that was withdrawn or has begun.
    followers: Vec<Option<u32>>,
    /// What the far end was told to expect.
    announced: Option<usize>,
    /// One is confirmed, and this one has not begun.
    between: Option<usize>,
    /// Nothing follows, though it was announced: their machine has until then to hear our goodbye.
    pub(super) leaves_by: Option<Instant>,
    /// Pages that the call confirmed before the document that is being sent.
    pub(super) before: u32,
}

/// What is known of the borders between documents that come.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// The form of the pages that come, once a command said it.
    form: Option<u16>,
    /// The page before was the last of its message.
    message_ended: bool,
    /// The subaddress that was asked for since.
    next_subaddress: Option<Pii<String>>,
}

impl Incoming {
    pub(super) const fn message_ends(&mut self, ends: bool) {
        self.message_ended = ends;
    }

    pub(super) const fn is_between(&self) -> bool {
        self.message_ended
    }
}

impl Documents {
    pub(super) fn new(followers: &[u32]) -> Self {
        Self { followers: followers.iter().copied().map(Some).collect(), ..Self::default() }
    }

    fn first(&self) -> Option<usize> {
        self.followers.iter().position(Option::is_some)
    }
}

/// Pages of each document in the worker's file; nothing if there is one.
pub(super) fn in_the_file(first: u32, followers: &[u32]) -> Vec<u32> {
    if followers.is_empty() { Vec::new() } else { [&[first], followers].concat() }
}

impl Session {
    /// The worker asks what follows the page that it has just sent.
    pub(super) fn document_ends(&mut self, now: Instant) {
        // A modem that leads the talk is told at the last page that it is the last: it has no word that would take back what was announced.
        if self.role.sends().is_none() || self.wire.speaks_t30() {
            return self.fault(now, "The fax engine spoke out of turn.", "");
        }
        let next = self.documents.first();
        self.documents.announced = next;
        // In the worker's file the first document is 0.
        self.order(now, ToWorker::Another(next.and_then(|next| u16::try_from(next + 1).ok())));
    }

    /// Every page of a document is confirmed. True if another one was announced: then the call goes on with it, or ends.
    pub(super) fn document_sent(&mut self, now: Instant) -> bool {
        let Some(next) = self.documents.announced.take() else { return false };
        self.worker = Worker::Asking;
        self.progress_until = Some(now + PROGRESS_BUDGET);
        self.documents.between = Some(next);
        let outcome = self.outcome(now, Cause::Delivered);
        self.out.push_back(Output::DocumentSent { outcome, next });
        true
    }

    pub(super) fn document_begun(&mut self, now: Instant) {
        let Some(pages) = self.documents.between.take().and_then(|next| self.documents.followers.get_mut(next)?.take())
        else {
            return;
        };
        self.documents.before += self.pages.confirmed;
        self.pages = Pages::default();
        (self.first_page, self.blocks_repeated, self.bad_rows) = (0, 0, 0);
        self.role = Role::Send { pages };
        self.progress_until = None;
        self.trace(Mark::Good, "It goes in the same call as the fax before it.", "EOM");
        self.doing("Agreeing on a speed".to_owned());
        self.order(now, ToWorker::Go);
    }

    /// What was announced is not sent any more. Their machine hears goodbye (DCN) in its turn: one whose line only dropped may take what it has
    /// for a part.
    pub(super) fn no_document(&mut self, now: Instant) {
        if self.documents.between.take().is_none() {
            return;
        }
        self.progress_until = None;
        self.trace(Mark::Warn, "The fax that was to follow was recalled, so the call is ended.", "");
        self.documents.leaves_by = Some(now + GOODBYE_BUDGET);
        self.doing("Saying goodbye".to_owned());
        self.order(now, ToWorker::Leave);
    }

    /// They were not heard any more. All that was sent is confirmed.
    pub(super) fn leave(&mut self, now: Instant) {
        self.trace(Mark::Warn, "Their machine waited no more for what was to follow.", "");
        self.end(now, Cause::Delivered, true);
    }

    pub(super) fn withdraw(&mut self, follower: usize) {
        if let Some(pages) = self.documents.followers.get_mut(follower) {
            *pages = None;
        }
    }

    /// The number of the next page that comes, counted over the call, as the worker counts.
    pub(super) const fn page_expected(&self) -> u32 {
        self.documents.before + self.pages.confirmed + 1
    }

    /// Whom what comes is for. After the end of a message it may be for somebody else, which the command that follows decides.
    pub(super) fn asked_for(&mut self, subaddress: Pii<String>) {
        if self.incoming.message_ended {
            self.incoming.next_subaddress = Some(subaddress);
        } else {
            self.subaddress = subaddress;
        }
    }

    /// Looks whether a command begins another document, or a goodbye says that none follows.
    pub(super) fn follow_documents(&mut self, now: Instant, frame: &Frame) {
        if frame.incoming && frame.fcf == fcf::DCN {
            self.goodbye();
        }
        if !frame.incoming || frame.fcf != fcf::DCS {
            return;
        }
        let before = std::mem::replace(&mut self.incoming.form, frame.form);
        if !std::mem::take(&mut self.incoming.message_ended) {
            return;
        }
        let next = self.incoming.next_subaddress.take();
        let for_another = next.as_ref().is_some_and(|next| *next != self.subaddress);
        let another = self.incoming.form == before || for_another;
        if another && self.pages.confirmed > 0 && self.pending.is_none() {
            let outcome = self.outcome(now, Cause::Delivered);
            self.out.push_back(Output::DocumentReceived(outcome));
            self.documents.before += self.pages.confirmed;
            self.pages = Pages::default();
            (self.blocks_repeated, self.bad_rows) = (0, 0);
            self.subaddress = next.unwrap_or_default();
            self.trace(Mark::Good, "It comes in the same call as the fax before it.", "EOM");
        }
    }

    /// Some machines end with EOM where EOP is meant, and one that has announced another document may have lost it. With its goodbye
    /// (DCN) the sender says that there is no more; a line that only drops says nothing.
    const fn goodbye(&mut self) {
        let stored = self.pages.confirmed > 0 && self.pending.is_none();
        self.pages.whole |= self.incoming.message_ended && stored;
    }

    /// What is known of the document that is being sent, or received.
    pub(super) fn outcome(&mut self, now: Instant, cause: Cause) -> Outcome {
        let (repaired, lost, _) = self.wire.damage();
        Outcome {
            cause,
            pages_confirmed: self.pages.confirmed,
            pages_in_part: self.pages.in_part,
            bit_rate: self.bit_rate,
            ecm: self.ecm,
            remote_ident: self.remote_ident.clone(),
            packets_repaired: repaired,
            packets_lost: lost,
            millis: u64::try_from((now - self.began).as_millis()).unwrap_or(u64::MAX),
            blocks_repeated: self.blocks_repeated,
            bad_rows: self.bad_rows,
            subaddress: self.subaddress.clone(),
        }
    }
}
