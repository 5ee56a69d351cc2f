//! Times, durations and numbers as people of the clinic say them, in its time zone and country.

use jiff::Zoned;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use model::{PhoneNumber, Settings, Wall};

use crate::texts::Texts;

/// How to say things, and what time it is.
#[derive(Clone)]
pub(crate) struct Local {
    pub(crate) texts: &'static Texts,
    pub(crate) now: Wall,
    zone: TimeZone,
    country: String,
}

/// A day of the clinic.
pub(crate) struct Day {
    /// Its first moment.
    pub(crate) since: Wall,
    /// The first of the next one. Where clocks change it is an hour longer, or shorter.
    pub(crate) until: Wall,
    /// "Friday 20 November".
    pub(crate) title: String,
    /// The day before, as a browser's field says it.
    pub(crate) before: String,
    /// The day after, unless that is still to come.
    pub(crate) after: Option<String>,
}

impl Local {
    pub(crate) fn new(settings: &Settings, texts: &'static Texts, now: Wall) -> Self {
        Self { texts, now, zone: settings.zone(), country: settings.numbering.country.clone() }
    }

    /// "(202) 555-0123".
    pub(crate) fn number(&self, number: &PhoneNumber) -> String {
        number.for_person(&self.country)
    }

    /// "09:41".
    pub(crate) fn clock(&self, at: Wall) -> String {
        self.zoned(at).strftime("%H:%M").to_string()
    }

    /// "09:41:07".
    pub(crate) fn clock_exact(&self, at: Wall) -> String {
        self.zoned(at).strftime("%H:%M:%S").to_string()
    }

    /// "Friday 20 November".
    pub(crate) fn today(&self) -> String {
        self.weekday_and_day(&self.zoned(self.now))
    }

    /// The same of any day, with its year if that is not this one.
    fn weekday_and_day(&self, day: &Zoned) -> String {
        let weekday = match day.weekday() {
            Weekday::Monday => self.texts.get("weekday-1"),
            Weekday::Tuesday => self.texts.get("weekday-2"),
            Weekday::Wednesday => self.texts.get("weekday-3"),
            Weekday::Thursday => self.texts.get("weekday-4"),
            Weekday::Friday => self.texts.get("weekday-5"),
            Weekday::Saturday => self.texts.get("weekday-6"),
            Weekday::Sunday => self.texts.get("weekday-7"),
        };
        let date = self.day(Wall(day.timestamp().as_millisecond()));
        self.texts.with("date-weekday", &[("weekday", (&weekday).into()), ("date", (&date).into())])
    }

    /// "20 November", with its year if that is not this one.
    pub(crate) fn day(&self, at: Wall) -> String {
        let day = self.zoned(at);
        let text = self.day_month(&day);
        if day.year() == self.zoned(self.now).year() { text } else { format!("{text} {}", day.year()) }
    }

    /// "20 November 2033".
    pub(crate) fn day_year(&self, at: Wall) -> String {
        let day = self.zoned(at);
        format!("{} {}", self.day_month(&day), day.year())
    }

    /// "09:41" today, "Yesterday, 09:41", "18 November, 09:41".
    pub(crate) fn when(&self, at: Wall) -> String {
        self.with_day(at, self.clock(at))
    }

    /// The same to the second: "09:41:07" today, "18 November, 09:41:07".
    pub(crate) fn when_exact(&self, at: Wall) -> String {
        self.with_day(at, self.clock_exact(at))
    }

    /// A time with its day, unless that is today.
    fn with_day(&self, at: Wall, time: String) -> String {
        let (day, today) = (self.zoned(at).date(), self.zoned(self.now).date());
        if day == today {
            return time;
        }
        let date =
            if today.yesterday().is_ok_and(|y| y == day) { self.texts.get("date-yesterday") } else { self.day(at) };
        self.texts.with("date-time", &[("date", (&date).into()), ("time", (&time).into())])
    }

    /// What a browser's field for a date and a time gives ("2026-11-20T09:41"), in the clinic's time.
    pub(crate) fn read_time(&self, text: &str) -> Option<Wall> {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = civil.to_zoned(self.zone.clone()).ok()?;
        Some(Wall(zoned.timestamp().as_millisecond()))
    }

