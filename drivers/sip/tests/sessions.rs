//! Sessions: their timers in both roles, UPDATE, and what is renegotiated or just said again.

mod script;

use script::{
    CONTACT, NEW, OFFER, OUT, PHONE, Script, answered, body, call, established, inside, last, request, respond, sdp,
    seconds, udp, value,
};
use sip::{Command, EndReason, Event, LegId, NameAddr, OutgoingCall, Usage};

/// The value of a header in the last message that was sent.
fn header(script: &Script, name: &str) -> String {
    let (_, text) = script.sent.last().expect("something was sent");
    value(text, name)
}

/// An incoming call that stands, whose INVITE had these headers; the 200 to it.
fn with(script: &mut Script, headers: &str) -> (LegId, String, String) {
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, headers, OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Answer { leg, body: sdp("answer") });
    let tag = script.our_tag();
    let ok = last(script);
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    script.names();
    (leg, tag, ok)
}

/// A call of ours that stands, whose 200 had these headers; its INVITE.
fn made(script: &mut Script, headers: &str) -> String {
    let invite = call(script, PHONE);
    script.phone(&respond(&invite, 200, "t", &format!("{CONTACT}{headers}"), "answer"));
    script.names();
    script.sent.clear();
    invite
}

/// The same, to a phone of one of our users.
fn made_to_a_user(script: &mut Script, headers: &str) -> String {
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = OutgoingCall::new("sip:102@10.0.0.2", udp(PHONE), party("101"), party("102"), sdp("offer"));
    let call = OutgoingCall { owner: Some("102".into()), ..call };
    script.order(Command::Invite { leg: OUT, call: call.into() });
    let invite = last(script);
    script.phone(&respond(&invite, 200, "t", &format!("{CONTACT}{headers}"), "answer"));
    script.names();
    script.sent.clear();
    invite
}

/// A request of the peer inside the call that we made with this INVITE.
fn theirs(invite: &str, method: &str, branch: &str, cseq: u32, extra: &str, body: &str) -> String {
    let local = value(invite, "From");
    let extra = format!("From: <sip:102@clinic.demo>;tag=t\nTo: {local}\n{extra}");
    let text = request(method, "sip:10.0.0.1:5060", branch, cseq, &extra, body);
    text.replace("Call-ID: c1", &format!("Call-ID: {}", value(invite, "Call-ID")))
}

#[test]
fn our_calls_ask_for_a_timer_and_raise_it_after_422() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    assert_eq!((value(&invite, "Session-Expires"), value(&invite, "Min-SE")), ("1800".into(), "90".into()));
    assert!(value(&invite, "Supported").contains("timer"), "{invite}");
    script.phone(&respond(&invite, 422, "t", "Min-SE: 3600\n", ""));
    let again = last(&mut script);
    assert_eq!((value(&again, "Session-Expires"), value(&again, "Min-SE")), ("3600".into(), "3600".into()));
    assert_eq!((value(&again, "CSeq"), value(&again, "Call-ID")), ("2 INVITE".into(), value(&invite, "Call-ID")));
    assert!(!value(&again, "To").contains("tag=") && body(&again) == "offer", "{again}");
    // The same wish again, or one that makes no sense, is a refusal.
    script.phone(&respond(&again, 422, "t", "Min-SE: 3600\n", ""));
    assert!(matches!(script.events[..], [Event::Refused { code: 422, .. }]));
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 422, "t", "Min-SE: 4000000000\n", ""));
    assert!(matches!(script.events[..], [Event::Refused { code: 422, .. }]));
}

