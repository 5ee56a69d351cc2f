//! Two peers whose sound goes from one to the other.

use media::sdp::SdpError;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{EndReason, Event as SipEvent, LegId};

use crate::call::peer::{self, Peer};
use crate::entry::Side;
use crate::refusal::Ending;
use crate::step::Step;

/// The two.
pub(crate) struct Pair {
    pub(crate) near: Peer,
    pub(crate) far: Peer,
}

impl Pair {
    /// On which side this leg is.
    pub(crate) fn side(&self, leg: LegId) -> Option<Side> {
        match leg {
            leg if leg == self.near.leg => Some(Side::Caller),
            leg if leg == self.far.leg => Some(Side::Callee),
            _ => None,
        }
    }

    /// The one on this side, and the other.
    pub(crate) const fn both(&mut self, side: Side) -> (&mut Peer, &mut Peer) {
        match side {
            Side::Caller => (&mut self.near, &mut self.far),
            Side::Callee | Side::Gone => (&mut self.far, &mut self.near),
        }
    }

    /// Each learns what the other wants.
    pub(crate) fn settle(&mut self, step: &mut Step<'_>) -> Result<(), Ending> {
        peer::settle(&mut self.near, &mut self.far, step).map_err(|peer::NoCommonCodec| {
            step.note(Mark::Bad, "The two have no codec in common", "G.711 µ-law or A-law");
            Ending::new(CallEnd::Refused, Fault::Callee)
        })
    }

    /// What a peer says about its media. `Err` if that ends the call.
    pub(crate) fn on_sip(&mut self, event: &SipEvent, step: &mut Step<'_>) -> Result<(), Ending> {
        let Some(side) = crate::call::leg_of(event).and_then(|leg| self.side(leg)) else { return Ok(()) };
        let name = name(side);
        let (peer, other) = self.both(side);
        let answered = match event {
            SipEvent::Reinvite { offer, .. } => {
                peer.reinvited(offer, Some(other), name, step);
                Ok(())
            }
            SipEvent::AckAnswer { body, .. } => peer.ack_answered(body, name, step),
            SipEvent::ReinviteAnswered { body, .. } => peer.reoffer_answered(body, name, step),
            SipEvent::ReinviteRefused { code, .. } => {
                peer.reoffer_refused(*code, name, step);
                Ok(())
            }
            _ => Ok(()),
        };
        answered.or_else(|e| bad_answer(e, name, step))
    }

    /// Silence is noted and nothing more: a phone that is muted by its user may send nothing for an hour.
    pub(crate) fn on_media(&self, event: &media::Event, step: &mut Step<'_>) -> Result<(), Ending> {
        let (peer, name) = match crate::call::session_of(event) {
            session if session == self.near.line.session => (&self.near, "the caller"),
            session if session == self.far.line.session => (&self.far, "the called side"),
            _ => return Ok(()),
        };
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
            media::Event::BindFailed { .. } => {
                step.note(Mark::Bad, "No media port could be opened", "");
                return Err(Ending::our_fault());
            }
            _ => {}
        }
        Ok(())
    }

    /// One of the two is gone.
    pub(crate) fn left(&self, side: Side, reason: EndReason, step: &mut Step<'_>) -> Ending {
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
                    _ if self.far.who.trunk.is_some() => Fault::Trunk,
                    _ => Fault::Callee,
                };
                Ending::new(CallEnd::Lost, fault)
            }
        }
    }
}

/// Whose words a trace line tells.
pub(crate) const fn name(side: Side) -> &'static str {
    match side {
        Side::Caller => "The caller",
        Side::Callee | Side::Gone => "The called side",
    }
}

/// An emergency call goes on even so: whatever its phone says, help may still hear it.
fn bad_answer(e: SdpError, name: &str, step: &mut Step<'_>) -> Result<(), Ending> {
    step.note(Mark::Bad, format!("{name} answered with media that Frontdesk does not know"), e.reason());
    if step.card.help.is_some() { Ok(()) } else { Err(Ending::new(CallEnd::Refused, Fault::Caller)) }
}
