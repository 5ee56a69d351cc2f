//! A code was dialled, and is done or not: the caller hears which, and the call ends.

use std::time::Duration;

use media::{Sound, Tone};
use model::call::{CallEnd, Fault};
use model::trace::Mark;

use crate::call::guest::{Guest, Said};
use crate::call::ringing::Waiting;
use crate::call::start::answer_alone;
use crate::call::{CallEvent, Stage};
use crate::refusal::Ending;
use crate::step::Step;
use crate::timers::CallTimer;

/// How long the tone is heard. It ends earlier by itself; a phone whose media never comes must not wait for it.
const TONE: Duration = Duration::from_secs(2);

/// The stage.
pub(crate) struct Told {
    guest: Guest,
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
                step.taken();
                let mut guest = Guest::new(peer);
                guest.hears(Sound::Tone(if result.is_ok() { Tone::Confirm } else { Tone::Error }), step);
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
