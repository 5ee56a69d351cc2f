//! Days on which a clinic is closed though its weekday says otherwise: fixed days, weekdays of a month, days that follow Easter, and
//! the public holidays of some countries.

use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan};

/// A day that comes every year, or once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holiday {
    /// "Thanksgiving".
    pub(crate) name: String,
    rule: Rule,
    /// Days after (or before) what the rule says.
    days: i32,
    moved: Moved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Once(Date),
    Yearly {
        month: i8,
        day: i8,
    },
    /// `nth` -1: the last.
    Nth {
        nth: i8,
        weekday: Weekday,
        month: i8,
    },
    /// The last such weekday before a day.
    Before {
        weekday: Weekday,
        month: i8,
        day: i8,
    },
    Easter,
}

/// What a country does with a holiday at a weekend. The day itself counts all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moved {
    No,
    /// Saturday's is kept on Friday, Sunday's on Monday (United States).
    Nearest,
    /// Kept on the Monday after.
    Monday,
    /// Kept two days later (25 and 26 December in the United Kingdom and Canada: two days that would both want the Monday).
    TwoDays,
}

/// The countries with a ready set.
pub(crate) const COUNTRIES: [&str; 8] = ["US", "CA", "GB", "IE", "FR", "DE", "ES", "MX"];

/// How a day may be written, for whoever wrote something else.
pub(crate) const FORMS: &str = "write it as in \"12-24\", \"2026-12-24\", \"4th thursday of november\", \"last monday of may\", \
     \"monday before 05-25\", \"easter\", and add days as in \"easter -2\"";

impl Holiday {
    /// Reads the day of one.
    pub(crate) fn parse(text: &str, name: &str) -> Option<Self> {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let days = words.last().filter(|w| w.starts_with(['+', '-'])).and_then(|w| w.parse::<i32>().ok());
        if days.is_some() {
            words.pop();
        }
        let days = days.unwrap_or(0);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let rule = rule(&words)?;
        (days.abs() <= 60).then(|| Self { name: name.to_owned(), rule, days, moved: Moved::No })
    }

    /// True if it is kept on this day.
    pub(crate) fn is_on(&self, day: Date) -> bool {
        // What belongs to another year may be kept in this one: New Year's Day on a Saturday is kept on 31 December.
        let years = [day.year().saturating_sub(1), day.year(), day.year().saturating_add(1)];
        years.into_iter().filter_map(|year| self.in_year(year)).any(|own| own == day || self.kept(own) == Some(day))
    }

    fn in_year(&self, year: i16) -> Option<Date> {
        let base = match self.rule {
            Rule::Once(once) => (once.year() == year).then_some(once)?,
            Rule::Yearly { month, day } => Date::new(year, month, day).ok()?,
            Rule::Nth { nth, weekday, month } => {
                Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()?
            }
            Rule::Before { weekday, month, day } => Date::new(year, month, day).ok()?.nth_weekday(-1, weekday).ok()?,
            Rule::Easter => easter(year)?,
        };
        add(base, self.days)
    }

    fn kept(&self, day: Date) -> Option<Date> {
        let days = match (self.moved, day.weekday()) {
            (Moved::Nearest, Weekday::Saturday) => -1,
            (Moved::Nearest | Moved::Monday, Weekday::Sunday) => 1,
            (Moved::Monday, Weekday::Saturday) | (Moved::TwoDays, Weekday::Saturday | Weekday::Sunday) => 2,
            _ => return None,
        };
        add(day, days)
    }
}

/// The public holidays of a country; none if it has no set. What only some of its regions keep is left to the plan.
pub(crate) fn of_country(country: &str) -> Option<Vec<Holiday>> {
    let set: &[(&str, Moved, &str)] = match country {
        "US" => &UNITED_STATES,
        "CA" => &CANADA,
        "GB" => &UNITED_KINGDOM,
        "IE" => &IRELAND,
        "FR" => &FRANCE,
        "DE" => &GERMANY,
        "ES" => &SPAIN,
        "MX" => &MEXICO,
        _ => return None,
    };
    let read = |(day, moved, name): &(&str, Moved, &str)| Some(Holiday { moved: *moved, ..Holiday::parse(day, name)? });
    Some(set.iter().filter_map(read).collect())
}

