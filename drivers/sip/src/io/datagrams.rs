//! The sockets for datagrams, and what is about to leave by them.
//!
//! They are watched for what comes and for nothing else. A socket that is watched for room to send as well tells of it after each datagram that has
//! left, and so wakes its thread once more for nothing.
//!
//! What is said while one thing is handled leaves together, in one call of the system: whoever it is for may be on this machine, and would run in our
//! place before the rest is said.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, UdpSocket};
use std::task::{Context, Poll};

use bytes::Bytes;
use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Asked of the kernel for datagrams that wait: a clinic's phones all register at once when the power comes back.
const BURST: usize = 4 << 20;
/// Datagrams that leave together at most: what a call says at one moment is three.
const TOGETHER: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Datagrams {
    sockets: Vec<Socket>,
    /// Of one socket, in the order in which it was said.
    leaving: Vec<(SocketAddr, Bytes)>,
    by: usize,
}

#[derive(Debug)]
struct Socket {
    fd: AsyncFd<UdpSocket>,
    bound: SocketAddr,
}

impl Datagrams {
    /// Listens there too. The socket never waits.
    ///
    /// # Errors
    /// If it cannot be watched.
    pub(super) fn add(&mut self, socket: UdpSocket) -> io::Result<()> {
        // The system may grant less; then a burst is repeated by its senders.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, BURST);
        let bound = socket.local_addr()?;
        #[allow(
            deprecated,
            reason = "the other one is unsafe for descriptors that others may close; a socket of ours is its own"
        )]
        let fd = AsyncFd::with_interest(socket, Interest::READABLE)?;
        self.sockets.push(Socket { fd, bound });
        Ok(())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    /// Where they listen, in their order.
    pub(super) fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets.iter().map(|socket| socket.bound)
    }

    /// The next socket that has a datagram, beginning at `turn`: a busy one does not starve the others.
    pub(super) fn poll_readable(&self, cx: &mut Context<'_>, turn: usize) -> Poll<usize> {
        let count = self.sockets.len();
        let mut order = (0..count).map(|i| (turn + i) % count);
        let ready = order.find(|&i| self.sockets[i].fd.poll_read_ready(cx).is_ready());
        ready.map_or(Poll::Pending, Poll::Ready)
    }

    /// Where a socket is bound, and a datagram that it has: how long it is and from whom.
    ///
    /// # Errors
    /// If there is none, or if an earlier one of ours came to nothing.
    pub(super) fn receive(&self, socket: usize, into: &mut [u8]) -> io::Result<(SocketAddr, usize, SocketAddr)> {
        let Socket { fd, bound } = &self.sockets[socket];
        let (length, from) = fd.try_io(Interest::READABLE, |socket| socket.recv_from(into))?;
        Ok((*bound, length, from))
    }

    /// Something leaves by this socket with the next [`Self::flush`], or sooner.
    pub(super) fn send(&mut self, socket: usize, to: SocketAddr, data: Bytes) {
        if socket != self.by || self.leaving.len() == TOGETHER {
            self.flush();
        }
        self.by = socket;
        self.leaving.push((to, data));
    }

    /// True if something is about to leave.
    pub(super) const fn is_leaving(&self) -> bool {
        !self.leaving.is_empty()
    }

    /// Sends what was said. What the kernel does not take now is lost, as if on the way; its transaction sends it again.
    pub(super) fn flush(&mut self) {
        let Some(socket) = self.sockets.get(self.by) else { return self.leaving.clear() };
        let mut left = &self.leaving[..];
        while !left.is_empty() {
            let sent = match send_all(socket.fd.get_ref(), left) {
                Ok(sent) => sent,
                // Of the first of them: its peer has no such port, or there is no way to it. The others have a chance of their own.
                Err(error) if error.raw_os_error() != Some(Errno::MSGSIZE.raw_os_error()) => {
                    tracing::debug!("a datagram could not be sent");
                    1
                }
                // To send it again would help nobody.
                Err(_) => {
                    let bytes = left.first().map_or(0, |(_, data)| data.len());
                    tracing::warn!(bytes, "a message is too large for a datagram, and its phone does not hear of it");
                    1
                }
            };
            left = left.get(sent.max(1)..).unwrap_or_default();
        }
        self.leaving.clear();
    }
}

/// Sends them in one call of the system: how many of them it took, from the first on.
fn send_all(socket: &UdpSocket, all: &[(SocketAddr, Bytes)]) -> io::Result<usize> {
    if let [(to, data)] = all {
        return socket.send_to(data, to).map(|_| 1);
    }
    let peers: Vec<_> = all.iter().map(|(to, _)| to.as_any()).collect();
    let data: Vec<_> = all.iter().map(|(_, data)| [IoSlice::new(data)]).collect();
    let mut nothing: [_; TOGETHER] = std::array::from_fn(|_| SendAncillaryBuffer::default());
    let parts = peers.iter().zip(&data).zip(&mut nothing);
    let mut messages: Vec<_> = parts.map(|((to, data), nothing)| MMsgHdr::new_with_addr(to, data, nothing)).collect();
    Ok(sendmmsg(socket, &mut messages, SendFlags::NOSIGNAL)?)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::time::Duration;

    use super::*;

    fn peer() -> UdpSocket {
        let peer = UdpSocket::bind("127.0.0.1:0").expect("a port");
        peer.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        peer
    }

    fn heard(peer: &UdpSocket) -> Vec<u8> {
        let mut buffer = [0; 2000];
        let length = peer.recv(&mut buffer).expect("a datagram");
        buffer[..length].to_vec()
    }

    fn on_loopback() -> Datagrams {
        let mut ours = Datagrams::default();
        let socket = crate::io::listen::datagrams("127.0.0.1:0".parse().expect("an address"), &[]);
        ours.add(socket.expect("a port")).expect("watched");
        ours
    }

    #[tokio::test]
    async fn what_leaves_together_arrives_in_order_whatever_becomes_of_one_of_them() {
        let (mut ours, first, second) = (on_loopback(), peer(), peer());
        let [to_first, to_second] = [&first, &second].map(|peer| peer.local_addr().expect("its address"));
        // No way leads there from the loopback.
        let nowhere = "[::1]:9".parse().expect("an address");
        let count = 2 * TOGETHER;
        for n in 0..count {
            ours.send(0, to_first, Bytes::from(format!("first {n}")));
            ours.send(0, nowhere, Bytes::from_static(b"lost"));
        }
        ours.send(0, to_second, Bytes::from_static(b"second"));
        ours.flush();
        assert!(!ours.is_leaving());
        assert_eq!(heard(&second), b"second");
        (0..count).for_each(|n| assert_eq!(heard(&first), format!("first {n}").as_bytes()));
    }

    #[tokio::test]
    async fn a_socket_is_watched_for_what_comes_and_not_for_room_to_send() {
        let ours = on_loopback();
        let line = format!("tfd: {:>8} events:", ours.sockets[0].fd.get_ref().as_raw_fd());
        // What the kernel says of each epoll of this process (proc(5)).
        let files = std::fs::read_dir("/proc/self/fdinfo").expect("this process").flatten();
        let texts: Vec<_> = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
        let watched =
            texts.iter().flat_map(|text| text.lines()).find_map(|l| l.strip_prefix(&line)).expect("it is watched");
        let events = watched.split_whitespace().next().and_then(|hex| u32::from_str_radix(hex, 16).ok());
        let events = rustix::event::epoll::EventFlags::from_bits_retain(events.expect("a mask"));
        assert!(events.contains(rustix::event::epoll::EventFlags::IN));
        assert!(!events.contains(rustix::event::epoll::EventFlags::OUT));
    }
}
