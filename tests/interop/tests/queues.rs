//! Turns in a queue with real phones: baresip dials the code and hears words, and a caller rings at whoever takes calls.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::sipp::Phone;
use interop::{Demo, free_offset, wait_for};

const SOON: Duration = Duration::from_secs(30);
/// The tones of each: the period in samples, and what that is in Hz.
const NURSE: u16 = 16;
const DOCTOR: (u16, usize) = (8, 1000);
const PLAN: &str = "[extensions.602]
to = 'queue desk'
[queues.desk]
ring = ['102']
nobody = '101'";

fn demo() -> Demo {
    Demo::start_changed(free_offset(), |sample| {
        let plan = format!("plan = \"\"\"\n{PLAN}\n\"\"\"");
        let changed = sample.replacen("plan = \"solo-practice\"", &plan, 1);
        assert_ne!(changed, sample, "the sample's plan");
        changed
    })
}

#[test]
fn whoever_goes_takes_no_calls_of_the_queue_and_those_go_on_to_the_desk() {
    let demo = demo();
    let mut nurse = Baresip::start(&demo, "102", 4, NURSE);
    for times in 1..=2 {
        nurse.order("dial *45");
        nurse.wait_for_events("CALL_ESTABLISHED", times);
        nurse.wait_until_spoken_to();
        nurse.wait_for_events("CALL_CLOSED", times);
        let story = demo.story(&demo.wait_for_call(times, "*45", "hung_up"));
        let said = if times == 1 { "takes no calls of desk" } else { "takes calls of desk" };
        assert!(story.contains(said), "{story}");
    }
    nurse.order("dial *45");
    nurse.wait_for_events("CALL_CLOSED", 3);

    let desk = Phone::new(&demo, "101", 2);
    desk.register();
    let answers = desk.waits("answer");
    let mut doctor = Baresip::start(&demo, "103", 6, DOCTOR.0);
    doctor.order("dial 602");
    // The desk sends back what it hears.
    doctor.wait_until_heard(DOCTOR.1);
    doctor.order("hangup");
    answers.succeed(SOON);
    let story = demo.story(&demo.wait_for_call(4, "602", "hung_up"));
    assert!(story.contains("Nobody takes calls of the queue desk now"), "{story}");
    assert_eq!(nurse.events("CALL_INCOMING"), 0, "{}", nurse.printed());
}

/// Her phone rings for a caller of the queue, and the desk takes the call in its place.
#[test]
fn a_colleague_takes_the_call_from_a_phone_that_the_queue_rings() {
    let demo = demo();
    let nurse = Phone::new(&demo, "102", 2);
    nurse.register();
    let rings = nurse.waits("ring");
    let mut desk = Baresip::start(&demo, "101", 4, NURSE);
    let mut doctor = Baresip::start(&demo, "103", 6, DOCTOR.0);
    doctor.order("dial 602");
    wait_for("the queue rings the nurse", SOON, || {
        let live = demo.api("/api/v1/calls/live");
        let ladder = demo.api(&format!("/api/v1/calls/{}/ladder", live["calls"][0]["id"].as_str()?));
        ladder.to_string().contains("180").then_some(())
    });
    desk.order("dial **102");
    desk.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(8000 / usize::from(NURSE));
    rings.succeed(SOON);
    doctor.order("hangup");
    let call = demo.wait_for_call(1, "602", "hung_up");
    assert!(demo.story(&call).contains("Picked up by Front desk"), "{}", demo.story(&call));
    assert_eq!((&call["queues"][0]["name"], &call["queues"][0]["end"]), (&"desk".into(), &"taken".into()), "{call}");
}
