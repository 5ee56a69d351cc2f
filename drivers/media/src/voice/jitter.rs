//! The jitter buffer of what is decoded: packets in the order of their numbers, one step of sound after the other.
//!
//! It waits as long as this network needs: at the beginning, and whenever it has run dry, for as much as packets were late by in the last
//! seconds. When it has held more than it needed for some time, a step is left out.
//!
//! [`Jitter::put`] is called on the way of a forwarded packet: it copies into memory that is there, and does nothing else. A packet that is
//! larger than that is lost, and by the next step there is room for its like.

use std::time::Duration;

use model::Instant;

use super::TICK;
use crate::rtp::Rtp;

/// Packets that are kept: 640 ms of a usual phone. What is further ahead is another stream.
const SLOTS: usize = 32;
/// Bytes of one packet at first: G.711 of 30 ms, and Opus at 64 kbit/s.
const FIRST_ROOM: usize = 240;
/// And at most: G.711 of 120 ms.
const MOST_ROOM: usize = 960;
/// A packet that is older by so many numbers is no late one: its sender began anew.
const ANEW: u16 = 100;
/// It never waits for longer than this: with more delay people talk into each other's sentences.
const MOST_DELAY: Duration = Duration::from_millis(200);
/// It always waits for so much more than packets were late by.
const RESERVE: Duration = Duration::from_millis(10);
/// Lateness is forgotten by half in some three seconds.
const FORGET: u64 = 256;
/// How long the least transit time is believed; clocks drift.
const LEAST_FOR: Duration = Duration::from_secs(10);
/// Steps over which more than what was needed must have waited before one is left out: four seconds.
const PATIENCE: u32 = 200;
/// What may wait at the quietest moment. Beyond, it is delay without a use.
const SPARE: Duration = Duration::from_millis(35);
/// Steps without a packet after which the buffer has run dry.
const DRY: u32 = 3;

/// What the next step is made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next<'a> {
    /// A packet.
    Packet { payload_type: u8, payload: &'a [u8] },
    /// One that is missing while later ones are there.
    Lost,
    /// Nothing is there, but a moment ago there was.
    Late,
    /// Nothing is expected: the party has not spoken yet, or the buffer fills.
    Waiting,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    sequence: u16,
    payload_type: u8,
    length: usize,
    full: bool,
}

/// The packets of one party.
#[derive(Debug)]
pub(crate) struct Jitter {
    slots: [Slot; SLOTS],
    data: Vec<u8>,
    /// Bytes of a slot, and of the largest packet that found none.
    room: usize,
    wanted: usize,
    ssrc: u32,
    /// The number to be heard next, once there was one.
    next: Option<u16>,
    /// The number after the newest.
    end: u16,
    /// The buffer fills since then.
    filling: Option<Instant>,
    /// Steps without anything.
    dry: u32,
    transit: Transit,
    /// Microseconds of sound in a packet, as far as is known.
    packet_us: u64,
    least: Least,
}

/// How late packets are.
#[derive(Debug, Default)]
struct Transit {
    /// The least transit time of this span and of the one before, in microseconds.
    least: Option<i64>,
    before: Option<i64>,
    since: Option<Instant>,
    /// How late the latest were, in microseconds, slowly forgotten.
    late_us: u64,
}

/// The least that waited at a step.
#[derive(Debug, Default)]
struct Least {
    steps: u32,
    us: Option<u64>,
}

impl Default for Jitter {
    fn default() -> Self {
        let empty = Slot { sequence: 0, payload_type: 0, length: 0, full: false };
        Self {
            slots: [empty; SLOTS],
            data: vec![0; SLOTS * FIRST_ROOM],
            room: FIRST_ROOM,
            wanted: FIRST_ROOM,
            ssrc: 0,
            next: None,
            end: 0,
            filling: None,
            dry: 0,
            transit: Transit::default(),
            packet_us: TICK.as_micros() as u64,
            least: Least::default(),
        }
    }
}

