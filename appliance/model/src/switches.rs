//! What staff switch at their phones, and the console shows: do-not-disturb, forwarding, whose turn it is in queues, and the night switch.
//! It holds over a restart.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{PhoneNumber, Wall};

/// Everything that is switched, as one value that is swapped whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// Of the whole clinic.
    pub clinic: ClinicSwitches,
    /// Of its people, by extension. Who has switched nothing is not in it.
    people: BTreeMap<String, PersonSwitches>,
}

/// What is switched for the whole clinic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClinicSwitches {
    /// Somebody has switched the clinic to night, whatever its hours say.
    pub night: bool,
    /// Callers from outside who hide their number are not let in; faxes are.
    pub refuse_anonymous: bool,
    /// Somebody has said for a while that it is open, or closed, whatever its hours and the night switch say.
    pub hours: Option<HoursSwitch>,
    /// Callers from outside who are not let in; at most [`MAX_BLOCKED`].
    pub blocked: BTreeSet<PhoneNumber>,
    /// Serial ports, by the name that stays the same, behind which somebody said that there is no modem; at most [`MAX_NO_MODEMS`].
    pub no_modems: BTreeSet<String>,
}

/// Open or closed for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursSwitch {
    /// Open, or else closed.
    pub open: bool,
    /// Until then; until somebody says otherwise, if it is none.
    pub until: Option<Wall>,
}

/// What one person has switched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonSwitches {
    /// Their phones do not ring.
    pub do_not_disturb: bool,
    /// Where their calls go instead.
    pub forward: BTreeMap<Forward, PhoneNumber>,
    /// Queues of the plan whose calls do not come to them, though they are among those who take them.
    pub out_of: BTreeSet<String>,
}

/// When a call goes elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forward {
    /// At once: the person's own phones do not ring.
    Always,
    /// They talk, decline, or do not want to be disturbed.
    Busy,
    /// It rang as long as it may.
    NoAnswer,
    /// No phone of theirs is there.
    Unreachable,
    /// Whenever their own phones ring, which go on ringing.
    Also,
}

/// One switch, and what it shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    /// A person wants to be left in peace, or not any more.
    DoNotDisturb {
        /// Whose.
        extension: String,
        /// On or off; the other way round if it is none.
        on: Option<bool>,
    },
    /// A person's calls go elsewhere, or not any more.
    Forward {
        /// Whose.
        extension: String,
        /// When.
        when: Forward,
        /// Where to; none ends it.
        to: Option<PhoneNumber>,
    },
    /// The calls of queues come to a person, or do not any more.
    Queues {
        /// To whom.
        extension: String,
        /// Of which, by their names in the plan.
        queues: Vec<String>,
        /// They come.
        takes: bool,
    },
    /// The clinic is at night.
    Night {
        /// On or off; the other way round if it is none.
        on: Option<bool>,
    },
    /// Callers who hide their number are not let in any more, or again.
    RefuseAnonymous {
        /// On or off.
        on: bool,
    },
    /// The clinic is open or closed for a while, or by its hours again.
    Hours {
        /// What; by its hours if it is none.
        to: Option<HoursSwitch>,
    },
    /// A caller is not let in any more, or again.
    Block {
        /// Who.
        number: PhoneNumber,
        /// Not let in.
        on: bool,
    },
    /// What is plugged in there is no modem, or may be one again.
    NoModem {
        /// The name of its port that stays the same.
        port: String,
        /// It is none.
        on: bool,
    },
}

/// Devices that are no modems: a box has a handful of ports, and each device that was ever plugged in has a name of its own.
pub const MAX_NO_MODEMS: usize = 64;
/// The longest name that a file may have in its folder, and the names of ports are ones of udev.
pub const LONGEST_PORT: usize = 255;

/// Callers that may be blocked: a nuisance a day for three years; a list that nobody can read helps nobody.
pub const MAX_BLOCKED: usize = 1000;

