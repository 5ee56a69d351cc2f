//! What outside calls may cost at most: `[limits]` and `[[rates]]`.

use std::ops::Range;

use super::Check;
use crate::caps::{Limits, Money, Rate};
use crate::read::Section;

/// A limit of outside calls or minutes. None at all is written in `[outside]`; a clinic has no use for more.
const LIMIT: Range<u64> = 1..10_001;
/// More than any clinic spends on calls within a day, and within what is counted.
const MOST: Money = Money(400_000 * Money::ONE);
/// A carrier's list of countries, and some.
const MAX_RATES: usize = 500;

impl<'t> Check<'t> {
    pub(super) fn limits(&mut self, top: Section<'_, 't>) -> Limits {
        let Some(table) = self.reader.table(top, "limits") else { return Limits::default() };
        let known = ["at_once_each", "at_once", "per_hour_each", "per_day_each", "minutes_abroad", "spent_per_day"];
        let section = self.reader.section(table.value, &known);
        let spent_per_day = self.money(section, "spent_per_day");
        if spent_per_day.is_some() && top.get("rates").is_none() {
            let help =
                "write what a minute costs, as in [[rates]] with kinds = [\"international\"] and per_minute = 0.25";
            self.reader.say(table.span, "nothing costs anything in this plan", help);
        }
        let mut limit = |key| self.reader.number(section, key, LIMIT, "").and_then(|n| u32::try_from(n).ok());
        Limits {
            at_once_each: limit("at_once_each"),
            at_once: limit("at_once"),
            per_hour_each: limit("per_hour_each"),
            per_day_each: limit("per_day_each"),
            minutes_abroad: limit("minutes_abroad"),
            spent_per_day,
        }
    }

    /// What a minute costs. The first that fits holds.
    pub(super) fn rates(&mut self, top: Section<'_, 't>) -> Vec<Rate> {
        let mut rates = Vec::new();
        for table in self.reader.tables(top, "rates") {
            if rates.len() == MAX_RATES {
                self.reader.say(table.span, "too many rates", format!("at most {MAX_RATES} may be written"));
                break;
            }
            let section = self.reader.section(table.value, &["numbers", "kinds", "per_minute"]);
            let (numbers, kinds) = (self.beginnings(section), self.kinds(section, "kinds"));
            match self.money(section, "per_minute") {
                Some(per_minute) => rates.push(Rate { numbers, kinds, per_minute }),
                None if section.get("per_minute").is_none() => {
                    self.reader.say(table.span, "this rate has no price", "write per_minute = 0.05");
                }
                None => {}
            }
        }
        rates
    }

    fn money(&mut self, section: Section<'_, 't>, key: &str) -> Option<Money> {
        let (text, span) = self.reader.decimal(section, key)?;
        let money = Money::parse(&text);
        if money.is_none_or(|money| money > MOST) {
            let help = format!("write it as in 25 or 0.05, with four digits after the point at most, up to {MOST}");
            self.reader.say(span, "this is no amount of money", help);
        }
        money
    }
}
