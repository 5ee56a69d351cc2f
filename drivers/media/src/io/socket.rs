//! One media socket, and how many there may be.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, UdpSocket};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind as bind_to, socket_with, sockopt};
use rustix::process::{Resource, getrlimit, setrlimit};

/// Room for what waits in the kernel. It counts its own overhead, so this is about a second of G.711: what is older than that
/// is not worth sending, and a flood at one port can't fill more.
const RECEIVE_BUFFER: usize = 64 * 1024;
/// Expedited forwarding (RFC 4594 section 4.1: telephony), in the upper six bits.
const DSCP_EF: u8 = 46 << 2;

/// Binds a socket for media. Marks and buffer sizes are wishes: a system that refuses them still carries calls.
pub(super) fn bind(address: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    // All in one call of the system: there are four sockets to a call of ours.
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = UdpSocket::from(socket_with(family, SocketType::DGRAM, flags, None)?);
    // An address that is about to come, as one of IPv6 that the kernel still tries, refuses no call.
    let _ = match address {
        IpAddr::V4(_) => sockopt::set_ip_freebind(&socket, true),
        IpAddr::V6(_) => sockopt::set_ipv6_freebind(&socket, true),
    };
    bind_to(&socket, &SocketAddr::new(address, port))?;
    let _ = sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
    let _ = match address {
        IpAddr::V4(_) => sockopt::set_ip_tos(&socket, DSCP_EF),
        IpAddr::V6(_) => sockopt::set_ipv6_tclass(&socket, u32::from(DSCP_EF)),
    };
    // Pages to a group of addresses stay in the clinic's own network: a new socket's go no further than one hop (ip(7): IP_MULTICAST_TTL;
    // RFC 3493 section 5.2 has the same for IPv6).
    Ok(socket)
}

/// What this socket sends to a group goes into the network of its own address.
pub(super) fn send_into_network_of(socket: &UdpSocket, address: IpAddr) -> io::Result<()> {
    match address {
        IpAddr::V4(address) => sockopt::set_ip_multicast_if(socket, &address)?,
        // Here it is not the address that says it but the number of the interface (RFC 3493 section 5.2); else the first network in the
        // kernel's table would get it from every address.
        IpAddr::V6(address) => {
            let table = std::fs::read_to_string("/proc/net/if_inet6")?;
            let interface = interface_of(&table, address).ok_or(io::ErrorKind::AddrNotAvailable)?;
            sockopt::set_ipv6_multicast_if(socket, interface)?;
        }
    }
    Ok(())
}

/// The number of the interface that has this address, in the kernel's table of them: address, number and more, in hexadecimal digits.
fn interface_of(table: &str, address: Ipv6Addr) -> Option<u32> {
    let wanted = format!("{:032x}", address.to_bits());
    let mut rows = table.lines().map(str::split_whitespace);
    rows.find_map(|mut row| (row.next()? == wanted).then(|| u32::from_str_radix(row.next()?, 16).ok())?)
}

/// Files that the rest of the process may have open beside the media sockets.
const OTHER_FILES: u64 = 512;

/// Raises the process's soft limit of open files, which is often 1024, to what so many `ports` for
/// sound need, with one for reports each, as far as the hard limit goes. Where
/// that is too low, the session that finds no file ends with `BindFailed`, and its call is refused in order.
pub(super) fn allow(ports: usize) {
    let wanted = u64::try_from(ports).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(OTHER_FILES);
    let mut limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|c| *c < wanted) else { return };
    let raised = limit.maximum.map_or(wanted, |m| m.min(wanted));
    limit.current = Some(raised);
    if setrlimit(Resource::Nofile, limit).is_err() || raised < wanted {
        tracing::warn!(from = current, wanted, "fewer files may be open than the calls allowed for need");
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn what_is_said_to_a_group_stays_in_the_own_network_and_no_read_waits() {
        let socket = bind(Ipv4Addr::LOCALHOST.into(), 0).expect("a free port");
        assert_eq!(sockopt::ip_multicast_ttl(&socket).expect("an answer of the system"), 1);
        send_into_network_of(&socket, Ipv4Addr::LOCALHOST.into()).expect("an address of ours");
        let nothing = socket.recv_from(&mut [0; 8]).expect_err("nobody has sent anything");
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn an_address_that_is_not_there_yet_refuses_no_call() {
        for absent in ["192.0.2.123", "2001:db8::123"] {
            bind(absent.parse().expect("an address"), 0).expect("a port there");
        }
    }

    /// Routers of a clinic that know voice by its mark let it go first; a socket without it sounds as well until the line is full.
    #[test]
    fn sound_is_marked_as_such_in_both_families() {
        let older = bind(Ipv4Addr::LOCALHOST.into(), 0).expect("a free port");
        assert_eq!(sockopt::ip_tos(&older).expect("an answer of the system"), 0xb8);
        let newer = bind(Ipv6Addr::LOCALHOST.into(), 0).expect("a free port");
        assert_eq!(sockopt::ipv6_tclass(&newer).expect("an answer of the system"), 0xb8);
    }

    #[test]
    fn an_interface_is_found_by_its_address() {
        let table = "fe8000000000000000fc00fffe000001 04 40 20 80     eth0\n\
                     fd000000000000000000000000000002 1c 40 00 82     eth1\n";
        let found = |text: &str| interface_of(table, text.parse().expect("an address"));
        assert_eq!((found("fd00::2"), found("fe80::fc:ff:fe00:1"), found("fd00::3")), (Some(28), Some(4), None));
    }
}
