//! An incoming fax: its row before its pages, each page durable before it is confirmed, its delivery a state of its own.

use calls::FaxWay;
use model::fax::{Cause, Direction, FaxState, Outcome};
use model::{AttemptId, CallId, Event, FaxId, Now};
use store::effect::{Done, Effect, StoreError};

use crate::lines::{Attachment, Line};
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output};

impl Clinic {
    /// Our fax number was called, and the call carries a fax.
    pub(crate) fn reception(&mut self, now: Now, a: &Attachment) {
        let fax = FaxId::new(now.wall, &mut self.random);
        let id = AttemptId::new(now.wall, &mut self.random);
        let line = Line::new(Attempt { fax, id }, Direction::In, a.from.clone(), now);
        self.lines.by_call.insert(a.call, line);
        let effect = Effect::BeginReceived {
            fax,
            attempt: id,
            from: a.from.clone(),
            to: a.to.clone().unwrap_or_else(|| self.settings.fax_number.clone()),
            line: match a.way {
                FaxWay::T38(_) => "T.38".to_owned(),
                FaxWay::Audio(_) => "G.711".to_owned(),
            },
            at: now.wall,
        };
        self.store(effect, Then::Began { call: a.call });
    }

    /// Without a row there is no place for pages: the call ends before any page could be confirmed.
    pub(crate) fn reception_written(&mut self, now: Now, call: CallId, result: Result<Done, StoreError>) {
        if result.is_err() {
            self.line_input(now, call, fax::session::Input::Cancel);
            return;
        }
        if let Some(line) = self.lines.by_call.get(&call) {
            self.out.push_back(Output::Event(Event::Fax(line.attempt.fax)));
        }
    }

    /// A page is durable, or it is not: then it must not be confirmed, and the call ends.
    pub(crate) fn page_written(&mut self, now: Now, call: CallId, number: u32, result: Result<Done, StoreError>) {
        let input = match result {
            Ok(_) => fax::session::Input::PageStored { page: number },
            Err(_) => fax::session::Input::PageNotStored { page: number },
        };
        self.line_input(now, call, input);
    }

    pub(crate) fn reception_finished(&mut self, now: Now, line: Line, outcome: Outcome) {
        let state = state_after(&outcome);
        let Attempt { fax, id: attempt } = line.attempt;
        let effect = Effect::FinishReceived { fax, attempt, outcome, state, trace: line.trace, at: now.wall };
        self.store(effect, Then::Finished { fax });
    }
}

/// How a reception ends: whole, with the pages that were confirmed, or with none.
pub(crate) fn state_after(outcome: &Outcome) -> FaxState {
    match (outcome.cause, outcome.pages_confirmed) {
        (_, 0) => FaxState::Failed,
        (Cause::Delivered, _) => FaxState::Received,
        _ => FaxState::Partial,
    }
}
