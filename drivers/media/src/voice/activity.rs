//! Whether somebody speaks.
//!
//! A line is never quite silent, and how loud its noise is differs from line to line. So the floor is what the last seconds were at their
//! quietest, and speech is what stands out of it.

/// Quieter than this is silence on any line: -54 dBm0, as the mean of squares.
pub(crate) const SILENT: f64 = 60.0 * 60.0;
/// Speech has ten times the power of the noise under it.
const ABOVE: f64 = 10.0;
/// How fast the floor rises in a step of 20 ms: tenfold in some four seconds, so that a long vowel does not become noise.
const RISE: f64 = 1.012;
/// A floor louder than this is no noise of a line: somebody speaks without a pause.
const LOUDEST_FLOOR: f64 = 400.0 * 400.0;

/// The floor of one party.
#[derive(Debug)]
pub(crate) struct Activity {
    floor: f64,
}

impl Default for Activity {
    fn default() -> Self {
        Self { floor: SILENT }
    }
}

/// The mean of squares.
pub(crate) fn power(samples: &[i16]) -> f64 {
    let sum: i64 = samples.iter().map(|s| i64::from(*s) * i64::from(*s)).sum();
    sum as f64 / samples.len().max(1) as f64
}

impl Activity {
    /// Looks at a step.
    pub(crate) fn speaks(&mut self, samples: &[i16]) -> bool {
        let power = power(samples);
        self.floor = power.clamp(1.0, LOUDEST_FLOOR).min(self.floor * RISE);
        power > SILENT && power > self.floor * ABOVE
    }
}
