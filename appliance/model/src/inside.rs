//! Whom a fax is for inside the house of the machine that it goes to: what is asked of another's machine, and what callers ask of ours.

use serde::{Deserialize, Serialize};

use crate::Pii;

/// Digits of a subaddress or a password (T.30 §5.3.6.2.9: twenty).
const MOST: usize = 20;

/// Asked of another's machine, which may not know such things: then it is told nothing, and the trace says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Inside {
    /// The subaddress (SUB): an extension or a mailbox there. Empty for none.
    pub subaddress: Pii<String>,
    /// The digits by which it lets faxes in (SID). Empty for none.
    pub password: Pii<String>,
}

impl Inside {
    /// As a person writes it: blanks and hyphens say nothing.
    ///
    /// # Errors
    /// What is wrong, as a sentence.
    pub fn parse(subaddress: &str, password: &str) -> Result<Self, &'static str> {
        let subaddress = digits(subaddress).ok_or("A subaddress has 1 to 20 digits, * and # among them.")?;
        let password = digits(password).ok_or("A fax password has 1 to 20 digits, * and # among them.")?;
        Ok(Self { subaddress: Pii::new(subaddress), password: Pii::new(password) })
    }

    /// Nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.subaddress.expose().is_empty() && self.password.expose().is_empty()
    }
}

/// What a caller says of whom a received fax is for. Each may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The subaddress that their machine asked for (SUB).
    pub subaddress: Pii<String>,
    /// The keys that they pressed when our machine had answered.
    pub keys: Pii<String>,
    /// What the codes on the first page say, a line each.
    pub code: Pii<String>,
}

fn digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let fits = digits.len() <= MOST && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'*' | b'#'));
    fits.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_writes_becomes_what_travels() {
        let inside = Inside::parse("44-12", " 7 3#").expect("both are digits");
        assert_eq!((inside.subaddress.expose().as_str(), inside.password.expose().as_str()), ("4412", "73#"));
        assert!(Inside::parse("", "").is_ok_and(|inside| inside.is_empty()));
        for (subaddress, password) in [("lab", ""), ("", "open sesame"), ("123456789012345678901", "")] {
            assert!(Inside::parse(subaddress, password).is_err(), "{subaddress} {password}");
        }
    }
}
