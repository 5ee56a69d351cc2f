//! Whether a fax machine is at an end whose sound is only forwarded: for that alone, a small part of an [`Ear`](super::ear::Ear) is enough.
//!
//! Nobody hears what is decoded here, so nothing has to come at its time: packets are put into their order, what is lost is the packet before
//! it once more (of 1100 Hz that is the same tone going on), and the detectors hear the rest. G.711 alone: no machine speaks anything else
//! for sure.

use super::detect::{FaxFlags, FaxTone};
use crate::codec::g711;
use crate::rtp::Rtp;
use crate::sdp::Codec;

/// Packets that are kept: the one before the next, and 60 ms of a usual phone; once more came at once, 140 ms. Of still more the oldest are lost.
/// Powers of two, so that numbers go round without a seam.
const FEW_SLOTS: usize = 4;
const SLOTS: usize = 8;
/// A packet that is older or newer by so many numbers is of another stream: its sender began anew.
const ANEW: u16 = 100;
/// Bytes of one packet at first: G.711 of 20 ms.
const FIRST_ROOM: usize = 160;
/// And at most: G.711 of 120 ms.
const MOST_ROOM: usize = 960;
/// Steps for which a packet that is missing is waited for while later ones are there.
const PATIENCE: u8 = 2;
/// Steps without a packet after which the line is silent: a phone may say nothing at all instead of silence.
const QUIET: u8 = 3;
/// Samples that are decoded at once.
const PART: usize = 40;
/// A step of silence.
const SILENCE: [i16; PART] = [0; PART];
const SILENT_PARTS: usize = 4;

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    sequence: u16,
    length: u16,
    a_law: bool,
    full: bool,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct FaxEar {
    slots: [Slot; SLOTS],
    data: Vec<u8>,
    /// How many of the slots are in use, and how many there should have been.
    count: u16,
    wanted_count: u16,
    /// Bytes of a slot, and of the largest packet that found none.
    room: u16,
    wanted: u16,
    ssrc: u32,
    /// The number to be heard next, once there was one.
    next: Option<u16>,
    /// The one that was heard last.
    last: u16,
    /// Steps in which nothing was heard, and those in which later packets were there.
    without: u8,
    waited: u8,
    tone: FaxTone,
    flags: FaxFlags,
}

impl Default for FaxEar {
    fn default() -> Self {
        Self {
            slots: [Slot::default(); SLOTS],
            data: vec![0; FEW_SLOTS * FIRST_ROOM],
            count: FEW_SLOTS as u16,
            wanted_count: FEW_SLOTS as u16,
            room: FIRST_ROOM as u16,
            wanted: FIRST_ROOM as u16,
            ssrc: 0,
            next: None,
            last: 0,
            without: 0,
            waited: 0,
            tone: FaxTone::default(),
            flags: FaxFlags::default(),
        }
    }
}

impl FaxEar {
    /// A packet came. It is on the way of forwarded packets: this only copies.
    pub(crate) fn put(&mut self, rtp: &Rtp, payload: &[u8]) {
        let a_law = match Codec::fixed(rtp.payload_type) {
            Some(Codec::Pcmu) => false,
            Some(Codec::Pcma) => true,
            _ => return,
        };
        let Ok(length) = u16::try_from(payload.len()) else { return };
        if length > self.room {
            self.wanted = length;
            return;
        }
        let ahead = self.next.map(|next| rtp.sequence.wrapping_sub(next));
        match ahead.filter(|_| rtp.ssrc == self.ssrc) {
            Some(ahead) if ahead < self.most_ahead() => {}
            Some(ahead) if ahead < ANEW => {
                self.wanted_count = SLOTS as u16;
                self.next = Some(rtp.sequence.wrapping_sub(self.most_ahead() - 1));
            }
            // Late: what was in its place has been heard.
            Some(ahead) if ahead > u16::MAX - ANEW => return,
            _ => {
                self.slots = [Slot::default(); SLOTS];
                (self.ssrc, self.next) = (rtp.ssrc, Some(rtp.sequence));
            }
        }
        let at = self.place(rtp.sequence);
        let begin = at * usize::from(self.room);
        let (Some(slot), Some(place)) = (self.slots.get_mut(at), self.data.get_mut(begin..begin + payload.len()))
        else {
            return;
        };
        place.copy_from_slice(payload);
        *slot = Slot { sequence: rtp.sequence, length, a_law, full: true };
    }

    /// What came since the last step: true if it was a fax machine.
    pub(crate) fn step(&mut self) -> bool {
        self.grow();
        let mut fax = false;
        let mut came = false;
        while let Some(next) = self.next {
            if self.holds(next) {
                (came, self.waited, self.last) = (true, 0, next);
            } else if !(1..self.most_ahead()).any(|n| self.holds(next.wrapping_add(n))) {
                break;
            } else if self.waited < PATIENCE {
                self.waited += 1;
                break;
            }
            // What is lost is heard as what came before it.
            fax |= self.hear(self.last);
            self.next = Some(next.wrapping_add(1));
        }
        self.without = if came { 0 } else { self.without.saturating_add(1) };
        if self.without > QUIET {
            for _ in 0..SILENT_PARTS {
                fax |= self.tone.hear(&SILENCE) | self.flags.hear(&SILENCE);
            }
        }
        fax
    }

    /// How far ahead of the next one a packet may be.
    const fn most_ahead(&self) -> u16 {
        self.count - 1
    }

