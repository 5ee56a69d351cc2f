//! What calls outside may be and may cost, and what a minute of them costs.

use std::collections::BTreeMap;

use super::text::{Text, list, quoted};
use super::{Editor, Refusal, set_list};
use crate::Class;
use crate::caps::Closed;
use crate::hours::{DAYS, Span, WORKING_DAYS};

/// The limits that a plan may have, by their words: the last is money, the others are numbers of something.
pub const LIMITS: [&str; 6] =
    ["at_once_each", "at_once", "per_hour_each", "per_day_each", "minutes_abroad", "spent_per_day"];

/// What a minute costs with some numbers. The first that fits holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// How they begin; none: all.
    pub numbers: Vec<String>,
    /// Their kinds, by their words ("international"); none: all.
    pub kinds: Vec<String>,
    /// As it is written: "0.15".
    pub per_minute: String,
}

/// Outside these hours some kinds of calls are off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffHours {
    /// When nothing is off.
    pub open: Span,
    /// On which days, Monday first.
    pub days: [bool; 7],
    /// What is off otherwise, by the words of its kinds.
    pub kinds: Vec<String>,
}

const CLOSED: [&str; 1] = ["closed"];
const RATES: &str = "rates";

impl Editor {
    /// The limits that are written, as they are.
    pub fn limits(&self) -> BTreeMap<&'static str, String> {
        LIMITS.iter().filter_map(|key| Some((*key, self.text.raw(&["limits"], key)?))).collect()
    }

    /// What minutes cost, in their order.
    pub fn rates(&self) -> Vec<Rate> {
        let rate = |n: usize| {
            let n = n.to_string();
            let path = [RATES, n.as_str()];
            Rate {
                numbers: self.text.strings(&path, "numbers"),
                kinds: self.text.strings(&path, "kinds"),
                per_minute: self.text.raw(&path, "per_minute").unwrap_or_default(),
            }
        };
        (0..self.text.count(RATES)).map(rate).collect()
    }

    pub(super) fn set_limits(&self, text: &mut Text, new: &BTreeMap<&'static str, String>) -> Result<(), Refusal> {
        let old = self.limits();
        for key in LIMITS {
            match (old.get(key), new.get(key)) {
                (old, new) if old == new => {}
                (_, Some(new)) => text.set(&["limits"], key, new)?,
                (_, None) => text.remove(&["limits"], key)?,
            }
        }
        Ok(())
    }

    /// Outside which hours which kinds of calls are off; nothing: they never are.
    pub fn off_hours(&self) -> Option<OffHours> {
        let Closed { open: (from, until), days, off } = self.plan.closed.clone()?;
        let kinds = off.into_iter().map(|kind: Class| kind.word().to_owned()).collect();
        Some(OffHours { open: Span { from, until }, days, kinds })
    }

    pub(super) fn set_off_hours(&self, text: &mut Text, new: Option<&OffHours>) -> Result<(), Refusal> {
        let old = self.off_hours();
        let Some(new) = new else {
            return if old.is_none() { Ok(()) } else { text.take(&CLOSED) };
        };
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        if old.as_ref().map(|old| old.open) != Some(new.open) {
            let open = format!("{}-{}", time(new.open.from), time(new.open.until));
            text.set(&CLOSED, "open", &quoted(&open))?;
        }
        if old.as_ref().map_or(WORKING_DAYS, |old| old.days) != new.days {
            let days: Vec<_> =
                DAYS.iter().zip(new.days).filter(|(_, is)| *is).map(|(day, _)| (*day).to_owned()).collect();
            text.set(&CLOSED, "days", &list(&days))?;
        }
        set_list(text, &CLOSED, "off", &old.map(|old| old.kinds).unwrap_or_default(), &new.kinds)
    }

    pub(super) fn set_rate(&self, text: &mut Text, n: usize, new: &Rate) -> Result<(), Refusal> {
        let old = self.rates().into_iter().nth(n).ok_or(Refusal::Gone)?;
        let n = n.to_string();
        let path = [RATES, n.as_str()];
        set_list(text, &path, "numbers", &old.numbers, &new.numbers)?;
        set_list(text, &path, "kinds", &old.kinds, &new.kinds)?;
        if old.per_minute == new.per_minute { Ok(()) } else { text.set(&path, "per_minute", &new.per_minute) }
    }
}

pub(super) fn add_rate(text: &mut Text, new: &Rate) -> Result<(), Refusal> {
    let listed = [("numbers", &new.numbers), ("kinds", &new.kinds)].into_iter().filter(|(_, all)| !all.is_empty());
    let mut lines: Vec<_> = listed.map(|(key, all)| (key, list(all))).collect();
    lines.push(("per_minute", new.per_minute.clone()));
    text.push(RATES, &lines)
}
