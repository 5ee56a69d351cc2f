//! A script at the boundary of an endpoint: text in, transcript out, in simulated time.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use model::settings::Network;
use model::{Instant, Now, Random};
use sip::{
    Body, Command, Config, DialogId, Endpoint, Event, Flow, Input, LegId, NameAddr, OutgoingCall, Output, Peers,
    Transport, User,
};

pub const REALM: &str = "clinic.demo";
pub const PHONE: &str = "10.0.0.2:5060";
pub const TRUNK: &str = "192.0.2.7:5060";

pub struct Script {
    pub endpoint: Endpoint,
    pub now: Now,
    /// What happened, but for the names of dialogs, which only lamps need.
    pub events: Vec<Event>,
    pub dialogs: Vec<DialogId>,
    /// What was sent since it was last asked for.
    pub sent: Vec<(Flow, String)>,
    pub closed: Vec<Flow>,
    /// Those by which nothing new is to go.
    pub left: Vec<Flow>,
    next: Instant,
}

pub fn config() -> Config {
    Config {
        software: "Frontdesk".into(),
        max_invites: 2,
        max_transactions: 6,
        emergency: vec!["911".into()],
        ..Config::new(REALM)
    }
}

pub fn udp(remote: &str) -> Flow {
    let local = "10.0.0.1:5060".parse().expect("address");
    Flow { transport: Transport::Udp, local, remote: remote.parse().expect("address"), connection: 0 }
}

pub fn tcp(remote: &str, connection: u64) -> Flow {
    Flow { transport: Transport::Tcp, connection, ..udp(remote) }
}

/// Line feeds become CRLF; the empty line and the body are the writer's own affair.
pub fn wire(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// A request by user 102 from [`PHONE`], with `extra` headers (each with its line feed) and a body.
pub fn request(method: &str, uri: &str, branch: &str, cseq: u32, extra: &str, body: &str) -> String {
    let to = if format!("\n{extra}").contains("\nTo:") { "" } else { "To: <sip:101@clinic.demo>\n" };
    let from = if extra.contains("From:") { "" } else { "From: <sip:102@clinic.demo>;tag=p\n" };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\n" };
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP {PHONE};branch=z9hG4bK{branch}\nMax-Forwards: 70\n{from}{to}Call-ID: c1\n\
         CSeq: {cseq} {method}\nContact: <sip:102@{PHONE}>\n{extra}{kind}Content-Length: {}\n\n{body}",
        body.len()
    )
}

/// What a user whose password is "secret" answers a challenge with.
pub fn credentials(challenge: &str, user: &str, method: &str, uri: &str) -> String {
    use md5::{Digest, Md5};
    let hash = |text: String| hex::encode(Md5::digest(text));
    let nonce = challenge.split("nonce=\"").nth(1).expect("a nonce").split('"').next().expect("its end");
    let ha1 = User::from_password(user, REALM, "secret").ha1_md5;
    let response = hash(format!("{ha1}:{nonce}:00000001:c:auth:{}", hash(format!("{method}:{uri}"))));
    format!(
        "Authorization: Digest username=\"{user}\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5, qop=auth, \
         nc=00000001, cnonce=\"c\", response=\"{response}\"\n"
    )
}

/// A request with that answer.
pub fn signed(text: &str, challenge: &str, user: &str, method: &str) -> String {
    let uri = text.split(' ').nth(1).expect("a URI");
    text.replacen("Content-Length", &format!("{}Content-Length", credentials(challenge, user, method, uri)), 1)
}

impl Script {
    pub fn new() -> Self {
        Self::with(config())
    }

    pub fn with(config: Config) -> Self {
        let mut script = Self {
            endpoint: Endpoint::new(config, Random::from_u64(1)),
            now: Now::simulation_start(),
            events: Vec::new(),
            dialogs: Vec::new(),
            sent: Vec::new(),
            closed: Vec::new(),
            left: Vec::new(),
            next: Instant::FAR_FUTURE,
        };
        let networks = Network::parse("10.0.0.0/8").into_iter().collect();
        let trunks = vec!["192.0.2.7".parse().expect("address"), "192.0.2.8".parse().expect("address")];
        script.order(Command::SetPeers(Peers { networks, trunks, ..Peers::default() }));
        script.order(Command::SetUsers([User::from_password("102", REALM, "secret")].into()));
        script
    }

    pub fn receive(&mut self, flow: Flow, data: &[u8]) {
        self.endpoint.handle_input(self.now, Input::Bytes { flow, data });
        self.drain();
    }

    /// A datagram from the phone.
    pub fn phone(&mut self, text: &str) {
        self.receive(udp(PHONE), &wire(text));
    }

    pub fn order(&mut self, command: Command) {
        self.endpoint.handle_input(self.now, Input::Command(command));
        self.drain();
    }

