//! Before the answer: reliable provisional responses in both roles, and calls that ring at several phones at once.

mod script;

use script::{
    CONTACT, NEW, OFFER, OUT, PHONE, Script, TRUNK, body, call, inside, last, request, respond, sdp, seconds, udp,
    value, wire,
};
use sip::{Command, EndReason, Event, LegId, NameAddr, OutgoingCall, Trunk, TrunkSecret, Usage};

/// A caller that wants our provisional responses to be acknowledged.
fn demanding(script: &mut Script, offer: &str) -> LegId {
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "Require: 100rel\n", offer));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    leg
}

/// The PRACK of a response.
fn prack(response: &str, branch: &str, cseq: u32, tag: &str, body: &str) -> String {
    let rack = format!("RAck: {} {}\nContent-Length", value(response, "RSeq"), value(response, "CSeq"));
    inside("PRACK", branch, cseq, tag, body).replace("Content-Length", &rack)
}

/// A reliable provisional response to a request of ours.
fn reliable(invite: &str, code: u16, tag: &str, rseq: u32, body: &str) -> String {
    respond(invite, code, tag, &format!("{CONTACT}Require: 100rel\nRSeq: {rseq}\n"), body)
}

fn ring(leg: LegId, code: u16, body: Option<&'static str>) -> Command {
    Command::Ring { leg, code, body: body.map(sdp) }
}

