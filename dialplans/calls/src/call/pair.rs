//! What two peers whose sound goes from one to the other say about it.

use media::sdp::SdpError;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{EndReason, Event as SipEvent};

use crate::call::entry::Side;
use crate::call::peer::Peer;
use crate::refusal::Ending;
use crate::secrecy;
use crate::step::Step;

/// Whose words a trace line tells.
pub(crate) const fn name(side: Side) -> &'static str {
    match side {
        Side::Caller => "The caller",
        Side::Callee | Side::Gone => "The called side",
    }
}

/// What a peer says about its media, to `other` if there is one. `Err` if that ends the call.
pub(crate) fn on_sip(
    peer: &mut Peer,
    other: Option<&Peer>,
    side: Side,
    event: &SipEvent,
    step: &mut Step<'_>,
) -> Result<(), Ending> {
    let name = name(side);
    let answered = match event {
        SipEvent::Reinvite { offer, .. } => {
            peer.reinvited(offer, other, name, step);
            Ok(())
        }
        SipEvent::AckAnswer { body, .. } => peer.ack_answered(body, name, step),
        SipEvent::ReinviteAnswered { body, .. } => peer.reoffer_answered(body, name, step),
        SipEvent::ReinviteRefused { code, .. } => {
            peer.reoffer_refused(*code, name, step);
            Ok(())
        }
        SipEvent::ReinviteOvertaken { .. } => {
            peer.reoffer_overtaken();
            Ok(())
        }
        _ => Ok(()),
    };
    answered.or_else(|e| bad_answer(e, name, step))
}

/// An emergency call goes on even so: whatever its phone says, help may still hear it.
fn bad_answer(e: SdpError, name: &str, step: &mut Step<'_>) -> Result<(), Ending> {
    let how = secrecy::how_answered(e, "with media that Frontdesk does not know");
    step.note(Mark::Bad, format!("{name} answered {how}"), e.reason());
    if step.card.help.is_some() { Ok(()) } else { Err(Ending::new(CallEnd::Refused, Fault::Caller)) }
}

/// What the media engine says of a peer. Silence is noted and nothing more: a phone that is muted by its user may send nothing for an
/// hour.
pub(crate) fn on_media(peer: &Peer, side: Side, event: &media::Event, step: &mut Step<'_>) -> Result<(), Ending> {
    let name = if side == Side::Caller { "the caller" } else { "the called side" };
    match event {
        media::Event::FirstPacket { .. } => {
            step.note(Mark::Detail, format!("The first sound came from {name}"), "RTP");
        }
        // Who holds, or is held, may be silent by right.
        media::Event::Silent { .. } if peer.should_speak() => {
            step.note(Mark::Warn, format!("No sound comes from {name}"), "no RTP");
        }
        media::Event::WrongKey { .. } => {
            let title = format!("The encrypted sound of {name} can't be opened");
            step.note(Mark::Bad, title, "SRTP: not the key that was agreed on");
        }
        media::Event::Secured { suite, .. } => {
            step.note(
                Mark::Detail,
                format!("The sound of {name} is encrypted"),
                format!("DTLS, SRTP {}", suite.name()),
            );
        }
        media::Event::NotSecured { .. } => {
            let title = format!("No keys were agreed on with {name}");
            step.note(Mark::Bad, title, "DTLS: not the certificate that its description names, or no answer");
            return if step.card.help.is_some() { Ok(()) } else { Err(Ending::new(CallEnd::Refused, whose(side))) };
        }
        // Whoever calls for help may come back: where they are then, they are followed to.
        media::Event::Gone { .. } => {
            step.note(Mark::Bad, format!("The browser of {name} is gone"), "it checks its path no more");
            return if step.card.help.is_some() { Ok(()) } else { Err(Ending::new(CallEnd::Lost, whose(side))) };
        }
        media::Event::BindFailed { .. } => {
            step.note(Mark::Bad, "No media port could be opened", "");
            return Err(Ending::our_fault());
        }
        _ => {}
    }
    Ok(())
}

/// Whose fault it is what a side's media came to.
const fn whose(side: Side) -> Fault {
    match side {
        Side::Caller => Fault::Caller,
        Side::Callee | Side::Gone => Fault::Callee,
    }
}

/// A peer is gone, and the call with it.
pub(crate) fn left(peer: &Peer, side: Side, reason: EndReason, step: &mut Step<'_>) -> Ending {
    let name = name(side);
    match reason {
        EndReason::Bye | EndReason::Cancelled => {
            step.note(Mark::Good, format!("{name} hung up"), "");
            Ending::new(CallEnd::HungUp, Fault::None)
        }
        EndReason::Lost => {
            step.note(Mark::Bad, format!("{name} vanished"), "no answer to what was sent to it");
            let fault = match side {
                Side::Caller => Fault::Caller,
                _ if peer.who.trunk.is_some() => Fault::Trunk,
                _ => Fault::Callee,
            };
            Ending::new(CallEnd::Lost, fault)
        }
    }
}
