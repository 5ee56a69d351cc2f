//! The media thread: the engine's one shell.
//!
//! One thread owns every media socket. It waits in epoll and sends each packet on in the same turn in which it came: there is no
//! 20 ms timer in the path. Orders come through a bounded channel and an eventfd that wakes it. It never waits for the
//! reader of its events: when that one is slow, raw datagrams are dropped and counted (T.38 repairs that), and what tells about a session is
//! kept and handed over later.
//!
//! The thread ends, and closes every socket, when the last [`Handle`] is dropped. A panic while one session's packet is handled is
//! logged and closes that session; the others go on.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::Instant;
use model::time::Clock;
use rustix::event::{EventfdFlags, eventfd};
use tokio::sync::mpsc;

use crate::api::{Command, Event};
use crate::engine;
use crate::family::Addresses;

pub mod rank;
mod socket;
mod thread;
mod timer;

/// Orders on their way to the thread. A call needs about ten; the thread takes them within a packet's time.
const MAX_COMMANDS: usize = 1024;
/// Events on their way to the user: one second of twenty faxes' datagrams, and what was gathered of twenty more.
const MAX_EVENTS: usize = 2048;

/// What the thread is told at its start.
#[derive(Clone, Debug)]
pub struct Config {
    /// The addresses that ports are bound on.
    pub addresses: Addresses,
    /// The engine's part.
    pub engine: engine::Config,
}

impl Default for Config {
    /// The loopback of IPv4, with the engine's defaults.
    fn default() -> Self {
        Self { addresses: IpAddr::V4(Ipv4Addr::LOCALHOST).into(), engine: engine::Config::default() }
    }
}

/// Starts the thread. Fails only if the system refuses a thread, an epoll, an eventfd or a timer. Raises the process's soft limit of
/// open files if the sessions need it.
#[allow(clippy::disallowed_methods, reason = "the media thread is the shell that owns packets")]
pub fn spawn(config: Config, clock: Clock) -> io::Result<(Handle, Events)> {
    socket::allow(config.engine.max_sessions * config.addresses.count());
    let wake = Arc::new(Wake::new()?);
    let counters = Arc::new(Counters::default());
    let (commands, orders) = mpsc::channel(MAX_COMMANDS);
    let (reports, events) = mpsc::channel(MAX_EVENTS);
    let thread = thread::Thread::new(config, clock, orders, reports, Arc::clone(&wake), Arc::clone(&counters))?;
    std::thread::Builder::new().name("media".to_owned()).spawn(move || thread.run())?;
    let inner = Inner { commands: Some(commands), wake, counters };
    Ok((Handle { inner: Arc::new(inner) }, Events { events }))
}

/// Gives orders to the media thread.
#[derive(Clone, Debug)]
pub struct Handle {
    inner: Arc<Inner>,
}

/// Why an order was not taken.
#[derive(Clone, Debug)]
pub enum SendError {
    /// Too many orders wait. Drop a `SendRaw`; for others use [`Handle::send`], which waits.
    Full(Command),
    /// The thread is gone; there is no media any more.
    Stopped,
}

impl Handle {
    /// Gives an order, and waits while too many are on their way. The thread never waits for its events to be read, so this can't
    /// deadlock with a task that does both.
    pub async fn send(&self, command: Command) -> Result<(), SendError> {
        self.inner.commands().send(command).await.map_err(|_| SendError::Stopped)?;
        self.inner.wake.ring();
        Ok(())
    }

