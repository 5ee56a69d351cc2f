//! Whoever is on call is called, then the next, until one takes it. Whoever answers must press 1 first, so that no mailbox of a mobile
//! phone takes a call of a patient.

use std::time::Duration;

use model::call::{CallEnd, Fault};
use model::trace::Mark;
use plan::{Member, Rota};
use prompts::Prompt;

use crate::call::guest::{self, Guest, Said};
use crate::call::peer::Peer;
use crate::call::route::Route;
use crate::call::search::Search;
use crate::call::seeking::{self, Asked, Found};
use crate::call::way::{self, Journey, Seat};
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::{Heard, Step};
use crate::timers::CallTimer;
use crate::words::spoken;

/// How long somebody who has answered may take to press 1. A mailbox talks on, and does not.
const ACKNOWLEDGE: Duration = Duration::from_secs(15);
/// The key that takes a call.
const TAKE: char = '1';

/// The stage.
pub(crate) struct OnCall {
    guest: Guest,
    journey: Journey,
    rota: Rota,
    /// The next of its members to call.
    next: usize,
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
        Stage::OnCall(Box::new(Self { guest, journey, rota, next: 0, now: Doing::Telling }))
    }

    /// Who is here.
    pub(crate) const fn guest(&self) -> &Guest {
        &self.guest
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self: Box<Self>, party: Peer, step: &mut Step<'_>) -> Stage {
        let Self { guest, journey, rota, next, now } = *self;
        let mut guest = guest.succeeded_by(party, step);
        let journey = journey.with(&guest.peer.who, step);
        match now {
            Doing::Telling => guest.hears_all(spoken(&rota.words, &[Prompt::PleaseHold], journey.language), step),
            Doing::Calling(_) | Doing::Asking(_) => guest.hears(guest::ringing(), step),
        }
        Stage::OnCall(Box::new(Self { guest, journey, rota, next, now }))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        let event = match self.guest.on(event, step) {
            Err(ending) => return step.finish(ending),
            Ok(Said::Over) if matches!(self.now, Doing::Telling) => {
                self.guest.hears(guest::ringing(), step);
                return self.call_next(step);
            }
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
        while let Some(member) = self.rota.members.get(self.next).cloned() {
            self.next += 1;
            let ring = self.rota.ring;
            let route = match member {
                Member::Phones { extensions, order } => {
                    let are = if extensions.len() > 1 { "are" } else { "is" };
                    step.note(Mark::Good, format!("Calling {}, who {are} on call", extensions.join(", ")), "");
                    Route::phones(extensions, None, ring).in_order(order, step)
                }
                Member::Outside { mut trunks, number } => {
                    step.note(Mark::Good, "Calling the number outside of whoever is on call", "");
                    let trunk = if trunks.is_empty() { String::new() } else { trunks.remove(0) };
                    Route::trunk(trunk, trunks, number).within(ring)
                }
            };
            if let Ok(search) = seeking::search(&self.guest, route, step) {
                self.now = Doing::Calling(Box::new(search));
                return Stage::OnCall(self);
            }
        }
        step.note(Mark::Bad, format!("Nobody of the rota {} took the call", self.rota.name), "");
        let Self { guest, journey, rota, .. } = *self;
        match rota.nobody {
            Some(to) => way::go_on(Seat::Answered(guest), journey, &to, step),
            None => step.finish(Ending::new(CallEnd::NoAnswer, Fault::Callee)),
        }
    }

    fn calling(mut self: Box<Self>, mut search: Box<Search>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match seeking::on(&mut search, event, step) {
            Found::Nothing => {
                self.now = Doing::Calling(search);
                Stage::OnCall(self)
            }
            Found::Nobody(ending) => {
                step.note(Mark::Warn, "Not taken", ending.end.sentence());
                search.give_up(step);
                self.call_next(step)
            }
            Found::Somebody(mut to) => {
                search.end(step);
                if !self.rota.acknowledge {
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