    /// "20 November, 09:41", whatever today is.
    pub(crate) fn date_time(&self, at: Wall) -> String {
        self.texts.with("date-time", &[("date", (&self.day(at)).into()), ("time", (&self.clock(at)).into())])
    }

    /// The exact time, for a tooltip: "2026-11-20 09:41:07 EST".
    pub(crate) fn exact(&self, at: Wall) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
    }

    /// For `<time datetime>`: RFC 3339.
    pub(crate) fn machine(&self, at: Wall) -> String {
        at.timestamp().to_string()
    }

    /// How long ago: "now", "12 min", "3 h", "2 days".
    pub(crate) fn ago(&self, at: Wall) -> String {
        let minutes = u64::try_from(self.now.millis_since(at) / 60_000).unwrap_or(0);
        match minutes {
            0 => self.texts.get("ago-now"),
            1..60 => self.texts.with("ago-minutes", &[("count", minutes.into())]),
            60..1440 => self.texts.with("ago-hours", &[("count", (minutes / 60).into())]),
            _ => self.texts.with("ago-days", &[("count", (minutes / 1440).into())]),
        }
    }

    /// "1 min 21 s".
    pub(crate) fn duration(&self, millis: u64) -> String {
        let seconds = (millis + 500) / 1000;
        if seconds < 60 {
            self.texts.with("duration-seconds", &[("seconds", seconds.into())])
        } else {
            self.texts
                .with("duration-minutes", &[("minutes", (seconds / 60).into()), ("seconds", (seconds % 60).into())])
        }
    }

    /// "14,400".
    pub(crate) fn grouped(&self, n: u64) -> String {
        let digits = n.to_string();
        let separator = self.texts.get("number-separator");
        let mut out = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push_str(&separator);
            }
            out.push(digit);
        }
        out
    }

    /// "1.4 MB", "312 KB".
    pub(crate) fn size(&self, bytes: usize) -> String {
        let kilobytes = bytes.div_ceil(1000);
        if kilobytes < 1000 {
            format!("{kilobytes} KB")
        } else {
            format!("{}.{} MB", kilobytes / 1000, kilobytes % 1000 / 100)
        }
    }

    /// "Monday 20 November, 08:00".
    pub(crate) fn weekday_time(&self, at: Wall) -> String {
        let day = self.texts.get(&format!("weekday-{}", self.zoned(at).weekday().to_monday_one_offset()));
        format!("{day} {}", self.date_time(at))
    }

    /// The next time that it is so late: "14:00".
    pub(crate) fn next(&self, time: &str) -> Option<Wall> {
        let at = self.moment("", time)?;
        if at > self.now {
            return Some(at);
        }
        let tomorrow = self.zoned(self.now).date().tomorrow().ok()?;
        self.moment(&tomorrow.to_string(), time)
    }

    /// For fields of a form: "2026-12-24" and "17:30".
    pub(crate) fn day_and_time(&self, at: Wall) -> (String, String) {
        let at = self.zoned(at);
        (at.strftime("%Y-%m-%d").to_string(), at.strftime("%H:%M").to_string())
    }

    /// The moment that such fields mean; today, or now, where one is empty.
    pub(crate) fn moment(&self, day: &str, time: &str) -> Option<Wall> {
        let now = self.zoned(self.now);
        let day: jiff::civil::Date = if day.is_empty() { now.date() } else { day.parse().ok()? };
        let time: jiff::civil::Time = if time.is_empty() { now.time() } else { format!("{time}:00").parse().ok()? };
        let at = day.to_datetime(time).to_zoned(self.zone.clone()).ok()?;
        Some(Wall(at.timestamp().as_millisecond()))
    }

    /// A day as a browser's field for it says it ("2026-11-20").
    pub(crate) fn a_day(&self, text: &str) -> Option<Day> {
        let date: jiff::civil::Date = text.parse().ok()?;
        let (yesterday, tomorrow) = (date.yesterday().ok()?, date.tomorrow().ok()?);
        let since = date.to_zoned(self.zone.clone()).ok()?;
        let until = self.start(tomorrow);
        let title = self.weekday_and_day(&since);
        let after = Some(tomorrow).filter(|_| until <= self.now);
        Some(Day {
            since: Wall(since.timestamp().as_millisecond()),
            until,
            title,
            before: yesterday.to_string(),
            after: after.map(|date| date.to_string()),
        })
    }

    /// The first moment of the day `days` before today, and the first after today.
    pub(crate) fn day_bounds(&self) -> (Wall, Wall) {
        let today = self.zoned(self.now).date();
        (self.start(today), today.tomorrow().map_or(self.now, |date| self.start(date)))
    }

    /// When each of the last days began, oldest first; the last is today. Where clocks change a day is an hour longer, or shorter.
    pub(crate) fn last_days(&self, count: u32) -> Vec<Wall> {
        let today = self.zoned(self.now).date();
        let ago = |n: u32| today.checked_sub(jiff::Span::new().days(i64::from(n))).ok();
        (0..count).rev().filter_map(ago).map(|date| self.start(date)).collect()
    }

    /// The hour of the day, 0 to 23.
    pub(crate) fn hour(&self, at: Wall) -> usize {
        usize::try_from(self.zoned(at).hour()).unwrap_or(0)
    }

    /// Which day of the week it is.
    pub(crate) fn weekday(&self, at: Wall) -> jiff::civil::Weekday {
        self.zoned(at).weekday()
    }

    /// The first moment of a day.
    fn start(&self, date: jiff::civil::Date) -> Wall {
        date.to_zoned(self.zone.clone()).map_or(self.now, |z| Wall(z.timestamp().as_millisecond()))
    }

    fn day_month(&self, day: &Zoned) -> String {
        let month = self.texts.get(&format!("month-{}", day.month()));
        let number = u32::try_from(day.day()).unwrap_or(0);
        self.texts.with("date-day", &[("day", number.into()), ("month", (&month).into())])
    }

    fn zoned(&self, at: Wall) -> Zoned {
        at.in_zone(&self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local() -> Local {
        let zone = TimeZone::get("America/New_York").expect("zone");
        Local { texts: Texts::choose(None), now: model::Now::simulation_start().wall, zone, country: "US".into() }
    }

    #[test]
    fn times_are_said_in_the_clinics_zone() {
        let local = local();
        let ago = |millis: i64| Wall(local.now.millis() - millis);
        let said = [
            local.today(),
            local.when(ago(5 * 60_000)),
            local.when(ago(24 * 3_600_000)),
            local.when(ago(72 * 3_600_000)),
            local.when_exact(ago(7_000)),
            local.when_exact(ago(-24 * 3_600_000)),
            local.when(ago(400 * 86_400_000)),
            local.exact(local.now),
            local.ago(ago(20_000)),
            local.ago(ago(12 * 60_000)),
            local.ago(ago(3 * 3_600_000)),
            local.ago(ago(49 * 3_600_000)),
            local.duration(81_200),
            local.duration(900),
            local.grouped(14_400),
            local.grouped(999),
            local.size(1_430_000),
        ];
        let expected = [
            "Friday 20 November",
            "08:55",
            "Yesterday, 09:00",
            "17 November, 09:00",
            "08:59:53",
            "21 November, 09:00:00",
            "16 October 2025, 10:00",
            "2026-11-20 09:00:00 EST",
            "just now",
            "12 min",
            "3 h",
            "2 days",
            "1 min 21 s",
            "1 s",
            "14,400",
            "999",
            "1.4 MB",
        ];
        assert_eq!(said.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_day_begins_at_local_midnight() {
        let local = local();
        let (from, to) = local.day_bounds();
        assert_eq!(local.exact(from), "2026-11-20 00:00:00 EST");
        assert_eq!(to.millis_since(from), 86_400_000);
    }

    #[test]
    fn days_keep_their_names_when_clocks_change() {
        // The clocks of New York went forward on the 8th.
        let noon: jiff::Timestamp = "2026-03-10T16:00:00Z".parse().expect("a time");
        let local = Local { now: Wall(noon.as_millisecond()), ..local() };
        let days = local.last_days(4);
        let said: Vec<_> = days.iter().map(|day| format!("{} {}", local.day(*day), local.exact(*day))).collect();
        assert_eq!(
            said,
            [
                "7 March 2026-03-07 00:00:00 EST",
                "8 March 2026-03-08 00:00:00 EST",
                "9 March 2026-03-09 00:00:00 EDT",
                "10 March 2026-03-10 00:00:00 EDT",
            ]
        );
    }
}