impl Jitter {
    /// A packet came.
    pub(crate) fn put(&mut self, now: Instant, rtp: &Rtp, clock: u32, payload: &[u8]) {
        let ahead = self.next.map_or(0, |next| rtp.sequence.wrapping_sub(next));
        let old = ahead >= 1 << 15;
        let another = rtp.ssrc != self.ssrc || if old { ahead < u16::MAX - ANEW } else { usize::from(ahead) >= SLOTS };
        if rtp.ssrc != self.ssrc {
            self.ssrc = rtp.ssrc;
            self.transit = Transit { late_us: self.transit.late_us, ..Transit::default() };
        }
        let late_us = self.transit.late(now, rtp.timestamp, clock);
        self.transit.remember(late_us);
        if self.next.is_none() || another {
            self.begin(now, late_us, rtp.sequence);
        } else if old {
            // It will be waited for next time.
            return;
        }
        if payload.len() > self.room {
            self.wanted = payload.len();
            return;
        }
        self.keep(rtp, payload);
    }

    /// A packet came that is no sound, and has a number among those that are: a telephone event. There is nothing to hear in its place.
    pub(crate) fn pass(&mut self, rtp: &Rtp) {
        let is_among = |next: u16| usize::from(rtp.sequence.wrapping_sub(next)) < SLOTS;
        if rtp.ssrc == self.ssrc && self.next.is_some_and(is_among) {
            self.keep(rtp, &[]);
        }
    }

    /// Puts one where its number is. One without a byte takes no time.
    fn keep(&mut self, rtp: &Rtp, payload: &[u8]) {
        let at = usize::from(rtp.sequence) % SLOTS;
        let (Some(slot), Some(place)) =
            (self.slots.get_mut(at), self.data.get_mut(at * self.room..at * self.room + payload.len()))
        else {
            return;
        };
        place.copy_from_slice(payload);
        *slot = Slot { sequence: rtp.sequence, payload_type: rtp.payload_type, length: payload.len(), full: true };
        if !(1..1 << 15).contains(&self.end.wrapping_sub(rtp.sequence)) {
            self.end = rtp.sequence.wrapping_add(1);
        }
    }

