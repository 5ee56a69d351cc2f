//! What we say to one party: one stream of ours, and whatever is forwarded to it afterwards spliced onto that.
//!
//! A party to whom we have never said anything gets the packets of the other phone as they are. From our first word on all that goes to it
//! has one synchronisation source, with sequence numbers without a gap and timestamps by our clock, and a marker where one source follows
//! the other: so a change from music to a person is no change of the stream, which phones of all kinds take for loss, or do not play. That source is
//! the one that the party has heard until then, if it has heard one: what we say in the midst of a call, or press, goes on in the other phone's stream,
//! and so does another phone that takes its place.

use model::Instant;

use super::keys::Stroke;
use super::{TICK, begin_of};
use crate::api::Voice;
use crate::codec::Encoder;
use crate::rtp::{self, COMFORT_NOISE, Rtp};
use crate::sdp::Codec;
use crate::srtp::OVERHEAD;
use crate::stats::sent::Last;

/// What is sent in a packet at least and at most; a phone that wants 5 ms would cost four times as much.
const PACKET_MS: std::ops::RangeInclusive<u8> = 10..=60;

/// Samples of a step in which nobody speaks and no line hums are at most so large: some -70 dBov.
const SILENT: u16 = 10;
/// Steps of silence before the party is told how it sounds instead: a pause between two words is none.
const PAUSE: u32 = 10;
/// Steps from one such packet to the next while it lasts: a phone that missed one hears a dead line for no longer.
const AGAIN: u32 = 20;
/// How it sounds: so many decibels below the loudest there is (RFC 3389 section 3.1), which is a line that is there, and no more.
const LEVEL: u8 = 70;

/// The key of a telephone event is up again, and how loud its tones would be: ten decibels below the loudest (RFC 4733 section 2.3).
const END: u8 = 0x80;
/// By which their lengths are told, also beside Opus: what is agreed on is `telephone-event/8000`.
const EVENT_CLOCK: u32 = 8_000;
const LOUD: u8 = 10;

/// See the module.
#[derive(Debug)]
pub(crate) struct Mouth {
    voice: Voice,
    /// While we speak: one of Opus is large, and most calls hear a few seconds of us.
    encoder: Option<Encoder>,
    ssrc: u32,
    /// Of the next packet.
    sequence: u16,
    timestamp: u32,
    /// What the timestamp was, and when.
    base: u32,
    origin: Instant,
    /// The step that was said last.
    said: Option<u64>,
    samples: Vec<i16>,
    /// Steps of silence.
    quiet: u32,
    marker: bool,
    splice: Option<Splice>,
    event: Option<Event>,
}

/// A source whose numbers go back by more has begun anew (`MAX_MISORDER` of RFC 3550 appendix A.1).
const MAX_MISORDER: u16 = 100;

/// How a forwarded stream becomes part of ours.
#[derive(Debug)]
struct Splice {
    ssrc: u32,
    /// The newest number of theirs.
    newest: u16,
    /// So many before it are of the splice too, and may come late.
    back: u16,
    sequence: u16,
    timestamp: u32,
}

/// A telephone event that goes between our own packets: its timestamp there, and with us.
#[derive(Debug)]
struct Event {
    ssrc: u32,
    theirs: u32,
    ours: u32,
}

impl Splice {
    /// So many numbers from the newest back to this one; `None` for one that is newer.
    fn behind(&self, sequence: u16) -> Option<u16> {
        let behind = self.newest.wrapping_sub(sequence);
        (behind < 1 << 15).then_some(behind)
    }

    fn begins_anew(&self, sequence: u16) -> bool {
        self.behind(sequence).is_some_and(|behind| behind > MAX_MISORDER)
    }

    /// False for what is older than the splice.
    fn takes(&mut self, sequence: u16) -> bool {
        if let Some(behind) = self.behind(sequence) {
            return behind <= self.back;
        }
        self.back = self.back.saturating_add(sequence.wrapping_sub(self.newest)).min(MAX_MISORDER);
        self.newest = sequence;
        true
    }
}

impl Mouth {
    /// `ssrc` is any number; the party has not heard it before.
    pub(crate) fn new(voice: Voice, ssrc: u32, now: Instant) -> Self {
        Self {
            voice,
            encoder: None,
            ssrc,
            sequence: ssrc as u16 & 0x7fff,
            timestamp: 0,
            base: 0,
            origin: now,
            said: None,
            samples: Vec::new(),
            quiet: 0,
            marker: true,
            splice: None,
            event: None,
        }
    }

