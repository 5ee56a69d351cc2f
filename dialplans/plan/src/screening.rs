//! Callers from outside who say their name before they are put through: `screen` of an extension, or of a number of the clinic.

use model::{PhoneNumber, Settings};

use crate::showing::Calling;
use crate::{Caller, Facts, Plan, Target};

/// Which callers from outside say their name, so that whoever answers hears it and takes the call or sends it on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screening {
    /// Nobody.
    #[default]
    Nobody,
    /// Who shows no number, or one for which the clinic has no name.
    Unknown,
    /// All.
    Everybody,
}

impl Screening {
    /// Those that a text may name, with their words.
    pub(crate) const ALL: [(&'static str, Self); 2] = [("unknown", Self::Unknown), ("all", Self::Everybody)];
}

impl Plan {
    /// True if somebody outside who calls by this number, or shows none, says their name first. Calls from inside are never asked about.
    pub fn screens(&self, screening: Screening, number: Option<&PhoneNumber>, settings: &Settings) -> bool {
        match screening {
            Screening::Nobody => false,
            Screening::Unknown => number.is_none_or(|number| self.name_of(number, settings).is_none()),
            Screening::Everybody => true,
        }
    }

    /// For a drawing or a sentence: whether the caller says their name.
    pub(crate) fn screened_said(&self, target: &Target, facts: &Facts<'_>) -> Option<String> {
        let (Target::Ring { screening, .. }, Caller::Trunk { .. }) = (target, facts.caller) else { return None };
        let says = match facts.calling {
            Calling::Unsaid if *screening == Screening::Unknown => {
                return Some("A caller whom the clinic has no name for says their name first.".to_owned());
            }
            Calling::Unsaid | Calling::Hidden => self.screens(*screening, None, facts.settings),
            Calling::Number(number) => self.screens(*screening, Some(number), facts.settings),
        };
        says.then(|| "The caller says their name first.".to_owned())
    }
}
