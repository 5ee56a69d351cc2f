//! Keys of a phone: those that switch something on the phone itself (BroadWorks' device feature key synchronization), in step with the console and
//! over a crash, and those that are pressed in a call, by telephone events, by INFO or by their tones.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::mailbox::Mail;
use interop::sipp::Phone;
use interop::toned::{Toned, keys_in};
use interop::{Demo, free_offset, http, wait_for};

const SOON: Duration = Duration::from_secs(20);

/// Whether the console shows that this extension wants to be left in peace.
fn is_quiet(demo: &Demo, extension: &str) -> bool {
    let page = String::from_utf8(demo.get(&format!("/people/{extension}"))).expect("a page is UTF-8");
    let field = page.split("name=\"do-not-disturb\"").nth(1).expect("the form has it");
    field.split('>').next().is_some_and(|rest| rest.contains("checked"))
}

/// A person switches everything off on the page of this extension.
fn switch_off(demo: &Demo, extension: &str) {
    let address = demo.text("/console").replace("http://", "");
    let headers = format!(
        "Authorization: Bearer {}\r\nOrigin: http://{address}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        demo.text("/api_token")
    );
    let answer = http::request(&address, "POST", &format!("/people/{extension}"), &headers, b"").expect("an answer");
    assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
}

#[test]
fn a_phone_s_own_key_and_the_console_are_in_step_and_a_crash_changes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (state, offset) = (folder.path().join("state"), free_offset());
    let demo = Demo::start_on(&state, offset);
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    assert!(!is_quiet(&demo, "101"));
    let phone = desk.follows("feature_keys", "101");
    wait_for("the console shows the key", SOON, || is_quiet(&demo, "101").then_some(()));

    // What is accepted now was stored after it.
    Mail::to(&demo, &demo.text("/fax_numbers/busy")).referral().accepted();
    drop(phone);
    demo.kill();
    let demo = Demo::start_on(&state, offset);
    wait_for("what was switched outlives the crash", SOON, || is_quiet(&demo, "101").then_some(()));
    switch_off(&demo, "101");
    wait_for("the console switches it off", SOON, || (!is_quiet(&demo, "101")).then_some(()));

    let phone = desk.follows("feature_keys", "101");
    wait_for("the console shows the key", SOON, || is_quiet(&demo, "101").then_some(()));
    switch_off(&demo, "101");
    phone.succeed(SOON);
}

/// SIPp presses by INFO, as phones do that know no telephone events; baresip says which keys it hears.
#[test]
fn keys_by_info_are_heard_by_the_other_phone() {
    let demo = Demo::start();
    let mut nurse = Baresip::start(&demo, "102", 1, 16);
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    let call = desk.start("press_by_info", "102");
    nurse.wait_for_events("CALL_DTMF_START", 3);
    call.succeed(SOON);
}

/// The tones of the two: in Hz, and as a period in samples.
const DESK: usize = 400;
const NURSE: (u16, usize) = (16, 500);

/// The desk's phone says nothing of telephone events: it presses by tones in the sound, and what the nurse's phone presses by telephone events comes
/// to it as tones.
#[test]
fn a_phone_without_telephone_events_chooses_from_a_menu_and_hears_the_keys_of_others_by_their_tones() {
    let plan = "[extensions.600]\nto = 'menu main'\n[menus.main]\nsay = 'For the nurse, press 2.'\nkeys = { 1 = '103', 2 = '102' }\ntimes = 3\n\
                nobody = 'hang up'";
    let demo = Demo::start_changed(free_offset(), |sample| {
        let changed = sample.replacen("plan = \"solo-practice\"", &format!("plan = \"\"\"\n{plan}\n\"\"\""), 1);
        assert_ne!(changed, sample, "the sample's plan");
        changed
    });
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    let mut sound = Toned::at(desk.ear(), DESK);
    let calls = desk.start_with_ear("call_by_tones", "600");
    wait_for("the menu speaks", SOON, || (!sound.heard().is_empty()).then_some(()));
    assert!(desk.messages().contains("m=audio") && !desk.messages().contains("telephone-event"), "{}", desk.messages());
    // A key that the menu does not have, then one that it has.
    sound.presses("72");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK);
    sound.wait_until_heard(NURSE.1);

    let since = sound.heard().len();
    nurse.press("4470#");
    sound.wait_for_keys("4470#", since);
    sound.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK);
    nurse.order("hangup");
    calls.succeed(SOON);
    let story = demo.story(&demo.wait_for_call(1, "600", "hung_up"));
    for told in ["The caller pressed what the menu does not offer", "The caller pressed 2", "Answered by Nurse"] {
        assert!(story.contains(told), "{told}: {story}");
    }
}

/// Her phone is called directly by one that knows no telephone events, and presses by them all the same.
#[test]
fn keys_that_a_phone_presses_are_heard_by_their_tones_where_the_caller_knows_no_telephone_events() {
    let demo = Demo::start();
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    let mut sound = Toned::at(desk.ear(), DESK);
    let calls = desk.start_with_ear("call_by_tones", "102");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK);
    sound.wait_until_heard(NURSE.1);
    assert!(!desk.messages().contains("telephone-event"), "{}", desk.messages());
    let since = sound.heard().len();
    nurse.press("159");
    sound.wait_for_keys("159", since);
    nurse.order("hangup");
    calls.succeed(SOON);
}

/// Her phone tells which keys it was told of, and in what it heard there are none.
#[test]
fn keys_that_are_pressed_by_their_tones_are_told_to_a_phone_that_knows_telephone_events_and_heard_by_none_of_their_tones()
 {
    let demo = Demo::start();
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    let mut sound = Toned::at(desk.ear(), DESK);
    let calls = desk.start_with_ear("call_by_tones", "102");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK);
    sound.presses("4470#1");
    nurse.wait_for_events("CALL_DTMF_END", 6);
    assert_eq!(nurse.told_keys(), "4470#1");
    nurse.wait_until_heard(DESK);
    assert_eq!(keys_in(&nurse.heard()), "");
    // What is said to the desk goes on as it was.
    sound.wait_until_heard(NURSE.1);
    nurse.order("hangup");
    calls.succeed(SOON);
}
