//! Turns in a queue with real phones: baresip dials the code and hears words, and a caller rings at whoever takes calls.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::sipp::Phone;
use interop::{Demo, free_offset};

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
