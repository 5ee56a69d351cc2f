//! What a registration means for everybody else: the store, watchers, and phones that are to be asked whether they are there.

use model::Now;
use model::call::Binding;
use sip::api as sip_api;

use crate::api::{Event, Output};
use crate::pbx::{Pbx, mailboxes};
use crate::registrar::Answer;
use crate::timers::Timer;

impl Pbx {
    /// Takes up the registrations that the store kept over a restart, so that phones ring at once and not after their next refresh.
    pub fn restore_bindings(&mut self, now: Now, bindings: Vec<Binding>) {
        self.registrar.restore(now, &|phone| self.site.sip_to(phone), bindings);
        self.registrar.keep_people(&self.site.settings);
        self.watch_registrations();
        self.watch_turns(now.instant);
    }

    /// The registrations as they are now, for the store.
    pub fn bindings(&self) -> Vec<Binding> {
        self.registrar.bindings()
    }

    pub(super) fn on_register(&mut self, now: Now, request: sip_api::RequestId, register: &sip_api::Register) {
        // Without voicemail there is nothing to tell anybody.
        let before: Option<Vec<_>> = (!self.mailboxes.is_empty())
            .then(|| self.registrar.phones(&register.user).iter().map(mailboxes::Start::of).collect());
        let (registrar, settings) = (&mut self.registrar, &self.site.settings);
        let answer = registrar.register(now, settings, &mut self.guard, &mut self.random, register);
        self.watch_failures();
        let command = match answer {
            Answer::Accept { contacts, outbound, changed } => {
                if changed {
                    self.registration_changed(now, &register.user);
                }
                sip_api::Command::AcceptRegister { request, contacts, outbound }
            }
            Answer::Challenge { stale } => sip_api::Command::Challenge { request, stale },
            Answer::TooBrief { min_expires } => sip_api::Command::TooBrief { request, min_expires },
            Answer::Reject { code } => sip_api::Command::Reject { request, code },
        };
        let accepted = matches!(command, sip_api::Command::AcceptRegister { .. });
        self.out.push_back(Output::Sip(command));
        if let Some(before) = before.filter(|_| accepted) {
            self.greet(&register.user, &before);
        }
    }

    /// One user's phones changed. The timer is only drawn nearer: where it comes too early, all are looked at then, which is seldom.
    fn registration_changed(&mut self, now: Now, user: &str) {
        self.lamps_changed = true;
        self.watch_turn_of(now.instant, user);
        self.out.push_back(Output::Event(Event::BindingsChanged));
        if let Some(at) = self.registrar.next_expiry_of(user)
            && self.timers.at(Timer::Registrations).is_none_or(|set| at < set)
        {
            self.timers.set(Timer::Registrations, at);
        }
    }

    pub(super) fn registrations_changed(&mut self) {
        self.lamps_changed = true;
        self.out.push_back(Output::Event(Event::BindingsChanged));
        self.watch_registrations();
    }

    pub(super) fn watch_registrations(&mut self) {
        match self.registrar.next_expiry() {
            Some(at) => self.timers.set(Timer::Registrations, at),
            None => self.timers.clear(Timer::Registrations),
        }
    }
}
