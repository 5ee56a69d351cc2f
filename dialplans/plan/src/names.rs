//! Who is meant by the first letters of a name, typed on the keys of a phone: 668 is N-U-R, and so the nurse.

use std::collections::BTreeMap;
use std::time::Duration;

use model::Settings;
use model::settings::Person;

use crate::Plan;
use crate::destination::Destination;
use crate::steps::{Menu, Words};
use crate::voicemail::People;

/// Whom letters mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// No name begins so.
    Nobody,
    /// A word of their names begins so; at least one, and no more than can be offered, in the order of their names.
    These(Vec<&'a Person>),
    /// More than can be offered, or too few letters to mean anybody.
    Many,
}

/// Fewer letters mean half of the clinic.
const LEAST: usize = 2;
/// More than these nobody keeps in mind who hears them one after the other; and each has a key.
const MOST: usize = 8;

/// Among those whom `may` lets be found.
pub fn by_letters<'a>(settings: &'a Settings, letters: &str, may: impl Fn(&Person) -> bool) -> Named<'a> {
    let begins = |name: &str| name.split_whitespace().any(|word| keys(word).starts_with(letters));
    let found = settings.people.iter().filter(|person| may(person) && begins(person.name.expose()));
    let mut found: Vec<&Person> = found.collect();
    found.sort_by_key(|person| (person.name.expose().to_lowercase(), &person.extension));
    match found.len() {
        0 => Named::Nobody,
        1..=MOST if letters.len() >= LEAST => Named::These(found),
        _ => Named::Many,
    }
}

/// Where colleagues choose whom they mean, and may type more letters, if those that they have dialled behind the code mean more than one.
pub(crate) fn directory(letters: &str) -> Menu {
    Menu {
        name: "of names".to_owned(),
        words: Words { prompts: vec!["dial_by_name".to_owned()], ..Words::default() },
        keys: BTreeMap::new(),
        extensions: false,
        names: People::All,
        wait: Duration::from_secs(5),
        times: 3,
        nobody: Destination::HangUp,
        typed: letters.to_owned(),
    }
}

impl Plan {
    /// Whom a caller means who types these letters in a menu that finds people by their names.
    pub fn found_by_letters<'a>(&self, menu: &Menu, letters: &str, settings: &'a Settings) -> Named<'a> {
        by_letters(settings, letters, |person| match &menu.names {
            People::Nobody => false,
            People::All => true,
            People::These(extensions) => extensions.contains(&person.extension),
        })
    }
}

/// The keys of a word (ITU-T E.161). What stands on no key is left out; a letter with a mark stands where it stands without.
fn keys(word: &str) -> String {
    let key = |c: char| {
        Some(match plain(c.to_lowercase().next()?) {
            'a'..='c' => '2',
            'd'..='f' => '3',
            'g'..='i' => '4',
            'j'..='l' => '5',
            'm'..='o' => '6',
            'p'..='s' => '7',
            't'..='v' => '8',
            'w'..='z' => '9',
            _ => return None,
        })
    };
    word.chars().filter_map(key).collect()
}

/// Of the languages that the box speaks, and their neighbours.
const fn plain(c: char) -> char {
    match c {
        'à'..='å' | 'æ' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' | 'œ' => 'o',
        'ß' => 's',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_on_their_keys() {
        for (word, expected) in
            [("Nurse", "68773"), ("O'Brien-Zoe", "627436963"), ("Núñez", "68639"), ("GARÇON", "427266"), ("診", "")]
        {
            assert_eq!(keys(word), expected, "{word}");
        }
    }
}
