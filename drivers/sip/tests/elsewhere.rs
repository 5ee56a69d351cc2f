//! Requests inside a call that come by another path than the call. Whoever watches lamps knows every call by its names; that alone moves,
//! changes and ends nothing.

mod script;

use script::{
    CONTACT, NEW, OFFER, OUT, PHONE, REALM, Script, body, inside, last, request, respond, sdp, signed, tcp, udp, value,
    wire,
};
use sip::{Command, Contact, Event, Flow, LegId, NameAddr, OutgoingCall, User};

const ELSEWHERE: &str = "10.0.0.66:5060";

/// A call of 102 that proved who calls, up to our 200; our tag.
fn call(script: &mut Script, dialled: &str, require: &str) -> (LegId, String) {
    script.order(Command::SetUsers(["102", "103"].map(|u| User::from_password(u, REALM, "secret")).into()));
    let uri = format!("sip:{dialled}@clinic.demo");
    let first = request("INVITE", &uri, "i", 1, require, OFFER);
    script.phone(&first);
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::ChallengeInvite { leg, stale: false });
    let challenge = last(script);
    script.phone(&request("ACK", &uri, "i", 1, "", ""));
    let again = request("INVITE", &uri, "j", 2, require, OFFER);
    script.phone(&signed(&again, &challenge, "102", "INVITE"));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Ring { leg, code: 180, body: None });
    let tag = script.our_tag();
    (leg, tag)
}

fn answered(script: &mut Script, dialled: &str) -> (LegId, String) {
    let (leg, tag) = call(script, dialled, "");
    script.order(Command::Answer { leg, body: sdp("answer") });
    script.phone(&inside("ACK", "a", 2, &tag, ""));
    assert_eq!(script.names(), ["Established"]);
    script.sent.clear();
    (leg, tag)
}

fn says(script: &mut Script, flow: Flow, text: &str) -> String {
    script.receive(flow, &wire(text));
    last(script)
}

#[test]
fn by_its_own_path_nothing_is_asked() {
    let mut script = Script::new();
    let (_, tag) = answered(&mut script, "101");
    script.phone(&inside("INFO", "b", 3, &tag, ""));
    script.phone(&inside("BYE", "c", 4, &tag, ""));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 200 OK".to_owned(); 2], vec!["Ended".to_owned()]));
}

/// It names the port that it listens on, and asks for nothing at the one that it sends from.
#[test]
fn a_phone_may_send_from_another_port_than_it_listens_on() {
    let other = udp("10.0.0.2:49152");
    let register = |via: &str, contact: &str| {
        let mut script = Script::new();
        let text = request("REGISTER", "sip:clinic.demo", "r", 1, "To: <sip:102@clinic.demo>\n", "");
        let text = text.replace("branch=z9hG4bKr", &format!("branch=z9hG4bKr{via}"));
        script.receive(other, &wire(&text.replace("<sip:102@10.0.0.2:5060>", contact)));
        match script.events.pop() {
            Some(Event::Register { register, .. }) => register.flow,
            other => panic!("a REGISTER, not {other:?}"),
        }
    };
    for (via, contact, reached) in [
        ("", "<sip:102@10.0.0.2>", udp(PHONE)),
        ("", "<sip:102@10.0.0.2:5080>", udp("10.0.0.2:5080")),
        (";rport", "<sip:102@10.0.0.2:5060>", other),
        ("", "<sip:102@192.168.0.9:5060>", other),
        ("", "<sip:102@10.0.0.2:5060;transport=udp>", udp(PHONE)),
        ("", "<sip:102@10.0.0.2:5060;transport=tcp>", other),
    ] {
        assert_eq!(register(via, contact), reached, "{via} {contact}");
    }
    // Its call is reached there too, and is its own though it sends from elsewhere.
    let mut script = Script::new();
    let (leg, tag) = answered(&mut script, "101");
    let info = says(&mut script, other, &inside("INFO", "b", 3, &tag, ""));
    assert!(info.starts_with("SIP/2.0 200"), "{info}");
    let stranger = inside("INFO", "c", 4, &tag, "").replace("z9hG4bKc", "z9hG4bKc;rport");
    assert!(says(&mut script, other, &stranger).starts_with("SIP/2.0 401"));
    script.order(Command::Bye { leg });
    assert_eq!(script.sent.pop().expect("a BYE").0, udp(PHONE));
    let mut script = Script::new();
    let invite = script::call(&mut script, PHONE);
    script.receive(other, &wire(&respond(&invite, 200, "t", CONTACT, "answer")));
    script.order(Command::Bye { leg: OUT });
    let reached: Vec<_> = script.sent.iter().map(|(flow, _)| *flow).collect();
    assert_eq!(reached, [udp(PHONE); 2], "the ACK, the BYE");
    let mut script = Script::new();
    script.receive(other, &wire(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER)));
    let Some(Event::Invite { leg, invite }) = script.events.pop() else { panic!("an INVITE") };
    assert_eq!(invite.flow, udp(PHONE));
    script.order(Command::Answer { leg, body: sdp("answer") });
    let tag = script.our_tag();
    script.receive(other, &wire(&inside("ACK", "a", 1, &tag, "")));
    script.sent.clear();
    script.order(Command::Bye { leg });
    assert_eq!(script.sent.pop().expect("a BYE").0, udp(PHONE));
}

