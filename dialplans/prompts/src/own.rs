//! Recordings of the clinic, in the place of texts and under names of their own: its opening hours in its own words, a greeting by somebody
//! whom patients know, its music. Those that lie in files, and before them those that the console took.
//!
//! Each is behind an `Arc`: a change takes the lock for as long as a pointer is exchanged, and whoever plays the old one plays it to its end.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use model::{Language, Recordable, Recorded, Sound};

use crate::RATE;

/// Seconds of one recording: nobody listens to a longer announcement.
pub const SECONDS: u32 = 60;
/// Seconds of the music, which comes round then: at 16 kHz it is 11 MB, in memory and in the store.
pub const MUSIC_SECONDS: u32 = 360;

/// Names of one's own: more than a plan has steps that speak.
const MOST: usize = 100;
/// The longest of them.
const LONGEST: usize = 40;
/// Samples of all recordings that the console took, without the music: half an hour, 58 MB of memory. A clinic that records each sentence of one
/// language anew takes ten minutes.
const MOST_SAMPLES: usize = 30 * 60 * RATE as usize;

type Layer = BTreeMap<String, BTreeMap<Language, Arc<[i16]>>>;

struct Own {
    files: Layer,
    console: Layer,
    music: Option<Arc<[i16]>>,
}

static OWN: RwLock<Own> = RwLock::new(Own { files: Layer::new(), console: Layer::new(), music: None });

/// Whose voice callers hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The box's own, or its own music.
    Box,
    /// A file of the clinic's, which lies in the state folder.
    File,
    /// A recording that was taken by the console.
    Console,
    /// Nobody's: there is no text of this name.
    Nobody,
}

/// Takes up the recording of a file, in the place of what it had before. False if this is no name, or if there are too many.
pub fn lay(language: Language, name: &str, recording: Sound) -> bool {
    let clip: Arc<[i16]> = recording.at_rate(RATE).samples.into();
    let mut own = OWN.write().unwrap_or_else(PoisonError::into_inner);
    if crate::text(language, name).is_none() && !room_for_name(&own, name) {
        return false;
    }
    own.files.entry(name.to_owned()).or_default().insert(language, clip);
    true
}

/// From now on callers hear this recording; `None`: what they heard before there was one.
pub fn record(what: &Recordable, recording: Option<Recorded>) {
    let clip = recording.map(|recorded| recorded.samples().clone());
    let mut own = OWN.write().unwrap_or_else(PoisonError::into_inner);
    match (what, clip) {
        (Recordable::Music, clip) => own.music = clip,
        (Recordable::Prompt { language, name }, Some(clip)) => {
            own.console.entry(name.clone()).or_default().insert(*language, clip);
        }
        (Recordable::Prompt { language, name }, None) => {
            if let Some(of_name) = own.console.get_mut(name) {
                of_name.remove(language);
            }
            own.console.retain(|_, of_name| !of_name.is_empty());
        }
    }
}

/// True if the console may take a recording of so many samples for this.
pub fn has_room(what: &Recordable, samples: usize) -> bool {
    let Recordable::Prompt { language, name } = what else {
        return samples <= (MUSIC_SECONDS * RATE) as usize;
    };
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let all = own.console.iter().flat_map(|(of, by)| by.iter().map(move |(in_this, clip)| (of, in_this, clip.len())));
    let others: usize =
        all.filter(|(of, in_this, _)| (*of, *in_this) != (name, language)).map(|(.., samples)| samples).sum();
    samples <= (SECONDS * RATE) as usize && others + samples <= MOST_SAMPLES
}

/// True if a recording of the clinic's may have this name of its own: it has one already, or there is room for one more.
pub fn may_be_named(name: &str) -> bool {
    room_for_name(&OWN.read().unwrap_or_else(PoisonError::into_inner), name)
}

fn room_for_name(own: &Own, name: &str) -> bool {
    let is_own = |name: &&String| is_name(name) && crate::text(Language::English, name).is_none();
    let is_there = own.files.contains_key(name) || own.console.contains_key(name);
    is_name(name) && (is_there || own.files.keys().chain(own.console.keys()).filter(is_own).count() < MOST)
}

/// True if something says this name also without the recording of the console in this language: a text, a file, or another language.
pub fn is_said_without(language: Language, name: &str) -> bool {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let others = own.console.get(name).is_some_and(|of_name| of_name.keys().any(|other| *other != language));
    others || own.files.contains_key(name) || crate::text(language, name).is_some()
}

/// Who says this.
pub fn maker(what: &Recordable) -> Maker {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let in_layer = |layer: &Layer| match what {
        Recordable::Prompt { language, name } => layer.get(name).is_some_and(|of_name| of_name.contains_key(language)),
        Recordable::Music => false,
    };
    let has_text = || match what {
        Recordable::Prompt { language, name } => crate::text(*language, name).is_some(),
        Recordable::Music => true,
    };
    if in_layer(&own.console) || (*what == Recordable::Music && own.music.is_some()) {
        Maker::Console
    } else if in_layer(&own.files) {
        Maker::File
    } else if has_text() {
        Maker::Box
    } else {
        Maker::Nobody
    }
}

/// The music of the clinic's own, if it has any.
pub(crate) fn music() -> Option<Arc<[i16]>> {
    OWN.read().unwrap_or_else(PoisonError::into_inner).music.clone()
}

/// Every name of a recording that there is in this language and that no text has, sorted. Those of steps are none: no plan can name them.
pub fn own_names(language: Language) -> Vec<String> {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let all = own.files.iter().chain(&own.console).filter(|(_, of_name)| of_name.contains_key(&language));
    let mut names: Vec<String> = all
        .map(|(name, _)| name)
        .filter(|name| is_name(name) && crate::text(language, name).is_none())
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}

/// True if a recording may have this name.
fn is_name(name: &str) -> bool {
    let may = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !name.is_empty() && name.len() <= LONGEST && name.bytes().all(may)
}

/// In this language.
pub(crate) fn said(language: Language, name: &str) -> Option<Arc<[i16]>> {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let of = |layer: &Layer| layer.get(name)?.get(&language).cloned();
    of(&own.console).or_else(|| of(&own.files))
}

/// In this language, or in whichever there is.
pub(crate) fn in_any(language: Language, name: &str) -> Option<Arc<[i16]>> {
    said(language, name).or_else(|| Language::ALL.into_iter().find_map(|other| said(other, name)))
}
