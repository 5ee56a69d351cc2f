//! Words and music of the box, found by their own sound in what a phone heard: the console plays what callers are told, and that is looked for.

use std::ops::Range;

use crate::Demo;
use crate::baresip::strength;

/// A piece of this many samples is looked for at once: a tenth of a second.
const PIECE: usize = 800;
/// So many pieces together are like nothing else that is said.
const ANCHOR: usize = 2 * PIECE;
/// A phone's buffer may leave out a packet, or add one, between two pieces.
const SLIP: usize = 400;
/// So much of their end may be missing: who hangs up behind words may cut them.
const TAIL: usize = 2400;
/// How like the sound itself what was heard must be: 1 is the same, whatever its loudness. Other words stay below a half.
const LIKE: f64 = 0.75;
/// Music is known by half a second of it, which begins within a second where it is looked for.
const PLAYED: usize = 4000;
const SOON: usize = 8000;
/// Pieces of what is said that are quieter than this (as a mean of squares) are pauses.
const PAUSE: f64 = 200.0 * 200.0;

/// Something that callers are told, or music, as the console plays it.
pub struct Words {
    key: String,
    samples: Vec<f64>,
    energy: Energy,
    /// Where its loudest part begins, which is looked for first.
    anchor: usize,
}

impl Words {
    /// What callers hear under this key: "en.queue_stay", "music".
    ///
    /// # Panics
    /// If the console does not play it.
    pub fn of(demo: &Demo, key: &str) -> Self {
        let wav = demo.get(&format!("/plan/prompts/{key}/sound.wav"));
        assert!(wav.starts_with(b"RIFF") && wav[22] == 1, "{key} is no sound of one channel");
        let rate = u32::from_le_bytes([wav[24], wav[25], wav[26], wav[27]]) as usize;
        let all: Vec<f64> = wav[44..].chunks_exact(2).map(|b| f64::from(i16::from_le_bytes([b[0], b[1]]))).collect();
        // Of a telephone's band: what is above it is gone there.
        let samples: Vec<f64> = all.chunks_exact(rate / 8000).map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
        let energy = Energy::of(&samples);
        let anchors = (0..samples.len().saturating_sub(ANCHOR)).step_by(PIECE / 4);
        let anchor = anchors.max_by(|a, b| energy.in_part(*a, ANCHOR).total_cmp(&energy.in_part(*b, ANCHOR)));
        Self { key: key.to_owned(), anchor: anchor.unwrap_or(0), samples, energy }
    }

    /// Its key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where they were said in what was heard, from this sample on. `None`: not yet, or not to their end.
    pub fn find(&self, heard: &[i16], from: usize) -> Option<Range<usize>> {
        let heard: Vec<f64> = heard.iter().map(|sample| f64::from(*sample)).collect();
        let energy = Energy::of(&heard);
        let length = ANCHOR.min(self.samples.len());
        let rest = (self.samples.len() - self.anchor).saturating_sub(TAIL);
        let begins = from + self.anchor..(heard.len() + 1).saturating_sub(rest);
        begins.into_iter().find_map(|at| {
            let is_it = self.likeness(self.anchor, &heard, &energy, at, length) > LIKE;
            let start = at - self.anchor;
            (is_it && self.is_all_there(&heard, &energy, start)).then(|| start..start + self.samples.len())
        })
    }

    /// Two of three pieces of what is no pause are there, in their order.
    fn is_all_there(&self, heard: &[f64], energy: &Energy, start: usize) -> bool {
        let loud = |at: &usize| self.energy.in_part(*at, PIECE) > PAUSE * PIECE as f64;
        let pieces: Vec<usize> =
            (0..(self.samples.len() + 1).saturating_sub(PIECE)).step_by(PIECE).filter(loud).collect();
        let is_there = |piece: &&usize| {
            let near = (start + **piece).saturating_sub(SLIP)..=start + **piece + SLIP;
            near.into_iter().any(|at| self.likeness(**piece, heard, energy, at, PIECE) > LIKE)
        };
        3 * pieces.iter().filter(is_there).count() >= 2 * pieces.len()
    }

    /// How like its part from `own` on what was heard from `at` on is, for so many samples.
    fn likeness(&self, own: usize, heard: &[f64], energy: &Energy, at: usize, length: usize) -> f64 {
        let (Some(mine), Some(theirs)) = (self.samples.get(own..own + length), heard.get(at..at + length)) else {
            return 0.0;
        };
        let (a, b) = (self.energy.in_part(own, length), energy.in_part(at, length));
        // It is as loud as it was, within 6 dB: most places are passed over by that alone.
        if a <= 0.0 || !(0.25..4.0).contains(&(b / a)) {
            return 0.0;
        }
        mine.iter().zip(theirs).map(|(x, y)| x * y).sum::<f64>() / (a * b).sqrt()
    }

    /// Which of its samples were heard first, soon after so many of those: the place from which music went on.
    pub fn plays(&self, heard: &[i16], after: usize) -> Option<usize> {
        let soon = after..(after + SOON).min((heard.len() + 1).saturating_sub(PLAYED));
        soon.step_by(PIECE).find_map(|at| {
            let part: Vec<f64> = heard[at..at + PLAYED].iter().map(|s| f64::from(*s)).collect();
            let energy = Energy::of(&part);
            // Most places are passed over by their first tenth of a second.
            (0..self.samples.len()).find(|own| {
                let like = |length| self.likeness(*own, &part, &energy, 0, length);
                like(PIECE) > LIKE && like(PLAYED) > LIKE
            })
        })
    }
}

/// The tone after which one speaks, within ten seconds after so many samples of what was heard: where it ends, as far as it has come.
pub fn beep(heard: &[i16], after: usize) -> Option<usize> {
    const HERTZ: usize = 1000;
    let part = heard.get(after..)?;
    let blocks: Vec<bool> = part.chunks_exact(PIECE).take(100).map(|block| is_alone(block, HERTZ)).collect();
    // A third of a second: two blocks at least are nothing else, and five would be another tone. Nothing need come behind it.
    let at = blocks.windows(2).position(|two| two == [true, true])?;
    let length = blocks[at..].iter().take_while(|is_tone| **is_tone).count();
    (length <= 4).then_some(after + (at + length) * PIECE)
}

/// This tone is heard, and nothing else.
fn is_alone(block: &[i16], hertz: usize) -> bool {
    let tone = strength(block, hertz);
    let all = block.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / block.len() as f64;
    tone > 500.0 && tone * tone / 2.0 > 0.8 * all
}

/// How much energy there is in a part of a sound: a sum of squares.
struct Energy(Vec<f64>);

impl Energy {
    fn of(samples: &[f64]) -> Self {
        let mut sum = 0.0;
        let sums = samples.iter().map(|sample| {
            sum += sample * sample;
            sum
        });
        Self(std::iter::once(0.0).chain(sums).collect())
    }

    fn in_part(&self, at: usize, length: usize) -> f64 {
        self.0.get(at + length).zip(self.0.get(at)).map_or(0.0, |(end, start)| end - start)
    }
}
