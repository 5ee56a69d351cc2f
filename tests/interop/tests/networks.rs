//! A clinic with a network for its phones beside the one of its offices, and the carrier in a third: real interfaces, each of a host of its own, and
//! no route from one network to another.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::Command;
use std::time::Duration;

use interop::Peer;
use interop::baresip::{Baresip, pitch};
use interop::ear::linear;
use interop::softphone;
use interop::two_networks::{BOX, CARRIER, Clinic, GROUP, ip, places};

const SOON: Duration = Duration::from_secs(30);
/// The tones' periods in samples, and what that is in Hz.
const DESK: (u16, usize) = (8, 1000);
const NURSE: (u16, usize) = (16, 500);

/// One calls the other, they hear each other, and the caller hangs up.
fn talk(caller: (&mut Baresip, usize), called: (&mut Baresip, usize), number: &str) {
    let closed = [caller.0.events("CALL_CLOSED"), called.0.events("CALL_CLOSED")];
    caller.0.order(&format!("dial {number}"));
    called.0.wait_until_heard(caller.1);
    caller.0.wait_until_heard(called.1);
    caller.0.order("hangup");
    caller.0.wait_for_events("CALL_CLOSED", closed[0] + 1);
    called.0.wait_for_events("CALL_CLOSED", closed[1] + 1);
}

#[test]
fn phones_of_two_networks_hear_each_other_and_each_knows_the_address_of_its_own() {
    let Some(clinic) = Clinic::open() else { return };
    // Each of IPv4, each of IPv6, and one of each.
    let desks = [("10.66.1.11", "10.66.1.1:5060"), ("fd66:1::11", "[fd66:1::1]:5060")];
    let nurses = [("10.66.2.12", "10.66.2.1:5060"), ("fd66:2::12", "[fd66:2::1]:5060")];
    let mut calls = 0;
    for (desk_at, nurse_at) in [(desks[0], nurses[0]), (desks[1], nurses[1]), (desks[0], nurses[1])] {
        let mut desk = clinic.phone((&clinic.desk, desk_at.0), "101", DESK.0, desk_at.1);
        let mut nurse = clinic.phone((&clinic.nurse, nurse_at.0), "102", NURSE.0, nurse_at.1);
        talk((&mut desk, DESK.1), (&mut nurse, NURSE.1), "102");
        talk((&mut nurse, NURSE.1), (&mut desk, DESK.1), "101");
        calls += 2;
        clinic.demo.wait_for_call(calls, "101", "hung_up");
        for (phone, (own, server)) in [(&desk, desk_at), (&nurse, nurse_at)] {
            let server: SocketAddr = server.parse().expect("an address with a port");
            assert_eq!(places(phone), BTreeSet::from([ip(own), server.ip()]), "{}", phone.printed());
        }
    }
}

#[test]
fn help_is_called_from_either_network_over_a_trunk_in_a_third() {
    let Some(clinic) = Clinic::open() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    // It gives back what it hears.
    let mut sipp = Command::new("sipp");
    sipp.args(["-sn", "uas", "-i", CARRIER, "-mi", CARRIER, "-p", "5060", "-mp", "7000", "-rtp_echo", "-nostdin"]);
    sipp.args(["-trace_msg", "-message_file", "messages.log"]);
    let _carrier = clinic.carrier.inside(|| Peer::start("sipp", folder.path(), &mut sipp));
    let places_of = [
        (&clinic.desk, "101", DESK, "10.66.1.11", "10.66.1.1:5060"),
        (&clinic.nurse, "102", NURSE, "fd66:2::12", "[fd66:2::1]:5060"),
    ];
    for (n, (host, user, tone, own, server)) in places_of.into_iter().enumerate() {
        let mut phone = clinic.phone((host, own), user, tone.0, server);
        phone.order("dial 911");
        phone.wait_until_heard(tone.1);
        phone.order("hangup");
        phone.wait_for_events("CALL_CLOSED", 1);
        clinic.demo.wait_for_call(n + 1, "911", "hung_up");
    }
    let messages = std::fs::read_to_string(folder.path().join("messages.log")).expect("SIPp wrote it");
    let told: BTreeSet<_> = messages.lines().filter_map(|line| line.trim().strip_prefix("c=IN IP4 ")).collect();
    assert_eq!(told, BTreeSet::from([BOX[0], CARRIER]), "{messages}");
    assert!(!messages.contains("10.66.1.") && !messages.contains("10.66.2."), "nothing of the inside: {messages}");
}

