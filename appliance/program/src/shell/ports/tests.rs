//! Ports in the network, with sockets of the system at both ends.

use std::net::SocketAddr;
use std::time::Duration;

use fax::line::port::Told;
use model::settings::Network;
use model::time::Clock;
use modem::rfc2217::{Client, Lines};
use rustix::net::sockopt;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Came;
use super::far::Far;

const LOOPBACK: &str = "127.0.0.0/8";

/// A port for programs in this range, and where it is.
async fn port(from: &str) -> (Far, SocketAddr) {
    let from = Network::parse(from).expect("a range");
    let port = Far::open("fax", ([127, 0, 0, 1], 0).into(), vec![from], Clock::start()).await.expect("a port");
    let at = port.address().expect("an address");
    (port, at)
}

/// What its modem is told next.
async fn told(port: &mut Far, takes_bytes: bool) -> Told {
    loop {
        if let Came::Told(told) = port.next(takes_bytes).await.expect("it stands") {
            return told;
        }
    }
}

/// A program with its end of RFC 2217.
struct Program {
    stream: TcpStream,
    client: Client,
}

impl Program {
    async fn at(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.expect("it listens"), client: Client::new() }
    }

    async fn send(&mut self) {
        let bytes = self.client.to_send();
        self.stream.write_all(&bytes).await.expect("it is connected");
    }

    async fn writes(&mut self, bytes: &[u8]) {
        self.client.write(bytes);
        self.send().await;
    }

    /// What the port says next.
    async fn reads(&mut self) -> Vec<u8> {
        loop {
            let mut chunk = [0; 256];
            let length = self.stream.read(&mut chunk).await.expect("it is connected");
            assert!(length > 0, "the port has closed");
            let data = self.client.receive(&chunk[..length]);
            self.send().await;
            if !data.is_empty() {
                return data;
            }
        }
    }
}

#[tokio::test]
async fn a_program_in_the_network_writes_to_the_modem_reads_it_and_lets_go_of_it() {
    let (mut port, at) = port(LOOPBACK).await;
    let mut program = Program::at(at).await;
    program.writes(b"AT\r").await;
    assert_eq!(told(&mut port, true).await, Told::Bytes(b"AT\r".to_vec()));
    port.write(b"OK\r\n");
    tokio::select! {
        told = told(&mut port, true) => panic!("nobody said {told:?}"),
        said = program.reads() => assert_eq!(said, b"OK\r\n"),
    }
    // What the modem has not taken when the program lets go is for nobody.
    program.client.write(b"ATD5551234\r");
    program.client.dtr(false);
    program.writes(b"ATH\r").await;
    assert_eq!(told(&mut port, false).await, Told::Closed);
    assert_eq!(told(&mut port, true).await, Told::Bytes(b"ATH\r".to_vec()));
}

#[tokio::test]
async fn one_program_has_it_at_a_time_and_it_is_free_again_when_that_is_gone() {
    let (mut port, at) = port(LOOPBACK).await;
    let mut first = Program::at(at).await;
    first.writes(b"AT\r").await;
    told(&mut port, true).await;
    let mut second = Program::at(at).await;
    second.send().await;
    let mut said = Vec::new();
    tokio::select! {
        told = told(&mut port, true) => panic!("nobody said {told:?}"),
        read = second.stream.read_to_end(&mut said) => drop(read.expect("it is closed in order")),
    }
    assert_eq!(String::from_utf8_lossy(&said), "This fax port is in use by another program.\r\n");
    // The first has not noticed; then it vanishes.
    first.writes(b"AT\r").await;
    assert_eq!(told(&mut port, true).await, Told::Bytes(b"AT\r".to_vec()));
    sockopt::set_socket_linger(&first.stream, Some(Duration::ZERO)).expect("an option");
    drop(first);
    assert_eq!(told(&mut port, true).await, Told::Closed);
    let mut third = Program::at(at).await;
    third.writes(b"ATI\r").await;
    assert_eq!(told(&mut port, true).await, Told::Bytes(b"ATI\r".to_vec()));
}

/// Also while the modem takes nothing.
#[tokio::test]
async fn a_program_that_vanishes_behind_a_page_that_the_modem_does_not_take_is_missed_at_once() {
    let (mut port, at) = port(LOOPBACK).await;
    let mut program = Program::at(at).await;
    program.writes(b"AT\r").await;
    told(&mut port, true).await;
    program.writes(&[0; 64 * 1024]).await;
    while port.holds() < 4096 {
        tokio::select! {
            biased;
            told = told(&mut port, false) => panic!("nobody said {told:?}"),
            () = tokio::task::yield_now() => {}
        }
    }
    sockopt::set_socket_linger(&program.stream, Some(Duration::ZERO)).expect("an option");
    drop(program);
    assert_eq!(told(&mut port, false).await, Told::Closed);
}

#[tokio::test]
async fn who_may_not_is_answered_nothing() {
    let (mut port, at) = port("127.0.0.2/32").await;
    let mut stranger = TcpStream::connect(at).await.expect("the system takes it");
    let mut said = Vec::new();
    tokio::select! {
        told = told(&mut port, true) => panic!("nobody said {told:?}"),
        read = stranger.read_to_end(&mut said) => assert!(read.is_err() && said.is_empty(), "{read:?} {said:?}"),
    }
}

#[tokio::test]
async fn one_that_asks_without_end_and_reads_nothing_is_not_listened_to() {
    let (mut port, at) = port(LOOPBACK).await;
    let mut program = Program::at(at).await;
    program.writes(b"AT\r").await;
    told(&mut port, true).await;
    // What it says of an unknown option is refused each time.
    let asks = [255, 251, 77].repeat(4096);
    let (mut sent, mut idle) = (0_usize, 0);
    while idle < 1000 {
        match program.stream.try_write(&asks) {
            Ok(length) => (sent, idle) = (sent + length, 0),
            Err(_) => idle += 1,
        }
        tokio::select! {
            biased;
            told = told(&mut port, true) => panic!("nobody said {told:?}"),
            () = tokio::task::yield_now() => {}
        }
        assert!(port.holds() < 64 * 1024, "it holds {} of {sent}", port.holds());
        assert!(sent < 64 * 1024 * 1024, "it is listened to for ever");
    }
    for _ in 0..1000 {
        port.write(&[0; 1024]);
        port.lines(Lines { ring: true, ..Lines::FREE });
    }
    assert!(port.holds() < 64 * 1024 + 256, "it holds {}", port.holds());
}

#[tokio::test]
async fn one_that_is_dead_is_asked_and_let_go_after_half_a_minute() {
    let (mut port, at) = port(LOOPBACK).await;
    let mut program = Program::at(at).await;
    program.writes(b"AT\r").await;
    told(&mut port, true).await;
    let stream = port.stream().expect("a program has it");
    assert!(sockopt::socket_keepalive(stream).expect("an option"));
    let asked = sockopt::tcp_keepintvl(stream).expect("an option") * sockopt::tcp_keepcnt(stream).expect("an option");
    assert_eq!(sockopt::tcp_keepidle(stream).expect("an option") + asked, Duration::from_secs(30));
    assert_eq!(sockopt::tcp_user_timeout(stream).expect("an option"), 30_000);
}
