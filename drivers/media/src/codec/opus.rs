//! Opus (RFC 6716) by libopus, in the wide band: 16,000 samples a second, of one channel.
//!
//! Opus reaches up to 20 kHz. What is heard and said here goes no further than 8 kHz, since all that it meets does not either: G.722, rooms and
//! prompts. Its packets are the same to both ends in any case, and what is only forwarded keeps its whole band.
//!
//! An encoder and a decoder are there only while somebody is spoken to or listened to, not for a call that is only forwarded. Whatever the bytes
//! say, libopus decodes or refuses them; what it refuses is a lost packet.

use opus::{Application, Bandwidth, Bitrate, Channels};

use crate::sdp::OpusWishes;

/// Samples a second of what is heard and said.
pub(crate) const RATE: u32 = 16_000;
/// What a voice in the wide band needs with what makes good for a lost packet (RFC 7587 section 3.1.1: 16 to 20 kbit/s without that).
const BITS: i32 = 28_000;
/// Of 10: a small processor has many calls.
const COMPLEXITY: i32 = 5;
/// Packets of a hundred that are made good for. None come without it: libopus adds nothing where nothing is lost.
const LOSS: i32 = 5;
/// The longest payload that an encoder may give: 60 ms at four times the bits that are wanted of it.
const LONGEST: usize = 840;
/// A packet of one frame of 20 ms without anything in it (RFC 6716 section 3.2.1): all decoders take that for a lost one.
const NOTHING: u8 = 9 << 3;

/// From payloads to samples.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// None only where there was no memory for it; then everything is silence.
    state: Option<opus::Decoder>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { state: opus::Decoder::new(RATE, Channels::Mono).ok() }
    }
}

impl Decoder {
    /// Appends what the payload says; nothing if it says nothing that is Opus.
    pub(crate) fn decode(&mut self, payload: &[u8], out: &mut Vec<i16>) {
        if !payload.is_empty() {
            self.run(payload, super::longest(RATE), false, out);
        }
    }

    /// Appends `count` samples in the place of a packet that is lost: what the one `after` it repeats of it, if that came and it does, and else
    /// what a voice most likely went on with.
    pub(crate) fn lost(&mut self, after: Option<&[u8]>, count: usize, out: &mut Vec<i16>) {
        let before = out.len();
        if let Some(after) = after.filter(|after| !after.is_empty()) {
            self.run(after, count, true, out);
        }
        if out.len() == before {
            self.run(&[], count, false, out);
        }
        out.resize(before + count, 0);
    }

    fn run(&mut self, payload: &[u8], most: usize, repeated: bool, out: &mut Vec<i16>) {
        let before = out.len();
        out.resize(before + most, 0);
        let place = out.get_mut(before..).unwrap_or_default();
        let count = self.state.as_mut().and_then(|state| state.decode(payload, place, repeated).ok()).unwrap_or(0);
        out.truncate(before + count.min(most));
    }
}

/// From samples to payloads.
#[derive(Debug)]
pub(crate) struct Encoder {
    /// See [`Decoder`]; then everything is a lost packet.
    state: Option<opus::Encoder>,
}

impl Encoder {
    /// For an end that wishes this.
    pub(crate) fn new(wishes: OpusWishes) -> Self {
        Self { state: start(wishes).ok() }
    }

    /// Appends the payload of 10, 20, 40 or 60 ms.
    pub(crate) fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) {
        let before = out.len();
        out.resize(before + LONGEST, 0);
        let place = out.get_mut(before..).unwrap_or_default();
        let length =
            self.state.as_mut().and_then(|state| state.encode(samples, place).ok()).filter(|length| *length > 0);
        out.truncate(before + length.unwrap_or(0));
        if length.is_none() {
            out.push(NOTHING);
        }
    }
}

