//! What went to a leg, and what its end said of that.
//!
//! A report tells how many of the sequence never came. Where we only forward, some of these never came to us either: the numbers that are
//! missing in what we sent say how many, so that no leg is blamed for another.

use model::Instant;
use model::call::FarEnd;

use super::{MAX_DROPOUT, MAX_MISORDER, USUAL_CLOCK};
use crate::rtcp::{Block, SenderInfo};
use crate::rtp::{self, COMFORT_NOISE};

/// All that went.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    stream: Option<Stream>,
    /// What was told of the streams before: each new SSRC and each jump of the sequence begins one.
    before: Option<FarEnd>,
    payload_type: Option<u8>,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    first: u64,
    /// Extended by its wraps.
    highest: u64,
    packets: u64,
    octets: u64,
    /// Of the last packet, and when that was.
    timestamp: u32,
    at: Instant,
    /// Ticks a second of its sound.
    clock: u32,
    told: Option<FarEnd>,
}

/// Where the stream is that is sent: its last packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Last {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    /// Of the last of its sound, and when that went.
    pub(crate) timestamp: u32,
    pub(crate) at: Instant,
    /// Ticks a second of its sound.
    pub(crate) clock: u32,
}

impl Sent {
    /// Where the stream is that is sent, if one is.
    pub(crate) fn last(&self) -> Option<Last> {
        let Stream { ssrc, highest, timestamp, at, clock, .. } = *self.stream.as_ref()?;
        Some(Last { ssrc, sequence: highest as u16, timestamp, at, clock })
    }

    /// The packet with this header is of the stream that is sent, and long before its last: more than late packets are.
    pub(crate) fn is_far_before(&self, header: &[u8]) -> bool {
        /// Two seconds of 20 ms: who is later than that is not late, but begins anew.
        const LATE: u64 = 100;
        let (Some(stream), Some(header)) = (&self.stream, rtp::Header::of(header)) else { return false };
        let behind = (stream.highest as u16).wrapping_sub(header.sequence).cast_signed();
        stream.ssrc == header.ssrc && u64::try_from(behind).is_ok_and(|behind| behind > LATE)
    }

    /// An RTP packet goes to this leg: it begins with this header, and carries so many bytes of sound of this clock, or (no clock) a telephone
    /// event.
    pub(crate) fn packet(&mut self, now: Instant, header: &[u8], octets: usize, clock: Option<u32>) {
        let Some(rtp::Header { payload_type, sequence, timestamp, ssrc }) = rtp::Header::of(header) else { return };
        if clock.is_some() && payload_type != COMFORT_NOISE {
            self.payload_type = Some(payload_type);
        }
        let goes_on = self.stream.as_mut().is_some_and(|s| s.ssrc == ssrc && s.reaches(sequence));
        if !goes_on {
            self.before = self.far();
            let first = u64::from(sequence);
            let (packets, octets, clock) = (0, 0, USUAL_CLOCK);
            let stream = Stream { ssrc, first, highest: first, packets, octets, timestamp, at: now, clock, told: None };
            self.stream = Some(stream);
        }
        if let Some(stream) = &mut self.stream {
            stream.packets += 1;
            stream.octets += octets as u64;
            if let Some(clock) = clock {
                (stream.timestamp, stream.at, stream.clock) = (timestamp, now, clock);
            }
        }
    }

    /// The source of what goes.
    pub(crate) fn ssrc(&self) -> Option<u32> {
        self.stream.as_ref().map(|s| s.ssrc)
    }

    /// When the last of its sound went.
    pub(crate) fn at(&self) -> Option<Instant> {
        self.stream.as_ref().map(|s| s.at)
    }

    /// What it was in last.
    pub(crate) const fn payload_type(&self) -> Option<u8> {
        self.payload_type
    }

    /// What a report says of it, if something went since then.
    pub(crate) fn info(&self, now: Instant, ntp: u64, since: Instant) -> Option<SenderInfo> {
        let stream = self.stream.as_ref().filter(|s| s.at >= since)?;
        let ticks = now.saturating_since(stream.at).as_micros() * u128::from(stream.clock) / 1_000_000;
        Some(SenderInfo {
            ntp,
            timestamp: stream.timestamp.wrapping_add(ticks as u32),
            packets: stream.packets as u32,
            octets: stream.octets as u32,
        })
    }

