//! Pages to a group of addresses, over real sockets: of the loopback, and of networks that are made for the test where that is allowed. Every wait
//! ends with a packet or an event.

#![allow(clippy::unwrap_used, reason = "helpers of tests: a failure is the message")]

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Command as Program;
use std::time::Duration;

use media::io::{Config, Events, Handle, spawn};
use media::{Addresses, Command, Event, Family, Home, SessionId};
use model::time::Clock;
use rustix::net::{AddressFamily, SocketType, sockopt};

/// Long enough for the busiest machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(30);
const SPEAKER: SessionId = SessionId(1);
const AIR: SessionId = SessionId(2);

/// Somebody speaks to a group from these addresses.
struct Page {
    handle: Handle,
    events: Events,
    speaker: UdpSocket,
    sequence: u16,
    /// The port that it goes out from.
    port: u16,
}

impl Page {
    /// The first address is of the family of the speaker, and no page goes out there unless it is named.
    fn begin(addresses: &Addresses, homes: &[Home], group: SocketAddr) -> Self {
        let config = Config { addresses: addresses.clone(), ..Config::default() };
        let (handle, mut events) = spawn(config, Clock::start()).unwrap();
        let speaker = UdpSocket::bind((addresses.first(), 0)).unwrap();
        let voice = media::Voice {
            codec: media::sdp::Codec::Pcmu,
            payload_type: 0,
            takes: media::sdp::Codec::Pcmu.into(),
            ptime: 20,
            comfort_noise: false,
            opus: media::sdp::OpusWishes::default(),
        };
        loop {
            let taken = [(); 2].map(|()| UdpSocket::bind((addresses.first(), 0)).unwrap());
            let [ours, port] = taken.map(|socket| socket.local_addr().unwrap().port());
            let order = |command| handle.try_send(command).unwrap();
            order(Command::Open { session: SPEAKER, port: ours, home: Family::of(addresses.first()).into() });
            order(Command::Remote { session: SPEAKER, addr: Some(speaker.local_addr().unwrap()) });
            order(Command::Open { session: AIR, port, home: homes[0] });
            homes[1..].iter().for_each(|home| order(Command::Listen { session: AIR, home: *home }));
            order(Command::Group { session: AIR, group });
            for session in [SPEAKER, AIR] {
                order(Command::Voice { session, voice: Some(voice) });
                order(Command::Room { session, room: media::RoomId(1) });
            }
            // Port 0 is refused at once: its answer says that all orders before it are done.
            order(Command::Open { session: SessionId(9), port: 0, home: Family::V4.into() });
            match events.blocking_recv() {
                Some(Event::BindFailed { session: SessionId(9), .. }) => {
                    speaker.connect((addresses.first(), ours)).unwrap();
                    return Self { handle, events, speaker, sequence: 0, port };
                }
                // Somebody took a port since we looked.
                _ => {
                    order(Command::Close { session: SPEAKER });
                    order(Command::Close { session: AIR });
                    order(Command::Open { session: SessionId(8), port: 0, home: Family::V4.into() });
                    while !matches!(events.blocking_recv(), Some(Event::BindFailed { session: SessionId(8), .. })) {}
                }
            }
        }
    }

    /// So many packets of 20 ms. Each is said when its time has come.
    fn speak(&mut self, packets: u16) {
        for _ in 0..packets {
            let mut data = vec![0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];
            data[2..4].copy_from_slice(&self.sequence.to_be_bytes());
            data.extend_from_slice(&[0x55; 160]);
            self.speaker.send(&data).unwrap();
            self.sequence = self.sequence.wrapping_add(1);
        }
    }
}

