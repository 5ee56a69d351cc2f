//! The network between two ends: what it delays, loses, garbles, echoes and turns into parity.

use std::time::Duration;

use bytes::Bytes;
use fax::udptl::Datagram;

use crate::parity::Parity;
use crate::support::{Away, Mishap, Side, World};

/// What the network does to packets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Net {
    pub(crate) delay: Duration,
    pub(crate) jitter: Duration,
    pub(crate) loss: f64,
    /// So many packets in a row are lost at a time.
    pub(crate) burst: u32,
    /// By how many millionths the receiver's clock is faster.
    pub(crate) skew: i64,
    /// Sound: what each end hears of itself, so many decibels below what it says.
    pub(crate) echo: Option<f64>,
    /// T.38: gateways on the way that take the redundancy out and put parity in.
    pub(crate) parity: Option<Parity>,
}

impl Net {
    pub(crate) const GOOD: Self = Self {
        delay: Duration::from_millis(30),
        jitter: Duration::ZERO,
        loss: 0.0,
        burst: 1,
        skew: 0,
        echo: None,
        parity: None,
    };
}

#[derive(Debug)]
pub(crate) enum Packet {
    Datagram(Bytes),
    Sound(u32, Bytes),
}

impl World {
    pub(crate) fn fly(&mut self, from: Side, bytes: Bytes) {
        self.wire.push((self.now.instant, from, bytes.clone()));
        let bytes =
            if self.spoils_training(from) || from == Side::Sender && self.garbles() { garble(&bytes) } else { bytes };
        let bytes = match self.net.parity.zip(Datagram::parse(&bytes).ok()) {
            Some((parity, d)) => {
                let gateway = &mut self.gateways[usize::from(from == Side::Sender)];
                gateway.encode(parity, d.seq, d.primary).into()
            }
            None => bytes,
        };
        self.launch(from, Packet::Datagram(bytes));
    }

    /// What an end says, with what its line echoes of what it heard.
    pub(crate) fn echoed(&self, side: Side, said: Bytes) -> Bytes {
        let Some(loss) = self.net.echo else { return said };
        let heard = if side == Side::Sender { &self.sender.heard } else { &self.receiver.heard };
        let (law, factor) = (self.law, 10_f64.powf(-loss / 20.0));
        let mixed = said.iter().enumerate().map(|(n, octet)| {
            let echo = heard.get(n).map_or(0.0, |octet| f64::from(law.decode(*octet)) * factor);
            law.encode((f64::from(law.decode(*octet)) + echo).clamp(-32_768.0, 32_767.0) as i16)
        });
        mixed.collect()
    }

    fn is_lost(&mut self, from: Side) -> bool {
        let (away, until) = self.outage;
        let other = if from == Side::Sender { Away::Back } else { Away::There };
        if self.now.instant < until && away != other {
            return true;
        }
        let left = &mut self.burst[usize::from(from == Side::Sender)];
        if *left > 0 {
            *left -= 1;
            return true;
        }
        let lost = self.random.chance(self.net.loss / f64::from(self.net.burst));
        if lost {
            *left = self.net.burst - 1;
        }
        lost
    }

    pub(crate) fn launch(&mut self, from: Side, packet: Packet) {
        if self.is_lost(from) {
            return;
        }
        let packet = match packet {
            Packet::Sound(timestamp, said) if self.spoils_training(from) => {
                Packet::Sound(timestamp, vec![self.law.silence(); said.len()].into())
            }
            packet => packet,
        };
        let to = if from == Side::Sender { Side::Receiver } else { Side::Sender };
        let jitter = self.random.below(u64::try_from(self.net.jitter.as_micros()).unwrap() + 1);
        self.serial += 1;
        let at = self.now.instant + self.net.delay + Duration::from_micros(jitter);
        self.flying.insert((at, self.serial), (to, packet));
    }

    /// The receiver was told the speed, and what it hears now is the training, which is to fail.
    fn spoils_training(&self, from: Side) -> bool {
        if self.failed_trainings == 0 || from == Side::Receiver {
            return false;
        }
        let said = |words: &str| self.receiver.trace.iter().filter(|line| line.contains(words)).count();
        let failed = said("→ FTT");
        failed < self.failed_trainings && said("← DCS") > failed
    }

    fn garbles(&self) -> bool {
        let Some(Mishap::Garble { for_ever }) = self.mishap else { return false };
        let told = self.sender.trace.iter().any(|line| line.contains("RTN"));
        !self.sender.progress.is_empty() && (for_ever || !told)
    }
}

/// Turns the data of a packet of the page into other data; control frames are shorter.
fn garble(bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    if bytes.len() > 60 {
        for (n, byte) in bytes.iter_mut().enumerate().take(50).skip(12) {
            *byte ^= 0x5a_u8.rotate_left(n as u32);
        }
    }
    bytes.into()
}
