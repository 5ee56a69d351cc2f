//! What tones say: the call of a fax machine, its greeting, and the keys of phones that know no telephone events.
//!
//! A frequency is measured by Goertzel's filter over a short block; that it stands out of everything else in the block is what tells a
//! tone from a voice. All of it works on 8000 samples a second.

use std::f64::consts::TAU;

use super::tones::{self, KEY_FREQUENCIES};

const RATE: u32 = 8_000;

/// The mean power at a frequency: of a sine with this peak at this frequency it is half of the peak's square.
pub(crate) fn level(samples: &[i16], rate: u32, hertz: f64) -> f64 {
    let factor = factor(rate, hertz);
    let mut filter = (0.0, 0.0);
    for sample in samples {
        filter = (f64::from(*sample) + factor * filter.0 - filter.1, filter.0);
    }
    level_of(filter, factor, samples.len().max(1))
}

/// How Goertzel's filter turns at this frequency.
fn factor(rate: u32, hertz: f64) -> f64 {
    2.0 * (TAU * hertz / f64::from(rate)).cos()
}

/// What it says after so many samples.
fn level_of((last, before): (f64, f64), factor: f64, count: usize) -> f64 {
    let count = count as f64;
    (last * last + before * before - factor * last * before) * 2.0 / (count * count)
}

/// Cuts what comes into blocks.
#[derive(Debug, Default)]
struct Blocks {
    /// What there is of the next one.
    block: Vec<i16>,
}

impl Blocks {
    /// Blocks of `size`, each beginning `step` after the one before. More than one block is never kept: each call in which people speak has two
    /// of these.
    fn each(&mut self, size: usize, step: usize, samples: &[i16], mut look: impl FnMut(&[i16])) {
        self.block.reserve_exact(size.saturating_sub(self.block.len()));
        let mut rest = samples;
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.len().min(size.saturating_sub(self.block.len())));
            self.block.extend_from_slice(part);
            rest = later;
            if self.block.len() >= size {
                look(&self.block);
                self.block.drain(..step);
            }
        }
    }
}

/// CNG (T.30 section 4.3.3.2): 1100 Hz ± 38, half a second ± 15 %, every three seconds.
///
/// The filter runs as samples come, and keeps none: there are two of these in each call.
#[derive(Debug, Default)]
pub(crate) struct FaxTone {
    /// Of the block that is under way: samples, the sum of their squares, and where the filter is.
    count: u16,
    squares: f64,
    filter: (f64, f64),
    /// Blocks of the tone in a row.
    seen: u32,
}

/// Ten milliseconds: the filter is wide enough for a tone that is off by 38 Hz.
const FAX_BLOCK: usize = 80;
/// The tone in blocks. It is believed when it ends, since a tone that stays is none of a fax machine.
const FAX_BLOCKS: std::ops::RangeInclusive<u32> = 40..=60;
/// Quieter than -43 dBm0 is too far away (T.30 section 4.3.3.2).
const FAX_QUIETEST: f64 = 160.0 * 160.0 / 2.0;

impl FaxTone {
    /// True when a fax machine has called.
    pub(crate) fn hear(&mut self, samples: &[i16]) -> bool {
        let mut called = false;
        let factor = factor(RATE, 1100.0);
        for sample in samples {
            let sample = f64::from(*sample);
            self.squares += sample * sample;
            self.filter = (sample + factor * self.filter.0 - self.filter.1, self.filter.0);
            self.count += 1;
            if usize::from(self.count) == FAX_BLOCK {
                called |= self.end_of_block(factor);
            }
        }
        called
    }

    /// True if the tone has ended that was seen in the blocks before this one.
    fn end_of_block(&mut self, factor: f64) -> bool {
        let all = self.squares / FAX_BLOCK as f64;
        let tone = level_of(self.filter, factor, FAX_BLOCK);
        (self.count, self.squares, self.filter) = (0, 0.0, (0.0, 0.0));
        if all > FAX_QUIETEST && tone > 0.5 * all {
            self.seen += 1;
            return false;
        }
        FAX_BLOCKS.contains(&std::mem::take(&mut self.seen))
    }
}

/// The flags before the first frame of a fax machine (T.30 section 5.3.1): a second of `01111110`, in V.21, whose one is 1650 Hz and whose zero is
/// 1850 Hz. A machine that was called greets so, also one whose caller says nothing.
#[derive(Debug, Default)]
pub(crate) struct FaxFlags {
    blocks: Blocks,
    /// Blocks of flags in a row.
    seen: u32,
}

