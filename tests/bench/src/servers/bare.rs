//! The yardstick: a thread that waits, receives and sends back, and knows nothing of what it sends.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::channel;

use crate::cpu::{ThreadCpu, Used};

/// The thread's name.
const NAME: &str = "bare";
/// A datagram of this size ends the thread; the phones' are larger.
const STOP: usize = 1;

/// Ends the thread when dropped.
pub(crate) struct Bare {
    address: SocketAddr,
    cpu: ThreadCpu,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Bare {
    #[allow(clippy::disallowed_methods, reason = "a benchmark's own thread")]
    pub(super) fn start() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        // It has its name only once it runs.
        let (runs, running) = channel();
        let thread = std::thread::Builder::new().name(NAME.to_owned()).spawn(move || {
            let _ = runs.send(());
            echo(&socket);
        })?;
        let _ = running.recv();
        Ok(Self { address, cpu: ThreadCpu::named(NAME)?, thread: Some(thread) })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn used(&self) -> io::Result<Used> {
        Used::of_thread(&self.cpu)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let stop = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|s| s.send_to(&[0; STOP], self.address));
        // Without the order it would never end, and the process does not need it to.
        if stop.is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

fn echo(socket: &UdpSocket) {
    let mut datagram = [0; 2048];
    loop {
        // An error here is that of an earlier sending.
        let Ok((length, from)) = socket.recv_from(&mut datagram) else { continue };
        if length == STOP {
            return;
        }
        let _ = socket.send_to(&datagram[..length], from);
    }
}
