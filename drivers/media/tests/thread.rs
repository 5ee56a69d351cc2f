//! The media thread over real sockets of the loopback. Every wait ends with a packet or an event.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use media::io::rank::{self, Rank};
use media::io::{Config, Events, Handle, spawn};
use media::{Addresses, Command, Event, Family, Home, Reports, SessionId};
use model::Instant;
use model::call::LegQuality;
use model::time::Clock;

/// Long enough for the busiest machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

struct Media {
    handle: Handle,
    events: Events,
    next: u64,
}

impl Media {
    fn start() -> Self {
        Self::start_on(Config::default())
    }

    fn start_on(config: Config) -> Self {
        let (handle, events) = spawn(config, Clock::start()).unwrap();
        Self { handle, events, next: 0 }
    }

    fn order(&self, command: Command) {
        self.handle.try_send(command).unwrap();
    }

    /// Orders are taken in turn, and port 0 is refused at once: its answer says that all orders before it are done.
    fn settle(&mut self) {
        let session = SessionId(u64::MAX - 1);
        self.order(Command::Open { session, port: 0, home: Family::V4.into() });
        assert_eq!(self.events.blocking_recv(), Some(Event::BindFailed { session, port: 0 }));
    }

    /// A session with a phone on its other end.
    fn leg(&mut self) -> Leg {
        self.leg_at(Ipv4Addr::LOCALHOST.into())
    }

    /// The same at this address.
    fn leg_at(&mut self, ip: IpAddr) -> Leg {
        let phone = UdpSocket::bind((ip, 0)).unwrap();
        phone.set_read_timeout(Some(PATIENCE)).unwrap();
        self.next += 1;
        let session = SessionId(self.next);
        loop {
            let port = free_port(ip);
            self.order(Command::Open { session, port, home: Family::of(ip).into() });
            self.order(Command::Open { session: SessionId(u64::MAX - 1), port: 0, home: Family::V4.into() });
            match self.events.blocking_recv() {
                // Somebody took the port since we looked.
                Some(Event::BindFailed { session: s, .. }) if s == session => drop(self.events.blocking_recv()),
                _ => {
                    self.order(Command::Remote { session, addr: Some(phone.local_addr().unwrap()) });
                    let ours = SocketAddr::from((ip, port));
                    phone.connect(ours).unwrap();
                    return Leg { phone, session, ours };
                }
            }
        }
    }
}

struct Leg {
    phone: UdpSocket,
    session: SessionId,
    ours: SocketAddr,
}

