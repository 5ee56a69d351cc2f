//! Whoever is on call is called, then the next, until one takes it. Whoever answers must press 1 first, so that no mailbox of a mobile
//! phone takes a call of a patient.

use std::time::Duration;

use model::call::{CallEnd, Fault};
use model::trace::Mark;
use plan::{Member, Rota, Target};
use prompts::Prompt;

use crate::call::guest::{self, Guest, Said};
use crate::call::peer::Peer;
use crate::call::replace::Newcomer;
use crate::call::route::Route;
use crate::call::search::Search;
use crate::call::seeking::{self, Asked, Found};
use crate::call::way::{self, Journey, Seat};
use crate::call::{CallEvent, Onward, Stage};
use crate::refusal::Ending;
use crate::step::{Heard, Step};
use crate::timers::CallTimer;
use crate::tolls::Toll;
use crate::words::spoken;

/// How long somebody who has answered may take to press 1. A mailbox talks on, and does not.
const ACKNOWLEDGE: Duration = Duration::from_secs(15);
/// No words are longer. It is for a sound whose end nobody reports.
const LONGEST: Duration = Duration::from_secs(120);
/// The key that takes a call.
const TAKE: char = '1';

/// The stage.
pub(crate) struct OnCall {
    guest: Guest,
    journey: Journey,
    rota: Rota,
    /// The next of its members to call.
    next: usize,
    /// Whose forwardings the call has followed before. Each of the rota is called as if nobody of it had been called yet.
    passed: Vec<String>,
    /// What the call costs whoever of them forwards it.
    toll: Option<Toll>,
    now: Doing,
}

enum Doing {
    /// The caller is told that somebody is being looked for.
    Telling,
    /// One is being called.
    Calling(Box<Search>),
    /// One has answered and was not heard to press the key yet.
    Asking(Box<Peer>),
}

