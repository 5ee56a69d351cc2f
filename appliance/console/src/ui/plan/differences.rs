//! What a changed plan does otherwise, in sentences, before it goes live.

mod kept;
mod leads;
mod outside;

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use plan::Destination;
use plan::edit::{Day, Editor, Group, GroupOf, LIMITS, Place, Queue, Rota, Saying, Span, StandIn};

use super::super::Ctx;
use super::costs::{limit_said, rate_said};
use super::forms::{extension_said, place_said};
use super::groups::{missed, screen_said};
use super::hours::{field_time, night_said};
use super::menus::{finds_said, waits_said};
use super::oncall::{after_said, now, period_said};
use super::queues::facts;
use super::rules::rule_said;
use super::shows::show_said;

/// How far ahead days that differ are looked at: what comes every year comes once.
const DAYS_AHEAD: i64 = 365;

/// What of `before` is otherwise in `after`.
pub(super) fn differences(ctx: &Ctx, before: &Editor, after: &Editor) -> Vec<String> {
    let both = Both { ctx, before, after };
    let mut said = both.weeks();
    said.extend(both.days());
    said.extend(both.schedules());
    said.extend(both.groups());
    said.extend(both.queues());
    said.extend(both.menus());
    said.extend(both.said());
    said.extend(both.rotas());
    said.extend(both.numbers());
    said.extend(both.shows());
    said.extend(both.callers());
    said.extend(both.costs());
    said.extend(both.outside());
    said.extend(both.rooms());
    said.extend(both.codes());
    said.extend(both.kept());
    said.extend(both.names());
    said.extend(both.leads());
    said.extend(both.gone());
    said.extend(both.unreached());
    said
}

struct Both<'a> {
    ctx: &'a Ctx,
    before: &'a Editor,
    after: &'a Editor,
}

