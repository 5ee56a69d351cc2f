//! The shell over real sockets of the loopback. Nothing sleeps; every wait is for bytes or an event, with a limit that only a failure meets.

mod script;

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use model::Random;
use model::settings::Network;
use model::time::Clock;
use script::{request, wire};
use sip::{
    Advertised, Command, Content, Endpoint, Event, Flow, LegId, NameAddr, OutgoingCall, Peers, SendId, Sending,
    Transport,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::sync::mpsc;

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it comes soon")
}

struct Running {
    udp: SocketAddr,
    tcp: SocketAddr,
    commands: mpsc::Sender<Command>,
    events: mpsc::Receiver<Event>,
}

/// An endpoint on a free port of the loopback, whose user takes `events` at a time.
async fn start(events: usize) -> Running {
    let any = script::address("127.0.0.1:0");
    let bound = sip::io::bind(&[any], &[any]).await.expect("free ports");
    let (udp, tcp) = (bound.udp_addresses()[0], bound.tcp_addresses()[0]);
    let (commands, orders) = mpsc::channel(16);
    let (reports, events) = mpsc::channel(events);
    let config = sip::Config { max_invites: 10_000, max_transactions: 10_000, ..script::config() };
    let endpoint = Endpoint::new(config, Random::from_u64(1));
    #[allow(clippy::disallowed_methods, reason = "the shell runs beside its test")]
    tokio::spawn(bound.run(endpoint, Clock::start(), orders, reports));
    // As a trunk the loopback has a large share; what strangers get is the endpoint's own affair.
    let trunks = vec!["127.0.0.1".parse().expect("an address")];
    commands.send(Command::SetPeers(Peers { trunks, ..Peers::default() })).await.expect("it runs");
    Running { udp, tcp, commands, events }
}

fn options(branch: u32, transport: &str) -> Vec<u8> {
    wire(&request("OPTIONS", "sip:clinic.demo", &format!("{branch};rport"), 1, "", "").replace("UDP", transport))
}

async fn udp_answers(running: &Running) {
    let phone = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    phone.send_to(&options(1, "UDP"), running.udp).await.expect("sent");
    let mut buffer = [0; 2000];
    let (length, from) = soon(phone.recv_from(&mut buffer)).await.expect("an answer");
    assert!(from == running.udp && buffer[..length].starts_with(b"SIP/2.0 200 OK\r\n"));
}

#[tokio::test]
async fn an_answer_waits_for_nobody_who_takes_no_events() {
    let running = start(16).await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    // Each is an event that is never taken; the answer between two of them leaves all the same.
    for n in 0..8 {
        let text = request("REGISTER", "sip:clinic.demo", &format!("r{n};rport"), n, "", "");
        phone.send_to(&wire(&text.replace("tag=", &format!("tag={n}"))), running.udp).await.expect("sent");
        udp_answers(&running).await;
    }
    assert!(!running.events.is_empty(), "there is something that was not taken");
}

#[tokio::test]
async fn a_peer_that_never_reads_is_dropped_and_stalls_nobody() {
    let running = start(16).await;
    // A small window: the kernels keep little of what is not read.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small window");
    let mut frozen = socket.connect(running.tcp).await.expect("connected");
    // Long Vias make long answers.
    let padding = "x".repeat(7000);
    let long = String::from_utf8_lossy(&options(1, "TCP"))
        .replace(";rport", &format!(";rport;padding={padding}"))
        .into_bytes();
    let flood = long.repeat(10);
    // Until the connection is dropped, or 20,000 requests were taken without one answer read.
    let mut dropped = false;
    for _ in 0..2000 {
        if soon(frozen.write_all(&flood)).await.is_err() {
            dropped = true;
            break;
        }
        udp_answers(&running).await;
    }
    assert!(dropped, "its answers were kept without bound");
    udp_answers(&running).await;
}

#[tokio::test]
async fn a_stream_is_served_and_a_stranger_is_not() {
    let running = start(16).await;
    let mut phone = TcpStream::connect(running.tcp).await.expect("connected");
    phone.write_all(b"\r\n\r\n").await.expect("written");
    let mut pong = [0; 2];
    soon(phone.read_exact(&mut pong)).await.expect("a pong");
    phone.write_all(&options(1, "TCP")).await.expect("written");
    let mut line = [0; 16];
    soon(phone.read_exact(&mut line)).await.expect("an answer");
    assert_eq!((&pong, &line), (b"\r\n", b"SIP/2.0 200 OK\r\n"));
    running.commands.send(Command::SetPeers(Peers::default())).await.expect("it runs");
    // The order of a command and a connection is not given; but the first that is refused shows that the order came.
    for _ in 0..1000 {
        let mut stranger = TcpStream::connect(running.tcp).await.expect("connected");
        let sent = stranger.write_all(&options(1, "TCP")).await;
        let answered = soon(stranger.read(&mut [0; 1])).await.is_ok_and(|n| n > 0);
        if sent.is_err() || !answered {
            return;
        }
    }
    panic!("a stranger was served");
}

