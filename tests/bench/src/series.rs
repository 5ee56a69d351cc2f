//! The rounds of several servers under the same load, in turns, and their table.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use crate::numbers::median;
use crate::phones::{COLUMNS, Rhythm, Tally};
use crate::servers::{Kind, Server, Servers};

/// All rounds at one rate.
#[derive(Default)]
pub(crate) struct Series {
    by_server: BTreeMap<Kind, Rounds>,
}

#[derive(Default)]
struct Rounds {
    cost_us: Vec<f64>,
    tally: Tally,
}

/// Prints the head of the table. `unit`: one of what is counted.
pub(crate) fn print_head(unit: &str) {
    println!("rate     server       CPU us/{unit:12} {COLUMNS}");
}

impl Series {
    /// Runs `load` against each kind in turns, with a fresh server for every round.
    pub(crate) fn run(
        servers: &Servers,
        kinds: &[Kind],
        rounds: usize,
        load: impl Fn(&Server) -> io::Result<(Duration, Tally)>,
    ) -> io::Result<Self> {
        let mut series = Self::default();
        for round in 0..rounds.max(1) {
            // Now one first, now another, so that no rhythm of the machine favours any.
            for turn in 0..kinds.len() {
                let kind = kinds[(round + turn) % kinds.len()];
                let (used, tally) = load(&servers.start(kind)?)?;
                series.by_server.entry(kind).or_default().add(used, tally);
            }
        }
        Ok(series)
    }

    /// Prints a row for each server, and gives their costs in microseconds. What did not work once has no cost.
    pub(crate) fn print(&mut self, rhythm: Rhythm) -> BTreeMap<Kind, f64> {
        let mut costs = BTreeMap::new();
        for (kind, rounds) in &mut self.by_server {
            let cost = median(&mut rounds.cost_us);
            let (rate, name, columns) = (rhythm.per_second, kind.name(), rounds.tally.columns());
            println!("{rate:4}/s   {name:10} {cost:12.1}             {columns}");
            if let Some(remark) = rounds.tally.remark() {
                println!("         {name}: {remark}");
            }
            if !rounds.cost_us.is_empty() {
                costs.insert(*kind, cost);
            }
        }
        if let Some(ours) = costs.get(&Kind::Frontdesk) {
            for (kind, theirs) in costs.iter().filter(|(kind, _)| **kind != Kind::Frontdesk) {
                println!("{:4}/s   frontdesk : {} = {:.2}", rhythm.per_second, kind.name(), ours / theirs);
            }
        }
        costs
    }

    /// How many failed at this kind.
    pub(crate) fn failures(&self, kind: Kind) -> u64 {
        self.by_server.get(&kind).map_or(0, |rounds| rounds.tally.failures())
    }
}

impl Rounds {
    fn add(&mut self, used: Duration, tally: Tally) {
        if tally.done > 0 {
            #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
            self.cost_us.push(used.as_secs_f64() * 1e6 / tally.done as f64);
        }
        self.tally.add(tally);
    }
}
