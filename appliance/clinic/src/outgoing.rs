//! An outgoing fax: accepted → rendered → waiting → dialled → sent, each step durable before the next is begun.

use std::sync::Arc;

use calls::FaxWay;
use fax::convert::{ConvertError, Problem};
use fax::page::Page;
use fax::queue::{Dial, Line as QueueLine, Queue, Recovered, Verdict};
use model::command::Document;
use model::fax::{Cause, Direction, FaxState, Outcome};
use model::sending::{Carrier, Manner, Priority, Wish};
use model::trace::{Mark, Trace};
use model::{CallId, Event, FaxId, Now, PhoneNumber, Pii, Random, Settings, Wall};
use store::effect::{Decision, Done, Effect, FaxNext, StoreError};

use crate::batch::Batch;
use crate::fetching::Fetch;
use crate::lines::Line;
use crate::modems::Modems;
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output};

/// What stands in place of a line where there was none.
const NO_LINE: &str = "no line";

/// The fax queue over the clinic's trunks.
pub(crate) fn queue(settings: &Arc<Settings>, policy: fax::queue::Policy, random: Random) -> Queue {
    Queue::new(policy, queue_lines(settings, &Modems::default()), random)
}

/// The lines for faxes, best first: as the settings say, or modems for certain numbers, trunks, and the other modems. A modem that is not
/// there, or has somebody else's call, is none.
pub(crate) fn queue_lines(settings: &Settings, modems: &Modems) -> Vec<QueueLine> {
    let trunk = |name: &str, at_once| {
        let line = QueueLine { name: name.to_owned(), channels: at_once, audio: true, only: Vec::new() };
        settings.trunk(name).map(|_| line)
    };
    let modem = |name: &str| {
        let modem = settings.modem(name).filter(|_| modems.may_call(name))?;
        Some(QueueLine { name: name.to_owned(), channels: 1, audio: true, only: modem.to.clone() })
    };
    if !settings.faxing.lines.is_empty() {
        let lines = settings.faxing.lines.iter();
        return lines.filter_map(|l| trunk(&l.name, l.at_once).or_else(|| modem(&l.name))).collect();
    }
    let (for_some, for_all): (Vec<_>, Vec<_>) = settings.modems.iter().partition(|m| !m.to.is_empty());
    let first = for_some.into_iter().filter_map(|m| modem(&m.name));
    let trunks = settings.trunks.iter().filter_map(|t| trunk(&t.name, t.channels));
    first.chain(trunks).chain(for_all.into_iter().filter_map(|m| modem(&m.name))).collect()
}

/// When faxes may be dialled, by these settings.
pub(crate) fn hours(settings: &Settings) -> impl Fn(&PhoneNumber, Priority, Wall) -> Wall {
    let zone = settings.zone();
    move |to, priority, at| settings.faxing.may_dial(to, priority, at, &zone)
}

/// What the person wishes, and the time to recall it.
pub(crate) fn wish(settings: &Settings, wish: Wish, at: Wall) -> Wish {
    let recallable = at + settings.faxing.recall;
    Wish { not_before: wish.not_before.max(Some(recallable)), ..wish }
}

impl Clinic {
    /// A fax is durable: from its row it goes into the queue.
    pub(crate) fn enqueue(&mut self, fax: FaxId) {
        self.store(Effect::LoadFax { fax }, Then::Enqueue);
    }

    pub(crate) fn enqueued(&mut self, now: Now, result: Result<Done, StoreError>) {
        if let Ok(Done::Fax(Some(row))) = result {
            if self.offer_changed(now, &row) {
                return;
            }
            self.faxes.accepted(now, &row, &hours(&self.settings));
            self.out.push_back(Output::Event(Event::Fax(row.id)));
        }
    }

    /// Reads the documents of the faxes for which a renderer is free.
    pub(crate) fn render_due(&mut self, now: Now) {
        while let Some(fax) = self.faxes.poll_render(now).or_else(|| self.offers.poll_render(now)) {
            self.store(Effect::LoadDocuments { fax }, Then::Render { fax });
        }
    }

    pub(crate) fn documents_read(&mut self, now: Now, fax: FaxId, result: Result<Done, StoreError>) {
        match result {
            Ok(Done::Documents(documents)) => {
                // Only one office document at a time is read (see `fax::convert::office`): the next would wait with a renderer that others
                // want. What is laid out has a renderer of its own.
                if has_office(&documents) && !self.offers.is_rendering(fax) {
                    if self.reads_office.is_some_and(|of| of != fax) {
                        return self.faxes.render_waits(fax);
                    }
                    self.reads_office = Some(fax);
                }
                let resolution = self.settings.faxing.resolution;
                self.out.push_back(Output::Render { fax, documents, resolution });
            }
            // Which of them it is that cannot be read, nobody knows.
            _ => {
                let error = ConvertError { document: 0, name: Pii::default(), kind: Problem::OurFault };
                self.render_later(now, fax, &error);
            }
        }
    }

