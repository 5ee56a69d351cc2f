//! A plan that does the same at any time gets hours.

use super::days::write_days;
use super::text::{Text, quoted};
use super::{Editor, Refusal, Schedule};
use crate::destination::Destination;
use crate::hours::Span;

/// What a plan without hours is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// When the clinic is open, Monday first.
    pub days: [Vec<Span>; 7],
    /// Whose public holidays are kept.
    pub country: Option<String>,
    /// Callers hear that the clinic is closed, before anything else.
    pub tells: bool,
    /// Where calls go while it is closed.
    pub closed: Destination,
}

/// How what is new is called.
const HOURS: &str = "office";
const SCHEDULE: &str = "main";
const ANNOUNCEMENT: &str = "closed";

impl Editor {
    /// Where calls to the main number go at any time, if hours can be set before that.
    pub fn may_open(&self) -> Option<Destination> {
        let is_free = self.plan.hours.is_empty() && self.plan.steps.schedules.is_empty();
        let number = self.main_entry().filter(|_| is_free)?.to_string();
        let path = ["inbound", number.as_str()];
        if let Some(to) = self.text.string(&path, "to") {
            return Destination::parse(&to);
        }
        // What rings several phones, or rings in a way of its own, has no name that a schedule could lead to.
        let simple = self.text.keys(&path).iter().all(|key| ["number", "ring", "label"].contains(&key.as_str()));
        match self.text.strings(&path, "ring").as_slice() {
            [only] if simple => Destination::parse(only),
            _ => None,
        }
    }

    pub(super) fn set_open(&self, text: &mut Text, new: &Opened) -> Result<(), Refusal> {
        let open = self.may_open().ok_or(Refusal::ByHand)?;
        let number = self.main_entry().ok_or(Refusal::Gone)?.to_string();
        let inbound = ["inbound", number.as_str()];
        text.set(&inbound, "to", &quoted(&Destination::Schedule(SCHEDULE.to_owned()).to_string()))?;
        if text.has(&inbound, "ring") {
            text.remove(&inbound, "ring")?;
        }
        let hours = ["hours", HOURS];
        write_days(text, &hours, &new.days)?;
        if let Some(country) = &new.country {
            super::set_text(text, &["holidays"], "country", Some(country))?;
        }
        let closed = if new.tells { self.told(text, &new.closed)? } else { new.closed.clone() };
        let (name, hours) = (SCHEDULE.to_owned(), HOURS.to_owned());
        let schedule = Schedule { name, hours, open, closed, holiday: None, night_switch: true };
        self.add_schedule(text, &schedule)
    }

    /// Callers are told before they go on to `then`.
    fn told(&self, text: &mut Text, then: &Destination) -> Result<Destination, Refusal> {
        if self.plan.steps.announcements.contains_key(ANNOUNCEMENT) {
            return Ok(Destination::Announcement(ANNOUNCEMENT.to_owned()));
        }
        let path = ["announcements", ANNOUNCEMENT];
        text.set(&path, "prompt", "[\"clinic_closed\", \"clinic_emergency\"]")?;
        if *then != Destination::HangUp {
            text.set(&path, "then", &quoted(&then.to_string()))?;
        }
        Ok(Destination::Announcement(ANNOUNCEMENT.to_owned()))
    }
}
