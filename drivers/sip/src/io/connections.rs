//! All connections: which there are, how many there may be, and by which one a message goes.
//!
//! A phone is behind NAT more often than not, so a message for it goes by the connection that it opened, or not at all: a new one to the
//! port that it came from would reach nobody.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use rustix::net::sockopt;
use rustls::pki_types::ServerName;
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::door::Arrival;
use super::link::{self, Heard, Inbox, Line};
use super::secure::SecurePeers;
use super::tls::{Client, Server};
use super::{Patience, websocket};
use crate::api::{Flow, SecurePeer, Transport};

/// All connections that others opened. Each costs two tasks, and under TLS a session: below 40 KiB together.
const MAX_CONNECTIONS: usize = 2000;
/// Those that we open beyond them to phones, and to whoever else they name: as many as one site may have phones, which all need one after a restart.
const MAX_OPENED: usize = 1000;
/// Those to the addresses of carriers, which nobody else takes up: a call for help needs one, however many phones there are.
const MAX_TO_CARRIERS: usize = 200;
/// Connections of one address at which nobody has proved who they are: a proxy in front of phones may need some, a phone needs one or two.
const MAX_PER_STRANGER: usize = 64;
/// The same where somebody has: a router in front of all phones of a site, with two connections for each of 500.
const MAX_PER_ADDRESS: usize = 1000;
/// Reads that wait for the endpoint; then the readers wait, and TCP slows their peers.
const MAX_UNHEARD: usize = 256;
/// Flows with connection 0 that wait on one outgoing connection. There is one per local address.
const MAX_ALIASES: usize = 16;
/// What a new connection is made of.
pub(super) enum Accepted {
    Tcp(TcpStream),
    Tls(TcpStream, Server),
    WebSocket(Arrival),
}

struct Connection {
    flow: Flow,
    /// The flows with connection 0 that it was opened for; they end with it.
    aliases: Vec<Flow>,
    inbox: Inbox,
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
    /// The newest to each address, of each transport.
    remotes: HashMap<(Transport, SocketAddr), u64>,
    /// Those that others opened: of each address, and all.
    per_address: HashMap<IpAddr, usize>,
    accepted: usize,
    next: u64,
    /// Where carriers are.
    carriers: HashSet<SocketAddr>,
    heard: mpsc::Sender<Heard>,
    patience: Patience,
    secure: SecurePeers,
    /// Where hands are shaken, if not here.
    aside: Option<Handle>,
}

impl Connections {
    pub(super) fn new(patience: Patience, secure: SecurePeers, aside: Option<Handle>) -> (Self, mpsc::Receiver<Heard>) {
        let (heard, receiver) = mpsc::channel(MAX_UNHEARD);
        let this = Self {
            map: HashMap::new(),
            remotes: HashMap::new(),
            per_address: HashMap::new(),
            accepted: 0,
            next: 0,
            carriers: HashSet::new(),
            heard,
            patience,
            secure,
            aside,
        };
        (this, receiver)
    }

    pub(super) fn flow(&self, connection: u64) -> Option<Flow> {
        self.map.get(&connection).map(|c| c.flow)
    }

    /// Replaces what is known of the peers that we connect to over TLS; connections that stand, go on.
    pub(super) fn set_secure_peers(&mut self, peers: Vec<SecurePeer>) {
        self.secure.set(peers);
    }

    /// Carriers are at these addresses now.
    pub(super) fn set_carriers(&mut self, addresses: impl Iterator<Item = SocketAddr>) {
        self.carriers = addresses.collect();
    }

    /// Makes room for one more connection of this address, where others have taken it up: the oldest with which nothing is lost (`can_spare`) ends.
    /// Its flows, if there was need. `trusts`: somebody has proved who they are at this address.
    pub(super) fn make_room(&mut self, ip: IpAddr, trusts: bool, can_spare: impl Fn(Flow) -> bool) -> Vec<Flow> {
        let most = if trusts { MAX_PER_ADDRESS } else { MAX_PER_STRANGER };
        let is_here = |c: &Connection| c.flow.remote.ip() == ip;
        let crowded = self.per_address.get(&ip).is_some_and(|&n| n >= most);
        if !crowded && self.accepted < MAX_CONNECTIONS {
            return Vec::new();
        }
        let mut theirs: Vec<u64> = self.map.iter().filter(|(_, c)| !crowded || is_here(c)).map(|(id, _)| *id).collect();
        // Those that we opened come last, and are nobody's to take.
        theirs.sort_unstable();
        let spare = |id: &&u64| self.map.get(id).is_some_and(|c| !c.flow.can_be_replaced() && can_spare(c.flow));
        let Some(oldest) = theirs.iter().find(spare).copied() else { return Vec::new() };
        tracing::debug!("a connection that nobody has proved anything on made room for another");
        self.closed(oldest)
    }

