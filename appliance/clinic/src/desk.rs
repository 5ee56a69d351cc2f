//! What people order, through the console or the API.

use fax::page::Page;
use model::command::Document;
use model::event::Alert;
use model::fax::{Door, Retention};
use model::sending::Wish;
use model::settings::Right;
use model::switches::Switch;
use model::{CallId, Command, CommandError, CommandOutcome, Event, FaxId, Now, PhoneNumber, Pii};
use plan::Request;
use store::effect::{Decision, Done, Effect, Handing, MissedMarking, NewFax, NewMail, StoreError};

use crate::offers::Laying;
use crate::prompts::Recorder;
use crate::restart::not_stored;
use crate::several::Several;
use crate::vault::Then;
use crate::ways::Forward;
use crate::{Clinic, Output, outgoing};

impl Clinic {
    pub(crate) fn command(&mut self, now: Now, id: u64, command: Command) {
        match command {
            Command::SendFax { by, door, to, subject, documents, wish } => {
                self.accept_fax(
                    now,
                    id,
                    Order { by, door, to, fetch: false, forwards: None, subject, documents, wish },
                );
            }
            Command::SendFaxes { by, door, to, subject, documents, wish } => {
                self.accept_faxes(now, id, Several { by, door, to, subject, documents, wish });
            }
            Command::FetchFax { by, door, from, subject, wish } => {
                let order =
                    Order { by, door, to: from, fetch: true, forwards: None, subject, documents: Vec::new(), wish };
                self.fetch_fax(now, id, order);
            }
            Command::OfferFax { by, door, subject, documents, offer, open, key } => {
                self.lay_out(now, id, Laying { by, door, subject, documents, offer, open, key });
            }
            Command::TakeFax { by, fax } => self.decide(now, id, by, fax, Decision::Take),
            Command::HandFax { by, fax, to, before } => {
                self.hand_fax(id, Handing { fax, by, to, before, at: now.wall });
            }
            Command::MarkArrived { by, fax } => self.decide(now, id, by, fax, Decision::Arrived),
            Command::SendAgain { by, fax } => self.decide(now, id, by, fax, Decision::Again),
            Command::CancelFax { by, fax } => self.cancel_fax(now, id, by, fax),
            Command::FileFax { by, fax, filing } => {
                let effect = Effect::FileFax { fax, by, filing, at: now.wall };
                self.store_if_open(id, effect, Then::Ordered { id, fax: Some(fax) });
            }
            Command::ForwardFax { by, fax, to } => {
                self.store_if_open(id, Effect::LoadPages { fax }, Then::Forward { id, order: Forward { by, fax, to } });
            }
            Command::FaxFetched { by, fax } => self.fetched(now, id, by, fax),
            Command::BlockFaxes { by, number, blocked } => self.block_faxes(now, id, by, number, blocked),
            Command::ForgetMachine { by, number } => self.forget_machine(now, id, by, number),
            Command::HangUp { by, call } => {
                self.hang_ups.insert(call, (id, by));
                self.pbx.handle_input(now, calls::Input::Command(calls::Command::HangUp { call }));
            }
            Command::ReadLadder { call } => {
                self.pbx.handle_input(now, calls::Input::Command(calls::Command::Ladder { order: id, call }));
            }
            Command::CancelCallback { by, callback } => self.cancel_callback(now, id, by, callback),
            Command::SetPlan { by, text, instead_of } => self.set_plan(now, id, by, text, instead_of.as_deref()),
            Command::SetSettings { by, text, over } => self.set_settings(now, id, by, text.expose(), over),
            Command::Unblock { by, source } => {
                self.unblocks.insert(source, (id, by));
                self.pbx.handle_input(now, calls::Input::Command(calls::Command::Unblock { source }));
            }
            Command::MarkVoicemail { by, voicemail, mark } => self.mark_voicemail(now, id, by, voicemail, mark),
            Command::GiveVoicemail { by, voicemail, to } => self.give_voicemail(now, id, by, voicemail, to),
            Command::MarkRecording { by, recording, mark } => {
                let effect = Effect::MarkRecording { recording, mark, by, at: now.wall };
                self.store_if_open(id, effect, Then::CallMarked { id });
            }
            Command::MarkMissed { by, call, mark } => {
                let effect = Effect::MarkMissed(MissedMarking { call, mark, by, at: now.wall });
                self.store_if_open(id, effect, Then::CallMarked { id });
            }
            Command::SetGreeting { by, kind, sound } => self.set_greeting(now, id, by, kind, sound),
            Command::Record { by, what, sound } => self.record_prompt(now, Recorder::Order(id), by, what, sound),
            Command::RecordByPhone { by, what } => self.record_by_phone(now, id, by, what),
            Command::SetPin { by, pin } => self.set_pin(now, id, by, pin),
            Command::Switch { by, switch } => {
                self.switchings.insert(id, (by, subject(&switch)));
                self.pbx.handle_input(now, calls::Input::Command(calls::Command::Switch { order: id, switch }));
            }
            Command::AcknowledgeAlert { by, alert } => {
                let result = self.alerts.acknowledge(alert, &by);
                if let Ok(Alert { id, at: raised, sentence, .. }) = result.clone() {
                    self.store(Effect::AlertSeen { id, raised, sentence, by, at: now.wall }, Then::Must);
                    self.out.push_back(Output::Event(Event::Alerts));
                }
                self.reply(id, result.map(|_| CommandOutcome::Done));
            }
        }
    }

