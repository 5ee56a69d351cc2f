//! A recorded call between real phones: both hear that it is recorded before the first second is kept, what they pause is nowhere, and what
//! is kept is both sides, each on its own channel; the program may die in the midst of it. So it is where a menu and a queue have led the caller. And
//! a recorded room, of which all are in one sound.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use interop::baresip::{Baresip, strength};
use interop::browser::Browser;
use interop::sipp::Phone;
use interop::softphone::{Encryption, Way};
use interop::spoken::Words;
use interop::toned::Toned;
use interop::{Demo, axe, free_offset, http, repository, wait_for};
use model::Sound;
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);
/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);
/// What a test hears in the place of words.
const CONSENT: usize = 400;

const PLAN: &str = r#"
name = "Recorded"
[outside]
national = "main"
[recording]
start = "always"
calls = ["inside", "in"]
rooms = ["800"]
announce = ["our-consent"]
[rooms.800]
[[inbound]]
number = "main"
to = "queue desk"
[extensions.602]
to = "menu main"
[menus.main]
prompt = "choose_again"
keys = { 1 = "queue desk" }
nobody = "hang up"
[queues.desk]
ring = ["102"]
"#;

/// A demo whose words before a recording are two seconds of a tone.
fn demo(folder: &Path, offset: u16) -> Demo {
    let state = folder.join("state");
    let prompts = state.join("prompts/en");
    fs::create_dir_all(&prompts).expect("a folder");
    let wave = |n: u32| (8_000.0 * (f64::from(n) * CONSENT as f64 * std::f64::consts::TAU / 8_000.0).sin()) as i16;
    let sound = Sound { rate: 8_000, samples: (0..16_000).map(wave).collect() };
    fs::write(prompts.join("our-consent.wav"), sound.to_wav()).expect("written");
    let demo = Demo::start_on(&state, offset);
    let encoded: String = PLAN.bytes().map(|b| format!("%{b:02X}")).collect();
    let body = format!("act=live&text={encoded}");
    assert_eq!(ask(&demo, "POST", "/plan/text", body.as_bytes()).0, 303);
    demo
}

fn ask(demo: &Demo, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let headers = format!(
        "Authorization: Bearer {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        demo.text("/api_token")
    );
    let console = demo.text("/console").replace("http://", "");
    let answer = http::request(&console, method, path, &headers, body).expect("the console answers");
    (answer.status, answer.body)
}

/// What there is of a call's recording.
fn recording(demo: &Demo, call: &Value) -> Value {
    demo.api(&format!("/api/v1/calls/{}/recording", call["id"].as_str().expect("an id")))
}

/// What sox makes of one channel from this second on, for so long: its length, its height, and how loud it is.
fn heard(wav: &[u8], channel: u8, from: f64, seconds: f64) -> (f64, f64, f64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("call.wav");
    fs::write(&file, wav).expect("a file in a temporary folder");
    let (channel, from, seconds) = (channel.to_string(), from.to_string(), seconds.to_string());
    let mut sox = Command::new("sox");
    sox.arg(&file).args(["-n", "remix", &channel, "trim", &from, &seconds, "stat"]);
    let output = sox.output().expect("sox is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = |name: &str| -> f64 {
        let line = said.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}: {said}"));
        line.rsplit(' ').next().and_then(|v| v.trim().parse().ok()).unwrap_or_else(|| panic!("{name}: {said}"))
    };
    (value("Length (seconds)"), value("Rough   frequency"), value("Maximum amplitude"))
}

/// Each channel is one party's tone and nothing else, from the first second to the last; but where somebody presses keys, which are no sound.
fn assert_both_tones(wav: &[u8], seconds: f64, keys: Option<f64>) {
    assert_tones(wav, seconds, [DESK.1, NURSE.1], keys);
}

