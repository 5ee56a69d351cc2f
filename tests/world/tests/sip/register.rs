//! Registrations: a phone written by hand and a registrar, over the same network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{Instant, Now};
use sip::{Auth, Command, Event, Flow, Input, Output, Transport, Usage, User};
use world::net::{Conditions, Net};

use super::{REALM, address, endpoint, seeds};

/// A phone that registers with MD5, written by hand: it repeats its request as Timer E says, answers one challenge, and gives up
/// after 64 × T1.
struct Phone {
    at: SocketAddr,
    branch: u32,
    request: String,
    interval: Duration,
    next: Instant,
    give_up: Instant,
    status: Option<u16>,
}

/// The MD5 of `a:b:c`, by way of the crate's one function that makes such a thing.
fn md5(a: &str, b: &str, c: &str) -> String {
    User::from_password(a, b, c).ha1_md5
}

impl Phone {
    fn new(at: SocketAddr) -> Self {
        let zero = Duration::ZERO;
        let mut phone = Self {
            at,
            branch: 0,
            request: String::new(),
            interval: zero,
            next: Instant::ZERO,
            give_up: Instant::ZERO,
            status: None,
        };
        phone.register(Instant::ZERO, "");
        phone
    }

    fn register(&mut self, now: Instant, authorization: &str) {
        self.branch += 1;
        let (at, n) = (self.at, self.branch);
        self.request = format!(
            "REGISTER sip:{REALM} SIP/2.0\r\nVia: SIP/2.0/UDP {at};rport;branch=z9hG4bKp{n}\r\nMax-Forwards: 70\r\n\
             From: <sip:101@{REALM}>;tag=1\r\nTo: <sip:101@{REALM}>\r\nCall-ID: phone\r\nCSeq: {n} REGISTER\r\n\
             Contact: <sip:101@{at}>\r\nExpires: 600\r\n{authorization}Content-Length: 0\r\n\r\n"
        );
        self.interval = Duration::from_millis(500);
        self.next = now;
        self.give_up = now + Duration::from_secs(32);
    }

    fn wake(&mut self, now: Instant, net: &mut Net, registrar: SocketAddr) {
        if self.status.is_some() || now < self.next {
            return;
        }
        if now >= self.give_up {
            self.status = Some(408);
            return;
        }
        net.send(now, self.at, registrar, self.request.as_bytes());
        self.next = now + self.interval;
        self.interval = (self.interval * 2).min(Duration::from_secs(4));
    }

    fn hear(&mut self, now: Instant, data: &[u8]) {
        let text = String::from_utf8_lossy(data);
        let current = text.contains(&format!("branch=z9hG4bKp{};", self.branch));
        if self.status.is_some() || !current {
            return;
        }
        let code: u16 = text[8..11].parse().expect("a status");
        if code != 401 || self.branch > 1 {
            self.status = Some(code);
            return;
        }
        let nonce = text.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a nonce");
        let ha1 = md5("101", REALM, "secret");
        let ha2 = md5("REGISTER", "sip", REALM);
        let response = md5(&ha1, &format!("{nonce}:00000001:c:auth"), &ha2);
        let authorization = format!(
            "Authorization: Digest username=\"101\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"sip:{REALM}\", algorithm=MD5, \
             qop=auth, nc=00000001, cnonce=\"c\", response=\"{response}\"\r\n"
        );
        self.register(now, &authorization);
    }
}

/// One phone registers; what became of it, and how often the registrar's user was asked with the right password.
fn registration(seed: u64, conditions: Conditions) -> (u16, usize) {
    let (mut net, mut phone) = (Net::new(seed, conditions), Phone::new(address(2)));
    let mut registrar = endpoint(seed, 1800);
    let start = Now::simulation_start();
    let users: Arc<[User]> = Arc::from([User::from_password("101", REALM, "secret")]);
    registrar.handle_input(start, Input::Command(Command::SetUsers(users)));
    let (mut now, mut valid) = (start, 0);
    loop {
        phone.wake(now.instant, &mut net, address(1));
        let deadline = loop {
            match registrar.poll_output() {
                Output::Transmit { flow, data } => net.send(now.instant, address(1), flow.remote, data),
                Output::Event(Event::Register { request, register }) => {
                    let command = match register.auth {
                        Auth::Valid { .. } => {
                            valid += 1;
                            Command::AcceptRegister { request, contacts: register.contacts, outbound: false }
                        }
                        auth => Command::Challenge { request, stale: auth == Auth::Stale },
                    };
                    registrar.handle_input(now, Input::Command(command));
                }
                Output::Timeout(at) => break at,
                other => panic!("seed {seed}: {other:?}"),
            }
        };
        let phone_next = if phone.status.is_some() { Instant::FAR_FUTURE } else { phone.next };
        let next = deadline.min(phone_next).min(net.next_arrival().unwrap_or(Instant::FAR_FUTURE));
        if next == Instant::FAR_FUTURE {
            assert_eq!(registrar.usage(), Usage::default(), "seed {seed}");
            return (phone.status.expect("it has ended"), valid);
        }
        now = start.after(next.max(now.instant).saturating_since(start.instant));
        while let Some((from, to, data)) = net.pop(now.instant) {
            if to == phone.at {
                phone.hear(now.instant, &data);
            } else {
                let flow = Flow { transport: Transport::Udp, local: to, remote: from, connection: 0 };
                registrar.handle_input(now, Input::Bytes { flow, data: &data });
            }
        }
        registrar.handle_input(now, Input::Timeout);
    }
}

#[test]
fn a_phone_registers_through_an_awful_network() {
    let mut failed = 0;
    for seed in 0..seeds() {
        let (status, valid) = registration(seed, Conditions::AWFUL);
        assert!(matches!(status, 200 | 408), "seed {seed}: {status}");
        assert!(valid <= 1, "seed {seed}: repetitions reached the user");
        failed += u64::from(status != 200);
    }
    // Two exchanges of eleven tries each at 49 % fail about once in 1600 stories.
    assert!(failed <= 1 + seeds() / 500, "{failed} failed");
    assert_eq!(registration(1, Conditions::GOOD), (200, 1));
}