fn start(wishes: OpusWishes) -> opus::Result<opus::Encoder> {
    let mut state = opus::Encoder::new(RATE, Channels::Mono, Application::Voip)?;
    state.set_bitrate(Bitrate::Bits(BITS))?;
    state.set_complexity(COMPLEXITY)?;
    state.set_inband_fec(wishes.fec)?;
    state.set_packet_loss_perc(if wishes.fec { LOSS } else { 0 })?;
    // More than it plays would be bits for nothing (RFC 7587 section 6.1).
    state.set_max_bandwidth(match wishes.max_playback {
        0..12_000 => Bandwidth::Narrowband,
        12_000..16_000 => Bandwidth::Mediumband,
        _ => Bandwidth::Wideband,
    })?;
    Ok(state)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::voice::detect::level;

    const FRAME: usize = RATE as usize / 50;

    fn sine(hertz: f64, from: usize, count: usize) -> Vec<i16> {
        let turn = std::f64::consts::TAU * hertz / f64::from(RATE);
        (from..from + count).map(|n| (8000.0 * (turn * n as f64).sin()) as i16).collect()
    }

    fn payloads(hertz: f64, steps: usize, wishes: OpusWishes) -> Vec<Vec<u8>> {
        let mut encoder = Encoder::new(wishes);
        let encode = |step: usize| {
            let mut out = vec![7; 3];
            encoder.encode(&sine(hertz, step * FRAME, FRAME), &mut out);
            assert_eq!(out[..3], [7; 3], "it appends");
            out.split_off(3)
        };
        (0..steps).map(encode).collect()
    }

    #[test]
    fn a_tone_of_the_wide_band_comes_through() {
        for hertz in [300.0, 1000.0, 5000.0] {
            let (mut decoder, mut heard) = (Decoder::default(), Vec::new());
            payloads(hertz, 50, OpusWishes::default()).iter().for_each(|p| decoder.decode(p, &mut heard));
            assert_eq!(heard.len(), 50 * FRAME);
            let kept = level(&heard[25 * FRAME..], RATE, hertz) / level(&sine(hertz, 0, 25 * FRAME), RATE, hertz);
            assert!((0.7..1.4).contains(&kept), "{hertz}: {kept}");
        }
    }

    #[test]
    fn who_plays_a_narrow_band_gets_no_more() {
        let narrow = OpusWishes { max_playback: 8_000, ..OpusWishes::default() };
        for (wishes, there) in [(OpusWishes::default(), true), (narrow, false)] {
            let (mut decoder, mut heard) = (Decoder::default(), Vec::new());
            payloads(5500.0, 50, wishes).iter().for_each(|p| decoder.decode(p, &mut heard));
            let kept = level(&heard[25 * FRAME..], RATE, 5500.0) / level(&sine(5500.0, 0, 25 * FRAME), RATE, 5500.0);
            assert_eq!(kept > 0.5, there, "{kept}");
        }
    }

    /// What a packet repeats of the one before it makes that good: a change of tone that was lost is heard, which nothing but a repetition
    /// could know of.
    #[test]
    fn a_lost_packet_is_made_good_by_the_next() {
        let mut encoder = Encoder::new(OpusWishes { fec: true, ..OpusWishes::default() });
        let (mut voice, mut packets) = (0.0f64, Vec::new());
        for step in 0..60 {
            // A voice of many partials, which changes its pitch at step 40.
            let pitch = if step < 40 { 130.0 } else { 210.0 };
            let samples: Vec<i16> = (0..FRAME)
                .map(|_| {
                    voice += pitch / f64::from(RATE);
                    (1..9)
                        .map(|n| 2500.0 / f64::from(n) * (std::f64::consts::TAU * voice * f64::from(n)).sin())
                        .sum::<f64>() as i16
                })
                .collect();
            let mut out = Vec::new();
            encoder.encode(&samples, &mut out);
            packets.push(out);
        }
        let loses = |repeats: bool| {
            let (mut decoder, mut heard) = (Decoder::default(), Vec::new());
            for (step, packet) in packets.iter().enumerate() {
                if step == 41 {
                    heard.clear();
                    let after = repeats.then(|| packets[step + 1].as_slice());
                    decoder.lost(after, FRAME, &mut heard);
                    return level(&heard, RATE, 210.0) / level(&heard, RATE, 130.0);
                }
                decoder.decode(packet, &mut heard);
            }
            unreachable!("step 41 comes")
        };
        let (repeated, guessed) = (loses(true), loses(false));
        assert!(repeated > 3.0, "{repeated} (guessed: {guessed})");
    }

    proptest! {
        /// Whatever comes in whatever order: no more than the longest packet, and as much as is missing.
        #[test]
        fn any_bytes_are_some_sound(payloads in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..300), any::<bool>(), 1usize..7), 0..30,
        )) {
            let (mut decoder, mut out) = (Decoder::default(), Vec::new());
            for (payload, lost, tens) in payloads {
                let before = out.len();
                if lost {
                    decoder.lost(Some(&payload), tens * FRAME / 2, &mut out);
                    prop_assert_eq!(out.len() - before, tens * FRAME / 2);
                } else {
                    decoder.decode(&payload, &mut out);
                    prop_assert!(out.len() - before <= crate::codec::longest(RATE));
                }
            }
        }

        /// Whatever is said is understood, for as long as it was said.
        #[test]
        fn any_samples_are_said(samples: Vec<i16>, length in prop_oneof![Just(160usize), Just(320), Just(640), Just(960)]) {
            let mut samples = samples;
            samples.resize(length, 0);
            let (mut payload, mut heard) = (Vec::new(), Vec::new());
            Encoder::new(OpusWishes::default()).encode(&samples, &mut payload);
            Decoder::default().decode(&payload, &mut heard);
            prop_assert_eq!(heard.len(), length);
        }
    }
}
