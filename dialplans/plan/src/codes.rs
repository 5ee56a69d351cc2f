//! The codes of the box: a star and digits that staff dial to make the box do something. Each has the code that telephone companies of
//! North America gave it, as far as they gave one; a plan may name others, or switch one off.

use std::collections::BTreeMap;

use model::number::MAX_CODE;
use model::switches::Forward;
use model::{Numbering, PhoneNumber};

/// What a code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// The caller hears themselves.
    Echo,
    /// The caller's phones do not ring any more, or again.
    DoNotDisturb(bool),
    /// The caller's calls go to the number that follows the code.
    Forward(Forward),
    /// They come to the caller's own phones again.
    ForwardOff(Forward),
    /// The calls of the queue that the number after the code leads to come to the caller, or do not any more; of all queues, if no number
    /// follows.
    Queues,
    /// The clinic is at night, or by its hours again.
    Night,
    /// The caller takes the call that rings at the extension that follows the code.
    Pickup,
    /// The caller takes the call that rings longest at somebody's whose group they are in.
    PickupGroup,
    /// The phone of the extension that follows answers by itself.
    Intercom,
    /// All phones of the group that follows answer by themselves, and only listen.
    Page,
    /// The number that follows is called without telling it who calls.
    Private,
    /// Who has a name that begins with the letters on the keys that follow is called.
    Directory,
    /// Callers from outside who hide their number are not let in any more, or again.
    RefuseAnonymous(bool),
    /// Who called the caller last from outside is not let in any more.
    BlockLast,
    /// The caller listens to their messages.
    MyMailbox,
    /// The caller listens to the messages of whichever mailbox they name.
    AnyMailbox,
    /// Who may manage records what those hear who call the number that follows the code.
    Record,
}

impl Service {
    /// All of them: the word in the plan, and the code that it has where the plan says nothing.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 27] = [
        (Self::Echo, "echo", "*43"),
        (Self::DoNotDisturb(true), "do-not-disturb", "*78"),
        (Self::DoNotDisturb(false), "do-not-disturb-off", "*79"),
        (Self::Forward(Forward::Always), "forward-always", "*72"),
        (Self::ForwardOff(Forward::Always), "forward-always-off", "*73"),
        (Self::Forward(Forward::Busy), "forward-busy", "*90"),
        (Self::ForwardOff(Forward::Busy), "forward-busy-off", "*91"),
        (Self::Forward(Forward::NoAnswer), "forward-no-answer", "*92"),
        (Self::ForwardOff(Forward::NoAnswer), "forward-no-answer-off", "*93"),
        (Self::Forward(Forward::Unreachable), "forward-unreachable", "*94"),
        (Self::ForwardOff(Forward::Unreachable), "forward-unreachable-off", "*95"),
        (Self::Forward(Forward::Also), "ring-also", "*85"),
        (Self::ForwardOff(Forward::Also), "ring-also-off", "*86"),
        (Self::Queues, "queues", "*45"),
        (Self::Night, "night", "*28"),
        (Self::Pickup, "pickup", "**"),
        (Self::PickupGroup, "pickup-group", "*8"),
        (Self::Intercom, "intercom", "*80"),
        (Self::Page, "page", "*81"),
        (Self::Private, "private", "*67"),
        (Self::Directory, "directory", "*411"),
        (Self::RefuseAnonymous(true), "refuse-anonymous", "*77"),
        (Self::RefuseAnonymous(false), "refuse-anonymous-off", "*87"),
        (Self::BlockLast, "block-last", "*60"),
        (Self::MyMailbox, "my-mailbox", "*97"),
        (Self::AnyMailbox, "mailbox", "*98"),
        (Self::Record, "record", "*75"),
    ];

    /// Each of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().map(|(service, ..)| service)
    }

    /// Its word in a plan.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(own, ..)| *own == self).map_or("", |(_, word, _)| word)
    }

    /// True if a number follows the code.
    pub const fn takes_digits(self) -> bool {
        matches!(
            self,
            Self::Forward(_)
                | Self::Pickup
                | Self::Intercom
                | Self::Page
                | Self::Private
                | Self::Directory
                | Self::Queues
                | Self::Record
        )
    }

    /// For a sentence.
    pub(crate) const fn said(self) -> &'static str {
        match self {
            Self::Echo => "the echo test of this plan",
            Self::DoNotDisturb(true) => "do-not-disturb",
            Self::DoNotDisturb(false) => "the end of do-not-disturb",
            Self::Forward(_) => "forwarding",
            Self::ForwardOff(_) => "the end of forwarding",
            Self::Queues => "taking calls of queues, or not",
            Self::Night => "the night switch",
            Self::Pickup => "the pickup of a phone that rings",
            Self::PickupGroup => "the pickup within a group",
            Self::Intercom => "the intercom",
            Self::Page => "paging",
            Self::Private => "a call without our number",
            Self::Directory => "the directory of names",
            Self::RefuseAnonymous(true) => "refusing callers without a number",
            Self::RefuseAnonymous(false) => "the end of refusing callers without a number",
            Self::BlockLast => "blocking the last caller",
            Self::MyMailbox => "the caller's own mailbox",
            Self::AnyMailbox => "any mailbox",
            Self::Record => "the recording of an announcement",
        }
    }
}

