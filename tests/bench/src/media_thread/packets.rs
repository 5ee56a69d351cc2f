//! All packets of a round: made and sealed before it, opened and judged after it, so that the phones' own ciphers take nothing from the
//! processors while relays are measured.

use std::io;
use std::ops::Range;
use std::time::Duration;

use memmap2::MmapMut;
use rtc_srtp::context::Context;

use super::arrivals::Arrivals;
use super::relay::Kind;
use super::{pages, wall};

/// Where in a packet stands which of all of the round it is.
const NUMBER: Range<usize> = 12..20;
/// The octets of a packet of G.711 and of a tag, at most.
const PLAIN: usize = 172;
const TAG: usize = 16;

/// Of each packet: when it was sent, in nanoseconds on the wall clock, 0 if it is not under way; how long it is; and its octets.
const SENT: Range<usize> = 0..8;
const LENGTH: usize = 8;
const OCTETS: usize = 9;
const SLOT: usize = OCTETS + PLAIN + TAG;

/// In the order in which they are sent: each phone's first, each phone's second, and so on.
pub(super) struct Packets {
    slots: MmapMut,
    count: usize,
    phones: usize,
}

/// What has arrived, of what was sent.
#[derive(Default)]
pub(super) struct Judged {
    /// Each once, at the phone that it was for.
    pub(super) received: u64,
    /// Microseconds from when it was sent to when the kernel had it for the other phone.
    pub(super) delays_us: Vec<f64>,
}

impl Packets {
    /// So many of these phones together; each seals with the key that it has, if it has any.
    pub(super) fn prepare(kind: Kind, phones: usize, says: &mut [Context], count: usize) -> io::Result<Self> {
        let mut packets = Self { slots: pages(count * SLOT)?, count, phones: phones.max(1) };
        for (number, slot) in packets.slots.chunks_exact_mut(SLOT).enumerate().take(count) {
            let (turn, phone) = (number / packets.phones, number % packets.phones);
            let payload_type = kind.voice(phone).map_or(0, |voice| voice.payload_type);
            let plain = packet(turn, phone, payload_type, number);
            match says.get_mut(phone) {
                Some(key) => put(slot, &key.encrypt_rtp(&plain).map_err(io::Error::other)?)?,
                None => put(slot, &plain)?,
            }
        }
        Ok(packets)
    }

    pub(super) const fn count(&self) -> usize {
        self.count
    }

    /// Writes down that this one is sent now; gives the phone that says it, and its octets.
    pub(super) fn say(&mut self, number: usize, now: Duration) -> Option<(usize, &[u8])> {
        let slot = self.slots.get_mut(number * SLOT..)?.first_chunk_mut::<SLOT>()?;
        slot[SENT].copy_from_slice(&wall::nanos(now).to_ne_bytes());
        Some((number % self.phones, slot.get(OCTETS..OCTETS + usize::from(slot[LENGTH]))?))
    }

    /// Opens what has arrived, and says how much of it is what was sent, to whom, and how long those took that were sent at or after
    /// `counts_from`.
    pub(super) fn judge(
        mut self,
        arrivals: &Arrivals,
        hears: &mut [Context],
        counts_from: Duration,
    ) -> io::Result<Judged> {
        let mut judged = Judged::default();
        for (phone, at, datagram) in arrivals.all() {
            let number = match hears.get_mut(phone) {
                // What does not open has not arrived.
                Some(key) => key.decrypt_rtp(datagram).ok().and_then(|open| number_in(&open)),
                None => number_in(datagram),
            };
            // Phones 0 and 1 talk to each other, 2 and 3, and so on.
            let Some(number) = number.filter(|n| n % self.phones == phone ^ 1) else { continue };
            let Some(sent) = self.arrived(number) else { continue };
            judged.received += 1;
            if sent >= counts_from {
                let delay = at.checked_sub(sent);
                let delay = delay.ok_or_else(|| io::Error::other("a packet arrived before it was sent"))?;
                judged.delays_us.push(delay.as_nanos() as f64 / 1e3);
            }
        }
        Ok(judged)
    }

