//! A running endpoint over real sockets of the loopback, with every transport, and certificates for it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::Random;
use model::settings::Network;
use model::time::Clock;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, SanType};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use sip::io::tls::{Clients, Identity, Server};
use sip::io::{Bound, Door, Patience};
use sip::{Command, Endpoint, Event, Flow, LegId, NameAddr, OutgoingCall, Peers, Transport};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_rustls::client::TlsStream;

/// Waits for what must come; only a failure meets the limit.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it comes soon")
}

pub struct Running {
    pub udp: SocketAddr,
    pub tcp: SocketAddr,
    pub tls: SocketAddr,
    pub server: Server,
    pub door: Door,
    pub commands: mpsc::Sender<Command>,
    pub events: mpsc::Receiver<Event>,
}

/// What a test wants otherwise than usual.
pub struct Wanted {
    pub ip: &'static str,
    pub patience: Patience,
    pub partial: Duration,
    pub clients: Clients,
    pub own: Option<Identity>,
    /// Where hands are shaken, if not where the endpoint runs.
    pub aside: Option<Handle>,
}

impl Default for Wanted {
    fn default() -> Self {
        let partial = sip::Config::new("x").partial;
        Self {
            ip: "127.0.0.1",
            patience: Patience::default(),
            partial,
            clients: Clients::Anybody,
            own: None,
            aside: None,
        }
    }
}

/// An endpoint on free ports, whose certificate is of this authority.
pub async fn start(authority: &Authority, wanted: Wanted) -> Running {
    let any = SocketAddr::new(wanted.ip.parse().expect("address"), 0);
    let mut bound: Bound = sip::io::bind(&[any], &[any]).await.expect("free ports");
    let server = Server::new(authority.identity(&["clinic.demo"]), &wanted.clients).expect("a certificate");
    bound.listen_tls(any, server.clone()).await.expect("a free port");
    bound.set_patience(wanted.patience);
    if let Some(own) = wanted.own {
        bound.set_own(own);
    }
    if let Some(aside) = wanted.aside {
        bound.shake_hands_on(aside);
    }
    let (udp, tcp, tls) = (bound.udp_addresses()[0], bound.tcp_addresses()[0], bound.tls_addresses()[0]);
    let (commands, orders) = mpsc::channel(16);
    let (reports, events) = mpsc::channel(64);
    let config = sip::Config { partial: wanted.partial, ..sip::Config::new("clinic.demo") };
    let endpoint = Endpoint::new(config, Random::from_u64(1));
    let door = bound.door();
    #[allow(clippy::disallowed_methods, reason = "the shell runs beside its test")]
    tokio::spawn(bound.run(endpoint, Clock::start(), orders, reports));
    let networks = ["127.0.0.0/8", "::1"].iter().filter_map(|n| Network::parse(n)).collect();
    commands.send(Command::SetPeers(Peers { networks, ..Peers::default() })).await.expect("it runs");
    let running = Running { udp, tcp, tls, server, door, commands, events };
    running.settle().await;
    running
}

impl Running {
    /// Returns when every order that was given is carried out: the shell takes what it is sent in turn, and is asked until it answers.
    pub async fn settle(&self) {
        let socket = tokio::net::UdpSocket::bind((self.udp.ip(), 0)).await.expect("a port");
        let mut buffer = [0; 2000];
        loop {
            socket.send_to(options("settle", "UDP").as_bytes(), self.udp).await.expect("sent");
            let answer = tokio::time::timeout(Duration::from_millis(100), socket.recv_from(&mut buffer)).await;
            if answer.is_ok() && self.commands.capacity() == self.commands.max_capacity() {
                return;
            }
        }
    }

    /// From now on 127.0.0.1 is a trunk, with a trunk's share of what we do: what a stranger gets there is the endpoint's own affair.
    pub async fn with_a_large_share(&self) {
        let trunks = vec![std::net::Ipv4Addr::LOCALHOST.into()];
        self.commands.send(Command::SetPeers(Peers { trunks, ..Peers::default() })).await.expect("it runs");
        self.settle().await;
    }

    /// Orders a call by this flow.
    pub async fn call(&self, leg: u64, flow: Flow) {
        let party = NameAddr { display: Default::default(), uri: "sip:101@clinic.demo".into() };
        let call = OutgoingCall::new("sip:102@phone.invalid", flow, party.clone(), party, "v=0");
        let command = Command::Invite { leg: LegId::outgoing(leg), call: call.into() };
        self.commands.send(command).await.expect("it runs");
    }

