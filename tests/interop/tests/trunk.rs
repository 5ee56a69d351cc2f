//! Kamailio as the carrier of a trunk: it must be registered with, and asks for a digest before each call; SIPp stands behind it.

use std::time::Duration;

use interop::kamailio::{Kamailio, PASSWORD, USER};
use interop::sipp::Phone;
use interop::{Demo, free_offset, wait_for};

const SOON: Duration = Duration::from_secs(10);

/// A carrier, and a demo whose line it is. The phones of SIPp are numbered from 0; `0` is outside and called, `1` outside and calls.
fn carrier(password: &str, more: &str) -> (Kamailio, Demo) {
    let offset = free_offset();
    let port = |n: u16| 6100 + offset + n;
    let keys = [
        ("PASSWORD", PASSWORD.to_owned()),
        ("CALLED_PORT", port(0).to_string()),
        ("CALLER_PORT", port(20).to_string()),
    ];
    let kamailio = Kamailio::start("carrier", port(390), &keys);
    let trunks = format!(
        "[[trunks]]\nname = \"main\"\naddress = \"127.0.0.1:{}\"\ndomain = \"carrier.test\"\nuser = \"{USER}\"\npassword = \"{password}\"\n\
         register = true\n{more}",
        port(390)
    );
    let demo = Demo::start_with_trunks(&trunks, offset);
    (kamailio, demo)
}

fn line(demo: &Demo) -> String {
    demo.api("/api/v1/status")["trunks"][0]["line"].as_str().expect("a word").to_owned()
}

fn is_line(demo: &Demo, word: &str) {
    wait_for(&format!("the line is {word}"), SOON, || (line(demo) == word).then_some(()));
}

#[test]
fn calls_go_out_and_come_in_over_a_line_that_registers() {
    let (kamailio, demo) = carrier(PASSWORD, "identity = \"asserted\"\n");
    is_line(&demo, "registered");
    let called = Phone::with_password(&demo, "outside", "", 0);
    let desk = Phone::new(&demo, "101", 2);
    desk.register();

    let answering = called.waits("answer");
    desk.call("call", "12025550123");
    answering.succeed(SOON);
    let ended = demo.wait_for_call(1, "+12025550123", "hung_up");
    demo.assert_sound_both_ways(&ended);
    let seen = called.received();
    for method in ["INVITE", "ACK", "BYE"] {
        assert!(seen.iter().any(|m| m.starts_with(&format!("{method} sip:"))), "no {method} came: {seen:#?}");
    }
    let invite = &seen[0];
    assert!(invite.contains("P-Asserted-Identity: <sip:+12025550100@carrier.test>"), "{invite}");
    // Nothing of the phone, its address or its password comes through. (What is called SIPp later is the tag of who was called.)
    assert!(!invite.contains("SIPp"), "{invite}");
    for inside in ["sip:101@", &format!("127.0.0.1:{}", desk.port()), "Front desk", "username=\"101\""] {
        assert!(!seen.iter().any(|m| m.contains(inside)), "{inside} in {seen:#?}");
    }

    let answering = desk.waits("answer");
    let caller = Phone::with_password(&demo, "outside", "", 1);
    caller.call_at(&format!("127.0.0.1:{}", demo.peer_port(390)), "call_emergency", "+12025550100");
    answering.succeed(SOON);
    let ended = demo.wait_for_call(2, "+12025550100", "hung_up");
    demo.assert_sound_both_ways(&ended);
    let registered = |seconds: &str| {
        let log = kamailio.peer.printed();
        let line = log
            .lines()
            .any(|l| l.contains("GOT REGISTER sip:carrier.test") && l.ends_with(&format!("Expires {seconds}")));
        (line, log)
    };
    let (taken_back, log) = registered("0");
    assert!(registered("3600").0 && !taken_back, "{log}");
    drop(demo);
    let (taken_back, log) = registered("0");
    assert!(taken_back, "at a clean end the registration is taken back: {log}");
}

#[test]
fn a_wrong_password_is_said_in_words() {
    let (_kamailio, demo) = carrier("wrong", "");
    is_line(&demo, "wrong_password");
    let today = String::from_utf8(demo.get("/")).expect("a page is UTF-8");
    assert!(today.contains("the carrier says that the user name or the password is wrong"), "{today}");
}

#[test]
fn an_unregistered_line_is_still_tried_for_help() {
    let offset = free_offset();
    // Nobody is there. The demo's own carrier is the second line.
    let trunks = format!(
        "[[trunks]]\nname = \"main\"\naddress = \"127.0.0.1:{}\"\nuser = \"{USER}\"\npassword = \"x\"\nregister = true\nemergency = true\n\
         [[trunks]]\nname = \"backup\"\naddress = \"127.0.0.1:PORT_CARRIER\"\n",
        6100 + offset + 390
    );
    let demo = Demo::start_with_trunks(&trunks, offset);
    let stranger = Phone::with_password(&demo, "999", "", 0);
    stranger.call("call_emergency", "911");
    let call = demo.wait_for_call(1, "911", "hung_up");
    let page = String::from_utf8(demo.get(&format!("/calls/{}", call["id"].as_str().expect("an id")))).expect("UTF-8");
    assert!(page.contains("Calling over the trunk main") && page.contains("Answered by the trunk backup"), "{page}");
}
