//! The one task that owns the clinic: it feeds the state machine what comes from sockets, threads, child processes and the
//! store, and carries out what the machine says. No lock, no shared state; a step takes microseconds.

mod deliver;
mod faxes;
mod gateways;
mod handing_in;
mod messages;
mod modems;
mod names;
mod ports;
mod shares;
mod showing;
mod smtp;
mod storage;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use clinic::{Clinic, Input, Output};
use console::CommandRequest;
use model::time::Clock;
use model::{CallId, CommandError, CommandOutcome, Event, Settings, Snapshot, Source};
use plan::Plan;
use store::Store;
use store::effect::{NewMail, StoreError};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

pub(crate) use faxes::Workers;
pub(crate) use names::Names;
pub(crate) use smtp::{Failures, Gate};

/// Inputs from child tasks (workers, renderers, deliveries, the store) on their way to the clinic. A fax makes some 150 a second;
/// this is a second of a busy box.
const MAX_INPUTS: usize = 4096;
/// Orders of people and submissions on their way.
const MAX_REQUESTS: usize = 256;

/// How long the end waits for each answer of the store.
const LAST_WRITES: std::time::Duration = std::time::Duration::from_secs(2);

/// How long it waits for whoever reads the codes on a fax that came just now: a little longer than that has.
const LAST_CODES: std::time::Duration = std::time::Duration::from_secs(16);

/// How long the end waits for mail servers that have a mail, and look for viruses in it, and for folders of which a file is being written.
const LAST_MAILS: std::time::Duration = std::time::Duration::from_secs(20);

/// What somebody outside the task asks of it.
pub(crate) enum Request {
    /// A person orders something.
    Command(Box<CommandRequest>),
    /// An SMTP session hands in a message.
    Submission { mail: Box<NewMail>, reply: oneshot::Sender<Result<(), StoreError>> },
    /// An SMTP session was refused its sign-in.
    MailSignInRefused { from: Source },
    /// The store is open, and this is live by what is in it.
    Unlock { store: Store, live: Live },
    /// What is to be mended about this computer, in a sentence, until something else (or nothing) is said about the same.
    ToMend { about: String, sentence: Option<String> },
    /// What is plugged into serial ports and stands in no setting.
    Plugged(Vec<String>),
    /// Show how everything is now, and not in a moment; then answer.
    Show(oneshot::Sender<()>),
    /// End cleanly.
    Stop,
}

/// How long the ports of a call that is over may stay open. Nobody waits for them to close, and a wake-up of the media thread costs more than closing
/// them: the next call's orders take them along.
const OVER: std::time::Duration = std::time::Duration::from_millis(60);

/// Steps for which orders to the media thread wait for more, at most. It goes before other threads, so that to wake it is to stand aside for it: that
/// is done when all that is to be said has left, a moment later.
const MOST_HELD: u8 = 8;

/// What phones say and the sound of calls is taken so often in a row, and then it is the turn of all else. Phones that ask without end, as all of
/// them do at once after a power cut, keep the disk, the clocks and the console waiting no longer than this takes.
const IN_A_ROW: u8 = 16;
/// So much of each other kind is taken then, at most: what the media thread says of a call, twice what its phones do.
const OF_OTHERS: u8 = 32;

/// How often what is shown follows the sound of calls that are up: each end tells of it so often, and a hundred of them together cost no more.
const SOUND: std::time::Duration = std::time::Duration::from_secs(5);

/// What the rest of the process holds of the task.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) snapshot: watch::Receiver<Arc<Snapshot>>,
    pub(crate) events: broadcast::Sender<Event>,
}

/// See the module.
pub(crate) struct Shell {
    clock: Clock,
    clinic: Clinic,
    sip: mpsc::Sender<sip::Command>,
    media: media::io::Handle,
    /// Orders of this step wait for the media thread.
    media_waits: bool,
    /// Steps for which they have waited.
    held: u8,
    /// Ports of calls that are over wait to be closed, at the latest then.
    close_by: Option<model::Instant>,
    inputs: mpsc::Sender<Input>,
    workers: Workers<CallId>,
    modems: modems::Modems,
    ports: ports::Ports,
    gateways: gateways::Gateways,
    /// Where the ports for other programs are, if they are nowhere else.
    ports_folder: PathBuf,
    storage: Option<storage::Storage>,
    names: Names,
    /// Where the folders for received faxes are.
    folders: PathBuf,
    writing: faxes::Folders,
    submissions: HashMap<u64, oneshot::Sender<Result<(), StoreError>>>,
    commands: HashMap<u64, oneshot::Sender<Result<CommandOutcome, CommandError>>>,
    next_id: u64,
    snapshot: watch::Sender<Arc<Snapshot>>,
    events: broadcast::Sender<Event>,
    showing: showing::Showing,
    /// What is to be mended about this computer.
    machine: BTreeMap<String, String>,
    /// What is plugged into serial ports and stands in no setting.
    plugged: Vec<String>,
    /// LibreOffice was found at the start.
    office: bool,
    /// When the sound of calls that are up may be shown anew.
    sound_due: model::Instant,
    /// Where others hear of settings and plans, once the store is open.
    live: Option<Live>,
}

