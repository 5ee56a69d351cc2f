//! Both directions of a session of UDPTL: what goes out is numbered and repeated, what comes is put in order and waits to be taken.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use model::Instant;

use super::ifp::is_part_of_command;
use super::{Received, Receiver, Sender, is_page_data};

/// How long sound may come after the call has changed to T.38: their end learns it by our answer, and sends until then.
const STRAY: Duration = Duration::from_secs(3);
/// Packets of a page may be given to the engine so many at a time, or so long after they came: nobody answers in the midst of a page, and an
/// order to a worker costs more than what the engine does with it. Those of a command may where the engine only listens. After a page's last
/// signal the far end is silent for 75 ms and warns of its next command for a second (T.30 section 5.3.1), so an answer is late by none of this.
const MOST_HELD: usize = 20;
/// See above: as many, at 30 ms each.
const LONGEST_HELD: Duration = Duration::from_millis(600);
/// Octets of packets that are taken at once; a message to a worker holds twice as many.
const MOST_IN_ORDER: usize = 4 << 10;
/// Packets from the wire that wait to be taken. A page's worth of delay (1.5 s) is 50 packets.
const MAX_WAITING: usize = 128;
/// The copies of a packet follow each other at this distance, so that one short outage does not take them all.
const COPY_SPACING: Duration = Duration::from_millis(20);
/// Copies of one packet; the engine asks for three.
const MAX_COPIES: u8 = 3;

/// Packets: numbered, repeated, put in order.
#[derive(Debug)]
pub(crate) struct Packets {
    receiver: Receiver,
    sender: Sender,
    /// Packets that are not due yet, and further copies of those that were, by when they are.
    sending: VecDeque<(Instant, Bytes)>,
    /// The last of those that were handed over before they are due is due then.
    handed_until: Instant,
    /// When the packet is due that was numbered last: none overtakes another.
    last_due: Instant,
    /// Packets that wait for the engine.
    waiting: VecDeque<Received>,
    /// What waits is but parts of a page, and may wait until then.
    held_until: Option<Instant>,
    /// Packets that found no room there.
    dropped: u32,
    /// Until then, sound that was under way when T.38 was agreed may still come to the same port.
    stray_until: Instant,
}

/// A packet of G.711 or its comfort noise. Read as UDPTL it would be one in the midst of a count, and all that really come after it
/// would be old.
fn is_rtp(bytes: &[u8]) -> bool {
    matches!(bytes, [0x80 | 0xa0, second, ..] if matches!(second & 0x7f, 0 | 8 | 13)) && bytes.len() > 12
}

impl Packets {
    pub(crate) fn new(now: Instant, max_datagram: u16, redundancy: bool) -> Self {
        let most = usize::from(max_datagram);
        let sender = if redundancy { Sender::new(most) } else { Sender::without_redundancy(most) };
        Self {
            receiver: Receiver::new(),
            sender,
            sending: VecDeque::new(),
            handed_until: Instant::ZERO,
            last_due: Instant::ZERO,
            waiting: VecDeque::new(),
            held_until: None,
            dropped: 0,
            stray_until: now + STRAY,
        }
    }

    /// Takes a datagram. Sound that is still under way is none.
    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) {
        let stray = now < self.stray_until && is_rtp(bytes);
        if !stray {
            self.receiver.receive(now, bytes);
        }
    }

    /// Gives up waiting for what does not come.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.receiver.handle_timeout(now);
    }

    /// When something of it is due.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.receiver.timeout().into_iter().chain(self.next_due()).min()
    }

    /// The next packet for the engine, of those that [`Packets::take`] has moved.
    pub(crate) fn next(&mut self) -> Option<Received> {
        self.waiting.pop_front()
    }

    /// What was repaired, lost, and not understood.
    pub(crate) fn damage(&self) -> (u32, u32, u32) {
        let receiver = &self.receiver;
        (receiver.repaired(), receiver.lost().saturating_add(self.dropped), receiver.malformed())
    }

    /// Numbers a packet of the engine, which leaves when it is due. Its further copies follow by themselves.
    pub(crate) fn send(&mut self, due: Instant, ifp: &[u8], copies: u8) {
        let datagram = self.sender.encode(ifp);
        self.last_due = self.last_due.max(due);
        for copy in 0..u32::from(copies.clamp(1, MAX_COPIES)) {
            self.sending.push_back((self.last_due + COPY_SPACING * copy, datagram.clone()));
        }
        self.sending.make_contiguous().sort_by_key(|(at, _)| *at);
    }

    /// The next datagram that is due.
    pub(crate) fn due(&mut self, now: Instant) -> Option<Bytes> {
        self.sending.pop_front_if(|(at, _)| *at <= now).map(|(_, datagram)| datagram)
    }

    /// The next datagram, and when it is due, for a shell that keeps the time.
    pub(crate) fn hand_over(&mut self) -> Option<(Instant, Bytes)> {
        let (due, datagram) = self.sending.pop_front()?;
        self.handed_until = self.handed_until.max(due);
        Some((due, datagram))
    }

    pub(crate) fn forget_sending(&mut self) {
        self.sending.clear();
        self.handed_until = Instant::ZERO;
    }

    /// Moves what is in order to what waits, for an engine that only listens, or does not. True if there was anything.
    pub(crate) fn take(&mut self, now: Instant, listens: bool) -> bool {
        let mut any = false;
        while let Some(packet) = self.receiver.poll() {
            any = true;
            let is_part = is_page_data(&packet.ifp) || (listens && is_part_of_command(&packet.ifp));
            let may_wait = is_part && self.waiting.len() + 1 < MOST_HELD;
            self.held_until = match self.held_until {
                _ if !may_wait => None,
                None if self.waiting.is_empty() => Some(now + LONGEST_HELD),
                held => held,
            };
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(packet);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
        any
    }

    /// What waits, as much as fits into an order, and whether it begins within a page: then it may have been held, and the engine has
    /// nothing to say until it has it. If it ends there too, what follows is held as well.
    pub(crate) fn take_waiting(&mut self, now: Instant) -> (Vec<(u16, Vec<u8>)>, bool) {
        self.held_until = None;
        let within_a_page = self.waiting.front().is_some_and(|packet| is_page_data(&packet.ifp));
        let (mut taken, mut octets) = (Vec::new(), 0);
        while let Some(packet) =
            self.waiting.pop_front_if(|packet| octets == 0 || octets + packet.ifp.len() <= MOST_IN_ORDER)
        {
            octets += packet.ifp.len();
            taken.push((packet.seq, packet.ifp));
        }
        if self.waiting.is_empty() && taken.last().is_some_and(|(_, ifp)| is_page_data(ifp)) {
            self.held_until = Some(now + LONGEST_HELD);
        }
        (taken, within_a_page)
    }

    /// When the engine is to have what waits, if that may wait.
    pub(crate) const fn held_until(&self) -> Option<Instant> {
        self.held_until
    }

    /// The far end is in the midst of a page, as far as is known.
    pub(crate) fn is_within_a_page(&self) -> bool {
        self.held_until.is_some() && self.waiting.back().is_none_or(|packet| is_page_data(&packet.ifp))
    }

    /// When the next packet leaves.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.sending.front().map(|(at, _)| *at)
    }

    /// When the last packet leaves of those that were handed over.
    pub(crate) const fn handed_until(&self) -> Instant {
        self.handed_until
    }
}
