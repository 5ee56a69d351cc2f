//! A recording in the place of a text, which holds for the whole process: so in one of its own.

use model::{Language, Sound};
use prompts::{Prompt, replace, say};

#[test]
fn a_recording_takes_the_place_of_a_text_until_it_was_said() {
    let recording = Sound { rate: 8_000, samples: vec![1_000; 800] };
    assert!(replace(Language::French, "conference_full", recording.clone()));
    assert_eq!(say(Language::French, Prompt::ConferenceFull).len(), 1_600);
    assert!(!replace(Language::French, "conference_full", recording.clone()), "it was said");
    assert!(!replace(Language::French, "no such text", recording));
}