    /// Takes a connection in, if there is room. The flow is still without its number; the one that it has then.
    #[allow(clippy::disallowed_methods, reason = "the shell owns the tasks of its connections")]
    pub(super) fn accept(&mut self, accepted: Accepted, flow: Flow, trusts: bool) -> Option<Flow> {
        if !self.has_room(flow.remote.ip(), trusts) {
            tracing::debug!("too many connections");
            return None;
        }
        self.next += 1;
        let flow = Flow { connection: self.next, ..flow };
        let (inbox, line) = self.line(flow.connection);
        let task = match accepted {
            Accepted::Tcp(stream) => {
                watch(&stream, self.patience);
                tokio::spawn(link::serve(stream, line, false))
            }
            Accepted::Tls(stream, server) => {
                watch(&stream, self.patience);
                tokio::spawn(serve_tls(stream, server, self.aside.clone(), line))
            }
            Accepted::WebSocket(arrival) => tokio::spawn(websocket::serve(arrival.stream, line)),
        };
        self.insert(Connection { flow, aliases: Vec::new(), inbox, reader: task.abort_handle() });
        Some(flow)
    }

    /// Sends on the flow's connection; for a flow without one, or of one that we opened and that is gone, on any to its remote, or on
    /// a new one. An error names the flows that have ended so.
    pub(super) fn send(&mut self, flow: Flow, data: Bytes) -> Result<(), Vec<Flow>> {
        let id = self.connection(flow).or_else(|| self.open(flow)).ok_or_else(|| vec![flow])?;
        let Some(connection) = self.map.get_mut(&id) else { return Err(vec![flow]) };
        if flow.connection != id && !connection.aliases.contains(&flow) && connection.aliases.len() < MAX_ALIASES {
            connection.aliases.push(flow);
        }
        if !connection.inbox.put(data) {
            tracing::debug!("dropped a connection whose peer does not read");
            return Err(self.closed(id));
        }
        Ok(())
    }

    fn connection(&self, flow: Flow) -> Option<u64> {
        if self.map.contains_key(&flow.connection) {
            return Some(flow.connection);
        }
        flow.can_be_replaced().then(|| self.remotes.get(&(flow.transport, flow.remote)).copied()).flatten()
    }

    /// Begins to open a connection; what is sent meanwhile waits for it.
    #[allow(clippy::disallowed_methods, reason = "the shell owns the tasks of its connections")]
    fn open(&mut self, flow: Flow) -> Option<u64> {
        // A browser cannot be connected to, and neither can a phone at the port that it came from.
        let can_be_opened = matches!(flow.transport, Transport::Tcp | Transport::Tls);
        if !can_be_opened || !flow.can_be_replaced() || !self.may_open_to(flow.remote) {
            return None;
        }
        let secure = match flow.transport {
            Transport::Tls => Some(self.secure.find(flow.remote)?),
            _ => None,
        };
        self.next += 1;
        let id = Flow::opened(self.next);
        let (inbox, line) = self.line(id);
        // The local address of the order stays: what peers must learn is where we listen, not the port of this connection. But one
        // that is advertised for somebody else's sake may not be ours to bind.
        let task = tokio::spawn(open(flow, secure, self.aside.clone(), line));
        let flow = Flow { connection: id, ..flow };
        self.insert(Connection { flow, aliases: Vec::new(), inbox, reader: task.abort_handle() });
        Some(id)
    }

    /// True if there is room for one more that we open to this address. What phones name takes nothing from the way to a carrier.
    fn may_open_to(&self, remote: SocketAddr) -> bool {
        let is_carriers = |remote: &SocketAddr| self.carriers.contains(remote);
        let to_carrier = is_carriers(&remote);
        let opened = self.map.values().filter(|c| c.flow.can_be_replaced());
        let alike = opened.filter(|c| is_carriers(&c.flow.remote) == to_carrier).count();
        alike < if to_carrier { MAX_TO_CARRIERS } else { MAX_OPENED }
    }

    fn line(&self, id: u64) -> (Inbox, Line) {
        let (inbox, outbox) = link::queue();
        (inbox, Line { id, heard: self.heard.clone(), patience: self.patience, outbox })
    }

    fn has_room(&self, ip: IpAddr, trusts: bool) -> bool {
        let most = if trusts { MAX_PER_ADDRESS } else { MAX_PER_STRANGER };
        self.accepted < MAX_CONNECTIONS && self.per_address.get(&ip).is_none_or(|&n| n < most)
    }

    fn insert(&mut self, connection: Connection) {
        let flow = connection.flow;
        if !flow.can_be_replaced() {
            self.accepted += 1;
            *self.per_address.entry(flow.remote.ip()).or_default() += 1;
        }
        self.remotes.insert((flow.transport, flow.remote), flow.connection);
        self.map.insert(flow.connection, connection);
    }

