//! Sockets that listen, also at an address that is not there yet: its network may come up after us, and the others shall not wait for it.

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};

/// Connections that wait to be taken: a clinic's phones all come at once when the power does.
const WAITING: i32 = 1024;

/// A socket for datagrams, which never waits. `beside` are the other addresses of this list.
pub(super) fn datagrams(address: SocketAddr, beside: &[SocketAddr]) -> io::Result<UdpSocket> {
    let socket = socket(address, beside, SocketType::DGRAM)?;
    bind(&socket, &address)?;
    Ok(socket.into())
}

/// One for connections.
pub(super) fn connections(address: SocketAddr, beside: &[SocketAddr]) -> io::Result<tokio::net::TcpListener> {
    let socket = socket(address, beside, SocketType::STREAM)?;
    // Connections of our last run may still be closing.
    sockopt::set_socket_reuseaddr(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, WAITING)?;
    tokio::net::TcpListener::from_std(TcpListener::from(socket))
}

fn socket(address: SocketAddr, beside: &[SocketAddr], kind: SocketType) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, kind, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    // A wish: a system that refuses it has its addresses from the start, or says which is missing.
    let _ = if address.is_ipv4() {
        sockopt::set_ip_freebind(&socket, true)
    } else {
        sockopt::set_ipv6_freebind(&socket, true)
    };
    // `[::]` takes IPv4 too (RFC 3493 section 5.3), unless that has a socket of its own there.
    if address.is_ipv6() && beside.iter().any(|other| other.is_ipv4() && other.port() == address.port()) {
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpStream, UdpSocket};

    use crate::io::bind;

    #[tokio::test]
    async fn an_address_that_is_absent_keeps_no_other_from_listening() {
        let all = ["127.0.0.1:0", "192.0.2.123:0", "[2001:db8::123]:0"].map(|a| a.parse().expect("an address"));
        let bound = bind(&all, &all).await.expect("all are bound");
        assert_eq!((bound.udp_addresses().len(), bound.tcp_addresses().len()), (3, 3));
        TcpStream::connect(bound.tcp_addresses()[0]).await.expect("the first listens");
        let phone = UdpSocket::bind("127.0.0.1:0").await.expect("a phone");
        phone.send_to(b"hello", bound.udp_addresses()[0]).await.expect("sent");
        std::future::poll_fn(|cx| bound.udp.poll_readable(cx, 0)).await;
        assert_eq!(bound.udp.receive(0, &mut [0; 8]).expect("a datagram").1, 5);
    }

    #[tokio::test]
    async fn every_address_of_the_newer_family_stands_beside_one_of_the_older_on_one_port() {
        let free = bind(&[], &["127.0.0.1:0".parse().expect("an address")]).await.expect("a port").tcp_addresses()[0];
        let both = [format!("[::]:{}", free.port()), free.to_string()].map(|a| a.parse().expect("an address"));
        let bound = bind(&both, &both).await.expect("both are bound");
        drop(bound);
        // Alone it takes both families, as ever.
        let bound = bind(&[], &both[..1]).await.expect("it is bound");
        TcpStream::connect(free).await.expect("it listens");
        drop(bound);
    }
}
