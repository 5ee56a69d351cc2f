//! The one timer of the media thread, as a file that epoll watches.
//!
//! A timeout given to each wait would be set and cleared in the kernel for every packet, which costs more than our own part of
//! forwarding it. This one is set only when it must ring earlier than it would; ringing too early costs one look.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use model::Instant;
use rustix::time::Timespec;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime};

#[derive(Debug)]
pub(super) struct Timer {
    fd: OwnedFd,
    /// When it rings; not after now if it is not set.
    set_for: Instant,
}

impl Timer {
    pub(super) fn new() -> io::Result<Self> {
        let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        Ok(Self { fd, set_for: Instant::ZERO })
    }

    /// Makes it ring at `at` or earlier.
    pub(super) fn ring_by(&mut self, now: Instant, at: Instant) {
        if at == Instant::FAR_FUTURE || (self.set_for > now && self.set_for <= at) {
            return;
        }
        // Zero would switch it off.
        let Ok(it_value) = Timespec::try_from((at - now).max(Duration::from_nanos(1))) else { return };
        let spec = Itimerspec { it_interval: Timespec::default(), it_value };
        if timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &spec).is_ok() {
            self.set_for = at;
        }
    }

    /// When it rings next, if it does.
    pub(super) fn rings_at(&self, now: Instant) -> Instant {
        if self.set_for > now { self.set_for } else { Instant::FAR_FUTURE }
    }

    /// It rang. Nothing is read: epoll tells of the next ring by itself.
    pub(super) const fn hear(&mut self) {
        self.set_for = Instant::ZERO;
    }
}

impl AsFd for Timer {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
