//! The called side while nobody has answered: who is being called, who has refused, and what that comes to. Somebody waits for it: a
//! caller, or a party that is being transferred.

use media::sdp::{Direction, Formats};
use model::call::{CallEnd, Fault, Party};
use model::trace::Mark;
use sip::api::LegId;

use crate::call::route::{Fork, NEXT_TRUNK, Route};
use crate::line::Line;
use crate::refusal::{self, Ending, Refusal};
use crate::step::Step;
use crate::timers::CallTimer;

/// Who is being called.
pub(crate) struct Search {
    /// The session that all forks share: only one of them will use it.
    pub(crate) line: Line,
    /// What we offer: what the one who waits knows, since nothing here transcodes.
    pub(crate) formats: Formats,
    /// Which ways the one who waits wants sound to flow.
    pub(crate) ways: Direction,
    /// As whom we call.
    caller: Party,
    route: Route,
    forks: Vec<Fork>,
    refusals: Vec<Refusal>,
}

impl Search {
    /// Nobody is called yet.
    pub(crate) const fn new(line: Line, formats: Formats, ways: Direction, caller: Party, route: Route) -> Self {
        Self { line, formats, ways, caller, route, forks: Vec::new(), refusals: Vec::new() }
    }

    /// Calls everybody who is to be called first, for as long as the route says.
    pub(crate) fn begin(&mut self, step: &mut Step<'_>) {
        self.call(step);
        self.watch(step);
    }

    /// Sets its time, from now, and for those who have not said a word.
    pub(crate) fn watch(&self, step: &mut Step<'_>) {
        step.set(CallTimer::NoAnswer, self.route.unanswered());
        self.watch_silence(step);
    }

    fn call(&mut self, step: &mut Step<'_>) {
        let offer = self.line.offer(&self.formats, self.ways);
        self.forks = self.route.first(&self.caller, &offer, step);
    }

    /// Nobody is left who could answer.
    pub(crate) const fn is_over(&self) -> bool {
        self.forks.is_empty()
    }

    /// It is help that is being called.
    pub(crate) const fn is_emergency(&self) -> bool {
        matches!(self.route, Route::Emergency { .. })
    }

    /// True if this leg is one of those that are being called, and is a phone of the clinic's own.
    pub(crate) fn rings_own_phone(&self, leg: LegId) -> bool {
        self.forks.iter().any(|f| f.leg == leg && f.who.user.is_some())
    }

    /// Somebody has said something beyond 100.
    pub(crate) fn is_heard(&self) -> bool {
        self.forks.iter().any(|f| f.heard)
    }

    /// Whose mailbox takes a message if nobody answers.
    pub(crate) fn mailbox(&self, step: &Step<'_>) -> Option<String> {
        self.route.mailbox(step)
    }

    pub(crate) const fn route(&self) -> &Route {
        &self.route
    }

    /// The legs that are being called.
    pub(crate) fn legs(&self) -> Vec<LegId> {
        self.forks.iter().map(|f| f.leg).collect()
    }

    /// A leg has said something beyond 100: the leg, if it is ours.
    pub(crate) fn progress(&mut self, leg: LegId, step: &mut Step<'_>) -> Option<&Fork> {
        let fork = self.forks.iter_mut().find(|f| f.leg == leg)?;
        if !std::mem::replace(&mut fork.heard, true) {
            step.note(Mark::Good, "It rings", "");
        }
        step.trunk_works(&fork.who, true);
        if fork.who.trunk.is_some() {
            step.clear(CallTimer::NextTrunk);
        }
        Some(fork)
    }

    /// A leg refused, or ended before it answered. False if it is none of ours.
    pub(crate) fn refused(&mut self, leg: LegId, code: u16, step: &mut Step<'_>) -> bool {
        let Some(fork) = self.take(leg) else { return false };
        let refusal = Refusal { code, heard: fork.heard };
        let works = refusal::trunk_works(refusal);
        step.trunk_works(&fork.who, works);
        self.route.refused(&fork, code);
        step.note(Mark::Warn, format!("Refused by {}", fork.name()), format!("status {code}"));
        self.refusals.push(refusal);
        // Another address of a trunk that works would say the same (RFC 3263 section 4.3).
        if !works || self.is_emergency() || self.route.is_phones() {
            self.next(step);
        }
        true
    }

