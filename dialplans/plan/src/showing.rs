//! Who is shown to whom: by which of its numbers the clinic shows itself outside, what stands before the name of whoever calls one of them,
//! the names that the clinic gives to numbers outside; and which callers are led elsewhere than others.

use model::{PhoneNumber, Settings};

use crate::destination::Destination;
use crate::outside::{Beginnings, is_for};
use crate::{Caller, Facts, Inbound, OwnNumber, Plan, Target};

/// As whom a call shows itself outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The number that is called back.
    pub number: PhoneNumber,
    /// Its name, if it is not the clinic's.
    pub name: Option<String>,
}

/// What a carrier says of whoever calls. It proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calling<'a> {
    /// It is not looked at.
    #[default]
    Unsaid,
    /// No number, or one that they do not want shown.
    Hidden,
    /// This number.
    Number(&'a PhoneNumber),
}

/// An entry of `[[shows]]`: some calls show another number than the main one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Show {
    /// Whose calls; empty: everybody's.
    pub(crate) people: Vec<String>,
    /// How the numbers begin that are called; empty: all.
    pub(crate) numbers: Beginnings,
    pub(crate) number: OwnNumber,
    pub(crate) name: Option<String>,
}

/// An entry of `[[callers]]`: some callers are led elsewhere, or marked for those whom they ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallerRule {
    /// How their numbers begin.
    pub(crate) numbers: Beginnings,
    /// It is for those who show no number, too.
    pub(crate) hidden: bool,
    /// Which numbers of ours they call; empty: all at which no fax machine answers.
    pub(crate) called: Vec<OwnNumber>,
    pub(crate) to: Option<Destination>,
    pub(crate) label: Option<String>,
}

impl OwnNumber {
    /// The number itself.
    pub(crate) fn of<'a>(&'a self, settings: &'a Settings) -> &'a PhoneNumber {
        match self {
            Self::Main => &settings.main_number,
            Self::Fax => &settings.fax_number,
            Self::Other(number) => number,
        }
    }
}

impl Show {
    fn fits(&self, extension: Option<&str>, called: &PhoneNumber) -> bool {
        is_for(&self.people, extension) && self.numbers.fit(called)
    }
}

impl CallerRule {
    fn fits(&self, facts: &Facts<'_>, is_fax: bool) -> bool {
        let who = match facts.calling {
            Calling::Unsaid => return false,
            Calling::Hidden => self.hidden,
            Calling::Number(number) => self.numbers.begin(number),
        };
        let called = if self.called.is_empty() {
            !is_fax
        } else {
            self.called.iter().any(|own| own.of(facts.settings) == facts.dialled)
        };
        who && called
    }
}

impl Plan {
    /// As whom a call of this extension to a number outside shows itself, where that is not the clinic by its main number. A call for help
    /// does not ask: it shows the main number.
    pub fn shows(&self, extension: Option<&str>, called: &PhoneNumber, settings: &Settings) -> Option<Shown> {
        let show = self.shows.iter().find(|show| show.fits(extension, called))?;
        Some(Shown { number: show.number.of(settings).clone(), name: show.name.clone() })
    }

    /// What phones show before the name of whoever calls: what the plan says of such callers, and of the number of ours that they call.
    pub fn label(&self, facts: &Facts<'_>) -> Option<String> {
        let of_number = self.inbound_of(facts.dialled, facts.settings).and_then(|inbound| inbound.label.as_deref());
        let of_caller = self.caller_rules(facts).find_map(|rule| rule.label.as_deref());
        let both: Vec<&str> = of_number.into_iter().chain(of_caller).collect();
        (!both.is_empty()).then(|| both.join(", "))
    }

    /// What the clinic calls a number: one outside by `[names]`, one of its own by its label.
    pub fn name_of(&self, number: &PhoneNumber, settings: &Settings) -> Option<&str> {
        let own = || self.inbound_of(number, settings).and_then(|inbound| inbound.label.as_deref());
        self.names.get(number).map(String::as_str).or_else(own)
    }

    /// Where the plan leads this caller, whatever the number that they call does else.
    pub(crate) fn led_elsewhere<'p>(&'p self, facts: &'p Facts<'_>) -> Option<&'p Destination> {
        self.caller_rules(facts).find_map(|rule| rule.to.as_ref())
    }

    /// For a drawing or a sentence: as whom the call is shown, on whichever side.
    pub(crate) fn shown_said(&self, facts: &Facts<'_>, target: &Target) -> Option<String> {
        match facts.caller {
            Caller::Trunk { .. } if matches!(target, Target::Refuse { .. } | Target::FaxMachine) => None,
            Caller::Trunk { .. } => Some(format!("Phones show “{}” before who calls.", self.label(facts)?)),
            Caller::Extension { user } if matches!(target, Target::Trunk { .. }) => {
                let person = facts.settings.person(user).map(|p| p.extension.as_str());
                let Shown { number, name } = self.shows(person, facts.dialled, facts.settings)?;
                let named = name.map_or_else(String::new, |name| format!(" as “{name}”"));
                Some(format!("Outside, the call shows {}{named}.", number.as_str()))
            }
            Caller::Extension { .. } | Caller::Device | Caller::Appliance => None,
        }
    }

    fn caller_rules<'p>(&'p self, facts: &'p Facts<'_>) -> impl Iterator<Item = &'p CallerRule> {
        let from_outside = matches!(facts.caller, Caller::Trunk { .. });
        let is_port = facts.settings.port_of(facts.dialled).is_some();
        let is_fax = is_port || self.fax_numbers(facts.settings).contains(facts.dialled);
        self.callers.iter().filter(move |rule| from_outside && rule.fits(facts, is_fax))
    }

    fn inbound_of(&self, number: &PhoneNumber, settings: &Settings) -> Option<&Inbound> {
        self.inbound.iter().find(|inbound| inbound.number.of(settings) == number)
    }
}
