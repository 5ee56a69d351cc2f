//! SIPp as the phones of the clinic: registering by digest, calls with sound, every way in which a call ends, 911 without a registration,
//! and datagrams that are no SIP.

use std::net::UdpSocket;
use std::time::Duration;

use interop::sipp::Phone;
use interop::{Demo, wait_for};

const SOON: Duration = Duration::from_secs(10);

#[test]
fn phones_register_over_udp_and_tcp_and_strangers_do_not() {
    let demo = Demo::start();
    let phone = Phone::new(&demo, "101", 0);
    phone.register();
    wait_for("101 is registered", SOON, || (demo.registered("101") == 1).then_some(()));
    assert!(phone.messages().contains("algorithm=MD5"), "SIPp answers the MD5 challenge");
    phone.register();
    assert_eq!(demo.registered("101"), 1, "registering again is the same phone");

    let over_tcp = Phone::new(&demo, "102", 1).over_tcp();
    over_tcp.register();
    wait_for("102 is registered", SOON, || (demo.registered("102") == 1).then_some(()));
    assert!(over_tcp.messages().contains("SIP/2.0/TCP"), "it went over TCP");

    phone.run("register", &[("expires", "0")]);
    wait_for("101 has gone", SOON, || (demo.registered("101") == 0).then_some(()));
    assert_eq!(demo.registered("102"), 1, "the other phone stays");

    let wrong = Phone::with_password(&demo, "101", "not-the-password", 2);
    wrong.run("register_refused", &[]);
    let nobody = Phone::with_password(&demo, "170", "not-the-password", 3);
    nobody.run("register_refused", &[]);
    let (wrong, nobody) = (last_response(&wrong), last_response(&nobody));
    assert_eq!(wrong, nobody, "the answer does not tell whether a user exists");
    assert_eq!(demo.registered("101"), 0);
}

#[test]
fn two_phones_call_each_other() {
    let demo = Demo::start();
    let (desk, nurse) = (Phone::new(&demo, "101", 0), Phone::new(&demo, "102", 1));
    desk.register();
    nurse.register();

    call(&desk, "call", &nurse, "answer");
    let ended = demo.wait_for_call(1, "102", "hung_up");
    demo.assert_sound_both_ways(&ended);

    call(&desk, "call_until_told", &nurse, "answer_and_hang_up");
    demo.wait_for_call(2, "102", "hung_up");

    call(&desk, "give_up", &nurse, "ring");
    demo.wait_for_call(3, "102", "abandoned");

    // Who is busy has a mailbox.
    call(&desk, "call", &nurse, "refuse_busy");
    let ended = demo.wait_for_call(4, "102", "hung_up");
    let story = demo.story(&ended);
    assert!(story.contains("Busy") && story.contains("The mailbox of 102 answered"), "{story}");
    assert_eq!(demo.api("/api/v1/status")["calls"], 0, "no call is left over");
}

#[test]
fn a_call_leaves_over_the_trunk_with_sound_both_ways() {
    let demo = Demo::start();
    let desk = Phone::new(&demo, "101", 0).signing_the_server();
    desk.register();
    desk.call("call", &demo.text("/trunk/number"));
    let ended = demo.wait_for_call(1, &format!("+{}", demo.text("/trunk/number")), "hung_up");
    demo.assert_sound_both_ways(&ended);
    let status = demo.api("/api/v1/status");
    assert_eq!(status["trunks"][0]["in_use"], 0, "the channel is free again: {status}");
}

#[test]
fn emergency_calls_need_no_registration_and_alert_the_staff() {
    let demo = Demo::start();
    // No user of the clinic, and no password: a challenge would fail the scenario.
    let stranger = Phone::with_password(&demo, "999", "", 0);
    stranger.call("call_emergency", "911");
    let status = demo.api("/api/v1/status");
    assert_eq!(status["open_alerts"], 1, "{status}");
    let today = String::from_utf8(demo.get("/")).expect("a page is UTF-8");
    assert!(today.contains("called 911"), "the alert is on every page");
    let call = demo.wait_for_call(1, "911", "hung_up");
    assert_eq!(call["emergency"], true);
    stranger.call("call_emergency", "933");
    demo.wait_for_call(2, "933", "hung_up");
}

#[test]
fn datagrams_that_are_no_sip_change_nothing() {
    let demo = Demo::start();
    let server = format!("{}:{}", demo.text("/sip/host"), demo.text("/sip/udp"));
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(&server).expect("an address");
    for junk in hostile() {
        socket.send(&junk).expect("loopback carries it");
    }
    // Answers to what was nearly SIP may wait on the socket; another one asks whether the demo still lives.
    let desk = Phone::new(&demo, "101", 0);
    desk.register();
    desk.call("call", "*43");
    demo.wait_for_call(1, "*43", "hung_up");
}

/// What comes from the internet to a SIP port, and what RFC 4475 warns of, in small.
fn hostile() -> Vec<Vec<u8>> {
    let invite = "INVITE sip:911@clinic.demo SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n\
                  To: <sip:911@clinic.demo>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n";
    let mut all: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\r\n\r\n".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
        b"SIP/2.0 999999999999 Yes\r\nVia: x\r\n\r\n".to_vec(),
        format!("{invite}Content-Length: 4294967296\r\n\r\n").into_bytes(),
        format!("{invite}Content-Length: -1\r\n\r\n").into_bytes(),
        format!("{invite}Content-Length: 60000\r\n\r\nshort").into_bytes(),
        invite.replace("CSeq: 1", "CSeq: 99999999999").into_bytes(),
        invite.replace("Call-ID: x\r\n", "").into_bytes(),
        format!("INVITE sip:{}@clinic.demo SIP/2.0\r\n", "9".repeat(60_000)).into_bytes(),
        format!("{}{}\r\n", invite, "Via: SIP/2.0/UDP 127.0.0.1\r\n".repeat(2000)).into_bytes(),
        format!("REGISTER sip:clinic.demo SIP/2.0\r\nContact: {}\r\n\r\n", "<".repeat(50_000)).into_bytes(),
        vec![0xff; 65_000],
    ];
    all.extend((0..64).map(|cut| invite.as_bytes()[..invite.len() * cut / 64].to_vec()));
    all
}

/// One calls the other; both scenarios must succeed.
fn call(caller: &Phone, calls: &str, called: &Phone, answers: &str) {
    let called = called.waits(answers);
    caller.call(calls, "102");
    called.succeed(SOON);
}

/// The last response, without what is different each time.
fn last_response(phone: &Phone) -> String {
    let messages = phone.messages();
    let last = messages.rsplit("message received").next().unwrap_or_default();
    let same =
        |line: &&str| ["SIP/2.0", "Server", "WWW-Authenticate", "Content-Length"].iter().any(|s| line.starts_with(s));
    let lines: Vec<_> = last.lines().filter(same).map(|l| l.split(" nonce=").next().unwrap_or(l)).collect();
    assert!(lines.first().is_some_and(|l| l.contains("401")), "{messages}");
    lines.join("\n")
}
