//! When a clinic is open: hours for each weekday, days that differ, holidays, and the switch that staff turn.

use jiff::Zoned;
use jiff::civil::{Date, Time};
use model::Wall;
use model::switches::ClinicSwitches;

use crate::holidays::Holiday;

/// The weekdays as a plan names them, Monday first.
pub(crate) const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
/// Monday to Friday, Monday first.
pub(crate) const WORKING_DAYS: [bool; 7] = [true, true, true, true, true, false, false];

/// How far ahead the next opening is looked for: a year, and the holidays around its end.
const LOOK_AHEAD_DAYS: usize = 400;

/// Part of a day, in minutes since midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The first.
    pub from: u16,
    /// The first that is no longer of it; 24:00 is 1440.
    pub until: u16,
}

/// The `[hours.NAME]` of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hours {
    /// Monday first; each in order and without overlap.
    pub(crate) days: [Vec<Span>; 7],
    /// Days that have hours of their own, whatever their weekday and whether they are holidays.
    pub(crate) except: Vec<(Date, Vec<Span>)>,
    /// Closed on holidays.
    pub(crate) holidays: bool,
}

/// What staff say against the calendar, for a while or until they say otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Night {
    /// Which way the switch stands.
    pub sense: Sense,
    /// Until then; without, until somebody turns it.
    pub until: Option<Wall>,
}

/// Open or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// As if it were open.
    Open,
    /// As if it were closed.
    Closed,
}

impl Night {
    /// What staff have switched; nothing, and the hours alone decide. What is said for a while goes before the switch of the night.
    pub fn of(clinic: &ClinicSwitches, at: Wall) -> Option<Self> {
        let sense = |open| if open { Sense::Open } else { Sense::Closed };
        let said = clinic.hours.map(|hours| Self { sense: sense(hours.open), until: hours.until });
        let night = || clinic.night.then_some(Self { sense: Sense::Closed, until: None });
        said.filter(|said| said.at(at).is_some()).or_else(night)
    }

    /// What it says at this time, if anything.
    pub fn at(self, at: Wall) -> Option<Sense> {
        self.until.is_none_or(|until| at < until).then_some(self.sense)
    }
}

/// How hours stand at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Open,
    Closed,
    /// Closed for this day's sake.
    Holiday(String),
}

impl Hours {
    /// How they stand.
    pub(crate) fn standing(&self, holidays: &[Holiday], now: &Zoned) -> Standing {
        let day = now.date();
        if let Some(holiday) = self.holiday(holidays, day) {
            return Standing::Holiday(holiday.name.clone());
        }
        let minute = u16::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute())).unwrap_or(0);
        let open = self.spans(day).iter().any(|s| (s.from..s.until).contains(&minute));
        if open { Standing::Open } else { Standing::Closed }
    }

    fn holiday<'h>(&self, holidays: &'h [Holiday], day: Date) -> Option<&'h Holiday> {
        let is_except = self.except.iter().any(|(d, _)| *d == day);
        holidays.iter().filter(|_| self.holidays && !is_except).find(|h| h.is_on(day))
    }

    fn spans(&self, day: Date) -> &[Span] {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        match self.except.iter().find(|(d, _)| *d == day) {
            Some((_, spans)) => spans,
            None => &self.days[weekday],
        }
    }

    /// When they open next; `None` if they are open, or do not open within a year.
    pub(crate) fn next_opening(&self, holidays: &[Holiday], now: &Zoned) -> Option<Zoned> {
        if self.standing(holidays, now) == Standing::Open {
            return None;
        }
        let opens = |day: Date| {
            let spans = if self.holiday(holidays, day).is_some() { &[][..] } else { self.spans(day) };
            spans.iter().filter_map(|s| at_minute(day, s.from, now)).find(|at| at > now)
        };
        now.date().series(jiff::ToSpan::days(1)).take(LOOK_AHEAD_DAYS).find_map(opens)
    }
}

/// A minute of a day where the clinic is. One that the clocks leave out in spring comes an hour later.
fn at_minute(day: Date, minute: u16, like: &Zoned) -> Option<Zoned> {
    let time = Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()?;
    day.to_datetime(time).to_zoned(like.time_zone().clone()).ok()
}

/// "08:00-12:00, 13:00-17:00", in order; "closed" is no span at all. `Err` says what is wrong with it.
pub(crate) fn spans(text: &str) -> Result<Vec<Span>, &'static str> {
    if text.trim() == "closed" {
        return Ok(Vec::new());
    }
    let mut spans = Vec::new();
    for part in text.split(',') {
        let (from, until) = part.split_once('-').ok_or("these are no hours")?;
        let (Some(from), Some(until)) = (minute(from), minute(until)) else { return Err("these are no hours") };
        if from >= until {
            return Err("these hours end before they begin");
        }
        spans.push(Span { from, until });
    }
    spans.sort_unstable();
    if spans.windows(2).any(|two| two[0].until > two[1].from) {
        return Err("these hours overlap");
    }
    Ok(spans)
}

/// "07:30" as the minute of the day; "24:00" is its end.
pub(crate) fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits =
        |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<u16>().ok()).flatten();
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

/// "Thursday 24 December, 17:30", for a sentence.
pub(crate) fn said(at: &Zoned) -> String {
    at.strftime("%A %-d %B %Y, %H:%M").to_string()
}
