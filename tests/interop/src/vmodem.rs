//! The virtual modem on a pseudo-terminal, for fax programs of others, with one of our fax machines at the other end of its line. In real
//! time, since the programs have timers of their own, but for what a busy machine keeps from the two ([`LineTime`]).

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use fax::audio::Law;
use fax::line::virtual_modem::{Input, Output, VirtualModem};
use fax::page::Page;
use fax::session::{self, Params, Role, Session};
use fax::worker::proto::{ToWorker, Way};
use fax::worker::{self, Channel, Files};
use model::fax::Outcome;
use model::{Instant, Now};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::pty::{LineTime, Pty};

/// What the machine at the other end does.
pub enum FarEnd {
    /// It is called, and receives.
    Receives,
    /// It calls, and sends these.
    Sends(Vec<Page>),
    /// It is called, and holds these ready for whoever asks for them.
    Holds(Vec<Page>),
}

/// What came of it.
#[derive(Debug)]
pub struct Done {
    /// As our machine sees it.
    pub outcome: Outcome,
    /// What it received.
    pub pages: Vec<Page>,
}

/// A running virtual modem. It ends with its call.
pub struct Line {
    /// The port for the program.
    pub port: PathBuf,
    done: mpsc::Receiver<Done>,
    _thread: JoinHandle<()>,
}

impl Line {
    /// Plugs it in.
    ///
    /// # Panics
    /// If there is no pseudo-terminal to be had.
    #[allow(clippy::disallowed_methods, reason = "the modem's own thread")]
    pub fn plug_in(far: FarEnd) -> Self {
        let mut pty = Pty::open();
        let port = pty.port.clone();
        let (tell, done) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            if let Some(result) = Call::new(far).run(&mut pty) {
                let _ = tell.send(result);
            }
            // What the modem says of the end is still to be read.
            let _ = poll(&mut [], Some(&Timespec { tv_sec: 5, tv_nsec: 0 }));
        });
        Self { port, done, _thread: thread }
    }

    /// Waits for the end of the call.
    ///
    /// # Panics
    /// If it does not come.
    pub fn done(&self, within: Duration) -> Done {
        self.done.recv_timeout(within).expect("the call ends")
    }
}

struct Call {
    time: LineTime,
    now: Now,
    modem: VirtualModem,
    machine: Option<Machine>,
    /// What it does with them, and the pages.
    far: Option<FarEnd>,
    /// The modem's packets are numbered by their samples.
    timestamp: u32,
}

impl Call {
    fn new(far: FarEnd) -> Self {
        let time = LineTime::new();
        let now = time.now();
        let modem = VirtualModem::new(now, Law::Mu).expect("a modem");
        Self { time, now, modem, machine: None, far: Some(far), timestamp: 0 }
    }

    fn run(&mut self, port: &mut Pty) -> Option<Done> {
        if matches!(self.far, Some(FarEnd::Sends(_))) {
            self.modem.handle_input(self.now, Input::Ringing(""));
        }
        let mut buffer = [0; 512];
        loop {
            let mut wake = self.drain(port);
            let now = self.now;
            if let Some(machine) = &mut self.machine {
                for sound in machine.step(now) {
                    let timestamp = machine.said;
                    machine.said = timestamp.wrapping_add(sound.len() as u32);
                    self.modem.handle_input(now, Input::Sound { timestamp, payload: &sound });
                }
                if let Some(outcome) = machine.outcome.take() {
                    let pages = std::mem::take(&mut machine.pages);
                    self.modem.handle_input(now, Input::Ended);
                    self.drain(port);
                    return Some(Done { outcome, pages });
                }
                wake = wake.min(machine.timeout);
            }
            let wait = Timespec { tv_sec: 0, tv_nsec: self.time.wait(wake).as_nanos() as _ };
            let events = if self.modem.takes_bytes() { PollFlags::IN } else { PollFlags::empty() };
            let _ = poll(&mut [PollFd::new(&port.modem, events)], Some(&wait));
            let length = if self.modem.takes_bytes() { port.read(&mut buffer) } else { 0 };
            if length > 0 {
                self.time.heard();
            }
            port.write_on();
            self.now = self.time.pass();
            self.modem.handle_input(self.now, Input::Bytes(&buffer[..length]));
        }
    }

