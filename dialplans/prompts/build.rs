//! Speaks every text of `texts/` with espeak-ng, once: what was spoken is kept by its text, so that a change of one sentence costs one
//! sentence. All clips become one file, which the library embeds, and a table of where each is.

#[path = "src/adpcm.rs"]
mod adpcm;
#[path = "build/speak.rs"]
mod speak;
#[path = "build/texts.rs"]
mod texts;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use speak::{Spoken, Voice};

/// The languages, by the names of their files; in the order of `Language::ALL`.
const LANGUAGES: [&str; 3] = ["en", "es", "fr"];

fn main() {
    println!("cargo::rerun-if-changed=texts");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/adpcm.rs");
    if let Err(why) = run() {
        println!("cargo::error={why}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let kept = out.join("spoken");
    std::fs::create_dir_all(&kept).map_err(|e| format!("{}: {e}", kept.display()))?;
    let mut all = Vec::new();
    for language in LANGUAGES {
        let path = format!("texts/{language}.toml");
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        all.push(texts::read(&text).map_err(|e| format!("{path}: {e}"))?);
    }
    let mut wanted: Vec<(Voice, String)> = Vec::new();
    for (voice, clips) in &all {
        wanted.extend(clips.iter().map(|(_, text)| (voice.clone(), text.clone())));
    }
    wanted.sort();
    wanted.dedup();
    let spoken = speak_all(&wanted, &kept)?;
    write(&all, &spoken, &out).map_err(|e| e.to_string())
}

/// Several at once: each is a process of its own that takes some milliseconds.
fn speak_all(wanted: &[(Voice, String)], kept: &Path) -> Result<BTreeMap<(Voice, String), Spoken>, String> {
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).min(8);
    let (done, failed) = (Mutex::new(BTreeMap::new()), Mutex::new(None));
    std::thread::scope(|scope| {
        for first in 0..threads {
            let (done, failed) = (&done, &failed);
            scope.spawn(move || {
                for (voice, text) in wanted.iter().skip(first).step_by(threads) {
                    match speak::spoken(voice, text, kept) {
                        Ok(clip) => drop(done.lock().map(|mut d| d.insert((voice.clone(), text.clone()), clip))),
                        Err(why) => return drop(failed.lock().map(|mut f| *f = Some(why))),
                    }
                }
            });
        }
    });
    match failed.into_inner() {
        Ok(Some(why)) => Err(why),
        _ => done.into_inner().map_err(|_| "a thread panicked".to_owned()),
    }
}

fn write(
    all: &[(Voice, Vec<(String, String)>)],
    spoken: &BTreeMap<(Voice, String), Spoken>,
    out: &Path,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let mut places: BTreeMap<&(Voice, String), usize> = BTreeMap::new();
    for (key, clip) in spoken {
        places.insert(key, bytes.len());
        bytes.extend_from_slice(&clip.packed);
    }
    let mut table = String::from("static LANGUAGES: [&[Place]; 3] = [\n");
    for (voice, clips) in all {
        table += "    &[\n";
        for (name, text) in clips {
            let key = (voice.clone(), text.clone());
            let (Some(from), Some(clip)) = (places.get(&key), spoken.get(&key)) else { continue };
            let (to, samples) = (from + clip.packed.len(), clip.samples);
            let _ = writeln!(
                table,
                "        Place {{ name: {name:?}, text: {text:?}, from: {from}, to: {to}, samples: {samples} }},"
            );
        }
        table += "    ],\n";
    }
    table += "];\n";
    std::fs::write(out.join("prompts.bin"), bytes)?;
    std::fs::write(out.join("places.rs"), table)
}
