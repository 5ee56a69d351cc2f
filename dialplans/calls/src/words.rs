//! What callers are told, as sounds: prompts, recordings of the clinic, and what the plan names of both.

use std::time::Duration;

use media::{Clip, Sound, Tone};
use model::settings::Problem;
use model::{Language, Recordable};
use plan::{Plan, Saying, Words};
use prompts::Prompt;

/// Between words and what follows.
const PAUSE: Duration = Duration::from_millis(300);

/// What this plan wants said that is neither a prompt nor a recording of the clinic.
pub fn unknown_prompts(plan: &Plan) -> Vec<Problem> {
    plan.check_prompts(prompts::is_known)
}

/// Why the clinic may not record this, in a sentence for a person; `None`: it may. What it may is what callers can hear: the texts of the box,
/// what this plan names or only writes, names of its own that the next plan may use, and the music.
pub fn may_not_record(plan: &Plan, what: &Recordable, samples: usize) -> Option<&'static str> {
    let is_known = match what {
        Recordable::Music => true,
        Recordable::Prompt { language, name } => {
            prompts::text(*language, name).is_some() || plan.writes(name) || prompts::may_be_named(name)
        }
    };
    if !is_known {
        return Some("There is nothing of this name, and no room for one more name.");
    }
    (!prompts::has_room(what, samples))
        .then_some("The recordings of the clinic are too long together. Take back some that nobody needs.")
}

/// Why the clinic may not take this recording back: the plan that is live names it, and nothing else says it. `None`: it may.
pub fn may_not_take_back(plan: &Plan, what: &Recordable) -> Option<&'static str> {
    let Recordable::Prompt { language, name } = what else { return None };
    let is_named = plan
        .sayings()
        .iter()
        .any(|saying| matches!(saying, Saying::Prompt(named) if prompts::of_plan(named).1 == name));
    (is_named && !prompts::is_said_without(*language, name)).then_some(
        "The plan that is live says this recording. Take it out of the plan first, or upload another in its place.",
    )
}

/// The words of the plan, or these where it has none. A text that no prompt says cannot be spoken, since there is a voice only when the
/// program is built: the clinic's recording for the step says it, and where there is none a tone says that something is said. The same becomes
/// of a recording that was taken away.
pub(crate) fn spoken(words: &Words, standard: &[Prompt], language: Language) -> Vec<Sound> {
    let named = words.prompts.iter().filter_map(|name| prompts::named(language, name));
    let mut sounds: Vec<Sound> = named.map(clip).collect();
    if sounds.is_empty() {
        sounds = match (words.are_none(), prompts::of_step(language, &words.step)) {
            (true, _) => said(standard, language),
            (false, Some(recorded)) => vec![clip(recorded)],
            (false, None) => vec![Sound::Tone(Tone::Confirm)],
        };
    }
    sounds.push(Sound::Silence(PAUSE));
    sounds
}

/// Prompts, to be put before or behind other sounds.
pub(crate) fn said(prompts: &[Prompt], language: Language) -> Vec<Sound> {
    prompts::say_all(language, prompts).into_iter().map(clip).collect()
}

/// What somebody hears who is on hold, is parked or waits.
pub(crate) fn music() -> Clip {
    clip_of(prompts::music())
}

/// A prompt, or a recording of the clinic.
pub(crate) fn clip(samples: prompts::Clip) -> Sound {
    Sound::Clip(clip_of(samples))
}

fn clip_of(samples: prompts::Clip) -> Clip {
    match samples {
        prompts::Clip::Voice(samples) => Clip::fixed(prompts::RATE, samples),
        prompts::Clip::Own(samples) => Clip::new(prompts::RATE, samples),
    }
}
