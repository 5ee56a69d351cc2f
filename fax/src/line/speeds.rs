//! What a machine says that it can receive, in a DIS, and where it asks for pages in a DTC, less what a line over IP does not carry.
//!
//! Both say it in the bits 11 to 14 (T.30 table 2), by the modems and not by each speed of them: a machine with V.17 is told of 14400, 12000, 9600
//! and 7200 bit/s at once, one with V.29 of 9600 and 7200. A line for 12000 has V.29, and one for 7200 V.27ter: more would be a speed that it has not.
//!
//! That V.8 would be understood is struck, too: two machines of V.34 would begin with that, which is no T.38 of ours. And who asks for pages does so
//! without error correction: the C code of a gateway knows a CFR only of a machine that was called, and takes the frames of a page after another
//! one's for a page without frames, of which none arrives whole.

use std::ops::Range;

use crate::udptl::parts_of_commands;

/// What follows the address and the control field of a frame.
const DIS: u8 = 0x80;
const DTC: u8 = 0x81;
/// The octets of a frame, by their place: which it is, and those with bits 1 to 8, 9 to 16 and 25 to 32.
const FCF: usize = 2;
const FIRST: usize = 3;
const SECOND: usize = 4;
const FOURTH: usize = 6;
/// Bit 6.
const V8: u8 = 0x20;
/// Bits 27 and 31: error correction, and T.6, which comes under it alone.
const ECM: u8 = 0x44;
/// Bits 11, 12 and 14, and with 13 all that say what modems there are.
const V29: u8 = 0x04;
const V27TER: u8 = 0x08;
const V17: u8 = 0x20;
const MODEMS: u8 = 0x3c;

/// One direction of a call. It hears packets in order, each once.
#[derive(Debug)]
pub(super) struct Speeds {
    most: u16,
    frame: Frame,
}

/// The frame of V.21 that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// So many octets of it have passed; which it is, once that is known.
    Passed(usize, u8),
    /// A part of it was lost.
    Broken,
}

const NEW: Frame = Frame::Passed(0, 0);

impl Speeds {
    /// Nothing goes faster than this, in bit/s.
    pub(super) const fn new(most: u16) -> Self {
        Self { most, frame: NEW }
    }

    /// Packets were lost before the next.
    pub(super) const fn lost(&mut self) {
        self.frame = Frame::Broken;
    }

    /// Changes a packet that passes, if it must.
    pub(super) fn pass(&mut self, ifp: &mut [u8]) {
        let Some(parts) = parts_of_commands(ifp) else {
            self.frame = NEW;
            return;
        };
        for part in parts {
            self.part(ifp, part);
        }
    }

    fn part(&mut self, ifp: &mut [u8], part: Range<usize>) {
        if part.is_empty() {
            self.frame = NEW;
        }
        for octet in ifp.get_mut(part).into_iter().flatten() {
            let Frame::Passed(place, fcf) = self.frame else { return };
            // The first bit of an octet is its highest here, and its lowest in T.30's tables.
            let said = octet.reverse_bits();
            let fcf = if place == FCF { said } else { fcf };
            self.frame = Frame::Passed(place + 1, fcf);
            if place >= FIRST && matches!(fcf, DIS | DTC) {
                *octet = match place {
                    FIRST => said & !V8,
                    SECOND => less(said, self.most),
                    FOURTH if fcf == DTC => said & !ECM,
                    _ => said,
                }
                .reverse_bits();
            }
        }
    }
}

