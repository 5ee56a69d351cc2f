//! Carriers as text in and transcript out: registering, proving who we are, what is too large, and whose call it is.

mod script;

use model::Pii;
use script::{CONTACT, OUT, Script, TRUNK, respond, sdp, seconds, tcp, udp, wire};
use sip::{Command, Event, Flow, Input, NameAddr, OutgoingCall, Transport, Trunk, TrunkSecret, TrunkTrouble};

const SECOND: &str = "192.0.2.8:5060";

fn carrier(registers: bool) -> Trunk {
    let flows = vec![udp(TRUNK), udp(SECOND)];
    Trunk { user: "4711".into(), registers, expires: 600, ..Trunk::new("main", "carrier.example", flows) }
}

fn secret(password: &str) -> Command {
    let secret = TrunkSecret { trunk: "main".into(), user: "acc".into(), password: Pii::from(password) };
    Command::SetTrunkSecrets([secret].into())
}

/// A carrier that we register with; its first REGISTER.
fn registering(script: &mut Script) -> String {
    script.order(secret("pw"));
    script.order(Command::SetTrunks(vec![carrier(true)]));
    sent(script)
}

fn sent(script: &mut Script) -> String {
    script.sent.pop().expect("something was sent").1
}

fn from(script: &mut Script, peer: &str, text: &str) {
    script.receive(udp(peer), &wire(text));
}

fn value<'a>(message: &'a str, name: &str) -> &'a str {
    message
        .lines()
        .find_map(|l| l.strip_prefix(name)?.strip_prefix(": "))
        .unwrap_or_else(|| panic!("no {name} in {message}"))
}

fn challenge(request: &str, code: u16, more: &str) -> String {
    let name = if code == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
    respond(
        request,
        code,
        "r",
        &format!("{name}: Digest realm=\"carrier\", qop=\"auth\", algorithm=SHA-256, {more}\n"),
        "",
    )
}

#[test]
fn it_registers_proves_itself_and_renews_with_the_same_nonce() {
    let mut script = Script::new();
    let first = registering(&mut script);
    assert!(first.starts_with("REGISTER sip:carrier.example SIP/2.0\n"), "{first}");
    assert_eq!(value(&first, "To"), "<sip:4711@carrier.example>");
    assert!(!first.contains("Authorization"), "{first}");
    from(&mut script, TRUNK, &challenge(&first, 401, "nonce=\"n1\", opaque=\"o\""));
    let second = sent(&mut script);
    let digest = value(&second, "Authorization");
    assert!(
        digest.starts_with("Digest username=\"acc\", realm=\"carrier\", nonce=\"n1\", uri=\"sip:carrier.example\""),
        "{digest}"
    );
    assert!(digest.contains("opaque=\"o\", qop=auth, nc=00000001"), "{digest}");
    assert_eq!(value(&second, "CSeq"), "2 REGISTER");
    let contact = value(&second, "Contact").to_owned();
    from(
        &mut script,
        TRUNK,
        &respond(&second, 200, "r", &format!("Contact: {contact};expires=300\nService-Route: <sip:edge;lr>\n"), ""),
    );
    assert!(matches!(&script.events[..], [Event::TrunkRegistered { seconds: 300, trunk, .. }] if trunk == "main"));
    script.wait(seconds(290));
    let renewed = script.sent.iter().find(|(_, t)| t.starts_with("REGISTER")).expect("renewed").1.clone();
    assert!(value(&renewed, "Authorization").contains("nonce=\"n1\"") && renewed.contains("nc=00000002"), "{renewed}");
    assert_eq!(value(&renewed, "Contact"), contact);
    script.sent.clear();
    // A call goes by the Service-Route, and needs no challenge of its own.
    call(&mut script, "offer");
    let invite = sent(&mut script);
    assert_eq!((value(&invite, "Route"), value(&invite, "CSeq")), ("<sip:edge;lr>", "1 INVITE"));
    assert!(value(&invite, "Authorization").contains("nonce=\"n1\""), "{invite}");
}

