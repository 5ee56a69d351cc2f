//! A clinic's own recordings in the place of the spoken texts: `STATE/prompts/<language>/<name>.wav`, read at the start.

use std::fs;
use std::io::Read;
use std::path::Path;

use model::{Language, Sound};

/// Seconds of one recording, and bytes of its file: an announcement of a minute in stereo.
const SECONDS: u32 = 60;
const BYTES: u64 = 18 << 20;

/// Puts what is there in the place of the texts. What cannot be used is named in the log, and the text is spoken.
pub(crate) fn load(state: &Path) {
    for language in Language::ALL {
        let folder = state.join("prompts").join(language.word());
        for name in prompts::names(language) {
            let path = folder.join(format!("{name}.wav"));
            let Ok(file) = fs::File::open(&path) else { continue };
            let mut bytes = Vec::new();
            let read = file.take(BYTES).read_to_end(&mut bytes).map_err(|e| e.to_string());
            let sound = read.and_then(|_| Sound::from_wav(&bytes, SECONDS).map_err(|e| e.to_string()));
            match sound {
                Ok(sound) => drop(prompts::replace(language, name, sound)),
                Err(why) => tracing::warn!(file = %path.display(), why, "a recording cannot be used"),
            }
        }
    }
}
