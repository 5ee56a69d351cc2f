//! Full numbers. The `phonenumber` crate is asked which countries there are and what their numbers look like; where its own reading goes
//! astray, what was written stands. Given a home country it takes that country's prefix of long-distance calls away from numbers abroad too:
//! +86 138 1234 5678 became +86 3812345678 in the United States, which is somebody else.

use phonenumber::country::Id;
use phonenumber::metadata::DATABASE;

/// A country code, and what follows it.
pub(super) struct Full {
    pub(super) code: u16,
    pub(super) national: String,
}

impl Full {
    /// Its country has such numbers, and knows of what kind they are: what they look like in general is told loosely.
    pub(super) fn is_of_a_kind(&self) -> bool {
        let parsed = phonenumber::parse(None, format!("+{}{}", self.code, self.national));
        parsed.is_ok_and(|number| number.number_type(&DATABASE) != phonenumber::Type::Unknown)
    }
}

/// Reads a number that was written with its country code, without the "+".
pub(super) fn with_code(digits: &str) -> Option<Full> {
    let parsed = phonenumber::parse(None, format!("+{digits}")).ok()?;
    let code = parsed.country().code();
    let (read, written) = (parsed.national().to_string(), digits.strip_prefix(&code.to_string())?);
    // "+44 (0)20 …" has a digit too many, which the crate takes away. It does that to +7 800 … too, which has not.
    let stands = is_known(code, written) || !written.starts_with('0') && !is_known(code, &read);
    Some(Full { code, national: if stands { written.to_owned() } else { read } })
}

/// Reads a number as it is dialled in `country`: one of its own, or one abroad behind what calls abroad begin with.
pub(super) fn dialled_in(country: &str, digits: &str) -> Option<Full> {
    if let Some(rest) = abroad(country, digits) {
        return with_code(rest);
    }
    let home = country.parse::<Id>().ok()?;
    let metadata = DATABASE.by_id(country)?;
    let read = phonenumber::parse(Some(home), digits).ok()?.national().to_string();
    let code = metadata.country_code();
    // Where the prefix is a digit that numbers begin with as well (8 800 … in Russia), the crate takes it away twice.
    let plain = digits.strip_prefix(metadata.national_prefix().unwrap_or_default()).unwrap_or(digits);
    let known = [read.as_str(), plain, digits].into_iter().find(|national| is_known(code, national));
    Some(Full { code, national: known.unwrap_or(&read).to_owned() })
}

/// What follows the prefix of calls abroad, if these digits begin with it. No country code begins with 0.
pub(super) fn abroad<'d>(country: &str, digits: &'d str) -> Option<&'d str> {
    let prefix = DATABASE.by_id(country)?.international_prefix()?.find(digits)?;
    let rest = digits.get(prefix.end()..).filter(|rest| !rest.is_empty() && !rest.starts_with('0'));
    rest.filter(|_| prefix.start() == 0)
}

