//! Our own address as a peer sees it, for a socket that is bound to the wildcard: what the routing table says, asked through a
//! datagram socket that is connected and never used.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Peers whose answer is remembered. A clinic has a few hundred; strangers may add more, and then all are asked again.
const MAX_REMEMBERED: usize = 4096;

/// Answers of the routing table, by peer.
#[derive(Default)]
pub(super) struct Locals {
    known: HashMap<IpAddr, IpAddr>,
}

impl Locals {
    /// `bound`, or if that is a wildcard, the address that packets to `remote` come from, with the same port.
    pub(super) fn towards(&mut self, bound: SocketAddr, remote: SocketAddr) -> SocketAddr {
        if !bound.ip().is_unspecified() {
            return bound;
        }
        if let Some(ip) = self.known.get(&remote.ip()) {
            return SocketAddr::new(*ip, bound.port());
        }
        let Ok(ip) = ask(remote) else { return bound };
        if self.known.len() >= MAX_REMEMBERED {
            // Also the way in which a changed address is noticed in the end.
            self.known.clear();
        }
        self.known.insert(remote.ip(), ip);
        SocketAddr::new(ip, bound.port())
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
    use super::*;

    #[test]
    fn the_loopback_sees_the_loopback() {
        let mut locals = Locals::default();
        let remote: SocketAddr = "127.0.0.1:9".parse().expect("address");
        let towards =
            |locals: &mut Locals, bound: &str| locals.towards(bound.parse().expect("address"), remote).to_string();
        assert_eq!(towards(&mut locals, "0.0.0.0:5060"), "127.0.0.1:5060");
        assert_eq!(towards(&mut locals, "127.0.0.2:5060"), "127.0.0.2:5060");
    }
}
