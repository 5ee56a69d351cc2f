//! The way of a call for help past what stands before it: trunks that are silent, trunks that are full of other calls, and callers who are kept
//! out while a dispatcher may call back.

use std::cmp::Reverse;
use std::time::Duration;

use model::fax::Direction;
use model::number::TEST_OF_HELP;
use model::{Now, PhoneNumber, Wall};
use plan::{Caller, Decision, Target};

use crate::call::entry::{Card, Entry, Help};
use crate::call::{CallEvent, EndedFor, Full};
use crate::pbx::Pbx;

/// Calls for help after which help may call back.
pub(crate) struct HelpCalled {
    first: Now,
    last: Now,
    /// The extensions that called, as far as they are known, and the number that help was shown.
    by: Vec<(String, PhoneNumber)>,
}

impl Pbx {
    /// A trunk whose carrier was silent just now, or does not answer our registration, may cost a caller for help seconds of silence: it comes after
    /// the others that stand for help as it does. First those that the settings made for it, then those that the plan names, then all: another
    /// carrier may lead the call to another city, or know no address.
    pub(super) fn first_that_works(&self, target: &mut Target, now: Now) {
        /// For so long its silence says something of the next call.
        const LATELY: Duration = Duration::from_secs(600);
        let Target::Emergency { trunks, .. } = target else { return };
        let settings = |name: &str| self.site.settings.trunk(name);
        let rank = |name: &str| match settings(name).is_some_and(|trunk| trunk.terms.emergency) {
            true => 0,
            false if self.site.plan.names_for_help(name) => 1,
            false => 2,
        };
        let silent = |name: &str| self.silent_trunks.get(name).is_some_and(|at| now.instant < *at + LATELY);
        let is_away = |name: &str| settings(name).is_some_and(|trunk| self.registered.is_away(trunk));
        trunks.sort_by_key(|trunk| (rank(trunk), silent(trunk) || is_away(trunk)));
    }

    /// Every trunk has refused a call for help, this one as a carrier does whose channels are all in use: one of our own calls on it ends. A fax
    /// that we send comes first, which goes on later as if nothing had been; then one that we receive, which its sender repeats. Two who talk are
    /// parted only where as many calls are up as the settings let the carrier carry, or where it has said twice that it is full, since its contract
    /// may say less: whoever began last. Never a call for help, nor one that came in since help was called: a dispatcher may be calling back.
    pub(super) fn make_room(&mut self, now: Now, trunk: &str, how: Full) {
        let channels = self.site.settings.trunk(trunk).map_or(0, |trunk| trunk.channels);
        let is_full = how == Full::SaidAgain || self.in_use(trunk) >= channels;
        if how == Full::Perhaps && !is_full {
            return;
        }
        let calls_back =
            |card: &Card| card.direction == Direction::In && self.help_since(now).is_some_and(|at| card.started > at);
        let may_end = |e: &Entry| {
            let card = &e.card;
            let talks = card.fax.is_none();
            e.ending().is_none()
                && card.help.is_none()
                && !card.sought_help
                && !(talks && (!is_full || calls_back(card)))
        };
        let on_it = self.calls.iter().filter(|(_, e)| may_end(e) && e.channels(trunk) > 0);
        let dearness = |e: &Entry| match (e.card.fax, e.card.direction) {
            (Some(_), Direction::Out) => 0,
            (Some(_), _) => 1,
            (None, _) => 2,
        };
        let least = on_it.min_by_key(|(_, e)| (dearness(e), Reverse(e.card.answered.unwrap_or(now.wall))));
        if let Some(id) = least.map(|(id, _)| *id) {
            self.step(now, id, CallEvent::HangUp(EndedFor::Help));
        }
    }

    /// A call for help begins.
    pub(super) fn help_is_called(&mut self, now: Now, help: &Help) {
        let before = self.help_called.take_if(|called| may_call_back(called, now));
        let (first, mut by) = before.map_or((now, Vec::new()), |called| (called.first, called.by));
        let caller =
            help.by.as_ref().filter(|_| help.number != TEST_OF_HELP).map(|(by, _)| (by.clone(), help.shown.clone()));
        by.extend(caller.filter(|caller| !by.contains(caller)));
        self.help_called = Some(HelpCalled { first, last: now, by });
    }

    /// Who calls from outside the number that help was shown may be help that calls back: those who called it ring first, unless they talk with help
    /// still.
    pub(super) fn back_from_help(&self, now: Now, caller: &Caller, dialled: &PhoneNumber) -> Option<Decision> {
        let settings = &self.site.settings;
        let from_outside = matches!(caller, Caller::Trunk { .. });
        let called = self.help_called.as_ref().filter(|called| from_outside && may_call_back(called, now))?;
        let was_shown = called.by.iter().filter(|(_, shown)| shown == dialled).map(|(extension, _)| extension);
        let has_phone = |e: &String| settings.extension(e).is_some_and(|p| !self.registrar.phones(&p.user).is_empty());
        let rings = |e: &&String| has_phone(e) && !self.calls_for_help(e);
        let first: Vec<String> = was_shown.filter(rings).cloned().collect();
        (!first.is_empty()).then(|| self.site.plan.back_from_help(first))
    }

    /// Help was called lately, and may call back.
    pub(super) fn awaits_help(&self, now: Now) -> bool {
        self.help_called.as_ref().is_some_and(|called| may_call_back(called, now))
    }

    /// When the first of those calls for help was made after which help may call back.
    fn help_since(&self, now: Now) -> Option<Wall> {
        self.help_called.as_ref().filter(|called| may_call_back(called, now)).map(|called| called.first.wall)
    }
}

fn may_call_back(called: &HelpCalled, now: Now) -> bool {
    /// They call back within minutes, or when the ambulance does not find the door.
    const CALLED_BACK: Duration = Duration::from_secs(3600);
    now.instant < called.last.instant + CALLED_BACK
}
