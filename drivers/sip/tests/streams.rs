//! Streams over real sockets, and what peers do to them: dripping, flooding, promising a gigabyte, reading nothing, being IPv6.

mod net;

use std::time::Duration;

use net::{Authority, Wanted, answers, ended, head, options, soon, start};
use sip::io::Patience;
use sip::{Advertised, Command, LegId, NameAddr, OutgoingCall, Transport, Trunk};
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

#[tokio::test]
async fn a_message_that_drips_is_cut_off_and_a_gigabyte_is_refused() {
    let clinic = Authority::new();
    let running = start(&clinic, Wanted { partial: Duration::from_millis(300), ..Wanted::default() }).await;
    let mut tcp = TcpStream::connect(running.tcp).await.expect("connected");
    let mut tls = clinic.connect(running.tls).await.expect("connected");
    let half = &options("1", "TCP")[..60];
    tcp.write_all(half.as_bytes()).await.expect("written");
    tls.write_all(half.as_bytes()).await.expect("written");
    ended(&mut tcp).await;
    ended(&mut tls).await;
    let mut tls = clinic.connect(running.tls).await.expect("connected");
    let gigabyte = options("2", "TLS").replace("Content-Length: 0", "Content-Length: 1000000000");
    tls.write_all(gigabyte.as_bytes()).await.expect("written");
    assert!(head(&mut tls).await.starts_with("SIP/2.0 413 "));
    ended(&mut tls).await;
}

#[tokio::test]
async fn a_connection_that_says_nothing_makes_room() {
    let clinic = Authority::new();
    let patience = Patience { first_bytes: Duration::from_millis(300), ..Patience::default() };
    let running = start(&clinic, Wanted { patience, ..Wanted::default() }).await;
    let mut silent = TcpStream::connect(running.tcp).await.expect("connected");
    let mut spoken = TcpStream::connect(running.tcp).await.expect("connected");
    assert!(answers(&mut spoken, "1", "TCP").await);
    ended(&mut silent).await;
    assert!(answers(&mut spoken, "2", "TCP").await, "one that has spoken may be quiet");
}

#[tokio::test]
async fn a_flood_of_connections_from_one_address_keeps_nobody_else_out() {
    let clinic = Authority::new();
    let running = start(&clinic, Wanted::default()).await;
    let from = async |ip: &str| {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(format!("{ip}:0").parse().expect("address")).expect("an address of the loopback");
        socket.connect(running.tcp).await
    };
    let mut held = Vec::new();
    let mut served = 0;
    for n in 0..100 {
        let mut stream = from("127.0.0.2").await.expect("the system accepts");
        served += usize::from(answers(&mut stream, &n.to_string(), "TCP").await);
        held.push(stream);
    }
    assert_eq!(served, 100, "each finds room, and takes it from the oldest of its own address");
    assert!(!answers(&mut held[35], "gone", "TCP").await);
    assert!(answers(&mut held[36], "there", "TCP").await, "64 connections of one address");
    let mut other = from("127.0.0.3").await.expect("connected");
    assert!(answers(&mut other, "x", "TCP").await);
    held.clear();
    let mut again = from("127.0.0.2").await.expect("connected");
    while !answers(&mut again, "y", "TCP").await {
        again = from("127.0.0.2").await.expect("connected");
    }
}

/// Sends requests and reads no answer, until the connection is dropped; others are served meanwhile.
async fn flood(mut frozen: impl AsyncWrite + Unpin, running: &net::Running, transport: &str) {
    running.with_a_large_share().await;
    let mut other = TcpStream::connect(running.tcp).await.expect("connected");
    // Long Vias make long answers.
    let padding = format!(";rport;padding={}", "x".repeat(7000));
    let long = options("1", transport).replace(";rport", &padding).repeat(10);
    for n in 0..2000 {
        let sent = async {
            frozen.write_all(long.as_bytes()).await?;
            frozen.flush().await
        };
        if soon(sent).await.is_err() {
            return;
        }
        assert!(answers(&mut other, &n.to_string(), "TCP").await);
    }
    panic!("its answers were kept without bound");
}