    /// Closes the connection by which this flow goes; what waits is still written. The flows that ended so.
    pub(super) fn close(&mut self, flow: Flow) -> Vec<Flow> {
        self.connection(flow).map_or_else(Vec::new, |id| self.closed(id))
    }

    /// The connection by which this flow goes stays, for whoever names it. Whatever else goes to its peer goes by another from now on, and does not
    /// end with this one.
    pub(super) fn leave(&mut self, flow: Flow) {
        let Some(id) = self.connection(flow) else { return };
        if let Some(connection) = self.map.get_mut(&id) {
            connection.aliases.clear();
            self.remotes.retain(|_, newest| *newest != id);
        }
    }

    /// Forgets a connection; the flows that ended with it.
    pub(super) fn closed(&mut self, id: u64) -> Vec<Flow> {
        let Some(connection) = self.map.remove(&id) else { return Vec::new() };
        let flow = connection.flow;
        let key = (flow.transport, flow.remote);
        if self.remotes.get(&key) == Some(&id) {
            self.remotes.remove(&key);
        }
        if !flow.can_be_replaced() {
            self.accepted -= 1;
            if let Some(count) = self.per_address.get_mut(&flow.remote.ip()) {
                *count -= 1;
                if *count == 0 {
                    self.per_address.remove(&flow.remote.ip());
                }
            }
        }
        let mut ended = connection.aliases.clone();
        ended.push(flow);
        ended
    }
}

async fn serve_tls(stream: TcpStream, server: Server, aside: Option<Handle>, line: Line) {
    match shaken(aside, line.patience.handshake, async move { server.accept(stream).await }).await {
        Some(Ok(stream)) => link::serve(stream, line, false).await,
        _ => {
            tracing::debug!("a TLS handshake did not succeed");
            // The shell is gone if this fails.
            let _ = line.heard.send(Heard::Closed { connection: line.id }).await;
        }
    }
}

/// What a handshake comes to, in its time. It computes elsewhere, if there is a place for that; and it ends with whoever waits for it.
async fn shaken<T: Send + 'static>(
    aside: Option<Handle>,
    time: Duration,
    handshake: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let Some(aside) = aside else { return timeout(time, handshake).await.ok() };
    let mut alone = JoinSet::new();
    alone.spawn_on(async move { timeout(time, handshake).await.ok() }, &aside);
    alone.join_next().await?.ok().flatten()
}

async fn open(flow: Flow, secure: Option<(Client, ServerName<'static>)>, aside: Option<Handle>, line: Line) {
    let patience = line.patience;
    let connection = line.id;
    let mut end = Heard::Closed { connection };
    let tcp = timeout(patience.connect, connect(flow.local.ip(), flow.remote, patience)).await;
    match (tcp, secure) {
        (Ok(Ok(stream)), None) => return link::serve(stream, line, true).await,
        (Ok(Ok(stream)), Some((client, name))) => {
            match shaken(aside, patience.handshake, async move { client.connect(name, stream).await }).await {
                Some(Ok(stream)) => return link::serve(stream, line, true).await,
                Some(Err(error)) => {
                    tracing::warn!(%error, "a TLS handshake with a peer did not succeed");
                    if is_about_its_certificate(&error) {
                        end = Heard::Untrusted { connection };
                    }
                }
                None => {}
            }
        }
        _ => {}
    }
    // The shell is gone if this fails.
    let _ = line.heard.send(end).await;
}

fn is_about_its_certificate(error: &io::Error) -> bool {
    let why = error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    matches!(why, Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented))
}

async fn connect(from: IpAddr, to: SocketAddr, patience: Patience) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if !from.is_unspecified() && from.is_ipv4() == to.is_ipv4() {
        // An advertised address belongs to a NAT in front of us; then the system chooses.
        let _ = socket.bind(SocketAddr::new(from, 0));
    }
    let stream = socket.connect(to).await?;
    hurry(&stream, patience.acknowledged);
    Ok(stream)
}

/// Signalling is small messages that somebody waits for, and a peer that is gone without a word must be found out: all that is sent to it would
/// only fill the system's buffer. These are wishes; a stream without them works.
fn hurry(stream: &TcpStream, acknowledged: Duration) {
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_tcp_user_timeout(stream, u32::try_from(acknowledged.as_millis()).unwrap_or(u32::MAX));
}

