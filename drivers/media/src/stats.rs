//! What a leg's media came to: loss by sequence numbers and jitter, as RFC 3550 appendix A counts them.
//!
//! The numbers describe the way *to* us. A duplicate counts as received, so loss is never below zero.

pub(crate) mod sent;

use std::time::Duration;

use model::Instant;
use model::call::LegQuality;

use crate::rtcp::Block;
use crate::rtp::{COMFORT_NOISE, Rtp};

/// The clock of a stream of which nothing else is known: that of G.711.
const USUAL_CLOCK: u32 = 8_000;
/// A jump of more than this forward is a restart of the sender, not loss (MAX_DROPOUT of RFC 3550 appendix A.1).
const MAX_DROPOUT: u16 = 3000;
/// A packet that is late by no more than this is reordered, not a restart (MAX_MISORDER, same place).
const MAX_MISORDER: u16 = 100;
/// A difference of transit times above this says that the sender's clock jumped; it would poison the average for minutes.
const ABSURD: Duration = Duration::from_secs(2);

/// One leg's counters.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    packets_in: u64,
    packets_out: u64,
    /// Lost by the streams that ended: each new SSRC and each restart begins a stream.
    lost_before: u64,
    stream: Option<Stream>,
    /// The jitter in sixteenths of a microsecond, as appendix A.8 keeps it, so that the division does not eat it.
    jitter_16us: u64,
    /// How often some in a row were missing, and how many that were, before any came late.
    gaps: u64,
    in_gaps: u64,
    /// What the sound came in last.
    payload_type: Option<u8>,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    /// The first sequence number.
    base: u64,
    /// The highest one, extended by its wraps.
    highest: u64,
    received: u64,
    /// A packet far out of order came; one that follows it says that the sender restarted there.
    restart_at: Option<u16>,
    /// Arrival time less RTP time of the last audio packet, in microseconds.
    transit: Option<i64>,
    /// The timestamp that `transit` came from.
    timestamp: u32,
    arrival_us: i64,
    /// Ticks a second of its sound.
    clock: u32,
    /// What was expected and received at the last report.
    reported: (u64, u64),
}

impl Stream {
    fn begin(rtp: &Rtp) -> Self {
        let base = u64::from(rtp.sequence);
        Self {
            ssrc: rtp.ssrc,
            base,
            highest: base,
            received: 1,
            restart_at: None,
            transit: None,
            timestamp: rtp.timestamp,
            arrival_us: 0,
            clock: USUAL_CLOCK,
            reported: (0, 0),
        }
    }

    const fn expected(&self) -> u64 {
        self.highest - self.base + 1
    }

    const fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    /// False if the sender restarted here.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the low 16 bits of an extended sequence number are the sequence number"
    )]
    fn count(&mut self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < MAX_DROPOUT {
            self.highest += u64::from(ahead);
        } else if ahead <= u16::MAX - MAX_MISORDER {
            let restarted = self.restart_at == Some(sequence);
            self.restart_at = Some(sequence.wrapping_add(1));
            return !restarted;
        }
        self.restart_at = None;
        self.received += 1;
        true
    }

    /// How far this packet's transit time lies from the one before, in microseconds.
    fn deviation(&mut self, now: Instant, timestamp: u32, clock: u32) -> Option<u64> {
        let arrival_us = i64::try_from(now.nanos() / 1_000).unwrap_or(i64::MAX);
        // Between packets of two clocks nothing is known of the way.
        let first = self.transit.is_none() || self.clock != clock;
        self.clock = clock;
        let ticks = i64::from(timestamp.wrapping_sub(self.timestamp).cast_signed());
        let deviation = (arrival_us - self.arrival_us) - ticks * 1_000_000 / i64::from(clock.max(1));
        self.transit = Some(deviation);
        self.arrival_us = arrival_us;
        self.timestamp = timestamp;
        let deviation = deviation.unsigned_abs();
        (!first && u128::from(deviation) < ABSURD.as_micros()).then_some(deviation)
    }
}

impl Stats {
    /// A packet came from this leg, of sound of this clock, or (no clock) an RFC 4733 event, which keeps its timestamp for its whole length and
    /// says nothing of jitter.
    pub(crate) fn received(&mut self, now: Instant, rtp: &Rtp, clock: Option<u32>) {
        self.packets_in += 1;
        let highest = self.stream.as_ref().map_or(0, |stream| stream.highest);
        let goes_on = match &mut self.stream {
            Some(stream) if stream.ssrc == rtp.ssrc => stream.count(rtp.sequence),
            _ => false,
        };
        if goes_on && let Some(missing @ 1..) = self.stream.as_ref().map_or(0, |s| s.highest - highest).checked_sub(1) {
            self.gaps += 1;
            self.in_gaps += missing;
        }
        if clock.is_some() && rtp.payload_type != COMFORT_NOISE {
            self.payload_type = Some(rtp.payload_type);
        }
        if !goes_on {
            self.lost_before += self.stream.as_ref().map_or(0, Stream::lost);
            self.stream = Some(Stream::begin(rtp));
        }
        if let Some(stream) = &mut self.stream
            && let Some(clock) = clock
            && let Some(deviation) = stream.deviation(now, rtp.timestamp, clock)
        {
            self.jitter_16us = self.jitter_16us + deviation - ((self.jitter_16us + 8) >> 4).min(self.jitter_16us);
        }
    }

