//! Somebody is announced to a step of the plan, with a real phone: Linphone has a caller on hold, calls the step on its second line, hears where it is,
//! and connects the two (REFER with Replaces). Whoever was held is there then. Every phone has a tone of its own height, and what each hears is judged.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::ear::Ear;
use interop::linphone::{Linphone, Manner};
use interop::sipp::Phone;
use interop::{Demo, Peer};

const SOON: Duration = Duration::from_secs(20);
/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

const PLAN: &str = "[extensions.600]
to = 'menu main'
[menus.main]
prompt = 'menu_practice'
keys = { 1 = '102' }
seconds = 2
times = 1
nobody = '103'
[extensions.602]
to = 'queue desk'
[queues.desk]
ring = ['103']
[rooms.800]
pin = '2468'
[outside]
national = 'main'";

/// 102 is a SIPp phone whose ear is here.
fn nurse(demo: &Demo) -> (Ear, Peer) {
    let nurse = Phone::new(demo, "102", 6);
    nurse.register();
    (Ear::that_says(nurse.ear(), NURSE.0.into()), nurse.waits("be_held"))
}

/// The desk talks with the nurse, holds that call and calls this number.
fn calls_with_the_nurse_on_hold(demo: &Demo, ear: &Ear, number: &str) -> Linphone {
    let mut desk = Linphone::start(demo, "101", 0, DESK.0, Manner::G711);
    desk.tell("call sip:102@clinic.demo");
    ear.hears(DESK.1);
    ear.speaking(|| desk.wait_until_heard(NURSE.1));
    desk.tell("pause");
    ear.hears_other_than(DESK.1);
    desk.tell(&format!("call sip:{number}@clinic.demo"));
    desk
}

/// Lets the nurse take its place there, and is in no call then.
fn connects(desk: &mut Linphone, number: &str) {
    desk.tell("transfer 1 --to-call 2");
    desk.wait_until_printed("Call 1 with sip:102@clinic.demo ended");
    desk.wait_until_printed(&format!("Call 2 with sip:{number}@clinic.demo ended"));
}

/// The nurse and the doctor hear each other until the doctor hangs up.
fn talk(ear: &Ear, doctor: &mut Baresip, held: Peer) {
    ear.hears(DOCTOR.1);
    ear.speaking(|| doctor.wait_until_heard(NURSE.1));
    doctor.order("hangup");
    held.succeed(SOON);
}

/// The page of the call that the desk made and the nurse had, which is the last of so many.
fn handed_over(demo: &Demo, calls: usize, number: &str) -> String {
    let story = demo.story(&demo.wait_for_call(calls, number, "hung_up"));
    assert!(story.contains("Front desk hands this call over to Nurse"), "{story}");
    story
}

#[test]
fn to_a_queue_and_whoever_takes_its_next_call_talks_with_them() {
    let demo = Demo::start_planned(PLAN, "");
    let (ear, held) = nurse(&demo);
    let mut doctor = Baresip::start_by_hand(&demo, "103", 2, DOCTOR.0);
    let mut desk = calls_with_the_nurse_on_hold(&demo, &ear, "602");
    doctor.wait_for_events("CALL_INCOMING", 1);
    connects(&mut desk, "602");
    // Their place was kept: the phone that rang for the desk rings on.
    assert_eq!((doctor.events("CALL_INCOMING"), doctor.events("CALL_CLOSED")), (1, 0), "{}", doctor.printed());
    doctor.order("accept");
    talk(&ear, &mut doctor, held);
    desk.quit();
    handed_over(&demo, 2, "602");
}

#[test]
fn to_a_menu_which_begins_anew_and_goes_on_by_the_plan() {
    let demo = Demo::start_planned(PLAN, "");
    let (ear, held) = nurse(&demo);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let mut desk = calls_with_the_nurse_on_hold(&demo, &ear, "600");
    desk.wait_until_printed("Call 2 with sip:600@clinic.demo connected");
    connects(&mut desk, "600");
    talk(&ear, &mut doctor, held);
    desk.quit();
    let story = handed_over(&demo, 2, "600");
    assert_eq!(story.matches("The menu main answered").count(), 2, "{story}");
}

/// The desk types the PIN, and whom it brings need not.
#[test]
fn to_a_room_whose_pin_whoever_announces_them_has_typed() {
    let demo = Demo::start_planned(PLAN, "");
    let (ear, held) = nurse(&demo);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    doctor.order("dial 800");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    doctor.press("2468");
    let mut desk = calls_with_the_nurse_on_hold(&demo, &ear, "800");
    desk.wait_until_printed("Call 2 with sip:800@clinic.demo connected");
    desk.tell("2468");
    desk.wait_until_heard(DOCTOR.1);
    connects(&mut desk, "800");
    ear.hears(DOCTOR.1);
    ear.speaking(|| doctor.wait_until_heard(NURSE.1));
    desk.quit();
    // In a room each has a call of their own: whoever is left alone is left in it until the box ends.
    doctor.order("hangup");
    drop(demo);
    held.succeed(SOON);
}