    pub(crate) fn hung_up(&mut self, now: Now, call: CallId, result: Result<(), CommandError>) {
        let Some((id, by)) = self.hang_ups.remove(&call) else { return };
        if result.is_ok() {
            self.audit(now, by, "hang_up", call.to_string());
        }
        self.reply(id, result.map(|()| CommandOutcome::Done));
    }

    pub(crate) fn switched(&mut self, now: Now, id: u64, result: Result<(), CommandError>) {
        let Some((by, subject)) = self.switchings.remove(&id) else { return };
        if result.is_ok() {
            self.audit(now, by, "switched", subject);
        }
        self.reply(id, result.map(|()| CommandOutcome::Done));
    }

    /// Somebody switched something by a key of their phone.
    pub(crate) fn key_pressed(&mut self, now: Now, by: String, switch: &Switch) {
        self.audit(now, by, "switched_by_key", subject(switch));
    }

    pub(crate) fn reply(&mut self, id: u64, result: Result<CommandOutcome, CommandError>) {
        self.out.push_back(Output::Reply { id, result });
    }

    pub(crate) fn audit(&mut self, now: Now, by: String, what: &str, subject: String) {
        let effect = Effect::Audit { by, what: what.to_owned(), subject, at: now.wall };
        self.store(effect, Then::Nothing);
    }

    /// The one gateway check for what the console and the API order; [`crate::submission`] asks the same rule for mail.
    pub(crate) fn accept_fax(&mut self, now: Now, id: u64, order: Order) {
        if let Err(sentence) = self.may_send(now, &order, 1) {
            self.reply(id, Err(CommandError::NotAllowed(sentence)));
            return;
        }
        let fax = self.new_fax(now, order);
        let then = Then::FaxAccepted { id, fax: fax.id };
        self.store_if_open(id, Effect::AcceptFax(Box::new(fax)), then);
    }

    pub(crate) fn new_fax(&mut self, now: Now, order: Order) -> NewFax {
        let receipt_to = self.settings.person(&order.by).and_then(|p| p.mail.clone());
        NewFax {
            id: FaxId::new(now.wall, &mut self.random),
            door: order.door,
            by: order.by,
            to: order.to,
            fetch: order.fetch,
            subject: order.subject,
            forwards: order.forwards,
            documents: order.documents,
            left_out: Pii::default(),
            receipt_to,
            retention: Retention::Clinical,
            wish: outgoing::wish(&self.settings, order.wish, now.wall),
            at: now.wall,
        }
    }

