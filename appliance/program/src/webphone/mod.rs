//! Telephones in the console's own pages, without SIP in them: [`protocol`] is what a page and we say to each other, [`phone`] makes SIP of it
//! without any I/O, and this file gives each page its phone.
//!
//! A phone comes to the switchboard by the same door as every other phone in a browser. Only who it is, is known otherwise: the console has
//! seen its person's session, so its connection is that person's, and there is no password in a page. The connection is made here, in
//! memory, for this one phone; nobody else can reach it.
//!
//! A page may lose its connection and keep its call, since the sound goes its own way. Its phone waits for it for [`AWAY`], knows it by a
//! secret that only the page has and by the person, and ends everything if it does not come back. A page that does not answer any more has lost
//! its connection, whatever the system believes.

mod page;
mod phone;
mod protocol;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use console::PhoneVisit;
use futures_util::{SinkExt, StreamExt};
use model::time::Clock;
use model::{Pii, Random, Settings};
use plan::Plan;
use sip::io::{Arrival, Door};
use sip::{Flow, Transport};
use tokio::io::DuplexStream;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use page::Page;
use phone::{Action, Phone, Setup};
use protocol::{Known, News, Order};

/// Phones at once. A clinic has a hundred people at most, and some have two pages open.
const MAX_PHONES: usize = 200;
/// Of one person.
const MAX_OF_ONE: usize = 4;
/// How long a phone waits for its page. A network that changes or a computer that slept a moment comes back in seconds; whoever is at the
/// other end of a call hears nothing meanwhile, and does not wait longer.
const AWAY: Duration = Duration::from_secs(30);
/// How long the switchboard has to hear that a phone leaves.
const LEAVING: Duration = Duration::from_secs(2);
/// How often a page hears that all is well, and is asked whether it is there, and its session is looked at.
const ALIVE: Duration = Duration::from_secs(15);
/// What is on its way between a phone and the switchboard: some messages, each with a session of a browser.
const IN_FLIGHT: usize = 128 * 1024;
/// News that wait for a page that is away; more than a few calls can make.
const MAX_MISSED: usize = 100;

/// All phones of pages. Clones share them.
#[derive(Clone)]
pub(crate) struct Phones(Arc<Inner>);

struct Inner {
    door: Door,
    clock: Clock,
    live: Live,
    random: Mutex<Random>,
    /// By the secret that the page knows.
    running: Mutex<HashMap<String, Running>>,
}

/// The settings and the plan that hold.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) settings: watch::Receiver<Arc<Settings>>,
    pub(crate) plan: watch::Receiver<Arc<Plan>>,
}

impl Live {
    /// What dials help by them.
    fn help(&self) -> Vec<String> {
        calls::emergency_numbers(&self.settings.borrow(), &self.plan.borrow())
    }
}

/// A phone, as pages find it again.
struct Running {
    user: String,
    pages: mpsc::Sender<Box<Greeting>>,
}

/// A page, and what it said first.
struct Greeting {
    page: Page,
    calls: Vec<Known>,
}

/// A place among the phones.
struct Place {
    secret: String,
    pages: mpsc::Receiver<Box<Greeting>>,
    random: Random,
}

impl Phones {
    /// No phone yet. `random` must be seeded by the system.
    pub(crate) fn new(door: Door, clock: Clock, live: Live, random: Random) -> Self {
        Self(Arc::new(Inner { door, clock, live, random: Mutex::new(random), running: Mutex::default() }))
    }

    /// Takes over the connection of a page. `local` is where it came to.
    #[allow(clippy::disallowed_methods, reason = "the program's own tasks")]
    pub(crate) fn take(&self, visit: PhoneVisit, local: SocketAddr, secure: bool) {
        let phones = self.clone();
        tokio::spawn(async move {
            let (remote, user, name) = (visit.remote, visit.user.clone(), visit.name.clone());
            let mut page = Page::open(visit).await;
            let Some(Order::Hello { phone, calls }) = page.greeting().await else { return };
            let Some(greeting) = phones.find_again(Greeting { page, calls }, phone, &user) else { return };
            let transport = if secure { Transport::Wss } else { Transport::Ws };
            // The page's end is the phone's: what the records show of it is where its browser is.
            let flow = Flow { transport, local: remote, remote: local, connection: 1 };
            phones.serve(*greeting, flow, user, name).await;
        });
    }