fn call(script: &mut Script, body: &'static str) {
    let party =
        |user: &str| NameAddr { display: Default::default(), uri: format!("sip:{user}@carrier.example").into() };
    let mut call =
        OutgoingCall::new("sip:+12025550101@carrier.example", udp(TRUNK), party("4711"), party("x"), sdp(body));
    call.trunk = Some("main".into());
    script.order(Command::Invite { leg: OUT, call: call.into() });
}

#[test]
fn a_wrong_password_is_tried_once_and_then_rarely() {
    let mut script = Script::new();
    let first = registering(&mut script);
    from(&mut script, TRUNK, &challenge(&first, 401, "nonce=\"n1\""));
    let second = sent(&mut script);
    from(&mut script, TRUNK, &challenge(&second, 401, "nonce=\"n2\""));
    assert!(matches!(script.events[..], [Event::TrunkLost { trouble: TrunkTrouble::WrongPassword, .. }]));
    script.sent.clear();
    script.wait(seconds(59));
    assert_eq!(script.lines(), [""; 0]);
    // The password is set right: nobody has to wait.
    script.order(secret("better"));
    assert!(sent(&mut script).starts_with("REGISTER"));
}

#[test]
fn a_stale_nonce_and_a_lifetime_too_short_are_put_right_at_once() {
    let mut script = Script::new();
    let first = registering(&mut script);
    from(&mut script, TRUNK, &challenge(&first, 401, "nonce=\"n1\""));
    let second = sent(&mut script);
    from(&mut script, TRUNK, &challenge(&second, 401, "nonce=\"n2\", stale=true"));
    let third = sent(&mut script);
    assert!(third.contains("nonce=\"n2\"") && third.contains("nc=00000001"), "{third}");
    from(&mut script, TRUNK, &respond(&third, 423, "r", "Min-Expires: 1800\n", ""));
    let fourth = sent(&mut script);
    assert_eq!((value(&fourth, "Expires"), value(&fourth, "CSeq")), ("1800", "4 REGISTER"));
    // A carrier that only ever says "stale" does not keep us busy.
    let mut last = fourth;
    for n in 0..20 {
        from(&mut script, TRUNK, &challenge(&last, 401, &format!("nonce=\"s{n}\", stale=true")));
        match script.sent.pop() {
            Some((_, again)) => last = again,
            None => break,
        }
    }
    assert!(matches!(script.events[..], [Event::TrunkLost { .. }]));
}

/// Many registrars take a nonce but once, and do not call it stale.
#[test]
fn a_nonce_that_is_good_for_one_request_alone_is_no_wrong_password() {
    let mut script = Script::new();
    let first = registering(&mut script);
    from(&mut script, TRUNK, &challenge(&first, 401, "nonce=\"n1\""));
    let second = sent(&mut script);
    from(&mut script, TRUNK, &respond(&second, 200, "r", "Expires: 600\n", ""));
    // Between them the NAT is kept from forgetting us.
    while script.sent.last().is_none_or(|(_, text)| !text.starts_with("REGISTER ")) {
        script.sent.clear();
        script.wait(seconds(1));
    }
    let renewed = sent(&mut script);
    assert!(renewed.contains("nonce=\"n1\""), "{renewed}");
    from(&mut script, TRUNK, &challenge(&renewed, 401, "nonce=\"n2\""));
    let again = sent(&mut script);
    assert!(again.contains("nonce=\"n2\"") && again.contains("nc=00000001"), "{again}");
    from(&mut script, TRUNK, &respond(&again, 200, "r", "Expires: 600\n", ""));
    call(&mut script, "offer");
    let invite = sent(&mut script);
    assert!(value(&invite, "Authorization").contains("nonce=\"n2\""), "{invite}");
    from(&mut script, TRUNK, &challenge(&invite, 401, "nonce=\"n3\""));
    let again = sent(&mut script);
    assert!(again.starts_with("INVITE ") && again.contains("nonce=\"n3\""), "{again}");
    assert_eq!(script.names(), ["TrunkRegistered"; 2]);
    // But what answers it and is refused is wrong.
    from(&mut script, TRUNK, &challenge(&again, 401, "nonce=\"n4\""));
    assert_eq!(script.names(), ["Refused"]);
}

