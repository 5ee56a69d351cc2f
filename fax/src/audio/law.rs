//! The two companding laws of G.711.

use serde::{Deserialize, Serialize};

/// Which law an octet was written by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Law {
    /// North America and Japan.
    Mu,
    /// Everywhere else.
    A,
}

/// What µ-law adds to each magnitude, so that each segment begins at a power of two.
const BIAS: i32 = 0x84;
/// The largest magnitude of µ-law.
const CLIP: i32 = 32_635;
/// A-law turns every second bit over, so that a silent line still has edges.
const EVEN_BITS: u8 = 0x55;

static MU: [i16; 256] = table(Law::Mu);
static A: [i16; 256] = table(Law::A);

impl Law {
    /// The octet of silence.
    pub const fn silence(self) -> u8 {
        match self {
            Self::Mu => 0xff,
            Self::A => 0xd5,
        }
    }

    /// The sample that an octet stands for.
    pub fn decode(self, octet: u8) -> i16 {
        match self {
            Self::Mu => MU[usize::from(octet)],
            Self::A => A[usize::from(octet)],
        }
    }

    /// The octet nearest to a sample.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Mu => {
                let sign = if sample < 0 { 0x80 } else { 0 };
                let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
                let segment = 24 - magnitude.leading_zeros() as i32;
                let step = (magnitude >> (segment + 3)) & 0x0f;
                !(sign | (segment << 4 | step) as u8)
            }
            Self::A => {
                // A negative sample is counted from -1 down, so that no two octets stand for the same.
                let (sign, magnitude) = if sample >= 0 { (0x80, sample) } else { (0, !sample) };
                let magnitude = i32::from(magnitude) >> 4;
                let segment = (28 - (magnitude | 0x0f).leading_zeros() as i32).max(0);
                let step = magnitude >> (segment - 1).max(0) & 0x0f;
                (sign | (segment << 4 | step) as u8) ^ EVEN_BITS
            }
        }
    }
}

const fn table(law: Law) -> [i16; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = match law {
            Law::Mu => mu(octet as u8),
            Law::A => a(octet as u8),
        };
        octet += 1;
    }
    table
}

const fn mu(octet: u8) -> i16 {
    let octet = !octet;
    let magnitude = ((((octet & 0x0f) as i32) << 3) + BIAS) << ((octet & 0x70) >> 4);
    (if octet & 0x80 == 0 { magnitude - BIAS } else { BIAS - magnitude }) as i16
}

const fn a(octet: u8) -> i16 {
    let octet = octet ^ EVEN_BITS;
    let step = ((octet & 0x0f) as i32) << 4;
    let segment = (octet & 0x70) >> 4;
    let magnitude = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
    (if octet & 0x80 == 0 { -magnitude } else { magnitude }) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_is_the_one_nearest_to_its_sample() {
        for law in [Law::Mu, Law::A] {
            for octet in 0..=255 {
                // The two zeros of µ-law are one sample.
                let octet = if law == Law::Mu && octet == 0x7f { 0xff } else { octet };
                assert_eq!(law.encode(law.decode(octet)), octet, "{law:?} {octet:#x}");
            }
            for sample in i16::MIN..=i16::MAX {
                let error = (i32::from(law.decode(law.encode(sample))) - i32::from(sample)).abs();
                let step = 16.max(i32::from(sample).abs() / 16);
                assert!(error <= step.min(1024), "{law:?} {sample} is off by {error}");
            }
            assert!(law.decode(law.silence()).abs() <= 8);
        }
        // G.711 Tables 1a and 2a: full scale.
        assert_eq!((Law::Mu.decode(0x80), Law::Mu.decode(0)), (32_124, -32_124));
        assert_eq!((Law::A.decode(0xaa), Law::A.decode(0x2a)), (32_256, -32_256));
    }
}
