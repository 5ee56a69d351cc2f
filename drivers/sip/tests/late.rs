//! INVITEs of ours without an offer: the 2xx brings theirs, and our answer goes with the ACK.

mod script;

use script::{CONTACT, NEW, OUT, PHONE, Script, body, established, inside, respond, sdp, seconds, udp, value};
use sip::{Body, Command, EndReason, Event, NameAddr, OutgoingCall, Usage};

const THEIRS: &str =
    "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 4000 RTP/AVP 0\na=sendrecv\n";

/// Our call without an offer; its INVITE.
fn call(script: &mut Script) -> String {
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = OutgoingCall::new("sip:102@10.0.0.2", udp(PHONE), party("101"), party("102"), Body::default());
    script.order(Command::Invite { leg: OUT, call: call.into() });
    script.sent.pop().expect("an INVITE").1
}

/// The same, answered with an offer.
fn offered(script: &mut Script) -> (String, String) {
    let invite = call(script);
    let answer = respond(&invite, 200, "t", CONTACT, THEIRS);
    script.phone(&answer);
    (invite, answer)
}

fn sent(script: &mut Script) -> Vec<String> {
    script.sent.drain(..).map(|(_, text)| text).collect()
}

#[test]
fn the_offer_of_a_2xx_is_answered_in_the_ack() {
    let mut script = Script::new();
    let (invite, answer) = offered(&mut script);
    assert!(!invite.contains("Content-Type") && value(&invite, "Content-Length") == "0", "{invite}");
    // A reliable 183 would have to bring the offer, and our PRACK the answer: too early.
    assert!(
        !value(&invite, "Supported").contains("100rel") && value(&invite, "Supported").contains("timer"),
        "{invite}"
    );
    let [Event::Offered { leg: OUT, offer }] = &script.events[..] else { panic!("{:?}", script.events) };
    // As long as its Content-Length, which the script counts without the carriage returns.
    assert_eq!(String::from_utf8_lossy(offer), THEIRS.replace('\n', "\r\n")[..THEIRS.len()]);
    // It comes again while our user thinks.
    script.phone(&answer);
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Offered".to_owned()]));
    script.order(Command::AnswerOffer { leg: OUT, body: sdp("ours") });
    let ack = sent(&mut script).pop().expect("an ACK");
    assert_eq!((&ack[..3], body(&ack), value(&ack, "Content-Type").as_str()), ("ACK", "ours", "application/sdp"));
    assert_eq!(value(&ack, "CSeq"), "1 ACK");
    script.phone(&answer);
    assert_eq!(sent(&mut script), [ack], "the same for each repetition");
    // What was agreed is what a refresh says again.
    script.order(Command::Reinvite { leg: OUT, body: sdp("more") });
    let reinvite = sent(&mut script).pop().expect("a re-INVITE");
    assert_eq!((body(&reinvite), value(&reinvite, "Supported").contains("100rel")), ("more", true));
    script.phone(&respond(&reinvite, 200, "t", CONTACT, "agreed"));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    script.order(Command::Bye { leg: OUT });
    script.wait(seconds(80));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn an_offer_that_cannot_be_used_is_declined_and_the_call_ended() {
    let mut script = Script::new();
    let (_, answer) = offered(&mut script);
    script.order(Command::Bye { leg: OUT });
    let said = sent(&mut script);
    assert_eq!((said.len(), &said[0][..3], &said[1][..3]), (2, "ACK", "BYE"));
    let declined = "v=0\no=- 1 1 IN IP4 10.0.0.2\ns=-\nc=IN IP4 10.0.0.2\nt=0 0\nm=audio 0 RTP/AVP 0\n";
    assert_eq!(body(&said[0]), declined);
    script.phone(&answer);
    assert_eq!(script.lines(), ["ACK sip:102@10.0.0.2:5060 SIP/2.0"]);
    script.phone(&respond(&said[1], 200, "t", "", ""));
    script.wait(seconds(80));
    assert_eq!((script.names(), script.endpoint.usage()), (vec!["Offered".to_owned()], Usage::default()));
}

#[test]
fn a_user_who_says_nothing_loses_the_call() {
    let mut script = Script::new();
    offered(&mut script);
    script.wait(seconds(9));
    assert!(matches!(script.events[..], [Event::Offered { .. }, Event::Ended { reason: EndReason::Lost, .. }]));
    assert_eq!(script.lines()[..2], ["ACK sip:102@10.0.0.2:5060 SIP/2.0", "BYE sip:102@10.0.0.2:5060 SIP/2.0"]);
    script.order(Command::AnswerOffer { leg: OUT, body: sdp("late") });
    script.wait(seconds(80));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn a_2xx_without_an_offer_is_no_session() {
    let mut script = Script::new();
    let invite = call(&mut script);
    script.phone(&respond(&invite, 200, "t", CONTACT, ""));
    assert!(matches!(&script.events[..], [Event::Answered { body, .. }] if body.is_empty()));
    assert_eq!(script.lines(), ["ACK sip:102@10.0.0.2:5060 SIP/2.0"]);
}

#[test]
fn a_2xx_that_crosses_the_cancel_is_declined() {
    let mut script = Script::new();
    let invite = call(&mut script);
    script.phone(&respond(&invite, 180, "t", CONTACT, ""));
    script.order(Command::Cancel { leg: OUT });
    script.sent.clear();
    script.phone(&respond(&invite, 200, "t", CONTACT, THEIRS));
    let said = sent(&mut script);
    assert!(said[0].starts_with("ACK") && said[0].contains("m=audio 0 ") && said[1].starts_with("BYE"), "{said:?}");
    assert_eq!(script.names(), ["Progress"]);
}

#[test]
fn a_session_that_stands_is_asked_for_an_offer() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.order(Command::Reinvite { leg, body: Body::default() });
    let reinvite = sent(&mut script).pop().expect("a re-INVITE");
    assert!(reinvite.starts_with("INVITE") && value(&reinvite, "Content-Length") == "0", "{reinvite}");
    // Theirs meets it.
    script.phone(&inside("UPDATE", "u", 2, &tag, NEW));
    assert_eq!(script.lines(), ["SIP/2.0 491 Request Pending"]);
    script.phone(&respond(&reinvite, 200, "p", CONTACT, THEIRS));
    assert_eq!((script.names(), script.lines()), (vec!["Offered".to_owned()], vec![]));
    script.phone(&inside("UPDATE", "v", 3, &tag, NEW));
    assert_eq!(script.lines(), ["SIP/2.0 500 Server Internal Error"], "theirs is out");
    script.order(Command::AnswerOffer { leg, body: sdp("ours") });
    let ack = sent(&mut script).pop().expect("an ACK");
    assert_eq!((&ack[..3], body(&ack)), ("ACK", "ours"));
    // Theirs again, since it is free now.
    script.phone(&inside("UPDATE", "w", 4, &tag, NEW));
    assert_eq!(script.names(), ["Reinvite"]);
    // One that is refused leaves all as it was.
    script.order(Command::AnswerReinvite { leg, body: sdp("new") });
    script.order(Command::Reinvite { leg, body: Body::default() });
    let reinvite = sent(&mut script).pop().expect("a re-INVITE");
    script.phone(&respond(&reinvite, 488, "p", "", ""));
    assert_eq!(script.names(), ["ReinviteRefused"]);
    script.phone(&inside("UPDATE", "x", 5, &tag, NEW));
    let refreshed = sent(&mut script).pop().expect("an answer");
    assert_eq!((&refreshed[..11], body(&refreshed)), ("SIP/2.0 200", "new"));
}
