//! What is kept of calls: messages, and recordings.

use super::text::{Text, list, quoted};
use super::{EVERYBODY, Editor, Refusal, set_list, set_text};
use crate::recording::{Between, DEFAULT_CODE, DEFAULT_DAYS, DEFAULT_DECLINE};
use crate::voicemail::MailAs;

pub use crate::check::{KEEP_DAYS, MESSAGE_SECONDS};

/// Who has a mailbox, and how messages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailboxes {
    /// Extensions, or [`EVERYBODY`] alone; none: nobody has one.
    pub people: Vec<String>,
    /// The extension whose mailbox takes the messages for groups and for the main number.
    pub main: Option<String>,
    /// So many seconds a message may last.
    pub seconds: u64,
    /// A word of [`mailed_as`].
    pub mail_as: String,
}

/// Which calls are recorded, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// From the start, and not only when one of our people dials the code.
    pub always: bool,
    /// Whose calls: extensions, or [`EVERYBODY`] alone; none says the same.
    pub people: Vec<String>,
    /// To which numbers of the clinic, as the plan writes them; none: to all.
    pub numbers: Vec<String>,
    /// Words of [`recorded_calls`].
    pub calls: Vec<String>,
    /// What is said in these rooms; [`EVERYBODY`]: in all.
    pub rooms: Vec<String>,
    /// Calls for help, too.
    pub emergency: bool,
    /// Nobody is told.
    pub silent: bool,
    /// A tone follows the words.
    pub beep: bool,
    /// The key with which somebody outside says no.
    pub decline: String,
    /// What our people dial in the call to begin, stop and go on.
    pub code: String,
    /// So many days it is kept.
    pub keep_days: u64,
}

/// How messages may be mailed, by their words in a plan.
pub fn mailed_as() -> impl Iterator<Item = &'static str> {
    MailAs::ALL.iter().map(|(word, _)| *word)
}

/// Which calls may be recorded, by their words in a plan.
pub fn recorded_calls() -> impl Iterator<Item = &'static str> {
    Between::ALL.iter().map(|(_, word)| *word)
}

const VOICEMAIL: [&str; 1] = ["voicemail"];
const RECORDING: [&str; 1] = ["recording"];
/// What is recorded where the plan does not say which calls.
const USUAL_CALLS: [&str; 2] = ["in", "out"];
const FLAGS: [&str; 3] = ["emergency", "silent", "beep"];

impl Recording {
    const fn flags(&self) -> [bool; 3] {
        [self.emergency, self.silent, self.beep]
    }
}

impl Default for Recording {
    /// As a plan has it that says no more than when recording begins.
    fn default() -> Self {
        Self {
            always: false,
            people: Vec::new(),
            numbers: Vec::new(),
            calls: USUAL_CALLS.map(str::to_owned).into(),
            rooms: Vec::new(),
            emergency: false,
            silent: false,
            beep: false,
            decline: DEFAULT_DECLINE.to_string(),
            code: DEFAULT_CODE.to_owned(),
            keep_days: DEFAULT_DAYS.into(),
        }
    }
}

impl Editor {
    /// Who has a mailbox, also where the plan says nothing of them.
    pub fn mailboxes(&self) -> Mailboxes {
        let word = |as_: MailAs| MailAs::ALL.iter().find(|(_, own)| *own == as_).map_or("", |(word, _)| word);
        Mailboxes {
            people: self.text.strings(&VOICEMAIL, "people"),
            main: self.text.string(&VOICEMAIL, "main"),
            seconds: self.plan.longest_message().as_secs(),
            mail_as: word(self.plan.messages_mailed_as()).to_owned(),
        }
    }

    pub(super) fn set_mailboxes(&self, text: &mut Text, new: &Mailboxes) -> Result<(), Refusal> {
        let old = self.mailboxes();
        if new.people.is_empty() {
            return if old.people.is_empty() { Ok(()) } else { text.take(&VOICEMAIL) };
        }
        set_list(text, &VOICEMAIL, "people", &old.people, &new.people)?;
        set_text(text, &VOICEMAIL, "main", new.main.as_deref())?;
        if old.seconds != new.seconds {
            text.set(&VOICEMAIL, "seconds", &new.seconds.to_string())?;
        }
        if old.mail_as == new.mail_as { Ok(()) } else { text.set(&VOICEMAIL, "mail_as", &quoted(&new.mail_as)) }
    }

    /// What is recorded; nothing: no call is.
    pub fn recording(&self) -> Option<Recording> {
        let own = self.plan.recordings.as_ref()?;
        let strings = |key| self.text.strings(&RECORDING, key);
        let word = |between: &Between| Between::ALL.iter().find(|(own, _)| own == between).map(|(_, word)| *word);
        Some(Recording {
            always: own.always,
            people: strings("people"),
            numbers: strings("numbers"),
            calls: own.between.iter().filter_map(word).map(str::to_owned).collect(),
            rooms: strings("rooms"),
            emergency: own.help,
            silent: own.silent,
            beep: own.beep,
            decline: own.decline.to_string(),
            code: own.code.clone(),
            keep_days: own.keep_days.into(),
        })
    }

    pub(super) fn set_recording(&self, text: &mut Text, new: Option<&Recording>) -> Result<(), Refusal> {
        let old = self.recording();
        let Some(new) = new else {
            return if old.is_none() { Ok(()) } else { text.take(&RECORDING) };
        };
        if old.as_ref().map(|old| old.always) != Some(new.always) {
            text.set(&RECORDING, "start", &quoted(if new.always { "always" } else { "on demand" }))?;
        }
        let old = old.unwrap_or_default();
        for (key, old, new) in [
            ("people", &old.people, &new.people),
            ("numbers", &old.numbers, &new.numbers),
            ("rooms", &old.rooms, &new.rooms),
        ] {
            // Everybody's calls are recorded where a plan does not say whose.
            let same = key == "people" && [old, new].iter().all(|all| all.is_empty() || **all == [EVERYBODY]);
            if !same {
                set_list(text, &RECORDING, key, old, new)?;
            }
        }
        if old.calls != new.calls {
            text.set(&RECORDING, "calls", &list(&new.calls))?;
        }
        for (key, (was, is)) in FLAGS.into_iter().zip(old.flags().into_iter().zip(new.flags())) {
            match (was, is) {
                (false, true) => text.set(&RECORDING, key, "true")?,
                (true, false) => text.remove(&RECORDING, key)?,
                _ => {}
            }
        }
        for (key, old, new) in [("decline", &old.decline, &new.decline), ("code", &old.code, &new.code)] {
            if old != new {
                text.set(&RECORDING, key, &quoted(new))?;
            }
        }
        if old.keep_days == new.keep_days {
            return Ok(());
        }
        text.set(&RECORDING, "keep_days", &new.keep_days.to_string())
    }
}
