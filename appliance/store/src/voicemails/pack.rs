//! Voices as they are kept: G.711 µ-law, a byte for a sample. What came over a telephone in µ-law is kept without a loss, and a minute of it
//! takes 480 KB.

use model::Sound;

/// Packs samples.
pub(crate) fn pack(sound: &Sound) -> Vec<u8> {
    pack_samples(&sound.samples)
}

/// The same of samples whose rate is known.
pub(crate) fn pack_samples(samples: &[i16]) -> Vec<u8> {
    samples.iter().map(|s| encode(*s)).collect()
}

/// Unpacks them.
pub(crate) fn unpack(bytes: &[u8], rate: u32) -> Sound {
    Sound { rate, samples: bytes.iter().map(|b| decode(*b)).collect() }
}

const BIAS: i32 = 0x84;
const CLIP: i32 = 32_635;

fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = i32::from(sample).abs().min(CLIP) + BIAS;
    let segment = (magnitude >> 7).ilog2();
    let step = (magnitude >> (segment + 3)) & 0x0f;
    let code = sign | i32::try_from(segment << 4).unwrap_or(0) | step;
    !u8::try_from(code).unwrap_or(0)
}

fn decode(byte: u8) -> i16 {
    let code = i32::from(!byte);
    let magnitude = (((code & 0x0f) << 3) + BIAS) << ((code & 0x70) >> 4);
    let value = magnitude - BIAS;
    i16::try_from(if code & 0x80 == 0 { value } else { -value }).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_mu_law_is_kept_to_the_bit() {
        for byte in 0..=255u8 {
            // There are two zeros.
            let again = encode(decode(byte));
            assert!(again == byte || decode(again) == decode(byte), "{byte}");
        }
        assert_eq!([decode(0x00), decode(0x80), decode(0xff), decode(0x7f)], [-32_124, 32_124, 0, 0]);
    }

    #[test]
    fn noise_is_a_hundredth_of_the_voice() {
        for sample in (i16::MIN..=i16::MAX).step_by(7) {
            let off = (i32::from(decode(encode(sample))) - i32::from(sample)).abs();
            assert!(off <= i32::from(sample).abs() / 20 + 8, "{sample} {off}");
        }
    }
}
