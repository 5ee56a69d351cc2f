//! The session's state, its two doors, and everything that has to do with time and the wire.

use std::collections::VecDeque;
use std::time::Duration;

use model::fax::{Cause, Outcome};
use model::trace::Mark;
use model::{Instant, Now, Pii};

use super::documents::{Documents, Incoming};
use super::giving::Asked;
use super::wire::Wire;
use super::{
    EARLIER, GRACE, Input, LONGEST_CALL, LONGEST_SILENCE, LONGEST_UNHEARD, LONGEST_WITHOUT_FRAME, Output, Params, Role,
    START_BUDGET, TOGETHER, WATCHDOG, on_the_beat, start_order,
};
use crate::udptl::Packets;
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
    /// The call broke in its midst: it is kept, and nobody is told that it arrived.
    pub(super) incomplete: bool,
    /// The far end hears "not ready" meanwhile, and the worker goes on.
    pub(super) not_ready: bool,
    pub(super) until: Instant,
}

/// What is known of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pages {
    /// Sending: confirmed by the far end. Receiving: durable, and the worker was told.
    pub(super) confirmed: u32,
    /// Receiving: of one in whose midst the call broke, what came is durable. It is counted beside those that are confirmed.
    pub(super) in_part: u32,
    /// Sending: the end of procedure went out, and no answer says that the last page did not arrive.
    pub(super) all_sent: bool,
    /// Receiving: the far end's last page is among the confirmed.
    pub(super) whole: bool,
    /// Sending: the far end's answer to the page last sent was that it arrived damaged.
    pub(super) damaged: bool,
}

/// One fax call.
#[derive(Debug)]
pub struct Session {
    pub(super) role: Role,
    /// Sending: pages of the document that earlier attempts delivered. People count the document's pages, not this call's.
    pub(super) first_page: u32,
    pub(super) began: Instant,
    pub(super) documents: Documents,
    pub(super) incoming: Incoming,
    /// When a packet last came or went; as sound, a frame of T.30.
    pub(super) active: Instant,
    /// When a frame of T.30 last came or went.
    pub(super) framed: Instant,
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
    /// Receiving: the subaddress that they asked for.
    pub(super) subaddress: Pii<String>,
    /// Parts of pages that were asked for again under error correction (PPR), by either side.
    pub(super) blocks_repeated: u32,
    /// Rows that arrived damaged.
    pub(super) bad_rows: u32,
    /// A T.30 frame came: there is a fax machine at the other end.
    pub(super) heard: bool,
    /// More than greetings was said: from here on the call cannot become another.
    pub(super) under_way: bool,
    pub(super) asked: Asked,
    /// Fetching: why the document was not asked for. Receiving: why they got none that they asked for.
    pub(super) not_given: Option<Cause>,
    pub(super) doing: String,
    pub(super) wire: Wire,
    /// See [`Params::paced`].
    pub(super) paced: bool,
    /// What comes is kept together until then.
    pub(super) gathered_until: Instant,
    /// Orders that do not wait for their turn.
    pub(super) urgent: VecDeque<ToWorker>,
    pub(super) next_tick: Instant,
    /// Over T.38, the engine waits for the far end: so much later its clock may move on, as long as nothing comes.
    pub(super) quiet: Duration,
    /// When the time began that the order under way is for.
    pub(super) order_began: Instant,
    /// How the call ended, once it has.
    ended: Option<Outcome>,
    finished: bool,
    pub(super) out: VecDeque<Output>,
}

impl Session {
    /// A session, and the order with which its worker is to be started (see [`spawn`](crate::worker::spawn)).
    pub fn new(now: Now, role: Role, params: Params) -> (Self, Start) {
        let session = Self {
            role,
            first_page: params.first_page,
            began: now.instant,
            documents: Documents::new(&params.followers),
            incoming: Incoming::default(),
            active: now.instant,
            framed: now.instant,
            worker: Worker::Starting { until: now.instant + START_BUDGET, grace: false },
            reports: 0,
            pending: None,
            progress_until: None,
            pages: Pages::default(),
            bit_rate: 0,
            ecm: false,
            remote_ident: Pii::default(),
            subaddress: Pii::default(),
            blocks_repeated: 0,
            bad_rows: 0,
            heard: false,
            under_way: false,
            asked: Asked::new(now, role, &params),
            not_given: None,
            doing: String::new(),
            wire: Wire::new(now.instant, role, &params),
            paced: params.paced,
            gathered_until: Instant::ZERO,
            urgent: VecDeque::new(),
            next_tick: on_the_beat(now.instant),
            quiet: Duration::ZERO,
            order_began: now.instant,
            ended: None,
            finished: false,
            out: VecDeque::new(),
        };
        let start = start_order(now, role, &params);
        (session, start)
    }

