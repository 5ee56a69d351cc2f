//! Sound whose keys come by DTLS, seen from the engine's boundary: two engines, a plain phone on each side of them, and the path between.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use media::dtls::{Identity, Role, Terms};
use media::ice::Credentials;
use media::{Command, Config, Engine, Event, Family, Input, Output, Reports, SessionId};
use model::{Instant, Now, Random};
use rtc_crypto::providers::RingCrypto;
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;

/// Each engine's session with its plain phone, and the one with the other engine.
const PHONE: SessionId = SessionId(1);
const PATH: SessionId = SessionId(2);
const PHONE_ADDR: &str = "192.0.2.1:4000";
const NEAR: &str = "198.51.100.1:4602";
const FAR: &str = "198.51.100.2:4602";
/// Where NEAR is after its NAT has moved it.
const MOVED: &str = "198.51.100.9:50000";

fn at(addr: &str) -> SocketAddr {
    addr.parse().unwrap()
}

#[allow(clippy::disallowed_methods, reason = "the stack's clock needs an origin; only what is added to it counts")]
fn identity() -> Arc<Identity> {
    Arc::new(Identity::generate(std::time::Instant::now()).unwrap())
}

/// One engine, and what it said.
struct End {
    engine: Engine,
    identity: Arc<Identity>,
    sent: Vec<(SessionId, SocketAddr, Bytes)>,
    events: Vec<Event>,
    wake: Instant,
}

impl End {
    fn new(now: Now, other: &str) -> Self {
        let identity = identity();
        let engine = Engine::new(Config { identity: Some(Arc::clone(&identity)), ..Config::default() });
        let (sent, events) = (Vec::new(), Vec::new());
        let mut this = Self { engine, identity, sent, events, wake: Instant::FAR_FUTURE };
        for (session, port, remote) in [(PHONE, 4600, PHONE_ADDR), (PATH, 4602, other)] {
            this.order(now, Command::Open { session, port, home: Family::V4.into() });
            this.order(now, Command::Remote { session, addr: Some(at(remote)) });
        }
        this.order(now, Command::Bridge { a: PHONE, b: PATH });
        this
    }

    fn order(&mut self, now: Now, command: Command) {
        self.input(now, Input::Command(command));
    }

    fn packet(&mut self, now: Now, session: SessionId, from: &str, data: &[u8]) {
        self.input(now, Input::Packet { session, from: at(from), data });
    }

    fn input(&mut self, now: Now, input: Input<'_>) {
        self.engine.handle_input(now, input);
        loop {
            match self.engine.poll_output() {
                Output::Timeout(wake) => {
                    self.wake = wake;
                    return;
                }
                Output::Transmit { session, to, data } => self.sent.push((session, to, data)),
                Output::Event(event) => self.events.push(event),
                Output::Bind { .. } | Output::Prefer { .. } | Output::ToGroup { .. } | Output::Unbind { .. } => {}
                Output::BindReports { .. } | Output::TransmitReport { .. } => panic!("no port beside was agreed on"),
            }
        }
    }

    fn agree(&mut self, now: Now, role: Role, other: &Arc<Identity>, ice: Option<Credentials>) {
        let terms = Terms { role, theirs: other.fingerprint(), ice };
        self.order(now, Command::Handshake { session: PATH, terms: Some(Box::new(terms)) });
    }

    fn is_secured(&self) -> bool {
        self.events.iter().any(|e| matches!(e, Event::Secured { session: PATH, .. }))
    }

    /// What it has sent to this address since it was asked last.
    fn said_to(&mut self, addr: &str) -> Vec<Bytes> {
        let (said, kept) = std::mem::take(&mut self.sent).into_iter().partition(|(_, to, _)| *to == at(addr));
        self.sent = kept;
        Vec::into_iter(said).map(|(_, _, data)| data).collect()
    }
}

/// Carries what the two say to each other until both are silent. `near` is where the far end sees the near one.
fn carry(now: Now, near: &mut End, far: &mut End, near_addr: &str) {
    for _ in 0..50 {
        let (to_far, to_near) = (near.said_to(FAR), far.said_to(near_addr));
        if to_far.is_empty() && to_near.is_empty() {
            return;
        }
        for data in to_far {
            far.packet(now, PATH, near_addr, &data);
        }
        for data in to_near {
            near.packet(now, PATH, FAR, &data);
        }
    }
    panic!("they talk without end");
}

