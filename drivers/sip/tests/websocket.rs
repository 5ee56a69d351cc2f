//! SIP WebSockets (RFC 7118) over real sockets. The HTTP upgrade is the console's; here the streams are upgraded already.

mod net;

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use net::{Authority, Running, Wanted, answers, ended, options, register, soon, start};
use sip::io::{Arrival, Patience};
use sip::{Command, Peers, Transport};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

/// A raw stream that was handed in at the door, as the browser holds it.
async fn raw(running: &Running) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let local: SocketAddr = listener.local_addr().expect("bound");
    let (browser, accepted) = tokio::join!(TcpStream::connect(local), listener.accept());
    let (stream, remote) = accepted.expect("accepted");
    assert!(running.door.accept(Arrival { stream: Box::new(stream), local, remote, secure: true, user: None }));
    browser.expect("connected")
}

async fn browser(running: &Running) -> WebSocketStream<TcpStream> {
    WebSocketStream::from_raw_socket(raw(running).await, Role::Client, None).await
}

async fn text(socket: &mut WebSocketStream<TcpStream>) -> String {
    loop {
        match soon(socket.next()).await {
            Some(Ok(Message::Text(text))) => return text.to_string(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            other => panic!("no message: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_browser_registers_and_is_called_over_its_socket() {
    let mut running = start(&Authority::new(), Wanted::default()).await;
    let mut socket = browser(&running).await;
    // Content-Length may be left out: the frame bounds the message (RFC 7118 section 5).
    let short = options("1", "WSS").replace("Content-Length: 0\r\n", "");
    socket.send(short.into()).await.expect("sent");
    assert!(text(&mut socket).await.starts_with("SIP/2.0 200 OK\r\n"));
    socket.send(Message::Binary(register("2", "WSS").into())).await.expect("sent");
    let flow = running.registered().await;
    assert_eq!(flow.transport, Transport::Wss);
    assert!(text(&mut socket).await.starts_with("SIP/2.0 200 OK\r\n"));
    running.call(1, flow).await;
    let invite = text(&mut socket).await;
    assert!(
        invite.starts_with("INVITE ") && invite.contains("Via: SIP/2.0/WSS ") && invite.ends_with("v=0"),
        "{invite}"
    );
    // A reload of the page: the call must not wait for the browser to be connected to, which nobody can.
    drop(socket);
    assert_eq!(running.refused().await, 503);
    running.call(2, flow).await;
    assert_eq!(running.refused().await, 503);
}

#[tokio::test]
async fn both_kinds_of_keep_alive_are_answered() {
    let patience = Patience { ping: Duration::from_millis(50), ..Patience::default() };
    let running = start(&Authority::new(), Wanted { patience, ..Wanted::default() }).await;
    let mut socket = browser(&running).await;
    socket.send("\r\n\r\n".into()).await.expect("sent");
    assert_eq!(text(&mut socket).await, "\r\n");
    socket.send(Message::Ping("x".into())).await.expect("sent");
    let (mut pinged, mut ponged) = (false, false);
    while !(pinged && ponged) {
        match soon(socket.next()).await {
            Some(Ok(Message::Ping(_))) => pinged = true,
            Some(Ok(Message::Pong(data))) => ponged = data == "x",
            other => panic!("no keep-alive: {other:?}"),
        }
    }
}

#[tokio::test]
async fn frames_that_drip_or_lie_end_their_socket_alone() {
    let patience =
        Patience { silence: Duration::from_millis(500), ping: Duration::from_millis(100), ..Patience::default() };
    let running = start(&Authority::new(), Wanted { patience, ..Wanted::default() }).await;
    // Masked, with the key 0. A frame that is promised and does not come; one of a gigabyte; one without a mask; an opcode that is none.
    let hostile: [&[u8]; 4] = [
        b"\x81\xfe\x03\xe8\0\0\0\0OPTIONS",
        b"\x81\xff\0\0\0\0\x3b\x9a\xca\0\0\0\0\0OPTIONS",
        b"\x81\x07OPTIONS",
        b"\x83\x87\0\0\0\0OPTIONS",
    ];
    let mut sockets = Vec::new();
    for bytes in hostile {
        let mut stream = raw(&running).await;
        stream.write_all(bytes).await.expect("written");
        sockets.push(stream);
    }
    let mut other = TcpStream::connect(running.tcp).await.expect("connected");
    for (n, mut stream) in sockets.into_iter().enumerate() {
        ended(&mut stream).await;
        assert!(answers(&mut other, &n.to_string(), "TCP").await);
    }
    // Fragments add up to one message, with the same bound.
    let mut stream = raw(&running).await;
    let fragment = [b"\x01\xfe\x80\0\0\0\0\0".as_slice(), &[b'x'; 0x8000]].concat();
    let more = [b"\0\xfe\x80\0\0\0\0\0".as_slice(), &[b'x'; 0x8000]].concat();
    let sent = async {
        stream.write_all(&fragment).await?;
        stream.write_all(&more).await?;
        stream.write_all(&more).await
    };
    let _ = soon(sent).await;
    ended(&mut stream).await;
}

#[tokio::test]
async fn a_browser_that_never_reads_is_dropped_and_stalls_nobody() {
    let running = start(&Authority::new(), Wanted::default()).await;
    running.with_a_large_share().await;
    let mut frozen = browser(&running).await;
    let mut other = TcpStream::connect(running.tcp).await.expect("connected");
    let padding = format!(";rport;padding={}", "x".repeat(7000));
    let long = options("1", "WSS").replace(";rport", &padding);
    for n in 0..20_000 {
        if soon(frozen.send(long.clone().into())).await.is_err() {
            return;
        }
        if n % 10 == 0 {
            assert!(answers(&mut other, &n.to_string(), "TCP").await);
        }
    }
    panic!("its answers were kept without bound");
}

#[tokio::test]
async fn who_may_speak_is_decided_by_the_browsers_address() {
    let running = start(&Authority::new(), Wanted::default()).await;
    running.commands.send(Command::SetPeers(Peers::default())).await.expect("it runs");
    // The order of a command and a connection is not given; but the first that is refused shows that the order came.
    for _ in 0..1000 {
        let mut socket = browser(&running).await;
        let _ = socket.send(options("1", "WSS").into()).await;
        if !matches!(soon(socket.next()).await, Some(Ok(Message::Text(_)))) {
            return;
        }
    }
    panic!("a stranger was served");
}
