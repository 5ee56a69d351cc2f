//! What the clinic has recorded for its callers.

use model::{Language, Recordable, Recorded, Sound};
use store::effect::NewPrompt;
use store::{Effect, StoreError};

use crate::clinic::Clinic;

fn goodbye() -> Recordable {
    Recordable::Prompt { language: Language::Spanish, name: "goodbye".to_owned() }
}

/// G.711 keeps this value as it is.
fn sound(seconds: usize) -> Recorded {
    Recorded::new(Sound { rate: 16_000, samples: vec![988; seconds * 16_000] })
}

fn record(clinic: &mut Clinic, what: Recordable, sound: Option<Recorded>) {
    let at = clinic.tick();
    clinic.does(Effect::Record(NewPrompt { what, sound, by: "101".to_owned(), at }));
}

fn all(clinic: &Clinic) -> Vec<(String, u64, String)> {
    let rows = clinic.store.wait(clinic.store.prompts().all()).expect("read");
    rows.into_iter().map(|row| (row.what.key(), row.millis, row.by)).collect()
}

#[test]
fn recordings_are_kept_over_a_restart_replaced_and_taken_back_and_each_is_audited() {
    let mut clinic = Clinic::new();
    record(&mut clinic, goodbye(), Some(sound(1)));
    record(&mut clinic, goodbye(), Some(sound(2)));
    record(&mut clinic, Recordable::Music, Some(sound(90)));
    let mut clinic = clinic.restart();
    assert_eq!(
        all(&clinic),
        [("es.goodbye".to_owned(), 2_000, "101".to_owned()), ("music".to_owned(), 90_000, "101".to_owned())]
    );
    let read =
        |clinic: &Clinic, what: &Recordable| clinic.store.wait(clinic.store.prompts().sound(what)).expect("read");
    assert!(read(&clinic, &goodbye()) == Some(sound(2)) && read(&clinic, &Recordable::Music).is_some());
    record(&mut clinic, goodbye(), None);
    record(&mut clinic, goodbye(), None);
    assert_eq!(read(&clinic, &goodbye()), None);
    let clinic = clinic.restart();
    assert_eq!(all(&clinic).len(), 1);
    let lines = clinic.store.wait(clinic.store.audit().list(50)).expect("audit");
    let said: Vec<_> = lines
        .iter()
        .rev()
        .filter(|l| l.what.starts_with("prompt_"))
        .map(|l| (l.what.as_str(), l.subject.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("prompt_recorded", "es.goodbye"),
            ("prompt_recorded", "es.goodbye"),
            ("prompt_recorded", "music"),
            ("prompt_taken_back", "es.goodbye"),
            ("prompt_taken_back", "es.goodbye"),
        ]
    );
}

/// A disk that is full changes nothing: callers hear what they heard.
#[test]
fn a_recording_that_does_not_fit_leaves_the_one_before() {
    let mut clinic = Clinic::new();
    record(&mut clinic, goodbye(), Some(sound(1)));
    clinic.store.wait(clinic.store.limit_size(Some(1))).expect("bounded");
    let at = clinic.tick();
    let large = Effect::Record(NewPrompt { what: goodbye(), sound: Some(sound(60)), by: "101".to_owned(), at });
    assert_eq!(clinic.perform(large).err(), Some(StoreError::Full));
    assert_eq!(all(&clinic), [("es.goodbye".to_owned(), 1_000, "101".to_owned())]);
    assert!(clinic.store.wait(clinic.store.prompts().sound(&goodbye())).expect("read").is_some());
}
