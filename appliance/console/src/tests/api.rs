//! The API: tokens with the rights of their user, 202 only with an id, problems with the pages' sentences.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use model::command::{CommandError, CommandOutcome};
use serde_json::Value;
use tokio_stream::StreamExt;

use super::{Answer, Clinic, form, request};

pub(super) async fn ask(
    clinic: &Clinic,
    method: Method,
    path: &str,
    token: &str,
    form: Option<(String, Vec<u8>)>,
) -> (Answer, Value) {
    let builder = request(method, path, None).header("authorization", format!("Bearer {token}"));
    let request = match form {
        Some((kind, body)) => builder.header("content-type", kind).body(Body::from(body)),
        None => builder.body(Body::empty()),
    };
    let answer = clinic.ask(request.expect("request")).await;
    let value = serde_json::from_str(&answer.body).unwrap_or(Value::Null);
    (answer, value)
}

#[tokio::test]
async fn a_token_reads_what_its_user_may_see() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let (answer, faxes) = ask(&clinic, Method::GET, "/api/v1/faxes?limit=3&direction=out", &token, None).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(faxes["faxes"].as_array().map(Vec::len), Some(3));
    let id = clinic.faxes.uncertain;
    let (_, fax) = ask(&clinic, Method::GET, &format!("/api/v1/faxes/{id}"), &token, None).await;
    assert_eq!(fax["state"], "uncertain");
    assert_eq!(fax["sentence"], model::fax::Cause::Unconfirmed.sentence(), "the same sentence as on the page");
    assert_eq!(fax["attempts"].as_array().map(Vec::len), Some(2));
    let (_, calls) = ask(&clinic, Method::GET, "/api/v1/calls?limit=1", &token, None).await;
    assert_eq!(calls["calls"][0]["end"], "hung_up");
    let (_, status) = ask(&clinic, Method::GET, "/api/v1/status", &token, None).await;
    assert_eq!((&status["calls"], &status["faxes_that_need_a_person"]), (&2.into(), &4.into()));
    let weak = clinic.app.store.tokens();
    let mut random = model::Random::from_u64(6);
    let weak =
        weak.mint(&mut random, "103", store::TokenKind::Api, None, clinic.app.clock.now().wall).await.expect("token");
    let (answer, problem) = ask(&clinic, Method::GET, "/api/v1/faxes", &weak, None).await;
    assert_eq!((answer.status, &problem["code"]), (StatusCode::FORBIDDEN, &"not_allowed".into()));
    assert_eq!(answer.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn the_messages_of_a_call_can_be_read() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let path = format!("/api/v1/calls/{}/ladder", clinic.call);
    let (answer, ladder) = ask(&clinic, Method::GET, &path, &token, None).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(ladder["lanes"][2], serde_json::json!({"caller": false, "trunk": "backup", "name": "+12025550112"}));
    let refused = &ladder["messages"][7];
    assert_eq!(
        refused["sentence"], "The carrier refused: overloaded or out of service",
        "the same sentence as on the page"
    );
    assert_eq!((&refused["direction"], &refused["lane"]), (&"in".into(), &1.into()));
    assert_eq!(ladder["messages"][6]["again"], true);
    let (answer, _) = ask(&clinic, Method::GET, &path.replace("ladder", "capture"), &token, None).await;
    assert_eq!(
        (answer.status, answer.headers["content-type"].as_bytes()),
        (StatusCode::OK, &b"application/octet-stream"[..])
    );
    let (answer, _) = ask(&clinic, Method::GET, "/api/v1/calls/00000000000000000000000000/ladder", &token, None).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    // They leave the appliance either way, and a program that follows a call reads it again and again.
    ask(&clinic, Method::GET, &path, &token, None).await;
    let audit = clinic.audit().await;
    let left: Vec<_> = audit.iter().filter(|line| line.contains("ladder") || line.contains("capture")).collect();
    assert_eq!(left, ["102 ladder_read", "102 capture_saved"]);
}

