//! A whole endpoint: datagrams, streams, time, and a user who answers. What it sends is well formed, what it holds is bounded, and in
//! the end nothing is left.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use model::settings::Network;
use model::{Now, Random};
use sip::wire::{Message, Name};
use sip::{Command, Config, Endpoint, Event, Flow, Input, LegId, Output, Peers, Transport, User};

const REALM: &str = "clinic.demo";
const SDP: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
/// Steps of one input; more of them reach nothing new, and take long.
const MAX_STEPS: usize = 64;
const MAX_TRANSACTIONS: usize = 40;

/// The steps are cut at 0xFF, which no header needs. A step is a datagram, or begins with its number:
/// 1 the user accepts what waits, 2 refuses it, 3 hangs up, 4 offers another session, 5 a second passes, 6 a minute passes,
/// 7 the rest comes by a stream, 8 the user challenges what waits, 9 rings. `$tag` in a message is the last tag that we gave.
pub fn run(data: &[u8]) {
    let mut world = World::new();
    for step in data.split(|&b| b == 0xFF).take(MAX_STEPS) {
        world.step(step);
        world.is_bounded();
    }
    world.end();
}

struct World {
    endpoint: Endpoint,
    now: Now,
    tag: Vec<u8>,
    waiting: VecDeque<Event>,
    legs: Vec<LegId>,
}

impl World {
    fn new() -> Self {
        let config = Config { max_invites: 10, max_transactions: MAX_TRANSACTIONS, ..Config::new(REALM) };
        let endpoint = Endpoint::new(config, Random::from_u64(1));
        let (waiting, legs) = (VecDeque::new(), Vec::new());
        let mut world = Self { endpoint, now: Now::simulation_start(), tag: b"x".to_vec(), waiting, legs };
        let networks = Network::parse("10.0.0.0/8").into_iter().collect();
        world.order(Command::SetPeers(Peers { networks, ..Peers::default() }));
        world.order(Command::SetUsers([User::from_password("102", REALM, "secret")].into()));
        world
    }

    fn step(&mut self, step: &[u8]) {
        match step {
            [1..=2, ..] | [8..=9, ..] => self.answer(step[0]),
            [3, ..] => self.each_leg(|leg| Command::Bye { leg }),
            [4, 0, ..] => self.each_leg(|leg| Command::Propose { leg, body: SDP.into() }),
            [4, ..] => self.each_leg(|leg| Command::Reinvite { leg, body: SDP.into() }),
            [5, ..] => self.wait(Duration::from_secs(1)),
            [6, ..] => self.wait(Duration::from_secs(60)),
            [7, rest @ ..] => self.bytes(Transport::Tcp, rest),
            datagram => self.bytes(Transport::Udp, datagram),
        }
    }

    fn bytes(&mut self, transport: Transport, data: &[u8]) {
        let data = replace(data, b"$tag", &self.tag);
        let flow = flow(transport);
        self.input(Input::Bytes { flow, data: &data });
    }

    fn answer(&mut self, how: u8) {
        let Some(event) = self.waiting.pop_front() else { return };
        let body = || SDP.into();
        let command = match (event, how) {
            (Event::Register { request, .. }, 1 | 9) => {
                Command::AcceptRegister { request, contacts: Vec::new(), outbound: false }
            }
            (Event::Register { request, .. }, 8) => Command::Challenge { request, stale: false },
            (Event::Register { request, .. }, _) => Command::Reject { request, code: 403 },
            (Event::Invite { leg, .. }, 1) => Command::Answer { leg, body: body() },
            (Event::Invite { leg, .. }, 8) => Command::ChallengeInvite { leg, stale: true },
            (Event::Invite { leg, invite }, 9) => {
                self.waiting.push_front(Event::Invite { leg, invite });
                Command::Ring { leg, code: 183, body: Some(body()) }
            }
            (Event::Invite { leg, .. }, _) => Command::Refuse { leg, code: 486, retry_after: Some(1) },
            (Event::Reinvite { leg, .. }, 1) => Command::AnswerReinvite { leg, body: body() },
            (Event::Reinvite { leg, .. }, _) => Command::RefuseReinvite { leg, code: 488 },
            (Event::Refer { leg, .. }, 1) => Command::AcceptRefer { leg },
            (Event::Refer { leg, .. }, _) => Command::RefuseRefer { leg, code: 603 },
            _ => return,
        };
        self.order(command);
    }

