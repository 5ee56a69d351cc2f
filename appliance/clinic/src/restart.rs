//! The results of effects, and going on with unfinished work after a start: nothing that was accepted is forgotten, and nothing
//! that may have been sent is sent again.

use model::fax::{Cause, Direction, FaxState, Outcome};
use model::trace::{Mark, Trace};
use model::{CommandError, Event, Now};
use store::effect::{Done, Effect, OpenAttempt, StoreError, Work};
use store::rows::FaxRow;

use crate::lines::Line;
use crate::vault::{Attempt, Then, Ticket};
use crate::{Clinic, Output, outgoing};

/// What was accepted before waits, and nobody would miss it.
const START_UNREAD: &str = "What was under way before the last start cannot be read. Faxes and mails that were accepted before it wait until it can be; \
                            somebody should look at the disk.";

/// Its caller was told that it was saved, or had gone by then, and it stands in no mailbox.
const MESSAGE_DAMAGED: &str = "A message that a caller left cannot be put into its mailbox, since a part of it cannot be read. Somebody should look at the disk.";

impl Clinic {
    pub(crate) fn unlocked(&mut self) {
        if !self.vault.is_unlocked() {
            self.vault.unlock(&mut self.out);
            self.store(Effect::LoadWork, Then::Work);
        }
    }

    pub(crate) fn stored(&mut self, now: Now, ticket: Ticket, result: Result<Done, StoreError>) {
        let Some(then) = self.vault.finish(now.instant, ticket, &result) else {
            if self.vault.is_start_unread() {
                self.notice_once(now, START_UNREAD.to_owned().into());
            }
            if self.vault.is_message_damaged() {
                self.notice_once(now, MESSAGE_DAMAGED.to_owned().into());
            }
            return;
        };
        match then {
            Then::Nothing | Then::Must => {}
            Then::Decided { id, fax, decision } => self.decided(now, id, fax, decision, result),
            Then::Handed { id, fax } => self.handed(id, fax, result),
            Then::LaidBack => self.laid_back(result.ok()),
            Then::PlanKept { id, settings, plan } => self.plan_kept(now, id, settings, plan, result),
            Then::PromptKept { recorder, what, sound } => self.prompt_kept(now, recorder, what, sound, result),
            Then::SettingsKept { id, settings } => self.settings_kept(now, id, settings, result),
            Then::FaxAccepted { id, fax } => self.fax_accepted(id, fax, result),
            Then::FaxesAccepted { id, faxes } => self.faxes_accepted(id, faxes, result),
            Then::Submitted { id, faxes } => self.submitted(id, faxes, result),
            Then::Enqueue => self.enqueued(now, result),
            Then::Render { fax } => self.documents_read(now, fax, result),
            Then::Rendered { fax, count } => self.pages_written(now, fax, count, result),
            Then::OfferAccepted { id, fax } => self.offer_accepted(id, fax, result),
            Then::Laid { fax } => self.laid_out(fax, &result),
            Then::Given { call } => self.given(now, call, &result),
            Then::GivenPages { call } => self.given_pages(now, call, result),
            Then::GivenOver { fax, offer } => self.given_over(fax, offer, result),
            Then::Dial { call } => self.attempt_written(now, call, result),
            Then::Pages { call } => self.pages_read(now, call, result),
            Then::FollowerPages { call, fax } => self.follower_read(now, call, fax, result),
            Then::NextBegun { call } => self.next_begun(now, call, result),
            Then::Progress { call } => self.line_input(now, call, progress(&result)),
            Then::Began { call } => self.reception_written(now, call, result),
            Then::Page { call, number } => self.page_written(now, call, number, result),
            Then::Finished { fax } => self.fax_ended(fax, result),
            Then::Closed { fax, recalled } => self.attempt_closed(now, fax, recalled, result),
            Then::Received { fax, ways, may_be_empty } => {
                let came = !may_be_empty || matches!(result, Ok(Done::Outboxed(_)));
                self.received(now, fax, if came { ways } else { Vec::new() }, result);
            }
            Then::ReadCodes { fax } => self.pages_with_codes(now, fax, result),
            Then::Changed { fax } => self.out.push_back(Output::Event(Event::Fax(fax))),
            Then::WayRow { fax, way } => self.way_row(now, fax, way, result),
            Then::WayPages { row, way } => self.way_pages(now, &row, way, result),
            Then::Ordered { id, fax } => self.ordered(id, fax, result),
            Then::FaxesBlocked { id, number, blocked } => self.faxes_blocked(now, id, (&number, blocked), result),
            Then::Forward { id, order } => self.forward(now, id, order, result),
            Then::Purged => self.purged(now, &result),
            Then::MessagesPurged => self.messages_purged(now, result),
            Then::Tell { entry } => self.tell_row(now, entry, result),
            Then::TellSender { entry, row } => self.tell_sender(now, entry, &row, result),
            Then::TellGiven { entry, change, row } => self.tell_given(now, (entry, change), &row, result),
            Then::TellReaders { entry, row } => self.tell_readers(now, entry, &row, result),
            Then::Queued { mails, urgent } => self.mails_queued(now, mails, urgent, &result),
            Then::Deliver { mail } => self.mail_read(now, mail, result),
            Then::Tried => self.out.push_back(Output::Event(Event::Mail)),
            Then::Work => {
                if let Ok(Done::Work(work)) = result {
                    self.resume(now, *work);
                }
            }
            Then::Records => {
                self.vault.records_written();
                self.out.push_back(Output::Event(Event::Calls));
            }
            Then::Messages => {
                self.vault.messages_written();
                self.out.push_back(Output::Event(Event::Calls));
            }
            Then::RecordingBegun { call } => self.recording_begun(now, call, &result),
            Then::Forgotten { recording } => self.part_forgotten(now, recording),
            Then::RecordingPart { call } => self.recording_part(now, call, &result),
            Then::RecordingOver => self.out.push_back(Output::Event(Event::Calls)),
            Then::CallMarked { id } => self.call_marked(id, result),
            Then::CallbackKept { call, callback } => self.callback_kept(now, call, callback, &result),
            Then::CallbackStarted { call, callback } => self.callback_started(now, call, callback, &result),
            Then::MessageBegun { call } => self.message_begun(now, call, &result),
            Then::MessagePart { call } => self.message_part(now, call, &result),
            Then::MessageFinished { call, voicemail } => self.message_finished(now, call, voicemail, &result),
            Then::Asked { call, about } => self.asked(now, call, about, result),
            Then::Marked { id } => self.marked(now, id, result),
            Then::MessageGiven { giver, voicemail } => self.message_given(now, giver, voicemail, result),
            Then::MailboxSet { id } => self.mailbox_set(id, result),
            Then::LeftBehind { mailbox } => self.left_behind(now, &mailbox, result),
            Then::TellOwner { voicemail } => self.tell_owner(now, voicemail, result),
            Then::Bindings => self.vault.bindings_written(),
            Then::Kept => self.vault.kept_written(),
            Then::Switches => self.vault.switches_written(),
        }
    }