    /// Gives an order like [`Handle::send`], for a thread that may sleep on until [`Handle::wake`]: what one step orders it takes in one turn. When
    /// too many wait, it is woken for them.
    pub async fn post(&self, command: Command) -> Result<(), SendError> {
        let by = command.needed_by();
        match self.inner.commands().try_send(command) {
            Ok(()) => {
                // After it is there: who wakes the thread in between for something else must not take this for done.
                self.inner.wake.wants(by);
                Ok(())
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(SendError::Stopped),
            Err(mpsc::error::TrySendError::Full(command)) => {
                self.inner.wake.ring();
                self.inner.commands().send(command).await.map_err(|_| SendError::Stopped)?;
                self.inner.wake.wants(by);
                Ok(())
            }
        }
    }

    /// Lets the thread look at what was posted, in time for the first of it: one that will wake by then anyway is not woken for it.
    pub fn wake(&self) {
        self.inner.wake.look();
    }

    /// Gives an order if there is room.
    pub fn try_send(&self, command: Command) -> Result<(), SendError> {
        self.inner.commands().try_send(command).map_err(|e| match e {
            mpsc::error::TrySendError::Full(command) => SendError::Full(command),
            mpsc::error::TrySendError::Closed(_) => SendError::Stopped,
        })?;
        self.inner.wake.ring();
        Ok(())
    }

    /// Datagrams of raw sessions, and digits and notes beyond all bounds, that the reader of the events was too slow for.
    pub fn dropped(&self) -> u64 {
        self.inner.counters.dropped.load(Ordering::Relaxed)
    }
}

/// What the media thread reports.
#[derive(Debug)]
pub struct Events {
    events: mpsc::Receiver<Event>,
}

impl Events {
    /// The next event; `None` when the thread has ended. Cancel safe.
    pub async fn recv(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The next event if there is one.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// The next event, for a thread outside of any runtime.
    pub fn blocking_recv(&mut self) -> Option<Event> {
        self.events.blocking_recv()
    }
}

#[derive(Debug)]
struct Inner {
    /// Taken when the last handle is dropped, before the last ring.
    commands: Option<mpsc::Sender<Command>>,
    wake: Arc<Wake>,
    counters: Arc<Counters>,
}

impl Inner {
    fn commands(&self) -> &mpsc::Sender<Command> {
        self.commands.as_ref().expect("taken only in drop")
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.commands = None;
        self.wake.ring();
    }
}

/// Wakes the thread out of epoll.
#[derive(Debug)]
struct Wake {
    fd: OwnedFd,
    /// It was rung and has not yet looked: one write to the eventfd is enough.
    rung: AtomicBool,
    /// By when what was posted since the last look is needed, in nanoseconds of the clock.
    wanted: AtomicU64,
    /// Until when the thread sleeps, if it does. While it is awake this is past, and it looks before it sleeps again.
    sleeps_until: AtomicU64,
    /// Something was left for it without a ring.
    left: AtomicBool,
}

impl Wake {
    fn new() -> io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        // Nobody knows until when it sleeps at first, so that it is rung for everything.
        let (wanted, sleeps_until) = (AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX));
        Ok(Self { fd, rung: AtomicBool::new(false), wanted, sleeps_until, left: AtomicBool::new(false) })
    }

    /// Something is posted that is needed by then.
    fn wants(&self, at: Instant) {
        self.wanted.fetch_min(at.nanos(), Ordering::AcqRel);
    }

    /// Lets the thread look in time.
    fn look(&self) {
        let at = self.wanted.swap(u64::MAX, Ordering::AcqRel);
        // It says until when it sleeps and then looks whether something is left; here it is the other way round. So one of both sees the other.
        self.left.store(true, Ordering::SeqCst);
        if at < self.sleeps_until.load(Ordering::SeqCst) {
            self.ring();
        }
    }

    /// The thread will sleep until then, unless this is true: then something was left for it meanwhile.
    fn will_sleep(&self, until: Instant) -> bool {
        self.sleeps_until.store(until.nanos(), Ordering::SeqCst);
        self.left.load(Ordering::SeqCst)
    }

    /// Whether something is left. Called before the thread looks at its orders.
    fn take_left(&self) -> bool {
        self.left.swap(false, Ordering::AcqRel)
    }

    fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // It can fail only when the counter is full, which it is after 2^64 rings.
            let _ = rustix::io::write(&self.fd, &1u64.to_ne_bytes());
        }
    }

    /// Called before the thread looks at its orders, so that a ring after that look is not lost. Nothing is read: epoll tells of each ring once.
    fn hear(&self) {
        // Not a mere store: this one also sees all that was ordered before the last ring.
        self.rung.swap(false, Ordering::AcqRel);
    }
}

#[derive(Debug, Default)]
struct Counters {
    dropped: AtomicU64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: Instant = Instant::from_nanos(1_000_000);
    const LATER: Instant = Instant::from_nanos(2_000_000);

    fn is_rung(wake: &Wake) -> bool {
        wake.rung.load(Ordering::Acquire)
    }

    #[test]
    fn a_thread_that_wakes_in_time_anyway_is_not_woken_and_finds_what_was_left() {
        let wake = Wake::new().expect("an eventfd");
        assert!(!wake.will_sleep(NEXT), "nothing is there");
        wake.wants(LATER);
        wake.look();
        assert!(!is_rung(&wake));
        assert!(wake.take_left() && !wake.take_left(), "told once");
    }

    #[test]
    fn one_that_would_sleep_too_long_is_woken() {
        let wake = Wake::new().expect("an eventfd");
        wake.wants(LATER);
        wake.look();
        assert!(is_rung(&wake), "before anybody knows how long it sleeps");
        wake.hear();
        assert!(wake.will_sleep(LATER), "something is left, so that it does not sleep");
        assert!(wake.take_left());
        assert!(!wake.will_sleep(LATER));
        wake.wants(NEXT);
        wake.wants(LATER);
        wake.look();
        assert!(is_rung(&wake), "for the first of what is wanted");
    }

    #[test]
    fn what_is_posted_while_it_is_awake_is_seen_before_it_sleeps() {
        let wake = Wake::new().expect("an eventfd");
        assert!(!wake.will_sleep(NEXT));
        // It woke then, and has not said anything new.
        wake.wants(LATER);
        wake.look();
        assert!(!is_rung(&wake));
        assert!(wake.will_sleep(LATER), "it looks instead");
    }
}
