//! Who is to be called back stands where staff see calls, and a button takes them off the list.

use std::sync::Arc;

use axum::http::StatusCode;
use model::callback::CallbackState;
use model::command::Command;
use model::{Callback, CallbackId, Language, PhoneNumber, Pii, Random, Snapshot, Wall};

use super::Clinic;

fn callback(n: u64, state: CallbackState) -> Callback {
    Callback {
        id: CallbackId::new(Wall(0), &mut Random::from_u64(n)),
        queue: "desk".to_owned(),
        number: PhoneNumber::E164("+12025550171".to_owned()),
        name: Pii::from("A <patient>"),
        language: Language::English,
        ordered: Wall(0),
        expires: Wall(3_600_000),
        state,
    }
}

#[tokio::test]
async fn they_stand_on_today_and_with_the_calls_and_are_taken_off_the_list() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    clinic.snapshot.send_modify(|s| *s = Arc::new(Snapshot { callbacks: Vec::new(), ..(**s).clone() }));
    assert!(!clinic.get("/", &cookie).await.body.contains("To be called back"));
    let (waits, dialled) = (callback(1, CallbackState::Waiting), callback(2, CallbackState::Dialling));
    let callbacks = vec![waits.clone(), dialled.clone(), callback(3, CallbackState::Missed)];
    clinic.snapshot.send_modify(|s| *s = Arc::new(Snapshot { callbacks, ..(**s).clone() }));
    for path in ["/", "/calls"] {
        let page = clinic.get(path, &cookie).await.body;
        for said in [
            "To be called back",
            "A &#60;patient&#62;, (202) 555-0171",
            "keeps their place",
            "did not answer",
            "Queue desk, since 31 December 1969, 19:00, until 31 December 1969, 20:00.",
        ] {
            assert!(page.contains(said), "{path}: {said}\n{page}");
        }
        let call = "href=\"/phone?call=%2B12025550171\" target=\"frontdesk-phone\" data-phone";
        let rows = page.lines().filter(|line| line.contains("id=\"callback-") && line.contains(call));
        assert_eq!(rows.count(), 2, "the telephone takes their number, unless they are called already");
        assert!(page.contains(&format!("/callbacks/{}/cancel", waits.id)));
        assert!(!page.contains(&format!("/callbacks/{}/cancel", dialled.id)), "nobody takes away who is being called");
    }
    let answer = clinic.post(&format!("/callbacks/{}/cancel", waits.id), &cookie).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    let [Command::CancelCallback { by, callback }] = ordered.as_slice() else { panic!("{ordered:?}") };
    assert_eq!((by.as_str(), *callback), ("101", waits.id));
}
