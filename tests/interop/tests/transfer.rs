//! Hold and transfer between real phones: SIPp, and baresip (whose version 1.0 can transfer blindly, and keeps no record of what it hears
//! after its first re-INVITE; there the ear of a SIPp phone listens). After each, the two that remain must hear each other: every phone
//! plays a tone of its own height, and what a phone hears is judged.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::ear::Ear;
use interop::sipp::Phone;
use interop::{Demo, Peer};

/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

#[test]
fn baresip_holds_and_takes_back() {
    let demo = Demo::start();
    let (nurse, ear, held) = nurse(&demo);
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    desk.order("dial 102");
    ear.hears(DESK.1);
    desk.order("hold");
    ear.hears_other_than(DESK.1);
    desk.order("resume");
    ear.hears(DESK.1);
    desk.order("hangup");
    ended(held);
    let received = nurse.received();
    assert!(received.iter().any(|m| m.contains("\na=sendonly")), "it was told of the hold: {received:#?}");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    let story = demo.story(&call);
    assert!(story.contains("put the call on hold") && story.contains("took the call back"), "{story}");
}

#[test]
fn baresip_is_told_of_a_hold() {
    let demo = Demo::start();
    let desk = Phone::new(&demo, "101", 6);
    desk.register();
    let nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    desk.call("hold", "102");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    assert!(nurse.printed().matches("got re-INVITE").count() >= 2, "{}", nurse.printed());
}

#[test]
fn baresip_transfers_blindly() {
    let demo = Demo::start();
    let mut desk = Baresip::start(&demo, "101", 0, DESK.0);
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    nurse.order("dial 101");
    desk.wait_for_events("CALL_ESTABLISHED", 1);
    nurse.wait_until_heard(DESK.1);
    desk.order("transfer 103");
    doctor.wait_for_events("CALL_ESTABLISHED", 1);
    desk.wait_for_events("CALL_CLOSED", 1);
    nurse.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(NURSE.1);
    nurse.order("hangup");
    let call = demo.wait_for_call(1, "103", "hung_up");
    assert_eq!(call["from"]["number"], "102");
    assert!(demo.story(&call).contains("Transferred by"), "{}", demo.story(&call));
}

#[test]
fn sipp_holds_takes_back_and_asks_for_an_offer() {
    let demo = Demo::start();
    let (_nurse, ear, mut held) = nurse(&demo);
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    let holds = desk.start("hold", "102");
    ear.echo_until("the call is over", || held.end(Duration::ZERO).is_some());
    ended(holds);
    ended(held);
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
}

#[test]
fn sipp_transfers_blindly() {
    let demo = Demo::start();
    let (_nurse, ear, held) = nurse(&demo);
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    desk.transfer("transfer", "102", "103");
    hear_each_other(&ear, &doctor);
    doctor.order("hangup");
    ended(held);
    let call = demo.wait_for_call(1, "102", "hung_up");
    assert_eq!(call["from"]["number"], "103", "the one who transferred has left: {call}");
}

#[test]
fn a_transfer_to_a_busy_phone_leaves_the_two_as_they_were_where_nobody_has_a_mailbox() {
    let plan = "plan = \"\"\"\n[outside]\nnational = 'main'\n\"\"\"";
    let without = |sample: &str| sample.replacen("plan = \"solo-practice\"", plan, 1);
    let demo = Demo::start_changed(interop::free_offset(), without);
    let (_nurse, ear, mut held) = nurse(&demo);
    let (desk, doctor) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "103", 7));
    desk.register();
    doctor.register();
    let busy = doctor.waits("refuse_busy");
    let transfers = desk.start_transfer("transfer_busy", "102", "103");
    ear.echo_until("the call is over", || held.end(Duration::ZERO).is_some());
    for peer in [transfers, busy, held] {
        ended(peer);
    }
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    assert!(demo.story(&call).contains("The transfer failed"), "{}", demo.story(&call));
}

#[test]
fn sipp_connects_its_two_calls() {
    let demo = Demo::start();
    let (_nurse, ear, held) = nurse(&demo);
    let desk = Phone::new(&demo, "101", 0).signing_the_server();
    desk.register();
    let mut doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    desk.transfer("transfer_attended", "102", "103");
    hear_each_other(&ear, &doctor);
    doctor.order("hangup");
    ended(held);
    let asked = demo.wait_for_call(2, "103", "hung_up");
    assert_eq!(asked["from"]["number"], "101");
    let joined = demo.api("/api/v1/calls?limit=50")["calls"][1].clone();
    let ends = (&joined["from"]["number"], &joined["to"]["number"]);
    assert_eq!(ends, (&"103".into(), &"102".into()), "the one who connected them has left: {joined}");
}

/// 102 is a SIPp phone that is held and taken back, with an ear.
fn nurse(demo: &Demo) -> (Phone, Ear, Peer) {
    let nurse = Phone::new(demo, "102", 6);
    nurse.register();
    let ear = Ear::at(nurse.ear());
    let held = nurse.waits("be_held");
    (nurse, ear, held)
}

/// The ear hears the doctor's tone and sends it back, and the doctor hears it.
fn hear_each_other(ear: &Ear, doctor: &Baresip) {
    ear.hears(DOCTOR.1);
    std::thread::scope(|scope| {
        let hears = scope.spawn(|| doctor.wait_until_heard(DOCTOR.1));
        ear.echo_until("the doctor hears", || hears.is_finished());
        hears.join().expect("the doctor hears their own tone");
    });
}

fn ended(peer: Peer) {
    peer.succeed(Duration::from_secs(10));
}