    /// A datagram that is not RTP came from this leg (raw).
    pub(crate) fn received_raw(&mut self) {
        self.packets_in += 1;
    }

    /// A packet went to this leg.
    pub(crate) fn sent(&mut self) {
        self.packets_out += 1;
    }

    /// Something came or went.
    pub(crate) const fn any(&self) -> bool {
        self.packets_in + self.packets_out > 0
    }

    /// The sum.
    pub(crate) fn quality(&self) -> LegQuality {
        LegQuality {
            packets_in: self.packets_in,
            packets_out: self.packets_out,
            lost: self.lost_before + self.stream.as_ref().map_or(0, Stream::lost),
            jitter_us: u32::try_from(self.jitter_16us >> 4).unwrap_or(u32::MAX),
            ..LegQuality::default()
        }
    }

    /// How many were missing in a row, on average.
    pub(crate) fn gap(&self) -> Option<f64> {
        (self.gaps > 0).then(|| self.in_gaps as f64 / self.gaps as f64)
    }

    /// The source of what comes.
    pub(crate) fn ssrc(&self) -> Option<u32> {
        self.stream.as_ref().map(|stream| stream.ssrc)
    }

    /// What the sound came in last.
    pub(crate) const fn payload_type(&self) -> Option<u8> {
        self.payload_type
    }

    /// What came of the stream since the report before, and in all; which of its own reports came last is for others to say.
    pub(crate) fn block(&mut self) -> Option<Block> {
        let stream = self.stream.as_mut()?;
        let jitter = self.jitter_16us / 16 * u64::from(stream.clock) / 1_000_000;
        let (expected, received) = (stream.expected(), stream.received);
        let (expected_before, received_before) = std::mem::replace(&mut stream.reported, (expected, received));
        let in_interval = expected - expected_before;
        let lost = in_interval.saturating_sub(received - received_before);
        Some(Block {
            ssrc: stream.ssrc,
            // Appendix A.3: all of it lost is 255.
            fraction: (lost * 256).checked_div(in_interval).map_or(0, |f| u8::try_from(f).unwrap_or(u8::MAX)),
            lost: i32::try_from(expected.cast_signed() - received.cast_signed()).unwrap_or(i32::MAX),
            highest: stream.highest as u32,
            jitter: u32::try_from(jitter).unwrap_or(u32::MAX),
            ..Block::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds (sequence, arrival in ms) with the timestamps of a 20 ms sender that started at `first`.
    fn fed(first: u16, packets: &[(u16, u64)]) -> LegQuality {
        let mut stats = Stats::default();
        for &(sequence, at_ms) in packets {
            let rtp = Rtp {
                payload_type: 0,
                sequence,
                timestamp: u32::MAX.wrapping_add(160 * u32::from(sequence.wrapping_sub(first))),
                ssrc: 1,
                start: 12,
                end: 172,
            };
            stats.received(Instant::from_nanos(at_ms * 1_000_000), &rtp, Some(8_000));
        }
        stats.quality()
    }

    #[test]
    fn a_perfect_stream_over_the_wrap() {
        let packets: Vec<_> = (0..1000u16).map(|i| (65_000u16.wrapping_add(i), 20 * u64::from(i))).collect();
        assert_eq!(fed(65_000, &packets), LegQuality { packets_in: 1000, ..LegQuality::default() });
    }

    #[test]
    fn loss_reordering_and_duplicates() {
        // 65534 is late, 0 is lost, 1 comes twice.
        let q = fed(65_533, &[(65_533, 0), (65_535, 40), (65_534, 41), (1, 80), (1, 81), (2, 100), (3, 120)]);
        assert_eq!((q.packets_in, q.lost), (7, 0), "the duplicate hides one loss, as in RFC 3550 appendix A.3");
        let q = fed(65_533, &[(65_533, 0), (65_535, 40), (2, 100), (3, 120)]);
        assert_eq!((q.packets_in, q.lost), (4, 3));
    }

    #[test]
    fn a_restart_is_not_loss() {
        let q = fed(10, &[(10, 0), (11, 20), (30_000, 40), (30_001, 60), (30_002, 80)]);
        assert_eq!((q.packets_in, q.lost), (5, 0));
        // One wild packet alone changes nothing.
        let q = fed(10, &[(10, 0), (11, 20), (30_000, 40), (12, 60), (14, 100)]);
        assert_eq!((q.packets_in, q.lost), (5, 1));
    }

    #[test]
    fn jitter_settles_at_the_deviation() {
        // Every second packet is 5 ms late: each transit time differs by 5 ms from the one before.
        let packets: Vec<_> = (0..2000u16).map(|i| (i, 20 * u64::from(i) + 5 * u64::from(i % 2))).collect();
        let jitter = fed(0, &packets).jitter_us;
        assert!((4_900..=5_000).contains(&jitter), "{jitter}");
    }

    #[test]
    fn a_jump_of_the_senders_clock_does_not_poison() {
        let mut packets: Vec<_> = (0..100u16).map(|i| (i, 20 * u64::from(i))).collect();
        packets.extend((100..200u16).map(|i| (i, 600_000 + 20 * u64::from(i))));
        assert_eq!(fed(0, &packets).jitter_us, 0);
    }
}
