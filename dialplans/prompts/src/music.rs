//! Music on hold: the clinic's own, or one made by ourselves, so that nobody's rights are touched and nothing has to be installed. Four calm
//! chords that are played note by note and come round. Every tone of it is lower than 660 Hz, so that no machine takes it for a key, a fax or a
//! busy line.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use crate::Clip;
use crate::own;

/// Samples from one note to the next: three in two seconds.
const NOTE: usize = 10_600;
/// How long a note is heard, in notes: it fades under those that follow.
const FADES: usize = 4;
/// As loud as a calm voice: some 20 dB under the loudest that there is.
const LOUDNESS: f32 = 1_900.0;
/// The notes in Hz, six for each chord: C, A minor, F, G.
const NOTES: [f32; 24] = [
    130.8, 196.0, 261.6, 329.6, 261.6, 196.0, //
    110.0, 164.8, 220.0, 261.6, 220.0, 164.8, //
    174.6, 220.0, 261.6, 349.2, 261.6, 220.0, //
    98.0, 146.8, 196.0, 246.9, 196.0, 146.8,
];

static CHORDS: LazyLock<Vec<i16>> = LazyLock::new(samples);

/// What somebody hears who waits, again and again.
pub fn music() -> Clip {
    own::music().map_or_else(|| Clip::Voice(&CHORDS), Clip::Own)
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a sound is made of small numbers")]
fn samples() -> Vec<i16> {
    let length = NOTES.len() * NOTE;
    let mut sum = vec![0.0_f32; length];
    for (n, hz) in NOTES.iter().enumerate() {
        for i in 0..NOTE * FADES {
            let time = i as f32 / crate::RATE as f32;
            // It swells within a hundredth of a second, so that nothing clicks, and fades like a string.
            let swell = (time * 100.0).min(1.0) * (-time * 2.2).exp() * (1.0 - i as f32 / (NOTE * FADES) as f32);
            let tone = (TAU * hz * time).sin() + 0.25 * (TAU * hz * 1.5 * time).sin() * (-time * 6.0).exp();
            // The last notes sound on over the first: the loop has no seam.
            sum[(n * NOTE + i) % length] += LOUDNESS * swell * tone;
        }
    }
    sum.into_iter().map(|sample| sample.clamp(-32_000.0, 32_000.0) as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_calm_has_no_seam_and_never_clips() {
        let samples = samples();
        let loudest = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
        assert!((1_000..12_000).contains(&loudest), "{loudest}");
        let step = |a: i16, b: i16| (i32::from(a) - i32::from(b)).abs();
        let largest = samples.windows(2).map(|w| step(w[0], w[1])).max().unwrap_or(0);
        assert!(step(samples[samples.len() - 1], samples[0]) <= largest.max(1), "a click where it comes round");
        assert!(largest < 3_000, "{largest}");
        // Nobody waits in silence for long: each half second has sound in it.
        let quiet = samples.chunks(8_000).filter(|part| part.iter().all(|s| s.unsigned_abs() < 200)).count();
        assert_eq!(quiet, 0);
    }
}
