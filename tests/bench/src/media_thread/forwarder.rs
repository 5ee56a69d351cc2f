//! The yardstick: a thread that waits, receives and sends, and knows nothing of what it sends.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, epoll, eventfd};

/// The thread's name.
pub(super) const NAME: &str = "forwarder";

const STOP: u64 = u64::MAX;
/// As many as the media thread takes at once.
const MAX_READY: usize = 128;

/// Ends the thread when dropped.
pub(super) struct Stop {
    bell: Arc<OwnedFd>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Stop {
    fn drop(&mut self) {
        let _ = rustix::io::write(&*self.bell, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Starts it for these phones, in pairs, and gives the address that each sends to.
#[allow(clippy::disallowed_methods, reason = "a benchmark's own thread")]
pub(super) fn start(phones: &[SocketAddr]) -> io::Result<(Vec<SocketAddr>, Stop)> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
    epoll::add(&epoll, &bell, epoll::EventData::new_u64(STOP), epoll::EventFlags::IN)?;
    let mut sockets = Vec::new();
    let mut addresses = Vec::new();
    for (number, phone) in (0u64..).zip(phones) {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        epoll::add(&epoll, &socket, epoll::EventData::new_u64(number), epoll::EventFlags::IN)?;
        addresses.push(socket.local_addr()?);
        sockets.push((socket, *phone));
    }
    // It has its name only once it runs.
    let (runs, running) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(move || {
        let _ = runs.send(());
        forward(&epoll, &sockets);
    })?;
    let _ = running.recv();
    Ok((addresses, Stop { bell, thread: Some(thread) }))
}

fn forward(epoll: &OwnedFd, sockets: &[(UdpSocket, SocketAddr)]) {
    // What is compared is the work of the two, not their ranks.
    media::io::rank::raise();
    let mut ready = Vec::with_capacity(MAX_READY);
    let mut datagram = [0; 2048];
    loop {
        if epoll::wait(epoll, spare_capacity(&mut ready), None).is_err() {
            continue;
        }
        for event in ready.drain(..) {
            let token = event.data.u64();
            if token == STOP {
                return;
            }
            let index = usize::try_from(token).unwrap_or(usize::MAX);
            // What one phone sends leaves from the other's socket to the other.
            let (Some((from, _)), Some((out, to))) = (sockets.get(index), sockets.get(index ^ 1)) else { continue };
            if let Ok((length, _)) = from.recv_from(&mut datagram) {
                let _ = out.send_to(datagram.get(..length).unwrap_or_default(), to);
            }
        }
    }
}
