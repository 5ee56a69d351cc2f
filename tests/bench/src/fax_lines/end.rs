//! One end of a fax in real time: a session, its engine in a child process, and a port of the media thread's.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fax::audio::Law;
use fax::page::Page;
use fax::session::{Input, Output, Params, Role, Session, Span};
use fax::worker::proto::{FromWorker, Way};
use fax::worker::{WorkerHandle, spawn};
use media::{Command, Family, Heard, Said, SessionId};
use model::fax::Outcome;
use model::time::Clock;
use model::{Instant, Now};
use tokio::sync::mpsc;

use super::Travel;

/// Which of an end's packets one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// Sound: of which timestamp, counted from that of the first.
    Sound(u32),
    /// T.38: of which number. The copies of one have the same, and the first counts.
    Datagram(u16),
}

impl Place {
    /// Where UDPTL has its number (T.38 section 9.1.2.1).
    pub(super) fn of_datagram(data: &[u8]) -> Option<Self> {
        data.first_chunk().map(|number| Self::Datagram(u16::from_be_bytes(*number)))
    }
}

/// What an engine has said; `None`: it has ended.
pub(super) type Report = (usize, Option<FromWorker>);

/// Where both ends of all faxes are.
pub(super) struct Wires {
    pub(super) clock: Clock,
    pub(super) media: media::io::Handle,
    pub(super) reports: mpsc::Sender<Report>,
    /// Orders of this step wait for the media thread.
    pub(super) media_waits: AtomicBool,
    /// How late each packet is is asked for, which costs as much as some of what a fax does.
    pub(super) timed: bool,
}

impl Wires {
    /// Lets the media thread look at what was ordered, if anything was.
    pub(super) fn wake_media(&self) {
        if self.media_waits.swap(false, Ordering::Relaxed) {
            self.media.wake();
        }
    }
}

