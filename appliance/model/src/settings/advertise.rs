//! Under which address the box is reached, where that is not the one that it has.

use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use super::Network;
use super::raw::Check;

/// Peers of this network reach the box under this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertise {
    /// Where the peer is.
    pub network: Network,
    /// What the box is called there: behind NAT, the NAT's outer address, whose ports of SIP and of sound must lead to the
    /// same ports here. Sound of the clinic's own networks goes to the box's own address all the same if that is in this network, too.
    pub address: IpAddr,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAdvertise {
    network: String,
    address: String,
}

/// Reads the list. The first network that a peer is in counts, so one that can never count is a mistake.
pub(super) fn check(check: &mut Check, raw: &[RawAdvertise]) -> Vec<Advertise> {
    let mut list: Vec<Advertise> = Vec::new();
    for (i, entry) in raw.iter().enumerate() {
        let network = Network::parse(&entry.network);
        if network.is_none() {
            check.say(
                format!("advertise[{i}].network"),
                "not an address range",
                "write it as in 192.168.1.0/24, or 0.0.0.0/0 for everybody",
            );
        }
        let address = entry.address.parse::<IpAddr>().ok().filter(|ip| !ip.is_unspecified());
        if address.is_none() {
            check.say(
                format!("advertise[{i}].address"),
                "not an address",
                "write it as in 203.0.113.5, without a port",
            );
        }
        let (Some(network), Some(address)) = (network, address) else { continue };
        if network.is_ipv4() != address.is_ipv4() {
            check.say(
                format!("advertise[{i}]"),
                "the network and the address are of different kinds",
                "give each network an address that its peers can reach",
            );
        }
        if list.iter().any(|earlier| earlier.network.covers(&network)) {
            check.say(
                format!("advertise[{i}].network"),
                "an earlier entry is for all of this network",
                "put the smaller network first",
            );
        }
        list.push(Advertise { network, address });
    }
    list
}

/// Mirrors that are asked: two say whose router it is.
const MAX_MIRRORS: usize = 4;

/// Reads the mirrors.
pub(super) fn mirrors(check: &mut Check, raw: &[String]) -> Vec<SocketAddr> {
    if raw.len() > MAX_MIRRORS {
        check.say("mirrors", "more than 4", "two mirrors are enough to know whose router it is");
    }
    raw.iter().enumerate().map(|(i, text)| check.address(&format!("mirrors[{i}]"), text)).collect()
}
