//! Callers from outside who say their name, with real phones on both sides of a trunk: whoever is called hears it, in the caller's own voice, and takes
//! the call or sends it on. Every phone has a tone of its own height, and what each hears is judged.

use interop::Demo;
use interop::baresip::{Baresip, are_in, strength, talk};
use interop::spoken::Words;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const PATIENT: (u16, usize) = (32, 250);

const PLAN: &str = "[[inbound]]
number = 'main'
to = '101'
[extensions.101]
ring = ['101']
screen = 'all'
nobody = '102'
[outside]
national = 'main'";
const TRUNK: &str = "[[trunks]]
name = \"patients\"
address = \"127.0.0.1:PORT_OUTSIDE\"";

/// A patient has said a name, and the desk has answered and heard it: those two.
fn asked(demo: &Demo) -> (Baresip, Baresip) {
    let words = |key: &str| Words::of(demo, key);
    let mut patient = Baresip::start_outside(demo, "+12025550123", 0, PATIENT.0);
    let mut desk = Baresip::start_by_hand(demo, "101", 1, DESK.0);
    patient.order(&format!("dial sip:+12025550100@127.0.0.1:{}", demo.text("/sip/udp")));
    let told = patient.wait_until_told(&words("en.say_your_name"), 0).end;
    patient.wait_until_beeped(told);
    patient.assert_silent();
    assert_eq!(desk.events("CALL_INCOMING"), 0, "nobody rings before it is said: {}", desk.printed());
    patient.press("#");
    desk.wait_for_events("CALL_INCOMING", 1);
    desk.order("accept");
    let before = desk.wait_until_told(&words("en.call_from"), 0).end;
    let after = desk.wait_until_told(&words("en.take_or_send_on"), before);
    let name = desk.heard()[before..after.start].to_vec();
    assert!(name.len() > 6_000 && are_in(&name, &[PATIENT.1], DESK.1), "{} samples of a name", name.len());
    // Until a key is pressed it is said again, and the caller is not heard behind it.
    let again = desk.wait_until_told(&words("en.call_from"), after.end).start;
    let between = strength(&desk.heard()[after.end..again], PATIENT.1);
    assert!(between < 500.0, "the caller as {between}");
    let heard = strength(&patient.heard(), DESK.1);
    assert!(heard < 1_000.0, "nor is the desk: {heard}");
    (patient, desk)
}

#[test]
fn whoever_answers_hears_the_name_takes_the_call_by_a_key_and_they_talk() {
    let demo = Demo::start_planned(PLAN, TRUNK);
    let (mut patient, mut desk) = asked(&demo);
    desk.press("1");
    talk((&patient, PATIENT.1), (&desk, DESK.1));
    patient.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
    let story = demo.story(&demo.wait_for_call(1, "+12025550100", "hung_up"));
    assert!(story.contains("The caller said a name") && story.contains("Front desk took the call"), "{story}");
}

#[test]
fn whoever_answers_hears_the_name_and_sends_the_caller_on_by_another_key() {
    let demo = Demo::start_planned(PLAN, TRUNK);
    let nurse = Baresip::start(&demo, "102", 2, NURSE.0);
    let (mut patient, mut desk) = asked(&demo);
    desk.press("2");
    desk.wait_for_events("CALL_CLOSED", 1);
    talk((&patient, PATIENT.1), (&nurse, NURSE.1));
    patient.order("hangup");
    let story = demo.story(&demo.wait_for_call(1, "+12025550100", "hung_up"));
    assert!(story.contains("Front desk sent the caller on") && story.contains("Answered by Nurse"), "{story}");
}
