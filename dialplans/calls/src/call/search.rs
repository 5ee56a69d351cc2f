//! The called side while nobody has answered: who is being called, who has refused, and what that comes to. Somebody waits for it: a
//! caller, or a party that is being transferred.

use std::collections::VecDeque;

use media::sdp::{self, Direction, Formats, SdpError};
use model::call::{CallEnd, Fault};
use model::switches::Forward;
use model::trace::Mark;
use model::{PhoneNumber, Pii};
use plan::Target;
use sip::api::LegId;

use crate::call::onward::{self, Ask, Onward};
use crate::call::peer::Who;
use crate::call::rounds::REST;
use crate::call::route::{Fork, NEXT_TRUNK, Pitch, Route, SAID_LITTLE, over_trunk};
use crate::line::Line;
use crate::refusal::{self, Ending, Refusal};
use crate::secrecy;
use crate::step::Step;
use crate::timers::CallTimer;
use crate::tolls::Toll;

/// 183, which says no more than that the call is on its way, unless it brings sound.
const SESSION_PROGRESS: u16 = 183;
/// Also what is made of no answer at all.
const UNANSWERED: u16 = 408;

/// Who is being called.
pub(crate) struct Search {
    /// The session that all forks share: only one of them will use it.
    pub(crate) line: Line,
    /// What we offer: what the one who waits knows, since nothing here transcodes.
    pub(crate) formats: Formats,
    /// Which ways the one who waits wants sound to flow.
    pub(crate) ways: Direction,
    /// As whom we call.
    caller: Who,
    route: Route,
    forks: Vec<Fork>,
    refusals: Vec<Refusal>,
    /// A phone said whom to call instead.
    redirect: Option<PhoneNumber>,
    /// What rings outside beside the phones.
    also: Option<Also>,
}

/// A number outside that rings beside somebody's own phones.
struct Also {
    number: PhoneNumber,
    /// The trunks that are left if the one that is called fails.
    or: VecDeque<String>,
    /// What it costs whoever wants it, if it is taken there.
    toll: Option<Toll>,
}

impl Search {
    /// Nobody is called yet.
    pub(crate) const fn new(line: Line, formats: Formats, ways: Direction, caller: Who, route: Route) -> Self {
        Self { line, formats, ways, caller, route, forks: Vec::new(), refusals: Vec::new(), redirect: None, also: None }
    }

    /// Calls everybody who is to be called first, for as long as the route says.
    pub(crate) fn begin(&mut self, step: &mut Step<'_>) {
        if let Some(to) = self.route.elsewhere() {
            self.redirect = Some(to);
            return;
        }
        self.call(step);
        self.watch(step);
    }

    /// What is to ring outside beside the phones of the one person who is called: not for whoever calls from there.
    pub(crate) fn asks_also(&self, step: &Step<'_>) -> Option<Ask> {
        let extension = self.route.one_person()?;
        let passed = step.card.passed.iter().any(|passed| passed == extension);
        let to = step
            .site
            .switches
            .forward(extension, Forward::Also)
            .filter(|to| step.card.from.number.as_ref() != Some(to));
        let ending = Ending::new(CallEnd::NoAnswer, Fault::Callee);
        let to = to.filter(|_| !passed && !self.is_over())?.clone();
        Some(Ask { extension: extension.to_owned(), to, ending, also: true })
    }

    /// A number outside rings, too.
    pub(crate) fn also(&mut self, onward: Onward, step: &mut Step<'_>) {
        match onward.way {
            Ok((Target::Trunk { trunk, or, number }, toll)) if !self.is_over() => {
                step.note(Mark::Good, format!("A number outside rings beside the phones of {}", onward.by), "");
                let or = std::iter::once(trunk).chain(or).collect();
                self.also = Some(Also { number, or, toll });
                self.call_also(step);
            }
            Ok(_) => {}
            Err(why) => step.note(Mark::Warn, "A number outside cannot ring beside the phones", why),
        }
    }

    /// Over the next trunk that is left for it.
    fn call_also(&mut self, step: &mut Step<'_>) {
        let pitch = Pitch::Sound { line: &self.line, formats: &self.formats, ways: self.ways };
        let Some(also) = &mut self.also else { return };
        while let Some(trunk) = also.or.pop_front() {
            if let Some(fork) = over_trunk(&trunk, &also.number, &pitch, false, self.caller.private, &[], step) {
                return self.forks.push(fork);
            }
        }
    }

