//! When a shell looks again by itself.
//!
//! What is due first changes with nearly every message, mostly to something later, and a timer of the runtime that is made anew each time costs
//! locks, and a wake-up of its own thread whenever it is to ring earlier than all others. This one is set anew only when it must ring earlier than
//! it would; ringing too early costs one look.

use std::future::pending;
use std::pin::Pin;

use model::Instant;
use model::time::Clock;
use tokio::time::{Sleep, sleep_until};

/// See the module. It belongs to the runtime in which it was made.
#[derive(Debug)]
pub struct Alarm {
    clock: Clock,
    sleep: Pin<Box<Sleep>>,
    /// When it rings; in the far future if it is not set.
    set_for: Instant,
}

impl Alarm {
    /// One that is not set yet.
    ///
    /// # Panics
    /// Outside of a runtime with timers.
    pub fn new(clock: Clock) -> Self {
        let sleep = Box::pin(sleep_until(clock.system_instant(Instant::FAR_FUTURE).into()));
        Self { clock, sleep, set_for: Instant::FAR_FUTURE }
    }

    /// Waits until `at`, or for less: until what it was set for before, if it has not rung for that. Cancel safe.
    pub async fn ring_by(&mut self, at: Instant) {
        if at < self.set_for {
            self.sleep.as_mut().reset(self.clock.system_instant(at).into());
            self.set_for = at;
        }
        if self.set_for == Instant::FAR_FUTURE {
            return pending().await;
        }
        self.sleep.as_mut().await;
        self.set_for = Instant::FAR_FUTURE;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    #[allow(clippy::disallowed_methods, reason = "the paused clock of the test")]
    async fn it_rings_by_the_earliest_time_that_it_was_told_and_then_by_the_next() {
        let mut alarm = Alarm::new(Clock::start());
        let at = |ms| Instant::ZERO + Duration::from_millis(ms);
        // Told again before it rang: of something later, of something earlier, and of something later again.
        for told in [400, 900, 200, 600] {
            let told = alarm.ring_by(at(told));
            assert!(timeout(Duration::from_millis(10), told).await.is_err(), "it is not yet time");
        }
        alarm.ring_by(at(700)).await;
        let first = tokio::time::Instant::now();
        alarm.ring_by(at(700)).await;
        let apart = first.elapsed().as_millis();
        assert!((499..=501).contains(&apart), "it rang for the third, and {apart} ms later for the last");
        let never = timeout(Duration::from_secs(9), alarm.ring_by(Instant::FAR_FUTURE)).await;
        assert!(never.is_err(), "nothing is to come");
    }
}