fn assert_tones(wav: &[u8], seconds: f64, tones: [usize; 2], keys: Option<f64>) {
    let pressed = |second: u32| keys.is_some_and(|at| (f64::from(second) + 0.5 - at).abs() < 1.5);
    for (channel, tone) in [1, 2].into_iter().zip(tones) {
        for second in (0..seconds as u32).filter(|second| channel == 1 || !pressed(*second)) {
            let (_, height, loud) = heard(wav, channel, second.into(), 1.0);
            let tone = tone as f64;
            let near = (height - tone).abs() < tone / 10.0;
            assert!(near && loud > 0.1, "channel {channel}, second {second}: {height} Hz, {loud}");
        }
    }
}

/// 101 calls 102, and both have heard the words and then each other. The sound of the one who calls is encrypted.
fn talking(demo: &Demo) -> (Baresip, Baresip) {
    let mut desk = Baresip::start_as(demo, "101", 0, DESK.0, Way::Tls, Encryption::Demanded);
    let mut nurse = Baresip::start(demo, "102", 1, NURSE.0);
    desk.order("dial 102");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    desk.wait_until_heard_in_part(CONSENT);
    nurse.wait_until_heard_in_part(CONSENT);
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    (desk, nurse)
}

fn millis(value: &Value) -> i64 {
    let text = value.as_str().expect("a time");
    text.parse::<jiff::Timestamp>().expect("a time").as_millisecond()
}

#[test]
fn both_hear_of_it_and_what_is_kept_is_both_sides_without_what_was_paused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = demo(folder.path(), free_offset());
    let (mut desk, mut nurse) = talking(&demo);
    for key in ["*", "1"] {
        nurse.order(&format!("sndcode {key}"));
    }
    // They go on talking, and nobody keeps it.
    desk.wait_until_heard(NURSE.1);
    desk.wait_until_heard(NURSE.1);
    desk.wait_until_heard(NURSE.1);
    for key in ["*", "1"] {
        nurse.order(&format!("sndcode {key}"));
    }
    desk.wait_until_heard(NURSE.1);
    desk.wait_until_heard(NURSE.1);
    desk.order("hangup");

    let call = demo.wait_for_call(1, "102", "hung_up");
    let story = demo.story(&call);
    assert!(story.contains("Encrypted, AES") && story.contains("Not encrypted"), "one side each: {story}");
    for told in ["Both hear that the call is recorded", "Nurse paused the recording", "The recording goes on"] {
        assert!(story.contains(told), "{told}: {story}");
    }
    let kept = wait_for("the recording", SOON, || {
        let kept = recording(&demo, &call);
        (kept["state"] == "kept").then_some(kept)
    });
    let words = millis(&kept["began"]) - millis(&call["answered"]);
    assert!(
        (1_900..3_000).contains(&words),
        "two seconds of words begin at once, and nothing is kept of them: {words}"
    );
    let pause = &kept["pauses"][0];
    let paused = millis(&pause["until"]) - millis(&pause["from"]);
    assert!(pause["why"] == "paused" && paused > 2_000, "{kept}");
    let (talked, there) =
        (millis(&call["ended"]) - millis(&call["answered"]), kept["milliseconds"].as_i64().expect("ms"));
    let lost = talked - paused - 2_000 - there;
    assert!(
        (-300..1_000).contains(&lost),
        "talked {talked} ms, of which 2000 were words; paused {paused}, kept {there}"
    );

    let path = format!("/api/v1/calls/{}/recording.wav", call["id"].as_str().expect("an id"));
    let wav = demo.get(&path);
    assert!((heard(&wav, 1, 0.0, 600.0).0 * 1_000.0 - there as f64).abs() < 50.0);
    let paused_at = pause["at_milliseconds"].as_f64().map(|at| at / 1_000.0);
    assert_both_tones(&wav, there as f64 / 1_000.0, paused_at);

    // Held it cannot be deleted; what was deleted is taken back.
    let verb = |verb: &str, body: &[u8]| {
        ask(&demo, "POST", &format!("/api/v1/calls/{}/recording/{verb}", call["id"].as_str().expect("an id")), body).0
    };
    assert_eq!(verb("hold", b"reason=a+complaint"), 200);
    assert_eq!(verb("delete", b""), 409);
    assert_eq!(verb("release", b""), 200);
    assert_eq!(verb("delete", b""), 200);
    assert_eq!(ask(&demo, "GET", &path, b"").0, 404, "what is deleted is not heard");
    assert_eq!(verb("restore", b""), 200);
    assert_eq!(recording(&demo, &call)["state"], "kept");

    let Some(axe) = axe::script() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let browser = Browser::start(&demo, folder.path());
    browser.sign_in(&demo.text("/login"));
    let page = format!("/calls/{}", call["id"].as_str().expect("an id"));
    for (path, title) in [(page.as_str(), "Front desk"), ("/calls?recorded", "Calls")] {
        browser.open(path);
        wait_for(path, SOON, || browser.title().starts_with(title).then_some(()));
        axe::assert_accessible(&browser, &axe, path);
    }
    assert_eq!(browser.complaints(), [Value::Null; 0], "the browser does not complain");
}

