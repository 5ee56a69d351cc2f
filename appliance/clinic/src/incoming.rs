//! An incoming fax: its row before its pages, each page durable before it is confirmed, its delivery a state of its own.

use calls::FaxWay;
use fax::page::Page;
use fax::session::Session;
use model::fax::{Cause, Direction, FaxState, Outcome};
use model::settings::Received;
use model::trace::{Mark, Trace};
use model::{AttemptId, CallId, Event, FaxId, Now, Pii, Said};
use store::effect::{Done, Effect, Known, StoreError};

use crate::lines::{Attachment, Line, line_name, millis_since};
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output, trouble, ways};

impl Clinic {
    /// Our fax number was called, and the call carries a fax.
    pub(crate) fn reception(&mut self, now: Now, a: &Attachment) {
        let fax = FaxId::new(now.wall, &mut self.random);
        let id = AttemptId::new(now.wall, &mut self.random);
        let line = Line::new(Attempt { fax, id }, Direction::In, a.from.clone(), now);
        let called = a.to.clone().unwrap_or_else(|| self.settings.fax_number.clone());
        self.lines.by_call.insert(a.call, Line { called: Some(called.clone()), ..line });
        let effect = Effect::BeginReceived {
            fax,
            attempt: id,
            from: a.from.clone(),
            to: called,
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
        if let Err(error) = &result {
            self.not_kept(now, error, trouble::FAXES);
            self.line_input(now, call, fax::session::Input::Cancel);
            return;
        }
        if let Some(line) = self.lines.by_call.get(&call) {
            self.out.push_back(Output::Event(Event::Fax(line.attempt.fax)));
        }
    }

    /// The caller pressed keys: whom the fax is for.
    pub(crate) fn keys_pressed(&mut self, call: CallId, keys: &Pii<String>) {
        if let Some(line) = self.lines.by_call.get_mut(&call) {
            line.keys.clone_from(keys.expose());
        }
    }

    /// A page is durable, or it is not: then it must not be confirmed, and the call ends.
    pub(crate) fn page_written(&mut self, now: Now, call: CallId, number: u32, result: Result<Done, StoreError>) {
        let input = match result {
            Ok(_) => fax::session::Input::PageStored { page: number },
            Err(error) => {
                self.not_kept(now, &error, trouble::FAXES);
                fax::session::Input::PageNotStored { page: number }
            }
        };
        self.line_input(now, call, input);
    }

    /// What of a page of a call is stored, with what is known if it is the fax's first or its last: what comes of it is routed by that, also if
    /// we break off in between.
    pub(crate) fn page_arrived(&mut self, now: Now, call: CallId, number: u32, (page, in_part): (&Page, bool)) {
        let fetched = self.coming(now, call);
        let Some(line) = self.lines.by_call.get(&call) else { return };
        let fax = fetched.as_ref().map_or(line.attempt.fax, |fetched| fetched.fax);
        // T.30 counts pages from 1 over the call, rows in the store from 0 in their fax.
        let index = number.saturating_sub(1).saturating_sub(line.pages_before);
        let (file, bad_rows, at) = (page.to_tiff().into(), page.bad_rows, now.wall);
        let whole = line.session.as_ref().is_some_and(Session::last_page_waits);
        let known = line.session.as_ref().filter(|_| whole || index == 0).map(Session::known);
        let known = known.map(|(ident, subaddress)| known_of(line, ident, subaddress, whole));
        let effect = match fetched {
            Some(fetched) => Effect::FetchedPage { fetched, number: index, page: file, bad_rows, in_part, known, at },
            None => Effect::ReceivedPage { fax, number: index, page: file, bad_rows, in_part, known, at },
        };
        self.store(effect, Then::Page { call, number });
        if index == 0 {
            self.read_codes(fax, page);
        }
    }

    /// Another fax begins in the same call: the one before is whole and goes its way.
    pub(crate) fn document_received(&mut self, now: Now, call: CallId, mut outcome: Outcome) {
        if self.document_fetched(now, call, &outcome) {
            return;
        }
        let fax = FaxId::new(now.wall, &mut self.random);
        let attempt = AttemptId::new(now.wall, &mut self.random);
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        outcome.millis = millis_since(line.began, now);
        let before = std::mem::replace(&mut line.attempt, Attempt { fax, id: attempt });
        let mut whole = Line::new(before, Direction::In, line.number.clone(), line.began);
        (whole.called, whole.keys) = (line.called.clone(), line.keys.clone());
        whole.trace = std::mem::take(&mut line.trace);
        line.began = now;
        line.pages_before += outcome.pages_confirmed;
        line.pages_confirmed = 0;
        let name = line_name(line);
        let known = known_of(line, &outcome.remote_ident, &outcome.subaddress, true);
        self.store(Effect::WholeReceived { fax: before.fax, known }, Then::Nothing);
        let Some(line) = self.lines.by_call.get(&call) else { return };
        let from = line.number.clone();
        let to = line.called.clone().unwrap_or_else(|| self.settings.fax_number.clone());
        self.reception_finished(now, whole, outcome);
        let begin = Effect::BeginReceived { fax, attempt, from, to, line: name, at: now.wall };
        self.store(begin, Then::Began { call });
    }

    pub(crate) fn reception_finished(&mut self, now: Now, line: Line, outcome: Outcome) {
        if let Some((line, outcome, code)) = self.codes_of(now, line, outcome) {
            self.reception_placed(now, line, outcome, code);
        }
    }

    /// All is known by which it is routed.
    pub(crate) fn reception_placed(&mut self, now: Now, line: Line, outcome: Outcome, code: String) {
        let Attempt { fax, id: attempt } = line.attempt;
        let (called, caller, ident) = (line.called, line.number, outcome.remote_ident.expose().clone());
        let said = Said { subaddress: outcome.subaddress.clone(), keys: line.keys.into(), code: code.into() };
        let received = Received { called: called.as_ref(), caller: caller.as_ref(), ident: &ident, said: &said };
        self.reception_ends(now, fax, attempt, outcome, line.trace, &received);
    }

    /// The one end of every reception: what came is put where the settings' routes say.
    pub(crate) fn reception_ends(
        &mut self,
        now: Now,
        fax: FaxId,
        attempt: AttemptId,
        outcome: Outcome,
        mut trace: Trace,
        received: &Received<'_>,
    ) {
        let state = state_after(&outcome);
        // Nothing came, as far as the session knows: of a page that became durable behind it only the store knows.
        let may_be_empty = state == FaxState::Failed;
        let place = ways::place(&self.settings, received);
        if let Some(route) = self.settings.faxing.route(received).filter(|_| !may_be_empty) {
            let to = route.folder.as_deref().or(route.owner.as_deref()).unwrap_or_default();
            trace.note(now.wall, Mark::Good, format!("Routed by {}", route.reasons()), to);
            if let Some(user) = route.owner.as_deref().filter(|_| place.owner.is_none()) {
                let why = "The route gives it to somebody who may not see faxes: it waits for a person";
                trace.note(now.wall, Mark::Warn, why, user);
            }
        }
        let ways = place.ways.clone();
        let effect = Effect::FinishReceived { fax, attempt, outcome, state, place, trace, at: now.wall };
        self.store(effect, Then::Received { fax, ways, may_be_empty });
    }
}

pub(crate) fn known_of(line: &Line, ident: &Pii<String>, subaddress: &Pii<String>, whole: bool) -> Box<Known> {
    let said = Said { subaddress: subaddress.clone(), keys: line.keys.clone().into(), ..Said::default() };
    Box::new(Known { remote_ident: ident.clone(), said, whole })
}

/// How a reception ends: whole, with the pages that were confirmed and what came of another, or with none.
pub(crate) fn state_after(outcome: &Outcome) -> FaxState {
    match (outcome.cause, outcome.pages_confirmed + outcome.pages_in_part) {
        (_, 0) => FaxState::Failed,
        (Cause::Delivered, _) => FaxState::Received,
        _ => FaxState::Partial,
    }
}
