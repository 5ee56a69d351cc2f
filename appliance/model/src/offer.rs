//! A document that is laid out for other machines to fetch (T.30 polling).

use std::time::Duration;

use crate::{Inside, PhoneNumber, Wall};

/// Who gets it, and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Only whoever calls this number of ours; `None`: any of them.
    pub called: Option<PhoneNumber>,
    /// What their machine must name for it: its subaddress (SEP) exactly, and its password (PWD). Who names no subaddress gets a document that
    /// has none.
    pub inside: Inside,
    /// Until when it lies ready.
    pub until: Wall,
    /// It is given away once: whoever had every page confirmed has had it.
    pub once: bool,
}

impl Offer {
    /// How long it lies ready if nobody says otherwise.
    pub const USUAL: Duration = Duration::from_secs(30 * 86_400);
    /// The longest: what lies there for more than a year is forgotten.
    pub const LONGEST: Duration = Duration::from_secs(366 * 86_400);
    /// Digits of a password at least. Guessing is slow ([`crate::limit`]): four digits last for months.
    pub const SHORTEST_PASSWORD: usize = 4;

    /// Whoever calls may have it.
    pub fn is_open(&self) -> bool {
        self.inside.password.expose().is_empty()
    }

    /// Whoever calls this number of ours and names this may have it at `at`.
    pub fn fits(&self, called: &PhoneNumber, named: &Inside, at: Wall) -> bool {
        let password = self.inside.password.expose();
        self.lies_ready(called, at)
            && self.inside.subaddress == named.subaddress
            && (password.is_empty() || same(password.as_bytes(), named.password.expose().as_bytes()))
    }

    /// Whoever calls this number of ours may ask for it at `at`.
    pub fn lies_ready(&self, called: &PhoneNumber, at: Wall) -> bool {
        at < self.until && self.called.as_ref().is_none_or(|own| own == called)
    }
}

/// Compares in a time that does not tell where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(subaddress: &str, password: &str, called: Option<&str>) -> Offer {
        let called = called.map(|number| PhoneNumber::E164(number.to_owned()));
        Offer { called, inside: inside(subaddress, password), until: Wall(1000), once: false }
    }

    fn inside(subaddress: &str, password: &str) -> Inside {
        Inside::parse(subaddress, password).expect("digits")
    }

    #[test]
    fn it_is_for_who_names_it_and_knows_its_password_in_its_time() {
        let number = PhoneNumber::E164("+12025550199".to_owned());
        let named = offer("44", "1234", None);
        assert!(named.fits(&number, &inside("44", "1234"), Wall(999)));
        assert!(!named.fits(&number, &inside("44", "1234"), Wall(1000)), "its time is over");
        for wrong in
            [inside("44", "1235"), inside("44", "123"), inside("44", ""), inside("", "1234"), inside("45", "1234")]
        {
            assert!(!named.fits(&number, &wrong, Wall(0)));
        }
        let open = offer("", "", Some("+12025550199"));
        assert!(open.fits(&number, &inside("", ""), Wall(0)) && open.fits(&number, &inside("", "77"), Wall(0)));
        assert!(!open.fits(&number, &inside("44", ""), Wall(0)), "that asks for another");
        assert!(!open.fits(&PhoneNumber::E164("+12025550198".to_owned()), &inside("", ""), Wall(0)));
    }
}
