//! A phone has handed its partner on, and whom the partner shall talk with is being called: a blind transfer, or an attended one whose
//! target still rings (RFC 5589).
//!
//! Until somebody answers, the two who talked stay connected. If nobody does, the plan leads the party on as it leads everybody who calls
//! there: to a mailbox, to whoever is next. Where the plan has nothing more the two go on; if the one who transfers has hung up by then, they
//! are called back. Whoever is left alone in here is always the call's own: no leg is without an owner.

mod unanswered;

use std::time::Duration;

use media::sdp::{self, Direction};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use model::{PhoneNumber, Pii};
use plan::{Destination, Next, RingOrder, Target};
use sip::api::{self as sip_api, Event as SipEvent, LegId};

use crate::api::Event;
use crate::call::entry::{Help, Side};
use crate::call::join::StillRings;
use crate::call::pair;
use crate::call::peer::{self, Peer, Who};
use crate::call::replace::Newcomer;
use crate::call::route::{Fork, Route};
use crate::call::search::Search;
use crate::call::{CallEvent, Room, Stage, Talking};
use crate::refusal::Ending;
use crate::step::{Heard, Step};
use crate::timers::CallTimer;
use crate::tolls::Toll;

/// Ports that could not be bound before we stop believing in the next one.
const MAX_REBINDS: u8 = 3;

/// What a phone asks, after the plan has decided.
pub(crate) struct Order {
    /// The leg of the one who transfers.
    pub(crate) leg: LegId,
    pub(crate) goal: Goal,
    pub(crate) terms: Terms,
}

/// Where the partner goes.
pub(crate) enum Goal {
    /// To whom answers.
    Call(Box<Calling>),
    /// Into a conference room.
    Room(Room),
    /// Into an orbit, to wait.
    Orbit { orbit: String, seconds: Duration },
    /// To a step of the plan that speaks to callers, or to a machine of ours.
    Step(Box<Target>),
    /// Nobody there wants to be called now: to the step that the plan has for those who call all the same.
    Unwanted { to: Destination, target: Box<Target> },
}

/// Who is called for the partner.
pub(crate) struct Calling {
    pub(crate) route: Route,
    pub(crate) order: RingOrder,
    /// What the plan says comes next.
    pub(crate) then: Next,
}

impl Calling {
    pub(crate) fn new(route: Route) -> Self {
        Self { route, order: RingOrder::Together, then: Next::default() }
    }
}

/// What the plan says comes after somebody whom nobody answered.
pub(crate) struct Following {
    pub(crate) then: Next,
    /// What was dialled to reach them.
    pub(crate) dialled: PhoneNumber,
}

/// What goes with a call on behalf of who transfers.
pub(crate) struct Terms {
    /// It goes to an emergency number.
    pub(crate) help: Option<Help>,
    /// It is an outside call of the one who transfers.
    pub(crate) toll: Option<Toll>,
    /// What was dialled.
    pub(crate) dialled: PhoneNumber,
    /// The same for the trace.
    pub(crate) to: String,
    /// Why the plan decided so.
    pub(crate) why: Vec<String>,
    /// "Extension 101 (Front desk, room 2)".
    pub(crate) device: String,
}

/// The stage.
pub(crate) struct Transferring {
    /// Who is transferred, and on which side of the call they are.
    party: Peer,
    side: Side,
    /// Who transfers; none if they have hung up.
    by: Option<Peer>,
    by_who: Who,
    by_name: String,
    search: Search,
    /// What the plan says comes if nobody answers.
    next: Option<Following>,
    /// `by` was told that it rings.
    ringing: bool,
    /// Whose carrier's tones the party hears, instead of `by`.
    early: Option<LegId>,
    rebinds: u8,
    /// How many of the call's tolls are none of this search, which costs nothing if nobody answers.
    paid: usize,
    /// Nobody took the call, and whoever transferred is called back.
    is_back: bool,
}