#[test]
fn a_silent_registrar_gives_way_to_the_next_address() {
    let mut script = Script::new();
    registering(&mut script);
    script.wait(seconds(5));
    let (flow, second) = script.sent.pop().expect("a REGISTER");
    assert_eq!((flow.remote, value(&second, "CSeq")), (script::address(SECOND), "2 REGISTER"));
    from(&mut script, SECOND, &respond(&second, 200, "r", "Expires: 600\n", ""));
    assert!(
        matches!(&script.events[..], [Event::TrunkRegistered { flow, .. }] if flow.remote == script::address(SECOND))
    );
    // It is renewed where it worked.
    script.sent.clear();
    script.wait(seconds(550));
    assert_eq!(script.sent.first().map(|(f, _)| f.remote), Some(script::address(SECOND)));
}

#[test]
fn when_nobody_answers_it_is_told_and_tried_again() {
    let mut script = Script::new();
    registering(&mut script);
    script.wait(seconds(37));
    assert!(
        matches!(script.events[..], [Event::TrunkLost { trouble: TrunkTrouble::NoAnswer, .. }]),
        "{:?}",
        script.events
    );
    script.sent.clear();
    script.wait(seconds(31));
    assert!(script.lines().iter().any(|l| l.starts_with("REGISTER")));
}

#[test]
fn at_a_clean_end_it_leaves() {
    let mut script = Script::new();
    let first = registering(&mut script);
    from(&mut script, TRUNK, &respond(&first, 200, "r", "Expires: 600\n", ""));
    script.order(Command::LeaveTrunks);
    let last = sent(&mut script);
    assert_eq!(value(&last, "Expires"), "0");
    from(&mut script, TRUNK, &respond(&last, 200, "r", "", ""));
    assert!(matches!(script.events.last(), Some(Event::TrunkLost { trouble: TrunkTrouble::Left, .. })));
    script.sent.clear();
    script.wait(seconds(5000));
    assert_eq!(script.lines(), [""; 0]);
}

#[test]
fn every_request_of_a_call_may_be_challenged() {
    let mut script = Script::new();
    script.order(secret("pw"));
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, "offer");
    let invite = sent(&mut script);
    from(&mut script, TRUNK, &challenge(&invite, 407, "nonce=\"p1\""));
    let again = sent(&mut script);
    assert_eq!(script.lines(), ["ACK sip:+12025550101@carrier.example SIP/2.0"]);
    assert_eq!(value(&again, "CSeq"), "2 INVITE");
    assert!(again.contains("Proxy-Authorization: Digest") && again.ends_with("offer"), "{again}");
    // The refusal of the first one comes again: it still gets its ACK.
    from(&mut script, TRUNK, &challenge(&invite, 407, "nonce=\"p1\""));
    assert_eq!(script.lines(), ["ACK sip:+12025550101@carrier.example SIP/2.0"]);
    from(&mut script, TRUNK, &respond(&again, 200, "t", CONTACT, "answer"));
    let ack = sent(&mut script);
    assert_eq!(value(&ack, "Proxy-Authorization"), value(&again, "Proxy-Authorization"));
    assert_eq!(script.names(), ["Answered"]);
    script.order(Command::Reinvite { leg: OUT, body: sdp("new") });
    let reinvite = sent(&mut script);
    from(&mut script, TRUNK, &challenge(&reinvite, 407, "nonce=\"p2\", stale=true"));
    let again = sent(&mut script);
    script.sent.clear();
    assert!(again.starts_with("INVITE") && again.contains("nonce=\"p2\""), "{again}");
    from(&mut script, TRUNK, &respond(&again, 200, "t", CONTACT, "new answer"));
    assert_eq!(script.names(), ["ReinviteAnswered"]);
    script.order(Command::Bye { leg: OUT });
    let bye = sent(&mut script);
    from(&mut script, TRUNK, &challenge(&bye, 407, "nonce=\"p3\""));
    let again = sent(&mut script);
    assert!(again.starts_with("BYE") && again.contains("nonce=\"p3\""), "{again}");
    from(&mut script, TRUNK, &respond(&again, 200, "t", "", ""));
    script.wait(seconds(40));
    assert_eq!((script.names(), script.endpoint.usage()), (vec![], sip::Usage::default()));
}