#[test]
fn a_demanding_caller_is_rung_until_it_acknowledges() {
    let mut script = Script::new();
    let leg = demanding(&mut script, OFFER);
    script.order(ring(leg, 180, None));
    let tag = script.our_tag();
    let first = last(&mut script);
    let number: u32 = value(&first, "RSeq").parse().expect("a number");
    assert_eq!((&first[..11], value(&first, "Require").as_str()), ("SIP/2.0 180", "100rel"));
    assert!(number > 0 && number < 1 << 31 && value(&first, "Contact") == "<sip:10.0.0.1:5060>", "{first}");
    // What is said meanwhile waits, and a description is not lost to another 180.
    script.order(ring(leg, 183, Some("early")));
    script.order(ring(leg, 180, None));
    // At 0.5, 1.5, 3.5 and 7.5 seconds.
    script.wait(seconds(8));
    assert_eq!(script.lines(), ["SIP/2.0 180 Ringing"; 4]);
    script.phone(&prack(&first.replace("RSeq: ", "RSeq: 9"), "wrong", 2, &tag, ""));
    assert_eq!(script.lines(), ["SIP/2.0 481 Call/Transaction Does Not Exist"]);
    script.phone(&prack(&first, "p1", 3, &tag, ""));
    let second = last(&mut script);
    assert_eq!(
        (&second[..11], value(&second, "RSeq"), body(&second)),
        ("SIP/2.0 183", (number + 1).to_string(), "early")
    );
    // The answer waits for the acknowledgement of the description.
    script.order(Command::Answer { leg, body: sdp("early") });
    assert_eq!(script.lines(), [""; 0]);
    script.phone(&prack(&second, "p2", 4, &tag, ""));
    let ok = last(&mut script);
    assert_eq!((&ok[..11], body(&ok)), ("SIP/2.0 200", ""), "its answer was given");
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    // A repeated PRACK is answered as before; one in a transaction of its own does no harm.
    script.phone(&prack(&second, "p2", 4, &tag, ""));
    script.phone(&prack(&second, "p3", 5, &tag, ""));
    script.wait(seconds(40));
    assert_eq!(
        (script.lines(), script.names()),
        (vec!["SIP/2.0 200 OK".to_owned(); 2], vec!["Established".to_owned()])
    );
    script.order(Command::Bye { leg });
    script.wait(seconds(80));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn an_answer_that_differs_from_the_early_one_follows_in_a_reinvite() {
    let mut script = Script::new();
    let leg = demanding(&mut script, OFFER);
    script.order(ring(leg, 183, Some("early")));
    let tag = script.our_tag();
    let early = last(&mut script);
    script.phone(&prack(&early, "p", 2, &tag, ""));
    script.order(Command::Answer { leg, body: sdp("other") });
    assert_eq!(body(&last(&mut script)), "");
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    let reinvite = last(&mut script);
    assert_eq!((&reinvite[..6], body(&reinvite)), ("INVITE", "other"));
    script.phone(&respond(&reinvite, 200, "p", CONTACT, "agreed"));
    assert_eq!(
        (script.lines(), script.names()),
        (vec!["ACK sip:102@10.0.0.2:5060 SIP/2.0".to_owned()], vec!["Established".to_owned()])
    );
}

#[test]
fn a_mere_ringing_does_not_hold_the_answer_back() {
    let mut script = Script::new();
    let leg = demanding(&mut script, OFFER);
    script.order(ring(leg, 180, None));
    let (tag, ringing) = (script.our_tag(), last(&mut script));
    script.order(Command::Answer { leg, body: sdp("answer") });
    assert_eq!(body(&last(&mut script)), "answer");
    script.phone(&prack(&ringing, "p", 2, &tag, ""));
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    script.wait(seconds(5));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 200 OK".to_owned()], vec!["Established".to_owned()]));
}

#[test]
fn a_caller_that_never_acknowledges_is_refused() {
    let mut script = Script::new();
    let leg = demanding(&mut script, OFFER);
    script.order(ring(leg, 180, None));
    script.sent.clear();
    script.wait(seconds(33));
    assert!(script.lines().contains(&"SIP/2.0 504 Server Time-out".to_owned()));
    assert!(matches!(script.events[..], [Event::Ended { reason: EndReason::Lost, .. }]));
    script.wait(seconds(40));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn without_an_offer_the_ringing_brings_ours_or_waits() {
    let mut script = Script::new();
    let leg = demanding(&mut script, "");
    script.order(ring(leg, 180, None));
    assert_eq!(script.lines(), [""; 0], "it would have to hold our offer");
    script.order(ring(leg, 183, Some("our offer")));
    let tag = script.our_tag();
    let early = last(&mut script);
    script.phone(&prack(&early, "p", 2, &tag, "their answer"));
    assert!(matches!(&script.events[..], [Event::AckAnswer { body, .. }] if body == "their answer"));
    script.order(Command::Answer { leg, body: sdp("our offer") });
    assert_eq!(body(&last(&mut script)), "");
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    assert_eq!(script.names(), ["AckAnswer", "Established"]);
}

#[test]
fn a_prack_without_the_answer_is_taken_and_the_2xx_offers_again() {
    let mut script = Script::new();
    let leg = demanding(&mut script, "");
    script.order(ring(leg, 183, Some("our offer")));
    let (tag, early) = (script.our_tag(), last(&mut script));
    script.phone(&prack(&early, "p", 2, &tag, ""));
    script.order(Command::Answer { leg, body: sdp("our offer") });
    assert_eq!(body(&last(&mut script)), "our offer");
    script.phone(&inside("ACK", "a", 1, &tag, "their answer"));
    assert_eq!(script.names(), ["Established", "AckAnswer"]);
}

#[test]
fn an_offer_in_a_prack_is_asked_of_the_user() {
    let mut script = Script::new();
    let leg = demanding(&mut script, OFFER);
    script.order(ring(leg, 183, Some("early")));
    let (tag, early) = (script.our_tag(), last(&mut script));
    script.phone(&prack(&early, "p", 2, &tag, NEW));
    assert_eq!((script.names(), script.lines()), (vec!["Reinvite".to_owned()], vec![]));
    script.order(Command::AnswerReinvite { leg, body: sdp("new answer") });
    let ok = last(&mut script);
    assert_eq!((value(&ok, "CSeq"), body(&ok)), ("2 PRACK".into(), "new answer"));
    // UPDATE before the call is answered, which its user does not want now.
    script.phone(&inside("UPDATE", "u", 3, &tag, OFFER));
    script.order(Command::RefuseReinvite { leg, code: 491 });
    assert_eq!(
        (script.names(), script.lines()),
        (vec!["Reinvite".to_owned()], vec!["SIP/2.0 491 Request Pending".to_owned()])
    );
    // The call is answered while another one waits.
    script.phone(&inside("UPDATE", "u2", 4, &tag, OFFER));
    script.order(Command::Answer { leg, body: sdp("new answer") });
    assert_eq!(script.lines(), ["SIP/2.0 491 Request Pending", "SIP/2.0 200 OK"]);
}

#[test]
fn cancel_ends_a_reliable_ringing() {
    let mut script = Script::new();
    let leg = demanding(&mut script, OFFER);
    script.order(ring(leg, 183, Some("early")));
    let (tag, early) = (script.our_tag(), last(&mut script));
    script.order(Command::Answer { leg, body: sdp("early") });
    script.phone(&request("CANCEL", "sip:101@clinic.demo", "i", 1, "", ""));
    assert_eq!(
        (script.lines(), script.names()),
        (vec!["SIP/2.0 200 OK".into(), "SIP/2.0 487 Request Terminated".into()], vec!["Ended".to_owned()])
    );
    script.phone(&request("ACK", "sip:101@clinic.demo", "i", 1, "", ""));
    // The PRACK that crossed it.
    script.phone(&prack(&early, "p", 2, &tag, ""));
    assert_eq!(script.lines(), ["SIP/2.0 481 Call/Transaction Does Not Exist"]);
    script.wait(seconds(40));
    assert_eq!((script.lines(), script.endpoint.usage()), (vec![], Usage::default()));
}

#[test]
fn an_early_update_before_the_first_answer_comes_too_early() {
    let mut script = Script::new();
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(ring(leg, 180, None));
    let tag = script.our_tag();
    script.sent.clear();
    script.phone(&inside("UPDATE", "u", 2, &tag, NEW));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 500 Server Internal Error".to_owned()], vec![]));
}

#[test]
fn what_rings_reliably_is_acknowledged_in_order() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    assert!(value(&invite, "Supported").contains("100rel"));
    script.phone(&reliable(&invite, 183, "t", 5, "early"));
    let prack = last(&mut script);
    assert_eq!((&prack[..33], value(&prack, "RAck")), ("PRACK sip:102@10.0.0.2:5060 SIP/2", "5 1 INVITE".into()));
    assert_eq!((value(&prack, "CSeq"), value(&prack, "To").ends_with(";tag=t")), ("2 PRACK".into(), true));
    // Again, since the PRACK was lost (that repeats itself); and one whose predecessor is missing.
    script.phone(&reliable(&invite, 183, "t", 5, "early"));
    script.phone(&reliable(&invite, 180, "t", 7, ""));
    assert_eq!(script.lines(), [""; 0]);
    script.phone(&respond(&prack, 200, "t", "", ""));
    script.phone(&reliable(&invite, 180, "t", 6, ""));
    assert_eq!(value(&last(&mut script), "RAck"), "6 1 INVITE");
    script.phone(&reliable(&invite, 180, "t", 7, ""));
    let prack = last(&mut script);
    assert_eq!((value(&prack, "RAck"), value(&prack, "CSeq")), ("7 1 INVITE".into(), "4 PRACK".into()));
    assert_eq!(script.names(), ["Progress"; 3]);
    // The answer was given early; the 2xx may leave it out.
    script.phone(&respond(&invite, 200, "t", CONTACT, ""));
    assert!(matches!(&script.events[..], [Event::Answered { body, .. }] if body == "early"));
    assert_eq!(value(&last(&mut script), "CSeq"), "1 ACK");
    script.order(Command::Bye { leg: OUT });
    assert_eq!(value(&last(&mut script), "CSeq"), "5 BYE");
}

#[test]
fn each_phone_that_rings_is_a_dialog_of_its_own() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&reliable(&invite, 183, "a", 1, "early a"));
    let other = reliable(&invite, 183, "b", 900, "early b").replace("sip:102@10.0.0.2:5060", "sip:102@10.0.0.3:5070");
    let other = other.replace("Require", "Record-Route: <sip:10.0.0.9;lr>\nRequire");
    script.phone(&other);
    let prack = last(&mut script);
    assert!(prack.starts_with("PRACK sip:102@10.0.0.3:5070"), "{prack}");
    assert_eq!((value(&prack, "Route"), value(&prack, "RAck")), ("<sip:10.0.0.9;lr>".into(), "900 1 INVITE".into()));
    assert_eq!(script.names(), ["Progress"; 2]);
    // The first wins; the other one's late word changes nothing.
    script.phone(&respond(&invite, 200, "a", CONTACT, ""));
    assert!(matches!(&script.events[..], [Event::Answered { body, .. }] if body == "early a"));
    script.phone(&respond(&invite, 180, "b", "", ""));
    script.sent.clear();
    script.order(Command::Bye { leg: OUT });
    assert!(last(&mut script).starts_with("BYE sip:102@10.0.0.2:5060"));
    assert_eq!(script.names(), ["Answered"]);
}

