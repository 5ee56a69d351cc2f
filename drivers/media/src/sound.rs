//! What can be played, and what is recorded: samples, tones, and what is made of them.

mod announcement;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::voice::activity::{SILENT, power};

/// Something that is played to a party.
#[derive(Clone, Debug)]
pub enum Sound {
    /// Samples.
    Clip(Clip),
    /// A tone of the telephone network. `Ringing`, `Busy` and `Congestion` go on for ever.
    Tone(Tone),
    /// Nothing, for so long.
    Silence(Duration),
    /// One after the other.
    Several(Arc<[Self]>),
    /// Again and again. What has no length is silence then.
    Forever(Arc<Self>),
}

/// Samples of one channel. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Clip {
    rate: u32,
    samples: Samples,
}

/// Prompts are part of the program, and are not copied for being played.
#[derive(Clone)]
enum Samples {
    /// From this one of them on.
    Shared(Arc<[i16]>, usize),
    Fixed(&'static [i16]),
}

impl PartialEq for Samples {
    fn eq(&self, other: &Self) -> bool {
        self.slice() == other.slice()
    }
}

impl Eq for Samples {}

impl Samples {
    fn slice(&self) -> &[i16] {
        match self {
            Self::Shared(samples, from) => samples.get(*from..).unwrap_or_default(),
            Self::Fixed(samples) => samples,
        }
    }
}

impl Clip {
    /// Samples at 8000 or 16,000 a second; a clip of any other rate is taken for the nearer of the two.
    pub fn new(rate: u32, samples: impl Into<Arc<[i16]>>) -> Self {
        Self { rate: nearest(rate), samples: Samples::Shared(samples.into(), 0) }
    }

    /// The same of samples that are part of the program.
    pub fn fixed(rate: u32, samples: &'static [i16]) -> Self {
        Self { rate: nearest(rate), samples: Samples::Fixed(samples) }
    }

    /// What is left of it after so long: nothing, where it is not that long.
    pub fn after(&self, time: Duration) -> Self {
        let skipped = time.as_micros() * u128::from(self.rate) / 1_000_000;
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(self.samples().len());
        let samples = match &self.samples {
            Samples::Shared(samples, from) => Samples::Shared(Arc::clone(samples), from + skipped),
            Samples::Fixed(samples) => Samples::Fixed(samples.get(skipped..).unwrap_or_default()),
        };
        Self { rate: self.rate, samples }
    }

    /// Samples a second: 8000 or 16,000.
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// The samples.
    pub fn samples(&self) -> &[i16] {
        self.samples.slice()
    }

    /// How long it is.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples().len() as u64 * 1_000_000 / u64::from(self.rate))
    }

    /// True if nothing can be heard in it: no 20 ms of it are louder than -54 dBm0, which is below the noise of a line. A whisper on a noisy
    /// line is none.
    pub fn is_silent(&self) -> bool {
        self.samples().chunks(self.rate as usize / 50).all(|step| power(step) <= SILENT)
    }
}

const fn nearest(rate: u32) -> u32 {
    if rate < 12_000 { 8_000 } else { 16_000 }
}

/// How long it is and no more: what people said is nobody's business in a log.
impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clip({} Hz, {:?})", self.rate, self.duration())
    }
}

/// A tone, with the frequencies and the rhythm of North America (the Precise Tone Plan).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Somebody is being called: 440 and 480 Hz, two seconds of six.
    Ringing,
    /// They talk: 480 and 620 Hz, half a second of each second.
    Busy,
    /// No way there: the same, twice as fast.
    Congestion,
    /// Speak now: 1000 Hz, a third of a second.
    Beep,
    /// Done: 350 and 440 Hz, three short ones.
    Confirm,
    /// That cannot be: 950, 1400 and 1800 Hz one after the other.
    Error,
    /// A key: 0–9 * # A–D, as it is heard where no telephone event was agreed on. Any other character is silence.
    Digit(char),
}

/// A play, numbered by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PlayId(pub u64);

/// A recording, numbered by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub u64);

/// A room, numbered by the user. It is there while somebody is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub u64);

/// When a recording ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordLimits {
    /// It is never longer.
    pub most: Duration,
    /// Nobody has spoken for so long.
    pub silence: Option<Duration>,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordEnd {
    /// `StopRecord` or `StopRecordRoom`, or another recording of the same.
    Stopped,
    /// It is as long as it may be.
    Limit,
    /// Nobody spoke.
    Silence,
    /// The session was closed, or nobody is in the room any more.
    Closed,
}