/// The octet with the modems, less those that go faster than this. What no machine may say is taken for the usual V.29 and V.27ter.
const fn less(said: u8, most: u16) -> u8 {
    let modems = match said & MODEMS {
        known if known == 0 || known == V27TER || known == V29 || known == V29 | V27TER => known,
        all if all == V17 | V29 | V27TER => all,
        _ => V29 | V27TER,
    };
    let allowed = match most {
        14_400.. => V17 | V29 | V27TER,
        9600.. => V29 | V27TER,
        4800.. => V27TER,
        // The slowest of V.27ter, which every machine has.
        _ => 0,
    };
    said & !MODEMS | modems & allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame as packets carry it, in parts of so many octets.
    fn packets(frame: &[u8], octets: usize) -> Vec<Vec<u8>> {
        let part = |part: &[u8]| {
            let mut packet = vec![0xc0, 1, 0x80, 0, part.len() as u8 - 1];
            packet.extend(part.iter().map(|octet| octet.reverse_bits()));
            packet
        };
        frame.chunks(octets).map(part).chain([vec![0xc0, 1, 0x20]]).collect()
    }

    fn frame(packets: &[Vec<u8>]) -> Vec<u8> {
        let octets = packets.iter().filter(|packet| packet.len() > 5).flat_map(|packet| &packet[5..]);
        octets.map(|octet| octet.reverse_bits()).collect()
    }

    fn passed(said: &[u8], octets: usize, most: u16) -> Vec<u8> {
        let mut packets = packets(said, octets);
        let mut speeds = Speeds::new(most);
        packets.iter_mut().for_each(|packet| speeds.pass(packet));
        frame(&packets)
    }

    #[test]
    fn a_machine_hears_of_no_modem_that_a_line_is_too_slow_for() {
        // What it has, by the bits 11 to 14, and what of it each line carries.
        let (all, v29, v27, none) = (V17 | V29 | V27TER, V29 | V27TER, V27TER, 0);
        for (most, carried) in [
            (33_600, [all, v29, V29, v27, none]),
            (14_400, [all, v29, V29, v27, none]),
            (14_399, [v29, v29, V29, v27, none]),
            (12_000, [v29, v29, V29, v27, none]),
            (9600, [v29, v29, V29, v27, none]),
            (7200, [v27, v27, none, v27, none]),
            (4800, [v27, v27, none, v27, none]),
            (2400, [none; 5]),
            (0, [none; 5]),
        ] {
            assert_eq!([all, v29, V29, v27, none].map(|said| less(said, most)), carried, "{most}");
            // What stands beside stays, and nothing is added by it.
            for said in 0..=255 {
                let made = less(said, most);
                assert_eq!(made & !MODEMS, said & !MODEMS);
                assert!([0, V29, v27, v29, all].contains(&(made & MODEMS)), "{said:#x} {most}");
                assert_eq!(less(made, most), made);
            }
        }
    }

    #[test]
    fn it_is_changed_in_what_says_it_and_nowhere_else_however_it_is_cut() {
        let rest = [0x77, 0xff, 0x23];
        let of = |fcf: u8, modems: u8| [&[0xff, 0x13, fcf, 0x20 | 0x4f, modems], &rest[..]].concat();
        for octets in 1..=8 {
            for fcf in [DIS, DTC] {
                let made = passed(&of(fcf, 0xff), octets, 4800);
                let ecm = if fcf == DTC { 0xbb } else { 0xff };
                assert_eq!(made, [0xff, 0x13, fcf, 0x4f, 0xcb, 0x77, ecm, 0x23], "{fcf:#x} in {octets}");
            }
            // DCS, CSI, CFR with more, and what comes under error correction.
            for fcf in [0x82, 0x83, 0x40, 0x84, 0x06] {
                assert_eq!(passed(&of(fcf, 0xff), octets, 4800), of(fcf, 0xff), "{fcf:#x} in {octets}");
            }
        }
    }

    #[test]
    fn of_what_is_broken_nothing_is_changed_and_the_next_frame_is_one_again() {
        let dis = [0xff, 0x13, DIS, 0, 0x2c, 0, 0];
        let mut speeds = Speeds::new(9600);
        let mut parts = packets(&dis, 1);
        speeds.pass(&mut parts[0]);
        // Another is lost, and what is taken for the octet with the modems would be none.
        speeds.lost();
        for part in &mut parts[2..] {
            let before = part.clone();
            speeds.pass(part);
            assert_eq!(*part, before);
        }
        let mut whole = packets(&dis, 3);
        whole.iter_mut().for_each(|packet| speeds.pass(packet));
        assert_eq!(frame(&whole)[SECOND], V29 | V27TER);
        // After a preamble, too, if the end was lost.
        let mut parts = packets(&dis, 4);
        speeds.pass(&mut parts[0]);
        speeds.lost();
        speeds.pass(&mut [0x06]);
        let mut whole = packets(&dis, 4);
        whole.iter_mut().for_each(|packet| speeds.pass(packet));
        assert_eq!(frame(&whole)[SECOND], V29 | V27TER);
    }

    /// Several frames in a packet, and one that goes on in the next.
    #[test]
    fn frames_end_where_their_fields_say() {
        let mut speeds = Speeds::new(9600);
        let octets = |octets: &[u8]| octets.iter().map(|octet| octet.reverse_bits()).collect::<Vec<_>>();
        // The name of the machine, its end, and the beginning of what it can: fields of which the second has no data and takes half an octet.
        let mut first =
            [&[0xc0, 3, 0x80, 0, 2], &octets(&[0xff, 0x03, 0x40])[..], &[0x28, 0, 2], &octets(&[0xff, 0x13, DTC])]
                .concat();
        first[1] = 3;
        let mut second = [&[0xc0, 2, 0x80, 0, 1], &octets(&[0, 0x2c])[..], &[0x40]].concat();
        speeds.pass(&mut first);
        speeds.pass(&mut second);
        assert_eq!(second[6].reverse_bits(), V29 | V27TER, "{first:x?} {second:x?}");
    }
}
