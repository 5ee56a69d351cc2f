//! Subscriptions at the boundary: how they begin, are told, refreshed and ended, and what a phone that does not listen costs.

mod script;

use expect_test::expect;
use script::{PHONE, Script, config, request, seconds, tcp, value, wire};
use sip::{Auth, Command, Config, Document, EndOfSubscription, Event, Flow, Input, Package, Subscribe, SubscriptionId};

const DIALOG: &str = "Event: dialog;id=7\nAccept: application/dialog-info+xml\nExpires: 300\n";

fn subscribe(branch: &str, cseq: u32, extra: &str) -> String {
    request("SUBSCRIBE", "sip:101@clinic.demo", branch, cseq, extra, "")
}

fn asked(script: &mut Script) -> (SubscriptionId, Subscribe) {
    match script.events.pop() {
        Some(Event::Subscribe { subscription, subscribe }) => (subscription, *subscribe),
        other => panic!("a SUBSCRIBE, not {other:?}: {}", script.sent()),
    }
}

fn says(script: &mut Script, subscription: SubscriptionId, text: &'static str) {
    let document = Document { content_type: Package::Dialog.content_type().to_owned(), body: text.into() };
    script.order(Command::Notify { subscription, document });
}

/// An accepted subscription whose first NOTIFY was sent. Its number, and the tag of our end.
fn subscribed(script: &mut Script, extra: &str) -> (SubscriptionId, String) {
    script.phone(&subscribe("1", 1, extra));
    let (id, _) = asked(script);
    script.order(Command::AcceptSubscription { subscription: id, list: false });
    let tag = script.our_tag();
    script.sent();
    says(script, id, "one");
    (id, tag)
}

/// The phone's answer to the NOTIFY that was sent last.
fn answer(script: &mut Script, status: &str) {
    let (_, notify) = script.sent.last().expect("a NOTIFY").clone();
    let keep = |l: &&str| ["Via", "From", "To", "Call-ID", "CSeq"].iter().any(|n| l.starts_with(&format!("{n}:")));
    let lines: Vec<&str> = notify.lines().filter(keep).collect();
    script.sent.clear();
    script.phone(&format!("SIP/2.0 {status}\n{}\nContent-Length: 0\n\n", lines.join("\n")));
}

/// A SUBSCRIBE inside the dialog.
fn again(tag: &str, branch: &str, cseq: u32, extra: &str) -> String {
    subscribe(branch, cseq, &format!("To: <sip:101@clinic.demo>;tag={tag}\n{extra}"))
}

