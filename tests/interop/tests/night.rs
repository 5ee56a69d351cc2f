//! The night switch with real phones: a key is pressed, its lamp is seen at another phone, and who calls from outside meets what the plan has for the
//! night, until it is pressed again. Every phone has a tone of its own height, and what each hears is judged.

use std::fs;
use std::time::Duration;

use interop::baresip::Baresip;
use interop::sipp::Phone;
use interop::{Demo, free_offset, planned, repository, wait_for};
use model::Sound;

const SOON: Duration = Duration::from_secs(30);
/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const PATIENT: (u16, usize) = (32, 250);
/// What is heard in the place of the words that the clinic says at night.
const WORDS: usize = 700;

/// By day the desk answers, by night the nurse, after some words.
const PLAN: &str = "[[inbound]]
number = 'main'
to = 'schedule front'
[hours.always]
weekdays = '00:00-24:00'
saturday = '00:00-24:00'
sunday = '00:00-24:00'
[schedules.front]
hours = 'always'
open = '101'
closed = 'announcement night'
[announcements.night]
prompt = 'our-night'
say = 'We are closed. You are put through to the nurse.'
then = '102'
[outside]
national = 'main'";
const TRUNK: &str = "[[trunks]]
name = \"patients\"
address = \"127.0.0.1:PORT_OUTSIDE\"";

/// Whoever calls from outside talks with this phone, and rings at no other.
fn reaches(patient: &mut Baresip, main_number: &str, phone: (&Baresip, usize)) {
    patient.order(&format!("dial {main_number}"));
    patient.wait_until_heard(phone.1);
    phone.0.wait_until_heard(PATIENT.1);
    let ended = patient.events("CALL_CLOSED");
    patient.order("hangup");
    patient.wait_for_events("CALL_CLOSED", ended + 1);
}

#[test]
fn the_key_lights_and_callers_meet_the_night_until_it_is_pressed_again() {
    let (folder, offset) = (tempfile::tempdir().expect("a temporary folder"), free_offset());
    let sample = fs::read_to_string(repository("appliance/program/src/demo/clinic.toml")).expect("the sample clinic");
    fs::write(folder.path().join("clinic.toml"), planned(&sample, PLAN, TRUNK, offset)).expect("written");
    let prompts = folder.path().join("state/prompts/en");
    fs::create_dir_all(&prompts).expect("a folder");
    let wave = |n: u32| (8_000.0 * (f64::from(n) * WORDS as f64 * std::f64::consts::TAU / 8_000.0).sin()) as i16;
    let words = Sound { rate: 8_000, samples: (0..16_000).map(wave).collect() };
    fs::write(prompts.join("our-night.wav"), words.to_wav()).expect("written");
    let demo = Demo::start_on(&folder.path().join("state"), offset);

    let main_number = format!("sip:+12025550100@127.0.0.1:{}", demo.text("/sip/udp"));
    let mut patient = Baresip::start_outside(&demo, "+12025550123", 0, PATIENT.0);
    let mut desk = Baresip::start(&demo, "101", 1, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 2, NURSE.0);
    let doctor = Phone::new(&demo, "103", 8);
    let key = [("about", "*28"), ("package", "dialog"), ("accept", "application/dialog-info+xml")];
    let watcher = doctor.watches("*28", &key);
    wait_for("the lamp is dark", SOON, || doctor.messages().contains("state=\"full\"").then_some(()));
    assert!(!doctor.messages().contains("<state>"), "{}", doctor.messages());
    reaches(&mut patient, &main_number, (&desk, DESK.1));

    // The nurse goes to bed late: whoever presses the key dials its code.
    nurse.order("dial *28");
    wait_for("the lamp is lit", SOON, || doctor.messages().contains("<state>confirmed").then_some(()));
    nurse.wait_for_events("CALL_CLOSED", 1);
    patient.order(&format!("dial {main_number}"));
    patient.wait_until_heard_in_part(WORDS);
    patient.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(PATIENT.1);
    assert_eq!(desk.events("CALL_ESTABLISHED"), 1, "the desk is left in peace at night: {}", desk.printed());
    patient.order("hangup");
    patient.wait_for_events("CALL_CLOSED", 2);
    let story = demo.story(&demo.wait_for_call(3, "+12025550100", "hung_up"));
    assert!(story.contains("the night switch says closed"), "{story}");

    nurse.order("dial *28");
    // The scenario ends when the lamp is dark.
    watcher.succeed(SOON);
    reaches(&mut patient, &main_number, (&desk, DESK.1));
}