#[test]
fn a_phone_that_answers_without_having_rung_is_taken_too() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&reliable(&invite, 183, "a", 1, "early a"));
    script.names();
    script.phone(&respond(&invite, 200, "c", "Contact: <sip:102@10.0.0.4>\n", "answer c"));
    assert!(matches!(&script.events[..], [Event::Answered { body, .. }] if body == "answer c"));
    assert_eq!(script.lines().pop().as_deref(), Some("ACK sip:102@10.0.0.4 SIP/2.0"));
}

#[test]
fn forks_are_bounded() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    for n in 0..100 {
        script.phone(&reliable(&invite, 180, &format!("t{n}"), 1, ""));
    }
    assert_eq!(script.lines().len(), 16);
    assert_eq!(script.names().len(), 16);
}

#[test]
fn an_early_session_is_changed_by_the_phone_that_rings() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    let update = |branch: &str, cseq: u32, tag: &str| {
        let extra = format!("From: <sip:102@clinic.demo>;tag={tag}\nTo: {}\n", value(&invite, "From"));
        let text = request("UPDATE", "sip:10.0.0.1:5060", branch, cseq, &extra, NEW);
        text.replace("Call-ID: c1", &format!("Call-ID: {}", value(&invite, "Call-ID")))
    };
    script.phone(&respond(&invite, 183, "a", CONTACT, "a preview"));
    script.phone(&update("u1", 1, "a"));
    assert_eq!(script.lines(), ["SIP/2.0 491 Request Pending"], "our offer is out");
    script.phone(&reliable(&invite, 183, "b", 1, "early b"));
    script.phone(&update("u2", 1, "b"));
    assert_eq!(script.names(), ["Progress", "Progress", "Reinvite"]);
    script.sent.clear();
    script.order(Command::AnswerReinvite { leg: OUT, body: sdp("yes") });
    assert_eq!(body(&last(&mut script)), "yes");
    // Another one waits when the other phone answers.
    script.phone(&update("u3", 2, "b").replace("v=0 new", "v=0 mew"));
    script.phone(&respond(&invite, 200, "a", CONTACT, "answer a"));
    assert_eq!(script.names(), ["Reinvite", "Answered"]);
    assert_eq!(script.lines(), ["SIP/2.0 481 Call/Transaction Does Not Exist", "ACK sip:102@10.0.0.2:5060 SIP/2.0"]);
    script.order(Command::Cancel { leg: OUT });
    script.wait(seconds(80));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn a_phone_that_gives_up_ringing_does_not_end_the_call() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    script.phone(&respond(&invite, 180, "a", CONTACT, ""));
    let extra = format!("From: <sip:102@clinic.demo>;tag=a\nTo: {}\n", value(&invite, "From"));
    let bye = request("BYE", "sip:10.0.0.1:5060", "b", 1, &extra, "");
    script.phone(&bye.replace("Call-ID: c1", &format!("Call-ID: {}", value(&invite, "Call-ID"))));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 200 OK".to_owned()], vec!["Progress".to_owned()]));
    script.phone(&respond(&invite, 200, "b", CONTACT, "answer"));
    assert_eq!(script.names(), ["Answered"]);
}

