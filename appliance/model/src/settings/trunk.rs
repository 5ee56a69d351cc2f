//! Trunks: connections to carriers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;

use super::media::Media;
use super::network::Network;
use super::raw::Check;
use super::terms::{self, CallerId, Diversion, Identity, Terms};
use crate::number::NumberFormat;

/// A connection to a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// Its name in the plan ("main").
    pub name: String,
    /// Where its SIP end is.
    pub server: Server,
    /// Where its other machines are, which no name leads to: what they send is the trunk's, and no call of ours begins there.
    pub also_from: Vec<Network>,
    /// How it is spoken to; if nothing is said, the server's own records choose, or it is UDP.
    pub transport: Option<TrunkTransport>,
    /// Under TLS: the authority that its certificate must come from (PEM), if that is not one that browsers trust.
    pub authority: Option<String>,
    /// How many calls it can carry.
    pub channels: usize,
    /// What is agreed with the carrier.
    pub terms: Terms,
}

/// How a trunk is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrunkTransport {
    /// Datagrams.
    Udp,
    /// A connection.
    Tcp,
    /// A connection under TLS.
    Tls,
}

impl TrunkTransport {
    const ALL: [(Self, &str); 3] = [(Self::Udp, "udp"), (Self::Tcp, "tcp"), (Self::Tls, "tls")];

    /// By its name, in any case.
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, name)| text.eq_ignore_ascii_case(name)).map(|(t, _)| t)
    }
}

impl fmt::Display for TrunkTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(t, _)| t == self).map_or("", |(_, name)| name))
    }
}

/// A SIP server as the settings name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Server {
    /// A host name, or an address without brackets.
    pub host: String,
    /// Its port; without one the server's own records say it, or the default of the transport holds.
    pub port: Option<u16>,
}

impl Server {
    /// Reads "sip.carrier.example", "sip.carrier.example:5070", "192.0.2.1:5060", "[2001:db8::1]:5060" and the like.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(address) = text.parse::<SocketAddr>() {
            return (address.port() != 0).then(|| Self { host: address.ip().to_string(), port: Some(address.port()) });
        }
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Some(Self { host: ip.to_string(), port: None });
        }
        let (host, port) = match text.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok().filter(|p| *p != 0)?)),
            None => (text, None),
        };
        is_name(host).then(|| Self { host: host.to_ascii_lowercase(), port })
    }

    /// Its address, if it is given as one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

/// As [`Server::parse`] reads it, and as a URI writes it.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip() {
            Some(IpAddr::V6(ip)) => write!(f, "[{ip}]")?,
            _ => f.write_str(&self.host)?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// A host name of RFC 1123, and not what somebody meant as an address.
fn is_name(host: &str) -> bool {
    let label = |l: &str| {
        let inner = l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (1..=63).contains(&l.len()) && inner && !l.starts_with('-') && !l.ends_with('-')
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    host.len() <= 253 && host.split('.').all(label) && host.bytes().any(|b| b.is_ascii_alphabetic())
}

/// All that stands under `[[trunks]]`, in one table: serde's `flatten` would forget on which line each stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTrunk {
    name: String,
    address: String,
    #[serde(default)]
    also_from: Vec<String>,
    transport: Option<String>,
    authority: Option<String>,
    #[serde(default = "ten")]
    channels: usize,
    // The terms.
    pub(super) user: Option<String>,
    pub(super) auth_user: Option<String>,
    /// Taken out of the text before it is kept; see `take_passwords`. Of any type, since a complaint about its type would show it.
    pub(super) password: Option<toml::Value>,
    #[serde(default)]
    pub(super) register: bool,
    pub(super) expires: Option<u32>,
    pub(super) domain: Option<String>,
    #[serde(default)]
    pub(super) proxy: bool,
    #[serde(default)]
    pub(super) numbers_out: NumberFormat,
    #[serde(default)]
    pub(super) numbers_in: NumberFormat,
    #[serde(default)]
    pub(super) caller_id: CallerId,
    #[serde(default)]
    pub(super) identity: Identity,
    #[serde(default)]
    pub(super) diversion: Diversion,
    #[serde(default)]
    pub(super) emergency: bool,
    pub(super) location_header: Option<String>,
    pub(super) large_over_tcp: Option<bool>,
    pub(super) media: Option<Media>,
}

