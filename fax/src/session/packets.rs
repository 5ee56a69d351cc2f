//! A call over T.38: what is kept together for the engine and given to it with the time that has passed, and what it says, which leaves when it is due.

use std::time::Duration;

use model::Instant;

use super::state::Session;
use super::{MAX_CATCH_UP, Output, TICK, TICK_SAMPLES, handed_over_for, on_the_beat};
use crate::worker::proto::{MOST_AHEAD, MOST_QUIET, ToWorker};

/// How long packets are kept together before a page, and between pages: each turn of the two ends is late by less.
const SHORT_GATHER: Duration = Duration::from_millis(60);

impl Session {
    pub(super) fn take_from_wire(&mut self, now: Instant) {
        let listens = !self.quiet.is_zero();
        if self.wire.packets().is_some_and(|packets| packets.take(now, listens)) {
            self.active = now;
        }
    }

    /// The packets that wait, and the time that has passed. Packets come about as often as the engine's clock moves on: one that comes a
    /// little before that brings it along, so that the clock is early by less than two steps.
    pub(super) fn packet_order(&mut self, now: Instant) -> Option<ToWorker> {
        let earlier = self.earlier(now);
        let packets = self.wire.packets()?;
        if packets.held_until().is_some_and(|until| now + earlier < until) {
            return None;
        }
        let (packets, within_a_page) = packets.take_waiting(now);
        if packets.is_empty() && now < self.next_tick + self.quiet {
            return None;
        }
        let most = self.quiet + MAX_CATCH_UP;
        if now.saturating_since(self.next_tick) > most {
            self.next_tick = on_the_beat(Instant::from_nanos(now.nanos() - most.as_nanos() as u64));
        }
        let (mut before, mut samples) = (0, 0);
        // Any other time passes in orders of its own, in each of which the engine may have something to say.
        while (within_a_page || !self.quiet.is_zero()) && self.next_tick + TICK <= now {
            self.next_tick = self.next_tick + TICK;
            before += TICK_SAMPLES;
        }
        self.order_began = self.next_tick.min(now);
        if packets.is_empty() {
            self.next_tick = self.next_tick + TICK;
            return Some(ToWorker::Tick { samples: before + TICK_SAMPLES });
        }
        if self.next_tick < now + TICK {
            self.next_tick = self.next_tick + TICK;
            samples = TICK_SAMPLES;
        }
        Some(ToWorker::Packets { before, packets, samples })
    }

    /// Has what comes kept together, as long as the engine need not have it.
    pub(super) fn gather_packets(&mut self, now: Instant) {
        let (paced, under_way) = (self.paced, self.under_way);
        let Some(packets) = self.wire.packets().filter(|_| paced) else { return };
        let Some(held_until) = packets.held_until() else { return };
        // Of the first, the check of the training is one that nothing follows.
        let longest = if under_way && packets.is_within_a_page() { held_until } else { now + SHORT_GATHER };
        let until = handed_over_for(held_until).min(longest);
        if self.gathered_until <= now && until > now {
            self.gathered_until = until;
            self.out.push_back(Output::Gather { until });
        }
    }

    /// The engine has gone on beyond its order: the next one is for the time after that.
    pub(super) fn ran_ahead(&mut self, samples: u16) {
        let ahead = TICK * u32::from(samples.min(MOST_AHEAD)) / u32::from(TICK_SAMPLES);
        self.next_tick = self.next_tick + ahead;
    }

    /// The engine waits for the far end.
    pub(super) fn rests(&mut self, samples: u16) {
        self.quiet = TICK * u32::from(samples.min(MOST_QUIET)) / u32::from(TICK_SAMPLES);
    }

    /// Puts a packet of the engine on the wire.
    pub(super) fn transmit(&mut self, now: Instant, ifp: &[u8], copies: u8, after: u16) {
        let after = TICK * u32::from(after.min(MOST_AHEAD)) / u32::from(TICK_SAMPLES);
        let due = if after.is_zero() { now } else { self.order_began + after };
        // A packet from before, in the midst of a change to sound, cannot be: there is no such change.
        let Some(packets) = self.wire.packets() else { return };
        packets.send(due, ifp, copies);
        self.active = now;
        self.send_due(now);
    }

    pub(super) fn send_due(&mut self, now: Instant) {
        let paced = self.paced;
        let Some(packets) = self.wire.packets() else { return };
        let mut next = || if paced { packets.hand_over() } else { packets.due(now).map(|datagram| (now, datagram)) };
        while let Some((due, data)) = next() {
            self.out.push_back(Output::Datagram { data, due });
        }
    }
}
