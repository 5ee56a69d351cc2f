//! Nobody gets anywhere without the right for it, and every answer carries the strict headers.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, StatusCode};
use std::net::SocketAddr;

use super::{Answer, Clinic, get, post, request, some_fax};
use crate::routes::{Face, Need, Route, table};

/// An address that the route's pattern takes, of things that exist.
fn address(clinic: &Clinic, route: &Route) -> String {
    let id = if route.path.contains("/calls") { clinic.call.to_string() } else { some_fax(clinic).to_string() };
    route.path.replace("{id}", &id).replace("{number}", "1").replace("{size}", "thumb.png")
}

async fn ask(clinic: &Clinic, route: &Route, cookie: Option<&str>) -> Answer {
    let path = address(clinic, route);
    let builder = if route.method == Method::POST { post(&path, cookie) } else { get(&path, cookie) };
    clinic.ask(builder.body(Body::empty()).expect("request")).await
}

#[tokio::test]
async fn a_stranger_gets_nowhere() {
    let clinic = Clinic::open().await;
    for route in table().iter().filter(|r| r.need != Need::Nothing) {
        let answer = ask(&clinic, route, None).await;
        match route.face {
            Face::Page => {
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {}", route.method, route.path);
                assert_eq!(answer.headers["location"], "/login", "{}", route.path);
            }
            Face::Api => {
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{} {}", route.method, route.path);
                assert_eq!(answer.headers["www-authenticate"], "Bearer");
            }
        }
        assert!(!answer.body.contains("555"), "{} shows a number", route.path);
    }
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_person_without_the_right_gets_nowhere() {
    let clinic = Clinic::open().await;
    // 103 has no right at all.
    let cookie = clinic.sign_in("103").await;
    let mut walked = 0;
    for route in table().iter().filter(|r| matches!(r.need, Need::Right(_) | Need::Rights(..) | Need::LoopbackOr(_))) {
        let answer = ask(&clinic, route, Some(&cookie)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
        assert!(!answer.body.contains("555"), "{} shows a number", route.path);
        walked += 1;
    }
    assert!(walked > 20, "the walk found {walked} routes");
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn every_answer_carries_the_strict_headers() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    for route in table().iter().filter(|r| r.path != "/events") {
        strict(&ask(&clinic, route, Some(&cookie)).await, route.path);
    }
    for path in ["/nowhere", "/faxes/nonsense", "/login", "/assets/nothing.css"] {
        strict(&clinic.get(path, &cookie).await, path);
    }
}

fn strict(answer: &Answer, path: &str) {
    let policy = answer.headers["content-security-policy"].to_str().expect("text");
    for part in ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.contains(part), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
    assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
    assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
    for inline in ["<script>", "<style", " style=\"", " onclick=", "javascript:"] {
        assert!(!answer.body.contains(inline), "{path} has {inline}");
    }
}

#[tokio::test]
async fn another_site_changes_nothing() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let path = format!("/faxes/{}/take", some_fax(&clinic));
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example"), ("x-nothing", "")] {
        let forged =
            request(Method::POST, &path, Some(&cookie)).header(name, value).body(Body::empty()).expect("request");
        assert_eq!(clinic.ask(forged).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_right_that_is_taken_away_is_gone_at_once() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    assert_eq!(clinic.get("/faxes", &cookie).await.status, StatusCode::OK);
    clinic.settings.send_modify(|s| {
        let person = std::sync::Arc::make_mut(s).people.iter_mut().find(|p| p.user == "102").expect("the nurse");
        person.rights.clear();
    });
    assert_eq!(clinic.get("/faxes", &cookie).await.status, StatusCode::FORBIDDEN);
    clinic.settings.send_modify(|s| std::sync::Arc::make_mut(s).people.retain(|p| p.user != "102"));
    assert_eq!(clinic.get("/faxes", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_who_manages() {
    let clinic = Clinic::open().await;
    let from = |ip: [u8; 4], proxied: bool| {
        let peer: SocketAddr = (ip, 40_000).into();
        let builder = request(Method::GET, "/metrics", None).extension(ConnectInfo(peer));
        let builder = if proxied { builder.header("x-forwarded-for", "192.0.2.1") } else { builder };
        builder.body(Body::empty()).expect("request")
    };
    let answer = clinic.ask(from([127, 0, 0, 1], false)).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "frontdesk_calls 2\n"));
    assert_eq!(clinic.ask(from([127, 0, 0, 1], true)).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(clinic.ask(from([192, 0, 2, 1], false)).await.status, StatusCode::UNAUTHORIZED);
    let manager = clinic.sign_in("101").await;
    assert_eq!(clinic.get("/metrics", &manager).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_that_refreshes_itself_is_sent_to_sign_in() {
    let clinic = Clinic::open().await;
    let gone =
        get("/", Some("frontdesk_8080=nothing")).header("hx-request", "true").body(Body::empty()).expect("request");
    let answer = clinic.ask(gone).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["hx-redirect"], "/login");
}
