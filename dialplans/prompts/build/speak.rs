//! One text, spoken: espeak-ng, then 16 kHz, without the silence around it, packed.

use std::f64::consts::PI;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use crate::adpcm;

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Voice {
    /// As espeak-ng calls it.
    pub(crate) name: String,
    /// Words a minute.
    pub(crate) speed: u32,
}

/// What was spoken.
pub(crate) struct Spoken {
    pub(crate) packed: Vec<u8>,
    pub(crate) samples: usize,
}

/// A change of how a text becomes a clip is a change of this number, so that nothing old is used.
const RECIPE: u32 = 1;

const MISSING: &str =
    "espeak-ng, which speaks the announcements, is not installed: `cargo xtask deps` installs what the build needs";

/// Speaks a text, or takes what was kept of it.
pub(crate) fn spoken(voice: &Voice, text: &str, kept: &Path) -> Result<Spoken, String> {
    let mut hasher = DefaultHasher::new();
    (RECIPE, voice, text).hash(&mut hasher);
    let file = kept.join(format!("{:016x}", hasher.finish()));
    if let Some(clip) = std::fs::read(&file).ok().and_then(|bytes| unwrapped(&bytes)) {
        return Ok(clip);
    }
    let samples = trimmed(&at_16_khz(&espeak(voice, text)?));
    let clip = Spoken { packed: adpcm::pack(&samples), samples: samples.len() };
    let mut bytes = (clip.samples as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(&clip.packed);
    // Whole or not at all: a build that is cut off must not leave half a clip for the next.
    let draft = file.with_extension("new");
    std::fs::write(&draft, bytes).and_then(|()| std::fs::rename(&draft, &file)).map_err(|e| e.to_string())?;
    Ok(clip)
}

fn unwrapped(bytes: &[u8]) -> Option<Spoken> {
    let (head, packed) = bytes.split_first_chunk::<8>()?;
    let samples = usize::try_from(u64::from_le_bytes(*head)).ok()?;
    (packed.len() == adpcm::packed_len(samples)).then(|| Spoken { packed: packed.to_vec(), samples })
}

/// What espeak-ng says: samples at [`ITS_RATE`].
fn espeak(voice: &Voice, text: &str) -> Result<Vec<i16>, String> {
    let mut command = Command::new("espeak-ng");
    command.args(["-v", &voice.name, "-s", &voice.speed.to_string(), "--stdout", "--", text]);
    let output = command.stdin(Stdio::null()).output().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => MISSING.to_owned(),
        _ => format!("espeak-ng: {e}"),
    })?;
    let wav = &output.stdout;
    let rate = wav.get(24..28).and_then(|b| b.try_into().ok()).map(u32::from_le_bytes);
    if !output.status.success() || rate != Some(ITS_RATE) || wav.len() < HEAD {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("espeak-ng did not speak \"{text}\" with the voice {}: {}", voice.name, said.trim()));
    }
    Ok(wav[HEAD..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect())
}

/// The head of a WAV file as espeak-ng writes it.
const HEAD: usize = 44;
const ITS_RATE: u32 = 22_050;

/// 22,050 to 16,000 is 441 to 320: so many positions between two samples need a filter of their own.
const UP: usize = 320;
const DOWN: usize = 441;
const TAPS: usize = 28;
/// Above this share of the input's rate nothing passes: 7.4 kHz.
const CUT: f64 = 7_400.0 / 22_050.0;

static FILTERS: LazyLock<Vec<[f32; TAPS]>> = LazyLock::new(|| {
    let filter = |phase: usize| {
        let mut taps = [0f32; TAPS];
        for (n, tap) in taps.iter_mut().enumerate() {
            let x = n as f64 - (TAPS / 2 - 1) as f64 - phase as f64 / UP as f64;
            let sinc = if x.abs() < 1e-9 { 2.0 * CUT } else { (2.0 * PI * CUT * x).sin() / (PI * x) };
            *tap = (sinc * 0.5 * (1.0 + (PI * x / (TAPS / 2) as f64).cos())) as f32;
        }
        taps
    };
    (0..UP).map(filter).collect()
});

fn at_16_khz(samples: &[i16]) -> Vec<i16> {
    let mut padded = vec![0f32; TAPS / 2 - 1];
    padded.extend(samples.iter().map(|s| f32::from(*s)));
    padded.resize(padded.len() + TAPS, 0.0);
    let mut out = Vec::with_capacity(samples.len() * UP / DOWN);
    for n in 0..samples.len() * UP / DOWN {
        let (at, phase) = (n * DOWN / UP, n * DOWN % UP);
        let (window, filter) = (&padded[at..at + TAPS], &FILTERS[phase]);
        let mut sum = 0f32;
        let mut k = 0;
        while k < TAPS {
            sum += window[k] * filter[k];
            k += 1;
        }
        out.push(sum.round().clamp(-32_768.0, 32_767.0) as i16);
    }
    out
}

/// What is louder than this belongs to the voice.
const SILENT: u16 = 120;
/// Samples that stay before and after it: 15 and 60 ms, a natural pause between two clips.
const BEFORE: usize = 240;
const AFTER: usize = 960;

fn trimmed(samples: &[i16]) -> Vec<i16> {
    let is_voice = |s: &i16| s.unsigned_abs() > SILENT;
    let first = samples.iter().position(is_voice).unwrap_or(0).saturating_sub(BEFORE);
    let last = samples.iter().rposition(is_voice).unwrap_or(0);
    let mut out = samples[first..samples.len().min(last + AFTER)].to_vec();
    out.resize(out.len().max(BEFORE), 0);
    out
}