#[test]
fn our_user_changes_an_early_session_by_update() {
    let mut script = Script::new();
    let invite = call(&mut script, PHONE);
    let order = |body: &'static str| Command::Reinvite { leg: OUT, body: sdp(body) };
    // Nothing is agreed yet, or not with one that knows UPDATE.
    script.order(order("new"));
    script.phone(&reliable(&invite, 183, "a", 1, "early a"));
    script.order(order("new"));
    assert_eq!(script.names(), ["ReinviteRefused", "Progress", "ReinviteRefused"]);
    script.phone(&reliable(&invite, 180, "a", 2, "").replace("Require", "Allow: INVITE, UPDATE\nRequire"));
    script.sent.clear();
    script.order(order("new"));
    let update = last(&mut script);
    assert_eq!((&update[..36], body(&update)), ("UPDATE sip:102@10.0.0.2:5060 SIP/2.0", "new"));
    // One at a time.
    script.order(order("newer"));
    script.phone(&respond(&update, 200, "a", CONTACT, "agreed"));
    assert_eq!(script.names(), ["Progress", "ReinviteRefused", "ReinviteAnswered"]);
    script.order(order("newer"));
    let update = last(&mut script);
    script.phone(&respond(&update, 488, "a", "", ""));
    script.order(order("newest"));
    // Another phone answers while it is on its way.
    script.phone(&respond(&invite, 200, "b", CONTACT, "answer b"));
    assert_eq!(script.names(), ["ReinviteRefused", "ReinviteRefused", "Answered"]);
    // Now it goes by re-INVITE.
    script.sent.clear();
    script.order(order("newest"));
    assert!(last(&mut script).starts_with("INVITE "));
}

