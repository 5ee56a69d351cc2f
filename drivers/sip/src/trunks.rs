//! The carriers as the endpoint knows them at the moment: what each has asked of us, and whether we are registered there.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use model::{Instant, Random};

use crate::api::{Flow, Transport, Trunk};
use crate::dialog::sent_by;
use crate::digest::client::Signer;
use crate::registration::Registration;
use crate::wire::{Address, Name, Request, Uri, lex};

/// A trunk; the number is never used again after new settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TrunkId(pub(crate) u64);

/// Trunks at once. A clinic has one to three.
const MAX_TRUNKS: usize = 16;

/// One carrier.
pub(crate) struct Line {
    pub(crate) config: Trunk,
    pub(crate) signer: Option<Signer>,
    /// Addresses that took no connection for a large request, and until when that is believed.
    pub(crate) no_stream: HashMap<SocketAddr, Instant>,
    pub(crate) registration: Option<Registration>,
    /// Those that the REGISTER under way has not tried.
    pub(crate) untried: Vec<Flow>,
    /// Where the REGISTER under way went, or the last good one.
    pub(crate) registrar: Option<Flow>,
    /// The proxies that the registrar wants our calls to go through (RFC 3608).
    pub(crate) service_route: Vec<Vec<u8>>,
    /// In our Contact, and so in the Request-URI of every call that comes over this registration. Nobody can guess it.
    token: String,
}

impl Line {
    fn new(config: Trunk, random: &mut Random) -> Self {
        let registration = config.registers.then(|| Registration::new(config.expires, random));
        Self {
            config,
            signer: None,
            no_stream: HashMap::new(),
            registration,
            untried: Vec::new(),
            registrar: None,
            service_route: Vec::new(),
            token: random.hex(8),
        }
    }

    pub(crate) fn is_registered(&self) -> bool {
        self.registration.as_ref().is_some_and(|r| r.until.is_some())
    }

    /// The path to the registrar, if we are registered and it is of this kind.
    pub(crate) fn registered_over(&self, transport: Transport) -> Option<Flow> {
        self.registrar.filter(|flow| self.is_registered() && flow.transport == transport)
    }

    /// Our Contact in REGISTER.
    pub(crate) fn contact(&self, flow: Flow) -> String {
        let user = if self.config.user.is_empty() { String::new() } else { format!("{}@", self.config.user) };
        let transport = match flow.transport {
            Transport::Udp => String::new(),
            stream => format!(";transport={stream}"),
        };
        format!("<sip:{user}{};line={}{transport}>", sent_by(flow.local), self.token)
    }

    /// True for a URI that is our Contact, whatever was added to it on the way.
    pub(crate) fn is_contact(&self, uri: &Uri<'_>) -> bool {
        lex::param(uri.params, "line").flatten() == Some(self.token.as_bytes())
    }

    /// What a request outside a dialog goes through: what the registrar said, else the proxy that a person named.
    pub(crate) fn routes(&self) -> Vec<Vec<u8>> {
        if !self.service_route.is_empty() {
            return self.service_route.clone();
        }
        self.config.proxy.iter().map(|uri| format!("<{uri}>").into_bytes()).collect()
    }

    fn names(&self, host: &[u8]) -> bool {
        let realm = self.signer.as_ref().is_some_and(|s| s.knows_realm(host));
        realm || host.eq_ignore_ascii_case(self.config.domain.as_bytes())
    }
}

/// All of them.
#[derive(Default)]
pub(crate) struct Trunks {
    pub(crate) lines: BTreeMap<TrunkId, Line>,
    /// Those that are no more, while their carrier is told so: no call goes over them, and none that comes is theirs.
    pub(crate) parting: BTreeMap<TrunkId, Line>,
    next: u64,
}

