//! Sign-in links work once, for a person, and leave a line in the audit.

use axum::body::Body;
use axum::http::StatusCode;

use super::{Clinic, get, post};

#[tokio::test]
async fn a_link_is_looked_at_often_and_used_once() {
    let clinic = Clinic::open().await;
    let link = clinic.app.sessions.mint_login_link("101", "101").await.expect("a link");
    for _ in 0..3 {
        // A mail scanner.
        let answer = clinic.ask(get(&link, None).body(Body::empty()).expect("request")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.headers.contains_key("set-cookie"));
        assert!(answer.body.contains("<form action=\"/login/"), "a button");
    }
    let first = clinic.ask(post(&link, None).body(Body::empty()).expect("request")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let cookie = first.headers["set-cookie"].to_str().expect("text");
    assert!(cookie.starts_with("frontdesk_8080=") && cookie.contains("; HttpOnly; SameSite=Lax"), "{cookie}");
    let second = clinic.ask(post(&link, None).body(Body::empty()).expect("request")).await;
    assert_eq!(second.status, StatusCode::GONE);
    assert!(!second.headers.contains_key("set-cookie"));
    let audit = clinic.audit().await;
    assert!(audit.ends_with(&["101 login".to_owned(), " login_refused".to_owned()]), "{audit:?}");
}

#[tokio::test]
async fn guessing_ends_soon() {
    let clinic = Clinic::open().await;
    let mut refused = 0;
    for n in 0..20 {
        let guess = post(&format!("/login/{n:064x}"), None).body(Body::empty()).expect("request");
        let answer = clinic.ask(guess).await;
        refused += u32::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 9, "{refused} of 20 were refused");
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_in() {
    let clinic = Clinic::open().await;
    let link = clinic.app.sessions.mint_login_link("101", "101").await.expect("a link");
    let forged = super::request(axum::http::Method::POST, &link, None).header("sec-fetch-site", "cross-site");
    let answer = clinic.ask(forged.body(Body::empty()).expect("request")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(clinic.app.sessions.link_works(link.trim_start_matches("/login/")).await.expect("store"));
}

#[tokio::test]
async fn over_http_in_a_network_the_origin_alone_shows_that_a_form_is_ours() {
    let clinic = Clinic::open().await;
    let link = clinic.app.sessions.mint_login_link("101", "101").await.expect("a link");
    let page = clinic.ask(get(&link, None).body(Body::empty()).expect("request")).await;
    // To such a host browsers say nothing more, and under "no-referrer" not even that.
    assert_eq!(page.headers["referrer-policy"], "same-origin");
    let sent =
        super::request(axum::http::Method::POST, &link, None).header("origin", format!("http://{}", super::HOST));
    let answer = clinic.ask(sent.body(Body::empty()).expect("request")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    assert_eq!(clinic.get("/", &cookie).await.status, StatusCode::OK);
    assert_eq!(clinic.post("/logout", &cookie).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.get("/", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_over_another_signs_them_out() {
    let clinic = Clinic::open().await;
    let secret = |cookie: &str| cookie.split_once('=').expect("a pair").1.to_owned();
    let over = async |cookie: &str, user| {
        let link = clinic.app.sessions.mint_login_link(user, user).await.expect("a link");
        let answer = clinic.ask(post(&link, Some(cookie)).body(Body::empty()).expect("request")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    };
    let nurse = clinic.sign_in("102").await;
    over(&nurse, "102").await;
    let telephone = clinic.app.sessions.telephone_of(&secret(&nurse), false);
    assert_eq!(telephone.as_deref(), Some("102"), "their own telephone stays at its call");
    over(&nurse, "101").await;
    assert_eq!(clinic.app.sessions.telephone_of(&secret(&nurse), false), None, "it rings on at another's desk");
    assert_eq!(clinic.get("/", &nurse).await.status, StatusCode::SEE_OTHER);
    let audit = clinic.audit().await;
    assert!(audit.ends_with(&["101 login".to_owned(), "102 logout".to_owned()]), "{audit:?}");
}

#[tokio::test]
async fn a_cookie_of_another_box_on_this_address_is_not_ours() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let other = cookie.replace("frontdesk_8080", "frontdesk_9080");
    assert_eq!(clinic.get("/", &other).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.get("/", &format!("{other}; {cookie}")).await.status, StatusCode::OK);
}