#[test]
fn we_refresh_by_update_where_the_peer_knows_it() {
    let mut script = Script::new();
    made(&mut script, "Session-Expires: 600;refresher=uac\nRequire: timer\nAllow: INVITE, ACK, BYE, UPDATE\n");
    for n in 2..5 {
        script.wait(seconds(299));
        assert_eq!(script.lines(), [""; 0]);
        script.wait(seconds(1));
        let update = last(&mut script);
        assert!(update.starts_with("UPDATE sip:102@10.0.0.2:5060") && body(&update).is_empty(), "{update}");
        assert_eq!(
            (value(&update, "Session-Expires"), value(&update, "CSeq")),
            ("600;refresher=uac".into(), format!("{n} UPDATE"))
        );
        script.phone(&respond(&update, 200, "t", "Session-Expires: 600;refresher=uac\n", ""));
    }
    // It has forgotten the timer in its answer: we go on.
    script.wait(seconds(300));
    let update = last(&mut script);
    script.phone(&respond(&update, 200, "t", "", ""));
    script.wait(seconds(300));
    let update = last(&mut script);
    // It does not know the call any more.
    script.phone(&respond(&update, 481, "t", "", ""));
    assert!(matches!(script.events[..], [Event::Ended { reason: EndReason::Lost, leg: OUT }]));
    assert_eq!(script.lines(), ["BYE sip:102@10.0.0.2:5060 SIP/2.0"]);
    script.wait(seconds(60));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn we_refresh_by_a_reinvite_that_says_the_same_and_nobody_is_told() {
    let mut script = Script::new();
    made(&mut script, "Session-Expires: 600\nAllow: INVITE, ACK, BYE\n");
    script.wait(seconds(300));
    let reinvite = last(&mut script);
    assert!(reinvite.starts_with("INVITE ") && body(&reinvite) == "offer", "{reinvite}");
    script.phone(&respond(&reinvite, 200, "t", &format!("{CONTACT}Session-Expires: 600;refresher=uac\n"), "answer"));
    assert_eq!(script.lines(), ["ACK sip:102@10.0.0.2:5060 SIP/2.0"]);
    // A session that was renegotiated in between is what is said again.
    script.order(Command::Reinvite { leg: OUT, body: sdp("t38 offer") });
    let reinvite = last(&mut script);
    script.phone(&respond(
        &reinvite,
        200,
        "t",
        &format!("{CONTACT}Session-Expires: 600;refresher=uac\n"),
        "t38 answer",
    ));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    script.sent.clear();
    script.wait(seconds(300));
    let refresh = last(&mut script);
    assert_eq!(body(&refresh), "t38 offer");
    // Refused, but not gone: it is tried again, and the call goes on until its time is over.
    script.phone(&respond(&refresh, 500, "t", "", ""));
    script.sent.clear();
    script.wait(seconds(10));
    let refresh = last(&mut script);
    assert_eq!((refresh.starts_with("INVITE"), body(&refresh)), (true, "t38 offer"));
    script.phone(&respond(&refresh, 422, "t", "Min-SE: 1200\n", ""));
    let raised = last(&mut script);
    assert_eq!(value(&raised, "Session-Expires"), "1200;refresher=uac");
    script.phone(&respond(&raised, 200, "t", &format!("{CONTACT}Session-Expires: 1200;refresher=uac\n"), "t38 answer"));
    script.sent.clear();
    script.wait(seconds(599));
    assert_eq!((script.lines(), script.names()), (vec![], vec![]));
    script.wait(seconds(2));
    assert!(last(&mut script).starts_with("INVITE"));
}

#[test]
fn who_says_that_it_knows_update_and_does_not_is_refreshed_by_a_reinvite() {
    let mut script = Script::new();
    made(&mut script, "Session-Expires: 600;refresher=uac\nAllow: UPDATE\n");
    script.wait(seconds(300));
    let update = last(&mut script);
    script.phone(&respond(&update, 501, "t", "", ""));
    let reinvite = last(&mut script);
    assert!(reinvite.starts_with("INVITE ") && body(&reinvite) == "offer", "{reinvite}");
}

#[test]
fn a_call_that_nobody_refreshes_is_lost() {
    // We should, and nobody answers; they should, and do not.
    for (headers, over) in
        [("Session-Expires: 90;refresher=uac\n", 60), ("Session-Expires: 1800;refresher=uas\n", 1768)]
    {
        let mut script = Script::new();
        made(&mut script, headers);
        script.wait(seconds(over - 1));
        assert_eq!(script.names(), [""; 0]);
        script.wait(seconds(1));
        assert!(matches!(script.events[..], [Event::Ended { reason: EndReason::Lost, .. }]), "{headers}");
        assert!(script.lines().iter().any(|l| l.starts_with("BYE ")));
        script.wait(seconds(60));
        assert_eq!(script.endpoint.usage(), Usage::default());
    }
}

const QUARTER: u64 = 900;

#[test]
fn who_agrees_to_no_timer_is_asked_whether_it_is_there() {
    for (headers, method) in [("Allow: INVITE, ACK, BYE\n", "INVITE"), ("Allow: UPDATE\n", "UPDATE")] {
        let mut script = Script::new();
        made_to_a_user(&mut script, headers);
        for _ in 0..3 {
            script.wait(seconds(QUARTER - 1));
            assert_eq!(script.lines(), [""; 0]);
            script.wait(seconds(1));
            let refresh = last(&mut script);
            assert!(refresh.starts_with(&format!("{method} sip:102@10.0.0.2:5060")), "{refresh}");
            // It names no timer now either.
            let (contact, answer) = if method == "INVITE" { (CONTACT, "answer") } else { ("", "") };
            script.phone(&respond(&refresh, 200, "t", &format!("{contact}{headers}"), answer));
            script.sent.clear();
        }
        assert_eq!(script.names(), [""; 0]);
        // It is gone, without a word.
        script.wait(seconds(QUARTER + 33));
        assert!(matches!(script.events[..], [Event::Ended { reason: EndReason::Lost, leg: OUT }]), "{method}");
        assert!(script.lines().iter().any(|l| l.starts_with("BYE ")));
        script.wait(seconds(60));
        assert_eq!(script.endpoint.usage(), Usage::default());
    }
    // A carrier, and who calls for help, has shown to be no user of ours.
    let mut script = Script::new();
    with(&mut script, "");
    script.wait(seconds(7200));
    assert_eq!((script.lines(), script.names()), (vec![], vec![]));
    made(&mut script, "");
    script.wait(seconds(7200));
    assert_eq!((script.lines(), script.names()), (vec![], vec![]));
}

#[test]
fn a_refresh_that_nobody_agreed_to_ends_no_call_that_lives() {
    let mut script = Script::new();
    let invite = made_to_a_user(&mut script, "Allow: UPDATE\n");
    // It is busy: that is a sign of life, too.
    script.wait(seconds(QUARTER));
    let update = last(&mut script);
    script.phone(&respond(&update, 500, "t", "", ""));
    script.wait(seconds(QUARTER));
    let update = last(&mut script);
    // What it does not want is not sent again, and who wants nothing is left alone.
    script.phone(&respond(&update, 403, "t", "", ""));
    let reinvite = last(&mut script);
    assert!(reinvite.starts_with("INVITE ") && body(&reinvite) == "offer", "{reinvite}");
    script.phone(&respond(&reinvite, 501, "t", "", ""));
    script.sent.clear();
    script.wait(seconds(7200));
    assert_eq!((script.lines(), script.names()), (vec![], vec![]));
    // Also after a change of the call.
    script.order(Command::Reinvite { leg: OUT, body: sdp("t38 offer") });
    let reinvite = last(&mut script);
    script.phone(&respond(&reinvite, 200, "t", CONTACT, "t38 answer"));
    script.sent.clear();
    script.wait(seconds(7200));
    assert_eq!((script.lines(), script.names()), (vec![], vec!["ReinviteAnswered".to_owned()]));
    script.phone(&theirs(&invite, "BYE", "b", 1, "", ""));
    assert_eq!(script.names(), ["Ended"]);
    // A fax goes on as it was agreed on.
    let mut script = Script::new();
    made_to_a_user(&mut script, "");
    script.order(Command::Reinvite { leg: OUT, body: sdp("t38 offer") });
    let reinvite = last(&mut script);
    script.phone(&respond(&reinvite, 200, "t", CONTACT, "t38 answer"));
    script.wait(seconds(QUARTER));
    assert_eq!(body(&last(&mut script)), "t38 offer");
}

#[test]
fn calls_that_come_in_get_the_timer_that_they_can_have() {
    for (headers, expected, required) in [
        ("Supported: timer\nSession-Expires: 600;refresher=uas\n", "600;refresher=uas", ""),
        ("Supported: timer\nSession-Expires: 600\n", "600;refresher=uac", "timer"),
        ("k: timer\n", "1800;refresher=uac", "timer"),
        ("", "", ""),
    ] {
        let mut script = Script::new();
        let (_, _, ok) = with(&mut script, headers);
        assert_eq!((value(&ok, "Session-Expires").as_str(), value(&ok, "Require").as_str()), (expected, required));
    }
    let mut script = Script::new();
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "k: timer\nx: 60\n", OFFER));
    assert_eq!(
        (header(&script, "Min-SE"), script.lines(), script.names()),
        ("90".into(), vec!["SIP/2.0 422 Session Interval Too Small".into()], vec![])
    );
}