    /// More than greetings was said: the way that the fax travels must not change any more.
    pub const fn is_under_way(&self) -> bool {
        self.under_way
    }

    /// What is known of a fax that comes: what their machine calls itself, and the subaddress that it asked for.
    pub const fn known(&self) -> (&Pii<String>, &Pii<String>) {
        (&self.remote_ident, &self.subaddress)
    }

    /// The page that is being made durable is the last of its fax.
    pub fn last_page_waits(&self) -> bool {
        self.pending.is_some_and(|page| page.last)
    }

    /// The modem of this call was seen to confirm a page before that was stored: no other call should be answered over it.
    pub fn modem_confirms_by_itself(&self) -> bool {
        self.wire.confirms_by_itself()
    }

    /// Something happened.
    pub fn handle_input(&mut self, now: Now, input: Input<'_>) {
        self.part(now, input);
        self.run(now.instant);
    }

    /// The same, of several things that come together: nothing is decided before the last, which is [`Session::handle_input`]'s.
    pub fn part(&mut self, now: Now, input: Input<'_>) {
        let now = now.instant;
        if self.ended.is_none() {
            match input {
                Input::Datagram(bytes) => self.wire.datagram(now, bytes),
                Input::Sound { at, timestamp, law, payload } => self.hear(at.min(now), timestamp, law, payload),
                Input::Modem(event) => self.modem_said(now, event),
                Input::ModemGone => self.modem_gone(now),
                Input::Switch { max_datagram, redundancy, max_bit_rate } => {
                    self.switch(now, Packets::new(now, max_datagram, redundancy), max_bit_rate);
                }
                Input::Worker(report) => self.worker_report(now, report),
                Input::WorkerGone => self.worker_gone(now),
                Input::PageStored { page } => self.page_stored(now, page),
                Input::PageNotStored { page } => self.page_not_stored(now, page),
                Input::ProgressStored => self.progress_stored(now),
                Input::ProgressNotStored => self.progress_not_stored(now),
                Input::DocumentBegun => self.document_begun(now),
                Input::NoDocument => self.no_document(now),
                Input::Give { pages } => self.give(now, pages),
                Input::Refuse { cause, why } => self.refuse(now, cause, &why),
                Input::Withdraw(follower) => self.withdraw(follower),
                Input::LineEnded => self.line_ended(now),
                Input::Cancel => self.cancel(now),
                Input::Timeout => {}
            }
        }
    }

    /// What is to be done; poll until `Timeout`.
    pub fn poll_output(&mut self) -> Output {
        self.out.pop_front().unwrap_or_else(|| Output::Timeout(self.next_timeout()))
    }

    /// Everything that is due at `now`.
    fn run(&mut self, now: Instant) {
        self.send_due(now);
        if self.ended.is_none() {
            if let Some(packets) = self.wire.packets() {
                packets.handle_timeout(now);
            }
            self.check_deadlines(now);
        }
        if self.ended.is_none() {
            self.take_from_wire(now);
            self.keep_the_line(now);
            self.give_order(now);
            self.say_due(now, false);
            self.gather_packets(now);
        }
        self.finish_when_quiet(now);
    }

