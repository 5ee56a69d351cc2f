//! Hostile and greedy sources, in simulated time: what they get, and that nobody else notices.

mod script;

use std::time::Duration;

use model::Source;
use model::defence::Suspicion;
use script::{REALM, Script, address, request, seconds, udp, wire};
use sip::alg::Change;
use sip::{Auth, Command, Config, Event, Flow, Input, Peers, User};

const SDP: &str = "v=0\n";
const FLOOD: &str = "10.0.0.66";

/// A clinic with room for all that the tests ask.
fn clinic() -> Script {
    let mut script = Script::with(Config::new(REALM));
    script.order(Command::SetEmergency(vec!["911".into()]));
    let networks = model::settings::Network::parse("10.0.0.0/8").into_iter().collect();
    let (trunks, gateways) = (vec!["192.0.2.7", "10.0.0.9"], vec![address("10.0.0.9:5060")]);
    let trunks = trunks.iter().map(|t| t.parse().expect("address")).collect();
    script.order(Command::SetPeers(Peers { networks, trunks, gateways, ..Peers::default() }));
    script
}

/// One datagram; the status of the answer, or silence.
fn says(script: &mut Script, from: &str, text: &str) -> Option<u16> {
    script.receive(udp(from), &wire(text));
    let status = |(_, text): (Flow, String)| text.split(' ').nth(1).and_then(|code| code.parse().ok());
    script.sent.drain(..).filter_map(status).rfind(|code| *code != 100)
}

/// A new request each time.
fn new(method: &str, uri: &str, n: u32, extra: &str) -> String {
    let text = request(method, uri, &format!("n{n}"), 1, extra, if method == "INVITE" { SDP } else { "" });
    text.replace("Call-ID: c1", &format!("Call-ID: n{n}"))
}

fn register(user: &str, n: u32, extra: &str) -> String {
    let extra = format!("From: <sip:{user}@{REALM}>;tag=r\nTo: <sip:{user}@{REALM}>\n{extra}");
    new("REGISTER", &format!("sip:{REALM}"), n, &extra)
}

/// What the user of the endpoint does with a registration: a challenge, or a binding. What else was reported stays.
fn answer_registers(script: &mut Script) {
    for event in std::mem::take(&mut script.events) {
        let (request, register) = match event {
            Event::Register { request, register } => (request, register),
            other => {
                script.events.push(other);
                continue;
            }
        };
        script.order(match register.auth {
            Auth::Valid { .. } => Command::AcceptRegister { request, contacts: register.contacts, outbound: false },
            Auth::Stale => Command::Challenge { request, stale: true },
            Auth::None | Auth::Wrong => Command::Challenge { request, stale: false },
        });
    }
}

/// A whole registration of 102 from here. The last status, or silence.
fn registers(script: &mut Script, from: &str, n: u32, password: &str) -> Option<u16> {
    script.receive(udp(from), &wire(&register("102", n, "")));
    answer_registers(script);
    let (_, challenge) = script.sent.drain(..).next_back()?;
    let nonce = challenge.split("nonce=\"").nth(1)?.split('"').next()?.to_owned();
    let line = credentials(&nonce, password, "REGISTER", &format!("sip:{REALM}"));
    script.receive(udp(from), &wire(&register("102", n + 1, &line)));
    answer_registers(script);
    let (_, text) = script.sent.drain(..).next_back()?;
    text.split(' ').nth(1)?.parse().ok()
}

fn credentials(nonce: &str, password: &str, method: &str, uri: &str) -> String {
    use md5::{Digest, Md5};
    let hash = |text: String| hex::encode(Md5::digest(text));
    let ha1 = User::from_password("102", REALM, password).ha1_md5;
    let response = hash(format!("{ha1}:{nonce}:00000001:c:auth:{}", hash(format!("{method}:{uri}"))));
    format!(
        "Authorization: Digest username=\"102\", realm=\"{REALM}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5, qop=auth, \
         nc=00000001, cnonce=\"c\", response=\"{response}\"\n"
    )
}

