//! The table of SPECIFICATION.md: how many faxes of a hundred arrive over a bad network. Some seeds of each row run here always;
//! `FRONTDESK_SEEDS=100 cargo test -p frontdesk-fax --test calls table -- --nocapture` runs and prints the whole.

use std::collections::BTreeMap;
use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::queue::{Policy, Tried, next, next_manner};
use fax::worker::proto::Way;
use model::fax::{Cause, FaxState};
use model::sending::{Carrier, Manner};
use model::{Random, Wall};
use store::effect::FaxNext;

use crate::support::{Net, Setup, assert_same, page, seeds};

const T38: Way = Way::T38;
const G711: Way = Way::Audio(Law::Mu);
const MS: fn(u64) -> Duration = Duration::from_millis;
/// So many rows of this pattern, which is denser than any text, have the data of a dense page of A4: some 26 kB of T.6. The machines
/// know no T.85, which would see the pattern and pack it into nothing.
const ROWS: u32 = 700;

struct Row {
    name: &'static str,
    way: Way,
    net: Net,
    /// Of a hundred.
    at_least: usize,
    /// Of a hundred faxes of eight pages so many are sent at least, and so many more at most are left to a person, in so many calls at most.
    sent: usize,
    left: usize,
    calls: usize,
}

/// The last three are of eight pages.
const fn row(name: &'static str, way: Way, net: Net, at_least: usize, [sent, left, calls]: [usize; 3]) -> Row {
    Row { name, way, net, at_least, sent, left, calls }
}

fn rows() -> Vec<Row> {
    let loss = |loss| Net { loss, ..Net::GOOD };
    vec![
        row("T.38, 1 % loss", T38, loss(0.01), 100, [100, 0, 1]),
        row("T.38, 5 % loss", T38, loss(0.05), 100, [100, 0, 1]),
        row("T.38, 10 % loss", T38, loss(0.1), 95, [100, 0, 1]),
        row("T.38, 5 % loss in bursts of 3", T38, Net { burst: 3, ..loss(0.05) }, 95, [100, 0, 2]),
        row("T.38, 5 % loss and jitter to 60 ms", T38, Net { jitter: MS(60), ..loss(0.05) }, 95, [100, 0, 1]),
        row("G.711, jitter to 80 ms", G711, Net { jitter: MS(80), ..Net::GOOD }, 100, [100, 0, 1]),
        row("G.711, 0.1 % loss", G711, loss(0.001), 95, [100, 0, 2]),
        row("G.711, 1 % loss", G711, loss(0.01), 50, [0, 100, 12]),
        row("G.711, clocks 100 millionths apart", G711, Net { skew: 100, ..Net::GOOD }, 100, [100, 0, 1]),
        row("G.711, echo 20 dB below", G711, Net { echo: Some(20.0), ..Net::GOOD }, 100, [100, 0, 1]),
    ]
}

#[test]
fn one_page_in_one_call_arrives_as_often_as_is_promised() {
    for Row { name, way, net, at_least, .. } in rows() {
        // What the promise leaves may fall on few seeds.
        let seeds = seeds(3);
        let (mut runs, mut delivered) = (0, 0);
        for seed in seeds {
            let sent = vec![page(ROWS, 1)];
            assert!((20_000..32_000).contains(&sent[0].g4.len()), "{} bytes", sent[0].g4.len());
            let world = Setup { way, net, seed, t85: false, ..Setup::new(sent.clone()) }.run();
            runs += 1;
            // Whatever the network does, no end says more than it knows.
            if world.sender.outcome().cause == Cause::Delivered {
                assert_same(&world.receiver.durable, &sent);
                delivered += 1;
            }
        }
        println!("{name}: {delivered} of {runs}");
        let allowed = runs - runs * at_least / 100;
        assert!(delivered + allowed.max(usize::from(at_least < 100)) >= runs, "{name}: {delivered} of {runs}");
    }
}