/// Its packets for the box's address among the phones come in from the offices, as by a router: it is told what it has reached, and heard there.
#[test]
fn a_phone_that_reaches_an_address_of_another_network_is_told_that_one_and_heard_there() {
    let Some(mut clinic) = Clinic::open() else { return };
    let lost = clinic.visitor("lost", "office", "10.66.2.15/24");
    lost.ip(&["route", "add", "10.66.1.1/32", "via", "10.66.2.1"]);
    let mut desk = clinic.phone((&clinic.desk, "10.66.1.11"), "101", DESK.0, "10.66.1.1:5060");
    let mut nurse = clinic.phone((&lost, "10.66.2.15"), "102", NURSE.0, "10.66.1.1:5060");
    talk((&mut desk, DESK.1), (&mut nurse, NURSE.1), "102");
    talk((&mut nurse, NURSE.1), (&mut desk, DESK.1), "101");
    assert_eq!(places(&nurse), [ip("10.66.2.15"), ip("10.66.1.1")].into());
    assert_eq!(places(&desk), [ip("10.66.1.11"), ip("10.66.1.1")].into());
}

/// A socket in each network that has joined the group.
#[test]
fn a_page_is_heard_in_both_networks_and_not_outside() {
    let Some(mut clinic) = Clinic::open() else { return };
    let places = [("voice", "10.66.1.13"), ("office", "10.66.2.14"), ("outside", "10.66.3.15")];
    let listeners = places.map(|(network, address)| {
        let host = clinic.visitor(&format!("porch-{network}"), network, &format!("{address}/24"));
        host.inside(|| {
            let socket = UdpSocket::bind(GROUP).expect("a port of its own");
            let IpAddr::V4(group) = GROUP.ip() else { unreachable!() };
            socket.join_multicast_v4(&group, &address.parse().expect("an address")).expect("the group is joined");
            socket.set_read_timeout(Some(SOON)).expect("a socket");
            socket
        })
    });
    let mut desk = clinic.phone((&clinic.desk, "10.66.1.11"), "101", DESK.0, "10.66.1.1:5060");
    desk.order("dial *81");
    for (listener, from) in listeners.iter().zip(["10.66.1.1", "10.66.2.1"]) {
        let mut sound = Vec::new();
        let mut packet = [0; 2048];
        while sound.len() < 2 * 8000 {
            let (length, who) = listener.recv_from(&mut packet).expect("the page comes");
            assert_eq!((who.ip(), length), (ip(from), 172), "20 ms of G.711 from the box's address there");
            sound.extend(packet[12..length].iter().map(|byte| linear(*byte)));
        }
        assert!((900..=1100).contains(&pitch(&sound)), "{} Hz", pitch(&sound));
    }
    desk.order("hangup");
    clinic.demo.wait_for_call(1, "*81", "hung_up");
    listeners[2].set_nonblocking(true).expect("a socket");
    assert!(listeners[2].recv_from(&mut [0; 2048]).is_err(), "nothing went outside");
}

/// One name, and each network is told the address of the box in it.
#[test]
fn phones_find_the_box_by_its_name_in_either_network() {
    let Some(clinic) = Clinic::open() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hosts = folder.path().join("hosts");
    std::fs::write(&hosts, format!("{} box.clinic.test\n{} box.clinic.test\n", BOX[1], BOX[2])).expect("a file");
    let mut dnsmasq = Command::new("/usr/sbin/dnsmasq");
    dnsmasq.args(["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--localise-queries"]);
    dnsmasq.args(["--local=/test/", "--log-queries", "--log-facility=-", "--pid-file=", "--user=", "--group="]);
    dnsmasq.args(["--bind-interfaces", "--interface=voice", "--interface=office"]);
    dnsmasq.arg(format!("--addn-hosts={}", hosts.display()));
    let _names = clinic.there.inside(|| Peer::start("dnsmasq", folder.path(), &mut dnsmasq));
    let [mut desk, mut nurse] =
        [(&clinic.desk, "101", DESK, "10.66.1.11", BOX[1]), (&clinic.nurse, "102", NURSE, "10.66.2.12", BOX[2])].map(
            |(host, user, tone, own, dns)| {
                let dns = Some(SocketAddr::new(ip(dns), 53));
                clinic.phone_with(
                    host,
                    user,
                    tone.0,
                    softphone::Host { own: ip(own), server: "box.clinic.test:5060", dns },
                )
            },
        );
    talk((&mut desk, DESK.1), (&mut nurse, NURSE.1), "102");
    assert_eq!(places(&desk), [ip("10.66.1.11"), ip(BOX[1])].into());
    assert_eq!(places(&nurse), [ip("10.66.2.12"), ip(BOX[2])].into());
}
