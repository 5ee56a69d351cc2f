//! A call for help whose phone has heard nothing, and so says it again by another way: it goes on there, and is one call.

mod script;

use script::{CONTACT, OFFER, PHONE, Script, request, sdp, seconds, tcp, udp, value, wire};
use sip::{Auth, Command, Event, Flow, Input, LegId};

fn invite(number: &str, branch: &str, extra: &str) -> String {
    request("INVITE", &format!("sip:{number}@clinic.demo"), branch, 1, extra, OFFER)
}

/// The same over its connection.
fn over_tcp(text: &str) -> Vec<u8> {
    wire(
        &text
            .replace("SIP/2.0/UDP", "SIP/2.0/TCP")
            .replace(CONTACT, "Contact: <sip:102@10.0.0.2:5060;transport=tcp>\n"),
    )
}

fn other_way() -> Flow {
    tcp("10.0.0.2:40000", 3)
}

fn called(script: &mut Script) -> LegId {
    let events = std::mem::take(&mut script.events);
    match events.as_slice() {
        [Event::Invite { leg, .. }] => *leg,
        other => panic!("one call, not {other:?}: {}", script.sent()),
    }
}

/// What was sent since the last time: by which transport, with which branch, and what.
fn sent(script: &mut Script) -> Vec<String> {
    let line = |(flow, text): (Flow, String)| {
        let branch =
            text.split("branch=z9hG4bK").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default().to_owned();
        format!("{:?} {branch} {}", flow.transport, text.lines().next().unwrap_or_default())
    };
    script.sent.drain(..).map(line).collect()
}

#[test]
fn it_is_answered_by_the_way_that_it_came_by_last() {
    let mut script = Script::new();
    script.phone(&invite("911", "1", ""));
    let leg = called(&mut script);
    script.wait(seconds(1));
    script.order(Command::Ring { leg, code: 180, body: None });
    assert_eq!(sent(&mut script), ["Udp 1 SIP/2.0 100 Trying", "Udp 1 SIP/2.0 180 Ringing"]);
    script.receive(other_way(), &over_tcp(&invite("911", "2", "Record-Route: <sip:10.0.0.2;lr>\n")));
    assert_eq!(script.names(), [""; 0], "help is called once");
    assert_eq!(sent(&mut script), ["Tcp 2 SIP/2.0 180 Ringing"]);
    // What comes late by the first way moves nothing back, and is no other call.
    script.phone(&invite("911", "1", ""));
    assert_eq!((script.names(), sent(&mut script)), (vec![], vec!["Tcp 2 SIP/2.0 180 Ringing".to_owned()]));
    script.order(Command::Answer { leg, body: sdp("answer") });
    let (tag, (flow, answer)) = (script.our_tag(), script.sent.pop().expect("an answer"));
    assert_eq!((flow, value(&answer, "Contact").as_str()), (other_way(), "<sip:10.0.0.1:5060;transport=tcp>"));
    assert_eq!(value(&answer, "Record-Route"), "<sip:10.0.0.2;lr>");
    assert!(answer.contains("branch=z9hG4bK2\n") && answer.ends_with("answer"), "{answer}");
    let ack = script::inside("ACK", "a", 1, &tag, "").replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    script.receive(other_way(), &wire(&ack));
    assert_eq!(script.names(), ["Established"]);
    script.order(Command::Bye { leg });
    let (flow, bye) = script.sent.pop().expect("a BYE");
    assert_eq!((flow, value(&bye, "Route").as_str()), (other_way(), "<sip:10.0.0.2;lr>"));
    assert!(bye.starts_with("BYE sip:102@10.0.0.2:5060;transport=tcp SIP/2.0\n"), "{bye}");
}

