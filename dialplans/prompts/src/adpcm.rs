//! Four bits for a sample (IMA ADPCM, as the Interactive Multimedia Association published it in 1992): a quarter of the size, with a noise
//! that a telephone does not show. Each clip begins from zero, two samples to a byte, the low half first.

/// Bytes of this many samples.
#[allow(dead_code, reason = "the build script and the library use different halves of this")]
pub(crate) const fn packed_len(samples: usize) -> usize {
    samples.div_ceil(2)
}

/// Packs a clip.
#[allow(dead_code, reason = "the build script and the library use different halves of this")]
pub(crate) fn pack(samples: &[i16]) -> Vec<u8> {
    let mut state = State::default();
    let mut out = Vec::with_capacity(packed_len(samples.len()));
    for pair in samples.chunks(2) {
        let low = state.code(pair[0]);
        let high = pair.get(1).map_or(0, |s| state.code(*s));
        out.push(low | high << 4);
    }
    out
}

/// Unpacks a clip of this many samples; of one that is too short, as many as there are.
#[allow(dead_code, reason = "the build script and the library use different halves of this")]
pub(crate) fn unpack(packed: &[u8], samples: usize) -> Vec<i16> {
    let mut state = State::default();
    packed.iter().flat_map(|byte| [byte & 15, byte >> 4]).take(samples).map(|code| state.sample(code)).collect()
}

/// What both ends predict the next sample from.
#[derive(Default)]
struct State {
    predicted: i32,
    index: i32,
}

impl State {
    fn code(&mut self, sample: i16) -> u8 {
        let mut step = self.step();
        let mut rest = i32::from(sample) - self.predicted;
        let mut code = 0;
        if rest < 0 {
            code = 8;
            rest = -rest;
        }
        for bit in [4, 2, 1] {
            if rest >= step {
                code |= bit;
                rest -= step;
            }
            step >>= 1;
        }
        self.sample(code);
        code
    }

    fn sample(&mut self, code: u8) -> i16 {
        let step = self.step();
        let mut change = step >> 3;
        for (bit, shift) in [(4, 0), (2, 1), (1, 2)] {
            if code & bit != 0 {
                change += step >> shift;
            }
        }
        let signed = if code & 8 == 0 { change } else { -change };
        self.predicted = (self.predicted + signed).clamp(-32_768, 32_767);
        self.index = (self.index + CHANGES[usize::from(code & 7)]).clamp(0, 88);
        i16::try_from(self.predicted).unwrap_or(0)
    }

    fn step(&self) -> i32 {
        STEPS[usize::try_from(self.index).unwrap_or(0)]
    }
}

const CHANGES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107,
    118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963,
    1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894,
    6484, 7132, 7845, 8630, 9493, 10_442, 11_487, 12_635, 13_899, 15_289, 16_818, 18_500, 20_350, 22_385, 24_623,
    27_086, 29_794, 32_767,
];
