//! Dialogs (RFC 3261 section 12) and the legs that they carry.

pub(crate) mod exchange;
pub(crate) mod leg;
pub(crate) mod referral;
pub(crate) mod reliable;
pub(crate) mod session_timer;

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use model::{Instant, Pii};

use exchange::Exchange;

use crate::admission::{is_known_trunk, is_trunk};
use crate::api::{DialogId, Flow, HOPS, Peers, Transport};
use crate::wire::{Address, Method, Name, Request, Response, Writer, lex, method_name, uri};

/// Record-Route entries that are kept; a call that passed more proxies than Max-Forwards allows is no call.
const MAX_ROUTES: usize = 70;

/// The state that both ends of a call share.
#[derive(Clone)]
pub(crate) struct Dialog {
    pub(crate) call_id: Bytes,
    pub(crate) local_tag: String,
    /// Empty until a 2xx named it, or if the peer is of RFC 2543.
    pub(crate) remote_tag: Bytes,
    /// Our From, with tag.
    local: Vec<u8>,
    /// Our To, with the peer's tag when it is known.
    remote: Vec<u8>,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    routes: Vec<Bytes>,
    target: Bytes,
    /// Which device the peer's Contact says that it is, or empty.
    pub(crate) instance: String,
    /// Where a phone of ours is registered that may name itself by a GRUU.
    home: Option<Home>,
    /// The path that the peer is known to be reachable by.
    pub(crate) flow: Flow,
    /// Since when that is a guess: the peer's connection ended then, and it has not been heard since.
    pub(crate) severed: Option<Instant>,
    /// Max-Forwards of what we send: less than usual only in an INVITE that somebody else's call made us send.
    hops: u8,
}

/// The contact of a registration, and the proxies on the way to it.
#[derive(Clone)]
struct Home {
    contact: Bytes,
    path: Vec<Bytes>,
}

/// A phone that rings: one early dialog of a call that we make.
pub(crate) struct Fork {
    pub(crate) dialog: Dialog,
    pub(crate) exchange: Exchange,
    /// The last of its provisional responses that we acknowledged.
    pub(crate) rseq: Option<u32>,
}

impl Dialog {
    /// Of an INVITE that came in (section 12.1.1).
    pub(crate) fn incoming(request: &Request, local_tag: &str, flow: Flow) -> Option<Self> {
        // A caller of RFC 2543 names no Contact, and is reached by its From.
        let contact = request.message.list(Name::Contact).next().or_else(|| request.message.value(Name::From));
        let contact = Address::parse(contact?).ok()?;
        Some(Self {
            call_id: copy(&request.call_id),
            local_tag: local_tag.to_owned(),
            remote_tag: copy(&request.from_tag),
            local: [request.message.value(Name::To)?, b";tag=", local_tag.as_bytes()].concat(),
            remote: request.message.value(Name::From)?.to_vec(),
            local_cseq: 0,
            remote_cseq: Some(request.cseq),
            routes: routes(request.message.list(Name::RecordRoute)),
            target: copy(contact.uri.raw),
            instance: contact.instance().unwrap_or_default(),
            home: None,
            flow,
            severed: None,
            hops: HOPS,
        })
    }

    /// Of an INVITE that we are about to send; it becomes whole with [`confirm`](Self::confirm).
    pub(crate) fn outgoing(
        call_id: String,
        local_tag: String,
        from: &[u8],
        to: &[u8],
        target: &[u8],
        flow: Flow,
        hops: u8,
    ) -> Self {
        Self {
            call_id: call_id.into(),
            local: [from, b";tag=", local_tag.as_bytes()].concat(),
            local_tag,
            remote_tag: Bytes::new(),
            remote: to.to_vec(),
            local_cseq: 1,
            remote_cseq: None,
            routes: Vec::new(),
            target: copy(target),
            instance: String::new(),
            home: None,
            flow,
            severed: None,
            hops,
        }
    }

