//! A T.38 gateway (T.38 §6.2): on one side the sound of a fax machine, 20 ms at a time, on the other the packets of a line over IP. It has no
//! clock of its own; whoever has the sound steps it.
//!
//! No page goes faster than both ends of that line can: a machine is told of no modem that would, whoever begins and whoever fetches.
//!
//! It knows no pages: what it was given it passes on, confirmations too, so nothing that a machine was promised was promised by us.

use std::collections::VecDeque;

use bytes::Bytes;
use model::Instant;
use serde::{Deserialize, Serialize};
use spandsp::{Carried, SetupFailed, T38Gateway};

use super::speeds::Speeds;
use crate::udptl::Packets;

/// What is larger is no datagram of a fax: the packets of a line are below 300 octets, and each carries at most three more.
pub const LARGEST_DATAGRAM: usize = 2048;

/// What the other end of a line over T.38 takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Its largest datagram, in octets (`T38FaxMaxDatagram`).
    pub max_datagram: u16,
    /// It takes repetitions of earlier packets (`T38FaxUdpEC`).
    pub redundancy: bool,
    /// The fastest carrier that both ends of it said they can do, in bit/s (`T38MaxBitRate`).
    pub max_bit_rate: u16,
}

/// See the module.
#[derive(Debug)]
pub struct Gateway {
    engine: T38Gateway,
    packets: Packets,
    out: VecDeque<Bytes>,
    /// What the machine says, and what the line does.
    speeds: [Speeds; 2],
    /// The number of the last packet of the line.
    last: Option<u16>,
}

impl Gateway {
    /// For the rest of a call.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn new(now: Instant, terms: Terms) -> Result<Self, SetupFailed> {
        let packets = Packets::new(now, terms.max_datagram, terms.redundancy);
        let speeds = [0, 1].map(|_| Speeds::new(terms.max_bit_rate));
        Ok(Self { engine: T38Gateway::new(terms.max_bit_rate)?, packets, out: VecDeque::new(), speeds, last: None })
    }

    /// Takes a datagram of the line over IP.
    pub fn datagram(&mut self, now: Instant, bytes: &[u8]) {
        self.packets.receive(now, bytes);
        self.feed(now);
    }

    /// Hears `samples` of the machine, and puts in their place what it is to hear in the same time.
    pub fn step(&mut self, now: Instant, samples: &mut [i16]) {
        self.packets.handle_timeout(now);
        self.feed(now);
        self.engine.step(samples);
        while let Some((mut ifp, copies)) = self.engine.packet() {
            self.speeds[0].pass(&mut ifp);
            self.packets.send(now, &ifp, copies);
        }
        while let Some(datagram) = self.packets.due(now) {
            self.out.push_back(datagram);
        }
    }

    /// The next datagram for the line over IP.
    pub fn poll(&mut self) -> Option<Bytes> {
        self.out.pop_front()
    }

    /// It cannot go on: both ends want to send pages.
    pub const fn is_over(&self) -> bool {
        self.engine.is_over()
    }

    /// What it has carried so far.
    pub fn carried(&self) -> Carried {
        self.engine.carried()
    }

    fn feed(&mut self, now: Instant) {
        self.packets.take(now, false);
        while let Some(mut packet) = self.packets.next() {
            if self.last.replace(packet.seq).is_some_and(|last| last.wrapping_add(1) != packet.seq) {
                self.speeds[1].lost();
            }
            self.speeds[1].pass(&mut packet.ifp);
            self.engine.feed(packet.seq, &packet.ifp);
        }
    }
}
