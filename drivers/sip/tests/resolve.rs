//! RFC 3263 as a conversation: what is asked of the DNS, what it says, and where a call then goes.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use model::{Instant, Random};
use sip::Transport;
use sip::resolve::{Answer, Locator, Naptr, Query, Records, Site, Srv, Target, Trouble};

/// A zone: what each question is answered with.
#[derive(Default)]
struct Zone {
    records: Vec<(Query, Records)>,
    asked: Vec<Query>,
    /// Nobody answers.
    down: bool,
}

impl Zone {
    fn naptr(mut self, name: &str, records: &[(u16, u16, &str, &str)]) -> Self {
        let records = records.iter().map(|(order, preference, service, replacement)| Naptr {
            order: *order,
            preference: *preference,
            service: (*service).to_owned(),
            replacement: (*replacement).to_owned(),
        });
        self.records.push((Query::Naptr(name.to_owned()), Records::Naptr(records.collect())));
        self
    }

    fn srv(mut self, name: &str, records: &[(u16, u16, u16, &str)]) -> Self {
        let records = records.iter().map(|(priority, weight, port, host)| Srv {
            priority: *priority,
            weight: *weight,
            port: *port,
            host: (*host).to_owned(),
        });
        self.records.push((Query::Srv(name.to_owned()), Records::Srv(records.collect())));
        self
    }

    fn host(mut self, name: &str, ips: &[&str]) -> Self {
        let ips: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().expect("an address")).collect();
        self.records.push((Query::Addresses(name.to_owned()), Records::Addresses(ips)));
        self
    }

    fn answer(&self, query: &Query) -> Answer {
        if self.down {
            return Answer { records: None };
        }
        let found = self.records.iter().find(|(q, _)| q == query).map(|(_, r)| r.clone());
        let none = match query {
            Query::Naptr(_) => Records::Naptr(Vec::new()),
            Query::Srv(_) => Records::Srv(Vec::new()),
            Query::Addresses(_) => Records::Addresses(Vec::new()),
        };
        Answer { records: Some((found.unwrap_or(none), 300)) }
    }

    /// Answers all that is asked at this instant.
    fn serve(&mut self, locator: &mut Locator, now: Instant) {
        let mut open = locator.poll(now);
        while let Some(query) = open.pop() {
            self.asked.push(query.clone());
            open.extend(locator.answer(now, &query, self.answer(&query)));
        }
    }
}

fn site(host: &str, port: Option<u16>, transport: Option<Transport>) -> Locator {
    Locator::new(Site { host: host.to_owned(), port, transport })
}

fn said(targets: &[Target]) -> Vec<String> {
    targets.iter().map(|t| format!("{} {}", t.transport, t.address)).collect()
}

fn order(locator: &Locator, now: Instant) -> Vec<String> {
    said(&locator.targets(now, &mut Random::from_u64(1)))
}

fn at(seconds: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(seconds)
}

#[test]
fn an_address_needs_no_dns() {
    let mut locator = site("192.0.2.7", None, None);
    assert!(locator.poll(at(0)).is_empty());
    assert_eq!(
        (order(&locator, at(0)), locator.next_timeout()),
        (vec!["udp 192.0.2.7:5060".to_owned()], Instant::FAR_FUTURE)
    );
    assert_eq!(order(&site("[2001:db8::1]", Some(5070), Some(Transport::Tls)), at(0)), ["tls [2001:db8::1]:5070"]);
}

#[test]
fn the_servers_own_records_choose_the_transport() {
    let mut zone = Zone::default()
        .naptr(
            "carrier.example",
            &[
                (20, 5, "SIP+D2U", "_sip._udp.carrier.example"),
                (10, 20, "SIP+D2T", "_sip._tcp.carrier.example"),
                (10, 10, "SIPS+D2T", "_sips._tcp.carrier.example"),
                (5, 1, "E2U+sip", "x.example"),
            ],
        )
        .srv("_sips._tcp.carrier.example", &[(2, 0, 5061, "b.example"), (1, 0, 5061, "a.example")])
        .srv("_sip._tcp.carrier.example", &[(1, 0, 5060, "a.example")])
        .host("a.example", &["192.0.2.1", "2001:db8::1"])
        .host("b.example", &["192.0.2.2"]);
    let mut locator = site("carrier.example", None, None);
    zone.serve(&mut locator, at(0));
    let expected = [
        "tls 192.0.2.1:5061",
        "tls [2001:db8::1]:5061",
        "tls 192.0.2.2:5061",
        "tcp 192.0.2.1:5060",
        "tcp [2001:db8::1]:5060",
    ];
    assert_eq!(order(&locator, at(0)), expected, "the lowest order alone, in it by preference, then by priority");
    assert_eq!(locator.next_timeout(), at(300), "asked again when the records are old");
}

#[test]
fn without_naptr_the_services_are_guessed_and_without_srv_the_host_is_asked() {
    let mut zone = Zone::default()
        .srv("_sip._udp.carrier.example", &[(1, 0, 5080, "a.example")])
        .host("a.example", &["192.0.2.1"]);
    let mut locator = site("carrier.example", None, None);
    zone.serve(&mut locator, at(0));
    assert_eq!(order(&locator, at(0)), ["udp 192.0.2.1:5080"]);
    let mut zone = Zone::default().host("carrier.example", &["192.0.2.9"]);
    let mut locator = site("carrier.example", None, Some(Transport::Tls));
    zone.serve(&mut locator, at(0));
    assert_eq!(order(&locator, at(0)), ["tls 192.0.2.9:5061"]);
    assert_eq!(
        zone.asked,
        [Query::Srv("_sips._tcp.carrier.example".into()), Query::Addresses("carrier.example".into())]
    );
    let mut locator = site("carrier.example", Some(5070), None);
    zone.serve(&mut locator, at(0));
    assert_eq!(order(&locator, at(0)), ["udp 192.0.2.9:5070"], "with a port only the host is asked");
}

