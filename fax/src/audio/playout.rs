//! The jitter buffer of a modem: fixed, and never silent by itself.

use std::time::Duration;

use model::Instant;

use super::Law;

/// From the moment a sample comes to the moment it is played, for the packets that come fastest. What comes later than that is lost;
/// networks on which a fax has a chance stay far below. T.30's timers (3 s) do not notice.
pub const DEPTH: Duration = Duration::from_millis(160);
/// The same in samples.
const DEPTH_SAMPLES: u32 = 1280;
/// How much is kept: a packet further ahead than this is not of the same count. A power of two, so that timestamps wrap cleanly.
const RING: usize = 8192;
/// What is lost is filled with what was played this many samples before: 20 ms hold whole numbers of cycles of V.17's and V.29's
/// carriers and symbols (1800 Hz and 1700 Hz, 2400 baud), so that the modem's clocks and equalizer stay where they are.
const PERIOD: usize = 160;
/// So long one gap is filled; what is longer is a stream that has stopped, and then the modem must see its carrier go.
const LONGEST_FILL: u32 = 1600;
/// So many packets in a row outside of what is kept, and the far end counts from elsewhere now.
const STRANGE_BEFORE_RESTART: u32 = 3;
/// How often the clocks are compared.
const COMPARE: Duration = Duration::from_secs(2);
/// How much our clock may give, in nanoseconds for each 20 ms: 500 millionths. Crystals are within 100.
const MOST_DRIFT: i64 = 10_000;

/// Packets in, samples out.
#[derive(Debug)]
pub struct Playout {
    law: Law,
    /// The samples by their timestamp, modulo [`RING`].
    ring: Box<[u8; RING]>,
    /// Which of them have come.
    there: Box<[bool; RING]>,
    /// What is played next; nothing is before the first packet.
    next: Option<u32>,
    /// What was played last, for filling gaps.
    played: [u8; PERIOD],
    at: usize,
    /// Samples filled in the gap that we are in.
    filled: u32,
    strange: u32,
    lost: u64,
    /// Samples that did not come since it was asked.
    missing: u32,
    late: u32,
    /// By how much the fastest packet of this comparison was early.
    lead: Option<i64>,
    compared: Instant,
    drift: i64,
}

impl Playout {
    /// A buffer that expects nothing yet: the first packet begins the count. Until then it plays silence.
    pub fn new(law: Law) -> Self {
        Self {
            law,
            ring: Box::new([0; RING]),
            there: Box::new([false; RING]),
            next: None,
            played: [law.silence(); PERIOD],
            at: 0,
            filled: LONGEST_FILL,
            strange: 0,
            lost: 0,
            missing: 0,
            late: 0,
            lead: None,
            compared: Instant::ZERO,
            drift: 0,
        }
    }

    /// Takes what a packet carries that came at `now`. `due` is when the next [`Playout::take`] would be, or was to be if what passed meanwhile is
    /// taken together: clocks are compared by it.
    pub fn put(&mut self, now: Instant, due: Instant, timestamp: u32, payload: &[u8]) {
        if payload.is_empty() || payload.len() > RING / 2 {
            return;
        }
        let begin = timestamp.wrapping_sub(DEPTH_SAMPLES).wrapping_sub(samples_since(due, now));
        let next = *self.next.get_or_insert(begin);
        let ahead = timestamp.wrapping_sub(next) as i32;
        let room = (RING - payload.len()) as i32;
        if ahead > room || ahead < -(RING as i32) {
            self.strange += 1;
            if self.strange < STRANGE_BEFORE_RESTART {
                return;
            }
            self.restart(begin);
        } else {
            self.strange = 0;
        }
        self.compare(now, due, timestamp);
        let next = self.next.unwrap_or(timestamp);
        let too_late = next.wrapping_sub(timestamp) as i32;
        self.late += u32::from(too_late > 0);
        let in_time = payload.get(too_late.max(0) as usize..).unwrap_or_default();
        let place = timestamp.wrapping_add(too_late.max(0) as u32) as usize % RING;
        let (before, after) = in_time.split_at(in_time.len().min(RING - place));
        for (place, octets) in [(place, before), (0, after)] {
            self.ring[place..place + octets.len()].copy_from_slice(octets);
            self.there[place..place + octets.len()].fill(true);
        }
    }

    /// The next samples, into `out`.
    pub fn take(&mut self, out: &mut [u8]) {
        if self.take_whole(out) {
            return;
        }
        for octet in out {
            let real = self.step();
            *octet = real.unwrap_or_else(|| self.fill());
            self.played(*octet);
        }
    }

    /// The same for who speaks, and hears nobody meanwhile: what is not there was not lost.
    pub fn take_unheard(&mut self, out: &mut [u8]) {
        let (lost, missing) = (self.lost, self.missing);
        self.take(out);
        (self.lost, self.missing) = (lost, missing);
    }

