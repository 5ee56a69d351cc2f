//! The names of one device of a user (GRUU, RFC 5627).
//!
//! A public one is the user's address with the device in its parameter `gr`. A temporary one hides who it is: its user part is a fresh
//! number and a proof that only the device's secret, the *grip*, makes. Nothing is kept for each name, every name holds as long as
//! its grip does, and two names of one device cannot be told from names of two.

use model::Random;
use ring::hmac;

/// How a temporary name begins.
const START: &str = "tgr-";
/// Hexadecimal digits of the number, and of the proof: 64 bits each.
const DIGITS: usize = 16;

/// A new grip.
pub fn grip(random: &mut Random) -> String {
    random.hex(16)
}

/// The public GRUU of a device.
pub fn public(user: &str, domain: &str, instance: &str) -> String {
    format!("sip:{user}@{domain};gr={}", escape(instance))
}

/// A new temporary GRUU of the device that has this grip.
pub fn temporary(grip: &str, domain: &str, random: &mut Random) -> String {
    let number = random.hex(DIGITS / 2);
    format!("sip:{START}{number}{}@{domain};gr", proof(grip, &number))
}

/// True if a user part can be that of a temporary GRUU.
pub fn is_temporary(user: &str) -> bool {
    digits(user).is_some()
}

/// True if a user part is that of a temporary GRUU made with this grip.
pub fn is_of(user: &str, grip: &str) -> bool {
    digits(user).is_some_and(|digits| !grip.is_empty() && proof(grip, &digits[..DIGITS]) == digits[DIGITS..])
}

fn digits(user: &str) -> Option<&str> {
    let digits = user.strip_prefix(START)?;
    (digits.len() == 2 * DIGITS && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits)
}

fn proof(grip: &str, number: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, grip.as_bytes());
    hex::encode(&hmac::sign(&key, number.as_bytes()).as_ref()[..DIGITS / 2])
}

/// What a URI parameter may hold as it is (RFC 3261 section 25.1, `paramchar`) stays; the colons of `urn:uuid:` are among it.
fn escape(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_name_belongs_to_its_grip_and_shows_nothing() {
        let mut random = Random::from_u64(1);
        let (ours, other) = (grip(&mut random), grip(&mut random));
        let names = [temporary(&ours, "clinic", &mut random), temporary(&ours, "clinic", &mut random)];
        assert_ne!(names[0], names[1]);
        for name in &names {
            let user = name.strip_prefix("sip:").and_then(|n| n.strip_suffix("@clinic;gr")).expect("its form");
            assert!(is_temporary(user) && is_of(user, &ours) && !is_of(user, &other) && !is_of(user, ""), "{name}");
        }
        assert!(!is_temporary("101") && !is_temporary("tgr-12"));
    }

    #[test]
    fn an_instance_that_is_no_urn_is_escaped() {
        assert_eq!(public("101", "clinic", "urn:uuid:0-1"), "sip:101@clinic;gr=urn:uuid:0-1");
        assert_eq!(public("101", "clinic", "a;b=\"c\""), "sip:101@clinic;gr=a%3Bb%3D%22c%22");
    }
}
