//! Calls for help that stand: what a network loses, or a machine on the way does not answer, ends none of them. That they are over is for those
//! who talk to say.

mod script;

use expect_test::expect;
use script::{
    CONTACT, NEW, OFFER, OUT, Script, TRUNK, answered, call, inside, last, request, respond, sdp, seconds, udp, wire,
};
use sip::{Command, Event, LegId, NameAddr, OutgoingCall, Usage};

/// A phone has called help, and is answered; our tag.
fn answered_help(script: &mut Script, extra: &str) -> (LegId, String) {
    script.phone(&request("INVITE", "sip:911@clinic.demo", "i", 1, extra, OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE: {:?}", script.lines()) };
    script.order(Command::Answer { leg, body: sdp("answer") });
    let tag = script.our_tag();
    (leg, tag)
}

/// The carrier has answered a call for help, and agreed to these headers of a session timer.
fn carried(script: &mut Script, extra: &str) -> String {
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = OutgoingCall::new("sip:911@192.0.2.7", udp(TRUNK), party("101"), party("911"), sdp("offer"));
    script.order(Command::Invite { leg: OUT, call: OutgoingCall { for_help: true, ..call }.into() });
    let invite = script.sent.pop().expect("an INVITE").1;
    let ok = respond(&invite, 200, "t", &format!("{CONTACT}{extra}"), "answer");
    script.receive(udp(TRUNK), &wire(&ok));
    script.events.clear();
    script.sent.clear();
    invite
}

/// A router that changes messages often loses this one, and the sound goes its own way.
#[test]
fn who_called_help_and_whose_ack_is_lost_talks_on() {
    let mut script = Script::new();
    let (leg, tag) = answered_help(&mut script, "");
    script.wait(seconds(60));
    assert_eq!(script.names(), ["Established"]);
    let sent = script.lines();
    assert!(sent.iter().all(|line| line == "SIP/2.0 200 OK"), "{sent:?}");
    // What the phone says next is heard, and so is what we say.
    script.phone(&inside("INVITE", "r1", 2, &tag, NEW));
    assert_eq!(script.names(), ["Reinvite"]);
    script.order(Command::AnswerReinvite { leg, body: sdp("again") });
    script.wait(seconds(60));
    assert_eq!(script.names(), [""; 0]);
    script.sent.clear();
    script.order(Command::Bye { leg });
    let bye = last(&mut script);
    assert!(bye.starts_with("BYE "), "{bye}");
    script.phone(&respond(&bye, 200, "p", "", ""));
    script.wait(seconds(40));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

/// Who gives a call up that was not acknowledged says so, as in any call.
#[test]
fn help_that_hangs_up_before_the_ack_ends_the_call() {
    let mut script = Script::new();
    let (leg, _) = answered_help(&mut script, "");
    script.order(Command::Bye { leg });
    script.sent.clear();
    script.wait(seconds(33));
    assert!(last(&mut script).starts_with("BYE "));
    assert_eq!(script.names(), [""; 0]);
    script.wait(seconds(60));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

/// The phone agreed to say now and then that it is there.
#[test]
fn a_phone_that_refreshes_its_call_for_help_no_more_is_not_hung_up_on() {
    for (uri, says) in [("101", vec!["Established", "Ended"]), ("911", vec!["Established"])] {
        let mut script = Script::new();
        let timer = "Supported: timer\nSession-Expires: 120;refresher=uac\n";
        script.phone(&request("INVITE", &format!("sip:{uri}@clinic.demo"), "i", 1, timer, OFFER));
        let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
        script.order(Command::Answer { leg, body: sdp("answer") });
        let tag = script.our_tag();
        script.phone(&inside("ACK", "a", 1, &tag, ""));
        script.wait(seconds(300));
        assert_eq!(script.names(), says, "{uri}");
    }
}

/// It has agreed that we ask it now and then, and leaves that unanswered for once.
#[test]
fn a_carrier_that_leaves_a_refresh_of_help_unanswered_is_asked_again() {
    for (allow, method) in [("Allow: INVITE, UPDATE\n", "UPDATE"), ("Allow: INVITE\n", "INVITE")] {
        let mut script = Script::new();
        carried(&mut script, &format!("{allow}Require: timer\nSession-Expires: 300;refresher=uac\n"));
        script.wait(seconds(151));
        let refresh = last(&mut script);
        assert!(refresh.starts_with(method), "{refresh}");
        script.wait(seconds(200));
        assert_eq!(script.names(), [""; 0], "{method}");
        let again = last(&mut script);
        assert!(again.starts_with(method), "{again}");
        script.receive(udp(TRUNK), &wire(&respond(&again, 408, "t", "", "")));
        script.wait(seconds(30));
        assert_eq!(script.names(), [""; 0], "{method}");
        // It knows no such call: help has hung up, and that was lost.
        let again = last(&mut script);
        script.receive(udp(TRUNK), &wire(&respond(&again, 481, "t", "", "")));
        assert_eq!(script.names(), ["Ended"], "{method}");
    }
}

/// It demands that each word before the answer is acknowledged, and none of its acknowledgements arrives.
#[test]
fn a_phone_whose_prack_is_lost_is_still_connected_with_help() {
    let mut script = Script::new();
    script.phone(&request("INVITE", "sip:911@clinic.demo", "i", 1, "Require: 100rel\n", OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Ring { leg, code: 183, body: Some(sdp("tones")) });
    script.wait(seconds(40));
    assert_eq!(script.names(), [""; 0]);
    script.sent.clear();
    script.order(Command::Answer { leg, body: sdp("tones") });
    let ok = last(&mut script);
    // It may not have heard what was said before.
    assert!(ok.starts_with("SIP/2.0 200 OK") && ok.ends_with("\n\ntones"), "{ok}");
    // One that answers while the word is on its way waits for the phone no longer than that.
    let mut script = Script::new();
    script.phone(&request("INVITE", "sip:911@clinic.demo", "i", 1, "Require: 100rel\n", OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Ring { leg, code: 183, body: Some(sdp("tones")) });
    script.order(Command::Answer { leg, body: sdp("tones") });
    script.sent.clear();
    script.wait(seconds(33));
    let ok = last(&mut script);
    assert!(ok.starts_with("SIP/2.0 200 OK") && ok.ends_with("\n\ntones"), "{ok}");
}

/// What a phone requires, or brings along, that nobody here knows.
#[test]
fn help_is_called_whatever_its_phone_requires() {
    for (extra, kind, code) in [
        ("Require: resource-priority, geolocation\n", "application/sdp", "420"),
        ("", "application/pidf+xml", "415"),
        ("Content-Encoding: gzip\n", "application/sdp", "415"),
    ] {
        let invite = |number: &str| {
            let text = request("INVITE", &format!("sip:{number}@clinic.demo"), "i", 1, extra, OFFER);
            text.replace("application/sdp", kind)
        };
        let mut script = Script::new();
        script.phone(&invite("101"));
        assert!(script.lines()[0].starts_with(&format!("SIP/2.0 {code} ")), "{extra}{kind}");
        let mut script = Script::new();
        script.phone(&invite("911"));
        assert_eq!(script.names(), ["Invite"], "{extra}{kind}: {:?}", script.lines());
    }
}

/// As address books write numbers, and with the key that ends dialling.
#[test]
fn help_is_known_by_its_digits_however_they_are_written() {
    for dialled in ["911", "9-1-1", "9.1.1", "(911)", "911%23", "911#"] {
        let mut script = Script::new();
        script.phone(&request("INVITE", &format!("sip:{dialled}@clinic.demo"), "i", 1, "Accept: text/plain\n", OFFER));
        assert_eq!(script.names(), ["Invite"], "{dialled}: {:?}", script.lines());
    }
    for dialled in ["+911", "*911", "911x", "%23911", "91100"] {
        let mut script = Script::new();
        script.phone(&request("INVITE", &format!("sip:{dialled}@clinic.demo"), "i", 1, "Accept: text/plain\n", OFFER));
        assert_eq!(script.names(), [""; 0], "{dialled}");
    }
}

/// Some phones have a key for help and know no number of it (RFC 5031).
#[test]
fn help_is_called_by_its_name_too() {
    for name in ["urn:service:sos", "URN:service:SOS", "urn:service:sos.ambulance"] {
        let mut script = Script::new();
        script.phone(&request("INVITE", name, "i", 1, "To: <urn:service:sos>\nAccept: text/plain\n", OFFER));
        let Some(Event::Invite { invite, .. }) = script.events.pop() else { panic!("{name}: {:?}", script.lines()) };
        assert_eq!(invite.dialled.expose(), name);
    }
    for other in ["urn:service:counseling", "urn:service:sossy"] {
        let mut script = Script::new();
        script.phone(&request("INVITE", other, "i", 1, "", OFFER));
        assert!(script.lines()[0].starts_with("SIP/2.0 416 "), "{other}");
    }
}

/// Nothing of that holds for others.
#[test]
fn any_other_call_ends_as_ever() {
    let mut script = Script::new();
    answered(&mut script);
    script.wait(seconds(33));
    assert_eq!(script.names(), ["Ended"]);
    let mut script = Script::new();
    let invite = call(&mut script, TRUNK);
    let headers = format!("{CONTACT}Allow: INVITE, UPDATE\nRequire: timer\nSession-Expires: 300;refresher=uac\n");
    script.receive(udp(TRUNK), &wire(&respond(&invite, 200, "t", &headers, "answer")));
    script.events.clear();
    script.wait(seconds(190));
    assert_eq!(script.names(), ["Ended"]);
    expect!["BYE sip:102@10.0.0.2:5060 SIP/2.0"].assert_eq(&script.lines().pop().unwrap_or_default());
}
