//! A piece of sound as rooms hand it to each other and to people: samples, and the WAV file that carries them.

use std::f64::consts::PI;
use std::fmt;

/// Samples of one voice. A voice is personal: nothing of it is printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sound {
    /// Samples in a second.
    pub rate: u32,
    /// The samples.
    pub samples: Vec<i16>,
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sound({} ms at {} Hz)", self.millis(), self.rate)
    }
}

/// Why a file is no sound that we can take: a sentence for the person who chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotASound {
    /// It is not a WAV file.
    NotWav,
    /// It is a WAV file of a kind that we do not read.
    OtherKind,
    /// It has no sound in it.
    Empty,
    /// It is longer than may be.
    TooLong,
}

impl fmt::Display for NotASound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotWav => "This is not a WAV file.",
            Self::OtherKind => "This WAV file is packed in a way that Frontdesk does not read. Save it as PCM, 16 bit.",
            Self::Empty => "There is no sound in this file.",
            Self::TooLong => "This file is too long.",
        })
    }
}

impl std::error::Error for NotASound {}

/// Rates of files that we take: from telephone to studio.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=48_000;
/// PCM, and the tag behind which newer programs write what it really is (its first two bytes say PCM again).
const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xfffe;

impl Sound {
    /// Its length in milliseconds.
    pub fn millis(&self) -> u64 {
        (self.samples.len() as u64 * 1000).checked_div(u64::from(self.rate)).unwrap_or(0)
    }

    /// As a WAV file: 16 bit PCM, which every program plays.
    pub fn to_wav(&self) -> Vec<u8> {
        let bytes = u32::try_from(self.samples.len() * 2).unwrap_or(u32::MAX - 36);
        let mut out = Vec::with_capacity(44 + self.samples.len() * 2);
        out.extend_from_slice(b"RIFF");
        out.extend_from_slice(&(36 + bytes).to_le_bytes());
        out.extend_from_slice(b"WAVEfmt ");
        out.extend_from_slice(&16u32.to_le_bytes());
        out.extend_from_slice(&PCM.to_le_bytes());
        out.extend_from_slice(&1u16.to_le_bytes());
        out.extend_from_slice(&self.rate.to_le_bytes());
        out.extend_from_slice(&(self.rate * 2).to_le_bytes());
        out.extend_from_slice(&2u16.to_le_bytes());
        out.extend_from_slice(&16u16.to_le_bytes());
        out.extend_from_slice(b"data");
        out.extend_from_slice(&bytes.to_le_bytes());
        out.extend(self.samples.iter().flat_map(|s| s.to_le_bytes()));
        out
    }

    /// Reads a WAV file of at most `most` seconds: PCM of 8, 16 or 24 bits, any number of channels (mixed to one), from 8 to 48 kHz.
    ///
    /// # Errors
    /// [`NotASound`]; no input panics.
    pub fn from_wav(file: &[u8], most: u32) -> Result<Self, NotASound> {
        let (format, data) = chunks(file)?;
        let field = |at: usize| Some(u16::from_le_bytes(format.get(at..at + 2)?.try_into().ok()?));
        let mut kind = field(0).ok_or(NotASound::NotWav)?;
        if kind == EXTENSIBLE {
            kind = field(24).ok_or(NotASound::OtherKind)?;
        }
        let channels = usize::from(field(2).ok_or(NotASound::NotWav)?);
        let rate = format.get(4..8).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes).ok_or(NotASound::NotWav)?;
        let width = usize::from(field(14).ok_or(NotASound::NotWav)?) / 8;
        if kind != PCM || !(1..=8).contains(&channels) || !(1..=3).contains(&width) || !RATES.contains(&rate) {
            return Err(NotASound::OtherKind);
        }
        let frames = data.chunks_exact(width * channels);
        // A millisecond at least: less is nothing at all at another rate.
        if frames.len() < (rate as usize).div_ceil(1000) {
            return Err(NotASound::Empty);
        }
        if frames.len() > rate as usize * most as usize {
            return Err(NotASound::TooLong);
        }
        let mixed = |frame: &[u8]| {
            let sum: i32 = frame.chunks_exact(width).map(|s| i32::from(sample(s))).sum();
            i16::try_from(sum / i32::try_from(channels).unwrap_or(1)).unwrap_or(0)
        };
        Ok(Self { rate, samples: frames.map(mixed).collect() })
    }

    /// The same at another rate, band-limited to what both can carry.
    #[must_use]
    pub fn at_rate(self, rate: u32) -> Self {
        if rate == self.rate || self.rate == 0 || rate == 0 {
            return self;
        }
        let samples = resample(&self.samples, self.rate, rate);
        Self { rate, samples }
    }

    /// How loud each of `count` equal parts is at most, from 0 to 100, for a picture of it.
    pub fn peaks(&self, count: usize) -> Vec<u8> {
        let part = self.samples.len().div_ceil(count.max(1)).max(1);
        let loudest = |part: &[i16]| part.iter().map(|s| u32::from(s.unsigned_abs())).max().unwrap_or(0);
        self.samples.chunks(part).map(|p| u8::try_from(loudest(p) * 100 / 32_768).unwrap_or(100)).collect()
    }
}