/// A flag: what repeats itself this often has its power at multiples of 37.5 Hz and nowhere else.
const FLAG_BLOCK: usize = 213;
const FLAG_LINE: f64 = 37.5;
/// Which multiples lie around each of the two frequencies, 15 Hz off included.
const ONES: std::ops::RangeInclusive<u32> = 42..=46;
const ZEROS: std::ops::RangeInclusive<u32> = 47..=52;
/// The share of each in the power of a flag, as far as noise and the place of the block change it. A tone has one of the two.
const ONES_SHARE: std::ops::RangeInclusive<f64> = 0.4..=0.9;
const ZEROS_SHARE: std::ops::RangeInclusive<f64> = 0.1..=0.45;
/// What both have together, and what lies between them at most: a tone there would have its power on either side.
const FLAG_SHARE: f64 = 0.8;
const BETWEEN: std::ops::RangeInclusive<u32> = 46..=47;
const BETWEEN_SHARE: f64 = 0.3;
/// A third of a second, of a whole one.
const FLAG_BLOCKS: u32 = 12;

impl FaxFlags {
    /// True when a fax machine has greeted.
    pub(crate) fn hear(&mut self, samples: &[i16]) -> bool {
        let mut greeted = false;
        let seen = &mut self.seen;
        self.blocks.each(FLAG_BLOCK, FLAG_BLOCK, samples, |block| {
            *seen = if is_flag(block) { *seen + 1 } else { 0 };
            greeted |= *seen == FLAG_BLOCKS;
        });
        greeted
    }
}

fn is_flag(block: &[i16]) -> bool {
    let all = super::activity::power(block);
    if all <= FAX_QUIETEST {
        return false;
    }
    let share = |lines: std::ops::RangeInclusive<u32>| {
        lines.map(|line| level(block, RATE, f64::from(line) * FLAG_LINE)).sum::<f64>() / all
    };
    let ones = share(ONES);
    if !ONES_SHARE.contains(&ones) {
        return false;
    }
    let zeros = share(ZEROS);
    ZEROS_SHARE.contains(&zeros) && ones + zeros > FLAG_SHARE && share(BETWEEN) < BETWEEN_SHARE
}

/// Keys by their tones (ITU-T Q.23, with the tolerances of Q.24).
#[derive(Debug, Default)]
pub(crate) struct KeyTones {
    blocks: Blocks,
    /// What the last block was, how many in a row were so, and what was reported.
    last: Option<char>,
    seen: u32,
    told: Option<char>,
    /// Blocks without the key that was reported.
    without: u32,
}

/// 12.75 ms: wide enough for a frequency that is off by 1.5 %, and narrow enough for the next row.
const KEY_BLOCK: usize = 102;
/// -35 dBm0 each.
const KEY_QUIETEST: f64 = 400.0 * 400.0 / 2.0;
/// What of the block is these two tones.
const KEY_SHARE: f64 = 0.75;
/// The higher tone may be so much louder than the lower, and the lower than the higher: 6 dB and 8 dB.
const TWIST: (f64, f64) = (4.0, 6.3);
/// Blocks in a row that are a key: they begin every 6.4 ms and span 32 ms together, so a press of 40 ms is always seen, and hardly any
/// syllable is taken for one.
const DOWN: u32 = 4;
/// Blocks in a row that seem to be one: 19 ms, seen within 26 ms of its beginning.
const SEEMS: u32 = 2;
/// A key is up after so many blocks without it: 40 ms is the shortest pause.
const UP: u32 = 4;

impl KeyTones {
    /// The keys that were pressed, mostly none.
    pub(crate) fn hear(&mut self, samples: &[i16], mut pressed: impl FnMut(char)) {
        let Self { blocks, last, seen, told, without } = self;
        blocks.each(KEY_BLOCK, KEY_BLOCK / 2, samples, |block| {
            let key = key_of(block);
            if *told != key {
                *without += 1;
                if *without >= UP {
                    *told = None;
                }
            } else {
                *without = 0;
            }
            *seen = if *last == key { *seen + 1 } else { 1 };
            *last = key;
            if let Some(key) = key
                && *seen == DOWN
                && *told != Some(key)
            {
                (*told, *without) = (Some(key), 0);
                pressed(key);
            }
        });
    }

