//! The tokio shells around [`Inbound`] and [`Client`]. They move bytes and time and decide nothing.
//!
//! Bounds: connections in all and from one address ([`Limits`]), one read of [`READ`] bytes, writes of at most [`WRITE`] each. Above the
//! limits a client hears 421 and is closed, without a task of its own. A panic ends one session.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::mail::SmtpReply;
use model::time::Clock;
use model::{Instant, Pii};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until, timeout};

use crate::inbound::{self, AuthVerdict, Config, Inbound, RecipientVerdict, StoreVerdict, Submission};
use crate::outbound::{self, Client};

/// One read: small beside [`inbound::MAX_WAITING`].
const READ: usize = 16 * 1024;
/// How long one write may take (RFC 5321, 4.5.3.2.5).
const WRITE: Duration = Duration::from_secs(3 * 60);
/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(30);
/// How long a closing side reads on, so that its last words are not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);
/// How long sessions have to end when the appliance stops.
const GRACE: Duration = Duration::from_secs(10);
/// The pause when the system has no file descriptor left for a new connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who answers the questions of a session.
pub trait Handler: Send + Sync + 'static {
    /// May this user sign in? `peer` is for counting failures over sessions.
    fn check_auth(
        &self,
        peer: Pii<IpAddr>,
        user: Pii<String>,
        password: Pii<String>,
    ) -> impl Future<Output = AuthVerdict> + Send;

    /// Do we take mail from `by` for this address?
    fn check_recipient(
        &self,
        by: Option<String>,
        address: Pii<String>,
    ) -> impl Future<Output = RecipientVerdict> + Send;

    /// Store it. `Ok` means durable.
    fn deliver(&self, submission: Submission) -> impl Future<Output = Result<(), StoreVerdict>> + Send;
}

/// How many may be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// In all. Each may hold one message in memory.
    pub connections: usize,
    /// From one address: one peer alone never takes all.
    pub per_peer: usize,
    /// Bytes of messages that all sessions hold together, on their way in or being stored. Above it, the session that grew hears
    /// 421. Larger than the largest message.
    pub held_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 64, per_peer: 16, held_bytes: 128 * 1024 * 1024 }
    }
}

/// Serves until `stop` says true (or its sender is gone), then lets sessions end what they had begun, for ten seconds at most.
pub async fn serve<H: Handler>(
    listener: TcpListener,
    config: Config,
    handler: Arc<H>,
    clock: Clock,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let mut sessions = JoinSet::new();
    let peers = Peers::default();
    let held = Arc::default();
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            Some(ended) = sessions.join_next() => {
                note(ended);
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(kind = ?error.kind(), "smtp: cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(seat) = peers.seat(address.ip(), limits) else {
            // The buffer of a fresh socket takes this at once; if not, closing says the same.
            let _ = stream.try_write(b"421 4.3.2 Too many connections; try again in a minute\r\n");
            continue;
        };
        let inbound = Inbound::new(config.clone(), clock.now());
        let held = Held { all: Arc::clone(&held), mine: 0, limit: limits.held_bytes };
        let (handler, stop) = (Arc::clone(&handler), stop.clone());
        sessions.spawn(async move {
            let result = session(stream, address.ip(), inbound, held, &*handler, clock, stop).await;
            drop(seat);
            result
        });
    }
    drop(listener);
    let ended = timeout(GRACE, async {
        while let Some(ended) = sessions.join_next().await {
            note(ended);
        }
    });
    if ended.await.is_err() {
        tracing::info!(sessions = sessions.len(), "smtp: sessions cut off at the stop");
    }
}

/// Delivers by `client` to the server at `address`. Always comes to a reply; code 0 if the server gave none.
pub async fn deliver(address: SocketAddr, mut client: Client, clock: Clock) -> SmtpReply {
    let no_connection = |text: &str| SmtpReply::new(0, text);
    let mut stream = match timeout(CONNECT, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return no_connection(&format!("no connection to the server: {}", error.kind())),
        Err(_) => return no_connection("no connection to the server: it did not answer in time"),
    };
    let _ = stream.set_nodelay(true);
    let mut buffer = vec![0; READ];
    let mut result = None;
    loop {
        let deadline = match client.poll_output() {
            outbound::Output::Send(bytes) => {
                match write(&mut stream, &bytes).await {
                    Ok(()) => client.handle_input(clock.now(), outbound::Input::Sent),
                    Err(_) => last_words(&mut stream, &mut client, &mut buffer, clock).await,
                }
                continue;
            }
            outbound::Output::Done(reply) => {
                result = Some(reply);
                continue;
            }
            outbound::Output::Close => break,
            outbound::Output::Timeout(at) => at,
        };
        tokio::select! {
            read = stream.read(&mut buffer) => client.handle_input(clock.now(), match read {
                Ok(n) if n > 0 => outbound::Input::Bytes(&buffer[..n]),
                _ => outbound::Input::Closed,
            }),
            () = until(clock, deadline) => client.handle_input(clock.now(), outbound::Input::Timeout),
        }
    }
    result.unwrap_or_else(|| no_connection("the delivery ended without a result"))
}