    /// What comes in from now on has waited so long.
    pub fn order_load(&mut self, waited: Duration) {
        self.input(Input::Waited(waited));
    }

    pub fn input(&mut self, input: Input<'_>) {
        self.endpoint.handle_input(self.now, input);
        self.drain();
    }

    /// Lets time pass, with every timer in it.
    pub fn wait(&mut self, time: Duration) {
        let until = self.now.after(time);
        while self.next <= until.instant {
            self.now = self.now.after(self.next.saturating_since(self.now.instant));
            self.input(Input::Timeout);
        }
        self.now = until;
    }

    fn drain(&mut self) {
        loop {
            match self.endpoint.poll_output() {
                Output::Transmit { flow, data } => {
                    self.sent.push((flow, String::from_utf8_lossy(&data).replace('\r', "")));
                }
                Output::Event(Event::Dialog { dialog, .. }) => self.dialogs.push(dialog),
                Output::Event(event) => self.events.push(event),
                Output::Close { flow } => self.closed.push(flow),
                Output::Leave { flow } => self.left.push(flow),
                Output::Timeout(at) => {
                    self.next = at;
                    return;
                }
            }
        }
    }

    /// What was sent since the last time, in full.
    pub fn sent(&mut self) -> String {
        let mut out = String::new();
        for (flow, text) in self.sent.drain(..) {
            let _ = write!(out, "--> {:?} {}\n{text}", flow.transport, flow.remote);
        }
        out
    }

    /// The same, only the first lines.
    pub fn lines(&mut self) -> Vec<String> {
        self.sent.drain(..).map(|(_, text)| text.lines().next().unwrap_or_default().to_owned()).collect()
    }

    /// The events since the last time, by their short names.
    pub fn names(&mut self) -> Vec<String> {
        self.events.drain(..).map(|e| format!("{e:?}").split(" {").next().unwrap_or_default().to_owned()).collect()
    }

    /// The tag that the endpoint gave itself, from the last response.
    pub fn our_tag(&self) -> String {
        let (_, text) = self.sent.last().expect("something was sent");
        let to = text.lines().find(|l| l.starts_with("To:")).expect("a To");
        to.split(";tag=").nth(1).expect("a tag").to_owned()
    }
}

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn address(text: &str) -> SocketAddr {
    text.parse().expect("address")
}

pub const OFFER: &str = "v=0\n";
/// Another one: the same again would be a refresh.
pub const NEW: &str = "v=0 new\n";
pub const OUT: LegId = LegId::outgoing(1);

pub fn sdp(text: &'static str) -> Body {
    text.into()
}

/// An incoming call, answered; our tag.
pub fn answered(script: &mut Script) -> (LegId, String) {
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "Record-Route: <sip:10.0.0.2;lr>\n", OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Answer { leg, body: sdp("answer") });
    let tag = script.our_tag();
    (leg, tag)
}

pub fn inside(method: &str, branch: &str, cseq: u32, tag: &str, body: &str) -> String {
    request(method, "sip:10.0.0.1:5060", branch, cseq, &format!("To: <sip:101@clinic.demo>;tag={tag}\n"), body)
}

pub fn established(script: &mut Script) -> (LegId, String) {
    let (leg, tag) = answered(script);
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    assert_eq!(script.names(), ["Established"]);
    script.sent.clear();
    (leg, tag)
}

/// Our call to `remote`; the branch, Call-ID and From that it went out with.
pub fn call(script: &mut Script, remote: &str) -> String {
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let (from, to, body) = (party("101"), party("102"), sdp("offer"));
    let call = OutgoingCall::new("sip:102@10.0.0.2", udp(remote), from, to, body);
    script.order(Command::Invite { leg: OUT, call: call.into() });
    script.sent.pop().expect("an INVITE").1
}

/// A response to one of our requests, with a tag, headers and a body.
pub fn respond(request: &str, code: u16, tag: &str, extra: &str, body: &str) -> String {
    let mut out = format!("SIP/2.0 {code} x\n");
    for line in request.lines() {
        match line.split(':').next().unwrap_or_default() {
            "Via" | "From" | "Call-ID" | "CSeq" => out += &format!("{line}\n"),
            "To" if line.contains("tag=") => out += &format!("{line}\n"),
            "To" => out += &format!("{line};tag={tag}\n"),
            _ => {}
        }
    }
    out + &format!("{extra}Content-Length: {}\n\n{body}", body.len())
}

pub const CONTACT: &str = "Contact: <sip:102@10.0.0.2:5060>\n";

/// The last message that was sent, taken; those before it are dropped.
pub fn last(script: &mut Script) -> String {
    let (_, text) = script.sent.pop().expect("something was sent");
    script.sent.clear();
    text
}

/// The value of a header of a message, or nothing.
pub fn value(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_default().to_owned()
}

/// The body of a message.
pub fn body(text: &str) -> &str {
    text.split_once("\n\n").expect("a body").1
}
