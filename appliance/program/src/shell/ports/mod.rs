//! Ports that are fax modems to programs of others: a cable, which is a pseudo-terminal with a link by which it is found or an address in the
//! network, and a child process that is the modem.

mod far;
mod terminal;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clinic::{Input, PortNews};
use fax::line::Helper;
use fax::line::port::{Answer, Said, Told};
use model::settings::{PortPlace, VirtualModem};
use model::time::Clock;
use model::{Instant, Settings};
use modem::rfc2217::Lines;
use tokio::sync::mpsc;

use far::Far;
use terminal::Terminal;

/// What is told to one modem and waits: some seconds of sound.
const MOST_WAITING: usize = 256;
/// How soon a port that broke is made anew.
const AGAIN: Duration = Duration::from_secs(5);
/// So long after it was last written to a modem without a call is told the time: some commands take some.
const AWAKE: Duration = Duration::from_secs(5);
/// How often a modem without a call gets its processor time anew: sooner than it can use that up.
const RENEWED: Duration = Duration::from_secs(600);

/// The ports of the settings, by name. Dropping them removes them.
#[derive(Default)]
pub(super) struct Ports(HashMap<String, mpsc::Sender<Told>>);

impl Ports {
    /// Makes those that the settings name.
    #[allow(clippy::disallowed_methods, reason = "the shell's task for one port")]
    pub(super) fn start(settings: &Settings, folder: &Path, clock: Clock, inputs: &mpsc::Sender<Input>) -> Self {
        let started = settings.virtual_modems.iter().map(|of| {
            let (tell, told) = mpsc::channel(MOST_WAITING);
            let task = Task { of: of.clone(), folder: folder.to_owned(), clock, inputs: inputs.clone() };
            tokio::spawn(task.run(told));
            (of.name.clone(), tell)
        });
        Self(started.collect())
    }

    /// A modem that is so far behind has lost its call anyway, and hears of its end in order.
    pub(super) fn tell(&self, name: &str, told: Told) {
        if let Some(port) = self.0.get(name) {
            let _ = port.try_send(told);
        }
    }
}

struct Task {
    of: VirtualModem,
    /// Where links are that are nowhere else.
    folder: PathBuf,
    clock: Clock,
    inputs: mpsc::Sender<Input>,
}

impl Task {
    async fn run(self, mut told: mpsc::Receiver<Told>) {
        loop {
            let Err(error) = self.serve(&mut told).await else { return };
            tracing::warn!(port = %self.of.name, %error, "a port for fax programs cannot be kept; it is made anew");
            let why = format!("There is no port at {}: {error}.", self.place());
            if !self.news(PortNews::Away(why)).await {
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Until nobody wants the port any more, or it breaks.
    async fn serve(&self, told: &mut mpsc::Receiver<Told>) -> io::Result<()> {
        let mut cable = self.cable().await?;
        let modem = Helper::<Told, Answer>::spawn(Path::new("/proc/self/exe"), &["fax-port"])?;
        if !self.news(PortNews::Ready).await {
            return Ok(());
        }
        let mut answer = Answer { takes_bytes: true, is_free: true, wake: u64::MAX, ..Answer::default() };
        let mut awake = Instant::ZERO;
        let mut renew = self.clock.now().instant + RENEWED;
        loop {
            let sleeps = answer.is_free && self.clock.now().instant > awake;
            let wake = if sleeps { Instant::FAR_FUTURE } else { Instant::from_nanos(answer.wake) };
            let next = tokio::select! {
                told = told.recv() => match told {
                    Some(told) => told,
                    None => return Ok(()),
                },
                came = cable.next(answer.takes_bytes) => match came? {
                    // As long as nobody waits there, nobody is to be rung for.
                    Came::Opened if self.news(PortNews::Opened).await => continue,
                    Came::Opened => return Ok(()),
                    Came::Told(told) => {
                        awake = self.clock.now().instant + AWAKE;
                        if told == Told::Closed && !cable.is_open() && !self.news(PortNews::Closed).await {
                            return Ok(());
                        }
                        told
                    }
                },
                () = tokio::time::sleep_until(self.clock.system_instant(wake).into()) => Told::Time,
            };
            let broken = |_| io::Error::other("its modem ended");
            let now = self.clock.now().instant;
            answer = modem.tell(now, next).await.map_err(broken)?;
            if answer.is_free && now >= renew {
                renew = now + RENEWED;
                if let Err(error) = modem.renew() {
                    tracing::warn!(port = %self.of.name, %error, "the modem of a port cannot be given more processor time");
                }
            }
            cable.lines(Lines { carrier: answer.has_call, ring: answer.rings, clear: answer.takes_bytes });
            for said in std::mem::take(&mut answer.said) {
                match said {
                    Said::Bytes(bytes) => cable.write(&bytes),
                    said => {
                        if !self.news(PortNews::Said(said)).await {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }

    async fn cable(&self) -> io::Result<Cable> {
        Ok(match &self.of.place {
            PortPlace::Link { link, mode, group } => {
                Cable::Terminal(Terminal::open(&self.folder.join(link), *mode, *group)?)
            }
            PortPlace::Network { listen, from } => {
                Cable::Far(Box::new(Far::open(&self.of.name, *listen, from.clone(), self.clock).await?))
            }
        })
    }

    /// Where programs look for it.
    fn place(&self) -> String {
        match &self.of.place {
            PortPlace::Link { link, .. } => self.folder.join(link).display().to_string(),
            PortPlace::Network { listen, .. } => listen.to_string(),
        }
    }

    async fn news(&self, news: PortNews) -> bool {
        self.inputs.send(Input::Port { name: self.of.name.clone(), news }).await.is_ok()
    }
}

/// What comes over a cable.
#[derive(Debug)]
enum Came {
    /// A program has opened the port, which nobody had open.
    Opened,
    /// For the modem.
    Told(Told),
}

/// What is between the modem and a program.
enum Cable {
    Terminal(Terminal),
    Far(Box<Far>),
}

impl Cable {
    /// What comes from the program: bytes, if the modem takes any, or that it has opened or closed the port. May be left and called again.
    async fn next(&mut self, takes_bytes: bool) -> io::Result<Came> {
        match self {
            Self::Terminal(terminal) => terminal.next(takes_bytes).await,
            Self::Far(far) => far.next(takes_bytes).await,
        }
    }

    /// Whether a program has the port open.
    fn is_open(&self) -> bool {
        match self {
            Self::Terminal(terminal) => terminal.is_open(),
            Self::Far(far) => far.is_open(),
        }
    }

    /// What the modem says. What finds no room because the program does not read is lost, as on any cable.
    fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Terminal(terminal) => terminal.write(bytes),
            Self::Far(far) => far.write(bytes),
        }
    }

    /// How the modem's wires are. A pseudo-terminal has none.
    fn lines(&mut self, lines: Lines) {
        match self {
            Self::Terminal(_) => {}
            Self::Far(far) => far.lines(lines),
        }
    }
}
