//! What the appliance says on the telephone.
//!
//! [`say`] gives one [`Prompt`] in one [`Language`] as 16 kHz samples; [`number`], [`digits`], [`time`] and [`date`] say which prompts
//! follow each other. The voices are those of espeak-ng, spoken when the program is built (`texts/*.toml`), and embedded packed; a clip is
//! unpacked when it is first said and stays in memory then, 32 KB for a second.
//!
//! A clinic's own recordings take their place, or have names of their own: those that lie in files ([`lay`]), and before them those that
//! the console took ([`record`]). Either may change at any time: who hears one hears it to its end, and the next who is told hears the new one.
//!
//! A plan names what it wants said ([`named`]): one of the texts, or a recording of the clinic's. What a step of a plan only writes is said by a
//! recording for that step ([`of_step`]). [`music`] is for those who wait.

mod adpcm;
mod music;
mod own;
mod prompt;
mod words;

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};

pub use model::Language;

pub use crate::music::music;
pub use crate::own::{
    MUSIC_SECONDS, Maker, SECONDS, has_room, is_said_without, lay, maker, may_be_named, own_names, record,
};
pub use crate::prompt::Prompt;
pub use crate::words::{date, digits, number, time};

/// Samples in a second of every clip.
pub const RATE: u32 = model::recordable::RATE;

/// Samples of something that is said. Cheap to clone.
#[derive(Clone)]
pub enum Clip {
    /// Of the box's own voice: part of the program.
    Voice(&'static [i16]),
    /// Of a recording of the clinic's, which may be replaced while it is heard.
    Own(Arc<[i16]>),
}

impl Deref for Clip {
    type Target = [i16];

    fn deref(&self) -> &[i16] {
        match self {
            Self::Voice(samples) => samples,
            Self::Own(samples) => samples,
        }
    }
}

/// A prompt, spoken. Empty for what a language does not say (the halves of a day in Spanish).
pub fn say(language: Language, prompt: Prompt) -> Clip {
    said(language, &prompt.name()).unwrap_or(Clip::Voice(&[]))
}

/// From now on texts that speak of help say this number ("999"); of one that they do not know they say that it is the emergency number.
/// 911 if nobody says another.
pub fn help_is(number: &str) {
    let place = HELP_NUMBERS.iter().position(|known| *known == number);
    HELP.store(place.unwrap_or(HELP_NUMBERS.len() - 1), Ordering::Relaxed);
}

/// What has this name: one of the texts, or a recording of the clinic's own, which is better heard in another language than not at all.
/// "es/goodbye" is Spanish, whatever language the rest is in. `None` if nothing has the name.
pub fn named(language: Language, name: &str) -> Option<Clip> {
    let (language, name) = split(language, name);
    said(language, name).or_else(|| own::in_any(language, name).map(Clip::Own))
}

/// True if [`named`] has something that can be heard. Nothing is unpacked for the answer.
pub fn has_sound(language: Language, name: &str) -> bool {
    let (language, name) = split(language, name);
    let own = || own::said(language, name).or_else(|| own::in_any(language, name));
    let voice = || place(language, name).map(|at| LANGUAGES[index(language)][at].samples);
    own().map_or_else(|| voice().is_some_and(|samples| samples > 0), |clip| !clip.is_empty())
}

/// What the clinic has recorded for a step that names no prompt ("announcements.hours"), in this language or in whichever there is.
pub fn of_step(language: Language, step: &str) -> Option<Clip> {
    own::in_any(language, step).map(Clip::Own)
}

/// True if [`named`] has something to say.
pub fn is_known(name: &str) -> bool {
    let (language, name) = split(Language::English, name);
    place(language, name).is_some() || own::in_any(language, name).is_some()
}

/// True if [`of_step`] has something to say.
pub fn is_recorded(step: &str) -> bool {
    own::in_any(Language::English, step).is_some()
}

/// In which language a plan wants this name said, and the name: "es/goodbye" is in Spanish, "goodbye" in the caller's.
pub fn of_plan(name: &str) -> (Option<Language>, &str) {
    let prefixed = name.split_once('/').and_then(|(word, name)| Some((Language::from_word(word)?, name)));
    prefixed.map_or((None, name), |(language, name)| (Some(language), name))
}

/// The text of a name, as it is spoken.
pub fn text(language: Language, name: &str) -> Option<&'static str> {
    place(language, name).map(|at| LANGUAGES[index(language)][at].text)
}

fn split(language: Language, name: &str) -> (Language, &str) {
    let (wanted, name) = of_plan(name);
    (wanted.unwrap_or(language), name)
}

/// The clinic's recording, or the box's own voice. Whatever number help has: a recording says what its speaker said.
fn said(language: Language, name: &str) -> Option<Clip> {
    own::said(language, name).map(Clip::Own).or_else(|| spoken(language, name).map(Clip::Voice))
}

fn place(language: Language, name: &str) -> Option<usize> {
    let help = HELP_NUMBERS[HELP.load(Ordering::Relaxed)];
    find(language, &for_help(name, help)).or_else(|| find(language, name))
}

fn find(language: Language, name: &str) -> Option<usize> {
    LANGUAGES[index(language)].binary_search_by(|place| place.name.cmp(name)).ok()
}