const fn ten() -> usize {
    10
}

/// Reads where the other machines of the trunk at `place` are, which are believed as the carrier is. None may be where phones are, which are believed
/// only what they prove.
fn others(check: &mut Check, place: &str, raw: &[String], own: &[Network]) -> Vec<Network> {
    let mut networks = Vec::new();
    for (i, text) in raw.iter().enumerate() {
        let at = format!("{place}.also_from[{i}]");
        match Network::parse(text) {
            None => check.say(at, "not an address range", "write it as in 198.51.100.0/24"),
            Some(network) if network.is_wide() => {
                let help = "write what the carrier names as its signalling addresses, each range for itself";
                check.say(at, "this is more than one carrier can have", help);
            }
            Some(network) if own.iter().any(|own| own.covers(&network) || network.covers(own)) => {
                let help = "take it out: a gateway in the clinic is a trunk of its own, by its address and port";
                check.say(at, "it shares addresses with the clinic's own networks", help);
            }
            Some(network) => networks.push(network),
        }
    }
    networks
}

/// Reads the trunks. `own` are the clinic's own networks.
pub(super) fn check(check: &mut Check, raw: Vec<RawTrunk>, own: &[Network]) -> Vec<Trunk> {
    let mut trunks: Vec<Trunk> = Vec::new();
    for (i, t) in raw.into_iter().enumerate() {
        if trunks.iter().any(|other| other.name == t.name) {
            check.say(format!("trunks[{i}].name"), "two trunks have this name", "give each its own");
        }
        if t.name.trim().is_empty() {
            check.say(format!("trunks[{i}].name"), "the name is empty", "write one that staff know, as in main");
        }
        if t.channels == 0 {
            let help = "write how many calls at once the carrier's contract allows, or leave it out for ten";
            check.say(format!("trunks[{i}].channels"), "a trunk without room for a call is of no use", help);
        }
        let server = Server::parse(&t.address).unwrap_or_else(|| {
            let help = "write a name as in sip.carrier.example, or an address as in 192.0.2.1:5060";
            check.say(format!("trunks[{i}].address"), "this is neither a host name nor an address", help);
            Server { host: String::new(), port: None }
        });
        let transport = t.transport.as_deref().and_then(|text| {
            let known = TrunkTransport::named(text);
            if known.is_none() {
                let help = "write udp, tcp or tls, or leave it out";
                check.say(format!("trunks[{i}].transport"), "there is no such transport", help);
            }
            known
        });
        if t.authority.as_ref().is_some_and(|pem| !pem.contains("-----BEGIN CERTIFICATE-----")) {
            let help = "give the text of the file that the carrier sent, with its BEGIN and END lines";
            check.say(format!("trunks[{i}].authority"), "this is no certificate", help);
        }
        let also_from = others(check, &format!("trunks[{i}]"), &t.also_from, own);
        let (name, authority, channels) = (t.name.clone(), t.authority.clone(), t.channels);
        let terms = terms::check(check, &format!("trunks[{i}]"), t);
        trunks.push(Trunk { name, server, also_from, transport, authority, channels, terms });
    }
    trunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_as_people_write_them() {
        for (text, said) in [
            ("sip.Carrier.example", "sip.carrier.example"),
            ("sip.carrier.example:5070", "sip.carrier.example:5070"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1:5060", "192.0.2.1:5060"),
            ("2001:db8::1", "[2001:db8::1]"),
            ("[2001:db8::1]:5061", "[2001:db8::1]:5061"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(Server::parse(text).expect("a server").to_string(), said);
        }
        for bad in [
            "",
            "sip carrier",
            "sip.carrier.example:0",
            "sip.carrier.example:x",
            "300.1.2.3",
            "-a.b",
            "a..b",
            "sip:carrier",
        ] {
            assert_eq!(Server::parse(bad), None, "{bad}");
        }
    }
}
