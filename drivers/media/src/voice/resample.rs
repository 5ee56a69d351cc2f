//! From 8000 samples a second to 16,000 and back.
//!
//! One filter for both ways, which lets half of the band pass: flat to 3400 Hz, and 40 dB down at 4600. All but the middle one of its even
//! coefficients are zero, so a sample costs twelve multiplications.

/// The odd coefficients from the middle outwards, in parts of 2^15; together they are a quarter.
const TAPS: [i32; 12] = [10_374, -3312, 1822, -1139, 739, -477, 300, -180, 100, -50, 21, -6];
/// Samples that the odd coefficients reach over.
const REACH: usize = 2 * TAPS.len();

/// The sound in the middle between the twelfth and the thirteenth sample, twice as loud as one.
fn between(window: &[i16]) -> i32 {
    let (left, right) = window.split_at(TAPS.len());
    let pairs = left.iter().rev().zip(right);
    pairs.zip(TAPS).map(|((l, r), tap)| (i32::from(*l) + i32::from(*r)) * tap).sum::<i32>() >> 14
}

fn saturate(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// One sample becomes two.
#[derive(Debug)]
pub(crate) struct Up {
    past: Vec<i16>,
}

impl Default for Up {
    fn default() -> Self {
        Self { past: vec![0; REACH - 1] }
    }
}

impl Up {
    pub(crate) fn run(&mut self, input: &[i16], out: &mut Vec<i16>) {
        self.past.extend_from_slice(input);
        for window in self.past.windows(REACH) {
            out.push(window[REACH / 2 - 1]);
            out.push(saturate(between(window)));
        }
        self.past.drain(..input.len());
    }
}

/// Two samples become one.
#[derive(Debug)]
pub(crate) struct Down {
    even: Vec<i16>,
    odd: Vec<i16>,
}

impl Default for Down {
    fn default() -> Self {
        Self { even: vec![0; REACH / 2 - 1], odd: vec![0; REACH - 1] }
    }
}

impl Down {
    /// Of an odd number of samples the last is left out; nobody has one.
    pub(crate) fn run(&mut self, input: &[i16], out: &mut Vec<i16>) {
        let pairs = input.as_chunks::<2>().0;
        self.even.extend(pairs.iter().map(|p| p[0]));
        self.odd.extend(pairs.iter().map(|p| p[1]));
        for (middle, window) in self.even.iter().zip(self.odd.windows(REACH)) {
            out.push(saturate((i32::from(*middle) + between(window)) >> 1));
        }
        self.even.drain(..pairs.len());
        self.odd.drain(..pairs.len());
    }
}

/// From one rate to another, of the two that there are.
#[derive(Debug)]
pub(crate) enum Resampler {
    Same,
    Up(Up),
    Down(Down),
}

impl Resampler {
    pub(crate) fn new(from: u32, to: u32) -> Self {
        match from.cmp(&to) {
            std::cmp::Ordering::Equal => Self::Same,
            std::cmp::Ordering::Less => Self::Up(Up::default()),
            std::cmp::Ordering::Greater => Self::Down(Down::default()),
        }
    }

    pub(crate) fn run(&mut self, input: &[i16], out: &mut Vec<i16>) {
        match self {
            Self::Same => out.extend_from_slice(input),
            Self::Up(up) => up.run(input, out),
            Self::Down(down) => down.run(input, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::detect::level;

    fn sine(hertz: f64, rate: f64, count: usize) -> Vec<i16> {
        (0..count).map(|n| (8000.0 * (std::f64::consts::TAU * hertz * n as f64 / rate).sin()) as i16).collect()
    }

    #[test]
    fn a_tone_is_the_same_tone_after_both_ways() {
        for hertz in [300.0, 1000.0, 2000.0, 3300.0] {
            let mut wide = Vec::new();
            Up::default().run(&sine(hertz, 8000.0, 4000), &mut wide);
            assert_eq!(wide.len(), 8000);
            let mirrored = level(&wide[800..], 16_000, 8000.0 - hertz) / level(&wide[800..], 16_000, hertz);
            assert!(mirrored < 1e-4, "{hertz}: its image is {mirrored}");
            let mut narrow = Vec::new();
            wide.chunks(320).for_each({
                let mut down = Down::default();
                let narrow = &mut narrow;
                move |chunk| down.run(chunk, narrow)
            });
            assert_eq!(narrow.len(), 4000);
            let kept = level(&narrow[400..], 8_000, hertz) / level(&sine(hertz, 8000.0, 3600), 8_000, hertz);
            assert!((0.95..1.05).contains(&kept), "{hertz}: {kept}");
        }
    }

    #[test]
    fn what_a_narrow_band_cannot_carry_is_gone() {
        let mut narrow = Vec::new();
        Down::default().run(&sine(6000.0, 16_000.0, 8000), &mut narrow);
        let loudest = narrow[100..].iter().map(|s| s.unsigned_abs()).max().unwrap();
        assert!(loudest < 80, "{loudest}");
    }
}
