//! Serves the console over a sample clinic on loopback, for looking at its pages: `cargo run -p frontdesk-console --example preview`.
//! The store is real and thrown away at the end; orders change it as the appliance would, but nothing is dialled.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool for looking at pages")]

#[allow(dead_code, reason = "the tests use more of it")]
mod clinic;
mod left;
mod recorded;

use std::net::SocketAddr;
use std::sync::Arc;

use console::CommandRequest;
use model::command::{Command, CommandError, CommandOutcome, Document};
use model::fax::{Door, Retention};
use model::sending::Wish;
use model::settings::Proposal;
use model::time::Clock;
use model::{Event, FaxId, PhoneNumber, Pii, Random, Settings, Snapshot};
use store::effect::{
    Decision, Done, Effect, Giving, Handing, MissedMarking, NewFax, NewGreeting, NewOffer, NewPlan, NewPrompt,
    NewSettings, Staff,
};
use tokio::sync::{broadcast, watch};

#[tokio::main]
async fn main() {
    let port: u16 = std::env::args().nth(1).and_then(|p| p.parse().ok()).unwrap_or(8090);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut sample = clinic::open(dir.path(), Clock::start()).await;
    let now = sample.handles.clock.now().wall;
    sample.handles.store.settings().save(clinic::SETTINGS, "first start", now).await.expect("saved");
    if std::env::args().any(|a| a == "--demo") {
        sample.handles.demo = Some(console::DemoInfo {
            numbers: vec![
                ("1 202 555 0101".into(), "answers and prints every page".into()),
                ("1 202 555 0102".into(), "is busy".into()),
            ],
        });
    }
    if std::env::args().any(|a| a == "--empty") {
        sample.be_new(&dir.path().join("new")).await;
    }
    if std::env::args().any(|a| a == "--recorded") {
        recorded::record(&sample.handles.store, sample.call).await;
    }
    if std::env::args().any(|a| a == "--left") {
        left::leave(&sample.handles.store, sample.handles.clock.now().wall).await;
    }
    if let Some(plan) = std::env::args().skip_while(|a| a != "--plan").nth(1) {
        set_plan(&sample.settings, &plan);
    }
    let link = sample.handles.sessions.mint_login_link("101", "101").await.expect("a link");
    let orders = Orders {
        store: sample.handles.store.clone(),
        events: sample.handles.events.clone(),
        snapshot: sample.snapshot,
        settings: sample.settings,
        random: Random::from_u64(22),
        clock: sample.handles.clock,
    };
    tokio::spawn(orders.run(sample.orders));
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.expect("a free port");
    println!("http://127.0.0.1:{port}{link}");
    let service = console::router(sample.handles).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.expect("a server");
}

/// A text, or the name of a library plan.
fn set_plan(settings: &watch::Sender<Arc<Settings>>, plan: &str) {
    settings.send_modify(|s| Arc::make_mut(s).plan = plan.to_owned());
}

/// In the place of the appliance.
struct Orders {
    store: store::Store,
    events: broadcast::Sender<Event>,
    snapshot: watch::Sender<Arc<Snapshot>>,
    settings: watch::Sender<Arc<Settings>>,
    random: Random,
    clock: Clock,
}

impl Orders {
    async fn run(mut self, mut orders: tokio::sync::mpsc::Receiver<CommandRequest>) {
        while let Some(order) = orders.recv().await {
            let outcome = self.perform(order.command).await;
            let _ = order.reply.send(outcome);
        }
    }

