//! What kind of call an outside number is: this decides what it may cost.

use std::collections::BTreeSet;

use model::PhoneNumber;

use crate::dear;

/// The classes of outside numbers, each with its own trunk in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A number of the home country.
    National,
    /// A short code that is no emergency number and costs no more than a call (988, 311).
    Short,
    /// Abroad, which includes the islands that share +1 with the United States.
    International,
    /// A number that costs extra, at home or abroad; a directory of few digits (118118) too.
    Premium,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::National, Self::Short, Self::International, Self::Premium];

    /// The class of `number` as seen from `country`; `None` if it is not an outside number.
    pub fn of(number: &PhoneNumber, country: &str) -> Option<Self> {
        match number {
            PhoneNumber::Short(digits) if dear::is_of(country, digits) => Some(Self::Premium),
            PhoneNumber::Short(_) => Some(Self::Short),
            PhoneNumber::E164(text) => Some(Self::of_full(text, country)),
            PhoneNumber::Emergency(_) | PhoneNumber::Internal(_) | PhoneNumber::Service(_) => None,
        }
    }

    /// What cannot be recognised counts as the dearer class, with one exception: a number under the home country's code that
    /// the numbering data does not know is national, or a new area code (and 555-01xx) could not be dialled.
    fn of_full(text: &str, country: &str) -> Self {
        let Ok(number) = phonenumber::parse(None, text) else { return Self::International };
        if is_premium(text, &number) {
            return Self::Premium;
        }
        let home_code = phonenumber::metadata::DATABASE.by_id(country).map(|m| m.country_code());
        if home_code != Some(number.country().code()) {
            return Self::International;
        }
        match number.country().id() {
            Some(id) if id.as_ref() != country => Self::International,
            _ => Self::National,
        }
    }

    /// Its key in the plan.
    pub const fn word(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Short => "short",
            Self::International => "international",
            Self::Premium => "premium",
        }
    }

    /// For a sentence: "a national number".
    pub(crate) const fn described(self) -> &'static str {
        match self {
            Self::National => "a national number",
            Self::Short => "a short code",
            Self::International => "a number abroad",
            Self::Premium => "a premium number",
        }
    }

    /// For a sentence: "national numbers".
    pub(crate) const fn plural(self) -> &'static str {
        match self {
            Self::National => "national numbers",
            Self::Short => "short codes",
            Self::International => "numbers abroad",
            Self::Premium => "premium numbers",
        }
    }
}

fn is_premium(text: &str, number: &phonenumber::PhoneNumber) -> bool {
    let database = &phonenumber::metadata::DATABASE;
    if number.format().mode(phonenumber::Mode::E164).to_string() == text {
        return number.number_type(database) == phonenumber::Type::PremiumRate;
    }
    // The crate has taken a digit away that is none too many (+7 809 …): its kind would be that of another number.
    let code = number.country().code();
    let Some(national) = text.strip_prefix(&format!("+{code}")) else { return false };
    let is = |country: &&phonenumber::Metadata| {
        country.descriptors().premium_rate().is_some_and(|numbers| numbers.is_match(national))
    };
    database.by_code(&code).is_some_and(|countries| countries.iter().any(is))
}

/// How some numbers begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Beginnings(pub(crate) Vec<String>);

impl Beginnings {
    /// True if this number begins so.
    pub(crate) fn begin(&self, number: &PhoneNumber) -> bool {
        self.0.iter().any(|beginning| number.as_str().starts_with(beginning.as_str()))
    }

    /// The same; where none are written all numbers are meant.
    pub(crate) fn fit(&self, number: &PhoneNumber) -> bool {
        self.0.is_empty() || self.begin(number)
    }
}

/// True if this person is among those that are written; where nobody is, everybody is meant.
pub(crate) fn is_for(people: &[String], extension: Option<&str>) -> bool {
    people.is_empty() || extension.is_some_and(|own| people.iter().any(|person| person == own))
}

/// An exception to what people may call, and over which trunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Users whom it is for; empty: everybody.
    pub(crate) people: Vec<String>,
    /// How the numbers begin that it is for; empty: all.
    pub(crate) numbers: Beginnings,
    /// The kinds that it is for; empty: all.
    pub(crate) kinds: BTreeSet<Class>,
    /// In the order to try them; empty: not allowed.
    pub(crate) trunks: Vec<String>,
}

impl Rule {
    /// True if it is for this call.
    pub(crate) fn fits(&self, extension: Option<&str>, number: &PhoneNumber, class: Class) -> bool {
        is_for(&self.people, extension)
            && self.numbers.fit(number)
            && (self.kinds.is_empty() || self.kinds.contains(&class))
    }
}

#[cfg(test)]
mod tests {
    use model::Numbering;

    use super::*;

    #[test]
    fn every_class_from_the_united_states() {
        let expected = [
            ("202-555-0123", Some(Class::National)),
            ("+1 415 301 2345", Some(Class::National)),
            ("1-800-723-3456", Some(Class::National)),
            ("1-900-234-5678", Some(Class::Premium)),
            // Canada and Jamaica share +1, and cost what abroad costs.
            ("+1 613 782 7274", Some(Class::International)),
            ("+1 876 523 1234", Some(Class::International)),
            ("+44 20 7946 0018", Some(Class::International)),
            ("+44 909 012 3456", Some(Class::Premium)),
            ("+49 1900 1234567", Some(Class::International)),
            ("+7 809 123 4567", Some(Class::Premium)),
            ("+7 800 123 4567", Some(Class::International)),
            ("988", Some(Class::Short)),
            ("911", None),
            ("101", None),
            ("*43", None),
        ];
        for (text, class) in expected {
            let number = Numbering::default().parse(text).expect(text);
            assert_eq!(Class::of(&number, "US"), class, "{text}");
        }
    }
}
