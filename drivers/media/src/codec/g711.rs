//! G.711: a sample in eight bits, by a logarithm in pieces.

/// What µ-law adds to a magnitude before it looks for its piece.
const BIAS: i32 = 0x84;
/// The largest magnitude of µ-law.
const CLIP: i32 = 32_635;

static MU_LAW: [i16; 256] = table(true);
static A_LAW: [i16; 256] = table(false);

pub(crate) fn from_mu_law(byte: u8) -> i16 {
    MU_LAW[usize::from(byte)]
}

pub(crate) fn from_a_law(byte: u8) -> i16 {
    A_LAW[usize::from(byte)]
}

pub(crate) fn to_mu_law(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    // Bit 7 is the lowest that a biased magnitude can have as its highest.
    let piece = magnitude.ilog2() - 7;
    let step = (magnitude >> (piece + 3)) & 0x0f;
    !(sign | (piece as u8) << 4 | step as u8)
}

pub(crate) fn to_a_law(sample: i16) -> u8 {
    // The even bits are turned round on the line (G.711 table 1a, note 2); the sign bit is set for what is positive.
    let (mask, magnitude) = if sample >= 0 { (0xd5, sample) } else { (0x55, !sample) };
    let magnitude = (magnitude >> 3).unsigned_abs();
    let code = if magnitude < 32 {
        magnitude >> 1
    } else {
        let piece = magnitude.ilog2() - 4;
        (piece as u16) << 4 | (magnitude >> piece) & 0x0f
    };
    code as u8 ^ mask
}

const fn table(mu: bool) -> [i16; 256] {
    let mut out = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        out[byte] = if mu { mu_law(byte as u8) } else { a_law(byte as u8) };
        byte += 1;
    }
    out
}

const fn mu_law(byte: u8) -> i16 {
    let byte = !byte;
    let magnitude = ((((byte & 0x0f) as i32) << 3) + BIAS) << (byte >> 4 & 7);
    (if byte & 0x80 == 0 { magnitude - BIAS } else { BIAS - magnitude }) as i16
}

const fn a_law(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (piece, step) = (byte >> 4 & 7, (byte & 0x0f) as i16);
    let magnitude = if piece == 0 { step * 2 + 1 } else { (step * 2 + 33) << (piece - 1) } * 8;
    if byte & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own() {
        for byte in 0..=255 {
            assert_eq!(from_a_law(to_a_law(from_a_law(byte))), from_a_law(byte), "A-law {byte:#x}");
            assert_eq!(from_mu_law(to_mu_law(from_mu_law(byte))), from_mu_law(byte), "µ-law {byte:#x}");
            assert_eq!(to_a_law(from_a_law(byte)), byte);
        }
    }

    #[test]
    fn corners_of_the_recommendation() {
        // G.711 tables 1 and 2, in sixteen bits.
        for (byte, sample) in [(0xff, 0), (0x7f, 0), (0x80, 32_124), (0x00, -32_124), (0xf0, 120), (0xef, 132)] {
            assert_eq!(from_mu_law(byte), sample, "{byte:#x}");
        }
        for (byte, sample) in [(0xd5, 8), (0x55, -8), (0xaa, 32_256), (0x2a, -32_256)] {
            assert_eq!(from_a_law(byte), sample, "{byte:#x}");
        }
    }

    #[test]
    fn no_sample_is_off_by_more_than_half_a_step() {
        for sample in i16::MIN..=i16::MAX {
            let allowed = (i32::from(sample).abs() / 16).max(16);
            for heard in [from_mu_law(to_mu_law(sample)), from_a_law(to_a_law(sample))] {
                let off = (i32::from(heard) - i32::from(sample)).abs();
                assert!(off <= allowed.max(32_768 - 32_124), "{sample}: {heard}");
                assert!(off <= allowed || sample.unsigned_abs() > 32_000, "{sample}: {heard}");
            }
        }
    }
}
