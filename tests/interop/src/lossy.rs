//! A bad network between a phone and the demo: what the phone says gets lost in part, what is said to it arrives. Its signalling goes through
//! Kamailio, which tells it that the demo's sound is at the relay, and its sound through the relay, which sends it on from ports of its own, as a
//! NAT does.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Demo;
use crate::kamailio::Kamailio;

/// Where the relay is.
const RELAY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// How soon a thread notices that the relay ends.
const LOOK: Duration = Duration::from_millis(100);
/// Ports of the demo for the two sides of one call, each with the one beside.
const OF_A_CALL: u16 = 4;

/// See the module.
pub struct Lossy {
    /// The proxy that the phone registers through.
    pub proxy: u16,
    _kamailio: Kamailio,
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Lossy {
    /// Puts it between the demo and a phone, for its first call. Of what the phone says each `every`th packet is lost; reports all arrive.
    ///
    /// # Panics
    /// If a port is taken, or Kamailio does not start.
    pub fn start(demo: &Demo, proxy: u16, every: u32) -> Self {
        let keys = [("FRONTDESK_PORT", demo.text("/sip/udp")), ("EDGE_PORT", proxy.to_string())];
        let kamailio = Kamailio::start("lossy", proxy, &keys);
        let first = 4600 + demo.offset();
        let over = Arc::new(AtomicBool::new(false));
        let threads = (first..first + OF_A_CALL).flat_map(|port| relay(port, every, &over)).collect();
        Self { proxy, _kamailio: kamailio, over, threads }
    }
}

/// Carries what comes for this port of the demo, and what it answers.
fn relay(port: u16, every: u32, over: &Arc<AtomicBool>) -> [JoinHandle<()>; 2] {
    let bind = |port: u16| {
        let socket = UdpSocket::bind((RELAY, port)).expect("a port of the relay");
        socket.set_read_timeout(Some(LOOK)).expect("a time");
        Arc::new(socket)
    };
    let (near, far) = (bind(port), bind(0));
    let phone: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
    let demo = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let said = AtomicU32::new(0);
    let there = carry(over, &near, {
        let (far, phone) = (Arc::clone(&far), Arc::clone(&phone));
        move |data, from| {
            *phone.lock().expect("nobody panics") = Some(from);
            let sound = port.is_multiple_of(2);
            if !sound || said.fetch_add(1, Ordering::Relaxed) % every != every - 1 {
                let _ = far.send_to(data, demo);
            }
        }
    });
    let back = carry(over, &far, move |data, _| {
        if let Some(phone) = *phone.lock().expect("nobody panics") {
            let _ = near.send_to(data, phone);
        }
    });
    [there, back]
}

/// Does this with every datagram until it is over.
fn carry(
    over: &Arc<AtomicBool>,
    socket: &Arc<UdpSocket>,
    each: impl Fn(&[u8], SocketAddr) + Send + 'static,
) -> JoinHandle<()> {
    let (over, socket) = (Arc::clone(over), Arc::clone(socket));
    let carrier = std::thread::Builder::new().name("relay".to_owned()).spawn(move || {
        let mut buffer = [0; 2048];
        while !over.load(Ordering::Relaxed) {
            if let Ok((length, from)) = socket.recv_from(&mut buffer) {
                each(&buffer[..length], from);
            }
        }
    });
    carrier.expect("a thread")
}

impl Drop for Lossy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
