//! Somebody is announced to a step of the plan, with a real phone: Linphone has a caller on hold, calls the step on its second line, hears where it is,
//! and connects the two (REFER with Replaces). Whoever was held is there then. Every phone has a tone of its own height, and what each hears is judged;
//! of a mailbox, what is in it.

use std::time::Duration;

use interop::baresip::{Baresip, pitch};
use interop::linphone::{Linphone, Manner};
use interop::sipp::Phone;
use interop::spoken::Words;
use interop::toned::Toned;
use interop::{Demo, Peer, wait_for};

const SOON: Duration = Duration::from_secs(20);
/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: usize = 500;
const DOCTOR: (u16, usize) = (32, 250);

const PLAN: &str = "[extensions.600]
to = 'menu main'
[menus.main]
prompt = 'menu_practice'
keys = { 1 = '102' }
seconds = 2
times = 1
nobody = '103'
[extensions.601]
to = 'rota doctor'
[rotas.doctor]
turns = ['103']
since = '2026-11-16'
[extensions.602]
to = 'queue desk'
[queues.desk]
ring = ['103']
[extensions.603]
to = 'voicemail 103'
[voicemail]
people = ['103']
[extensions.604]
to = 'announcement closed'
[announcements.closed]
prompt = 'clinic_closed'
then = '103'
[rooms.800]
pin = '2468'
[outside]
national = 'main'";

/// 102 is a SIPp phone that knows no telephone events, whose sound is here.
fn nurse(demo: &Demo) -> (Toned, Peer) {
    let nurse = Phone::new(demo, "102", 6);
    nurse.register();
    (Toned::at(nurse.ear(), NURSE), nurse.waits("be_held"))
}

/// The desk talks with the nurse, holds that call and calls this number.
fn calls_with_the_nurse_on_hold(demo: &Demo, sound: &mut Toned, number: &str) -> Linphone {
    let mut desk = Linphone::start(demo, "101", 0, DESK.0, Manner::G711);
    desk.tell("call sip:102@clinic.demo");
    sound.wait_until_heard(DESK.1);
    desk.wait_until_heard(NURSE);
    desk.tell("pause");
    sound.wait_until_heard_other_than(DESK.1);
    desk.tell(&format!("call sip:{number}@clinic.demo"));
    desk
}

/// Lets the nurse take its place there, and is in no call then.
fn connects(desk: &mut Linphone, number: &str) {
    desk.tell("transfer 1 --to-call 2");
    desk.wait_until_printed("Call 1 with sip:102@clinic.demo ended");
    desk.wait_until_printed(&format!("Call 2 with sip:{number}@clinic.demo ended"));
}

/// The nurse and the doctor hear each other until the doctor hangs up.
fn talk(sound: &mut Toned, doctor: &mut Baresip, held: Peer) {
    sound.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(NURSE);
    doctor.order("hangup");
    held.succeed(SOON);
}

/// The page of the call that the desk made and the nurse had, which is the last of so many.
fn handed_over(demo: &Demo, calls: usize, number: &str) -> String {
    let story = demo.story(&demo.wait_for_call(calls, number, "hung_up"));
    assert!(story.contains("Front desk hands this call over to Nurse"), "{story}");
    story
}

#[test]
fn to_a_queue_and_whoever_takes_its_next_call_talks_with_them() {
    let demo = Demo::start_planned(PLAN, "");
    let (mut sound, held) = nurse(&demo);
    let mut doctor = Baresip::start_by_hand(&demo, "103", 2, DOCTOR.0);
    let mut desk = calls_with_the_nurse_on_hold(&demo, &mut sound, "602");
    doctor.wait_for_events("CALL_INCOMING", 1);
    connects(&mut desk, "602");
    // Their place was kept: the phone that rang for the desk rings on.
    assert_eq!((doctor.events("CALL_INCOMING"), doctor.events("CALL_CLOSED")), (1, 0), "{}", doctor.printed());
    doctor.order("accept");
    talk(&mut sound, &mut doctor, held);
    desk.quit();
    handed_over(&demo, 2, "602");
}

#[test]
fn to_a_menu_which_begins_anew_and_goes_on_by_the_plan() {
    let demo = Demo::start_planned(PLAN, "");
    let (mut sound, held) = nurse(&demo);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let mut desk = calls_with_the_nurse_on_hold(&demo, &mut sound, "600");
    desk.wait_until_printed("Call 2 with sip:600@clinic.demo connected");
    connects(&mut desk, "600");
    talk(&mut sound, &mut doctor, held);
    desk.quit();
    let story = handed_over(&demo, 2, "600");
    assert_eq!(story.matches("The menu main answered").count(), 2, "{story}");
}

