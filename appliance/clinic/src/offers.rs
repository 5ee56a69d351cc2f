//! Documents that are laid out for other machines to fetch (T.30 polling): from the order to the pages, and who gets one.
//!
//! Whoever calls a fax number of ours is told that a document lies ready while one does. When their machine asks, it gets the one that it names
//! and knows the password of, once that is durable; a call that gets nothing ends with goodbye, is counted, and after some of them nothing is
//! given for a while, to that caller or to all. A fetch has a record of its own, with its one outcome, after a crash too; what is given away
//! once is used up only when every page was confirmed.

use std::collections::BTreeMap;
use std::time::Duration;

use fax::page::Page;
use fax::queue::outcome_of_open_attempt;
use fax::session;
use model::command::Document;
use model::fax::{Cause, Direction, Door, FaxState, Outcome, Retention};
use model::sending::OrderKey;
use model::settings::Right;
use model::trace::{Mark, Trace};
use model::{CallId, CommandError, Event, FaxId, Inside, Instant, Now, Offer, PhoneNumber, Pii, Wall};
use store::effect::{Done, Effect, NewOffer, OpenAttempt, StoreError, Work};
use store::rows::FaxRow;

use crate::askers::{Askers, Caller};
use crate::defence::BOX;
use crate::lines::Line;
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output};

/// Documents that lie ready, or will: a laboratory with one for each of its practices.
const MAX_OFFERS: usize = 500;

/// A document to lay out.
pub(crate) struct Laying {
    pub(crate) by: String,
    pub(crate) door: Door,
    pub(crate) subject: Pii<String>,
    pub(crate) documents: Vec<Document>,
    pub(crate) offer: Offer,
    pub(crate) open: bool,
    pub(crate) key: Option<OrderKey>,
}

/// See the module.
pub(crate) struct Offers {
    /// Those that lie ready.
    ready: BTreeMap<FaxId, Offer>,
    /// Those whose documents wait for the renderer, from when on.
    unrendered: BTreeMap<FaxId, Instant>,
    /// The one that it has.
    rendering: Option<FaxId>,
    /// How often it failed at each, by no fault of the documents.
    renders_failed: BTreeMap<FaxId, u32>,
    /// When it is looked whose time is over.
    lapse: Instant,
    askers: Askers,
}

impl Default for Offers {
    fn default() -> Self {
        Self {
            ready: BTreeMap::new(),
            unrendered: BTreeMap::new(),
            rendering: None,
            renders_failed: BTreeMap::new(),
            lapse: Instant::FAR_FUTURE,
            askers: Askers::default(),
        }
    }
}

impl Offers {
    /// When the renderer should be asked again.
    pub(crate) fn next_timeout(&self) -> Instant {
        let render = match self.rendering {
            Some(_) => Instant::FAR_FUTURE,
            None => self.unrendered.values().min().copied().unwrap_or(Instant::FAR_FUTURE),
        };
        render.min(self.lapse)
    }

    fn lies_ready(&mut self, now: Now, fax: FaxId, offer: &Offer) {
        self.forget(fax);
        self.ready.insert(fax, offer.clone());
        self.look_at(now, offer.until);
    }

    /// A wall clock may be set: whether the time is over is asked of it again when it should be.
    fn look_at(&mut self, now: Now, until: Wall) {
        let left = u64::try_from(until.millis_since(now.wall)).unwrap_or(0);
        self.lapse = self.lapse.min(now.instant + Duration::from_millis(left));
    }

    /// Those whose time is over; each is told once.
    fn lapsed(&mut self, now: Now) -> Vec<FaxId> {
        if now.instant < self.lapse {
            return Vec::new();
        }
        let over =
            self.ready.iter().filter(|(_, offer)| offer.until <= now.wall).map(|(fax, _)| *fax).collect::<Vec<_>>();
        self.ready.retain(|_, offer| now.wall < offer.until);
        self.lapse = Instant::FAR_FUTURE;
        if let Some(next) = self.ready.values().map(|offer| offer.until).min() {
            self.look_at(now, next);
        }
        over
    }

    fn has_room(&self, at: Wall) -> bool {
        self.ready.values().filter(|offer| at < offer.until).count() + self.unrendered.len() < MAX_OFFERS
    }

    /// Something lies ready for callers of this number.
    pub(crate) fn lie_ready(&self, called: &PhoneNumber, at: Wall) -> bool {
        self.ready.values().any(|offer| offer.lies_ready(called, at))
    }

    /// The next document whose pages are wanted.
    pub(crate) fn poll_render(&mut self, now: Now) -> Option<FaxId> {
        if self.rendering.is_some() {
            return None;
        }
        let (fax, _) = self.unrendered.iter().find(|(_, due)| **due <= now.instant)?;
        self.rendering = Some(*fax);
        self.rendering
    }

    pub(crate) fn is_rendering(&self, fax: FaxId) -> bool {
        self.rendering == Some(fax)
    }

