//! How peers are reached, and who may be one.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use model::settings::Network;

use crate::dialog::listens;
use crate::wire::Uri;

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS (RFC 3261 section 26.2).
    Tls,
    /// A WebSocket (RFC 7118), one message in each frame.
    Ws,
    /// A WebSocket under TLS.
    Wss,
}

impl Transport {
    /// As a Via writes it (RFC 3261 section 25.1, RFC 7118 section 5.2).
    pub const fn via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }

    /// True if it repeats by itself what is lost.
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// True if nobody on the way can read it.
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// True for a WebSocket: its frames bound the messages.
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// The port of a URI that names none (RFC 3261 section 19.1.2).
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

/// As a URI's `transport` parameter writes it.
impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Ws => "ws",
            Self::Wss => "wss",
        })
    }
}

/// This text names no transport that we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownTransport;

impl FromStr for Transport {
    type Err = UnknownTransport;

    fn from_str(text: &str) -> Result<Self, UnknownTransport> {
        let all = [Self::Udp, Self::Tcp, Self::Tls, Self::Ws, Self::Wss];
        all.into_iter().find(|t| text.eq_ignore_ascii_case(t.via())).ok_or(UnknownTransport)
    }
}

/// One path between us and a peer. For UDP the pair of addresses; for TCP one connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Flow {
    /// How.
    pub transport: Transport,
    /// Our end. A wildcard address only until the shell knows better.
    pub local: SocketAddr,
    /// Their end.
    pub remote: SocketAddr,
    /// The connection, as numbered by the shell; 0 for UDP, and for "whatever connection there is, or a new one".
    pub connection: u64,
}

impl Flow {
    /// The numbers of connections that we opened begin here.
    const OPENED: u64 = 1 << 63;

    /// The number of the `n`th connection that we open.
    pub const fn opened(n: u64) -> u64 {
        n | Self::OPENED
    }

    /// True if whatever connection there is to its remote address will do, or a new one: it names none, or one that we opened ourselves. To
    /// the port that a peer has connected from nobody can connect.
    pub const fn can_be_replaced(&self) -> bool {
        self.connection == 0 || self.connection & Self::OPENED != 0
    }

    /// Where a peer listens that speaks by this flow and names this URI, of itself or of the first proxy on the way to it, if that is the
    /// address that it speaks from: else a NAT is between us. What is encrypted stays so.
    pub fn to_where_it_listens(&self, uri: &str) -> Option<Self> {
        listens(&Uri::parse(uri.as_bytes()).ok()?, *self)
    }
}

/// An address is personal (HIPAA's list has IP addresses), so only the transport is shown.
impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}#{}", self.transport, self.connection)
    }
}

/// Who may speak with us at all; a datagram or connection from anybody else is dropped in silence.
#[derive(Clone, Default)]
pub struct Peers {
    /// The clinic's own networks.
    pub networks: Vec<Network>,
    /// The trunks' addresses.
    pub trunks: Vec<IpAddr>,
    /// Where the trunks' other machines are, outside the networks: what comes from there is as welcome as from a trunk's own address.
    pub carriers: Vec<Network>,
    /// The trunks' addresses with their ports: a trunk inside the networks is told from the phones at its address by that.
    pub gateways: Vec<SocketAddr>,
}

/// How many, since an address is personal.
impl fmt::Debug for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peers({} networks, {} trunks)", self.networks.len(), self.trunks.len())
    }
}