    /// When it was sent. It is under way no longer: what comes twice has arrived once.
    fn arrived(&mut self, number: usize) -> Option<Duration> {
        let slot = self.slots.get_mut(number.checked_mul(SLOT)?..)?.first_chunk_mut::<SLOT>()?;
        let sent = u64::from_ne_bytes(*slot.first_chunk()?);
        slot[SENT].fill(0);
        (sent != 0).then(|| Duration::from_nanos(sent))
    }
}

fn put(slot: &mut [u8], packet: &[u8]) -> io::Result<()> {
    let (Ok(length), Some(octets)) = (u8::try_from(packet.len()), slot.get_mut(OCTETS..OCTETS + packet.len())) else {
        return Err(io::Error::other("a sealed packet is longer than any tag makes it"));
    };
    octets.copy_from_slice(packet);
    slot[LENGTH] = length;
    Ok(())
}

#[allow(clippy::cast_possible_truncation, reason = "sequence numbers and timestamps wrap")]
fn packet(turn: usize, phone: usize, payload_type: u8, number: usize) -> [u8; PLAIN] {
    let mut data = [0xff; PLAIN];
    data[0] = 0x80;
    data[1] = payload_type;
    data[2..4].copy_from_slice(&(turn as u16).to_be_bytes());
    data[4..8].copy_from_slice(&((turn * 160) as u32).to_be_bytes());
    data[8..12].copy_from_slice(&(phone as u32).to_be_bytes());
    data[NUMBER].copy_from_slice(&(number as u64).to_be_bytes());
    data
}

fn number_in(packet: &[u8]) -> Option<usize> {
    let number = packet.get(NUMBER)?.try_into().ok().map(u64::from_be_bytes)?;
    usize::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use media::srtp::Suite;
    use model::Random;

    use super::*;
    use crate::media_thread::seals::{Seals, agree_in_pairs};

    const PHONES: usize = 4;

    fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// Two turns of each phone, sent a microsecond apart from 100 on, but for the last; and those that arrive.
    fn judged(seals: Seals, counts_from: Duration, arrive: impl Fn(&[Vec<u8>], &mut Arrivals)) -> Judged {
        let Seals { mut says, mut hears } = seals;
        let mut packets = Packets::prepare(Kind::Forwarder, PHONES, &mut says, 2 * PHONES).expect("packets");
        let said = |number| packets.say(number, micros(100 + number as u64)).expect("a packet").1.to_vec();
        let octets: Vec<Vec<u8>> = (0..2 * PHONES - 1).map(said).collect();
        let mut arrivals = Arrivals::with_room(2 * PHONES).expect("memory");
        arrive(&octets, &mut arrivals);
        packets.judge(&arrivals, &mut hears, counts_from).expect("a judgement")
    }

    #[test]
    fn a_packet_counts_once_and_only_at_the_phone_that_it_was_for() {
        let judged = judged(Seals::default(), micros(101), |octets, arrivals| {
            arrivals.keep(1, micros(120), &octets[0]);
            arrivals.keep(0, micros(131), &octets[1]);
            arrivals.keep(0, micros(132), &octets[1]);
            arrivals.keep(2, micros(133), &octets[2]);
            arrivals.keep(1, micros(154), &octets[4]);
            arrivals.keep(2, micros(155), &packet(1, 3, 0, 7));
            arrivals.keep(1, micros(156), &packet(9, 0, 0, 36));
            arrivals.keep(1, micros(157), b"short");
        });
        // The first was sent before it counted, the third came to the phone that had sent it, and the last three nobody sent.
        assert_eq!((judged.received, judged.delays_us), (3, vec![30.0, 50.0]));
    }

    #[test]
    fn what_does_not_open_has_not_arrived() {
        let mut seals = Seals::default();
        let suite = Suite::AesCm128HmacSha1_80;
        agree_in_pairs(&mut Random::from_u64(1), suite, PHONES, &mut seals).expect("keys");
        let judged = judged(seals, Duration::ZERO, |octets, arrivals| {
            arrivals.keep(1, micros(110), &octets[0]);
            let mut spoilt = octets[1].clone();
            spoilt[100] ^= 1;
            arrivals.keep(0, micros(111), &spoilt);
            // In the clear, and with another's key.
            arrivals.keep(3, micros(112), &packet(0, 2, 0, 2));
            arrivals.keep(2, micros(113), &octets[0]);
        });
        assert_eq!((judged.received, judged.delays_us), (1, vec![10.0]));
    }
}
