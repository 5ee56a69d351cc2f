//! Who is shown to whom, and which callers are led elsewhere: `[[shows]]`, `[[callers]]`, `[names]` and the labels of `[[inbound]]`.

use std::collections::BTreeMap;

use model::PhoneNumber;

use super::{Check, values};
use crate::destination::full_number;
use crate::read::{Placed, Section};
use crate::showing::{CallerRule, Show};
use crate::{Mentioned, OwnNumber};

/// One for each person of a large clinic.
const MAX_SHOWS: usize = 100;
/// Each call that comes in is compared with all of them.
const MAX_CALLERS: usize = 200;
/// Laboratories, pharmacies, practices that refer.
const MAX_NAMES: usize = 1000;
/// A display of a desk phone has 16 to 40 letters, and the caller's name comes after the label.
const MAX_LABEL: usize = 20;
/// Carriers cut after 15 letters (CNAM), displays later.
const MAX_NAME: usize = 60;
/// In the place of a number: whoever shows none.
const HIDDEN: &str = "hidden";

impl<'t> Check<'t> {
    /// By which of our numbers some calls show themselves.
    pub(super) fn shows(&mut self, top: Section<'_, 't>) -> Vec<Show> {
        let mut all = Vec::new();
        for table in self.reader.tables(top, "shows") {
            if all.len() == MAX_SHOWS {
                self.reader.say(table.span, "too many entries", format!("at most {MAX_SHOWS} may be written"));
                break;
            }
            let section = self.reader.section(table.value, &["people", "numbers", "number", "name"]);
            let people = self.list(section, "people");
            people.iter().for_each(|p| self.mention(Mentioned::Person, p));
            let (numbers, name) = (self.beginnings(section), self.words_shown(section, "name", MAX_NAME));
            if let Some(number) = self.own_number(section, table.span) {
                self.mention_own(&number);
                all.push(Show { people: values(people), numbers, number: number.value, name });
            }
        }
        all
    }

    /// Who is led elsewhere than others.
    pub(super) fn callers(&mut self, top: Section<'_, 't>) -> Vec<CallerRule> {
        let mut all = Vec::new();
        for table in self.reader.tables(top, "callers") {
            if all.len() == MAX_CALLERS {
                self.reader.say(table.span, "too many entries", format!("at most {MAX_CALLERS} may be written"));
                break;
            }
            let section = self.reader.section(table.value, &["numbers", "called", "to", "label"]);
            let (hidden, numbers): (Vec<_>, Vec<_>) =
                self.list(section, "numbers").into_iter().partition(|n| n.value == HIDDEN);
            let numbers = self.begin_so(numbers);
            let called = self.own_numbers(section);
            let (to, label) = (self.destination(section, "to", None, false), self.label(section));
            if numbers.0.is_empty() && hidden.is_empty() {
                let help = "write numbers = [\"+1900\"], or numbers = [\"hidden\"] for those who show none";
                self.reader.say(table.span.clone(), "this entry is for nobody", help);
            }
            if section.get("to").is_none() && section.get("label").is_none() {
                let help = "write where they are led, as in to = \"voicemail 101\", or label = \"Lab\"";
                self.reader.say(table.span, "this entry says nothing of them", help);
            }
            all.push(CallerRule { numbers, hidden: !hidden.is_empty(), called, to, label });
        }
        all
    }

    /// What the clinic calls numbers outside.
    pub(super) fn names(&mut self, top: Section<'_, 't>) -> BTreeMap<PhoneNumber, String> {
        let mut names = BTreeMap::new();
        let Some(table) = self.reader.table(top, "names") else { return names };
        for (key, value) in table.value {
            if names.len() == MAX_NAMES {
                self.reader.say(key.span(), "too many names", format!("at most {MAX_NAMES} may be written"));
                break;
            }
            let Some(number) = full_number(key.get_ref()) else {
                let help = "write a number in full, as in \"+12025550123\" = \"Lab on Main Street\"";
                self.reader.say(key.span(), "this is no number outside", help);
                continue;
            };
            if let Some(name) = self.reader.as_string(value).and_then(|text| self.shown(text, MAX_NAME)) {
                names.insert(number, name);
            }
        }
        names
    }

    pub(super) fn label(&mut self, section: Section<'_, 't>) -> Option<String> {
        self.words_shown(section, "label", MAX_LABEL)
    }

    fn words_shown(&mut self, section: Section<'_, 't>, key: &str, most: usize) -> Option<String> {
        let text = self.reader.string(section, key)?;
        self.shown(text, most)
    }

    /// What goes onto displays.
    fn shown(&mut self, text: Placed<String>, most: usize) -> Option<String> {
        let shown = text.value.trim();
        if shown.is_empty() || shown.chars().count() > most || shown.chars().any(char::is_control) {
            let help = format!("write 1 to {most} letters");
            self.reader.say(text.span, "no display shows that", help);
            return None;
        }
        Some(shown.to_owned())
    }

    fn own_numbers(&mut self, section: Section<'_, 't>) -> Vec<OwnNumber> {
        let mut own = Vec::new();
        for text in self.list(section, "called") {
            let span = text.span.clone();
            if let Some(value) = self.own_number_of(text) {
                self.mention_own(&Placed { value: value.clone(), span });
                own.push(value);
            }
        }
        own
    }

    fn mention_own(&mut self, number: &Placed<OwnNumber>) {
        if let OwnNumber::Other(other) = &number.value {
            let name = Placed { value: other.as_str().to_owned(), span: number.span.clone() };
            self.mention(Mentioned::OwnNumber, &name);
        }
    }
}
