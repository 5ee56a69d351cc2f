//! The one HTTP server under the console, with TLS or without. It bounds what `axum::serve` does not: how many connections there are, and how
//! long a peer may take to shake hands and to say what it wants, so that nobody who connects and says nothing can keep others out.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sip::io::Stream;
use sip::io::tls::Server;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::ServiceExt;

/// Connections at once: a browser has six, and each open page one more for its changes.
const MAX_CONNECTIONS: usize = 512;
/// How long a TLS handshake, or the head of a request, may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after a failure to accept: descriptors are short, and trying at once would only burn the processor.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until the task ends.
#[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
pub(super) async fn serve(listener: TcpListener, tls: Option<Server>, router: axum::Router, patience: Duration) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // A full house keeps later ones in the backlog of the system.
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let Ok((stream, remote)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let (tls, router) = (tls.clone(), router.clone());
        tokio::spawn(async move {
            connection(stream, remote, tls, router, patience).await;
            drop(permit);
        });
    }
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    tls: Option<Server>,
    router: axum::Router,
    patience: Duration,
) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => requests(stream, remote, router, patience).await,
        Some(server) => {
            if let Ok(Ok(stream)) = timeout(patience, server.accept(stream)).await {
                requests(stream, remote, router, patience).await;
            }
        }
    }
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

    use super::*;

    #[tokio::test]
    async fn a_peer_that_does_not_say_what_it_wants_is_let_go() {
        let key = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
        let identity = Identity::from_pem(key.cert.pem().as_bytes(), key.signing_key.serialize_pem().as_bytes());
        let server = Server::new(identity.expect("readable"), &Clients::Anybody).expect("usable");
        for (tls, said) in [(None, "GET / HTTP/1.1\r\nHost: x\r\n"), (Some(server), "\x16\x03\x01")] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("bound");
            #[allow(clippy::disallowed_methods, reason = "the server runs beside its test")]
            tokio::spawn(serve(listener, tls, axum::Router::new(), Duration::from_millis(200)));
            let mut stream = TcpStream::connect(address).await.expect("connected");
            stream.write_all(said.as_bytes()).await.expect("written");
            let mut answer = Vec::new();
            let ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
            assert!(ended.is_ok(), "it is still there");
        }
    }
}