#[test]
fn a_subscription_from_its_beginning_to_its_end() {
    let mut script = Script::new();
    script.phone(&subscribe("1", 1, DIALOG));
    let (id, found) = asked(&mut script);
    assert_eq!((found.about.expose().as_str(), found.package, found.expires), ("101", Package::Dialog, 300));
    assert_eq!((found.auth, found.lists), (Auth::None, false));
    script.order(Command::AcceptSubscription { subscription: id, list: false });
    let tag = script.our_tag();
    says(&mut script, id, "one");
    expect![[r#"
        --> Udp 10.0.0.2:5060
        SIP/2.0 200 OK
        Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK1
        From: <sip:102@clinic.demo>;tag=p
        To: <sip:101@clinic.demo>;tag=54e23bc1eca8c766
        Call-ID: c1
        CSeq: 1 SUBSCRIBE
        Server: Frontdesk
        Expires: 300
        Contact: <sip:10.0.0.1:5060>
        Content-Length: 0

        --> Udp 10.0.0.2:5060
        NOTIFY sip:102@10.0.0.2:5060 SIP/2.0
        Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKa61ceaa8c60ddc65f158a302
        Max-Forwards: 70
        From: <sip:101@clinic.demo>;tag=54e23bc1eca8c766
        To: <sip:102@clinic.demo>;tag=p
        Call-ID: c1
        CSeq: 1 NOTIFY
        Contact: <sip:10.0.0.1:5060>
        Event: dialog;id=7
        Subscription-State: active;expires=300
        User-Agent: Frontdesk
        Content-Type: application/dialog-info+xml
        Content-Length: 3

        one"#]]
    .assert_eq(&script.sent());

    // What is said while that is under way would overtake it, and is not sent.
    says(&mut script, id, "two");
    assert_eq!(script.lines(), Vec::<String>::new());
    script.wait(seconds(1));
    let (_, first) = script.sent.last().expect("the NOTIFY is repeated").clone();
    assert!(first.ends_with("one"), "{first}");
    answer(&mut script, "200 OK");
    assert_eq!(script.names(), ["Notified"]);
    says(&mut script, id, "three");
    let (_, second) = script.sent.last().expect("a NOTIFY").clone();
    assert!(second.ends_with("three") && second.contains("CSeq: 2 NOTIFY\n"), "{second}");

    // Refreshed while that is under way: everything is said anew when it is taken.
    script.sent.truncate(1);
    let notify = script.sent.pop().expect("a NOTIFY");
    script.phone(&again(&tag, "2", 2, DIALOG));
    let refreshed = script.sent();
    assert!(refreshed.contains("SIP/2.0 200 OK\n") && refreshed.contains("Expires: 300\n"), "{refreshed}");
    assert_eq!(script.names(), Vec::<String>::new());
    script.sent.push(notify);
    answer(&mut script, "200 OK");
    assert_eq!(script.names(), ["StateWanted"]);
    says(&mut script, id, "four");
    answer(&mut script, "200 OK");
    script.phone(&again(&tag, "3", 3, DIALOG));
    assert_eq!(script.names(), ["Notified", "StateWanted"]);
    says(&mut script, id, "five");
    answer(&mut script, "200 OK");

    // Ended by the phone: the last is said, and then it is forgotten.
    script.phone(&again(&tag, "4", 4, &DIALOG.replace("300", "0")));
    script.sent();
    says(&mut script, id, "six");
    let last = script.sent();
    assert!(last.contains("Subscription-State: terminated;reason=timeout\n") && last.ends_with("six"), "{last}");
    assert_eq!(
        (script.names(), script.endpoint.usage().subscriptions),
        (vec!["Notified".to_owned(), "StateWanted".to_owned(), "Unsubscribed".to_owned()], 0)
    );
    script.phone(&again(&tag, "5", 5, DIALOG));
    assert_eq!(script.lines(), ["SIP/2.0 481 Call/Transaction Does Not Exist"]);
}

#[test]
fn what_cannot_be_subscribed_to() {
    for (extra, expected, header) in [
        ("Event: conference\n", "489 Bad Event", "Allow-Events: dialog, presence, message-summary, as-feature-event\n"),
        ("", "489 Bad Event", "Allow-Events: dialog, presence, message-summary, as-feature-event\n"),
        ("Event: dialog\nAccept: application/pidf+xml\n", "406 Not Acceptable", ""),
        ("Event: dialog\nExpires: 5\n", "423 Interval Too Brief", "Min-Expires: 60\n"),
        ("Event: dialog\nRequire: dance\n", "420 Bad Extension", "Unsupported: dance\n"),
    ] {
        let mut script = Script::new();
        script.phone(&subscribe("1", 1, extra));
        let answer = script.sent();
        assert!(answer.contains(&format!("SIP/2.0 {expected}\n")) && answer.contains(header), "{extra}: {answer}");
        assert!(script.events.is_empty());
    }
    for (code, header) in [(404, ""), (421, "Require: eventlist\n"), (503, "Retry-After: 5\n")] {
        let mut script = Script::new();
        script.phone(&subscribe("1", 1, DIALOG));
        let (subscription, _) = asked(&mut script);
        script.order(Command::RefuseSubscription { subscription, code });
        let answer = script.sent();
        assert!(answer.contains(&format!("SIP/2.0 {code} ")) && answer.contains(header), "{answer}");
        assert_eq!(script.endpoint.usage().subscriptions, 0);
    }
    let mut script = Script::new();
    script.phone(&subscribe("1", 1, DIALOG));
    let (subscription, _) = asked(&mut script);
    script.order(Command::ChallengeSubscription { subscription, stale: false });
    assert!(script.sent().contains("WWW-Authenticate: Digest"));
    // An empty Event in NOTIFY, or a NOTIFY that nobody asked for.
    script.phone(&request("NOTIFY", "sip:clinic.demo", "2", 2, "Event: dialog\n", ""));
    assert_eq!(script.lines(), ["SIP/2.0 481 Call/Transaction Does Not Exist"]);
    script.phone(&request("PUBLISH", "sip:101@clinic.demo", "3", 3, "Event: presence\n", ""));
    assert_eq!(script.lines(), ["SIP/2.0 405 Method Not Allowed"]);
}

#[test]
fn how_things_stand_may_be_asked_once() {
    let mut script = Script::new();
    let (_, _) = subscribed(&mut script, &DIALOG.replace("300", "0"));
    let only = script.sent();
    assert!(only.contains("Subscription-State: terminated;reason=timeout\n") && only.ends_with("one"), "{only}");
    assert_eq!((script.names(), script.endpoint.usage().subscriptions), (vec!["Unsubscribed".to_owned()], 0));
}

#[test]
fn a_phone_that_does_not_listen_any_more_is_not_told_for_ever() {
    for (status, listens) in [("481 Gone", false), ("200 OK", true), ("489 What", false), ("404 Who", false)] {
        let mut script = Script::new();
        subscribed(&mut script, DIALOG);
        answer(&mut script, status);
        let told = if listens { "Notified" } else { "Unsubscribed" };
        assert_eq!(script.names(), [told], "{status}");
        assert_eq!(script.endpoint.usage().subscriptions == 1, listens, "{status}");
    }
    // Not answered at all.
    let mut script = Script::new();
    subscribed(&mut script, DIALOG);
    script.wait(seconds(31));
    assert_eq!(script.names(), Vec::<String>::new());
    script.wait(seconds(2));
    assert_eq!(script.names(), ["Unsubscribed"]);
    script.wait(seconds(40));
    let usage = script.endpoint.usage();
    assert_eq!((usage.subscriptions, usage.transactions, usage.timers), (0, 0, 0));
}

/// It would not know that its lamps are none any more (RFC 6665 section 4.2.2: what does not end a subscription is of that document alone).
#[test]
fn a_phone_that_cannot_take_a_document_now_is_told_again() {
    for status in ["503 Later", "500 Oh", "400 What"] {
        let mut script = Script::new();
        let (id, tag) = subscribed(&mut script, DIALOG);
        answer(&mut script, status);
        script.wait(seconds(31));
        assert_eq!(script.names(), [""; 0], "{status}");
        script.wait(seconds(2));
        assert_eq!(script.names(), ["StateWanted"], "{status}");
        says(&mut script, id, "two");
        answer(&mut script, status);
        // It asks itself, before it is told.
        script.phone(&again(&tag, "2", 2, DIALOG));
        assert_eq!(script.names(), ["StateWanted"], "{status}");
        says(&mut script, id, "three");
        answer(&mut script, "200 OK");
        script.wait(seconds(60));
        assert_eq!((script.names(), script.endpoint.usage().subscriptions), (vec!["Notified".to_owned()], 1));
        // It ends in its time.
        script.wait(seconds(300));
        assert_eq!(script.endpoint.usage().subscriptions, 0);
    }
}

/// 102 registers over this connection, which is known to be theirs, and is granted what it wants.
fn registers(script: &mut Script, by: Flow, cseq: u32, contact: &str) {
    script.input(Input::Known { flow: by, user: "102".to_owned().into() });
    let to = "To: <sip:102@clinic.demo>\n";
    let text =
        request("REGISTER", "sip:clinic.demo", &format!("r{cseq}"), cseq, to, "").replace("Call-ID: c1", "Call-ID: r");
    script.receive(by, &wire(&text.replace("<sip:102@10.0.0.2:5060>", contact)));
    let Some(Event::Register { request, register }) = script.events.pop() else { panic!("a REGISTER") };
    // That a router is between us, which is said once.
    script.events.clear();
    script.order(Command::AcceptRegister { request, contacts: register.contacts, outbound: false });
    script.sent.clear();
}

/// A subscription of 102's phone at this Contact over a connection of its own, told once.
fn watches(script: &mut Script, by: Flow, contact: &str) -> SubscriptionId {
    registers(script, by, 1, contact);
    script.receive(by, &wire(&subscribe("1", 1, DIALOG).replace("<sip:102@10.0.0.2:5060>", contact)));
    let (id, _) = asked(script);
    script.order(Command::AcceptSubscription { subscription: id, list: false });
    says(script, id, "one");
    taken(script, by);
    assert_eq!(script.names(), ["Notified"]);
    id
}

/// The phone takes the NOTIFY that was sent last by this path.
fn taken(script: &mut Script, by: Flow) {
    let (flow, notify) = script.sent.pop().expect("a NOTIFY");
    assert_eq!(flow, by, "{notify}");
    script.sent.clear();
    script.receive(by, &wire(&script::respond(&notify, 200, "t", "", "")));
}

#[test]
fn what_a_phone_watches_follows_it_to_its_new_connection() {
    let (old, new) = (tcp("10.0.0.2:41000", 7), tcp("10.0.0.2:41999", 8));
    let contact = "<sip:102@192.168.0.9:5060;transport=tcp>";
    // It is back before its old connection is known to be gone.
    let mut script = Script::new();
    let id = watches(&mut script, old, contact);
    registers(&mut script, new, 2, contact);
    script.input(Input::Closed { flow: old });
    assert_eq!(script.names(), [""; 0]);
    says(&mut script, id, "two");
    taken(&mut script, new);
    assert_eq!(script.names(), ["Notified"]);
    // The same, with a document under way.
    let mut script = Script::new();
    let id = watches(&mut script, old, contact);
    says(&mut script, id, "two");
    registers(&mut script, new, 2, contact);
    script.input(Input::Closed { flow: old });
    assert_eq!(script.names(), ["StateWanted"]);
    says(&mut script, id, "three");
    taken(&mut script, new);
    // After that, and something was said meanwhile.
    let mut script = Script::new();
    let id = watches(&mut script, old, contact);
    script.input(Input::Closed { flow: old });
    says(&mut script, id, "two");
    script.input(Input::Closed { flow: old });
    assert_eq!((script.names(), script.endpoint.usage().subscriptions), (vec![], 1));
    registers(&mut script, new, 2, contact);
    assert_eq!(script.names(), ["StateWanted"]);
    says(&mut script, id, "three");
    taken(&mut script, new);
    // It asks by another connection while a document is under way by one that is dead.
    let mut script = Script::new();
    let id = watches(&mut script, old, contact);
    says(&mut script, id, "two");
    let (_, notify) = script.sent.pop().expect("a NOTIFY");
    let tag = value(&notify, "From").split(";tag=").nth(1).expect("our tag").to_owned();
    script.receive(new, &wire(&again(&tag, "2", 2, DIALOG).replace("<sip:102@10.0.0.2:5060>", contact)));
    script.input(Input::Closed { flow: old });
    assert_eq!(script.names(), ["StateWanted"]);
    says(&mut script, id, "three");
    taken(&mut script, new);
    // One that does not come back is watched for no longer than it asked to.
    script.input(Input::Closed { flow: new });
    script.wait(seconds(301));
    assert_eq!(script.endpoint.usage().subscriptions, 0);
}

#[test]
fn what_a_phone_without_a_connection_watches_is_told_where_it_listens() {
    let mut script = Script::new();
    let old = tcp("10.0.0.2:41000", 7);
    let id = watches(&mut script, old, "<sip:102@10.0.0.2:5062;transport=tcp>");
    says(&mut script, id, "two");
    script.input(Input::Closed { flow: old });
    assert_eq!(script.names(), ["StateWanted"]);
    says(&mut script, id, "three");
    let listens = tcp("10.0.0.2:5062", 0);
    assert_eq!(script.sent.last().map(|(flow, _)| *flow), Some(listens));
    // Nobody does.
    script.input(Input::Closed { flow: listens });
    assert_eq!((script.names(), script.endpoint.usage().subscriptions), (vec![], 1));
}

#[test]
fn it_ends_when_its_time_is_over_or_its_user_says_so() {
    let mut script = Script::new();
    subscribed(&mut script, DIALOG);
    answer(&mut script, "200 OK");
    script.names();
    script.wait(seconds(299));
    assert!(script.sent.is_empty() && script.events.is_empty());
    script.wait(seconds(1));
    assert_eq!(script.names(), ["Unsubscribed"]);
    assert!(script.sent().contains("Subscription-State: terminated;reason=timeout\n"));

    let mut script = Script::new();
    let (subscription, _) = subscribed(&mut script, DIALOG);
    answer(&mut script, "200 OK");
    script.order(Command::EndSubscription { subscription, why: EndOfSubscription::NoResource });
    assert!(script.sent().contains("Subscription-State: terminated;reason=noresource\n"));
    assert_eq!(script.endpoint.usage().subscriptions, 0);
    // Its user may not know yet.
    says(&mut script, subscription, "late");
    assert!(script.sent.is_empty());
}

#[test]
fn no_more_than_there_is_room_for() {
    let mut script = Script::with(Config { max_subscriptions: 1, ..config() });
    subscribed(&mut script, DIALOG);
    script.sent();
    let second = subscribe("2", 1, DIALOG).replace("Call-ID: c1", "Call-ID: c2");
    script.phone(&second);
    assert_eq!(script.lines(), ["SIP/2.0 503 Service Unavailable"]);
}

#[test]
fn what_is_wrong_inside_its_dialog_does_not_end_it() {
    let mut script = Script::new();
    let (_, tag) = subscribed(&mut script, DIALOG);
    answer(&mut script, "200 OK");
    script.sent();
    script.names();
    for (text, expected) in [
        (again(&tag, "2", 2, "Event: presence\n"), "SIP/2.0 489 Bad Event"),
        (again(&tag, "3", 3, "Event: dialog\n"), "SIP/2.0 489 Bad Event"),
        (again(&tag, "4", 4, &DIALOG.replace("300", "5")), "SIP/2.0 423 Interval Too Brief"),
        (again(&tag, "5", 1, DIALOG), "SIP/2.0 500 Server Internal Error"),
        (again(&tag, "6", 6, DIALOG).replace("SUBSCRIBE", "OPTIONS"), "SIP/2.0 200 OK"),
        (again(&tag, "7", 7, DIALOG).replace("SUBSCRIBE", "BYE"), "SIP/2.0 405 Method Not Allowed"),
        (again(&tag, "8", 8, DIALOG).replace("tag=p", "tag=q"), "SIP/2.0 481 Call/Transaction Does Not Exist"),
    ] {
        script.phone(&text);
        assert_eq!(script.lines(), [expected], "{text}");
        // Its transaction, so that the script's small endpoint has room for the next.
        script.wait(seconds(33));
    }
    assert_eq!((script.names(), script.endpoint.usage().subscriptions), (Vec::<String>::new(), 1));
}

#[test]
fn a_list_says_that_it_is_one() {
    let mut script = Script::new();
    let extra = "Event: dialog\nSupported: eventlist\n\
                 Accept: application/dialog-info+xml, application/rlmi+xml, multipart/related;type=\"application/rlmi+xml\"\n";
    script.receive(tcp(PHONE, 1), &wire(&subscribe("1", 1, extra)));
    let (id, found) = asked(&mut script);
    assert!(found.lists && found.expires == 600);
    script.order(Command::AcceptSubscription { subscription: id, list: true });
    assert!(script.sent().contains("Require: eventlist\n"));
    says(&mut script, id, "list");
    assert!(script.sent().contains("Require: eventlist\n"));
}

const KEYS: &str = "Event: as-feature-event\nExpires: 300\nContent-Type: application/x-as-feature-event+xml\n";
const WISH: &str = "<SetDoNotDisturb><doNotDisturbOn>true</doNotDisturbOn></SetDoNotDisturb>";

/// What a phone wants changed, in the dialog of its subscription.
fn wished(tag: &str, branch: &str, cseq: u32, extra: &str, body: &str) -> String {
    request(
        "SUBSCRIBE",
        "sip:101@clinic.demo",
        branch,
        cseq,
        &format!("To: <sip:101@clinic.demo>;tag={tag}\n{extra}"),
        body,
    )
    .replace("Content-Type: application/sdp\n", "")
}

fn first_wish(extra: &str, body: &str) -> String {
    request("SUBSCRIBE", "sip:101@clinic.demo", "1", 1, extra, body).replace("Content-Type: application/sdp\n", "")
}

#[test]
fn what_a_phone_wants_changed_is_its_user_s_to_prove_each_time() {
    let mut script = Script::new();
    let (id, tag) = subscribed(&mut script, "Event: as-feature-event\nExpires: 300\n");
    answer(&mut script, "200 OK");
    script.names();

    // By the path that the subscription came, and yet nothing is taken for granted: whoever judges is asked.
    script.phone(&wished(&tag, "2", 2, KEYS, WISH));
    let (again, found) = asked(&mut script);
    assert_eq!((again, found.package, found.expires, &found.auth), (id, Package::Features, 300, &Auth::None));
    assert!(found.wish.as_ref().is_some_and(|wish| *wish == *WISH), "{found:?}");
    assert_eq!(script.lines(), Vec::<String>::new(), "and nothing is answered before");
    // What it is told meanwhile still goes out.
    says(&mut script, id, "meanwhile");
    assert!(script.sent.last().is_some_and(|(_, notify)| notify.ends_with("meanwhile")));
    answer(&mut script, "200 OK");
    script.sent.clear();
    script.order(Command::ChallengeSubscription { subscription: id, stale: false });
    assert!(script.sent().contains("WWW-Authenticate: Digest"));

    script.names();
    script.phone(&wished(&tag, "3", 3, KEYS, WISH));
    asked(&mut script);
    script.order(Command::RefuseSubscription { subscription: id, code: 403 });
    assert_eq!(script.lines(), ["SIP/2.0 403 Forbidden"]);
    assert_eq!(script.endpoint.usage().subscriptions, 1, "only that was refused");

    script.phone(&wished(&tag, "4", 4, KEYS, WISH));
    asked(&mut script);
    // One at a time.
    script.phone(&wished(&tag, "5", 5, KEYS, WISH));
    assert_eq!(script.lines(), ["SIP/2.0 500 Server Internal Error"]);
    script.order(Command::AcceptSubscription { subscription: id, list: false });
    let accepted = script.sent();
    assert!(accepted.contains("SIP/2.0 200 OK\n") && accepted.contains("Expires: 300\n"), "{accepted}");
    says(&mut script, id, "done");
    assert!(script.sent().ends_with("done"));
}

#[test]
fn a_wish_may_come_with_the_first_and_is_bounded() {
    let mut script = Script::new();
    script.phone(&first_wish(KEYS, WISH));
    let (subscription, found) = asked(&mut script);
    assert!(found.wish.is_some() && found.mixed && !found.lists);
    script.order(Command::RefuseSubscription { subscription, code: 400 });
    assert_eq!(
        (script.lines(), script.endpoint.usage().subscriptions),
        (vec!["SIP/2.0 400 Bad Request".to_owned()], 0)
    );

    let long = "a".repeat(5000);
    for (extra, body, expected) in [
        (KEYS.replace("as-feature", "as-other"), WISH, "489 Bad Event"),
        (KEYS.replace("x-as-feature-event+xml", "pidf+xml"), WISH, "415 Unsupported Media Type"),
        (KEYS.to_owned(), long.as_str(), "413 Request Entity Too Large"),
    ] {
        let mut script = Script::new();
        script.phone(&first_wish(&extra, body));
        let said = script.sent();
        assert!(said.contains(&format!("SIP/2.0 {expected}\n")), "{said}");
        assert!(script.events.is_empty());
        let (_, tag) = subscribed(&mut script, "Event: as-feature-event\nExpires: 300\n");
        script.sent();
        script.phone(&wished(&tag, "9", 9, &extra, body));
        let said = script.sent();
        assert!(said.contains(&format!("SIP/2.0 {expected}\n")), "{said}");
        assert_eq!((script.events.len(), script.endpoint.usage().subscriptions), (0, 1));
    }
    // In what is no subscription to keys a body says nothing.
    let mut script = Script::new();
    script.phone(&first_wish(DIALOG, "<filter/>"));
    assert!(asked(&mut script).1.wish.is_none());
    let mut script = Script::new();
    let only = "Event: as-feature-event\nAccept: application/x-as-feature-event+xml\n";
    script.phone(&first_wish(only, ""));
    assert!(!asked(&mut script).1.mixed, "it reads one document at a time");
}