    /// The same for those that a phone registered through.
    pub(crate) fn go_through(&mut self, path: &[Pii<String>]) {
        self.preload(path.iter().map(|uri| format!("<{}>", uri.expose()).into_bytes()).collect());
    }

    /// The proxies that the first request goes through, each as a Route writes it, before any Record-Route says better.
    pub(crate) fn preload(&mut self, routes: Vec<Vec<u8>>) {
        self.routes = routes.into_iter().take(MAX_ROUTES).map(Bytes::from).collect();
    }

    /// The peer is a phone that is registered here, by this path.
    pub(crate) fn lives_at(&mut self, contact: &[u8], path: &[Pii<String>]) {
        let path = path.iter().take(MAX_ROUTES).map(|uri| format!("<{}>", uri.expose()).into()).collect();
        self.home = Some(Home { contact: copy(contact), path });
    }

    /// The Request-URI of what we send inside the dialog, and its route. A phone that names itself by a GRUU of ours is reached where it is
    /// registered, as the proxy of its home would reach it (RFC 5627 section 5.4).
    fn way(&self) -> (&Bytes, &[Bytes]) {
        let by_gruu = |uri: &[u8]| uri::Uri::parse(uri).is_ok_and(|uri| lex::param(uri.params, "gr").is_some());
        match self.home.as_ref().filter(|_| by_gruu(&self.target)) {
            Some(home) if self.routes.is_empty() => (&home.contact, &home.path),
            Some(home) => (&home.contact, &self.routes),
            None => (&self.target, &self.routes),
        }
    }

