//! What people order reaches the appliance with their name, and its answer reaches them.

use axum::body::Body;
use axum::http::StatusCode;
use model::command::{Command, CommandError, CommandOutcome};

use super::{Clinic, post};

#[tokio::test]
async fn each_button_is_one_order() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let fax = clinic.faxes.uncertain;
    for (verb, expected) in
        [("take", "TakeFax"), ("arrived", "MarkArrived"), ("again", "SendAgain"), ("recall", "CancelFax")]
    {
        let answer = clinic.post(&format!("/faxes/{fax}/{verb}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{verb}");
        assert_eq!(answer.headers["location"].to_str().expect("text"), format!("/faxes/{fax}"));
        let ordered = clinic.ordered();
        let [order] = ordered.as_slice() else { panic!("{verb}: {ordered:?}") };
        let said = format!("{order:?}");
        assert!(
            said.starts_with(expected) && said.contains("by: \"102\"") && said.contains(&fax.to_string()),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_refusal_is_the_appliances_sentence() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    clinic.answers(Err(CommandError::NotNow("Somebody took this fax a moment ago.".into())));
    let answer = clinic.post(&format!("/faxes/{}/take", clinic.faxes.unowned), &cookie).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("Somebody took this fax a moment ago."));
}

#[tokio::test]
async fn an_alert_is_acknowledged_and_leads_back_to_our_own_pages_only() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    for (back, expected) in [
        ("/calls", "/calls"),
        ("//evil.example", "/"),
        ("/%5Cevil.example", "/"),
        ("https://evil.example", "/"),
        ("", "/"),
    ] {
        let request =
            post("/alerts/1/acknowledge", Some(&cookie)).body(Body::from(format!("back={back}"))).expect("request");
        let answer = clinic.ask(request).await;
        assert_eq!(answer.headers["location"], expected, "{back}");
        assert!(matches!(clinic.ordered().as_slice(), [Command::AcknowledgeAlert { by, alert: 1 }] if by == "103"));
    }
}

#[tokio::test]
async fn an_order_that_nobody_answers_is_unknown_not_failed() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    // The appliance ends while it holds the order.
    let dir = tempfile::tempdir().expect("a folder");
    let mut other = crate::sample::open(dir.path(), clinic.app.clock).await;
    let router = crate::routes::router(crate::App::new(crate::Handles {
        sessions: clinic.app.sessions.clone(),
        ..other.handles.clone()
    }));
    tokio::spawn(async move { drop(other.orders.recv().await) });
    let request =
        post(&format!("/faxes/{}/take", other.faxes.unowned), Some(&cookie)).body(Body::empty()).expect("request");
    let response = tower::ServiceExt::oneshot(router, request).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    clinic.answers(Ok(CommandOutcome::Done));
}

#[tokio::test]
async fn only_who_manages_ends_a_call() {
    let clinic = Clinic::open().await;
    let call = clinic.snapshot.borrow().calls[0].id;
    let path = format!("/calls/{call}/hang-up");
    let nurse = clinic.sign_in("102").await;
    assert_eq!(clinic.post(&path, &nurse).await.status, StatusCode::FORBIDDEN);
    let desk = clinic.sign_in("101").await;
    assert!(clinic.get(&path, &desk).await.body.contains("Both sides will be cut off"));
    assert!(clinic.ordered().is_empty());
    clinic.post(&path, &desk).await;
    assert!(matches!(clinic.ordered().as_slice(), [Command::HangUp { by, .. }] if by == "101"));
}

#[tokio::test]
async fn a_manager_lets_an_address_in_again_and_others_only_see_it() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let page = clinic.get("/people", &cookie).await.body;
    for said in ["10.0.0.66", "searches for telephone systems", "until", "12,411", "Answer it again", "SIP ALG"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(clinic.get("/", &cookie).await.body.contains("2 addresses are shut out"));
    let lift = async |address: &str, cookie: &str| {
        let form = Body::from(format!("address={address}"));
        clinic.ask(post("/door/lift", Some(cookie)).body(form).expect("request")).await.status
    };
    assert_eq!(lift("10.0.0.66", &cookie).await, StatusCode::SEE_OTHER);
    let ordered = clinic.ordered();
    assert!(matches!(&ordered[..], [Command::Unblock { by, source }] if by == "101" && source.label() == "10.0.0.66"));
    assert_eq!(lift("here", &cookie).await, StatusCode::NOT_FOUND);
    let nurse = clinic.sign_in("102").await;
    assert_eq!(lift("10.0.0.66", &nurse).await, StatusCode::FORBIDDEN);
    assert!(clinic.ordered().is_empty());
}
