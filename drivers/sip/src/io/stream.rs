//! TCP connections: a reader and a writer task each. Neither can make the endpoint wait.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, mpsc};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::api::{Flow, Transport};

/// All connections. Each costs two tasks and a read buffer, below 40 KiB together.
const MAX_CONNECTIONS: usize = 2000;
/// Connections of one address: a proxy in front of phones may need some, a phone needs one or two.
const MAX_PER_ADDRESS: usize = 64;
/// Bytes that wait for a slow reader, before it is dropped: half a second of a trunk at 1500 calls per second.
const MAX_UNWRITTEN: usize = 2 << 20;
/// The same, in messages.
const MAX_UNWRITTEN_MESSAGES: usize = 4096;
/// How long one message may take to be written; a peer that stops reading is dropped.
const WRITE: Duration = Duration::from_secs(10);
/// How long a new connection may say nothing.
const FIRST_BYTES: Duration = Duration::from_secs(30);
/// How long it may be silent later: a registration is renewed within the hour.
const IDLE: Duration = Duration::from_secs(65 * 60);
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// What is read at once.
const READ: usize = 16 * 1024;
/// Reads that wait for the endpoint; then the readers wait, and TCP slows their peers.
const MAX_UNHEARD: usize = 256;
/// Flows with connection 0 that wait on one outgoing connection. There is one per local address.
const MAX_ALIASES: usize = 16;

/// What a reader says.
pub(super) enum Heard {
    Bytes { connection: u64, data: Bytes },
    Closed { connection: u64 },
}

struct Connection {
    flow: Flow,
    /// The flows with connection 0 that it was opened for; they end with it.
    aliases: Vec<Flow>,
    writer: mpsc::Sender<Bytes>,
    unwritten: Arc<AtomicUsize>,
    /// Ends the writer without writing what waits.
    hopeless: Arc<Notify>,
    reader: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The writer ends by itself when it has written what waits.
        self.reader.abort();
    }
}

/// All connections, by number and by remote address.
pub(super) struct Connections {
    map: HashMap<u64, Connection>,
    /// The newest to each address.
    remotes: HashMap<SocketAddr, u64>,
    per_address: HashMap<IpAddr, usize>,
    next: u64,
    heard: mpsc::Sender<Heard>,
}

impl Connections {
    pub(super) fn new() -> (Self, mpsc::Receiver<Heard>) {
        let (heard, receiver) = mpsc::channel(MAX_UNHEARD);
        let this = Self { map: HashMap::new(), remotes: HashMap::new(), per_address: HashMap::new(), next: 0, heard };
        (this, receiver)
    }

    pub(super) fn flow(&self, connection: u64) -> Option<Flow> {
        self.map.get(&connection).map(|c| c.flow)
    }

    /// Takes a connection in, if there is room.
    #[allow(clippy::disallowed_methods, reason = "the shell owns the tasks of its connections")]
    pub(super) fn accept(&mut self, stream: TcpStream, remote: SocketAddr) -> Option<Flow> {
        let local = stream.local_addr().ok()?;
        if !self.has_room(remote.ip()) {
            tracing::debug!("too many connections");
            return None;
        }
        self.next += 1;
        let id = self.next;
        let flow = Flow { transport: Transport::Tcp, local, remote, connection: id };
        let (writer, messages) = mpsc::channel(MAX_UNWRITTEN_MESSAGES);
        let (unwritten, hopeless) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        // Signalling is small messages that somebody waits for.
        let _ = stream.set_nodelay(true);
        let (read, half) = stream.into_split();
        tokio::spawn(write(half, messages, unwritten.clone(), hopeless.clone()));
        let reader = tokio::spawn(read_all(read, id, self.heard.clone())).abort_handle();
        self.insert(Connection { flow, aliases: Vec::new(), writer, unwritten, hopeless, reader });
        Some(flow)
    }

    /// Sends on the flow's connection, or on any to its remote, or on a new one. An error names the flows that have ended so.
    pub(super) fn send(&mut self, flow: Flow, data: Bytes) -> Result<(), Vec<Flow>> {
        let known = self.map.contains_key(&flow.connection).then_some(flow.connection);
        let id = match known.or_else(|| self.remotes.get(&flow.remote).copied()) {
            Some(id) => id,
            None => self.open(flow).ok_or_else(|| vec![flow])?,
        };
        let Some(connection) = self.map.get_mut(&id) else { return Err(vec![flow]) };
        if flow.connection == 0 && !connection.aliases.contains(&flow) && connection.aliases.len() < MAX_ALIASES {
            connection.aliases.push(flow);
        }
        let length = data.len();
        let waiting = connection.unwritten.fetch_add(length, Ordering::Relaxed) + length;
        if waiting > MAX_UNWRITTEN || connection.writer.try_send(data).is_err() {
            tracing::debug!("dropped a connection whose peer does not read");
            connection.hopeless.notify_one();
            return Err(self.closed(id));
        }
        Ok(())
    }