impl Forward {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Always, Self::Busy, Self::NoAnswer, Self::Unreachable, Self::Also];

    /// A stable word: in the plan, in forms and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Busy => "busy",
            Self::NoAnswer => "no-answer",
            Self::Unreachable => "unreachable",
            Self::Also => "also",
        }
    }

    /// The one of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|when| when.word() == word)
    }
}

impl PersonSwitches {
    /// Where calls go in this case.
    pub fn forward(&self, when: Forward) -> Option<&PhoneNumber> {
        self.forward.get(&when)
    }

    fn is_quiet(&self) -> bool {
        *self == Self::default()
    }
}

impl Switches {
    /// As they were kept.
    pub fn new(clinic: ClinicSwitches, people: impl IntoIterator<Item = (String, PersonSwitches)>) -> Self {
        Self { clinic, people: people.into_iter().filter(|(_, own)| !own.is_quiet()).collect() }
    }

    /// What this extension has switched, if anything.
    pub fn of(&self, extension: &str) -> Option<&PersonSwitches> {
        self.people.get(extension)
    }

    /// True if this extension is not to be disturbed.
    pub fn is_disturbed_by_nothing(&self, extension: &str) -> bool {
        self.of(extension).is_some_and(|own| own.do_not_disturb)
    }

    /// True if the calls of this queue do not come to this extension.
    pub fn is_out_of(&self, queue: &str, extension: &str) -> bool {
        self.of(extension).is_some_and(|own| own.out_of.contains(queue))
    }

    /// Where calls of this extension go in this case.
    pub fn forward(&self, extension: &str, when: Forward) -> Option<&PhoneNumber> {
        self.of(extension)?.forward(when)
    }

    /// All who have switched something.
    pub fn people(&self) -> impl Iterator<Item = (&str, &PersonSwitches)> {
        self.people.iter().map(|(extension, own)| (extension.as_str(), own))
    }

    /// Sets one. What it is then: on, or off. Whether it may be is for others to say.
    pub fn set(&mut self, switch: &Switch) -> bool {
        match switch {
            Switch::Night { on } => {
                // What was said "until somebody says otherwise" is over, as somebody does. What has an end keeps it.
                self.clinic.hours = self.clinic.hours.filter(|said| said.until.is_some());
                self.clinic.night = on.unwrap_or(!self.clinic.night);
                self.clinic.night
            }
            Switch::RefuseAnonymous { on } => {
                self.clinic.refuse_anonymous = *on;
                *on
            }
            Switch::Hours { to } => {
                self.clinic.hours = *to;
                to.is_some()
            }
            Switch::Block { number, on } => {
                if *on {
                    self.clinic.blocked.insert(number.clone());
                } else {
                    self.clinic.blocked.remove(number);
                }
                *on
            }
            Switch::NoModem { port, on } => {
                if *on {
                    self.clinic.no_modems.insert(port.clone());
                } else {
                    self.clinic.no_modems.remove(port);
                }
                *on
            }
            Switch::DoNotDisturb { extension, on } => self.change(extension, |own| {
                own.do_not_disturb = on.unwrap_or(!own.do_not_disturb);
                own.do_not_disturb
            }),
            Switch::Forward { extension, when, to } => self.change(extension, |own| {
                match to {
                    Some(to) => own.forward.insert(*when, to.clone()),
                    None => own.forward.remove(when),
                };
                to.is_some()
            }),
            Switch::Queues { extension, queues, takes } => self.change(extension, |own| {
                for queue in queues {
                    match takes {
                        true => own.out_of.remove(queue),
                        false => own.out_of.insert(queue.clone()),
                    };
                }
                *takes
            }),
        }
    }

    fn change(&mut self, extension: &str, change: impl FnOnce(&mut PersonSwitches) -> bool) -> bool {
        let own = self.people.entry(extension.to_owned()).or_default();
        let on = change(own);
        self.people.retain(|_, own| !own.is_quiet());
        on
    }

