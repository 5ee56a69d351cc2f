//! A pseudo-terminal as the cable between a virtual modem and the program that uses it.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Its two ends. Dropping it unplugs it: whoever has its port open is told.
pub struct Pty {
    /// The modem's end; reading does not wait.
    pub modem: OwnedFd,
    /// Where the program finds its end.
    pub port: PathBuf,
    /// Held open, so that the terminal outlives each program that opens and closes it.
    _theirs: OwnedFd,
}

impl Pty {
    /// Plugs it in.
    ///
    /// # Panics
    /// If there is no pseudo-terminal to be had.
    pub fn open() -> Self {
        let modem = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&modem).expect("it can be granted");
        unlockpt(&modem).expect("it can be unlocked");
        let port = PathBuf::from(ptsname(&modem, Vec::new()).expect("it has a name").into_string().expect("in ASCII"));
        let theirs = rustix::fs::open(&port, rustix::fs::OFlags::RDWR, rustix::fs::Mode::empty()).expect("it opens");
        let mut raw = tcgetattr(&theirs).expect("it has settings");
        raw.make_raw();
        tcsetattr(&theirs, OptionalActions::Now, &raw).expect("it takes them");
        rustix::io::ioctl_fionbio(&modem, true).expect("it need not wait");
        Self { modem, port, _theirs: theirs }
    }

    /// Gives its port this name too, as udev does.
    ///
    /// # Panics
    /// If the link cannot be made.
    pub fn link(&self, name: &Path) {
        std::os::unix::fs::symlink(&self.port, name).expect("a link in a temporary folder");
    }
}
