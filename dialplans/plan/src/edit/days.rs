//! Hours of the week, days that differ, holidays.

use jiff::ToSpan;
use jiff::civil::Date;

use super::text::{Text, quoted};
use super::{Editor, NewDay, Refusal};
use crate::holidays::{self, Holiday};
use crate::hours::{self, DAYS, Hours, Span};

/// When somebody is open, by their name in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    /// "office".
    pub name: String,
    /// Monday first.
    pub days: [Vec<Span>; 7],
    /// Closed on holidays.
    pub holidays: bool,
}

/// A day that is not as its weekday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// What it is called, if the plan says.
    pub name: String,
    /// When it is open; never: closed.
    pub open: Vec<Span>,
    /// It comes again by itself.
    pub yearly: bool,
    /// Where it stands, and so whose it is.
    pub place: Place,
}

/// Where the text has such a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among the public holidays of the country: it has no line of its own.
    Country,
    /// In `[holidays.days]`, under this key.
    Holiday(String),
    /// In `[hours.NAME.except]`, under this key.
    Except(String, String),
}

/// The countries whose public holidays are known.
pub const fn countries() -> [&'static str; 8] {
    holidays::COUNTRIES
}

/// "08:00-12:00, 13:00-17:00", as a plan has it.
pub fn hours_said(open: &[Span]) -> String {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    match open {
        [] => "closed".to_owned(),
        _ => open.iter().map(|s| format!("{}-{}", time(s.from), time(s.until))).collect::<Vec<_>>().join(", "),
    }
}

impl Editor {
    /// All hours, by their names.
    pub fn weeks(&self) -> Vec<Week> {
        let week = |(name, hours): (&String, &Hours)| Week {
            name: name.clone(),
            days: hours.days.clone(),
            holidays: hours.holidays,
        };
        self.plan.hours.iter().map(week).collect()
    }

    /// Whose public holidays are kept.
    pub fn country(&self) -> Option<String> {
        self.text.string(&["holidays"], "country")
    }

    /// The days that are not as their weekdays: what comes once and stands in the text, whenever that is, and what comes again until `until`.
    /// In their order.
    pub fn days(&self, today: Date, until: Date) -> Vec<Day> {
        let mut all = self.own_holidays(today, until);
        let named: Vec<Date> = all.iter().map(|day| day.date).collect();
        let country = self.country().and_then(|country| holidays::of_country(&country)).unwrap_or_default();
        for date in today.series(1.day()).take_while(|date| *date <= until).filter(|date| !named.contains(date)) {
            let holiday = country.iter().find(|holiday| holiday.is_on(date));
            all.extend(holiday.map(|holiday| Day {
                date,
                name: holiday.name.clone(),
                open: Vec::new(),
                yearly: true,
                place: Place::Country,
            }));
        }
        for hours in self.plan.hours.keys() {
            let path = ["hours", hours, "except"];
            for key in self.text.keys(&path) {
                let open = self.text.string(&path, &key).and_then(|text| hours::spans(&text).ok());
                let (Ok(date), Some(open)) = (key.parse(), open) else { continue };
                let name = self.text.note(&path, &key).unwrap_or_default();
                all.push(Day { date, name, open, yearly: false, place: Place::Except(hours.clone(), key) });
            }
        }
        all.sort_by_key(|day| day.date);
        all
    }

    fn own_holidays(&self, today: Date, until: Date) -> Vec<Day> {
        let mut all = Vec::new();
        for key in self.text.keys(&DAYS_OF_PLAN) {
            let name = self.text.string(&DAYS_OF_PLAN, &key).unwrap_or_default();
            let Some(holiday) = Holiday::parse(&key, &name) else { continue };
            let day = |date, yearly| Day {
                date,
                name: name.clone(),
                open: Vec::new(),
                yearly,
                place: Place::Holiday(key.clone()),
            };
            if let Ok(once) = key.parse::<Date>() {
                all.push(day(once, false));
                continue;
            }
            let dates = today.series(1.day()).take_while(|date| *date <= until);
            all.extend(dates.filter(|date| holiday.is_on(*date)).map(|date| day(date, true)));
        }
        all
    }

    pub(super) fn add_week(&self, text: &mut Text, week: &Week) -> Result<(), Refusal> {
        if self.plan.hours.contains_key(&week.name) {
            return Err(Refusal::Taken);
        }
        let path = ["hours", week.name.as_str()];
        write_days(text, &path, &week.days)?;
        if week.holidays { Ok(()) } else { text.set(&path, "holidays", "false") }
    }

