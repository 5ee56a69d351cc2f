//! The console's own telephone in a browser that asks for the microphone first: what people do, and what happens to their calls, before they have
//! allowed it.

use std::time::Duration;

use interop::telephone::Telephone;
use interop::{Demo, wait_for};

/// In Hz.
const DESK: u32 = 1000;
const NURSE: u32 = 600;

#[test]
fn who_mutes_a_call_before_the_microphone_is_open_is_not_heard() {
    let demo = Demo::start();
    let desk = Telephone::start(&demo, "101", 0, DESK);
    let nurse = Telephone::start(&demo, "102", 1, NURSE);
    nurse.dial("101");
    desk.asks_for_microphone();
    desk.press("answer");
    desk.press("mute");
    desk.wait_for_call("Muted");
    desk.allow();
    nurse.wait_for_call("In a call with Front desk (101)");
    assert_eq!(desk.browser.script("return window.microphone.getAudioTracks()[0].enabled"), false);
    desk.wait_until_heard(i64::from(NURSE));
    nurse.wait_until_heard(0);
    desk.press("unmute");
    nurse.wait_until_heard(i64::from(DESK));
}

#[test]
fn a_call_that_waits_for_the_microphone_goes_out_by_the_connection_that_there_is_then() {
    let demo = Demo::start();
    let desk = Telephone::start(&demo, "101", 0, DESK);
    let nurse = Telephone::start(&demo, "102", 1, NURSE);
    desk.asks_for_microphone();
    desk.dial("102");
    desk.lose_connection();
    desk.wait_for_connections(2);
    desk.wait_until_says("#phone-state", "Ready");
    desk.allow();
    nurse.wait_for_call("Front desk (101) calls");
    desk.press("hang-up");
    nurse.wait_for_note("The caller gave up");

    // Help does not wait for the microphone for long.
    desk.dial("911");
    desk.lose_connection();
    desk.wait_for_call("In a call with 911");
    desk.press("hang-up");
    let call = demo.wait_for_call(2, "911", "hung_up");
    assert_eq!(call["emergency"], true);
}

#[test]
fn a_call_that_has_ended_leaves_no_microphone_on() {
    let demo = Demo::start();
    let desk = Telephone::start(&demo, "101", 0, DESK);
    desk.asks_for_microphone();
    desk.dial("102");
    desk.press("hang-up");
    desk.allow();
    wait_for("the microphone is off", Duration::from_secs(20), || {
        let is_off = "return !!window.microphone && window.microphone.getTracks().every(t => t.readyState === 'ended')";
        (desk.browser.script(is_off) == true).then_some(())
    });
}