/// True if a country that has this code has such numbers.
fn is_known(code: u16, national: &str) -> bool {
    let whole = |range: std::ops::Range<usize>| range == (0..national.len());
    DATABASE.by_code(&code).is_some_and(|countries| {
        countries.iter().any(|country| {
            let general = country.descriptors().general().national_number();
            general.find(national).is_some_and(|found| whole(found.range()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Numbering, PhoneNumber};
    use super::*;

    /// Numbers as their countries give them, of every form that has gone astray: with digits that are a prefix elsewhere.
    const REAL: [&str; 41] = [
        "+12025550123",
        "+18005550199",
        "+19002345678",
        "+18765231234",
        "+442079460018",
        "+447700900123",
        "+441632960001",
        "+35316791234",
        "+353871234567",
        "+4915112345678",
        "+4930123456",
        "+4919001234567",
        "+33123456789",
        "+33612345678",
        "+61212345678",
        "+61412345678",
        "+611300123456",
        "+390612345678",
        "+393123456789",
        "+34912345678",
        "+31201234567",
        "+32470123456",
        "+41446681800",
        "+43123456789",
        "+4312345678901",
        "+8613812345678",
        "+861012345678",
        "+81312345678",
        "+819012345678",
        "+911234567890",
        "+919876543210",
        "+5511912345678",
        "+5491123456789",
        "+525512345678",
        "+78001234567",
        "+79161234567",
        "+37080012345",
        "+3758011234567",
        "+3612345678",
        "+22507123456",
        "+80012345678",
    ];

    /// The homes, and what calls abroad begin with there.
    const HOMES: [(&str, &str); 6] =
        [("US", "011"), ("GB", "00"), ("DE", "00"), ("IE", "00"), ("FR", "00"), ("AU", "0011")];

    fn parsed(country: &str, text: &str) -> String {
        match Numbering::of_country(country, 3).parse(text) {
            Ok(PhoneNumber::E164(full)) => full,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_with_its_country_code_is_called_from_everywhere() {
        for (home, prefix) in HOMES {
            for number in REAL {
                assert_eq!(parsed(home, number), number, "{number} in {home}");
                let dialled = number.replace('+', prefix);
                assert_eq!(parsed(home, &dialled), number, "{dialled} in {home}");
            }
        }
    }

    /// Of every kind of number of every country, the example that the crate itself has.
    #[test]
    fn no_number_of_any_country_becomes_another() {
        use phonenumber::Type;
        let kinds = [
            Type::FixedLine,
            Type::Mobile,
            Type::TollFree,
            Type::PremiumRate,
            Type::SharedCost,
            Type::PersonalNumber,
            Type::Voip,
            Type::Uan,
        ];
        let mut seen = 0;
        for country in DATABASE.iter() {
            // Canada's 310-1234 is no full number, though the database has it.
            let is_full = |example: &&str| country.country_code() != 1 || example.len() == 10;
            let examples = kinds.iter().filter_map(|kind| country.descriptors().get(*kind)?.example());
            for example in examples.filter(is_full) {
                let number = format!("+{}{example}", country.country_code());
                for (home, _) in HOMES {
                    assert_eq!(parsed(home, &number), number, "{number} in {home}");
                }
                seen += 1;
            }
        }
        assert!(seen > 1000, "{seen}");
    }

    #[test]
    fn as_people_write_and_dial_them() {
        for (home, text, number) in [
            ("US", "+86 138 1234 5678", "+8613812345678"),
            ("US", "011 86 138 1234 5678", "+8613812345678"),
            ("US", "011-353-1-679-1234", "+35316791234"),
            ("US", "011 49 (0)151 12345678", "+4915112345678"),
            ("US", "(+44) 20 7946 0018", "+442079460018"),
            ("US", "+011 44 20 7946 0018", "+442079460018"),
            ("GB", "+44 (0)20 7946 0018", "+442079460018"),
            ("GB", "+0044 20 7946 0018", "+442079460018"),
            ("GB", "00 39 06 12345678", "+390612345678"),
            ("GB", "+39 (0)6 12345678", "+390612345678"),
            ("GB", "020 7946 0018", "+442079460018"),
            ("GB", "00 44 20 7946 0018", "+442079460018"),
            ("DE", "0151 12345678", "+4915112345678"),
            ("DE", "4915112345678", "+4915112345678"),
            ("DE", "030/123456", "+4930123456"),
            ("IE", "01 679 1234", "+35316791234"),
            ("FR", "01 23 45 67 89", "+33123456789"),
            ("AU", "02 1234 5678", "+61212345678"),
            ("AU", "1300 123 456", "+611300123456"),
            ("IT", "06 12345678", "+390612345678"),
            ("RU", "8 800 123 45 67", "+78001234567"),
            ("RU", "8 10 44 20 7946 0018", "+442079460018"),
            ("AR", "011 15 2345-6789", "+5491123456789"),
            ("US", "442079460018", "Err(Impossible)"),
            ("US", "5550123", "Err(Impossible)"),
            ("GB", "+0207 946 0018", "Err(Impossible)"),
            ("US", "+999 123456789", "Err(Impossible)"),
        ] {
            assert_eq!(parsed(home, text), number, "{text} in {home}");
        }
    }
}
