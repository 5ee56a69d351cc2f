//! What staff switch, at the [`Pbx`]: by a code at their phone or in the console, told to lamps, and followed by the calls that come.

use std::sync::Arc;

use model::switches::{Forward, LONGEST_PORT, MAX_BLOCKED, MAX_NO_MODEMS, Switch};
use model::{CommandError, Now, PhoneNumber, Switches};
use plan::{Caller, Facts, Plan, Service, Target};
use prompts::Prompt;

use crate::api::{Event, Output};
use crate::call::told::Outcome;
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
        let plan = self.site.plan.clone();
        switches.keep(
            |extension| settings.extension(extension).is_some(),
            |queue, extension| takes(&plan, queue, extension),
        );
        self.lamps_changed = true;
    }

    /// Settings or the plan changed: who left the clinic has switched nothing, and nobody is out of a queue that does not ring at theirs.
    pub(super) fn keep_switches(&mut self) {
        let (settings, plan) = (self.site.settings.clone(), self.site.plan.clone());
        let is_there = |extension: &str| settings.extension(extension).is_some();
        if Arc::make_mut(&mut self.site.switches).keep(is_there, |queue, extension| takes(&plan, queue, extension)) {
            self.out.push_back(Output::Event(Event::SwitchesChanged));
        }
        self.waits.retain(|queue, _| plan.queue(queue).is_some());
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
            Switch::NoModem { port, on } => self.may_be_no_modem(port, *on),
            Switch::DoNotDisturb { extension, .. } | Switch::Forward { extension, to: None, .. } => {
                self.user_of(extension).map(drop)
            }
            Switch::Forward { extension, when, to: Some(to) } => self.may_forward(now, extension, *when, to),
            Switch::Queues { extension, queues, .. } => {
                self.user_of(extension)?;
                let all = queues.iter().all(|queue| takes(&self.site.plan, queue, extension));
                if all { Ok(()) } else { Err("The queue does not ring at that extension.".to_owned()) }
            }
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

    fn may_be_no_modem(&self, port: &str, on: bool) -> Result<(), String> {
        let known = &self.site.switches.clinic.no_modems;
        let fits = known.len() < MAX_NO_MODEMS && port.len() <= LONGEST_PORT;
        if !on || fits || known.contains(port) {
            return Ok(());
        }
        Err(format!("{MAX_NO_MODEMS} devices are known to be no modems already; take one of them back first."))
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

    /// What a code that a person dialled comes to: done, in words for them; or why it cannot be. What it has no words for is no switch.
    pub(crate) fn dialled_switch(
        &mut self,
        now: Now,
        user: &str,
        service: Service,
        digits: &str,
    ) -> Result<Outcome, String> {
        let person = self.site.settings.person(user).ok_or("There is no such person.")?;
        let (extension, name) = (person.extension.clone(), person.name.expose().clone());
        let (switch, said, words) = match service {
            Service::DoNotDisturb(on) => {
                let (said, word) = match on {
                    true => ("does not want to be disturbed", Prompt::DoNotDisturbOn),
                    false => ("can be called again", Prompt::DoNotDisturbOff),
                };
                (Switch::DoNotDisturb { extension, on: Some(on) }, format!("{name} {said}"), vec![word])
            }
            Service::Forward(when) => {
                let to = self.site.read(digits).map_err(|_| "What follows the code is no number.")?;
                let said = format!("{name} forwards calls ({})", when.word());
                let words = match when {
                    Forward::Also => vec![Prompt::On],
                    _ => [Prompt::ForwardOn].into_iter().chain(prompts::digits(to.as_str())).collect(),
                };
                (Switch::Forward { extension, when, to: Some(to) }, said, words)
            }
            Service::ForwardOff(when) => {
                let said = format!("{name} does not forward calls any more ({})", when.word());
                // Calls may still go elsewhere in other cases.
                let own = self.site.switches.of(&extension);
                let others = own.is_some_and(|own| own.forward.keys().any(|other| *other != when));
                let word = if others || when == Forward::Also { Prompt::Off } else { Prompt::ForwardOff };
                (Switch::Forward { extension, when, to: None }, said, vec![word])
            }
            Service::Queues => return self.dialled_queues(now, user, extension, &name, digits),
            Service::Night => {
                let on = self.switch(now, &Switch::Night { on: None })?;
                let (what, word) = if on { ("night", Prompt::NightOn) } else { ("its hours", Prompt::NightOff) };
                return Ok(Outcome::done(format!("{name} switched the clinic to {what}"), vec![word]));
            }
            Service::RefuseAnonymous(on) => {
                let (said, word) = if on { ("refuses", Prompt::On) } else { ("lets in", Prompt::Off) };
                (Switch::RefuseAnonymous { on }, format!("{name} {said} callers without a number"), vec![word])
            }
            Service::Directory => {
                return Err("Nobody has such a name.".to_owned());
            }
            Service::BlockLast => {
                let number = self.last_outside.get(&extension).cloned();
                let number = number.ok_or("Nobody has called from outside with a number since the start.")?;
                let said = format!("{name} blocked the last caller");
                (Switch::Block { number, on: true }, said, vec![Prompt::BlockedNumber])
            }
            Service::Echo
            | Service::Pickup
            | Service::PickupGroup
            | Service::Intercom
            | Service::Page
            | Service::Private
            | Service::MyMailbox
            | Service::AnyMailbox
            | Service::Record => {
                return Err("That is no switch.".to_owned());
            }
        };
        self.switch(now, &switch).map(|_| Outcome::done(said, words))
    }

    /// Out of the queue that the number leads to, or out of all; and into them again, if the person is out of one of those.
    fn dialled_queues(
        &mut self,
        now: Now,
        user: &str,
        extension: String,
        name: &str,
        digits: &str,
    ) -> Result<Outcome, String> {
        let wanted = if digits.is_empty() { None } else { Some(self.queue_at(now, user, digits)?) };
        let own = self.site.plan.queues_of(&extension).map(|queue| queue.name.clone());
        let queues: Vec<String> = own.filter(|queue| wanted.as_ref().is_none_or(|wanted| wanted == queue)).collect();
        if queues.is_empty() {
            return Err("No such queue rings at this extension.".to_owned());
        }
        let takes = queues.iter().any(|queue| self.site.switches.is_out_of(queue, &extension));
        let (said, word) = if takes { ("takes", Prompt::QueueIn) } else { ("takes no", Prompt::QueueOut) };
        let said = format!("{name} {said} calls of {}", queues.join(", "));
        self.switch(now, &Switch::Queues { extension, queues, takes })?;
        Ok(Outcome::done(said, vec![word]))
    }

    /// The queue to which a number leads that somebody inside dials now.
    fn queue_at(&self, now: Now, user: &str, digits: &str) -> Result<String, String> {
        let number = self.site.read(digits).map_err(|_| "What follows the code is no number.")?;
        let caller = Caller::Extension { user: user.to_owned() };
        match self.site.plan.route(&Facts::new(&caller, &number, &self.site.settings, now.wall)).target {
            Target::Queue(queue) => Ok(queue.name.clone()),
            _ => Err("What follows the code leads to no queue.".to_owned()),
        }
    }
}

/// True if the plan rings this extension for calls of the queue.
fn takes(plan: &Plan, queue: &str, extension: &str) -> bool {
    plan.queue(queue).is_some_and(|queue| queue.rings(extension))
}
