//! What a caller may ask of us that few do: that ringing be acknowledged (RFC 3262), and an offer of ours, which a third party hands on
//! (RFC 3725).

use std::time::Duration;

use interop::Demo;
use interop::baresip::Baresip;
use interop::sipp::Phone;

const SOON: Duration = Duration::from_secs(20);
/// The tones' periods in samples, and what that is in Hz.
const NURSE: (u16, usize) = (16, 500);
const DOCTOR: (u16, usize) = (32, 250);

#[test]
fn ringing_is_acknowledged_both_ways() {
    let demo = Demo::start();
    let (desk, nurse) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "102", 1));
    desk.register();
    nurse.register();
    let called = nurse.waits("ring_reliably");
    desk.call("call_reliably", "102");
    called.succeed(SOON);
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
}

#[test]
fn a_third_party_connects_two_phones_that_then_hear_each_other() {
    let demo = Demo::start();
    let mut nurse = Baresip::start(&demo, "102", 1, NURSE.0);
    let doctor = Baresip::start(&demo, "103", 2, DOCTOR.0);
    // The phone of 101 is a controller with two ends: SIPp's 3PCC.
    let (first, second) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "101", 1));
    first.register();
    let twin = format!("127.0.0.1:{}", demo.peer_port(380));
    let second = second.controls("third_party_second", "103", &twin);
    let first = first.controls("third_party_first", "102", &twin);
    nurse.wait_until_heard(DOCTOR.1);
    doctor.wait_until_heard(NURSE.1);
    nurse.order("hangup");
    first.succeed(SOON);
    second.succeed(SOON);
    let calls = interop::wait_for("both calls are on record", SOON, || {
        let calls = demo.api("/api/v1/calls?limit=5")["calls"].as_array().expect("a list").clone();
        (calls.len() == 2).then_some(calls)
    });
    for call in &calls {
        assert_eq!(call["end"], "hung_up", "{call}");
        demo.assert_sound_both_ways(call);
    }
}
