//! A clinic's own recordings in the place of the spoken texts, or under names of their own, which the plan may use: those that the console took,
//! from the store, and before them `STATE/prompts/<language>/<name>.wav`, read at the start.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use model::{Language, Sound};
use prompts::SECONDS;
use store::Store;

/// Bytes of a recording's file: an announcement of a minute in stereo.
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

/// Takes up what the console has taken, before anybody asks whether a plan can be said. What cannot be read is heard as it was before there was one.
pub(crate) async fn load_kept(store: &Store) {
    let all = store.prompts().all().await.unwrap_or_else(|error| {
        tracing::error!(%error, "the clinic's recordings cannot be read; callers hear the box's own voice");
        Vec::new()
    });
    for row in all {
        match store.prompts().sound(&row.what).await {
            Ok(Some(sound)) => prompts::record(&row.what, Some(sound)),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, what = row.what.key(), "a recording cannot be read"),
        }
    }
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
    let is_taken = prompts::lay(language, name, recording);
    let why = "a name has letters, digits, - and _, and there may be a hundred of them";
    if is_taken { Ok(()) } else { Err(why.to_owned()) }
}

fn read(path: &Path) -> Result<Sound, String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|e| e.to_string())?;
    file.take(BYTES).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Sound::from_wav(&bytes, SECONDS).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use model::{Recordable, Recorded, Wall};
    use store::effect::NewPrompt;
    use store::{Effect, RootKey};

    use super::*;

    /// A text that no other test of this program says.
    const NAME: &str = "message_not_urgent";

    #[test]
    fn what_the_console_took_is_heard_after_a_start_and_goes_before_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (state, language) = (folder.path().join("state"), Language::French);
        let files = state.join("prompts/fr");
        fs::create_dir_all(&files).expect("a folder");
        let second = Sound { rate: 16_000, samples: vec![988; 16_000] };
        fs::write(files.join(format!("{NAME}.wav")), second.to_wav()).expect("written");
        let what = Recordable::Prompt { language, name: NAME.to_owned() };
        let key = || RootKey::from_bytes([7; 32]);
        let half = Recorded::new(Sound { rate: 16_000, samples: vec![988; 8_000] });
        {
            let store = Store::open_blocking(&state.join("store"), key()).expect("a store");
            let by = "101".to_owned();
            store
                .perform_blocking(Effect::Record(NewPrompt { what: what.clone(), sound: Some(half), by, at: Wall(0) }))
                .expect("kept");
        }
        let heard = || prompts::named(language, NAME).map(|clip| clip.len());
        assert_eq!(load(&state), [""; 0]);
        assert_eq!(heard(), Some(16_000));
        let store = Store::open_blocking(&state.join("store"), key()).expect("the store");
        store.wait(load_kept(&store));
        assert_eq!(heard(), Some(8_000));
        prompts::record(&what, None);
        assert_eq!(heard(), Some(16_000));
    }
}