    /// So many samples pass and nobody hears them: what is not there was not lost.
    pub fn pass(&mut self, samples: usize) {
        let mut unheard = [0; PERIOD];
        for begin in (0..samples).step_by(PERIOD) {
            let span = &mut unheard[..PERIOD.min(samples - begin)];
            if self.take_whole(span) {
                continue;
            }
            for _ in span {
                if let Some(real) = self.step() {
                    self.played(real);
                }
            }
        }
    }

    /// Samples that were filled in, in packets of 20 ms.
    pub const fn lost(&self) -> u32 {
        (self.lost / PERIOD as u64) as u32
    }

    /// Samples that did not come since this was last asked, whether they were filled in or the stream had stopped.
    pub const fn take_missing(&mut self) -> u32 {
        std::mem::replace(&mut self.missing, 0)
    }

    /// Packets that came too late, or a second time.
    pub const fn late(&self) -> u32 {
        self.late
    }

    /// How many nanoseconds longer than by our clock each 20 ms are by the far end's. Following it keeps the buffer as full as it
    /// was: of two clocks 100 millionths apart, one would else lose 20 ms every three minutes, and with it the page.
    pub const fn drift(&self) -> i64 {
        self.drift
    }

    /// The next samples at once, if all have come and none of them is at the ring's end. False: nothing was done.
    fn take_whole(&mut self, out: &mut [u8]) -> bool {
        let Some(next) = self.next else { return false };
        let place = next as usize % RING;
        let Some(there) = self.there.get_mut(place..place + out.len()) else { return false };
        if out.is_empty() || !there.iter().all(|there| *there) {
            return false;
        }
        there.fill(false);
        out.copy_from_slice(&self.ring[place..place + out.len()]);
        self.next = Some(next.wrapping_add(out.len() as u32));
        self.filled = 0;
        for octets in out.chunks(PERIOD) {
            let (until_end, rest) = octets.split_at(octets.len().min(PERIOD - self.at));
            self.played[self.at..self.at + until_end.len()].copy_from_slice(until_end);
            self.played[..rest.len()].copy_from_slice(rest);
            self.at = (self.at + octets.len()) % PERIOD;
        }
        true
    }

    /// The next sample, if it has come.
    fn step(&mut self) -> Option<u8> {
        let next = self.next?;
        self.next = Some(next.wrapping_add(1));
        let place = next as usize % RING;
        if !std::mem::take(&mut self.there[place]) {
            return None;
        }
        self.filled = 0;
        Some(self.ring[place])
    }

    fn played(&mut self, octet: u8) {
        self.played[self.at] = octet;
        self.at = (self.at + 1) % PERIOD;
    }

    fn fill(&mut self) -> u8 {
        self.missing = self.missing.saturating_add(u32::from(self.next.is_some()));
        if self.filled >= LONGEST_FILL {
            return self.law.silence();
        }
        self.filled += 1;
        self.lost += 1;
        self.played[self.at]
    }

    fn restart(&mut self, begin: u32) {
        self.there.fill(false);
        self.next = Some(begin);
        self.strange = 0;
        self.lead = None;
    }

    /// The network only ever delays, so the packet that comes with the most time in hand shows the far end's clock.
    fn compare(&mut self, now: Instant, due: Instant, timestamp: u32) {
        let Some(next) = self.next else { return };
        let ahead = i64::from(timestamp.wrapping_sub(next) as i32) * 125_000;
        let until = i64::try_from(due.nanos()).unwrap_or(0) - i64::try_from(now.nanos()).unwrap_or(0);
        let lead = ahead + until;
        self.lead = Some(self.lead.map_or(lead, |most| most.max(lead)));
        if now.saturating_since(self.compared) < COMPARE {
            return;
        }
        let wanted = DEPTH.as_nanos() as i64;
        if self.compared != Instant::ZERO
            && let Some(lead) = self.lead
        {
            // Too early: their clock is ahead of ours, so our ticks must be shorter. What is off is to be gone after some ten seconds.
            self.drift = ((wanted - lead) / 500).clamp(-MOST_DRIFT, MOST_DRIFT);
        }
        self.compared = now;
        self.lead = None;
    }
}