/// The codes of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Codes(BTreeMap<String, Service>);

impl Default for Codes {
    fn default() -> Self {
        Self(Service::ALL.iter().map(|(service, _, code)| ((*code).to_owned(), *service)).collect())
    }
}

impl Codes {
    /// The service of this word.
    pub(crate) fn named(word: &str) -> Option<Service> {
        Service::ALL.iter().find(|(_, name, _)| *name == word).map(|(service, ..)| *service)
    }

    /// The words that a plan may say.
    pub(crate) fn words() -> String {
        Service::ALL.map(|(_, word, _)| word).join(", ")
    }

    /// The plan says what a code does, or that it does nothing.
    pub(crate) fn set(&mut self, code: &str, service: Option<Service>) {
        match service {
            Some(service) => drop(self.0.insert(code.to_owned(), service)),
            None => drop(self.0.remove(code)),
        }
    }

    /// What was dialled: the longest code that it begins with, and what follows. Without digits only what takes none.
    pub(crate) fn read<'d>(&self, dialled: &'d str) -> Option<(&str, Service, &'d str)> {
        let of = |(code, service): (&'_ String, &Service)| {
            let digits = dialled.strip_prefix(code.as_str())?;
            (digits.is_empty() || service.takes_digits() && digits.bytes().all(|b| b.is_ascii_digit())).then_some((
                code.len(),
                *service,
                digits,
            ))
        };
        let best = self.0.iter().filter_map(of).max_by_key(|(length, ..)| *length)?;
        let code = self.0.get_key_value(dialled.get(..best.0)?)?.0;
        Some((code, best.1, best.2))
    }

    /// The codes of a service: one as a rule, or none.
    pub(crate) fn of(&self, service: Service) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(_, own)| **own == service).map(|(code, _)| code.as_str())
    }

    /// What this code does, if it does something.
    pub(crate) fn does(&self, code: &str) -> Option<Service> {
        self.0.get(code).copied()
    }
}

/// True if phones can dial it as a code: a star, and digits after it.
pub fn is_code(text: &str) -> bool {
    text.len() <= MAX_CODE && matches!(Numbering::default().parse(text), Ok(PhoneNumber::Service(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_code_counts_and_digits_only_where_they_mean_something() {
        let codes = Codes::default();
        for (dialled, expected) in [
            ("*43", Some((Service::Echo, ""))),
            ("*431", None),
            ("*8", Some((Service::PickupGroup, ""))),
            ("*80101", Some((Service::Intercom, "101"))),
            ("*89", None),
            ("**101", Some((Service::Pickup, "101"))),
            ("***101", None),
            ("*72", Some((Service::Forward(Forward::Always), ""))),
            ("*7212025550101", Some((Service::Forward(Forward::Always), "12025550101"))),
            ("*75601", Some((Service::Record, "601"))),
            ("*73", Some((Service::ForwardOff(Forward::Always), ""))),
            ("*7", None),
        ] {
            assert_eq!(codes.read(dialled).map(|(_, service, digits)| (service, digits)), expected, "{dialled}");
        }
    }

    #[test]
    fn no_code_stands_for_two_services() {
        assert_eq!(Codes::default().0.len(), Service::ALL.len());
    }
}