    /// What the peer is called by: its Contact, and where it was registered when the call began.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = &[u8]> {
        self.home.iter().map(|home| &home.contact[..]).chain([&self.target[..]])
    }

    /// Where the peer listens, by what its first proxy or its Contact says; if that is the address that it speaks from: else a NAT is between
    /// us. What was encrypted stays so.
    pub(crate) fn listens(&self) -> Option<Flow> {
        let route = self.routes.first().and_then(|r| Address::parse(r).ok()).map(|r| r.uri);
        listens(&route.or_else(|| uri::Uri::parse(&self.target).ok())?, self.flow)
    }

    /// Of a 2xx to an INVITE of ours by what it says alone: the leg may be gone, and is another fork's anyway.
    pub(crate) fn stray(response: &Response, flow: Flow) -> Self {
        let value = |name| response.message.value(name).unwrap_or_default();
        let mut dialog = Self {
            call_id: copy(value(Name::CallId)),
            local_tag: String::new(),
            remote_tag: Bytes::new(),
            local: value(Name::From).to_vec(),
            remote: Vec::new(),
            local_cseq: response.cseq,
            remote_cseq: None,
            routes: Vec::new(),
            target: Bytes::new(),
            instance: String::new(),
            home: None,
            flow,
            severed: None,
            hops: HOPS,
        };
        dialog.confirm(response, flow);
        dialog
    }

    /// The early dialog that a provisional response makes (section 12.1.2); it begins where its INVITE stands.
    pub(crate) fn fork(&self, response: &Response, flow: Flow) -> Self {
        let mut fork = self.clone();
        fork.confirm(response, flow);
        fork
    }

    /// A 2xx to our first INVITE: its tag, its route set (reversed), its target (section 12.1.2).
    pub(crate) fn confirm(&mut self, response: &Response, flow: Flow) {
        self.remote_tag = copy(response.to_tag.as_deref().unwrap_or_default());
        if let Some(to) = response.message.value(Name::To) {
            self.remote = to.to_vec();
        }
        self.routes = routes(response.message.list(Name::RecordRoute));
        self.routes.reverse();
        self.refresh(response.message.list(Name::Contact).next());
        // A phone may send from another port than the one that it was reached at.
        let same = |f: Flow| (f.transport, f.remote.ip());
        let reached = flow.transport == Transport::Udp && same(flow) == same(self.flow);
        self.heard_by(if reached { self.flow } else { flow });
        self.hops = HOPS;
    }

    /// The peer speaks by this path.
    pub(crate) fn heard_by(&mut self, flow: Flow) {
        (self.flow, self.severed) = (flow, None);
    }

    /// It answers a request inside the dialog by this path. Datagrams may have gone to another address than the one that it calls from.
    pub(crate) fn answered_by(&mut self, flow: Flow) {
        self.heard_by(if flow.connection == 0 { self.flow } else { flow });
    }

    /// The INVITE that made it came again by another way, and has come there through others, to be answered there.
    pub(crate) fn comes_by(&mut self, request: &Request, flow: Flow) {
        self.routes = routes(request.message.list(Name::RecordRoute));
        self.refresh(request.message.list(Name::Contact).next());
        self.heard_by(flow);
    }

    /// Target refresh (section 12.2): the Contact of a re-INVITE or its 2xx.
    pub(crate) fn refresh(&mut self, contact: Option<&[u8]>) {
        if let Some(contact) = contact.and_then(|c| Address::parse(c).ok()) {
            self.target = copy(contact.uri.raw);
            self.instance = contact.instance().unwrap_or_default();
        }
    }

    /// Its name, for its user.
    pub(crate) fn id(&self) -> DialogId {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        DialogId { call_id: text(&self.call_id), local_tag: self.local_tag.clone(), remote_tag: text(&self.remote_tag) }
    }

    /// True if a request is of this dialog: its tags and Call-ID. (The To tag was how it was found.)
    pub(crate) fn is_of(&self, request: &Request) -> bool {
        self.call_id == request.call_id && self.remote_tag == request.from_tag
    }

    /// The path that a request inside the dialog came by: its own too, if the phone listens where we say that it does, and sends from elsewhere.
    pub(crate) fn path_of(&self, flow: Flow, request: &Request) -> Flow {
        let target = uri::Uri::parse(&self.target).ok();
        let named = target.and_then(|uri| Some((uri::literal(uri.host)?.to_canonical(), uri.port.unwrap_or(5060))));
        let direct = named == Some((self.flow.remote.ip().to_canonical(), self.flow.remote.port()));
        if direct && listening(flow, request) == self.flow { self.flow } else { flow }
    }

    /// Begins a request inside the dialog (section 12.2.1.1). A strict router as first hop gets what it expects.
    pub(crate) fn request(&self, method: Method, cseq: u32, branch: &str) -> Writer {
        let (target, routes) = self.way();
        let strict =
            routes.first().and_then(|r| Address::parse(r).ok()).filter(|r| lex::param(r.uri.params, "lr").is_none());
        let name = method_name(method);
        let flow = self.flow;
        let mut writer = begin(name, strict.map_or(target, |r| r.uri.raw), flow, branch, self.hops);
        for route in routes.iter().skip(usize::from(strict.is_some())) {
            writer = writer.header("Route", &[route]);
        }
        if strict.is_some() {
            writer = writer.header("Route", &[b"<", target, b">"]);
        }
        writer
            .header("From", &[&self.local])
            .header("To", &[&self.remote])
            .header("Call-ID", &[&self.call_id])
            .header("CSeq", &[cseq.to_string().as_bytes(), b" ", name.as_bytes()])
    }

    /// Where a request inside the dialog goes: the path by which the peer speaks with us, since that is the one that passes its NAT.
    /// A trunk is not behind NAT and may have several addresses: there the first route or the target counts, if it is one of them.
    pub(crate) fn next_hop(&self, peers: &Peers) -> Flow {
        let mut flow = self.flow;
        if flow.connection != 0 || !is_trunk(peers, flow.remote.ip()) {
            return flow;
        }
        let route = self.routes.first().and_then(|r| Address::parse(r).ok()).map(|r| r.uri);
        let Some(hop) = route.or_else(|| uri::Uri::parse(&self.target).ok()) else { return flow };
        // Under TLS the address is the one that its certificate was looked up for, and one that no name leads to has none to show.
        let may_go = |ip: IpAddr| match flow.transport {
            Transport::Tls => is_known_trunk(peers, ip) && ip != flow.remote.ip(),
            _ => is_trunk(peers, ip),
        };
        if let Some(ip) = uri::literal(hop.host).filter(|&ip| may_go(ip)) {
            flow.remote = SocketAddr::new(ip, hop.port.unwrap_or(flow.transport.default_port()));
        }
        flow
    }
}

