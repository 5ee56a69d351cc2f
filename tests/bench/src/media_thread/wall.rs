//! The wall clock, which the kernel stamps datagrams with.

use std::io;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// How far it may have moved against the monotonic clock in a round: more than time services slew it (500 parts in a million) in ten seconds.
const DRIFT: Duration = Duration::from_millis(5);

/// Since 1970.
pub(super) fn now() -> Duration {
    read(ClockId::Realtime)
}

/// As a number.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Tells whether it was set between two looks.
pub(super) struct Watch {
    ahead: Duration,
}

impl Watch {
    pub(super) fn start() -> Self {
        Self { ahead: ahead() }
    }

    /// An error if it was set since: then no delay can be told.
    pub(super) fn end(&self) -> io::Result<()> {
        if ahead().abs_diff(self.ahead) > DRIFT {
            return Err(io::Error::other("the clock of this machine was set while it was needed; try again"));
        }
        Ok(())
    }
}

/// How far it is ahead of the monotonic clock, which nobody sets.
fn ahead() -> Duration {
    now().saturating_sub(read(ClockId::Monotonic))
}

fn read(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
