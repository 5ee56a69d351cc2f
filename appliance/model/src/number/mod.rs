//! Phone numbers, by kind. An extension, a service code, a short code and an emergency number are not E.164 numbers and never
//! become one: the `phonenumber` crate alone would turn "911" into +1911.

mod emergency;
mod format;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use format::NumberFormat;

/// A number that can be dialled or that called, after normalisation. `Debug` prints the kind only: a number is personal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PhoneNumber {
    /// An emergency number in its short form ("911"; "9911" is normalised to it), or its test number ("933").
    Emergency(String),
    /// An extension of the clinic, digits only ("101").
    Internal(String),
    /// A service code of the box, star and digits ("*43"), with what was dialled after it ("*7212025550101", "**101").
    Service(String),
    /// A national short code that is neither of the above ("988", "311").
    Short(String),
    /// A full number with country code, "+" and digits ("+12025550123").
    E164(String),
}

impl PhoneNumber {
    /// The canonical text: what is stored, compared and put into a SIP user part.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Emergency(s) | Self::Internal(s) | Self::Service(s) | Self::Short(s) | Self::E164(s) => s,
        }
    }

    /// True for a number that the emergency rule covers (DESIGN invariant 7).
    pub const fn is_emergency(&self) -> bool {
        matches!(self, Self::Emergency(_))
    }

    /// As people of `country` write it: "(202) 555-0123" at home, "+44 20 7946 0018" from abroad.
    pub fn for_person(&self, country: &str) -> String {
        let Self::E164(text) = self else { return self.as_str().to_owned() };
        let Ok(parsed) = phonenumber::parse(None, text) else { return text.clone() };
        let home = country.parse::<phonenumber::country::Id>().ok();
        let mode = if home.is_some() && parsed.country().id() == home {
            phonenumber::Mode::National
        } else {
            phonenumber::Mode::International
        };
        parsed.format().mode(mode).to_string()
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Neither is personal, and both matter in a log. What follows a code may be a number.
            Self::Emergency(s) => write!(f, "Emergency({s})"),
            Self::Service(s) if s.len() <= MAX_CODE => write!(f, "Service({s})"),
            Self::Service(s) => write!(f, "Service({}…)", s.get(..3).unwrap_or_default()),
            Self::Internal(_) => f.write_str("Internal(<personal>)"),
            Self::Short(_) => f.write_str("Short(<personal>)"),
            Self::E164(_) => f.write_str("E164(<personal>)"),
        }
    }
}

/// The longest code of the box, star and all.
pub const MAX_CODE: usize = 4;
/// What may follow the star: a code, and the longest number that E.164 knows, with what is dialled before it from here.
const MAX_SERVICE: usize = 24;

/// Why a text is not a number. Public: it quotes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANumber {
    /// Nothing was dialled.
    Empty,
    /// Letters, or signs that no number has.
    Characters,
    /// No number of this country, or of any that was named, has this form.
    Impossible,
}

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "no number was given",
            Self::Characters => "that has characters that no phone number has",
            Self::Impossible => "that is not a possible phone number; give it with its area code, as in 202-555-0123",
        })
    }
}

impl std::error::Error for NotANumber {}

/// What the clinic's numbers look like: enough to tell the kinds apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbering {
    /// ISO 3166 code of the home country, "US".
    pub country: String,
    /// Emergency numbers of the place, tests included: 911 and 933.
    pub emergency: Vec<String>,
    /// How many digits an extension has: 2 to 5.
    pub extension_digits: usize,
    /// First digits an extension may have ("1234567"): so that "911" can never be one.
    pub extension_first: String,
}

impl Default for Numbering {
    fn default() -> Self {
        Self::of_country("US", 3)
    }
}

impl Numbering {
    /// What numbers look like in this country (ISO 3166), with extensions of so many digits.
    pub fn of_country(country: &str, extension_digits: usize) -> Self {
        Self {
            country: country.to_owned(),
            emergency: emergency::numbers(country),
            extension_digits,
            extension_first: "12345678".to_owned(),
        }
    }

    /// The number of help that is said to people: one that leads to all of it. Empty where fire, police and ambulance have their own.
    pub fn help(&self) -> &str {
        let known = ["911", "999", "000", "111", "112"];
        let of_here = |number: &&str| self.emergency.iter().any(|e| e == number);
        known.into_iter().find(of_here).unwrap_or_default()
    }

