//! Fetching what another machine holds: ordered by a form and by a program, and told on the pages of the order and of what came.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::command::{Command, CommandError, CommandOutcome};
use model::fax::{Cause, Door, FaxState, Outcome, Retention};
use model::sending::Wish;
use model::trace::Trace;
use model::{AttemptId, FaxId, Inside, PhoneNumber, Pii, Random};
use store::effect::{Effect, FaxNext, Fetched, Lesson, NewFax};

use super::{Answer, Clinic, get, post, request};

const NUMBER: &str = "+12025550108";

impl Clinic {
    async fn fetch(&self, cookie: &str, body: &'static str) -> Answer {
        self.ask(post("/fetch", Some(cookie)).body(Body::from(body)).expect("request")).await
    }

    async fn done(&self, effect: Effect) {
        self.app.store.perform(effect).await.expect("the store takes it");
    }

    /// An order of which one page came before the call broke: the order, and the fax that came.
    pub(super) async fn fetched_in_part(&self) -> (FaxId, FaxId) {
        let at = self.app.clock.now().wall;
        let mut random = Random::from_u64(77);
        let (order, fax) = (FaxId::new(at, &mut random), FaxId::new(at, &mut random));
        let (attempt, reception) = (AttemptId::new(at, &mut random), AttemptId::new(at, &mut random));
        let number = PhoneNumber::E164(NUMBER.to_owned());
        let new = NewFax {
            id: order,
            door: Door::Console,
            by: "102".to_owned(),
            to: number.clone(),
            fetch: true,
            forwards: None,
            subject: "Results".into(),
            documents: Vec::new(),
            left_out: Pii::default(),
            receipt_to: None,
            retention: Retention::Clinical,
            wish: Wish::default(),
            at,
        };
        self.done(Effect::AcceptFax(Box::new(new))).await;
        let line = "main".to_owned();
        self.done(Effect::StartAttempt { fax: order, attempt, line: line.clone(), first_page: 0, at }).await;
        let to = number.clone();
        let fetched = Box::new(Fetched { fax, attempt: reception, order, from: number, to, line });
        let page = Pii::new(b"one page".to_vec());
        self.done(Effect::FetchedPage { fetched, number: 0, page, bad_rows: 0, in_part: false, known: None, at }).await;
        let outcome = Outcome { pages_confirmed: 1, ..Outcome::without_session(Cause::Dropped) };
        let (next, lesson, trace) = (FaxNext::Final(FaxState::Failed), Box::<Lesson>::default(), Trace::default());
        self.done(Effect::FinishAttempt { fax: order, attempt, outcome, next, lesson, trace, at }).await;
        (order, fax)
    }
}

#[tokio::test]
async fn a_form_orders_it_and_a_mistake_is_a_sentence_beside_its_field() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    assert!(clinic.get("/faxes", &cookie).await.body.contains("href=\"/fetch\""), "the list leads there");
    let refused = clinic.fetch(&cookie, "from=12&subaddress=the+lab&password=12%23").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in ["id=\"from-error\"", "A subaddress has 1 to 20 digits", "value=\"the lab\"", "value=\"12#\""] {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    let help = clinic.fetch(&cookie, "from=911").await;
    assert!(help.status == StatusCode::UNPROCESSABLE_ENTITY && help.body.contains("emergency"), "{}", help.body);
    assert!(clinic.ordered().is_empty());

    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.sent)));
    let ordered = clinic.fetch(&cookie, "from=202-555-0108&subject=Results&subaddress=44&password=12%23").await;
    assert_eq!(ordered.headers["location"].to_str().expect("text"), format!("/faxes/{}", clinic.faxes.sent));
    let all = clinic.ordered();
    let [Command::FetchFax { by, from, subject, wish, door }] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (by.as_str(), from.as_str(), subject.expose().as_str(), *door),
        ("102", NUMBER, "Results", Door::Console)
    );
    assert_eq!(wish.inside, Inside::parse("44", "12#").expect("digits"));

    let again = CommandError::NotNow("That is being fetched already; recall it first, or wait for it.".to_owned());
    clinic.answers(Err(again));
    let told = clinic.fetch(&cookie, "from=202-555-0108&subject=Results").await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.body.contains("being fetched already") && told.body.contains("value=\"Results\""), "{}", told.body);
}

#[tokio::test]
async fn a_program_orders_it_under_a_key() {
    let clinic = Clinic::open().await;
    let token = format!("Bearer {}", clinic.token("102").await);
    let ask = async |body: &'static str| {
        let builder = request(Method::POST, "/api/v1/faxes/fetch", None).header("authorization", &token);
        let builder =
            builder.header("content-type", "application/x-www-form-urlencoded").header("idempotency-key", "a");
        clinic.ask(builder.body(Body::from(body)).expect("request")).await
    };
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.waiting)));
    let answer = ask("from=%2B12025550108&subaddress=44&not_before=2026-11-20T14:00:00Z").await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(answer.headers["location"].to_str().expect("text"), format!("/api/v1/faxes/{}", clinic.faxes.waiting));
    let all = clinic.ordered();
    let [Command::FetchFax { wish, door: Door::Api, .. }] = all.as_slice() else { panic!("{all:?}") };
    assert!(wish.key.is_some() && wish.not_before.is_some() && wish.inside.subaddress.expose() == "44");
    assert_eq!(ask("from=911").await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask("from=12").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_order_and_what_came_of_it_lead_to_each_other() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    let (order, fax) = clinic.fetched_in_part().await;
    let page = clinic.get(&format!("/faxes/{order}"), &cookie).await.body;
    for part in [
        "Only a part was fetched.",
        Cause::Dropped.sentence_of_fetch(),
        "1 page came and is kept.",
        "Fetch it again",
        &format!("href=\"/faxes/{fax}\""),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("receipt.pdf") && !page.contains("small.png"), "its pages stand in the fax that came");
    let asked = clinic.get(&format!("/faxes/{order}/again"), &cookie).await.body;
    assert!(asked.contains("Fetch it again?") && asked.contains("may come a second time"), "{asked}");
    assert!(clinic.get(&format!("/faxes/{fax}"), &cookie).await.body.contains(&format!("href=\"/faxes/{order}\"")));
    let list = clinic.get("/faxes?show=out", &cookie).await.body;
    assert!(list.contains("Fetch from (202) 555-0108") && list.contains("Not fetched"), "{list}");
    let answer = clinic.ask(get("/faxes/none", Some(&cookie)).body(Body::empty()).expect("request")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}
