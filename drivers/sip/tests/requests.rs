//! What the endpoint answers by itself, and what it does not answer at all.

mod script;

use bytes::Bytes;
use expect_test::expect;
use script::{CONTACT, OUT, PHONE, Script, config, last, request, respond, sdp, seconds, tcp, udp, wire};
use sip::{Auth, Command, Contact, Event, Input, LegId};

const SDP: &str = "v=0\n";

/// The status of the answer to one datagram, or silence.
fn status(text: &str) -> String {
    let mut script = Script::new();
    script.phone(text);
    script.lines().join(" + ")
}

#[test]
fn each_fault_has_its_status() {
    let good = request("OPTIONS", "sip:clinic.demo", "1", 1, "", "");
    let invite = request("INVITE", "sip:101@clinic.demo", "1", 1, "", SDP);
    let long = format!("sip:{}@x", "a".repeat(5000));
    for (text, expected) in [
        (good.clone(), "SIP/2.0 200 OK"),
        (good.replace("SIP/2.0\nVia", "SIP/3.0\nVia"), "SIP/2.0 505 Version Not Supported"),
        (good.replace("CSeq: 1 OPTIONS", "CSeq: 1 INVITE"), "SIP/2.0 400 Bad Request"),
        (good.replace("Call-ID: c1\n", ""), "SIP/2.0 400 Bad Request"),
        (good.replace("Call-ID: c1\n", "Call-ID: c1\ni: c1\n"), "SIP/2.0 400 Bad Request"),
        (good.replace("Content-Length: 0", "Content-Length: 9"), "SIP/2.0 400 Bad Request"),
        (good.replace("Content-Length: 0", "Content-Length: 0\nl: 1"), "SIP/2.0 400 Bad Request"),
        (good.replace("sip:clinic.demo SIP", "<sip:clinic.demo> SIP"), "SIP/2.0 400 Bad Request"),
        (good.replace("sip:clinic.demo SIP", "soap:clinic.demo SIP"), "SIP/2.0 416 Unsupported URI Scheme"),
        (good.replace("sip:clinic.demo SIP", &format!("{long} SIP")), "SIP/2.0 414 Request-URI Too Long"),
        (good.replace("OPTIONS", "DANCE"), "SIP/2.0 501 Not Implemented"),
        (good.replace("OPTIONS", "SUBSCRIBE"), "SIP/2.0 489 Bad Event"),
        (good.replace("OPTIONS", "PUBLISH"), "SIP/2.0 405 Method Not Allowed"),
        (good.replace("OPTIONS", "UPDATE"), "SIP/2.0 481 Call/Transaction Does Not Exist"),
        (good.replace("OPTIONS", "BYE"), "SIP/2.0 481 Call/Transaction Does Not Exist"),
        (good.replace("OPTIONS", "CANCEL"), "SIP/2.0 481 Call/Transaction Does Not Exist"),
        (good.replace("Max-Forwards: 70", "Max-Forwards: 0"), "SIP/2.0 200 OK"),
        (good.replace("Max-Forwards: 70", "Max-Forwards: 300"), "SIP/2.0 400 Bad Request"),
        (good.replace("Call-ID", "Require: 100rel, precondition, gruu\nCall-ID"), "SIP/2.0 420 Bad Extension"),
        (good.replace("demo>\nCall-ID", "demo>;tag=gone\nCall-ID"), "SIP/2.0 481 Call/Transaction Does Not Exist"),
        (invite.replace("Max-Forwards: 70", "Max-Forwards: 0"), "SIP/2.0 483 Too Many Hops"),
        (invite.replace("application/sdp", "text/plain"), "SIP/2.0 415 Unsupported Media Type"),
        (invite.replace("Contact: <sip:102@10.0.0.2:5060>\n", ""), "SIP/2.0 400 Bad Request"),
        (invite.replace("demo>\nCall-ID", "demo>;tag=1;tag=2\nCall-ID"), "SIP/2.0 400 Bad Request"),
        (invite.replace("branch=", "branch=z9hG4bKx;branch="), "SIP/2.0 400 Bad Request"),
        (invite.replace("CSeq", "Accept: text/plain, message/*\nCSeq"), "SIP/2.0 406 Not Acceptable"),
        (invite.replace("application/sdp", "multipart/mixed;boundary=x"), "SIP/2.0 415 Unsupported Media Type"),
        // Silence.
        (good.replace("Via", "X"), ""),
        (good.replace("OPTIONS", "ACK"), ""),
        (good.replace("OPTIONS", "ACK").replace("Call-ID: c1\n", ""), ""),
        ("\n\n".into(), ""),
        ("GET / HTTP/1.1\n\n".into(), ""),
        (good.replace("OPTIONS sip:clinic.demo SIP/2.0", "SIP/2.0 200 OK"), ""),
    ] {
        assert_eq!(status(&text), expected, "{text}");
    }
}

