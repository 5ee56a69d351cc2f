//! A code was dialled, and is done or not: the caller hears which, by a tone and in words, and the call ends.

use std::time::Duration;

use media::{Sound, Tone};
use model::call::{CallEnd, Fault};
use model::trace::Mark;
use prompts::Prompt;

use crate::call::guest::{Guest, Said};
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
                let mut guest = Guest::new(peer);
                let mut sounds = vec![Sound::Tone(tone)];
                sounds.extend(said(&words, step.site.settings.language));
                guest.hears_all(sounds, step);
                step.set(CallTimer::Tone, TONE);
                Stage::Told(Box::new(Self { guest }))
            }
            Err(ending) => step.finish(ending),
        }
    }

    pub(crate) fn on(mut self: Box<Self>, event: CallEvent, step: &mut Step<'_>) -> Stage {
        match self.guest.on(event, step) {
            Err(ending) => step.finish(ending),
            Ok(Said::Over | Said::Other(CallEvent::Timer(CallTimer::Tone))) => {
                step.finish(Ending::new(CallEnd::HungUp, Fault::None))
            }
            Ok(Said::Key(_) | Said::Nothing | Said::Other(_)) => Stage::Told(self),
        }
    }
}
