//! Our own address as a peer sees it: the one that the settings advertise to its network; else, for a socket that is bound to the
//! wildcard, what the routing table says, asked through a datagram socket that is connected and never used.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::api::Advertised;

/// Peers whose answer is remembered. A clinic has a few hundred; strangers may add more, and then all are asked again.
const MAX_REMEMBERED: usize = 4096;

/// What is advertised, and answers of the routing table by peer.
#[derive(Default)]
pub(super) struct Locals {
    advertised: Vec<Advertised>,
    known: HashMap<IpAddr, IpAddr>,
}

impl Locals {
    /// Replaces what is advertised.
    pub(super) fn advertise(&mut self, advertised: Vec<Advertised>) {
        self.advertised = advertised;
    }

    /// The address under which `remote` reaches the socket that is bound to `bound`.
    pub(super) fn towards(&mut self, bound: SocketAddr, remote: SocketAddr) -> SocketAddr {
        let fits = |a: &&Advertised| a.network.contains(remote.ip());
        if let Some(advertised) = self.advertised.iter().find(fits) {
            return SocketAddr::new(advertised.address, bound.port());
        }
        self.routed(bound, remote)
    }

    /// `bound`, or if that is a wildcard, the address that packets to `remote` come from, with the same port.
    fn routed(&mut self, bound: SocketAddr, remote: SocketAddr) -> SocketAddr {
        if !bound.ip().is_unspecified() {
            return bound;
        }
        self.source(remote).map_or(bound, |ip| SocketAddr::new(ip, bound.port()))
    }

    /// True if we are only called so: it is the address of a router in front of us.
    pub(super) fn is_advertised(&self, ip: IpAddr) -> bool {
        self.advertised.iter().any(|advertised| advertised.address == ip)
    }

    /// The address that packets to `remote` come from; `None` if there is no way there.
    pub(super) fn source(&mut self, remote: SocketAddr) -> Option<IpAddr> {
        if let Some(ip) = self.known.get(&remote.ip()) {
            return Some(*ip);
        }
        let ip = ask(remote).ok()?;
        if self.known.len() >= MAX_REMEMBERED {
            // Also the way in which a changed address is noticed in the end.
            self.known.clear();
        }
        self.known.insert(remote.ip(), ip);
        Some(ip)
    }
}

fn ask(remote: SocketAddr) -> std::io::Result<IpAddr> {
    let any: IpAddr = if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(remote)?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use model::settings::Network;

    use super::*;

    fn towards(locals: &mut Locals, bound: &str, remote: &str) -> String {
        locals.towards(bound.parse().expect("address"), remote.parse().expect("address")).to_string()
    }

    #[test]
    fn the_loopback_sees_the_loopback() {
        let mut locals = Locals::default();
        assert_eq!(towards(&mut locals, "0.0.0.0:5060", "127.0.0.1:9"), "127.0.0.1:5060");
        assert_eq!(towards(&mut locals, "127.0.0.2:5060", "127.0.0.1:9"), "127.0.0.2:5060");
    }

    #[test]
    fn the_first_network_of_a_peer_says_what_we_are_called() {
        let mut locals = Locals::default();
        let entry = |network: &str, address: &str| Advertised {
            network: Network::parse(network).expect("network"),
            address: address.parse().expect("address"),
        };
        locals.advertise(vec![
            entry("10.0.0.0/8", "10.0.0.1"),
            entry("0.0.0.0/0", "203.0.113.5"),
            entry("::/0", "2001:db8::5"),
        ]);
        assert_eq!(towards(&mut locals, "10.0.0.1:5060", "10.9.9.9:5060"), "10.0.0.1:5060");
        assert_eq!(towards(&mut locals, "10.0.0.1:5060", "198.51.100.7:5060"), "203.0.113.5:5060");
        assert_eq!(towards(&mut locals, "[::]:5061", "[2001:db8:1::2]:40000"), "[2001:db8::5]:5061");
        assert_eq!(
            towards(&mut locals, "203.0.113.5:5060", "198.51.100.7:5060"),
            "203.0.113.5:5060",
            "the same when asked again"
        );
    }
}
