//! What may be heard on a line: tones that steer the modems to each of their receivers, V.21 and noise.

/// 1650 and 1850 Hz, the upper channel of V.21, by which T.30 talks: so far the phase goes in a sample of 1/8000 s.
const MARK: u32 = 885_837_004;
const SPACE: u32 = 993_211_187;

/// Goes on where it stopped, so that no signal begins with a click.
#[derive(Default)]
pub struct Signal {
    phase: u32,
}

impl Signal {
    /// Of any frequency and loudness.
    pub fn tone(&mut self, samples: &mut [i16], step: u32, loudness: u8) {
        for sample in samples {
            *sample = self.wave(step, f64::from(loudness) * 128.0);
        }
    }

    /// V.21 of these bits, 300 a second, over and over.
    pub fn v21(&mut self, samples: &mut [i16], bits: &[u8]) {
        for (n, sample) in samples.iter_mut().enumerate() {
            let bit = n * 300 / 8000;
            let is_mark = bits[bit / 8 % bits.len()] & (1 << (bit % 8)) != 0;
            *sample = self.wave(if is_mark { MARK } else { SPACE }, 8000.0);
        }
    }

    /// Of any loudness, the extremes among it.
    pub fn noise(&mut self, samples: &mut [i16], colour: u8, quieter: u8) {
        for sample in samples {
            self.phase = self.phase.wrapping_mul(1_664_525).wrapping_add(1_013_904_223 + u32::from(colour));
            *sample = ((self.phase >> 16) as i16) >> (quieter & 15);
        }
    }

    fn wave(&mut self, step: u32, loudness: f64) -> i16 {
        self.phase = self.phase.wrapping_add(step);
        let wave = (f64::from(self.phase) / f64::from(u32::MAX) * std::f64::consts::TAU).sin();
        (wave * loudness) as i16
    }
}

/// The bits of a frame as a machine says it (T.30 §5.3): flags, the octets with a zero after each five ones, its check sum, flags.
pub fn frame(octets: &[u8]) -> Vec<u8> {
    const FLAGS: usize = 12;
    let mut check = 0xffff_u16;
    for octet in octets {
        check ^= u16::from(*octet);
        for _ in 0..8 {
            check = if check & 1 == 1 { check >> 1 ^ 0x8408 } else { check >> 1 };
        }
    }
    let (mut bits, mut ones) = (Bits::default(), 0);
    (0..FLAGS).for_each(|_| bits.octet(0x7e));
    for octet in octets.iter().chain(&(!check).to_le_bytes()) {
        for at in 0..8 {
            let is_one = octet & (1 << at) != 0;
            bits.push(is_one);
            ones = if is_one { ones + 1 } else { 0 };
            if ones == 5 {
                bits.push(false);
                ones = 0;
            }
        }
    }
    bits.octet(0x7e);
    bits.octet(0x7e);
    bits.octets
}

#[derive(Default)]
struct Bits {
    octets: Vec<u8>,
    count: usize,
}

impl Bits {
    fn push(&mut self, is_one: bool) {
        if self.count % 8 == 0 {
            self.octets.push(0);
        }
        if let Some(last) = self.octets.last_mut() {
            *last |= u8::from(is_one) << (self.count % 8);
        }
        self.count += 1;
    }

    fn octet(&mut self, octet: u8) {
        (0..8).for_each(|at| self.push(octet & (1 << at) != 0));
    }
}
