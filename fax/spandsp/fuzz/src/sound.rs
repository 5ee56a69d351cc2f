//! Samples at a terminal's modems: tones that steer them to each of their receivers, and noise.

use spandsp::{AudioTerminal, LONGEST_STEP};

use crate::{Listener, Scratch, config};

pub fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let scratch = Scratch::new();
    let Ok(mut terminal) = AudioTerminal::new(&config(*first, scratch.path()), Box::new(Listener)) else { return };
    let mut phase = 0u32;
    for piece in rest.chunks(3) {
        let mut samples = [0i16; LONGEST_STEP];
        let (kind, a, b) = (piece[0], piece.get(1).copied().unwrap_or(0), piece.get(2).copied().unwrap_or(0));
        match kind & 3 {
            // Silence, for up to some seconds.
            0 => (0..kind >> 2).for_each(|_| terminal.step(&mut [0; LONGEST_STEP])),
            // A tone, of any frequency and loudness.
            1 => {
                let step = u32::from(a) * 0x0080_0000 + u32::from(kind >> 2);
                for sample in &mut samples {
                    phase = phase.wrapping_add(step);
                    let wave = (f64::from(phase) / f64::from(u32::MAX) * std::f64::consts::TAU).sin();
                    *sample = (wave * f64::from(b) * 128.0) as i16;
                }
            }
            // V.21 of any bits: 1650 and 1850 Hz, 300 a second, as the frames of T.30 come.
            2 => {
                let bits = [kind >> 2, a, b];
                for (n, sample) in samples.iter_mut().enumerate() {
                    let bit = n * 300 / 8000;
                    let mark = bits[bit / 8 % 3] & (1 << (bit % 8)) != 0;
                    phase = phase.wrapping_add(if mark { 885_837_004 } else { 993_211_187 });
                    let wave = (f64::from(phase) / f64::from(u32::MAX) * std::f64::consts::TAU).sin();
                    *sample = (wave * 8000.0) as i16;
                }
            }
            // Noise, of any loudness, the extremes among it.
            _ => {
                for sample in &mut samples {
                    phase = phase.wrapping_mul(1_664_525).wrapping_add(1_013_904_223 + u32::from(a));
                    *sample = ((phase >> 16) as i16) >> (b & 15);
                }
            }
        }
        terminal.step(&mut samples);
    }
}