    /// The documents are not to blame: they are tried again, until it has gone on so long that whoever ordered it must know.
    fn render_later(&mut self, now: Now, fax: FaxId, error: &ConvertError) {
        let pause = |failed| self.faxes.render_pause(failed);
        if !self.offers.render_later(now, fax, pause) || !self.faxes.render_later(now, fax) {
            tracing::error!(%fax, %error, "a fax could not be rendered for hours, and is given up");
            self.unrenderable(now, fax, error);
        }
    }

    fn unrenderable(&mut self, now: Now, fax: FaxId, error: &ConvertError) {
        let reason = error.sentence();
        self.store(Effect::FaxUnrenderable { fax, reason, at: now.wall }, Then::Finished { fax });
        self.faxes.unrenderable(fax);
        self.offers.forget(fax);
    }

    pub(crate) fn rendered(&mut self, now: Now, fax: FaxId, result: Result<Vec<Page>, ConvertError>) {
        if self.reads_office.take_if(|of| *of == fax).is_some() {
            self.faxes.render_waiting(now);
        }
        match result {
            Ok(pages) if self.offers.is_rendering(fax) => self.offer_rendered(now, fax, &pages),
            Ok(pages) => {
                let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
                let pages = pages.iter().map(|p| Pii::new(p.to_tiff())).collect();
                let within = self.settings.faxing.twins_within;
                let twins_since = (!within.is_zero()).then(|| now.wall.before(within));
                let effect = Effect::FaxRendered { fax, pages, twins_since, at: now.wall };
                self.store(effect, Then::Rendered { fax, count });
            }
            Err(error) if error.is_ours() => self.render_later(now, fax, &error),
            Err(error) => self.unrenderable(now, fax, &error),
        }
    }

    /// The pages are durable, or the fax was recalled meanwhile. One that looks like another waits for a person, who is told.
    pub(crate) fn pages_written(&mut self, now: Now, fax: FaxId, count: u32, result: Result<Done, StoreError>) {
        match result {
            Ok(Done::Outboxed(entry)) => {
                self.faxes.unrenderable(fax);
                self.tell(&entry);
            }
            Ok(_) => self.faxes.rendered(now, fax, count, &hours(&self.settings)),
            // It was recalled, or made twice: after a recall that the store refused, both renderings end here. Its row knows.
            Err(_) => self.enqueue(fax),
        }
        self.out.push_back(Output::Event(Event::Fax(fax)));
    }

    /// Writes down the attempts that are due. Only when that is durable is a line touched.
    pub(crate) fn dial_due(&mut self, now: Now) {
        let settings = Arc::clone(&self.settings);
        let hours = hours(&settings);
        while let Some(dial) = self.faxes.poll(now, &hours) {
            let followers =
                if self.settings.faxing.batch { self.faxes.followers(now, &dial, &hours) } else { Vec::new() };
            let Dial { fax, attempt, line, number, inside, first_page, pages, fetch, manner } = dial;
            let call = CallId::new(now.wall, &mut self.random);
            let mut entry = Line::new(Attempt { fax, id: attempt }, Direction::Out, Some(number), now);
            entry.batch = Batch::new(followers);
            entry.first_page = first_page;
            entry.total = (!fetch).then_some(pages);
            entry.fetch = fetch.then(Fetch::default);
            entry.manner = manner;
            entry.inside = inside;
            if let Some(modem) = line.clone().filter(|line| self.settings.modem(line).is_some()) {
                self.modems.take(&modem, call, Direction::Out);
                entry.modem = Some(modem);
            }
            entry.trunk.clone_from(&line);
            let line = line.unwrap_or_else(|| NO_LINE.to_owned());
            "Dialling".clone_into(&mut entry.doing);
            self.lines.by_call.insert(call, entry);
            let effect = Effect::StartAttempt { fax, attempt, line, first_page, at: now.wall };
            self.store(effect, Then::Dial { call });
        }
    }

