//! A call that looks for its person outside, because nobody took it at their desk or while it rings there, too: whoever answers there presses 1
//! to take it, so that no mailbox of a mobile phone ever has a patient on the line. The caller hears ringing meanwhile, and nothing of the one who is asked.

use std::time::Duration;

use media::sdp;
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use sip::api::{Event as SipEvent, LegId};

use super::{Ringing, Told};
use crate::call::Stage;
use crate::call::entry::Side;
use crate::call::pair;
use crate::call::peer::Peer;
use crate::call::route::Fork;
use crate::refusal::Ending;
use crate::step::{Heard, Step};
use crate::timers::CallTimer;

/// How long whoever answered has to press the key. A mailbox's greeting is as long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);
/// The key.
pub(crate) const TAKE: char = '1';

impl Ringing {
    /// True while somebody outside is asked, on this leg.
    pub(super) fn asks(&self, leg: LegId) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.leg == leg)
    }

    /// Somebody outside has answered.
    pub(super) fn ask(mut self: Box<Self>, fork: Fork, audio: &sdp::Audio, step: &mut Step<'_>) -> Stage {
        self.search.won(&fork, step);
        step.note(Mark::Detail, "Whoever answered is asked to press 1", "");
        // The phones beside go on ringing, for as long as they may.
        if self.search.is_over() {
            step.clear(CallTimer::NoAnswer);
        }
        step.clear(CallTimer::NextTrunk);
        let (ways, formats) = (self.search.ways, audio.formats.common(&self.search.formats));
        let mut peer = Peer::new(fork.leg, self.search.line.clone(), fork.who, formats).told(ways);
        peer.described(audio, ways, step);
        step.media(media::Command::Idle { session: peer.line.session });
        peer.hear(Some(Heard::Take), step);
        if self.told == Told::EarlyMedia {
            step.hear(self.near.session, Heard::Ringing);
        }
        step.set(CallTimer::Tone, PATIENCE);
        self.asked = Some(Box::new(peer));
        Stage::Ringing(self)
    }

    /// A key of theirs.
    pub(super) fn pressed(mut self: Box<Self>, digit: char, step: &mut Step<'_>) -> Stage {
        let Some(mut peer) = self.asked.take_if(|_| digit == TAKE) else { return Stage::Ringing(self) };
        step.clear(CallTimer::Tone);
        peer.hear(None, step);
        if self.told == Told::EarlyMedia {
            step.hear_no_more(self.near.session);
        }
        step.note(Mark::Good, format!("{} took the call", peer.who.said()), "");
        let formats = peer.agreed.common(&self.search.formats);
        let who = &self.caller.who;
        let ours = match &self.caller.offer {
            Some(offer) => {
                self.near.answer(offer, &self.caller.understands(&formats), sdp::Direction::SendRecv, who, step)
            }
            None => Ok(self.near.offer(&self.caller.understands(&formats), sdp::Direction::SendRecv, who, step)),
        };
        self.search.taken_outside(step);
        let Self { caller, near, search, .. } = *self;
        search.taken(step);
        match ours {
            Ok(ours) => Self::talk(caller, near, formats, ours, *peer, step),
            Err(e) => {
                step.note(Mark::Bad, "The two have no codec in common", e.reason());
                step.finish(Ending::new(CallEnd::Refused, Fault::Callee).code(488))
            }
        }
    }

    /// They did not press it in time, or hung up: most likely a mailbox, or a pocket.
    pub(super) fn not_taken(mut self: Box<Self>, step: &mut Step<'_>) -> Stage {
        let ending = Ending::new(CallEnd::NoAnswer, Fault::Callee);
        if let Some(peer) = self.asked.take() {
            step.note(Mark::Warn, format!("{} did not take the call", peer.who.said()), "no 1 was pressed");
            dismiss(&peer, &ending, step);
        }
        if self.search.is_over() { self.over(ending, step) } else { Stage::Ringing(self) }
    }

    /// A phone inside has the call now: whoever is asked outside is not asked any more.
    pub(super) fn let_asked_go(&mut self, step: &mut Step<'_>) {
        if let Some(peer) = self.asked.take() {
            let_go(*peer, step);
        }
    }

    /// What else the endpoint tells of them.
    pub(super) fn of_asked(mut self: Box<Self>, event: &SipEvent, step: &mut Step<'_>) -> Stage {
        match event {
            SipEvent::Ended { .. } => return self.not_taken(step),
            SipEvent::Dtmf { digit, .. } => return self.pressed(*digit.expose(), step),
            _ => {}
        }
        if let Some(peer) = &mut self.asked
            && pair::on_sip(peer, None, Side::Callee, event, step).is_err()
        {
            return self.not_taken(step);
        }
        Stage::Ringing(self)
    }
}

/// Somebody else has the call: whoever was asked is let go, and their line is the other's.
pub(crate) fn let_go(mut peer: Peer, step: &mut Step<'_>) {
    step.note(Mark::Detail, format!("{} is not asked any more", peer.who.said()), "");
    peer.hear(None, step);
    dismiss(&peer, &Ending::our_fault(), step);
}

/// Whoever was asked goes. Their line is that of whoever still rings: what they say until they hear of it is not for the caller.
pub(crate) fn dismiss(peer: &Peer, ending: &Ending, step: &mut Step<'_>) {
    step.drop_leg(peer.leg, ending);
    step.media(media::Command::Dismiss { session: peer.line.session });
    step.clear(CallTimer::Tone);
}