impl OnCall {
    pub(crate) fn begin(mut guest: Guest, journey: Journey, rota: Rota, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, format!("The rota {} looks for whoever is on call", rota.name), "");
        guest.hears_all(spoken(&rota.words, &[Prompt::PleaseHold], journey.language), step);
        step.set(CallTimer::Key, LONGEST);
        let passed = step.card.passed.clone();
        Stage::OnCall(Box::new(Self { guest, journey, rota, next: 0, passed, toll: None, now: Doing::Telling }))
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let Self { guest, journey, rota, next, passed, toll, now } = *self;
        let mut guest = guest.succeeded_by(party, step);
        let journey = journey.with(&guest.peer.who, step);
        match now {
            Doing::Telling => guest.hears_all(spoken(&rota.words, &[Prompt::PleaseHold], journey.language), step),
            Doing::Calling(_) | Doing::Asking(_) => guest.hears(guest::ringing(), step),
        }
        Stage::OnCall(Box::new(Self { guest, journey, rota, next, passed, toll, now }))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let event = match self.guest.on(event, step) {
            Err(ending) => return step.finish(ending),
            Ok(Said::Over | Said::Other(CallEvent::Timer(CallTimer::Key))) if matches!(self.now, Doing::Telling) => {
                step.clear(CallTimer::Key);
                self.guest.hears(guest::ringing(), step);
                return self.call_next(step);
            }
            Ok(Said::Other(CallEvent::Onward(onward))) => return self.forwarded(*onward, step),
            Ok(Said::Other(CallEvent::Replace(newcomer))) => return self.replace(*newcomer, step),
            Ok(Said::Other(event)) => event,
            Ok(Said::Key(_) | Said::Over | Said::Nothing) => return Stage::OnCall(self),
        };
        match std::mem::replace(&mut self.now, Doing::Telling) {
            Doing::Telling => Stage::OnCall(self),
            Doing::Calling(search) => self.calling(search, event, step),
            Doing::Asking(peer) => self.asking(peer, event, step),
        }
    }

    /// Calls the next of the rota; when all were called, the plan says what comes.
    fn call_next(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        self.let_go(step);
        while let Some(member) = self.rota.members.get(self.next).cloned() {
            self.next += 1;
            let Some(route) = self.way_to(member, step) else { continue };
            self = match self.call(route, step) {
                Ok(stage) => return stage,
                Err(this) => this,
            };
        }
        step.note(Mark::Bad, format!("Nobody of the rota {} took the call", self.rota.name), "");
        let Self { guest, journey, rota, .. } = *self;
        match rota.nobody {
            Some(to) => way::go_on(Seat::Answered(guest), journey, &to, step),
            None => step.finish(Ending::new(CallEnd::NoAnswer, Fault::Callee)),
        }
    }

    /// Whoever was called did not take the call: to whom they forward counts no more, and costs them nothing.
    fn let_go(&mut self, step: &mut Step<'_>) {
        let paid = self.toll.take().and_then(|toll| step.card.tolls.iter().rposition(|other| *other == toll));
        if let Some(paid) = paid {
            step.card.tolls.remove(paid);
        }
        step.card.passed.clone_from(&self.passed);
        step.card.find_me = false;
    }

    /// How somebody of the rota is called.
    fn way_to(&self, member: Member, step: &mut Step<'_>) -> Option<Route> {
        let ring = self.rota.ring;
        let (mut extensions, order) = match member {
            Member::Phones { extensions, order } => (extensions, order),
            Member::Outside { mut trunks, number } => {
                step.note(Mark::Good, "Calling the number outside of whoever is on call", "");
                let trunk = if trunks.is_empty() { String::new() } else { trunks.remove(0) };
                return Some(Route::trunk(trunk, trunks, number).within(ring));
            }
        };
        if let [one] = extensions.as_slice() {
            step.note(Mark::Good, format!("Calling {one}, who is on call"), "");
            // Do-not-disturb keeps no patient from whoever is on call; where else they are they have said.
            let elsewhere = step.elsewhere(one).flatten();
            return Some(Route::phones(extensions, None, ring).led_elsewhere(elsewhere));
        }
        step.note(Mark::Good, format!("Calling {}, who are on call", extensions.join(", ")), "");
        extensions.retain(|e| step.absent(e).is_none());
        if extensions.is_empty() {
            step.note(Mark::Warn, "Nobody there wants to be called now", "");
            return None;
        }
        Some(Route::phones(extensions, None, ring).of_group(true).in_order(order, step))
    }

    /// Calls them. `Err`: nobody can be called there, nor anywhere else for them.
    fn call(mut self: Box<Self>, route: Route, step: &mut Step<'_>) -> Result<Stage, Box<Self>> {
        let Ok(mut search) = seeking::begin(&self.guest, route, step) else { return Err(self) };
        if !search.goes_on(step) {
            let Some(ask) = search.onward(&search.exhausted(), step) else {
                search.give_up(step);
                return Err(self);
            };
            step.ask(ask);
        }
        self.now = Doing::Calling(Box::new(search));
        Ok(Stage::OnCall(self))
    }

    /// Whoever was called forwards such calls: who is there is called in their place.
    fn forwarded(mut self: Box<Self>, onward: Onward, step: &mut Step<'_>) -> Stage {
        if let Doing::Calling(search) = std::mem::replace(&mut self.now, Doing::Telling) {
            search.give_up(step);
        }
        let ring = self.rota.ring;
        let Ok((target, toll)) = onward.target(step) else { return self.call_next(step) };
        let route = match target {
            Target::Ring { extensions, group, order, .. } => {
                Route::phones(extensions, None, ring).of_group(group).in_order(order, step)
            }
            Target::Trunk { trunk, or, number } => Route::trunk(trunk, or, number).within(ring),
            // A mailbox or a menu takes no call of a patient for somebody who is on call.
            _ => {
                step.note(Mark::Warn, "Nobody can be called there", "");
                return self.call_next(step);
            }
        };
        step.card.tolls.extend(toll.clone());
        self.toll = toll;
        self.call(route, step).unwrap_or_else(|this| this.call_next(step))
    }

    /// Whoever takes the call at another phone here has said that they do: they are not asked for a key.
    fn replace(mut self: Box<Self>, newcomer: Newcomer, step: &mut Step<'_>) -> Stage {
        let Doing::Calling(search) = &self.now else {
            newcomer.refuse(491, "Nobody's phone rings for the caller", step);
            return Stage::OnCall(self);
        };
        let Some(to) = seeking::picked_up(search, newcomer, step) else { return Stage::OnCall(self) };
        if let Doing::Calling(search) = std::mem::replace(&mut self.now, Doing::Telling) {
            search.taken(step);
        }
        seeking::connect(self.guest, to, step)
    }

    fn calling(mut self: Box<Self>, mut search: Box<Search>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match seeking::on(&mut search, event, step) {
            Found::Nothing => {
                self.now = Doing::Calling(search);
                Stage::OnCall(self)
            }
            Found::Nobody(ending) => {
                if let Some(ask) = search.onward(&ending, step) {
                    step.ask(ask);
                    self.now = Doing::Calling(search);
                    return Stage::OnCall(self);
                }
                step.note(Mark::Warn, "Not taken", ending.end.sentence());
                search.give_up(step);
                self.call_next(step)
            }
            Found::Somebody(mut to) => {
                search.taken(step);
                // Where a desk was left for a mobile phone, its mailbox is to take no call either.
                let is_sought = step.card.find_me && to.who.trunk.is_some();
                if !self.rota.acknowledge && !is_sought {
                    return seeking::connect(self.guest, *to, step);
                }
                to.hear(Some(Heard::Take), step);
                step.set(CallTimer::Key, ACKNOWLEDGE);
                step.note(Mark::Good, format!("{} answered and is asked to press {TAKE}", to.who.said()), "");
                self.now = Doing::Asking(to);
                Stage::OnCall(self)
            }
        }
    }

    fn asking(mut self: Box<Self>, mut peer: Box<Peer>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let (leg, session) = (peer.leg, peer.line.session);
        let asked = seeking::asked(&mut peer, event, step);
        if matches!(asked, Asked::Key(TAKE)) {
            step.clear(CallTimer::Key);
            peer.hear(None, step);
            step.note(Mark::Good, format!("{} takes the call", peer.who.said()), "");
            return seeking::connect(self.guest, *peer, step);
        }
        if matches!(asked, Asked::Waits) {
            self.now = Doing::Asking(peer);
            return Stage::OnCall(self);
        }
        // Another key is no, too: the next one is called at once.
        step.clear(CallTimer::Key);
        step.note(Mark::Warn, format!("{} did not take the call", peer.who.said()), "");
        step.drop_leg(leg, &Ending::new(CallEnd::HungUp, Fault::None));
        step.retire(session);
        self.call_next(step)
    }
}
