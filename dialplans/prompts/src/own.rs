//! Recordings of the clinic that no text has the name of: its opening hours in its own words, a greeting by somebody whom patients know.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use model::{Language, Sound};

use crate::RATE;

/// More than a plan has steps that speak.
const MOST: usize = 100;
/// The longest name.
const LONGEST: usize = 40;

type Said = BTreeMap<String, BTreeMap<&'static str, &'static [i16]>>;

/// By name and language. Written at the start of the program, so that what is leaked is bounded.
static OWN: RwLock<Said> = RwLock::new(BTreeMap::new());

/// Adds a recording under a name of its own. False if it is no name, has a text or a recording already, or if there are too many.
pub fn add(language: Language, name: &str, recording: Sound) -> bool {
    if !is_name(name) || crate::place(language, name).is_some() {
        return false;
    }
    let mut own = OWN.write().unwrap_or_else(PoisonError::into_inner);
    if own.len() >= MOST && !own.contains_key(name) {
        return false;
    }
    let of_name = own.entry(name.to_owned()).or_default();
    if of_name.contains_key(language.word()) {
        return false;
    }
    of_name.insert(language.word(), recording.at_rate(RATE).samples.leak());
    true
}

/// Every name of a recording that there is in this language, sorted.
pub fn own_names(language: Language) -> Vec<String> {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    own.iter().filter(|(_, of_name)| of_name.contains_key(language.word())).map(|(name, _)| name.clone()).collect()
}

/// True if a recording may have this name.
fn is_name(name: &str) -> bool {
    let may = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    !name.is_empty() && name.len() <= LONGEST && name.bytes().all(may)
}

/// In this language, or in whichever there is.
pub(crate) fn said(language: Language, name: &str) -> Option<&'static [i16]> {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let of_name = own.get(name)?;
    of_name.get(language.word()).or_else(|| of_name.values().next()).copied()
}
