//! Calls, scripted against one endpoint: what the peer hears and what the user is told.

mod script;

use std::time::Duration;

use expect_test::expect;
use script::{
    CONTACT, NEW, OFFER, OUT, PHONE, Script, TRUNK, answered, call, established, inside, request, respond, sdp,
    seconds, udp, wire,
};
use sip::{Command, EndReason, Event, Usage};

#[test]
fn a_2xx_is_repeated_until_its_ack() {
    let mut script = Script::new();
    let (_, tag) = answered(&mut script);
    expect![[r#"
        --> Udp 10.0.0.2:5060
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKi
        From: <sip:102@clinic.demo>;tag=p
        To: <sip:101@clinic.demo>;tag=TAG
        Call-ID: c1
        CSeq: 1 INVITE
        Record-Route: <sip:10.0.0.2;lr>
        Contact: <sip:10.0.0.1:5060>
        Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, MESSAGE, PRACK, REFER, REGISTER, SUBSCRIBE, UPDATE
        Supported: 100rel, timer, replaces, norefersub, path, outbound, gruu, eventlist
        Server: Frontdesk
        Content-Type: application/sdp
        Content-Length: 6

        answer"#]]
    .assert_eq(&script.sent().replace(&tag, "TAG"));
    script.wait(Duration::from_millis(1600));
    assert_eq!(script.lines(), ["SIP/2.0 200 OK"; 2]);
    // A repeated INVITE is absorbed.
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER));
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    script.wait(seconds(5));
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Established".to_owned()]));
}

#[test]
fn without_an_ack_the_leg_is_lost_and_bye_is_sent() {
    let mut script = Script::new();
    answered(&mut script);
    script.wait(Duration::from_millis(31_900));
    script.sent.clear();
    script.wait(Duration::from_millis(200));
    assert!(matches!(script.events[..], [Event::Ended { reason: EndReason::Lost, .. }]));
    let (_, bye) = script.sent.pop().expect("a BYE");
    assert!(
        bye.starts_with("BYE sip:102@10.0.0.2:5060 SIP/2.0\n") && bye.contains("Route: <sip:10.0.0.2;lr>\n"),
        "{bye}"
    );
    script.wait(seconds(60));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn a_callee_that_hangs_up_waits_for_the_ack_with_its_bye() {
    let mut script = Script::new();
    let (leg, tag) = answered(&mut script);
    script.order(Command::Bye { leg });
    assert_eq!(script.lines(), ["SIP/2.0 200 OK"]);
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    assert_eq!((script.lines(), script.names()), (vec!["BYE sip:102@10.0.0.2:5060 SIP/2.0".to_owned()], vec![]));
}

#[test]
fn what_is_answered_inside_a_call() {
    let mut script = Script::new();
    let (_, tag) = established(&mut script);
    for (n, (method, expected)) in [
        ("OPTIONS", "200 OK"),
        ("INFO", "200 OK"),
        ("UPDATE", "200 OK"),
        ("PRACK", "481 Call/Transaction Does Not Exist"),
        ("MESSAGE", "405 Method Not Allowed"),
    ]
    .iter()
    .enumerate()
    {
        let text = inside(method, method, u32::try_from(n).expect("small") + 2, &tag, "");
        script.phone(&text);
        script.phone(&text);
        assert_eq!(script.lines(), [format!("SIP/2.0 {expected}"), format!("SIP/2.0 {expected}")]);
    }
    // Older than what was seen.
    script.phone(&inside("INFO", "old", 2, &tag, ""));
    assert_eq!(script.lines(), ["SIP/2.0 500 Server Internal Error"]);
    script.phone(&inside("BYE", "b", 9, &tag, ""));
    script.phone(&inside("BYE", "b", 9, &tag, ""));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 200 OK".to_owned(); 2], vec!["Ended".to_owned()]));
    script.phone(&inside("BYE", "b2", 10, &tag, ""));
    assert_eq!(script.lines(), ["SIP/2.0 481 Call/Transaction Does Not Exist"]);
}

#[test]
fn a_reinvite_is_answered_or_refused_and_the_next_one_works() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&inside("INVITE", "r1", 2, &tag, NEW));
    script.phone(&inside("INVITE", "r2", 3, &tag, NEW));
    assert_eq!(
        (script.names(), script.lines()),
        (vec!["Reinvite".to_owned()], vec!["SIP/2.0 500 Server Internal Error".to_owned()])
    );
    script.order(Command::RefuseReinvite { leg, code: 488 });
    script.phone(&inside("ACK", "r1", 2, &tag, ""));
    script.phone(&inside("ACK", "r2", 3, &tag, ""));
    assert_eq!(script.lines(), ["SIP/2.0 488 Not Acceptable Here"]);
    script.phone(&inside("INVITE", "r3", 4, &tag, NEW));
    script.order(Command::AnswerReinvite { leg, body: sdp("again") });
    assert_eq!((script.names(), script.lines()), (vec!["Reinvite".to_owned()], vec!["SIP/2.0 200 OK".to_owned()]));
    script.phone(&inside("ACK", "r3a", 4, &tag, ""));
    script.wait(seconds(40));
    assert_eq!(script.lines(), [""; 0]);
}

