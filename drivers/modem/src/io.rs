//! The thread of one modem: a [`Keeper`] over a real port.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use model::time::Clock;

use crate::api::Order;
use crate::keeper::{Doing, Keeper, News, Told};
use crate::port::{LOCKS, Port};

/// Orders and bytes on their way to one modem: some seconds of a page.
const MOST_WAITING: usize = 256;
/// How long DTR is away, so that a modem sees it: most look for half a second, by their register S25 (in 1/100 s) for 50 ms.
const DTR_AWAY: Duration = Duration::from_millis(700);
/// "Never", as far as a thread waits.
const LONG: Duration = Duration::from_secs(3600);

/// What wakes the thread. Of a port that was closed meanwhile the number is another.
enum Wake {
    Order(Order),
    Bytes(u64, Vec<u8>),
    Gone(u64),
    Stop,
}

/// A modem that is kept. Dropping it gives its port back.
pub struct Kept {
    wake: mpsc::SyncSender<Wake>,
    stopped: Arc<AtomicBool>,
}

impl Kept {
    /// Gives an order. If the thread hangs in its port the order is lost; who waits for its answer finds that out.
    pub fn order(&self, order: Order) {
        let _ = self.wake.try_send(Wake::Order(order));
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // With a full queue the thread is awake anyway.
        let _ = self.wake.try_send(Wake::Stop);
    }
}

/// Keeps the modem on this port, as long as what is given back lives. Its news are told from a thread of its own; when `tell` says false,
/// nobody listens any more.
#[allow(clippy::disallowed_methods, reason = "the thread of one modem")]
pub fn keep(clock: Clock, path: PathBuf, tell: impl FnMut(News) -> bool + Send + 'static) -> Kept {
    let (wake, woken) = mpsc::sync_channel(MOST_WAITING);
    let stopped = Arc::new(AtomicBool::new(false));
    let thread = Thread {
        clock,
        path,
        keeper: Keeper::new(clock.now()),
        port: None,
        opened: 0,
        door: wake.clone(),
        stopped: stopped.clone(),
        tell: Box::new(tell),
    };
    std::thread::spawn(move || thread.run(&woken));
    Kept { wake, stopped }
}

struct Thread {
    clock: Clock,
    path: PathBuf,
    keeper: Keeper,
    port: Option<Port>,
    /// How often it was opened: the number of the port that is open.
    opened: u64,
    /// By which the reader of the port comes in.
    door: mpsc::SyncSender<Wake>,
    stopped: Arc<AtomicBool>,
    tell: Box<dyn FnMut(News) -> bool + Send>,
}

impl Thread {
    fn run(mut self, woken: &mpsc::Receiver<Wake>) {
        while let Some(until) = self.drain() {
            let wait = until.saturating_since(self.clock.now().instant).min(LONG);
            let wake = woken.recv_timeout(wait);
            if self.stopped.load(Ordering::Relaxed) {
                return;
            }
            let told = match &wake {
                Ok(Wake::Order(order)) => Told::Order(order.clone()),
                Ok(Wake::Bytes(port, bytes)) if *port == self.opened => Told::Bytes(bytes),
                Ok(Wake::Gone(port)) if *port == self.opened => Told::Gone,
                Err(RecvTimeoutError::Disconnected) => return,
                _ => Told::Timeout,
            };
            self.keeper.handle_input(self.clock.now(), told);
        }
    }

    /// Does what is to be done, and says until when; `None` if nobody listens.
    fn drain(&mut self) -> Option<model::Instant> {
        loop {
            match self.keeper.poll() {
                Doing::Timeout(at) => return Some(at),
                Doing::Open => self.open(),
                Doing::Close => self.port = None,
                Doing::Write(bytes) => {
                    if self.port.as_mut().is_some_and(|port| port.write(&bytes).is_err()) {
                        self.keeper.handle_input(self.clock.now(), Told::Gone);
                    }
                }
                Doing::Flush => {
                    if let Some(port) = &mut self.port {
                        port.flush();
                    }
                }
                Doing::Dtr(on) => self.dtr(on),
                Doing::News(news) => {
                    if !(self.tell)(news) {
                        return None;
                    }
                }
            }
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "a modem sees only what lasts, and nothing else is to be done with it meanwhile"
    )]
    fn dtr(&mut self, on: bool) {
        let told = self.port.as_mut().is_some_and(|port| port.dtr(on));
        if told && !on {
            std::thread::sleep(DTR_AWAY);
        }
    }

    fn open(&mut self) {
        self.opened += 1;
        let (number, door) = (self.opened, self.door.clone());
        let hear = move |bytes: Option<&[u8]>| {
            let wake = bytes.map_or(Wake::Gone(number), |bytes| Wake::Bytes(number, bytes.to_vec()));
            door.send(wake).is_ok()
        };
        let told = match Port::open(Path::new(LOCKS), &self.path, hear) {
            Ok(port) => {
                self.port = Some(port);
                Told::Opened
            }
            Err(error) => Told::NotOpened(error.sentence(&self.path)),
        };
        self.keeper.handle_input(self.clock.now(), told);
    }
}
