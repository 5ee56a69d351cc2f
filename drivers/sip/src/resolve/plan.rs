//! RFC 3263 section 4 as a function of what the DNS has said so far: either what is still to be asked, or the addresses.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use model::Random;

use super::{Answer, Naptr, Query, Records, Site, Srv, Target};
use crate::api::Transport;
use crate::wire::uri;

/// What we can do, most liked first where the server has no wish of its own.
const TRANSPORTS: [(Transport, &str, &str); 3] = [
    (Transport::Udp, "SIP+D2U", "_sip._udp"),
    (Transport::Tcp, "SIP+D2T", "_sip._tcp"),
    (Transport::Tls, "SIPS+D2T", "_sips._tcp"),
];
/// SRV records of one service that are looked at.
const MAX_SERVERS: usize = 16;
/// Addresses of one host that are looked at.
const MAX_ADDRESSES: usize = 8;

/// A target and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ranked {
    pub(super) target: Target,
    /// Service and priority: lower ones come first, always.
    rank: (usize, u16),
    weight: u16,
    /// The server within its rank, since one may have several addresses, which stay together.
    server: usize,
}

impl Ranked {
    pub(super) fn in_order(place: usize, target: &Target) -> Self {
        Self { target: target.clone(), rank: (place, 0), weight: 0, server: 0 }
    }
}

/// How far a look-up is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// These answers are missing.
    Ask(Vec<Query>),
    /// All that can be known is known.
    Done(Found),
}

/// What a look-up came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) targets: Vec<Ranked>,
    /// Every question on the way was answered, now or before. If not, a server may be missing, and where the records of a service are,
    /// the host of the bare domain may be somebody else's.
    pub(super) sure: bool,
}

/// What has been said, and what was missed while reading it.
struct Book<'a> {
    answers: &'a HashMap<Query, Answer>,
    /// What was said before: it stays in force for what nobody answers now (RFC 8767), which does not mean that there is none.
    before: &'a HashMap<Query, Records>,
    missing: Vec<Query>,
    /// Something was answered neither now nor before.
    unknown: bool,
    /// Nor was which services there are, so that their usual names were asked for.
    assumed: bool,
}

impl<'a> Book<'a> {
    fn read(&mut self, query: Query) -> Option<&'a Records> {
        let Some(answer) = self.answers.get(&query) else {
            self.missing.push(query);
            return None;
        };
        let said = answer.records.as_ref().map(|(records, _)| records).or_else(|| self.before.get(&query));
        self.unknown |= said.is_none();
        said
    }

    fn naptr(&mut self, name: &str) -> Vec<Naptr> {
        let unknown = self.unknown;
        let said = self.read(Query::Naptr(name.to_owned()));
        (self.assumed, self.unknown) = (self.unknown, unknown);
        match said {
            Some(Records::Naptr(records)) => records.clone(),
            _ => Vec::new(),
        }
    }

    fn srv(&mut self, name: &str) -> Vec<Srv> {
        match self.read(Query::Srv(name.to_owned())) {
            // A lone "." says that the service is not there (RFC 2782).
            Some(Records::Srv(records)) => {
                records.iter().filter(|r| !matches!(r.host.as_str(), "." | "")).take(MAX_SERVERS).cloned().collect()
            }
            _ => Vec::new(),
        }
    }

    fn addresses(&mut self, host: &str) -> Vec<IpAddr> {
        if let Some(ip) = literal(host) {
            return vec![ip];
        }
        match self.read(Query::Addresses(host.to_owned())) {
            Some(Records::Addresses(found)) => found.iter().take(MAX_ADDRESSES).copied().collect(),
            _ => Vec::new(),
        }
    }
}

fn literal(host: &str) -> Option<IpAddr> {
    uri::literal(host.as_bytes())
}

/// Where a look-up of this site stands, after these answers and, for what is not answered, those of `before`.
pub(super) fn plan(site: &Site, answers: &HashMap<Query, Answer>, before: &HashMap<Query, Records>) -> Plan {
    let mut book = Book { answers, before, missing: Vec::new(), unknown: false, assumed: false };
    let targets = find(site, &mut book);
    if book.missing.is_empty() { Plan::Done(Found { targets, sure: !book.unknown }) } else { Plan::Ask(book.missing) }
}

/// The shortest lifetime of what was said.
pub(super) fn lifetime(answers: &HashMap<Query, Answer>) -> Option<u32> {
    answers.values().filter_map(|a| a.records.as_ref()).filter(|(r, _)| !is_empty(r)).map(|(_, seconds)| *seconds).min()
}

