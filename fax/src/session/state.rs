//! The session's state, its two doors, and everything that has to do with time and the wire.

use std::collections::VecDeque;

use bytes::Bytes;
use model::fax::{Cause, Outcome};
use model::trace::Mark;
use model::{Instant, Now, Pii};

use super::{
    COPY_SPACING, GRACE, Input, LONGEST_CALL, LONGEST_SILENCE, MAX_CATCH_UP, MAX_COPIES, MAX_WAITING, Output, Params,
    Role, START_BUDGET, TICK, TICK_SAMPLES, WATCHDOG, start_order,
};
use crate::udptl::{Received, Receiver, Sender};
use crate::worker::proto::{Start, ToWorker};

/// What the worker is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worker {
    /// Its process is starting.
    Starting {
        /// It must be ready by then.
        until: Instant,
        /// That time has passed once, see [`GRACE`].
        grace: bool,
    },
    /// It waits for an order.
    Idle,
    /// It handles an order.
    Busy {
        /// It must be done by then.
        until: Instant,
        /// That time has passed once, see [`GRACE`].
        grace: bool,
    },
    /// It waits for us: the store is making a page, or our progress, durable.
    Asking,
    /// There is none any more, or none that we listen to.
    Gone,
}

/// A received page that is on its way to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PendingPage {
    pub(super) number: u32,
    pub(super) last: bool,
    /// The far end hears "not ready" meanwhile, and the worker goes on.
    pub(super) not_ready: bool,
    pub(super) until: Instant,
}

/// What is known of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pages {
    /// Sending: confirmed by the far end. Receiving: durable, and the worker was told.
    pub(super) confirmed: u32,
    /// Sending: the end of procedure went out, and no answer says that the last page did not arrive.
    pub(super) all_sent: bool,
    /// Receiving: the far end's last page is among the confirmed.
    pub(super) whole: bool,
    /// Sending: the far end's answer to the page last sent was that it arrived damaged.
    pub(super) damaged: bool,
}

/// One fax call over T.38.
#[derive(Debug)]
pub struct Session {
    pub(super) role: Role,
    /// Sending: pages of the document that earlier attempts delivered. People count the document's pages, not this call's.
    pub(super) first_page: u32,
    began: Instant,
    /// When a packet last came or went.
    active: Instant,
    pub(super) worker: Worker,
    /// What it has reported to the order under way.
    pub(super) reports: u32,
    pub(super) pending: Option<PendingPage>,
    /// Sending: the store must say by then that our progress is durable.
    pub(super) progress_until: Option<Instant>,
    pub(super) pages: Pages,
    pub(super) bit_rate: u32,
    pub(super) ecm: bool,
    pub(super) remote_ident: Pii<String>,
    /// Parts of pages that were asked for again under error correction (PPR), by either side.
    pub(super) blocks_repeated: u32,
    /// Rows that arrived damaged.
    pub(super) bad_rows: u32,
    /// A T.30 frame came: there is a fax machine at the other end.
    pub(super) heard: bool,
    pub(super) doing: String,
    wire: Wire,
    /// Orders that do not wait for their turn.
    pub(super) urgent: VecDeque<ToWorker>,
    waiting: VecDeque<Received>,
    dropped: u32,
    next_tick: Instant,
    /// The last order was a packet: if a tick is due too, it is its turn.
    tick_next: bool,
    /// How the call ended, once it has.
    ended: Option<Outcome>,
    finished: bool,
    pub(super) out: VecDeque<Output>,
}

/// Both directions of the wire.
#[derive(Debug)]
struct Wire {
    receiver: Receiver,
    sender: Sender,
    /// Further copies of packets, by when they are due.
    copies: VecDeque<(Instant, Bytes)>,
}

