//! Phones that Debian 12 does not have, or has without a sound card: one that answers by itself because it is told to, and one that mixes the two calls
//! of whoever talks at it. Every phone has a tone of its own height, and what each hears is judged.

use std::time::Duration;

use interop::Demo;
use interop::baresip::Baresip;
use interop::ear::Ear;
use interop::linphone::Linphone;
use interop::sipp::Phone;
use interop::sound_card::SoundCard;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

/// baresip knows Call-Info and the other ways to tell a phone so since version 1.1. What does not tell it to answer rings there.
#[test]
#[ignore = "nightly: needs Debian sid's baresip (cargo xtask sid)"]
fn baresip_answers_the_intercom_without_a_hand_and_no_other_call() {
    let demo = Demo::start();
    let mut nurse = Baresip::start_by_itself(&demo, "102", 1, NURSE.0);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    doctor.order("dial *80102");
    doctor.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DOCTOR.1);
    doctor.order("hangup");
    doctor.wait_for_events("CALL_CLOSED", 1);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    desk.order("dial 102");
    desk.wait_for_events("CALL_RINGING", 1);
    nurse.order("accept");
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    // She is in a call: it rings there, and those two talk on.
    doctor.order("dial *80102");
    doctor.wait_for_events("CALL_RINGING", 2);
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    assert_eq!(doctor.events("CALL_ESTABLISHED"), 1, "{}", doctor.printed());
}

/// Whoever talks at the phone that mixes is heard, too, where that has a sound card.
#[test]
#[ignore = "nightly: needs PulseAudio"]
fn a_phone_joins_its_two_calls_and_all_three_hear_each_other() {
    let demo = Demo::start();
    let nurse = Phone::new(&demo, "102", 6);
    nurse.register();
    let ear = Ear::that_says(nurse.ear(), NURSE.0.into());
    let held = nurse.waits("be_held");
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let card = SoundCard::start(DESK.1);
    let mut desk = Linphone::start_with_card(&demo, "101", 0, &card);

    desk.tell("call sip:102@clinic.demo");
    ear.hears(DESK.1);
    desk.tell("pause");
    ear.hears_other_than(DESK.1);
    desk.tell("call sip:103@clinic.demo");
    doctor.wait_until_heard(DESK.1);
    for call in 1..=2 {
        desk.tell(&format!("conference add {call}"));
    }
    ear.hears_all(&[DESK.1, DOCTOR.1], NURSE.1);
    ear.speaking(|| {
        doctor.wait_until_heard_all(&[DESK.1, NURSE.1], DOCTOR.1);
        card.wait_until_heard_all(&[NURSE.1, DOCTOR.1], DESK.1);
    });
    desk.quit();
    doctor.wait_for_events("CALL_CLOSED", 1);
    held.succeed(Duration::from_secs(10));
    demo.wait_for_call(2, "103", "hung_up");
}