impl Transferring {
    /// A blind transfer.
    pub(crate) fn begin(
        party: Peer,
        side: Side,
        by: Peer,
        calling: Calling,
        order: Terms,
        step: &mut Step<'_>,
    ) -> Stage {
        for why in &order.why {
            step.note(Mark::Detail, why.clone(), "");
        }
        let Calling { mut route, order: turns, then } = calling;
        let caller = party.who.clone();
        route.without(by.who.party.number.as_ref());
        let route = route.in_order(turns, step);
        if let Some(help) = order.help.clone() {
            let sentence = format!("{} transferred a call to {}.", order.device, help.number);
            let (tell, address) = (help.tell.clone(), help.address.clone());
            step.event(Event::Alert { call: step.card.id, sentence: Pii::new(sentence), address, tell, quiet: None });
            step.card.help = Some(help);
        }
        let empty = route.is_empty(&caller.party, step);
        let line = if empty { None } else { step.open(side.other()) };
        let Some(line) = line else {
            return unanswered::nobody_there(empty, (party, side, by), then, order, step);
        };
        let title = format!("{} transfers {} to {}", by.who.said(), party.who.said(), order.to);
        step.note(Mark::Good, title, "REFER");
        step.sip(sip_api::Command::AcceptRefer { leg: by.leg });
        let next = Some(Following { then, dialled: order.dialled });
        let paid = step.card.tolls.len();
        step.card.tolls.extend(order.toll);
        let ways = if step.card.help.is_some() { Direction::SendRecv } else { party.wish() };
        let mut search = Search::new(line, party.every_format(), ways, caller, route);
        search.begin(step);
        Self::new(party, side, by, search, next, paid).unless_over(step)
    }

    /// An attended transfer whose target still rings: the party takes the place of the one who called there.
    pub(crate) fn take_over(
        party: Peer,
        side: Side,
        by: Peer,
        handed: StillRings,
        paid: usize,
        step: &mut Step<'_>,
    ) -> Stage {
        let StillRings { search, early, next } = handed;
        let title = format!("{} transfers {} to the phone that rings", by.who.said(), party.who.said());
        step.note(Mark::Good, title, "attended transfer");
        search.watch(step);
        let mut this = Self::new(party, side, by, search, next, paid);
        if let Some(leg) = early {
            this.hear_carrier(leg, step);
        }
        if this.search.is_heard() {
            this.tell_ringing(step);
        }
        this.unless_over(step)
    }

    fn new(party: Peer, side: Side, by: Peer, search: Search, next: Option<Following>, paid: usize) -> Self {
        let (by_name, by_who) = (by.who.said(), by.who.clone());
        Self {
            party,
            side,
            by: Some(by),
            by_who,
            by_name,
            search,
            next,
            ringing: false,
            early: None,
            rebinds: 0,
            paid,
            is_back: false,
        }
    }

    fn unless_over(mut self, step: &mut Step<'_>) -> Stage {
        if !self.search.goes_on(step) {
            let ending = self.search.exhausted();
            return self.failed_or_onward(&ending, step);
        }
        self.settled(step)
    }

    fn settled(mut self, step: &mut Step<'_>) -> Stage {
        match &mut self.by {
            Some(by) if self.early.is_none() => peer::settle(&mut self.party, by, step),
            _ => peer::settle_alone(&mut self.party, step),
        }
        self.sound(step);
        Stage::Transferring(Box::new(self))
    }