/// A server that refuses early says why and closes; our write fails, but its words are there to be read.
async fn last_words(stream: &mut TcpStream, client: &mut Client, buffer: &mut [u8], clock: Clock) {
    if let Ok(Ok(n)) = timeout(LINGER, stream.read(buffer)).await {
        client.handle_input(clock.now(), outbound::Input::Bytes(&buffer[..n]));
    }
    client.handle_input(clock.now(), outbound::Input::Closed);
}

async fn session<H: Handler>(
    mut stream: TcpStream,
    peer: IpAddr,
    mut inbound: Inbound,
    mut held: Held,
    handler: &H,
    clock: Clock,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    use inbound::{Input, Output};

    stream.set_nodelay(true)?;
    let mut buffer = vec![0; READ];
    let mut stopping = false;
    loop {
        let deadline = match inbound.poll_output() {
            Output::Send(bytes) => {
                write(&mut stream, &bytes).await?;
                continue;
            }
            Output::CheckAuth { user, password } => {
                let verdict = handler.check_auth(Pii::new(peer), user, password).await;
                inbound.handle_input(clock.now(), Input::Auth(verdict));
                continue;
            }
            Output::CheckRecipient { by, address } => {
                let verdict = handler.check_recipient(by, address).await;
                inbound.handle_input(clock.now(), Input::Recipient(verdict));
                continue;
            }
            Output::Deliver(submission) => {
                let result = handler.deliver(*submission).await;
                held.set(0);
                inbound.handle_input(clock.now(), Input::Stored(result));
                continue;
            }
            Output::Close => return hang_up(stream, &mut buffer).await,
            Output::Timeout(at) => at,
        };
        tokio::select! {
            read = stream.read(&mut buffer) => match read? {
                0 => return Ok(()),
                n => {
                    inbound.handle_input(clock.now(), Input::Bytes(&buffer[..n]));
                    // A message that has just become whole is held on, until it is stored.
                    if inbound.wants_bytes() && !held.set(inbound.held_bytes()) {
                        inbound.handle_input(clock.now(), Input::NoRoom);
                    }
                }
            },
            () = until(clock, deadline) => inbound.handle_input(clock.now(), Input::Timeout),
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                inbound.handle_input(clock.now(), Input::Stop);
            }
        }
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    timeout(WRITE, stream.write_all(bytes)).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn until(clock: Clock, at: Instant) {
    sleep_until(clock.system_instant(at).into()).await;
}

/// Closes so that our last reply arrives: with unread bytes in the socket the system would send a reset, which may overtake it.
async fn hang_up(mut stream: TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    stream.shutdown().await?;
    let _ = timeout(LINGER, async { while matches!(stream.read(buffer).await, Ok(n) if n > 0) {} }).await;
    Ok(())
}

fn note(ended: Result<io::Result<()>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => tracing::debug!("smtp: session ended"),
        Ok(Err(error)) => tracing::debug!(kind = ?error.kind(), "smtp: connection broke"),
        Err(error) if error.is_panic() => tracing::error!("smtp: a session panicked; only that one is lost"),
        Err(_) => {}
    }
}

/// What one session holds of the memory for messages; given back when dropped, also by a panic.
struct Held {
    all: Arc<AtomicUsize>,
    mine: usize,
    limit: usize,
}

impl Held {
    /// Now it is so much; false if all together hold too much.
    fn set(&mut self, bytes: usize) -> bool {
        let before = self.all.fetch_add(bytes, Ordering::Relaxed);
        self.all.fetch_sub(self.mine, Ordering::Relaxed);
        let (grew, mine) = (bytes > self.mine, self.mine);
        self.mine = bytes;
        !grew || before.saturating_add(bytes).saturating_sub(mine) <= self.limit
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// How many sessions each address has.
#[derive(Clone, Default)]
struct Peers(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One session's place; gone when dropped, also by a panic.
struct Seat(Peers, IpAddr);

impl Peers {
    fn seat(&self, peer: IpAddr, limits: Limits) -> Option<Seat> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = counts.values().sum();
        let of_peer = counts.get(&peer).copied().unwrap_or(0);
        if all >= limits.connections || of_peer >= limits.per_peer {
            return None;
        }
        counts.insert(peer, of_peer + 1);
        Some(Seat(self.clone(), peer))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.1) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                counts.remove(&self.1);
            }
        }
    }
}