fn blocks(script: &mut Script) -> Vec<Suspicion> {
    let block = |e: Event| match e {
        Event::Blocked(block) => Some(block.suspicion),
        _ => None,
    };
    script.events.drain(..).filter_map(block).collect()
}

#[test]
fn a_flood_from_one_address_is_refused_then_ignored_and_takes_nothing_from_others() {
    let mut script = clinic();
    assert_eq!(registers(&mut script, "10.0.0.2:5060", 1_000_000, "secret"), Some(200));
    script.events.clear();
    let (mut refused, mut silent) = (0, 0);
    for n in 0..5000 {
        // Ten thousand a second, each from another port.
        script.wait(Duration::from_micros(100));
        let port = 1024 + n;
        match says(&mut script, &format!("{FLOOD}:{port}"), &new("INVITE", "sip:101@clinic.demo", n, "")) {
            Some(503) => refused += 1,
            Some(other) => panic!("{other}"),
            None => silent += 1,
        }
        if n % 125 == 0 {
            let phone = says(&mut script, "10.0.0.2:5060", &new("OPTIONS", "sip:clinic.demo", 50_000 + n, ""));
            assert_eq!(phone, Some(200), "a phone is served all the time");
            let stranger = says(&mut script, "10.0.0.3:5060", &new("OPTIONS", "sip:clinic.demo", 100_000 + n, ""));
            assert_eq!(stranger, Some(200), "and a phone that has yet to register");
        }
    }
    let calls = script.events.iter().filter(|e| matches!(e, Event::Invite { .. })).count();
    assert_eq!(calls, 150, "the rest of the 200 that may ring at once is for others");
    assert_eq!(blocks(&mut script), [Suspicion::Asking]);
    let counted = script.endpoint.counters();
    assert_eq!((counted.above_share, counted.above_share + counted.busy), (20, refused));
    assert_eq!(counted.blocked + counted.silenced + 150, silent);
    assert!(refused < 100 && refused + silent == 5000, "{refused} were told, {silent} were not");
    // The same address calls for help.
    script.receive(udp(&format!("{FLOOD}:9")), &wire(&new("INVITE", "sip:911@clinic.demo", 900_000, "")));
    assert_eq!(script.names(), ["Invite"]);
}

#[test]
fn calls_for_help_are_never_counted() {
    let mut script = clinic();
    for n in 0..900 {
        script.receive(udp("10.0.0.66:5060"), &wire(&new("INVITE", "sip:911@clinic.demo", n, "")));
    }
    let calls = script.events.drain(..).filter(|e| matches!(e, Event::Invite { .. })).count();
    assert_eq!(calls, 900, "far above any share");
    assert_eq!(says(&mut script, "10.0.0.66:5060", &new("OPTIONS", "sip:clinic.demo", 1000, "")), Some(200));
    assert!(script.lines().iter().all(|l| !l.contains("503")));
}

#[test]
fn a_phone_and_a_trunk_have_a_larger_share_than_a_stranger() {
    let mut script = clinic();
    assert_eq!(registers(&mut script, "10.0.0.2:5060", 1_000_000, "secret"), Some(200));
    let mut served = |from: &str| {
        let mut n = 0;
        while says(&mut script, from, &new("OPTIONS", "sip:clinic.demo", n, "")) == Some(200) {
            n += 1;
        }
        n
    };
    // The stranger, the phone, another phone behind its address, the trunk, a gateway on the next shelf, and a phone at the gateway's
    // address. The two trunks share nothing.
    let all = ["10.0.0.3:5060", "10.0.0.2:5060", "192.0.2.7:5060", "10.0.0.9:5060", "10.0.0.9:5062"].map(&mut served);
    assert_eq!(all, [200, 12_000, 12_000, 12_000, 200]);
}