#[test]
fn an_answer_that_has_not_arrived_is_given_by_the_other_way() {
    let mut script = Script::new();
    script.phone(&invite("911", "1", ""));
    let leg = called(&mut script);
    script.order(Command::Answer { leg, body: sdp("answer") });
    let tag = script.our_tag();
    script.wait(seconds(3));
    script.sent.clear();
    script.receive(other_way(), &over_tcp(&invite("911", "2", "")));
    assert_eq!((script.names(), sent(&mut script)), (vec![], vec!["Tcp 2 SIP/2.0 200 OK".to_owned()]));
    script.wait(seconds(4));
    assert_eq!(sent(&mut script), ["Tcp 2 SIP/2.0 200 OK"], "and again");
    script.receive(other_way(), &wire(&script::inside("ACK", "a", 1, &tag, "").replace("/UDP", "/TCP")));
    assert_eq!(script.names(), ["Established"]);
    // Now its caller has the answer.
    script.phone(&invite("911", "3", ""));
    assert_eq!(script.lines(), ["SIP/2.0 482 Loop Detected"]);
}

#[test]
fn a_tone_that_is_to_be_acknowledged_is_so_by_the_other_way() {
    let mut script = Script::new();
    script.phone(&invite("911", "1", "Require: 100rel\n"));
    let leg = called(&mut script);
    script.order(Command::Ring { leg, code: 183, body: Some(sdp("early")) });
    let tag = script.our_tag();
    script.sent.clear();
    script.receive(other_way(), &over_tcp(&invite("911", "2", "Require: 100rel\n")));
    let (flow, early) = script.sent.pop().expect("it is said anew");
    assert_eq!(flow, other_way());
    let rseq = value(&early, "RSeq");
    script.wait(seconds(2));
    let again = sent(&mut script);
    assert!(again.iter().all(|line| line == "Tcp 2 SIP/2.0 183 Session Progress") && !again.is_empty(), "{again:?}");
    let to = format!("To: <sip:101@clinic.demo>;tag={tag}\nRAck: {rseq} 1 INVITE\n");
    let prack = request("PRACK", "sip:10.0.0.1:5060", "p", 2, &to, "").replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    script.receive(other_way(), &wire(&prack));
    assert_eq!(sent(&mut script), ["Tcp p SIP/2.0 200 OK"]);
    script.wait(seconds(40));
    assert_eq!(sent(&mut script), [""; 0], "it waits for nothing");
}

#[test]
fn only_who_hangs_up_where_the_call_is_now_ends_it() {
    let mut script = Script::new();
    let first = invite("911", "1", "");
    script.phone(&first);
    let leg = called(&mut script);
    let second = invite("911", "2", "");
    script.receive(other_way(), &over_tcp(&second));
    script.sent.clear();
    script.phone(&request("CANCEL", "sip:911@clinic.demo", "1", 1, "", ""));
    assert_eq!((script.names(), script.lines()), (vec![], vec!["SIP/2.0 200 OK".to_owned()]));
    script.receive(other_way(), &over_tcp(&request("CANCEL", "sip:911@clinic.demo", "2", 1, "", "")));
    assert_eq!(sent(&mut script), ["Tcp 2 SIP/2.0 200 OK", "Tcp 2 SIP/2.0 487 Request Terminated"]);
    assert!(matches!(script.events.pop(), Some(Event::Ended { leg: ended, .. }) if ended == leg));
    script.receive(other_way(), &over_tcp(&request("ACK", "sip:911@clinic.demo", "2", 1, "", "")));
    script.wait(seconds(70));
    let usage = script.endpoint.usage();
    assert_eq!((usage.legs, usage.transactions, usage.timers), (0, 0, 0));
}

/// Nobody who writes the names of a call on another request moves it, whatever that dials.
#[test]
fn a_call_of_somebody_who_is_known_is_moved_by_no_number() {
    let mut script = Script::new();
    script.input(Input::Known { flow: tcp(PHONE, 1), user: "102".to_owned().into() });
    script.receive(tcp(PHONE, 1), &over_tcp(&invite("101", "1", "")));
    let Some(Event::Invite { leg, invite: found }) = script.events.pop() else { panic!("a call") };
    assert_eq!(found.auth, Auth::Valid { user: "102".to_owned() });
    script.receive(udp("10.0.0.3:5060"), &wire(&invite("911", "2", "")));
    assert_eq!(script.lines(), ["SIP/2.0 482 Loop Detected"]);
    script.order(Command::Answer { leg, body: sdp("answer") });
    assert_eq!(script.sent.pop().expect("an answer").0, tcp(PHONE, 1));
}