fn is_empty(records: &Records) -> bool {
    match records {
        Records::Naptr(r) => r.is_empty(),
        Records::Srv(r) => r.is_empty(),
        Records::Addresses(r) => r.is_empty(),
    }
}

fn find(site: &Site, book: &mut Book<'_>) -> Vec<Ranked> {
    let named = literal(&site.host).is_none() && site.port.is_none();
    if named {
        let services = services(site, book);
        if !book.missing.is_empty() {
            return Vec::new();
        }
        let found = servers(&services, book);
        if !found.is_empty() || !book.missing.is_empty() {
            // Where the services are at their usual names, nothing hangs on what names them: some routers never pass on that question.
            return found;
        }
        book.unknown |= book.assumed;
    }
    // A port or an address was given, or there are no SRV records (section 4.2).
    let transport = site.transport.unwrap_or(Transport::Udp);
    let port = site.port.unwrap_or(transport.default_port());
    let addresses = book.addresses(&site.host);
    addresses.into_iter().enumerate().map(|(i, ip)| at(transport, ip, port, (0, 0), 0, i)).collect()
}

const fn at(transport: Transport, ip: IpAddr, port: u16, rank: (usize, u16), weight: u16, server: usize) -> Ranked {
    Ranked { target: Target { transport, address: SocketAddr::new(ip, port) }, rank, weight, server }
}

/// The names of SRV records to follow, the preferred first (section 4.1).
fn services(site: &Site, book: &mut Book<'_>) -> Vec<(Transport, String)> {
    let guess = |(transport, _, prefix): &(Transport, &str, &str)| (*transport, format!("{prefix}.{}", site.host));
    if let Some(wanted) = site.transport {
        return TRANSPORTS.iter().filter(|(t, ..)| *t == wanted).map(guess).collect();
    }
    let mut records = book.naptr(&site.host);
    records.sort_by_key(|r| (r.order, r.preference));
    let known = records.into_iter().filter_map(|r| {
        let (transport, ..) = TRANSPORTS.iter().find(|(_, service, _)| r.service.eq_ignore_ascii_case(service))?;
        Some((r.order, *transport, r.replacement))
    });
    let known: Vec<_> = known.collect();
    let lowest = known.first().map(|(order, ..)| *order);
    if lowest.is_none() && book.missing.is_empty() {
        return TRANSPORTS.iter().map(guess).collect();
    }
    known.into_iter().filter(|(order, ..)| Some(*order) == lowest).map(|(_, t, name)| (t, name)).collect()
}

fn servers(services: &[(Transport, String)], book: &mut Book<'_>) -> Vec<Ranked> {
    let mut found = Vec::new();
    for (place, (transport, name)) in services.iter().enumerate() {
        for (server, record) in book.srv(name).into_iter().enumerate() {
            for ip in book.addresses(&record.host) {
                found.push(at(*transport, ip, record.port, (place, record.priority), record.weight, server));
            }
        }
    }
    found.sort_by_key(|r| r.rank);
    found
}

/// An order for one call: rank by rank, in each the servers drawn by their weight.
pub(super) fn shuffle(known: &[Ranked], random: &mut Random) -> Vec<Target> {
    let mut out = Vec::with_capacity(known.len());
    let mut rest = known;
    while let Some(first) = rest.first() {
        let length = rest.iter().take_while(|r| r.rank == first.rank).count();
        let (group, after) = rest.split_at(length);
        rest = after;
        let mut servers: Vec<(usize, u16)> = Vec::new();
        for r in group {
            if !servers.iter().any(|(s, _)| *s == r.server) {
                servers.push((r.server, r.weight));
            }
        }
        while let Some(chosen) = draw(&mut servers, random) {
            out.extend(group.iter().filter(|r| r.server == chosen).map(|r| r.target.clone()));
        }
    }
    out
}

/// Takes one out, by weight. A weight of 0 is a very small chance beside others (RFC 2782), and an equal one among its like: those stay in
/// their order, which is the order of the addresses where no SRV record has a say.
fn draw(servers: &mut Vec<(usize, u16)>, random: &mut Random) -> Option<usize> {
    let total: u64 = servers.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut at = 0;
    if total > 0 {
        let mut mark = random.below(total);
        at = servers.iter().position(|(_, weight)| {
            let weight = u64::from(*weight);
            let hit = mark < weight;
            mark = mark.saturating_sub(weight);
            hit
        })?;
    }
    (at < servers.len()).then(|| servers.remove(at).0)
}
