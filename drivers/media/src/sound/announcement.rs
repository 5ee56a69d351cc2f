//! A voice as a telephone recorded it becomes an announcement: without the silence around it, and as loud as the box's own voice, beside which it
//! is heard.
//!
//! It is turned up by no more than 12 dB, since the noise of the line comes up with it, and by one factor from end to end: who speaks softly
//! where it is sad is not made to shout.

use crate::sound::Clip;
use crate::voice::activity::{SILENT, power};
use crate::voice::resample::Resampler;

/// Samples a second of what callers are told.
const RATE: u32 = 16_000;
/// Samples of a step of 20 ms.
const STEP: usize = RATE as usize / 50;
/// How many steps of a voice in a row are a word: the click of a key, or of a receiver that is laid down, is shorter.
const WORD: usize = 3;
/// Steps that stay before the first word and after the last: a breath, and the end of an "s".
const MARGIN: usize = 8;
/// What is softer than the voice by this (25 dB) belongs to no word.
const SOFT: f64 = 300.0;
/// What is softer than the loud vowels by this (15 dB) tells nothing of how loud somebody speaks.
const PAUSE: f64 = 30.0;
/// How loud the box's own voice is while it speaks, as the mean of squares.
const LEVEL: f64 = 3_000.0 * 3_000.0;
/// As a factor of samples: 12 dB.
const MOST_GAIN: f64 = 4.0;
/// The loudest sample: 1 dB below the loudest that there is.
const PEAK: f64 = 29_000.0;

impl Clip {
    /// The parts of a recording as one announcement, at 16,000 samples a second. `None` if there is no word in them. A minute takes some
    /// milliseconds.
    pub fn announcement(parts: &[Self]) -> Option<Self> {
        let samples = joined(parts);
        let powers: Vec<f64> = samples.chunks(STEP).map(power).collect();
        let level = level(&powers)?;
        let threshold = SILENT.max(level / SOFT);
        let is_word = |at: &usize| powers.iter().skip(*at).take(WORD).filter(|p| **p > threshold).count() == WORD;
        let words = 0..powers.len().saturating_sub(WORD - 1);
        let (first, last) = (words.clone().find(is_word)?, words.rev().find(is_word)? + WORD);
        let from = first.saturating_sub(MARGIN) * STEP;
        let to = ((last + MARGIN) * STEP).min(samples.len());
        let kept = samples.get(from..to)?;
        let loudest = kept.iter().map(|s| f64::from(s.unsigned_abs())).fold(1.0, f64::max);
        let gain = (LEVEL / level).sqrt().min(MOST_GAIN).min(PEAK / loudest);
        let louder = |s: &i16| (f64::from(*s) * gain).round().clamp(-32_768.0, 32_767.0) as i16;
        Some(Self::new(RATE, kept.iter().map(louder).collect::<Vec<_>>()))
    }
}

/// All parts, one after the other. A phone may change how it speaks in the midst of them.
fn joined(parts: &[Clip]) -> Vec<i16> {
    let mut samples = Vec::new();
    let mut resampler = None;
    for part in parts {
        if part.rate() == RATE {
            resampler = None;
            samples.extend_from_slice(part.samples());
        } else {
            resampler.get_or_insert_with(|| Resampler::new(part.rate(), RATE)).run(part.samples(), &mut samples);
        }
    }
    samples
}

