//! How long the shell waits for peers.

use std::time::Duration;

/// How long the shell waits for peers, each with its reason. The defaults are for a clinic; a test has less time.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a connection of ours to open. A call gives an address up that is silent for four seconds: before that, what is only too large for a
    /// datagram must have learnt that it has to go as one.
    pub connect: Duration,
    /// For a TLS handshake, from its first byte to its last: a phone on a slow line takes two seconds.
    pub handshake: Duration,
    /// For the first message on a new connection.
    pub first_bytes: Duration,
    /// For the next one: a registration is renewed within the hour.
    pub idle: Duration,
    /// For one message to be written; a peer that stops reading is dropped.
    pub write: Duration,
    /// Between the pings on a WebSocket: shorter than what NATs and web proxies forget a quiet connection after.
    pub ping: Duration,
    /// For a whole frame on a WebSocket. Each browser answers a ping, so this is a dead one, or one whose frame never ends.
    pub silence: Duration,
    /// Of quiet before a connection that we opened is kept alive (RFC 5626 section 4.4.1: 95 to 120 s).
    pub keepalive: Duration,
    /// For the answer to that, from a peer that has answered before (RFC 5626 section 4.4.1).
    pub pong: Duration,
    /// For the system of a peer that we connected to, to acknowledge what was sent. Somebody waits for the answer, a caller for help among them; left
    /// to itself our system tries for a quarter of an hour, and takes all that is written meanwhile. In this time it tries five times; what is
    /// closed in vain is opened again, and calls that ring or talk go on.
    pub acknowledged: Duration,
    /// For a sign of life of the system of one that connected to us, also when it was only asked for one. A phone that is carried to another access
    /// point is out of reach for some seconds.
    pub reach: Duration,
    /// Of quiet before it is asked: three questions fit into the rest of that time, since each may get lost. A connection that we opened has its
    /// keep-alives.
    pub quiet: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            handshake: Duration::from_secs(10),
            first_bytes: Duration::from_secs(30),
            idle: Duration::from_mins(65),
            write: Duration::from_secs(10),
            ping: Duration::from_secs(25),
            silence: Duration::from_secs(70),
            keepalive: Duration::from_secs(95),
            pong: Duration::from_secs(10),
            acknowledged: Duration::from_secs(6),
            reach: Duration::from_secs(30),
            quiet: Duration::from_secs(20),
        }
    }
}
