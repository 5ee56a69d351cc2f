//! Where calls are led, who rings, what keys do, what callers hear.

use std::collections::BTreeMap;

use super::text::{Text, list, quoted};
use super::{Editor, Refusal, set_list, set_place, set_text};
use crate::destination::{Destination, Next};
use crate::screening::Screening;
use crate::steps::{Choice, RingOrder};
use crate::{InboundTo, OwnNumber};

/// Where calls go by the hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// "front".
    pub name: String,
    /// Whose hours decide.
    pub hours: String,
    /// While it is open.
    pub open: Destination,
    /// While it is closed.
    pub closed: Destination,
    /// On holidays; nothing: as while it is closed.
    pub holiday: Option<Destination>,
    /// The switch of the night closes it, too.
    pub night_switch: bool,
}

/// In the place of extensions: all people are meant.
pub const EVERYBODY: &str = "all";

/// Phones that ring for one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub of: GroupOf,
    /// Extensions, in their order.
    pub ring: Vec<String>,
    /// A word of [`orders`].
    pub order: String,
    /// For how long; each of them, if they do not ring together.
    pub seconds: u64,
    /// What comes if nobody answers.
    pub nobody: Option<Destination>,
    /// If all are in a call; nothing: as if nobody answers.
    pub busy: Option<Destination>,
    /// If no phone is reached; nothing: as if nobody answers.
    pub unreachable: Option<Destination>,
    /// Which callers from outside say their name first, by a word of [`screenings`]; nothing: none.
    pub screen: Option<String>,
}

/// What rings a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupOf {
    /// An extension of the plan.
    Extension(String),
    /// A number of the clinic as the plan writes it ("main"), which rings phones itself.
    Number(String),
}

/// What the keys of a menu do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuKeys {
    /// "main".
    pub name: String,
    /// What stands in the plan: "queue appointments", "again", "language es".
    pub keys: BTreeMap<char, String>,
    /// Callers may dial an extension of people.
    pub extensions: bool,
    /// Whom callers find by the letters of a name: extensions, or [`EVERYBODY`] alone.
    pub names: Vec<String>,
    /// For so many seconds a key is waited for after the words.
    pub seconds: u64,
    /// So often the words are said.
    pub times: u64,
    /// Where a caller goes who presses nothing.
    pub nobody: Destination,
}

/// A step that says something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Saying {
    /// A menu.
    Menu(String),
    /// An announcement.
    Announcement(String),
    /// A queue, to whoever begins to wait.
    Queue(String),
    /// A rota, to callers whom whoever is on call is to take.
    Rota(String),
}

/// What callers hear at a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Where.
    pub at: Saying,
    /// One after the other.
    pub prompts: Vec<String>,
    /// The same to read, by its language; without one under an empty word.
    pub texts: BTreeMap<String, String>,
    /// What comes after an announcement; nothing: the call ends.
    pub then: Option<Destination>,
}

/// The orders in which phones ring, by their words in a plan.
pub fn orders() -> impl Iterator<Item = &'static str> {
    RingOrder::ALL.iter().map(|(word, _)| *word)
}

/// Which callers may have to say their name first, by their words in a plan.
pub fn screenings() -> impl Iterator<Item = &'static str> {
    Screening::ALL.iter().map(|(word, _)| *word)
}

impl GroupOf {
    /// Where the text has it.
    fn path(&self, editor: &Editor) -> Result<[String; 2], Refusal> {
        Ok(match self {
            Self::Extension(number) => ["extensions".to_owned(), number.clone()],
            Self::Number(number) => ["inbound".to_owned(), editor.inbound_at(number).ok_or(Refusal::Gone)?.to_string()],
        })
    }
}

impl Saying {
    fn path(&self) -> [&str; 2] {
        match self {
            Self::Menu(name) => ["menus", name],
            Self::Announcement(name) => ["announcements", name],
            Self::Queue(name) => ["queues", name],
            Self::Rota(name) => ["rotas", name],
        }
    }
}

impl Editor {
    /// Where calls go by the hours.
    pub fn schedules(&self) -> Vec<Schedule> {
        let of = self.plan.steps.schedules.iter().map(|(name, schedule)| Schedule {
            name: name.clone(),
            hours: schedule.hours.clone(),
            open: schedule.open.clone(),
            closed: schedule.closed.clone(),
            holiday: schedule.holiday.clone(),
            night_switch: schedule.switch,
        });
        of.collect()
    }

