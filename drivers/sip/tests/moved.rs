//! Where else a carrier is than where its name leads: where it was when a call began is heard until that is over, and its other machines always.

mod script;

use model::settings::Network;
use script::{CONTACT, OUT, PHONE, Script, TRUNK, call, last, respond, seconds, udp, wire};
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

/// Settings that take a network of the clinic out leave no call of a phone there without an end.
#[test]
fn a_phone_whose_network_is_taken_out_can_end_its_call_and_begins_no_other() {
    let mut script = with_others(&[]);
    const AWAY: &str = "10.9.0.7:5060";
    let from_there = |script: &mut Script, text: String| script.receive(udp(AWAY), &wire(&text.replace(TRUNK, AWAY)));
    from_there(&mut script, invite("x"));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Answer { leg, body: script::sdp("answer") });
    let tag = script.our_tag();
    let inside = |method: &str, branch: &str| {
        let text = invite("x").replace("INVITE", method).replace("z9hG4bKx", branch).replace("v=0", "");
        text.replace("0199@c>", &format!("0199@c>;tag={tag}"))
    };
    from_there(&mut script, inside("ACK", "z9hG4bKa"));
    assert_eq!(script.names(), ["Established"]);
    let elsewhere = Peers { networks: Network::parse("10.0.0.0/16").into_iter().collect(), ..Peers::default() };
    script.order(Command::SetPeers(elsewhere.clone()));
    from_there(&mut script, inside("BYE", "z9hG4bKb").replace("1 BYE", "2 BYE"));
    assert_eq!(script.names(), ["Ended"]);
    script.wait(seconds(40));
    script.order(Command::SetPeers(elsewhere));
    script.sent.clear();
    from_there(&mut script, invite("y"));
    assert_eq!((script.names(), script.lines()), (vec![], vec![]));
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

/// One of the machines of the carrier that its name does not lead to.
const MACHINE: &str = "198.51.100.9:5060";

/// A carrier that has machines there, beside a clinic whose phones are in 10.0.0.0/8.
fn with_others(others: &[&str]) -> Script {
    let network = |text: &&str| Network::parse(text).expect("a network");
    let also_from: Vec<Network> = others.iter().map(network).collect();
    let mut script = Script::new();
    let (networks, trunks) = (vec![network(&"10.0.0.0/8")], vec![udp(TRUNK).remote.ip()]);
    script.order(Command::SetPeers(Peers { networks, trunks, carriers: also_from.clone(), gateways: Vec::new() }));
    let trunk = Trunk::new("main", "carrier.example", vec![udp(TRUNK)]);
    script.order(Command::SetTrunks(vec![Trunk { also_from, ..trunk }]));
    script
}

/// A call from there: the trunk that it is said to be of, if it is heard at all.
fn called_from(script: &mut Script, peer: &str, call_id: &str) -> Option<Option<String>> {
    script.receive(udp(peer), &wire(&invite(call_id).replace(TRUNK, peer)));
    match script.events.pop() {
        Some(Event::Invite { invite, .. }) => Some(invite.vouched.map(|v| v.trunk)),
        _ => None,
    }
}

#[test]
fn a_call_from_another_machine_of_a_carrier_is_that_trunks() {
    let mut script = with_others(&["198.51.100.0/28", "10.0.0.0/24"]);
    assert_eq!(called_from(&mut script, MACHINE, "a"), Some(Some("main".to_owned())));
    assert_eq!(called_from(&mut script, "198.51.100.16:5060", "b"), None, "beside them is nobody");
    // In the clinic's own networks are phones, whatever is said of a carrier.
    assert_eq!(called_from(&mut script, PHONE, "c"), Some(None));
    assert_eq!(called_from(&mut with_others(&[]), MACHINE, "d"), None);
}

/// The carrier answers with a machine of its own for the rest of the call.
#[test]
fn another_machine_of_a_carrier_is_spoken_with_and_ends_a_call() {
    for (others, hop) in [(&["198.51.100.0/28"][..], MACHINE), (&[], TRUNK)] {
        let mut script = with_others(others);
        let invite_sent = call(&mut script, TRUNK);
        let contact = format!("Contact: <sip:x@{MACHINE}>\n");
        says(&mut script, &respond(&invite_sent, 200, "t", &contact, "answer"));
        assert_eq!(script.sent.pop().map(|(flow, _)| flow.remote), Some(script::address(hop)));
        script.names();
        let (call_id, to) = (script::value(&invite_sent, "Call-ID"), script::value(&invite_sent, "From"));
        let bye = format!(
            "BYE sip:10.0.0.1:5060 SIP/2.0\nVia: SIP/2.0/UDP {MACHINE};branch=z9hG4bKb\nFrom: <sip:102@clinic.demo>;tag=t\nTo: {to}\n\
             Call-ID: {call_id}\nCSeq: 9 BYE\n\n"
        );
        script.receive(udp(MACHINE), &wire(&bye));
        if hop == MACHINE {
            assert_eq!(
                (script.names(), last(&mut script).starts_with("SIP/2.0 200")),
                (vec!["Ended".to_owned()], true)
            );
        } else {
            assert_eq!((script.names(), script.lines()), (vec![], vec![]));
        }
    }
}