#[test]
fn an_offer_of_ours_in_a_2xx_is_answered_by_the_ack() {
    let mut script = Script::new();
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", ""));
    let Some(Event::Invite { leg, invite }) = script.events.pop() else { panic!("an INVITE") };
    assert_eq!(invite.offer, None);
    script.order(Command::Answer { leg, body: sdp("our offer") });
    let tag = script.our_tag();
    script.phone(&inside("ACK", "a", 1, &tag, "their answer"));
    assert!(
        matches!(&script.events[..], [Event::Established { .. }, Event::AckAnswer { body, .. }] if body == "their answer")
    );
}

#[test]
fn glare_is_tried_again_by_the_owner_of_the_call_id_after_two_seconds() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 200, "t", CONTACT, "answer"));
    script.sent.clear();
    script.order(Command::Reinvite { leg: OUT, body: sdp("new") });
    let (_, reinvite) = script.sent.pop().expect("a re-INVITE");
    // Theirs, at the same time.
    let local = invite.lines().find(|l| l.starts_with("From:")).expect("From").replace("From", "To");
    let theirs =
        request("INVITE", "sip:10.0.0.1", "g", 1, &format!("From: <sip:102@clinic.demo>;tag=t\n{local}\n"), OFFER);
    let call_id = invite.lines().find(|l| l.starts_with("Call-ID")).expect("Call-ID");
    script.phone(&theirs.replace("Call-ID: c1", call_id));
    assert_eq!(script.lines(), ["SIP/2.0 491 Request Pending"]);
    script.phone(&respond(&reinvite, 491, "t", "", ""));
    assert_eq!(script.lines(), ["ACK sip:102@10.0.0.2:5060 SIP/2.0"]);
    script.wait(Duration::from_millis(2000));
    assert!(!script.lines().iter().any(|l| l.starts_with("INVITE")));
    script.wait(Duration::from_millis(2001));
    let (_, again) = script.sent.pop().expect("a re-INVITE");
    assert!(again.contains("CSeq: 3 INVITE\n"), "{again}");
    script.phone(&respond(&again, 200, "t", CONTACT, "new answer"));
    assert_eq!(script.names(), ["Answered", "ReinviteAnswered"]);
}

#[test]
fn our_call_rings_is_answered_and_its_ack_repeated() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 183, "t", "", "early"));
    assert!(matches!(&script.events[..], [Event::Progress { code: 183, body: Some(body), .. }] if body == "early"));
    let routes = "Record-Route: <sip:last;lr>, <sip:first;lr>\n";
    let ok = respond(&invite, 200, "t", &format!("{CONTACT}{routes}"), "answer");
    script.phone(&ok);
    let ack = script.sent();
    let routes: Vec<_> = ack.lines().filter(|l| l.starts_with("Route")).collect();
    assert_eq!(routes, ["Route: <sip:first;lr>", "Route: <sip:last;lr>"]);
    script.phone(&ok);
    assert_eq!(script.sent(), ack);
    assert_eq!(script.names(), ["Progress", "Answered"]);
}

