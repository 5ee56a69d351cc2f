//! Two ends of a fax call over a small lossy network, in simulated time, over T.38 or as sound. Both ends are real: a `Session` with a worker in a
//! thread. The world gives one order at a time and waits for the answer, so the same seed is the same run.

mod setup;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use fax::audio::Law;
use fax::page::{Bitmap, Page};
use fax::session::{Input, Output, Span};
use fax::worker::proto::ToWorker;
use model::fax::{Cause, Outcome};
use model::{Inside, Instant, Now, Random};

pub(crate) use self::setup::Setup;
use crate::end::End;
pub(crate) use crate::network::Net;
use crate::network::Packet;
use crate::parity::Gateway;

/// How long a simulated call may take.
const LIMIT: Duration = Duration::from_secs(3600);

/// What the receiver's disk does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Disk {
    Takes(Duration),
    Refuses { page: u32 },
}

/// When something happens to the call, and what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The line drops when the receiver wants to store this page.
    DropAtReceivedPage(u32),
    /// The line drops so long after the sender has begun the page after so many confirmed ones.
    DropAfterProgress(u32, Duration),
    /// The receiver's worker is killed when it has this page on its way to the disk.
    KillReceiverAtPage(u32),
    /// The sender's worker is killed so long after the page after so many confirmed ones has begun.
    KillSenderAfterProgress(u32, Duration),
    /// The receiver's worker does not answer any more from this time on.
    HangReceiver(Duration),
    /// The receiver's engine cannot write any more so long after the page after so many confirmed ones has begun.
    FillDiskAfterProgress(u32, Duration),
    /// The line drops so long after this document (0 for the first) was sent and another has begun.
    DropAfterDocument(usize, Duration),
    /// This follower (0 for the first) is not to be sent any more, from the sender's first progress on.
    Withdraw(usize),
    /// When this document is sent, what follows it is not begun.
    NoneAfterDocument(usize),
    /// The page data is garbled on the wire, until the sender has been told so once, or for ever.
    Garble { for_ever: bool },
    /// Both ends agree on T.38 so long after the call was answered.
    SwitchAfter(Duration, u16),
    /// The sender is told to give up so long after the page after so many confirmed ones has begun.
    CancelAfterProgress(u32, Duration),
    /// So long after the page after so many confirmed ones has begun, nothing gets through, for so long.
    OutageAfterProgress(u32, Duration, Duration, Away),
}

/// What does not get through while the network is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Away {
    /// What the sender says.
    There,
    /// What the receiver says.
    Back,
    Both,
}

/// The two ends, the network and the clock.
pub(crate) struct World {
    pub(crate) now: Now,
    pub(crate) sender: End,
    pub(crate) receiver: End,
    pub(crate) net: Net,
    disk: Disk,
    /// See [`Setup::late`].
    late: Duration,
    /// What the sender holds ready, and what must be named for it.
    held: Option<(Inside, Vec<Page>)>,
    pub(crate) mishap: Option<Mishap>,
    /// See [`Setup::failed_trainings`].
    pub(crate) failed_trainings: usize,
    pub(crate) random: Random,
    pub(crate) law: Law,
    /// By time and order: who gets which bytes.
    pub(crate) gateways: [Gateway; 2],
    pub(crate) flying: BTreeMap<(Instant, u64), (Side, Packet)>,
    /// The network is away until then.
    pub(crate) outage: (Away, Instant),
    /// What is left of a burst of losses, for each way.
    pub(crate) burst: [u32; 2],
    later: BTreeMap<(Instant, u64), Later>,
    /// Every datagram that went out, and who sent it.
    pub(crate) wire: Vec<(Instant, Side, Bytes)>,
    /// Orders that the two engines got.
    pub(crate) orders: u32,
    /// How often the two sessions were woken by what came, or by time.
    pub(crate) wakes: u32,
    /// Where in 20 ms sound left, by the clock of the end that said it.
    pub(crate) phases: BTreeSet<u64>,
    pub(crate) serial: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Sender,
    Receiver,
}

#[derive(Debug)]
enum Later {
    Stored(u32, Page),
    Mishap,
    Bye(Side),
}

