//! A fax machine calls a number for people, and a menu, an announcement, a queue, a mailbox, or whatever asks for a name has answered it: ours takes the call.

use media::SessionId;
use model::fax::Direction;

use crate::call::guest::Guest;
use crate::call::peer::Peer;
use crate::call::{FaxCall, Stage};
use crate::step::Step;

/// The tone of a machine (CNG, T.30 section 4.1) came from this session.
pub(crate) fn heard(stage: Stage, session: SessionId, step: &mut Step<'_>) -> Stage {
    let guest = match &stage {
        Stage::Speaking(stage) => Some(stage.guest()),
        Stage::Choosing(stage) => Some(stage.guest()),
        Stage::Naming(stage) => Some(stage.guest()),
        Stage::Queueing(stage) => Some(stage.guest()),
        Stage::LeavingMessage(stage) => stage.caller(),
        _ => None,
    };
    if !guest.is_some_and(|guest| guest.peer.line.session == session && may_be_a_fax(&guest.peer, step)) {
        return stage;
    }
    let guest: Guest = match stage {
        Stage::Speaking(stage) => stage.left_to_machine(step),
        Stage::Choosing(stage) => stage.left_to_machine(step),
        Stage::Naming(stage) => stage.left_to_machine(step),
        Stage::Queueing(stage) => stage.left_to_machine(step),
        Stage::LeavingMessage(stage) => stage.left_to_machine(step),
        stage => return stage,
    };
    FaxCall::of_machine(guest, step)
}

/// A machine outside may send a fax to a number for people. What a phone of ours plays is no reason to take its call away.
pub(crate) fn may_be_a_fax(peer: &Peer, step: &Step<'_>) -> bool {
    let from_outside = step.card.direction == Direction::In && peer.who.trunk.is_some();
    from_outside && step.card.help.is_none() && !peer.is_busy()
}
