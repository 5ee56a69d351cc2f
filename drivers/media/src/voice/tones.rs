//! Tones of the telephone network, as samples.

use std::f64::consts::TAU;

use crate::sound::Tone;

/// A part of a rhythm: these frequencies together (zero is none), for so many milliseconds.
type Beat = ([u16; 2], u32);

/// Loudness of each frequency, as the peak of a sine: -19, -24, -13 and -10 dBm0.
const RINGING: f64 = 2552.0;
const BUSY: f64 = 1435.0;
const BEEP: f64 = 5090.0;
const KEY: f64 = 7193.0;

const ROWS: [u16; 4] = [697, 770, 852, 941];
const COLUMNS: [u16; 4] = [1209, 1336, 1477, 1633];
const KEYS: [&[u8; 4]; 4] = [b"123A", b"456B", b"789C", b"*0#D"];

/// The two frequencies of a key.
pub(crate) fn frequencies(key: char) -> Option<(u16, u16)> {
    let key = u8::try_from(key.to_ascii_uppercase()).ok()?;
    ROWS.iter().zip(KEYS).find_map(|(row, keys)| {
        let column = keys.iter().position(|k| *k == key)?;
        Some((*row, COLUMNS[column]))
    })
}

/// The key of two frequencies.
pub(crate) fn key(row: usize, column: usize) -> Option<char> {
    Some(char::from(*KEYS.get(row)?.get(column)?))
}

/// The frequencies of keys, lower and higher.
pub(crate) const KEY_FREQUENCIES: ([u16; 4], [u16; 4]) = (ROWS, COLUMNS);

struct Rhythm {
    peak: f64,
    beats: Vec<Beat>,
    for_ever: bool,
}

fn rhythm(tone: Tone) -> Rhythm {
    let (peak, beats, for_ever): (f64, &[Beat], bool) = match tone {
        Tone::Ringing => (RINGING, &[([440, 480], 2000), ([0, 0], 4000)], true),
        Tone::Busy => (BUSY, &[([480, 620], 500), ([0, 0], 500)], true),
        Tone::Congestion => (BUSY, &[([480, 620], 250), ([0, 0], 250)], true),
        Tone::Beep => (BEEP, &[([1000, 0], 330)], false),
        Tone::Confirm => {
            let three = &[([350, 440], 100), ([0, 0], 100), ([350, 440], 100), ([0, 0], 100), ([350, 440], 100)];
            (RINGING, three, false)
        }
        Tone::Error => (RINGING, &[([950, 0], 330), ([1400, 0], 330), ([1800, 0], 330)], false),
        Tone::Digit(digit) => {
            let (row, column) = frequencies(digit).unwrap_or_default();
            return Rhythm { peak: KEY, beats: vec![([row, column], 100), ([0, 0], 60)], for_ever: false };
        }
    };
    Rhythm { peak, beats: beats.to_vec(), for_ever }
}

/// A tone that is being made.
pub(crate) struct Maker {
    rhythm: Rhythm,
    beat: usize,
    /// Samples made of this beat.
    made: u32,
}

impl Maker {
    pub(crate) fn new(tone: Tone) -> Self {
        Self { rhythm: rhythm(tone), beat: 0, made: 0 }
    }

    /// The beat from its start.
    pub(crate) fn begin_beat(&mut self) {
        self.made = 0;
    }

    /// Appends at most `most` samples; none when it is over.
    pub(crate) fn make(&mut self, rate: u32, most: usize, out: &mut Vec<i16>) {
        let Some((frequencies, length)) = self.rhythm.beats.get(self.beat).copied() else { return };
        let whole = length * (rate / 1000);
        let end = whole.min(self.made.saturating_add(most as u32));
        let peak = self.rhythm.peak;
        let turns = frequencies.map(|f| TAU * f64::from(f) / f64::from(rate));
        out.extend((self.made..end).map(|n| {
            let sample: f64 = turns.iter().map(|turn| peak * (turn * f64::from(n)).sin()).sum();
            (sample * edge(n, whole, rate)) as i16
        }));
        self.made = end;
        if end == whole {
            (self.beat, self.made) = (self.beat + 1, 0);
            if self.rhythm.for_ever && self.beat == self.rhythm.beats.len() {
                self.beat = 0;
            }
        }
    }
}

/// Two milliseconds of rise and fall, so that nothing clicks.
fn edge(n: u32, whole: u32, rate: u32) -> f64 {
    let rise = f64::from(rate / 500);
    (f64::from(n + 1).min(f64::from(whole - n)) / rise).min(1.0)
}
