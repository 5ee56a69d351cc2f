//! One end of a fax in real time: a session, its engine in a child process, and a socket.

use std::io;
use std::path::Path;
use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::session::{Input, Output, Params, Role, Session};
use fax::worker::proto::{ToWorker, Way};
use fax::worker::{WorkerHandle, spawn};
use model::Instant;
use model::fax::Outcome;
use model::time::Clock;
use tokio::net::UdpSocket;

/// Longer is no fax packet here.
const DATAGRAM: usize = 1500;
/// A fax of a few pages takes some minutes; an end that has not ended by then never will.
const LONGEST: Duration = Duration::from_secs(900);

/// See the module.
pub(super) struct End {
    clock: Clock,
    session: Session,
    worker: Option<WorkerHandle>,
    socket: UdpSocket,
    sound: bool,
    timestamp: u32,
    timeout: Instant,
    /// When the engine's clock last was due to move on, if nothing has left since.
    due: Option<Instant>,
    late_us: Vec<f64>,
    pages: Vec<Page>,
    outcome: Option<Outcome>,
}

/// What an end came to.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) pages: Vec<Page>,
    pub(super) late_us: Vec<f64>,
}

impl End {
    pub(super) fn start(
        program: &Path,
        clock: Clock,
        role: Role,
        way: Way,
        document: Option<&[u8]>,
        socket: UdpSocket,
    ) -> io::Result<Self> {
        let params = Params { station_id: "+1 202 555 0100".to_owned(), way, ..Params::default() };
        let (session, start) = Session::new(clock.now(), role, params);
        let worker = spawn(program, &["fax-worker"], &start, document)?;
        Ok(Self {
            clock,
            session,
            worker: Some(worker),
            socket,
            sound: matches!(way, Way::Audio(_)),
            timestamp: 0,
            timeout: Instant::ZERO,
            due: None,
            late_us: Vec::new(),
            pages: Vec::new(),
            outcome: None,
        })
    }

    /// To its end.
    pub(super) async fn run(mut self) -> io::Result<Ended> {
        let end = self.clock.now().instant + LONGEST;
        let mut datagram = [0; DATAGRAM];
        self.input(Input::Timeout).await;
        loop {
            if let Some(outcome) = self.outcome {
                return Ok(Ended { outcome, pages: self.pages, late_us: self.late_us });
            }
            if self.clock.now().instant > end {
                return Err(io::Error::other("a fax does not end"));
            }
            let wake = self.clock.system_instant(self.timeout.min(end));
            tokio::select! {
                biased;
                said = report(self.worker.as_ref()) => match said {
                    Some(said) => self.input(Input::Worker(said)).await,
                    None => {
                        self.worker = None;
                        self.input(Input::WorkerGone).await;
                    }
                },
                received = self.socket.recv(&mut datagram) => match received {
                    Ok(length) => self.hear(&datagram[..length]).await,
                    // The other end has closed its socket: the line is gone.
                    Err(_) => self.input(Input::LineEnded).await,
                },
                () = tokio::time::sleep_until(wake.into()) => {
                    self.due = Some(self.timeout);
                    self.input(Input::Timeout).await;
                }
            }
        }
    }

    async fn hear(&mut self, datagram: &[u8]) {
        if !self.sound {
            return self.input(Input::Datagram(datagram)).await;
        }
        let Some((timestamp, payload)) = datagram.split_first_chunk::<4>() else { return };
        let timestamp = u32::from_be_bytes(*timestamp);
        self.input(Input::Sound { timestamp, law: Law::Mu, payload }).await;
    }

    async fn input(&mut self, input: Input<'_>) {
        self.session.handle_input(self.clock.now(), input);
        loop {
            let follows = match self.session.poll_output() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Worker(order) => {
                    self.order(&order);
                    continue;
                }
                Output::KillWorker => {
                    self.worker = None;
                    continue;
                }
                Output::Datagram(bytes) => {
                    self.send(&bytes).await;
                    continue;
                }
                Output::Sound(payload) => {
                    let timestamp = self.timestamp;
                    self.timestamp = timestamp.wrapping_add(u32::try_from(payload.len()).unwrap_or_default());
                    self.send(&[&timestamp.to_be_bytes(), payload.as_ref()].concat()).await;
                    continue;
                }
                Output::StorePage { number, page, .. } => {
                    self.pages.push(page);
                    Input::PageStored { page: number }
                }
                Output::DocumentSent { .. } => Input::DocumentBegun,
                Output::StoreProgress { .. } => Input::ProgressStored,
                Output::Finished(outcome) => {
                    self.outcome = Some(outcome);
                    return;
                }
                Output::DocumentReceived(_)
                | Output::AskedFor(_)
                | Output::Trace { .. }
                | Output::Progress { .. }
                | Output::Modem(_) => {
                    continue;
                }
            };
            self.session.handle_input(self.clock.now(), follows);
        }
    }

    fn order(&mut self, order: &ToWorker) {
        if let Some(worker) = &self.worker {
            // One that is gone is noticed where its reports are read.
            let _ = worker.send(order);
        }
    }

    /// What does not go out is lost, as on any network.
    async fn send(&mut self, bytes: &[u8]) {
        let _ = self.socket.send(bytes).await;
        if let Some(due) = self.due.take() {
            self.late_us.push(self.clock.now().instant.saturating_since(due).as_secs_f64() * 1e6);
        }
    }
}

/// What the engine says; `None` that it is gone, and nothing ever if it is known to be.
async fn report(worker: Option<&WorkerHandle>) -> Option<fax::worker::proto::FromWorker> {
    match worker {
        Some(worker) => worker.recv().await.ok(),
        None => std::future::pending().await,
    }
}