    /// A leg answered with what we cannot use: it is ended, and the search goes on.
    pub(crate) fn unusable(&mut self, fork: &Fork, reason: &str, step: &mut Step<'_>) {
        step.note(Mark::Bad, "It was answered with media that the caller does not know", reason);
        step.drop_leg(fork.leg, &Ending::our_fault());
        self.refusals.push(Refusal { code: 488, heard: fork.heard });
        self.next(step);
    }

    /// A leg said 100: its server is there. That is enough for an ordinary call; for an emergency it must ring.
    pub(crate) fn trying(&mut self, leg: LegId, step: &mut Step<'_>) {
        let emergency = self.is_emergency();
        if let Some(fork) = self.forks.iter_mut().find(|f| f.leg == leg && !emergency) {
            fork.trying = true;
            step.clear(CallTimer::NextTrunk);
        }
    }

    /// Nothing was heard for [`NEXT_TRUNK`]. In an emergency the next trunk is called beside the silent one; an ordinary call gives the
    /// silent address up for the next one of its trunk, so that no two answer.
    pub(crate) fn silent(&mut self, step: &mut Step<'_>) {
        if self.is_emergency() {
            step.note(Mark::Warn, "The trunk is silent; the next one is called as well", "");
        } else {
            step.note(Mark::Warn, "The trunk's server is silent; its next address is called", "");
            for fork in std::mem::take(&mut self.forks) {
                step.trunk_works(&fork.who, false);
                step.drop_leg(fork.leg, &Ending::our_fault());
                self.refusals.push(Refusal { code: 408, heard: false });
            }
        }
        self.next(step);
    }

    /// Calls who comes next: phones that better ones made room for, the next address of a trunk, the next of an emergency's trunks.
    pub(crate) fn next(&mut self, step: &mut Step<'_>) {
        let offer = self.line.offer(&self.formats, self.ways);
        let next = self.route.next(&self.forks, &self.caller, &offer, step);
        self.forks.extend(next);
        self.watch_silence(step);
    }

    fn watch_silence(&self, step: &mut Step<'_>) {
        if self.route.has_next(step) && !self.forks.iter().any(|f| f.heard || f.trying) {
            step.set(CallTimer::NextTrunk, NEXT_TRUNK);
        } else {
            step.clear(CallTimer::NextTrunk);
        }
    }

    /// Takes a leg out.
    pub(crate) fn take(&mut self, leg: LegId) -> Option<Fork> {
        let index = self.forks.iter().position(|f| f.leg == leg)?;
        Some(self.forks.swap_remove(index))
    }

    /// Somebody has answered, or nobody shall any more: everybody who is still being called is let go. Its line.
    pub(crate) fn end(self, step: &mut Step<'_>) -> Line {
        for fork in &self.forks {
            step.drop_leg(fork.leg, &Ending::our_fault());
        }
        step.clear(CallTimer::NoAnswer);
        step.clear(CallTimer::NextTrunk);
        self.line
    }

    /// The leg that won answered.
    pub(crate) fn won(&self, fork: &Fork, step: &mut Step<'_>) {
        step.trunk_works(&fork.who, true);
        step.note(Mark::Good, format!("Answered by {}", fork.name()), "");
    }

    /// What it came to when nobody is left.
    pub(crate) fn exhausted(&self) -> Ending {
        match (&self.route, self.refusals.last()) {
            (Route::Phones { .. }, _) => refusal::by_phones(&self.refusals),
            (Route::Trunk { .. } | Route::Emergency { .. }, Some(refusal)) => refusal::by_trunk(*refusal),
            (Route::Trunk { .. } | Route::Emergency { .. }, None) => Ending::new(CallEnd::TrunkFailed, Fault::Us),
        }
    }

    /// The time is over. What never said a word was not reached at all.
    pub(crate) fn rang_out(&self) -> Ending {
        if self.forks.iter().any(|f| f.heard) {
            Ending::new(CallEnd::NoAnswer, Fault::Callee)
        } else if self.route.is_phones() {
            refusal::by_phones(&self.refusals)
        } else {
            Ending::new(CallEnd::TrunkFailed, Fault::Trunk)
        }
    }

    /// Somebody else on this machine has the port that those who are called know: they are called anew, some milliseconds after the
    /// first INVITE.
    pub(crate) fn rebind(&mut self, line: Line, step: &mut Step<'_>) {
        self.line = line;
        for fork in std::mem::take(&mut self.forks) {
            step.drop_leg(fork.leg, &Ending::our_fault());
            self.route.again(fork);
        }
        self.call(step);
        self.watch_silence(step);
    }
}
