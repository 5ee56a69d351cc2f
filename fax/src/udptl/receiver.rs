//! Puts what comes from the wire in order.

use std::collections::VecDeque;
use std::time::Duration;

use model::Instant;

use super::parity::Known;
use super::wire::{Datagram, Recovery};

/// How many arrived packets may wait for one before them. With redundancy 3 a missing one has come by then, or never will.
const MAX_HELD: usize = 3;
/// How long a packet waits for one before it. The engine's shortest answer time is 75 ms, its timers are seconds.
const MAX_WAIT: Duration = Duration::from_millis(100);
/// A number further ahead than this is not waited for: it is a new count (the far end restarted its session), or the network was away for seconds.
const WINDOW: u16 = 256;
/// As far ahead as this it may be either, and what is said of the gap is what was lost in the second case: a minute of packets.
const LONGEST_OUTAGE: u16 = 2000;
/// A first packet with a number up to this one is not the first that was sent.
const LATE_START: u16 = 16;
/// So many packets in a row from before the expected one, and the far end has begun to count anew. Repeats of one packet, and
/// what the network doubles, stay below.
const OLD_BEFORE_RESTART: u32 = 32;
/// Packets that wait to be taken: far more than one datagram can set free.
const MAX_READY: usize = 64;

/// A packet, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Rises by one per packet; a gap says how many are lost. It is our own count, which survives a restart of theirs.
    pub seq: u16,
    /// The packet.
    pub ifp: Vec<u8>,
}

#[derive(Debug)]
struct Held {
    /// Of the wire.
    seq: u16,
    ifp: Vec<u8>,
    repaired: bool,
    since: Instant,
}

/// Puts what comes from the wire in order.
#[derive(Debug, Default)]
pub struct Receiver {
    /// The wire's next number; unknown before the first packet.
    expected: Option<u16>,
    /// Our number of that packet.
    count: u16,
    /// Packets after the expected one, in order, without doubles.
    held: VecDeque<Held>,
    /// For the parities of who sends them.
    known: Known,
    ready: VecDeque<Received>,
    old_in_a_row: u32,
    repaired: u32,
    lost: u32,
    malformed: u32,
}

impl Receiver {
    /// A receiver that expects nothing yet: the first packet begins the count.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a datagram.
    pub fn receive(&mut self, now: Instant, bytes: &[u8]) {
        let Ok(datagram) = Datagram::parse(bytes) else {
            self.malformed = self.malformed.saturating_add(1);
            return;
        };
        // A count begins at 0. The very first packets may be lost like any other.
        let first = if datagram.seq <= LATE_START { 0 } else { datagram.seq };
        let expected = *self.expected.get_or_insert(first);
        let ahead = datagram.seq.wrapping_sub(expected);
        if ahead >= 0x8000 {
            self.old_in_a_row += 1;
            if self.old_in_a_row <= OLD_BEFORE_RESTART {
                return;
            }
            self.restart(datagram.seq, 1);
        } else if ahead > WINDOW {
            self.restart(datagram.seq, if ahead > LONGEST_OUTAGE { 1 } else { ahead });
        }
        self.old_in_a_row = 0;
        self.hold(now, datagram.seq, datagram.primary, false);
        match &datagram.recovery {
            Recovery::Redundancy(copies) => {
                let mut seq = datagram.seq;
                for copy in copies {
                    seq = seq.wrapping_sub(1);
                    self.hold(now, seq, copy, true);
                }
            }
            Recovery::Parity { span, parities } => {
                self.known.put(datagram.seq, datagram.primary);
                for (seq, ifp) in self.known.repair(datagram.seq, *span, parities) {
                    self.hold(now, seq, &ifp, true);
                }
            }
        }
        self.release(now);
    }

    /// Gives up waiting for what does not come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.release(now);
    }

    /// When to call [`Receiver::handle_timeout`].
    pub fn timeout(&self) -> Option<Instant> {
        self.held.iter().map(|held| held.since + MAX_WAIT).min()
    }

    /// The next packet in order.
    pub fn poll(&mut self) -> Option<Received> {
        self.ready.pop_front()
    }

    /// Packets that were taken from the redundancy of a later one.
    pub const fn repaired(&self) -> u32 {
        self.repaired
    }

    /// Packets that never came.
    pub const fn lost(&self) -> u32 {
        self.lost
    }

    /// Datagrams that were no UDPTL.
    pub const fn malformed(&self) -> u32 {
        self.malformed
    }

    /// The far end counts from `seq` now, and so many packets are missing. What was held is given out first.
    fn restart(&mut self, seq: u16, missing: u16) {
        while !self.held.is_empty() {
            self.skip_gap();
        }
        self.expected = Some(seq);
        self.known.forget();
        // One packet at least is missing as far as the engine is told, so that it distrusts the frame it was in.
        self.count = self.count.wrapping_add(missing);
        self.lost = self.lost.saturating_add(u32::from(missing));
    }

    fn hold(&mut self, now: Instant, seq: u16, ifp: &[u8], repaired: bool) {
        let Some(expected) = self.expected else { return };
        let ahead = seq.wrapping_sub(expected);
        if ahead > WINDOW {
            return;
        }
        let place = self.held.partition_point(|held| held.seq.wrapping_sub(expected) < ahead);
        if self.held.get(place).is_some_and(|held| held.seq == seq) {
            return;
        }
        self.held.insert(place, Held { seq, ifp: ifp.to_vec(), repaired, since: now });
    }

    /// Moves out what is in order, and what has waited long enough.
    fn release(&mut self, now: Instant) {
        loop {
            let Some((first, expected)) = self.held.front().zip(self.expected) else { return };
            let waits = first.seq != expected;
            let overdue = self.held.iter().any(|held| now.saturating_since(held.since) >= MAX_WAIT);
            let arrived = self.held.iter().filter(|held| !held.repaired).count();
            if waits && !overdue && arrived <= MAX_HELD {
                return;
            }
            self.skip_gap();
        }
    }

    /// Gives out the first held packet, counting those before it as lost.
    fn skip_gap(&mut self) {
        let Some((first, expected)) = self.held.pop_front().zip(self.expected) else { return };
        let gap = first.seq.wrapping_sub(expected);
        self.lost = self.lost.saturating_add(u32::from(gap));
        self.repaired = self.repaired.saturating_add(u32::from(first.repaired));
        self.count = self.count.wrapping_add(gap);
        self.expected = Some(first.seq.wrapping_add(1));
        // An empty packet keeps the path open. The engine need not know, and must not see a gap.
        if first.ifp.is_empty() {
            return;
        }
        if self.ready.len() < MAX_READY {
            self.ready.push_back(Received { seq: self.count, ifp: first.ifp });
        }
        self.count = self.count.wrapping_add(1);
    }
}
