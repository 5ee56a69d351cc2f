//! What is heard in the place of a packet that did not come: the last period of the voice, again and again, ever softer.
//!
//! The way of G.711 appendix I: a voice changes little in 20 ms, so one lost packet is hardly noticed; after 60 ms without one it is
//! better to be silent than to buzz.

/// Samples are kept for this many milliseconds, for the search.
const KEPT_MS: usize = 40;
/// A voice is between 66 and 400 Hz.
const SHORTEST_MS_TENTHS: usize = 25;
const LONGEST_MS_TENTHS: usize = 150;
/// What is compared.
const COMPARED_MS: usize = 20;
/// As loud as before for so long, and then down to nothing.
const FULL_MS: usize = 10;
const GONE_MS: usize = 60;
/// Where the true voice comes back, it is faded in.
const FADE_MS: usize = 4;

/// One voice.
#[derive(Debug)]
pub(crate) struct Conceal {
    per_ms: usize,
    past: Vec<i16>,
    /// Samples since the last true one, and the period that is repeated.
    missing: usize,
    period: usize,
}

impl Conceal {
    pub(crate) fn new(rate: u32) -> Self {
        let per_ms = rate as usize / 1000;
        Self { per_ms, past: vec![0; KEPT_MS * per_ms], missing: 0, period: 0 }
    }

    /// True sound came, and may be changed at its beginning.
    pub(crate) fn came(&mut self, samples: &mut [i16]) {
        if self.missing > 0 {
            let fade = (FADE_MS * self.per_ms).min(samples.len());
            for (n, sample) in samples.iter_mut().take(fade).enumerate() {
                let (new, old) = (i32::from(*sample), i32::from(self.repeated(n)));
                *sample = (old + (new - old) * n as i32 / fade as i32) as i16;
            }
            self.missing = 0;
        }
        let kept = self.past.len();
        match samples.len().checked_sub(kept) {
            Some(over) => self.past.copy_from_slice(&samples[over..]),
            None => {
                self.past.copy_within(samples.len().., 0);
                self.past[kept - samples.len()..].copy_from_slice(samples);
            }
        }
    }

    /// Appends what to hear instead.
    pub(crate) fn lost(&mut self, count: usize, out: &mut Vec<i16>) {
        if self.missing == 0 {
            self.period = self.find_period();
        }
        out.extend((0..count).map(|n| self.repeated(n)));
        self.missing = self.missing.saturating_add(count);
    }

    /// The repeated voice, `n` samples from now.
    fn repeated(&self, n: usize) -> i16 {
        let at = self.missing + n;
        let (full, gone) = (FULL_MS * self.per_ms, GONE_MS * self.per_ms);
        let Some(left) = gone.checked_sub(at).filter(|_| self.period > 0) else { return 0 };
        let sample = self.past[self.past.len() - self.period + at % self.period];
        (i32::from(sample) * left.min(gone - full) as i32 / (gone - full) as i32) as i16
    }

    /// By how many samples the voice resembles itself most. Every second sample is enough of a wide band.
    fn find_period(&self) -> usize {
        let step = self.per_ms / 8;
        let end = self.past.len();
        let last = end - COMPARED_MS * self.per_ms;
        let range = SHORTEST_MS_TENTHS * self.per_ms / 10..=LONGEST_MS_TENTHS * self.per_ms / 10;
        let likeness = |lag: usize| {
            let (mut product, mut energy) = (0i64, 1i64);
            for n in (last..end).step_by(step) {
                let (new, old) = (i64::from(self.past[n]), i64::from(self.past[n - lag]));
                product += new * old;
                energy += old * old;
            }
            product as f64 / (energy as f64).sqrt()
        };
        let best = range.step_by(step).map(|lag| (lag, likeness(lag))).max_by(|a, b| a.1.total_cmp(&b.1));
        best.map_or(0, |(lag, _)| lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voice::detect::level;

    fn tone(from: usize, count: usize) -> Vec<i16> {
        (from..from + count)
            .map(|n| (8000.0 * (n as f64 * 200.0 / 8000.0 * std::f64::consts::TAU).sin()) as i16)
            .collect()
    }

    #[test]
    fn a_lost_packet_of_a_steady_voice_is_not_heard() {
        let mut conceal = Conceal::new(8000);
        for n in 0..5 {
            conceal.came(&mut tone(n * 160, 160));
        }
        let mut out = Vec::new();
        conceal.lost(160, &mut out);
        let mut next = tone(960, 160);
        conceal.came(&mut next);
        out.extend(next);
        let off = out.iter().zip(tone(800, 320)).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off < 2000, "{off}");
        assert!(level(&out[..160], 8000, 200.0) > 0.7 * level(&tone(0, 160), 8000, 200.0));
    }

    #[test]
    fn a_voice_that_is_gone_does_not_buzz() {
        let mut conceal = Conceal::new(16_000);
        conceal.came(&mut tone(0, 640));
        let mut out = Vec::new();
        for _ in 0..10 {
            conceal.lost(320, &mut out);
        }
        assert!(out[..100].iter().any(|s| *s != 0));
        assert!(out[60 * 16..].iter().all(|s| *s == 0));
    }

    #[test]
    fn silence_stays_silent() {
        let mut conceal = Conceal::new(8000);
        let mut out = Vec::new();
        conceal.lost(480, &mut out);
        assert!(out.iter().all(|s| *s == 0));
    }
}
