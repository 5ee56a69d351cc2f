//! Speaking to a colleague at once, with real phones: one that answers by itself because it is told to, and one that is in a call and is left in
//! peace. Every phone has a tone of its own height, and what each hears is judged.

use std::time::Duration;

use interop::Demo;
use interop::baresip::Baresip;
use interop::ear::Ear;
use interop::sipp::Phone;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

/// Header fields by which phones are told to answer by themselves.
const BY_ITSELF: [&str; 5] = ["Answer-Mode:", "answer-after", "alert-autoanswer", "Auto Answer", "P-Auto-Answer:"];

#[test]
fn a_phone_answers_without_a_hand_and_both_hear_each_other() {
    let demo = Demo::start();
    let nurse = Phone::new(&demo, "102", 6);
    nurse.register();
    let ear = Ear::that_says(nurse.ear(), NURSE.0.into());
    // It answers what tells it to, and nothing else.
    let answers = nurse.waits("answer_by_itself");
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    doctor.order("dial *80102");
    ear.hears(DOCTOR.1);
    ear.speaking(|| doctor.wait_until_heard(NURSE.1));
    doctor.order("hangup");
    answers.succeed(Duration::from_secs(10));
    let story = demo.story(&demo.wait_for_call(1, "*80102", "hung_up"));
    assert!(story.contains("Answered by Nurse"), "{story}");
}

#[test]
fn a_phone_in_a_call_rings_and_its_call_goes_on_unheard() {
    let demo = Demo::start();
    let mut nurse = Baresip::start_by_hand(&demo, "102", 1, NURSE.0);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    is_left_in_peace(&demo, &mut nurse, &mut doctor);
}

/// The desk talks with the nurse when the doctor wants to speak to her at once.
fn is_left_in_peace(demo: &Demo, nurse: &mut Baresip, doctor: &mut Baresip) {
    let mut desk = Baresip::start(demo, "101", 0, DESK.0);
    let (rang, answered) = (nurse.events("CALL_INCOMING"), doctor.events("CALL_ESTABLISHED"));
    let ringing = doctor.events("CALL_RINGING");
    desk.order("dial 102");
    nurse.wait_for_events("CALL_INCOMING", rang + 1);
    nurse.order("accept");
    nurse.wait_until_heard(DESK.1);
    doctor.order("dial *80102");
    nurse.wait_for_events("CALL_INCOMING", rang + 2);
    doctor.wait_for_events("CALL_RINGING", ringing + 1);
    // Nothing tells the phone to answer, or to let anybody in.
    let printed = nurse.printed();
    let invite = printed.rsplit("INVITE sip:102").next().and_then(|invite| invite.split("\r\n\r\n").next());
    let invite = invite.expect("an INVITE");
    assert!(invite.contains("Office manager") && !BY_ITSELF.iter().any(|header| invite.contains(header)), "{invite}");
    talk_on(&desk, nurse);
    assert_eq!(doctor.events("CALL_ESTABLISHED"), answered, "{}", doctor.printed());
    let ended = doctor.events("CALL_CLOSED");
    doctor.order("hangup");
    doctor.wait_for_events("CALL_CLOSED", ended + 1);
    talk_on(&desk, nurse);
}

/// They hear each other, and nobody else.
fn talk_on(desk: &Baresip, nurse: &Baresip) {
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
}
