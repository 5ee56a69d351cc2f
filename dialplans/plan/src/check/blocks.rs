//! Schedules, menus, announcements, queues and rotas: the tables of a plan in which calls are led on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::civil::DateTime;
use toml::de::{DeTable, DeValue};

use super::{Check, RING_SECONDS};
use crate::Mentioned;
use crate::destination::{self, Destination, Next};
use crate::hours;
use crate::read::{Placed, Section};
use crate::steps::{
    Announcement, CallBack, Change, Choice, Menu, Queue, RingOrder, RotaText, Schedule, Steps, Swap, Words,
};
use crate::voicemail::People;

/// A menu waits so long for a key.
pub const MENU_SECONDS: Range<u64> = 2..61;
/// Words said more often than that are said to nobody.
pub const MENU_TIMES: Range<u64> = 1..11;
/// What a menu does that does not say how it waits: seconds, and how often its words are said.
pub const MENU_WAITS: (u64, u64) = (5, 3);
/// How many may wait in a queue.
pub const QUEUE_MOST: Range<u64> = 1..101;
/// How long somebody may wait in a queue: carriers end calls of several hours.
pub const QUEUE_SECONDS: Range<u64> = 10..7201;
/// How often a place in a queue is said.
pub const EVERY_SECONDS: Range<u64> = 10..601;
/// How long somebody may wait to be called back: a working day and its evening.
pub const CALLBACK_MINUTES: Range<u64> = 5..721;
/// How long one turn of a rota is.
const TURN_DAYS: Range<u64> = 1..367;
/// A rota has one for each who works there, and more swaps than anybody keeps.
const MAX_TURNS: usize = 60;
/// Prompts that follow each other: nobody listens longer.
const MAX_PROMPTS: usize = 8;
/// Languages that the box has words in.
const LANGUAGES: [&str; 3] = ["en", "es", "fr"];

/// How long whatever rings in a queue or a rota rings if the plan does not say: four rings.
const SHORT_RING: Duration = Duration::from_secs(20);

impl<'t> Check<'t> {
    pub(super) fn steps(&mut self, top: Section<'_, 't>) -> Steps {
        Steps {
            schedules: self.named(top, "schedules", Destination::Schedule, Self::schedule),
            menus: self.named(top, "menus", Destination::Menu, Self::menu),
            announcements: self.named(top, "announcements", Destination::Announcement, Self::announcement),
            queues: self.named(top, "queues", Destination::Queue, Self::queue),
            rotas: self.named(top, "rotas", Destination::Rota, Self::rota),
        }
    }

