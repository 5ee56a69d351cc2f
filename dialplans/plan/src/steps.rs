//! The steps that a call can take between its beginning and somebody's phone, as a checked plan has them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::DateTime;
use model::PhoneNumber;

use crate::destination::Destination;
use crate::voicemail::People;

/// What a caller is told: prompts by their names, and the text for people to read; both in several languages. Where no prompt is named
/// the text stands alone, and is heard only if the clinic has recorded it for this step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// The names of prompts, one said after the other.
    pub prompts: Vec<String>,
    /// The text by language ("en"). One without a language stands under the empty name.
    pub texts: BTreeMap<String, String>,
    /// The step that says them, by its table in the plan: "announcements.hours".
    pub step: String,
}

impl Words {
    /// True if the plan has none for this step.
    pub fn are_none(&self) -> bool {
        self.prompts.is_empty() && self.texts.is_empty()
    }

    /// True if the plan only writes them: there is no prompt that says them.
    pub fn are_written(&self) -> bool {
        self.prompts.is_empty() && !self.texts.is_empty()
    }

    /// What is written in this language, or in whichever there is.
    pub fn text(&self, language: &str) -> Option<&str> {
        let of = |language: &str| self.texts.get(language);
        of(language).or_else(|| of("")).or_else(|| self.texts.values().next()).map(String::as_str)
    }
}

/// In which order phones ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RingOrder {
    /// All at once.
    #[default]
    Together,
    /// One after the other.
    OneByOne,
    /// One, then the first two, then the first three ….
    Growing,
    /// One after the other, in an order that nobody knows before.
    Random,
    /// One after the other, first whoever has not talked for the longest time.
    LongestIdle,
}

impl RingOrder {
    /// All of them with their word in the plan.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("together", Self::Together),
        ("one by one", Self::OneByOne),
        ("growing", Self::Growing),
        ("random", Self::Random),
        ("longest idle", Self::LongestIdle),
    ];

    /// For a sentence, after the names: "101, 102 ring together for 30 seconds".
    pub(crate) fn said(self, seconds: u64) -> String {
        match self {
            Self::Together => format!("ring together for {seconds} seconds"),
            Self::OneByOne => format!("ring one after the other, {seconds} seconds each"),
            Self::Growing => format!("ring, one more every {seconds} seconds"),
            Self::Random => format!("ring one after the other by chance, {seconds} seconds each"),
            Self::LongestIdle => format!("ring one after the other, the longest idle first, {seconds} seconds each"),
        }
    }
}

/// A caller chooses by pressing a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// Its name in the plan.
    pub name: String,
    /// What is offered.
    pub words: Words,
    /// What each key does.
    pub keys: BTreeMap<char, Choice>,
    /// Callers may dial an extension of people.
    pub extensions: bool,
    /// Whom callers may find by the letters of a name.
    pub(crate) names: People,
    /// How long a key is waited for after the words.
    pub wait: Duration,
    /// How often the words are said before nobody is thought to be there.
    pub times: u8,
    /// Where a caller goes who presses nothing, or nothing that is offered.
    pub nobody: Destination,
    /// What the caller has typed before they came: the letters behind the code of the directory, and nothing in a menu of the plan.
    pub typed: String,
}

impl Menu {
    /// True if some can be found by the letters of their names.
    pub fn finds_names(&self) -> bool {
        self.names != People::Nobody
    }
}

/// What a key of a menu does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It leads there.
    Go(Destination),
    /// The words are said again.
    Again,
    /// All that follows is said in this language, and the words of this menu again.
    Language(String),
}

/// A caller is told something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Its name in the plan.
    pub name: String,
    /// What.
    pub words: Words,
    /// What comes after it.
    pub then: Destination,
}

/// Callers wait for the next who is free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name in the plan.
    pub name: String,
    /// Whose phones ring.
    pub extensions: Vec<String>,
    /// In which order.
    pub order: RingOrder,
    /// How long each of them rings.
    pub ring: Duration,
    /// How long a caller waits at most.
    pub wait: Duration,
    /// How many wait at most.
    pub most: usize,
    /// What a caller is told when they begin to wait.
    pub words: Words,
    /// How often a caller is told how many are before them; zero: never.
    pub every: Duration,
    /// They are told with it how long they may have to wait, once that can be said.
    pub tells_wait: bool,
    /// A caller may leave and be called back, without losing their place.
    pub callback: Option<CallBack>,
    /// Where a caller goes who finds the queue full; busy, if nothing is said.
    pub full: Option<Destination>,
    /// Where a caller goes who has waited long enough; the call ends, if nothing is said.
    pub nobody: Option<Destination>,
}

impl Queue {
    /// True if this extension is among those who take its calls.
    pub fn rings(&self, extension: &str) -> bool {
        self.extensions.iter().any(|one| one == extension)
    }
}

