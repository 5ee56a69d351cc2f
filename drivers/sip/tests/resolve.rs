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
    /// Nobody answers these.
    silent: Vec<Query>,
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
        if self.down || self.silent.contains(query) {
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

/// A router that never passes on what names the services, and a server behind it that takes its time.
#[test]
fn what_nobody_answers_leaves_what_is_asked_after_it_its_time_and_the_whole_look_up_ends() {
    let mut locator = site("c", None, None);
    let zone = Zone { silent: vec![Query::Naptr("c".to_owned())], ..domain() };
    assert_eq!(locator.poll(at(0)), [Query::Naptr("c".to_owned())]);
    let services = locator.poll(at(5));
    assert_eq!((services.len(), locator.next_timeout()), (3, at(10)), "the usual names are asked for");
    let mut hosts = Vec::new();
    for query in &services {
        hosts.extend(locator.answer(at(9), query, zone.answer(query)));
    }
    assert_eq!((hosts.len(), locator.next_timeout()), (2, at(14)));
    for query in &hosts {
        assert!(locator.answer(at(13), query, zone.answer(query)).is_empty());
    }
    assert_eq!(order(&locator, at(13)), ["udp 192.0.2.1:5080", "udp 192.0.2.2:5080"]);

    let mut locator = site("c", None, None);
    let (mut now, mut open) = (at(0), locator.poll(at(0)));
    for _ in 0..3 {
        assert!(!open.is_empty());
        now = locator.next_timeout();
        open = locator.poll(now);
    }
    assert_eq!((now, open, locator.trouble()), (at(15), Vec::new(), Some(Trouble::NoDns)));
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

/// Two servers behind a domain that has an address of its own, which is a web server's.
fn domain() -> Zone {
    Zone::default()
        .srv("_sip._udp.c", &[(1, 0, 5080, "a"), (2, 0, 5080, "b")])
        .host("a", &["192.0.2.1"])
        .host("b", &["192.0.2.2"])
        .host("c", &["192.0.2.99"])
}

fn service() -> Query {
    Query::Srv("_sip._udp.c".to_owned())
}

#[test]
fn a_question_that_nobody_answers_is_not_answered_with_no() {
    let (mut zone, mut locator) = (domain(), site("c", None, None));
    zone.serve(&mut locator, at(0));
    let servers = ["udp 192.0.2.1:5080", "udp 192.0.2.2:5080"];
    assert_eq!((order(&locator, at(0)), locator.next_timeout()), (servers.map(str::to_owned).to_vec(), at(300)));
    zone.silent = vec![service()];
    zone.serve(&mut locator, at(300));
    assert_eq!(order(&locator, at(300)), servers, "not the host of the bare domain");
    assert_eq!((locator.next_timeout(), locator.trouble()), (at(310), Some(Trouble::NoDns)), "asked again soon");
    // What is answered counts: the first server has moved.
    zone.records.retain(|(query, _)| *query != Query::Addresses("a".to_owned()));
    zone = zone.host("a", &["192.0.2.7"]);
    zone.serve(&mut locator, at(310));
    assert_eq!(order(&locator, at(310)), ["udp 192.0.2.7:5080", "udp 192.0.2.2:5080"]);
    assert_eq!(locator.next_timeout(), at(330), "less often");
    zone.silent.clear();
    zone.serve(&mut locator, at(330));
    assert_eq!((locator.next_timeout(), locator.trouble()), (at(630), None));
}

#[test]
fn a_server_whose_host_nobody_answers_for_keeps_its_place() {
    let (mut zone, mut locator) = (domain(), site("c", None, Some(Transport::Udp)));
    zone.serve(&mut locator, at(0));
    for silent in ["a", "b"] {
        zone.silent = vec![Query::Addresses(silent.to_owned())];
        let now = locator.next_timeout();
        zone.serve(&mut locator, now);
        assert_eq!(order(&locator, now), ["udp 192.0.2.1:5080", "udp 192.0.2.2:5080"]);
    }
}

#[test]
fn what_is_found_without_an_answer_is_better_than_nothing_and_worse_than_what_was_known() {
    let (mut zone, mut locator) = (domain(), site("c", None, None));
    zone.silent = vec![service()];
    zone.serve(&mut locator, at(0));
    assert_eq!(order(&locator, at(0)), ["udp 192.0.2.99:5060"], "nothing else is known, and help may be called now");
    zone.silent.clear();
    zone.serve(&mut locator, at(10));
    assert_eq!(order(&locator, at(10)), ["udp 192.0.2.1:5080", "udp 192.0.2.2:5080"]);
    // After a restart.
    let kept = locator.known();
    let mut locator = site("c", None, None);
    locator.remember(&kept);
    zone.silent = vec![service()];
    zone.serve(&mut locator, at(0));
    assert_eq!(order(&locator, at(0)), ["udp 192.0.2.1:5080", "udp 192.0.2.2:5080", "udp 192.0.2.99:5060"]);
    zone.silent.clear();
    zone.serve(&mut locator, at(10));
    assert_eq!((locator.known(), locator.trouble()), (kept, None));
}

/// Some routers pass on questions for addresses and no others.
#[test]
fn a_dns_that_never_answers_one_kind_of_question_is_followed_in_the_others() {
    let mut zone = Zone { silent: vec![Query::Naptr("c".to_owned())], ..domain() };
    let mut locator = site("c", None, None);
    zone.serve(&mut locator, at(0));
    assert_eq!(order(&locator, at(0)), ["udp 192.0.2.1:5080", "udp 192.0.2.2:5080"]);
    zone.records.retain(|(query, _)| *query != Query::Addresses("a".to_owned()));
    zone = zone.host("a", &["192.0.2.7"]);
    let now = locator.next_timeout();
    zone.serve(&mut locator, now);
    assert_eq!(order(&locator, now), ["udp 192.0.2.7:5080", "udp 192.0.2.2:5080"]);
}

/// The carrier has moved while the box was off, behind such a router.
#[test]
fn where_a_carrier_was_before_a_restart_is_left_though_not_every_question_is_answered() {
    let old = Target { transport: Transport::Udp, address: "192.0.2.50:5080".parse().expect("an address") };
    let mut zone = Zone { silent: vec![Query::Naptr("c".to_owned())], ..domain() };
    let mut locator = site("c", None, None);
    locator.remember(std::slice::from_ref(&old));
    zone.serve(&mut locator, at(0));
    assert_eq!(
        order(&locator, at(0)),
        ["udp 192.0.2.1:5080", "udp 192.0.2.2:5080"],
        "its services are where they use to be"
    );
    assert_eq!(locator.former(), std::slice::from_ref(&old));

    // Where nothing is at the usual names, it may be elsewhere than at the bare domain, and what is known is tried first.
    let bare = "udp 192.0.2.99:5060".to_owned();
    let fails = |works: bool| {
        let mut zone =
            Zone { silent: vec![Query::Naptr("c".to_owned())], ..Zone::default() }.host("c", &["192.0.2.99"]);
        let mut locator = site("c", None, None);
        locator.remember(std::slice::from_ref(&old));
        let mut now = at(0);
        while now < at(7 * 3600) {
            zone.serve(&mut locator, now);
            locator.failed(now, &old);
            if works {
                locator.works(&old);
            }
            now = locator.next_timeout();
        }
        (order(&locator, now), locator.former())
    };
    assert_eq!(fails(true), (vec!["udp 192.0.2.50:5080".to_owned(), bare.clone()], vec![]));
    assert_eq!(fails(false), (vec![bare], vec![old.clone()]));
}

/// The clinic's way out is gone for two minutes, and three calls fail in them.
#[test]
fn calls_that_fail_together_are_one_failure_and_bury_no_server() {
    let right = Target { transport: Transport::Udp, address: "192.0.2.50:5080".parse().expect("an address") };
    let mut zone = Zone { silent: vec![Query::Naptr("c".to_owned())], ..Zone::default() }.host("c", &["192.0.2.99"]);
    let mut locator = site("c", None, None);
    locator.remember(std::slice::from_ref(&right));
    while locator.next_timeout() < at(7 * 3600) {
        let now = locator.next_timeout();
        zone.serve(&mut locator, now);
    }
    let outage = locator.next_timeout();
    for second in [0, 1, 2, 40, 41, 110] {
        locator.failed(outage + Duration::from_secs(second), &right);
    }
    zone.serve(&mut locator, outage + Duration::from_secs(120));
    assert!(locator.known().contains(&right) && locator.former().is_empty());
    // It comes last no longer than after so many failures one by one.
    assert_eq!(order(&locator, outage + Duration::from_secs(120 + 120))[0], "udp 192.0.2.50:5080");
    // Nor does the time after it bury what nobody has called since.
    while locator.next_timeout() < outage + Duration::from_secs(3 * 3600) {
        let now = locator.next_timeout();
        zone.serve(&mut locator, now);
    }
    assert!(locator.known().contains(&right) && locator.former().is_empty());
}

#[test]
fn an_address_that_left_the_answer_is_recognised_for_some_hours_and_not_called() {
    let mut locator = site("c", Some(5060), None);
    let turn = |locator: &mut Locator, ip: &str| {
        let now = locator.next_timeout();
        Zone::default().host("c", &[ip]).serve(locator, now);
        now
    };
    turn(&mut locator, "192.0.2.1");
    let left = turn(&mut locator, "192.0.2.2");
    assert_eq!(
        (order(&locator, left), said(&locator.former())),
        (vec!["udp 192.0.2.2:5060".into()], vec!["udp 192.0.2.1:5060".into()])
    );
    turn(&mut locator, "192.0.2.1");
    assert_eq!(said(&locator.former()), ["udp 192.0.2.2:5060"], "it is back, and the other one has left");
    turn(&mut locator, "192.0.2.3");
    assert_eq!(said(&locator.former()), ["udp 192.0.2.2:5060", "udp 192.0.2.1:5060"]);
    while locator.next_timeout() < left + Duration::from_secs(6 * 3600) {
        turn(&mut locator, "192.0.2.3");
        assert!(!locator.former().is_empty());
    }
    for _ in 0..3 {
        turn(&mut locator, "192.0.2.3");
    }
    assert!(locator.former().is_empty(), "not for ever");
    for n in 0..200 {
        turn(&mut locator, &format!("198.51.100.{n}"));
    }
    assert_eq!(
        (locator.known().len(), locator.former().len()),
        (1, 32),
        "of a zone that says something else each time, the last"
    );
}

#[test]
fn where_a_server_was_before_a_restart_is_recognised_after_it() {
    let mut locator = site("c", Some(5060), None);
    let kept = Target { transport: Transport::Udp, address: "192.0.2.1:5060".parse().expect("an address") };
    locator.remember(std::slice::from_ref(&kept));
    Zone::default().host("c", &["192.0.2.2"]).serve(&mut locator, at(0));
    assert_eq!((order(&locator, at(0)), locator.former()), (vec!["udp 192.0.2.2:5060".into()], vec![kept]));
}