    /// What the party hears: a carrier's tones, whoever transfers, or that it rings.
    fn sound(&mut self, step: &mut Step<'_>) {
        match &mut self.by {
            _ if self.early.is_some() => self.party.hear(None, step),
            Some(by) => {
                self.party.wait_for(by, step);
                by.wait_for(&self.party, step);
            }
            None => self.party.hear(Some(Heard::Ringing), step),
        }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(event, step),
            CallEvent::Timer(CallTimer::OnceMore) => {
                self.party.may_be_asked_again();
                self.by.iter_mut().for_each(Peer::may_be_asked_again);
                self.settled(step)
            }
            CallEvent::Timer(CallTimer::NoAnswer) => {
                if self.search.another(step) {
                    return Stage::Transferring(self);
                }
                let ending = self.search.rang_out();
                self.failed_or_onward(&ending, step)
            }
            CallEvent::Onward(onward) => self.go_on(*onward, step),
            CallEvent::Timer(CallTimer::NextTrunk) => {
                self.search.silent(step);
                self.unless_over(step)
            }
            CallEvent::Media(event) => self.on_media(&event, step),
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Replace(newcomer) => self.replace(*newcomer, step),
            CallEvent::Timer(_)
            | CallEvent::Mailbox(_)
            | CallEvent::Recording(_)
            | CallEvent::Callback(_)
            | CallEvent::FaxDone
            | CallEvent::UsedUp(_)
            | CallEvent::FaxCarried(..)
            | CallEvent::FaxUnderWay
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. } => Stage::Transferring(self),
        }
    }

    fn on_sip(mut self: Box<Self>, event: SipEvent, step: &mut Step<'_>) -> Stage {
        let Some(leg) = crate::call::leg_of(&event) else { return Stage::Transferring(self) };
        let is_by = self.by.as_ref().is_some_and(|by| by.leg == leg);
        match event {
            SipEvent::Progress { code, body, .. } => {
                self.progress(leg, code, body.as_deref(), step);
                self.settled(step)
            }
            SipEvent::Trying { .. } => {
                self.search.trying(leg, step);
                Stage::Transferring(self)
            }
            SipEvent::Answered { body, .. } => self.answered(leg, &body, step),
            SipEvent::Refused { code, redirect, .. } => {
                self.search.redirected(leg, redirect.as_ref(), step);
                self.refused(leg, code, step)
            }
            SipEvent::Ended { reason, .. } if leg == self.party.leg => {
                if let Some(by) = &self.by {
                    step.sip(sip_api::Command::ReferProgress { leg: by.leg, code: 487 });
                }
                let ending = pair::left(&self.party, self.side, reason, step);
                step.finish(ending)
            }
            SipEvent::Ended { .. } if is_by => self.by_has_left(step),
            SipEvent::Ended { .. } => self.refused(leg, 480, step),
            event if leg == self.party.leg || is_by => self.on_media_of_two(is_by, &event, step),
            SipEvent::Reinvite { .. } => {
                step.sip(sip_api::Command::RefuseReinvite { leg, code: 491 });
                Stage::Transferring(self)
            }
            _ => Stage::Transferring(self),
        }
    }

    fn on_media_of_two(mut self: Box<Self>, is_by: bool, event: &SipEvent, step: &mut Step<'_>) -> Stage {
        let (party, early) = (&mut self.party, self.early);
        let done = match &mut self.by {
            Some(by) if is_by => pair::on_sip(by, Some(party), self.side.other(), event, step),
            by => pair::on_sip(party, by.as_ref().filter(|_| early.is_none()), self.side, event, step),
        };
        match done {
            Ok(()) => self.settled(step),
            Err(ending) => step.finish(ending),
        }
    }

    /// Most phones hang up as soon as their transfer was accepted.
    fn by_has_left(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        if let Some(by) = self.by.take() {
            step.note(Mark::Detail, format!("{} hung up", self.by_name), "");
            step.retire(by.line.session);
        }
        self.settled(step)
    }

    fn progress(&mut self, leg: LegId, code: u16, body: Option<&[u8]>, step: &mut Step<'_>) {
        let Some(fork) = self.search.progress(leg, code, body.is_some(), step) else { return };
        let audio =
            body.filter(|_| fork.who.trunk.is_some()).and_then(|b| sdp::Session::parse(b).ok()?.open_audio().cloned());
        let audio = audio.filter(|a| self.early.is_none() && !a.formats.common(&self.party.agreed).codecs.is_empty());
        if audio.is_some_and(|audio| self.search.hear(leg, &audio, step)) {
            self.hear_carrier(leg, step);
        }
        self.tell_ringing(step);
    }

    fn hear_carrier(&mut self, leg: LegId, step: &mut Step<'_>) {
        self.early = Some(leg);
        step.media(media::Command::Bridge { a: self.party.line.session, b: self.search.line.session });
    }

    fn tell_ringing(&mut self, step: &mut Step<'_>) {
        if let Some(by) = self.by.as_ref().filter(|_| !self.ringing) {
            step.sip(sip_api::Command::ReferProgress { leg: by.leg, code: 180 });
            self.ringing = true;
        }
    }

    fn answered(mut self: Box<Self>, leg: LegId, body: &[u8], step: &mut Step<'_>) -> Stage {
        let Some(fork) = self.search.take(leg) else { return Stage::Transferring(self) };
        let audio = sdp::Session::parse(body).and_then(|theirs| {
            let audio = theirs.open_audio().cloned();
            audio.ok_or(sdp::SdpError::NotAcceptable("the answer has no audio"))
        });
        match audio.and_then(|audio| self.search.agree(&fork, &audio, step).map(|()| audio)) {
            Ok(audio) => self.connect(fork, &audio, step),
            Err(e) => {
                self.search.unusable(&fork, e, step);
                self.unless_over(step)
            }
        }
    }

    fn connect(self: Box<Self>, fork: Fork, audio: &sdp::Audio, step: &mut Step<'_>) -> Stage {
        self.search.won(&fork, step);
        let (ways, formats) = (self.search.ways, audio.formats.common(&self.search.formats));
        let Self { party, side, by, by_name, search, .. } = *self;
        step.begins_to_cost();
        step.got_through();
        let line = search.taken(step);
        let mut to = Peer::new(fork.leg, line, fork.who, formats).told(ways);
        to.described(audio, ways, step);
        Self::done(party, side, by, &by_name, to, step)
    }

    fn done(party: Peer, side: Side, by: Option<Peer>, by_name: &str, to: Peer, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Good, format!("Transferred by {by_name} to {}", to.who.said()), "");
        step.replaced_by(side.other(), &to.who);
        Talking::transferred(party, side, by, to, step)
    }

    fn refused(mut self: Box<Self>, leg: LegId, code: u16, step: &mut Step<'_>) -> Stage {
        if !self.search.refused(leg, code, step) {
            return Stage::Transferring(self);
        }
        // The next one has no tones yet: until then the two hear each other again.
        if !self.search.is_over()
            && self.early.take_if(|early| *early == leg).is_some()
            && let Some(by) = &self.by
        {
            step.media(media::Command::Bridge { a: self.party.line.session, b: by.line.session });
        }
        self.unless_over(step)
    }

    fn on_media(self: Box<Self>, event: &media::Event, step: &mut Step<'_>) -> Stage {
        let Some(session) = crate::call::session_of(event) else { return Stage::Transferring(self) };
        let done = match (&self.by, event) {
            (_, event) if session == self.party.line.session => pair::on_media(&self.party, self.side, event, step),
            (Some(by), event) if session == by.line.session => pair::on_media(by, self.side.other(), event, step),
            (_, media::Event::BindFailed { .. }) if session == self.search.line.session => {
                return self.rebind(step);
            }
            _ => Ok(()),
        };
        match done {
            Ok(()) => Stage::Transferring(self),
            Err(ending) => step.finish(ending),
        }
    }

    /// Somebody else on this machine has the port that those who are called know.
    fn rebind(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        self.rebinds += 1;
        let line = if self.rebinds > MAX_REBINDS || self.early.is_some() { None } else { step.open(self.side.other()) };
        let Some(line) = line else {
            step.note(Mark::Bad, "No media port could be opened", "");
            return self.failed(&Ending::our_fault(), step);
        };
        self.search.rebind(line, step);
        self.unless_over(step)
    }

    /// Another phone takes the place of one that rings.
    fn replace(self: Box<Self>, newcomer: Newcomer, step: &mut Step<'_>) -> Stage {
        if !self.search.rings_own_phone(newcomer.replaces) {
            newcomer.refuse(491, "The call is being transferred", step);
            return Stage::Transferring(self);
        }
        let (line, known, ways) = (self.search.line.clone(), self.party.agreed.clone(), self.search.ways);
        let Ok(to) = newcomer.answer(line, &known, ways, step) else { return Stage::Transferring(self) };
        step.note(Mark::Good, format!("Picked up by {}", to.who.said()), "Replaces");
        let Self { party, side, by, by_name, search, .. } = *self;
        search.taken(step);
        Self::done(party, side, by, &by_name, to, step)
    }
}
