//! The music for those who wait. It stops for words and goes on behind them where it was: whoever is told their place every minute would else hear
//! its first minute again and again.

use std::sync::Arc;
use std::time::Duration;

use media::Sound;
use model::Instant;

use crate::words;

/// See the module.
#[derive(Default)]
pub(super) struct Music {
    /// How much of it was heard before it began to play last.
    heard: Duration,
    /// Since when it plays, or when the words before it are over.
    plays: Option<Instant>,
}

impl Music {
    /// It comes behind these words.
    pub(super) fn goes_on(&mut self, words: &mut Vec<Sound>, now: Instant) {
        self.stops(now);
        self.plays = Some(now + words.iter().map(length).sum());
        let music = words::music();
        let whole = music.duration().as_nanos().max(1);
        let place = u64::try_from(self.heard.as_nanos() % whole).map_or(Duration::ZERO, Duration::from_nanos);
        words.push(Sound::Clip(music.after(place)));
        words.push(Sound::Forever(Arc::new(Sound::Clip(music))));
    }

    /// Something else is heard from now on.
    pub(super) fn stops(&mut self, now: Instant) {
        if let Some(since) = self.plays.take() {
            self.heard += now.saturating_since(since);
        }
    }
}

/// How long words take. The tone that stands for a text that nobody has recorded is too short to count.
fn length(sound: &Sound) -> Duration {
    match sound {
        Sound::Clip(clip) => clip.duration(),
        Sound::Silence(length) => *length,
        Sound::Several(sounds) => sounds.iter().map(length).sum(),
        Sound::Tone(_) | Sound::Forever(_) => Duration::ZERO,
    }
}