#[test]
fn who_only_knows_the_names_of_a_call_ends_and_changes_nothing() {
    let mut script = Script::new();
    let (leg, tag) = answered(&mut script, "101");
    let mut cseq = 2;
    for method in ["BYE", "INVITE", "UPDATE", "REFER", "INFO", "PRACK", "SUBSCRIBE", "OPTIONS", "MESSAGE"] {
        cseq += 1;
        let text = inside(method, method, cseq, &tag, if matches!(method, "INVITE" | "UPDATE") { NEW } else { "" });
        let answer = says(&mut script, udp(ELSEWHERE), &text);
        assert!(answer.starts_with("SIP/2.0 401") && answer.contains("WWW-Authenticate: Digest"), "{method}: {answer}");
        // Another person of the clinic, who does have a password.
        cseq += 1;
        let text = text.replace(&format!("CSeq: {} ", cseq - 1), &format!("CSeq: {cseq} "));
        let text = signed(&text.replace("branch=z9hG4bK", "branch=z9hG4bK2"), &answer, "103", method);
        assert!(says(&mut script, udp(ELSEWHERE), &text).starts_with("SIP/2.0 403"), "{method}");
    }
    assert_eq!(script.names(), [""; 0]);
    // Nothing moved: what we say goes where the phone is.
    script.order(Command::Reinvite { leg, body: sdp("more") });
    let (flow, _) = script.sent.pop().expect("a re-INVITE");
    assert_eq!(flow, udp(PHONE));
}

#[test]
fn a_phone_that_moved_signs_and_is_followed() {
    let mut script = Script::new();
    let (leg, tag) = answered(&mut script, "101");
    let moved = tcp("10.0.0.9:40000", 7);
    let text = inside("INVITE", "m", 3, &tag, NEW).replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    let challenge = says(&mut script, moved, &text);
    assert!(challenge.starts_with("SIP/2.0 401"), "{challenge}");
    let again = text.replace("CSeq: 3", "CSeq: 4").replace("z9hG4bKm", "z9hG4bKn");
    script.receive(moved, &wire(&signed(&again, &challenge, "102", "INVITE")));
    assert_eq!(script.names(), ["Reinvite"]);
    script.order(Command::AnswerReinvite { leg, body: sdp("here") });
    let answer = last(&mut script);
    assert_eq!((&answer[..11], body(&answer)), ("SIP/2.0 200", "here"));
    let ack = inside("ACK", "o", 4, &tag, "");
    script.receive(moved, &wire(&ack));
    script.order(Command::Bye { leg });
    let (flow, bye) = script.sent.pop().expect("a BYE");
    assert_eq!((flow, &bye[..3]), (moved, "BYE"));
}