    async fn perform(&mut self, command: Command) -> Result<CommandOutcome, CommandError> {
        let at = self.clock.now().wall;
        let (fax, by, decision) = match command {
            Command::TakeFax { by, fax } => (fax, by, Decision::Take),
            Command::MarkArrived { by, fax } => (fax, by, Decision::Arrived),
            Command::SendAgain { by, fax } => (fax, by, Decision::Again),
            Command::CancelFax { by, fax } => (fax, by, Decision::Cancel),
            Command::FetchFax { .. }
            | Command::ForgetMachine { .. }
            | Command::ForwardFax { .. }
            | Command::FaxFetched { .. } => {
                return Ok(CommandOutcome::Done);
            }
            Command::HandFax { by, fax, to, before } => {
                let handing = Handing { fax, by, to, before, at };
                if let Done::NotHanded(_) = self.effect(Effect::HandFax(Box::new(handing))).await? {
                    return Err(CommandError::NotNow("Somebody was faster. Nothing was changed.".to_owned()));
                }
                let _ = self.events.send(Event::Fax(fax));
                return Ok(CommandOutcome::Done);
            }
            Command::FileFax { by, fax, filing } => {
                self.effect(Effect::FileFax { fax, by, filing, at }).await?;
                let _ = self.events.send(Event::Fax(fax));
                return Ok(CommandOutcome::Done);
            }
            Command::BlockFaxes { by, number, blocked } => {
                self.effect(Effect::BlockFaxes { number, blocked, by, at }).await?;
                return Ok(CommandOutcome::Done);
            }
            Command::SendFax { by, door, to, subject, documents, wish } => {
                return Ok(CommandOutcome::FaxAccepted(self.send((by, door), to, (subject, documents, wish)).await?));
            }
            Command::SendFaxes { by, door, to, subject, documents, wish } => {
                let mut faxes = Vec::new();
                for to in to {
                    let what = (subject.clone(), documents.clone(), wish.clone());
                    faxes.push(self.send((by.clone(), door), to, what).await?);
                }
                return Ok(CommandOutcome::FaxesAccepted(faxes));
            }
            Command::OfferFax { by, door, subject, documents, offer, key, .. } => {
                let id = FaxId::new(at, &mut self.random);
                let retention = Retention::Clinical;
                let new = NewOffer { id, door, by, subject, documents, offer, retention, key, at };
                self.effect(Effect::LayOut(Box::new(new))).await?;
                self.effect(Effect::OfferRendered { fax: id, pages: vec![Pii::new(vec![0])], at }).await?;
                let _ = self.events.send(Event::Fax(id));
                return Ok(CommandOutcome::FaxAccepted(id));
            }
            Command::HangUp { call, .. } => {
                self.change(|s| s.calls.retain(|c| c.id != call), Event::Calls);
                return Ok(CommandOutcome::Done);
            }
            // The calls of the preview have said nothing.
            Command::ReadLadder { .. } => return Ok(CommandOutcome::Ladder(Box::default())),
            Command::CancelCallback { callback, .. } => {
                self.change(|s| s.callbacks.retain(|c| c.id != callback), Event::Calls);
                return Ok(CommandOutcome::Done);
            }
            Command::Unblock { source, .. } => {
                self.change(|s| s.defence.blocks.retain(|b| b.source != source), Event::Phones);
                return Ok(CommandOutcome::Done);
            }
            Command::MarkVoicemail { by, voicemail, mark } => {
                self.effect(Effect::MarkVoicemail { voicemail, mailbox: by.clone(), mark, by, at }).await?;
                return Ok(self.heard());
            }
            Command::GiveVoicemail { by, voicemail, to } => {
                self.effect(Effect::GiveVoicemail(Giving { voicemail, mailbox: by.clone(), to, by, at })).await?;
                return Ok(self.heard());
            }
            Command::MarkRecording { by, recording, mark } => {
                self.effect(Effect::MarkRecording { recording, mark, by, at }).await?;
                let _ = self.events.send(Event::Calls);
                return Ok(CommandOutcome::Done);
            }
            Command::MarkMissed { by, call, mark } => {
                self.effect(Effect::MarkMissed(MissedMarking { call, mark, by, at })).await?;
                let _ = self.events.send(Event::Calls);
                return Ok(CommandOutcome::Done);
            }
            Command::SetGreeting { by, kind, sound } => {
                self.effect(Effect::SetGreeting(NewGreeting { mailbox: by.clone(), kind, sound, by, at })).await?;
                return Ok(self.heard());
            }
            Command::Record { by, what, sound } => {
                self.effect(Effect::Record(NewPrompt { what: what.clone(), sound: sound.clone(), by, at })).await?;
                prompts::record(&what, sound);
                return Ok(CommandOutcome::Done);
            }
            // No phone of the preview rings, and the page says what it says while one does.
            Command::RecordByPhone { .. } => return Ok(CommandOutcome::Done),
            Command::SetPin { by, pin } => {
                self.effect(Effect::SetPin { mailbox: by.clone(), pin, by, at }).await?;
                return Ok(self.heard());
            }
            Command::Switch { switch, .. } => {
                self.change(
                    |s| {
                        s.switches.set(&switch);
                    },
                    Event::Phones,
                );
                return Ok(CommandOutcome::Done);
            }
            Command::SetPlan { by, text, .. } => {
                self.effect(Effect::SavePlan(NewPlan { text: text.clone(), by, at })).await?;
                set_plan(&self.settings, &text);
                let _ = self.events.send(Event::Plan);
                return Ok(CommandOutcome::Done);
            }
            Command::SetSettings { by, text, over } => {
                let live = self.settings.borrow().clone();
                let proposal =
                    Proposal::read(text.expose(), &live).map_err(|all| CommandError::NotAllowed(all[0].to_string()))?;
                let new = NewSettings {
                    text,
                    over,
                    secrets: Vec::new(),
                    accounts: Vec::new(),
                    gone: proposal.gone(&live),
                    staff: Staff::of(&proposal.settings),
                    plan: None,
                    by,
                    at,
                };
                self.effect(Effect::SaveSettings(Box::new(new))).await?;
                self.settings.send_replace(Arc::new(proposal.used_beside(&live)));
                return Ok(CommandOutcome::Done);
            }
            Command::AcknowledgeAlert { by, alert } => {
                self.change(
                    |s| {
                        for known in s.alerts.iter_mut().filter(|a| a.id == alert) {
                            known.open = false;
                            known.acknowledged_by = Some(by.clone());
                        }
                    },
                    Event::Alerts,
                );
                return Ok(CommandOutcome::Done);
            }
        };
        self.effect(Effect::DecideFax { fax, by, decision, at }).await?;
        let _ = self.events.send(Event::Fax(fax));
        Ok(CommandOutcome::Done)
    }

