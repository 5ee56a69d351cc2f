//! A code was dialled, and is done or not, or the plan refuses a call of one of our phones: the caller hears which, by a tone and in words, and the
//! call ends.

use std::time::Duration;

use media::{Sound, Tone};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use prompts::Prompt;

use crate::call::guest::{Guest, Said};
use crate::call::peer::Peer;
use crate::call::ringing::Waiting;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;
use crate::words::said;

/// How long the tone and the words are heard. They end earlier by themselves; a phone whose media never comes must not wait for them.
const TONE: Duration = Duration::from_secs(15);

/// What a code came to.
pub(crate) struct Outcome {
    is_done: bool,
    /// What was done, or why it was not, for the trace.
    note: String,
    words: Vec<Prompt>,
}

impl Outcome {
    /// It is done; `words` are what the caller hears of it.
    pub(crate) fn done(note: String, words: Vec<Prompt>) -> Self {
        Self { is_done: true, note, words }
    }

    /// It cannot be; `word` says so to the caller, and `why` is for the trace.
    pub(crate) fn refused(why: impl Into<String>, word: Prompt) -> Self {
        Self { is_done: false, note: why.into(), words: vec![word] }
    }
}

/// The stage.
pub(crate) struct Told {
    guest: Guest,
    ending: Ending,
}

impl Told {
    pub(crate) fn begin(waiting: &Waiting, outcome: Outcome, step: &mut Step<'_>) -> Stage {
        let Outcome { is_done, note, words } = outcome;
        let tone = if is_done {
            step.note(Mark::Good, note, "");
            Tone::Confirm
        } else {
            step.note(Mark::Warn, "The code was not carried out", note);
            Tone::Error
        };
        match answer_alone(waiting, step) {
            Ok(peer) => {
                step.taken();
                Self::hears(peer, tone, &words, Ending::new(CallEnd::HungUp, Fault::None), step)
            }
            Err(ending) => step.finish(ending),
        }
    }

    /// The call is refused for good, and this is said of it. It ends so whatever its caller does meanwhile.
    pub(crate) fn refused(waiting: &Waiting, word: Prompt, ending: Ending, step: &mut Step<'_>) -> Stage {
        match answer_alone(waiting, step) {
            Ok(peer) => {
                step.note(Mark::Detail, "The caller hears why, in words", "");
                Self::hears(peer, Tone::Error, &[word], ending, step)
            }
            // Who cannot be told it is refused without words.
            Err(_) => step.finish(ending),
        }
    }

    fn hears(peer: Peer, tone: Tone, words: &[Prompt], ending: Ending, step: &mut Step<'_>) -> Stage {
        let mut guest = Guest::new(peer);
        let mut sounds = vec![Sound::Tone(tone)];
        sounds.extend(said(words, step.site.settings.language));
        guest.hears_all(sounds, step);
        step.set(CallTimer::Tone, TONE);
        Stage::Told(Box::new(Self { guest, ending }))
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.guest.on(event, step) {
            Err(_) if self.ending.end == CallEnd::Refused => step.finish(self.ending),
            Err(ending) => step.finish(ending),
            Ok(Said::Over | Said::Other(CallEvent::Timer(CallTimer::Tone))) => step.finish(self.ending),
            Ok(Said::Key(_) | Said::Nothing | Said::Other(_)) => Stage::Told(self),
        }
    }
}
