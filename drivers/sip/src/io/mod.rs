//! The shell: sockets and the clock around an [`Endpoint`].
//!
//! One task owns the endpoint, and never waits for a peer: datagrams that the kernel does not take at once are lost, as datagrams may be;
//! a TCP connection has a writer task with a bounded queue, and is dropped when that is full. If the consumer of events is slow, no
//! event is lost: the shell stops reading from the network until it catches up, so the number of events that wait is bounded
//! by what one batch of input can cause, while commands and timers go on.

pub mod dns;
mod local;
mod stream;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::Poll;

use bytes::Bytes;
use model::Instant;
use model::time::Clock;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

use crate::api::{Command, Event, Flow, Input, Output, Transport};
use crate::endpoint::Endpoint;
use local::Locals;
use stream::{Connections, Heard};

/// Datagrams, reads or commands that are handled before outputs are polled: large enough to spare wake-ups under load,
/// small enough that a timer is late by no more than a few milliseconds.
const BATCH: usize = 64;
/// Events that may wait for their consumer before the network is no longer read.
const MAX_WAITING_EVENTS: usize = 1024;
/// Asked of the kernel for datagrams that wait: a clinic's phones all register at once when the power comes back.
const BURST: usize = 4 << 20;
/// Larger than any datagram.
const DATAGRAM: usize = 64 * 1024;

/// Sockets that listen already.
#[derive(Debug)]
pub struct Bound {
    udp: Vec<(UdpSocket, SocketAddr)>,
    tcp: Vec<TcpListener>,
}

/// Opens sockets; when this returns, peers can reach them.
///
/// # Errors
/// If an address cannot be bound.
pub async fn bind(udp: &[SocketAddr], tcp: &[SocketAddr]) -> io::Result<Bound> {
    let mut bound = Bound { udp: Vec::new(), tcp: Vec::new() };
    for address in udp {
        let socket = UdpSocket::bind(address).await?;
        // The system may grant less; then a burst is repeated by its senders.
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, BURST);
        let local = socket.local_addr()?;
        bound.udp.push((socket, local));
    }
    for address in tcp {
        bound.tcp.push(TcpListener::bind(address).await?);
    }
    Ok(bound)
}

impl Bound {
    /// Where it listens for datagrams.
    pub fn udp_addresses(&self) -> Vec<SocketAddr> {
        self.udp.iter().map(|(_, local)| *local).collect()
    }

    /// Where it listens for connections.
    pub fn tcp_addresses(&self) -> Vec<SocketAddr> {
        self.tcp.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Runs `endpoint` until the commands end or nobody takes the events any more, and gives it back.
    pub async fn run(
        self,
        endpoint: Endpoint,
        clock: Clock,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<Event>,
    ) -> Endpoint {
        let (connections, heard) = Connections::new();
        let shell = Shell {
            endpoint,
            clock,
            udp: self.udp,
            connections,
            locals: Locals::default(),
            waiting: VecDeque::new(),
            events,
            buffer: vec![0; DATAGRAM],
            turn: 0,
        };
        shell.run(&self.tcp, heard, commands).await
    }
}

/// Why the shell woke.
enum Wake {
    Timeout,
    Readable(usize),
    Accepted(io::Result<(TcpStream, SocketAddr)>),
    Heard(Heard),
    Command(Option<Command>),
}

struct Shell {
    endpoint: Endpoint,
    clock: Clock,
    udp: Vec<(UdpSocket, SocketAddr)>,
    connections: Connections,
    locals: Locals,
    waiting: VecDeque<Event>,
    events: mpsc::Sender<Event>,
    buffer: Vec<u8>,
    /// Which datagram socket is looked at first.
    turn: usize,
}

impl Shell {
    async fn run(
        mut self,
        tcp: &[TcpListener],
        mut heard: mpsc::Receiver<Heard>,
        mut commands: mpsc::Receiver<Command>,
    ) -> Endpoint {
        loop {
            let deadline = self.drain();
            let reading = self.waiting.len() < MAX_WAITING_EVENTS;
            let wake = tokio::select! {
                () = tokio::time::sleep_until(self.clock.system_instant(deadline).into()) => Wake::Timeout,
                socket = readable(&self.udp, self.turn), if reading && !self.udp.is_empty() => Wake::Readable(socket),
                accepted = accept(tcp), if reading && !tcp.is_empty() => Wake::Accepted(accepted),
                Some(first) = heard.recv(), if reading => Wake::Heard(first),
                command = commands.recv() => Wake::Command(command),
                permit = self.events.reserve(), if !self.waiting.is_empty() => {
                    let (Ok(permit), Some(event)) = (permit, self.waiting.pop_front()) else { return self.endpoint };
                    permit.send(event);
                    continue;
                }
            };
            match wake {
                Wake::Timeout => self.input(Input::Timeout),
                Wake::Readable(socket) => self.datagrams(socket),
                Wake::Accepted(accepted) => self.accepted(accepted),
                Wake::Heard(first) => {
                    self.heard(first);
                    std::iter::from_fn(|| heard.try_recv().ok()).take(BATCH).for_each(|next| self.heard(next));
                }
                Wake::Command(Some(first)) => {
                    self.command(first);
                    std::iter::from_fn(|| commands.try_recv().ok()).take(BATCH).for_each(|next| self.command(next));
                }
                Wake::Command(None) => {
                    self.drain();
                    return self.endpoint;
                }
            }
            if self.events.is_closed() {
                return self.endpoint;
            }
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.endpoint.handle_input(self.clock.now(), input);
    }

    /// Does all that the endpoint wants done, and says when it must be called again.
    fn drain(&mut self) -> Instant {
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { flow, data } => self.transmit(flow, data),
                Output::Close { flow } => self.connections.close(flow.connection),
                Output::Event(event) => self.event(event),
                Output::Timeout(at) => return at,
            }
        }
    }