#[test]
fn ringing_is_acknowledged_by_the_path_of_the_call_or_with_a_proof() {
    let mut script = Script::new();
    let (_, tag) = call(&mut script, "101", "Require: 100rel\n");
    let ringing = last(&mut script);
    let rack = format!("RAck: {} {}\nContent-Length", value(&ringing, "RSeq"), value(&ringing, "CSeq"));
    let prack = |branch: &str, cseq: u32| inside("PRACK", branch, cseq, &tag, "").replacen("Content-Length", &rack, 1);
    let challenge = says(&mut script, udp(ELSEWHERE), &prack("p", 3));
    assert!(challenge.starts_with("SIP/2.0 401"), "{challenge}");
    let again = signed(&prack("q", 4), &challenge, "102", "PRACK");
    assert!(says(&mut script, udp(ELSEWHERE), &again).starts_with("SIP/2.0 200"), "it moved while it rang");
}

#[test]
fn an_ack_cannot_be_asked_and_moves_no_call_to_another_host() {
    let mut script = Script::new();
    let (leg, tag) = call(&mut script, "101", "");
    script.order(Command::Answer { leg, body: sdp("answer") });
    script.receive(tcp("10.0.0.66:40000", 9), &wire(&inside("ACK", "a", 2, &tag, "")));
    script.sent.clear();
    script.order(Command::Bye { leg });
    let (flow, _) = script.sent.pop().expect("a BYE");
    assert_eq!(flow, udp(PHONE));
}

#[test]
fn a_call_for_help_is_never_asked_for_a_proof() {
    let mut script = Script::new();
    let (_, tag) = answered(&mut script, "911");
    assert!(says(&mut script, udp(ELSEWHERE), &inside("BYE", "b", 3, &tag, "")).starts_with("SIP/2.0 200"));
    assert_eq!(script.names(), ["Ended"]);
}

#[test]
fn whom_we_called_signs_as_the_one_whose_phone_it_is() {
    let mut script = Script::new();
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = OutgoingCall::new("sip:102@10.0.0.2", udp(PHONE), party("101"), party("102"), sdp("offer"));
    let call = OutgoingCall { owner: Some("102".into()), ..call };
    script.order(Command::Invite { leg: OUT, call: call.into() });
    let invite = last(&mut script);
    script.phone(&respond(&invite, 200, "t", CONTACT, "answer"));
    script.events.clear();
    let (from, id) = (value(&invite, "From"), value(&invite, "Call-ID"));
    let bye = |branch: &str, cseq: u32| {
        format!(
            "BYE sip:10.0.0.1:5060 SIP/2.0\nVia: SIP/2.0/UDP {ELSEWHERE};branch=z9hG4bK{branch}\nMax-Forwards: 70\n\
             From: <sip:102@clinic.demo>;tag=t\nTo: {from}\nCall-ID: {id}\nCSeq: {cseq} BYE\nContent-Length: 0\n\n"
        )
    };
    let challenge = says(&mut script, udp(ELSEWHERE), &bye("b", 1));
    assert!(challenge.starts_with("SIP/2.0 401") && script.events.is_empty(), "{challenge}");
    let again = signed(&bye("c", 2), &challenge, "102", "BYE");
    assert!(says(&mut script, udp(ELSEWHERE), &again).starts_with("SIP/2.0 200"));
    assert_eq!(script.names(), ["Ended"]);
}

/// 102 registers, and is granted what it wants, beside what it had before. What it has now.
fn registers(script: &mut Script, by: Flow, cseq: u32, contact: &str, before: Vec<Contact>) -> Vec<Contact> {
    const TO: &str = "To: <sip:102@clinic.demo>\nSupported: outbound, path\n";
    let text = request("REGISTER", "sip:clinic.demo", &format!("r{cseq}"), cseq, TO, "");
    let text = text.replace("branch=z9hG4bK", "rport;branch=z9hG4bK").replace("<sip:102@10.0.0.2:5060>", contact);
    script.receive(by, &wire(&text));
    let Some(Event::Register { request, register }) = script.events.pop() else { panic!("a REGISTER") };
    let contacts = [before, register.contacts].concat();
    script.order(Command::AcceptRegister { request, contacts: contacts.clone(), outbound: false });
    script.sent.clear();
    contacts
}

