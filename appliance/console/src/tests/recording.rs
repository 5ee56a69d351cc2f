//! The recording of a call on its page and over the API: who may listen, what is recorded of that, and what can be done with it.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::command::Command;
use model::recording::{Gap, RecordingMark};
use model::{CallId, Pii, Random, RecordingId, Sound};
use store::Effect;
use store::effect::{NewRecording, Taking};

use super::{Clinic, get, post, request};

/// Two seconds of the sample's call, in which 102 talked, paused once.
async fn recorded(clinic: &Clinic) -> CallId {
    let at = clinic.app.clock.now().wall;
    let recording = RecordingId::new(at, &mut Random::from_u64(9));
    let record = clinic.app.store.calls().get(clinic.call).await.expect("read").expect("the sample's call");
    let sound = |level: i16| Pii::new(Sound { rate: 8_000, samples: vec![level; 8_000] });
    let part = |number| Taking::Part { number, caller: sound(988), callee: Some(sound(-1_980)) };
    for taking in [
        Taking::Begin(Box::new(NewRecording {
            extensions: vec!["102".to_owned()],
            together: false,
            record,
            keep_days: 30,
        })),
        part(0),
        Taking::Stopped { since: at, why: Gap::Paused },
        Taking::GoesOn { since: at, extensions: vec!["102".to_owned()] },
        part(1),
        Taking::Finish,
    ] {
        clinic.app.store.perform(Effect::TakeRecording { recording, taking, at }).await.expect("stored");
    }
    clinic.call
}

/// Only the orders that are about recordings.
fn marks(clinic: &Clinic) -> Vec<(String, RecordingMark)> {
    let of = |command| match command {
        Command::MarkRecording { by, mark, .. } => Some((by, mark)),
        _ => None,
    };
    clinic.ordered().into_iter().filter_map(of).collect()
}

