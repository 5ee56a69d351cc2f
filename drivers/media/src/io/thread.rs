//! The loop of the media thread.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use model::time::Clock;
use model::{Instant, Now};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use tokio::sync::mpsc;

use super::timer::Timer;
use super::{Config, Counters, Wake, rank, socket};
use crate::api::{Command, Event, Input, Output, SessionId};
use crate::engine::{Engine, Forward};
use crate::family::{Each, Family, Home};
use model::table::ByNumber;

/// The epoll tokens of the eventfd and the timer. Sockets have their session's number and the bits below, so no session may have a number
/// from which these would come.
const WAKE: u64 = u64::MAX;
const TIMER: u64 = u64::MAX - 1;
/// The socket of a session's reports has its number with this bit.
const REPORTS: u64 = 1 << 63;
/// A socket of IPv6 has it with this one.
const V6: u64 = 1 << 62;
/// And the place of its address in its family is in three bits from this one on.
const PLACE: u32 = 59;
/// The numbers that a session may have are below this.
const SESSIONS: u64 = (1 << PLACE) - 2;
/// Sockets looked at between two looks at the orders.
const MAX_READY: usize = 128;
/// Orders taken between two looks at the sockets: packets go first.
const MAX_ORDERS: usize = 64;
/// But for so many of those that nobody has rung for. They are cheap ones, and may say that what comes is to be kept together.
const MAX_EARLY: usize = 16;
/// A larger datagram is cut here, and then refused as no RTP. UDPTL datagrams stay below an Ethernet frame.
const DATAGRAM: usize = 2048;
/// How soon events that found no room are offered again.
const RETRY: Duration = Duration::from_millis(5);
/// How long the news that a session is over may wait for something that is more urgent. Its port rests for seconds then, and nobody else asks for it:
/// in a busy hour each would wake its reader, and now they come many at a time.
const OVER: Duration = Duration::from_millis(50);
/// Events, other than the last of a session, that may wait per session: a first packet, a silence, some digits. Beyond, they are
/// dropped and counted; only a hostile phone with a stuck reader gets there.
const WAITING_PER_SESSION: usize = 4;
/// Parts of recordings are dropped and counted when so many events wait: 8 MiB of sound at most.
const MAX_PARTS: usize = 256;

/// All that the thread owns.
pub(super) struct Thread {
    config: Config,
    clock: Clock,
    engine: Engine,
    epoll: OwnedFd,
    sockets: ByNumber<SessionId, Each<UdpSocket>>,
    /// Those of the ports beside, for reports.
    beside: ByNumber<SessionId, Each<UdpSocket>>,
    orders: mpsc::Receiver<Command>,
    reports: mpsc::Sender<Event>,
    /// Events of this turn. They are handed over at its end, so that their reader wakes once for all of them.
    told: Vec<Event>,
    /// When those of them that need not be told at once are. They came in this turn or in one before.
    tell_by: Instant,
    /// Events that found no room.
    waiting: VecDeque<Event>,
    wake: Arc<Wake>,
    counters: Arc<Counters>,
    timer: Timer,
    /// When the engine wants to be asked again.
    timeout: Instant,
}

