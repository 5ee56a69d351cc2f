//! Which prompts say a number, a time or a date, in the order of each language.

use model::Language;

use crate::Prompt;

/// A number. Above 999 its digits are said one by one.
pub fn number(number: u32) -> Vec<Prompt> {
    let small = |n: u32| u8::try_from(n).unwrap_or(0);
    match (number / 100, number % 100) {
        (0, rest) => vec![Prompt::Number(small(rest))],
        (hundreds @ 1..10, 0) => vec![Prompt::Hundred(small(hundreds))],
        (hundreds @ 1..10, rest) => vec![Prompt::HundredBefore(small(hundreds)), Prompt::Number(small(rest))],
        _ => digits(&number.to_string()),
    }
}

/// The digits of a telephone number; other signs but star and pound are not said.
pub fn digits(text: &str) -> Vec<Prompt> {
    let digit = |c: char| match c {
        '*' => Some(Prompt::Star),
        '#' => Some(Prompt::Pound),
        c => c.to_digit(10).and_then(|d| u8::try_from(d).ok()).map(Prompt::Number),
    };
    text.chars().filter_map(digit).collect()
}

/// A time of the day.
pub fn time(language: Language, hour: u8, minute: u8) -> Vec<Prompt> {
    let mut said = vec![Prompt::Hour(hour % 24)];
    if minute > 0 {
        said.push(Prompt::Minute(minute % 60));
    }
    if language == Language::English {
        said.push(Prompt::Half { afternoon: hour % 24 >= 12 });
    }
    said
}

/// A day: weekday from 1 (Monday), month from 1, day from 1.
pub fn date(language: Language, weekday: u8, month: u8, day: u8) -> Vec<Prompt> {
    let (weekday, month, day) = (Prompt::Weekday(weekday), Prompt::Month(month), Prompt::Day(day));
    match language {
        Language::English => vec![weekday, month, day],
        Language::Spanish | Language::French => vec![weekday, day, month],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_by_their_parts() {
        use Prompt::{Hundred, HundredBefore, Number};
        assert_eq!(number(0), [Number(0)]);
        assert_eq!(number(42), [Number(42)]);
        assert_eq!(number(300), [Hundred(3)]);
        assert_eq!(number(117), [HundredBefore(1), Number(17)]);
        assert_eq!(number(1_204), [Number(1), Number(2), Number(0), Number(4)]);
        assert_eq!(
            digits("+1 (202) *9#"),
            [1, 2, 0, 2].map(Number).into_iter().chain([Prompt::Star, Number(9), Prompt::Pound]).collect::<Vec<_>>()
        );
    }

    #[test]
    fn times_and_dates_follow_the_language() {
        use Prompt::{Day, Half, Hour, Minute, Month, Weekday};
        assert_eq!(time(Language::English, 14, 5), [Hour(14), Minute(5), Half { afternoon: true }]);
        assert_eq!(time(Language::French, 0, 0), [Hour(0)]);
        assert_eq!(date(Language::English, 4, 11, 26), [Weekday(4), Month(11), Day(26)]);
        assert_eq!(date(Language::Spanish, 4, 11, 26), [Weekday(4), Day(26), Month(11)]);
    }
}