/// A long call is recorded after others that began after it.
#[tokio::test]
async fn a_program_that_asks_what_was_recorded_since_misses_no_call() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let read = async |query: &str| {
        let (answer, body) = ask(&clinic, Method::GET, &format!("/api/v1/calls?{query}"), &token, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let ids: Vec<String> =
            body["calls"].as_array().expect("calls").iter().map(|call| call["id"].to_string()).collect();
        (ids, body["last"].as_str().unwrap_or_default().to_owned())
    };
    let (_, last) = read("limit=1").await;
    let some = clinic.app.store.calls().recent(1, None).await.expect("read").remove(0);
    let mut random = model::Random::from_u64(10);
    let mut began = |minutes: i64| {
        let started = model::Wall(clinic.app.clock.now().wall.millis() - minutes * 60_000);
        model::call::CallRecord { id: model::CallId::new(started, &mut random), started, ..some.clone() }
    };
    let (long, short, shorter) = (began(60), began(2), began(1));
    let id = |record: &model::call::CallRecord| format!("\"{}\"", record.id);
    let records = |all: &[&model::call::CallRecord]| {
        store::Effect::RecordCalls(all.iter().map(|record| (*record).clone()).collect::<Vec<_>>().into())
    };
    clinic.app.store.perform(records(&[&short])).await.expect("stored");
    let (new, last) = read(&format!("after={last}")).await;
    assert_eq!((new, &last), (vec![id(&short)], &short.id.to_string()));
    clinic.app.store.perform(records(&[&long, &shorter])).await.expect("stored");
    let (new, _) = read(&format!("after={last}")).await;
    assert_eq!(new, [id(&long), id(&shorter)], "oldest first");
    let (new, last) = read(&format!("after={last}&limit=1")).await;
    assert_eq!((new, &last), (vec![id(&long)], &long.id.to_string()), "a page at a time");
    let (new, last) = read(&format!("after={last}")).await;
    assert_eq!((new, &last), (vec![id(&shorter)], &shorter.id.to_string()));
    assert_eq!(read(&format!("after={last}")).await, (Vec::new(), last.clone()), "nothing, and the same place");
    assert_eq!(read("limit=1").await.1, last, "where a program begins");
    for (query, status) in [
        ("after=yesterday".to_owned(), 422),
        (format!("after={last}&before={last}"), 422),
        (format!("after={last}&needs_person=true"), 422),
        ("after=00000000000000000000000000".to_owned(), 404),
    ] {
        let (answer, _) = ask(&clinic, Method::GET, &format!("/api/v1/calls?{query}"), &token, None).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
    }
}

#[tokio::test]
async fn a_fax_is_accepted_with_its_id() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let id = clinic.faxes.waiting;
    clinic.answers(Ok(CommandOutcome::FaxAccepted(id)));
    let fields = form(&[
        ("to", None, b"+1 202 555 0163"),
        ("document", Some("a.pdf"), b"%PDF-1.4"),
        ("document", Some("b.pdf"), b"%PDF-1.7"),
    ]);
    let (answer, body) = ask(&clinic, Method::POST, "/api/v1/faxes", &token, Some(fields)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(body["id"], id.to_string());
    assert_eq!(answer.headers["location"].to_str().expect("text"), format!("/api/v1/faxes/{id}"));
    assert_eq!(clinic.ordered().len(), 1);
}

#[tokio::test]
async fn a_fax_to_several_numbers_is_one_order_and_names_each() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let ids = [clinic.faxes.waiting, clinic.faxes.sent];
    clinic.answers(Ok(CommandOutcome::FaxesAccepted(ids.to_vec())));
    let document = ("document", Some("a.pdf"), b"%PDF-1.4".as_slice());
    let fields =
        form(&[("to", None, b"+1 202 555 0163".as_slice()), ("to", None, b"202-555-0144,12025550163"), document]);
    let (answer, body) = ask(&clinic, Method::POST, "/api/v1/faxes", &token, Some(fields)).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    for (n, number) in ["+12025550163", "+12025550144"].into_iter().enumerate() {
        let fax = &body["faxes"][n];
        assert_eq!((&fax["id"], &fax["number"]), (&ids[n].to_string().into(), &number.into()));
    }
    assert_eq!((&body["repeated"][0], &body["id"]), (&"+12025550163".into(), &Value::Null));
    let ordered = clinic.ordered();
    assert!(matches!(&ordered[..], [model::Command::SendFaxes { to, .. }] if to.len() == 2), "{ordered:?}");
    for to in ["2025550163,12", "2025550163\n911"] {
        let fields = form(&[("to", None, to.as_bytes()), document]);
        let (answer, body) = ask(&clinic, Method::POST, "/api/v1/faxes", &token, Some(fields)).await;
        assert!(answer.status.is_client_error(), "{to}");
        let number = to.split([',', '\n']).nth(1).expect("two");
        assert!(body["detail"].as_str().is_some_and(|detail| detail.starts_with(&format!("{number}: "))), "{body}");
    }
    assert!(clinic.ordered().is_empty());
}

