//! A right that ends while something is on its way: what is not there yet does not come any more.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::StatusCode;
use axum::http::request::Builder;
use model::call::CallRecord;
use model::recording::RATE;
use model::settings::{Person, Right};
use model::{CallId, Event, Pii, Random, RecordingId, Sound, Wall};
use store::Effect;
use store::effect::{NewRecording, Taking};
use tokio_stream::StreamExt;

use super::{Clinic, get};

/// Longer than a stream waits before it looks again who listens.
const SOON: Duration = Duration::from_mins(1);

/// How somebody loses a right.
const LOSSES: [fn(&mut Vec<Person>); 2] =
    [|people| people.iter_mut().for_each(|person| person.rights.clear()), |people| people.retain(|p| p.user == "103")];

impl Clinic {
    async fn stream(&self, request: Builder) -> BodyDataStream {
        let request = request.body(Body::empty()).expect("request");
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    }

    fn people_are(&self, change: impl FnOnce(&mut Vec<Person>)) {
        self.settings.send_modify(|settings| change(&mut Arc::make_mut(settings).people));
    }

    fn tell(&self, event: Event) {
        let _ = self.app.events.send(event);
    }
}

/// What comes until this does, or the end.
async fn until(stream: &mut BodyDataStream, last: &str) -> String {
    let mut text = String::new();
    while !text.contains(last)
        && let Some(piece) = stream.next().await
    {
        text.push_str(std::str::from_utf8(&piece.expect("a piece")).expect("text"));
    }
    text
}

/// What comes until the end, which comes soon.
async fn rest(stream: &mut BodyDataStream) -> String {
    tokio::time::timeout(SOON, until(stream, "there is no such line")).await.expect("it ends")
}

#[tokio::test]
async fn who_may_not_see_faxes_any_more_hears_of_none_and_who_is_nobody_any_more_hears_nothing() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    tokio::time::pause();
    let mut stream = clinic.stream(get("/events", Some(&cookie))).await;
    clinic.tell(Event::Fax(clinic.faxes.sent));
    assert!(until(&mut stream, "event: fax").await.contains("event: fax"));
    clinic.people_are(|people| people[1].rights = vec![Right::SeeCalls]);
    clinic.tell(Event::Fax(clinic.faxes.waiting));
    clinic.tell(Event::Calls);
    let mut told = until(&mut stream, "event: calls").await;
    assert!(told.contains("event: calls"), "it goes on: {told}");
    clinic.people_are(|people| people.retain(|person| person.user != "102"));
    clinic.tell(Event::Fax(clinic.faxes.failed));
    clinic.tell(Event::Alerts);
    told += &rest(&mut stream).await;
    assert!(!told.contains("fax") && !told.contains("alerts"), "{told}");
}

#[tokio::test]
async fn a_program_whose_token_is_taken_back_hears_nothing_any_more() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    tokio::time::pause();
    let mut stream = clinic.stream(get("/events", None).header("authorization", format!("Bearer {token}"))).await;
    clinic.tell(Event::Calls);
    assert!(until(&mut stream, "event: calls").await.contains("event: calls"));
    clinic.app.store.people().forget("102", "101", clinic.app.clock.now().wall).await.expect("taken back");
    clinic.tell(Event::Fax(clinic.faxes.sent));
    let told = rest(&mut stream).await;
    assert!(!told.contains("fax"), "{told}");
}

/// So many that only a part of them is on its way at a time.
async fn many_calls(clinic: &Clinic) -> usize {
    let some = clinic.app.store.calls().recent(1, None).await.expect("read").remove(0);
    let mut random = Random::from_u64(8);
    for thousand in 0..4 {
        let records = (0..1_000).map(|n| {
            let at = Wall(1_741_800_000_000 + thousand * 1_000 + n);
            CallRecord { id: CallId::new(at, &mut random), started: at, answered: None, ended: at, ..some.clone() }
        });
        let records: Vec<CallRecord> = records.collect();
        clinic.app.store.perform(Effect::RecordCalls(records.into())).await.expect("stored");
    }
    4_000
}

#[tokio::test]
async fn a_table_of_calls_ends_early_and_says_so_for_who_may_not_see_calls_any_more() {
    let clinic = Clinic::open().await;
    let all = many_calls(&clinic).await;
    let whole = clinic.settings.borrow().people.clone();
    for loses in LOSSES {
        let cookie = clinic.sign_in("102").await;
        let mut stream = clinic.stream(get("/calls.csv", Some(&cookie))).await;
        let mut lines = stream.next().await.expect("the first").expect("a piece").split(|b| *b == b'\n').count();
        clinic.people_are(loses);
        let end = loop {
            match stream.next().await {
                Some(Ok(piece)) => lines += piece.split(|b| *b == b'\n').count(),
                end => break end,
            }
        };
        assert!(matches!(end, Some(Err(_))), "whoever saves it learns that it is not whole");
        assert!(lines < all, "{lines}");
        clinic.people_are(|people| *people = whole.clone());
    }
}

/// A minute of the sample's call, in which 102 talked.
async fn recorded(clinic: &Clinic) -> CallId {
    let at = clinic.app.clock.now().wall;
    let recording = RecordingId::new(at, &mut Random::from_u64(9));
    let record = clinic.app.store.calls().get(clinic.call).await.expect("read").expect("the sample's call");
    let extensions = vec!["102".to_owned()];
    let begin = Taking::Begin(Box::new(NewRecording { extensions, together: false, record, keep_days: 30 }));
    let sound = || Pii::new(Sound { rate: RATE, samples: vec![988; RATE as usize] });
    let part = |number| Taking::Part { number, caller: sound(), callee: Some(sound()) };
    for taking in [vec![begin], (0..60).map(part).collect(), vec![Taking::Finish]].concat() {
        clinic.app.store.perform(Effect::TakeRecording { recording, taking, at }).await.expect("stored");
    }
    clinic.call
}

#[tokio::test]
async fn a_recording_ends_early_for_who_may_not_hear_it_any_more() {
    let clinic = Clinic::open().await;
    let path = format!("/calls/{}/recording.wav", recorded(&clinic).await);
    let whole = clinic.settings.borrow().people.clone();
    for loses in LOSSES {
        let cookie = clinic.sign_in("102").await;
        let mut stream = clinic.stream(get(&path, Some(&cookie))).await;
        let mut bytes = stream.next().await.expect("the first").expect("a piece").len();
        clinic.people_are(loses);
        while let Some(Ok(piece)) = stream.next().await {
            bytes += piece.len();
        }
        assert!(bytes < 44 + 60 * 8_000 * 4, "{bytes}");
        clinic.people_are(|people| *people = whole.clone());
    }
}
