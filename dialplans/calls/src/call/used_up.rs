//! What may be talked with numbers abroad, or may be spent on calls, comes to its end while a call is up: those who talk are told, and then it is
//! ended. A call for help never comes here.

use std::time::Duration;

use media::{PlayId, Sound, Tone};
use model::call::{CallEnd, Fault};
use model::trace::Mark;

use crate::call::{Stage, Talking};
use crate::refusal::Ending;
use crate::step::Step;

/// Between the two tones.
const PAUSE: Duration = Duration::from_millis(200);

/// What of it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsedUp {
    /// A minute is left.
    Soon(Limit),
    /// Nothing is.
    Over(Limit),
}

/// Of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// The time of all with numbers abroad within a day.
    Minutes,
    /// What the calls of all cost within a day.
    Money,
}

impl Limit {
    /// For staff.
    pub(crate) const fn told(self) -> &'static str {
        match self {
            Self::Minutes => {
                "As many minutes with numbers abroad were used within a day as the plan allows; calls abroad were ended."
            }
            Self::Money => "Calls have cost as much within a day as the plan allows; those that cost were ended.",
        }
    }

    const fn soon(self) -> &'static str {
        match self {
            Self::Minutes => "Two tones say that the minutes with numbers abroad are nearly used up",
            Self::Money => "Two tones say that what calls may cost within a day is nearly spent",
        }
    }

    const fn over(self) -> &'static str {
        match self {
            Self::Minutes => "The minutes with numbers abroad that the plan allows within a day are used up",
            Self::Money => "What calls may cost within a day by the plan is spent",
        }
    }
}

pub(super) fn on(stage: Stage, what: UsedUp, step: &mut Step<'_>) -> Stage {
    match what {
        UsedUp::Over(limit) => {
            step.note(Mark::Warn, limit.over(), "");
            step.finish(Ending::new(CallEnd::Refused, Fault::Caller))
        }
        UsedUp::Soon(limit) => {
            if let Stage::Talking(talking) = &stage {
                tell(talking, limit, step);
            }
            stage
        }
    }
}

/// Two tones, unless something else is being said or played: then a little later.
fn tell(talking: &Talking, limit: Limit, step: &mut Step<'_>) {
    let payers = talking.payers();
    if step.card.tape.is_telling() || !payers.iter().all(|peer| peer.is_listening()) {
        return;
    }
    step.card.warned = true;
    step.note(Mark::Detail, limit.soon(), "");
    for peer in payers {
        let tones = vec![Sound::Tone(Tone::Beep), Sound::Silence(PAUSE), Sound::Tone(Tone::Beep)];
        let (session, sound) = (peer.line.session, Sound::Several(tones.into()));
        // Nobody waits for its end, so it needs no number.
        step.media(media::Command::Play { session, play: PlayId(0), sound });
    }
}
