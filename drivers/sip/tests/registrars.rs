//! The path to a registrar, as text in and transcript out: how it is kept open, and what follows when it breaks.

mod script;

use std::time::Duration;

use script::{OUT, Script, TRUNK, respond, sdp, seconds, tcp, udp, wire};
use sip::{Command, Event, Flow, Input, NameAddr, OutgoingCall, Trunk, TrunkTrouble};

const SECOND: &str = "192.0.2.8:5060";
const PING: &str = "\n\n";

/// Registered over this path for an hour.
fn registered(flow: Flow) -> Script {
    let mut script = Script::new();
    let trunk = Trunk { registers: true, user: "4711".into(), ..Trunk::new("main", "carrier.example", vec![flow]) };
    script.order(Command::SetTrunks(vec![trunk]));
    accept(&mut script);
    assert_eq!(script.names(), ["TrunkRegistered"]);
    script
}

/// The registrar accepts what was sent last.
fn accept(script: &mut Script) {
    let (flow, request) = script.sent.pop().expect("a REGISTER");
    assert!(request.starts_with("REGISTER"), "{request}");
    script.receive(flow, &wire(&respond(&request, 200, "r", "Expires: 3600\n", "")));
}

/// How long it takes until something is sent; what was sent before is forgotten.
fn until_it_speaks(script: &mut Script) -> Duration {
    script.sent.clear();
    let begin = script.now.instant;
    while script.sent.is_empty() {
        script.wait(Duration::from_millis(100));
        assert!(script.now.instant.saturating_since(begin) < seconds(4000), "nothing is sent any more");
    }
    script.now.instant.saturating_since(begin)
}

#[test]
fn when_the_connection_to_a_registrar_breaks_we_register_again_in_a_few_seconds() {
    let mut script = registered(tcp(TRUNK, 0));
    script.wait(seconds(1000));
    // The shell names the path that was ordered, and then the connection itself.
    for connection in [0, 1 << 63 | 1] {
        script.input(Input::Closed { flow: tcp(TRUNK, connection) });
    }
    let waited = until_it_speaks(&mut script);
    assert!((seconds(2)..=seconds(5)).contains(&waited), "{waited:?}");
    accept(&mut script);
    assert_eq!(script.names(), ["TrunkRegistered"]);
    let waited = until_it_speaks(&mut script);
    assert!(waited >= seconds(2700), "and then not before it is renewed: {waited:?}");
}

#[test]
fn a_registrar_that_comes_back_late_is_asked_as_one_that_does_not_answer() {
    let mut script = registered(tcp(TRUNK, 0));
    script.input(Input::Closed { flow: tcp(TRUNK, 0) });
    until_it_speaks(&mut script);
    script.input(Input::Closed { flow: tcp(TRUNK, 0) });
    assert!(
        matches!(script.events[..], [Event::TrunkLost { trouble: TrunkTrouble::NoAnswer, .. }]),
        "{:?}",
        script.events
    );
    let waited = until_it_speaks(&mut script);
    assert!((seconds(15)..=seconds(31)).contains(&waited), "{waited:?}");
}

/// An outage of hours. What brings calls back must not wait for half an hour after it.
#[test]
fn a_registrar_that_was_away_for_long_has_us_again_in_two_minutes() {
    let mut script = registered(udp(TRUNK));
    script.wait(seconds(4 * 3600));
    script.events.clear();
    while !script.lines().iter().any(|line| line.starts_with("REGISTER")) {
        script.wait(seconds(1));
    }
    // Its Timer F, and the wait after it.
    script.wait(seconds(40));
    let waited = until_it_speaks(&mut script);
    assert!(waited <= seconds(120), "{waited:?}");
    accept(&mut script);
    assert_eq!(script.names(), ["TrunkLost", "TrunkRegistered"]);
}

/// A call to the carrier whose registrar does not answer.
fn call(script: &mut Script) -> String {
    let party =
        |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@carrier.example").into() };
    let mut call = OutgoingCall::new("sip:x@carrier.example", udp(TRUNK), party("4711"), party("x"), sdp("offer"));
    call.trunk = Some("main".into());
    script.sent.clear();
    script.order(Command::Invite { leg: OUT, call: call.into() });
    script.sent.pop().expect("an INVITE").1
}

