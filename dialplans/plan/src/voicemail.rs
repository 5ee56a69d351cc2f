//! Whose calls a message is taken for when nobody answers.

use std::time::Duration;

use model::{Settings, Wall};

use crate::Plan;

/// How long a message may be when the plan does not say: longer ones are stories that nobody listens to.
const DEFAULT_MESSAGE: Duration = Duration::from_secs(180);

/// The mailboxes of a plan. Without a word about them in its text nobody has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mailboxes {
    pub(crate) people: People,
    /// The extension whose mailbox takes the messages for groups and for the main number.
    pub(crate) main: Option<String>,
    pub(crate) message: Option<Duration>,
}

/// Who has a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum People {
    #[default]
    Nobody,
    All,
    These(Vec<String>),
}

impl Plan {
    /// Whose mailbox takes a message when these extensions rang and nobody answered.
    pub fn mailbox_of(&self, extensions: &[String], settings: &Settings) -> Option<String> {
        let mailbox = match extensions {
            [one] => one,
            _ => self.mailboxes.main.as_ref()?,
        };
        self.has_mailbox(mailbox, settings).then(|| mailbox.clone())
    }

    /// True if this extension has a mailbox.
    pub fn has_mailbox(&self, extension: &str, settings: &Settings) -> bool {
        let has = match &self.mailboxes.people {
            People::Nobody => false,
            People::All => true,
            People::These(list) => list.iter().any(|e| e == extension),
        };
        has && settings.extension(extension).is_some()
    }

    /// How long a message may be.
    pub fn longest_message(&self) -> Duration {
        self.mailboxes.message.unwrap_or(DEFAULT_MESSAGE)
    }

    /// True if the plan has opening hours and this is outside them.
    pub fn is_closed(&self, settings: &Settings, at: Wall) -> bool {
        self.closed.as_ref().is_some_and(|closed| !closed.is_open(settings, at))
    }
}
