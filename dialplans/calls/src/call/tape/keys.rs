//! Keys that are pressed in a call: the code of our people, and the key of who does not want to be recorded.
//!
//! They travel to the other end as every key does, since nothing of a call that talks is held back.

use media::SessionId;
use model::trace::Mark;
use prompts::Prompt;

use super::{Ask, Tape, ask};
use crate::call::{CallEvent, Side, Talking};
use crate::step::Step;
use crate::taping::Kept;

/// A key, if that is what this event is about.
pub(crate) fn key(event: &CallEvent, talking: &Talking, step: &mut Step<'_>) {
    let peers = [Side::Caller, Side::Callee].map(|side| talking.peer(side));
    let pressed = match event {
        CallEvent::Media(media::Event::Dtmf { session, digit }) => {
            peers.into_iter().find(|peer| peer.line.session == *session).map(|peer| (peer, *digit))
        }
        CallEvent::Sip(sip::api::Event::Dtmf { leg, digit, .. }) => {
            peers.into_iter().find(|peer| peer.leg == *leg).map(|peer| (peer, *digit.expose()))
        }
        _ => None,
    };
    // Whoever calls for help hears help, and nothing of ours.
    let Some((peer, digit)) = pressed.filter(|_| step.card.help.is_none()) else { return };
    let mut tape = std::mem::take(&mut step.card.tape);
    if peer.who.user.is_some() {
        tape.typed(peer.line.session, digit, &peer.who.said(), step);
    } else {
        tape.declined(digit, talking, step);
    }
    step.card.tape = tape;
}

impl Tape {
    /// One of our people pressed a key: perhaps the last of the code.
    fn typed(&mut self, session: SessionId, digit: char, who: &str, step: &mut Step<'_>) {
        let Some(terms) = self.terms.clone() else { return };
        if self.typed.entry(session).or_default().completes(&terms.code, digit, step.now.instant) {
            self.turn(session, who, step);
        }
    }

    /// Begins, stops, or goes on.
    fn turn(&mut self, session: SessionId, who: &str, step: &mut Step<'_>) {
        if self.over {
            return self.answer(session, Prompt::RecordingDeclined, step);
        }
        let is_wanted = self.demanded || self.terms.as_ref().is_some_and(|terms| terms.always);
        if !is_wanted {
            self.demanded = true;
            step.note(Mark::Good, format!("{who} wants the call recorded"), "");
            return;
        }
        self.paused = !self.paused;
        let (title, said) = match self.paused {
            true => ("paused the recording", Prompt::RecordingPaused),
            false => ("lets the recording go on", Prompt::RecordingResumed),
        };
        step.note(Mark::Good, format!("{who} {title}"), "");
        if self.telling.take().is_some() {
            self.hush(step);
        }
        self.answer(session, said, step);
    }

    /// Somebody outside does not want it.
    fn declined(&mut self, digit: char, talking: &Talking, step: &mut Step<'_>) {
        let Some(terms) = &self.terms else { return };
        let in_time = self.telling.is_some() || self.until.is_some_and(|until| step.now.instant <= until);
        if digit != terms.decline || !in_time || self.over {
            return;
        }
        step.note(Mark::Good, "The other party does not want to be recorded: nothing of the call is kept", "");
        let told = self.pair;
        self.give_up(step);
        if self.kept != Kept::NotAsked {
            ask(Ask::Discard, step);
        }
        if let Some((caller, callee)) = told {
            for session in [caller, callee] {
                let language = self.language_of(session, talking, step);
                self.answer_in(language, session, Prompt::RecordingDeclined, step);
            }
        }
    }

    fn hush(&self, step: &mut Step<'_>) {
        for session in self.pair.into_iter().flat_map(|(caller, callee)| [caller, callee]) {
            step.media(media::Command::Stop { session });
        }
    }
}
