//! A week as a picture: a bar for each day, as long as the clinic is open. The coming days that differ from their weekday are drawn as they will be.

use jiff::civil::Date;
use plan::edit::{Day, Span, Week};

use super::super::Ctx;
use super::differences::{date_said, open_said, weekday, whose};
use super::hours::following;

/// A day of the picture.
pub(super) struct Row {
    pub(super) day: String,
    pub(super) said: String,
    /// From which minute of the day for how many.
    pub(super) bars: Vec<(u16, u16)>,
    pub(super) is_today: bool,
    /// Why the next such day is otherwise than its weekday.
    pub(super) differs: Option<String>,
}

/// Monday first.
pub(super) fn rows(ctx: &Ctx, week: &Week, special: &[Day], today: Date) -> Vec<Row> {
    let first = usize::try_from(today.weekday().to_monday_zero_offset()).unwrap_or(0);
    let row = |n: usize| {
        let next = following(today, i64::try_from((n + 7 - first) % 7).unwrap_or(0));
        let own = special_day(week, special, next);
        let open: &[Span] = own.map_or(&week.days[n], |day| &day.open);
        Row {
            day: weekday(ctx, n),
            said: open_said(ctx, open),
            bars: open.iter().map(|span| (span.from, span.until - span.from)).collect(),
            is_today: n == first,
            differs: own.map(|day| {
                let date = date_said(ctx, next);
                if day.name.is_empty() { date } else { format!("{date}: {}", day.name) }
            }),
        }
    };
    (0..7).map(row).collect()
}

/// What holds for these hours on a day, if it is not as its weekday: hours of its own go before a holiday.
fn special_day<'d>(week: &Week, special: &'d [Day], date: Date) -> Option<&'d Day> {
    let of_day = || special.iter().filter(move |day| day.date == date);
    let own = of_day().find(|day| whose(day) == Some(&week.name));
    own.or_else(|| of_day().find(|day| week.holidays && whose(day).is_none()))
}