#[test]
fn what_was_said_before_kill_9_is_a_recording_of_a_call_that_has_a_record() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let offset = free_offset();
    let demo = demo(folder.path(), offset);
    let (desk, _nurse) = talking(&demo);
    desk.wait_until_heard(NURSE.1);
    desk.wait_until_heard(NURSE.1);
    demo.kill();

    let demo = Demo::start_on(&folder.path().join("state"), offset);
    let call = demo.wait_for_call(1, "102", "our_fault");
    let kept = wait_for("the recording", SOON, || {
        let kept = recording(&demo, &call);
        (kept["state"] == "kept").then_some(kept)
    });
    let there = kept["milliseconds"].as_f64().expect("ms");
    assert!(there >= 2_000.0, "{kept}");
    let wav = demo.get(&format!("/api/v1/calls/{}/recording.wav", call["id"].as_str().expect("an id")));
    assert_both_tones(&wav, there / 1_000.0, None);
    let page = String::from_utf8(demo.get("/calls?recorded")).expect("a page");
    assert!(page.contains(call["id"].as_str().expect("an id")), "{page}");
}

/// What there is once it is kept.
fn kept(demo: &Demo, call: &Value) -> Value {
    wait_for("the recording", SOON, || {
        let kept = recording(demo, call);
        (kept["state"] == "kept").then_some(kept)
    })
}

/// They press a key in a menu and wait with music, and the nurse is not free: nothing of that is anybody's to keep.
#[test]
fn what_a_menu_and_a_queue_led_to_is_recorded_once_both_were_told_and_nothing_of_the_way_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = demo(folder.path(), free_offset());
    let words = |key: &str| Words::of(&demo, key);
    let (consent, stay, music) = (words("en.our-consent"), words("en.queue_stay"), words("music"));
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    nurse.order("dial *43");
    nurse.wait_until_heard(NURSE.1);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    desk.order("dial 602");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    desk.press("1");
    let stayed = desk.wait_until_told(&stay, 0).end;
    desk.wait_until_plays(&music, stayed);
    let waited = desk.heard().len();
    desk.wait_until_plays(&music, waited + 16_000);
    assert!(
        consent.find(&desk.heard(), 0).is_none(),
        "a way through menus is not recorded, and nobody is told that it is"
    );
    nurse.order("hangup");
    nurse.wait_for_events("CALL_ESTABLISHED", 2);
    nurse.wait_until_told(&consent, 0);
    let told = desk.wait_until_told(&consent, stayed).end;
    for _ in 0..3 {
        desk.wait_until_heard(NURSE.1);
    }
    nurse.wait_until_heard(DESK.1);
    assert!(consent.find(&desk.heard(), told).is_none(), "it is said once");
    desk.order("hangup");

    let call = demo.wait_for_call(2, "602", "hung_up");
    let queued = &call["queues"][0];
    assert_eq!(queued["end"], "taken", "{call}");
    let kept = kept(&demo, &call);
    assert_eq!(kept["extensions"], serde_json::json!(["101", "102"]), "who talked may listen: {kept}");
    let taken = millis(&queued["since"]) + 1_000 * queued["seconds"].as_i64().expect("seconds");
    let (began, there) = (millis(&kept["began"]), kept["milliseconds"].as_i64().expect("ms"));
    assert!(began >= taken + 1_900, "not before both have heard the words: taken {taken}, began {began}");
    let talked = millis(&call["ended"]) - began;
    assert!(there > 2_000 && (-300..1_000).contains(&(talked - there)), "talked {talked} ms, kept {there}");
    let wav = demo.get(&format!("/api/v1/calls/{}/recording.wav", call["id"].as_str().expect("an id")));
    assert_both_tones(&wav, there as f64 / 1_000.0, None);
}

