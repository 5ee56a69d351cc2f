//! Several faxes in one call: each is loaded when the call begins, gets its attempt when its turn comes, and has an outcome, a trace and a
//! receipt of its own.
//!
//! Between two of them both facts are made durable, in this order: the one before is sent, and the attempt of the next has begun. A crash
//! between them leaves the next one waiting, as if it had never been loaded.

use std::collections::VecDeque;

use calls::FaxWay;
use fax::page::Page;
use fax::queue::Follower;
use fax::session;
use model::fax::Outcome;
use model::{CallId, Event, FaxId, Now};
use store::effect::{Done, Effect, StoreError};

use crate::lines::Line;
use crate::outgoing::in_manner;
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output};

/// What else goes in a line's call.
#[derive(Default)]
pub(crate) struct Batch {
    /// Those that have not begun, each with its place among the documents of the call.
    waiting: VecDeque<Place>,
    /// The attempt that the line names is not written down yet: nothing of it is sent.
    begins: bool,
    /// The attempt that the line names has its outcome, and nothing follows.
    closed: bool,
    /// The line's fax is not the first of its call.
    follows: bool,
    /// The other machine was ready for a page of it.
    pub(crate) trained: bool,
}

struct Place {
    fax: FaxId,
    /// How many, and themselves, once they were read and until the call begins.
    total: u32,
    pages: Option<Vec<Page>>,
    number: usize,
}

impl Batch {
    pub(crate) fn new(followers: Vec<Follower>) -> Self {
        let place = |(number, follower): (usize, Follower)| Place {
            fax: follower.fax,
            total: follower.pages,
            pages: None,
            number,
        };
        Self { waiting: followers.into_iter().enumerate().map(place).collect(), ..Self::default() }
    }

    /// True if the pages of all that go along were read.
    pub(crate) fn is_read(&self) -> bool {
        self.waiting.iter().all(|place| place.pages.is_some())
    }

    /// The pages of all that go along. What could not be read is not among them, so the places are counted anew.
    pub(crate) fn take_pages(&mut self) -> Vec<Vec<Page>> {
        let all = self.waiting.iter_mut().enumerate().map(|(number, place)| {
            place.number = number;
            place.pages.take().unwrap_or_default()
        });
        all.collect()
    }
}

impl Clinic {
    /// Reads the pages of what goes along.
    pub(crate) fn read_followers(&mut self, call: CallId) {
        let Some(line) = self.lines.by_call.get(&call) else { return };
        let faxes: Vec<_> = line.batch.waiting.iter().map(|place| place.fax).collect();
        for fax in faxes {
            self.store(Effect::LoadPages { fax }, Then::FollowerPages { call, fax });
        }
    }

    /// One that cannot be read is left to a call of its own, which will say why.
    pub(crate) fn follower_read(&mut self, now: Now, call: CallId, fax: FaxId, result: Result<Done, StoreError>) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let pages = match result {
            Ok(Done::Pages(files)) => files.iter().map(|file| Page::from_tiff(file.expose()).ok()).collect(),
            _ => None,
        };
        match pages.filter(|pages: &Vec<Page>| !pages.is_empty()) {
            Some(pages) => {
                let pages = in_manner(pages, line.manner);
                for place in line.batch.waiting.iter_mut().filter(|place| place.fax == fax) {
                    place.pages = Some(pages.clone());
                }
            }
            None => {
                line.batch.waiting.retain(|place| place.fax != fax);
                self.faxes.let_go(fax);
            }
        }
        self.begin_session(now, call);
    }

    /// A person recalled a fax that has not begun: it is not sent.
    pub(crate) fn withdraw_follower(&mut self, now: Now, fax: FaxId) {
        let waits = |line: &Line| line.batch.waiting.iter().position(|place| place.fax == fax);
        let found = self.lines.by_call.iter().find_map(|(call, line)| Some((*call, waits(line)?)));
        let Some((call, at)) = found else { return };
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let place = line.batch.waiting.remove(at);
        if let Some(place) = place.filter(|_| line.session.is_some()) {
            self.line_input(now, call, session::Input::Withdraw(place.number));
        }
    }

    /// A fax of the call is confirmed, and another one was announced.
    pub(crate) fn document_sent(&mut self, now: Now, call: CallId, outcome: Outcome, next: usize) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let (before, trace, began) = (line.attempt, std::mem::take(&mut line.trace), line.began);
        let audio = matches!(line.port, Some((_, FaxWay::Audio(_))));
        let manner = if audio { line.manner.over_audio() } else { line.manner };
        let place = line.batch.waiting.iter().position(|place| place.number == next);
        let place = place.and_then(|at| line.batch.waiting.remove(at));
        let name = line.trunk.clone().unwrap_or_default();
        let outcome = Outcome { millis: crate::lines::millis_since(began, now), ..outcome };
        self.close_attempt(now, before, outcome, trace, audio);
        let total = place.as_ref().map(|place| place.total);
        let fax = place.map(|place| place.fax);
        let attempt = fax.and_then(|fax| Some(Attempt { fax, id: self.faxes.begin(now, fax, &name, manner)? }));
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let Some(attempt) = attempt else {
            line.batch.closed = true;
            return self.line_input(now, call, session::Input::NoDocument);
        };
        (line.attempt, line.began, line.first_page, line.pages_confirmed) = (attempt, now, 0, 0);
        (line.batch.begins, line.batch.follows, line.batch.trained) = (true, true, false);
        line.total = total;
        let effect =
            Effect::StartAttempt { fax: attempt.fax, attempt: attempt.id, line: name, first_page: 0, at: now.wall };
        self.store(effect, Then::NextBegun { call });
        self.out.push_back(Output::Event(Event::Fax(attempt.fax)));
    }

    /// The attempt of the next fax is written down, or cannot be.
    pub(crate) fn next_begun(&mut self, now: Now, call: CallId, result: Result<Done, StoreError>) {
        let Some(line) = self.lines.by_call.get_mut(&call).filter(|line| line.batch.begins) else { return };
        line.batch.begins = false;
        let fax = line.attempt.fax;
        match result {
            Ok(_) => self.line_input(now, call, session::Input::DocumentBegun),
            Err(error) => {
                line.batch.closed = true;
                self.faxes.not_started(now, fax, !matches!(error, StoreError::WrongState | StoreError::NotFound));
                self.line_input(now, call, session::Input::NoDocument);
            }
        }
    }

    /// The call is over. What had not begun waits again. The outcome of what the line was at, or nothing if that has its own.
    pub(crate) fn batch_ends(&mut self, now: Now, line: &Line, outcome: Outcome) -> Option<Outcome> {
        for place in &line.batch.waiting {
            self.faxes.let_go(place.fax);
        }
        if line.batch.closed {
            return None;
        }
        if line.batch.follows && !line.batch.trained {
            self.faxes.not_along(now, line.attempt.fax);
        }
        // The session still speaks of the fax before.
        let not_begun = || Outcome::without_session(model::fax::Cause::Dropped);
        Some(if line.batch.begins { not_begun() } else { outcome })
    }
}
