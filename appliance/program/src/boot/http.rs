//! The one HTTP server under the console, with TLS or without. It bounds what `axum::serve` does not: how many connections there are, in
//! all and of one source, and how long a peer may take to shake hands and to say what it wants, so that nobody who connects and says nothing
//! can keep others out.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use model::Source;
use rustix::net::sockopt;
use sip::io::Stream;
use sip::io::tls::Server;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower::ServiceExt;

/// What is bounded.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Connections at once: a browser has six, and each open page one more for its changes.
    all: usize,
    /// Of one source: a quarter, so that nobody who takes all of theirs leaves none to others, and a proxy in front of us has enough.
    of_one: usize,
    /// How long a TLS handshake, or the head of a request, may take.
    patience: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { all: 512, of_one: 128, patience: Duration::from_secs(10) }
    }
}

/// After so long without a word a peer is asked whether it is still there, and a few times more: one that went away without saying so must not
/// keep its place, nor what it was about to send a turn.
const QUIET: Duration = Duration::from_secs(30);
const ASKED_AGAIN: Duration = Duration::from_secs(10);
const ASKED: u32 = 3;

/// How long to wait after a failure to accept: descriptors are short, and trying at once would only burn the processor.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until the task ends.
#[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
pub(super) async fn serve(listener: TcpListener, tls: Option<Server>, router: axum::Router, bounds: Bounds) {
    let room = Arc::new(Semaphore::new(bounds.all));
    let sources = Arc::new(Mutex::new(HashMap::new()));
    loop {
        // A full house keeps later ones in the backlog of the system.
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let Ok((stream, remote)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        // One of a source that has all of theirs is closed at once.
        let Some(place) = Place::take(&sources, remote, bounds.of_one, permit) else { continue };
        let (tls, router) = (tls.clone(), router.clone());
        tokio::spawn(async move {
            connection(stream, remote, tls, router, bounds.patience).await;
            drop(place);
        });
    }
}

/// The room that a connection takes, given back with it.
struct Place {
    source: Source,
    sources: Arc<Mutex<HashMap<Source, usize>>>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn take(
        sources: &Arc<Mutex<HashMap<Source, usize>>>,
        remote: SocketAddr,
        most: usize,
        permit: OwnedSemaphorePermit,
    ) -> Option<Self> {
        let source = Source::of(remote.ip());
        let mut taken = sources.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(source).or_insert(0);
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Self { source, sources: sources.clone(), _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.source);
            }
        }
    }
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    tls: Option<Server>,
    router: axum::Router,
    patience: Duration,
) {
    watch(&stream);
    match tls {
        None => requests(stream, remote, router, patience).await,
        Some(server) => {
            if let Ok(Ok(stream)) = timeout(patience, server.accept(stream)).await {
                requests(stream, remote, router, patience).await;
            }
        }
    }
}

/// These are wishes; a stream without them works. A peer that does not take what it is sent for as long is gone too; it would be waited for a
/// quarter of an hour. (A browser that stops taking a long recording asks for the rest of it when it goes on.)
fn watch(stream: &TcpStream) {
    let gone = QUIET + ASKED_AGAIN * ASKED;
    let _ = sockopt::set_tcp_user_timeout(stream, u32::try_from(gone.as_millis()).unwrap_or(u32::MAX));
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_tcp_keepidle(stream, QUIET);
    let _ = sockopt::set_tcp_keepintvl(stream, ASKED_AGAIN);
    let _ = sockopt::set_tcp_keepcnt(stream, ASKED);
    let _ = sockopt::set_socket_keepalive(stream, true);
}

async fn requests(stream: impl Stream + 'static, remote: SocketAddr, router: axum::Router, patience: Duration) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(remote));
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    // An error is of this peer alone.
    let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}

#[cfg(test)]
mod tests {
    use sip::io::tls::{Clients, Identity};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpSocket;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    #[allow(clippy::disallowed_methods, reason = "the server runs beside its test")]
    async fn serving(tls: Option<Server>, bounds: Bounds) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(serve(listener, tls, axum::Router::new(), bounds));
        address
    }

    async fn connected(from: [u8; 4], to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind((from, 0).into()).expect("loopback has many addresses");
        socket.connect(to).await.expect("connected")
    }

    /// What a request is answered with; nothing, if the connection is closed before.
    async fn asked(from: [u8; 4], to: SocketAddr) -> String {
        let mut stream = connected(from, to).await;
        let mut answer = String::new();
        let ask = async {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
            stream.read_to_string(&mut answer).await
        };
        // One that is closed may say so as an error.
        let _ = timeout(LONG, ask).await.expect("in time");
        answer
    }

    #[tokio::test]
    async fn a_peer_that_does_not_say_what_it_wants_is_let_go() {
        let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let identity = Identity::from_pem(key.cert.pem().as_bytes(), key.signing_key.serialize_pem().as_bytes());
        let server = Server::new(identity.expect("readable"), &Clients::Anybody).expect("usable");
        for (tls, said) in [(None, "GET / HTTP/1.1\r\nHost: x\r\n"), (Some(server), "\x16\x03\x01")] {
            let patience = Duration::from_millis(200);
            let address = serving(tls, Bounds { patience, ..Bounds::default() }).await;
            let mut stream = TcpStream::connect(address).await.expect("connected");
            stream.write_all(said.as_bytes()).await.expect("written");
            let mut answer = Vec::new();
            let ended = timeout(LONG, stream.read_to_end(&mut answer)).await;
            assert!(ended.is_ok(), "it is still there");
        }
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_without_a_word_is_found_out() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let _peer = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("connected");
        let (stream, _) = listener.accept().await.expect("a connection");
        watch(&stream);
        assert!(sockopt::socket_keepalive(&stream).expect("an option"));
        assert_eq!(sockopt::tcp_keepidle(&stream).expect("an option"), QUIET);
        assert_eq!(sockopt::tcp_keepintvl(&stream).expect("an option"), ASKED_AGAIN);
        // The same minute for what is sent to it: without this it is fifteen.
        assert_eq!(sockopt::tcp_user_timeout(&stream).expect("an option"), 60_000);
    }

    #[tokio::test]
    async fn who_takes_all_of_theirs_keeps_nobody_else_out() {
        let address = serving(None, Bounds { all: 8, of_one: 4, patience: LONG * 3 }).await;
        let mut silent = Vec::new();
        for _ in 0..40 {
            silent.push(connected([127, 0, 0, 66], address).await);
        }
        assert!(asked([127, 0, 0, 1], address).await.starts_with("HTTP/1.1 404"), "another is served");
        assert_eq!(asked([127, 0, 0, 66], address).await, "", "one more of theirs is closed");
        // A place that is given back is there again, once the server has seen that it was.
        silent.truncate(3);
        let again = async { while asked([127, 0, 0, 66], address).await.is_empty() {} };
        timeout(LONG, again).await.expect("in time");
    }
}