    pub(super) fn set_week(&self, text: &mut Text, week: &Week) -> Result<(), Refusal> {
        let old = self.plan.hours.get(&week.name).ok_or(Refusal::Gone)?;
        let path = ["hours", &week.name];
        let read = |key: &str| self.text.string(&path, key).and_then(|text| hours::spans(&text).ok());
        let inherits = |n: usize| n < 5 && !self.text.has(&path, DAYS[n]);
        let mut common = read("weekdays");
        // What all of them want that have no line of their own is said once, where the plan says it.
        let mut heirs = (0..5).filter(|n| inherits(*n)).map(|n| &week.days[n]);
        if let Some(was) = &common
            && let Some(first) = heirs.next()
            && first != was
            && heirs.all(|day| day == first)
        {
            text.set(&path, "weekdays", &said(first))?;
            common = Some(first.clone());
        }
        for (n, day) in DAYS.iter().enumerate() {
            let inherited = common.as_ref().filter(|_| inherits(n));
            let now = inherited.unwrap_or(&old.days[n]);
            if *now != week.days[n] {
                text.set(&path, day, &said(&week.days[n]))?;
            }
        }
        if old.holidays != week.holidays {
            text.set(&path, "holidays", if week.holidays { "true" } else { "false" })?;
        }
        Ok(())
    }

    /// Where calls are led by these hours.
    pub fn schedules_by(&self, hours: &str) -> Vec<String> {
        let schedules = self.plan.steps.schedules.iter().filter(|(_, schedule)| schedule.hours == hours);
        schedules.map(|(name, _)| name.clone()).collect()
    }

    pub(super) fn without_hours(&self, text: &mut Text, name: &str, instead: Option<&str>) -> Result<(), Refusal> {
        if !self.plan.hours.contains_key(name) {
            return Err(Refusal::Gone);
        }
        if let Some(instead) = instead {
            let schedules = self.schedules_by(name);
            schedules.iter().try_for_each(|own| text.set(&["schedules", own], "hours", &quoted(instead)))?;
        }
        text.take(&["hours", name])
    }

    pub(super) fn add_day(&self, text: &mut Text, day: &NewDay) -> Result<(), Refusal> {
        let of = |name: &String| day.of.as_ref().is_none_or(|of| of == name);
        let all: Vec<_> = self.plan.hours.iter().filter(|(name, _)| of(name)).collect();
        if all.is_empty() {
            return Err(Refusal::Gone);
        }
        let is_holiday = day.open.is_empty() && day.of.is_none();
        if is_holiday {
            let key = if day.yearly { day.date.strftime("%m-%d").to_string() } else { day.date.to_string() };
            text.set(&DAYS_OF_PLAN, &key, &quoted(&day.name))?;
        }
        for (name, hours) in all {
            // Hours that know no holidays, or have this day otherwise, have to be told.
            let differs = !hours.holidays || hours.except.iter().any(|(date, _)| *date == day.date);
            if !is_holiday || differs {
                let path = ["hours", name, "except"];
                text.set_noted(&path, &day.date.to_string(), &said(&day.open), &day.name)?;
            }
        }
        Ok(())
    }
}

/// A week that was not written before, as shortly as it can be said.
pub(super) fn write_days(text: &mut Text, path: &[&str], days: &[Vec<Span>; 7]) -> Result<(), Refusal> {
    let first = &days[0];
    let same = !first.is_empty() && days.iter().take(5).all(|day| day == first);
    if same {
        text.set(path, "weekdays", &said(first))?;
    }
    let mut own = DAYS.iter().zip(days).skip(if same { 5 } else { 0 }).filter(|(_, open)| !open.is_empty());
    own.try_for_each(|(day, open)| text.set(path, day, &said(open)))
}

pub(super) fn remove(text: &mut Text, place: &Place) -> Result<(), Refusal> {
    match place {
        Place::Country => Err(Refusal::Gone),
        Place::Holiday(key) => text.remove(&DAYS_OF_PLAN, key),
        Place::Except(hours, key) => text.remove(&["hours", hours, "except"], key),
    }
}

fn said(open: &[Span]) -> String {
    quoted(&hours_said(open))
}

/// The holidays that the plan itself names.
const DAYS_OF_PLAN: [&str; 2] = ["holidays", "days"];
