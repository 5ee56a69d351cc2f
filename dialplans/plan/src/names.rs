//! Who is meant by the first letters of a name, typed on the keys of a phone: 668 is N-U-R, and so the nurse.

use model::Settings;
use model::settings::Person;

use crate::Plan;
use crate::steps::Menu;
use crate::voicemail::People;

/// Whom letters mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named<'a> {
    /// No name begins so.
    Nobody,
    /// The only one of whose name a word begins so.
    One(&'a Person),
    /// More letters tell them apart, or nothing does.
    Several,
}

/// Fewer letters mean half of the clinic.
const LEAST: usize = 2;

/// Among those whom `may` lets be found.
pub fn by_letters<'a>(settings: &'a Settings, letters: &str, may: impl Fn(&Person) -> bool) -> Named<'a> {
    let begins = |name: &str| name.split_whitespace().any(|word| keys(word).starts_with(letters));
    let mut people = settings.people.iter().filter(|person| may(person) && begins(person.name.expose()));
    match (people.next(), people.next()) {
        (None, _) => Named::Nobody,
        (Some(found), None) if letters.len() >= LEAST => Named::One(found),
        _ => Named::Several,
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
