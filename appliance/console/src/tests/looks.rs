//! What a person has seen of how a fax ended: whatever told nobody leaves it on the list of what waits for one.

use axum::body::Body;
use axum::http::{Method, StatusCode};

use super::{Clinic, get, request};

#[tokio::test]
async fn only_a_page_that_says_how_a_fax_stands_has_shown_it_to_somebody() {
    let clinic = Clinic::open().await;
    let (cookie, token) = (clinic.sign_in("102").await, clinic.token("102").await);
    let fax = clinic.faxes.failed;
    let waits = async || clinic.get("/faxes?show=needs", &cookie).await.body.contains(&fax.to_string());
    assert!(waits().await, "it failed");

    let asked = get(&format!("/api/v1/faxes/{fax}/fax.pdf"), None).header("authorization", format!("Bearer {token}"));
    assert_eq!(clinic.ask(asked.body(Body::empty()).expect("request")).await.status, StatusCode::OK);
    assert!(waits().await, "a program keeps all that was sent");
    let picture = clinic.get(&format!("/faxes/{fax}/pages/1/small.png"), &cookie).await;
    assert_eq!(picture.status, StatusCode::OK);
    assert!(waits().await, "a page that refreshes itself loads its pictures anew");

    let colleague = clinic.sign_in("101").await;
    let by_itself = get(&format!("/faxes/{fax}"), Some(&colleague)).header("x-live", "1");
    assert_eq!(clinic.ask(by_itself.body(Body::empty()).expect("request")).await.status, StatusCode::OK);
    assert!(waits().await, "it was open when Frontdesk started anew, and nobody sits there");

    // Within minutes of what is on record already.
    clinic.get(&format!("/faxes/{fax}"), &colleague).await;
    assert!(!waits().await);
}

/// Who asks for the head of an answer alone gets nothing of what is in it.
#[tokio::test]
async fn the_head_of_an_answer_shows_nothing_to_anybody() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("101").await;
    let fax = clinic.faxes.failed;
    let waits = async || clinic.get("/faxes?show=needs", &cookie).await.body.contains(&fax.to_string());
    let head = async |path: &str| {
        let answer = clinic.ask(request(Method::HEAD, path, Some(&cookie)).body(Body::empty()).expect("request")).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "{path}");
    };
    let before = clinic.audit().await;
    head(&format!("/faxes/{fax}")).await;
    assert!(waits().await);
    for path in
        [format!("/faxes/{fax}/pages/1"), format!("/faxes/{fax}/fax.pdf"), format!("/api/v1/faxes/{fax}/fax.tif")]
    {
        head(&path).await;
    }
    for path in ["calls.csv".to_owned(), format!("calls/{}/capture", clinic.call)] {
        head(&format!("/{path}")).await;
        head(&format!("/api/v1/{path}")).await;
    }
    assert_eq!(clinic.audit().await, before);
    // And it is no way around the record: what is shown after it is a look.
    clinic.get(&format!("/faxes/{fax}"), &cookie).await;
    assert!(!waits().await);
}