impl World {
    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Sender => &mut self.sender,
            Side::Receiver => &mut self.receiver,
        }
    }

    fn run(&mut self) {
        for side in [Side::Sender, Side::Receiver] {
            self.hear(side);
        }
        if let Some(Mishap::HangReceiver(at) | Mishap::SwitchAfter(at, _)) = self.mishap {
            self.schedule(at, Later::Mishap);
        }
        let limit = self.now.instant + LIMIT;
        while self.sender.finished.is_none() || self.receiver.finished.is_none() {
            let next = [
                self.sender.due(),
                self.of_receiver(self.receiver.due()),
                self.flying.keys().next().map_or(Instant::FAR_FUTURE, |(at, _)| *at),
                self.later.keys().next().map_or(Instant::FAR_FUTURE, |(at, _)| *at),
            ]
            .into_iter()
            .min()
            .unwrap();
            assert!(next < limit, "the call does not end: {:#?}", self.sender.trace);
            self.now = self.now.after(next.max(self.now.instant) - self.now.instant);
            self.step();
            self.check();
        }
    }

    fn step(&mut self) {
        let now = self.now.instant;
        while let Some(entry) = self.flying.first_entry().filter(|entry| entry.key().0 <= now) {
            let (side, packet) = entry.remove();
            let at = self.clock(side).instant;
            let end = self.end(side);
            if let Packet::Sound(_, payload) = &packet {
                end.heard = payload.clone();
            }
            end.kept.push((at, packet));
            self.hand_over(side);
        }
        while let Some(entry) = self.later.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Later::Stored(number, page) => {
                    self.receiver.durable.push(page);
                    self.input(Side::Receiver, Input::PageStored { page: number });
                }
                Later::Mishap => self.strike(),
                Later::Bye(side) => self.input(side, Input::LineEnded),
            }
        }
        for side in [Side::Sender, Side::Receiver] {
            self.keep_time(side);
            let timeout =
                if side == Side::Sender { self.sender.timeout } else { self.of_receiver(self.receiver.timeout) };
            if timeout <= now {
                self.wakes += 1;
                self.input(side, Input::Timeout);
            }
        }
    }

    /// What whoever keeps the time for a session does: sends what is due, and hands over what was kept until now.
    fn keep_time(&mut self, side: Side) {
        let now = self.clock(side).instant;
        while let Some(entry) = self.end(side).leaving.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Packet::Datagram(bytes) => self.fly(side, bytes),
                Packet::Sound(timestamp, payload) => {
                    let payload = self.echoed(side, payload);
                    self.launch(side, Packet::Sound(timestamp, payload));
                }
            }
        }
        self.hand_over(side);
    }

    fn hand_over(&mut self, side: Side) {
        let (now, law) = (self.clock(side), self.law);
        if self.end(side).until > now.instant {
            return;
        }
        let end = self.end(side);
        let kept = std::mem::take(&mut end.kept);
        end.until = end.next_until.take().unwrap_or(end.until);
        let mut left = kept.len();
        for (at, packet) in &kept {
            left -= 1;
            let input = match packet {
                Packet::Datagram(bytes) => Input::Datagram(bytes),
                Packet::Sound(timestamp, payload) => Input::Sound { at: *at, timestamp: *timestamp, law, payload },
            };
            if left > 0 {
                self.end(side).session.part(now, input);
            } else {
                self.wakes += 1;
                self.input(side, input);
            }
        }
    }

    /// What must hold at every instant.
    fn check(&self) {
        let durable = u32::try_from(self.receiver.durable.len()).unwrap();
        let confirmed = self.sender.progress.last().map_or(0, |(pages, _)| *pages);
        assert!(
            confirmed <= durable,
            "the sender saw {confirmed} pages confirmed and {durable} are durable {:#?} {:#?}",
            self.sender.trace,
            self.receiver.trace
        );
        if let Some(outcome) = &self.receiver.finished {
            assert!(outcome.pages_confirmed <= durable, "{outcome:?}");
        }
    }

    fn schedule(&mut self, after: Duration, what: Later) {
        self.serial += 1;
        self.later.insert((self.now.instant + after, self.serial), what);
    }

    fn strike(&mut self) {
        match self.mishap.take() {
            Some(Mishap::DropAtReceivedPage(_) | Mishap::DropAfterProgress(..) | Mishap::DropAfterDocument(..)) => {
                self.flying.clear();
                self.input(Side::Sender, Input::LineEnded);
                self.input(Side::Receiver, Input::LineEnded);
            }
            Some(Mishap::KillReceiverAtPage(_)) => {
                self.receiver.worker = None;
                self.input(Side::Receiver, Input::WorkerGone);
            }
            Some(Mishap::KillSenderAfterProgress(..)) => {
                self.sender.worker = None;
                self.input(Side::Sender, Input::WorkerGone);
            }
            Some(Mishap::SwitchAfter(_, max_bit_rate)) => {
                for side in [Side::Sender, Side::Receiver] {
                    self.input(side, Input::Switch { max_datagram: 400, redundancy: true, max_bit_rate });
                }
            }
            Some(Mishap::CancelAfterProgress(..)) => self.input(Side::Sender, Input::Cancel),
            Some(Mishap::OutageAfterProgress(_, _, lasts, away)) => self.outage = (away, self.now.instant + lasts),
            Some(Mishap::HangReceiver(_)) => self.receiver.hung = true,
            Some(Mishap::FillDiskAfterProgress(..)) => {
                let (_, files) = self.receiver.worker.as_ref().unwrap();
                rustix::fs::fcntl_add_seals(files.document(), rustix::fs::SealFlags::GROW).unwrap();
            }
            Some(Mishap::Garble { .. } | Mishap::Withdraw(_) | Mishap::NoneAfterDocument(_)) | None => {}
        }
    }

    /// What the end's own clock says.
    fn clock(&self, side: Side) -> Now {
        if side == Side::Sender || self.net.skew == 0 {
            return self.now;
        }
        let nanos = i128::from(self.now.instant.nanos()) * i128::from(1_000_000 + self.net.skew) / 1_000_000;
        Now { instant: Instant::from_nanos(nanos as u64), ..self.now }
    }

    /// When it is by our clock, if it is then by the receiver's.
    fn of_receiver(&self, at: Instant) -> Instant {
        if self.net.skew == 0 || at == Instant::FAR_FUTURE {
            return at;
        }
        // Late by less than a microsecond, so that it has come by its clock too.
        let nanos = i128::from(at.nanos()) * 1_000_000 / i128::from(1_000_000 + self.net.skew) + 1000;
        Instant::from_nanos(nanos as u64)
    }

    fn input(&mut self, side: Side, input: Input<'_>) {
        let now = self.clock(side);
        let was_finished = self.end(side).finished.is_some();
        self.end(side).session.handle_input(now, input);
        self.drain(side);
        // Who has finished hangs up, and the other end hears it.
        if !was_finished && self.end(side).finished.is_some() {
            let other = if side == Side::Sender { Side::Receiver } else { Side::Sender };
            self.schedule(self.net.delay + self.net.jitter, Later::Bye(other));
        }
    }

    fn drain(&mut self, side: Side) {
        let now = self.clock(side).instant;
        loop {
            let output = self.end(side).session.poll_output();
            match output {
                Output::Timeout(at) => {
                    self.end(side).timeout = at;
                    return;
                }
                Output::Worker(order) => self.give(side, &order),
                Output::KillWorker => self.end(side).worker = None,
                Output::Datagram { data, due } => self.end(side).leaves(due, Packet::Datagram(data)),
                Output::Sound(spans) => {
                    for Span { payload, due } in spans {
                        self.phases.insert(due.nanos() % 20_000_000);
                        let end = self.end(side);
                        let timestamp = end.timestamp;
                        end.timestamp = timestamp.wrapping_add(payload.len() as u32);
                        end.leaves(due, Packet::Sound(timestamp, payload));
                    }
                }
                Output::Gather { until } => {
                    let late =
                        if self.late.is_zero() { 0 } else { self.random.next_u64() % self.late.as_nanos() as u64 };
                    let until = until + Duration::from_nanos(late);
                    let end = self.end(side);
                    // What is late is not put off by what is wanted next.
                    if end.until > now && !end.kept.is_empty() {
                        end.next_until = Some(until);
                    } else {
                        end.until = until;
                    }
                }
                Output::StorePage { number, page, .. } => self.store(number, page),
                Output::StoreProgress { pages_confirmed, last_page_begins } => {
                    self.sender.progress.push((pages_confirmed, last_page_begins));
                    if let Some(Mishap::Withdraw(follower)) = self.mishap {
                        self.sender.session.handle_input(self.now, Input::Withdraw(follower));
                    }
                    self.sender.session.handle_input(self.now, Input::ProgressStored);
                    match self.mishap {
                        Some(
                            Mishap::DropAfterProgress(pages, after)
                            | Mishap::KillSenderAfterProgress(pages, after)
                            | Mishap::FillDiskAfterProgress(pages, after)
                            | Mishap::CancelAfterProgress(pages, after)
                            | Mishap::OutageAfterProgress(pages, after, ..),
                        ) if pages == pages_confirmed => self.schedule(after, Later::Mishap),
                        _ => {}
                    }
                }
                Output::DocumentSent { outcome, .. } => self.document_sent(outcome),
                Output::AskedFor(named) => self.asked_for(side, &named),
                Output::DocumentReceived(outcome) => self.receiver.documents.push(outcome),
                Output::Trace { mark, title, detail } => {
                    let at = self.now.instant;
                    self.end(side).trace.push(format!("{at:?} {mark:?} {title} {detail}"));
                }
                Output::Modem(_) => panic!("no modem here"),
                Output::Progress { .. } => {}
                Output::Finished(outcome) => {
                    assert!(self.end(side).finished.is_none(), "finished twice");
                    // What has not left by now does not any more.
                    self.end(side).leaving.clear();
                    self.end(side).finished = Some(outcome);
                    self.end(side).worker = None;
                }
            }
        }
    }

    fn asked_for(&mut self, side: Side, named: &Inside) {
        assert_eq!(side, Side::Sender, "whoever calls to fetch is not asked");
        let now = self.now;
        match self.held.clone() {
            Some((needed, pages)) if needed == *named => {
                self.sender.session.handle_input(now, Input::Give { pages: &pages });
            }
            _ => {
                let why = "not theirs".to_owned();
                self.sender.session.handle_input(now, Input::Refuse { cause: Cause::FetchRefused, why });
            }
        }
    }

    fn document_sent(&mut self, outcome: Outcome) {
        let number = self.sender.sent.len();
        self.sender.sent.push(outcome);
        let none = self.mishap == Some(Mishap::NoneAfterDocument(number));
        let follows = if none { Input::NoDocument } else { Input::DocumentBegun };
        // What it says from here on is of another document.
        self.sender.progress.clear();
        self.sender.session.handle_input(self.now, follows);
        if let Some(Mishap::DropAfterDocument(document, after)) = self.mishap
            && document == number
        {
            self.schedule(after, Later::Mishap);
        }
    }

    fn store(&mut self, number: u32, page: Page) {
        self.receiver.offered.push(page.clone());
        match self.mishap {
            Some(Mishap::DropAtReceivedPage(at) | Mishap::KillReceiverAtPage(at)) if at == number => {
                self.schedule(Duration::ZERO, Later::Mishap);
            }
            _ => {}
        }
        match self.disk {
            Disk::Refuses { page: refused } if refused == number => {
                self.receiver.session.handle_input(self.clock(Side::Receiver), Input::PageNotStored { page: number });
            }
            Disk::Refuses { .. } => self.schedule(Duration::from_millis(10), Later::Stored(number, page)),
            Disk::Takes(time) => self.schedule(time, Later::Stored(number, page)),
        }
    }

    fn give(&mut self, side: Side, order: &ToWorker) {
        if self.end(side).hung {
            return;
        }
        let Some((channel, files)) = &self.end(side).worker else { return };
        channel.order(files, order).expect("the worker lives");
        self.orders += 1;
        if *order != ToWorker::Stop {
            self.hear(side);
        }
    }

    /// Takes the worker's reports until it waits for us.
    fn hear(&mut self, side: Side) {
        let now = self.clock(side);
        loop {
            let end = self.end(side);
            let Some((channel, files)) = &end.worker else { return };
            for report in channel.reports(files).expect("the worker lives") {
                let waits = report.waits();
                end.session.handle_input(now, Input::Worker(report));
                if waits {
                    return;
                }
            }
        }
    }
}

