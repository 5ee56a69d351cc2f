//! The ports that the program listens on, for the appliance and for the demo.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::Range;

/// Every address that one running product binds.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    /// SIP over UDP and TCP; at least one. Media is at the same addresses.
    pub(crate) sip: Vec<SocketAddr>,
    /// SIP over TLS.
    pub(crate) sip_tls: Vec<SocketAddr>,
    /// RTP and UDPTL.
    pub(crate) media: Range<u16>,
    /// The console and the API; at least one.
    pub(crate) console: Vec<SocketAddr>,
    /// The same over TLS; perhaps none.
    pub(crate) console_tls: Vec<SocketAddr>,
    /// SMTP submission.
    pub(crate) submission: SocketAddr,
}

/// The demo's own, on top: the far ends of the real protocols.
#[derive(Clone, Debug)]
pub(crate) struct DemoPorts {
    /// The appliance.
    pub(crate) appliance: Ports,
    /// The carrier at the other end of the trunk.
    pub(crate) carrier: SocketAddr,
    /// The carrier's media.
    pub(crate) carrier_media: Range<u16>,
    /// Where the mail for the outside world arrives.
    pub(crate) sink: SocketAddr,
}

impl DemoPorts {
    /// The ports of DESIGN section 4, each `offset` higher. `None` if one would exceed 65535.
    pub(crate) fn new(offset: u16) -> Option<Self> {
        // 8543 is the highest.
        offset.checked_add(8543)?;
        let at = |port: u16| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port + offset);
        Some(Self {
            appliance: Ports {
                sip: on_loopbacks(at(5060)),
                sip_tls: on_loopbacks(at(5061)),
                media: 4600 + offset..4800 + offset,
                console: on_both_families(at(8080)),
                console_tls: on_both_families(at(8543)),
                submission: at(2587),
            },
            carrier: at(5070),
            carrier_media: 4800 + offset..5000 + offset,
            sink: at(2526),
        })
    }
}

/// The same port on `::1` too, where the system has it.
fn on_both_families(v4: SocketAddr) -> Vec<SocketAddr> {
    on_loopbacks(v4).into_iter().filter(|at| at.is_ipv6() || *at == v4).collect()
}

/// The same port on `::1` too, where the system has it, and on another address of IPv4, which is as good as a second network.
fn on_loopbacks(v4: SocketAddr) -> Vec<SocketAddr> {
    let more = [IpAddr::V6(Ipv6Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))];
    let there = more.into_iter().filter(|ip| UdpSocket::bind((*ip, 0)).is_ok());
    std::iter::once(v4).chain(there.map(|ip| SocketAddr::new(ip, v4.port()))).collect()
}
