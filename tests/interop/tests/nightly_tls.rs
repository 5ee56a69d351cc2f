//! SIPp over TLS, which checks the box's certificate: registering, calls both ways, hold, transfer and two calls connected by a third
//! party; and sound that is encrypted (SRTP with keys in the signalling): where it calls, judged by SIPp's own comparison of what comes back, and where
//! it is called, by a phone that hears what SIPp has opened and sealed.

use std::time::Duration;

use interop::authority::Authority;
use interop::baresip::Baresip;
use interop::ear::Ear;
use interop::sipp::Phone;
use interop::{Demo, free_offset, wait_for};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(10);
/// A phone that stays for its call ends with it, or twenty seconds after it has registered.
const STAY: Duration = Duration::from_secs(40);
/// The tones' periods in samples, and what that is in Hz.
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

fn phone(demo: &Demo, user: &str, n: u16) -> Phone {
    Phone::new(demo, user, n).over_tls(demo)
}

/// Whether the sound of the caller and of the called side was encrypted, by the call's page.
fn encrypted(demo: &Demo, call: &Value) -> [bool; 2] {
    let story = demo.story(call);
    let caller = story.split("Sound from the caller").nth(1).expect("the caller was heard");
    let (caller, called) = caller.split_once("Sound from the called side").expect("the called side was heard");
    [caller, called].map(|side| side.contains("Encrypted, AES"))
}