#[test]
fn programs_that_search_for_telephone_systems_find_nothing() {
    let mut script = clinic();
    let svmap = new("OPTIONS", "sip:100@10.0.0.1", 1, "User-Agent: friendly-scanner\n");
    assert_eq!(says(&mut script, "10.0.0.66:5060", &svmap), None);
    assert_eq!(blocks(&mut script), [Suspicion::Scanner]);
    // It is not answered under another name either.
    assert_eq!(says(&mut script, "10.0.0.66:5060", &new("OPTIONS", "sip:100@10.0.0.1", 2, "")), None);
    assert_eq!(says(&mut script, "10.0.0.66:5060", "OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.66\n\n"), None);
    assert_eq!(script.endpoint.counters().blocked, 2);
    script.wait(seconds(601));
    assert_eq!(says(&mut script, "10.0.0.66:5060", &new("OPTIONS", "sip:100@10.0.0.1", 3, "")), Some(200));
}

#[test]
fn a_sweep_over_names_is_ended_and_learns_nothing() {
    let mut script = clinic();
    let mut heard = Vec::new();
    for n in 0..50 {
        let user = (100 + n).to_string();
        script.receive(udp("10.0.0.66:5060"), &wire(&register(&user, n, "")));
        answer_registers(&mut script);
        heard.push(script.lines());
    }
    let answers = heard.iter().flatten().count();
    assert_eq!(heard.iter().flatten().filter(|l| !l.contains("401")).count(), 0, "existing or not, all hear the same");
    assert!((5..30).contains(&answers), "{answers}");
    assert_eq!(blocks(&mut script), [Suspicion::UnknownNames]);
}

#[test]
fn guessing_ends_and_a_phone_at_the_same_address_works_on() {
    let mut script = clinic();
    assert_eq!(registers(&mut script, "10.0.0.2:5060", 1_000_000, "secret"), Some(200));
    script.events.clear();
    // A program on the same machine guesses, faster than anybody types.
    let mut answered = 0;
    for n in 0..1000 {
        script.wait(Duration::from_millis(10));
        answered += u32::from(registers(&mut script, "10.0.0.2:9999", n * 2, &format!("guess{n}")).is_some());
    }
    assert!(answered < 40, "{answered} guesses were looked at in ten seconds");
    assert_eq!(blocks(&mut script), [Suspicion::WrongPasswords]);
    // Meanwhile the phone renews its registration by its own path; its password is right, so the block is over.
    assert_eq!(registers(&mut script, "10.0.0.2:5060", 2_000_000, "secret"), Some(200));
    assert!(script.events.drain(..).any(|e| matches!(e, Event::Forgiven { .. })));
    // It does not take long until the next, and that is longer.
    for n in 0..20 {
        registers(&mut script, "10.0.0.2:9999", 5000 + n * 2, "guess");
    }
    let again: Vec<_> =
        script.events.drain(..).filter_map(|e| if let Event::Blocked(b) = e { Some(b) } else { None }).collect();
    assert_eq!(again.iter().map(|b| (b.times, b.until.millis_since(b.since))).collect::<Vec<_>>(), [(2, 1_800_000)]);
}

#[test]
fn it_makes_no_difference_by_which_request_somebody_guesses() {
    for (method, extra) in [
        ("REGISTER", ""),
        ("INVITE", ""),
        ("SUBSCRIBE", "Event: dialog\nTo: <sip:101@clinic.demo>\n"),
        ("MESSAGE", "Content-Type: text/plain\n"),
    ] {
        let mut script = clinic();
        for n in 0..20 {
            let line = credentials("feed", &format!("guess{n}"), method, "sip:clinic.demo");
            script.receive(udp("10.0.0.66:5060"), &wire(&new(method, "sip:clinic.demo", n, &format!("{extra}{line}"))));
        }
        assert_eq!(blocks(&mut script), [Suspicion::WrongPasswords], "{method}");
    }
}

