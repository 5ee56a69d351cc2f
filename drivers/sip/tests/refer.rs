//! Transfers: REFER inside a call with its NOTIFYs, and INVITE with Replaces.

mod script;

use expect_test::expect;
use script::{
    CONTACT, OFFER, OUT, PHONE, Script, call, established, inside, last, request, respond, sdp, seconds, udp,
};
use sip::{Command, Event, LegId, Refer, Replaces, Usage};

const BLIND: &str = "Refer-To: <sip:103@clinic.demo>\n";

fn refer(branch: &str, cseq: u32, tag: &str, headers: &str) -> String {
    inside("REFER", branch, cseq, tag, "").replace("Content-Length", &format!("{headers}Content-Length"))
}

/// What a NOTIFY says: its event, its state, its fragment.
fn notice(text: &str) -> String {
    assert!(text.starts_with("NOTIFY "), "{text}");
    let kept = |l: &&str| l.starts_with("Event") || l.starts_with("Subscription-State") || l.starts_with("SIP/2.0 ");
    text.lines().filter(kept).collect::<Vec<_>>().join(" | ")
}

/// Answers the NOTIFY that was sent last; what that said.
fn take_notify(script: &mut Script, code: u16) -> String {
    let notify = last(script);
    script.phone(&respond(&notify, code, "p", "", ""));
    notice(&notify)
}

#[test]
fn a_blind_transfer_is_told_from_its_beginning_to_its_end() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&refer("r", 2, &tag, BLIND));
    let Some(Event::Refer { leg: referred, refer: asked }) = script.events.pop() else { panic!("a REFER") };
    let expected = Refer { to: "sip:103@clinic.demo".into(), dialled: "103".into(), replaces: None };
    assert_eq!((referred, asked, script.lines()), (leg, expected, vec![]));
    script.order(Command::AcceptRefer { leg });
    expect![[r#"
        --> Udp 10.0.0.2:5060
        SIP/2.0 202 Accepted
        Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKr
        From: <sip:102@clinic.demo>;tag=p
        To: <sip:101@clinic.demo>;tag=TAG
        Call-ID: c1
        CSeq: 2 REFER
        Server: Frontdesk
        Contact: <sip:10.0.0.1:5060>
        Content-Length: 0

        --> Udp 10.0.0.2:5060
        NOTIFY sip:102@10.0.0.2:5060 SIP/2.0
        Via: SIP/2.0/UDP 10.0.0.1:5060;rport;branch=BRANCH
        Max-Forwards: 70
        Route: <sip:10.0.0.2;lr>
        From: <sip:101@clinic.demo>;tag=TAG
        To: <sip:102@clinic.demo>;tag=p
        Call-ID: c1
        CSeq: 1 NOTIFY
        Contact: <sip:10.0.0.1:5060>
        Event: refer
        Subscription-State: active;expires=300
        User-Agent: Frontdesk
        Content-Type: message/sipfrag;version=2.0
        Content-Length: 20

        SIP/2.0 100 Trying
    "#]]
    .assert_eq(&{
        let notify = script.sent.last().expect("a NOTIFY").1.clone();
        let branch = notify.split("branch=").nth(1).and_then(|b| b.lines().next()).expect("a branch").to_owned();
        script.sent.push((udp(PHONE), notify));
        let sent = script.sent[..2].to_vec();
        let text: String = sent.iter().map(|(f, t)| format!("--> {:?} {}\n{t}", f.transport, f.remote)).collect();
        text.replace(&branch, "BRANCH").replace(&tag, "TAG")
    });
    // While a NOTIFY is on its way the next one waits, and only the newest is said.
    script.order(Command::ReferProgress { leg, code: 180 });
    script.order(Command::ReferProgress { leg, code: 183 });
    assert_eq!(
        take_notify(&mut script, 200),
        "Event: refer | Subscription-State: active;expires=300 | SIP/2.0 100 Trying"
    );
    assert_eq!(
        take_notify(&mut script, 200),
        "Event: refer | Subscription-State: active;expires=300 | SIP/2.0 183 Session Progress"
    );
    script.order(Command::ReferProgress { leg, code: 200 });
    script.order(Command::ReferProgress { leg, code: 486 });
    assert_eq!(
        take_notify(&mut script, 200),
        "Event: refer | Subscription-State: terminated;reason=noresource | SIP/2.0 200 OK"
    );
    assert_eq!(script.lines(), [""; 0]);
    script.phone(&inside("BYE", "b", 3, &tag, ""));
    script.wait(seconds(40));
    assert_eq!((script.names(), script.endpoint.usage()), (vec!["Ended".to_owned()], Usage::default()));
}

#[test]
fn one_transfer_at_a_time_and_the_second_has_a_name_of_its_own() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&refer("r2", 2, &tag, BLIND));
    script.phone(&refer("r3", 3, &tag, BLIND));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 491 Request Pending".into()], vec!["Refer".into()]));
    script.order(Command::RefuseRefer { leg, code: 603 });
    script.order(Command::AcceptRefer { leg });
    assert_eq!(script.lines(), ["SIP/2.0 603 Decline"]);
    script.phone(&refer("r4", 4, &tag, BLIND));
    script.order(Command::AcceptRefer { leg });
    script.order(Command::ReferProgress { leg, code: 404 });
    take_notify(&mut script, 200);
    let end = "Event: refer;id=4 | Subscription-State: terminated;reason=noresource | SIP/2.0 404 Not Found";
    assert_eq!(take_notify(&mut script, 200), end);
    script.phone(&refer("r5", 5, &tag, BLIND));
    assert_eq!(script.names(), ["Refer", "Refer"]);
    // The call ends while the REFER waits for its answer.
    script.phone(&inside("BYE", "b", 6, &tag, ""));
    assert_eq!(script.lines(), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
}

