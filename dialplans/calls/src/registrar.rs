//! Where each extension's phones are.
//!
//! Every REGISTER needs a digest, and the user it proves must be the one it registers. A phone is reached by the flow over which it
//! registered, not by what its Contact says: behind NAT only that path is open. What is wrong is answered by a challenge, and by
//! 403 once an address has guessed too often; a phone whose credentials are right is never locked out.
//!
//! A device that names itself (`+sip.instance`) and its flow (`reg-id`) has one binding for each flow, wherever it moves (RFC 5626); it
//! is called over one flow at a time, the newest first, and any other only when that one has failed.

mod bound;
mod update;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use model::call::Binding;
use model::{Instant, Now, Random, Settings};
use sip::api::{Contact, Flow, Register};
use sip::gruu;

pub(crate) use bound::{Bound, Way};
use update::{Refused, update};

use crate::guard::{Guard, Unproved};

/// A phone on the desk, one at home, a softphone, and room to change one. The oldest leaves when a sixth comes: a phone that forgets
/// its Contact at each restart must not fill the list for an hour.
const MAX_BINDINGS: usize = 5;

/// Shorter asks for traffic (423 says so), longer leaves a vanished phone ringing in the void.
const EXPIRES: std::ops::RangeInclusive<u32> = 60..=3600;

/// What a REGISTER came to.
#[derive(Debug)]
pub(crate) enum Answer {
    Accept { contacts: Vec<Contact>, outbound: bool, changed: bool },
    Challenge { stale: bool },
    TooBrief { min_expires: u32 },
    Reject { code: u16 },
}

/// One device of a user, as a GRUU names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) user: String,
    pub(crate) instance: String,
}

/// All registrations.
#[derive(Debug, Default)]
pub(crate) struct Registrar {
    users: BTreeMap<String, Vec<Bound>>,
}

impl Registrar {
    /// Decides about a REGISTER and, if it is right, carries it out whole (RFC 3261 section 10.3).
    pub(crate) fn register(
        &mut self,
        now: Now,
        settings: &Settings,
        guard: &mut Guard,
        random: &mut Random,
        register: &Register,
    ) -> Answer {
        match guard.proved(now.instant, &register.auth, &register.flow) {
            Ok(user) if user == register.user => {}
            Ok(_) => return Answer::Reject { code: 403 },
            Err(Unproved::Challenge { stale }) => return Answer::Challenge { stale },
            Err(Unproved::Refuse { code }) => return Answer::Reject { code },
        }
        if settings.person(&register.user).is_none() {
            return Answer::Reject { code: 404 };
        }
        if !self.users.contains_key(&register.user) {
            self.users.insert(register.user.clone(), Vec::new());
        }
        let Some(bound) = self.users.get_mut(&register.user) else { return Answer::Reject { code: 500 } };
        bound.retain(|b| b.expires > now.instant);
        let answer = match update(bound, now, random, register) {
            Ok(changed) => {
                let names = register.wants_gruu.then_some(settings.domain.as_str());
                let contact = |b: &Bound| b.as_contact(now.instant, &register.user, names, random);
                Answer::Accept { contacts: bound.iter().map(contact).collect(), outbound: register.outbound, changed }
            }
            Err(Refused::OutOfOrder) => Answer::Reject { code: 400 },
            Err(Refused::TooBrief) => Answer::TooBrief { min_expires: *EXPIRES.start() },
        };
        if bound.is_empty() {
            self.users.remove(&register.user);
        }
        answer
    }

    /// The phones of a user.
    pub(crate) fn phones(&self, user: &str) -> &[Bound] {
        self.users.get(user).map_or(&[], Vec::as_slice)
    }

    /// All phones, with their users.
    pub(crate) fn bound(&self) -> impl Iterator<Item = (&str, &Bound)> {
        self.users.iter().flat_map(|(user, bound)| bound.iter().map(move |b| (user.as_str(), b)))
    }

    /// A phone was asked whether it is there. True if that changed what is known of it.
    pub(crate) fn answered(&mut self, user: &str, way: &Way, there: bool) -> bool {
        let phones = self.users.get_mut(user).map_or(&mut [][..], Vec::as_mut_slice);
        let Some(bound) = phones.iter_mut().find(|b| b.is(way)) else { return false };
        let before = bound.is_silent();
        bound.missed = if there { 0 } else { bound.missed.saturating_add(1) };
        before != bound.is_silent()
    }