fn sound(sequence: u16) -> Vec<u8> {
    let mut data = vec![0x80, 0];
    data.extend_from_slice(&sequence.to_be_bytes());
    data.extend_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
    data.extend_from_slice(b"SSRCwhat the patient said");
    data
}

#[test]
fn sound_goes_under_keys_that_came_by_dtls_and_never_before() {
    let now = Now::simulation_start();
    let (mut near, mut far) = (End::new(now, FAR), End::new(now, NEAR));
    let (a, b) = (Arc::clone(&near.identity), Arc::clone(&far.identity));
    far.agree(now, Role::Server, &a, None);
    near.agree(now, Role::Client, &b, None);
    // What is said before there are keys is lost, and not a packet of it goes in the clear.
    near.packet(now, PHONE, PHONE_ADDR, &sound(1));
    assert!(near.sent.iter().all(|(_, _, data)| !data.windows(7).any(|w| w == b"patient")));
    far.packet(now, PATH, NEAR, &sound(1));
    assert!(far.said_to(PHONE_ADDR).is_empty(), "plain sound is not taken");

    carry(now, &mut near, &mut far, NEAR);
    assert!(near.is_secured() && far.is_secured());
    near.packet(now, PHONE, PHONE_ADDR, &sound(2));
    let sealed = near.said_to(FAR);
    assert!(sealed.len() == 1 && !sealed[0].windows(7).any(|w| w == b"patient"));
    far.packet(now, PATH, NEAR, &sealed[0]);
    assert_eq!(far.said_to(PHONE_ADDR), [sound(2)]);
    far.packet(now, PATH, NEAR, &sound(3));
    assert!(far.said_to(PHONE_ADDR).is_empty(), "nor afterwards");

    near.order(now, Command::Close { session: PATH });
    let cipher = near.events.iter().find_map(|e| match e {
        Event::Closed { session: PATH, quality } => quality.cipher,
        _ => None,
    });
    assert_eq!(cipher, Some(model::call::Cipher::Aes256Gcm));
}

#[test]
fn a_lost_flight_is_sent_again() {
    let mut now = Now::simulation_start();
    let (mut near, mut far) = (End::new(now, FAR), End::new(now, NEAR));
    let (a, b) = (Arc::clone(&near.identity), Arc::clone(&far.identity));
    far.agree(now, Role::Server, &a, None);
    near.agree(now, Role::Client, &b, None);
    assert!(!near.said_to(FAR).is_empty(), "the first one is lost");
    for _ in 0..20 {
        now = now.after(near.wake.min(far.wake).saturating_since(now.instant));
        near.input(now, Input::Timeout);
        far.input(now, Input::Timeout);
        carry(now, &mut near, &mut far, NEAR);
        if near.is_secured() && far.is_secured() {
            return;
        }
    }
    panic!("no keys");
}

#[test]
fn a_flight_has_its_time_before_it_is_sent_again() {
    let now = Now::simulation_start().after(Duration::from_secs(3600));
    let (mut near, far) = (End::new(now, FAR), End::new(now, NEAR));
    near.agree(now, Role::Client, &far.identity, None);
    assert_eq!(near.said_to(FAR).len(), 1);
    near.input(now.after(Duration::from_millis(200)), Input::Timeout);
    assert!(near.said_to(FAR).is_empty());
}

/// The network is away for so long, from when so many times each of both was heard. How long after that there are keys, and how often the near
/// end was told that there are none.
fn keys_after(away: Duration, heard: usize) -> (Duration, usize) {
    let mut now = Now::simulation_start();
    let (mut near, mut far) = (End::new(now, FAR), End::new(now, NEAR));
    let (a, b) = (Arc::clone(&near.identity), Arc::clone(&far.identity));
    far.agree(now, Role::Server, &a, None);
    near.agree(now, Role::Client, &b, None);
    for _ in 0..heard {
        near.said_to(FAR).iter().for_each(|data| far.packet(now, PATH, NEAR, data));
        far.said_to(NEAR).iter().for_each(|data| near.packet(now, PATH, FAR, data));
    }
    let back = now.after(away);
    while now.instant < back.after(Duration::from_secs(60)).instant {
        now = now.after(near.wake.min(far.wake).saturating_since(now.instant));
        near.input(now, Input::Timeout);
        far.input(now, Input::Timeout);
        if now.instant < back.instant {
            near.sent.clear();
            far.sent.clear();
            continue;
        }
        carry(now, &mut near, &mut far, NEAR);
        if near.is_secured() && far.is_secured() {
            let told = near.events.iter().filter(|e| **e == Event::NotSecured { session: PATH }).count();
            return (now.instant.saturating_since(back.instant), told);
        }
    }
    panic!("no keys, {away:?} {heard}");
}

