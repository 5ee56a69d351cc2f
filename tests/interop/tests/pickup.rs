//! Calls for one phone that are answered at another, with real phones: a colleague takes them, whoever's phone it is sends them on by a code, or
//! they follow them to where they are. Every phone has a tone of its own height, and what each hears is judged.

use std::time::Duration;

use interop::baresip::{Baresip, talk};
use interop::ear::Ear;
use interop::sipp::Phone;
use interop::spoken::Words;
use interop::{Demo, wait_for};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);
const MOBILE: (u16, usize) = (20, 400);

/// The nurse and the doctor are a group, and the nurse is led to by a menu and by a rota; her mobile phone has a trunk of its own.
const PLAN: &str = "[ringing]
seconds = 6
[extensions.600]
ring = ['102', '103']
[extensions.601]
to = 'menu main'
[menus.main]
prompt = 'menu_practice'
keys = { 2 = '102' }
nobody = 'hang up'
[extensions.602]
to = 'rota nurses'
[rotas.nurses]
turns = ['102']
seconds = 30
nobody = 'hang up'
[outside]
national = 'main'
[[rights]]
numbers = ['+12025550188']
over = 'mobile'";
const TRUNK: &str = "[[trunks]]
name = \"mobile\"
address = \"127.0.0.1:PORT_OUTSIDE\"";

/// What a phone is told that another has taken the call (RFC 3326): it then lists none that it missed.
const ELSEWHERE: &str = "Reason: SIP;cause=200;text=\"Call completed elsewhere\"";

fn demo() -> Demo {
    Demo::start_planned(PLAN, TRUNK)
}

/// The desk, which calls; the nurse, whose phone rings until somebody takes the call; and the doctor, who answers at once.
fn phones(demo: &Demo) -> (Baresip, Baresip, Baresip) {
    let desk = Baresip::start(demo, "101", 1, DESK.0);
    let nurse = Baresip::start_by_hand(demo, "102", 2, NURSE.0);
    (desk, nurse, Baresip::start(demo, "103", 3, DOCTOR.0))
}

/// The phone at the end of the trunk, which answers at once.
fn mobile(demo: &Demo) -> Baresip {
    Baresip::start_outside(demo, "+12025550188", 0, MOBILE.0)
}

/// Dials a code, hears that it is done, and is hung up on.
fn switches(phone: &mut Baresip, code: &str) {
    let (calls, ended) = (phone.events("CALL_ESTABLISHED"), phone.events("CALL_CLOSED"));
    phone.order(&format!("dial {code}"));
    phone.wait_for_events("CALL_ESTABLISHED", calls + 1);
    phone.wait_for_events("CALL_CLOSED", ended + 1);
}

/// A call for the nurse rings at her phone, and the doctor takes it by this code.
fn taken_by(code: &str) {
    let demo = demo();
    let (mut desk, mut nurse, mut doctor) = phones(&demo);
    desk.order("dial 102");
    nurse.wait_for_events("CALL_INCOMING", 1);
    desk.wait_for_events("CALL_RINGING", 1);
    doctor.order(&format!("dial {code}"));
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    nurse.wait_for_events("CALL_CLOSED", 1);
    assert!(nurse.events("CALL_ESTABLISHED") == 0 && nurse.printed().contains(ELSEWHERE), "{}", nurse.printed());
    doctor.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
    let story = demo.story(&demo.wait_for_call(1, "103", "hung_up"));
    assert!(story.contains("Picked up by Office manager"), "{story}");
}

#[test]
fn a_colleague_takes_the_call_from_the_phone_that_they_name() {
    taken_by("**102");
}

#[test]
fn a_colleague_takes_whatever_call_rings_in_their_group() {
    taken_by("*8");
}

