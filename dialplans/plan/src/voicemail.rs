//! Whose calls a message is taken for when nobody answers.

use std::time::Duration;

use model::Settings;
use model::voicemail::GreetingKind;

use crate::Plan;
use crate::destination::{Destination, Missed};
use crate::route::{Decision, Facts, Target, decide, refuse};

/// How long a message may be when the plan does not say: longer ones are stories that nobody listens to.
const DEFAULT_MESSAGE: Duration = Duration::from_secs(180);

/// The mailboxes of a plan. Without a word about them in its text nobody has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mailboxes {
    pub(crate) people: People,
    /// The extension whose mailbox takes the messages for groups and for the main number.
    pub(crate) main: Option<String>,
    pub(crate) message: Option<Duration>,
    pub(crate) mail_as: MailAs,
}

/// How a message is attached to the mail that its owner gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailAs {
    /// As WAV, which every phone and every mail program plays.
    #[default]
    Wav,
    /// As Opus, which takes an eighth of the room.
    Opus,
}

impl MailAs {
    /// Both with their words in the plan.
    pub(crate) const ALL: [(&'static str, Self); 2] = [("wav", Self::Wav), ("opus", Self::Opus)];
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
    /// Where a call for these extensions goes that none of them takes, if the text says nothing of it: to the mailbox of the one, or to that
    /// for groups. `None` if there is none.
    pub fn if_nobody(&self, extensions: &[String], settings: &Settings) -> Option<Destination> {
        let mailbox = match extensions {
            [one] => one,
            _ => self.mailboxes.main.as_ref()?,
        };
        self.has_mailbox(mailbox, settings).then(|| Destination::Voicemail(mailbox.clone()))
    }

    /// A caller leaves a message, after the greeting for what has become of their call.
    pub(crate) fn message_for(&self, extension: &str, facts: &Facts<'_>) -> Decision {
        if !self.has_mailbox(extension, facts.settings) {
            return refuse(480, format!("The mailbox of {extension} would take the call, and there is none."));
        }
        // The hours by which callers are led, or those within which the clinic calls: a plan may have either.
        let is_closed =
            facts.closed || self.closed.as_ref().is_some_and(|closed| !closed.is_open(facts.settings, facts.at));
        let greeting = match facts.missed {
            _ if is_closed => GreetingKind::Closed,
            Some(Missed::Busy) => GreetingKind::Busy,
            Some(Missed::NoAnswer | Missed::Unreachable | Missed::NotDisturbed) | None => GreetingKind::Unavailable,
        };
        let target = Target::Voicemail { mailbox: extension.to_owned(), greeting };
        decide(target, format!("The mailbox of {extension} takes a message."))
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

    /// How messages go by mail.
    pub const fn messages_mailed_as(&self) -> MailAs {
        self.mailboxes.mail_as
    }

    /// How long a message may be.
    pub fn longest_message(&self) -> Duration {
        self.mailboxes.message.unwrap_or(DEFAULT_MESSAGE)
    }
}
