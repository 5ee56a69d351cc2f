//! Sign-in links work once, for a person, and leave a line in the audit.

use axum::body::Body;
use axum::http::StatusCode;
use model::settings::SignIn;

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
    let over = async |cookie: &str, user| {
        let link = clinic.app.sessions.mint_login_link(user, user).await.expect("a link");
        let answer = clinic.ask(post(&link, Some(cookie)).body(Body::empty()).expect("request")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    };
    let nurse = clinic.sign_in("102").await;
    over(&nurse, "102").await;
    let telephone = clinic.app.sessions.telephone_of(secret_of(&nurse), false);
    assert_eq!(telephone.as_deref(), Some("102"), "their own telephone stays at its call");
    over(&nurse, "101").await;
    assert_eq!(clinic.app.sessions.telephone_of(secret_of(&nurse), false), None, "it rings on at another's desk");
    assert_eq!(clinic.get("/", &nurse).await.status, StatusCode::SEE_OTHER);
    let audit = clinic.audit().await;
    assert!(audit.ends_with(&["101 login".to_owned(), "102 logout".to_owned()]), "{audit:?}");
}

/// The same store, as the next start finds it.
async fn after_a_restart(clinic: &Clinic) -> crate::Sessions {
    let (store, clock) = (clinic.app.store.clone(), clinic.app.clock);
    let again = crate::Sessions::new(store, clock, model::Random::from_u64(77), SignIn::default());
    again.load().await.expect("read");
    again
}

fn secret_of(cookie: &str) -> &str {
    cookie.split_once('=').expect("a pair").1
}

#[tokio::test]
async fn a_restart_signs_nobody_out_but_who_had_signed_out() {
    let clinic = Clinic::open().await;
    let (desk, nurse, doctor) = (clinic.sign_in("101").await, clinic.sign_in("102").await, clinic.sign_in("103").await);
    assert_eq!(clinic.post("/logout", &nurse).await.status, StatusCode::SEE_OTHER);
    clinic.app.store.people().forget("103", "101", clinic.app.clock.now().wall).await.expect("forgotten");
    let again = after_a_restart(&clinic).await;
    assert_eq!(again.user_of(secret_of(&desk), false).as_deref(), Some("101"));
    assert_eq!(again.user_of(secret_of(&nurse), false), None);
    assert_eq!(again.telephone_of(secret_of(&doctor), false), None, "all that lets them in was taken back");
    assert_eq!(again.user_of("guessed", false), None);
    // What is stored is no cookie.
    let rows = clinic.app.store.sessions().all(10, clinic.app.clock.now().wall).await.expect("rows");
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let stored: String = row.key.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(again.user_of(&stored, false), None);
}

#[tokio::test]
async fn who_says_so_stays_signed_in_on_a_computer_of_their_own() {
    let clinic = Clinic::open().await;
    let page = async || {
        let link = clinic.app.sessions.mint_login_link("102", "102").await.expect("a link");
        let page = clinic.ask(get(&link, None).body(Body::empty()).expect("request")).await;
        (link, page.body)
    };
    let (link, body) = page().await;
    assert!(body.contains("name=\"stay\"") && body.contains("for 30 days") && !body.contains("checked"), "{body}");
    let answer = clinic.ask(post(&link, None).body(Body::from("stay=on")).expect("request")).await;
    let cookie = answer.headers["set-cookie"].to_str().expect("text").to_owned();
    assert!(cookie.contains("; Max-Age=2592000"), "{cookie}");
    let stays = async || {
        let rows = clinic.app.store.sessions().all(10, clinic.app.clock.now().wall).await.expect("rows");
        rows.iter().map(|row| row.stays).collect::<Vec<_>>()
    };
    assert_eq!(stays().await, [true]);
    clinic.post("/logout", cookie.split(';').next().expect("a pair")).await;
    // By itself nobody does: the browser forgets the cookie when it is closed.
    let (link, _) = page().await;
    let answer = clinic.ask(post(&link, None).body(Body::empty()).expect("request")).await;
    assert!(!answer.headers["set-cookie"].to_str().expect("text").contains("Max-Age"));
    assert_eq!(stays().await, [false]);
    let lines = clinic.app.store.audit().list(5).await.expect("rows");
    let logins: Vec<_> = lines.iter().filter(|l| l.what == "login").map(|l| l.subject.as_str()).collect();
    assert_eq!(logins, ["", "stays"]);
}

#[tokio::test]
async fn a_cookie_of_another_box_on_this_address_is_not_ours() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let other = cookie.replace("frontdesk_8080", "frontdesk_9080");
    assert_eq!(clinic.get("/", &other).await.status, StatusCode::SEE_OTHER);
    assert_eq!(clinic.get("/", &format!("{other}; {cookie}")).await.status, StatusCode::OK);
}
