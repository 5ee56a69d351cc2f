//! The numbers of the clinic: where calls to them go, and by which of them its own calls show themselves.

use super::text::{Text, list, quoted};
use super::{Editor, Refusal, set_list, set_place, set_text};
use crate::destination::{Destination, full_number};

/// A number of the clinic that the plan answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// As the plan writes it: "main", "fax", "+12025550124".
    pub number: String,
    /// Where its calls go.
    pub to: Answers,
    /// What phones show before the name of whoever calls it.
    pub label: Option<String>,
}

/// Where calls to a number of the clinic go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answers {
    /// They are led there; to an extension also where the number rings that one itself.
    At(Destination),
    /// The number rings several phones itself, in their order: it is a [`Group`](super::Group), which says how.
    Phones(Vec<String>),
}

/// What speaks of a number of the clinic, and cannot without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberUse {
    /// A rule for some callers: which, from 0.
    Callers(usize),
    /// What some calls show: which entry, from 0.
    Shows(usize),
    /// Which calls are recorded.
    Recording,
}

/// Some calls outside show another number than the main one. The first that fits holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShowRule {
    /// Whose calls, by their extensions; none: everybody's.
    pub people: Vec<String>,
    /// How the numbers begin that are called; none: all.
    pub numbers: Vec<String>,
    /// Which number they show, as the plan writes it.
    pub number: String,
    /// The name beside it; nothing: the clinic's.
    pub name: Option<String>,
}

const INBOUND: &str = "inbound";
const SHOWS: &str = "shows";
/// What is said of a number whose calls go somewhere, and of how it rings, if it does.
const WHERE: [&str; 3] = ["ring", "to", "fax_machine"];
const HOW: [&str; 6] = ["seconds", "order", "screen", "nobody", "busy", "unreachable"];

impl Editor {
    /// The numbers that the plan answers, in their order.
    pub fn numbers(&self) -> Vec<Number> {
        let number = |n: usize| {
            let n = n.to_string();
            let path = [INBOUND, n.as_str()];
            let ring = self.text.strings(&path, "ring");
            let to = match (self.text.string(&path, "to"), ring.as_slice()) {
                (Some(to), _) => Answers::At(Destination::parse(&to)?),
                (None, []) => Answers::At(Destination::FaxMachine),
                (None, [only]) => Answers::At(Destination::Extension(only.clone())),
                (None, _) => Answers::Phones(ring),
            };
            Some(Number { number: self.text.string(&path, "number")?, to, label: self.text.string(&path, "label") })
        };
        (0..self.text.count(INBOUND)).filter_map(number).collect()
    }

    /// What speaks of this number and could not without it. The main number and the fax number are there whatever the plan says.
    pub fn uses_of(&self, number: &str) -> Vec<NumberUse> {
        let Some(number) = full_number(number) else { return Vec::new() };
        let is_it = |written: &String| full_number(written).as_ref() == Some(&number);
        let of = |table: &str, key: &str, n: usize| self.text.strings(&[table, &n.to_string()], key).iter().any(is_it);
        let callers = (0..self.text.count("callers")).filter(|n| of("callers", "called", *n));
        let shows = (0..self.text.count(SHOWS)).filter(|n| of(SHOWS, "number", *n));
        let recorded = self.text.strings(&["recording"], "numbers").iter().any(is_it);
        let all = callers.map(NumberUse::Callers).chain(shows.map(NumberUse::Shows));
        all.chain(recorded.then_some(NumberUse::Recording)).collect()
    }

    pub(super) fn set_number(&self, text: &mut Text, new: &Number) -> Result<(), Refusal> {
        let n = self.inbound_at(&new.number).ok_or(Refusal::Gone)?;
        let old = self.numbers().into_iter().nth(n).ok_or(Refusal::Gone)?;
        let n = n.to_string();
        let path = [INBOUND, n.as_str()];
        if old.to != new.to {
            self.lead_number(text, &path, &new.to)?;
        }
        set_text(text, &path, "label", new.label.as_deref())
    }

    fn lead_number(&self, text: &mut Text, path: &[&str], to: &Answers) -> Result<(), Refusal> {
        let kept = match to {
            // Another phone rings as those before it did; an extension that leads on rings nobody.
            Answers::At(Destination::Extension(number))
                if text.has(path, "ring") && !self.plan.leads.contains_key(number) =>
            {
                return text.set(path, "ring", &list(std::slice::from_ref(number)));
            }
            // Where a text says so the number is one at which faxes are received.
            Answers::At(Destination::FaxMachine) => {
                text.set(path, "fax_machine", "true")?;
                "fax_machine"
            }
            Answers::At(to) => {
                set_place(text, path, "to", Some(to))?;
                "to"
            }
            Answers::Phones(phones) => {
                text.set(path, "ring", &list(phones))?;
                "ring"
            }
        };
        for key in WHERE.iter().chain(&HOW).filter(|key| **key != kept) {
            if text.has(path, key) {
                text.remove(path, key)?;
            }
        }
        Ok(())
    }

    pub(super) fn add_number(&self, text: &mut Text, new: &Number) -> Result<(), Refusal> {
        if self.inbound_at(&new.number).is_some() {
            return Err(Refusal::Taken);
        }
        let to = match &new.to {
            Answers::At(Destination::FaxMachine) => ("fax_machine", "true".to_owned()),
            Answers::At(to) => ("to", quoted(&to.to_string())),
            Answers::Phones(phones) => ("ring", list(phones)),
        };
        let label = new.label.as_ref().map(|label| ("label", quoted(label)));
        let lines: Vec<_> = [("number", quoted(&new.number)), to].into_iter().chain(label).collect();
        text.push(INBOUND, &lines)
    }

    pub(super) fn take_number(&self, text: &mut Text, number: &str) -> Result<(), Refusal> {
        let n = self.inbound_at(number).ok_or(Refusal::Gone)?;
        text.take(&[INBOUND, &n.to_string()])
    }

    /// What some calls show, in their order.
    pub fn show_rules(&self) -> Vec<ShowRule> {
        let rule = |n: usize| {
            let n = n.to_string();
            let path = [SHOWS, n.as_str()];
            ShowRule {
                people: self.text.strings(&path, "people"),
                numbers: self.text.strings(&path, "numbers"),
                number: self.text.string(&path, "number").unwrap_or_default(),
                name: self.text.string(&path, "name"),
            }
        };
        (0..self.text.count(SHOWS)).map(rule).collect()
    }

    pub(super) fn set_show(&self, text: &mut Text, n: usize, new: &ShowRule) -> Result<(), Refusal> {
        let old = self.show_rules().into_iter().nth(n).ok_or(Refusal::Gone)?;
        let n = n.to_string();
        let path = [SHOWS, n.as_str()];
        set_list(text, &path, "people", &old.people, &new.people)?;
        set_list(text, &path, "numbers", &old.numbers, &new.numbers)?;
        set_text(text, &path, "number", Some(&new.number))?;
        set_text(text, &path, "name", new.name.as_deref())
    }
}

pub(super) fn add_show(text: &mut Text, new: &ShowRule) -> Result<(), Refusal> {
    let listed = [("people", &new.people), ("numbers", &new.numbers)].into_iter().filter(|(_, all)| !all.is_empty());
    let mut lines: Vec<_> = listed.map(|(key, all)| (key, list(all))).collect();
    lines.push(("number", quoted(&new.number)));
    lines.extend(new.name.as_ref().map(|name| ("name", quoted(name))));
    text.push(SHOWS, &lines)
}