/// The settings and the plan that are live, for all who hold their own copy. Whoever ordered a change has its answer only after they hear of it.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) settings: watch::Sender<Arc<Settings>>,
    pub(crate) plan: watch::Sender<Arc<Plan>>,
}

/// The ends of the channels that the task reads.
pub(crate) struct Sources {
    pub(crate) sip: mpsc::Receiver<sip::Event>,
    pub(crate) media: media::io::Events,
    inputs: mpsc::Receiver<Input>,
    requests: mpsc::Receiver<Request>,
}

impl Shell {
    pub(crate) fn new(
        clock: Clock,
        clinic: Clinic,
        sip: (mpsc::Sender<sip::Command>, mpsc::Receiver<sip::Event>),
        media: (media::io::Handle, media::io::Events),
        names: Names,
        folders: PathBuf,
    ) -> (Self, Sources, Desk) {
        let (inputs, inputs_rx) = mpsc::channel(MAX_INPUTS);
        let (requests, requests_rx) = mpsc::channel(MAX_REQUESTS);
        let machine = machine();
        let office = office();
        let first = Snapshot { machine: machine.values().cloned().collect(), office, ..clinic.snapshot() };
        let (snapshot, snapshot_rx) = watch::channel(Arc::new(first));
        let (events, _) = broadcast::channel(256);
        let shell = Self {
            clock,
            clinic,
            sip: sip.0,
            media: media.0,
            media_waits: false,
            held: 0,
            close_by: None,
            workers: Workers::default(),
            modems: modems::Modems::default(),
            ports: ports::Ports::default(),
            gateways: gateways::Gateways::default(),
            ports_folder: folders.with_file_name("modems"),
            inputs,
            storage: None,
            names,
            folders,
            writing: faxes::Folders::default(),
            submissions: HashMap::new(),
            commands: HashMap::new(),
            next_id: 0,
            snapshot,
            events: events.clone(),
            showing: showing::Showing::default(),
            machine,
            plugged: Vec::new(),
            office,
            sound_due: model::Instant::ZERO,
            live: None,
        };
        let sources = Sources { sip: sip.1, media: media.1, inputs: inputs_rx, requests: requests_rx };
        (shell, sources, Desk { requests, snapshot: snapshot_rx, events })
    }

    /// Runs until somebody asks to stop, or the SIP or media side is gone: without them nobody reaches anybody, and whoever started the program
    /// starts it again.
    pub(crate) async fn run(mut self, mut from: Sources) {
        let mut alarm = sip::io::Alarm::new(self.clock);
        let mut timeout = self.drain().await;
        let mut in_a_row = 0;
        loop {
            if in_a_row >= IN_A_ROW {
                in_a_row = 0;
                match self.others(&mut from, timeout).await {
                    Some(at) => timeout = at,
                    None => return self.last_writes(&mut from.inputs).await,
                }
            }
            in_a_row += 1;
            let input = tokio::select! {
                biased;
                event = from.sip.recv() => match event {
                    Some(event) => Input::Sip(event),
                    None => return tracing::error!("the task of the phones' messages has ended"),
                },
                event = from.media.recv() => match event {
                    Some(event) => Input::Media(event),
                    None => return tracing::error!("the media thread has ended"),
                },
                Some(input) = from.inputs.recv() => input,
                Some(request) = from.requests.recv() => match self.request(request) {
                    Some(input) => input,
                    None => return self.last_writes(&mut from.inputs).await,
                },
                () = sip::io::others_turn(), if self.media_waits => {
                    self.wake_media();
                    continue;
                }
                () = alarm.ring_by(timeout) => Input::Timeout,
            };
            self.step(input);
            timeout = self.drain().await;
        }
    }