#[tokio::test]
async fn who_manages_listens_and_each_look_is_recorded_before() {
    let clinic = Clinic::open().await;
    let call = recorded(&clinic).await;
    let boss = clinic.sign_in("101").await;
    let page = clinic.get(&format!("/calls/{call}"), &boss).await.body;
    for part in ["paused once", "<svg class=\"wave\"", "2 s", "Kept until", "Save a copy", "Paused from"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let path = format!("/calls/{call}/recording.wav");
    let whole = clinic.ask(get(&path, Some(&boss)).body(Body::empty()).expect("request")).await;
    assert_eq!((whole.status, whole.headers["content-length"].to_str().expect("text")), (StatusCode::OK, "64044"));
    assert_eq!(marks(&clinic), [("101".to_owned(), RecordingMark::Heard)]);
    let later = get(&path, Some(&boss)).header("range", "bytes=46-51").body(Body::empty()).expect("request");
    let later = clinic.ask(later).await;
    assert_eq!(
        (
            later.status,
            later.headers["content-range"].to_str().expect("text"),
            later.headers["content-length"].to_str().expect("text")
        ),
        (StatusCode::PARTIAL_CONTENT, "bytes 46-51/64044", "6")
    );
    assert!(marks(&clinic).is_empty(), "a later part is no new look");
    let saved = clinic.get(&format!("{path}?save=1"), &boss).await;
    assert!(saved.headers["content-disposition"].to_str().expect("text").starts_with("attachment"));
    assert_eq!(marks(&clinic), [("101".to_owned(), RecordingMark::Saved)]);
}

#[tokio::test]
async fn whoever_asks_for_a_later_part_alone_has_listened_too() {
    for range in ["bytes=1-", "bytes=-9999", "items=0-", "bytes=00-", "bytes=0-1,2-"] {
        // Somebody else each time: that a person has listened before is another matter.
        let clinic = Clinic::open().await;
        let path = format!("/calls/{}/recording.wav", recorded(&clinic).await);
        let boss = clinic.sign_in("101").await;
        let ask = || get(&path, Some(&boss)).header("range", range).body(Body::empty()).expect("request");
        assert!(clinic.ask(ask()).await.status.is_success(), "{range}");
        assert_eq!(marks(&clinic), [("101".to_owned(), RecordingMark::Heard)], "{range}");
    }
    let clinic = Clinic::open().await;
    let path = format!("/calls/{}/recording.wav", recorded(&clinic).await);
    let boss = clinic.sign_in("101").await;
    let ask = |range| get(&path, Some(&boss)).header("range", range).body(Body::empty()).expect("request");
    clinic.ask(ask("bytes=-9")).await;
    clinic.ask(ask("bytes=1-")).await;
    assert_eq!(marks(&clinic).len(), 1, "who plays on listens once");
    clinic.answers(Err(model::command::CommandError::NotStored(String::new())));
    let other = clinic.sign_in("102").await;
    let ask = get(&path, Some(&other)).header("range", "bytes=1-").body(Body::empty()).expect("request");
    assert!(!clinic.ask(ask).await.status.is_success(), "what cannot be recorded is not heard");
}

#[tokio::test]
async fn who_asks_for_the_head_alone_has_not_listened() {
    let clinic = Clinic::open().await;
    let path = format!("/calls/{}/recording.wav", recorded(&clinic).await);
    let boss = clinic.sign_in("101").await;
    for path in [path.clone(), format!("{path}?save=1"), format!("/api/v1{path}")] {
        let head = clinic.ask(request(Method::HEAD, &path, Some(&boss)).body(Body::empty()).expect("request")).await;
        assert_eq!((head.status, head.headers["content-length"].as_bytes()), (StatusCode::OK, b"64044".as_slice()));
        assert!(marks(&clinic).is_empty(), "{path}");
    }
    let part = get(&path, Some(&boss)).header("range", "bytes=46-51").body(Body::empty()).expect("request");
    clinic.ask(part).await;
    assert_eq!(marks(&clinic).len(), 1, "it is part of no listen that went before");
}

#[tokio::test]
async fn what_a_player_gets_is_what_was_said_from_the_first_byte_to_the_last() {
    let clinic = Clinic::open().await;
    let call = recorded(&clinic).await;
    let boss = clinic.sign_in("101").await;
    let path = format!("/calls/{call}/recording.wav");
    let bytes = async |range: &str| {
        let request = get(&path, Some(&boss)).header("range", range).body(Body::empty()).expect("request");
        let response = tower::ServiceExt::oneshot(clinic.router.clone(), request).await.expect("answered");
        axum::body::to_bytes(response.into_body(), super::MOST).await.expect("a body").to_vec()
    };
    let whole = bytes("bytes=0-").await;
    assert_eq!((whole.len(), &whole[..4]), (64_044, b"RIFF".as_slice()));
    let frame = [988i16.to_le_bytes(), (-1_980i16).to_le_bytes()].concat();
    assert!(whole[44..].chunks(4).all(|f| f == frame), "the caller is left, the other right");
    assert_eq!(bytes("bytes=40-49").await, whole[40..50]);
    assert_eq!(bytes("bytes=32043-32050").await, whole[32_043..32_051]);
    assert_eq!(bytes("bytes=-3").await, whole[64_041..]);
}

#[tokio::test]
async fn who_did_not_talk_does_not_listen_and_only_who_manages_decides() {
    let clinic = Clinic::open().await;
    let call = recorded(&clinic).await;
    let path = format!("/calls/{call}/recording.wav");
    let (talked, boss) = (clinic.sign_in("102").await, clinic.sign_in("101").await);
    let mut settings = (*clinic.app.settings.borrow().clone()).clone();
    for person in &mut settings.people {
        person.rights = match person.extension.as_str() {
            "101" => model::settings::Right::ALL.to_vec(),
            _ => vec![model::settings::Right::SeeCalls],
        };
    }
    clinic.settings.send_replace(std::sync::Arc::new(settings));
    let other = clinic.sign_in("103").await;
    assert_eq!(clinic.get(&path, &other).await.status, StatusCode::FORBIDDEN);
    assert!(clinic.get(&format!("/calls/{call}"), &other).await.body.contains("Only those who talked"));
    assert_eq!(clinic.get(&path, &talked).await.status, StatusCode::OK);
    assert_eq!(marks(&clinic).len(), 1);
    let decide = async |who: &str, form: &'static str| {
        let request = post(&format!("/calls/{call}/recording"), Some(who)).body(Body::from(form)).expect("request");
        clinic.ask(request).await.status
    };
    assert_eq!(decide(&talked, "what=delete").await, StatusCode::FORBIDDEN);
    assert_eq!(decide(&boss, "what=hold").await, StatusCode::UNPROCESSABLE_ENTITY, "a hold has a reason");
    assert!(marks(&clinic).is_empty());
    assert_eq!(decide(&boss, "what=hold&reason=a+court+asks").await, StatusCode::SEE_OTHER);
    assert_eq!(decide(&boss, "what=delete").await, StatusCode::SEE_OTHER);
    let held = RecordingMark::Hold("a court asks".to_owned());
    assert_eq!(marks(&clinic), [("101".to_owned(), held), ("101".to_owned(), RecordingMark::Delete)]);
}

