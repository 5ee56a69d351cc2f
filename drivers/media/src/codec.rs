//! From samples to payloads and back. What is only forwarded never comes here.
//!
//! No payload is refused: whatever the bytes say, they give some sound, and never more than [`LONGEST`].

use std::time::Duration;

use crate::api::Voice;
use crate::sdp::{Codec, OpusWishes};

pub(crate) mod g711;
pub(crate) mod g722;
pub(crate) mod opus;

/// The longest packet that is decoded; more is cut off. No phone sends longer ones.
pub(crate) const LONGEST: Duration = Duration::from_millis(120);

impl Codec {
    /// Samples a second of what we encode and decode.
    pub(crate) const fn rate(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma => 8_000,
            Self::G722 => 16_000,
            Self::Opus => opus::RATE,
        }
    }

    /// Ticks a second of its RTP timestamps. That of G.722 is 8000 by an old mistake (RFC 3551 section 4.5.2), that of Opus the same for
    /// every band (RFC 7587 section 4.1).
    pub(crate) const fn clock(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma | Self::G722 => 8_000,
            Self::Opus => 48_000,
        }
    }

    /// Milliseconds of a packet of ours to an end that would like so many: whole tens, and of Opus one frame (RFC 6716 section 2.1.4).
    pub(crate) const fn packet_ms(self, wanted: u8) -> u8 {
        match (self, wanted - wanted % 10) {
            (Self::Opus, 30) => 20,
            (Self::Opus, 50) => 40,
            (_, tens) => tens,
        }
    }

    /// The codec of a number that is the same for ever (RFC 3551 section 6).
    pub(crate) const fn fixed(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Pcmu),
            8 => Some(Self::Pcma),
            9 => Some(Self::G722),
            _ => None,
        }
    }
}

impl Voice {
    /// What a packet of this number is, from an end that agreed to this.
    pub(crate) const fn codec_of(&self, payload_type: u8) -> Option<Codec> {
        if payload_type == self.payload_type { Some(self.codec) } else { Codec::fixed(payload_type) }
    }

    /// Ticks a second of the timestamps of such a packet. What is not known, comfort noise also, has the clock of telephony.
    pub(crate) fn clock_of(&self, payload_type: u8) -> u32 {
        self.codec_of(payload_type).unwrap_or(Codec::Pcmu).clock()
    }
}

/// From payloads to samples at [`Codec::rate`].
#[derive(Debug)]
pub(crate) enum Decoder {
    Pcmu,
    Pcma,
    G722(Box<g722::Decoder>),
    Opus(opus::Decoder),
}

impl Decoder {
    pub(crate) fn new(codec: Codec) -> Self {
        match codec {
            Codec::Pcmu => Self::Pcmu,
            Codec::Pcma => Self::Pcma,
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus(opus::Decoder::default()),
        }
    }

    pub(crate) const fn codec(&self) -> Codec {
        match self {
            Self::Pcmu => Codec::Pcmu,
            Self::Pcma => Codec::Pcma,
            Self::G722(_) => Codec::G722,
            Self::Opus(_) => Codec::Opus,
        }
    }

    /// Appends what the payload says.
    pub(crate) fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        let payload = payload.get(..longest(8_000)).unwrap_or(payload);
        match self {
            Self::Opus(decoder) => decoder.decode(payload, out),
            Self::Pcmu => out.extend(payload.iter().map(|b| g711::from_mu_law(*b))),
            Self::Pcma => out.extend(payload.iter().map(|b| g711::from_a_law(*b))),
            Self::G722(decoder) => payload.iter().for_each(|b| out.extend(decoder.decode(*b))),
        }
    }

    /// Appends `count` samples for a packet that is lost, if the codec itself knows how; `after`: the packet that follows it.
    pub(crate) fn lost(&mut self, after: Option<&[u8]>, count: usize, out: &mut Vec<i16>) -> bool {
        let Self::Opus(decoder) = self else { return false };
        decoder.lost(after, count, out);
        true
    }
}

/// Samples of [`LONGEST`].
pub(crate) const fn longest(rate: u32) -> usize {
    rate as usize * LONGEST.as_millis() as usize / 1000
}

/// From samples at [`Codec::rate`] to payloads.
#[derive(Debug)]
pub(crate) enum Encoder {
    Pcmu,
    Pcma,
    G722(Box<g722::Encoder>),
    Opus(opus::Encoder),
}

impl Encoder {
    pub(crate) fn new(codec: Codec, wishes: OpusWishes) -> Self {
        match codec {
            Codec::Pcmu => Self::Pcmu,
            Codec::Pcma => Self::Pcma,
            Codec::G722 => Self::G722(Box::default()),
            Codec::Opus => Self::Opus(opus::Encoder::new(wishes)),
        }
    }

    /// Appends the payload of one packet.
    pub(crate) fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        match self {
            Self::Opus(encoder) => encoder.encode(samples, out),
            Self::Pcmu => out.extend(samples.iter().map(|s| g711::to_mu_law(*s))),
            Self::Pcma => out.extend(samples.iter().map(|s| g711::to_a_law(*s))),
            Self::G722(encoder) => {
                out.extend(samples.as_chunks::<2>().0.iter().map(|pair| encoder.encode(*pair)));
            }
        }
    }
}
