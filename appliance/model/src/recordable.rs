//! What callers hear and a clinic may record itself.

use std::fmt;
use std::sync::Arc;

use crate::{Language, Sound};

/// Samples in a second of what callers are told.
pub const RATE: u32 = 16_000;

/// A recording for callers: samples at [`RATE`]. Cheap to clone, so that it is never copied where calls wait.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded(Arc<[i16]>);

impl Recorded {
    /// Of any sound. Minutes of it take a while.
    pub fn new(sound: Sound) -> Self {
        Self(sound.at_rate(RATE).samples.into())
    }

    /// The samples.
    pub const fn samples(&self) -> &Arc<[i16]> {
        &self.0
    }

    /// Its length in milliseconds.
    pub fn millis(&self) -> u64 {
        self.0.len() as u64 * 1000 / u64::from(RATE)
    }
}

/// A voice is personal: nothing of it is printed.
impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recorded({} ms)", self.millis())
    }
}

/// Something that callers hear, by the name under which a recording of the clinic's takes its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recordable {
    /// A prompt: a text of the box ("goodbye"), a recording of the clinic's that a plan names ("our-hours"), or what a step of the plan
    /// writes and no prompt says ("announcements.hours").
    Prompt {
        /// In which language.
        language: Language,
        /// Its name.
        name: String,
    },
    /// Music for those who wait, in whatever language.
    Music,
}

/// The longest name: a step's, with its table.
const LONGEST: usize = 60;

impl Recordable {
    /// Its key: "en.goodbye", "es.announcements.hours", "music". Stable: in addresses, in the store and in the audit.
    pub fn key(&self) -> String {
        match self {
            Self::Prompt { language, name } => format!("{}.{name}", language.word()),
            Self::Music => MUSIC.to_owned(),
        }
    }

    /// What [`Recordable::key`] wrote. `None` for anything that could be no name of ours: there are letters, digits, "-", "_" and the "." of a
    /// step in one, so that none is ever a path.
    pub fn from_key(key: &str) -> Option<Self> {
        if key == MUSIC {
            return Some(Self::Music);
        }
        let (language, name) = key.split_once('.')?;
        let language = Language::from_word(language)?;
        let is_name = |part: &str| !part.is_empty() && part.bytes().all(is_of_a_name);
        let is_good = name.len() <= LONGEST && name.split('.').count() <= 2 && name.split('.').all(is_name);
        is_good.then(|| Self::Prompt { language, name: name.to_owned() })
    }
}

const MUSIC: &str = "music";

const fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_and_no_path_is_one() {
        for key in ["music", "en.goodbye", "fr.number-7", "es.announcements.our_hours", "en.music"] {
            assert_eq!(Recordable::from_key(key).map(|what| what.key()).as_deref(), Some(key));
        }
        let long = format!("en.{}", "a".repeat(61));
        for none in [
            "",
            "en",
            "en.",
            "de.goodbye",
            "goodbye",
            "en./etc/passwd",
            "en...",
            "en.a.b.c",
            "en.a..b",
            "en.a.",
            "en.é",
            "en.a b",
            "en.\0",
            "../music",
            &long,
        ] {
            assert_eq!(Recordable::from_key(none), None, "{none}");
        }
    }
}