#[test]
fn an_answer_in_full() {
    let mut script = Script::new();
    let rport =
        request("OPTIONS", "sip:clinic.demo", "1;rport", 1, "Require: 100rel, precondition, gruu\nTimestamp: 5\n", "");
    script.receive(udp("10.0.0.9:777"), &wire(&rport));
    expect![[r#"
        --> Udp 10.0.0.9:777
        SIP/2.0 420 Bad Extension
        Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1;received=10.0.0.9;rport=777
        From: <sip:102@clinic.demo>;tag=p
        To: <sip:101@clinic.demo>;tag=3f5bada74baa2b97
        Call-ID: c1
        CSeq: 1 OPTIONS
        Server: Frontdesk
        Unsupported: precondition
        Content-Length: 0

    "#]]
    .assert_eq(&script.sent());
}

#[test]
fn an_answer_goes_where_its_phone_hears_it() {
    let mut script = Script::new();
    let mut goes = |via: &str, source: &str| {
        let text = request("OPTIONS", "sip:clinic.demo", "2", 1, "", "").replace("10.0.0.2:5060;branch", via);
        script.receive(udp(source), &wire(&text));
        script.sent.pop().expect("an answer").0.remote.to_string()
    };
    // Without rport the port is the one that the Via names, where its address is the one that the request came from, or a name.
    assert_eq!(goes("10.0.0.9:5070;branch", "10.0.0.9:777"), "10.0.0.9:5070");
    assert_eq!(goes("10.0.0.9;branch", "10.0.0.9:777"), "10.0.0.9:5060");
    assert_eq!(goes("phone.clinic.demo:5070;branch", "10.0.0.9:777"), "10.0.0.9:5070");
    // Behind a NAT only the port that it took is open.
    assert_eq!(goes("192.168.1.20:5070;branch", "10.0.0.9:777"), "10.0.0.9:777");
    assert_eq!(goes("192.168.1.20;branch", "10.0.0.9:777"), "10.0.0.9:777");
    assert_eq!(goes("192.168.1.20:5070;rport;branch", "10.0.0.9:777"), "10.0.0.9:777");
}

#[test]
fn strangers_hear_nothing() {
    let mut script = Script::new();
    let options = wire(&request("OPTIONS", "sip:clinic.demo", "1", 1, "", ""));
    script.receive(udp("203.0.113.1:5060"), &options);
    script.receive(tcp("203.0.113.1:5060", 1), b"");
    assert_eq!((script.lines(), script.closed.len(), script.endpoint.counters().foreign.sum()), (vec![], 1, 2));
    script.receive(udp(script::TRUNK), &options);
    assert_eq!(script.lines(), ["SIP/2.0 200 OK"]);
}

#[test]
fn a_registration() {
    let mut script = Script::new();
    let contacts =
        "Contact: \"a\" <sip:102@10.0.0.2;x=%23>;expires=60, <sip:102@10.0.0.3>\nExpires: 120\nUser-Agent: Desk 1\n";
    let register =
        request("REGISTER", "sip:clinic.demo", "1", 7, "", "").replace("Contact: <sip:102@10.0.0.2:5060>\n", contacts);
    script.phone(&register);
    let Some(Event::Register { request: id, register: found }) = script.events.pop() else { panic!("a REGISTER") };
    let bound: Vec<_> = found.contacts.iter().map(|c| (c.uri.expose().as_str(), c.expires)).collect();
    assert_eq!(bound, [("sip:102@10.0.0.2;x=%23", 60), ("sip:102@10.0.0.3", 120)]);
    assert_eq!((found.user.as_str(), found.cseq, found.agent.as_str(), found.auth), ("101", 7, "Desk 1", Auth::None));
    let contacts = vec![Contact::new("sip:102@10.0.0.2;x=%23".to_owned(), 59)];
    script.order(Command::AcceptRegister { request: id, contacts, outbound: false });
    let answer = script.sent();
    assert!(
        answer.contains("SIP/2.0 200 OK\n") && answer.contains("Contact: <sip:102@10.0.0.2;x=%23>;expires=59\n"),
        "{answer}"
    );
    // The repetition gets the same answer, and its user hears nothing.
    script.phone(&register);
    assert_eq!((script.sent(), script.events.len()), (answer, 0));
}

#[test]
fn contacts_that_contradict_themselves() {
    let star = request("REGISTER", "sip:clinic.demo", "1", 1, "Expires: 0\n", "");
    let star = star.replace("Contact: <sip:102@10.0.0.2:5060>", "Contact: *");
    let mut script = Script::new();
    script.phone(&star);
    assert!(matches!(&script.events[..], [Event::Register { register, .. }] if register.remove_all));
    assert_eq!(status(&star.replace("Expires: 0", "Expires: 1")), "SIP/2.0 400 Bad Request");
    assert_eq!(status(&star.replace("Contact: *", "Contact: *, <sip:a@b>")), "SIP/2.0 400 Bad Request");
}

#[test]
fn a_challenge_offers_two_algorithms() {
    let mut script = Script::new();
    script.phone(&request("REGISTER", "sip:clinic.demo", "1", 1, "", ""));
    let Some(Event::Register { request, .. }) = script.events.pop() else { panic!("a REGISTER") };
    script.order(Command::Challenge { request, stale: true });
    let answer = script.sent();
    assert_eq!(answer.matches("WWW-Authenticate: Digest realm=\"clinic.demo\"").count(), 2, "{answer}");
    assert_eq!(answer.matches("stale=true").count(), 2, "{answer}");
    // Except to a phone that would stumble over the second.
    script.phone(&script::request(
        "REGISTER",
        "sip:clinic.demo",
        "2",
        2,
        "User-Agent: baresip v1.0.0 (x86_64/linux)\n",
        "",
    ));
    let Some(Event::Register { request, .. }) = script.events.pop() else { panic!("a REGISTER") };
    script.order(Command::Challenge { request, stale: false });
    assert_eq!(script.sent().matches("WWW-Authenticate").count(), 1);
}

#[test]
fn above_the_limits_only_a_call_for_help_gets_in() {
    let mut script = Script::new();
    let invite = |user: &str, n: u32| {
        request("INVITE", &format!("sip:{user}@clinic.demo"), &n.to_string(), 1, "", SDP)
            .replace("Call-ID: c1", &format!("Call-ID: c{n}"))
    };
    script.phone(&invite("101", 1));
    script.phone(&invite("101", 2));
    assert_eq!(script.names(), ["Invite", "Invite"]);
    script.phone(&invite("101", 3));
    let answer = script.sent();
    assert!(answer.contains("503 Service Unavailable") && answer.contains("Retry-After: 5\n"), "{answer}");
    script.phone(&invite("911", 4));
    assert_eq!((script.names(), script.lines()), (vec!["Invite".to_owned()], vec![]));
    for n in 5..9 {
        script.phone(&request("REGISTER", "sip:clinic.demo", &n.to_string(), n, "", ""));
    }
    assert_eq!(script.names().len(), config().max_transactions - 3);
    assert_eq!(script.lines(), ["SIP/2.0 503 Service Unavailable"]);
    script.phone(&invite("911", 10));
    assert_eq!((script.names(), script.endpoint.counters().busy), (vec!["Invite".to_owned()], 2));
}

#[test]
fn answers_that_are_kept_for_those_who_ask_again_keep_nobody_out_for_long() {
    let mut script = Script::new();
    let register = |n: u32| request("REGISTER", "sip:clinic.demo", &n.to_string(), n, "", "");
    for n in 0..6 {
        script.phone(&register(n));
        let Some(Event::Register { request, .. }) = script.events.pop() else { panic!("a REGISTER") };
        script.order(Command::Reject { request, code: 403 });
    }
    script.wait(seconds(3));
    script.sent();
    script.phone(&register(6));
    assert_eq!(script.lines(), ["SIP/2.0 503 Service Unavailable"], "there is no room");
    script.phone(&register(5));
    assert_eq!((script.names(), script.lines()), (vec![], vec!["SIP/2.0 403 Forbidden".to_owned()]), "it asks again");
    script.wait(seconds(2));
    assert_eq!(script.names(), ["TurnedAway(TurnedAway"]);
    script.phone(&register(7));
    assert_eq!((script.names(), script.lines()), (vec!["Register".to_owned()], vec![]));
}

#[test]
fn the_same_request_by_another_path_is_merged() {
    let mut script = Script::new();
    let invite = request("INVITE", "sip:101@clinic.demo", "1", 1, "", SDP);
    script.phone(&invite);
    script.phone(&invite.replace("z9hG4bK1", "z9hG4bK2"));
    assert_eq!(
        (script.names(), script.lines()),
        (vec!["Invite".to_owned()], vec!["SIP/2.0 482 Loop Detected".to_owned()])
    );
}

#[test]
fn a_phone_that_comes_back_with_credentials_and_the_same_cseq_is_heard() {
    let mut script = Script::new();
    let register = request("REGISTER", "sip:clinic.demo", "1", 1, "", "");
    script.phone(&register);
    let Some(Event::Register { request: id, .. }) = script.events.pop() else { panic!("a REGISTER") };
    script.order(Command::Challenge { request: id, stale: false });
    script.phone(&register.replace("z9hG4bK1", "z9hG4bK2"));
    assert_eq!(script.names(), ["Register"]);
}

#[test]
fn a_flood_of_calls_for_help_is_bounded_too() {
    let mut script = Script::new();
    for n in 0..3000 {
        let invite = request("INVITE", "sip:911@clinic.demo", &n.to_string(), 1, "", SDP);
        script.phone(&invite.replace("Call-ID: c1", &format!("Call-ID: c{n}")));
    }
    assert_eq!(script.endpoint.usage().transactions, config().max_transactions + 1000);
    assert_eq!(script.endpoint.counters().busy, 3000 - 1006);
}

#[test]
fn an_invite_without_answer_gets_trying_and_a_repeated_cancel_its_200_again() {
    let mut script = Script::new();
    let invite = request("INVITE", "sip:101@clinic.demo", "1", 1, "", SDP);
    script.phone(&invite);
    script.wait(std::time::Duration::from_millis(199));
    assert_eq!(script.lines(), [""; 0]);
    script.wait(std::time::Duration::from_millis(2));
    assert_eq!(script.lines(), ["SIP/2.0 100 Trying"]);
    script.phone(&invite);
    assert_eq!(script.lines(), ["SIP/2.0 100 Trying"]);
    let cancel = request("CANCEL", "sip:101@clinic.demo", "1", 1, "", "");
    script.phone(&cancel);
    assert_eq!(script.lines(), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    script.phone(&cancel);
    assert_eq!(script.lines(), ["SIP/2.0 200 OK"]);
    assert_eq!(script.names(), ["Invite", "Ended"]);
    // Timer G repeats the 487 until the ACK.
    script.wait(seconds(2));
    assert_eq!(script.lines(), ["SIP/2.0 487 Request Terminated"; 2]);
    script.phone(&request("ACK", "sip:101@clinic.demo", "1", 1, "", ""));
    script.wait(seconds(40));
    assert_eq!((script.lines(), script.endpoint.usage()), (vec![], sip::Usage::default()));
}

#[test]
fn a_stream_is_framed_pinged_and_closed() {
    let mut script = Script::new();
    let flow = tcp("10.0.0.2:4000", 3);
    let options = wire(&request("OPTIONS", "sip:clinic.demo", "1", 1, "", "").replace("UDP", "TCP"));
    let (head, tail) = options.split_at(40);
    script.receive(flow, head);
    script.receive(flow, &[tail, b"\r\n\r\n", &options].concat());
    assert_eq!(script.lines(), ["SIP/2.0 200 OK", "", "SIP/2.0 200 OK"]);
    // A message that never ends.
    script.receive(flow, head);
    script.wait(seconds(33));
    assert_eq!(
        (script.closed.drain(..).collect::<Vec<_>>(), script.endpoint.usage()),
        (vec![flow], sip::Usage::default())
    );
    let huge = wire(&request("OPTIONS", "sip:clinic.demo", "1", 1, "", "").replace("Length: 0", "Length: 1000000000"));
    script.receive(flow, &huge);
    assert_eq!(
        (script.lines(), script.closed.drain(..).count()),
        (vec!["SIP/2.0 413 Request Entity Too Large".to_owned()], 1)
    );
    script.receive(flow, &[b'x'; 70_000]);
    assert_eq!((script.lines(), script.closed.len()), (vec![], 1));
}

#[test]
fn a_call_over_a_stream_that_closes_is_refused() {
    let mut script = Script::new();
    let flow = tcp("10.0.0.2:4000", 0);
    let party = sip::NameAddr { display: "A \"b\"".into(), uri: "sip:101@clinic.demo".into() };
    let (leg, body) = (LegId::outgoing(1), Bytes::from_static(b"v=0\r\n"));
    let call = sip::OutgoingCall::new("sip:x@y", flow, party.clone(), party, body);
    script.order(Command::Invite { leg, call: call.into() });
    let invite = script.sent();
    assert!(invite.contains("From: \"A \\\"b\\\"\" <sip:101@clinic.demo>;tag="), "{invite}");
    assert!(invite.contains("Contact: <sip:10.0.0.1:5060;transport=tcp>\n"), "{invite}");
    script.input(Input::Closed { flow });
    assert!(matches!(script.events[..], [Event::Refused { code: 503, .. }]));
    assert_eq!(script.endpoint.usage(), sip::Usage::default());
}

/// It says nothing about the phone, which may be back by another one.
#[test]
fn a_connection_that_breaks_under_a_refresh_that_nobody_agreed_to_ends_no_call() {
    let mut script = Script::new();
    let flow = tcp(PHONE, 7);
    let party =
        |user: &str| sip::NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = sip::OutgoingCall::new("sip:102@10.0.0.2", flow, party("101"), party("102"), sdp("offer"));
    let call = sip::OutgoingCall { owner: Some("102".into()), ..call };
    script.order(Command::Invite { leg: OUT, call: call.into() });
    let invite = last(&mut script);
    script.receive(flow, &wire(&respond(&invite, 200, "t", CONTACT, "answer")));
    assert_eq!(script.names(), ["Answered"]);
    for _ in 0..2 {
        script.wait(seconds(900));
        assert!(last(&mut script).starts_with("INVITE "));
        script.input(Input::Closed { flow });
        assert_eq!(script.names(), [""; 0]);
    }
}