/// How loud somebody speaks, as the mean of squares: of the steps that are loud, and not of the pauses between them. A single click is none.
fn level(powers: &[f64]) -> Option<f64> {
    let mut heard: Vec<f64> = powers.iter().copied().filter(|p| *p > SILENT).collect();
    if heard.len() < WORD {
        return None;
    }
    heard.sort_by(f64::total_cmp);
    let vowels = heard.get(heard.len() * 9 / 10).copied()?;
    let loud: Vec<f64> = heard.into_iter().filter(|p| *p > vowels / PAUSE && *p < vowels * PAUSE).collect();
    Some(loud.iter().sum::<f64>() / loud.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a telephone.
    const NARROW: u32 = 8_000;

    /// A tone of a voice's height.
    fn voice(loud: f64, millis: usize) -> Vec<i16> {
        let value = |n: usize| (loud * (n as f64 * std::f64::consts::TAU * 400.0 / f64::from(NARROW)).sin()) as i16;
        (0..millis * 8).map(value).collect()
    }

    fn noise(millis: usize) -> Vec<i16> {
        (0..millis * 8).map(|n| if n * 7_919 % 13 < 6 { 25 } else { -25 }).collect()
    }

    fn announced(pieces: &[Vec<i16>]) -> Option<Clip> {
        // As the engine hands it over: a second at a time.
        let whole = pieces.concat();
        let parts: Vec<Clip> = whole.chunks(NARROW as usize).map(|part| Clip::new(NARROW, part.to_vec())).collect();
        Clip::announcement(&parts)
    }

    fn millis(clip: &Clip) -> u128 {
        clip.duration().as_millis()
    }

    fn loud(clip: &Clip) -> i16 {
        clip.samples().iter().copied().max().unwrap_or(0)
    }

    #[test]
    fn the_silence_around_it_goes_and_the_pauses_within_stay() {
        let said = announced(&[noise(1_700), voice(4_000.0, 900), noise(1_200), voice(4_000.0, 800), noise(2_300)]);
        let said = said.expect("somebody spoke");
        assert!((2_900..=3_300).contains(&millis(&said)), "{said:?}");
    }

    #[test]
    fn the_click_of_a_key_at_either_end_is_no_word() {
        let click = voice(15_000.0, 15);
        let said = announced(&[click.clone(), noise(1_500), voice(4_000.0, 1_000), noise(1_500), click, noise(200)]);
        let said = said.expect("somebody spoke");
        assert!(millis(&said) < 1_400, "{said:?}");
        assert!(loud(&said) < 8_000, "and does not say how loud the voice is: {}", loud(&said));
    }

    #[test]
    fn a_soft_voice_is_made_as_loud_as_that_of_the_box_a_loud_one_softer_and_a_whisper_not_into_noise() {
        let at = |before: f64| announced(&[noise(300), voice(before, 1_000), noise(300)]).map(|said| loud(&said));
        let ours = 3_000.0 * 2f64.sqrt();
        for before in [1_200.0, 4_000.0, 30_000.0] {
            let after = f64::from(at(before).expect("somebody spoke"));
            assert!((after / ours - 1.0).abs() < 0.05, "{before}: {after}");
        }
        let whisper = f64::from(at(300.0).expect("somebody spoke"));
        assert!((whisper / 1_200.0 - 1.0).abs() < 0.05, "{whisper}");
    }

    #[test]
    fn nothing_that_is_loud_for_a_moment_is_cut_off_at_its_top() {
        let said =
            announced(&[voice(1_000.0, 2_000), voice(20_000.0, 100), voice(1_000.0, 1_000)]).expect("somebody spoke");
        assert!((28_000..=29_100).contains(&loud(&said)), "{}", loud(&said));
    }

    #[test]
    fn silence_noise_and_a_click_are_no_announcement() {
        assert_eq!(Clip::announcement(&[]), None);
        for nothing in [vec![], noise(3_000), [noise(900), voice(9_000.0, 20), noise(900)].concat()] {
            assert_eq!(announced(&[nothing]), None);
        }
    }

    #[test]
    fn a_phone_that_changes_how_it_speaks_within_it_loses_nothing() {
        let (narrow, wide) = (Clip::new(8_000, voice(4_000.0, 1_000)), Clip::new(16_000, voice(4_000.0, 2_000)));
        let said = Clip::announcement(&[narrow, wide.clone(), wide]).expect("somebody spoke");
        assert_eq!(said.rate(), 16_000);
        assert!((2_980..=3_020).contains(&millis(&said)), "{said:?}");
    }
}
