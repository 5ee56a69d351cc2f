//! What the forwarding path takes of memory while it runs: nothing. Counted is everything that the process asks its allocator for while
//! packets go through the real media thread, so this file has one test, and the phones in it own all that they need before.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

use std::alloc::System;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use media::io::{Config, Events, Handle, spawn};
use media::srtp::{Key, Keys, Suite};
use media::{Command, Event, Family, SessionId};
use model::Random;
use model::time::Clock;
use rtc_crypto::providers::RingCrypto;
use rtc_srtp::context::Context;
use rtc_srtp::protection_profile::ProtectionProfile;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Long enough for the busiest machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);
const CALLS: u16 = 20;
/// Of each phone, before anything counts: the first packet of a stream makes what the stream needs.
const WARM_UP: u16 = 50;
/// Of each phone: 10,000 together, and fewer than a session takes in a second (it may be one).
const PACKETS: u16 = 10_000 / (2 * CALLS);

/// A phone, and all packets that it will send, sealed if its call is.
struct Phone {
    socket: UdpSocket,
    packets: Vec<Vec<u8>>,
    /// What it hears is opened with.
    hears: Option<Context>,
}

struct Media {
    handle: Handle,
    events: Events,
}

impl Media {
    fn order(&self, command: Command) {
        self.handle.try_send(command).unwrap();
    }

    /// Port 0 is refused at once: its answer says that all orders before it are done. Whether `session` could not be bound.
    fn settle(&mut self, session: SessionId) -> bool {
        const LAST: SessionId = SessionId(u64::MAX - 1);
        self.order(Command::Open { session: LAST, port: 0, home: Family::V4.into() });
        let mut failed = false;
        loop {
            match self.events.blocking_recv().unwrap() {
                Event::BindFailed { session: s, .. } if s == LAST => return failed,
                Event::BindFailed { session: s, .. } => failed |= s == session,
                _ => {}
            }
        }
    }

    fn phone(&mut self, number: u64, suite: Option<Suite>, random: &mut Random) -> Phone {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let session = SessionId(number);
        let port = loop {
            let port = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            self.order(Command::Open { session, port, home: Family::V4.into() });
            // Somebody may have taken the port since we looked.
            if !self.settle(session) {
                break port;
            }
        };
        self.order(Command::Remote { session, addr: Some(socket.local_addr().unwrap()) });
        socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).unwrap();
        let keys = suite.map(|suite| Keys { ours: Key::generate(suite, random), theirs: Key::generate(suite, random) });
        let (mut says, hears) = match &keys {
            Some(keys) => (Some(context(&keys.theirs)), Some(context(&keys.ours))),
            None => (None, None),
        };
        if let Some(keys) = keys {
            self.order(Command::Secure { session, keys: Some(Box::new(keys)) });
        }
        let seal = |plain: Vec<u8>| says.as_mut().map_or(plain.clone(), |c| c.encrypt_rtp(&plain).unwrap().to_vec());
        let packets = (0..WARM_UP + PACKETS).map(|n| packet(number as u8, n)).map(seal).collect();
        Phone { socket, packets, hears }
    }
}

fn packet(source: u8, sequence: u16) -> Vec<u8> {
    let mut data = vec![0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, source];
    data[2..4].copy_from_slice(&sequence.to_be_bytes());
    data.extend_from_slice(&[0x55; 160]);
    data
}

/// The phone's side of SRTP is another implementation than the one that is watched.
fn context(key: &Key) -> Context {
    let profile = match key.suite() {
        Suite::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        _ => ProtectionProfile::AeadAes256Gcm,
    };
    let secret = STANDARD.decode(&*key.inline()).unwrap();
    let (key, salt) = secret.split_at(profile.key_len());
    Context::new(key, salt, profile, None, None, &RingCrypto).unwrap()
}

/// Every phone says these of its packets, one after the other, and its partner hears each.
fn talk(phones: &[Phone], packets: std::ops::Range<u16>, heard: &mut [[u8; 256]]) {
    for n in packets {
        for (at, phone) in phones.iter().enumerate() {
            phone.socket.send(&phone.packets[usize::from(n)]).unwrap();
            assert_eq!(phones[at ^ 1].socket.recv(&mut heard[at]).unwrap(), phone.packets[usize::from(n)].len());
        }
    }
}

#[test]
fn ten_thousand_packets_take_no_memory_plain_or_sealed() {
    for suite in [None, Some(Suite::AesCm128HmacSha1_80), Some(Suite::AeadAes256Gcm)] {
        let (handle, events) = spawn(Config::default(), Clock::start()).unwrap();
        let mut media = Media { handle, events };
        let mut random = Random::from_u64(7);
        let mut phones: Vec<Phone> =
            (0..u64::from(2 * CALLS)).map(|number| media.phone(number, suite, &mut random)).collect();
        for a in (0..u64::from(2 * CALLS)).step_by(2) {
            media.order(Command::Bridge { a: SessionId(a), b: SessionId(a + 1) });
        }
        media.settle(SessionId(0));
        let mut heard = vec![[0; 256]; phones.len()];
        talk(&phones, 0..WARM_UP, &mut heard);
        let before = ALLOCATOR.stats();
        talk(&phones, WARM_UP..WARM_UP + PACKETS, &mut heard);
        let used = ALLOCATOR.stats() - before;
        assert_eq!((used.allocations, used.reallocations), (0, 0), "{suite:?}");
        // And it was sound: the last packet of each phone is what its partner heard.
        for (at, heard) in heard.iter().enumerate() {
            let length = phones[at].packets[0].len();
            let open = match &mut phones[at ^ 1].hears {
                Some(context) => context.decrypt_rtp(&heard[..length]).unwrap().to_vec(),
                None => heard[..length].to_vec(),
            };
            assert_eq!(open, packet(at as u8, WARM_UP + PACKETS - 1), "{suite:?}");
        }
    }
}