#[test]
fn a_phone_that_starts_beside_a_scanner_can_prove_itself() {
    let mut script = clinic();
    says(&mut script, "10.0.0.66:6000", &new("OPTIONS", "sip:100@10.0.0.1", 1, "User-Agent: friendly-scanner\n"));
    script.events.clear();
    assert_eq!(registers(&mut script, "10.0.0.66:5060", 10, "secret"), Some(200));
    assert_eq!(says(&mut script, "10.0.0.66:5060", &new("OPTIONS", "sip:clinic.demo", 20, "")), Some(200));
    // Its password does not speak for the scanner.
    assert_eq!(says(&mut script, "10.0.0.66:6000", &new("OPTIONS", "sip:100@10.0.0.1", 30, "")), None);
    script.order(Command::Unblock { source: Source::of(address("10.0.0.66:1").ip()) });
    assert_eq!(says(&mut script, "10.0.0.66:6000", &new("OPTIONS", "sip:100@10.0.0.1", 31, "")), Some(200));
}

#[test]
fn a_call_that_is_up_passes_by_every_limit() {
    let mut script = clinic();
    let invite = new("INVITE", "sip:911@clinic.demo", 1, "");
    script.receive(udp("10.0.0.66:5060"), &wire(&invite));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("a call") };
    script.order(Command::Answer { leg, body: SDP.into() });
    let tag = script.our_tag();
    let inside = |method: &str, cseq: u32| {
        let to = format!("To: <sip:101@clinic.demo>;tag={tag}\n");
        request(method, "sip:clinic.demo", &format!("i{cseq}"), cseq, &to, "").replace("Call-ID: c1", "Call-ID: n1")
    };
    script.receive(udp("10.0.0.66:5060"), &wire(&inside("ACK", 1)));
    says(&mut script, "10.0.0.66:5060", &new("OPTIONS", "sip:100@10.0.0.1", 2, "User-Agent: friendly-scanner\n"));
    script.order_load(seconds(10));
    assert_eq!(says(&mut script, "10.0.0.66:5060", &inside("BYE", 2)), Some(200));
}

#[test]
fn when_it_cannot_keep_up_new_work_is_refused_of_those_first_who_ask_most() {
    let mut script = clinic();
    script.order_load(Duration::from_millis(60));
    let call = |script: &mut Script, from: &str, n: u32| {
        let answer = says(script, from, &new("INVITE", "sip:101@clinic.demo", n, ""));
        answer.is_none() && matches!(script.events.pop(), Some(Event::Invite { .. }))
    };
    let greedy = (0..100).filter(|n| call(&mut script, "10.0.0.66:5060", *n)).count();
    assert!(call(&mut script, "10.0.0.2:5060", 1000), "who asks little is served");
    assert_eq!(greedy, 0);
    // A registration costs less and waits longer; a call for help waits for nothing.
    script.receive(udp("10.0.0.66:5060"), &wire(&register("102", 2000, "")));
    assert_eq!(script.names(), ["Register"]);
    script.order_load(Duration::from_millis(450));
    assert!(!call(&mut script, "10.0.0.2:5060", 1001), "now nobody is");
    assert_eq!(says(&mut script, "10.0.0.2:5060", &register("102", 2001, "")), Some(503));
    script.receive(udp("10.0.0.66:5060"), &wire(&new("INVITE", "sip:911@clinic.demo", 3000, "")));
    assert_eq!(script.names(), ["Invite"]);
    script.order_load(Duration::ZERO);
    assert!(call(&mut script, "10.0.0.66:5060", 4000), "and then all is as before");
}