/// The parts of a WAV file that say what it is and hold the sound. A length that is longer than the file ends with it: programs that write as
/// they record leave it so.
fn chunks(file: &[u8]) -> Result<(&[u8], &[u8]), NotASound> {
    if file.get(..4) != Some(b"RIFF") || file.get(8..12) != Some(b"WAVE") {
        return Err(NotASound::NotWav);
    }
    let (mut format, mut rest) = (None, &file[12..]);
    while let (Some(name), Some(length)) = (rest.get(..4), rest.get(4..8)) {
        let length = length.try_into().map(u32::from_le_bytes).unwrap_or(0) as usize;
        let body = &rest[8..];
        let body = &body[..length.min(body.len())];
        match (name, format) {
            (b"fmt ", _) => format = Some(body),
            (b"data", Some(format)) => return Ok((format, body)),
            (b"data", None) => return Err(NotASound::NotWav),
            _ => {}
        }
        // Chunks begin at even places.
        rest = rest.get(8 + length + length % 2..).unwrap_or_default();
    }
    Err(NotASound::NotWav)
}

fn sample(bytes: &[u8]) -> i16 {
    match *bytes {
        // 8 bits are without a sign.
        [byte] => (i16::from(byte) - 128) * 256,
        [low, high] => i16::from_le_bytes([low, high]),
        [_, low, high] => i16::from_le_bytes([low, high]),
        _ => 0,
    }
}

/// Taps on each side of a sample, in samples of the lower rate: enough that nobody hears the filter on a telephone.
const REACH: f64 = 12.0;

fn resample(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    let common = gcd(from, to);
    let (step, phases) = (from / common, to / common);
    // Above this nothing may pass, as a share of the input's rate.
    let cut = 0.5 * (f64::from(to) / f64::from(from)).min(1.0) * 0.94;
    let reach = REACH / (2.0 * cut);
    let filters = Filters::new(phases, cut, reach);
    let count = (samples.len() as u64 * u64::from(phases) / u64::from(step)) as usize;
    let value = |n: usize| {
        // Where it lies between the samples: after the whole ones, by so many parts of one.
        let at = n as u64 * u64::from(step);
        let (whole, phase) = ((at / u64::from(phases)) as usize, (at % u64::from(phases)) as usize);
        let taps = filters.of(phase);
        // The first tap is of the sample so far before the whole ones; those before the first sample, and after the last, are silence.
        let (skipped, first) = (filters.before.saturating_sub(whole), whole.saturating_sub(filters.before));
        let taps = taps.get(skipped..).unwrap_or_default();
        let mut sum = 0.0;
        for (tap, sample) in taps.iter().zip(samples.get(first..).unwrap_or_default()) {
            sum += tap * f64::from(*sample);
        }
        sum.round().clamp(-32_768.0, 32_767.0) as i16
    };
    (0..count).map(value).collect()
}

/// The filter for each place between two samples at which one of the other rate may lie: there are as many as the rates have no common
/// divisor for, 160 from a compact disc to 16 kHz. They are made once, so that minutes of music take a second.
struct Filters {
    taps: Vec<f64>,
    width: usize,
    /// So many taps of each are of samples before the place.
    before: usize,
}

