//! A carrier that is a name: dnsmasq says where it is (NAPTR, SRV, addresses), and its first server dies.

use std::collections::BTreeSet;
use std::net::UdpSocket;
use std::time::Duration;

use interop::names::Names;
use interop::sipp::Phone;
use interop::{Demo, free_offset, wait_for};

const SOON: Duration = Duration::from_secs(10);
const NUMBER: &str = "12025550123";

#[test]
fn the_second_server_takes_the_calls_of_one_that_is_dead_and_the_dead_one_is_remembered() {
    let offset = free_offset();
    let port = |n: u16| 6100 + offset + n;
    // Behind the second name stands the demo's own carrier.
    let (first, second) = (port(0), 5070 + offset);
    let records = [
        "naptr-record=carrier.test,10,10,S,SIP+D2U,,_sip._udp.carrier.test".to_owned(),
        format!("srv-host=_sip._udp.carrier.test,one.carrier.test,{first},10,1"),
        format!("srv-host=_sip._udp.carrier.test,two.carrier.test,{second},20,1"),
        "host-record=one.carrier.test,127.0.0.1".to_owned(),
        "host-record=two.carrier.test,127.0.0.1".to_owned(),
    ];
    let names = Names::start(port(399), &records);
    let trunk = "[[trunks]]\nname = \"main\"\naddress = \"carrier.test\"\n";
    let demo = Demo::start_with(trunk, offset, Some(port(399)));
    let known = || ["[NAPTR] carrier.test", "two.carrier.test is 127.0.0.1"].iter().all(|l| names.log().contains(l));
    wait_for("the carrier's servers are known", SOON, || known().then_some(()));
    let desk = Phone::new(&demo, "101", 2);
    desk.register();

    let called = Phone::with_password(&demo, "outside", "", 0);
    let answering = called.waits("answer");
    desk.call("call", NUMBER);
    answering.succeed(SOON);
    demo.wait_for_call(1, &format!("+{NUMBER}"), "hung_up");

    // It takes everything and says nothing.
    let dead = UdpSocket::bind(("127.0.0.1", first)).expect("SIPp has left");
    dead.set_read_timeout(Some(Duration::from_millis(1))).expect("a time");
    desk.call("call", NUMBER);
    let call = demo.wait_for_call(2, &format!("+{NUMBER}"), "hung_up");
    demo.assert_sound_both_ways(&call);
    let story = demo.story(&call);
    assert!(story.contains("server is silent; its next address is called"), "{story}");
    let asked = calls(&dead);
    assert_eq!(asked.len(), 1, "the first server was asked first");

    desk.call("call", NUMBER);
    let call = demo.wait_for_call(3, &format!("+{NUMBER}"), "hung_up");
    let story = demo.story(&call);
    let later = calls(&dead);
    assert!(!story.contains("silent") && later.is_subset(&asked), "it is remembered: {later:?} {story}");
}

/// The calls whose INVITEs have come since it was last asked. The one that nobody answered is sent again and again: only what was heard may be
/// cancelled (RFC 3261 section 9.1).
fn calls(socket: &UdpSocket) -> BTreeSet<String> {
    let mut datagram = [0; 4096];
    let received = std::iter::from_fn(|| socket.recv(&mut datagram).ok().map(|n| datagram[..n].to_vec()));
    let texts = received.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let call = |text: String| text.lines().find_map(|l| l.strip_prefix("Call-ID: ").map(str::to_owned));
    texts.filter(|text| text.starts_with("INVITE ")).filter_map(call).collect()
}
