//! Three in one call by a phone that mixes by itself: Linphone joins its two calls. To the switchboard those are two calls, one of them held and
//! taken back; whom it called hear each other.

use std::time::Duration;

use interop::Demo;
use interop::baresip::Baresip;
use interop::ear::Ear;
use interop::linphone::{Linphone, Manner};
use interop::sipp::Phone;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

/// What Linphone says itself while it mixes would have to come from a sound card: from a file it does not. So its own tone is heard before, in
/// each of the two calls.
#[test]
fn a_phone_joins_its_two_calls_and_those_whom_it_called_hear_each_other() {
    let demo = Demo::start();
    let nurse = Phone::new(&demo, "102", 6);
    nurse.register();
    let ear = Ear::that_says(nurse.ear(), NURSE.0.into());
    let held = nurse.waits("be_held");
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let mut desk = Linphone::start(&demo, "101", 0, DESK.0, Manner::G711);

    desk.tell("call sip:102@clinic.demo");
    ear.hears(DESK.1);
    ear.speaking(|| desk.wait_until_heard(NURSE.1));
    desk.tell("pause");
    ear.hears_other_than(DESK.1);
    desk.tell("call sip:103@clinic.demo");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    doctor.wait_until_heard(DESK.1);
    for call in 1..=2 {
        desk.tell(&format!("conference add {call}"));
    }
    ear.hears(DOCTOR.1);
    ear.speaking(|| doctor.wait_until_heard(NURSE.1));
    // Both of its calls end with it.
    desk.quit();
    doctor.wait_for_events("CALL_CLOSED", 1);
    held.succeed(Duration::from_secs(10));
    demo.wait_for_call(2, "103", "hung_up");
}