    fn resume(&mut self, now: Now, mut work: Work) {
        // It may be read late, by a disk that was away: what has begun since is none of the last start's.
        work.open_attempts.retain(|open| !self.is_under_way(open));
        self.resume_mailboxes(now, &mut work);
        self.resume_recordings(now, &mut work);
        for recovered in self.faxes.restore(now, &work, &outgoing::hours(&self.settings.clone())) {
            self.close_recovered(now, recovered);
        }
        self.resume_offers(now, &work);
        for open in &work.open_attempts {
            if let Some(row) = work.faxes.iter().find(|r| r.id == open.fax && r.state == FaxState::Receiving) {
                self.close_open_reception(now, open, row);
            }
        }
        for entry in &work.outbox {
            self.tell(entry);
        }
        self.ways.restore(now, work.ways);
        self.fax_blocks.extend(work.fax_blocks.iter().map(|number| number.as_str().to_owned()));
        self.tell_blocks(now);
        self.mails.restore(now, work.mails);
        self.resume_alerts(work.alerts, work.last_alert);
        self.pbx.restore_bindings(now, work.bindings);
        self.pbx.restore_kept(now, work.defence);
        self.pbx.restore_switches(work.switches);
        self.resume_callbacks(now, work.callbacks);
        self.vault.resumed();
        self.out.push_back(Output::Event(Event::Phones));
    }

    /// Its call is up, or what that came to is on its way into the store.
    fn is_under_way(&self, open: &OpenAttempt) -> bool {
        let on_line = self.lines.by_call.values().any(|line| {
            let came = line.fetch.as_ref().and_then(|fetch| fetch.came);
            line.attempt.id == open.attempt || came.is_some_and(|came| came.id == open.attempt)
        });
        on_line || self.readings.has(open.fax) || self.vault.is_finishing(open.fax)
    }

    fn close_open_reception(&mut self, now: Now, open: &OpenAttempt, row: &FaxRow) {
        // Its last page is durable: their machine may have heard so, and all of it is here.
        let (cause, mark, what) = if open.last_page_begun {
            (Cause::Delivered, Mark::Warn, "Frontdesk was restarted when all of this fax had arrived")
        } else {
            (Cause::OurFault, Mark::Bad, "Frontdesk was restarted while this fax arrived")
        };
        let outcome = Outcome {
            pages_confirmed: row.pages_confirmed,
            pages_in_part: row.pages.saturating_sub(row.pages_confirmed),
            remote_ident: row.remote_ident.clone(),
            subaddress: row.said.subaddress.clone(),
            ..Outcome::without_session(cause)
        };
        let mut trace = Trace::default();
        trace.note(now.wall, mark, what, "");
        let line = Line::new(Attempt { fax: row.id, id: open.attempt }, Direction::In, row.number.clone(), now);
        let (called, keys) = (row.our_number.clone(), row.said.keys.expose().clone());
        self.read_codes_anew(now, Line { called, keys, trace, ..line }, outcome, row.pages);
    }
}

fn progress(result: &Result<Done, StoreError>) -> fax::session::Input<'static> {
    match result {
        Ok(_) => fax::session::Input::ProgressStored,
        Err(_) => fax::session::Input::ProgressNotStored,
    }
}

/// What a person is told when the store refused.
pub(crate) fn not_stored(error: &StoreError) -> CommandError {
    match error {
        StoreError::NotFound => CommandError::NotFound("It is not there any more; look again.".to_owned()),
        StoreError::WrongState => CommandError::NotNow("It is no longer in that state; look again.".to_owned()),
        StoreError::Full => CommandError::NotStored("The disk is full. Nothing was accepted.".to_owned()),
        StoreError::WrongKey | StoreError::Broken(_) => {
            CommandError::NotStored("Frontdesk could not store it. Nothing was accepted.".to_owned())
        }
    }
}
