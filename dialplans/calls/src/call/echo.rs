//! `*43`: the caller hears themselves, which tells a person whether their phone works in both directions.

use std::time::Duration;

use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{EndReason, Event as SipEvent};

use crate::call::peer::Peer;
use crate::call::ringing::Waiting;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// A receiver that was laid beside its phone must not hold a port for days.
const LIMIT: Duration = Duration::from_secs(600);

/// The stage.
pub(crate) struct Echo {
    peer: Peer,
}

impl Echo {
    pub(crate) fn begin(waiting: &Waiting, step: &mut Step<'_>) -> Stage {
        match answer_alone(waiting, step) {
            Ok(peer) => {
                step.media(media::Command::Echo { session: peer.line.session });
                step.set(CallTimer::EchoLimit, LIMIT);
                step.note(Mark::Good, "The echo test answered", "");
                Stage::Echo(Box::new(Self { peer }))
            }
            Err(ending) => step.finish(ending),
        }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(SipEvent::Ended { reason: EndReason::Lost, .. }) => {
                step.finish(Ending::new(CallEnd::Lost, Fault::Caller))
            }
            CallEvent::Sip(SipEvent::Ended { .. }) | CallEvent::Timer(CallTimer::EchoLimit) | CallEvent::HangUp => {
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Sip(SipEvent::Reinvite { offer, .. }) => {
                self.peer.reinvited(&offer, None, "The caller", step);
                Stage::Echo(self)
            }
            CallEvent::Sip(SipEvent::AckAnswer { body, .. }) => {
                match self.peer.ack_answered(&body, "The caller", step) {
                    Ok(()) => Stage::Echo(self),
                    Err(_) => step.finish(Ending::new(CallEnd::Refused, Fault::Caller)),
                }
            }
            CallEvent::Media(media::Event::BindFailed { .. }) => {
                step.note(Mark::Bad, "No media port could be opened", "");
                step.finish(Ending::our_fault())
            }
            CallEvent::Sip(_)
            | CallEvent::Media(_)
            | CallEvent::Timer(_)
            | CallEvent::Mailbox(_)
            | CallEvent::FaxDone
            | CallEvent::FaxUnderWay
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. }
            | CallEvent::Replace(_)
            | CallEvent::Onward(_) => Stage::Echo(self),
        }
    }
}
