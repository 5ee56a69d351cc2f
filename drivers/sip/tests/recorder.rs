//! The flight recorder: what it keeps of a call, what it takes out, and how much it holds.

mod script;

use std::fmt::Write as _;
use std::time::Duration;

use proptest::prelude::*;
use script::{PHONE, Script, TRUNK, config, request, seconds, udp, wire};
use sip::{Command, Config, Event, LegId, NameAddr, OutgoingCall, Recording, RefusedMessage};

const OFFER: &str = "v=0\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:HUSH\n";
const OUT: LegId = LegId::outgoing(1);

fn recording() -> Script {
    Script::with(Config { record: true, max_transactions: 20_000, max_invites: 20_000, ..config() })
}

/// What was given away since the last time.
fn given_away(script: &mut Script) -> (Vec<Recording>, Vec<RefusedMessage>) {
    let (mut all, mut away) = (Vec::new(), Vec::new());
    for event in script.events.drain(..) {
        if let Event::Recorded { legs, turned_away } = event {
            all.extend(legs);
            away.extend(turned_away);
        }
    }
    (all, away)
}

/// One line for each message: milliseconds since the first, direction, first line, and whether it came again.
fn ladder(recording: &Recording) -> String {
    let mut out = String::new();
    let mut first = None;
    for message in recording.messages() {
        let ms = message.at.millis_since(*first.get_or_insert(message.at));
        let text = String::from_utf8_lossy(message.text.expose()).into_owned();
        let arrow = if message.inbound { "-->" } else { "<--" };
        let again = if message.again { " (again)" } else { "" };
        let _ = writeln!(out, "{ms:04} {arrow} {}{again}", text.lines().next().unwrap_or_default());
    }
    out
}

fn invite_leg(script: &mut Script) -> LegId {
    let leg = script.events.iter().rev().find_map(|e| match e {
        Event::Invite { leg, .. } => Some(*leg),
        _ => None,
    });
    leg.expect("an INVITE")
}

fn inside(method: &str, branch: &str, cseq: u32, tag: &str) -> String {
    request(method, "sip:10.0.0.1:5060", branch, cseq, &format!("To: <sip:101@clinic.demo>;tag={tag}\n"), "")
}