#[test]
fn a_second_fork_is_acknowledged_and_ended() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 200, "one", CONTACT, "answer"));
    script.sent.clear();
    let second = respond(&invite, 200, "two", "Contact: <sip:other@10.0.0.3>\n", "answer");
    script.phone(&second);
    assert_eq!(script.lines(), ["ACK sip:other@10.0.0.3 SIP/2.0", "BYE sip:other@10.0.0.3 SIP/2.0"]);
    script.phone(&second);
    assert_eq!(script.lines(), ["ACK sip:other@10.0.0.3 SIP/2.0"]);
    assert_eq!(script.names(), ["Answered"]);
    // A third one when the call is over already.
    script.order(Command::Bye { leg: OUT });
    let (_, bye) = script.sent.pop().expect("a BYE");
    script.phone(&respond(&bye, 200, "one", "", ""));
    script.phone(&respond(&invite, 200, "three", "Contact: <sip:third@10.0.0.4>\n", "answer"));
    assert_eq!(script.lines(), ["ACK sip:third@10.0.0.4 SIP/2.0", "BYE sip:third@10.0.0.4 SIP/2.0"]);
}

#[test]
fn cancel_waits_for_a_provisional_response_and_a_2xx_may_win() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.order(Command::Cancel { leg: OUT });
    assert_eq!(script.lines(), [""; 0]);
    script.phone(&respond(&invite, 180, "t", "", ""));
    assert_eq!(script.lines(), ["CANCEL sip:102@10.0.0.2 SIP/2.0"]);
    script.phone(&respond(&invite, 200, "t", CONTACT, "answer"));
    assert_eq!(script.lines(), ["ACK sip:102@10.0.0.2:5060 SIP/2.0", "BYE sip:102@10.0.0.2:5060 SIP/2.0"]);
    script.wait(seconds(120));
    assert_eq!((script.names(), script.endpoint.usage()), (vec![], Usage::default()));
}

#[test]
fn a_phone_whose_call_another_took_is_told_so_also_after_it_has_begun_to_ring() {
    const TAKEN: &str = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"";
    let said = |order: Command, rings_first: bool| {
        let mut script = Script::new();
        let invite = call(&mut script, PHONE);
        let ringing = respond(&invite, 180, "t", "", "");
        if rings_first {
            script.phone(&ringing);
            script.order(order);
        } else {
            script.order(order);
            script.phone(&ringing);
        }
        let (_, cancel) = script.sent.pop().expect("a CANCEL");
        assert!(cancel.starts_with("CANCEL "), "{cancel}");
        cancel
    };
    for rings_first in [true, false] {
        assert!(said(Command::Taken { leg: OUT }, rings_first).lines().any(|line| line == TAKEN));
        assert!(!said(Command::Cancel { leg: OUT }, rings_first).contains("Reason:"));
    }
}

#[test]
fn the_487_after_our_cancel_is_acknowledged() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 180, "t", "", ""));
    script.order(Command::Cancel { leg: OUT });
    script.sent.clear();
    let terminated = respond(&invite, 487, "t", "", "");
    script.phone(&terminated);
    script.phone(&terminated);
    assert_eq!(script.lines(), ["ACK sip:102@10.0.0.2 SIP/2.0"; 2]);
    script.wait(seconds(40));
    assert_eq!((script.names(), script.endpoint.usage()), (vec!["Progress".to_owned()], Usage::default()));
}

