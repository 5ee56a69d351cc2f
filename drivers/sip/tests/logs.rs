//! Nothing that was said or written is logged: everything happens at trace level, and what came out is searched.

mod script;

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use script::{PHONE, REALM, Script, config, request, seconds, tcp, udp, wire};
use sip::{Auth, Command, Event, LegId, NameAddr, OutgoingCall};
use tracing::field::{Field, Visit};
use tracing::span;

/// Keeps all that is logged, whatever its level.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl tracing::Subscriber for Everything {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Line(&mut self.0.lock().expect("one thread")));
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut Line(&mut self.0.lock().expect("one thread")));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut log = self.0.lock().expect("one thread");
        log.push('\n');
        event.record(&mut Line(&mut log));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// Words that stand only in what is personal or secret: names, numbers, addresses, bodies, credentials.
const SECRETS: [&str; 8] =
    ["Okafor", "12025550177", "crypto:1 AES", "0a4f113b", "9c0ffee9", "10.0.0.2", "192.0.2.7", "secretary@"];

#[test]
fn nothing_personal_and_no_credential_is_logged() {
    let log = Everything::default();
    tracing::subscriber::with_default(log.clone(), everything_happens);
    let logged = log.0.lock().expect("one thread").clone();
    assert!(logged.contains("dropped"), "this is the log: {logged}");
    for secret in SECRETS {
        assert!(!logged.contains(secret), "{secret} was logged: {logged}");
    }
}

/// Calls in and out, registrations right and wrong, what is no SIP, and what is refused.
fn everything_happens() {
    let mut script = Script::with(sip::Config { max_invites: 100, max_transactions: 1000, ..config() });
    let from = "From: \"Dr. Okafor\" <sip:102@clinic.demo>;tag=p\n";
    let body = "v=0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:9c0ffee9\n";
    let credentials = "Authorization: Digest username=\"102\", realm=\"clinic.demo\", nonce=\"9c0ffee9\", uri=\"sip:x\", \
                       qop=auth, nc=00000001, cnonce=\"0a4f113b\", response=\"0a4f113b\"\n";
    let mut all = Vec::new();
    for (n, method) in
        ["INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "BYE", "ACK", "DANCE"].iter().enumerate()
    {
        for extra in ["", credentials, "Require: nothing\n", "Content-Length: x\n", "User-Agent: friendly-scanner\n"] {
            let branch = format!("{n}{}", extra.len());
            let extra = format!("{from}{extra}Subject: Okafor 12025550177\n");
            all.push(request(method, "sip:12025550177@clinic.demo", &branch, 1, &extra, body));
        }
    }
    for text in &all {
        script.phone(text);
        script.receive(udp("203.0.113.9:5060"), &wire(text));
        script.receive(tcp("10.0.0.3:4000", 7), &wire(text));
        script.receive(udp("192.0.2.7:5060"), &wire(&text[..text.len() / 2]));
        script.receive(udp(PHONE), format!("Okafor 12025550177 secretary@{REALM}").as_bytes());
    }
    let party = NameAddr { display: "Okafor".into(), uri: "sip:12025550177@clinic.demo".into() };
    let call = OutgoingCall::new("sip:12025550177@y", udp("192.0.2.7:5060"), party.clone(), party, body);
    script.order(Command::Invite { leg: LegId::outgoing(1), call: call.into() });
    for event in script.events.clone() {
        match event {
            Event::Register { request, register } => script.order(match register.auth {
                Auth::Wrong => Command::Reject { request, code: 403 },
                _ => Command::Challenge { request, stale: false },
            }),
            Event::Invite { leg, .. } => script.order(Command::Answer { leg, body: body.into() }),
            _ => {}
        }
    }
    script.wait(seconds(200));
}
