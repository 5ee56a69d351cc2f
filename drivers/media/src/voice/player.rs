//! A sound that is being played.

use std::sync::Arc;
use std::time::Duration;

use super::resample::Resampler;
use super::tones::Maker;
use crate::sound::{Clip, PlayId, Sound};

/// Sounds within sounds. Deeper ones are left out; nobody composes like that.
const MAX_DEPTH: usize = 16;
/// Sounds without any length in a row that are passed over in one step, before the step is filled with silence: what repeats nothing for
/// ever must cost nothing.
const MAX_EMPTY: usize = 64;

/// What is played, and how far it has come.
pub(crate) struct Player {
    /// `None`: of our own accord (a key that the party's end knows no event for).
    pub(crate) play: Option<PlayId>,
    stack: Vec<Part>,
    /// Samples that are made and not taken yet, at `rate`.
    ready: Vec<i16>,
    rate: u32,
}

impl std::fmt::Debug for Player {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Player({:?})", self.play)
    }
}

enum Part {
    Clip { clip: Clip, at: usize, resampler: Resampler },
    Tone(Maker),
    Silence { left: Duration },
    Several { sounds: Arc<[Sound]>, next: usize },
    Forever(Arc<Sound>),
}

impl Player {
    pub(crate) fn new(play: Option<PlayId>, sound: &Sound) -> Self {
        let mut player = Self { play, stack: Vec::new(), ready: Vec::new(), rate: 8_000 };
        player.enter(sound);
        player
    }

    /// Appends `count` samples. False when there is nothing more; what is missing then is silence.
    pub(crate) fn take(&mut self, rate: u32, count: usize, out: &mut Vec<i16>) -> bool {
        if rate != self.rate {
            self.rate = rate;
            self.ready.clear();
            self.stack.iter_mut().for_each(|part| part.changes_to(rate));
        }
        let mut empty = 0;
        while self.ready.len() < count && !self.stack.is_empty() && empty < MAX_EMPTY {
            let before = self.ready.len();
            self.step(count - before);
            empty = if self.ready.len() == before { empty + 1 } else { 0 };
        }
        let there = self.ready.len().min(count);
        out.extend(self.ready.drain(..there));
        out.resize(out.len() + count - there, 0);
        // What has no more parts is over now, and not a step later.
        while matches!(self.stack.last(), Some(Part::Several { sounds, next }) if *next >= sounds.len()) {
            self.stack.pop();
        }
        !self.stack.is_empty() || !self.ready.is_empty()
    }

    fn step(&mut self, most: usize) {
        let rate = self.rate;
        let Some(part) = self.stack.last_mut() else { return };
        let more = match part {
            Part::Clip { clip, at, resampler } => {
                let wanted = (most * clip.rate() as usize).div_ceil(rate as usize).next_multiple_of(2);
                let samples = clip.samples();
                let end = samples.len().min(*at + wanted);
                resampler.run(&samples[*at..end], &mut self.ready);
                *at = end;
                end < samples.len()
            }
            Part::Tone(maker) => {
                let before = self.ready.len();
                maker.make(rate, most, &mut self.ready);
                self.ready.len() > before
            }
            Part::Silence { left } => {
                let all = left.as_millis() as u64 * u64::from(rate) / 1000;
                let now = all.min(most as u64);
                *left = left.saturating_sub(Duration::from_micros(now * 1_000_000 / u64::from(rate)));
                self.ready.resize(self.ready.len() + now as usize, 0);
                now < all
            }
            Part::Several { sounds, next } => {
                let sounds = Arc::clone(sounds);
                let sound = sounds.get(*next);
                *next += 1;
                return match sound {
                    Some(sound) => self.enter(sound),
                    None => drop(self.stack.pop()),
                };
            }
            Part::Forever(sound) => {
                let sound = Arc::clone(sound);
                return self.enter(&sound);
            }
        };
        if !more {
            self.stack.pop();
        }
    }

    fn enter(&mut self, sound: &Sound) {
        if self.stack.len() == MAX_DEPTH {
            return;
        }
        self.stack.push(match sound {
            Sound::Clip(clip) => {
                Part::Clip { clip: clip.clone(), at: 0, resampler: Resampler::new(clip.rate(), self.rate) }
            }
            Sound::Tone(tone) => Part::Tone(Maker::new(*tone)),
            Sound::Silence(length) => Part::Silence { left: *length },
            Sound::Several(sounds) => Part::Several { sounds: Arc::clone(sounds), next: 0 },
            Sound::Forever(sound) => Part::Forever(Arc::clone(sound)),
        });
    }
}

impl Part {
    /// The end speaks another codec now. A tone begins its beat anew, which nobody hears.
    fn changes_to(&mut self, rate: u32) {
        match self {
            Self::Clip { clip, resampler, .. } => *resampler = Resampler::new(clip.rate(), rate),
            Self::Tone(maker) => maker.begin_beat(),
            Self::Silence { .. } | Self::Several { .. } | Self::Forever(_) => {}
        }
    }
}
