//! G.722 at 64 kbit/s: two bands of 8000 samples a second, the lower in six bits and the upper in two (ITU-T G.722, 1988).
//!
//! Names, tables and the order of the steps are the Recommendation's. Its 16-bit arithmetic saturates, and so does this.

/// The two adaptive predictors and quantizers remember the same of their band.
#[derive(Debug)]
struct Band {
    /// The prediction, and its two parts.
    s: i32,
    sp: i32,
    sz: i32,
    /// The last reconstructed and partially reconstructed samples.
    r: [i32; 3],
    p: [i32; 3],
    /// Poles, with their first unused.
    a: [i32; 3],
    /// Zeros and the differences that they weigh.
    b: [i32; 7],
    d: [i32; 7],
    /// The logarithm of the step, and the step.
    nb: i32,
    det: i32,
}

/// How far the logarithm of the step goes, and how it becomes the step, in each band (blocks 3L and 3H).
const LOWER: (i32, i32) = (18_432, 8);
const UPPER: (i32, i32) = (22_528, 10);

const WL: [i32; 8] = [-60, -30, 58, 172, 334, 538, 1198, 3042];
const RL42: [usize; 16] = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0];
const WH: [i32; 3] = [0, -214, 798];
const RH2: [usize; 4] = [2, 1, 2, 1];
const ILB: [i32; 32] = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
    3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
];
const Q6: [i32; 30] = [
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
    1458, 1612, 1765, 1980, 2195, 2557, 2919,
];
const QM2: [i32; 4] = [-7408, -1616, 7408, 1616];
const QM4: [i32; 16] =
    [0, -20_456, -12_896, -8968, -6288, -4240, -2584, -1200, 20_456, 12_896, 8968, 6288, 4240, 2584, 1200, 0];
const QM6: [i32; 64] = [
    -136, -136, -136, -136, -24_808, -21_904, -19_008, -16_704, -14_984, -13_512, -12_280, -11_192, -10_232, -9360,
    -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360,
    -1040, -728, 24_808, 21_904, 19_008, 16_704, 14_984, 13_512, 12_280, 11_192, 10_232, 9360, 8576, 7856, 7192, 6576,
    6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
];
/// Every second coefficient of the filters that divide and join the bands; the others are the same backwards.
const QMF: [i32; 12] = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

const fn saturate(value: i32) -> i32 {
    if value > i16::MAX as i32 {
        i16::MAX as i32
    } else if value < i16::MIN as i32 {
        i16::MIN as i32
    } else {
        value
    }
}

impl Band {
    const fn new(det: i32) -> Self {
        Self { s: 0, sp: 0, sz: 0, r: [0; 3], p: [0; 3], a: [0; 3], b: [0; 7], d: [0; 7], nb: 0, det }
    }

    /// Blocks 3L and 3H: the step follows what was said.
    fn scale(&mut self, change: i32, (most, shift): (i32, i32)) {
        self.nb = (((self.nb * 127) >> 7) + change).clamp(0, most);
        let mantissa = ILB[(self.nb >> 6 & 31) as usize];
        let exponent = shift - (self.nb >> 11);
        self.det = if exponent < 0 { mantissa << -exponent } else { mantissa >> exponent } << 2;
    }

    /// Blocks 4L and 4H: the predictor follows the quantized difference.
    fn predict(&mut self, d: i32) {
        self.d[0] = d;
        self.r[0] = saturate(self.s + d);
        self.p[0] = saturate(self.sz + d);
        let same = |i: usize| (self.p[0] < 0) == (self.p[i] < 0);
        // UPPOL2, UPPOL1.
        let steep = saturate(self.a[1] << 2);
        let towards = if same(1) { -steep } else { steep }.min(32_767);
        let a2 = (if same(2) { 128 } else { -128 }) + (towards >> 7) + ((self.a[2] * 32_512) >> 15);
        let a2 = a2.clamp(-12_288, 12_288);
        let a1 = saturate((if same(1) { 192 } else { -192 }) + ((self.a[1] * 32_640) >> 15));
        let bound = saturate(15_360 - a2);
        let a1 = a1.clamp(-bound, bound);
        // UPZERO, DELAYA.
        let push = if d == 0 { 0 } else { 128 };
        for i in (1..7).rev() {
            let towards = if (self.d[i] < 0) == (d < 0) { push } else { -push };
            self.b[i] = saturate(towards + ((self.b[i] * 32_640) >> 15));
        }
        self.d.copy_within(0..6, 1);
        self.r.copy_within(0..2, 1);
        self.p.copy_within(0..2, 1);
        (self.a[1], self.a[2]) = (a1, a2);
        // FILTEP, FILTEZ, PREDIC.
        let pole = |i: usize| (self.a[i] * saturate(self.r[i] * 2)) >> 15;
        self.sp = saturate(pole(1) + pole(2));
        self.sz = saturate((1..7).map(|i| (self.b[i] * saturate(self.d[i] * 2)) >> 15).sum());
        self.s = saturate(self.sp + self.sz);
    }

    /// What a code of the lower band does to it.
    fn lower(&mut self, code: usize) {
        let d = (self.det * QM4[code >> 2]) >> 15;
        self.scale(WL[RL42[code >> 2]], LOWER);
        self.predict(d);
    }

    /// The same of the upper band; gives the quantized difference.
    fn upper(&mut self, code: usize) -> i32 {
        let d = (self.det * QM2[code]) >> 15;
        self.scale(WH[RH2[code]], UPPER);
        self.predict(d);
        d
    }
}

