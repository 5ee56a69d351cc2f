//! Keys that we press for a party, as telephone events (RFC 4733).

use std::collections::VecDeque;

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
    waiting: VecDeque<u8>,
    /// Steps of the first of them.
    steps: u32,
}

impl Keys {
    /// Presses one more. What is no key of a telephone is left out.
    pub(crate) fn press(&mut self, digit: char) {
        let code = crate::dtmf::code(digit).filter(|_| self.waiting.len() < MOST);
        self.waiting.extend(code);
    }

    /// The next step. `None`: no key is left.
    pub(crate) fn step(&mut self) -> Option<Stroke> {
        let code = *self.waiting.front()?;
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
