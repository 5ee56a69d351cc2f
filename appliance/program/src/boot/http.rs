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
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait after a failure to accept: descriptors are short, and trying at once would only burn the processor.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until the task ends.
#[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
pub(super) async fn serve(listener: TcpListener, tls: Option<Server>, router: axum::Router) {
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
            connection(stream, remote, tls, router).await;
            drop(permit);
        });
    }
}

async fn connection(stream: TcpStream, remote: SocketAddr, tls: Option<Server>, router: axum::Router) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => requests(stream, remote, router).await,
        Some(server) => {
            if let Ok(Ok(stream)) = timeout(PATIENCE, server.accept(stream)).await {
                requests(stream, remote, router).await;
            }
        }
    }
}

async fn requests(stream: impl Stream + 'static, remote: SocketAddr, router: axum::Router) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(remote));
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    // An error is of this peer alone.
    let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
}
