//! The console's own telephone: people sign in, and their browsers call desk phones, each other, the outside and help. Every party has a tone of
//! its own, and what each hears is judged.

use interop::baresip::Baresip;
use interop::telephone::Telephone;
use interop::{Demo, axe};
use serde_json::Value;

/// In Hz. baresip's are 8000 by a period in samples.
const BROWSER: u32 = 1000;
const DESK: (u16, i64) = (16, 500);

/// The front desk and the nurse, who talk by their browsers.
fn in_a_call(demo: &Demo) -> (Telephone, Telephone) {
    let desk = Telephone::start(demo, "101", 0, BROWSER);
    let nurse = Telephone::start(demo, "102", 1, OTHER);
    desk.dial("102");
    nurse.wait_for_call("Front desk (101) calls");
    nurse.press("answer");
    desk.wait_for_call("In a call with Nurse (102)");
    (desk, nurse)
}

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
    // Somebody knows their number by heart.
    person.browser.script("for (const key of '2580') document.querySelector(`[data-key='${key}']`).click()");
    desk.wait_for_events("CALL_DTMF_START", 6);
    desk.order("hangup");
}

#[test]
fn two_calls_become_one() {
    let demo = Demo::start();
    let (desk, nurse) = in_a_call(&demo);
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

/// Calls, answers and holds while what is said is lost on its way, on either side.
#[test]
fn what_a_dead_connection_has_swallowed_is_said_again() {
    let demo = Demo::start();
    let desk = Telephone::start(&demo, "101", 0, BROWSER);
    let nurse = Telephone::start(&demo, "102", 1, OTHER);
    desk.dial("102");
    desk.wait_for_call("Ringing at Nurse (102)");
    desk.swallow();
    nurse.press("answer");
    desk.lose_connection();
    desk.wait_for_call("In a call with Nurse (102)");
    desk.wait_until_heard(i64::from(OTHER));
    nurse.wait_until_heard(i64::from(BROWSER));

    for (act, there) in [("hold", "They have put you on hold"), ("resume", "In a call with Front desk (101)")] {
        desk.swallow();
        desk.press(act);
        desk.browser.script("setTimeout(() => window.sockets.forEach(socket => socket.close()), 1500)");
        nurse.wait_for_call(there);
    }
    desk.press("hang-up");
    nurse.wait_for_note("Somebody hung up.");

    desk.dial("102");
    nurse.wait_for_call("Front desk (101) calls");
    nurse.swallow();
    nurse.press("answer");
    nurse.wait_for_call("In a call with Front desk (101)");
    nurse.lose_connection();
    desk.wait_for_call("In a call with Nurse (102)");
    desk.wait_until_heard(i64::from(OTHER));
    nurse.press("hang-up");
}

/// Else the call is shown as "being transferred" until its end.
#[test]
fn what_came_of_a_transfer_is_said_again_and_shown_once() {
    let demo = Demo::start();
    let (desk, _nurse) = in_a_call(&demo);
    // What is said to the page is lost; what it says is not.
    desk.browser.script("window.sockets.forEach(socket => { socket.onmessage = null; })");
    desk.browser.script("setTimeout(() => window.sockets.forEach(socket => socket.close()), 1500)");
    desk.transfer("199");
    desk.wait_for_note("The transfer came to nothing");

    desk.browser.script("document.getElementById('phone-note').textContent = ''");
    desk.lose_connection();
    desk.wait_for_connections(3);
    desk.wait_until_says("#phone-state", "Ready");
    assert_eq!(desk.says("#phone-note"), "");
    desk.wait_until_heard(i64::from(OTHER));
}

#[test]
fn who_changes_their_mind_before_hold_is_agreed_keeps_the_call() {
    let demo = Demo::start();
    let (desk, nurse) = in_a_call(&demo);
    desk.browser
        .script("for (const act of ['hold', 'resume', 'hold']) document.querySelector(`[data-act=${act}]`).click()");
    nurse.wait_for_call("They have put you on hold");
    desk.browser
        .script("for (const act of ['resume', 'hold', 'resume']) document.querySelector(`[data-act=${act}]`).click()");
    nurse.wait_for_call("In a call with Front desk (101)");
    desk.wait_until_heard(i64::from(OTHER));
    nurse.wait_until_heard(i64::from(BROWSER));

    // Who uses the keyboard stays where they are.
    let focus = || desk.browser.script("return document.activeElement.dataset.act || document.activeElement.localName");
    desk.browser.script("const mute = document.querySelector('[data-act=mute]'); mute.focus(); mute.click()");
    desk.wait_for_call("Muted");
    assert_eq!(focus(), "unmute");
    desk.press("unmute");
    nurse.press("hold");
    desk.wait_for_call("They have put you on hold");
    assert_eq!(focus(), "mute");
    nurse.press("resume");
    desk.wait_for_call("In a call with Nurse (102)");

    // The session ends while somebody is on hold.
    desk.press("hold");
    nurse.wait_for_call("They have put you on hold");
    desk.browser.script("fetch('/logout', {method: 'POST'})");
    desk.wait_until_says("#phone-trouble-text", "You are signed out");
    desk.press("resume");
    nurse.wait_for_call("In a call with Front desk (101)");
    desk.transfer(OUTSIDE);
    desk.wait_for_note("You are signed out.");
    nurse.wait_until_heard(i64::from(BROWSER));
}

#[test]
fn a_microphone_that_is_unplugged_is_replaced_or_missed_aloud() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, BROWSER);
    person.dial("*43");
    person.wait_until_heard(i64::from(BROWSER));
    let unplug =
        "const track = window.peer.getSenders()[0].track; track.stop(); track.dispatchEvent(new Event('ended'));";
    person.browser.script(unplug);
    person.wait_for_note("The microphone was unplugged. Another one has taken its place.");
    assert_eq!(person.browser.script("return window.peer.getSenders()[0].track.readyState"), "live");

    let none =
        "window.found = phoneSound.microphone; phoneSound.microphone = async () => { throw new Error('no-device'); };";
    person.browser.script(&format!("{none} {unplug}"));
    person.wait_until_says(
        "#phone-alert-text",
        "The microphone is gone, so they cannot hear you. No microphone was found.",
    );
    person.wait_until_heard(0);
    person.browser.script(
        "phoneSound.microphone = window.found; navigator.mediaDevices.dispatchEvent(new Event('devicechange'));",
    );
    person.wait_until_heard(i64::from(BROWSER));
    assert_eq!(person.says("#phone-alert-text"), "");
}

