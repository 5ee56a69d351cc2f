//! Samples at a terminal's modems: tones that steer them to each of their receivers, and noise.

use spandsp::{AudioTerminal, LONGEST_STEP};

use crate::signal::Signal;
use crate::{Listener, Scratch, config};

pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let scratch = Scratch::new();
    let Ok(mut terminal) = AudioTerminal::new(&config(*first, scratch.path()), Box::new(Listener)) else { return };
    let mut signal = Signal::default();
    for piece in rest.chunks(3) {
        let mut samples = [0i16; LONGEST_STEP];
        let (kind, a, b) = (piece[0], piece.get(1).copied().unwrap_or(0), piece.get(2).copied().unwrap_or(0));
        match kind & 3 {
            // Silence, for up to some seconds.
            0 => (0..kind >> 2).for_each(|_| terminal.step(&mut [0; LONGEST_STEP])),
            1 => signal.tone(&mut samples, u32::from(a) * 0x0080_0000 + u32::from(kind >> 2), b),
            // As the frames of T.30 come.
            2 => signal.v21(&mut samples, &[kind >> 2, a, b]),
            _ => signal.noise(&mut samples, a, b),
        }
        terminal.step(&mut samples);
    }
}
