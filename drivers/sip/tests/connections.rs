//! Calls and the connections that they go over: one that is dead without a word, one that its peer closes in the midst of a call.

mod script;

use script::{OFFER, OUT, PHONE, Script, TRUNK, body, last, request, respond, sdp, seconds, tcp, udp, value, wire};
use sip::{Command, EndReason, Event, Flow, Input, LegId, NameAddr, OutgoingCall, Trunk, Usage};

fn party(user: &str) -> NameAddr {
    NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() }
}

/// Calls over a connection.
fn call_by(script: &mut Script, leg: u64, flow: Flow) {
    let call = OutgoingCall::new("sip:911@carrier.example", flow, party("101"), party("911"), sdp("offer"));
    script.order(Command::Invite { leg: LegId::outgoing(leg), call: call.into() });
}

#[test]
fn a_connection_of_ours_on_which_nothing_comes_is_not_used_again() {
    let mut script = Script::new();
    let carrier = tcp(TRUNK, 0);
    call_by(&mut script, 1, carrier);
    script.wait(seconds(20));
    call_by(&mut script, 2, carrier);
    script.wait(seconds(11));
    assert_eq!((script.closed.len(), script.events.len()), (0, 0));
    script.wait(seconds(2));
    // The second waits no longer for what cannot come.
    let told = |event: &Event| matches!(event, Event::Refused { .. }).then(|| format!("{event:?}"));
    let told: Vec<String> = script.events.iter().filter_map(told).collect();
    assert!(told.len() == 2 && told[0].contains("408") && told[1].contains("503"), "{told:?}");
    assert_eq!(script.closed, [carrier]);
}

/// It had served before, so the carrier may well be there.
#[test]
fn a_call_that_met_a_dead_connection_goes_once_more_by_a_new_one() {
    let mut script = Script::new();
    let carrier = tcp(TRUNK, 0);
    script.order(Command::SetTrunks(vec![Trunk::new("main", "carrier.example", vec![carrier])]));
    let order = |script: &mut Script, leg| {
        let call = OutgoingCall::new("sip:911@carrier.example", carrier, party("101"), party("911"), sdp("offer"));
        let call = OutgoingCall { trunk: Some("main".into()), ..call };
        script.order(Command::Invite { leg: LegId::outgoing(leg), call: call.into() });
        went(script).1
    };
    let opened = tcp(TRUNK, Flow::opened(1));
    let first = order(&mut script, 1);
    script.receive(opened, &wire(&respond(&first, 486, "t", "", "")));
    script.events.clear();
    script.sent.clear();
    let second = order(&mut script, 2);
    script.wait(seconds(10));
    script.input(Input::Closed { flow: carrier });
    script.input(Input::Closed { flow: opened });
    let (flow, again) = went(&mut script);
    assert_eq!((flow, script.events.len()), (carrier, 0));
    assert_eq!((value(&again, "CSeq"), value(&again, "Call-ID")), (value(&second, "CSeq"), value(&second, "Call-ID")));
    assert_ne!(value(&again, "Via"), value(&second, "Via"));
    // Once, and not where nobody was before.
    script.input(Input::Closed { flow: carrier });
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refused".to_owned()]));
    order(&mut script, 3);
    script.input(Input::Closed { flow: carrier });
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refused".to_owned()]));
}

/// The dispatcher's phone rings, and the carrier has swallowed something else meanwhile.
#[test]
fn a_call_that_rings_outlives_a_request_that_nobody_answers() {
    let mut script = Script::new();
    let carrier = tcp(TRUNK, 0);
    call_by(&mut script, 1, carrier);
    let (_, first) = went(&mut script);
    script.receive(tcp(TRUNK, Flow::opened(1)), &wire(&respond(&first, 180, "t", "", "")));
    script.wait(seconds(1));
    call_by(&mut script, 2, carrier);
    script.wait(seconds(40));
    assert_eq!((script.names(), script.closed.len()), (vec!["Progress".to_owned(), "Refused".to_owned()], 0));
    // The next call for help goes by another connection, in case that what is at the other end of this one hangs.
    assert_eq!(script.left, [carrier]);
    script.receive(tcp(TRUNK, Flow::opened(1)), &wire(&respond(&first, 200, "t", script::CONTACT, "answer")));
    assert_eq!(script.names(), ["Answered"]);
}