/// The name of a text that speaks of help, where help has this number.
fn for_help(name: &str, number: &str) -> String {
    format!("{name}{FOR_HELP}{number}")
}

fn spoken(language: Language, name: &str) -> Option<&'static [i16]> {
    let at = place(language, name)?;
    let place = &LANGUAGES[index(language)][at];
    let unpacked = || adpcm::unpack(PACKED.get(place.from..place.to).unwrap_or_default(), place.samples).leak();
    Some(SAID[index(language)][at].get_or_init(|| unpacked()))
}

/// Several prompts, one after the other.
pub fn say_all(language: Language, prompts: &[Prompt]) -> Vec<Clip> {
    prompts.iter().map(|prompt| say(language, *prompt)).filter(|clip| !clip.is_empty()).collect()
}

/// Every name of a text in a language, sorted.
pub fn names(language: Language) -> impl Iterator<Item = &'static str> {
    LANGUAGES[index(language)].iter().map(|place| place.name).filter(|name| !name.contains(FOR_HELP))
}

/// The numbers of help that texts are spoken for (`texts/*.toml`), and the word for all others.
const HELP_NUMBERS: [&str; 6] = ["911", "112", "999", "000", "111", "other"];
/// Between the name of a text and the number, of those that speak of help where that is not 911.
const FOR_HELP: char = '~';
/// Which of them it is here.
static HELP: AtomicUsize = AtomicUsize::new(0);

/// Where a clip is.
struct Place {
    name: &'static str,
    text: &'static str,
    from: usize,
    to: usize,
    samples: usize,
}

// Each language's places, sorted by name, in the order of `Language::ALL`.
include!(concat!(env!("OUT_DIR"), "/places.rs"));

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/prompts.bin"));

/// What was said already. Every clip is leaked at most once, so that this is bounded by the texts.
static SAID: LazyLock<[Vec<OnceLock<&'static [i16]>>; 3]> =
    LazyLock::new(|| LANGUAGES.map(|places| places.iter().map(|_| OnceLock::new()).collect()));

const fn index(language: Language) -> usize {
    match language {
        Language::English => 0,
        Language::Spanish => 1,
        Language::French => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_spoken_in_every_language_and_every_text_is_a_prompt() {
        for language in Language::ALL {
            let mut said: Vec<String> = Vec::new();
            for prompt in Prompt::all() {
                let clip = say(language, prompt);
                let may_be_silent = matches!(prompt, Prompt::Half { .. }) && language != Language::English;
                assert!(may_be_silent || clip.len() > 2_000, "{language:?} {prompt:?}");
                assert!(clip.len() < 16 * RATE as usize, "{language:?} {prompt:?} is too long to listen to");
                if !clip.is_empty() {
                    let loudest = clip.iter().map(|s| s.unsigned_abs()).max();
                    assert!(loudest > Some(2_000), "{language:?} {prompt:?} cannot be heard");
                    said.push(prompt.name().into_owned());
                }
            }
            let for_plans = FOR_PLANS.map(str::to_owned);
            assert!(for_plans.iter().all(|name| named(language, name).is_some_and(|clip| clip.len() > 2_000)));
            said.extend(for_plans);
            said.sort();
            assert_eq!(said, names(language).collect::<Vec<_>>(), "{language:?}");
        }
    }

    /// What plans name and no code says. Whether the library's plans use them is known where both are.
    const FOR_PLANS: [&str; 11] = [
        "menu_practice",
        "menu_language_9",
        "menu_pain",
        "menu_hours",
        "all_busy",
        "with_patients",
        "closed_holiday",
        "after_hours",
        "stay_for_doctor",
        "calling_doctor",
        "nobody_on_call",
    ];

    #[test]
    fn a_name_is_said_in_the_callers_language_unless_it_names_one() {
        let spanish = say(Language::Spanish, Prompt::Goodbye).to_vec();
        assert_eq!(named(Language::Spanish, "goodbye").map(|clip| clip.to_vec()), Some(spanish.clone()));
        assert_eq!(named(Language::English, "es/goodbye").map(|clip| clip.to_vec()), Some(spanish));
        assert_eq!(text(Language::Spanish, "goodbye"), Some("Adiós."));
        for nothing in ["", "no_such", "de/goodbye", "es/no_such"] {
            assert!(named(Language::English, nothing).is_none() && !is_known(nothing), "{nothing}");
        }
    }

    #[test]
    fn packing_keeps_the_voice() {
        let tone = |n: i32| (f64::from(n) * 0.2).sin() * 8_000.0;
        let samples: Vec<i16> = (0..16_000).map(|n| tone(n) as i16).collect();
        let packed = adpcm::pack(&samples);
        assert_eq!(packed.len(), adpcm::packed_len(samples.len()));
        let back = adpcm::unpack(&packed, samples.len());
        let noise: f64 = samples.iter().zip(&back).skip(100).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        let power: f64 = samples.iter().skip(100).map(|a| f64::from(*a).powi(2)).sum();
        let decibels = 10.0 * (power / noise).log10();
        assert!(decibels > 25.0, "{decibels}");
    }
}