/// What became of a fax of eight pages.
struct Life {
    state: FaxState,
    calls: usize,
    /// Left to a person: the last page had arrived.
    arrived: bool,
}

/// What the queue makes of it, by its own rules: when it gives up, how the next attempt is made, and what it leaves to a person. Each attempt
/// goes on at the first page that is not confirmed. There is one line, which can carry both.
fn life(row: &Row, seed: u64, pages: &[Page]) -> Life {
    let usual = Manner::default();
    let mut manner = if row.way == T38 { usual } else { usual.over_audio() };
    let (mut confirmed, mut attempts, mut ended_so) = (0, 0_u32, BTreeMap::<String, u32>::new());
    let (mut received, mut corrected) = (Vec::new(), true);
    loop {
        let way = if manner.carrier == Carrier::T38 { T38 } else { G711 };
        let (ecm, max_bit_rate, net) = (manner.ecm, manner.max_bit_rate, row.net);
        let seed = seed * 1000 + u64::from(attempts);
        let setup = Setup {
            way,
            net,
            ecm,
            max_bit_rate,
            first_page: confirmed,
            seed,
            t85: false,
            ..Setup::new(pages.to_vec())
        };
        let world = setup.run();
        let cause = world.sender.outcome().cause;
        attempts += 1;
        corrected &= ecm;
        received.truncate(confirmed as usize);
        received.extend(world.receiver.durable);
        confirmed += world.sender.outcome().pages_confirmed;
        // What was confirmed is there; and what error correction let through is what was sent.
        assert!(received.len() >= confirmed as usize, "{}", row.name);
        if corrected {
            assert_same(&received[..confirmed as usize], &pages[..confirmed as usize]);
        }
        let of_this_cause = ended_so.entry(format!("{cause:?}")).or_default();
        *of_this_cause += 1;
        let tried = Tried {
            cause,
            of_this_cause: *of_this_cause,
            attempts,
            cut_off: false,
            pages: 8,
            confirmed,
            fetch: false,
            other_line: false,
            manner,
            audio: true,
        };
        match next(&Policy::default(), tried, Wall(0), &mut Random::from_u64(seed)) {
            FaxNext::Final(state) => {
                return Life { state, calls: attempts as usize, arrived: received.len() >= pages.len() };
            }
            FaxNext::Retry { .. } => manner = next_manner(cause, manner, true).unwrap_or(manner),
        }
    }
}

#[test]
fn eight_pages_end_as_often_as_is_promised_as_sent_and_else_before_a_person() {
    let pages: Vec<Page> = (1..=8).map(|seed| page(ROWS, seed)).collect();
    for row in rows() {
        let lives: Vec<Life> = seeds(1).map(|seed| life(&row, seed, &pages)).collect();
        let ended = |state| lives.iter().filter(|life| life.state == state).count();
        let (sent, left, failed) = (ended(FaxState::Sent), ended(FaxState::Uncertain), ended(FaxState::Failed));
        let arrived = lives.iter().filter(|life| life.state == FaxState::Uncertain && life.arrived).count();
        let mut in_calls = BTreeMap::<usize, usize>::new();
        lives.iter().for_each(|life| *in_calls.entry(life.calls).or_default() += 1);
        let name = row.name;
        println!(
            "{name}: eight pages: {sent} sent, {left} left to a person ({arrived} had arrived), {failed} failed of {}; by calls {in_calls:?}",
            lives.len()
        );
        assert_eq!(sent + left + failed, lives.len(), "{name}");
        let allowed = |promised: usize, of: usize| (of - of * promised / 100).max(usize::from(promised < 100));
        assert!(lives.len() - sent <= allowed(row.sent, lives.len()), "{name}: {sent} sent");
        assert!(failed <= allowed(row.sent + row.left, lives.len()), "{name}: {failed} failed");
        assert!(in_calls.keys().all(|calls| *calls <= row.calls), "{name}: {in_calls:?}");
    }
}
