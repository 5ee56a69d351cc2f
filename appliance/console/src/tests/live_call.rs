//! A call that is up: its page, and its messages until now.

use axum::http::StatusCode;
use model::CallId;
use model::command::{Command, CommandError, CommandOutcome};

use super::Clinic;

/// A call that is up, and the appliance that has these messages of it.
async fn up() -> (Clinic, CallId) {
    let clinic = Clinic::open().await;
    let ladder = clinic.app.store.calls().ladder(clinic.call).await.expect("a store").expect("messages");
    *clinic.answer.lock().unwrap() = Ok(CommandOutcome::Ladder(Box::new(ladder)));
    let id = clinic.snapshot.borrow().calls[0].id;
    (clinic, id)
}

#[tokio::test]
async fn its_page_has_who_talks_and_every_message_until_now() {
    let (clinic, id) = up().await;
    let cookie = clinic.sign_in("102").await;
    let list = clinic.get("/calls", &cookie).await.body;
    assert!(list.contains(&format!("href=\"/calls/{id}\"")), "a call that is up leads to its page");
    let body = clinic.get(&format!("/calls/{id}"), &cookie).await.body;
    assert!(body.contains("<dd>Front desk, 101</dd>"), "{}", &body[body.find("<main").unwrap_or(0)..]);
    assert!(body.contains("<span class=\"say\">Front desk called 12025550112</span>"), "{body}");
    assert!(body.contains("hx-trigger=\"every 5s, live-calls from:body, "), "it looks anew by itself");
    assert!(!body.contains("/hang-up"), "only who manages may end it");
    let manager = clinic.sign_in("101").await;
    assert!(clinic.get(&format!("/calls/{id}"), &manager).await.body.contains(&format!("/calls/{id}/hang-up")));
    let asked = |order: &Command| matches!(order, Command::ReadLadder { call } if *call == id);
    assert!(clinic.orders.lock().unwrap().iter().any(asked));
    let stranger = clinic.sign_in("103").await;
    assert_eq!(clinic.get(&format!("/calls/{id}"), &stranger).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn one_that_goes_out_says_over_which_lines_it_goes_on() {
    let (clinic, id) = up().await;
    let boss = clinic.sign_in("101").await;
    let page = format!("/calls/{id}");
    assert!(!clinic.get(&page, &boss).await.body.contains("If the line does not take it"));
    clinic.snapshot.send_modify(|snapshot| {
        std::sync::Arc::make_mut(snapshot).calls[0].next_trunks = vec!["backup".to_owned(), "third".to_owned()];
    });
    let body = clinic.get(&page, &boss).await.body;
    assert!(body.contains("<dt>If the line does not take it</dt><dd>backup, third</dd>"), "{body}");
}

#[tokio::test]
async fn one_that_has_just_ended_says_so_until_its_record_is_there() {
    let (clinic, id) = up().await;
    let cookie = clinic.sign_in("102").await;
    clinic.snapshot.send_modify(|snapshot| std::sync::Arc::make_mut(snapshot).calls.clear());
    let body = clinic.get(&format!("/calls/{id}"), &cookie).await.body;
    assert!(body.contains("A call that has just ended") && !body.contains("hang-up"), "{body}");
    *clinic.answer.lock().unwrap() = Err(CommandError::NotNow("over".to_owned()));
    assert_eq!(clinic.get(&format!("/calls/{id}"), &cookie).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn programs_read_the_same() {
    let (clinic, id) = up().await;
    let token = clinic.token("102").await;
    let (_, live) = super::api::ask(&clinic, axum::http::Method::GET, "/api/v1/calls/live", &token, None).await;
    assert_eq!((&live["calls"][0]["id"], &live["calls"][0]["phase"]), (&id.to_string().into(), &"talking".into()));
    assert_eq!(live["calls"][0]["from"], serde_json::json!({ "number": "101", "name": "Front desk" }));
    assert_eq!(live["calls"][1]["phase"], "ringing");
    let path = format!("/api/v1/calls/{id}/ladder");
    let (_, ladder) = super::api::ask(&clinic, axum::http::Method::GET, &path, &token, None).await;
    assert_eq!((&ladder["messages"][6]["again"], &ladder["complete"]), (&true.into(), &false.into()));
}
