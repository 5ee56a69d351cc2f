//! Linphone talks: with a phone that knows another codec, and under keys of its own. Each phone has a tone of its own height, and what is
//! heard is judged at both.

use interop::Demo;
use interop::baresip::Baresip;
use interop::linphone::{Linphone, Manner};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);

/// Linphone calls 102, and each hears the other. The call's page.
fn talk(demo: &Demo, manner: Manner) -> String {
    let mut nurse = Baresip::start(demo, "102", 1, NURSE.0);
    let mut desk = Linphone::start(demo, "101", 0, DESK.0, manner);
    desk.tell("call sip:102@clinic.demo");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK.1);
    desk.wait_until_heard(NURSE.1);
    desk.tell("terminate");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    let answer =
        desk.log().rsplit("SIP/2.0 200").find_map(|said| said.split_once("m=audio ").map(|(_, sdp)| sdp.to_owned()));
    let codecs = answer.expect("the answer").lines().next().unwrap_or_default().to_owned();
    assert_eq!(codecs.contains(" RTP/SAVP "), manner == Manner::Encrypted, "{codecs}");
    // Beside it keys alone.
    let only = codecs.split(" RTP/AVP 9 ").nth(1).is_some_and(|others| !others.contains(' '));
    assert_eq!(only, manner == Manner::G722, "{codecs}");
    desk.quit();
    demo.story(&call)
}

#[test]
fn in_g722_with_a_phone_that_knows_g711_alone() {
    talk(&Demo::start(), Manner::G722);
}

#[test]
fn encrypted_with_a_phone_that_is_not() {
    let story = talk(&Demo::start(), Manner::Encrypted);
    let (caller, callee) = story.split_once("Sound from the called side").expect("the called side was heard");
    assert!(caller.contains("Encrypted, AES") && callee.contains("Not encrypted"), "{story}");
}
