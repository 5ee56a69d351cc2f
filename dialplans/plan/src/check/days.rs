//! `[hours.NAME]` and `[holidays]`.

use std::collections::BTreeMap;

use jiff::civil::Date;
use toml::de::DeTable;

use super::Check;
use crate::Mentioned;
use crate::destination;
use crate::holidays::{self, Holiday};
use crate::hours::{self, DAYS, Hours, Span};
use crate::read::{Placed, Section};

impl<'t> Check<'t> {
    pub(super) fn holidays(&mut self, top: Section<'_, 't>) -> Vec<Holiday> {
        let Some(table) = self.reader.table(top, "holidays") else { return Vec::new() };
        let section = self.reader.section(table.value, &["country", "days"]);
        let mut all = Vec::new();
        if let Some(country) = self.reader.string(section, "country") {
            match holidays::of_country(&country.value) {
                Some(set) => all.extend(set),
                None => {
                    let help = format!(
                        "the sets are: {}; other days go under [holidays.days]",
                        holidays::COUNTRIES.join(", ")
                    );
                    self.reader.say(country.span, "there are no holidays of this country", help);
                }
            }
        }
        let Some(days) = self.reader.table(section, "days") else { return all };
        for (key, value) in days.value {
            let Some(name) = self.reader.as_string(value) else { continue };
            match Holiday::parse(key.get_ref(), &name.value) {
                // Before those of the country, so that its own name is said.
                Some(holiday) => all.insert(0, holiday),
                None => self.reader.say(key.span(), "this is no day", holidays::FORMS),
            }
        }
        all
    }

    pub(super) fn hours_tables(&mut self, top: Section<'_, 't>) -> BTreeMap<String, Hours> {
        let mut all = BTreeMap::new();
        let Some(table) = self.reader.table(top, "hours") else { return all };
        for (key, value) in table.value {
            let Some(entry) = self.reader.as_table(value) else { continue };
            let name = key.get_ref().clone().into_owned();
            if !destination::is_name(&name) {
                self.reader.say(key.span(), "this cannot be a name", "use letters, digits and hyphens");
                continue;
            }
            let before = self.reader.count();
            let hours = self.hours_of(entry.value);
            let opens = hours.days.iter().chain(hours.except.iter().map(|(_, spans)| spans)).any(|s| !s.is_empty());
            // Hours that could not be read are no hours that never open.
            if !opens && self.reader.count() == before {
                self.reader.say(key.span(), "these hours never open", "write weekdays = \"08:00-17:00\"");
            }
            if !self.used_hours.iter().any(|used| used.value == name) {
                self.mention(Mentioned::Unused, &Placed { value: name.clone(), span: key.span() });
            }
            all.insert(name, hours);
        }
        all
    }

    fn hours_of(&mut self, table: &DeTable<'t>) -> Hours {
        let known: Vec<&str> = DAYS.into_iter().chain(["weekdays", "except", "holidays"]).collect();
        let section = self.reader.section(table, &known);
        let weekdays = self.spans(section, "weekdays");
        let mut hours =
            Hours { holidays: self.reader.flag(section, "holidays").is_none_or(|f| f.value), ..Hours::default() };
        for (n, day) in DAYS.iter().enumerate() {
            let own = self.spans(section, day);
            hours.days[n] = own.or_else(|| weekdays.clone().filter(|_| n < 5)).unwrap_or_default();
        }
        let Some(except) = self.reader.table(section, "except") else { return hours };
        for (key, value) in except.value {
            let Some(text) = self.reader.as_string(value) else { continue };
            let Ok(day) = key.get_ref().parse::<Date>() else {
                self.reader.say(key.span(), "this is no day", "write it as in \"2026-12-24\" = \"08:00-12:00\"");
                continue;
            };
            if let Some(spans) = self.spans_of(&text.value, &text.span) {
                hours.except.push((day, spans));
            }
        }
        hours
    }

    fn spans(&mut self, section: Section<'_, 't>, key: &str) -> Option<Vec<Span>> {
        let text = self.reader.string(section, key)?;
        self.spans_of(&text.value, &text.span)
    }

    fn spans_of(&mut self, text: &str, span: &std::ops::Range<usize>) -> Option<Vec<Span>> {
        match hours::spans(text) {
            Ok(spans) => Some(spans),
            Err(what) => {
                let help = "write them as in \"08:00-12:00, 13:00-17:00\", or \"closed\"";
                self.reader.say(span.clone(), what, help);
                None
            }
        }
    }

    /// Hours that a schedule names and nobody wrote.
    pub(super) fn unknown_hours(&mut self, known: &BTreeMap<String, Hours>) {
        for used in std::mem::take(&mut self.used_hours) {
            if !known.contains_key(&used.value) {
                let help = format!("add a table [hours.{}], or use one of those that are there", used.value);
                self.reader.say(used.span, format!("there are no hours \"{}\"", used.value), help);
            }
        }
    }
}