    /// All but the phones have their turn. When to come back; `None` if somebody asks to stop.
    async fn others(&mut self, from: &mut Sources, mut timeout: model::Instant) -> Option<model::Instant> {
        for _ in 0..OF_OTHERS {
            let Some(event) = from.media.try_recv() else { break };
            self.step(Input::Media(event));
            timeout = self.drain().await;
        }
        for _ in 0..OF_OTHERS {
            let Ok(input) = from.inputs.try_recv() else { break };
            self.step(input);
            timeout = self.drain().await;
        }
        if let Ok(request) = from.requests.try_recv() {
            let input = self.request(request)?;
            self.step(input);
            timeout = self.drain().await;
        }
        if timeout <= self.clock.now().instant {
            self.step(Input::Timeout);
            timeout = self.drain().await;
        }
        Some(timeout)
    }

    /// What gathers in groups is written before the end, and what a mail server says that has a mail already, or a folder that has a fax; a disk, a
    /// server or a folder that does not answer in time does not keep the program.
    async fn last_writes(mut self, inputs: &mut mpsc::Receiver<Input>) {
        self.step(Input::Ending);
        self.drain().await;
        let servers = self.clock.now().instant + LAST_MAILS;
        while !self.clinic.is_written() || self.clinic.delivers() {
            let patience = match self.clinic.is_written() {
                true => servers.saturating_since(self.clock.now().instant),
                false if self.clinic.awaits_codes() => LAST_CODES,
                false => LAST_WRITES,
            };
            let Ok(Some(input)) = tokio::time::timeout(patience, inputs.recv()).await else {
                return tracing::warn!(
                    "not all is written that was said last, or a mail server or a folder is still silent"
                );
            };
            self.step(input);
            self.step(Input::Ending);
            self.drain().await;
        }
    }

    /// One step. A panic in it is a fault of ours in one call, fax or mail: it is recorded, and the others go on.
    fn step(&mut self, input: Input) {
        let now = self.clock.now();
        if matches!(input, Input::Media(media::Event::Quality { .. })) && now.instant >= self.sound_due {
            self.showing.change();
            self.sound_due = now.instant + SOUND;
        }
        let step = AssertUnwindSafe(|| self.clinic.handle_input(now, input));
        if std::panic::catch_unwind(step).is_err() {
            tracing::error!("a step of the clinic panicked; the call or fax it was about may be lost");
        }
    }

    /// Carries out what the clinic says, until it says when to come back.
    async fn drain(&mut self) -> model::Instant {
        loop {
            match self.clinic.poll_output() {
                Output::Timeout(at) => {
                    let at = at.min(self.close_ports());
                    self.held += u8::from(self.media_waits);
                    if self.held >= MOST_HELD {
                        self.wake_media();
                    }
                    return at.min(self.publish());
                }
                output => self.carry_out(output).await,
            }
        }
    }

    async fn carry_out(&mut self, output: Output) {
        match output {
            Output::Sip(command) => {
                // The endpoint takes orders as fast as they come; if it is gone, so is the process.
                let _ = self.sip.send(command).await;
            }
            Output::Media(command) => {
                if matches!(command, media::Command::Close { .. }) {
                    self.close_by.get_or_insert(self.clock.now().instant + OVER);
                } else {
                    self.media_waits = true;
                }
                let _ = self.media.post(command).await;
            }
            Output::Resolve(query) => self.names.ask(query, self.inputs.clone()),
            Output::TrunksFound(known) => self.names.keep(&known),
            Output::Live { settings, plan } => {
                // Another country may have other numbers of help: callers are told those from now on.
                prompts::help_is(settings.numbering.help());
                if let Some(live) = &self.live {
                    live.settings.send_replace(settings);
                    live.plan.send_replace(plan);
                }
            }
            Output::PromptLive { what, sound } => prompts::record(&what, sound),
            Output::StartWorker { call, start } => {
                let frame = move |frame| Input::Worker { call, frame };
                self.workers.start(call, *start, self.inputs.clone(), frame, Input::WorkerGone { call });
            }
            Output::Worker { call, frame } => self.workers.send(call, frame),
            Output::KillWorker { call } => self.workers.kill(call),
            Output::Modem { name, order } => self.modems.order(&name, order),
            Output::Port { name, told } => self.ports.tell(&name, told),
            Output::StartGateway { call } => self.gateways.start(call, self.clock, &self.inputs),
            Output::Gateway { call, told } => self.gateways.tell(call, told),
            Output::KillGateway { call } => self.gateways.end(call),
            Output::Store { ticket, effect } => {
                // It may have to wait for the disk, and sound may not.
                self.wake_media();
                if let Some(storage) = &self.storage {
                    storage.perform(ticket, effect).await;
                }
            }
            Output::Render { fax, documents, resolution } => {
                faxes::render(fax, documents, resolution, self.inputs.clone());
            }
            Output::ReadCodes { fax, page } => faxes::read_codes(fax, page, self.inputs.clone()),
            Output::PackMessage { id, voicemail, sound } => {
                messages::pack(id, voicemail, sound, self.inputs.clone());
            }
            Output::Deliver { mail } => {
                let smarthost = self.clinic.settings().smarthost;
                let hello = self.clinic.settings().domain.clone();
                deliver::deliver(self.clock, smarthost, hello, mail, self.inputs.clone());
            }
            Output::WriteFax { fax, folder, name, pdf } => {
                let path = self.folders.join(&folder);
                self.writing.write(path, fax, folder, name, pdf, self.inputs.clone());
            }
            Output::SubmissionStored { id, result } => {
                if let Some(reply) = self.submissions.remove(&id) {
                    let _ = reply.send(result);
                }
            }
            Output::Reply { id, result } => {
                if let Some(reply) = self.commands.remove(&id) {
                    let _ = reply.send(result);
                    self.showing.hurry();
                }
            }
            Output::Event(event) => self.showing.tell(event),
            Output::Timeout(_) => {}
        }
    }