/// The first half of the work is done for whoever answers a challenge.
#[test]
fn when_it_cannot_keep_up_an_answer_to_a_challenge_goes_before_a_new_question() {
    let mut script = clinic();
    let answer =
        "Authorization: Digest username=\"101\", realm=\"clinic.demo\", nonce=\"x\", uri=\"sip:x\", response=\"y\"\n";
    // Somebody else asks most.
    script.order_load(Duration::from_millis(60));
    for n in 1000..1100 {
        says(&mut script, "10.0.0.66:5060", &new("INVITE", "sip:101@clinic.demo", n, ""));
    }
    let is_refused = |script: &mut Script, n: u32, method: &str, extra: &str| {
        let text = if method == "INVITE" {
            new(method, "sip:101@clinic.demo", n, extra)
        } else {
            register("101", n, "").replace("CSeq", &format!("{extra}CSeq"))
        };
        says(script, "10.0.0.2:5060", &text) == Some(503)
    };
    for (n, (millis, expected)) in (1u32..).map(|n| 10 * n).zip([
        (300, (true, false, false, false)),
        (450, (true, true, true, false)),
        (600, (true, true, true, true)),
    ]) {
        script.order_load(Duration::from_millis(millis));
        let first = is_refused(&mut script, n, "INVITE", "");
        let second = is_refused(&mut script, n + 1, "INVITE", answer);
        let (asks, proves) =
            (is_refused(&mut script, n + 2, "REGISTER", ""), is_refused(&mut script, n + 3, "REGISTER", answer));
        assert_eq!((first, second, asks, proves), expected, "{millis}");
    }
}

#[test]
fn strangers_from_outside_are_counted_by_what_they_want_and_told_once_in_a_while() {
    let mut script = clinic();
    for (n, method) in ["INVITE", "REGISTER", "OPTIONS", "OPTIONS", "GET"].into_iter().enumerate() {
        let n = u32::try_from(n).expect("small");
        assert_eq!(says(&mut script, "203.0.113.5:5060", &new(method, "sip:100@10.0.0.1", n, "")), None);
    }
    script.input(Input::Timeout);
    assert!(script.events.is_empty());
    script.wait(seconds(2));
    let [Event::TurnedAway(told)] = &script.events[..] else { panic!("{:?}", script.events) };
    let foreign = told.foreign;
    assert_eq!((foreign.calls, foreign.registrations, foreign.probes, foreign.other), (1, 1, 2, 1));
    script.events.clear();
    script.wait(seconds(60));
    assert!(script.events.is_empty(), "nothing new is not told again");
}

#[test]
fn a_router_that_changes_messages_is_found_by_the_mirror_and_by_a_registration() {
    let mut script = clinic();
    let sent = new("OPTIONS", "sip:10.0.0.1", 1, "X-Frontdesk-Mirror: 1\n");
    let honest = |text: &str| text.to_owned();
    let router = |text: &str| text.replace("<sip:102@10.0.0.2:5060>", "<sip:102@10.9.9.9:40000>");
    for (on_the_way, expected) in [(&honest as &dyn Fn(&str) -> String, vec![]), (&router, vec![Change::Contact])] {
        script.receive(udp("10.0.0.2:5060"), &wire(&on_the_way(&sent)));
        let (_, answer) = script.sent.pop().expect("an answer");
        let mirrored = answer.split("\n\n").nth(1).expect("a body");
        assert_eq!(sip::alg::compare(&wire(&sent), mirrored.as_bytes()), Some(expected), "{answer}");
    }
    // The phone is behind a router that writes its own address over that of the phone, but not everywhere.
    let phone = "10.0.0.2:5060";
    let behind = |n: u32, extra: &str| {
        let inside = format!("Contact: <sip:102@192.168.1.20:5060>\n{extra}");
        register("102", n, &inside).replace("Contact: <sip:102@10.0.0.2:5060>\n", "")
    };
    for (n, expected) in [(1, 1), (100, 0)] {
        script.receive(udp(phone), &wire(&behind(n, "")));
        answer_registers(&mut script);
        let (_, challenge) = script.sent.pop().expect("a challenge");
        let nonce = challenge.split("nonce=\"").nth(1).and_then(|t| t.split('"').next()).expect("a nonce").to_owned();
        let line = credentials(&nonce, "secret", "REGISTER", &format!("sip:{REALM}"));
        script.receive(udp(phone), &wire(&behind(n + 1, &line)));
        let found = script.events.iter().filter(|e| matches!(e, Event::Altered { user, .. } if user.expose() == "102"));
        assert_eq!(found.count(), expected, "told once");
        script.events.clear();
    }
}