    /// Gives a page to the phone that it had, if that is there. Gives it back if not.
    fn find_again(&self, greeting: Greeting, phone: Option<String>, user: &str) -> Option<Box<Greeting>> {
        let greeting = Box::new(greeting);
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(found) = phone.and_then(|secret| running.get(&secret)).filter(|r| r.user == user) else {
            return Some(greeting);
        };
        found.pages.try_send(greeting).err().map(mpsc::error::TrySendError::into_inner)
    }

    /// A new phone, for as long as it lives.
    async fn serve(&self, greeting: Greeting, flow: Flow, user: String, name: Pii<String>) {
        let Some(Place { secret, pages, random }) = self.enter(&user) else {
            return greeting.page.turn_away().await;
        };
        let (ours, theirs) = tokio::io::duplex(IN_FLIGHT);
        let arrival = Arrival {
            stream: Box::new(theirs),
            local: flow.remote,
            remote: flow.local,
            secure: flow.transport.is_secure(),
            user: Some(user.clone().into()),
        };
        if self.0.door.accept(arrival) {
            let live = self.0.live.clone();
            let domain = live.settings.borrow().domain.clone();
            let setup = Setup { user, name, domain, flow, emergency: live.help() };
            let wire = WebSocketStream::from_raw_socket(ours, Role::Client, None).await;
            let phone = Phone::new(setup, self.0.clock.now(), random);
            let clock = self.0.clock;
            let mut ticks = interval(ALIVE);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let missed = Vec::new();
            let line = Line { phone, wire, clock, live, pages, page: None, missed, until: None, leaving: false };
            line.run(&secret, greeting, ticks).await;
        }
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&secret);
    }

    fn enter(&self, user: &str) -> Option<Place> {
        let mut running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = running.values().filter(|r| r.user == user).count();
        if running.len() >= MAX_PHONES || of_one >= MAX_OF_ONE {
            return None;
        }
        let mut random = self.0.random.lock().unwrap_or_else(PoisonError::into_inner);
        let (secret, (sender, pages)) = (random.hex(16), mpsc::channel(1));
        running.insert(secret.clone(), Running { user: user.to_owned(), pages: sender });
        Some(Place { secret, pages, random: random.fork() })
    }
}

/// A phone between its page and the switchboard.
struct Line {
    phone: Phone,
    wire: WebSocketStream<DuplexStream>,
    clock: Clock,
    live: Live,
    pages: mpsc::Receiver<Box<Greeting>>,
    page: Option<Page>,
    missed: Vec<News>,
    /// When it ends, if nothing happens before.
    until: Option<Instant>,
    leaving: bool,
}

/// Why the phone woke.
enum Wake {
    Timeout,
    Wire(Option<Message>),
    Page(Option<String>),
    Again(Box<Greeting>),
    Plan,
    Tick,
    End,
}

impl Line {
    async fn run(mut self, secret: &str, greeting: Greeting, mut ticks: Interval) {
        self.welcome(secret, greeting).await;
        loop {
            let Some(deadline) = self.drain().await else { return };
            if self.leaving && !self.phone.is_registered() {
                return;
            }
            match self.wake(deadline, &mut ticks).await {
                Wake::Timeout => self.phone.timeout(self.clock.now()),
                Wake::Wire(Some(message)) => {
                    if let Message::Text(_) | Message::Binary(_) = &message {
                        self.phone.heard(self.clock.now(), &message.into_data());
                    }
                }
                // The switchboard is gone, or does not want this phone.
                Wake::Wire(None) => return,
                Wake::Page(Some(frame)) => self.said(&frame),
                Wake::Page(None) => self.alone(),
                Wake::Again(greeting) => self.welcome(secret, *greeting).await,
                Wake::Plan => self.help_is().await,
                Wake::Tick => self.look().await,
                Wake::End if self.leaving => return,
                Wake::End => self.leave(),
            }
        }
    }

    async fn wake(&mut self, deadline: model::Instant, ticks: &mut Interval) -> Wake {
        let until = self.until;
        tokio::select! {
            () = sleep_until(self.clock.system_instant(deadline).into()) => Wake::Timeout,
            message = self.wire.next() => Wake::Wire(message.and_then(Result::ok)),
            frame = next_of(&mut self.page) => Wake::Page(frame),
            Some(greeting) = self.pages.recv() => Wake::Again(greeting),
            Ok(()) = self.live.plan.changed() => Wake::Plan,
            _ = ticks.tick() => Wake::Tick,
            () = end(until) => Wake::End,
        }
    }