#[test]
fn a_long_call_proves_itself_as_often_as_it_is_asked() {
    let mut script = Script::new();
    script.order(secret("pw"));
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, "offer");
    let invite = sent(&mut script);
    let accept = format!("{CONTACT}Allow: INVITE, UPDATE\nSession-Expires: 1800;refresher=uac\n");
    from(&mut script, TRUNK, &respond(&invite, 200, "t", &accept, "answer"));
    assert_eq!(script.names(), ["Answered"]);
    // Each refresh, and each change, with a nonce of its own.
    for n in 0..20 {
        script.sent.clear();
        match n % 2 {
            0 => script.wait(seconds(901)),
            _ => script.order(Command::Reinvite { leg: OUT, body: sdp("new") }),
        }
        let request = sent(&mut script);
        from(&mut script, TRUNK, &challenge(&request, 407, &format!("nonce=\"n{n}\"")));
        let again = sent(&mut script);
        assert!(again.contains(&format!("nonce=\"n{n}\"")), "{n}: {again}");
        from(&mut script, TRUNK, &respond(&again, 200, "t", &accept, if n % 2 == 0 { "" } else { "agreed" }));
    }
    assert_eq!(script.names(), ["ReinviteAnswered"; 10]);
}

#[test]
fn a_call_that_cannot_be_proved_is_refused_and_the_trunk_named() {
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, "offer");
    let invite = sent(&mut script);
    from(&mut script, TRUNK, &challenge(&invite, 407, "nonce=\"p1\""));
    assert!(matches!(
        script.events[..],
        [Event::TrunkLost { trouble: TrunkTrouble::NoPassword, .. }, Event::Refused { code: 407, .. }]
    ));
}

#[test]
fn a_cancelled_call_proves_nothing_any_more() {
    let mut script = Script::new();
    script.order(secret("pw"));
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, "offer");
    let invite = sent(&mut script);
    script.order(Command::Cancel { leg: OUT });
    from(&mut script, TRUNK, &challenge(&invite, 407, "nonce=\"p1\""));
    assert_eq!(script.lines(), ["ACK sip:+12025550101@carrier.example SIP/2.0"]);
    script.wait(seconds(40));
    assert_eq!((script.names(), script.endpoint.usage()), (vec![], sip::Usage::default()));
}

/// A description that makes an INVITE larger than a datagram should be.
const LONG: &str = concat!("v=0\n", include_str!("trunks.rs"));

#[test]
fn what_is_large_goes_over_a_connection_or_else_as_it_is() {
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, LONG);
    let (flow, invite) = script.sent.pop().expect("an INVITE");
    assert_eq!(flow.transport, Transport::Tcp);
    assert!(
        invite.contains("Via: SIP/2.0/TCP 10.0.0.1:5060")
            && invite.contains("Contact: <sip:10.0.0.1:5060;transport=tcp>")
    );
    script.input(Input::Closed { flow });
    let (flow, invite) = script.sent.pop().expect("an INVITE");
    assert_eq!(flow.transport, Transport::Udp);
    assert!(invite.contains("Via: SIP/2.0/UDP"), "{invite}");
    from(&mut script, TRUNK, &respond(&invite, 486, "t", "", ""));
    assert_eq!(script.names(), ["Refused"]);
    // It is remembered for a while.
    script.sent.clear();
    call(&mut script, LONG);
    assert_eq!(script.sent.pop().map(|(flow, _)| flow.transport), Some(Transport::Udp));
}

/// A firewall drops what opens a connection: the call has gone on by the next address when that is found out.
#[test]
fn that_no_connection_is_taken_is_also_learnt_by_a_call_that_was_given_up() {
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, LONG);
    let (flow, _) = script.sent.pop().expect("an INVITE");
    script.order(Command::Cancel { leg: OUT });
    script.input(Input::Closed { flow });
    assert_eq!((script.lines(), script.names()), (vec![], vec![]), "nobody waits for it");
    call(&mut script, LONG);
    assert_eq!(script.sent.pop().map(|(flow, _)| flow.transport), Some(Transport::Udp));
}