#[test]
fn without_a_subscription_nothing_is_told() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&refer("r", 2, &tag, &format!("{BLIND}Refer-Sub: false\n")));
    script.order(Command::AcceptRefer { leg });
    let accepted = last(&mut script);
    assert!(accepted.starts_with("SIP/2.0 202") && accepted.contains("Refer-Sub: false\n"), "{accepted}");
    script.order(Command::ReferProgress { leg, code: 180 });
    script.phone(&refer("r3", 3, &tag, BLIND));
    assert_eq!(script.lines(), ["SIP/2.0 491 Request Pending"]);
    script.order(Command::ReferProgress { leg, code: 200 });
    script.phone(&refer("r4", 4, &tag, BLIND));
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refer".to_owned(); 2]));
}

#[test]
fn a_subscription_is_refreshed_expires_and_may_be_given_up() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&refer("r", 2, &tag, BLIND));
    script.order(Command::AcceptRefer { leg });
    take_notify(&mut script, 200);
    script.wait(seconds(200));
    script.phone(&refer("s", 3, &tag, "Event: refer\nExpires: 9000\n").replace("REFER", "SUBSCRIBE"));
    let ok = script.sent.first().expect("200").1.clone();
    assert!(ok.starts_with("SIP/2.0 200 OK") && ok.contains("Expires: 300\n"), "{ok}");
    take_notify(&mut script, 200);
    script.wait(seconds(299));
    assert_eq!(script.lines(), [""; 0]);
    script.wait(seconds(1));
    let timeout = "Event: refer | Subscription-State: terminated;reason=timeout | SIP/2.0 100 Trying";
    assert_eq!(take_notify(&mut script, 200), timeout);
    // What it asked for goes on all the same, and ends.
    script.phone(&refer("r4", 4, &tag, BLIND));
    script.order(Command::ReferProgress { leg, code: 200 });
    assert_eq!(script.lines(), ["SIP/2.0 491 Request Pending"]);
    script.phone(&refer("r5", 5, &tag, BLIND));
    script.order(Command::AcceptRefer { leg });
    take_notify(&mut script, 200);
    let subscribe = |branch: &str, cseq, event: &str, expires| {
        refer(branch, cseq, &tag, &format!("Event: {event}\nExpires: {expires}\n")).replace("REFER", "SUBSCRIBE")
    };
    for (n, (event, status)) in
        [("refer;id=2", "403 Forbidden"), ("refer", "403 Forbidden"), ("dialog", "489 Bad Event")]
            .into_iter()
            .enumerate()
    {
        script.phone(&subscribe(&format!("n{n}"), 6 + u32::try_from(n).expect("small"), event, 60));
        assert_eq!(script.lines(), [format!("SIP/2.0 {status}")]);
    }
    script.phone(&subscribe("u", 9, "refer;id=5", 0));
    assert!(script.sent.first().is_some_and(|(_, text)| text.contains("200 OK") && text.contains("Expires: 0\n")));
    let given_up = "Event: refer;id=5 | Subscription-State: terminated;reason=timeout | SIP/2.0 100 Trying";
    assert_eq!(take_notify(&mut script, 200), given_up);
}