    async fn send(
        &mut self,
        (by, door): (String, Door),
        to: PhoneNumber,
        (subject, documents, wish): (Pii<String>, Vec<Document>, Wish),
    ) -> Result<FaxId, CommandError> {
        let at = self.clock.now().wall;
        let id = FaxId::new(at, &mut self.random);
        let new = NewFax {
            id,
            door,
            by,
            to,
            fetch: false,
            forwards: None,
            subject,
            documents,
            left_out: Pii::default(),
            receipt_to: None,
            retention: Retention::Clinical,
            wish,
            at,
        };
        self.effect(Effect::AcceptFax(Box::new(new))).await?;
        let pages = vec![Pii::new(vec![0])];
        self.effect(Effect::FaxRendered { fax: id, pages, twins_since: None, at }).await?;
        let _ = self.events.send(Event::Fax(id));
        Ok(id)
    }

    fn heard(&self) -> CommandOutcome {
        let _ = self.events.send(Event::Voicemail);
        CommandOutcome::Done
    }

    fn change(&self, change: impl FnOnce(&mut Snapshot), event: Event) {
        self.snapshot.send_modify(|s| change(Arc::make_mut(s)));
        let _ = self.events.send(event);
    }

    async fn effect(&self, effect: Effect) -> Result<Done, CommandError> {
        self.store.perform(effect).await.map_err(|e| CommandError::NotNow(format!("This is not possible now: {e}.")))
    }
}
