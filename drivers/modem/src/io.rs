//! The thread of one modem: a [`Keeper`] over a real port.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::time::Clock;

use crate::api::Order;
use crate::keeper::{Doing, Keeper, News, Told};
use crate::port::{LOCKS, Port};

/// Bytes that came from one modem and were not looked at yet: some seconds of a page.
const MOST_WAITING: usize = 256;
/// Orders on their way to one modem: a page of 33600 bit/s in parts of 512 octets, for twice as long as a modem of Class 2 may take nothing.
const MOST_ORDERS: usize = 2048;
/// How long DTR is away, so that a modem sees it: most look for half a second, by their register S25 (in 1/100 s) for 50 ms.
const DTR_AWAY: Duration = Duration::from_millis(700);
/// "Never", as far as a thread waits.
const LONG: Duration = Duration::from_secs(3600);

/// What wakes the thread. Of a port that was closed meanwhile the number is another.
enum Wake {
    Orders,
    Bytes(u64, Vec<u8>),
    Gone(u64),
    Stop,
}

/// Orders on their way, beside what comes from the port: however much that is, none of them is lost.
#[derive(Default)]
struct Orders {
    waiting: Mutex<VecDeque<Order>>,
    /// The line is to be put down: what is being written does not matter any more.
    recalled: AtomicBool,
    /// There was no room for one.
    overrun: AtomicBool,
}

impl Orders {
    fn push(&self, order: Order) {
        let mut waiting = self.waiting();
        if order == Order::HangUp {
            waiting.clear();
            self.recalled.store(true, Ordering::Relaxed);
        } else if waiting.len() >= MOST_ORDERS {
            return self.overrun.store(true, Ordering::Relaxed);
        }
        waiting.push_back(order);
    }

    fn take(&self) -> Option<Order> {
        let order = self.waiting().pop_front()?;
        if order == Order::HangUp {
            self.recalled.store(false, Ordering::Relaxed);
        }
        Some(order)
    }

    /// True, once, if one was lost. None of what waits is of any use then: a page with a hole in it is another page.
    fn are_lost(&self) -> bool {
        let lost = self.overrun.swap(false, Ordering::Relaxed);
        if lost {
            self.waiting().clear();
        }
        lost
    }

    fn are_recalled(&self) -> bool {
        self.recalled.load(Ordering::Relaxed)
    }

    /// A panic leaves nothing half done in it.
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Order>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A modem that is kept. Dropping it gives its port back.
pub struct Kept {
    wake: mpsc::SyncSender<Wake>,
    orders: Arc<Orders>,
    stopped: Arc<AtomicBool>,
}

impl Kept {
    /// Gives an order. Where too many wait the port is closed, as of a modem that was unplugged; hanging up goes before all others.
    pub fn order(&self, order: Order) {
        self.orders.push(order);
        // With a full queue the thread is awake anyway, and looks.
        let _ = self.wake.try_send(Wake::Orders);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // With a full queue the thread is awake anyway.
        let _ = self.wake.try_send(Wake::Stop);
    }
}

/// Keeps the modem on this port, with these settings of its own, as long as what is given back lives. Its news are told from a thread of its own; when `tell` says false,
/// nobody listens any more.
#[allow(clippy::disallowed_methods, reason = "the thread of one modem")]
pub fn keep(
    clock: Clock,
    path: PathBuf,
    settings: Vec<String>,
    tell: impl FnMut(News) -> bool + Send + 'static,
) -> Kept {
    let (wake, woken) = mpsc::sync_channel(MOST_WAITING);
    let stopped = Arc::new(AtomicBool::new(false));
    let orders = Arc::new(Orders::default());
    let thread = Thread {
        clock,
        path,
        keeper: Keeper::new(clock.now(), settings),
        port: None,
        opened: 0,
        door: wake.clone(),
        orders: orders.clone(),
        stopped: stopped.clone(),
        tell: Box::new(tell),
    };
    std::thread::spawn(move || thread.run(&woken));
    Kept { wake, orders, stopped }
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
    orders: Arc<Orders>,
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
                Ok(Wake::Bytes(port, bytes)) if *port == self.opened => Told::Bytes(bytes),
                Ok(Wake::Gone(port)) if *port == self.opened => Told::Gone,
                Err(RecvTimeoutError::Disconnected) => return,
                _ => Told::Timeout,
            };
            self.keeper.handle_input(self.clock.now(), told);
            if !self.heed_orders() {
                return;
            }
        }
    }

    /// All that wait. False if nobody listens.
    fn heed_orders(&mut self) -> bool {
        while self.drain().is_some() {
            if self.orders.are_lost() {
                self.keeper.handle_input(self.clock.now(), Told::Gone);
            } else if let Some(order) = self.orders.take() {
                self.keeper.handle_input(self.clock.now(), Told::Order(order));
            } else {
                return true;
            }
        }
        false
    }

    /// Does what is to be done, and says until when; `None` if nobody listens.
    fn drain(&mut self) -> Option<model::Instant> {
        loop {
            match self.keeper.poll() {
                Doing::Timeout(at) => return Some(at),
                Doing::Open => self.open(),
                Doing::Close => self.port = None,
                Doing::Write(bytes) => {
                    let (patience, orders) = (self.keeper.patience(), self.orders.clone());
                    let recalled = || orders.are_recalled();
                    if self.port.as_mut().is_some_and(|port| port.write(&bytes, patience, &recalled).is_err()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hanging_up_finds_room_before_a_page_that_waits() {
        let orders = Orders::default();
        for _ in 0..MOST_ORDERS {
            orders.push(Order::Data(vec![0; 512]));
        }
        assert!(!orders.are_recalled());
        orders.push(Order::HangUp);
        orders.push(Order::Reset);
        assert!(orders.are_recalled() && !orders.are_lost());
        assert_eq!(orders.take(), Some(Order::HangUp));
        assert!(!orders.are_recalled(), "what is written from here on is no page");
        assert_eq!(orders.take(), Some(Order::Reset));
        assert_eq!(orders.take(), None);
    }

    #[test]
    fn a_page_of_which_a_part_found_no_room_goes_no_further() {
        let orders = Orders::default();
        for _ in 0..=MOST_ORDERS {
            orders.push(Order::Data(vec![0; 512]));
        }
        assert!(orders.are_lost());
        assert!(!orders.are_lost() && orders.take().is_none());
    }
}
