//! What may be talked with numbers abroad comes to its end while a call is up: those who talk are told, and then it is ended. A call for help
//! never comes here.

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
pub(crate) enum Abroad {
    /// A minute is left.
    Soon,
    /// Nothing is.
    Over,
}

pub(super) fn on(stage: Stage, what: Abroad, step: &mut Step<'_>) -> Stage {
    match what {
        Abroad::Over => {
            step.note(Mark::Warn, "The minutes with numbers abroad that the plan allows within a day are used up", "");
            step.finish(Ending::new(CallEnd::Refused, Fault::Caller))
        }
        Abroad::Soon => {
            if let Stage::Talking(talking) = &stage {
                tell(talking, step);
            }
            stage
        }
    }
}

/// Two tones, unless something else is being said or played: then a little later.
fn tell(talking: &Talking, step: &mut Step<'_>) {
    let payers = talking.payers();
    if step.card.tape.is_telling() || !payers.iter().all(|peer| peer.is_listening()) {
        return;
    }
    step.card.warned = true;
    step.note(Mark::Detail, "Two tones say that the minutes with numbers abroad are nearly used up", "");
    for peer in payers {
        let tones = vec![Sound::Tone(Tone::Beep), Sound::Silence(PAUSE), Sound::Tone(Tone::Beep)];
        let (session, sound) = (peer.line.session, Sound::Several(tones.into()));
        // Nobody waits for its end, so it needs no number.
        step.media(media::Command::Play { session, play: PlayId(0), sound });
    }
}