impl Leg {
    fn send(&self, sequence: u16) -> Vec<u8> {
        let mut data = vec![0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
        data[2..4].copy_from_slice(&sequence.to_be_bytes());
        data.extend_from_slice(&[0x55; 160]);
        self.phone.send(&data).unwrap();
        data
    }

    fn receive(&self) -> Vec<u8> {
        let mut data = [0; 2048];
        let length = self.phone.recv(&mut data).unwrap();
        data[..length].to_vec()
    }
}

fn free_port(ip: IpAddr) -> u16 {
    UdpSocket::bind((ip, 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn phones_of_both_families_hear_each_other_and_one_may_change_its_own() {
    let (four, six) = (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST));
    if UdpSocket::bind((six, 0)).is_err() {
        return skip::skipped("this system has no ::1");
    }
    let mut media = Media::start_on(Config { addresses: Addresses::new(four, [six]), ..Config::default() });
    let (a, b) = (media.leg_at(four), media.leg_at(six));
    for session in [a.session, b.session] {
        media.order(Command::Reports { session, way: Some(Reports::Beside(None)) });
    }
    media.order(Command::Bridge { a: a.session, b: b.session });
    media.settle();
    for sequence in 0..20 {
        assert_eq!(a.send(sequence), b.receive());
        assert_eq!(b.send(sequence), a.receive());
    }
    let moved = UdpSocket::bind((six, 0)).unwrap();
    moved.set_read_timeout(Some(PATIENCE)).unwrap();
    moved.connect((six, a.ours.port())).unwrap();
    media.order(Command::Remote { session: a.session, addr: Some(moved.local_addr().unwrap()) });
    for event in [Event::FirstPacket { session: a.session }, Event::FirstPacket { session: b.session }] {
        assert_eq!(media.events.blocking_recv(), Some(event));
    }
    media.settle();
    let a = Leg { phone: moved, ours: SocketAddr::new(six, a.ours.port()), ..a };
    for sequence in 20..40 {
        assert_eq!(a.send(sequence), b.receive());
        assert_eq!(b.send(sequence), a.receive());
    }
    media.order(Command::Close { session: a.session });
    let closed = media.events.blocking_recv();
    let Some(Event::Closed { quality, .. }) = closed else { panic!("{closed:?}") };
    assert_eq!((quality.packets_in, quality.packets_out), (40, 40));
}

/// Loopback has many addresses: each is a network of its own here. Both phones believe only who sends from where they send to.
#[test]
fn phones_of_two_networks_hear_each_other_and_each_from_the_address_that_it_speaks_to() {
    let [first, second] = [1, 2].map(|n| IpAddr::from([127, 0, 0, n]));
    let mut media = Media::start_on(Config { addresses: Addresses::new(first, [second]), ..Config::default() });
    let (a, b) = (media.leg_at(first), media.leg_at(first));
    for session in [a.session, b.session] {
        media.order(Command::Reports { session, way: Some(Reports::Beside(None)) });
    }
    // It may be answered in either network, and is in the second one.
    let home = Home { family: Family::V4, nth: 1 };
    media.order(Command::Listen { session: b.session, home });
    media.order(Command::Listen { session: b.session, home: Family::V4.into() });
    media.order(Command::Listen { session: b.session, home });
    let phone = UdpSocket::bind((second, 0)).unwrap();
    phone.set_read_timeout(Some(PATIENCE)).unwrap();
    let ours = SocketAddr::new(second, b.ours.port());
    phone.connect(ours).unwrap();
    media.order(Command::Remote { session: b.session, addr: Some(phone.local_addr().unwrap()) });
    media.order(Command::Bridge { a: a.session, b: b.session });
    media.settle();
    let b = Leg { phone, ours, ..b };
    for sequence in 0..20 {
        assert_eq!(a.send(sequence), b.receive());
        assert_eq!(b.send(sequence), a.receive());
    }
}

#[test]
fn a_port_that_somebody_has_in_the_other_family_ends_its_session() {
    let (four, six) = (IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST));
    if UdpSocket::bind((six, 0)).is_err() {
        return skip::skipped("this system has no ::1");
    }
    let mut media = Media::start_on(Config { addresses: Addresses::new(four, [six]), ..Config::default() });
    let Leg { session, ours, .. } = media.leg();
    let _theirs = UdpSocket::bind((six, ours.port()));
    media.order(Command::Listen { session, home: Family::V6.into() });
    assert_eq!(media.events.blocking_recv(), Some(Event::BindFailed { session, port: ours.port() }));

    // Without any address of a family nothing is bound in it, and that ends nothing.
    let mut media = Media::start();
    let session = media.leg().session;
    media.order(Command::Listen { session, home: Family::V6.into() });
    media.settle();
    media.order(Command::Close { session });
    assert!(matches!(media.events.blocking_recv(), Some(Event::Closed { .. })));
}

#[test]
fn two_phones_hear_each_other_and_their_sessions_say_how_well() {
    let mut media = Media::start();
    let (a, b) = (media.leg(), media.leg());
    media.order(Command::Bridge { a: a.session, b: b.session });
    media.settle();
    for sequence in 0..50 {
        assert_eq!(a.send(sequence), b.receive());
        assert_eq!(b.send(sequence), a.receive());
    }
    assert_eq!(media.events.blocking_recv(), Some(Event::FirstPacket { session: a.session }));
    assert_eq!(media.events.blocking_recv(), Some(Event::FirstPacket { session: b.session }));
    a.send(50);
    b.receive();
    a.send(52);
    b.receive();
    media.order(Command::Close { session: a.session });
    media.order(Command::Close { session: b.session });
    let quality = |event| match event {
        Some(Event::Closed { session, quality: q }) => (session, LegQuality { jitter_us: 0, ..q }),
        other => panic!("{other:?}"),
    };
    let of = |packets_in, packets_out, lost| LegQuality { packets_in, packets_out, lost, ..LegQuality::default() };
    assert_eq!(quality(media.events.blocking_recv()), (a.session, of(52, 50, 1)));
    assert_eq!(quality(media.events.blocking_recv()), (b.session, of(50, 52, 0)));
    // The port is free again.
    UdpSocket::bind(a.ours).unwrap();
}

#[test]
fn raw_datagrams_go_both_ways() {
    let mut media = Media::start();
    let fax = media.leg();
    media.order(Command::Raw { session: fax.session });
    media.settle();
    fax.phone.send(b"\0\0udptl").unwrap();
    assert_eq!(media.events.blocking_recv(), Some(Event::FirstPacket { session: fax.session }));
    let data = Bytes::from_static(b"\0\0udptl");
    let came = media.events.blocking_recv();
    assert!(
        matches!(&came, Some(Event::Raw { session, data: other, more: false, .. }) if (*session, other) == (fax.session, &data)),
        "{came:?}"
    );
    media.order(Command::SendRaw { session: fax.session, data, due: Instant::ZERO });
    assert_eq!(fax.receive(), b"\0\0udptl");
}

#[test]
fn a_port_in_use_is_said() {
    let mut media = Media::start();
    let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    media.order(Command::Open { session: SessionId(5), port, home: Family::V4.into() });
    assert_eq!(media.events.blocking_recv(), Some(Event::BindFailed { session: SessionId(5), port }));
}

#[test]
fn a_reader_that_sleeps_stalls_nobody_and_misses_no_end() {
    let mut media = Media::start();
    let (a, b) = (media.leg(), media.leg());
    let faxes: Vec<Leg> = (0..10).map(|_| media.leg()).collect();
    for fax in &faxes {
        media.order(Command::Raw { session: fax.session });
    }
    media.order(Command::Bridge { a: a.session, b: b.session });
    media.settle();
    // Nobody reads the events from here on. The datagrams fill them, and the rest is dropped and counted.
    let mut sent = 0u16;
    while media.handle.dropped() == 0 {
        for fax in &faxes {
            fax.phone.send(&sent.to_be_bytes()).unwrap();
        }
        sent = sent.wrapping_add(1);
        // A call beside it goes on, and keeps us in step with the thread.
        assert_eq!(a.send(sent), b.receive());
    }
    for leg in faxes.iter().chain([&a, &b]) {
        media.order(Command::Close { session: leg.session });
    }
    let mut open = faxes.len() + 2;
    while open > 0 {
        if let Some(Event::Closed { .. }) = media.events.blocking_recv() {
            open -= 1;
        }
    }
}

#[test]
fn the_thread_ends_with_its_last_handle() {
    let mut media = Media::start();
    let leg = media.leg();
    media.settle();
    let second = media.handle.clone();
    drop(media.handle);
    second.try_send(Command::Close { session: leg.session }).unwrap();
    assert!(matches!(media.events.blocking_recv(), Some(Event::Closed { .. })));
    drop(second);
    assert_eq!(media.events.blocking_recv(), None);
}

/// Orders that are posted wait until the thread is woken, and three times as many as may wait are all answered in their turn.
#[tokio::test]
async fn what_is_posted_is_taken_in_its_turn_also_when_it_is_more_than_may_wait() {
    const ORDERS: u64 = 3_000;
    let Media { handle, mut events, .. } = Media::start();
    let post = async {
        for session in (0..ORDERS).map(SessionId) {
            handle.post(Command::Open { session, port: 0, home: Family::V4.into() }).await.unwrap();
        }
        handle.wake();
    };
    let hear = async {
        for session in (0..ORDERS).map(SessionId) {
            assert_eq!(events.recv().await, Some(Event::BindFailed { session, port: 0 }));
        }
    };
    tokio::time::timeout(PATIENCE, async { tokio::join!(post, hear) }).await.expect("every order is answered");
}

/// How the kernel schedules the media threads of this process.
fn policies() -> Vec<u32> {
    const IN_STAT: usize = 38;
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread of another test may have ended meanwhile.
    let stats = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("stat")).ok());
    let media = stats.filter_map(|stat| stat.split_once("(media) ").map(|(_, rest)| rest.to_owned()));
    media.map(|rest| rest.split_whitespace().nth(IN_STAT).unwrap().parse().unwrap()).collect()
}

#[test]
fn packets_go_before_all_other_programs_where_that_is_allowed() {
    /// `SCHED_RR` of sched(7).
    const ROUND_ROBIN: u32 = 2;
    let mut media = Media::start();
    media.settle();
    let allowed = rank::raise() == Rank::RealTime;
    // Those of other tests may just be starting.
    assert_eq!(policies().contains(&ROUND_ROBIN), allowed);
}