impl Trunks {
    /// Replaces them. One that is as it was keeps all that is known of it. Those that must register for the first time, or at last have an
    /// address, and those that are no more.
    pub(crate) fn replace(&mut self, trunks: Vec<Trunk>, random: &mut Random) -> (Vec<TrunkId>, Vec<(TrunkId, Line)>) {
        let mut old = std::mem::take(&mut self.lines);
        let mut new = Vec::new();
        for config in trunks.into_iter().take(MAX_TRUNKS) {
            let same = old.iter().find(|(_, line)| line.config.is_as(&config)).map(|(id, _)| *id);
            let (id, line) = match same.and_then(|id| Some((id, old.remove(&id)?))) {
                Some((id, line)) => {
                    if line.config.flows.is_empty() && !config.flows.is_empty() {
                        new.push(id);
                    }
                    (id, Line { config, ..line })
                }
                None => {
                    self.next += 1;
                    new.push(TrunkId(self.next));
                    (TrunkId(self.next), Line::new(config, random))
                }
            };
            self.lines.insert(id, line);
        }
        (new, old.into_iter().collect())
    }

    /// One of them, also one that is no more.
    pub(crate) fn line(&mut self, id: TrunkId) -> Option<&mut Line> {
        match self.lines.get_mut(&id) {
            Some(line) => Some(line),
            None => self.parting.get_mut(&id),
        }
    }

    /// Keeps one that is no more until its carrier knows. False if that does not have to be told, or too many have to be.
    pub(crate) fn part(&mut self, id: TrunkId, line: Line) -> bool {
        let told = line.is_registered() && self.parting.len() < MAX_TRUNKS;
        if told {
            self.parting.insert(id, line);
        }
        told
    }

    pub(crate) fn named(&self, name: &str) -> Option<TrunkId> {
        self.lines.iter().find(|(_, line)| line.config.name == name).map(|(id, _)| *id)
    }

    /// Which trunk a request comes from: by our Contact in its Request-URI, else by the whole address it comes from, else by the host
    /// alone, else by where trunks were until lately, else by where their other machines are; of several trunks at one host, by the domain or realm that it names as its own. `inside`:
    /// the address is in the clinic's own networks, where phones are too, so that only a whole address proves something.
    pub(crate) fn of_request(&self, flow: &Flow, request: &Request, inside: bool) -> Option<TrunkId> {
        let uri = request.uri();
        let contact = |line: &Line| uri.as_ref().is_some_and(|uri| line.is_contact(uri));
        if let Some((id, _)) = self.lines.iter().find(|(_, line)| contact(line)) {
            return Some(*id);
        }
        let (ip, port) = (flow.remote.ip().to_canonical(), flow.remote.port());
        let at = |line: &Line, now: bool, exact: bool| {
            let is = |a: &SocketAddr| a.ip().to_canonical() == ip && (!exact || a.port() == port);
            if now { line.config.flows.iter().any(|f| is(&f.remote)) } else { line.config.former.iter().any(is) }
        };
        let ways = [(true, true), (true, false), (false, true), (false, false)];
        let of = |(now, exact): (bool, bool)| -> Vec<_> {
            self.lines.iter().filter(|(_, line)| at(line, now, exact)).collect()
        };
        let ways = ways.into_iter().filter(|(_, exact)| *exact || !inside);
        let others = || {
            let is_there = |line: &Line| !inside && line.config.also_from.iter().any(|network| network.contains(ip));
            self.lines.iter().filter(|(_, line)| is_there(line)).collect()
        };
        let candidates = ways.map(of).find(|found| !found.is_empty()).unwrap_or_else(others);
        let said = [Name::PAssertedIdentity, Name::From].into_iter().filter_map(|n| request.message.list(n).next());
        let hosts: Vec<&[u8]> = said.filter_map(|v| Some(Address::parse(v).ok()?.uri.host)).collect();
        let named = candidates.iter().find(|(_, line)| hosts.iter().any(|host| line.names(host)));
        named.or_else(|| candidates.first()).map(|(id, _)| **id)
    }
}
