//! Subscriptions at the [`Pbx`]: who may watch, and telling watchers what a step has changed before the next input is taken.

use std::collections::{BTreeMap, BTreeSet};

use model::Now;
use model::switches::PersonSwitches;
use sip::api::{self as sip_api, Auth, Flow, LegId, SubscriptionId};

use crate::api::Output;
use crate::call::entry::LegState;
use crate::door;
use crate::guard::Unproved;
use crate::pbx::Pbx;
use crate::watch::{self, Lamp, Lit, Wish};

/// A subscription that may be, or what may be wished for in one.
struct Admitted {
    user: String,
    /// Of one that begins: it is about many.
    list: Option<bool>,
    wish: Option<Wish>,
}

impl Pbx {
    /// Which of the clinic's people sends a request that no trunk and nobody unknown may send.
    pub(crate) fn proved(&mut self, now: Now, auth: &Auth, flow: &Flow) -> Result<String, Unproved> {
        if !door::is_inside(&self.site, &self.servers, flow) {
            return Err(Unproved::Refuse { code: 403 });
        }
        let user = self.guard.proved(now.instant, auth, flow);
        self.watch_failures();
        user.and_then(|user| match self.site.settings.person(user) {
            Some(person) => Ok(person.user.clone()),
            None => Err(Unproved::Refuse { code: 403 }),
        })
    }

    pub(crate) fn on_subscribe(&mut self, now: Now, id: SubscriptionId, wanted: &sip_api::Subscribe) {
        let command = match self.admit(now, id, wanted) {
            Ok(admitted) => return self.admitted(now, id, admitted),
            Err(Unproved::Refuse { code }) => sip_api::Command::RefuseSubscription { subscription: id, code },
            Err(Unproved::Challenge { stale }) => sip_api::Command::ChallengeSubscription { subscription: id, stale },
        };
        self.out.push_back(Output::Sip(command));
    }

    /// Who may watch, or wish for something in a subscription of theirs.
    fn admit(&mut self, now: Now, id: SubscriptionId, wanted: &sip_api::Subscribe) -> Result<Admitted, Unproved> {
        if self.ending {
            // In a moment there is somebody who can keep it.
            return Err(Unproved::Refuse { code: 503 });
        }
        let user = self.proved(now, &wanted.auth, &wanted.flow)?;
        let wish = wanted.wish.as_ref().map(|wish| watch::read_wish(wish)).transpose();
        let wish = wish.map_err(|watch::Malformed| Unproved::Refuse { code: 400 })?;
        let list = match self.watchers.owner(id) {
            Some(owner) if owner == user => {
                self.watchers.is_at(id, wanted.flow);
                None
            }
            Some(_) => return Err(Unproved::Refuse { code: 403 }),
            None => {
                let key = self.key(wanted.about.expose(), &user);
                let begun = self.watchers.begin(id, &user, wanted, key, &self.site.settings);
                Some(begun.map_err(|code| Unproved::Refuse { code })?)
            }
        };
        Ok(Admitted { user, list, wish })
    }

    fn admitted(&mut self, now: Now, id: SubscriptionId, admitted: Admitted) {
        let Admitted { user, list, wish } = admitted;
        let accept = sip_api::Command::AcceptSubscription { subscription: id, list: list.unwrap_or(false) };
        self.out.push_back(Output::Sip(accept));
        if let Some(wish) = wish {
            self.pressed(now, id, &user, wish);
        }
        if list.is_some() {
            self.say_all(now, id);
        }
    }

    /// Everything is to be said to a watcher.
    pub(crate) fn say_all(&mut self, now: Now, id: SubscriptionId) {
        self.look();
        let said = self.watchers.say_all(id, now, &self.states, &self.site.settings);
        self.out.extend(said.map(Output::Sip));
    }