    /// The renderer failed, and the documents are not to blame: again after the pause for so many failures. False if there is none.
    pub(crate) fn render_later(&mut self, now: Now, fax: FaxId, pause: impl FnOnce(u32) -> Option<Duration>) -> bool {
        if self.rendering != Some(fax) {
            return true;
        }
        self.rendering = None;
        let failed = self.renders_failed.entry(fax).or_default();
        *failed += 1;
        let pause = pause(*failed);
        if let Some(pause) = pause {
            self.unrendered.insert(fax, now.instant + pause);
        }
        pause.is_some()
    }

    pub(crate) fn forget(&mut self, fax: FaxId) {
        self.ready.remove(&fax);
        self.unrendered.remove(&fax);
        self.renders_failed.remove(&fax);
        if self.rendering == Some(fax) {
            self.rendering = None;
        }
    }

    /// The one that this caller means. One with a password goes before one that anybody may have.
    fn find(&self, called: &PhoneNumber, named: &Inside, at: Wall) -> Option<FaxId> {
        let fit = self.ready.iter().filter(|(_, offer)| offer.fits(called, named, at));
        fit.min_by_key(|(_, offer)| offer.is_open()).map(|(fax, _)| *fax)
    }
}

impl Clinic {
    /// The one gateway check for what the console and the API lay out.
    pub(crate) fn lay_out(&mut self, now: Now, id: u64, laying: Laying) {
        if let Err(error) = self.may_lay_out(now, &laying) {
            return self.reply(id, Err(error));
        }
        let Laying { by, door, subject, documents, offer, key, .. } = laying;
        let fax = FaxId::new(now.wall, &mut self.random);
        let retention = Retention::Clinical;
        let new = NewOffer { id: fax, door, by, subject, documents, offer, retention, key, at: now.wall };
        self.store_if_open(id, Effect::LayOut(Box::new(new)), Then::OfferAccepted { id, fax });
    }

    fn may_lay_out(&self, now: Now, laying: &Laying) -> Result<(), CommandError> {
        if laying.documents.is_empty() {
            return Err(CommandError::NotAllowed("There is no document to lay out.".to_owned()));
        }
        if !self.offers.has_room(now.wall) {
            return Err(CommandError::NotAllowed("Too many documents lie ready; withdraw some first.".to_owned()));
        }
        let rights: &[Right] = self.settings.person(&laying.by).map_or(&[], |p| &p.rights);
        let Laying { door, offer, open, .. } = laying;
        let asked =
            plan::Laying { by: rights, door: *door, offer, open: *open, settings: &self.settings, at: now.wall };
        self.plan.admit_offer(&asked).map(drop).map_err(|denied| CommandError::NotAllowed(denied.sentence))
    }

    /// It is durable, or another lies ready for the same question.
    pub(crate) fn offer_accepted(&mut self, id: u64, fax: FaxId, result: Result<Done, StoreError>) {
        if matches!(result, Err(StoreError::WrongState)) {
            let sentence = "Another document lies ready under the same subaddress and password; withdraw that first, or choose others.";
            return self.reply(id, Err(CommandError::NotNow(sentence.to_owned())));
        }
        self.fax_accepted(id, fax, result);
    }

    /// A row as it now stands. False if it has nothing to do with a document that is laid out.
    pub(crate) fn offer_changed(&mut self, now: Now, row: &FaxRow) -> bool {
        if let Some(offer) = row.given_of {
            self.enqueue(offer);
            return true;
        }
        let Some(offer) = &row.offer else { return false };
        match row.state {
            FaxState::Rendering if self.offers.is_rendering(row.id) => {}
            FaxState::Rendering => {
                self.offers.unrendered.insert(row.id, now.instant);
            }
            FaxState::Offered => {
                self.offers.lies_ready(now, row.id, offer);
            }
            _ => self.offers.forget(row.id),
        }
        self.out.push_back(Output::Event(Event::Fax(row.id)));
        true
    }

    pub(crate) fn offer_rendered(&mut self, now: Now, fax: FaxId, pages: &[Page]) {
        let pages = pages.iter().map(|page| Pii::new(page.to_tiff())).collect();
        self.store(Effect::OfferRendered { fax, pages, at: now.wall }, Then::Laid { fax });
    }

    /// Its pages are durable, or it was withdrawn meanwhile.
    pub(crate) fn laid_out(&mut self, fax: FaxId, _result: &Result<Done, StoreError>) {
        self.offers.forget(fax);
        self.enqueue(fax);
    }

    /// Whoever laid out what nobody fetched in its time hears so.
    pub(crate) fn lapse_due(&mut self, now: Now) {
        for fax in self.offers.lapsed(now) {
            self.store(Effect::OfferLapsed { fax, at: now.wall }, Then::Finished { fax });
        }
    }

    /// It is durable that a person withdrew it: nobody gets more of it.
    pub(crate) fn offer_withdrawn(&mut self, now: Now, fax: FaxId) {
        self.offers.forget(fax);
        let given = self.lines.by_call.iter().filter(|(_, line)| line.giving == Some(fax));
        let calls: Vec<_> = given.map(|(call, _)| *call).collect();
        for call in calls {
            self.cancel_line(now, call);
        }
    }

