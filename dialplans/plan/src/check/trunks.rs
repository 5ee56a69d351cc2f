//! What may be called outside, by whom and over which trunks: `[outside]` and `[[rights]]`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, values};
use crate::Mentioned;
use crate::outside::{Beginnings, Class, Rule};
use crate::read::{Placed, Section};

/// Exceptions to what people may call: one for each person of a large clinic.
const MAX_RULES: usize = 100;

impl<'t> Check<'t> {
    pub(super) fn outside(&mut self, top: Section<'_, 't>) -> BTreeMap<Class, Vec<String>> {
        let mut trunks = BTreeMap::new();
        let Some(table) = self.reader.table(top, "outside") else { return trunks };
        let section = self.reader.section(table.value, &Class::ALL.map(Class::word));
        for class in Class::ALL {
            if let Some(names) = self.trunks(section, class.word()).filter(|names| !names.is_empty()) {
                trunks.insert(class, names);
            }
        }
        trunks
    }

    /// "main", ["main", "backup"] in the order to try them, or "off": none. `None` if nothing is written.
    pub(super) fn trunks(&mut self, section: Section<'_, 't>, key: &str) -> Option<Vec<String>> {
        let names = self.reader.one_or_more(section, key)?;
        if let [off] = names.as_slice()
            && off.value == "off"
        {
            return Some(Vec::new());
        }
        let mut trunks = Vec::new();
        for name in names {
            if name.value.trim().is_empty() || name.value == "off" || trunks.contains(&name.value) {
                self.reader.say(name.span, "this is no trunk", "write the name of a trunk, each once, or \"off\"");
                continue;
            }
            self.mention(Mentioned::Line, &name);
            trunks.push(name.value);
        }
        Some(trunks)
    }

    /// What some people may call otherwise, or over which trunks some numbers go. The first that fits decides.
    pub(super) fn rules(&mut self, top: Section<'_, 't>) -> Vec<Rule> {
        let mut rules = Vec::new();
        for table in self.reader.tables(top, "rights") {
            if rules.len() == MAX_RULES {
                self.reader.say(table.span, "too many rights", format!("at most {MAX_RULES} may be written"));
                break;
            }
            let section = self.reader.section(table.value, &["people", "numbers", "kinds", "over"]);
            let people = self.list(section, "people");
            people.iter().for_each(|p| self.mention(Mentioned::Person, p));
            let (numbers, kinds) = (self.beginnings(section), self.kinds(section, "kinds"));
            if people.is_empty() && numbers.0.is_empty() && kinds.is_empty() {
                let help = "write people = [\"103\"], numbers = [\"+1900\"] or kinds = [\"international\"]";
                self.reader.say(table.span.clone(), "this right is nobody's", help);
            }
            let Some(trunks) = self.trunks(section, "over") else {
                let help = "write over = \"main\", over = [\"main\", \"backup\"], or over = \"off\"";
                self.reader.say(table.span, "this right says nothing", help);
                continue;
            };
            rules.push(Rule { people: values(people), numbers, kinds, trunks });
        }
        rules
    }

    /// How numbers begin that are called: `numbers`. One without "+" is a short number, or how some begin.
    pub(super) fn beginnings(&mut self, section: Section<'_, 't>) -> Beginnings {
        let list = self.list(section, "numbers");
        let help = "write it as in \"+44\" or \"+12025550123\", or as in \"118\" for short numbers: every number that begins so is meant";
        self.begin(list, |text| is_full(text) || (3..=6).contains(&text.len()) && is_digits(text), help)
    }

    /// How the numbers of callers begin, which are no short ones.
    pub(super) fn begin_so(&mut self, list: Vec<Placed<String>>) -> Beginnings {
        self.begin(list, is_full, "write it as in \"+44\" or \"+12025550123\": every number that begins so is meant")
    }

    fn begin(&mut self, list: Vec<Placed<String>>, is_good: impl Fn(&str) -> bool, help: &str) -> Beginnings {
        for number in list.iter().filter(|n| !is_good(&n.value)) {
            self.reader.say(number.span.clone(), "no number begins so", help);
        }
        Beginnings(values(list))
    }

    pub(super) fn kinds(&mut self, section: Section<'_, 't>, key: &str) -> BTreeSet<Class> {
        let mut kinds = BTreeSet::new();
        for class in self.list(section, key) {
            match Class::ALL.into_iter().find(|c| c.word() == class.value) {
                Some(known) => drop(kinds.insert(known)),
                None => {
                    let words = Class::ALL.map(Class::word).join(", ");
                    self.reader.say(class.span, "there is no such kind of call", format!("the kinds are: {words}"));
                }
            }
        }
        kinds
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_full(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(is_digits)
}