#[test]
fn a_peers_refresh_never_reaches_the_user() {
    let mut script = Script::new();
    let (leg, tag, _) = with(&mut script, "Supported: timer\nSession-Expires: 600;refresher=uac\n");
    let timer = |text: String| {
        text.replace("Content-Length", "Supported: timer\nSession-Expires: 600;refresher=uac\nContent-Length")
    };
    for n in 0..10 {
        script.wait(seconds(500));
        let cseq = 2 + n * 2;
        script.phone(&timer(inside("INVITE", &format!("r{n}"), cseq, &tag, OFFER)));
        let ok = last(&mut script);
        assert_eq!((ok.starts_with("SIP/2.0 200"), body(&ok)), (true, "answer"), "{ok}");
        assert_eq!(value(&ok, "Session-Expires"), "600;refresher=uac");
        script.phone(&inside("ACK", &format!("a{n}"), cseq, &tag, ""));
        script.wait(seconds(500));
        script.phone(&timer(inside("UPDATE", &format!("u{n}"), cseq + 1, &tag, "")));
        let ok = last(&mut script);
        assert_eq!(
            (ok.starts_with("SIP/2.0 200"), body(&ok), value(&ok, "Session-Expires")),
            (true, "", "600;refresher=uac".into())
        );
        assert_eq!(value(&ok, "Contact"), "<sip:10.0.0.1:5060>");
    }
    assert_eq!(script.names(), [""; 0]);
    // After a change the new session is what is refreshed.
    script.phone(&inside("INVITE", "new", 30, &tag, NEW));
    script.order(Command::AnswerReinvite { leg, body: sdp("new answer") });
    script.phone(&inside("ACK", "new", 30, &tag, ""));
    assert_eq!(script.names(), ["Reinvite"]);
    script.sent.clear();
    script.phone(&inside("UPDATE", "same", 31, &tag, NEW));
    assert_eq!(body(&last(&mut script)), "new answer");
    // What was before is now a wish again.
    script.phone(&inside("UPDATE", "old", 32, &tag, OFFER));
    assert_eq!(script.names(), ["Reinvite"]);
}

