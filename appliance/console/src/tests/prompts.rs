//! What callers hear: listed, listened to, recorded and taken back. What is recorded here holds for the whole process: each name is this test's own.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::command::{Command, CommandError};
use model::{Language, Recordable, Recorded, Sound};
use store::effect::{Effect, NewPrompt};

use super::plan::uses;
use super::{Answer, Clinic, HOST, form, get, request};

const PLAN: &str = "name = \"Ours\"\n[extensions.600]\nto = \"announcement closed\"\n[announcements.closed]\n\
                    prompt = [\"clinic_closed\", \"es/thank_you\"]\nthen = \"announcement way\"\n[announcements.way]\n\
                    say = { en = \"Mind the <step>.\", fr = \"Attention à la marche.\" }\n";

async fn upload(clinic: &Clinic, path: &str, cookie: &str, fields: &[(&str, Option<&str>, &[u8])]) -> Answer {
    let (kind, body) = form(fields);
    let request = request(Method::POST, path, Some(cookie));
    let request = request.header("sec-fetch-site", "same-origin").header("content-type", kind);
    let request = request.header("referer", format!("https://{HOST}/plan/prompts?language=es"));
    clinic.ask(request.body(Body::from(body)).expect("request")).await
}

async fn recorded(clinic: &Clinic, key: &str, cookie: &str, file: &[u8]) -> Answer {
    upload(clinic, &format!("/plan/prompts/{key}"), cookie, &[("recording", Some("a.wav"), file)]).await
}

fn wav(rate: u32, seconds: u32) -> Vec<u8> {
    Sound { rate, samples: vec![500; (rate * seconds) as usize] }.to_wav()
}

fn prompt(language: Language, name: &str) -> Recordable {
    Recordable::Prompt { language, name: name.to_owned() }
}

/// As the appliance does it: kept, and then heard.
async fn keep(clinic: &Clinic, what: Recordable, seconds: usize) {
    let sound = Recorded::new(Sound { rate: 16_000, samples: vec![988; seconds * 16_000] });
    let at = clinic.app.clock.now().wall;
    let effect = Effect::Record(NewPrompt { what: what.clone(), sound: Some(sound.clone()), by: "102".to_owned(), at });
    clinic.app.store.perform(effect).await.expect("kept");
    prompts::record(&what, Some(sound));
}

/// The place of a row in the page.
fn at(page: &str, key: &str) -> usize {
    page.find(&format!("id=\"{key}\"")).unwrap_or_else(|| panic!("{key} is not listed: {page}"))
}

/// What is written of it.
fn row<'p>(page: &'p str, key: &str) -> &'p str {
    page[at(page, key)..].split("</li>").next().expect("a row")
}

#[tokio::test]
async fn what_the_plan_says_comes_first_then_the_music_and_then_the_rest_of_the_box() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    assert!(clinic.get("/plan", &cookie).await.body.contains("href=\"/plan/prompts\""));
    let page = clinic.get("/plan/prompts", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    let page = page.body;
    let order = ["en.clinic_closed", "en.announcements.way", "music", "en.goodbye"].map(|key| at(&page, key));
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(page.matches("id=\"en.clinic_closed\"").count(), 1, "once");
    assert!(!page.contains("id=\"es.") && !page.contains("id=\"en.number-7\""));
    let closed = row(&page, "en.clinic_closed");
    for part in [
        "closed",
        "Built-in voice",
        "src=\"/plan/prompts/en.clinic_closed/sound.wav\"",
        "name=\"recording\" type=\"file\"",
    ] {
        assert!(closed.contains(part), "{part}: {closed}");
    }
    assert!(!closed.contains("/undo"), "there is nothing to take back");
    let step = row(&page, "en.announcements.way");
    assert!(
        step.contains("Mind the &#60;step&#62;.") && step.contains("Nobody says it") && !step.contains("<audio"),
        "{step}"
    );

    let spanish = clinic.get("/plan/prompts?language=es", &cookie).await.body;
    assert!(
        at(&spanish, "es.thank_you") < at(&spanish, "music") && row(&spanish, "es.thank_you").contains("Gracias"),
        "{spanish}"
    );
    let parts = clinic.get("/plan/prompts?language=fr&show=parts", &cookie).await.body;
    assert!(row(&parts, "fr.number-7").contains("<strong>7</strong>") && !parts.contains("id=\"music\""), "{parts}");
}

