//! Calls and registrations over a network that loses 30 %, repeats and reorders: whatever arrives, every leg ends exactly once, and
//! in the end nothing is left. Each seed is one story; a failing one is printed and can be repeated.

mod handset;
mod party;
mod register;

use std::net::SocketAddr;
use std::time::Duration;

use handset::{Handset, Tally};
use model::settings::Network;
use model::{Instant, Now, Random};
use party::Party;
use sip::{Command, Config, Endpoint, Flow, Input, LegId, Peers, Transport, Usage};
use world::net::{Conditions, Net};

/// Stories per test; FRONTDESK_SEEDS raises it.
const SEEDS: u64 = 300;
/// No story may last longer: 181 s of ringing, 32 s for each exchange, and the calls' own time.
const LONGEST: Duration = Duration::from_secs(1200);
/// Calls of up to four hours, refreshed every five minutes.
const LONG_TALK: Duration = Duration::from_secs(4 * 3600);
const REALM: &str = "clinic.demo";

fn seeds() -> u64 {
    std::env::var("FRONTDESK_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(SEEDS)
}

fn address(host: u8) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, host], 5060))
}

fn endpoint(seed: u64, session_expires: u32) -> Endpoint {
    let config = Config {
        software: "world".into(),
        max_invites: 100,
        max_transactions: 1000,
        emergency: vec!["911".into()],
        challenge_registers: true,
        session_expires,
        record: true,
        ..Config::new(REALM)
    };
    let mut endpoint = Endpoint::new(config, Random::from_u64(seed));
    let networks = Network::parse("10.0.0.0/8").into_iter().collect();
    let start = Now::simulation_start();
    endpoint.handle_input(start, Input::Command(Command::SetPeers(Peers { networks, ..Peers::default() })));
    endpoint
}

/// What a box on the way makes of a message: other phones than ours, from ours.
#[derive(Clone, Copy, Debug, Default)]
struct Meddler {
    /// Callers require that their provisional responses be acknowledged.
    demands_prack: bool,
    /// Nobody knows UPDATE, so that sessions are refreshed by re-INVITE.
    hides_update: bool,
}

impl Meddler {
    fn of(seed: u64) -> Self {
        Self { demands_prack: seed.is_multiple_of(2), hides_update: seed % 4 < 2 }
    }

    fn pass(self, data: Vec<u8>) -> Vec<u8> {
        let Ok(mut text) = String::from_utf8(data.clone()) else { return data };
        if self.demands_prack && text.starts_with("INVITE ") {
            text = text.replace("Supported: 100rel, ", "Require: 100rel\r\nSupported: ");
        }
        if self.hides_update {
            text = text.replace(", UPDATE\r\n", "\r\n");
        }
        text.into_bytes()
    }
}

/// Runs a story to its end: nobody waits for anything any more.
fn run(
    parties: &mut [Party],
    handsets: &mut [Handset],
    meddler: Meddler,
    longest: Duration,
    net: &mut Net,
) -> Result<(), String> {
    let start = Now::simulation_start();
    let mut now = start;
    loop {
        let mut next = Instant::FAR_FUTURE;
        for party in parties.iter_mut() {
            next = next.min(party.drain(now, net));
        }
        for handset in handsets.iter_mut() {
            next = next.min(handset.wake(now.instant, net));
        }
        next = net.next_arrival().map_or(next, |at| next.min(at));
        if next == Instant::FAR_FUTURE {
            return Ok(());
        }
        now = start.after(next.max(now.instant).saturating_since(start.instant));
        if now.instant.saturating_since(start.instant) > longest {
            return Err(format!("still not at rest after {longest:?}"));
        }
        while let Some((from, to, data)) = net.pop(now.instant) {
            let data = meddler.pass(data);
            for party in parties.iter_mut().filter(|p| p.at == to) {
                let flow = Flow { transport: Transport::Udp, local: to, remote: from, connection: 0 };
                party.endpoint.handle_input(now, Input::Bytes { flow, data: &data });
            }
            for handset in handsets.iter_mut().filter(|h| h.at == to) {
                handset.hear(now.instant, &data, net);
            }
        }
        for party in parties.iter_mut() {
            party.wake(now, net);
        }
    }
}

/// What every story must come to.
fn check(seed: u64, parties: &[Party], result: Result<(), String>) -> Vec<String> {
    let mut log: Vec<String> = parties.iter().flat_map(|p| p.log.iter().cloned()).collect();
    let complain = |what: String| panic!("seed {seed}: {what}\n{}", log.join("\n"));
    if let Err(what) = result {
        complain(what);
    }
    for party in parties {
        if !party.open.is_empty() {
            complain(format!("{:?} never ended", party.open));
        }
        if party.recorded != party.ended {
            complain(format!("ended {:?}, recorded {:?}", party.ended, party.recorded));
        }
        if party.endpoint.usage() != Usage::default() {
            complain(format!("{:?} is left", party.endpoint.usage()));
        }
    }
    log.extend(parties.iter().map(|p| format!("{} sent {:?}", p.at.ip(), p.sent)));
    log
}