#[test]
fn a_network_that_was_away_is_tried_again_within_as_long_as_it_was() {
    for seconds in [2, 5, 15] {
        let away = Duration::from_secs(seconds);
        for heard in 0..3 {
            let (late, told) = keys_after(away, heard);
            assert!(late <= away && told == 0, "{away:?} {heard}: {late:?} {told}");
        }
    }
}

/// Whoever calls for help has no other call: when somebody who is there again answers, there are keys.
#[test]
fn whoever_was_told_that_nobody_answers_gets_keys_when_somebody_does() {
    for heard in 0..3 {
        let (late, told) = keys_after(Duration::from_secs(200), heard);
        assert!(late <= Duration::from_secs(33) && told == 1, "{heard}: {late:?} {told}");
    }
}

#[test]
fn somebody_with_another_certificate_is_refused() {
    let now = Now::simulation_start();
    let (mut near, mut far) = (End::new(now, FAR), End::new(now, NEAR));
    let b = Arc::clone(&far.identity);
    far.agree(now, Role::Server, &identity(), None);
    near.agree(now, Role::Client, &b, None);
    carry(now, &mut near, &mut far, NEAR);
    assert!(far.events.contains(&Event::NotSecured { session: PATH }) && !far.is_secured());
    near.packet(now, PHONE, PHONE_ADDR, &sound(1));
    assert!(near.sent.iter().all(|(_, _, data)| !data.windows(7).any(|w| w == b"patient")));
}

fn check(ours: &Credentials, password: &str) -> Vec<u8> {
    let integrity = MessageIntegrity::new_raw_integrity_with_provider(password.as_bytes().to_vec(), &RingCrypto);
    struct UseCandidate;
    impl Setter for UseCandidate {
        fn add_to(&self, m: &mut Message) -> rtc_shared::error::Result<()> {
            m.add(ATTR_USE_CANDIDATE, &[]);
            Ok(())
        }
    }
    let parts: [Box<dyn Setter + '_>; 6] = [
        Box::new(BINDING_REQUEST),
        Box::new(TransactionId([9; 12])),
        Box::new(TextAttribute::new(ATTR_USERNAME, format!("{}:theirs", ours.ufrag))),
        Box::new(UseCandidate),
        Box::new(integrity),
        Box::new(FINGERPRINT),
    ];
    let mut message = Message::new();
    message.build(&parts).unwrap();
    message.raw.clone()
}

#[test]
fn whoever_knows_the_password_is_followed_where_it_goes() {
    let now = Now::simulation_start();
    let (mut near, mut far) = (End::new(now, FAR), End::new(now, NEAR));
    let (a, b) = (Arc::clone(&near.identity), Arc::clone(&far.identity));
    let ours = Credentials::generate(&mut Random::from_u64(1));
    // As a browser describes itself: it is nowhere yet.
    far.order(now, Command::Remote { session: PATH, addr: None });
    far.agree(now, Role::Server, &a, Some(ours.clone()));
    far.order(now, Command::Remote { session: PATH, addr: Some(at("0.0.0.0:9")) });
    near.agree(now, Role::Client, &b, None);
    let hello = near.said_to(FAR);
    far.packet(now, PATH, "203.0.113.66:666", &check(&ours, "guessed"));
    far.packet(now, PATH, "203.0.113.66:666", &hello[0]);
    assert!(far.sent.is_empty(), "a stranger is not answered");

    far.packet(now, PATH, NEAR, &check(&ours, &ours.password));
    assert_eq!(far.said_to(NEAR).len(), 1, "the check is answered");
    far.packet(now, PATH, NEAR, &hello[0]);
    carry(now, &mut near, &mut far, NEAR);
    assert!(near.is_secured() && far.is_secured());

    far.packet(now, PATH, MOVED, &check(&ours, &ours.password));
    assert_eq!(far.said_to(MOVED).len(), 1);
    far.packet(now, PHONE, PHONE_ADDR, &sound(1));
    assert_eq!(far.said_to(MOVED).len(), 1, "sound follows");
    near.packet(now, PHONE, PHONE_ADDR, &sound(2));
    let sealed = near.said_to(FAR);
    far.packet(now, PATH, MOVED, &sealed[0]);
    assert_eq!(far.said_to(PHONE_ADDR), [sound(2)]);

    assert!(!far.events.contains(&Event::Gone { session: PATH }));
    far.input(now.after(std::time::Duration::from_secs(31)), Input::Timeout);
    assert!(far.events.contains(&Event::Gone { session: PATH }), "it was closed, and said nothing");
}

