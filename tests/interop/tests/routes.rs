//! Kamailio on the way: before the phones, in the path of their registrations and in the route of their calls, and as a carrier that routes
//! strictly. It refuses what leaves out the way that it recorded.

use std::time::Duration;

use interop::baresip::Baresip;
use interop::kamailio::Kamailio;
use interop::sipp::Phone;
use interop::{Demo, free_offset};

const SOON: Duration = Duration::from_secs(10);
/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);

#[test]
fn phones_behind_a_proxy_call_and_are_called_by_the_way_that_it_records() {
    let demo = Demo::start();
    let (edge_port, frontdesk) = (demo.peer_port(390), demo.text("/sip/udp"));
    let keys = [("FRONTDESK_PORT", frontdesk.clone()), ("EDGE_PORT", edge_port.to_string())];
    let edge = Kamailio::start("edge", edge_port, &keys);
    let mut desk = Baresip::start_behind(&demo, edge_port, "101", 0, DESK.0);
    let mut nurse = Baresip::start_behind(&demo, edge_port, "102", 1, NURSE.0);

    desk.order("dial 102");
    nurse.wait_for_events("CALL_ESTABLISHED", 1);
    desk.wait_until_heard(NURSE.1);
    nurse.wait_until_heard(DESK.1);
    // A re-INVITE of each side, and the goodbye of the one that was called.
    desk.order("hold");
    desk.assert_silent();
    desk.order("resume");
    nurse.order("hold");
    nurse.assert_silent();
    nurse.order("hangup");
    let call = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&call);
    // The other way round, and the goodbye of the one that called.
    nurse.order("dial 101");
    desk.wait_for_events("CALL_ESTABLISHED", 2);
    nurse.order("hangup");
    demo.wait_for_call(2, "101", "hung_up");

    let log = edge.peer.printed();
    assert!(!log.contains("UNROUTED"), "{log}");
    for method in ["INVITE", "ACK", "BYE"] {
        let ours = |line: &&str| line.ends_with(&format!(" from 127.0.0.1:{frontdesk}"));
        let of_method = |line: &&str| line.contains(&format!("ROUTED {method} "));
        let (from_us, from_phones): (Vec<_>, Vec<_>) = log.lines().filter(of_method).partition(|line| ours(line));
        assert!(!from_us.is_empty() && !from_phones.is_empty(), "{method}: {log}");
    }
}

#[test]
fn a_carrier_that_routes_strictly_finds_itself_in_every_request() {
    let offset = free_offset();
    let port = |n: u16| 6100 + offset + n;
    let keys = [
        ("FRONTDESK_PORT", (5060 + offset).to_string()),
        ("CALLED_PORT", port(0).to_string()),
        ("OWN_PORT", port(390).to_string()),
    ];
    let carrier = Kamailio::start("strict", port(390), &keys);
    let demo = Demo::start_with_trunks(
        &format!("[[trunks]]\nname = \"main\"\naddress = \"127.0.0.1:{}\"\n", port(390)),
        offset,
    );
    let desk = Phone::new(&demo, "101", 2);
    desk.register();

    let called = Phone::with_password(&demo, "outside", "", 0);
    let answering = called.waits("answer");
    desk.call("call", "12025550123");
    answering.succeed(SOON);
    let ended = demo.wait_for_call(1, "+12025550123", "hung_up");
    demo.assert_sound_both_ways(&ended);

    let answering = desk.waits("answer_and_hang_up");
    let caller = Phone::with_password(&demo, "outside", "", 1);
    caller.call_at(&format!("127.0.0.1:{}", port(390)), "outside_until_told", "+12025550100");
    answering.succeed(SOON);
    demo.wait_for_call(2, "+12025550100", "hung_up");

    let log = carrier.peer.printed();
    assert!(!log.contains("UNROUTED"), "{log}");
    let strictly = |method: &str| {
        let line = format!("ROUTED {method} sip:127.0.0.1:{} from 127.0.0.1:{}", port(390), 5060 + offset);
        log.lines().filter(|l| l.ends_with(&line)).count()
    };
    assert!(strictly("ACK") == 1 && strictly("BYE") == 2, "{log}");
}