/// It was idle for long, and the carrier had closed it.
#[test]
fn that_an_old_connection_ended_under_a_call_that_was_given_up_says_nothing_of_new_ones() {
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, LONG);
    let (flow, invite) = script.sent.pop().expect("an INVITE");
    let opened = tcp(TRUNK, Flow::opened(1));
    script.receive(opened, &wire(&respond(&invite, 486, "t", "", "")));
    script.sent.clear();
    call(&mut script, LONG);
    script.order(Command::Cancel { leg: OUT });
    for flow in [flow, opened] {
        script.input(Input::Closed { flow });
    }
    script.sent.clear();
    call(&mut script, LONG);
    assert_eq!(script.sent.pop().map(|(flow, _)| flow.transport), Some(Transport::Tcp));
}

/// The carrier takes no connections any more, and datagrams still.
#[test]
fn what_is_large_goes_as_it_is_also_after_a_connection_that_was_there_before() {
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, LONG);
    let (flow, invite) = script.sent.pop().expect("an INVITE");
    let opened = tcp(TRUNK, Flow::opened(1));
    script.receive(opened, &wire(&respond(&invite, 486, "t", "", "")));
    assert_eq!(script.names(), ["Refused"]);
    script.sent.clear();
    call(&mut script, LONG);
    for (closed, goes) in [(vec![], Transport::Tcp), (vec![flow, opened], Transport::Tcp), (vec![flow], Transport::Udp)]
    {
        closed.into_iter().for_each(|flow| script.input(Input::Closed { flow }));
        let (flow, invite) = script.sent.pop().expect("an INVITE");
        assert!(flow.transport == goes && invite.starts_with("INVITE "), "{flow:?} {invite}");
        script.sent.clear();
    }
    assert_eq!(script.names(), [""; 0]);
}

#[test]
fn a_connection_that_carried_something_is_not_doubted() {
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![carrier(false)]));
    call(&mut script, LONG);
    let (flow, invite) = script.sent.pop().expect("an INVITE");
    script.receive(tcp(TRUNK, 0), &wire(&respond(&invite, 100, "t", "", "")));
    script.input(Input::Closed { flow });
    assert!(
        matches!(script.events[..], [Event::Trying { .. }, Event::Refused { code: 503, .. }]),
        "{:?}",
        script.events
    );
}

fn incoming(uri: &str, extra: &str) -> String {
    format!(
        "INVITE {uri} SIP/2.0\nVia: SIP/2.0/UDP {TRUNK};branch=z9hG4bKx\nFrom: \"F\" <sip:anonymous@carrier.example>;tag=f\n\
         To: <sip:+12025550199@carrier.example>\nCall-ID: x\nCSeq: 1 INVITE\nContact: <sip:c@{TRUNK}>\n{extra}\n"
    )
}