/// The plan has answered the caller of this number, who presses these keys, and rings at the nurse's phone: the doctor takes the call from there,
/// and talks with the caller without more.
fn taken_from_the_plan(number: &str, words: &str, keys: &str) {
    let demo = demo();
    let (mut desk, mut nurse, mut doctor) = phones(&demo);
    desk.order(&format!("dial {number}"));
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    desk.wait_until_told(&Words::of(&demo, words), 0);
    desk.press(keys);
    nurse.wait_for_events("CALL_INCOMING", 1);
    doctor.order("dial **102");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    nurse.wait_for_events("CALL_CLOSED", 1);
    assert!(nurse.events("CALL_ESTABLISHED") == 0 && nurse.printed().contains(ELSEWHERE), "{}", nurse.printed());
    desk.order("hangup");
    doctor.wait_for_events("CALL_CLOSED", 1);
    let story = demo.story(&demo.wait_for_call(1, number, "hung_up"));
    assert!(story.contains("Picked up by Office manager") && !story.contains("asked to press 1"), "{story}");
}

#[test]
fn a_colleague_takes_the_call_of_whoever_chose_from_a_menu() {
    taken_from_the_plan("601", "en.menu_practice", "2");
}

#[test]
fn a_colleague_takes_the_call_from_whose_turn_it_is_and_is_not_asked_for_a_key() {
    taken_from_the_plan("602", "en.please_hold", "");
}

#[test]
fn calls_go_where_a_phone_sends_them_until_it_takes_that_back() {
    let demo = demo();
    let (mut desk, mut nurse, doctor) = phones(&demo);
    switches(&mut nurse, "*72103");
    desk.order("dial 102");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    assert_eq!(nurse.events("CALL_INCOMING"), 0, "{}", nurse.printed());
    desk.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
    switches(&mut nurse, "*73");
    desk.order("dial 102");
    nurse.wait_for_events("CALL_INCOMING", 1);
    nurse.order("accept");
    talk((&desk, DESK.1), (&nurse, NURSE.1));
}

/// The nurse's phone sends calls to the doctor in one case alone, by this code. `happens` makes that the case while the phone rings.
fn sent_on(code: &str, happens: impl FnOnce(&mut Baresip)) {
    let demo = demo();
    let (mut desk, mut nurse, mut doctor) = phones(&demo);
    switches(&mut nurse, &format!("{code}103"));
    desk.order("dial 102");
    nurse.wait_for_events("CALL_INCOMING", 1);
    assert_eq!(doctor.events("CALL_ESTABLISHED"), 0, "{}", doctor.printed());
    happens(&mut nurse);
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    assert!(!nurse.printed().contains(ELSEWHERE), "the nurse missed that call: {}", nurse.printed());
}

#[test]
fn a_call_that_meets_a_busy_phone_goes_where_that_phone_sends_it() {
    // What baresip says who refuses is 486.
    sent_on("*90", |nurse| nurse.order("hangup"));
}

#[test]
fn a_call_that_nobody_answers_goes_where_the_phone_sends_it() {
    sent_on("*92", |nurse| nurse.wait_for_events("CALL_CLOSED", 2));
}

#[test]
fn a_call_for_a_phone_that_is_switched_off_goes_where_that_phone_sends_it() {
    let demo = demo();
    let (mut desk, mut nurse, doctor) = phones(&demo);
    switches(&mut nurse, "*94103");
    nurse.order("quit");
    wait_for("it is gone", Duration::from_secs(30), || (demo.registered("102") == 0).then_some(()));
    desk.order("dial 102");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
}

#[test]
fn nobody_rings_at_a_phone_that_is_not_to_be_disturbed_and_its_group_takes_the_calls() {
    let demo = demo();
    let (mut desk, mut nurse, doctor) = phones(&demo);
    switches(&mut nurse, "*78");
    desk.order("dial 600");
    talk((&desk, DESK.1), (&doctor, DOCTOR.1));
    desk.order("hangup");
    desk.wait_for_events("CALL_CLOSED", 1);
    desk.order("dial 102");
    desk.wait_for_events("CALL_CLOSED", 2);
    assert_eq!(nurse.events("CALL_INCOMING"), 0, "{}", nurse.printed());
    switches(&mut nurse, "*79");
    desk.order("dial 102");
    nurse.wait_for_events("CALL_INCOMING", 1);
    nurse.order("accept");
    talk((&desk, DESK.1), (&nurse, NURSE.1));
}

