//! A client of the torture messages: an endpoint on real sockets, and its user, who challenges every REGISTER and is busy for every INVITE.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use model::Random;
use model::settings::Network;
use model::time::Clock;
use sip::wire::stream::{Frame, Framer};
use sip::wire::{self, Message, Name, Start};
use sip::{Command, Endpoint, Event, Peers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;

use crate::script;

/// An address of the loopback where nobody else is likely to have port 5060: there a message without `rport` wants its answer.
const CLIENT: [u8; 4] = [127, 44, 75, 1];

/// An endpoint for one message: many of them share their Call-ID and branch.
pub(crate) struct Served {
    udp: SocketAddr,
    tcp: SocketAddr,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let any = script::address("127.0.0.1:0");
        let bound = sip::io::bind(&[any], &[any]).await.expect("free ports");
        let (udp, tcp) = (bound.udp_addresses()[0], bound.tcp_addresses()[0]);
        let (commands, orders) = mpsc::channel(16);
        let (reports, events) = mpsc::channel(16);
        let endpoint = Endpoint::new(script::config(), Random::from_u64(1));
        #[allow(clippy::disallowed_methods, reason = "the shell runs beside its test")]
        tokio::spawn(bound.run(endpoint, Clock::start(), orders, reports));
        let networks = Network::parse("127.0.0.0/8").into_iter().collect();
        commands.send(Command::SetPeers(Peers { networks, ..Peers::default() })).await.expect("it runs");
        Self { udp, tcp, commands, events }
    }

    /// Sends a message as a datagram. Its answers must be these, and the next one that of a later request.
    pub(crate) async fn datagram(&mut self, name: &str, message: &[u8], expected: &[&str]) {
        let port = answer_port(message);
        let socket = UdpSocket::bind(SocketAddr::from((CLIENT, port))).await.expect("a port of the loopback");
        let probe = probe("UDP", socket.local_addr().expect("bound"));
        // The order of the command above and of a datagram is not given, so the peers are known when this is answered.
        let mut buffer = vec![0; 70_000];
        loop {
            socket.send_to(&probe, self.udp).await.expect("sent");
            let answered = tokio::time::timeout(Duration::from_millis(50), socket.recv_from(&mut buffer)).await;
            if answered.is_ok() {
                break;
            }
        }
        let call = call_id(message);
        socket.send_to(message, self.udp).await.expect("sent");
        for expected in expected.iter().filter(|e| **e != "silence") {
            let answer = self.while_serving(next_datagram(&socket, &mut buffer, call.as_deref())).await;
            assert_eq!(answer, *expected, "{name} over UDP");
        }
        socket.send_to(&probe, self.udp).await.expect("sent");
        let next = self.while_serving(next_datagram(&socket, &mut buffer, Some(PROBE))).await;
        assert_eq!((next.as_str(), self.events.try_recv().is_err()), ("200", true), "{name} over UDP");
    }

    /// Sends a message over a connection of its own, with these answers.
    pub(crate) async fn stream(&mut self, name: &str, message: &[u8], expected: &[&str]) {
        let (mut socket, mut framer) = (self.connect().await, Framer::default());
        socket.write_all(message).await.expect("written");
        for expected in expected {
            match *expected {
                "waits" => socket.write_all(&missing(message)).await.expect("written"),
                "close" => assert_eq!(next_message(&mut socket, &mut framer).await, None, "{name} over TCP"),
                "silence" => {
                    let from = socket.local_addr().expect("bound");
                    socket.write_all(&probe("TCP", from)).await.expect("written");
                    let next = self.while_serving(next_message(&mut socket, &mut framer)).await;
                    let next = next.map(|m| (status(&m), call_id(&m)));
                    assert_eq!(next, Some(("200".into(), Some(PROBE.to_vec()))), "{name} over TCP");
                    assert!(self.events.try_recv().is_err(), "{name} over TCP");
                }
                code => {
                    let answer = self.while_serving(next_message(&mut socket, &mut framer)).await;
                    assert_eq!(answer.map(|m| status(&m)).as_deref(), Some(code), "{name} over TCP");
                }
            }
        }
    }

    /// A connection of which the endpoint knows that it is a peer's.
    async fn connect(&mut self) -> TcpStream {
        loop {
            let mut socket = TcpStream::connect(self.tcp).await.expect("connected");
            let ping = async {
                socket.write_all(b"\r\n\r\n").await?;
                socket.read_exact(&mut [0; 2]).await
            };
            if soon(ping).await.is_ok() {
                return socket;
            }
        }
    }

    /// Waits for something, while the user of the endpoint does his work.
    async fn while_serving<T>(&mut self, wanted: impl Future<Output = T>) -> T {
        let work = async {
            tokio::pin!(wanted);
            loop {
                let event = tokio::select! {
                    found = &mut wanted => return found,
                    event = self.events.recv() => event.expect("the endpoint runs"),
                };
                let command = match event {
                    Event::Register { request, .. } => Command::Challenge { request, stale: false },
                    Event::Invite { leg, .. } => Command::Refuse { leg, code: 486, retry_after: None },
                    _ => continue,
                };
                self.commands.send(command).await.expect("the endpoint runs");
            }
        };
        soon(work).await
    }
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it comes soon")
}

