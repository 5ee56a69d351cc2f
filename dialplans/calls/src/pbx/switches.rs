//! What staff switch, at the [`Pbx`]: by a code at their phone or in the console, told to lamps, and followed by the calls that come.

use std::sync::Arc;

use model::switches::{Forward, MAX_BLOCKED, Switch};
use model::{CommandError, Now, PhoneNumber, Switches};
use plan::{Caller, Facts, Service, Target};

use crate::api::{Event, Output};
use crate::pbx::Pbx;

impl Pbx {
    /// What is switched now, for the store and the console.
    pub fn switches(&self) -> &Switches {
        &self.site.switches
    }

    /// Takes up what the store kept over a restart.
    pub fn restore_switches(&mut self, kept: Switches) {
        let settings = self.site.settings.clone();
        let switches = Arc::make_mut(&mut self.site.switches);
        switches.restore(kept);
        switches.keep(|extension| settings.extension(extension).is_some());
        self.lamps_changed = true;
    }

    /// Settings changed: who left the clinic has switched nothing.
    pub(super) fn keep_switches(&mut self) {
        let settings = self.site.settings.clone();
        if Arc::make_mut(&mut self.site.switches).keep(|extension| settings.extension(extension).is_some()) {
            self.out.push_back(Output::Event(Event::SwitchesChanged));
        }
        self.last_outside.retain(|extension, _| settings.extension(extension).is_some());
    }

    /// A person orders it in the console.
    pub(super) fn on_switch(&mut self, now: Now, order: u64, switch: &Switch) {
        let result = self.switch(now, switch).map(|_| ()).map_err(CommandError::NotAllowed);
        self.out.push_back(Output::Event(Event::SwitchAnswered { order, result }));
    }

    /// Switches it. Whether it is on then, or the sentence for the person who wanted it.
    pub(crate) fn switch(&mut self, now: Now, switch: &Switch) -> Result<bool, String> {
        self.may_switch(now, switch)?;
        let switches = Arc::make_mut(&mut self.site.switches);
        let before = switches.clone();
        let on = switches.set(switch);
        if *switches != before {
            self.out.push_back(Output::Event(Event::SwitchesChanged));
            self.lamps_changed = true;
        }
        Ok(on)
    }

    fn may_switch(&self, now: Now, switch: &Switch) -> Result<(), String> {
        match switch {
            Switch::Night { .. } | Switch::RefuseAnonymous { .. } | Switch::Hours { .. } => Ok(()),
            Switch::Block { number, on } => self.may_block(number, *on),
            Switch::DoNotDisturb { extension, .. } | Switch::Forward { extension, to: None, .. } => {
                self.user_of(extension).map(drop)
            }
            Switch::Forward { extension, when, to: Some(to) } => self.may_forward(now, extension, *when, to),
        }
    }

    fn may_block(&self, number: &PhoneNumber, on: bool) -> Result<(), String> {
        let blocked = &self.site.switches.clinic.blocked;
        match number {
            PhoneNumber::E164(_) if on && blocked.len() >= MAX_BLOCKED && !blocked.contains(number) => {
                Err(format!("{MAX_BLOCKED} callers are blocked already; let one in again first."))
            }
            PhoneNumber::E164(_) => Ok(()),
            _ => Err("Only a full number from outside can be blocked.".to_owned()),
        }
    }

    fn user_of(&self, extension: &str) -> Result<String, String> {
        let person = self.site.settings.extension(extension);
        person.map(|p| p.user.clone()).ok_or_else(|| "There is no such extension.".to_owned())
    }