    /// A key that was reported is down.
    pub(crate) const fn is_down(&self) -> bool {
        self.told.is_some()
    }

    /// The same, or what was heard last may be a key.
    pub(crate) const fn seems_down(&self) -> bool {
        self.is_down() || self.last.is_some() && self.seen >= SEEMS
    }

    /// There was silence: no key is down.
    pub(crate) fn forget(&mut self) {
        self.blocks.block.clear();
        (self.last, self.seen, self.told, self.without) = (None, 0, None, 0);
    }
}

fn key_of(block: &[i16]) -> Option<char> {
    let all = super::activity::power(block);
    if all < 2.0 * KEY_QUIETEST {
        return None;
    }
    let (row, low) = loudest(block, KEY_FREQUENCIES.0);
    let (column, high) = loudest(block, KEY_FREQUENCIES.1);
    let clear = low > KEY_QUIETEST && high > KEY_QUIETEST && low + high > KEY_SHARE * all;
    let even = high < TWIST.0 * low && low < TWIST.1 * high;
    if clear && even { tones::key(row, column) } else { None }
}

fn loudest(block: &[i16], frequencies: [u16; 4]) -> (usize, f64) {
    let levels = frequencies.iter().map(|f| level(block, RATE, f64::from(*f))).enumerate();
    levels.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{Sound, Tone};
    use crate::voice::player::Player;

    fn sines(parts: &[(f64, f64)], ms: usize) -> Vec<i16> {
        let sample =
            |n: usize| parts.iter().map(|(hertz, peak)| peak * (TAU * hertz * n as f64 / 8000.0).sin()).sum::<f64>();
        (0..ms * 8).map(|n| sample(n) as i16).collect()
    }

    fn calls(samples: &[i16]) -> usize {
        let mut fax = FaxTone::default();
        samples.chunks(160).filter(|chunk| fax.hear(chunk)).count()
    }

    fn keys(samples: &[i16]) -> String {
        let mut keys = KeyTones::default();
        let mut heard = String::new();
        samples.chunks(160).for_each(|chunk| keys.hear(chunk, |key| heard.push(key)));
        heard
    }

    /// A voice of a kind: syllables of a pulse train whose pitch glides, through three formants that glide too.
    fn babble(seed: u64, ms: usize) -> Vec<i16> {
        let mut random = model::Random::from_u64(seed);
        let mut out = Vec::new();
        while out.len() < ms * 8 {
            let mut glide = |from: u64, range: u64| {
                (from as f64 + random.below(range) as f64, from as f64 + random.below(range) as f64)
            };
            let (pitch, first, second) = (glide(90, 160), glide(300, 600), glide(900, 1400));
            let length = 800 + random.below(1600) as usize;
            let mut phase = 0.0;
            out.extend((0..length).map(|n| {
                let at = |(from, to): (f64, f64)| from + (to - from) * n as f64 / length as f64;
                phase += TAU * at(pitch) / 8000.0;
                let formants = [(at(first), 1.0), (at(second), 0.6), (2700.0, 0.3)];
                let harmonic = |k: i32| {
                    let hertz = at(pitch) * f64::from(k);
                    let near: f64 = formants.iter().map(|(f, gain)| gain / (1.0 + ((hertz - f) / 100.0).powi(2))).sum();
                    (near + 0.2) / f64::from(k).sqrt() * (phase * f64::from(k)).sin()
                };
                (3000.0 * (1..16).map(harmonic).sum::<f64>()) as i16
            }));
        }
        out
    }

    #[test]
    fn a_fax_machine_calls() {
        for hertz in [1062.0, 1100.0, 1138.0] {
            for ms in [430, 500, 570] {
                let once = [sines(&[(hertz, 2000.0)], ms), vec![0; 8 * 3000]].concat();
                assert_eq!(calls(&[once.clone(), once].concat()), 2, "{hertz} Hz for {ms} ms");
            }
        }
    }

    #[test]
    fn what_no_fax_machine_says() {
        let rest = vec![0; 8 * 1000];
        let tone = |hertz, ms| [sines(&[(hertz, 5000.0)], ms), rest.clone()].concat();
        for (what, sound) in [
            ("a short tone", tone(1100.0, 200)),
            ("a tone that stays", tone(1100.0, 3000)),
            ("another tone", tone(1000.0, 500)),
            ("and another", tone(1209.0, 500)),
            ("CED", tone(2100.0, 500)),
            ("two tones", [sines(&[(1100.0, 4000.0), (1800.0, 5000.0)], 500), rest.clone()].concat()),
            ("a tone that is too far away", [sines(&[(1100.0, 60.0)], 500), rest.clone()].concat()),
            ("a voice", babble(3, 60_000)),
        ] {
            assert_eq!(calls(&sound), 0, "{what}");
        }
    }

    fn greets(samples: &[i16]) -> bool {
        let mut flags = FaxFlags::default();
        samples.chunks(160).fold(false, |greeted, chunk| greeted | flags.hear(chunk))
    }

    /// V.21 of these bits over and over, so far off, for so long.
    fn v21(bits: [bool; 8], off: f64, peak: f64, ms: usize) -> Vec<i16> {
        let mut phase = 0.0;
        let sample = |n: usize| {
            phase += TAU * (if bits[n * 300 / 8000 % 8] { 1650.0 } else { 1850.0 } + off) / 8000.0;
            (peak * phase.sin()) as i16
        };
        (0..ms * 8).map(sample).collect()
    }

    #[test]
    fn a_fax_machine_greets() {
        let flag = [false, true, true, true, true, true, true, false];
        for off in [-12.0, 0.0, 12.0] {
            for peak in [300.0, 3000.0] {
                assert!(greets(&[vec![0; 777], v21(flag, off, peak, 850)].concat()), "{off} Hz off, {peak}");
            }
        }
        assert!(!greets(&v21(flag, 0.0, 3000.0, 250)), "too short");
        assert!(!greets(&v21(flag, 0.0, 60.0, 850)), "too far away");
        let other = [true, false, true, true, false, false, true, false];
        assert!(!greets(&v21(other, 0.0, 3000.0, 3000)), "other bits");
        for hertz in (1500..2000).step_by(10).chain([1100, 2100]) {
            assert!(!greets(&sines(&[(f64::from(hertz), 5000.0)], 3000)), "a tone of {hertz} Hz");
        }
        assert!(!(0..4).any(|seed| greets(&babble(seed, 30_000))), "a voice");
    }

    #[test]
    fn our_own_keys_are_heard() {
        let all = "1234567890*#ABCD1123";
        let sounds: Vec<Sound> = all.chars().map(|c| Sound::Tone(Tone::Digit(c))).collect();
        let mut player = Player::new(None, &Sound::Several(sounds.into()));
        let mut samples = Vec::new();
        while player.take(8_000, 160, &mut samples) {}
        assert_eq!(keys(&samples), all);
    }

    #[test]
    fn keys_at_the_edges_of_what_is_allowed() {
        let key = |low: f64, high: f64, ms: usize| {
            [sines(&[(770.0 * low, 3000.0), (1336.0 * high, 3000.0)], ms), vec![0; 800]].concat()
        };
        for (low, high) in [(1.0, 1.0), (1.015, 0.985), (0.985, 1.015)] {
            assert_eq!(keys(&key(low, high, 50)), "5", "{low} {high}");
            assert_eq!(keys(&key(low, high, 2000)), "5", "held");
        }
        assert_eq!(keys(&key(1.04, 1.04, 100)), "", "too far off");
        assert_eq!(keys(&key(1.0, 1.0, 20)), "", "too short");
        assert_eq!(keys(&sines(&[(770.0, 8000.0)], 500)), "", "one tone alone");
        assert_eq!(keys(&sines(&[(770.0, 800.0), (1336.0, 8000.0)], 500)), "", "20 dB of twist");
        assert_eq!(keys(&sines(&[(350.0, 3000.0), (440.0, 3000.0)], 500)), "", "dial tone");
    }

    #[test]
    fn a_voice_presses_no_key() {
        let heard: String = (0..4).map(|seed| keys(&babble(seed, 30_000))).collect();
        assert_eq!(heard, "");
    }

    #[test]
    fn the_greetings_of_a_fax_machine_press_no_key() {
        let frames =
            (0..=255u8).map(|octet| v21([0, 1, 2, 3, 4, 5, 6, 7].map(|n| octet >> n & 1 == 1), 0.0, 3000.0, 100));
        let tones = [1100.0, 2100.0].map(|hertz| sines(&[(hertz, 3000.0)], 3000));
        assert_eq!(keys(&frames.chain(tones).collect::<Vec<_>>().concat()), "");
    }
}