#[test]
fn a_desk_that_was_left_shows_no_names_and_rings_on_and_whoever_signs_in_next_gets_their_own_phone() {
    let demo = Demo::start();
    let person = Telephone::start(&demo, "101", 0, BROWSER);
    let nurse = Telephone::start(&demo, "102", 1, OTHER);
    let is_called = || {
        nurse.dial("101");
        person.wait_for_call("calls");
        person.press("refuse");
    };
    is_called();
    // What the page hears when it asks for the names after half an hour. Here the next answer brings them back, so that they are looked at at once.
    let left = person.browser.script(
        "document.body.dispatchEvent(new CustomEvent('htmx:beforeOnLoad', {cancelable: true, detail: {xhr: {status: 401}}}));
         return document.getElementById('phone-people').textContent",
    );
    assert!(
        left.as_str().is_some_and(|says| says.contains("Nobody has been at this phone for half an hour")),
        "{left}"
    );
    assert!(!left.as_str().is_some_and(|says| says.contains("Nurse")), "{left}");
    person.lose_connection();
    person.wait_for_connections(2);
    person.wait_until_says("#phone-state", "Ready");
    is_called();
    person.browser.script("htmx.trigger(document.body, 'live-all')");
    person.wait_until_says("#phone-people", "Nurse");

    let link = demo.secret("103", "login");
    person.browser.script(&format!("fetch('{link}', {{method: 'POST'}})"));
    person.browser.script("setTimeout(() => window.sockets.forEach(socket => socket.close()), 1000)");
    person.wait_until_says(".who", "Office manager");
    person.wait_until_says("#phone-state", "Ready");
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
