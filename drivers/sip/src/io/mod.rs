//! The shell: sockets and the clock around an [`Endpoint`].
//!
//! One task owns the endpoint, and never waits for a peer: datagrams that the kernel does not take at once are lost, as datagrams may be;
//! a connection (TCP, TLS, WebSocket) has a writer task with a bounded queue, and is dropped when that is full. If the consumer of events
//! is slow, no event is lost: the shell stops reading from the network until it catches up, so the number of events that wait is bounded
//! by what one batch of input can cause, while commands and timers go on.

mod alarm;
mod backlog;
mod connections;
mod datagrams;
pub mod dns;
mod door;
mod link;
mod listen;
mod local;
mod patience;
mod secure;
mod shell;
pub mod tls;
mod turn;
mod websocket;

use std::io;
use std::net::SocketAddr;

use model::time::Clock;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use crate::api::{Command, Event};
use crate::endpoint::Endpoint;
use connections::Connections;
use datagrams::Datagrams;
use secure::SecurePeers;
use shell::{Late, Listener, Shell, Wanted};

pub use alarm::Alarm;
pub use door::{Arrival, Door};
pub use link::Stream;
pub use patience::Patience;
pub use turn::others_turn;

/// Sockets that listen already.
#[derive(Debug)]
pub struct Bound {
    udp: Datagrams,
    listeners: Vec<Listener>,
    late: Vec<Late>,
    awaited: watch::Sender<Vec<SocketAddr>>,
    door: Door,
    arrivals: mpsc::Receiver<Arrival>,
    patience: Patience,
    own: Option<tls::Identity>,
    aside: Option<Handle>,
}

/// Opens sockets; when this returns, peers can reach them, also at an address that is not there yet once it comes.
///
/// # Errors
/// If an address cannot be bound.
pub async fn bind(udp: &[SocketAddr], tcp: &[SocketAddr]) -> io::Result<Bound> {
    let (door, arrivals) = Door::new();
    let (sockets, patience) = (Datagrams::default(), Patience::default());
    let mut bound = Bound {
        udp: sockets,
        listeners: Vec::new(),
        late: Vec::new(),
        awaited: watch::Sender::default(),
        door,
        arrivals,
        patience,
        own: None,
        aside: None,
    };
    for address in udp {
        bound.udp.add(listen::datagrams(*address, udp)?)?;
    }
    for address in tcp {
        bound.listeners.push(Listener { socket: listen::connections(*address, tcp)?, tls: None });
    }
    Ok(bound)
}

impl Bound {
    /// Listens for datagrams and for connections at these addresses: at what can be had now, and at the rest as soon as it can be. Gives what could
    /// not be had, and why.
    pub fn listen_as_free(&mut self, addresses: &[SocketAddr]) -> Vec<(SocketAddr, io::Error)> {
        let mut taken = Vec::new();
        for address in addresses {
            let wanted = [Late::datagrams(*address, addresses), Late::connections(*address, addresses)];
            let mut refused = wanted.into_iter().filter_map(|late| self.try_now(late));
            let (first, second) = (refused.next(), refused.next());
            taken.extend(first.or(second).map(|e| (*address, e)));
        }
        taken
    }

    /// Takes it, or keeps it for later and says why.
    fn try_now(&mut self, late: Late) -> Option<io::Error> {
        let error = late.come(&mut self.udp, &mut self.listeners).err()?;
        self.wait_for(late);
        Some(error)
    }

    fn wait_for(&mut self, late: Late) {
        self.awaited.send_modify(|awaited| awaited.push(late.address));
        self.late.push(late);
    }

    /// Where it does not listen yet, since another program has the port say.
    pub fn awaited(&self) -> watch::Receiver<Vec<SocketAddr>> {
        self.awaited.subscribe()
    }

    /// Listens for TLS too. An IPv4 address comes before `[::]` on its port.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub async fn listen_tls(&mut self, address: SocketAddr, server: tls::Server) -> io::Result<()> {
        let socket = listen::connections(address, &self.tls_addresses())?;
        self.listeners.push(Listener { socket, tls: Some(server) });
        Ok(())
    }

    /// Listens for TLS at an address that cannot be bound now, since another program has it say, as soon as it can be.
    pub fn listen_tls_once_free(&mut self, address: SocketAddr, server: tls::Server) {
        self.wait_for(Late { address, wanted: Wanted::Tls(server) });
    }

    /// Shows this certificate to carriers that ask for one.
    pub fn set_own(&mut self, identity: tls::Identity) {
        self.own = Some(identity);
    }

    /// Shakes hands over TLS there. Each handshake computes for about as long as a call takes, and all phones come at once when the power does: in a
    /// runtime of its own that holds up nobody's messages.
    pub fn shake_hands_on(&mut self, aside: Handle) {
        self.aside = Some(aside);
    }

    /// Waits for peers as long as this.
    pub fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Where WebSockets are handed in.
    pub fn door(&self) -> Door {
        self.door.clone()
    }

    /// Where it listens for datagrams.
    pub fn udp_addresses(&self) -> Vec<SocketAddr> {
        self.udp.addresses().collect()
    }

    /// Where it listens for connections without TLS.
    pub fn tcp_addresses(&self) -> Vec<SocketAddr> {
        self.addresses(false)
    }

    /// Where it listens for TLS.
    pub fn tls_addresses(&self) -> Vec<SocketAddr> {
        self.addresses(true)
    }

    fn addresses(&self, tls: bool) -> Vec<SocketAddr> {
        self.listeners.iter().filter(|l| l.tls.is_some() == tls).filter_map(|l| l.socket.local_addr().ok()).collect()
    }

    /// Runs `endpoint` until the commands end or nobody takes the events any more, and gives it back.
    pub async fn run(
        self,
        endpoint: Endpoint,
        clock: Clock,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
    ) -> Endpoint {
        let (connections, heard) = Connections::new(self.patience, SecurePeers::new(self.own), self.aside);
        let shell = Shell::new(endpoint, clock, self.udp, connections, events);
        shell.run(self.listeners, (self.late, self.awaited), self.arrivals, heard, commands).await
    }
}
