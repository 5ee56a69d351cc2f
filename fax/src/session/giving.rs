//! A call that came in and asks for a document of ours (T.30 DTC): what is answered, and the moment at which a reception becomes a sending.
//!
//! They get nothing in the midst of a document that they send, and nothing before it is durable that they get it. Who is refused hears
//! goodbye (DCN) and has to call again for another try.

use model::fax::Cause;
use model::trace::Mark;
use model::{Inside, Instant, Now, Pii};

use super::documents::Documents;
use super::state::{Pages, Session, Worker};
use super::{ANSWER_BUDGET, Output, Params, Role, header_line};
use crate::page::Page;
use crate::worker::proto::ToWorker;

/// Characters of a subaddress or a password that count (T.30 §5.3.6.2.9).
const MOST: usize = 20;

/// What a call that came in knows of it.
#[derive(Debug)]
pub(super) struct Asked {
    /// A document may lie ready.
    ready: bool,
    /// The line above its pages.
    header: Pii<String>,
    /// An answer must come by then.
    pub(super) until: Option<Instant>,
}

impl Asked {
    pub(super) fn new(now: Now, role: Role, params: &Params) -> Self {
        let ready = params.ready && role == Role::Receive;
        let header = if ready { header_line(now, params) } else { String::new() };
        Self { ready, header: header.into(), until: None }
    }
}

impl Session {
    /// Their machine asks. The worker waits.
    pub(super) fn asked_for_a_document(&mut self, now: Instant, inside: &Inside) {
        if !self.asked.ready || self.role != Role::Receive {
            return self.fault(now, "The fax engine spoke out of turn.", "");
        }
        self.worker = Worker::Asking;
        // More than greetings was said, and what that began must have come to its end.
        let in_the_midst = self.under_way && !self.pages.whole && !self.incoming.is_between();
        if in_the_midst || self.pending.is_some() {
            self.asked.until = Some(now);
            let why = "They asked for a document in the midst of their own, and got nothing.";
            return self.refuse(now, Cause::Incompatible, why);
        }
        if self.pages.confirmed > 0 {
            self.reception_ends(now);
        }
        self.asked.until = Some(now + ANSWER_BUDGET);
        self.doing("Looking for the document that they ask for".to_owned());
        let short = |text: &Pii<String>| Pii::new(text.expose().chars().take(MOST).collect());
        let inside = Inside { subaddress: short(&inside.subaddress), password: short(&inside.password) };
        self.out.push_back(Output::AskedFor(inside));
    }

    /// What they sent before they asked is whole, and has an outcome of its own.
    fn reception_ends(&mut self, now: Instant) {
        let outcome = self.outcome(now, Cause::Delivered);
        self.out.push_back(Output::DocumentReceived(outcome));
        self.documents.before += self.pages.confirmed;
        self.pages = Pages::default();
        (self.blocks_repeated, self.bad_rows) = (0, 0);
        self.subaddress = Pii::default();
    }

    /// They get it.
    pub(super) fn give(&mut self, now: Instant, pages: &[Page]) {
        if self.asked.until.is_none() {
            return;
        }
        if self.urgent.iter().any(|order| matches!(order, ToWorker::Switch { .. })) {
            // They will ask again.
            self.asked.until = None;
            return self.order(now, ToWorker::Refuse);
        }
        let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return self.refuse(now, Cause::OurFault, "The document has no pages, so they got nothing.");
        }
        self.asked.until = None;
        let document = Page::multi_tiff(pages);
        let length = u32::try_from(document.len()).unwrap_or(u32::MAX);
        self.role = Role::Give { pages: count };
        // The worker counts the pages that go out from the first.
        self.documents = Documents::new(&[]);
        self.trace(Mark::Good, "Their machine asks for a document that lies ready, and gets it.", "DTC");
        self.doing("Agreeing on a speed".to_owned());
        let header = self.asked.header.clone();
        self.order(now, ToWorker::Give { header, document: document.into(), length });
    }

    /// They get nothing.
    pub(super) fn refuse(&mut self, now: Instant, cause: Cause, why: &str) {
        if self.asked.until.take().is_some() {
            self.not_given = Some(cause);
            self.trace(Mark::Warn, why, "DTC");
            self.order(now, ToWorker::Refuse);
        }
    }

    /// The call goes on over T.38, where everything begins anew: they will ask again.
    pub(super) fn ask_anew(&mut self) {
        if matches!(self.role, Role::Give { .. }) {
            self.role = Role::Receive;
            self.pages = Pages::default();
        }
    }
}
