//! Look-ups in the DNS, as a [`Locator`](crate::resolve::Locator) asks for them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::system_conf::parse_resolv_conf;
use hickory_resolver::{Resolver, TokioResolver};

use crate::resolve::{Answer, Naptr, Query, Records, Srv};

/// One try, with two servers at once and three repetitions to each. A server that looks far away answers the second one from what it found.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Tries after the first, as this resolver counts them. A question that a router drops, whatever its kind, is so given up in two seconds: long
/// before the locator gives up its stage of the look-up, which would make nothing of what was answered beside it.
const RETRIES: usize = 1;
/// Answers that are kept for their lifetime. A clinic has a few trunks, each with a few names.
const CACHE: u64 = 256;

/// What says which servers the system is set to.
const SYSTEM: &str = "/etc/resolv.conf";

/// Who answers.
#[derive(Clone)]
pub struct Dns {
    source: Source,
}

#[derive(Clone)]
enum Source {
    Fixed(Arc<Option<TokioResolver>>),
    /// Read again before each question, of which there are few: a box that starts before its router is told of no server until later, and
    /// another router brings others.
    File {
        path: PathBuf,
        port: Option<u16>,
        read: Arc<Mutex<Read>>,
    },
}

/// What the file said last.
#[derive(Default)]
struct Read {
    /// `None` before the first time; a file that is not there says nothing.
    text: Option<Vec<u8>>,
    /// Those of the newest text that named any: when it names none, they may still answer.
    resolver: Option<TokioResolver>,
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dns")
    }
}

impl Dns {
    /// The servers that the system is set to whenever it is asked. While it is set to none, nothing is found, and the log says so.
    pub fn system() -> Self {
        Self::of_file(SYSTEM.into(), None)
    }

    /// The servers that this file names, all at this port.
    fn of_file(path: PathBuf, port: Option<u16>) -> Self {
        Self { source: Source::File { path, port, read: Arc::default() } }
    }

    /// This server alone.
    pub fn at(server: SocketAddr) -> Self {
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![NameServerConfig::udp_and_tcp(server.ip())]);
        let resolver = checked(build(config, ResolverOpts::default(), Some(server.port())));
        Self { source: Source::Fixed(resolver.into()) }
    }

    async fn resolver(&self) -> Option<TokioResolver> {
        let (path, port, read) = match &self.source {
            Source::Fixed(resolver) => return resolver.as_ref().clone(),
            Source::File { path, port, read } => (path, *port, read),
        };
        let text = tokio::fs::read(path).await.unwrap_or_default();
        let mut read = read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.text.as_ref() != Some(&text) {
            let built = parse_resolv_conf(&text).and_then(|(config, options)| build(config, options, port));
            read.resolver = checked(built).or_else(|| read.resolver.take());
            read.text = Some(text);
        }
        read.resolver.clone()
    }

    /// Asks.
    pub async fn ask(&self, query: &Query) -> Answer {
        let Some(resolver) = &self.resolver().await else { return Answer { records: None } };
        let records = match query {
            Query::Naptr(name) => said(resolver.lookup(absolute(name), RecordType::NAPTR).await).map(naptr),
            Query::Srv(name) => said(resolver.lookup(absolute(name), RecordType::SRV).await).map(srv),
            Query::Addresses(name) => addresses(resolver, name).await,
        };
        Answer { records }
    }
}

/// Asks these servers, at this port if not at their own.
fn build(config: ResolverConfig, mut options: ResolverOpts, port: Option<u16>) -> Result<TokioResolver, NetError> {
    let mut servers = config.name_servers().to_vec();
    for connection in servers.iter_mut().flat_map(|server| &mut server.connections) {
        connection.port = port.unwrap_or(connection.port);
    }
    let config = ResolverConfig::from_parts(config.domain().cloned(), config.search().to_vec(), servers);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    options.timeout = TIMEOUT;
    options.attempts = RETRIES;
    options.cache_size = CACHE;
    *builder.options_mut() = options;
    builder.build()
}

fn checked(built: Result<TokioResolver, NetError>) -> Option<TokioResolver> {
    built.inspect_err(|error| tracing::warn!(%error, "no server for names is known")).ok()
}

/// No search domain of the local network may answer for a carrier.
fn absolute(name: &str) -> String {
    if name.ends_with('.') { name.to_owned() } else { format!("{name}.") }
}

/// What a zone says, with its lifetime in seconds: nothing is an answer, too. `None` if nobody answered.
fn said(result: Result<Lookup, NetError>) -> Option<(Vec<RData>, u32)> {
    match result {
        Ok(lookup) => {
            let seconds = lookup.answers().iter().map(|r| r.ttl).min().unwrap_or(0);
            Some((lookup.answers().iter().map(|r| r.data.clone()).collect(), seconds))
        }
        Err(error) if error.is_no_records_found() || error.is_nx_domain() => Some((Vec::new(), 0)),
        Err(_) => None,
    }
}

fn naptr((data, seconds): (Vec<RData>, u32)) -> (Records, u32) {
    let records = data.into_iter().filter_map(|data| match data {
        // Only the flag "s" leads to SRV records (RFC 3263 section 4.1).
        RData::NAPTR(r) if r.flags.eq_ignore_ascii_case(b"s") => Some(Naptr {
            order: r.order,
            preference: r.preference,
            service: String::from_utf8_lossy(&r.services).into_owned(),
            replacement: r.replacement.to_ascii(),
        }),
        _ => None,
    });
    (Records::Naptr(records.collect()), seconds)
}

