//! A room with a PIN, with real phones: it is asked for in words, a wrong one is told, and only who knows it hears those inside and is heard. Every
//! phone has a tone of its own height, and what each hears is judged.

use interop::Demo;
use interop::baresip::{Baresip, strength};
use interop::spoken::Words;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);
const PLAN: &str = "[rooms.800]
pin = '2468'
[outside]
national = 'main'";

/// Dials the room and hears that its PIN is asked for; where in the call that began, since a key ends it.
fn knocks(demo: &Demo, phone: &mut Baresip) -> usize {
    phone.order("dial 800");
    phone.wait_for_events("CALL_ESTABLISHED", 1);
    phone.wait_until_told(&Words::of(demo, "en.enter_pin"), 0).start
}

/// The desk and the nurse, who have met there.
fn inside(demo: &Demo) -> (Baresip, Baresip) {
    let mut desk = Baresip::start(demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start(demo, "102", 1, NURSE.0);
    knocks(demo, &mut desk);
    desk.press("2468#");
    // Who knows it need not hear that it is asked for, nor say that it is over.
    nurse.order("dial 800");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.press("2468");
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    (desk, nurse)
}

/// Nobody inside was heard at the door.
fn heard_nothing(doctor: &Baresip) {
    let heard = doctor.heard();
    for hertz in [DESK.1, NURSE.1] {
        assert!(strength(&heard, hertz) < 500.0, "{hertz} Hz as {}", strength(&heard, hertz));
    }
}

#[test]
fn who_types_a_wrong_pin_is_told_and_by_the_right_one_hears_all_others_and_is_heard() {
    let demo = Demo::start_planned(PLAN, "");
    let (desk, nurse) = inside(&demo);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let asked = knocks(&demo, &mut doctor);
    doctor.press("1111#");
    let told = doctor.wait_until_told(&Words::of(&demo, "en.wrong_pin"), asked).end;
    let asked = doctor.wait_until_told(&Words::of(&demo, "en.enter_pin"), told).start;
    // Once more would be too often.
    doctor.press("24#");
    doctor.wait_until_told(&Words::of(&demo, "en.wrong_pin"), asked);
    desk.wait_until_heard_all(&[NURSE.1], DOCTOR.1);
    heard_nothing(&doctor);
    doctor.press("2468#");
    doctor.wait_until_heard_all(&[DESK.1, NURSE.1], DOCTOR.1);
    desk.wait_until_heard_all(&[NURSE.1, DOCTOR.1], DESK.1);
    nurse.wait_until_heard_all(&[DESK.1, DOCTOR.1], NURSE.1);
    doctor.order("hangup");
    let story = demo.story(&demo.wait_for_call(1, "800", "hung_up"));
    assert_eq!(story.matches("A wrong PIN was typed").count(), 2, "{story}");
    assert!(story.contains("Office manager is in the room 800") && !story.contains("2468"), "{story}");
}

#[test]
fn who_types_three_wrong_pins_is_told_so_and_has_heard_nobody() {
    let demo = Demo::start_planned(PLAN, "");
    let (desk, _nurse) = inside(&demo);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let mut told = knocks(&demo, &mut doctor);
    for wrong in ["1111#", "2222#"] {
        doctor.press(wrong);
        let wrong = doctor.wait_until_told(&Words::of(&demo, "en.wrong_pin"), told).end;
        told = doctor.wait_until_told(&Words::of(&demo, "en.enter_pin"), wrong).start;
    }
    doctor.press("3333");
    doctor.wait_until_told(&Words::of(&demo, "en.too_many_tries"), told);
    doctor.wait_for_events("CALL_CLOSED", 1);
    heard_nothing(&doctor);
    desk.wait_until_heard_all(&[NURSE.1], DOCTOR.1);
    let story = demo.story(&demo.wait_for_call(1, "800", "refused"));
    assert_eq!(story.matches("A wrong PIN was typed").count(), 3, "{story}");
}