    /// The person must be allowed to call there, and calls must arrive somewhere in the end.
    fn may_forward(&self, now: Now, extension: &str, when: Forward, to: &PhoneNumber) -> Result<(), String> {
        let no = |sentence: &str| Err(sentence.to_owned());
        let user = self.user_of(extension)?;
        if to.as_str() == extension {
            return no("Calls cannot be forwarded to the same extension.");
        }
        // What was used of a limit until now is no reason to refuse: calls come later.
        let caller = Caller::Extension { user };
        let target = self.site.plan.route(&Facts::new(&caller, to, &self.site.settings, now.wall)).target;
        match &target {
            Target::Emergency { .. } => return no("Calls are never forwarded to an emergency number."),
            Target::Refuse { sentence, .. } => return Err(sentence.clone()),
            Target::Room { .. } | Target::Orbit { .. } => {
                return no("Calls cannot be forwarded to an orbit or a conference room.");
            }
            Target::Service { .. } | Target::Echo | Target::Mailbox { .. } => {
                return no("Calls cannot be forwarded to a code.");
            }
            Target::Ring { .. }
            | Target::Trunk { .. }
            | Target::FaxMachine
            | Target::Voicemail { .. }
            | Target::Menu(_)
            | Target::Announcement(_)
            | Target::Queue(_)
            | Target::Rota(_) => {}
        }
        if when == Forward::Also && !matches!(target, Target::Trunk { .. }) {
            return no("Only a number outside rings beside one's own phones; inside, a group does that.");
        }
        if when != Forward::Always {
            return Ok(());
        }
        let chain = self.site.switches.chain(to.as_str());
        if chain.contains(&extension) {
            let way: Vec<&str> = [extension, to.as_str()].into_iter().chain(chain.iter().copied()).collect();
            let end = way.iter().skip(1).position(|e| *e == extension).map_or(way.len(), |at| at + 2);
            let way = way.get(..end).unwrap_or(&way).join(" to ");
            return Err(format!("Calls would go round in a circle: {way}. End one of these forwardings first."));
        }
        Ok(())
    }

    /// What a code that a person dialled comes to: true if it is done, else why not. What it has no words for is no switch.
    pub(crate) fn dialled_switch(
        &mut self,
        now: Now,
        user: &str,
        service: Service,
        digits: &str,
    ) -> Result<String, String> {
        let person = self.site.settings.person(user).ok_or("There is no such person.")?;
        let (extension, name) = (person.extension.clone(), person.name.expose().clone());
        let (switch, said) = match service {
            Service::DoNotDisturb(on) => {
                let said = if on { "does not want to be disturbed" } else { "can be called again" };
                (Switch::DoNotDisturb { extension, on: Some(on) }, format!("{name} {said}"))
            }
            Service::Forward(when) => {
                let to = self.site.read(digits).map_err(|_| "What follows the code is no number.")?;
                let said = format!("{name} forwards calls ({})", when.word());
                (Switch::Forward { extension, when, to: Some(to) }, said)
            }
            Service::ForwardOff(when) => {
                let said = format!("{name} does not forward calls any more ({})", when.word());
                (Switch::Forward { extension, when, to: None }, said)
            }
            Service::Night => {
                let on = self.switch(now, &Switch::Night { on: None })?;
                return Ok(format!("{name} switched the clinic to {}", if on { "night" } else { "its hours" }));
            }
            Service::RefuseAnonymous(on) => {
                let said = if on { "refuses" } else { "lets in" };
                (Switch::RefuseAnonymous { on }, format!("{name} {said} callers without a number"))
            }
            Service::Directory => {
                return Err("Nobody has such a name, or more than one have.".to_owned());
            }
            Service::BlockLast => {
                let number = self.last_outside.get(&extension).cloned();
                let number = number.ok_or("Nobody has called from outside with a number since the start.")?;
                (Switch::Block { number, on: true }, format!("{name} blocked the last caller"))
            }
            Service::Echo
            | Service::Pickup
            | Service::PickupGroup
            | Service::Intercom
            | Service::Page
            | Service::Private
            | Service::MyMailbox
            | Service::AnyMailbox => {
                return Err("That is no switch.".to_owned());
            }
        };
        self.switch(now, &switch).map(|_| said)
    }
}
