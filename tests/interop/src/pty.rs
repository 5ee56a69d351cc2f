//! A pseudo-terminal as the cable between a virtual modem and the program that uses it, and the time of the telephone line behind it.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::time::Clock;
use model::{Instant, Now};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Its two ends. Dropping it unplugs it: whoever has its port open is told.
pub struct Pty {
    /// The modem's end; reading does not wait.
    pub modem: OwnedFd,
    /// Where the program finds its end.
    pub port: PathBuf,
    /// What the cable does not take yet: a pseudo-terminal holds some 8 KiB, and a block of a page may be 64.
    unwritten: Vec<u8>,
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
        Self { modem, port, unwritten: Vec::new(), _theirs: theirs }
    }

    /// Gives its port this name too, as udev does.
    ///
    /// # Panics
    /// If the link cannot be made.
    pub fn link(&self, name: &Path) {
        std::os::unix::fs::symlink(&self.port, name).expect("a link in a temporary folder");
    }

    /// What the modem says to the program.
    pub fn write(&mut self, bytes: &[u8]) {
        self.unwritten.extend(bytes);
        self.write_on();
    }

    /// As much as the cable takes now of what it did not take before.
    pub fn write_on(&mut self) {
        while !self.unwritten.is_empty() {
            match rustix::io::write(&self.modem, &self.unwritten) {
                Ok(taken) if taken > 0 => drop(self.unwritten.drain(..taken)),
                _ => return,
            }
        }
    }

    /// What the program says, as far as it has come.
    pub fn read(&self, buffer: &mut [u8]) -> usize {
        rustix::io::read(&self.modem, buffer).unwrap_or(0)
    }
}

/// The time of a telephone line: that of the clock, without what the machine under it had no time for, and without what a program of others takes
/// to type its next command. A line gives it some 75 ms for that (T.30 has them between two signals), which is enough for a program that is let,
/// and on a busy machine none is. So what is judged is what the two ends say.
pub struct LineTime {
    clock: Clock,
    looked: Instant,
    now: Now,
    /// What has passed, and is still to pass on the line.
    due: Duration,
    /// Since when the program has been to type.
    awaited: Option<Instant>,
}

/// The line's time passes in such steps at most: in each of them there is something to say.
const STEP: Duration = Duration::from_millis(10);
/// What is caught up with. A thread that stood still for longer had no time, and neither had the line.
const LATE: Duration = Duration::from_millis(50);
/// How long a program is waited for. One that types nothing has nothing to type.
const PATIENCE: Duration = Duration::from_millis(500);
/// What a modem says when it is the program's turn.
const RESULTS: [&[u8]; 4] = [b"OK\r\n", b"NO CARRIER\r\n", b"ERROR\r\n", b"+FCERROR\r\n"];

impl LineTime {
    /// It begins now.
    #[allow(clippy::new_without_default, reason = "a clock is started")]
    pub fn new() -> Self {
        let clock = Clock::start();
        let now = clock.now();
        Self { clock, looked: now.instant, now, due: Duration::ZERO, awaited: None }
    }

    /// The line's.
    pub const fn now(&self) -> Now {
        self.now
    }

    /// The modem says this to its program.
    pub fn said(&mut self, bytes: &[u8]) {
        if RESULTS.iter().any(|result| bytes.ends_with(result)) {
            self.awaited = Some(self.clock.now().instant);
        }
    }

    /// The program says something.
    pub fn heard(&mut self) {
        self.awaited = None;
    }

    /// How long may be waited for the program's bytes when nothing is due on the line before this.
    pub fn wait(&self, wake: Instant) -> Duration {
        if self.awaited.is_some() {
            return STEP;
        }
        let passed = self.clock.now().instant.saturating_since(self.looked) + self.due;
        wake.saturating_since(self.now.instant).saturating_sub(passed).min(2 * STEP)
    }

    /// Time passes. The line's.
    pub fn pass(&mut self) -> Now {
        let real = self.clock.now().instant;
        let passed = real.saturating_since(self.looked);
        self.looked = real;
        if self.awaited.is_some_and(|since| real.saturating_since(since) < PATIENCE) {
            return self.now;
        }
        self.awaited = None;
        self.due = (self.due + passed).min(LATE);
        let step = self.due.min(STEP);
        self.due -= step;
        self.now = self.now.after(step);
        self.now
    }
}