    /// Whoever called asks for a document.
    pub(crate) fn document_asked_for(&mut self, now: Now, call: CallId, named: &Inside) {
        let Some(line) = self.lines.by_call.get(&call) else { return };
        let (fax, caller) = (line.attempt.fax, Caller::of(line.number.as_ref()));
        if !self.offers.askers.may_ask(caller, now.instant) {
            return self.give_nothing(now, call, "They asked wrongly too often; nothing is given for a while.");
        }
        let called = line.called.clone().unwrap_or_else(|| self.settings.fax_number.clone());
        let Some(offer) = self.offers.find(&called, named, now.wall) else {
            self.audit(now, BOX.to_owned(), "offer_refused", fax.to_string());
            if self.offers.askers.wrong(caller, now.instant) {
                let sentence = "Callers ask for documents that lie ready with wrong passwords, again and again. Nothing is given for a while.";
                self.notice(now, sentence.to_owned().into());
            }
            return self.give_nothing(now, call, Cause::FetchRefused.sentence_of_reception());
        };
        if let Some(line) = self.lines.by_call.get_mut(&call) {
            line.giving = Some(offer);
        }
        self.store(Effect::GiveOffer { fax, offer, at: now.wall }, Then::Given { call });
    }

    fn give_nothing(&mut self, now: Now, call: CallId, why: &str) {
        let (cause, why) = (Cause::FetchRefused, why.to_owned());
        self.line_input(now, call, session::Input::Refuse { cause, why });
    }

    /// It is durable that they get it, or they do not.
    pub(crate) fn given(&mut self, now: Now, call: CallId, result: &Result<Done, StoreError>) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        match (result, line.giving) {
            (Ok(_), Some(offer)) => self.store(Effect::LoadPages { fax: offer }, Then::GivenPages { call }),
            (Err(StoreError::WrongState | StoreError::NotFound), _) => {
                line.giving = None;
                self.give_nothing(now, call, "It does not lie ready any more, or another machine is fetching it.");
            }
            (Ok(_) | Err(_), _) => {
                line.giving = None;
                let why = "It could not be stored that they get the document, so they got nothing.".to_owned();
                self.line_input(now, call, session::Input::Refuse { cause: Cause::OurFault, why });
            }
        }
    }

    /// The pages were read.
    pub(crate) fn given_pages(&mut self, now: Now, call: CallId, result: Result<Done, StoreError>) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let pages = match result {
            Ok(Done::Pages(files)) => {
                files.iter().map(|file| Page::from_tiff(file.expose())).collect::<Result<Vec<_>, _>>().ok()
            }
            _ => None,
        };
        let pages = pages.unwrap_or_default();
        line.total = u32::try_from(pages.len()).ok().filter(|pages| *pages > 0);
        let fax = line.attempt.fax;
        self.line_input(now, call, session::Input::Give { pages: &pages });
        self.out.push_back(Output::Event(Event::Fax(fax)));
    }

    /// The one end of a call that was given a document.
    pub(crate) fn giving_finished(&mut self, now: Now, line: Line, offer: FaxId, outcome: Outcome) {
        if outcome.cause == Cause::Delivered {
            self.offers.askers.had(Caller::of(line.number.as_ref()));
        }
        self.close_giving(now, line.attempt, offer, outcome, line.trace);
    }

    fn close_giving(&mut self, now: Now, attempt: Attempt, offer: FaxId, outcome: Outcome, trace: Trace) {
        let Attempt { fax, id: attempt } = attempt;
        let state = match outcome.cause {
            Cause::Delivered => FaxState::Sent,
            // They may have all of it: a person looks, and nothing is given away a second time without anybody's knowing.
            Cause::Unconfirmed => FaxState::Uncertain,
            _ => FaxState::Failed,
        };
        let effect = Effect::FinishGiven { fax, attempt, outcome, state, trace, at: now.wall };
        self.store(effect, Then::GivenOver { fax, offer });
    }

    pub(crate) fn given_over(&mut self, fax: FaxId, offer: FaxId, result: Result<Done, StoreError>) {
        self.fax_ended(fax, result);
        self.enqueue(offer);
    }

    /// What lay ready does so again, what was not rendered will be, and fetches that were on the line have their one outcome.
    pub(crate) fn resume_offers(&mut self, now: Now, work: &Work) {
        self.offers.askers.restore(now, &work.askers);
        for row in work.offers.iter().chain(work.faxes.iter().filter(|row| row.offer.is_some())) {
            self.offer_changed(now, row);
        }
        for open in &work.open_attempts {
            let row = work.faxes.iter().find(|row| row.id == open.fax && row.direction == Direction::Out);
            if let Some((row, offer)) = row.and_then(|row| Some((row, row.given_of?))) {
                self.close_open_giving(now, open, row, offer);
            }
        }
    }

    fn close_open_giving(&mut self, now: Now, open: &OpenAttempt, row: &FaxRow, offer: FaxId) {
        let outcome = outcome_of_open_attempt(open, row.pages_confirmed, row.pages);
        let mut trace = Trace::default();
        trace.note(now.wall, Mark::Bad, "Frontdesk was restarted while this was fetched", "");
        self.close_giving(now, Attempt { fax: row.id, id: open.attempt }, offer, outcome, trace);
    }
}
