//! Calls stay where they are, wherever the name of their carrier leads by now: who carries a leg is heard for as long as there is that leg.

use std::net::IpAddr;

use model::table::ByNumber;

use super::Endpoint;
use crate::admission::{is_peer, is_trunk};
use crate::api::{Flow, LegId, Peers};

/// The trunks' addresses at the other end of legs.
#[derive(Default)]
pub(super) struct Carried(ByNumber<LegId, IpAddr>);

impl Carried {
    /// The leg is over.
    pub(super) fn forget(&mut self, leg: LegId) {
        self.0.remove(&leg);
    }
}

impl Endpoint {
    /// A leg begins over this path.
    pub(super) fn carries(&mut self, leg: LegId, flow: Flow) {
        if is_trunk(&self.peers, flow.remote.ip()) {
            self.carried.0.insert(leg, flow.remote.ip());
        }
    }

    /// Replaces the peers, but for those who carry a leg: there may be nobody else who can end it, or say that it was answered.
    pub(super) fn set_peers(&mut self, mut peers: Peers) {
        for ip in self.carried.0.values() {
            if !is_peer(&peers, *ip) {
                peers.trunks.push(*ip);
            }
        }
        self.peers = peers;
    }
}
