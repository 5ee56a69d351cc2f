//! A code was dialled, and is done or not: the caller hears which, and the call ends.

use std::time::Duration;

use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{EndReason, Event as SipEvent};

use crate::call::peer::Peer;
use crate::call::ringing::Waiting;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::{Heard, Step};
use crate::timers::CallTimer;

/// How long the tone is heard. It ends earlier by itself; a phone whose media never comes must not wait for it.
const TONE: Duration = Duration::from_secs(2);

/// The stage.
pub(crate) struct Told {
    peer: Peer,
}

impl Told {
    /// `result`: what was done, for the trace, or why it was not.
    pub(crate) fn begin(waiting: &Waiting, result: Result<String, String>, step: &mut Step<'_>) -> Stage {
        match &result {
            Ok(what) => step.note(Mark::Good, what.clone(), ""),
            Err(why) => step.note(Mark::Warn, "The code was not carried out", why.clone()),
        }
        match answer_alone(waiting, step) {
            Ok(peer) => {
                let tone = if result.is_ok() { Heard::Confirm } else { Heard::Error };
                step.hear(peer.line.session, tone);
                step.set(CallTimer::Tone, TONE);
                Stage::Told(Box::new(Self { peer }))
            }
            Err(ending) => step.finish(ending),
        }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(SipEvent::Ended { reason: EndReason::Lost, .. }) => {
                step.finish(Ending::new(CallEnd::Lost, Fault::Caller))
            }
            CallEvent::Sip(SipEvent::Ended { .. }) | CallEvent::Timer(CallTimer::Tone) | CallEvent::HangUp => {
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            CallEvent::Sip(SipEvent::Reinvite { offer, .. }) => {
                self.peer.reinvited(&offer, None, "The caller", step);
                Stage::Told(self)
            }
            CallEvent::Sip(SipEvent::AckAnswer { body, .. }) => {
                match self.peer.ack_answered(&body, "The caller", step) {
                    Ok(()) => Stage::Told(self),
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
            | CallEvent::FaxDone
            | CallEvent::FaxUnderWay
            | CallEvent::Transfer(_)
            | CallEvent::NoTransfer { .. }
            | CallEvent::Replace(_)
            | CallEvent::Mailbox(_)
            | CallEvent::Onward(_) => Stage::Told(self),
        }
    }
}
