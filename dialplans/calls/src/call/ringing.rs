//! A caller waits while phones or trunks are called. The first answer wins; all others are cancelled.

use media::sdp::{self, Formats};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{self as sip_api, Event as SipEvent, LegId};

use crate::call::seek::{Fork, NEXT_TRUNK, Route};
use crate::call::{CallEvent, Stage, Talking};
use crate::entry::Side;
use crate::line::{Line, Peer};
use crate::refusal::{self, Ending, Refusal};
use crate::step::Step;
use crate::timers::CallTimer;

/// Ports that could not be bound before we stop believing in the next one.
const MAX_REBINDS: u8 = 3;

/// A caller who waits for our answer.
pub(crate) struct Waiting {
    pub(crate) leg: LegId,
    /// What it offered; none if it wants our offer.
    pub(crate) offer: Option<sdp::Session>,
}

/// The stage.
pub(crate) struct Ringing {
    caller: Waiting,
    /// Our session towards the caller, and the one that all forks share: only one of them will use it.
    near: Line,
    far: Line,
    /// What we offer the called side: what the caller knows, since nothing here transcodes.
    formats: Formats,
    route: Route,
    forks: Vec<Fork>,
    refusals: Vec<Refusal>,
    told: Told,
    rebinds: u8,
}

/// What the caller has heard so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Ringing,
    /// The called side's own tones; our description is fixed by now.
    EarlyMedia,
}

impl Ringing {
    /// Calls the called side.
    pub(crate) fn begin(caller: Waiting, route: Route, step: &mut Step<'_>) -> Stage {
        let formats = match &caller.offer {
            None => Formats::ours(),
            Some(offer) => match offer.open_audio() {
                Some(audio) => audio.formats.common(&Formats::ours()),
                None => {
                    step.note(Mark::Bad, "The phone offered no audio that Frontdesk knows", "G.711 is needed");
                    return step.finish(Ending::new(CallEnd::Refused, Fault::Caller).code(488));
                }
            },
        };
        if route.is_empty(step) {
            step.note(Mark::Warn, "No phone is registered there", "");
            return step.finish(refusal::by_phones(&[]));
        }
        let (Some(near), Some(far)) = (step.open(Side::Caller), step.open(Side::Callee)) else {
            step.note(Mark::Bad, "Every media port is in use", "");
            return step.finish(Ending::overload());
        };
        step.set(CallTimer::NoAnswer, route.unanswered());
        let stage = Self {
            caller,
            near,
            far,
            formats,
            route,
            forks: Vec::new(),
            refusals: Vec::new(),
            told: Told::Nothing,
            rebinds: 0,
        };
        stage.call(step)
    }

    fn call(mut self, step: &mut Step<'_>) -> Stage {
        let offer = self.far.offer(&self.formats);
        self.forks = self.route.first(&offer, step);
        self.watch_emergency(step);
        if self.forks.is_empty() { self.exhausted(step) } else { Stage::Ringing(Box::new(self)) }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match event {
            CallEvent::Sip(event) => self.on_sip(event, step),
            CallEvent::Timer(CallTimer::NoAnswer) => {
                let ending = self.rang_out();
                step.finish(ending)
            }
            CallEvent::Timer(CallTimer::NextTrunk) => {
                step.note(Mark::Warn, "The trunk is silent; the next one is called as well", "");
                self.call_next(step);
                Stage::Ringing(self)
            }
            CallEvent::Media(media::Event::BindFailed { session, .. }) => self.bind_failed(session, step),
            CallEvent::HangUp => {
                step.note(Mark::Warn, "A person ended the call from the console", "");
                step.finish(Ending::new(CallEnd::Refused, Fault::None).code(480))
            }
            CallEvent::Timer(_) | CallEvent::Media(_) | CallEvent::FaxDone => Stage::Ringing(self),
        }
    }

