//! Where a call goes next, as the text of a plan names it.

use std::fmt;

use model::{Numbering, PhoneNumber};

/// A place in a plan that a call can be led to: "100", "menu main", "outside +12025550123".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    /// Whoever this extension rings: a person, or an extension of the plan.
    Extension(String),
    /// Open or closed, and what then.
    Schedule(String),
    /// The caller chooses.
    Menu(String),
    /// The caller is told something.
    Announcement(String),
    /// The caller waits until somebody is free.
    Queue(String),
    /// Whoever is on call.
    Rota(String),
    /// This person's mailbox.
    Voicemail(String),
    /// A number outside the clinic, always in full.
    Outside(PhoneNumber),
    /// What the plan says of the number that was called. No text names it: a call comes there that has rung somewhere else first.
    Dialled,
    /// Our fax machine answers.
    FaxMachine,
    /// The caller hears that the line is busy.
    Busy,
    /// The call ends.
    HangUp,
}

/// How a destination may be written, for whoever wrote something else.
pub(crate) const FORMS: &str = "write an extension as in \"101\", or \"menu NAME\", \"announcement NAME\", \"queue NAME\", \"rota NAME\", \
     \"schedule NAME\", \"voicemail 101\", \"outside +12025550123\", \"fax machine\", \"busy\" or \"hang up\"";

impl Destination {
    /// Reads one as a plan writes it. `None` if it has none of the forms.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text {
            "fax machine" => return Some(Self::FaxMachine),
            "busy" => return Some(Self::Busy),
            "hang up" => return Some(Self::HangUp),
            digits if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
                return Some(Self::Extension(digits.to_owned()));
            }
            _ => {}
        }
        let (kind, name) = text.split_once(' ')?;
        let name = name.trim();
        if kind == "outside" {
            return full_number(name).map(Self::Outside);
        }
        let make = match kind {
            "schedule" => Self::Schedule,
            "menu" => Self::Menu,
            "announcement" => Self::Announcement,
            "queue" => Self::Queue,
            "rota" => Self::Rota,
            "voicemail" => Self::Voicemail,
            _ => return None,
        };
        is_name(name).then(|| make(name.to_owned()))
    }

    /// What a person reads of it that is no private number.
    pub fn described(&self) -> String {
        match self {
            Self::Outside(_) => "a number outside".to_owned(),
            Self::FaxMachine => "the fax machine".to_owned(),
            Self::Busy => "busy".to_owned(),
            Self::HangUp => "hang up".to_owned(),
            Self::Extension(number) => number.clone(),
            named => named.to_string(),
        }
    }
}

/// As [`Destination::parse`] reads it.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(number) => f.write_str(number),
            Self::Schedule(name) => write!(f, "schedule {name}"),
            Self::Menu(name) => write!(f, "menu {name}"),
            Self::Announcement(name) => write!(f, "announcement {name}"),
            Self::Queue(name) => write!(f, "queue {name}"),
            Self::Rota(name) => write!(f, "rota {name}"),
            Self::Voicemail(extension) => write!(f, "voicemail {extension}"),
            Self::Outside(number) => write!(f, "outside {}", number.as_str()),
            Self::Dialled => f.write_str("the number that was called"),
            Self::FaxMachine => f.write_str("fax machine"),
            Self::Busy => f.write_str("busy"),
            Self::HangUp => f.write_str("hang up"),
        }
    }
}

/// A number outside is personal, and stays out of logs.
impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.described())
    }
}

/// What comes when a step has reached nobody. What is not said is said by `nobody`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Next {
    /// Nobody answered in time, or refused.
    pub nobody: Option<Destination>,
    /// All who were called are in a call.
    pub busy: Option<Destination>,
    /// No phone is registered, or none can be reached.
    pub unreachable: Option<Destination>,
}

/// What became of a step that reached nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// It rang, and nobody took it.
    NoAnswer,
    /// Busy.
    Busy,
    /// Nothing rang.
    Unreachable,
    /// They do not want to be disturbed: as if they were busy, but nobody is told that they talk.
    NotDisturbed,
}

impl Next {
    /// Where the call goes now.
    pub fn after(&self, missed: Missed) -> Option<&Destination> {
        let own = match missed {
            Missed::NoAnswer => None,
            Missed::Busy | Missed::NotDisturbed => self.busy.as_ref(),
            Missed::Unreachable => self.unreachable.as_ref(),
        };
        own.or(self.nobody.as_ref())
    }

    /// All there are, each with when.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &Destination)> {
        let each = [("nobody answers", &self.nobody), ("busy", &self.busy), ("no phone is reached", &self.unreachable)];
        each.into_iter().filter_map(|(when, to)| Some((when, to.as_ref()?)))
    }
}

/// A number with its country code: it means the same everywhere, so that the plan can be read without the settings.
pub(crate) fn full_number(text: &str) -> Option<PhoneNumber> {
    let number = text.starts_with('+').then(|| Numbering::default().parse(text).ok())??;
    matches!(&number, PhoneNumber::E164(full) if full.len() >= SHORTEST_FULL).then_some(number)
}

/// "+", a country code and six digits: no emergency number looks like that.
const SHORTEST_FULL: usize = 8;

/// Letters, digits, hyphens: a name that needs no quotes in the text, and none in a sentence.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
