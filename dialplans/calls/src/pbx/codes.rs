//! What a person gets who dials a code or an orbit: a switch is switched, a call that rings or waits elsewhere is theirs, a phone answers by
//! itself, or they hear that it cannot be.

use model::{CallId, Now, PhoneNumber};
use plan::{Caller, Decision, Service, Target};
use prompts::Prompt;
use sip::api::LegId;

use crate::call::Done;
use crate::call::entry::{Entry, LegState};
use crate::call::told::Outcome;
use crate::pbx::Pbx;
use crate::pbx::arrivals::CarrierSays;

/// What becomes of a call to a code or an orbit.
pub(crate) enum Special {
    /// It takes a place in a call that is up: that of this leg, if it is one that rings.
    Take(CallId, LegId),
    /// It is a call of its own.
    Own(Done),
}

impl Pbx {
    /// What this caller gets by dialling that; `None` if it is nothing special.
    pub(crate) fn special(&mut self, now: Now, caller: &Caller, target: &Target) -> Option<Special> {
        let Caller::Extension { user } = caller else { return None };
        let refused = |why: &str, word| Some(Special::Own(Done::Told(Outcome::refused(why, word))));
        let not_possible = |why| Done::Told(Outcome::refused(why, Prompt::NotPossible));
        match target {
            Target::Orbit { orbit, .. } => match self.parked_in(orbit) {
                Some(id) => Some(Special::Take(id, LegId(0))),
                None => refused("Nobody is parked there.", Prompt::NothingParked),
            },
            Target::Service { service: Service::Pickup, digits } => match self.rings_at(|e| e == digits) {
                Some((id, leg)) => Some(Special::Take(id, leg)),
                None => refused("No phone rings there.", Prompt::NothingToPickUp),
            },
            Target::Service { service: Service::PickupGroup, .. } => {
                let own = self.site.settings.person(user)?.extension.clone();
                let group = self.site.plan.companions(&own, &self.site.settings);
                match self.rings_at(|e| e != own && group.contains(e)) {
                    Some((id, leg)) => Some(Special::Take(id, leg)),
                    None => refused("No phone of the group rings.", Prompt::NothingToPickUp),
                }
            }
            Target::Service { service: Service::Intercom, digits } => {
                let done = self.may_speak_at(digits).map_or_else(not_possible, Done::Intercom);
                Some(Special::Own(done))
            }
            // Nobody named: those who listen to the plan's group.
            Target::Service { service: Service::Page, digits } if digits.is_empty() => {
                match self.site.plan.page_group() {
                    Some(group) => Some(Special::Own(Done::PageGroup(group))),
                    None => refused("The plan names no group of phones that listen.", Prompt::NotPossible),
                }
            }
            Target::Service { service: Service::Page, digits } => {
                let own = self.site.settings.person(user)?.extension.clone();
                let done = self.listeners(digits, &own).unwrap_or_else(not_possible);
                Some(Special::Own(done))
            }
            Target::Service { service: Service::Record, digits } => {
                Some(Special::Own(self.may_record(now, user, digits)))
            }
            Target::Service { service, digits } => {
                let (user, service, digits) = (user.clone(), *service, digits.clone());
                let outcome = self.dialled_switch(now, &user, service, &digits);
                Some(Special::Own(outcome.map_or_else(not_possible, Done::Told)))
            }
            Target::Room { .. }
            | Target::Ring { .. }
            | Target::Trunk { .. }
            | Target::Menu(_)
            | Target::Announcement(_)
            | Target::Queue(_)
            | Target::Rota(_)
            | Target::Echo
            | Target::FaxMachine
            | Target::Voicemail { .. }
            | Target::Mailbox { .. }
            | Target::Emergency { .. }
            | Target::Refuse { .. } => None,
        }
    }

    /// The call that waits in an orbit.
    pub(crate) fn parked_in(&self, orbit: &str) -> Option<CallId> {
        let there = |entry: &Entry| entry.stage.as_ref().and_then(|stage| stage.orbit()) == Some(orbit);
        self.calls.iter().find(|(_, entry)| there(entry)).map(|(id, _)| *id)
    }

    /// The oldest call that rings at one of these extensions, and the leg that does.
    fn rings_at(&self, is_one: impl Fn(&str) -> bool) -> Option<(CallId, LegId)> {
        let ringing = |(leg, id): (&LegId, &CallId)| {
            let desk = self.desks.get(leg).filter(|desk| leg.is_outgoing() && is_one(&desk.extension))?;
            let entry = self.calls.get(id)?;
            let state = entry.legs.get(leg)?;
            // Its place is nobody's to take, and another call that rings there may be taken.
            entry.stage.as_ref().filter(|stage| stage.may_be_picked_up() && entry.card.help.is_none())?;
            (*state == LegState::Calling && desk.rings).then_some((*id, *leg))
        };
        self.legs.iter().filter_map(ringing).min()
    }

    /// Whoever speaks to the phone of somebody in a call rings there as any caller does: a phone that lets such calls barge in would hold
    /// the call that it is in.
    pub(crate) fn not_into_a_call(&mut self, now: Now, caller: &Caller, decision: Decision) -> Decision {
        let Target::Service { service: Service::Intercom, digits } = &decision.target else { return decision };
        if !self.around().is_in_a_call(digits) || self.may_speak_at(digits).is_err() {
            return decision;
        }
        let dialled = PhoneNumber::Internal(digits.clone());
        let rings = self.decide(caller, &dialled, CarrierSays::default(), now);
        let mut why = decision.why;
        why.push("The person is in a call: it rings there, and no phone answers by itself.".to_owned());
        why.extend(rings.why);
        Decision { why, ..rings }
    }

    /// Somebody's phone may answer by itself, unless they do not want to be disturbed, or call for help.
    fn may_speak_at(&self, extension: &str) -> Result<String, String> {
        if self.site.settings.extension(extension).is_none() {
            return Err("What follows the code is no extension.".to_owned());
        }
        if self.site.switches.is_disturbed_by_nothing(extension) {
            return Err("The person does not want to be disturbed.".to_owned());
        }
        if self.calls_for_help(extension) {
            return Err("The person is in a call for help.".to_owned());
        }
        Ok(extension.to_owned())
    }

    /// Whose phones a page reaches: nobody's who is in a call, since a phone that lets pages barge in would hold it.
    fn listeners(&self, digits: &str, own: &str) -> Result<Done, String> {
        let dialled = self.site.read(digits);
        let Ok(PhoneNumber::Internal(group)) = dialled else {
            return Err("What follows the code is no extension.".to_owned());
        };
        let mut all = self.site.plan.members(&group, &self.site.settings);
        all.retain(|e| e != own && !self.site.switches.is_disturbed_by_nothing(e));
        let (talking, free): (Vec<String>, Vec<String>) = all.into_iter().partition(|e| self.around().is_in_a_call(e));
        match (free.is_empty(), talking.len()) {
            (true, 0) => Err("Nobody can be reached there.".to_owned()),
            (true, _) => Err("Everybody who could be reached there is in a call.".to_owned()),
            (false, left_out) => Ok(Done::Page { extensions: free, left_out }),
        }
    }
}