/// The same for one that connected to us. It is asked while nothing is sent, too: what would be for it must find another way, or be refused at once.
fn watch(stream: &TcpStream, patience: Patience) {
    hurry(stream, patience.reach);
    let _ = sockopt::set_tcp_keepidle(stream, patience.quiet);
    let _ = sockopt::set_tcp_keepintvl(stream, patience.reach.saturating_sub(patience.quiet) / 3);
    let _ = sockopt::set_socket_keepalive(stream, true);
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn the_system_is_told_to_find_out_a_peer_that_is_gone_without_a_word() {
        let phones = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let to = phones.local_addr().expect("bound");
        let patience = Patience::default();
        let opened = connect(to.ip(), to, patience).await.expect("connected");
        let accepted = phones.accept().await.expect("a connection").0.into_std().expect("a socket");
        let same = accepted.try_clone().expect("the same socket");
        let flow =
            Flow { transport: Transport::Tcp, local: to, remote: same.peer_addr().expect("a peer"), connection: 0 };
        let (mut connections, _heard) = Connections::new(patience, SecurePeers::new(None), None);
        connections.accept(Accepted::Tcp(TcpStream::from_std(accepted).expect("a stream")), flow, false).expect("room");
        assert_eq!(sockopt::tcp_user_timeout(&opened).expect("an option"), 6_000);
        assert_eq!(sockopt::tcp_user_timeout(&same).expect("an option"), 30_000);
        assert!(sockopt::socket_keepalive(&same).expect("an option"));
        // It is asked at 20, 24 and 28 s, and given up at 30.
        let (quiet, again) = (sockopt::tcp_keepidle(&same), sockopt::tcp_keepintvl(&same));
        assert_eq!((quiet.expect("an option").as_secs(), again.expect("an option").as_secs()), (20, 4));
    }

    struct House {
        listener: TcpListener,
        connections: Connections,
        /// The other ends, which must stay open.
        phones: Vec<TcpStream>,
        _heard: mpsc::Receiver<Heard>,
    }

    impl House {
        async fn new() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let (connections, heard) = Connections::new(Patience::default(), SecurePeers::new(None), None);
            Self { listener, connections, phones: Vec::new(), _heard: heard }
        }

        /// One phone more, all at one address. Its flow, if it found room, and what ended for it.
        async fn phone(&mut self, trusts: bool, can_spare: impl Fn(Flow) -> bool) -> (Option<Flow>, Vec<Flow>) {
            let local = self.listener.local_addr().expect("bound");
            self.phones.push(TcpStream::connect(local).await.expect("connected"));
            let (stream, remote) = self.listener.accept().await.expect("a connection");
            let flow = Flow { transport: Transport::Tcp, local, remote, connection: 0 };
            let ended = self.connections.make_room(remote.ip(), trusts, can_spare);
            (self.connections.accept(Accepted::Tcp(stream), flow, trusts), ended)
        }
    }

    /// Phones name where they listen: each could name as many places as it likes.
    #[tokio::test]
    async fn what_phones_name_takes_no_connection_from_the_way_to_a_carrier() {
        let mut house = House::new().await;
        let at = |place: usize| {
            let remote: SocketAddr =
                format!("127.1.{}.{}:9", place / 250, place % 250 + 1).parse().expect("an address");
            Flow {
                transport: Transport::Tcp,
                local: "127.0.0.1:5060".parse().expect("an address"),
                remote,
                connection: 0,
            }
        };
        let (carrier, second) = (at(2_000), at(2_001));
        house.connections.set_carriers([carrier.remote].into_iter());
        let mut calls = |flow: Flow| house.connections.send(flow, Bytes::from_static(b"INVITE")).is_ok();
        let reached = (0..1_500).filter(|place| calls(at(*place))).count();
        assert_eq!((reached, calls(second)), (MAX_OPENED, false), "a phone more is told so");
        assert!(calls(carrier), "the call for help has its own");
    }

    #[tokio::test]
    async fn who_has_proved_nothing_makes_room_for_the_next_and_who_has_stays() {
        let mut house = House::new().await;
        let mut all = Vec::new();
        for _ in 0..MAX_PER_STRANGER {
            let (flow, ended) = house.phone(false, |_| true).await;
            assert!(ended.is_empty());
            all.push(flow.expect("room"));
        }
        // The oldest two have proved who they are, or speak with somebody.
        let spared = [all[0], all[1]];
        let (flow, ended) = house.phone(false, |flow| !spared.contains(&flow)).await;
        assert_eq!((flow.is_some(), ended), (true, vec![all[2]]));
        assert_eq!(
            (house.connections.flow(all[2].connection), house.connections.flow(all[0].connection)),
            (None, Some(all[0]))
        );
        // Nobody can be spared.
        let (flow, ended) = house.phone(false, |_| false).await;
        assert_eq!((flow, ended), (None, Vec::new()));
        // Once one of them is known, there is room for as many phones as a site has.
        for _ in 0..10 {
            let (flow, ended) = house.phone(true, |_| false).await;
            assert!(flow.is_some() && ended.is_empty());
        }
    }
}
