//! A fax that is fetched: another machine holds a document ready, and we call and ask for it (T.30 polling).
//!
//! The order is dialled like a fax to be sent, with its attempts, lines and retries. What comes is a received fax of its own, whose row
//! begins with its first page; each page is written into both in one transaction before it is confirmed. After a crash the order is done
//! if the last page was there, and waits for a person if only some were.

use model::fax::{Cause, Direction, Outcome};
use model::settings::FaxClass;
use model::trace::Mark;
use model::{AttemptId, CallId, CommandError, FaxId, Now};
use store::effect::{Effect, Fetched};

use crate::Clinic;
use crate::desk::Order;
use crate::incoming::known_of;
use crate::lines::{Line, line_name};
use crate::vault::{Attempt, Then};

/// What a line that fetches knows of what comes.
#[derive(Default)]
pub(crate) struct Fetch {
    /// The received fax whose pages come, once its first page did.
    pub(crate) came: Option<Attempt>,
}

impl Line {
    /// What came, as a reception of its own.
    fn reception(&self, came: Attempt) -> Self {
        let mut line = Self::new(came, Direction::In, self.number.clone(), self.began);
        line.called.clone_from(&self.called);
        line.trace = self.trace.clone();
        line
    }
}

impl Clinic {
    /// An order to fetch. The same one twice at a time would bring the document twice, or nothing to the second.
    pub(crate) fn fetch_fax(&mut self, now: Now, id: u64, order: Order) {
        let again = order.wish.key.is_none() && self.faxes.fetches(&order.to, &order.wish.inside);
        if again {
            let sentence = "That is being fetched already; recall it first, or wait for it.".to_owned();
            return self.reply(id, Err(CommandError::NotNow(sentence)));
        }
        self.accept_fax(now, id, order);
    }

    /// The attempt to fetch is written down, and its call is made: nothing has to be read for it.
    pub(crate) fn ask_when_connected(&mut self, now: Now, call: CallId) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        line.called = Some(self.settings.fax_number.clone());
        self.begin_session(now, call);
    }

    /// True if the line's modem speaks T.30 itself and must not fetch this: it was seen to confirm pages before they are stored, or its class
    /// (SP-2388) has no names and the document is to be asked for by one. The attempt ends, and another line is tried.
    pub(crate) fn cannot_ask_by(&mut self, now: Now, call: CallId, class: FaxClass) -> bool {
        let Some(line) = self.lines.by_call.get_mut(&call).filter(|line| line.fetch.is_some()) else { return false };
        let name = line.modem.clone().unwrap_or_default();
        let what = if class.speaks_t30() && !self.modems.waits(&name) {
            format!("The modem “{name}” confirms pages before they are stored, so nothing is fetched by it")
        } else if class == FaxClass::Two && !line.inside.is_empty() {
            format!("The modem “{name}” can ask for no document by its name in its class")
        } else {
            return false;
        };
        line.trace.note(now.wall, Mark::Bad, what, format!("Class {}", class.word()));
        self.fax_never_began(now, call, Cause::CannotFetch);
        true
    }

    /// The fax to which the next page of a line belongs, if it comes because we asked.
    pub(crate) fn coming(&mut self, now: Now, call: CallId) -> Option<Box<Fetched>> {
        let line = self.lines.by_call.get_mut(&call)?;
        let (from, to) = (line.number.clone()?, line.called.clone()?);
        let (order, name) = (line.attempt.fax, line_name(line));
        let came = &mut line.fetch.as_mut()?.came;
        let Attempt { fax, id: attempt } = *came.get_or_insert_with(|| Attempt {
            fax: FaxId::new(now.wall, &mut self.random),
            id: AttemptId::new(now.wall, &mut self.random),
        });
        Some(Box::new(Fetched { fax, attempt, order, from, to, line: name }))
    }

    /// Their machine begins another document in the same call: the one before is whole and goes its way. False if nothing was asked for.
    pub(crate) fn document_fetched(&mut self, now: Now, call: CallId, outcome: &Outcome) -> bool {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return false };
        let Some(fetch) = &mut line.fetch else { return false };
        let came = fetch.came.take();
        line.pages_before += outcome.pages_confirmed;
        line.pages_confirmed = 0;
        if let Some(came) = came {
            let known = known_of(line, &outcome.remote_ident, &outcome.subaddress, true);
            let whole = line.reception(came);
            self.store(Effect::WholeReceived { fax: came.fax, known }, Then::Nothing);
            self.reception_finished(now, whole, outcome.clone());
        }
        true
    }

    /// The one end of a call that fetched: of what came last, and of the attempt.
    pub(crate) fn fetch_finished(&mut self, now: Now, line: Line, outcome: Outcome) {
        let all = Outcome { pages_confirmed: line.pages_before + outcome.pages_confirmed, ..outcome.clone() };
        if let Some(came) = line.fetch.as_ref().and_then(|fetch| fetch.came) {
            self.reception_finished(now, line.reception(came), outcome);
        }
        self.sending_finished(now, line, all);
    }
}
