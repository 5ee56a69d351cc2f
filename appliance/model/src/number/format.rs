//! How carriers write numbers. Every one has its own way, and is asked for it once, in the settings.

use serde::{Deserialize, Serialize};

use super::{NotANumber, Numbering, PhoneNumber};

/// A way to write a full number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NumberFormat {
    /// "+12025550123".
    #[default]
    #[serde(rename = "e164")]
    E164,
    /// "12025550123".
    #[serde(rename = "e164_no_plus")]
    E164NoPlus,
    /// As dialled at home, with the digit that long-distance calls begin with: "12025550123" in the United States, "02079460018" in Britain.
    #[serde(rename = "national")]
    National,
    /// Without that digit: "2025550123".
    #[serde(rename = "10_digits", alias = "subscriber")]
    Subscriber,
}

impl NumberFormat {
    /// Writes a number. One of another country is dialled as from here ("011442079460018") where numbers at home have no country code;
    /// what is no full number stays as it is.
    pub fn write(self, number: &PhoneNumber, numbering: &Numbering) -> String {
        let PhoneNumber::E164(text) = number else { return number.as_str().to_owned() };
        let digits = text.trim_start_matches('+');
        if self == Self::E164 {
            return text.clone();
        }
        if self == Self::E164NoPlus {
            return digits.to_owned();
        }
        let Some(home) = home(numbering) else { return text.clone() };
        match digits.strip_prefix(&home.code) {
            Some(rest) if self == Self::National => format!("{}{rest}", home.trunk_prefix),
            Some(rest) => rest.to_owned(),
            None => format!("{}{digits}", home.abroad),
        }
    }

    /// Reads a number that came from a carrier.
    ///
    /// # Errors
    /// [`NotANumber`].
    pub fn read(self, text: &str, numbering: &Numbering) -> Result<PhoneNumber, NotANumber> {
        let text = text.trim();
        // Long enough to be nothing that is dialled inside.
        let full = text.len() > numbering.extension_digits.max(6) && text.bytes().all(|b| b.is_ascii_digit());
        let Some(home) = full.then(|| home(numbering)).flatten() else { return numbering.parse(text) };
        match self {
            Self::E164NoPlus => numbering.parse(&format!("+{text}")),
            Self::National | Self::Subscriber => match text.strip_prefix(&home.abroad) {
                Some(rest) if !home.abroad.is_empty() => numbering.parse(&format!("+{rest}")),
                _ => numbering.parse(text),
            },
            Self::E164 => numbering.parse(text),
        }
    }
}

/// The numbering of the home country.
struct Home {
    code: String,
    /// What long-distance calls begin with.
    trunk_prefix: String,
    /// What calls abroad begin with.
    abroad: String,
}

/// Where carriers each have their own prefix of calls abroad and the database prefers none: that of the largest.
const ABROAD: [(&str, &str); 5] = [("KH", "001"), ("KR", "001"), ("SG", "001"), ("TH", "001"), ("TW", "002")];

fn home(numbering: &Numbering) -> Option<Home> {
    let metadata = phonenumber::metadata::DATABASE.by_id(&numbering.country)?;
    let code = metadata.country_code();
    // The database has a pattern of every prefix there is; where it is not plain digits, it may say which is preferred.
    let plain = |text: &&str| text.bytes().all(|b| b.is_ascii_digit());
    let only = metadata.international_prefix().map(|p| p.as_str()).filter(plain);
    let preferred = metadata.preferred_international_prefix().filter(plain);
    let usual = ABROAD.iter().find(|(country, _)| *country == numbering.country).map(|(_, prefix)| *prefix);
    let abroad = only.or(usual).or(preferred).unwrap_or(if code == 1 { "011" } else { "00" }).to_owned();
    Some(Home {
        code: code.to_string(),
        trunk_prefix: metadata.national_prefix().unwrap_or_default().to_owned(),
        abroad,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbering(country: &str) -> Numbering {
        Numbering { country: country.to_owned(), ..Numbering::default() }
    }

    fn e164(text: &str) -> PhoneNumber {
        PhoneNumber::E164(text.to_owned())
    }

    #[test]
    fn every_format_both_ways() {
        use NumberFormat::{E164, E164NoPlus, National, Subscriber};
        for (country, number, format, written) in [
            ("US", "+12025550123", E164, "+12025550123"),
            ("US", "+12025550123", E164NoPlus, "12025550123"),
            ("US", "+12025550123", National, "12025550123"),
            ("US", "+12025550123", Subscriber, "2025550123"),
            ("US", "+442079460018", Subscriber, "011442079460018"),
            ("US", "+442079460018", E164NoPlus, "442079460018"),
            ("GB", "+442079460018", National, "02079460018"),
            ("GB", "+442079460018", Subscriber, "2079460018"),
            ("GB", "+12025550123", National, "0012025550123"),
            ("DE", "+4930123456", National, "030123456"),
            ("AU", "+442079460018", National, "0011442079460018"),
            ("AU", "+61212345678", National, "0212345678"),
            ("KR", "+12025550123", Subscriber, "00112025550123"),
            ("SG", "+12025550123", National, "00112025550123"),
            ("RU", "+12025550123", National, "81012025550123"),
            ("FI", "+12025550123", National, "0012025550123"),
        ] {
            let numbering = numbering(country);
            assert_eq!(format.write(&e164(number), &numbering), written, "{country} {format:?}");
            assert_eq!(format.read(written, &numbering), Ok(e164(number)), "{country} {format:?} {written}");
        }
    }

    #[test]
    fn what_calls_abroad_begin_with_is_known_to_the_database() {
        for (country, prefix) in ABROAD {
            assert_eq!(
                super::super::full::abroad(country, &format!("{prefix}12025550123")),
                Some("12025550123"),
                "{country}"
            );
        }
    }

    #[test]
    fn what_is_no_full_number_stays_and_what_is_clear_is_understood() {
        let us = numbering("US");
        assert_eq!(NumberFormat::Subscriber.write(&PhoneNumber::Emergency("911".to_owned()), &us), "911");
        for format in [NumberFormat::E164, NumberFormat::E164NoPlus, NumberFormat::National, NumberFormat::Subscriber] {
            assert_eq!(format.read("+12025550123", &us), Ok(e164("+12025550123")), "{format:?}");
            assert_eq!(format.read("911", &us), Ok(PhoneNumber::Emergency("911".to_owned())), "{format:?}");
            assert!(format.read("anonymous", &us).is_err());
        }
        assert_eq!(NumberFormat::E164.read("2025550123", &us), Ok(e164("+12025550123")));
    }
}
