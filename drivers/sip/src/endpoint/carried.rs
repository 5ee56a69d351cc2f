//! Calls stay where they are, wherever the name of their carrier leads by now, and whatever the settings say of networks: who carries a leg is
//! heard for as long as there is that leg.

use std::net::IpAddr;

use model::settings::Network;
use model::table::ByNumber;

use super::Endpoint;
use crate::admission::{is_peer, is_trunk};
use crate::api::{Flow, LegId, Peers};

/// The addresses at the other end of legs, and whether it is a trunk's.
#[derive(Default)]
pub(super) struct Carried(ByNumber<LegId, (IpAddr, bool)>);

impl Carried {
    /// The leg is over.
    pub(super) fn forget(&mut self, leg: LegId) {
        self.0.remove(&leg);
    }
}

impl Endpoint {
    /// A leg begins over this path.
    pub(super) fn carries(&mut self, leg: LegId, flow: Flow) {
        let ip = flow.remote.ip();
        self.carried.0.insert(leg, (ip, is_trunk(&self.peers, ip)));
    }

    /// Replaces the peers, but for those who carry a leg: there may be nobody else who can end it, or say that it was answered.
    pub(super) fn set_peers(&mut self, mut peers: Peers) {
        for (ip, is_trunk) in self.carried.0.values() {
            match is_peer(&peers, *ip) {
                true => {}
                false if *is_trunk => peers.trunks.push(*ip),
                // A phone's, in a network that is taken out: its call is not left without an end.
                false => peers.networks.extend(Network::parse(&ip.to_canonical().to_string())),
            }
        }
        self.peers = peers;
    }
}