#[test]
fn a_carrier_that_answers_a_call_is_registered_with_at_once() {
    let mut script = registered(udp(TRUNK));
    // It is waited for half a minute at least after the second failure.
    for _ in 0..2 {
        while !script.names().contains(&"TrunkLost".to_owned()) {
            script.wait(seconds(1));
        }
    }
    // Not before a little while is over: its registrar is away, and each call would ask it again.
    let invite = call(&mut script);
    script.receive(udp(TRUNK), &wire(&respond(&invite, 486, "t", "", "")));
    assert_eq!(script.lines(), ["ACK sip:x@carrier.example SIP/2.0"]);
    script.wait(seconds(15));
    let invite = call(&mut script);
    for code in [100, 180] {
        script.receive(udp(TRUNK), &wire(&respond(&invite, code, "t", "", "")));
        let sent: Vec<_> = script.sent.iter().map(|(_, text)| text.lines().next().unwrap_or_default()).collect();
        assert_eq!(sent, ["REGISTER sip:carrier.example SIP/2.0"], "once");
    }
    accept(&mut script);
    assert!(script.names().contains(&"TrunkRegistered".to_owned()));
}

/// A wrong password is not tried more often because calls go out, nor is a registrar asked sooner than it wants.
#[test]
fn a_call_is_no_reason_to_ask_a_registrar_that_refused_us_or_named_a_time() {
    for (code, extra, after) in [(403, "", 20), (503, "Retry-After: 600\n", 599)] {
        let mut script = Script::new();
        let trunk =
            Trunk { registers: true, user: "4711".into(), ..Trunk::new("main", "carrier.example", vec![udp(TRUNK)]) };
        script.order(Command::SetTrunks(vec![trunk]));
        // After the second refusal it is left alone for half a minute at least.
        for refusal in 1..=2 {
            let register = script.sent.pop().expect("a REGISTER").1;
            script.receive(udp(TRUNK), &wire(&respond(&register, code, "r", extra, "")));
            if refusal == 1 {
                until_it_speaks(&mut script);
            }
        }
        script.wait(seconds(after));
        let invite = call(&mut script);
        script.receive(udp(TRUNK), &wire(&respond(&invite, 486, "t", "", "")));
        assert_eq!(script.lines(), ["ACK sip:x@carrier.example SIP/2.0"], "{code}");
    }
}

#[test]
fn a_registrar_that_closes_each_connection_is_not_run_over() {
    let mut script = registered(tcp(TRUNK, 0));
    let mut waits = Vec::new();
    for _ in 0..12 {
        script.wait(seconds(10));
        script.input(Input::Closed { flow: tcp(TRUNK, 0) });
        waits.push(until_it_speaks(&mut script).as_secs());
        accept(&mut script);
    }
    assert!(waits[0] <= 8 && waits[11] >= 150 && waits.iter().all(|wait| *wait <= 300), "{waits:?}");
    // It holds one at last: when that breaks, it is as the first time.
    script.wait(seconds(600));
    script.input(Input::Closed { flow: tcp(TRUNK, 0) });
    let waited = until_it_speaks(&mut script);
    assert!(waited <= seconds(5), "{waited:?}");
}

#[test]
fn other_connections_say_nothing_about_a_registration() {
    let mut script = registered(tcp(TRUNK, 0));
    script.input(Input::Closed { flow: tcp(SECOND, 0) });
    script.input(Input::Closed { flow: tcp("192.0.2.7:40000", 3) });
    script.input(Input::Closed { flow: tcp(script::PHONE, 4) });
    script.wait(seconds(600));
    assert_eq!(script.sent(), "");
}

#[test]
fn a_nat_towards_a_registrar_is_kept_open_and_nobody_need_answer() {
    let mut script = registered(udp(TRUNK));
    for _ in 0..20 {
        let waited = until_it_speaks(&mut script);
        assert!((seconds(25)..seconds(30)).contains(&waited), "{waited:?}");
        assert_eq!(script.sent[..], [(udp(TRUNK), PING.to_owned())]);
    }
    script.wait(seconds(2000));
    assert_eq!(script.names(), [""; 0], "nothing follows from silence");
    // The registrar is gone: nothing is to be kept open until it takes us again.
    script.wait(seconds(800));
    assert!(script.names().contains(&"TrunkLost".to_owned()));
    script.sent.clear();
    script.wait(seconds(600));
    assert!(script.lines().iter().all(|line| line.starts_with("REGISTER")));
    while !script.sent.last().is_some_and(|(_, text)| text.starts_with("REGISTER")) {
        until_it_speaks(&mut script);
    }
    accept(&mut script);
    until_it_speaks(&mut script);
    assert_eq!(script.sent[0].1, PING);
    script.order(Command::LeaveTrunks);
    script.sent.clear();
    script.wait(seconds(40));
    assert!(script.lines().iter().all(|line| line.starts_with("REGISTER")), "we leave, and nobody has to reach us");
}

#[test]
fn only_where_we_are_registered_by_datagrams_is_anything_kept_open() {
    let mut script = registered(tcp(TRUNK, 0));
    script.wait(seconds(600));
    assert_eq!(script.sent(), "");
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![Trunk::new("main", "carrier.example", vec![udp(TRUNK)])]));
    script.wait(seconds(600));
    assert_eq!((script.sent().as_str(), script.endpoint.usage()), ("", sip::Usage::default()));
}