/// The UPDATE was for a phone that did not answer the call; what it says of it comes while something else is under way.
#[test]
fn a_late_answer_to_an_early_update_touches_no_other_change() {
    for late in [200, 488] {
        let mut script = Script::new();
        let invite = call(&mut script, PHONE);
        script.phone(&reliable(&invite, 183, "a", 1, "early a").replace("Require", "Allow: UPDATE\nRequire"));
        script.sent.clear();
        script.order(Command::Reinvite { leg: OUT, body: sdp("new") });
        let update = last(&mut script);
        script.phone(&respond(&invite, 200, "b", CONTACT, "answer b"));
        script.names();
        script.sent.clear();
        // Ours.
        script.order(Command::Reinvite { leg: OUT, body: sdp("newest") });
        let reinvite = last(&mut script);
        script.phone(&respond(&update, late, "a", CONTACT, if late == 200 { "late" } else { "" }));
        script.phone(&respond(&reinvite, 200, "b", CONTACT, "agreed"));
        assert!(matches!(&script.events[..], [Event::ReinviteAnswered { body, .. }] if body == "agreed"), "{late}");
    }
}

#[test]
fn an_early_session_of_a_caller_is_changed_by_update_too() {
    let mut script = Script::new();
    let headers = "Require: 100rel\nAllow: INVITE, UPDATE\n";
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, headers, OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(ring(leg, 183, Some("early")));
    let (tag, early) = (script.our_tag(), last(&mut script));
    script.phone(&prack(&early, "p", 2, &tag, ""));
    script.sent.clear();
    script.order(Command::Reinvite { leg, body: sdp("new") });
    let update = last(&mut script);
    assert_eq!((&update[..7], body(&update)), ("UPDATE ", "new"));
    // The call is answered before the UPDATE is.
    script.order(Command::Answer { leg, body: sdp("new") });
    assert_eq!(body(&last(&mut script)), "");
    script.phone(&respond(&update, 200, "p", CONTACT, "agreed"));
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    assert_eq!(script.names(), ["ReinviteAnswered", "Established"]);
    // The answer said "new" as well; since that was not agreed then, it is said once more.
    let again = last(&mut script);
    assert_eq!((&again[..7], body(&again)), ("INVITE ", "new"));
    script.wait(seconds(400));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn a_call_that_is_refused_answers_the_update_that_waits() {
    let mut script = Script::new();
    let leg = demanding(&mut script, OFFER);
    script.order(ring(leg, 183, Some("early")));
    let (tag, early) = (script.our_tag(), last(&mut script));
    script.phone(&prack(&early, "p", 2, &tag, ""));
    script.phone(&inside("UPDATE", "u", 3, &tag, NEW));
    script.sent.clear();
    script.order(Command::Refuse { leg, code: 486, retry_after: None });
    assert_eq!(script.lines(), ["SIP/2.0 486 Busy Here", "SIP/2.0 487 Request Terminated"]);
    script.phone(&request("ACK", "sip:101@clinic.demo", "i", 1, "", ""));
    script.wait(seconds(40));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

/// A call over a carrier that knows UPDATE: its INVITE.
fn over_a_carrier(script: &mut Script) -> String {
    let secret = TrunkSecret { trunk: "main".into(), user: "acc".into(), password: "pw".into() };
    script.order(Command::SetTrunkSecrets([secret].into()));
    script.order(Command::SetTrunks(vec![Trunk::new("main", "carrier.example", vec![udp(TRUNK)])]));
    let party =
        |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@carrier.example").into() };
    let mut call = OutgoingCall::new("sip:x@carrier.example", udp(TRUNK), party("4711"), party("x"), sdp("offer"));
    call.trunk = Some("main".into());
    script.order(Command::Invite { leg: OUT, call: call.into() });
    last(script)
}

/// The carrier says this; what we say to it.
fn carrier(script: &mut Script, text: &str) -> String {
    script.receive(udp(TRUNK), &wire(text));
    last(script)
}

/// It wants to know who we are, each time with another nonce.
fn challenge(request: &str, nonce: &str) -> String {
    let digest = format!("Proxy-Authenticate: Digest realm=\"carrier\", qop=\"auth\", nonce=\"{nonce}\"\n");
    respond(request, 407, "proxy", &digest, "")
}

/// Some carriers challenge each request, those before the answer among them.
#[test]
fn what_is_said_to_a_phone_that_rings_is_proved_too() {
    let mut script = Script::new();
    let invite = over_a_carrier(&mut script);
    let rings = |tag: &str, rseq, body: &str| {
        reliable(&invite, 183, tag, rseq, body).replace("Require", "Allow: INVITE, UPDATE\nRequire")
    };
    let prack = carrier(&mut script, &rings("a", 1, "early a"));
    let other = carrier(&mut script, &rings("b", 7, "early b"));
    let again = carrier(&mut script, &challenge(&prack, "n1"));
    assert!(value(&again, "Proxy-Authorization").contains("nonce=\"n1\""), "{again}");
    assert_eq!((value(&again, "RAck"), value(&again, "CSeq")), ("1 1 INVITE".into(), "3 PRACK".into()));
    // The numbers of another dialog are its own.
    let other = carrier(&mut script, &challenge(&other, "n2"));
    assert_eq!((value(&other, "RAck"), value(&other, "CSeq")), ("7 1 INVITE".into(), "3 PRACK".into()));
    for prack in [&again, &other] {
        script.receive(udp(TRUNK), &wire(&respond(prack, 200, "", "", "")));
    }
    // One after the other, as often as it rings.
    for rseq in 2..20 {
        let prack = carrier(&mut script, &rings("a", rseq, ""));
        let again = carrier(&mut script, &challenge(&prack, &format!("a{rseq}")));
        assert_eq!(value(&again, "CSeq"), format!("{} PRACK", 2 * rseq + 1));
        script.receive(udp(TRUNK), &wire(&respond(&again, 200, "", "", "")));
    }
    script.names();
    // The newest dialog's session is changed.
    script.order(Command::Reinvite { leg: OUT, body: sdp("new") });
    let update = last(&mut script);
    let again = carrier(&mut script, &challenge(&update, "u"));
    assert_eq!((value(&again, "CSeq"), body(&again)), ("5 UPDATE".into(), "new"));
    script.receive(udp(TRUNK), &wire(&respond(&again, 200, "", CONTACT, "agreed")));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    // One answers; the other one's late challenge is nobody's any more.
    let late = carrier(&mut script, &rings("b", 8, ""));
    script.receive(udp(TRUNK), &wire(&respond(&invite, 200, "a", CONTACT, "")));
    script.sent.clear();
    script.receive(udp(TRUNK), &wire(&challenge(&late, "late")));
    assert_eq!(script.lines(), [""; 0]);
    script.order(Command::Bye { leg: OUT });
    assert_eq!(value(&last(&mut script), "CSeq"), "40 BYE");
}

#[test]
fn a_carrier_that_takes_no_proof_of_a_prack_is_not_asked_for_ever() {
    let mut script = Script::new();
    let invite = over_a_carrier(&mut script);
    let mut prack = carrier(&mut script, &reliable(&invite, 183, "a", 1, "early"));
    for n in 0..4 {
        prack = carrier(&mut script, &challenge(&prack, &format!("n{n}")).replace("qop", "stale=true, qop"));
    }
    script.receive(udp(TRUNK), &wire(&challenge(&prack, "last").replace("qop", "stale=true, qop")));
    assert_eq!(script.lines(), [""; 0]);
    assert_eq!(script.names(), ["Progress", "TrunkLost"]);
    // The call may still be answered, and is then proved anew.
    script.receive(udp(TRUNK), &wire(&respond(&invite, 200, "a", CONTACT, "")));
    assert_eq!(script.names(), ["Answered"]);
    script.order(Command::Bye { leg: OUT });
    let bye = last(&mut script);
    assert!(carrier(&mut script, &challenge(&bye, "b")).starts_with("BYE "));
}