    pub(super) fn set_schedule(&self, text: &mut Text, new: &Schedule) -> Result<(), Refusal> {
        let old = self.plan.steps.schedules.get(&new.name).ok_or(Refusal::Gone)?;
        let path = ["schedules", &new.name];
        set_text(text, &path, "hours", Some(&new.hours))?;
        set_place(text, &path, "open", Some(&new.open))?;
        set_place(text, &path, "closed", Some(&new.closed))?;
        set_place(text, &path, "holiday", new.holiday.as_ref())?;
        match (old.switch, new.night_switch) {
            (true, false) => text.set(&path, NIGHT_SWITCH, "false"),
            (false, true) => text.remove(&path, NIGHT_SWITCH),
            _ => Ok(()),
        }
    }

    /// Who rings: the clinic's numbers that ring phones themselves, then extensions.
    pub fn groups(&self) -> Vec<Group> {
        let mut all = Vec::new();
        let plan = &self.plan;
        for inbound in &plan.inbound {
            let InboundTo::Ring(ringing) = &inbound.to else { continue };
            let number = match &inbound.number {
                OwnNumber::Main => "main",
                OwnNumber::Fax => "fax",
                OwnNumber::Other(number) => number.as_str(),
            };
            let of = GroupOf::Number(number.to_owned());
            let group = self.group(of, ringing.seconds.as_secs(), &ringing.then);
            // One that rings a group does as the group does, and is changed there.
            let is_group = |ring: &[String]| matches!(ring, [only] if plan.extensions.contains_key(only));
            all.extend(group.filter(|group| !is_group(&group.ring)));
        }
        let extensions = plan.extensions.iter().filter_map(|(number, ringing)| {
            self.group(GroupOf::Extension(number.clone()), ringing.seconds.as_secs(), &ringing.then)
        });
        all.extend(extensions);
        all
    }

    fn group(&self, of: GroupOf, seconds: u64, then: &Next) -> Option<Group> {
        let [kind, name] = of.path(self).ok()?;
        let path = [kind.as_str(), name.as_str()];
        let (ring, order) = (self.text.strings(&path, "ring"), self.order_at(&path));
        let Next { nobody, busy, unreachable } = then.clone();
        Some(Group { screen: self.text.string(&path, "screen"), ring, order, seconds, nobody, busy, unreachable, of })
    }

    pub(super) fn order_at(&self, path: &[&str]) -> String {
        self.text.string(path, "order").unwrap_or_else(|| TOGETHER.to_owned())
    }

    pub(super) fn set_group(&self, text: &mut Text, new: &Group) -> Result<(), Refusal> {
        let old = self.groups().into_iter().find(|group| group.of == new.of).ok_or(Refusal::Gone)?;
        let [kind, name] = new.of.path(self)?;
        let path = [kind.as_str(), name.as_str()];
        if old.ring != new.ring {
            text.set(&path, "ring", &list(&new.ring))?;
        }
        if old.order != new.order {
            text.set(&path, "order", &quoted(&new.order))?;
        }
        if old.seconds != new.seconds {
            text.set(&path, "seconds", &new.seconds.to_string())?;
        }
        for (key, old, new) in [
            ("nobody", &old.nobody, &new.nobody),
            ("busy", &old.busy, &new.busy),
            ("unreachable", &old.unreachable, &new.unreachable),
        ] {
            if old != new {
                set_place(text, &path, key, new.as_ref())?;
            }
        }
        set_text(text, &path, "screen", new.screen.as_deref())
    }

    pub(super) fn inbound_at(&self, number: &str) -> Option<usize> {
        let is_it = |n: &usize| {
            self.text.string(&["inbound", &n.to_string()], "number").is_some_and(|written| {
                written == number || crate::destination::full_number(&written).is_some_and(|own| own.as_str() == number)
            })
        };
        (0..self.text.count("inbound")).find(is_it)
    }

    /// The entry of `[[inbound]]` for the main number.
    pub(super) fn main_entry(&self) -> Option<usize> {
        self.inbound_at("main")
    }

