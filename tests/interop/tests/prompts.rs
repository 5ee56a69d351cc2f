//! What the clinic records in the console is heard by the next who waits, without a restart, and after one.

use std::f64::consts::TAU;

use interop::baresip::Baresip;
use interop::{Demo, free_offset, http, wait_for};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
/// Of what the clinic records.
const FIRST: usize = 700;
const SECOND: usize = 350;

#[test]
fn music_that_was_recorded_is_heard_by_the_next_who_waits_and_after_a_restart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (state, offset) = (folder.path().join("state"), free_offset());
    let demo = Demo::start_on(&state, offset);
    record(&demo, "music", &tone(FIRST));
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    park(&mut desk, &mut nurse, 1);
    nurse.wait_until_heard(FIRST);
    // Who waits hears on what they began with; the next who waits hears the new one.
    record(&demo, "music", &tone(SECOND));
    nurse.wait_until_heard(FIRST);
    nurse.order("hangup");
    nurse.wait_for_events("CALL_CLOSED", 1);
    park(&mut desk, &mut nurse, 2);
    nurse.wait_until_heard(SECOND);
    drop((desk, nurse));
    demo.kill();

    let demo = Demo::start_on(&state, offset);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    park(&mut desk, &mut nurse, 1);
    nurse.wait_until_heard(SECOND);
    nurse.order("hangup");
    // Taken back, the box plays its own again.
    let (status, _) = ask(&demo, "/plan/prompts/music/undo", "", b"");
    assert_eq!(status, 303);
    nurse.wait_for_events("CALL_CLOSED", 1);
    park(&mut desk, &mut nurse, 2);
    nurse.wait_until_heard_music(DESK.1);
}

/// The nurse calls the desk, for the n-th time, and is parked.
fn park(desk: &mut Baresip, nurse: &mut Baresip, calls: usize) {
    nurse.order("dial 101");
    desk.wait_for_events("CALL_ESTABLISHED", calls);
    nurse.wait_until_heard(DESK.1);
    desk.order("transfer 701");
    desk.wait_for_events("CALL_CLOSED", calls);
}

fn record(demo: &Demo, key: &str, wav: &[u8]) {
    let mut body = b"--x\r\nContent-Disposition: form-data; name=\"recording\"; filename=\"a.wav\"\r\n\r\n".to_vec();
    body.extend_from_slice(wav);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let form = "Content-Type: multipart/form-data; boundary=x\r\n";
    let (status, answer) = ask(demo, &format!("/plan/prompts/{key}"), form, &body);
    assert_eq!(status, 303, "{}", String::from_utf8_lossy(&answer));
}

fn ask(demo: &Demo, path: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let address = demo.text("/console").replace("http://", "");
    let headers = format!("Authorization: Bearer {}\r\n{headers}", demo.text("/api_token"));
    let answer = http::request(&address, "POST", path, &headers, body).expect("the console answers");
    (answer.status, answer.body)
}

/// Two seconds of a tone in which it comes round without a seam, as a compact disc has it.
fn tone(hertz: usize) -> Vec<u8> {
    let value = |n: u32| ((TAU * hertz as f64 * f64::from(n) / 44_100.0).sin() * 8_000.0) as i16;
    model::Sound { rate: 44_100, samples: (0..88_200).map(value).collect() }.to_wav()
}

/// Ordered in the console, spoken into a phone, heard there, kept by a key, and heard by the next who calls.
#[test]
fn what_is_recorded_by_phone_is_heard_by_the_next_caller() {
    let demo = Demo::start();
    let mut manager = Baresip::start(&demo, "103", 0, NURSE.0);
    let (status, _) = ask(&demo, "/plan/prompts/en.mailbox_number/by-phone", "", b"");
    assert_eq!(status, 303);
    manager.wait_for_events("CALL_ESTABLISHED", 1);
    // What to do, and the tone; and then they speak for two seconds.
    manager.wait_until_spoken_to();
    manager.assert_silent();
    manager.assert_silent();
    manager.order("sndcode #");
    manager.wait_until_heard(NURSE.1);
    let kept = || String::from_utf8(demo.get("/plan/prompts")).expect("a page").contains("Your recording");
    assert!(!kept(), "1 was not pressed");
    manager.order("sndcode 1");
    wait_for("the recording to be kept", std::time::Duration::from_secs(40), || kept().then_some(()));

    let mut caller = Baresip::start(&demo, "102", 1, DESK.0);
    caller.order("dial *98");
    caller.wait_until_heard(NURSE.1);
}