impl Both<'_> {
    fn with(&self, key: &str, args: &[(&'static str, &str)]) -> String {
        let args: Vec<_> = args.iter().map(|(name, value)| (*name, (*value).into())).collect();
        self.ctx.with(key, &args)
    }

    /// From what to what.
    fn turned(&self, what: &str, before: &str, after: &str) -> String {
        self.with("diff-turned", &[("what", what), ("before", before), ("after", after)])
    }

    fn weeks(&self) -> Vec<String> {
        let (old, mut said) = (self.before.weeks(), Vec::new());
        for new in self.after.weeks() {
            let old = old.iter().find(|old| old.name == new.name);
            if old.is_none() {
                said.push(self.with("diff-new-hours", &[("name", &new.name)]));
            }
            for n in 0..7 {
                let was = old.map_or(&[][..], |old| &old.days[n]);
                if was != new.days[n].as_slice() {
                    let what = format!("{}, {}", new.name, weekday(self.ctx, n));
                    said.push(self.turned(&what, &open_said(self.ctx, was), &open_said(self.ctx, &new.days[n])));
                }
            }
            if old.is_some_and(|old| old.holidays != new.holidays) {
                let key = if new.holidays { "diff-holidays-kept" } else { "diff-holidays-not" };
                said.push(self.with(key, &[("name", &new.name)]));
            }
        }
        let (was, is) = (self.before.country(), self.after.country());
        if was != is {
            let name = |country: Option<String>| {
                country.map_or_else(|| self.ctx.t("country-none"), |c| country_said(self.ctx, &c))
            };
            said.push(self.turned(&self.ctx.t("diff-country"), &name(was), &name(is)));
        }
        said
    }

    fn days(&self) -> Vec<String> {
        let (today, until) = year_from_today(self.ctx);
        let of = |editor: &Editor| -> Vec<Day> {
            editor.days(today, until).into_iter().filter(|day| day.place != Place::Country).collect()
        };
        let (old, new) = (of(self.before), of(self.after));
        let args = |day: &Day| {
            let whose = whose(day).map_or_else(String::new, |of| format!(" ({of})"));
            let name = if day.name.is_empty() { String::new() } else { format!(" ({})", day.name) };
            (format!("{}{whose}", date_said(self.ctx, day.date)), format!("{}{name}", open_said(self.ctx, &day.open)))
        };
        let is_new = |all: &[Day], day: &Day| !all.contains(day);
        let came = new.iter().filter(|day| is_new(&old, day)).map(|day| {
            let (date, open) = args(day);
            self.with(if day.yearly { "diff-day-yearly" } else { "diff-day" }, &[("date", &date), ("open", &open)])
        });
        let same = |day: &&Day| new.iter().any(|other| other.date == day.date && whose(other) == whose(day));
        let weeks = self.after.weeks();
        let is_there = |day: &&Day| whose(day).is_none_or(|of| weeks.iter().any(|week| week.name == of));
        let gone = old.iter().filter(is_there).filter(|day| is_new(&new, day) && !same(day)).map(|day| {
            let (date, open) = args(day);
            self.with("diff-day-gone", &[("date", &date), ("open", &open)])
        });
        came.chain(gone).collect()
    }

    fn schedules(&self) -> Vec<String> {
        let (old, mut said) = (self.before.schedules(), Vec::new());
        for new in self.after.schedules() {
            let Some(old) = old.iter().find(|old| old.name == new.name) else {
                let (open, closed) = (place_said(self.ctx, &new.open), place_said(self.ctx, &new.closed));
                let key = if self.before.schedules().is_empty() { "diff-new-schedule" } else { "diff-more-schedule" };
                let args = [("name", &*new.name), ("hours", &new.hours), ("open", &open), ("closed", &closed)];
                said.push(self.with(key, &args));
                continue;
            };
            let new_name = &new.name;
            if old.hours != new.hours {
                let what = format!("{}, {}", new_name, self.ctx.t("calls-hours"));
                said.push(self.turned(&what, &old.hours, &new.hours));
            }
            let each = [
                ("calls-open", Some(&old.open), Some(&new.open)),
                ("calls-closed", Some(&old.closed), Some(&new.closed)),
                ("calls-holiday", old.holiday.as_ref(), new.holiday.as_ref()),
            ];
            for (key, old, new) in each.into_iter().filter(|(_, old, new)| old != new) {
                let what = format!("{}, {}", new_name, self.ctx.t(key));
                let place = |to| place_of(self.ctx, to, "calls-as-closed");
                said.push(self.turned(&what, &place(old), &place(new)));
            }
            if old.night_switch != new.night_switch {
                let what = format!("{}, {}", new_name, self.ctx.t("calls-night"));
                let night = |heeds| night_said(self.ctx, heeds);
                said.push(self.turned(&what, &night(old.night_switch), &night(new.night_switch)));
            }
        }
        said
    }

    fn groups(&self) -> Vec<String> {
        let (old, mut said) = (self.before.groups(), Vec::new());
        for new in self.after.groups() {
            let Some(old) = old.iter().find(|old| old.of == new.of) else {
                // A number of the clinic is none that comes: it rings otherwise than before, which is said as such.
                if matches!(new.of, GroupOf::Number(_)) {
                    continue;
                }
                let (name, who) = (group_said(self.ctx, &new.of), ring_said(self.ctx, &new));
                said.push(self.with("diff-new-group", &[("name", &name), ("who", &who)]));
                continue;
            };
            let of = group_said(self.ctx, &new.of);
            let mut turned = |key: &str, before: String, after: String| {
                if before != after {
                    said.push(self.turned(&format!("{of}, {}", self.ctx.t(key)), &before, &after));
                }
            };
            turned("group-ring", ring_said(self.ctx, old), ring_said(self.ctx, &new));
            turned("group-order", order_said(self.ctx, &old.order), order_said(self.ctx, &new.order));
            turned("group-seconds", old.seconds.to_string(), new.seconds.to_string());
            let place = |to: &Option<Destination>, none| place_of(self.ctx, to.as_ref(), none);
            for ((_, key, old, none), (_, _, new, _)) in missed(old).into_iter().zip(missed(&new)) {
                turned(key, place(old, none), place(new, none));
            }
            let screen = |group: &Group| screen_said(self.ctx, group.screen.as_deref());
            turned("group-screen", screen(old), screen(&new));
        }
        said
    }

    fn queues(&self) -> Vec<String> {
        let (old, mut said) = (self.before.queues(), Vec::new());
        let ring = |queue: &Queue| phones_said(self.ctx, &queue.ring);
        for new in self.after.queues() {
            let Some(old) = old.iter().find(|old| old.name == new.name) else {
                said.push(self.with("diff-new-queue", &[("name", &new.name), ("who", &ring(&new))]));
                continue;
            };
            let of = self.with("place-queue", &[("name", &new.name)]);
            let before = [("group-ring", ring(old))].into_iter().chain(facts(self.ctx, old));
            let after = [("group-ring", ring(&new))].into_iter().chain(facts(self.ctx, &new));
            let turned = before.zip(after).filter(|(before, after)| before != after);
            said.extend(turned.map(|((key, before), (_, after))| {
                self.turned(&format!("{of}, {}", self.ctx.t(key)), &before, &after)
            }));
        }
        said
    }

    fn menus(&self) -> Vec<String> {
        let (old, mut said) = (self.before.menus(), Vec::new());
        for new in self.after.menus() {
            let Some(old) = old.iter().find(|old| old.name == new.name) else {
                let key = |(key, to): (&char, &String)| {
                    let to = key_said(self.ctx, to);
                    self.with("diff-new-menu-key", &[("key", &key.to_string()), ("to", &to)])
                };
                let keys = new.keys.iter().map(key).collect::<Vec<_>>().join(", ");
                let key = if keys.is_empty() { "diff-new-menu-bare" } else { "diff-new-menu" };
                said.push(self.with(key, &[("name", &new.name), ("keys", &keys)]));
                if new.extensions {
                    said.push(self.with("diff-menu-dials", &[("name", &new.name)]));
                }
                if !new.names.is_empty() {
                    let who = finds_said(self.ctx, &new.names);
                    said.push(self.with("diff-new-menu-finds", &[("name", &new.name), ("who", &who)]));
                }
                continue;
            };
            let place = |to: Option<&String>| to.map_or_else(|| self.ctx.t("key-nothing"), |to| key_said(self.ctx, to));
            for key in "1234567890*#".chars().filter(|key| old.keys.get(key) != new.keys.get(key)) {
                let what = self.with("diff-key", &[("name", &new.name), ("key", &key.to_string())]);
                said.push(self.turned(&what, &place(old.keys.get(&key)), &place(new.keys.get(&key))));
            }
            if old.nobody != new.nobody {
                let what = self.with("diff-no-key", &[("name", &new.name)]);
                said.push(self.turned(&what, &place_said(self.ctx, &old.nobody), &place_said(self.ctx, &new.nobody)));
            }
            if old.extensions != new.extensions {
                let key = if new.extensions { "diff-menu-dials" } else { "diff-menu-dials-not" };
                said.push(self.with(key, &[("name", &new.name)]));
            }
            if old.names != new.names {
                let what = self.with("diff-menu-finds", &[("name", &new.name)]);
                said.push(self.turned(&what, &finds_said(self.ctx, &old.names), &finds_said(self.ctx, &new.names)));
            }
            if (old.seconds, old.times) != (new.seconds, new.times) {
                let what = self.with("place-menu", &[("name", &new.name)]);
                said.push(self.turned(&what, &waits_said(self.ctx, old), &waits_said(self.ctx, &new)));
            }
        }
        said
    }

    fn said(&self) -> Vec<String> {
        let (old, mut said) = (self.before.said(), Vec::new());
        for new in self.after.said() {
            let Some(old) = old.iter().find(|old| old.at == new.at) else {
                // A new menu says itself what it is.
                if let Saying::Announcement(name) = &new.at {
                    let then = place_of(self.ctx, new.then.as_ref(), "place-end");
                    said.push(self.with("diff-new-said", &[("name", name), ("then", &then)]));
                }
                continue;
            };
            let of = saying_said(self.ctx, &new.at);
            if old.prompts != new.prompts {
                let list = |prompts: &[String]| {
                    if prompts.is_empty() { self.ctx.t("said-no-prompt") } else { prompts.join(", ") }
                };
                said.push(self.turned(
                    &format!("{of}, {}", self.ctx.t("said-heard")),
                    &list(&old.prompts),
                    &list(&new.prompts),
                ));
            }
            if old.texts != new.texts {
                let text = new.texts.values().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>().join(" / ");
                said.push(self.with("diff-text", &[("what", &of), ("text", &text)]));
            }
            if old.then != new.then {
                let place = |to: &Option<Destination>| place_of(self.ctx, to.as_ref(), "place-end");
                said.push(self.turned(
                    &format!("{of}, {}", self.ctx.t("said-then")),
                    &place(&old.then),
                    &place(&new.then),
                ));
            }
        }
        said
    }

    fn rotas(&self) -> Vec<String> {
        let (old, mut said) = (self.before.rotas(), Vec::new());
        let now = now(self.ctx);
        let turns = |editor: &Editor, rota: &Rota| {
            let rota = editor.rota_now(&rota.name, now);
            rota.map(|rota| who_said(self.ctx, &rota.turns)).unwrap_or_default()
        };
        for new in self.after.rotas() {
            let name = &new.name;
            let Some(old) = old.iter().find(|old| old.name == *name) else {
                said.push(self.with("diff-rota-new", &[("name", name), ("who", &who_said(self.ctx, &new.turns))]));
                continue;
            };
            let what = |key: &str| format!("{name}, {}", self.ctx.t(key));
            let yes = |is: bool| self.ctx.t(if is { "oncall-yes" } else { "oncall-no" });
            let place = |to: &Option<Destination>| place_of(self.ctx, to.as_ref(), "place-end");
            let each = [
                (self.with("diff-rota-turns", &[("name", name)]), turns(self.before, old), turns(self.after, &new)),
                (what("oncall-after"), after_said(self.ctx, old), after_said(self.ctx, &new)),
                (what("oncall-days-each"), old.days.to_string(), new.days.to_string()),
                (what("oncall-change"), field_time(old.change), field_time(new.change)),
                (what("group-seconds"), old.seconds.to_string(), new.seconds.to_string()),
                (what("oncall-press-1"), yes(old.press_1), yes(new.press_1)),
                (what("oncall-nobody"), place(&old.nobody), place(&new.nobody)),
            ];
            let turned = each.iter().filter(|(_, before, after)| before != after);
            said.extend(turned.map(|(what, before, after)| self.turned(what, before, after)));
            let (were, are) = (self.before.stand_ins(name), self.after.stand_ins(name));
            let other = |key: &str, other: &StandIn| {
                let when = period_said(self.ctx, other.from, other.until);
                self.with(key, &[("who", &place_said(self.ctx, &other.who)), ("name", name), ("when", &when)])
            };
            said.extend(are.iter().filter(|own| !were.contains(own)).map(|(_, own)| other("diff-rota-stand-in", own)));
            said.extend(were.iter().filter(|own| !are.contains(own)).map(|(_, own)| other("diff-rota-back", own)));
        }
        said
    }

    fn names(&self) -> Vec<String> {
        let (old, new) = (self.before.names(), self.after.names());
        let came = new
            .iter()
            .filter(|(number, name)| old.get(*number) != Some(*name))
            .map(|(number, name)| self.with("diff-name", &[("number", &self.ctx.number(number)), ("name", name)]));
        let gone = old
            .iter()
            .filter(|(number, _)| !new.contains_key(*number))
            .map(|(number, name)| self.with("diff-name-gone", &[("number", &self.ctx.number(number)), ("name", name)]));
        came.chain(gone).collect()
    }

    fn costs(&self) -> Vec<String> {
        let (old, new) = (self.before.limits(), self.after.limits());
        let none = self.ctx.t("costs-no-limit");
        let value = |limits: &BTreeMap<&str, String>, key: &str| limits.get(key).unwrap_or(&none).clone();
        let turned = LIMITS.iter().filter(|key| old.get(*key) != new.get(*key));
        let turned = turned.map(|key| self.turned(&limit_said(self.ctx, key), &value(&old, key), &value(&new, key)));
        let mut said: Vec<_> = turned.collect();
        said.extend(self.listed(&self.before.rates(), &self.after.rates(), rate_said, "diff-rate-order"));
        said
    }

    /// What came to a list in which the first that fits holds, what went from it, or that its order is another.
    fn listed<T: PartialEq>(
        &self,
        old: &[T],
        new: &[T],
        said: impl Fn(&Ctx, &T) -> String,
        order: &str,
    ) -> Vec<String> {
        let each = |key: &str, rule| self.with(key, &[("rule", &said(self.ctx, rule))]);
        let came = new.iter().filter(|own| !old.contains(own)).map(|own| each("diff-rule-new", own));
        let gone = old.iter().filter(|own| !new.contains(own)).map(|own| each("diff-rule-gone", own));
        let mut all: Vec<_> = came.chain(gone).collect();
        if all.is_empty() && old != new {
            all.push(self.ctx.t(order));
        }
        all
    }

    fn shows(&self) -> Vec<String> {
        self.listed(&self.before.show_rules(), &self.after.show_rules(), show_said, "diff-show-order")
    }

    fn callers(&self) -> Vec<String> {
        self.listed(&self.before.caller_rules(), &self.after.caller_rules(), rule_said, "diff-rule-order")
    }

    fn unreached(&self) -> Vec<String> {
        let old = self.before.unreached();
        let new = self.after.unreached().into_iter().filter(|step| !old.contains(step));
        let was_there = |step: &str| Destination::parse(step).is_some_and(|step| self.before.has(&step));
        let how = |step: &str| if was_there(step) { "diff-unreached" } else { "diff-not-reached-yet" };
        let unused = |editor: &Editor, hours: &str| editor.schedules_by(hours).is_empty();
        let weeks = self.after.weeks().into_iter();
        let idle = weeks.filter(|week| unused(self.after, &week.name) && !unused(self.before, &week.name));
        let idle = idle.map(|week| self.with("diff-unused-hours", &[("name", &week.name)]));
        new.map(|step| self.with(how(step), &[("name", step)])).chain(idle).collect()
    }
}

/// Today and the last of the days that are looked at.
pub(super) fn year_from_today(ctx: &Ctx) -> (Date, Date) {
    let today: Date = ctx.local.day_and_time(ctx.local.now).0.parse().unwrap_or(Date::ZERO);
    (today, today.checked_add(DAYS_AHEAD.days()).unwrap_or(today))
}

/// Whose day it is, if not everybody's.
pub(super) fn whose(day: &Day) -> Option<&str> {
    match &day.place {
        Place::Except(hours, _) => Some(hours),
        Place::Country | Place::Holiday(_) => None,
    }
}

/// "Monday"; 0 is Monday.
pub(super) fn weekday(ctx: &Ctx, n: usize) -> String {
    ctx.t(&format!("weekday-{}", n + 1))
}

/// "Thursday 24 December 2026".
pub(super) fn date_said(ctx: &Ctx, date: Date) -> String {
    let Some(noon) = ctx.local.moment(&date.to_string(), "12:00") else { return date.to_string() };
    format!("{} {}", ctx.t(&format!("weekday-{}", date.weekday().to_monday_one_offset())), ctx.local.day_year(noon))
}

/// "08:00–12:00, 13:00–17:00".
pub(super) fn open_said(ctx: &Ctx, open: &[Span]) -> String {
    if open.is_empty() {
        return ctx.t("week-closed");
    }
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    open.iter().map(|span| format!("{}–{}", time(span.from), time(span.until))).collect::<Vec<_>>().join(", ")
}

/// "United States".
pub(super) fn country_said(ctx: &Ctx, code: &str) -> String {
    match code {
        "US" | "CA" | "GB" | "IE" | "FR" | "DE" | "ES" | "MX" => ctx.t(&format!("country-{}", code.to_lowercase())),
        other => other.to_owned(),
    }
}

/// A place in plain words, or what it means that there is none.
pub(super) fn place_of(ctx: &Ctx, to: Option<&Destination>, none: &str) -> String {
    to.map_or_else(|| ctx.t(none), |to| place_said(ctx, to))
}

/// What rings a group.
pub(super) fn group_said(ctx: &Ctx, of: &GroupOf) -> String {
    match of {
        GroupOf::Extension(number) => extension_said(ctx, number),
        GroupOf::Number(number) if number == "main" => ctx.number(&ctx.settings.main_number),
        GroupOf::Number(number) if number == "fax" => ctx.number(&ctx.settings.fax_number),
        GroupOf::Number(number) => {
            ctx.settings.numbering.parse(number).map_or_else(|_| number.clone(), |number| ctx.number(&number))
        }
    }
}

/// Several places, by their names.
pub(super) fn who_said(ctx: &Ctx, who: &[Destination]) -> String {
    who.iter().map(|who| place_said(ctx, who)).collect::<Vec<_>>().join(", ")
}

/// Who rings, by their names.
pub(super) fn ring_said(ctx: &Ctx, group: &Group) -> String {
    phones_said(ctx, &group.ring)
}

pub(super) fn phones_said(ctx: &Ctx, ring: &[String]) -> String {
    ring.iter().map(|number| extension_said(ctx, number)).collect::<Vec<_>>().join(", ")
}

/// How a plan's word for an order is said.
pub(super) fn order_said(ctx: &Ctx, word: &str) -> String {
    if plan::edit::orders().any(|known| known == word) {
        ctx.t(&format!("order-{}", word.replace(' ', "-")))
    } else {
        word.to_owned()
    }
}

/// What a key does.
pub(super) fn key_said(ctx: &Ctx, written: &str) -> String {
    match (written, written.strip_prefix("language ")) {
        ("again", _) => ctx.t("key-again"),
        (_, Some(language)) => match language {
            "en" | "es" | "fr" => {
                ctx.with("key-language", &[("name", (&ctx.t(&format!("language-{language}"))).into())])
            }
            other => other.to_owned(),
        },
        (other, None) => Destination::parse(other).map_or_else(|| other.to_owned(), |to| place_said(ctx, &to)),
    }
}

/// Which step says something.
pub(super) fn saying_said(ctx: &Ctx, at: &Saying) -> String {
    match at {
        Saying::Menu(name) => ctx.with("place-menu", &[("name", name.into())]),
        Saying::Announcement(name) => ctx.with("place-announcement", &[("name", name.into())]),
        Saying::Queue(name) => ctx.with("place-queue", &[("name", name.into())]),
        Saying::Rota(name) => ctx.with("place-rota", &[("name", name.into())]),
    }
}
