//! What is known of the peers that we connect to over TLS.

use std::collections::HashMap;
use std::net::SocketAddr;

use rustls::pki_types::ServerName;

use super::tls::{self, Client, Identity};
use crate::api::{SecurePeer, Trust};

/// The peers by address, and a client for each kind of trust that they need.
pub(super) struct SecurePeers {
    own: Option<Identity>,
    peers: HashMap<SocketAddr, (String, Trust)>,
    clients: HashMap<Trust, Client>,
}

impl SecurePeers {
    /// Nobody is known. To those who ask, we show this identity.
    pub(super) fn new(own: Option<Identity>) -> Self {
        Self { own, peers: HashMap::new(), clients: HashMap::new() }
    }

    pub(super) fn set(&mut self, peers: Vec<SecurePeer>) {
        // An authority that is trusted no longer must not come back out of the table.
        self.clients.clear();
        self.peers = peers.into_iter().map(|p| (p.address, (p.domain, p.trust))).collect();
    }

    /// How to connect to this address, and who must answer there. `None` if nobody could prove it.
    pub(super) fn find(&mut self, address: SocketAddr) -> Option<(Client, ServerName<'static>)> {
        let (domain, trust) = match self.peers.get(&address) {
            Some((domain, trust)) => (Some(domain.as_str()), trust.clone()),
            None => (None, Trust::Public),
        };
        let name = tls::server_name(domain, address.ip())?;
        if let Some(client) = self.clients.get(&trust) {
            return Some((client.clone(), name));
        }
        let client = match Client::new(&trust, self.own.as_ref()) {
            Ok(client) => client,
            Err(error) => {
                tracing::error!(%error, "a carrier cannot be called over TLS");
                return None;
            }
        };
        self.clients.insert(trust, client.clone());
        Some((client, name))
    }
}