/// How many messages of this kind the parties of a story sent.
fn sent(log: &[String], method: &str) -> u32 {
    let counts = log.iter().filter_map(|line| line.split(&format!("\"{method}\": ")).nth(1));
    counts.filter_map(|n| n.split([',', '}']).next()?.parse::<u32>().ok()).sum()
}

/// Two endpoints call each other.
fn story(seed: u64, conditions: Conditions, talk: Duration) -> Vec<String> {
    let mut net = Net::new(seed, conditions);
    let mut parties = [1, 2].map(|host| Party::new(host, seed, talk, 600));
    let now = Now::simulation_start();
    let calls = 4;
    for n in 0..calls {
        // Both call each other.
        let caller = usize::from(n % 2 == 1);
        let (leg, to) = (LegId::outgoing(n), parties[1 - caller].at);
        parties[caller].call(now, leg, to);
        if parties[caller].random.chance(0.3) {
            parties[caller].plan(now, 0, 70_000, Command::Cancel { leg });
        }
    }
    let result = run(&mut parties, &mut [], Meddler::of(seed), LONGEST + talk * 2, &mut net);
    check(seed, &parties, result)
}

/// A phone that does all that a phone may do calls an endpoint.
fn visit(seed: u64, conditions: Conditions) -> (Vec<String>, Tally) {
    let mut net = Net::new(seed, conditions);
    let talk = Duration::from_secs(120);
    let mut parties = [Party::new(1, seed, talk, 90)];
    let mut handsets = [Handset::new(seed, address(2), parties[0].at)];
    let result = run(&mut parties, &mut handsets, Meddler::default(), LONGEST, &mut net);
    let [handset] = handsets;
    (check(seed, &parties, result), handset.tally)
}

const TALK: Duration = Duration::from_secs(60);

#[test]
fn on_an_awful_network_every_leg_ends_exactly_once() {
    let (mut answered, mut demanded) = (0, 0);
    for seed in 0..seeds() {
        let log = story(seed, Conditions::AWFUL, TALK);
        answered += log.iter().filter(|line| line.contains("Answered")).count();
        demanded += u64::from(Meddler::of(seed).demands_prack && sent(&log, "PRACK") > 0);
    }
    // The box on the way does find what it changes: half of the callers demand PRACK, and nearly all of them send one.
    assert!(demanded > seeds() * 2 / 5, "{demanded} stories with PRACK");
    // The network is awful, but not so that nobody talks: three of four calls are answered unless they are cancelled.
    assert!(answered as u64 > seeds() * 4 / 3, "{answered} answered");
}

#[test]
fn the_same_seed_tells_the_same_story() {
    assert_eq!(story(5, Conditions::AWFUL, TALK), story(5, Conditions::AWFUL, TALK));
}

#[test]
fn on_a_good_network_nothing_is_lost() {
    for seed in 0..seeds() / 3 {
        let log = story(seed, Conditions::GOOD, TALK);
        assert!(!log.iter().any(|line| line.contains("Lost") || line.contains("code: 408")), "seed {seed}: {log:#?}");
    }
}

#[test]
fn calls_of_hours_are_refreshed_and_end_when_their_users_say_so() {
    let (mut updates, mut invites) = (0, 0);
    for seed in 0..seeds() / 10 {
        let log = story(seed, Conditions::GOOD, LONG_TALK);
        assert!(!log.iter().any(|line| line.contains("Lost")), "seed {seed}: {log:#?}");
        updates += sent(&log, "UPDATE");
        invites += sent(&log, "INVITE");
    }
    // Three calls of two hours on average are refreshed every five minutes, half of them by re-INVITE.
    let few = u32::try_from(seeds() / 10).expect("few") * 10;
    assert!(updates > few && invites > few, "{updates} and {invites}");
    for seed in 0..seeds() / 10 {
        story(seed, Conditions::AWFUL, LONG_TALK);
    }
}

#[test]
fn a_phone_that_does_everything_at_once_hurts_nobody() {
    let mut tally = Tally::default();
    for seed in 0..seeds() {
        tally += visit(seed, Conditions::AWFUL).1;
    }
    // Everything did happen.
    let n = u32::try_from(seeds()).expect("few") / 20;
    assert!(
        tally.pracks > n && tally.updates > n && tally.transfers > n && tally.told > n && tally.reinvites > n,
        "{tally:?}"
    );
}

#[test]
fn on_a_good_network_every_transfer_is_told_to_its_end() {
    let mut tally = Tally::default();
    for seed in 0..seeds() / 3 {
        let (log, one) = visit(seed, Conditions::GOOD);
        assert!(!log.iter().any(|line| line.contains("Lost")), "seed {seed}: {log:#?}");
        assert_eq!(one.transfers, one.told, "seed {seed}: {log:#?}");
        tally += one;
    }
    assert!(tally.transfers > 0 && tally.pracks > 0, "{tally:?}");
}
