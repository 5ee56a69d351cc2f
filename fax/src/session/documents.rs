//! Several documents in one call: which is sent, what follows it, and the moment between two of them.

use model::Instant;
use model::fax::{Cause, Outcome};
use model::trace::Mark;

use super::state::{Pages, Session, Worker};
use super::{Output, PROGRESS_BUDGET, Role};
use crate::worker::proto::ToWorker;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Documents {
    /// Pages of those that have not begun; nothing for one that was withdrawn or has begun.
    followers: Vec<Option<u32>>,
    /// What the far end was told to expect.
    announced: Option<usize>,
    /// One is confirmed, and this one has not begun.
    between: Option<usize>,
    /// Pages that the call confirmed before the document that is being sent.
    pub(super) before: u32,
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
        if !matches!(self.role, Role::Send { .. }) {
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

    /// What was announced is not sent any more.
    pub(super) fn no_document(&mut self, now: Instant) {
        if self.documents.between.is_some() {
            self.trace(Mark::Warn, "The fax that was to follow was recalled, so the call was ended.", "");
            self.end(now, Cause::Delivered, true);
        }
    }

    pub(super) fn withdraw(&mut self, follower: usize) {
        if let Some(pages) = self.documents.followers.get_mut(follower) {
            *pages = None;
        }
    }

    /// What is known of the document that is being sent, or received.
    pub(super) fn outcome(&mut self, now: Instant, cause: Cause) -> Outcome {
        let (repaired, lost, _) = self.wire.damage();
        Outcome {
            cause,
            pages_confirmed: self.pages.confirmed,
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
