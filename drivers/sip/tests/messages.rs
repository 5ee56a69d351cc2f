//! Requests that belong to no call: messages of text, and asking a phone whether it is there.

mod script;

use expect_test::expect;
use script::{Script, request, seconds, udp};
use sip::{Auth, Command, Content, Document, Event, MAX_TEXT, NameAddr, Package, SendId, Sending};

fn text(branch: &str, body: &str, kind: &str) -> String {
    request("MESSAGE", "sip:101@clinic.demo", branch, 1, "", body).replace("application/sdp", kind)
}

fn sending(content: Content) -> Command {
    let address = |uri: &str| NameAddr { display: "".into(), uri: uri.into() };
    let sending = Sending {
        uri: "sip:101@10.0.0.3:5060".into(),
        flow: udp("10.0.0.3:5060"),
        route: vec!["sip:edge.clinic;lr".into()],
        from: address("sip:102@clinic.demo"),
        to: address("sip:101@clinic.demo"),
        content,
    };
    Command::Send { id: SendId(1), sending: sending.into() }
}

#[test]
fn a_message_comes_and_is_answered() {
    let mut script = Script::new();
    script.phone(&text("1", "Room 2 is free", "text/plain;charset=utf-8"));
    let Some(Event::Message { request, message }) = script.events.pop() else { panic!("a message") };
    assert_eq!((message.to.expose().as_str(), message.auth.clone()), ("101", Auth::None));
    assert_eq!(&message.body, "Room 2 is free");
    assert!(!format!("{message:?}").contains("Room"), "no text of a message is ever shown");
    script.order(Command::AcceptMessage { request });
    assert_eq!(script.lines(), ["SIP/2.0 200 OK"]);

    script.phone(&text("2", &"x".repeat(MAX_TEXT + 1), "text/plain").replace("c1", "c2"));
    assert_eq!(script.lines(), ["SIP/2.0 413 Request Entity Too Large"]);
    script.phone(&text("3", "GIF89a", "image/gif").replace("c1", "c3"));
    let refused = script.sent();
    assert!(refused.contains("SIP/2.0 415 ") && refused.contains("Accept: text/plain"), "{refused}");
    assert!(script.events.is_empty());
}

#[test]
fn a_message_goes_out() {
    let mut script = Script::new();
    let body = "Room 2 is free".into();
    script.order(sending(Content::Message { content_type: "text/plain".into(), body }));
    expect![[r#"
        --> Udp 10.0.0.3:5060
        MESSAGE sip:101@10.0.0.3:5060 SIP/2.0
        Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKc9fba417a2d8d9ed086c0f3f
        Max-Forwards: 70
        Route: <sip:edge.clinic;lr>
        From: <sip:102@clinic.demo>;tag=54e23bc1eca8c766
        To: <sip:101@clinic.demo>
        Call-ID: a61ceaa8c60ddc65f158a30209256e35
        CSeq: 1 MESSAGE
        User-Agent: Frontdesk
        Content-Type: text/plain
        Content-Length: 14

        Room 2 is free"#]]
    .assert_eq(&script.sent());
    script.wait(seconds(32));
    assert!(matches!(script.events[..], [Event::Sent { id: SendId(1), code: 408 }]), "{:?}", script.events);
}

#[test]
fn a_phone_that_never_subscribed_is_told_of_its_messages() {
    let mut script = Script::new();
    let body = "Messages-Waiting: yes\nVoice-Message: 2/0 (0/0)\n".into();
    let document = Document { content_type: Package::MessageSummary.content_type().into(), body };
    script.order(sending(Content::State { package: Package::MessageSummary, document }));
    let (_, notify) = script.sent.pop().expect("it is told");
    let line = |name: &str| script::value(&notify, name);
    assert!(notify.starts_with("NOTIFY sip:101@10.0.0.3:5060 SIP/2.0\n"), "{notify}");
    assert_eq!((line("Event"), line("Subscription-State")), ("message-summary".to_owned(), "terminated".to_owned()));
    assert_eq!(
        (line("Content-Type"), line("Contact")),
        ("application/simple-message-summary".to_owned(), "<sip:10.0.0.1:5060>".to_owned())
    );
    assert!(notify.ends_with("\nMessages-Waiting: yes\nVoice-Message: 2/0 (0/0)\n"), "{notify}");
}

#[test]
fn a_phone_is_asked_whether_it_is_there() {
    let mut script = Script::new();
    script.order(sending(Content::Options));
    let (flow, options) = script.sent.pop().expect("it is asked");
    assert!(options.starts_with("OPTIONS sip:101@10.0.0.3:5060 SIP/2.0\n"), "{options}");
    let keep = |l: &&str| ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|n| l.starts_with(&format!("{n}:")));
    let lines: Vec<&str> = options.lines().filter(keep).collect();
    let answer = format!("SIP/2.0 404 Not Found\n{}\nContent-Length: 0\n\n", lines.join("\n"));
    script.receive(flow, &script::wire(&answer));
    assert!(matches!(script.events[..], [Event::Sent { code: 404, .. }]), "{:?}", script.events);
}
