//! The numbers that reach help in each country. No rule of a plan decides about them, so they must be known before there is a plan.

/// By lines: a country, and its numbers.
const TABLE: &str = include_str!("emergency.txt");

/// What telephones of all countries take for help (3GPP TS 22.101, section 10.1).
const EVERYWHERE: [&str; 2] = ["112", "911"];

/// The numbers of this country; of one that is not in the table, those of every telephone.
pub(super) fn numbers(country: &str) -> Vec<String> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let found = rows.filter(|(name, _)| *name == country).flat_map(|(_, numbers)| numbers.split(' '));
    let numbers: Vec<_> = found.map(str::to_owned).collect();
    if numbers.is_empty() { EVERYWHERE.map(str::to_owned).to_vec() } else { numbers }
}
