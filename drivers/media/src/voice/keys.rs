//! Keys that we press for a party, as telephone events (RFC 4733) or, where its end knows none, by their tones.

use std::collections::VecDeque;

use crate::sound::{Sound, Tone};

/// Steps that a key is down: 160 ms, long enough for whatever counts keys.
const DOWN: u32 = 8;
/// Steps from the end of one key to the next.
const PAUSE: u32 = 4;
/// Keys that wait at most. Nobody presses so many ahead.
const MOST: usize = 32;

/// What there is to say in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stroke {
    /// The key with this code has been down for so many steps, this one among them, and is released after it, or not.
    Down { code: u8, steps: u32, last: bool },
    /// Nothing, between two keys.
    Pause,
}

/// Keys that are pressed one after the other.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    waiting: VecDeque<char>,
    /// Steps of the first of them, as an event.
    steps: u32,
}

impl Keys {
    /// Presses one more. What is no key of a telephone is left out.
    pub(crate) fn press(&mut self, digit: char) {
        if crate::dtmf::code(digit).is_some() && self.waiting.len() < MOST {
            self.waiting.push_back(digit);
        }
    }

    /// The next one, to be heard by its tones. `None`: no key is left.
    pub(crate) fn tone(&mut self) -> Option<Sound> {
        self.waiting.pop_front().map(|digit| Sound::Tone(Tone::Digit(digit)))
    }

    /// The next step of events. `None`: no key is left.
    pub(crate) fn step(&mut self) -> Option<Stroke> {
        let code = crate::dtmf::code(*self.waiting.front()?)?;
        self.steps += 1;
        let steps = self.steps;
        if steps <= DOWN {
            return Some(Stroke::Down { code, steps, last: steps == DOWN });
        }
        if steps == DOWN + PAUSE {
            self.waiting.pop_front();
            self.steps = 0;
        }
        Some(Stroke::Pause)
    }
}