    fn on_sip(mut self: Box<Self>, event: SipEvent, step: &mut Step<'_>) -> Stage {
        match event {
            SipEvent::Progress { leg, body, .. } => {
                self.progress(leg, body.as_deref(), step);
                Stage::Ringing(self)
            }
            SipEvent::Answered { leg, body } => self.answered(leg, &body, step),
            SipEvent::Refused { leg, code, .. } => self.refused(leg, code, step),
            SipEvent::Ended { leg, reason } if leg == self.caller.leg => {
                let end = match reason {
                    sip_api::EndReason::Lost => CallEnd::Lost,
                    sip_api::EndReason::Bye | sip_api::EndReason::Cancelled => CallEnd::Abandoned,
                };
                step.finish(Ending::new(end, Fault::Caller))
            }
            SipEvent::Ended { leg, .. } => self.refused(leg, 480, step),
            // The caller's first offer is not answered yet (RFC 3261 section 14.2).
            SipEvent::Reinvite { leg, .. } => {
                step.sip(sip_api::Command::RefuseReinvite { leg, code: 491 });
                Stage::Ringing(self)
            }
            _ => Stage::Ringing(self),
        }
    }

    fn progress(&mut self, leg: LegId, body: Option<&[u8]>, step: &mut Step<'_>) {
        let Some(fork) = self.forks.iter_mut().find(|f| f.leg == leg) else { return };
        if !fork.heard {
            fork.heard = true;
            step.note(Mark::Good, "It rings", "");
        }
        if let Some(trunk) = fork.trunk.clone() {
            step.trunk_works(&trunk, true);
            step.clear(CallTimer::NextTrunk);
            if body.is_some_and(|body| self.early_media(body, step)) {
                return;
            }
        }
        if self.told == Told::Nothing {
            self.told = Told::Ringing;
            step.sip(sip_api::Command::Ring { leg: self.caller.leg, code: 180, body: None });
        }
    }

    /// The carrier plays its own tones: the caller hears them. Needs the caller's offer; a late one can't be answered before the 2xx.
    fn early_media(&mut self, body: &[u8], step: &mut Step<'_>) -> bool {
        if self.told == Told::EarlyMedia {
            return true;
        }
        let Some(offer) = &self.caller.offer else { return false };
        let Ok(theirs) = sdp::Session::parse(body) else { return false };
        let Some(audio) = theirs.open_audio() else { return false };
        let formats = audio.formats.common(&self.formats);
        let Ok(answer) = self.near.answer(offer, &formats) else { return false };
        self.far.send_to(audio, step);
        if let Some(audio) = offer.open_audio() {
            self.near.send_to(audio, step);
        }
        step.media(media::Command::Bridge { a: self.near.session, b: self.far.session });
        step.sip(sip_api::Command::Ring { leg: self.caller.leg, code: 183, body: Some(answer) });
        // Whoever answers must speak what the caller was promised.
        self.formats = formats;
        self.told = Told::EarlyMedia;
        true
    }

    fn answered(mut self: Box<Self>, leg: LegId, body: &[u8], step: &mut Step<'_>) -> Stage {
        let Some(fork) = self.take(leg) else { return Stage::Ringing(self) };
        let agreed = sdp::Session::parse(body).and_then(|theirs| {
            let formats = match theirs.open_audio() {
                Some(audio) => audio.formats.common(&self.formats),
                None => return Err(sdp::SdpError::NotAcceptable("the answer has no audio")),
            };
            let ours = match &self.caller.offer {
                Some(offer) => self.near.answer(offer, &formats)?,
                None => self.near.offer(&formats),
            };
            Ok((theirs, formats, ours))
        });
        match agreed {
            Ok((theirs, formats, ours)) => self.connect(&fork, &theirs, formats, ours, step),
            Err(e) => {
                step.note(Mark::Bad, "It was answered with media that the caller does not know", e.reason());
                step.drop_leg(leg, &Ending::our_fault());
                self.refusals.push(Refusal { code: 488, heard: fork.heard });
                self.after_refusal(step)
            }
        }
    }

    fn connect(
        self: Box<Self>,
        fork: &Fork,
        theirs: &sdp::Session,
        formats: Formats,
        ours: bytes::Bytes,
        step: &mut Step<'_>,
    ) -> Stage {
        let this = *self;
        for loser in &this.forks {
            step.drop_leg(loser.leg, &Ending::our_fault());
        }
        if let Some(trunk) = &fork.trunk {
            step.trunk_works(trunk, true);
            step.card.trunk = Some(trunk.clone());
        }
        step.clear(CallTimer::NoAnswer);
        step.clear(CallTimer::NextTrunk);
        step.sip(sip_api::Command::Answer { leg: this.caller.leg, body: ours });
        let mut near = Peer::new(this.caller.leg, this.near, formats.clone());
        let far = Peer::new(fork.leg, this.far, formats);
        if let Some(audio) = theirs.open_audio() {
            far.line.send_to(audio, step);
        }
        match this.caller.offer.as_ref().and_then(sdp::Session::open_audio) {
            Some(audio) => near.line.send_to(audio, step),
            None => near.offered = true,
        }
        step.media(media::Command::Bridge { a: near.line.session, b: far.line.session });
        step.answered();
        step.note(Mark::Good, format!("Answered by {}", fork.who), "");
        let far_fault = if fork.trunk.is_some() { Fault::Trunk } else { Fault::Callee };
        Stage::Talking(Box::new(Talking { near, far, far_fault }))
    }

