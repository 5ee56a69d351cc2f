//! Who is meant by the first letters of a name, typed on the keys of a phone: 668 is N-U-R, and so the nurse.

use model::PhoneNumber;

use crate::pbx::Pbx;

/// Fewer letters mean half of the clinic.
const LEAST: usize = 2;

impl Pbx {
    /// The extension of the only person of whose name a word begins so.
    pub(crate) fn named(&self, letters: &str) -> Option<PhoneNumber> {
        let begins = |name: &str| name.split_whitespace().any(|word| keys(word).starts_with(letters));
        let mut people = self.site.settings.people.iter().filter(|p| begins(p.name.expose()));
        let (found, more) = (people.next()?, people.next());
        (letters.len() >= LEAST && more.is_none()).then(|| PhoneNumber::Internal(found.extension.clone()))
    }
}

/// The keys of a word (ITU-T E.161). What stands on no key is left out.
fn keys(word: &str) -> String {
    let key = |c: char| {
        Some(match c.to_ascii_lowercase() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_on_their_keys() {
        assert_eq!(keys("Nurse"), "68773");
        assert_eq!(keys("O'Brien-Zoe"), "627436963");
        assert_eq!(keys("診"), "");
    }
}
