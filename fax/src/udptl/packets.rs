//! Both directions of a session of UDPTL: what goes out is numbered and repeated, what comes is put in order and waits to be taken.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use model::Instant;

use super::{Received, Receiver, Sender};

/// How long sound may come after the call has changed to T.38: their end learns it by our answer, and sends until then.
const STRAY: Duration = Duration::from_secs(3);
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
    /// Further copies of packets, by when they are due.
    copies: VecDeque<(Instant, Bytes)>,
    /// Packets that wait for the engine.
    waiting: VecDeque<Received>,
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
            copies: VecDeque::new(),
            waiting: VecDeque::new(),
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
        self.receiver.timeout().into_iter().chain(self.copies_due()).min()
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

    /// The datagram for a packet of the engine. Its further copies follow by themselves.
    pub(crate) fn encode(&mut self, now: Instant, ifp: &[u8], copies: u8) -> Bytes {
        let datagram = self.sender.encode(ifp);
        for copy in 1..u32::from(copies.clamp(1, MAX_COPIES)) {
            self.copies.push_back((now + COPY_SPACING * copy, datagram.clone()));
        }
        self.copies.make_contiguous().sort_by_key(|(at, _)| *at);
        datagram
    }

    /// The next copy that is due.
    pub(crate) fn copy(&mut self, now: Instant) -> Option<Bytes> {
        self.copies.pop_front_if(|(at, _)| *at <= now).map(|(_, copy)| copy)
    }

    pub(crate) fn forget_copies(&mut self) {
        self.copies.clear();
    }

    /// Moves what is in order to what waits. True if there was anything.
    pub(crate) fn take(&mut self) -> bool {
        let mut any = false;
        while let Some(packet) = self.receiver.poll() {
            any = true;
            if self.waiting.len() < MAX_WAITING {
                self.waiting.push_back(packet);
            } else {
                self.dropped = self.dropped.saturating_add(1);
            }
        }
        any
    }

    /// When the next copy is.
    pub(crate) fn copies_due(&self) -> Option<Instant> {
        self.copies.front().map(|(at, _)| *at)
    }
}
