//! An attended transfer into the plan: a phone has called a queue, a menu, a mailbox or a room, has heard where it is, and lets the partner
//! of another call of its own take its seat there. Their call goes on in the place of the phone's: a place in a queue is kept.

use model::call::{CallEnd, Fault};
use model::fax::Direction;
use model::trace::Mark;
use sip::api::LegId;

use crate::call::entry::Side;
use crate::call::guest::Guest;
use crate::call::join::{Given, Parcel};
use crate::call::peer::{self, Peer};
use crate::call::{Stage, Who};
use crate::refusal::Ending;
use crate::step::Step;

impl Stage {
    /// Who sits on this leg and could let somebody else take the seat; else why not.
    pub(crate) fn seat(&self, leg: LegId) -> Result<&Who, (u16, &'static str)> {
        let peer = match self {
            Self::Speaking(stage) => &stage.guest().peer,
            Self::Choosing(stage) => &stage.guest().peer,
            Self::Seeking(stage) => &stage.guest().peer,
            Self::Queueing(stage) => &stage.guest().peer,
            Self::OnCall(stage) => &stage.guest().peer,
            Self::Echo(stage) => &stage.guest().peer,
            Self::LeavingMessage(stage) => &stage.seat()?.peer,
            Self::InRoom(stage) => stage.seat()?,
            Self::Mailbox(_) => return Err((603, "Messages are for whoever they were left for")),
            Self::Studio(_) => return Err((603, "Only who may manage records what callers hear")),
            Self::Fax(_) => {
                return Err((603, "The fax machine has that line already: hand the caller on to its number"));
            }
            Self::FaxBetween(_) => return Err((603, "A fax is on the line")),
            Self::Told(_) => return Err((603, "A code does something for the phone that dials it")),
            Self::Page(_) => return Err((603, "Nobody is handed on to those who listen to a page")),
            // Who says their name called from outside, and no phone of ours lets anybody take that seat.
            Self::Naming(_)
            | Self::CallingBack(_)
            | Self::Parked(_)
            | Self::Talking(_)
            | Self::Transferring(_)
            | Self::Ringing(_)
            | Self::Closing(_) => {
                return Err((491, "The other call is not ready for it"));
            }
        };
        if peer.leg == leg { Ok(&peer.who) } else { Err((491, "The other call is not ready for it")) }
    }

    /// The leg lets its partner go to another call, and is done.
    pub(crate) fn hand_over(self, leg: LegId, step: &mut Step<'_>) -> (Option<Parcel>, Self) {
        let side = match &self {
            Self::Talking(talking) => talking.side(leg),
            _ => None,
        };
        match (self, side) {
            (Self::Talking(talking), Some(side)) => {
                let (parcel, stage) = talking.hand_over(side, step);
                (Some(parcel), stage)
            }
            (stage, _) => (None, stage),
        }
    }

    /// Somebody takes the seat of whoever called here.
    pub(crate) fn taken_by(self, parcel: Option<Parcel>, step: &mut Step<'_>) -> Self {
        let Some(Parcel { given, baggage }) = parcel else { return self };
        let came = (baggage.direction, baggage.sought_help);
        step.adopt(baggage, Side::Caller);
        let Given::Peer(party) = given else { return step.finish(Ending::our_fault()) };
        (step.card.direction, step.card.sought_help) = (came.0, step.card.sought_help || came.1);
        let party = *party;
        match self {
            Self::Speaking(stage) => stage.taken_by(party, step),
            Self::Choosing(stage) => stage.taken_by(party, step),
            Self::Seeking(stage) => stage.taken_by(party, step),
            Self::Queueing(stage) => stage.taken_by(party, step),
            Self::OnCall(stage) => stage.taken_by(party, step),
            Self::Echo(stage) => stage.taken_by(party, step),
            Self::LeavingMessage(stage) => stage.taken_by(party, step),
            Self::InRoom(stage) => stage.taken_by(party, step),
            // What was asked before both steps says that this cannot be. Then nobody may be left without an owner.
            _ => step.finish(Ending::our_fault()),
        }
    }
}

impl Guest {
    /// Somebody else sits here from now on, and hears nothing yet.
    pub(crate) fn succeeded_by(self, party: Peer, step: &mut Step<'_>) -> Self {
        Self::new(succeed(self.peer, party, step))
    }
}

/// `before` goes, and `party` is the call's caller.
pub(crate) fn succeed(before: Peer, mut party: Peer, step: &mut Step<'_>) -> Peer {
    let title = format!("{} hands this call over to {}", before.who.said(), party.who.said());
    step.note(Mark::Good, title, "attended transfer");
    step.retire(before.line.session);
    step.drop_leg(before.leg, &Ending::new(CallEnd::HungUp, Fault::None));
    step.card.from = party.who.party.clone().into();
    party.hear(None, step);
    peer::settle_alone(&mut party, step);
    party
}

/// As which kind of call somebody goes on who was on this side of it.
pub(crate) const fn came(direction: Direction, side: Side) -> Direction {
    match side {
        Side::Caller => direction,
        Side::Callee | Side::Gone => Direction::Out,
    }
}
