//! One complete call from one phone of the clinic to another (INVITE, 401, INVITE with credentials, 180, 200, ACK, BYE, and its record and
//! its ladder in the store) at the real process, beside the bare system calls for as many datagrams.

use std::io;
use std::time::Duration;

use model::time::Clock;

use crate::figure::Figure;
use crate::phones::call::Calling;
use crate::phones::{self, Rhythm};
use crate::process::pause;
use crate::series::{Series, print_head};
use crate::servers::{Kind, Server, Servers, frontdesk::Frontdesk};

/// What the server receives in a call, and about as much is what it sends: INVITE, ACK, INVITE, ACK, BYE; 180, 200, 200.
const EXCHANGES: u32 = 8;
/// A fifth of what Asterisk needs.
const ASTERISK_GOAL: f64 = 0.2;
/// How often is looked for the last records, and how many times.
const LOOK: (Duration, u32) = (Duration::from_millis(200), 25);

/// Arguments of `bench call`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Calls per second; may be given more than once.
    #[arg(long = "rate", default_values_t = [20, 50, 100])]
    rates: Vec<u32>,
    /// Rounds of each server, in turns.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of a round.
    #[arg(long, default_value_t = 2)]
    seconds: u32,
}

impl Args {
    /// For the summary of all.
    pub(crate) fn short() -> Self {
        Self { rates: vec![20, 50], rounds: 1, seconds: 3 }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let (clock, servers) = (Clock::start(), Servers::new()?);
    println!("{} rounds of {} s each, in turns; 101 calls 102, UDP, no sound", args.rounds, args.seconds);
    print_head("call");
    let kinds: Vec<_> =
        [Kind::Frontdesk, Kind::Asterisk, Kind::Bare].into_iter().filter(|kind| kind.is_here()).collect();
    let mut figures = Vec::new();
    for &per_second in &args.rates {
        let rhythm = Rhythm { per_second, seconds: args.seconds };
        let mut series = Series::run(&servers, &kinds, args.rounds, |server| match server {
            Server::Frontdesk(frontdesk) => {
                let accounts = server.accounts();
                let [caller, callee, ..] = &accounts[..] else { return Err(io::Error::other("no phones")) };
                let calling = Calling::new(clock, caller, callee)?;
                let before = frontdesk.records()?;
                let (used, tally) = server.under(|| calling.run(rhythm))?;
                // At once, while its cost can still be said to be in.
                if !frontdesk.last_ladder_is_kept()? {
                    println!("         the ladder of the last call was not yet stored: its cost is not in");
                }
                await_records(frontdesk, before, tally.begun)?;
                Ok((used, tally))
            }
            Server::Asterisk(_) => {
                let accounts = server.accounts();
                let [caller, callee, ..] = &accounts[..] else { return Err(io::Error::other("no phones")) };
                let calling = Calling::new(clock, caller, callee)?;
                server.under(|| calling.run(rhythm))
            }
            _ => server.under(|| phones::echo::run(clock, server.address(), EXCHANGES, rhythm)),
        })?;
        let costs = series.print(rhythm);
        if let (Some(ours), Some(bare)) = (costs.get(&Kind::Frontdesk), costs.get(&Kind::Bare)) {
            let failed = series.failures(Kind::Frontdesk);
            figures.push(Figure::new(format!("call at {per_second}/s"), ours / 1e3, "ms"));
            figures.push(Figure::none("  calls that failed", failed));
            figures.push(Figure::new("  as a ratio to bare UDP", ours / bare, ""));
            if let Some(asterisk) = costs.get(&Kind::Asterisk) {
                figures.push(Figure::new("  as a ratio to asterisk", ours / asterisk, "").at_most(ASTERISK_GOAL));
            }
        }
    }
    Ok(figures)
}

/// Waits until every call that was begun is on record (they are written in groups, off the call path), and says
/// so if some never are.
fn await_records(frontdesk: &Frontdesk, before: u64, begun: u64) -> io::Result<()> {
    let mut found = 0;
    for _ in 0..LOOK.1 {
        found = frontdesk.records()? - before;
        if found >= begun {
            return Ok(());
        }
        pause(LOOK.0);
    }
    println!("         only {found} of {begun} calls are on record");
    Ok(())
}
