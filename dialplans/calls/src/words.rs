//! What callers are told, as sounds: prompts, recordings of the clinic, and what the plan names of both.

use std::time::Duration;

use media::{Clip, Sound, Tone};
use model::Language;
use model::settings::Problem;
use plan::{Plan, Words};
use prompts::Prompt;

/// Between words and what follows.
const PAUSE: Duration = Duration::from_millis(300);

/// What this plan wants said that is neither a prompt nor a recording of the clinic.
pub fn unknown_prompts(plan: &Plan) -> Vec<Problem> {
    plan.check_prompts(prompts::is_known)
}

/// The words of the plan, or these where it has none. A text that no prompt says cannot be spoken, since there is a voice only when the
/// program is built: a tone says that something is said. The same becomes of a recording that was taken away.
pub(crate) fn spoken(words: &Words, standard: &[Prompt], language: Language) -> Vec<Sound> {
    let named = words.prompts.iter().filter_map(|name| prompts::named(language, name));
    let mut sounds: Vec<Sound> = named.map(clip).collect();
    if sounds.is_empty() {
        let is_silent = *words == Words::default();
        sounds = if is_silent { said(standard, language) } else { vec![Sound::Tone(Tone::Confirm)] };
    }
    sounds.push(Sound::Silence(PAUSE));
    sounds
}

/// Prompts, to be put before or behind other sounds.
pub(crate) fn said(prompts: &[Prompt], language: Language) -> Vec<Sound> {
    prompts::say_all(language, prompts).into_iter().map(clip).collect()
}

/// A prompt.
pub(crate) fn clip(samples: &'static [i16]) -> Sound {
    Sound::Clip(Clip::fixed(prompts::RATE, samples))
}
