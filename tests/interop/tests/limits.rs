//! What calls may cost within a day, with real phones on both sides of a trunk: who talks hears that it is nearly spent, then the call ends, and the next
//! one that costs is refused in words, while others go on. Every phone has a tone of its own height, and what each hears is judged.

use std::time::Duration;

use interop::baresip::{Baresip, strength, talk};
use interop::spoken::Words;
use interop::{Demo, spoken, wait_for};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (20, 400);
const NURSE: (u16, usize) = (16, 500);
const OUTSIDE: (u16, usize) = (32, 250);
/// Of the two tones that warn.
const WARNING: usize = 1000;
/// Who answers there.
const DEAR: &str = "12025550188";

/// Eight seconds of calls that cost, which are those to one number.
const PLAN: &str = "[outside]
national = 'main'
[[rights]]
numbers = ['+12025550188']
over = 'dear'
[limits]
spent_per_day = 0.8
[[rates]]
numbers = ['+12025550188']
per_minute = 6";
const TRUNK: &str = "[[trunks]]
name = \"dear\"
address = \"127.0.0.1:PORT_OUTSIDE\"";

#[test]
fn who_talks_hears_that_the_money_is_nearly_spent_and_then_calls_that_cost_end_and_are_refused_and_others_go_on() {
    let demo = Demo::start_planned(PLAN, TRUNK);
    let mut outside = Baresip::start_outside(&demo, &format!("+{DEAR}"), 0, OUTSIDE.0);
    let mut desk = Baresip::start_by_hand(&demo, "101", 1, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 2, NURSE.0);
    // What costs nothing is up all the while: the demo's far end sends back what it hears.
    nurse.order(&format!("dial {}", demo.text("/trunk/number")));
    nurse.wait_until_heard(NURSE.1);

    desk.order(&format!("dial {DEAR}"));
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    let warned = desk.wait_until_beeped(0);
    let again = desk.wait_until_beeped(warned);
    assert!(again - warned < 8_000, "two tones, {} samples apart", again - warned);
    talk((&desk, DESK.1), (&outside, OUTSIDE.1));
    desk.wait_for_events("CALL_CLOSED", 1);
    outside.wait_for_events("CALL_CLOSED", 1);
    let heard = outside.heard();
    assert!(spoken::beep(&heard, 0).is_none() && strength(&heard, WARNING) < 500.0, "who is called hears none of it");
    let call = demo.wait_for_call(1, &format!("+{DEAR}"), "refused");
    let story = demo.story(&call);
    assert!(story.contains("Two tones say") && story.contains("by the plan is spent"), "{story}");

    desk.order(&format!("dial {DEAR}"));
    desk.wait_until_told(&Words::of(&demo, "en.limit_reached"), 0);
    desk.wait_for_events("CALL_CLOSED", 2);
    let story = demo.story(&demo.wait_for_call(2, &format!("+{DEAR}"), "refused"));
    assert!(story.contains("The caller hears why"), "{story}");
    assert_eq!(outside.events("CALL_ESTABLISHED"), 1, "{}", outside.printed());
    let today = || String::from_utf8(demo.get("/")).expect("a page");
    wait_for("staff are told", Duration::from_secs(10), || {
        today().contains("Calls have cost as much within a day as the plan allows").then_some(())
    });
    // Help, and what costs nothing.
    desk.order("dial 911");
    desk.wait_until_heard(DESK.1);
    nurse.wait_until_heard(NURSE.1);
    assert_eq!(nurse.events("CALL_CLOSED"), 0, "{}", nurse.printed());
}

/// In the language of the clinic; what is allowed goes on.
#[test]
fn whoever_dials_what_the_plan_does_not_allow_hears_that_in_words() {
    let demo = Demo::start_planned("[outside]\nnational = 'main'", "");
    let mut desk = Baresip::start(&demo, "101", 1, DESK.0);
    desk.order("dial 011442079460000");
    desk.wait_until_told(&Words::of(&demo, "en.not_allowed"), 0);
    desk.wait_for_events("CALL_CLOSED", 1);
    let story = demo.story(&demo.wait_for_call(1, "+442079460000", "refused"));
    assert!(story.contains("The caller hears why"), "{story}");
    desk.order(&format!("dial {}", demo.text("/trunk/number")));
    desk.wait_until_heard(DESK.1);
}