impl Filters {
    fn new(phases: u32, cut: f64, reach: f64) -> Self {
        let before = reach.floor() as usize;
        let width = 2 * before + 2;
        let place = |phase: u32| f64::from(phase) / f64::from(phases);
        let value = |phase: u32, k: usize| {
            let x = k as f64 - before as f64 - place(phase);
            if x.abs() <= reach { tap(x, cut, reach) } else { 0.0 }
        };
        let taps = (0..phases).flat_map(|phase| (0..width).map(move |k| value(phase, k))).collect();
        Self { taps, width, before }
    }

    fn of(&self, phase: usize) -> &[f64] {
        self.taps.get(phase * self.width..(phase + 1) * self.width).unwrap_or_default()
    }
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// A sinc with a Hann window.
fn tap(x: f64, cut: f64, reach: f64) -> f64 {
    let sinc = if x.abs() < 1e-9 { 2.0 * cut } else { (2.0 * PI * cut * x).sin() / (PI * x) };
    sinc * 0.5 * (1.0 + (PI * x / reach).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, hertz: f64, millis: u32) -> Sound {
        let count = rate * millis / 1000;
        let value = |n: u32| ((2.0 * PI * hertz * f64::from(n) / f64::from(rate)).sin() * 8_000.0) as i16;
        Sound { rate, samples: (0..count).map(value).collect() }
    }

    fn power(sound: &Sound) -> f64 {
        let inner = &sound.samples[sound.samples.len() / 4..sound.samples.len() * 3 / 4];
        (inner.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / inner.len() as f64).sqrt()
    }

    #[test]
    fn a_file_comes_back() {
        let sound = tone(8_000, 440.0, 250);
        assert_eq!(Sound::from_wav(&sound.to_wav(), 1), Ok(sound.clone()));
        assert_eq!(sound.millis(), 250);
        assert_eq!(Sound::from_wav(&sound.to_wav(), 0), Err(NotASound::TooLong));
        assert_eq!(Sound::from_wav(b"RIFF", 1), Err(NotASound::NotWav));
    }

    #[test]
    fn no_cut_file_panics() {
        let file = tone(16_000, 440.0, 20).to_wav();
        for cut in 0..file.len() {
            let _ = Sound::from_wav(&file[..cut], 1);
        }
        for at in 0..44 {
            for byte in [0, 1, 3, 255] {
                let mut file = file.clone();
                file[at] = byte;
                let _ = Sound::from_wav(&file, 1);
            }
        }
    }

    #[test]
    fn stereo_of_24_bits_is_mixed() {
        let mut file = tone(8_000, 440.0, 0).to_wav();
        file[22] = 2;
        file[34] = 24;
        file.extend_from_slice(&[0, 0, 10, 0, 0, 20].repeat(8));
        let length = u32::try_from(file.len() - 44).expect("short");
        file[40..44].copy_from_slice(&length.to_le_bytes());
        assert_eq!(Sound::from_wav(&file, 1).map(|s| s.samples), Ok(vec![15 * 256; 8]));
        // A frame or two are no sound, and nothing is left of them at another rate.
        let (short, data) = (file.len() - 6, file.len() - 44 - 6);
        file.truncate(short);
        file[40..44].copy_from_slice(&u32::try_from(data).expect("short").to_le_bytes());
        assert_eq!(Sound::from_wav(&file, 1), Err(NotASound::Empty));
    }

    #[test]
    fn another_rate_keeps_what_both_can_carry_and_nothing_else() {
        let low = tone(44_100, 1_000.0, 200).at_rate(8_000);
        assert_eq!((low.rate, low.millis()), (8_000, 200));
        assert!((power(&low) / (8_000.0 / 2f64.sqrt()) - 1.0).abs() < 0.02, "{}", power(&low));
        let gone = tone(44_100, 6_000.0, 200).at_rate(8_000);
        assert!(power(&gone) < 60.0, "{}", power(&gone));
    }

    #[test]
    fn a_picture_has_its_loud_parts_where_they_are() {
        let mut sound = Sound { rate: 8_000, samples: vec![0; 800] };
        sound.samples[500] = -16_384;
        assert_eq!(sound.peaks(8), [0, 0, 0, 0, 0, 50, 0, 0]);
    }
}
