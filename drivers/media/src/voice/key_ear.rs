//! Keys that are pressed by their tones at an end whose sound is forwarded to one that knows telephone events. They are told there as such events,
//! and their tones are taken out of the sound: whatever listens for both counts each key once.
//!
//! A packet is heard before it goes on, and waits for nothing; from the moment at which it seems to be part of a key it goes on as silence. So what
//! goes on of a tone is its beginning, 26 ms at most, of the 40 ms that make a key (ITU-T Q.24), and a packet of a voice that is like a key for so
//! long is silent: those are few. A receiver that takes less than 26 ms for a key may still count it twice. What is said within 32 ms behind a key is
//! silent too. How long it was held is not told: each is down for as long as those that we press ourselves.
//!
//! G.711 alone: what else is said to such an end is translated on its way. Where a fax machine was heard nothing is touched any more.

use super::detect::{FaxFlags, FaxTone, KeyTones};
use crate::codec::g711;
use crate::rtp::Rtp;
use crate::sdp::Codec;

/// A packet that is older or newer by so many numbers is of another stream: its sender began anew.
const ANEW: u16 = 100;
/// Ticks without sound between two packets that follow each other: the phone rests, and a key that was down is up.
const REST: u32 = 320;
/// Samples that are decoded at once.
const PART: usize = 80;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct KeyEar {
    keys: KeyTones,
    tone: FaxTone,
    flags: FaxFlags,
    /// A fax machine was heard.
    fax: bool,
    next: Option<Next>,
}

/// The packet that follows the last one, if the phone does not rest.
#[derive(Clone, Copy, Debug)]
struct Next {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

impl KeyEar {
    /// A packet in this codec is on its way. What of it is a key becomes silence.
    pub(crate) fn hear(&mut self, codec: Codec, rtp: &Rtp, payload: &mut [u8], mut pressed: impl FnMut(char)) {
        let (decode, silence): (fn(u8) -> i16, _) = match codec {
            Codec::Pcmu => (g711::from_mu_law, 0xff),
            Codec::Pcma => (g711::from_a_law, 0xd5),
            Codec::G722 | Codec::Opus => return,
        };
        if self.fax {
            return;
        }
        let mut is_key = self.keys.is_down();
        if self.follows(rtp, payload.len()) {
            for part in payload.chunks(PART) {
                let mut samples = [0; PART];
                samples.iter_mut().zip(part).for_each(|(sample, byte)| *sample = decode(*byte));
                let samples = samples.get(..part.len()).unwrap_or_default();
                self.keys.hear(samples, &mut pressed);
                self.fax |= self.tone.hear(samples) | self.flags.hear(samples);
            }
            is_key |= self.keys.seems_down();
        }
        if is_key && !self.fax {
            payload.fill(silence);
        }
    }

    /// False for a packet that comes late, of which nothing is heard. Of one that is lost the one before it goes on, so that no key is pressed twice
    /// for it; a phone that rests has let go of its key.
    fn follows(&mut self, rtp: &Rtp, ticks: usize) -> bool {
        let ahead = self.next.filter(|next| next.ssrc == rtp.ssrc);
        match ahead.map(|next| (rtp.sequence.wrapping_sub(next.sequence), rtp.timestamp.wrapping_sub(next.timestamp))) {
            Some((late, _)) if late > u16::MAX - ANEW => return false,
            Some((0, rest)) if rest < REST => {}
            Some((1..ANEW, _)) => {}
            _ => self.keys.forget(),
        }
        let (sequence, timestamp) = (rtp.sequence.wrapping_add(1), rtp.timestamp.wrapping_add(ticks as u32));
        self.next = Some(Next { ssrc: rtp.ssrc, sequence, timestamp });
        true
    }
}
