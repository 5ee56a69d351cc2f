//! `frontdesk demo`: the real program with a seed, on loopback, with real far ends that misbehave on request.

mod carrier;
mod check;
mod contract;
mod seed;

use std::path::{Path, PathBuf};

use model::time::Clock;

use crate::boot::{self, Appliance, Failure, FirstSettings, KeySource, Pace, Setup, Signals};
use crate::certificates;
use crate::cli::DemoOptions;
use crate::ports::DemoPorts;

#[cfg(test)]
pub(crate) use seed::sample_settings;

/// The demo's whole life.
pub(crate) fn run(options: DemoOptions) -> Result<(), Failure> {
    crate::log::start("warn");
    let ports = DemoPorts::new(options.port_offset)
        .ok_or_else(|| Failure("--port-offset is too large: no port may exceed 65535".to_owned()))?;
    let state = State::new(options.state.clone())?;
    let threads = boot::threads()?;
    let ended = threads.live(async {
        let mut signals = Signals::listen()?.end_with_their_terminal();
        let first = seed::settings(&ports, options.settings.as_deref())?;
        let Some(demo) = start(&threads, state.path(), &ports, first, &options, &mut signals).await.map_err(hinted)?
        else {
            return Ok(End::Told);
        };
        if options.check {
            let ended = tokio::select! {
                checked = check::run(&demo) => checked.map(|()| End::Checked),
                told = demo.appliance.until_told(&mut signals) => told.map(|()| End::Told),
            };
            demo.stop().await;
            return ended;
        }
        contract::banner(&demo);
        demo.appliance.until_told(&mut signals).await?;
        demo.stop().await;
        Ok(End::Told)
    });
    state.keep_if(ended.is_err() && options.check);
    match ended? {
        End::Told if options.check => Err(Failure("the tour was told to end before it was over".to_owned())),
        End::Told | End::Checked => Ok(()),
    }
}

/// Why a demo ended that did not fail.
enum End {
    Told,
    Checked,
}

/// All ports of the demo move together.
fn hinted(Failure(why): Failure) -> Failure {
    let hint = if why.contains(boot::IN_USE) { ", as with --port-offset 1000" } else { "" };
    Failure(why + hint)
}

/// A running demo.
pub(crate) struct Demo {
    pub(crate) state: PathBuf,
    pub(crate) ports: DemoPorts,
    pub(crate) appliance: Appliance,
    pub(crate) carrier: carrier::Carrier,
    pub(crate) contract: contract::Contract,
    pub(crate) clock: Clock,
}

impl Demo {
    async fn stop(self) {
        self.carrier.stop().await;
        self.appliance.stop().await;
    }
}

async fn start(
    threads: &boot::Threads,
    state: &Path,
    ports: &DemoPorts,
    first_settings: FirstSettings,
    options: &DemoOptions,
    signals: &mut Signals,
) -> Result<Option<Demo>, Failure> {
    let clock = Clock::start();
    let sink_dir = state.join("sink");
    seed::sink(ports.sink, &sink_dir, clock).await?;
    let carrier = carrier::Carrier::start(ports, state, clock).await?;
    let setup = Setup {
        state: state.to_owned(),
        ports: ports.appliance.clone(),
        certificates: certificates::Source::default(),
        origins: console::Origins { listed: Vec::new(), loopback: true },
        key: KeySource::File,
        first_settings,
        pace: Pace::Demo,
        demo: Some(console::DemoInfo { numbers: contract::numbers_to_try() }),
        dns: options.dns,
    };
    let Some(mut appliance) = boot::start(setup, threads.office(), clock, signals).await? else { return Ok(None) };
    let passwords = seed::people(state, &mut appliance, clock).await?;
    if options.settings.is_none() {
        seed::plan(&appliance).await?;
    }
    let contract = contract::write(state, ports, &mut appliance, &passwords, clock).await?;
    Ok(Some(Demo { state: state.to_owned(), ports: ports.clone(), appliance, carrier, contract, clock }))
}

/// The state folder: the one that was named, or a fresh one that goes away at the end.
enum State {
    Named(PathBuf),
    Fresh(tempfile::TempDir),
}

impl State {
    fn new(named: Option<PathBuf>) -> Result<Self, Failure> {
        match named {
            Some(path) => std::fs::create_dir_all(&path)
                .and_then(|()| path.canonicalize())
                .map(Self::Named)
                .map_err(|e| Failure(format!("the state folder {} cannot be used: {e}", path.display()))),
            None => tempfile::Builder::new()
                .prefix("frontdesk-demo-")
                .tempdir()
                .map(Self::Fresh)
                .map_err(|e| Failure(format!("no temporary folder can be made: {e}"))),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Named(path) => path,
            Self::Fresh(dir) => dir.path(),
        }
    }

    /// A failed check leaves its state behind, for whoever looks for the cause.
    #[allow(clippy::print_stderr, reason = "tells a person where to look")]
    fn keep_if(self, keep: bool) {
        if let Self::Fresh(dir) = self
            && keep
        {
            eprintln!("frontdesk: the state is kept in {}", dir.keep().display());
        }
    }
}
