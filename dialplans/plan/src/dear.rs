//! Short numbers that cost more than a call: directories, and what else charges by the minute under a few digits. They are premium numbers to a
//! plan, and no number of help is among them.

/// By lines: countries, and their numbers.
const TABLE: &str = include_str!("dear.txt");

/// True for such a number of this country.
pub(crate) fn is_of(country: &str, digits: &str) -> bool {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let here = || rows.clone().filter(|(countries, _)| countries.split(',').any(|one| one == country));
    let numbers = || here().flat_map(|(_, numbers)| numbers.split(' '));
    let exempt = numbers().filter_map(|number| number.strip_prefix('!')).any(|number| number == digits);
    !exempt && numbers().any(|number| fits(number, digits))
}

fn fits(number: &str, digits: &str) -> bool {
    number.len() == digits.len() && number.bytes().zip(digits.bytes()).all(|(own, digit)| own == b'x' || own == digit)
}

#[cfg(test)]
mod tests {
    use model::{Numbering, PhoneNumber};

    use super::*;

    #[test]
    fn directories_cost_and_who_takes_calls_in_need_does_not() {
        for (country, dear, not) in [
            ("GB", &["118118", "118500"][..], &["111", "101", "112", "999", "116117", "116123", "100"][..]),
            ("DE", &["11833", "118000"], &["110", "112", "115", "116117", "116111"]),
            (
                "FR",
                &["118218", "3201", "3615"],
                &["15", "17", "18", "112", "114", "115", "119", "3114", "3018", "3919", "3646"],
            ),
            ("IT", &["1254"], &["118", "1522"]),
            ("DK", &["118"], &["1813"]),
            ("US", &[], &["988", "211", "711"]),
        ] {
            for number in dear {
                assert!(is_of(country, number), "{number} in {country}");
            }
            for number in not {
                assert!(!is_of(country, number), "{number} in {country}");
            }
        }
    }

    #[test]
    fn the_table_names_short_numbers_of_each_country_and_none_of_help() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (countries, numbers) = line.split_once(' ').expect("countries and numbers");
            for (country, number) in countries.split(',').flat_map(|c| numbers.split(' ').map(move |n| (c, n))) {
                let number = number.trim_start_matches('!').replace('x', "0");
                let numbering = Numbering::of_country(country, 5);
                assert!(!numbering.emergency.contains(&number), "{number} in {country}");
                // One of five digits may look like an extension.
                assert_eq!(numbering.short(&number), Some(PhoneNumber::Short(number.clone())), "{number} in {country}");
            }
        }
    }
}
