//! What happens to calls that arrive, with real phones and a real browser: a plan goes live while the box runs, a caller hears what it
//! plays, presses a key and reaches whom the plan names; and the page that explains it can be read by everybody.

use std::fs;
use std::path::Path;
use std::time::Duration;

use interop::baresip::Baresip;
use interop::browser::Browser;
use interop::{Demo, axe, free_offset, http, wait_for};
use model::Sound;
use serde_json::Value;

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);

const PLAN: &str = r#"
name = "Tried"
[extensions.600]
to = "menu main"
[menus.main]
prompt = "our-menu"
say = "For the nurse, press 1."
keys = { 1 = "102" }
times = 1
nobody = "hang up"
[extensions.601]
to = "rota doctor"
[rotas.doctor]
turns = ["102"]
[outside]
national = "main"
"#;

/// A demo with recordings of the clinic's own: in the place of prompts a person hears words, and a test hears a tone.
fn with_recordings(folder: &Path) -> Demo {
    let state = folder.join("state");
    let prompts = state.join("prompts/en");
    fs::create_dir_all(&prompts).expect("a folder");
    for (name, hertz) in [("our-menu", 400.0), ("take_call", 1250.0)] {
        let wave = |n: u32| (8_000.0 * (f64::from(n) * hertz * std::f64::consts::TAU / 8_000.0).sin()) as i16;
        let sound = Sound { rate: 8_000, samples: (0..16_000).map(wave).collect() };
        fs::write(prompts.join(format!("{name}.wav")), sound.to_wav()).expect("written");
    }
    Demo::start_on(&state, free_offset())
}

/// Lets a plan go live as the manager does in the console.
fn goes_live(demo: &Demo, plan: &str) {
    let encoded: String = plan.bytes().map(|b| format!("%{b:02X}")).collect();
    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        demo.text("/api_token")
    );
    let console = demo.text("/console").replace("http://", "");
    let body = format!("act=live&text={encoded}");
    let answer = http::request(&console, "POST", "/plan/text", &headers, body.as_bytes()).expect("the console answers");
    assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
}

#[test]
fn a_caller_hears_the_menu_presses_1_and_talks_with_the_nurse() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = with_recordings(folder.path());
    goes_live(&demo, PLAN);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    desk.order("dial 600");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    desk.wait_until_heard_in_part(400);
    desk.order("sndcode 1");
    nurse.wait_until_heard(DESK.1);
    desk.wait_until_heard(NURSE.1);
    desk.order("hangup");
    let call = demo.wait_for_call(1, "600", "hung_up");
    let story = demo.story(&call);
    for told in ["The menu main answered", "The caller pressed 1", "Answered by Nurse"] {
        assert!(story.contains(told), "{told}: {story}");
    }
}

#[test]
fn whoever_is_on_call_gets_the_caller_only_after_pressing_1() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = with_recordings(folder.path());
    goes_live(&demo, PLAN);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    desk.order("dial 601");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    // The words that ask, and nothing of the caller.
    nurse.wait_until_heard_in_part(1250);
    nurse.order("sndcode 1");
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    nurse.order("hangup");
    let call = demo.wait_for_call(1, "601", "hung_up");
    assert!(demo.story(&call).contains("Nurse takes the call"), "{}", demo.story(&call));
}

#[test]
fn a_plan_that_went_live_holds_over_a_crash_and_its_page_is_for_everybody() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = with_recordings(folder.path());
    let (state, offset) = (demo.state.clone(), demo.offset());
    goes_live(&demo, PLAN);
    demo.kill();
    let demo = Demo::start_on(&state, offset);
    let page = String::from_utf8(demo.get("/plan?to=600&from=101")).expect("a page is UTF-8");
    assert!(page.contains("“Tried” is live") && page.contains("600 is an extension of this plan"), "{page}");

    let Some(axe) = axe::script() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    for (path, title) in
        [("/plan?to=600&from=101", "Plan"), ("/plan?to=911&from=101", "Plan"), ("/plan/text", "Text of the plan")]
    {
        browser.open(path);
        wait_for(path, Duration::from_secs(10), || browser.title().starts_with(title).then_some(()));
        axe::assert_accessible(&browser, &axe, path);
    }
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");
}