    /// The tables under `key`, each with its name.
    fn named<T>(
        &mut self,
        top: Section<'_, 't>,
        key: &str,
        make: fn(String) -> Destination,
        read: fn(&mut Self, &str, &Destination, Placed<&DeTable<'t>>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let mut all = BTreeMap::new();
        let Some(table) = self.reader.table(top, key) else { return all };
        for (name, value) in table.value {
            let Some(mut entry) = self.reader.as_table(value) else { continue };
            // The place of its name: the table of a header has none that a person would look for.
            entry.span = name.span();
            let text = name.get_ref().clone().into_owned();
            if !destination::is_name(&text) {
                self.reader.say(name.span(), "this cannot be a name", "use letters, digits and hyphens");
                continue;
            }
            let own = make(text.clone());
            self.places.insert(own.clone(), name.span());
            if let Some(block) = read(self, &text, &own, entry) {
                all.insert(text, block);
            }
        }
        all
    }

    fn schedule(&mut self, _: &str, own: &Destination, table: Placed<&DeTable<'t>>) -> Option<Schedule> {
        let section = self.reader.section(table.value, &["hours", "open", "closed", "holiday", "night_switch"]);
        let hours = self.needed(section, "hours", &table.span, "write hours = \"NAME\", with a table [hours.NAME]");
        let open = self.needed_destination(section, "open", own, &table.span);
        let closed = self.needed_destination(section, "closed", own, &table.span);
        let holiday = self.destination(section, "holiday", Some(own), false);
        let switch = self.reader.flag(section, "night_switch").is_none_or(|f| f.value);
        let hours = hours?;
        self.used_hours.push(hours.clone());
        Some(Schedule { hours: hours.value, open: open?, closed: closed?, holiday, switch })
    }

    fn menu(&mut self, name: &str, own: &Destination, table: Placed<&DeTable<'t>>) -> Option<Menu> {
        let known = ["say", "prompt", "keys", "extensions", "names", "seconds", "times", "nobody"];
        let section = self.reader.section(table.value, &known);
        let words = self.words(section, "menus", name);
        let keys = self.keys(section, own);
        let extensions = self.reader.flag(section, "extensions").is_some_and(|f| f.value);
        let names =
            if section.get("names").is_some() { self.people(section, "names", &table.span) } else { People::Nobody };
        if keys.is_empty() && !extensions && names == People::Nobody {
            self.reader.say(table.span.clone(), "this menu has no keys", "write keys = { 1 = \"101\" }");
        }
        let seconds = self.reader.number(section, "seconds", MENU_SECONDS, " of seconds").unwrap_or(MENU_WAITS.0);
        let times = self.reader.number(section, "times", MENU_TIMES, "").unwrap_or(MENU_WAITS.1);
        let (wait, times) = (Duration::from_secs(seconds), u8::try_from(times).unwrap_or(u8::MAX));
        let nobody = self.needed_destination(section, "nobody", own, &table.span)?;
        Some(Menu { name: name.to_owned(), words, keys, extensions, names, wait, times, nobody, typed: String::new() })
    }

    fn keys(&mut self, section: Section<'_, 't>, own: &Destination) -> BTreeMap<char, Choice> {
        let mut keys = BTreeMap::new();
        let Some(table) = self.reader.table(section, "keys") else { return keys };
        for (key, value) in table.value {
            let Some(text) = self.reader.as_string(value) else { continue };
            let one = key.get_ref().chars().next().filter(|c| key.get_ref().len() == 1 && "0123456789*#".contains(*c));
            let Some(one) = one else {
                self.reader.say(key.span(), "this is no key of a phone", "the keys are 0 to 9, \"*\" and \"#\"");
                continue;
            };
            if let Some(choice) = self.choice(text, own) {
                keys.insert(one, choice);
            }
        }
        keys
    }

    fn choice(&mut self, text: Placed<String>, own: &Destination) -> Option<Choice> {
        if text.value == "again" {
            return Some(Choice::Again);
        }
        let Some(language) = text.value.strip_prefix("language ") else {
            return self.leads_to(text, Some(own), true).map(Choice::Go);
        };
        if LANGUAGES.contains(&language) {
            return Some(Choice::Language(language.to_owned()));
        }
        self.reader.say(text.span, "there is no such language", format!("the languages are: {}", LANGUAGES.join(", ")));
        None
    }

    fn announcement(&mut self, name: &str, own: &Destination, table: Placed<&DeTable<'t>>) -> Option<Announcement> {
        let section = self.reader.section(table.value, &["say", "prompt", "then"]);
        let words = self.words(section, "announcements", name);
        if words.are_none() {
            let help = "write say = \"…\", or prompt = \"NAME\"";
            self.reader.say(table.span, "this announcement says nothing", help);
        }
        let then = self.destination(section, "then", Some(own), false).unwrap_or(Destination::HangUp);
        Some(Announcement { name: name.to_owned(), words, then })
    }

    fn queue(&mut self, name: &str, own: &Destination, table: Placed<&DeTable<'t>>) -> Option<Queue> {
        let known = [
            "ring",
            "order",
            "seconds",
            "wait",
            "at_most",
            "say",
            "prompt",
            "every",
            "say_wait",
            "callback",
            "callback_minutes",
            "full",
            "nobody",
        ];
        let section = self.reader.section(table.value, &known);
        let members = self.ring_list(section, table.span);
        let extensions = self.expanded(members);
        let tells_wait = self.reader.flag(section, "say_wait");
        if let Some(flag) = tells_wait.as_ref().filter(|flag| flag.value && section.get("every").is_none()) {
            let help = "write every = 60 as well: the wait is said with the caller's place";
            self.reader.say(flag.span.clone(), "nothing is said to those who wait here", help);
        }
        Some(Queue {
            name: name.to_owned(),
            extensions,
            order: self.order(section),
            ring: self.reader.seconds(section, "seconds", RING_SECONDS).unwrap_or(SHORT_RING),
            wait: self.reader.seconds(section, "wait", QUEUE_SECONDS).unwrap_or(Duration::from_secs(900)),
            most: self
                .reader
                .number(section, "at_most", QUEUE_MOST, "")
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(20),
            words: self.words(section, "queues", name),
            every: self.reader.seconds(section, "every", EVERY_SECONDS).unwrap_or_default(),
            tells_wait: tells_wait.is_some_and(|flag| flag.value),
            callback: self.callback(section),
            full: self.destination(section, "full", Some(own), false),
            nobody: self.destination(section, "nobody", Some(own), false),
        })
    }

    /// `callback = "2"`, and how long it is tried.
    fn callback(&mut self, section: Section<'_, 't>) -> Option<CallBack> {
        let minutes = self.reader.number(section, "callback_minutes", CALLBACK_MINUTES, " of minutes");
        let text = self.reader.string(section, "callback")?;
        let mut keys = text.value.chars();
        match (keys.next(), keys.next()) {
            (Some(key), None) if key.is_ascii_digit() || key == '*' || key == '#' => {
                Some(CallBack { key, within: Duration::from_secs(minutes.unwrap_or(120) * 60) })
            }
            _ => {
                let help = "write one key that the caller presses, as in callback = \"2\"";
                self.reader.say(text.span, "this is no key of a telephone", help);
                None
            }
        }
    }

    fn rota(&mut self, name: &str, own: &Destination, table: Placed<&DeTable<'t>>) -> Option<RotaText> {
        let known =
            ["turns", "since", "days", "change", "swaps", "escalate", "seconds", "press_1", "say", "prompt", "nobody"];
        let section = self.reader.section(table.value, &known);
        let turns = self.members(section, "turns", own);
        if turns.is_empty() {
            self.reader.say(
                table.span.clone(),
                "nobody is on call here",
                "write turns = [\"103\", \"outside +12025550123\"]",
            );
        }
        let has_escalate = self.reader.strings(section, "escalate").is_some();
        let escalate = has_escalate.then(|| self.members(section, "escalate", own));
        let change = self.change(section, &table.span, turns.len())?;
        Some(RotaText {
            turns,
            escalate,
            change,
            swaps: self.swaps(section, own),
            ring: self.reader.seconds(section, "seconds", RING_SECONDS).unwrap_or(SHORT_RING),
            acknowledge: self.reader.flag(section, "press_1").is_none_or(|f| f.value),
            words: self.words(section, "rotas", name),
            nobody: self.destination(section, "nobody", Some(own), false),
        })
    }

    /// Who takes turns, or is called after them. The same person may have several turns.
    fn members(&mut self, section: Section<'_, 't>, key: &str, own: &Destination) -> Vec<Destination> {
        let list = self.reader.strings(section, key).map_or_else(Vec::new, |list| list.value);
        if let Some(beyond) = list.get(MAX_TURNS) {
            self.reader.say(beyond.span.clone(), "too many turns", format!("at most {MAX_TURNS} may be written"));
        }
        list.into_iter().take(MAX_TURNS).filter_map(|text| self.member(text, own)).collect()
    }

    fn member(&mut self, text: Placed<String>, own: &Destination) -> Option<Destination> {
        let span = text.span.clone();
        match self.leads_to(text, Some(own), true)? {
            // A plan that counts already stays readable: nobody is called there, and whoever has their turn next is.
            Destination::Extension(number) if self.leads.contains_key(&number) => {
                self.mention(Mentioned::LeadsOn, &Placed { value: number.clone(), span });
                Some(Destination::Extension(number))
            }
            who @ (Destination::Extension(_) | Destination::Outside(_)) => Some(who),
            _ => {
                let help = "write an extension, or \"outside +12025550123\"";
                self.reader.say(span, "nobody can be called there", help);
                None
            }
        }
    }

    fn change(&mut self, section: Section<'_, 't>, place: &Range<usize>, turns: usize) -> Option<Change> {
        let days = self.reader.number(section, "days", TURN_DAYS, " of days").and_then(|n| i32::try_from(n).ok());
        let at = self.reader.string(section, "change").map_or(Some(0), |text| {
            let minute = hours::minute(&text.value).filter(|m| *m < 24 * 60);
            if minute.is_none() {
                self.reader.say(text.span, "this is no time of the day", "write it as in change = \"08:00\"");
            }
            minute
        });
        let help = "write the first day of the first turn, as in since = \"2026-11-16\"";
        let since = match self.reader.string(section, "since") {
            Some(text) => {
                let day = text.value.parse().ok();
                if day.is_none() {
                    self.reader.say(text.span, "this is no day", help);
                }
                day
            }
            // With one who is always on call it does not matter when their turn began.
            None if turns <= 1 => Some(jiff::civil::date(2026, 1, 1)),
            None => {
                self.reader.say(place.clone(), "nobody knows whose turn it is", help);
                None
            }
        };
        Some(Change { days: days.unwrap_or(7), since: since?, at: at? })
    }

    /// "2026-12-24 08:00 - 2026-12-27 08:00" = "104".
    fn swaps(&mut self, section: Section<'_, 't>, own: &Destination) -> Vec<Swap> {
        let mut swaps: Vec<Swap> = Vec::new();
        let Some(table) = self.reader.table(section, "swaps") else { return swaps };
        for (key, value) in table.value {
            let DeValue::String(_) = value.get_ref() else {
                let help = "write \"2026-12-24 08:00 - 2026-12-27 08:00\" = \"104\"";
                self.reader.say(value.span(), "this says nobody who stands in", help);
                continue;
            };
            let Some((from, until)) = swap_times(key.get_ref()) else {
                let help = "write it as in \"2026-12-24 08:00 - 2026-12-27 08:00\"";
                self.reader.say(key.span(), "this is no time from when until when", help);
                continue;
            };
            if swaps.iter().any(|s| s.from < until && from < s.until) {
                self.reader.say(key.span(), "two stand in at the same time", "let the one end when the other begins");
                continue;
            }
            let Some(text) = self.reader.as_string(value) else { continue };
            if let Some(who) = self.member(text, own) {
                swaps.push(Swap { from, until, who });
            }
        }
        swaps
    }

    /// `say = "…"`, `say = { en = "…", es = "…" }`, `prompt = "NAME"`, `prompt = ["NAME", "NAME"]`.
    /// `table` and `name`: which step says them.
    fn words(&mut self, section: Section<'_, 't>, table: &str, name: &str) -> Words {
        let named = self.reader.one_or_more(section, "prompt").unwrap_or_default();
        if let Some(beyond) = named.get(MAX_PROMPTS) {
            self.reader.say(
                beyond.span.clone(),
                "too many prompts",
                format!("at most {MAX_PROMPTS} may follow each other"),
            );
        }
        named.iter().for_each(|name| self.mention(Mentioned::Prompt, name));
        let prompts = super::values(named);
        let mut texts = BTreeMap::new();
        let step = format!("{table}.{name}");
        let Some(value) = section.get("say") else { return Words { prompts, texts, step } };
        if prompts.is_empty() {
            self.mention(Mentioned::Text, &Placed { value: step.clone(), span: value.span() });
        }
        if let DeValue::Table(table) = value.get_ref() {
            for (language, value) in table {
                if !LANGUAGES.contains(&language.get_ref().as_ref()) {
                    let help = format!("the languages are: {}", LANGUAGES.join(", "));
                    self.reader.say(language.span(), "there is no such language", help);
                }
                if let Some(text) = self.said(value) {
                    texts.insert(language.get_ref().clone().into_owned(), text);
                }
            }
        } else if let Some(text) = self.said(value) {
            texts.insert(String::new(), text);
        }
        Words { prompts, texts, step }
    }

    fn said(&mut self, value: &toml::Spanned<DeValue<'t>>) -> Option<String> {
        let text = self.reader.as_string(value)?;
        if text.value.trim().is_empty() {
            self.reader.say(text.span, "nothing is said here", "write what callers hear, or leave it out");
            return None;
        }
        Some(text.value)
    }

    pub(super) fn order(&mut self, section: Section<'_, 't>) -> RingOrder {
        let Some(word) = self.reader.string(section, "order") else { return RingOrder::default() };
        let known = RingOrder::ALL.iter().find(|(w, _)| *w == word.value);
        if known.is_none() {
            let words: Vec<_> = RingOrder::ALL.iter().map(|(w, _)| *w).collect();
            let help = format!("the orders are: {}", words.join(", "));
            self.reader.say(word.span, "there is no such order of ringing", help);
        }
        known.map_or_else(RingOrder::default, |(_, order)| *order)
    }

    /// `nobody`, `busy`, `unreachable`.
    pub(super) fn next(&mut self, section: Section<'_, 't>, own: Option<&Destination>) -> Next {
        Next {
            nobody: self.destination(section, "nobody", own, false),
            busy: self.destination(section, "busy", own, false),
            unreachable: self.destination(section, "unreachable", own, false),
        }
    }

    fn needed(
        &mut self,
        section: Section<'_, 't>,
        key: &str,
        place: &Range<usize>,
        help: &str,
    ) -> Option<Placed<String>> {
        let text = self.reader.string(section, key);
        if text.is_none() && section.get(key).is_none() {
            self.reader.say(place.clone(), format!("\"{key}\" is missing here"), help);
        }
        text
    }

    fn needed_destination(
        &mut self,
        section: Section<'_, 't>,
        key: &str,
        own: &Destination,
        place: &Range<usize>,
    ) -> Option<Destination> {
        let text = self.needed(section, key, place, destination::FORMS)?;
        self.leads_to(text, Some(own), false)
    }

    /// The destination under `key`, if there is one.
    pub(super) fn destination(
        &mut self,
        section: Section<'_, 't>,
        key: &str,
        from: Option<&Destination>,
        by_person: bool,
    ) -> Option<Destination> {
        let text = self.reader.string(section, key)?;
        self.leads_to(text, from, by_person)
    }
}

/// "2026-12-24 08:00 - 2026-12-27 08:00": from when until when somebody stands in.
pub(crate) fn swap_times(key: &str) -> Option<(DateTime, DateTime)> {
    let (from, until) = key.split_once(" - ")?;
    Some((time(from)?, time(until)?)).filter(|(from, until)| from < until)
}

fn time(text: &str) -> Option<DateTime> {
    text.trim().replace(' ', "T").parse().ok()
}