    /// The party has heard a stream until there, which goes on.
    pub(crate) fn after(voice: Voice, last: Last) -> Self {
        Self {
            sequence: last.sequence.wrapping_add(1),
            timestamp: last.timestamp.wrapping_add(voice.codec.clock() / 1000 * TICK.as_millis() as u32),
            base: last.timestamp,
            ..Self::new(voice, last.ssrc, last.at)
        }
    }

    /// The party's end agreed to something else. A clock of another rate needs a stream of its own (RFC 7160 section 4.1).
    pub(crate) fn speaks(&mut self, voice: Voice, ssrc: u32, now: Instant) {
        if voice.codec.clock() != self.voice.codec.clock() {
            *self = Self::new(voice, ssrc, now);
        } else if voice != self.voice {
            if voice.codec != self.voice.codec {
                self.samples.clear();
            }
            (self.voice, self.encoder) = (voice, None);
        }
    }

    /// Samples a second of what [`Mouth::say`] takes.
    pub(crate) const fn rate(&self) -> u32 {
        self.voice.codec.rate()
    }

    /// Says a step. `send` gets each packet that is whole, with room for what seals it, and its length.
    pub(crate) fn say(&mut self, tick: u64, samples: &[i16], mut send: impl FnMut(Vec<u8>, usize)) {
        if self.said.is_none_or(|said| said + 1 != tick) || self.splice.is_some() {
            self.samples.clear();
            self.timestamp = self.stamp(begin_of(tick));
            self.marker = true;
        }
        self.said = Some(tick);
        self.splice = None;
        if self.rests(samples) {
            return self.comfort(samples.len(), send);
        }
        self.samples.extend_from_slice(samples);
        let whole = self.rate() as usize / 1000 * usize::from(self.packet_ms());
        while self.samples.len() >= whole {
            let mut packet = Vec::with_capacity(rtp::FIXED + whole + OVERHEAD);
            rtp::write(&mut packet, self.voice.payload_type, self.marker, self.sequence, self.timestamp, self.ssrc);
            let said: Vec<i16> = self.samples.drain(..whole).collect();
            let Voice { codec, opus, .. } = self.voice;
            self.encoder.get_or_insert_with(|| Encoder::new(codec, opus)).encode(&said, &mut packet);
            self.marker = false;
            self.sequence = self.sequence.wrapping_add(1);
            self.timestamp = self.timestamp.wrapping_add(self.ticks(whole));
            let length = packet.len();
            packet.resize(length + OVERHEAD, 0);
            send(packet, length);
        }
    }

    /// Says a step of a key that we press (RFC 4733 section 2.5: what is known of it with each step, and its end three times), or of the pause
    /// behind it. Whatever is said next begins anew.
    pub(crate) fn press(&mut self, tick: u64, payload_type: u8, stroke: Stroke, mut send: impl FnMut(Vec<u8>, usize)) {
        let Stroke::Down { code, steps, last } = stroke else { return };
        let first = steps == 1;
        if first {
            self.samples.clear();
            self.timestamp = self.stamp(begin_of(tick));
        }
        (self.said, self.splice, self.quiet) = (None, None, 0);
        let millis = TICK.as_millis() as u32 * steps;
        let [.., high, low] = (EVENT_CLOCK / 1000 * millis).to_be_bytes();
        let end = if last { END } else { 0 };
        for _ in 0..if last { 3 } else { 1 } {
            let mut packet = Vec::with_capacity(rtp::FIXED + 4 + OVERHEAD);
            rtp::write(&mut packet, payload_type, first, self.sequence, self.timestamp, self.ssrc);
            packet.extend_from_slice(&[code, end | LOUD, high, low]);
            self.sequence = self.sequence.wrapping_add(1);
            let length = packet.len();
            packet.resize(length + OVERHEAD, 0);
            send(packet, length);
        }
        if last {
            self.timestamp = self.timestamp.wrapping_add(self.voice.codec.clock() / 1000 * millis);
        }
    }