    /// Reads what a person dialled, wrote or sent. The emergency rule is first and nothing can shadow it: the number itself,
    /// or with one outside-line digit before it (9911).
    ///
    /// # Errors
    /// [`NotANumber`], with a sentence for the person.
    pub fn parse(&self, text: &str) -> Result<PhoneNumber, NotANumber> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotANumber::Empty);
        }
        if text.len() > 40 {
            return Err(NotANumber::Impossible);
        }
        if let Some(code) = text.strip_prefix('*') {
            let fine =
                !code.is_empty() && code.len() <= MAX_SERVICE && code.bytes().all(|b| b.is_ascii_digit() || b == b'*');
            return if fine { Ok(PhoneNumber::Service(text.to_owned())) } else { Err(NotANumber::Impossible) };
        }
        if !text.bytes().all(|b| b.is_ascii_digit() || b"+-.() /".contains(&b)) {
            return Err(NotANumber::Characters);
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            return Err(NotANumber::Characters);
        }
        if !text.starts_with('+') {
            if let Some(emergency) = self.emergency_of(&digits) {
                return Ok(PhoneNumber::Emergency(emergency));
            }
            if digits.len() == self.extension_digits && digits.starts_with(|c| self.extension_first.contains(c)) {
                return Ok(PhoneNumber::Internal(digits));
            }
            if digits.len() == 3 {
                return Ok(PhoneNumber::Short(digits));
            }
        }
        self.full(text)
    }

    fn emergency_of(&self, digits: &str) -> Option<String> {
        let is = |d: &str| self.emergency.iter().any(|e| e == d);
        if is(digits) {
            return Some(digits.to_owned());
        }
        digits.strip_prefix('9').filter(|rest| is(rest)).map(str::to_owned)
    }

    fn full(&self, text: &str) -> Result<PhoneNumber, NotANumber> {
        let home = self.country.parse::<phonenumber::country::Id>().ok();
        let parsed = phonenumber::parse(home, text).map_err(|_| NotANumber::Impossible)?;
        // `is_valid` would refuse the 555-01xx numbers that are reserved for examples and that the demo lives on.
        let national = parsed.national().to_string();
        let possible = if parsed.country().code() == 1 {
            national.len() == 10 && !national.starts_with(['0', '1'])
        } else {
            (4..=14).contains(&national.len())
        };
        if !possible {
            return Err(NotANumber::Impossible);
        }
        Ok(PhoneNumber::E164(parsed.format().mode(phonenumber::Mode::E164).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> String {
        match Numbering::default().parse(text) {
            Ok(PhoneNumber::Emergency(s)) => format!("emergency {s}"),
            Ok(PhoneNumber::Internal(s)) => format!("internal {s}"),
            Ok(PhoneNumber::Service(s)) => format!("service {s}"),
            Ok(PhoneNumber::Short(s)) => format!("short {s}"),
            Ok(PhoneNumber::E164(s)) => format!("e164 {s}"),
            Err(e) => format!("{e:?}"),
        }
    }

    #[test]
    fn help_has_other_numbers_elsewhere() {
        let kind = |country, text| Numbering::of_country(country, 3).parse(text).map(|n| n.is_emergency());
        for (country, help, none) in [
            ("GB", &["999", "112", "9999"][..], &["111", "101"][..]),
            ("AU", &["000", "112", "106"], &["111"]),
            ("DE", &["112", "110"], &["911", "115"]),
            ("FR", &["15", "18", "112"], &["150"]),
            ("NZ", &["111"], &["112"]),
            ("CA", &["911", "933", "9911"], &["112", "999"]),
            // Nobody knows this place: what telephones of all countries take for help.
            ("??", &["112", "911"], &["101"]),
        ] {
            for number in help {
                assert_eq!(kind(country, number), Ok(true), "{number} in {country}");
            }
            for number in none {
                assert_ne!(kind(country, number), Ok(true), "{number} in {country}");
            }
        }
    }

    #[test]
    fn people_are_told_the_number_that_they_know() {
        let said = ["US", "CA", "GB", "IE", "DE", "FR", "AU", "NZ", "JP"]
            .map(|c| Numbering::of_country(c, 3).help().to_owned());
        assert_eq!(said, ["911", "911", "999", "999", "112", "112", "000", "111", ""]);
    }

    #[test]
    fn extensions_may_be_longer() {
        let four = Numbering::of_country("US", 4);
        assert_eq!(four.parse("1001"), Ok(PhoneNumber::Internal("1001".to_owned())));
        assert_eq!(four.parse("9911"), Ok(PhoneNumber::Emergency("911".to_owned())));
        assert_eq!(four.parse("101"), Ok(PhoneNumber::Short("101".to_owned())));
        assert_eq!(four.parse("2025550123"), Ok(PhoneNumber::E164("+12025550123".to_owned())));
    }

    #[test]
    fn every_kind_stays_its_own() {
        for (text, expected) in [
            ("911", "emergency 911"),
            ("9911", "emergency 911"),
            ("9-911", "emergency 911"),
            ("933", "emergency 933"),
            ("101", "internal 101"),
            ("*43", "service *43"),
            ("*7212025550101", "service *7212025550101"),
            ("**101", "service **101"),
            ("988", "short 988"),
            ("(202) 555-0123", "e164 +12025550123"),
            ("12025550101", "e164 +12025550101"),
            ("+12025550101", "e164 +12025550101"),
            ("202.555.0101", "e164 +12025550101"),
            ("+44 20 7946 0018", "e164 +442079460018"),
            ("", "Empty"),
            ("nurse", "Characters"),
            ("12345", "Impossible"),
            ("1202555010112345678", "Impossible"),
            ("+1911", "Impossible"),
            ("*", "Impossible"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn people_read_their_own_country_without_its_code() {
        let number = PhoneNumber::E164("+12025550123".to_owned());
        assert_eq!(number.for_person("US"), "(202) 555-0123");
        assert_eq!(number.for_person("GB"), "+1 202-555-0123");
    }

    #[test]
    fn a_number_does_not_reach_a_log() {
        assert_eq!(format!("{:?}", PhoneNumber::E164("+12025550123".to_owned())), "E164(<personal>)");
        assert_eq!(format!("{:?}", PhoneNumber::Service("*7212025550101".to_owned())), "Service(*72…)");
    }
}