/// The desk types the PIN, and whom it brings need not.
#[test]
fn to_a_room_whose_pin_whoever_announces_them_has_typed() {
    let demo = Demo::start_planned(PLAN, "");
    let (mut sound, held) = nurse(&demo);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    doctor.order("dial 800");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    doctor.press("2468");
    let mut desk = calls_with_the_nurse_on_hold(&demo, &mut sound, "800");
    desk.wait_until_printed("Call 2 with sip:800@clinic.demo connected");
    desk.tell("2468");
    desk.wait_until_heard(DOCTOR.1);
    connects(&mut desk, "800");
    sound.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(NURSE);
    desk.quit();
    // In a room each has a call of their own: whoever is left alone is left in it until the box ends.
    doctor.order("hangup");
    drop(demo);
    held.succeed(SOON);
}

/// The phone of whoever is on call rings on, and who is there is theirs only once they have said that they take the call.
#[test]
fn to_a_rota_and_whoever_is_on_call_talks_with_them_after_the_key() {
    let demo = Demo::start_planned(PLAN, "");
    let take_call = Words::of(&demo, "en.take_call");
    let (mut sound, held) = nurse(&demo);
    let mut doctor = Baresip::start_by_hand(&demo, "103", 2, DOCTOR.0);
    let mut desk = calls_with_the_nurse_on_hold(&demo, &mut sound, "601");
    doctor.wait_for_events("CALL_INCOMING", 1);
    connects(&mut desk, "601");
    assert_eq!((doctor.events("CALL_INCOMING"), doctor.events("CALL_CLOSED")), (1, 0), "{}", doctor.printed());
    doctor.order("accept");
    doctor.wait_until_told(&take_call, 0);
    sound.wait_until_heard_other_than(DOCTOR.1);
    doctor.press("1");
    talk(&mut sound, &mut doctor, held);
    desk.quit();
    let story = handed_over(&demo, 2, "601");
    assert!(story.contains("Office manager takes the call"), "{story}");
}

#[test]
fn to_an_announcement_which_they_hear_from_its_beginning_and_are_led_on() {
    let demo = Demo::start_planned(PLAN, "");
    let closed = Words::of(&demo, "en.clinic_closed");
    let (mut sound, held) = nurse(&demo);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let mut desk = calls_with_the_nurse_on_hold(&demo, &mut sound, "604");
    desk.wait_until_printed("Call 2 with sip:604@clinic.demo connected");
    let before = sound.heard().len();
    connects(&mut desk, "604");
    sound.wait_until_told(&closed, before);
    talk(&mut sound, &mut doctor, held);
    desk.quit();
    let story = handed_over(&demo, 2, "604");
    assert_eq!(story.matches("The caller hears the announcement closed<").count(), 2, "{story}");
}

#[test]
fn to_a_mailbox_which_greets_them_and_keeps_what_they_say() {
    let demo = Demo::start_planned(PLAN, "");
    let words = |key: &str| Words::of(&demo, key);
    let (mut sound, held) = nurse(&demo);
    let mut desk = calls_with_the_nurse_on_hold(&demo, &mut sound, "603");
    desk.wait_until_printed("Call 2 with sip:603@clinic.demo connected");
    let before = sound.heard().len();
    connects(&mut desk, "603");
    let greeted = sound.wait_until_told(&words("en.leave_a_message"), before).end;
    sound.wait_until_beeped(greeted);
    sound.speaks_to_silence();
    sound.speaks_to_silence();
    sound.presses("#");
    let offered = sound.wait_until_told(&words("en.message_options"), greeted).end;
    sound.presses("1");
    sound.wait_until_told(&words("en.message_saved"), offered);
    held.succeed(SOON);
    desk.quit();
    handed_over(&demo, 2, "603");
    let kept = wait_for("the message", SOON, || demo.api("/api/v1/voicemails")["voicemails"].get(0).cloned());
    assert_eq!(kept["from"]["number"], "102", "{kept}");
    let id = kept["id"].as_str().expect("an id");
    let wav = demo.get(&format!("/api/v1/voicemails/{id}/message.wav"));
    let said: Vec<i16> = wav[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    let height = said.get(4000..12_000).map(pitch);
    assert!(height.is_some_and(|hertz| (450..550).contains(&hertz)), "{height:?} Hz in {} samples", said.len());
}