/// Behind a router that is advertised, the sockets of all our networks have one name outside. The one that leads there is another program's.
#[tokio::test]
async fn a_call_leaves_by_its_own_network_though_another_has_the_same_name() {
    let other = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let taken = other.local_addr().expect("bound");
    let phones = SocketAddr::new("127.0.0.2".parse().expect("an address"), taken.port());
    let mut bound = sip::io::bind(&[phones], &[]).await.expect("a free port");
    assert_eq!(bound.listen_as_free(&[taken]).len(), 1);
    let (commands, orders) = mpsc::channel(16);
    let (reports, _events) = mpsc::channel(16);
    let endpoint = Endpoint::new(script::config(), Random::from_u64(1));
    #[allow(clippy::disallowed_methods, reason = "the shell runs beside its test")]
    tokio::spawn(bound.run(endpoint, Clock::start(), orders, reports));
    let trunk = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let remote = trunk.local_addr().expect("bound");
    let network = Network::parse("127.0.0.0/8").expect("a network");
    let router = Advertised { network, address: "203.0.113.5".parse().expect("an address") };
    commands.send(Command::SetAdvertised(vec![router])).await.expect("it runs");
    commands.send(by_datagrams(1, taken, remote)).await.expect("it runs");
    let mut buffer = [0; 4000];
    let (length, from) = soon(trunk.recv_from(&mut buffer)).await.expect("an INVITE");
    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
    assert_eq!(from.ip(), taken.ip());
    assert!(text.contains(&format!("\r\nVia: SIP/2.0/UDP 203.0.113.5:{};rport", from.port())), "{text}");
}

/// Both listen at the usual port, and outside both have the router's name.
#[tokio::test]
async fn of_two_sockets_of_one_name_the_one_that_leads_there_is_used() {
    let ours = UdpSocket::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound");
    let phones = SocketAddr::new("127.0.0.2".parse().expect("an address"), ours.port());
    let bound = sip::io::bind(&[phones, ours], &[]).await.expect("free ports");
    let (commands, orders) = mpsc::channel(16);
    let (reports, _events) = mpsc::channel(16);
    let endpoint = Endpoint::new(script::config(), Random::from_u64(1));
    #[allow(clippy::disallowed_methods, reason = "the shell runs beside its test")]
    tokio::spawn(bound.run(endpoint, Clock::start(), orders, reports));
    let trunk = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let remote = trunk.local_addr().expect("bound");
    let network = Network::parse("127.0.0.0/8").expect("a network");
    let router = Advertised { network, address: "203.0.113.5".parse().expect("an address") };
    commands.send(Command::SetAdvertised(vec![router])).await.expect("it runs");
    let peers = Peers { trunks: vec![remote.ip()], ..Peers::default() };
    commands.send(Command::SetPeers(peers)).await.expect("it runs");
    let outside = SocketAddr::new(router.address, ours.port());
    commands.send(by_datagrams(1, outside, remote)).await.expect("it runs");
    let mut buffer = [0; 4000];
    let (_, from) = soon(trunk.recv_from(&mut buffer)).await.expect("an INVITE");
    assert_eq!(from, ours, "it left by the phones' network");
    // And so do answers.
    trunk.send_to(&options(9, "UDP"), ours).await.expect("sent");
    loop {
        let (length, from) = soon(trunk.recv_from(&mut buffer)).await.expect("an answer");
        assert_eq!(from, ours);
        if buffer[..length].starts_with(b"SIP/2.0 200 OK") {
            break;
        }
    }
}

/// Whoever has been told another address of ours would speak to the other program.
#[tokio::test]
async fn a_call_by_datagrams_goes_out_and_comes_back_though_another_program_has_our_port() {
    let other = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let taken = other.local_addr().expect("bound");
    let second = script::address("127.0.0.2:0");
    for beside in [None, Some(second)] {
        let mut bound = sip::io::bind(beside.as_slice(), &[]).await.expect("a free port");
        assert_eq!(bound.listen_as_free(&[taken]).len(), 1);
        let (commands, orders) = mpsc::channel(16);
        let (reports, mut events) = mpsc::channel(16);
        let endpoint = Endpoint::new(script::config(), Random::from_u64(1));
        #[allow(clippy::disallowed_methods, reason = "the shell runs beside its test")]
        tokio::spawn(bound.run(endpoint, Clock::start(), orders, reports));
        let trunk = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let remote = trunk.local_addr().expect("bound");
        let peers = Peers { trunks: vec![remote.ip()], ..Peers::default() };
        commands.send(Command::SetPeers(peers)).await.expect("it runs");
        commands.send(by_datagrams(1, taken, remote)).await.expect("it runs");
        let mut buffer = [0; 4000];
        let (length, from) = soon(trunk.recv_from(&mut buffer)).await.expect("an INVITE");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let named = |header: &str| text.lines().any(|l| l.starts_with(header) && l.contains(&from.to_string()));
        assert!(named("Via: ") && named("Contact: "), "{from}: {text}");
        assert_eq!(from.ip(), taken.ip(), "another network's socket may not reach it");
        trunk.send_to(&wire(&script::respond(&text, 486, "t", "", "")), from).await.expect("sent");
        let event = soon(events.recv()).await;
        assert!(matches!(event, Some(Event::Refused { code: 486, .. })), "{event:?}");
    }
    assert!(other.try_recv_from(&mut [0; 1]).is_err(), "nothing is for it");
}