fn rule(words: &[&str]) -> Option<Rule> {
    match *words {
        ["easter"] => Some(Rule::Easter),
        [day] => match day.len() {
            10 => day.parse().ok().map(Rule::Once),
            _ => month_day(day).map(|(month, day)| Rule::Yearly { month, day }),
        },
        [weekday, "before", day] => {
            let (month, day) = month_day(day)?;
            Some(Rule::Before { weekday: weekday_of(weekday)?, month, day })
        }
        [nth, weekday, "of", month] => {
            let nth =
                ["1st", "2nd", "3rd", "4th"].iter().position(|n| *n == nth).and_then(|n| i8::try_from(n + 1).ok());
            let nth = nth.or_else(|| (words[0] == "last").then_some(-1))?;
            let month = MONTHS.iter().position(|m| *m == month).and_then(|m| i8::try_from(m + 1).ok())?;
            Some(Rule::Nth { nth, weekday: weekday_of(weekday)?, month })
        }
        _ => None,
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn weekday_of(word: &str) -> Option<Weekday> {
    let at = crate::hours::DAYS.iter().position(|d| *d == word)?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

/// "12-24". 29 February comes when it comes.
fn month_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    let two = |t: &str| (t.len() == 2).then(|| t.parse::<i8>().ok()).flatten();
    let (month, day) = (two(month)?, two(day)?);
    Date::new(2024, month, day).ok().map(|_| (month, day))
}

fn add(day: Date, days: i32) -> Option<Date> {
    let span: Span = days.days();
    day.checked_add(span).ok()
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    if !(1583..=4099).contains(&y) {
        return None;
    }
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let base = h + l - 7 * m;
    let month = (base + 90) / 25;
    let day = (base + 33 * month + 19) % 32;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

use Moved::{Monday, Nearest, No, TwoDays};

/// 5 U.S.C. 6103.
const UNITED_STATES: [(&str, Moved, &str); 11] = [
    ("01-01", Nearest, "New Year's Day"),
    ("3rd monday of january", No, "Martin Luther King Jr. Day"),
    ("3rd monday of february", No, "Washington's Birthday"),
    ("last monday of may", No, "Memorial Day"),
    ("06-19", Nearest, "Juneteenth"),
    ("07-04", Nearest, "Independence Day"),
    ("1st monday of september", No, "Labor Day"),
    ("2nd monday of october", No, "Columbus Day"),
    ("11-11", Nearest, "Veterans Day"),
    ("4th thursday of november", No, "Thanksgiving"),
    ("12-25", Nearest, "Christmas Day"),
];

const CANADA: [(&str, Moved, &str); 8] = [
    ("01-01", Monday, "New Year's Day"),
    ("easter -2", No, "Good Friday"),
    ("monday before 05-25", No, "Victoria Day"),
    ("07-01", Monday, "Canada Day"),
    ("1st monday of september", No, "Labour Day"),
    ("2nd monday of october", No, "Thanksgiving"),
    ("12-25", TwoDays, "Christmas Day"),
    ("12-26", TwoDays, "Boxing Day"),
];

/// England and Wales.
const UNITED_KINGDOM: [(&str, Moved, &str); 8] = [
    ("01-01", Monday, "New Year's Day"),
    ("easter -2", No, "Good Friday"),
    ("easter +1", No, "Easter Monday"),
    ("1st monday of may", No, "Early May bank holiday"),
    ("last monday of may", No, "Spring bank holiday"),
    ("last monday of august", No, "Summer bank holiday"),
    ("12-25", TwoDays, "Christmas Day"),
    ("12-26", TwoDays, "Boxing Day"),
];

/// Saint Brigid's Day is the first Monday of February, unless 1 February is a Friday: that one year in seven is left to the plan.
const IRELAND: [(&str, Moved, &str); 10] = [
    ("01-01", No, "New Year's Day"),
    ("1st monday of february", No, "Saint Brigid's Day"),
    ("03-17", No, "Saint Patrick's Day"),
    ("easter +1", No, "Easter Monday"),
    ("1st monday of may", No, "May Day"),
    ("1st monday of june", No, "June holiday"),
    ("1st monday of august", No, "August holiday"),
    ("last monday of october", No, "October holiday"),
    ("12-25", No, "Christmas Day"),
    ("12-26", No, "Saint Stephen's Day"),
];

const FRANCE: [(&str, Moved, &str); 11] = [
    ("01-01", No, "Jour de l'an"),
    ("easter +1", No, "Lundi de Pâques"),
    ("05-01", No, "Fête du Travail"),
    ("05-08", No, "Victoire 1945"),
    ("easter +39", No, "Ascension"),
    ("easter +50", No, "Lundi de Pentecôte"),
    ("07-14", No, "Fête nationale"),
    ("08-15", No, "Assomption"),
    ("11-01", No, "Toussaint"),
    ("11-11", No, "Armistice 1918"),
    ("12-25", No, "Noël"),
];

/// What all its states keep.
const GERMANY: [(&str, Moved, &str); 9] = [
    ("01-01", No, "Neujahr"),
    ("easter -2", No, "Karfreitag"),
    ("easter +1", No, "Ostermontag"),
    ("05-01", No, "Tag der Arbeit"),
    ("easter +39", No, "Christi Himmelfahrt"),
    ("easter +50", No, "Pfingstmontag"),
    ("10-03", No, "Tag der Deutschen Einheit"),
    ("12-25", No, "Erster Weihnachtstag"),
    ("12-26", No, "Zweiter Weihnachtstag"),
];

/// What all its regions keep.
const SPAIN: [(&str, Moved, &str); 10] = [
    ("01-01", No, "Año Nuevo"),
    ("01-06", No, "Epifanía"),
    ("easter -2", No, "Viernes Santo"),
    ("05-01", No, "Fiesta del Trabajo"),
    ("08-15", No, "Asunción"),
    ("10-12", No, "Fiesta Nacional"),
    ("11-01", No, "Todos los Santos"),
    ("12-06", No, "Día de la Constitución"),
    ("12-08", No, "Inmaculada Concepción"),
    ("12-25", No, "Navidad"),
];

const MEXICO: [(&str, Moved, &str); 7] = [
    ("01-01", No, "Año Nuevo"),
    ("1st monday of february", No, "Día de la Constitución"),
    ("3rd monday of march", No, "Natalicio de Benito Juárez"),
    ("05-01", No, "Día del Trabajo"),
    ("09-16", No, "Día de la Independencia"),
    ("3rd monday of november", No, "Día de la Revolución"),
    ("12-25", No, "Navidad"),
];

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// What is kept in a year: "12-25 Christmas Day".
    fn kept(all: &[Holiday], year: i16) -> Vec<String> {
        let days = date(year, 1, 1).series(1.day()).take_while(|d| d.year() == year);
        days.filter_map(|d| all.iter().find(|h| h.is_on(d)).map(|h| format!("{} {}", d.strftime("%m-%d"), h.name)))
            .collect()
    }

    #[test]
    fn every_set_is_read_whole() {
        for country in COUNTRIES {
            let set = of_country(country).expect("a set");
            // What falls on one day with another, or is moved to a second one, makes the count differ; nothing may be missing.
            assert!(kept(&set, 2027).len() >= set.len(), "{country}: {:?}", kept(&set, 2027));
        }
        let sizes = COUNTRIES.map(|c| of_country(c).map_or(0, |s| s.len()));
        assert_eq!(sizes, [11, 8, 8, 10, 11, 9, 10, 7]);
        assert_eq!(of_country("XX"), None);
    }

    #[test]
    fn the_holidays_of_the_united_states_are_those_that_its_government_lists_for_2027() {
        // As the Office of Personnel Management has them; what falls at a weekend counts on both days.
        let expected = [
            "01-01 New Year's Day",
            "01-18 Martin Luther King Jr. Day",
            "02-15 Washington's Birthday",
            "05-31 Memorial Day",
            "06-18 Juneteenth",
            "06-19 Juneteenth",
            "07-04 Independence Day",
            "07-05 Independence Day",
            "09-06 Labor Day",
            "10-11 Columbus Day",
            "11-11 Veterans Day",
            "11-25 Thanksgiving",
            "12-24 Christmas Day",
            "12-25 Christmas Day",
            // New Year's Day of 2028, a Saturday.
            "12-31 New Year's Day",
        ];
        assert_eq!(kept(&of_country("US").expect("a set"), 2027), expected);
    }

    #[test]
    fn boxing_day_and_christmas_never_want_the_same_monday() {
        let december = |year| {
            let all = kept(&of_country("GB").expect("a set"), year);
            all.into_iter().filter(|d| d.starts_with("12-")).map(|d| d[3..5].to_owned()).collect::<Vec<_>>()
        };
        // Christmas on a Friday, Saturday, Sunday.
        assert_eq!(december(2026), ["25", "26", "28"]);
        assert_eq!(december(2027), ["25", "26", "27", "28"]);
        assert_eq!(december(2022), ["25", "26", "27"]);
    }

    #[test]
    fn easter_and_what_follows_it() {
        let expected = [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2038, 4, 25)];
        for (year, month, day) in expected {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
        let ascension = Holiday::parse("easter +39", "Ascension").expect("a day");
        assert!(ascension.is_on(date(2026, 5, 14)) && !ascension.is_on(date(2026, 5, 15)));
    }

    #[test]
    fn a_day_is_written_in_several_ways() {
        let on = |text: &str, y, m, d| Holiday::parse(text, "x").is_some_and(|h| h.is_on(date(y, m, d)));
        assert!(on("12-24", 2030, 12, 24) && !on("12-24", 2030, 12, 25));
        assert!(on("2026-12-24", 2026, 12, 24) && !on("2026-12-24", 2027, 12, 24));
        assert!(on("4th Thursday of November +1", 2026, 11, 27));
        assert!(on("monday before 05-25", 2026, 5, 18));
        assert!(on("02-29", 2028, 2, 29));
        for wrong in
            ["", "13-01", "02-30", "24.12.", "5th monday of may", "monday of may", "easter +90", "2026-02-29", "soon"]
        {
            assert_eq!(Holiday::parse(wrong, "x"), None, "{wrong}");
        }
    }
}