/// Each number in a field of its own is as many fields as an order may have numbers.
#[tokio::test]
async fn each_of_the_most_numbers_may_stand_in_a_field_of_its_own() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let send = async |count: usize, documents: usize| {
        let numbers: Vec<String> = (0..count).map(|n| format!("+1202555{:04}", 1_000 + n)).collect();
        let mut fields: Vec<_> = numbers.iter().map(|to| ("to", None, to.as_bytes())).collect();
        fields.extend(vec![("document", Some("a.pdf"), b"%PDF-1.4".as_slice()); documents]);
        fields.extend([("subject", None, b"Recall".as_slice()), ("priority", None, b"bulk")]);
        let (answer, body) = ask(&clinic, Method::POST, "/api/v1/faxes", &token, Some(form(&fields))).await;
        (answer.status, body["detail"].as_str().unwrap_or_default().to_owned())
    };
    clinic.answers(Ok(CommandOutcome::FaxesAccepted(vec![clinic.faxes.sent; 50])));
    assert_eq!(send(50, 10).await.0, StatusCode::ACCEPTED);
    let ordered = clinic.ordered();
    let [model::Command::SendFaxes { to, documents, .. }] = &ordered[..] else { panic!("{ordered:?}") };
    assert_eq!((to.len(), documents.len()), (50, 10));
    let unusable = |why: &str| (StatusCode::UNPROCESSABLE_ENTITY, why.to_owned());
    assert_eq!(send(51, 1).await, unusable("One order goes to 50 numbers at most. Nothing was accepted."));
    assert_eq!(send(1, 11).await, unusable("That is more than one order takes: 10 documents. Nothing was accepted."));
    assert!(clinic.ordered().is_empty());
}

#[tokio::test]
async fn a_refusal_is_a_problem_with_a_sentence() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let send = async |to: &[u8], document: &[u8]| {
        let fields = form(&[("to", None, to), ("document", Some("a.pdf"), document)]);
        let (answer, body) = ask(&clinic, Method::POST, "/api/v1/faxes", &token, Some(fields)).await;
        (
            answer.status.as_u16(),
            body["code"].as_str().unwrap_or("").to_owned(),
            body["detail"].as_str().unwrap_or("").to_owned(),
        )
    };
    let (status, code, detail) = send(b"911", b"%PDF-1.4").await;
    assert_eq!((status, code.as_str()), (403, "not_allowed"));
    assert_eq!(detail, "A fax is never sent to an emergency number.");
    assert_eq!(send(b"12", b"%PDF-1.4").await.0, 422);
    assert_eq!(send(b"2025550163", b"MZ\x90\0\x03").await.0, 422);
    assert!(clinic.ordered().is_empty());
    clinic.answers(Err(CommandError::NotStored("The disk is full.".into())));
    assert_eq!(send(b"2025550163", b"%PDF-1.4").await, (503, "not_stored".to_owned(), "The disk is full.".to_owned()));
    let (answer, body) = ask(&clinic, Method::GET, "/api/v1/faxes?limit=9999", &token, None).await;
    assert_eq!((answer.status.as_u16(), &body["code"]), (422, &"unusable".into()));
}

/// A program that asks with a word of its own must not get everything for an answer.
#[tokio::test]
async fn what_is_asked_is_understood_or_refused() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let count = async |query: &str| {
        let (answer, faxes) =
            ask(&clinic, Method::GET, &format!("/api/v1/faxes?limit=200&{query}"), &token, None).await;
        (answer.status.as_u16(), faxes["faxes"].as_array().map_or(0, Vec::len))
    };
    let (_, all) = count("").await;
    let (_, needs) = count("needs_person=true").await;
    assert!(needs > 0 && needs < all, "{needs} of {all}");
    assert_eq!(count("needs_person=1").await, (200, needs));
    for query in ["needs_person=0", "needs_person=false", "mine=0", "mine=false", "junk=0"] {
        assert_eq!(count(query).await, (200, all), "{query}");
    }
    for query in ["needs_person=yes", "needs_person=", "mine=True", "junk=only", "before=yesterday"] {
        assert_eq!(count(query).await.0, 422, "{query}");
    }
    let (answer, _) = ask(&clinic, Method::GET, "/api/v1/calls?before=1", &token, None).await;
    assert_eq!(answer.status.as_u16(), 422);
}