    /// A flow to an address that nobody has connected from.
    pub fn towards(&self, transport: Transport, remote: SocketAddr) -> Flow {
        Flow { transport, local: self.udp, remote, connection: 0 }
    }

    /// The flow of the next REGISTER.
    pub async fn registered(&mut self) -> Flow {
        match soon(self.events.recv()).await {
            Some(Event::Register { register, request }) => {
                let accept = Command::AcceptRegister { request, contacts: register.contacts.clone(), outbound: false };
                self.commands.send(accept).await.expect("it runs");
                register.flow
            }
            other => panic!("no REGISTER: {other:?}"),
        }
    }

    /// The code of the next refusal.
    pub async fn refused(&mut self) -> u16 {
        match soon(self.events.recv()).await {
            Some(Event::Refused { code, .. }) => code,
            other => panic!("not refused: {other:?}"),
        }
    }
}

pub fn options(branch: &str, transport: &str) -> String {
    request("OPTIONS", branch, transport, "")
}

pub fn register(branch: &str, transport: &str) -> String {
    request("REGISTER", branch, transport, "Contact: <sip:102@phone.invalid>\r\n")
}

fn request(method: &str, branch: &str, transport: &str, extra: &str) -> String {
    format!(
        "{method} sip:clinic.demo SIP/2.0\r\nVia: SIP/2.0/{transport} phone.invalid;rport;branch=z9hG4bK{branch}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:102@clinic.demo>;tag=p\r\nTo: <sip:102@clinic.demo>\r\nCall-ID: {branch}\r\n\
         CSeq: 1 {method}\r\n{extra}Content-Length: 0\r\n\r\n"
    )
}

/// Reads one message without a body, or the head of one; empty if the stream ends first.
pub async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        match soon(stream.read_u8()).await {
            Ok(byte) => text.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// True if the stream answers an OPTIONS.
pub async fn answers(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), branch: &str, transport: &str) -> bool {
    let sent = stream.write_all(options(branch, transport).as_bytes()).await;
    let _ = stream.flush().await;
    sent.is_ok() && head(stream).await.starts_with("SIP/2.0 200 OK\r\n")
}

/// Returns when the other side has closed.
pub async fn ended(stream: &mut (impl AsyncRead + Unpin)) {
    let mut sink = [0; 4096];
    soon(async { while stream.read(&mut sink).await.is_ok_and(|n| n > 0) {} }).await;
}

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>, std::ops::Range<i32>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"), 1975..4096)
    }

    /// Its certificates are good in these years.
    pub fn in_years(self, years: std::ops::Range<i32>) -> Self {
        Self(self.0, years)
    }

    pub fn pem(&self) -> Vec<u8> {
        self.0.pem().into_bytes()
    }

    fn issue(&self, names: &[&str]) -> (String, String) {
        let mut params = CertificateParams::default();
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(self.1.start, 1, 1), rcgen::date_time_ymd(self.1.end, 1, 1));
        for name in names {
            params.subject_alt_names.push(match (name.parse(), name.starts_with("sip:")) {
                (Ok(ip), _) => SanType::IpAddress(ip),
                (_, true) => SanType::URI((*name).try_into().expect("a URI")),
                (_, false) => SanType::DnsName((*name).try_into().expect("a name")),
            });
        }
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.0).expect("a certificate").pem(), key.serialize_pem())
    }

    /// A certificate for these names: domains, addresses, or `sip:` URIs.
    pub fn identity(&self, names: &[&str]) -> Identity {
        let (chain, key) = self.issue(names);
        Identity::from_pem(chain.as_bytes(), key.as_bytes()).expect("readable")
    }

    /// A phone that trusts this authority alone, and shows a certificate of it if it is asked for one and `own` says so.
    pub fn client(&self, own: bool) -> tokio_rustls::TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.der().clone()).expect("an authority");
        let builder = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots);
        let config = if own {
            let (chain, key) = self.issue(&["phone.demo"]);
            let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).map(|c| c.expect("PEM")).collect();
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
            builder.with_client_auth_cert(chain, key).expect("they belong together")
        } else {
            builder.with_no_client_auth()
        };
        Arc::new(config).into()
    }

    /// Connects a phone.
    pub async fn connect(&self, to: SocketAddr) -> std::io::Result<TlsStream<TcpStream>> {
        self.connect_with(self.client(false), to).await
    }

    pub async fn connect_with(
        &self,
        client: tokio_rustls::TlsConnector,
        to: SocketAddr,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("clinic.demo").expect("a name");
        soon(client.connect(name, TcpStream::connect(to).await?)).await
    }
}
