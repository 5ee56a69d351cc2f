//! The table of SPECIFICATION.md: how many faxes of a hundred arrive over a bad network. Some seeds of each row run here always;
//! `FRONTDESK_SEEDS=100 cargo test -p frontdesk-fax --test calls table -- --nocapture` runs and prints the whole.

use std::time::Duration;

use fax::audio::Law;
use fax::page::Page;
use fax::worker::proto::Way;
use model::fax::Cause;

use crate::support::{Net, Setup, assert_same, page, seeds};

const T38: Way = Way::T38;
const G711: Way = Way::Audio(Law::Mu);
const MS: fn(u64) -> Duration = Duration::from_millis;
/// So many rows of this pattern, which is denser than any text, have the data of a dense page of A4: some 26 kB of T.6. The machines
/// know no T.85, which would see the pattern and pack it into nothing.
const ROWS: u32 = 700;
/// What the queue does in each attempt, and in all that follow the last of them: error correction, and at most so many bits a second.
const MANNERS: [(bool, u16); 4] = [(true, 14_400), (true, 9600), (false, 9600), (false, 4800)];

struct Row {
    name: &'static str,
    way: Way,
    net: Net,
    /// Of a hundred.
    at_least: usize,
    /// In so many calls eight pages arrive, at most.
    calls: usize,
}

const fn row(name: &'static str, way: Way, net: Net, at_least: usize, calls: usize) -> Row {
    Row { name, way, net, at_least, calls }
}

fn rows() -> Vec<Row> {
    let loss = |loss| Net { loss, ..Net::GOOD };
    vec![
        row("T.38, 1 % loss", T38, loss(0.01), 100, 1),
        row("T.38, 5 % loss", T38, loss(0.05), 100, 1),
        row("T.38, 10 % loss", T38, loss(0.1), 95, 1),
        row("T.38, 5 % loss in bursts of 3", T38, Net { burst: 3, ..loss(0.05) }, 95, 2),
        row("T.38, 5 % loss and jitter to 60 ms", T38, Net { jitter: MS(60), ..loss(0.05) }, 95, 1),
        row("G.711, jitter to 80 ms", G711, Net { jitter: MS(80), ..Net::GOOD }, 100, 1),
        row("G.711, 0.1 % loss", G711, loss(0.001), 95, 2),
        row("G.711, 1 % loss", G711, loss(0.01), 50, 10),
        row("G.711, clocks 100 millionths apart", G711, Net { skew: 100, ..Net::GOOD }, 100, 1),
        row("G.711, echo 20 dB below", G711, Net { echo: Some(20.0), ..Net::GOOD }, 100, 1),
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

/// What the queue makes of it: each attempt goes on at the first page that is not confirmed, and more carefully. The queue gives up after twelve;
/// here each row has as many as is promised of it.
#[test]
fn eight_pages_arrive_in_the_end() {
    let pages: Vec<Page> = (1..=8).map(|seed| page(ROWS, seed)).collect();
    for Row { name, way, net, calls, .. } in rows() {
        for seed in seeds(1) {
            let mut confirmed = 0;
            let mut received = Vec::new();
            let mut attempts = 0;
            while confirmed < pages.len() {
                assert!(
                    attempts < calls,
                    "{name}, seed {seed}: after {attempts} calls page {} is missing",
                    confirmed + 1
                );
                let (ecm, max_bit_rate) = MANNERS[attempts.min(MANNERS.len() - 1)];
                let first_page = u32::try_from(confirmed).unwrap();
                let seed = seed * 1000 + attempts as u64;
                let setup =
                    Setup { way, net, ecm, max_bit_rate, first_page, seed, t85: false, ..Setup::new(pages.clone()) };
                let world = setup.run();
                attempts += 1;
                let outcome = world.sender.outcome();
                // A person would be asked; here the far end shows that it has the page, or has not.
                confirmed += match outcome.cause {
                    Cause::Unconfirmed => world.receiver.outcome().pages_confirmed as usize,
                    _ => outcome.pages_confirmed as usize,
                };
                received.truncate(first_page as usize);
                received.extend(world.receiver.durable);
            }
            received.truncate(pages.len());
            let exact = received.iter().zip(&pages).filter(|(a, b)| a.decode().unwrap() == b.decode().unwrap()).count();
            println!("{name}: eight pages in {attempts} attempts, {exact} of them dot by dot");
            assert_eq!(received.len(), pages.len(), "{name}");
            // What error correction lets through is what was sent.
            if MANNERS.iter().take(attempts).all(|(ecm, _)| *ecm) {
                assert_eq!(exact, pages.len(), "{name}, seed {seed}");
            }
        }
    }
}