/// The goodbye of a call that was answered goes by the connection itself, the call that rings by whatever connection there is.
#[test]
fn a_call_that_rings_outlives_the_goodbye_of_another_that_nobody_answers() {
    let mut script = Script::new();
    let opened = tcp(TRUNK, Flow::opened(1));
    call_by(&mut script, 1, tcp(TRUNK, 0));
    let (_, first) = went(&mut script);
    script.receive(opened, &wire(&respond(&first, 200, "t", script::CONTACT, "answer")));
    call_by(&mut script, 2, tcp(TRUNK, 0));
    let (_, second) = went(&mut script);
    script.receive(opened, &wire(&respond(&second, 180, "u", "", "")));
    script.wait(seconds(1));
    script.order(Command::Bye { leg: LegId::outgoing(1) });
    assert_eq!(&went(&mut script).1[..4], "BYE ");
    script.events.clear();
    script.wait(seconds(40));
    assert_eq!((script.names(), script.closed.len(), script.left.len()), (vec![], 0, 0));
    script.receive(opened, &wire(&respond(&second, 200, "u", script::CONTACT, "answer")));
    assert_eq!(script.names(), ["Answered"]);
}

/// The next calls go by a connection of their own. What becomes of that is nothing to a call that rings, for help perhaps; what becomes of its own
/// is, whose name the order did not know.
#[test]
fn a_call_stands_and_falls_with_the_connection_that_it_was_answered_on() {
    for (gone, told) in [(tcp(TRUNK, 0), vec![]), (tcp(TRUNK, Flow::opened(1)), vec!["Refused".to_owned()])] {
        let mut script = Script::new();
        call_by(&mut script, 1, tcp(TRUNK, 0));
        let (_, invite) = went(&mut script);
        script.receive(tcp(TRUNK, Flow::opened(1)), &wire(&respond(&invite, 180, "t", script::CONTACT, "")));
        script.events.clear();
        script.input(Input::Closed { flow: gone });
        assert_eq!(script.names(), told, "{gone:?}");
    }
}

#[test]
fn a_call_that_rings_is_taken_back_by_the_connection_that_it_was_answered_on() {
    let mut script = Script::new();
    let opened = tcp(TRUNK, Flow::opened(1));
    call_by(&mut script, 1, tcp(TRUNK, 0));
    let (_, invite) = went(&mut script);
    script.receive(opened, &wire(&respond(&invite, 180, "t", script::CONTACT, "")));
    script.order(Command::Cancel { leg: LegId::outgoing(1) });
    let (flow, cancel) = went(&mut script);
    assert_eq!((flow, &cancel[..7]), (opened, "CANCEL "));
    script.receive(opened, &wire(&respond(&invite, 487, "t", "", "")));
    let (flow, ack) = went(&mut script);
    assert_eq!((flow, &ack[..4]), (opened, "ACK "));
}

#[test]
fn a_connection_that_lives_or_that_a_phone_has_opened_is_left_open() {
    let mut script = Script::new();
    call_by(&mut script, 1, tcp(TRUNK, 0));
    script.wait(seconds(10));
    // The answer to a ping.
    script.receive(tcp(TRUNK, Flow::opened(1)), b"\r\n");
    call_by(&mut script, 2, tcp(PHONE, 7));
    script.wait(seconds(40));
    assert_eq!((script.names(), script.closed.len()), (vec!["Refused".to_owned(); 2], 0));
}

/// The port that a carrier or a phone has connected from.
const CARRIER: &str = "192.0.2.7:40123";
const SOFTPHONE: &str = "10.0.0.2:41000";

/// As the carrier writes it, that listens on the usual port.
fn by_carrier(text: &str) -> String {
    text.replace("UDP 10.0.0.2:5060", "TCP 192.0.2.7:5060")
        .replace("sip:102@10.0.0.2:5060", "sip:c@192.0.2.7:5060;transport=tcp")
}

/// A call that a carrier with these addresses brings over a connection of its own.
fn brought(script: &mut Script, flows: Vec<Flow>) -> (LegId, Flow) {
    script.order(Command::SetTrunks(vec![Trunk::new("main", "carrier.example", flows)]));
    let by = tcp(CARRIER, 5);
    script.receive(by, &wire(&by_carrier(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER))));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Answer { leg, body: sdp("answer") });
    let tag = script.our_tag();
    script.receive(by, &wire(&by_carrier(&script::inside("ACK", "a", 1, &tag, ""))));
    assert_eq!(script.names(), ["Established"]);
    script.sent.clear();
    (leg, by)
}