    /// True if this one rings outside beside the phones: whoever answers there is asked whether they take the call.
    pub(crate) fn is_also(&self, fork: &Who) -> bool {
        fork.trunk.is_some() && self.route.is_phones()
    }

    /// It is rung there no more: whoever has the search from now on asks nobody to press a key.
    pub(crate) fn forget_also(&mut self, step: &mut Step<'_>) {
        self.also = None;
        let (outside, forks) = std::mem::take(&mut self.forks).into_iter().partition(|fork| self.is_also(&fork.who));
        self.forks = forks;
        let outside: Vec<Fork> = outside;
        outside.iter().for_each(|fork| step.drop_leg(fork.leg, &Ending::our_fault()));
    }

    /// Phones of ours are called, and perhaps a number outside beside them.
    pub(crate) const fn is_phones(&self) -> bool {
        self.route.is_phones()
    }

    /// It was taken there, and costs.
    pub(crate) fn taken_outside(&mut self, step: &mut Step<'_>) {
        step.card.tolls.extend(self.also.take().and_then(|also| also.toll));
    }

    /// Sets its time, from now, and for those who have not said a word.
    pub(crate) fn watch(&self, step: &mut Step<'_>) {
        step.set(CallTimer::NoAnswer, self.route.unanswered());
        self.watch_silence(step);
    }

    fn call(&mut self, step: &mut Step<'_>) {
        let pitch = Pitch::Sound { line: &self.line, formats: &self.formats, ways: self.ways };
        self.forks = self.route.first(&self.caller, &pitch, step);
    }

    /// Somebody has answered, and perhaps thinks about it: nobody rings beside them.
    pub(crate) fn rings_no_more(&mut self, step: &mut Step<'_>) {
        for fork in std::mem::take(&mut self.forks) {
            step.taken_elsewhere(fork.leg);
        }
    }

    /// Nobody is left who could answer.
    pub(crate) const fn is_over(&self) -> bool {
        self.forks.is_empty()
    }

    /// True if somebody is being called, or is now because whoever was has refused.
    pub(crate) fn goes_on(&mut self, step: &mut Step<'_>) -> bool {
        !self.is_over() || self.another(step) || self.rests(step)
    }

    /// Help was not reached by any trunk. Staff are told at once; those trunks that are full are given room, and all are called once more.
    fn rests(&mut self, step: &mut Step<'_>) -> bool {
        let Route::Emergency(rounds) = &mut self.route else { return false };
        let Some(full) = rounds.rest(step) else { return false };
        step.note(Mark::Bad, "No trunk took the call; all of them are tried again in a moment", "");
        step.call_otherwise();
        step.make_room(full);
        step.set(CallTimer::NextTrunk, REST);
        true
    }

    /// The time of those who ring is over, or they have refused: whoever is next rings, if anybody is.
    pub(crate) fn another(&mut self, step: &mut Step<'_>) -> bool {
        while let Some(growing) = self.route.advance() {
            if !growing {
                for fork in std::mem::take(&mut self.forks) {
                    self.refusals.push(Refusal { code: 408, heard: fork.heard });
                    step.drop_leg(fork.leg, &Ending::our_fault());
                }
            }
            let pitch = Pitch::Sound { line: &self.line, formats: &self.formats, ways: self.ways };
            let next = self.route.first(&self.caller, &pitch, step);
            if !next.is_empty() {
                self.forks.extend(next);
                self.watch(step);
                return true;
            }
        }
        false
    }

    /// It is help that is being called.
    pub(crate) const fn is_emergency(&self) -> bool {
        matches!(self.route, Route::Emergency(_))
    }

    /// True if this leg is one of those that are being called, and is a phone of the clinic's own.
    pub(crate) fn rings_own_phone(&self, leg: LegId) -> bool {
        self.forks.iter().any(|f| f.leg == leg && f.who.user.is_some())
    }

    /// Somebody has said something beyond 100.
    pub(crate) fn is_heard(&self) -> bool {
        self.forks.iter().any(|f| f.heard)
    }

    /// A leg described its sound, in its answer or before it: it is agreed with our offer to it.
    pub(crate) fn agree(&mut self, fork: &Fork, audio: &sdp::Audio, step: &mut Step<'_>) -> Result<(), SdpError> {
        self.line.taken_by(&fork.proposal, &fork.who, step);
        self.line.accept(audio, &fork.who, step)
    }

    /// Whom a leg that is being called reaches.
    pub(crate) fn who(&self, leg: LegId) -> Option<&Who> {
        self.forks.iter().find(|f| f.leg == leg).map(|f| &f.who)
    }

