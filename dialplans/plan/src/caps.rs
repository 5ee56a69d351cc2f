//! What a stolen password may cost at most: how many outside calls one person and all together may make, how much may be talked abroad, and
//! which calls are off when the clinic is closed. An emergency call is routed before any of this is looked at.

use std::collections::BTreeSet;

use model::{Settings, Wall};

use crate::outside::Class;

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
}

/// The `[limits]` of a plan. What is not written has no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) at_once_each: Option<u32>,
    pub(crate) at_once: Option<u32>,
    pub(crate) per_hour_each: Option<u32>,
    pub(crate) per_day_each: Option<u32>,
    pub(crate) minutes_abroad: Option<u32>,
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

    /// The first limit that one more call of this class would break.
    pub(crate) fn reached(&self, class: Class, used: Usage) -> Option<Reached> {
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
        checks.into_iter().find_map(|(most, used, what, staff)| {
            let most = most.filter(|most| used >= *most)?;
            Some(Reached { sentence: format!("The plan's limit of {most} for {what} is reached."), staff })
        })
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
