//! Changes to a plan's text by form: the text and a change in, the text with that change out. What is not meant stays as it is, byte by byte. A
//! text that has changed is checked as any other before it goes live: nothing here decides whether a plan is good.

mod added;
mod callers;
mod codes;
mod costs;
mod days;
mod kept;
mod leads;
mod numbers;
mod opening;
mod outside;
mod queues;
mod rooms;
mod rotas;
mod steps;
mod text;

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::settings::Problem;
use model::{PhoneNumber, Settings};

use self::text::{Text, list, quoted};
use crate::Plan;
use crate::destination::{Destination, full_number};

pub use self::callers::CallerRule;
pub use self::codes::{NewCodes, is_code, is_page_group};
pub use self::costs::{LIMITS, OffHours, Rate};
pub use self::days::{Day, Place, Week, countries, hours_said};
pub use self::kept::{KEEP_DAYS, MESSAGE_SECONDS, Mailboxes, Recording, mailed_as, recorded_calls};
pub use self::leads::{By, Lead, Source};
pub use self::numbers::{Answers, Number, NumberUse, ShowRule};
pub use self::opening::Opened;
pub use self::outside::{CallRight, Help};
pub use self::queues::{CALLBACK_MINUTES, EVERY_SECONDS, QUEUE_MOST, QUEUE_SECONDS, Queue, RING_SECONDS};
pub use self::rooms::{PARK_SECONDS, PIN, Parking, Room};
pub use self::rotas::{Rota, StandIn, Turn};
pub use self::steps::{EVERYBODY, Group, GroupOf, MenuKeys, Said, Saying, Schedule, orders, screenings};
pub use crate::check::{MENU_SECONDS, MENU_TIMES, MENU_WAITS};
pub use crate::hours::Span;

/// A plan that is before somebody who changes it.
#[derive(Clone, Debug)]
pub struct Editor {
    plan: Plan,
    text: Text,
}

/// What shall be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The hours of a week.
    Week(Week),
    /// Somebody is open in a week of their own.
    AddWeek(Week),
    /// A day that is not as its weekday.
    Add(NewDay),
    /// Such a day is as others again.
    Remove(Place),
    /// Whose public holidays are kept; nothing: none.
    Country(Option<String>),
    /// Where calls go when the clinic is open, when it is closed, on holidays.
    Schedule(Schedule),
    /// Something more leads calls by hours.
    AddSchedule(Schedule),
    /// Who rings.
    Group(Group),
    /// This extension of the plan leads there.
    Lead(String, Destination),
    /// One more, which leads there.
    AddLead(String, Destination),
    /// What the keys of a menu do.
    Menu(MenuKeys),
    /// What callers hear.
    Said(Said),
    /// What a number outside is called; nothing: it has no name any more.
    Name(PhoneNumber, Option<String>),
    /// A plan without hours has some from now on.
    Open(Opened),
    /// Who takes turns at being on call.
    Rota(Rota),
    /// Others take turns, too, and what callers are told first.
    AddRota(Rota, Said),
    /// Somebody takes another's turn.
    StandIn(StandIn),
    /// They do not: of this rota, what stands under this key.
    TakeBack(String, String),
    /// Phones that ring together under an extension of their own.
    AddGroup(Group),
    /// Something more that callers are told.
    AddSaid(Said),
    /// A menu, and what is said there.
    AddMenu(MenuKeys, Said),
    /// How callers wait.
    Queue(Queue),
    /// Callers wait somewhere more, and what they are told first.
    AddQueue(Queue, Said),
    /// What this rule for some callers says, from 0.
    CallerRule(usize, CallerRule),
    /// One more rule, after the others.
    AddCallerRule(CallerRule),
    /// This rule holds no more.
    TakeCallerRule(usize),
    /// This rule is asked before the one that was before it.
    RaiseCallerRule(usize),
    /// Where calls to a number of the clinic go.
    Number(Number),
    /// The plan answers one more.
    AddNumber(Number),
    /// The plan says nothing more of this one.
    TakeNumber(String),
    /// What some calls outside show, from 0.
    Show(usize, ShowRule),
    /// What some more of them show, after the others.
    AddShow(ShowRule),
    /// They show what others do.
    TakeShow(usize),
    /// It is asked before the one that was before it.
    RaiseShow(usize),
    /// What calls outside may be and may cost: what is not said has no limit.
    Limits(BTreeMap<&'static str, String>),
    /// Outside which hours which kinds of calls are off; nothing: they never are.
    OffHours(Option<OffHours>),
    /// What a minute costs, from 0.
    Rate(usize, Rate),
    /// What one more kind of minutes costs, after the others.
    AddRate(Rate),
    /// It costs nothing, or what a later one says.
    TakeRate(usize),
    /// It is asked before the one that was before it.
    RaiseRate(usize),
    /// What has to be typed to come into a room.
    Room(Room),
    /// Many talk in one more.
    AddRoom(Room),
    /// This room is not there any more.
    TakeRoom(String),
    /// Where callers are parked.
    Parking(Parking),
    /// Who has a mailbox.
    Mailboxes(Mailboxes),
    /// What is recorded; nothing: no call is.
    Recording(Option<Recording>),
    /// Over which trunks each kind of number is called.
    Outside(BTreeMap<&'static str, Vec<String>>),
    /// What some may call otherwise, from 0.
    Right(usize, CallRight),
    /// What some more may call otherwise, after the others.
    AddRight(CallRight),
    /// They may call what all may.
    TakeRight(usize),
    /// It is asked before the one that was before it.
    RaiseRight(usize),
    /// How help is called, and who is told.
    Help(Help),
    /// Whether whoever answers a call outside that nobody took inside presses 1.
    PressOne(bool),
    /// What staff dial for these services.
    Codes(NewCodes),
    /// Where phones listen to pages; nothing: none does.
    PageGroup(Option<String>),
    /// This step, or this extension of the plan, is not there any more. What led there leads to the other place, if there is one.
    Without(Destination, Option<Destination>),
    /// These hours are not there any more. Calls that were led by them are led by the others, if there are some.
    WithoutHours(String, Option<String>),
}

/// A day that is not as its weekday.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDay {
    /// Which.
    pub date: Date,
    /// "Christmas Eve".
    pub name: String,
    /// When it is open; never: closed.
    pub open: Vec<Span>,
    /// Every year. Only of days on which all are closed.
    pub yearly: bool,
    /// Whose hours; nothing: all.
    pub of: Option<String>,
}