    /// What is to be heard next.
    pub(crate) fn next(&mut self, now: Instant) -> Next<'_> {
        self.grow();
        let Some(next) = self.next else { return Next::Waiting };
        if let Some(since) = self.filling {
            if now < since + self.target() {
                return Next::Waiting;
            }
            self.filling = None;
            self.dry = 0;
        }
        let next = self.skip(next);
        if next == self.end {
            self.dry += 1;
            if self.dry >= DRY {
                // The next packet that comes begins a new wait.
                self.next = None;
            }
            return Next::Late;
        }
        self.dry = 0;
        self.next = Some(next.wrapping_add(1));
        let at = usize::from(next) % SLOTS;
        let (room, slot) = (self.room, &mut self.slots[at]);
        if !(slot.full && slot.sequence == next) {
            return Next::Lost;
        }
        slot.full = false;
        Next::Packet { payload_type: slot.payload_type, payload: &self.data[at * room..at * room + slot.length] }
    }

    /// Leaves out what takes no time, from the number that would be next. The one that is.
    fn skip(&mut self, mut next: u16) -> u16 {
        while next != self.end {
            let slot = &mut self.slots[usize::from(next) % SLOTS];
            if !slot.full || slot.sequence != next || slot.length > 0 {
                break;
            }
            slot.full = false;
            next = next.wrapping_add(1);
        }
        self.next = Some(next);
        next
    }

    /// The packet that is to be heard after the one that was asked for last, if it is there.
    pub(crate) fn following(&self) -> Option<&[u8]> {
        let next = self.next.filter(|next| *next != self.end)?;
        let at = usize::from(next) % SLOTS;
        let slot = self.slots.get(at).filter(|slot| slot.full && slot.sequence == next && slot.length > 0)?;
        self.data.get(at * self.room..at * self.room + slot.length)
    }

    /// How long a packet is, in microseconds.
    pub(crate) const fn packet_us(&self) -> u64 {
        self.packet_us
    }

    /// How long the last packet was.
    pub(crate) fn lasted(&mut self, micros: u64) {
        self.packet_us = micros.max(1_000);
    }

    /// True if so much has waited for so long, beside `rest_us` that is decoded already, that a step should be left out. Asked once in
    /// each step.
    pub(crate) fn too_much(&mut self, rest_us: u64) -> bool {
        if self.filling.is_some() || self.next.is_none() {
            self.least = Least::default();
            return false;
        }
        let waits = self.waiting_us() + rest_us;
        self.least.us = Some(self.least.us.map_or(waits, |least| least.min(waits)));
        self.least.steps += 1;
        if self.least.steps < PATIENCE {
            return false;
        }
        let least = std::mem::take(&mut self.least).us.unwrap_or(0);
        least > SPARE.as_micros() as u64
    }

    /// A stream begins, or goes on after the buffer has run dry: then its first packet is late already, and waits the less for it.
    fn begin(&mut self, now: Instant, late_us: u64, sequence: u16) {
        self.slots.iter_mut().for_each(|slot| slot.full = false);
        self.next = Some(sequence);
        self.end = sequence;
        self.filling = Some(Instant::from_nanos(now.nanos().saturating_sub(late_us * 1000)));
    }

    /// How long to wait before the first packet is heard.
    fn target(&self) -> Duration {
        (Duration::from_micros(self.transit.late_us) + RESERVE).min(MOST_DELAY)
    }

    fn waiting_us(&self) -> u64 {
        self.next.map_or(0, |next| u64::from(self.end.wrapping_sub(next)) * self.packet_us)
    }

    fn grow(&mut self) {
        if self.wanted > self.room {
            self.room = self.wanted.next_multiple_of(FIRST_ROOM).min(MOST_ROOM);
            self.wanted = self.room;
            self.data = vec![0; SLOTS * self.room];
            self.slots.iter_mut().for_each(|slot| slot.full = false);
        }
    }
}

impl Transit {
    /// By how many microseconds a packet is later than the earliest ones of these days.
    fn late(&mut self, now: Instant, timestamp: u32, clock: u32) -> u64 {
        let sent_us = i64::from(timestamp) * 1_000_000 / i64::from(clock.max(1));
        let transit = i64::try_from(now.nanos() / 1000).unwrap_or(i64::MAX) - sent_us;
        if self.since.is_none_or(|since| now.saturating_since(since) >= LEAST_FOR) {
            (self.before, self.least, self.since) = (self.least, Some(transit), Some(now));
        }
        let least = [self.least, self.before].into_iter().flatten().min().unwrap_or(transit);
        if transit < least {
            self.least = Some(transit);
        }
        let late = u64::try_from(transit - least).unwrap_or(0);
        // A clock that jumped, or timestamps without sense: nothing that waiting could mend.
        if late > 2 * MOST_DELAY.as_micros() as u64 {
            (self.before, self.least) = (None, Some(transit));
            return 0;
        }
        late
    }

