//! Phone numbers, by kind. An extension, a service code, a short code and an emergency number are not E.164 numbers and never
//! become one: the `phonenumber` crate alone would turn "911" into +1911.

mod emergency;
mod format;
mod full;
mod short;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use format::NumberFormat;

/// A number that can be dialled or that called, after normalisation. `Debug` prints the kind only: a number is personal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PhoneNumber {
    /// An emergency number in its short form ("911"; "9911" is normalised to it, and "0112" where 0 is dialled for an outside line), or its
    /// test number ("933").
    Emergency(String),
    /// An extension of the clinic, digits only ("101").
    Internal(String),
    /// A service code of the box, star and digits ("*43"), with what was dialled after it ("*7212025550101", "**101").
    Service(String),
    /// A national short code that is neither of the above ("988", "116117").
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
        // The few that the crate reads as another number are shown as they are.
        if parsed.format().mode(phonenumber::Mode::E164).to_string() != *text {
            return text.clone();
        }
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

/// By this number the United States and Canada let a location be tested: a voice says where help would be sent to, and nobody calls back for it.
pub const TEST_OF_HELP: &str = "933";
/// The longest code of the box, star and all.
pub const MAX_CODE: usize = 4;
/// What may follow the star: a code, and the longest number that E.164 knows, with what is dialled before it from here.
const MAX_SERVICE: usize = 24;
/// What stands in the place of a number where a phone has a key for help and knows no number of it (RFC 5031).
const HELP: &str = "urn:service:sos";

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
        self.parse_with(text, |_| false)
    }

    /// The same where more numbers than those of the place reach help: `helps` knows them by their digits, whatever else they might mean.
    ///
    /// # Errors
    /// [`NotANumber`], with a sentence for the person.
    pub fn parse_with(&self, text: &str, helps: impl Fn(&str) -> bool) -> Result<PhoneNumber, NotANumber> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NotANumber::Empty);
        }
        if text.len() > 40 {
            return Err(NotANumber::Impossible);
        }
        if text.get(..HELP.len()).is_some_and(|own| own.eq_ignore_ascii_case(HELP)) {
            return self.by_name(text);
        }
        if let Some(code) = text.strip_prefix('*') {
            let fine =
                !code.is_empty() && code.len() <= MAX_SERVICE && code.bytes().all(|b| b.is_ascii_digit() || b == b'*');
            return if fine { Ok(PhoneNumber::Service(text.to_owned())) } else { Err(NotANumber::Impossible) };
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let dialled = text.trim_end_matches('#');
        if dialled.bytes().any(|b| !b.is_ascii_digit() && !b"+-.() /".contains(&b)) {
            return Err(NotANumber::Characters);
        }
        if dialled != text {
            // Some phones send the key along that ends dialling. It costs nobody help.
            let help = self.emergency_of(&digits, helps).filter(|_| !dialled.contains('+'));
            return help.map(PhoneNumber::Emergency).ok_or(NotANumber::Characters);
        }
        if digits.is_empty() {
            return Err(NotANumber::Characters);
        }
        if text.trim_start_matches(['(', ' ']).starts_with('+') {
            return self.with_code(&digits);
        }
        if let Some(emergency) = self.emergency_of(&digits, helps) {
            return Ok(PhoneNumber::Emergency(emergency));
        }
        if digits.len() == self.extension_digits && digits.starts_with(|c| self.extension_first.contains(c)) {
            return Ok(PhoneNumber::Internal(digits));
        }
        if digits.len() == 3 || short::is_of(&self.country, &digits) {
            return Ok(PhoneNumber::Short(digits));
        }
        let full = full::dialled_in(&self.country, &digits);
        if let Some(short) = self.short_outside(&digits)
            && !full.as_ref().is_some_and(full::Full::is_of_a_kind)
        {
            return Ok(short);
        }
        possible(full)
    }

    /// Help by its name, or by a closer one (`urn:service:sos.fire`). Where fire, police and ambulance have their own numbers, any of them knows the
    /// others.
    fn by_name(&self, text: &str) -> Result<PhoneNumber, NotANumber> {
        let first = self.emergency.first().map(String::as_str);
        let help = Some(self.help()).filter(|help| !help.is_empty()).or(first);
        let is_help = text.get(HELP.len()..).is_some_and(|closer| closer.is_empty() || closer.starts_with('.'));
        help.filter(|_| is_help).map(|help| PhoneNumber::Emergency(help.to_owned())).ok_or(NotANumber::Characters)
    }

    /// A short number behind a digit for an outside line.
    fn short_outside(&self, digits: &str) -> Option<PhoneNumber> {
        self.short(digits.strip_prefix(self.outside_line())?)
    }

    /// The country's short number of these digits, which may have the form of an extension that nobody has (711).
    pub fn short(&self, digits: &str) -> Option<PhoneNumber> {
        short::is_of(&self.country, digits).then(|| PhoneNumber::Short(digits.to_owned()))
    }

    /// All that is dialled for help: the numbers of the place and `more`, each also behind a digit for an outside line.
    pub fn dialled_for_help<'a>(&'a self, more: impl Iterator<Item = &'a str>) -> Vec<String> {
        let forms = |number: &'a str| {
            let behind = self.outside_line().iter().map(move |digit| format!("{digit}{number}"));
            std::iter::once(number.to_owned()).chain(behind)
        };
        self.emergency.iter().map(String::as_str).chain(more).flat_map(forms).collect()
    }

    fn emergency_of(&self, digits: &str, helps: impl Fn(&str) -> bool) -> Option<String> {
        let is = |d: &str| self.emergency.iter().any(|e| e == d) || helps(d);
        if is(digits) {
            return Some(digits.to_owned());
        }
        digits.strip_prefix(self.outside_line()).filter(|rest| is(rest)).map(str::to_owned)
    }

    /// What people dial for an outside line, out of habit from other switchboards: 9, and in most of the world 0. Where the country code
    /// is 1, 0 was always the operator.
    fn outside_line(&self) -> &'static [char] {
        let code = phonenumber::metadata::DATABASE.by_id(&self.country).map(|metadata| metadata.country_code());
        if code == Some(1) { &['9'] } else { &['9', '0'] }
    }

    fn with_code(&self, digits: &str) -> Result<PhoneNumber, NotANumber> {
        // Some write "+" before what they dial for a call abroad.
        let dialled = if digits.starts_with('0') { full::abroad(&self.country, digits) } else { Some(digits) };
        possible(dialled.and_then(full::with_code))
    }
}

