//! Calls whose sound is encrypted: baresip as a phone that encrypts, to one that does too and to one that does not. Every phone plays a tone
//! of its own height, what is heard is judged, and the call's page says which side was encrypted.

use interop::baresip::Baresip;
use interop::softphone::{Encryption, Way};
use interop::{Demo, free_offset};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);

/// 101 calls 102, and each hears the other. What the call's page says about the sound of the caller and of the called side.
fn talk(demo: &Demo, desk: &mut Baresip, nurse: &mut Baresip) -> [bool; 2] {
    desk.order("dial 102");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK.1);
    desk.wait_until_heard(NURSE.1);
    desk.order("hangup");
    let call = demo.wait_for_call(1, "102", "hung_up");
    let story = demo.story(&call);
    let caller = story.split("Sound from the caller").nth(1).expect("the caller was heard");
    let (caller, callee) = caller.split_once("Sound from the called side").expect("the called side was heard");
    [caller, callee].map(|side| {
        let encrypted = side.contains("Encrypted, AES");
        assert_ne!(encrypted, side.contains("Not encrypted"), "{side}");
        encrypted
    })
}

#[test]
fn two_phones_under_tls_are_encrypted_on_both_sides() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Offered);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Tls, Encryption::Offered);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [true, true]);
}

#[test]
fn an_encrypted_phone_and_a_plain_one_call_each_other() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Demanded);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [true, false]);

    let demo = Demo::start();
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Tls, Encryption::Offered);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [false, true]);
}

#[test]
fn what_the_settings_demand_is_had_or_the_call_is_refused() {
    let with = |word: &str| {
        let line = format!("name = \"Nurse\"\nmedia = \"{word}\"");
        Demo::start_changed(free_offset(), |sample| sample.replace("name = \"Nurse\"", &line))
    };
    // SRTP is demanded, and had, although nobody would read the keys over UDP for that.
    let demo = with("srtp");
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Udp, Encryption::Demanded);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [false, true]);

    let demo = with("srtp");
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    nurse.order("dial 101");
    nurse.wait_for_events("CALL_CLOSED", 1);
    let call = demo.wait_for_call(1, "101", "refused");
    let story = demo.story(&call);
    assert!(story.contains("its sound would be in the clear, and the settings want it encrypted"), "{story}");
    // Help is had all the same.
    nurse.order("dial 911");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
}

#[test]
fn a_hold_keeps_the_call_encrypted() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Offered);
    let nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Tls, Encryption::Offered);
    desk.order("dial 102");
    nurse.wait_until_heard(DESK.1);
    desk.order("hold");
    nurse.assert_silent();
    desk.order("resume");
    desk.order("hangup");
    let call = demo.wait_for_call(1, "102", "hung_up");
    let story = demo.story(&call);
    assert_eq!(story.matches("Encrypted, AES").count(), 2, "{story}");
}

#[test]
fn a_desk_phone_whose_keys_come_by_dtls() {
    let demo = Demo::start();
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Udp, Encryption::Dtls);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [true, false]);

    let demo = Demo::start_changed(free_offset(), |sample| {
        sample.replace("name = \"Nurse\"", "name = \"Nurse\"\nmedia = \"dtls\"")
    });
    let mut desk = Baresip::start_as(&demo, "101", 0, DESK.0, Way::Tls, Encryption::Offered);
    let mut nurse = Baresip::start_as(&demo, "102", 1, NURSE.0, Way::Udp, Encryption::Dtls);
    assert_eq!(talk(&demo, &mut desk, &mut nurse), [true, true]);
}
