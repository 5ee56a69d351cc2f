//! Time as an argument. No core reads a clock: it is told `Now`, so that a simulation can run a clinic's day in a second.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point on the monotonic clock, in nanoseconds since an origin that only differences make meaningful.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Instant {
    /// The origin.
    pub const ZERO: Self = Self(0);
    /// Later than everything; "no timer is set".
    pub const FAR_FUTURE: Self = Self(u64::MAX);

    /// The instant `nanos` after the origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the origin.
    pub const fn nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.saturating_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}s", self.0 / 1_000_000_000, self.0 / 1_000 % 1_000_000)
    }
}

/// A point on the wall clock: milliseconds since 1970-01-01T00:00:00Z. It may jump; never subtract two of them to time a protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Wall(pub i64);

impl Wall {
    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// As a timestamp of `jiff`, for formatting in the clinic's time zone. Out-of-range values become the epoch.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// In `zone`, for people.
    pub fn in_zone(self, zone: &jiff::tz::TimeZone) -> jiff::Zoned {
        self.timestamp().to_zoned(zone.clone())
    }

    /// This much earlier.
    #[must_use]
    pub fn before(self, d: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Milliseconds from `earlier` to this, negative if the clock went back.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
}

impl Add<Duration> for Wall {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

/// Both clocks, read together by the shell before each step of a core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// For timers.
    pub instant: Instant,
    /// For people and records.
    pub wall: Wall,
}

impl Now {
    /// The same clocks `d` later.
    #[must_use]
    pub fn after(self, d: Duration) -> Self {
        Self { instant: self.instant + d, wall: self.wall + d }
    }

    /// A fixed start for simulations: instant zero, 2026-11-20 14:00 UTC (a Friday, 09:00 in New York).
    pub const fn simulation_start() -> Self {
        Self { instant: Instant::ZERO, wall: Wall(1_795_183_200_000) }
    }
}

/// The one door to the system's clocks, for shells. All clocks of a process must be clones of one, since it carries the origin.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: std::time::Instant,
    /// How far ahead of the system's the wall clock is, in milliseconds.
    ahead: i64,
}

impl Clock {
    /// A clock whose instants count from now.
    #[allow(clippy::disallowed_methods, reason = "this is the one door to the clock, for shells")]
    pub fn start() -> Self {
        Self { origin: std::time::Instant::now(), ahead: 0 }
    }

    /// A clock that runs as [`Clock::start`]'s, and on whose wall it is `wall` now: for tests of what depends on the hour and the day.
    pub fn start_at(wall: Wall) -> Self {
        let clock = Self::start();
        Self { ahead: wall.millis_since(clock.now().wall), ..clock }
    }

    /// Reads both clocks.
    #[allow(clippy::disallowed_methods, reason = "this is the one door to the clock, for shells")]
    pub fn now(&self) -> Now {
        let nanos = u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let wall = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        Now { instant: Instant(nanos), wall: Wall(wall.saturating_add(self.ahead)) }
    }

    /// When `at` comes, on the system's monotonic clock, for a shell that must sleep until then.
    pub fn system_instant(&self, at: Instant) -> std::time::Instant {
        // A year ahead stands for "never": the addition of u64::MAX nanoseconds could overflow on some systems.
        self.origin + Duration::from_nanos(at.0.min(365 * 86_400 * 1_000_000_000))
    }
}