#[test]
fn a_refresh_that_is_too_short_is_refused_and_the_call_goes_on() {
    let mut script = Script::new();
    let (_, tag, _) = with(&mut script, "Supported: timer\nSession-Expires: 600;refresher=uac\n");
    let short = |method: &str, cseq, body: &str| {
        inside(method, method, cseq, &tag, body)
            .replace("Content-Length", "Supported: timer\nSession-Expires: 30\nContent-Length")
    };
    for (n, (method, body)) in [("UPDATE", ""), ("INVITE", OFFER)].into_iter().enumerate() {
        script.phone(&short(method, 2 + u32::try_from(n).expect("small"), body));
        assert_eq!(header(&script, "Min-SE"), "90");
        assert_eq!(script.lines(), ["SIP/2.0 422 Session Interval Too Small"]);
    }
    assert_eq!(script.names(), [""; 0]);
}

#[test]
fn an_update_with_an_offer_is_answered_without_an_ack() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&inside("UPDATE", "u1", 2, &tag, NEW));
    assert!(matches!(&script.events[..], [Event::Reinvite { offer, .. }] if offer.starts_with(b"v=0 new")));
    // While it waits: another one, and a re-INVITE; an empty one is no offer.
    script.phone(&inside("UPDATE", "u2", 3, &tag, OFFER));
    assert!(!header(&script, "Retry-After").is_empty());
    script.phone(&inside("INVITE", "r", 4, &tag, OFFER));
    script.phone(&inside("ACK", "r", 4, &tag, ""));
    script.phone(&inside("UPDATE", "u3", 5, &tag, ""));
    let busy = "SIP/2.0 500 Server Internal Error";
    assert_eq!(script.lines(), [busy, busy, "SIP/2.0 200 OK"]);
    script.order(Command::AnswerReinvite { leg, body: sdp("again") });
    let ok = last(&mut script);
    assert_eq!(
        (ok.starts_with("SIP/2.0 200"), body(&ok), value(&ok, "Contact")),
        (true, "again", "<sip:10.0.0.1:5060>".into())
    );
    // Nothing waits for an ACK.
    script.wait(seconds(40));
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Reinvite".to_owned()]));
    script.phone(&inside("UPDATE", "u4", 6, &tag, "v=0 third\n"));
    script.order(Command::RefuseReinvite { leg, code: 488 });
    script.phone(&inside("UPDATE", "u5", 7, &tag, NEW));
    assert_eq!(
        (script.lines(), script.names()),
        (vec!["SIP/2.0 488 Not Acceptable Here".into(), "SIP/2.0 200 OK".into()], vec!["Reinvite".to_owned()])
    );
}