    fn remember(&mut self, late: u64) {
        self.late_us = late.max(self.late_us - self.late_us / FORGET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rtp(sequence: u16) -> Rtp {
        Rtp { payload_type: 0, sequence, timestamp: 160 * u32::from(sequence), ssrc: 1, start: 0, end: 0 }
    }

    /// Packets `(number, arrival in ms)` against steps of 20 ms; what each step gives: the number, `x` lost, `~` late, `.` waiting.
    fn heard(packets: &[(u16, u64)], steps: u64) -> String {
        let mut jitter = Jitter::default();
        let mut packets = packets.iter().peekable();
        let mut out = String::new();
        for step in 0..steps {
            let now = Instant::from_nanos(step * 20_000_000);
            while let Some((number, at)) = packets.next_if(|(_, at)| *at <= step * 20) {
                jitter.put(Instant::from_nanos(at * 1_000_000), &rtp(*number), 8000, &number.to_be_bytes());
            }
            out.push_str(&match jitter.next(now) {
                Next::Packet { payload, .. } => format!("{} ", u16::from_be_bytes([payload[0], payload[1]])),
                Next::Lost => "x ".to_owned(),
                Next::Late => "~ ".to_owned(),
                Next::Waiting => ". ".to_owned(),
            });
        }
        out
    }

    #[test]
    fn a_good_network_is_waited_for_once() {
        let packets: Vec<_> = (0..6).map(|n| (n, 5 + 20 * u64::from(n))).collect();
        assert_eq!(heard(&packets, 8), ". 0 1 2 3 4 5 ~ ");
    }

    #[test]
    fn order_is_restored_and_what_is_missing_is_said() {
        assert_eq!(heard(&[(7, 0), (9, 10), (8, 11), (11, 20), (12, 21)], 8), ". . 7 8 9 x 11 12 ");
    }

    #[test]
    fn numbers_go_round() {
        assert_eq!(heard(&[(65_534, 0), (65_535, 1), (0, 2), (2, 3)], 7), ". 65534 65535 0 x 2 ~ ");
    }

    #[test]
    fn it_runs_dry_and_waits_longer_the_next_time() {
        // Packet 3 is 75 ms late: from then on such lateness is waited for.
        let packets = [(0, 0), (1, 20), (2, 40), (3, 135), (4, 136), (5, 137), (6, 138), (7, 140), (8, 160), (9, 180)];
        assert_eq!(heard(&packets, 16), ". 0 1 2 ~ ~ ~ . 3 4 5 6 7 8 9 ~ ");
    }

    #[test]
    fn a_new_stream_begins_anew() {
        assert_eq!(heard(&[(1, 0), (2, 20), (3, 40), (30_000, 60), (30_001, 80)], 7), ". 1 2 . 30000 30001 ~ ");
    }

    #[test]
    fn what_is_no_sound_takes_no_time() {
        let mut jitter = Jitter::default();
        let at = |millis: u64| Instant::from_nanos(millis * 1_000_000);
        jitter.pass(&rtp(0));
        assert_eq!(jitter.next(at(0)), Next::Waiting, "nothing begins with it");
        jitter.put(at(0), &rtp(1), 8000, &[1]);
        jitter.pass(&rtp(2));
        jitter.pass(&rtp(3));
        jitter.put(at(20), &rtp(4), 8000, &[4]);
        jitter.pass(&rtp(5));
        assert_eq!(jitter.next(at(40)), Next::Packet { payload_type: 0, payload: &[1] });
        assert_eq!(jitter.next(at(60)), Next::Packet { payload_type: 0, payload: &[4] });
        for millis in [80, 100, 120] {
            jitter.pass(&rtp(6 + (millis / 20) as u16 - 4));
            assert_eq!(jitter.next(at(millis)), Next::Late, "it keeps no buffer from running dry");
        }
        assert_eq!(jitter.next(at(140)), Next::Waiting);
    }

    #[test]
    fn a_large_packet_makes_room_for_its_like() {
        let mut jitter = Jitter::default();
        let large = [1; 480];
        let later = Instant::from_nanos(1 << 30);
        jitter.put(Instant::ZERO, &rtp(0), 8000, &[0]);
        jitter.put(Instant::ZERO, &rtp(1), 8000, &large);
        jitter.put(Instant::ZERO, &rtp(2), 8000, &[2]);
        assert_eq!(jitter.next(Instant::ZERO), Next::Waiting);
        jitter.put(Instant::ZERO, &rtp(3), 8000, &large);
        for _ in 0..3 {
            assert_eq!(jitter.next(later), Next::Lost, "what was there is let go of with the memory");
        }
        assert_eq!(jitter.next(later), Next::Packet { payload_type: 0, payload: &large });
    }
}