#[tokio::test]
async fn a_peer_over_tls_that_never_reads_is_dropped_and_stalls_nobody() {
    let clinic = Authority::new();
    let running = start(&clinic, Wanted::default()).await;
    let frozen = clinic.connect(running.tls).await.expect("connected");
    flood(frozen, &running, "TLS").await;
}

#[tokio::test]
async fn a_connection_that_we_opened_is_kept_alive() {
    let clinic = Authority::new();
    let patience =
        Patience { keepalive: Duration::from_millis(50), pong: Duration::from_millis(300), ..Patience::default() };
    let mut running = start(&clinic, Wanted { patience, ..Wanted::default() }).await;
    let carrier = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    running.call(1, running.towards(Transport::Tcp, carrier.local_addr().expect("bound"))).await;
    let (mut stream, _) = soon(carrier.accept()).await.expect("a connection");
    assert!(head(&mut stream).await.starts_with("INVITE "));
    let mut body = [0; 3];
    soon(stream.read_exact(&mut body)).await.expect("SDP");
    // It never answered a ping, so its silence means nothing.
    let mut ping = [0; 4];
    for _ in 0..3 {
        soon(stream.read_exact(&mut ping)).await.expect("a ping");
        assert_eq!(&ping, b"\r\n\r\n");
    }
    stream.write_all(b"\r\n").await.expect("written");
    // Now it did, and stops.
    assert_eq!(running.refused().await, 503);
    ended(&mut stream).await;
}

/// A stream that cannot be read on is closed, and whoever waits for an answer by it knows at once.
#[tokio::test]
async fn a_carrier_that_sends_no_sip_at_all_answers_nobody() {
    let clinic = Authority::new();
    let mut running = start(&clinic, Wanted::default()).await;
    let carrier = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    running.call(1, running.towards(Transport::Tcp, carrier.local_addr().expect("bound"))).await;
    let (mut stream, _) = soon(carrier.accept()).await.expect("a connection");
    assert!(head(&mut stream).await.starts_with("INVITE "));
    stream.write_all(&[b'x'; 70_000]).await.expect("written");
    assert_eq!(running.refused().await, 503);
}

/// A carrier that takes what is sent and is gone: as after a router forgot the connection, and the system has given it up.
#[tokio::test]
async fn a_call_over_a_connection_that_ends_goes_once_more_by_a_new_one() {
    let clinic = Authority::new();
    let mut running = start(&clinic, Wanted::default()).await;
    let carrier = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let flow = running.towards(Transport::Tcp, carrier.local_addr().expect("bound"));
    let trunk = Trunk::new("main", "carrier.example", vec![flow]);
    running.commands.send(Command::SetTrunks(vec![trunk])).await.expect("it runs");
    let party = NameAddr { display: Default::default(), uri: "sip:101@clinic.demo".into() };
    let call = OutgoingCall::new("sip:911@carrier.example", flow, party.clone(), party, "");
    let call = OutgoingCall { trunk: Some("main".into()), ..call };
    let order = |leg| Command::Invite { leg: LegId::outgoing(leg), call: call.clone().into() };
    running.commands.send(order(1)).await.expect("it runs");
    let (mut before, _) = soon(carrier.accept()).await.expect("a connection");
    let refusal = head(&mut before).await.replace("INVITE sip:911@carrier.example SIP/2.0", "SIP/2.0 486 Busy Here");
    before.write_all(refusal.as_bytes()).await.expect("written");
    assert_eq!(running.refused().await, 486);
    assert!(head(&mut before).await.starts_with("ACK "));
    running.commands.send(order(2)).await.expect("it runs");
    assert!(head(&mut before).await.starts_with("INVITE "));
    drop(before);
    let (mut after, _) = soon(carrier.accept()).await.expect("another connection");
    assert!(head(&mut after).await.starts_with("INVITE "));
    // It has not shown yet that anybody is there.
    drop(after);
    assert_eq!(running.refused().await, 503);
}