    /// Received pages as a new fax: a TIFF of them, which becomes the same pages, dot by dot.
    pub(crate) fn send_pages(&mut self, now: Now, id: u64, order: Forward, pages: &[Page]) {
        let document = Document {
            name: Pii::from("received fax.tif"),
            media_type: "image/tiff".to_owned(),
            bytes: Pii::new(Page::multi_tiff(pages)),
        };
        let Forward { by, fax, to } = order;
        let subject = Pii::from("Forwarded fax");
        let wish = Wish::default();
        let documents = vec![document];
        self.accept_fax(
            now,
            id,
            Order { by, door: Door::Console, to, fetch: false, forwards: Some(fax), subject, documents, wish },
        );
    }

    /// One of so many faxes of an order.
    pub(crate) fn may_send(&self, now: Now, order: &Order, of: usize) -> Result<(), String> {
        if order.documents.is_empty() && !order.fetch {
            return Err("There is no document to send.".to_owned());
        }
        if !self.faxes.has_room_for(of) {
            return Err("Too many faxes are waiting; try again later.".to_owned());
        }
        let rights: &[Right] = self.settings.person(&order.by).map_or(&[], |p| &p.rights);
        let request = Request { by: rights, door: order.door, to: &order.to, settings: &self.settings, at: now.wall };
        self.plan.admit(&request).map(|_| ()).map_err(|denied| denied.sentence)
    }

    /// A person who waits for an answer is told at once that the store is locked, instead of waiting with the effect.
    pub(crate) fn store_if_open(&mut self, id: u64, effect: Effect, then: Then) {
        if self.vault.is_unlocked() {
            self.store(effect, then);
        } else {
            let locked = "Frontdesk is still locked. Nothing was accepted.".to_owned();
            self.reply(id, Err(CommandError::NotStored(locked)));
        }
    }

    pub(crate) fn fax_accepted(&mut self, id: u64, fax: FaxId, result: Result<Done, StoreError>) {
        match result {
            Ok(Done::Ordered(before)) => {
                let first = before.first().copied().unwrap_or(fax);
                self.reply(id, Ok(CommandOutcome::FaxAccepted(first)));
            }
            Ok(Done::OtherOrder) => self.reply(id, Err(other_order())),
            Ok(_) => {
                self.reply(id, Ok(CommandOutcome::FaxAccepted(fax)));
                self.enqueue(fax);
            }
            Err(error) => self.reply(id, Err(not_stored(&error))),
        }
    }

    fn decide(&mut self, now: Now, id: u64, by: String, fax: FaxId, decision: Decision) {
        let effect = Effect::DecideFax { fax, by, decision, at: now.wall };
        self.store_if_open(id, effect, Then::Decided { id, fax, decision });
    }

    pub(crate) fn decided(
        &mut self,
        now: Now,
        id: u64,
        fax: FaxId,
        decision: Decision,
        result: Result<Done, StoreError>,
    ) {
        match result {
            Ok(done) => {
                if let Done::Outboxed(entry) = &done {
                    self.tell(entry);
                }
                // What a person says of a fetch may use up the document.
                if matches!(decision, Decision::Again | Decision::Arrived) {
                    self.enqueue(fax);
                }
                if decision == Decision::Cancel {
                    self.offer_withdrawn(now, fax);
                }
                self.reply(id, Ok(CommandOutcome::Done));
                self.out.push_back(Output::Event(Event::Fax(fax)));
            }
            Err(error) => {
                if decision == Decision::Cancel {
                    // It left the queue when it was recalled, but its row says otherwise: look again.
                    self.enqueue(fax);
                }
                self.reply(id, Err(not_stored(&error)));
            }
        }
    }