fn srv((data, seconds): (Vec<RData>, u32)) -> (Records, u32) {
    let records = data.into_iter().filter_map(|data| match data {
        RData::SRV(r) => Some(Srv { priority: r.priority, weight: r.weight, port: r.port, host: r.target.to_ascii() }),
        _ => None,
    });
    (Records::Srv(records.collect()), seconds)
}

/// IPv4 first: it is what a clinic's router passes on most surely.
async fn addresses(resolver: &TokioResolver, name: &str) -> Option<(Records, u32)> {
    let of = |kind| resolver.lookup(absolute(name), kind);
    // At once, so that one without an answer costs its own time alone.
    let (v4, v6) = tokio::join!(of(RecordType::A), of(RecordType::AAAA));
    let (v4, v6) = (said(v4), said(v6));
    // Many a router leaves questions for IPv6 without an answer. Without one for IPv4, nobody knows where the host is.
    let answered: Vec<(Vec<RData>, u32)> = [Some(v4?), v6].into_iter().flatten().collect();
    let seconds = answered.iter().filter(|(data, _)| !data.is_empty()).map(|(_, s)| *s).min().unwrap_or(0);
    let ips = answered.into_iter().flat_map(|(data, _)| data).filter_map(|data| match data {
        RData::A(a) => Some(a.0.into()),
        RData::AAAA(a) => Some(a.0.into()),
        _ => None,
    });
    Some((Records::Addresses(ips.collect()), seconds))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::{IpAddr, Ipv4Addr};

    use model::Instant;
    use tokio::net::UdpSocket;
    use tokio::time::timeout;

    use super::*;
    use crate::resolve::{Locator, Site};

    /// Says of every name that it has this address (RFC 1035 section 4), and that there is nothing else of it. Nothing about this one kind.
    async fn server(at: Ipv4Addr, port: u16, dropped: Option<RecordType>) -> (u16, tokio::task::JoinHandle<()>) {
        let socket = UdpSocket::bind((at, port)).await.expect("a free port");
        let port = socket.local_addr().expect("an address").port();
        #[allow(clippy::disallowed_methods, reason = "the server of a test")]
        let task = tokio::spawn(async move {
            let mut datagram = [0; 512];
            while let Ok((_, from)) = socket.recv_from(&mut datagram).await {
                let name = datagram[12..].iter().position(|b| *b == 0).expect("the end of a name");
                let question = &datagram[12..12 + name + 5];
                let kind = u16::from_be_bytes([question[name + 1], question[name + 2]]);
                if dropped.is_some_and(|dropped| u16::from(dropped) == kind) {
                    continue;
                }
                let is_a = kind == 1;
                let header = [datagram[0], datagram[1], 0x81, 0x80, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0];
                let mut said = [&header, question].concat();
                if is_a {
                    said.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
                    said.extend(at.octets());
                }
                socket.send_to(&said, from).await.expect("sent");
            }
        });
        (port, task)
    }

    async fn found(dns: &Dns, name: &str) -> Option<Vec<IpAddr>> {
        match dns.ask(&Query::Addresses(name.to_owned())).await.records {
            Some((Records::Addresses(ips), _)) => Some(ips),
            _ => None,
        }
    }

    #[tokio::test]
    async fn servers_that_the_system_learns_of_later_are_asked_and_stay_when_it_forgets_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("resolv.conf");
        let [first, second] = [Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 0, 0, 2)];
        let (port, _first) = server(first, 0, None).await;
        let _second = server(second, port, None).await;
        let dns = Dns::of_file(path.clone(), Some(port));
        assert_eq!(found(&dns, "one.test").await, None, "the box is there before its router");
        fs::write(&path, "# nothing yet\n").expect("written");
        assert_eq!(found(&dns, "one.test").await, None);
        fs::write(&path, format!("nameserver {first}\n")).expect("written");
        assert_eq!(found(&dns, "one.test").await, Some(vec![first.into()]));
        fs::write(&path, format!("nameserver {second}\n")).expect("written");
        assert_eq!(found(&dns, "one.test").await, Some(vec![second.into()]), "another router");
        fs::remove_file(&path).expect("removed");
        assert_eq!(found(&dns, "two.test").await, Some(vec![second.into()]), "they may still answer");
    }

    /// What a locator finds with this server, which says nothing to one kind of question. It takes seconds of the clock, as a router does it.
    #[allow(clippy::disallowed_methods, reason = "the shell of a locator, for a test")]
    async fn found_without(dropped: RecordType, port: Option<u16>) -> Vec<String> {
        let (at, _server) = server(Ipv4Addr::LOCALHOST, 0, Some(dropped)).await;
        let dns = Dns::at((Ipv4Addr::LOCALHOST, at).into());
        let mut locator = Locator::new(Site { host: "carrier.test".to_owned(), port, transport: None });
        let begun = tokio::time::Instant::now();
        let now = || Instant::ZERO + begun.elapsed();
        let mut open = locator.poll(now());
        while let Some(query) = open.pop() {
            let wait = locator.next_timeout().saturating_since(now());
            open.extend(match timeout(wait, dns.ask(&query)).await {
                Ok(answer) => locator.answer(now(), &query, answer),
                Err(_) => locator.poll(now()),
            });
        }
        locator.known().iter().map(|t| t.address.to_string()).collect()
    }

    #[tokio::test]
    async fn a_server_that_drops_questions_for_ipv6_tells_the_other_address() {
        assert_eq!(found_without(RecordType::AAAA, Some(5070)).await, ["127.0.0.1:5070"]);
    }

    #[tokio::test]
    async fn a_server_that_drops_questions_for_services_tells_the_address_of_the_host() {
        assert_eq!(found_without(RecordType::NAPTR, None).await, ["127.0.0.1:5060"]);
    }
}