/// The filter that divides or joins: the sums over its even and its odd taps.
fn sums(x: &[i32; 24]) -> (i32, i32) {
    let even = (0..12).map(|i| x[2 * i] * QMF[i]).sum();
    let odd = (0..12).map(|i| x[2 * i + 1] * QMF[11 - i]).sum();
    (even, odd)
}

fn push(x: &mut [i32; 24], pair: [i32; 2]) {
    x.copy_within(2.., 0);
    [x[22], x[23]] = pair;
}

/// From samples to codes.
#[derive(Debug)]
pub(crate) struct Encoder {
    x: [i32; 24],
    lower: Band,
    upper: Band,
}

impl Default for Encoder {
    fn default() -> Self {
        Self { x: [0; 24], lower: Band::new(32), upper: Band::new(8) }
    }
}

impl Encoder {
    /// Two samples at 16 kHz.
    pub(crate) fn encode(&mut self, pair: [i16; 2]) -> u8 {
        push(&mut self.x, pair.map(i32::from));
        let (even, odd) = sums(&self.x);
        let (low, high) = ((odd + even) >> 14, (odd - even) >> 14);
        let difference = saturate(low - self.lower.s);
        let magnitude = if difference >= 0 { difference } else { !difference };
        let step = Q6[1..].iter().take_while(|q| magnitude >= (*q * self.lower.det) >> 12).count() + 1;
        // Tables 8 and 9 of the Recommendation, in one formula: 63, 62, then 31 downwards; 61 downwards.
        let lower = match (difference < 0, step) {
            (true, 1) => 63,
            (true, 2) => 62,
            (true, step) => 34 - step,
            (false, step) => 62 - step,
        };
        self.lower.lower(lower);
        let difference = saturate(high - self.upper.s);
        let magnitude = if difference >= 0 { difference } else { !difference };
        let far = magnitude >= (564 * self.upper.det) >> 12;
        let upper = match (difference < 0, far) {
            (true, false) => 1,
            (true, true) => 0,
            (false, false) => 3,
            (false, true) => 2,
        };
        self.upper.upper(upper);
        (upper << 6 | lower) as u8
    }
}

/// From codes to samples.
#[derive(Debug)]
pub(crate) struct Decoder {
    x: [i32; 24],
    lower: Band,
    upper: Band,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { x: [0; 24], lower: Band::new(32), upper: Band::new(8) }
    }
}

impl Decoder {
    /// Two samples at 16 kHz.
    pub(crate) fn decode(&mut self, byte: u8) -> [i16; 2] {
        let (lower, upper) = (usize::from(byte & 0x3f), usize::from(byte >> 6));
        let low = self.lower.s + ((self.lower.det * QM6[lower]) >> 15);
        let low = low.clamp(-16_384, 16_383);
        self.lower.lower(lower);
        let before = self.upper.s;
        let high = (before + self.upper.upper(upper)).clamp(-16_384, 16_383);
        push(&mut self.x, [low + high, low - high]);
        let (even, odd) = sums(&self.x);
        [odd, even].map(|sum| saturate(sum >> 11) as i16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Silence, a whisper, speech and loud noise, with a triangle of 200 Hz now and then.
    fn sound() -> Vec<i16> {
        let mut state = 1u32;
        let sample = |n: i32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = i32::from((state >> 16) as i16);
            let noise = (noise * [0, 100, 3000, 20_000][n as usize / 4000]) >> 15;
            let triangle = n % 80 * 300 - 12_000;
            if n / 1000 % 2 == 1 { (noise >> 1) + (triangle >> 1) } else { noise }
        };
        (0..16_000).map(sample).map(|s| saturate(s) as i16).collect()
    }

    /// FNV-1a.
    fn digest(bytes: impl Iterator<Item = u8>) -> u64 {
        bytes.fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
    }

    fn decoded(codes: &[u8]) -> Vec<i16> {
        let mut decoder = Decoder::default();
        codes.iter().flat_map(|code| decoder.decode(*code)).collect()
    }

    /// The digests are those of what spandsp makes of the same. (It wraps where a sample is beyond full scale, so none is here.)
    #[test]
    fn every_bit_is_as_in_another_implementation() {
        let mut encoder = Encoder::default();
        let codes: Vec<u8> = sound().as_chunks::<2>().0.iter().map(|pair| encoder.encode(*pair)).collect();
        assert_eq!(digest(codes.iter().copied()), 0x965d_ada4_6621_720d, "{:?}", &codes[..20]);
        assert_eq!(digest(decoded(&codes).iter().flat_map(|s| s.to_le_bytes())), 0xa03f_4555_a94e_ab2f);
    }
    /// Whatever bytes come, at any loudness: no sum leaves its range.
    #[test]
    fn any_bytes_are_some_sound() {
        let mut random = model::Random::from_u64(5);
        for _ in 0..20 {
            let mut noise = vec![0; 4000];
            random.fill(&mut noise);
            assert_eq!(decoded(&noise).len(), 8000);
        }
        for byte in 0..=255 {
            decoded(&[byte; 2000]);
        }
        for pair in [[i16::MAX, i16::MAX], [i16::MIN, i16::MIN], [i16::MAX, i16::MIN]] {
            let mut encoder = Encoder::default();
            assert_eq!((0..4000).map(|_| encoder.encode(pair)).count(), 4000);
        }
    }
}
