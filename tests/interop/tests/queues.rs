//! Queues with real phones: baresip dials the code and hears words, a caller rings at whoever takes calls, and those who wait hear what the plan
//! promises them.

use std::collections::BTreeMap;
use std::time::Duration;

use interop::baresip::Baresip;
use interop::sipp::Phone;
use interop::spoken::Words;
use interop::{Demo, free_offset, wait_for};

const SOON: Duration = Duration::from_secs(30);
/// The tones of each: the period in samples, and what that is in Hz.
const NURSE: u16 = 16;
const NURSES: usize = 500;
const DOCTOR: (u16, usize) = (8, 1000);
const DESK: (u16, usize) = (32, 250);
const PLAN: &str = "[extensions.602]
to = 'queue desk'
[queues.desk]
ring = ['102']
nobody = '101'";

/// Samples in a second.
const SECOND: usize = 8000;
/// What those hear who wait.
const WAITING: &str = "[extensions.602]
to = 'queue desk'
[queues.desk]
ring = ['102']
every = 20
say_wait = true
callback = '2'
[outside]
national = 'main'";

fn demo() -> Demo {
    planned(PLAN)
}

fn planned(plan: &str) -> Demo {
    Demo::start_changed(free_offset(), |sample| {
        let plan = format!("plan = \"\"\"\n{plan}\n\"\"\"");
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
    // She answers by herself whatever rings: none but the calls that she made.
    nurse.wait_for_events("CALL_ESTABLISHED", 3);
    assert_eq!(nurse.events("CALL_ESTABLISHED"), 3, "{}", nurse.printed());
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

/// Three have got through before, so that the box can say how long it takes. Then the nurse talks with herself, and two wait.
#[test]
fn those_who_wait_hear_words_and_music_in_turn_and_then_the_nurse() {
    let demo = planned(WAITING);
    let words = |key: &str| Words::of(&demo, key);
    let (stay, offer, music) = (words("en.queue_stay"), words("en.queue_callback"), words("music"));
    let (next, place) = (words("en.queue_next"), words("en.queue_position"));
    let (two, minute) = (words("en.number-2"), words("en.queue_minute"));
    let mut nurse = Baresip::start(&demo, "102", 4, NURSE);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut doctor = Baresip::start(&demo, "103", 6, DOCTOR.0);
    for times in 1..=3 {
        desk.order("dial 602");
        nurse.wait_until_heard(DESK.1);
        desk.order("hangup");
        nurse.wait_for_events("CALL_CLOSED", times);
        desk.wait_for_events("CALL_CLOSED", times);
    }
    nurse.order("dial *43");
    nurse.wait_for_events("CALL_ESTABLISHED", 4);
    nurse.wait_until_heard(NURSES);

    desk.order("dial 602");
    desk.wait_for_events("CALL_ESTABLISHED", 4);
    doctor.order("dial 602");
    let greeted = desk.wait_until_told(&stay, 0).end;
    let offered = desk.wait_until_told(&offer, greeted).end;
    let begins = desk.wait_until_told(&two, offered).end;
    let first = desk.wait_until_plays(&music, begins);
    let told = desk.wait_until_told(&next, begins).end;
    let told = desk.wait_until_told(&minute, told).end;
    let then = desk.wait_until_plays(&music, told);
    assert!(first < SECOND && then > 4 * SECOND, "the music goes on where words have stopped it: {first}, {then}");
    assert!(place.find(&desk.heard(), 0).is_none(), "who is next hears that, and no number");
    assert!(stay.find(&desk.heard(), told).is_none(), "and is greeted once");
    // Who came later is the second.
    let second = doctor.wait_until_told(&place, 0).end;
    let second = doctor.wait_until_told(&two, second).end;
    let second = doctor.wait_until_told(&minute, second).end;
    doctor.wait_until_plays(&music, second);
    assert!(next.find(&doctor.heard(), 0).is_none(), "one is before them");
    // She answers by herself whatever rings.
    nurse.wait_for_events("CALL_ESTABLISHED", 4);
    assert_eq!(nurse.events("CALL_ESTABLISHED"), 4, "she is left alone while she talks");

    nurse.order("hangup");
    nurse.wait_until_heard(DESK.1);
    desk.wait_until_heard(NURSES);
    desk.order("hangup");
    nurse.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(NURSES);
    doctor.order("hangup");
    demo.wait_for_call(6, "602", "hung_up");
    assert_told_in_the_table(&demo);
}

/// What a person saves of these calls says of each leg how it ended and how it was heard.
fn assert_told_in_the_table(demo: &Demo) {
    let table = String::from_utf8(demo.get("/api/v1/calls.csv")).expect("a table is UTF-8");
    let mut lines = table.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let head = lines.next().expect("a head");
    let calls: Vec<BTreeMap<&str, &str>> = lines.map(|line| head.iter().copied().zip(line).collect()).collect();
    let through: Vec<_> = calls.iter().filter(|call| call["to_number"] == "602").collect();
    assert_eq!(through.len(), 5, "{table}");
    for call in &through {
        assert_eq!([call["end"], call["fault"]], ["hung_up", "none"], "{call:?}");
        assert_eq!([call["queue"], call["queue_end"]], ["desk", "taken"], "{call:?}");
        let number = |name: &str| call[name].parse::<f64>().unwrap_or_else(|_| panic!("{name}: {call:?}"));
        for leg in ["caller", "callee"] {
            assert!(
                number(&format!("{leg}_packets_in")) > 25.0 && number(&format!("{leg}_packets_out")) > 25.0,
                "{call:?}"
            );
            assert!(number(&format!("{leg}_lost")) < 10.0 && number(&format!("{leg}_jitter_ms")) < 100.0, "{call:?}");
        }
    }
    // Those who waited longer than any phone takes to report: what they heard, and how they were heard, has a score.
    let waited: Vec<_> =
        through.iter().filter(|call| call["queue_seconds"].parse::<f64>().is_ok_and(|s| s > 20.0)).collect();
    assert_eq!(waited.len(), 2, "{table}");
    for call in waited {
        for score in ["caller_mos_in", "caller_mos_out"] {
            assert!(call[score].parse::<f64>().is_ok_and(|mos| mos > 3.5), "{score}: {call:?}");
        }
    }
}
