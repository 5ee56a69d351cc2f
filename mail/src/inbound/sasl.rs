//! Signing in: PLAIN (RFC 4616) and LOGIN (never an RFC, but what many scanners and old mail programs speak).
//! `step` is pure: what the client sent, in; the next question or the whole credentials, out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::Pii;

/// Longest line of an exchange (RFC 4954, 4: 12288 octets with CRLF).
pub(super) const LINE: usize = 12_286;
/// Longest user name or password. Ours are shorter; a hash must not be fed without a bound.
const LONGEST: usize = 512;

/// Where an exchange stands: what the client's next line will be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sasl {
    /// PLAIN: all of it.
    Plain,
    /// LOGIN: the user name.
    LoginUser,
    /// LOGIN: the password of this user.
    LoginPassword(Pii<String>),
}

/// What follows a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask, and read on.
    Ask(&'static str, Sasl),
    /// All is known.
    Credentials { user: Pii<String>, password: Pii<String> },
    /// That is not base64, or not what the mechanism says.
    Malformed,
}

impl Sasl {
    /// The exchange of a mechanism that we speak.
    pub(super) fn of(mechanism: &str) -> Option<Self> {
        match mechanism {
            "PLAIN" => Some(Self::Plain),
            "LOGIN" => Some(Self::LoginUser),
            _ => None,
        }
    }

    /// What to ask for first if the client gave no initial response.
    pub(super) const fn first_question(&self) -> &'static str {
        match self {
            Self::Plain => "",
            // "Username:" and "Password:" in base64, as everybody expects them.
            Self::LoginUser => "VXNlcm5hbWU6",
            Self::LoginPassword(_) => "UGFzc3dvcmQ6",
        }
    }

    /// Takes the client's answer. An initial response of "=" stands for an empty one (RFC 4954, 4).
    pub(super) fn step(self, line: &[u8]) -> Step {
        let line = if line == b"=" { &b""[..] } else { line };
        let Some(text) = STANDARD.decode(line).ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return Step::Malformed;
        };
        match self {
            Self::Plain => plain(&text),
            Self::LoginUser if fine(&text) => {
                let next = Self::LoginPassword(Pii::new(text));
                Step::Ask(next.first_question(), next)
            }
            Self::LoginPassword(user) if fine(&text) => Step::Credentials { user, password: Pii::new(text) },
            Self::LoginUser | Self::LoginPassword(_) => Step::Malformed,
        }
    }
}

/// [authzid] NUL authcid NUL passwd. Nobody here may act as somebody else, so an authzid can only repeat the user.
fn plain(text: &str) -> Step {
    let parts: Vec<&str> = text.split('\0').collect();
    match parts[..] {
        [other, user, password] if (other.is_empty() || other == user) && fine(user) && fine(password) => {
            Step::Credentials { user: user.into(), password: password.into() }
        }
        _ => Step::Malformed,
    }
}

fn fine(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(step: Step) -> Option<(String, String)> {
        match step {
            Step::Credentials { user, password } => Some((user.into_inner(), password.into_inner())),
            _ => None,
        }
    }

    fn plain_of(text: &str) -> Option<(String, String)> {
        credentials(Sasl::Plain.step(STANDARD.encode(text).as_bytes()))
    }

    #[test]
    fn plain_needs_user_and_password_and_nobody_else() {
        let known = Some(("nurse".to_owned(), "secret".to_owned()));
        assert_eq!(plain_of("\0nurse\0secret"), known);
        assert_eq!(plain_of("nurse\0nurse\0secret"), known);
        for bad in
            ["doctor\0nurse\0secret", "nurse\0secret", "\0nurse\0", "\0\0secret", "\0a\0b\0c", "", "\0nur\nse\0x"]
        {
            assert_eq!(plain_of(bad), None, "{bad:?}");
        }
        assert_eq!(Sasl::Plain.step(b"not base64!"), Step::Malformed);
        assert_eq!(Sasl::Plain.step(b"="), Step::Malformed);
    }

    #[test]
    fn login_asks_twice() {
        let Step::Ask(question, next) = Sasl::LoginUser.step(b"bnVyc2U=") else { panic!("asks") };
        assert_eq!(STANDARD.decode(question).expect("base64"), b"Password:");
        assert_eq!(credentials(next.step(b"c2VjcmV0")), Some(("nurse".to_owned(), "secret".to_owned())));
    }
}
