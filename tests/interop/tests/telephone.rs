//! The console's own telephone: people sign in, and their browsers call desk phones, each other, the outside and help. Every party has a tone of
//! its own, and what each hears is judged.

use interop::baresip::Baresip;
use interop::telephone::Telephone;
use interop::{Demo, axe};
use serde_json::Value;

/// In Hz. baresip's are 8000 by a period in samples.
const BROWSER: u32 = 1000;
const DESK: (u16, i64) = (16, 500);

#[test]
fn a_person_at_the_console_and_a_desk_phone_call_each_other() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, BROWSER);
    let mut desk = Baresip::start(&demo, "102", 1, DESK.0);

    person.dial("102");
    person.wait_for_call("In a call with Nurse (102)");
    desk.wait_until_heard(1000);
    person.wait_until_heard(DESK.1);
    person.press("hang-up");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    let story = demo.story(&call);
    assert!(story.contains("Encrypted, AES") && story.contains("Not encrypted"), "{story}");

    desk.order("dial 101");
    person.wait_for_call("Nurse (102) calls");
    person.press("answer");
    person.wait_for_call("In a call with Nurse (102)");
    desk.wait_until_heard(1000);
    person.wait_until_heard(DESK.1);
    desk.order("hangup");
    person.wait_for_note("The call with Nurse (102) is over. Somebody hung up.");
    let call = demo.wait_for_call(2, "101", "hung_up");
    demo.assert_sound_both_ways(&call);
}

/// The other person's browser.
const OTHER: u32 = 600;
/// Somebody outside, who answers and echoes.
const OUTSIDE: &str = "12025550123";

#[test]
fn two_people_at_the_console_call_each_other_hold_and_hand_on() {
    let demo = Demo::start();
    let desk = Telephone::start(&demo, "101", 0, BROWSER);
    let nurse = Telephone::start(&demo, "102", 1, OTHER);
    desk.dial("nurse");
    nurse.wait_for_call("Front desk (101) calls");
    desk.wait_for_call("Ringing at Nurse (102)");
    nurse.press("answer");
    desk.wait_for_call("In a call with Nurse (102)");
    desk.wait_until_heard(i64::from(OTHER));
    nurse.wait_until_heard(i64::from(BROWSER));

    desk.press("hold");
    desk.wait_for_call("On hold");
    nurse.wait_for_call("They have put you on hold");
    desk.press("resume");
    nurse.wait_for_call("In a call with Front desk (101)");
    desk.wait_until_heard(i64::from(OTHER));
    nurse.wait_until_heard(i64::from(BROWSER));

    nurse.transfer(OUTSIDE);
    nurse.wait_for_note("Front desk (101) was handed on.");
    desk.wait_until_heard(i64::from(BROWSER));
    desk.press("hang-up");

    desk.dial("102");
    nurse.wait_for_call("Front desk (101) calls");
    desk.press("hang-up");
    nurse.wait_for_note("The caller gave up");
    for person in [desk, nurse] {
        assert_eq!(person.browser.complaints(), [Value::Null; 0], "the browser does not complain");
    }
}

#[test]
fn keys_are_heard() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, BROWSER);
    let mut desk = Baresip::start(&demo, "102", 1, DESK.0);
    person.dial("102");
    person.wait_for_call("In a call with Nurse (102)");
    for key in ["5", "#"] {
        person.browser.click(&format!("[data-key='{key}']"));
    }
    desk.wait_for_events("CALL_DTMF_START", 2);
    desk.order("hangup");
}

#[test]
fn two_calls_become_one() {
    let demo = Demo::start();
    let desk = Telephone::start(&demo, "101", 0, BROWSER);
    let nurse = Telephone::start(&demo, "102", 1, OTHER);
    desk.dial("102");
    nurse.wait_for_call("Front desk (101) calls");
    nurse.press("answer");
    desk.wait_for_call("In a call with Nurse (102)");
    desk.dial(OUTSIDE);
    desk.wait_for_call("On hold");
    desk.wait_for_call(&format!("In a call with {OUTSIDE}"));
    desk.wait_until_heard(i64::from(BROWSER));
    desk.press("connect");
    desk.wait_for_note("was handed on.");
    // Whoever is outside gives back what comes.
    nurse.wait_until_heard(i64::from(OTHER));
    nurse.press("hang-up");
}

#[test]
fn a_page_that_lost_its_connection_finds_its_call_again() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, BROWSER);
    let mut desk = Baresip::start(&demo, "102", 1, DESK.0);
    person.dial("102");
    person.wait_for_call("In a call with Nurse (102)");
    person.lose_connection();
    person.wait_until_says("#phone-state", "Ready");
    person.wait_until_heard(DESK.1);
    desk.wait_until_heard(1000);
    person.press("hang-up");
    desk.wait_for_events("CALL_CLOSED", 1);
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
}

#[test]
fn help_is_reached_and_who_is_signed_out_is_told_to_use_another_phone() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, BROWSER);
    person.dial("911");
    person.wait_for_call("In a call with 911");
    // The session ends under the call, which goes on.
    person.browser.script("fetch('/logout', {method: 'POST'})");
    person.wait_until_says("#phone-trouble-text", "You are signed out");
    person.wait_for_call("In a call with 911");
    person.press("hang-up");
    let call = demo.wait_for_call(1, "911", "hung_up");
    assert_eq!(call["emergency"], true);
    person.wait_until_says("#phone-trouble-text", "For help use another phone");
    person.lose_connection();
    person.dial("911");
    person.wait_until_says("#phone-alert-text", "Use another phone now.");
    assert!(person.says("#phone-people").trim().is_empty(), "nobody's names stay on the screen");
}

#[test]
fn everybody_can_use_the_page_of_the_telephone() {
    let Some(axe) = axe::script() else { return };
    let demo = Demo::start();
    let desk = Telephone::start(&demo, "101", 0, BROWSER);
    let nurse = Telephone::start(&demo, "102", 1, OTHER);
    axe::assert_accessible(&desk.browser, &axe, "the telephone");
    desk.dial("102");
    nurse.wait_for_call("Front desk (101) calls");
    axe::assert_accessible(&nurse.browser, &axe, "the telephone rings");
    nurse.press("answer");
    desk.wait_for_call("In a call with Nurse (102)");
    desk.press("transfer");
    desk.browser.click("#phone-devices summary");
    axe::assert_accessible(&desk.browser, &axe, "the telephone in a call");
}
