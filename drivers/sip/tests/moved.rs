//! A carrier's name leads elsewhere while a call is up: whoever carries it is heard until it is over.

mod script;

use script::{CONTACT, OUT, Script, TRUNK, call, respond, seconds, udp, wire};
use sip::{Command, Event, Peers, Trunk};

const NEW: &str = "192.0.2.30:5060";

/// The newest answer of the DNS names another machine, and nobody else is recognised.
fn moves(script: &mut Script) {
    script.order(Command::SetPeers(Peers { trunks: vec![udp(NEW).remote.ip()], ..Peers::default() }));
}

fn says(script: &mut Script, text: &str) {
    script.receive(udp(TRUNK), &wire(text));
}

fn invite(call_id: &str) -> String {
    format!(
        "INVITE sip:+12025550199@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP {TRUNK};branch=z9hG4bK{call_id}\nFrom: <sip:a@c>;tag=f\n\
         To: <sip:+12025550199@c>\nCall-ID: {call_id}\nCSeq: 1 INVITE\nContact: <sip:c@{TRUNK}>\n\
         Content-Type: application/sdp\n\nv=0"
    )
}

#[test]
fn an_answer_a_refresh_and_a_hangup_are_heard() {
    let mut script = Script::new();
    let invite_sent = call(&mut script, TRUNK);
    moves(&mut script);
    says(&mut script, &respond(&invite_sent, 200, "t", CONTACT, "answer"));
    assert_eq!(script.names(), ["Answered"]);
    moves(&mut script);
    script.order(Command::Reinvite { leg: OUT, body: script::sdp("new") });
    let reinvite = script::last(&mut script);
    says(&mut script, &respond(&reinvite, 200, "t", CONTACT, "new answer"));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    let (call_id, to) = (script::value(&invite_sent, "Call-ID"), script::value(&invite_sent, "From"));
    says(
        &mut script,
        &format!(
            "BYE sip:10.0.0.1:5060 SIP/2.0\nVia: SIP/2.0/UDP {TRUNK};branch=z9hG4bKb\nFrom: <sip:102@clinic.demo>;tag=t\nTo: {to}\n\
             Call-ID: {call_id}\nCSeq: 9 BYE\n\n"
        ),
    );
    assert_eq!(script.names(), ["Ended"]);
    script.wait(seconds(40));
    // The call is over, and so is that.
    script.sent.clear();
    moves(&mut script);
    says(&mut script, &invite("later"));
    assert_eq!((script.names(), script.lines()), (vec![], vec![]));
    assert_eq!((script.endpoint.usage().legs, script.endpoint.usage().transactions), (0, 0));
}

#[test]
fn a_call_that_came_in_is_heard_too() {
    let mut script = Script::new();
    says(&mut script, &invite("x"));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    moves(&mut script);
    script.order(Command::Answer { leg, body: script::sdp("answer") });
    let tag = script.our_tag();
    says(
        &mut script,
        &invite("x")
            .replace("INVITE", "ACK")
            .replace("z9hG4bKx", "z9hG4bKa")
            .replace("0199@c>", &format!("0199@c>;tag={tag}"))
            .replace("v=0", ""),
    );
    assert_eq!(script.names(), ["Established"]);
}

#[test]
fn a_call_from_where_a_trunk_was_until_lately_is_that_trunks() {
    let mut script = Script::new();
    let main = Trunk { former: vec![udp(TRUNK).remote], ..Trunk::new("main", "carrier.example", vec![udp(NEW)]) };
    script.order(Command::SetTrunks(vec![main.clone()]));
    let vouched = |script: &mut Script, call_id: &str| {
        says(script, &invite(call_id));
        match script.events.pop() {
            Some(Event::Invite { invite, .. }) => invite.vouched.map(|v| v.trunk),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(vouched(&mut script, "x"), Some("main".to_owned()));
    // Somebody else has the address now.
    let other = Trunk::new("other", "other.example", vec![udp(TRUNK)]);
    script.order(Command::SetTrunks(vec![main, other]));
    assert_eq!(vouched(&mut script, "y"), Some("other".to_owned()));
}
