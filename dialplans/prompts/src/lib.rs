//! What the appliance says on the telephone.
//!
//! [`say`] gives one [`Prompt`] in one [`Language`] as 16 kHz samples; [`number`], [`digits`], [`time`] and [`date`] say which prompts
//! follow each other. The voices are those of espeak-ng, spoken when the program is built (`texts/*.toml`), and embedded packed; a clip is
//! unpacked when it is first said and stays in memory then, 32 KB for a second. A clinic's own recordings take their place
//! ([`replace`]), or have names of their own ([`add`]); both are for the start of the program: what was said once does not change any more.
//!
//! A plan names what it wants said ([`named`]): one of the texts, or a recording of the clinic's.

mod adpcm;
mod own;
mod prompt;
mod words;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use model::Sound;

pub use model::Language;

pub use crate::own::{add, own_names};
pub use crate::prompt::Prompt;
pub use crate::words::{date, digits, number, time};

/// Samples in a second of every clip.
pub const RATE: u32 = 16_000;

/// A prompt, spoken. Empty for what a language does not say (the halves of a day in Spanish).
pub fn say(language: Language, prompt: Prompt) -> &'static [i16] {
    spoken(language, &prompt.name()).unwrap_or_default()
}

/// From now on texts that speak of help say this number ("999"); of one that they do not know they say that it is the emergency number.
/// 911 if nobody says another.
pub fn help_is(number: &str) {
    let place = HELP_NUMBERS.iter().position(|known| *known == number);
    HELP.store(place.unwrap_or(HELP_NUMBERS.len() - 1), Ordering::Relaxed);
}

/// What has this name: one of the texts, or a recording of the clinic's own, which is better heard in another language than not at all.
/// "es/goodbye" is Spanish, whatever language the rest is in. `None` if nothing has the name.
pub fn named(language: Language, name: &str) -> Option<&'static [i16]> {
    let (language, name) = split(language, name);
    spoken(language, name).or_else(|| own::said(language, name))
}

/// True if [`named`] has something to say.
pub fn is_known(name: &str) -> bool {
    let (language, name) = split(Language::English, name);
    place(language, name).is_some() || own::said(language, name).is_some()
}

/// The text of a name, as it is spoken.
pub fn text(language: Language, name: &str) -> Option<&'static str> {
    place(language, name).map(|at| LANGUAGES[index(language)][at].text)
}

fn split(language: Language, name: &str) -> (Language, &str) {
    let prefixed = name.split_once('/').and_then(|(word, name)| Some((Language::from_word(word)?, name)));
    prefixed.unwrap_or((language, name))
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
pub fn say_all(language: Language, prompts: &[Prompt]) -> Vec<&'static [i16]> {
    prompts.iter().map(|prompt| say(language, *prompt)).filter(|clip| !clip.is_empty()).collect()
}

/// Puts a recording in the place of a text, by the name that the text has in `texts/*.toml` ("goodbye", "number-7"). False if nothing has
/// this name, or if it was said already.
pub fn replace(language: Language, name: &str, recording: Sound) -> bool {
    let Some(at) = find(language, name) else { return false };
    let clip: &'static [i16] = recording.at_rate(RATE).samples.leak();
    let said = &SAID[index(language)];
    // Whatever number help has: the recording says what its speaker said.
    for at in HELP_NUMBERS.iter().filter_map(|number| find(language, &for_help(name, number))) {
        let _ = said[at].set(clip);
    }
    said[at].set(clip).is_ok()
}

/// Every name of a text in a language, sorted: what [`replace`] knows.
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

/// What was said already, or replaced. Every clip is leaked at most once, so that this is bounded by the texts.
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
        assert_eq!(named(Language::Spanish, "goodbye"), Some(say(Language::Spanish, Prompt::Goodbye)));
        assert_eq!(named(Language::English, "es/goodbye"), Some(say(Language::Spanish, Prompt::Goodbye)));
        assert_eq!(text(Language::Spanish, "goodbye"), Some("Adiós."));
        for nothing in ["", "no_such", "de/goodbye", "es/no_such"] {
            assert!(named(Language::English, nothing).is_none() && !is_known(nothing), "{nothing}");
        }
    }

    #[test]
    fn a_recording_of_ones_own_has_a_name_of_its_own_and_is_heard_in_every_language() {
        let recording = || Sound { rate: 8_000, samples: vec![1_000; 800] };
        assert!(!is_known("our-hours"));
        assert!(add(Language::English, "our-hours", recording()));
        assert!(is_known("our-hours") && is_known("es/our-hours"));
        assert_eq!(named(Language::French, "our-hours").map(<[i16]>::len), Some(1_600));
        assert_eq!((own_names(Language::English), own_names(Language::French)), (vec!["our-hours".to_owned()], vec![]));
        assert!(!add(Language::English, "our-hours", recording()), "it is there");
        assert!(!add(Language::English, "goodbye", recording()), "a text has this name");
        assert!(!add(Language::English, "../etc", recording()));
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