/// Their carrier knows no telephone events: they say no by the tones of the key.
#[test]
fn whoever_calls_from_outside_is_recorded_with_the_nurse_whom_the_queue_found_unless_they_press_9() {
    const OUTSIDE: usize = 700;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let offset = free_offset();
    let sample = fs::read_to_string(repository("appliance/program/src/demo/clinic.toml")).expect("the sample clinic");
    let trunk = format!("\n[[trunks]]\nname = \"mobile\"\naddress = \"127.0.0.1:{}\"\n", 6100 + offset);
    fs::write(folder.path().join("clinic.toml"), sample + &trunk).expect("written");
    let demo = demo(folder.path(), offset);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let consent = Words::of(&demo, "en.our-consent");
    let outside = Phone::with_password(&demo, "outside", "", 0);
    for (times, declines) in [(1, false), (2, true)] {
        let mut sound = Toned::at(outside.ear(), OUTSIDE);
        let calls = outside.start_with_ear("outside_by_tones", "+12025550100");
        nurse.wait_for_events("CALL_ESTABLISHED", times);
        sound.wait_until_heard(CONSENT);
        // Words count as told when their last third of a second is still to come, and a key cuts them there.
        let told = nurse.wait_until_told(&consent, 0).start;
        if declines {
            sound.presses("9");
            nurse.wait_until_told(&Words::of(&demo, "en.recording_declined"), told);
        }
        for _ in 0..3 {
            sound.wait_until_heard(NURSE.1);
            nurse.wait_until_heard(OUTSIDE);
        }
        nurse.order("hangup");
        calls.succeed(SOON);
        let call = demo.wait_for_call(times, "+12025550100", "hung_up");
        let id = call["id"].as_str().expect("an id");
        let story = demo.story(&call);
        assert!(story.contains("Both hear that the call is recorded"), "{story}");
        let wav = format!("/api/v1/calls/{id}/recording.wav");
        if declines {
            assert!(story.contains("does not want to be recorded: nothing of the call is kept"), "{story}");
            assert_eq!(ask(&demo, "GET", &wav, b"").0, 404, "nothing is kept");
        } else {
            let there = kept(&demo, &call)["milliseconds"].as_f64().expect("ms") / 1_000.0;
            assert!(there > 2.0, "{there} s");
            assert_tones(&demo.get(&wav), there, [OUTSIDE, NURSE.1], None);
        }
    }
}

/// How loud a tone is in each second of one channel, 0 or 1.
fn seconds_of(wav: &[u8], channel: usize, hertz: usize) -> Vec<f64> {
    let sample = |frame: &[u8]| i16::from_le_bytes([frame[2 * channel], frame[2 * channel + 1]]);
    let samples: Vec<i16> = wav[44..].chunks_exact(4).map(sample).collect();
    samples.chunks_exact(8_000).map(|second| strength(second, hertz)).collect()
}