#[test]
fn who_forgot_its_subscription_is_not_told_again_and_the_call_goes_on() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&refer("r", 2, &tag, BLIND));
    script.order(Command::AcceptRefer { leg });
    take_notify(&mut script, 481);
    script.order(Command::ReferProgress { leg, code: 180 });
    script.order(Command::ReferProgress { leg, code: 200 });
    assert_eq!(script.lines(), [""; 0]);
    script.phone(&refer("r3", 3, &tag, BLIND));
    script.order(Command::AcceptRefer { leg });
    // Not answered at all.
    script.wait(seconds(33));
    script.sent.clear();
    script.order(Command::ReferProgress { leg, code: 200 });
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refer".to_owned(); 2]));
    script.order(Command::Bye { leg });
    script.wait(seconds(40));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn a_phone_that_hangs_up_at_once_still_hears_the_end_of_its_subscription() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    script.phone(&refer("r", 2, &tag, BLIND));
    script.order(Command::AcceptRefer { leg });
    script.sent.clear();
    script.phone(&inside("BYE", "b", 3, &tag, ""));
    let end = "Event: refer | Subscription-State: terminated;reason=noresource | SIP/2.0 100 Trying";
    assert_eq!(take_notify(&mut script, 200), end);
    script.order(Command::ReferProgress { leg, code: 200 });
    assert_eq!((script.lines(), script.names()), (vec![], vec!["Refer".to_owned(), "Ended".to_owned()]));
    script.wait(seconds(40));
    assert_eq!(script.endpoint.usage(), Usage::default());
}

#[test]
fn an_attended_transfer_names_one_of_our_legs() {
    let mut script = Script::new();
    let (_, tag) = established(&mut script);
    // Another call of the same phone, which we made.
    let other = call(&mut script, PHONE);
    script.phone(&respond(&other, 200, "t", CONTACT, "answer"));
    let part = |name: &str, cut: &str| {
        let line = other.lines().find(|l| l.starts_with(name)).expect(name);
        line.split(cut).nth(1).expect(cut).trim().to_owned()
    };
    let (call_id, ours) = (part("Call-ID", ":"), part("From", "tag="));
    script.names();
    script.sent.clear();
    let to = |to: &str, from: &str| {
        format!("Refer-To: <sip:103@10.0.0.1?Replaces={call_id}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from}>\n")
    };
    for (n, header) in [to(&ours, "t"), to("t", &ours)].into_iter().enumerate() {
        script.phone(&refer(&format!("r{n}"), 2 + u32::try_from(n).expect("small"), &tag, &header));
        let Some(Event::Refer { leg, refer }) = script.events.pop() else { panic!("a REFER") };
        assert_eq!((refer.replaces, refer.to.expose().as_str()), (Some(OUT), "sip:103@10.0.0.1"));
        script.order(Command::RefuseRefer { leg, code: 603 });
    }
    script.sent.clear();
    // A dialog that is not ours; the one that the REFER itself is in.
    script.phone(&refer("x", 4, &tag, &to(&ours, "u")));
    script.phone(&refer("y", 5, &tag, &format!("Refer-To: <sip:a@b?Replaces=c1%3Bto-tag%3D{tag}%3Bfrom-tag%3Dp>\n")));
    assert_eq!((script.lines(), script.names()), (vec!["SIP/2.0 603 Decline".to_owned(); 2], vec![]));
}