/// A phone that listens to the group, at the interface that has this address or this number.
fn listener(group: SocketAddr, interface: (Ipv4Addr, u32)) -> UdpSocket {
    let family = if group.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = rustix::net::socket(family, SocketType::DGRAM, None).unwrap();
    sockopt::set_socket_reuseport(&socket, true).unwrap();
    rustix::net::bind(&socket, &group).unwrap();
    let socket = UdpSocket::from(socket);
    match group.ip() {
        IpAddr::V4(group) => socket.join_multicast_v4(&group, &interface.0).unwrap(),
        IpAddr::V6(group) => socket.join_multicast_v6(&group, interface.1).unwrap(),
    }
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// A packet of the page: from where, and which.
fn heard(listener: &UdpSocket) -> (SocketAddr, u16) {
    let mut packet = [0; 2048];
    let (length, from) = listener.recv_from(&mut packet).unwrap();
    assert_eq!((length, packet[1] & 0x7f), (172, 0), "G.711 of 20 ms");
    (from, u16::from_be_bytes([packet[2], packet[3]]))
}

fn homes<const N: usize>(family: Family, places: [u8; N]) -> [Home; N] {
    places.map(|nth| Home { family, nth })
}

/// What is said in a room reaches everybody who has joined the group, as G.711 in packets of 20 ms, and does not leave the network.
#[test]
fn phones_that_listen_to_a_group_hear_what_is_said_to_it() {
    let group = SocketAddr::from(([239, 195, 7, 11], 45_004));
    let listeners = [(); 2].map(|()| listener(group, (Ipv4Addr::LOCALHOST, 0)));
    let ours = IpAddr::from(Ipv4Addr::LOCALHOST);
    let mut page = Page::begin(&ours.into(), &homes(Family::V4, [0]), group);
    let air = SocketAddr::new(ours, page.port);
    page.speak(20);
    for listener in &listeners {
        assert_eq!(heard(listener).0, air, "from our own port");
    }
    // Who sends to the port of a page takes it from nobody.
    for sequence in 0..10 {
        let mut data = vec![0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        data[2..4].copy_from_slice(&u16::to_be_bytes(sequence));
        data.extend_from_slice(&[0x55; 160]);
        listeners[0].send_to(&data, air).unwrap();
    }
    page.speak(20);
    for _ in 0..20 {
        assert_eq!(heard(&listeners[1]).0, air);
    }
}

/// Each packet goes out from both, with the same number: who hears it by two ways takes it for one.
#[test]
fn a_page_goes_out_from_each_address_that_was_named() {
    let group = SocketAddr::from(([239, 195, 7, 13], 45_006));
    let [first, second, third] = [1, 2, 3].map(|n| IpAddr::from([127, 0, 0, n]));
    let phone = listener(group, (Ipv4Addr::LOCALHOST, 0));
    let addresses = Addresses::new(first, [second, third]);
    let mut page = Page::begin(&addresses, &homes(Family::V4, [0, 2]), group);
    page.speak(20);
    let packets: Vec<_> = (0..40).map(|_| heard(&phone)).collect();
    for pair in packets.chunks(2) {
        let mut from = [pair[0].0.ip(), pair[1].0.ip()];
        from.sort();
        assert_eq!((from, pair[0].1), ([first, third], pair[1].1), "{packets:?}");
    }
    // A session that is gone says nothing more.
    page.handle.try_send(Command::Close { session: AIR }).unwrap();
    while !matches!(page.events.blocking_recv(), Some(Event::Closed { session: AIR, .. })) {}
}

const MADE: &str = "FRONTDESK_TEST_NETWORKS";
/// Two networks of each family, apart from everything else on the machine.
const NETWORKS: &str = "
set -e
ip link set lo up
for n in 1 2; do
    ip link add page$n type veth peer name far$n
    ip addr add 10.77.$n.1/24 dev page$n
    ip -6 addr add fd77:$n::1/64 dev page$n nodad
    ip link set page$n up
    ip link set far$n up
done
exec \"$0\" \"$@\"
";

/// Who listens in one network hears what went out there, and nothing else: the system hands a page over only at an interface where somebody has
/// joined its group.
#[test]
fn a_page_is_heard_in_every_network_in_either_family() {
    if std::env::var_os(MADE).is_none() {
        // Root may make networks, and on most systems everybody who is root to nobody else.
        let ways = [&["--net"][..], &["--user", "--map-root-user", "--net"]];
        let Some(way) = ways.into_iter().find(|way| can_make_networks(way)) else {
            return skip::skipped("no networks can be made here (that takes root, and Debian's iproute2)");
        };
        return in_networks_of_its_own("a_page_is_heard_in_every_network_in_either_family", way);
    }
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let ours = ["10.77.1.1", "10.77.2.1", "fd77:1::1", "fd77:2::1"].map(ip);
    let addresses = Addresses::new(Ipv4Addr::LOCALHOST.into(), ours);
    for (family, places, group) in
        [(Family::V4, [1, 2], "239.195.7.14:45008"), (Family::V6, [0, 1], "[ff15::77]:45010")]
    {
        let group: SocketAddr = group.parse().unwrap();
        let mut page = Page::begin(&addresses, &homes(family, places), group);
        for nth in places {
            let here = addresses.at(Home { family, nth }).unwrap();
            let interface = match here {
                IpAddr::V4(here) => (here, 0),
                IpAddr::V6(_) => (Ipv4Addr::UNSPECIFIED, number_of_interface(here)),
            };
            let phone = listener(group, interface);
            page.speak(10);
            for _ in 0..10 {
                assert_eq!(heard(&phone).0, SocketAddr::new(here, page.port));
            }
        }
    }
}

/// As `ip` tells it: "3: page1    inet6 fd77:1::1/64 …".
fn number_of_interface(address: IpAddr) -> u32 {
    let output = Program::new("ip").args(["-o", "-6", "addr"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.contains(&format!(" {address}/"))).unwrap();
    line.split(':').next().unwrap().parse().unwrap()
}

fn can_make_networks(way: &[&str]) -> bool {
    let tried = Program::new("unshare").args(way).args(["sh", "-c", NETWORKS, "true"]).output();
    tried.is_ok_and(|output| output.status.success())
}

/// Runs the test of this name again where it has networks of its own.
#[track_caller]
fn in_networks_of_its_own(test: &str, way: &[&str]) {
    let here = std::env::current_exe().unwrap();
    let mut again = Program::new("unshare");
    again.args(way).args(["sh", "-c", NETWORKS]).arg(here).args([test, "--exact", "--nocapture"]).env(MADE, "1");
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
