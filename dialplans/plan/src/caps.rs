//! What a stolen password may cost at most: how many outside calls one person and all together may make, how much may be talked abroad, and
//! which calls are off when the clinic is closed. An emergency call is routed before any of this is looked at.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use model::{PhoneNumber, Settings, Wall};

use crate::outside::{Beginnings, Class};

/// What was used until now. The plan only compares; whoever asks it counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Outside calls of this person that are up.
    pub at_once_each: u32,
    /// Outside calls of everybody that are up.
    pub at_once: u32,
    /// Outside calls of this person within the last hour.
    pub per_hour_each: u32,
    /// Outside calls of this person within the last day.
    pub per_day_each: u32,
    /// Minutes of everybody with numbers abroad within the last day, those of the calls that are up included.
    pub minutes_abroad: u32,
    /// What the calls of everybody have cost within the last day by the plan's rates, those that are up included.
    pub spent: Money,
}

/// An amount in ten-thousandths of whatever the carrier counts in: a minute may cost less than a hundredth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(pub u64);

impl Money {
    /// So many make one.
    pub const ONE: u64 = 10_000;

    /// What `time` costs where a minute costs this much, each second that has begun.
    pub fn for_minutes(self, time: Duration) -> Self {
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        Self(self.0.saturating_mul(seconds).div_ceil(60))
    }

    /// "0.05" or "12.5".
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 4 {
            return None;
        }
        let part = part.parse::<u64>().ok()? * 10u64.pow(4 - u32::try_from(part.len()).ok()?);
        Some(Self(whole.parse::<u64>().ok()?.checked_mul(Self::ONE)?.checked_add(part)?))
    }
}

/// "12.50".
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / Self::ONE, self.0 % Self::ONE);
        if part % 100 == 0 { write!(f, "{whole}.{:02}", part / 100) } else { write!(f, "{whole}.{part:04}") }
    }
}

/// An entry of `[[rates]]`: what a minute costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// How the numbers begin; empty: all.
    pub(crate) numbers: Beginnings,
    /// The kinds; empty: all.
    pub(crate) kinds: BTreeSet<Class>,
    pub(crate) per_minute: Money,
}

/// The `[limits]` of a plan. What is not written has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) at_once_each: Option<u32>,
    pub(crate) at_once: Option<u32>,
    pub(crate) per_hour_each: Option<u32>,
    pub(crate) per_day_each: Option<u32>,
    pub(crate) minutes_abroad: Option<u32>,
    pub(crate) spent_per_day: Option<Money>,
}

/// The `[closed]` of a plan: outside these hours some calls are off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    /// Minutes of the day: the clinic is open from the first until before the second.
    pub(crate) open: (u16, u16),
    /// Monday first.
    pub(crate) days: [bool; 7],
    pub(crate) off: BTreeSet<Class>,
}

/// A limit that was reached: what the caller's record says, and what staff are told.
pub(crate) struct Reached {
    pub(crate) sentence: String,
    pub(crate) staff: Staff,
}

/// What staff are told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Staff {
    /// Of the one who calls: "Extension 101 …".
    OfOne(&'static str),
    /// Of everybody.
    OfAll(&'static str),
}

impl Limits {
    /// Seconds that everybody together may talk with numbers abroad within a day, if that is limited.
    pub(crate) fn seconds_abroad(&self) -> Option<u32> {
        self.minutes_abroad.map(|minutes| minutes.saturating_mul(60))
    }

    /// The first limit that one more call of this class, of which a minute costs `rate`, would break.
    pub(crate) fn reached(&self, class: Class, rate: Money, used: Usage) -> Option<Reached> {
        use Staff::{OfAll, OfOne};
        let abroad = if class == Class::International { self.minutes_abroad } else { None };
        let checks = [
            (
                self.at_once_each,
                used.at_once_each,
                "outside calls of one person at a time",
                OfOne("has as many outside calls at a time as the plan allows; another was refused."),
            ),
            (
                self.at_once,
                used.at_once,
                "outside calls of everybody at a time",
                OfAll("Everybody together has as many outside calls as the plan allows; more are refused."),
            ),
            (
                self.per_hour_each,
                used.per_hour_each,
                "outside calls of one person within an hour",
                OfOne("has made as many outside calls within an hour as the plan allows; more are refused."),
            ),
            (
                self.per_day_each,
                used.per_day_each,
                "outside calls of one person within a day",
                OfOne("has made as many outside calls within a day as the plan allows; more are refused."),
            ),
            (
                abroad,
                used.minutes_abroad,
                "minutes with numbers abroad within a day",
                OfAll(
                    "As many minutes with numbers abroad were used within a day as the plan allows; more calls abroad are refused.",
                ),
            ),
        ];
        let counted = checks.into_iter().find_map(|(most, used, what, staff)| {
            let most = most.filter(|most| used >= *most)?;
            Some(Reached { sentence: format!("The plan's limit of {most} for {what} is reached."), staff })
        });
        let spent = || {
            let most = self.spent_per_day.filter(|most| rate > Money::default() && used.spent >= *most)?;
            let sentence = format!("The plan's limit of {most} for what calls cost within a day is reached.");
            let told = "Calls have cost as much within a day as the plan allows; more calls that cost are refused.";
            Some(Reached { sentence, staff: OfAll(told) })
        };
        counted.or_else(spent)
    }
}

impl Rate {
    pub(crate) fn fits(&self, number: &PhoneNumber, class: Class) -> bool {
        self.numbers.fit(number) && (self.kinds.is_empty() || self.kinds.contains(&class))
    }
}

impl Closed {
    /// True if calls of this class are off now.
    pub(crate) fn is_off(&self, class: Class, settings: &Settings, at: Wall) -> bool {
        self.off.contains(&class) && !self.is_open(settings, at)
    }

    pub(crate) fn is_open(&self, settings: &Settings, at: Wall) -> bool {
        let now = at.in_zone(&settings.zone());
        let minute = u16::try_from(i32::from(now.hour()) * 60 + i32::from(now.minute())).unwrap_or(0);
        let day = usize::try_from(now.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.days.get(day).is_some_and(|open| *open) && (self.open.0..self.open.1).contains(&minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_as_people_write_it() {
        for (text, parts, said) in [
            ("0.05", 500, "0.05"),
            ("12", 120_000, "12.00"),
            ("0.0125", 125, "0.0125"),
            ("3.5", 35_000, "3.50"),
            ("00.10", 1000, "0.10"),
        ] {
            let money = Money::parse(text).expect(text);
            assert_eq!((money.0, money.to_string().as_str()), (parts, said), "{text}");
        }
        for bad in ["", ".", "1.", ".5", "-1", "1.00001", "1e3", "1,5", "99999999999999999999"] {
            assert_eq!(Money::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_second_that_has_begun_costs_its_part_of_a_minute() {
        let rate = Money::parse("0.60").expect("a rate");
        let cost = |millis| rate.for_minutes(Duration::from_millis(millis)).to_string();
        assert_eq!([cost(0), cost(1), cost(1000), cost(1001), cost(60_000)], ["0.00", "0.01", "0.01", "0.02", "0.60"]);
    }
}
