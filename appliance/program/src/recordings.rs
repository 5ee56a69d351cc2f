//! A clinic's own recordings in the place of the spoken texts, or under names of their own, which the plan may use:
//! `STATE/prompts/<language>/<name>.wav`, read at the start.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use model::{Language, Sound};

/// Seconds of one recording, and bytes of its file: an announcement of a minute in stereo.
const SECONDS: u32 = 60;
const BYTES: u64 = 18 << 20;
/// Files of one folder that are looked at: more than there are texts and names.
const FILES: usize = 1000;

/// Takes up what is there. What cannot be used comes back as sentences: its text is spoken, or a tone is heard.
pub(crate) fn load(state: &Path) -> Vec<String> {
    let all =
        Language::ALL.into_iter().flat_map(|language| files(state, language).into_iter().map(move |f| (language, f)));
    all.filter_map(|(language, file)| take_up(language, &file).err().map(|why| format!("{}: {why}", file.display())))
        .collect()
}

fn files(state: &Path, language: Language) -> Vec<PathBuf> {
    let folder = state.join("prompts").join(language.word());
    let all = fs::read_dir(folder).into_iter().flatten().take(FILES).flatten().map(|entry| entry.path());
    // In order, so that it is always the same ones that are too many.
    let mut waves: Vec<_> = all.filter(|path| path.extension().is_some_and(|e| e == "wav")).collect();
    waves.sort();
    waves
}

fn take_up(language: Language, file: &Path) -> Result<(), String> {
    let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
    let recording = read(file)?;
    let is_taken = match prompts::text(language, name) {
        Some(_) => prompts::replace(language, name, recording),
        None => prompts::add(language, name, recording),
    };
    let why = "a name has letters, digits, - and _, and there may be a hundred of them";
    if is_taken { Ok(()) } else { Err(why.to_owned()) }
}

fn read(path: &Path) -> Result<Sound, String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(BYTES).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Sound::from_wav(&bytes, SECONDS).map_err(|e| e.to_string())
}