/// Once its path is chosen an end may keep it open by what anybody could send (RFC 8445 section 11). It is there while its sound comes, and where
/// it says nothing, its reports.
#[test]
fn an_end_that_checks_its_path_no_more_is_there_while_something_of_it_opens() {
    for sounds in [true, false] {
        let mut now = Now::simulation_start();
        let (mut near, mut far) = (End::new(now, FAR), End::new(now, NEAR));
        let (a, b) = (Arc::clone(&near.identity), Arc::clone(&far.identity));
        let ours = Credentials::generate(&mut Random::from_u64(1));
        far.agree(now, Role::Server, &a, Some(ours.clone()));
        far.order(now, Command::Remote { session: PATH, addr: Some(at("0.0.0.0:9")) });
        far.packet(now, PATH, NEAR, &check(&ours, &ours.password));
        near.agree(now, Role::Client, &b, None);
        carry(now, &mut near, &mut far, NEAR);
        assert!(far.is_secured());
        for end in [&mut near, &mut far] {
            end.order(now, Command::Reports { session: PATH, way: Some(Reports::Mux) });
        }
        let mut step = |near: &mut End, far: &mut End, sequence: Option<u16>, hears: bool| {
            now = now.after(Duration::from_secs(1));
            if let Some(sequence) = sequence {
                near.packet(now, PHONE, PHONE_ADDR, &sound(sequence));
            }
            near.input(now, Input::Timeout);
            far.input(now, Input::Timeout);
            if hears {
                carry(now, near, far, NEAR);
            }
            near.sent.clear();
            far.sent.clear();
        };
        let gone = Event::Gone { session: PATH };
        (0..120).for_each(|n| step(&mut near, &mut far, sounds.then_some(n), true));
        assert!(!far.events.contains(&gone), "sounds: {sounds}");
        (0..31).for_each(|_| step(&mut near, &mut far, None, false));
        assert!(far.events.contains(&gone), "nothing comes from it");
    }
}

#[test]
fn who_knows_the_port_ends_no_call_by_sending_to_it() {
    const STRANGER: &str = "203.0.113.66:666";
    let mut now = Now::simulation_start();
    let (mut near, mut far) = (End::new(now, FAR), End::new(now, NEAR));
    let (a, b) = (Arc::clone(&near.identity), Arc::clone(&far.identity));
    let ours = Credentials::generate(&mut Random::from_u64(1));
    far.agree(now, Role::Server, &a, Some(ours.clone()));
    far.order(now, Command::Remote { session: PATH, addr: Some(at("0.0.0.0:9")) });
    near.agree(now, Role::Client, &b, None);
    let hello = near.said_to(FAR);
    // Who does not know the name keeps no call from beginning.
    let nameless = check(&Credentials::generate(&mut Random::from_u64(2)), "guessed");
    for _ in 0..100 {
        far.packet(now, PATH, STRANGER, &nameless);
        far.packet(now, PATH, STRANGER, &hello[0]);
    }
    far.packet(now, PATH, NEAR, &check(&ours, &ours.password));
    assert_eq!(far.said_to(NEAR).len(), 1, "the check is answered");
    far.packet(now, PATH, NEAR, &hello[0]);
    carry(now, &mut near, &mut far, NEAR);
    assert!(far.is_secured());

    // And who knows it ends none.
    for _ in 0..8 {
        now = now.after(std::time::Duration::from_secs(5));
        for _ in 0..100 {
            far.packet(now, PATH, STRANGER, &check(&ours, "guessed"));
        }
        assert!(far.sent.is_empty(), "a stranger is not answered");
        far.packet(now, PATH, NEAR, &check(&ours, &ours.password));
        assert_eq!(far.said_to(NEAR).len(), 1, "the check is answered");
        far.input(now, Input::Timeout);
    }
    assert!(!far.events.contains(&Event::Gone { session: PATH }));
}