    fn drain(&mut self, port: &mut Pty) -> Instant {
        loop {
            let output = self.modem.poll_output();
            let now = self.now;
            match output {
                Output::Bytes(bytes) => {
                    self.time.said(&bytes);
                    port.write(&bytes);
                }
                Output::Dial(_) => {
                    self.machine = self.far.take().map(|far| Machine::new(now, far));
                    self.modem.handle_input(now, Input::Answered);
                }
                Output::Answer => {
                    self.modem.handle_input(now, Input::Answered);
                    self.machine = self.far.take().map(|far| Machine::new(now, far));
                }
                Output::Sound(payload) => {
                    let timestamp = self.timestamp;
                    self.timestamp = timestamp.wrapping_add(payload.len() as u32);
                    if let Some(machine) = &mut self.machine {
                        let at = now.instant;
                        machine.input(now, session::Input::Sound { at, timestamp, law: Law::Mu, payload: &payload });
                    }
                }
                Output::HangUp => {
                    if let Some(machine) = &mut self.machine {
                        machine.input(now, session::Input::LineEnded);
                    }
                }
                // Its line is one of sound.
                Output::Datagram(_) | Output::UnderWay => {}
                Output::Timeout(at) => return at,
            }
        }
    }
}

/// Our fax machine.
struct Machine {
    session: Session,
    engine: Option<(Channel, Files)>,
    timeout: Instant,
    said: u32,
    sounds: Vec<bytes::Bytes>,
    /// What it gives to whoever asks for it.
    held: Vec<Page>,
    pages: Vec<Page>,
    outcome: Option<Outcome>,
}

impl Machine {
    #[allow(clippy::disallowed_methods, reason = "the worker of our machine")]
    fn new(now: Now, far: FarEnd) -> Self {
        let count = |pages: &[Page]| u32::try_from(pages.len()).expect("few");
        let mut held = Vec::new();
        let (role, document) = match far {
            FarEnd::Sends(pages) => (Role::Send { pages: count(&pages) }, Some(pages)),
            FarEnd::Holds(pages) => {
                held = pages;
                (Role::Receive, None)
            }
            FarEnd::Receives => (Role::Receive, None),
        };
        // What HylaFAX fetches it keeps as it came, and nothing here reads T.85 out of a file.
        let ready = !held.is_empty();
        let (station_id, way) = ("+1 202 555 0123".to_owned(), Way::Audio(Law::Mu));
        let params = Params { station_id, way, t85: !ready, ready, ..Params::default() };
        let (session, start) = Session::new(now, role, params);
        let document = document.map(|pages| Page::multi_tiff(&pages));
        let (channel, theirs) = Channel::pair(false).expect("a socket pair");
        let files = Files::new(document.as_deref()).expect("memory files");
        let their_files = files.try_clone().expect("memory files");
        std::thread::spawn(move || worker::run(theirs, their_files));
        channel.send(&ToWorker::Start(start)).expect("a fresh worker listens");
        let mut machine = Self {
            session,
            engine: Some((channel, files)),
            timeout: now.instant,
            said: 0,
            sounds: Vec::new(),
            held,
            pages: Vec::new(),
            outcome: None,
        };
        machine.hear(now);
        machine
    }

    /// What its worker reports, until that waits.
    fn hear(&mut self, now: Now) {
        loop {
            let Some((channel, files)) = &self.engine else { return };
            let Ok(reports) = channel.reports(files) else { return };
            for report in reports {
                let waits = report.waits();
                self.session.handle_input(now, session::Input::Worker(report));
                if waits {
                    return;
                }
            }
        }
    }

    /// What it says until now.
    fn step(&mut self, now: Now) -> Vec<bytes::Bytes> {
        if self.timeout <= now.instant {
            self.input(now, session::Input::Timeout);
        }
        std::mem::take(&mut self.sounds)
    }

    fn input(&mut self, now: Now, input: session::Input<'_>) {
        self.session.handle_input(now, input);
        loop {
            match self.session.poll_output() {
                session::Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                session::Output::Worker(order) => {
                    let sent =
                        self.engine.as_ref().is_some_and(|(channel, files)| channel.order(files, &order).is_ok());
                    if sent && order != ToWorker::Stop {
                        self.hear(now);
                    }
                }
                session::Output::KillWorker => self.engine = None,
                session::Output::Sound(spans) => self.sounds.extend(spans.into_iter().map(|span| span.payload)),
                session::Output::Gather { .. } => {}
                session::Output::StorePage { number, page, .. } => {
                    self.pages.push(page);
                    self.session.handle_input(now, session::Input::PageStored { page: number });
                }
                session::Output::AskedFor(_) => {
                    let held = std::mem::take(&mut self.held);
                    self.session.handle_input(now, session::Input::Give { pages: &held });
                }
                // It sends one document; what it receives is asked for as pages.
                session::Output::DocumentSent { .. } | session::Output::DocumentReceived(_) => {}
                session::Output::StoreProgress { .. } => {
                    self.session.handle_input(now, session::Input::ProgressStored);
                }
                session::Output::Trace { title, .. } => crate::peer::note(&title),
                session::Output::Datagram { .. } | session::Output::Modem(_) | session::Output::Progress { .. } => {}
                session::Output::Finished(outcome) => self.outcome = Some(outcome),
            }
        }
    }
}
