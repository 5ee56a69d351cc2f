//! Who manages lets others in and takes that back.

use axum::body::Body;
use axum::http::StatusCode;
use model::{Random, Settings};
use store::{Effect, SipSecret, TokenKind};

use super::{Clinic, get, post};
use crate::sample::SETTINGS;

/// The link on a page.
fn link_of(page: &str) -> String {
    let (_, rest) = page.split_once("value=\"http://127.0.0.1:8080/login/").unwrap_or_else(|| panic!("{page}"));
    format!("/login/{}", rest.split('"').next().expect("an end"))
}

#[tokio::test]
async fn who_manages_lets_somebody_in_by_a_link_that_is_shown_once_and_works_once() {
    let clinic = Clinic::open().await;
    let desk = clinic.sign_in("101").await;
    let people = clinic.get("/people", &desk).await;
    assert!(people.body.contains("action=\"/people/102/link\""), "{}", people.body);
    let page = clinic.post("/people/102/link", &desk).await;
    assert_eq!((page.status, &page.headers["cache-control"]), (StatusCode::OK, &"no-store".parse().expect("a value")));
    let link = link_of(&page.body);
    let signed_in = clinic.ask(post(&link, None).body(Body::empty()).expect("request")).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.body);
    let again = clinic.ask(post(&link, None).body(Body::empty()).expect("request")).await;
    assert_eq!(again.status, StatusCode::GONE);
    let lines = clinic.app.store.audit().list(10).await.expect("rows");
    let made = lines.iter().find(|l| l.what == "token_made" && l.by == "101" && l.subject == "login 102");
    assert!(made.is_some(), "{lines:?}");
    assert!(!format!("{lines:?}").contains(link.trim_start_matches("/login/")), "the audit opens nothing");
}

#[tokio::test]
async fn a_link_leads_where_the_manager_has_opened_the_console() {
    let clinic = Clinic::open().await;
    let desk = clinic.sign_in("101").await;
    let asked = post("/people/102/link", Some(&desk)).header("origin", "https://127.0.0.1:8080");
    let page = clinic.ask(asked.body(Body::empty()).expect("request")).await;
    assert!(page.body.contains("value=\"https://127.0.0.1:8080/login/"), "{}", page.body);
    assert!(page.body.contains("works on this computer alone"), "nobody else reaches 127.0.0.1: {}", page.body);
}

#[tokio::test]
async fn anybody_signs_in_on_another_device_of_theirs_by_a_code_for_its_camera() {
    let clinic = Clinic::open().await;
    let doctor = clinic.sign_in("103").await;
    let page = clinic.get("/", &doctor).await.body;
    assert!(page.contains("href=\"/account\""), "{page}");
    assert!(clinic.get("/account", &doctor).await.body.contains("at 1 browser, this one"));
    let origin = "http://box.clinic.demo:8080";
    let asked = super::request(axum::http::Method::POST, "/account/link", Some(&doctor));
    let mut asked = asked.header("sec-fetch-site", "same-origin").header("origin", origin);
    // The cookie carries the port, whatever the name of the box.
    asked.headers_mut().expect("headers").insert("host", "box.clinic.demo:8080".parse().expect("a host"));
    let page = clinic.ask(asked.body(Body::empty()).expect("request")).await.body;
    let link = page.split("value=\"http://box.clinic.demo:8080").nth(1).and_then(|rest| rest.split('"').next());
    let link = link.unwrap_or_else(|| panic!("{page}"));
    assert!(page.contains("<svg class=\"squares\""), "{page}");
    let signed_in = clinic.ask(post(link, None).body(Body::empty()).expect("request")).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER);
    let cookie = signed_in.headers["set-cookie"].to_str().expect("text").split(';').next().expect("a pair").to_owned();
    assert!(clinic.get("/account", &cookie).await.body.contains("at 2 browsers"));
    // One that works on this computer alone is no use to a phone.
    let here = clinic.post("/account/link", &doctor).await.body;
    assert!(here.contains("works on this computer alone") && !here.contains("squares"), "{here}");
}

