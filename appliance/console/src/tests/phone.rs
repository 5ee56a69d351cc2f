//! The door of the telephone page: who may come in, from where, and for how long.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use model::event::Alert;
use model::{Snapshot, Wall};
use std::net::SocketAddr;
use std::sync::Arc;

use super::{Clinic, HOST, get, request};

fn upgrade(cookie: Option<&str>, more: &[(&str, &str)]) -> Request<Body> {
    let mut builder = get("/ws/phone", cookie)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    for (name, value) in more {
        builder = builder.header(*name, *value);
    }
    let mut request = builder.body(Body::empty()).expect("a request");
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 9], 50_000))));
    request
}

#[tokio::test]
async fn only_our_own_page_with_a_session_becomes_a_telephone() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    let ours = format!("http://{HOST}");
    let ask = async |cookie: Option<&str>, more: &[(&str, &str)]| clinic.ask(upgrade(cookie, more)).await.status;
    assert_eq!(ask(None, &[("origin", &ours)]).await, StatusCode::UNAUTHORIZED, "nobody is signed in");
    for more in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", &*ours), ("sec-fetch-site", "cross-site")],
        &[("origin", &*ours), ("sec-fetch-site", "same-site")],
    ] {
        assert_eq!(ask(Some(&cookie), more).await, StatusCode::FORBIDDEN, "{more:?}");
    }
    // This console has no phone system behind it: whoever gets so far would have been let in.
    assert_eq!(ask(Some(&cookie), &[("origin", &ours)]).await, StatusCode::NOT_FOUND);
}

/// Its pages are closed, for whoever passes by; calls come to it as to any telephone on a desk.
#[tokio::test]
async fn the_telephone_of_a_desk_that_was_left_comes_back_to_its_calls() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    let secret = cookie.split_once('=').expect("a pair").1.to_owned();
    let ours = format!("http://{HOST}");
    let list = async || {
        let refresh = get("/phone", Some(&cookie)).header("x-live", "1").header("hx-request", "true");
        clinic.ask(refresh.body(Body::empty()).expect("a request")).await.status
    };
    let telephone = async || clinic.ask(upgrade(Some(&cookie), &[("origin", &ours)])).await.status;
    let probe = async || {
        let asked = request(Method::HEAD, "/ws/phone", Some(&cookie)).body(Body::empty()).expect("a request");
        clinic.ask(asked).await.status
    };
    assert_eq!((list().await, probe().await), (StatusCode::OK, StatusCode::NO_CONTENT));
    clinic.app.sessions.leave(&secret);
    assert_eq!(list().await, StatusCode::UNAUTHORIZED, "nobody's names stay on the screen");
    assert_eq!(telephone().await, StatusCode::NOT_FOUND, "past the gate");
    assert_eq!(probe().await, StatusCode::NO_CONTENT);
    clinic.app.sessions.end(&secret, "102").await.expect("ended");
    assert_eq!((telephone().await, probe().await), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn the_telephone_alone_may_ask_for_the_microphone() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let policy = async |path: &str| {
        let answer = clinic.get(path, &cookie).await;
        (answer.headers["permissions-policy"].to_str().expect("text").to_owned(), answer.body)
    };
    let (phone, body) = policy("/phone").await;
    assert!(phone.contains("microphone=(self)") && phone.contains("camera=()"), "{phone}");
    assert!(body.contains("data-emergency=\"") && body.contains("911"), "it knows what calls for help are");
    let (today, body) = policy("/").await;
    assert!(today.contains("microphone=()"), "{today}");
    assert!(body.contains("href=\"/phone\""), "there is a way to it");
}

#[tokio::test]
async fn the_telephone_knows_the_numbers_of_help_that_the_plan_adds() {
    let clinic = Clinic::open().await;
    super::plan::uses(&clinic, "[emergency]\nnumbers = [\"116117\"]\n");
    let cookie = clinic.sign_in("101").await;
    let body = clinic.get("/phone", &cookie).await.body;
    let known = body.split_once("data-emergency=\"").and_then(|(_, rest)| rest.split('"').next()).expect("its numbers");
    assert!(known.split(' ').any(|n| n == "911") && known.split(' ').any(|n| n == "116117"), "{known}");
}