    /// Begins to open a connection; what is sent meanwhile waits for it.
    #[allow(clippy::disallowed_methods, reason = "the shell owns the tasks of its connections")]
    fn open(&mut self, flow: Flow) -> Option<u64> {
        if !self.has_room(flow.remote.ip()) {
            return None;
        }
        self.next += 1;
        let id = self.next;
        let (writer, messages) = mpsc::channel(MAX_UNWRITTEN_MESSAGES);
        let (unwritten, hopeless) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let heard = self.heard.clone();
        // The local address of the order stays: what peers must learn is where we listen, not the port of this connection.
        let from = flow.local.ip();
        let (counted, end) = (unwritten.clone(), hopeless.clone());
        let task = tokio::spawn(async move {
            match timeout(CONNECT, connect(from, flow.remote)).await {
                Ok(Ok(stream)) => {
                    let (read, half) = stream.into_split();
                    tokio::spawn(write(half, messages, counted, end));
                    read_all(read, id, heard).await;
                }
                _ => {
                    // The shell is gone if this fails.
                    let _ = heard.send(Heard::Closed { connection: id }).await;
                }
            }
        });
        let flow = Flow { connection: id, ..flow };
        self.insert(Connection { flow, aliases: Vec::new(), writer, unwritten, hopeless, reader: task.abort_handle() });
        Some(id)
    }

    fn has_room(&self, ip: IpAddr) -> bool {
        self.map.len() < MAX_CONNECTIONS && self.per_address.get(&ip).is_none_or(|&n| n < MAX_PER_ADDRESS)
    }

    fn insert(&mut self, connection: Connection) {
        let flow = connection.flow;
        *self.per_address.entry(flow.remote.ip()).or_default() += 1;
        self.remotes.insert(flow.remote, flow.connection);
        self.map.insert(flow.connection, connection);
    }

    /// Closes from our side; what waits is still written.
    pub(super) fn close(&mut self, id: u64) {
        self.closed(id);
    }

    /// Forgets a connection; the flows that ended with it.
    pub(super) fn closed(&mut self, id: u64) -> Vec<Flow> {
        let Some(connection) = self.map.remove(&id) else { return Vec::new() };
        let flow = connection.flow;
        if self.remotes.get(&flow.remote) == Some(&id) {
            self.remotes.remove(&flow.remote);
        }
        if let Some(count) = self.per_address.get_mut(&flow.remote.ip()) {
            *count -= 1;
            if *count == 0 {
                self.per_address.remove(&flow.remote.ip());
            }
        }
        let mut ended = connection.aliases.clone();
        ended.push(flow);
        ended
    }
}

async fn connect(from: IpAddr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    if !from.is_unspecified() && from.is_ipv4() == to.is_ipv4() {
        socket.bind(SocketAddr::new(from, 0))?;
    }
    let stream = socket.connect(to).await?;
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn read_all(mut read: OwnedReadHalf, connection: u64, heard: mpsc::Sender<Heard>) {
    let mut buffer = vec![0; READ];
    let mut patience = FIRST_BYTES;
    while let Ok(Ok(length @ 1..)) = timeout(patience, read.read(&mut buffer)).await {
        patience = IDLE;
        let data = Bytes::copy_from_slice(&buffer[..length]);
        if heard.send(Heard::Bytes { connection, data }).await.is_err() {
            return;
        }
    }
    // The shell is gone if this fails.
    let _ = heard.send(Heard::Closed { connection }).await;
}

async fn write(
    half: OwnedWriteHalf,
    messages: mpsc::Receiver<Bytes>,
    unwritten: Arc<AtomicUsize>,
    hopeless: Arc<Notify>,
) {
    tokio::select! {
        () = write_all(half, messages, unwritten) => {}
        () = hopeless.notified() => {}
    }
}

async fn write_all(mut write: OwnedWriteHalf, mut messages: mpsc::Receiver<Bytes>, unwritten: Arc<AtomicUsize>) {
    while let Some(data) = messages.recv().await {
        if !matches!(timeout(WRITE, write.write_all(&data)).await, Ok(Ok(()))) {
            // The reader sees the connection end.
            return;
        }
        unwritten.fetch_sub(data.len(), Ordering::Relaxed);
    }
    let _ = timeout(WRITE, write.shutdown()).await;
}
