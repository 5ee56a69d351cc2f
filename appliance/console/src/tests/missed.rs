//! Calls that nobody took, on pages and for programs.

use axum::body::Body;
use axum::http::StatusCode;
use model::call::{CallEnd, CallRecord, Taken};
use model::command::{Command, CommandError};
use model::fax::Direction;
use model::missed::MissedMark;
use model::{CallId, PhoneNumber, Random, Wall};
use serde_json::{Value, json};
use store::Effect;
use store::effect::MissedMarking;

use super::{Clinic, get, post};

/// Somebody outside called, and nobody took it.
async fn missed(clinic: &Clinic, number: &str) -> CallId {
    let sample = clinic.app.store.calls().get(clinic.call).await.expect("read").expect("a call");
    let at = clinic.app.clock.now().wall;
    let mut record = CallRecord { id: CallId::new(at, &mut Random::from_u64(61)), ..sample };
    (record.direction, record.started, record.ended) = (Direction::In, at, at);
    record.from.number = Some(PhoneNumber::E164(number.to_owned()));
    (record.answered, record.taken, record.end, record.queued) = (None, Taken::Never, CallEnd::Abandoned, Vec::new());
    let id = record.id;
    clinic.app.store.perform(Effect::RecordCalls([record].into())).await.expect("stored");
    id
}

/// As the appliance does what was ordered.
async fn obey(clinic: &Clinic) {
    for order in clinic.ordered() {
        // A page asks for the messages of a call that ended a moment ago.
        let Command::MarkMissed { by, call, mark } = order else { continue };
        let at = clinic.app.clock.now().wall;
        clinic.app.store.perform(Effect::MarkMissed(MissedMarking { call, mark, by, at })).await.expect("marked");
    }
}

async fn waiting(clinic: &Clinic) -> u64 {
    clinic.app.store.missed_calls().waiting().await.expect("read")
}

#[tokio::test]
async fn who_waits_to_be_called_back_is_on_today_and_in_a_list_until_somebody_has_seen_to_it() {
    let clinic = Clinic::open().await;
    let nurse = clinic.sign_in("102").await;
    let before = waiting(&clinic).await;
    let call = missed(&clinic, "+12025550988").await;
    let now = waiting(&clinic).await;
    assert_eq!(now, before + 1);
    let today = clinic.get("/", &nurse).await.body;
    assert!(today.contains(&format!("href=\"/calls?needs\">{now} caller")), "{today}");
    let list = async || clinic.get("/calls?needs", &nurse).await.body;
    let row = format!("id=\"call-{call}\"");
    let body = list().await;
    assert!(body.contains(&row) && body.contains("Nobody has called back"), "{body}");

    let pressed = post(&format!("/calls/{call}/missed/take"), Some(&nurse))
        .header("referer", "http://127.0.0.1:8080/calls?needs")
        .body(Body::empty());
    let answer = clinic.ask(pressed.expect("request")).await;
    assert_eq!(answer.headers["location"], "/calls?needs", "they are where they were");
    obey(&clinic).await;
    assert!(list().await.contains("Nurse calls back (since"));
    let page = clinic.get(&format!("/calls/{call}"), &nurse).await.body;
    assert!(page.contains("Nurse calls back") && page.contains("/missed/done"), "{page}");

    clinic.post(&format!("/calls/{call}/missed/done"), &nurse).await;
    obey(&clinic).await;
    assert!(!list().await.contains(&row));
    assert_eq!(waiting(&clinic).await, before);
    let page = clinic.get(&format!("/calls/{call}"), &nurse).await.body;
    assert!(page.contains("Done: Nurse") && page.contains("/missed/reopen"), "{page}");
    let missed = clinic.get("/calls?missed", &nurse).await.body;
    assert!(missed.contains("Done: Nurse"), "{missed}");
}

#[tokio::test]
async fn who_sees_no_calls_sees_and_marks_none_and_a_faster_colleague_is_said() {
    let clinic = Clinic::open().await;
    let call = missed(&clinic, "+12025550988").await;
    let doctor = clinic.sign_in("103").await;
    let path = format!("/calls/{call}/missed/take");
    assert_eq!(clinic.post(&path, &doctor).await.status, StatusCode::FORBIDDEN);
    assert!(!clinic.get("/", &doctor).await.body.contains("called back"));
    let nurse = clinic.sign_in("102").await;
    assert_eq!(clinic.post(&format!("/calls/{call}/missed/burn"), &nurse).await.status, StatusCode::NOT_FOUND);
    assert!(clinic.ordered().is_empty());
    clinic.answers(Err(CommandError::NotNow("It is no longer in that state; look again.".to_owned())));
    let answer = clinic.post(&path, &nurse).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("no longer in that state"), "{}", answer.body);
}

#[tokio::test]
async fn programs_see_and_mark_the_same() {
    let clinic = Clinic::open().await;
    let call = missed(&clinic, "+12025550988").await;
    let bearer = format!("Bearer {}", clinic.token("102").await);
    let ask = async |path: &str, is_post: bool| -> Value {
        let builder = if is_post { post(path, None) } else { get(path, None) };
        let request = builder.header("authorization", &bearer).body(Body::empty()).expect("request");
        let answer = clinic.ask(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    };
    let of = |list: &Value| {
        let all = list["calls"].as_array().expect("a list");
        all.iter().find(|c| c["id"] == json!(call)).cloned()
    };
    let listed = of(&ask("/api/v1/calls?needs_person=true", false).await).expect("it is there");
    assert_eq!((&listed["needs_person"], &listed["call_back"]), (&json!(true), &json!("open")));
    assert_eq!((&listed["done_by"], &listed["done_at"]), (&Value::Null, &Value::Null));
    ask(&format!("/api/v1/calls/{call}/missed/done"), true).await;
    let [Command::MarkMissed { by, mark: MissedMark::Done, .. }] = &*clinic.ordered() else { panic!("no such order") };
    assert_eq!(by, "102");
    let at = clinic.app.clock.now().wall;
    let marking = MissedMarking { call, mark: MissedMark::Done, by: "102".to_owned(), at };
    clinic.app.store.perform(Effect::MarkMissed(marking)).await.expect("marked");
    assert_eq!(of(&ask("/api/v1/calls?needs_person=true", false).await), None);
    let listed = of(&ask("/api/v1/calls", false).await).expect("it is there");
    assert_eq!((&listed["needs_person"], &listed["done_by"]), (&json!(false), &json!("102")));
    assert_eq!(listed["done_at"], json!(Wall(at.millis()).timestamp().to_string()));
    // One that somebody took was never work.
    let taken = ask("/api/v1/calls", false).await;
    let taken = taken["calls"].as_array().expect("a list").iter().find(|c| c["missed"] == false).cloned();
    let taken = taken.expect("the sample has one");
    assert_eq!((&taken["needs_person"], &taken["call_back"]), (&json!(false), &Value::Null));
}
