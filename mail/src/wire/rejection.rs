//! "No", as SMTP says it.

use std::fmt;

use model::Pii;

/// A refusal that goes to whoever sent: a reply code (RFC 5321, 4.2), an enhanced status (RFC 3463), and a sentence for the
/// person behind the mail program. The sentence may quote what that person wrote, so it is personal and stays out of logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Rejection {
    /// 4xx: try again later. 5xx: as it is, it will never be taken.
    pub code: u16,
    /// "5.1.1". Its first digit is that of `code`.
    pub status: &'static str,
    /// One sentence.
    pub text: Pii<String>,
}

impl Rejection {
    /// A refusal.
    pub fn new(code: u16, status: &'static str, text: impl Into<String>) -> Self {
        debug_assert!((400..600).contains(&code) && status.starts_with(if code < 500 { '4' } else { '5' }));
        Self { code, status, text: Pii::new(text.into()) }
    }

    /// 550 5.1.1: there is no such recipient.
    pub fn bad_recipient(text: impl Into<String>) -> Self {
        Self::new(550, "5.1.1", text)
    }

    /// 550 5.7.1: a rule does not allow it.
    pub fn not_allowed(text: impl Into<String>) -> Self {
        Self::new(550, "5.7.1", text)
    }
}

impl fmt::Debug for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rejection({} {})", self.code, self.status)
    }
}