    /// The slot of this number.
    fn place(&self, sequence: u16) -> usize {
        usize::from(sequence % self.count)
    }

    fn holds(&self, sequence: u16) -> bool {
        self.slots.get(self.place(sequence)).is_some_and(|slot| slot.full && slot.sequence == sequence)
    }

    fn hear(&mut self, sequence: u16) -> bool {
        let at = self.place(sequence);
        let Some(slot) = self.slots.get(at).filter(|slot| slot.full && slot.sequence == sequence) else {
            return false;
        };
        let begin = at * usize::from(self.room);
        let Some(payload) = self.data.get(begin..begin + usize::from(slot.length)) else { return false };
        let decode = if slot.a_law { g711::from_a_law } else { g711::from_mu_law };
        let mut fax = false;
        for part in payload.chunks(PART) {
            let mut samples = SILENCE;
            samples.iter_mut().zip(part).for_each(|(sample, byte)| *sample = decode(*byte));
            let samples = samples.get(..part.len()).unwrap_or_default();
            fax |= self.tone.hear(samples) | self.flags.hear(samples);
        }
        fax
    }

    /// Room for packets that were too large, or too many. What waits is lost for that, once.
    fn grow(&mut self) {
        if self.wanted > self.room || self.wanted_count > self.count {
            let room = usize::from(self.wanted).next_multiple_of(FIRST_ROOM).min(MOST_ROOM);
            (self.room, self.count) = (room as u16, self.wanted_count);
            self.wanted = self.room;
            self.data = vec![0; usize::from(self.count) * room];
            self.slots = [Slot::default(); SLOTS];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rtp(sequence: u16) -> Rtp {
        Rtp { payload_type: 0, sequence, timestamp: 160 * u32::from(sequence), ssrc: 1, start: 0, end: 0 }
    }

    /// The call of a machine that begins after a second of silence, in packets of so many samples.
    fn called(size: usize) -> Vec<Vec<u8>> {
        let tone = |n: usize| (3000.0 * (n as f64 * 1100.0 / 8000.0 * std::f64::consts::TAU).sin()) as i16;
        let mut samples = vec![0; 8000];
        samples.extend((0..4000).map(tone));
        samples.extend(vec![0; 8000]);
        samples.chunks(size).map(|part| part.iter().map(|s| g711::to_mu_law(*s)).collect()).collect()
    }

    /// Hears these packets, one a step. How often a machine was heard.
    fn heard(packets: impl IntoIterator<Item = (u16, Vec<u8>)>) -> usize {
        let mut ear = FaxEar::default();
        let steps = packets.into_iter().map(|(sequence, payload)| {
            ear.put(&rtp(sequence), &payload);
            ear.step()
        });
        steps.filter(|fax| *fax).count()
    }

    fn numbered(size: usize) -> Vec<(u16, Vec<u8>)> {
        // Their numbers go round in the middle of the tone.
        let number = |n: usize| (u16::MAX - 60).wrapping_add(n as u16);
        called(size).into_iter().enumerate().map(|(n, payload)| (number(n), payload)).collect()
    }

    #[test]
    fn a_machine_that_calls_is_heard_in_packets_of_any_length() {
        for size in [80, 160, 240, 480, 960] {
            assert_eq!(heard(numbered(size)), 1, "{size} samples");
        }
        assert_eq!(heard(numbered(160).into_iter().map(|(n, p)| (n, vec![0xff; p.len()]))), 0, "silence");
    }

    #[test]
    fn lost_packets_and_those_out_of_order_do_not_hide_it() {
        let lost = numbered(160).into_iter().filter(|(n, _)| !n.is_multiple_of(9));
        assert_eq!(heard(lost), 1, "each ninth is lost");
        let mut swapped = numbered(160);
        swapped.chunks_mut(3).for_each(|three| three.swap(0, three.len() - 1));
        assert_eq!(heard(swapped), 1, "out of order");
        let twice = numbered(160).into_iter().flat_map(|packet| [packet.clone(), packet]);
        assert_eq!(heard(twice), 1, "each comes twice");
    }

    /// On a busy network packets come four at a time: once that was seen, there is room for them.
    #[test]
    fn a_machine_whose_packets_come_in_bursts_is_heard() {
        let mut ear = FaxEar::default();
        let packets = numbered(160);
        let heard = packets.chunks(4).map(|burst| {
            burst.iter().for_each(|(sequence, payload)| ear.put(&rtp(*sequence), payload));
            (0..4).filter(|_| ear.step()).count()
        });
        assert_eq!(heard.sum::<usize>(), 1);
    }

    /// It says nothing at all where others say silence.
    #[test]
    fn a_machine_behind_a_phone_that_rests_is_heard() {
        let mut ear = FaxEar::default();
        let tone = called(160).into_iter().skip(50).take(25);
        let while_it_calls = (0..).zip(tone).any(|(n, payload)| {
            ear.put(&rtp(n), &payload);
            ear.step()
        });
        assert!(!while_it_calls, "a tone that goes on may be none");
        assert!((0..10).any(|_| ear.step()), "it has ended");
    }

    #[test]
    fn another_stream_is_heard_from_its_beginning() {
        let mut ear = FaxEar::default();
        ear.put(&rtp(7), &[0xff; 160]);
        ear.step();
        let mut heard = 0;
        for (n, payload) in (30_000..).zip(called(160)) {
            ear.put(&Rtp { ssrc: 2, ..rtp(n) }, &payload);
            heard += usize::from(ear.step());
        }
        assert_eq!(heard, 1);
    }
}