/// A name alone would call the first of them.
#[tokio::test]
async fn people_of_the_same_name_are_told_apart() {
    let clinic = Clinic::open().await;
    clinic.settings.send_modify(|settings| {
        let mut new = (**settings).clone();
        new.people.iter_mut().filter(|p| p.user == "103").for_each(|p| p.name = "Nurse".to_owned().into());
        *settings = new.into();
    });
    let cookie = clinic.sign_in("101").await;
    let body = clinic.get("/phone", &cookie).await.body;
    for extension in ["102", "103"] {
        let option = format!("<option value=\"Nurse ({extension})\" data-name=\"Nurse\">{extension}</option>");
        assert!(body.contains(&option), "{option}: {body}");
    }
}

/// Whoever has only the telephone before them sees what stands on every other page, and what sounds there sounds here.
#[tokio::test]
async fn a_call_for_help_stands_on_the_telephone_as_on_every_page() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    let alert = |id: u64, sentence: &str, is_help: bool| Alert {
        id,
        at: Wall(0),
        sentence: sentence.into(),
        help: is_help.then(|| "1 Harbor Street".into()),
        open: true,
        acknowledged_by: None,
    };
    let alerts = vec![
        alert(7, "Extension 101 (<Ann>, room 3) called 911.", true),
        alert(6, "A fax could not be kept.", false),
        Alert { open: false, ..alert(5, "Extension 102 (Bob) called 911.", true) },
    ];
    clinic.snapshot.send_modify(|s| *s = Arc::new(Snapshot { alerts, ..(**s).clone() }));
    let banners = |body: &str| {
        let (_, rest) = body.split_once("<div id=\"alerts\" aria-live=\"assertive\">").expect("a place for alerts");
        let own = |line: &&str| line.starts_with("<div class=\"banner\" id=\"alert-");
        rest.lines().map(|line| line.trim_start_matches("</div>")).filter(own).map(str::to_owned).collect::<Vec<_>>()
    };
    let telephone = clinic.get("/phone", &cookie).await.body;
    let seen = banners(&telephone);
    assert!(seen.len() == 2 && seen[0].contains("data-alarm=\"7\"") && !seen[1].contains("data-alarm"), "{seen:?}");
    for said in ["Extension 101 (&#60;Ann&#62;, room 3) called 911.", "<time datetime=", "Harbor"] {
        assert!(seen[0].contains(said), "{said}: {}", seen[0]);
    }
    assert_eq!(seen, banners(&clinic.get("/", &cookie).await.body), "the same words and the same look");
    // It looks anew when an alert comes, and whoever acknowledges it keeps their call: no other page is loaded.
    assert!(telephone.contains("live-alerts from:body") && telephone.contains("hx-select-oob=\"#alerts:morph\""));
    assert!(telephone.contains("hx-post=\"/alerts/7/acknowledge\"") && telephone.contains("value=\"/phone\""));
    let script = |body: &str, name: &str| body.contains(&format!("/assets/{name}."));
    for page in [&telephone, &clinic.get("/", &cookie).await.body] {
        assert!(script(page, "alarm") && script(page, "app"), "what sounds is on the page");
    }
}

#[tokio::test]
async fn a_link_fills_in_a_number_and_nothing_else() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    let field = async |query: &str| {
        let body = clinic.get(&format!("/phone{query}"), &cookie).await.body;
        let (_, rest) = body.split_once("<input id=\"phone-number\"").expect("a field");
        let (_, value) = rest.split_once('>').expect("an end").0.split_once("value=\"").expect("a value");
        value.split('"').next().expect("a text").to_owned()
    };
    assert_eq!(field("").await, "");
    assert_eq!(field("?call=%2B12025550171").await, "+12025550171");
    assert_eq!(field("?call=*43").await, "*43");
    assert_eq!(field("?call=%22%3E%3Cscript%3E1").await, "1");
    assert_eq!(field(&format!("?call={}", "9".repeat(200))).await.len(), 64);
}