#[test]
#[ignore = "nightly: needs Debian sid's SIPp (cargo xtask sid)"]
fn phones_register_and_believe_only_the_clinics_authority() {
    let demo = Demo::start();
    let desk = phone(&demo, "101", 0);
    desk.register();
    wait_for("101 is registered", SOON, || (demo.registered("101") == 1).then_some(()));
    assert!(desk.messages().contains("SIP/2.0/TLS"), "it went over TLS");
    desk.run("register", &[("expires", "0")]);
    wait_for("101 has gone", SOON, || (demo.registered("101") == 0).then_some(()));

    let wrong = Phone::with_password(&demo, "101", "not-the-password", 1).over_tls(&demo);
    wrong.run("register_refused", &[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let _another = Authority::new(folder.path());
    let authority = folder.path().join("authority.pem").display().to_string();
    let doubting = Phone::new(&demo, "101", 2).over_tls_trusting(&demo, &authority);
    let said = doubting.fails("register", &[("expires", "300")]);
    assert!(said.contains("TLS verification error"), "{said}");
    assert_eq!(demo.registered("101"), 0);
}

#[test]
#[ignore = "nightly: needs Debian sid's SIPp (cargo xtask sid)"]
fn two_phones_call_each_other_over_their_own_connections() {
    let demo = Demo::start();
    let (desk, nurse) = (phone(&demo, "101", 0), phone(&demo, "102", 1));
    let answering = nurse.stays(&demo, "answer");
    desk.call("call", "102");
    answering.succeed(STAY);
    let ended = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&ended);
    let came = nurse.received();
    for method in ["INVITE", "ACK", "BYE"] {
        assert!(came.iter().any(|message| message.starts_with(&format!("{method} sip:"))), "no {method}: {came:#?}");
    }

    let answering = desk.stays(&demo, "answer_and_hang_up");
    nurse.call("call_until_told", "101");
    answering.succeed(STAY);
    demo.wait_for_call(2, "101", "hung_up");
}

#[test]
#[ignore = "nightly: needs Debian sid's SIPp (cargo xtask sid)"]
fn a_phone_holds_takes_back_and_asks_for_an_offer() {
    let demo = Demo::start();
    let (desk, nurse) = (phone(&demo, "101", 0), phone(&demo, "102", 6));
    let ear = Ear::at(nurse.ear());
    let mut held = nurse.stays(&demo, "be_held");
    let mut holds = desk.start("hold", "102");
    ear.echo_until("the call is over", || holds.end(Duration::ZERO).is_some());
    holds.succeed(SOON);
    assert!(held.end(STAY).is_some_and(|status| status.success()), "{}", held.printed());
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
}

#[test]
#[ignore = "nightly: needs Debian sid's SIPp (cargo xtask sid)"]
fn a_phone_transfers_and_the_other_two_hear_each_other() {
    let demo = Demo::start();
    let (desk, nurse) = (phone(&demo, "101", 0), phone(&demo, "102", 6));
    let ear = Ear::at(nurse.ear());
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let held = nurse.stays(&demo, "be_held");
    desk.transfer("transfer", "102", "103");
    ear.hears(DOCTOR.1);
    std::thread::scope(|scope| {
        let hears = scope.spawn(|| doctor.wait_until_heard(DOCTOR.1));
        ear.echo_until("the doctor hears", || hears.is_finished());
        hears.join().expect("the doctor hears their own tone");
    });
    doctor.order("hangup");
    held.succeed(STAY);
    let call = demo.wait_for_call(1, "102", "hung_up");
    assert_eq!(call["from"]["number"], "103", "the one who transferred has left: {call}");
}

#[test]
#[ignore = "nightly: needs Debian sid's SIPp (cargo xtask sid)"]
fn a_third_party_connects_two_phones_that_then_hear_each_other() {
    let demo = Demo::start();
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    let (first, second) = (phone(&demo, "101", 0), phone(&demo, "101", 1));
    first.register();
    let twin = format!("127.0.0.1:{}", demo.peer_port(380));
    let second = second.controls("third_party_second", "103", &twin);
    let first = first.controls("third_party_first", "102", &twin);
    nurse.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(NURSE.1);
    nurse.order("hangup");
    first.succeed(SOON);
    second.succeed(SOON);
    let both = || (demo.api("/api/v1/calls?limit=5")["calls"].as_array()?.len() == 2).then_some(());
    wait_for("both calls are on record", SOON, both);
}

#[test]
#[ignore = "nightly: needs Debian sid's SIPp (cargo xtask sid)"]
fn the_echo_and_a_plain_phone_give_back_encrypted_sound_and_a_mailbox_does_not() {
    let demo = Demo::start();
    let (desk, plain) = (phone(&demo, "101", 0), Phone::new(&demo, "102", 1));
    assert!(desk.hears_itself("call_encrypted", "*43"), "the echo gives back what was said");
    let call = demo.wait_for_call(1, "*43", "hung_up");
    assert!(demo.story(&call).contains("Encrypted, AES"), "{}", demo.story(&call));

    plain.register();
    let echoing = plain.waits("answer");
    assert!(desk.hears_itself("call_encrypted", "102"), "a plain phone gives back what was said");
    echoing.succeed(SOON);
    let call = demo.wait_for_call(2, "102", "hung_up");
    assert_eq!(encrypted(&demo, &call), [true, false], "{}", demo.story(&call));

    // The comparison can fail.
    assert!(!desk.hears_itself("call_encrypted", "103"), "a mailbox is no echo");
}

/// SIPp knows AES-CM alone, the second key of our offer.
#[test]
#[ignore = "nightly: needs Debian sid's SIPp (cargo xtask sid)"]
fn an_encrypted_phone_that_is_called_gives_back_what_it_hears() {
    let demo = Demo::start_changed(free_offset(), |sample| {
        sample.replace("name = \"Nurse\"", "name = \"Nurse\"\nmedia = \"srtp\"")
    });
    let nurse = Phone::new(&demo, "102", 0).newest();
    nurse.register();
    let answering = nurse.waits("answer_encrypted");
    let mut desk = Baresip::start(&demo, "101", 1, DOCTOR.0);
    desk.order("dial 102");
    desk.wait_until_heard(DOCTOR.1);
    desk.order("hangup");
    answering.succeed(SOON);
    let call = demo.wait_for_call(1, "102", "hung_up");
    assert_eq!(encrypted(&demo, &call), [false, true], "{}", demo.story(&call));
}