    /// The phones of a user in the order in which they are to be called: by priority, and of one device the newest flow first.
    pub(crate) fn in_order(&self, user: &str) -> Vec<&Bound> {
        let mut phones: Vec<&Bound> = self.phones(user).iter().collect();
        phones.sort_by_key(|b| (std::cmp::Reverse(b.priority), std::cmp::Reverse(b.since)));
        phones
    }

    /// The devices of a user, each once however many ways lead to it.
    pub(crate) fn devices(&self, user: &str) -> Vec<&Bound> {
        let mut devices: Vec<&Bound> = Vec::new();
        for bound in self.in_order(user) {
            if !devices.iter().any(|d| d.is_same_device(bound)) {
                devices.push(bound);
            }
        }
        devices
    }

    /// Whose phones speak over this flow: several, where a base sends for all of its handsets from one port, or a proxy for all behind it.
    pub(crate) fn users_at(&self, flow: &Flow) -> impl Iterator<Item = &str> {
        let here = |b: &Bound| b.flow.transport == flow.transport && b.flow.remote == flow.remote;
        self.users.iter().filter(move |(_, bound)| bound.iter().any(here)).map(|(user, _)| user.as_str())
    }

    /// The device that a GRUU names, by its user part and its `gr`. A public one may name a device that is not registered now; a temporary
    /// one ends with the registration.
    pub(crate) fn device(&self, user: &str, gr: &str) -> Option<Device> {
        if !gr.is_empty() {
            return Some(Device { user: user.to_owned(), instance: gr.to_owned() });
        }
        if !gruu::is_temporary(user) {
            return None;
        }
        let all = self.users.iter().flat_map(|(owner, bound)| bound.iter().map(move |b| (owner, b)));
        let (owner, bound) = all.into_iter().find(|(_, b)| gruu::is_of(user, &b.grip))?;
        Some(Device { user: owner.clone(), instance: bound.instance.clone() })
    }

    /// Drops what has ended. True if something had.
    pub(crate) fn expire(&mut self, now: Instant) -> bool {
        self.retain(|_, b| b.expires > now)
    }

    /// Drops the phones of people who left the clinic. True if there were any.
    pub(crate) fn keep_people(&mut self, settings: &Settings) -> bool {
        self.retain(|user, _| settings.person(user).is_some())
    }

    fn retain(&mut self, keep: impl Fn(&str, &Bound) -> bool) -> bool {
        let before = self.count();
        for (user, bound) in &mut self.users {
            bound.retain(|b| keep(user, b));
        }
        self.users.retain(|_, bound| !bound.is_empty());
        self.count() != before
    }

    fn count(&self) -> usize {
        self.users.values().map(Vec::len).sum()
    }

    /// When the next one ends.
    pub(crate) fn next_expiry(&self) -> Option<Instant> {
        self.users.values().flatten().map(|b| b.expires).min()
    }

    /// When the next one of this user ends.
    pub(crate) fn next_expiry_of(&self, user: &str) -> Option<Instant> {
        self.phones(user).iter().map(|b| b.expires).min()
    }

    /// All, for the store.
    pub(crate) fn bindings(&self) -> Vec<Binding> {
        let of = |(user, bound): (&String, &Vec<Bound>)| -> Vec<Binding> {
            bound.iter().map(|b| b.as_binding(user)).collect()
        };
        self.users.iter().flat_map(of).collect()
    }

    /// Takes up what the store kept over a restart; `local` says by which address of ours a phone is reached. What cannot be read or has ended is left out: the phone registers again.
    pub(crate) fn restore(&mut self, now: Now, local: &dyn Fn(IpAddr) -> SocketAddr, bindings: Vec<Binding>) {
        for mut binding in bindings {
            let user = std::mem::take(&mut binding.user);
            let Some(kept) = Bound::restored(now, local, binding) else { continue };
            let bound = self.users.entry(user).or_default();
            // A phone that was faster than the store has a binding that is newer than the one kept.
            let is_same = |b: &Bound| match (b.reg_id, kept.reg_id) {
                _ if b.is_other_device(&kept.instance) => false,
                (0, _) | (_, 0) => b.contact == kept.contact,
                _ => b.is_flow(&kept.instance, kept.reg_id),
            };
            let back = bound.iter().any(is_same);
            if !back && bound.len() < MAX_BINDINGS {
                bound.push(kept);
            }
        }
        self.users.retain(|_, bound| !bound.is_empty());
    }
}
