//! What the whole `Pbx` is set to, and where our sound is for whom: to which of our addresses somebody sends it, and what they are told.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use media::dtls::Fingerprint;
use media::sdp::SdpError;
use media::{Addresses, Family, Home};
use model::number::NotANumber;
use model::settings::Advertise;
use model::switches::Forward;
use model::{PhoneNumber, Settings, Switches, Wall};
use plan::{Night, Plan};
use sip::api::Flow;
use sip::resolve::Target;

const NO_V4: SdpError = SdpError::NotAcceptable("its sound would go by IPv4, and this box has no such address");
const NO_V6: SdpError = SdpError::NotAcceptable("its sound would go by IPv6, and this box has no such address");

/// Where somebody's signalling comes from, and to which of our addresses: there it reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) peer: IpAddr,
    /// Of ours, if that is known; it may be one that is advertised.
    pub(crate) ours: Option<IpAddr>,
}

impl At {
    /// Of whom nothing else is known.
    pub(crate) const fn alone(peer: IpAddr) -> Self {
        Self { peer, ours: None }
    }

    /// At the other end of this path.
    pub(crate) const fn of(flow: &Flow) -> Self {
        Self { peer: flow.remote.ip(), ours: Some(flow.local.ip()) }
    }
}

/// Where our media is for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ours {
    /// The address of ours.
    pub(crate) home: Home,
    /// What they are told: that one, or what is advertised in its stead.
    pub(crate) told: IpAddr,
}

/// What the whole `Pbx` is set to.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) settings: Arc<Settings>,
    pub(crate) plan: Arc<Plan>,
    /// What staff have switched.
    pub(crate) switches: Arc<Switches>,
    /// Where our media is.
    pub(crate) media: Addresses,
    /// Of the certificate that the media engine shows, if it has one.
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) sip_local: SocketAddr,
    /// Callers whose fax calls are not answered, beside those that the settings name.
    pub(crate) fax_blocks: BTreeSet<String>,
}

impl Site {
    /// Reads what somebody inside dialled.
    pub(crate) fn read(&self, dialled: &str) -> Result<PhoneNumber, NotANumber> {
        self.plan.read(dialled, &self.settings.numbering)
    }

    /// What staff say against the hours of the plan.
    pub(crate) fn night(&self, at: Wall) -> Option<Night> {
        Night::of(&self.switches.clinic, at)
    }

    /// True if a fax call from this number is refused before it is answered.
    pub(crate) fn refuses_faxes(&self, caller: Option<&PhoneNumber>) -> bool {
        self.settings.faxing.blocks(caller) || caller.is_some_and(|number| self.fax_blocks.contains(number.as_str()))
    }

    /// If this extension's phones are not to ring: where its calls go instead, or nowhere.
    pub(crate) fn absent(&self, extension: &str) -> Option<Option<PhoneNumber>> {
        let own = self.switches.of(extension)?;
        match own.forward(Forward::Always) {
            Some(to) => Some(Some(to.clone())),
            None => own.do_not_disturb.then(|| own.forward(Forward::Busy).cloned()),
        }
    }

    /// Where somebody there sends media: to the address that the settings advertise to their network, else to ours. `None` if we have none of
    /// their family.
    pub(crate) fn media_for(&self, at: At) -> Option<Ours> {
        let peer = at.peer.to_canonical();
        let (home, ours) = self.home_for(peer, at.ours)?;
        // What is advertised to everybody is meant for those outside: our own phones would send their sound out to the router, and few routers
        // bring it back in.
        let at_home = |a: &&Advertise| self.settings.is_own_network(peer) && a.network.contains(ours);
        let advertised = self.settings.advertise.iter().find(|a| a.network.contains(peer));
        Some(Ours { home, told: advertised.filter(|a| !at_home(a)).map_or(ours, |a| a.address) })
    }

    /// Which of our addresses somebody reaches: the one that their signalling came to, since there they did reach us; else the one in their network,
    /// as the settings divide the clinic's own; else the first of their family.
    fn home_for(&self, peer: IpAddr, came_to: Option<IpAddr>) -> Option<(Home, IpAddr)> {
        let homes = || self.media.of(Family::of(peer));
        let came_to = came_to.map(|ip| ip.to_canonical());
        let shares = |ours: IpAddr| self.settings.networks.iter().any(|n| n.contains(peer) && n.contains(ours));
        let known = homes().find(|(_, ours)| came_to == Some(*ours));
        known.or_else(|| homes().find(|(_, ours)| shares(*ours))).or_else(|| homes().next())
    }

    /// Where it is for whom nothing is known of.
    pub(crate) fn first_place(&self) -> Ours {
        let told = self.media.first();
        Ours { home: Family::of(told).into(), told }
    }

    /// Whether anything can be sent where a description says: we have an address of that family.
    pub(crate) fn meets(&self, named: Option<IpAddr>) -> Result<(), SdpError> {
        match named.filter(|ip| self.media_for(At::alone(*ip)).is_none()).map(Family::of) {
            None => Ok(()),
            Some(Family::V4) => Err(NO_V4),
            Some(Family::V6) => Err(NO_V6),
        }
    }

    /// From where a page to a group of addresses goes out: from our addresses in the clinic's own networks, since who listens is there, and what
    /// is said to a clinic is not for those outside. If none is known to be in one: from the first.
    pub(crate) fn homes_towards(&self, group: IpAddr) -> Vec<(Home, IpAddr)> {
        let all = || self.media.of(Family::of(group));
        let own: Vec<_> = all().filter(|(_, ip)| self.settings.is_own_network(*ip)).collect();
        if own.is_empty() { all().take(1).collect() } else { own }
    }

    /// How to reach a trunk.
    pub(crate) fn flow_to(&self, server: &Target) -> Flow {
        let remote = server.address;
        Flow { transport: server.transport, local: self.sip_to(remote.ip()), remote, connection: 0 }
    }

    /// Our end of SIP for somebody who has not come to any: of several addresses the one in their network.
    pub(crate) fn sip_to(&self, peer: IpAddr) -> SocketAddr {
        let several = self.media.of(Family::of(peer)).count() > 1;
        let ours = self.home_for(peer.to_canonical(), None).filter(|_| several);
        ours.map_or(self.sip_local, |(_, ip)| SocketAddr::new(ip, self.sip_local.port()))
    }
}
