//! Laying a document out for others to fetch: by a form and by a program, and told on its page and on that of a fetch.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::command::{Command, CommandError, CommandOutcome};
use model::fax::{Cause, Door, FaxState, Outcome, Retention};
use model::trace::Trace;
use model::{AttemptId, FaxId, Inside, Offer, PhoneNumber, Pii, Random};
use store::effect::{Decision, Effect, NewOffer};

use super::{Answer, Clinic, form, request};

const PDF: &[u8] = b"%PDF-1.4 results";

impl Clinic {
    async fn lay(&self, cookie: &str, fields: &[(&str, Option<&str>, &[u8])]) -> Answer {
        let (kind, body) = form(fields);
        let builder = request(Method::POST, "/offer", Some(cookie)).header("sec-fetch-site", "same-origin");
        self.ask(builder.header("content-type", kind).body(Body::from(body)).expect("request")).await
    }

    /// A time within the month, as a browser writes it.
    fn soon(&self) -> Vec<u8> {
        let soon = self.app.clock.now().wall + Offer::USUAL / 2;
        soon.timestamp().strftime("%Y-%m-%dT%H:%M").to_string().into_bytes()
    }

    async fn perform(&self, effect: Effect) {
        self.app.store.perform(effect).await.expect("the store takes it");
    }

    /// A document that lies ready, and a fetch of it that broke after the first of two pages.
    async fn laid_out(&self, password: &str) -> (FaxId, FaxId) {
        let at = self.app.clock.now().wall;
        let mut random = Random::from_u64(78);
        let (id, fax, attempt) =
            (FaxId::new(at, &mut random), FaxId::new(at, &mut random), AttemptId::new(at, &mut random));
        let inside = Inside::parse("44", password).expect("digits");
        let new = NewOffer {
            id,
            door: Door::Console,
            by: "102".to_owned(),
            subject: "Results of <week 47>".into(),
            documents: Vec::new(),
            offer: Offer { called: None, inside, until: at + Offer::USUAL, once: true },
            retention: Retention::Clinical,
            key: None,
            at,
        };
        self.perform(Effect::LayOut(Box::new(new))).await;
        let pages = vec![Pii::new(b"one page".to_vec()), Pii::new(b"another".to_vec())];
        self.perform(Effect::OfferRendered { fax: id, pages, at }).await;
        let number = |text: &str| PhoneNumber::E164(text.to_owned());
        let (from, to, line) = (Some(number("+12025550108")), number("+12025550198"), "T.38".to_owned());
        self.perform(Effect::BeginReceived { fax, attempt, from, to, line, at }).await;
        self.perform(Effect::GiveOffer { fax, offer: id, at }).await;
        let outcome = Outcome { pages_confirmed: 1, ..Outcome::without_session(Cause::Dropped) };
        let (state, trace) = (FaxState::Failed, Trace::default());
        self.perform(Effect::FinishGiven { fax, attempt, outcome, state, trace, at }).await;
        (id, fax)
    }
}

