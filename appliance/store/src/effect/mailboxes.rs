//! What is ordered of mailboxes.

use model::voicemail::GreetingKind;
use model::{Pii, Sound, VoicemailId, Wall};

/// A message goes to a colleague.
#[derive(Clone, Debug)]
pub struct Giving {
    /// Which.
    pub voicemail: VoicemailId,
    /// Whose it is.
    pub mailbox: String,
    /// Whose it is to be.
    pub to: String,
    /// Who gives it.
    pub by: String,
    /// Now.
    pub at: Wall,
}

/// What callers of a mailbox are to hear.
#[derive(Clone, Debug)]
pub struct NewGreeting {
    /// Whose.
    pub mailbox: String,
    /// When it is heard.
    pub kind: GreetingKind,
    /// The greeting; none for the standard text.
    pub sound: Option<Pii<Sound>>,
    /// Who.
    pub by: String,
    /// Now.
    pub at: Wall,
}
