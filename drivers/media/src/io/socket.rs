//! One media socket.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use rustix::net::sockopt;

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
    Ok(socket)
}
