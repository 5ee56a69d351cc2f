//! An outgoing fax: accepted → rendered → waiting → dialled → sent, each step durable before the next is begun.

use std::sync::Arc;

use fax::convert::ConvertError;
use fax::page::Page;
use fax::queue::{Dial, Line as QueueLine, Queue, Recovered};
use model::fax::{Cause, Direction, Outcome};
use model::trace::{Mark, Trace};
use model::{CallId, Event, FaxId, Now, Pii, Random, Settings};
use store::effect::{Done, Effect, StoreError};

use crate::lines::Line;
use crate::vault::{Attempt, Then};
use crate::{Clinic, Output};

/// The fax queue over the clinic's trunks.
pub(crate) fn queue(settings: &Arc<Settings>, policy: fax::queue::Policy, random: Random) -> Queue {
    Queue::new(policy, queue_lines(settings), random)
}

pub(crate) fn queue_lines(settings: &Settings) -> Vec<QueueLine> {
    settings.trunks.iter().map(|t| QueueLine { name: t.name.clone(), channels: t.channels }).collect()
}

impl Clinic {
    /// A fax is durable: from its row it goes into the queue.
    pub(crate) fn enqueue(&mut self, fax: FaxId) {
        self.store(Effect::LoadFax { fax }, Then::Enqueue);
    }

    pub(crate) fn enqueued(&mut self, now: Now, result: Result<Done, StoreError>) {
        if let Ok(Done::Fax(Some(row))) = result {
            self.faxes.accepted(now, &row);
            self.out.push_back(Output::Event(Event::Fax(row.id)));
        }
    }

    /// Reads the documents of the faxes for which a renderer is free.
    pub(crate) fn render_due(&mut self, now: Now) {
        while let Some(fax) = self.faxes.poll_render(now) {
            self.store(Effect::LoadDocuments { fax }, Then::Render { fax });
        }
    }

    pub(crate) fn documents_read(&mut self, now: Now, fax: FaxId, result: Result<Done, StoreError>) {
        match result {
            Ok(Done::Documents(documents)) => self.out.push_back(Output::Render { fax, documents }),
            _ => self.faxes.render_later(now, fax),
        }
    }

    pub(crate) fn rendered(&mut self, now: Now, fax: FaxId, result: Result<Vec<Page>, ConvertError>) {
        match result {
            Ok(pages) => {
                let count = u32::try_from(pages.len()).unwrap_or(u32::MAX);
                let pages = pages.iter().map(|p| Pii::new(p.to_tiff())).collect();
                self.store(Effect::FaxRendered { fax, pages, at: now.wall }, Then::Rendered { fax, count });
            }
            Err(error) if error.is_ours() => self.faxes.render_later(now, fax),
            Err(error) => {
                let reason = error.sentence();
                self.store(Effect::FaxUnrenderable { fax, reason, at: now.wall }, Then::Finished { fax });
                self.faxes.unrenderable(fax);
            }
        }
    }

    /// The pages are durable, or the fax was recalled meanwhile.
    pub(crate) fn pages_written(&mut self, now: Now, fax: FaxId, count: u32, result: Result<Done, StoreError>) {
        match result {
            Ok(_) => self.faxes.rendered(now, fax, count),
            Err(_) => self.faxes.unrenderable(fax),
        }
        self.out.push_back(Output::Event(Event::Fax(fax)));
    }

    /// Writes down the attempts that are due. Only when that is durable is a line touched.
    pub(crate) fn dial_due(&mut self, now: Now) {
        while let Some(dial) = self.faxes.poll(now) {
            let Dial { fax, attempt, line, number, first_page, pages } = dial;
            let call = CallId::new(now.wall, &mut self.random);
            let mut entry = Line::new(Attempt { fax, id: attempt }, Direction::Out, Some(number), now);
            entry.first_page = first_page;
            entry.total = Some(pages);
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
            self.lines.by_call.remove(&call);
            let elsewhere = matches!(error, StoreError::WrongState | StoreError::NotFound);
            let retry = !elsewhere || self.vault.is_finishing(fax);
            self.faxes.not_started(now, fax, retry);
            return;
        }
        line.trace.note(now.wall, Mark::Good, "Dialling", "");
        let Some(to) = line.number.clone() else { return };
        self.store(Effect::LoadPages { fax }, Then::Pages { call });
        self.pbx.handle_input(now, calls::Input::Command(calls::Command::PlaceFax { call, to }));
        self.out.push_back(Output::Event(Event::Fax(fax)));
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
                line.pages = Some(pages);
                self.begin_session(now, call);
            }
            _ => self.fax_never_began(now, call, Cause::OurFault),
        }
    }

    pub(crate) fn sending_finished(&mut self, now: Now, line: Line, outcome: Outcome) {
        let Attempt { fax, id: attempt } = line.attempt;
        let Some(next) = self.faxes.attempt_finished(now, fax, &outcome) else { return };
        let effect = Effect::FinishAttempt { fax, attempt, outcome, next, trace: line.trace, at: now.wall };
        self.store(effect, Then::Finished { fax });
    }

    /// The outcome is durable. If it is final, the outbox says so.
    pub(crate) fn attempt_closed(&mut self, fax: FaxId, result: Result<Done, StoreError>) {
        if let Ok(Done::Outboxed(entry)) = result {
            self.tell(&entry);
        }
        self.out.push_back(Output::Event(Event::Fax(fax)));
    }

    /// The one outcome of an attempt that was open when the process ended.
    pub(crate) fn close_recovered(&mut self, now: Now, recovered: Recovered) {
        let Recovered { fax, attempt, outcome, next } = recovered;
        let mut trace = Trace::default();
        trace.note(now.wall, Mark::Bad, "Frontdesk was restarted during this attempt", "");
        let effect = Effect::FinishAttempt { fax, attempt, outcome, next, trace, at: now.wall };
        self.store(effect, Then::Finished { fax });
    }
}
