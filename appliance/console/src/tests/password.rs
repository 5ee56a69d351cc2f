//! Passwords for phones and mail programs: shown once, to who may have them.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use store::Ways;

use super::{Clinic, post};

async fn ways(clinic: &Clinic, user: &str) -> Ways {
    clinic.app.store.people().ways(user, clinic.app.clock.now().wall).await.expect("read")
}

#[tokio::test]
async fn who_manages_gives_a_password_for_phones_after_hearing_that_the_old_one_ends() {
    let clinic = Clinic::open().await;
    let desk = clinic.sign_in("101").await;
    let path = "/people/102/password/phones";
    assert!(clinic.get("/people/102", &desk).await.body.contains(path));
    let question = clinic.get(path, &desk).await.body;
    assert!(
        question.contains("There is no password yet") && question.contains(&format!("action=\"{path}\"")),
        "{question}"
    );
    assert_eq!(ways(&clinic, "102").await, Ways::default(), "a question gives nothing");
    let page = clinic.post(path, &desk).await;
    assert_eq!((page.status, &page.headers["cache-control"]), (StatusCode::OK, &"no-store".parse().expect("a value")));
    for said in [
        "value=\"password-of-102\"",
        "192.0.2.10, port 5060",
        "UDP or TCP",
        "port 5061",
        "clinic.demo",
        "<dd>102</dd>",
        "<dd>Nurse</dd>",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    assert!(ways(&clinic, "102").await.phones);
    let question = clinic.get(path, &desk).await.body;
    for said in ["The old password ends at once", "Calls for help go through", "Keep the old one"] {
        assert!(question.contains(said), "{said}: {question}");
    }
    assert!(!question.contains("password-of-102"), "it is shown once");
    let audit = format!("{:?}", clinic.app.store.audit().list(20).await.expect("rows"));
    assert!(audit.contains("102") && !audit.contains("password-of-102"), "{audit}");
    assert!(clinic.audit().await.iter().any(|line| line.starts_with("101 ") && line.contains("secret")), "{audit}");
}

#[tokio::test]
async fn everybody_gives_themselves_passwords_and_nobody_else() {
    let clinic = Clinic::open().await;
    let doctor = clinic.sign_in("103").await;
    let page = clinic.get("/account", &doctor).await.body;
    for what in ["phones", "mail"] {
        assert!(page.contains(&format!("/account/password/{what}")), "{page}");
        assert!(
            clinic.get(&format!("/account/password/{what}"), &doctor).await.body.contains("There is no password yet")
        );
        let given = clinic.post(&format!("/account/password/{what}"), &doctor).await.body;
        assert!(given.contains("value=\"password-of-103\"") && given.contains("href=\"/account\""), "{given}");
        for path in [format!("/people/103/password/{what}"), format!("/people/101/password/{what}")] {
            assert_eq!(clinic.get(&path, &doctor).await.status, StatusCode::FORBIDDEN);
            assert_eq!(clinic.post(&path, &doctor).await.status, StatusCode::FORBIDDEN);
        }
    }
    assert_eq!(ways(&clinic, "103").await, Ways { phones: true, mail: true, ..Ways::default() });
    assert_eq!(ways(&clinic, "101").await, Ways::default());
    for path in ["/account/password/safe", "/people/999/password/mail", "/people/102/password/"] {
        let desk = clinic.sign_in("101").await;
        assert_eq!(clinic.post(path, &desk).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn no_token_and_no_other_site_makes_a_password() {
    let clinic = Clinic::open().await;
    let desk = clinic.sign_in("101").await;
    let bearer = format!("Bearer {}", clinic.token("101").await);
    for path in ["/account/password/phones", "/account/password/mail", "/people/102/password/phones"] {
        let asked = post(path, None).header("authorization", &bearer).body(Body::empty()).expect("request");
        assert_eq!(clinic.ask(asked).await.status, StatusCode::FORBIDDEN, "{path}");
        let asked = super::request(Method::POST, path, Some(&desk)).header("sec-fetch-site", "cross-site");
        assert_eq!(
            clinic.ask(asked.body(Body::empty()).expect("request")).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    for user in ["101", "102"] {
        assert_eq!(ways(&clinic, user).await, Ways { tokens: ways(&clinic, user).await.tokens, ..Ways::default() });
    }
}

#[tokio::test]
async fn a_password_that_could_not_be_stored_is_shown_to_nobody() {
    let clinic = Clinic::open().await;
    let mut handles = crate::Handles::clone(&clinic.app);
    handles.give_password = std::sync::Arc::new(|_, _, _| Box::pin(async { Err("the disk is full".to_owned()) }));
    let clinic = Clinic { router: crate::router(handles), ..clinic };
    let desk = clinic.sign_in("101").await;
    let page = clinic.post("/account/password/phones", &desk).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("The disk is full.") && !page.body.contains("password-of"), "{}", page.body);
}