/// Where a peer listens that names this URI and speaks from the other end of this flow. See [`Dialog::listens`].
pub(crate) fn listens(hop: &uri::Uri<'_>, flow: Flow) -> Option<Flow> {
    let named = lex::param(hop.params, "transport").flatten();
    let named: Option<Transport> = named.and_then(|t| std::str::from_utf8(t).ok()?.parse().ok());
    let transport = match (flow.transport, named) {
        (Transport::Tls, None | Some(Transport::Tcp | Transport::Tls)) => Transport::Tls,
        // A request that was too large for a datagram came by a stream (section 18.1.1); datagrams are what is meant all the same.
        (Transport::Udp | Transport::Tcp, None | Some(Transport::Udp)) => Transport::Udp,
        (Transport::Tcp, Some(Transport::Tcp)) => Transport::Tcp,
        _ => return None,
    };
    let ip = uri::literal(hop.host).filter(|ip| ip.to_canonical() == flow.remote.ip().to_canonical())?;
    let remote = SocketAddr::new(ip, hop.port.unwrap_or(transport.default_port()));
    Some(Flow { transport, remote, connection: 0, ..flow })
}

/// Where the sender of a request takes ours. Some phones send datagrams from another port than they listen on, name that in Via and Contact, and do
/// not ask for an answer at the port that they send from (RFC 3581). With their own address in both, no NAT is between us that would let through
/// only what goes back.
pub(crate) fn listening(flow: Flow, request: &Request) -> Flow {
    let here = |host| uri::literal(host).is_some_and(|ip| ip.to_canonical() == flow.remote.ip().to_canonical());
    // What a proxy has passed on came from the proxy, which may stand at the phone's own address.
    let datagram = flow.transport == Transport::Udp && request.message.list(Name::Via).nth(1).is_none();
    let Some(via) = request.via().filter(|via| datagram && !via.wants_rport() && here(via.host)) else { return flow };
    let port = match request.address(Name::Contact).map(|contact| contact.uri) {
        None => via.port,
        Some(uri) if here(uri.host) && is_datagram(uri.params) => uri.port,
        Some(_) => return flow,
    };
    let remote = SocketAddr::new(flow.remote.ip(), port.unwrap_or(flow.transport.default_port()));
    Flow { remote, ..flow }
}

/// These parameters of a URI ask for no connection.
fn is_datagram(params: &[u8]) -> bool {
    lex::param(params, "transport").flatten().is_none_or(|named| named.eq_ignore_ascii_case(b"udp"))
}

/// Begins a request: Via and Max-Forwards.
pub(crate) fn begin(method: &str, uri: &[u8], flow: Flow, branch: &str, hops: u8) -> Writer {
    let before: [&[u8]; 3] = [b"SIP/2.0/", flow.transport.via().as_bytes(), b" "];
    let behind: [&[u8]; 2] = [b";rport;branch=", branch.as_bytes()];
    let writer = Writer::request(method, uri).address("Via", &before, sent_by(flow.local), &behind);
    writer.number("Max-Forwards", hops.into())
}

/// Our own Contact, as the peer can reach it.
pub(crate) fn contact(flow: Flow) -> String {
    match flow.transport {
        Transport::Udp => format!("<sip:{}>", sent_by(flow.local)),
        stream => format!("<sip:{};transport={stream}>", sent_by(flow.local)),
    }
}

/// Without an IPv6 scope, which means nothing to anybody else, and an IPv4 address as such even on a dual-stack socket.
pub(crate) fn sent_by(local: SocketAddr) -> SocketAddr {
    SocketAddr::new(local.ip().to_canonical(), local.port())
}

fn routes<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<Bytes> {
    values.take(MAX_ROUTES).map(copy).collect()
}

/// A copy that does not keep the whole message alive.
fn copy(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