/// Why a text stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is written in a way that a form would spoil.
    ByHand,
    /// What was to be changed is not there.
    Gone,
    /// What was to be added is there already.
    Taken,
}

impl Editor {
    /// Takes a text to change.
    ///
    /// # Errors
    /// Its problems: what cannot be read is changed by hand alone.
    pub fn open(text: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self { plan: Plan::parse(text)?, text: Text::new(text) })
    }

    /// The plan, as it was taken.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The text with these changes, each of something else.
    ///
    /// # Errors
    /// Why it stays as it is.
    pub fn with(&self, changes: &[Change]) -> Result<String, Refusal> {
        let mut text = self.text.clone();
        for change in changes {
            match change {
                Change::Week(week) => self.set_week(&mut text, week)?,
                Change::AddWeek(week) => self.add_week(&mut text, week)?,
                Change::Add(day) => self.add_day(&mut text, day)?,
                Change::Remove(place) => days::remove(&mut text, place)?,
                Change::Country(country) => set_text(&mut text, &["holidays"], "country", country.as_deref())?,
                Change::Schedule(schedule) => self.set_schedule(&mut text, schedule)?,
                Change::AddSchedule(schedule) => self.add_schedule(&mut text, schedule)?,
                Change::Lead(number, to) => self.set_lead(&mut text, number, to)?,
                Change::AddLead(number, to) => self.add_lead(&mut text, number, to)?,
                Change::Group(group) => self.set_group(&mut text, group)?,
                Change::Menu(menu) => self.set_menu(&mut text, menu)?,
                Change::Said(said) => self.set_said(&mut text, said)?,
                Change::Name(number, name) => self.set_name(&mut text, number, name.as_deref())?,
                Change::Open(opened) => self.set_open(&mut text, opened)?,
                Change::Rota(rota) => self.set_rota(&mut text, rota)?,
                Change::AddRota(rota, said) => self.add_rota(&mut text, rota, said)?,
                Change::StandIn(stand_in) => self.stand_in(&mut text, stand_in)?,
                Change::TakeBack(rota, key) => rotas::take_back(&mut text, rota, key)?,
                Change::AddGroup(group) => self.add_group(&mut text, group)?,
                Change::AddSaid(said) => self.add_said(&mut text, said)?,
                Change::AddMenu(menu, said) => self.add_menu(&mut text, menu, said)?,
                Change::Queue(queue) => self.set_queue(&mut text, queue)?,
                Change::AddQueue(queue, said) => self.add_queue(&mut text, queue, said)?,
                Change::CallerRule(n, rule) => self.set_caller_rule(&mut text, *n, rule)?,
                Change::AddCallerRule(rule) => callers::add_caller_rule(&mut text, rule)?,
                Change::TakeCallerRule(n) => self.take_of(&mut text, "callers", *n)?,
                Change::RaiseCallerRule(n) => self.raise_of(&mut text, "callers", *n)?,
                Change::Number(number) => self.set_number(&mut text, number)?,
                Change::AddNumber(number) => self.add_number(&mut text, number)?,
                Change::TakeNumber(number) => self.take_number(&mut text, number)?,
                Change::Show(n, rule) => self.set_show(&mut text, *n, rule)?,
                Change::AddShow(rule) => numbers::add_show(&mut text, rule)?,
                Change::TakeShow(n) => self.take_of(&mut text, "shows", *n)?,
                Change::RaiseShow(n) => self.raise_of(&mut text, "shows", *n)?,
                Change::Limits(limits) => self.set_limits(&mut text, limits)?,
                Change::OffHours(off) => self.set_off_hours(&mut text, off.as_ref())?,
                Change::Rate(n, rate) => self.set_rate(&mut text, *n, rate)?,
                Change::AddRate(rate) => costs::add_rate(&mut text, rate)?,
                Change::TakeRate(n) => self.take_of(&mut text, "rates", *n)?,
                Change::RaiseRate(n) => self.raise_of(&mut text, "rates", *n)?,
                Change::Room(room) => self.set_room(&mut text, room)?,
                Change::AddRoom(room) => self.add_room(&mut text, room)?,
                Change::TakeRoom(number) => self.take_room(&mut text, number)?,
                Change::Parking(parking) => self.set_parking(&mut text, parking)?,
                Change::Mailboxes(mailboxes) => self.set_mailboxes(&mut text, mailboxes)?,
                Change::Recording(recording) => self.set_recording(&mut text, recording.as_ref())?,
                Change::Outside(outside) => self.set_outside(&mut text, outside)?,
                Change::Right(n, right) => self.set_right(&mut text, *n, right)?,
                Change::AddRight(right) => outside::add_right(&mut text, right)?,
                Change::TakeRight(n) => self.take_of(&mut text, outside::RIGHTS, *n)?,
                Change::RaiseRight(n) => self.raise_of(&mut text, outside::RIGHTS, *n)?,
                Change::Help(help) => self.set_help(&mut text, help)?,
                Change::PressOne(press_1) => self.set_press_1(&mut text, *press_1)?,
                Change::Codes(new) => self.set_codes(&mut text, new)?,
                Change::PageGroup(group) => self.set_page_group(&mut text, group.as_deref())?,
                Change::Without(what, instead) => self.without(&mut text, what, instead.as_ref())?,
                Change::WithoutHours(hours, instead) => self.without_hours(&mut text, hours, instead.as_deref())?,
            }
        }
        Ok(text.into_string())
    }

    /// What the clinic calls numbers outside.
    pub const fn names(&self) -> &BTreeMap<PhoneNumber, String> {
        &self.plan.names
    }

    fn set_name(&self, text: &mut Text, number: &PhoneNumber, name: Option<&str>) -> Result<(), Refusal> {
        let own = self.text.keys(&["names"]).into_iter().find(|key| full_number(key).as_ref() == Some(number));
        match (own, name) {
            (None, None) => Err(Refusal::Gone),
            (Some(key), None) => text.remove(&["names"], &key),
            (Some(key), Some(name)) => text.set(&["names"], &key, &quoted(name)),
            (None, Some(name)) => text.set(&["names"], number.as_str(), &quoted(name)),
        }
    }

    /// All places to which this plan may lead calls, with these people.
    pub fn destinations(&self, settings: &Settings) -> Vec<Destination> {
        let steps = &self.plan.steps;
        let mut all: Vec<_> =
            settings.people.iter().map(|person| Destination::Extension(person.extension.clone())).collect();
        let of_plan = self.plan.extensions.keys().chain(self.plan.leads.keys());
        all.extend(of_plan.map(|number| Destination::Extension(number.clone())));
        all.extend(steps.schedules.keys().cloned().map(Destination::Schedule));
        all.extend(steps.menus.keys().cloned().map(Destination::Menu));
        all.extend(steps.queues.keys().cloned().map(Destination::Queue));
        all.extend(steps.rotas.keys().cloned().map(Destination::Rota));
        all.extend(steps.announcements.keys().cloned().map(Destination::Announcement));
        let boxes = settings.people.iter().filter(|person| self.plan.has_mailbox(&person.extension, settings));
        all.extend(boxes.map(|person| Destination::Voicemail(person.extension.clone())));
        all.extend([Destination::FaxMachine, Destination::Busy, Destination::HangUp]);
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|to| seen.insert(to.clone()));
        all
    }

    /// Steps that no call reaches, as [`Destination`] writes them: "announcement closed".
    pub fn unreached(&self) -> Vec<&str> {
        let lost = self.plan.mentions.iter().filter(|mention| mention.what == crate::Mentioned::Unreached);
        lost.map(|mention| mention.name.as_str()).collect()
    }
}

/// Lets a key have a text, if it has another; `None`: it is not written.
fn set_text(text: &mut Text, path: &[&str], key: &str, new: Option<&str>) -> Result<(), Refusal> {
    let old = text.string(path, key);
    match (old.as_deref(), new) {
        (old, new) if old == new => Ok(()),
        (_, Some(new)) => text.set(path, key, &quoted(new)),
        (_, None) => text.remove(path, key),
    }
}

/// The same for a list: an empty one is not written.
fn set_list(text: &mut Text, path: &[&str], key: &str, old: &[String], new: &[String]) -> Result<(), Refusal> {
    match new {
        same if *same == *old => Ok(()),
        [] => text.remove(path, key),
        new => text.set(path, key, &list(new)),
    }
}

/// The same for somewhere that calls go: what is written in other spaces is the same place.
fn set_place(text: &mut Text, path: &[&str], key: &str, new: Option<&Destination>) -> Result<(), Refusal> {
    let old = text.string(path, key);
    if old.as_deref().and_then(Destination::parse).as_ref() == new {
        return Ok(());
    }
    set_text(text, path, key, new.map(ToString::to_string).as_deref())
}