    /// A watcher has taken what was said.
    pub(crate) fn watcher_listens(&mut self, now: Now, id: SubscriptionId) {
        let said = self.watchers.taken(id, now, &self.states, &self.site.settings);
        self.out.extend(said.map(Output::Sip));
    }

    /// Tells watchers what the step has changed. Without watchers nothing is looked at.
    pub(crate) fn tell_watchers(&mut self, now: Now) {
        if !std::mem::take(&mut self.lamps_changed) {
            return;
        }
        let legs = &self.legs;
        for (_, desk) in self.desks.iter().filter(|(leg, _)| !legs.contains_key(leg)) {
            self.rested.insert(desk.extension.clone(), now.instant);
        }
        self.desks.retain(|leg, _| legs.contains_key(leg));
        if !self.watchers.is_empty() {
            self.look();
            let said = self.watchers.say_news(now, &self.states, &self.site.settings);
            self.out.extend(said.into_iter().map(Output::Sip));
        }
    }

    /// Takes in how every extension stands.
    fn look(&mut self) {
        let mut lamps: BTreeMap<&str, Vec<Lamp>> = BTreeMap::new();
        for (leg, desk) in &self.desks {
            let Some(state) = self.legs.get(leg).and_then(|id| self.calls.get(id)?.legs.get(leg)) else { continue };
            let lit = match state {
                LegState::Up => Lit::Confirmed,
                LegState::Offered | LegState::Calling if desk.rings => Lit::Early,
                LegState::Offered | LegState::Calling => Lit::Trying,
            };
            let (dialog, other) = (desk.dialog.clone(), desk.other.clone());
            let lamp = Lamp { leg: *leg, dialog, called: leg.is_outgoing(), lit, other };
            lamps.entry(&desk.extension).or_default().push(lamp);
        }
        let nothing = PersonSwitches::default();
        for person in &self.site.settings.people {
            let extension = person.extension.as_str();
            let reachable = !self.registrar.phones(&person.user).is_empty();
            let mailbox = self.mailboxes.get(extension).copied().unwrap_or_default();
            let own = self.site.switches.of(extension).unwrap_or(&nothing);
            self.states.see(extension, lamps.remove(extension).unwrap_or_default(), reachable, own, mailbox);
        }
        for name in self.watchers.keys() {
            if let Some(lit) = self.is_lit(&name) {
                self.states.see_key(&name, lit);
            }
        }
    }

    /// A phone's dialog has a name, or another one.
    pub(crate) fn desk_named(&mut self, leg: LegId, dialog: sip_api::DialogId) {
        if let Some(desk) = self.desks.get_mut(&leg) {
            desk.dialog = dialog;
            // A name alone is no news: what named the dialog follows.
        }
    }

    /// A phone that we call, or that calls, rings.
    pub(crate) fn desk_rings(&mut self, leg: LegId) {
        if let Some(desk) = self.desks.get_mut(&leg) {
            desk.rings = true;
            self.lamps_changed = true;
        }
    }

    /// The program ends: all are told to subscribe anew.
    pub(crate) fn dismiss_watchers(&mut self) {
        self.ending = true;
        self.out.extend(self.watchers.end_all().into_iter().map(Output::Sip));
    }

    /// Settings changed: who left the clinic neither watches nor is watched any more.
    pub(crate) fn keep_watchers(&mut self) {
        let gone: BTreeSet<String> =
            self.watchers.keys().into_iter().filter(|key| self.is_lit(key).is_none()).collect();
        let settings = &self.site.settings;
        self.rested.retain(|extension, _| settings.extension(extension).is_some());
        let ended = self.watchers.keep_people(settings, |key| !gone.contains(key));
        self.out.extend(ended.into_iter().map(Output::Sip));
        let watched = self.watchers.keys();
        self.states.keep(|name| settings.extension(name).is_some() || watched.contains(name));
        self.mailboxes.retain(|extension, _| settings.extension(extension).is_some());
        self.lamps_changed = true;
    }
}