    fn refused(mut self: Box<Self>, leg: LegId, code: u16, step: &mut Step<'_>) -> Stage {
        let Some(fork) = self.take(leg) else { return Stage::Ringing(self) };
        let refusal = Refusal { code, heard: fork.heard };
        if let Some(trunk) = &fork.trunk {
            step.trunk_works(trunk, refusal::trunk_works(refusal));
        }
        step.note(Mark::Warn, format!("Refused by {}", fork.who), format!("status {code}"));
        self.refusals.push(refusal);
        self.after_refusal(step)
    }

    fn after_refusal(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        self.call_next(step);
        if self.forks.is_empty() { self.exhausted(step) } else { Stage::Ringing(self) }
    }

    fn call_next(&mut self, step: &mut Step<'_>) {
        let offer = self.far.offer(&self.formats);
        let next = self.route.next(&self.forks, &offer, step);
        self.forks.extend(next);
        self.watch_emergency(step);
    }

    fn watch_emergency(&self, step: &mut Step<'_>) {
        if self.route.has_next() && !self.forks.iter().any(|f| f.heard) {
            step.set(CallTimer::NextTrunk, NEXT_TRUNK);
        } else {
            step.clear(CallTimer::NextTrunk);
        }
    }

    fn take(&mut self, leg: LegId) -> Option<Fork> {
        let index = self.forks.iter().position(|f| f.leg == leg)?;
        Some(self.forks.swap_remove(index))
    }

    /// Nobody is left who could answer.
    fn exhausted(&self, step: &mut Step<'_>) -> Stage {
        let ending = match (&self.route, self.refusals.last()) {
            (Route::Phones { .. }, _) => refusal::by_phones(&self.refusals),
            (Route::Trunk { .. } | Route::Emergency { .. }, Some(refusal)) => refusal::by_trunk(*refusal),
            (Route::Trunk { .. } | Route::Emergency { .. }, None) => Ending::new(CallEnd::TrunkFailed, Fault::Us),
        };
        step.finish(ending)
    }

    /// The time is over. What never said a word was not reached at all.
    fn rang_out(&self) -> Ending {
        if self.forks.iter().any(|f| f.heard) {
            Ending::new(CallEnd::NoAnswer, Fault::Callee)
        } else if self.route.is_phones() {
            refusal::by_phones(&self.refusals)
        } else {
            Ending::new(CallEnd::TrunkFailed, Fault::Trunk)
        }
    }

    /// Somebody else on this machine has the port. What we have not told anyone yet can still be changed.
    fn bind_failed(mut self: Box<Self>, session: media::SessionId, step: &mut Step<'_>) -> Stage {
        self.rebinds += 1;
        if self.rebinds > MAX_REBINDS || self.told == Told::EarlyMedia {
            step.note(Mark::Bad, "No media port could be opened", "");
            return step.finish(Ending::our_fault());
        }
        let side = if session == self.near.session { Side::Caller } else { Side::Callee };
        let Some(line) = step.open(side) else {
            step.note(Mark::Bad, "Every media port is in use", "");
            return step.finish(Ending::overload());
        };
        step.note(Mark::Detail, "A media port was taken by another program; the next one is used", "");
        if side == Side::Caller {
            self.near = line;
            return Stage::Ringing(self);
        }
        // The called side knows the old port: it is called anew, some milliseconds after the first INVITE.
        self.far = line;
        for fork in std::mem::take(&mut self.forks) {
            step.drop_leg(fork.leg, &Ending::our_fault());
            if let (Route::Emergency { waiting, .. }, Some(trunk)) = (&mut self.route, fork.trunk) {
                waiting.push_front(trunk);
            }
        }
        self.call(step)
    }
}