    /// A leg plays tones before it answers. False if they cannot be heard.
    pub(crate) fn hear(&mut self, leg: LegId, audio: &sdp::Audio, step: &mut Step<'_>) -> bool {
        let Some(fork) = self.forks.iter().find(|f| f.leg == leg).cloned() else { return false };
        if self.agree(&fork, audio, step).is_err() {
            return false;
        }
        self.line.send_to(audio, &self.formats, &fork.who, step);
        true
    }

    /// The legs that are being called.
    pub(crate) fn legs(&self) -> Vec<LegId> {
        self.forks.iter().map(|f| f.leg).collect()
    }

    /// A leg has said something beyond 100: the leg, if it is ours. `early`: it described its sound.
    pub(crate) fn progress(&mut self, leg: LegId, code: u16, early: bool, step: &mut Step<'_>) -> Option<&Fork> {
        let at = self.forks.iter().position(|f| f.leg == leg)?;
        if self.is_emergency() && code == SESSION_PROGRESS && !early {
            // Some carriers' border says so to every call, before anybody was asked: it has a little longer to say more.
            let is_new = !std::mem::replace(&mut self.forks[at].on_its_way, true);
            if is_new && !self.is_heard() && self.route.patience(&self.forks, step).is_some() {
                step.set(CallTimer::NextTrunk, SAID_LITTLE);
            }
            return self.forks.get(at);
        }
        let fork = &mut self.forks[at];
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
        if code == UNANSWERED && !fork.heard {
            step.trunk_is_silent(&fork.who);
        }
        self.route.refused(&fork, code);
        step.note(Mark::Warn, format!("Refused by {}", fork.name()), format!("status {code}"));
        if self.is_also(&fork.who) {
            // What is said outside says nothing of the phones; another trunk may be better.
            if !works {
                self.call_also(step);
            }
            return true;
        }
        self.refusals.push(refusal);
        // Another address of a trunk that works would say the same (RFC 3263 section 4.3). Where a carrier that leads elsewhere would have the call
        // go nobody follows it, and another carrier may take it.
        let leads_elsewhere = (300..400).contains(&code);
        if !works || leads_elsewhere || self.is_emergency() || self.route.is_phones() {
            self.next(step);
        }
        true
    }

    /// A phone of ours refuses, and says whom to call instead: its user has switched that at the phone itself. A carrier that says so is not
    /// followed, since nobody here pays for where it leads.
    pub(crate) fn redirected(&mut self, leg: LegId, to: Option<&Pii<String>>, step: &mut Step<'_>) {
        let Some(to) = to.filter(|_| self.rings_own_phone(leg)) else { return };
        match step.site.read(to.expose()) {
            Ok(to) => {
                step.note(Mark::Detail, "The phone forwards the call itself", "");
                self.redirect = Some(to);
            }
            Err(_) => step.note(Mark::Warn, "The phone forwards the call to what is no number", ""),
        }
    }

    /// Where a call that would end so goes on, if it was for one person who forwards such calls.
    pub(crate) fn onward(&self, ending: &Ending, step: &Step<'_>) -> Option<Ask> {
        let extension = self.route.one_person()?;
        if step.card.passed.iter().any(|passed| passed == extension) {
            return None;
        }
        let switched = || step.site.switches.forward(extension, onward::when(ending)?).cloned();
        let to = self.redirect.clone().or_else(switched)?;
        Some(Ask { extension: extension.to_owned(), to, ending: *ending, also: false })
    }

    /// Lets everybody go, and calls others on the same line.
    pub(crate) fn again(self, route: Route, step: &mut Step<'_>) -> Self {
        let (formats, ways, caller) = (self.formats.clone(), self.ways, self.caller.clone());
        let line = self.end(step);
        let mut search = Self::new(line, formats, ways, caller, route);
        search.begin(step);
        search
    }

    /// A leg answered with what we cannot use: it is ended, and the search goes on.
    pub(crate) fn unusable(&mut self, fork: &Fork, e: SdpError, step: &mut Step<'_>) {
        let how = secrecy::how_answered(e, "with media that the caller does not know");
        step.note(Mark::Bad, format!("It was answered {how}"), e.reason());
        step.drop_leg(fork.leg, &Ending::our_fault());
        if !self.is_also(&fork.who) {
            self.refusals.push(Refusal { code: 488, heard: fork.heard });
        }
        self.next(step);
    }

