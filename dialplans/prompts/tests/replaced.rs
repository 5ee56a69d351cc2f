//! A recording of the clinic's in the place of a text, which holds for the whole process: so in one of its own, each about names that no other
//! says.

use model::{Language, Recordable, Recorded, Sound};
use prompts::{Maker, Prompt, is_known, lay, maker, may_be_named, music, named, of_step, own_names, record, say};

fn tenths(of_a_second: usize) -> Recorded {
    Recorded::new(Sound { rate: 16_000, samples: vec![1_000; of_a_second * 1_600] })
}

fn prompt(language: Language, name: &str) -> Recordable {
    Recordable::Prompt { language, name: name.to_owned() }
}

#[test]
fn a_recording_is_heard_from_the_next_time_on_and_who_hears_one_hears_it_to_its_end() {
    let what = prompt(Language::French, "conference_full");
    let voice = say(Language::French, Prompt::ConferenceFull).to_vec();
    assert_eq!(maker(&what), Maker::Box);
    assert!(lay(Language::French, "conference_full", Sound { rate: 8_000, samples: vec![1_000; 800] }));
    assert_eq!((say(Language::French, Prompt::ConferenceFull).len(), maker(&what)), (1_600, Maker::File));
    record(&what, Some(tenths(2)));
    let heard = say(Language::French, Prompt::ConferenceFull);
    record(&what, Some(tenths(3)));
    assert_eq!((heard.len(), say(Language::French, Prompt::ConferenceFull).len()), (3_200, 4_800));
    assert_eq!(maker(&what), Maker::Console);
    assert_ne!(say(Language::English, Prompt::ConferenceFull).len(), 4_800, "another language keeps its voice");
    // Taken back, the file is heard again, and the box's own voice where there is none.
    record(&what, None);
    assert_eq!(say(Language::French, Prompt::ConferenceFull).len(), 1_600);
    let other = prompt(Language::French, "conference_alone");
    let before = named(Language::French, "conference_alone").expect("a text").to_vec();
    record(&other, Some(tenths(1)));
    record(&other, None);
    assert_eq!(named(Language::French, "conference_alone").expect("a text").to_vec(), before);
    assert_ne!(before, voice);
}

#[test]
fn a_recording_of_ones_own_has_a_name_of_its_own_and_is_heard_in_every_language() {
    let recording = || Sound { rate: 8_000, samples: vec![1_000; 800] };
    assert!(!is_known("our-hours"));
    assert!(lay(Language::English, "our-hours", recording()));
    assert!(is_known("our-hours") && is_known("es/our-hours"));
    assert_eq!(named(Language::French, "our-hours").map(|clip| clip.len()), Some(1_600));
    record(&prompt(Language::English, "our-name"), Some(tenths(5)));
    assert_eq!(
        (own_names(Language::English), own_names(Language::French)),
        (vec!["our-hours".into(), "our-name".into()], vec![])
    );
    assert!(!lay(Language::English, "../etc", recording()) && !may_be_named("../etc") && !may_be_named(""));
    record(&prompt(Language::English, "our-name"), None);
    assert!(!is_known("our-name"));
}

#[test]
fn a_step_that_names_nothing_is_said_by_its_own_recording() {
    assert!(of_step(Language::English, "announcements.hours").is_none());
    record(&prompt(Language::Spanish, "announcements.hours"), Some(tenths(4)));
    assert_eq!(of_step(Language::English, "announcements.hours").map(|clip| clip.len()), Some(6_400));
    record(&prompt(Language::English, "announcements.hours"), Some(tenths(6)));
    assert_eq!(of_step(Language::English, "announcements.hours").map(|clip| clip.len()), Some(9_600));
    assert_eq!(maker(&prompt(Language::French, "announcements.hours")), Maker::Nobody);
}

#[test]
fn music_is_the_clinics_own_or_the_boxs() {
    let of_the_box = music().to_vec();
    assert!(of_the_box.len() > 10 * 16_000);
    record(&Recordable::Music, Some(tenths(10)));
    assert_eq!((music().len(), maker(&Recordable::Music)), (16_000, Maker::Console));
    record(&Recordable::Music, None);
    assert!(music().to_vec() == of_the_box && maker(&Recordable::Music) == Maker::Box);
}