/// The desk calls the nurse, who has switched on her mobile phone by this code: those three.
fn called(demo: &Demo, code: &str) -> [Baresip; 3] {
    let (mut desk, mut nurse, _doctor) = phones(demo);
    let mobile = mobile(demo);
    switches(&mut nurse, code);
    desk.order("dial 102");
    [desk, nurse, mobile]
}

/// Whoever answers outside is asked, hears nothing of the caller until they press 1, and then talks with them.
fn takes_it_outside(desk: &mut Baresip, mobile: &mut Baresip) {
    mobile.wait_for_events("CALL_ESTABLISHED", 1);
    mobile.wait_until_spoken_to();
    assert_eq!(desk.events("CALL_ESTABLISHED"), 0, "{}", desk.printed());
    mobile.order("sndcode 1");
    talk((desk, DESK.1), (mobile, MOBILE.1));
}

#[test]
fn a_mobile_phone_rings_beside_the_desk_and_takes_the_call_by_pressing_1() {
    let demo = demo();
    let [mut desk, mut nurse, mut mobile] = called(&demo, "*8512025550188");
    nurse.wait_for_events("CALL_INCOMING", 1);
    takes_it_outside(&mut desk, &mut mobile);
    nurse.wait_for_events("CALL_CLOSED", 2);
    assert!(nurse.printed().contains(ELSEWHERE), "{}", nurse.printed());
}

#[test]
fn the_desk_takes_the_call_while_the_mobile_phone_beside_it_is_still_asked() {
    let demo = demo();
    let [desk, mut nurse, mut mobile] = called(&demo, "*8512025550188");
    nurse.wait_for_events("CALL_INCOMING", 1);
    mobile.wait_until_spoken_to();
    nurse.order("accept");
    mobile.wait_for_events("CALL_CLOSED", 1);
    talk((&desk, DESK.1), (&nurse, NURSE.1));
    // Not a packet of whoever was asked: this phone is deaf after two streams in one call, where the numbers of the second are the lower ones.
    assert!(!desk.printed().contains("SSRC changed"), "{}", desk.printed());
}

#[test]
fn a_call_that_nobody_answers_at_the_desk_finds_its_person_outside() {
    let demo = demo();
    let [mut desk, mut nurse, mut mobile] = called(&demo, "*9212025550188");
    nurse.wait_for_events("CALL_CLOSED", 2);
    assert_eq!(nurse.events("CALL_INCOMING"), 1, "{}", nurse.printed());
    takes_it_outside(&mut desk, &mut mobile);
}

/// What she hears is one stream all the time, though each of the two has numbers of its own. (Her phone hears on after two that follow each other, and
/// says so. Others take that for loss.)
#[test]
fn whoever_talks_hears_the_phone_that_takes_the_place_of_the_other_in_the_midst_of_the_call() {
    let demo = Demo::start();
    let mut nurse = Baresip::start(&demo, "102", 2, NURSE.0);
    let [desk, doctor] = [("101", 0), ("103", 1)].map(|(user, n)| Phone::new(&demo, user, n));
    desk.register();
    doctor.register();
    let at_desk = Ear::that_says(desk.ear(), DESK.0.into()).in_a_stream(1, 30_000);
    let at_doctor = Ear::that_says(doctor.ear(), DOCTOR.0.into()).in_a_stream(2, 100);
    let calls = desk.start_with_ear("call_by_tones", "102");
    at_desk.speaking(|| nurse.wait_until_heard(DESK.1));
    let takes_over = doctor.takes_over("101", &desk);
    at_doctor.speaking(|| nurse.wait_until_heard(DOCTOR.1));
    at_doctor.hears(NURSE.1);
    assert!(!nurse.printed().contains("SSRC changed"), "{}", nurse.printed());
    nurse.order("hangup");
    for peer in [calls, takes_over] {
        peer.succeed(Duration::from_secs(10));
    }
    let call = demo.wait_for_call(1, "102", "hung_up");
    assert!(demo.story(&call).contains("took the call over from"), "{}", demo.story(&call));
}
