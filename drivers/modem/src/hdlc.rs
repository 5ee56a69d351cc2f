//! The frames of a page under error correction (HDLC, as T.4 Annex A uses it), made and read in software: a Class 1 modem carries them as
//! plain bits, the first of an octet being its lowest. What the frames say is no business of this crate.

const FLAG: u8 = 0x7e;
/// The longest frame that is kept, with its check sum: a page's have 256 octets and what stands around them.
const LONGEST: usize = 270;
/// What the check sum comes to over a good frame and its check sum.
const GOOD: u16 = 0xf0b8;

/// The check sum of a frame (V.42 section 8.1.1.6.1), without its last inversion.
fn check_sum(octets: &[u8]) -> u16 {
    octets.iter().fold(0xffff, |mut sum, octet| {
        sum ^= u16::from(*octet);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0x8408 } else { sum >> 1 };
        }
        sum
    })
}

/// True if these octets end in the check sum of those before it.
pub(crate) fn is_good(octets: &[u8]) -> bool {
    octets.len() > 2 && check_sum(octets) == GOOD
}

/// Frames to octets of bits.
#[derive(Debug, Default)]
pub struct Framer {
    /// Bits that do not fill an octet yet.
    bits: u16,
    count: u32,
    ones: u32,
}

impl Framer {
    /// So many flags: before the first frame, after the last, and while there is none.
    pub fn flags(&mut self, count: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(count + 1);
        for _ in 0..count {
            self.plain(FLAG, &mut out);
        }
        out
    }

    /// A frame and the flag that ends it.
    pub fn frame(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(frame.len() + frame.len() / 5 + 4);
        let sum = !check_sum(frame);
        self.ones = 0;
        for octet in frame.iter().copied().chain(sum.to_le_bytes()) {
            for bit in 0..8 {
                let one = octet >> bit & 1;
                self.push(one, &mut out);
                self.ones = if one == 1 { self.ones + 1 } else { 0 };
                // Five in a row, and a flag would be the next: a zero that the other end takes out again.
                if self.ones == 5 {
                    self.push(0, &mut out);
                    self.ones = 0;
                }
            }
        }
        self.plain(FLAG, &mut out);
        out
    }

    fn plain(&mut self, octet: u8, out: &mut Vec<u8>) {
        for bit in 0..8 {
            self.push(octet >> bit & 1, out);
        }
    }

    fn push(&mut self, bit: u8, out: &mut Vec<u8>) {
        self.bits |= u16::from(bit) << self.count;
        self.count += 1;
        if self.count == 8 {
            out.push(self.bits as u8);
            (self.bits, self.count) = (0, 0);
        }
    }
}

/// A frame that came, without its check sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed {
    /// Its octets.
    pub frame: Vec<u8>,
    /// Its check sum was right.
    pub good: bool,
}

/// Octets of bits to frames.
#[derive(Debug, Default)]
pub struct Deframer {
    ones: u32,
    /// A flag was seen, and no abort since.
    inside: bool,
    octet: u8,
    count: u32,
    frame: Vec<u8>,
}

impl Deframer {
    /// Takes bits; gives the frames that end in them.
    pub fn put(&mut self, octets: &[u8]) -> Vec<Framed> {
        let mut framed = Vec::new();
        for octet in octets {
            for bit in 0..8 {
                framed.extend(self.bit(octet >> bit & 1));
            }
        }
        framed
    }

    fn bit(&mut self, bit: u8) -> Option<Framed> {
        if bit == 1 {
            self.ones += 1;
            // Seven: an abort, or the line between two signals.
            if self.ones >= 7 {
                self.inside = false;
                return None;
            }
            self.data(1);
            return None;
        }
        let ones = std::mem::take(&mut self.ones);
        match ones {
            // The zero that was put in.
            5 => None,
            6 => self.flag(),
            _ => {
                self.data(0);
                None
            }
        }
    }

    fn data(&mut self, bit: u8) {
        self.octet |= bit << self.count;
        self.count += 1;
        if self.count == 8 {
            if self.frame.len() < LONGEST {
                self.frame.push(self.octet);
            }
            (self.octet, self.count) = (0, 0);
        }
    }

    fn flag(&mut self) -> Option<Framed> {
        // The flag's own first seven bits were taken for data.
        let whole = self.count == 7;
        let mut frame = std::mem::take(&mut self.frame);
        (self.octet, self.count) = (0, 0);
        if !std::mem::replace(&mut self.inside, true) || frame.len() < 5 {
            return None;
        }
        let good = whole && is_good(&frame);
        frame.truncate(frame.len() - 2);
        Some(Framed { frame, good })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in() {
        let (mut framer, mut deframer) = (Framer::default(), Deframer::default());
        let frames: Vec<Vec<u8>> = (0..40u32)
            .map(|n| (0..3 + n * 6).map(|i| if n % 3 == 0 { 0xff } else { (i * n * 37) as u8 }).collect())
            .collect();
        let mut bits = framer.flags(5);
        for frame in &frames {
            bits.extend(framer.frame(frame));
        }
        bits.extend(framer.flags(3));
        let framed: Vec<Framed> = bits.chunks(7).flat_map(|part| deframer.put(part)).collect();
        assert!(framed.iter().all(|framed| framed.good));
        assert_eq!(framed.into_iter().map(|framed| framed.frame).collect::<Vec<_>>(), frames);
    }

    #[test]
    fn what_was_damaged_is_said_to_be() {
        let mut framer = Framer::default();
        let mut bits = framer.flags(2);
        bits.extend(framer.frame(&[0xff, 0x03, 0x06, 0x00, 0x55, 0x66]));
        bits.extend(framer.frame(&[0xff, 0x03, 0x06, 0x01, 0x77, 0x88]));
        bits.extend(framer.flags(2));
        bits[6] ^= 0x10;
        let framed = Deframer::default().put(&bits);
        assert!(framed.iter().any(|framed| !framed.good), "{framed:?}");
        assert_eq!(framed.last().map(|framed| framed.good), Some(true));
        // And whatever comes does no harm.
        assert!(Deframer::default().put(&[0xff; 5000]).is_empty());
        Deframer::default().put(&(0..20_000u32).map(|n| n.wrapping_mul(n).wrapping_mul(31) as u8).collect::<Vec<_>>());
    }

    #[test]
    fn the_check_sum_is_the_one_of_v42() {
        assert_eq!(!check_sum(b"123456789"), 0x906e);
    }
}
