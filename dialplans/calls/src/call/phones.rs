//! Which phones of whom are called, and in which order: by priority, and of one device over one flow at a time (RFC 5626 section 7).

use model::call::Party;
use model::settings::Person;

use crate::call::route::Fork;
use crate::registrar::{Bound, Device, Way};
use crate::step::Step;

/// Legs of one call. A group of 20 extensions with a phone each fits; every leg is an INVITE of its own.
pub(crate) const MAX_FORKS: usize = 30;

/// The phone that a leg goes to.
#[derive(Clone, Debug)]
pub(crate) struct Phone {
    pub(crate) user: String,
    pub(crate) way: Way,
    /// Which device it is, or empty.
    instance: String,
    priority: u16,
}

/// The phones that a call may ring, best first, and those that wait until better ones have failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phones {
    waiting: Vec<Phone>,
}

impl Phones {
    /// All that are registered for these extensions, or only one device. `group`: who calls is perhaps one of them, and does not want their own
    /// phone to ring; who calls themselves alone does.
    pub(crate) fn of(
        extensions: &[String],
        group: bool,
        only: Option<&Device>,
        caller: &Party,
        step: &Step<'_>,
    ) -> Self {
        let settings = &step.site.settings;
        let own = caller.number.as_ref().map(model::PhoneNumber::as_str);
        let called = extensions.iter().filter(|e| !group || own != Some(e.as_str()));
        let people = called.filter_map(|extension| settings.extension(extension));
        let meant = |bound: &&Bound, person: &Person| {
            only.is_none_or(|device| device.user == person.user && device.instance == bound.instance)
        };
        let phones = people.flat_map(|person| {
            let bound = step.registrar.in_order(&person.user);
            bound.into_iter().filter(move |b| meant(b, person)).map(move |b| Phone::new(&person.user, b))
        });
        Self { waiting: phones.take(MAX_FORKS).collect() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes out those that may be called now, while `ringing` are: nobody's second device before all better ones have refused, and no
    /// device twice.
    pub(crate) fn next(&mut self, ringing: &[Fork]) -> Vec<Phone> {
        let mut now: Vec<Phone> = ringing.iter().filter_map(|f| f.phone.clone()).collect();
        let before = now.len();
        let mut later = Vec::new();
        for phone in std::mem::take(&mut self.waiting) {
            let waits =
                now.iter().any(|n| n.user == phone.user && n.priority > phone.priority || n.is_same_device(&phone));
            if waits { later.push(phone) } else { now.push(phone) }
        }
        self.waiting = later;
        now.split_off(before)
    }

    /// A phone refused. If that was the device's answer, its other flows would only bring the same one.
    pub(crate) fn refused(&mut self, phone: &Phone, code: u16) {
        if !matches!(code, 408 | 430 | 503) {
            self.waiting.retain(|w| !w.is_same_device(phone));
        }
    }
}

impl Phone {
    fn new(user: &str, bound: &Bound) -> Self {
        Self { user: user.to_owned(), way: bound.way(), instance: bound.instance.clone(), priority: bound.priority }
    }

    fn is_same_device(&self, other: &Self) -> bool {
        !self.instance.is_empty() && self.user == other.user && self.instance == other.instance
    }
}
