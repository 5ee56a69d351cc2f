//! The trunks at the [`Pbx`]: where they are, what the endpoint must know of them, and whether they work.

use std::time::Duration;

use model::settings::Trunk;
use model::{Now, Settings};
use plan::Plan;
use sip::api as sip_api;
use sip::resolve::{Answer, Query};

use crate::api::{Event, Output, advertised};
use crate::pbx::Pbx;
use crate::timers::Timer;
use crate::trunks;

/// What a phone may dial that no limit may refuse: the numbers of the place and the plan's, also behind one outside-line digit.
pub fn emergency_numbers(settings: &Settings, plan: &Plan) -> Vec<String> {
    plan.emergency_numbers(&settings.numbering)
}

/// The least time between two looks at the trunks' names.
const SOON: Duration = Duration::from_millis(10);

impl Pbx {
    /// Who may speak with us: the clinic's networks, and the trunks wherever they were found; what we are called there, and what their
    /// certificates must say. The endpoint hears where that is.
    pub(super) fn peers_changed(&mut self) {
        let networks = self.site.settings.networks.clone();
        let strong = self.site.settings.phones.strong_digest;
        self.out.push_back(Output::Sip(sip_api::Command::SetStrongDigest(strong)));
        self.out.push_back(Output::Sip(sip_api::Command::SetAdvertised(advertised(&self.site.settings))));
        self.out.push_back(Output::Sip(sip_api::Command::SetSecurePeers(self.servers.secure_peers())));
        let (trunks, gateways) = (self.servers.addresses(), self.servers.gateways());
        let peers = sip_api::Peers { networks, trunks, carriers: self.servers.others(), gateways };
        self.out.push_back(Output::Sip(sip_api::Command::SetPeers(peers)));
        let emergency = emergency_numbers(&self.site.settings, &self.site.plan);
        self.out.push_back(Output::Sip(sip_api::Command::SetEmergency(emergency)));
        let paths = |trunk: &Trunk| {
            let flows = self.servers.order(&trunk.name).iter().map(|t| self.site.flow_to(t)).collect();
            (flows, self.servers.former(&trunk.name))
        };
        let trunks = trunks::for_endpoint(&self.site.settings, paths);
        self.out.push_back(Output::Sip(sip_api::Command::SetTrunks(trunks)));
    }

    pub(super) fn on_resolved(&mut self, now: Now, query: &Query, answer: &Answer) {
        let looked = self.servers.answer(now.instant, query, answer);
        self.looked_up(now, looked);
    }

    pub(super) fn servers_due(&mut self, now: Now) {
        let looked = self.servers.poll(now.instant);
        self.looked_up(now, looked);
    }

    fn looked_up(&mut self, now: Now, (asked, changed): (Vec<Query>, bool)) {
        if changed {
            self.peers_changed();
            self.out.push_back(Output::Event(Event::TrunksFound(self.servers.kept())));
            self.live_changed = true;
        }
        self.look_up(now, asked);
    }

    pub(super) fn look_up(&mut self, now: Now, asked: Vec<Query>) {
        self.out.extend(asked.into_iter().map(Output::Resolve));
        // Never in this instant again: a core that is asked in vain must not spin.
        let next = self.servers.next_timeout().max(now.instant + SOON);
        self.timers.set(Timer::Servers, next);
    }

    /// A trunk was seen to work, or not.
    pub(super) fn trunk_news(&mut self, trunk: String, works: bool) {
        if works {
            self.registered.works(&trunk);
            self.silent_trunks.remove(&trunk);
            self.live_changed |= self.sick_trunks.remove(&trunk);
        } else {
            self.live_changed |= self.sick_trunks.insert(trunk);
        }
    }
}
