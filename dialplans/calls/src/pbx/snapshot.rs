//! What the console is shown: read from the tables at the moment it asks, never kept beside them.

use model::call::LiveCall;
use model::defence::Defence;
use model::event::{PhoneState, TrunkState};
use model::settings::{Person, Trunk};

use crate::call::entry::Entry;
use crate::pbx::Pbx;

impl Pbx {
    /// The calls that are up, oldest first.
    pub fn live_calls(&self) -> Vec<LiveCall> {
        self.calls.values().filter_map(Entry::live).collect()
    }

    /// The clinic's phones, one entry for each extension.
    pub fn phones(&self) -> Vec<PhoneState> {
        let state = |person: &Person| {
            let bound = self.registrar.phones(&person.user);
            let settings = &self.site.settings;
            let spot = |ip| settings.spot(Some(&person.user), ip).to_string();
            let mut places: Vec<String> = bound.iter().map(|b| spot(Some(b.flow.remote.ip()))).collect();
            if places.is_empty() {
                places.push(spot(None));
            }
            places.retain(|place| !place.is_empty());
            places.sort_unstable();
            places.dedup();
            PhoneState {
                extension: person.extension.clone(),
                name: person.name.clone(),
                phones: bound.len(),
                silent: bound.iter().filter(|b| b.is_silent()).count(),
                addresses: bound.iter().map(|b| b.flow.remote.ip().to_canonical()).collect(),
                places,
                agent: bound.first().map_or_else(String::new, |b| b.agent.clone()),
                until: bound.iter().map(|b| b.until).max(),
            }
        };
        self.site.settings.people.iter().map(state).collect()
    }

    /// The trunks.
    pub fn trunks(&self) -> Vec<TrunkState> {
        let state = |trunk: &Trunk| TrunkState {
            name: trunk.name.clone(),
            in_use: self.in_use(&trunk.name),
            channels: trunk.channels,
            healthy: !self.sick_trunks.contains(&trunk.name),
            line: self.registered.state(trunk),
        };
        self.site.settings.trunks.iter().map(state).collect()
    }

    /// What was turned away, and who is not answered.
    pub fn defence(&self) -> Defence {
        self.guard.defence()
    }

    /// Media ports that are lent to calls now.
    pub fn ports_in_use(&self) -> usize {
        self.lender.in_use()
    }

    pub(crate) fn in_use(&self, trunk: &str) -> usize {
        self.calls.values().filter(|e| e.ending().is_none()).map(|e| e.channels(trunk)).sum()
    }
}
