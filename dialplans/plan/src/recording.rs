//! Which calls and which rooms are recorded. Without a word about it in the text none is.

use model::{PhoneNumber, Settings};

use crate::{OwnNumber, Plan};

/// How long a recording is kept when the plan does not say.
pub(crate) const DEFAULT_DAYS: u16 = 30;
/// The key with which somebody outside says no, and the code with which our people stop and go on, when the plan does not say.
pub(crate) const DEFAULT_DECLINE: char = '9';
pub(crate) const DEFAULT_CODE: &str = "*1";

/// Between whom a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Between {
    /// Somebody outside has called.
    In,
    /// Somebody outside was called.
    Out,
    /// Both are of the clinic.
    Inside,
}

impl Between {
    pub(crate) const ALL: [(Self, &'static str); 3] = [(Self::In, "in"), (Self::Out, "out"), (Self::Inside, "inside")];

    const fn said(self) -> &'static str {
        match self {
            Self::In => "that come in",
            Self::Out => "that go out",
            Self::Inside => "between extensions",
        }
    }
}

/// Two who talk, as far as recording them depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Talk<'a> {
    /// Between whom.
    pub between: Between,
    /// The number that was called, if somebody outside called it.
    pub called: Option<&'a PhoneNumber>,
    /// The extensions that talk, one or two.
    pub extensions: &'a [String],
    /// One of them has called for help.
    pub help: bool,
}

/// How two who talk are recorded, or all who are in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// From the start, and not only when one of our people dials the code.
    pub always: bool,
    /// They are told before.
    pub announced: bool,
    /// In these words; none are the standard ones.
    pub words: Vec<String>,
    /// A tone follows the words.
    pub beep: bool,
    /// With this key somebody outside says no.
    pub decline: char,
    /// With this code our people begin, stop and go on.
    pub code: String,
    /// How many days it is kept.
    pub keep_days: u16,
    /// Why, in a sentence.
    pub why: String,
}

/// What a plan says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recordings {
    pub(crate) always: bool,
    /// Whose calls; none are everybody's.
    pub(crate) people: Option<Vec<String>>,
    /// To which numbers of the clinic, for calls that come in; none are all.
    pub(crate) numbers: Vec<OwnNumber>,
    pub(crate) between: Vec<Between>,
    /// What is said in these rooms.
    pub(crate) rooms: Vec<String>,
    pub(crate) help: bool,
    pub(crate) silent: bool,
    pub(crate) words: Vec<String>,
    pub(crate) beep: bool,
    pub(crate) decline: char,
    pub(crate) code: String,
    pub(crate) keep_days: u16,
}

impl Plan {
    /// Whether these two are recorded, and how. A call for help is not, unless the text says so in as many words; then nothing is said of it
    /// either, since nothing may come between a caller and help.
    pub fn recording(&self, talk: &Talk<'_>, settings: &Settings) -> Option<Recording> {
        let own = self.recordings.as_ref()?;
        if talk.help && !own.help || !talk.help && !own.covers(talk, settings) {
            return None;
        }
        let why = match talk.help {
            true => "The plan records calls for help.".to_owned(),
            false => format!("The plan records calls{} {}.", own.whose(), talk.between.said()),
        };
        Some(own.terms(why, talk.help))
    }

    /// Whether what is said in this room is recorded, and how. Whose voices they are makes no difference: a room is recorded as a whole.
    pub fn room_recording(&self, room: &str) -> Option<Recording> {
        let own = self.recordings.as_ref().filter(|own| own.rooms.iter().any(|r| r == room))?;
        Some(own.terms(format!("The plan records what is said in the room {room}."), false))
    }

    /// What the text says of recording a room; nothing, if it says nothing of recording at all.
    pub(crate) fn room_recording_said(&self, room: &str) -> Option<String> {
        let own = self.recordings.as_ref()?;
        if !own.rooms.iter().any(|r| r == room) {
            return Some("What is said in this room is not recorded.".to_owned());
        }
        let told = own.told("everybody in it has");
        Some(format!("The plan records what is said in the room {room}{told}."))
    }

    /// What the text says of recording such a call, before it is known who takes it; nothing, if it says nothing of recording at all.
    pub(crate) fn recording_said(&self, talk: &Talk<'_>, settings: &Settings) -> Option<String> {
        let own = self.recordings.as_ref()?;
        if talk.help {
            let said = if own.help { "The plan records calls for help." } else { "A call for help is never recorded." };
            return Some(said.to_owned());
        }
        let anybody = Talk { extensions: own.people.as_deref().unwrap_or_default(), ..*talk };
        if !own.covers(&anybody, settings) {
            return Some("Such a call is not recorded.".to_owned());
        }
        let told = own.told("both have");
        Some(format!("The plan records calls{} {}{told}.", own.whose(), talk.between.said()))
    }
}

impl Recordings {
    fn terms(&self, why: String, help: bool) -> Recording {
        Recording {
            always: self.always || help,
            announced: !self.silent && !help,
            words: self.words.clone(),
            beep: self.beep && !help,
            decline: self.decline,
            code: self.code.clone(),
            keep_days: self.keep_days,
            why,
        }
    }

    /// When it begins, as the end of a sentence. `whom`: who is told, as in "both have".
    fn told(&self, whom: &str) -> String {
        let dialled = format!(", once somebody of ours has dialled {}", self.code);
        match (self.always, self.silent) {
            (true, false) => format!(", after {whom} been told"),
            (true, true) => ", and nobody is told".to_owned(),
            (false, false) => format!("{dialled} and {whom} been told"),
            (false, true) => format!("{dialled}, and nobody is told"),
        }
    }

    fn covers(&self, talk: &Talk<'_>, settings: &Settings) -> bool {
        let is = |own: &OwnNumber, called: &PhoneNumber| match own {
            OwnNumber::Main => *called == settings.main_number,
            OwnNumber::Fax => *called == settings.fax_number,
            OwnNumber::Other(other) => called == other,
        };
        let number = talk.between != Between::In
            || self.numbers.is_empty()
            || talk.called.is_some_and(|called| self.numbers.iter().any(|own| is(own, called)));
        let person = match &self.people {
            None => true,
            Some(people) => talk.extensions.iter().any(|e| people.contains(e)),
        };
        self.between.contains(&talk.between) && number && person
    }

    fn whose(&self) -> String {
        self.people.as_ref().map_or_else(String::new, |people| format!(" of {}", people.join(", ")))
    }
}
