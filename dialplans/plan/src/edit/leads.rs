//! What leads where, as the text has it; and what goes from the text, with everything that led there led elsewhere.

use std::collections::BTreeMap;

use super::text::{Text, list, quoted};
use super::{Editor, Refusal, set_place};
use crate::destination::Destination;

/// Something in a plan that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// What leads on.
    pub from: Source,
    /// When, or how.
    pub by: By,
    /// Where to.
    pub to: Destination,
}

/// What leads on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A number of the clinic as the plan writes it ("main").
    Number(String),
    /// A step, or an extension of the plan.
    Step(Destination),
    /// A rule for some callers: which, from 0.
    Callers(usize),
}

/// How something leads on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// By the word that the plan has for it: "nobody", "closed", "then", "to".
    Word(&'static str),
    /// A key of a menu.
    Key(char),
    /// As one of a list: "ring", "turns", "escalate".
    Among(&'static str),
    /// Somebody who stands in, by the key under which the plan says so.
    StandsIn(String),
}

/// Where the tables of a plan name others: single ones, and in lists.
const NAMED: [(&str, &[&str], &[&str]); 6] = [
    ("extensions", &["to", "nobody", "busy", "unreachable"], &["ring"]),
    ("schedules", &["open", "closed", "holiday"], &[]),
    ("menus", &["nobody"], &[]),
    ("announcements", &["then"], &[]),
    ("queues", &["full", "nobody"], &["ring"]),
    ("rotas", &["nobody"], &["turns", "escalate"]),
];
const OF_NUMBERS: &[&str] = &["to", "nobody", "busy", "unreachable"];
const KEYS: &str = "keys";
const SWAPS: &str = "swaps";

impl Lead {
    /// True if this place could stand there, too. What rings is a phone, and who has a turn a phone or a number outside.
    pub fn may_be(&self, to: &Destination) -> bool {
        match &self.by {
            By::Word(_) | By::Key(_) => true,
            By::Among("ring") => matches!(to, Destination::Extension(_)),
            By::Among(_) | By::StandsIn(_) => matches!(to, Destination::Extension(_) | Destination::Outside(_)),
        }
    }
}

impl Source {
    fn path(&self, editor: &Editor) -> Result<[String; 2], Refusal> {
        Ok(match self {
            Self::Number(number) => ["inbound".to_owned(), editor.inbound_at(number).ok_or(Refusal::Gone)?.to_string()],
            Self::Step(step) => table_of(step).ok_or(Refusal::Gone)?.map(str::to_owned),
            Self::Callers(n) => ["callers".to_owned(), n.to_string()],
        })
    }
}

/// The table of a step.
fn table_of(step: &Destination) -> Option<[&str; 2]> {
    Some(match step {
        Destination::Extension(name) => ["extensions", name],
        Destination::Schedule(name) => ["schedules", name],
        Destination::Menu(name) => ["menus", name],
        Destination::Announcement(name) => ["announcements", name],
        Destination::Queue(name) => ["queues", name],
        Destination::Rota(name) => ["rotas", name],
        _ => return None,
    })
}

fn step_of(table: &str, name: &str) -> Option<Destination> {
    let name = name.to_owned();
    Some(match table {
        "extensions" => Destination::Extension(name),
        "schedules" => Destination::Schedule(name),
        "menus" => Destination::Menu(name),
        "announcements" => Destination::Announcement(name),
        "queues" => Destination::Queue(name),
        "rotas" => Destination::Rota(name),
        _ => return None,
    })
}

impl Editor {
    /// All that leads somewhere, table by table.
    pub fn leads(&self) -> Vec<Lead> {
        let mut all = Vec::new();
        for n in 0..self.text.count("inbound") {
            let n = n.to_string();
            let path = ["inbound", n.as_str()];
            let number = self.text.string(&path, "number").unwrap_or_default();
            all.extend(self.leads_at(&path, &Source::Number(number), OF_NUMBERS, &["ring"]));
        }
        for (table, words, lists) in NAMED {
            for name in self.text.keys(&[table]) {
                let Some(step) = step_of(table, &name) else { continue };
                all.extend(self.leads_at(&[table, &name], &Source::Step(step), words, lists));
            }
        }
        for n in 0..self.text.count("callers") {
            all.extend(self.leads_at(&["callers", &n.to_string()], &Source::Callers(n), &["to"], &[]));
        }
        all
    }

    /// The extensions of the plan that ring nobody and lead on, each with where to.
    pub const fn leading(&self) -> &BTreeMap<String, Destination> {
        &self.plan.leads
    }

    pub(super) fn set_lead(&self, text: &mut Text, number: &str, to: &Destination) -> Result<(), Refusal> {
        if !self.plan.leads.contains_key(number) {
            return Err(Refusal::Gone);
        }
        set_place(text, &["extensions", number], "to", Some(to))
    }

    /// All steps and extensions of the plan.
    pub fn steps(&self) -> Vec<Destination> {
        let of =
            |table: &'static str| self.text.keys(&[table]).into_iter().filter_map(move |name| step_of(table, &name));
        NAMED.iter().flat_map(|(table, _, _)| of(table)).collect()
    }

    /// True if the text has a table for it.
    pub fn has(&self, step: &Destination) -> bool {
        table_of(step).is_some_and(|[table, name]| self.text.has(&[table], name))
    }

    /// What of the plan leads there, but for itself.
    pub fn leads_to(&self, to: &Destination) -> Vec<Lead> {
        let own = Source::Step(to.clone());
        self.leads().into_iter().filter(|lead| lead.to == *to && lead.from != own).collect()
    }

    fn leads_at(
        &self,
        path: &[&str; 2],
        from: &Source,
        words: &'static [&'static str],
        lists: &'static [&'static str],
    ) -> Vec<Lead> {
        let lead = |by: By, to: &str| Some(Lead { from: from.clone(), by, to: Destination::parse(to)? });
        let word = |word: &&'static str| lead(By::Word(word), &self.text.string(path, word)?);
        let mut all: Vec<Lead> = words.iter().filter_map(word).collect();
        for name in lists {
            all.extend(self.text.strings(path, name).iter().filter_map(|to| lead(By::Among(name), to)));
        }
        if path[0] == "menus" {
            let keys = [path[0], path[1], KEYS];
            let by = |key: String| lead(By::Key(key.chars().next()?), &self.text.string(&keys, &key)?);
            all.extend(self.text.keys(&keys).into_iter().filter_map(by));
        }
        if path[0] == "rotas" {
            let swaps = [path[0], path[1], SWAPS];
            let by = |key: String| lead(By::StandsIn(key.clone()), &self.text.string(&swaps, &key)?);
            all.extend(self.text.keys(&swaps).into_iter().filter_map(by));
        }
        all
    }

    /// The table goes, and whatever led there leads to `instead`.
    pub(super) fn without(
        &self,
        text: &mut Text,
        what: &Destination,
        instead: Option<&Destination>,
    ) -> Result<(), Refusal> {
        let [table, name] = table_of(what).ok_or(Refusal::Gone)?;
        if !self.has(what) {
            return Err(Refusal::Gone);
        }
        if let Some(instead) = instead {
            self.leads_to(what).iter().try_for_each(|lead| self.lead_on(text, lead, instead))?;
        }
        text.take(&[table, name])
    }

    fn lead_on(&self, text: &mut Text, lead: &Lead, to: &Destination) -> Result<(), Refusal> {
        let [table, name] = lead.from.path(self)?;
        let path = [table.as_str(), name.as_str()];
        match &lead.by {
            _ if !lead.may_be(to) => Err(Refusal::ByHand),
            By::Word(word) => set_place(text, &path, word, Some(to)),
            By::Key(key) => text.set(&[path[0], path[1], KEYS], &key.to_string(), &quoted(&to.to_string())),
            By::StandsIn(key) => text.set(&[path[0], path[1], SWAPS], key, &quoted(&to.to_string())),
            By::Among(name) => {
                let (old, new) = (text.strings(&path, name), to.to_string());
                let is_it = |member: &String| Destination::parse(member).as_ref() == Some(&lead.to);
                // Who rings rings once; a person may have several turns.
                let is_twice = *name == "ring" && old.contains(&new);
                let members = old.into_iter().filter(|member| !(is_twice && is_it(member)));
                let members: Vec<_> = members.map(|member| if is_it(&member) { new.clone() } else { member }).collect();
                text.set(&path, name, &list(&members))
            }
        }
    }
}
