//! What calls outside may be and may cost, and what a minute of them costs.

use std::collections::BTreeMap;

use super::text::{Text, list};
use super::{Editor, Refusal, set_list};

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