#[tokio::test]
async fn a_prompt_is_listened_to_as_callers_hear_it_now() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    let length = async |key: &str| {
        let answer = clinic.get(&format!("/plan/prompts/{key}/sound.wav"), &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{key}");
        assert_eq!(answer.headers["content-type"], "audio/wav");
        answer.headers["content-length"].to_str().expect("text").parse::<usize>().expect("a number")
    };
    let voice = prompts::named(Language::French, "too_many_tries").expect("a text").len();
    assert_eq!(length("fr.too_many_tries").await, 44 + 2 * voice);
    assert_eq!(length("music").await, 44 + 2 * prompts::music().len());
    keep(&clinic, prompt(Language::French, "too_many_tries"), 2).await;
    assert_eq!(length("fr.too_many_tries").await, 44 + 64_000);
    let part = get("/plan/prompts/music/sound.wav", Some(&cookie)).header("range", "bytes=44-99");
    assert_eq!(clinic.ask(part.body(Body::empty()).expect("request")).await.status, StatusCode::PARTIAL_CONTENT);
}

/// What stands in the address is a name that we know, and never a path.
#[tokio::test]
async fn nothing_else_has_an_address_and_only_who_may_change_the_plan_comes_here() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    for key in [
        "en.no_such",
        "de.goodbye",
        "goodbye",
        "en.announcements.closed",
        "en.announcements.none",
        "en..%2F..%2Fetc%2Fpasswd",
        "..%2Fmusic",
        "en.nobody_on_call~999",
        "en.%00",
        "%FF",
    ] {
        let listened = clinic.get(&format!("/plan/prompts/{key}/sound.wav"), &cookie).await.status;
        let sent = recorded(&clinic, key, &cookie, &wav(8_000, 1)).await.status;
        let taken_back = clinic.post(&format!("/plan/prompts/{key}/undo"), &cookie).await.status;
        for status in [listened, sent, taken_back] {
            assert!(matches!(status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST), "{key}: {status}");
        }
    }
    // A step that nobody has recorded has an address, and nothing to listen to.
    assert_eq!(clinic.get("/plan/prompts/en.announcements.way/sound.wav", &cookie).await.status, StatusCode::NOT_FOUND);
    let nurse = clinic.sign_in("102").await;
    for path in ["/plan/prompts", "/plan/prompts/en.goodbye/sound.wav"] {
        assert_eq!(clinic.get(path, &nurse).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(recorded(&clinic, "en.goodbye", &nurse, &wav(8_000, 1)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(clinic.post("/plan/prompts/en.goodbye/undo", &nurse).await.status, StatusCode::FORBIDDEN);
    assert!(!clinic.get("/plan", &nurse).await.body.contains("/plan/prompts"));
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_recording_is_a_wav_file_of_any_rate_and_is_ordered_as_the_telephone_has_it() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    for (key, rate, seconds) in
        [("es.please_hold", 44_100, 2), ("en.announcements.way", 8_000, 60), ("music", 16_000, 360)]
    {
        let answer = recorded(&clinic, key, &cookie, &wav(rate, seconds)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{key}: {}", answer.body);
        assert!(answer.headers["location"].to_str().expect("text").ends_with(&format!("#{key}")));
        let ordered = clinic.ordered();
        let [Command::Record { by, what, sound: Some(sound) }] = &ordered[..] else { panic!("{ordered:?}") };
        assert_eq!((by.as_str(), what.key().as_str(), sound.millis()), ("101", key, u64::from(seconds) * 1_000));
    }
}

#[tokio::test]
async fn what_is_no_recording_is_refused_with_a_sentence_and_changes_nothing() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let large = vec![0; (18 << 20) + 1];
    for (key, file, said) in [
        ("en.please_hold", &b"no wav"[..], "This is not a WAV file."),
        ("en.please_hold", &wav(8_000, 0), "There is no sound in this file."),
        ("en.please_hold", &wav(8_000, 61), "This file is too long."),
        ("music", &wav(8_000, 361), "This file is too long."),
        ("en.please_hold", b"", "Choose a WAV file."),
        ("en.please_hold", &large, "This file is too large."),
    ] {
        let answer = recorded(&clinic, key, &cookie, file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
        assert!(answer.body.contains("href=\"/plan/prompts?language=es\""), "the way back: {}", answer.body);
    }
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_recording_says_whose_it_is_and_is_taken_back() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let what = prompt(Language::French, "clinic_closed");
    assert_eq!(clinic.post("/plan/prompts/fr.clinic_closed/undo", &cookie).await.status, StatusCode::NOT_FOUND);
    keep(&clinic, what.clone(), 3).await;
    keep(&clinic, prompt(Language::French, "announcements.of-another-plan"), 4).await;
    let page = clinic.get("/plan/prompts?language=fr", &cookie).await.body;
    let own = row(&page, "fr.clinic_closed");
    for part in
        ["Your recording", "3 s", "Nurse, <time", "/plan/prompts/fr.clinic_closed/undo", "Back to the built-in voice"]
    {
        assert!(own.contains(part), "{part}: {own}");
    }
    // What no plan says any more is still there to be taken away.
    assert!(row(&page, "fr.announcements.of-another-plan").contains("Take it away"), "{page}");
    for key in ["fr.clinic_closed", "fr.announcements.of-another-plan"] {
        assert_eq!(clinic.post(&format!("/plan/prompts/{key}/undo"), &cookie).await.status, StatusCode::SEE_OTHER);
        let ordered = clinic.ordered();
        assert!(
            matches!(&ordered[..], [Command::Record { what, sound: None, .. }] if what.key() == key),
            "{ordered:?}"
        );
    }
}

#[tokio::test]
async fn a_recording_has_a_name_of_its_own_that_the_next_plan_may_say() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let add = async |name: &str, language: &str| {
        let fields: [(&str, Option<&str>, &[u8]); 3] = [
            ("name", None, name.as_bytes()),
            ("language", None, language.as_bytes()),
            ("recording", Some("a.wav"), &wav(8_000, 1)),
        ];
        upload(&clinic, "/plan/prompts", &cookie, &fields).await
    };
    assert_eq!(add("our-parking", "es").await.status, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    assert!(matches!(&ordered[..], [Command::Record { what, .. }] if what.key() == "es.our-parking"), "{ordered:?}");
    for (name, language, status) in [
        ("our parking", "es", StatusCode::UNPROCESSABLE_ENTITY),
        ("../parking", "es", StatusCode::UNPROCESSABLE_ENTITY),
        ("", "es", StatusCode::UNPROCESSABLE_ENTITY),
        ("announcements.way", "es", StatusCode::UNPROCESSABLE_ENTITY),
        ("our-parking", "de", StatusCode::NOT_FOUND),
    ] {
        assert_eq!(add(name, language).await.status, status, "{name} {language}");
    }
    assert!(clinic.ordered().is_empty());
    keep(&clinic, prompt(Language::Spanish, "our-parking"), 1).await;
    let page = clinic.get("/plan/prompts?language=es", &cookie).await.body;
    assert!(row(&page, "es.our-parking").contains("A recording of your own"), "{page}");
}

#[tokio::test]
async fn a_recording_by_phone_rings_the_phone_of_whoever_orders_it_and_the_page_says_what_to_do() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    let page = clinic.get("/plan/prompts", &cookie).await.body;
    assert!(row(&page, "en.clinic_closed").contains("action=\"/plan/prompts/en.clinic_closed/by-phone\""), "{page}");
    assert!(!row(&page, "music").contains("by-phone"), "nobody plays music into a receiver");

    let answer = clinic.post("/plan/prompts/en.thank_you/by-phone", &cookie).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let ordered = clinic.ordered();
    assert!(
        matches!(&ordered[..], [Command::RecordByPhone { by, what }] if by == "101" && what.key() == "en.thank_you"),
        "{ordered:?}"
    );
    let to = answer.headers["location"].to_str().expect("text").to_owned();
    assert!(to.ends_with("#en.thank_you"), "{to}");
    let page = clinic.get(&to, &cookie).await.body;
    assert!(row(&page, "en.thank_you").contains("Your phone rings."), "{page}");
    assert_eq!(page.matches("Your phone rings.").count(), 1);
    assert!(page.contains("live-plan from:body"), "it shows by itself that it is kept: {page}");
    keep(&clinic, prompt(Language::English, "thank_you"), 3).await;
    let page = clinic.get(&to, &cookie).await.body;
    assert!(row(&page, "en.thank_you").contains("It is kept.") && !page.contains("Your phone rings."), "{page}");
}

#[tokio::test]
async fn who_has_no_phone_may_not_manage_or_wants_to_record_nothing_hears_why() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    uses(&clinic, PLAN);
    let sentence = "None of your phones is connected. Nothing was changed.";
    clinic.answers(Err(CommandError::NotNow(sentence.to_owned())));
    let answer = clinic.post("/plan/prompts/en.goodbye/by-phone", &cookie).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains(sentence), "{}", answer.body);
    clinic.ordered();
    for nothing in ["music", "en.no_such", "..%2Fmusic"] {
        let status = clinic.post(&format!("/plan/prompts/{nothing}/by-phone"), &cookie).await.status;
        assert_eq!(status, StatusCode::NOT_FOUND, "{nothing}");
    }
    let nurse = clinic.sign_in("102").await;
    assert_eq!(clinic.post("/plan/prompts/en.goodbye/by-phone", &nurse).await.status, StatusCode::FORBIDDEN);
    assert!(clinic.ordered().is_empty());
}
