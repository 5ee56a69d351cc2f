//! How long the program takes from its start until every port listens, and how much memory it then holds while nothing happens: `demo`
//! (with its far ends) and `run` (the appliance alone), on a folder that does not exist yet and on the same one again.

use std::io;
use std::path::Path;
use std::time::Duration;

use model::time::Clock;

use crate::figure::Figure;
use crate::numbers::{median, percentile};
use crate::process::{Ports, Process, pause};
use crate::servers;

/// Idle is what is left after this: the start's own memory has been given back by then.
const IDLE: Duration = Duration::from_secs(1);
/// The goal for either, in megabytes.
const MEMORY_GOAL: f64 = 60.0;
/// The goal for a start, in milliseconds.
const START_GOAL: f64 = 1000.0;

/// Arguments of `bench memory`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Starts of each kind.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

impl Args {
    /// For the summary of all.
    pub(crate) const fn short() -> Self {
        Self { rounds: 3 }
    }
}

/// Prints the table.
pub(crate) fn run(args: &Args) -> io::Result<Vec<Figure>> {
    let clock = Clock::start();
    let program = servers::program()?;
    println!("{} starts of each; memory {} s after the ports listen", args.rounds, IDLE.as_secs());
    println!("program  state      all ports listen after   slowest   resident      peak");
    let kinds = [Verb::Demo, Verb::Run];
    let mut all = [[Starts::default(), Starts::default()], [Starts::default(), Starts::default()]];
    for _ in 0..args.rounds.max(1) {
        for (verb, starts) in kinds.iter().zip(&mut all) {
            let dir = tempfile::tempdir()?;
            let ready = verb.prepare(dir.path())?;
            for starts in starts {
                let arguments: Vec<&str> = ready.arguments.iter().map(String::as_str).collect();
                let process = Process::start(clock, &program, &arguments, &ready.ports)?;
                pause(IDLE);
                starts.add(process.took, process.resident()?);
            }
        }
    }
    let mut figures = Vec::new();
    for (verb, starts) in kinds.iter().zip(&mut all) {
        for (state, starts) in ["fresh", "existing"].into_iter().zip(starts) {
            let (took, resident) = starts.print(verb.name(), state);
            figures.push(
                Figure::new(format!("{}, {state} state: ports listen", verb.name()), took, "ms").at_most(START_GOAL),
            );
            figures.push(
                Figure::new(format!("{}, {state} state: resident", verb.name()), resident, "MB")
                    .must_be_at_most(MEMORY_GOAL),
            );
        }
    }
    Ok(figures)
}

#[derive(Default)]
struct Starts {
    took_ms: Vec<f64>,
    resident: Vec<f64>,
    peak: Vec<f64>,
}

impl Starts {
    fn add(&mut self, took: Duration, (resident, peak): (f64, f64)) {
        self.took_ms.push(took.as_secs_f64() * 1e3);
        self.resident.push(resident);
        self.peak.push(peak);
    }

    fn print(&mut self, verb: &str, state: &str) -> (f64, f64) {
        let (took, slowest) = (median(&mut self.took_ms), percentile(&mut self.took_ms, 1.0));
        let (resident, peak) = (median(&mut self.resident), median(&mut self.peak));
        println!("{verb:8} {state:10} {took:19.0} ms {slowest:6.0} ms {resident:7.1} MB {peak:6.1} MB");
        (took, resident)
    }
}

#[derive(Clone, Copy)]
enum Verb {
    Demo,
    Run,
}

/// How to start it, and what then listens.
struct Ready {
    arguments: Vec<String>,
    ports: Ports,
}

impl Verb {
    const fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Run => "run",
        }
    }

    /// Writes what it needs into a fresh folder.
    fn prepare(self, dir: &Path) -> io::Result<Ready> {
        let offset = interop::free_offset();
        let at = |port: u16| port + offset;
        let state = dir.join("state").to_string_lossy().into_owned();
        Ok(match self {
            Self::Demo => Ready {
                arguments: ["demo", "--port-offset", &offset.to_string(), "--state", &state]
                    .map(str::to_owned)
                    .to_vec(),
                ports: Ports { udp: vec![at(5060), at(5070)], tcp: vec![at(5060), at(8080), at(2587), at(2526)] },
            },
            Self::Run => {
                let config = dir.join("frontdesk.toml");
                std::fs::write(dir.join("clinic.toml"), include_str!("memory/clinic.toml"))?;
                let text = format!(
                    "state = \"state\"\nsettings = \"clinic.toml\"\nsip = \"127.0.0.1:{}\"\nmedia = [{}, {}]\n\
                     console = \"127.0.0.1:{}\"\nsubmission = \"127.0.0.1:{}\"\n",
                    at(5060),
                    at(4600),
                    at(4799),
                    at(8080),
                    at(2587)
                );
                std::fs::write(&config, text)?;
                Ready {
                    arguments: vec!["run".to_owned(), "--config".to_owned(), config.to_string_lossy().into_owned()],
                    ports: Ports { udp: vec![at(5060)], tcp: vec![at(5060), at(8080), at(2587)] },
                }
            }
        })
    }
}