/// What was sent last, and by which path.
fn went(script: &mut Script) -> (Flow, String) {
    let (flow, text) = script.sent.pop().expect("something was sent");
    script.sent.clear();
    (flow, text)
}

#[test]
fn a_carrier_that_has_closed_its_connection_hears_that_the_call_is_over() {
    for (listens, at) in [(tcp(TRUNK, 0), "TCP"), (udp(TRUNK), "UDP")] {
        let mut script = Script::new();
        let (leg, gone) = brought(&mut script, vec![listens]);
        script.input(Input::Closed { flow: gone });
        script.order(Command::Bye { leg });
        let (flow, bye) = went(&mut script);
        assert_eq!((flow, &bye[..4]), (listens, "BYE "));
        assert!(bye.contains(&format!("Via: SIP/2.0/{at} 10.0.0.1:5060")), "{bye}");
    }
}

/// Its peer knows the call by its branch, whatever the connection (RFC 3261 section 18.2.2).
#[test]
fn who_has_closed_the_connection_of_a_call_that_rings_hears_its_answer_by_another() {
    let mut script = Script::new();
    let listens = tcp(TRUNK, 0);
    script.order(Command::SetTrunks(vec![Trunk::new("main", "carrier.example", vec![listens])]));
    let by = tcp(CARRIER, 5);
    script.receive(by, &wire(&by_carrier(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER))));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Ring { leg, code: 180, body: None });
    assert_eq!(went(&mut script).0, by);
    script.input(Input::Closed { flow: by });
    script.order(Command::Answer { leg, body: sdp("answer") });
    let (flow, answer) = went(&mut script);
    assert_eq!((flow, &answer[..12], value(&answer, "CSeq").as_str()), (listens, "SIP/2.0 200 ", "1 INVITE"));
    // And again until it is acknowledged, by what its peer opens meanwhile.
    script.wait(seconds(1));
    assert_eq!(went(&mut script).0, listens);
    let to = value(&answer, "To");
    let (_, tag) = to.split_once(";tag=").expect("a tag");
    script.receive(tcp(CARRIER, 6), &wire(&by_carrier(&script::inside("ACK", "a", 1, tag, ""))));
    assert_eq!(script.names(), ["Established"]);
}

/// What wants to be acknowledged does too, and what is decided while the connection is gone.
#[test]
fn who_has_closed_the_connection_hears_that_it_rings_and_what_comes_of_its_change_by_another() {
    let mut script = Script::new();
    let listens = tcp(TRUNK, 0);
    script.order(Command::SetTrunks(vec![Trunk::new("main", "carrier.example", vec![listens])]));
    let by = tcp(CARRIER, 5);
    let invite = request("INVITE", "sip:101@clinic.demo", "i", 1, "Require: 100rel\n", OFFER);
    script.receive(by, &wire(&by_carrier(&invite)));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Ring { leg, code: 183, body: Some(sdp("early")) });
    assert_eq!(went(&mut script).0, by);
    script.input(Input::Closed { flow: by });
    script.order(Command::Answer { leg, body: sdp("early") });
    script.wait(seconds(1));
    let (flow, ringing) = went(&mut script);
    assert_eq!((flow, &ringing[..12]), (listens, "SIP/2.0 183 "));
    let (_, tag) = value(&ringing, "To").split_once(";tag=").map(|(a, b)| (a.to_owned(), b.to_owned())).expect("a tag");
    let rack = format!("RAck: {} 1 INVITE\nContent-Length", value(&ringing, "RSeq"));
    let prack = script::inside("PRACK", "p", 2, &tag, "").replace("Content-Length", &rack);
    script.receive(tcp(CARRIER, 6), &wire(&by_carrier(&prack)));
    let (flow, answer) = went(&mut script);
    assert_eq!((flow, value(&answer, "CSeq").as_str()), (listens, "1 INVITE"), "{answer}");
    script.receive(tcp(CARRIER, 6), &wire(&by_carrier(&script::inside("ACK", "a", 1, &tag, ""))));
    assert_eq!(script.names(), ["Established"]);
    // A change that our user ponders.
    let seventh = tcp(CARRIER, 7);
    script.receive(seventh, &wire(&by_carrier(&script::inside("INVITE", "r", 3, &tag, script::NEW))));
    assert_eq!(script.names(), ["Reinvite"]);
    script.input(Input::Closed { flow: seventh });
    script.order(Command::AnswerReinvite { leg, body: sdp("again") });
    assert_eq!(went(&mut script).0, listens);
}

