//! Sound over IPv4 and over IPv6, and over two networks of IPv4: phones and browsers of any of them call each other, every party has a tone of its
//! own, and what each hears is judged.

use interop::Demo;
use interop::baresip::Baresip;
use interop::sipp::Phone;
use interop::softphone::{Encryption, Way};
use interop::telephone::Telephone;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
/// Seconds in which everybody has reported, and answered a report: they come every five seconds, and some are late by half of that.
const LONG_ENOUGH: usize = 16;
/// In Hz.
const BROWSER: u32 = 600;

/// A demo on a system that has `::1`.
fn demo_of_both() -> Option<Demo> {
    let demo = Demo::start();
    if demo.json.pointer("/sip/host6").is_none() {
        skip::skipped("this system has no ::1; nothing was tried over IPv6");
        return None;
    }
    Some(demo)
}

#[test]
fn a_phone_of_ipv6_and_one_of_ipv4_hear_each_other() {
    let Some(demo) = demo_of_both() else { return };
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Udp6, Encryption::None);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    talk(&mut desk, &mut nurse);
    nurse.order("dial 101");
    desk.wait_for_events("CALL_ESTABLISHED", 2);
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    nurse.order("hangup");
    let call = demo.wait_for_call(2, "101", "hung_up");
    demo.assert_sound_both_ways(&call);
}

#[test]
fn encrypted_sound_of_ipv6_and_sound_of_ipv4_in_the_clear_are_one_call() {
    let Some(demo) = demo_of_both() else { return };
    let mut desk = Baresip::start_as(&demo, "101", 3, DESK.0, Way::Udp6, Encryption::Demanded);
    let mut nurse = Baresip::start(&demo, "102", 4, NURSE.0);
    talk(&mut desk, &mut nurse);
    let story = demo.story(&demo.wait_for_call(1, "102", "hung_up"));
    assert!(story.contains("Encrypted, AES") && story.contains("Not encrypted"), "{story}");
}

#[test]
fn phones_of_two_networks_hear_each_other() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Second, Encryption::None);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    talk(&mut desk, &mut nurse);
    nurse.order("dial 101");
    desk.wait_for_events("CALL_ESTABLISHED", 2);
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    nurse.order("hangup");
    let call = demo.wait_for_call(2, "101", "hung_up");
    demo.assert_sound_both_ways(&call);
}

#[test]
fn a_phone_is_told_the_address_that_it_has_reached() {
    let demo = Demo::start();
    let phone = Phone::new(&demo, "101", 0);
    let hosts = ["/sip/host", "/sip/host2"].map(|key| demo.text(key));
    for (n, host) in hosts.iter().enumerate() {
        phone.call_at(&format!("{host}:{}", demo.text("/sip/udp")), "call", "*43");
        demo.wait_for_call(n + 1, "*43", "hung_up");
        let came = phone.received();
        let answer = came.iter().find(|m| m.starts_with("SIP/2.0 200") && m.contains("m=audio")).expect("an answer");
        let named: Vec<_> = answer.lines().filter(|line| line.starts_with("c=")).map(str::trim_end).collect();
        let expected = format!("c=IN IP4 {host}");
        assert!(!named.is_empty() && named.iter().all(|line| *line == expected), "{answer}");
    }
}

/// 101 calls 102, they hear each other, and 101 hangs up.
fn talk(desk: &mut Baresip, nurse: &mut Baresip) {
    desk.order("dial 102");
    nurse.wait_until_heard(DESK.1);
    desk.wait_until_heard(NURSE.1);
    desk.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
    nurse.wait_for_events("CALL_CLOSED", 1);
}

#[test]
fn an_echo_and_its_reports_come_over_ipv6() {
    let Some(demo) = demo_of_both() else { return };
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Udp6, Encryption::None);
    desk.order("dial *43");
    for _ in 0..LONG_ENOUGH {
        desk.wait_until_heard(DESK.1);
    }
    desk.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
    // Its reports come by IPv6, too.
    assert!(desk.summary().contains_key("DL"), "{}", desk.printed());
}

#[test]
fn the_console_and_its_telephone_are_there_over_ipv6() {
    let Some(demo) = demo_of_both() else { return };
    let mut nurse = Baresip::start(&demo, "102", 2, NURSE.0);
    let person = Telephone::start_at(&demo, &demo.text("/console6"), "101", 0, BROWSER);
    person.dial("102");
    person.wait_for_call("In a call with Nurse (102)");
    nurse.wait_until_heard(BROWSER as usize);
    person.wait_until_heard(NURSE.1 as i64);
    person.press("hang-up");
    demo.wait_for_call(1, "102", "hung_up");

    nurse.order("dial 101");
    person.wait_for_call("Nurse (102) calls");
    person.press("answer");
    nurse.wait_until_heard(BROWSER as usize);
    person.wait_until_heard(NURSE.1 as i64);
    person.press("hang-up");
    demo.wait_for_call(2, "101", "hung_up");
}

/// A browser that has one family, and is told both.
#[test]
fn a_browser_of_one_family_hears_a_phone_of_the_other() {
    let Some(demo) = demo_of_both() else { return };
    let mut nurse = Baresip::start(&demo, "102", 2, NURSE.0);
    for (n, user, family, place) in [(0, "101", "IPv6", "::1"), (1, "103", "IPv4", "127.0.0.1")] {
        let person = Telephone::start_in(&demo, user, n, BROWSER, family);
        person.dial("102");
        person.wait_for_call("In a call with Nurse (102)");
        nurse.wait_until_heard(BROWSER as usize);
        person.wait_until_heard(NURSE.1 as i64);
        assert_eq!(person.speaks_to().trim_matches(['[', ']']), place);
        person.press("hang-up");
        demo.wait_for_call(2 * usize::from(n) + 1, "102", "hung_up");

        nurse.order(&format!("dial {user}"));
        person.wait_for_call("Nurse (102) calls");
        person.press("answer");
        nurse.wait_until_heard(BROWSER as usize);
        person.wait_until_heard(NURSE.1 as i64);
        assert_eq!(person.speaks_to().trim_matches(['[', ']']), place);
        person.press("hang-up");
        demo.wait_for_call(2 * usize::from(n) + 2, user, "hung_up");
    }
}