#[test]
fn weights_share_the_calls() {
    let mut zone = Zone::default()
        .srv("_sip._udp.c", &[(1, 75, 1, "a"), (1, 25, 2, "b"), (1, 0, 3, "c")])
        .host("a", &["192.0.2.1"])
        .host("b", &["192.0.2.2"])
        .host("c", &["192.0.2.3"]);
    let mut locator = site("c", None, Some(Transport::Udp));
    zone.serve(&mut locator, at(0));
    let mut random = Random::from_u64(4);
    let mut first: BTreeMap<u16, u32> = BTreeMap::new();
    for _ in 0..4000 {
        let targets = locator.targets(at(0), &mut random);
        assert_eq!(targets.len(), 3, "each once");
        *first.entry(targets[0].address.port()).or_default() += 1;
    }
    assert!((2850..3150).contains(&first[&1]) && (850..1150).contains(&first[&2]), "{first:?}");
}

#[test]
fn a_dead_target_comes_last_for_a_while_and_longer_each_time() {
    let mut zone = Zone::default()
        .srv("_sip._udp.c", &[(1, 0, 1, "a"), (2, 0, 2, "b")])
        .host("a", &["192.0.2.1"])
        .host("b", &["192.0.2.2"]);
    let mut locator = site("c", None, Some(Transport::Udp));
    zone.serve(&mut locator, at(0));
    let dead = locator.known()[0].clone();
    locator.failed(at(0), &dead);
    assert_eq!(order(&locator, at(29)), ["udp 192.0.2.2:2", "udp 192.0.2.1:1"]);
    assert_eq!(order(&locator, at(31)), ["udp 192.0.2.1:1", "udp 192.0.2.2:2"]);
    locator.failed(at(31), &dead);
    assert_eq!(order(&locator, at(90))[0], "udp 192.0.2.2:2", "twice as long");
    locator.works(&dead);
    assert_eq!(order(&locator, at(90))[0], "udp 192.0.2.1:1");
}

#[test]
fn without_dns_what_was_known_stays() {
    let mut zone = Zone { down: true, ..Zone::default() };
    let mut locator = site("carrier.example", None, None);
    let kept = Target { transport: Transport::Tcp, address: "192.0.2.5:5060".parse().expect("an address") };
    locator.remember(std::slice::from_ref(&kept));
    zone.serve(&mut locator, at(0));
    assert_eq!((locator.known(), locator.trouble()), (vec![kept.clone()], Some(Trouble::NoDns)));
    assert_eq!(locator.next_timeout(), at(10), "tried again soon");
    zone.serve(&mut locator, at(10));
    assert_eq!(locator.next_timeout(), at(30), "and then less often");
    let mut zone = Zone::default().host("carrier.example", &["192.0.2.9"]);
    zone.serve(&mut locator, at(30));
    assert_eq!((order(&locator, at(30)), locator.trouble()), (vec!["udp 192.0.2.9:5060".to_owned()], None));
    zone.records.clear();
    zone.serve(&mut locator, at(330));
    assert_eq!(locator.trouble(), Some(Trouble::NoAddress));
    assert_eq!(locator.known().len(), 1, "a zone that lost its records does not cut the clinic off");
}

#[test]
fn a_dns_that_says_nothing_is_waited_for_five_seconds_and_a_late_answer_is_dropped() {
    let mut locator = site("carrier.example", Some(5060), None);
    let asked = locator.poll(at(0));
    assert_eq!((asked.len(), locator.next_timeout()), (1, at(5)));
    assert!(locator.poll(at(4)).is_empty());
    assert!(locator.poll(at(5)).is_empty());
    assert_eq!(locator.trouble(), Some(Trouble::NoDns));
    let late = Answer { records: Some((Records::Addresses(vec!["192.0.2.1".parse().expect("an address")]), 60)) };
    assert!(locator.answer(at(6), &asked[0], late).is_empty());
    assert!(locator.known().is_empty());
}

#[test]
fn a_hostile_zone_is_asked_a_bounded_number_of_questions() {
    let servers: Vec<(u16, u16, u16, String)> = (0..500).map(|i| (i, 0, 5060, format!("h{i}"))).collect();
    let servers: Vec<_> = servers.iter().map(|(a, b, c, d)| (*a, *b, *c, d.as_str())).collect();
    let ips: Vec<String> = (0..200).map(|i| format!("192.0.2.{i}")).collect();
    let ips: Vec<&str> = ips.iter().map(String::as_str).collect();
    let mut zone =
        Zone::default().srv("_sip._udp.c", &servers).srv("_sip._tcp.c", &servers).srv("_sips._tcp.c", &servers);
    for i in 0..500 {
        zone = zone.host(&format!("h{i}"), &ips);
    }
    let mut locator = site("c", None, None);
    zone.serve(&mut locator, at(0));
    assert!(zone.asked.len() <= 32 && locator.known().len() <= 32, "{} asked", zone.asked.len());
    assert!(!locator.known().is_empty());
}
