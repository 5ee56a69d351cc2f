//! A fax of ours calls: until somebody answers, or it is known why nobody does.

use media::sdp;
use model::call::{CallEnd, Fault};
use model::fax::Cause;
use model::trace::Mark;

use super::agreeing::badly_answered;
use super::{AGREE, ANSWER, CALLING_TONE, FaxCall, State, THEIR_TURN, codec};
use crate::call::Stage;
use crate::call::peer::Peer;
use crate::call::route::{Pitch, over_trunk};
use crate::refusal::{self, Ending, Refusal};
use crate::step::Step;
use crate::timers::CallTimer;

impl FaxCall {
    pub(super) fn heard(&mut self, step: &mut Step<'_>) {
        if let State::Dialling { heard: heard @ false, .. } = &mut self.state {
            *heard = true;
            step.note(Mark::Good, "It rings", "");
            step.trunk_works(&self.peer.who, true);
        }
    }

    pub(super) fn refused(mut self: Box<Self>, code: u16, step: &mut Step<'_>) -> Stage {
        let (heard, image) = match self.state {
            State::Dialling { heard, image } => (heard, image),
            _ => (false, false),
        };
        // Whoever has refused sound is there.
        let refusal = Refusal { code, heard: heard || image };
        step.trunk_works(&self.peer.who, refusal::trunk_works(refusal));
        step.note(Mark::Warn, "The call was refused", format!("status {code}"));
        if !refusal::is_of_media(code) {
            return step.finish(refusal::by_trunk(refusal));
        }
        if !image && self.dials_with_image(step) {
            return Stage::Fax(self);
        }
        self.nothing_in_common(step)
    }

    /// Sound was refused: they are called once more, with T.38 alone. False if that is not to be offered to them.
    fn dials_with_image(&mut self, step: &mut Step<'_>) -> bool {
        let who = &self.peer.who;
        let (Some(trunk), Some(number)) = (who.trunk.clone(), who.party.number.clone()) else { return false };
        if self.only_sound || who.secrecy.permits(false).is_err() {
            let why = if self.only_sound { "it is not wanted in this call" } else { "its sound would be encrypted" };
            step.note(Mark::Detail, "T.38 alone is not offered", why);
            return false;
        }
        step.note(Mark::Detail, "They may take fax over IP alone: the call goes once more, without sound", "T.38");
        let mut line = self.peer.line.clone();
        let Some(fork) = over_trunk(&trunk, &number, &Pitch::Image { line: &line }, false, false, &[], step) else {
            return false;
        };
        step.set(CallTimer::NoAnswer, ANSWER);
        line.taken_by(&fork.proposal, &fork.who, step);
        self.peer = Peer::new(fork.leg, line, fork.who, self.peer.agreed.clone());
        self.state = State::Dialling { heard: false, image: true };
        true
    }

    pub(super) fn answered(mut self: Box<Self>, body: &[u8], step: &mut Step<'_>) -> Stage {
        self.heard(step);
        let with_image = matches!(self.state, State::Dialling { image: true, .. });
        step.clear(CallTimer::NoAnswer);
        step.answered();
        step.note(Mark::Good, "Answered", "");
        match sdp::Session::parse(body) {
            Ok(theirs) if with_image => self.image_answered(&theirs, step),
            Ok(theirs) => self.sound_answered(&theirs, step),
            Err(e) if with_image => {
                badly_answered(e, step);
                self.nothing_in_common(step)
            }
            Err(e) => self.no_t38(e.reason(), step),
        }
    }

    fn image_answered(mut self: Box<Self>, theirs: &sdp::Session, step: &mut Step<'_>) -> Stage {
        let Some(image) = theirs.open_image() else {
            step.note(Mark::Bad, "They do not take fax over IP", "the answer has no T.38");
            return self.nothing_in_common(step);
        };
        self.peer.line.t38_taken();
        self.attach(image, step);
        Stage::Fax(self)
    }

    fn sound_answered(mut self: Box<Self>, theirs: &sdp::Session, step: &mut Step<'_>) -> Stage {
        if let Some(audio) = theirs.open_audio() {
            if let Err(e) = self.peer.line.accept(audio, &self.peer.who, step) {
                return self.no_sound(e, step);
            }
            self.peer.line.send_to(audio, &self.peer.agreed, &self.peer.who, step);
            self.codec = codec(audio);
        }
        if self.only_sound && self.sound(step) {
            self.state = State::Refused;
            return Stage::Fax(self);
        }
        step.set(CallTimer::FaxAudio, CALLING_TONE);
        step.set(CallTimer::ProposeT38, THEIR_TURN);
        step.set(CallTimer::AgreeT38, THEIR_TURN + AGREE);
        self.state = State::TheirTurn;
        Stage::Fax(self)
    }

    /// What they answered is not to be had here.
    fn no_sound(&self, e: sdp::SdpError, step: &mut Step<'_>) -> Stage {
        step.note(Mark::Bad, "They answered with sound that is not to be had here", e.reason());
        step.finish(Ending::new(CallEnd::Refused, self.their_fault()).code(e.status()).fax(Cause::Refused))
    }

    /// There is no medium that both sides would have: the line works, and carries no fax.
    fn nothing_in_common(&self, step: &mut Step<'_>) -> Stage {
        step.finish(Ending::new(CallEnd::Refused, Fault::Callee).code(488).fax(Cause::NoCommonMedia))
    }
}
