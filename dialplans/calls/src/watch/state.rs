//! How the extensions stand, and when each last changed.

use std::collections::BTreeMap;

use model::call::Party;
use model::switches::PersonSwitches;
use sip::api::{DialogId, LegId, Package};

use super::{Feature, Mailbox};

/// One of our phones in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Desk {
    pub(crate) extension: String,
    pub(crate) dialog: DialogId,
    /// With whom.
    pub(crate) other: Party,
    /// It has said that it rings.
    pub(crate) rings: bool,
}

impl Desk {
    /// One that has not rung yet, and whose dialog has no name yet.
    pub(crate) fn new(extension: &str, other: Party) -> Self {
        Self { extension: extension.to_owned(), dialog: DialogId::default(), other, rings: false }
    }
}

/// How far a call of an extension has come (RFC 4235 section 3.7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lit {
    Trying,
    Early,
    Confirmed,
    Terminated,
}

/// What an extension's phones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Busy {
    Rings,
    Talks,
}

/// One call of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lamp {
    pub(crate) leg: LegId,
    pub(crate) dialog: DialogId,
    /// The extension was called.
    pub(crate) called: bool,
    pub(crate) lit: Lit,
    /// With whom.
    pub(crate) other: Party,
}

/// How one extension stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Its calls, and those that ended with the last change.
    pub(crate) lamps: Vec<Lamp>,
    /// A phone is registered for it.
    pub(crate) reachable: bool,
    pub(crate) mailbox: Mailbox,
    /// What its person has switched.
    pub(crate) own: PersonSwitches,
    /// It is a key for a switch, and nobody's extension.
    is_key: bool,
    lamps_changed: u64,
    presence_changed: u64,
    mailbox_changed: u64,
    /// In the order of [`Feature::ALL`].
    features_changed: [u64; Feature::ALL.len()],
}

impl State {
    /// The number of the last change that a package shows.
    pub(crate) fn changed(&self, package: Package) -> u64 {
        match package {
            Package::Dialog => self.lamps_changed,
            Package::Presence => self.presence_changed,
            Package::MessageSummary => self.mailbox_changed,
            Package::Features => self.features_changed.into_iter().max().unwrap_or(0),
        }
    }

    /// What of its person's features has changed since.
    pub(crate) fn features_since(&self, told: u64) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().zip(self.features_changed).filter(move |(_, changed)| *changed > told).map(|(f, _)| f)
    }

    /// What presence tells of its calls: it is in one, or only rings.
    pub(crate) fn busy(&self) -> Option<Busy> {
        let of = |l: &Lamp| if l.called && l.lit != Lit::Confirmed { Busy::Rings } else { Busy::Talks };
        self.calls().map(of).max()
    }

    /// Its calls that are up.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Lamp> {
        self.lamps.iter().filter(|l| l.lit != Lit::Terminated)
    }
}

/// How all extensions stand.
#[derive(Debug, Default)]
pub(crate) struct States {
    all: BTreeMap<String, State>,
    newest: u64,
}

impl States {
    pub(crate) fn get(&self, extension: &str) -> Option<(&str, &State)> {
        self.all.get_key_value(extension).map(|(e, s)| (e.as_str(), s))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &State)> {
        self.all.iter().filter(|(_, s)| !s.is_key).map(|(e, s)| (e.as_str(), s))
    }

    pub(crate) const fn newest(&self) -> u64 {
        self.newest
    }

    /// Takes in how an extension stands now; an unchanged one keeps its number.
    pub(crate) fn see(
        &mut self,
        extension: &str,
        lamps: Vec<Lamp>,
        reachable: bool,
        own: &PersonSwitches,
        mailbox: Mailbox,
    ) {
        let next = self.newest + 1;
        if !self.all.contains_key(extension) {
            self.all.insert(extension.to_owned(), State::default());
        }
        let Some(state) = self.all.get_mut(extension) else { return };
        let first = state.lamps_changed == 0;
        let before = (state.busy(), state.reachable, state.own.do_not_disturb);
        if first || !state.calls().eq(&lamps) {
            let gone = |l: &Lamp| lamps.iter().all(|now| now.leg != l.leg);
            let ended: Vec<Lamp> =
                state.calls().filter(|l| gone(l)).map(|l| Lamp { lit: Lit::Terminated, ..l.clone() }).collect();
            state.lamps = lamps;
            state.lamps.extend(ended);
            state.lamps_changed = next;
        }
        state.reachable = reachable;
        for (feature, changed) in Feature::ALL.into_iter().zip(&mut state.features_changed) {
            if first || feature.differs(&state.own, own) {
                *changed = next;
            }
        }
        if state.own != *own {
            state.own = own.clone();
        }
        if first || before != (state.busy(), reachable, own.do_not_disturb) {
            state.presence_changed = next;
        }
        if first || state.mailbox != mailbox {
            state.mailbox = mailbox;
            state.mailbox_changed = next;
        }
        let newest = Package::ALL.map(|package| state.changed(package)).into_iter().max();
        self.newest = self.newest.max(newest.unwrap_or(0));
    }

    /// Takes in whether a key's lamp is on: as a call of it that is up, since that is what phones know how to show.
    pub(crate) fn see_key(&mut self, name: &str, lit: bool) {
        let lamp = Lamp {
            leg: LegId(0),
            dialog: DialogId::default(),
            called: true,
            lit: Lit::Confirmed,
            other: Party::default(),
        };
        self.see(name, if lit { vec![lamp] } else { Vec::new() }, true, &PersonSwitches::default(), Mailbox::default());
        if let Some(state) = self.all.get_mut(name) {
            state.is_key = true;
        }
    }

    /// Forgets extensions that are no more.
    pub(crate) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.all.retain(|extension, _| is_there(extension));
    }
}
