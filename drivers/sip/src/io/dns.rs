//! Look-ups in the DNS, as a [`Locator`](crate::resolve::Locator) asks for them.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

use crate::resolve::{Answer, Naptr, Query, Records, Srv};

/// One try with one server; the locator gives up after five seconds and asks again later.
const TIMEOUT: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 2;
/// Answers that are kept for their lifetime. A clinic has a few trunks, each with a few names.
const CACHE: u64 = 256;

/// Who answers.
#[derive(Clone)]
pub struct Dns {
    resolver: Option<TokioResolver>,
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dns")
    }
}

impl Dns {
    /// The servers that the system is set to. If it is set to none, nothing is ever found, and the log says so.
    pub fn system() -> Self {
        let resolver = TokioResolver::builder_tokio().map(|mut builder| {
            limit(builder.options_mut());
            builder.build()
        });
        Self::checked(resolver.and_then(|built| built))
    }

    /// This server alone.
    pub fn at(server: SocketAddr) -> Self {
        let mut name_server = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut name_server.connections {
            connection.port = server.port();
        }
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![name_server]);
        let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
        limit(builder.options_mut());
        Self::checked(builder.build())
    }

    fn checked(built: Result<TokioResolver, NetError>) -> Self {
        let resolver = built.inspect_err(|error| tracing::warn!(%error, "no name can be looked up")).ok();
        Self { resolver }
    }

    /// Asks.
    pub async fn ask(&self, query: &Query) -> Answer {
        let Some(resolver) = &self.resolver else { return Answer { records: None } };
        let records = match query {
            Query::Naptr(name) => said(resolver.lookup(absolute(name), RecordType::NAPTR).await).map(naptr),
            Query::Srv(name) => said(resolver.lookup(absolute(name), RecordType::SRV).await).map(srv),
            Query::Addresses(name) => addresses(resolver, name).await,
        };
        Answer { records }
    }
}

fn limit(options: &mut ResolverOpts) {
    options.timeout = TIMEOUT;
    options.attempts = ATTEMPTS;
    options.cache_size = CACHE;
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
    let v4 = said(resolver.lookup(absolute(name), RecordType::A).await);
    let v6 = said(resolver.lookup(absolute(name), RecordType::AAAA).await);
    if v4.is_none() && v6.is_none() {
        return None;
    }
    let answered: Vec<(Vec<RData>, u32)> = [v4, v6].into_iter().flatten().collect();
    let seconds = answered.iter().filter(|(data, _)| !data.is_empty()).map(|(_, s)| *s).min().unwrap_or(0);
    let ips = answered.into_iter().flat_map(|(data, _)| data).filter_map(|data| match data {
        RData::A(a) => Some(a.0.into()),
        RData::AAAA(a) => Some(a.0.into()),
        _ => None,
    });
    Some((Records::Addresses(ips.collect()), seconds))
}
