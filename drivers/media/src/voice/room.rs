//! A room: the sound of all who are in it, together.
//!
//! It is mixed at 16 kHz, so that whoever has a wide band hears the others' whole voices. Each gets the sum without its own part.

use super::frame;
use super::record::Recorder;
use crate::api::SessionId;

/// Samples a second.
pub(crate) const RATE: u32 = 16_000;
/// Parties in one room. A clinic's largest meeting; more would be a broadcast.
pub const MAX_PARTIES: usize = 64;

/// One room.
#[derive(Debug, Default)]
pub(crate) struct Room {
    pub(crate) parties: Vec<SessionId>,
    pub(crate) sum: Vec<i32>,
    /// The recording of what all say.
    pub(crate) record: Option<Box<Recorder>>,
}

/// The sum of what all say in a step.
pub(crate) fn add_all<'a>(sum: &mut Vec<i32>, voices: impl Iterator<Item = &'a [i16]>) {
    sum.clear();
    sum.resize(frame(RATE), 0);
    for voice in voices {
        sum.iter_mut().zip(voice).for_each(|(sum, sample)| *sum += i32::from(*sample));
    }
}

impl Room {
    /// What one hears who said `own`. Where many speak at once it is cut at full scale, as it would be on any line.
    pub(crate) fn without(&self, own: &[i16], out: &mut Vec<i16>) {
        let own = own.iter().copied().map(i32::from).chain(std::iter::repeat(0));
        out.extend(self.sum.iter().zip(own).map(|(sum, own)| (sum - own).clamp(-32_768, 32_767) as i16));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever is said by however many: each hears exactly the others.
        #[test]
        fn each_hears_all_others_and_not_itself(
            voices in proptest::collection::vec(proptest::collection::vec(-1000i16..=1000, 320), 1..=20),
        ) {
            let mut room = Room::default();
            add_all(&mut room.sum, voices.iter().map(Vec::as_slice));
            for (me, own) in voices.iter().enumerate() {
                let mut heard = Vec::new();
                room.without(own, &mut heard);
                let others = voices.iter().enumerate().filter(|(who, _)| *who != me).map(|(_, voice)| voice);
                let expected: Vec<i16> =
                    others.fold(vec![0; 320], |sum, voice| sum.iter().zip(voice).map(|(a, b)| a + b).collect());
                prop_assert_eq!(heard, expected);
            }
        }

        /// The loudest voices together are cut, and do not wrap round.
        #[test]
        fn loud_voices_are_cut(count in 2usize..=64, sample: i16) {
            let mut room = Room::default();
            let voice = [sample; 320];
            add_all(&mut room.sum, (0..count).map(|_| &voice[..]));
            let mut heard = Vec::new();
            room.without(&[], &mut heard);
            let all = (i64::from(sample) * count as i64).clamp(i16::MIN.into(), i16::MAX.into());
            prop_assert!(heard.iter().all(|s| i64::from(*s) == all));
        }
    }
}
