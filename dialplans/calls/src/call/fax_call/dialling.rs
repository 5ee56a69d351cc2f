//! A fax of ours calls, with sound or with T.38 alone: until somebody answers, or it is known why nobody does.

use media::sdp::{self, Formats};
use model::PhoneNumber;
use model::call::{CallEnd, Fault};
use model::fax::Cause;
use model::trace::Mark;

use super::agreeing::badly_answered;
use super::{AGREE, ANSWER, CALLING_TONE, FaxCall, State, THEIR_TURN, codec};
use crate::call::Stage;
use crate::call::peer::Peer;
use crate::call::route::{Pitch, over_trunk};
use crate::line::Line;
use crate::refusal::{self, Ending, Refusal};
use crate::secrecy::Secrecy;
use crate::step::Step;
use crate::timers::CallTimer;

/// A fax over this trunk is to begin with T.38 alone: it has taken nothing else lately, and may go unencrypted.
pub(super) fn begins_with_image(trunk: &str, step: &Step<'_>) -> bool {
    let server = step.servers.order(trunk).first();
    let secrecy = server.map(|server| Secrecy::of_trunk(&step.site.settings, trunk, server.transport));
    let clear = secrecy.is_some_and(|secrecy| secrecy.permits(false).is_ok());
    clear && step.servers.takes_image_alone(trunk, step.now.wall)
}

/// Calls a number with T.38 alone, or with sound. `None` if nobody knows where the trunk is.
pub(super) fn dial(
    image: bool,
    trunk: &str,
    number: &PhoneNumber,
    line: &mut Line,
    step: &mut Step<'_>,
) -> Option<Peer> {
    let formats = Formats::g711();
    let pitch = match image {
        true => Pitch::Image { line },
        false => Pitch::Sound { line, formats: &formats, ways: sdp::Direction::SendRecv },
    };
    let fork = over_trunk(trunk, number, &pitch, false, false, &[], step)?;
    step.set(CallTimer::NoAnswer, ANSWER);
    line.taken_by(&fork.proposal, &fork.who, step);
    Some(Peer::new(fork.leg, line.clone(), fork.who, formats))
}

impl FaxCall {
    pub(super) fn heard(&mut self, step: &mut Step<'_>) {
        if let State::Dialling { heard: heard @ false, .. } = &mut self.state {
            *heard = true;
            step.note(Mark::Good, "It rings", "");
            step.trunk_works(&self.peer.who, true);
        }
    }

    pub(super) fn refused(mut self: Box<Self>, code: u16, step: &mut Step<'_>) -> Stage {
        let (heard, image, last) = match self.state {
            State::Dialling { heard, image, last } => (heard, image, last),
            _ => (false, false, true),
        };
        // Whoever has refused the one or the other for its media is there.
        let refusal = Refusal { code, heard: heard || last };
        let works = refusal::trunk_works(refusal);
        step.trunk_works(&self.peer.who, works);
        step.note(Mark::Warn, "The call was refused", format!("status {code}"));
        // What was learned of them may be why: the next fax begins with sound again.
        if image && (refusal::is_of_media(code) || !works) {
            step.takes(&self.peer.who, false);
        }
        if !refusal::is_of_media(code) {
            return step.finish(refusal::by_trunk(refusal));
        }
        if !last && self.dials_otherwise(image, step) {
            return Stage::Fax(self);
        }
        self.nothing_in_common(step)
    }

    /// Sound was refused: they are called once more, with T.38 alone; or the other way about. False if that is not to be offered to them.
    fn dials_otherwise(&mut self, image: bool, step: &mut Step<'_>) -> bool {
        let who = &self.peer.who;
        let (Some(trunk), Some(number)) = (who.trunk.clone(), who.party.number.clone()) else { return false };
        if !image && (self.only_sound || who.secrecy.permits(false).is_err()) {
            let why = if self.only_sound { "it is not wanted in this call" } else { "its sound would be encrypted" };
            step.note(Mark::Detail, "T.38 alone is not offered", why);
            return false;
        }
        match image {
            false => step.note(
                Mark::Detail,
                "They may take fax over IP alone: the call goes once more, without sound",
                "T.38",
            ),
            true => step.note(Mark::Detail, "They may take sound after all: the call goes once more, with it", ""),
        }
        let mut line = self.peer.line.clone();
        let Some(peer) = dial(!image, &trunk, &number, &mut line, step) else { return false };
        self.peer = peer;
        self.state = State::Dialling { heard: false, image: !image, last: true };
        true
    }

    pub(super) fn answered(mut self: Box<Self>, body: &[u8], step: &mut Step<'_>) -> Stage {
        self.heard(step);
        let (with_image, last) = match self.state {
            State::Dialling { image, last, .. } => (image, last),
            _ => (false, true),
        };
        step.clear(CallTimer::NoAnswer);
        step.answered();
        step.note(Mark::Good, "Answered", "");
        match sdp::Session::parse(body) {
            Ok(theirs) if with_image => self.image_answered(&theirs, last, step),
            Ok(theirs) => self.sound_answered(&theirs, step),
            Err(e) if with_image => {
                badly_answered(e, step);
                self.no_image(last, step)
            }
            Err(e) => self.no_t38(e.reason(), step),
        }
    }

    fn image_answered(mut self: Box<Self>, theirs: &sdp::Session, last: bool, step: &mut Step<'_>) -> Stage {
        let Some(image) = theirs.open_image() else {
            step.note(Mark::Bad, "They do not take fax over IP", "the answer has no T.38");
            return self.no_image(last, step);
        };
        step.takes(&self.peer.who, true);
        self.peer.line.t38_taken();
        self.attach(image, step);
        Stage::Fax(self)
    }

    /// They answered a call with T.38 alone, and without that.
    fn no_image(mut self: Box<Self>, last: bool, step: &mut Step<'_>) -> Stage {
        step.takes(&self.peer.who, false);
        step.drop_leg(self.peer.leg, &Ending::new(CallEnd::HungUp, Fault::None));
        if last || !self.dials_otherwise(true, step) {
            return self.nothing_in_common(step);
        }
        // That was nobody.
        step.card.answered = None;
        Stage::Fax(self)
    }

    fn sound_answered(mut self: Box<Self>, theirs: &sdp::Session, step: &mut Step<'_>) -> Stage {
        if let Some(audio) = theirs.open_audio() {
            if let Err(e) = self.peer.line.accept(audio, &self.peer.who, step) {
                return self.no_sound(e, step);
            }
            self.peer.line.send_to(audio, &self.peer.agreed, &self.peer.who, step);
            self.codec = codec(audio);
            step.takes(&self.peer.who, false);
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