    /// Sends all that there is to send, and says when the phone must be called again. `None` if the switchboard takes nothing more.
    async fn drain(&mut self) -> Option<model::Instant> {
        loop {
            match self.phone.poll() {
                Action::Wire(data) => {
                    let sent = timeout(LEAVING, self.wire.send(Message::Binary(data))).await;
                    sent.ok()?.ok()?;
                }
                Action::Tell(news) => self.tell(news).await,
                Action::Timeout(at) => return Some(at),
            }
        }
    }

    async fn tell(&mut self, news: News) {
        let told = match &mut self.page {
            Some(page) => page.say(&news).await,
            None => false,
        };
        if told {
            return;
        }
        self.alone();
        if self.missed.len() < MAX_MISSED {
            self.missed.push(news);
        } else {
            // It has missed too much to be of use when it comes back.
            self.leave();
        }
    }

    /// A page comes, the first time or again.
    async fn welcome(&mut self, secret: &str, Greeting { page, calls }: Greeting) {
        (self.page, self.until) = (Some(page), None);
        let (phone, user) = (secret.to_owned(), self.phone.user().to_owned());
        let mut missed = std::mem::take(&mut self.missed);
        // How the calls stand that there are is told by the phone, which hears below what the page knows.
        missed.retain(|news| !self.phone.repeats(news));
        self.tell(News::Phone { phone, user, calls: self.phone.calls() }).await;
        for news in missed {
            self.tell(news).await;
        }
        self.help_is().await;
        self.phone.order(self.clock.now(), Order::Hello { phone: None, calls });
    }

    /// What dials help may have changed since the page was made.
    async fn help_is(&mut self) {
        let numbers = self.live.help();
        self.phone.help_is(numbers.clone());
        if self.page.is_some() {
            self.tell(News::Help { numbers }).await;
        }
    }

    fn said(&mut self, frame: &str) {
        let order = self.phone.read(frame);
        let alive = matches!(order, Some(Order::Alive));
        if let Some(page) = &mut self.page {
            page.pulse.heard(alive);
        }
        let Some(order) = order.filter(|_| !alive) else { return };
        // The session ended a moment ago: the person is told before anything is done in their name, and the phone does no more than it
        // does for whom it has signed out. A call for help is not asked whose it is.
        let asked = order.is_by_hand() && !self.phone.is_for_help(&order);
        if asked && !self.page.as_ref().is_some_and(|page| page.signed_in(true)) {
            self.phone.sign_out(self.clock.now());
        }
        let leaves = matches!(order, Order::Leave);
        self.phone.order(self.clock.now(), order);
        if leaves {
            self.leave();
        }
    }

    /// The page is gone, for now.
    fn alone(&mut self) {
        self.page = None;
        if self.until.is_none() {
            self.until = Some(in_a_while(self.clock, AWAY));
        }
    }

    fn leave(&mut self) {
        if !self.leaving {
            self.leaving = true;
            self.phone.leave(self.clock.now());
        }
        self.until = Some(in_a_while(self.clock, LEAVING));
    }

    /// Is the person still signed in? Who talks is at work, whatever their hands do.
    async fn look(&mut self) {
        let talks = self.phone.talks();
        if self.page.as_ref().is_some_and(|page| !page.signed_in(talks)) {
            self.phone.sign_out(self.clock.now());
        }
        if self.phone.is_over() {
            return self.leave();
        }
        // Whoever talks is there, though a question of the browser ("Leave this page?") may hold up the page.
        if !talks && self.page.as_mut().is_some_and(|page| !page.pulse.beats()) {
            self.alone();
        }
        if self.page.is_some() {
            self.tell(News::Alive).await;
        }
    }
}

async fn next_of(page: &mut Option<Page>) -> Option<String> {
    match page {
        Some(page) => page.next().await,
        None => std::future::pending().await,
    }
}

async fn end(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn in_a_while(clock: Clock, time: Duration) -> Instant {
    clock.system_instant(clock.now().instant + time).into()
}