    /// Nobody has spoken for some time, and the party takes comfort noise. Opus has a way of its own to be silent (RFC 7587 section 3.1.3).
    fn rests(&mut self, samples: &[i16]) -> bool {
        let silent = samples.iter().all(|sample| sample.unsigned_abs() <= SILENT);
        self.quiet = if silent { self.quiet.saturating_add(1) } else { 0 };
        self.quiet > PAUSE && self.voice.comfort_noise && self.voice.codec != Codec::Opus
    }

    /// Says how the silence sounds, now and then, and nothing else. Time passes for the stream, and who speaks after it begins anew.
    fn comfort(&mut self, count: usize, mut send: impl FnMut(Vec<u8>, usize)) {
        self.timestamp = self.timestamp.wrapping_add(self.ticks(self.samples.len()));
        self.samples.clear();
        self.marker = true;
        if (self.quiet - PAUSE - 1).is_multiple_of(AGAIN) {
            let mut packet = Vec::with_capacity(rtp::FIXED + 1 + OVERHEAD);
            rtp::write(&mut packet, COMFORT_NOISE, false, self.sequence, self.timestamp, self.ssrc);
            packet.push(LEVEL);
            self.sequence = self.sequence.wrapping_add(1);
            let length = packet.len();
            packet.resize(length + OVERHEAD, 0);
            send(packet, length);
        }
        self.timestamp = self.timestamp.wrapping_add(self.ticks(count));
    }

    /// So many samples, by the clock of the stream.
    const fn ticks(&self, count: usize) -> u32 {
        count as u32 / (self.rate() / 1000) * (self.voice.codec.clock() / 1000)
    }

    /// Makes a packet of another source one of our stream. False if it is older than the splice, and would come in twice.
    pub(crate) fn splice(&mut self, now: Instant, data: &mut [u8]) -> bool {
        let Some(rtp) = Rtp::parse(data) else { return false };
        let fresh =
            self.splice.as_ref().is_none_or(|splice| splice.ssrc != rtp.ssrc || splice.begins_anew(rtp.sequence));
        if fresh {
            self.timestamp = self.stamp(now);
            self.encoder = None;
            self.splice = Some(Splice {
                ssrc: rtp.ssrc,
                newest: rtp.sequence,
                back: 0,
                sequence: self.sequence.wrapping_sub(rtp.sequence),
                timestamp: self.timestamp.wrapping_sub(rtp.timestamp),
            });
        }
        let Some(splice) = &mut self.splice else { return false };
        if !splice.takes(rtp.sequence) {
            return false;
        }
        let sequence = rtp.sequence.wrapping_add(splice.sequence);
        let timestamp = rtp.timestamp.wrapping_add(splice.timestamp);
        rtp::rewrite(data, sequence, timestamp, self.ssrc);
        if fresh {
            rtp::set_marker(data);
        }
        if sequence.wrapping_sub(self.sequence) < 1 << 15 {
            self.sequence = sequence.wrapping_add(1);
            // The packet is as long as most are; where the sender is silent for a while, the clock decides.
            self.timestamp = timestamp.wrapping_add(self.voice.codec.clock() / 1000 * TICK.as_millis() as u32);
        }
        true
    }

    /// Lets a telephone event in between our own packets (RFC 4733 section 2.3: the clock and the source of the audio).
    pub(crate) fn event(&mut self, data: &mut [u8]) -> bool {
        let Some(rtp) = Rtp::parse(data) else { return false };
        let known = self.event.as_ref().filter(|e| e.ssrc == rtp.ssrc && e.theirs == rtp.timestamp);
        let ours = known.map_or(self.timestamp, |e| e.ours);
        self.event = Some(Event { ssrc: rtp.ssrc, theirs: rtp.timestamp, ours });
        rtp::rewrite(data, self.sequence, ours, self.ssrc);
        self.sequence = self.sequence.wrapping_add(1);
        true
    }

    /// The timestamp of this instant, and never one that was used.
    fn stamp(&self, at: Instant) -> u32 {
        let elapsed = at.saturating_since(self.origin).as_micros() * u128::from(self.voice.codec.clock()) / 1_000_000;
        let by_clock = self.base.wrapping_add(elapsed as u32);
        if by_clock.wrapping_sub(self.timestamp) < 1 << 31 { by_clock } else { self.timestamp }
    }

    /// As long as the party would like.
    fn packet_ms(&self) -> u8 {
        self.voice.codec.packet_ms(self.voice.ptime.clamp(*PACKET_MS.start(), *PACKET_MS.end()))
    }
}