fn invited(script: &mut Script, flow: Flow, text: &str) -> sip::Invite {
    script.receive(flow, &wire(text));
    match script.events.pop() {
        Some(Event::Invite { invite, .. }) => *invite,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_to_our_contact_is_for_whom_it_was_dialled() {
    let mut script = Script::new();
    let first = registering(&mut script);
    let contact = value(&first, "Contact").trim_matches(['<', '>']).to_owned();
    assert!(contact.starts_with("sip:4711@10.0.0.1:5060;line="), "{contact}");
    let identity = "P-Asserted-Identity: \"Ann\" <sip:+12025550101@carrier.example>, <tel:+12025550101>\nPrivacy: id;critical\n\
                    Diversion: <sip:+12025550177@c>;reason=unconditional, <sip:+12025550188@c>\n";
    // From an address that is none of the carrier's, but may speak with us.
    let invite = invited(&mut script, udp("10.0.0.9:5060"), &incoming(&contact, identity));
    assert_eq!(invite.dialled.expose(), "+12025550199");
    let vouched = invite.vouched.expect("a trunk");
    assert_eq!((vouched.trunk.as_str(), vouched.private), ("main", true));
    assert_eq!(vouched.asserted.map(|a| a.display.into_inner() + a.user.expose()), Some("Ann+12025550101".to_owned()));
    let diverted: Vec<_> = vouched.diverted.iter().map(|d| d.user.expose().as_str()).collect();
    assert_eq!(diverted, ["+12025550177", "+12025550188"]);
}

#[test]
fn history_info_ends_with_who_is_called_now_and_phones_vouch_for_nothing() {
    let mut script = Script::new();
    script.order(Command::SetTrunks(vec![carrier(false)]));
    let history =
        "History-Info: <sip:1@c>;index=1, <sip:2@c?Reason=SIP%3Bcause%3D302>;index=1.1, <sip:3@c>;index=1.2\n";
    let invite = invited(&mut script, udp(TRUNK), &incoming("sip:+12025550199@10.0.0.1", history));
    let diverted: Vec<String> =
        invite.vouched.expect("a trunk").diverted.iter().map(|d| d.user.expose().clone()).collect();
    assert_eq!(diverted, ["2", "1"]);
    let phone = "P-Asserted-Identity: <sip:911@clinic.demo>\n";
    let text = incoming("sip:101@clinic.demo", phone).replace("Call-ID: x", "Call-ID: y").replace("bKx", "bKy");
    assert_eq!(invited(&mut script, udp(script::PHONE), &text).vouched, None);
}

#[test]
fn two_accounts_at_one_address_are_told_apart_by_their_domains() {
    let mut script = Script::new();
    let other = Trunk { name: "other".into(), ..Trunk::new("other", "other.example", vec![udp(TRUNK)]) };
    script.order(Command::SetTrunks(vec![other, carrier(false)]));
    let invite = invited(&mut script, udp(TRUNK), &incoming("sip:+12025550199@10.0.0.1", ""));
    assert_eq!(invite.vouched.map(|v| v.trunk), Some("main".to_owned()));
}

#[test]
fn nothing_secret_is_shown() {
    let secret = TrunkSecret { trunk: "main".into(), user: "acc".into(), password: Pii::from("hush") };
    assert_eq!(format!("{secret:?}"), "TrunkSecret(main)");
}

#[test]
fn a_trunk_that_is_taken_out_of_the_settings_takes_its_registration_back() {
    let mut script = Script::new();
    let first = registering(&mut script);
    let contact = value(&first, "Contact").to_owned();
    from(&mut script, TRUNK, &challenge(&first, 401, "nonce=\"n1\""));
    let second = sent(&mut script);
    let granted = format!("Contact: {contact};expires=600\n");
    from(&mut script, TRUNK, &respond(&second, 200, "r", &granted, ""));
    script.events.clear();
    script.order(Command::SetTrunks(Vec::new()));
    let goodbye = sent(&mut script);
    assert_eq!((value(&goodbye, "Expires"), value(&goodbye, "Contact")), ("0", contact.as_str()));
    assert_eq!(value(&goodbye, "Call-ID"), value(&first, "Call-ID"));
    // Its nonce is too old: it proves itself once more, though the settings know nothing of it any more.
    from(&mut script, TRUNK, &challenge(&goodbye, 401, "nonce=\"n2\", stale=true"));
    let again = sent(&mut script);
    assert!(value(&again, "Expires") == "0" && again.contains("nonce=\"n2\""), "{again}");
    from(&mut script, TRUNK, &respond(&again, 200, "r", "", ""));
    script.wait(seconds(1000));
    assert_eq!(
        (script.lines(), script.names()),
        (vec![], vec![]),
        "that was all, and nobody is told of what is no more"
    );
    assert_eq!(script.endpoint.usage(), sip::Usage::default());
}

#[test]
fn a_trunk_that_changes_leaves_as_it_was_and_comes_as_it_is() {
    let mut script = Script::new();
    let first = registering(&mut script);
    from(&mut script, TRUNK, &respond(&first, 200, "r", "", ""));
    script.events.clear();
    script.sent.clear();
    let other = Trunk { domain: "other.example".into(), ..carrier(true) };
    script.order(Command::SetTrunks(vec![other]));
    let said: Vec<(String, String)> =
        script.sent.iter().map(|(_, t)| (value(t, "To").to_owned(), value(t, "Expires").to_owned())).collect();
    let expected = [("<sip:4711@carrier.example>", "0"), ("<sip:4711@other.example>", "600")];
    assert_eq!(said, expected.map(|(to, expires)| (to.to_owned(), expires.to_owned())));
    // The old one is gone without a word; the new one is told of.
    script.sent.clear();
    script.wait(seconds(40));
    assert_eq!(script.names(), ["TrunkLost"]);
}