#[tokio::test]
async fn the_list_shows_recorded_calls_alone_and_programs_read_the_same() {
    let clinic = Clinic::open().await;
    let boss = clinic.sign_in("101").await;
    assert!(clinic.get("/calls?recorded", &boss).await.body.contains("No recordings"));
    let call = recorded(&clinic).await;
    let list = clinic.get("/calls?recorded", &boss).await.body;
    assert!(list.contains(&format!("/calls/{call}")), "{list}");
    let token = clinic.token("101").await;
    let request =
        get(&format!("/api/v1/calls/{call}/recording"), None).header("authorization", format!("Bearer {token}"));
    let answer = clinic.ask(request.body(Body::empty()).expect("request")).await;
    assert!(
        answer.body.contains("\"milliseconds\":2000") && answer.body.contains("\"why\":\"paused\""),
        "{}",
        answer.body
    );
}

/// A program that has nothing to say beside the verb sends no body.
#[tokio::test]
async fn a_program_marks_a_recording_and_what_it_asks_wrongly_is_a_problem() {
    let clinic = Clinic::open().await;
    let call = recorded(&clinic).await;
    let token = clinic.token("101").await;
    let ask = async |path: &str, kind: Option<&str>, body: &'static str| {
        let builder = request(Method::POST, path, None).header("authorization", format!("Bearer {token}"));
        let builder = kind.into_iter().fold(builder, |builder, kind| builder.header("content-type", kind));
        let answer = clinic.ask(builder.body(Body::from(body)).expect("request")).await;
        let is_problem = answer.headers.get("content-type").is_some_and(|kind| kind == "application/problem+json");
        assert_eq!(is_problem, !answer.status.is_success(), "{path} {body}: {}", answer.body);
        answer.status.as_u16()
    };
    let mark = async |verb: &str, kind, body| ask(&format!("/api/v1/calls/{call}/recording/{verb}"), kind, body).await;
    let form = Some("application/x-www-form-urlencoded");
    assert_eq!(mark("delete", None, "").await, 200);
    assert_eq!(mark("restore", form, "").await, 200);
    assert_eq!(mark("hold", form, "reason=a+court+asks").await, 200);
    let held = RecordingMark::Hold("a court asks".to_owned());
    let marked: Vec<_> = marks(&clinic).into_iter().map(|(_, mark)| mark).collect();
    assert_eq!(marked, [RecordingMark::Delete, RecordingMark::Restore, held]);
    assert_eq!(mark("hold", None, "").await, 422, "a hold has a reason");
    assert_eq!(mark("hold", Some("application/json"), "{}").await, 415);
    assert_eq!(mark("burn", None, "").await, 404);
    assert_eq!(ask(&format!("/api/v1/faxes/{}/give", clinic.faxes.unowned), None, "").await, 415);
    assert_eq!(ask("/api/v1/faxes", Some("multipart/form-data"), "").await, 400);
    assert!(marks(&clinic).is_empty());
}
