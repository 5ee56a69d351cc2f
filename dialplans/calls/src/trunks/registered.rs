//! Whether the carriers know us.

use std::collections::BTreeMap;
use std::time::Duration;

use model::event::{LineState, LineTrouble};
use model::settings::Trunk;
use model::{Now, Settings};
use sip::api::TrunkTrouble;

/// How the trunks stand that must register.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    states: BTreeMap<String, LineState>,
}

impl Registered {
    pub(crate) fn state(&self, trunk: &Trunk) -> LineState {
        let first = if trunk.terms.account.as_ref().is_some_and(|a| a.registers) {
            LineState::Registering
        } else {
            LineState::Open
        };
        self.states.get(&trunk.name).cloned().unwrap_or(first)
    }

    pub(crate) fn registered(&mut self, now: Now, trunk: String, seconds: u32) {
        let until = now.after(Duration::from_secs(seconds.into())).wall;
        self.states.insert(trunk, LineState::Registered { until });
    }

    pub(crate) fn lost(&mut self, trunk: String, trouble: TrunkTrouble) {
        self.states.insert(trunk, LineState::Lost(words(trouble)));
    }

    /// True if the carrier does not answer our registration, or cannot be trusted.
    pub(crate) fn is_away(&self, trunk: &Trunk) -> bool {
        matches!(self.states.get(&trunk.name), Some(LineState::Lost(LineTrouble::NoAnswer | LineTrouble::Untrusted)))
    }

    /// A call went through: whatever was wrong with a trunk that need not register is right now.
    pub(crate) fn works(&mut self, trunk: &str) {
        if matches!(self.states.get(trunk), Some(LineState::Lost(LineTrouble::NoPassword | LineTrouble::WrongPassword)))
        {
            self.states.remove(trunk);
        }
    }

    pub(crate) fn keep(&mut self, settings: &Settings) {
        self.states.retain(|name, _| settings.trunk(name).is_some());
    }
}

const fn words(trouble: TrunkTrouble) -> LineTrouble {
    match trouble {
        TrunkTrouble::WrongPassword => LineTrouble::WrongPassword,
        TrunkTrouble::NoPassword => LineTrouble::NoPassword,
        TrunkTrouble::UnknownChallenge => LineTrouble::UnknownProof,
        TrunkTrouble::Refused(code) => LineTrouble::Refused(code),
        TrunkTrouble::NoAnswer => LineTrouble::NoAnswer,
        TrunkTrouble::Untrusted => LineTrouble::Untrusted,
        TrunkTrouble::Left => LineTrouble::Left,
    }
}
