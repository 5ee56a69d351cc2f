//! One media socket, and how many there may be.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use rustix::net::sockopt;
use rustix::process::{Resource, getrlimit, setrlimit};

/// Room for what waits in the kernel. It counts its own overhead, so this is about a second of G.711: what is older than that
/// is not worth sending, and a flood at one port can't fill more.
const RECEIVE_BUFFER: usize = 64 * 1024;
/// Expedited forwarding (RFC 4594 section 4.1: telephony), in the upper six bits.
const DSCP_EF: u8 = 46 << 2;

/// Binds a socket for media. Marks and buffer sizes are wishes: a system that refuses them still carries calls.
pub(super) fn bind(address: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(SocketAddr::new(address, port))?;
    socket.set_nonblocking(true)?;
    let _ = sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
    let _ = match address {
        IpAddr::V4(_) => sockopt::set_ip_tos(&socket, DSCP_EF),
        IpAddr::V6(_) => sockopt::set_ipv6_tclass(&socket, u32::from(DSCP_EF)),
    };
    if address.is_ipv4() {
        // Pages to a group of addresses stay in the clinic's own network, whatever the system's default is. By this address the kernel also
        // knows which network that is.
        let _ = sockopt::set_ip_multicast_ttl(&socket, 1);
    }
    Ok(socket)
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
