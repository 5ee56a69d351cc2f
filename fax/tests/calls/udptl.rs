//! UDPTL: what a network may do to packets, what a stranger may send, and whether another reader agrees with our bytes.

use std::fmt::Write as _;
use std::process::Command;

use crate::support::{Setup, Side, pages};
use expect_test::expect;
use fax::udptl::{Datagram, Malformed, Receiver, Recovery, Sender};
use model::Instant;
use proptest::prelude::*;

const MS: fn(u64) -> Instant = |millis| Instant::from_nanos(millis * 1_000_000);

/// Delivers the datagrams numbered in `arrivals` (one each 10 ms) and says what comes out: "number:packet".
fn deliver(arrivals: &[usize]) -> String {
    let mut sender = Sender::new(400);
    let datagrams: Vec<_> = (0..20u8).map(|n| sender.encode(&[b'a' + n])).collect();
    let mut receiver = Receiver::new();
    let mut out = String::new();
    let mut take = |receiver: &mut Receiver, at: u64| {
        while let Some(packet) = receiver.poll() {
            let letter = char::from(packet.ifp[0]);
            write!(out, "{}{letter}@{at} ", packet.seq).unwrap();
        }
    };
    let mut at = 0;
    for arrival in arrivals {
        at += 10;
        receiver.receive(MS(at), &datagrams[*arrival]);
        take(&mut receiver, at);
    }
    while let Some(due) = receiver.timeout() {
        receiver.handle_timeout(due);
        take(&mut receiver, due.nanos() / 1_000_000);
    }
    write!(out, "| repaired {} lost {}", receiver.repaired(), receiver.lost()).unwrap();
    out
}