    fn each_leg(&mut self, order: impl Fn(LegId) -> Command) {
        for leg in self.legs.clone() {
            self.order(order(leg));
        }
    }

    fn order(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn input(&mut self, input: Input<'_>) {
        self.endpoint.handle_input(self.now, input);
        loop {
            match self.endpoint.poll_output() {
                Output::Timeout(_) => return,
                Output::Transmit { data, .. } => self.sent(&data),
                Output::Event(event) => self.event(event),
                Output::Close { .. } | Output::Leave { .. } => {}
            }
        }
    }

    fn sent(&mut self, data: &[u8]) {
        if data.iter().all(|b| matches!(b, b'\r' | b'\n')) {
            return;
        }
        let message = Message::parse(data).expect("what is sent is a message");
        assert_eq!(message.defect(), None, "{}", String::from_utf8_lossy(data));
        let length = message.value(Name::ContentLength).and_then(sip::wire::lex::number);
        assert_eq!(length, Some(message.rest().len()), "{}", String::from_utf8_lossy(data));
        let tag = message.value(Name::To).and_then(|to| sip::wire::Address::parse(to).ok()).and_then(|to| to.tag());
        if let Some(tag) = tag {
            self.tag = tag.to_vec();
        }
    }

    fn event(&mut self, event: Event) {
        match &event {
            Event::Invite { leg, .. } => self.legs.push(*leg),
            Event::Ended { leg, .. } => {
                assert!(self.legs.contains(leg), "a leg ends that never began, or ends twice");
                self.legs.retain(|l| l != leg);
            }
            _ => {}
        }
        self.waiting.push_back(event);
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now.after(time);
        // Deadlines may follow each other closely, but not without end.
        for _ in 0..10_000 {
            let next = loop {
                if let Output::Timeout(at) = self.endpoint.poll_output() {
                    break at;
                }
            };
            if next > until.instant {
                self.now = until;
                return;
            }
            self.now = self.now.after(next.saturating_since(self.now.instant));
            self.input(Input::Timeout);
        }
        panic!("the endpoint is busy for ever");
    }

    fn is_bounded(&self) {
        let usage = self.endpoint.usage();
        assert!(usage.transactions <= 3 * MAX_TRANSACTIONS + MAX_STEPS, "{usage:?}");
        assert!(usage.streams <= 1, "{usage:?}");
    }

    /// The user refuses what waits and ends every call, the stream is closed, and time passes: nothing is left.
    fn end(&mut self) {
        while !self.waiting.is_empty() {
            self.answer(2);
        }
        self.each_leg(|leg| Command::Refuse { leg, code: 480, retry_after: None });
        self.each_leg(|leg| Command::Bye { leg });
        self.input(Input::Closed { flow: flow(Transport::Tcp) });
        self.wait(Duration::from_secs(600));
        while !self.waiting.is_empty() {
            self.answer(2);
        }
        self.wait(Duration::from_secs(600));
        let usage = self.endpoint.usage();
        assert_eq!((usage.legs, usage.transactions, usage.streams), (0, 0, 0), "{usage:?}");
    }
}

fn flow(transport: Transport) -> Flow {
    let address = |text: &str| -> SocketAddr { text.parse().expect("an address") };
    let connection = u64::from(transport.is_reliable());
    Flow { transport, local: address("10.0.0.1:5060"), remote: address("10.0.0.2:5060"), connection }
}

fn replace(data: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some(at) = rest.windows(what.len()).position(|w| w == what) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(with);
        rest = &rest[at + what.len()..];
    }
    out.extend_from_slice(rest);
    out
}
