//! Colours as an eye has them (CIE L*a*b*, TIFF 6.0 section 23), which programs for pictures save: how light, and where between green and red and
//! between blue and yellow.

/// How finely the light of a channel is told apart.
const STEPS: usize = 4095;
/// The light of white paper (D50), as programs for pictures mean it.
const WHITE: [f32; 3] = [0.964_22, 1.0, 0.825_21];
/// From it to red, green and blue of sRGB, whose white is brought to that of the paper (Bradford).
const TO_RGB: [[f32; 3]; 3] =
    [[3.133_856, -1.616_867, -0.490_615], [-0.978_768, 1.916_142, 0.033_454], [0.071_945, -0.228_991, 1.405_243]];

/// How the samples are written.
pub(super) struct Lab {
    /// As in a profile of the ICC: what may be less than nothing is shifted, and 16 bits are 8 and a fraction.
    pub(super) shifted: bool,
    /// The light of a channel, in [`STEPS`], as it stands in a picture.
    shown: Vec<u8>,
}

impl Lab {
    pub(super) fn new(shifted: bool) -> Self {
        // IEC 61966-2-1.
        let shown =
            |light: f32| if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
        // The casts saturate.
        let shown = (0..=STEPS).map(|step| (shown(step as f32 / STEPS as f32) * 255.0).round() as u8).collect();
        Self { shifted, shown }
    }

    /// Red, green and blue of three samples of 8 or 16 bits.
    pub(super) fn rgb(&self, [light, a, b]: [u16; 3], bits: usize) -> [u8; 3] {
        let most = match (bits, self.shifted) {
            (8, _) => 255.0,
            (_, true) => 65_280.0,
            (_, false) => 65_535.0,
        };
        let signed = |sample: u16| match (bits, self.shifted) {
            (8, false) => f32::from((sample as u8).cast_signed()),
            (8, true) => f32::from(sample) - 128.0,
            (_, false) => f32::from(sample.cast_signed()) / 256.0,
            (_, true) => f32::from(sample) / 256.0 - 128.0,
        };
        let y = (f32::from(light) * 100.0 / most + 16.0) / 116.0;
        let xyz = [y + signed(a) / 500.0, y, y - signed(b) / 200.0];
        let xyz: [f32; 3] = std::array::from_fn(|i| WHITE[i] * straight(xyz[i]));
        TO_RGB.map(|row| {
            let light: f32 = row.iter().zip(xyz).map(|(share, part)| share * part).sum();
            self.shown[(light.clamp(0.0, 1.0) * STEPS as f32).round() as usize]
        })
    }
}

/// The share of the white's light.
fn straight(t: f32) -> f32 {
    const DARK: f32 = 6.0 / 29.0;
    if t > DARK { t.powi(3) } else { 3.0 * DARK * DARK * (t - 4.0 / 29.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The three colours of sRGB as profiles of it have them, and what has no colour.
    #[test]
    fn known_colours_come_out() {
        for (light, a, b, rgb) in [
            (100.0, 0.0, 0.0, [255, 255, 255]),
            (0.0, 0.0, 0.0, [0, 0, 0]),
            (53.585, 0.0, 0.0, [128, 128, 128]),
            (54.29, 80.81, 69.89, [255, 0, 0]),
            (87.82, -79.27, 80.99, [0, 255, 0]),
            (29.57, 68.30, -112.03, [0, 0, 255]),
        ] {
            let near = |got: [u8; 3], off: u8| got.iter().zip(rgb).all(|(got, want)| got.abs_diff(want) <= off);
            let signed = |value: f32, scale: f32| (value * scale).round() as i32;
            let words = [
                (8, false, [signed(light, 2.55), signed(a, 1.0) & 0xff, signed(b, 1.0) & 0xff], 12),
                (8, true, [signed(light, 2.55), signed(a, 1.0) + 128, signed(b, 1.0) + 128], 12),
                (16, false, [signed(light, 655.35), signed(a, 256.0) & 0xffff, signed(b, 256.0) & 0xffff], 2),
                (16, true, [signed(light, 652.8), signed(a + 128.0, 256.0), signed(b + 128.0, 256.0)], 2),
            ];
            for (bits, shifted, samples, off) in words {
                let got = Lab::new(shifted).rgb(samples.map(|sample| sample as u16), bits);
                assert!(near(got, off), "{bits} bits, {shifted}: {got:?} in place of {rgb:?}");
            }
        }
    }
}