    fn wake_media(&mut self) {
        self.held = 0;
        if std::mem::take(&mut self.media_waits) {
            self.close_by = None;
            self.media.wake();
        }
    }

    /// Has ports closed that wait for it long enough. When to look again.
    fn close_ports(&mut self) -> model::Instant {
        let Some(by) = self.close_by else { return model::Instant::FAR_FUTURE };
        if self.clock.now().instant < by {
            return by;
        }
        self.media_waits = true;
        model::Instant::FAR_FUTURE
    }

    /// Shows what has changed. When there is something to show, if that may not be yet.
    fn publish(&mut self) -> model::Instant {
        match self.showing.take(self.clock.now().instant) {
            Ok(told) => {
                let machine = self.machine.values().cloned().collect();
                let plugged = self.plugged.clone();
                let now = Snapshot { machine, plugged, office: self.office, ..self.clinic.snapshot() };
                let _ = self.snapshot.send(Arc::new(now));
                told.into_iter().for_each(|event| drop(self.events.send(event)));
                model::Instant::FAR_FUTURE
            }
            Err(later) => later,
        }
    }

    /// What a request is to the clinic; `None` ends the task.
    fn request(&mut self, request: Request) -> Option<Input> {
        self.next_id += 1;
        let id = self.next_id;
        match request {
            Request::Command(order) => {
                let CommandRequest { command, reply } = *order;
                self.commands.insert(id, reply);
                Some(Input::Command { id, command })
            }
            Request::Submission { mail, reply } => {
                self.submissions.insert(id, reply);
                Some(Input::Submission { id, mail })
            }
            Request::MailSignInRefused { from } => Some(Input::MailSignInRefused { from }),
            Request::Unlock { store, live } => {
                let (settings, plan) = (live.settings.borrow().clone(), live.plan.borrow().clone());
                self.live = Some(live);
                self.storage = Some(storage::Storage::start(store, self.inputs.clone()));
                self.modems = modems::Modems::start(&settings, self.clock, &self.inputs);
                self.ports = ports::Ports::start(&settings, &self.ports_folder, self.clock, &self.inputs);
                self.step(Input::Reload { settings, plan });
                Some(Input::Unlocked)
            }
            Request::ToMend { about, sentence } => {
                match sentence {
                    Some(sentence) => self.machine.insert(about, sentence),
                    None => self.machine.remove(&about),
                };
                self.showing.change();
                Some(Input::Timeout)
            }
            Request::Plugged(ports) => {
                self.plugged = ports;
                self.showing.change();
                Some(Input::Timeout)
            }
            Request::Show(shown) => {
                self.showing.change();
                self.showing.hurry();
                self.publish();
                let _ = shown.send(());
                Some(Input::Timeout)
            }
            Request::Stop => None,
        }
    }
}

/// What is to be mended about this computer, as far as the task has to do with it. The log says it once, and Today always.
fn machine() -> BTreeMap<String, String> {
    if fax::rank::ahead() {
        return BTreeMap::new();
    }
    tracing::warn!("{}", fax::rank::MISSING);
    BTreeMap::from([("rank".to_owned(), fax::rank::MISSING.to_owned())])
}

/// Whether office documents become faxes. The form for sending says what it takes, and whoever sends one in vain what to send instead.
fn office() -> bool {
    let found = fax::convert::office::is_found();
    if found {
        tracing::info!("office documents are faxed by LibreOffice, in a sandbox");
    } else {
        tracing::info!("{}", fax::convert::office::MISSING);
    }
    found
}
