//! The way in for connections that somebody else accepted: the console, whose port browsers come to.

use std::net::SocketAddr;

use model::Pii;
use tokio::sync::mpsc;

use super::link::Stream;

/// Connections that wait for the shell. It takes them at once; more than these at one moment are a flood.
const MAX_ARRIVALS: usize = 64;

/// A stream that was upgraded to a SIP WebSocket (RFC 7118), with what the stream itself cannot tell any more.
pub struct Arrival {
    /// The stream, behind the HTTP that led to it.
    pub stream: Box<dyn Stream>,
    /// Our end.
    pub local: SocketAddr,
    /// Their end: who may speak with us is decided by it.
    pub remote: SocketAddr,
    /// True if it is under TLS.
    pub secure: bool,
    /// Whose it is, if whoever hands it in has seen that: a phone of the console, whose person is signed in there. All that comes by this
    /// connection is then that user's, without a digest.
    pub user: Option<Pii<String>>,
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Arrival")
    }
}

/// Hands connections to a running shell. All clones lead to the same one.
#[derive(Clone, Debug)]
pub struct Door(mpsc::Sender<Arrival>);

impl Door {
    pub(super) fn new() -> (Self, mpsc::Receiver<Arrival>) {
        let (sender, receiver) = mpsc::channel(MAX_ARRIVALS);
        (Self(sender), receiver)
    }

    /// Hands a connection over. False if the shell is gone or flooded; the connection is closed then.
    pub fn accept(&self, arrival: Arrival) -> bool {
        self.0.try_send(arrival).is_ok()
    }
}