#[test]
fn a_refer_that_makes_no_sense_is_refused_without_harm_to_the_call() {
    let mut script = Script::new();
    let (_, tag) = established(&mut script);
    for (n, (headers, status)) in [
        ("", "400 Bad Request"),
        ("Refer-To: <sip:a@b>\nRefer-To: <sip:c@d>\n", "400 Bad Request"),
        ("Refer-To: <http://clinic.demo>\n", "603 Decline"),
        ("Refer-To: <sip:a@b;method=BYE>\n", "603 Decline"),
    ]
    .into_iter()
    .enumerate()
    {
        script.phone(&refer(&format!("r{n}"), 2 + u32::try_from(n).expect("small"), &tag, headers));
        assert_eq!((script.lines(), script.names()), (vec![format!("SIP/2.0 {status}")], vec![]), "{headers}");
    }
    // Outside a call.
    script.phone(&request("REFER", "sip:101@clinic.demo", "out", 1, BLIND, ""));
    assert_eq!(script.lines(), ["SIP/2.0 403 Forbidden"]);
    // Before the call is answered.
    let early = request("INVITE", "sip:101@clinic.demo", "e", 1, "", OFFER).replace("Call-ID: c1", "Call-ID: c2");
    script.phone(&early);
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Ring { leg, code: 180, body: None });
    let tag = script.our_tag();
    script.sent.clear();
    script.phone(&refer("early", 2, &tag, BLIND).replace("Call-ID: c1", "Call-ID: c2"));
    assert_eq!(script.lines(), ["SIP/2.0 403 Forbidden"]);
}

/// An INVITE that wants to replace a dialog.
fn replacing(script: &mut Script, value: &str) -> (String, Option<Replaces>) {
    let extra = format!("From: <sip:103@clinic.demo>;tag=q\nRequire: replaces\nReplaces: {value}\n");
    let n = script.now.instant.saturating_since(model::Instant::ZERO).as_millis();
    let invite = request("INVITE", "sip:101@clinic.demo", &format!("rep{n}"), 1, &extra, OFFER);
    script.phone(&invite.replace("Call-ID: c1", &format!("Call-ID: rep{n}")));
    script.wait(std::time::Duration::from_millis(1));
    let replaces = match script.events.pop() {
        Some(Event::Invite { leg, invite }) => {
            script.order(Command::Refuse { leg, code: 480, retry_after: None });
            invite.replaces
        }
        _ => None,
    };
    (script.lines().pop().unwrap_or_default(), replaces)
}

#[test]
fn an_invite_takes_the_place_of_a_call() {
    let mut script = Script::new();
    let (leg, tag) = established(&mut script);
    let refused = |status: &str| (format!("SIP/2.0 {status}"), None);
    let told =
        |leg: LegId, early_only| ("SIP/2.0 480 Temporarily Unavailable".to_owned(), Some(Replaces { leg, early_only }));
    assert_eq!(replacing(&mut script, &format!("c1;to-tag={tag};from-tag=p")), told(leg, false));
    assert_eq!(replacing(&mut script, &format!("c1;to-tag={tag};from-tag=p;early-only")), refused("486 Busy Here"));
    let unknown = refused("481 Call/Transaction Does Not Exist");
    assert_eq!(replacing(&mut script, &format!("c1;to-tag={tag};from-tag=q")), unknown);
    assert_eq!(replacing(&mut script, &format!("c1;to-tag={tag}")), refused("400 Bad Request"));
    let two = format!("c1;to-tag={tag};from-tag=p\nReplaces: c1;to-tag={tag};from-tag=p");
    assert_eq!(replacing(&mut script, &two), refused("400 Bad Request"));
    script.order(Command::Bye { leg });
    assert_eq!(replacing(&mut script, &format!("c1;to-tag={tag};from-tag=p")), refused("603 Decline"));
}

#[test]
fn a_call_that_somebody_makes_to_us_cannot_be_picked_up_while_it_rings() {
    let mut script = Script::new();
    script.phone(&request("INVITE", "sip:101@clinic.demo", "i", 1, "", OFFER));
    let Some(Event::Invite { leg, .. }) = script.events.pop() else { panic!("an INVITE") };
    script.order(Command::Ring { leg, code: 180, body: None });
    let value = format!("c1;to-tag={};from-tag=p", script.our_tag());
    assert_eq!(replacing(&mut script, &value).0, "SIP/2.0 481 Call/Transaction Does Not Exist");
    script.order(Command::Answer { leg, body: sdp("answer") });
    assert!(replacing(&mut script, &value).1.is_some());
}
