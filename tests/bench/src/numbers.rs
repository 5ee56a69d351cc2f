//! Medians and percentiles.

/// The value below which `part` (0 to 1) of the values lie; 0 of none. Sorts them.
pub(crate) fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index")]
    let index = (part * values.len().saturating_sub(1) as f64).round() as usize;
    values.get(index).copied().unwrap_or_default()
}

/// The middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    percentile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_few() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]).to_bits(), 2f64.to_bits());
        let mut hundred: Vec<f64> = (0..=100).map(f64::from).collect();
        assert_eq!(percentile(&mut hundred, 0.99).to_bits(), 99f64.to_bits());
        assert_eq!(median(&mut []).to_bits(), 0f64.to_bits());
    }
}