    fn event(&mut self, event: Event) {
        if !self.waiting.is_empty() {
            self.waiting.push_back(event);
        } else if let Err(full) = self.events.try_send(event) {
            self.waiting.push_back(full.into_inner());
        }
    }

    fn transmit(&mut self, flow: Flow, data: Bytes) {
        match flow.transport {
            Transport::Udp => {
                // What the kernel does not take now is lost, as if on the way; the transaction sends it again.
                let sent = self.socket(flow).map(|socket| socket.try_send_to(&data, flow.remote));
                if !matches!(sent, Some(Ok(_))) {
                    tracing::debug!("a datagram could not be sent");
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

    /// The socket of a flow: the one bound to its local address, or to the wildcard with its port, or any of its family.
    fn socket(&self, flow: Flow) -> Option<&UdpSocket> {
        let of_family = |l: &SocketAddr| l.is_ipv4() == flow.remote.is_ipv4();
        let exact = self.udp.iter().find(|(_, l)| *l == flow.local);
        let wildcard =
            || self.udp.iter().find(|(_, l)| l.ip().is_unspecified() && l.port() == flow.local.port() && of_family(l));
        exact.or_else(wildcard).or_else(|| self.udp.iter().find(|(_, l)| of_family(l))).map(|(socket, _)| socket)
    }

    fn datagrams(&mut self, socket: usize) {
        self.turn = socket + 1;
        for _ in 0..BATCH {
            let (socket, bound) = &self.udp[socket];
            // An error is of an earlier datagram of ours (its peer has no such port): that transaction will time out.
            let Ok((length, remote)) = socket.try_recv_from(&mut self.buffer) else { return };
            let local = self.locals.towards(*bound, remote);
            let flow = Flow { transport: Transport::Udp, local, remote, connection: 0 };
            self.endpoint.handle_input(self.clock.now(), Input::Bytes { flow, data: &self.buffer[..length] });
        }
    }

    fn accepted(&mut self, accepted: io::Result<(TcpStream, SocketAddr)>) {
        // An error is of a connection that is gone again, or a lack of descriptors; the next one may do better.
        let Ok((stream, remote)) = accepted else { return };
        if let Some(flow) = self.connections.accept(stream, remote) {
            // Lets the endpoint turn a stranger away before it says anything.
            self.input(Input::Bytes { flow, data: b"" });
        }
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
        }
    }

    fn command(&mut self, mut command: Command) {
        if let Command::Invite { call, .. } = &mut command {
            call.flow.local = self.locals.towards(call.flow.local, call.flow.remote);
        }
        self.input(Input::Command(command));
    }
}

/// The next socket that has a datagram, beginning at `turn`: a busy one does not starve the others.
async fn readable(sockets: &[(UdpSocket, SocketAddr)], turn: usize) -> usize {
    poll_fn(|cx| {
        let mut order = (0..sockets.len()).map(|i| (turn + i) % sockets.len());
        let ready = order.find(|&i| sockets[i].0.poll_recv_ready(cx).is_ready());
        ready.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

async fn accept(listeners: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
    poll_fn(|cx| {
        for listener in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
}
