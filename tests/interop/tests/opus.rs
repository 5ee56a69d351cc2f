//! Opus, as others speak it: baresip's and Chromium's, with each other and with phones that know only G.711. Every party has a tone of its own,
//! and what each hears is judged.

use std::time::Duration;

use interop::Demo;
use interop::baresip::Baresip;
use interop::peer::patiently;
use interop::telephone::Telephone;

/// In Hz. baresip's are 8000 by a period in samples.
const BROWSER: u32 = 1000;
const OTHER: u32 = 600;
const DESK: (u16, i64) = (16, 500);
/// Two reports of each end, and an answer to one.
const SOON: Duration = Duration::from_secs(25);

#[test]
fn a_phone_that_speaks_nothing_else_and_one_that_does_not_know_it() {
    let demo = Demo::start();
    let mut opus = Baresip::start_opus(&demo, "101", 1, 16);
    let desk = Baresip::start(&demo, "102", 2, 10);
    opus.order("dial 102");
    opus.wait_for_events("CALL_ESTABLISHED", 1);
    desk.wait_until_heard(500);
    opus.wait_until_heard(800);
    // While they talk, the list says how they hear each other.
    let said = || String::from_utf8_lossy(&demo.get("/calls")).contains("Very good (MOS 4.");
    assert!(patiently(SOON, || said().then_some(())).is_some(), "the sound of a call that is up is said");
    opus.order("hangup");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);

    // What we say ourselves it understands too, and what it says comes back as it is.
    opus.order("dial *43");
    opus.wait_until_heard(500);
    opus.order("hangup");
    demo.wait_for_call(2, "*43", "hung_up");
}

#[test]
fn help_is_called_from_a_phone_that_speaks_nothing_else() {
    let demo = Demo::start();
    let mut opus = Baresip::start_opus(&demo, "101", 1, 16);
    opus.order("dial 911");
    opus.wait_for_events("CALL_ESTABLISHED", 1);
    opus.wait_until_heard(500);
    opus.order("hangup");
    let call = demo.wait_for_call(1, "911", "hung_up");
    demo.assert_sound_both_ways(&call);
}

#[test]
fn three_in_a_room_of_whom_two_speak_it() {
    let demo = Demo::start();
    let mut front = Baresip::start_opus(&demo, "101", 1, 16);
    let mut nurse = Baresip::start(&demo, "102", 2, 10);
    let mut doctor = Baresip::start_opus(&demo, "103", 3, 8);
    for phone in [&mut front, &mut nurse, &mut doctor] {
        phone.order("dial 800");
        phone.wait_for_events("CALL_ESTABLISHED", 1);
    }
    front.wait_until_heard_all(&[800, 1000], 500);
    nurse.wait_until_heard_all(&[500, 1000], 800);
    doctor.wait_until_heard_all(&[500, 800], 1000);
}

#[test]
fn two_browsers_speak_it_from_end_to_end_and_a_desk_phone_hears_them_all_the_same() {
    let demo = Demo::start();
    let front = Telephone::start(&demo, "101", 0, BROWSER);
    let nurse = Telephone::start(&demo, "102", 1, OTHER);
    let mut desk = Baresip::start(&demo, "103", 2, DESK.0);
    front.dial("102");
    nurse.wait_for_call("Front desk (101) calls");
    nurse.press("answer");
    front.wait_for_call("In a call with Nurse (102)");
    front.wait_until_heard(OTHER.into());
    nurse.wait_until_heard(BROWSER.into());
    front.wait_until_speaks("audio/opus");
    nurse.wait_until_speaks("audio/opus");
    front.press("hang-up");
    demo.wait_for_call(1, "102", "hung_up");

    // With a phone that knows no Opus nothing is translated: both speak G.711.
    desk.order("dial 101");
    front.wait_for_call("calls");
    front.press("answer");
    front.wait_for_call("In a call with");
    desk.wait_until_heard(1000);
    front.wait_until_heard(DESK.1);
    front.wait_until_speaks("audio/PCMU");
    desk.order("hangup");
    demo.wait_for_call(2, "101", "hung_up");
}