fn by_datagrams(leg: u64, local: SocketAddr, remote: SocketAddr) -> Command {
    let Command::Invite { leg, mut call } = invite(leg, remote) else { unreachable!("an INVITE") };
    call.flow = Flow { transport: Transport::Udp, local, ..call.flow };
    Command::Invite { leg, call }
}

fn invite(leg: u64, remote: SocketAddr) -> Command {
    let party = NameAddr { display: Default::default(), uri: "sip:101@clinic.demo".into() };
    let flow = Flow { transport: Transport::Tcp, local: script::address("127.0.0.1:5060"), remote, connection: 0 };
    let (from, to) = (party.clone(), party);
    let call = OutgoingCall::new("sip:x@y", flow, from, to, "v=0");
    Command::Invite { leg: LegId::outgoing(leg), call: call.into() }
}

#[tokio::test]
async fn a_call_opens_a_connection_or_is_refused_at_once() {
    let mut running = start(16).await;
    let trunk = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = trunk.local_addr().expect("bound");
    running.commands.send(invite(1, address)).await.expect("it runs");
    let (mut stream, _) = soon(trunk.accept()).await.expect("a connection");
    let mut buffer = vec![0; 4000];
    let length = soon(stream.read(&mut buffer)).await.expect("an INVITE");
    assert!(buffer[..length].starts_with(b"INVITE sip:x@y SIP/2.0\r\n"));
    // The trunk goes away in the middle of it, and then does not listen at all.
    drop((stream, trunk));
    assert!(matches!(soon(running.events.recv()).await, Some(Event::Refused { code: 503, .. })));
    running.commands.send(invite(2, address)).await.expect("it runs");
    assert!(matches!(soon(running.events.recv()).await, Some(Event::Refused { code: 503, .. })));
}

/// After a restart a phone's flow knows only where we listen, which may be every address.
#[tokio::test]
async fn what_goes_to_a_phone_names_an_address_of_ours() {
    let running = start(16).await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let (transport, remote) = (Transport::Udp, phone.local_addr().expect("bound"));
    let local = SocketAddr::new("0.0.0.0".parse().expect("an address"), running.udp.port());
    let flow = Flow { transport, local, remote, connection: 0 };
    let party = || NameAddr { display: Default::default(), uri: "sip:101@clinic.demo".into() };
    let call = OutgoingCall::new("sip:x@y", flow, party(), party(), "v=0");
    let content = Content::Options;
    let sending = Sending { uri: "sip:x@y".into(), flow, route: Vec::new(), from: party(), to: party(), content };
    for order in [
        Command::Invite { leg: LegId::outgoing(1), call: call.into() },
        Command::Send { id: SendId(1), sending: sending.into() },
    ] {
        running.commands.send(order).await.expect("it runs");
        let mut buffer = [0; 2000];
        let (length, _) = soon(phone.recv_from(&mut buffer)).await.expect("a request");
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        assert!(text.contains(&format!("\r\nVia: SIP/2.0/UDP {};rport", running.udp)), "{text}");
    }
}

#[tokio::test]
async fn a_slow_user_loses_no_event() {
    let mut running = start(1).await;
    let mut phone = TcpStream::connect(running.tcp).await.expect("connected");
    let calls: usize = 3000;
    let flood: Vec<u8> = (0..calls)
        .flat_map(|n| {
            let text = request("INVITE", "sip:101@clinic.demo", &n.to_string(), 1, "", "v=0\n").replace("UDP", "TCP");
            wire(&text.replace("Call-ID: c1", &format!("Call-ID: c{n}")))
        })
        .collect();
    let (mut answers, mut requests) = phone.split();
    let write = async { requests.write_all(&flood).await.expect("written") };
    // Every call reaches the user, or is refused because the user is too slow.
    let count = async {
        let (mut told, mut refused, mut heard, mut part) = (0, 0, Vec::new(), vec![0; 4000]);
        while told + refused < calls {
            tokio::select! {
                event = soon(running.events.recv()) => {
                    told += usize::from(matches!(event, Some(Event::Invite { .. })));
                }
                read = answers.read(&mut part) => match read {
                    Ok(n @ 1..) => {
                        heard.extend_from_slice(&part[..n]);
                        refused += refusals(&heard);
                        // What may be the beginning of the next one stays.
                        heard.drain(..heard.len().saturating_sub(BUSY.len() - 1));
                    }
                    _ => panic!("the connection was closed"),
                },
            }
        }
        (told, refused)
    };
    let ((), (told, refused)) = soon(async { tokio::join!(write, count) }).await;
    assert!(told > 0 && told + refused == calls, "{told} were told, {refused} were refused");
}

const BUSY: &[u8] = b"SIP/2.0 503";

fn refusals(heard: &[u8]) -> usize {
    heard.windows(BUSY.len()).filter(|w| *w == BUSY).count()
}