#[test]
fn nobody_there_and_nobody_answering() {
    let mut script = Script::new();
    call(&mut script, PHONE);
    script.wait(seconds(33));
    // Timer A: after 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 seconds.
    assert_eq!(script.lines(), ["INVITE sip:102@10.0.0.2 SIP/2.0"; 6]);
    assert!(matches!(script.events[..], [Event::Refused { code: 408, .. }]));
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 180, "t", "", ""));
    // Longer than a call for help rings: our user ends what rings too long, and this is for what it has forgotten.
    script.wait(seconds(620));
    assert_eq!((script.names(), script.lines()), (vec!["Progress".to_owned()], vec![]));
    script.wait(seconds(282));
    assert_eq!(
        (script.names(), script.lines().first().map(|l| l[..6].to_owned())),
        (vec!["Refused".to_owned()], Some("CANCEL".into()))
    );
    script.wait(seconds(80));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn a_refusal_says_when_to_come_back() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 503, "t", "Retry-After: 30 (busy)\n", ""));
    assert!(matches!(script.events[..], [Event::Refused { code: 503, retry_after: Some(30), .. }]));
    assert_eq!(script.lines(), ["ACK sip:102@10.0.0.2 SIP/2.0"]);
}

#[test]
fn a_redirection_says_whom_to_call_instead() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 302, "t", "Contact: \"Doctor\" <sip:103@clinic.demo>;q=0.9, <sip:104@x>\n", ""));
    let [Event::Refused { code: 302, redirect: Some(to), .. }] = &script.events[..] else {
        panic!("{:?}", script.events)
    };
    assert_eq!(to.expose(), "103");
    for contact in ["", "Contact: <>\n", "Contact: *\n"] {
        let mut script = Script::new();
        let invite = call(&mut script, PHONE);
        script.phone(&respond(&invite, 302, "t", contact, ""));
        let nobody = |to: &Option<model::Pii<String>>| to.as_ref().is_none_or(|to| to.expose().is_empty());
        assert!(matches!(&script.events[..], [Event::Refused { redirect, .. }] if nobody(redirect)), "{contact}");
    }
}

#[test]
fn inside_a_trunk_call_the_target_counts_if_it_is_the_trunks() {
    let mut script = Script::new();
    let invite = call(&mut script, TRUNK);
    let text = respond(&invite, 200, "t", "Contact: <sip:c@192.0.2.8:5070>\n", "answer");
    script.receive(udp(TRUNK), &wire(&text));
    assert_eq!(script.sent.pop().map(|(flow, _)| flow.remote), Some(script::address("192.0.2.8:5070")));
    script.order(Command::Bye { leg: OUT });
    assert_eq!(script.sent.pop().map(|(flow, _)| flow.remote), Some(script::address("192.0.2.8:5070")));
}

#[test]
fn the_peer_hangs_up_while_its_offer_waits() {
    let mut script = Script::new();
    let (_, tag) = established(&mut script);
    script.phone(&inside("INVITE", "r1", 2, &tag, NEW));
    script.phone(&inside("BYE", "b", 3, &tag, ""));
    assert_eq!(script.lines(), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    assert_eq!(script.names(), ["Reinvite", "Ended"]);
}

/// What a phone writes beside the number costs nobody help. An interval that is too short is none.
#[test]
fn a_call_for_help_is_taken_whatever_it_says_beside_its_number() {
    for (extra, code) in [
        ("Supported: timer\nSession-Expires: 60\n", "422"),
        ("Accept: text/plain\n", "406"),
        ("Replaces: nobody;to-tag=a;from-tag=b\n", "481"),
        ("Replaces: nobody\n", "400"),
    ] {
        let mut script = Script::new();
        script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, extra, OFFER));
        assert!(script.lines()[0].starts_with(&format!("SIP/2.0 {code} ")), "{extra}");
        let mut script = Script::new();
        script.phone(&request("INVITE", "sip:911@clinic.demo", "i", 1, extra, OFFER));
        let Some(Event::Invite { leg, invite }) = script.events.pop() else { panic!("{extra}: {:?}", script.lines()) };
        assert!(invite.replaces.is_none());
        script.order(Command::Answer { leg, body: sdp("answer") });
        let (_, ok) = script.sent.pop().expect("an answer");
        assert!(ok.starts_with("SIP/2.0 200 OK") && !ok.contains("Session-Expires"), "{ok}");
    }
}
