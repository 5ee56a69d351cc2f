//! Reading a TOML text so that every problem is reported with its line, not only the first: a `serde` derive stops at the first
//! unknown key or wrong type, and a person would mend their plan one error at a time.

use std::ops::Range;
use std::time::Duration;

use model::settings::Problem;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value with its place in the text.
#[derive(Clone, Debug)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// The text, and what is wrong with it so far.
pub(crate) struct Reader<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

/// One table of the text whose keys were checked.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a, 't>(&'a DeTable<'t>);

/// A plan is written by a person: above this many problems the text is not a plan at all, and a list helps nobody.
const MAX_PROBLEMS: usize = 50;

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, problems: Vec::new() }
    }

    /// The whole text as a table; errors of its grammar become problems, and what could be read is still read.
    pub(crate) fn document(&mut self) -> DeTable<'t> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for e in errors {
            self.say(e.span().unwrap_or(0..0), e.message(), "see the comments of the library plans for the form");
        }
        table.into_inner()
    }

    /// "line 12".
    pub(crate) fn line(&self, span: &Range<usize>) -> String {
        let end = span.start.min(self.text.len());
        let before = self.text.as_bytes().get(..end).unwrap_or_default();
        format!("line {}", 1 + before.iter().filter(|b| **b == b'\n').count())
    }

    pub(crate) fn say(&mut self, span: Range<usize>, what: impl Into<String>, help: impl Into<String>) {
        if self.problems.len() < MAX_PROBLEMS {
            let at = self.line(&span);
            self.problems.push(Problem { at, what: what.into(), help: help.into() });
        }
    }

    /// How many problems there are so far.
    pub(crate) const fn count(&self) -> usize {
        self.problems.len()
    }

    /// All problems, in the order of the lines.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        by_line(&mut self.problems);
        self.problems
    }

    /// `table` as a section in which only the keys `known` may stand.
    pub(crate) fn section<'a>(&mut self, table: &'a DeTable<'t>, known: &[&str]) -> Section<'a, 't> {
        for key in table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                self.say(
                    key.span(),
                    format!("there is nothing called \"{}\" here", key.get_ref()),
                    format!("what may stand here: {}", known.join(", ")),
                );
            }
        }
        Section(table)
    }

    /// The table under `key`, if there is one.
    pub(crate) fn table<'a>(&mut self, section: Section<'a, 't>, key: &str) -> Option<Placed<&'a DeTable<'t>>> {
        let value = section.get(key)?;
        self.as_table(value)
    }

    pub(crate) fn as_table<'a>(&mut self, value: &'a Spanned<DeValue<'t>>) -> Option<Placed<&'a DeTable<'t>>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(value, "a table");
            return None;
        };
        Some(Placed { value: table, span: value.span() })
    }

    /// The list of tables under `key` (`[[key]]`).
    pub(crate) fn tables<'a>(&mut self, section: Section<'a, 't>, key: &str) -> Vec<Placed<&'a DeTable<'t>>> {
        let Some(value) = section.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "a list of tables, each opened by double brackets");
            return Vec::new();
        };
        items.iter().filter_map(|item| self.as_table(item)).collect()
    }

    pub(crate) fn string(&mut self, section: Section<'_, 't>, key: &str) -> Option<Placed<String>> {
        let value = section.get(key)?;
        self.as_string(value)
    }

    pub(crate) fn as_string(&mut self, value: &Spanned<DeValue<'t>>) -> Option<Placed<String>> {
        let DeValue::String(text) = value.get_ref() else {
            self.wrong(value, "a text in quotes");
            return None;
        };
        Some(Placed { value: text.clone().into_owned(), span: value.span() })
    }

    pub(crate) fn strings(&mut self, section: Section<'_, 't>, key: &str) -> Option<Placed<Vec<Placed<String>>>> {
        let value = section.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, "a list, as in [\"101\", \"102\"]");
            return None;
        };
        let items = items.iter().filter_map(|item| self.as_string(item)).collect();
        Some(Placed { value: items, span: value.span() })
    }

    /// A text, or a list of texts.
    pub(crate) fn one_or_more(&mut self, section: Section<'_, 't>, key: &str) -> Option<Vec<Placed<String>>> {
        match section.get(key)?.get_ref() {
            DeValue::String(_) => self.string(section, key).map(|one| vec![one]),
            _ => self.strings(section, key).map(|list| list.value),
        }
    }

    pub(crate) fn flag(&mut self, section: Section<'_, 't>, key: &str) -> Option<Placed<bool>> {
        let value = section.get(key)?;
        let DeValue::Boolean(flag) = value.get_ref() else {
            self.wrong(value, "true or false");
            return None;
        };
        Some(Placed { value: *flag, span: value.span() })
    }

    /// A number of seconds within `bounds`.
    pub(crate) fn seconds(&mut self, section: Section<'_, 't>, key: &str, bounds: Range<u64>) -> Option<Duration> {
        self.number(section, key, bounds, " of seconds").map(Duration::from_secs)
    }

    /// A number of something within `bounds`.
    pub(crate) fn number(&mut self, section: Section<'_, 't>, key: &str, bounds: Range<u64>, of: &str) -> Option<u64> {
        let value = section.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(n) => u64::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        match number {
            Some(n) if bounds.contains(&n) => Some(n),
            _ => {
                self.wrong(value, &format!("a number{of} from {} to {}", bounds.start, bounds.end - 1));
                None
            }
        }
    }

    /// A number with or without a point, as it is written.
    pub(crate) fn decimal(&mut self, section: Section<'_, 't>, key: &str) -> Option<(String, Range<usize>)> {
        let value = section.get(key)?;
        let text = match value.get_ref() {
            DeValue::Integer(n) if n.radix() == 10 => n.as_str(),
            DeValue::Float(n) => n.as_str(),
            _ => {
                self.wrong(value, "a number, as in 0.05");
                return None;
            }
        };
        Some((text.to_owned(), value.span()))
    }

    fn wrong(&mut self, value: &Spanned<DeValue<'t>>, expected: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.say(value.span(), format!("this is {found}, which cannot stand here"), format!("write {expected}"));
    }
}

impl<'a, 't> Section<'a, 't> {
    pub(crate) fn get(self, key: &str) -> Option<&'a Spanned<DeValue<'t>>> {
        self.0.iter().find(|(k, _)| k.get_ref() == key).map(|(_, v)| v)
    }
}

/// Sorts problems as a person mends them: from the top of the text.
pub(crate) fn by_line(problems: &mut [Problem]) {
    problems.sort_by_key(|p| p.at.trim_start_matches("line ").parse::<usize>().unwrap_or(0));
}
