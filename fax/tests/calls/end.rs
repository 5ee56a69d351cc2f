//! One end of a call: a session with its worker in a thread, and what it has said and done.

use std::collections::BTreeMap;

use bytes::Bytes;
use fax::page::Page;
use fax::session::{Params, Role, Session};
use fax::worker::proto::{Start, ToWorker};
use fax::worker::{self, Channel, Files};
use model::fax::Outcome;
use model::{Instant, Now};

use crate::network::Packet;

/// One end.
pub(crate) struct End {
    pub(crate) session: Session,
    pub(crate) worker: Option<(Channel, Files)>,
    pub(crate) finished: Option<Outcome>,
    pub(crate) trace: Vec<String>,
    pub(crate) timeout: Instant,
    /// Receiver: what is on the disk. Sender: unused.
    pub(crate) durable: Vec<Page>,
    /// Sender: the documents that are sent, of several.
    pub(crate) sent: Vec<Outcome>,
    /// Receiver: those that came before the one that the call ended with.
    pub(crate) documents: Vec<Outcome>,
    /// Sender: what it has told the store, `(pages confirmed, the last page begins)`.
    pub(crate) progress: Vec<(u32, bool)>,
    pub(crate) offered: Vec<Page>,
    pub(crate) hung: bool,
    /// Sound: the timestamp of the next packet, and what it heard last, which its line echoes.
    pub(crate) timestamp: u32,
    pub(crate) heard: Bytes,
    /// Whoever keeps the time for the session has this to send when it is due, as it was ordered, and keeps what came together until then.
    pub(crate) leaving: BTreeMap<(Instant, u64), Packet>,
    pub(crate) ordered: u64,
    pub(crate) kept: Vec<(Instant, Packet)>,
    pub(crate) until: Instant,
    /// What comes after that is kept until then: it was ordered while that was late.
    pub(crate) next_until: Option<Instant>,
}

impl End {
    pub(crate) fn new(now: Now, role: Role, params: Params, document: Option<&[u8]>) -> Self {
        let (session, start) = Session::new(now, role, params);
        let worker = start_worker(&start, document);
        Self {
            session,
            worker: Some(worker),
            finished: None,
            trace: Vec::new(),
            timeout: Instant::ZERO,
            durable: Vec::new(),
            sent: Vec::new(),
            documents: Vec::new(),
            progress: Vec::new(),
            offered: Vec::new(),
            hung: false,
            timestamp: 0xffff_f000,
            heard: Bytes::new(),
            leaving: BTreeMap::new(),
            ordered: 0,
            kept: Vec::new(),
            until: Instant::ZERO,
            next_until: None,
        }
    }

    pub(crate) fn outcome(&self) -> &Outcome {
        self.finished.as_ref().expect("the call has ended")
    }

    /// This is to leave then. With twice as many the media thread would let the first leave too early.
    pub(crate) fn leaves(&mut self, due: Instant, packet: Packet) {
        const MOST_LEAVING: usize = 64;
        self.ordered += 1;
        self.leaving.insert((due, self.ordered), packet);
        assert!(self.leaving.len() <= MOST_LEAVING, "{} packets wait to leave", self.leaving.len());
    }

    /// When something is due at this end, by its own clock.
    pub(crate) fn due(&self) -> Instant {
        let leaves = self.leaving.keys().next().map(|(due, _)| *due);
        let kept = (!self.kept.is_empty()).then_some(self.until);
        leaves.into_iter().chain(kept).fold(self.timeout, Instant::min)
    }
}

fn start_worker(start: &Start, document: Option<&[u8]>) -> (Channel, Files) {
    let (parent, child) = Channel::pair(false).unwrap();
    let files = Files::new(document).unwrap();
    let theirs = files.try_clone().unwrap();
    std::thread::spawn(move || worker::run(child, theirs));
    parent.send(&ToWorker::Start(start.clone())).unwrap();
    (parent, files)
}
