//! Two peers talk. Each may hold, resume or move its own media without the other noticing; a BYE of either ends both.

use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{EndReason, Event as SipEvent, LegId};

use crate::call::{CallEvent, Stage};
use crate::line::Peer;
use crate::refusal::Ending;
use crate::step::Step;

/// The stage.
pub(crate) struct Talking {
    pub(crate) near: Peer,
    pub(crate) far: Peer,
    /// Whose fault it is when the far side vanishes.
    pub(crate) far_fault: Fault,
}

impl Talking {
    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(SipEvent::Ended { leg, reason }) => self.ended(leg, reason, step),
            CallEvent::Sip(SipEvent::Reinvite { leg, offer }) => {
                if let Some((peer, who)) = self.peer(leg) {
                    peer.reinvited(&offer, who, step);
                }
                Stage::Talking(self)
            }
            CallEvent::Sip(SipEvent::AckAnswer { leg, body }) => {
                let Some((peer, who)) = self.peer(leg) else { return Stage::Talking(self) };
                match peer.ack_answered(&body, who, step) {
                    Ok(()) => Stage::Talking(self),
                    Err(e) => {
                        step.note(
                            Mark::Bad,
                            format!("{who} answered with media that Frontdesk does not know"),
                            e.reason(),
                        );
                        step.finish(Ending::new(CallEnd::Refused, Fault::Caller))
                    }
                }
            }
            CallEvent::Media(event) => {
                self.on_media(&event, step);
                match event {
                    media::Event::BindFailed { .. } => step.finish(Ending::our_fault()),
                    _ => Stage::Talking(self),
                }
            }
            CallEvent::HangUp => {
                step.note(Mark::Warn, "A person ended the call from the console", "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Sip(_) | CallEvent::Timer(_) | CallEvent::FaxDone => Stage::Talking(self),
        }
    }

    fn ended(self: Box<Self>, leg: LegId, reason: EndReason, step: &mut Step<'_>) -> Stage {
        let near = leg == self.near.leg;
        let who = if near { "The caller" } else { "The called side" };
        match reason {
            EndReason::Bye | EndReason::Cancelled => {
                step.note(Mark::Good, format!("{who} hung up"), "");
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            EndReason::Lost => {
                step.note(Mark::Bad, format!("{who} vanished"), "no answer to what was sent to it");
                let fault = if near { Fault::Caller } else { self.far_fault };
                step.finish(Ending::new(CallEnd::Lost, fault))
            }
        }
    }

    /// Silence is noted and nothing more: a phone that is muted by its user may send nothing for an hour.
    fn on_media(&self, event: &media::Event, step: &mut Step<'_>) {
        let who = |session| if session == self.near.line.session { "the caller" } else { "the called side" };
        match event {
            media::Event::FirstPacket { session } => {
                step.note(Mark::Detail, format!("The first sound came from {}", who(*session)), "RTP");
            }
            media::Event::Silent { session } => {
                step.note(Mark::Warn, format!("No sound comes from {}", who(*session)), "no RTP");
            }
            media::Event::WrongKey { session } => {
                let title = format!("The encrypted sound of {} can't be opened", who(*session));
                step.note(Mark::Bad, title, "SRTP: not the key that was agreed on");
            }
            media::Event::BindFailed { .. } => step.note(Mark::Bad, "No media port could be opened", ""),
            media::Event::Dtmf { .. } | media::Event::Raw { .. } | media::Event::Closed { .. } => {}
        }
    }

    fn peer(&mut self, leg: LegId) -> Option<(&mut Peer, &'static str)> {
        if leg == self.near.leg {
            Some((&mut self.near, "The caller"))
        } else if leg == self.far.leg {
            Some((&mut self.far, "The called side"))
        } else {
            None
        }
    }
}