/// 101 and 102 meet in the room 800, each after the words, and hear each other.
fn meeting(demo: &Demo) -> (Baresip, Baresip) {
    let mut desk = Baresip::start_as(demo, "101", 0, DESK.0, Way::Tls, Encryption::Demanded);
    let mut nurse = Baresip::start(demo, "102", 1, NURSE.0);
    for phone in [&mut desk, &mut nurse] {
        phone.order("dial 800");
        phone.wait_for_events("CALL_ESTABLISHED", 1);
        phone.wait_until_heard_in_part(CONSENT);
    }
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    (desk, nurse)
}

#[test]
fn all_who_meet_in_a_recorded_room_hear_of_it_and_are_in_one_recording_also_after_kill_9() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let offset = free_offset();
    let demo = demo(folder.path(), offset);
    let (desk, nurse) = meeting(&demo);
    // Who comes later hears the words before the others, and the others hear no words again.
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    doctor.order("dial 800");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    doctor.wait_until_heard_in_part(CONSENT);
    doctor.wait_until_heard_all(&[DESK.1, NURSE.1], DOCTOR.1);
    desk.wait_until_heard_all(&[NURSE.1, DOCTOR.1], DESK.1);
    nurse.wait_until_heard_all(&[DESK.1, DOCTOR.1], NURSE.1);
    demo.kill();
    drop((desk, nurse, doctor));

    let demo = Demo::start_on(&folder.path().join("state"), offset);
    // The calls have no record, as all that were up; the meeting has one of its own.
    let record = demo.wait_for_call(1, "800", "our_fault");
    assert_eq!(record["from"]["number"], "101", "{record}");
    let kept = wait_for("the recording", SOON, || {
        let kept = recording(&demo, &record);
        (kept["state"] == "kept").then_some(kept)
    });
    assert_eq!(kept["extensions"], serde_json::json!(["101", "102", "103"]), "who took part may listen: {kept}");
    assert_eq!(kept["together"], true);
    let wav = demo.get(&format!("/api/v1/calls/{}/recording.wav", record["id"].as_str().expect("an id")));
    let of = |tone: (u16, usize)| seconds_of(&wav, 0, tone.1);
    let (desk, nurse, doctor, words) = (of(DESK), of(NURSE), of(DOCTOR), of((0, CONSENT)));
    let all = (0..desk.len()).filter(|n| desk[*n] > 500.0 && nurse[*n] > 500.0 && doctor[*n] > 500.0).count();
    assert!(all >= 2, "three are heard at once for two seconds: {desk:?} {nurse:?} {doctor:?}");
    assert!(doctor[0] < 100.0, "the recording began before the third came: {doctor:?}");
    assert!(words.iter().all(|loud| *loud < 300.0), "the words are in nobody's voice: {words:?}");
    assert_eq!(of(DESK), seconds_of(&wav, 1, DESK.1), "the same in both ears");
}

#[test]
fn a_recorded_meeting_ends_with_its_room_and_stands_among_the_recorded_calls() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = demo(folder.path(), free_offset());
    let (mut desk, mut nurse) = meeting(&demo);
    desk.wait_until_heard(NURSE.1);
    desk.order("hangup");
    nurse.order("hangup");
    // Two calls, and the meeting.
    let record = wait_for("the meeting is on record", SOON, || {
        let calls = demo.api("/api/v1/calls?limit=50")["calls"].as_array().expect("a list").clone();
        let of = |call: &&Value| demo.story(call).contains("The plan records what is said in the room 800");
        (calls.len() == 3).then(|| calls.iter().find(of).cloned()).flatten()
    });
    let kept = wait_for("the recording", SOON, || {
        let kept = recording(&demo, &record);
        (kept["state"] == "kept").then_some(kept)
    });
    let there = kept["milliseconds"].as_i64().expect("ms");
    let met = millis(&record["ended"]) - millis(&record["answered"]);
    assert!(there > 1_000 && there <= met + 300, "kept {there} ms of a meeting of {met}");
    let page = String::from_utf8(demo.get("/calls?recorded")).expect("a page");
    assert!(page.contains(record["id"].as_str().expect("an id")), "{page}");
}