/// Both name one place, and each says which it is.
#[test]
fn of_two_phones_behind_two_routers_with_one_address_each_is_followed_in_its_own_call() {
    let named = |device: u8| format!("<sip:102@10.0.0.2:5060>;+sip.instance=\"<urn:uuid:{device}>\"");
    let mut script = Script::new();
    script.order(Command::SetUsers([User::from_password("102", REALM, "secret")].into()));
    let first = registers(&mut script, udp(PHONE), 1, &named(1), Vec::new());
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = OutgoingCall::new("sip:102@10.0.0.2:5060", udp(PHONE), party("101"), party("102"), sdp("offer"));
    let call = OutgoingCall { owner: Some("102".into()), ..call };
    script.order(Command::Invite { leg: OUT, call: call.into() });
    let invite = last(&mut script);
    script.phone(&respond(&invite, 200, "t", &format!("Contact: {}\n", named(1)), "answer"));
    // The other registers, and then the router of the first gives it another port.
    let both = registers(&mut script, udp("10.0.0.8:50000"), 2, &named(2), first.clone());
    registers(&mut script, udp("10.0.0.9:40000"), 3, &named(1), both[first.len()..].to_vec());
    script.order(Command::Bye { leg: OUT });
    let (flow, bye) = script.sent.pop().expect("a BYE");
    assert_eq!((flow, &bye[..3]), (udp("10.0.0.9:40000"), "BYE"));
}

/// Its router has given it another port, or the network another address, and it says so as soon as it notices: by registering.
#[test]
fn a_phone_that_registers_from_elsewhere_is_reached_there_in_its_call() {
    const OLD: &str = "<sip:102@10.0.0.2:5060>";
    const DEVICE: &str = ";+sip.instance=\"<urn:uuid:1>\"";
    let (old, new, other) = (format!("{OLD}{DEVICE}"), format!("<sip:102@10.0.0.9>{DEVICE}"), "<sip:102@10.0.0.9>");
    let twin = old.replace("uuid:1", "uuid:2");
    let (first, second) = (format!("{old};reg-id=1"), format!("{new};reg-id=2"));
    for (before, after, moved) in [
        // The same name from another port, the same device under another name, and another phone of theirs.
        (OLD, OLD, true),
        (&old, &new, true),
        (OLD, other, false),
        (&old, other, false),
        // Two phones of theirs, behind two routers that give each the same address.
        (&old, &twin, false),
        // Of two paths that it keeps, the one that the call has stands.
        (&first, &second, false),
    ] {
        let mut script = Script::new();
        script.order(Command::SetUsers([User::from_password("102", REALM, "secret")].into()));
        let had = registers(&mut script, udp(PHONE), 1, before, Vec::new());
        let party =
            |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
        let call = OutgoingCall::new("sip:102@10.0.0.2:5060", udp(PHONE), party("101"), party("102"), sdp("offer"));
        let call = OutgoingCall { owner: Some("102".into()), ..call };
        script.order(Command::Invite { leg: OUT, call: call.into() });
        let invite = last(&mut script);
        // Not every phone says in its answers which it is.
        let contact = if after == twin { OLD } else { before };
        script.phone(&respond(&invite, 200, "t", &format!("Contact: {contact}\n"), "answer"));
        script.sent.clear();
        registers(&mut script, udp("10.0.0.9:40000"), 2, after, had.into_iter().filter(|_| before != after).collect());
        script.order(Command::Bye { leg: OUT });
        let (flow, bye) = script.sent.pop().expect("a BYE");
        let reached = if moved { udp("10.0.0.9:40000") } else { udp(PHONE) };
        assert_eq!((flow, &bye[..3]), (reached, "BYE"), "{before} {after}");
    }
}