#[tokio::test]
async fn nobody_else_gives_links_or_takes_anything_back_and_no_token_does() {
    let clinic = Clinic::open().await;
    let nurse = clinic.sign_in("102").await;
    for path in ["/people/101/link", "/people/101/forget", "/people/102/link", "/people/102/forget"] {
        assert_eq!(clinic.post(path, &nurse).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let bearer = format!("Bearer {}", clinic.token("101").await);
    for path in ["/people/102/link", "/people/102/forget"] {
        let asked = post(path, None).header("authorization", &bearer).body(Body::empty()).expect("request");
        assert_eq!(clinic.ask(asked).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let desk = clinic.sign_in("101").await;
    assert_eq!(clinic.post("/people/999/link", &desk).await.status, StatusCode::NOT_FOUND);
    assert_eq!(clinic.post("/people/999/forget", &desk).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn all_access_of_somebody_is_taken_back_after_a_second_question_that_counts_it() {
    let clinic = Clinic::open().await;
    let (desk, nurse, other) = (clinic.sign_in("101").await, clinic.sign_in("102").await, clinic.sign_in("102").await);
    let (people, at) = (clinic.app.store.people(), clinic.app.clock.now().wall);
    let secret =
        SipSecret { user: "102".into(), ha1_md5: "1".into(), ha1_sha256: "2".into(), ha1_sha512_256: "3".into() };
    people.set_sip_secret(secret, "101", at).await.expect("set");
    let mut random = Random::from_u64(6);
    let token = clinic.app.store.tokens().mint(&mut random, "102", TokenKind::Api, None, at).await.expect("a token");
    let pin = Effect::SetPin { mailbox: "102".to_owned(), pin: "738291".into(), by: "102".to_owned(), at };
    clinic.app.store.perform(pin).await.expect("set");
    let question = clinic.get("/people/102/forget", &desk).await;
    for said in [
        "signed in at 2 browsers",
        "1 program that acts",
        "Their phones need a new password",
        "The PIN of their mailbox ends",
    ] {
        assert!(question.body.contains(said), "{said}: {}", question.body);
    }
    assert_eq!(clinic.get("/", &nurse).await.status, StatusCode::OK, "a question changes nothing");
    assert_eq!(clinic.post("/people/102/forget", &desk).await.status, StatusCode::SEE_OTHER);
    for cookie in [&nurse, &other] {
        assert_eq!(clinic.get("/", cookie).await.status, StatusCode::SEE_OTHER, "they are signed out");
    }
    let bearer = get("/api/v1/status", None).header("authorization", format!("Bearer {token}"));
    assert_eq!(clinic.ask(bearer.body(Body::empty()).expect("request")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(people.ways("102", at).await.expect("read"), store::Ways::default());
    assert!(!clinic.app.store.voicemails().has_pin("102").await.expect("read"));
    assert_eq!(clinic.get("/", &desk).await.status, StatusCode::OK, "nobody else's is touched");
    let audit = clinic.audit().await;
    assert!(audit.ends_with(&["101 secrets_removed".to_owned()]), "{audit:?}");
}

#[tokio::test]
async fn the_last_who_manages_does_not_shut_themselves_out() {
    let clinic = Clinic::open().await;
    let desk = clinic.sign_in("101").await;
    assert_eq!(clinic.get("/people/101/forget", &desk).await.status, StatusCode::FORBIDDEN);
    let answer = clinic.post("/people/101/forget", &desk).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.body.contains("the only one who manages"), "{}", answer.body);
    assert_eq!(clinic.get("/", &desk).await.status, StatusCode::OK);
    // With another beside them they may.
    let two =
        SETTINGS.replace("\"send_faxes\"]\nlocation = \"Room 2", "\"send_faxes\", \"manage\"]\nlocation = \"Room 2");
    assert_ne!(two, SETTINGS);
    clinic.settings.send_replace(std::sync::Arc::new(Settings::parse(&two).expect("good settings")));
    assert_eq!(clinic.post("/people/101/forget", &desk).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.get("/", &desk).await.status, StatusCode::SEE_OTHER);
}
