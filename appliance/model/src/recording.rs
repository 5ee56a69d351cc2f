//! Recordings of calls, and of meetings in conference rooms, which have a record of their own among the calls.

use serde::{Deserialize, Serialize};

use crate::{CallId, RecordingId, Wall};

/// Samples a second of every recording: of the telephone.
pub const RATE: u32 = 8_000;

/// Bytes of the head of a recording's WAV file, and of a sample of both sides in it.
pub const WAV_HEAD: usize = 44;
/// See [`WAV_HEAD`].
pub const WAV_FRAME: usize = 4;

/// The head of a WAV file of so many samples: the caller on the left, the other on the right.
pub fn wav_head(frames: usize) -> [u8; WAV_HEAD] {
    let bytes = u32::try_from(frames * WAV_FRAME).unwrap_or(u32::MAX - 36);
    let mut head = [0; WAV_HEAD];
    let mut at = 0;
    let mut put = |piece: &[u8]| {
        head[at..at + piece.len()].copy_from_slice(piece);
        at += piece.len();
    };
    put(b"RIFF");
    put(&(36 + bytes).to_le_bytes());
    put(b"WAVEfmt ");
    put(&16u32.to_le_bytes());
    // PCM, two channels, 16 bits.
    put(&1u16.to_le_bytes());
    put(&2u16.to_le_bytes());
    put(&RATE.to_le_bytes());
    put(&(RATE * 4).to_le_bytes());
    put(&4u16.to_le_bytes());
    put(&16u16.to_le_bytes());
    put(b"data");
    put(&bytes.to_le_bytes());
    head
}

/// Why nothing was recorded for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Gap {
    /// One of our people paused it.
    Paused,
    /// One held the other.
    Held,
    /// They were handed on, or waited, or were somewhere that is not recorded.
    Elsewhere,
    /// Fewer than two were in the room.
    Alone,
    /// Somebody was in the room who did not want it.
    Declined,
}

impl Gap {
    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Held => "held",
            Self::Elsewhere => "elsewhere",
            Self::Alone => "alone",
            Self::Declined => "declined",
        }
    }

    /// The reason that [`Gap::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Paused, Self::Held, Self::Elsewhere, Self::Alone, Self::Declined].into_iter().find(|g| g.word() == word)
    }
}

/// A time of the call of which nothing was kept: its silence is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Where it lies in what was kept.
    pub millis: u64,
    /// Since when.
    pub from: Wall,
    /// Until when, if it went on.
    pub until: Option<Wall>,
    /// Why.
    pub why: Gap,
}

/// How a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordingState {
    /// Its call is up.
    Recording,
    /// It is there to be listened to.
    Kept,
    /// It can be taken back for some days.
    Deleted,
}

impl RecordingState {
    /// A stable word for rows and the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Kept => "kept",
            Self::Deleted => "deleted",
        }
    }

    /// The state that [`RecordingState::word`] names.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Recording, Self::Kept, Self::Deleted].into_iter().find(|s| s.word() == word)
    }
}

/// A recording, without its sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Which.
    pub id: RecordingId,
    /// Of which call.
    pub call: CallId,
    /// How it stands.
    pub state: RecordingState,
    /// Our people who talked.
    pub extensions: Vec<String>,
    /// It has one sound in which everybody is, as of a room; else the caller's side and the other.
    pub together: bool,
    /// When it began.
    pub created: Wall,
    /// When its last second was said.
    pub ended: Wall,
    /// How long what was kept is.
    pub millis: u64,
    /// How loud each part of it is, from 0 to 100: the caller's side and the other, or twice the same where all are together.
    pub peaks: Vec<(u8, u8)>,
    /// The times of which nothing was kept.
    pub pauses: Vec<Pause>,
    /// Why it must not go, if it must not.
    pub hold: Option<String>,
    /// When it last changed.
    pub changed: Wall,
    /// Until when it is kept.
    pub keep_until: Wall,
}

/// What a person does with a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordingMark {
    /// Listened to it.
    Heard,
    /// Took a copy of it.
    Saved,
    /// It shall go.
    Delete,
    /// It shall not, after all.
    Restore,
    /// It must not go, for this reason.
    Hold(String),
    /// It may go again.
    Release,
}

impl Recording {
    /// Samples of each side.
    pub fn frames(&self) -> usize {
        usize::try_from(self.millis * u64::from(RATE) / 1000).unwrap_or(usize::MAX)
    }
}

impl RecordingMark {
    /// A stable word for the audit.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Heard => "recording_heard",
            Self::Saved => "recording_saved",
            Self::Delete => "recording_deleted",
            Self::Restore => "recording_restored",
            Self::Hold(_) => "recording_held",
            Self::Release => "recording_released",
        }
    }
}