    pub(crate) fn attempt_written(&mut self, now: Now, call: CallId, result: Result<Done, StoreError>) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let fax = line.attempt.fax;
        if let Err(error) = result {
            // Nothing was dialled. The row is in another state because somebody recalled it, or because the outcome of the attempt
            // before is still waiting for a store in trouble.
            let line = self.lines.by_call.remove(&call);
            if let Some(line) = &line {
                self.batch_ends(now, line, Outcome::without_session(Cause::OurFault));
            }
            if let Some(name) = line.and_then(|line| line.modem) {
                self.release_modem(&name, call);
            }
            let elsewhere = matches!(error, StoreError::WrongState | StoreError::NotFound);
            let retry = !elsewhere || self.vault.is_finishing(fax);
            self.faxes.not_started(now, fax, retry);
            return;
        }
        let Some(to) = line.number.clone() else { return };
        let Some(over) = line.trunk.clone() else {
            line.trace.note(now.wall, Mark::Bad, "No line of the clinic that may take it has been there for hours", "");
            return self.fax_never_began(now, call, Cause::TrunkDown);
        };
        if let Some(name) = line.modem.clone() {
            return self.dial_by_modem(now, call, &name, &to);
        }
        line.trace.note(now.wall, Mark::Good, "Dialling", line.manner.words());
        let as_sound = line.manner.carrier == Carrier::Audio;
        self.load_for(now, call, fax);
        self.pbx.handle_input(
            now,
            calls::Input::Command(calls::Command::PlaceFax { call, to, over: Some(over), as_sound }),
        );
        self.out.push_back(Output::Event(Event::Fax(fax)));
    }

    /// What a call that is made needs: the pages to send, or nothing.
    pub(crate) fn load_for(&mut self, now: Now, call: CallId, fax: FaxId) {
        match self.lines.by_call.get(&call) {
            Some(line) if line.fetch.is_some() => self.ask_when_connected(now, call),
            _ => self.store(Effect::LoadPages { fax }, Then::Pages { call }),
        }
    }

    /// The pages were read.
    pub(crate) fn pages_read(&mut self, now: Now, call: CallId, result: Result<Done, StoreError>) {
        let Some(line) = self.lines.by_call.get_mut(&call) else { return };
        let pages = match result {
            Ok(Done::Pages(files)) => {
                files.iter().map(|file| Page::from_tiff(file.expose())).collect::<Result<Vec<_>, _>>().ok()
            }
            _ => None,
        };
        match pages {
            Some(pages) if !pages.is_empty() => {
                line.pages = Some(in_manner(pages, line.manner));
                self.read_followers(call);
                self.begin_session(now, call);
            }
            _ => self.fax_never_began(now, call, Cause::OurFault),
        }
    }

    pub(crate) fn sending_finished(&mut self, now: Now, line: Line, outcome: Outcome) {
        let audio = matches!(line.port, Some((_, FaxWay::Audio(_))));
        self.close_attempt(now, line.attempt, outcome, line.trace, audio);
    }

    /// The one end of an attempt.
    pub(crate) fn close_attempt(&mut self, now: Now, attempt: Attempt, outcome: Outcome, trace: Trace, audio: bool) {
        let Attempt { fax, id: attempt } = attempt;
        if audio {
            self.faxes.went_as_sound(fax);
        }
        let verdict = self.faxes.attempt_finished(now, fax, &outcome, &hours(&self.settings));
        let recalled = self.recalls.remove(&fax);
        let Some(Verdict { next, lesson }) = verdict else { return };
        let recalled = recalled.filter(|_| next == FaxNext::Final(FaxState::Cancelled));
        let effect =
            Effect::FinishAttempt { fax, attempt, outcome, next, lesson: Box::new(lesson), trace, at: now.wall };
        self.store(effect, Then::Closed { fax, recalled });
    }

    /// The outcome is durable, or its row is in another state than on the line: its beginning was never written down, or a person was
    /// faster. What was answered as recalled is recalled all the same, and what still waits is in the queue.
    pub(crate) fn attempt_closed(
        &mut self,
        now: Now,
        fax: FaxId,
        recalled: Option<String>,
        result: Result<Done, StoreError>,
    ) {
        match (&result, recalled) {
            (Err(StoreError::WrongState), Some(by)) => {
                let decision = Decision::Cancel;
                self.store(Effect::DecideFax { fax, by, decision, at: now.wall }, Then::Finished { fax });
            }
            // A recall that was refused has taken it out of the queue.
            (Ok(Done::Ok) | Err(StoreError::WrongState), _) if !self.faxes.has(fax) => self.enqueue(fax),
            _ => {}
        }
        self.fax_ended(fax, result);
    }

    /// The end of a fax is durable. If somebody is to be told, the outbox says so.
    pub(crate) fn fax_ended(&mut self, fax: FaxId, result: Result<Done, StoreError>) {
        if let Ok(Done::Outboxed(entry)) = result {
            self.tell(&entry);
        }
        self.out.push_back(Output::Event(Event::Fax(fax)));
    }

    /// The one outcome of an attempt that was open when the process ended.
    pub(crate) fn close_recovered(&mut self, now: Now, recovered: Recovered) {
        let Recovered { fax, attempt, outcome, verdict: Verdict { next, lesson } } = recovered;
        let mut trace = Trace::default();
        trace.note(now.wall, Mark::Bad, "Frontdesk was restarted during this attempt", "");
        let lesson = Box::new(lesson);
        let effect = Effect::FinishAttempt { fax, attempt, outcome, next, lesson, trace, at: now.wall };
        self.store(effect, Then::Closed { fax, recalled: None });
    }
}