#[test]
fn an_update_that_the_user_leaves_alone_is_refused_in_time() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&inside("UPDATE", "u1", 2, &tag, NEW));
    script.wait(seconds(7));
    assert_eq!(script.lines(), [""; 0]);
    script.wait(seconds(2));
    assert_eq!(script.lines(), ["SIP/2.0 504 Server Time-out"]);
    script.order(Command::AnswerReinvite { leg, body: sdp("late") });
    assert_eq!(script.lines(), [""; 0]);
}

#[test]
fn an_update_that_meets_our_reinvite_is_refused_and_ours_goes_on() {
    let mut script = Script::new();
    let invite = made(&mut script, "");
    script.order(Command::Reinvite { leg: OUT, body: sdp("ours") });
    let reinvite = last(&mut script);
    script.phone(&theirs(&invite, "UPDATE", "u", 1, "", NEW));
    assert_eq!(script.lines(), ["SIP/2.0 491 Request Pending"]);
    script.phone(&respond(&reinvite, 200, "t", CONTACT, "agreed"));
    script.phone(&theirs(&invite, "UPDATE", "u2", 2, "", NEW));
    assert_eq!(script.names(), ["ReinviteAnswered", "Reinvite"]);
    // Ours waits for the answer to theirs; whatever that says is newer.
    script.sent.clear();
    script.order(Command::Reinvite { leg: OUT, body: sdp("next") });
    assert_eq!(script.lines(), [""; 0]);
    script.order(Command::AnswerReinvite { leg: OUT, body: sdp("yes") });
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 200 OK".into()], vec!["ReinviteOvertaken".into()]));
    script.order(Command::Reinvite { leg: OUT, body: sdp("next") });
    assert_eq!(script.lines(), ["INVITE sip:102@10.0.0.2:5060 SIP/2.0"]);
}

#[test]
fn glare_that_waits_makes_room_for_theirs_and_comes_after_it() {
    let mut script = Script::new();
    let invite = made(&mut script, "");
    script.order(Command::Reinvite { leg: OUT, body: sdp("ours") });
    let reinvite = last(&mut script);
    script.phone(&respond(&reinvite, 491, "t", "", ""));
    script.order(Command::Reinvite { leg: OUT, body: sdp("newer") });
    script.phone(&theirs(&invite, "INVITE", "g", 1, "", NEW));
    // What was ordered last is what is wanted; each order hears of its end.
    assert_eq!(script.names(), ["ReinviteRefused", "Reinvite"]);
    script.sent.clear();
    script.order(Command::RefuseReinvite { leg: OUT, code: 488 });
    script.phone(&theirs(&invite, "ACK", "g", 1, "", ""));
    assert_eq!(body(&last(&mut script)), "newer");
}

/// RFC 3264 section 8: a description that follows another has the next version, and never an older one.
#[test]
fn no_old_description_follows_a_newer_one_after_glare() {
    let versions = ["o=- 1 2", "o=- 1 3", "o=- 1 4"];
    for method in ["INVITE", "UPDATE"] {
        let mut script = Script::new();
        let invite = made(&mut script, "");
        script.order(Command::Reinvite { leg: OUT, body: sdp(versions[0]) });
        script.phone(&respond(&script.sent[0].1.clone(), 491, "t", "", ""));
        script.phone(&theirs(&invite, method, "g", 1, "", NEW));
        script.order(Command::AnswerReinvite { leg: OUT, body: sdp(versions[1]) });
        script.phone(&theirs(&invite, "ACK", "ga", 1, "", ""));
        script.wait(seconds(5));
        script.order(Command::Reinvite { leg: OUT, body: sdp(versions[2]) });
        let mut said: Vec<_> = script.sent.iter().map(|(_, text)| body(text)).filter(|b| !b.is_empty()).collect();
        said.dedup();
        assert_eq!(said, versions, "theirs came by {method}");
        assert_eq!(script.names(), ["Reinvite", "ReinviteOvertaken"]);
    }
}

