//! What the recording of a call and that of a room have in common: the words before it, the code of our people, and how long.

use std::time::Duration;

use media::{RecordLimits, Sound, Tone};
use model::{Instant, Language};
use plan::Recording;
use prompts::Prompt;

use crate::words;

/// Nobody listens to more, and a line that was forgotten ends so.
pub(crate) const LIMITS: RecordLimits = RecordLimits { most: Duration::from_secs(4 * 3600), silence: None };
/// How long after the words somebody outside may still say no: what was kept of that time is destroyed then.
pub(crate) const SECOND_THOUGHTS: Duration = Duration::from_secs(10);
/// Numbers of what is played to those who are recorded, apart from those of the stages: of a call, and of a room.
pub(crate) const PLAYS: u64 = 1 << 40;
pub(crate) const ROOM_PLAYS: u64 = 1 << 41;
/// Numbers of recordings, apart from those of messages: of a call, and of a room.
pub(crate) const TAKES: u64 = 1 << 63;
pub(crate) const ROOM_TAKES: u64 = 1 << 62;
/// The keys of a code follow each other within this time.
const TYPING: Duration = Duration::from_secs(3);

/// Whether what is said can be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kept {
    #[default]
    NotAsked,
    Asked,
    Yes,
}

/// What everybody hears before they are recorded.
pub(crate) fn notice(terms: &Recording, language: Language) -> Sound {
    let named = terms.words.iter().filter_map(|name| prompts::named(language, name));
    let mut sounds: Vec<Sound> = named.map(words::clip).collect();
    if sounds.is_empty() {
        let mut standard = vec![Prompt::RecordingNotice, Prompt::RecordingDecline];
        standard.extend(prompts::digits(&terms.decline.to_string()));
        sounds = words::said(&standard, language);
    }
    if terms.beep {
        sounds.push(Sound::Tone(Tone::Beep));
    }
    Sound::Several(sounds.into())
}

/// What one of our people has typed lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    keys: String,
    last: Instant,
}

impl Typed {
    /// One more key: true if it was the last of the code.
    pub(crate) fn completes(&mut self, code: &str, digit: char, now: Instant) -> bool {
        // A star begins a code, whatever came before it.
        if digit == '*' || now.saturating_since(self.last) > TYPING || self.keys.len() >= code.len() {
            self.keys.clear();
        }
        self.keys.push(digit);
        self.last = now;
        let complete = self.keys == code;
        if complete {
            self.keys.clear();
        }
        complete
    }
}