/// `is_valid` would refuse the 555-01xx numbers that are reserved for examples and that the demo lives on.
fn possible(full: Option<full::Full>) -> Result<PhoneNumber, NotANumber> {
    let full::Full { code, national } = full.ok_or(NotANumber::Impossible)?;
    let possible = if code == 1 {
        national.len() == 10 && !national.starts_with(['0', '1'])
    } else {
        (4..=14).contains(&national.len())
    };
    if possible { Ok(PhoneNumber::E164(format!("+{code}{national}"))) } else { Err(NotANumber::Impossible) }
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
            ("GB", &["999", "112", "9999", "0999", "0112"][..], &["111", "101", "00999", "90999", "01121234567"][..]),
            ("AU", &["000", "112", "106", "0000", "9000"], &["111"]),
            ("DE", &["112", "110", "0112", "0-110", "9112"], &["911", "115", "01121", "0112123456", "00112"]),
            ("FR", &["15", "18", "112", "015", "0112"], &["150", "0151", "0112345678"]),
            ("NZ", &["111", "0111"], &["112"]),
            ("CA", &["911", "933", "9911"], &["112", "999", "0911"]),
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
    fn the_numbers_that_a_plan_adds_are_seen_before_anything_else() {
        let read = |country, text| {
            Numbering::of_country(country, 3).parse_with(text, |d| ["2222", "15", "19222"].contains(&d))
        };
        for (country, text, help) in [
            ("US", "2222", "2222"),
            ("US", "9-2222", "2222"),
            ("US", "15", "15"),
            ("DE", "19222", "19222"),
            ("DE", "0 19222", "19222"),
            ("DE", "112", "112"),
        ] {
            assert_eq!(read(country, text), Ok(PhoneNumber::Emergency(help.to_owned())), "{text} in {country}");
        }
        assert_eq!(read("US", "02222"), Err(NotANumber::Impossible));
        assert_eq!(read("DE", "+4919222"), Ok(PhoneNumber::E164("+4919222".to_owned())));
    }

    #[test]
    fn all_that_reaches_help_can_be_listed() {
        let all =
            |country, more: &'static [&str]| Numbering::of_country(country, 3).dialled_for_help(more.iter().copied());
        assert_eq!(all("US", &["2222"]), ["911", "9911", "933", "9933", "2222", "92222"]);
        assert_eq!(all("NZ", &[]), ["111", "9111", "0111"]);
    }

    #[test]
    fn short_numbers_of_a_country_get_no_area_code() {
        let read = |country, text| Numbering::of_country(country, 3).parse(text);
        let short = |text: &str| Ok(PhoneNumber::Short(text.to_owned()));
        for (country, text) in
            [("DE", "116117"), ("DE", "116 117"), ("GB", "116123"), ("FR", "3237"), ("SE", "1177"), ("US", "988")]
        {
            assert_eq!(read(country, text), short(&text.replace(' ', "")), "{text} in {country}");
        }
        // Somebody may have that extension: whoever routes it knows.
        assert_eq!(read("US", "711"), Ok(PhoneNumber::Internal("711".to_owned())));
        assert_eq!(Numbering::default().short("711").ok_or(NotANumber::Impossible), short("711"));
        assert_eq!(Numbering::default().short("712"), None);
        // Behind a digit for an outside line, unless there are such numbers.
        for (country, text, number) in [
            ("US", "9-711", "711"),
            ("US", "9988", "988"),
            ("DE", "0 116117", "116117"),
            ("DE", "0115", "115"),
            ("GB", "0 111", "111"),
            ("GB", "0118500", "118500"),
            ("FR", "03237", "3237"),
        ] {
            assert_eq!(read(country, text), short(number), "{text} in {country}");
        }
        assert_eq!(read("GB", "01189500123"), Ok(PhoneNumber::E164("+441189500123".to_owned())));
        assert_eq!(read("US", "0711"), Err(NotANumber::Impossible), "the operator");
        assert_eq!(read("US", "116117"), Err(NotANumber::Impossible));
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
            ("urn:service:sos", "emergency 911"),
            ("URN:service:sos.fire", "emergency 911"),
            ("urn:service:sossy", "Characters"),
            ("sos", "Characters"),
            ("911#", "emergency 911"),
            ("9-9-1-1#", "emergency 911"),
            ("102#", "Characters"),
            ("#911", "Characters"),
            ("+911#", "Characters"),
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
        assert_eq!(PhoneNumber::E164("+78001234567".to_owned()).for_person("US"), "+78001234567");
    }

    #[test]
    fn a_number_does_not_reach_a_log() {
        assert_eq!(format!("{:?}", PhoneNumber::E164("+12025550123".to_owned())), "E164(<personal>)");
        assert_eq!(format!("{:?}", PhoneNumber::Service("*7212025550101".to_owned())), "Service(*72…)");
    }
}