fn has_office(documents: &[Document]) -> bool {
    documents.iter().any(|document| model::is_office(document.bytes.expose()))
}

/// The pages as this manner sends them.
pub(crate) fn in_manner(pages: Vec<Page>, manner: Manner) -> Vec<Page> {
    if manner.fine {
        return pages;
    }
    // A page that cannot be painted is sent as it is: the other machine says what it thinks of it.
    pages.into_iter().map(|page| page.standard().unwrap_or(page)).collect()
}

#[cfg(test)]
mod tests {
    use model::command::Command;
    use model::sending::Wish;
    use plan::Plan;
    use store::{RootKey, Store};

    use super::*;
    use crate::Input;
    use crate::mailboxes::tests::{SETTINGS, clinic_of};

    /// A clinic with its store, and the faxes that a converter has now.
    struct Desk {
        clinic: Clinic,
        store: Store,
        _dir: tempfile::TempDir,
        now: Now,
        rendering: Vec<FaxId>,
    }

    impl Desk {
        fn new() -> Self {
            let nurse = "rights = [\"send_faxes\"]\n[[people]]\nextension = \"102\"\nname = \"Nurse\"\n[[trunks]]\n";
            let text = SETTINGS.replacen("[[trunks]]\n", nurse, 1);
            let settings = Settings::parse(&text).expect("good settings");
            let dir = tempfile::tempdir().expect("a folder");
            let store = Store::open_blocking(dir.path(), RootKey::from_bytes([7; 32])).expect("the store opens");
            let plan = Plan::of(&settings).expect("a good plan");
            let (clinic, now) = (clinic_of(settings, plan), Now::simulation_start());
            let mut desk = Self { clinic, store, _dir: dir, now, rendering: Vec::new() };
            desk.input(Input::Unlocked);
            desk
        }

        fn input(&mut self, input: Input) {
            self.clinic.handle_input(self.now, input);
            loop {
                match self.clinic.poll_output() {
                    Output::Store { ticket, effect } => {
                        let result = self.store.perform_blocking(effect);
                        self.clinic.handle_input(self.now, Input::Stored { ticket, result });
                    }
                    Output::Render { fax, .. } => self.rendering.push(fax),
                    Output::Reply { result, .. } => assert!(result.is_ok(), "{result:?}"),
                    Output::Timeout(_) => return,
                    _ => {}
                }
            }
        }

        /// Somebody orders a fax of this document. How many are being rendered then.
        fn orders(&mut self, to: u32, bytes: &[u8]) -> usize {
            self.now = self.now.after(std::time::Duration::from_millis(1));
            let (name, media_type) = (Pii::from("letter"), "application/pdf".to_owned());
            let documents = vec![Document { name, media_type, bytes: Pii::new(bytes.to_vec()) }];
            let to = PhoneNumber::E164(format!("+120255501{to:02}"));
            let (by, door, subject, wish) = ("101".to_owned(), model::fax::Door::Api, Pii::default(), Wish::default());
            self.input(Input::Command { id: 1, command: Command::SendFax { by, door, to, subject, documents, wish } });
            self.rendering.len()
        }

        fn rendered(&mut self, nth: usize) {
            let fax = self.rendering.remove(nth);
            let result = Err(ConvertError { document: 0, name: Pii::default(), kind: Problem::Broken });
            self.input(Input::Rendered { fax, result });
        }
    }

    /// LibreOffice reads one document at a time. Two of them took both renderers, one to wait for the other.
    #[test]
    fn office_documents_hold_up_no_other_fax() {
        let (mut desk, office, pdf) = (Desk::new(), b"{\\rtf1 A letter}", b"%PDF-1.4");
        assert_eq!(desk.orders(11, office), 1);
        assert_eq!(desk.orders(12, office), 1, "it waits, and holds no renderer");
        assert_eq!(desk.orders(13, pdf), 2);
        assert_eq!(desk.orders(14, office), 2);
        assert_eq!(desk.orders(15, pdf), 2, "two renderers");
        desk.rendered(1);
        assert_eq!(desk.rendering.len(), 2, "the other PDF");
        desk.rendered(1);
        assert_eq!(desk.rendering.len(), 1, "the office documents wait for the first");
        desk.rendered(0);
        assert_eq!(desk.rendering.len(), 1, "the second office document");
        desk.rendered(0);
        desk.rendered(0);
        assert!(desk.rendering.is_empty() && desk.clinic.faxes.is_empty());
    }
}