#[test]
fn an_update_moves_the_peers_target() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    let moved = inside("UPDATE", "u", 2, &tag, "")
        .replace("Contact: <sip:102@10.0.0.2:5060>", "Contact: <sip:102@10.0.0.2:5099>");
    script.phone(&moved);
    script.sent.clear();
    script.order(Command::Bye { leg });
    assert_eq!(script.lines(), ["BYE sip:102@10.0.0.2:5099 SIP/2.0"]);
}

#[test]
fn before_the_ack_an_offer_by_update_comes_too_early() {
    let mut script = Script::new();
    let (_, tag) = answered(&mut script);
    script.sent.clear();
    script.phone(&inside("UPDATE", "u", 2, &tag, NEW));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 491 Request Pending".to_owned()], vec![]));
}

#[test]
fn keys_by_info_are_told() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    let info = |n: u32, kind: &str, body: &str| {
        inside("INFO", &format!("k{n}"), n, &tag, body).replace("application/sdp", kind)
    };
    let relay = "application/dtmf-relay";
    for (n, (kind, body, expected)) in [
        (relay, "Signal=5\nDuration=160\n", Some(('5', 160))),
        (relay, "Signal= *\n", Some(('*', 250))),
        (relay, "signal=11\nDuration=99999\n", Some(('#', 5000))),
        ("application/dtmf", "d", Some(('D', 250))),
        (relay, "Signal=55\n", None),
        (relay, "Duration=5\n", None),
        ("application/media_control+xml", "<a/>", None),
    ]
    .into_iter()
    .enumerate()
    {
        script.phone(&info(2 + u32::try_from(n).expect("small"), kind, body));
        let told = script.events.drain(..).map(|e| match e {
            Event::Dtmf { leg: of, digit, millis } if of == leg => (digit.into_inner(), millis),
            other => panic!("{other:?}"),
        });
        assert_eq!(
            (told.collect::<Vec<_>>(), script.lines()),
            (expected.into_iter().collect(), vec!["SIP/2.0 200 OK".to_owned()]),
            "{body}"
        );
    }
    let package = info(20, "text/plain", "x").replace("Content-Length", "Info-Package: foo\nContent-Length");
    script.phone(&package);
    assert_eq!(script.lines(), ["SIP/2.0 469 Bad Info Package"]);
}

#[test]
fn hops_are_counted_through_a_call() {
    let mut script = Script::new();
    let came = |script: &mut Script, hops: &str| {
        let invite = request("INVITE", "sip:101@clinic.demo", &format!("h{}", hops.len()), 1, "", OFFER);
        script.phone(
            &invite.replace("Max-Forwards: 70\n", hops).replace("Call-ID: c1", &format!("Call-ID: {}", hops.len())),
        );
        let Some(Event::Invite { invite, leg }) = script.events.pop() else { panic!("an INVITE") };
        script.order(Command::Refuse { leg, code: 480, retry_after: None });
        script.sent.clear();
        invite.hops
    };
    assert_eq!(came(&mut script, "Max-Forwards: 9\n"), 8);
    assert_eq!(came(&mut script, ""), 69);
    let party = || sip::NameAddr { display: Default::default(), uri: "sip:101@clinic.demo".into() };
    let call = sip::OutgoingCall::new("sip:102@10.0.0.2", script::udp(PHONE), party(), party(), sdp("offer"));
    let mut out = |n, hops| {
        script.order(Command::Invite {
            leg: LegId::outgoing(n),
            call: sip::OutgoingCall { hops, ..call.clone() }.into(),
        });
        (script.sent.pop().map(|(_, text)| value(&text, "Max-Forwards")), script.events.pop())
    };
    assert!(matches!(out(1, 8), (Some(hops), None) if hops == "8"));
    assert!(matches!(out(2, 0), (None, Some(Event::Refused { code: 483, .. }))));
}