/// How callers of a queue are called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallBack {
    /// The key that asks for it.
    pub key: char,
    /// For how long it is tried. After that a person decides.
    pub within: Duration,
}

/// Whoever is on call is called, and then the next, until one says that they take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rota {
    /// Its name in the plan.
    pub name: String,
    /// Those to call, in order: whoever is on call first.
    pub members: Vec<Member>,
    /// How long each of them rings.
    pub ring: Duration,
    /// They must press 1 before they get the caller, so that no mailbox of a mobile phone takes a call.
    pub acknowledge: bool,
    /// What the caller is told first.
    pub words: Words,
    /// Where the caller goes if none takes it; the call ends, if nothing is said.
    pub nobody: Option<Destination>,
}

/// Somebody of a rota, as a call reaches them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// Phones of the clinic.
    Phones {
        /// The extension of a person, or those of a group.
        extensions: Vec<String>,
        /// In which order they ring.
        order: RingOrder,
    },
    /// A number outside.
    Outside {
        /// The trunks to call over, in order.
        trunks: Vec<String>,
        /// The number.
        number: PhoneNumber,
    },
}

/// A rota as the plan has it: who takes turns, and when they change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RotaText {
    pub(crate) turns: Vec<Destination>,
    /// Called after whoever is on call; those of `turns` who are not, if nothing is said.
    pub(crate) escalate: Option<Vec<Destination>>,
    pub(crate) change: Change,
    /// Who stands in for whoever would be on call, from the first day until before the second.
    pub(crate) swaps: Vec<Swap>,
    pub(crate) ring: Duration,
    pub(crate) acknowledge: bool,
    pub(crate) words: Words,
    pub(crate) nobody: Option<Destination>,
}

/// When the next one of a rota is on call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Each turn has so many days.
    pub(crate) days: i32,
    /// The first day of the first of `turns`.
    pub(crate) since: jiff::civil::Date,
    /// The minute of the day at which it changes.
    pub(crate) at: u16,
}

impl Change {
    /// How many whole days, from one change of the day to the next, have passed since the first turn began; before it, less than none.
    pub(crate) fn days_until(&self, at: DateTime) -> Option<i32> {
        let minute = u16::try_from(i32::from(at.hour()) * 60 + i32::from(at.minute())).ok()?;
        Some(at.date().since(self.since).ok()?.get_days() - i32::from(minute < self.at))
    }
}

/// A turn that somebody else takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Swap {
    pub(crate) from: DateTime,
    pub(crate) until: DateTime,
    pub(crate) who: Destination,
}

impl RotaText {
    /// Whose turn it is, and why.
    pub(crate) fn on_call(&self, now: &Zoned) -> Option<(&Destination, &'static str)> {
        let local = now.datetime();
        if let Some(swap) = self.swaps.iter().find(|s| s.from <= local && local < s.until) {
            return Some((&swap.who, "who stands in"));
        }
        let since = self.change.days_until(local)?;
        let turn = since.div_euclid(self.change.days.max(1)).rem_euclid(i32::try_from(self.turns.len()).ok()?.max(1));
        Some((self.turns.get(usize::try_from(turn).ok()?)?, "whose turn it is"))
    }

    /// Those to call, in order, each once.
    pub(crate) fn order(&self, now: &Zoned) -> Vec<&Destination> {
        let first = self.on_call(now).map(|(who, _)| who);
        let others = self.escalate.as_ref().unwrap_or(&self.turns);
        let mut order: Vec<&Destination> = first.into_iter().collect();
        for other in others {
            if !order.contains(&other) {
                order.push(other);
            }
        }
        order
    }
}

/// Open or closed, and what then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) hours: String,
    pub(crate) open: Destination,
    pub(crate) closed: Destination,
    pub(crate) holiday: Option<Destination>,
    /// The night switch turns it.
    pub(crate) switch: bool,
}

/// An announcement, a menu and a queue are used as they stand in the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) schedules: BTreeMap<String, Schedule>,
    pub(crate) menus: BTreeMap<String, Menu>,
    pub(crate) announcements: BTreeMap<String, Announcement>,
    pub(crate) queues: BTreeMap<String, Queue>,
    pub(crate) rotas: BTreeMap<String, RotaText>,
}

impl Steps {
    /// The words of a step, by its table and name: "announcements.hours".
    pub(crate) fn words(&self, step: &str) -> Option<&Words> {
        let (table, name) = step.split_once('.')?;
        match table {
            "menus" => self.menus.get(name).map(|menu| &menu.words),
            "announcements" => self.announcements.get(name).map(|said| &said.words),
            "queues" => self.queues.get(name).map(|queue| &queue.words),
            "rotas" => self.rotas.get(name).map(|rota| &rota.words),
            _ => None,
        }
    }
}