#[tokio::test]
async fn a_form_lays_it_out_once_and_says_plainly_who_may_have_it() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    assert!(clinic.get("/faxes", &cookie).await.body.contains("href=\"/offer\""), "the list leads there");
    let page = clinic.get("/offer", &cookie).await.body;
    assert!(page.contains("anybody who knows our fax number can fetch it"), "{page}");
    assert!(!page.contains("name=\"called\""), "the clinic has one fax number");
    assert!(
        page.contains("<div id=\"live\">"),
        "a page that refreshes itself empties the form, and takes the errors and the kept document away"
    );
    let (document, until) = (("document", Some("results.pdf"), PDF), clinic.soon());
    let refused = clinic.lay(&cookie, &[document, ("until", None, &until), ("subject", None, b"Results")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["Without a password anybody who knows", "value=\"Results\"", "results.pdf, 1 KB", "name=\"draft\""] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let draft = refused.body.split("name=\"draft\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let draft = draft.expect("the document is kept").to_owned();
    for (field, value, part) in [
        ("password", "letters", "A fax password has 1 to 20 digits"),
        ("password", "123", "four digits at least"),
        ("until", "soon", "This is no time."),
    ] {
        let fields =
            [("draft", None, draft.as_bytes()), ("until", None, until.as_slice()), (field, None, value.as_bytes())];
        let refused = clinic.lay(&cookie, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    assert!(clinic.ordered().is_empty());

    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.sent)));
    let good = [
        ("draft", None, draft.as_bytes()),
        ("until", None, until.as_slice()),
        ("password", None, b"12-34".as_slice()),
        ("once", None, b"on"),
        ("key", None, b"a key"),
    ];
    for _ in 0..2 {
        let laid = clinic.lay(&cookie, &good).await;
        assert_eq!(laid.headers["location"].to_str().expect("text"), format!("/faxes/{}", clinic.faxes.sent));
    }
    let all = clinic.ordered();
    let [Command::OfferFax { by, offer, open, documents, key, door, .. }, Command::OfferFax { key: again, .. }] =
        all.as_slice()
    else {
        panic!("{all:?}")
    };
    assert_eq!((by.as_str(), *open, *door, offer.once), ("102", false, Door::Console, true));
    assert_eq!(offer.inside, Inside::parse("", "1234").expect("digits"));
    assert_eq!(documents[0].bytes.expose(), PDF);
    assert!(key.is_some() && key == again, "a second press is the same order");

    clinic.settings.send_modify(|s| std::sync::Arc::make_mut(s).max_message = PDF.len() - 1);
    let large = clinic.lay(&cookie, &[("subject", None, b"Results"), document, ("until", None, &until)]).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    for part in [
        "value=\"Results\"",
        "id=\"document-error\">This document is too large, and nothing was accepted.",
        "name=\"until\"",
    ] {
        assert!(large.body.contains(part), "{part}: {}", large.body);
    }
    assert!(clinic.ordered().is_empty());

    clinic.answers(Err(CommandError::NotNow("Another document lies ready.".to_owned())));
    let told = clinic.lay(&cookie, &good).await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.body.contains("Another document lies ready.") && told.body.contains("results.pdf"), "{}", told.body);
    let nobody = clinic.sign_in("103").await;
    assert_eq!(clinic.get("/offer", &nobody).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_program_lays_it_out_lists_it_and_withdraws_it() {
    let clinic = Clinic::open().await;
    let token = format!("Bearer {}", clinic.token("102").await);
    let ask = async |fields: &[(&str, Option<&str>, &[u8])]| {
        let (kind, body) = form(fields);
        let builder = request(Method::POST, "/api/v1/faxes/offers", None).header("authorization", &token);
        let builder = builder.header("content-type", kind).header("idempotency-key", "a");
        clinic.ask(builder.body(Body::from(body)).expect("request")).await
    };
    let document = ("document", Some("results.pdf"), PDF);
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.waiting)));
    assert_eq!(ask(&[document]).await.status, StatusCode::FORBIDDEN, "it would lie open");
    assert_eq!(ask(&[("open", None, b"true")]).await.status, StatusCode::UNPROCESSABLE_ENTITY, "no document");
    let strange = [document, ("password", None, b"1234"), ("called", None, b"+12025550100")];
    assert_eq!(ask(&strange).await.status, StatusCode::FORBIDDEN, "no fax number of ours");
    let laid = ask(&[document, ("password", None, b"1234"), ("until", None, b"2099-01-01T00:00:00Z")]).await;
    assert_eq!(laid.status, StatusCode::FORBIDDEN, "longer than a year");
    assert!(clinic.ordered().is_empty());
    let laid = ask(&[document, ("open", None, b"true"), ("once", None, b"true")]).await;
    assert_eq!(laid.status, StatusCode::ACCEPTED, "{}", laid.body);
    let all = clinic.ordered();
    let [Command::OfferFax { offer, open: true, key: Some(_), door: Door::Api, .. }] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert!(offer.once && offer.is_open());

    let (offer, fetch) = clinic.laid_out("1234").await;
    let get = async |path: String| {
        let builder = request(Method::GET, &path, None).header("authorization", &token);
        let answer = clinic.ask(builder.body(Body::empty()).expect("request")).await;
        assert!(!answer.body.contains("1234"), "the password is told to nobody: {}", answer.body);
        serde_json::from_str::<serde_json::Value>(&answer.body).expect("JSON")
    };
    let list = get("/api/v1/faxes/offers".to_owned()).await;
    assert_eq!(
        (&list["offers"][0]["id"], &list["offers"][0]["offer"]["has_password"]),
        (&offer.to_string().into(), &true.into())
    );
    let one = get(format!("/api/v1/faxes/{offer}")).await;
    assert_eq!((&one["given"][0]["id"], &one["given"][0]["pages_confirmed"]), (&fetch.to_string().into(), &1.into()));
    assert_eq!(get(format!("/api/v1/faxes/{fetch}")).await["given_of"], offer.to_string());
    clinic.answers(Ok(CommandOutcome::Done));
    let withdraw = async |fax: FaxId| {
        let path = format!("/api/v1/faxes/{fax}/withdraw");
        let builder = request(Method::POST, &path, None).header("authorization", &token);
        clinic.ask(builder.body(Body::empty()).expect("request")).await.status
    };
    assert_eq!(withdraw(offer).await, StatusCode::NO_CONTENT);
    assert!(matches!(clinic.ordered().as_slice(), [Command::CancelFax { fax, .. }] if *fax == offer));
    assert_eq!(withdraw(clinic.faxes.waiting).await, StatusCode::NOT_FOUND, "a fax is recalled, not withdrawn");
}

#[tokio::test]
async fn its_page_says_how_it_stands_and_leads_to_who_had_it() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let (offer, fetch) = clinic.laid_out("").await;
    let page = clinic.get(&format!("/faxes/{offer}"), &cookie).await.body;
    for part in [
        "Results of &#60;week 47&#62;",
        "It lies ready until",
        "it has no password",
        "Withdraw it",
        &format!("href=\"/faxes/{fetch}\""),
        "Not fetched whole",
        "pages/2/small.png",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = clinic.get(&format!("/faxes/{fetch}"), &cookie).await.body;
    for part in [
        &format!("href=\"/faxes/{offer}\""),
        "Not all of it was fetched.",
        Cause::Dropped.sentence_of_giving(),
        "Fetched by (202) 555-0108",
        "pages/1/small.png",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("/again"), "nobody is called with it: {page}");
    let list = clinic.get("/faxes?show=out", &cookie).await.body;
    assert!(list.contains(">Results of &#60;week 47&#62;</a>") && list.contains("Fetched by (202) 555-0108"), "{list}");
    let at = clinic.app.clock.now().wall;
    clinic.perform(Effect::DecideFax { fax: offer, by: "102".to_owned(), decision: Decision::Cancel, at }).await;
    let page = clinic.get(&format!("/faxes/{offer}"), &cookie).await.body;
    assert!(page.contains("It was withdrawn.") && page.contains("Lay it out again"), "{page}");
}