#[tokio::test]
async fn everything_works_over_ipv6() {
    if UdpSocket::bind("[::1]:0").await.is_err() {
        return skip::skipped("this system has no ::1");
    }
    let clinic = Authority::new();
    let mut running = start(&clinic, Wanted { ip: "::1", ..Wanted::default() }).await;
    let mut tcp = TcpStream::connect(running.tcp).await.expect("connected");
    assert!(answers(&mut tcp, "1", "TCP").await);
    let mut tls = clinic.connect(running.tls).await.expect("connected");
    assert!(answers(&mut tls, "2", "TLS").await);
    let phone = UdpSocket::bind("[::1]:0").await.expect("a port");
    phone.send_to(net::register("3", "UDP").as_bytes(), running.udp).await.expect("sent");
    let flow = running.registered().await;
    let mut buffer = [0; 2000];
    let (length, _) = soon(phone.recv_from(&mut buffer)).await.expect("an answer");
    let answer = String::from_utf8_lossy(&buffer[..length]);
    assert!(answer.starts_with("SIP/2.0 200 OK\r\n") && answer.contains(";received=::1"), "{answer}");
    running.call(1, flow).await;
    let (length, _) = soon(phone.recv_from(&mut buffer)).await.expect("an INVITE");
    let invite = String::from_utf8_lossy(&buffer[..length]);
    let here = format!("[::1]:{}", running.udp.port());
    assert!(invite.contains(&format!("Via: SIP/2.0/UDP {here};")), "{invite}");
    assert!(invite.contains(&format!("Contact: <sip:{here}>")), "{invite}");
}

#[tokio::test]
async fn a_peer_is_told_the_address_that_it_can_reach() {
    let clinic = Authority::new();
    let running = start(&clinic, Wanted::default()).await;
    let network = |text: &str| model::settings::Network::parse(text).expect("a network");
    let advertised = vec![
        Advertised { network: network("127.0.0.2"), address: "203.0.113.5".parse().expect("address") },
        Advertised { network: network("127.0.0.3"), address: "198.51.100.7".parse().expect("address") },
    ];
    running.commands.send(Command::SetAdvertised(advertised)).await.expect("it runs");
    let port = running.udp.port();
    for (leg, (peer, name)) in [("127.0.0.1", "127.0.0.1"), ("127.0.0.2", "203.0.113.5"), ("127.0.0.3", "198.51.100.7")]
        .into_iter()
        .enumerate()
    {
        let phone = UdpSocket::bind((peer, 0)).await.expect("a port");
        let flow = running.towards(Transport::Udp, phone.local_addr().expect("bound"));
        running.call(leg as u64, flow).await;
        let mut buffer = [0; 2000];
        let (length, from) = soon(phone.recv_from(&mut buffer)).await.expect("an INVITE");
        let invite = String::from_utf8_lossy(&buffer[..length]);
        assert_eq!(from, running.udp, "it comes from the same socket all the same");
        assert!(
            invite.contains(&format!("UDP {name}:{port};")) && invite.contains(&format!("<sip:{name}:{port}>")),
            "{invite}"
        );
    }
}

#[tokio::test]
async fn a_stun_keep_alive_tells_the_outer_address() {
    let clinic = Authority::new();
    let running = start(&clinic, Wanted::default()).await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let transaction = *b"\x21\x12\xa4\x42abcdefghijkl";
    phone.send_to(&[b"\0\x01\0\0".as_slice(), &transaction].concat(), running.udp).await.expect("sent");
    let mut buffer = [0; 100];
    let (length, _) = soon(phone.recv_from(&mut buffer)).await.expect("an answer");
    let port = (phone.local_addr().expect("bound").port() ^ 0x2112).to_be_bytes();
    let expected = [b"\x01\x01\0\x0c", &transaction[..], b"\0\x20\0\x08\0\x01", &port, b"\x5e\x12\xa4\x43"].concat();
    assert_eq!(&buffer[..length], expected);
}
