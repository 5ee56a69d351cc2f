//! Nobody took the call for a party that was handed on. First counts what whoever was called has switched, then what the plan says comes
//! next; only where there is neither do the two who talked go on, or is whoever transferred called back.

use std::time::Duration;

use model::PhoneNumber;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use plan::{Destination, Missed, Next, Target};
use sip::api as sip_api;

use crate::call::entry::Side;
use crate::call::peer::Peer;
use crate::call::route::Route;
use crate::call::transferring::{Following, Terms, Transferring};
use crate::call::way::{self, Journey, Seat};
use crate::call::{Onward, Stage, Talking, guest::Guest};
use crate::refusal::Ending;
use crate::step::Step;

/// How long whoever transferred is called back.
const CALL_BACK: Duration = Duration::from_secs(25);

/// There is not even a phone to ring, or no port for it (`empty` is false): the plan leads the party on, or they stay where they are.
pub(super) fn nobody_there(
    empty: bool,
    (party, side, by): (Peer, Side, Peer),
    then: Next,
    order: Terms,
    step: &mut Step<'_>,
) -> Stage {
    let to = then.after(Missed::Unreachable).filter(|_| empty && is_led(step)).cloned();
    let Some(to) = to else {
        step.refuse_transfer(by.leg, if empty { 480 } else { 503 }, "Nobody can be reached there");
        step.help_failed();
        return Talking::again(party, side, by, step);
    };
    step.note(Mark::Good, format!("{} transfers {} to {}", by.who.said(), party.who.said(), order.to), "REFER");
    step.note(Mark::Warn, "No phone is registered there", "");
    step.sip(sip_api::Command::AcceptRefer { leg: by.leg });
    let (guest, journey) = leave((party, side, Some(by)), order.dialled, step);
    way::lead(Seat::Answered(guest), journey, &to, Some(Missed::Unreachable), step)
}

/// Whoever calls for help, or did, wants a person and no machine.
fn is_led(step: &Step<'_>) -> bool {
    step.card.help.is_none() && !step.card.sought_help
}

/// Whoever transfers is done, as if somebody had answered: the plan has the party from now on.
fn leave((party, side, by): (Peer, Side, Option<Peer>), dialled: PhoneNumber, step: &mut Step<'_>) -> (Guest, Journey) {
    if let Some(by) = by {
        step.sip(sip_api::Command::ReferProgress { leg: by.leg, code: 200 });
        step.retire(by.line.session);
        step.drop_leg(by.leg, &Ending::new(CallEnd::HungUp, Fault::None));
    }
    way::take_up(party, side, dialled, step)
}

impl Transferring {
    /// Nobody took the call, unless whom it was for forwards such calls.
    pub(super) fn failed_or_onward(self, ending: &Ending, step: &mut Step<'_>) -> Stage {
        match self.search.onward(ending, step) {
            Some(ask) => {
                step.ask(ask);
                Stage::Transferring(Box::new(self))
            }
            None => self.failed(ending, step),
        }
    }

    /// It goes on where whom it was for forwards such calls.
    pub(super) fn go_on(mut self: Box<Self>, onward: Onward, step: &mut Step<'_>) -> Stage {
        let ending = onward.ending;
        let (target, toll) = match onward.target(step) {
            Ok(way) => way,
            Err(ending) => return self.failed(&ending, step),
        };
        let (route, then) = match target {
            Target::Ring { extensions, group, ring, order, screening: _, then } => {
                (Route::phones(extensions, None, ring).of_group(group).in_order(order, step), then)
            }
            // Who is not at their desk is asked whether they take the call, and that is done for callers whom nobody else talks with.
            Target::Trunk { trunk, or, number } if !step.card.find_me || !is_led(step) => {
                (Route::trunk(trunk, or, number), Next::default())
            }
            Target::Mailbox { .. }
            | Target::Room { .. }
            | Target::Orbit { .. }
            | Target::Service { .. }
            | Target::Emergency { .. }
            | Target::Refuse { .. } => return self.failed(&ending, step),
            _ if !is_led(step) => return self.failed(&ending, step),
            target => {
                step.card.tolls.truncate(self.paid);
                let Some((guest, journey)) = self.led(step) else { return step.finish(Ending::our_fault()) };
                step.card.tolls.extend(toll);
                return way::enter(Seat::Answered(guest), journey, target, None, step);
            }
        };
        step.card.tolls.truncate(self.paid);
        step.card.tolls.extend(toll);
        if let Some(next) = &mut self.next {
            next.then = then;
        }
        self.search = self.search.again(route, step);
        self.unless_over(step)
    }

    /// Where the plan leads a party that such a call was for.
    fn onto(&self, ending: &Ending, step: &Step<'_>) -> Option<(Destination, Missed)> {
        let missed = way::missed(ending);
        let next = self.next.as_ref().filter(|_| !self.is_back && is_led(step))?;
        next.then.after(missed).map(|to| (to.clone(), missed))
    }

    /// The plan has the party from now on.
    fn led(self, step: &mut Step<'_>) -> Option<(Guest, Journey)> {
        let Self { party, side, by, search, next, .. } = self;
        let Following { dialled, .. } = next?;
        search.give_up(step);
        Some(leave((party, side, by), dialled, step))
    }

    /// Whoever transferred has hung up, and is called back once rather than to let the party stand alone.
    fn way_back(&self, step: &Step<'_>) -> Option<Route> {
        if self.by.is_some() || self.is_back {
            return None;
        }
        let extension = self.by_who.user.as_ref().and(self.by_who.party.number.as_ref())?.as_str().to_owned();
        let route = Route::phones(vec![extension], None, CALL_BACK);
        (!route.is_empty(&self.party.who.party, step)).then_some(route)
    }

    /// Nobody took the call. The plan leads the party on, or the two who talked go on, if they are still two. Whom no trunk brought to help goes back
    /// to whoever handed them on, as anybody does, and to no machine.
    pub(super) fn failed(mut self, ending: &Ending, step: &mut Step<'_>) -> Stage {
        if self.search.is_emergency() {
            step.help_failed();
        }
        if let Some((to, missed)) = self.onto(ending, step) {
            step.note(Mark::Warn, "Nobody took the call", ending.end.sentence());
            step.card.tolls.truncate(self.paid);
            let Some((guest, journey)) = self.led(step) else { return step.finish(Ending::our_fault()) };
            return way::lead(Seat::Answered(guest), journey, &to, Some(missed), step);
        }
        if let Some(route) = self.way_back(step) {
            let title = format!("Nobody took the call; {} is called back", self.by_name);
            step.note(Mark::Warn, title, ending.end.sentence());
            step.card.tolls.truncate(self.paid);
            (self.is_back, self.early) = (true, None);
            self.search = self.search.again(route, step);
            return self.unless_over(step);
        }
        let Self { party, side, by, search, early, paid, .. } = self;
        step.card.tolls.truncate(paid);
        step.note(Mark::Warn, "The transfer failed", ending.end.sentence());
        let session = search.end(step).session;
        let Some(by) = by else { return step.finish(*ending) };
        step.retire(session);
        step.sip(sip_api::Command::ReferProgress { leg: by.leg, code: ending.code });
        if early.is_some() {
            step.media(media::Command::Bridge { a: party.line.session, b: by.line.session });
        }
        Talking::again(party, side, by, step)
    }
}
