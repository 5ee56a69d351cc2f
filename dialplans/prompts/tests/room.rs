//! How much a clinic may record, which counts for the whole process: so in one of its own.

use std::sync::{Mutex, PoisonError};

use model::{Language, Recordable, Recorded, Sound};
use prompts::{SECONDS, has_room, may_be_named, record};

/// One test at a time, since each counts what all have recorded.
static ONE: Mutex<()> = Mutex::new(());

fn prompt(language: Language, name: &str) -> Recordable {
    Recordable::Prompt { language, name: name.to_owned() }
}

/// What may be recorded stays within the memory of a small box, whoever asks.
#[test]
fn recordings_have_a_length_and_all_of_them_together() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let minute = SECONDS as usize * 16_000;
    let what = prompt(Language::English, "queue_stay");
    assert!(has_room(&what, minute) && !has_room(&what, minute + 1));
    assert!(has_room(&Recordable::Music, 6 * minute) && !has_room(&Recordable::Music, 6 * minute + 1));
    let long = Recorded::new(Sound { rate: 16_000, samples: vec![0; minute] });
    for n in 0..30 {
        record(&prompt(Language::English, &format!("number-{n}")), Some(long.clone()));
    }
    assert!(!has_room(&what, minute));
    assert!(has_room(&prompt(Language::English, "number-7"), minute), "one that takes the place of another");
    for n in 0..30 {
        record(&prompt(Language::English, &format!("number-{n}")), None);
    }
    assert!(has_room(&what, minute));
}

#[test]
fn there_are_a_hundred_names_of_ones_own_and_recorded_texts_are_none_of_them() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let short = Recorded::new(Sound { rate: 16_000, samples: vec![0; 16] });
    record(&prompt(Language::English, "goodbye"), Some(short.clone()));
    for n in 0..100 {
        let name = format!("own-{n}");
        assert!(may_be_named(&name), "{name}");
        record(&prompt(Language::French, &name), Some(short.clone()));
    }
    assert!(!may_be_named("own-100") && may_be_named("own-99"));
    for n in 0..100 {
        record(&prompt(Language::French, &format!("own-{n}")), None);
    }
    record(&prompt(Language::English, "goodbye"), None);
}