    /// Its end said this of it. What cannot be is not believed.
    pub(crate) fn reported(&mut self, block: &Block) {
        let Some(stream) = self.stream.as_mut().filter(|s| s.ssrc == block.ssrc) else { return };
        let behind = (stream.highest as u16).wrapping_sub(block.highest as u16);
        let span = stream.highest - stream.first + 1;
        let Some(expected) = span.checked_sub(u64::from(behind)).filter(|_| behind < MAX_DROPOUT) else { return };
        let lost = u64::try_from(block.lost).unwrap_or(0).min(expected);
        let lost_before = span.saturating_sub(stream.packets).min(lost);
        let jitter_us = u64::from(block.jitter) * 1_000_000 / u64::from(stream.clock.max(1));
        let jitter_us = u32::try_from(jitter_us).unwrap_or(u32::MAX);
        stream.told = Some(FarEnd { expected, lost, lost_before, jitter_us });
    }

    /// All that was told.
    pub(crate) fn far(&self) -> Option<FarEnd> {
        let told = self.stream.as_ref().and_then(|s| s.told);
        let (Some(before), Some(told)) = (self.before, told) else { return told.or(self.before) };
        Some(FarEnd {
            expected: before.expected + told.expected,
            lost: before.lost + told.lost,
            lost_before: before.lost_before + told.lost_before,
            jitter_us: told.jitter_us,
        })
    }
}

impl Stream {
    /// Takes the number of a packet, unless it is so far off that a receiver, too, begins anew there (RFC 3550 appendix A.1).
    const fn reaches(&mut self, sequence: u16) -> bool {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead < MAX_DROPOUT {
            self.highest += ahead as u64;
            return true;
        }
        ahead > u16::MAX - MAX_MISORDER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SSRC: u32 = 9;

    fn send(sent: &mut Sent, sequences: impl IntoIterator<Item = u16>) {
        for sequence in sequences {
            sent.packet(Instant::ZERO, &rtp::header(0, sequence, u32::from(sequence) * 160, SSRC), 160, Some(8_000));
        }
    }

    fn block(highest: u32, lost: i32) -> Block {
        Block { ssrc: SSRC, highest, lost, jitter: 8, ..Block::default() }
    }

    #[test]
    fn what_did_not_come_to_us_is_not_the_fault_of_this_leg() {
        let mut sent = Sent::default();
        // Two of five never came to us, over the wrap; of the others 7 were lost on the way.
        send(&mut sent, (0..100).map(|n| 65_500_u16.wrapping_add(n)).filter(|n| n % 5 > 1));
        sent.reported(&block(1 << 16 | 63, 46));
        let far = sent.far().expect("it was told");
        assert_eq!((far.expected, far.lost, far.lost_before, far.jitter_us), (98, 46, 39, 1000));
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        let mut sent = Sent::default();
        send(&mut sent, 0..100);
        sent.reported(&block(200, 1));
        sent.reported(&Block { ssrc: 8, ..block(99, 1) });
        assert_eq!(sent.far(), None, "more than was sent, and another stream");
        sent.reported(&block(99, i32::MAX));
        assert_eq!(sent.far().map(|f| (f.expected, f.lost)), Some((100, 100)));
        sent.reported(&block(99, -5));
        assert_eq!(sent.far().map(|f| (f.expected, f.lost)), Some((100, 0)), "some came twice");
    }

    #[test]
    fn streams_are_added_up() {
        let mut sent = Sent::default();
        send(&mut sent, 0..100);
        sent.reported(&block(99, 10));
        send(&mut sent, 30_000..30_050);
        assert_eq!(sent.far().map(|f| (f.expected, f.lost)), Some((100, 10)));
        sent.reported(&block(30_049, 5));
        assert_eq!(sent.far().map(|f| (f.expected, f.lost)), Some((150, 15)));
    }

    #[test]
    fn its_clock_goes_on_where_nothing_is_said() {
        let mut sent = Sent::default();
        send(&mut sent, [1, 2]);
        let later = Instant::from_nanos(1_000_000_000);
        let info = sent.info(later, 7, Instant::ZERO);
        assert_eq!(info, Some(SenderInfo { ntp: 7, timestamp: 320 + 8000, packets: 2, octets: 320 }));
        assert_eq!(sent.info(later, 7, Instant::from_nanos(1)), None, "nothing went since");
    }
}