    /// Recalls a fax. On the line, the attempt is ended, and its outcome decides whether anything was sent.
    fn cancel_fax(&mut self, now: Now, id: u64, by: String, fax: FaxId) {
        match self.faxes.recall(fax) {
            fax::queue::Recall::Withdrawn => {
                self.withdraw_follower(now, fax);
                self.decide(now, id, by, fax, Decision::Cancel);
            }
            fax::queue::Recall::EndAttempt(_) => {
                if let Some(call) = self.lines.call_of_fax(fax) {
                    self.recalls.insert(fax, by.clone());
                    // The hang-up may take a moment, and power may fail in it.
                    self.store(Effect::RecallOnLine { fax, by, at: now.wall }, Then::Nothing);
                    self.cancel_line(now, call);
                }
                self.reply(id, Ok(CommandOutcome::Done));
            }
            // On its way into the queue, or held for a person: its row decides.
            fax::queue::Recall::NotHere => self.decide(now, id, by, fax, Decision::Cancel),
        }
    }

    fn forget_machine(&mut self, now: Now, id: u64, by: String, number: PhoneNumber) {
        if !self.vault.is_unlocked() {
            let locked = "Frontdesk is still locked.".to_owned();
            return self.reply(id, Err(CommandError::NotStored(locked)));
        }
        let profile = self.faxes.forget_machine(&number);
        self.store(Effect::ForgetMachine { number, profile, by, at: now.wall }, Then::Must);
        self.reply(id, Ok(CommandOutcome::Done));
    }

    /// A message that an SMTP session hands in.
    pub(crate) fn submission(&mut self, id: u64, mail: Box<NewMail>) {
        if !self.vault.is_unlocked() {
            let locked = StoreError::Broken("locked".to_owned());
            self.out.push_back(Output::SubmissionStored { id, result: Err(locked) });
            return;
        }
        let faxes = mail.faxes.iter().map(|f| f.id).collect();
        self.store(Effect::AcceptMail(mail), Then::Submitted { id, faxes });
    }

    pub(crate) fn submitted(&mut self, id: u64, faxes: Vec<FaxId>, result: Result<Done, StoreError>) {
        if let Ok(done) = &result {
            for fax in faxes {
                self.enqueue(fax);
            }
            // It was there already: nothing of it is faxed again.
            if let Done::Outboxed(entry) = done {
                self.tell(entry);
            }
            self.out.push_back(Output::Event(Event::Mail));
        }
        self.out.push_back(Output::SubmissionStored { id, result: result.map(|_| ()) });
    }
}

pub(crate) fn other_order() -> CommandError {
    CommandError::NotNow("That key was used for another fax. Nothing was accepted.".to_owned())
}

/// A fax to be sent, or fetched.
pub(crate) struct Order {
    pub(crate) by: String,
    pub(crate) door: Door,
    pub(crate) to: PhoneNumber,
    pub(crate) fetch: bool,
    /// The received fax whose pages go on.
    pub(crate) forwards: Option<FaxId>,
    pub(crate) subject: Pii<String>,
    pub(crate) documents: Vec<Document>,
    pub(crate) wish: Wish,
}

/// What a switch is about, for the audit: never a number from outside.
fn subject(switch: &Switch) -> String {
    match switch {
        Switch::DoNotDisturb { extension, .. } => format!("do-not-disturb of {extension}"),
        Switch::Forward { extension, when, .. } => format!("forward {} of {extension}", when.word()),
        Switch::Queues { extension, queues, .. } => format!("queues of {extension}: {}", queues.join(", ")),
        Switch::Night { .. } => "night".to_owned(),
        Switch::RefuseAnonymous { .. } => "callers without a number".to_owned(),
        Switch::Hours { .. } => "hours".to_owned(),
        Switch::Block { on, .. } => (if *on { "block" } else { "unblock" }).to_owned(),
        Switch::NoModem { port, on } => format!("{port} is {} modem", if *on { "no" } else { "perhaps a" }),
    }
}
