//! Groups of phones with real ones: all of a group ring, one after the other, or one more after a while; whoever takes the call talks with the
//! caller, and the others fall silent and list no call that they missed. Every phone has a tone of its own height, and what each hears is judged.

use std::time::Duration;

use interop::baresip::{Baresip, talk};
use interop::linphone::{Linphone, Manner};
use interop::{Demo, wait_for};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

/// The nurse comes first where they ring one by one.
const PLAN: &str = "[extensions.600]
ring = ['102', '103']
[extensions.601]
ring = ['102', '103']
order = 'one by one'
seconds = 5
[extensions.602]
ring = ['102', '103']
order = 'growing'
seconds = 5
[outside]
national = 'main'";

/// What a phone is told that another has taken the call (RFC 3326): it then lists none that it missed.
const ELSEWHERE: &str = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"";

/// The desk, which calls, and the nurse and the doctor, whose phones ring until somebody takes the call.
fn phones(demo: &Demo) -> (Baresip, Baresip, Baresip) {
    let desk = Baresip::start(demo, "101", 0, DESK.0);
    let nurse = Baresip::start_by_hand(demo, "102", 1, NURSE.0);
    (desk, nurse, Baresip::start_by_hand(demo, "103", 2, DOCTOR.0))
}

/// It rang, was not answered and rings no more.
fn has_fallen_silent(phone: &mut Baresip) {
    phone.wait_for_events("CALL_CLOSED", 1);
    let rang = (phone.events("CALL_INCOMING"), phone.events("CALL_ESTABLISHED"));
    assert_eq!(rang, (1, 0), "{}", phone.printed());
    assert!(phone.printed().contains("CANCEL sip:"), "{}", phone.printed());
}

#[test]
fn all_of_a_group_ring_and_whoever_does_not_answer_is_told_that_another_did() {
    let demo = Demo::start_planned(PLAN, "");
    let (mut desk, mut nurse, mut doctor) = phones(&demo);
    desk.order("dial 600");
    nurse.wait_for_events("CALL_INCOMING", 1);
    doctor.wait_for_events("CALL_INCOMING", 1);
    doctor.order("accept");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    has_fallen_silent(&mut nurse);
    assert!(nurse.printed().contains(ELSEWHERE), "{}", nurse.printed());
    desk.order("hangup");
    let story = demo.story(&demo.wait_for_call(1, "600", "hung_up"));
    assert!(story.contains("Answered by Office manager"), "{story}");
}

/// Linphone shows its user what became of a call: had it been one that they missed, it would say so.
#[test]
fn a_phone_of_a_group_lists_a_call_that_another_took_as_answered_and_not_as_missed() {
    let demo = Demo::start_planned(PLAN, "");
    let mut nurse = Linphone::start(&demo, "102", 6, NURSE.0, Manner::Usual);
    let mut doctor = Baresip::start_by_hand(&demo, "103", 2, DOCTOR.0);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    desk.order("dial 600");
    nurse.wait_until_printed("incoming call from");
    doctor.wait_for_events("CALL_INCOMING", 1);
    doctor.order("accept");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    wait_for("Linphone is told to stop", Duration::from_secs(20), || nurse.log().contains("CANCEL sip:").then_some(()));
    nurse.tell("call-logs");
    nurse.wait_until_printed("answered elsewhere");
    nurse.quit();
}

#[test]
fn a_group_that_is_hunted_through_rings_at_one_phone_after_the_other() {
    let demo = Demo::start_planned(PLAN, "");
    let (mut desk, mut nurse, mut doctor) = phones(&demo);
    desk.order("dial 601");
    // The nurse does not come, and it is not told that somebody else did: to it that call was missed.
    has_fallen_silent(&mut nurse);
    assert!(!nurse.printed().contains(ELSEWHERE), "{}", nurse.printed());
    doctor.wait_for_events("CALL_INCOMING", 1);
    doctor.order("accept");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    doctor.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
    let story = demo.story(&demo.wait_for_call(1, "601", "hung_up"));
    assert_eq!(story.matches("Ringing 1 phone").count(), 2, "{story}");
    // Once more: the nurse refuses, and the doctor's phone rings at once.
    desk.order("dial 601");
    nurse.wait_for_events("CALL_INCOMING", 2);
    assert_eq!(doctor.events("CALL_INCOMING"), 1, "{}", doctor.printed());
    nurse.order("hangup");
    doctor.wait_for_events("CALL_INCOMING", 2);
    doctor.order("accept");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
}

#[test]
fn a_group_with_memory_goes_on_ringing_at_the_first_phone_when_the_next_joins_in() {
    let demo = Demo::start_planned(PLAN, "");
    let (mut desk, mut nurse, mut doctor) = phones(&demo);
    desk.order("dial 602");
    nurse.wait_for_events("CALL_INCOMING", 1);
    doctor.wait_for_events("CALL_INCOMING", 1);
    // Both ring by now, so the first can still take it.
    nurse.order("accept");
    talk((&desk, DESK.1), (&nurse, NURSE.1));
    has_fallen_silent(&mut doctor);
    assert!(doctor.printed().contains(ELSEWHERE), "{}", doctor.printed());
    desk.order("hangup");
    let story = demo.story(&demo.wait_for_call(1, "602", "hung_up"));
    assert_eq!(story.matches("Ringing 1 phone").count(), 2, "{story}");
}