#[test]
fn a_call_is_kept_from_its_challenge_to_its_last_answer() {
    let mut script = recording();
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i1", 1, "", OFFER));
    let leg = invite_leg(&mut script);
    script.order(Command::ChallengeInvite { leg, stale: false });
    let tag = script.our_tag();
    script.phone(&inside("ACK", "i1", 1, &tag));
    let credentials = "Authorization: Digest username=\"102\", realm=\"clinic.demo\", nonce=\"HUSH\", uri=\"sip:101@clinic.demo\", response=\"HUSH\"\n";
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i2", 2, credentials, OFFER));
    let leg = invite_leg(&mut script);
    script.wait(Duration::from_millis(300));
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i2", 2, credentials, OFFER));
    script.order(Command::Ring { leg, code: 180, body: None });
    script.order(Command::Answer { leg, body: OFFER.into() });
    let tag = script.our_tag();
    script.wait(Duration::from_millis(600));
    script.phone(&inside("ACK", "a", 2, &tag));
    script.phone(&inside("BYE", "b", 3, &tag));
    assert!(given_away(&mut script).0.is_empty(), "its last messages may still come");
    script.phone(&inside("BYE", "b", 3, &tag));
    script.wait(seconds(2));
    let (all, away) = given_away(&mut script);
    let [one] = &all[..] else { panic!("one recording: {all:?}") };
    assert_eq!((one.leg(), one.dropped(), away.len()), (leg, 0, 0));
    expect_test::expect![[r#"
        0000 --> INVITE sip:101@clinic.demo SIP/2.0
        0000 <-- SIP/2.0 401 Unauthorized
        0000 --> ACK sip:10.0.0.1:5060 SIP/2.0
        0000 --> INVITE sip:101@clinic.demo SIP/2.0
        0200 <-- SIP/2.0 100 Trying
        0300 --> INVITE sip:101@clinic.demo SIP/2.0 (again)
        0300 <-- SIP/2.0 100 Trying (again)
        0300 <-- SIP/2.0 180 Ringing
        0300 <-- SIP/2.0 200 OK
        0800 <-- SIP/2.0 200 OK (again)
        0900 --> ACK sip:10.0.0.1:5060 SIP/2.0
        0900 --> BYE sip:10.0.0.1:5060 SIP/2.0
        0900 <-- SIP/2.0 200 OK
        0900 --> BYE sip:10.0.0.1:5060 SIP/2.0 (again)
        0900 <-- SIP/2.0 200 OK (again)
    "#]]
    .assert_eq(&ladder(one));
    let all = one.messages().map(|m| String::from_utf8_lossy(m.text.expose()).into_owned()).collect::<String>();
    assert!(
        all.contains("AES_CM_128_HMAC_SHA1_80") && all.contains("username=\"102\"") && !all.contains("HUSH"),
        "{all}"
    );
    assert_eq!(format!("{one:?}"), "Recording(LegId(2), 15 messages)");
    script.wait(seconds(60));
    assert_eq!(script.endpoint.usage().recorded, 0, "nothing stays");
}

#[test]
fn what_was_said_until_now_can_be_read_while_the_call_is_up_and_stays() {
    let mut script = recording();
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i1", 1, "", OFFER));
    let leg = invite_leg(&mut script);
    script.order(Command::Ring { leg, code: 180, body: None });
    let look = |script: &mut Script| {
        script.order(Command::ReadMessages { ask: 7, legs: vec![leg, OUT] });
        let answer = script.events.drain(..).find_map(|e| match e {
            Event::Messages { ask: 7, legs } => Some(legs),
            _ => None,
        });
        answer.expect("an answer in the same step")
    };
    let legs = look(&mut script);
    assert_eq!((legs.len(), legs[0].leg(), legs[1].leg()), (2, leg, OUT));
    assert_eq!(legs[1].messages().count(), 0, "a leg that is not there has said nothing");
    expect_test::expect![[r#"
        0000 --> INVITE sip:101@clinic.demo SIP/2.0
        0000 <-- SIP/2.0 180 Ringing
    "#]]
    .assert_eq(&ladder(&legs[0]));
    let text = legs[0].messages().map(|m| String::from_utf8_lossy(m.text.expose()).into_owned()).collect::<String>();
    assert!(text.contains("AES_CM_128_HMAC_SHA1_80") && !text.contains("HUSH"), "{text}");
    script.order(Command::Refuse { leg, code: 486, retry_after: None });
    script.wait(Duration::from_millis(500));
    assert!(ladder(&look(&mut script)[0]).contains("SIP/2.0 486"), "its last messages may still come");
    script.wait(seconds(40));
    let given: usize = given_away(&mut script).0.iter().map(|r| r.messages().count()).sum();
    assert!(given >= 3, "{given}: reading takes nothing away");
    assert_eq!(look(&mut script)[0].messages().count(), 0, "what was given away is gone");
}

fn call(script: &mut Script, leg: LegId, uri: &str) {
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = OutgoingCall::new(uri, udp(TRUNK), party("101"), party("102"), "offer");
    script.order(Command::Invite { leg, call: call.into() });
}

#[test]
fn an_outgoing_leg_is_kept_until_its_refusal_is_acknowledged() {
    let mut script = recording();
    call(&mut script, OUT, "sip:102@192.0.2.7");
    let (_, sent) = script.sent.pop().expect("an INVITE");
    script.wait(Duration::from_millis(700));
    let busy = sent
        .lines()
        .filter(|l| ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|n| l.starts_with(n)))
        .fold("SIP/2.0 486 Busy Here\n".to_owned(), |text, line| text + line + "\n");
    script.receive(udp(TRUNK), &wire(&format!("{busy}Content-Length: 0\n\n")));
    script.wait(seconds(2));
    let (all, _) = given_away(&mut script);
    expect_test::expect![[r#"
        0000 <-- INVITE sip:102@192.0.2.7 SIP/2.0
        0500 <-- INVITE sip:102@192.0.2.7 SIP/2.0 (again)
        0700 --> SIP/2.0 486 Busy Here
        0700 <-- ACK sip:102@192.0.2.7 SIP/2.0
    "#]]
    .assert_eq(&ladder(&all[0]));
}

#[test]
fn every_leg_is_given_away_once_also_one_that_never_began() {
    let mut script = recording();
    call(&mut script, OUT, "no uri at all");
    call(&mut script, LegId::outgoing(2), "sip:102@192.0.2.7");
    script.order(Command::Cancel { leg: LegId::outgoing(2) });
    script.wait(seconds(120));
    let mut legs: Vec<LegId> = given_away(&mut script).0.iter().map(Recording::leg).collect();
    legs.sort_unstable();
    assert_eq!(legs, [OUT, LegId::outgoing(2)]);
}

#[test]
fn what_was_turned_away_is_kept_by_sender_and_in_bounds() {
    let mut script = recording();
    let credentials = "Authorization: Digest username=\"102\", realm=\"clinic.demo\", nonce=\"00\", uri=\"sip:clinic.demo\", response=\"HUSH\"\n";
    let register = |script: &mut Script, branch: &str, extra: &str| {
        script.phone(&request("REGISTER", "sip:clinic.demo", branch, 1, extra, ""));
        let Some(Event::Register { request, .. }) = script.events.pop() else { panic!("a REGISTER") };
        request
    };
    let first = register(&mut script, "r1", "");
    script.order(Command::Challenge { request: first, stale: false });
    let wrong = register(&mut script, "r2", credentials);
    script.order(Command::Challenge { request: wrong, stale: false });
    let forbidden = register(&mut script, "r3", "");
    script.order(Command::Reject { request: forbidden, code: 403 });
    script.phone("OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKx\nFrom: <sip:a@b>;tag=1\nTo: <sip:a>\nCall-ID: x\n\n");
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", ""));
    let leg = invite_leg(&mut script);
    script.order(Command::ChallengeInvite { leg, stale: false });
    script.wait(seconds(4));
    let (legs, away) = given_away(&mut script);
    let seen: Vec<(u16, String)> = away
        .iter()
        .map(|a| {
            (a.code, String::from_utf8_lossy(a.message().text.expose()).lines().next().unwrap_or_default().to_owned())
        })
        .collect();
    let line = |code: u16, text: &str| (code, format!("{text} SIP/2.0"));
    let expected = [
        line(401, "REGISTER sip:clinic.demo"),
        line(403, "REGISTER sip:clinic.demo"),
        line(400, "OPTIONS sip:a"),
        line(401, "INVITE sip:101@clinic.demo"),
    ];
    assert_eq!((legs.len(), seen), (0, expected.to_vec()));
    assert!(!String::from_utf8_lossy(away[0].message().text.expose()).contains("HUSH"));

    for n in 0..200 {
        let sender = format!("10.0.{}.9:5060", n / 50);
        script.receive(udp(&sender), &wire("OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\n\n"));
    }
    script.wait(seconds(4));
    let (_, away) = given_away(&mut script);
    let scanners = away.iter().filter(|a| a.message().flow.remote.port() == 5060).count();
    assert_eq!((away.len(), scanners), (24, 24), "six of each sender, however much one sends");
}

#[test]
fn a_flood_is_bounded_and_takes_nothing_from_the_calls_that_are_up() {
    let mut script = recording();
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER));
    let leg = invite_leg(&mut script);
    let noise = format!("X-Noise: {}\n", "x".repeat(7000)).repeat(3);
    for n in 0..3000 {
        let text = request("INVITE", "sip:101@clinic.demo", &format!("f{n}"), 1, &noise, "");
        script.phone(&text.replace("Call-ID: c1", &format!("Call-ID: flood-{n}")));
    }
    let held = script.endpoint.usage().recorded;
    assert!(held > 1 << 20 && held <= (16 << 20) + (32 << 10), "{held}");
    script.order(Command::Refuse { leg, code: 486, retry_after: None });
    script.wait(seconds(2));
    let (all, _) = given_away(&mut script);
    let mine = all.iter().find(|r| r.leg() == leg).expect("its recording");
    assert!(mine.messages().any(|m| m.text.expose().starts_with(b"SIP/2.0 486")), "{}", ladder(mine));
}

/// A secret, as text that no header has by chance.
fn secret() -> impl Strategy<Value = String> {
    "[a-z0-9]{3}(HUSH|hush)[a-zA-Z0-9+/]{0,12}"
}

/// One place for a secret, and how it may be written there.
fn place() -> impl Strategy<Value = (String, bool)> {
    let blank = prop_oneof![Just(""), Just(" "), Just("\t ")];
    let quote = prop_oneof![Just("\""), Just("")];
    let header = prop_oneof![
        Just("Authorization"),
        Just("authorization"),
        Just("Proxy-Authorization"),
        Just("WWW-Authenticate"),
        Just("PROXY-AUTHENTICATE"),
        Just("Authentication-Info"),
    ];
    let param = prop_oneof![
        Just("response"),
        Just("nonce"),
        Just("cnonce"),
        Just("opaque"),
        Just("NONCE"),
        Just("rspauth"),
        Just("nextnonce"),
        Just("password"),
        Just("something-new"),
    ];
    let digest =
        (header, param, blank, quote, 0usize..3, secret()).prop_map(|(header, param, blank, quote, before, secret)| {
            let others = ["username=\"102\", ", "realm=\"a, b\",", "qop=auth,\t"];
            let text = format!(
                "{header}:{blank} Digest {}{param}{blank}={blank}{quote}{secret}{quote}, uri=\"sip:a\"",
                others[..before].concat()
            );
            (text, false)
        });
    let scheme = (prop_oneof![Just("Bearer"), Just("Basic"), Just("X-Own")], secret())
        .prop_map(|(scheme, secret)| (format!("Authorization: {scheme} {secret}=="), false));
    let uri =
        (prop_oneof![Just("Contact"), Just("f"), Just("X-Any")], prop_oneof![Just("sip"), Just("SIPS")], secret())
            .prop_map(|(header, scheme, secret)| {
                (format!("{header}: \"A\" <{scheme}:102:{secret}@10.0.0.2>;x=1"), false)
            });
    let named = (
        prop_oneof![Just("password"), Just("Token"), Just("secret"), Just("pn-prid"), Just("pwd")],
        blank_(),
        secret(),
    )
        .prop_map(|(name, blank, secret)| (format!("X-Config: <sip:a@b;{name}{blank}={blank}{secret}>"), false));
    let cookie = secret().prop_map(|secret| (format!("Cookie: session={secret}; x=y"), false));
    let no_header = secret().prop_map(|secret| (format!("{secret} is no header"), false));
    let sdp = (
        prop_oneof![
            Just("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"),
            Just("a=ice-pwd:"),
            Just("A=CRYPTO:2 X inline:"),
            Just("a=key-mgmt:mikey "),
            Just("k=base64:")
        ],
        secret(),
    )
        .prop_map(|(line, secret)| (format!("{line}{secret}|2^20|1:4"), true));
    prop_oneof![4 => digest, 1 => scheme, 1 => uri, 1 => named, 1 => cookie, 1 => no_header, 2 => sdp]
}

fn blank_() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just(""), Just(" ")]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_secret_is_ever_read(places in proptest::collection::vec(place(), 1..8), cut in proptest::option::of(0usize..900)) {
        let mut script = recording();
        let (mut headers, mut body) = (String::new(), "v=0\n".to_owned());
        for (line, in_body) in &places {
            let text = if *in_body { &mut body } else { &mut headers };
            *text += line;
            *text += "\n";
        }
        let text = wire(&request("INVITE", "sip:101:oneHUSH@clinic.demo", "i", 1, &headers, &body));
        let text = &text[..cut.unwrap_or(text.len()).min(text.len())];
        script.receive(udp(PHONE), text);
        if let Some(Event::Invite { leg, .. }) = script.events.last() {
            let leg = *leg;
            script.order(Command::Refuse { leg, code: 486, retry_after: None });
        }
        script.wait(seconds(4));
        let (legs, away) = given_away(&mut script);
        let messages = legs.iter().flat_map(Recording::messages).chain(away.iter().map(RefusedMessage::message));
        for message in messages {
            let shown = String::from_utf8_lossy(message.text.expose()).into_owned();
            prop_assert!(!shown.to_ascii_lowercase().contains("hush"), "{shown}");
        }
    }

    #[test]
    fn anything_can_be_turned_away(noise in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut script = recording();
        let mut text = b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n".to_vec();
        text.extend(noise);
        script.receive(udp(PHONE), &text);
        script.wait(seconds(4));
        for away in given_away(&mut script).1 {
            let shown = away.message();
            prop_assert!(shown.text.expose().starts_with(b"OPTIONS"));
        }
    }
}
