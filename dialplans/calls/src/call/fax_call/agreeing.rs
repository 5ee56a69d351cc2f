//! How the fax travels: T.38 is proposed, agreed on or refused, by either side, and what carries the fax is handed over.

use media::sdp;
use model::call::CallEnd;
use model::fax::Cause;
use model::trace::Mark;
use sip::api as sip_api;

use super::{FaxCall, State};
use crate::api::{Event, FaxWay};
use crate::call::entry::FaxMark;
use crate::call::{Stage, image};
use crate::refusal::Ending;
use crate::secrecy;
use crate::step::Step;
use crate::timers::CallTimer;

impl FaxCall {
    pub(super) fn propose(&mut self, step: &mut Step<'_>) {
        step.note(Mark::Detail, "We propose T.38", "re-INVITE");
        let body = self.peer.line.t38_offer();
        step.sip(sip_api::Command::Propose { leg: self.peer.leg, body });
        self.state = State::Proposed;
    }

    /// From here on the line is the fax session's, as sound. False if there is no codec for that.
    pub(super) fn sound(&mut self, step: &mut Step<'_>) -> bool {
        let Some(codec) = self.codec else { return false };
        if !self.sounding {
            self.sounding = true;
            step.clear(CallTimer::FaxAudio);
            step.note(Mark::Detail, "The fax begins as sound", codec.codec.name());
            self.hand_over(FaxWay::Audio(codec), step);
        }
        true
    }

    pub(super) fn hand_over(&mut self, way: FaxWay, step: &mut Step<'_>) {
        step.card.fax = Some(FaxMark::Attached);
        step.event(Event::Attach {
            call: step.card.id,
            session: self.peer.line.session,
            direction: self.direction,
            from: step.card.from.number.clone(),
            to: step.card.to.number.clone(),
            way,
        });
        self.handed_over = true;
        self.tell_keys(step);
    }

    /// From here on the line is the fax session's, over T.38.
    pub(super) fn attach(&mut self, image: &sdp::Image, step: &mut Step<'_>) {
        step.clear(CallTimer::ProposeT38);
        step.clear(CallTimer::FaxAudio);
        step.clear(CallTimer::AgreeT38);
        image::begins(&self.peer, image, step);
        self.hand_over(FaxWay::T38(image.t38), step);
        self.state = State::Attached;
    }

    pub(super) fn reinvited(mut self: Box<Self>, offer: &[u8], step: &mut Step<'_>) -> Stage {
        let leg = self.peer.leg;
        match self.state {
            State::Attached => {
                image::refreshed(&mut self.peer, offer, step);
                return Stage::Fax(self);
            }
            // An UPDATE before the answer: our offer has none yet (RFC 3311 section 5.2).
            State::Dialling { .. } => {
                step.sip(sip_api::Command::RefuseReinvite { leg, code: 491 });
                return Stage::Fax(self);
            }
            _ => {}
        }
        let Some((image, theirs)) = image::proposed(offer) else {
            self.peer.reinvited(offer, None, "The other side", step);
            return Stage::Fax(self);
        };
        if self.only_sound {
            step.note(Mark::Detail, "They propose T.38, which is not wanted in this call", "488");
            step.sip(sip_api::Command::RefuseReinvite { leg, code: 488 });
            return Stage::Fax(self);
        }
        if self.under_way {
            // Some gateways only then hear that it is a fax. To change now would cost the page that is on the line.
            step.note(Mark::Detail, "They propose T.38 in the midst of a page, which was refused", "488");
            step.sip(sip_api::Command::RefuseReinvite { leg, code: 488 });
            return Stage::Fax(self);
        }
        step.note(Mark::Detail, "They propose T.38", "re-INVITE");
        match self.peer.line.t38_answer(&theirs, step) {
            Ok(body) => {
                step.sip(sip_api::Command::AnswerReinvite { leg, body });
                self.attach(&image, step);
            }
            Err(e) => step.sip(sip_api::Command::RefuseReinvite { leg, code: e.status() }),
        }
        Stage::Fax(self)
    }

    pub(super) fn ack_answered(mut self: Box<Self>, body: &[u8], step: &mut Step<'_>) -> Stage {
        if self.state != State::Attached {
            // Audio carries nothing here, so a bad answer to it is no reason to give up before T.38 was proposed.
            if let Err(e) = self.peer.ack_answered(body, "The other side", step) {
                badly_answered(e, step);
            } else if self.codec.is_none() {
                self.codec = self.peer.agreed.codecs.first().copied();
            }
        } else {
            image::ack_answered(&mut self.peer, body, step);
        }
        Stage::Fax(self)
    }

    pub(super) fn proposal_answered(mut self: Box<Self>, body: &[u8], step: &mut Step<'_>) -> Stage {
        if self.state != State::Proposed {
            if let Err(e) = self.peer.reoffer_answered(body, "The other side", step) {
                badly_answered(e, step);
            }
            return Stage::Fax(self);
        }
        self.peer.line.t38_answered();
        match sdp::Session::parse(body).ok().and_then(|s| s.open_image().cloned()) {
            Some(_) if self.under_way => {
                // Too late: to change now would cost the page that is on the line, and with it the call.
                step.note(Mark::Warn, "They agreed on T.38 in the midst of a page, which goes on as sound", "");
                self.state = State::Refused;
                step.clear(CallTimer::AgreeT38);
                self.peer.offer_sound(step);
                Stage::Fax(self)
            }
            Some(image) => {
                self.attach(&image, step);
                Stage::Fax(self)
            }
            None => {
                // With a 200 that refuses the line, the call has none left: sound was closed for it.
                if self.codec.is_some() {
                    self.peer.offer_sound(step);
                }
                self.no_t38("the answer has no T.38", step)
            }
        }
    }

    pub(super) fn proposal_refused(self: Box<Self>, code: u16, step: &mut Step<'_>) -> Stage {
        // Some gateways never answer what they do not know, and are there all the same: what is heard of them says so, or the engine gives up.
        if code == 481 {
            step.note(Mark::Bad, "The other side vanished", format!("status {code}"));
            return step.finish(Ending::new(CallEnd::Lost, self.their_fault()).fax(Cause::NotAFax));
        }
        self.no_t38(&format!("status {code}"), step)
    }

    /// There will be no T.38: the fax travels as sound, if there is any.
    pub(super) fn no_t38(mut self: Box<Self>, detail: &str, step: &mut Step<'_>) -> Stage {
        if self.codec.is_some() {
            step.note(Mark::Warn, "They do not take fax over IP, so the fax goes as sound", detail);
            step.clear(CallTimer::ProposeT38);
            step.clear(CallTimer::AgreeT38);
            self.state = State::Refused;
            self.sound(step);
            return Stage::Fax(self);
        }
        step.note(Mark::Bad, "They do not take fax over IP", detail);
        step.finish(Ending::new(CallEnd::Refused, self.their_fault()).code(488).fax(Cause::NoT38))
    }
}

pub(super) fn badly_answered(e: sdp::SdpError, step: &mut Step<'_>) {
    let how = secrecy::how_answered(e, "with media that Frontdesk does not know");
    step.note(Mark::Warn, format!("They answered {how}"), e.reason());
}
