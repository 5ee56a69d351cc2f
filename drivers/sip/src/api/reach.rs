//! Under which address peers reach us, and how a peer that we reach over TLS shows who it is.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use model::settings::Network;

/// Peers of this network reach us under this address: what Via and Contact (and the SDP of whoever asks the flow) name towards them.
/// Behind a NAT that is its outer address, for everybody outside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Advertised {
    /// Where the peer is.
    pub network: Network,
    /// Our address there.
    pub address: IpAddr,
}

/// Without its addresses.
impl fmt::Debug for Advertised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Advertised")
    }
}

/// Whose word on a certificate counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Trust {
    /// The authorities that browsers trust.
    Public,
    /// These alone: certificates in PEM, of an authority of one's own or of a carrier that has its own.
    Only(Vec<u8>),
}

/// A peer that we connect to over TLS. One that is not named must prove its address, to a public authority.
#[derive(Clone, PartialEq, Eq)]
pub struct SecurePeer {
    /// Where it is.
    pub address: SocketAddr,
    /// The domain that its certificate must be for (RFC 5922): what a person wrote, never what DNS made of it.
    pub domain: String,
    /// Who may say so.
    pub trust: Trust,
}

/// Without its address.
impl fmt::Debug for SecurePeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurePeer")
    }
}
