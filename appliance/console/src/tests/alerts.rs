//! A call for help reaches whoever looks at a page, whatever the page is.

use axum::body::Body;
use axum::http::StatusCode;

use super::{Clinic, get};

const ALONE: &str = "<div id=\"alerts\" aria-live=\"assertive\" hx-ext=\"morph\" hx-get=\"/alerts\" \
    hx-trigger=\"live-alerts from:body, live-all from:body\"";

/// A page that does not refresh itself may be open for an hour: its alerts do, and leave the rest of it alone.
#[tokio::test]
async fn a_call_for_help_comes_to_a_page_that_does_not_refresh_itself() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let viewer = format!("/faxes/{}/pages/1", clinic.faxes.unowned);
    let past = format!("/calls/{}", clinic.call);
    for path in [
        viewer.as_str(),
        &past,
        "/send",
        "/fetch",
        "/offer",
        "/find?q=a",
        "/people/102",
        "/plan/text",
        "/plan/prompts",
        "/faxes/statistics",
    ] {
        let page = clinic.get(path, &cookie).await.body;
        assert_eq!(page.matches("id=\"alerts\"").count(), 1, "{path}");
        assert!(page.contains(ALONE) && page.contains("called 911"), "{path}: {page}");
        assert!(page.contains("hx-post=\"/alerts/1/acknowledge\""), "seen without leaving the page: {path}");
    }
    for path in ["/", "/calls", "/faxes", "/people", "/plan", "/voicemail"] {
        let page = clinic.get(path, &cookie).await.body;
        assert!(page.contains("#alerts:morph") && !page.contains(ALONE), "{path} refreshes them with itself");
    }
}

#[tokio::test]
async fn alerts_that_come_alone_lead_back_to_their_page() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("103").await;
    let ask = async |referer: &str| {
        let builder = get("/alerts", Some(&cookie)).header("x-live", "1").header("referer", referer);
        let answer = clinic.ask(builder.body(Body::empty()).expect("request")).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.body
    };
    let alone = ask("http://127.0.0.1:8080/send?to=1").await;
    assert!(alone.starts_with(ALONE) && alone.contains("data-alarm=\"1\""), "{alone}");
    assert!(alone.contains("name=\"back\" value=\"/send?to=1\""), "{alone}");
    assert!(!alone.contains("<title>"), "the page keeps its title");
    assert!(ask("http://elsewhere.example/send").await.contains("name=\"back\" value=\"/\""));
    clinic.snapshot.send_modify(|s| std::sync::Arc::make_mut(s).alerts.clear());
    let none = ask("http://127.0.0.1:8080/send").await;
    assert!(none.starts_with(ALONE) && !none.contains("banner"), "{none}");
}