    /// A leg said 100: its server is there. That is enough for an ordinary call; for an emergency it must ring, or another carrier is called as well.
    pub(crate) fn trying(&mut self, leg: LegId, step: &mut Step<'_>) {
        let Some(fork) = self.forks.iter_mut().find(|f| f.leg == leg) else { return };
        let is_new = !std::mem::replace(&mut fork.trying, true);
        if !self.is_emergency() {
            step.clear(CallTimer::NextTrunk);
        } else if is_new && self.route.patience(&self.forks, step) != Some(NEXT_TRUNK) {
            self.watch_silence(step);
        }
    }

    /// The trunks that are called if the one that is called now fails, in this order.
    pub(crate) fn next_trunks(&self) -> Vec<String> {
        self.route.next_trunks()
    }

    /// Nothing was heard for [`NEXT_TRUNK`]. In an emergency the next trunk is called beside the silent one; an ordinary call gives the
    /// silent address up for the next one of its trunk, so that no two answer.
    pub(crate) fn silent(&mut self, step: &mut Step<'_>) {
        if self.is_emergency() && !self.is_over() {
            step.note(Mark::Warn, "The trunk is silent; the next one is called as well", "");
            if self.route.patience(&self.forks, step) == Some(SAID_LITTLE) {
                self.forks.iter_mut().for_each(|fork| fork.waited_for = true);
            }
        } else if !self.is_emergency() {
            step.note(Mark::Warn, "The trunk's server is silent; its next address is called", "");
            for fork in std::mem::take(&mut self.forks) {
                step.trunk_works(&fork.who, false);
                step.trunk_is_silent(&fork.who);
                step.drop_leg(fork.leg, &Ending::our_fault());
                self.refusals.push(Refusal { code: 408, heard: false });
            }
        }
        self.next(step);
    }

    /// Calls who comes next: phones that better ones made room for, the next address of a trunk, the next of an emergency's trunks.
    pub(crate) fn next(&mut self, step: &mut Step<'_>) {
        let pitch = Pitch::Sound { line: &self.line, formats: &self.formats, ways: self.ways };
        let next = self.route.next(&self.forks, &self.caller, &pitch, step);
        self.forks.extend(next);
        self.watch_silence(step);
    }

    fn watch_silence(&self, step: &mut Step<'_>) {
        let is_there = self.forks.iter().any(|f| f.heard || f.trying && !self.is_emergency());
        match self.route.patience(&self.forks, step).filter(|_| !is_there) {
            Some(patience) => step.set(CallTimer::NextTrunk, patience),
            None => step.clear(CallTimer::NextTrunk),
        }
    }

    /// Takes a leg out.
    pub(crate) fn take(&mut self, leg: LegId) -> Option<Fork> {
        let index = self.forks.iter().position(|f| f.leg == leg)?;
        Some(self.forks.swap_remove(index))
    }

    /// Somebody has answered, or has taken the call from a phone that rings: all others hear that, and list no call that they missed. Its line.
    pub(crate) fn taken(mut self, step: &mut Step<'_>) -> Line {
        self.rings_no_more(step);
        self.end(step)
    }

    /// Nobody shall answer any more: everybody who is still being called is let go. Its line.
    pub(crate) fn end(self, step: &mut Step<'_>) -> Line {
        for fork in &self.forks {
            step.drop_leg(fork.leg, &Ending::our_fault());
        }
        step.clear(CallTimer::NoAnswer);
        step.clear(CallTimer::NextTrunk);
        self.line
    }

    /// Nobody shall answer any more, and its line is used for nothing else.
    pub(crate) fn give_up(self, step: &mut Step<'_>) {
        let session = self.end(step).session;
        step.retire(session);
    }

    /// The leg that won answered, with sound.
    pub(crate) fn won(&self, fork: &Fork, step: &mut Step<'_>) {
        step.trunk_works(&fork.who, true);
        step.takes(&fork.who, false);
        step.note(Mark::Good, format!("Answered by {}", fork.name()), "");
    }

    /// What it came to when nobody is left.
    pub(crate) fn exhausted(&self) -> Ending {
        match (&self.route, self.refusals.last()) {
            (Route::Phones { .. }, _) => refusal::by_phones(&self.refusals),
            (Route::Trunk { .. } | Route::Emergency(_), Some(refusal)) => refusal::by_trunk(*refusal),
            (Route::Trunk { .. } | Route::Emergency(_), None) => Ending::new(CallEnd::TrunkFailed, Fault::Us),
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
            self.route.again(&fork);
        }
        self.call(step);
        self.watch_silence(step);
    }
}