    /// Takes up what was kept over a restart. What was switched since is newer.
    pub fn restore(&mut self, kept: Self) {
        self.clinic.night |= kept.clinic.night;
        self.clinic.refuse_anonymous |= kept.clinic.refuse_anonymous;
        self.clinic.hours = self.clinic.hours.or(kept.clinic.hours);
        self.clinic.blocked.extend(kept.clinic.blocked);
        self.clinic.no_modems.extend(kept.clinic.no_modems);
        for (extension, own) in kept.people {
            self.people.entry(extension).or_insert(own);
        }
    }

    /// Forgets who has left the clinic, and queues that somebody does not take calls of any more: `takes` is asked with the queue and the
    /// extension. True if something was forgotten.
    pub fn keep(&mut self, is_there: impl Fn(&str) -> bool, takes: impl Fn(&str, &str) -> bool) -> bool {
        let sizes = |all: &Self| (all.people.len(), all.people.values().map(|own| own.out_of.len()).sum::<usize>());
        let before = sizes(self);
        self.people.retain(|extension, own| {
            own.out_of.retain(|queue| takes(queue, extension));
            is_there(extension) && !own.is_quiet()
        });
        sizes(self) != before
    }

    /// Everybody whom a call to `first` would be forwarded through, `first` left out, until somebody takes calls or it comes round to
    /// somebody again; then that one is the last, and stands twice in it or is `first`.
    pub fn chain<'a>(&'a self, first: &'a str) -> Vec<&'a str> {
        let mut chain = Vec::new();
        let mut at = first;
        while let Some(PhoneNumber::Internal(next)) = self.forward(at, Forward::Always) {
            let again = next == first || chain.contains(&next.as_str());
            chain.push(next);
            if again {
                break;
            }
            at = next;
        }
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forward(extension: &str, to: Option<&str>) -> Switch {
        let to = to.map(|to| PhoneNumber::Internal(to.to_owned()));
        Switch::Forward { extension: extension.to_owned(), when: Forward::Always, to }
    }

    #[test]
    fn a_switch_that_is_off_again_leaves_nothing() {
        let mut switches = Switches::default();
        let dnd = |on| Switch::DoNotDisturb { extension: "101".to_owned(), on };
        assert!(switches.set(&dnd(None)));
        assert!(switches.is_disturbed_by_nothing("101"));
        assert!(!switches.set(&dnd(None)));
        assert!(switches.set(&forward("101", Some("102"))));
        assert!(!switches.set(&forward("101", None)));
        assert_eq!(switches, Switches::default());
    }

    /// "Open until somebody says otherwise": whoever turns the switch of the night does. "Open until two" stays.
    #[test]
    fn the_night_ends_what_was_said_without_an_end() {
        let until = Some(Wall(1));
        let hours = |until| Switch::Hours { to: Some(HoursSwitch { open: true, until }) };
        let mut switches = Switches::default();
        switches.set(&hours(None));
        assert!(switches.set(&Switch::Night { on: None }));
        assert_eq!(switches.clinic.hours, None);
        switches.set(&hours(until));
        assert!(!switches.set(&Switch::Night { on: None }));
        assert_eq!(switches.clinic.hours.and_then(|said| said.until), until);
    }

    #[test]
    fn a_chain_ends_where_it_comes_round() {
        let mut switches = Switches::default();
        for (from, to) in [("101", "102"), ("102", "103"), ("103", "102")] {
            switches.set(&forward(from, Some(to)));
        }
        assert_eq!(switches.chain("101"), ["102", "103", "102"]);
        assert_eq!(switches.chain("102"), ["103", "102"]);
        assert_eq!(switches.chain("104"), [""; 0]);
    }

    #[test]
    fn what_was_switched_since_the_start_is_newer_than_what_was_kept() {
        let (mut now, mut kept) = (Switches::default(), Switches::default());
        now.set(&forward("101", Some("102")));
        kept.set(&forward("101", Some("103")));
        kept.set(&forward("102", Some("103")));
        kept.set(&Switch::Night { on: Some(true) });
        now.restore(kept);
        assert_eq!(now.forward("101", Forward::Always), Some(&PhoneNumber::Internal("102".to_owned())));
        assert!(now.forward("102", Forward::Always).is_some() && now.clinic.night);
    }
}