/// A page of something like text: every row differs from page to page.
pub(crate) fn page(rows: u32, seed: u32) -> Page {
    let mut bitmap = Bitmap::new(1728, rows);
    for y in 0..rows {
        if y % 40 < 26 {
            for word in 0..24u32 {
                let at = word * 72 + (seed * 7 + y / 40 * 13 + word * word) % 31;
                bitmap.fill_run(y, at, at + 3 + (y * 5 + word * 11 + seed) % 17);
                bitmap.fill_run(y, at + 30, at + 34 + (y + word) % 9);
            }
        }
    }
    Page::encode(&bitmap, 204, 196)
}

pub(crate) fn pages(count: u32) -> Vec<Page> {
    (1..=count).map(|seed| page(500, seed)).collect()
}

/// The seeds to run: `FRONTDESK_SEEDS` of them.
pub(crate) fn seeds(default: u64) -> std::ops::Range<u64> {
    let count = std::env::var("FRONTDESK_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    0..count
}

pub(crate) fn assert_same(received: &[Page], sent: &[Page]) {
    assert_eq!(received.len(), sent.len(), "pages");
    for (number, (received, sent)) in received.iter().zip(sent).enumerate() {
        assert_eq!((received.x_dpi, received.y_dpi), (sent.x_dpi, sent.y_dpi));
        assert!(received.decode().unwrap() == sent.decode().unwrap(), "page {} differs", number + 1);
    }
}
