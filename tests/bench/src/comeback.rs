//! The power comes back: the real process was killed, is started again, and all phones register at one moment.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use model::time::Clock;

use crate::figure::Figure;
use crate::numbers::percentile;
use crate::phones::{Tally, register};
use crate::servers::Servers;
use crate::servers::frontdesk::{MOST_HIRED, PHONES_OF_ONE};

/// Until the last phone is registered.
const GOAL_SECONDS: f64 = 1.0;
/// Addresses of the phones: each phone has its own in a clinic, and the shares of one address are not what is measured.
const ADDRESSES: u8 = 200;

/// Arguments of `bench comeback`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Phones.
    #[arg(long, default_value_t = 1_000)]
    phones: u32,
    /// How often the power goes.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let clock = Clock::start();
    let people = args.phones.div_ceil(PHONES_OF_ONE);
    if people > MOST_HIRED || args.rounds == 0 {
        return Err(io::Error::other(format!("there are at most {} phones", MOST_HIRED * PHONES_OF_ONE)));
    }
    let servers = Servers::with_people(people)?;
    let addresses: Vec<_> = (0..ADDRESSES).map(|n| Ipv4Addr::new(127, 0, 2, n + 1)).collect();
    let phones = usize::try_from(args.phones).unwrap_or(usize::MAX);
    let mut server = servers.start_frontdesk()?;
    let accounts = server.many(people);
    register::at_once(clock, &accounts, phones, &addresses)?;
    println!("{} phones of {people} people register at one moment, over UDP", args.phones);
    let (mut took, mut stayed_away) = (Vec::new(), 0);
    for round in 1..=args.rounds {
        server.kill()?;
        server = servers.start_frontdesk()?;
        let (mut tally, last) = register::at_once(clock, &accounts, phones, &addresses)?;
        let (p50, p99) = (percentile(&mut tally.waits_ms, 0.5), percentile(&mut tally.waits_ms, 0.99));
        println!(
            "round {round}: {} registered, {} not, after {:.2} s (half of them after {p50:.0} ms, p99 {p99:.0} ms){}",
            tally.done,
            tally.failures(),
            last.as_secs_f64(),
            tally.remark().map_or_else(String::new, |remark| format!("; {remark}"))
        );
        took.push(until_all(&tally, last));
        stayed_away += tally.failures();
    }
    let what = format!("until {} phones are back after a power cut", args.phones);
    Ok(vec![
        Figure::new(what, percentile(&mut took, 0.5), "s").at_most(GOAL_SECONDS),
        Figure::none("  phones that did not come back", stayed_away),
    ])
}

/// Seconds until all were there. Where one stayed away there is no such moment: when the last of the others came says nothing.
fn until_all(tally: &Tally, last: Duration) -> f64 {
    if tally.failures() == 0 { last.as_secs_f64() } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_stays_away_makes_no_round_look_short() {
        let (all, mut few) =
            (Tally { begun: 2, done: 2, ..Tally::default() }, Tally { begun: 2, done: 1, ..Tally::default() });
        few.failed.insert(0, 1);
        let goal = |tally| Figure::new("back", until_all(tally, Duration::from_millis(20)), "s").at_most(GOAL_SECONDS);
        assert!(!goal(&all).to_string().ends_with("MISSED"));
        assert!(goal(&few).to_string().ends_with("MISSED"));
    }
}