    /// All menus.
    pub fn menus(&self) -> Vec<MenuKeys> {
        let written = |choice: &Choice| match choice {
            Choice::Go(to) => to.to_string(),
            Choice::Again => "again".to_owned(),
            Choice::Language(language) => format!("language {language}"),
        };
        let of = self.plan.steps.menus.values().map(|menu| MenuKeys {
            name: menu.name.clone(),
            keys: menu.keys.iter().map(|(key, choice)| (*key, written(choice))).collect(),
            extensions: menu.extensions,
            names: self.text.strings(&["menus", &menu.name], "names"),
            seconds: menu.wait.as_secs(),
            times: menu.times.into(),
            nobody: menu.nobody.clone(),
        });
        of.collect()
    }

    pub(super) fn set_menu(&self, text: &mut Text, new: &MenuKeys) -> Result<(), Refusal> {
        let old = self.menus().into_iter().find(|menu| menu.name == new.name).ok_or(Refusal::Gone)?;
        let path = ["menus", new.name.as_str()];
        let keys = ["menus", new.name.as_str(), "keys"];
        set_place(text, &path, "nobody", Some(&new.nobody))?;
        set_list(text, &path, "names", &old.names, &new.names)?;
        for (key, old, new) in [("seconds", old.seconds, new.seconds), ("times", old.times, new.times)] {
            if old != new {
                text.set(&path, key, &new.to_string())?;
            }
        }
        match (old.extensions, new.extensions) {
            (false, true) => text.set(&path, "extensions", "true")?,
            (true, false) => text.remove(&path, "extensions")?,
            _ => {}
        }
        if !self.text.has(&path, "keys") {
            let all: Vec<_> =
                new.keys.iter().map(|(key, to)| format!("{} = {}", quoted(&key.to_string()), quoted(to))).collect();
            return if all.is_empty() { Ok(()) } else { text.set(&path, "keys", &format!("{{ {} }}", all.join(", "))) };
        }
        for (key, to) in new.keys.iter().filter(|(key, to)| old.keys.get(*key) != Some(*to)) {
            text.set(&keys, &key.to_string(), &quoted(to))?;
        }
        for key in old.keys.keys().filter(|key| !new.keys.contains_key(*key)) {
            text.remove(&keys, &key.to_string())?;
        }
        Ok(())
    }

    /// What callers hear at menus, as they begin to wait and before whoever is on call is called, and what they are told.
    pub fn said(&self) -> Vec<Said> {
        let steps = &self.plan.steps;
        let menus = steps.menus.values().map(|menu| (Saying::Menu(menu.name.clone()), &menu.words, None));
        let announcements = steps.announcements.values().map(|said| {
            let then = (said.then != Destination::HangUp).then(|| said.then.clone());
            (Saying::Announcement(said.name.clone()), &said.words, then)
        });
        let queues = steps.queues.values().map(|queue| (Saying::Queue(queue.name.clone()), &queue.words, None));
        let rotas = steps.rotas.iter().map(|(name, rota)| (Saying::Rota(name.clone()), &rota.words, None));
        let said = menus.chain(announcements).chain(queues).chain(rotas).map(|(at, words, then)| Said {
            at,
            prompts: words.prompts.clone(),
            texts: words.texts.clone(),
            then,
        });
        said.collect()
    }

    pub(super) fn set_said(&self, text: &mut Text, new: &Said) -> Result<(), Refusal> {
        let old = self.said().into_iter().find(|said| said.at == new.at).ok_or(Refusal::Gone)?;
        let path = new.at.path();
        if old.prompts != new.prompts {
            match new.prompts.as_slice() {
                [] => text.remove(&path, "prompt")?,
                [one] => text.set(&path, "prompt", &quoted(one))?,
                all => text.set(&path, "prompt", &list(all))?,
            }
        }
        if old.texts != new.texts {
            set_texts(text, path, &old.texts, &new.texts)?;
        }
        if old.then != new.then {
            set_place(text, &path, "then", new.then.as_ref())?;
        }
        Ok(())
    }
}

/// Languages that are there and no longer wanted go; an only text has none.
fn set_texts(
    text: &mut Text,
    path: [&str; 2],
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Result<(), Refusal> {
    if new.is_empty() {
        return text.remove(&path, "say");
    }
    let say = [path[0], path[1], "say"];
    for (language, words) in new {
        match language.as_str() {
            "" => set_text(text, &path, "say", Some(words))?,
            language => set_text(text, &say, language, Some(words))?,
        }
    }
    for language in old.keys().filter(|language| !language.is_empty() && !new.contains_key(*language)) {
        text.remove(&say, language)?;
    }
    Ok(())
}

const TOGETHER: &str = "together";
pub(super) const NIGHT_SWITCH: &str = "night_switch";
