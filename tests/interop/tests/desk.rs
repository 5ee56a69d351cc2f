//! What staff do at their phones, with real phones and what they hear: every phone plays a tone of its own height.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::ear::Ear;
use interop::sipp::Phone;
use interop::{Demo, free_offset, wait_for};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

#[test]
fn three_meet_in_a_room_and_each_hears_the_two_others() {
    let demo = Demo::start();
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    for phone in [&mut desk, &mut nurse, &mut doctor] {
        phone.order("dial 800");
        phone.wait_for_events("CALL_ESTABLISHED", 1);
    }
    desk.wait_until_heard_all(&[NURSE.1, DOCTOR.1], DESK.1);
    nurse.wait_until_heard_all(&[DESK.1, DOCTOR.1], NURSE.1);
    doctor.wait_until_heard_all(&[DESK.1, NURSE.1], DOCTOR.1);
    // One vanishes; the others go on.
    drop(doctor);
    desk.wait_until_heard(NURSE.1);
    nurse.order("hangup");
    demo.wait_for_call(1, "800", "hung_up");
}

#[test]
fn a_party_is_parked_hears_music_and_is_taken_from_another_phone() {
    let demo = Demo::start();
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    nurse.order("dial 101");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK.1);
    desk.order("transfer 701");
    desk.wait_for_events("CALL_CLOSED", 1);
    // The lowest and the highest of the chords' notes, and not the tone of who has gone.
    nurse.wait_until_heard_music(DESK.1);
    doctor.order("dial 701");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(NURSE.1);
    doctor.order("hangup");
    let call = demo.wait_for_call(1, "103", "hung_up");
    let story = demo.story(&call);
    assert!(story.contains("parked") && story.contains("from 701"), "{story}");
}

#[test]
fn a_page_is_heard_by_all_and_answers_by_itself() {
    let demo = Demo::start();
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    // baresip answers by itself whatever it is told, and keeps no record of a call in which it only listens: that is for the ear.
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let nurse = Phone::new(&demo, "102", 6);
    nurse.register();
    let ear = Ear::at(nurse.ear());
    let waits = nurse.waits("listen");
    doctor.order("dial *81100");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    ear.hears(DOCTOR.1);
    let asked = nurse.received();
    let invite = asked.iter().find(|m| m.starts_with("INVITE ")).expect("an INVITE");
    for header in ["Answer-Mode: Auto", "answer-after=0", "alert-autoanswer", "P-Auto-Answer: normal", "a=sendonly"] {
        assert!(invite.contains(header), "{header}: {invite}");
    }
    doctor.order("hangup");
    waits.succeed(Duration::from_secs(10));
    demo.wait_for_call(1, "*81100", "hung_up");
}

#[test]
fn what_a_phone_switched_holds_after_kill_9() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (state, offset) = (folder.path().join("state"), free_offset());
    let demo = Demo::start_on(&state, offset);
    let nurse = Phone::new(&demo, "102", 6);
    nurse.register();
    nurse.call("call_until_told", "*78");
    demo.wait_for_call(1, "*78", "hung_up");
    demo.kill();
    let demo = Demo::start_on(&state, offset);
    wait_for("the phone is known again", Duration::from_secs(20), || (demo.registered("102") > 0).then_some(()));
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    // Whoever calls is led on at once, and the plan leads to her mailbox.
    desk.call("call", "102");
    let call = demo.wait_for_call(2, "102", "hung_up");
    let story = demo.story(&call);
    assert!(story.contains("102 does not want to be disturbed") && !story.contains("Ringing"), "{story}");
}
