//! Parity (FEC) of others: what they lose on the way comes back. We send redundancy.

use std::collections::BTreeMap;

use fax::udptl::{Datagram, Receiver, Recovery};
use model::{Instant, Random};

use crate::support::{Net, Setup, Side, assert_same, pages};

/// How a gateway sends parity: so many of them, over so many packets each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parity {
    entries: u16,
    span: u16,
}

/// A gateway that sends parity: what it sent, and the datagrams for it.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    sent: BTreeMap<u16, Vec<u8>>,
}

impl Gateway {
    /// The datagram for packet `seq` (T.38 §9.1.4.2), written from the text and not by the code that is tried here.
    pub(crate) fn encode(&mut self, parity: Parity, seq: u16, ifp: &[u8]) -> Vec<u8> {
        let mut out = seq.to_be_bytes().to_vec();
        let put = |out: &mut Vec<u8>, data: &[u8]| {
            match data.len() {
                0..0x80 => out.push(data.len() as u8),
                len => out.extend((0x8000 | len as u16).to_be_bytes()),
            }
            out.extend_from_slice(data);
        };
        put(&mut out, ifp);
        out.extend([0x80, 1, parity.span as u8, parity.entries as u8]);
        for entry in 0..parity.entries {
            let mut sum = Vec::new();
            for turn in 1..=parity.span {
                let number = (seq + entry).wrapping_sub(turn * parity.entries);
                let packet = self.sent.get(&number).map_or(&[][..], Vec::as_slice);
                sum.resize(sum.len().max(packet.len()), 0);
                sum.iter_mut().zip(packet).for_each(|(octet, other): (&mut u8, &u8)| *octet ^= other);
            }
            put(&mut out, &sum);
        }
        self.sent.insert(seq, ifp.to_vec());
        out
    }
}

/// Packets as a fax has them: indicators, data of several lengths, ends of data.
fn packet(n: u16) -> Vec<u8> {
    match n % 5 {
        0 => vec![(n as u8 & 0xf) << 1],
        4 => vec![0xc0, 0x01, 0x40],
        _ => {
            let data: Vec<u8> = (0..n % 37 + 1).map(|i| (n * 7 + i) as u8).collect();
            let mut packet = vec![0xc0, 0x01, 0x80, 0x00, data.len() as u8 - 1];
            packet.extend(data);
            packet
        }
    }
}

/// What is lost and what is repaired when `lost` decides.
fn deliver(parity: Parity, count: u16, mut lost: impl FnMut(u16) -> bool) -> (u32, u32) {
    let (mut gateway, mut receiver) = (Gateway::default(), Receiver::new());
    let mut next = 0;
    let mut take = |receiver: &mut Receiver| {
        while let Some(received) = receiver.poll() {
            assert!(received.seq >= next, "order");
            assert_eq!(received.ifp, packet(received.seq), "packet {} of {parity:?}", received.seq);
            next = received.seq + 1;
        }
    };
    for n in 0..count {
        let datagram = gateway.encode(parity, n, &packet(n));
        if !lost(n) {
            receiver.receive(Instant::from_nanos(u64::from(n) * 30_000_000), &datagram);
            take(&mut receiver);
        }
    }
    while let Some(due) = receiver.timeout() {
        receiver.handle_timeout(due);
        take(&mut receiver);
    }
    (receiver.lost(), receiver.repaired())
}

#[test]
fn one_loss_is_repaired_by_any_parity_and_a_burst_by_as_many_as_it_is_long() {
    for (entries, span) in [(1, 3), (3, 3), (3, 5), (5, 5)] {
        let parity = Parity { entries, span };
        // Once in a while, as many in a row as there are parities.
        let (lost, repaired) = deliver(parity, 400, |n| n >= 30 && n % 40 < entries && n < 380);
        assert_eq!((lost, repaired), (0, 9 * u32::from(entries)), "{parity:?}");
        // One more than that is not to be had.
        let (lost, _) = deliver(parity, 400, |n| n >= 30 && n % 40 <= entries && n < 380);
        assert!(lost > 0, "{parity:?}");
    }
}

#[test]
fn parities_that_lie_bring_nothing() {
    let mut random = Random::from_u64(7);
    let mut receiver = Receiver::new();
    let mut gateway = Gateway::default();
    for n in 0..2000u16 {
        let mut datagram = gateway.encode(Parity { entries: 3, span: 3 }, n, &packet(n));
        if n % 3 == 0 {
            continue;
        }
        let at = random.next_u64() as usize % datagram.len();
        datagram[at] ^= random.next_u64() as u8;
        receiver.receive(Instant::from_nanos(u64::from(n) * 30_000_000), &datagram);
        while receiver.poll().is_some() {}
    }
    assert!(
        Datagram::parse(&gateway.encode(Parity { entries: 3, span: 3 }, 0, &[6]))
            .is_ok_and(|d| matches!(d.recovery, Recovery::Parity { span: 3, .. }))
    );
}

/// A far end that sends parity only, over a network that loses what no fax survives without: 3 of 100, and bursts.
#[test]
fn a_fax_from_who_sends_parity_arrives_over_losses() {
    for (loss, burst) in [(0.03, 1), (0.02, 3)] {
        for seed in 0..3 {
            let sent = pages(1);
            let net = Net { loss, burst, parity: Some(Parity { entries: 3, span: 3 }), ..Net::GOOD };
            let world = Setup { net, seed, ..Setup::new(sent.clone()) }.run();
            assert_same(&world.receiver.durable, &sent);
            assert!(world.receiver.outcome().packets_repaired > 0, "{:?}", world.receiver.outcome());
            assert!(world.wire.iter().any(|(_, side, _)| *side == Side::Sender));
        }
    }
}
