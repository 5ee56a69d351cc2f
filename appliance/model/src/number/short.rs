//! Short numbers of a country that are no emergency numbers. They are dialled as they are: with an area code in mind they would become a
//! number of somebody else (116117, the doctors on duty, +49 116117).

/// By lines: countries, and their numbers.
const TABLE: &str = include_str!("short.txt");

/// True for a short number of this country.
pub(super) fn is_of(country: &str, digits: &str) -> bool {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let mut here = rows.filter(|(countries, _)| countries.split(',').any(|one| one == country));
    here.any(|(_, numbers)| numbers.split(' ').any(|number| fits(number, digits)))
}

fn fits(number: &str, digits: &str) -> bool {
    number.len() == digits.len() && number.bytes().zip(digits.bytes()).all(|(own, digit)| own == b'x' || own == digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_country_has_its_own() {
        for (country, short, none) in [
            ("US", &["211", "711", "811", "988"][..], &["111", "116117", "101", "71"][..]),
            ("GB", &["111", "101", "116123", "118500"], &["711", "1181", "11612"]),
            ("DE", &["115", "116117", "11833"], &["111", "988", "116", "1161170"]),
            ("FR", &["3237", "1014", "116000"], &["3", "323", "32370"]),
            ("??", &[], &["711", "116117"]),
        ] {
            for number in short {
                assert!(is_of(country, number), "{number} in {country}");
            }
            for number in none {
                assert!(!is_of(country, number), "{number} in {country}");
            }
        }
    }

    #[test]
    fn the_table_has_one_form() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (countries, numbers) = line.split_once(' ').expect("countries and numbers");
            assert!(countries.split(',').all(|c| c.len() == 2 && c.bytes().all(|b| b.is_ascii_uppercase())), "{line}");
            let fine = |n: &str| (3..=6).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit() || b == b'x');
            assert!(numbers.split(' ').all(fine), "{line}");
        }
    }
}