/// And no certificate is asked for another address than it was looked up for.
#[test]
fn a_carrier_over_tls_is_reached_over_tls_again() {
    for (told, listens) in [("192.0.2.7:5060", "192.0.2.7:5061"), ("192.0.2.8:5071", "192.0.2.8:5071")] {
        let tls = |remote, connection| Flow { transport: sip::Transport::Tls, ..tcp(remote, connection) };
        let mut script = Script::new();
        let flows = vec![udp(TRUNK), tls("192.0.2.7:5061", 0)];
        script.order(Command::SetTrunks(vec![Trunk::new("main", "carrier.example", flows)]));
        let by = tls(CARRIER, 5);
        let write = |text: &str| by_carrier(text).replace("c@192.0.2.7:5060;transport=tcp", &format!("c@{told}"));
        script.receive(by, &wire(&write(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER))));
        let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
        script.order(Command::Answer { leg, body: sdp("answer") });
        let tag = script.our_tag();
        script.receive(by, &wire(&write(&script::inside("ACK", "a", 1, &tag, ""))));
        script.input(Input::Closed { flow: by });
        script.order(Command::Bye { leg });
        assert_eq!(went(&mut script).0, tls(listens, 0));
    }
}

#[test]
fn a_goodbye_that_broke_with_its_connection_is_said_once_more() {
    let mut script = Script::new();
    let (leg, gone) = brought(&mut script, vec![tcp(TRUNK, 0)]);
    script.order(Command::Bye { leg });
    assert_eq!(went(&mut script).0, gone);
    script.input(Input::Closed { flow: gone });
    let (flow, bye) = went(&mut script);
    assert_eq!((flow, &bye[..4], value(&bye, "CSeq").as_str()), (tcp(TRUNK, 0), "BYE ", "2 BYE"));
    // Nobody listens there.
    script.input(Input::Closed { flow });
    assert_eq!((script.lines(), script.names()), (vec![], vec![]));
    script.wait(seconds(60));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn a_hold_that_finds_no_connection_ends_no_call() {
    let mut script = Script::new();
    let (leg, gone) = brought(&mut script, vec![tcp(TRUNK, 0)]);
    // It breaks under the first, which goes by another.
    script.order(Command::Reinvite { leg, body: sdp("hold") });
    script.sent.clear();
    script.input(Input::Closed { flow: gone });
    let (flow, reinvite) = went(&mut script);
    assert_eq!((flow, body(&reinvite)), (tcp(TRUNK, 0), "hold"));
    script.input(Input::Closed { flow });
    assert!(matches!(script.events[..], [Event::ReinviteRefused { code: 503, .. }]), "{:?}", script.events);
    // It says nothing for a while, and then answers.
    script.events.clear();
    script.order(Command::Reinvite { leg, body: sdp("hold") });
    script.wait(seconds(33));
    assert_eq!(script.names(), ["ReinviteRefused"]);
    script.order(Command::Reinvite { leg, body: sdp("hold") });
    let (_, reinvite) = went(&mut script);
    let opened = tcp(TRUNK, Flow::opened(1));
    script.receive(opened, &wire(&respond(&reinvite, 200, "p", "Contact: <sip:c@192.0.2.7;transport=tcp>\n", "held")));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    script.order(Command::Bye { leg });
    assert_eq!(went(&mut script).0, opened);
}

/// Our call to a phone of 102, over the connection that it had opened.
fn to_phone(script: &mut Script, contact: &str) -> Flow {
    let flow = tcp(SOFTPHONE, 7);
    let call = OutgoingCall::new("sip:102@10.0.0.2", flow, party("101"), party("102"), sdp("offer"));
    let call = OutgoingCall { owner: Some("102".into()), ..call };
    script.order(Command::Invite { leg: OUT, call: call.into() });
    let invite = last(script);
    script.receive(flow, &wire(&respond(&invite, 200, "t", &format!("Contact: {contact}\n"), "answer")));
    assert_eq!(script.names(), ["Answered"]);
    script.sent.clear();
    flow
}

/// 102 registers, and is granted what it wants.
fn registers(script: &mut Script, by: Flow, cseq: u32, contact: &str) {
    let text = request("REGISTER", "sip:clinic.demo", &format!("r{cseq}"), cseq, "To: <sip:102@clinic.demo>\n", "");
    script.receive(by, &wire(&text.replace("<sip:102@10.0.0.2:5060>", contact)));
    let Some(Event::Register { request, register }) = script.events.pop() else { panic!("a REGISTER") };
    script.order(Command::AcceptRegister { request, contacts: register.contacts, outbound: false });
    script.sent.clear();
}

fn holds(script: &mut Script) -> Flow {
    script.order(Command::Reinvite { leg: OUT, body: sdp("hold") });
    went(script).0
}

#[test]
fn a_phone_that_comes_back_by_another_connection_keeps_its_call() {
    let again = tcp("10.0.0.2:41999", 8);
    let device = "+sip.instance=\"<urn:uuid:1>\"";
    // The port of its connection stands in its Contact, or it says which device it is.
    for (before, after) in [
        ("<sip:102@10.0.0.2:41000;transport=tcp>".to_owned(), "<sip:102@10.0.0.2:41999;transport=tcp>".to_owned()),
        (format!("<sip:a@192.168.0.9>;{device}"), format!("<sip:b@192.168.0.9:9>;{device}")),
    ] {
        // It registers before its old connection is known to be gone.
        let mut script = Script::new();
        let gone = to_phone(&mut script, &before);
        registers(&mut script, again, 1, &after);
        script.input(Input::Closed { flow: gone });
        assert_eq!(holds(&mut script), again);
        // And after that.
        let mut script = Script::new();
        let gone = to_phone(&mut script, &before);
        script.input(Input::Closed { flow: gone });
        let guess = holds(&mut script);
        script.input(Input::Closed { flow: guess });
        assert_eq!(script.names(), ["ReinviteRefused"]);
        registers(&mut script, again, 1, &after);
        assert_eq!(holds(&mut script), again);
    }
    // One of two connections that it keeps is as good as the other.
    let mut script = Script::new();
    let contact = "<sip:102@10.0.0.2:41000;transport=tcp>";
    let gone = to_phone(&mut script, contact);
    let other = tcp("10.0.0.2:41888", 9);
    registers(&mut script, again, 1, contact);
    registers(&mut script, other, 2, contact);
    script.input(Input::Closed { flow: other });
    script.input(Input::Closed { flow: gone });
    assert_eq!(holds(&mut script), again);
    // Another device of the same person is not meant.
    let mut script = Script::new();
    let gone = to_phone(&mut script, &format!("<sip:a@192.168.0.9>;{device}"));
    registers(&mut script, again, 1, "<sip:a@192.168.0.9>;+sip.instance=\"<urn:uuid:2>\"");
    script.input(Input::Closed { flow: gone });
    assert_eq!(holds(&mut script), gone);
}

#[test]
fn a_phone_whose_large_call_came_by_a_stream_is_reached_by_datagrams() {
    // Where it is registered, behind a NAT too; or where it says that it listens.
    let outside = udp("10.0.0.2:33000");
    for (contact, registered, expected) in
        [("<sip:102@192.168.0.9:5060>", true, outside), ("<sip:102@10.0.0.2:5060>", false, udp(PHONE))]
    {
        let mut script = Script::new();
        if registered {
            registers(&mut script, outside, 1, contact);
        }
        let gone = to_phone(&mut script, contact);
        script.input(Input::Closed { flow: gone });
        assert_eq!(holds(&mut script), expected);
    }
}

#[test]
fn a_phone_whose_connection_is_gone_is_waited_for_as_long_as_a_registration_lasts() {
    let mut script = Script::new();
    let gone = to_phone(&mut script, "<sip:102@192.168.0.9:5060;transport=tcp>");
    script.input(Input::Closed { flow: gone });
    for _ in 0..4 {
        assert_eq!(script.names(), [""; 0]);
        script.wait(seconds(900));
        assert!(last(&mut script).starts_with("INVITE "));
        script.input(Input::Closed { flow: gone });
    }
    assert!(matches!(script.events[..], [Event::Ended { reason: EndReason::Lost, leg: OUT }]), "{:?}", script.events);
    script.input(Input::Closed { flow: gone });
    script.wait(seconds(60));
    assert_eq!(script.endpoint.usage(), Usage::default());
    // Also one that had refused to be refreshed.
    let mut script = Script::new();
    let gone = to_phone(&mut script, "<sip:102@192.168.0.9:5060;transport=tcp>");
    script.wait(seconds(900));
    let refresh = last(&mut script);
    script.receive(gone, &wire(&respond(&refresh, 501, "t", "", "")));
    script.input(Input::Closed { flow: gone });
    script.sent.clear();
    script.wait(seconds(3599));
    assert_eq!((script.lines(), script.names()), (vec![], vec![]));
    script.wait(seconds(1));
    script.input(Input::Closed { flow: gone });
    assert_eq!(script.names(), ["Ended"]);
}

/// Our call to a phone of 102 that registered with this Contact over a connection of its own, and where it goes.
fn to_registered(script: &mut Script, contact: &str) -> (Flow, String) {
    let call = OutgoingCall::new(contact, tcp(SOFTPHONE, 7), party("101"), party("102"), sdp("offer"));
    script.order(Command::Invite { leg: OUT, call: OutgoingCall { owner: Some("102".into()), ..call }.into() });
    went(script)
}

#[test]
fn a_phone_whose_connection_is_gone_is_called_where_it_listens() {
    for (contact, listens) in [
        ("sip:102@10.0.0.2:5060;transport=tcp", tcp("10.0.0.2:5060", 0)),
        ("sip:102@10.0.0.2;transport=tcp", tcp("10.0.0.2:5060", 0)),
        // It does not say so, and then what is meant are datagrams.
        ("sip:102@10.0.0.2:5070", udp("10.0.0.2:5070")),
    ] {
        let mut script = Script::new();
        registers(&mut script, tcp(SOFTPHONE, 7), 1, &format!("<{contact}>"));
        script.input(Input::Closed { flow: tcp(SOFTPHONE, 7) });
        let (flow, invite) = to_registered(&mut script, contact);
        assert_eq!(flow, listens);
        assert!(invite.contains(&format!("Via: SIP/2.0/{} 10.0.0.1:5060", flow.transport.via())), "{invite}");
        let to = sip::Sending {
            uri: contact.into(),
            flow: tcp(SOFTPHONE, 7),
            route: Vec::new(),
            from: party("101"),
            to: party("102"),
            content: sip::Content::Options,
        };
        script.order(Command::Send { id: sip::SendId(1), sending: to.into() });
        assert_eq!(went(&mut script).0, listens);
    }
}

#[test]
fn a_call_that_finds_its_phone_s_connection_dead_goes_once_more_where_it_listens() {
    let contact = "sip:102@10.0.0.2:5060;transport=tcp";
    let mut script = Script::new();
    registers(&mut script, tcp(SOFTPHONE, 7), 1, &format!("<{contact}>"));
    let (flow, first) = to_registered(&mut script, contact);
    assert_eq!(flow, tcp(SOFTPHONE, 7));
    script.input(Input::Closed { flow });
    let (flow, again) = went(&mut script);
    assert_eq!((flow, script.names()), (tcp("10.0.0.2:5060", 0), vec![]));
    assert_eq!((value(&again, "CSeq"), value(&again, "Call-ID")), (value(&first, "CSeq"), value(&first, "Call-ID")));
    assert_ne!(value(&again, "Via"), value(&first, "Via"));
    script.input(Input::Closed { flow });
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refused".to_owned()]));
    // By a newer connection of it, if there is one.
    let mut script = Script::new();
    let (old, new) = (tcp(SOFTPHONE, 7), tcp("10.0.0.2:41999", 8));
    registers(&mut script, old, 1, &format!("<{contact}>"));
    to_registered(&mut script, contact);
    registers(&mut script, new, 2, &format!("<{contact}>"));
    script.input(Input::Closed { flow: old });
    assert_eq!(went(&mut script).0, new);
}

#[test]
fn a_phone_behind_a_nat_whose_connection_is_gone_is_not_there() {
    let contact = "sip:102@192.168.0.9:5060;transport=tcp";
    let mut script = Script::new();
    registers(&mut script, tcp(SOFTPHONE, 7), 1, &format!("<{contact}>"));
    let (flow, _) = to_registered(&mut script, contact);
    script.input(Input::Closed { flow });
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refused".to_owned()]));
}

/// A phone that rings has heard of the call, and goes on by itself.
#[test]
fn a_call_that_rings_goes_nowhere_else() {
    let contact = "sip:102@10.0.0.2:5060;transport=tcp";
    let mut script = Script::new();
    registers(&mut script, tcp(SOFTPHONE, 7), 1, &format!("<{contact}>"));
    let (flow, invite) = to_registered(&mut script, contact);
    script.receive(flow, &wire(&respond(&invite, 180, "t", "", "")));
    script.names();
    script.input(Input::Closed { flow });
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refused".to_owned()]));
}
