//! The one task that owns the endpoint.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use model::time::Clock;
use model::{Instant, Now};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::alarm::Alarm;
use super::backlog::Backlog;
use super::connections::{Accepted, Connections};
use super::datagrams::Datagrams;
use super::door::Arrival;
use super::link::Heard;
use super::listen;
use super::local::Locals;
use super::tls::Server;
use super::turn::others_turn;
use crate::api::{Command, Event, Flow, Input, Output, Transport};
use crate::endpoint::Endpoint;

/// Datagrams, reads or commands that are handled before outputs are polled: large enough to spare wake-ups under load,
/// small enough that a timer is late by no more than a few milliseconds.
const BATCH: usize = 64;
/// Events that may wait for their consumer before the network is no longer read.
const MAX_WAITING_EVENTS: usize = 1024;
/// Turns for which what leaves waits for more that may leave with it.
const MOST_HELD: u8 = 8;
/// Larger than any datagram.
const DATAGRAM: usize = 64 * 1024;

/// A socket that takes connections, with TLS or without.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) socket: TcpListener,
    pub(super) tls: Option<Server>,
}

/// An address at which is listened once it can be bound.
#[derive(Debug)]
pub(super) struct Late {
    pub(super) address: SocketAddr,
    pub(super) wanted: Wanted,
}

/// For what, and which other addresses are listened at for the same.
#[derive(Debug)]
pub(super) enum Wanted {
    Datagrams { beside: Vec<SocketAddr> },
    Connections { beside: Vec<SocketAddr> },
    Tls(Server),
}

impl Late {
    /// How often that is tried.
    const AGAIN: Duration = Duration::from_secs(5);

    pub(super) fn datagrams(address: SocketAddr, all: &[SocketAddr]) -> Self {
        Self { address, wanted: Wanted::Datagrams { beside: all.to_vec() } }
    }

    pub(super) fn connections(address: SocketAddr, all: &[SocketAddr]) -> Self {
        Self { address, wanted: Wanted::Connections { beside: all.to_vec() } }
    }

    /// Binds it.
    ///
    /// # Errors
    /// If it still cannot be had.
    pub(super) fn come(&self, udp: &mut Datagrams, listeners: &mut Vec<Listener>) -> io::Result<()> {
        let (socket, tls) = match &self.wanted {
            Wanted::Datagrams { beside } => return udp.add(listen::datagrams(self.address, beside)?),
            Wanted::Connections { beside } => (listen::connections(self.address, beside)?, None),
            Wanted::Tls(server) => (listen::connections(self.address, &secure(listeners))?, Some(server.clone())),
        };
        listeners.push(Listener { socket, tls });
        Ok(())
    }
}

/// Why the shell woke.
enum Wake {
    Timeout,
    Readable(usize),
    Accepted(usize, io::Result<(TcpStream, SocketAddr)>),
    Arrived(Arrival),
    Heard(Heard),
    Command(Option<Command>),
    /// An address that was not to be had may be now.
    Again,
    /// Whoever else had something to do on this thread has had their turn.
    OthersDone,
}

/// See the module.
pub(super) struct Shell {
    endpoint: Endpoint,
    clock: Clock,
    udp: Datagrams,
    /// Turns for which what leaves has waited.
    held: u8,
    connections: Connections,
    locals: Locals,
    /// Where we listen for TLS.
    tls: Vec<SocketAddr>,
    waiting: VecDeque<Event>,
    backlog: Backlog,
    events: mpsc::Sender<Event>,
    buffer: Vec<u8>,
    /// Which datagram socket is looked at first.
    turn: usize,
    /// And which of those that take connections.
    next_door: usize,
}