/// See the module.
pub(super) struct End {
    session: Session,
    engine: Option<Arc<WorkerHandle>>,
    port: SessionId,
    pub(super) timeout: Instant,
    timed: bool,
    /// When each packet that has not come to the other end yet is due.
    under_way: HashMap<Place, Instant>,
    /// Sound: samples that it has said, and what the timestamps count from.
    said: u32,
    first: Option<u32>,
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
    /// Begins one. Its port is open, and that of the other end is `remote`.
    pub(super) async fn start(
        wires: &Wires,
        number: usize,
        (program, role, Travel { way, t85 }, document): (&Path, Role, Travel, Option<&[u8]>),
        (port, remote): (u16, u16),
    ) -> io::Result<Self> {
        let params = Params { station_id: "+1 202 555 0100".to_owned(), way, t85, paced: true, ..Params::default() };
        let session = SessionId(number as u64 + 1);
        let remote = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, remote)));
        let carries = match way {
            Way::Audio(_) => Command::Tap { session, payload_type: 0, ssrc: 7 + port as u32 },
            _ => Command::Raw { session },
        };
        let open = Command::Open { session, port, home: Family::V4.into() };
        for command in [open, carries, Command::Remote { session, addr: remote }] {
            wires.media.send(command).await.map_err(|_| io::Error::other("the media thread ended"))?;
        }
        let (state, start) = Session::new(wires.clock.now(), role, params);
        let engine = Arc::new(spawn(program, &["fax-worker"], &start, document)?);
        listen(number, Arc::clone(&engine), wires.reports.clone());
        Ok(Self {
            session: state,
            engine: Some(engine),
            port: session,
            timeout: Instant::ZERO,
            timed: wires.timed,
            under_way: HashMap::new(),
            said: 0,
            first: None,
            late_us: Vec::new(),
            pages: Vec::new(),
            outcome: None,
        })
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.outcome.is_some()
    }

    pub(super) fn ended(self) -> Option<Ended> {
        Some(Ended { outcome: self.outcome?, pages: self.pages, late_us: self.late_us })
    }

    /// The engine speaks, or has ended.
    pub(super) async fn report(&mut self, wires: &Wires, report: Option<FromWorker>) {
        self.input(wires, report.map_or(Input::WorkerGone, Input::Worker)).await;
    }

    /// Sound that the other end said.
    pub(super) async fn listen_to(&mut self, wires: &Wires, heard: &[Heard]) {
        let now = wires.clock.now();
        for Heard { at, timestamp, payload, .. } in heard {
            self.session.part(now, Input::Sound { at: *at, timestamp: *timestamp, law: Law::Mu, payload });
        }
        self.input(wires, Input::Timeout).await;
    }

    /// A packet that the other end sent, perhaps together with others, of which more follow.
    pub(super) async fn hear(&mut self, wires: &Wires, packet: Input<'_>, more: bool) {
        if more {
            self.session.part(wires.clock.now(), packet);
        } else {
            self.input(wires, packet).await;
        }
    }

    /// A packet of this end came to the other one: it is known now how late.
    pub(super) fn was_heard(&mut self, at: Instant, place: Option<Place>) {
        let place = match place {
            Some(Place::Sound(timestamp)) => Place::Sound(timestamp.wrapping_sub(*self.first.get_or_insert(timestamp))),
            Some(place) => place,
            None => return,
        };
        if let Some(due) = self.under_way.remove(&place).filter(|_| self.timed) {
            self.late_us.push(at.saturating_since(due).as_secs_f64() * 1e6);
        }
    }

    fn leaves(&mut self, due: Instant, place: Place) {
        if self.timed {
            self.under_way.entry(place).or_insert(due);
        }
    }

    pub(super) async fn input(&mut self, wires: &Wires, input: Input<'_>) {
        let now = wires.clock.now();
        self.session.handle_input(now, input);
        self.pump(wires, now).await;
    }

    /// Does what the session says.
    async fn pump(&mut self, wires: &Wires, now: Now) {
        let session = self.port;
        loop {
            let (command, follows) = match self.session.poll_output() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Worker(order) => {
                    // One that is gone is noticed where its reports are read.
                    let _ = self.engine.as_ref().map(|engine| engine.send(&order));
                    continue;
                }
                Output::KillWorker => {
                    self.engine = None;
                    continue;
                }
                Output::Datagram { data, due } => {
                    if let Some(place) = Place::of_datagram(&data) {
                        self.leaves(due, place);
                    }
                    (Some(Command::SendRaw { session, data, due }), None)
                }
                Output::Sound(spans) => {
                    for Span { payload, due } in &spans {
                        self.leaves(*due, Place::Sound(self.said));
                        self.said = self.said.wrapping_add(u32::try_from(payload.len()).unwrap_or_default());
                    }
                    let said = spans.into_iter().map(|Span { payload, due }| Said { payload, due }).collect();
                    (Some(Command::SendTapped { session, said }), None)
                }
                Output::Gather { until } => (Some(Command::Gather { session, until }), None),
                Output::StorePage { number, page, .. } => {
                    self.pages.push(page);
                    (None, Some(Input::PageStored { page: number }))
                }
                Output::DocumentSent { .. } => (None, Some(Input::DocumentBegun)),
                Output::StoreProgress { .. } => (None, Some(Input::ProgressStored)),
                Output::Finished(outcome) => {
                    self.outcome = Some(outcome);
                    self.engine = None;
                    (Some(Command::Close { session }), None)
                }
                Output::DocumentReceived(_)
                | Output::AskedFor(_)
                | Output::Trace { .. }
                | Output::Progress { .. }
                | Output::Modem(_) => continue,
            };
            if let Some(command) = command {
                let _ = wires.media.post(command).await;
                wires.media_waits.store(true, Ordering::Relaxed);
            }
            if let Some(follows) = follows {
                self.session.handle_input(now, follows);
            }
        }
    }
}

/// Passes on what the engine says, to its end.
#[allow(clippy::disallowed_methods, reason = "the shell's task for one engine")]
fn listen(number: usize, engine: Arc<WorkerHandle>, reports: mpsc::Sender<Report>) {
    tokio::spawn(async move {
        loop {
            let said = engine.recv().await.ok();
            let over = said.is_none();
            if reports.send((number, said)).await.is_err() || over {
                return;
            }
        }
    });
}
