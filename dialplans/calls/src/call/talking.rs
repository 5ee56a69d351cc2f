//! Two peers talk. Each may hold, resume, move or narrow its media, and the other is told what concerns it. A BYE of either ends both.
//! A phone of the clinic's own may hand its partner on, or give its place to another phone.

use std::time::Duration;

use media::{SessionId, sdp};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{self as sip_api, EndReason, Event as SipEvent, LegId};

use crate::call::entry::Side;
use crate::call::join::{Given, Parcel};
use crate::call::pair;
use crate::call::peer::{self, Peer};
use crate::call::pressed;
use crate::call::replace::Newcomer;
use crate::call::seat;
use crate::call::transferring::{Goal, Order, Transferring};
use crate::call::way;
use crate::call::{CallEvent, FaxBetween, FaxCall, InRoom, Parked, Stage, fax_between, image, machine};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// How long a phone whose transfer has succeeded may take to hang up; then we do. Phones do it within a second, as soon as they have
/// shown their user what it came to.
const RELEASE: Duration = Duration::from_secs(4);

/// The stage.
pub(crate) struct Talking {
    near: Peer,
    far: Peer,
    /// Who has handed its partner on and has not hung up yet.
    leaving: Option<LegId>,
}

impl Talking {
    /// Two peers are bridged.
    pub(crate) fn begin(near: Peer, far: Peer, step: &mut Step<'_>) -> Stage {
        step.media(media::Command::Bridge { a: near.line.session, b: far.line.session });
        Self { near, far, leaving: None }.settled(step)
    }

    /// Two peers who talk already go on.
    pub(crate) fn again(one: Peer, side: Side, other: Peer, step: &mut Step<'_>) -> Stage {
        Self::of(one, side, other).settled(step)
    }

    /// The party on `side` was transferred from `by` to `to`.
    pub(crate) fn transferred(party: Peer, side: Side, by: Option<Peer>, to: Peer, step: &mut Step<'_>) -> Stage {
        step.media(media::Command::Bridge { a: party.line.session, b: to.line.session });
        let mut this = Self::of(party, side, to);
        this.near.meets_another();
        this.far.meets_another();
        if let Some(by) = by {
            step.sip(sip_api::Command::ReferProgress { leg: by.leg, code: 200 });
            step.retire(by.line.session);
            step.set(CallTimer::Release, RELEASE);
            this.leaving = Some(by.leg);
        }
        this.settled(step)
    }

    fn of(one: Peer, side: Side, other: Peer) -> Self {
        match side {
            Side::Caller => Self { near: one, far: other, leaving: None },
            Side::Callee | Side::Gone => Self { near: other, far: one, leaving: None },
        }
    }

