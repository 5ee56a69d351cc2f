//! Whoever is handed on, waits or is spoken to, with real phones: the plan leads a caller on whom nobody answers, a caller of a queue is called back
//! after a restart, and phones that listen to a group hear a page.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use interop::baresip::Baresip;
use interop::sipp::Phone;
use interop::{Demo, free_offset, wait_for};

const SOON: Duration = Duration::from_secs(60);
/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

/// Whoever's mailbox the demo shows has a phone that rings and is not answered.
#[test]
fn who_is_transferred_and_whom_nobody_answers_leaves_a_message() {
    let demo = Demo::start();
    let mailbox = demo.api("/api/v1/voicemails")["mailbox"].as_str().expect("whose").to_owned();
    let others: Vec<&str> = ["101", "102", "103"].into_iter().filter(|user| *user != mailbox).collect();
    let mut desk = Baresip::start(&demo, others[0], 0, DESK.0);
    let mut caller = Baresip::start(&demo, others[1], 1, NURSE.0);
    let rings = Phone::new(&demo, &mailbox, 6);
    rings.register();
    let in_vain = rings.waits("ring");
    caller.order(&format!("dial {}", others[0]));
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    caller.wait_until_heard(DESK.1);
    desk.order(&format!("transfer {mailbox}"));
    in_vain.succeed(SOON);
    desk.wait_for_events("CALL_CLOSED", 1);
    caller.wait_until_spoken_to();
    caller.assert_silent();
    caller.assert_silent();
    caller.order("hangup");
    let message = wait_for("the message", SOON, || {
        demo.api("/api/v1/voicemails")["voicemails"].as_array().expect("a list").first().cloned()
    });
    assert_eq!(message["from"]["number"], others[1]);
    assert!(message["milliseconds"].as_u64() > Some(1_000), "{message}");
    let story = demo.story(&demo.wait_for_call(1, &mailbox, "hung_up"));
    assert!(
        story.contains("transfers") && story.contains("Nobody took the call") && story.contains("mailbox of"),
        "{story}"
    );
}

/// A demo with a plan of its own.
fn planned(offset: u16, plan: &str) -> Demo {
    Demo::start_changed(offset, |sample| {
        let plan = format!("plan = \"\"\"\n{plan}\n\"\"\"");
        let changed = sample.replacen("plan = \"solo-practice\"", &plan, 1);
        assert_ne!(changed, sample, "the sample's plan");
        changed
    })
}

#[test]
fn a_caller_who_left_the_queue_is_called_back_after_kill_9_and_once() {
    let plan = "[extensions.602]\nto = 'queue desk'\n[queues.desk]\nring = ['102']\ncallback = '2'\n[outside]\nnational = 'main'";
    let demo = planned(free_offset(), plan);
    let far_end = demo.text("/trunk/number");
    let (offset, state) = (demo.offset(), demo.state.clone());
    // 102 talks to itself, so that nobody is free.
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    nurse.order("dial *43");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    let mut caller = Baresip::start(&demo, "101", 0, DESK.0);
    caller.order("dial 602");
    caller.wait_for_events("CALL_ESTABLISHED", 1);
    caller.wait_until_spoken_to();
    // An extension is no number to call back: another one is typed.
    for key in "2".chars().chain(far_end.chars()).chain("#1".chars()) {
        caller.order(&format!("sndcode {key}"));
    }
    caller.wait_for_events("CALL_CLOSED", 1);
    assert!(today(&demo).contains("keeps their place"), "{}", today(&demo));
    let _folder = demo.kill();
    nurse.order("hangup");

    // Her phone is known from before, and free now.
    let demo = Demo::start_on(&state, offset);
    nurse.wait_for_events("CALL_ESTABLISHED", 2);
    nurse.wait_until_spoken_to();
    nurse.order("sndcode 1");
    // Somebody outside, who answers and echoes.
    nurse.wait_until_heard(NURSE.1);
    assert!(today(&demo).contains("being called"), "{}", today(&demo));
    nurse.order("hangup");
    let call = wait_for("the call", SOON, || {
        let calls = demo.api("/api/v1/calls");
        let to = |call: &&serde_json::Value| call["to"]["number"].as_str().is_some_and(|n| n.ends_with(&far_end));
        calls["calls"].as_array().expect("a list").iter().find(to).cloned()
    });
    assert!(demo.story(&call).contains("calls somebody back"), "{}", demo.story(&call));
    wait_for("the list is empty", SOON, || (!today(&demo).contains("To be called back")).then_some(()));
}

fn today(demo: &Demo) -> String {
    String::from_utf8(demo.get("/")).expect("a page")
}

#[test]
fn phones_that_listen_to_a_group_hear_a_page_and_help_is_called_meanwhile() {
    const GROUP: Ipv4Addr = Ipv4Addr::new(239, 195, 7, 12);
    let offset = free_offset();
    let port = 40_000 + offset % 10_000 / 2 * 2;
    let plan = format!("page = {{ multicast = '{GROUP}:{port}' }}\n[outside]\nnational = 'main'");
    let demo = planned(offset, &plan);
    let socket = UdpSocket::bind((GROUP, port)).expect("a port of our own");
    socket.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).expect("the group is joined");
    socket.set_read_timeout(Some(SOON)).expect("a socket");
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    doctor.order("dial *81");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    assert_tone(&heard(&socket), DOCTOR.1);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    desk.order("dial 911");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    assert_tone(&heard(&socket), DOCTOR.1);
    desk.order("hangup");
    doctor.order("hangup");
    // The newest began last.
    demo.wait_for_call(2, "911", "hung_up");
}

/// Two seconds of what comes to the group, as G.711.
fn heard(socket: &UdpSocket) -> Vec<u8> {
    let mut sound = Vec::new();
    let mut packet = [0; 2048];
    while sound.len() < 16_000 {
        let (length, _) = socket.recv_from(&mut packet).expect("sound comes to the group");
        assert_eq!((length, packet[1] & 0x7f), (172, 0), "20 ms of G.711");
        sound.extend_from_slice(&packet[12..length]);
    }
    sound
}

/// What sox makes of it.
fn assert_tone(sound: &[u8], hertz: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("page.ul");
    fs::write(&file, sound).expect("a file in a temporary folder");
    let raw = ["-t", "raw", "-r", "8000", "-e", "mu-law", "-b", "8", "-c", "1"];
    let output = Command::new("sox").args(raw).arg(&file).args(["-n", "stat"]).output().expect("sox is there");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = |name: &str| -> f64 {
        let line = said.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{name}: {said}"));
        line.rsplit(' ').next().and_then(|v| v.trim().parse().ok()).unwrap_or_else(|| panic!("{name}: {said}"))
    };
    assert!(value("Maximum amplitude") > 0.1, "{said}");
    let (heard, tone) = (value("Rough   frequency"), hertz as f64);
    assert!((heard - tone).abs() < tone / 4.0, "{hertz} Hz: {said}");
}
