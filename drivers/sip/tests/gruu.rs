//! Calls with phones that name themselves by the GRUU that we gave them: nobody on the way can know where that is.

mod script;

use script::{OFFER, OUT, PHONE, Script, inside, last, request, respond, sdp, udp, value};
use sip::{Command, Event, NameAddr, OutgoingCall};

const GRUU: &str = "Contact: <sip:102@clinic.demo;gr=urn:uuid:1>\n";

/// A call to a phone behind a proxy; our ACK of the 200 that has these headers.
fn ack(owner: Option<&str>, extra: &str) -> String {
    let mut script = Script::new();
    let party = |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@clinic.demo").into() };
    let call = OutgoingCall {
        route: vec!["sip:10.0.0.9;lr;ob".into()],
        owner: owner.map(Into::into),
        ..OutgoingCall::new("sip:102@10.0.0.2:5060", udp("10.0.0.9:5060"), party("101"), party("102"), sdp("offer"))
    };
    script.order(Command::Invite { leg: OUT, call: call.into() });
    let invite = last(&mut script);
    script.phone(&respond(&invite, 200, "t", extra, "answer"));
    last(&mut script)
}

#[test]
fn whom_we_called_is_reached_where_it_is_registered() {
    let said = |ack: &str| (ack.lines().next().unwrap_or_default().to_owned(), value(ack, "Route"));
    let here = "ACK sip:102@10.0.0.2:5060 SIP/2.0".to_owned();
    assert_eq!(said(&ack(Some("102"), GRUU)), (here.clone(), "<sip:10.0.0.9;lr;ob>".to_owned()));
    let recorded = format!("Record-Route: <sip:10.0.0.8;lr>\n{GRUU}");
    assert_eq!(said(&ack(Some("102"), &recorded)), (here, "<sip:10.0.0.8;lr>".to_owned()));
    // What is no GRUU is what it says, and so is one of somebody who is not registered here.
    let moved = ack(Some("102"), "Contact: <sip:102@10.0.0.3:5060>\n");
    assert_eq!(said(&moved), ("ACK sip:102@10.0.0.3:5060 SIP/2.0".to_owned(), String::new()));
    assert_eq!(said(&ack(None, GRUU)).0, "ACK sip:102@clinic.demo;gr=urn:uuid:1 SIP/2.0");
}

#[test]
fn who_calls_is_reached_where_its_user_says() {
    let mut script = Script::new();
    let invite = request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER);
    script.phone(&invite.replace(&format!("Contact: <sip:102@{PHONE}>\n"), GRUU));
    let Some(Event::Invite { leg, invite }) = script.events.pop() else { panic!("an INVITE") };
    let (user, gr) = invite.contact_gruu.expect("it names itself so");
    assert_eq!((user.expose().as_str(), gr.expose().as_str()), ("102", "urn:uuid:1"));
    script.order(Command::Reach { leg, uri: "sip:102@10.0.0.2:5070".into(), route: vec!["sip:10.0.0.9;lr".into()] });
    script.order(Command::Answer { leg, body: sdp("answer") });
    let tag = script.our_tag();
    script.phone(&inside("ACK", "a", 1, &tag, ""));
    script.order(Command::Bye { leg });
    let bye = last(&mut script);
    assert!(bye.starts_with("BYE sip:102@10.0.0.2:5070 SIP/2.0\n"), "{bye}");
    assert_eq!(value(&bye, "Route"), "<sip:10.0.0.9;lr>");
}