    fn next_timeout(&self) -> Instant {
        if self.finished {
            return Instant::FAR_FUTURE;
        }
        if self.ended.is_some() {
            return self.wire.sending_until().unwrap_or(Instant::FAR_FUTURE);
        }
        let worker = match self.worker {
            Worker::Starting { until, .. } | Worker::Busy { until, .. } => Some(until),
            // While packets are held, the engine's clock waits with them.
            Worker::Idle => Some(self.sound_due().or(self.wire.held_until()).unwrap_or(self.next_tick + self.quiet)),
            Worker::Asking => matches!(self.wire, Wire::Sound(_)).then_some(self.next_tick),
            Worker::Gone => None,
        };
        [
            worker,
            self.pending.map(|page| page.until),
            self.progress_until,
            self.documents.leaves_by,
            self.asked.until,
            self.wire.timeout(),
            Some(self.began + LONGEST_CALL),
            Some(self.active + self.longest_silence()),
            self.longest_without_frame(),
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
        if self.documents.leaves_by.is_some_and(|until| now >= until) {
            self.leave(now);
        }
        if self.asked.until.is_some_and(|until| now >= until) {
            self.refuse(now, Cause::OurFault, "The document could not be read in time, so they got nothing.");
        }
        let too_long = if now >= self.began + LONGEST_CALL {
            "The call took too long and was ended."
        } else if now >= self.active + self.longest_silence() {
            "Nothing was heard any more, so the call was ended."
        } else if self.longest_without_frame().is_some_and(|until| now >= until) {
            "Nothing was heard that a fax machine says, so the call was ended."
        } else {
            return;
        };
        if self.ended.is_none() {
            self.trace(Mark::Bad, too_long, "");
            let cause = self.cause_of_broken_call();
            self.end(now, cause, true);
        }
    }

    /// Whatever else may come: until when a frame must.
    fn longest_without_frame(&self) -> Option<Instant> {
        let unheard = if self.heard { None } else { Some(self.began + LONGEST_UNHEARD) };
        let framed = self.framed + LONGEST_WITHOUT_FRAME;
        (!matches!(self.wire, Wire::Modem(_))).then(|| unheard.map_or(framed, |until| until.min(framed)))
    }

    const fn longest_silence(&self) -> Duration {
        match self.wire {
            Wire::Packets(_) => LONGEST_SILENCE,
            Wire::Sound(_) | Wire::Modem(_) => LONGEST_WITHOUT_FRAME,
        }
    }

    /// The call goes on over T.38. Nothing of the page may be lost between the two: once more than greetings was said it is over.
    fn switch(&mut self, now: Instant, packets: Packets, max_bit_rate: u16) {
        if self.wire.sound().is_none() {
            return;
        }
        if self.under_way {
            self.trace(Mark::Bad, "The line changed to fax over IP in the midst of the fax.", "");
            return self.line_ended(now);
        }
        self.wire = Wire::Packets(packets);
        self.active = now;
        self.next_tick = self.next_tick.max(on_the_beat(now));
        self.quiet = Duration::ZERO;
        self.urgent.push_back(ToWorker::Switch { max_bit_rate });
        self.ask_anew();
        self.trace(Mark::Good, "The call goes on as fax over IP.", "T.38");
    }

    /// Gives an idle worker its next order: what cannot wait, then packets and time.
    fn give_order(&mut self, now: Instant) {
        if self.worker != Worker::Idle {
            return;
        }
        let order = if let Some(urgent) = self.urgent.pop_front() {
            Some(urgent)
        } else if matches!(self.wire, Wire::Sound(_)) {
            self.sound_order(now)
        } else if matches!(self.wire, Wire::Modem(_)) {
            self.modem_order(now)
        } else {
            self.packet_order(now)
        };
        if let Some(order) = order {
            self.order(now, order);
        }
    }

    /// What was kept together until now is there: the order that it was kept for need not wait for its own instant.
    pub(super) fn earlier(&self, now: Instant) -> Duration {
        if self.paced && now >= self.gathered_until { EARLIER + TOGETHER } else { Duration::ZERO }
    }

    pub(super) fn order(&mut self, now: Instant, order: ToWorker) {
        self.reports = 0;
        self.quiet = Duration::ZERO;
        self.worker = Worker::Busy { until: now + WATCHDOG, grace: false };
        self.out.push_back(Output::Worker(order));
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
        if let Some(modem) = self.wire.modem() {
            modem.driver.end();
            self.pump_modem(now);
        }
        self.say_due(now, true);
        self.pending = None;
        self.progress_until = None;
        self.asked.until = None;
        let (_, _, malformed) = self.wire.damage();
        if malformed > 0 {
            self.trace(Mark::Warn, "Some packets were no fax packets.", format!("{malformed} datagrams"));
        }
        self.ended = Some(self.outcome(now, cause));
    }

    /// The line is gone: what has not left does not matter any more.
    pub(super) fn forget_sending(&mut self) {
        match &mut self.wire {
            Wire::Packets(packets) => packets.forget_sending(),
            Wire::Sound(sound) => sound.forget_sending(),
            Wire::Modem(_) => {}
        }
    }

    /// The last packet of a call, a DCN or the MCF before it, has nothing after it that could repair it, so its copies leave first. What a shell
    /// that keeps the time was given leaves by itself.
    fn finish_when_quiet(&mut self, now: Instant) {
        if self.finished || self.wire.sending_until().is_some_and(|until| now < until) {
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