impl Thread {
    pub(super) fn new(
        config: Config,
        clock: Clock,
        orders: mpsc::Receiver<Command>,
        reports: mpsc::Sender<Event>,
        wake: Arc<Wake>,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        // Edge triggered, so that neither must be read: each ring is an event of its own.
        let rings = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&epoll, &wake.fd, epoll::EventData::new_u64(WAKE), rings)?;
        let timer = Timer::new()?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), rings)?;
        let engine = Engine::new(config.engine.clone());
        Ok(Self {
            config,
            clock,
            engine,
            epoll,
            sockets: ByNumber::default(),
            beside: ByNumber::default(),
            orders,
            reports,
            told: Vec::new(),
            tell_by: Instant::FAR_FUTURE,
            waiting: VecDeque::new(),
            wake,
            counters,
            timer,
            timeout: Instant::FAR_FUTURE,
        })
    }

    /// Until the last handle is gone.
    pub(super) fn run(mut self) {
        match rank::raise() {
            rank::Rank::RealTime => {}
            other => tracing::debug!(?other, "the media thread may have no rank of real time"),
        }
        let mut ready = Vec::with_capacity(MAX_READY);
        let mut datagram = [0; DATAGRAM];
        let mut orders_left = false;
        let mut step_left = false;
        loop {
            // More of a step is left: only what is there already is looked at in between.
            let at_once = (orders_left || step_left).then(Timespec::default);
            // Interrupted by a signal: nothing is ready, and the timers below are still right.
            if epoll::wait(&self.epoll, spare_capacity(&mut ready), at_once.as_ref()).is_err() {
                ready.clear();
            }
            let now = self.clock.now();
            let mut rung = orders_left;
            if self.wake.take_left() {
                match self.take_orders(now, MAX_EARLY) {
                    Orders::Ended => return self.hand_over(),
                    Orders::Empty => {}
                    Orders::More => rung = true,
                }
            }
            for event in ready.drain(..) {
                match event.data.u64() {
                    WAKE => rung = true,
                    TIMER => self.timer.hear(),
                    token => {
                        let session = SessionId(token & ((1 << PLACE) - 1));
                        if token & REPORTS == 0 {
                            self.readable(now, session, home_of(token), &mut datagram);
                        } else {
                            self.report_readable(now, session, home_of(token), &mut datagram);
                        }
                    }
                }
            }
            if rung {
                match self.take_orders(now, MAX_ORDERS) {
                    Orders::Ended => return self.hand_over(),
                    Orders::Empty => orders_left = false,
                    Orders::More => orders_left = true,
                }
            }
            if now.instant >= self.timeout {
                self.engine.handle_input(now, Input::Timeout);
                self.perform(now);
            }
            self.hand_over_what_is_due(now.instant);
            self.offer_waiting();
            step_left = self.timeout <= now.instant;
            if step_left {
                continue;
            }
            let retry = if self.waiting.is_empty() { Instant::FAR_FUTURE } else { now.instant + RETRY };
            self.timer.ring_by(now.instant, self.timeout.min(retry).min(self.tell_by));
            orders_left |= self.wake.will_sleep(self.timer.rings_at(now.instant));
        }
    }

    /// One datagram of a socket. Epoll is level triggered: if there are more, the next turn finds it ready again. So a busy socket
    /// does not starve the others, and the usual single datagram costs no second, empty read.
    fn readable(&mut self, now: Now, session: SessionId, home: Home, datagram: &mut [u8; DATAGRAM]) {
        let Some(socket) = self.sockets.get(&session).and_then(|each| each.at(home)) else { return };
        // An error here is an ICMP complaint about something we sent. The peer will notice, or fall silent and be reported.
        let Ok((length, from)) = socket.recv_from(datagram) else { return };
        let step = catch_unwind(AssertUnwindSafe(|| {
            if let Some(Forward { session: out, to, length }) =
                self.engine.forward(now, session, from, datagram, length)
                && let Some(socket) = towards(&self.sockets, out, to)
                && let Some(data) = datagram.get(..length)
            {
                // A full send buffer drops the packet, as any router on its way might.
                let _ = socket.send_to(data, to);
            }
        }));
        self.settle(now, session, step.is_err());
    }

    /// One datagram of a socket for reports.
    fn report_readable(&mut self, now: Now, session: SessionId, home: Home, datagram: &mut [u8; DATAGRAM]) {
        let Some(socket) = self.beside.get(&session).and_then(|each| each.at(home)) else { return };
        let Ok((length, from)) = socket.recv_from(datagram) else { return };
        let data = datagram.get(..length).unwrap_or_default();
        let step = catch_unwind(AssertUnwindSafe(|| {
            self.engine.handle_input(now, Input::Report { session, from, data });
        }));
        self.settle(now, session, step.is_err());
    }

    /// After a datagram of this session.
    fn settle(&mut self, now: Now, session: SessionId, panicked: bool) {
        if panicked {
            tracing::error!(session = session.0, "a panic while a packet was handled; its session is closed");
            self.engine.handle_input(now, Input::Command(Command::Close { session }));
        }
        self.perform(now);
    }

    fn take_orders(&mut self, now: Now, most: usize) -> Orders {
        self.wake.hear();
        for _ in 0..most {
            match self.orders.try_recv() {
                Ok(command) => {
                    self.engine.handle_input(now, Input::Command(command));
                    self.perform(now);
                }
                Err(mpsc::error::TryRecvError::Empty) => return Orders::Empty,
                Err(mpsc::error::TryRecvError::Disconnected) => return Orders::Ended,
            }
        }
        Orders::More
    }

    /// Does what the engine says.
    fn perform(&mut self, now: Now) {
        loop {
            match self.engine.poll_output() {
                Output::Bind { session, port, home } => self.bind(now, session, port, home),
                Output::BindReports { session, port, home } => self.bind_reports(session, port, home),
                Output::Prefer { session, home } => self.prefer(session, home),
                Output::ToGroup { session, home } => self.to_group(session, home),
                Output::Unbind { session } => self.unbind(session),
                Output::TransmitReport { session, to, data } => {
                    if let Some(socket) = towards(&self.beside, session, to) {
                        let _ = socket.send_to(&data, to);
                    }
                }
                Output::Transmit { session, to, data } if to.ip().is_multicast() => {
                    let sockets =
                        self.sockets.get(&session).into_iter().flat_map(|each| each.all_of(Family::of(to.ip())));
                    // A network that does not take it keeps it from no other.
                    sockets.for_each(|socket| drop(socket.send_to(&data, to)));
                }
                Output::Transmit { session, to, data } => {
                    if let Some(socket) = towards(&self.sockets, session, to) {
                        let _ = socket.send_to(&data, to);
                    }
                }
                Output::Event(event) => self.told.push(event),
                Output::Timeout(at) => {
                    self.timeout = at;
                    return;
                }
            }
        }
    }

    fn bind(&mut self, now: Now, session: SessionId, port: u16, home: Home) {
        match self.listen(port, session, home, 0) {
            Ok(Some(socket)) => drop(self.sockets.entry(session).or_default().put(home, socket)),
            Ok(None) => tracing::debug!(port, "a call is to send in a family of addresses that there is none of"),
            Err(error) => {
                tracing::warn!(port, %error, "can't bind a media port");
                // It may have one at another address.
                self.unbind(session);
                self.engine.handle_input(now, Input::BindFailed { session });
            }
        }
    }

    fn bind_reports(&mut self, session: SessionId, port: u16, home: Home) {
        match self.listen(port, session, home, REPORTS) {
            Ok(Some(socket)) => drop(self.beside.entry(session).or_default().put(home, socket)),
            Ok(None) => {}
            Err(error) => tracing::debug!(port, %error, "can't bind a port for reports; this call has none"),
        }
    }

    fn prefer(&mut self, session: SessionId, home: Home) {
        for sockets in [&mut self.sockets, &mut self.beside] {
            if let Some(each) = sockets.get_mut(&session) {
                each.prefer(home);
            }
        }
    }

    fn to_group(&self, session: SessionId, home: Home) {
        let address = self.config.addresses.at(home);
        let socket = self.sockets.get(&session).and_then(|each| each.at(home));
        if let (Some(address), Some(socket)) = (address, socket)
            && let Err(error) = socket::send_into_network_of(socket, address)
        {
            tracing::warn!(%address, %error, "a page to a group of addresses may miss the network of this address");
        }
    }

    /// Dropping a socket takes it out of epoll.
    fn unbind(&mut self, session: SessionId) {
        drop(self.sockets.remove(&session));
        drop(self.beside.remove(&session));
    }

    /// A socket there; `None` if we have no such address.
    fn listen(&self, port: u16, session: SessionId, home: Home, kind: u64) -> io::Result<Option<UdpSocket>> {
        if session.0 >= SESSIONS {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let Some(address) = self.config.addresses.at(home) else { return Ok(None) };
        let socket = socket::bind(address, port)?;
        let token = epoll::EventData::new_u64(session.0 | kind | bits_of(home));
        epoll::add(&self.epoll, &socket, token, epoll::EventFlags::IN)?;
        Ok(Some(socket))
    }

    /// Hands over what was told, unless it can wait.
    fn hand_over_what_is_due(&mut self, now: Instant) {
        if self.told.is_empty() {
            return;
        }
        let urgent = !self.told.iter().all(|event| matches!(event, Event::Closed { .. }));
        if self.tell_by == Instant::FAR_FUTURE {
            self.tell_by = now + OVER;
        }
        if urgent || self.tell_by <= now || self.told.len() >= MAX_ORDERS {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        self.tell_by = Instant::FAR_FUTURE;
        let mut told = std::mem::take(&mut self.told);
        for event in told.drain(..) {
            if self.waiting.is_empty() {
                match self.reports.try_send(event) {
                    Err(mpsc::error::TrySendError::Full(event)) => self.keep(event),
                    // Nobody listens any more: the user is on its way out.
                    Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
                }
            } else {
                self.keep(event);
            }
        }
        self.told = told;
    }

    fn keep(&mut self, event: Event) {
        let keep = match event {
            // The next one says as much, and more.
            Event::Quality { .. } => false,
            Event::Raw { .. } | Event::Tapped { .. } => false,
            // At most one for each order.
            Event::Closed { .. } | Event::BindFailed { .. } | Event::Played { .. } => true,
            Event::Recorded { end: Some(_), .. } | Event::RoomRecorded { end: Some(_), .. } => true,
            Event::Recorded { .. } | Event::RoomRecorded { .. } => self.waiting.len() < MAX_PARTS,
            Event::FirstPacket { .. }
            | Event::Dtmf { .. }
            | Event::FaxTone { .. }
            | Event::Silent { .. }
            | Event::Secured { .. }
            | Event::NotSecured { .. }
            | Event::Gone { .. }
            | Event::WrongKey { .. } => self.waiting.len() < WAITING_PER_SESSION * self.config.engine.max_sessions,
        };
        if keep {
            self.waiting.push_back(event);
        } else {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn offer_waiting(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(event)) = self.reports.try_send(event) {
                self.waiting.push_front(event);
                return;
            }
        }
    }
}

/// A home in a token.
const fn bits_of(home: Home) -> u64 {
    let family = match home.family {
        Family::V4 => 0,
        Family::V6 => V6,
    };
    family | ((home.nth % Home::MOST) as u64) << PLACE
}

/// The home of a token.
const fn home_of(token: u64) -> Home {
    let family = if token & V6 == 0 { Family::V4 } else { Family::V6 };
    Home { family, nth: (token >> PLACE) as u8 % Home::MOST }
}

/// The socket from which a session sends there.
fn towards(sockets: &ByNumber<SessionId, Each<UdpSocket>>, session: SessionId, to: SocketAddr) -> Option<&UdpSocket> {
    sockets.get(&session)?.of(Family::of(to.ip()))
}

enum Orders {
    Empty,
    More,
    Ended,
}