impl Shell {
    pub(super) fn new(
        endpoint: Endpoint,
        clock: Clock,
        udp: Datagrams,
        connections: Connections,
        events: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            endpoint,
            clock,
            udp,
            held: 0,
            connections,
            locals: Locals::default(),
            tls: Vec::new(),
            waiting: VecDeque::new(),
            backlog: Backlog::default(),
            events,
            buffer: vec![0; DATAGRAM],
            turn: 0,
            next_door: 0,
        }
    }

    pub(super) async fn run(
        mut self,
        mut listeners: Vec<Listener>,
        (mut late, awaited): (Vec<Late>, watch::Sender<Vec<SocketAddr>>),
        mut arrivals: mpsc::Receiver<Arrival>,
        mut heard: mpsc::Receiver<Heard>,
        mut commands: mpsc::Receiver<Command>,
    ) -> Endpoint {
        self.tls = secure(&listeners);
        let mut alarm = Alarm::new(self.clock);
        let mut again = tokio::time::interval(Late::AGAIN);
        loop {
            let deadline = self.drain();
            self.let_leave(!commands.is_empty());
            let reading = self.waiting.len() < MAX_WAITING_EVENTS;
            let wake = tokio::select! {
                () = alarm.ring_by(deadline) => Wake::Timeout,
                socket = poll_fn(|cx| self.udp.poll_readable(cx, self.turn)), if reading && !self.udp.is_empty() => Wake::Readable(socket),
                (n, accepted) = accept(&listeners, self.next_door), if reading && !listeners.is_empty() => Wake::Accepted(n, accepted),
                Some(arrival) = arrivals.recv(), if reading => Wake::Arrived(arrival),
                Some(first) = heard.recv(), if reading => Wake::Heard(first),
                command = commands.recv() => Wake::Command(command),
                _ = again.tick(), if !late.is_empty() => Wake::Again,
                () = others_turn(), if self.udp.is_leaving() => Wake::OthersDone,
                permit = self.events.reserve(), if !self.waiting.is_empty() => {
                    let (Ok(permit), Some(event)) = (permit, self.waiting.pop_front()) else {
                        break;
                    };
                    permit.send(event);
                    continue;
                }
            };
            match wake {
                Wake::Timeout => self.input(Input::Timeout),
                Wake::Readable(socket) => {
                    // A datagram alone is the rule, and the clock is read for it once.
                    let now = self.clock.now();
                    self.look_back_at(now);
                    self.datagrams(now, socket);
                }
                Wake::Accepted(n, accepted) => {
                    self.next_door = n + 1;
                    self.accepted(&listeners[n], accepted);
                }
                Wake::Arrived(arrival) => self.arrived(arrival),
                Wake::Heard(first) => {
                    self.look_back();
                    self.heard(first);
                    std::iter::from_fn(|| heard.try_recv().ok()).take(BATCH).for_each(|next| self.heard(next));
                }
                Wake::Command(Some(first)) => {
                    self.command(first);
                    std::iter::from_fn(|| commands.try_recv().ok()).take(BATCH).for_each(|next| self.command(next));
                }
                Wake::Command(None) => {
                    self.drain();
                    self.udp.flush();
                    return self.endpoint;
                }
                Wake::Again => {
                    late.retain(|late| late.come(&mut self.udp, &mut listeners).is_err());
                    self.tls = secure(&listeners);
                    let still: Vec<SocketAddr> = late.iter().map(|late| late.address).collect();
                    awaited.send_if_modified(|before| {
                        let fewer = before.len() != still.len();
                        *before = still;
                        fewer
                    });
                }
                Wake::OthersDone if commands.is_empty() => self.udp.flush(),
                Wake::OthersDone => {}
            }
            if self.events.is_closed() {
                break;
            }
        }
        self.last_words(&mut commands);
        self.endpoint
    }

    /// Nobody listens any more. What was ordered before is still said.
    fn last_words(&mut self, commands: &mut mpsc::Receiver<Command>) {
        while let Ok(command) = commands.try_recv() {
            self.command(command);
            self.drain();
        }
        self.udp.flush();
    }

    /// What was said leaves as soon as nothing more can come of the same moment: who takes the events orders what follows from them on this thread, in
    /// their next turn.
    fn let_leave(&mut self, more_is_ordered: bool) {
        if !self.udp.is_leaving() {
            self.held = 0;
        } else if self.untaken() == 0 && !more_is_ordered || self.held == MOST_HELD {
            self.udp.flush();
        } else {
            self.held += 1;
        }
    }

    /// Events that nobody has taken yet.
    fn untaken(&self) -> usize {
        self.events.max_capacity() - self.events.capacity() + self.waiting.len()
    }

    fn input(&mut self, input: Input<'_>) {
        self.endpoint.handle_input(self.clock.now(), input);
    }

    /// Does all that the endpoint wants done, and says when it must be called again.
    fn drain(&mut self) -> Instant {
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { flow, data } => self.transmit(flow, data),
                Output::Close { flow } => {
                    // The endpoint knows of the one that it names.
                    for other in self.connections.close(flow).into_iter().filter(|ended| *ended != flow) {
                        self.input(Input::Closed { flow: other });
                    }
                }
                Output::Leave { flow } => self.connections.leave(flow),
                Output::Event(event) => self.event(event),
                Output::Timeout(at) => return at,
            }
        }
    }

    /// Lets the endpoint know how far behind we are, before it hears more.
    fn look_back(&mut self) {
        self.look_back_at(self.clock.now());
    }

    fn look_back_at(&mut self, now: Now) {
        let waited = self.backlog.waited(self.untaken(), now.instant);
        self.endpoint.handle_input(now, Input::Waited(waited));
    }

    fn event(&mut self, event: Event) {
        self.backlog.tells(self.clock.now().instant);
        if !self.waiting.is_empty() {
            self.waiting.push_back(event);
        } else if let Err(full) = self.events.try_send(event) {
            self.waiting.push_back(full.into_inner());
        }
    }

    fn transmit(&mut self, flow: Flow, data: Bytes) {
        match flow.transport {
            Transport::Udp => {
                if let Some(socket) = self.socket(flow) {
                    self.udp.send(socket, flow.remote, data);
                }
            }
            Transport::Tcp | Transport::Tls | Transport::Ws | Transport::Wss => {
                if let Err(gone) = self.connections.send(flow, data) {
                    for flow in gone {
                        self.input(Input::Closed { flow });
                    }
                }
            }
        }
    }

    /// The socket of a flow: the one that its peer reaches under the flow's local address; or any that leads there, if that is no longer
    /// what we are called.
    fn socket(&mut self, flow: Flow) -> Option<usize> {
        self.named(flow)
            .or_else(|| self.bound_to(flow.local.ip(), flow.remote))
            .or_else(|| self.leading_to(flow.remote))
    }

    /// Several have one name where we are advertised by the address of a router, and both listen at one port: then it is the one that packets to
    /// this peer leave by.
    fn named(&mut self, flow: Flow) -> Option<usize> {
        let locals = &mut self.locals;
        let mut named = self.udp.addresses().enumerate();
        let mut named = named.by_ref().filter(|(_, bound)| locals.towards(*bound, flow.remote) == flow.local);
        let (first, _) = named.next()?;
        let others: Vec<(usize, SocketAddr)> = named.collect();
        if others.is_empty() {
            return Some(first);
        }
        let source = self.locals.source(flow.remote);
        let is_source = |at: &usize| self.udp.addresses().nth(*at).map(|bound| bound.ip()) == source;
        std::iter::once(first).chain(others.iter().map(|(at, _)| *at)).find(is_source).or(Some(first))
    }

    /// The socket at this address, or one at all addresses.
    fn bound_to(&self, ip: IpAddr, remote: SocketAddr) -> Option<usize> {
        let at =
            |ip: IpAddr| self.udp.addresses().position(|bound| bound.ip() == ip && is_of_one_family(bound, remote));
        at(ip).or_else(|| at(all_addresses(remote)))
    }

    /// The socket at the address that packets to this peer come from.
    fn leading_to(&mut self, remote: SocketAddr) -> Option<usize> {
        let source = self.locals.source(remote)?;
        self.udp.addresses().position(|bound| bound.ip() == source)
    }

    /// One from which they may get there after all.
    fn of_family(&self, remote: SocketAddr) -> Option<usize> {
        let can = |bound: SocketAddr| remote.ip().is_loopback() || !bound.ip().is_loopback();
        self.udp.addresses().position(|bound| is_of_one_family(bound, remote) && can(bound))
    }

    /// What leaves by datagrams leaves, and its answers and all that follows come back, also where another program has the port that we should have:
    /// by another socket at the address where we would listen, which is opened for it if there is none. Another network's socket is no
    /// substitute while there can be one: a carrier is not reached from the phones' own.
    fn stand_in(&mut self, listens: SocketAddr, remote: SocketAddr) -> Option<SocketAddr> {
        let is_place = is_of_one_family(listens, remote) && !self.locals.is_advertised(listens.ip());
        let socket = self
            .bound_to(listens.ip(), remote)
            .or_else(|| if is_place { self.open_at(listens.ip()) } else { None })
            .or_else(|| self.leading_to(remote))
            .or_else(|| self.open_at(all_addresses(remote)))
            .or_else(|| self.of_family(remote));
        if socket.is_none() {
            tracing::error!("no socket can be opened for what is to be sent");
        }
        let bound = self.udp.addresses().nth(socket?)?;
        Some(self.locals.towards(bound, remote))
    }

    /// One more socket, at any free port of this address; `None` if this machine does not have it.
    fn open_at(&mut self, ip: IpAddr) -> Option<usize> {
        let socket = UdpSocket::bind((ip, 0)).ok()?;
        socket.set_nonblocking(true).and_then(|()| self.udp.add(socket)).ok()?;
        self.udp.addresses().count().checked_sub(1)
    }

    /// True if we have the socket from which this flow should leave. One that is only called the same, as all are behind a router that
    /// is advertised, may be in another network.
    fn has_socket(&mut self, listens: SocketAddr, flow: Flow) -> bool {
        let Some(bound) = self.named(flow).and_then(|socket| self.udp.addresses().nth(socket)) else { return false };
        let is_there = [listens.ip(), flow.local.ip()].contains(&bound.ip()) || bound.ip().is_unspecified();
        // Or that is all that whoever ordered it knows.
        is_there || self.locals.is_advertised(listens.ip())
    }

    fn datagrams(&mut self, mut now: Now, socket: usize) {
        self.turn = socket + 1;
        let mut emptied = false;
        for n in 0..BATCH {
            // An error is of an earlier datagram of ours (its peer has no such port): that transaction will time out.
            let Ok((bound, length, remote)) = self.udp.receive(socket, &mut self.buffer) else {
                emptied = true;
                break;
            };
            let local = self.locals.towards(bound, remote);
            let flow = Flow { transport: Transport::Udp, local, remote, connection: 0 };
            if n > 0 {
                now = self.clock.now();
            }
            self.endpoint.handle_input(now, Input::Bytes { flow, data: &self.buffer[..length] });
        }
        self.backlog.reads(emptied, now.instant);
    }

    fn accepted(&mut self, listener: &Listener, accepted: io::Result<(TcpStream, SocketAddr)>) {
        // An error is of a connection that is gone again, or a lack of descriptors; the next one may do better.
        let Ok((stream, remote)) = accepted else { return };
        let Ok(local) = stream.local_addr() else { return };
        let (transport, accepted) = match &listener.tls {
            None => (Transport::Tcp, Accepted::Tcp(stream)),
            Some(server) => (Transport::Tls, Accepted::Tls(stream, server.clone())),
        };
        self.take_in(transport, accepted, local, remote);
    }

    fn arrived(&mut self, mut arrival: Arrival) {
        let transport = if arrival.secure { Transport::Wss } else { Transport::Ws };
        let (local, remote, user) = (arrival.local, arrival.remote, arrival.user.take());
        let flow = self.take_in(transport, Accepted::WebSocket(arrival), local, remote);
        // Before its first byte is heard.
        if let (Some(flow), Some(user)) = (flow, user) {
            self.input(Input::Known { flow, user });
        }
    }

    fn take_in(
        &mut self,
        transport: Transport,
        accepted: Accepted,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Option<Flow> {
        // A stranger is turned away before anything is said or computed.
        if !self.endpoint.welcomes(remote.ip()) {
            return None;
        }
        let local = self.locals.towards(local, remote);
        let trusts = self.endpoint.trusts(remote.ip());
        for flow in self.connections.make_room(remote.ip(), trusts, |flow| self.endpoint.can_spare(flow)) {
            self.input(Input::Closed { flow });
        }
        self.connections.accept(accepted, Flow { transport, local, remote, connection: 0 }, trusts)
    }

    fn heard(&mut self, heard: Heard) {
        match heard {
            Heard::Bytes { connection, data } => {
                if let Some(flow) = self.connections.flow(connection) {
                    self.input(Input::Bytes { flow, data: &data });
                }
            }
            Heard::Closed { connection } => {
                for flow in self.connections.closed(connection) {
                    self.input(Input::Closed { flow });
                }
            }
            Heard::Untrusted { connection } => {
                for flow in self.connections.closed(connection) {
                    self.input(Input::Untrusted { flow });
                }
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::SetAdvertised(advertised) => self.locals.advertise(advertised),
            Command::SetSecurePeers(peers) => self.connections.set_secure_peers(peers),
            mut other => {
                self.name_us(&mut other);
                self.input(Input::Command(other));
            }
        }
    }

    /// What goes to an address names ours as it is seen from there: whoever orders it may know only where we listen.
    fn name_us(&mut self, command: &mut Command) {
        match command {
            Command::Invite { call, .. } => self.name(&mut call.flow),
            Command::Send { sending, .. } => self.name(&mut sending.flow),
            Command::SetTrunks(trunks) => {
                self.connections.set_carriers(trunks.iter().flat_map(|t| &t.flows).map(|flow| flow.remote));
                trunks.iter_mut().flat_map(|t| &mut t.flows).for_each(|flow| self.name(flow));
            }
            _ => {}
        }
    }

    fn name(&mut self, flow: &mut Flow) {
        // Who ordered it may know only where we listen for datagrams; a peer that comes back by TLS finds us elsewhere.
        let same = || self.tls.iter().find(|at| at.ip() == flow.local.ip()).or(self.tls.first());
        if let Some(at) = same().filter(|_| flow.transport == Transport::Tls) {
            flow.local = *at;
        }
        let listens = flow.local;
        flow.local = self.locals.towards(listens, flow.remote);
        if flow.transport == Transport::Udp
            && !self.has_socket(listens, *flow)
            && let Some(other) = self.stand_in(listens, flow.remote)
        {
            flow.local = other;
        }
    }
}

fn is_of_one_family(bound: SocketAddr, remote: SocketAddr) -> bool {
    bound.is_ipv4() == remote.is_ipv4()
}

/// The wildcard of the family of this peer.
fn all_addresses(remote: SocketAddr) -> IpAddr {
    if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}

/// Where these listen for TLS.
fn secure(listeners: &[Listener]) -> Vec<SocketAddr> {
    listeners.iter().filter(|l| l.tls.is_some()).filter_map(|l| l.socket.local_addr().ok()).collect()
}

/// The next that connects, and to which of them. The one with this number is asked first, and each after it: a flood at one keeps nobody from another.
async fn accept(listeners: &[Listener], first: usize) -> (usize, io::Result<(TcpStream, SocketAddr)>) {
    poll_fn(|cx| {
        let turns = (0..listeners.len()).map(|n| (first + n) % listeners.len());
        for n in turns {
            if let Poll::Ready(accepted) = listeners[n].socket.poll_accept(cx) {
                return Poll::Ready((n, accepted));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_in_crowds_at_one_door_keeps_nobody_from_the_next() {
        let any = "127.0.0.1:0".parse().expect("an address");
        let door = || Listener { socket: listen::connections(any, &[]).expect("a port"), tls: None };
        let doors = [door(), door()];
        let mut waiting = Vec::new();
        for at in [0, 0, 0, 0, 1, 1] {
            let address = doors[at].socket.local_addr().expect("bound");
            waiting.push(TcpStream::connect(address).await.expect("it waits"));
        }
        // Both are known to have somebody before the first is asked.
        for door in &doors {
            poll_fn(|cx| door.socket.poll_accept(cx)).await.expect("somebody");
        }
        let mut next = 0;
        let mut order = Vec::new();
        for _ in 0..4 {
            let (n, accepted) = accept(&doors, next).await;
            accepted.expect("a connection");
            order.push(n);
            next = n + 1;
        }
        assert_eq!(order, [0, 1, 0, 0]);
    }
}