/// How many samples are to be taken that were due before this packet came: it waits as long as any.
fn samples_since(due: Instant, now: Instant) -> u32 {
    (now.saturating_since(due).as_micros() / 125).min(RING as u128 / 2) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(millis)
    }

    /// A packet whose samples say their place, in 20 ms.
    fn packet(n: u32) -> (u32, Vec<u8>) {
        (
            n.wrapping_mul(160),
            (0..160).map(|i| n.wrapping_mul(160).wrapping_add(i) as u8 ^ (n as u8).rotate_left(3)).collect(),
        )
    }

    /// What is played of the packets that arrive, each at its time, in frames of 20 ms from 0 on.
    fn play(arrivals: &[(u64, u32)], frames: u64) -> (Playout, Vec<Vec<u8>>) {
        let mut playout = Playout::new(Law::Mu);
        let mut said = Vec::new();
        for frame in 0..frames {
            for (_, n) in arrivals.iter().filter(|(time, _)| *time / 20 == frame) {
                let (timestamp, payload) = packet(*n);
                playout.put(at(frame * 20), at(frame * 20), timestamp, &payload);
            }
            let mut out = vec![0; 160];
            playout.take(&mut out);
            said.push(out);
        }
        (playout, said)
    }

    #[test]
    fn what_comes_in_time_is_played_as_it_came_whatever_the_order() {
        let arrivals: Vec<_> =
            (0..20).map(|n| (u64::from(n) * 20 + u64::from(n * 37 % 100), n + u32::MAX / 160 - 10)).collect();
        let (playout, said) = play(&arrivals, 28);
        assert_eq!(playout.lost(), 0);
        for (frame, n) in (8..28).zip(arrivals.iter().map(|(_, n)| *n)) {
            assert_eq!(said[frame], packet(n).1, "frame {frame}");
        }
        assert!(said[..8].iter().flatten().all(|octet| *octet == 0xff));
    }

    #[test]
    fn what_is_lost_is_what_was_there_before_and_then_nothing() {
        let arrivals: Vec<_> = (0..4).chain(6..8).map(|n| (u64::from(n) * 20, n)).collect();
        let (playout, said) = play(&arrivals, 40);
        assert_eq!(said[8 + 4], packet(3).1, "repeated");
        assert_eq!(said[8 + 5], packet(3).1, "once more");
        assert_eq!(said[8 + 6], packet(6).1);
        assert_eq!(said[8 + 8], packet(7).1, "the stream has stopped, which is not known yet");
        assert!(said[8 + 8 + 10].iter().all(|octet| *octet == 0xff), "now it is");
        assert_eq!(playout.lost(), 2 + 10);
    }

    /// In the midst of our own page nobody listens, and what came may be handed over later than its time.
    #[test]
    fn what_nobody_hears_is_not_lost() {
        let (mut playout, _) = play(&[(0, 0), (20, 1)], 10);
        playout.pass(20 * 160);
        assert_eq!(playout.lost(), 0);
        let (timestamp, payload) = packet(22);
        playout.put(at(30 * 20), at(30 * 20), timestamp, &payload);
        let mut out = [0; 160];
        playout.take(&mut out);
        assert_eq!((out.as_slice(), playout.lost()), (payload.as_slice(), 0), "as far behind as before");
    }

    #[test]
    fn a_count_that_begins_anew_is_followed() {
        let arrivals: Vec<_> =
            (0..10).map(|n| (n * 20, n as u32)).chain((10..30).map(|n| (n * 20, 1_000_000 + n as u32))).collect();
        let (_, said) = play(&arrivals, 40);
        assert_eq!(said[12 + 8], packet(1_000_012).1);
    }

    #[test]
    fn a_clock_that_runs_otherwise_is_followed() {
        for millionths in [-100i64, 100] {
            let mut playout = Playout::new(Law::A);
            let tick = 20_000_000i64;
            let theirs = tick - tick * millionths / 1_000_000;
            let (mut due, mut sent, mut n) = (1_000_000_000i64, 1_000_000_000i64, 0);
            let nanos = |t: i64| Instant::from_nanos(t as u64);
            for _ in 0..90_000 {
                while sent <= due {
                    let (timestamp, payload) = packet(n);
                    // The network delays all but every fifth packet.
                    let delay = if n % 5 == 0 { 0 } else { i64::from(n % 7) * 5_000_000 };
                    playout.put(nanos(sent + delay), nanos(due), timestamp, &payload);
                    sent += theirs;
                    n += 1;
                }
                playout.take(&mut [0; 160]);
                due += tick + playout.drift();
            }
            // 30 minutes, in which the clocks would have drifted 180 ms apart: more than the buffer holds.
            assert_eq!((playout.lost(), playout.late()), (0, 0), "{millionths}");
        }
    }

    #[test]
    fn nothing_that_comes_can_harm() {
        let mut playout = Playout::new(Law::Mu);
        for (n, size) in [(0u32, 0usize), (5, 10_000), (7, 4096), (u32::MAX, 160), (1 << 31, 1)] {
            playout.put(at(1), at(2), n, &vec![1; size]);
            playout.take(&mut [0; 160]);
        }
    }
}
