//! Ports that are fax modems to programs of others: a pseudo-terminal, a link by which it is found, and a child process that is the modem.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clinic::{Input, PortNews};
use fax::line::Helper;
use fax::line::port::{Answer, MOST_BYTES, Said, Told};
use model::settings::VirtualModem;
use model::time::Clock;
use model::{Instant, Settings};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc;

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
            let task = Task { of: of.clone(), link: folder.join(&of.link), clock, inputs: inputs.clone() };
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
    /// An absolute path of the settings, or one in the state folder.
    link: PathBuf,
    clock: Clock,
    inputs: mpsc::Sender<Input>,
}

impl Task {
    async fn run(self, mut told: mpsc::Receiver<Told>) {
        loop {
            let Err(error) = self.serve(&mut told).await else { return };
            tracing::warn!(port = %self.of.name, %error, "a port for fax programs cannot be kept; it is made anew");
            let why = format!("There is no port at {}: {error}.", self.link.display());
            if !self.news(PortNews::Away(why)).await {
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Until nobody wants the port any more, or it breaks.
    async fn serve(&self, told: &mut mpsc::Receiver<Told>) -> io::Result<()> {
        let (cable, mut users) = Cable::open(&self.of, &self.link)?;
        let modem = Helper::<Told, Answer>::spawn(Path::new("/proc/self/exe"), &["fax-port"])?;
        if !self.news(PortNews::Ready).await {
            return Ok(());
        }
        let mut answer = Answer { takes_bytes: true, is_free: true, wake: u64::MAX, said: Vec::new() };
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
                bytes = cable.read(), if answer.takes_bytes => {
                    awake = self.clock.now().instant + AWAKE;
                    Told::Bytes(bytes?)
                }
                open = users.changed() => {
                    let open = open?;
                    if !self.news(if open { PortNews::Opened } else { PortNews::Closed }).await {
                        return Ok(());
                    }
                    if open {
                        continue;
                    }
                    Told::Closed
                }
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

    async fn news(&self, news: PortNews) -> bool {
        self.inputs.send(Input::Port { name: self.of.name.clone(), news }).await.is_ok()
    }
}

/// The pseudo-terminal. Its link goes with it.
struct Cable {
    /// Not a pipe, but read as one.
    modem: Receiver,
    /// Held open, so that the terminal outlives each program that opens and closes it.
    _theirs: OwnedFd,
    link: PathBuf,
}

/// The programs that have it open.
struct Users {
    /// Tells who opens and closes it.
    watch: Receiver,
    open: usize,
    /// It was told that somebody has it open.
    known: bool,
}

impl Drop for Cable {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.link);
    }
}

impl Cable {
    fn open(of: &VirtualModem, link: &Path) -> io::Result<(Self, Users)> {
        let modem = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&modem)?;
        unlockpt(&modem)?;
        rustix::io::ioctl_fionbio(&modem, true)?;
        let name = ptsname(&modem, Vec::new())?;
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
        let theirs = rustix::fs::open(&name, flags, rustix::fs::Mode::empty())?;
        // Nothing is echoed to a program that has not set its port yet.
        let mut raw = tcgetattr(&theirs)?;
        raw.make_raw();
        tcsetattr(&theirs, OptionalActions::Now, &raw)?;
        if let Some(group) = of.group {
            rustix::fs::fchown(&theirs, None, Some(rustix::fs::Gid::from_raw(group)))?;
        }
        rustix::fs::fchmod(&theirs, rustix::fs::Mode::from_raw_mode(of.mode))?;
        let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        inotify::add_watch(&watch, &name, WatchFlags::OPEN | WatchFlags::CLOSE_WRITE | WatchFlags::CLOSE_NOWRITE)?;
        let port = PathBuf::from(String::from_utf8_lossy(name.to_bytes()).into_owned());
        place(link, &port)?;
        let watch = Receiver::from_owned_fd_unchecked(watch)?;
        let users = Users { watch, open: 0, known: false };
        Ok((Self { modem: Receiver::from_owned_fd_unchecked(modem)?, _theirs: theirs, link: link.to_owned() }, users))
    }

    async fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; MOST_BYTES];
        let length = read(&self.modem, &mut bytes).await?;
        bytes.truncate(length);
        Ok(bytes)
    }

    /// What finds no room because the program does not read is lost, as on a cable.
    fn write(&self, bytes: &[u8]) {
        let _ = rustix::io::write(&self.modem, bytes);
    }
}

impl Users {
    /// Waits until the first of them has opened it, or the last has closed it; true: somebody has it open.
    async fn changed(&mut self) -> io::Result<bool> {
        loop {
            let mut events = [0; 64 * EVENT];
            let length = read(&self.watch, &mut events).await?;
            for event in events[..length].chunks_exact(EVENT) {
                let [_, _, _, _, mask @ .., _, _, _, _, _, _, _, _] = event else { continue };
                let mask = mask.try_into().map_or(0, u32::from_ne_bytes);
                if mask & WatchFlags::OPEN.bits() != 0 {
                    self.open += 1;
                } else {
                    self.open = self.open.saturating_sub(1);
                }
            }
            let is_open = self.open > 0;
            if !is_open || !std::mem::replace(&mut self.known, is_open) {
                self.known = is_open;
                return Ok(is_open);
            }
        }
    }
}

/// An event of inotify(7) about the watched file itself, which has no name: its mask stands in the second of four words.
const EVENT: usize = 16;

/// Reads what is there, and waits until something is.
async fn read(from: &Receiver, into: &mut [u8]) -> io::Result<usize> {
    loop {
        from.readable().await?;
        match from.try_read(into) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read,
        }
    }
}

/// Puts a link to the port where programs look for it, in place of one of ours that was left over. Anything else that stands there stays.
fn place(link: &Path, port: &Path) -> io::Result<()> {
    if let Some(folder) = link.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    }
    match fs::symlink_metadata(link) {
        Ok(there) if there.is_symlink() => fs::remove_file(link)?,
        Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something else stands there")),
        Err(_) => {}
    }
    symlink(port, link)
}
