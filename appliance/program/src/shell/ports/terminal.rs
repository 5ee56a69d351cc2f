//! A port on this computer: a pseudo-terminal, and a link by which programs find it.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};

use fax::line::port::{MOST_BYTES, Told};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::net::unix::pipe::Receiver;

use super::Came;

/// The pseudo-terminal. Its link goes with it.
pub(super) struct Terminal {
    /// Not a pipe, but read as one.
    modem: Receiver,
    /// Held open, so that the terminal outlives each program that opens and closes it.
    _theirs: OwnedFd,
    users: Users,
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

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.link);
    }
}

impl Terminal {
    pub(super) fn open(link: &Path, mode: u32, group: Option<u32>) -> io::Result<Self> {
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
        if let Some(group) = group {
            rustix::fs::fchown(&theirs, None, Some(rustix::fs::Gid::from_raw(group)))?;
        }
        rustix::fs::fchmod(&theirs, rustix::fs::Mode::from_raw_mode(mode))?;
        let watch = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        inotify::add_watch(&watch, &name, WatchFlags::OPEN | WatchFlags::CLOSE_WRITE | WatchFlags::CLOSE_NOWRITE)?;
        let port = PathBuf::from(String::from_utf8_lossy(name.to_bytes()).into_owned());
        place(link, &port)?;
        let users = Users { watch: Receiver::from_owned_fd_unchecked(watch)?, open: 0, known: false };
        let modem = Receiver::from_owned_fd_unchecked(modem)?;
        Ok(Self { modem, _theirs: theirs, users, link: link.to_owned() })
    }

    pub(super) async fn next(&mut self, takes_bytes: bool) -> io::Result<Came> {
        let Self { modem, users, .. } = self;
        tokio::select! {
            bytes = bytes(modem), if takes_bytes => bytes.map(|bytes| Came::Told(Told::Bytes(bytes))),
            open = users.changed() => open.map(|open| if open { Came::Opened } else { Came::Told(Told::Closed) }),
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.users.open > 0
    }

    pub(super) fn write(&self, bytes: &[u8]) {
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

async fn bytes(modem: &Receiver) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; MOST_BYTES];
    let length = read(modem, &mut bytes).await?;
    bytes.truncate(length);
    Ok(bytes)
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