#[test]
fn packets_come_out_in_order_and_once() {
    let cases: &[&[usize]] = &[
        &[0, 1, 2],
        // Doubled, and late.
        &[0, 0, 1, 1, 0, 2],
        // Three in a row are lost and repaired; so is the first packet of all.
        &[0, 4, 5],
        &[1, 2],
        // Two more than the redundancy holds: waited for, given up.
        &[0, 6, 7],
        // Late, but in time.
        &[0, 6, 1, 2, 7],
        // Enough others have come meanwhile.
        &[0, 6, 7, 8, 9, 1],
    ];
    let said: String = cases.iter().map(|case| format!("{case:?} -> {}\n", deliver(case))).collect();
    expect![[r#"
        [0, 1, 2] -> 0a@10 1b@20 2c@30 | repaired 0 lost 0
        [0, 0, 1, 1, 0, 2] -> 0a@10 1b@30 2c@60 | repaired 0 lost 0
        [0, 4, 5] -> 0a@10 1b@20 2c@20 3d@20 4e@20 5f@30 | repaired 3 lost 0
        [1, 2] -> 0a@10 1b@10 2c@20 | repaired 1 lost 0
        [0, 6, 7] -> 0a@10 3d@120 4e@120 5f@120 6g@120 7h@120 | repaired 3 lost 2
        [0, 6, 1, 2, 7] -> 0a@10 1b@30 2c@40 3d@40 4e@40 5f@40 6g@40 7h@50 | repaired 3 lost 0
        [0, 6, 7, 8, 9, 1] -> 0a@10 3d@50 4e@50 5f@50 6g@50 7h@50 8i@50 9j@50 | repaired 3 lost 2
    "#]]
    .assert_eq(&said);
}

#[test]
fn the_count_wraps_and_restarts() {
    let mut sender = Sender::new(400);
    let mut receiver = Receiver::new();
    for n in 0..70_000u32 {
        let datagram = sender.encode(&n.to_be_bytes());
        // Every tenth is lost.
        if n % 10 != 3 {
            receiver.receive(MS(u64::from(n)), &datagram);
        }
    }
    let mut taken = 0;
    let mut receiver_count = 0;
    let mut next = Receiver::new();
    std::mem::swap(&mut receiver, &mut next);
    while next.poll().is_some() {
        receiver_count += 1;
    }
    // Nobody took packets meanwhile: the queue is bounded, the count goes on.
    assert!(receiver_count <= 64, "{receiver_count}");

    let mut sender = Sender::new(400);
    for n in 0..70_000u32 {
        let datagram = sender.encode(&n.to_be_bytes());
        if n % 10 != 3 {
            receiver.receive(MS(u64::from(n)), &datagram);
        }
        while let Some(packet) = receiver.poll() {
            assert_eq!(packet.ifp, (taken as u32).to_be_bytes());
            assert_eq!(packet.seq, taken as u16);
            taken += 1;
        }
    }
    assert_eq!((taken, receiver.lost(), receiver.repaired()), (70_000, 0, 7_000));
    // The far end begins anew, as after a re-INVITE: it is heard again, with one packet counted as missing.
    let mut again = Sender::new(400);
    let heard = (0..40u8).any(|n| {
        receiver.receive(MS(100_000), &again.encode(&[n]));
        receiver.poll().is_some()
    });
    assert!(heard);
}

#[test]
fn what_others_send_is_read() {
    let read = |bytes: &[u8]| match Datagram::parse(bytes) {
        Ok(d) => format!("{} {:02x?} {:?}", d.seq, d.primary, d.recovery),
        Err(Malformed) => "malformed".to_owned(),
    };
    let cases: &[&[u8]] = &[
        // One redundant packet, as we write it.
        &[0, 7, 1, 0xaa, 0, 1, 2, 0xbb, 0xcc],
        // No recovery at all, as some gateways send it.
        &[0, 7, 1, 0xaa],
        // Parity over three packets.
        &[0, 7, 1, 0xaa, 0x80, 1, 3, 1, 2, 0xbb, 0xcc],
        // A keep-alive.
        &[0, 7, 0, 0, 0],
        // A length in two octets.
        &[0, 7, 0x80, 1, 0xaa, 0, 0],
        &[0, 7, 5, 0xaa],
        &[0],
    ];
    let said: String = cases.iter().map(|case| format!("{}\n", read(case))).collect();
    expect![[r#"
        7 [aa] Redundancy([[187, 204]])
        7 [aa] Redundancy([])
        7 [aa] Parity { span: 3, parities: [[187, 204]] }
        7 [] Redundancy([])
        7 [aa] Redundancy([])
        malformed
        malformed
    "#]]
    .assert_eq(&said);
}

#[test]
fn redundancy_gives_way_to_a_small_datagram() {
    let mut sender = Sender::new(100);
    for _ in 0..5 {
        assert!(sender.encode(&[7; 40]).len() <= 100);
    }
    let datagram = sender.encode(&[7; 40]);
    let Recovery::Redundancy(copies) = Datagram::parse(&datagram).unwrap().recovery else { panic!() };
    assert_eq!(copies.len(), 1);
    // The packet itself always goes.
    assert!(sender.encode(&[7; 200]).len() > 200);
}

/// Wireshark's reader is the judge of our bytes: a whole call, both directions, without a complaint.
#[test]
fn wireshark_reads_every_datagram() {
    let world = Setup::new(pages(1)).run();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("call.pcap");
    // Only one direction: the reader numbers packets by conversation.
    let sent: Vec<_> = world.wire.iter().filter(|(_, side, _)| *side == Side::Sender).collect();
    let mut pcap = Vec::new();
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65_535, 101] {
        pcap.extend(word.to_le_bytes());
    }
    for (at, _, datagram) in &sent {
        let len = u16::try_from(28 + datagram.len()).unwrap();
        let micros = at.nanos() / 1000;
        for word in [(micros / 1_000_000) as u32, (micros % 1_000_000) as u32, u32::from(len), u32::from(len)] {
            pcap.extend(word.to_le_bytes());
        }
        pcap.extend([0x45, 0]);
        pcap.extend(len.to_be_bytes());
        pcap.extend([0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        for word in [6000, 6004, len - 20, 0] {
            pcap.extend(word.to_be_bytes());
        }
        pcap.extend_from_slice(datagram);
    }
    std::fs::write(&file, pcap).unwrap();
    let read = Command::new("tshark")
        .args(["-d", "udp.port==6004,t38", "-T", "fields", "-e", "t38.seq_number"])
        .args(["-e", "t38.secondary_ifp_packets", "-e", "_ws.malformed", "-e", "_ws.expert.message", "-r"])
        .arg(&file)
        .output()
        .expect("tshark");
    let text = String::from_utf8(read.stdout).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines.len(), sent.len(), "{}", String::from_utf8_lossy(&read.stderr));
    let mut counted = 0;
    for (line, (_, _, datagram)) in lines.iter().zip(&sent) {
        let ours = Datagram::parse(datagram).unwrap();
        let Recovery::Redundancy(copies) = ours.recovery else { panic!() };
        assert_eq!(line[0], ours.seq.to_string(), "{line:?} for {datagram:02x?}");
        // Without the SIP that set the call up it cannot put T.30 frames together again, and says so. That is no fault of a
        // datagram; any other complaint is.
        let complaint = line[3].replace("[RECEIVED END OF FRAGMENT W/OUT ANY FRAGMENT DATA]", "");
        let complaint = complaint.replace("Unreassembled fragment (change preferences to enable reassembly)", "");
        assert!(complaint.trim_matches(',').is_empty(), "{line:?} for {datagram:02x?}");
        assert!(line[2].is_empty() || !line[3].is_empty(), "{line:?} for {datagram:02x?}");
        // It stops before the redundancy where a T.30 frame spans several datagrams.
        if !line[1].is_empty() {
            assert_eq!(line[1], copies.len().to_string(), "{line:?} for {datagram:02x?}");
            counted += 1;
        }
    }
    assert!(counted * 2 > sent.len(), "{counted} of {}", sent.len());
}

proptest! {
    #[test]
    fn strangers_never_harm(datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..200)) {
        let mut receiver = Receiver::new();
        for (n, datagram) in datagrams.iter().enumerate() {
            receiver.receive(MS(n as u64 * 7), datagram);
        }
        let mut packets = 0;
        while receiver.poll().is_some() {
            packets += 1;
        }
        prop_assert!(packets <= 64);
    }

    #[test]
    fn what_is_written_is_read(packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..12), max in 0usize..600) {
        let mut sender = Sender::new(max);
        for (n, packet) in packets.iter().enumerate() {
            let bytes = sender.encode(packet);
            let read = Datagram::parse(&bytes).unwrap();
            prop_assert_eq!(usize::from(read.seq), n);
            prop_assert_eq!(read.primary, packet.as_slice());
            let Recovery::Redundancy(copies) = read.recovery else { panic!() };
            prop_assert!(copies.len() <= 3);
            for (back, copy) in copies.iter().enumerate() {
                prop_assert_eq!(*copy, packets[n - 1 - back].as_slice());
            }
            prop_assert!(copies.is_empty() || bytes.len() <= max);
        }
    }

    /// Whatever is lost, doubled or late: what comes out is in order, and a gap is as long as what is missing.
    #[test]
    fn order_and_count_hold(events in proptest::collection::vec((0usize..120, 0u64..60), 1..300)) {
        let mut sender = Sender::new(400);
        let datagrams: Vec<_> = (0..120u8).map(|n| sender.encode(&[n])).collect();
        let mut receiver = Receiver::new();
        let (mut at, mut last) = (0, None);
        for (index, wait) in events {
            at += wait;
            receiver.handle_timeout(MS(at));
            receiver.receive(MS(at), &datagrams[index]);
            while let Some(packet) = receiver.poll() {
                if let Some((seq, n)) = last {
                    if packet.ifp[0] > n {
                        prop_assert_eq!(packet.seq - seq, u16::from(packet.ifp[0] - n));
                    }
                    prop_assert!(packet.seq > seq);
                }
                last = Some((packet.seq, packet.ifp[0]));
            }
        }
    }
}