impl Session {
    /// A session, and the order with which its worker is to be started (see [`spawn`](crate::worker::spawn)).
    pub fn new(now: Now, role: Role, params: Params) -> (Self, Start) {
        let session = Self {
            role,
            first_page: params.first_page,
            began: now.instant,
            active: now.instant,
            worker: Worker::Starting { until: now.instant + START_BUDGET, grace: false },
            reports: 0,
            pending: None,
            progress_until: None,
            pages: Pages::default(),
            bit_rate: 0,
            ecm: false,
            remote_ident: Pii::default(),
            blocks_repeated: 0,
            bad_rows: 0,
            heard: false,
            doing: String::new(),
            wire: Wire {
                receiver: Receiver::new(),
                sender: if params.redundancy {
                    Sender::new(usize::from(params.max_datagram))
                } else {
                    Sender::without_redundancy(usize::from(params.max_datagram))
                },
                copies: VecDeque::new(),
            },
            urgent: VecDeque::new(),
            waiting: VecDeque::new(),
            dropped: 0,
            next_tick: now.instant,
            tick_next: false,
            ended: None,
            finished: false,
            out: VecDeque::new(),
        };
        let start = start_order(now, role, &params);
        (session, start)
    }

    /// Something happened.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        let now = now.instant;
        if self.ended.is_none() {
            match input {
                Input::Datagram(bytes) => self.wire.receiver.receive(now, bytes),
                Input::Worker(report) => self.worker_report(now, report),
                Input::WorkerGone => self.worker_gone(now),
                Input::PageStored { page } => self.page_stored(now, page),
                Input::PageNotStored { page } => self.page_not_stored(now, page),
                Input::ProgressStored => self.progress_stored(now),
                Input::ProgressNotStored => self.progress_not_stored(now),
                Input::LineEnded => self.line_ended(now),
                Input::Cancel => self.cancel(now),
                Input::Timeout => {}
            }
        }
        self.run(now);
    }

    /// What is to be done; poll until `Timeout`.
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or_else(|| Output::Timeout(self.next_timeout()))
    }

    /// Everything that is due at `now`.
    fn run(&mut self, now: Instant) {
        self.send_copies(now);
        if self.ended.is_none() {
            self.wire.receiver.handle_timeout(now);
            self.check_deadlines(now);
        }
        if self.ended.is_none() {
            self.take_from_wire(now);
            self.give_order(now);
        }
        self.finish_when_quiet();
    }

    fn next_timeout(&self) -> Instant {
        if self.finished {
            return Instant::FAR_FUTURE;
        }
        let copies = self.wire.copies.front().map(|(at, _)| *at);
        if self.ended.is_some() {
            return copies.unwrap_or(Instant::FAR_FUTURE);
        }
        let worker = match self.worker {
            Worker::Starting { until, .. } | Worker::Busy { until, .. } => Some(until),
            Worker::Idle => Some(self.next_tick),
            Worker::Asking | Worker::Gone => None,
        };
        [
            copies,
            worker,
            self.pending.map(|page| page.until),
            self.progress_until,
            self.wire.receiver.timeout(),
            Some(self.began + LONGEST_CALL),
            Some(self.active + LONGEST_SILENCE),
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(Instant::FAR_FUTURE)
    }

    fn check_deadlines(&mut self, now: Instant) {
        match &mut self.worker {
            Worker::Starting { until, grace } | Worker::Busy { until, grace } if now >= *until && !*grace => {
                (*until, *grace) = (now + GRACE, true);
            }
            Worker::Starting { until, .. } if now >= *until => {
                return self.fault(now, "The fax engine did not start.", "");
            }
            Worker::Busy { until, .. } if now >= *until => {
                return self.fault(now, "The fax engine stopped answering.", "watchdog");
            }
            _ => {}
        }
        if let Some(page) = self.pending.filter(|page| now >= page.until) {
            self.page_overdue(now, page);
        }
        if self.progress_until.is_some_and(|until| now >= until) {
            self.progress_not_stored(now);
        }
        let too_long = if now >= self.began + LONGEST_CALL {
            "The call took too long and was ended."
        } else if now >= self.active + LONGEST_SILENCE {
            "Nothing was heard any more, so the call was ended."
        } else {
            return;
        };
        if self.ended.is_none() {
            self.trace(Mark::Bad, too_long, "");
            let cause = self.cause_of_broken_call();
            self.end(now, cause, true);
        }
    }

    fn take_from_wire(&mut self, now: Instant) {
        while let Some(packet) = self.wire.receiver.poll() {
            self.active = now;
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(packet);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
    }

    /// Gives an idle worker its next order: what cannot wait, then packets and time in turn.
    fn give_order(&mut self, now: Instant) {
        if self.worker != Worker::Idle {
            return;
        }
        let order = if let Some(urgent) = self.urgent.pop_front() {
            urgent
        } else if now >= self.next_tick && (self.tick_next || self.waiting.is_empty()) {
            self.tick_next = false;
            if now - self.next_tick > MAX_CATCH_UP {
                self.next_tick = Instant::from_nanos(now.nanos() - MAX_CATCH_UP.as_nanos() as u64);
            }
            self.next_tick = self.next_tick + TICK;
            ToWorker::Tick { samples: TICK_SAMPLES }
        } else if let Some(packet) = self.waiting.pop_front() {
            self.tick_next = true;
            ToWorker::Ifp { seq: packet.seq, data: packet.ifp }
        } else {
            return;
        };
        self.order(now, order);
    }

    pub(super) fn order(&mut self, now: Instant, order: ToWorker) {
        self.reports = 0;
        self.worker = Worker::Busy { until: now + WATCHDOG, grace: false };
        self.out.push_back(Output::Worker(order));
    }

    /// Puts a packet of the engine on the wire.
    pub(super) fn transmit(&mut self, now: Instant, ifp: &[u8], copies: u8) {
        self.active = now;
        let datagram = self.wire.sender.encode(ifp);
        for copy in 1..u32::from(copies.clamp(1, MAX_COPIES)) {
            self.wire.copies.push_back((now + COPY_SPACING * copy, datagram.clone()));
        }
        self.wire.copies.make_contiguous().sort_by_key(|(at, _)| *at);
        self.out.push_back(Output::Datagram(datagram));
    }

    fn send_copies(&mut self, now: Instant) {
        while let Some((_, copy)) = self.wire.copies.pop_front_if(|(at, _)| *at <= now) {
            self.out.push_back(Output::Datagram(copy));
        }
    }

    /// Ends the call with `cause`. The worker is stopped, or killed if it may be in the midst of something.
    pub(super) fn end(&mut self, now: Instant, cause: Cause, kill: bool) {
        if self.ended.is_some() {
            return;
        }
        if self.worker != Worker::Gone {
            self.out.push_back(if kill { Output::KillWorker } else { Output::Worker(ToWorker::Stop) });
        }
        self.worker = Worker::Gone;
        self.pending = None;
        self.progress_until = None;
        let lost = self.wire.receiver.lost().saturating_add(self.dropped);
        let malformed = self.wire.receiver.malformed();
        if malformed > 0 {
            self.trace(Mark::Warn, "Some packets were no fax packets.", format!("{malformed} datagrams"));
        }
        self.ended = Some(Outcome {
            cause,
            pages_confirmed: self.pages.confirmed,
            bit_rate: self.bit_rate,
            ecm: self.ecm,
            remote_ident: self.remote_ident.clone(),
            packets_repaired: self.wire.receiver.repaired(),
            packets_lost: lost,
            millis: u64::try_from((now - self.began).as_millis()).unwrap_or(u64::MAX),
            blocks_repeated: self.blocks_repeated,
            bad_rows: self.bad_rows,
        });
    }

    /// The line is gone: what has not left does not matter any more.
    pub(super) fn forget_copies(&mut self) {
        self.wire.copies.clear();
    }

    /// The last packet of a call, a DCN or the MCF before it, has nothing after it that could repair it, so its copies leave first.
    fn finish_when_quiet(&mut self) {
        if self.finished || !self.wire.copies.is_empty() {
            return;
        }
        if let Some(outcome) = self.ended.clone() {
            self.finished = true;
            self.out.push_back(Output::Finished(outcome));
        }
    }

    pub(super) fn trace(&mut self, mark: Mark, title: impl Into<String>, detail: impl Into<String>) {
        self.out.push_back(Output::Trace { mark, title: title.into(), detail: detail.into() });
    }

    /// Says what we are doing, if that has changed.
    pub(super) fn doing(&mut self, doing: String) {
        if self.doing != doing {
            self.doing = doing;
            self.say_progress();
        }
    }

    pub(super) fn say_progress(&mut self) {
        self.out.push_back(Output::Progress {
            doing: self.doing.clone(),
            pages_confirmed: self.pages.confirmed,
            bit_rate: self.bit_rate,
        });
    }
}
