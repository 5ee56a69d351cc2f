//! The carriers as the clinic sees them: what the endpoint must know of each, and whether it knows us.

use std::collections::BTreeMap;

use model::event::{LineState, LineTrouble};
use model::settings::Trunk;
use model::{Now, Settings};
use sip::api::{Flow, Transport, TrunkTrouble};

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
        let until = now.after(std::time::Duration::from_secs(seconds.into())).wall;
        self.states.insert(trunk, LineState::Registered { until });
    }

    pub(crate) fn lost(&mut self, trunk: String, trouble: TrunkTrouble) {
        self.states.insert(trunk, LineState::Lost(words(trouble)));
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
        TrunkTrouble::Left => LineTrouble::Left,
    }
}

/// The host part of a trunk's URIs.
pub(crate) fn domain(trunk: &Trunk) -> String {
    trunk.terms.domain.clone().unwrap_or_else(|| trunk.server.to_string())
}

/// What the endpoint must know of the trunks, each at these addresses.
pub(crate) fn for_endpoint(settings: &Settings, flows: impl Fn(&Trunk) -> Vec<Flow>) -> Vec<sip::api::Trunk> {
    let one = |trunk: &Trunk| {
        let (terms, flows) = (&trunk.terms, flows(trunk));
        let stream = flows.first().map_or(Transport::Udp, |f| f.transport);
        let parameter = if stream == Transport::Udp { String::new() } else { format!(";transport={stream}") };
        let plain = sip::api::Trunk::new(trunk.name.as_str(), domain(trunk), flows);
        sip::api::Trunk {
            proxy: terms.proxy.then(|| format!("sip:{};lr{parameter}", trunk.server)),
            user: terms.account.as_ref().map(|a| a.user.clone()).unwrap_or_default(),
            registers: terms.account.as_ref().is_some_and(|a| a.registers),
            expires: terms.account.as_ref().map_or(3600, |a| a.expires),
            large_over_tcp: terms.large_over_tcp,
            ..plain
        }
    };
    settings.trunks.iter().map(one).collect()
}