/// Where the answer to a datagram goes: RFC 3261 section 18.2.2.
fn answer_port(message: &[u8]) -> u16 {
    let message = Message::parse(message);
    let via = message.as_ref().and_then(|m| m.list(Name::Via).next()).and_then(wire::Via::parse);
    match via {
        Some(via) if !via.wants_rport() => via.port.unwrap_or(5060),
        _ => 0,
    }
}

const PROBE: &[u8] = b"the-next-request";

/// A request that is always answered.
fn probe(transport: &str, from: SocketAddr) -> Vec<u8> {
    let call = String::from_utf8_lossy(PROBE);
    script::wire(&format!(
        "OPTIONS sip:clinic.demo SIP/2.0\nVia: SIP/2.0/{transport} {from};branch=z9hG4bKprobe\nFrom: <sip:x@h>;tag=1\n\
         To: <sip:x@h>\nCall-ID: {call}\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n"
    ))
}

fn call_id(message: &[u8]) -> Option<Vec<u8>> {
    Message::parse(message)?.value(Name::CallId).map(<[u8]>::to_vec)
}

fn status(message: &[u8]) -> String {
    match Message::parse(message).expect("an answer is a message").start() {
        Start::Response { code } => code.to_string(),
        Start::Request { .. } => "a request".into(),
    }
}

/// The next final answer to this call. What comes again of another call, or says only that it takes time, is passed over.
async fn next_datagram(socket: &UdpSocket, buffer: &mut [u8], call: Option<&[u8]>) -> String {
    loop {
        let (length, _) = socket.recv_from(buffer).await.expect("an answer");
        let status = status(&buffer[..length]);
        if call_id(&buffer[..length]).as_deref() == call && !status.starts_with('1') {
            return status;
        }
    }
}

/// The next final answer of a stream; `None` if it was closed.
async fn next_message(socket: &mut TcpStream, framer: &mut Framer) -> Option<Vec<u8>> {
    loop {
        while let Some(frame) = framer.next() {
            let Frame::Message(message) = frame else { panic!("a stream of messages, not {frame:?}") };
            if !status(&message).starts_with('1') {
                return Some(message.to_vec());
            }
        }
        let mut buffer = vec![0; 4096];
        match soon(socket.read(&mut buffer)).await {
            Ok(length @ 1..) => framer.push(&buffer[..length]),
            _ => return None,
        }
    }
}

/// As many bytes as a message lacks of its Content-Length.
fn missing(message: &[u8]) -> Vec<u8> {
    let parsed = Message::parse(message).expect("a message");
    let length: usize = parsed.value(Name::ContentLength).and_then(wire::lex::number).expect("a length");
    vec![b' '; length - parsed.rest().len()]
}
