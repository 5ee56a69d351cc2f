//! One authenticated registration (REGISTER, 401, REGISTER with credentials, 200) at the real process, beside Kamailio and beside the
//! bare system calls for as many datagrams.
//!
//! Three phones register in turns. A round is short on purpose: a transaction over UDP is kept for 32 s
//! (RFC 3261, Timer J), and a server that bounds its transactions refuses what a clinic's phones never ask for.

use std::collections::BTreeMap;
use std::io;

use model::time::Clock;

use crate::figure::Figure;
use crate::phones::{self, Rhythm};
use crate::series::{Series, print_head};
use crate::servers::{Kind, Server, Servers};

/// Datagrams that a registration sends back and forth.
const EXCHANGES: u32 = 2;

/// Arguments of `bench register`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Registrations per second; may be given more than once.
    #[arg(long = "rate", default_values_t = [200, 1000])]
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
        Self { rates: vec![200], rounds: 3, seconds: 2 }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let (clock, servers) = (Clock::start(), Servers::new()?);
    println!("{} rounds of {} s each, in turns; 3 phones, UDP, digest", args.rounds, args.seconds);
    let kinds: Vec<_> = [Kind::Frontdesk, Kind::Kamailio, Kind::Asterisk, Kind::Bare]
        .into_iter()
        .filter(|kind| kind.is_here())
        .collect();
    print_head("registration");
    let mut figures = Vec::new();
    for &per_second in &args.rates {
        let rhythm = Rhythm { per_second, seconds: args.seconds };
        let mut series = Series::run(&servers, &kinds, args.rounds, |server| {
            server.under(|| match server {
                Server::Bare(_) => phones::echo::run(clock, server.address(), EXCHANGES, rhythm),
                _ => phones::register::run(clock, &server.accounts(), rhythm),
            })
        })?;
        let costs = series.print(rhythm);
        figures.extend(of(per_second, &costs, series.failures(Kind::Frontdesk)));
    }
    Ok(figures)
}

fn of(per_second: u32, costs: &BTreeMap<Kind, f64>, failed: u64) -> Vec<Figure> {
    let mut figures = vec![Figure::none(format!("registrations at {per_second}/s that failed"), failed)];
    let Some(ours) = costs.get(&Kind::Frontdesk) else { return figures };
    figures.push(Figure::new("  CPU time of one", *ours, "us"));
    for (kind, theirs) in costs.iter().filter(|(kind, _)| **kind != Kind::Frontdesk) {
        figures.push(Figure::new(format!("  as a ratio to {}", kind.name()), ours / theirs, ""));
    }
    figures
}