/// What is further ahead than a month is in nobody's calendar here.
#[tokio::test]
async fn an_order_is_no_further_ahead_than_people_may_ask_for() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    clinic.answers(Ok(CommandOutcome::FaxAccepted(clinic.faxes.waiting)));
    let now = clinic.app.clock.now().wall;
    for (days, status) in [(30, StatusCode::ACCEPTED), (32, StatusCode::UNPROCESSABLE_ENTITY)] {
        let at = model::Wall(now.millis() + days * 86_400_000).timestamp().to_string();
        let fields = form(&[
            ("to", None, b"+1 202 555 0163".as_slice()),
            ("not_before", None, at.as_bytes()),
            ("document", Some("a.pdf"), b"%PDF-1.4"),
        ]);
        let (answer, _) = ask(&clinic, Method::POST, "/api/v1/faxes", &token, Some(fields)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let order = format!("from=%2B12025550163&not_before={at}");
        let order = ("application/x-www-form-urlencoded".to_owned(), order.into_bytes());
        let (answer, _) = ask(&clinic, Method::POST, "/api/v1/faxes/fetch", &token, Some(order)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_fax_is_recalled_by_the_api_as_on_its_page() {
    let clinic = Clinic::open().await;
    let token = clinic.token("102").await;
    let recall = async |id: String| {
        let (answer, _) = ask(&clinic, Method::POST, &format!("/api/v1/faxes/{id}/recall"), &token, None).await;
        answer.status
    };
    let fax = clinic.faxes.waiting;
    assert_eq!(recall(fax.to_string()).await, StatusCode::NO_CONTENT);
    let ordered = clinic.ordered();
    assert!(
        matches!(&ordered[..], [model::Command::CancelFax { by, fax: recalled }] if by == "102" && *recalled == fax),
        "{ordered:?}"
    );
    assert_eq!(recall(clinic.faxes.unowned.to_string()).await, StatusCode::NOT_FOUND, "it came in");
    assert!(clinic.ordered().is_empty());
    clinic.answers(Err(CommandError::NotNow("It has arrived already.".into())));
    assert_eq!(recall(fax.to_string()).await, StatusCode::CONFLICT);
}

#[tokio::test]
async fn health_says_whether_the_appliance_takes_orders() {
    let clinic = Clinic::open().await;
    let (answer, body) = ask(&clinic, Method::GET, "/health", "", None).await;
    assert_eq!((answer.status, &body["status"]), (StatusCode::OK, &"ok".into()));
}

#[tokio::test]
async fn a_stream_names_what_changed_and_nothing_more() {
    let clinic = Clinic::open().await;
    let cookie = clinic.sign_in("102").await;
    tokio::time::pause();
    let request = super::get("/events", Some(&cookie)).body(Body::empty()).expect("request");
    let response = tower::ServiceExt::oneshot(clinic.router.clone(), request).await.expect("a stream");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    for event in [model::Event::Calls, model::Event::Calls, model::Event::Fax(clinic.faxes.sent), model::Event::Phones]
    {
        clinic.app.events.send(event).expect("a listener");
    }
    // 102 may not see people, so phones are not named. With its session the stream ends, before it says anything more.
    let secret = cookie.split_once('=').expect("a pair").1.to_owned();
    let mut stream = response.into_body().into_data_stream();
    let mut text = String::new();
    while let Some(piece) = stream.next().await {
        text.push_str(std::str::from_utf8(&piece.expect("a piece")).expect("text"));
        if text.contains("event: fax") {
            clinic.app.sessions.end(&secret, "101").await.expect("ended");
            let _ = clinic.app.events.send(model::Event::Alerts);
        }
    }
    // Time goes on by itself while the store works, so that the stream may have to show that it lives.
    let said = text.replace(":\n\n", "");
    assert_eq!(said, format!("event: calls\ndata: 1\n\nevent: fax\ndata: {}\n\n", clinic.faxes.sent));
}
