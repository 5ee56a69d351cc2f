//! REGISTER with what proxies and devices add to it: Path, outbound flows, GRUU, priorities.

mod script;

use expect_test::expect;
use script::{Script, config, last, request, signed, tcp, wire};
use sip::{Auth, Command, Config, Contact, Event, Register, RequestId, User};

const INSTANCE: &str = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

/// A REGISTER with this Contact and these headers.
fn register(branch: &str, contact: &str, extra: &str) -> String {
    let plain = "Contact: <sip:102@10.0.0.2:5060>\n";
    request("REGISTER", "sip:clinic.demo", branch, 7, extra, "").replace(plain, &format!("Contact: {contact}\n"))
}

fn asked(script: &mut Script) -> (RequestId, Register) {
    match script.events.pop() {
        Some(Event::Register { request, register }) => (request, *register),
        other => panic!("a REGISTER, not {other:?}: {}", script.sent()),
    }
}

#[test]
fn a_device_with_flows_behind_an_edge_that_keeps_them() {
    let mut script = Script::new();
    let contact = format!("<sip:102@10.0.0.2>;reg-id=2;q=0.7;+sip.instance=\"<{INSTANCE}>\"");
    let extra = "Supported: path, outbound, gruu\nPath: <sip:core.clinic;lr>, <sip:edge.clinic;lr;ob>\n";
    let text = register("1", &contact, extra)
        .replace("Max-Forwards", "Via: SIP/2.0/UDP 10.0.9.9;branch=z9hG4bK0\nMax-Forwards");
    script.receive(tcp("10.0.0.2:5060", 1), &wire(&text));
    let (id, found) = asked(&mut script);
    let path: Vec<_> = found.path.iter().map(|uri| uri.expose().as_str()).collect();
    assert_eq!(path, ["sip:core.clinic;lr", "sip:edge.clinic;lr;ob"]);
    assert!(found.outbound && found.wants_gruu);
    let contact = &found.contacts[0];
    assert_eq!((contact.instance.as_str(), contact.reg_id, contact.priority), (INSTANCE, 2, 700));

    let gruus = ("sip:102@clinic.demo;gr=urn:uuid:1".into(), "sip:tgr-1@clinic.demo;gr".into());
    let granted = Contact { expires: 600, gruus: Some(gruus), ..contact.clone() };
    script.order(Command::AcceptRegister { request: id, contacts: vec![granted], outbound: true });
    expect![[r#"
        --> Tcp 10.0.0.2:5060
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1
        Via: SIP/2.0/UDP 10.0.9.9;branch=z9hG4bK0
        From: <sip:102@clinic.demo>;tag=p
        To: <sip:101@clinic.demo>;tag=54e23bc1eca8c766
        Call-ID: c1
        CSeq: 7 REGISTER
        Server: Frontdesk
        Contact: <sip:102@10.0.0.2>;expires=600;q=0.700;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";reg-id=2;pub-gruu="sip:102@clinic.demo;gr=urn:uuid:1";temp-gruu="sip:tgr-1@clinic.demo;gr"
        Path: <sip:core.clinic;lr>, <sip:edge.clinic;lr;ob>
        Supported: path, outbound, gruu
        Require: outbound
        Flow-Timer: 120
        Content-Length: 0

    "#]].assert_eq(&script.sent());
}

#[test]
fn what_a_phone_does_not_know_is_not_used_on_it() {
    let contact = format!("<sip:102@10.0.0.2>;reg-id=1;+sip.instance=\"<{INSTANCE}>\"");
    // A proxy noted its path, and the phone would not understand what comes that way.
    let mut script = Script::new();
    script.phone(&register("1", &contact, "Path: <sip:edge.clinic;lr>\n"));
    let refused = script.sent();
    assert!(refused.contains("SIP/2.0 420 ") && refused.contains("Unsupported: path\n"), "{refused}");
    // Flows through a proxy that keeps none.
    let two_vias =
        |text: String| text.replace("Max-Forwards", "Via: SIP/2.0/UDP 10.0.9.9;branch=z9hG4bK0\nMax-Forwards");
    script.phone(&two_vias(register("2", &contact, "Supported: outbound, path\nPath: <sip:edge.clinic;lr>\n")));
    assert_eq!(script.lines(), ["SIP/2.0 439 First Hop Lacks Outbound Support"]);
    assert!(script.events.is_empty());
    // A phone that says `reg-id` and not that it knows what follows from it; a `reg-id` without a device.
    script.phone(&register("3", &contact, ""));
    let (id, found) = asked(&mut script);
    assert_eq!((found.outbound, found.contacts[0].reg_id, found.contacts[0].instance.as_str()), (false, 0, INSTANCE));
    script.order(Command::Reject { request: id, code: 403 });
    script.phone(&register("4", "<sip:102@10.0.0.2>;reg-id=1", "Supported: outbound\n"));
    let (_, found) = asked(&mut script);
    assert_eq!((found.outbound, found.contacts[0].reg_id), (false, 0));
}

#[test]
fn a_short_lifetime_is_told_the_shortest_that_is_granted() {
    let mut script = Script::new();
    script.phone(&register("1", "<sip:102@10.0.0.2>;expires=5", ""));
    let (id, _) = asked(&mut script);
    script.order(Command::TooBrief { request: id, min_expires: 60 });
    let refused = script.sent();
    assert!(refused.contains("SIP/2.0 423 ") && refused.contains("Min-Expires: 60\n"), "{refused}");
}

#[test]
fn what_would_be_kept_without_bound_is_refused() {
    let mut script = Script::new();
    for (contact, extra) in [
        (format!("<sip:{}@h>", "1".repeat(600)), String::new()),
        ("<sip:102@h>".to_owned(), format!("Supported: path\nPath: {}\n", "<sip:p;lr>,".repeat(9))),
        ("<sip:102@h>".to_owned(), format!("Supported: path\nPath: <sip:{}>\n", "p".repeat(600))),
        ("<sip:102@h>".to_owned(), "Supported: path\nPath: nonsense\n".to_owned()),
    ] {
        script.phone(&register("1", &contact, &extra));
        assert_eq!(script.lines(), ["SIP/2.0 400 Bad Request"], "{contact} {extra}");
    }
    // A name of a device that is none is as if it were not there.
    script.phone(&register("2", "<sip:102@h>;+sip.instance=\"<>\";q=7", ""));
    let (_, found) = asked(&mut script);
    assert_eq!((found.contacts[0].instance.as_str(), found.contacts[0].priority), ("", 1000));
}

/// An endpoint that challenges by itself.
fn challenging() -> Script {
    Script::with(Config { challenge_registers: true, record: true, ..config() })
}

#[test]
fn who_proves_nothing_is_challenged_at_once_and_nothing_is_kept_of_it() {
    let mut script = challenging();
    let first = register("1", "<sip:102@10.0.0.2:5060>", "");
    script.phone(&first);
    let challenge = script.sent();
    assert!(challenge.contains("SIP/2.0 401 Unauthorized") && challenge.contains("tag=p"), "{challenge}");
    assert_eq!(challenge.matches("WWW-Authenticate: Digest realm=\"clinic.demo\", nonce=").count(), 2, "{challenge}");
    assert!(!challenge.contains("stale"), "{challenge}");
    // The same again: another nonce, and the same tag (RFC 3261 section 8.2.7).
    script.phone(&first);
    let again = script.sent();
    let to = |text: &str| text.lines().find(|line| line.trim().starts_with("To:")).map(str::to_owned);
    assert_eq!(to(&again), to(&challenge));
    assert_ne!(again, challenge);
    assert_eq!((script.names().len(), script.endpoint.usage().transactions), (0, 0));

    script.phone(&signed(&register("2", "<sip:102@10.0.0.2:5060>", ""), &challenge, "102", "REGISTER"));
    let (id, found) = asked(&mut script);
    assert_eq!(found.auth, Auth::Valid { user: "102".to_owned() });
    script.order(Command::AcceptRegister { request: id, contacts: found.contacts, outbound: false });
    assert_eq!(script.lines(), ["SIP/2.0 200 OK"]);
}

#[test]
fn an_old_proof_is_stale_and_a_wrong_one_is_for_the_user_to_judge() {
    let mut script = challenging();
    let request = |branch: &str| register(branch, "<sip:102@10.0.0.2:5060>", "");
    let forged = "nonce=\"00\"";
    script.phone(&signed(&request("1"), forged, "102", "REGISTER"));
    let answer = last(&mut script);
    assert!(answer.contains("401 Unauthorized") && answer.matches("stale=true").count() == 2, "{answer}");
    assert_eq!(script.names().len(), 0);
    let wrong = signed(&request("2"), forged, "102", "REGISTER").replace("response=\"", "response=\"0");
    script.phone(&wrong);
    let (id, found) = asked(&mut script);
    assert_eq!(found.auth, Auth::Wrong);
    script.order(Command::Reject { request: id, code: 403 });
    script.sent.clear();
    // What it asks for is looked at before who it is.
    script.phone(&register("3", "*", ""));
    assert_eq!(script.lines(), ["SIP/2.0 400 Bad Request"]);
    // Where nobody could prove anything, the user says what becomes of it.
    script.order(Command::SetUsers([].into()));
    script.phone(&request("4"));
    let (id, found) = asked(&mut script);
    assert_eq!(found.auth, Auth::None);
    script.order(Command::Reject { request: id, code: 403 });
    script.sent.clear();
    script.order(Command::SetUsers([User::from_password("102", script::REALM, "secret")].into()));
    script.phone(&request("5"));
    assert_eq!((script.names().len(), script.lines()), (0, vec!["SIP/2.0 401 Unauthorized".to_owned()]));
}
