//! An end of a call as the fax room runs it: a session with its worker in a thread, and a disk that takes its time.

use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use fax::page::Page;
use fax::session::{Input, Output, Params, Role, Session};
use fax::worker::proto::ToWorker;
use fax::worker::{self, Channel, Files};
use model::fax::{Cause, Outcome};
use model::{Inside, Instant, Now};

/// What our disk does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Disk {
    /// A page is durable after so long.
    pub(crate) takes: Duration,
    /// This page it does not store (1 for the first).
    pub(crate) refuses: u32,
}

/// A session with its worker.
pub(crate) struct Party {
    session: Session,
    worker: Option<(Channel, Files)>,
    pub(crate) timeout: Instant,
    pub(crate) durable: Vec<Page>,
    pub(crate) disk: Disk,
    /// A page on its way to it.
    pub(crate) storing: Option<(Instant, u32, Page)>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) trace: Vec<String>,
    pub(crate) orders: Vec<modem::Order>,
    pub(crate) sounds: VecDeque<Vec<u8>>,
    pub(crate) datagrams: VecDeque<Bytes>,
    /// What it gives to whoever names this, and whether it has.
    pub(crate) held: Vec<Page>,
    pub(crate) needs: Inside,
    pub(crate) gave: bool,
    /// Those that the call has brought to their end before its own.
    pub(crate) documents: Vec<Outcome>,
}

impl Party {
    pub(crate) fn new(now: Now, role: Role, params: Params, document: Option<&[u8]>) -> Self {
        let (session, start) = Session::new(now, role, params);
        let (parent, child) = Channel::pair(false).unwrap();
        let files = Files::new(document).unwrap();
        let theirs = files.try_clone().unwrap();
        std::thread::spawn(move || worker::run(child, theirs));
        parent.send(&ToWorker::Start(start)).unwrap();
        let mut party = Self {
            session,
            worker: Some((parent, files)),
            timeout: Instant::ZERO,
            durable: Vec::new(),
            disk: Disk::default(),
            storing: None,
            outcome: None,
            trace: Vec::new(),
            orders: Vec::new(),
            sounds: VecDeque::new(),
            datagrams: VecDeque::new(),
            held: Vec::new(),
            needs: Inside::default(),
            gave: false,
            documents: Vec::new(),
        };
        party.hear(now);
        party
    }

    /// How often this process has the file open that the engine writes what it receives to: once here, once in the worker, and once more while
    /// the engine does.
    pub(crate) fn opened(&self) -> usize {
        let (_, files) = self.worker.as_ref().unwrap();
        let file = |path: PathBuf| std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
        let written = file(PathBuf::from(format!("/proc/self/fd/{}", files.document().as_raw_fd())));
        assert!(written.is_some());
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        open.filter_map(Result::ok).filter(|entry| file(entry.path()) == written).count()
    }

    pub(crate) fn input(&mut self, now: Now, input: Input<'_>) {
        self.session.handle_input(now, input);
        loop {
            match self.session.poll_output() {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
                Output::Worker(order) => {
                    let Some((channel, files)) = &self.worker else { continue };
                    channel.order(files, &order).unwrap();
                    if order != ToWorker::Stop {
                        self.hear(now);
                    }
                }
                Output::KillWorker => self.worker = None,
                Output::Modem(order) => self.orders.push(order),
                Output::Sound(spans) => self.sounds.extend(spans.iter().map(|span| span.payload.to_vec())),
                Output::Gather { .. } => {}
                Output::StorePage { number, .. } if number == self.disk.refuses => {
                    self.session.handle_input(now, Input::PageNotStored { page: number });
                }
                Output::StorePage { number, page, .. } => {
                    self.storing = Some((now.instant + self.disk.takes, number, page));
                    self.store(now);
                }
                Output::AskedFor(named) => self.asked_for(now, &named),
                // What follows is not begun.
                Output::DocumentSent { outcome, .. } | Output::DocumentReceived(outcome) => {
                    self.documents.push(outcome);
                }
                Output::StoreProgress { .. } => self.session.handle_input(now, Input::ProgressStored),
                Output::Trace { title, detail, .. } => self.trace.push(format!("{:?} {title} {detail}", now.instant)),
                Output::Progress { .. } => {}
                Output::Datagram { data, .. } => self.datagrams.push_back(data),
                Output::Finished(outcome) => {
                    assert!(self.outcome.is_none(), "finished twice");
                    self.outcome = Some(outcome);
                }
            }
        }
    }

    /// Whoever names what it needs gets what it holds.
    fn asked_for(&mut self, now: Now, named: &Inside) {
        let held = if *named == self.needs { self.held.clone() } else { Vec::new() };
        self.gave |= !held.is_empty();
        let refusal = Input::Refuse { cause: Cause::FetchRefused, why: "not theirs".to_owned() };
        let answer = if held.is_empty() { refusal } else { Input::Give { pages: &held } };
        self.session.handle_input(now, answer);
    }

    /// What is durable by now is.
    pub(crate) fn store(&mut self, now: Now) {
        if let Some((_, number, page)) = self.storing.take_if(|(at, ..)| *at <= now.instant) {
            self.durable.push(page);
            self.session.handle_input(now, Input::PageStored { page: number });
        }
    }

    fn hear(&mut self, now: Now) {
        loop {
            let Some((channel, files)) = &self.worker else { return };
            for report in channel.reports(files).expect("the worker lives") {
                let waits = report.waits();
                self.session.handle_input(now, Input::Worker(report));
                if waits {
                    return;
                }
            }
        }
    }
}