    fn settled(mut self, step: &mut Step<'_>) -> Stage {
        step.taken();
        peer::settle(&mut self.near, &mut self.far, step);
        self.near.wait_for(&self.far, step);
        self.far.wait_for(&self.near, step);
        Stage::Talking(Box::new(self))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(&event, step),
            CallEvent::Media(event) => self.on_media(&event, step),
            CallEvent::HangUp(why) => {
                step.note(Mark::Warn, why.sentence(), "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Transfer(order) => self.transfer(*order, step),
            CallEvent::Replace(newcomer) => self.replace(*newcomer, step),
            CallEvent::Timer(CallTimer::Release) => {
                self.release(step);
                Stage::Talking(self)
            }
            CallEvent::Timer(CallTimer::OnceMore) => {
                self.near.may_be_asked_again();
                self.far.may_be_asked_again();
                self.settled(step)
            }
            CallEvent::Timer(_)
            | CallEvent::Mailbox(_)
            | CallEvent::Recording(_)
            | CallEvent::Callback(_)
            | CallEvent::FaxDone
            | CallEvent::UsedUp(_)
            | CallEvent::FaxCarried(..)
            | CallEvent::FaxUnderWay
            | CallEvent::NoTransfer { .. }
            | CallEvent::Onward(_) => Stage::Talking(self),
        }
    }

    /// On which side this leg talks.
    pub(crate) fn side(&self, leg: LegId) -> Option<Side> {
        match leg {
            leg if leg == self.near.leg => Some(Side::Caller),
            leg if leg == self.far.leg => Some(Side::Callee),
            _ => None,
        }
    }

    /// On which side whoever has this session talks.
    pub(crate) fn side_of(&self, session: SessionId) -> Option<Side> {
        match session {
            session if session == self.near.line.session => Some(Side::Caller),
            session if session == self.far.line.session => Some(Side::Callee),
            _ => None,
        }
    }

    /// The one on this side.
    pub(crate) const fn peer(&self, side: Side) -> &Peer {
        match side {
            Side::Caller => &self.near,
            Side::Callee | Side::Gone => &self.far,
        }
    }

    const fn both(&mut self, side: Side) -> (&mut Peer, &mut Peer) {
        match side {
            Side::Caller => (&mut self.near, &mut self.far),
            Side::Callee | Side::Gone => (&mut self.far, &mut self.near),
        }
    }

    /// Those of our people who talk, or who called if there are none: whom it concerns what the call costs.
    pub(crate) fn payers(&self) -> Vec<&Peer> {
        let ours: Vec<&Peer> = [&self.near, &self.far].into_iter().filter(|peer| peer.who.user.is_some()).collect();
        if ours.is_empty() { vec![&self.near] } else { ours }
    }

    /// The one on this side, and the other.
    fn split(self, side: Side) -> (Peer, Peer) {
        match side {
            Side::Caller => (self.near, self.far),
            Side::Callee | Side::Gone => (self.far, self.near),
        }
    }

    fn on_sip(mut self: Box<Self>, event: &SipEvent, step: &mut Step<'_>) -> Stage {
        let Some(leg) = crate::call::leg_of(event) else { return Stage::Talking(self) };
        let Some(side) = self.side(leg) else { return self.left_over(leg, event, step) };
        if let SipEvent::Ended { reason, .. } = event {
            return self.ended(side, *reason, step);
        }
        if let SipEvent::Reinvite { offer, .. } = event
            && image::proposed(offer).is_some()
            && fax_between::machine(&self.near, &self.far, step).is_some()
        {
            self.release(step);
            return match FaxBetween::new(self.near, self.far, step) {
                Some(between) => between.on_sip(event, step),
                None => step.finish(Ending::our_fault()),
            };
        }
        if let SipEvent::Dtmf { digit, .. } = event {
            pressed::pass_on(side, self.peer(side.other()).line.session, *digit.expose(), step);
            return Stage::Talking(self);
        }
        let (peer, other) = self.both(side);
        match pair::on_sip(peer, Some(other), side, event, step) {
            Ok(()) => self.settled(step),
            Err(ending) => step.finish(ending),
        }
    }

    fn ended(self: Box<Self>, side: Side, reason: EndReason, step: &mut Step<'_>) -> Stage {
        let ending = pair::left(self.peer(side), side, reason, step);
        step.finish(ending)
    }

    fn on_media(mut self: Box<Self>, event: &media::Event, step: &mut Step<'_>) -> Stage {
        if let media::Event::FaxTone { .. } = event
            && let Some(machine) = fax_between::machine(&self.near, &self.far, step)
        {
            self.release(step);
            return match FaxBetween::new(self.near, self.far, step) {
                Some(between) => between.heard(machine, step),
                None => step.finish(Ending::our_fault()),
            };
        }
        if let media::Event::FaxTone { session } = event
            && self.is_a_fax(*session, step)
        {
            self.release(step);
            step.drop_leg(self.far.leg, &Ending::new(CallEnd::HungUp, Fault::None));
            step.retire(self.far.line.session);
            return FaxCall::take_over(self.near, step);
        }
        let session = crate::call::session_of(event);
        let side = match session {
            Some(session) if session == self.near.line.session => Side::Caller,
            Some(session) if session == self.far.line.session => Side::Callee,
            _ => return Stage::Talking(self),
        };
        match pair::on_media(self.peer(side), side, event, step) {
            Ok(()) => Stage::Talking(self),
            Err(ending) => step.finish(ending),
        }
    }

    /// A machine outside sends a fax to a number for people.
    fn is_a_fax(&self, session: media::SessionId, step: &Step<'_>) -> bool {
        session == self.near.line.session && machine::may_be_a_fax(&self.near, step)
    }

    /// Whoever has handed its partner on has no media here any more.
    fn left_over(mut self: Box<Self>, leg: LegId, event: &SipEvent, step: &mut Step<'_>) -> Stage {
        match event {
            SipEvent::Ended { .. } if self.leaving == Some(leg) => {
                self.leaving = None;
                step.clear(CallTimer::Release);
            }
            SipEvent::Reinvite { .. } => step.sip(sip_api::Command::RefuseReinvite { leg, code: 488 }),
            _ => {}
        }
        Stage::Talking(self)
    }

    /// Says goodbye to whoever has handed its partner on.
    fn release(&mut self, step: &mut Step<'_>) {
        if let Some(leg) = self.leaving.take() {
            step.clear(CallTimer::Release);
            step.drop_leg(leg, &Ending::new(CallEnd::HungUp, Fault::None));
        }
    }

    /// A phone hands its partner on to whom the plan names.
    fn transfer(mut self: Box<Self>, order: Order, step: &mut Step<'_>) -> Stage {
        let Some(side) = self.side(order.leg) else { return Stage::Talking(self) };
        self.release(step);
        let (by, party) = self.split(side);
        match order.goal {
            Goal::Call(call) => Transferring::begin(party, side.other(), by, *call, order.terms, step),
            Goal::Room(room) => InRoom::transferred(party, side.other(), by, room, step),
            Goal::Orbit { orbit, seconds } => Parked::begin(party, side.other(), by, orbit, seconds, step),
            Goal::Step(target) => way::handed_on(party, side.other(), by, (*target, None), order.terms, step),
            Goal::Unwanted { to, target } => {
                way::handed_on(party, side.other(), by, (*target, Some(to)), order.terms, step)
            }
        }
    }

    /// The partner of this leg goes to another call, which `by` joins with this one. Nobody is left here.
    pub(crate) fn give(self: Box<Self>, side: Side, step: &mut Step<'_>) -> (Parcel, Stage) {
        let (by, party) = self.split(side);
        if step.card.tape.records() {
            // Whether they are recorded where they go is for that call to say.
            step.media(media::Command::StopRecord { session: party.line.session });
        }
        let baggage = step.give(&[party.leg], party.line.session);
        step.note(Mark::Good, format!("{} connected this call with another one", by.who.said()), "attended transfer");
        let stage = step.finish(Ending::new(CallEnd::HungUp, Fault::None));
        (Parcel { given: Given::Peer(Box::new(party)), baggage }, stage)
    }

    /// The same, where the other call has a seat for the partner: whoever hands them over is done here.
    pub(crate) fn hand_over(self: Box<Self>, side: Side, step: &mut Step<'_>) -> (Parcel, Stage) {
        let by = self.peer(side);
        step.handed_over(by);
        let direction = seat::came(step.card.direction, side.other());
        let (mut parcel, stage) = self.give(side, step);
        parcel.baggage.direction = direction;
        (parcel, stage)
    }

    /// The party that talks with `side` here gets whom the other call of `side` has.
    pub(crate) fn join(mut self: Box<Self>, side: Side, parcel: Parcel, step: &mut Step<'_>) -> Stage {
        self.release(step);
        let (by, party) = self.split(side);
        step.sip(sip_api::Command::AcceptRefer { leg: by.leg });
        let paid = step.card.tolls.len();
        step.adopt(parcel.baggage, side);
        match parcel.given {
            Given::Peer(to) => {
                let title = format!("{} connected {} with {}", by.who.said(), party.who.said(), to.who.said());
                step.note(Mark::Good, title, "attended transfer");
                step.replaced_by(side, &to.who);
                Self::transferred(party, side.other(), Some(by), *to, step)
            }
            Given::Search(handed) => Transferring::take_over(party, side.other(), by, *handed, paid, step),
        }
    }

    /// Another phone takes the place of one that talks.
    fn replace(mut self: Box<Self>, newcomer: Newcomer, step: &mut Step<'_>) -> Stage {
        let Some(side) = self.side(newcomer.replaces).filter(|side| self.peer(*side).who.user.is_some()) else {
            newcomer.refuse(603, "Only the place of a phone of the clinic's own can be taken", step);
            return Stage::Talking(self);
        };
        let Some(line) = step.open_to(side, newcomer.who.address()) else {
            newcomer.refuse(503, "Every media port is in use", step);
            return Stage::Talking(self);
        };
        let session = line.session;
        let (_, other) = self.both(side);
        let ways = if step.card.help.is_some() { sdp::Direction::SendRecv } else { other.wish() };
        let known = other.agreed.clone();
        let Ok(newcomer) = newcomer.answer(line, &known, ways, step) else {
            step.retire(session);
            return Stage::Talking(self);
        };
        self.release(step);
        let (gone, party) = self.split(side);
        let title = format!("{} took the call over from {}", newcomer.who.said(), gone.who.said());
        step.note(Mark::Good, title, "Replaces");
        step.retire(gone.line.session);
        step.drop_leg(gone.leg, &Ending::new(CallEnd::HungUp, Fault::None));
        step.replaced_by(side, &newcomer.who);
        Self::transferred(party, side.other(), None, newcomer, step)
    }
}
